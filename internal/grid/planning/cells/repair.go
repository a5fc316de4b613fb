package cells

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Crossing is a place where two edges of the polygons cross or lie on each
// other, false if they are sound.
func Crossing(polygons orb.MultiPolygon) (at orb.Point, found bool) {
	edges := edgesOf(polygons)
	meetings(edges, func(i, j int, p orb.Point) bool {
		at, found = p, true
		return false
	})
	return at, found
}

// fine is weld for rings that cross themselves: their slivers may be a hundred
// metres long and thinner than weld, and each must be told from its sides.
const fine = weld / 1000

// Repair makes sound polygons of rings that cross themselves or each other:
// land is where an odd number of rings lies around (holes, loops of a slipped
// pen), and edges with land on both sides go.
func Repair(polygons orb.MultiPolygon) orb.MultiPolygon {
	edges := edgesOf(polygons)
	cuts := make([][]orb.Point, len(edges))
	meetings(edges, func(i, j int, p orb.Point) bool {
		cuts[i], cuts[j] = append(cuts[i], p), append(cuts[j], p)
		return true
	})
	whole := &part{}
	for i, e := range edges {
		lo, hi := e.box()
		whole.tree.Insert(lo, hi, int32(i))
	}
	whole.edges = edges
	w := welder{near: fine, at: map[[2]int64][]int32{}}
	next := map[int32][]int32{}
	var starts []int32
	for i, e := range edges {
		line := append(cuts[i], e.b)
		slices.SortFunc(line, func(a, b orb.Point) int {
			return cmp.Compare(planar.DistanceSquared(e.a, a), planar.DistanceSquared(e.a, b))
		})
		a := e.a
		for _, b := range line {
			length := planar.Distance(a, b)
			if length < fine {
				continue
			}
			mid, off := orb.Point{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}, fine/2
			nx, ny := -(b[1]-a[1])/length*off, (b[0]-a[0])/length*off
			left, right := whole.holds(orb.Point{mid[0] + nx, mid[1] + ny}), whole.holds(orb.Point{mid[0] - nx, mid[1] - ny})
			from, to := w.id(a), w.id(b)
			if right {
				from, to = to, from
			}
			if left != right && from != to && !slices.Contains(next[from], to) {
				next[from] = append(next[from], to)
				starts = append(starts, from)
			}
			a = b
		}
	}
	var rings []orb.Ring
	for _, s := range starts {
		for len(next[s]) > 0 {
			rings = append(rings, w.rings(w.walk(s, next))...)
		}
	}
	return Nest(rings)
}

func edgesOf(polygons orb.MultiPolygon) []segment {
	var out []segment
	for _, poly := range polygons {
		for _, ring := range poly {
			for k, a := range ring {
				if b := ring[(k+1)%len(ring)]; a != b {
					out = append(out, segment{a, b})
				}
			}
		}
	}
	return out
}

// meetings calls f for each place where edges cross or touch other than at a
// common end, until f returns false.
func meetings(edges []segment, f func(i, j int, at orb.Point) bool) {
	order := make([]int, len(edges))
	for i := range order {
		order[i] = i
	}
	left := func(i int) float64 { return min(edges[i].a[0], edges[i].b[0]) }
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(left(i), left(j)) })
	for k, i := range order {
		e := edges[i]
		right := max(e.a[0], e.b[0])
		for _, j := range order[k+1:] {
			if left(j) > right+fine {
				break
			}
			o := edges[j]
			if max(e.a[1], e.b[1])+fine < min(o.a[1], o.b[1]) || max(o.a[1], o.b[1])+fine < min(e.a[1], e.b[1]) {
				continue
			}
			for _, p := range meet(e, o) {
				if !f(i, j, p) {
					return
				}
			}
		}
	}
}

// meet gives the places where two edges meet inside at least one of them: one
// where they cross, the ends inside the other where they lie along each other.
// What is nearer than fine lies on an edge: rounding hides that an end does.
func meet(e, o segment) []orb.Point {
	turn := func(a, b, p orb.Point) float64 {
		away := ((b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0])) / planar.Distance(a, b)
		if math.Abs(away) <= fine {
			return 0
		}
		return away
	}
	o1, o2 := turn(e.a, e.b, o.a), turn(e.a, e.b, o.b)
	e1, e2 := turn(o.a, o.b, e.a), turn(o.a, o.b, e.b)
	if (o1 > 0) != (o2 > 0) && (e1 > 0) != (e2 > 0) && o1 != 0 && o2 != 0 && e1 != 0 && e2 != 0 {
		t := o1 / (o1 - o2)
		return []orb.Point{{o.a[0] + t*(o.b[0]-o.a[0]), o.a[1] + t*(o.b[1]-o.a[1])}}
	}
	var out []orb.Point
	inner := func(s segment, p orb.Point, zero bool) {
		if zero && planar.Distance(p, s.a) > fine && planar.Distance(p, s.b) > fine && (p[0]-s.a[0])*(p[0]-s.b[0])+(p[1]-s.a[1])*(p[1]-s.b[1]) < 0 {
			out = append(out, p)
		}
	}
	inner(e, o.a, o1 == 0)
	inner(e, o.b, o2 == 0)
	inner(o, e.a, e1 == 0)
	inner(o, e.b, e2 == 0)
	if same := e.a == o.b && e.b == o.a || e.a == o.a && e.b == o.b; same { // one edge twice
		out = append(out, e.a, e.b)
	}
	return out
}
