package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

var auditCopy = &store.Table{Name: "t", Cols: []string{"id", "v"}}

func setup(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Write(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec("CREATE TABLE t (id BIGINT PRIMARY KEY, v TEXT NOT NULL)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *store.DB, q string, args ...any) (n int64) {
	t.Helper()
	if err := db.QueryRow(context.Background(), q, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriteJoinsCallersAndDropsOnlyTheFailing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		setup(t, db)
		refused := errors.New("refused")
		var wg sync.WaitGroup
		for i := range 300 {
			wg.Go(func() {
				err := db.Write(context.Background(), func(tx *store.Tx) error {
					tx.Append(auditCopy, i, "appended")
					tx.Tally(store.TallyKey{District: 1, Cube: 1, Measure: i % 3, Period: 20260101}, 1)
					tx.Record(audit.Entry{District: 1, Action: "test", Object: "t", ObjectID: int64(i)})
					switch i % 10 {
					case 3: // fails after a direct change
						if _, err := tx.Exec("INSERT INTO t (id, v) VALUES (?, 'direct')", 1000+i); err != nil {
							return err
						}
						return refused
					case 5: // fails before any change
						return refused
					case 7:
						panic("boom")
					}
					return nil
				})
				switch i % 10 {
				case 3, 5:
					if !errors.Is(err, refused) {
						t.Errorf("caller %d: %v", i, err)
					}
				case 7:
					if !errs.Is(err, errs.Internal) {
						t.Errorf("caller %d: %v", i, err)
					}
				default:
					if err != nil {
						t.Errorf("caller %d: %v", i, err)
					}
				}
			})
		}
		wg.Wait()
		if n := count(t, db, "SELECT COUNT(*) FROM t"); n != 210 {
			t.Errorf("rows: %d, want 210", n)
		}
		if n := count(t, db, "SELECT COUNT(*) FROM audit WHERE district = 1"); n != 210 {
			t.Errorf("audit entries: %d, want 210", n)
		}
		if n := count(t, db, "SELECT SUM(n) FROM tally"); n != 210 {
			t.Errorf("tally: %d, want 210", n)
		}
		problems, err := audit.VerifyChains(context.Background(), db)
		if err != nil || len(problems) > 0 {
			t.Errorf("chain: %v %v", problems, err)
		}
	})
}

func TestWriteReplaysOneByOneWhenAFlushFails(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		setup(t, db)
		var wg sync.WaitGroup
		var mu sync.Mutex
		won, lost := 0, 0
		for range 16 {
			wg.Go(func() {
				err := db.Write(context.Background(), func(tx *store.Tx) error {
					tx.Append(auditCopy, 7, "same")
					return nil
				})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case store.IsDuplicate(err):
					lost++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won != 1 || lost != 15 {
			t.Errorf("%d won and %d lost, want 1 and 15", won, lost)
		}
	})
}

func TestBulkReadsItsOwnRowsAndUndoesOnlyTheFailing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		setup(t, db)
		refused := errors.New("refused")
		err := db.Bulk(context.Background(), func(ctx context.Context) error {
			for i := range 50 {
				at := store.ContextAt(ctx, int64(1e15)+int64(i))
				err := db.Write(at, func(tx *store.Tx) error {
					tx.Append(auditCopy, i, fmt.Sprint(tx.Now()))
					tx.Record(audit.Entry{District: 2, Action: "test", Object: "t"})
					return nil
				})
				if err != nil {
					return err
				}
				err = db.Write(at, func(tx *store.Tx) error {
					var v string
					if err := tx.QueryRow("SELECT v FROM t WHERE id = ?", i).Scan(&v); err != nil {
						return err
					}
					if _, err := tx.Exec("UPDATE t SET v = 'read' WHERE id = ?", i); err != nil {
						return err
					}
					if i%2 == 1 {
						tx.Append(auditCopy, 1000+i, "refused")
						return refused
					}
					return nil
				})
				if i%2 == 1 != errors.Is(err, refused) {
					return fmt.Errorf("caller %d: %w", i, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if kept, refused := count(t, db, "SELECT COUNT(*) FROM t WHERE id < 1000"), count(t, db, "SELECT COUNT(*) FROM t WHERE id >= 1000"); kept != 50 || refused != 0 {
			t.Errorf("%d rows of 50 kept, %d of refused writes", kept, refused)
		}
		if n := count(t, db, "SELECT COUNT(*) FROM t WHERE v = 'read'"); n != 25 {
			t.Errorf("read rows: %d, want 25", n)
		}
		if n := count(t, db, "SELECT COUNT(*) FROM audit WHERE district = 2 AND at >= 1000000000000000"); n != 50 {
			t.Errorf("audit: %d, want 50", n)
		}
	})
}

func TestNextIDRisesAndFitsJavaScript(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	db := storetest.SQLite(t, func() time.Time { return now })
	last := int64(0)
	for i := range 5000 {
		if i == 2000 {
			now = now.Add(-time.Hour) // the clock goes back
		}
		id := db.NextID()
		if id <= last || id >= 1<<53 {
			t.Fatalf("id %d after %d", id, last)
		}
		last = id
	}
}

func TestVerifyChainsFindsWhatTheOwnerOfTheDatabaseChanged(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]string{
		"edit":        "UPDATE audit SET action = 'other' WHERE idx = 5",
		"deletion":    "DELETE FROM audit WHERE idx = 5",
		"truncation":  "DELETE FROM audit WHERE idx >= 15",
		"back-dating": "UPDATE audit SET at = at - 1000000 WHERE idx = 5",
		"reorder":     "UPDATE audit SET object_id = 100 - object_id WHERE idx IN (5, 6)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				ctx := context.Background()
				for i := range 20 {
					if err := db.Write(ctx, func(tx *store.Tx) error {
						tx.Record(audit.Entry{District: 3, Action: "test", Object: "t", ObjectID: int64(i)})
						return nil
					}); err != nil {
						t.Fatal(err)
					}
				}
				if p, err := audit.VerifyChains(ctx, db); err != nil || len(p) > 0 {
					t.Fatalf("before: %v %v", p, err)
				}
				if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
					t.Fatal(err)
				}
				if p, err := audit.VerifyChains(ctx, db); err != nil || len(p) == 0 {
					t.Errorf("after: nothing found (%v)", err)
				}
			})
		})
	}
}

func BenchmarkWriteAppended(b *testing.B) {
	db := storetest.SQLite(b, nil)
	tab := &store.Table{Name: "audit_bench", Cols: []string{"id", "v"}}
	ctx := context.Background()
	if err := db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("CREATE TABLE audit_bench (id BIGINT PRIMARY KEY, v TEXT NOT NULL)")
		return err
	}); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := db.Write(ctx, func(tx *store.Tx) error {
				tx.Append(tab, db.NextID(), "一些文字")
				tx.Tally(store.TallyKey{District: 1, Cube: 1, Period: 1}, 1)
				tx.Record(audit.Entry{District: 1, Action: "test", Object: "t"})
				return nil
			}); err != nil {
				b.Error(err)
			}
		}
	})
}
