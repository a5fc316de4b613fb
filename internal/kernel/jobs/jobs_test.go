package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// clock is a hand-turned clock.
type clock struct{ us atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.us.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixMicro())
	return c
}
func (c *clock) now() time.Time           { return time.UnixMicro(c.us.Load()) }
func (c *clock) turn(d time.Duration)     { c.us.Add(d.Microseconds()) }
func (c *clock) in(d time.Duration) int64 { return c.us.Load() + d.Microseconds() }

// each runs fn on both engines with two connections to one database: on
// PostgreSQL two processes' worth, on SQLite the same one twice.
func each(t *testing.T, fn func(t *testing.T, c *clock, one, two *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		db := storetest.SQLite(t, c.now)
		fn(t, c, db, db)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := newClock()
		url := storetest.PostgresURL(t)
		fn(t, c, storetest.Open(t, store.Options{URL: url, Clock: c.now}), storetest.Open(t, store.Options{URL: url, Clock: c.now}))
	})
}

func enqueue(t *testing.T, db *store.DB, kind string, payload any, runAt int64, unique string) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return Enqueue(tx, 990101, kind, payload, runAt, unique) }); err != nil {
		t.Fatal(err)
	}
}

// round runs everything that is due and waits for it.
func round(t *testing.T, r *Runner) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = r.round(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.run.Wait()
	}
}

func counts(t *testing.T, db *store.DB) Count {
	t.Helper()
	c, err := Counts(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestJobRunsOnceWhenDue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *clock, db, _ *store.DB) {
		r := New(db, Options{Log: quiet()})
		var got []string
		r.Handle("greet", func(_ context.Context, j *Job) error {
			var p struct {
				To string `json:"to"`
			}
			if err := j.Decode(&p); err != nil {
				return err
			}
			got = append(got, fmt.Sprintf("%s %d %d", p.To, j.District, j.Attempt))
			return nil
		})
		enqueue(t, db, "greet", map[string]string{"to": "a"}, c.in(time.Hour), "")
		round(t, r)
		if len(got) != 0 {
			t.Fatal("ran early")
		}
		c.turn(time.Hour)
		round(t, r)
		round(t, r)
		if fmt.Sprint(got) != "[a 990101 1]" {
			t.Errorf("got %v", got)
		}
		if n := counts(t, db); n != (Count{}) {
			t.Errorf("left %+v", n)
		}
	})
}

func TestEnqueueIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *clock, db, _ *store.DB) {
		for _, unique := range []string{"", "key"} {
			err := db.Write(t.Context(), func(tx *store.Tx) error {
				if err := Enqueue(tx, 1, "x", nil, 0, unique); err != nil {
					return err
				}
				return errors.New("no")
			})
			if err == nil || counts(t, db) != (Count{}) {
				t.Errorf("%q: %v %+v", unique, err, counts(t, db))
			}
		}
	})
}

func TestFailedJobComesBackAndDies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *clock, db, _ *store.DB) {
		r := New(db, Options{Log: quiet(), Attempts: 3})
		tries := 0
		r.Handle("fail", func(context.Context, *Job) error {
			tries++
			if tries == 2 {
				panic("boom")
			}
			return errors.New("not today")
		})
		fatal, waits := 0, 0
		r.Handle("never", func(context.Context, *Job) error { fatal++; return Never(errors.New("no such thing")) })
		r.Handle("later", func(context.Context, *Job) error {
			if waits++; waits < 20 {
				return Later(time.Hour)
			}
			return nil
		})
		enqueue(t, db, "fail", nil, 0, "")
		enqueue(t, db, "never", nil, 0, "")
		round(t, r)
		round(t, r)
		if tries != 1 || fatal != 1 {
			t.Fatalf("no delay before the next attempt: %d, %d", tries, fatal)
		}
		c.turn(7 * time.Second)
		round(t, r)
		c.turn(13 * time.Second)
		round(t, r)
		c.turn(24 * time.Hour)
		round(t, r)
		if tries != 3 {
			t.Errorf("%d tries", tries)
		}
		dead, err := DeadJobs(t.Context(), db, 10)
		if err != nil || len(dead) != 2 || !strings.Contains(dead[0].Error+dead[1].Error, "not today") {
			t.Fatalf("dead: %+v %v", dead, err)
		}
		for _, d := range dead {
			if d.Kind == "fail" {
				if err := Revive(t.Context(), db, d.District, d.ID); err != nil {
					t.Error(err)
				}
			}
		}
		round(t, r)
		if tries != 4 {
			t.Errorf("revived job did not run: %d", tries)
		}
		enqueue(t, db, "later", nil, 0, "")
		for range 25 {
			round(t, r)
			c.turn(time.Hour)
		}
		if waits != 20 {
			t.Errorf("waited %d times", waits)
		}
	})
}

func TestUniqueJob(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *clock, db, _ *store.DB) {
		r := New(db, Options{Log: quiet()})
		var got []string
		r.Handle("sum", func(_ context.Context, j *Job) error {
			got = append(got, string(j.Payload))
			if len(got) == 1 { // somebody orders it again while it runs
				enqueue(t, db, "sum", 3, 0, "d")
			}
			return nil
		})
		enqueue(t, db, "sum", 1, c.in(time.Hour), "d")
		enqueue(t, db, "sum", 2, c.in(time.Minute), "d")
		enqueue(t, db, "sum", 2, c.in(2*time.Hour), "d")
		if n := counts(t, db); n.Waiting != 1 {
			t.Fatalf("%+v", n)
		}
		c.turn(time.Minute)
		round(t, r)
		round(t, r)
		if fmt.Sprint(got) != "[2 3]" {
			t.Errorf("got %v", got)
		}
		if n := counts(t, db); n != (Count{}) {
			t.Errorf("left %+v", n)
		}
	})
}

func TestJobOfADeadProcessGoesToAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *clock, one, two *store.DB) {
		enqueue(t, one, "x", nil, 0, "")
		a, b := New(one, Options{Log: quiet()}), New(two, Options{Log: quiet()})
		runs := 0
		a.Handle("x", func(context.Context, *Job) error { return nil })
		b.Handle("x", func(context.Context, *Job) error { runs++; return nil })
		taken, _, err := a.lease(t.Context(), 4) // and dies
		if err != nil || len(taken) != 1 {
			t.Fatal(taken, err)
		}
		round(t, b)
		if runs != 0 {
			t.Fatal("took a leased job")
		}
		c.turn(61 * time.Second)
		round(t, b)
		if runs != 1 {
			t.Fatal("did not take the job of a dead process")
		}
		// The dead process wakes up and wants to commit its effect: it must not.
		err = one.Write(t.Context(), func(tx *store.Tx) error { return taken[0].Done(tx) })
		if !errors.Is(err, ErrLost) {
			t.Errorf("late Done: %v", err)
		}
	})
}

func TestDoneIsPartOfTheEffect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *clock, db, _ *store.DB) {
		r := New(db, Options{Log: quiet()})
		r.Handle("x", func(ctx context.Context, j *Job) error {
			if err := db.Write(ctx, func(tx *store.Tx) error { return j.Done(tx) }); err != nil {
				return err
			}
			return errors.New("after the effect")
		})
		enqueue(t, db, "x", nil, 0, "")
		round(t, r)
		if n := counts(t, db); n != (Count{}) {
			t.Errorf("left %+v", n)
		}
	})
}

func TestTwoProcessesShareAndEachJobRunsOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *clock, one, two *store.DB) {
		const n = 200
		if err := one.Write(t.Context(), func(tx *store.Tx) error {
			for i := range n {
				if err := Enqueue(tx, 990101+i%3, "x", i, 0, ""); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		ran := map[string]int{}
		share := [2]int{}
		all := make(chan struct{})
		both := make(chan struct{}) // open once each process has begun a job
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for p, db := range []*store.DB{one, two} {
			r := New(db, Options{Log: quiet(), Workers: 3, Poll: 5 * time.Millisecond})
			r.Handle("x", func(ctx context.Context, j *Job) error {
				mu.Lock()
				ran[string(j.Payload)]++
				share[p]++
				if share[p] == 1 && share[1-p] > 0 {
					close(both)
				}
				if share[0]+share[1] == n {
					close(all)
				}
				mu.Unlock()
				select {
				case <-both:
				case <-ctx.Done():
				}
				return nil
			})
			wg.Go(func() {
				if err := r.Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		select {
		case <-all:
		case <-time.After(30 * time.Second):
			t.Error("not all jobs ran")
		}
		cancel()
		wg.Wait()
		mu.Lock()
		defer mu.Unlock()
		for k, c := range ran {
			if c != 1 {
				t.Errorf("job %s ran %d times", k, c)
			}
		}
		if len(ran) != n || share[0] == 0 || share[1] == 0 {
			t.Errorf("%d jobs, shares %v", len(ran), share)
		}
		if c := counts(t, one); c != (Count{}) {
			t.Errorf("left %+v", c)
		}
	})
}

func TestPeriodicRunsOnOneProcess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *clock, one, two *store.DB) {
		var runs atomic.Int64
		a, b := New(one, Options{Log: quiet()}), New(two, Options{Log: quiet()})
		fail := false
		for _, r := range []*Runner{a, b} {
			r.Every("sweep", 10*time.Minute, func(context.Context) error {
				runs.Add(1)
				if fail {
					return errors.New("no")
				}
				return nil
			})
		}
		for range 60 {
			round(t, a)
			round(t, b)
			c.turn(time.Minute)
		}
		if n := runs.Load(); n != 5 {
			t.Errorf("ran %d times in an hour, want 5 (the first after ten minutes)", n)
		}
		fail = true
		for range 20 {
			round(t, b)
			c.turn(time.Minute)
		}
		if n := runs.Load(); n != 7 {
			t.Errorf("a failing task ran %d times, want 7", n)
		}
		var text string
		if err := one.QueryRow(t.Context(), "SELECT last_error FROM periodic WHERE name = 'sweep'").Scan(&text); err != nil || text != "no" {
			t.Errorf("%q %v", text, err)
		}
	})
}

// TestTime walks the real loop through a day in a bubble where time is ours.
// It is not parallel: jobs wake every runner of the process, and those of other
// tests stand outside the bubble.
func TestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.SQLite(t, nil)
		r := New(db, Options{Log: quiet(), Poll: 20 * time.Second})
		start := time.Now()
		var at []time.Duration
		r.Handle("x", func(context.Context, *Job) error { at = append(at, time.Since(start)); return nil })
		long := make(chan error, 1)
		r.Handle("long", func(ctx context.Context, _ *Job) error {
			select {
			case <-time.After(10 * time.Minute): // ten leases long
				long <- nil
			case <-ctx.Done():
				long <- ctx.Err()
			}
			return nil
		})
		stuck := make(chan error, 1)
		r.Handle("stuck", func(ctx context.Context, _ *Job) error {
			<-ctx.Done()
			stuck <- ctx.Err()
			return ctx.Err()
		})
		sweeps := 0
		r.Every("sweep", time.Hour, func(context.Context) error { sweeps++; return nil })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()

		enqueue(t, db, "x", nil, db.Now()+(90*time.Minute).Microseconds(), "")
		enqueue(t, db, "long", nil, 0, "")
		if err := <-long; err != nil {
			t.Errorf("the lease of a working job was not renewed: %v", err)
		}
		time.Sleep(5 * time.Hour) // bubble time
		if len(at) != 1 || at[0] < 90*time.Minute || at[0] > 90*time.Minute+21*time.Second {
			t.Errorf("ran at %v", at)
		}
		if sweeps != 5 {
			t.Errorf("%d sweeps", sweeps)
		}
		before := time.Now()
		enqueue(t, db, "x", nil, 0, "")
		synctest.Wait()
		if len(at) != 2 || time.Since(before) > 0 {
			t.Errorf("an ordered job did not wake the runner: %v", at)
		}
		enqueue(t, db, "stuck", nil, 0, "")
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := <-stuck; !errors.Is(err, context.Canceled) {
			t.Errorf("stuck job: %v", err)
		}
		if c := counts(t, db); c.Waiting != 1 || c.Running != 0 {
			t.Errorf("the stopped job was not given back: %+v", c)
		}
	})
}
