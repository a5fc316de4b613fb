package patrol

import (
	"context"
	"database/sql"
	"fmt"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/store"
)

// Agenda is what has to be seen to of visits: one's own tasks, and for leads the
// grids that are behind or where somebody has to decide.
func (s *Service) Agenda() []agenda.Source {
	return []agenda.Source{
		{Code: "visit_task", Name: w("走访任务", "Visits to make"), Does: []access.Perm{access.VisitRecord}, All: "/visits/tasks?part=late", Due: s.tasksDue},
		{Code: "visit_lead", Name: w("走访落后的网格", "Grids behind with visits"), Does: []access.Perm{access.VisitManage}, All: "/visits/progress", Due: s.gridsBehind},
	}
}

// tasksDue are the scope's own worker's open tasks until the day.
func (s *Service) tasksDue(ctx context.Context, scope access.Scope, until int) ([]agenda.Entry, error) {
	where, args := scope.Where(taskScope)
	if scope.SystemReason() == "" {
		where, args = where+" AND t.worker = ?", append(args, scope.Account())
	}
	list, err := s.tasks(ctx, where+" AND t.state = 'open' AND t.due_day <= ? ORDER BY t.due_day, t.id LIMIT ?", append(args, until, agenda.Most)...)
	out := make([]agenda.Entry, 0, len(list))
	for _, t := range list {
		title := t.Title
		if title == "" {
			title = s.City.Place(t.Building)
		}
		out = append(out, agenda.Entry{Key: fmt.Sprint(t.ID), Title: agenda.Same(title), Day: t.Due, Link: fmt.Sprintf("/visits/tasks?part=due&grid=%d", t.Grid), For: t.Worker, Target: t.target()})
	}
	return out, err
}

// gridsBehind are the grids with tasks whose day has passed, or at which nobody
// was met three times, by the earliest day.
func (s *Service) gridsBehind(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
	where, args := scope.Where(taskScope)
	rows, err := s.DB.Query(ctx, "SELECT t.district, t.street, t.community, t.grid, COUNT(*), MIN(t.due_day) FROM visit_task t WHERE "+where+" AND ("+Parts["late"]+" OR "+Parts["unreached"]+") GROUP BY t.district, t.street, t.community, t.grid ORDER BY MIN(t.due_day), t.grid LIMIT ?",
		append(args, s.Today(ctx), agenda.Most)...)
	return store.All(rows, err, func(r *sql.Rows) (e agenda.Entry, err error) {
		t := &e.Target
		var n int
		if err := r.Scan(&t.District, &t.Street, &t.Community, &t.Grid, &n, &e.Day); err != nil {
			return e, err
		}
		name := ""
		for _, g := range s.City.Grids(t.Community) {
			if g.ID == t.Grid {
				name = g.Name
			}
		}
		e.Key, e.Link = fmt.Sprint(t.Grid), fmt.Sprintf("/visits/tasks?part=late&grid=%d", t.Grid)
		e.Title = w(fmt.Sprintf("%s：%d 项走访未完成", name, n), fmt.Sprintf("%s: %d visits not made", name, n))
		return e, nil
	})
}
