package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"linli/internal/sim/life"
)

func simulate(ctx context.Context, args []string) error {
	f := newFlags("simulate", "simulate --days N [--seed N] | --replay FILE [--speed X]")
	days := f.Int("days", 0, "live this many days after the newest case")
	seed := f.Uint64("seed", 1, "the same seed lives the same life")
	perDay := f.Float64("cases-per-day", 150, "reports a day, on average")
	file := f.String("replay", "", "messages to replay: JSONL, gzipped or not, with id, user, title, time, body")
	speed := f.Float64("speed", 0, "times faster than the messages came; 0: as fast as the machine can, at their own times")
	if err := f.parse(args); err != nil {
		return err
	}
	if (*days > 0) == (*file != "") {
		return usage("give either --days N or --replay FILE")
	}
	if *speed < 0 || *perDay <= 0 || *days < 0 {
		return usage("--speed, --days and --cases-per-day are not negative")
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if !a.Atlas.Synthetic() {
		return fmt.Errorf("%s is not a demo city: simulated people work only there", f.data)
	}
	start := time.Now()
	var done *life.Report
	if *file != "" {
		done, err = life.Replay(ctx, life.ReplayOptions{Seed: *seed, Speed: *speed, Progress: progress(f)}, lives(a), *file)
	} else {
		done, err = life.Run(ctx, life.Options{Seed: *seed, Days: *days, CasesPerDay: *perDay, Progress: progress(f)}, lives(a))
	}
	if err != nil {
		return err
	}
	if err := a.Prepare(ctx); err != nil {
		return err
	}
	for _, p := range done.Problems {
		if !f.json {
			fmt.Printf("  line %d: %s\n", p.Line, p.Why)
		}
	}
	var acts []string
	for name, n := range done.Acts {
		acts = append(acts, fmt.Sprintf("%s %d", name, n))
	}
	return f.print(map[string]any{"cases": done.Cases, "commands": done.Commands, "acts": done.Acts, "skipped": done.Skipped, "problems": done.Problems, "seconds": time.Since(start).Seconds()},
		"%d cases, %d acts in %.1f s (%d known before, %d unusable)\n%s\n", done.Cases, done.Commands, time.Since(start).Seconds(), done.Skipped, len(done.Problems), strings.Join(acts, ", "))
}
