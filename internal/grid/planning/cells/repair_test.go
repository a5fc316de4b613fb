package cells

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"
)

func TestRepair(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   orb.MultiPolygon
		area float64
	}{
		"a bow tie":               {orb.MultiPolygon{{{{0, 0}, {10, 10}, {10, 0}, {0, 10}, {0, 0}}}}, 50},
		"two parts with one edge": {orb.MultiPolygon{{square(0, 0, 10, 10)}, {square(10, 0, 20, 10)}}, 200},
		"a spike":                 {orb.MultiPolygon{{{{0, 0}, {10, 0}, {10, 10}, {15, 10}, {10, 10}, {0, 10}, {0, 0}}}}, 100},
		"a loop of the pen":       {orb.MultiPolygon{{{{0, 0}, {20, 0}, {20, 10}, {9, 10}, {11, 12}, {11, 10}, {9, 12}, {0, 12}, {0, 0}}}}, 220},
		"a hole that reaches out": {orb.MultiPolygon{{square(0, 0, 10, 10), square(5, 5, 8, 15)}}, 100},
	} {
		if _, found := Crossing(tc.in); !found {
			t.Errorf("%s: found sound", name)
		}
		out := Repair(tc.in)
		got := 0.0
		for _, poly := range out {
			got += math.Abs(planar.Area(poly))
		}
		if math.Abs(got-tc.area) > 0.01 {
			t.Errorf("%s: %v m², want %v", name, got, tc.area)
		}
	}
	sound := orb.MultiPolygon{{square(0, 0, 10, 10), square(2, 2, 3, 3)}, {square(20, 0, 30, 10)}}
	if at, found := Crossing(sound); found {
		t.Error("sound polygons cross at", at)
	}
}

func TestRepairedLandIsDivided(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r orb.Ring
		high := rapid.SampledFrom([]int{1000, 15}).Draw(t, "height") // a needle is all slivers
		for range rapid.IntRange(4, 9).Draw(t, "corners") {
			r = append(r, orb.Point{float64(rapid.IntRange(0, 1000).Draw(t, "x")) / 10, float64(rapid.IntRange(0, high).Draw(t, "y")) / 10})
		}
		land := Repair(orb.MultiPolygon{{append(r, r[0])}})
		sites := []orb.Point{{20, 20}, {50, 50}, {30, 80}, {80, 30}}
		total := 0.0
		for _, c := range NewLand(land).Divide(sites).Cells {
			total += c.Area
		}
		if want := NewLand(land).Area(); math.Abs(total-want) > 0.001*want+0.1 && total > 0 {
			t.Fatalf("%.3f of %.3f m²\n%v\n%v", total, want, r, land)
		}
	})
}
