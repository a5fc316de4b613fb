package cases

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
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
		return errs.Invalid.New("field", label, "remedy", w("请选择 "+st.s.day(st.cal.Day(last))+" 之前的日期，且晚于今天", "please choose a day after today and not after "+st.s.day(st.cal.Day(last)))).In(field)
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
		if f.cat.EvidenceResolved && len(a.Files) == 0 {
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
		if f.cat.EvidenceResolved && len(a.Files) == 0 {
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
		return st.callBack(a, fields)
	case "reopen":
		c.Redos++
		c.ResolvedAt = 0
		if err := st.dispatch(a); err != nil {
			return err
		}
		st.startClock()
	case ActMerge:
		after = func() error { return st.merge(a.Into) }
	case ActSplit:
		c.set(FlagSplit, true)
		after = func() error { return st.split(a.Parts) }
	case "correct":
		if err := st.correct(a); err != nil {
			return err
		}
	case "start", "note", "withdraw":
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

// ask files a request that somebody has to approve.
func (st *steps) ask(t *row, a *Act) error {
	c := st.c
	r := Request{ID: st.tx.NextID(), Status: "pending", AskedBy: st.scope.Account(), AskedAt: st.now, Reason: a.Reason}
	switch t.Action {
	case "return":
		r.Kind, r.Proposed = KindReturn, a.Proposed
		if _, ok := st.s.People.Org(a.Proposed); !ok || a.Proposed == c.Lead {
			return errs.Invalid.New("field", w("建议单位", "proposed unit"), "remedy", w("请选择本单位以外的现有单位", "please choose an existing unit other than your own")).In("proposed")
		}
		if err := st.fair("proposed", w("建议单位", "proposed unit"), a.Proposed); err != nil {
			return err
		}
	case "extend":
		r.Kind, r.Until = KindExtension, a.Until
		if err := st.day("until", w("延期至", "until"), a.Until, st.cal.Add(max(c.DueAt, st.now), st.set.ExtensionMax)); err != nil {
			return err
		}
		if st.cal.CloseOf(a.Until, c.unit()) <= c.DueAt {
			return errs.Invalid.New("field", w("延期至", "until"), "remedy", w("须晚于现在的时限", "it must lie after the present limit")).In("until")
		}
	case "suspend":
		r.Kind, r.Until = KindSuspension, a.Review
		if err := st.day("review", w("复查日期", "review date"), a.Review, st.now+int64(st.set.ReviewDays)*day24h); err != nil {
			return err
		}
	case "void":
		r.Kind = KindVoid
	}
	if r.Kind != KindVoid && (r.Kind != KindReturn || c.Returns+1 < st.set.ReturnsDecided) {
		r.Approver = st.s.People.Approver(r.Kind, c.spot(), c.Against)
	}
	c.Pending = r.Kind
	st.requests = append(st.requests, r)
	st.log(t.Action, a.fields())
	c.Version++
	return st.s.saveRequest(st.tx, c, r, true)
}

func (c *Case) spot() Spot { return Spot{c.District, c.Street, c.Community, c.Grid} }

func (c *Case) unit() calendar.Unit {
	if c.Limit.Unit == "" {
		return calendar.Day
	}
	return c.Limit.Unit
}

// decide approves or refuses the pending request.
func (st *steps) decide(t *row, a *Act, f *facts) error {
	c, r := st.c, f.request
	if a.Request != 0 && a.Request != r.ID {
		return errs.Stale.New("current", c.Version)
	}
	r.DecidedBy, r.DecidedAt, r.Decision, r.Status = st.scope.Account(), st.now, a.Reason, "approved"
	if t.Action == ActRefuse {
		r.Status = "refused"
	}
	c.Pending = ""
	fields := a.fields()
	fields["kind"] = r.Kind
	st.log(t.Action, fields)
	c.Version++
	if err := st.s.saveRequest(st.tx, c, *r, false); err != nil || r.Status == "refused" {
		return err
	}
	switch r.Kind {
	case KindReturn:
		return st.returned(a)
	case KindExtension:
		c.Extended++
		c.DueAt = st.cal.CloseOf(r.Until, c.unit())
		c.set(FlagLapsed, false)
		c.set(FlagTell, c.Reporter != 0)
		st.system("extension_approved", map[string]any{"until": r.Until})
	case KindSuspension:
		st.pause(FlagSuspended, r.Reason, r.Until)
		c.set(FlagTell, c.Reporter != 0)
		st.system("suspension_approved", map[string]any{"review": r.Until, "reason": r.Reason})
	case KindVoid:
		st.system("void_approved", nil)
	}
	return nil
}

// returned takes the case from its unit: back to the desk, or, when it is the
// repeated return, to the unit that the arbiter names.
func (st *steps) returned(a *Act) error {
	c := st.c
	c.Returns++
	if c.PausedAt > 0 {
		st.resume()
	}
	st.unit(c.Lead, "lead", true)
	if c.Returns < st.set.ReturnsDecided {
		c.Lead, c.SignedAt = 0, 0
		st.system("return_approved", nil)
		return nil
	}
	if a.Lead == 0 {
		return errs.Required.New("field", lead.Label).In("lead")
	}
	if err := st.dispatch(a); err != nil {
		return err
	}
	st.system("return_decided", map[string]any{"lead": a.Lead})
	st.stage("sign")
	return nil
}

// chance is a number in [0,1) that nobody can foresee without the city's
// secret and anybody with it can check: the system draws, not a person.
func (s *Service) chance(c *Case, what string) float64 {
	return float64(s.draw(c, what)>>11) / (1 << 53)
}

func (s *Service) draw(c *Case, what string) uint64 {
	m := hmac.New(sha256.New, s.DrawKey)
	m.Write([]byte(what))
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(c.ID)))
	m.Write([]byte{byte(c.Redos), byte(c.Reworks)})
	return binary.BigEndian.Uint64(m.Sum(nil))
}

// drawOrClose ends a verified case, or keeps it for a call-back if it is drawn
// and there is somebody to call.
func (st *steps) drawOrClose() error {
	rate, err := st.callRate()
	if err != nil || st.drawCall(rate) {
		return err
	}
	st.system("close", nil)
	return st.answer()
}

// callRate is the share of cases of this kind that are called back.
func (st *steps) callRate() (float64, error) {
	if st.c.Category == 0 {
		return 0, nil
	}
	cat, err := st.rules.Category(st.c.Category, st.c.CategoryVersion, st.c.Grade)
	return cat.CallRate, err
}

// drawCall lets the draw decide whether the reporter is called back.
func (st *steps) drawCall(rate float64) bool {
	c := st.c
	if c.Reporter == 0 || st.s.chance(c, "call") >= rate {
		return false
	}
	c.set(FlagCall, true)
	c.Seat, c.Draw = 0, int64(st.s.draw(c, "order")>>1)
	return true
}

// callBack records a call and what follows from it.
func (st *steps) callBack(a *Act, fields map[string]any) error {
	c := st.c
	c.Calls++
	c.CalledAt = st.now
	if *a.Reached && a.Solved == nil {
		return errs.Required.New("field", w("是否解决", "solved")).In("solved")
	}
	if a.Satisfied < 0 || a.Satisfied > 5 {
		return errs.Invalid.New("field", w("满意程度", "satisfaction"), "remedy", w("请选择 1 至 5", "please choose 1 to 5")).In("satisfied")
	}
	if *a.Reached {
		c.Solved, c.Satisfied = 0, a.Satisfied
		if *a.Solved {
			c.Solved = 1
		}
	}
	st.log(ActCallBack, fields)
	c.Version++
	again := !*a.Reached && c.Calls < st.set.CallTries
	unsolved := *a.Reached && (c.Solved == 0 || c.Satisfied == 1 || c.Satisfied == 2)
	switch {
	case again:
		c.Seat = 0 // another try, perhaps by another seat
		return nil
	case c.Status == Merged:
		c.Seat = 0
		c.set(FlagCall, false)
		if unsolved {
			return st.redoMain()
		}
		return nil
	case unsolved:
		st.redo()
		return nil
	}
	st.system("close", nil)
	return st.answer()
}

// redo sends a case back to work after a call-back.
func (st *steps) redo() {
	c := st.c
	c.Redos++
	c.ResolvedAt, c.Seat = 0, 0
	c.set(FlagCall, false)
	st.startClock()
	if c.Lead == 0 {
		st.system("to_desk", nil)
		return
	}
	c.DispatchedAt, c.SignedAt = st.now, 0
	c.set(FlagUnsigned, false)
	st.system("redo", nil)
}

// redoMain sends the main case back to work because one of the merged reporters
// says that the matter is not solved; if it is open again already, that is enough.
func (st *steps) redoMain() error {
	main, units, _, err := st.s.load(st.tx, keeper, st.c.MergedInto)
	if err != nil || main.Status != Closed {
		return err
	}
	o := st.other(main, units)
	main.Version++
	o.redo()
	return nil
}

// answer tells each merged case that its matter was closed; their reporters are
// drawn for call-backs like the main one's.
func (st *steps) answer() error {
	if st.c.Supporters <= 1 { // nothing was merged into it
		return nil
	}
	rate, err := st.callRate()
	if err != nil {
		return err
	}
	return st.eachOther("merged_into", func(o *steps) {
		o.system(ActAnswer, map[string]any{"main": st.c.Number, "result": st.c.Result})
		o.drawCall(rate)
	})
}

// merge makes the present case part of another open one; every reporter stays.
func (st *steps) merge(into int64) error {
	main, units, _, err := st.s.load(st.tx, st.scope, into)
	if err != nil || main.District != st.c.District || main.ID == st.c.ID || Life.Ended(main.Status) {
		return errs.Invalid.New("field", w("主事件", "main case"), "remedy", w("请选择同一区内尚未办结的另一事件", "please choose another open case of the same district")).In("into")
	}
	st.c.MergedInto = main.ID
	o := st.other(main, units)
	main.Supporters += st.c.Supporters
	main.Version++
	o.system(ActGather, map[string]any{"case": st.c.Number})
	return nil
}

// split makes a case of each part, with the place and the reporter of this one.
func (st *steps) split(parts []Part) error {
	for i, p := range parts {
		if err := checkText("parts", w("拆出的事项", "parts"), p.Text, maxText, true); err != nil {
			return err
		}
		if p.Title == "" {
			p.Title = titleOf(p.Text)
		}
		if err := checkText("parts", w("标题", "title"), p.Title, maxTitle, true); err != nil {
			return err
		}
		c := st.c
		n := &Case{District: c.District, ID: st.tx.NextID(), Number: st.spare[i], Version: 1, Status: Reported, Channel: c.Channel, Grade: c.Grade,
			Category: c.Category, CategoryVersion: c.CategoryVersion, Title: p.Title, Body: p.Text, Address: c.Address, Lon: c.Lon, Lat: c.Lat, CRS: c.CRS,
			Street: c.Street, Community: c.Community, Grid: c.Grid, Day: st.cal.Day(st.now), OccurredAt: c.OccurredAt, ReportedAt: st.now,
			Creator: st.scope.Account(), Reporter: c.Reporter, Flags: c.Flags & (FlagAnonymous | FlagSealed), Against: c.Against, Supporters: 1, Solved: -1, SplitFrom: c.ID}
		o := st.other(n, nil)
		o.was = nil
		o.stage("triage")
		o.logFrom("", ActReport, map[string]any{"channel": n.Channel, "from": c.Number}, false)
		st.system(ActPart, map[string]any{"case": n.Number, "title": n.Title})
	}
	return nil
}

// other prepares steps on another case of the same write.
func (st *steps) other(c *Case, units []Unit) *steps {
	o := &steps{s: st.s, c: c, now: st.now, scope: st.scope, post: st.post, cal: st.cal, rules: st.rules, set: st.set}
	o.begin(st.tx, clone(c), units, nil)
	st.others = append(st.others, o)
	return o
}

// eachOther does something to every case that a link column points from.
func (st *steps) eachOther(link string, do func(*steps)) error {
	linked, err := st.s.linked(st.tx, st.c, link)
	if err != nil {
		return err
	}
	for _, c := range linked {
		do(st.other(c, nil))
	}
	return nil
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
		if err := st.s.place(c, p.Lon, p.Lat, p.CRS, p.Community, p.Grid, p.Confirm); err != nil {
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
