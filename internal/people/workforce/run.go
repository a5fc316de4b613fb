package workforce

import (
	"context"
	"fmt"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Run is one street's pay of one month.
type Run struct {
	District               int
	ID                     int64
	Street                 int64
	Month                  int // yyyymm
	State                  flow.State
	Version                int
	Rule                   int64
	Slips                  int
	Total                  Fen
	Below                  int // slips below nothing: such a run cannot go on
	PreparedBy, PreparedAt int64
	CheckedBy, CheckedPost int64
	CheckedAt              int64
	LockedBy, LockedPost   int64
	LockedAt               int64
	Note                   string // of the last step back
}

// Slip is one worker's pay of one month.
type Slip struct {
	District                   int
	ID, Run, Account, Contract int64
	Month                      int
	Community, Grid            int64
	Total                      Fen
	Lines                      []Line
	RunState                   flow.State
	Corrections                []CorrectionOf // of this slip, whenever they are paid
}

// CorrectionOf is a difference found later, paid or taken back by another run.
type CorrectionOf struct {
	ID, Slip, Account int64
	Month             int
	Amount            Fen
	Reason            string
	Run               int64
	By, At            int64
}

// States of a run.
const (
	Draft     flow.State = "draft"
	Submitted flow.State = "submitted"
	Checked   flow.State = "checked"
	Locked    flow.State = "locked"
)

// RunFacts are what the rules of a step look at.
type RunFacts struct {
	Run     *Run
	Account int64
	Post    int64
}

var noteField = flow.Field{Name: "note", Type: "text", Max: 200, Label: w("说明", "note")}

func required(f flow.Field) flow.Field { f.Required = true; return f }

var (
	otherThanPreparer = flow.Rule[RunFacts]{Why: w("工资由本人编制，请由他人审批", "you prepared it; somebody else must approve it"), Hold: func(f RunFacts) bool { return f.Account != f.Run.PreparedBy }}
	otherThanChecker  = flow.Rule[RunFacts]{Why: w("您已审核过，请由另一岗位的人复核", "you have approved it; somebody on another post must do so too"), Hold: func(f RunFacts) bool { return f.Account != f.Run.CheckedBy && f.Post != f.Run.CheckedPost }}
	somethingToPay    = flow.Rule[RunFacts]{Why: w("没有工资条", "there is no slip"), Hold: func(f RunFacts) bool { return f.Run.Slips > 0 }}
	nothingBelow      = flow.Rule[RunFacts]{Why: w("有人的实发为负数，请分次更正", "somebody's pay is below nothing; spread the correction"), Hold: func(f RunFacts) bool { return f.Run.Below == 0 }}
)

// RunLife is the way of a run: two other persons on two posts lock it.
var RunLife = flow.Life[RunFacts]{
	Name: "pay run", Ends: []flow.State{Locked}, States: []flow.State{Draft, Submitted, Checked, Locked},
	Table: []flow.Transition[RunFacts]{
		{Action: "prepare", Name: w("编制", "Prepare"), To: Draft, Perms: []access.Perm{access.StaffWrite}},
		{Action: "compute", Name: w("重新计算", "Compute again"), From: []flow.State{Draft}, To: Draft, Perms: []access.Perm{access.StaffWrite}, Side: true},
		{Action: "submit", Name: w("送审", "Hand in"), From: []flow.State{Draft}, To: Submitted, Perms: []access.Perm{access.StaffWrite}, Rules: []flow.Rule[RunFacts]{somethingToPay, nothingBelow}},
		{Action: "approve", Name: w("审核通过", "Approve"), From: []flow.State{Submitted}, To: Checked, Perms: []access.Perm{access.PayApprove}, Rules: []flow.Rule[RunFacts]{otherThanPreparer}},
		{Action: "approve", Name: w("复核通过并锁定", "Approve and lock"), From: []flow.State{Checked}, To: Locked, Perms: []access.Perm{access.PayApprove}, Rules: []flow.Rule[RunFacts]{otherThanPreparer, otherThanChecker}},
		{Action: "send_back", Name: w("退回修改", "Send back"), From: []flow.State{Submitted, Checked}, To: Draft, Perms: []access.Perm{access.PayApprove}, Needs: []flow.Field{required(noteField)}, Side: true},
	},
}

// Errors of pay.
var (
	MonthTaken = errs.Declare("pay_month_taken", 409, "{street}{month} 已有工资表，请打开查看。", "{street} has a run for {month} already; please open it.")
	NoRule     = errs.Declare("pay_rule_missing", 409, "{month} 还没有薪酬规则，请先设置。", "There is no pay rule for {month} yet; please set one first.")
	NotLocked  = errs.Declare("pay_not_locked", 409, "工资表还没有锁定，请直接修改后重新计算。", "The run is not locked yet; change what is wrong and compute it again.")
)

// monthDays is the first day of the month, the first of the next, and their distance.
func monthDays(month int) (from, to, days int) {
	t := time.Date(month/100, time.Month(month%100), 1, 0, 0, 0, 0, time.UTC)
	n := t.AddDate(0, 1, 0)
	return dayNo(t), dayNo(n), int(n.Sub(t).Hours() / 24)
}

func dayNo(t time.Time) int { return t.Year()*10000 + int(t.Month())*100 + t.Day() }

func dayTime(d int) time.Time {
	return time.Date(d/10000, time.Month(d/100%100), d%100, 0, 0, 0, 0, time.UTC)
}

// daysBetween is the number of days in [from, to).
func daysBetween(from, to int) int { return max(0, int(dayTime(to).Sub(dayTime(from)).Hours()/24)) }

// yearsBetween is the number of full years from a first day to a day.
func yearsBetween(from, to int) int {
	if from == 0 || to <= from {
		return 0
	}
	return (to - from) / 10000
}

func validMonth(m int) bool { return m >= 200001 && m <= 209912 && m%100 >= 1 && m%100 <= 12 }

// Prepare makes the month's run of a street with a slip for everybody under
// contract there.
func (s *Service) Prepare(ctx context.Context, scope access.Scope, street int64, month int) (*Run, error) {
	if !validMonth(month) {
		return nil, invalid("month", "请写成 202611 这样的月份", "write a month such as 202611")
	}
	if access.Digits(street) != 9 || s.Places.Region(street) == "" {
		return nil, invalid("street", "请选择街道", "choose a street")
	}
	if today := s.Calendar().Day(s.DB.NowIn(ctx)); month > today/100 {
		return nil, invalid("month", "不能晚于本月", "not later than this month")
	}
	r := &Run{District: access.DistrictOf(street), ID: s.DB.NextID(), Street: street, Month: month, State: Draft, Version: 1, PreparedBy: scope.Account(), PreparedAt: s.DB.NowIn(ctx)}
	if err := scope.Check(r.Target()); err != nil {
		return nil, err
	}
	if err := s.fillRun(ctx, scope, r, true); err != nil {
		return nil, err
	}
	return r, nil
}

// Target is where the run belongs.
func (r *Run) Target() access.Target { return access.Target{District: r.District, Street: r.Street} }

// fillRun computes the slips of a draft and writes them with the run.
func (s *Service) fillRun(ctx context.Context, scope access.Scope, r *Run, fresh bool) error {
	from, to, days := monthDays(r.Month)
	rule, err := s.ruleFor(ctx, r.District, r.Month)
	if err != nil {
		return err
	}
	stints, err := s.stints(ctx, r.District, r.Street, from, to)
	if err != nil {
		return err
	}
	levels, err := s.levels(ctx, r.District, s.Calendar().AddDays(to, -1))
	if err != nil {
		return err
	}
	r.Rule = rule.ID
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		open, err := openCorrections(tx, r)
		if err != nil {
			return err
		}
		slips := slipsOf(r, rule, stints, levels, open, days, to, tx.NextID)
		run := *r
		run.Slips, run.Total, run.Below = len(slips), 0, 0
		for _, x := range slips {
			run.Total += x.Total
			if x.Total < 0 {
				run.Below++
			}
		}
		if err := writeRun(tx, scope, &run, slips, fresh); err != nil {
			if store.IsDuplicate(err) {
				return MonthTaken.New("street", s.Places.Region(r.Street), "month", fmt.Sprintf("%d-%02d", r.Month/100, r.Month%100)).In("month")
			}
			return err
		}
		*r = run
		return nil
	})
}

// slipsOf makes a slip for each account: stints on several grids of one month add
// up, and the last of them says where the worker belongs.
func slipsOf(r *Run, rule *Rule, stints []Stint, levels map[int64]string, open []CorrectionOf, days, to int, id func() int64) []*Slip {
	facts := map[int64]*Facts{}
	at := map[int64]*Slip{}
	var out []*Slip
	for _, x := range stints {
		f := facts[x.Account]
		if f == nil {
			f = &Facts{Of: days, Level: levels[x.Account], Years: yearsBetween(x.Since, to)}
			facts[x.Account] = f
			at[x.Account] = &Slip{District: r.District, ID: id(), Run: r.ID, Account: x.Account, Month: r.Month}
			out = append(out, at[x.Account])
		}
		f.Days = min(days, f.Days+max(0, daysBetween(x.From, x.To)-x.Unpaid))
		f.Cover += x.Cover
		at[x.Account].Contract, at[x.Account].Community, at[x.Account].Grid = x.Contract, x.Community, x.Grid
	}
	owed := map[int64][]Line{}
	for _, c := range open {
		owed[c.Account] = append(owed[c.Account], c.line())
	}
	for _, x := range out {
		x.Lines, x.Total = rule.compute(*facts[x.Account], owed[x.Account])
	}
	return out
}

// line is the correction on the slip that pays it.
func (c *CorrectionOf) line() Line {
	return Line{Code: Correction, Name: "更正", NameEN: "Correction", Kind: Correction, Amount: c.Amount, Slip: c.Slip, Month: c.Month, Reason: c.Reason}
}

// ActOnRun takes a run a step further.
func (s *Service) ActOnRun(ctx context.Context, scope access.Scope, id int64, version int, action flow.Action, note string) (*Run, error) {
	r, err := s.RunByID(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	if r.Version != version {
		return nil, errs.Stale.New("current", r.Version)
	}
	f := r.facts(scope, action)
	t, err := RunLife.Next(r.State, action, can(scope, r.Target()), f)
	if err != nil {
		return nil, err
	}
	if err := t.CheckNeeds(given{"note": note}); err != nil {
		return nil, err
	}
	r.Version++
	switch {
	case action == "compute":
		r.PreparedBy, r.PreparedAt = scope.Account(), s.DB.NowIn(ctx)
		return r, s.fillRun(ctx, scope, r, false)
	case action == "send_back":
		r.CheckedBy, r.CheckedPost, r.CheckedAt, r.Note = 0, 0, 0, note
	case t.To == Submitted:
		r.PreparedBy, r.PreparedAt, r.Note = scope.Account(), s.DB.NowIn(ctx), ""
	case t.To == Checked:
		r.CheckedBy, r.CheckedPost, r.CheckedAt = scope.Account(), f.Post, s.DB.NowIn(ctx)
	case t.To == Locked:
		r.LockedBy, r.LockedPost, r.LockedAt = scope.Account(), f.Post, s.DB.NowIn(ctx)
	}
	r.State = t.To
	return r, s.DB.Write(ctx, func(tx *store.Tx) error { return stepRun(tx, scope, r, action, note) })
}

// facts are what the rules of the action look at: who would do it, through which post.
func (r *Run) facts(scope access.Scope, action flow.Action) RunFacts {
	f := RunFacts{Run: r, Account: scope.Account()}
	if t := RunLife.Find(r.State, action); t != nil {
		f.Post = postOf(scope, r.Target(), t.Perms)
	}
	return f
}

// Correct notes a difference of a locked slip, to be paid (or taken back, if
// negative) by the next run. The slip stays as it was.
func (s *Service) Correct(ctx context.Context, scope access.Scope, slip int64, amount Fen, reason string) (*CorrectionOf, error) {
	x, run, err := s.slipByID(ctx, scope, slip)
	if err != nil {
		return nil, err
	}
	if run.State != Locked {
		return nil, NotLocked.New()
	}
	if amount == 0 || amount < -most || amount > most {
		return nil, invalid("amount", "请填写不为零的金额(分)", "give an amount in fen other than zero")
	}
	if reason, err = text("reason", w("理由", "the reason"), reason, 200, true); err != nil {
		return nil, err
	}
	c := &CorrectionOf{ID: s.DB.NextID(), Slip: x.ID, Account: x.Account, Month: x.Month, Amount: amount, Reason: reason, By: scope.Account(), At: s.DB.NowIn(ctx)}
	return c, s.DB.Write(ctx, func(tx *store.Tx) error { return addCorrection(tx, scope, run, c) })
}

// SetRule puts a pay rule in force from a month on. A month that a locked run
// was computed for keeps its rule.
func (s *Service) SetRule(ctx context.Context, scope access.Scope, r Rule) (*Rule, error) {
	if !validMonth(r.From) {
		return nil, invalid("from", "请写成 202611 这样的月份", "write a month such as 202611")
	}
	if err := scope.Check(access.Target{District: r.District}); err != nil {
		return nil, err
	}
	name, err := text("name", w("名称", "the name"), r.Name, 60, true)
	if err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	r.Name, r.ID, r.CreatedBy, r.CreatedAt = name, s.DB.NextID(), scope.Account(), s.DB.NowIn(ctx)
	err = s.DB.Write(ctx, func(tx *store.Tx) error { return addRule(tx, scope, &r) })
	if store.IsDuplicate(err) {
		return nil, errs.Conflict.New("what", w("这个月份已有新规则", "there is a rule from this month already")).In("from")
	}
	return &r, err
}
