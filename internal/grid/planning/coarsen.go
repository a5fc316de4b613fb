package planning

import (
	"math/rand/v2"
	"slices"
)

// level is a problem and, above the finest, how the vertices of the level below lie in its own.
type level struct {
	p    *problem
	into []int32 // vertex of the level below → vertex of this one
}

// levels makes ever coarser problems: first every compound that fits into a
// grid becomes one vertex, then neighbours are joined in pairs until there are
// no more than enough vertices. Nothing is joined over a barrier.
func (p *problem) levels(rng *rand.PCG, enough int, most int32) []level {
	all := []level{{p: p}}
	if into, m := p.wholes(); m < p.n() {
		all = append(all, level{p.group(into, m), into})
	}
	for {
		top := all[len(all)-1].p
		if top.n() <= enough {
			return all
		}
		into, m := top.pairs(rng, most)
		if m*10 > top.n()*9 {
			return all
		}
		all = append(all, level{top.group(into, m), into})
	}
}

// alike tells whether two vertices may be joined: they lie in the same compound
// and, where today's grids count, in the same old grid.
func (p *problem) alike(u, v int32) bool {
	return p.compounds.same(u, v) && (!p.gluesOlds() || p.olds.same(u, v))
}

// gluesOlds tells whether tearing an old grid costs so much that the search
// begins with them whole.
func (p *problem) gluesOlds() bool { return len(p.olds.weight) > 0 && p.olds.weight[0] > 0.3 }

// wholes joins the vertices of each compound that fits into a grid, part by
// part where they do not touch.
func (p *problem) wholes() (into []int32, m int) {
	households := make([]int32, len(p.compounds.weight))
	for i, c := range p.compounds.id {
		households[c] += p.compounds.h[i]
	}
	into = slices.Repeat([]int32{-1}, p.n())
	var queue []int32
	for v := range into {
		if into[v] >= 0 {
			continue
		}
		into[v] = int32(m)
		if ids := p.compounds.of(int32(v)); p.gluesOlds() || len(ids) > 0 && households[ids[0]] <= p.max {
			queue = append(queue[:0], int32(v))
			for i := 0; i < len(queue); i++ {
				u := queue[i]
				for e := p.off[u]; e < p.off[u+1]; e++ {
					t := p.to[e]
					if into[t] < 0 && !p.cross[e] && p.alike(u, t) {
						into[t] = int32(m)
						queue = append(queue, t)
					}
				}
			}
		}
		m++
	}
	return into, m
}

// pairs joins neighbours in random order, each with the free neighbour of its
// own compound to which it has the longest border, up to most households.
func (p *problem) pairs(rng *rand.PCG, most int32) (into []int32, m int) {
	order := make([]int32, p.n())
	for i := range order {
		j := below(rng, i+1)
		order[i] = order[j]
		order[j] = int32(i)
	}
	into = slices.Repeat([]int32{-1}, p.n())
	for _, v := range order {
		if into[v] >= 0 {
			continue
		}
		mate, longest := int32(-1), 0.0
		for e := p.off[v]; e < p.off[v+1]; e++ {
			u := p.to[e]
			if into[u] < 0 && !p.cross[e] && p.border[e] > longest && p.h[u]+p.h[v] <= most && p.alike(u, v) {
				mate, longest = u, p.border[e]
			}
		}
		into[v] = int32(m)
		if mate >= 0 {
			into[mate] = int32(m)
		}
		m++
	}
	return into, m
}

// lower is the division g of a level seen on the level below.
func (l level) lower(g []int32) []int32 {
	down := make([]int32, len(l.into))
	for v, c := range l.into {
		down[v] = g[c]
	}
	return down
}
