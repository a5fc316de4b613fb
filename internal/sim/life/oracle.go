package life

import (
	"slices"

	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/work/cases"
)

// fate is what the simulator itself remembers of a case: what was done and
// when. It looks at the case room only for what the room alone decides – the
// limit, and what it drew by lot.
type fate struct {
	reported                             int64
	status                               flow.State
	decided, triageLate, filed, onsite   bool
	dispatchedAt, signedAt, resolvedAt   int64
	due                                  int64
	lapsed, unsigned, paused             bool
	returns, extensions, reworks, redos  int
	called, reached, solved, handledEver bool
	grade                                int // satisfaction of the last call that got one
}

func (f *fate) report(now int64, c *cases.Case, onsite bool) {
	*f = fate{reported: now, status: c.Status, onsite: onsite, due: c.DueAt}
	if onsite {
		f.resolvedAt, f.handledEver = now, true
	}
}

func (f *fate) act(now int64, before, after *cases.Case, a *cases.Act) {
	decide := func() {
		f.decided = true
		f.triageLate = f.triageLate || before.StageDueAt > 0 && now > before.StageDueAt
	}
	dispatch := func() { f.dispatchedAt, f.signedAt, f.unsigned = now, 0, false }
	switch a.Action {
	case "decline", "not_file":
		decide()
	case "file":
		decide()
		f.filed = true
	case "direct":
		decide()
		f.filed = true
		dispatch()
	case "settle":
		f.onsite, f.handledEver, f.resolvedAt = true, true, now
	case "dispatch":
		dispatch()
	case "sign":
		f.signedAt = now
	case "resolve":
		f.resolvedAt, f.handledEver = now, true
	case "resume":
		f.paused = false
	case cases.ActApprove:
		switch before.Pending {
		case cases.KindReturn:
			if f.returns++; after.Status == cases.Dispatched {
				dispatch()
			} else {
				f.signedAt = 0
			}
		case cases.KindExtension:
			f.extensions++
			f.lapsed = false
		case cases.KindSuspension:
			f.paused = true
		}
	case "verify_fail":
		f.reworks++
		f.resolvedAt = 0
	case cases.ActCallBack:
		f.called = true
		if *a.Reached {
			f.reached, f.solved = true, *a.Solved
			f.grade = a.Satisfied
		}
		if after.Status == cases.Dispatched || after.Status == cases.Filed {
			f.redo(now, after)
		}
	case "reopen":
		f.redos++
		f.resolvedAt, f.lapsed = 0, false
		dispatch()
	}
	f.status, f.due = after.Status, after.DueAt
}

// redo is what follows when somebody who was called says that it is not solved.
func (f *fate) redo(now int64, after *cases.Case) {
	f.redos++
	f.resolvedAt, f.lapsed = 0, false
	if f.status, f.due = after.Status, after.DueAt; f.status == cases.Dispatched {
		f.dispatchedAt, f.signedAt, f.unsigned = now, 0, false
	}
}

// marks are what the case counts for, by the definitions of the figures.
func (f *fate) marks() []int {
	var out []int
	on := func(mark int, yes bool) {
		if yes {
			out = append(out, mark)
		}
	}
	s := f.status
	ended := slices.Contains([]flow.State{cases.Declined, cases.NotFiled, cases.Closed, cases.Archived, cases.Merged, cases.Withdrawn, cases.Void}, s)
	closed := s == cases.Closed || s == cases.Archived
	gone := s == cases.Withdrawn || s == cases.Void
	counts := !gone && s != cases.Merged
	resolved := f.resolvedAt > 0
	inTime := resolved && f.resolvedAt <= f.due
	due := f.due > 0 && counts && (resolved || f.lapsed)
	closeDue := f.due > 0 && (closed || f.lapsed && counts)
	toFile := counts && !f.onsite && (f.decided || f.triageLate)
	sent := f.dispatchedAt > 0
	answered := sent && (f.signedAt > 0 || f.unsigned)
	on(cases.MarkReported, true)
	on(cases.MarkOpen, !ended)
	on(cases.MarkToFile, toFile)
	on(cases.MarkFiled, f.filed)
	on(cases.MarkFiledOnTime, toFile && !f.triageLate)
	on(cases.MarkDispatched, sent)
	on(cases.MarkDispatchedOK, sent && f.returns == 0)
	on(cases.MarkDue, due)
	on(cases.MarkOnTime, due && inTime)
	on(cases.MarkResolved, resolved && sent)
	on(cases.MarkReworked, f.reworks > 0)
	on(cases.MarkExtended, f.extensions > 0)
	on(cases.MarkSuspended, f.paused && !ended)
	on(cases.MarkClosed, closed)
	on(cases.MarkCloseDue, closeDue)
	on(cases.MarkClosedOnTime, closeDue && closed && inTime)
	on(cases.MarkResponseDue, answered)
	on(cases.MarkResponded, answered && f.signedAt > 0 && f.signedAt-f.dispatchedAt <= day24)
	on(cases.MarkCalled, f.called)
	on(cases.MarkReached, f.reached)
	on(cases.MarkSolved, f.reached && f.solved)
	on(cases.MarkGraded, f.grade > 0)
	on(cases.MarkSatisfied, f.grade >= 4)
	on(cases.MarkRedone, f.redos > 0)
	on(cases.MarkOnsite, f.onsite)
	on(cases.MarkLapsed, f.lapsed)
	on(cases.MarkDeclined, s == cases.Declined || s == cases.NotFiled)
	on(cases.MarkMerged, s == cases.Merged)
	on(cases.MarkDropped, gone)
	on(cases.MarkReturned, f.returns > 0)
	on(cases.MarkHandled, f.handledEver)
	on(cases.MarkOverdue, !ended && f.lapsed && !resolved && !f.paused)
	return out
}

// Oracle is the simulator's own count of what it did, for tests of figures.
type Oracle struct {
	Whole  bool                     // the run began in an empty city: the counts are all there are
	Tally  map[store.TallyKey]int64 // what the roll-ups must hold, zeros left out
	Marks  map[int]int64            // cases by mark
	Status map[flow.State]int64     // cases by status
}

func newOracle(all []*matter, whole bool) *Oracle {
	o := &Oracle{Whole: whole, Tally: map[store.TallyKey]int64{}, Marks: map[int]int64{}, Status: map[flow.State]int64{}}
	for _, m := range all {
		if m.c == nil {
			continue // it was to arrive after the end
		}
		c, month := m.c, m.c.Day/100
		o.Status[m.fate.status]++
		add := func(cube, measure, period int, a, b int64) {
			o.Tally[store.TallyKey{District: c.District, Cube: cube, Measure: measure, Period: period, A: a, B: b}]++
		}
		channel, status := int64(slices.Index(cases.Channels, c.Channel)), cases.StatusMeasure(slices.Index(cases.Statuses, m.fate.status))
		add(cases.CubeCategory, status, month, c.Street, c.Category)
		add(cases.CubeChannel, status, month, c.Street, channel)
		for _, mark := range m.fate.marks() {
			o.Marks[mark]++
			add(cases.CubeDay, mark, c.Day, c.Street, 0)
			add(cases.CubeCategory, mark, month, c.Street, c.Category)
			add(cases.CubeGrid, mark, month, c.Grid, c.Street)
			if c.Lead > 0 {
				add(cases.CubeUnit, mark, month, c.Lead, c.Street)
			}
			add(cases.CubeChannel, mark, month, c.Street, channel)
		}
	}
	return o
}

// Rate is the share of the cases with one mark that have the other, 0 if there are none.
func (o *Oracle) Rate(numerator, denominator int) float64 {
	if o.Marks[denominator] == 0 {
		return 0
	}
	return float64(o.Marks[numerator]) / float64(o.Marks[denominator])
}
