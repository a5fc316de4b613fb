package load_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/sim/city"
	"linli/internal/sim/load"
	"linli/internal/work/cases"
)

func TestCity(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, err := app.Open(ctx, app.At(t.TempDir(), ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	c := city.Generate(city.Options{Seed: 1, Scale: 0.05, Until: time.Now()})
	rooms := load.Rooms{DB: a.DB, Regions: a.Atlas, People: a.Identity, Rules: a.Rulebook}
	demo, err := load.City(store.ContextAt(ctx, time.Now().AddDate(0, 0, -130).UnixMicro()), rooms, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range access.Roles() {
		program := slices.Contains([]string{"client", "gateway", "resident"}, r.Code) // nobody signs in as one
		if slices.ContainsFunc(demo, func(d load.DemoAccount) bool { return d.Role == r.Code }) == program {
			t.Errorf("demo account of %s: %v", r.Code, !program)
		}
	}
	for _, d := range demo {
		if d.Login == "" || d.Name == "" || d.Where == "" || d.Label == "" {
			t.Errorf("incomplete: %+v", d)
		}
		acc, err := a.Identity.AccountByLogin(ctx, access.System("test"), d.Login)
		if err != nil || !acc.CanSignIn || acc.MustChange {
			t.Errorf("%s: %+v %v", d.Login, acc, err)
		}
	}
	if _, err := a.Identity.AccountByLogin(ctx, access.System("test"), c.Accounts[len(c.Accounts)-1].Login); err != nil {
		t.Error(err)
	}
	if ps := a.Rulebook.Current(a.DB.Now()).Problems(); len(ps) > 0 {
		t.Errorf("rules: %+v", ps)
	}
	// Every leaf goes somewhere everywhere, with the unit that the category names where it leads.
	for _, k := range c.Communities {
		for _, leaf := range c.Categories {
			if !leaf.Leaf {
				continue
			}
			r, err := a.Cases.Rules().Route(cases.RouteFacts{Category: leaf.ID, Grade: leaf.Grade, Channel: "hotline", District: int(k.Code / 1_000_000), Street: k.Parent, Community: k.Code, At: a.DB.Now()})
			if err != nil || r.Lead == 0 {
				t.Fatalf("%s in %s: %+v %v", leaf.Name, k.Name, r, err)
			}
		}
	}
	if _, err := load.City(ctx, rooms, c); err == nil {
		t.Error("a city is loaded once")
	}
}

func BenchmarkCity(b *testing.B) {
	ctx := context.Background()
	c := city.Generate(city.Options{Seed: 1, Until: time.Now()})
	for b.Loop() {
		a, err := app.Open(ctx, app.At(b.TempDir(), ""))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := load.City(ctx, load.Rooms{DB: a.DB, Regions: a.Atlas, People: a.Identity, Rules: a.Rulebook}, c); err != nil {
			b.Fatal(err)
		}
		if err := a.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
