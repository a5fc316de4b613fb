package planning_test

import (
	"slices"
	"testing"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
)

// TestWarmMovesLittle: after a city has grown, its plan is repaired where it
// must be, and few more households move than must.
func TestWarmMovesLittle(t *testing.T) {
	t.Parallel()
	for _, shape := range plangen.Shapes {
		t.Run(string(shape), func(t *testing.T) {
			t.Parallel()
			city := plangen.Generate(7, shape, 9)
			before := solve(t, city.Instance, planning.Options{Seed: 1})
			grown := city.Grow(3)
			warm := grown.Carry(before.Grid)
			names := slices.Clone(before.Names)
			for i := range names {
				names[i] = "第" + names[i] + "网格"
			}
			after := solve(t, grown.Instance, planning.Options{Seed: 2, Warm: warm, WarmNames: names})
			anew := solve(t, grown.Instance, planning.Options{Seed: 2})
			f := after.Figures
			fresh := planning.Judge(grown.Instance, anew.Grid, warm, 300, 500).MovedHouseholds
			t.Logf("%d households moved, at least %d must; a new plan moves %d", f.MovedHouseholds, after.Bounds.MovedHouseholds, fresh)
			if f.Noncontig+f.CrossComm > 0 || after.Totals.Violation > anew.Totals.Violation {
				t.Errorf("out of bounds by %d households, a new plan by %d: %+v", after.Totals.Violation, anew.Totals.Violation, f)
			}
			if f.MovedHouseholds < after.Bounds.MovedHouseholds && after.Totals.Violation == 0 || f.MovedHouseholds > fresh {
				t.Errorf("%d households moved, bound %d, a new plan %d", f.MovedHouseholds, after.Bounds.MovedHouseholds, fresh)
			}
			for g, name := range after.Names {
				if slices.Contains(after.Names[:g], name) {
					t.Errorf("two grids are called %s", name)
				}
			}
			if !slices.ContainsFunc(after.Names, func(n string) bool { return slices.Contains(names, n) }) {
				t.Error("no grid keeps its name")
			}
		})
	}
}
