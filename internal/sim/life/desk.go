package life

import (
	"fmt"
	"slices"

	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/work/cases"
)

// deskOf is the dispatcher of the street, or the district's desk once a case
// was escalated.
func (e *engine) deskOf(m *matter) (hand, error) {
	list := e.staff.dispatchers[m.c.Street]
	if m.c.Level > 0 || len(list) == 0 {
		if d := e.staff.desks[int64(m.c.District)]; len(d) > 0 {
			list = d
		}
	}
	h, ok := pick(m.rng, list, e.day)
	if !ok {
		return h, e.fail(m, h, "triage", fmt.Errorf("nobody dispatches in street %d", m.c.Street))
	}
	return h, nil
}

// triage decides what becomes of a reported matter.
func (e *engine) triage(m *matter) error {
	desk, err := e.deskOf(m)
	if err != nil {
		return err
	}
	rng, c := m.rng, m.c
	act := func(a cases.Act) error {
		if err := e.act(m, desk, a); err != nil {
			return err
		}
		e.next(m)
		return nil
	}
	worker := c.Channel == "grid_worker" || c.Channel == "liaison"
	if d := m.double; d != nil && e.isOpen(d) && d.c.District == c.District && d.c.ID != c.ID && chance(rng, 0.8) {
		if err := act(cases.Act{Action: cases.ActMerge, Into: d.c.ID, Note: "与已有事项为同一问题。"}); err != nil {
			return err
		}
		d.c.Version++ // the main case took it in
		d.c.Supporters += c.Supporters
		d.merged = append(d.merged, m)
		return nil
	}
	if c.Channel == "superior" {
		return e.dispatch(m)
	}
	switch x := rng.Float64(); {
	case x < 0.012 && c.Supporters > 1: // others stand behind it
	case x < 0.008:
		return act(cases.Act{Action: "withdraw", Reason: said(rng, withdrawals)})
	case x < 0.012:
		return act(cases.Act{Action: "void", Reason: said(rng, voids)})
	case x < 0.040 && !worker:
		return act(cases.Act{Action: "decline", Reason: said(rng, declined)})
	case x < 0.046 && !m.split && e.pace == nil:
		m.split = true
		if err := e.splitIt(m, desk); err != nil {
			return err
		}
	case x < 0.066:
		at := e.places.in(rng, c.Community)
		if err := e.act(m, desk, cases.Act{Action: "correct", Reason: said(rng, corrections), Place: &cases.PlaceIn{Lon: at.lon, Lat: at.lat, Address: e.places.streets[c.Street] + at.name}}); err != nil {
			return err
		}
	case x < 0.074:
		if err := e.act(m, desk, cases.Act{Action: "escalate", Note: said(rng, escalates)}); err != nil {
			return err
		}
	case x < 0.11 && c.Category == m.leaf.ID && c.Grade == "general" && m.leaf.Onsite:
		if done, err := e.settle(m); done || err != nil {
			return err
		}
	case x < 0.62:
		return act(cases.Act{Action: "accept", Note: said(rng, accepted)})
	}
	m.gen++
	e.then(m, e.now+between(rng, minute, 6*minute), func() error { return e.file(m) })
	return nil
}

// settle lets the community end an ordinary matter on the spot.
func (e *engine) settle(m *matter) (bool, error) {
	who, ok := pick(m.rng, e.staff.community[m.c.Community], e.day)
	if !ok {
		return false, nil
	}
	var files []int64
	if m.leaf.Evidence.Resolved {
		var err error
		if files, err = e.photo(m, who, m.c.District); err != nil {
			return false, e.fail(m, who, "settle", err)
		}
		if len(files) == 0 {
			return false, nil
		}
	}
	if err := e.act(m, who, cases.Act{Action: "settle", Result: said(m.rng, settled), Files: files}); err != nil {
		return false, err
	}
	m.hands = append(m.hands, who.actor.Account)
	e.next(m)
	return true, nil
}

// splitIt makes two matters of one report.
func (e *engine) splitIt(m *matter, desk hand) error {
	parts := []cases.Part{{Title: cut(m.c.Title+"（第二件事）", 100), Text: "同一诉求人另外反映：" + m.c.Body}}
	parts[0].Text = cut(parts[0].Text, 4000)
	var born []*cases.Case
	parent := *m.c
	err := e.act(m, desk, cases.Act{Action: cases.ActSplit, Parts: parts, OnWrite: func(tx *store.Tx) error {
		rows, err := tx.Query("SELECT id, number, title, body, grid, stage_due_at FROM cases WHERE district = ? AND split_from = ? ORDER BY id", parent.District, parent.ID)
		if err != nil {
			return err
		}
		defer rows.Close()
		born = nil
		for rows.Next() {
			c := parent // place, category and reporter are the parent's
			c.Version, c.Status, c.ReportedAt, c.SplitFrom = 1, cases.Reported, e.now, parent.ID
			c.Day, c.Flags, c.AcceptedAt, c.Supporters = e.cal.Day(e.now), parent.Flags&(cases.FlagAnonymous|cases.FlagSealed), 0, 1
			if err := rows.Scan(&c.ID, &c.Number, &c.Title, &c.Body, &c.Grid, &c.StageDueAt); err != nil {
				return err
			}
			born = append(born, &c)
		}
		return rows.Err()
	}})
	if err != nil {
		return err
	}
	for i, c := range born {
		p := e.newMatter(int64(i) + 1)
		p.c, p.leaf = c, e.leaves[choice(p.rng, e.weight)]
		p.split = true
		e.born(p, "split part")
		e.report.Commands-- // it came with its parent's
	}
	return nil
}

// file decides on filing.
func (e *engine) file(m *matter) error {
	desk, err := e.deskOf(m)
	if err != nil {
		return err
	}
	rng := m.rng
	if chance(rng, 0.025) && m.c.Channel != "grid_worker" {
		if err := e.act(m, desk, cases.Act{Action: "not_file", Reason: said(rng, notFiled)}); err != nil {
			return err
		}
	} else if err := e.act(m, desk, cases.Act{Action: "file", Category: m.leaf.ID, Grade: m.leaf.Grade}); err != nil {
		return err
	}
	e.clockStarts(m)
	e.next(m)
	return nil
}

// clockStarts lets fate decide on time and plans the desk's attention.
func (e *engine) clockStarts(m *matter) {
	m.clockAt, m.clock = e.now, e.real()
	m.late = chance(m.rng, e.lateShare(m))
	due := m.c.DueAt
	if due == 0 || e.pace != nil {
		return
	}
	length := due - e.now
	if chance(m.rng, 0.5) {
		e.aside(e.deskAfter(due-length/6, 0, false), func() error { return e.urge(m) })
	}
	e.aside(e.deskAfter(due+between(m.rng, 4*hour, 30*hour), 0, false), func() error { return e.supervise(m) })
}

// lateShare: some units are slower than others, for ever.
func (e *engine) lateShare(m *matter) float64 {
	share := 0.055 + 0.07*float64(hashOf(m.right)%8)/8
	if m.leaf.Grade == "complex" {
		share += 0.05
	}
	return share
}

// route asks the rules where the case goes.
func (e *engine) route(m *matter) (cases.Route, error) {
	c := m.c
	cat, grade := c.Category, c.Grade
	if cat == 0 || c.FiledAt == 0 {
		cat, grade = m.leaf.ID, m.leaf.Grade
	}
	return e.r.Cases.Rules().Route(cases.RouteFacts{Category: cat, Grade: grade, Channel: c.Channel, District: c.District, Street: c.Street, Community: c.Community, Grid: c.Grid, Source: c.Creator, At: c.ReportedAt})
}

// dispatch sends the case to a unit: by the rules, sometimes to a wrong one.
func (e *engine) dispatch(m *matter) error {
	desk, err := e.deskOf(m)
	if err != nil {
		return err
	}
	r, err := e.route(m)
	if err != nil {
		return e.fail(m, desk, "dispatch", err)
	}
	rng := m.rng
	first := m.right == 0
	m.right = r.Lead
	lead, assists := r.Lead, r.Assists
	wrong := 0.07
	if m.returned > 0 {
		wrong = 0.12
	}
	if other := e.otherUnit(m, r.Lead); other != 0 && chance(rng, wrong) {
		lead, assists = other, nil
	}
	assists = slices.DeleteFunc(slices.Clone(assists), func(o int64) bool { return o == lead })
	a := cases.Act{Action: "dispatch", Lead: lead, Assists: assists, Note: said(rng, dispatchNote)}
	if m.c.Status != cases.Filed {
		a.Action, a.Category, a.Grade = "direct", m.leaf.ID, m.leaf.Grade
	}
	if err := e.act(m, desk, a); err != nil {
		return err
	}
	m.addUnits(lead)
	m.addUnits(assists...)
	if a.Action == "direct" || m.c.DueAt == 0 && first {
		e.clockStarts(m)
	}
	if chance(rng, 0.015) {
		if o := e.otherUnit(m, lead); o != 0 && !slices.Contains(assists, o) {
			if err := e.act(m, desk, cases.Act{Action: "assist", Assists: []int64{o}, Note: "请协助主办单位办理。"}); err != nil {
				return err
			}
			m.addUnits(o)
		}
	}
	e.next(m)
	return nil
}

// otherUnit is another unit of the street or district, 0 if there is none.
func (e *engine) otherUnit(m *matter, not int64) int64 {
	list := e.staff.units[int64(m.c.District)]
	if near := e.staff.units[m.c.Street]; chance(m.rng, 0.4) && len(near) > 1 {
		list = near
	}
	if len(list) < 2 {
		return 0
	}
	for range 8 {
		if o := list[m.rng.IntN(len(list))]; o != not && o != m.right && o != m.c.Lead {
			return o
		}
	}
	return 0
}

// decide approves or refuses what is pending, by whoever has to.
func (e *engine) decide(m *matter) error {
	c, rng := m.c, m.rng
	kind := c.Pending
	if kind == "" {
		return nil
	}
	var who hand
	repeated := kind == cases.KindReturn && c.Returns+1 >= e.r.Cases.Rules().Settings().ReturnsDecided
	if kind != cases.KindVoid && !repeated {
		if id := e.r.Cases.People.Approver(kind, cases.Spot{District: c.District, Street: c.Street, Community: c.Community, Grid: c.Grid}, c.Against); id != 0 {
			who = e.staff.byAccount[id]
		}
	}
	if who.actor == nil {
		list := e.staff.chiefs[c.Street]
		if repeated || len(list) == 0 {
			list = e.staff.desks[int64(c.District)]
		}
		who, _ = pick(rng, list, e.day)
	}
	if who.actor == nil {
		return e.fail(m, who, cases.ActApprove, fmt.Errorf("nobody may decide a %s", kind))
	}
	yes := 0.0
	a := cases.Act{Action: cases.ActApprove}
	switch kind {
	case cases.KindReturn:
		if yes = 0.93; c.Lead == m.right {
			yes = 0.12
		}
		if repeated {
			if a.Lead = m.right; c.Lead == m.right {
				yes = 0
			}
		}
		a.Reason = said(rng, returnOK)
	case cases.KindExtension:
		yes, a.Reason = 0.9, said(rng, approvals)
	case cases.KindSuspension:
		yes, a.Reason = 0.85, said(rng, approvals)
	case cases.KindVoid:
		if yes, a.Reason = 0.75, said(rng, approvals); c.Supporters > 1 { // others joined it meanwhile
			yes = 0
		}
	}
	if !chance(rng, yes) {
		a = cases.Act{Action: cases.ActRefuse, Reason: said(rng, refusals)}
		if kind == cases.KindReturn {
			a.Reason = said(rng, returnNo)
		}
	}
	if err := e.act(m, who, a); err != nil {
		return err
	}
	if a.Action == cases.ActApprove {
		switch kind {
		case cases.KindExtension:
			m.late = chance(rng, 0.12)
		case cases.KindReturn:
			m.addUnits(m.c.Lead)
		}
	}
	e.next(m)
	return nil
}

// urge reminds the unit before the limit.
func (e *engine) urge(m *matter) error {
	c := m.c
	if !atUnit(c.Status) || c.Has(cases.FlagSuspended) || c.DueAt == 0 || c.DueAt <= e.now {
		return nil
	}
	desk, err := e.deskOf(m)
	if err != nil {
		return err
	}
	return e.act(m, desk, cases.Act{Action: "urge", Note: said(m.rng, urges)})
}

// supervise presses the unit after the limit.
func (e *engine) supervise(m *matter) error {
	c := m.c
	if !atUnit(c.Status) || c.Has(cases.FlagSuspended) || c.DueAt == 0 || c.DueAt > e.now || !chance(m.rng, 0.6) {
		return nil
	}
	list := e.staff.desks[int64(c.District)]
	if chance(m.rng, 0.5) {
		list = e.staff.dispatchers[c.Street]
	}
	who, ok := pick(m.rng, list, e.day)
	if !ok {
		return nil
	}
	return e.act(m, who, cases.Act{Action: "supervise", Note: said(m.rng, supervised)})
}

// addNote adds what the reporter says later.
func (e *engine) addNote(m *matter) error {
	if !e.isOpen(m) || m.c.Status == cases.Verified {
		return nil
	}
	who, ok := e.operator(m.rng, int64(m.c.District))
	if !ok {
		return nil
	}
	return e.act(m, who, cases.Act{Action: "note", Note: said(m.rng, notes)})
}

func atUnit(s flow.State) bool {
	return s == cases.Dispatched || s == cases.Signed || s == cases.InProgress
}
