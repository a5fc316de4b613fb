package cases

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

var keeper = access.System("clocks of the cases")

// Lapse notes the cases whose limit, a stage of it, a wait for the reporter or
// 24 hours to sign for them have passed.
// It returns how many; call it every few seconds.
func (s *Service) Lapse(ctx context.Context) (int, error) {
	now := s.DB.NowIn(ctx)
	n := 0
	for _, d := range keeper.Districts() {
		// Each condition is that of an index, to the letter: it holds only what is
		// still to be noted.
		for _, due := range []struct {
			action flow.Action
			where  string
			col    string
			at     int64
		}{
			{ActLapse, fmt.Sprintf("open = 1 AND due_at > 0 AND paused_at = 0 AND resolved_at = 0 AND (flags & %d) = 0", FlagLapsed), "due_at", now},
			{ActTriage, fmt.Sprintf("status IN ('reported', 'accepted') AND stage_due_at > 0 AND (flags & %d) = 0", FlagTriageLate), "stage_due_at", now},
			{ActUnsigned, fmt.Sprintf("status = 'dispatched' AND (flags & %d) = 0", FlagUnsigned), "dispatched_at", now - day24h},
			{ActStage, "next_at > 0", "next_at", now},
		} {
			rows, err := s.DB.Query(ctx, "SELECT id FROM cases WHERE district = ? AND "+due.where+" AND "+due.col+" < ? ORDER BY "+due.col+", id LIMIT 500", d, due.at)
			ids, err := store.All(rows, err, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) })
			if err != nil {
				return n, err
			}
			for _, id := range ids {
				if err := s.bySystem(ctx, id, due.action); err != nil {
					return n, err
				}
				n++
			}
		}
	}
	return n, nil
}

// Archive archives what has been closed for the city's number of days.
func (s *Service) Archive(ctx context.Context) (int, error) {
	limit := s.DB.NowIn(ctx) - int64(s.Rules().Settings().ArchiveDays)*day24h
	n := 0
	for _, d := range keeper.Districts() {
		rows, err := s.DB.Query(ctx, "SELECT id FROM cases WHERE district = ? AND open = 0 AND status = 'closed' AND closed_at < ? ORDER BY reported_at, id LIMIT 200", d, limit)
		ids, err := store.All(rows, err, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) })
		if err != nil {
			return n, err
		}
		for _, id := range ids {
			if err := s.bySystem(ctx, id, ActArchive); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// bySystem applies a row of the program's own, if it still applies.
func (s *Service) bySystem(ctx context.Context, id int64, a flow.Action) error {
	rules := s.Rules()
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		c, units, requests, err := s.load(tx, keeper, id)
		if err != nil {
			return err
		}
		if Life.Find(c.Status, a) == nil {
			return nil
		}
		st := &steps{s: s, c: c, now: tx.Now(), scope: keeper, cal: rules.Calendar(), rules: rules, set: rules.Settings()}
		st.begin(tx, clone(c), units, requests)
		switch a {
		case ActLapse:
			if c.Has(FlagLapsed) || c.DueAt == 0 || c.DueAt >= tx.Now() || c.PausedAt != 0 || c.ResolvedAt != 0 { // somebody was quicker
				return nil
			}
			c.set(FlagLapsed, true)
		case ActTriage:
			if c.Has(FlagTriageLate) || c.StageDueAt == 0 || c.StageDueAt >= tx.Now() {
				return nil
			}
			c.set(FlagTriageLate, true)
		case ActUnsigned:
			if c.Has(FlagUnsigned) || c.DispatchedAt >= tx.Now()-day24h {
				return nil
			}
			c.set(FlagUnsigned, true)
		case ActStage:
			switch late := st.lapsedStages(); {
			case len(late) > 0:
				for _, stage := range late {
					st.system(ActStage, map[string]any{"stage": stage})
				}
			case c.Has(FlagWaiting) && Life.Find(c.Status, ActGoOn) != nil && st.cal.CloseOf(c.ReviewDay, calendar.Day) < st.now:
				st.resume()
				st.system(ActGoOn, nil)
			default:
				return nil
			}
			return st.finish()
		case ActArchive:
			c.Version++
		}
		st.system(a, nil)
		return st.finish()
	})
}

// DrawCalls gives the actor up to n call-backs from the random order of the
// scope; those already given and not yet made come first.
func (s *Service) DrawCalls(ctx context.Context, scope access.Scope, n int) ([]*Case, error) {
	n = min(max(n, 1), 20)
	mine, err := s.Calls(ctx, scope, n)
	if err != nil || len(mine) >= n {
		return mine, err
	}
	var ids []int64
	for _, d := range scope.Districts() {
		part, ok := scope.PerDistrict(d)
		if !ok {
			continue
		}
		where, args := part.Where(caseCols)
		// Merged cases have their own index: two queries, each on its own.
		for _, state := range []string{"c.status = 'verified'", "c.status = 'merged' AND c.merged_into > 0"} {
			rows, err := s.DB.Query(ctx, fmt.Sprintf("SELECT c.id FROM cases c WHERE c.district = ? AND %s AND c.seat = 0 AND (c.flags & %d) <> 0 AND %s ORDER BY c.draw LIMIT ?", state, FlagCall, where),
				append(append([]any{d}, args...), n-len(mine))...)
			more, err := store.All(rows, err, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) })
			if err != nil {
				return nil, err
			}
			ids = append(ids, more...)
		}
	}
	rules := s.Rules()
	for _, id := range ids[:min(len(ids), n-len(mine))] {
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			c, units, requests, err := s.load(tx, scope, id)
			if err != nil {
				return err
			}
			st := &steps{s: s, c: c, now: tx.Now(), scope: scope, cal: rules.Calendar(), rules: rules, set: rules.Settings()}
			st.begin(tx, clone(c), units, requests)
			if !c.Has(FlagCall) || c.Seat != 0 || Life.Find(c.Status, ActDraw) == nil || st.factsFrom().about { // another seat was quicker, or it is about the seat's own unit
				return nil
			}
			c.Seat = scope.Account()
			c.Version++
			st.system(ActDraw, map[string]any{"seat": scope.Account()})
			return st.finish()
		})
		if err != nil {
			return nil, err
		}
	}
	return s.Calls(ctx, scope, n)
}

// Calls are the call-backs that were drawn for the actor and are not yet made.
func (s *Service) Calls(ctx context.Context, scope access.Scope, n int) ([]*Case, error) {
	list, _, err := s.Cases(ctx, scope, Filter{Statuses: []string{string(Verified), string(Merged)}, Seat: scope.Account(), Sort: "draw", Limit: n})
	return list, err
}

// History is a closed matter of former times, with the answer that was given.
type History struct {
	ID            int64
	OutsideNumber string // its number in the old system; the same one is never taken twice
	Title, Text   string
	Channel       string
	Category      int64
	District      int
	Street        int64
	Community     int64
	Grid          int64
	ReportedAt    int64
	Result        string
	ClosedAt      int64 // 0: without an answer; it is closed as it was
}

// ErrKnown says that the outside number was brought in before.
var ErrKnown = errs.Declare("already_imported", 409, "外部编号 {number} 已经导入。", "Outside number {number} was imported before.")

// Import brings a closed matter in as history: reported, answered and closed
// at its own times. ErrKnown if its outside number exists.
func (s *Service) Import(ctx context.Context, scope access.Scope, h History) (*Case, error) {
	in := ReportIn{Text: h.Text, Title: h.Title, Channel: h.Channel, OutsideNumber: h.OutsideNumber, Grade: Grades[0]}
	if len([]rune(in.Title)) > maxTitle {
		in.Title = string([]rune(in.Title)[:maxTitle-1]) + "…"
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	rules := s.Rules()
	cal := rules.Calendar()
	now := s.DB.NowIn(ctx)
	if h.ReportedAt <= 0 || h.ReportedAt > now || h.ClosedAt != 0 && h.ClosedAt < h.ReportedAt || h.ClosedAt > now {
		return nil, errs.Invalid.New("field", w("时间", "time"), "remedy", w("办结时间须晚于登记时间，且都不晚于现在", "closing must follow reporting, and neither lies in the future")).In("reported_at")
	}
	c := &Case{ID: s.DB.NextID(), Version: 1, Status: Closed, Channel: h.Channel, Grade: in.Grade, Title: in.Title, Body: in.Text, CRS: "wgs84",
		District: h.District, Street: h.Street, Community: h.Community, Grid: h.Grid, Day: cal.Day(h.ReportedAt), OccurredAt: h.ReportedAt, ReportedAt: h.ReportedAt,
		Creator: scope.Account(), Supporters: 1, OutsideNumber: h.OutsideNumber, Solved: -1, Flags: FlagHistory, Result: h.Result, ClosedAt: h.ClosedAt}
	if h.Community != 0 || h.Grid != 0 {
		spot, ok := s.Atlas.SpotOf(h.Community, h.Grid)
		if !ok {
			return nil, errs.Invalid.New("field", w("社区", "community"), "remedy", w("没有这个社区或网格", "there is no such community or grid")).In("community")
		}
		c.District, c.Street, c.Community, c.Grid = spot.District, spot.Street, spot.Community, spot.Grid
	}
	if !slices.Contains(keeper.Districts(), c.District) {
		return nil, errs.Invalid.New("field", w("区", "district"), "remedy", w("没有这个区", "there is no such district")).In("district")
	}
	if h.Category != 0 {
		cat, err := s.categoryOf(h.Category, c.Grade)
		if err != nil {
			return nil, err
		}
		c.Category, c.CategoryVersion = cat.ID, cat.Version
	}
	if h.Result != "" {
		c.ResolvedAt = h.ClosedAt
	}
	if c.ClosedAt == 0 {
		c.ClosedAt = h.ReportedAt
	}
	var err error
	if c.Number, err = s.numbers.take(ctx, s.DB, c.Day); err != nil {
		return nil, err
	}
	base := *c
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		*c = base
		if h.OutsideNumber != "" {
			var n int
			if err := tx.QueryRow("SELECT COUNT(*) FROM cases WHERE district = ? AND outside_number = ? AND outside_number <> ''", c.District, h.OutsideNumber).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return ErrKnown.New("number", h.OutsideNumber)
			}
		}
		st := &steps{s: s, c: c, now: now, scope: scope, cal: cal, rules: rules, set: rules.Settings()}
		st.begin(tx, nil, nil, nil)
		fields := map[string]any{"channel": h.Channel, "reported_at": cal.Time(h.ReportedAt)}
		if h.Result != "" {
			fields["result"], fields["closed_at"] = h.Result, cal.Time(c.ClosedAt)
		}
		st.logFrom("", ActImport, fields, false)
		return st.finish()
	})
	if store.IsDuplicate(err) {
		return nil, ErrKnown.New("number", h.OutsideNumber)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Verify recomputes every log row's digest from the table and compares it with
// the audit chain, and every present row with its last log row. Together with
// audit.VerifyChains it shows any change made behind the program's back.
func (s *Service) Verify(ctx context.Context, r store.Reader) ([]audit.Problem, error) {
	var problems []audit.Problem
	say := func(d int, idx int64, format string, args ...any) {
		if len(problems) < 100 {
			problems = append(problems, audit.Problem{District: d, Idx: idx, Text: fmt.Sprintf(format, args...)})
		}
	}
	rows, err := r.Query(ctx, "SELECT l.district, l.case_id, l.seq, l.at, l.actor, l.post, l.org, l.action, l.was, l.became, l.fields, l.state, COALESCE(a.idx, -1), a.digest, "+
		"CASE WHEN c.id IS NULL THEN -1 WHEN c.seq = l.seq THEN 1 ELSE 0 END FROM case_log l "+
		"LEFT JOIN audit a ON a.district = l.district AND a.object_id = l.case_id AND a.object_id BETWEEN l.case_id AND l.case_id AND a.object = 'case' AND a.seq = l.seq AND a.action = 'case.' || l.action "+
		"LEFT JOIN cases c ON c.district = l.district AND c.id = l.case_id ORDER BY l.district, l.case_id, l.seq")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type key struct {
		d  int
		id int64
	}
	last := map[key][]byte{}
	logged := 0
	for rows.Next() {
		var d, seq, present int
		var id, at, actor, post, org, idx int64
		var action, was, became, fields string
		var state, want []byte
		if err := rows.Scan(&d, &id, &seq, &at, &actor, &post, &org, &action, &was, &became, &fields, &state, &idx, &want, &present); err != nil {
			return nil, err
		}
		logged++
		got := digest([]any{d, id, seq, at, actor, post, org, action, was, became, fields, state})
		switch {
		case idx < 0:
			say(d, -1, "case %d, step %d: no audit entry records it", id, seq)
		case string(got[:]) != string(want):
			say(d, idx, "case %d, step %d: its history was changed", id, seq)
		case present < 0:
			say(d, idx, "case %d is gone", id)
		case present > 0:
			last[key{d, id}] = state
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var entries int
	if err := r.QueryRow(ctx, "SELECT COUNT(*) FROM audit WHERE object = 'case' AND action LIKE 'case.%' AND action NOT IN ('case.reveal', 'case.export')").Scan(&entries); err != nil {
		return nil, err
	}
	if entries != logged {
		say(-1, -1, "%d steps of cases are audited, %d are in their histories", entries, logged)
	}
	cs, err := r.Query(ctx, "SELECT "+selectAll+" FROM cases c")
	if err != nil {
		return nil, err
	}
	defer cs.Close()
	for cs.Next() {
		c, err := scanCase(cs)
		if err != nil {
			return nil, err
		}
		state := stateDigest(c)
		if string(last[key{c.District, c.ID}]) != string(state[:]) {
			say(c.District, -1, "case %s: its present state does not follow from its history", c.Number)
		}
	}
	return problems, cs.Err()
}
