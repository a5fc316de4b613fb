package planning

import "math"

// problem is what one search works on: a graph whose vertices – units, or
// groups of units that stay together – are to be divided into grids. Its arrays
// are parallel and flat because every step of a search reads them.
type problem struct {
	min, max int32
	units    [][]int32 // of each vertex, positions in Instance.Units
	h        []int32   // households
	w        []float64 // weight in the moment of inertia: households, at least 1 a unit
	x, y     []float64 // weighted mean, from the mean of the part
	own      []float64 // moment of inertia about that mean
	load     []float64 // workload
	area     float64
	usual    scale // of the instance's parts, the geometric mean by households

	off    []int32 // neighbours of v: to[off[v]:off[v+1]]
	to     []int32
	border []float64
	cross  []bool

	compounds labels
	olds      labels
	owned     []bool    // old grids whose worker this part may keep
	apart     [][]int32 // vertices that must lie in another grid; nil if there are none
}

// labels are the compounds, or old grids, of each vertex, with the households in each.
type labels struct {
	off    []int32
	id     []int32
	h      []int32
	weight []float64 // of each label: what a further grid for it costs
	name   []int     // of each label: its number in the instance
}

func (l *labels) of(v int32) []int32 { return l.id[l.off[v]:l.off[v+1]] }

// same tells whether two vertices share their first label, or have none.
func (l *labels) same(v, u int32) bool {
	a, b := l.of(v), l.of(u)
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return a[0] == b[0]
}

func (p *problem) n() int { return len(p.h) }

func (p *problem) households() (total int) {
	for _, h := range p.h {
		total += int(h)
	}
	return total
}

// group joins vertices: into[v] is the new vertex of v, 0..m-1.
func (p *problem) group(into []int32, m int) *problem {
	q := &problem{min: p.min, max: p.max, area: p.area, usual: p.usual, owned: p.owned,
		units: make([][]int32, m), h: make([]int32, m), w: make([]float64, m), x: make([]float64, m), y: make([]float64, m), own: make([]float64, m), load: make([]float64, m)}
	for v, c := range into {
		q.units[c] = append(q.units[c], p.units[v]...)
		q.h[c] += p.h[v]
		q.w[c] += p.w[v]
		q.x[c] += p.w[v] * p.x[v]
		q.y[c] += p.w[v] * p.y[v]
		q.load[c] += p.load[v]
	}
	for c := range m {
		q.x[c] /= q.w[c]
		q.y[c] /= q.w[c]
	}
	for v, c := range into {
		dx, dy := p.x[v]-q.x[c], p.y[v]-q.y[c]
		q.own[c] += p.own[v] + p.w[v]*(dx*dx+dy*dy)
	}
	members := make([][]int32, m)
	for v, c := range into {
		members[c] = append(members[c], int32(v))
	}
	q.compounds = p.compounds.group(members)
	q.olds = p.olds.group(members)
	q.off = make([]int32, m+1)
	slot := make([]int32, m) // 1 + place of the link to a vertex among those of c
	for c := range m {
		start := int32(len(q.to))
		for _, v := range members[c] {
			for e := p.off[v]; e < p.off[v+1]; e++ {
				d := into[p.to[e]]
				if d == int32(c) {
					continue
				}
				if slot[d] <= start {
					q.to = append(q.to, d)
					q.border = append(q.border, 0)
					q.cross = append(q.cross, true)
					slot[d] = int32(len(q.to))
				}
				at := slot[d] - 1
				q.border[at] += p.border[e]
				q.cross[at] = q.cross[at] && p.cross[e]
			}
		}
		for _, d := range q.to[start:] {
			slot[d] = 0
		}
		q.off[c+1] = int32(len(q.to))
	}
	if p.apart != nil {
		q.apart = make([][]int32, m)
		for v, others := range p.apart {
			for _, u := range others {
				q.apart[into[v]] = append(q.apart[into[v]], into[u])
			}
		}
	}
	return q
}

func (l *labels) group(members [][]int32) labels {
	q := labels{off: make([]int32, len(members)+1), weight: l.weight, name: l.name}
	if len(l.weight) == 0 {
		return q
	}
	for c, vs := range members {
		start := len(q.id)
		for _, v := range vs {
			for i := l.off[v]; i < l.off[v+1]; i++ {
				at := start
				for at < len(q.id) && q.id[at] != l.id[i] {
					at++
				}
				if at == len(q.id) {
					q.id = append(q.id, l.id[i])
					q.h = append(q.h, 0)
				}
				q.h[at] += l.h[i]
			}
		}
		q.off[c+1] = int32(len(q.id))
	}
	return q
}

// scale holds what the terms of the objective are measured in, so that the same
// weights fit a dense quarter and a sparse valley: the part of a border and the
// moment of inertia of k equal discs that cover the land. Half-way between the
// part's own discs and the instance's usual ones a metre costs nearly the same
// everywhere, which makes the sums over a city smaller for the same weights.
type scale struct{ cut, inertia float64 }

func (p *problem) scale(k int) scale {
	own := p.discs(k)
	if p.usual.cut == 0 {
		return own
	}
	return scale{cut: math.Sqrt(own.cut * p.usual.cut), inertia: math.Sqrt(own.inertia * p.usual.inertia)}
}

func (p *problem) discs(k int) scale {
	var w float64
	for _, x := range p.w {
		w += x
	}
	r := math.Sqrt(max(p.area, 1) / (math.Pi * float64(k)))
	return scale{cut: math.Pi * r, inertia: w / float64(k) * r * r / 2}
}

func resize[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}
