package planning

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// AddFront adds to a plan those that other weights give, as far as no plan of the
// front is at least as good in every figure and better in one. It spends one
// round on each; weights for least change are tried if there are old grids.
func (plan *Plan) AddFront(ctx context.Context, in *Instance, o Options) error {
	all := []*Plan{plan}
	for _, w := range presets {
		if ctx.Err() != nil {
			break
		}
		if w.Name == plan.Weights.Name || w.Name == "least-change" && o.Old == nil {
			continue
		}
		o.Weights, o.Rounds, o.Began = w, 1, time.Time{}
		other, err := Solve(ctx, in, o)
		if err != nil {
			return err
		}
		all = append(all, other)
	}
	plan.Front = nil
	for _, p := range all[1:] {
		beaten := false
		for _, q := range all {
			beaten = beaten || q.Figures.dominates(&p.Figures)
		}
		if !beaten {
			plan.Front = append(plan.Front, p)
		}
	}
	return nil
}

// SaveFront writes the other plans of the front as DIR/<weights>.csv.
func (plan *Plan) SaveFront(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, p := range plan.Front {
		if err := SavePlan(filepath.Join(dir, p.Weights.Name+".csv"), p.Grid, p.Names); err != nil {
			return err
		}
	}
	return nil
}

// dominates tells whether f is at least as good as the other in every figure
// and better in one.
func (f *Figures) dominates(other *Figures) bool {
	a, b := f.costs(), other.costs()
	better := false
	for i := range a {
		if a[i] > b[i] {
			return false
		}
		better = better || a[i] < b[i]
	}
	return better
}

// costs are the figures that a front weighs against each other, less being better.
func (f *Figures) costs() []float64 {
	costs := []float64{float64(f.ViolHouseholds), float64(f.StraddleRoad), float64(f.CompoundsSplit), f.CutKM, f.RMSM}
	if f.Change != nil {
		costs = append(costs, float64(f.MovedHouseholds), float64(f.OldGridsTorn))
	}
	return costs
}
