package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/xuri/excelize/v2"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
	"linli/internal/kernel/geo"
)

// view is a generated town divided into its old grids.
func view(t testing.TB, shape plangen.Shape, lang string) View {
	t.Helper()
	c := plangen.Generate(5, shape, 4)
	c.Origin, c.MetresPerDegree = [2]float64{112.6, 29.4}, [2]float64{96950, 110850}
	v := View{Instance: c.Instance, Grid: c.Old, Min: 100, Max: 180, Title: "湖滨街道 <测试>", Lang: lang, Compounds: map[int]string{0: "翠湖花园"}}
	most := slices.Max(c.Old)
	for i := range most + 1 {
		v.Grids = append(v.Grids, Label{Code: fmt.Sprintf("9901010010%02d", i), Worker: "王某"})
	}
	v.Grids[0].Dedicated, v.Grids[0].Name = true, "农贸市场"
	for i := range c.Units {
		v.Units = append(v.Units, fmt.Sprintf("翠湖花园%d号楼 & 附楼", i))
	}
	return v
}

func TestGeoJSON(t *testing.T) {
	t.Parallel()
	for _, shape := range plangen.Shapes {
		v := view(t, shape, "zh")
		var b bytes.Buffer
		if err := GeoJSON(&b, v); err != nil {
			t.Fatal(err)
		}
		features, err := geo.ReadGeoJSON(bytes.NewReader(b.Bytes()), geo.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", shape, err)
		}
		areas, households, units := map[int]float64{}, 0, 0
		for _, f := range features {
			var p properties
			if err := json.Unmarshal(f.Properties, &p); err != nil {
				t.Fatal(err)
			}
			area, ok := f.MultiPolygon()
			if !ok {
				t.Fatalf("%T", f.Shape)
			}
			m2 := math.Abs(planar.Area(area)) * v.Instance.MetresPerDegree[0] * v.Instance.MetresPerDegree[1]
			areas[p.CommunityID] += m2
			households, units = households+p.Households, units+p.Units
			if p.InRange != (p.Status == Within) || p.Grid == "" || p.Order < 1 || p.Community == "" || p.Worker != "王某" {
				t.Errorf("%+v", p)
			}
		}
		want := 0
		for u, x := range v.Instance.Units {
			if v.Grid[u] != planning.NoGrid {
				want += x.Households
			}
		}
		if households != want || units == 0 {
			t.Errorf("%s: %d households of %d", shape, households, want)
		}
		for _, c := range v.Instance.Communities {
			if whole := math.Abs(planar.Area(c.Area)); areas[c.ID] > whole*1.001 || !slices.Contains(v.Grid, planning.NoGrid) && areas[c.ID] < whole*0.999 {
				t.Errorf("%s: grids cover %.0f m² of %.0f", c.Name, areas[c.ID], whole)
			}
		}
	}
	v := view(t, plangen.Town, "en")
	v.Instance.MetresPerDegree = [2]float64{}
	v.Communities = []int{v.Instance.Communities[1].ID}
	var b bytes.Buffer
	if err := GeoJSON(&b, v); err != nil || !strings.Contains(b.String(), `"frame"`) || strings.Contains(b.String(), fmt.Sprintf(`"community_id":%d,`, v.Instance.Communities[0].ID)) {
		t.Errorf("no origin, one community: %v", err)
	}
	v.Grid = v.Grid[1:]
	if err := GeoJSON(&b, v); err == nil {
		t.Error("a plan of another instance is drawn")
	}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		for _, shape := range plangen.Shapes {
			v := view(t, shape, lang)
			var b bytes.Buffer
			if err := SVG(&b, v); err != nil {
				t.Fatal(err)
			}
			d := xml.NewDecoder(bytes.NewReader(b.Bytes()))
			paths := 0
			for {
				tok, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", shape, err)
				}
				if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "path" {
					paths++
				}
			}
			if paths < len(v.Instance.Communities) || strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
				t.Errorf("%s: %d paths", shape, paths)
			}
			if han := regexp.MustCompile(`>[^<]*(户数|网格)`); han.MatchString(b.String()) != (lang == "zh") {
				t.Errorf("%s: the wrong language", lang)
			}
		}
	}
}

func TestExcel(t *testing.T) {
	t.Parallel()
	v := view(t, plangen.Town, "zh")
	v.Grids[1].Note = "=HYPERLINK(\"x\")"
	var b bytes.Buffer
	if err := Excel(&b, v); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.GetSheetList(); !slices.Equal(got, []string{"汇总", "网格", "楼栋"}) {
		t.Error(got)
	}
	rows, err := f.GetRows("网格")
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[int]bool{}
	households := 0
	for _, g := range v.Grid {
		if g != planning.NoGrid {
			numbers[g] = true
		}
	}
	for _, r := range rows[1:] {
		n, err := strconv.Atoi(r[4])
		if err != nil {
			t.Fatal(err)
		}
		households += n
		if r[6] == "" || r[9] != "王某" {
			t.Error(r)
		}
	}
	totals, err := f.GetRows("汇总")
	if err != nil {
		t.Fatal(err)
	}
	if last := totals[len(totals)-1]; len(rows)-1 != len(numbers) || last[2] != strconv.Itoa(households) || last[1] != strconv.Itoa(len(numbers)) {
		t.Errorf("%d rows, %v", len(rows), last)
	}
	for i := range rows {
		if formula, err := f.GetCellFormula("网格", fmt.Sprintf("K%d", i+1)); err != nil || formula != "" {
			t.Errorf("row %d has the formula %q (%v)", i+1, formula, err)
		}
	}
}

func TestPDF(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh", "en"} {
		v := view(t, plangen.Town, lang)
		var b bytes.Buffer
		if err := PDF(&b, v); err != nil {
			t.Fatal(err)
		}
		raw := b.Bytes()
		grids := map[int]bool{}
		for _, g := range v.Grid {
			if g != planning.NoGrid {
				grids[g] = true
			}
		}
		if n := bytes.Count(raw, []byte("/Type /Page ")); n != len(grids) {
			t.Errorf("%d pages for %d grids", n, len(grids))
		}
		start, err := strconv.Atoi(string(regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(raw)[1]))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(raw[start:]), "\n")
		for i, l := range lines[3:] {
			if !strings.HasSuffix(l, " n ") {
				break
			}
			at, err := strconv.Atoi(l[:10])
			if want := fmt.Sprintf("%d 0 obj", i+1); err != nil || !bytes.HasPrefix(raw[at:], []byte(want)) {
				t.Fatalf("object %d is not at %d", i+1, at)
			}
		}
		var again bytes.Buffer
		if err := PDF(&again, v); err != nil || !bytes.Equal(raw, again.Bytes()) {
			t.Errorf("the same plan gives another file: %v", err)
		}
	}
}

func TestFonts(t *testing.T) {
	t.Parallel()
	f, err := newFace()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range "0aé网格户楼栋镇乡村街道社区·…（）、。" {
		if s := f.sign(r); s.index == 0 || s.width == 0 {
			t.Errorf("%c is missing", r)
		}
	}
	if f.searched {
		t.Error("the built-in font did not do")
	}
	if s := f.sign(0x10fffd); s.index != 0 || s.width == 0 {
		t.Errorf("%+v", s)
	}
	if got := f.fit("翠湖花园十二号楼", 10, 50); !strings.HasSuffix(got, "…") || f.width(got, 10) > 50 {
		t.Error(got)
	}
}

func TestHeart(t *testing.T) {
	t.Parallel()
	l := orb.MultiPolygon{{{{0, 0}, {100, 0}, {100, 10}, {10, 10}, {10, 100}, {0, 100}, {0, 0}}}}
	if at, room := heart(l); !planar.MultiPolygonContains(l, at) || room < 3 {
		t.Error(at, room)
	}
	names := []string{"10号楼", "2号楼", "1号楼2单元", "1号楼10单元", "甲楼"}
	slices.SortFunc(names, natural)
	if !slices.Equal(names, []string{"1号楼2单元", "1号楼10单元", "2号楼", "10号楼", "甲楼"}) {
		t.Error(names)
	}
}
