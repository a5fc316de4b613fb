package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"linli/internal/grid/planning/prepare"
)

// buildings is a CSV of n×n houses 40 m apart, with 20 households each.
func buildings(n int) string {
	var b strings.Builder
	b.WriteString("楼栋编号,社区,小区,户数,经度,纬度\n")
	for i := range n * n {
		fmt.Fprintf(&b, "%d号楼,甲社区,%s,20,%.6f,%.6f\n", i+1, []string{"东园", "西园"}[i%n*2/n], 112.6+0.0004*(float64(i%n)+0.5), 29.4+0.0004*(float64(i/n)+0.5))
	}
	return b.String()
}

func TestFromFilesToPrintedGrids(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := fixture(t, "b.csv", buildings(10)+"999号楼,甲社区,,20,113.9,29.4\n")
	c := fixture(t, "c.geojson", `{"type":"Feature","properties":{"名称":"甲社区"},"geometry":{"type":"Polygon","coordinates":[[[112.6,29.4],[112.604,29.4],[112.604,29.404],[112.6,29.404],[112.6,29.4]]]}}`)
	l := fixture(t, "l.csv", "类别,line\n主干道,112.602 29.39;112.602 29.41\n")
	o := fixture(t, "o.csv", "楼栋编号,原网格\n1号楼,旧1\n2号楼,旧1\n")
	prefix := filepath.Join(dir, "city")
	var out struct {
		Units, Households, Crossings int
		Findings                     []prepare.Finding
	}
	must(t, 0, &out, "plan", "prepare", "--buildings", b, "--communities", c, "--barriers", l, "--old", o, "--out", prefix)
	if out.Units != 100 || out.Households != 2000 || out.Crossings < 10 || out.Findings[0].Kind != prepare.OutsideCommunities || out.Findings[0].Row != 102 {
		t.Errorf("%d units, %d households, %d crossings, %+v", out.Units, out.Households, out.Crossings, out.Findings[0])
	}
	if text := must(t, 0, nil, "plan", "prepare", "--buildings", b, "--communities", c, "--out", prefix+"2"); !strings.Contains(text, "位于所有社区之外") || !strings.Contains(text, "left out, outside every community: 1 buildings with 20 households") {
		t.Error(text)
	}
	for _, name := range []string{".units.csv", ".edges.csv", ".communities.csv", ".barriers.csv", ".meta.json", ".old.csv", ".check.csv"} {
		if st, err := os.Stat(prefix + name); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	made := func(name string) string { return filepath.Join(dir, name) }
	must(t, 0, nil, "plan", "--instance", prefix, "--out", made("p.csv"), "--time", "1s", "--geojson", made("g.geojson"), "--svg", made("p.svg"))
	must(t, 0, nil, "plan", "draw", "--instance", prefix, "--plan", made("p.csv"), "--svg", made("again.svg"), "--excel", made("l.xlsx"), "--pdf", made("p.pdf"), "--lang", "en")
	if text := must(t, 2, nil, "plan", "--instance", prefix, "--out", made("nowhere/p.csv")); !strings.Contains(text, "nowhere") {
		t.Error(text)
	}
	for name, begin := range map[string]string{"g.geojson": `{"type":"FeatureCollection"`, "p.svg": "<svg", "again.svg": "<svg", "l.xlsx": "PK", "p.pdf": "%PDF-1.7"} {
		if raw, err := os.ReadFile(made(name)); err != nil || !strings.HasPrefix(string(raw), begin) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPlanPrepareRefuses(t *testing.T) {
	t.Parallel()
	b, c := fixture(t, "b.csv", buildings(2)), fixture(t, "c.csv", "名称,ring\n甲社区,112.6 29.4;112.61 29.4;112.61 29.41\n")
	bad := fixture(t, "bad.csv", "编号,户数,经度,纬度\n1,20,112.6,NaN\n")
	out := filepath.Join(t.TempDir(), "x")
	for name, args := range map[string][]string{
		"bad.csv:2, column 纬度": {"--buildings", bad, "--communities", c, "--out", out},
		"cannot be opened":     {"--buildings", b, "--communities", "none.csv", "--out", out},
		"--out PREFIX":         {"--buildings", b, "--communities", c},
		"are needed":           {"--buildings", b, "--out", out},
		"there is no \"mars\"": {"--buildings", b, "--communities", c, "--out", out, "--crs", "mars"},
		"in metres":            {"--buildings", b, "--communities", c, "--out", out, "--crs", "metres", "--map-crs", "wgs84"},
		"no OpenStreetMap":     {"--osm", b, "--out", out},
		"no building lies":     {"--buildings", fixture(t, "far.csv", "编号,经度,纬度\n1,3,4\n"), "--communities", c, "--out", out},
	} {
		if text := must(t, 2, nil, append([]string{"plan", "prepare"}, args...)...); !strings.Contains(text, name) {
			t.Errorf("%v: %s", args, text)
		}
	}
}
