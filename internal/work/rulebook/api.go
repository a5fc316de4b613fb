package rulebook

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

type stageJSON struct {
	Stage string        `json:"stage" maxLength:"40"`
	N     int           `json:"n" minimum:"1" maximum:"10000"`
	Unit  calendar.Unit `json:"unit" enum:"work_hour,work_day,day,hour"`
}

// CategoryBody is what a person edits of a category.
type CategoryBody struct {
	Parent        int64                  `json:"parent,omitempty"`
	Code          string                 `json:"code" maxLength:"20"`
	Name          string                 `json:"name" maxLength:"80"`
	NameEN        string                 `json:"name_en,omitempty" maxLength:"160"`
	Kind          string                 `json:"kind" enum:"event,part"`
	Nature        string                 `json:"nature,omitempty" enum:",lifeline,consultation"`
	Grade         string                 `json:"grade,omitempty" enum:",general,urgent,critical,complex"`
	Limits        []stageJSON            `json:"limits,omitempty" maxItems:"12" nullable:"false"`
	ByGrade       map[string][]stageJSON `json:"by_grade,omitempty" maxProperties:"4"`
	Evidence      *Evidence              `json:"evidence,omitempty"`
	EvidenceWhy   string                 `json:"evidence_why,omitempty" maxLength:"1000"`
	EvidenceWhyEN string                 `json:"evidence_why_en,omitempty" maxLength:"2000"`
	Filing        string                 `json:"filing,omitempty" maxLength:"1000"`
	Closing       string                 `json:"closing,omitempty" maxLength:"1000"`
	UnitKind      string                 `json:"unit_kind,omitempty" maxLength:"80"`
	Keywords      []string               `json:"keywords,omitempty" maxItems:"60" nullable:"false"`
	CallBackRate  *float64               `json:"callback_rate,omitempty" minimum:"0" maximum:"1"`
	Onsite        bool                   `json:"onsite_allowed,omitempty"`
	Private       bool                   `json:"private,omitempty" doc:"Personal by its kind: never shown to the public, nor what lies under it"`
	Questions     []Question             `json:"questions,omitempty" maxItems:"20" nullable:"false" doc:"What is asked of whoever reports"`
}

// TermsBody is what every publication carries.
type TermsBody struct {
	Version   int    `json:"version" minimum:"0" doc:"The version that was edited, 0 for the first"`
	ValidFrom int    `json:"valid_from" doc:"yyyymmdd, today or later"`
	ValidTo   int    `json:"valid_to,omitempty" doc:"First day without it; 0 for none"`
	Note      string `json:"note,omitempty" maxLength:"500" doc:"Why, for the history"`
}

func (t TermsBody) terms() Terms { return Terms{t.Version, t.ValidFrom, t.ValidTo, t.Note} }

type limitJSON struct {
	Stage string        `json:"stage"`
	N     int           `json:"n"`
	Unit  calendar.Unit `json:"unit"`
	Text  string        `json:"text"`
	From  string        `json:"from" doc:"Where the limit comes from"`
}

type categoryItem struct {
	ID int64 `json:"id"`
	CategoryBody
	Leaf      bool                   `json:"leaf"`
	Effective map[string][]limitJSON `json:"effective" doc:"The limits that hold, by grade"`
	Version   int                    `json:"version"`
	ValidFrom int                    `json:"valid_from"`
	ValidTo   int                    `json:"valid_to,omitempty"`
}

func stagesOut(in []calendar.Stage) []stageJSON {
	out := make([]stageJSON, len(in))
	for i, s := range in {
		out[i] = stageJSON{s.Name, s.N, s.Unit}
	}
	return out
}

func stagesIn(in []stageJSON) []calendar.Stage {
	out := make([]calendar.Stage, len(in))
	for i, s := range in {
		out[i] = calendar.Stage{Name: strings.TrimSpace(s.Stage), Limit: calendar.Limit{N: s.N, Unit: s.Unit}}
	}
	return out
}

func (b *CategoryBody) category(id int64) Category {
	c := Category{ID: id, Parent: b.Parent, Code: strings.TrimSpace(b.Code), Name: strings.TrimSpace(b.Name), NameEN: strings.TrimSpace(b.NameEN), Kind: b.Kind,
		Nature: b.Nature, Grade: b.Grade, Limits: stagesIn(b.Limits), EvidenceWhy: b.EvidenceWhy, EvidenceWhyEN: b.EvidenceWhyEN,
		Filing: b.Filing, Closing: b.Closing, UnitKind: strings.TrimSpace(b.UnitKind), Keywords: b.Keywords, CallBackRate: b.CallBackRate, Onsite: b.Onsite, Private: b.Private, Questions: b.Questions}
	if b.Evidence != nil {
		c.Evidence = *b.Evidence
	}
	for g, l := range b.ByGrade {
		if c.ByGrade == nil {
			c.ByGrade = map[string][]calendar.Stage{}
		}
		c.ByGrade[g] = stagesIn(l)
	}
	return c
}

func (b *Book) item(c *Category, lang string) categoryItem {
	x := categoryItem{ID: c.ID, Leaf: c.Leaf, Version: c.Version, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Effective: map[string][]limitJSON{},
		CategoryBody: CategoryBody{Parent: c.Parent, Code: c.Code, Name: c.Name, NameEN: c.NameEN, Kind: c.Kind, Nature: c.Nature, Grade: c.Grade,
			Limits: stagesOut(c.Limits), Evidence: &c.Evidence, EvidenceWhy: c.EvidenceWhy, EvidenceWhyEN: c.EvidenceWhyEN, Filing: c.Filing,
			Closing: c.Closing, UnitKind: c.UnitKind, Keywords: c.Keywords, CallBackRate: c.CallBackRate, Onsite: c.Onsite, Private: c.Private, Questions: c.Questions}}
	if x.Keywords == nil {
		x.Keywords = []string{}
	}
	for g, l := range c.ByGrade {
		if x.ByGrade == nil {
			x.ByGrade = map[string][]stageJSON{}
		}
		x.ByGrade[g] = stagesOut(l)
	}
	for _, g := range Grades() {
		limits, err := b.LimitsAt(c.ID, c.Version, g)
		if err != nil {
			limits = b.Limits(c.ID, g)
		}
		list := make([]limitJSON, len(limits))
		for i, l := range limits {
			list[i] = limitJSON{l.Stage, l.Limit.N, l.Limit.Unit, l.Limit.Text(lang), l.From.In(lang)}
		}
		x.Effective[g] = list
	}
	return x
}

type problemJSON struct {
	Rule string `json:"rule"`
	Kind string `json:"kind" enum:"shadowed,contradictory,dead,no_backstop,unknown_unit,unknown_category,unknown_area"`
	Text string `json:"text"`
}

func problemsOut(ps []Problem, lang string) []problemJSON {
	out := make([]problemJSON, len(ps))
	for i, p := range ps {
		out[i] = problemJSON{p.Rule, p.Kind, p.Text.In(lang)}
	}
	return out
}

type unitRef struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type sampleJSON struct {
	ID       int64   `json:"id"`
	District int     `json:"district"`
	Number   string  `json:"number"`
	Title    string  `json:"title"`
	Status   string  `json:"status"`
	Grade    string  `json:"grade"`
	Channel  string  `json:"channel"`
	Category unitRef `json:"category"`
	Reported string  `json:"reported_at"`
	From     unitRef `json:"from_unit"`
	To       unitRef `json:"to_unit"`
	Rule     string  `json:"rule,omitempty"`
	OldDue   string  `json:"old_due_at,omitempty"`
	NewDue   string  `json:"new_due_at,omitempty"`
}

func (b *Book) instant(t int64) string {
	if t == 0 {
		return ""
	}
	return b.cal.Time(t).Format(time.RFC3339)
}

func (b *Book) sample(list []MovedCase) []sampleJSON {
	out := make([]sampleJSON, len(list))
	for i, m := range list {
		x := &m.Case
		out[i] = sampleJSON{ID: x.ID, District: x.District, Number: x.Number, Title: x.Title, Status: x.Status, Grade: x.Facts.Grade, Channel: x.Facts.Channel,
			Reported: b.instant(x.Facts.At), From: unitRef{m.From, m.FromName}, To: unitRef{m.To, m.ToName}, Rule: m.Rule, OldDue: b.instant(m.OldDue), NewDue: b.instant(m.NewDue)}
		if c, err := b.Category(x.Facts.Category); err == nil {
			out[i].Category = unitRef{c.ID, c.Name}
		}
	}
	return out
}

type limitPreviewOut struct {
	Body struct {
		Cases         int           `json:"cases"`
		Changed       int           `json:"changed"`
		Earlier       int           `json:"earlier"`
		Later         int           `json:"later"`
		OverdueBefore int           `json:"overdue_before"`
		OverdueAfter  int           `json:"overdue_after"`
		Sample        []sampleJSON  `json:"sample"`
		Problems      []problemJSON `json:"problems"`
	}
}

func (b *Book) limitPreview(p *LimitPreview, lang string) *limitPreviewOut {
	out := &limitPreviewOut{}
	o := &out.Body
	o.Cases, o.Changed, o.Earlier, o.Later, o.OverdueBefore, o.OverdueAfter = p.Cases, p.Changed, p.Earlier, p.Later, p.OverdueBefore, p.OverdueAfter
	o.Sample, o.Problems = b.sample(p.Sample), problemsOut(p.Problems, lang)
	return out
}

// localise turns the problems in a refusal into the reader's language.
func localise(ctx context.Context, err error) error {
	if errs.Is(err, Refused) {
		e := errs.As(err)
		if ps, ok := e.Params["problems"].([]Problem); ok {
			e.Params["problems"] = problemsOut(ps, web.Lang(ctx))
		}
	}
	return err
}

const v1 = "/api/v1"

// Register adds the room's operations. cases serves the previews.
func (r *Rulebook) Register(w *web.Router, cases Cases) {
	a := &api{r, cases}
	read, write := access.Needs(access.RulesRead, access.RulesWrite), access.Needs(access.RulesWrite)
	op := func(id, method, path string, p access.Policy, zh, en string) web.Op {
		return web.Op{ID: id, Method: method, Path: v1 + path, Policy: p, Summary: zh, SummaryEN: en, Tags: []string{"rulebook"}}
	}
	dry := func(o web.Op) web.Op { o.ReadOnly = true; return o }
	web.Register(w, op("list-categories", "GET", "/categories", access.SignedIn, "事项分类", "The category tree"), a.categories)
	web.Register(w, op("create-category", "POST", "/categories", write, "新增类别", "Add a category"), a.createCategory)
	web.Register(w, op("update-category", "PUT", "/categories/{id}", write, "修改类别（新版本）", "A new version of a category"), a.updateCategory)
	web.Register(w, dry(op("preview-category", "POST", "/categories/preview", read, "预览类别时限变化", "What a category's new limits would have done")), a.previewCategory)
	table := op("import-categories", "POST", "/categories/import", write, "导入类别表（Excel 或 CSV）", "Import a table of categories, .xlsx or CSV; dry_run=true only checks")
	table.Body, table.Produces, table.Params = maxTableBytes+1<<16, "application/json", importIn{} // the reader refuses first, with words
	table.Takes, table.Answers = []string{web.XLSX, "text/csv"}, []int{404}
	web.Handle(w, table, a.importCategories)
	web.Register(w, op("get-calendar", "GET", "/calendar/{year}", access.SignedIn, "工作日历", "A year of the calendar"), a.calendar)
	web.Register(w, op("update-calendar", "PUT", "/calendar/{year}", write, "修改某年放假和调休", "New days off and make-up days of a year"), a.updateCalendar)
	web.Register(w, op("update-hours", "PUT", "/calendar/hours", write, "修改工作时间", "New working hours"), a.updateHours)
	web.Register(w, dry(op("preview-calendar", "POST", "/calendar/preview", read, "预览日历变化", "How due dates would move with the calendar")), a.previewCalendar)
	web.Register(w, op("get-routing", "GET", "/routing", read, "派遣规则", "The routing rules"), a.routing)
	web.Register(w, op("update-routing", "PUT", "/routing", write, "发布派遣规则（新版本）", "Publish a new version of the routing rules"), a.updateRouting)
	web.Register(w, dry(op("preview-routing", "POST", "/routing/preview", read, "预览派遣规则", "What these rules would have done")), a.previewRouting)
	web.Register(w, op("get-settings", "GET", "/settings", read, "各项参数", "The city's settings"), a.settings)
	web.Register(w, op("update-settings", "PUT", "/settings", write, "修改参数（新版本）", "Publish new settings"), a.updateSettings)
	web.Register(w, op("list-rule-versions", "GET", "/rulebook/versions", read, "规则发布历史", "History of publications"), a.versions)
}

type api struct {
	r     *Rulebook
	cases Cases
}

func (a *api) now() *Book { return a.r.Current(a.r.db.Now()) }

type atIn struct {
	At int `query:"at" doc:"Day yyyymmdd; today if absent"`
}

// on is the book of a day.
func (a *api) on(day int) (*Book, error) {
	b := a.now()
	if day == 0 {
		return b, nil
	}
	if !validDay(day) {
		return nil, invalid("at", "请按 yyyymmdd 填写一个存在的日期。", "write a day that exists as yyyymmdd.")
	}
	return a.r.At(b.cal.DayStart(day)), nil
}

type categoriesOut struct {
	Body struct {
		Items []categoryItem `json:"items"`
	}
}

func (a *api) categories(ctx context.Context, _ access.Scope, in *atIn) (*categoriesOut, error) {
	b, err := a.on(in.At)
	if err != nil {
		return nil, err
	}
	out := &categoriesOut{}
	out.Body.Items = make([]categoryItem, 0, len(b.Tree()))
	for _, c := range b.Tree() {
		out.Body.Items = append(out.Body.Items, b.item(c, web.Lang(ctx)))
	}
	return out, nil
}

type categoryOut struct{ Body categoryItem }

func (a *api) publish(ctx context.Context, scope access.Scope, c Category, t Terms) (*categoryOut, error) {
	saved, err := a.r.PublishCategory(ctx, scope, c, t)
	if err != nil {
		return nil, localise(ctx, err)
	}
	return &categoryOut{a.now().item(saved, web.Lang(ctx))}, nil
}

type categoryPost struct {
	Body struct {
		CategoryBody
		ValidFrom int    `json:"valid_from"`
		Note      string `json:"note,omitempty" maxLength:"500"`
	}
}

func (a *api) createCategory(ctx context.Context, scope access.Scope, in *categoryPost) (*categoryOut, error) {
	return a.publish(ctx, scope, in.Body.category(a.r.db.NextID()), Terms{ValidFrom: in.Body.ValidFrom, Note: in.Body.Note})
}

type categoryPut struct {
	ID   int64 `path:"id"`
	Body struct {
		CategoryBody
		TermsBody
	}
}

func (a *api) updateCategory(ctx context.Context, scope access.Scope, in *categoryPut) (*categoryOut, error) {
	if in.Body.Version == 0 {
		return nil, errs.NotFound.New() // only POST makes a category
	}
	return a.publish(ctx, scope, in.Body.category(in.ID), in.Body.terms())
}

type rowErrorJSON struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Text   string `json:"text"`
}

// importCategories takes the file itself as the body, with dry_run, valid_from
// and note in the query.
// importIn is what the address of an import says, for the OpenAPI document.
type importIn struct {
	ValidFrom int    `query:"valid_from" required:"true" doc:"first day in force, yyyymmdd"`
	Note      string `query:"note" doc:"why it changes"`
	DryRun    bool   `query:"dry_run" doc:"true only checks"`
}

func (a *api) importCategories(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	q := req.URL.Query()
	from, _ := strconv.Atoi(q.Get("valid_from")) // 0 is refused with a reason
	rep, err := a.r.ImportCategories(ctx, scope, req.Body, Terms{ValidFrom: from, Note: q.Get("note")}, q.Get("dry_run") == "true")
	if err != nil {
		return localise(ctx, err)
	}
	list := make([]rowErrorJSON, len(rep.Errors))
	for i, e := range rep.Errors {
		list[i] = rowErrorJSON{e.Row, e.Column, e.Err.Text(web.Lang(ctx))}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return json.NewEncoder(w).Encode(map[string]any{"rows": rep.Rows, "added": rep.Added, "changed": rep.Changed, "unchanged": rep.Unchanged,
		"errors": list, "saved": len(list) == 0 && q.Get("dry_run") != "true"})
}

type period struct {
	From int `json:"from" doc:"First day of the cases to try it on, yyyymmdd"`
	To   int `json:"to" doc:"Last day"`
}

func (p period) check(c *calendar.Calendar, now int64) (from, to int, err error) {
	today := c.Day(now)
	if p.From == 0 && p.To == 0 {
		return c.AddDays(today, -30), today, nil
	}
	if !validDay(p.From) || !validDay(p.To) || p.From > p.To || c.AddDays(p.From, 400) < p.To {
		return 0, 0, invalid("from", "请填写起止日期，跨度不超过 400 天。", "give a first and a last day, at most 400 days apart.")
	}
	return p.From, p.To, nil
}

type categoryPreviewIn struct {
	Body struct {
		ID       int64        `json:"id" doc:"0 for a new category"`
		Version  int          `json:"version"`
		Category CategoryBody `json:"category"`
		ValidTo  int          `json:"valid_to,omitempty"`
		From     int          `json:"from,omitempty"`
		To       int          `json:"to,omitempty"`
	}
}

func (a *api) previewCategory(ctx context.Context, scope access.Scope, in *categoryPreviewIn) (*limitPreviewOut, error) {
	b := a.now()
	from, to, err := period{in.Body.From, in.Body.To}.check(b.cal, a.r.db.Now())
	if err != nil {
		return nil, err
	}
	id := in.Body.ID
	if id == 0 {
		id = a.r.db.NextID()
	}
	p, err := a.r.PreviewCategory(ctx, scope, a.cases, in.Body.Category.category(id), Terms{Base: in.Body.Version, ValidTo: in.Body.ValidTo}, from, to)
	if err != nil {
		return nil, localise(ctx, err)
	}
	return b.limitPreview(p, web.Lang(ctx)), nil
}

type calendarItem struct {
	Year      int             `json:"year"`
	Zone      string          `json:"zone"`
	Spans     []spanJSON      `json:"spans"`
	Off       []int           `json:"off"`
	Makeup    []int           `json:"makeup"`
	Source    string          `json:"source"`
	Sourced   bool            `json:"sourced"`
	Note      string          `json:"note,omitempty"`
	Remark    string          `json:"remark" doc:"Where the days come from, in the reader's language"`
	Version   int             `json:"version" doc:"The newest; edit from this one. 0: the standard calendar, nothing published"`
	InForce   int             `json:"in_force" doc:"The version whose days these are"`
	ValidFrom int             `json:"valid_from,omitempty"`
	Hours     int             `json:"hours_version"`
	Next      *calendarChange `json:"next,omitempty" doc:"A version that is published but has not begun"`
}

type calendarChange struct {
	Version   int `json:"version"`
	ValidFrom int `json:"valid_from"`
}

type spanJSON struct {
	From string `json:"from" pattern:"^[0-2][0-9]:[0-5][0-9]$"`
	To   string `json:"to" pattern:"^[0-2][0-9]:[0-5][0-9]$"`
}

type yearIn struct {
	Year int `path:"year" minimum:"1900" maximum:"2399"`
}

type calendarOut struct{ Body calendarItem }

func (a *api) calendar(ctx context.Context, _ access.Scope, in *yearIn) (*calendarOut, error) {
	b := a.now()
	spec, y := b.cal.Spec(), b.cal.Year(in.Year)
	out := &calendarOut{calendarItem{Year: in.Year, Zone: spec.Zone, Off: append([]int{}, y.Off...), Makeup: append([]int{}, y.Makeup...),
		Source: y.Source, Sourced: y.Sourced, Note: y.Note, Remark: y.Remark().In(web.Lang(ctx))}}
	for _, s := range spec.Spans {
		out.Body.Spans = append(out.Body.Spans, spanJSON{s.From.String(), s.To.String()})
	}
	today := b.cal.Day(a.r.db.Now())
	list := b.seen.years[in.Year]
	if v, ok := inForce(list, today); ok {
		out.Body.InForce, out.Body.ValidFrom = v.Version, v.ValidFrom
	}
	if n := len(list); n > 0 {
		if out.Body.Version = list[n-1].Version; list[n-1].ValidFrom > today {
			out.Body.Next = &calendarChange{list[n-1].Version, list[n-1].ValidFrom}
		}
	}
	if n := len(b.seen.hours); n > 0 {
		out.Body.Hours = b.seen.hours[n-1].Version
	}
	return out, nil
}

// YearBody is a year of the calendar as a person edits it.
type YearBody struct {
	Off     []int  `json:"off" maxItems:"366" nullable:"false"`
	Makeup  []int  `json:"makeup" maxItems:"366" nullable:"false"`
	Source  string `json:"source,omitempty" maxLength:"200"`
	Sourced bool   `json:"sourced,omitempty"`
	Remark  string `json:"remark,omitempty" maxLength:"200"`
}

func (y YearBody) year() calendar.Year {
	return calendar.Year{Off: y.Off, Makeup: y.Makeup, Source: y.Source, Sourced: y.Sourced, Note: y.Remark}
}

type yearPut struct {
	Year int `path:"year" minimum:"1900" maximum:"2399"`
	Body struct {
		YearBody
		TermsBody
	}
}

func (a *api) updateCalendar(ctx context.Context, scope access.Scope, in *yearPut) (*calendarOut, error) {
	if err := a.r.PublishYear(ctx, scope, in.Year, in.Body.year(), in.Body.terms()); err != nil {
		return nil, err
	}
	return a.calendar(ctx, scope, &yearIn{in.Year})
}

// HoursBody is the working hours as a person edits them.
type HoursBody struct {
	Zone  string     `json:"zone" maxLength:"60"`
	Spans []spanJSON `json:"spans" minItems:"1" maxItems:"8" nullable:"false"`
}

func (h HoursBody) hours() *Hours {
	out := &Hours{Zone: h.Zone}
	for _, s := range h.Spans {
		from, _ := minuteOf(s.From) // the pattern was checked; what is left is Check's
		to, _ := minuteOf(s.To)
		out.Spans = append(out.Spans, calendar.Span{From: calendar.Clock(from), To: calendar.Clock(to)})
	}
	return out
}

type hoursPut struct {
	Body struct {
		HoursBody
		TermsBody
	}
}

func (a *api) updateHours(ctx context.Context, scope access.Scope, in *hoursPut) (*calendarOut, error) {
	if err := a.r.PublishHours(ctx, scope, *in.Body.hours(), in.Body.terms()); err != nil {
		return nil, err
	}
	b := a.now()
	return a.calendar(ctx, scope, &yearIn{b.cal.Day(a.r.db.Now()) / 10000})
}

type calendarPreviewIn struct {
	Body struct {
		Year  int        `json:"year,omitempty" minimum:"0" maximum:"2399"`
		Days  *YearBody  `json:"days,omitempty"`
		Hours *HoursBody `json:"hours,omitempty"`
	}
}

func (a *api) previewCalendar(ctx context.Context, scope access.Scope, in *calendarPreviewIn) (*limitPreviewOut, error) {
	years := map[int]calendar.Year{}
	if in.Body.Days != nil {
		years[in.Body.Year] = in.Body.Days.year()
	}
	var hours *Hours
	if in.Body.Hours != nil {
		hours = in.Body.Hours.hours()
	}
	p, err := a.r.PreviewCalendar(ctx, scope, a.cases, years, hours)
	if err != nil {
		return nil, err
	}
	return a.now().limitPreview(p, web.Lang(ctx)), nil
}
