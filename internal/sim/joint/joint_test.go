package joint_test

import (
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/people/partner"
	"linli/internal/sim/city"
	"linli/internal/sim/joint"
	"linli/internal/sim/load"
	"linli/internal/work/whistle"
)

var everything = access.System("test")

// open is the program over a city of the scale, filled.
func open(t *testing.T, scale float64) *app.App {
	t.Helper()
	a, err := app.Open(t.Context(), app.At(t.TempDir(), ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	end := time.Date(2026, 11, 28, 2, 0, 0, 0, time.UTC)
	c := city.Generate(city.Options{Seed: 1, Scale: scale, Until: end})
	if _, err := load.City(store.ContextAt(t.Context(), end.AddDate(0, 0, -200).UnixMicro()), load.Rooms{DB: a.DB, Regions: a.Atlas, People: a.Identity, Rules: a.Rulebook}, c); err != nil {
		t.Fatal(err)
	}
	o, r := joint.Options{Seed: 1, Scale: scale, Until: end.UnixMicro()}, joint.Rooms{DB: a.DB, Partners: a.Partners, Whistles: a.Whistles, People: a.Identity, Regions: a.Atlas}
	start := time.Now()
	if err := joint.Fill(store.ContextAt(t.Context(), o.Until), o, r); err != nil {
		t.Fatal(err)
	}
	filled := time.Since(start)
	if _, _, err := joint.Live(t.Context(), o, r); err != nil {
		t.Fatal(err)
	}
	t.Logf("registers %v, whistles and meetings %v", filled, time.Since(start)-filled)
	return a
}

// TestTotals counts what DOMAIN.md says of the practice, by records.
func TestTotals(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a whole city")
	}
	a := open(t, 1)
	want := map[string]int{"agreements": 210, "projects": 94, "matters": 74, "properties": 26, "commissioners": 26, "enterprises": 69, "enterprise_projects": 46, "socials": 136, "batches": 253, "sessions": 12_000}
	for _, total := range partner.Totals {
		n, err := a.Partners.Count(t.Context(), everything, total)
		if err != nil {
			t.Fatal(err)
		}
		if must, known := want[total.Key]; known && n != must {
			t.Errorf("%s: %d, want %d", total.Key, n, must)
		}
		delete(want, total.Key)
	}
	if len(want) > 0 {
		t.Errorf("no total counts %v", want)
	}
	orgs := map[int64]bool{} // 210 different departments have one
	if err := a.Partners.Agreements.All(t.Context(), everything, ledger.Filter{Where: []string{"state=active"}}, func(x *partner.Agreement) error { orgs[x.Org] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	if len(orgs) != 210 {
		t.Errorf("%d departments with agreements, want 210", len(orgs))
	}
}

// TestLived: a small city has whistles and meetings in every state that people of
// the demo accounts can meet.
func TestLived(t *testing.T) {
	t.Parallel()
	a := open(t, 0.03)
	list, _, err := a.Whistles.Whistles(t.Context(), everything, whistle.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, o := range list {
		seen[string(o.State)]++
		for _, c := range o.Calls {
			seen["part "+string(c.State)]++
			if c.MissedAt > 0 && c.CameAt == 0 {
				seen["missed"]++
			}
			if c.MissedAt > 0 && c.CameAt > 0 {
				seen["late"]++
			}
		}
	}
	meetings, _, err := a.Whistles.Meetings(t.Context(), everything, whistle.MeetingFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range meetings {
		seen["meeting "+string(m.State)]++
	}
	for _, must := range []string{"open", "closed", "part called", "part came", "part done", "part disputed", "part arbitration", "part confirmed", "part released", "missed", "late", "meeting minuted", "meeting invited"} {
		if seen[must] == 0 {
			t.Errorf("nothing is %s: %v", must, seen)
		}
	}
	due, err := a.Partners.Dues(t.Context(), everything)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, d := range due {
		kinds[d.Kind] = true
	}
	if !kinds["renew"] || !kinds["certify"] || !kinds["unmatched"] {
		t.Errorf("due: %v", kinds)
	}
}
