package casetest

import (
	"math/rand/v2"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/work/cases"
)

// Attempt is what Step tried.
type Attempt struct {
	Actor  *access.Actor // nil: the program itself, or time
	Action flow.Action   // "" when only time passed
	Case   int64         // 0 if none
	Err    error         // a refusal; never a fault
}

// Step lets one random thing happen: somebody reports, somebody tries an
// action of the present state, time passes, the program archives, a seat draws
// call-backs. Refusals are part of the walk; a fault ends the test.
func (w *World) Step(r *rand.Rand) Attempt {
	w.t.Helper()
	w.Now += r.Int64N(20 * 60 * 1_000_000)
	var a Attempt
	switch n := r.IntN(100); {
	case n < 9 || len(w.IDs) == 0:
		a = w.randomReport(r)
	case n < 10:
		a = w.randomImport(r)
	case n < 14:
		w.Wait([]float64{0.5, 1, 3, 10, 40}[r.IntN(5)])
	case n < 15:
		_, a.Err = w.Archive(w.Context())
		a.Action = cases.ActArchive
	case n < 19:
		seat := w.Actors[1+r.IntN(2)]
		scope, err := w.Scope(seat, access.CaseCallback)
		if err == nil {
			_, err = w.DrawCalls(w.Context(), scope, 1+r.IntN(5))
		}
		a = Attempt{Actor: seat, Action: cases.ActDraw, Err: err}
	default:
		a = w.randomAct(r)
	}
	if a.Err != nil && errs.As(a.Err).Kind == errs.Internal {
		w.t.Fatalf("casetest: %s on %d: %v", a.Action, a.Case, a.Err)
	}
	if a.Err == nil {
		w.Done[a.Action]++
		w.last = a.Case
	}
	return a
}

func one[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (w *World) randomReport(r *rand.Rand) Attempt {
	s := one(r, w.Spots)
	in := cases.ReportIn{Text: "路灯不亮", Channel: one(r, cases.Channels), Grade: one(r, cases.Grades)}
	in.Lon, in.Lat = w.Position(s.Grid)
	if r.IntN(8) == 0 {
		in.Against = one(r, Orgs)
	}
	actor := w.Actor("operator", City)
	if r.IntN(5) == 0 {
		in.Lon, in.Lat, in.Community = 0, 0, s.Community
	}
	if r.IntN(3) > 0 {
		in.Category = one(r, Leaves)
	}
	if r.IntN(4) > 0 {
		in.Reporter = cases.Person{Name: "张三", Phone: "13800000000"}
	}
	if r.IntN(6) == 0 && len(w.IDs) > 0 {
		in.Into = one(r, w.IDs) // refused unless its matter is open there
	} else if r.IntN(5) == 0 {
		actor, in.Category, in.Grade, in.Onsite = w.Actor("grid_worker", s.Grid), 11, "general", "已当场清理"
	}
	a := Attempt{Actor: actor, Action: cases.ActReport}
	var c *cases.Case
	if c, a.Err = w.Add(actor, in); a.Err == nil {
		a.Case = c.ID
	}
	return a
}

func (w *World) randomImport(r *rand.Rand) Attempt {
	s := one(r, w.Spots)
	h := cases.History{Text: "历史来信", Channel: "import", Category: one(r, append([]int64{0}, Leaves...)), District: s.District, Street: s.Street, ReportedAt: w.Now - r.Int64N(90*24)*Hour}
	if r.IntN(2) == 0 {
		h.Community, h.Grid = s.Community, s.Grid
	}
	if r.IntN(3) > 0 {
		h.Result, h.ClosedAt = "已答复", min(w.Now, h.ReportedAt+r.Int64N(200)*Hour)
	}
	c, err := w.Import(w.Context(), Everything, h)
	if err == nil {
		w.IDs = append(w.IDs, c.ID)
		return Attempt{Action: cases.ActImport, Case: c.ID}
	}
	return Attempt{Action: cases.ActImport, Err: err}
}

// randomAct tries an action of the case's state as somebody who may.
func (w *World) randomAct(r *rand.Rand) Attempt {
	c := w.Case(one(r, w.IDs))
	for range 6 { // prefer what is still moving
		if c.Open || r.IntN(8) == 0 {
			break
		}
		c = w.Case(one(r, w.IDs))
	}
	if r.IntN(6) == 0 { // what waits for the reporter, or has something to tell
		waiting, _, err := w.Cases(w.Context(), Everything, cases.Filter{Flag: one(r, []int{cases.FlagWaiting, cases.FlagTell})})
		if err != nil {
			return Attempt{Err: err}
		}
		if len(waiting) > 0 {
			c = one(r, waiting)
		}
	} else if w.last != 0 && r.IntN(3) == 0 { // what follows on what was just done
		c = w.Case(w.last)
	}
	var rows []int
	for i, t := range cases.Life.Table {
		if t.System || !slices.Contains(t.From, c.Status) {
			continue
		}
		n := 3
		switch {
		case t.Action == "void", slices.Contains([]flow.State{cases.Merged, cases.Withdrawn, cases.NotFiled, cases.Declined}, t.To):
			n = 1
		case t.Asks:
			n = 4
		case !t.Side: // the main way is taken more often
			n = 15
		case t.To == "": // notes and the like
			n = 2
		}
		if t.Action == "own_erase" && w.Done[t.Action] > 0 && r.IntN(10) > 0 { // most people stay within reach
			continue
		}
		if w.Done[t.Action] == 0 { // so that a walk sees the rare ones too
			n *= 6
		}
		rows = append(rows, slices.Repeat([]int{i}, n)...)
	}
	if len(rows) == 0 {
		return Attempt{Case: c.ID}
	}
	t := &cases.Life.Table[one(r, rows)]
	a := Attempt{Action: t.Action, Case: c.ID}
	if slices.Contains(t.Perms, access.CaseOwn) {
		_, a.Err = w.Own(c.ID, w.given(r, c, t.Action, t.Needs))
		return a
	}
	for range 3 {
		if a.Actor = w.whoMay(r, c, t.Perms); a.Actor == nil {
			return a
		}
		if _, a.Err = w.Do(a.Actor, c.ID, w.given(r, c, t.Action, t.Needs)); a.Err == nil || errs.As(a.Err).Kind == errs.Internal {
			return a
		}
	}
	return a
}

// whoMay picks somebody who reaches the case with one of the permissions.
func (w *World) whoMay(r *rand.Rand, c *cases.Case, perms []access.Perm) *access.Actor {
	if c.Seat != 0 && slices.Contains(perms, access.CaseCallback) && r.IntN(4) > 0 {
		return w.Actors[c.Seat-1]
	}
	var who []*access.Actor
	target := access.Target{District: c.District, Street: c.Street, Community: c.Community, Grid: c.Grid, Orgs: []int64{c.Lead}}
	for _, a := range w.Actors {
		if scope, err := w.Scope(a, perms...); err == nil && scope.Covers(target) {
			who = append(who, a)
		}
	}
	if len(who) == 0 {
		return nil
	}
	return one(r, who)
}

// given fills an action's fields with what mostly passes.
func (w *World) given(r *rand.Rand, c *cases.Case, action flow.Action, needs []flow.Field) cases.Act {
	act := cases.Act{Action: action}
	other := func() int64 { return one(r, Orgs) }
	day := func(after int64) int { return w.cal.AddDays(w.cal.Day(after), 1+r.IntN(3)) }
	for _, n := range needs {
		if !n.Required && r.IntN(2) == 0 && n.Name != "solved" && n.Name != "satisfied" && n.Name != "files" && n.Name != "lead" && n.Name != "category_id" {
			continue
		}
		switch n.Name {
		case "reason":
			act.Reason = "情况说明"
		case "note":
			act.Note = "请尽快"
		case "result":
			act.Result = "已处理"
		case "title":
			act.Title = "更正后的标题"
		case "category_id":
			act.Category = one(r, Leaves)
		case "grade":
			act.Grade = one(r, cases.Grades)
		case "lead":
			act.Lead = other()
		case "assists":
			act.Assists = []int64{other()}
		case "proposed":
			act.Proposed = other()
		case "files":
			act.Files = []int64{1}
		case "until":
			act.Until = day(max(c.DueAt, w.Now))
			if action == "await" {
				act.Until = day(w.Now)
			}
		case "review":
			act.Review = day(w.Now)
		case "against":
			if r.IntN(6) == 0 {
				act.Against = other()
			}
		case "stage":
			act.Stage = one(r, []string{"停工", "拆除"})
		case "found":
			yes := r.IntN(3) > 0
			act.Found = &yes
		case "into":
			act.Into = one(r, w.IDs)
		case "parts":
			act.Parts = []cases.Part{{Text: "另一件事"}, {Text: "还有一件事"}}[:1+r.IntN(2)]
		case "reached":
			yes := r.IntN(4) > 0
			act.Reached = &yes
		case "solved":
			yes := r.IntN(3) > 0
			act.Solved = &yes
		case "satisfied":
			act.Satisfied = r.IntN(6)
		case "place":
			s := one(r, w.Spots)
			act.Place = &cases.PlaceIn{Community: s.Community, Grid: s.Grid}
		}
	}
	return act
}
