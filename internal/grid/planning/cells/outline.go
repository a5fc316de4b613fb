package cells

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// weld is how near, in metres, two ends of pieces are one point. The same
// point computed from two cells differs by less than a thousandth of it.
const weld = 1e-3

// Outline is the border of a set of cells joined into one shape: polygons with
// holes, outer rings to the left, closed. Cells without a share add nothing.
func (d *Diagram) Outline(set []int) orb.MultiPolygon {
	in := make(map[int32]bool, len(set))
	for _, i := range set {
		in[int32(i)] = true
	}
	w := welder{near: weld, at: map[[2]int64][]int32{}}
	next := map[int32][]int32{} // from each point, where pieces lead
	var starts []int32
	for _, i := range set {
		for _, p := range d.Cells[i].border {
			if p.beside >= 0 && in[p.beside] {
				continue
			}
			if a, b := w.id(p.a), w.id(p.b); a != b {
				next[a] = append(next[a], b)
				starts = append(starts, a)
			}
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

// welder numbers points so that near ones have one number.
type welder struct {
	near   float64 // in metres
	points []orb.Point
	at     map[[2]int64][]int32
}

func (w *welder) id(p orb.Point) int32 {
	square := 4 * w.near
	x, y := int64(math.Floor(p[0]/square)), int64(math.Floor(p[1]/square))
	for dx := int64(-1); dx <= 1; dx++ {
		for dy := int64(-1); dy <= 1; dy++ {
			for _, i := range w.at[[2]int64{x + dx, y + dy}] {
				if planar.Distance(w.points[i], p) <= w.near {
					return i
				}
			}
		}
	}
	w.points = append(w.points, p)
	i := int32(len(w.points) - 1)
	w.at[[2]int64{x, y}] = append(w.at[[2]int64{x, y}], i)
	return i
}

// walk follows pieces from s until they come back or end. Where several lead
// on, it turns as far left as it can, which keeps shapes that touch at a point apart.
func (w *welder) walk(s int32, next map[int32][]int32) []int32 {
	path := []int32{s}
	for v := s; len(next[v]) > 0; {
		k := 0
		if len(path) > 1 && len(next[v]) > 1 {
			u := w.points[path[len(path)-2]]
			in := orb.Point{w.points[v][0] - u[0], w.points[v][1] - u[1]}
			best := math.Inf(-1)
			for i, o := range next[v] {
				out := orb.Point{w.points[o][0] - w.points[v][0], w.points[o][1] - w.points[v][1]}
				if turn := math.Atan2(in[0]*out[1]-in[1]*out[0], in[0]*out[0]+in[1]*out[1]); turn > best {
					best, k = turn, i
				}
			}
		}
		to := next[v][k]
		next[v][k] = next[v][len(next[v])-1]
		next[v] = next[v][:len(next[v])-1]
		if to == s {
			break
		}
		path = append(path, to)
		v = to
	}
	return path
}

// rings parts a path that meets a point twice, drops what has no area, and
// leaves out points in the middle of a straight line.
func (w *welder) rings(path []int32) []orb.Ring {
	seen := make(map[int32]int, len(path))
	for i, v := range path {
		if j, twice := seen[v]; twice {
			rest := append(append([]int32(nil), path[:j]...), path[i:]...)
			return append(w.rings(append([]int32(nil), path[j:i]...)), w.rings(rest)...)
		}
		seen[v] = i
	}
	var ring orb.Ring
	for i, v := range path {
		b, c := w.points[v], w.points[path[(i+1)%len(path)]]
		if i > 0 && planar.DistanceFromSegment(ring[len(ring)-1], c, b) < w.near {
			continue
		}
		ring = append(ring, b)
	}
	if len(ring) < 3 {
		return nil
	}
	ring = append(ring, ring[0])
	if math.Abs(planar.Area(ring)) < weld {
		return nil
	}
	return []orb.Ring{ring}
}
