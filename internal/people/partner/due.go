package partner

import (
	"context"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/ledger"
)

// RenewDays is how long before its last day an agreement or a cooperation is due
// for renewal.
const RenewDays = 60

// Due is something of the registers that somebody has to see to.
type Due struct {
	Code  string // of the register
	ID    int64
	Kind  string // renew, expired, certify, unmatched, late
	Title string
	Org   int64
	Day   ledger.Day // by when; 0: no day
}

// later is the day n days on.
func later(day, n int) int {
	t := time.Date(day/10000, time.Month(day/100%100), day%100+n, 0, 0, 0, 0, time.UTC)
	return t.Year()*10000 + int(t.Month())*100 + t.Day()
}

// eachDue is how many of one kind are listed.
const eachDue = 20

// Dues are what is due in the rows that the scope reaches: agreements and
// cooperations that end within RenewDays or ended unrenewed in the last 30,
// sessions whose hours wait to be certified, needs without a project, projects
// and matters past their last day.
func (s *Service) Dues(ctx context.Context, scope access.Scope) ([]Due, error) {
	scope, err := reads(scope)
	if err != nil {
		return nil, err
	}
	today := s.Today()
	soon, before := calendar.DayText(later(today, RenewDays)), calendar.DayText(later(today, -30))
	ends := []string{"state=active", "valid_to>=" + before, "valid_to<=" + soon}
	over := []string{"state=planned|running", "valid_to>=2000-01-01", "valid_to<=" + calendar.DayText(later(today, -1))}
	var out []Due
	add := func(code, kind string, r *ledger.Row, title string, day ledger.Day) {
		if kind == "renew" && int(day) < today {
			kind = "expired"
		}
		out = append(out, Due{code, r.ID, kind, title, r.Org, day})
	}
	for _, look := range []func() error{
		func() error {
			return each(ctx, s.Agreements, scope, ends, "valid_to", func(x *Agreement) { add("co_agreement", "renew", &x.Row, x.Title, x.To) })
		},
		func() error {
			return each(ctx, s.Forces, scope, ends, "valid_to", func(x *Force) { add("force", "renew", &x.Row, x.Name, x.To) })
		},
		func() error {
			return each(ctx, s.Sessions, scope, []string{"state=open|closed", "day<=" + calendar.DayText(later(today, -1))}, "day", func(x *Session) { add("volunteer_session", "certify", &x.Row, x.Title, x.Day) })
		},
		func() error {
			return each(ctx, s.Needs, scope, []string{"state=open", "on=" + calendar.DayText(today)}, "", func(x *Need) { add("co_need", "unmatched", &x.Row, x.Title, x.To) })
		},
		func() error {
			return each(ctx, s.Projects, scope, over, "valid_to", func(x *Project) { add("co_project", "late", &x.Row, x.Title, x.To) })
		},
		func() error {
			return each(ctx, s.Matters, scope, over, "valid_to", func(x *Matter) { add("co_matter", "late", &x.Row, x.Title, x.To) })
		},
	} {
		if err := look(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func each[T any](ctx context.Context, r *ledger.Register[T], scope access.Scope, where []string, sort string, fn func(*T)) error {
	rows, _, err := r.Rows(ctx, scope, ledger.Filter{Where: where, Sort: sort, Limit: eachDue})
	for _, x := range rows {
		fn(x)
	}
	return err
}

// Total is a number of the room with the rows behind it: those of the register
// that all conditions choose.
type Total struct {
	Key   string
	Code  string // of the register
	Where []string
}

// Totals are what the practice counts (DOMAIN.md). Each opens its rows.
var Totals = []Total{
	{"agreements", "co_agreement", []string{"state=active"}},
	{"projects", "co_project", []string{"agreement!="}},
	{"matters", "co_matter", nil},
	{"needs", "co_need", []string{"state=open"}},
	{"resources", "co_resource", []string{"state=active"}},
	{"properties", "force", []string{"kind=property"}},
	{"commissioners", "force_commissioner", []string{"state=active"}},
	{"enterprises", "force", []string{"kind=enterprise"}},
	{"enterprise_projects", "co_project", []string{"force!="}},
	{"socials", "force", []string{"kind=social"}},
	{"batches", "force_batch", nil},
	{"sessions", "volunteer_session", nil},
}

// Count counts the rows of a total that the scope reaches.
func (s *Service) Count(ctx context.Context, scope access.Scope, t Total) (n int, err error) {
	const bound = 10_000_000 // more than any city has
	for _, r := range []counted{s.Agreements, s.Projects, s.Matters, s.Needs, s.Resources, s.Forces, s.Commissioners, s.Batches, s.Sessions} {
		if r.Code() == t.Code {
			n, _, err = r.Count(ctx, scope, ledger.Filter{Where: t.Where}, bound)
			return n, err
		}
	}
	panic("partner: no register " + t.Code)
}

type counted interface {
	Code() string
	Count(ctx context.Context, scope access.Scope, f ledger.Filter, bound int) (n int, exact bool, err error)
}
