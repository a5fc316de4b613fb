package render

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"linli/internal/grid/planning"
)

// The colours of maps: ink and states are the desk's (web/src/shared/tokens.ts),
// the tints are calm, of one lightness, and told apart by colour-blind eyes
// where they touch, with a line between them anyway.
var (
	ink, secondary, line, paper, ground = rgb{0x1f, 0x27, 0x33}, rgb{0x5b, 0x66, 0x75}, rgb{0x9a, 0xa5, 0xb1}, rgb{0xff, 0xff, 0xff}, rgb{0xf6, 0xf7, 0xf9}
	brick                               = rgb{0xb4, 0x23, 0x18}
	tints                               = []rgb{{0xcf, 0xe3, 0xea}, {0xf2, 0xe6, 0xcf}, {0xdd, 0xe9, 0xd6}, {0xe4, 0xdc, 0xec}, {0xf1, 0xdd, 0xd7}, {0xd6, 0xdd, 0xe8}}
	barrierColours                      = map[string]rgb{"main_road": {0xc2, 0x9b, 0x4b}, "river": {0x6f, 0xa3, 0xbf}, "railway": {0x4a, 0x55, 0x63}}
)

type rgb struct{ r, g, b uint8 }

// paint gives neighbours within a community different tints.
func (a *atlas) paint() map[*grid]rgb {
	owner := map[int]*grid{}
	for _, g := range a.grids {
		for _, u := range g.units {
			owner[u] = g
		}
	}
	beside := map[*grid]map[*grid]bool{}
	for _, e := range a.Instance.Edges {
		g, h := owner[e.U], owner[e.V]
		if g == nil || h == nil || g == h || e.Cross == planning.CrossArtificial {
			continue
		}
		for _, p := range [2][2]*grid{{g, h}, {h, g}} {
			if beside[p[0]] == nil {
				beside[p[0]] = map[*grid]bool{}
			}
			beside[p[0]][p[1]] = true
		}
	}
	tint := map[*grid]int{}
	uses := make([]int, len(tints))
	out := map[*grid]rgb{}
	for _, g := range a.grids {
		taken := make([]int, len(tints))
		for h := range beside[g] {
			if k, done := tint[h]; done {
				taken[k]++
			}
		}
		best := 0
		for k := range tints { // least used by neighbours, then least used at all
			if taken[k] < taken[best] || taken[k] == taken[best] && uses[k] < uses[best] {
				best = k
			}
		}
		tint[g] = best
		uses[best]++
		out[g] = tints[best]
	}
	return out
}

// camera turns metres into a picture's units, y downwards.
type camera struct {
	scale float64 // units of a metre
	x, y  float64 // of the metre origin
}

// look fits the bound into a box, centred.
func look(b orb.Bound, x, y, w, h float64) camera {
	dx, dy := max(b.Max[0]-b.Min[0], 1), max(b.Max[1]-b.Min[1], 1)
	s := min(w/dx, h/dy)
	return camera{s, x + (w-s*dx)/2 - s*b.Min[0], y + (h-s*dy)/2 + s*b.Max[1]}
}

func (c camera) at(p orb.Point) (x, y float64) { return c.x + c.scale*p[0], c.y - c.scale*p[1] }

// bound is the box around all shapes shown.
func (a *atlas) bound() orb.Bound {
	var b orb.Bound
	some := false
	grow := func(o orb.Bound) {
		if !some {
			b, some = o, true
		}
		b = b.Union(o)
	}
	for _, c := range a.communities {
		if len(a.Instance.Communities[c].Area) > 0 {
			grow(a.Instance.Communities[c].Area.Bound())
		}
	}
	for _, g := range a.grids {
		if len(g.shape) > 0 {
			grow(g.shape.Bound())
		}
	}
	return b
}

// heart is a place inside the shape far from its border, and how far in metres.
func heart(shape orb.MultiPolygon) (at orb.Point, room float64) {
	const steps = 16
	for _, poly := range shape {
		b := poly.Bound()
		dx, dy := (b.Max[0]-b.Min[0])/steps, (b.Max[1]-b.Min[1])/steps
		for i := range steps {
			for j := range steps {
				q := orb.Point{b.Min[0] + (float64(i)+0.5)*dx, b.Min[1] + (float64(j)+0.5)*dy}
				if !planar.PolygonContains(poly, q) {
					continue
				}
				d := math.Inf(1)
				for _, ring := range poly {
					for k := 1; k < len(ring); k++ {
						d = min(d, planar.DistanceFromSegmentSquared(ring[k-1], ring[k], q))
					}
				}
				if d = math.Sqrt(d); d > room {
					at, room = q, d
				}
			}
		}
	}
	return at, room
}

// boxes remembers where labels are, so that none lies on another.
type boxes []orb.Bound

func (b *boxes) take(x, y, w, h float64) bool {
	n := orb.Bound{Min: orb.Point{x - w/2, y - h/2}, Max: orb.Point{x + w/2, y + h/2}}
	if slices.ContainsFunc(*b, n.Intersects) {
		return false
	}
	*b = append(*b, n)
	return true
}

// bar is a round length of a scale bar that is at most the given units long.
func bar(c camera, most float64) (metres float64) {
	metres = math.Pow(10, math.Floor(math.Log10(most/c.scale)))
	for _, f := range [2]float64{5, 2} {
		if metres*f*c.scale <= most {
			return metres * f
		}
	}
	return metres
}

// wide is how wide a text of one unit's height is, about: Chinese signs are
// square, Latin ones half as wide.
func wide(s string) (w float64) {
	for _, r := range s {
		if r < 0x2e80 {
			w += 0.56
		} else {
			w++
		}
	}
	return w
}
