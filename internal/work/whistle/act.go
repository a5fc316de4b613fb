package whistle

import (
	"context"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/store"
)

// BlowIn is a new whistle. With a case, what is left out is the case's.
type BlowIn struct {
	ID              int64 // 0: a new one
	Kind            string
	Title, Body     string
	Case            int64
	Community, Grid int64
	Lon, Lat        float64
	CRS             string // "": wgs84
	Address         string
	Orgs            []int64
	Limit           calendar.Limit // zero: the kind's
	OnWrite         func(*store.Tx, *Whistle) error
}

func text(field string, label errs.Words, s string, most int, required bool) error {
	f := flow.Field{Name: field, Required: required, Max: most, Label: label}
	return (&flow.Transition[*facts]{Needs: []flow.Field{f}}).CheckNeeds(given(s))
}

// given is one text, as flow looks at it.
type given string

// Text implements flow.Given.
func (g given) Text(string) (string, int) { return lengthOf(string(g)) }

func invalid(field string, label errs.Words, zh, en string) error {
	return errs.Wrong(field, label, w(zh, en))
}

// Blow calls the departments; the scope must reach the place.
func (s *Service) Blow(ctx context.Context, scope access.Scope, in BlowIn) (*Whistle, error) {
	now := s.DB.NowIn(ctx)
	rules := s.Rules()
	cal := rules.Calendar()
	o := &Whistle{ID: in.ID, Version: 1, State: Open, Kind: in.Kind, Case: in.Case, Limit: in.Limit, CalledAt: now, Day: cal.Day(now), CalledBy: scope.Account(),
		Title: strings.TrimSpace(in.Title), Body: strings.TrimSpace(in.Body), Address: strings.TrimSpace(in.Address)}
	if o.ID == 0 {
		o.ID = s.DB.NextID()
	}
	if !slices.Contains(Kinds, o.Kind) {
		return nil, invalid("kind", w("类型", "kind"), "请从列表中选择", "please choose from the list")
	}
	if err := s.place(ctx, scope, o, in); err != nil {
		return nil, err
	}
	if err := text("title", w("事由", "matter"), o.Title, 100, true); err != nil {
		return nil, err
	}
	if err := text("body", w("情况说明", "what is the matter"), o.Body, 2000, false); err != nil {
		return nil, err
	}
	if err := text("address", w("地址", "address"), o.Address, 200, false); err != nil {
		return nil, err
	}
	if o.Limit == (calendar.Limit{}) {
		o.Limit = rules.WhistleLimit(o.Kind)
	}
	if err := o.Limit.Check(); err != nil {
		return nil, err
	}
	if len(in.Orgs) == 0 {
		return nil, errs.Required.New("field", orgs.Label).In("orgs")
	}
	target := o.Target()
	if !scope.Covers(target) {
		return nil, invalid("place", w("地点", "place"), "不在您的辖区内", "it is not in your area")
	}
	post, _ := scope.PostFor(target)
	return o, s.DB.Write(ctx, func(tx *store.Tx) error {
		fresh := *o
		fresh.Calls, fresh.Seq = nil, 0
		st := &steps{s: s, tx: tx, w: &fresh, now: now, cal: cal, rules: rules, log: journal{tx: tx, object: "whistle", district: o.District, subject: o.ID, seq: &fresh.Seq, at: now, actor: scope.Account(), post: post}}
		var err error
		if fresh.Number, err = s.number(tx, &fresh); err != nil {
			return err
		}
		st.log.note(actBlow, 0, "", Open, map[string]any{"kind": o.Kind, "limit": o.Limit.String()}, false)
		if err := st.call(in.Orgs); err != nil {
			return err
		}
		if err := insert(tx, &fresh); err != nil {
			return err
		}
		*o = fresh
		if in.OnWrite == nil {
			return nil
		}
		return in.OnWrite(tx, o)
	})
}

// place fills where the whistle is for, from what is given or from its case.
func (s *Service) place(ctx context.Context, scope access.Scope, o *Whistle, in BlowIn) error {
	label := w("地点", "place")
	o.Lon, o.Lat = in.Lon, in.Lat
	if in.Lon != 0 || in.Lat != 0 {
		crs := geo.CRS(in.CRS)
		if crs == "" {
			crs = geo.WGS84
		}
		p, err := geo.ToWGS84(geo.Point{Lon: in.Lon, Lat: in.Lat}, crs)
		if err != nil {
			return err
		}
		o.Lon, o.Lat = p.Lon, p.Lat
		at, ok := s.Atlas.At(p.Lon, p.Lat)
		if !ok {
			return invalid("place", label, "不在本市范围内", "it is not in the city")
		}
		o.Spot = at
	} else if in.Grid != 0 || in.Community != 0 {
		at, ok := s.Atlas.SpotOf(in.Community, in.Grid)
		if !ok {
			return invalid("place", label, "没有这个社区或网格，请重新选择", "there is no such community or grid; please choose again")
		}
		o.Spot = at
	}
	if in.Case != 0 {
		m, err := s.Cases.Case(ctx, scope, in.Case)
		if err != nil {
			return err
		}
		if o.District == 0 {
			o.Spot, o.Lon, o.Lat = m.Spot, m.Lon, m.Lat
		}
		if o.District != m.District {
			return invalid("place", label, "与事件不在同一个区", "it is not in the district of the case")
		}
		if o.Title == "" {
			o.Title = m.Title
		}
		if o.Address == "" {
			o.Address = m.Address
		}
	}
	if o.District == 0 {
		return errs.Required.New("field", label).In("place")
	}
	return nil
}

// steps applies rows of the two tables to one whistle inside one write.
type steps struct {
	s     *Service
	tx    *store.Tx
	w     *Whistle
	now   int64
	cal   *calendar.Calendar
	rules Rules
	log   journal
}

// call adds departments, each with the whole limit from now on.
func (st *steps) call(list []int64) error {
	if len(st.w.Calls)+len(list) > maxOrgs {
		return errs.TooLong.New("field", orgs.Label, "max", maxOrgs).In("orgs")
	}
	for _, org := range list {
		if !st.s.People.OrgAt(org, st.w.Spot) {
			return invalid("orgs", orgs.Label, "没有这个单位，或它不在本区工作，请重新选择", "there is no such department in this district; please choose again")
		}
		if st.w.call(org) != nil {
			return invalid("orgs", orgs.Label, "同一个单位只召集一次", "each department is called once")
		}
		c := Call{Org: org, State: Called, CalledAt: st.now, DueAt: st.cal.Add(st.now, st.w.Limit)}
		st.w.Calls = append(st.w.Calls, c)
		if err := saveCall(st.tx, st.w, &c); err != nil {
			return err
		}
		st.log.note("called", org, "", Called, nil, true)
	}
	slices.SortFunc(st.w.Calls, func(a, b Call) int { return int(a.Org - b.Org) })
	return nil
}

// Act does the action on the whistle that the scope reaches and returns it as it
// is then. Stale when somebody was quicker.
func (s *Service) Act(ctx context.Context, scope access.Scope, id int64, a Act) (*Whistle, error) {
	rules := s.Rules()
	var out *Whistle
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := load(tx, scope, id)
		if err != nil {
			return err
		}
		if a.Version != o.Version && (a.Version != 0 || scope.SystemReason() == "") {
			return errs.Stale.New("current", o.Version)
		}
		post, _ := scope.PostFor(o.Target())
		st := &steps{s: s, tx: tx, w: o, now: tx.Now(), cal: rules.Calendar(), rules: rules,
			log: journal{tx: tx, object: "whistle", district: o.District, subject: o.ID, seq: &o.Seq, at: tx.Now(), actor: scope.Account(), post: post}}
		if err := st.act(scope, &a); err != nil {
			return err
		}
		o.Version++
		if err := save(tx, o); err != nil {
			return err
		}
		out = o
		if a.OnWrite == nil {
			return nil
		}
		return a.OnWrite(tx)
	})
	return out, err
}

// factsFor gathers what the rules look at.
func factsFor(scope access.Scope, o *Whistle, c *Call) *facts {
	f := &facts{w: o, c: c, account: scope.Account(), system: scope.SystemReason() != ""}
	if a := scope.Actor(); a != nil && c != nil {
		f.own = slices.ContainsFunc(a.Held(), func(p access.Post) bool { return p.Org == c.Org && p.InForce(scope.Today()) })
	}
	return f
}

func canOn(scope access.Scope, o *Whistle) flow.Can {
	target := o.Target()
	return func(p access.Perm) bool {
		sc, err := scope.For(p)
		return err == nil && sc.Covers(target)
	}
}

func (st *steps) act(scope access.Scope, a *Act) error {
	can := canOn(scope, st.w)
	if a.Org == 0 {
		t, err := Whole.Next(st.w.State, a.Action, can, factsFor(scope, st.w, nil))
		if err != nil {
			return err
		}
		if err := t.CheckNeeds(a); err != nil {
			return err
		}
		return st.whole(t, a)
	}
	c := st.w.call(a.Org)
	if c == nil {
		return errs.NotFound.New()
	}
	t, err := Part.Next(c.State, a.Action, can, factsFor(scope, st.w, c))
	if err != nil {
		return err
	}
	if err := t.CheckNeeds(a); err != nil {
		return err
	}
	return st.part(t, a, c)
}

func (st *steps) whole(t *flow.Transition[*facts], a *Act) error {
	was := st.w.State
	if t.To != "" {
		st.w.State = t.To
	}
	st.log.note(t.Action, 0, was, st.w.State, a.fields(), false)
	switch t.Action {
	case actMore:
		return st.call(a.Orgs)
	case "withdraw":
		st.w.EndedAt = st.now
		for i := range st.w.Calls {
			if c := &st.w.Calls[i]; !Part.Ended(c.State) {
				if err := st.system("withdrawn", c); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// part is what each row does to a department's part beyond its state.
func (st *steps) part(t *flow.Transition[*facts], a *Act, c *Call) error {
	was := c.State
	if t.To != "" {
		c.State = t.To
	}
	st.log.note(t.Action, c.Org, was, c.State, a.fields(), false)
	again := func() { c.DueAt = st.cal.Add(st.now, st.w.Limit) }
	var after func() error
	switch t.Action {
	case "come":
		c.CameAt, c.Came = st.now, st.log.actor
	case "not_ours":
		c.Shifts++
		st.w.Shifts++
		if st.w.Shifts >= st.rules.ShiftsDecided() {
			st.w.Arbiter = st.s.People.Arbiter(st.w.Spot)
			after = func() error { return st.system("to_arbiter", st.w.call(a.Org)) }
		}
	case "insist":
		again()
	case "rule_come":
		c.Ruled = true
		again()
	case "release", "rule_free":
		if a.Proposed != 0 {
			org := a.Org
			after = func() error { return st.call([]int64{a.Proposed}) }
			if a.Proposed == org {
				return invalid("proposed", instead.Label, "请选择其他单位", "please choose another")
			}
		}
	case "urge":
		c.Urged++
	case "result":
		c.Result, c.DoneAt = a.Result, st.now
		if _, err := files.Attach(st.tx, files.Target{District: st.w.District, Kind: object, Object: st.w.ID, Account: st.log.actor}, a.Files); err != nil {
			return err
		}
	case "confirm":
		c.ByStreet = a.Score
	case "send_back":
		c.DoneAt = 0
	case "rate":
		c.ByUnit = a.Score
	default:
		panic("whistle: no rule for " + string(t.Action))
	}
	if err := scored(t, a); err != nil {
		return err
	}
	if Part.Ended(c.State) && c.EndedAt == 0 {
		c.EndedAt = st.now
	}
	if err := saveCall(st.tx, st.w, c); err != nil {
		return err
	}
	if after != nil {
		if err := after(); err != nil {
			return err
		}
	}
	if st.w.State == Open && st.w.over() {
		st.w.State, st.w.EndedAt = Closed, st.now
		st.log.note(actClose, 0, Open, Closed, nil, true)
	}
	return nil
}

// scored holds ratings within 1 to 5.
func scored(t *flow.Transition[*facts], a *Act) error {
	if slices.ContainsFunc(t.Needs, func(f flow.Field) bool { return f.Name == "score" }) && (a.Score < 1 || a.Score > 5) {
		return invalid("score", score.Label, "请选 1 到 5 分", "choose 1 to 5")
	}
	return nil
}

// system applies a row of the program's own to a part.
func (st *steps) system(a flow.Action, c *Call) error {
	t := Part.Find(c.State, a)
	if t == nil {
		panic("whistle: " + string(a) + " does not start from " + string(c.State))
	}
	was := c.State
	if t.To != "" {
		c.State = t.To
	}
	var fields map[string]any
	switch a {
	case actMissed:
		c.MissedAt = st.now
		if st.w.RaisedAt == 0 {
			st.w.RaisedAt, st.w.RaisedTo = st.now, st.s.People.Arbiter(st.w.Spot)
		}
		fields = map[string]any{"to": st.w.RaisedTo}
	case "to_arbiter":
		fields = map[string]any{"to": st.w.Arbiter}
	case "withdrawn":
		c.EndedAt = st.now
	}
	st.log.note(a, c.Org, was, c.State, fields, true)
	return saveCall(st.tx, st.w, c)
}

// Miss notes the departments whose limit passed before they came, and raises
// their whistles. It returns how many.
func (s *Service) Miss(ctx context.Context) (n int, err error) {
	scope := access.System("limits of whistles")
	for _, district := range scope.Districts() {
		late, err := s.late(ctx, district, s.DB.NowIn(ctx))
		if err != nil {
			return n, err
		}
		for _, l := range late {
			if err := s.DB.Write(ctx, func(tx *store.Tx) error { return s.miss(tx, scope, l) }); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

func (s *Service) miss(tx *store.Tx, scope access.Scope, l lateCall) error {
	o, err := load(tx, scope, l.whistle)
	if err != nil {
		return err
	}
	c := o.call(l.org)
	if c == nil || c.State != Called || c.MissedAt != 0 || c.DueAt > tx.Now() {
		return nil // somebody was quicker
	}
	st := &steps{s: s, tx: tx, w: o, now: tx.Now(), log: journal{tx: tx, object: "whistle", district: o.District, subject: o.ID, seq: &o.Seq, at: tx.Now()}}
	if err := st.system(actMissed, c); err != nil {
		return err
	}
	o.Version++
	return save(tx, o)
}
