package planning

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
)

// strip is a community of five units in a row, with every kind of field filled.
func strip() *Instance {
	in := &Instance{
		Name: "strip", Licence: "none", Origin: [2]float64{121.4, 31.2}, MetresPerDegree: [2]float64{95000, 110540},
		Communities: []Community{{ID: 7, Name: "河东", Area: orb.MultiPolygon{
			{{{0, 0}, {500, 0}, {500, 100}, {0, 100}, {0, 0}}, {{10, 10}, {20, 10}, {10, 20}, {10, 10}}},
			{{{600, 0}, {610, 0}, {600, 9.5}, {600, 0}}},
		}}},
		Barriers: []Barrier{{Class: "river", Line: orb.LineString{{250, 0}, {250, 100}}}},
	}
	for i, households := range []int{200, 150, 0, 250, 100} {
		in.Units = append(in.Units, Unit{Building: "b,1", Community: 7, Compound: i/2 - 1, X: 50 + 100*float64(i), Y: 50, Households: households, Kind: "res", Levels: 6, CellArea: 1e4, CellOuter: 200, Workload: 2.5})
		if i > 0 {
			in.Edges = append(in.Edges, Edge{U: i - 1, V: i, Border: 100, Cross: Cross(i / 4)})
		}
	}
	return in
}

func TestInstanceSurvivesItsFiles(t *testing.T) {
	t.Parallel()
	want := strip()
	prefix := filepath.Join(t.TempDir(), "strip")
	if err := want.Save(prefix); err != nil {
		t.Fatal(err)
	}
	got, err := Load(prefix)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPlanKeepsTheNamesOfItsGrids(t *testing.T) {
	t.Parallel()
	in, path := strip(), filepath.Join(t.TempDir(), "plan.csv")
	if err := SavePlan(path, []int{1, 1, 0, 0, 0}, []string{"东", "西"}); err != nil {
		t.Fatal(err)
	}
	grid, names, err := LoadPlan(path, in)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{0, 0, 1, 1, 1}, grid); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"西", "东"}, names); d != "" {
		t.Error(d)
	}
	if err := os.WriteFile(path, []byte("unit,old_grid\n4,a\n0,b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	grid, _, err = LoadPlan(path, in)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{1, NoGrid, NoGrid, NoGrid, 0}, grid); d != "" {
		t.Error(d)
	}
	var wrong *InputError
	if err := Complete(path, grid); !errors.As(err, &wrong) {
		t.Errorf("a plan without unit 1 is complete: %v", err)
	}
}

func TestMalformedInputNamesItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, old, new string
		line           int
		column         string
	}{
		"households no number":    {"units", ",200,res", ",many,res", 2, "households"},
		"households below zero":   {"units", ",200,res", ",-1,res", 2, "households"},
		"coordinate no number":    {"units", ",50,50,", ",NaN,50,", 2, "x"},
		"unknown community":       {"units", "4,\"b,1\",7", "4,\"b,1\",8", 6, "community"},
		"unit twice":              {"units", "\n4,", "\n3,", 6, "id"},
		"gap in the numbers":      {"units", "\n4,", "\n9,", 6, "id"},
		"quote left open":         {"units", "4,\"b,1\"", "4,\"b,1", 6, ""},
		"field missing":           {"units", "4,\"b,1\",7", "4,7", 6, ""},
		"column missing":          {"units", "households", "people", 1, "households"},
		"self loop":               {"edges", "3,4,", "4,4,", 5, "v"},
		"edge twice":              {"edges", "3,4,", "3,2,", 5, "v"},
		"edge of nothing":         {"edges", "3,4,", "3,5,", 5, "v"},
		"unknown crossing":        {"edges", "3,4,100,1", "3,4,100,3", 5, "cross"},
		"border below zero":       {"edges", "3,4,100,1", "3,4,-100,1", 5, "border_len"},
		"community twice":         {"communities", "7,河东", "7,河西,5,700,1,2,2,\n7,河东", 3, "id"},
		"ring without ordinate":   {"communities", "0 0;500 0", "0;500 0", 2, "ring"},
		"no units":                {"units", "", "", 0, ""},
		"meta no JSON":            {"meta", "{", "[", 0, ""},
		"barrier without a point": {"barriers", "250 0;", "x;", 2, "line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prefix := filepath.Join(t.TempDir(), "strip")
			if err := strip().Save(prefix); err != nil {
				t.Fatal(err)
			}
			path := prefix + "." + c.file + ".csv"
			if c.file == "meta" {
				path = prefix + ".meta.json"
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(string(b), c.old, c.new, 1)
			if c.old == "" {
				text, _, _ = strings.Cut(text, "\n")
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = Load(prefix)
			var wrong *InputError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v", err)
			}
			if wrong.File != path || wrong.Line != c.line || wrong.Column != c.column || wrong.Problem == "" || wrong.Remedy == "" {
				t.Errorf("got %+v", *wrong)
			}
		})
	}
}
