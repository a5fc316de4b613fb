package workforce

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/web"
)

var _ = web.Name(map[string]errs.Words{"month": w("月份", "the month"), "amount": w("金额", "the amount"), "items": w("项目", "the items"), "criteria": w("考核指标", "the indicators"),
	"sample": w("抽样数", "the sample"), "appeal_days": w("申诉期", "the days for appeals"), "renew": w("是否续聘", "renewal"), "levels": w("等次金额", "the amounts by level"), "of": w("计算基数", "the base"), "line": w("合格线", "the line")})

// API registers the room's operations.
func (s *Service) API(r *web.Router) {
	op := func(id, method, path string, p access.Policy, zh, en string) web.Op {
		return web.Op{ID: id, Method: method, Path: "/api/v1" + path, Policy: p, Tags: []string{"workforce"}, Summary: zh, SummaryEN: en}
	}
	made := func(o web.Op) web.Op { o.Status = http.StatusCreated; return o }
	acts := func(o web.Op) web.Op { o.Answers = []int{404, 409}; return o }
	s.staffAPI(r, op)
	pay, write := access.Needs(access.StaffWrite, access.PayApprove), access.Needs(access.StaffWrite)
	look := access.Needs(access.StaffWrite, access.Appraise)
	web.Register(r, op("list-pay-rules", "GET", "/pay-rules", pay, "薪酬规则", "Pay rules with a worked example"), s.apiRules)
	web.Register(r, acts(made(op("set-pay-rule", "POST", "/pay-rules", write, "设置薪酬规则", "Put a pay rule in force from a month on"))), s.apiSetRule)
	web.Register(r, op("list-pay-runs", "GET", "/pay-runs", pay, "工资表", "Pay runs"), s.apiRuns)
	web.Register(r, acts(made(op("prepare-pay-run", "POST", "/pay-runs", write, "编制工资表", "Prepare a street's pay of a month"))), s.apiPrepare)
	web.Register(r, op("get-pay-run", "GET", "/pay-runs/{id}", pay, "工资表详情", "A pay run with its slips"), s.apiRun)
	web.Register(r, acts(op("act-on-pay-run", "POST", "/pay-runs/{id}/actions", pay, "办理工资表", "Take a pay run a step further")), s.apiActOnRun)
	web.Handle(r, web.Op{ID: "export-pay-run", Method: "GET", Path: "/api/v1/pay-runs/{id}/export.xlsx", Policy: pay, Tags: []string{"workforce"}, Produces: web.XLSX, Answers: []int{404}, Summary: "导出工资表(财政)", SummaryEN: "A pay run as Excel for the treasury"}, s.exportRun)
	web.Register(r, acts(made(op("correct-pay-slip", "POST", "/pay-slips/{id}/corrections", write, "登记工资更正", "Note a correction, which a later run pays"))), s.apiCorrect)
	web.Register(r, op("my-pay", "GET", "/my/pay", access.SignedIn, "我的工资条", "My pay slips"), s.apiMyPay)

	web.Register(r, op("list-indicators", "GET", "/appraisal-indicators", look, "可选考核指标", "The outcomes by which work may be appraised"), s.apiIndicators)
	web.Register(r, op("list-appraisals", "GET", "/appraisals", look, "考核", "Appraisals"), s.apiAppraisals)
	web.Register(r, acts(made(op("publish-appraisal", "POST", "/appraisals", look, "公布考核方案", "Publish an appraisal with the hash of its seed"))), s.apiPublish)
	web.Register(r, op("get-appraisal", "GET", "/appraisals/{id}", look, "考核详情", "An appraisal with its sheets"), s.apiAppraisal)
	web.Register(r, acts(op("act-on-appraisal", "POST", "/appraisals/{id}/actions", look, "办理考核", "Draw, compute or close an appraisal")), s.apiActOnAppraisal)
	web.Register(r, op("appraisal-draw", "GET", "/appraisals/{id}/draw", access.SignedIn, "抽样公示", "The draw, to be made again by anybody"), s.apiDraw)
	web.Register(r, op("get-appraisal-sheet", "GET", "/appraisal-sheets/{id}", look, "考核表", "A sheet with every row behind its figures"), s.apiSheet)
	web.Register(r, acts(op("act-on-appraisal-sheet", "POST", "/appraisal-sheets/{id}/actions", access.Needs(access.Appraise), "决定考核结果", "Decide, or settle an appeal")), s.apiActOnSheet(false))
	calls := access.Needs(access.CaseCallback)
	web.Register(r, op("list-appraisal-calls", "GET", "/appraisal-calls", calls, "考核回访", "Calls to make for appraisals"), s.apiCalls)
	web.Register(r, acts(op("answer-appraisal-call", "POST", "/appraisal-calls/{id}", calls, "记录考核回访", "Note a call")), s.apiAnswered)
	web.Register(r, op("my-appraisals", "GET", "/my/appraisals", access.SignedIn, "我的考核", "My appraisals with every row"), s.apiMySheets)
	web.Register(r, acts(op("act-on-my-appraisal", "POST", "/my/appraisals/{id}/actions", access.SignedIn, "说明或申诉", "Comment on or appeal my appraisal")), s.apiActOnSheet(true))
}

func instant(t int64) string {
	if t == 0 {
		return ""
	}
	return time.UnixMicro(t).In(time.FixedZone("", 8*3600)).Format(time.RFC3339)
}

func digits(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

type person struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func (s *Service) person(id int64) *person {
	if id == 0 {
		return nil
	}
	return &person{id, s.People.Account(id)}
}

type place struct {
	Grid      int64  `json:"grid_id"`
	GridName  string `json:"grid_name"`
	Community string `json:"community"`
	Name      string `json:"community_name"`
}

func (s *Service) place(community, grid int64) place {
	name, _ := s.Places.Grid(grid)
	return place{grid, name, digits(community), s.Places.Region(community)}
}

// option is a step that may be taken now, or why not.
type option struct {
	Action  string        `json:"action"`
	Name    string        `json:"name"`
	Allowed bool          `json:"allowed"`
	Why     string        `json:"why,omitempty"`
	Side    bool          `json:"side" doc:"never the main button"`
	Needs   []optionField `json:"needs" nullable:"false"`
}

type optionField struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Label    string `json:"label"`
	Required bool   `json:"required"`
}

func options[F any](all []flow.Option[F], lang string) []option {
	out := []option{}
	for _, o := range all {
		x := option{Action: string(o.Action), Name: o.Name.In(lang), Allowed: o.Allowed, Why: o.Why.In(lang), Side: o.Side, Needs: []optionField{}}
		for _, n := range o.Needs {
			x.Needs = append(x.Needs, optionField{n.Name, n.Type, n.Label.In(lang), n.Required})
		}
		out = append(out, x)
	}
	return out
}

type lineItem struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Amount int64  `json:"amount" doc:"fen"`
	How    string `json:"how" doc:"how it came about"`
}

func lineItems(lines []Line, lang string) []lineItem {
	out := make([]lineItem, len(lines))
	for i, l := range lines {
		out[i] = lineItem{l.Code, w(l.Name, orThis(l.NameEN, l.Name)).In(lang), int64(l.Amount), l.How(lang)}
	}
	return out
}

func orThis(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

type ruleItem struct {
	ID       int64  `json:"id"`
	District int    `json:"district"`
	From     int    `json:"from" doc:"first month, yyyymm"`
	Name     string `json:"name"`
	Items    []Item `json:"items" nullable:"false"`
	Example  struct {
		Text  string     `json:"text" doc:"whose pay it is"`
		Lines []lineItem `json:"lines" nullable:"false"`
		Total int64      `json:"total" doc:"fen"`
	} `json:"example"`
	CreatedBy *person `json:"created_by"`
	CreatedAt string  `json:"created_at"`
}

func (s *Service) ruleItem(r *Rule, lang string) ruleItem {
	x := ruleItem{ID: r.ID, District: r.District, From: r.From, Name: r.Name, Items: r.Items, CreatedBy: s.person(r.CreatedBy), CreatedAt: instant(r.CreatedAt)}
	lines, total := r.compute(example, nil)
	x.Example.Text = w(fmt.Sprintf("工龄 %d 年、当月代班 %d 天、考核优秀、全月在岗的网格员", example.Years, example.Cover), fmt.Sprintf("A worker with %d years of service, %d days of cover, a good appraisal and a full month", example.Years, example.Cover)).In(lang)
	x.Example.Lines, x.Example.Total = lineItems(lines, lang), int64(total)
	return x
}

type rulesOut struct {
	Body struct {
		Items []ruleItem `json:"items" nullable:"false"`
	}
}

func (s *Service) apiRules(ctx context.Context, scope access.Scope, _ *struct{}) (*rulesOut, error) {
	list, err := s.rules(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &rulesOut{}
	out.Body.Items = []ruleItem{}
	for _, r := range list {
		out.Body.Items = append(out.Body.Items, s.ruleItem(r, web.Lang(ctx)))
	}
	return out, nil
}

type setRuleIn struct {
	Body struct {
		District int    `json:"district" minimum:"100000" maximum:"999999"`
		From     int    `json:"from" doc:"first month, yyyymm"`
		Name     string `json:"name" maxLength:"60"`
		Items    []Item `json:"items" nullable:"false"`
	}
}

type ruleOut struct{ Body ruleItem }

func (s *Service) apiSetRule(ctx context.Context, scope access.Scope, in *setRuleIn) (*ruleOut, error) {
	b := in.Body
	r, err := s.SetRule(ctx, scope, Rule{District: b.District, From: b.From, Name: b.Name, Items: b.Items})
	if err != nil {
		return nil, err
	}
	return &ruleOut{s.ruleItem(r, web.Lang(ctx))}, nil
}

type runItem struct {
	ID         int64   `json:"id"`
	Street     string  `json:"street"`
	StreetName string  `json:"street_name"`
	Month      int     `json:"month" doc:"yyyymm"`
	State      string  `json:"state" enum:"draft,submitted,checked,locked"`
	Version    int     `json:"version"`
	Slips      int     `json:"slips"`
	Total      int64   `json:"total" doc:"fen"`
	PreparedBy *person `json:"prepared_by"`
	CheckedBy  *person `json:"checked_by"`
	LockedBy   *person `json:"locked_by"`
	LockedAt   string  `json:"locked_at"`
	Note       string  `json:"note" doc:"why it was sent back"`
}

func (s *Service) runItem(r *Run) runItem {
	return runItem{r.ID, digits(r.Street), s.Places.Region(r.Street), r.Month, string(r.State), r.Version, r.Slips, int64(r.Total), s.person(r.PreparedBy), s.person(r.CheckedBy), s.person(r.LockedBy), instant(r.LockedAt), r.Note}
}

type runsIn struct {
	State string `query:"state" enum:"draft,submitted,checked,locked"`
	Month int    `query:"month" doc:"yyyymm"`
}

type runsOut struct {
	Body struct {
		Items []runItem `json:"items" nullable:"false"`
	}
}

func (s *Service) apiRuns(ctx context.Context, scope access.Scope, in *runsIn) (*runsOut, error) {
	list, err := s.Runs(ctx, scope, in.State, in.Month)
	if err != nil {
		return nil, err
	}
	out := &runsOut{}
	out.Body.Items = make([]runItem, len(list))
	for i, r := range list {
		out.Body.Items[i] = s.runItem(r)
	}
	return out, nil
}

type prepareIn struct {
	Body struct {
		Street string `json:"street" pattern:"^[0-9]{9}$"`
		Month  int    `json:"month" doc:"yyyymm"`
	}
}

type slipItem struct {
	ID     int64      `json:"id"`
	Worker *person    `json:"worker"`
	Place  place      `json:"place"`
	Month  int        `json:"month"`
	Lines  []lineItem `json:"lines" nullable:"false"`
	Total  int64      `json:"total" doc:"fen; the sum of the lines"`
	Later  []later    `json:"corrections" nullable:"false" doc:"differences found later; a later run pays them"`
}

type later struct {
	Amount int64   `json:"amount" doc:"fen"`
	Reason string  `json:"reason"`
	Paid   bool    `json:"paid" doc:"a run has taken it up"`
	By     *person `json:"by"`
	At     string  `json:"at"`
}

func (s *Service) slipItem(x *Slip, lang string) slipItem {
	out := slipItem{ID: x.ID, Worker: s.person(x.Account), Place: s.place(x.Community, x.Grid), Month: x.Month, Lines: lineItems(x.Lines, lang), Total: int64(x.Total), Later: []later{}}
	for _, c := range x.Corrections {
		out.Later = append(out.Later, later{int64(c.Amount), c.Reason, c.Run != 0, s.person(c.By), instant(c.At)})
	}
	return out
}

type runOut struct{ Body runPage }

type runPage struct {
	runItem
	Rule    string     `json:"rule" doc:"name of the pay rule"`
	Items   []slipItem `json:"items" nullable:"false"`
	Options []option   `json:"options" nullable:"false"`
}

func (s *Service) runPage(ctx context.Context, scope access.Scope, r *Run) (*runOut, error) {
	lang := web.Lang(ctx)
	out := &runOut{runPage{runItem: s.runItem(r), Items: []slipItem{}, Options: []option{}}}
	slips, err := s.SlipsOf(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, x := range slips {
		out.Body.Items = append(out.Body.Items, s.slipItem(x, lang))
	}
	rule, err := s.ruleFor(ctx, r.District, r.Month)
	if err != nil {
		return nil, err
	}
	out.Body.Rule = rule.Name
	may := can(scope, r.Target())
	out.Body.Options = options(RunLife.Options(r.State, may, r.facts(scope, "approve")), lang)
	return out, nil
}

func (s *Service) apiPrepare(ctx context.Context, scope access.Scope, in *prepareIn) (*runOut, error) {
	street, _ := strconv.ParseInt(in.Body.Street, 10, 64) // the pattern allows digits only
	r, err := s.Prepare(ctx, scope, street, in.Body.Month)
	if err != nil {
		return nil, err
	}
	return s.runPage(ctx, scope, r)
}

type idIn struct {
	ID int64 `path:"id"`
}

func (s *Service) apiRun(ctx context.Context, scope access.Scope, in *idIn) (*runOut, error) {
	r, err := s.RunByID(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return s.runPage(ctx, scope, r)
}

type actIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Action  string `json:"action"`
		Version int    `json:"version"`
		Note    string `json:"note,omitempty" maxLength:"200"`
	}
}

func (s *Service) apiActOnRun(ctx context.Context, scope access.Scope, in *actIn) (*runOut, error) {
	r, err := s.ActOnRun(ctx, scope, in.ID, in.Body.Version, flow.Action(in.Body.Action), in.Body.Note)
	if err != nil {
		return nil, err
	}
	return s.runPage(ctx, scope, r)
}

type correctIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Amount int64  `json:"amount" doc:"fen; negative takes back"`
		Reason string `json:"reason" maxLength:"200"`
	}
}

type correctOut struct {
	Body struct {
		ID int64 `json:"id"`
	}
}

func (s *Service) apiCorrect(ctx context.Context, scope access.Scope, in *correctIn) (*correctOut, error) {
	c, err := s.Correct(ctx, scope, in.ID, Fen(in.Body.Amount), in.Body.Reason)
	if err != nil {
		return nil, err
	}
	out := &correctOut{}
	out.Body.ID = c.ID
	return out, nil
}

type myPayOut struct {
	Body struct {
		Items []slipItem `json:"items" nullable:"false"`
	}
}

func (s *Service) apiMyPay(ctx context.Context, scope access.Scope, _ *struct{}) (*myPayOut, error) {
	list, err := s.SlipsFor(ctx, scope.Account())
	if err != nil {
		return nil, err
	}
	out := &myPayOut{}
	out.Body.Items = make([]slipItem, len(list))
	for i, x := range list {
		out.Body.Items[i] = s.slipItem(x, web.Lang(ctx))
	}
	return out, nil
}

// exportRun writes the run as the treasury wants it: a row a worker, a column an
// item, the sums below.
func (s *Service) exportRun(ctx context.Context, scope access.Scope, rw http.ResponseWriter, req *http.Request) error {
	id, err := strconv.ParseInt(req.PathValue("id"), 10, 64)
	if err != nil {
		return errs.NotFound.New()
	}
	r, err := s.RunByID(ctx, scope, id)
	if err != nil {
		return err
	}
	slips, err := s.SlipsOf(ctx, r)
	if err != nil {
		return err
	}
	lang := web.Lang(ctx)
	cols := []web.Column{{Title: w("姓名", "Name").In(lang)}, {Title: w("社区", "Community").In(lang), Width: 16}, {Title: w("网格", "Grid").In(lang), Width: 24}}
	at := map[string]int{}
	for _, x := range slips {
		for _, l := range x.Lines {
			if _, ok := at[l.Code]; !ok {
				at[l.Code] = len(cols)
				cols = append(cols, web.Column{Title: w(l.Name, orThis(l.NameEN, l.Name)).In(lang) + w("(元)", " (yuan)").In(lang)})
			}
		}
	}
	cols = append(cols, web.Column{Title: w("实发(元)", "Paid (yuan)").In(lang)})
	t, err := web.NewTable(rw, fmt.Sprintf("%s %d-%02d %s", s.Places.Region(r.Street), r.Month/100, r.Month%100, w("工资表", "pay").In(lang)), "xlsx", s.Calendar().Location(), cols)
	if err != nil {
		return err
	}
	sums := make([]Fen, len(cols))
	row := func(name, community, grid string, amounts []Fen) error {
		vals := []any{name, community, grid}
		for _, a := range amounts[3:] {
			vals = append(vals, float64(a)/100)
		}
		return t.Row(vals...)
	}
	err = func() error {
		for _, x := range slips {
			amounts := make([]Fen, len(cols))
			for _, l := range x.Lines {
				amounts[at[l.Code]] += l.Amount
			}
			amounts[len(cols)-1] = x.Total
			for i, a := range amounts {
				sums[i] += a
			}
			p := s.place(x.Community, x.Grid)
			if err := row(s.People.Account(x.Account), p.Name, p.GridName, amounts); err != nil {
				return err
			}
		}
		if err := row(w("合计", "Total").In(lang), "", "", sums); err != nil {
			return err
		}
		return t.Close()
	}()
	if err != nil {
		t.Abort()
	}
	return err
}
