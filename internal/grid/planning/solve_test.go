package planning_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
)

func solve(t *testing.T, in *planning.Instance, o planning.Options) *planning.Plan {
	t.Helper()
	o.Rounds, o.Time = 1, time.Hour
	plan, err := planning.Solve(t.Context(), in, o)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestEveryShapeIsPlanned(t *testing.T) {
	t.Parallel()
	for _, shape := range plangen.Shapes {
		t.Run(string(shape), func(t *testing.T) {
			t.Parallel()
			c := plangen.Generate(1, shape, 6)
			plan := solve(t, c.Instance, planning.Options{Old: c.Old, Keep: 0.5})
			if f := plan.Figures; f.Noncontig+f.CrossComm > 0 || slices.Contains(plan.Grid, planning.NoGrid) {
				t.Errorf("grids do not hang together, or units have none: %+v", f)
			}
			households := make([]int, len(plan.Names))
			community := make([]int, len(plan.Names))
			for u, g := range plan.Grid {
				households[g] += c.Units[u].Households
				community[g] = c.Units[u].Community
			}
			violation := map[int]int{}
			for g, h := range households {
				violation[community[g]] += max(300-h, h-500, 0)
			}
			for _, r := range plan.Communities {
				if r.Violation != violation[r.Community] || (r.Violation == 0) != (r.Status == planning.StatusOK) || (r.Status == planning.StatusOK) != (r.Reason == "") {
					t.Errorf("%d households outside the bounds, reported as %+v", violation[r.Community], r)
				}
			}
		})
	}
}

func TestThreadsDoNotMatter(t *testing.T) {
	t.Parallel()
	c := plangen.Generate(2, plangen.Town, 5)
	one := solve(t, c.Instance, planning.Options{Seed: 3, Threads: 1})
	four := solve(t, c.Instance, planning.Options{Seed: 3, Threads: 4})
	if !slices.Equal(one.Grid, four.Grid) {
		t.Error("one thread and four give different plans")
	}
}

func TestAnInterruptedRunHasAPlan(t *testing.T) {
	t.Parallel()
	c := plangen.Generate(3, plangen.Town, 4)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	plan, err := planning.Solve(ctx, c.Instance, planning.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Stopped != planning.StopInterrupted || plan.Figures.Noncontig+plan.Figures.CrossComm > 0 {
		t.Errorf("stopped %q with %+v", plan.Stopped, plan.Figures)
	}
}
