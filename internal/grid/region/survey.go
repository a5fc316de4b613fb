package region

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/paulmach/orb"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
)

// Survey is what a planner of grids needs to know of some communities.
type Survey struct {
	Communities []Region
	Shapes      []orb.MultiPolygon // of the communities, in their order
	Buildings   []Building         // in the order of their ids
	Compounds   map[int64]string   // names
	Grids       []Grid             // today's, with boundaries
	Barriers    []Barrier
}

// Barrier is a line of the base map that people do not like to cross. Class is
// main_road, railway or river.
type Barrier struct {
	Class string
	Line  orb.LineString
}

// Survey gathers what lies in the communities; one that does not exist or has
// no boundary is errs.NotFound or an error that names it.
func (a *Atlas) Survey(ctx context.Context, communities []int64) (*Survey, error) {
	s := &Survey{Compounds: map[int64]string{}}
	c := a.cur.Load()
	for _, code := range communities {
		r := c.region(code)
		if r == nil || LevelOf(code) != Community {
			return nil, errs.NotFound.New()
		}
		text := ""
		if err := a.db.QueryRow(ctx, "SELECT polygon FROM region WHERE district = ? AND code = ? AND version = ?", DistrictOf(code), code, r.Version).Scan(&text); err != nil {
			return nil, err
		}
		shape, err := parsePolygon(text)
		if err != nil {
			return nil, badTree.New("code", code, "why", words("边界无法识别", "its boundary cannot be read")).Because(err)
		}
		s.Communities, s.Shapes = append(s.Communities, *r), append(s.Shapes, shape)
	}
	in := func(community int64) bool { return slices.Contains(communities, community) }
	for i := range c.buildings {
		if b := c.building(i); in(b.Community) {
			s.Buildings = append(s.Buildings, b)
		}
	}
	for _, x := range c.compounds {
		if in(x.Community) {
			s.Compounds[x.ID] = x.Name
		}
	}
	grids, err := a.GridsOn(ctx, c.day)
	if err != nil {
		return nil, err
	}
	for _, g := range grids {
		if in(g.Community) {
			s.Grids = append(s.Grids, g)
		}
	}
	var box orb.Bound
	for i, shape := range s.Shapes {
		if i == 0 {
			box = shape.Bound()
		}
		box = box.Union(shape.Bound())
	}
	s.Barriers, err = a.barriers(ctx, box)
	return s, err
}

// barriers are the main roads, railways and rivers of the base map in the box:
// a river is its banks.
func (a *Atlas) barriers(ctx context.Context, box orb.Bound) ([]Barrier, error) {
	var out []Barrier
	for layer, classes := range map[string]map[string]string{
		"roads": {"expressway": "main_road", "main": "main_road", "railway": "railway"},
		"water": {"river": "river", "canal": "river"},
	} {
		body, _, err := a.layer(ctx, layer, 0)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		raw, err := unzip(body)
		if err != nil {
			return nil, fmt.Errorf("region: layer %s is damaged: %w", layer, err)
		}
		features, err := geo.ReadGeoJSON(bytes.NewReader(raw), geo.Limits{Bytes: 256 << 20})
		if err != nil {
			return nil, err
		}
		for _, f := range features {
			var p struct{ Class, Kind string }
			if err := json.Unmarshal(f.Properties, &p); err != nil {
				return nil, fmt.Errorf("region: layer %s is damaged: %w", layer, err)
			}
			class := classes[p.Class+p.Kind]
			if class == "" || !f.Shape.Bound().Intersects(box) {
				continue
			}
			for _, line := range linesOf(f.Shape) {
				if line.Bound().Intersects(box) {
					out = append(out, Barrier{class, line})
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y Barrier) int { // map order is no order
		return bytes.Compare(fmt.Append(nil, x.Class, x.Line[0]), fmt.Append(nil, y.Class, y.Line[0]))
	})
	return out, nil
}

func unzip(body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	z, err := gzip.NewReader(body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func linesOf(shape orb.Geometry) []orb.LineString {
	var out []orb.LineString
	switch s := shape.(type) {
	case orb.LineString:
		out = append(out, s)
	case orb.MultiLineString:
		out = append(out, s...)
	case orb.Polygon:
		for _, ring := range s {
			out = append(out, orb.LineString(ring))
		}
	case orb.MultiPolygon:
		for _, p := range s {
			out = append(out, linesOf(p)...)
		}
	}
	return out
}
