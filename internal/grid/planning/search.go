package planning

import (
	"math/rand/v2"
	"sync/atomic"
)

// search divides the problem into k grids: on the coarsest level from nothing,
// or from the best division so far, then level by level down to the units.
func (p *problem) search(k int, wts *Weights, rng *rand.PCG, effort float64, again bool, found *best, halt *atomic.Bool) {
	var g []int32
	if again {
		g = found.g
	}
	levels := p.levels(rng, 24*k, int32(p.households()/(6*k)+1), g)
	if again {
		for _, l := range levels[1:] {
			g = lift(g, l.into, l.p.n())
		}
	}
	for i := len(levels) - 1; i >= 0; i-- {
		l := levels[i]
		if l.p.n() < k {
			continue
		}
		s := newState(l.p, k, wts)
		per := float64(k) / float64(l.p.n())
		from := per
		switch {
		case g == nil:
			s.divide(rng, 6)
			from = 12 * per
		case again && i == len(levels)-1:
			s.set(g)
			from = 4 * per
		default:
			s.set(g)
		}
		var b best
		s.anneal(rng, int(effort*float64(40*l.p.n()+400*k)), from, 0.05*per, &b, halt)
		if i > 0 {
			g = l.lower(b.g)
		} else if b.beats(found) {
			*found = b
		}
	}
}
