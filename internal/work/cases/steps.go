package cases

import (
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// steps applies rows of the table to one case inside one write.
type steps struct {
	s        *Service
	tx       *store.Tx
	c        *Case
	was      *Case // before the write, nil for a new case
	units    []Unit
	requests []Request
	changed  []Unit // units to write
	logs     []logRow
	now      int64
	scope    access.Scope
	post     access.Post
	cal      *calendar.Calendar
	rules    Rules
	set      Settings
	reason   string   // given with the act
	spare    []string // numbers for cases that are split off
	others   []*steps // other cases that the act touches
}

type logRow struct {
	seq    int
	action flow.Action
	was    flow.State
	became flow.State
	fields string
	system bool
}

func (st *steps) begin(tx *store.Tx, was *Case, units []Unit, requests []Request) {
	st.tx, st.was, st.units, st.requests = tx, was, units, requests
	st.logs, st.changed, st.others = nil, nil, nil
}

// log writes that something happened; the state is the case's present one.
func (st *steps) log(a flow.Action, fields map[string]any) { st.logFrom(st.c.Status, a, fields, false) }

func (st *steps) logFrom(was flow.State, a flow.Action, fields map[string]any, system bool) {
	st.c.Seq++
	text := "{}"
	if len(fields) > 0 {
		text = canonical(fields)
	}
	st.logs = append(st.logs, logRow{st.c.Seq, a, was, st.c.Status, text, system})
}

// system applies a row of the program's own.
func (st *steps) system(a flow.Action, fields map[string]any) {
	t := Life.Find(st.c.Status, a)
	if t == nil {
		panic("cases: " + string(a) + " does not start from " + string(st.c.Status))
	}
	was := st.c.Status
	if t.To != "" {
		st.c.Status = t.To
	}
	st.logFrom(was, a, fields, true)
	st.entered(was)
}

// entered starts and stops the clocks of the state that was reached.
func (st *steps) entered(was flow.State) {
	c := st.c
	if c.Status == was {
		return
	}
	st.stage(stageOf[c.Status])
	st.watch()
	if Life.Ended(c.Status) {
		c.Pending = ""
		c.set(FlagCheck|FlagTell, false)
		if c.ClosedAt == 0 {
			c.ClosedAt = st.now
		}
	} else {
		c.ClosedAt = 0
	}
}

func (st *steps) stage(name string) {
	st.c.StageDueAt, st.c.StageUnit = 0, ""
	if l, ok := st.limitOf(name); ok {
		st.c.StageDueAt, st.c.StageUnit = st.cal.Add(st.now, l), l.Unit
	}
}

func noSuchUnit(field string, label errs.Words) error {
	return errs.Invalid.New("field", label, "remedy", w("没有这个单位，请重新选择", "there is no such unit; please choose again")).In(field)
}

// fair refuses the unit that the case complains about, and those below it.
func (st *steps) fair(field string, label errs.Words, org int64) error {
	if st.c.Against != 0 && st.s.People.Under(org, st.c.Against) {
		return errs.Invalid.New("field", label, "remedy", w("事项反映的就是这个单位，请选择其他单位", "the case complains about this unit; please choose another")).In(field)
	}
	return nil
}

// complains names the unit that the case complains about; none that has it now.
func (st *steps) complains(org int64) error {
	if org == 0 {
		return nil
	}
	if _, ok := st.s.People.Org(org); !ok {
		return noSuchUnit("against", against.Label)
	}
	if slices.ContainsFunc(st.units, func(u Unit) bool { return u.Ended == 0 && st.s.People.Under(u.Org, org) }) {
		return errs.Invalid.New("field", against.Label, "remedy", w("该单位正在办理本事项，请先改派", "this unit has the case now; send it elsewhere first")).In("against")
	}
	st.c.Against = org
	return nil
}

// startClock starts the whole limit anew, by category and grade.
func (st *steps) startClock() {
	c := st.c
	if l, ok := st.limitOf("handle"); ok {
		c.Limit, c.DueAt = l, st.cal.Add(st.now, l)
	}
	c.set(FlagLapsed, false)
	st.plan(st.now, nil)
}

func (st *steps) lead(org int64) error {
	if _, ok := st.s.People.Org(org); !ok {
		return noSuchUnit("lead", lead.Label)
	}
	if err := st.fair("lead", lead.Label, org); err != nil {
		return err
	}
	for _, u := range st.units {
		if u.Role == "lead" && u.Org != org && u.Ended == 0 {
			st.unit(u.Org, "lead", true)
		}
	}
	st.c.Lead = org
	st.unit(org, "lead", false)
	return nil
}

func (st *steps) assists(orgs []int64) error {
	for _, o := range orgs {
		if _, ok := st.s.People.Org(o); !ok || o == st.c.Lead {
			return errs.Invalid.New("field", assists.Label, "remedy", w("请选择主办以外的现有单位", "please choose existing units other than the lead")).In("assists")
		}
		if err := st.fair("assists", assists.Label, o); err != nil {
			return err
		}
		st.unit(o, "assist", false)
	}
	return nil
}

// unit notes a unit's part in the case, or its end.
func (st *steps) unit(org int64, role string, ended bool) {
	i := slices.IndexFunc(st.units, func(u Unit) bool { return u.Org == org })
	if i < 0 {
		st.units = append(st.units, Unit{Org: org, Since: st.now, ReportedAt: st.c.ReportedAt})
		i = len(st.units) - 1
	}
	u := &st.units[i]
	u.Role, u.Ended = role, 0
	if ended {
		u.Ended = st.now
	}
	st.changed = append(st.changed, *u)
}

func (st *steps) dispatch(a *Act) error {
	if err := st.lead(a.Lead); err != nil {
		return err
	}
	if err := st.assists(a.Assists); err != nil {
		return err
	}
	st.c.DispatchedAt, st.c.SignedAt = st.now, 0
	st.c.set(FlagUnsigned, false)
	return nil
}

// classify sets category and grade as given and restarts what depends on them.
func (st *steps) classify(a *Act) error {
	c := st.c
	grade := c.Grade
	if a.Grade != "" {
		grade = a.Grade
	}
	if a.Category != 0 {
		cat, err := st.s.categoryOf(a.Category, grade)
		if err != nil {
			return err
		}
		c.Category, c.CategoryVersion = cat.ID, cat.Version
	}
	c.Grade = grade
	return nil
}

func (st *steps) day(field string, label errs.Words, day int, last int64) error {
	if at := st.cal.CloseOf(day, calendar.Day); day < 19700101 || at <= st.now || at > last {
		return errs.Invalid.New("field", label, "remedy", w("请选择 "+calendar.DayText(st.cal.Day(last))+" 之前的日期，且晚于今天", "please choose a day after today and not after "+calendar.DayText(st.cal.Day(last)))).In(field)
	}
	return nil
}

// apply is what each row of the table does to the case beyond its state.
func (st *steps) apply(t *row, a *Act, f *facts) error {
	c, was := st.c, st.c.Status
	if t.Asks {
		return st.ask(t, a)
	}
	if err := st.complains(a.Against); err != nil {
		return err
	}
	fields := a.fields()
	var after func() error // what the program does once the act is noted
	switch t.Action {
	case "accept":
		c.AcceptedAt = st.now
	case "decline", "not_file":
		st.decided()
	case "file", "direct":
		if err := st.classify(a); err != nil {
			return err
		}
		if c.Category == 0 {
			return errs.Required.New("field", category.Label).In("category_id")
		}
		st.decided()
		c.FiledAt = st.now
		if c.AcceptedAt == 0 {
			c.AcceptedAt = st.now
		}
		st.startClock()
		if t.Action == "direct" {
			if err := st.dispatch(a); err != nil {
				return err
			}
		}
	case "settle":
		if f.cat.EvidenceResolved && len(a.Files)+len(a.Awaits) == 0 {
			return needPhotos(f.cat)
		}
		st.settle(a.Result, a.Files)
		c.Version++
		return nil
	case "dispatch":
		if err := st.dispatch(a); err != nil {
			return err
		}
	case "assist":
		if err := st.assists(a.Assists); err != nil {
			return err
		}
	case "urge":
		c.Urged++
	case "supervise":
		c.Supervised++
	case "escalate":
		c.Level = 1
	case "sign":
		c.SignedAt = st.now
	case "resolve":
		if f.cat.EvidenceResolved && len(a.Files)+len(a.Awaits) == 0 {
			return needPhotos(f.cat)
		}
		c.ResolvedAt, c.Result, c.Handler = st.now, a.Result, st.scope.Account()
		st.allStagesDone()
	case "resume", "go_on":
		st.resume()
	case "await":
		if err := st.day("until", w("最迟等到", "at the latest until"), a.Until, st.now+int64(st.set.PauseDays)*day24h); err != nil {
			return err
		}
		c.Pauses++
		st.pause(FlagWaiting, a.Reason, a.Until)
	case "stage_done":
		if err := st.stageDone(a.Stage); err != nil {
			return err
		}
	case "check_site":
		c.set(FlagCheck, true)
	case "site_checked":
		c.set(FlagCheck, false)
	case "tell":
		c.set(FlagTell, false)
	case ActApprove, ActRefuse:
		return st.decide(t, a, f)
	case "verify_pass":
		c.VerifiedAt, c.Verifier = st.now, st.scope.Account()
		after = st.drawOrClose
	case "verify_fail":
		c.Reworks++
		c.ResolvedAt, c.Verifier = 0, st.scope.Account()
		if c.Lead == 0 {
			after = func() error { st.system("to_desk", nil); return nil }
		}
	case ActCallBack:
		return st.callBack(t.Action, a, fields)
	case "own_rate":
		return st.rate(t.Action, a, fields)
	case "own_erase":
		if err := st.s.Keeper.Erase(st.tx, c.District, c.Reporter); err != nil {
			return err
		}
		c.set(FlagErased, true)
		c.set(FlagCall|FlagTell, false)
		if was == Verified { // it waited for a call that nobody can make now
			after = func() error { st.system("close", nil); return nil }
		}
	case "reopen":
		c.Redos++
		c.undraw()
		c.ResolvedAt = 0
		if err := st.dispatch(a); err != nil {
			return err
		}
		st.startClock()
	case ActMerge:
		after = func() error { return st.merge(a.Into) }
	case ActUnmerge:
		if err := st.unmerge(); err != nil {
			return err
		}
	case ActSplit:
		c.set(FlagSplit, true)
		after = func() error { return st.split(a.Parts) }
	case "correct", "own_correct":
		if err := st.correct(a); err != nil {
			return err
		}
	case "withdraw", "own_withdraw":
		if was == Merged {
			if err := st.leave(); err != nil {
				return err
			}
		}
	case "start", "note", "own_note":
	default:
		panic("cases: no rule for " + string(t.Action))
	}
	if t.To != "" {
		c.Status = t.To
	}
	st.logFrom(was, t.Action, fields, false)
	st.entered(was)
	c.Version++
	if after != nil {
		return after()
	}
	return nil
}

// decided notes the decision on filing and whether it came in time.
func (st *steps) decided() {
	st.c.DecidedAt = st.now
	st.c.set(FlagTriageLate, st.c.Has(FlagTriageLate) || st.c.StageDueAt > 0 && st.now > st.c.StageDueAt)
}

// settle ends an ordinary matter on the spot; some are drawn for a check.
func (st *steps) settle(result string, files []int64) {
	c, was := st.c, st.c.Status
	c.Result, c.Handler = result, st.scope.Account()
	c.set(FlagOnsite, true)
	c.ResolvedAt, c.Status = st.now, Closed
	fields := map[string]any{"result": result}
	if len(files) > 0 {
		fields["files"] = files
	}
	st.logFrom(was, ActOnsite, fields, false)
	st.entered(was)
	if st.s.chance(c, "onsite") < st.set.OnsiteSample {
		c.set(FlagSampled, true)
		st.system("sampled", nil)
	}
}

func (c *Case) spot() Spot { return Spot{c.District, c.Street, c.Community, c.Grid} }

func (c *Case) unit() calendar.Unit {
	if c.Limit.Unit == "" {
		return calendar.Day
	}
	return c.Limit.Unit
}

// correct changes what was taken down wrongly; the log keeps what it was.
func (st *steps) correct(a *Act) error {
	c := st.c
	before := *c
	if err := st.classify(a); err != nil {
		return err
	}
	if a.Title != "" {
		c.Title = a.Title
	}
	if p := a.Place; p != nil {
		if err := checkText("place", w("地址", "address"), p.Address, maxAddress, false); err != nil {
			return err
		}
		if err := st.s.place(c, *p); err != nil {
			return err
		}
		if c.District != before.District {
			return errs.Invalid.New("field", w("地点", "place"), "remedy", w("不能改到其他区，请撤回后重新登记", "it cannot move to another district; withdraw it and report it there")).In("place")
		}
		if p.Address != "" {
			c.Address = p.Address
		}
	}
	if c.FiledAt > 0 && (c.Category != before.Category || c.Grade != before.Grade) {
		if l, ok := st.limitOf("handle"); ok {
			c.Limit, c.DueAt = l, st.cal.Add(c.FiledAt, l) // the clock started when it was filed
		}
		st.plan(c.FiledAt, c.milestones())
	}
	return nil
}

// finish writes the case, its log, units, counters and audit entries.
func (st *steps) finish() error {
	c := st.c
	c.Open = !Life.Ended(c.Status)
	if st.was != nil && st.was.Open && !c.Open && c.Status != Merged && c.Supporters > 1 {
		if err := st.answer(); err != nil {
			return err
		}
	}
	c.Marks = marksOf(c)
	if err := st.s.save(st); err != nil {
		return err
	}
	tally(st.tx, st.was, c)
	state := stateDigest(c)
	for _, l := range st.logs {
		actor, post := st.scope.Account(), st.post
		if l.system {
			actor, post = 0, access.Post{}
		}
		vals := []any{c.District, c.ID, l.seq, st.now, actor, post.ID, post.Org, string(l.action), string(l.was), string(l.became), l.fields, state[:]}
		st.tx.Append(caseLog, vals...)
		st.tx.Record(audit.Entry{District: c.District, Actor: actor, Post: post.ID, Action: "case." + string(l.action), Object: "case", ObjectID: c.ID, Seq: l.seq,
			Detail: []byte(`{"from":"` + string(l.was) + `","to":"` + string(l.became) + `"}`), Digest: digest(vals)})
	}
	for _, o := range st.others {
		if err := o.finish(); err != nil {
			return err
		}
	}
	st.tx.AfterCommit(st.s.feed.poke)
	return nil
}
