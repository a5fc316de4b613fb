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
			t.Logf("%d households moved, at least %d must; a new plan moves %d; border %.2f km, before %.2f; %d compounds divided, before %d", f.MovedHouseholds, after.Bounds.MovedHouseholds, fresh, f.CutKM, before.Figures.CutKM, f.CompoundsSplit, before.Figures.CompoundsSplit)
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

// TestWarmKeepsTheTotal: a plan in force is brought to a number of grids, and
// fewer people change than in a plan made anew.
func TestWarmKeepsTheTotal(t *testing.T) {
	t.Parallel()
	city := plangen.Generate(7, plangen.Town, 9)
	before := solve(t, city.Instance, planning.Options{Seed: 1})
	for _, more := range []int{-2, 0, 3} {
		want := before.Totals.Grids + more
		o := planning.Options{Seed: 2, K: planning.KRule(want), Warm: before.Grid}
		after := solve(t, city.Instance, o)
		o.Warm = nil
		fresh := planning.Judge(city.Instance, solve(t, city.Instance, o).Grid, before.Grid, 300, 500)
		t.Logf("%+d grids: %d households move, in a new plan %d", more, after.Figures.MovedHouseholds, fresh.MovedHouseholds)
		if after.Totals.Grids != want || after.Totals.Violation > 0 || after.Figures.Noncontig > 0 {
			t.Errorf("%d grids, want %d; violation %d", after.Totals.Grids, want, after.Totals.Violation)
		}
		if moved := after.Figures.MovedHouseholds; moved >= fresh.MovedHouseholds || (moved == 0) != (more == 0) {
			t.Errorf("%+d grids: %d households moved, in a new plan %d", more, moved, fresh.MovedHouseholds)
		}
	}
}
