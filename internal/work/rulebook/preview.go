package rulebook

import (
	"cmp"
	"context"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// CaseFacts is what a preview must know of a case.
type CaseFacts struct {
	ID       int64
	District int
	Number   string
	Title    string
	Status   string
	Facts    Facts
	Start    int64          // instant at which the handling's clock started, 0 if it has not
	Limit    calendar.Limit // of the handling; N 0: none
	Due      int64          // of the handling, after extensions and pauses; 0: none
	Done     int64          // instant at which the handling ended, 0 while it is open
}

// Cases gives the cases that the scope may read and that were reported on the
// days from to to (both included). The case room has them. fn's error ends
// the walk and is returned.
type Cases interface {
	PastCases(ctx context.Context, scope access.Scope, from, to int, fn func(CaseFacts) error) error
}

// sampleSize is how many cases a preview shows.
const sampleSize = 20

// Move is a pair of units and how many cases would go from one to the other.
// Unit 0 stands for "no unit".
type Move struct {
	From, To         int64
	FromName, ToName string
	Count            int
}

// MovedCase is one case that a change would treat otherwise.
type MovedCase struct {
	Case             CaseFacts
	From, To         int64 // units; routing only
	FromName, ToName string
	Rule             string // id of the rule that would decide
	OldDue, NewDue   int64  // limits and calendar only
}

// RoutingPreview tells what a list of rules would have done.
type RoutingPreview struct {
	Cases, Changed int
	By             []Move // most frequent first
	Sample         []MovedCase
	Problems       []Problem
}

// PreviewRouting compares the rules with those in force on the cases reported
// on the days from to to.
func (r *Rulebook) PreviewRouting(ctx context.Context, scope access.Scope, cases Cases, list Routing, from, to int) (*RoutingPreview, error) {
	if err := list.Check(); err != nil {
		return nil, err
	}
	if err := r.Refresh(ctx); err != nil {
		return nil, err
	}
	now := r.Current(r.db.Now())
	s := now.seen
	day := now.cal.Day(r.db.Now())
	w := s.world(day, now.cal)
	p := &RoutingPreview{Problems: problems(list, w)}
	next := newRouter(list, w)
	by := map[[2]int64]int{}
	name := func(id int64) string {
		if id == 0 {
			return ""
		}
		return next.orgName[id]
	}
	err := cases.PastCases(ctx, scope, from, to, func(c CaseFacts) error {
		p.Cases++
		old, err1 := now.router.route(&c.Facts)
		new, err2 := next.route(&c.Facts)
		for _, err := range []error{err1, err2} {
			if err != nil && !errs.Is(err, NoUnit) {
				return err
			}
		}
		if old.Lead == new.Lead {
			return nil
		}
		p.Changed++
		by[[2]int64{old.Lead, new.Lead}]++
		if len(p.Sample) < sampleSize {
			p.Sample = append(p.Sample, MovedCase{Case: c, From: old.Lead, To: new.Lead, FromName: name(old.Lead), ToName: name(new.Lead), Rule: new.Rule})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for k, n := range by {
		p.By = append(p.By, Move{k[0], k[1], name(k[0]), name(k[1]), n})
	}
	slices.SortFunc(p.By, func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return p, nil
}

// LimitPreview tells what a change of limits or of the calendar would have
// done to due dates.
type LimitPreview struct {
	Cases         int // cases that it looks at
	Changed       int // whose due date would differ
	Earlier       int
	Later         int
	OverdueBefore int // overdue when they were done, or now if they are open
	OverdueAfter  int
	Sample        []MovedCase
	Problems      []Problem // routing rules that the change would stop
}

func (p *LimitPreview) count(c CaseFacts, before, after, now int64) {
	p.Cases++
	end := c.Done
	if end == 0 {
		end = now
	}
	if before > 0 && end > before {
		p.OverdueBefore++
	}
	if after > 0 && end > after {
		p.OverdueAfter++
	}
	if before == after {
		return
	}
	p.Changed++
	if after != 0 && (before == 0 || after < before) {
		p.Earlier++
	} else {
		p.Later++
	}
	if len(p.Sample) < sampleSize {
		p.Sample = append(p.Sample, MovedCase{Case: c, OldDue: before, NewDue: after})
	}
}

// PreviewCategory tells what the category's new version would have meant for
// the cases under it that were reported on the days from to to. Both due dates
// are counted anew from the case's start, without extensions.
func (r *Rulebook) PreviewCategory(ctx context.Context, scope access.Scope, cases Cases, c Category, t Terms, from, to int) (*LimitPreview, error) {
	if err := r.Refresh(ctx); err != nil {
		return nil, err
	}
	at := r.db.Now()
	now := r.Current(at)
	if t.ValidFrom == 0 {
		t.ValidFrom = now.cal.Day(at)
	}
	p := &LimitPreview{}
	if err := now.seen.checkCategory(&c, t); err != nil {
		e := errs.As(err)
		ps, ok := e.Params["problems"].([]Problem)
		if !ok {
			return nil, err
		}
		p.Problems = ps
	}
	next, err := now.seen.withCategory(&c, t).book(t.ValidFrom)
	if err != nil {
		return nil, err
	}
	err = cases.PastCases(ctx, scope, from, to, func(x CaseFacts) error {
		if x.Start == 0 || !now.Under(x.Facts.Category, c.ID) {
			return nil
		}
		due := func(b *Book) int64 {
			l, ok := b.Limit(x.Facts.Category, x.Facts.Grade, StageHandle)
			if !ok {
				return 0
			}
			return b.cal.Add(x.Start, l.Limit)
		}
		p.count(x, due(now), due(next), at)
		return nil
	})
	return p, err
}

// openDays is how far back a calendar preview looks for open cases.
const openDays = 366

// PreviewCalendar tells how the due dates of open cases would move with other
// days off (years) or working hours.
func (r *Rulebook) PreviewCalendar(ctx context.Context, scope access.Scope, cases Cases, years map[int]calendar.Year, hours *Hours) (*LimitPreview, error) {
	for y, v := range years {
		if err := calendar.CheckYear(y, v); err != nil {
			return nil, err
		}
	}
	at := r.db.Now()
	now := r.Current(at)
	today := now.cal.Day(at)
	next, err := now.seen.calendarOn(today, years, hours)
	if err != nil {
		return nil, err
	}
	p := &LimitPreview{}
	err = cases.PastCases(ctx, scope, now.cal.AddDays(today, -openDays), today, func(x CaseFacts) error {
		if x.Done != 0 || x.Due == 0 || x.Start == 0 || x.Limit.N == 0 {
			return nil
		}
		// What extensions and pauses added stays; the limit itself is counted anew.
		moved := next.Add(x.Start, x.Limit) - now.cal.Add(x.Start, x.Limit)
		p.count(x, x.Due, x.Due+moved, at)
		return nil
	})
	return p, err
}
