package planning

import (
	"math/bits"
	"slices"
)

// sumset is a set of household numbers from 0 to some bound.
type sumset []uint64

func sumsOf(bound, h int) sumset {
	s := make(sumset, bound/64+1)
	s.add(h, bound)
	return s
}

func (s sumset) add(h, bound int) {
	if h <= bound {
		s[h/64] |= 1 << (h % 64)
	}
}

// each calls fn with the members, ascending.
func (s sumset) each(fn func(h int)) {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			fn(64*i + bits.TrailingZeros64(word))
		}
	}
}

// plus is the set of all sums of a member of s and one of t, up to the bound.
func (s sumset) plus(t sumset, bound int) sumset {
	sum := make(sumset, len(s))
	t.each(func(h int) {
		words, by := h/64, h%64
		for i := len(s) - 1; i >= words; i-- {
			w := s[i-words] << by
			if by > 0 && i > words {
				w |= s[i-words-1] >> (64 - by)
			}
			sum[i] |= w
		}
	})
	if last := bound % 64; last < 63 {
		sum[len(sum)-1] &= 1<<(last+1) - 1
	}
	return sum
}

// ranges lists the members as stretches {first, last}.
func (s sumset) ranges() [][2]int {
	ranges := [][2]int{}
	s.each(func(h int) {
		if n := len(ranges); n > 0 && ranges[n-1][1] == h-1 {
			ranges[n-1][1] = h
		} else {
			ranges = append(ranges, [2]int{h, h})
		}
	})
	return ranges
}

// divisible tells whether h households make some number of grids, 0 of none.
func divisible(h, lo, hi int) bool { return h == 0 || feasible(h, lo, hi) }

// At most so many units are tried as roots, those of most households first, and
// no more than so many words of sums are looked at: where units are many or
// small beside the bounds, sums exclude nothing anyway.
const (
	roots    = 64
	sumWords = 500_000_000
)

// excludeBySums looks, with one unit after the other as the root, for numbers
// of grids that the root's grid does not permit: see Branch. It returns what
// it could exclude of the given numbers.
func excludeBySums(g *Graph, lo, hi int, numbers []int) []Exclusion {
	var found []Exclusion
	total := g.total(all(len(g.Units)))
	hi = min(hi, total) // no grid holds more than all
	words := float64(len(g.Units)) * float64(hi) * float64(hi/64+1)
	order := all(len(g.Units))
	slices.SortStableFunc(order, func(a, b int) int { return g.Households[b] - g.Households[a] })
	for _, root := range order[:min(roots, int(sumWords/max(words, 1)), len(order))] {
		if len(numbers) == 0 {
			break
		}
		f := fold(g, root, lo, hi)
		e := Exclusion{Root: g.Units[root], Branches: f.branches[root]}
		numbers = slices.DeleteFunc(numbers, func(k int) bool {
			impossible := true
			f.open[root].each(func(h int) {
				left := total - h
				if h >= lo && (k-1)*lo <= left && left <= (k-1)*hi {
					impossible = false
				}
			})
			if impossible {
				e.K = append(e.K, k)
			}
			return impossible
		})
		if len(e.K) > 0 {
			found = append(found, e)
		}
	}
	return found
}

// folding walks a connected graph from a root (Tarjan's blocks) and folds
// what hangs at each unit into the sums that its grid may take from there.
type folding struct {
	g        *Graph
	lo, hi   int
	clock    int
	entered  []int // from 1; 0 not yet
	low      []int
	stack    []int
	open     []sumset // unit → what its grid may hold of it and what hangs at it
	under    []int    // unit → households of it and what hangs at it
	branches [][]Branch
	bridges  []bridge
}

// bridge is a link without which the graph falls in two: what hangs at from,
// beginning with to, has so many households.
type bridge struct{ from, to, households int }

func fold(g *Graph, root, lo, hi int) *folding {
	n := len(g.Units)
	f := &folding{g: g, lo: lo, hi: hi, entered: make([]int, n), low: make([]int, n), open: make([]sumset, n), under: make([]int, n), branches: make([][]Branch, n)}
	f.visit(root, -1)
	return f
}

func (f *folding) visit(u, from int) {
	f.clock++
	f.entered[u], f.low[u] = f.clock, f.clock
	f.open[u], f.under[u] = sumsOf(f.hi, f.g.Households[u]), f.g.Households[u]
	f.stack = append(f.stack, u)
	for _, v := range f.g.Near[u] {
		if f.entered[v] > 0 {
			if v != from {
				f.low[u] = min(f.low[u], f.entered[v])
			}
			continue
		}
		f.visit(v, u)
		f.low[u] = min(f.low[u], f.low[v])
		if f.low[v] >= f.entered[u] {
			at := slices.Index(f.stack, v)
			f.block(u, slices.Clone(f.stack[at:]))
			f.stack = f.stack[:at]
		}
	}
}

// block adds the block of via and the given units.
func (f *folding) block(via int, units []int) {
	b := Branch{Via: f.g.Units[via]}
	total := 0
	for _, u := range units {
		b.Units = append(b.Units, f.g.Units[u])
		b.Inner = append(b.Inner, f.branches[u]...)
		total += f.under[u]
	}
	takes := make(sumset, f.hi/64+1)
	if u := units[0]; len(units) == 1 {
		f.open[u].each(func(h int) {
			if divisible(total-h, f.lo, f.hi) {
				takes.add(h, f.hi)
				if h >= f.lo {
					takes.add(0, f.hi) // u's grid is whole without via
				}
			}
		})
	} else {
		sums := sumsOf(f.hi, 0)
		for _, u := range units {
			either := slices.Clone(f.open[u])
			either.add(0, f.hi)
			sums = sums.plus(either, f.hi)
		}
		sums.each(func(h int) {
			if divisible(total-h, f.lo, f.hi) {
				takes.add(h, f.hi)
			}
		})
	}
	b.Takes = takes.ranges()
	f.branches[via] = append(f.branches[via], b)
	if len(units) == 1 {
		f.bridges = append(f.bridges, bridge{via, units[0], total})
	}
	f.under[via] += total
	f.open[via] = f.open[via].plus(takes, f.hi)
}
