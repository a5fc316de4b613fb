package city

import (
	"math"
	"math/rand/v2"
)

// lineKind says what runs along an edge of the mesh.
type lineKind int8

const (
	lineNone lineKind = iota // a wall between blocks
	lineLane
	lineSecondary
	lineMain
	lineExpressway
	lineCanal
	lineRiver
	lineShore  // the lake
	lineBorder // the city's edge
)

// line is one cut of the mesh: a road, a canal, a wall …
type line struct {
	kind lineKind
	tier int // 0 first drawn, 1 street border, 2 community, 3 grid, 4 block
	from int32
	to   int32
}

// mesh is a planar subdivision. Faces are counter-clockwise rings of vertices;
// a vertex on a border stands in the rings of both sides.
type mesh struct {
	pts   []pt
	rings [][]int32
	left  map[uint64]int32 // directed edge → face on its left
	edges map[uint64]int32 // undirected edge → line
	deg   []int
	lines []line
}

func newMesh() *mesh {
	return &mesh{left: map[uint64]int32{}, edges: map[uint64]int32{}}
}

func arc(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }
func side(a, b int32) uint64 {
	if a > b {
		a, b = b, a
	}
	return arc(a, b)
}

func (m *mesh) vertex(p pt) int32 {
	m.pts = append(m.pts, p)
	m.deg = append(m.deg, 0)
	return int32(len(m.pts) - 1)
}

func (m *mesh) vertices(line []pt) []int32 {
	out := make([]int32, len(line))
	for i, p := range line {
		out[i] = m.vertex(p)
	}
	return out
}

// draw lays a line along vertices.
func (m *mesh) draw(vs []int32, l line) int32 {
	l.from, l.to = vs[0], vs[len(vs)-1]
	m.lines = append(m.lines, l)
	id := int32(len(m.lines) - 1)
	for i := 1; i < len(vs); i++ {
		m.edges[side(vs[i-1], vs[i])] = id
		m.deg[vs[i-1]]++
		m.deg[vs[i]]++
	}
	return id
}

func (m *mesh) face(ring []int32) int32 {
	m.rings = append(m.rings, ring)
	f := int32(len(m.rings) - 1)
	for i, a := range ring {
		m.left[arc(a, ring[(i+1)%len(ring)])] = f
	}
	return f
}

func (m *mesh) ring(f int32) []pt {
	out := make([]pt, len(m.rings[f]))
	for i, v := range m.rings[f] {
		out[i] = m.pts[v]
	}
	return out
}

// across is the face on the other side of edge i of face f, or -1.
func (m *mesh) across(a, b int32) int32 {
	if f, ok := m.left[arc(b, a)]; ok {
		return f
	}
	return -1
}

// splitEdge puts a new vertex on the edge a–b, in the rings of both sides.
func (m *mesh) splitEdge(a, b int32, p pt) int32 {
	v := m.vertex(p)
	id := m.edges[side(a, b)]
	delete(m.edges, side(a, b))
	m.edges[side(a, v)], m.edges[side(v, b)] = id, id
	m.deg[v] = 2
	for _, e := range [2][2]int32{{a, b}, {b, a}} {
		f, ok := m.left[arc(e[0], e[1])]
		if !ok {
			continue
		}
		delete(m.left, arc(e[0], e[1]))
		m.left[arc(e[0], v)], m.left[arc(v, e[1])] = f, f
		ring := m.rings[f]
		for i, w := range ring {
			if w == e[0] && ring[(i+1)%len(ring)] == e[1] {
				ring = append(ring, 0)
				copy(ring[i+2:], ring[i+1:])
				ring[i+1] = v
				break
			}
		}
		m.rings[f] = ring
	}
	return v
}

// hit is where a traced path leaves a face.
type hit struct {
	at     int // index of the ring vertex or of the edge's first vertex
	vertex bool
	p      pt
	sin    float64 // of the smallest angle between path and border
}

// cutting is a candidate cut of a face.
type cutting struct {
	start, end hit
	path       []pt // interior points from start to end
	a, b       []pt // the two sides
}

// spot asks for a cut.
type spot struct {
	want   float64 // wanted share of side a by weight
	kind   lineKind
	tier   int
	snap   float64 // junctions nearer than this are joined
	step   float64
	tol    float64 // simplification
	tries  int
	weight func(ring []pt) float64
	guide  func(p, dir pt) pt // the field's direction nearest to dir
}

// trace follows the guide from p until it leaves the ring.
func (m *mesh) trace(f int32, ring []pt, p, dir pt, s *spot) ([]pt, hit, bool) {
	path := make([]pt, 0, 32)
	for range 400 {
		dir = s.guide(p, dir)
		q := p.add(dir.mul(s.step))
		bt, at, u := 2.0, -1, 0.0
		x0, x1 := math.Min(p.x, q.x), math.Max(p.x, q.x)
		y0, y1 := math.Min(p.y, q.y), math.Max(p.y, q.y)
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			if (a.x < x0 && b.x < x0) || (a.x > x1 && b.x > x1) || (a.y < y0 && b.y < y0) || (a.y > y1 && b.y > y1) {
				continue
			}
			if t, w, ok := meet(p, q, a, b); ok && t < bt {
				bt, at, u = t, i, w
			}
		}
		if at < 0 {
			path = append(path, q)
			p = q
			continue
		}
		h := m.land(f, ring, path, p, mix(p, q, bt), at, u, s)
		// drop points that crowd the end
		for len(path) > 0 && path[len(path)-1].dist(h.p) < s.step*0.5 {
			path = path[:len(path)-1]
		}
		return path, h, true
	}
	return nil, hit{}, false
}

// land decides where a path that meets edge at of the ring ends: at a junction
// nearby, at the corner, or on the edge.
func (m *mesh) land(f int32, ring []pt, path []pt, p, x pt, at int, u float64, s *spot) hit {
	n := len(ring)
	last := p
	for i := len(path) - 1; i >= 0 && last.dist(x) < s.step; i-- {
		last = path[i]
	}
	free := func(i int) bool { // does last see vertex i?
		v := ring[i]
		for k, a := range ring {
			if k == i || (k+1)%n == i {
				continue
			}
			if _, _, ok := meet(last, v, a, ring[(k+1)%n]); ok {
				return false
			}
		}
		return inside(mix(last, v, 0.97), ring)
	}
	best, pick := s.snap, -1
	for i, v := range ring {
		d := v.dist(x)
		if m.deg[m.rings[f][i]] < 3 {
			d = d*2.5 + s.snap*0.3 // an ordinary bend: only when very near
		} else if m.deg[m.rings[f][i]] > 3 {
			continue // no five-way junctions
		}
		if d < best && free(i) {
			best, pick = d, i
		}
	}
	h := hit{at: at, p: x}
	if pick >= 0 {
		h = hit{at: pick, vertex: true, p: ring[pick]}
	}
	d := h.p.sub(last).unit()
	sine := func(e pt) float64 { return math.Abs(d.cross(e.unit())) }
	if h.vertex {
		a, b := ring[(h.at+n-1)%n].sub(h.p).unit(), ring[(h.at+1)%n].sub(h.p).unit()
		h.sin = 1.0
		for _, e := range []pt{a, b} {
			if d.mul(-1).dot(e) > 0 {
				h.sin = math.Min(h.sin, sine(e))
			}
		}
	} else {
		h.sin = sine(ring[(at+1)%n].sub(ring[at]))
	}
	return h
}

// try makes the cut of f through p along dir, without changing the mesh.
func (m *mesh) try(f int32, ring []pt, p, dir pt, s *spot) (cutting, bool) {
	back, h0, ok0 := m.trace(f, ring, p, dir.mul(-1), s)
	fore, h1, ok1 := m.trace(f, ring, p, dir, s)
	if !ok0 || !ok1 || (h0.at == h1.at && h0.vertex == h1.vertex) || h0.p.dist(h1.p) < 20 {
		return cutting{}, false
	}
	all := make([]pt, 0, len(back)+len(fore)+3)
	all = append(all, h0.p)
	for i := len(back) - 1; i >= 0; i-- {
		all = append(all, back[i])
	}
	if len(back) > 0 || len(fore) > 0 {
		all = append(all, p)
	}
	all = append(append(all, fore...), h1.p)
	all = simplify(all, s.tol)
	c := cutting{start: h0, end: h1, path: all[1 : len(all)-1]}
	n := len(ring)
	walk := func(from, to hit) []pt { // ring points from one end to the other
		out := []pt{from.p}
		i := (from.at + 1) % n
		stop := to.at
		if !to.vertex {
			stop = (to.at + 1) % n
		}
		if !from.vertex && !to.vertex && from.at == to.at {
			return append(out, to.p)
		}
		for i != stop {
			out = append(out, ring[i])
			i = (i + 1) % n
		}
		return append(out, to.p)
	}
	c.a = walk(h0, h1)
	for i := len(c.path) - 1; i >= 0; i-- {
		c.a = append(c.a, c.path[i])
	}
	c.b = append(walk(h1, h0), c.path...)
	if len(c.a) < 3 || len(c.b) < 3 || area(c.a) <= 0 || area(c.b) <= 0 {
		return cutting{}, false
	}
	total := area(ring)
	if math.Abs(area(c.a)+area(c.b)-total) > 1e-6*total+1 {
		return cutting{}, false
	}
	// the path must stay inside
	for i := range all[1:] {
		if q := mix(all[i], all[i+1], 0.5); !inside(q, ring) {
			return cutting{}, false
		}
		for k, a := range ring {
			t, _, ok := meet(all[i], all[i+1], a, ring[(k+1)%n])
			if !ok {
				continue
			}
			x := mix(all[i], all[i+1], t)
			if (i == 0 && x.dist(h0.p) < 0.5) || (i == len(all)-2 && x.dist(h1.p) < 0.5) {
				continue
			}
			return cutting{}, false
		}
	}
	return c, true
}

// rugged is 1 for a square and grows with thin or ragged shapes.
func rugged(r []pt) float64 { l := perimeter(r); return l * l / (16 * area(r)) }

// cut splits face f so that side a holds about s.want of the weight. It
// returns the new faces; ok is false when no sound cut was found.
func (m *mesh) cut(f int32, s *spot, rng *rand.Rand) (a, b, id int32, ok bool) {
	ring := m.ring(f)
	bb := bounds(ring)
	var best cutting
	score := math.Inf(1)
	swap := false
	consider := func(p, dir pt) bool {
		if !inside(p, ring) {
			return false
		}
		c, ok := m.try(f, ring, p, s.guide(p, dir), s)
		if !ok {
			return true
		}
		wa, wb := s.weight(c.a), s.weight(c.b)
		if wa+wb <= 0 {
			return true
		}
		share := wa / (wa + wb)
		e, sw := math.Abs(share-s.want), false
		if e2 := math.Abs(1 - share - s.want); e2 < e {
			e, sw = e2, true
		}
		e /= math.Min(s.want, 1-s.want)
		v := 5*e*e + 2*e + 0.5*(rugged(c.a)+rugged(c.b)) + 1.2*math.Max(rugged(c.a), rugged(c.b)) +
			2.2*(2-c.start.sin-c.end.sin)
		if c.start.sin < 0.35 || c.end.sin < 0.35 {
			v += 3
		}
		if v < score {
			score, best, swap = v, c, sw
		}
		return true
	}
	var seed, way pt
	for range s.tries {
		var p pt
		for range 40 {
			p = pt{lerp(bb.x0, bb.x1, rng.Float64()), lerp(bb.y0, bb.y1, rng.Float64())}
			if inside(p, ring) {
				break
			}
		}
		d := polar(rng.Float64()*math.Pi, 1)
		for _, w := range []pt{d, d.left()} {
			old := score
			consider(p, w)
			if score < old {
				seed, way = p, w
			}
		}
	}
	if math.IsInf(score, 1) {
		return 0, 0, 0, false
	}
	r := math.Sqrt(area(ring)) * 0.15
	for range s.tries / 2 {
		old := score
		q := seed.add(pt{rng.NormFloat64(), rng.NormFloat64()}.mul(r))
		consider(q, way)
		if score < old {
			seed = q
		}
		r *= 0.8
	}
	a, b, id = m.apply(f, best, line{kind: s.kind, tier: s.tier})
	if swap {
		a, b = b, a
	}
	return a, b, id, true
}

// apply makes the cut real.
func (m *mesh) apply(f int32, c cutting, l line) (a, b, id int32) {
	n := len(m.rings[f])
	v0, v1 := m.rings[f][c.start.at], m.rings[f][c.end.at]
	e0, e1 := m.rings[f][(c.start.at+1)%n], m.rings[f][(c.end.at+1)%n]
	sameEdge := !c.start.vertex && !c.end.vertex && c.start.at == c.end.at
	if !c.start.vertex {
		v0 = m.splitEdge(v0, e0, c.start.p)
	}
	if !c.end.vertex {
		if sameEdge {
			panic("city: a cut that begins and ends on one edge")
		}
		v1 = m.splitEdge(v1, e1, c.end.p)
	}
	vs := append(append([]int32{v0}, m.vertices(c.path)...), v1)
	id = m.draw(vs, l)
	ring := m.rings[f]
	i, j := indexOf(ring, v0), indexOf(ring, v1)
	ra := walkRing(ring, i, j)
	for k := len(vs) - 2; k > 0; k-- {
		ra = append(ra, vs[k])
	}
	rb := append(walkRing(ring, j, i), vs[1:len(vs)-1]...)
	m.rings[f] = nil
	return m.face(ra), m.face(rb), id
}

func indexOf(ring []int32, v int32) int {
	for i, w := range ring {
		if w == v {
			return i
		}
	}
	panic("city: vertex not in ring")
}

func walkRing(ring []int32, i, j int) []int32 {
	out := []int32{}
	for k := i; ; k = (k + 1) % len(ring) {
		out = append(out, ring[k])
		if k == j {
			return out
		}
	}
}

// outline joins faces to rings: outer ring first, then holes.
func (m *mesh) outline(faces []int32) [][]int32 {
	in := map[int32]bool{}
	for _, f := range faces {
		in[f] = true
	}
	next := map[int32][]int32{}
	var starts []int32
	for _, f := range faces {
		r := m.rings[f]
		for i, a := range r {
			b := r[(i+1)%len(r)]
			if o := m.across(a, b); o < 0 || !in[o] {
				next[a] = append(next[a], b)
				starts = append(starts, a)
			}
		}
	}
	var rings [][]int32
	for _, s := range starts {
		for len(next[s]) > 0 {
			ring := []int32{s}
			prev, v := int32(-1), s
			for {
				opts := next[v]
				k := 0
				if len(opts) > 1 && prev >= 0 { // pinch: turn as far left as can be, hugging the inside
					in := m.pts[v].sub(m.pts[prev])
					best := math.Inf(-1)
					for i, o := range opts {
						d := m.pts[o].sub(m.pts[v])
						if ang := math.Atan2(in.cross(d), in.dot(d)); ang > best {
							best, k = ang, i
						}
					}
				}
				w := opts[k]
				next[v] = append(append([]int32{}, opts[:k]...), opts[k+1:]...)
				if w == s {
					break
				}
				ring = append(ring, w)
				prev, v = v, w
			}
			rings = append(rings, simpleRings(ring)...)
		}
	}
	// the largest first
	for i := range rings {
		if math.Abs(m.ringArea(rings[i])) > math.Abs(m.ringArea(rings[0])) {
			rings[0], rings[i] = rings[i], rings[0]
		}
	}
	return rings
}

func (m *mesh) ringArea(ring []int32) float64 {
	s := 0.0
	for i, a := range ring {
		s += m.pts[a].cross(m.pts[ring[(i+1)%len(ring)]])
	}
	return s / 2
}

// simpleRings parts a ring that visits a vertex twice.
func simpleRings(ring []int32) [][]int32 {
	at := map[int32]int{}
	for i, v := range ring {
		if j, twice := at[v]; twice {
			rest := append(append([]int32{}, ring[:j]...), ring[i:]...)
			return append(simpleRings(append([]int32{}, ring[j:i]...)), simpleRings(rest)...)
		}
		at[v] = i
	}
	return [][]int32{ring}
}
