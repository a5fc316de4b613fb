package planning

import (
	"cmp"
	"math"
	"math/rand/v2"
	"sync/atomic"
)

// logs are -ln of evenly spread numbers between 0 and 1: a random one times the
// temperature is the rise of energy that a step may cost.
var logs = func() (t [4096]float64) {
	for i := range t {
		t[i] = -math.Log((float64(i) + 0.5) / float64(len(t)))
	}
	return t
}()

// best is the best division met: fewest broken rules first, then least
// violation, then least energy.
type best struct {
	g         []int32
	broken    int // pairs that must part, but do not
	violation int
	energy    float64
	proved    bool // that no division into as many grids keeps the bounds, but for units that no grid can hold
	again     int  // how often it was met again from another beginning
}

// beats tells whether b is better than the other, which may be empty.
func (b *best) beats(other *best) bool {
	if other.g == nil {
		return true
	}
	by := cmp.Or(cmp.Compare(b.broken, other.broken), cmp.Compare(b.violation, other.violation))
	return by < 0 || by == 0 && b.energy < other.energy-1e-9
}

func (b *best) take(s *state, energy float64) bool {
	now := best{broken: s.broken(), violation: s.violation(), energy: energy}
	if !now.beats(b) {
		return false
	}
	b.g = append(b.g[:0], s.g...)
	b.broken, b.violation, b.energy = now.broken, now.violation, now.energy
	return true
}

// anneal cools from the first temperature to the last in the given number of
// steps: single vertices and whole compounds move over the border of their
// grid, and now and then two neighbouring grids are divided anew.
func (s *state) anneal(rng *rand.PCG, steps int, from, to float64, found *best, halt *atomic.Bool) {
	p := s.p
	if s.k < 2 || p.n() <= s.k {
		found.take(s, s.energy())
		return
	}
	const round = 64
	rounds := max(steps/round, 1)
	cool := math.Pow(to/from, 1/float64(rounds))
	t := from
	energy := s.energy()
	n := uint64(p.n())
	check := max(rounds/50, 1)
	// A new division takes as long as some eight steps a vertex of a grid. A
	// slower search makes no more of them: single steps are what it needs.
	divide := max(int(8*s.slow)*p.n()/s.k/round, 1)
	for r := range rounds {
		for range round {
			bits := rng.Uint64()
			v := int32((bits >> 40) * n >> 24)
			degree := p.off[v+1] - p.off[v]
			if degree == 0 {
				continue
			}
			u := p.to[p.off[v]+int32((bits>>20&0xfffff)*uint64(degree)>>20)]
			a, b := s.g[v], s.g[u]
			if a == b || s.size[a] == 1 {
				continue
			}
			rise := logs[bits&0xfff] * t
			if bits>>12&0xf == 0 {
				if ids := p.compounds.of(v); len(ids) > 0 && s.compound[int(ids[0])*s.k+int(a)] > 1 {
					energy += s.moveCompound(ids[0], v, b, rise)
					continue
				}
			}
			energy += s.move(v, b, rise)
		}
		if r%divide == 0 {
			energy += s.redivide(rng, t)
		}
		stop := r%16 == 0 && halt.Load()
		if stop || r%check == 0 || r == rounds-1 {
			s.match()
			energy = s.energy()
			found.take(s, energy)
		}
		if stop {
			return
		}
		t *= cool
	}
}

// move moves v to grid b if the energy rises by no more than rise, and returns the change.
func (s *state) move(v, b int32, rise float64) float64 {
	a := s.g[v]
	d := s.delta(v, b)
	freeA, overA := s.free(v, a)
	freeB, _ := s.free(v, b)
	// What the move may gain at best: v's own piece less in a, all of b in one piece.
	gain := 0.0
	if freeA == 0 {
		gain = s.straddle(s.pieces[a]) - s.straddle(s.pieces[a]-1)
	}
	if freeB > 1 {
		gain += s.straddle(s.pieces[b])
	}
	if d > rise+gain {
		return 0
	}
	into := s.with(v, b, freeB)
	left, whole := s.without(v, freeA, overA)
	d += s.straddle(into) - s.straddle(s.pieces[b]) + s.straddle(left) - s.straddle(s.pieces[a])
	if !whole || d > rise {
		return 0
	}
	s.remove(v)
	s.add(v, b)
	s.pieces[a], s.pieces[b] = left, into
	return d
}

// moveCompound does the same with all vertices of the compound in v's grid.
func (s *state) moveCompound(c, v, b int32, rise float64) float64 {
	p, a := s.p, s.g[v]
	if s.compound[int(c)*s.k+int(a)] >= s.size[a] {
		return 0
	}
	var d float64
	for u := range s.g {
		if s.g[u] != a {
			continue
		}
		for _, o := range p.compounds.of(int32(u)) {
			if o == c {
				d += s.delta(int32(u), b)
				s.shift(int32(u), b)
			}
		}
	}
	return s.settle(d, a, b, rise)
}

// settle keeps what was shifted between grids a and b, if both hang together and
// the energy rises by no more than rise, and undoes it otherwise.
func (s *state) settle(d float64, a, b int32, rise float64) float64 {
	d -= s.straddle(s.pieces[a]) + s.straddle(s.pieces[b])
	if d > rise {
		s.undo()
		return 0
	}
	pa, wa := s.walk(a)
	pb, wb := s.walk(b)
	d += s.straddle(pa) + s.straddle(pb)
	if !wa || !wb || d > rise {
		s.undo()
		return 0
	}
	s.pieces[a], s.pieces[b] = pa, pb
	s.moved = s.moved[:0]
	return d
}
