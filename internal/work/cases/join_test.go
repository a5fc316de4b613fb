package cases_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

func TestMergedReportersAreCalledBackToo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		s := w.Spots[0]
		lon, lat := w.Position(s.Grid)
		report := func(phone string) *cases.Case {
			c, err := w.Add(w.Actor("operator", casetest.City), cases.ReportIn{Text: "路灯不亮", Channel: "hotline", Category: casetest.Leaves[0], Lon: lon, Lat: lat, Reporter: cases.Person{Name: "张三", Phone: phone}})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		desk, unit, seat := w.Actor("dispatcher", s.Street), w.Actor("handler", 1), w.Actor("callback", casetest.City)
		yes, no := true, false
		main, other := report("13800000001"), report("13800000002")
		w.Must(desk, other.ID, cases.Act{Action: "merge", Into: main.ID})
		w.Must(desk, main.ID, cases.Act{Action: "file"})
		w.Must(desk, main.ID, cases.Act{Action: "dispatch", Lead: 1})
		w.Must(unit, main.ID, cases.Act{Action: "sign"})
		w.Must(unit, main.ID, cases.Act{Action: "resolve", Result: "已修好"})
		w.Must(w.Actor("community", s.Community), main.ID, cases.Act{Action: "verify_pass"})
		scope, err := w.Scope(seat, access.CaseCallback)
		if err != nil {
			t.Fatal(err)
		}
		call := func(id int64, solved *bool) {
			drawn, err := w.DrawCalls(w.Context(), scope, 5)
			if err != nil {
				t.Fatal(err)
			}
			if len(drawn) != 1 || drawn[0].ID != id {
				t.Fatalf("drawn: %v, want one: %d", drawn, id)
			}
			w.Must(seat, id, cases.Act{Action: "call_back", Reached: &yes, Solved: solved, Satisfied: 4})
		}
		call(main.ID, &yes)
		if c := w.Case(main.ID); c.Status != cases.Closed {
			t.Fatalf("the main case is %s", c.Status)
		}
		call(other.ID, &no)
		if c := w.Case(main.ID); c.Status != cases.Dispatched || c.Redos != 1 {
			t.Errorf("after a merged reporter said no, the main case is %s, sent back %d times", c.Status, c.Redos)
		}
		if c := w.Case(other.ID); c.Status != cases.Merged || c.Solved != 0 || c.Seat != 0 {
			t.Errorf("the merged case: %s, solved %d, seat %d", c.Status, c.Solved, c.Seat)
		}
	})
}

// street is a street's people around a world, for tests that follow one matter.
type street struct {
	*casetest.World
	spot                                  cases.Spot
	operator, desk, unit, community, seat *access.Actor
}

func newStreet(t *testing.T, db *store.DB) *street {
	w := casetest.New(t, db)
	s := w.Spots[0]
	return &street{w, s, w.Actor("operator", casetest.City), w.Actor("dispatcher", s.Street), w.Actor("handler", 1), w.Actor("community", s.Community), w.Actor("callback", casetest.City)}
}

// report makes a case of category 11 whose reporter has the telephone.
func (s *street) report(t *testing.T, phone string, into int64) *cases.Case {
	t.Helper()
	in := cases.ReportIn{Channel: "hotline", Reporter: cases.Person{Name: "张三", Phone: phone}, Into: into}
	if into == 0 {
		in.Text, in.Category = "路灯不亮", casetest.Leaves[0]
		in.Lon, in.Lat = s.Position(s.spot.Grid)
	}
	c, err := s.Add(s.operator, in)
	if err != nil {
		t.Fatal(err)
	}
	return s.Case(c.ID)
}

// solve takes a case from filing to a passed verification.
func (s *street) solve(id int64) {
	s.Must(s.desk, id, cases.Act{Action: "file"})
	s.Must(s.desk, id, cases.Act{Action: "dispatch", Lead: 1})
	s.Must(s.unit, id, cases.Act{Action: "sign"})
	s.Must(s.unit, id, cases.Act{Action: "resolve", Result: "已修好"})
	s.Must(s.community, id, cases.Act{Action: "verify_pass"})
}

// calls draws call-backs for the seat and answers each; it returns whom it called.
func (s *street) calls(t *testing.T, solved map[int64]bool) []int64 {
	t.Helper()
	scope, err := s.Scope(s.seat, access.CaseCallback)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := s.DrawCalls(s.Context(), scope, 20)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	yes := true
	for _, c := range drawn {
		ids = append(ids, c.ID)
		answer := solved[c.ID]
		s.Must(s.seat, c.ID, cases.Act{Action: "call_back", Reached: &yes, Solved: &answer, Satisfied: 4})
	}
	slices.Sort(ids)
	return ids
}

func TestWhoJoinsAnOpenCaseIsAnsweredAndCalledBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newStreet(t, db)
		main := s.report(t, "13800000001", 0)
		second := s.report(t, "13800000002", main.ID)
		if second.Status != cases.Merged || second.MergedInto != main.ID || second.Reporter == 0 || second.Reporter == main.Reporter || second.Grid != main.Grid || second.Category != main.Category || second.Title != main.Title {
			t.Errorf("joined: %+v", second)
		}
		third := s.report(t, "13800000003", second.ID) // joins what the second has joined
		if n := s.Case(main.ID).Supporters; n != 3 || s.Case(second.ID).Supporters != 2 {
			t.Errorf("%d stand behind the main case and %d behind the second, want 3 and 2", n, s.Case(second.ID).Supporters)
		}
		s.solve(main.ID)
		s.calls(t, map[int64]bool{main.ID: true})
		for _, id := range []int64{second.ID, third.ID} {
			if done := actions(t, s.World, s.Case(id)); !slices.Contains(done, "answered") {
				t.Errorf("a reporter got no answer: %v", done)
			}
		}
		if who := s.calls(t, map[int64]bool{second.ID: true}); !slices.Equal(who, []int64{second.ID, third.ID}) {
			t.Errorf("called back: %v, want %d and %d", who, second.ID, third.ID)
		}
		if c := s.Case(main.ID); c.Status != cases.Dispatched || c.Redos != 1 {
			t.Errorf("one of three says that it is not solved, and the main case is %s", c.Status)
		}
	})
}

func TestNobodyJoinsWhatHasEndedOrLiesElsewhere(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	s := newStreet(t, db)
	ended, open := s.report(t, "13800000001", 0), s.report(t, "13800000002", 0)
	s.Must(s.desk, ended.ID, cases.Act{Action: "decline", Reason: "不属于受理范围"})
	far := s.Spots[len(s.Spots)-1]
	for name, in := range map[string]cases.ReportIn{
		"ended":          {Into: ended.ID},
		"nothing":        {Into: 12345},
		"other district": {Into: open.ID, Text: "路灯不亮", Community: far.Community},
		"on the spot":    {Into: open.ID, Onsite: "已处理"},
	} {
		in.Channel = "hotline"
		if _, err := s.Add(s.operator, in); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c := s.Case(open.ID); c.Supporters != 1 {
		t.Errorf("a refused report counts: %d", c.Supporters)
	}
	if _, err := s.Do(s.desk, open.ID, cases.Act{Action: "merge", Into: s.report(t, "13800000003", open.ID).ID}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a case was merged into its own part: %v", err)
	}
}

func TestEveryEndOfTheMainCaseIsAnswered(t *testing.T) {
	t.Parallel()
	for action, act := range map[string]cases.Act{
		"decline":  {Action: "decline", Reason: "不属于受理范围"},
		"not_file": {Action: "not_file", Reason: "查无此事"},
		"settle":   {Action: "settle", Result: "已当场处理"},
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t, storetest.SQLite(t, nil))
			main := s.report(t, "13800000001", 0)
			other := s.report(t, "13800000002", main.ID)
			who := s.desk
			if action == "settle" {
				who = s.Actor("grid_worker", s.spot.Grid)
			}
			if c := s.Must(who, main.ID, act); c.Open {
				t.Skip("it was drawn for a check")
			}
			if done := actions(t, s.World, s.Case(other.ID)); !slices.Contains(done, "answered") {
				t.Errorf("no answer: %v", done)
			}
		})
	}
}

func TestAMainCaseIsNotTakenFromUnderTheOthers(t *testing.T) {
	t.Parallel()
	s := newStreet(t, storetest.SQLite(t, nil))
	main := s.report(t, "13800000001", 0)
	s.Must(s.desk, main.ID, cases.Act{Action: "void", Reason: "误登"})
	other := s.report(t, "13800000002", main.ID) // while the request waits
	arbiter := s.Actor("district_desk", int64(s.spot.District))
	for who, act := range map[*access.Actor]cases.Act{arbiter: {Action: "approve"}, s.desk: {Action: "withdraw", Reason: "重复"}} {
		if _, err := s.Do(who, main.ID, act); !errs.Is(err, flow.NotNow) {
			t.Errorf("%s: %v", act.Action, err)
		}
	}
	s.Must(s.desk, other.ID, cases.Act{Action: "withdraw", Reason: "不再反映"})
	if c := s.Case(main.ID); c.Supporters != 1 {
		t.Errorf("%d stand behind the case after one of two withdrew", c.Supporters)
	}
	s.Must(arbiter, main.ID, cases.Act{Action: "approve"})
}

// TestUnmergeUndoesMerge merges a case of a random walk into another and takes it
// out again some hours later: but for what the merge ended, it is as it was, and
// its clocks have left what they had.
func TestUnmergeUndoesMerge(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		r := rand.New(rand.NewPCG(41, 1))
		undone := 0
		for n := 0; n < 1500 && undone < 12; n++ {
			w.Step(r)
			if n%5 != 0 {
				continue
			}
			id, into := w.IDs[r.IntN(len(w.IDs))], w.IDs[r.IntN(len(w.IDs))]
			before := w.Case(id)
			desk := w.Actor("dispatcher", before.Street)
			if _, err := w.Do(desk, id, cases.Act{Action: "merge", Into: into}); err != nil {
				continue
			}
			behind := w.Case(into).Supporters
			hours := r.Int64N(100)
			w.Now += hours * casetest.Hour
			after := w.Must(desk, id, cases.Act{Action: "unmerge", Reason: "不是同一件事"})
			undone++
			cal := w.Calendar()
			left := func(c *cases.Case, now int64) int64 {
				if c.DueAt == 0 || c.PausedAt > 0 {
					return c.Remaining
				}
				return cal.Remaining(now, c.DueAt, c.Limit.Unit)
			}
			merged := w.Now - hours*casetest.Hour
			if was, is := left(before, merged), left(after, w.Now); was != is && was > 0 {
				t.Errorf("%s: the limit had %d left and has %d", before.Status, was, is)
			}
			if n := w.Case(into).Supporters; n != behind-before.Supporters {
				t.Errorf("%d stand behind the main case, want %d", n, behind-before.Supporters)
			}
			is := *after
			is.Version, is.Seq, is.DueAt, is.StageDueAt, is.StageUnit, is.DispatchedAt, is.NextAt, is.Stages = before.Version, before.Seq, before.DueAt, before.StageDueAt, before.StageUnit, before.DispatchedAt, before.NextAt, before.Stages
			was := *before
			was.Flags &^= cases.FlagCheck | cases.FlagTell // a merge ends them
			if !was.Has(cases.FlagCall) {
				was.Draw = 0 // the place of a draw that is over
			}
			if is != was {
				t.Errorf("was %+v\nis %+v", was, is)
			}
		}
		if undone < 12 {
			t.Errorf("only %d merges were undone", undone)
		}
		checkMerged(t, w)
	})
}

// TestUnmergedCaseForgetsTheMainOnesCallBack: what the reporter said of the main
// case is in the history and not in the figures of this one.
func TestUnmergedCaseForgetsTheMainOnesCallBack(t *testing.T) {
	t.Parallel()
	s := newStreet(t, storetest.SQLite(t, nil))
	main := s.report(t, "13800000001", 0)
	other := s.report(t, "13800000002", main.ID)
	s.solve(main.ID)
	s.calls(t, map[int64]bool{main.ID: true})
	s.calls(t, map[int64]bool{other.ID: true})
	if c := s.Case(other.ID); c.Solved != 1 {
		t.Fatalf("the call-back says %d", c.Solved)
	}
	c := s.Must(s.desk, other.ID, cases.Act{Action: "unmerge", Reason: "不是同一件事"})
	if c.Status != cases.Reported || c.Solved != -1 || c.Calls != 0 || c.CalledAt != 0 || c.Has(cases.FlagCall) || c.StageDueAt <= s.Now {
		t.Errorf("unmerged: %+v", c)
	}
	if n := s.Case(main.ID).Supporters; n != 1 {
		t.Errorf("%d stand behind the main case", n)
	}
	s.solve(c.ID)
	if who := s.calls(t, map[int64]bool{c.ID: true}); !slices.Equal(who, []int64{c.ID}) {
		t.Errorf("called back: %v", who)
	}
	if c := s.Case(c.ID); c.Status != cases.Closed || c.Solved != 1 {
		t.Errorf("in the end it is %s, solved %d", c.Status, c.Solved)
	}
}

// TestTriesBeginAnewAfterARedo: who was missed once and then said no is called as
// often again (twice in this world) once the matter was dealt with anew.
func TestTriesBeginAnewAfterARedo(t *testing.T) {
	t.Parallel()
	s := newStreet(t, storetest.SQLite(t, nil))
	c := s.report(t, "13800000001", 0)
	s.solve(c.ID)
	scope, err := s.Scope(s.seat, access.CaseCallback)
	if err != nil {
		t.Fatal(err)
	}
	call := func(reached, solved bool) *cases.Case {
		t.Helper()
		if _, err := s.DrawCalls(s.Context(), scope, 5); err != nil {
			t.Fatal(err)
		}
		return s.Must(s.seat, c.ID, cases.Act{Action: "call_back", Reached: &reached, Solved: &solved, Satisfied: 4})
	}
	call(false, false)
	if c := call(true, false); c.Redos != 1 || c.Calls != 0 {
		t.Fatalf("sent back %d times with %d tries", c.Redos, c.Calls)
	}
	s.Must(s.unit, c.ID, cases.Act{Action: "sign"})
	s.Must(s.unit, c.ID, cases.Act{Action: "resolve", Result: "已修好"})
	s.Must(s.community, c.ID, cases.Act{Action: "verify_pass"})
	if c := call(false, false); c.Status == cases.Closed || c.Calls != 1 {
		t.Errorf("after one call nobody took the case is %s with %d tries", c.Status, c.Calls)
	}
}
