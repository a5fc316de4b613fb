package liaison

import (
	"cmp"
	"context"
	"slices"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/web"
)

// API adds the leaders' operations; the registers have their own.
func (s *Service) API(r *web.Router) {
	tags := []string{"liaison"}
	visits, reads := access.Needs(access.LiaisonVisit), access.Needs(access.LiaisonRead)
	web.Register(r, web.Op{ID: "my-liaison", Method: "GET", Path: "/api/v1/liaison/mine", Policy: visits, Tags: tags, Summary: "我包联的网格", SummaryEN: "The grids that I look after"}, s.apiMine)
	web.Register(r, web.Op{ID: "liaison-quarter", Method: "GET", Path: "/api/v1/liaison/quarter", Policy: reads, Tags: tags, Summary: "包联走访进度", SummaryEN: "How the quarter's visits stand"}, s.apiQuarter)
	web.Register(r, web.Op{ID: "plan-liaison-visit", Method: "POST", Path: "/api/v1/liaison/posts/{id}/plan", Policy: visits, Tags: tags, Status: 201, Answers: []int{404}, Summary: "计划走访", SummaryEN: "Plan a visit"}, s.apiPlan)
	web.Register(r, web.Op{ID: "record-liaison-visit", Method: "POST", Path: "/api/v1/liaison/posts/{id}/visits", Policy: visits, Tags: tags, Status: 201, Answers: []int{404, 409}, Summary: "记录走访", SummaryEN: "Record a visit"}, s.apiDone)
	web.Register(r, web.Op{ID: "file-liaison-finding", Method: "POST", Path: "/api/v1/liaison/findings/{id}/case", Policy: visits, Tags: tags, Answers: []int{404}, Summary: "发现的问题转为事件", SummaryEN: "Make a case of a finding"}, s.apiFile)
}

type quarterIn struct {
	Quarter int `query:"quarter" minimum:"20001" maximum:"21004" doc:"year and quarter, such as 20264; without it the present one"`
}

func (in *quarterIn) or(today int) int { return cmp.Or(in.Quarter, QuarterOf(today)) }

type visitItem struct {
	ID      int64  `json:"id"`
	Version int    `json:"version"`
	Planned string `json:"planned,omitempty" format:"date"`
	Done    string `json:"done,omitempty" format:"date"`
	With    string `json:"with,omitempty"`
	Found   string `json:"found,omitempty"`
}

type findingItem struct {
	ID     int64  `json:"id"`
	Text   string `json:"text"`
	Case   int64  `json:"case_id,omitempty" doc:"absent: it is not yet a case"`
	Number string `json:"number,omitempty"`
	Status string `json:"status,omitempty" doc:"of the case"`
	Solved bool   `json:"solved"`
}

type dutyItem struct {
	Post     int64         `json:"post_id"`
	Kind     string        `json:"kind" enum:"district_leader,department_head,street_leader"`
	Account  int64         `json:"account_id"`
	Leader   string        `json:"leader"`
	Grid     int64         `json:"grid_id"`
	Name     string        `json:"grid"`
	Region   int64         `json:"region"`
	Done     bool          `json:"done" doc:"the quarter's visit was made"`
	Visits   []visitItem   `json:"visits"`
	Findings []findingItem `json:"findings"`
}

type mineOut struct {
	Body struct {
		Quarter int        `json:"quarter"`
		Until   string     `json:"until" format:"date" doc:"last day of the quarter"`
		Items   []dutyItem `json:"items"`
	}
}

func dayOf(d ledger.Day) string {
	if d == 0 {
		return ""
	}
	return calendar.DayText(int(d))
}

func (s *Service) item(d *Duty) dutyItem {
	x := dutyItem{Post: d.Post.ID, Kind: d.Post.Kind, Account: d.Post.Account, Leader: s.Name(d.Post.Account), Grid: d.Post.Grid, Name: d.Grid, Region: d.Post.Region, Done: d.Done(), Visits: []visitItem{}, Findings: []findingItem{}}
	for _, v := range d.Visits {
		x.Visits = append(x.Visits, visitItem{v.ID, v.Version, dayOf(v.Planned), dayOf(v.Done), v.With, v.Found})
	}
	for _, f := range d.Findings {
		x.Findings = append(x.Findings, findingItem{f.ID, f.Text, f.Case, f.Number, f.Status, f.Solved})
	}
	return x
}

func (s *Service) apiMine(ctx context.Context, scope access.Scope, in *quarterIn) (*mineOut, error) {
	q := in.or(s.Today())
	list, err := s.Mine(ctx, scope, q, web.Lang(ctx))
	if err != nil {
		return nil, err
	}
	out := &mineOut{}
	_, last := Quarter(q)
	out.Body.Quarter, out.Body.Until, out.Body.Items = q, calendar.DayText(last), []dutyItem{}
	for _, d := range list {
		out.Body.Items = append(out.Body.Items, s.item(d))
	}
	return out, nil
}

// Tally counts duties and findings; the rows are the duties of the same answer.
type Tally struct {
	Kind   string `json:"kind,omitempty" enum:"district_leader,department_head,street_leader" doc:"absent: of all kinds"`
	Due    int    `json:"due" doc:"assignments in force in the quarter"`
	Done   int    `json:"done" doc:"of them those whose visit was made"`
	Found  int    `json:"found" doc:"matters found on the quarter's visits"`
	Solved int    `json:"solved" doc:"of them those that are solved"`
}

func (t *Tally) add(d *Duty) {
	t.Due++
	if d.Done() {
		t.Done++
	}
	for _, f := range d.Findings {
		t.Found++
		if f.Solved {
			t.Solved++
		}
	}
}

type quarterOut struct {
	Body struct {
		Quarter int        `json:"quarter"`
		Until   string     `json:"until" format:"date"`
		Total   Tally      `json:"total"`
		Kinds   []Tally    `json:"kinds"`
		Items   []dutyItem `json:"items" doc:"the rows behind the numbers, those not yet visited first"`
	}
}

func (s *Service) apiQuarter(ctx context.Context, scope access.Scope, in *quarterIn) (*quarterOut, error) {
	q := in.or(s.Today())
	list, err := s.Of(ctx, scope, q, web.Lang(ctx))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b *Duty) int {
		order := func(d *Duty) int {
			if d.Done() {
				return 1
			}
			return 0
		}
		return cmp.Or(order(a)-order(b), cmp.Compare(a.Post.Region, b.Post.Region), cmp.Compare(a.Post.Grid, b.Post.Grid), cmp.Compare(a.Post.Kind, b.Post.Kind))
	})
	out := &quarterOut{}
	b := &out.Body
	_, last := Quarter(q)
	b.Quarter, b.Until, b.Items = q, calendar.DayText(last), []dutyItem{}
	b.Kinds = []Tally{{Kind: "district_leader"}, {Kind: "department_head"}, {Kind: "street_leader"}}
	for _, d := range list {
		b.Total.add(d)
		for i := range b.Kinds {
			if b.Kinds[i].Kind == d.Post.Kind {
				b.Kinds[i].add(d)
			}
		}
		b.Items = append(b.Items, s.item(d))
	}
	return out, nil
}

type planIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Day string `json:"day" format:"date"`
	}
}

type visitOut struct {
	Body visitItem
}

func (s *Service) apiPlan(ctx context.Context, scope access.Scope, in *planIn) (*visitOut, error) {
	on, err := parseDay("day", in.Body.Day)
	if err != nil {
		return nil, err
	}
	v, err := s.Plan(ctx, scope, in.ID, on)
	if err != nil {
		return nil, err
	}
	return &visitOut{visitItem{v.ID, v.Version, dayOf(v.Planned), dayOf(v.Done), v.With, v.Found}}, nil
}

type doneIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Visit    int64    `json:"visit_id,omitempty" doc:"the planned visit; absent: it was not planned"`
		Version  int      `json:"version,omitempty" doc:"of the planned visit"`
		Done     string   `json:"done" format:"date"`
		With     string   `json:"with,omitempty" maxLength:"200"`
		Found    string   `json:"found" maxLength:"4000"`
		Findings []string `json:"findings,omitempty" maxItems:"20" doc:"each becomes a case of the channel liaison"`
	}
}

func (s *Service) apiDone(ctx context.Context, scope access.Scope, in *doneIn) (*visitOut, error) {
	b := &in.Body
	on, err := parseDay("done", b.Done)
	if err != nil {
		return nil, err
	}
	v, err := s.Done(ctx, scope, Report{Post: in.ID, Visit: b.Visit, Version: b.Version, Done: on, With: b.With, Found: b.Found, Findings: b.Findings})
	if err != nil {
		return nil, err
	}
	return &visitOut{visitItem{v.ID, v.Version, dayOf(v.Planned), dayOf(v.Done), v.With, v.Found}}, nil
}

type fileIn struct {
	ID int64 `path:"id"`
}

type fileOut struct {
	Body struct {
		Number string `json:"number"`
	}
}

func (s *Service) apiFile(ctx context.Context, scope access.Scope, in *fileIn) (*fileOut, error) {
	f, err := s.Findings.Get(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	v, err := s.Visits.Get(ctx, scope, f.Visit)
	if err != nil {
		return nil, err
	}
	if _, err := s.post(ctx, scope, v.Post); err != nil {
		return nil, err
	}
	if err := s.File(ctx, scope, f.ID); err != nil {
		return nil, err
	}
	if f, err = s.Findings.Get(ctx, scope, in.ID); err != nil {
		return nil, err
	}
	out := &fileOut{}
	out.Body.Number = f.Number
	return out, nil
}

// parseDay reads yyyy-mm-dd.
func parseDay(field, text string) (ledger.Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0, errs.Wrong(field, w("日期", "day"), w("应为 2026-11-28 这样的日期", "it is a day such as 2026-11-28"))
	}
	return ledger.Day(t.Year()*10000 + int(t.Month())*100 + t.Day()), nil
}
