package workforce

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Appraisal is one period in which the workers of a district or street are appraised.
type Appraisal struct {
	District             int
	ID, Street           int64 // Street 0: the whole district
	Name                 string
	From, To             int // days of report, both inclusive
	State                flow.State
	Version              int
	Criteria             []Criterion
	Sample               int // cases called for each worker at most
	AppealDays           int // working days in which a worker may appeal
	Commitment, Seed     string
	CreatedBy, CreatedAt int64
	DrawnBy, DrawnAt     int64
	Sheets, Waiting      int // sheets, and calls that wait; filled in by lists
}

// Target is where the appraisal belongs.
func (a *Appraisal) Target() access.Target {
	return access.Target{District: a.District, Street: a.Street}
}

// States of an appraisal and of its sheets.
const (
	Open    flow.State = "open"    // the commitment is published, the period runs
	Calling flow.State = "calling" // drawn; the sample is being called
	Shown   flow.State = "shown"   // the figures stand, workers see and comment
	Closed  flow.State = "closed"
	Decided flow.State = "decided"
	Appeal  flow.State = "appealed"
	Settled flow.State = "settled"
)

// AppraisalFacts are what the rules of a step look at.
type AppraisalFacts struct {
	A      *Appraisal
	Today  int
	Open   int  // sheets without a final decision
	Rated  bool // the person is appraised here
	Called int  // calls that wait
}

// AppraisalLife is the way of an appraisal.
var AppraisalLife = flow.Life[AppraisalFacts]{
	Name: "appraisal", Ends: []flow.State{Closed}, States: []flow.State{Open, Calling, Shown, Closed},
	Table: []flow.Transition[AppraisalFacts]{
		{Action: "publish", Name: w("公布考核方案", "Publish"), To: Open, Perms: []access.Perm{access.StaffWrite, access.Appraise}},
		{Action: "draw", Name: w("公开种子并抽样", "Reveal the seed and draw"), From: []flow.State{Open}, To: Calling, Perms: []access.Perm{access.StaffWrite, access.Appraise}, Rules: []flow.Rule[AppraisalFacts]{
			notRated,
			{Why: w("考核期还没有结束", "the period has not ended"), Hold: func(f AppraisalFacts) bool { return f.Today > f.A.To }}}},
		{Action: "compute", Name: w("汇总结果", "Compute the figures"), From: []flow.State{Calling}, To: Shown, Perms: []access.Perm{access.StaffWrite, access.Appraise}, Rules: []flow.Rule[AppraisalFacts]{
			notRated,
			{Why: w("还有回访没有完成", "there are calls to make"), Hold: func(f AppraisalFacts) bool { return f.Called == 0 }}}},
		{Action: "close", Name: w("结束考核", "Close"), From: []flow.State{Shown}, To: Closed, Perms: []access.Perm{access.StaffWrite, access.Appraise}, Rules: []flow.Rule[AppraisalFacts]{
			{Why: w("还有结果未定或申诉未结", "there are sheets without a final decision"), Hold: func(f AppraisalFacts) bool { return f.Open == 0 }}}},
	},
}

var notRated = flow.Rule[AppraisalFacts]{Why: w("被考核人不能参与抽样和汇总", "who is appraised has no part in it"), Hold: func(f AppraisalFacts) bool { return !f.Rated }}

// own is what a worker may do on the own sheet; no role holds it.
const own access.Perm = "own"

// Sheet is one worker's appraisal.
type Sheet struct {
	District                     int
	ID, Appraisal, Account       int64
	Street, Community, Grid, Org int64
	State                        flow.State
	Version                      int
	Pool, Drawn                  []int64
	Measures                     []Measure
	Proposed, Level              string
	ProposedRenew, Renew         bool
	AppealUntil                  int // last day for an appeal
	DecidedBy, DecidedAt         int64
	SettledBy, SettledAt         int64
	Log                          []SheetLog
}

// SheetLog is one thing said or decided.
type SheetLog struct {
	Seq    int
	Action string
	Text   string
	Level  string
	Renew  bool
	Actor  int64
	At     int64
}

// Target is where the sheet belongs.
func (x *Sheet) Target() access.Target {
	return access.Target{District: x.District, Street: x.Street, Community: x.Community, Grid: x.Grid}
}

// SheetFacts are what the rules of a step look at.
type SheetFacts struct {
	X       *Sheet
	Account int64
	Today   int
}

func field(name, kind, zh, en string, must bool) flow.Field {
	f := flow.Field{Name: name, Type: kind, Max: 500, Required: must, Label: w(zh, en)}
	switch name {
	case "level":
		f.Choices = Levels
	case "renew":
		f.Choices = []string{"yes", "no"}
	}
	return f
}

var (
	decision = []flow.Field{field("level", "choice", "等次", "level", true), field("renew", "choice", "是否续聘", "renewal", true), field("text", "text", "理由", "reason", true)}
	notSelf  = flow.Rule[SheetFacts]{Why: w("不能决定本人的考核", "nobody decides about himself"), Hold: func(f SheetFacts) bool { return f.Account != f.X.Account }}
)

// SheetLife is the way of a sheet: a person decides, the worker may appeal until
// a day, somebody else settles.
var SheetLife = flow.Life[SheetFacts]{
	Name: "appraisal sheet", Ends: []flow.State{Decided, Settled}, States: []flow.State{Calling, Shown, Decided, Appeal, Settled},
	Table: []flow.Transition[SheetFacts]{
		{Action: "draw", Name: w("抽样", "Draw"), To: Calling, System: true},
		{Action: "compute", Name: w("汇总", "Compute"), From: []flow.State{Calling}, To: Shown, System: true},
		{Action: "comment", Name: w("说明情况", "Comment"), From: []flow.State{Shown, Decided}, Perms: []access.Perm{own}, Needs: []flow.Field{field("text", "text", "说明", "comment", true)}, Side: true},
		{Action: "decide", Name: w("决定", "Decide"), From: []flow.State{Shown}, To: Decided, Perms: []access.Perm{access.Appraise}, Needs: decision, Rules: []flow.Rule[SheetFacts]{notSelf}},
		{Action: "appeal", Name: w("申诉", "Appeal"), From: []flow.State{Decided}, To: Appeal, Perms: []access.Perm{own}, Needs: []flow.Field{field("text", "text", "申诉理由", "why", true)}, Rules: []flow.Rule[SheetFacts]{
			{Why: w("申诉期已过", "the days for appeals have passed"), Hold: func(f SheetFacts) bool { return f.Today <= f.X.AppealUntil }}}},
		{Action: "settle", Name: w("复核申诉", "Settle the appeal"), From: []flow.State{Appeal}, To: Settled, Perms: []access.Perm{access.Appraise}, Needs: decision, Rules: []flow.Rule[SheetFacts]{
			notSelf,
			{Why: w("原结果由您决定，请由他人复核", "the decision was yours; somebody else must settle the appeal"), Hold: func(f SheetFacts) bool { return f.Account != f.X.DecidedBy }}}},
	},
}

// Publish opens an appraisal: criteria, days, and the hash of the seed. It must
// be done before the period ends.
func (s *Service) Publish(ctx context.Context, scope access.Scope, a Appraisal) (*Appraisal, error) {
	var err error
	if a.Name, err = text("name", w("名称", "the name"), a.Name, 60, true); err != nil {
		return nil, err
	}
	a.District = access.DistrictOf(a.Street)
	if access.Digits(a.Street) == 6 {
		a.Street = 0
	}
	if err := scope.Check(a.Target()); err != nil {
		return nil, err
	}
	today := s.Calendar().Day(s.DB.NowIn(ctx))
	switch {
	case a.From < 20000101 || dayNo(dayTime(a.From)) != a.From:
		return nil, invalid("from", "请写成 20261101 这样的日期", "write a day such as 20261101")
	case a.To < a.From || dayNo(dayTime(a.To)) != a.To:
		return nil, invalid("to", "应不早于开始日期", "not earlier than the first day")
	case a.To < today:
		return nil, invalid("to", "考核期已结束：抽样种子须在结束前公布", "the period has ended: the seed's hash must be published before")
	case a.Sample < 1 || a.Sample > 100:
		return nil, invalid("sample", "请填写 1 至 100", "give 1 to 100")
	case a.AppealDays < 5 || a.AppealDays > 30:
		return nil, invalid("appeal_days", "请填写 5 至 30 个工作日", "give 5 to 30 working days")
	case len(a.Criteria) == 0:
		return nil, errs.Required.New("field", w("考核指标", "the indicators")).In("criteria")
	}
	for i, c := range a.Criteria {
		if c.Line < 1 || c.Line > 999 {
			return nil, invalid("criteria", "合格线请填写 0.1% 至 99.9%", "the line lies between 0.1 % and 99.9 %")
		}
		if slices.ContainsFunc(a.Criteria[:i], func(o Criterion) bool { return o.Indicator == c.Indicator }) {
			return nil, invalid("criteria", "指标重复", "an indicator appears twice")
		}
	}
	a.ID, a.State, a.Version = s.DB.NextID(), Open, 1
	a.CreatedBy, a.CreatedAt = scope.Account(), s.DB.NowIn(ctx)
	a.Commitment = Commit(s.seed(&a))
	return &a, s.DB.Write(ctx, func(tx *store.Tx) error { return addAppraisal(tx, scope, &a) })
}

// seed is made from the city's secret, so that nobody chooses it and it is
// nowhere to be read before the draw.
func (s *Service) seed(a *Appraisal) []byte {
	m := hmac.New(sha256.New, s.DrawKey)
	m.Write([]byte("appraisal " + strconv.Itoa(a.District) + " " + strconv.FormatInt(a.ID, 10)))
	return m.Sum(nil)
}

// ActOnAppraisal takes an appraisal a step further: draw, compute, close.
func (s *Service) ActOnAppraisal(ctx context.Context, scope access.Scope, id int64, version int, action flow.Action) (*Appraisal, error) {
	a, err := s.AppraisalByID(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	if a.Version != version {
		return nil, errs.Stale.New("current", a.Version)
	}
	f, err := s.appraisalFacts(ctx, scope, a)
	if err != nil {
		return nil, err
	}
	t, err := AppraisalLife.Next(a.State, action, can(scope, a.Target()), f)
	if err != nil {
		return nil, err
	}
	a.State, a.Version = t.To, a.Version+1
	switch action {
	case "draw":
		return a, s.draw(ctx, scope, a)
	case "compute":
		return a, s.compute(ctx, scope, a)
	}
	return a, s.DB.Write(ctx, func(tx *store.Tx) error { return stepAppraisal(tx, scope, a, action, nil) })
}

func (s *Service) appraisalFacts(ctx context.Context, scope access.Scope, a *Appraisal) (AppraisalFacts, error) {
	f := AppraisalFacts{A: a, Today: s.Calendar().Day(s.DB.NowIn(ctx)), Called: a.Waiting}
	sheets, err := s.sheets(ctx, "x.district = ? AND x.appraisal = ?", a.District, a.ID)
	for _, x := range sheets {
		if !x.final(f.Today) {
			f.Open++
		}
		f.Rated = f.Rated || x.Account == scope.Account()
	}
	for _, p := range held(scope) { // before the draw there are no sheets
		f.Rated = f.Rated || p.Role == WorkerRole && p.InForce(f.Today)
	}
	return f, err
}

// WorkerRole is the role of grid workers.
const WorkerRole = "grid_worker"

// final tells whether the sheet's result stands on the day.
func (x *Sheet) final(today int) bool {
	return x.State == Settled || x.State == Decided && x.AppealUntil < today
}

// draw makes the sheets and their calls, and reveals the seed.
func (s *Service) draw(ctx context.Context, scope access.Scope, a *Appraisal) error {
	stints, err := s.stints(ctx, a.District, a.Street, a.From, s.Calendar().AddDays(a.To, 1))
	if err != nil {
		return err
	}
	pools := map[int64][]int64{}
	if err := s.Outcomes.Cases(ctx, a.District, a.From, a.To, nil, func(c OutcomeCase) {
		if c.Callable {
			pools[c.Grid] = append(pools[c.Grid], c.ID)
		}
	}); err != nil {
		return err
	}
	seed := s.seed(a)
	a.Seed, a.DrawnBy, a.DrawnAt = hex.EncodeToString(seed), scope.Account(), s.DB.NowIn(ctx)
	var sheets []*Sheet
	at := map[int64]*Sheet{}
	for _, st := range stints {
		x := at[st.Account]
		if x == nil {
			x = &Sheet{District: a.District, ID: s.DB.NextID(), Appraisal: a.ID, Account: st.Account, State: Calling, Version: 1}
			at[st.Account] = x
			sheets = append(sheets, x)
		}
		x.Street, x.Community, x.Grid, x.Org = st.Street, st.Community, st.Grid, st.Org
	}
	for _, x := range sheets { // two workers of one grid answer for it together
		x.Pool = slices.Clone(pools[x.Grid])
		slices.Sort(x.Pool)
		x.Drawn = Draw(seed, x.Pool, a.Sample)
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, x := range sheets {
			tx.Append(sheetTable, x.values()...)
			for _, c := range x.Drawn {
				tx.Append(callTable, x.District, tx.NextID(), a.ID, x.ID, c, 0, 0, -1, 0, 0, 0)
			}
		}
		return stepAppraisal(tx, scope, a, "draw", sheets)
	})
}

// compute fills in the measures of all sheets and proposes.
func (s *Service) compute(ctx context.Context, scope access.Scope, a *Appraisal) error {
	sheets, err := s.sheets(ctx, "x.district = ? AND x.appraisal = ?", a.District, a.ID)
	if err != nil {
		return err
	}
	calls, err := s.callsOf(ctx, a)
	if err != nil {
		return err
	}
	var figures []string
	accounts := make([]int64, len(sheets))
	for i, x := range sheets {
		accounts[i] = x.Account
	}
	for _, c := range a.Criteria {
		if !c.Indicator.o.called && c.Indicator.o.code != Trained {
			figures = append(figures, c.Indicator.o.code)
		}
	}
	type rows struct{ hits, misses map[int64][]int64 } // by grid
	byFigure := make([]rows, len(figures))
	for i := range byFigure {
		byFigure[i] = rows{map[int64][]int64{}, map[int64][]int64{}}
	}
	if err := s.Outcomes.Cases(ctx, a.District, a.From, a.To, figures, func(c OutcomeCase) {
		for i := range figures {
			switch {
			case c.In[i]:
				byFigure[i].hits[c.Grid] = append(byFigure[i].hits[c.Grid], c.ID)
			case c.Of[i]:
				byFigure[i].misses[c.Grid] = append(byFigure[i].misses[c.Grid], c.ID)
			}
		}
	}); err != nil {
		return err
	}
	done, open, err := s.trained(ctx, a.District, accounts, a.To)
	if err != nil {
		return err
	}
	for _, x := range sheets {
		x.Measures = nil
		for _, c := range a.Criteria {
			m := Measure{Criterion: c}
			switch code := c.Indicator.o.code; {
			case code == Trained:
				m.Hits, m.Misses = done[x.Account], open[x.Account]
			case c.Indicator.o.called:
				m.Hits, m.Misses = told(code, calls[x.ID])
			default:
				i := slices.Index(figures, code)
				m.Hits, m.Misses = byFigure[i].hits[x.Grid], byFigure[i].misses[x.Grid]
			}
			x.Measures = append(x.Measures, m)
		}
		x.State, x.Version = Shown, x.Version+1
		x.Proposed, x.ProposedRenew = Propose(x.Measures)
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for _, x := range sheets {
			if err := setSheet(tx, x); err != nil {
				return err
			}
		}
		return stepAppraisal(tx, scope, a, "compute", sheets)
	})
}

// told are the cases of a sheet's calls by what was answered; who was not
// reached, or gave no grade, counts nowhere.
func told(code string, calls []*Call) (hits, misses []int64) {
	for _, c := range calls {
		switch {
		case c.Done != Reached:
		case code == "solved" && c.Solved == 1, code == "satisfaction" && c.Satisfied >= 4:
			hits = append(hits, c.Case)
		case code == "solved", c.Satisfied > 0:
			misses = append(misses, c.Case)
		}
	}
	return hits, misses
}

// ActOnSheet takes a sheet a step further; mine is set where the worker acts on
// the own one.
func (s *Service) ActOnSheet(ctx context.Context, scope access.Scope, id int64, version int, action flow.Action, mine bool, fields map[string]string) (*Sheet, error) {
	x, err := s.sheetByID(ctx, scope, id, mine)
	if err != nil {
		return nil, err
	}
	if x.Version != version {
		return nil, errs.Stale.New("current", x.Version)
	}
	today := s.Calendar().Day(s.DB.NowIn(ctx))
	may := can(scope, x.Target())
	if mine {
		may = func(p access.Perm) bool { return p == own }
	}
	t, err := SheetLife.Next(x.State, action, may, SheetFacts{X: x, Account: scope.Account(), Today: today})
	if err != nil {
		return nil, err
	}
	if err := t.CheckNeeds(given(fields)); err != nil {
		return nil, err
	}
	said, err := text("text", w("内容", "the text"), fields["text"], 500, true)
	if err != nil {
		return nil, err
	}
	l := SheetLog{Seq: len(x.Log) + 1, Action: string(action), Text: said, Actor: scope.Account(), At: s.DB.NowIn(ctx)}
	if t.To != "" {
		x.State = t.To
	}
	switch action {
	case "decide":
		a, err := s.appraisalOf(ctx, x)
		if err != nil {
			return nil, err
		}
		x.Level, x.Renew, x.DecidedBy, x.DecidedAt = fields["level"], fields["renew"] == "yes", l.Actor, l.At
		x.AppealUntil = s.workdaysOn(today, a.AppealDays)
		l.Level, l.Renew = x.Level, x.Renew
	case "settle":
		x.Level, x.Renew, x.SettledBy, x.SettledAt = fields["level"], fields["renew"] == "yes", l.Actor, l.At
		l.Level, l.Renew = x.Level, x.Renew
	}
	x.Version++
	x.Log = append(x.Log, l)
	return x, s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := setSheet(tx, x); err != nil {
			return err
		}
		return logSheet(tx, scope, x, l)
	})
}

// workdaysOn is the n-th working day after a day.
func (s *Service) workdaysOn(day, n int) int {
	cal := s.Calendar()
	for n > 0 {
		if day = cal.AddDays(day, 1); cal.Workday(day) {
			n--
		}
	}
	return day
}
