package life

import (
	"fmt"
	"maps"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/work/cases"
)

// verifyAt is when somebody comes to look.
func (e *engine) verifyAt(m *matter) int64 {
	return e.deskAfter(e.now, about(m.rng, 3*hour), m.c.Grade == "critical")
}

// verifier is somebody who neither handled the case nor belongs to a unit of
// it: the grid's worker, the community, the street, the district.
func (e *engine) verifier(m *matter) (hand, error) {
	c := m.c
	for _, list := range [][]hand{e.staff.workers[c.Grid], e.staff.community[c.Community], e.staff.dispatchers[c.Street], e.staff.desks[int64(c.District)]} {
		var able []hand
		for _, h := range list {
			if !slices.Contains(m.hands, h.actor.Account) && c.Handler != h.actor.Account && !slices.ContainsFunc(h.actor.Posts, func(p access.Post) bool { return p.Org != 0 && slices.Contains(m.units, p.Org) }) {
				able = append(able, h)
			}
		}
		if h, ok := pick(m.rng, able, e.day); ok {
			return h, nil
		}
	}
	return hand{}, e.fail(m, hand{}, "verify", fmt.Errorf("nobody is free of the units %v", m.units))
}

// verify confirms on the spot that it is solved, or not.
func (e *engine) verify(m *matter) error {
	h, err := e.verifier(m)
	if err != nil {
		return err
	}
	rng := m.rng
	a := cases.Act{Action: "verify_pass", Note: said(rng, passes)}
	if chance(rng, 0.05) {
		a = cases.Act{Action: "verify_fail", Reason: said(rng, fails)}
	}
	if err := e.act(m, h, a); err != nil {
		return err
	}
	if m.c.Status == cases.Filed && m.c.DueAt == 0 {
		m.right = 0 // a sampled closing on the spot that now needs a unit
	}
	e.next(m)
	return nil
}

// perSeat is how many calls a seat takes in one sitting.
const perSeat = 12

// round is what the call-back seats do a few times a day: they plan the calls
// that were drawn for them at the last round, and draw new ones. What is drawn
// is only seen once it is committed, hence the order.
func (e *engine) round() error {
	if err := e.callList(); err != nil {
		return err
	}
	return e.draw()
}

// draw gives as many seats as are needed their random calls, in turn.
func (e *engine) draw() error {
	e.drawn = nil
	for _, d := range slices.Sorted(maps.Keys(e.staff.seats)) {
		seats := e.staff.seats[d]
		need := (e.calls[int(d)] + e.maybe[int(d)] + perSeat - 1) / perSeat
		e.maybe[int(d)] = 0
		for range min(need, len(seats)) {
			h := seats[e.turn%len(seats)]
			e.turn++
			scope, err := e.scope(h, access.CaseCallback)
			if err != nil {
				return err
			}
			if _, err := e.r.Cases.DrawCalls(e.at(), scope, perSeat); err != nil {
				return fmt.Errorf("life: %s draws calls: %w", h.actor.Login, err)
			}
			e.drawn = append(e.drawn, h)
			e.wrote++
		}
	}
	return nil
}

// callList reads what was drawn for each seat and plans the calls.
func (e *engine) callList() error {
	for _, h := range e.drawn {
		scope, err := e.scope(h, access.CaseCallback)
		if err != nil {
			return err
		}
		list, err := e.r.Cases.Calls(e.ctx, scope, perSeat)
		if err != nil {
			return fmt.Errorf("life: %s lists calls: %w", h.actor.Login, err)
		}
		at := e.now
		for _, c := range list {
			m := e.known(c)
			m.gen++
			e.awaits(m)
			e.report.Acts[cases.ActDraw]++
			at += about(m.rng, 3*minute)
			e.then(m, at, func() error { return e.call(m, h) })
		}
	}
	return nil
}

// call asks the reporter.
func (e *engine) call(m *matter, h hand) error {
	rng, c := m.rng, m.c
	if c.Status != cases.Verified && c.Status != cases.Merged || !c.Has(cases.FlagCall) || c.Seat != h.actor.Account {
		return nil
	}
	yes, no := true, false
	a := cases.Act{Action: cases.ActCallBack, Reached: &no, Note: said(rng, noAnswer)}
	if chance(rng, 0.76) {
		late := c.DueAt > 0 && c.ResolvedAt > c.DueAt
		good := 0.945
		if late {
			good = 0.86
		}
		a.Reached, a.Solved, a.Note = &yes, &yes, said(rng, thanks)
		a.Satisfied = []int{5, 4, 3, 2, 1}[choice(rng, satisfaction)]
		if late && a.Satisfied > 3 && chance(rng, 0.2) {
			a.Satisfied = 3
		}
		if !chance(rng, good) {
			a.Solved, a.Note, a.Satisfied = &no, said(rng, unsolved), 1+rng.IntN(3)
		}
	}
	main := e.matters[c.MergedInto]
	again := main != nil && main.c.Status == cases.Closed && *a.Reached && (!*a.Solved || a.Satisfied < 3)
	var now cases.Case
	if again { // the reporter of a merged case reopens the main one
		now = *main.c
		a.OnWrite = func(tx *store.Tx) error { return reread(tx, &now) }
	}
	if err := e.act(m, h, a); err != nil {
		return err
	}
	if m.c.Status == cases.Dispatched || m.c.Status == cases.Filed {
		e.clockStarts(m)
	}
	e.next(m)
	if again {
		main.c = &now
		main.fate.redo(e.now, &now)
		e.closed = slices.DeleteFunc(e.closed, func(x *matter) bool { return x == main })
		e.watch(main)
		e.clockStarts(main)
		e.next(main)
	}
	return nil
}

// reread brings up to date what an act on another case may have changed.
func reread(tx *store.Tx, c *cases.Case) error {
	return tx.QueryRow("SELECT status, version, flags, seat, redos, lead, dispatched_at, signed_at, resolved_at, closed_at, due_at, limit_n, limit_unit, stage_due_at FROM cases WHERE district = ? AND id = ?", c.District, c.ID).
		Scan((*string)(&c.Status), &c.Version, &c.Flags, &c.Seat, &c.Redos, &c.Lead, &c.DispatchedAt, &c.SignedAt, &c.ResolvedAt, &c.ClosedAt, &c.DueAt, &c.Limit.N, (*string)(&c.Limit.Unit), &c.StageDueAt)
}

// satisfaction: very satisfied … very dissatisfied, of those whose matter is solved.
var satisfaction = sums([]float64{56, 34, 7, 2, 1})

// endOf is what may still happen to a closed case.
func (e *engine) endOf(m *matter) {
	e.closed = append(e.closed, m)
	e.maybe[m.c.District] += len(m.merged)
	if m.c.Lead != 0 && chance(m.rng, 0.004) {
		e.then(m, e.deskAfter(e.now+between(m.rng, day24, 12*day24), 0, false), func() error { return e.reopen(m) })
	}
}

func (e *engine) reopen(m *matter) error {
	if m.c.Status != cases.Closed {
		return nil
	}
	desk, err := e.deskOf(m)
	if err != nil {
		return err
	}
	if err := e.act(m, desk, cases.Act{Action: "reopen", Lead: m.c.Lead, Reason: said(m.rng, reopens)}); err != nil {
		return err
	}
	e.closed = slices.DeleteFunc(e.closed, func(x *matter) bool { return x == m })
	e.clockStarts(m)
	e.next(m)
	return nil
}

// archivable lists the closed cases that are old enough at the instant.
func (e *engine) archivable(at int64) []*matter {
	limit := at - int64(e.r.Cases.Rules().Settings().ArchiveDays)*day24
	var out []*matter
	for _, m := range e.closed {
		if m.c.ClosedAt >= limit && m.c.Status == cases.Closed {
			break // they lie in the order of closing
		}
		if m.c.Status == cases.Closed {
			out = append(out, m)
		}
	}
	return out
}

func (e *engine) toArchive(at int64) int { return len(e.archivable(at)) }

// atOnce is how many cases of a district Archive takes at a time.
const atOnce = 200

func (e *engine) archive() error {
	old := e.archivable(e.now)
	slices.SortFunc(old, func(a, b *matter) int { return int(a.c.ID - b.c.ID) })
	taken := map[int]int{}
	done := map[*matter]bool{}
	for _, m := range old {
		if taken[m.c.District] < atOnce {
			taken[m.c.District]++
			done[m] = true
		}
	}
	n, err := e.r.Cases.Archive(e.at())
	if err != nil {
		return fmt.Errorf("life: archive: %w", err)
	}
	if e.pure && n != len(done) {
		return fmt.Errorf("life: archive took %d cases at %d, %d are old enough", n, e.now, len(done))
	}
	e.wrote += n
	e.report.Commands += n
	e.report.Acts[cases.ActArchive] += n
	for m := range done {
		c := *m.c
		c.Status = cases.Archived
		m.c = &c
		m.gen++
		m.fate.status = cases.Archived
	}
	e.closed = slices.DeleteFunc(e.closed, func(m *matter) bool { return m.c.Status != cases.Closed })
	if len(done) < len(old) {
		at := e.now + minute
		e.q.add(event{at: at, fresh: true, do: e.archive})
	}
	return nil
}

// grid is how often the clocks are looked at.
const grid = 3 * hour

// onGrid is the next look at or after the instant; looks fall on 8:00, 11:00 … in
// a zone that is whole hours from UTC.
func onGrid(at int64) int64 { return (at + grid - 1) / grid * grid }

// watch plans a look at the clocks when a limit of the case may have passed.
func (e *engine) watch(m *matter) {
	if e.pace != nil {
		return // the server looks
	}
	c := m.c
	due := int64(0)
	if e.isOpen(m) && c.DueAt > 0 && c.ResolvedAt == 0 && c.PausedAt == 0 && !c.Has(cases.FlagLapsed) {
		due = c.DueAt
	}
	if due != m.due {
		if m.due = due; due != 0 {
			e.dues.add(event{at: onGrid(max(due, e.now) + 1), m: m})
		}
	}
	triage := int64(0)
	if (c.Status == cases.Reported || c.Status == cases.Accepted) && c.StageDueAt > 0 && !c.Has(cases.FlagTriageLate) {
		triage = c.StageDueAt
	}
	if triage != m.triageBy {
		if m.triageBy = triage; triage != 0 {
			e.dues.add(event{at: onGrid(max(triage, e.now) + 1), m: m})
		}
	}
	sign := int64(0)
	if c.Status == cases.Dispatched && !c.Has(cases.FlagUnsigned) {
		sign = c.DispatchedAt
	}
	if sign != m.signBy {
		if m.signBy = sign; sign != 0 {
			e.dues.add(event{at: onGrid(sign + day24 + 1), m: m})
		}
	}
}

// lapse looks at the clocks if a limit has passed; commit asks for what was
// written before to be committed first, because the clocks are read from lists.
func (e *engine) lapse() (commit bool, err error) {
	at := e.dues.top().at
	var list []event
	for e.dues.top() != nil && e.dues.top().at == at {
		list = append(list, e.dues.take())
	}
	lapsed, unsigned, late := map[*matter]bool{}, map[*matter]bool{}, map[*matter]bool{}
	for _, ev := range list {
		c := ev.m.c
		if e.isOpen(ev.m) && c.DueAt > 0 && c.DueAt < at && c.ResolvedAt == 0 && c.PausedAt == 0 && !c.Has(cases.FlagLapsed) {
			lapsed[ev.m] = true
		}
		if c.Status == cases.Dispatched && c.DispatchedAt < at-day24 && !c.Has(cases.FlagUnsigned) {
			unsigned[ev.m] = true
		}
		if (c.Status == cases.Reported || c.Status == cases.Accepted) && c.StageDueAt > 0 && c.StageDueAt < at && !c.Has(cases.FlagTriageLate) {
			late[ev.m] = true
		}
	}
	want := len(lapsed) + len(unsigned) + len(late)
	if want == 0 {
		return false, nil
	}
	if e.wrote+e.noted > 0 {
		for _, ev := range list {
			e.dues.add(ev)
		}
		return true, nil
	}
	e.setNow(at)
	n, err := e.r.Cases.Lapse(e.at())
	if err != nil {
		return false, fmt.Errorf("life: clocks: %w", err)
	}
	if e.pure && n != want {
		return false, fmt.Errorf("life: %d limits passed by %d, the clocks noted %d", want, at, n)
	}
	e.noted += n
	e.report.Commands += n
	e.report.Acts[cases.ActLapse] += len(lapsed)
	e.report.Acts[cases.ActUnsigned] += len(unsigned)
	e.report.Acts[cases.ActTriage] += len(late)
	mark := func(m *matter, flag int) {
		c := *m.c
		c.Flags |= flag
		m.c = &c
	}
	for m := range lapsed {
		mark(m, cases.FlagLapsed)
		m.fate.lapsed, m.due = true, 0
	}
	for m := range unsigned {
		mark(m, cases.FlagUnsigned)
		m.fate.unsigned, m.signBy = true, 0
	}
	for m := range late {
		mark(m, cases.FlagTriageLate)
		m.fate.triageLate, m.triageBy = true, 0
	}
	return false, nil
}
