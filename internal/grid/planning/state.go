package planning

import (
	"math"
)

// state is a division of a problem into k grids, none of them empty, with all
// that a step of a search needs to know the cost of a change in O(degree).
type state struct {
	p   *problem
	k   int
	wts *Weights

	g        []int32 // grid of each vertex
	size     []int32 // vertices of each grid
	h        []int32
	w        []float64
	sx, sy   []float64 // Σ w·x, Σ w·y
	ss       []float64 // Σ own + w·(x²+y²)
	load     []float64
	pieces   []int32 // parts of a grid that hang together without a link over a barrier
	compound []int32 // label·k + grid: vertices of the compound in the grid
	old      []int32
	owner    []int32 // old grid whose worker the grid keeps, or -1

	perCut, perInertia, perHousehold, perLoad, perKept float64

	seen  []uint32 // stamps of the latest walk
	stamp uint32
	queue []int32
	moved []step // what the change under test has moved, for undo
	tree  *tree

	slow float64 // how many times more slowly than the first round it cools, at least 1
}

type step struct{ v, from int32 }

func newState(p *problem, k int, wts *Weights) *state {
	s := &state{p: p, k: k, wts: wts, slow: 1,
		g: make([]int32, p.n()), size: make([]int32, k), h: make([]int32, k), w: make([]float64, k), sx: make([]float64, k), sy: make([]float64, k), ss: make([]float64, k), load: make([]float64, k), pieces: make([]int32, k),
		compound: make([]int32, len(p.compounds.weight)*k), old: make([]int32, len(p.olds.weight)*k), owner: make([]int32, k),
		seen: make([]uint32, p.n())}
	unit := p.scale(k)
	s.perCut = wts.Border / unit.cut
	s.perInertia = wts.Compactness / unit.inertia
	total, load := 0, 0.0
	for v := range p.h {
		total += int(p.h[v])
		load += p.load[v]
	}
	s.perHousehold = violationCost
	s.perKept = wts.Keep * float64(k) / float64(max(total, 1))
	if load > 0 {
		mean := load / float64(k)
		s.perLoad = wts.Workload / (mean * mean)
	}
	return s
}

// violationCost is what a household outside the bounds costs, in the ideal
// costs of a grid: ten of them outweigh any shape.
const violationCost = 0.1

// set makes the state the given division.
func (s *state) set(g []int32) {
	copy(s.g, g)
	for i := range s.k {
		s.size[i], s.h[i], s.w[i], s.sx[i], s.sy[i], s.ss[i], s.load[i], s.owner[i] = 0, 0, 0, 0, 0, 0, 0, -1
	}
	clear(s.compound)
	clear(s.old)
	for v := range s.g {
		s.add(int32(v), s.g[v])
	}
	for a := range s.k {
		s.pieces[a], _ = s.walk(int32(a))
	}
	s.match()
}

func (s *state) add(v, a int32) {
	p := s.p
	w, x, y := p.w[v], p.x[v], p.y[v]
	s.g[v] = a
	s.size[a]++
	s.h[a] += p.h[v]
	s.w[a] += w
	s.sx[a] += w * x
	s.sy[a] += w * y
	s.ss[a] += p.own[v] + w*(x*x+y*y)
	s.load[a] += p.load[v]
	for _, c := range p.compounds.of(v) {
		s.compound[int(c)*s.k+int(a)]++
	}
	for _, o := range p.olds.of(v) {
		s.old[int(o)*s.k+int(a)]++
	}
}

func (s *state) remove(v int32) {
	p, a := s.p, s.g[v]
	w, x, y := p.w[v], p.x[v], p.y[v]
	s.size[a]--
	s.h[a] -= p.h[v]
	s.w[a] -= w
	s.sx[a] -= w * x
	s.sy[a] -= w * y
	s.ss[a] -= p.own[v] + w*(x*x+y*y)
	s.load[a] -= p.load[v]
	for _, c := range p.compounds.of(v) {
		s.compound[int(c)*s.k+int(a)]--
	}
	for _, o := range p.olds.of(v) {
		s.old[int(o)*s.k+int(a)]--
	}
}

// outside is how many households a grid of h lies outside the bounds, each.
func (p *problem) outside(h int32) int32 { return max(p.min-h, h-p.max, 0) }

func inertia(w, sx, sy, ss float64) float64 {
	if w <= 0 {
		return 0
	}
	return max(ss-(sx*sx+sy*sy)/w, 0)
}

func (s *state) grid(h int32, w, sx, sy, ss, load float64) float64 {
	f := s.perHousehold*float64(s.p.outside(h)) + s.perInertia*inertia(w, sx, sy, ss)
	if s.perLoad > 0 {
		f += s.perLoad * load * load // Σ(l−m)² = Σl² − k·m²
	}
	return f
}

// violation is the number of households outside the bounds, over all grids.
func (s *state) violation() (sum int) {
	for _, h := range s.h {
		sum += int(s.p.outside(h))
	}
	return sum
}

// broken is how many pairs share a grid that must part.
func (s *state) broken() (pairs int) {
	for v := range s.p.apart {
		for _, u := range s.p.apart[v] {
			if int(u) > v && s.g[u] == s.g[v] {
				pairs++
			}
		}
	}
	return pairs
}

// straddle is what it costs that a grid falls into pieces without links over a
// barrier. What counts is whether it does: where shards of land between roads
// must go somewhere, they shall not keep the search from a good shape.
func (s *state) straddle(pieces int32) float64 {
	if pieces <= 1 {
		return 0
	}
	return s.wts.Straddle * (1 + 0.02*float64(min(pieces-2, 4)))
}

// energy is the whole objective, from scratch.
func (s *state) energy() float64 {
	p := s.p
	var e float64
	for a := range s.k {
		e += s.grid(s.h[a], s.w[a], s.sx[a], s.sy[a], s.ss[a], s.load[a]) + s.straddle(s.pieces[a])
	}
	var cut float64
	for v := range p.h {
		for i := p.off[v]; i < p.off[v+1]; i++ {
			if s.g[p.to[i]] != s.g[v] {
				cut += p.border[i]
			}
		}
		for _, u := range p.apartOf(int32(v)) {
			if s.g[u] == s.g[v] {
				e += apartCost / 2
			}
		}
		for i := p.olds.off[v]; i < p.olds.off[v+1]; i++ {
			if s.owner[s.g[v]] == p.olds.id[i] {
				e -= s.perKept * float64(p.olds.h[i])
			}
		}
	}
	e += s.perCut * cut / 2
	e += parts(s.compound, p.compounds.weight, s.k)
	return e + parts(s.old, p.olds.weight, s.k)
}

func parts(count []int32, weight []float64, k int) (e float64) {
	for c, w := range weight {
		for _, n := range count[c*k : c*k+k] {
			if n > 0 {
				e += w
			}
		}
	}
	return e
}

// apartCost is what a pair costs that must not share a grid, but does.
const apartCost = 20

func (p *problem) apartOf(v int32) []int32 {
	if p.apart == nil {
		return nil
	}
	return p.apart[v]
}

// delta is the change of the energy if v moved to grid b, without what the move
// does to the number of pieces.
func (s *state) delta(v, b int32) float64 {
	p, a := s.p, s.g[v]
	var cut float64
	for i := p.off[v]; i < p.off[v+1]; i++ {
		switch s.g[p.to[i]] {
		case a:
			cut += p.border[i]
		case b:
			cut -= p.border[i]
		}
	}
	w, x, y := p.w[v], p.x[v], p.y[v]
	wx, wy, ss := w*x, w*y, p.own[v]+w*(x*x+y*y)
	h, load := p.h[v], p.load[v]
	e := s.perCut*cut +
		s.grid(s.h[a]-h, s.w[a]-w, s.sx[a]-wx, s.sy[a]-wy, s.ss[a]-ss, s.load[a]-load) - s.grid(s.h[a], s.w[a], s.sx[a], s.sy[a], s.ss[a], s.load[a]) +
		s.grid(s.h[b]+h, s.w[b]+w, s.sx[b]+wx, s.sy[b]+wy, s.ss[b]+ss, s.load[b]+load) - s.grid(s.h[b], s.w[b], s.sx[b], s.sy[b], s.ss[b], s.load[b])
	for _, c := range p.compounds.of(v) {
		row := s.compound[int(c)*s.k:]
		if row[a] == 1 {
			e -= p.compounds.weight[c]
		}
		if row[b] == 0 {
			e += p.compounds.weight[c]
		}
	}
	for i := p.olds.off[v]; i < p.olds.off[v+1]; i++ {
		o := p.olds.id[i]
		row := s.old[int(o)*s.k:]
		if row[a] == 1 {
			e -= p.olds.weight[o]
		}
		if row[b] == 0 {
			e += p.olds.weight[o]
		}
		if s.owner[a] == o {
			e += s.perKept * float64(p.olds.h[i])
		}
		if s.owner[b] == o {
			e -= s.perKept * float64(p.olds.h[i])
		}
	}
	for _, u := range p.apartOf(v) {
		switch s.g[u] {
		case a:
			e -= apartCost
		case b:
			e += apartCost
		}
	}
	return e
}

// shift moves v to grid b and remembers it for undo; pieces stay as they are.
func (s *state) shift(v, b int32) {
	s.moved = append(s.moved, step{v, s.g[v]})
	s.remove(v)
	s.add(v, b)
}

// undo takes back what was shifted since moved was last emptied.
func (s *state) undo() {
	for i := len(s.moved) - 1; i >= 0; i-- {
		s.remove(s.moved[i].v)
		s.add(s.moved[i].v, s.moved[i].from)
	}
	s.moved = s.moved[:0]
}

// walk counts the pieces of a grid and tells whether it hangs together at all.
func (s *state) walk(a int32) (pieces int32, whole bool) {
	first, start, size := s.fresh(), int32(-1), int32(0)
	for v := range s.g {
		if s.g[v] == a && s.seen[v] <= first {
			start = int32(v)
			pieces++
			s.stamp++
			size += s.flood(start, a, false)
		}
	}
	if pieces <= 1 {
		return pieces, true
	}
	s.stamp++
	return pieces, s.flood(start, a, true) == size
}

// fresh makes room for stamps above the one it returns.
func (s *state) fresh() uint32 {
	if s.stamp > math.MaxUint32-uint32(len(s.g))-8 {
		clear(s.seen)
		s.stamp = 0
	}
	return s.stamp
}

// flood stamps what is reached from v within its grid a and counts it.
func (s *state) flood(v, a int32, barriers bool) (met int32) {
	p := s.p
	s.seen[v] = s.stamp
	queue := append(s.queue[:0], v)
	for i := 0; i < len(queue); i++ {
		u := queue[i]
		for e := p.off[u]; e < p.off[u+1]; e++ {
			t := p.to[e]
			if s.g[t] == a && s.seen[t] != s.stamp && (barriers || !p.cross[e]) {
				s.seen[t] = s.stamp
				queue = append(queue, t)
			}
		}
	}
	s.queue = queue
	return int32(len(queue))
}

// free counts v's neighbours in grid a that no barrier parts from it, and those
// that one does.
func (s *state) free(v, a int32) (free, over int) {
	p := s.p
	for e := p.off[v]; e < p.off[v+1]; e++ {
		if s.g[p.to[e]] != a {
			continue
		}
		if p.cross[e] {
			over++
		} else {
			free++
		}
	}
	return free, over
}

// joined tells whether v's neighbours in grid a hang together without v. They
// nearly always do, close by: the walk ends when it has met them all.
func (s *state) joined(v, a int32, barriers bool) bool {
	p := s.p
	s.fresh()
	s.stamp += 2
	wanted, start := int32(-1), int32(-1)
	for e := p.off[v]; e < p.off[v+1]; e++ {
		if t := p.to[e]; s.g[t] == a && (barriers || !p.cross[e]) {
			wanted++
			s.seen[t] = s.stamp - 1
			start = t
		}
	}
	if wanted <= 0 {
		return true
	}
	s.seen[start] = s.stamp
	queue := append(s.queue[:0], start)
	for i := 0; i < len(queue) && wanted > 0; i++ {
		u := queue[i]
		for e := p.off[u]; e < p.off[u+1]; e++ {
			t := p.to[e]
			if t != v && s.g[t] == a && s.seen[t] != s.stamp && (barriers || !p.cross[e]) {
				if s.seen[t] == s.stamp-1 {
					wanted--
				}
				s.seen[t] = s.stamp
				queue = append(queue, t)
			}
		}
	}
	s.queue = queue
	return wanted == 0
}

// without counts the pieces that v's grid would have without v and tells
// whether it would hang together, given v's free neighbours in it and those
// over barriers. The grid holds more than v.
func (s *state) without(v int32, free, over int) (pieces int32, whole bool) {
	a := s.g[v]
	switch {
	case free == 0:
		return s.pieces[a] - 1, s.joined(v, a, true)
	case free == 1 || s.joined(v, a, false):
		return s.pieces[a], s.pieces[a] == 1 || over == 0 || s.joined(v, a, true)
	}
	s.g[v] = -1
	pieces, whole = s.walk(a)
	s.g[v] = a
	return pieces, whole
}

// with counts the pieces that grid b would have with v, given v's free neighbours in it.
func (s *state) with(v, b int32, free int) int32 {
	switch {
	case free == 0:
		return s.pieces[b] + 1
	case free == 1 || s.pieces[b] == 1 || s.joined(v, b, false):
		return s.pieces[b]
	}
	a := s.g[v]
	s.g[v] = b
	pieces, _ := s.walk(b)
	s.g[v] = a
	return pieces
}

// match lets each grid keep the worker of one old grid, no worker twice, so that
// as many households as possible keep theirs.
func (s *state) match() {
	p := s.p
	if len(p.olds.weight) == 0 {
		return
	}
	k := s.k
	overlap := make([]int, len(p.olds.weight)*k)
	for v := range p.h {
		for i := p.olds.off[v]; i < p.olds.off[v+1]; i++ {
			if o := p.olds.id[i]; p.owned[o] {
				overlap[int(o)*k+int(s.g[v])] += int(p.olds.h[i])
			}
		}
	}
	for a := range s.owner {
		s.owner[a] = -1
	}
	if olds := len(p.olds.weight); k <= olds {
		for a, o := range assign(k, olds, func(a, o int) int { return overlap[o*k+a] }) {
			s.owner[a] = int32(o)
		}
	} else {
		for o, a := range assign(olds, k, func(o, a int) int { return overlap[o*k+a] }) {
			s.owner[a] = int32(o)
		}
	}
}
