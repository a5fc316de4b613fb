package metric_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"linli/internal/figures/metric"
	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

// The roll-ups of a city with 5,000,000 cases in three years: 3 districts of 6
// streets, 200 categories, 526 grids, 210 units in 3 streets each, 10 channels,
// every measure and most statuses in every cell, which is the worst case.
// Categories are seeded for three months, the rest for a year, and 140,000
// cases in October for what no cube holds: about 1,200,000 roll-up rows.
func seedTallies(b *testing.B, db *store.DB) {
	b.Helper()
	const measures = 33
	numbers := func(name string, n int) string {
		return fmt.Sprintf("%s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM %s WHERE i < %d)", name, name, n-1)
	}
	const months = "202601 + t.i"
	district := "990101 + d.i"
	street := func(s string) string { return "(" + district + ") * 1000 + 1 + " + s }
	insert := func(cube int, measure, period, a, b2, from string, with ...string) string {
		return "INSERT INTO tally (district, cube, measure, period, a, b, n) WITH RECURSIVE " + strings.Join(with, ", ") +
			fmt.Sprintf(" SELECT %s, %d, %s, %s, %s, %s, 3 + (m.i * 7 + t.i) %% 40 FROM %s ORDER BY 1, 2, 3, 4, 5, 6", district, cube, measure, period, a, b2, from)
	}
	d, m, t := numbers("d", 3), numbers("m", measures), numbers("t", 12)
	for _, q := range []string{
		insert(cases.CubeChannel, "m.i", months, street("s.i"), "c.i", "d, m, t, s, c", d, m, t, numbers("s", 6), numbers("c", 10)),
		insert(cases.CubeDay, "m.i", "(202601 + t.i) * 100 + 1 + y.i", street("s.i"), "0", "d, m, t, y, s", d, m, t, numbers("y", 28), numbers("s", 6)),
		insert(cases.CubeGrid, "m.i", months, "1000 * (d.i + 1) + g.i", street("g.i % 6"), "d, m, t, g", d, m, t, numbers("g", 175)),
		insert(cases.CubeUnit, "m.i", months, "1 + u.i", street("s.i"), "d, m, t, u, s", d, m, t, numbers("u", 70), numbers("s", 3)),
		insert(cases.CubeCategory, "m.i", "202609 + t.i", street("s.i"), "11 + c.i", "d, m, t, s, c", d, m, numbers("t", 3), numbers("s", 6), numbers("c", 200)),
		insert(cases.CubeChannel, "64 + m.i", months, street("s.i"), "c.i", "d, m, t, s, c", d, numbers("m", 12), t, numbers("s", 6), numbers("c", 10)),
		insert(cases.CubeCategory, "64 + m.i", "202609 + t.i", street("s.i"), "11 + c.i", "d, m, t, s, c", d, numbers("m", 12), numbers("t", 3), numbers("s", 6), numbers("c", 200)),
		"INSERT INTO cases (district, id, number, version, seq, status, channel, grade, category, category_version, title, body, address, lon, lat, crs, street, community, grid, day, occurred_at, reported_at, creator, reporter, flags, marks, open, supporters, outside_number, stage_due_at, stage_unit, lead) WITH RECURSIVE " +
			d + ", " + numbers("n", 46_500) + fmt.Sprintf(` SELECT %s, 1000000 + n.i, CAST(n.i AS TEXT), 1, 1, 'archived', 'hotline', 'general', 11 + n.i %% 200, 1, 'title of the case', '%s', 'address', 112.5, 29.5, 'wgs84', %s, 0, 1000 * (d.i + 1) + n.i %% 175,
			20261001 + n.i / 1500, %d + CAST(n.i / 1500 AS BIGINT) * 86400000000, %d + CAST(n.i / 1500 AS BIGINT) * 86400000000 + n.i %% 1500, 1, 1, 0, 7, 0, 1, '', 0, '', 1 + n.i %% 210 FROM d, n ORDER BY 1, 2`,
			district, strings.Repeat("路灯不亮了", 20), street("n.i % 6"), oct(), oct()),
	} {
		if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
			b.Fatal(err)
		}
	}
	if db.Engine() == store.Postgres {
		if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec("ANALYZE"); return err }); err != nil {
			b.Fatal(err)
		}
	}
	var n int
	if err := db.QueryRow(ctx, "SELECT COUNT(*) FROM tally").Scan(&n); err != nil {
		b.Fatal(err)
	}
	b.Logf("%s: %d roll-up rows", db.Engine(), n)
}

func oct() int64 { return time.Date(2026, 10, 1, 1, 0, 0, 0, time.UTC).UnixMicro() }

// cpu is the time that this process has used on all cores: what holds up on a busy
// machine.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPanels times every panel of the cockpit and the whole, with the 99th
// percentile beside the mean. go test -bench Panels -benchtime 200x
func BenchmarkPanels(b *testing.B) {
	engines := map[string]func(testing.TB) *store.DB{
		"sqlite":   func(t testing.TB) *store.DB { return storetest.SQLite(t, nil) },
		"postgres": func(t testing.TB) *store.DB { return storetest.Open(t, store.Options{URL: storetest.PostgresURL(t)}) },
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			db := engines[engine](b)
			w := casetest.New(b, db)
			access.SetDistricts(990101, 990102, 990103)
			s := service(w)
			seedTallies(b, db)
			value := func(figure string, q metric.Query) func() error {
				return func() error { _, err := s.Value(ctx, casetest.Everything, figure, q, "zh"); return err }
			}
			month := metric.Query{From: 20261001, To: 20261031}
			by := func(d metric.Dim, q metric.Query) metric.Query { q.By = d; return q }
			all200 := make([]int64, 200)
			for i := range all200 {
				all200[i] = int64(11 + i)
			}
			year := metric.Query{From: 20260101, To: 20261231}
			for _, p := range []struct {
				name string
				do   func() error
			}{
				{"rate, month", value("handled_on_time", month)},
				{"rate, year", value("handled_on_time", year)},
				{"rate by street, month", value("handled_on_time", by(metric.Street, month))},
				{"rate by category, month", value("handled_on_time", by(metric.Category, month))},
				{"statuses, month", value("reported", by(metric.Status, month))},
				{"statuses of categories, month", value("reported", metric.Query{From: 20261001, To: 20261031, By: metric.Status, Categories: all200})},
				{"category in one street, month", value("reported", metric.Query{From: 20261001, To: 20261031, By: metric.Category, Streets: []int64{990101001}})},
				{"trend by day, year", value("closed", by(metric.Day, year))},
				{"grids, month", value("handled_on_time", by(metric.Grid, month))},
				{"grids, year", value("handled_on_time", by(metric.Grid, year))},
				{"units, month", value("handled_on_time", by(metric.Unit, month))},
				{"last 30 days", value("handled_on_time", metric.Query{From: 20261012, To: 20261110})},
				{"by category, 8 days of October from the cases", value("handled_on_time", metric.Query{From: 20261024, To: 20261031, By: metric.Category})},
				{"cockpit, month", func() error {
					_, err := s.Cockpit(ctx, casetest.Everything, "", month, "zh")
					return err
				}},
			} {
				b.Run(p.name, func(b *testing.B) {
					var took []time.Duration
					used := cpu()
					for b.Loop() {
						start := time.Now()
						if err := p.do(); err != nil {
							b.Fatal(err)
						}
						took = append(took, time.Since(start))
					}
					b.ReportMetric(float64((cpu()-used).Microseconds())/1000/float64(b.N), "cpu-ms/op")
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
				})
			}
		})
	}
}
