package app

import (
	"cmp"
	"context"
	"slices"

	"linli/internal/figures/metric"
	"linli/internal/grid/region"
	"linli/internal/kernel/calendar"
	"linli/internal/people/workforce"
	"linli/internal/work/cases"
)

// workforce makes the room of the grid workers and gives it its neighbours.
func (a *App) workforce(key []byte) *workforce.Service {
	s := &workforce.Service{DB: a.DB, Calendar: func() *calendar.Calendar { return a.rules().Calendar() }, People: people{a.Identity, a.Today}, Places: grounds{a.Atlas},
		Outcomes: results{a.Cases}, DrawKey: key}
	s.Stints = func(_ context.Context, district int, street int64, from, to int) ([]workforce.Stint, error) {
		var out []workforce.Stint
		for _, p := range a.Identity.Directory().Worked(workforce.WorkerRole, from, to) {
			if int(p.Region/1_000_000) != district || street != 0 && p.Region/1000 != street {
				continue
			}
			end := to
			if p.To != 0 {
				end = min(end, p.To)
			}
			out = append(out, workforce.Stint{Contract: p.ID, Account: p.Account, District: district, Street: p.Region / 1000, Community: p.Region, Grid: p.Grid, Org: p.Org, From: max(from, p.From), To: end, Since: p.From})
		}
		slices.SortFunc(out, func(a, b workforce.Stint) int {
			return cmp.Or(cmp.Compare(a.Grid, b.Grid), cmp.Compare(a.Account, b.Account))
		})
		return out, nil
	}
	s.Trained = func(context.Context, int, []int64, int) (map[int64][]int64, map[int64][]int64, error) {
		return nil, nil, nil
	}
	return s
}

// grounds names regions and grids.
type grounds struct{ *region.Atlas }

func (g grounds) Region(code int64) string { return g.Name(code) }

func (g grounds) Grid(id int64) (string, int64) {
	x, err := g.Atlas.Grid(id)
	if err != nil {
		return "", 0
	}
	return x.Name, x.Community
}

// results gives appraisals the cases and what they count for, by the marks that
// the figures' own sets are made of.
type results struct{ *cases.Service }

func (r results) Cases(ctx context.Context, district, from, to int, figures []string, fn func(workforce.OutcomeCase)) error {
	type sets struct{ in, of metric.Set }
	all := make([]sets, len(figures))
	for i, id := range figures {
		f, err := metric.ByID(id)
		if err != nil {
			return err
		}
		all[i] = sets{f.Numerator, f.Denominator}
	}
	return r.Outcomes(ctx, district, from, to, func(o cases.Outcome) {
		c := workforce.OutcomeCase{ID: o.ID, Grid: o.Grid, Callable: o.Callable, In: make([]bool, len(all)), Of: make([]bool, len(all))}
		for i, s := range all {
			c.In[i], c.Of[i] = s.in.Holds(o.Marks), s.of.Holds(o.Marks)
		}
		fn(c)
	})
}

func (r results) Refs(ctx context.Context, district int, ids []int64) ([]workforce.Ref, error) {
	list, err := r.Briefs(ctx, district, ids)
	out := make([]workforce.Ref, len(list))
	for i, b := range list {
		out[i] = workforce.Ref(b)
	}
	return out, err
}
