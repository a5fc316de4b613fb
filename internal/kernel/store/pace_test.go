package store_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

func TestPaceIsPoliteOnlyWhileCallersCrowd(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	idle := db.Pace()
	if _, err := idle.Do(t.Context(), func(small bool) (int, time.Duration, error) {
		if small {
			t.Error("small steps although nobody writes")
		}
		return 1, time.Hour, nil // would rest for hours if it were polite
	}); err != nil {
		t.Fatal(err)
	}
	// The writer is held and callers wait for it.
	held, free := make(chan struct{}), make(chan struct{})
	var writers sync.WaitGroup
	write := func(fn func(*store.Tx) error) {
		writers.Go(func() {
			if err := db.Write(context.WithoutCancel(t.Context()), fn); err != nil {
				t.Error(err)
			}
		})
	}
	write(func(*store.Tx) error { close(held); <-free; return nil })
	<-held
	write(func(*store.Tx) error { return nil })
	for db.Waiting() == 0 {
		runtime.Gosched()
	}
	var inside, most atomic.Int32
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			_, err := db.Pace().Do(t.Context(), func(small bool) (int, time.Duration, error) {
				most.Store(max(most.Load(), inside.Add(1)))
				defer inside.Add(-1)
				if !small {
					t.Error("a large step while callers wait")
				}
				return 1, time.Microsecond, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if most.Load() != 1 {
		t.Errorf("%d pieces of work at once while callers wait", most.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := db.Pace().Do(ctx, func(bool) (int, time.Duration, error) { cancel(); return 1, time.Hour, nil }); err != nil {
		t.Errorf("a rest outlives its context: %v", err)
	}
	close(free)
	writers.Wait()
}
