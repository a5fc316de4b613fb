package partner

import (
	"context"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/errs"
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
	Title errs.Words
	Where string // the organisation, or the region where there is none
	Day   int    // by when; 0: no day
}

// eachDue is how many of one kind are listed.
const eachDue = 20

var dueKinds = map[string]string{"co_agreement": "renew", "force": "renew", "volunteer_session": "certify", "co_need": "unmatched", "co_project": "late", "co_matter": "late"}

// Dues are what the agenda has to be seen to in the rows that the scope reaches,
// in the words of this room's page.
func (s *Service) Dues(ctx context.Context, scope access.Scope) ([]Due, error) {
	scope, err := reads(scope)
	if err != nil {
		return nil, err
	}
	today := s.Today()
	var out []Due
	for _, source := range s.Agenda() {
		kind := dueKinds[source.Code]
		if kind == "" {
			continue
		}
		list, err := source.Due(ctx, scope, agenda.Plus(today, source.Before))
		if err != nil {
			return nil, err
		}
		for _, e := range list[:min(len(list), eachDue)] {
			id, err := strconv.ParseInt(e.Key, 10, 64)
			if err != nil {
				return nil, err
			}
			d := Due{source.Code, id, kind, e.Title, e.Where, e.Day}
			if kind == "renew" && e.Day < today {
				d.Kind = "expired"
			}
			out = append(out, d)
		}
	}
	return out, nil
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
