package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"linli/internal/sim/bulk"
	"linli/internal/sim/city"
	"linli/internal/sim/load"
)

func seedLoad(ctx context.Context, args []string) error {
	f := newFlags("seed-load", "seed-load --cases N [--data DIR] [--db postgres://…] [--days N] [--no-index]")
	n := f.Int("cases", 100_000, "how many")
	days := f.Int("days", 365, "over how many days until now they spread")
	seed := f.Uint64("seed", 1, "the same seed draws the same cases")
	bare := f.Bool("no-index", false, "leave the search index to the server")
	if err := f.parse(args); err != nil {
		return err
	}
	if *n < 1 || *n > 100_000_000 || *days < 1 || *days > 3650 {
		return usage("--cases takes 1 to 100000000, --days 1 to 3650")
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if a.Empty() {
		if _, err := load.City(ctx, rooms(a), city.Generate(city.Options{Seed: *seed, Scale: 1, Until: time.Now()})); err != nil {
			return err
		}
	} else if !a.Atlas.Synthetic() {
		return errors.New("this is not a demo city: made-up cases would mix with real ones")
	}
	start := time.Now()
	var progress func(int)
	if st, err := os.Stderr.Stat(); !f.json && err == nil && st.Mode()&os.ModeCharDevice != 0 {
		progress = func(done int) { fmt.Fprintf(os.Stderr, "\r%d cases ", done) }
	}
	if err := bulk.Run(ctx, bulk.Options{Cases: *n, Days: *days, Seed: *seed, Progress: progress}, bulk.Rooms{Cases: a.Cases, Regions: a.Atlas, Rules: a.Rulebook}); err != nil {
		return err
	}
	took := time.Since(start)
	if *bare {
		if err := a.DB.Analyze(ctx); err != nil {
			return err
		}
		if err := a.SignHeads(ctx); err != nil {
			return err
		}
	} else if err := a.Prepare(ctx); err != nil {
		return err
	}
	rate := float64(*n) / took.Seconds()
	return f.print(map[string]any{"cases": *n, "per_second": int(rate), "seconds": time.Since(start).Seconds()}, "%d cases in %.1f s, %.0f a second; ready after %.1f s\n", *n, took.Seconds(), rate, time.Since(start).Seconds())
}
