package workforce

import (
	"context"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/share"
	"linli/internal/kernel/web"
)

type indicatorItem struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Lower  bool   `json:"lower" doc:"better when lower"`
	Called bool   `json:"called" doc:"told by the reporters whom the appraisal's own sample calls"`
}

type indicatorsOut struct {
	Body struct {
		Items []indicatorItem `json:"items" nullable:"false"`
	}
}

func (s *Service) apiIndicators(ctx context.Context, _ access.Scope, _ *struct{}) (*indicatorsOut, error) {
	out := &indicatorsOut{}
	for _, o := range outcomes {
		out.Body.Items = append(out.Body.Items, indicatorItem{o.code, o.name.In(web.Lang(ctx)), o.lower, o.called})
	}
	return out, nil
}

type criterionItem struct {
	Indicator string `json:"indicator"`
	Line      int    `json:"line" doc:"thousandths that good work stays on one side of"`
}

type appraisalItem struct {
	ID         int64           `json:"id"`
	Name       string          `json:"name"`
	District   int             `json:"district"`
	Street     string          `json:"street" doc:"empty: the whole district"`
	Where      string          `json:"where"`
	From       int             `json:"from"`
	To         int             `json:"to"`
	State      string          `json:"state" enum:"open,calling,shown,closed"`
	Version    int             `json:"version"`
	Criteria   []criterionItem `json:"criteria" nullable:"false"`
	Sample     int             `json:"sample"`
	AppealDays int             `json:"appeal_days"`
	Commitment string          `json:"commitment"`
	Seed       string          `json:"seed" doc:"empty until the draw"`
	Sheets     int             `json:"sheets"`
	Waiting    int             `json:"waiting" doc:"calls to make"`
	CreatedBy  *person         `json:"created_by"`
	CreatedAt  string          `json:"created_at"`
	DrawnBy    *person         `json:"drawn_by"`
	DrawnAt    string          `json:"drawn_at"`
}

func (s *Service) appraisalItem(a *Appraisal) appraisalItem {
	x := appraisalItem{ID: a.ID, Name: a.Name, District: a.District, Street: digits(a.Street), Where: s.Places.Region(int64(a.District)), From: a.From, To: a.To, State: string(a.State), Version: a.Version, Criteria: []criterionItem{},
		Sample: a.Sample, AppealDays: a.AppealDays, Commitment: a.Commitment, Seed: a.Seed, Sheets: a.Sheets, Waiting: a.Waiting, CreatedBy: s.person(a.CreatedBy), CreatedAt: instant(a.CreatedAt), DrawnBy: s.person(a.DrawnBy), DrawnAt: instant(a.DrawnAt)}
	if a.Street != 0 {
		x.Where = s.Places.Region(a.Street)
	}
	for _, c := range a.Criteria {
		x.Criteria = append(x.Criteria, criterionItem{c.Indicator.Code(), c.Line})
	}
	return x
}

type appraisalsOut struct {
	Body struct {
		Items []appraisalItem `json:"items" nullable:"false"`
	}
}

func (s *Service) apiAppraisals(ctx context.Context, scope access.Scope, _ *struct{}) (*appraisalsOut, error) {
	list, err := s.Appraisals(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &appraisalsOut{}
	out.Body.Items = make([]appraisalItem, len(list))
	for i, a := range list {
		out.Body.Items[i] = s.appraisalItem(a)
	}
	return out, nil
}

type publishIn struct {
	Body struct {
		Region     string          `json:"region" pattern:"^([0-9]{6}|[0-9]{9})$" doc:"a district or street"`
		Name       string          `json:"name" maxLength:"60"`
		From       int             `json:"from" doc:"first day of report, yyyymmdd"`
		To         int             `json:"to" doc:"last day, yyyymmdd; not before today"`
		Criteria   []criterionItem `json:"criteria" nullable:"false" maxItems:"10"`
		Sample     int             `json:"sample" doc:"cases to be called for each worker at most"`
		AppealDays int             `json:"appeal_days" doc:"working days"`
	}
}

type appraisalOut struct{ Body appraisalPage }

type appraisalPage struct {
	appraisalItem
	Items   []sheetItem `json:"items" nullable:"false" doc:"by community and grid, never by result"`
	Options []option    `json:"options" nullable:"false"`
}

func (s *Service) apiPublish(ctx context.Context, scope access.Scope, in *publishIn) (*appraisalOut, error) {
	b := in.Body
	a := Appraisal{Name: b.Name, From: b.From, To: b.To, Sample: b.Sample, AppealDays: b.AppealDays}
	a.Street, _ = strconv.ParseInt(b.Region, 10, 64) // the pattern allows digits only
	for _, c := range b.Criteria {
		i, err := ParseIndicator(c.Indicator)
		if err != nil {
			return nil, err
		}
		a.Criteria = append(a.Criteria, Criterion{i, c.Line})
	}
	made, err := s.Publish(ctx, scope, a)
	if err != nil {
		return nil, err
	}
	return s.appraisalPage(ctx, scope, made)
}

func (s *Service) appraisalPage(ctx context.Context, scope access.Scope, a *Appraisal) (*appraisalOut, error) {
	lang := web.Lang(ctx)
	out := &appraisalOut{appraisalPage{appraisalItem: s.appraisalItem(a), Items: []sheetItem{}, Options: []option{}}}
	sheets, err := s.SheetsOf(ctx, scope, a)
	if err != nil {
		return nil, err
	}
	for _, x := range sheets {
		out.Body.Items = append(out.Body.Items, s.sheetItem(x, lang))
	}
	if scope.Covers(a.Target()) {
		f, err := s.appraisalFacts(ctx, scope, a)
		if err != nil {
			return nil, err
		}
		out.Body.Options = options(AppraisalLife.Options(a.State, can(scope, a.Target()), f), lang)
	}
	return out, nil
}

// apiAppraisal shows a district's appraisal also to a street's chief: with the
// sheets of that street only.
func (s *Service) apiAppraisal(ctx context.Context, scope access.Scope, in *idIn) (*appraisalOut, error) {
	a, err := s.appraisal(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if _, ok := scope.PerDistrict(a.District); !ok || a.Street != 0 && !scope.Covers(a.Target()) {
		return nil, errs.NotFound.New()
	}
	return s.appraisalPage(ctx, scope, a)
}

func (s *Service) apiActOnAppraisal(ctx context.Context, scope access.Scope, in *actIn) (*appraisalOut, error) {
	if _, err := s.ActOnAppraisal(ctx, scope, in.ID, in.Body.Version, flow.Action(in.Body.Action)); err != nil {
		return nil, err
	}
	a, err := s.AppraisalByID(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return s.appraisalPage(ctx, scope, a)
}

type drawOut struct {
	Body struct {
		Drawn
		Verified bool   `json:"verified" doc:"the server has drawn again and got the same"`
		Problem  string `json:"problem,omitempty"`
	}
}

func (s *Service) apiDraw(ctx context.Context, _ access.Scope, in *idIn) (*drawOut, error) {
	d, err := s.DrawOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &drawOut{}
	out.Body.Drawn = *d
	if d.Seed != "" {
		if err := d.Check(); err != nil {
			out.Body.Problem = err.Error()
		}
		out.Body.Verified = out.Body.Problem == ""
	}
	return out, nil
}

type measureItem struct {
	Indicator string    `json:"indicator"`
	Name      string    `json:"name"`
	Lower     bool      `json:"lower" doc:"better when lower"`
	Line      int       `json:"line" doc:"thousandths"`
	K         int64     `json:"k" doc:"rows that count"`
	N         int64     `json:"n" doc:"rows in all"`
	Value     *float64  `json:"value" doc:"null: no data"`
	Interval  []float64 `json:"interval" nullable:"false" doc:"95 %, Wilson; empty without data"`
	Small     bool      `json:"n_small" doc:"fewer than 30: not to be ranked"`
	Verdict   string    `json:"verdict" enum:"clear,short,unsure,no_data"`
	Rows      []rowItem `json:"rows,omitempty" doc:"every row behind the figure"`
}

type rowItem struct {
	Ref
	Hit bool `json:"hit" doc:"counts for the figure"`
}

type sheetItem struct {
	ID            int64         `json:"id"`
	Appraisal     int64         `json:"appraisal"`
	Worker        *person       `json:"worker"`
	Place         place         `json:"place"`
	State         string        `json:"state" enum:"calling,shown,decided,appealed,settled"`
	Version       int           `json:"version"`
	Measures      []measureItem `json:"measures" nullable:"false"`
	Proposed      string        `json:"proposed" doc:"level: good, fair, poor; empty before the figures stand"`
	ProposedRenew bool          `json:"proposed_renew"`
	Level         string        `json:"level" doc:"as decided; empty before"`
	Renew         bool          `json:"renew"`
	AppealUntil   int           `json:"appeal_until" doc:"last day for an appeal, yyyymmdd; 0 before the decision"`
	DecidedBy     *person       `json:"decided_by"`
	SettledBy     *person       `json:"settled_by"`
}

func (s *Service) sheetItem(x *Sheet, lang string) sheetItem {
	out := sheetItem{ID: x.ID, Appraisal: x.Appraisal, Worker: s.person(x.Account), Place: s.place(x.Community, x.Grid), State: string(x.State), Version: x.Version, Measures: []measureItem{},
		Proposed: x.Proposed, ProposedRenew: x.ProposedRenew, Level: x.Level, Renew: x.Renew, AppealUntil: x.AppealUntil, DecidedBy: s.person(x.DecidedBy), SettledBy: s.person(x.SettledBy)}
	for i := range x.Measures {
		out.Measures = append(out.Measures, x.Measures[i].item(lang))
	}
	return out
}

func (m *Measure) item(lang string) measureItem {
	o := m.Indicator.o
	out := measureItem{Indicator: o.code, Name: o.name.In(lang), Lower: o.lower, Line: m.Line, K: int64(len(m.Hits)), N: m.N(), Interval: []float64{}, Verdict: m.Verdict()}
	if out.N > 0 {
		v := float64(out.K) / float64(out.N)
		lo, hi := m.Interval()
		out.Value, out.Interval, out.Small = &v, []float64{lo, hi}, out.N < share.Small
	}
	return out
}

type logItem struct {
	Action string  `json:"action"`
	Name   string  `json:"name"`
	Text   string  `json:"text"`
	Level  string  `json:"level"`
	Renew  bool    `json:"renew"`
	By     *person `json:"by"`
	At     string  `json:"at"`
}

type sheetPage struct {
	sheetItem
	Name    string    `json:"name" doc:"of the appraisal"`
	From    int       `json:"from"`
	To      int       `json:"to"`
	Log     []logItem `json:"log" nullable:"false"`
	Options []option  `json:"options" nullable:"false"`
}

// sheetPage is a sheet with the rows behind its figures. Rows of training are
// named by the register.
func (s *Service) sheetPage(ctx context.Context, scope access.Scope, x *Sheet, mine bool) (sheetPage, error) {
	lang := web.Lang(ctx)
	out := sheetPage{sheetItem: s.sheetItem(x, lang), Log: []logItem{}}
	a, err := s.appraisalOf(ctx, x)
	if err != nil {
		return out, err
	}
	out.Name, out.From, out.To = a.Name, a.From, a.To
	for i := range x.Measures {
		if err := s.rowsOf(ctx, x, &x.Measures[i], &out.Measures[i]); err != nil {
			return out, err
		}
	}
	for _, l := range x.Log {
		out.Log = append(out.Log, logItem{l.Action, SheetLife.NameOf(flow.Action(l.Action)).In(lang), l.Text, l.Level, l.Renew, s.person(l.Actor), instant(l.At)})
	}
	may := can(scope, x.Target())
	if mine {
		may = func(p access.Perm) bool { return p == own }
	}
	out.Options = options(SheetLife.Options(x.State, may, SheetFacts{X: x, Account: scope.Account(), Today: s.Calendar().Day(s.DB.NowIn(ctx))}), lang)
	return out, nil
}

func (s *Service) rowsOf(ctx context.Context, x *Sheet, m *Measure, to *measureItem) error {
	for _, part := range []struct {
		ids []int64
		hit bool
	}{{m.Misses, false}, {m.Hits, true}} {
		if len(part.ids) == 0 {
			continue
		}
		name := s.Outcomes.Refs
		if m.Indicator.o.code == Trained {
			name = s.courseRefs
		}
		refs, err := name(ctx, x.District, part.ids)
		if err != nil {
			return err
		}
		for _, r := range refs {
			to.Rows = append(to.Rows, rowItem{r, part.hit})
		}
	}
	return nil
}

type sheetOut struct{ Body sheetPage }

func (s *Service) apiSheet(ctx context.Context, scope access.Scope, in *idIn) (*sheetOut, error) {
	x, err := s.sheetByID(ctx, scope, in.ID, false)
	if err != nil {
		return nil, err
	}
	p, err := s.sheetPage(ctx, scope, x, false)
	return &sheetOut{p}, err
}

type actSheetIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Action  string `json:"action"`
		Version int    `json:"version"`
		Text    string `json:"text,omitempty" maxLength:"500"`
		Level   string `json:"level,omitempty"`
		Renew   string `json:"renew,omitempty" doc:"yes or no"`
	}
}

func (s *Service) apiActOnSheet(mine bool) func(context.Context, access.Scope, *actSheetIn) (*sheetOut, error) {
	return func(ctx context.Context, scope access.Scope, in *actSheetIn) (*sheetOut, error) {
		b := in.Body
		x, err := s.ActOnSheet(ctx, scope, in.ID, b.Version, flow.Action(b.Action), mine, map[string]string{"text": b.Text, "level": b.Level, "renew": b.Renew})
		if err != nil {
			return nil, err
		}
		p, err := s.sheetPage(ctx, scope, x, mine)
		return &sheetOut{p}, err
	}
}

type mySheetsOut struct {
	Body struct {
		Items []sheetPage `json:"items" nullable:"false"`
	}
}

func (s *Service) apiMySheets(ctx context.Context, scope access.Scope, _ *struct{}) (*mySheetsOut, error) {
	list, err := s.SheetsFor(ctx, scope.Account())
	if err != nil {
		return nil, err
	}
	out := &mySheetsOut{}
	out.Body.Items = []sheetPage{}
	for _, x := range list {
		p, err := s.sheetPage(ctx, scope, x, true)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, p)
	}
	return out, nil
}

type callItem struct {
	ID     int64  `json:"id"`
	Case   int64  `json:"case_id"`
	Number string `json:"number"`
	Title  string `json:"title"`
	Place  string `json:"place"`
	Tries  int    `json:"tries"`
}

type callsOut struct {
	Body struct {
		Items []callItem `json:"items" nullable:"false" doc:"without the worker's name: the caller does not know who is appraised"`
	}
}

func (s *Service) apiCalls(ctx context.Context, scope access.Scope, _ *struct{}) (*callsOut, error) {
	list, err := s.Calls(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &callsOut{}
	out.Body.Items = []callItem{}
	for _, c := range list {
		out.Body.Items = append(out.Body.Items, callItem{c.ID, c.Case, c.Number, c.Title, s.Places.Region(c.Community), c.Tries})
	}
	return out, nil
}

type answerIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Reached   bool  `json:"reached"`
		Solved    *bool `json:"solved,omitempty" nullable:"true"`
		Satisfied int   `json:"satisfied,omitempty" doc:"1–5; 0 no grade"`
	}
}

type answerOut struct {
	Body struct {
		Done  int `json:"done" doc:"0 waits for another try, 1 reached, 2 given up"`
		Tries int `json:"tries"`
	}
}

func (s *Service) apiAnswered(ctx context.Context, scope access.Scope, in *answerIn) (*answerOut, error) {
	c, err := s.Answered(ctx, scope, in.ID, Answer{in.Body.Reached, in.Body.Solved, in.Body.Satisfied})
	if err != nil {
		return nil, err
	}
	out := &answerOut{}
	out.Body.Done, out.Body.Tries = c.Done, c.Tries
	return out, nil
}
