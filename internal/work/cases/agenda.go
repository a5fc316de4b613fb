package cases

import (
	"context"
	"database/sql"
	"fmt"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/errs"
)

var requestNames = map[string]errs.Words{KindReturn: w("退单", "Return"), KindExtension: w("延期", "Extension"), KindSuspension: w("挂账", "Suspension"), KindVoid: w("作废", "Voiding")}

// Agenda is what waits for a decision: requests, and repeated returns for the
// arbiter. What else waits in a case has its own lists.
func (s *Service) Agenda() []agenda.Source {
	does := perms(access.CaseApprove, access.CaseDispatch, access.CaseArbitrate, access.CaseVoid)
	source := func(code string, name errs.Words, repeated bool) agenda.Source {
		return agenda.Source{Code: code, Name: name, Does: does, All: "/cases?open=true&pending=any&sort=reported",
			Due: func(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
				return s.deciding(ctx, scope, repeated)
			}}
	}
	return []agenda.Source{
		source("case_request", w("事件申请待审批", "Requests to approve"), false),
		source("case_return", w("再次退单待裁定", "Repeated returns to decide"), true),
	}
}

// deciding are the pending requests that the scope's actor may decide, by the
// limit of their cases.
func (s *Service) deciding(ctx context.Context, scope access.Scope, repeated bool) ([]agenda.Entry, error) {
	read, err := scope.For(access.CaseRead)
	if err != nil {
		return nil, nil // whoever may not read cases decides none
	}
	list, _, err := s.Cases(ctx, read, Filter{Pending: "any", Sort: "reported", Limit: agenda.Most})
	if err != nil {
		return nil, err
	}
	ask := reader(func(q string, args ...any) (*sql.Rows, error) { return s.DB.Query(ctx, q, args...) })
	r := s.Rules()
	var out []agenda.Entry
	for _, c := range list {
		if (c.Pending == KindReturn && c.Returns+1 >= r.Settings().ReturnsDecided) != repeated {
			continue
		}
		requests, err := ask.requests(c)
		if err != nil {
			return nil, err
		}
		st := &steps{s: s, c: c, requests: requests, now: s.DB.NowIn(ctx), scope: scope, cal: r.Calendar(), rules: r, set: r.Settings()}
		f := st.factsFrom()
		if _, err := Life.Next(c.Status, ActRefuse, f.can, f); err != nil {
			continue // another one decides
		}
		name := requestNames[c.Pending]
		e := agenda.Entry{Key: fmt.Sprintf("%d-%d", c.ID, f.request.ID), Title: w(name.ZH+"："+c.Title, name.EN+": "+c.Title), Where: s.Atlas.Region(c.Community).Name, Link: fmt.Sprintf("/cases/%d", c.ID), Target: c.Target(nil)}
		if c.DueAt > 0 && c.PausedAt == 0 {
			e.Day, e.At = st.cal.Day(c.DueAt), c.DueAt
		}
		out = append(out, e)
	}
	return out, nil
}
