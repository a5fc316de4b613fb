package cells

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"
)

func square(x0, y0, x1, y1 float64) orb.Ring {
	return orb.Ring{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}
}

// check tells whether the diagram keeps the land: areas and outlines sum up,
// borders and outer pieces are each cell's perimeter.
func check(t interface{ Fatalf(string, ...any) }, land orb.MultiPolygon, sites []orb.Point, d *Diagram) {
	want, got := math.Abs(planar.Area(land)), 0.0
	round := make([]float64, len(sites))
	for i, c := range d.Cells {
		got += c.Area
		round[i] = c.Outer
		for _, v := range []float64{c.Area, c.Outer} {
			if !(v >= 0) {
				t.Fatalf("cell %d: %+v", i, c)
			}
		}
	}
	if math.Abs(got-want) > 1e-4*want+0.01 {
		t.Fatalf("cells have %.2f m² of %.2f", got, want)
	}
	last := [2]int{-1, -1}
	for _, b := range d.Borders {
		if b.U >= b.V || b.Length < Shortest || b.U < last[0] || (b.U == last[0] && b.V <= last[1]) {
			t.Fatalf("border %+v after %v", b, last)
		}
		last = [2]int{b.U, b.V}
		round[b.U] += b.Length
		round[b.V] += b.Length
	}
	for i, s := range sites {
		if slices.ContainsFunc(sites, func(o orb.Point) bool { return o != s && planar.Distance(o, s) < 0.01 }) || slices.Index(sites, s) != i || slices.Contains(sites[i+1:], s) {
			continue // sites at one place make slivers, whose tips are welded away
		}
		shape := d.Outline([]int{i})
		area, length := 0.0, 0.0
		for _, poly := range shape {
			area += math.Abs(planar.Area(poly))
			for _, r := range poly {
				length += planar.Length(orb.LineString(r))
			}
		}
		if math.Abs(area-d.Cells[i].Area) > 1e-3*area+0.1 {
			t.Fatalf("outline of %d has %.3f m², its cell %.3f", i, area, d.Cells[i].Area)
		}
		if math.Abs(length-round[i]) > 0.01*length+1 { // the tip of a sharp corner is welded away
			t.Fatalf("outline of %d is %.3f m long, its borders %.3f", i, length, round[i])
		}
	}
	all := make([]int, len(sites))
	for i := range all {
		all[i] = i
	}
	whole := 0.0
	for _, poly := range d.Outline(all) {
		whole += math.Abs(planar.Area(poly))
	}
	if math.Abs(whole-want) > 1e-4*want+0.05 {
		t.Fatalf("the outline of all has %.2f m² of %.2f", whole, want)
	}
}

func TestDivideSimpleLand(t *testing.T) {
	t.Parallel()
	land := orb.MultiPolygon{{square(0, 0, 30, 10)}}
	d := NewLand(land).Divide([]orb.Point{{5, 5}, {15, 5}, {25, 5}})
	check(t, land, []orb.Point{{5, 5}, {15, 5}, {25, 5}}, d)
	for i, c := range d.Cells {
		if math.Abs(c.Area-100) > 0.01 || math.Abs(c.Outer-[]float64{30, 20, 30}[i]) > 0.01 {
			t.Errorf("cell %d: %.3f m², %.3f m", i, c.Area, c.Outer)
		}
	}
	if len(d.Borders) != 2 || math.Abs(d.Borders[0].Length-10) > 0.01 {
		t.Error(d.Borders)
	}
}

func TestDivideAwkwardLand(t *testing.T) {
	t.Parallel()
	comb := orb.Ring{{0, 0}, {100, 0}, {100, 80}, {80, 80}, {80, 20}, {60, 20}, {60, 80}, {40, 80}, {40, 20}, {20, 20}, {20, 80}, {0, 80}, {0, 0}}
	clockwise := square(0, 0, 100, 100)
	clockwise.Reverse()
	for name, tc := range map[string]struct {
		land  orb.MultiPolygon
		sites []orb.Point
	}{
		"one place three times":   {orb.MultiPolygon{{square(0, 0, 100, 100)}}, []orb.Point{{50, 50}, {50, 50}, {50, 50}}},
		"on one line":             {orb.MultiPolygon{{square(0, 0, 100, 100)}}, []orb.Point{{10, 50}, {20, 50}, {30, 50}, {90, 50}}},
		"a lattice":               {orb.MultiPolygon{{square(0, 0, 100, 100)}}, []orb.Point{{25, 25}, {75, 25}, {25, 75}, {75, 75}}},
		"on corner and border":    {orb.MultiPolygon{{square(0, 0, 100, 100)}}, []orb.Point{{0, 0}, {100, 50}, {50, 50}}},
		"a comb":                  {orb.MultiPolygon{{comb}}, []orb.Point{{10, 70}, {50, 70}, {90, 70}, {50, 10}}},
		"a hole around a site":    {orb.MultiPolygon{{square(0, 0, 100, 100), square(40, 40, 60, 60)}}, []orb.Point{{50, 50}, {10, 10}, {90, 90}}},
		"an empty island":         {orb.MultiPolygon{{square(0, 0, 100, 100)}, {square(200, 0, 220, 20)}}, []orb.Point{{50, 50}, {10, 10}}},
		"two islands":             {orb.MultiPolygon{{square(0, 0, 100, 100)}, {square(110, 0, 220, 20)}}, []orb.Point{{98, 10}, {10, 10}, {112, 10}}},
		"clockwise":               {orb.MultiPolygon{{clockwise}}, []orb.Point{{50, 50}, {10, 10}}},
		"just outside, none else": {orb.MultiPolygon{{square(0, 0, 100, 100)}}, []orb.Point{{130, 50}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := NewLand(tc.land).Divide(tc.sites)
			check(t, tc.land, tc.sites, d)
			if name == "two islands" && len(d.Borders) != 1 {
				t.Error("cells reach over water:", d.Borders)
			}
		})
	}
	if d := NewLand(orb.MultiPolygon{{square(0, 0, 9, 9)}}).Divide([]orb.Point{{500, 5}}); d.Cells[0].Part != -1 || d.Cells[0].Area != 0 {
		t.Error("a site far away has a cell:", d.Cells[0])
	}
}

// star is a polygon that may be very concave.
func star(t *rapid.T, x, y float64) orb.Ring {
	n := rapid.IntRange(3, 30).Draw(t, "corners")
	var r orb.Ring
	for k := range n {
		a := 2 * math.Pi * float64(k) / float64(n)
		d := rapid.Float64Range(20, 500).Draw(t, "radius")
		r = append(r, orb.Point{x + d*math.Cos(a), y + d*math.Sin(a)})
	}
	return append(r, r[0])
}

func TestDivideKeepsTheLand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		land := orb.MultiPolygon{{star(t, 0, 0)}}
		if rapid.Bool().Draw(t, "hole") {
			hole := star(t, 0, 0)
			for i := range hole {
				hole[i] = orb.Point{hole[i][0] / 60, hole[i][1] / 60}
			}
			land[0] = append(land[0], hole)
		}
		if rapid.Bool().Draw(t, "island") {
			land = append(land, orb.Polygon{star(t, 1010, 300)})
		}
		coarse := rapid.SampledFrom([]float64{0, 50}).Draw(t, "coarse") // many on one line or place
		var sites []orb.Point
		for range rapid.IntRange(1, 60).Draw(t, "sites") {
			p := orb.Point{rapid.Float64Range(-500, 1500).Draw(t, "x"), rapid.Float64Range(-500, 500).Draw(t, "y")}
			if coarse > 0 {
				p = orb.Point{math.Round(p[0]/coarse) * coarse, math.Round(p[1]/coarse) * coarse}
			}
			sites = append(sites, p)
		}
		sites = append(sites, orb.Point{1, 1})
		check(t, land, sites, NewLand(land).Divide(sites))
	})
}

// TestDivideAgainstTheSharedCity compares with cells that others computed by
// the same definition.
func TestDivideAgainstTheSharedCity(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("LINLI_SHARED")
	if dir == "" {
		dir = "../../../../../shared"
	}
	prefix := filepath.Join(dir, "data/grids/synth_city")
	if _, err := os.Stat(prefix + ".units.csv"); err != nil {
		t.Skip("the shared city is not here (../shared/data/grids): nothing to compare with")
	}
	read := func(name string) [][]string {
		f, err := os.Open(prefix + name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows[1:]
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	units := read(".units.csv")
	members := map[string][]int{}
	total := map[string]float64{}
	for i, u := range units {
		members[u[2]] = append(members[u[2]], i)
		total[u[2]] += number(u[9])
	}
	want := map[[2]int]float64{}
	for _, e := range read(".edges.csv") {
		if u, v := int(number(e[0])), int(number(e[1])); e[3] != "2" {
			want[[2]int{min(u, v), max(u, v)}] = number(e[2])
		}
	}
	compared, areaOff, pairs, missing, lengthOff, surplus := 0, 0, 0, 0, 0, 0
	for _, c := range read(".communities.csv") {
		var ring orb.Ring
		for _, p := range strings.Split(c[7], ";") {
			x, y, _ := strings.Cut(p, " ")
			ring = append(ring, orb.Point{number(x), number(y)})
		}
		if math.Abs(math.Abs(planar.Area(ring))-total[c[0]]) > 0.001*total[c[0]] {
			continue // the ring is only the largest part of a community in several
		}
		var sites []orb.Point
		for _, i := range members[c[0]] {
			sites = append(sites, orb.Point{number(units[i][4]), number(units[i][5])})
		}
		d := NewLand(orb.MultiPolygon{{ring}}).Divide(sites)
		check(t, orb.MultiPolygon{{ring}}, sites, d)
		for k, i := range members[c[0]] {
			compared++
			if a := number(units[i][9]); math.Abs(a-d.Cells[k].Area) > 0.01*a+5 {
				areaOff++
			}
		}
		got := map[[2]int]bool{}
		for _, b := range d.Borders {
			u, v := members[c[0]][b.U], members[c[0]][b.V]
			key := [2]int{min(u, v), max(u, v)}
			got[key] = true
			pairs++
			switch w, ok := want[key]; {
			case !ok && b.Length > 1.5:
				surplus++
			case ok && math.Abs(w-b.Length) > 0.02*w+1:
				lengthOff++
			}
		}
		in := map[int]bool{}
		for _, i := range members[c[0]] {
			in[i] = true
		}
		for key, w := range want {
			if in[key[0]] && !got[key] && w > 1.5 {
				missing++
			}
		}
	}
	t.Logf("%d cells, %d differ; %d borders, %d differ in length, %d missing, %d surplus", compared, areaOff, pairs, lengthOff, missing, surplus)
	if compared < 10_000 || areaOff > compared/100 || lengthOff > pairs/100 || missing > pairs/200 || surplus > pairs/200 {
		t.Error("the cells are not those of the shared city")
	}
}

func BenchmarkDivide(b *testing.B) {
	land := orb.MultiPolygon{{square(0, 0, 10_000, 10_000)}}
	var sites []orb.Point
	for i := range 13_000 {
		sites = append(sites, orb.Point{float64(i*7919%10_000) + 0.3, float64(i*104_729%9_973) + 0.7})
	}
	for b.Loop() {
		if len(NewLand(land).Divide(sites).Borders) < 30_000 {
			b.Fatal("too few borders")
		}
	}
}
