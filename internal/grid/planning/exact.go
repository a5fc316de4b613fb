package planning

import (
	"maps"
	"math/bits"
	"slices"
)

// Proof answers whether a community can be divided as well as its households
// alone allow: into contiguous grids within the bounds, where each unit of
// more than hi households has a grid of its own (which units without
// households may share). If no unit is that large, this is the question
// whether all grids can be within the bounds.
type Proof struct {
	// Grids is such a division, by positions of units in the instance; nil if
	// none was found.
	Grids [][]int
	// Certificate shows that there is no such division (Grids is nil), or
	// that a unit is too large for any grid (IndivisibleUnit). Nil beside
	// Grids: all are within bounds; nil without Grids: undecided.
	Certificate *Certificate
	Steps       int // of the search
}

// Prove answers the question of Proof for k grids, or for any number of them
// if k is 0. The search ends after the given number of steps; sums and
// articulations are always examined. Communities of more than 64 units, after
// units that must lie in one grid are merged, are not searched.
func Prove(g *Graph, lo, hi, k, steps int) Proof {
	c := newCertificate(g, lo, hi, k)
	isLarge := func(u int) bool { return g.Households[u] > hi }
	ofOversize := 0
	for _, h := range g.Households {
		if h > hi {
			ofOversize += h
		}
	}
	if c.Reason = c.arithmetic(ofOversize); c.Reason != "" {
		return Proof{Certificate: c}
	}
	left := steps
	var options []map[int][][]int // part → number of grids → division
	for _, units := range g.parts(isLarge) {
		beside := slices.ContainsFunc(units, func(u int) bool { return slices.ContainsFunc(g.Near[u], isLarge) })
		proof, ways := provePart(g.of(units), c, beside, &left)
		if k == 0 && len(proof.open(c)) == 0 {
			// One part that nothing divides is proof enough.
			c.Parts = []PartProof{proof}
			c.Reason = c.reason()
			return Proof{Certificate: c, Steps: steps - left}
		}
		c.Parts = append(c.Parts, proof)
		options = append(options, ways)
	}
	p := Proof{Steps: steps - left}
	if grids, ok := choose(options, k-len(c.Oversize), k == 0); ok {
		p.Grids = withLarge(g, grids, isLarge)
		if len(c.Oversize) > 0 {
			c.Parts, c.Reason = nil, IndivisibleUnit
			p.Certificate = c
		}
	} else if k > 0 && !c.possible() {
		c.Reason = c.reason()
		p.Certificate = c
	}
	return p
}

// provePart examines one connected part without large units. ways holds a
// division for each number of grids for which one was found; if any number
// will do, the first is enough.
func provePart(g *Graph, c *Certificate, besideLarge bool, left *int) (PartProof, map[int][][]int) {
	p := PartProof{Units: g.Units, Households: g.total(all(len(g.Units))), Oversize: besideLarge}
	ways := map[int][][]int{}
	if p.Households == 0 && besideLarge {
		ways[0] = nil // its units join the large one beside them
		return p, ways
	}
	p.Excluded = excludeBySums(g, c.Min, c.Max, p.open(c))
	open := p.open(c)
	if len(open) == 0 {
		return p, ways
	}
	for _, k := range open {
		small := contract(g, c.Min, c.Max, k)
		if len(small.Households) > searchable {
			continue
		}
		s := newSearch(small.Graph, c.Min, c.Max, *left)
		cut := s.cut(1<<len(small.Households)-1, k, 0)
		taken := *left - max(0, s.steps)
		*left -= taken
		if cut != nil {
			ways[k] = small.grids(cut)
			if c.K == 0 {
				break
			}
		} else if s.steps > 0 {
			p.Excluded = append(p.Excluded, Exclusion{K: []int{k}, Searched: taken + 1})
		}
	}
	return p, ways
}

// choose picks a way for each part so that the numbers of grids come to k, or
// to any number.
func choose(options []map[int][][]int, k int, any bool) ([][]int, bool) {
	if len(options) == 0 {
		return nil, any || k == 0
	}
	for _, j := range slices.Sorted(maps.Keys(options[0])) {
		if rest, ok := choose(options[1:], k-j, any); ok {
			return append(slices.Clip(options[0][j]), rest...), true
		}
	}
	return nil, false
}

// withLarge adds the grids of the large units, with what hangs at them and
// has no households.
func withLarge(g *Graph, grids [][]int, isLarge func(int) bool) [][]int {
	placed := map[int]bool{}
	for _, units := range grids {
		for _, u := range units {
			placed[u] = true
		}
	}
	for large, u := range g.Units {
		if !isLarge(large) {
			continue
		}
		placed[u] = true
		grid, at := []int{u}, []int{large}
		for i := 0; i < len(at); i++ {
			for _, v := range g.Near[at[i]] {
				if !placed[g.Units[v]] && !isLarge(v) {
					placed[g.Units[v]] = true
					grid, at = append(grid, g.Units[v]), append(at, v)
				}
			}
		}
		grids = append(grids, grid)
	}
	return grids
}

// LeastViolation looks for k contiguous grids (any number if k is 0) that are
// out of bounds by fewer than below households together, and returns the best
// found, by positions of units in the instance, with its violation. nil, 0
// means that none was found; proved tells that no better one than that which
// is returned exists (none below `below`, if none is returned). It searches
// communities of at most 64 units; others come back unproved.
func LeastViolation(g *Graph, lo, hi, k, below, steps int) (grids [][]int, sum int, proved bool) {
	n := len(g.Units)
	parts := g.parts(func(int) bool { return false })
	if n > searchable || n == 0 {
		return nil, 0, false
	}
	pieces := make([]uint64, len(parts))
	for i, part := range parts {
		for _, u := range part {
			pieces[i] |= 1 << u
		}
	}
	from, to := len(parts), n
	if k > 0 {
		from, to = k, k
	}
	best := below
	s := newSearch(g, lo, hi, steps)
	for j := max(from, len(parts)); j <= to; j++ {
		for best > 0 {
			cut := s.cutAll(pieces, j, best-1)
			if cut == nil {
				break
			}
			best = s.violation(cut)
			grids, sum = nil, best
			for _, set := range cut {
				var grid []int
				for ; set != 0; set &= set - 1 {
					grid = append(grid, g.Units[bits.TrailingZeros64(set)])
				}
				grids = append(grids, grid)
			}
		}
	}
	return grids, sum, s.steps > 0
}

// contracted is a graph of groups of units that lie in one grid anyway.
type contracted struct {
	*Graph         // of the groups; Units is not used
	group  []int32 // unit → its group
	inside [][]int // group → its units, by positions in the instance
}

// contract merges what must lie in one grid anyway if a connected graph of
// units of at most hi households is to make k grids (0: any number).
//   - What hangs at one unit with fewer than lo households belongs to the grid
//     of that unit, for no grid lies inside it.
//   - A link without which the graph falls in two holds its ends together, if
//     the two sides cannot both make whole grids.
//   - A unit without households whose neighbours are all neighbours of each
//     other joins any of them, for it connects nothing.
//
// Where units must part nothing is merged.
func contract(g *Graph, lo, hi, k int) contracted {
	into := all(len(g.Units))
	root := func(u int) int {
		for into[u] != u {
			u = into[u]
		}
		return u
	}
	if g.Apart == nil {
		mergeHanging(g, lo, hi, k, func(u, v int) { into[root(u)] = root(v) })
	}
	households := make([]int, len(g.Units))
	near := make([]map[int]bool, len(g.Units))
	for u := range near {
		near[u] = map[int]bool{}
	}
	for u := range g.Units {
		households[root(u)] += g.Households[u]
		for _, v := range g.Near[u] {
			if root(u) != root(v) {
				near[root(u)][root(v)] = true
			}
		}
	}
	for changed := g.Apart == nil; changed; {
		changed = false
		for u := range near {
			if into[u] != u || households[u] > 0 || len(near[u]) == 0 {
				continue
			}
			friends := slices.Sorted(maps.Keys(near[u]))
			if slices.ContainsFunc(friends, func(v int) bool {
				return slices.ContainsFunc(friends, func(w int) bool { return v != w && !near[v][w] })
			}) {
				continue
			}
			into[u], changed = friends[0], true
			for _, v := range friends {
				delete(near[v], u)
			}
		}
	}
	at := map[int]int{}
	c := contracted{Graph: &Graph{Apart: g.Apart}, group: make([]int32, len(g.Units))}
	for u := range near {
		if into[u] == u {
			at[u] = len(c.Households)
			c.Households = append(c.Households, households[u])
		}
	}
	c.Near, c.inside = make([][]int, len(at)), make([][]int, len(at))
	for u := range near {
		i := at[root(u)]
		c.group[u] = int32(i)
		c.inside[i] = append(c.inside[i], g.Units[u])
		if into[u] == u {
			for _, v := range slices.Sorted(maps.Keys(near[u])) {
				c.Near[i] = append(c.Near[i], at[v])
			}
		}
	}
	return c
}

// mergeHanging are the first two rules of contract.
func mergeHanging(g *Graph, lo, hi, k int, merge func(u, v int)) {
	f := fold(g, 0, 1, 1) // for what hangs where; its sums are not looked at
	total := g.total(all(len(g.Units)))
	for _, b := range f.bridges {
		apart := false
		for j := max(1, ceilDiv(b.households, hi)); j*lo <= b.households; j++ {
			if k == 0 {
				apart = apart || feasible(total-b.households, lo, hi)
			} else if others := k - j; others > 0 {
				apart = apart || others*lo <= total-b.households && total-b.households <= others*hi
			}
		}
		if !apart {
			merge(b.to, b.from)
		}
	}
	for v, branches := range f.branches {
		if len(branches) == 0 {
			continue // nothing hangs at it
		}
		for _, hanging := range g.parts(func(u int) bool { return u == v }) {
			if g.total(hanging) < lo {
				for _, u := range hanging {
					merge(u, v)
				}
			}
		}
	}
}

// grids are sets of groups as units.
func (c contracted) grids(cut []uint64) [][]int {
	var grids [][]int
	for _, set := range cut {
		var grid []int
		for ; set != 0; set &= set - 1 {
			grid = append(grid, c.inside[bits.TrailingZeros64(set)]...)
		}
		grids = append(grids, grid)
	}
	return grids
}

// all are the numbers below n.
func all(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}
