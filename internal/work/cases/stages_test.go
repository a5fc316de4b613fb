package cases_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

// atWork reports a case of the category and brings it to unit 1, which signs.
func atWork(t *testing.T, w *casetest.World, category int64) *cases.Case {
	t.Helper()
	s := w.Spots[0]
	in := cases.ReportIn{Text: "违法建设", Channel: "hotline", Category: category, Grade: "complex", Reporter: cases.Person{Name: "张三", Phone: "13800000001"}}
	in.Lon, in.Lat = w.Position(s.Grid)
	c, err := w.Add(w.Actor("operator", casetest.City), in)
	if err != nil {
		t.Fatal(err)
	}
	desk := w.Actor("dispatcher", s.Street)
	w.Must(desk, c.ID, cases.Act{Action: "file"})
	w.Must(desk, c.ID, cases.Act{Action: "dispatch", Lead: 1})
	return w.Must(w.Actor("handler", 1), c.ID, cases.Act{Action: "sign"})
}

func actions(t *testing.T, w *casetest.World, c *cases.Case) (out []string) {
	t.Helper()
	log, err := w.Log(w.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range log {
		out = append(out, e.Action)
	}
	return out
}

// limits are the states of the limits on the unit's page, by name.
func limits(t *testing.T, w *casetest.World, id int64) (*cases.Page, map[string]string) {
	t.Helper()
	scope, err := w.Scope(w.Actor("handler", 1), access.CaseRead)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Page(w.Context(), scope, id, "zh")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, l := range p.Case.Limits {
		out[l.Name] = l.State
	}
	return p, out
}

// TestStagesWithinHandlingLapseEachByItself: stop the work within 4 working
// hours, tear down within 20 working days.
func TestStagesWithinHandlingLapseEachByItself(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		unit := w.Actor("handler", 1)
		c := atWork(t, w, 21)
		whole := c.DueAt
		if c.StageDueAt == 0 || c.StageDueAt >= whole || c.NextAt != c.StageDueAt {
			t.Fatalf("the first stage ends at %d, noted at %d, the whole at %d", c.StageDueAt, c.NextAt, whole)
		}
		first := c.StageDueAt
		w.Wait(float64(first-w.Now)/casetest.Hour + 0.01)
		c = w.Case(c.ID)
		if !c.Has(cases.FlagStage) || c.Has(cases.FlagLapsed) || !slices.Contains(actions(t, w, c), "stage_lapsed") {
			t.Fatalf("flags %b after %v", c.Flags, actions(t, w, c))
		}
		seq := c.Seq
		w.Wait(1)
		if c = w.Case(c.ID); c.Seq != seq {
			t.Errorf("a lapsed stage is noted again: %v", actions(t, w, c))
		}
		if _, err := w.Do(w.Actor("dispatcher", w.Spots[0].Street), c.ID, cases.Act{Action: "supervise", Note: "请停工"}); err != nil {
			t.Errorf("a late stage cannot be supervised: %v", err)
		}
		p, states := limits(t, w, c.ID)
		if states["停工"] != "missed" || states["拆除"] != "running" || states["办理"] != "running" || !slices.Contains(p.Case.Flags, "stage_lapsed") || !p.Case.Stage.Overdue {
			t.Errorf("%v %v %+v", states, p.Case.Flags, p.Case.Stage)
		}
		if _, err := w.Do(unit, c.ID, cases.Act{Action: "stage_done", Stage: "罚款"}); err == nil {
			t.Error("a stage that the category does not have was done")
		}
		c = w.Must(unit, c.ID, cases.Act{Action: "stage_done", Stage: "停工", Note: "已停工"})
		if c.Has(cases.FlagStage) || c.StageDueAt <= first {
			t.Errorf("after the first stage the next ends at %d (flags %b)", c.StageDueAt, c.Flags)
		}
		c = w.Must(unit, c.ID, cases.Act{Action: "resolve", Result: "已拆除"})
		if _, states = limits(t, w, c.ID); states["拆除"] != "met" || states["停工"] != "missed" || c.NextAt != 0 {
			t.Errorf("resolved: %v, next %d", states, c.NextAt)
		}
	})
}

// TestWaitingForTheReporterStopsTheClocks: by the unit, with a last day, so often
// as the city allows, and never longer.
func TestWaitingForTheReporterStopsTheClocks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		unit := w.Actor("handler", 1)
		c := atWork(t, w, 21)
		left, stage := c.DueAt-w.Now, c.StageDueAt-w.Now
		day := func(n int) int { return w.Calendar().AddDays(w.Today(), n) }
		for name, act := range map[string]cases.Act{"no reason": {Until: day(2)}, "no day": {Reason: "联系不上"}, "too long": {Reason: "联系不上", Until: day(30)}} {
			act.Action = "await"
			if _, err := w.Do(unit, c.ID, act); err == nil {
				t.Errorf("%s: it waits", name)
			}
		}
		c = w.Must(unit, c.ID, cases.Act{Action: "await", Reason: "等待诉求人补充材料", Until: day(1)})
		p, states := limits(t, w, c.ID)
		if p.Case.Clock.State != "paused" || p.Case.Clock.Left != 5 || p.Case.Clock.Reason != "等待诉求人补充材料" || states["停工"] != "paused" || states["办理"] != "paused" {
			t.Errorf("%+v %v", p.Case.Clock, states)
		}
		for _, a := range []flow.Action{"start", "resolve", "extend", "await"} {
			if _, err := w.Do(unit, c.ID, cases.Act{Action: a, Result: "x", Reason: "x", Until: day(2)}); err == nil {
				t.Errorf("%s while the clock stands still", a)
			}
		}
		w.Wait(2)
		c = w.Must(unit, c.ID, cases.Act{Action: "go_on"})
		if c.PausedAt != 0 || c.DueAt-w.Now < left-casetest.Hour/1000 || c.StageDueAt-w.Now != stage {
			t.Errorf("after the wait %d and %d are left, were %d and %d", c.DueAt-w.Now, c.StageDueAt-w.Now, left, stage)
		}
		w.Must(unit, c.ID, cases.Act{Action: "await", Reason: "再等", Until: day(1)})
		w.Wait(60)
		c = w.Case(c.ID)
		if c.PausedAt != 0 || !slices.Contains(actions(t, w, c), "wait_over") {
			t.Errorf("the wait does not end by itself: %v", actions(t, w, c))
		}
		if _, err := w.Do(unit, c.ID, cases.Act{Action: "await", Reason: "第三次", Until: day(2)}); err == nil {
			t.Error("it waits a third time")
		}
	})
}

// TestTheUnitComplainedAboutStaysOut: it is not chosen, does nothing, and does not
// see that anybody reported it.
func TestTheUnitComplainedAboutStaysOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		s := w.Spots[0]
		// The street's own dispatcher belongs to the unit that is complained about.
		desk, partial := w.Actor("district_desk", int64(s.District)), *w.Actor("dispatcher", s.Street)
		partial.Posts = slices.Clone(partial.Posts)
		partial.Posts[0].Org = 2
		in := cases.ReportIn{Text: "执法人员态度恶劣", Channel: "hotline", Category: 12, Against: 2, Reporter: cases.Person{Name: "张三", Phone: "13800000001"}}
		in.Lon, in.Lat = w.Position(s.Grid)
		c, err := w.Add(w.Actor("operator", casetest.City), in)
		if err != nil {
			t.Fatal(err)
		}
		if c.Against != 2 || w.Case(c.ID).Against != 2 {
			t.Fatalf("it complains about %d", w.Case(c.ID).Against)
		}
		refused := func(a *access.Actor, act cases.Act) {
			t.Helper()
			if _, err := w.Do(a, c.ID, act); err == nil {
				t.Errorf("%s was done", act.Action)
			}
		}
		refused(&partial, cases.Act{Action: "accept"})
		refused(&partial, cases.Act{Action: "note", Note: "不实"})
		w.Must(desk, c.ID, cases.Act{Action: "file"})
		refused(desk, cases.Act{Action: "dispatch", Lead: 2})
		refused(desk, cases.Act{Action: "dispatch", Lead: 1, Assists: []int64{2}})
		w.Must(desk, c.ID, cases.Act{Action: "dispatch", Lead: 1})
		refused(desk, cases.Act{Action: "correct", Against: 1, Reason: "核实"})
		w.Must(w.Actor("handler", 1), c.ID, cases.Act{Action: "sign"})
		refused(w.Actor("handler", 1), cases.Act{Action: "return", Reason: "不归我们", Proposed: 2})
		w.Must(w.Actor("handler", 1), c.ID, cases.Act{Action: "resolve", Result: "已批评教育"})
		refused(&partial, cases.Act{Action: "verify_pass"})

		page := func(a *access.Actor) *cases.Page {
			scope, err := w.Scope(a, access.CaseRead)
			if err != nil {
				t.Fatal(err)
			}
			p, err := w.Page(w.Context(), scope, c.ID, "zh")
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		if p := page(desk); p.Case.Reporter == nil || p.Case.Against == nil || p.Case.Against.ID != 2 {
			t.Errorf("the desk sees %+v, %+v", p.Case.Reporter, p.Case.Against)
		}
		p := page(&partial)
		if p.Case.Reporter != nil || p.Timeline[0].Actor != nil {
			t.Errorf("the unit sees who reported it: %+v %+v", p.Case.Reporter, p.Timeline[0].Actor)
		}
		for _, a := range p.Actions {
			if a.Allowed {
				t.Errorf("the unit may %s", a.Action)
			}
		}
	})
}

// TestACheckOnSiteComesBeforeTheDecision: triage sends somebody, who answers.
func TestACheckOnSiteComesBeforeTheDecision(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		s := w.Spots[0]
		in := cases.ReportIn{Text: "路面塌陷", Channel: "resident", Category: 12}
		in.Lon, in.Lat = w.Position(s.Grid)
		c, err := w.Add(w.Actor("operator", casetest.City), in)
		if err != nil {
			t.Fatal(err)
		}
		desk, worker, yes := w.Actor("dispatcher", s.Street), w.Actor("grid_worker", s.Grid), true
		checking := func() (n int) {
			scope, err := w.Scope(worker, access.CaseRead)
			if err != nil {
				t.Fatal(err)
			}
			list, _, err := w.Cases(w.Context(), scope, cases.Filter{Flag: cases.FlagCheck, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if _, err := w.Do(worker, c.ID, cases.Act{Action: "site_checked", Found: &yes}); err == nil {
			t.Error("an answer that nobody asked for")
		}
		w.Must(desk, c.ID, cases.Act{Action: "check_site", Note: "是否塌陷，多大范围"})
		if n := checking(); n != 1 {
			t.Errorf("the worker has %d places to look at", n)
		}
		for _, a := range []flow.Action{"file", "decline", "not_file", "check_site"} {
			if _, err := w.Do(desk, c.ID, cases.Act{Action: a, Note: "x", Reason: "x"}); err == nil {
				t.Errorf("%s before the answer", a)
			}
		}
		if _, err := w.Do(worker, c.ID, cases.Act{Action: "site_checked"}); err == nil {
			t.Error("an answer that says nothing")
		}
		w.Must(worker, c.ID, cases.Act{Action: "site_checked", Found: &yes, Note: "约两米"})
		if n := checking(); n != 0 {
			t.Errorf("still %d places to look at", n)
		}
		w.Must(desk, c.ID, cases.Act{Action: "file"})
	})
}

// TestTheReporterIsToldOfAnExtension: the desk sees whom to tell and says so; the
// unit of a sealed case sees neither.
func TestTheReporterIsToldOfAnExtension(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		c := atWork(t, w, 12)
		s := w.Spots[0]
		desk := w.Actor("dispatcher", s.Street)
		if _, err := w.Do(desk, c.ID, cases.Act{Action: "tell"}); err == nil {
			t.Error("told, and there was nothing to tell")
		}
		w.Must(w.Actor("handler", 1), c.ID, cases.Act{Action: "extend", Reason: "等配件", Until: w.Calendar().AddDays(w.Calendar().Day(c.DueAt), 2)})
		w.Must(w.Actor("chief", s.Street), c.ID, cases.Act{Action: "approve"})
		list := func(a *access.Actor) int {
			scope, err := w.Scope(a, access.CaseRead)
			if err != nil {
				t.Fatal(err)
			}
			found, _, err := w.Cases(w.Context(), scope, cases.Filter{Flag: cases.FlagTell, Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			return len(found)
		}
		if d, u := list(desk), list(w.Actor("handler", 1)); d != 1 || u != 0 {
			t.Errorf("the desk has %d to tell, the unit sees %d; want 1 and 0", d, u)
		}
		if p, _ := limits(t, w, c.ID); slices.Contains(p.Case.Flags, "to_tell") {
			t.Error("the unit sees that somebody is to be told")
		}
		w.Must(desk, c.ID, cases.Act{Action: "tell", Note: "已电话告知"})
		if list(desk) != 0 {
			t.Error("still to be told")
		}
		w.Must(desk, c.ID, cases.Act{Action: "note", Note: "收到"})
		heard := func(a *access.Actor) (all []string) {
			scope, err := w.Scope(a, access.CaseRead)
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(w.Context())
			defer stop()
			err = w.Watch(ctx, scope, fmt.Sprintf("%d.0", s.District), func(h cases.Happening) error {
				if all = append(all, h.Action); h.Action == "note" {
					stop()
				}
				return nil
			})
			if err != nil && ctx.Err() == nil {
				t.Fatal(err)
			}
			return all
		}
		if d, u := heard(desk), heard(w.Actor("handler", 1)); !slices.Contains(d, "tell") || slices.Contains(u, "tell") || !slices.Contains(u, "note") {
			t.Errorf("the desk hears %v, the unit %v", d, u)
		}
	})
}
