package render

import (
	"encoding/json"
	"io"
	"math"

	"github.com/paulmach/orb"
)

// equator is the length of a degree at the equator in metres.
const equator = 111319.49

type feature struct {
	Type       string     `json:"type"`
	ID         int        `json:"id"`
	Geometry   geometry   `json:"geometry"`
	Properties properties `json:"properties"`
}

type geometry struct {
	Type        string           `json:"type"`
	Coordinates orb.MultiPolygon `json:"coordinates"`
}

// properties of a grid; documented in docs/planning.md.
type properties struct {
	Grid        string   `json:"grid"`
	Name        string   `json:"name,omitempty"`
	Order       int      `json:"order"`
	Community   string   `json:"community"`
	CommunityID int      `json:"community_id"`
	Households  int      `json:"households"`
	Units       int      `json:"units"`
	InRange     bool     `json:"in_range"`
	Status      Status   `json:"status"`
	Compounds   []string `json:"compounds"`
	AreaM2      int      `json:"area_m2"`
	Worker      string   `json:"worker,omitempty"`
	Note        string   `json:"note,omitempty"`
}

// GeoJSON writes the grids as a FeatureCollection in WGS 84 (RFC 7946), a
// MultiPolygon each. An instance without an origin lies around 0° N 0° E, to
// scale, and the collection says so in the member "frame".
func GeoJSON(w io.Writer, v View) error {
	a, err := newAtlas(v)
	if err != nil {
		return err
	}
	out := struct {
		Type        string    `json:"type"`
		Name        string    `json:"name,omitempty"`
		Attribution string    `json:"attribution,omitempty"`
		Frame       string    `json:"frame,omitempty"`
		Features    []feature `json:"features"`
	}{"FeatureCollection", v.Title, v.Instance.Licence, "", []feature{}}
	origin, scale := v.Instance.Origin, v.Instance.MetresPerDegree
	if scale[0] == 0 || scale[1] == 0 {
		origin, scale = [2]float64{}, [2]float64{equator, equator}
		out.Frame = "local metres without an origin, shown at the equator"
	}
	degree := func(p orb.Point) orb.Point {
		return orb.Point{seven(origin[0] + p[0]/scale[0]), seven(origin[1] + p[1]/scale[1])}
	}
	for _, g := range a.grids {
		c := v.Instance.Communities[g.community]
		area := 0.0
		for _, u := range g.units {
			area += v.Instance.Units[u].CellArea
		}
		p := properties{g.Code, g.Name, g.order, c.Name, c.ID, g.households, len(g.units), g.status == Within, g.status, append([]string{}, g.compounds...), int(math.Round(area)), g.Worker, g.Note}
		shape := make(orb.MultiPolygon, len(g.shape))
		for i, poly := range g.shape {
			for _, ring := range poly {
				r := make(orb.Ring, len(ring))
				for k, q := range ring {
					r[k] = degree(q)
				}
				shape[i] = append(shape[i], r)
			}
		}
		out.Features = append(out.Features, feature{"Feature", g.number, geometry{"MultiPolygon", shape}, p})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(out)
}

// seven decimals of a degree are a centimetre.
func seven(v float64) float64 { return math.Round(v*1e7) / 1e7 }
