package planning_test

import (
	"testing"
	"time"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
)

func TestNoPlanOfTheFrontBeatsAnother(t *testing.T) {
	t.Parallel()
	city := plangen.Generate(8, plangen.Town, 6)
	o := planning.Options{Old: city.Old, Keep: 1, Rounds: 1, Time: time.Hour}
	plan := solve(t, city.Instance, o)
	if err := plan.AddFront(t.Context(), city.Instance, o); err != nil {
		t.Fatal(err)
	}
	if len(plan.Front) < 2 {
		t.Fatalf("%d other plans on the front", len(plan.Front))
	}
	names := map[string]bool{plan.Weights.Name: true}
	for _, p := range plan.Front {
		if names[p.Weights.Name] {
			t.Errorf("%s is on the front twice", p.Weights.Name)
		}
		names[p.Weights.Name] = true
		if p.Weights.Name == "least-change" && p.Figures.MovedHouseholds >= plan.Figures.MovedHouseholds {
			t.Errorf("least change moves %d households, balanced weights %d", p.Figures.MovedHouseholds, plan.Figures.MovedHouseholds)
		}
	}
}
