package plan

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/store"
)

// Agenda is the plans that wait for the scope's actor to approve.
func (s *Service) Agenda() []agenda.Source {
	return []agenda.Source{{Code: "plan", Name: words("网格方案待审批", "Plans to approve"), Does: []access.Perm{access.PlanApprove}, All: "/planning", Due: s.plansDue}}
}

// plansDue leaves out what the actor made or approved already: two others decide.
func (s *Service) plansDue(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
	where, args := scope.Where(planCols)
	type asked struct {
		agenda.Entry
		draft   draft
		authors string
	}
	rows, err := s.DB.Query(ctx, "SELECT p.district, p.street, p.community, p.name, d.id, d.name, d.authors FROM plan_draft d JOIN plan p ON p.district = d.district AND p.id = d.plan WHERE d.status = ? AND "+where+" ORDER BY d.changed_at LIMIT ?",
		slices.Concat([]any{Asked}, args, []any{agenda.Most})...)
	list, err := store.All(rows, err, func(r *sql.Rows) (a asked, err error) {
		var plan string
		t := &a.Target
		if err := r.Scan(&t.District, &t.Street, &t.Community, &plan, &a.draft.ID, &a.draft.Name, &a.authors); err != nil {
			return a, err
		}
		a.draft.District = t.District
		a.Key, a.Title, a.Link = fmt.Sprint(a.draft.ID), agenda.Same(plan+" · "+a.draft.Name), fmt.Sprintf("/planning/drafts/%d", a.draft.ID)
		return a, json.Unmarshal([]byte(a.authors), &a.draft.Authors)
	})
	if err != nil {
		return nil, err
	}
	var out []agenda.Entry
	for i := range list {
		past, err := s.decisions(ctx, &list[i].draft)
		if err != nil {
			return nil, err
		}
		if mine := func(x decision) bool { return x.Kind == Approve && x.Actor == scope.Account() }; !slices.Contains(list[i].draft.Authors, scope.Account()) && !slices.ContainsFunc(sinceAsked(past), mine) {
			out = append(out, list[i].Entry)
		}
	}
	return out, nil
}
