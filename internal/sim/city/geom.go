package city

import (
	"math"

	"github.com/paulmach/orb"
)

// pt is a point or vector in local metres (x east, y north).
type pt struct{ x, y float64 }

func (a pt) add(b pt) pt           { return pt{a.x + b.x, a.y + b.y} }
func (a pt) sub(b pt) pt           { return pt{a.x - b.x, a.y - b.y} }
func (a pt) mul(k float64) pt      { return pt{a.x * k, a.y * k} }
func (a pt) dot(b pt) float64      { return a.x*b.x + a.y*b.y }
func (a pt) cross(b pt) float64    { return a.x*b.y - a.y*b.x }
func (a pt) len() float64          { return math.Sqrt(a.x*a.x + a.y*a.y) }
func (a pt) dist(b pt) float64     { return a.sub(b).len() }
func (a pt) left() pt              { return pt{-a.y, a.x} }
func (a pt) turn(ang float64) pt   { s, c := math.Sincos(ang); return pt{a.x*c - a.y*s, a.x*s + a.y*c} }
func polar(ang, r float64) pt      { s, c := math.Sincos(ang); return pt{c * r, s * r} }
func mix(a, b pt, t float64) pt    { return pt{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t} }
func lerp(a, b, t float64) float64 { return a + (b-a)*t }
func clamp(v, lo, hi float64) float64 {
	return math.Max(lo, math.Min(hi, v))
}

func (a pt) unit() pt {
	l := a.len()
	if l == 0 {
		return pt{1, 0}
	}
	return a.mul(1 / l)
}

// area is signed: positive for counter-clockwise rings (not closed).
func area(r []pt) float64 {
	s := 0.0
	for i, a := range r {
		s += a.cross(r[(i+1)%len(r)])
	}
	return s / 2
}

func perimeter(r []pt) float64 {
	s := 0.0
	for i, a := range r {
		s += a.dist(r[(i+1)%len(r)])
	}
	return s
}

func centroid(r []pt) pt {
	var c pt
	o := r[0]
	s := 0.0
	for i := range r {
		a, b := r[i].sub(o), r[(i+1)%len(r)].sub(o)
		k := a.cross(b)
		s += k
		c = c.add(a.add(b).mul(k))
	}
	if math.Abs(s) < 1e-9 {
		return o
	}
	return o.add(c.mul(1 / (3 * s)))
}

func inside(p pt, r []pt) bool {
	in := false
	j := len(r) - 1
	for i := range r {
		a, b := r[i], r[j]
		if (a.y > p.y) != (b.y > p.y) && p.x < (b.x-a.x)*(p.y-a.y)/(b.y-a.y)+a.x {
			in = !in
		}
		j = i
	}
	return in
}

// box is an axis-parallel bounding box.
type box struct{ x0, y0, x1, y1 float64 }

func bounds(r []pt) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range r {
		b.x0, b.x1 = math.Min(b.x0, p.x), math.Max(b.x1, p.x)
		b.y0, b.y1 = math.Min(b.y0, p.y), math.Max(b.y1, p.y)
	}
	return b
}

// meet tells where p→q crosses a→b: t along p→q, u along a→b.
func meet(p, q, a, b pt) (t, u float64, ok bool) {
	d, e := q.sub(p), b.sub(a)
	k := d.cross(e)
	if math.Abs(k) < 1e-12 {
		return 0, 0, false
	}
	w := a.sub(p)
	t, u = w.cross(e)/k, w.cross(d)/k
	return t, u, t >= 0 && t <= 1 && u >= 0 && u <= 1
}

// segDist is the distance from p to the segment a–b and the nearest point's
// position on it.
func segDist(p, a, b pt) (d, t float64) {
	e := b.sub(a)
	l := e.dot(e)
	if l > 0 {
		t = clamp(p.sub(a).dot(e)/l, 0, 1)
	}
	return p.dist(mix(a, b, t)), t
}

// lineDist is the distance from p to an open line and the direction there.
func lineDist(p pt, line []pt) (float64, pt) {
	best, dir := math.Inf(1), pt{1, 0}
	for i := 1; i < len(line); i++ {
		if d, _ := segDist(p, line[i-1], line[i]); d < best {
			best, dir = d, line[i].sub(line[i-1]).unit()
		}
	}
	return best, dir
}

func ringDist(p pt, r []pt) (float64, pt) {
	closed := append(append(make([]pt, 0, len(r)+1), r...), r[0])
	return lineDist(p, closed)
}

// simplify is Douglas–Peucker on an open line; ends stay.
func simplify(line []pt, tol float64) []pt {
	if len(line) < 3 {
		return line
	}
	far, at := 0.0, 0
	for i := 1; i < len(line)-1; i++ {
		if d, _ := segDist(line[i], line[0], line[len(line)-1]); d > far {
			far, at = d, i
		}
	}
	if far <= tol {
		return []pt{line[0], line[len(line)-1]}
	}
	a := simplify(line[:at+1], tol)
	b := simplify(line[at:], tol)
	return append(append(make([]pt, 0, len(a)+len(b)), a[:len(a)-1]...), b...)
}

// spline runs a Catmull–Rom curve through the control points.
func spline(ctl []pt, step float64) (line []pt, knots []int) {
	at := func(i int) pt {
		if i < 0 {
			return ctl[0].mul(2).sub(ctl[1])
		}
		if n := len(ctl); i >= n {
			return ctl[n-1].mul(2).sub(ctl[n-2])
		}
		return ctl[i]
	}
	for i := 0; i+1 < len(ctl); i++ {
		p0, p1, p2, p3 := at(i-1), at(i), at(i+1), at(i+2)
		n := int(math.Max(1, math.Round(p1.dist(p2)/step)))
		knots = append(knots, len(line))
		for k := range n {
			t := float64(k) / float64(n)
			t2, t3 := t*t, t*t*t
			q := p1.mul(2).add(p2.sub(p0).mul(t)).
				add(p0.mul(2).sub(p1.mul(5)).add(p2.mul(4)).sub(p3).mul(t2)).
				add(p1.mul(3).sub(p0).sub(p2.mul(3)).add(p3).mul(t3))
			line = append(line, q.mul(0.5))
		}
	}
	knots = append(knots, len(line))
	return append(line, ctl[len(ctl)-1]), knots
}

// offsetLine moves an open line to its left by d (right if negative).
func offsetLine(line []pt, d float64) []pt {
	out := make([]pt, 0, len(line))
	for i, p := range line {
		var t pt
		if i > 0 {
			t = t.add(p.sub(line[i-1]).unit())
		}
		if i+1 < len(line) {
			t = t.add(line[i+1].sub(p).unit())
		}
		q := p.add(t.unit().left().mul(d))
		if n := len(out); n > 0 && i > 0 && q.sub(out[n-1]).dot(p.sub(line[i-1])) <= 0 {
			continue // inside of a sharp bend
		}
		out = append(out, q)
	}
	return out
}

// inset shrinks a counter-clockwise ring by a distance for each edge (edge i
// runs from r[i] to r[i+1]). It gives nil when nothing sound is left.
func inset(r []pt, dist []float64) []pt {
	type side struct{ a, d pt } // the moved edge's line
	type edge struct {
		side
		from int
	}
	var es []edge
	for i, a := range r {
		b := r[(i+1)%len(r)]
		if a.dist(b) < 0.5 {
			continue
		}
		d := b.sub(a).unit()
		n := d.left().mul(dist[i])
		// one side for edges that go straight on with the same distance
		if k := len(es); k > 0 && es[k-1].d.dot(d) > 0.9999 && math.Abs(n.sub(es[k-1].d.left().mul(dist[es[k-1].from])).len()) < 0.2 {
			continue
		}
		es = append(es, edge{side{a.add(n), d}, i})
	}
	for len(es) >= 3 {
		n := len(es)
		out := make([]pt, n)
		for i := range es {
			p, e := es[(i+n-1)%n], es[i]
			k := p.d.cross(e.d)
			if math.Abs(k) < 0.08 {
				out[i] = e.a
				if p.d.dot(e.d) > 0 { // nearly straight on: meet half-way
					q := p.a.add(p.d.mul(e.a.sub(p.a).dot(p.d)))
					out[i] = mix(e.a, q, 0.5)
				}
				continue
			}
			t := e.a.sub(p.a).cross(e.d) / k
			out[i] = p.a.add(p.d.mul(t))
		}
		worst, at := 0.0, -1
		for i := range es {
			if l := out[(i+1)%n].sub(out[i]).dot(es[i].d); l < worst {
				worst, at = l, i
			}
		}
		if at < 0 {
			if !sound(out, r) {
				return nil
			}
			return out
		}
		es = append(es[:at], es[at+1:]...)
	}
	return nil
}

// sound tells whether q is a simple counter-clockwise ring inside r.
func sound(q, r []pt) bool {
	if area(q) < 60 {
		return false
	}
	for i, a := range q {
		if !inside(a, r) {
			return false
		}
		b := q[(i+1)%len(q)]
		for j := i + 2; j < len(q); j++ {
			if i == 0 && j == len(q)-1 {
				continue
			}
			if _, _, ok := meet(a, b, q[j], q[(j+1)%len(q)]); ok {
				return false
			}
		}
	}
	return true
}

// fits tells whether shape (a ring) lies inside poly.
func fits(shape, poly []pt) bool {
	for _, p := range shape {
		if !inside(p, poly) {
			return false
		}
	}
	for i, a := range shape {
		b := shape[(i+1)%len(shape)]
		for j, c := range poly {
			if _, _, ok := meet(a, b, c, poly[(j+1)%len(poly)]); ok {
				return false
			}
		}
	}
	return true
}

// apart tells whether two convex quads keep gap metres between them.
func apart(a, b [4]pt, gap float64) bool {
	for _, q := range [2][4]pt{a, b} {
		for i := range 2 {
			ax := q[i+1].sub(q[i]).unit()
			a0, a1, b0, b1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
			for k := range 4 {
				va, vb := a[k].dot(ax), b[k].dot(ax)
				a0, a1 = math.Min(a0, va), math.Max(a1, va)
				b0, b1 = math.Min(b0, vb), math.Max(b1, vb)
			}
			if a0 > b1+gap || b0 > a1+gap {
				return true
			}
		}
	}
	return false
}

// within finds a point well inside the ring: the best of the centroid and a
// lattice, by distance from the border.
func within(r []pt) pt {
	c := centroid(r)
	best, at := -1.0, r[0]
	try := func(p pt) {
		if !inside(p, r) {
			return
		}
		if d, _ := ringDist(p, r); d > best {
			best, at = d, p
		}
	}
	try(c)
	b := bounds(r)
	if best > 0.22*math.Min(b.x1-b.x0, b.y1-b.y0) {
		return at
	}
	const n = 9
	for i := 1; i < n; i++ {
		for j := 1; j < n; j++ {
			try(pt{lerp(b.x0, b.x1, float64(i)/n), lerp(b.y0, b.y1, float64(j)/n)})
		}
	}
	return at
}

// polygon closes and projects a ring.
func polygon(rings ...[]pt) orb.Polygon {
	out := make(orb.Polygon, 0, len(rings))
	for _, r := range rings {
		ring := make(orb.Ring, 0, len(r)+1)
		for _, p := range r {
			q := lonlat(p)
			if n := len(ring); n > 0 && ring[n-1] == q {
				continue
			}
			ring = append(ring, q)
		}
		if ring[0] != ring[len(ring)-1] {
			ring = append(ring, ring[0])
		}
		out = append(out, ring)
	}
	return out
}
