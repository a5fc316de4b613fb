package jobs

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestFollowGoesOnAfterFailures: about twice a second, until it is stopped.
func TestFollowGoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(context.Background(), 10*time.Second+100*time.Millisecond)
		defer stop()
		calls := 0
		Follow(ctx, "a test", func(context.Context) error {
			calls++
			return errors.New("away")
		})
		if calls != 20 {
			t.Errorf("%d calls in ten seconds, want 20", calls)
		}
	})
}
