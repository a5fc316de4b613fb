package cells

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/tidwall/rtree"
)

// Land is where cells may lie: parts, each with its holes. It is safe for
// concurrent use.
type Land struct{ parts []*part }

// NewLand prepares polygons with holes; rings may be open or closed and go
// round either way. Polygons must neither cross themselves nor each other: see
// Repair.
func NewLand(polygons orb.MultiPolygon) *Land {
	l := &Land{}
	for _, poly := range polygons {
		if p := newPart(poly); len(p.edges) > 0 {
			l.parts = append(l.parts, p)
		}
	}
	return l
}

// Area is in m².
func (l *Land) Area() float64 {
	sum := 0.0
	for _, p := range l.parts {
		sum += p.area
	}
	return sum
}

// Distance is 0 on the land, else in metres to its border, if that is at most
// Far; ok is false beyond.
func (l *Land) Distance(q orb.Point) (metres float64, ok bool) {
	metres, part := l.nearest(q)
	return metres, part >= 0
}

// nearest finds the part that holds the point or is nearest within Far, or -1.
func (l *Land) nearest(q orb.Point) (metres float64, part int) {
	metres, part = math.Inf(1), -1
	for k, p := range l.parts {
		if !p.bound.Pad(Far).Contains(q) {
			continue
		}
		if d := p.distance(q); d < metres && d <= Far {
			metres, part = d, k
		}
	}
	return metres, part
}

// part is a connected piece of land: one outer ring and its holes. Edges have
// the land on their left.
type part struct {
	edges []segment
	tree  rtree.RTreeGN[float64, int32]
	bound orb.Bound
	area  float64
	outer float64 // length of all its border
}

type segment struct{ a, b orb.Point }

func newPart(poly orb.Polygon) *part {
	p := &part{bound: poly.Bound()}
	for i, ring := range poly {
		ring = slices.CompactFunc(slices.Clone(ring), func(a, b orb.Point) bool { return a == b })
		if len(ring) > 1 && ring[0] == ring[len(ring)-1] {
			ring = ring[:len(ring)-1]
		}
		if len(ring) < 3 {
			continue
		}
		area := 0.0
		for k, a := range ring {
			b := ring[(k+1)%len(ring)]
			area += ((a[0]-ring[0][0])*(b[1]-ring[0][1]) - (b[0]-ring[0][0])*(a[1]-ring[0][1])) / 2
		}
		if (area > 0) != (i == 0) { // the outer ring goes round to the left, holes to the right
			slices.Reverse(ring)
			area = -area
		}
		p.area += area
		for k, a := range ring {
			e := segment{a, ring[(k+1)%len(ring)]}
			lo, hi := e.box()
			p.tree.Insert(lo, hi, int32(len(p.edges)))
			p.edges = append(p.edges, e)
			p.outer += planar.Distance(e.a, e.b)
		}
	}
	return p
}

func (e segment) box() (lo, hi [2]float64) {
	return [2]float64{min(e.a[0], e.b[0]), min(e.a[1], e.b[1])}, [2]float64{max(e.a[0], e.b[0]), max(e.a[1], e.b[1])}
}

// holds tells whether the point is in the part; on the border either answer is
// possible.
func (p *part) holds(q orb.Point) bool {
	in := false
	p.tree.Search([2]float64{q[0], q[1]}, [2]float64{math.Inf(1), q[1]}, func(_, _ [2]float64, i int32) bool {
		a, b := p.edges[i].a, p.edges[i].b
		if (a[1] > q[1]) != (b[1] > q[1]) && q[0] < a[0]+(q[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
		return true
	})
	return in
}

// distance is 0 inside, else the distance to the border.
func (p *part) distance(q orb.Point) float64 {
	if p.holds(q) {
		return 0
	}
	best := math.Inf(1)
	for _, e := range p.edges {
		best = min(best, planar.DistanceFromSegment(e.a, e.b, q))
	}
	return best
}

// inside gives the pieces of the line from a to b that lie in the part, in
// order. near are the edges that may touch the line.
func (p *part) inside(a, b orb.Point, near []int32, give func(a, b orb.Point)) {
	dx, dy := b[0]-a[0], b[1]-a[1]
	cuts := []float64{0, 1}
	for _, i := range near {
		e := p.edges[i]
		da := dx*(e.a[1]-a[1]) - dy*(e.a[0]-a[0])
		db := dx*(e.b[1]-a[1]) - dy*(e.b[0]-a[0])
		if (da > 0) == (db > 0) {
			continue
		}
		f := da / (da - db)
		x, y := e.a[0]+f*(e.b[0]-e.a[0])-a[0], e.a[1]+f*(e.b[1]-e.a[1])-a[1]
		if t := (x*dx + y*dy) / (dx*dx + dy*dy); t > 0 && t < 1 {
			cuts = append(cuts, t)
		}
	}
	slices.Sort(cuts)
	at := func(t float64) orb.Point { return orb.Point{a[0] + t*dx, a[1] + t*dy} }
	start := -1.0 // of the piece that is open
	for k := 1; k < len(cuts); k++ {
		if p.holds(at((cuts[k-1] + cuts[k]) / 2)) {
			if start < 0 {
				start = cuts[k-1]
			}
			continue
		}
		if start >= 0 {
			give(at(start), at(cuts[k-1]))
		}
		start = -1
	}
	if start >= 0 {
		give(at(start), b)
	}
}

// Nest makes polygons with holes of rings in any order and direction: a ring
// inside an odd number of others is a hole of the smallest of them. Rings that
// cross each other are not resolved.
func Nest(rings []orb.Ring) orb.MultiPolygon {
	type loop struct {
		ring orb.Ring
		area float64
		poly int
	}
	loops := make([]loop, len(rings))
	for i, r := range rings {
		loops[i] = loop{r, math.Abs(planar.Area(r)), -1}
	}
	slices.SortStableFunc(loops, func(a, b loop) int { return cmp.Compare(b.area, a.area) })
	var out orb.MultiPolygon
	for i := range loops {
		depth, around := 0, -1
		for j := range i {
			if planar.RingContains(loops[j].ring, within(loops[i].ring)) {
				depth, around = depth+1, j // the last is the smallest
			}
		}
		if depth%2 == 1 && loops[around].poly >= 0 {
			k := loops[around].poly
			out[k] = append(out[k], loops[i].ring)
			continue
		}
		loops[i].poly = len(out)
		out = append(out, orb.Polygon{loops[i].ring})
	}
	return out
}

// within is a point inside the ring near the middle of its first edge: corners
// may lie on the ring around it.
func within(r orb.Ring) orb.Point {
	for i := 1; i < len(r); i++ {
		dx, dy := r[i][0]-r[i-1][0], r[i][1]-r[i-1][1]
		for _, f := range [4]float64{1e-3, -1e-3, 1e-6, -1e-6} {
			q := orb.Point{(r[i][0]+r[i-1][0])/2 - f*dy, (r[i][1]+r[i-1][1])/2 + f*dx}
			if planar.RingContains(r, q) {
				return q
			}
		}
	}
	return r[0]
}
