package city

import (
	"math"
	"math/rand/v2"
)

// proto is a building before it is numbered.
type proto struct {
	ring   []pt
	quad   [4]pt // its convex hull, roughly, for spacing
	kind   string
	levels int
	units  int // entrances
	per    int // homes per entrance and level; 0 = nobody lives here
	fixed  int // homes of a courtyard or house, whatever its levels
	homes  []int
	row    int
}

func rect(c pt, ang, w, d float64) [4]pt {
	u, v := polar(ang, w/2), polar(ang, d/2).left()
	return [4]pt{c.sub(u).sub(v), c.add(u).sub(v), c.add(u).add(v), c.sub(u).add(v)}
}

// frame maps fractions of a quad (-1…1 each way) to points.
func frame(c pt, ang, w, d float64, uv ...[2]float64) []pt {
	u, v := polar(ang, w/2), polar(ang, d/2).left()
	out := make([]pt, len(uv))
	for i, k := range uv {
		out[i] = c.add(u.mul(k[0])).add(v.mul(k[1]))
	}
	return out
}

// outline gives a footprint its form.
func outline(form string, c pt, ang, w, d float64, rng *rand.Rand) []pt {
	switch form {
	case "step": // a slab whose parts stand a little forward and back
		k := 0.25 + 0.1*rng.Float64()
		x := -0.34 + 0.68*float64(rng.IntN(2))
		return frame(c, ang, w, d, [2]float64{-1, -1}, [2]float64{x, -1}, [2]float64{x, -1 + k}, [2]float64{1, -1 + k},
			[2]float64{1, 1}, [2]float64{x, 1}, [2]float64{x, 1 - k}, [2]float64{-1, 1 - k})
	case "tee": // a tower with a notch to the north
		return frame(c, ang, w, d, [2]float64{-1, -1}, [2]float64{1, -1}, [2]float64{1, 0.55}, [2]float64{0.3, 0.55},
			[2]float64{0.3, 1}, [2]float64{-0.3, 1}, [2]float64{-0.3, 0.55}, [2]float64{-1, 0.55})
	case "ell":
		a, b := 0.05+0.3*rng.Float64(), 0.0+0.3*rng.Float64()
		sx, sy := 1.0, 1.0
		if rng.IntN(2) == 0 {
			sx = -1
		}
		if rng.IntN(2) == 0 {
			sy = -1
		}
		r := frame(c, ang, w, d, [2]float64{-sx, -sy}, [2]float64{sx, -sy}, [2]float64{sx, -b * sy}, [2]float64{-a * sx, -b * sy},
			[2]float64{-a * sx, sy}, [2]float64{-sx, sy})
		if area(r) < 0 {
			reverse(r)
		}
		return r
	case "you": // three wings round a yard open to the south
		k := 0.3 + 0.15*rng.Float64()
		return frame(c, ang, w, d, [2]float64{-1, -1}, [2]float64{-1 + 2*k*0.8, -1}, [2]float64{-1 + 2*k*0.8, 0.15}, [2]float64{1 - 2*k*0.8, 0.15},
			[2]float64{1 - 2*k*0.8, -1}, [2]float64{1, -1}, [2]float64{1, 1}, [2]float64{-1, 1})
	case "aitch":
		return frame(c, ang, w, d, [2]float64{-1, -1}, [2]float64{-0.5, -1}, [2]float64{-0.5, -0.25}, [2]float64{0.5, -0.25}, [2]float64{0.5, -1}, [2]float64{1, -1},
			[2]float64{1, 1}, [2]float64{0.5, 1}, [2]float64{0.5, 0.25}, [2]float64{-0.5, 0.25}, [2]float64{-0.5, 1}, [2]float64{-1, 1})
	}
	q := rect(c, ang, w, d)
	return q[:]
}

// pattern says how a use fills its land with rows.
type pattern struct {
	kind         string
	w0, w1       float64 // width of a building
	unit         float64 // if set, the width is a multiple of this many metres
	u0, u1       int
	d0, d1       float64 // depth
	gx0, gx1     float64 // gap in the row
	gy0, gy1     float64 // gap between rows
	l0, l1       int     // levels
	lo, hi       int     // levels that fitting may choose
	per          int
	f0, f1       int // fixed homes
	forms        []string
	skip         float64 // share of sites left empty
	garden       float64 // radius of the open middle as a share of the root of the area
	wobble       float64 // turning of single buildings
	max          int     // at most this many; 0 = no limit
	centre, tidy bool
}

var patterns = map[string]pattern{
	"courtyard": {kind: Courtyard, w0: 11, w1: 19, d0: 9, d1: 15, gx0: 1.5, gx1: 5, gy0: 2.5, gy1: 6.5, l0: 1, l1: 2, f0: 2, f1: 5, forms: []string{"", "ell", "you", "", "ell"}, skip: 0.06, wobble: 0.05},
	"slab":      {kind: Slab, unit: 15, u0: 2, u1: 4, d0: 11, d1: 13, gx0: 7, gx1: 12, gy0: 16, gy1: 21, l0: 5, l1: 7, lo: 4, hi: 8, per: 2, forms: []string{"", "", "", "step"}, skip: 0.03, garden: 0.10, tidy: true},
	"midrise":   {kind: Slab, unit: 18, u0: 2, u1: 3, d0: 13, d1: 15, gx0: 12, gx1: 18, gy0: 27, gy1: 33, l0: 9, l1: 11, lo: 6, hi: 13, per: 2, forms: []string{"step", "", ""}, skip: 0.05, garden: 0.16, tidy: true},
	"tower":     {kind: Tower, unit: 27, u0: 1, u1: 2, d0: 17, d1: 21, gx0: 20, gx1: 30, gy0: 34, gy1: 44, l0: 18, l1: 26, lo: 11, hi: 33, per: 3, forms: []string{"tee", "", "tee", "step"}, skip: 0.05, garden: 0.2, tidy: true},
	"village":   {kind: House, w0: 9, w1: 13, d0: 10, d1: 14, gx0: 2, gx1: 6, gy0: 4, gy1: 9, l0: 2, l1: 4, f0: 2, f1: 5, forms: []string{"", "", "ell"}, skip: 0.10, wobble: 0.12},

	"office":   {kind: Office, w0: 26, w1: 46, d0: 22, d1: 34, gx0: 14, gx1: 26, gy0: 18, gy1: 30, l0: 8, l1: 26, forms: []string{"", "ell", "tee"}, skip: 0.15, max: 5},
	"mall":     {kind: Mall, w0: 60, w1: 95, d0: 45, d1: 65, gx0: 14, gx1: 20, gy0: 16, gy1: 24, l0: 3, l1: 6, forms: []string{"", "ell"}, max: 2, centre: true},
	"shops":    {kind: Shop, w0: 14, w1: 38, d0: 10, d1: 14, gx0: 1, gx1: 6, gy0: 7, gy1: 11, l0: 2, l1: 4, forms: []string{"", "", "ell"}, skip: 0.08},
	"market":   {kind: Market, w0: 44, w1: 70, d0: 24, d1: 34, gx0: 10, gx1: 14, gy0: 10, gy1: 16, l0: 1, l1: 2, forms: []string{""}, max: 4, centre: true},
	"school":   {kind: School, w0: 46, w1: 66, d0: 12, d1: 16, gx0: 12, gx1: 16, gy0: 20, gy1: 25, l0: 3, l1: 5, forms: []string{"", "you", "ell"}, max: 5},
	"campus":   {kind: School, w0: 50, w1: 80, d0: 15, d1: 20, gx0: 18, gx1: 30, gy0: 26, gy1: 36, l0: 4, l1: 7, forms: []string{"", "you", "aitch", "ell"}, skip: 0.2, max: 14, garden: 0.12},
	"hospital": {kind: Hospital, w0: 48, w1: 76, d0: 20, d1: 34, gx0: 14, gx1: 20, gy0: 20, gy1: 28, l0: 5, l1: 14, forms: []string{"aitch", "", "ell"}, max: 5},
	"factory":  {kind: Factory, w0: 44, w1: 96, d0: 24, d1: 42, gx0: 12, gx1: 20, gy0: 13, gy1: 20, l0: 1, l1: 2, forms: []string{"", "", "", "ell"}, skip: 0.14, tidy: true},
	"public":   {kind: Public, w0: 38, w1: 58, d0: 15, d1: 22, gx0: 14, gx1: 20, gy0: 18, gy1: 28, l0: 4, l1: 9, forms: []string{"", "you", "ell"}, max: 4},
	"station":  {kind: Station, w0: 110, w1: 150, d0: 38, d1: 50, gx0: 20, gx1: 30, gy0: 60, gy1: 70, l0: 2, l1: 3, forms: []string{"aitch"}, max: 1, centre: true},
	"park":     {kind: Public, w0: 8, w1: 14, d0: 7, d1: 10, gx0: 60, gx1: 120, gy0: 50, gy1: 90, l0: 1, l1: 1, forms: []string{""}, skip: 0.7, max: 2},
	"farm":     {kind: House, w0: 9, w1: 13, d0: 9, d1: 12, gx0: 6, gx1: 30, gy0: 60, gy1: 140, l0: 1, l1: 2, forms: []string{"", "ell"}, skip: 0.93, wobble: 0.2, max: 3},
}

// fill sets buildings of a pattern on land, clear of what stands there.
func fill(poly []pt, ang float64, p *pattern, taken []proto, rng *rand.Rand) []proto {
	ux, uy := polar(ang, 1), polar(ang, 1).left()
	x0, x1, y0, y1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, q := range poly {
		x0, x1 = math.Min(x0, q.dot(ux)), math.Max(x1, q.dot(ux))
		y0, y1 = math.Min(y0, q.dot(uy)), math.Max(y1, q.dot(uy))
	}
	between := func(a, b float64) float64 { return a + (b-a)*rng.Float64() }
	mid := centroid(poly)
	garden := p.garden * math.Sqrt(area(poly))
	depth, gapY := between(p.d0, p.d1), between(p.gy0, p.gy1)
	units := p.u0
	if p.u1 > p.u0 {
		units += rng.IntN(p.u1 - p.u0 + 1)
	}
	levels := p.l0 + rng.IntN(p.l1-p.l0+1)
	form := p.forms[rng.IntN(len(p.forms))]
	var out []proto
	rows := 0
	// spread rows over the depth
	n := math.Floor((y1 - y0 + gapY) / (depth + gapY))
	y := y0 + 1.5
	if p.centre {
		y = math.Max(y, (y0+y1)/2-depth*1.1)
	} else if n >= 2 && p.tidy {
		gapY = math.Min((y1-y0-3-n*depth)/(n-1), gapY*1.35)
	}
	for ; y < y1; rows++ {
		d := depth
		if !p.tidy {
			d = between(p.d0, p.d1)
		}
		x := x0 + 1.5 + 4*rng.Float64()
		placed := false
		for x < x1 {
			w, u := between(p.w0, p.w1), units
			if p.unit > 0 {
				if rng.IntN(4) == 0 {
					u = p.u0 + rng.IntN(p.u1-p.u0+1)
				}
				w = float64(u) * p.unit
			}
			dd := d
			if !p.tidy {
				dd *= 0.85 + 0.15*rng.Float64()
			}
			c := ux.mul(x + w/2).add(uy.mul(y + d/2))
			a := ang + p.wobble*(rng.Float64()*2-1)
			q := rect(c, a, w, dd)
			ok := fits(q[:], poly)
			if ok {
				if placed = true; garden > 0 && c.dist(mid) < garden || rng.Float64() < p.skip {
					x += w + p.gx0
					continue
				}
				for i := range taken {
					if !apart(q, taken[i].quad, 6) {
						ok = false
						break
					}
				}
			}
			if !ok {
				x += 4
				continue
			}
			b := proto{quad: q, kind: p.kind, levels: levels, units: u, per: p.per, row: rows}
			f := form
			if !p.tidy {
				b.levels = p.l0 + rng.IntN(p.l1-p.l0+1)
				f = p.forms[rng.IntN(len(p.forms))]
			}
			if p.f1 > 0 {
				b.units, b.fixed = 1, p.f0+rng.IntN(p.f1-p.f0+1)
			}
			b.ring = outline(f, c, a, w, dd, rng)
			out = append(out, b)
			if p.max > 0 && len(out) >= p.max {
				return out
			}
			x += w + between(p.gx0, p.gx1)
		}
		if placed {
			y += d + gapY
			if !p.tidy {
				y += (p.gy1 - p.gy0) * 0.3 * rng.Float64()
			}
		} else {
			y += 5
		}
	}
	return out
}

// frontage sets shop rows along the sides of a block that busy(midpoint) says
// face a street.
func frontage(poly []pt, busy func(p pt) float64, rng *rand.Rand) []proto {
	var out []proto
	for i, a := range poly {
		b := poly[(i+1)%len(poly)]
		l := a.dist(b)
		if l < 34 || rng.Float64() > busy(mix(a, b, 0.5)) {
			continue
		}
		d := b.sub(a).unit()
		ang := math.Atan2(d.y, d.x)
		depth := 10 + 3.5*rng.Float64()
		lv := 1 + rng.IntN(3)
		for x := 6 + 6*rng.Float64(); x < l-20; {
			w := math.Min(18+30*rng.Float64(), l-x-5)
			if w < 14 {
				break
			}
			if rng.Float64() < 0.16 {
				x += w
				continue
			}
			c := a.add(d.mul(x + w/2)).add(d.left().mul(depth/2 + 0.8))
			q := rect(c, ang, w, depth)
			ok := fits(q[:], poly)
			for k := range out {
				ok = ok && apart(q, out[k].quad, 0.5)
			}
			if ok {
				lev := lv
				if rng.IntN(3) == 0 {
					lev++
				}
				out = append(out, proto{ring: append([]pt{}, q[:]...), quad: q, kind: Shop, levels: lev})
			}
			x += w + 0.8 + 3*rng.Float64()
			if rng.IntN(4) == 0 {
				x += 9
			}
		}
	}
	return out
}
