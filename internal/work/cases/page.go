package cases

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
)

// view renders for one reader: language, calendar, instant.
type view struct {
	s     *Service
	lang  string
	cal   *calendar.Calendar
	rules Rules
	set   Settings
	now   int64
	blind bool    // the reader is not to know whether a reporter is sealed or anonymous
	orgs  []int64 // the units of the reader
	cats  map[[2]int64]*Named
}

// view starts rendering in the language for the scope's actor.
func (s *Service) view(scope access.Scope, lang string) *view {
	rules := s.Rules()
	var orgs []int64
	if a := scope.Actor(); a != nil {
		for _, p := range a.Held() {
			if p.Org != 0 && p.InForce(scope.Today()) {
				orgs = append(orgs, p.Org)
			}
		}
	}
	return &view{orgs: orgs, s: s, lang: lang, cal: rules.Calendar(), rules: rules, set: rules.Settings(), now: s.DB.Now(), blind: !seesReporters(scope), cats: map[[2]int64]*Named{}}
}

// about tells whether the case complains about a unit of the reader's, who then
// sees nothing of who reported it.
func (v *view) about(c *Case) bool {
	return c.Against != 0 && slices.ContainsFunc(v.orgs, func(o int64) bool { return v.s.People.Under(o, c.Against) })
}

// hides tells whether the reader is not to know that somebody reported it.
func (v *view) hides(c *Case) bool {
	return v.blind && (c.Has(FlagAnonymous) || c.Has(FlagSealed)) || v.about(c)
}

// seesReporters tells whether the actor may know about sealed and anonymous
// reporters: by a post for a place. A unit's post never shows them.
func seesReporters(scope access.Scope) bool {
	reveal, err := scope.For(access.CaseReveal)
	if err != nil {
		return false
	}
	if reveal.SystemReason() != "" {
		return true
	}
	return slices.ContainsFunc(reveal.Posts(), func(p access.Post) bool {
		r, ok := access.RoleByCode(p.Role)
		return ok && r.Level != access.ByOrg
	})
}

func (v *view) time(t int64) string {
	if t == 0 {
		return ""
	}
	return v.cal.Time(t).Format(time.RFC3339)
}

var flagNames = []struct {
	flag int
	name string
}{{FlagAnonymous, "anonymous"}, {FlagSealed, "sealed"}, {FlagOnsite, "onsite"}, {FlagSplit, "split"}, {FlagHistory, "history"}, {FlagSuspended, "suspended"}, {FlagLapsed, "lapsed"}, {FlagCall, "drawn"}, {FlagSampled, "sampled"},
	{FlagCheck, "checking"}, {FlagTell, "to_tell"}, {FlagWaiting, "waiting"}, {FlagStage, "stage_lapsed"}}

// Items renders cases for a list.
func (s *Service) Items(scope access.Scope, lang string, list []*Case) []Item {
	v := s.view(scope, lang)
	out := make([]Item, len(list))
	for i, c := range list {
		out[i] = v.item(c)
	}
	return out
}

func region(n Named) *Named {
	if n.Name == "" {
		return nil
	}
	return &n
}

func (v *view) item(c *Case) Item {
	it := Item{ID: c.ID, District: c.District, Number: c.Number, Version: c.Version, Status: string(c.Status), Channel: c.Channel, Grade: c.Grade,
		Category: v.category(c), Title: c.Title, Address: c.Address, Street: region(v.s.Atlas.Region(c.Street)), Community: region(v.s.Atlas.Region(c.Community)),
		Grid: region(v.s.Atlas.Grid(c.Grid)), Lead: v.org(c.Lead), ReportedAt: v.time(c.ReportedAt), ClosedAt: v.time(c.ClosedAt), Clock: v.whole(c), Stage: v.stage(c),
		Returns: c.Returns, Redos: c.Redos, Supporters: c.Supporters, Attempts: c.Calls, Flags: []string{}, Pending: []string{}}
	if c.Lon != 0 || c.Lat != 0 {
		it.Lon, it.Lat = &c.Lon, &c.Lat
	}
	if c.Doubt != "" {
		it.Warning = doubts[c.Doubt].In(v.lang)
	}
	for _, f := range flagNames {
		if c.Has(f.flag) && !((v.blind || v.about(c)) && f.flag&(FlagAnonymous|FlagSealed|FlagCall|FlagTell) != 0) {
			it.Flags = append(it.Flags, f.name)
		}
	}
	for _, f := range []struct {
		n    int
		name string
	}{{c.Urged, "urged"}, {c.Supervised, "supervised"}, {c.Extended, "extended"}, {c.Level, "escalated"}} {
		if f.n > 0 {
			it.Flags = append(it.Flags, f.name)
		}
	}
	if c.Pending != "" {
		it.Pending = append(it.Pending, c.Pending)
	}
	return it
}

func (v *view) category(c *Case) *Named {
	if c.Category == 0 {
		return nil
	}
	key := [2]int64{c.Category, int64(c.CategoryVersion)}
	if n, ok := v.cats[key]; ok {
		return n
	}
	cat, err := v.rules.Category(c.Category, c.CategoryVersion, c.Grade)
	n := &Named{ID: c.Category, Name: "?"}
	if err == nil {
		n = &Named{ID: cat.ID, Code: cat.Code, Name: cat.Name.In(v.lang)}
	}
	v.cats[key] = n
	return n
}

func (v *view) org(id int64) *Named {
	if n, ok := v.s.People.Org(id); ok && id != 0 {
		return &n
	}
	return nil
}

// clock renders a limit that ends at due.
func (v *view) clock(due int64, unit calendar.Unit, limit calendar.Limit) Clock {
	left := v.cal.Left(v.now, due, unit)
	k := Clock{State: "running", DueAt: v.time(due), Unit: string(unit), Left: math.Round(left.Value*10) / 10, Overdue: left.Overdue, Text: v.cal.Describe(v.now, due, unit).In(v.lang)}
	whole := int64(24 * 3600 * 1e6)
	if limit.N > 0 {
		whole = v.cal.Remaining(0, v.cal.Add(0, limit), limit.Unit)
	}
	k.Soon = !left.Overdue && float64(left.Micros) < v.set.SoonShare*float64(whole)
	return k
}

// whole is the clock of the handling limit.
func (v *view) whole(c *Case) Clock {
	switch {
	case c.DueAt == 0:
		return Clock{State: "none"}
	case c.PausedAt > 0:
		return Clock{State: "paused", Unit: string(c.unit()), Reason: c.PauseReason, Left: math.Round(v.cal.Kept(c.Remaining, c.unit()).Value*10) / 10, Text: v.cal.DescribePaused(c.Remaining, c.unit()).In(v.lang)}
	case !c.Open || c.ResolvedAt > 0:
		k := Clock{State: "stopped", DueAt: v.time(c.DueAt), Unit: string(c.unit()), Overdue: c.ResolvedAt > c.DueAt || c.Has(FlagLapsed)}
		k.Reason = w("单位已办结，等待核查回访", "the unit has resolved it").In(v.lang)
		if !c.Open {
			k.Reason = w("已经结束", "it has ended").In(v.lang)
		}
		return k
	}
	return v.clock(c.DueAt, c.unit(), c.Limit)
}

// stageOf is the stage whose limit runs in a status.
var stageOf = map[flow.State]string{Reported: "triage", Accepted: "triage", Filed: "triage", Dispatched: "sign", Resolved: "verify", Verified: "call_back"}

func (v *view) stage(c *Case) Clock {
	if c.StageDueAt == 0 || !c.Open || c.PausedAt > 0 {
		return Clock{State: "none"}
	}
	limit := calendar.Limit{}
	for _, m := range c.milestones() {
		if m.Due == c.StageDueAt {
			limit = calendar.Limit{N: m.N, Unit: m.Unit}
		}
	}
	for _, l := range v.rules.Limits(c.Category, c.CategoryVersion, c.Grade) {
		if l.Stage == stageOf[c.Status] {
			limit = l.Limit
		}
	}
	return v.clock(c.StageDueAt, c.StageUnit, limit)
}

// Page renders a case with all that belongs to it, for the scope's actor.
func (s *Service) Page(ctx context.Context, scope access.Scope, id int64, lang string) (*Page, error) {
	c, units, requests, err := s.ByID(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	v := s.view(scope, lang)
	v.now = s.DB.NowIn(ctx)
	p := &Page{Case: Detail{Item: v.item(c), Text: c.Body, Answers: s.Answers(c, lang), OccurredAt: v.time(c.OccurredAt), CategoryVersion: c.CategoryVersion, OutsideNumber: c.OutsideNumber, Result: c.Result,
		Times: map[string]string{}, Units: []UnitView{}, Limits: []LimitView{}}, Requests: []RequestView{}, Links: []Link{}, Files: []FileView{}, Actions: []OptionView{}}
	if c.Handler != 0 {
		p.Case.Handler = s.People.Account(c.Handler)
	}
	for name, t := range map[string]int64{"accepted_at": c.AcceptedAt, "filed_at": c.FiledAt, "dispatched_at": c.DispatchedAt, "signed_at": c.SignedAt,
		"resolved_at": c.ResolvedAt, "verified_at": c.VerifiedAt, "called_back_at": c.CalledAt, "closed_at": c.ClosedAt} {
		if t != 0 {
			p.Case.Times[name] = v.time(t)
		}
	}
	for _, u := range units {
		status := "active"
		if u.Ended > 0 {
			status = "ended"
		}
		if o := v.org(u.Org); o != nil {
			p.Case.Units = append(p.Case.Units, UnitView{*o, u.Role, v.time(u.Since), status})
		}
	}
	v.limits(c, &p.Case)
	if err := v.reporter(ctx, c, &p.Case); err != nil {
		return nil, err
	}
	log, err := s.Log(ctx, c)
	if err != nil {
		return nil, err
	}
	p.Case.Against = v.org(c.Against)
	p.Timeline = v.timeline(c, log)
	for _, r := range requests {
		p.Requests = append(p.Requests, v.request(r))
	}
	if p.Links, err = v.links(ctx, scope, c); err != nil {
		return nil, err
	}
	if p.Files, err = v.files(ctx, c, log); err != nil {
		return nil, err
	}
	p.Actions = v.actions(scope, c, units, requests, log)
	if c.Status == Filed || c.Status == Reported || c.Status == Accepted {
		v.suggest(c, &p.Case)
	}
	return p, nil
}

func (v *view) suggest(c *Case, d *Detail) {
	r, err := v.rules.Route(RouteFacts{Category: c.Category, Grade: c.Grade, Channel: c.Channel, District: c.District, Street: c.Street, Community: c.Community, Grid: c.Grid, Source: c.Creator, Against: c.Against, At: v.now})
	if err != nil {
		return // no rule proposes anything; the dispatcher chooses
	}
	if lead := v.org(r.Lead); lead != nil {
		d.Suggested = &Suggestion{Lead: *lead, Assists: []Named{}, Why: r.Why.In(v.lang)}
		for _, a := range r.Assists {
			if o := v.org(a); o != nil {
				d.Suggested.Assists = append(d.Suggested.Assists, *o)
			}
		}
	}
}

// stageNames are the stages of the process; any other is a milestone within handling.
var stageNames = map[string]errs.Words{"whole": w("全程", "the whole"), "triage": w("受理立案", "triage"), "sign": w("签收", "sign for"), "handle": w("办理", "handling"), "verify": w("核查", "verification"), "call_back": w("回访", "call-back")}

func (v *view) limits(c *Case, d *Detail) {
	for _, l := range v.rules.Limits(c.Category, c.CategoryVersion, c.Grade) {
		name, ok := stageNames[l.Stage]
		lv := LimitView{Name: l.Stage, Limit: l.Limit.Text(v.lang), State: "waiting"}
		if ok {
			lv.Name = name.In(v.lang)
		}
		due, done, still := int64(0), int64(0), false
		switch l.Stage {
		case "whole":
			due, done = v.cal.Add(c.ReportedAt, l.Limit), c.ClosedAt
		case "triage":
			due, done = v.cal.Add(c.ReportedAt, l.Limit), c.DecidedAt
		case "sign":
			if c.DispatchedAt > 0 {
				due, done = v.cal.Add(c.DispatchedAt, l.Limit), c.SignedAt
			}
		case "handle":
			due, done, still = c.DueAt, c.ResolvedAt, c.PausedAt > 0
		case "verify":
			if c.ResolvedAt > 0 {
				due, done = v.cal.Add(c.ResolvedAt, l.Limit), c.VerifiedAt
			}
		case "call_back":
			if c.VerifiedAt > 0 && c.Has(FlagCall) {
				due, done = v.cal.Add(c.VerifiedAt, l.Limit), c.CalledAt
			}
		default: // a milestone within handling
			for _, m := range c.milestones() {
				if m.Stage == l.Stage {
					due, done, still = m.Due, m.Done, m.open() && c.PausedAt > 0
				}
			}
		}
		if still && c.Open {
			lv.State = "paused"
			d.Limits = append(d.Limits, lv)
			continue
		}
		if due > 0 && !(c.Has(FlagHistory)) {
			lv.DueAt = v.time(due)
			switch {
			case done > 0 && done <= due:
				lv.State = "met"
			case done > 0 || v.now > due && c.Open:
				lv.State = "missed"
			case c.Open:
				lv.State = "running"
			}
		}
		d.Limits = append(d.Limits, lv)
	}
}

// reporter shows who reported, masked. Who is sealed or anonymous towards the
// units shows nothing of a person there, not even whether one is known.
func (v *view) reporter(ctx context.Context, c *Case, d *Detail) error {
	if c.Reporter == 0 || v.hides(c) {
		return nil
	}
	d.Reporter = &Masked{Exists: true, Anonymous: c.Has(FlagAnonymous), Sealed: c.Has(FlagSealed)}
	if c.Has(FlagSealed) {
		return nil
	}
	var err error
	d.Reporter.Name, d.Reporter.Phone, err = v.s.Keeper.Masked(ctx, v.s.DB, c.District, c.Reporter)
	return err
}

func (v *view) timeline(c *Case, log []LogEntry) []Step {
	out := make([]Step, 0, len(log))
	for _, e := range log {
		if e.Action == "tell" && v.hides(c) {
			continue // it would say that there is somebody to tell
		}
		st := Step{Seq: len(out) + 1, At: v.time(e.At), Action: e.Action, Name: v.actionName(e.Action), From: e.Was, To: e.Became, Fields: map[string]any{}, Files: []int64{}}
		if e.Actor != 0 && !(v.about(c) && e.Actor == c.Creator) {
			st.Actor = &StepActor{e.Actor, v.s.People.Account(e.Actor), v.s.People.PostName(e.Post).In(v.lang)}
		}
		var fields map[string]any
		if json.Unmarshal([]byte(e.Fields), &fields) == nil {
			if v.hides(c) { // an address may tell whose it is
				delete(fields, "link")
			}
			v.fields(fields, &st)
		}
		out = append(out, st)
	}
	return out
}

func (v *view) actionName(code string) string {
	for _, t := range Life.Table {
		if string(t.Action) == code {
			return t.Name.In(v.lang)
		}
	}
	return code
}

// fields turns ids of a log row into names.
func (v *view) fields(fields map[string]any, st *Step) {
	id := func(x any) int64 { f, _ := x.(float64); return int64(f) }
	for name, x := range fields {
		switch name {
		case "reason":
			st.Reason, _ = x.(string)
		case "note":
			st.Note, _ = x.(string)
		case "files":
			list, _ := x.([]any)
			for _, f := range list {
				st.Files = append(st.Files, id(f))
			}
		case "lead", "proposed", "against":
			st.Fields[name] = v.org(id(x))
		case "assists":
			list, _ := x.([]any)
			var orgs []*Named
			for _, o := range list {
				orgs = append(orgs, v.org(id(o)))
			}
			st.Fields[name] = orgs
		case "category_id":
			st.Fields["category"] = v.category(&Case{Category: id(x)})
		case "until", "review":
			st.Fields[name] = calendar.DayText(int(id(x)))
		case "seat":
			st.Fields[name] = v.s.People.Account(id(x))
		default:
			st.Fields[name] = x
		}
	}
}

func (v *view) request(r Request) RequestView {
	out := RequestView{ID: r.ID, Kind: r.Kind, Status: r.Status, AskedBy: v.s.People.Account(r.AskedBy), AskedAt: v.time(r.AskedAt), Reason: r.Reason, Proposed: v.org(r.Proposed),
		DecidedAt: v.time(r.DecidedAt), Decision: r.Decision}
	if r.Until != 0 {
		out.Until = calendar.DayText(r.Until)
	}
	if r.Approver != 0 {
		out.Approver = v.s.People.Account(r.Approver)
	}
	if r.DecidedBy != 0 {
		out.DecidedBy = v.s.People.Account(r.DecidedBy)
	}
	return out
}

// links are the cases merged and split, as far as the scope reaches them.
func (v *view) links(ctx context.Context, scope access.Scope, c *Case) ([]Link, error) {
	out := []Link{}
	add := func(relation, where string, arg int64) error {
		if arg == 0 {
			return nil
		}
		cond, args := scope.Where(caseCols)
		rows, err := v.s.DB.Query(ctx, "SELECT "+selectAll+" FROM cases c WHERE c.district = ? AND c."+where+" = ? AND "+cond+" ORDER BY c.id LIMIT 50", append([]any{c.District, arg}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			other, err := scanCase(rows)
			if err != nil {
				return err
			}
			out = append(out, Link{relation, v.item(other)})
		}
		return rows.Err()
	}
	for _, l := range []struct {
		relation, where string
		arg             int64
	}{{"merged_into", "id", c.MergedInto}, {"split_from", "id", c.SplitFrom}, {"merged_from", "merged_into", c.ID}, {"split_to", "split_from", c.ID}} {
		if err := add(l.relation, l.where, l.arg); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (v *view) files(ctx context.Context, c *Case, log []LogEntry) ([]FileView, error) {
	list, err := v.s.Photos.Of(ctx, v.s.DB, c.District, c.ID)
	if err != nil {
		return nil, err
	}
	out := []FileView{}
	for _, f := range list {
		stage := "" // the step that names it
		for _, e := range log {
			var with struct{ Files []int64 }
			if json.Unmarshal([]byte(e.Fields), &with) == nil && slices.Contains(with.Files, f.ID) {
				stage = e.Action
			}
		}
		by := v.s.People.Account(f.By)
		if (c.Has(FlagSealed) || v.about(c)) && f.By == c.Creator {
			by = ""
		}
		out = append(out, FileView{f.ID, f.Name, f.Type, f.Size, fmt.Sprintf("/api/v1/files/%d/thumb", f.ID), fmt.Sprintf("/api/v1/files/%d", f.ID), by, v.time(f.At), stage})
	}
	return out, nil
}

// actions lists what the actor may do now, and why the rest not.
func (v *view) actions(scope access.Scope, c *Case, units []Unit, requests []Request, log []LogEntry) []OptionView {
	st := &steps{s: v.s, c: c, units: units, requests: requests, now: v.now, scope: scope, cal: v.cal, rules: v.rules, set: v.set}
	f := st.factsFrom()
	f.handled = slices.ContainsFunc(log, func(e LogEntry) bool {
		return e.Actor == scope.Account() && slices.Contains(handlingActs, flow.Action(e.Action))
	})
	if c.Category != 0 {
		f.cat, _ = v.rules.Category(c.Category, c.CategoryVersion, c.Grade)
	}
	out := []OptionView{}
	primary := false
	for _, o := range Life.Options(c.Status, f.can, f) {
		ov := OptionView{Action: string(o.Action), Name: o.Name.In(v.lang), Allowed: o.Allowed, Needs: []NeedView{}}
		if !o.Allowed {
			ov.Why = o.Why.In(v.lang)
			if (o.Action == ActApprove || o.Action == ActRefuse) && f.request == nil {
				continue // nothing to approve is not worth a line
			}
		} else if !primary && !o.Side {
			ov.Primary, primary = true, true
		}
		for _, n := range o.Needs {
			required, choices := n.Required, n.Choices
			switch {
			case n.Name == "request":
				continue // the page's pending request is meant
			case n.Name == "lead" && o.Action == ActApprove:
				if f.request == nil || f.request.Kind != KindReturn || c.Returns+1 < v.set.ReturnsDecided {
					continue
				}
				required = true
			case n.Name == "files" && (o.Action == "resolve" || o.Action == "settle"):
				required = f.cat.EvidenceResolved
			case n.Name == "category_id" && o.Action == "file":
				required = c.Category == 0
			case n.Name == "stage":
				for _, m := range c.milestones() {
					if m.open() {
						choices = append(choices, m.Stage)
					}
				}
			}
			ov.Needs = append(ov.Needs, NeedView{n.Name, n.Label.In(v.lang), n.Type, required, n.Max, choices})
		}
		out = append(out, ov)
	}
	return out
}
