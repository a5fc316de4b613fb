package life

import (
	"fmt"
	"slices"

	"linli/internal/kernel/calendar"
	"linli/internal/work/cases"
)

// handlerOf is somebody of the lead unit.
func (e *engine) handlerOf(m *matter) (hand, error) {
	h, ok := pick(m.rng, e.staff.handlers[m.c.Lead], e.day)
	if !ok {
		return h, e.fail(m, h, "handle", fmt.Errorf("nobody works at %s", e.staff.orgs[m.c.Lead].Name))
	}
	return h, nil
}

// handles notes that the person did a handling act: he cannot verify later.
func (m *matter) handles(h hand) {
	if !slices.Contains(m.hands, h.actor.Account) {
		m.hands = append(m.hands, h.actor.Account)
	}
}

// signAt is when the unit looks at what came in.
func (e *engine) signAt(m *matter) int64 {
	all := e.allHours(m)
	d := about(m.rng, 55*minute)
	if all {
		d = about(m.rng, 11*minute)
	}
	if chance(m.rng, 0.035) {
		d += between(m.rng, 6*hour, 20*hour)
	} else if !all && chance(m.rng, 0.8) { // somebody is on duty
		return e.deskAfter(e.now, d, false)
	}
	return e.workAfter(e.now, d, all)
}

// sign signs for the case, or returns it.
func (e *engine) sign(m *matter) error {
	h, err := e.handlerOf(m)
	if err != nil {
		return err
	}
	c, rng := m.c, m.rng
	back := 0.018
	if c.Lead != m.right {
		back = 0.92
	}
	if m.returned == 0 && chance(rng, back) || m.returned == 1 && c.Lead != m.right && chance(rng, 0.9) {
		proposed := m.right
		if proposed == c.Lead || proposed == 0 {
			proposed = e.otherUnit(m, c.Lead)
		}
		if proposed != 0 {
			m.returned++
			m.handles(h)
			if err := e.act(m, h, cases.Act{Action: "return", Reason: said(rng, returns), Proposed: proposed}); err != nil {
				return err
			}
			e.next(m)
			return nil
		}
	}
	if chance(rng, 0.003) && m.c.Supporters <= 1 {
		desk, err := e.deskOf(m)
		if err != nil {
			return err
		}
		err = e.act(m, desk, cases.Act{Action: "withdraw", Reason: said(rng, withdrawals)})
		e.next(m)
		return err
	}
	m.handles(h)
	if err := e.act(m, h, cases.Act{Action: "sign"}); err != nil {
		return err
	}
	e.next(m)
	return nil
}

// start starts the work, or goes straight to it.
func (e *engine) start(m *matter) error {
	if chance(m.rng, 0.2) {
		m.begun = true
		e.planWork(m)
		return nil
	}
	h, err := e.handlerOf(m)
	if err != nil {
		return err
	}
	m.handles(h)
	if err := e.act(m, h, cases.Act{Action: "start"}); err != nil {
		return err
	}
	e.next(m)
	return nil
}

// planWork decides when the unit will have solved it, and what it asks for
// before.
func (e *engine) planWork(m *matter) {
	m.gen++
	c, rng := m.c, m.rng
	all := e.allHours(m)
	if c.Has(cases.FlagSuspended) {
		at := e.cal.DayStart(c.ReviewDay) + 9*hour - between(rng, 0, 6*day24) + e.now - e.real()
		e.then(m, e.workNear(rng, at, e.now+hour, false), func() error { return e.resume(m) })
		return
	}
	length := 3 * day24 // a case that has no limit
	if c.DueAt > 0 {
		length = max(c.DueAt-m.clock, hour)
	}
	due := m.clockAt + length
	var at int64
	switch {
	case c.Reworks > 0 && due > e.now:
		at = e.now + between(rng, (due-e.now)/8, (due-e.now)*7/8)
	case c.Reworks > 0:
		at = e.now + about(rng, length/5)
	case m.late:
		at = due + length/20 + about(rng, length/4)
	default:
		x := rng.Float64()
		at = m.clockAt + int64(float64(length)*(0.08+0.84*(0.6*x+0.4*x*x)))
	}
	at = e.workNear(rng, at, e.now+5*minute, all)
	days := c.Limit.Unit == calendar.WorkDay || c.Limit.Unit == calendar.Day
	switch {
	case e.pace == nil && days && !m.extended && c.Extended == 0 && at > due && due-e.now > 3*hour && chance(rng, 0.4):
		m.extended = true
		ask := e.workNear(rng, due-between(rng, hour, min(due-e.now, 10*hour)), e.now+5*minute, false)
		if ask < due-minute {
			e.then(m, ask, func() error { return e.extend(m, at) })
			return
		}
	case days && !m.paused && length > 4*day24 && due > e.now && chance(rng, 0.02):
		m.paused = true
		e.then(m, e.workAfter(e.now, between(rng, hour, 6*hour), false), func() error { return e.suspend(m) })
		return
	}
	e.then(m, at, func() error { return e.resolve(m) })
}

// extend asks for more time before the limit.
func (e *engine) extend(m *matter, wanted int64) error {
	h, err := e.handlerOf(m)
	if err != nil {
		return err
	}
	c := m.c
	set := e.r.Cases.Rules().Settings()
	last := e.cal.Day(e.cal.Add(max(c.DueAt, e.now), set.ExtensionMax))
	until := e.cal.Day(wanted)
	for !e.cal.Workday(until) || e.cal.CloseOf(until, c.Limit.Unit) <= c.DueAt {
		until = e.cal.AddDays(until, 1)
	}
	for until >= last {
		until = e.cal.AddDays(until, -1)
	}
	if e.now > c.DueAt || e.cal.CloseOf(until, c.Limit.Unit) <= c.DueAt || set.ExtensionTimes == 0 {
		e.planWork(m)
		return nil
	}
	m.handles(h)
	if err := e.act(m, h, cases.Act{Action: "extend", Reason: said(m.rng, extends), Until: until}); err != nil {
		return err
	}
	e.next(m)
	return nil
}

// suspend asks for the clock to stand still until a review.
func (e *engine) suspend(m *matter) error {
	h, err := e.handlerOf(m)
	if err != nil {
		return err
	}
	days := max(2, e.r.Cases.Rules().Settings().ReviewDays-2)
	m.handles(h)
	review := e.cal.AddDays(e.cal.Day(e.real()), 1+m.rng.IntN(days))
	if err := e.act(m, h, cases.Act{Action: "suspend", Reason: said(m.rng, suspends), Review: review}); err != nil {
		return err
	}
	e.next(m)
	return nil
}

func (e *engine) resume(m *matter) error {
	h, err := e.handlerOf(m)
	if err != nil {
		return err
	}
	if err := e.act(m, h, cases.Act{Action: "resume", Note: said(m.rng, resumes)}); err != nil {
		return err
	}
	m.handles(h)
	m.clockAt, m.clock = e.now, e.real()
	e.planWork(m)
	return nil
}

// resolve says that it is done, with a photo where the category asks for one.
func (e *engine) resolve(m *matter) error {
	h, err := e.handlerOf(m)
	if err != nil {
		return err
	}
	c, rng := m.c, m.rng
	cat, err := e.r.Cases.Rules().Category(c.Category, c.CategoryVersion, c.Grade)
	if err != nil {
		return e.fail(m, h, "resolve", err)
	}
	a := cases.Act{Action: "resolve", Result: saidOf(rng, results, m.leaf)}
	if c.Redos > 0 || c.Reworks > 0 {
		a.Result = saidOf(rng, doneAgain, m.leaf)
	}
	if cat.EvidenceResolved || chance(rng, 0.02) {
		if a.Files, err = e.photo(m, h, c.District); err != nil {
			return e.fail(m, h, "resolve", err)
		}
		if cat.EvidenceResolved && len(a.Files) == 0 {
			return nil
		}
	}
	m.handles(h)
	if err := e.act(m, h, a); err != nil {
		return err
	}
	e.next(m)
	return nil
}
