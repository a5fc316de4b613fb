package cases

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// acting are the permissions by which somebody acts on a case.
var acting = []access.Perm{access.CaseTriage, access.CaseDispatch, access.CaseHandle, access.CaseApprove, access.CaseArbitrate, access.CaseVerify, access.CaseOnsite, access.CaseCallback, access.CaseVoid, access.CaseReport}

// API registers the room's operations. figure turns a figure's part into marks
// that a case must and must not have, for drill-downs.
func (s *Service) API(r *web.Router, figure func(id, part string) (all, none int64, err error)) {
	a := &api{s, figure}
	read := access.Needs(access.CaseRead)
	tags := []string{"cases"}
	web.Register(r, web.Op{ID: "report-case", Method: "POST", Path: "/api/v1/cases", Policy: access.Needs(access.CaseReport), Status: 201, Answers: []int{404}, Tags: tags, Urgent: true, Summary: "登记事件", SummaryEN: "Report a case"}, a.report, a.reported)
	web.Register(r, web.Op{ID: "list-cases", Method: "GET", Path: "/api/v1/cases", Policy: read, Tags: tags, Summary: "事件列表", SummaryEN: "List cases"}, a.list)
	web.Register(r, web.Op{ID: "similar-cases", Method: "GET", Path: "/api/v1/cases/similar", Policy: read, Answers: []int{404}, Tags: tags, Summary: "可能是同一件事的在办事件", SummaryEN: "Open cases that may be the same matter"}, a.similar)
	web.Register(r, web.Op{ID: "case-page", Method: "GET", Path: "/api/v1/cases/{id}", Policy: read, Tags: tags, Summary: "事件详情", SummaryEN: "A case with its history"}, a.page)
	acts := access.Needs(acting...)
	web.Register(r, web.Op{ID: "act-on-case", Method: "POST", Path: "/api/v1/cases/{id}/actions", Policy: acts, Tags: tags, Urgent: true, Summary: "办理事件", SummaryEN: "Do an action on a case"}, a.act, a.acted)
	web.Register(r, web.Op{ID: "act-on-cases", Method: "POST", Path: "/api/v1/cases/actions", Policy: acts, Tags: tags, Summary: "批量办理", SummaryEN: "Do an action on several cases"}, a.bulk)
	web.Register(r, web.Op{ID: "case-trail", Method: "GET", Path: "/api/v1/cases/{id}/trail", Policy: access.Needs(access.AuditRead), Tags: tags, Summary: "事件的审计记录", SummaryEN: "Audit entries of a case"}, a.trail)
	web.Register(r, web.Op{ID: "reveal-reporter", Method: "POST", Path: "/api/v1/cases/{id}/reveal", Policy: access.Needs(access.CaseReveal), Tags: tags, Secret: true, Summary: "查看诉求人信息", SummaryEN: "Reveal the reporter"}, a.reveal)
	web.Register(r, web.Op{ID: "draw-callbacks", Method: "POST", Path: "/api/v1/callbacks/draw", Policy: access.Needs(access.CaseCallback), Tags: tags, Summary: "抽取回访", SummaryEN: "Draw call-backs"}, a.draw)
	web.Register(r, web.Op{ID: "my-callbacks", Method: "GET", Path: "/api/v1/callbacks", Policy: access.Needs(access.CaseCallback), Tags: tags, Summary: "我的回访", SummaryEN: "My call-backs"}, a.calls)
	web.Register(r, web.Op{ID: "list-filters", Method: "GET", Path: "/api/v1/filters", Policy: access.SignedIn, Tags: tags, Summary: "常用筛选", SummaryEN: "Saved filters"}, a.filters)
	web.Register(r, web.Op{ID: "save-filter", Method: "POST", Path: "/api/v1/filters", Policy: access.SignedIn, Status: 201, Tags: tags, Summary: "保存筛选", SummaryEN: "Save a filter"}, a.saveFilter)
	web.Register(r, web.Op{ID: "delete-filter", Method: "DELETE", Path: "/api/v1/filters/{id}", Policy: access.SignedIn, Status: 204, Tags: tags, Summary: "删除筛选", SummaryEN: "Delete a filter"}, a.deleteFilter)
	web.Handle(r, web.Op{ID: "export-cases", Method: "GET", Path: "/api/v1/cases/export.xlsx", Policy: access.Needs(access.CaseExport), Tags: tags, Timeout: -1, Produces: web.XLSX, Params: listIn{}, Summary: "导出事件", SummaryEN: "Export cases to Excel"}, a.export)
	web.Stream(r, web.Op{ID: "watch-cases", Method: "GET", Path: "/api/v1/cases/stream", Policy: read, Tags: tags, Summary: "事件动态", SummaryEN: "Live changes"},
		func(ctx context.Context, scope access.Scope, last string, _ *http.Request, send func(web.Event) error) error {
			return s.Watch(ctx, scope, last, func(h Happening) error { return send(web.Event{ID: h.Cursor, Name: "case", Data: h}) })
		})
}

type api struct {
	*Service
	figure func(id, part string) (all, none int64, err error)
}

// PlaceBody is a place as it comes in.
type PlaceBody struct {
	Lon       float64 `json:"lon,omitempty"`
	Lat       float64 `json:"lat,omitempty"`
	CRS       string  `json:"crs,omitempty" enum:"wgs84,gcj02,bd09"`
	Address   string  `json:"address,omitempty"`
	Community string  `json:"community,omitempty"`
	Grid      int64   `json:"grid_id,omitempty"`
}

func code(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }

// ReportBody is a new matter as it comes in.
type ReportBody struct {
	Text     string     `json:"text,omitempty"`
	Title    string     `json:"title,omitempty"`
	Channel  string     `json:"channel,omitempty"`
	Category int64      `json:"category_id,omitempty"`
	Grade    string     `json:"grade,omitempty"`
	Place    *PlaceBody `json:"place,omitempty"`
	Reporter *struct {
		Name      string `json:"name,omitempty"`
		Phone     string `json:"phone,omitempty"`
		Anonymous bool   `json:"anonymous,omitempty"`
		Sealed    bool   `json:"sealed,omitempty"`
	} `json:"reporter,omitempty"`
	OccurredAt    *time.Time          `json:"occurred_at,omitempty"`
	Files         []int64             `json:"files,omitempty"`
	OutsideNumber string              `json:"outside_number,omitempty"`
	Answers       map[string][]string `json:"answers,omitempty" maxProperties:"20" doc:"to the category's questions, by their codes; when given, every required question must be answered"`
	Against       int64               `json:"against,omitempty" doc:"the unit that it complains about"`
	Into          int64               `json:"into,omitempty" doc:"the open case that it becomes part of; text and place may then be left out"`
	Onsite        *struct {
		Result string `json:"result"`
	} `json:"onsite,omitempty"`
	Confirm []string `json:"confirm,omitempty"`
}

type reportIn struct {
	Body struct{ ReportBody }
}

// report is the body as a command to the room.
func (b *ReportBody) report() (ReportIn, error) {
	r := ReportIn{Text: b.Text, Title: b.Title, Channel: b.Channel, Category: b.Category, Grade: b.Grade, Files: b.Files, OutsideNumber: b.OutsideNumber, Answers: b.Answers, Against: b.Against, Into: b.Into, Confirm: b.Confirm}
	if b.Place != nil {
		r.Lon, r.Lat, r.CRS, r.Address, r.Community, r.Grid = b.Place.Lon, b.Place.Lat, b.Place.CRS, b.Place.Address, code(b.Place.Community), b.Place.Grid
	}
	if b.Reporter != nil {
		r.Reporter, r.Anonymous, r.Sealed = Person{Name: b.Reporter.Name, Phone: b.Reporter.Phone}, b.Reporter.Anonymous, b.Reporter.Sealed
	}
	if b.OccurredAt != nil {
		r.OccurredAt = b.OccurredAt.UnixMicro()
	}
	if b.Onsite != nil {
		if err := checkText("onsite.result", result.Label, b.Onsite.Result, result.Max, true); err != nil {
			return r, err
		}
		r.Onsite = b.Onsite.Result
	}
	return r, nil
}

type itemOut struct{ Body Item }

func (a *api) report(ctx context.Context, scope access.Scope, in *reportIn) (*itemOut, error) {
	r, err := in.Body.report()
	if err != nil {
		return nil, err
	}
	r.ID, r.Channel = a.DB.NextID(), cmp.Or(r.Channel, "hotline")
	r.OnWrite = func(tx *store.Tx, c *Case) error { return web.Mark(ctx, tx, c.ID) }
	c, err := a.Report(ctx, scope, r)
	if err != nil {
		return nil, err
	}
	return &itemOut{a.view(scope, web.Lang(ctx)).item(c)}, nil
}

// reported answers a repeated report with the case that the first one made.
func (a *api) reported(ctx context.Context, scope access.Scope, _ *reportIn) (*itemOut, error) {
	c, err := a.made(ctx, web.Marked(ctx))
	if err != nil {
		return nil, err
	}
	return &itemOut{a.view(scope, web.Lang(ctx)).item(c)}, nil
}

type listIn struct {
	Status    string `query:"status" doc:"comma list"`
	Open      string `query:"open" enum:"true,false"`
	Category  string `query:"category" doc:"comma list of ids, any level; 0: without one"`
	Grade     string `query:"grade"`
	Channel   string `query:"channel"`
	District  int    `query:"district"`
	Street    string `query:"street" doc:"comma list of codes"`
	Community string `query:"community" doc:"comma list of codes"`
	Grid      string `query:"grid" doc:"comma list of ids"`
	Net       int    `query:"net" doc:"yyyymmdd: grid names grids of that day, and each case lies in the one that had its position then"`
	Lead      int64  `query:"lead"`
	Assist    int64  `query:"assist"`
	Overdue   bool   `query:"overdue"`
	Soon      bool   `query:"soon"`
	Mine      bool   `query:"mine"`
	Flag      string `query:"flag" enum:"checking,to_tell,waiting,suspended,stage_lapsed" doc:"what it waits for or is late with"`
	Pending   string `query:"pending" enum:"any,return,extension,suspension,void"`
	Q         string `query:"q" maxLength:"200"`
	From      int    `query:"from" doc:"first day of report, yyyymmdd"`
	To        int    `query:"to" doc:"last day of report, yyyymmdd"`
	Figure    string `query:"figure"`
	Part      string `query:"part" enum:"numerator,denominator,excluded"`
	Sort      string `query:"sort" enum:"-reported,reported,due,-due"`
	Cursor    string `query:"cursor"`
	Limit     int    `query:"limit" minimum:"1" maximum:"1000"`
	Count     bool   `query:"count" doc:"count the rows too, up to 1000"`
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func (a *api) filter(in *listIn) (Filter, error) {
	f := Filter{Statuses: list(in.Status), Grades: list(in.Grade), Channels: list(in.Channel), District: in.District, Net: in.Net,
		Lead: in.Lead, Assist: in.Assist, Overdue: in.Overdue, Soon: in.Soon, Mine: in.Mine, Pending: in.Pending, Query: in.Q, From: in.From, To: in.To, Sort: in.Sort, Limit: in.Limit}
	if in.Open != "" {
		open := in.Open == "true"
		f.Open = &open
	}
	for _, p := range []struct {
		to    *[]int64
		name  string
		label errs.Words
		text  string
	}{{&f.Categories, "category", category.Label, in.Category}, {&f.Streets, "street", w("街道", "street"), in.Street}, {&f.Communities, "community", w("社区", "community"), in.Community}, {&f.Grids, "grid", w("网格", "grid"), in.Grid}} {
		for _, c := range list(p.text) {
			n, err := strconv.ParseInt(c, 10, 64)
			if err != nil {
				return f, errs.Invalid.New("field", p.label, "remedy", w("请从列表中选择", "please choose from the list")).In(p.name)
			}
			*p.to = append(*p.to, n)
		}
	}
	f.Flag = flagOf(in.Flag)
	if in.Figure != "" {
		part := in.Part
		if part == "" {
			part = "numerator"
		}
		var err error
		if f.MarksAll, f.MarksNone, err = a.figure(in.Figure, part); err != nil {
			return f, err
		}
	}
	var at Place
	ok, err := web.ParseCursor(in.Cursor, &at)
	if ok {
		f.After = &at
	}
	return f, err
}

type listOut struct {
	Body struct {
		Items []Item `json:"items"`
		Next  string `json:"next"`
		Count *int   `json:"count,omitempty"`
		Exact *bool  `json:"count_exact,omitempty"`
	}
}

func (a *api) list(ctx context.Context, scope access.Scope, in *listIn) (*listOut, error) {
	f, err := a.filter(in)
	if err != nil {
		return nil, err
	}
	list, more, err := a.Cases(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	out := &listOut{}
	out.Body.Items = a.Items(scope, web.Lang(ctx), list)
	if more {
		out.Body.Next = web.Cursor(list[len(list)-1].PlaceOf(f.Sort))
	}
	if in.Count {
		n, exact, err := a.Count(ctx, scope, f, 1000)
		if err != nil {
			return nil, err
		}
		out.Body.Count, out.Body.Exact = &n, &exact
	}
	return out, nil
}

type similarIn struct {
	Text      string  `query:"text" maxLength:"4000"`
	Lon       float64 `query:"lon"`
	Lat       float64 `query:"lat"`
	Community int64   `query:"community" doc:"code; where there is no position"`
	Category  int64   `query:"category_id"`
	Case      int64   `query:"case" doc:"a case whose duplicates are looked for; the rest may be left out"`
}

func (a *api) similar(ctx context.Context, scope access.Scope, in *similarIn) (*listOut, error) {
	q := SimilarQuery{Lon: in.Lon, Lat: in.Lat, Community: in.Community, Category: in.Category, Text: in.Text}
	if in.Case != 0 {
		c, _, _, err := a.ByID(ctx, scope, in.Case)
		if err != nil {
			return nil, err
		}
		q = SimilarQuery{Lon: c.Lon, Lat: c.Lat, Community: c.Community, Category: c.Category, Text: c.Title + "\n" + c.Body, At: c.ReportedAt, Exclude: c.ID}
	}
	found, err := a.Similar(ctx, scope, q)
	if err != nil {
		return nil, err
	}
	v := a.view(scope, web.Lang(ctx))
	out := &listOut{}
	out.Body.Items = []Item{}
	for _, l := range found {
		it := v.item(l.Case)
		share := math.Round(l.Share*100) / 100
		it.Share = &share
		if l.Metres >= 0 {
			it.Distance = &l.Metres
		}
		for _, r := range l.Reasons {
			it.Why = append(it.Why, r.In(v.lang))
		}
		out.Body.Items = append(out.Body.Items, it)
	}
	return out, nil
}

type idIn struct {
	ID int64 `path:"id"`
}

type pageOut struct{ Body *Page }

func (a *api) page(ctx context.Context, scope access.Scope, in *idIn) (*pageOut, error) {
	p, err := a.Page(ctx, scope, in.ID, web.Lang(ctx))
	if err != nil {
		return nil, err
	}
	return &pageOut{p}, nil
}

// ActBody is an action with its fields.
type ActBody struct {
	Action    string     `json:"action"`
	Reason    string     `json:"reason,omitempty"`
	Note      string     `json:"note,omitempty"`
	Result    string     `json:"result,omitempty"`
	Title     string     `json:"title,omitempty"`
	Category  int64      `json:"category_id,omitempty"`
	Grade     string     `json:"grade,omitempty"`
	Lead      int64      `json:"lead,omitempty"`
	Assists   []int64    `json:"assists,omitempty"`
	Proposed  int64      `json:"proposed,omitempty"`
	Against   int64      `json:"against,omitempty" doc:"the unit that it complains about"`
	Stage     string     `json:"stage,omitempty" doc:"one of the open stages within handling"`
	Found     *bool      `json:"found,omitempty" doc:"what the check on site found"`
	Request   int64      `json:"request,omitempty"`
	Until     string     `json:"until,omitempty" doc:"day: 2026-12-01 or 20261201"`
	Review    string     `json:"review,omitempty" doc:"day"`
	Into      int64      `json:"into,omitempty"`
	Parts     []PartBody `json:"parts,omitempty"`
	Files     []int64    `json:"files,omitempty"`
	Reached   *bool      `json:"reached,omitempty"`
	Solved    *bool      `json:"solved,omitempty"`
	Satisfied int        `json:"satisfied,omitempty"`
	Place     *PlaceBody `json:"place,omitempty"`
	Confirm   []string   `json:"confirm,omitempty"`
}

// PartBody is a matter to be split off.
type PartBody struct {
	Title string `json:"title,omitempty"`
	Text  string `json:"text"`
}

func dayOf(field, s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.ReplaceAll(s, "-", ""))
	if _, e := time.Parse("20060102", strconv.Itoa(n)); err != nil || e != nil {
		return 0, errs.Invalid.New("field", w("日期", "day"), "remedy", w("请按 2026-12-01 的样子填写", "write it like 2026-12-01")).In(field)
	}
	return n, nil
}

func (b *ActBody) act(version int) (Act, error) {
	until, err := dayOf("until", b.Until)
	if err != nil {
		return Act{}, err
	}
	review, err := dayOf("review", b.Review)
	if err != nil {
		return Act{}, err
	}
	act := Act{Action: flow.Action(b.Action), Version: version, Reason: b.Reason, Note: b.Note, Result: b.Result, Title: b.Title, Category: b.Category, Grade: b.Grade, Lead: b.Lead,
		Assists: b.Assists, Proposed: b.Proposed, Against: b.Against, Stage: b.Stage, Found: b.Found, Request: b.Request, Until: until, Review: review, Into: b.Into, Files: b.Files, Reached: b.Reached, Solved: b.Solved, Satisfied: b.Satisfied}
	for _, p := range b.Parts {
		act.Parts = append(act.Parts, Part(p))
	}
	if p := b.Place; p != nil {
		act.Place = &PlaceIn{p.Lon, p.Lat, p.CRS, p.Address, code(p.Community), p.Grid, b.Confirm}
	}
	return act, nil
}

type actIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int `json:"version" minimum:"1"`
		ActBody
	}
}

func (a *api) act(ctx context.Context, scope access.Scope, in *actIn) (*pageOut, error) {
	act, err := in.Body.act(in.Body.Version)
	if err != nil {
		return nil, err
	}
	act.OnWrite = func(tx *store.Tx) error { return web.Mark(ctx, tx, 0) }
	if _, err := a.Act(ctx, scope, in.ID, act); err != nil {
		return nil, err
	}
	return a.acted(ctx, scope, in)
}

// acted answers with the case as it is now, for a first and for a repeated call.
// An act may end what the actor can see of a case (a returned one); the rest of
// the page is then what the reading scope shows, or a bare acknowledgement.
func (a *api) acted(ctx context.Context, scope access.Scope, in *actIn) (*pageOut, error) {
	read, err := scope.For(access.CaseRead)
	if err != nil { // a program that reports and reads nothing
		return &pageOut{}, nil
	}
	p, err := a.Page(ctx, read, in.ID, web.Lang(ctx))
	if errs.Is(err, errs.NotFound) {
		return &pageOut{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &pageOut{p}, nil
}

type bulkIn struct {
	Body struct {
		Cases []struct {
			ID      int64 `json:"id"`
			Version int   `json:"version" minimum:"1"`
		} `json:"cases" minItems:"1" maxItems:"200"`
		ActBody
	}
}

type bulkOut struct {
	Body struct {
		Results []BulkResult `json:"results"`
	}
}

// BulkResult is what became of one case of a bulk action.
type BulkResult struct {
	ID    int64  `json:"id"`
	OK    bool   `json:"ok"`
	Code  string `json:"code,omitempty"`
	Error string `json:"error,omitempty"`
}

func (a *api) bulk(ctx context.Context, scope access.Scope, in *bulkIn) (*bulkOut, error) {
	out := &bulkOut{}
	for _, c := range in.Body.Cases {
		act, err := in.Body.act(c.Version)
		if err != nil {
			return nil, err
		}
		r := BulkResult{ID: c.ID, OK: true}
		if _, err := a.Act(ctx, scope, c.ID, act); err != nil {
			e := errs.As(err)
			if e.Kind == errs.Internal {
				return nil, err
			}
			r.OK, r.Code, r.Error = false, e.Kind.Code, e.Text(web.Lang(ctx))
		}
		out.Body.Results = append(out.Body.Results, r)
	}
	return out, nil
}

type trailOut struct {
	Body struct {
		Entries []TrailEntry `json:"entries"`
	}
}

// TrailEntry is an audit entry of a case.
type TrailEntry struct {
	Chain  int             `json:"chain"`
	Idx    int64           `json:"idx"`
	At     string          `json:"at" format:"date-time"`
	Actor  *StepActor      `json:"actor"`
	Action string          `json:"action"`
	Name   string          `json:"action_name"`
	Detail json.RawMessage `json:"detail"`
	Digest string          `json:"digest" doc:"SHA-256 of the rows written, hexadecimal"`
}

// trail is read by auditors, whose scope is the chain, not the case.
func (a *api) trail(ctx context.Context, scope access.Scope, in *idIn) (*trailOut, error) {
	cond, args := inDistricts("district", scope)
	rows, err := a.DB.Query(ctx, "SELECT district, idx, at, actor, post, action, detail, digest FROM audit WHERE object_id = ? AND object = 'case' AND "+cond+" ORDER BY idx", append([]any{in.ID}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	v := a.view(scope, web.Lang(ctx))
	out := &trailOut{}
	for rows.Next() {
		var e TrailEntry
		var at, actor, post int64
		var detail string
		var sum []byte
		if err := rows.Scan(&e.Chain, &e.Idx, &at, &actor, &post, &e.Action, &detail, &sum); err != nil {
			return nil, err
		}
		e.At, e.Name, e.Detail, e.Digest = v.time(at), v.actionName(strings.TrimPrefix(e.Action, "case.")), json.RawMessage(detail), fmt.Sprintf("%x", sum)
		if actor != 0 {
			e.Actor = &StepActor{actor, a.People.Account(actor), a.People.PostName(post).In(v.lang)}
		}
		out.Body.Entries = append(out.Body.Entries, e)
	}
	if len(out.Body.Entries) == 0 {
		return nil, errs.NotFound.New()
	}
	return out, rows.Err()
}

type revealIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Purpose string `json:"purpose"`
	}
}

type revealOut struct {
	Body struct {
		Name    string `json:"name"`
		Phone   string `json:"phone"`
		Contact string `json:"contact,omitempty" doc:"an e-mail address or the like"`
	}
}

func (a *api) reveal(ctx context.Context, scope access.Scope, in *revealIn) (*revealOut, error) {
	if err := checkText("purpose", w("查看用途", "purpose"), in.Body.Purpose, 200, true); err != nil {
		return nil, err
	}
	c, _, _, err := a.ByID(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	if c.Reporter == 0 || a.view(scope, web.Lang(ctx)).hides(c) {
		return nil, errs.NotFound.New()
	}
	p, err := a.Keeper.Reveal(ctx, scope, c.District, c.Reporter, c.ID, in.Body.Purpose)
	if err != nil {
		return nil, err
	}
	out := &revealOut{}
	out.Body.Name, out.Body.Phone, out.Body.Contact = p.Name, p.Phone, p.Contact
	return out, nil
}

type drawIn struct {
	Body struct {
		N int `json:"n" minimum:"1" maximum:"20"`
	}
}

func (a *api) draw(ctx context.Context, scope access.Scope, in *drawIn) (*listOut, error) {
	found, err := a.DrawCalls(ctx, scope, in.Body.N)
	if err != nil {
		return nil, err
	}
	out := &listOut{}
	out.Body.Items = a.Items(scope, web.Lang(ctx), found)
	return out, nil
}

func (a *api) calls(ctx context.Context, scope access.Scope, _ *struct{}) (*listOut, error) {
	found, err := a.Calls(ctx, scope, 100)
	if err != nil {
		return nil, err
	}
	out := &listOut{}
	out.Body.Items = a.Items(scope, web.Lang(ctx), found)
	return out, nil
}
