package liaison

import (
	"context"
	"fmt"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

// Agenda is what leaders have to see to: the quarter's visits.
func (s *Service) Agenda() []agenda.Source {
	return []agenda.Source{{
		Code: "liaison_visit", Name: w("包联走访", "Liaison visits"), Does: []access.Perm{access.LiaisonVisit}, Sees: []access.Perm{access.LiaisonRead}, All: "/liaison", Before: 14,
		Due: s.visitsDue, Dates: s.visitDates,
	}}
}

func (s *Service) entry(p *Post, key string, day int) agenda.Entry {
	kind := s.Kind(p)
	return agenda.Entry{Key: key, Title: w(s.Grid(p.Grid)+"（"+kind.ZH+"）", s.Grid(p.Grid)+" ("+kind.EN+")"), Day: day, Link: fmt.Sprintf("/grids/%d", p.Grid), For: p.Account, Target: p.Target()}
}

// visitsDue are the present quarter's visits that were not made: of the scope's
// account, or of everybody for the program.
func (s *Service) visitsDue(ctx context.Context, scope access.Scope, until int) ([]agenda.Entry, error) {
	quarter := QuarterOf(s.Today())
	_, last := Quarter(quarter)
	if last > until {
		return nil, nil
	}
	var where []string
	if scope.SystemReason() == "" {
		where = append(where, ledger.Where("account", "=", scope.Account()))
	}
	posts, err := s.Outstanding(ctx, scope, where...)
	var out []agenda.Entry
	for _, p := range posts {
		out = append(out, s.entry(p, fmt.Sprintf("%d-%d", p.ID, quarter), last))
	}
	return out, err
}

// Outstanding are the assignments in force that the conditions choose and whose
// visit of the present quarter was not made.
func (s *Service) Outstanding(ctx context.Context, scope access.Scope, where ...string) ([]*Post, error) {
	var out []*Post
	if err := s.Posts.All(ctx, scope, ledger.Filter{Where: append(where, "on="+calendar.DayText(s.Today())), Sort: "id"}, func(p *Post) error { out = append(out, p); return nil }); err != nil || len(out) == 0 {
		return nil, err
	}
	made := map[int64]bool{}
	err := s.Visits.All(ctx, scope, ledger.Filter{Where: []string{ledger.Where("quarter", "=", QuarterOf(s.Today())), "done!=", "state=" + ledger.Active}}, func(v *Visit) error { made[v.Post] = true; return nil })
	return slices.DeleteFunc(out, func(p *Post) bool { return made[p.ID] }), err
}

// visitDates are the visits planned for, or made on, the days.
func (s *Service) visitDates(ctx context.Context, scope access.Scope, from, to int) ([]agenda.Entry, error) {
	var visits []*Visit
	for field, more := range map[string]string{"planned": "done=", "done": "done!="} {
		list, _, err := s.Visits.Rows(ctx, scope, ledger.Filter{Where: []string{field + ">=" + calendar.DayText(from), field + "<=" + calendar.DayText(to), more, "state=" + ledger.Active}, Sort: field, Limit: agenda.Most})
		if err != nil {
			return nil, err
		}
		visits = append(visits, list...)
	}
	posts := map[int64]*Post{}
	var ids []int64
	for _, v := range visits {
		ids = append(ids, v.Post)
	}
	slices.Sort(ids)
	for chunk := range slices.Chunk(slices.Compact(ids), 100) {
		if err := s.Posts.All(ctx, scope, ledger.Filter{Where: []string{ledger.Where("id", "=", chunk)}}, func(p *Post) error { posts[p.ID] = p; return nil }); err != nil {
			return nil, err
		}
	}
	var out []agenda.Entry
	for _, v := range visits {
		on := v.Done
		if on == 0 {
			on = v.Planned
		}
		if p := posts[v.Post]; p != nil { // an assignment that hangs elsewhere is out of reach
			out = append(out, s.entry(p, fmt.Sprint(v.ID), int(on)))
		}
	}
	return out, nil
}

// Kind names the level of an assignment.
func (s *Service) Kind(p *Post) (name errs.Words) {
	for _, o := range s.Posts.Options("kind") {
		if o.Code == p.Kind {
			name = o.Name
		}
	}
	return name
}
