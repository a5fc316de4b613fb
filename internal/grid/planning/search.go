package planning

import (
	"math/rand/v2"
	"sync/atomic"
)

// search divides the problem into k grids: on the coarsest level from nothing,
// then level by level down to the units. It keeps the better of this division
// and the one found before.
func (p *problem) search(k int, wts *Weights, rng *rand.PCG, effort float64, found *best, halt *atomic.Bool) {
	levels := p.levels(rng, 24*k, int32(p.households()/(6*k)+1))
	var g []int32
	for i := len(levels) - 1; i >= 0; i-- {
		l := levels[i]
		if l.p.n() < k {
			continue
		}
		s := newState(l.p, k, wts)
		s.slow = max(effort/3, 1)
		if i == 0 {
			s.perHousehold = 10 * violationCost
		}
		per := float64(k) / float64(l.p.n())
		from := per
		if g == nil {
			s.divide(rng, 6)
			from = 12 * per
		} else {
			s.set(g)
		}
		var b best
		s.anneal(rng, int(effort*float64(l.p.steps(k))), from, 0.05*per, &b, halt)
		switch {
		case i > 0:
			g = l.lower(b.g)
		case b.beats(found):
			b.proved = found.proved
			*found = b
		case b.broken == found.broken && b.violation == found.violation && b.energy < found.energy+1e-6:
			found.again++
		}
	}
}

// steps is the basic number of steps of a search on one level.
func (p *problem) steps(k int) int { return 40*p.n() + 400*k }
