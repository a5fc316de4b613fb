package report

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// Person is who made, gets or got something.
type Person struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// View is a report in the list.
type View struct {
	ID      int64  `json:"id"`
	Version int    `json:"version"`
	State   string `json:"state" enum:"active,closed"`
	Body
	Called     string   `json:"source_name" doc:"what the register or figure is called"`
	Author     Person   `json:"author"`
	Recipients []Person `json:"recipients" doc:"everybody who gets it today"`
	Units      []Person `json:"units" doc:"the organisations among the recipients"`
	Deliveries []Given  `json:"deliveries" doc:"the last 50 runs: who got which, not what is in it"`
}

// Given is a run as the report's author sees it.
type Given struct {
	Run    int64  `json:"run"`
	To     Person `json:"to"`
	Period string `json:"period"`
	Nth    int    `json:"nth"`
	MadeAt string `json:"made_at" format:"date-time"`
	Rows   int    `json:"rows"`
	Read   bool   `json:"read"`
}

// RunView is a run in the recipient's list.
type RunView struct {
	ID     int64   `json:"id"`
	Report int64   `json:"report"`
	Name   string  `json:"name"`
	Where  string  `json:"source_name"`
	Period string  `json:"period" doc:"2026-11, 2026-Q4, 2026"`
	From   int     `json:"from" doc:"yyyymmdd"`
	To     int     `json:"to" doc:"yyyymmdd"`
	Nth    int     `json:"nth" doc:"1 for the first of the period, 2 when it was made anew …"`
	MadeAt string  `json:"made_at" format:"date-time" doc:"it holds what the records said then"`
	MadeBy *Person `json:"made_by" doc:"null: the program, when the period had ended"`
	Open   bool    `json:"open" doc:"it was made before the period had ended"`
	Rows   int     `json:"rows"`
	Total  string  `json:"total"`
	Unread bool    `json:"unread"`
}

// RunPage is a run with its records.
type RunPage struct {
	RunView
	Query Query    `json:"query"`
	Sum   string   `json:"sum,omitempty"`
	Head  []Column `json:"columns"`
	Parts []Part   `json:"parts"`
	Lines []Line   `json:"lines"`
	Next  int      `json:"next,omitempty" doc:"the place of the first record of the next page"`
}

type reportsOut struct {
	Body struct {
		Items []View `json:"items"`
	}
}

type reportOut struct{ Body View }

type makeIn struct{ Body Body }

type changeIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int `json:"version" minimum:"1"`
		Body
	}
}

type closeIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int `json:"version" minimum:"1"`
	}
}

type runIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Period string `json:"period,omitempty" maxLength:"10" doc:"2026-11, 2026-Q4, 2026; absent: the last that has ended"`
	}
}

type ranOut struct {
	Body struct {
		Period string `json:"period"`
		Made   int    `json:"made" doc:"how many recipients got one; who may not read the source gets none"`
	}
}

type findIn struct {
	Q string `query:"q" maxLength:"60"`
}

type findOut struct {
	Body struct {
		People []ledger.Named `json:"people"`
		Orgs   []ledger.Named `json:"orgs"`
	}
}

type runsOut struct {
	Body struct {
		Items  []RunView `json:"items"`
		Unread int       `json:"unread"`
	}
}

type pageIn struct {
	ID    int64 `path:"id"`
	From  int   `query:"from" minimum:"0"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000"`
}

type pageOut struct{ Body RunPage }

// API registers the room's operations.
func (s *Service) API(r *web.Router) {
	op := func(p access.Policy, id, method, path, zh, en string) web.Op {
		return web.Op{ID: id, Method: method, Path: "/api/v1" + path, Policy: p, Tags: []string{"reports"}, Summary: zh, SummaryEN: en}
	}
	reads := access.Needs(access.FigureRead)
	web.Register(r, op(reads, "list-reports", "GET", "/reports", "我的报表", "One's reports; of a post that reaches the whole city, everybody's"), func(ctx context.Context, scope access.Scope, _ *struct{}) (*reportsOut, error) {
		all := 0
		if scope.CityWide() {
			all = 1
		}
		list, err := s.reports(ctx, "(account = ? OR ? = 1)", scope.Account(), all)
		out := &reportsOut{}
		out.Body.Items = []View{}
		for _, x := range list {
			v, err := s.view(ctx, x, web.Lang(ctx))
			if err != nil {
				return nil, err
			}
			out.Body.Items = append(out.Body.Items, *v)
		}
		return out, err
	})
	web.Register(r, op(reads, "find-recipients", "GET", "/reports/recipients", "可选的收件人", "People and organisations that reports may go to"), func(_ context.Context, _ access.Scope, in *findIn) (*findOut, error) {
		out := &findOut{}
		people, orgs := s.People.Find(in.Q, 20)
		out.Body.People, out.Body.Orgs = append([]ledger.Named{}, people...), append([]ledger.Named{}, orgs...)
		return out, nil
	})
	create := op(reads, "create-report", "POST", "/reports", "新建报表", "Make a report: a query with a period and recipients")
	create.Status = http.StatusCreated
	web.Register(r, create, func(ctx context.Context, scope access.Scope, in *makeIn) (*reportOut, error) {
		x := &Report{ID: s.DB.NextID(), Version: 1, State: "active", Account: scope.Account(), CreatedAt: s.DB.Now(), ChangedAt: s.DB.Now(), Body: in.Body}
		return s.save(ctx, scope, x, 0, "report.create")
	})
	web.Register(r, op(reads, "change-report", "PATCH", "/reports/{id}", "修改报表", "Change a report; runs stay as they are"), func(ctx context.Context, scope access.Scope, in *changeIn) (*reportOut, error) {
		x, err := s.open(ctx, scope, in.ID, in.Body.Version)
		if err != nil {
			return nil, err
		}
		x.Body = in.Body.Body
		return s.save(ctx, scope, x, in.Body.Version, "report.change")
	})
	web.Register(r, op(reads, "close-report", "POST", "/reports/{id}/close", "停用报表", "Close a report; runs stay"), func(ctx context.Context, scope access.Scope, in *closeIn) (*reportOut, error) {
		x, err := s.open(ctx, scope, in.ID, in.Body.Version)
		if err != nil {
			return nil, err
		}
		x.State, x.ChangedAt = "closed", s.DB.Now()
		x.Version++
		return s.written(ctx, scope, x, in.Body.Version, "report.close")
	})
	web.Register(r, op(reads, "run-report", "POST", "/reports/{id}/runs", "生成报表", "Make the report for a period, beside what was made before"), s.runOp)
	web.Register(r, op(access.SignedIn, "list-report-runs", "GET", "/report-runs", "收到的报表", "The reports that one got"), func(ctx context.Context, scope access.Scope, _ *struct{}) (*runsOut, error) {
		list, err := s.runs(ctx, "recipient = ?", scope.Account())
		out := &runsOut{}
		out.Body.Items = []RunView{}
		for _, x := range list {
			if v := s.runView(x, web.Lang(ctx)); s.reads(scope, &x.head.Report.Query) {
				out.Body.Items = append(out.Body.Items, v)
				if v.Unread {
					out.Body.Unread++
				}
			}
		}
		return out, err
	})
	web.Register(r, op(access.SignedIn, "get-report-run", "GET", "/report-runs/{id}", "查看收到的报表", "A report that one got, with the records behind it"), s.runPage)
	export := op(access.SignedIn, "export-report-run", "GET", "/report-runs/{id}/export", "导出或打印收到的报表", "Export or print a report that one got")
	export.Params, export.Produces, export.Timeout = struct {
		Format string `query:"format" enum:"xlsx,csv,html" doc:"html is a page to be printed"`
	}{}, web.XLSX+", text/csv, text/html", -1
	web.Handle(r, export, s.export)
}

// open is an active report of the caller's in the version that was seen.
func (s *Service) open(ctx context.Context, scope access.Scope, id int64, version int) (*Report, error) {
	x, err := s.own(ctx, scope, id)
	switch {
	case err != nil:
		return nil, err
	case x.State != "active":
		return nil, ErrClosed.New()
	case version != 0 && x.Version != version:
		return nil, errs.Stale.New("current", x.Version)
	}
	return x, nil
}

// save checks a report and keeps it.
func (s *Service) save(ctx context.Context, scope access.Scope, x *Report, was int, action string) (*reportOut, error) {
	if err := s.check(ctx, scope, &x.Body); err != nil {
		return nil, err
	}
	if was != 0 {
		x.Version, x.ChangedAt = was+1, s.DB.Now()
	}
	return s.written(ctx, scope, x, was, action)
}

func (s *Service) written(ctx context.Context, scope access.Scope, x *Report, was int, action string) (*reportOut, error) {
	v, err := s.view(ctx, x, web.Lang(ctx))
	if err != nil {
		return nil, err
	}
	out := &reportOut{*v}
	return out, s.write(ctx, scope, x, was, action, out)
}

func (s *Service) person(id int64) Person { return Person{id, s.People.Account(id)} }

func (s *Service) view(ctx context.Context, x *Report, lang string) (*View, error) {
	v := &View{ID: x.ID, Version: x.Version, State: x.State, Body: x.Body, Called: s.called(&x.Query, lang), Author: s.person(x.Account), Recipients: []Person{}, Units: []Person{}, Deliveries: []Given{}}
	for _, id := range s.recipients(&x.Body) {
		v.Recipients = append(v.Recipients, s.person(id))
	}
	for _, id := range x.Orgs {
		v.Units = append(v.Units, Person{id, s.People.Org(id)})
	}
	runs, err := s.runs(ctx, "report = ?", x.ID)
	for _, r := range runs[:min(len(runs), 50)] {
		v.Deliveries = append(v.Deliveries, Given{r.ID, s.person(r.Recipient), r.Period.Key, r.Nth, s.Instant(r.MadeAt), r.N, r.ReadAt != 0})
	}
	return v, err
}

// called is what a query's source is called.
func (s *Service) called(q *Query, lang string) string {
	if src := s.Sources[q.Source]; src != nil {
		if _, name, ok := src.Named(q.Code); ok {
			return name.In(lang)
		}
	}
	return q.Code
}

func (s *Service) runView(x *run, lang string) RunView {
	v := RunView{ID: x.ID, Report: x.Report, Name: x.head.Report.Name, Where: s.called(&x.head.Report.Query, lang), Period: x.Period.Key, From: x.Period.From, To: x.Period.To, Nth: x.Nth, MadeAt: s.Instant(x.MadeAt),
		Open: s.Day(x.MadeAt) <= x.Period.To, Rows: x.N, Total: x.Sheet.Total, Unread: x.ReadAt == 0}
	if x.MadeBy != 0 {
		by := s.person(x.MadeBy)
		v.MadeBy = &by
	}
	return v
}

func (s *Service) runOp(ctx context.Context, scope access.Scope, in *runIn) (*ranOut, error) {
	x, err := s.open(ctx, scope, in.ID, 0)
	if err != nil {
		return nil, err
	}
	p := PeriodOf(x.Length, s.Today()).Before(x.Length)
	if in.Body.Period != "" {
		var ok bool
		if p, ok = ParsePeriod(x.Length, in.Body.Period); !ok || p.From > s.Today() {
			return nil, ErrPeriod.New("example", PeriodOf(x.Length, s.Today()).Key).In("period")
		}
	}
	made, err := s.Run(ctx, x, p, scope.Account(), false)
	if err != nil {
		return nil, err
	}
	if made == 0 {
		return nil, ErrNobody.New("name", s.called(&x.Query, web.Lang(ctx)))
	}
	out := &ranOut{}
	out.Body.Period, out.Body.Made = p.Key, made
	return out, nil
}

func (s *Service) runPage(ctx context.Context, scope access.Scope, in *pageIn) (*pageOut, error) {
	x, err := s.delivered(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Limit == 0 {
		in.Limit = 100
	}
	lines, err := s.lines(ctx, x.ID, in.From, in.Limit)
	if err != nil {
		return nil, err
	}
	if err := s.opened(ctx, x); err != nil {
		return nil, err
	}
	out := &pageOut{RunPage{RunView: s.runView(x, web.Lang(ctx)), Query: x.head.Report.Query, Sum: x.Sheet.Sum, Head: append([]Column{}, x.Sheet.Columns...), Parts: append([]Part{}, x.Sheet.Parts...), Lines: append([]Line{}, lines...)}}
	if next := in.From + len(lines); next < x.N {
		out.Body.Next = next
	}
	return out, nil
}

// export writes a run with its records, as they were.
func (s *Service) export(ctx context.Context, scope access.Scope, rw http.ResponseWriter, req *http.Request) error {
	id, err := strconv.ParseInt(req.PathValue("id"), 10, 64)
	if err != nil {
		return errs.NotFound.New()
	}
	x, err := s.delivered(ctx, scope, id)
	if err != nil {
		return err
	}
	format := req.URL.Query().Get("format")
	if format == "" {
		format = "xlsx"
	}
	lines, err := s.lines(ctx, x.ID, 0, mostLines)
	if err != nil {
		return err
	}
	detail, err := json.Marshal(map[string]any{"rows": x.N, "format": format})
	if err != nil {
		return err
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "report.export", Object: "report_run", ObjectID: x.ID, Detail: detail})
		return nil
	}); err != nil {
		return err
	}
	lang := web.Lang(ctx)
	v := s.runView(x, lang)
	heads := []string{w("名称", "Name").In(lang)}
	for _, c := range x.Sheet.Columns {
		heads = append(heads, c.Label)
	}
	note := fmt.Sprintf("%s  %s  %s", v.Where, day(v.From)+w(" 至 ", " to ").In(lang)+day(v.To), w("生成于 ", "made at ").In(lang)+v.MadeAt[:16])
	t, err := s.Ledger.Sheet(rw, format, lang, v.Name+" "+v.Period, note, heads)
	if err != nil {
		return err
	}
	write := func(cells ...string) error {
		vals := make([]any, len(heads))
		for i, c := range cells[:min(len(cells), len(heads))] {
			vals[i] = c
		}
		return t.Row(vals...)
	}
	err = func() error {
		for _, l := range lines {
			if err := write(append([]string{l.Label}, l.Cells...)...); err != nil {
				return err
			}
		}
		for _, p := range x.Sheet.Parts {
			if err := write(p.Name+w("：", ": ").In(lang)+p.Value, p.Sum); err != nil {
				return err
			}
		}
		if err := write(w("合计：", "Total: ").In(lang)+x.Sheet.Total, x.Sheet.Sum); err != nil {
			return err
		}
		return t.Close()
	}()
	if err != nil {
		t.Abort()
	}
	return err
}

func day(d int) string { return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100) }
