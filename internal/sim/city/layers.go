package city

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/paulmach/orb"
)

// Layers is the base map as compact GeoJSON feature collections: water
// {kind,name}, green {kind,name}, roads {name,class}, compounds {name},
// buildings {kind,levels} with the building's id as feature id, communities,
// streets, districts {name,code} and grids {id,code,name,kind,community,
// street,households}. Codes are strings.
func (c *City) Layers() map[string][]byte {
	out := map[string][]byte{}
	area := func(name string, as []Area) {
		w := newFeatures()
		for i := range as {
			w.begin(0, "kind", as[i].Kind, "name", as[i].Name)
			w.polygon(as[i].Polygon)
		}
		out[name] = w.end()
	}
	area("water", c.Water)
	area("green", c.Green)
	region := func(name string, rs []Region) {
		w := newFeatures()
		for i := range rs {
			w.begin(0, "name", rs[i].Name, "code", strconv.FormatInt(rs[i].Code, 10))
			w.polygon(rs[i].Polygon)
		}
		out[name] = w.end()
	}
	region("districts", c.Districts)
	region("streets", c.Streets)
	region("communities", c.Communities)
	w := newFeatures()
	for i := range c.Roads {
		w.begin(0, "name", c.Roads[i].Name, "class", c.Roads[i].Class)
		w.lines(c.Roads[i].Lines)
	}
	out["roads"] = w.end()
	w = newFeatures()
	for i := range c.Compounds {
		w.begin(0, "name", c.Compounds[i].Name)
		w.polygon(c.Compounds[i].Polygon)
	}
	out["compounds"] = w.end()
	w = newFeatures()
	for i := range c.Buildings {
		w.begin(c.Buildings[i].ID, "kind", c.Buildings[i].Kind, "levels", c.Buildings[i].Levels)
		w.polygon(c.Buildings[i].Footprint)
	}
	out["buildings"] = w.end()
	w = newFeatures()
	for i := range c.Grids {
		g := &c.Grids[i]
		w.begin(0, "id", g.ID, "code", strconv.FormatInt(g.Code, 10), "name", g.Name, "kind", g.Kind,
			"community", strconv.FormatInt(g.Community, 10), "street", strconv.FormatInt(g.Street, 10), "households", g.Households)
		w.polygon(g.Polygon)
	}
	out["grids"] = w.end()
	return out
}

type features struct {
	buf bytes.Buffer
	n   int
}

func newFeatures() *features {
	w := &features{}
	w.buf.WriteString(`{"type":"FeatureCollection","features":[`)
	return w
}

// begin writes a feature up to its geometry; pairs are names and values, and
// empty strings are left out.
func (w *features) begin(id int64, pairs ...any) {
	if w.n++; w.n > 1 {
		w.buf.WriteByte(',')
	}
	w.buf.WriteString(`{"type":"Feature",`)
	if id != 0 {
		w.buf.WriteString(`"id":`)
		w.buf.WriteString(strconv.FormatInt(id, 10))
		w.buf.WriteByte(',')
	}
	w.buf.WriteString(`"properties":{`)
	first := true
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if !first {
			w.buf.WriteByte(',')
		}
		first = false
		w.buf.WriteString(strconv.Quote(pairs[i].(string)))
		w.buf.WriteByte(':')
		v, err := json.Marshal(pairs[i+1])
		if err != nil {
			panic(err) // strings and numbers only
		}
		w.buf.Write(v)
	}
	w.buf.WriteString(`},"geometry":`)
}

func (w *features) points(ps []orb.Point) {
	w.buf.WriteByte('[')
	for i, p := range ps {
		if i > 0 {
			w.buf.WriteByte(',')
		}
		var b [48]byte
		s := append(b[:0], '[')
		s = strconv.AppendFloat(s, p[0], 'f', -1, 64)
		s = append(s, ',')
		s = strconv.AppendFloat(s, p[1], 'f', -1, 64)
		w.buf.Write(append(s, ']'))
	}
	w.buf.WriteByte(']')
}

func (w *features) polygon(p orb.Polygon) {
	w.buf.WriteString(`{"type":"Polygon","coordinates":[`)
	for i, r := range p {
		if i > 0 {
			w.buf.WriteByte(',')
		}
		w.points(r)
	}
	w.buf.WriteString(`]}}`)
}

func (w *features) lines(m orb.MultiLineString) {
	if len(m) == 1 {
		w.buf.WriteString(`{"type":"LineString","coordinates":`)
		w.points(m[0])
		w.buf.WriteString(`}}`)
		return
	}
	w.buf.WriteString(`{"type":"MultiLineString","coordinates":[`)
	for i, l := range m {
		if i > 0 {
			w.buf.WriteByte(',')
		}
		w.points(l)
	}
	w.buf.WriteString(`]}}`)
}

func (w *features) end() []byte {
	w.buf.WriteString(`]}`)
	return w.buf.Bytes()
}
