package prepare

import (
	"math"

	"github.com/paulmach/orb"

	"linli/internal/kernel/geo"
)

// System is the coordinate system of a source: one of geo's, or Metres.
type System = geo.CRS

// Metres is a flat system, x to the east and y to the north, in metres. All
// sources have it or none.
const Metres System = "metres"

// Unknown marks a number that a source does not give.
const Unknown = math.MinInt32

// Building is a building as it came, at longitude and latitude (WGS 84) or in metres.
type Building struct {
	ID, Name   string
	Community  string // name or number; empty: the place decides alone
	Compound   string // name or number of the residential compound; empty: none
	Kind       string
	Households int // Unknown
	Levels     int // Unknown
	Entrances  int // Unknown
	Workload   float64
	OldGrid    string // empty: not said
	At         orb.Point
	Footprint  orb.MultiPolygon // empty: only the point is known
	HasPlace   bool             // At is known

	from place
}

// Community is a community as it came; several of one name are its parts.
type Community struct {
	ID, Name string
	Area     orb.MultiPolygon

	from place
}

// Barrier is a line that grids should not straddle: main_road, river or railway.
type Barrier struct {
	Class string
	Line  orb.LineString
}

// Sources are the raw data, in one coordinate system, and what reading found.
type Sources struct {
	Planar      bool // metres instead of degrees
	Buildings   []Building
	Communities []Community
	Barriers    []Barrier
	Old         map[string]string // building → today's grid; see ReadOld
	Findings    []Finding
	Licence     string // of the data, to be carried along

	oldFrom place
}

// frame turns degrees into metres around an origin.
type frame struct {
	origin    orb.Point
	perDegree [2]float64
}

// newFrame puts the origin into the middle of the bound. The metres of a degree
// are those of the WGS 84 ellipsoid there: flat within 0.1 % for a city.
func newFrame(b orb.Bound) frame {
	c := b.Center()
	const a, ee = 6378137.0, 0.00669437999014
	sin, cos := math.Sincos(c[1] * math.Pi / 180)
	w := math.Sqrt(1 - ee*sin*sin)
	return frame{c, [2]float64{math.Pi / 180 * a / w * cos, math.Pi / 180 * a * (1 - ee) / (w * w * w)}}
}

// flat is the point in metres, to the centimetre, as files keep it.
func (f frame) flat(p orb.Point) orb.Point {
	if f.perDegree[0] != 0 {
		p = orb.Point{(p[0] - f.origin[0]) * f.perDegree[0], (p[1] - f.origin[1]) * f.perDegree[1]}
	}
	return orb.Point{math.Round(p[0]*100) / 100, math.Round(p[1]*100) / 100}
}

func (f frame) area(mp orb.MultiPolygon) orb.MultiPolygon {
	out := make(orb.MultiPolygon, len(mp))
	for i, poly := range mp {
		for _, ring := range poly {
			r := make(orb.Ring, len(ring))
			for k, p := range ring {
				r[k] = f.flat(p)
			}
			out[i] = append(out[i], r)
		}
	}
	return out
}

func (f frame) line(l orb.LineString) orb.LineString {
	out := make(orb.LineString, len(l))
	for k, p := range l {
		out[k] = f.flat(p)
	}
	return out
}
