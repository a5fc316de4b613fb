package patrol_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/patrol"
)

// TestNothingMissedNothingTwice: whatever the order of runs, visits, changes of
// the ground and jumps of the clock, each target of a rule has one open task once
// its window has begun, never two, and the same obligation is never made twice.
func TestNothingMissedNothingTwice(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		all := w.rule(t, patrol.Rule{Name: "普遍走访", Kind: patrol.Visits, Every: 30, Window: 10, Priority: 3})
		weekly := w.rule(t, patrol.Rule{Name: "独居老人", Kind: patrol.Visits, Needs: []string{"alone"}, Every: 7, Window: 2, Retry: 1})
		lanes := w.rule(t, patrol.Rule{Name: "消防通道", Kind: patrol.Checks, Every: 14, Window: 5, Priority: 2})
		rechecks := w.rule(t, patrol.Rule{Name: "隐患复查", Kind: patrol.Rechecks, Grades: []string{"urgent"}, Every: 7, Window: 3})
		rules := []*patrol.Rule{all, weekly, lanes, rechecks}
		rapid.Check(t, func(r *rapid.T) {
			steps := rapid.IntRange(4, 12).Draw(r, "steps")
			for range steps {
				switch rapid.IntRange(0, 7).Draw(r, "step") {
				case 0, 1:
					w.generate(t)
				case 2:
					w.now = w.now.Add(time.Duration(rapid.IntRange(1, 9).Draw(r, "days")) * 24 * time.Hour)
				case 3: // the clock jumps and comes back
					was := w.now
					w.now = w.now.Add(time.Duration(rapid.SampledFrom([]int{-400, -3, 30, 366}).Draw(r, "jump")) * 24 * time.Hour)
					w.generate(t)
					w.now = was
				case 4:
					h := rapid.SampledFrom(w.homes).Draw(r, "home")
					v := patrol.Visit{Home: h.ID, Outcome: rapid.SampledFrom(patrol.Outcomes).Draw(r, "outcome"), Client: w.uuid()}
					v.At = w.now.Add(-time.Duration(rapid.IntRange(0, 5).Draw(r, "late")) * 24 * time.Hour).UnixMicro()
					first := w.visit(t, v)
					if again := w.visit(t, v); again.ID != first.ID || !again.Again {
						r.Fatalf("recorded twice: %+v", again)
					}
				case 5:
					i := rapid.IntRange(0, len(w.homes)-1).Draw(r, "i")
					if len(w.homes[i].Needs) == 0 {
						w.homes[i].Needs = []string{"alone"}
					} else {
						w.homes[i].Needs = nil
					}
				case 6: // a building's grid is planned anew
					b := w.buildings[12]
					b.Grid = rapid.SampledFrom([]int64{grid, elsewhere}).Draw(r, "grid")
					w.buildings[12] = b
				case 7:
					if rapid.Bool().Draw(r, "mended") {
						w.hazards = nil
					} else {
						w.hazards = []patrol.Hazard{{Case: 5001, Grid: grid, Title: "墙面开裂", Grade: "urgent", Reported: w.day()}}
					}
				}
			}
			w.generate(t)
			before := w.list(t, patrol.Filter{})
			w.generate(t)
			if after := w.list(t, patrol.Filter{}); !slices.Equal(before, after) {
				r.Fatal("a second run on the same day changed tasks")
			}
			check(r, w, rules, before)
		})
	})
}

// TestJoinedHomes: of two homes that turn out to be one the other's tasks and days
// of the last visit come to the one that stays, each obligation once, and what was
// noted under the other is listed with it.
func TestJoinedHomes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		all := w.rule(t, patrol.Rule{Name: "普遍走访", Kind: patrol.Visits, Every: 30, Window: 29, Priority: 3})
		weekly := w.rule(t, patrol.Rule{Name: "独居老人", Kind: patrol.Visits, Needs: []string{"alone"}, Every: 7, Window: 6})
		from, into := &w.homes[0], &w.homes[1]
		from.Needs = []string{"alone"}
		w.now = w.now.Add(24 * time.Hour) // every first round has begun
		w.generate(t)
		w.visit(t, patrol.Visit{Home: from.ID, Outcome: patrol.Fine, Client: w.uuid()})
		w.now = w.now.Add(48 * time.Hour)
		w.generate(t)
		open := func(home int64) (rules []int64) {
			for _, x := range w.list(t, patrol.Filter{Home: home, State: patrol.Open}) {
				rules = append(rules, x.Rule)
			}
			slices.Sort(rules)
			return rules
		}
		if got := open(from.ID); !slices.Equal(got, []int64{all.ID, weekly.ID}) || !slices.Equal(open(into.ID), []int64{all.ID}) {
			t.Fatalf("%v, %v", got, open(into.ID))
		}
		ids := w.list(t, patrol.Filter{Home: from.ID, State: patrol.Open, Rule: weekly.ID})
		if err := w.Postpone(w.ctx(), everything, []int64{ids[0].ID}, addDays(w.day(), 3), "住院"); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(w.ctx(), func(tx *store.Tx) error { return w.Join(w.ctx(), tx, everything, district, from.ID, into.ID) }); err != nil {
			t.Fatal(err)
		}
		kept := into.ID
		w.joined = map[int64][]int64{kept: {from.ID}}
		into.Needs = from.Needs
		w.homes = w.homes[1:]
		for range 2 {
			w.generate(t)
			if got := open(kept); !slices.Equal(got, []int64{all.ID, weekly.ID}) || len(open(100)) != 0 {
				t.Errorf("%v, %v", got, open(100))
			}
		}
		// The task came over as it was: put off, with the reason, due a week after the last visit.
		if x := w.list(t, patrol.Filter{Home: kept, State: patrol.Open, Rule: weekly.ID}); x[0].ID != ids[0].ID || x[0].Reason != "住院" || x[0].Due != addDays(w.day(), 5) || x[0].Target != kept {
			t.Errorf("%+v", x)
		}
		if x := w.list(t, patrol.Filter{Home: kept, State: patrol.Open, Rule: all.ID}); x[0].Due != addDays(w.day(), 28) {
			t.Errorf("the last visit does not count for the home that stays: %+v", x)
		}
		made, err := w.Made(w.ctx(), everything, patrol.VisitFilter{Home: kept, Limit: 10})
		if err != nil || len(made) != 1 || made[0].Home != 100 {
			t.Errorf("%+v %v", made, err)
		}
	})
}

// check compares the tasks with the obligations, counted on their own.
func check(t *rapid.T, w *world, rules []*patrol.Rule, list []patrol.Task) {
	day := w.day()
	type key struct{ rule, target int64 }
	open, last := map[key]patrol.Task{}, map[key]int{}
	seen := map[string]bool{}
	for _, x := range list {
		id := fmt.Sprint(x.Rule, x.Target, x.Anchor)
		if seen[id] {
			t.Fatalf("one obligation twice: %+v", x)
		}
		seen[id] = true
		k := key{x.Rule, x.Target}
		switch x.State {
		case patrol.Open:
			if _, two := open[k]; two {
				t.Fatalf("two open tasks of one target: %+v", x)
			}
			open[k] = x
		case patrol.Done:
			last[k] = max(last[k], x.DoneDay)
		}
	}
	want := func(rule *patrol.Rule, target int64, building int64, since int) {
		k := key{rule.ID, target}
		x, ok := open[k]
		delete(open, k)
		latest := addDays(max(last[k], since, rule.Since), rule.Every) // the last day can be no later
		if !ok {
			if addDays(latest, -rule.Window) <= day {
				t.Fatalf("day %d: %s of %d is missed, it was last met on %d", day, rule.Name, target, last[k])
			}
			return
		}
		if x.Due > latest {
			t.Fatalf("day %d: %s of %d is due on %d, later than %d", day, rule.Name, target, x.Due, latest)
		}
		if building != 0 && x.Grid != w.buildings[building].Grid {
			t.Fatalf("a task of a building in grid %d lies in %d", w.buildings[building].Grid, x.Grid)
		}
		if x.Day > day {
			t.Fatalf("planned for %d on %d", x.Day, day)
		}
	}
	for _, h := range w.homes {
		want(rules[0], h.ID, h.Building, h.Since)
		if len(h.Needs) > 0 {
			want(rules[1], h.ID, h.Building, h.Since)
		}
	}
	for id := range w.buildings {
		want(rules[2], id, id, 0)
	}
	for _, h := range w.hazards {
		want(rules[3], h.Case, 0, h.Reported)
	}
	for _, x := range open {
		t.Fatalf("an open task that no rule asks for: %+v", x)
	}
}

func addDays(d, n int) int {
	t := time.Date(d/10000, time.Month(d/100%100), d%100, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
	return t.Year()*10000 + int(t.Month())*100 + t.Day()
}

// TestOneStop: a visit to a home settles everything that is due there, whoever
// makes it; checks of the building stay until they are named.
func TestOneStop(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.homes[0].Needs = []string{"alone", "disabled"}
		ask := []patrol.Question{{Code: "smoke", Text: "烟感是否正常", Why: "独居老人家中须有能用的烟感", Datatype: "singlevaluelist", Required: true, Values: []patrol.Choice{{Key: "yes", Name: "是"}, {Key: "no", Name: "否"}}}}
		w.rule(t, patrol.Rule{Name: "独居", Kind: patrol.Visits, Needs: []string{"alone"}, Every: 7, Window: 6})
		w.rule(t, patrol.Rule{Name: "助残", Kind: patrol.Visits, Needs: []string{"disabled"}, Every: 7, Window: 6, Questions: ask})
		w.rule(t, patrol.Rule{Name: "燃气", Kind: patrol.Checks, Every: 7, Window: 6})
		w.now = w.now.AddDate(0, 0, 1)
		w.generate(t)
		home := w.homes[0].ID
		due := w.list(t, patrol.Filter{Home: home, State: patrol.Open})
		if len(due) != 2 {
			t.Fatalf("%d tasks are due at the home, want 2", len(due))
		}
		// What was not listed and asks something stays open; what was listed must be answered.
		w.visit(t, patrol.Visit{Home: home, Outcome: patrol.Fine, Note: "一切都好"})
		left := w.list(t, patrol.Filter{Home: home, State: patrol.Open})
		if len(left) != 1 {
			t.Fatalf("%d tasks are left, want the one that asks", len(left))
		}
		_, err := w.Record(w.ctx(), everything, patrol.Visit{Client: w.uuid(), Tasks: []int64{left[0].ID}, Outcome: patrol.Fine})
		if errs.As(err).Field != "answers.smoke" {
			t.Errorf("a required answer is missing: %v", err)
		}
		_, err = w.Record(w.ctx(), everything, patrol.Visit{Client: w.uuid(), Tasks: []int64{left[0].ID}, Outcome: patrol.Fine, Answers: map[string][]string{"smoke": {"perhaps"}}})
		if errs.As(err).Field != "answers.smoke" {
			t.Errorf("an answer that is none: %v", err)
		}
		v := w.visit(t, patrol.Visit{Tasks: []int64{left[0].ID}, Outcome: patrol.Found, Answers: map[string][]string{"smoke": {"no"}}, Wish: "想换一个烟感"})
		if v.Home != home || len(v.Tasks) != 1 {
			t.Errorf("the visit is %+v", v)
		}
		if n := w.list(t, patrol.Filter{Home: home, State: patrol.Open}); len(n) != 0 {
			t.Errorf("still open: %+v", n)
		}
		if n := w.list(t, patrol.Filter{Building: 10, State: patrol.Open}); len(n) != 1 {
			t.Errorf("%d checks of the building, want 1", len(n))
		}
		w.generate(t)
		if n := w.list(t, patrol.Filter{Home: home, Part: "open"}); len(n) != 0 {
			t.Errorf("due again on the same day: %+v", n)
		}
	})
}

// TestNobodyThere: it comes again soon, not for ever, and then a lead decides.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.homes[0].Needs = []string{"alone"}
		w.rule(t, patrol.Rule{Name: "独居", Kind: patrol.Visits, Needs: []string{"alone"}, Every: 7, Window: 6, Retry: 2})
		w.now = w.now.AddDate(0, 0, 1)
		for i := range 3 {
			w.generate(t)
			list := w.list(t, patrol.Filter{Home: w.homes[0].ID, Day: w.day()})
			if len(list) != 1 {
				t.Fatalf("try %d: not planned: %+v", i+1, w.list(t, patrol.Filter{Home: w.homes[0].ID}))
			}
			w.visit(t, patrol.Visit{Home: w.homes[0].ID, Outcome: patrol.Absent})
			x := w.list(t, patrol.Filter{Home: w.homes[0].ID})[0]
			if x.State != patrol.Open || x.Tries != i+1 {
				t.Fatalf("after try %d: %+v", i+1, x)
			}
			w.now = w.now.AddDate(0, 0, 2)
		}
		w.generate(t)
		unreached := w.list(t, patrol.Filter{Part: "unreached"})
		if len(unreached) != 1 || unreached[0].Day == w.day() {
			t.Fatalf("after three tries a lead is to decide: %+v", unreached)
		}
		lead := w.worker(t, 7, grid, access.VisitRecord)
		if err := w.Postpone(w.ctx(), lead, []int64{unreached[0].ID}, addDays(w.day(), 1), "女儿说下周二在家"); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.AddDate(0, 0, 1)
		w.generate(t)
		if n := w.list(t, patrol.Filter{Day: w.day()}); len(n) != 1 {
			t.Errorf("not planned after it was postponed: %+v", w.list(t, patrol.Filter{}))
		}
	})
}

// TestAfterThePost: what was done before a post ended counts; what is done
// after does not exist for the caller.
func TestAfterThePost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.rule(t, patrol.Rule{Kind: patrol.Visits, Every: 7, Window: 6})
		w.generate(t)
		a := &access.Actor{Account: 7, Posts: []access.Post{
			{ID: 70, Account: 7, Role: "grid_worker", Region: community, Grid: grid, From: 20260101, To: 20261123},
			{ID: 71, Account: 7, Role: "grid_worker", Region: community, Grid: elsewhere, From: 20261123},
		}}
		scope, err := a.Scope(access.VisitRecord, w.day())
		if err != nil {
			t.Fatal(err)
		}
		v := patrol.Visit{Client: w.uuid(), Home: 100, Outcome: patrol.Fine, At: w.now.AddDate(0, 0, -1).UnixMicro()}
		if made, err := w.Record(w.ctx(), scope, v); err != nil || made.Post != 70 {
			t.Errorf("yesterday's visit under yesterday's post: %+v %v", made, err)
		}
		v.Client, v.At = w.uuid(), 0
		if _, err := w.Record(w.ctx(), scope, v); !errs.Is(err, errs.NotFound) {
			t.Errorf("today's visit under yesterday's post: %v", err)
		}
	})
}

// TestCaseOfAVisit: the case finds its visit whichever comes first.
func TestCaseOfAVisit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		link := func(client string, id int64) {
			if err := db.Write(w.ctx(), func(tx *store.Tx) error { return w.LinkCase(tx, district, client, id) }); err != nil {
				t.Fatal(err)
			}
		}
		before, after := w.uuid(), w.uuid()
		link(before, 41)
		first := w.visit(t, patrol.Visit{Client: before, Home: 100, Outcome: patrol.Found})
		w.visit(t, patrol.Visit{Client: after, Home: 101, Outcome: patrol.Found})
		link(after, 42)
		list, err := w.Made(w.ctx(), everything, patrol.VisitFilter{Limit: 9})
		if err != nil || len(list) != 2 || list[1].Case != 41 || list[0].Case != 42 || first.Case != 41 {
			t.Errorf("%+v %+v %v", list[0], list[1], err)
		}
	})
}

// TestRulesAreRefused: with the field and the reason.
func TestRulesAreRefused(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	w := newWorld(t, db)
	ok := patrol.Rule{Name: "独居", Why: "关心", Kind: patrol.Visits, Every: 7, Priority: 1, Minutes: 10}
	ask := func(q patrol.Question) func(*patrol.Rule) {
		return func(r *patrol.Rule) { r.Questions = []patrol.Question{q} }
	}
	for name, x := range map[string]struct {
		change func(*patrol.Rule)
		field  string
		kind   *errs.Kind
	}{
		"no reason":          {func(r *patrol.Rule) { r.Why = " " }, "why", errs.Required},
		"unknown need":       {func(r *patrol.Rule) { r.Needs = []string{"religion"} }, "needs", errs.Invalid},
		"never due":          {func(r *patrol.Rule) { r.Every = 0 }, "every", errs.Invalid},
		"window as long":     {func(r *patrol.Rule) { r.Window = 7 }, "window", errs.Invalid},
		"question, no why":   {ask(patrol.Question{Code: "a", Text: "身体怎样", Datatype: "string"}), "questions[0].why", errs.Required},
		"known already":      {ask(patrol.Question{Code: "phone", Text: "电话号码", Why: "联系", Datatype: "string"}), "questions[0].text", patrol.KnownField},
		"circular backwards": {func(r *patrol.Rule) { r.Kind, r.Of, r.From, r.To = patrol.Circulars, "home", 20261201, 20261130 }, "to", errs.Invalid},
	} {
		r := ok
		x.change(&r)
		_, err := w.Publish(w.ctx(), everything, r, 0, "")
		if !errs.Is(err, x.kind) || errs.As(err).Field != x.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	same := patrol.Question{Code: "mood", Text: "精神状态", Why: "及早发现变化", Datatype: "string"}
	r := ok
	r.Questions = []patrol.Question{same}
	first, err := w.Publish(w.ctx(), everything, r, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	r.Questions = []patrol.Question{{Code: "mood", Text: "心情", Why: "及早发现变化", Datatype: "string"}}
	if _, err := w.Publish(w.ctx(), everything, r, 0, ""); !errs.Is(err, patrol.SameCode) {
		t.Errorf("one code for two questions: %v", err)
	}
	if _, err := w.Publish(w.ctx(), everything, *first, 0, ""); err != nil {
		t.Errorf("the same question in another rule: %v", err)
	}
	if _, err := w.Publish(w.ctx(), everything, *first, 3, ""); !errs.Is(err, errs.Stale) {
		t.Errorf("made from a version that is not the last: %v", err)
	}
}

// TestHandOver: only to somebody who may visit there, with a reason.
func TestHandOver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.rule(t, patrol.Rule{Kind: patrol.Checks, Every: 7, Window: 6})
		w.now = w.now.AddDate(0, 0, 1)
		w.generate(t)
		list := w.list(t, patrol.Filter{Grid: grid, State: patrol.Open})
		ids := []int64{list[0].ID, list[1].ID}
		if err := w.HandOver(w.ctx(), everything, ids, 8, "王休假"); !errs.Is(err, patrol.NotWorker) {
			t.Errorf("to somebody of another grid: %v", err)
		}
		w.workers[grid] = append(w.workers[grid], patrol.Worker{Account: 9, Name: "赵", Share: 1})
		if err := w.HandOver(w.ctx(), everything, ids, 9, ""); !errs.Is(err, errs.Required) {
			t.Errorf("without a reason: %v", err)
		}
		if err := w.HandOver(w.ctx(), everything, ids, 9, "王休假"); err != nil {
			t.Fatal(err)
		}
		if n := w.list(t, patrol.Filter{Worker: 9, Day: w.day()}); len(n) != 2 {
			t.Errorf("%d tasks were handed over, want 2", len(n))
		}
		lead := w.worker(t, 8, elsewhere, access.VisitRecord)
		if err := w.Postpone(w.ctx(), lead, ids, addDays(w.day(), 3), "x"); !errs.Is(err, errs.NotFound) {
			t.Errorf("out of reach: %v", err)
		}
	})
}

// TestNumbersAreRows: each number of the progress is the length of its list.
func TestNumbersAreRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.rule(t, patrol.Rule{Kind: patrol.Visits, Every: 5, Window: 4})
		w.rule(t, patrol.Rule{Kind: patrol.Checks, Every: 9, Window: 4, Priority: 2})
		for i := range 12 {
			w.generate(t)
			for _, x := range w.list(t, patrol.Filter{Day: w.day(), Part: "open"}) {
				if v := (patrol.Visit{Tasks: []int64{x.ID}, Outcome: patrol.Outcomes[int(x.Target)%3]}); (int(x.Target)+i)%4 > 0 {
					w.visit(t, v)
				}
			}
			w.now = w.now.AddDate(0, 0, 1)
		}
		w.generate(t)
		list, err := w.Progress(w.ctx(), everything, patrol.Filter{})
		if err != nil || len(list) != 2 {
			t.Fatalf("%d grids, %v", len(list), err)
		}
		some := 0
		for _, p := range list {
			for part, n := range p.Parts {
				if rows := w.list(t, patrol.Filter{Grid: p.Grid, Part: part}); len(rows) != n {
					t.Errorf("grid %d, %s: the number is %d, its rows are %d", p.Grid, part, n, len(rows))
				}
				some += n
			}
		}
		if some == 0 {
			t.Error("nothing was counted")
		}
	})
}
