package workforce

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
)

// overdueDays is how long a contract that ended and was not followed by another
// stays somebody's duty.
const overdueDays = 30

// Agenda is what has to be seen to for the grid workers: contracts that end, pay
// and appraisals that wait for a decision, calls of samples.
func (s *Service) Agenda() []agenda.Source {
	return []agenda.Source{{
		Code: "staff_contract", Name: w("网格员合同到期", "Grid workers’ contracts end"), Does: []access.Perm{access.StaffWrite}, Sees: []access.Perm{access.StaffRead}, All: "/ledger/staff_contract", Before: 60,
		Due: s.contractsDue,
		Dates: func(ctx context.Context, scope access.Scope, from, to int) ([]agenda.Entry, error) {
			return agenda.Rows(ctx, s.Contracts, scope, "valid_to", s.contractEntry, "state="+ledger.Active, agenda.From("valid_to", from), agenda.To("valid_to", to))
		},
	}, {
		Code: "pay_run", Name: w("工资表待审批", "Pay runs to approve"), Does: []access.Perm{access.PayApprove}, All: "/staff/pay", Due: s.runsDue,
	}, {
		Code: "appraisal_sheet", Name: w("考核待决定", "Appraisals to decide"), Does: []access.Perm{access.Appraise}, All: "/staff/appraisals", Due: s.sheetsDue,
	}, {
		Code: "appraisal_call", Name: w("考核回访", "Calls for appraisals"), Does: []access.Perm{access.CaseCallback}, All: "/staff/calls",
		Due: func(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
			list, err := s.Calls(ctx, scope)
			var out []agenda.Entry
			for _, c := range list {
				out = append(out, agenda.Entry{Key: fmt.Sprint(c.ID), Title: agenda.Same(c.Number + " " + c.Title), Where: s.Places.Region(c.Community), Link: "/staff/calls", Target: access.Target{District: c.District}})
			}
			return out, err
		},
	}}
}

func (s *Service) contractEntry(c *Contract) agenda.Entry {
	grid, _ := s.Places.Grid(c.Grid)
	return agenda.Entry{Key: fmt.Sprint(c.ID), Title: agenda.Same(s.People.Account(c.Account) + " " + c.Number), Where: grid, Day: int(c.To), Link: agenda.Row("staff_contract", c.ID), Target: c.Target()}
}

// contractsDue are the contracts that end by the day, or ended a short while ago,
// and that no later one follows.
func (s *Service) contractsDue(ctx context.Context, scope access.Scope, until int) ([]agenda.Entry, error) {
	today := s.Calendar().Day(s.DB.NowIn(ctx))
	where := []string{"state=" + ledger.Active, agenda.From("valid_to", agenda.Plus(today, -overdueDays)), agenda.To("valid_to", until)}
	of := map[string]int64{} // entry → account
	list, err := agenda.Rows(ctx, s.Contracts, scope, "valid_to", func(c *Contract) agenda.Entry {
		e := s.contractEntry(c)
		of[e.Key] = c.Account
		return e
	}, where...)
	if err != nil {
		return nil, err
	}
	last := map[int64]int{}
	accounts := slices.Sorted(maps.Values(of))
	for chunk := range slices.Chunk(slices.Compact(accounts), 100) {
		if err := s.Contracts.All(ctx, scope, ledger.Filter{Where: []string{"state=" + ledger.Active, ledger.Where("account", "=", chunk)}}, func(c *Contract) error {
			last[c.Account] = max(last[c.Account], orNever(int(c.To)))
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(list, func(e agenda.Entry) bool { return last[of[e.Key]] > e.Day }), nil
}

// runsDue are the pay runs that the person may approve.
func (s *Service) runsDue(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
	where, args := scope.Where(runCols)
	rows, err := s.DB.Query(ctx, runSelect+where+" AND r.state IN (?, ?) ORDER BY r.month, r.street LIMIT ?", append(args, string(Submitted), string(Checked), agenda.Most)...)
	list, err := store.All(rows, err, scanRun)
	var out []agenda.Entry
	for _, r := range list {
		if _, err := RunLife.Next(r.State, "approve", can(scope, r.Target()), r.facts(scope, "approve")); err != nil {
			continue // somebody else has to
		}
		month := fmt.Sprintf("%d-%02d", r.Month/100, r.Month%100)
		out = append(out, agenda.Entry{Key: fmt.Sprint(r.ID), Title: w(month+" 工资表", "Pay run of "+month), Where: s.Places.Region(r.Street), Link: fmt.Sprintf("/staff/pay/%d", r.ID), Target: r.Target()})
	}
	return out, err
}

// sheetsDue are the sheets that the person may decide, and appeals to settle.
func (s *Service) sheetsDue(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
	where, args := scope.Where(sheetCols)
	rows, err := s.DB.Query(ctx, "SELECT x.district, x.id, x.account, x.street, x.community, x.grid, x.state, x.decided_by FROM appraisal_sheet x WHERE "+where+" AND x.state IN (?, ?) ORDER BY x.id LIMIT ?", append(args, string(Shown), string(Appeal), agenda.Most)...)
	list, err := store.All(rows, err, func(rows *sql.Rows) (*Sheet, error) {
		x := &Sheet{}
		return x, rows.Scan(&x.District, &x.ID, &x.Account, &x.Street, &x.Community, &x.Grid, (*string)(&x.State), &x.DecidedBy)
	})
	var out []agenda.Entry
	for _, x := range list {
		title := w("决定："+s.People.Account(x.Account), "Decide on "+s.People.Account(x.Account))
		if x.State == Appeal {
			title = w("复核申诉："+s.People.Account(x.Account), "Settle the appeal of "+s.People.Account(x.Account))
		}
		if x.Account != scope.Account() && (x.State == Shown || x.DecidedBy != scope.Account()) {
			out = append(out, agenda.Entry{Key: fmt.Sprint(x.ID), Title: title, Where: s.Places.Region(x.Community), Link: fmt.Sprintf("/staff/sheets/%d", x.ID), Target: x.Target()})
		}
	}
	return out, err
}
