package load

import (
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"linli/internal/grid/region"
	"linli/internal/sim/city"
)

// regions are the city as the region room takes it.
func regions(c *city.City) *region.CityData {
	d := &region.CityData{Synthetic: true, Layers: map[string][]byte{}}
	first := firstDay
	households := 0
	for _, x := range c.Districts {
		first, households = min(first, x.ValidFrom), households+x.Households
	}
	d.Regions = append(d.Regions, region.Region{Code: int64(c.Code), Name: c.Name, Households: households, ValidFrom: first})
	for _, list := range [][]city.Region{c.Districts, c.Streets, c.Communities} {
		for _, x := range list {
			d.Regions = append(d.Regions, region.Region{Code: x.Code, Parent: x.Parent, Name: x.Name, Polygon: polygon(x.Polygon), Households: x.Households, ValidFrom: x.ValidFrom})
		}
	}
	for _, g := range c.Grids {
		d.Grids = append(d.Grids, region.Grid{ID: g.ID, Kind: g.Kind, Purpose: g.Use, Community: g.Community, Name: g.Name, Polygon: polygon(g.Polygon),
			Note: g.Note, Households: g.Households, Code: g.Code, ValidFrom: g.ValidFrom})
	}
	for _, p := range c.Compounds {
		d.Compounds = append(d.Compounds, region.Compound{ID: p.ID, Name: p.Name, Community: p.Community, Lon: p.Center.Lon(), Lat: p.Center.Lat()})
	}
	for _, b := range c.Buildings {
		d.Buildings = append(d.Buildings, region.Building{ID: b.ID, Name: b.Name, Kind: b.Kind, Compound: b.Compound, Grid: b.Grid, Community: b.Community,
			Lon: b.Center.Lon(), Lat: b.Center.Lat(), Households: b.Households})
	}
	for _, r := range c.Roads {
		at := c.Center
		if len(r.Lines) > 0 && len(r.Lines[0]) > 0 {
			line := r.Lines[len(r.Lines)/2]
			at = line[len(line)/2]
		}
		d.Places = append(d.Places, region.Place{ID: r.ID, Kind: "road", Name: r.Name, Lon: at.Lon(), Lat: at.Lat()})
	}
	for _, p := range c.POIs {
		d.Places = append(d.Places, region.Place{ID: p.ID, Kind: "poi", Name: p.Name, Community: p.Community, Lon: p.Point.Lon(), Lat: p.Point.Lat()})
	}
	layers := c.Layers()
	for _, name := range region.DrawnLayers() {
		if raw, ok := layers[name]; ok {
			d.Layers[name] = raw
		}
	}
	return d
}

// polygon is the GeoJSON of a polygon, "" for none.
func polygon(p orb.Polygon) string {
	if len(p) == 0 {
		return ""
	}
	raw, err := geojson.NewGeometry(p).MarshalJSON()
	if err != nil {
		panic("load: a polygon of the city is no geometry: " + err.Error())
	}
	return string(raw)
}
