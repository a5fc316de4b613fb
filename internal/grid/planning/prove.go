package planning

import (
	"math/rand/v2"
	"slices"
)

// exactSteps is how many steps an exact search may take, where the search for
// good plans left a violation: about a tenth of a second.
const exactSteps = 200_000

// graph is the part for the exact methods. Units that stay together are one,
// called by the first of them.
func (p *problem) graph() *Graph {
	g := &Graph{Units: make([]int, p.n()), Households: make([]int, p.n()), Near: make([][]int, p.n())}
	for _, others := range p.apart {
		var apart []int
		for _, u := range others {
			apart = append(apart, int(u))
		}
		g.Apart = append(g.Apart, apart)
	}
	for v := range p.n() {
		g.Units[v], g.Households[v] = int(p.units[v][0]), int(p.h[v])
		for _, u := range p.to[p.off[v]:p.off[v+1]] {
			g.Near[v] = append(g.Near[v], int(u))
		}
	}
	return g
}

// graphOf is one graph of parts that have no links between them, without
// rules on what must part: what is proved of it holds with them all the more.
func graphOf(parts []*run) *Graph {
	all := &Graph{}
	for _, r := range parts {
		g, from := r.graph(), len(all.Units)
		all.Units, all.Households = append(all.Units, g.Units...), append(all.Households, g.Households...)
		for _, near := range g.Near {
			for i := range near {
				near[i] += from
			}
			all.Near = append(all.Near, near)
		}
	}
	return all
}

// unavoidable is the violation of the vertices that no grid can hold.
func (p *problem) unavoidable() (households int) {
	for _, h := range p.h {
		households += max(int(h-p.max), 0)
	}
	return households
}

// exact looks for divisions with less violation than the search found, where
// that leaves something to be wished.
func (r *run) exact() {
	var g *Graph
	lo, hi := int(r.min), int(r.max)
	for _, k := range slices.Clone(r.ks) {
		if b := r.tried[k]; b.broken > 0 || b.violation > r.unavoidable() {
			if g == nil {
				g = r.graph()
			}
			p := Prove(g, lo, hi, k, exactSteps)
			r.take(p.Grids)
			b.proved = p.Grids == nil && p.Certificate != nil
			if p.Grids == nil && !b.proved && r.unavoidable() == 0 {
				r.together(g, k)
			}
		}
	}
	switch least := r.least(); {
	case least.broken > 0:
		grids, _, _ := LeastViolation(g, lo, hi, 0, 1<<40, exactSteps)
		r.take(grids)
	case least.violation > r.unavoidable():
		grids, _, _ := LeastViolation(g, lo, hi, 0, least.violation, exactSteps)
		r.take(grids)
	}
}

// together searches once more with what must lie in one grid anyway held
// together: a grid that reaches over a bridge is rarely met by chance.
func (r *run) together(g *Graph, k int) {
	small := contract(g, int(r.min), int(r.max), k)
	if m := len(small.Households); m < r.n() {
		var found best
		r.group(small.group, m).search(k, r.wts, rand.NewPCG(r.seed, mix(uint64(k), 1<<32)), 2, &found, r.halt)
		if found.g != nil {
			r.takeDivision(level{into: small.group}.lower(found.g), k)
		}
	}
}

// take adds a division found by the exact methods, if there is one.
func (r *run) take(grids [][]int) {
	if grids == nil {
		return
	}
	vertex := make(map[int]int32, r.n())
	for v, units := range r.units {
		vertex[int(units[0])] = int32(v)
	}
	division := make([]int32, r.n())
	for a, units := range grids {
		for _, u := range units {
			division[vertex[u]] = int32(a)
		}
	}
	r.takeDivision(division, len(grids))
}

func (r *run) takeDivision(division []int32, k int) {
	if !slices.Contains(r.ks, k) {
		r.ks = append(r.ks, k)
		slices.Sort(r.ks)
		r.tried[k] = &best{}
	}
	s := newState(r.problem, k, r.wts)
	s.set(division)
	r.tried[k].take(s, s.energy())
}

// explain says why grids of a community lie outside the bounds.
func (c *CommunityResult) explain(parts []*run, o *Options) {
	unavoidable := 0
	for _, r := range parts {
		unavoidable += r.unavoidable()
	}
	g := graphOf(parts)
	p := Prove(g, o.Min, o.Max, 0, exactSteps)
	switch {
	case p.Grids == nil && p.Certificate != nil:
		c.Status, c.Reason, c.Certificate = StatusImpossible, p.Certificate.Reason, p.Certificate
	case unavoidable > 0 && c.Violation == unavoidable:
		c.Status, c.Reason, c.Certificate = StatusImpossible, IndivisibleUnit, newCertificate(g, o.Min, o.Max, 0)
		c.Certificate.Reason = IndivisibleUnit
	default:
		c.Status, c.Reason = StatusNotFound, NotFound
	}
}
