package planning

import (
	"math/rand/v2"
	"sync/atomic"
)

// search divides the problem into k grids: on the coarsest level from nothing,
// or from the division best so far, then level by level down to the units.
func (p *problem) search(k int, wts *Weights, rng *rand.PCG, effort float64, found *best, halt *atomic.Bool) {
	levels := p.levels(rng, 24*k, int32(p.households()/(6*k)+1), nil)
	g := []int32(nil)
	for i := len(levels) - 1; i >= 0; i-- {
		l := levels[i]
		s := newState(l.p, k, wts)
		if g == nil {
			if l.p.n() < k {
				continue
			}
			s.divide(rng, 6)
		} else {
			s.set(g)
		}
		per := float64(k) / float64(l.p.n())
		from := per
		if i == len(levels)-1 {
			from = 12 * per
		}
		var b best
		if i == 0 {
			b = *found
		}
		local := best{}
		s.anneal(rng, int(effort*float64(40*l.p.n()+400*k)), from, 0.05*per, &local, halt)
		g = local.g
		if i > 0 {
			g = l.lower(g)
			continue
		}
		if b.g == nil || local.violation < b.violation || local.violation == b.violation && local.energy < b.energy {
			*found = local
		}
	}
}
