package geo

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/paulmach/orb"

	"linli/internal/kernel/errs"
)

const square = `[[[112,29],[113,29,8.5],[113,30],[112,30],[112,29]]]`

func TestReadGeoJSON(t *testing.T) {
	t.Parallel()
	in := "\ufeff" + ` {"features":[
		{"type":"Feature","id":7,"properties":{"name":"第一网格","tags":["{["]},"geometry":{"type":"Polygon","coordinates":` + square + `}},
		{"type":"Feature","id":"b\"x","properties":null,"geometry":{"type":"MultiPolygon","coordinates":[ ` + square + ` , ` + square + `]}},
		{"type":"Feature","geometry":{"type":"Point","coordinates":[1.12e2,-29]}},
		{"type":"Feature","geometry":{"type":"LineString","coordinates":[[112,29],[113,29]]}},
		{"type":"Feature","geometry":{"type":"MultiLineString","coordinates":[[[112,29],[113,29]]]}},
		{"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[112,29],[113,29]]}}
	],"name":"x","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},"type":"FeatureCollection"} `
	got, err := ReadGeoJSON(strings.NewReader(in), Limits{})
	if err != nil || len(got) != 6 {
		t.Fatal(len(got), err)
	}
	if m, ok := got[0].MultiPolygon(); !ok || m[0][0][1] != (orb.Point{113, 29}) || got[0].ID != "7" || !strings.Contains(string(got[0].Properties), "第一网格") {
		t.Errorf("%+v", got[0])
	}
	if m, ok := got[1].MultiPolygon(); !ok || len(m) != 2 || got[1].ID != `b"x` || got[1].Properties != nil {
		t.Errorf("%+v", got[1])
	}
	if _, ok := got[2].MultiPolygon(); ok || got[2].Shape != (orb.Point{112, -29}) {
		t.Errorf("%+v", got[2])
	}
	for _, in := range []string{`{"type":"Polygon","coordinates":` + square + `}`, `{"geometry":{"coordinates":` + square + `,"type":"Polygon"},"type":"Feature"}`} {
		if got, err := ReadGeoJSON(strings.NewReader(in), Limits{}); err != nil || len(got) != 1 || got[0].Shape == nil {
			t.Error(got, err)
		}
	}
	if got, err := ReadGeoJSON(strings.NewReader(`{"type":"FeatureCollection","features":[]}`), Limits{}); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
}

func TestReadGeoJSONRefuses(t *testing.T) {
	t.Parallel()
	feature := func(typ, coords string) string {
		return `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"` + typ + `","coordinates":` + coords + `}}]}`
	}
	const at = "features[0].geometry.coordinates"
	for name, tc := range map[string]struct{ in, field string }{
		"empty":                {``, "geojson"},
		"not JSON":             {`hello`, "geojson"},
		"a list":               {`[]`, "geojson"},
		"cut off":              {`{"type":"FeatureCollection","features":[{"type":"Fea`, "features[0]"},
		"cut after list":       {`{"type":"FeatureCollection","features":[]`, "geojson"},
		"trailing":             {`{"type":"FeatureCollection","features":[]} {}`, "geojson"},
		"invalid UTF-8":        {"{\"type\":\"\xff\"}", "geojson"},
		"deep":                 {strings.Repeat("[", 1_000_000), "geojson"},
		"deep in properties":   {`{"type":"Feature","properties":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40) + `}`, "geojson"},
		"no type":              {`{"features":[]}`, "type"},
		"no features":          {`{"type":"FeatureCollection"}`, "features"},
		"features twice":       {`{"type":"FeatureCollection","features":[],"features":[]}`, "features"},
		"features no list":     {`{"type":"FeatureCollection","features":{}}`, "features"},
		"type no text":         {`{"type":7}`, "geojson"},
		"feature no object":    {`{"type":"FeatureCollection","features":[[]]}`, "features[0]"},
		"feature null":         {`{"type":"FeatureCollection","features":[null]}`, "features[0].type"},
		"no geometry":          {`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null}]}`, "features[0].geometry"},
		"geometry no object":   {`{"type":"Feature","geometry":7}`, "geometry"},
		"id a list":            {`{"type":"Feature","id":[],"geometry":{"type":"Point","coordinates":[1,2]}}`, "id"},
		"properties a list":    {`{"type":"Feature","properties":[],"geometry":{"type":"Point","coordinates":[1,2]}}`, "properties"},
		"no coordinates":       {`{"type":"Feature","geometry":{"type":"Point"}}`, "geometry.coordinates"},
		"collection":           {`{"type":"GeometryCollection","geometries":[]}`, "type"},
		"unknown shape":        {feature("Circle", `[1,2]`), "features[0].geometry.type"},
		"metres":               {feature("Polygon", `[[[500000,3300000],[500100,3300000],[500100,3300100],[500000,3300000]]]`), at},
		"swapped":              {feature("Polygon", `[[[29,112],[29,113],[30,113],[29,112]]]`), at},
		"open ring":            {feature("Polygon", `[[[112,29],[113,29],[113,30],[112,30]]]`), at},
		"short ring":           {feature("Polygon", `[[[112,29],[113,29],[112,29]]]`), at},
		"flat ring":            {feature("Polygon", `[[[112,29],[113,29],[114,29],[112,29]]]`), at},
		"no ring":              {feature("Polygon", `[]`), at},
		"empty ring":           {feature("Polygon", `[[]]`), at},
		"empty position":       {feature("Polygon", `[[[],[],[],[]]]`), at},
		"one number":           {feature("Point", `[112]`), at},
		"many numbers":         {feature("Point", `[112,29,1,2,3]`), at},
		"text as number":       {feature("Point", `["112",29]`), at},
		"huge number":          {feature("Point", `[1e999,29]`), at},
		"object as list":       {feature("Point", `{"lon":112}`), at},
		"nested too little":    {feature("Polygon", `[[112,29],[113,29],[113,30],[112,29]]`), at},
		"nested too much":      {feature("Polygon", `[`+square+`]`), at},
		"short line":           {feature("LineString", `[[112,29]]`), at},
		"projected crs":        {`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features":[]}`, "crs"},
		"longer code, not the": {`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:44901"}},"features":[]}`, "crs"},
	} {
		got, err := ReadGeoJSON(strings.NewReader(tc.in), Limits{})
		e := errs.As(err)
		if err == nil || e.Kind == errs.Internal || e.Field != tc.field {
			t.Errorf("%s: %v, %v; want an error in %s", name, got, err, tc.field)
		} else if strings.Contains(e.Text("zh"), "{") || strings.Contains(e.Text("en"), "{") {
			t.Errorf("%s: unfilled sentence %s", name, e.Text("en"))
		}
	}
}

func TestReadGeoJSONLimits(t *testing.T) {
	t.Parallel()
	many := func(n int) string {
		one := `{"type":"Feature","geometry":{"type":"Point","coordinates":[112,29]}}`
		return `{"type":"FeatureCollection","features":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
	}
	for name, tc := range map[string]struct {
		l     Limits
		n     int
		field string
	}{
		"bytes":    {Limits{Bytes: 1000}, 20, "geojson"},
		"features": {Limits{Features: 19}, 20, "features"},
		"vertices": {Limits{Vertices: 19}, 20, "features[19].geometry.coordinates"},
		"depth":    {Limits{Depth: 4}, 20, "geojson"},
		"fits":     {Limits{Bytes: 2000, Features: 20, Vertices: 20, Depth: 5}, 20, ""},
	} {
		got, err := ReadGeoJSON(strings.NewReader(many(tc.n)), tc.l)
		if tc.field == "" {
			if err != nil || len(got) != tc.n {
				t.Errorf("%s: %v", name, err)
			}
		} else if errs.As(err).Field != tc.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	boom := errors.New("boom")
	if _, err := ReadGeoJSON(iotest.ErrReader(boom), Limits{}); !errors.Is(err, boom) {
		t.Error(err)
	}
}

func FuzzReadGeoJSON(f *testing.F) {
	f.Add(`{"type":"Polygon","coordinates":` + square + `}`)
	f.Add(fmt.Sprintf(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Polygon","coordinates":%s}}]}`, square))
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ReadGeoJSON(strings.NewReader(s), Limits{})
		if err != nil {
			return
		}
		for i, g := range got {
			if g.Shape == nil {
				t.Fatal("no shape")
			}
			if m, ok := g.MultiPolygon(); ok {
				if _, err := NewIndex([]Area{{int64(i), m}}); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
