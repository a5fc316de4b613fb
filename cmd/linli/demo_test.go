package main

import (
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/kernel/access"
	"linli/internal/people/liaison"
)

// TestWholeDemo makes the demo city at full size and counts in its records what
// DOMAIN.md says of the practice.
func TestWholeDemo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a minute of simulated life")
	}
	dir := t.TempDir()
	if _, stderr, status := linli(t, "demo", "--data", dir); status != 0 {
		t.Fatalf("linli demo ended with %d: %s", status, stderr)
	}
	a, err := app.Open(t.Context(), app.At(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	scope := access.System("test")
	chain, err := a.Party.Read(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	n := chain.Totals
	if n.Raised != 32 || n.Branches != 456 || n.Groups != 2280 || n.Households != 3189 || n.Members != 35_000 {
		t.Errorf("the party chain: %+v", n)
	}
	if len(chain.Gaps) == 0 {
		t.Error("the demo shows no gap of the chain")
	}
	solved := map[int64]bool{}
	day := time.UnixMicro(a.DB.Now())
	for q := range 4 {
		at := day.AddDate(0, -3*q, 0)
		duties, err := a.Liaison.Of(t.Context(), scope, liaison.QuarterOf(at.Year()*10000+int(at.Month())*100+at.Day()), "zh")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range duties {
			for _, f := range d.Findings {
				if f.Solved {
					solved[f.Case] = true
				}
			}
		}
	}
	if len(solved) < 120 {
		t.Errorf("%d matters solved by liaison, want 120 and more", len(solved))
	}
}
