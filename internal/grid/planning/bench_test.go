package planning_test

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
)

// BenchmarkSolve plans a whole city as `linli plan` does, bounds and report
// included. Beside the time stand what the plan reaches and what no plan can
// beat; the peers' figures on synth_city are in docs/performance.md.
func BenchmarkSolve(b *testing.B) {
	for _, c := range []struct {
		name string
		in   func(b *testing.B) *planning.Instance
	}{
		{"town", func(*testing.B) *planning.Instance { return plangen.Generate(1, plangen.Town, 16).Instance }},
		{"census", func(*testing.B) *planning.Instance { return plangen.Generate(1, plangen.Census, 16).Instance }},
		{"synth_city", func(b *testing.B) *planning.Instance {
			prefix := filepath.Join(cmp.Or(os.Getenv("LINLI_SHARED"), "../../../../shared"), "data/grids/synth_city")
			in, err := planning.Load(prefix)
			if err != nil {
				b.Skipf("no shared data: %v", err)
			}
			return in
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			in := c.in(b)
			var p *planning.Plan
			for b.Loop() {
				var err error
				if p, err = planning.Solve(b.Context(), in, planning.Options{Seed: 1}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(p.Figures.RMSM, "rms_m")
			b.ReportMetric(p.Bounds.RMSM, "rms_m-bound")
			b.ReportMetric(float64(p.Totals.Grids), "grids")
			b.ReportMetric(float64(p.Bounds.Grids), "grids-bound")
			b.ReportMetric(p.Figures.CutKM, "cut_km")
			b.ReportMetric(float64(p.Figures.CompoundsSplit), "split")
		})
	}
}
