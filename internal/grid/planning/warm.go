package planning

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
)

// warmed are the options of a run that changes only what must change: the plan
// in force counts as today's grids, and that people keep their worker counts
// more than any shape.
func (o *Options) warmed() Options {
	w := *o
	w.Old, w.Keep = o.Warm, 1
	w.Weights = Weights{Name: o.Weights.Name, Compounds: 0.2, Straddle: 0.3, Compactness: 0.2, Border: 0.2, Keep: 40}
	return w
}

// keep repairs the plan in force and chooses the number of grids with which
// fewest households move. It tells whether there was such a plan for the part.
func (r *run) keep(o *Options) bool {
	before, k := r.inForce()
	if k == 0 {
		return false
	}
	r.ks = nil
	g := r.graph()
	bound := leastMoved(g, g.labels(o.Warm), o.Min, o.Max)
	enough := func(k int) bool {
		b := r.tried[k]
		return b.broken == 0 && b.violation == r.unavoidable() && 10*r.moved(k) <= 11*bound
	}
	r.repair(before, k, 0)
	if enough(k) {
		r.k = k
		return true
	}
	allowed := r.numbers()
	slices.SortStableFunc(allowed, func(a, b int) int { return cmp.Compare(abs(a-k), abs(b-k)) })
	for _, j := range allowed[:min(3, len(allowed))] {
		r.repair(r.resized(before, k, j), j, 4)
		if enough(j) {
			break
		}
	}
	if l := r.least(); l.broken > 0 || l.violation > r.unavoidable() {
		r.exact()
		for _, j := range r.ks {
			r.repair(r.tried[j].g, j, 2)
		}
	}
	r.k = slices.MinFunc(r.ks, func(a, b int) int {
		x, y := r.tried[a], r.tried[b]
		return cmp.Or(cmp.Compare(x.broken, y.broken), cmp.Compare(x.violation, y.violation), cmp.Compare(r.moved(a), r.moved(b)), cmp.Compare(abs(a-k), abs(b-k)))
	})
	return true
}

// resize brings the number of grids of repaired plans to the total, or as near as
// the bounds allow, a grid at a time where that moves fewest households.
func (p *pool) resize(runs []*run, total int) {
	sum := 0
	for _, r := range runs {
		sum += r.k
	}
	step := cmp.Compare(total, sum)
	price := make([]int, len(runs)) // households that another step moves; -1: it cannot be taken
	p.each(all(len(runs)), func(i int) { price[i] = runs[i].price(step) })
	for ; sum != total; sum += step {
		best := -1
		for i, n := range price {
			if n >= 0 && (best < 0 || n < price[best]) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		runs[best].k += step
		price[best] = runs[best].price(step)
	}
}

// price is how many more households move with a grid more, or fewer; -1 if the
// bounds are then kept less well, or step is 0.
func (r *run) price(step int) int {
	k, now := r.k+step, r.chosen()
	if step == 0 || r.halt.Load() || !slices.Contains(r.numbers(), k) {
		return -1
	}
	b := r.repair(r.resized(now.g, r.k, k), k, 4)
	if b.broken > now.broken || b.violation > now.violation {
		return -1
	}
	return max(r.moved(k)-r.moved(r.k), 0)
}

// inForce is the division of the plan in force: each vertex is where most of
// its households are, pieces that do not hang together with the rest of their
// grid and what is new join a neighbour.
func (r *run) inForce() (g []int32, k int) {
	g = slices.Repeat([]int32{-1}, r.n())
	number := map[int]int32{}
	for v := range g {
		most := int32(-1)
		for i := r.olds.off[v]; i < r.olds.off[v+1]; i++ {
			if h := r.olds.h[i]; h > most {
				most = h
				name := r.olds.name[r.olds.id[i]]
				if _, known := number[name]; !known {
					number[name] = int32(len(number))
				}
				g[v] = number[name]
			}
		}
	}
	// Only the largest piece of a grid stays.
	largest := make([][]int32, len(number))
	households := func(piece []int32) (h int32) {
		for _, v := range piece {
			h += r.h[v] + 1
		}
		return h
	}
	seen := make([]bool, len(g))
	for v := range g {
		if g[v] < 0 || seen[v] {
			continue
		}
		piece := r.spread(int32(v), g)
		for _, u := range piece {
			seen[u] = true
		}
		if households(piece) > households(largest[g[v]]) {
			largest[g[v]] = piece
		}
	}
	g = slices.Repeat([]int32{-1}, r.n())
	for _, piece := range largest {
		if len(piece) == 0 {
			continue
		}
		for _, v := range piece {
			g[v] = int32(k)
		}
		k++
	}
	if k > 0 {
		r.attach(g, k)
	}
	return g, k
}

// spread is v's grid as far as it hangs together, in breadth first order: it
// hangs together without the last vertex too.
func (p *problem) spread(v int32, g []int32) []int32 {
	piece, seen := []int32{v}, map[int32]bool{v: true}
	for i := 0; i < len(piece); i++ {
		for _, u := range p.to[p.off[piece[i]]:p.off[piece[i]+1]] {
			if !seen[u] && g[u] == g[v] {
				seen[u] = true
				piece = append(piece, u)
			}
		}
	}
	return piece
}

// attach puts every vertex without a grid (-1) into that of a neighbour, the
// one with the fewest households.
func (p *problem) attach(g []int32, k int) {
	h := make([]int32, k)
	for v, a := range g {
		if a >= 0 {
			h[a] += p.h[v]
		}
	}
	for missing := true; missing; {
		missing = false
		for v := range g {
			if g[v] >= 0 {
				continue
			}
			missing = true
			for _, u := range p.to[p.off[v]:p.off[v+1]] {
				if a := g[u]; a >= 0 && (g[v] < 0 || h[a] < h[g[v]]) {
					g[v] = a
				}
			}
			if g[v] >= 0 {
				h[g[v]] += p.h[v]
			}
		}
	}
}

// resized is the division with more or fewer grids: the smallest end, the
// largest lend a vertex to a new one.
func (r *run) resized(g []int32, k, to int) []int32 {
	g = slices.Clone(g)
	for ; k != to; k = k + cmp.Compare(to, k) {
		h, size := make([]int32, k), make([]int, k)
		for v, a := range g {
			h[a] += r.h[v]
			size[a]++
		}
		if to < k {
			least := int32(slices.Index(h, slices.Min(h)))
			for v := range g {
				switch {
				case g[v] == least:
					g[v] = -1
				case g[v] > least:
					g[v]--
				}
			}
			r.attach(g, k-1)
			continue
		}
		most := -1
		for a := range h {
			if size[a] > 1 && (most < 0 || h[a] > h[most]) {
				most = a
			}
		}
		piece := r.spread(int32(slices.Index(g, int32(most))), g)
		g[piece[len(piece)-1]] = int32(k)
	}
	return g
}

// repair anneals from the division at a low temperature, the given number of
// times, and returns the best division into k grids so far.
func (r *run) repair(g []int32, k, times int) *best {
	if !slices.Contains(r.ks, k) {
		r.ks = append(r.ks, k)
		slices.Sort(r.ks)
		r.tried[k] = &best{}
	}
	found := r.tried[k]
	s := newState(r.problem, k, r.wts)
	// A household outside the bounds outweighs many that move.
	s.perHousehold = 20 * s.perKept
	s.set(g)
	found.take(s, s.energy())
	unit := s.perKept * float64(r.households()) / float64(r.n())
	for i := range times {
		s.set(g)
		s.anneal(rand.NewPCG(r.seed, mix(uint64(k), uint64(i))), 6*(40*r.n()+400*k), 2*unit, 0.05*unit, found, r.halt)
	}
	return found
}

// moved is how many households change their grid in the best division into k.
func (r *run) moved(k int) int {
	s := newState(r.problem, k, r.wts)
	s.set(r.tried[k].g)
	moved := 0
	for v := range r.h {
		for i := r.olds.off[v]; i < r.olds.off[v+1]; i++ {
			if s.owner[s.g[v]] != r.olds.id[i] {
				moved += int(r.olds.h[i])
			}
		}
	}
	return moved
}

// rename gives the grids that continue one of the plan in force its name, and
// the others the first numbers that are free.
func (plan *Plan) rename(in *Instance, o *Options) {
	name := func(old int) string {
		if o.WarmNames != nil {
			return o.WarmNames[old]
		}
		return strconv.Itoa(old)
	}
	taken := map[string]bool{}
	overlap := map[[2]int]int{}
	for u, old := range o.Warm {
		if old >= 0 {
			taken[name(old)] = true
			overlap[[2]int{old, plan.Grid[u]}] += in.Units[u].Households
		}
	}
	clear(plan.Names)
	for _, pair := range Succession(overlap) {
		plan.Names[pair[1]] = name(pair[0])
	}
	next := 0
	for g := range plan.Names {
		if plan.Names[g] != "" {
			continue
		}
		for taken[strconv.Itoa(next)] {
			next++
		}
		plan.Names[g] = strconv.Itoa(next)
		next++
	}
}
