package region_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/web"
)

type tokens map[string]*access.Actor

func (m tokens) Actor(_ context.Context, token string) (*access.Actor, error) {
	if a := m[token]; a != nil {
		return a, nil
	}
	return nil, errs.Unauthorized.New()
}

func person(id int64, role string, code int64) *access.Actor {
	return &access.Actor{Account: id, Lang: "zh", Posts: []access.Post{{ID: id, Account: id, Role: role, Region: code, From: 20200101}}}
}

func server(t *testing.T, tiles *region.Tiles) (*web.Router, *region.CityData) {
	t.Helper()
	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	d := chessboard(2, 2, 2, 4)
	a := load(t, storetest.SQLite(t, func() time.Time { return now }), d)
	access.SetDistricts(990101, 990102)
	w := web.New(web.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Today: func() int { return 20261123 },
		Auth: tokens{"admin": person(1, "admin", 9901), "west": person(2, "admin", 990102), "dispatcher": person(3, "dispatcher", 990102001)}})
	a.Register(w, tiles)
	return w, d
}

func TestAPI(t *testing.T) {
	t.Parallel()
	w, d := server(t, nil)
	b := d.Buildings[0]
	gcj := geo.WGSToGCJ(geo.Point{Lon: b.Lon, Lat: b.Lat})
	for _, c := range []struct {
		name, as, method, path, body string
		status                       int
		want, not                    []string
	}{
		{"anonymous searches nothing", "", "GET", "/places?q=翠湖", "", 401, nil, []string{"翠湖"}},
		{"search", "dispatcher", "GET", "/places?q=翠湖花园1期2栋", "", 200, []string{`"kind":"building"`, "翠湖花园1期2号楼", `"grid_id":1000000`, `"building_id":`, `"community":{"code":"990101001001"`}, nil},
		{"own area first", "dispatcher", "GET", "/places?q=1号楼&limit=1", "", 200, []string{`"code":"990102001`}, nil},
		{"nothing found", "dispatcher", "GET", "/places?q=不存在", "", 200, []string{`"items":[]`}, nil},
		{"search text too long", "dispatcher", "GET", "/places?q=" + strings.Repeat("长", 300), "", 422, []string{`"field":"q"`}, nil},
		{"at a building", "dispatcher", "GET", fmt.Sprintf("/places/at?lon=%f&lat=%f", b.Lon, b.Lat), "", 200, []string{`"inside":true`, `"name":"湖东区"`, `"name":"翠湖街道"`, "第1网格", `"nearest_building":{"id":3000001`}, []string{"suspicion"}},
		{"at a building in GCJ-02", "dispatcher", "GET", fmt.Sprintf("/places/at?lon=%f&lat=%f&crs=gcj02", gcj.Lon, gcj.Lat), "", 200, []string{`"nearest_building":{"id":3000001`}, nil},
		{"swapped", "dispatcher", "GET", fmt.Sprintf("/places/at?lon=%f&lat=%f", b.Lat, b.Lon), "", 200, []string{`"inside":false`, `"suspicion":"swapped"`, `"proposed":{"lon":112.5`, "写反"}, nil},
		{"outside", "dispatcher", "GET", "/places/at?lon=116.4&lat=39.9", "", 200, []string{`"inside":false`, `"suspicion":"outside"`, `"district":null`}, []string{"proposed"}},
		{"no number", "dispatcher", "GET", "/places/at?lon=x&lat=39.9", "", 422, nil, nil},
		{"no position", "dispatcher", "GET", "/places/at", "", 422, nil, nil},
		{"regions", "dispatcher", "GET", "/regions", "", 200, []string{`"code":"9901"`, `"children":2`}, nil},
		{"streets of a district", "dispatcher", "GET", "/regions?parent=990101", "", 200, []string{`"code":"990101002"`, `"level":"street"`, `"version":1`}, []string{"990102"}},
		{"odd parent", "dispatcher", "GET", "/regions?parent=99", "", 422, nil, nil},
		{"dispatcher renames nothing", "dispatcher", "PUT", "/regions/990102001", `{"version":1,"name":"新街道","valid_from":20261123}`, 403, nil, nil},
		{"another district's admin", "west", "PUT", "/regions/990101001", `{"version":1,"name":"新街道","valid_from":20261123}`, 404, nil, nil},
		{"rename", "west", "PUT", "/regions/990102001", `{"version":1,"name":"新街道","valid_from":20261123,"note":"更名"}`, 200, []string{`"version":2`, "新街道"}, nil},
		{"stale rename", "west", "PUT", "/regions/990102001", `{"version":1,"name":"旧街道","valid_from":20261123}`, 409, []string{`"current":2`}, nil},
		{"the new name is found", "dispatcher", "GET", "/places?q=新街道", "", 200, []string{"新街道"}, nil},
		{"grids", "admin", "GET", "/grids?region=990101001&limit=3", "", 200, []string{`"code":"990101001001001"`, `"standard_code":"00000099010100100101"`, `"next":"990101001001003"`, `"count":8`}, []string{"990102"}},
		{"grids by name", "admin", "GET", "/grids?q=第4网格&limit=100", "", 200, []string{`"count":8`}, []string{"第3网格"}},
		{"map for anybody", "", "GET", "/map/info", "", 200, []string{`"synthetic":true`, `"bbox":[112.5,29.3`, `"layers":["water","communities","streets","districts"]`, `"city":{"code":"9901"`}, []string{"tiles"}},
		{"base layer", "", "GET", "/map/base/streets.geojson", "", 200, []string{`"FeatureCollection"`, "新街道", `"lon":`}, nil},
		{"unknown layer", "", "GET", "/map/base/secrets.geojson", "", 404, nil, nil},
		{"layer with a path", "", "GET", "/map/base/..%2fmap.json", "", 404, nil, nil},
		{"grids are not for anybody", "", "GET", "/map/base/grids.geojson", "", 404, nil, nil},
		{"grids layer", "admin", "GET", "/map/grids.geojson", "", 200, []string{`"code":"990101001001001"`, `"households":400`, `"street":"990101001"`}, nil},
		{"tiles are off", "admin", "GET", "/map/tiles/10/1/1", "", 404, []string{"tiles_off"}, nil},
	} {
		req := httptest.NewRequest(c.method, "/api/v1"+c.path, strings.NewReader(c.body))
		if c.as != "" {
			req.Header.Set("Authorization", "Bearer "+c.as)
		}
		if c.body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, req)
		got := rec.Body.String()
		if rec.Code != c.status {
			t.Errorf("%s: %d %s", c.name, rec.Code, got)
		}
		for _, s := range c.want {
			if !strings.Contains(got, s) {
				t.Errorf("%s lacks %s: %s", c.name, s, got)
			}
		}
		for _, s := range c.not {
			if strings.Contains(got, s) {
				t.Errorf("%s shows %s: %s", c.name, s, got)
			}
		}
	}
}

func TestLayersAreCached(t *testing.T) {
	t.Parallel()
	w, _ := server(t, nil)
	get := func(path, encoding, match string) *httptest.ResponseRecorder {
		req := httptest.NewRequest("GET", "/api/v1"+path, nil)
		req.Header.Set("Accept-Encoding", encoding)
		if match != "" {
			req.Header.Set("If-None-Match", match)
		}
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, req)
		return rec
	}
	for _, path := range []string{"/map/base/water.geojson", "/map/base/districts.geojson"} {
		plain, packed := get(path, "", ""), get(path, "br, gzip", "")
		if plain.Header().Get("Content-Encoding") != "" || packed.Header().Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: encodings %q %q", path, plain.Header(), packed.Header())
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(z)
		if err != nil || string(raw) != plain.Body.String() {
			t.Errorf("%s: the packed layer is another one, %v", path, err)
		}
		etag := plain.Header().Get("ETag")
		if rec := get(path, "gzip", etag); rec.Code != 304 || rec.Body.Len() != 0 {
			t.Errorf("%s: %d with the same ETag", path, rec.Code)
		}
		if c := plain.Header().Get("Cache-Control"); !strings.Contains(c, "no-cache") {
			t.Errorf("%s without version: %s", path, c)
		}
		info := get("/map/info", "", "").Body.String()
		_, after, _ := strings.Cut(info, `"version":"`)
		version, _, _ := strings.Cut(after, `"`)
		if c := get(path+"?v="+version, "", "").Header().Get("Cache-Control"); !strings.Contains(c, "immutable") {
			t.Errorf("%s with version %s: %s", path, version, c)
		}
	}
	if rec := get("/map/base/water.geojson", "gzip;q=0", ""); rec.Header().Get("Content-Encoding") != "" {
		t.Error("gzip although refused")
	}
}
