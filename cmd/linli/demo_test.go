package main

import (
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
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
	dutiesAreTheirRecords(t, a)
}

// dutiesAreTheirRecords counts what the sources say is due in the tables behind them.
func dutiesAreTheirRecords(t *testing.T, a *app.App) {
	t.Helper()
	scope := access.System("test")
	today := a.Today()
	until := agenda.Quarter(today)
	parts, err := a.Agenda.Duties(t.Context(), scope, until)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, p := range parts {
		if !p.More { // a list that was cut is no count
			got[p.Code] = len(p.Entries)
		} else {
			got[p.Code] = -1
		}
	}
	ended := agenda.Plus(today, -30)
	for code, of := range map[string]struct {
		query string
		args  []any
	}{
		"case_request":      {"SELECT COUNT(*) FROM cases WHERE pending <> '' AND NOT (pending = 'return' AND returns + 1 >= 2)", nil},
		"case_return":       {"SELECT COUNT(*) FROM cases WHERE pending = 'return' AND returns + 1 >= 2", nil},
		"whistle_call":      {"SELECT COUNT(*) FROM whistle_call WHERE state IN ('called', 'came')", nil},
		"whistle_street":    {"SELECT COUNT(*) FROM whistle_call WHERE state IN ('disputed', 'done')", nil},
		"whistle_arbiter":   {"SELECT COUNT(*) FROM whistle_call WHERE state = 'arbitration'", nil},
		"meeting_task":      {"SELECT COUNT(*) FROM meeting_task WHERE state = 'open' AND due <= ?", []any{until}},
		"meeting_check":     {"SELECT COUNT(*) FROM meeting_task WHERE state = 'reported'", nil},
		"appraisal_sheet":   {"SELECT COUNT(*) FROM appraisal_sheet WHERE state IN ('shown', 'appealed')", nil},
		"co_agreement":      {"SELECT COUNT(*) FROM co_agreement WHERE state = 'active' AND valid_to BETWEEN ? AND ?", []any{ended, until}},
		"force":             {"SELECT COUNT(*) FROM force WHERE state = 'active' AND valid_to BETWEEN ? AND ?", []any{ended, until}},
		"co_project":        {"SELECT COUNT(*) FROM co_project WHERE state IN ('planned', 'running') AND valid_to BETWEEN 1 AND ?", []any{until}},
		"co_matter":         {"SELECT COUNT(*) FROM co_matter WHERE state IN ('planned', 'running') AND valid_to BETWEEN 1 AND ?", []any{until}},
		"volunteer_session": {"SELECT COUNT(*) FROM volunteer_session WHERE state IN ('open', 'closed') AND day < ?", []any{today}},
		"visit_lead":        {"SELECT COUNT(DISTINCT grid) FROM visit_task WHERE state = 'open' AND (due_day < ? OR tries >= 3)", []any{today}},
		"sync_conflict":     {"SELECT COUNT(*) FROM sync_conflict WHERE decided = ''", nil},
		"plan":              {"SELECT COUNT(*) FROM plan_draft WHERE status = 'asked'", nil},
	} {
		var want int
		if err := a.DB.QueryRow(t.Context(), of.query, of.args...).Scan(&want); err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		if n := got[code]; n != want && (n != -1 || want < agenda.Most) {
			t.Errorf("%s: %d are due, the records say %d", code, n, want)
		}
	}
}
