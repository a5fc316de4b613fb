package city

import (
	"math"
	"math/rand/v2"
)

// block is a piece of land between streets, part of one grid.
type block struct {
	cell  int
	face  int32
	use   string
	style string
	ring  []pt // buildable: the face without half the streets around it
	ha    float64
	ang   float64 // of its longest side
	road  int32   // the line that gives its address
	name  string
	comp  int64 // compound id
	homes []proto
	other []proto
}

// blocks cuts every grid into blocks of the size of its quarter.
func (b *builder) blocks() {
	rng := stream(b.c.Seed, "blocks")
	for g := range b.gs {
		c := &b.gs[g]
		if c.lake {
			b.addBlock(g, c.face)
			continue
		}
		z := c.zone
		goal := lerp(3.9e4, 1.6e4, z.old)
		if z.outside {
			goal = 6.0e4
		}
		goal *= 0.8 + 0.5*rng.Float64()
		b.shred(g, c.face, goal, 0, rng)
	}
}

func (b *builder) shred(g int, f int32, goal float64, depth int, rng *rand.Rand) {
	ring := b.m.ring(f)
	a := area(ring)
	if depth > 6 || a < goal*(1.25+0.6*rng.Float64()) {
		b.addBlock(g, f)
		return
	}
	kind := lineLane
	if rng.Float64() < 0.2 {
		kind = lineNone
	}
	side := math.Sqrt(a)
	s := &spot{
		want: 0.38 + 0.24*rng.Float64(), kind: kind, tier: 4,
		snap: math.Min(40, side*0.14), step: clamp(side/16, 8, 30), tol: 0.8, tries: 8,
		guide: b.f.guide, weight: area,
	}
	x, y, _, ok := b.m.cut(f, s, rng)
	if !ok {
		b.addBlock(g, f)
		return
	}
	b.shred(g, x, goal, depth+1, rng)
	b.shred(g, y, goal, depth+1, rng)
}

func (b *builder) addBlock(g int, f int32) {
	b.bs = append(b.bs, block{cell: g, face: f, road: -1})
	b.gs[g].blocks = append(b.gs[g].blocks, len(b.bs)-1)
}

// setback is the distance from a line's middle to buildable land.
func (b *builder) setback(id int32, z zone) float64 {
	w := math.Max(b.l.s, 0.45)
	switch b.m.lines[id].kind {
	case lineNone:
		return 2
	case lineLane:
		return lerp(6.5, 4.2, z.old)
	case lineSecondary:
		return lerp(15, 12, z.old)
	case lineMain:
		return lerp(24, 19, z.old)
	case lineExpressway:
		return 46
	case lineCanal:
		return 20
	case lineRiver:
		return riverHalf*w + 36
	case lineShore:
		return 70
	default:
		return 6
	}
}

const riverHalf = 38.0

// prepare finds each block's buildable ring, direction and address road.
func (b *builder) prepare() {
	for i := range b.bs {
		k := &b.bs[i]
		z := b.gs[k.cell].zone
		ids := b.m.rings[k.face]
		ring := b.m.ring(k.face)
		dist := make([]float64, len(ring))
		best := -1.0
		long := map[int32]float64{}
		for j, a := range ids {
			id := b.m.edges[side(a, ids[(j+1)%len(ids)])]
			dist[j] = b.setback(id, z)
			l := ring[j].dist(ring[(j+1)%len(ring)])
			if kd := b.m.lines[id].kind; kd >= lineLane && kd <= lineMain {
				long[id] += l * (1 + 0.6*float64(kd-lineLane))
				if long[id] > best {
					best, k.road = long[id], id
				}
			}
		}
		if b.gs[k.cell].lake {
			continue
		}
		k.ring = inset(ring, dist)
		for try := 0; k.ring == nil && try < 3; try++ { // gentler
			for j := range dist {
				dist[j] *= 0.6
			}
			k.ring = inset(ring, dist)
		}
		for f := 0.8; k.ring == nil && f > 0.3; f -= 0.1 { // an awkward shape: a smaller copy of it
			c, q := within(ring), make([]pt, len(ring))
			for j := range ring {
				q[j] = mix(c, ring[j], f)
			}
			if fits(q, ring) {
				k.ring = q
			}
		}
		if k.ring == nil {
			k.use = "strip"
			continue
		}
		k.ha = area(k.ring) / 1e4
		far := 0.0
		for j, p := range k.ring {
			q := k.ring[(j+1)%len(k.ring)]
			if d := p.dist(q); d > far {
				far = d
				k.ang = math.Atan2(q.y-p.y, q.x-p.x)
			}
		}
		// into (-45°, 45°]: rows face south
		for k.ang > math.Pi/4 {
			k.ang -= math.Pi / 2
		}
		for k.ang <= -math.Pi/4 {
			k.ang += math.Pi / 2
		}
		if k.ha < 0.16 {
			k.use = "strip"
		}
	}
}
