package region

import (
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
)

// Spot is where a position lies. Zero fields are not known.
type Spot struct {
	District  int
	Street    int64
	Community int64
	Grid      int64 // id
}

// locator finds the grid, or failing that the community, of a position, and
// the nearest building.
type locator struct {
	grids       *geo.Index // dedicated grids have the lower ids, so that one laid over basic ones wins
	communities *geo.Index
	buildings   *geo.Places
}

const basicBase = 1 << 32

// newLocator prepares the shapes, which stand in the order of the regions and
// grids; those without a boundary are nil.
func newLocator(regions []Region, regionShapes []orb.MultiPolygon, grids []Grid, gridShapes []orb.MultiPolygon) (*locator, error) {
	var gs, cs []geo.Area
	for i, g := range grids {
		if gridShapes[i] == nil {
			continue
		}
		id := int64(i)
		if g.Kind != Dedicated {
			id += basicBase
		}
		gs = append(gs, geo.Area{ID: id, Shape: gridShapes[i]})
	}
	for i, r := range regions {
		if LevelOf(r.Code) == Community && regionShapes[i] != nil {
			cs = append(cs, geo.Area{ID: int64(i), Shape: regionShapes[i]})
		}
	}
	l := &locator{}
	var err error
	if l.grids, err = geo.NewIndex(gs); err != nil {
		return nil, err
	}
	l.communities, err = geo.NewIndex(cs)
	return l, err
}

// shapesOf parses the boundaries of the regions and grids and frees their text.
func shapesOf(regions []Region, grids []Grid) (rs, gs []orb.MultiPolygon, err error) {
	rs, gs = make([]orb.MultiPolygon, len(regions)), make([]orb.MultiPolygon, len(grids))
	for i := range regions {
		if regions[i].Polygon == "" {
			continue
		}
		if rs[i], err = parsePolygon(regions[i].Polygon); err != nil {
			return nil, nil, badTree.New("code", regions[i].Code, "why", words("边界无法识别", "its boundary cannot be read")).Because(err)
		}
		regions[i].Polygon = ""
	}
	for i := range grids {
		if grids[i].Polygon == "" {
			continue
		}
		if gs[i], err = parsePolygon(grids[i].Polygon); err != nil {
			return nil, nil, badGrid.New("grid", grids[i].ID, "why", words("边界无法识别", "its boundary cannot be read")).Because(err)
		}
		grids[i].Polygon = ""
	}
	return rs, gs, nil
}

// inner is a point inside the shape for a label: on the line through the
// middle of its largest part, halfway along the widest stretch inside.
func inner(shape orb.MultiPolygon) (p [2]float64) {
	var best orb.Polygon
	size := 0.0
	for _, part := range shape {
		if b := part.Bound(); (b.Max[0]-b.Min[0])*(b.Max[1]-b.Min[1]) > size {
			best, size = part, (b.Max[0]-b.Min[0])*(b.Max[1]-b.Min[1])
		}
	}
	if best == nil {
		return p
	}
	b := best.Bound()
	// Slightly off the middle, so that the line does not run along a straight edge.
	lat := b.Min[1] + (b.Max[1]-b.Min[1])*0.5003
	var cuts []float64
	for _, ring := range best {
		for i := 1; i < len(ring); i++ {
			u, v := ring[i-1], ring[i]
			if (u[1] > lat) != (v[1] > lat) {
				cuts = append(cuts, u[0]+(v[0]-u[0])*(lat-u[1])/(v[1]-u[1]))
			}
		}
	}
	slices.Sort(cuts)
	wide := -1.0
	for i := 0; i+1 < len(cuts); i += 2 {
		if w := cuts[i+1] - cuts[i]; w > wide {
			wide, p = w, [2]float64{(cuts[i] + cuts[i+1]) / 2, lat}
		}
	}
	return p
}

func (l *locator) setBuildings(bs []building) error {
	places := make([]geo.Place, len(bs))
	for i := range bs {
		places[i] = geo.Place{ID: int64(i), Point: geo.Point{Lon: bs[i].lon, Lat: bs[i].lat}}
	}
	var err error
	l.buildings, err = geo.NewPlaces(places)
	return err
}

func (l *locator) bounds() Bounds {
	b := emptyBounds
	for _, x := range []*geo.Index{l.grids, l.communities} {
		if x.Len() > 0 {
			box := x.Bound()
			b.grow(box.Min[0], box.Min[1])
			b.grow(box.Max[0], box.Max[1])
		}
	}
	return b
}

// parsePolygon reads a GeoJSON Polygon or MultiPolygon.
func parsePolygon(text string) (orb.MultiPolygon, error) {
	fs, err := geo.ReadGeoJSON(strings.NewReader(text), geo.Limits{Bytes: 8 << 20})
	if err != nil {
		return nil, err
	}
	if len(fs) == 1 {
		if m, ok := fs[0].MultiPolygon(); ok {
			return m, nil
		}
	}
	return nil, errs.Invalid.New("field", words("边界", "boundary"), "remedy", words("应为一个多边形。", "it should be one polygon."))
}

func (c *chart) at(p geo.Point) (Spot, bool) {
	var s Spot
	if i, ok := c.locate.grids.At(p); ok {
		g := &c.grids[i&(basicBase-1)]
		s.Grid, s.Community = g.ID, g.Community
	} else if i, ok := c.locate.communities.At(p); ok {
		s.Community = c.regions[i].Code
	} else {
		return Spot{}, false
	}
	s.Street = s.Community / 1000
	s.District = int(s.Street / 1000)
	return s, true
}

// How near a position must be to a building's entrance to count as on it: a
// position taken from another map is exact to a few metres once it is
// converted; a position that stands near any building is not suspected.
const (
	nearAny   = 40.0
	nearExact = 6.0
	nearNamed = 200.0
)

func (c *chart) suspect(p geo.Point) geo.Finding {
	return geo.Suspect(p,
		func(q geo.Point) bool { _, ok := c.at(q); return ok },
		func(q geo.Point) bool {
			reach := nearExact
			if q == p {
				reach = nearAny
			}
			_, _, ok := c.locate.buildings.Nearest(q, reach)
			return ok
		})
}
