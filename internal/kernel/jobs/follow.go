package jobs

import (
	"context"
	"log/slog"
	"time"
)

// Follow calls refresh every half second until the context ends, so that what
// another process changes is seen within a second. A row of failures is logged
// once; what names the thing in the log.
func Follow(ctx context.Context, what string, refresh func(context.Context) error) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			slog.Error("cannot refresh", "what", what, "error", err)
		}
		failing = err != nil
	}
}
