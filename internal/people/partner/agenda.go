package partner

import (
	"context"
	"fmt"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

// silentDays is after how many days a service without a word from residents is
// asked about, askedDays until when.
const silentDays, askedDays = 14, 90

// Agenda is what has to be seen to in co-building: agreements and cooperations
// that end, hours to certify, needs without a project, projects and matters past
// their day, services without feedback.
func (s *Service) Agenda() []agenda.Source {
	entry := func(code string) func(r *ledger.Row, title string, day ledger.Day) agenda.Entry {
		return func(r *ledger.Row, title string, day ledger.Day) agenda.Entry {
			where := s.Names.Region(r.Region)
			if org := s.Names.Org(r.Org); org != "" {
				where = org
			}
			return agenda.Entry{Key: fmt.Sprint(r.ID), Title: agenda.Same(title), Where: where, Day: int(day), Link: agenda.Row(code, r.ID), Target: r.Target()}
		}
	}
	return []agenda.Source{
		ends(s, s.Agreements, w("共建协议到期", "Agreements end"), RenewDays, entry("co_agreement"), func(x *Agreement) (*ledger.Row, string) { return &x.Row, x.Title }),
		ends(s, s.Forces, w("社会力量合作到期", "Cooperations end"), RenewDays, entry("force"), func(x *Force) (*ledger.Row, string) { return &x.Row, x.Name }),
		late(s.Projects, w("服务项目到期", "Projects fall due"), entry("co_project"), func(x *Project) (*ledger.Row, string) { return &x.Row, x.Title }),
		late(s.Matters, w("共建实事到期", "Matters fall due"), entry("co_matter"), func(x *Matter) (*ledger.Row, string) { return &x.Row, x.Title }),
		s.sessions(), s.unmatched(entry("co_need")), s.silent(entry("force_batch")),
	}
}

type entryOf func(r *ledger.Row, title string, day ledger.Day) agenda.Entry

var partnerDoes, partnerSees = []access.Perm{access.PartnerWrite}, []access.Perm{access.PartnerRead}

// ends is the source of what ends with its last day: due before it, and for 30
// days after it if nobody saw to it.
func ends[T any](s *Service, r *ledger.Register[T], name errs.Words, before int, entry entryOf, row func(*T) (*ledger.Row, string)) agenda.Source {
	read := func(ctx context.Context, scope access.Scope, from, to int) ([]agenda.Entry, error) {
		return agenda.Rows(ctx, r, scope, "valid_to", func(x *T) agenda.Entry { b, title := row(x); return entry(b, title, b.To) }, "state="+ledger.Active, agenda.From("valid_to", from), agenda.To("valid_to", to))
	}
	return agenda.Source{Code: r.Code(), Name: name, Does: partnerDoes, Sees: partnerSees, All: "/partners/due", Before: before, Dates: read,
		Due: func(ctx context.Context, scope access.Scope, until int) ([]agenda.Entry, error) {
			return read(ctx, scope, agenda.Plus(s.Today(), -30), until)
		}}
}

// late is the source of what is to be done by its last day.
func late[T any](r *ledger.Register[T], name errs.Words, entry entryOf, row func(*T) (*ledger.Row, string)) agenda.Source {
	return agenda.Source{Code: r.Code(), Name: name, Does: partnerDoes, All: "/partners/due",
		Due: func(ctx context.Context, scope access.Scope, until int) ([]agenda.Entry, error) {
			return agenda.Rows(ctx, r, scope, "valid_to", func(x *T) agenda.Entry { b, title := row(x); return entry(b, title, b.To) }, "state=planned|running", "valid_to!=", agenda.To("valid_to", until))
		}}
}

// sessions are volunteers' sessions: in the calendar, and afterwards a duty until
// the hours are certified.
func (s *Service) sessions() agenda.Source {
	read := func(ctx context.Context, scope access.Scope, where ...string) ([]agenda.Entry, error) {
		return agenda.Rows(ctx, s.Sessions, scope, "day", func(x *Session) agenda.Entry {
			return agenda.Entry{Key: fmt.Sprint(x.ID), Title: agenda.Same(x.Title), Where: s.Names.Region(x.Region), Day: int(x.Day), Link: fmt.Sprintf("/partners/sessions/%d", x.ID), Target: x.Target()}
		}, where...)
	}
	return agenda.Source{Code: "volunteer_session", Name: w("志愿服务", "Volunteering"), Does: partnerDoes, Sees: partnerSees, All: "/partners/due",
		Due: func(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
			list, err := read(ctx, scope, "state=open|closed", agenda.To("day", agenda.Plus(s.Today(), -1)))
			for i := range list {
				list[i].Day = 0 // certifying has none
			}
			return list, err
		},
		Dates: func(ctx context.Context, scope access.Scope, from, to int) ([]agenda.Entry, error) {
			return read(ctx, scope, "state!="+ledger.Ended, agenda.From("day", from), agenda.To("day", to))
		}}
}

// unmatched are the needs in force that have no project; one that is wished for
// later than the day that is asked about waits without a day.
func (s *Service) unmatched(entry entryOf) agenda.Source {
	return agenda.Source{Code: "co_need", Name: w("共建需求待匹配", "Needs without a project"), Does: partnerDoes, All: "/partners/matches",
		Due: func(ctx context.Context, scope access.Scope, until int) ([]agenda.Entry, error) {
			return agenda.Rows(ctx, s.Needs, scope, "id", func(x *Need) agenda.Entry {
				day := x.To
				if int(day) > until {
					day = 0
				}
				return entry(&x.Row, x.Title, day)
			}, "state=open", "on="+calendar.DayText(s.Today()))
		}}
}

// silent are services of the last months of which residents said nothing.
func (s *Service) silent(entry entryOf) agenda.Source {
	return agenda.Source{Code: "force_batch", Name: w("服务批次待反馈", "Services without feedback"), Does: partnerDoes, All: "/ledger/force_batch",
		Due: func(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
			var out []agenda.Entry
			err := s.Batches.All(ctx, scope, ledger.Filter{Sort: "day", Where: []string{agenda.From("day", agenda.Plus(s.Today(), -askedDays)), agenda.To("day", agenda.Plus(s.Today(), -silentDays))}}, func(x *Batch) error {
				if x.Rated == 0 && x.Feedback == "" && len(out) < agenda.Most {
					out = append(out, entry(&x.Row, x.Title, 0))
				}
				return nil
			})
			return out, err
		}}
}
