package planning

import (
	"cmp"
	"math"
	"slices"
)

type sized struct{ grid, households int }

// sizesOf are the grids of a community, the largest first; units without a
// grid are left out.
func sizesOf(g *Graph, grid []int) []sized {
	of := map[int]int{}
	var sizes []sized
	for u, h := range g.Households {
		if grid[u] < 0 {
			continue
		}
		i, known := of[grid[u]]
		if !known {
			i = len(sizes)
			of[grid[u]] = i
			sizes = append(sizes, sized{grid: grid[u]})
		}
		sizes[i].households += h
	}
	slices.SortFunc(sizes, func(a, b sized) int {
		return cmp.Or(cmp.Compare(b.households, a.households), cmp.Compare(a.grid, b.grid))
	})
	return sizes
}

// leastMoved bounds from below the households of units with a grid that must
// change it so that all grids come to lie within the bounds; grid holds the
// plan in force, by units of the graph. It is the largest of six numbers, each
// a bound by itself. Let H(g) be the households of an old grid g, new ones
// those of units without a grid. One to one, some old grids are continued, the
// others end.
//
//  1. Every grid above hi gives away whole units, if it is continued, and
//     everything, if it ends: the least sum of its units that is enough.
//  2. A continued grid below lo receives lo-H(g), which come from moved or new
//     households; one that ends moves H(g). The best choice of grids that
//     end, even in fractions, leaves a bound (see shortfall).
//  3. If there must be more grids than there were, each further one holds at
//     least lo households, moved or new.
//  4. If there must be fewer, at least the smallest ones end.
//  5. Without new units, a grid below lo takes whole units, of which one is
//     its neighbour, or ends.
//  6. A new unit continues an old grid, which must have room or make it, and
//     whose way to the unit leads over units that move; or it is in a grid
//     that continues none.
func leastMoved(g *Graph, grid []int, lo, hi int) int {
	m := moves{g: g, grid: grid, lo: lo, hi: hi, sizes: sizesOf(g, grid), of: map[int][]int{}}
	households := 0
	for u, h := range g.Households {
		households += h
		if grid[u] < 0 {
			m.fresh += h
		} else {
			m.of[grid[u]] = append(m.of[grid[u]], h)
		}
	}
	for _, s := range m.sizes {
		if s.households > hi {
			m.excess += leastSum(m.of[s.grid], s.households-hi)
		}
	}
	least := max(m.excess, shortfall(m.sizes, m.excess, m.fresh, lo), (ceilDiv(households, hi)-len(m.sizes))*lo-m.fresh)
	ended := 0
	for i := households / lo; i < len(m.sizes); i++ {
		ended += m.sizes[i].households
	}
	least = max(least, ended)
	for _, s := range m.sizes {
		if s.households < lo && m.fresh == 0 {
			least = max(least, m.lack(s))
		}
	}
	for u, h := range g.Households {
		if grid[u] < 0 && h > 0 {
			least = max(least, m.place(u))
		}
	}
	return least
}

// moves is a community whose plan is to be warmed up.
type moves struct {
	g             *Graph
	grid          []int
	lo, hi        int
	sizes         []sized
	of            map[int][]int // grid → households of its units
	excess, fresh int
}

// lack is what a grid below lo moves at least.
func (m *moves) lack(s sized) int {
	var others, inside []int
	for u, h := range m.g.Households {
		if m.grid[u] == s.grid {
			inside = append(inside, u)
		} else if h > 0 {
			others = append(others, h)
		}
	}
	nearest := math.MaxInt
	for u, way := range m.ways(inside) {
		if h := m.g.Households[u]; m.grid[u] != s.grid && h > 0 {
			nearest = min(nearest, way)
		}
	}
	return min(s.households, max(nearest, leastSum(others, m.lo-s.households)))
}

// place is what moves at least so that the new unit u has a grid.
func (m *moves) place(u int) int {
	h := m.g.Households[u]
	ways := m.ways([]int{u})
	least := max(m.excess, m.found(u, ways))
	for _, s := range m.sizes {
		way := math.MaxInt
		for v, w := range ways {
			if m.grid[v] == s.grid {
				way = min(way, w-m.g.Households[v])
			}
		}
		if way == math.MaxInt {
			continue
		}
		before, now := 0, 0
		if s.households > m.hi {
			before = leastSum(m.of[s.grid], s.households-m.hi)
		}
		if over := s.households + h - m.hi; over > 0 {
			now = leastSum(m.of[s.grid], over)
		}
		if over := s.households + h - m.hi; over > s.households {
			continue // not even empty
		}
		// The units on the way may be those that other grids give away.
		least = min(least, now+max(way, m.excess-before))
	}
	return least
}

// found is what moves at least into a grid of u that continues none: it has
// other new units only by ways over units that move.
func (m *moves) found(u int, ways map[int]int) int {
	type other struct{ way, households int }
	var others []other
	for v, w := range ways {
		if v != u && m.grid[v] < 0 {
			others = append(others, other{w, m.g.Households[v]})
		}
	}
	slices.SortFunc(others, func(a, b other) int {
		return cmp.Or(cmp.Compare(a.way, b.way), cmp.Compare(a.households, b.households))
	})
	held := m.g.Households[u]
	least := max(0, m.lo-held)
	for _, o := range others {
		held += o.households
		least = min(least, max(o.way, m.lo-held))
	}
	return least
}

// ways are the fewest households of units with a grid on a way from the given
// units to each unit, with that unit's own, without the start's.
func (m *moves) ways(from []int) map[int]int {
	way := map[int]int{}
	done := map[int]bool{}
	for _, u := range from {
		way[u] = 0
	}
	for {
		next := -1
		for u, w := range way {
			if !done[u] && (next < 0 || w < way[next] || w == way[next] && u < next) {
				next = u
			}
		}
		if next < 0 {
			return way
		}
		done[next] = true
		for _, v := range m.g.Near[next] {
			cost := m.g.Households[v]
			if m.grid[v] < 0 {
				cost = 0
			}
			if w, known := way[v]; !known || way[next]+cost < w {
				way[v] = way[next] + cost
			}
		}
	}
}

// leastSum is the least sum of some of the numbers that is at least `atLeast`.
func leastSum(numbers []int, atLeast int) int {
	total := 0
	for _, n := range numbers {
		total += n
	}
	sums := sumsOf(total, 0)
	for _, n := range numbers {
		either := sumsOf(total, n)
		either.add(0, total)
		sums = sums.plus(either, total)
	}
	least := total
	sums.each(func(h int) {
		if h >= atLeast {
			least = min(least, h)
		}
	})
	return least
}

// shortfall is the second bound of leastMoved. What moves out is at least
// `excess` and the households of the grids that end; what moves in is at
// least what the continued ones lack, less the new households. The larger of
// the two is least where they meet, and grids end first that lack most for
// each household that they have: a fractional knapsack.
func shortfall(sizes []sized, excess, fresh, lo int) int {
	out, in := float64(excess), -float64(fresh)
	var low []sized
	for _, s := range sizes {
		if s.households < lo {
			low = append(low, s)
			in += float64(lo - s.households)
		}
	}
	// The smallest lack most and have least.
	for _, s := range slices.Backward(low) {
		h, lack := float64(s.households), float64(lo-s.households)
		if out+h > in-lack {
			share := max(0, (in-out)/(h+lack))
			return int(math.Ceil(max(out+share*h, in-share*lack) - 1e-6))
		}
		out, in = out+h, in-lack
	}
	return int(math.Ceil(max(out, in) - 1e-6))
}
