package rulebook

import "math/bits"

// Conditions of rules are products of six sets: category, area, grade,
// channel, source and time of the week. A box is such a product over finite lists, so
// that "this rule can never be reached" is decided exactly, by taking the
// earlier rules' boxes away, not guessed.

// set is a set of small numbers.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s set) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }

func (s set) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s set) meets(t set) bool {
	for i, w := range s {
		if w&t[i] != 0 {
			return true
		}
	}
	return false
}

func (s set) equal(t set) bool {
	for i, w := range s {
		if w != t[i] {
			return false
		}
	}
	return true
}

func (s set) inside(t set) bool {
	for i, w := range s {
		if w&^t[i] != 0 {
			return false
		}
	}
	return true
}

func (s set) and(t set) set {
	out := make(set, len(s))
	for i, w := range s {
		out[i] = w & t[i]
	}
	return out
}

func (s set) minus(t set) set {
	out := make(set, len(s))
	for i, w := range s {
		out[i] = w &^ t[i]
	}
	return out
}

// each calls f with every member in order until f returns false.
func (s set) each(f func(int) bool) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			if !f(i<<6 + bits.TrailingZeros64(w)) {
				return
			}
		}
	}
}

// The dimensions of a box.
const (
	dimCategory = iota
	dimArea
	dimGrade
	dimChannel
	dimSource
	dimTime
	dims
)

type box [dims]set

func (b *box) empty() bool {
	for _, s := range b {
		if s.empty() {
			return true
		}
	}
	return false
}

func (b *box) meets(c *box) bool {
	for d := range b {
		if !b[d].meets(c[d]) {
			return false
		}
	}
	return true
}

func (b *box) inside(c *box) bool {
	for d := range b {
		if !b[d].inside(c[d]) {
			return false
		}
	}
	return true
}

func (b *box) equal(c *box) bool {
	for d := range b {
		if !b[d].equal(c[d]) {
			return false
		}
	}
	return true
}

// minus appends what is left of b outside c, as boxes without overlap.
func (b *box) minus(c *box, out []box) []box {
	rest := *b
	if !b.meets(c) {
		return append(out, rest)
	}
	for d := range rest {
		if left := rest[d].minus(c[d]); !left.empty() {
			piece := rest
			piece[d] = left
			out = append(out, piece)
		}
		rest[d] = rest[d].and(c[d])
	}
	return out
}

// mostPieces bounds the work of remainder; real lists need a few dozen.
const mostPieces = 4096

// remainder is what is left of b after all of the earlier boxes, as boxes
// without overlap. exact is false if that got too involved to follow; the
// result then holds more than what is left.
func (b *box) remainder(earlier []box) (left []box, exact bool) {
	left = []box{*b}
	exact = true
	for i := range earlier {
		var next []box
		for j := range left {
			next = left[j].minus(&earlier[i], next)
		}
		if len(next) > mostPieces {
			exact = false
			continue
		}
		if left = next; len(left) == 0 {
			return nil, true
		}
	}
	return left, exact
}
