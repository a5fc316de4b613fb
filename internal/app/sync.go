package app

import (
	"context"
	"time"

	"linli/internal/kernel/offline"
)

// openSync opens the phones' sync and makes every room's kinds known to it.
func (a *App) openSync(ctx context.Context) (err error) {
	if a.Sync, err = offline.New(ctx, a.DB, a.opt.Data); err != nil {
		return err
	}
	a.Sync.Today, a.Sync.Author = a.Today, a.Identity.Author
	a.Sync.Day = func(at int64) int { return a.rules().Calendar().Day(at) }
	a.Sync.Register(a.Cases.Kinds(a.Sync)...)
	a.Jobs.Every("held records of phones", time.Minute, func(ctx context.Context) error { _, err := a.Sync.TryHeld(ctx); return err })
	a.Jobs.Every("mark of the sync epoch", time.Minute, a.Sync.MarkEpoch)
	a.Jobs.Every("old records of phones", 24*time.Hour, a.Sync.Sweep)
	a.Jobs.Every("late photos", time.Minute, a.Files.Join)
	return nil
}
