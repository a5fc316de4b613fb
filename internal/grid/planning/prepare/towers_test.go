package prepare

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
)

// TestSplit: entrances share out what their unit had, lie in its community, and
// the land is divided anew without a rest; everything stays connected.
func TestSplit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := plangen.Generate(rapid.Uint64Range(1, 9).Draw(t, "city"), plangen.Towers, 2).Instance
		towers := map[int]int{}
		for range rapid.IntRange(1, 4).Draw(t, "towers") {
			towers[rapid.IntRange(0, len(in.Units)-1).Draw(t, "unit")] = rapid.IntRange(2, 9).Draw(t, "entrances")
		}
		out, from := Split(in, towers)
		households, count := make([]int, len(in.Units)), make([]int, len(in.Units))
		for i, u := range from {
			households[u] += out.Units[i].Households
			count[u]++
			if out.Units[i].Community != in.Units[u].Community || out.Units[i].Building != in.Units[u].Building || out.Units[i].Compound != in.Units[u].Compound {
				t.Fatalf("unit %d of %d: %+v", i, u, out.Units[i])
			}
		}
		for u := range in.Units {
			if households[u] != in.Units[u].Households || count[u] != max(towers[u], 1) {
				t.Fatalf("unit %d of %d households became %d units with %d", u, in.Units[u].Households, count[u], households[u])
			}
		}
		area := func(in *planning.Instance) (a float64) {
			for _, u := range in.Units {
				a += u.CellArea
			}
			return a
		}
		if a, b := area(in), area(out); math.Abs(a-b) > 0.05*float64(len(in.Units)+len(out.Units)) { // areas are kept to 0.1 m²
			t.Fatalf("%.2f m² of land became %.2f", a, b)
		}
		grid := make([]int, len(out.Units)) // a grid each community
		for i, u := range out.Units {
			grid[i] = u.Community
		}
		if f := planning.Judge(out, grid, nil, 300, 500); f.Noncontig > 0 {
			t.Fatalf("%d communities fell apart", f.Noncontig)
		}
	})
}
