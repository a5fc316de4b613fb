package cases

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// answer tells each case that was merged into this one what became of the matter,
// and through it those that had been merged before. When it was closed, their
// reporters are drawn for call-backs like the main one's.
func (st *steps) answer() error {
	rate := 0.0
	if st.c.Status == Closed {
		var err error
		if rate, err = st.callRate(); err != nil {
			return err
		}
	}
	fields := map[string]any{"main": st.c.Number, "status": string(st.c.Status)}
	for name, text := range map[string]string{"result": st.c.Result, "reason": st.reason} {
		if text != "" {
			fields[name] = text
		}
	}
	return st.pass(fields, rate)
}

func (st *steps) pass(fields map[string]any, rate float64) error {
	return st.eachOther("merged_into", func(o *steps) error {
		o.c.set(FlagAnswered, fields["status"] == string(Closed))
		o.c.set(FlagRated, false)
		o.system(ActAnswer, fields)
		o.drawCall(rate)
		return o.pass(fields, rate)
	})
}

// errMain refuses a case that another cannot become part of.
var errMain = errs.Invalid.New("field", w("主事件", "main case"), "remedy", w("请选择同一区内尚未办结的另一事件", "please choose another open case of the same district")).In("into")

// merge makes the present case part of another whose matter is still open; every
// reporter stays. The scope must reach that one.
func (st *steps) merge(into int64) error {
	main, units, _, err := st.s.load(st.tx, st.scope, into)
	if errs.Is(err, errs.NotFound) {
		return errMain
	}
	if err != nil {
		return err
	}
	st.c.MergedInto = into
	return st.support(main, units, st.c.Supporters, ActGather, func(c *Case) bool {
		return c.ID != st.c.ID && c.District == st.c.District && (c.Status == Merged || !Life.Ended(c.Status))
	})
}

// joinAs lets a new report that is part of an open case take from it what was not
// said again: what it is about, its kind and its place.
func (s *Service) joinAs(ctx context.Context, scope access.Scope, in *ReportIn) error {
	main, _, _, err := s.ByID(ctx, scope, in.Into)
	if errs.Is(err, errs.NotFound) {
		return errMain
	}
	if err != nil {
		return err
	}
	if in.Onsite != "" {
		return errs.Invalid.New("field", w("办理结果", "result"), "remedy", w("并入其他事件的诉求随主事件办理", "what joins another case is settled with it")).In("onsite")
	}
	if strings.TrimSpace(in.Text) == "" {
		in.Text = main.Title
	}
	if in.Category == 0 {
		if _, err := s.categoryOf(main.Category, main.Grade); err == nil {
			in.Category = main.Category
		}
	}
	if in.Lon == 0 && in.Lat == 0 && in.Community == 0 && in.Grid == 0 {
		in.Lon, in.Lat, in.CRS, in.Community, in.Grid = main.Lon, main.Lat, "wgs84", main.Community, main.Grid
		if in.Address == "" {
			in.Address = main.Address
		}
	}
	return nil
}

// support changes how many reports stand behind a case, and behind those that it
// was merged into itself. None of them may fail the test.
func (st *steps) support(c *Case, units []Unit, n int, act flow.Action, test func(*Case) bool) error {
	for {
		if !test(c) {
			return errMain
		}
		o := st.other(c, units)
		c.Supporters += n
		c.Version++
		o.system(act, map[string]any{"case": st.c.Number})
		if c.Status != Merged {
			return nil
		}
		var err error
		if c, units, _, err = st.s.load(st.tx, keeper, c.MergedInto); err != nil {
			return err
		}
	}
}

// unmerge makes the case one of its own again, in the state that it was merged
// from. Its clocks stood still meanwhile; what its reporter was asked about the
// main case does not count for it.
func (st *steps) unmerge() error {
	c, since := st.c, st.c.ClosedAt
	if err := st.leave(); err != nil {
		return err
	}
	if err := st.s.asMerged(st.tx, c); err != nil {
		return err
	}
	if c.Status == Dispatched {
		c.DispatchedAt = st.now // its unit has the usual time to sign for it
	}
	if c.PausedAt > 0 {
		return nil // its clocks stand still as they did
	}
	shift := func(due int64, unit calendar.Unit) int64 {
		if due <= since {
			return due // none, or late before
		}
		return st.cal.AddRemaining(st.now, st.cal.Remaining(since, due, unit), unit)
	}
	c.DueAt = shift(c.DueAt, c.unit())
	list := c.milestones()
	for i := range list {
		if m := &list[i]; m.open() {
			m.Due = shift(m.Due, m.Unit)
		}
	}
	st.keep(list)
	return nil
}

// leave takes the case out of the one that it was merged into.
func (st *steps) leave() error {
	c := st.c
	main, units, _, err := st.s.load(st.tx, keeper, c.MergedInto)
	if err != nil {
		return err
	}
	c.MergedInto = 0
	c.undraw()
	return st.support(main, units, -c.Supporters, ActRelease, func(*Case) bool { return true })
}

// asMerged gives the case the status and the answers to call-backs that it had
// when it was merged.
func (s *Service) asMerged(tx *store.Tx, c *Case) error {
	type entry struct {
		at                  int64
		action, was, fields string
	}
	rows, err := tx.Query("SELECT at, action, was, fields FROM case_log WHERE district = ? AND case_id = ? AND (action IN ('call_back', 'own_rate', 'redo', 'to_desk', 'reopen') OR became = 'merged') AND was <> 'merged' ORDER BY seq", c.District, c.ID)
	log, err := store.All(rows, err, func(r *sql.Rows) (e entry, err error) { return e, r.Scan(&e.at, &e.action, &e.was, &e.fields) })
	c.Calls, c.CalledAt, c.Solved, c.Satisfied = 0, 0, -1, 0
	for _, e := range log {
		switch e.action {
		case "redo", "to_desk", "reopen": // as undraw did then
			c.Calls = 0
			continue
		}
		if e.action == "own_rate" {
			var a struct {
				Called, Solved bool
				Satisfied      int
			}
			if err := json.Unmarshal([]byte(e.fields), &a); err != nil {
				return err
			}
			if a.Called {
				c.called(e.at, &a.Called, &a.Solved, a.Satisfied)
			}
			continue
		}
		if flow.Action(e.action) != ActCallBack {
			c.Status = flow.State(e.was)
			continue
		}
		var a struct {
			Reached, Solved *bool
			Satisfied       int
		}
		if err := json.Unmarshal([]byte(e.fields), &a); err != nil {
			return err
		}
		c.called(e.at, a.Reached, a.Solved, a.Satisfied)
	}
	return err
}

// split makes a case of each part, with the place and the reporter of this one.
func (st *steps) split(parts []Part) error {
	for i, p := range parts {
		if err := checkText("parts", w("拆出的事项", "parts"), p.Text, maxText, true); err != nil {
			return err
		}
		if p.Title == "" {
			p.Title = titleOf(p.Text)
		}
		if err := checkText("parts", w("标题", "title"), p.Title, maxTitle, true); err != nil {
			return err
		}
		c := st.c
		n := &Case{District: c.District, ID: st.tx.NextID(), Number: st.spare[i], Version: 1, Status: Reported, Channel: c.Channel, Grade: c.Grade,
			Category: c.Category, CategoryVersion: c.CategoryVersion, Title: p.Title, Body: p.Text, Address: c.Address, Lon: c.Lon, Lat: c.Lat, CRS: c.CRS,
			Street: c.Street, Community: c.Community, Grid: c.Grid, Day: st.cal.Day(st.now), OccurredAt: c.OccurredAt, ReportedAt: st.now,
			Creator: st.scope.Account(), Reporter: c.Reporter, Flags: c.Flags & (FlagAnonymous | FlagSealed), Against: c.Against, Supporters: 1, Solved: -1, SplitFrom: c.ID}
		o := st.other(n, nil)
		o.was = nil
		o.stage("triage")
		o.logFrom("", ActReport, map[string]any{"channel": n.Channel, "from": c.Number}, false)
		st.system(ActPart, map[string]any{"case": n.Number, "title": n.Title})
	}
	return nil
}

// other prepares steps on another case of the same write.
func (st *steps) other(c *Case, units []Unit) *steps {
	o := &steps{s: st.s, c: c, now: st.now, scope: st.scope, post: st.post, cal: st.cal, rules: st.rules, set: st.set}
	o.begin(st.tx, clone(c), units, nil)
	st.others = append(st.others, o)
	return o
}

// eachOther does something to every case whose link column names this one.
func (st *steps) eachOther(link string, do func(*steps) error) error {
	linked, err := st.s.linked(st.tx, st.c, link)
	if err != nil {
		return err
	}
	for _, c := range linked {
		if err := do(st.other(c, nil)); err != nil {
			return err
		}
	}
	return nil
}
