package region_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code     int64
		level    region.Level
		parent   int64
		district int
	}{
		{9901, region.City, 0, 0}, {990101, region.District, 9901, 990101}, {990101002, region.Street, 990101, 990101},
		{990101002003, region.Community, 990101002, 990101}, {990101002003004, region.GridLevel, 990101002003, 990101},
		{0, region.NoLevel, 0, 0}, {12, region.NoLevel, 0, 0}, {-990101, region.NoLevel, 0, 0},
	} {
		if l, p, d := region.LevelOf(c.code), region.ParentOf(c.code), region.DistrictOf(c.code); l != c.level || p != c.parent || d != c.district {
			t.Errorf("%d: level %d parent %d district %d", c.code, l, p, d)
		}
	}
	for _, c := range []struct {
		code, area int64
		want       bool
	}{{990101002003, 990101, true}, {990101002003, 990102, false}, {990101, 990101, true}, {990101, 990101002, false}, {990101, 0, true}, {9901, 9902, false}, {990101002003, 9901, true}} {
		if got := region.Within(c.code, c.area); got != c.want {
			t.Errorf("Within(%d, %d) = %v", c.code, c.area, got)
		}
	}
}

func TestStandardCode(t *testing.T) {
	t.Parallel()
	got, err := region.StandardCode(10203, 990101002003004)
	if err != nil || got != "01020399010100200304" || len(got) != 20 {
		t.Fatalf("got %q, %v", got, err)
	}
	for _, bad := range []int64{990101002003100, 990101002003, 0} {
		if got, err := region.StandardCode(0, bad); err == nil {
			t.Errorf("%d: %q instead of an error", bad, got)
		}
	}
}

func TestLoadIsReadBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		d := chessboard(2, 3, 2, 5)
		a := load(t, db, d)
		regions, grids, compounds, buildings, places := a.Counts()
		if diff := cmp.Diff([]int{len(d.Regions), len(d.Grids), len(d.Compounds), len(d.Buildings), len(d.Places)}, []int{regions, grids, compounds, buildings, places}); diff != "" {
			t.Fatal(diff)
		}
		if got := a.Path(990101002002); !strings.HasPrefix(got, "湖东区 桂园街道 ") {
			t.Errorf("path %q", got)
		}
		if diff := cmp.Diff([]int{990101, 990102}, a.Districts()); diff != "" {
			t.Error(diff)
		}
		want := d.Buildings[17]
		if got, err := a.Building(want.ID); err != nil || got != want {
			t.Errorf("building %+v, %v; want %+v", got, err, want)
		}
		if _, err := a.Building(1); !errs.Is(err, errs.NotFound) {
			t.Errorf("unknown building: %v", err)
		}
		var entries int
		if err := db.QueryRow(ctx, "SELECT COUNT(*) FROM audit WHERE action = 'region.load'").Scan(&entries); err != nil || entries != 3 {
			t.Errorf("%d audit entries (%v), want one for the city and each district", entries, err)
		}
		if err := a.Load(ctx, admin, d); !errs.Is(err, errs.Conflict) {
			t.Errorf("second load: %v", err)
		}
		again, err := region.Open(ctx, region.Options{DB: db, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a.Regions(), again.Regions()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLoadRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	a, err := region.Open(context.Background(), region.Options{DB: db, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*region.CityData){
		"parent is not the prefix":   func(d *region.CityData) { d.Regions[3].Parent = 990102 },
		"parent is missing":          func(d *region.CityData) { d.Regions = append(d.Regions[:1], d.Regions[2:]...) },
		"code has five digits":       func(d *region.CityData) { d.Regions[1].Code = 99010 },
		"name is empty":              func(d *region.CityData) { d.Regions[1].Name = " " },
		"name has control runes":     func(d *region.CityData) { d.Regions[1].Name = "湖\x00东" },
		"grid outside communities":   func(d *region.CityData) { d.Grids[0].Community = 990101 },
		"grid code of another":       func(d *region.CityData) { d.Grids[0].Code = d.Grids[1].Code },
		"grid boundary is broken":    func(d *region.CityData) { d.Grids[0].Polygon = `{"type":"Polygon"}` },
		"building in no grid":        func(d *region.CityData) { d.Buildings[0].Grid = 77 },
		"building with swapped axes": func(d *region.CityData) { d.Buildings[0].Lon, d.Buildings[0].Lat = 29, 112 },
	} {
		d := chessboard(1, 1, 1, 2)
		spoil(d)
		if err := a.Load(context.Background(), admin, d); errs.As(err).Kind.Status != 422 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, _, _, _, _ := a.Counts(); n != 0 {
		t.Errorf("%d regions after refused loads", n)
	}
}

func TestUpdateIsANewVersion(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	db := storetest.SQLite(t, func() time.Time { return clock })
	ctx := context.Background()
	a := load(t, db, chessboard(2, 2, 2, 1))
	r, err := a.Update(ctx, admin, 990101001, region.Change{Version: 1, Name: "新翠湖街道", ValidFrom: 20261125})
	if err != nil || r.Version != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := a.Name(990101001); got != "翠湖街道" {
		t.Errorf("before its day: %q", got)
	}
	clock = clock.Add(48 * time.Hour)
	if err := a.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if got := a.Name(990101001); got != "新翠湖街道" {
		t.Errorf("on its day: %q", got)
	}
	if got := a.Places("新翠湖", nil, 5); len(got) == 0 || got[0].Name != "新翠湖街道" {
		t.Errorf("search after the change: %+v", got)
	}
	for name, c := range map[string]struct {
		code int64
		ch   region.Change
		kind *errs.Kind
	}{
		"stale":           {990101001, region.Change{Version: 1, Name: "x", ValidFrom: 20261201}, errs.Stale},
		"unknown":         {990109001, region.Change{Version: 1, Name: "x", ValidFrom: 20261201}, errs.NotFound},
		"in the past":     {990101001, region.Change{Version: 2, Name: "x", ValidFrom: 20261124}, errs.Invalid},
		"no such day":     {990101001, region.Change{Version: 2, Name: "x", ValidFrom: 20261131}, errs.Invalid},
		"ends too early":  {990101001, region.Change{Version: 2, Name: "x", ValidFrom: 20261201, ValidTo: 20261201}, errs.Invalid},
		"has communities": {990101001, region.Change{Version: 2, Name: "x", ValidFrom: 20261201, ValidTo: 20261231}, errs.Conflict},
		"no name":         {990101001, region.Change{Version: 2, Name: " ", ValidFrom: 20261201}, errs.Required},
	} {
		if _, err := a.Update(ctx, admin, c.code, c.ch); !errs.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := a.Newest(ctx, 990101); err != nil || len(list) != 2 || list[0].Name != "新翠湖街道" || list[0].Version != 2 {
		t.Errorf("newest: %+v, %v", list, err)
	}
	actor := &access.Actor{Account: 7, Posts: []access.Post{{ID: 1, Account: 7, Role: "admin", Region: 990102, From: 20200101}}}
	scope, err := actor.Scope(access.RegionWrite, 20261125)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Update(ctx, scope, 990101001, region.Change{Version: 2, Name: "x", ValidFrom: 20261201}); !errs.Is(err, errs.NotFound) {
		t.Errorf("another district's admin: %v", err)
	}
	if _, err := a.Update(ctx, scope, 990102001, region.Change{Version: 1, Name: "湖滨街道", ValidFrom: 20261125}); err != nil {
		t.Error(err)
	}
}

func TestOtherProcessSeesAChange(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		a := load(t, db, chessboard(1, 1, 1, 1))
		changed := make(chan string, 8)
		b, err := region.Open(ctx, region.Options{DB: db, Dir: t.TempDir(), OnChange: func(b *region.Atlas) { changed <- b.Name(990101001) }})
		if err != nil {
			t.Fatal(err)
		}
		<-changed // the first
		watching, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { b.Watch(watching); close(done) }()
		y, m, d := time.UnixMicro(db.Now()).In(time.FixedZone("", 8*3600)).Date()
		if _, err := a.Update(ctx, admin, 990101001, region.Change{Version: 1, Name: "湖滨街道", ValidFrom: y*10000 + int(m)*100 + d}); err != nil {
			t.Fatal(err)
		}
		select {
		case name := <-changed:
			if name != "湖滨街道" {
				t.Errorf("sees %q", name)
			}
		case <-time.After(5 * time.Second):
			t.Error("the other process has not seen the change")
		}
		stop()
		<-done
	})
}

func TestVerifyFindsEveryEdit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		a := load(t, db, chessboard(2, 2, 2, 3))
		y, m, d := time.UnixMicro(db.Now()).In(time.FixedZone("", 8*3600)).Date()
		if _, err := a.Update(ctx, admin, 990101001, region.Change{Version: 1, Name: "湖滨街道", ValidFrom: y*10000 + int(m)*100 + d}); err != nil {
			t.Fatal(err)
		}
		if p, err := a.Verify(ctx, db); err != nil || len(p) != 0 {
			t.Fatalf("nothing was changed: %+v, %v", p, err)
		}
		write := func(q string) {
			t.Helper()
			if err := db.Write(ctx, func(tx *store.Tx) error {
				n, err := tx.Exec(q)
				if err == nil && n != 1 {
					t.Errorf("%s: %d rows", q, n)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct{ edit, undo string }{
			{"UPDATE building SET households = 7 WHERE id = 3000005", "UPDATE building SET households = 40 WHERE id = 3000005"},
			{"UPDATE grid_code SET code = code + 1 WHERE grid = 1000003", "UPDATE grid_code SET code = code - 1 WHERE grid = 1000003"},
			{"UPDATE region SET version = 3 WHERE code = 990101001 AND version = 2", "UPDATE region SET version = 2 WHERE code = 990101001 AND version = 3"},
			{"UPDATE region SET name = '别的' WHERE code = 990101001 AND version = 2", "UPDATE region SET name = '湖滨街道' WHERE code = 990101001 AND version = 2"},
			{"UPDATE region SET valid_from = valid_from - 1 WHERE code = 990102001", "UPDATE region SET valid_from = valid_from + 1 WHERE code = 990102001"},
			{"DELETE FROM compound WHERE id = 2000001", ""},
		} {
			write(c.edit)
			if p, err := a.Verify(ctx, db); err != nil || len(p) == 0 {
				t.Errorf("%s: not found, %v", c.edit, err)
			}
			if c.undo == "" {
				continue
			}
			write(c.undo)
			if p, err := a.Verify(ctx, db); err != nil || len(p) != 0 {
				t.Fatalf("%s: %+v, %v", c.undo, p, err)
			}
		}
	})
}

func TestAt(t *testing.T) {
	t.Parallel()
	d := chessboard(2, 3, 2, 5)
	a := load(t, storetest.SQLite(t, nil), d)
	rapid.Check(t, func(t *rapid.T) {
		b := d.Buildings[rapid.IntRange(0, len(d.Buildings)-1).Draw(t, "building")]
		s, ok := a.At(b.Lon, b.Lat)
		want := region.Spot{District: region.DistrictOf(b.Community), Street: b.Community / 1000, Community: b.Community, Grid: b.Grid}
		if !ok || s != want {
			t.Fatalf("%+v %v, want %+v", s, ok, want)
		}
		got, _, metres, ok := a.Nearest(b.Lon+0.00001, b.Lat, 50)
		if !ok || got.ID != b.ID || metres > 2 {
			t.Fatalf("nearest %+v at %.1f m", got, metres)
		}
		if f := a.Suspect(b.Lon, b.Lat); f.Suspicion != geo.Plausible {
			t.Fatalf("a building's own position is suspected: %+v", f)
		}
		if f := a.Suspect(b.Lat, b.Lon); f.Suspicion != geo.Swapped {
			t.Fatalf("swapped: %+v", f)
		}
		if f := a.Suspect(116.4, 39.9); f.Suspicion != geo.Outside {
			t.Fatalf("outside: %+v", f)
		}
	})
	// A building of the easternmost column, given in GCJ-02: the shift of about
	// 500 m to the east leaves the city there.
	b := d.Buildings[len(d.Buildings)-1]
	g := geo.WGSToGCJ(geo.Point{Lon: b.Lon, Lat: b.Lat})
	if f := a.Suspect(g.Lon, g.Lat); f.Suspicion != geo.TakenGCJ && f.Suspicion != geo.Plausible {
		t.Errorf("GCJ-02: %+v", f)
	}
	if _, ok := a.At(112, 29); ok {
		t.Error("a position outside is inside")
	}
}

func TestDedicatedGridLiesOverBasicOnes(t *testing.T) {
	t.Parallel()
	d := chessboard(1, 1, 1, 1)
	d.Grids = append(d.Grids, region.Grid{ID: 1_000_900, Kind: region.Dedicated, Purpose: "market", Community: d.Grids[0].Community, Name: "农贸市场专属网格",
		Polygon: square(0.4, 0.4, 0.2, 0.2), Code: d.Grids[0].Community*1000 + 90, ValidFrom: 20200101})
	a := load(t, storetest.SQLite(t, nil), d)
	if s, _ := a.At(west+0.5*cell, south+0.5*cell); s.Grid != 1_000_900 {
		t.Errorf("in the market: %+v", s)
	}
	if s, _ := a.At(west+0.2*cell, south+0.2*cell); s.Grid != d.Grids[0].ID {
		t.Errorf("beside the market: %+v", s)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	a := load(t, storetest.SQLite(t, nil), chessboard(2, 3, 2, 13))
	for _, c := range []struct{ q, kind, name string }{
		{"翠湖花园1期3号楼", "building", "翠湖花园1期3号楼"},
		{"翠湖花园1期3栋", "building", "翠湖花园1期3号楼"},
		{"翠湖花园一期十二幢", "building", "翠湖花园1期12号楼"},
		{"翠湖花园１期１２＃楼", "building", "翠湖花园1期12号楼"},
		{"翠湖 花园 1期 3号楼", "building", "翠湖花园1期3号楼"},
		{"湖东区翠湖街道翠湖花园1期3号楼2单元501室", "building", "翠湖花园1期3号楼"},
		{"湖东区 翠湖花园1期", "compound", "翠湖花园1期"},
		{"翠湖街道翠湖花园1期", "compound", "翠湖花园1期"},
		{"翠湖花", "compound", "翠湖花园1期"},
		{"翠湖街", "street", "翠湖街道"},
		{"翠花园", "compound", "翠湖花园1期"},
		{"建设大道", "road", "建设大道"},
		{"3里河", "road", "三里河路"},
		{"三里河路", "road", "三里河路"},
		{"百货", "poi", "百货大楼"},
		{"小学", "poi", "翠湖小学"},
		{"湖西", "district", "湖西区"},
		{"990102001001002", "grid", "枫林第7社区第2网格"},
	} {
		got := a.Places(c.q, nil, 5)
		if len(got) == 0 || got[0].Kind != c.kind || got[0].Name != c.name {
			t.Errorf("%q: %+v", c.q, got)
		}
	}
	for _, q := range []string{"", "  ", "!!!", "不存在的地方呀", strings.Repeat("长", 5000), "\xff\xfe"} {
		if got := a.Places(q, nil, 5); len(got) != 0 {
			t.Errorf("%q finds %+v", q, got[0])
		}
	}
	if got := a.Places("3号楼", []int64{990102}, 10); len(got) != 10 || got[0].Community/1e6 != 990102 {
		t.Errorf("near: %+v", got)
	}
	b := a.Places("翠湖花园1期3号楼", nil, 1)[0]
	if b.Building == 0 || b.Grid == 0 || b.Community == 0 || b.Path == "" || b.Lon == 0 {
		t.Errorf("incomplete: %+v", b)
	}
}

// Whatever is typed, the search neither fails nor answers twice the same.
func TestNamed(t *testing.T) {
	t.Parallel()
	a := load(t, storetest.SQLite(t, nil), chessboard(2, 3, 2, 13))
	for text, want := range map[string]string{
		"翠湖花园一期3栋的电梯又坏了，请派人来修": "翠湖花园1期3号楼",
		"我住翠湖花园1期，楼下太吵":        "翠湖花园1期",
		"建设大道上路灯不亮":            "建设大道",
		"翠湖花园1期13号楼漏水":         "翠湖花园1期13号楼", // not 3号楼
		"没有地名":                 "",
		"":                     "",
	} {
		got := a.Named(text, nil, 5)
		if want == "" != (len(got) == 0) || want != "" && got[0].Name != want {
			t.Errorf("%q: %+v, want %s", text, got, want)
		}
	}
	names := func(list []region.Found) (out []string) {
		for _, f := range list {
			out = append(out, f.Name)
		}
		return out
	}
	if got := names(a.Named("翠湖花园1期3号楼在建设大道边", nil, 5)); len(got) != 2 {
		t.Errorf("a part of a found name counts: %v", got)
	}
}

func TestPlacesHoldsForAnything(t *testing.T) {
	t.Parallel()
	d := chessboard(2, 2, 2, 3)
	a := load(t, storetest.SQLite(t, nil), d)
	names := []string{}
	for _, c := range d.Compounds {
		names = append(names, c.Name)
	}
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("翠湖花园街道社区号楼一二三十百0123456789 ,栋#")))).Draw(t, "q")
		got := a.Places(q, nil, 20)
		seen := map[region.Found]bool{}
		for _, f := range got {
			if seen[f] {
				t.Fatalf("%q answers twice %+v", q, f)
			}
			seen[f] = true
		}
		// Every name finds itself.
		name := rapid.SampledFrom(names).Draw(t, "name")
		if got := a.Places(name, nil, 3); len(got) == 0 || got[0].Name != name {
			t.Fatalf("%q finds %+v", name, got)
		}
	})
}

func TestBaseMapIsKept(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	dir := filepath.Join(t.TempDir(), "map")
	ctx := context.Background()
	a, err := region.Open(ctx, region.Options{DB: db, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	d := chessboard(1, 1, 1, 1)
	d.Layers = map[string][]byte{"water": []byte(`{"type":"FeatureCollection","features":[{"lake":1}]}`), "roads": []byte(`{}`)}
	if err := a.Load(ctx, admin, d); err != nil {
		t.Fatal(err)
	}
	if !a.Synthetic() {
		t.Error("the city does not say that it is synthetic")
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %v", files, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "map.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ Layers map[string]string }
	if err := json.Unmarshal(raw, &m); err != nil || len(m.Layers) != 2 {
		t.Fatalf("%s, %v", raw, err)
	}
	if b, err := region.Open(ctx, region.Options{DB: db, Dir: dir}); err != nil || !b.Synthetic() {
		t.Errorf("opened again: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "map.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := region.Open(ctx, region.Options{DB: db, Dir: dir}); err == nil {
		t.Error("a damaged map is opened silently")
	}
}

func BenchmarkAt(b *testing.B) {
	a := bigAtlas(b)
	r := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	for b.Loop() {
		a.At(west+r.Float64()*42*cell, south+r.Float64()*12*cell)
	}
}

func BenchmarkPlaces(b *testing.B) {
	a := bigAtlas(b)
	for _, q := range []string{"翠湖花园3期12栋", "号楼", "湖东区翠湖街道翠湖花园1期3号楼2单元501室", "翠花楼", "没有这个地方"} {
		b.Run(q, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				a.Places(q, []int64{990102}, 10)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	d := chessboard(3, 6, 7, 28)
	for b.Loop() {
		load(b, storetest.SQLite(b, nil), d)
	}
	b.ReportMetric(float64(len(d.Buildings)), "buildings")
}
