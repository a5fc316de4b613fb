package planning

import (
	"context"
	"math"
)

// report fills in what a plan says about itself; its bounds are as good as the context leaves time for.
func (plan *Plan) report(ctx context.Context, in *Instance, prep *preparation, runs []*run, o *Options) {
	plan.Figures = Judge(in, plan.Grid, o.Old, o.Min, o.Max)
	plan.Communities = make([]CommunityResult, len(in.Communities))
	for c, members := range in.Members() {
		r := &plan.Communities[c]
		r.Community, r.Name, r.Units, r.Status = in.Communities[c].ID, in.Communities[c].Name, len(members), StatusOK
		for _, u := range members {
			r.Households += in.Units[u].Households
		}
		r.KMin, r.KMax = ceilDiv(r.Households, o.Max), r.Households/o.Min
	}
	for _, d := range prep.dedicated {
		plan.Communities[d.community].Dedicated++
	}
	parts := make([][]*run, len(in.Communities))
	for _, r := range runs {
		parts[r.community] = append(parts[r.community], r)
	}
	locked := make([]int, len(in.Communities)) // households of locked grids outside the bounds
	for _, g := range prep.closed {
		plan.Communities[g.community].K++
		h := 0
		for _, u := range g.units {
			h += in.Units[u].Households
		}
		out := max(o.Min-h, h-o.Max, 0)
		locked[g.community] += out
		plan.Totals.OutOfBounds += count(out > 0)
	}
	for c := range parts {
		r := &plan.Communities[c]
		r.tell(parts[c])
		switch r.Violation += locked[c]; {
		case r.Violation > 0 && r.Violation == locked[c]:
			r.Status, r.Reason = StatusImpossible, LockedGrid
		case r.Violation > 0:
			r.explain(parts[c], o)
		}
	}
	t := &plan.Totals
	t.Units, t.Communities, t.Grids, t.Dedicated = len(in.Units), len(in.Communities), len(plan.Names), len(prep.dedicated)
	for _, c := range plan.Communities {
		plan.Totals.Households += c.Households
		plan.Totals.Violation += c.Violation
		plan.Totals.Exceptions += count(c.Status != StatusOK)
	}
	numbers, within := make([]int, len(in.Communities)), make([]bool, len(in.Communities))
	for i, c := range plan.Communities {
		numbers[i], within[i] = c.K+c.Dedicated, c.Violation == 0 && c.Dedicated == 0
	}
	plan.Bounds = LowerBounds(ctx, in, o, numbers, within)
	for _, r := range runs {
		for _, h := range r.gridHouseholds() {
			plan.Totals.OutOfBounds += count(r.outside(h) > 0)
		}
	}
}

func (r *run) gridHouseholds() []int32 {
	sum := make([]int32, r.k)
	for v, g := range r.chosen().g {
		sum[g] += r.h[v]
	}
	return sum
}

// tell fills in a community's numbers.
func (c *CommunityResult) tell(parts []*run) {
	for i, r := range parts {
		c.K += r.k
		c.Violation += r.chosen().violation
		for _, k := range r.ks {
			try := r.describe(k)
			try.Part = i
			c.Tried = append(c.Tried, try)
		}
	}
}

// describe is what the best division into k grids comes to.
func (r *run) describe(k int) Try {
	s := newState(r.problem, k, r.wts)
	s.set(r.tried[k].g)
	t := Try{K: k, Violation: r.tried[k].violation, Proved: r.tried[k].proved, Chosen: k == r.k}
	var cut, moment, w float64
	for v := range r.h {
		for e := r.off[v]; e < r.off[v+1]; e++ {
			if s.g[v] != s.g[r.to[e]] {
				cut += r.border[e] / 2
			}
		}
	}
	for a := range k {
		moment += inertia(s.w[a], s.sx[a], s.sy[a], s.ss[a])
		w += s.w[a]
		t.Straddle += count(s.pieces[a] > 1)
	}
	for c := range r.compounds.name {
		grids := 0
		for _, n := range s.compound[c*k : c*k+k] {
			grids += count(n > 0)
		}
		t.Split += count(grids > 1)
	}
	t.CutM, t.RMSM = rounded(cut, 1), rounded(math.Sqrt(moment/w), 1)
	return t
}
