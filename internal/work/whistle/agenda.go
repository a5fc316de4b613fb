package whistle

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Agenda is what departments, streets and arbiters have to see to, and the dates
// of joint meetings and their decisions.
func (s *Service) Agenda() []agenda.Source {
	part := func(code string, name errs.Words, does access.Perm, states ...any) agenda.Source {
		return agenda.Source{Code: code, Name: name, Does: perms(does), All: "/whistles/list",
			Due: func(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
				return s.callsDue(ctx, scope, does, states...)
			}}
	}
	return []agenda.Source{
		part("whistle_call", w("吹哨待报到、待反馈", "Whistles to answer"), access.WhistleAnswer, string(Called), string(Came)),
		part("whistle_street", w("吹哨待答复、待确认", "Whistles to settle"), access.WhistleCall, string(Disputed), string(Done)),
		part("whistle_arbiter", w("吹哨待裁定", "Whistles to decide"), access.CaseArbitrate, string(Arbitrate)),
		{Code: "meeting_task", Name: w("联席会议议定事项", "Decisions of joint meetings"), Does: perms(access.WhistleAnswer), Sees: perms(access.MeetingHold), All: "/whistles/decisions", Before: 3,
			Due: func(ctx context.Context, scope access.Scope, until int) ([]agenda.Entry, error) {
				return s.tasksDue(ctx, scope, "k.state = ? AND k.due <= ?", string(TaskOpen), until)
			},
			Dates: func(ctx context.Context, scope access.Scope, from, to int) ([]agenda.Entry, error) {
				return s.tasksDue(ctx, scope, "k.state <> ? AND k.due BETWEEN ? AND ?", string(TaskDropped), from, to)
			}},
		{Code: "meeting_check", Name: w("议定事项待确认", "Decisions to accept"), Does: perms(access.MeetingHold), All: "/whistles/decisions",
			Due: func(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
				list, err := s.tasksDue(ctx, scope, "k.state = ?", string(TaskReported))
				for i := range list { // the day was the owner's
					list[i].Day = 0
				}
				return list, err
			}},
		{Code: "meeting", Name: w("联席会议", "Joint meetings"), Does: perms(access.MeetingHold), Sees: perms(access.WhistleAnswer), All: "/whistles/meetings",
			Due: func(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
				list, err := s.meetingsOn(ctx, scope, "(m.state = ? OR m.state = ? AND m.at < ?)", string(Held), string(Invited), s.DB.NowIn(ctx))
				for i := range list { // who came, then the minutes: neither has a day
					list[i].Day, list[i].At = 0, 0
				}
				return list, err
			},
			Dates: func(ctx context.Context, scope access.Scope, from, to int) ([]agenda.Entry, error) {
				cal := s.Rules().Calendar()
				return s.meetingsOn(ctx, scope, "m.state <> ? AND m.at >= ? AND m.at < ?", string(Cancelled), cal.DayStart(from), cal.DayStart(agenda.Plus(to, 1)))
			}},
	}
}

// orgsIn narrows to the organisations of the scope's posts, where it has any.
func orgsIn(scope access.Scope, col string) (string, []any) {
	var args []any
	for _, p := range scope.Posts() {
		if p.Org != 0 {
			args = append(args, p.Org)
		}
	}
	if len(args) == 0 {
		return "1 = 1", nil
	}
	return col + " IN (?" + strings.Repeat(", ?", len(args)-1) + ")", args
}

// callsDue are the departments' parts in one of the states that wait for the
// scope's people: what has a limit with its day, the rest without one.
func (s *Service) callsDue(ctx context.Context, scope access.Scope, does access.Perm, states ...any) ([]agenda.Entry, error) {
	where, args := scope.Where(whistleCols)
	where, args = where+" AND u.state IN (?"+strings.Repeat(", ?", len(states)-1)+")", append(args, states...)
	switch does {
	case access.WhistleAnswer:
		in, orgs := orgsIn(scope, "u.org")
		where, args = where+" AND "+in, append(args, orgs...)
	case access.CaseArbitrate:
		if scope.SystemReason() == "" {
			where, args = where+" AND w.arbiter = ?", append(args, scope.Account())
		}
	}
	cal := s.Rules().Calendar()
	rows, err := s.DB.Query(ctx, "SELECT w.district, w.id, w.street, w.community, w.grid, w.title, u.org, u.state, u.due_at FROM whistle w JOIN whistle_call u ON u.district = w.district AND u.whistle_id = w.id WHERE "+where+
		" ORDER BY u.due_at, w.id LIMIT ?", append(args, agenda.Most)...)
	return store.All(rows, err, func(r *sql.Rows) (e agenda.Entry, err error) {
		var id, org, due int64
		var title, state string
		t := &e.Target
		if err := r.Scan(&t.District, &id, &t.Street, &t.Community, &t.Grid, &title, &org, &state, &due); err != nil {
			return e, err
		}
		t.Orgs = []int64{org}
		e.Key, e.Link = fmt.Sprintf("%d-%d", id, org), fmt.Sprintf("/whistles/list?whistle=%d", id)
		name, _ := s.People.Org(org)
		e.Title, e.Where = agenda.Same(title), s.Atlas.Region(t.Street)
		if does != access.WhistleAnswer {
			e.Title = w(title+"（"+name+"）", title+" ("+name+")")
		}
		if state == string(Called) {
			e.Day, e.At = cal.Day(due), due
		}
		return e, nil
	})
}

// tasksDue are the tasks of decisions that the condition chooses.
func (s *Service) tasksDue(ctx context.Context, scope access.Scope, cond string, given ...any) ([]agenda.Entry, error) {
	where, args := scope.Where(meetingCols)
	in, orgs := orgsIn(scope, "k.org")
	args = append(append(args, orgs...), given...)
	rows, err := s.DB.Query(ctx, "SELECT m.district, m.id, m.street, m.community, k.id, k.org, k.title, k.due FROM meeting_task k JOIN meeting m ON m.district = k.district AND m.id = k.meeting_id WHERE "+where+" AND "+in+" AND "+cond+
		" ORDER BY k.due, k.id LIMIT ?", append(args, agenda.Most)...)
	return store.All(rows, err, func(r *sql.Rows) (e agenda.Entry, err error) {
		var meeting, id, org int64
		var title string
		t := &e.Target
		if err := r.Scan(&t.District, &meeting, &t.Street, &t.Community, &id, &org, &title, &e.Day); err != nil {
			return e, err
		}
		t.Orgs = []int64{org}
		e.Where, _ = s.People.Org(org)
		e.Key, e.Title, e.Link = fmt.Sprint(id), agenda.Same(title), fmt.Sprintf("/whistles/meetings?meeting=%d", meeting)
		return e, nil
	})
}

// meetingsOn are the meetings that the condition chooses.
func (s *Service) meetingsOn(ctx context.Context, scope access.Scope, cond string, given ...any) ([]agenda.Entry, error) {
	where, args := scope.Where(meetingCols)
	cal := s.Rules().Calendar()
	rows, err := s.DB.Query(ctx, "SELECT m."+strings.Join(meetingTable.Cols, ", m.")+" FROM meeting m WHERE "+where+" AND "+cond+" ORDER BY m.at, m.id LIMIT ?", append(append(args, given...), agenda.Most)...)
	list, err := store.All(rows, err, scanMeeting)
	out := make([]agenda.Entry, 0, len(list))
	for _, m := range list {
		out = append(out, agenda.Entry{Key: fmt.Sprint(m.ID), Title: agenda.Same(m.Title), Where: m.Place, Day: cal.Day(m.At), At: m.At, Link: fmt.Sprintf("/whistles/meetings?meeting=%d", m.ID), Target: m.Target()})
	}
	return out, err
}
