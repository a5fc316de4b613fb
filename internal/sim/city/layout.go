package city

import (
	"math"
	"math/rand/v2"
	"sort"
)

// area units while building: indexes into the slices of builder.
type district struct {
	faces   []int32 // of the first mesh
	streets []int
	code    int64
}

type street struct {
	district    int
	communities []int
	faces       []int32 // one, at the time of cutting
	code        int64
	name        string
}

type community struct {
	street int
	grids  []int
	code   int64
	name   string
}

type cell struct { // a grid
	community int
	face      int32 // before its blocks are cut
	blocks    []int
	lake      bool
	use       string
	want      int // households
	note      string
	zone      zone
	id        int64
	code      int64
}

// zone says what the land at a place is like.
type zone struct {
	old     float64 // 1 = old centre
	dens    float64
	outside bool // beyond the ring road
}

// builder carries the working state from one part to the next.
type builder struct {
	c    *City
	m    *mesh
	f    *field
	l    *land
	ds   []district
	ss   []street
	cs   []community
	gs   []cell
	bs   []block
	lake int32 // its face
	home int   // the community that looks after the lake
	// names
	chains    []chain
	lineTrail [][]int32         // line → its vertices in order
	lineRoad  []int32           // line → index in chains, or -1
	bridged   map[[2]int32]bool // line, vertex: the street goes on there
	numbers   map[string]int    // road → last house number given
	sizes     counts
}

type counts struct{ districts, streets, communities, grids int }

func newBuilder(c *City) *builder {
	n := counts{3, 18, 124, 526}
	if c.Scale < 1 {
		if c.Scale < 0.3 {
			n.districts = 2
		}
		n.streets = max(2*n.districts, int(math.Round(18*c.Scale))) // one at least inside and outside the ring
		n.communities = max(n.streets*2, int(math.Round(124*c.Scale)))
		n.grids = max(n.communities*3+2, int(math.Round(526*c.Scale)))
	}
	return &builder{c: c, m: newMesh(), sizes: n}
}

// layout draws the site and cuts it down to grids.
func (b *builder) layout() {
	rng := stream(b.c.Seed, "land")
	b.site(rng)
	b.f = newField(b.l, stream(b.c.Seed, "field"))
	b.divide(stream(b.c.Seed, "regions"))
}

// site makes the lake, the rivers, the ring road and the rim, and the first
// faces: the lake, and for each district one inside and one outside the ring.
func (b *builder) site(rng *rand.Rand) {
	s := math.Sqrt(b.c.Scale)
	l := &land{s: s}
	b.l = l
	blob := func(c pt, rx, ry, rough float64, n int) []pt {
		type h struct{ k, a, ph float64 }
		var hs []h
		for k := 2; k <= 7; k++ {
			hs = append(hs, h{float64(k), rough * (0.6 + 0.8*rng.Float64()) / math.Pow(float64(k)-0.6, 0.9), rng.Float64() * 2 * math.Pi})
		}
		tilt := rng.Float64() * math.Pi
		out := make([]pt, n)
		for i := range out {
			a := 2 * math.Pi * float64(i) / float64(n)
			r := 1.0
			for _, h := range hs {
				r += h.a * math.Cos(h.k*a+h.ph)
			}
			q := polar(a, r)
			q = pt{q.x * rx, q.y * ry}
			_ = tilt
			out[i] = c.add(q)
		}
		return out
	}
	l.center = pt{0, 0}
	l.rim = blob(l.center, 5150*s, 4350*s, 0.055, 220)
	l.ring = blob(l.center, 3650*s, 3000*s, 0.022, 160)
	l.lakeAt = pt{(-950 + 200*rng.Float64()) * s, (350 + 200*rng.Float64()) * s}
	l.lake = blob(l.lakeAt, 980*s, 860*s, 0.125, 96)
	l.oldAt = l.lakeAt.add(polar(-0.35+0.3*rng.Float64(), 1750*s))
	l.subs = []pt{
		l.lakeAt.add(polar(3.0+0.3*rng.Float64(), 2050*s)),
		polar(-1.35+0.3*rng.Float64(), 2100*s),
		polar(0.75+0.2*rng.Float64(), 2500*s),
		polar(-0.45+0.2*rng.Float64(), 2900*s),
	}
	for range 7 {
		l.patches = append(l.patches, patch{polar(rng.Float64()*2*math.Pi, (0.4+0.6*rng.Float64())*3900*s), (800 + 700*rng.Float64()) * s, (rng.Float64() - 0.5) * 0.9})
	}
	l.patches = append(l.patches, patch{l.oldAt, 1100 * s, 0.10 + 0.12*rng.Float64()})

	// spokes from the lake to the rim: the river in and out, and a boulevard
	angles := []float64{1.85 + 0.25*rng.Float64(), -0.75 + 0.2*rng.Float64() + 2*math.Pi}
	kinds := []lineKind{lineRiver, lineRiver}
	if b.sizes.districts == 3 {
		angles = []float64{angles[0], 3.55 + 0.2*rng.Float64(), angles[1]}
		kinds = []lineKind{lineRiver, lineMain, lineRiver}
	}
	toward := func(r []pt, from pt, ang float64) int { // the vertex of r seen from a point at an angle
		d, best, at := polar(ang, 1), -2.0, 0
		for i, p := range r {
			if v := p.sub(from).unit().dot(d); v > best {
				best, at = v, i
			}
		}
		return at
	}
	m := b.m
	lakeV, ringV, rimV := m.vertices(l.lake), m.vertices(l.ring), m.vertices(l.rim)
	type spoke struct {
		li, gi, ri   int
		inner, outer []int32
	}
	var sp []spoke
	for k, a := range angles {
		p := spoke{li: toward(l.lake, l.lakeAt, a)}
		p.gi = toward(l.ring, l.center, a)
		p.ri = toward(l.rim, l.center, a+0.1*(rng.Float64()-0.5))
		A, G, R := l.lake[p.li], l.ring[p.gi], l.rim[p.ri]
		amp := 300 * s
		if kinds[k] == lineMain {
			amp = 90 * s
		}
		sway := func(a, b pt, t, w float64) pt {
			return mix(a, b, t).add(b.sub(a).unit().left().mul(w * amp))
		}
		w := 0.6 + 0.4*rng.Float64()
		if rng.IntN(2) == 0 {
			w = -w
		}
		var ctl []pt
		if A.dist(G) > 1500*s {
			ctl = []pt{A, sway(A, G, 0.18, 0), sway(A, G, 0.42, w), sway(A, G, 0.68, -0.8*w), G, sway(G, R, 0.4, 0.5*w), sway(G, R, 0.75, -0.3*w), R}
		} else {
			ctl = []pt{A, sway(A, G, 0.25, 0), sway(A, G, 0.6, 0.5*w), G, sway(G, R, 0.4, -0.4*w), sway(G, R, 0.75, 0.3*w), R}
		}
		cv, knots := spline(ctl, 55*math.Max(s, 0.4))
		gk := knots[len(knots)-4]
		in, out := simplify(cv[:gk+1], 2), simplify(cv[gk:], 2)
		p.inner = append(append([]int32{lakeV[p.li]}, m.vertices(in[1:len(in)-1])...), ringV[p.gi])
		p.outer = append(append([]int32{ringV[p.gi]}, m.vertices(out[1:len(out)-1])...), rimV[p.ri])
		m.draw(p.inner, line{kind: kinds[k]})
		m.draw(p.outer, line{kind: kinds[k]})
		if kinds[k] == lineRiver {
			l.rivers = append(l.rivers, append(append([]pt{}, in...), out[1:]...))
		}
		sp = append(sp, p)
	}
	loop := func(vs []int32) []int32 { return append(append([]int32{}, vs...), vs[0]) }
	m.draw(loop(lakeV), line{kind: lineShore})
	m.draw(loop(ringV), line{kind: lineExpressway})
	m.draw(loop(rimV), line{kind: lineBorder})
	b.lake = m.face(lakeV)
	span := func(vs []int32, i, j int) []int32 { // counter-clockwise from i to j
		out := []int32{}
		for k := i; ; k = (k + 1) % len(vs) {
			out = append(out, vs[k])
			if k == j {
				return out
			}
		}
	}
	back := func(vs []int32) []int32 {
		out := make([]int32, len(vs))
		for i, v := range vs {
			out[len(vs)-1-i] = v
		}
		return out
	}
	join := func(parts ...[]int32) []int32 { // each part starts where the one before ends; drop the doubles
		var out []int32
		for _, p := range parts {
			out = append(out, p[:len(p)-1]...)
		}
		return out
	}
	// districts run counter-clockwise: between the river in (north) and the next spoke lies the west
	names := make([]district, len(sp))
	for k := range sp {
		p, q := sp[k], sp[(k+1)%len(sp)]
		in := m.face(join(p.inner, span(ringV, p.gi, q.gi), back(q.inner), back(span(lakeV, p.li, q.li))))
		out := m.face(join(p.outer, span(rimV, p.ri, q.ri), back(q.outer), back(span(ringV, p.gi, q.gi))))
		names[k] = district{faces: []int32{in, out}}
	}
	// order: 湖东, 湖西, 澄南
	b.ds = append(b.ds, names[len(sp)-1], names[0])
	if len(sp) == 3 {
		b.ds = append(b.ds, names[1])
	}
}

// share allots n to the weights by largest remainder, at least low each.
func share(n, low int, w []float64) []int {
	total := 0.0
	for _, v := range w {
		total += v
	}
	out := make([]int, len(w))
	type rest struct {
		i int
		r float64
	}
	var rs []rest
	left := n
	for i, v := range w {
		x := v / total * float64(n)
		out[i] = max(low, int(x))
		left -= out[i]
		rs = append(rs, rest{i, x - float64(out[i])})
	}
	for left != 0 {
		sort.SliceStable(rs, func(a, b int) bool { return rs[a].r > rs[b].r })
		if left > 0 {
			out[rs[0].i]++
			rs[0].r--
			left--
			continue
		}
		for k := len(rs) - 1; k >= 0; k-- {
			if i := rs[k].i; out[i] > low {
				out[i]--
				rs[k].r++
				left++
				break
			}
		}
	}
	return out
}

// lattice is a set of sample points in a ring.
func lattice(r []pt, n int) []pt {
	bb := bounds(r)
	d := math.Sqrt(area(r) / float64(n))
	var out []pt
	for y := bb.y0 + d/2; y < bb.y1; y += d {
		for x := bb.x0 + d/2; x < bb.x1; x += d {
			if p := (pt{x, y}); inside(p, r) {
				out = append(out, p)
			}
		}
	}
	return out
}

// parts cuts face f into len(want) faces with weights in proportion.
func (b *builder) parts(f int32, want []float64, tier int, kind func(face int32) lineKind, rng *rand.Rand) []int32 {
	if len(want) == 1 {
		return []int32{f}
	}
	half, total, k := 0.0, 0.0, 0
	for _, w := range want {
		total += w
	}
	for k < len(want)-1 && (k == 0 || half+want[k]/2 < total/2) {
		half += want[k]
		k++
	}
	ring := b.m.ring(f)
	side := math.Sqrt(area(ring))
	var samples []pt // small faces take the density of their middle
	if tier < 3 {
		samples = lattice(ring, 200)
	}
	snaps := []float64{0, 260, 170, 95, 45}
	s := &spot{
		want: half / total, kind: kind(f), tier: tier,
		snap: math.Min(snaps[tier]*math.Max(b.l.s, 0.55), side*0.16), step: clamp(side/18, 12, 60), tol: clamp(side/500, 0.8, 3),
		tries: 14, guide: b.f.guide,
		weight: func(r []pt) float64 { return b.f.weigh(r, samples) },
	}
	x, y, _, ok := b.m.cut(f, s, rng)
	if !ok {
		s.snap, s.tries = 5, 80
		if x, y, _, ok = b.m.cut(f, s, rng); !ok {
			panic("city: a face that cannot be cut")
		}
	}
	return append(b.parts(x, want[:k], tier, kind, rng), b.parts(y, want[k:], tier, kind, rng)...)
}

// divide cuts districts into streets, communities and grids.
func (b *builder) divide(rng *rand.Rand) {
	var faces []int32
	var of []int
	var w []float64
	for d := range b.ds {
		for _, f := range b.ds[d].faces {
			r := b.m.ring(f)
			faces = append(faces, f)
			of = append(of, d)
			w = append(w, b.f.weigh(r, lattice(r, 1500))*area(r)/1500)
		}
	}
	nGrid := b.sizes.grids - 1 // the lake is one
	streets := share(b.sizes.streets, 1, w)
	canals := 0
	for i, f := range faces {
		// streets of a face differ a little in size
		ws := make([]float64, streets[i])
		for k := range ws {
			ws[k] = 0.75 + 0.5*rng.Float64()
		}
		kind := func(int32) lineKind {
			if canals < 1+b.sizes.streets/7 && rng.IntN(4) == 0 {
				canals++
				return lineCanal
			}
			return lineMain
		}
		for _, sf := range b.parts(f, ws, 1, kind, rng) {
			b.ss = append(b.ss, street{district: of[i], faces: []int32{sf}})
			b.ds[of[i]].streets = append(b.ds[of[i]].streets, len(b.ss)-1)
		}
	}
	weights := func(fs []int32) []float64 {
		out := make([]float64, len(fs))
		for i, f := range fs {
			r := b.m.ring(f)
			n := 300
			out[i] = b.f.weigh(r, lattice(r, n)) * area(r) / float64(n)
		}
		return out
	}
	var sf []int32
	for _, s := range b.ss {
		sf = append(sf, s.faces[0])
	}
	sw := weights(sf)
	coms := share(b.sizes.communities, 2, sw)
	var cf []int32
	for i := range b.ss {
		ws := make([]float64, coms[i])
		for k := range ws {
			ws[k] = 0.55 + 0.9*rng.Float64()
		}
		kind := func(int32) lineKind {
			if rng.IntN(5) == 0 {
				return lineMain
			}
			return lineSecondary
		}
		for _, f := range b.parts(sf[i], ws, 2, kind, rng) {
			b.cs = append(b.cs, community{street: i})
			b.ss[i].communities = append(b.ss[i].communities, len(b.cs)-1)
			cf = append(cf, f)
		}
	}
	grids := share(nGrid, 1, weights(cf))
	if b.c.Scale > 0.5 {
		b.lone(grids, cf)
	}
	for i := range b.cs {
		ws := make([]float64, grids[i])
		for k := range ws {
			ws[k] = 0.85 + 0.3*rng.Float64()
		}
		kind := func(f int32) lineKind {
			if rng.IntN(3) == 0 && math.Sqrt(area(b.m.ring(f))) > 380 {
				return lineSecondary
			}
			return lineLane
		}
		for _, f := range b.parts(cf[i], ws, 3, kind, rng) {
			b.cell(i, f)
		}
	}
	// the lake goes to the community with the longest shore
	shore := make([]float64, len(b.cs))
	r := b.m.rings[b.lake]
	for i, a := range r {
		q := r[(i+1)%len(r)]
		f := b.m.across(a, q)
		for g := range b.gs {
			if b.gs[g].face == f {
				shore[b.gs[g].community] += b.m.pts[a].dist(b.m.pts[q])
			}
		}
	}
	for i := range shore {
		if shore[i] > shore[b.home] {
			b.home = i
		}
	}
	b.cell(b.home, b.lake)
	b.gs[len(b.gs)-1].lake = true
	b.gs[len(b.gs)-1].use = "lake"
}

// lone leaves two outlying communities with a single grid each, which cannot
// keep the bounds; others take what they give up.
func (b *builder) lone(grids []int, faces []int32) {
	for range 2 {
		least, most := -1, 0
		for i, n := range grids {
			if n > 1 && !inside(within(b.m.ring(faces[i])), b.l.ring) && (least < 0 || n < grids[least]) {
				least = i
			}
			if n > grids[most] {
				most = i
			}
		}
		if least < 0 {
			return
		}
		grids[most] += grids[least] - 1
		grids[least] = 1
	}
}

func (b *builder) cell(com int, f int32) {
	g := cell{community: com, face: f}
	r := b.m.ring(f)
	c := within(r)
	g.zone = b.zone(c)
	b.gs = append(b.gs, g)
	b.cs[com].grids = append(b.cs[com].grids, len(b.gs)-1)
}

func (b *builder) zone(p pt) zone {
	return zone{old: b.f.sample(b.f.old, p), dens: b.f.sample(b.f.dens, p), outside: !inside(p, b.l.ring)}
}
