package metric_test

import (
	"testing"

	"linli/internal/figures/metric"
	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

// The hand-made city of the oracle: eleven cases, each in its own situation.
const (
	street    = 990101001
	community = 990101001001
	grid      = 101
)

// eleven makes the cases A to K, whose figures were computed by hand.
func eleven(t testing.TB, w *casetest.World) map[string]*cases.Case {
	t.Helper()
	var (
		yes, no  = true, false
		desk     = w.Actor("dispatcher", street)
		chief    = w.Actor("chief", street)
		checker  = w.Actor("community", community)
		one, two = w.Actor("handler", 1), w.Actor("handler", 2)
		lon, lat = w.Position(grid)
		all      = map[string]*cases.Case{}
		resolve  = cases.Act{Action: "resolve", Result: "已处理"}
		report   = func(name string) int64 {
			t.Helper()
			c, err := w.Add(w.Actor("operator", casetest.City), cases.ReportIn{Text: name, Channel: "hotline", Lon: lon, Lat: lat, Reporter: cases.Person{Name: "张三", Phone: "13800000000"}})
			ok(t, err)
			all[name] = c
			return c.ID
		}
		do   = func(a *access.Actor, id int64, act cases.Act) { t.Helper(); w.Must(a, id, act) }
		file = func(id int64) { t.Helper(); do(desk, id, cases.Act{Action: "file", Category: 21, Grade: "general"}) }
		send = func(id, unit int64) { t.Helper(); do(desk, id, cases.Act{Action: "dispatch", Lead: unit}) }
		// work files the case in time, sends it to unit 1, which signs for it an hour later
		work = func(id int64) {
			t.Helper()
			file(id)
			send(id, 1)
			w.Wait(1)
			do(one, id, cases.Act{Action: "sign"})
		}
		verify = func(id int64, a cases.Act) { t.Helper(); do(checker, id, a) }
		call   = func(id int64, a cases.Act) {
			t.Helper()
			seat := w.Actor("callback", casetest.City)
			scope, err := w.Scope(seat, access.CaseCallback)
			ok(t, err)
			_, err = w.DrawCalls(w.Context(), scope, 5)
			ok(t, err)
			a.Action = cases.ActCallBack
			do(seat, id, a)
		}
	)
	// A goes as it should: filed, signed for and resolved in time, solved, grade 5.
	a := report("A")
	work(a)
	do(one, a, resolve)
	verify(a, cases.Act{Action: "verify_pass"})
	call(a, cases.Act{Reached: &yes, Solved: &yes, Satisfied: 5})
	// B goes wrong: filed late, returned by unit 2, signed for after 30 h, resolved
	// late, failed verification, nobody answers the two calls.
	b := report("B")
	w.Wait(5)
	file(b)
	send(b, 2)
	do(two, b, cases.Act{Action: "return", Reason: "不属于本单位", Proposed: 1})
	do(desk, b, cases.Act{Action: cases.ActApprove})
	send(b, 1)
	w.Wait(30)
	do(one, b, cases.Act{Action: "sign"})
	w.Wait(40)
	do(one, b, resolve)
	verify(b, cases.Act{Action: "verify_fail", Reason: "还在"})
	do(one, b, resolve)
	verify(b, cases.Act{Action: "verify_pass"})
	call(b, cases.Act{Reached: &no})
	call(b, cases.Act{Reached: &no})
	// G is signed for and forgotten: overdue.
	g := report("G")
	work(g)
	w.Wait(80)
	// C is settled on the spot (number 5 is not drawn for a check).
	c, err := w.Add(w.Actor("grid_worker", grid), cases.ReportIn{ID: 5, Text: "C", Channel: "grid_worker", Category: 11, Lon: lon, Lat: lat, Onsite: "已清理"})
	ok(t, err)
	all["C"] = c
	report("D") // has just come in
	// E is extended, F suspended.
	e := report("E")
	work(e)
	do(one, e, cases.Act{Action: "extend", Reason: "等待材料", Until: w.Rules().Calendar().AddDays(w.Today(), 4)})
	do(chief, e, cases.Act{Action: cases.ActApprove})
	f := report("F")
	work(f)
	do(one, f, cases.Act{Action: "suspend", Reason: "需列入明年计划", Review: w.Rules().Calendar().AddDays(w.Today(), 20)})
	do(chief, f, cases.Act{Action: cases.ActApprove})
	// H is resolved in time, and the reporter says it is not solved: done anew.
	h := report("H")
	work(h)
	do(one, h, resolve)
	verify(h, cases.Act{Action: "verify_pass"})
	call(h, cases.Act{Reached: &yes, Solved: &no})
	// I is withdrawn, J declined, K is history.
	do(desk, report("I"), cases.Act{Action: "withdraw", Reason: "来电撤回"})
	do(desk, report("J"), cases.Act{Action: "decline", Reason: "不属于受理范围"})
	k, err := w.Import(w.Context(), casetest.Everything, cases.History{Text: "K", Channel: "import", Category: 21, District: 990101, Street: street, ReportedAt: casetest.Start, Result: "已答复", ClosedAt: casetest.Start + casetest.Hour})
	ok(t, err)
	all["K"] = k
	return all
}

// TestEveryFigureOfTheHandMadeExample is the oracle of each printed figure.
func TestEveryFigureOfTheHandMadeExample(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		all := eleven(t, w)
		s := service(w)
		want := map[string]struct{ numerator, denominator, excluded string }{
			"reported":             {"ABCDEFGHIJK", "", ""},
			"open":                 {"DEFGH", "", ""},
			"closed":               {"ABCK", "", ""},
			"overdue":              {"G", "", ""},
			"filed_on_time":        {"AEFGHJ", "ABEFGHJ", "CDIK"},
			"dispatched_correctly": {"AEFGH", "ABEFGH", "CDIJK"},
			"returned":             {"B", "ABEFGH", "CDIJK"},
			"response":             {"AEFG", "ABEFG", "CDHIJK"}, // H was dispatched again just now
			"handled_on_time":      {"A", "ABG", "CDEFHIJK"},
			"closed_on_time":       {"A", "ABG", "CDEFHIJK"},
			"resolved_by_unit":     {"AB", "ABEFGH", "CDIJK"},
			"solved":               {"A", "AH", "B"},
			"satisfaction":         {"A", "A", "H"},
			"callback_reached":     {"AH", "ABH", ""},
			"rework":               {"B", "ABCH", "DEFGIJK"},
			"redo":                 {"H", "ABCH", "DEFGIJK"},
			"extension":            {"E", "ABEFGH", "CDIJK"},
			"suspension":           {"F", "ABEFGH", "CDIJK"},
			"onsite":               {"C", "ABCDEFGHIJK", ""},
		}
		for _, f := range metric.Catalogue() {
			x, known := want[f.ID]
			if !known {
				t.Errorf("%s has no oracle", f.ID)
				continue
			}
			a, err := s.Value(ctx, casetest.Everything, f.ID, metric.Query{From: 20260101, To: 20260131}, "zh")
			ok(t, err)
			n := map[string]int64{metric.Numerator: a.Total.Numerator}
			if f.Unit == metric.Rate {
				n[metric.Denominator], n[metric.Excluded] = *a.Total.Denominator, *a.Total.Excluded
				if share := float64(len(x.numerator)) / float64(len(x.denominator)); a.Total.Value == nil || *a.Total.Value != share || !a.Total.Small || len(a.Total.Interval) != 2 {
					t.Errorf("%s: %+v, want the share %v, small, with an interval", f.ID, a.Total, share)
				}
			} else if a.Total.Value == nil || *a.Total.Value != float64(len(x.numerator)) || a.Total.Denominator != nil || a.Total.Interval != nil || a.Total.Small {
				t.Errorf("%s: %+v, want a plain count", f.ID, a.Total)
			}
			for part, letters := range map[string]string{metric.Numerator: x.numerator, metric.Denominator: x.denominator, metric.Excluded: x.excluded} {
				if f.Unit == metric.Count && part != metric.Numerator {
					continue
				}
				if n[part] != int64(len(letters)) {
					t.Errorf("%s %s: %d, want %d", f.ID, part, n[part], len(letters))
				}
				bits, none, err := metric.Masks(f.ID, part)
				ok(t, err)
				list, _, err := w.Cases(ctx, casetest.Everything, cases.Filter{MarksAll: bits, MarksNone: none, From: 20260101, To: 20260131})
				ok(t, err)
				got := map[int64]bool{}
				for _, c := range list {
					got[c.ID] = true
				}
				for name, c := range all {
					if in := contains(letters, name); in != got[c.ID] {
						t.Errorf("%s %s: case %s listed: %v, want %v", f.ID, part, name, got[c.ID], in)
					}
				}
			}
		}
	})
}

func contains(letters, name string) bool {
	for _, l := range letters {
		if string(l) == name {
			return true
		}
	}
	return false
}

// TestNoDataIsNotZero: a rate over nothing has no value.
func TestNoDataIsNotZero(t *testing.T) {
	t.Parallel()
	w := casetest.New(t, storetest.SQLite(t, nil))
	s := service(w)
	for _, f := range metric.Catalogue() {
		a, err := s.Value(ctx, casetest.Everything, f.ID, metric.Query{From: 20260101, To: 20260131, By: metric.Street}, "zh")
		ok(t, err)
		if none := a.Total.Value == nil; none != (f.Unit == metric.Rate) || len(a.Rows) != 0 {
			t.Errorf("%s: %+v of nothing", f.ID, a)
		}
	}
}
