package cases_test

import (
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

// told is a matter that a resident reported, of a category that is always (11) or
// never (12) called back.
func told(t *testing.T, w *casetest.World, category int64) *cases.Case {
	t.Helper()
	lon, lat := w.Position(w.Spots[0].Grid)
	c, err := w.Service.Report(w.Context(), access.Visitor(casetest.City), cases.ReportIn{Text: "路灯不亮，请来修", Channel: "resident", Category: category, Lon: lon, Lat: lat,
		Reporter: cases.Person{Name: "张三", Phone: "13800000000"}, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// work brings the case to its verified end, or to the end itself where nobody is called.
func work(t *testing.T, w *casetest.World, id int64) {
	t.Helper()
	d := w.Actor("dispatcher", w.Spots[0].Street)
	if w.Case(id).Status == cases.Reported {
		w.Must(d, id, cases.Act{Action: "file"})
	}
	if w.Case(id).Status == cases.Filed {
		w.Must(d, id, cases.Act{Action: "dispatch", Lead: 1})
	}
	h := w.Actor("handler", 1)
	w.Must(h, id, cases.Act{Action: "sign"})
	w.Must(h, id, cases.Act{Action: "resolve", Result: "已修好"})
	w.Must(d, id, cases.Act{Action: "verify_pass"})
}

func TestVisitorsDoNothingToCasesThatAreNotTheirs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		mine, other := told(t, w, 11), told(t, w, 11)
		for _, scope := range []access.Scope{access.Visitor(casetest.City), access.Visitor(casetest.City).Own(mine.ID)} {
			for _, a := range []flow.Action{"own_note", "own_withdraw", "own_erase", "note", "withdraw", "accept", "file"} {
				_, err := w.Service.Act(w.Context(), scope, other.ID, cases.Act{Action: a, Version: 1, Note: "x", Reason: "x"})
				if !errs.Is(err, errs.NotFound) {
					t.Errorf("%s: %v", a, err)
				}
			}
		}
		if _, err := w.Own(mine.ID, cases.Act{Action: "withdraw", Reason: "x"}); !errs.Is(err, flow.NotNow) {
			t.Errorf("the reporter did what a clerk does: %v", err)
		}
		if c, err := w.Own(mine.ID, cases.Act{Action: "own_withdraw"}); err != nil || c.Status != cases.Withdrawn {
			t.Errorf("withdrawn: %v", err)
		}
	})
}

func TestReportersWordSendsItBackToWork(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		no, yes := false, true
		for category, end := range map[int64]flow.State{11: cases.Verified, 12: cases.Closed} {
			w := casetest.New(t, db)
			c := told(t, w, category)
			if _, err := w.Own(c.ID, cases.Act{Action: "own_rate", Solved: &yes}); !errs.Is(err, flow.NotNow) {
				t.Errorf("rated before it was dealt with: %v", err)
			}
			work(t, w, c.ID)
			if got := w.Case(c.ID).Status; got != end {
				t.Fatalf("category %d ends %s", category, got)
			}
			is, err := w.Own(c.ID, cases.Act{Action: "own_rate", Solved: &no, Reached: &no, Satisfied: 1, Note: "还是不亮"})
			if err != nil || is.Status != cases.Dispatched || is.Redos != 1 {
				t.Fatalf("not solved: %v %+v", err, is)
			}
			work(t, w, c.ID)
			is, err = w.Own(c.ID, cases.Act{Action: "own_rate", Solved: &yes, Satisfied: 5})
			if err != nil || is.Status != cases.Closed {
				t.Fatalf("solved: %v %+v", err, is)
			}
			// Only where the case was drawn is it a call-back that figures count.
			if called := is.CalledAt > 0; called != (category == 11) || called != (is.Satisfied == 5) {
				t.Errorf("category %d: called %v, satisfied %d", category, called, is.Satisfied)
			}
			if _, err := w.Own(c.ID, cases.Act{Action: "own_rate", Solved: &yes}); !errs.Is(err, flow.NotNow) {
				t.Errorf("rated twice: %v", err)
			}
		}
	})
}

func TestMergedReportersFollowTheMainCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		main, mine := told(t, w, 12), told(t, w, 12)
		w.Must(w.Actor("dispatcher", w.Spots[0].Street), mine.ID, cases.Act{Action: cases.ActMerge, Into: main.ID})
		no := false
		if _, err := w.Own(mine.ID, cases.Act{Action: "own_rate", Solved: &no}); !errs.Is(err, flow.NotNow) {
			t.Errorf("rated while the main case goes on: %v", err)
		}
		for range 2 {
			work(t, w, main.ID)
			if _, err := w.Own(mine.ID, cases.Act{Action: "own_rate", Solved: &no}); err != nil {
				t.Fatal(err)
			}
			if got := w.Case(main.ID).Status; got != cases.Dispatched {
				t.Fatalf("the main case is %s after a merged reporter said that it is not solved", got)
			}
		}
	})
}

func TestErasingTakesThePersonAndLeavesTheCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		c := told(t, w, 11)
		work(t, w, c.ID)
		is, err := w.Own(c.ID, cases.Act{Action: "own_erase"})
		if err != nil || is.Status != cases.Closed || is.Has(cases.FlagCall) {
			t.Fatalf("it waits for a call that nobody can make: %v %+v", err, is)
		}
		if _, err := w.Keeper.Reveal(w.Context(), casetest.Everything, c.District, c.Reporter, c.ID, "test"); !errs.Is(err, errs.NotFound) {
			t.Errorf("the person is still there: %v", err)
		}
		if _, err := w.Own(c.ID, cases.Act{Action: "own_erase"}); !errs.Is(err, flow.NotNow) {
			t.Errorf("erased twice: %v", err)
		}
	})
}
