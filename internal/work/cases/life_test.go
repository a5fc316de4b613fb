package cases_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

func TestLifeTableIsSound(t *testing.T) {
	t.Parallel()
	if err := cases.Life.Check(); err != nil {
		t.Fatal(err)
	}
	for _, row := range cases.Life.Table {
		for _, n := range row.Needs {
			if n.Label.ZH == "" || n.Label.EN == "" {
				t.Errorf("%s: field %s has no name", row.Action, n.Name)
			}
			(&cases.Act{}).Text(n.Name) // panics on a field that nobody reads
		}
		if row.Asks && !slices.ContainsFunc(row.Needs, func(f flow.Field) bool { return f.Name == "reason" && f.Required }) {
			t.Errorf("%s asks for approval without a reason", row.Action)
		}
	}
}

// TestRandomLivesKeepTheRules walks at random and holds what must always hold.
func TestRandomLivesKeepTheRules(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		seed, steps, all := uint64(20261123), 1500, true // all: until every action was seen
		if db.Engine() == store.Postgres {
			seed, steps, all = 77, 500, false
		}
		if testing.Short() {
			steps, all = steps/5, false
		}
		r := rand.New(rand.NewPCG(seed, 1))
		seen := map[int64][]cases.LogEntry{}
		// "tell" needs a granted request on a case whose reporter can be reached,
		// which a walk may miss for long: TestTheReporterIsToldOfAnExtension tells on purpose.
		unseen := func() (none []flow.Action) {
			for _, must := range []flow.Action{"accept", "file", "dispatch", "sign", "resolve", "verify_pass", "verify_fail", "call_back", "return", "extend", "suspend", "approve", "refuse", "merge", "unmerge", "split", "correct", "check_site", "site_checked", "await", "go_on", "stage_done", "own_note", "own_correct", "own_withdraw", "own_rate", "own_erase"} {
				if w.Done[must] == 0 {
					none = append(none, must)
				}
			}
			return none
		}
		for n := 0; n < steps || all && n < 8*steps && len(unseen()) > 0; n++ {
			a := w.Step(r)
			if a.Case == 0 {
				continue
			}
			c := w.Case(a.Case)
			log, err := w.Log(w.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			before := seen[c.ID]
			if len(log) < len(before) || !slices.Equal(log[:len(before)], before) {
				t.Fatalf("%s: the history of %s was edited", a.Action, c.Number)
			}
			seen[c.ID] = log
			checkCase(t, c, log)
		}
		if none := unseen(); all && len(none) > 0 {
			t.Errorf("the walk never did %v", none)
		}
		checkMerged(t, w)
		chains, err := audit.VerifyChains(context.Background(), db)
		if err != nil || len(chains) > 0 {
			t.Errorf("chains: %v %v", chains, err)
		}
		rows, err := w.Verify(context.Background(), db)
		if err != nil || len(rows) > 0 {
			t.Errorf("rows: %v %v", rows, err)
		}
	})
}

// checkCase holds what is true of every case at every moment.
func checkCase(t *testing.T, c *cases.Case, log []cases.LogEntry) {
	t.Helper()
	bad := func(format string, args ...any) {
		t.Helper()
		var steps []string
		for _, e := range log {
			steps = append(steps, fmt.Sprintf("%d %s→%s by %d", e.Seq, e.Action, e.Became, e.Actor))
		}
		t.Fatalf("case %s (%s): %s\n%s", c.Number, c.Status, fmt.Sprintf(format, args...), strings.Join(steps, "\n"))
	}
	handlers := map[int64]bool{}
	resolved, verified := false, false
	for i, e := range log {
		if e.Seq != i+1 {
			bad("step %d has number %d", i+1, e.Seq)
		}
		if i > 0 && e.At < log[i-1].At {
			bad("step %d lies before the one that precedes it", e.Seq)
		}
		switch e.Action {
		case "sign", "start", "resolve", "return", "extend", "suspend", "onsite":
			handlers[e.Actor] = true
		}
		switch e.Action {
		case "resolve", "sampled":
			resolved, verified = true, false
		case "verify_pass", "verify_fail":
			if handlers[e.Actor] {
				bad("account %d verified what it handled", e.Actor)
			}
			if !resolved {
				bad("verified before it was resolved")
			}
			verified = e.Action == "verify_pass"
		case "close":
			if !verified {
				bad("closed without verification")
			}
		case "redo", "reopen":
			resolved, verified = false, false
		}
	}
	if log[len(log)-1].Became != string(c.Status) || len(log) != c.Seq {
		bad("the present row does not follow from the history")
	}
	if c.Open == cases.Life.Ended(c.Status) {
		bad("open is %v", c.Open)
	}
	if (c.PausedAt > 0) != c.Has(cases.FlagSuspended|cases.FlagWaiting) || c.Has(cases.FlagSuspended) && c.Has(cases.FlagWaiting) {
		bad("paused at %d, suspended %v, waiting %v", c.PausedAt, c.Has(cases.FlagSuspended), c.Has(cases.FlagWaiting))
	}
	if c.Against != 0 && c.Lead == c.Against {
		bad("the unit that it complains about has it")
	}
	if !c.Open && c.NextAt != 0 {
		bad("it has ended and still waits for %d", c.NextAt)
	}
	for name, at := range map[string]int64{"due": c.DueAt, "stage": c.StageDueAt, "next": c.NextAt, "closed": c.ClosedAt, "filed": c.FiledAt} {
		if at < 0 {
			bad("%s lies at %d", name, at)
		}
	}
	if !c.Has(cases.FlagHistory) && c.FiledAt > 0 && c.DueAt == 0 {
		bad("filed without a limit")
	}
	if c.Lead != 0 && c.DispatchedAt == 0 {
		bad("has a lead unit and was never dispatched")
	}
	if slices.Contains([]flow.State{cases.Dispatched, cases.Signed, cases.InProgress}, c.Status) && c.Lead == 0 {
		bad("is at a unit and has none")
	}
}

// checkMerged holds that each case counts the reports behind it: its own and those
// of the cases that were merged into it, which lead to it without a circle.
func checkMerged(t *testing.T, w *casetest.World) {
	t.Helper()
	want := map[int64]int{}
	for _, id := range w.IDs {
		c := w.Case(id)
		if (c.Status == cases.Merged) != (c.MergedInto != 0) {
			t.Errorf("case %s is %s and merged into %d", c.Number, c.Status, c.MergedInto)
		}
		for at, n := c, 0; ; n++ {
			if n > len(w.IDs) {
				t.Fatalf("case %s was merged into itself", c.Number)
			}
			want[at.ID]++
			if at.MergedInto == 0 {
				break
			}
			at = w.Case(at.MergedInto)
		}
	}
	for _, id := range w.IDs {
		if c := w.Case(id); c.Supporters != want[id] {
			t.Errorf("case %s counts %d reports, there are %d", c.Number, c.Supporters, want[id])
		}
	}
}

func TestTwoPeopleActAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		s := w.Spots[0]
		lon, lat := w.Position(s.Grid)
		c, err := w.Add(w.Actor("operator", casetest.City), cases.ReportIn{Text: "路灯不亮", Channel: "hotline", Lon: lon, Lat: lat})
		if err != nil {
			t.Fatal(err)
		}
		dispatcher := w.Actor("dispatcher", s.Street)
		var wg sync.WaitGroup
		var mu sync.Mutex
		ok, stale := 0, 0
		scope, err := w.Scope(dispatcher, access.CaseTriage)
		if err != nil {
			t.Fatal(err)
		}
		for range 8 {
			wg.Go(func() {
				_, err := w.Service.Act(w.Context(), scope, c.ID, cases.Act{Action: "accept", Version: 1})
				mu.Lock()
				defer mu.Unlock()
				var e *errs.Error
				switch {
				case err == nil:
					ok++
				case errors.As(err, &e) && e.Kind == errs.Stale && e.Params["current"] == 2:
					stale++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if ok != 1 || stale != 7 {
			t.Errorf("%d accepted, %d told that it changed; want 1 and 7", ok, stale)
		}
	})
}

func TestVerifyFindsWhatTheOwnerOfTheDatabaseChanged(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]string{
		"status":         "UPDATE cases SET status = 'closed' WHERE status <> 'closed'",
		"history":        "UPDATE case_log SET fields = '{\"channel\":\"app\"}' WHERE seq = 1",
		"deleted step":   "DELETE FROM case_log WHERE seq = 2",
		"deleted case":   "DELETE FROM cases WHERE seq > 1",
		"whole case":     "DELETE FROM case_log",
		"back-dated due": "UPDATE cases SET due_at = due_at + 1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.SQLite(t, nil)
			w := casetest.New(t, db)
			r := rand.New(rand.NewPCG(5, 5))
			for range 60 {
				w.Step(r)
			}
			if p, err := w.Verify(context.Background(), db); err != nil || len(p) > 0 {
				t.Fatalf("before: %v %v", p, err)
			}
			if err := db.Write(context.Background(), func(tx *store.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
				t.Fatal(err)
			}
			if p, err := w.Verify(context.Background(), db); err != nil || len(p) == 0 {
				t.Errorf("nothing found (%v)", err)
			}
		})
	}
}

func TestWatchTellsWhatHappensInScopeOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		here, there := w.Spots[0], w.Spots[len(w.Spots)-1]
		scope, err := w.Scope(w.Actor("dispatcher", here.Street), access.CaseRead)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		got := make(chan cases.Happening, 10)
		started := make(chan struct{})
		var ended sync.WaitGroup
		ended.Go(func() {
			close(started)
			if err := w.Watch(ctx, scope, "", func(h cases.Happening) error {
				select {
				case got <- h:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}); err != nil && ctx.Err() == nil {
				t.Error(err)
				stop()
			}
		})
		<-started
		add := func(s cases.Spot) int64 {
			lon, lat := w.Position(s.Grid)
			c, err := w.Add(w.Actor("operator", casetest.City), cases.ReportIn{Text: "路灯不亮", Channel: "hotline", Lon: lon, Lat: lat})
			if err != nil {
				t.Fatal(err)
			}
			return c.ID
		}
		var mine []int64
		for {
			add(there)
			mine = append(mine, add(here)) // until the watcher, which may have started late, sees one
			select {
			case h := <-got:
				if !slices.Contains(mine, h.ID) || h.Action != "report" {
					t.Errorf("told about %+v", h)
				}
				stop()
				ended.Wait()
				return
			case <-ctx.Done():
				return
			default:
			}
		}
	})
}

func TestSealedReporterShowsNothingToTheUnit(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	w := casetest.New(t, db)
	s := w.Spots[0]
	lon, lat := w.Position(s.Grid)
	pages := map[bool]*cases.Page{}
	for _, sealed := range []bool{false, true} {
		in := cases.ReportIn{Text: "反映扰民", Channel: "hotline", Category: casetest.Leaves[0], Lon: lon, Lat: lat}
		if sealed {
			in.Reporter, in.Sealed, in.Anonymous = cases.Person{Name: "王小明", Phone: "13900001111"}, true, true
		}
		c, err := w.Add(w.Actor("operator", casetest.City), in)
		if err != nil {
			t.Fatal(err)
		}
		w.Must(w.Actor("dispatcher", s.Street), c.ID, cases.Act{Action: "file"})
		w.Must(w.Actor("dispatcher", s.Street), c.ID, cases.Act{Action: "dispatch", Lead: 1})
		scope, err := w.Scope(w.Actor("handler", 1), access.CaseRead)
		if err != nil {
			t.Fatal(err)
		}
		if pages[sealed], err = w.Page(w.Context(), scope, c.ID, "zh"); err != nil {
			t.Fatal(err)
		}
	}
	open, closed := pages[false], pages[true]
	if closed.Case.Reporter != nil || len(closed.Case.Flags) != len(open.Case.Flags) || len(closed.Timeline) != len(open.Timeline) {
		t.Errorf("the unit can tell a sealed reporter: %+v", closed.Case)
	}
}
