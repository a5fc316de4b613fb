package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// million fills the table of clubs with n rows: 100 streets of 10 communities,
// 3 kinds, of which one is rare, 500 numbers of members.
func million(b *testing.B, db *store.DB, n int) {
	b.Helper()
	series := "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < ?) SELECT i FROM s) s"
	q := `INSERT INTO club (district, id, version, region, street, community, grid, org, valid_from, valid_to, state, person, extra, created_at, updated_at, name, kind, topics, parent, leader, members, budget, signed, open, about, contact, phone)
SELECT 990101, i, 1, 990101001000 + (i % 100) * 1000 + i % 10, 990101001 + i % 100, 990101001000 + (i % 100) * 1000 + i % 10, i % 1000 + 1, 0, 20250101, CASE WHEN i % 7 = 0 THEN 20251231 ELSE 0 END,
CASE WHEN i % 7 = 0 THEN 'ended' ELSE 'active' END, 0, '{}', i, i, 'club ' || i, CASE WHEN i % 50 = 0 THEN 'sport' WHEN i % 2 = 0 THEN 'music' ELSE 'help' END, '|sing|', 0, i % 97, i % 500, 0, 20260301, i % 3 % 2, '', '', '' FROM ` + series
	if err := db.Write(b.Context(), func(tx *store.Tx) error { _, err := tx.Exec(q, n); return err }); err != nil {
		b.Fatal(err)
	}
	if err := db.Analyze(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkList is a page of 50 of a register of a million rows, with three
// filters, in the scope of a community, a street, a district: the p50 of each.
func BenchmarkList(b *testing.B) {
	for engine, open1 := range map[string]func() *store.DB{
		"sqlite":   func() *store.DB { return storetest.SQLite(b, nil) },
		"postgres": func() *store.DB { return storetest.Open(b, store.Options{URL: storetest.PostgresURL(b)}) },
	} {
		b.Run(engine, func(b *testing.B) {
			db := open1()
			x := open(b, db)
			million(b, db, 1_000_000)
			for _, s := range []struct {
				name string
				post access.Post
			}{{"community", access.Post{Role: "community", Region: 990101051000}}, {"street", access.Post{Role: "street_clerk", Region: 990101051}}, {"district", access.Post{Role: "party_affairs", Region: 990101}}} {
				scope, err := (&access.Actor{Account: 7, Posts: []access.Post{s.post}}).Scope(access.PartnerRead, today)
				if err != nil {
					scope, err = (&access.Actor{Account: 7, Posts: []access.Post{{Role: "district_desk", Region: s.post.Region}}}).Scope(access.CaseRead, today)
				}
				if err != nil {
					b.Fatal(err)
				}
				for _, f := range [][]string{
					{"kind=music", "state=active", "open=true"},
					{"kind=sport", "state=active", "members>=400"},
					{"leader=50", "kind=help", "on=2026-11-28"},
				} {
					b.Run(s.name+"/"+strings.Join(f, ","), func(b *testing.B) {
						var took []time.Duration
						for b.Loop() {
							start := time.Now()
							if _, _, err := x.clubs.Rows(b.Context(), scope, ledger.Filter{Where: f}); err != nil {
								b.Fatal(err)
							}
							took = append(took, time.Since(start))
						}
						slices.Sort(took)
						b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
					})
				}
			}
		})
	}
}

// BenchmarkImport is 100,000 rows of a CSV and of an Excel file with references to
// regions, accounts and a register, personal fields and unique names.
func BenchmarkImport(b *testing.B) {
	for _, format := range []string{"csv", "xlsx"} {
		b.Run(format, func(b *testing.B) { importRows(b, format) })
	}
}

// sheetOf writes rows of texts as an Excel file.
func sheetOf(b *testing.B, path string, rows []string) {
	b.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	for i, row := range rows {
		var cells []any
		for cell := range strings.SplitSeq(row, ",") {
			cells = append(cells, cell)
		}
		if err := w.SetRow(fmt.Sprint("A", i+1), cells); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(w.Flush(), f.SaveAs(path), f.Close()); err != nil {
		b.Fatal(err)
	}
}

func importRows(b *testing.B, format string) {
	for engine, open1 := range map[string]func() *store.DB{
		"sqlite":   func() *store.DB { return storetest.SQLite(b, nil) },
		"postgres": func() *store.DB { return storetest.Open(b, store.Options{URL: storetest.PostgresURL(b)}) },
	} {
		b.Run(engine, func(b *testing.B) {
			x := open(b, open1())
			ctx := context.Background()
			for i := range 200 {
				if _, err := x.clubs.Put(ctx, system, club(fmt.Sprint("总社", i))); err != nil {
					b.Fatal(err)
				}
			}
			var text strings.Builder
			text.WriteString("所在区划,名称,类别,上级社团,负责人账号,人数,备案日期,联系人,联系电话\n")
			for i := range 100_000 {
				fmt.Fprintf(&text, "绿苑社区,社团%d,文艺,总社%d,王建国,%d,2026/3/%d,李小红,139%08d\n", i, i%200, i%500+3, i%28+1, i)
			}
			path := filepath.Join(b.TempDir(), "rows."+format)
			if format == "xlsx" {
				sheetOf(b, path, strings.Split(strings.TrimSpace(text.String()), "\n"))
			} else if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
				b.Fatal(err)
			}
			text.Reset()
			runtime.GC()
			var peak atomic.Uint64
			stop := make(chan struct{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					case <-time.After(20 * time.Millisecond):
						var m runtime.MemStats
						runtime.ReadMemStats(&m)
						peak.Store(max(peak.Load(), m.HeapInuse+m.StackInuse))
					}
				}
			}()
			b.ResetTimer()
			out, err := x.clubs.Import(ctx, system, "zh", path, "rows."+format, "x", ledger.ImportOptions{})
			b.StopTimer()
			if err != nil || out.Added != 100_000 {
				b.Fatalf("%+v %v", out, err)
			}
			close(stop)
			<-done
			b.ReportMetric(float64(peak.Load())/1e6, "peak-MB")
			b.ReportMetric(b.Elapsed().Seconds(), "s")
		})
	}
}
