package store_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// After PostgreSQL ended all connections each writer fails at most one batch,
// with an answer that says to try again, and then works on.
func TestWritersFindTheirWayBackToPostgreSQL(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	db := storetest.Open(t, store.Options{URL: url})
	setup(t, db)
	admin, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	write := func(id int64) error {
		return db.Write(t.Context(), func(tx *store.Tx) error {
			tx.Append(auditCopy, id, "kept")
			_, err := tx.Exec("UPDATE t SET v = v WHERE id = ?", id)
			return err
		})
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}
	for round := range int64(2) {
		if _, err := admin.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
			t.Fatal(err)
		}
		refused := 0
		for id := 100*(round+1) + 1; id <= 100*(round+1)+50; id++ {
			for err := write(id); err != nil; err = write(id) { // as a client would
				if refused++; !errs.Is(err, errs.Unavailable) || refused > 4 {
					t.Fatalf("write %d: %v", id, err)
				}
			}
		}
		if n := count(t, db, "SELECT COUNT(*) FROM t WHERE id > ?", 100*(round+1)); n != 50 {
			t.Errorf("%d rows of 50", n)
		}
	}
}

// A clock that ran ahead and is set right again must not stop what waits for it.
func TestNowFollowsAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	var now time.Time
	db := storetest.SQLite(t, func() time.Time { return now })
	right := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		at   time.Duration
		want time.Duration
	}{{0, 0}, {-time.Second, 0}, {time.Second, time.Second}, {time.Hour, time.Hour}, {time.Minute, time.Minute}} {
		now = right.Add(step.at)
		if got := db.Now(); got != right.Add(step.want).UnixMicro() {
			t.Errorf("at %v it is %v", step.at, time.UnixMicro(got).UTC())
		}
	}
}

// A Bulk comes to its turn among any number of other writers, and those after it.
func TestBulkIsNotStarved(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		setup(t, db)
		over := make(chan struct{})
		var others sync.WaitGroup
		for range 32 {
			others.Go(func() {
				for {
					select {
					case <-over:
						return
					default:
					}
					if err := db.Write(context.Background(), func(tx *store.Tx) error {
						tx.Append(auditCopy, tx.NextID(), "other")
						return nil
					}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for i := range 5 {
			if err := db.Bulk(t.Context(), func(ctx context.Context) error {
				return db.Write(ctx, func(tx *store.Tx) error {
					_, err := tx.Exec("INSERT INTO t (id, v) VALUES (?, 'bulk')", i)
					return err
				})
			}); err != nil {
				t.Error(err)
			}
		}
		close(over)
		others.Wait()
		if n := count(t, db, "SELECT COUNT(*) FROM t WHERE v = 'bulk'"); n != 5 {
			t.Errorf("%d rows of Bulks", n)
		}
	})
}

// Whoever writes while the store closes is either served or told; nobody waits for ever.
func TestCloseAnswersEverybody(t *testing.T) {
	t.Parallel()
	file := t.TempDir()
	db, err := store.Open(t.Context(), store.Options{Dir: file})
	if err != nil {
		t.Fatal(err)
	}
	setup(t, db)
	var writers sync.WaitGroup
	var mu sync.Mutex
	served := int64(0)
	begun := make(chan struct{}, 32)
	for range 32 {
		writers.Go(func() {
			for first := true; ; first = false {
				err := db.Write(context.Background(), func(tx *store.Tx) error {
					tx.Append(auditCopy, db.NextID(), "accepted")
					return nil
				})
				if first {
					begun <- struct{}{}
				}
				if err != nil {
					if !errs.Is(err, errs.Unavailable) {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				served++
				mu.Unlock()
			}
		})
	}
	for range 32 {
		<-begun
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	writers.Wait()
	if db, err = store.Open(t.Context(), store.Options{Dir: file}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n := count(t, db, "SELECT COUNT(*) FROM t"); n != served {
		t.Errorf("%d rows for %d served", n, served)
	}
}
