package planning

import (
	"math/bits"
	"slices"
)

// searchable is the most vertices that the search can hold: one machine word.
const searchable = 64

// search cuts a graph of at most 64 vertices into connected parts by branch
// and bound. It takes the most cornered vertex, tries every connected part
// that holds it, and goes on with what is left, whose pieces are examined
// apart and remembered. Nothing but the number of steps limits it, so that
// the same question always has the same answer.
type search struct {
	lo, hi int
	near   []uint64
	apart  []uint64 // vertices that may not be in the part of the vertex
	// Sums of the sets of vertices by bytes: households, and of the vertices
	// of more than hi households their number and their households.
	sums  [8][256]weight
	steps int // left
	// failed holds, for a set of vertices and a number of parts, the largest
	// violation with which the set is known not to be cut.
	failed map[cutKey]int
}

type cutKey struct {
	set uint64
	k   int
}

type weight struct{ households, large, ofLarge int }

func newSearch(g *Graph, lo, hi, steps int) *search {
	s := &search{lo: lo, hi: hi, near: make([]uint64, len(g.Near)), apart: make([]uint64, len(g.Near)), steps: steps, failed: map[cutKey]int{}}
	for v, near := range g.Near {
		for _, w := range near {
			s.near[v] |= 1 << w
		}
	}
	for v, apart := range g.Apart {
		for _, w := range apart {
			s.apart[v] |= 1 << w
		}
	}
	for b := range s.sums {
		for m := 1; m < 256; m++ {
			w := s.sums[b][m&(m-1)]
			if v := 8*b + bits.TrailingZeros(uint(m)); v < len(g.Households) {
				h := g.Households[v]
				w.households += h
				if h > hi {
					w.large, w.ofLarge = w.large+1, w.ofLarge+h
				}
			}
			s.sums[b][m] = w
		}
	}
	return s
}

func (s *search) weigh(set uint64) weight {
	var w weight
	for b := 0; set != 0; b, set = b+1, set>>8 {
		part := &s.sums[b][set&255]
		w.households += part.households
		w.large += part.large
		w.ofLarge += part.ofLarge
	}
	return w
}

// least is a lower bound on the violation of the set in k parts, whatever
// their shapes: k parts hold between k·lo and k·hi households, and a vertex
// above hi makes a part too large by itself, which best holds nothing else.
func (s *search) least(w weight, k int) int {
	all := max(0, k*s.lo-w.households, w.households-k*s.hi)
	if k < w.large {
		return all
	}
	others, left := w.households-w.ofLarge, k-w.large
	return max(all, w.ofLarge-w.large*s.hi+violationOf(others, left*s.lo, left*s.hi))
}

// violationOf is how far h lies outside lo to hi.
func violationOf(h, lo, hi int) int { return max(0, lo-h, h-hi) }

// leastOfAny is least over every number of parts from 1.
func (s *search) leastOfAny(w weight) int {
	most := max(1, w.households/s.lo+1, w.large+1)
	best, never := s.least(w, most), w.ofLarge-w.large*s.hi
	for k := max(1, w.households/s.hi-w.large); k < most && best > never; k++ {
		best = min(best, s.least(w, k))
	}
	return best
}

// around are the neighbours of the set.
func (s *search) around(set uint64) uint64 {
	var near uint64
	for m := set; m != 0; m &= m - 1 {
		near |= s.near[bits.TrailingZeros64(m)]
	}
	return near &^ set
}

// component is the connected part of within that holds the lowest vertex of from.
func (s *search) component(from, within uint64) uint64 {
	set := from & -from
	for fresh := set; fresh != 0; {
		fresh = s.around(fresh) & within &^ set
		set |= fresh
	}
	return set
}

// cut divides a connected set into k connected parts whose violations come to
// at most budget; nil if that cannot be done, or if the steps ran out.
func (s *search) cut(set uint64, k, budget int) []uint64 {
	w := s.weigh(set)
	if k < 1 || k > bits.OnesCount64(set) || s.least(w, k) > budget {
		return nil
	}
	if k == 1 {
		for m := set; m != 0; m &= m - 1 {
			if s.apart[bits.TrailingZeros64(m)]&set != 0 {
				return nil
			}
		}
		return []uint64{set}
	}
	key := cutKey{set, k}
	if b, known := s.failed[key]; known && budget <= b {
		return nil
	}
	first := s.cornered(set)
	c := &cutting{search: s, set: set, whole: w.households, k: k, budget: budget}
	parts := c.grow(1<<first, s.apart[first]&set, s.near[first]&set&^s.apart[first])
	if parts == nil && s.steps > 0 {
		s.failed[key] = budget
	}
	return parts
}

// cornered is the vertex of the set with the fewest neighbours in it: the one
// that the fewest parts can hold.
func (s *search) cornered(set uint64) int {
	best, fewest := 0, 65
	for m := set; m != 0; m &= m - 1 {
		v := bits.TrailingZeros64(m)
		if n := bits.OnesCount64(s.near[v] & set); n < fewest {
			best, fewest = v, n
		}
	}
	return best
}

// cutting is one set about to be cut.
type cutting struct {
	*search
	set              uint64
	whole, k, budget int
}

// grow tries the part, and every larger one that takes none of the closed
// vertices. rim are the neighbours that may still be taken.
func (c *cutting) grow(part, closed, rim uint64) []uint64 {
	if parts := c.try(part); parts != nil {
		return parts
	}
	for rim != 0 {
		if c.steps--; c.steps <= 0 {
			return nil
		}
		if !c.hopeful(part, closed, rim) {
			return nil
		}
		next := rim & -rim
		rim &^= next
		if c.fits(part | next) {
			v := bits.TrailingZeros64(next)
			shut := closed | c.apart[v]&c.set
			if parts := c.grow(part|next, shut, (rim|c.near[v]&c.set)&^(part|next|shut)); parts != nil {
				return parts
			}
		}
		closed |= next
	}
	return nil
}

// fits tells whether the part is not too large already.
func (c *cutting) fits(part uint64) bool {
	h := c.weigh(part).households
	// What is left makes k-1 parts; each household that the part has too many
	// is one that it could not have.
	return max(0, h-c.hi)+max(0, (c.k-1)*c.lo-(c.whole-h)) <= c.budget
}

// hopeful tells whether the part can become large enough, and whether the
// pieces that it can no longer reach can be cut by themselves.
func (c *cutting) hopeful(part, closed, rim uint64) bool {
	open := c.set &^ part &^ closed
	reach := part
	for fresh := rim; fresh != 0; {
		reach |= fresh
		fresh = c.around(fresh) & open &^ reach
	}
	h := c.weigh(reach).households
	lost := max(0, c.lo-h) + max(0, c.whole-h-(c.k-1)*c.hi)
	if lost > c.budget {
		return false
	}
	lost = 0
	for left := c.set &^ part; left != 0; {
		piece := c.component(left, left)
		left &^= piece
		if piece&rim == 0 {
			if lost += c.leastOfAny(c.weigh(piece)); lost > c.budget {
				return false
			}
		}
	}
	return true
}

// try takes the part as it is and cuts what is left of the set.
func (c *cutting) try(part uint64) []uint64 {
	spent := violation(c.weigh(part).households, c.lo, c.hi)
	if spent > c.budget || part == c.set {
		return nil
	}
	var pieces []uint64
	lost := spent
	for left := c.set &^ part; left != 0; {
		piece := c.component(left, left)
		left &^= piece
		pieces = append(pieces, piece)
		lost += c.leastOfAny(c.weigh(piece))
	}
	if lost > c.budget || len(pieces) > c.k-1 {
		return nil
	}
	if parts := c.cutAll(pieces, c.k-1, c.budget-spent); parts != nil {
		return append(parts, part)
	}
	return nil
}

// cutAll cuts several sets into k parts altogether.
func (s *search) cutAll(pieces []uint64, k, budget int) []uint64 {
	first, others := pieces[0], pieces[1:]
	if len(others) == 0 {
		return s.cut(first, k, budget)
	}
	for j := 1; j <= k-len(others); j++ {
		// The first cut found need not be one that leaves the others enough:
		// then a cheaper one is looked for.
		for allowed := budget; ; {
			mine := s.cut(first, j, allowed)
			if mine == nil {
				break
			}
			cost := s.violation(mine)
			if rest := s.cutAll(others, k-j, budget-cost); rest != nil {
				return append(slices.Clip(mine), rest...)
			}
			allowed = cost - 1
		}
	}
	return nil
}

func (s *search) violation(parts []uint64) int {
	sum := 0
	for _, p := range parts {
		sum += violation(s.weigh(p).households, s.lo, s.hi)
	}
	return sum
}
