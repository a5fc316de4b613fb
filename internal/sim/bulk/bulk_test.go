package bulk_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/sim/bulk"
	"linli/internal/sim/city"
	"linli/internal/sim/load"
	"linli/internal/work/cases"
)

// demo opens the program with a small synthetic city.
func demo(tb testing.TB, url string, scale float64) (*app.App, bulk.Rooms) {
	tb.Helper()
	ctx := context.Background()
	a, err := app.Open(ctx, app.At(tb.TempDir(), url))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := a.Close(); err != nil {
			tb.Error(err)
		}
	})
	rooms := load.Rooms{DB: a.DB, Regions: a.Atlas, People: a.Identity, Rules: a.Rulebook}
	if _, err := load.City(ctx, rooms, city.Generate(city.Options{Seed: 1, Scale: scale, Until: time.Now()})); err != nil {
		tb.Fatal(err)
	}
	return a, bulk.Rooms{Cases: a.Cases, Regions: a.Atlas, Rules: a.Rulebook}
}

// TestRun makes a data set in several writes at once, twice, and holds it
// against what any write promises.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			url := ""
			if engine == "postgres" {
				url = storetest.PostgresURL(t)
			}
			a, rooms := demo(t, url, 0.05)
			ctx := context.Background()
			for seed := range uint64(2) {
				if err := bulk.Run(ctx, bulk.Options{Cases: 1500, Days: 90, Seed: seed, Chunk: 400}, rooms); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.Prepare(ctx); err != nil {
				t.Fatal(err)
			}
			proof, err := a.Verify(ctx)
			if err != nil || !proof.OK || proof.Cases != 3000 {
				t.Fatalf("%+v %v", proof, err)
			}
			all, states, last := recount(t, a)
			counted := map[store.TallyKey]int64{}
			rows, err := a.DB.Query(ctx, "SELECT district, cube, measure, period, a, b, n FROM tally WHERE n <> 0")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var k store.TallyKey
				var n int64
				if err := rows.Scan(&k.District, &k.Cube, &k.Measure, &k.Period, &k.A, &k.B, &n); err != nil {
					t.Fatal(err)
				}
				counted[k] = n
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(counted, all) {
				t.Errorf("%d counters, recounted %d, and they differ", len(counted), len(all))
			}
			if len(states) < 10 {
				t.Errorf("cases are in %d states only: %v", len(states), states)
			}
			found, _, err := a.Cases.Cases(ctx, access.System("test"), cases.Filter{Query: last.Title, Limit: 1000})
			if err != nil || !slices.ContainsFunc(found, func(c *cases.Case) bool { return c.ID == last.ID }) {
				t.Errorf("%q is not found among %d: %v", last.Title, len(found), err)
			}
		})
	}
}

// recount counts the cases row by row, as the cubes should have.
func recount(t *testing.T, a *app.App) (all map[store.TallyKey]int64, states map[string]int, last *cases.Case) {
	t.Helper()
	all, states = map[store.TallyKey]int64{}, map[string]int{}
	f := cases.Filter{Sort: "reported", Limit: 1000}
	for more := true; more; {
		var list []*cases.Case
		var err error
		if list, more, err = a.Cases.Cases(context.Background(), access.System("test"), f); err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if last != nil && last.ID >= c.ID && last.ReportedAt >= c.ReportedAt {
				t.Fatalf("case %d comes after %d", c.ID, last.ID)
			}
			last = c
			states[string(c.Status)]++
			count := func(cube, period int, a, b int64, status bool) {
				k := store.TallyKey{District: c.District, Cube: cube, Period: period, A: a, B: b}
				for mark := range 63 {
					if k.Measure = mark; c.Marks>>mark&1 == 1 {
						all[k]++
					}
				}
				if k.Measure = cases.StatusMeasure(slices.Index(cases.Statuses, c.Status)); status {
					all[k]++
				}
			}
			count(cases.CubeDay, c.Day, c.Street, 0, false)
			count(cases.CubeCategory, c.Day/100, c.Street, c.Category, true)
			count(cases.CubeGrid, c.Day/100, c.Grid, c.Street, false)
			count(cases.CubeChannel, c.Day/100, c.Street, int64(slices.Index(cases.Channels, c.Channel)), true)
			if c.Lead > 0 {
				count(cases.CubeUnit, c.Day/100, c.Lead, c.Street, false)
			}
		}
		f.After = &cases.Place{V: last.ReportedAt, ID: last.ID}
	}
	return all, states, last
}

// BenchmarkRun is the cost of a case in a data set, index included.
func BenchmarkRun(b *testing.B) {
	a, rooms := demo(b, "", 0.2)
	const n = 20_000
	for b.Loop() {
		if err := bulk.Run(context.Background(), bulk.Options{Cases: n, Days: 365, Seed: 1}, rooms); err != nil {
			b.Fatal(err)
		}
		if err := a.Prepare(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/case")
}
