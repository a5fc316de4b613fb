package plangen

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/paulmach/orb/planar"

	"linli/internal/grid/planning"
)

// TestGeometryAgrees recomputes what an instance says about its cells.
func TestGeometryAgrees(t *testing.T) {
	t.Parallel()
	for _, shape := range Shapes {
		t.Run(string(shape), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				c := Generate(seed, shape, 9)
				check(t, c)
				check(t, c.Grow(seed).Grow(seed+1))
			}
		})
	}
}

func check(t *testing.T, c *City) {
	t.Helper()
	perimeter := make([]float64, len(c.Units))
	for u, unit := range c.Units {
		ring := c.Cell(u)
		at, area := planar.CentroidArea(ring)
		if area <= 0 || math.Abs(area-unit.CellArea) > 0.1 || math.Abs(at[0]-unit.X)+math.Abs(at[1]-unit.Y) > 0.2 {
			t.Fatalf("%s: unit %d is %+v, its cell has %g m² around %v", c.Name, u, unit, area, at)
		}
		perimeter[u] = planar.Length(ring) - unit.CellOuter
	}
	grounds := make([]float64, len(c.Communities))
	whole := make([]int, len(c.Units))
	for u, unit := range c.Units {
		grounds[unit.Community] += unit.CellArea
		whole[u] = unit.Community
	}
	for _, e := range c.Edges {
		if e.U >= e.V || whole[e.U] != whole[e.V] || (e.Border == 0) != (e.Cross == planning.CrossArtificial) {
			t.Fatalf("%s: link %+v", c.Name, e)
		}
		perimeter[e.U] -= e.Border
		perimeter[e.V] -= e.Border
	}
	for u, left := range perimeter {
		if math.Abs(left) > 0.2 {
			t.Fatalf("%s: %g m of the border of unit %d belong to nobody", c.Name, left, u)
		}
	}
	for i, community := range c.Communities {
		if area := planar.Area(community.Area); math.Abs(area-grounds[i]) > 0.1*float64(len(c.Units)) {
			t.Fatalf("%s: community %d has %g m², its cells %g", c.Name, i, area, grounds[i])
		}
	}
	if f := planning.Judge(c.Instance, whole, nil, 300, 500); f.Noncontig > 0 || f.CrossComm > 0 {
		t.Fatalf("%s: a community is not connected: %+v", c.Name, f)
	}
	if slices.Contains(c.Old, planning.NoGrid) {
		return
	}
	if f := planning.Judge(c.Instance, c.Old, nil, 300, 500); f.Noncontig > 0 || f.CrossComm > 0 {
		t.Fatalf("%s: old grids: %+v", c.Name, f)
	}
}

func TestSameSeedSameCity(t *testing.T) {
	t.Parallel()
	for _, shape := range Shapes {
		a, b := Generate(5, shape, 4), Generate(5, shape, 4)
		if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(a.Grow(1), b.Grow(1)) {
			t.Errorf("%s: the same seed gave two cities", shape)
		}
		if reflect.DeepEqual(a.Units, Generate(6, shape, 4).Units) {
			t.Errorf("%s: another seed gave the same city", shape)
		}
	}
}

// TestShapesAreHard holds each shape to what it is there for.
func TestShapesAreHard(t *testing.T) {
	t.Parallel()
	seen := map[Shape]map[string]int{}
	for _, shape := range Shapes {
		c := Generate(2, shape, 36)
		n := map[string]int{}
		households := make([]int, len(c.Communities))
		for _, u := range c.Units {
			n["households"] += u.Households
			if u.Households == 0 {
				n["empty units"]++
			}
			if u.Households > planning.DefaultMax {
				n["large units"]++
			}
			if u.Compound != planning.NoCompound {
				n["compound units"]++
			}
			households[u.Community] += u.Households
		}
		for _, e := range c.Edges {
			n[[]string{"plain", "crossing", "artificial"}[e.Cross]]++
		}
		for i, m := range c.Members() {
			if len(m) == 1 {
				n["single towers"]++
			}
			if households[i] == 0 {
				n["empty communities"]++
			}
		}
		olds := map[int]bool{}
		for _, g := range c.Old {
			olds[g] = true
		}
		n["old grids"], n["units"] = len(olds), len(c.Units)
		t.Logf("%s: %v", shape, n)
		seen[shape] = n
	}
	for _, want := range []struct {
		shape Shape
		what  string
	}{
		{Town, "compound units"}, {Town, "crossing"}, {Towers, "large units"}, {Towers, "single towers"},
		{Villages, "artificial"}, {Islands, "artificial"}, {Census, "crossing"}, {Offices, "empty communities"},
	} {
		if seen[want.shape][want.what] == 0 {
			t.Errorf("%s has no %s", want.shape, want.what)
		}
	}
	if n := seen[Town]; n["households"]/n["old grids"] < 120 || n["households"]/n["old grids"] > 170 {
		t.Errorf("old grids have %d households", n["households"]/n["old grids"])
	}
}
