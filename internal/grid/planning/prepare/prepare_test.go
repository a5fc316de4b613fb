package prepare

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
	"linli/internal/kernel/geo"
)

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func csvFile(t testing.TB, name string, rows ...[]string) string {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return write(t, name, b.Bytes())
}

// town is where the test cities lie.
var town = orb.Point{112.6, 29.4}

func degrees(p orb.Point) orb.Point {
	return orb.Point{town[0] + p[0]/96950, town[1] + p[1]/110850}
}

func ringText(ring orb.Ring, turn func(orb.Point) orb.Point) string {
	var out []string
	for _, p := range ring {
		q := turn(p)
		out = append(out, fmt.Sprintf("%.8f %.8f", q[0], q[1]))
	}
	return strings.Join(out, ";")
}

// raw writes a generated city as files that a city would hand in.
func raw(t *testing.T, c *plangen.City, turn func(orb.Point) orb.Point) (buildings, communities, barriers, old string) {
	t.Helper()
	b, g, l, o := [][]string{{"楼栋编号", "所属社区", "小区", "户数（户）", "用途", "层数", "经度", "纬度"}}, [][]string{{"编号", "名称", "边界"}}, [][]string{{"类别", "line"}}, [][]string{{"编号", "网格"}}
	name := map[int]string{}
	for _, x := range c.Communities {
		name[x.ID] = x.Name
		var parts []string
		for _, poly := range x.Area {
			var rings []string
			for _, r := range poly {
				rings = append(rings, ringText(r, turn))
			}
			parts = append(parts, strings.Join(rings, "/"))
		}
		g = append(g, []string{strconv.Itoa(x.ID), x.Name, strings.Join(parts, "|")})
	}
	for i, u := range c.Units {
		p := turn(orb.Point{u.X, u.Y})
		compound := ""
		if u.Compound != planning.NoCompound {
			compound = fmt.Sprintf("小区%d", u.Compound)
		}
		b = append(b, []string{fmt.Sprintf("B%d", i), name[u.Community], compound, strconv.Itoa(u.Households), "住宅", "6", fmt.Sprintf("%.8f", p[0]), fmt.Sprintf("%.8f", p[1])})
		if c.Old[i] != planning.NoGrid {
			o = append(o, []string{fmt.Sprintf("B%d", i), fmt.Sprintf("G%d", c.Old[i])})
		}
	}
	for _, x := range c.Barriers {
		l = append(l, []string{x.Class, ringText(orb.Ring(x.Line), turn)})
	}
	return csvFile(t, "b.csv", b...), csvFile(t, "c.csv", g...), csvFile(t, "l.csv", l...), csvFile(t, "o.csv", o...)
}

func read(t testing.TB, s *Sources, buildings, communities, barriers, old string, system System) {
	t.Helper()
	for _, f := range []struct {
		path string
		read func(string, Reading) error
	}{{buildings, s.ReadBuildings}, {communities, s.ReadCommunities}, {barriers, s.ReadBarriers}, {old, s.ReadOld}} {
		if f.path != "" {
			if err := f.read(f.path, Reading{System: system}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// sound fails unless the instance keeps what every instance must.
func sound(t testing.TB, in *planning.Instance) {
	t.Helper()
	area, outer, round := map[int]float64{}, map[int]float64{}, make([]float64, len(in.Units))
	connected(t, in)
	for i, u := range in.Units {
		area[u.Community] += u.CellArea
		outer[u.Community] += u.CellOuter
		round[i] = u.CellOuter
	}
	seen := map[[2]int]bool{}
	for _, e := range in.Edges {
		key := [2]int{min(e.U, e.V), max(e.U, e.V)}
		if seen[key] || (e.Cross == planning.CrossArtificial) != (e.Border == 0) {
			t.Fatalf("edge %+v", e)
		}
		seen[key] = true
		round[e.U] += e.Border
		round[e.V] += e.Border
	}
	peopled := map[int]bool{}
	for i, u := range in.Units {
		peopled[u.Community] = true
		if u.CellArea > 0 && round[i]*round[i] < 4*math.Pi*u.CellArea*0.999 {
			t.Fatalf("unit %d: %.1f m around %.1f m²", i, round[i], u.CellArea)
		}
	}
	for _, c := range in.Communities {
		if !peopled[c.ID] {
			continue
		}
		want, length := math.Abs(planar.Area(c.Area)), 0.0
		if math.Abs(area[c.ID]-want) > 0.001*want {
			t.Errorf("cells of %s have %.0f m² of %.0f", c.Name, area[c.ID], want)
		}
		for _, poly := range c.Area {
			for _, r := range poly {
				length += planar.Length(orb.LineString(r))
			}
		}
		// Borders shorter than cells.Shortest count as outer border.
		if outer[c.ID] < length*0.999-1 || outer[c.ID] > length*1.03+10 {
			t.Errorf("cells of %s have %.1f m of outer border, the community %.1f", c.Name, outer[c.ID], length)
		}
	}
}

func TestPrepareGeneratedCities(t *testing.T) {
	t.Parallel()
	for _, shape := range plangen.Shapes {
		t.Run(string(shape), func(t *testing.T) {
			t.Parallel()
			c := plangen.Generate(7, shape, 4)
			s := &Sources{}
			b, g, l, o := raw(t, c, degrees)
			read(t, s, b, g, l, o, geo.WGS84)
			r, err := Prepare(s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			sound(t, r.Instance)
			households, compounds, split := map[int]int{}, map[int]bool{}, map[string]int{}
			for _, u := range c.Units {
				households[u.Community] += u.Households
			}
			for i, u := range r.Instance.Units {
				households[u.Community] -= u.Households
				if u.Compound != planning.NoCompound {
					compounds[u.Compound] = true
				}
				split[u.Building]++
				id, err := strconv.Atoi(strings.TrimPrefix(u.Building, "B"))
				if err != nil {
					t.Fatal(err)
				}
				if want := c.Old[id]; want != planning.NoGrid && r.Old[i] != fmt.Sprintf("G%d", want) {
					t.Fatalf("%s is in %s, was in %d", u.Building, r.Old[i], want)
				}
				if u.Households > TowerOver {
					t.Fatalf("%s has %d households", u.Building, u.Households)
				}
			}
			for id, n := range households {
				if n != 0 {
					t.Errorf("community %d lost %d households", id, n)
				}
			}
			want := map[int]bool{}
			for i, u := range c.Units {
				want[u.Compound] = true
				if n := max(1, (u.Households+TowerOver-1)/TowerOver); split[fmt.Sprintf("B%d", i)] != n {
					t.Errorf("B%d with %d households makes %d units", i, u.Households, split[fmt.Sprintf("B%d", i)])
				}
			}
			delete(want, planning.NoCompound)
			if len(compounds) != len(want) {
				t.Errorf("%d compounds of %d", len(compounds), len(want))
			}
			prefix := filepath.Join(t.TempDir(), "x")
			if err := r.Instance.Save(prefix); err != nil {
				t.Fatal(err)
			}
			if back, err := planning.Load(prefix); err != nil || len(back.Units) != len(r.Instance.Units) || len(back.Edges) != len(r.Instance.Edges) {
				t.Errorf("saved and loaded otherwise: %v", err)
			}
		})
	}
}

// TestCoordinateSystems: the same city in another system, said so, is the same;
// not said so, it is noticed.
func TestCoordinateSystems(t *testing.T) {
	t.Parallel()
	c := plangen.Generate(3, plangen.Town, 4)
	for system, turn := range map[System]func(geo.Point) geo.Point{
		geo.GCJ02: geo.WGSToGCJ,
		geo.BD09:  func(p geo.Point) geo.Point { return geo.GCJToBD(geo.WGSToGCJ(p)) },
	} {
		shifted := func(p orb.Point) orb.Point {
			q := degrees(p)
			s := turn(geo.Point{Lon: q[0], Lat: q[1]})
			return orb.Point{s.Lon, s.Lat}
		}
		b, g, _, _ := raw(t, c, shifted)
		_, plain, _, _ := raw(t, c, degrees)
		s := &Sources{}
		if err := errors.Join(s.ReadBuildings(b, Reading{System: system}), s.ReadCommunities(plain, Reading{})); err != nil {
			t.Fatal(err)
		}
		r, err := Prepare(s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := Count(r.Findings); n[OtherCommunity]+n[OutsideCommunities]+n[SystemSuspected] > 0 {
			t.Errorf("%s, said so: %v", system, n)
		}
		s = &Sources{}
		if err := errors.Join(s.ReadBuildings(b, Reading{}), s.ReadCommunities(plain, Reading{})); err != nil {
			t.Fatal(err)
		}
		if r, err = Prepare(s, Options{}); err != nil {
			t.Fatal(err)
		}
		if Count(r.Findings)[SystemSuspected] != 1 {
			t.Errorf("%s, not said: %v", system, Count(r.Findings))
		}
		s = &Sources{}
		if err := errors.Join(s.ReadBuildings(b, Reading{System: system}), s.ReadCommunities(g, Reading{System: system})); err != nil {
			t.Fatal(err)
		}
		if r, err = Prepare(s, Options{}); err != nil || Count(r.Findings)[SystemSuspected] != 0 {
			t.Errorf("%s for both: %v %v", system, err, Count(r.Findings))
		}
	}
}

// box is a community in metres.
func box(name string, x0, y0, x1, y1 int) []string {
	return []string{name, fmt.Sprintf("%d %d;%d %d;%d %d;%d %d", x0, y0, x1, y0, x1, y1, x0, y1)}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	communities := csvFile(t, "c.csv", []string{"name", "ring"}, box("甲", 0, 0, 1000, 1000), box("乙", 1000, 0, 2000, 1000), box("空", 5000, 0, 6000, 1000), box("乙", 3000, 0, 3500, 500), box("", 7000, 0, 8000, 1000),
		[]string{"结", "9000 0;9100 100;9100 0;9000 100"}, box("重", 7900, 0, 8200, 1000))
	buildings := csvFile(t, "b.csv", []string{"编号", "社区", "户数", "类型", "x", "y", "层数"},
		[]string{"1", "甲", "20", "住宅", "100", "100", "6至7"},
		[]string{"2", "乙", "20", "住宅", "200", "100", "6"},   // named otherwise
		[]string{"3", "丙", "20", "住宅", "300", "100", "6"},   // no such community
		[]string{"4", "甲", "", "住宅", "400", "100", "6"},     // no households
		[]string{"5", "甲", "-3", "住宅", "500", "100", "6"},   // fewer than none
		[]string{"6", "甲", "9999", "住宅", "600", "750", "6"}, // absurd
		[]string{"7", "甲", "", "学校", "700", "100", "6"},     // nobody lives there
		[]string{"8", "甲", "20", "住宅", "100", "-30", "6"},   // near
		[]string{"9", "甲", "20", "住宅", "100", "-300", "6"},  // far
		[]string{"10", "甲", "20", "住宅", "", "", "6"},        // nowhere
		[]string{"1", "甲", "20", "住宅", "100", "100", "6"},   // row 2 again
		[]string{"1", "甲", "30", "住宅", "900", "900", "6"},   // its id again
		[]string{"11", "甲", "20", "住宅", "200", "100", "6"},  // at the place of 2
		[]string{"", "乙", "20", "住宅", "1500", "500", "6"},   // no id
		[]string{"12", "乙", "20", "住宅", "3100", "100", "6"}, // in its second part
		[]string{"13", "", "20", "住宅", "9090", "50", "6"},
		[]string{"14", "", "20", "住宅", "7950", "50", "6"}, // in two communities
	)
	old := csvFile(t, "o.csv", []string{"楼栋编号", "原网格"}, []string{"1", "A"}, []string{"99", "B"})
	s := &Sources{Planar: true}
	read(t, s, buildings, communities, "", old, Metres)
	r, err := Prepare(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Treatment{}
	for _, f := range r.Findings {
		if f.ZH == "" || f.EN == "" || f.File == "" || f.Treatment.Words().ZH == "" {
			t.Errorf("incomplete: %+v", f)
		}
		if f.Kind != OldGridMissing {
			got[fmt.Sprintf("%s %s:%d", f.Kind, f.Object, f.Row)] = f.Treatment
		}
	}
	want := map[string]Treatment{
		"number_unreadable 1:2": Ignored, "name_missing 社区4:6": Renamed, "community_in_parts 乙:3": Linked, "community_crossed 结:7": Corrected, "community_in_parts 结:7": Linked, "community_empty 空:0": Kept, "community_empty 重:0": Kept,
		"other_community 2:3": Placed, "unknown_community 3:4": Placed, "no_households 4:5": Zero, "negative_households 5:6": Zero, "absurd_households 6:7": Kept,
		"near_community 8:9": Assigned, "outside_communities 9:10": Dropped, "no_position 10:11": Dropped, "duplicate_id 1:12": Dropped, "duplicate_id 1:13": Renamed, "duplicate_position 11:14": Moved,
		"id_missing row-15:15": Renamed, "community_overlap 社区4、重:18": Warned, "old_unknown 99:0": Dropped,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	sound(t, r.Instance)
	if r.LeftOut != (Size{1, 20}) {
		t.Errorf("left out: %+v", r.LeftOut)
	}
	var table, today bytes.Buffer
	if err := errors.Join(WriteFindings(&table, r.Findings), WriteOld(&today, r.Old)); err != nil {
		t.Fatal(err)
	}
	if rows, err := csv.NewReader(&table).ReadAll(); err != nil || len(rows) != len(r.Findings)+1 {
		t.Error(len(rows), err)
	}
	if today.String() != "unit,old_grid\n0,A\n" {
		t.Errorf("%q", today.String())
	}
}

func TestSwappedPositions(t *testing.T) {
	t.Parallel()
	communities := csvFile(t, "c.csv", []string{"name", "ring"}, []string{"甲", "112.6 29.4;112.61 29.4;112.61 29.41;112.6 29.41"})
	buildings := csvFile(t, "b.csv", []string{"编号", "户数", "lon", "lat"}, []string{"1", "20", "112.605", "29.405"}, []string{"2", "20", "29.403", "112.603"})
	s := &Sources{}
	read(t, s, buildings, communities, "", "", "")
	r, err := Prepare(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := Count(r.Findings); len(r.Instance.Units) != 2 || n[SwappedPosition] != 1 {
		t.Errorf("%d units, %v", len(r.Instance.Units), n)
	}
	// Where both could be degrees, the place tells.
	communities = csvFile(t, "c.csv", []string{"name", "ring"}, []string{"Vaduz", "9.51 47.13;9.53 47.13;9.53 47.15;9.51 47.15"})
	buildings = csvFile(t, "b.csv", []string{"id", "households", "lon", "lat"}, []string{"1", "20", "9.52", "47.14"}, []string{"2", "20", "47.141", "9.521"})
	s = &Sources{}
	read(t, s, buildings, communities, "", "", "")
	if r, err = Prepare(s, Options{}); err != nil || len(r.Instance.Units) != 2 || Count(r.Findings)[SwappedPosition] != 1 {
		t.Errorf("%v %+v", err, r)
	}
}

func TestEntrancesStandAlongTheFootprint(t *testing.T) {
	t.Parallel()
	communities := csvFile(t, "c.csv", []string{"name", "ring"}, box("甲", 0, 0, 1000, 1000))
	buildings := csvFile(t, "b.csv", []string{"编号", "户数", "单元数", "轮廓", "x", "y"},
		[]string{"slab", "301", "", "500 500;510 500;510 560;500 560", "", ""}, // north–south
		[]string{"point", "160", "4", "", "200", "200"},
		[]string{"small", "150", "3", "", "800", "800"})
	s := &Sources{Planar: true}
	read(t, s, buildings, communities, "", "", Metres)
	r, err := Prepare(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range r.Instance.Units {
		got = append(got, fmt.Sprintf("%s %d %g %g", u.Building, u.Households, u.X, u.Y))
	}
	want := []string{"slab 101 505 510", "slab 100 505 530", "slab 100 505 550", "point 40 182 200", "point 40 194 200", "point 40 206 200", "point 40 218 200", "small 150 800 800"}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" || r.Split != 2 {
		t.Error(r.Split, d)
	}
}

func TestEstimatedHouseholds(t *testing.T) {
	t.Parallel()
	communities := csvFile(t, "c.csv", []string{"name", "ring"}, box("甲", 0, 0, 1000, 1000))
	buildings := write(t, "b.csv", []byte("编号,层数,类型,轮廓\n1,5,住宅,0 0;20 0;20 10;0 10\n2,5,学校,100 0;120 0;120 10;100 10\n"))
	s := &Sources{Planar: true}
	read(t, s, buildings, communities, "", "", Metres)
	r, err := Prepare(s, Options{HouseholdArea: 100})
	if err != nil {
		t.Fatal(err)
	}
	if u := r.Instance.Units; u[0].Households != 10 || u[1].Households != 0 || Count(r.Findings)[Estimated] != 1 || Count(r.Findings)[NoHouseholds] != 1 {
		t.Errorf("%+v %v", u, Count(r.Findings))
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte("编号,户数,经度,纬度\n一号,20户,112.605,29.405\n"))
	if err != nil {
		t.Fatal(err)
	}
	x := excelize.NewFile()
	for cell, v := range map[string]any{"A1": "某街道楼栋表", "A2": "编号", "B2": "户数", "C2": "经度", "D2": "纬度", "A3": "一号", "B3": 20, "C3": 112.605, "D3": 29.405} {
		if err := x.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	var excel bytes.Buffer
	if err := x.Write(&excel); err != nil {
		t.Fatal(err)
	}
	point := `{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"编号":"一号","户数":20},"geometry":{"type":"Point","coordinates":[112.605,29.405]}}]}`
	polygon := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"一号","households":20},"geometry":{"type":"Polygon","coordinates":[[[112.6049,29.4049],[112.6051,29.4049],[112.6051,29.4051],[112.6049,29.4051],[112.6049,29.4049]]]}}]}`
	for name, data := range map[string][]byte{"b.csv": gb, "b.xlsx": excel.Bytes(), "b.geojson": []byte(point), "c.json": []byte(polygon), "d.wkt": []byte("id;households;wkt\n一号;20;POINT(112.605 29.405)\n")} {
		for border, file := range map[string]string{
			"c.csv":     "名称,ring\n甲,112.6 29.4;112.61 29.4;112.61 29.41;112.6 29.41\n",
			"w.csv":     "名称,wkt\n甲,\"POLYGON((112.6 29.4,112.61 29.4,112.61 29.41,112.6 29.41,112.6 29.4))\"\n",
			"c.geojson": `{"type":"Feature","properties":{"name":"甲"},"geometry":{"type":"MultiPolygon","coordinates":[[[[112.6,29.4],[112.61,29.4],[112.61,29.41],[112.6,29.41],[112.6,29.4]]]]}}`,
		} {
			s := &Sources{}
			read(t, s, write(t, name, data), write(t, border, []byte(file)), "", "", "")
			r, err := Prepare(s, Options{})
			if err != nil {
				t.Fatalf("%s, %s: %v", name, border, err)
			}
			u := r.Instance.Units
			if len(u) != 1 || u[0].Building != "一号" || u[0].Households != 20 || r.Instance.Communities[0].Name != "甲" || len(r.Findings) > 0 || math.Abs(u[0].X)+math.Abs(u[0].Y) > 1 {
				t.Errorf("%s, %s: %+v %v", name, border, u, r.Findings)
			}
		}
	}
}

func TestMalformedFiles(t *testing.T) {
	t.Parallel()
	const head = "编号,户数,经度,纬度\n"
	for name, tc := range map[string]struct {
		file, data string
		line       int
		column     string
	}{
		"no file":              {"", "", 0, ""},
		"empty":                {"b.csv", "", 0, ""},
		"binary":               {"b.csv", "\x7fELF" + strings.Repeat("\x00\x01", 900), 0, ""},
		"old Excel":            {"b.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1aaaa", 0, ""},
		"half an Excel":        {"b.xlsx", "PK\x03\x04 nothing", 0, ""},
		"no columns":           {"b.csv", "编号,户数\n1,2\n", 1, "经度 lon"},
		"no latitude":          {"b.csv", "编号,经度\n1,112\n", 1, "纬度 lat"},
		"only headings":        {"b.csv", head, 0, ""},
		"a word":               {"b.csv", head + "1,20,112.6,29.4\n2,20,东边,29.4\n", 3, "经度"},
		"NaN":                  {"b.csv", head + "1,20,NaN,29.4\n", 2, "经度"},
		"infinite":             {"b.csv", head + "1,20,112.6,Inf\n", 2, "纬度"},
		"metres":               {"b.csv", head + "1,20,12534000,3430000\n", 2, "经度"},
		"households in a word": {"b.csv", head + "1,很多,112.6,29.4\n", 2, "户数"},
		"households 1e300":     {"b.csv", head + "1,1e300,112.6,29.4\n", 2, "户数"},
		"an open quote":        {"b.csv", head + "\"1,20,112.6,29.4\n2,20,112.6,29.4\n", 2, ""},
		"too many cells":       {"b.csv", head + "1,20,112.6,29.4,x\n", 2, ""},
		"broken GeoJSON":       {"b.geojson", `{"type":"FeatureCollection","features":[{"type":"Feature","prop`, 0, ""},
		"a line":               {"b.geojson", `{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[1,2],[3,4]]}}`, 0, "边界"},
		"swapped GeoJSON":      {"b.geojson", `{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[29.4,112.6]}}`, 0, ""},
		"deep GeoJSON":         {"b.geojson", strings.Repeat(`{"a":`, 99), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "none.csv")
			if tc.file != "" {
				path = write(t, tc.file, []byte(tc.data))
			}
			var bad *planning.InputError
			switch err := (&Sources{}).ReadBuildings(path, Reading{}); {
			case !errors.As(err, &bad):
				t.Fatalf("%v", err)
			case bad.File != path || bad.Line != tc.line || bad.Column != tc.column || bad.Problem == "" || bad.Remedy == "":
				t.Errorf("%+v", bad)
			}
		})
	}
	for name, data := range map[string]string{
		"no ring":      "名称\n甲\n",
		"no point":     "名称,ring\n甲,1 2;3;5 6\n",
		"NaN":          "名称,ring\n甲,1 2;NaN 3;5 6\n",
		"two points":   "名称,ring\n甲,1 2;3 4\n",
		"broken WKT":   "名称,wkt\n甲,\"POLYGON((1 2,3\"\n",
		"out of range": "名称,ring\n甲,1 2;500 3;5 6\n",
	} {
		var bad *planning.InputError
		if err := (&Sources{}).ReadCommunities(write(t, "c.csv", []byte(data)), Reading{}); !errors.As(err, &bad) || bad.Line != 2 || bad.Column == "" {
			t.Errorf("communities, %s: %v", name, err)
		}
	}
	var bad *planning.InputError
	if err := (&Sources{}).ReadOld(csvFile(t, "o.csv", []string{"a", "b"}, []string{"1", "2"}), Reading{}); !errors.As(err, &bad) {
		t.Errorf("old: %v", err)
	}
	if _, err := Prepare(&Sources{}, Options{}); !errors.As(err, &bad) {
		t.Error(err)
	}
}
