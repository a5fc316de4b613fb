package geo

import (
	"math"

	"github.com/tidwall/rtree"
)

// Place is a point with an id.
type Place struct {
	ID int64
	Point
}

// Places finds the nearest of many points. Immutable and safe for concurrent use.
type Places struct {
	tree rtree.RTreeGN[float64, int64]
}

// NewPlaces prepares points; it refuses one that is not on the globe.
func NewPlaces(places []Place) (*Places, error) {
	x := &Places{}
	for _, p := range places {
		if err := p.Check(); err != nil {
			return nil, err
		}
		at := [2]float64{p.Lon, p.Lat}
		x.tree.Insert(at, at, p.ID)
	}
	return x, nil
}

// Len is the number of places.
func (x *Places) Len() int { return x.tree.Len() }

// Nearest returns the nearest place within maxMeters and its distance; of
// several at the same distance the one with the lowest id.
func (x *Places) Nearest(p Point, maxMeters float64) (id int64, meters float64, ok bool) {
	if !p.Valid() || !(maxMeters >= 0) {
		return 0, 0, false
	}
	maxMeters = math.Min(maxMeters, earth*4)
	for r := math.Min(maxMeters, 50); ; r = math.Min(maxMeters, r*4) {
		lo, hi := around(p, r)
		x.tree.Search(lo, hi, func(at, _ [2]float64, i int64) bool {
			d := Haversine(p, Point{at[0], at[1]})
			if d <= maxMeters && (!ok || d < meters || (d == meters && i < id)) {
				id, meters, ok = i, d, true
			}
			return true
		})
		if (ok && meters <= r) || r >= maxMeters {
			return id, meters, ok
		}
	}
}

// around is a box that holds everything within the distance.
func around(p Point, meters float64) (lo, hi [2]float64) {
	d := meters/earth*180/math.Pi*1.000001 + 1e-12
	lo, hi = [2]float64{-180, p.Lat - d}, [2]float64{180, p.Lat + d}
	if far := math.Max(math.Abs(lo[1]), math.Abs(hi[1])); far < 89.9 {
		// The circle's widest reach in longitude lies poleward of its centre.
		w := math.Asin(math.Min(1, math.Sin(math.Min(math.Pi/2, d*math.Pi/180))/math.Cos(p.Lat*math.Pi/180)))*180/math.Pi + 1e-12
		lo[0], hi[0] = p.Lon-w, p.Lon+w
	}
	return lo, hi
}
