package patrol

import (
	"context"
	"fmt"
	"slices"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

var _ = web.Name(map[string]errs.Words{
	"outcome": w("结果", "outcome"), "tasks": w("任务", "tasks"), "home": w("住户", "home"), "building": w("楼栋", "building"), "answers": w("回答", "answers"),
	"wish": w("居民心愿", "wish"), "photos": w("照片", "photos"), "client": w("编号", "id"), "every": w("间隔天数", "interval"), "window": w("提前天数", "window"),
	"retry": w("再访天数", "days until the next try"), "priority": w("优先级", "priority"), "minutes": w("用时", "minutes"), "needs": w("关爱需求", "care needs"),
	"questions": w("问题", "questions"), "why": w("用途", "purpose"), "grades": w("隐患等级", "grades"), "of": w("对象", "what it is about"), "until": w("推迟到", "until"),
	"datatype": w("答案类型", "kind of answer"), "values": w("选项", "values"), "buildings": w("楼栋类型", "kinds of building"), "rule": w("规则", "rule"), "worker": w("走访人", "worker"),
})

// API adds the room's operations.
func (s *Service) API(r *web.Router) {
	read, rec, manage := access.Needs(access.VisitRead), access.Needs(access.VisitRecord), access.Needs(access.VisitManage)
	op := func(id, method, path string, p access.Policy, zh, en string, answers ...int) web.Op {
		return web.Op{ID: id, Method: method, Path: "/api/v1/visits" + path, Policy: p, Tags: []string{"visits"}, Summary: zh, SummaryEN: en, Answers: answers}
	}
	made := op("record-visit", "POST", "", rec, "记录走访", "Record a visit", 404, 409)
	made.Status = 201
	web.Register(r, made, s.apiRecord)
	web.Register(r, op("list-visits", "GET", "", read, "走访记录", "Visits, the newest first"), s.apiVisits)
	web.Register(r, op("get-visit", "GET", "/{id}", read, "走访详情", "A visit with its answers", 404), s.apiVisit)
	web.Register(r, op("my-visits", "GET", "/today", rec, "我的今日走访", "The own day: tasks in walking order, and the own pace"), s.apiToday)
	web.Register(r, op("visit-tasks", "GET", "/tasks", read, "走访任务", "Tasks, the rows behind every number of visits"), s.apiTasks)
	web.Register(r, op("visit-progress", "GET", "/progress", read, "走访进度", "How far visits are, by grid; each number opens its rows"), s.apiProgress)
	web.Register(r, op("postpone-visits", "POST", "/tasks/postpone", manage, "推迟走访", "Postpone tasks with a reason", 404, 409), s.apiPostpone)
	web.Register(r, op("hand-over-visits", "POST", "/tasks/hand-over", manage, "移交走访", "Give tasks to somebody else for today", 404, 409), s.apiHandOver)
	web.Register(r, op("visit-workers", "GET", "/workers", manage, "可移交的人员", "Who may visit in a grid today"), s.apiWorkers)
	s.rulesAPI(r, op)
}

// TaskView is a task as pages show it.
type TaskView struct {
	ID           int64   `json:"id"`
	Version      int     `json:"version"`
	Kind         string  `json:"kind" enum:"visit,check,recheck,circular"`
	Rule         int64   `json:"rule"`
	RuleName     string  `json:"rule_name"`
	Title        string  `json:"title"`
	Why          string  `json:"why"`
	Place        string  `json:"place" doc:"Building, unit and room; or where a hazard is"`
	GridID       int64   `json:"grid_id"`
	Grid         string  `json:"grid"`
	Community    string  `json:"community"`
	Building     int64   `json:"building,omitempty"`
	Home         int64   `json:"home,omitempty"`
	Case         int64   `json:"case,omitempty" doc:"The hazard"`
	Lon          float64 `json:"lon"`
	Lat          float64 `json:"lat"`
	Priority     int     `json:"priority"`
	From         int     `json:"from" doc:"First day of the window, yyyymmdd"`
	Due          int     `json:"due" doc:"Last day"`
	Day          int     `json:"day" doc:"Planned for this day; 0: not yet"`
	Rank         int     `json:"rank" doc:"Place in the day's walk"`
	Again        int     `json:"again,omitempty" doc:"Comes again on this day: postponed, or nobody was there"`
	Worker       string  `json:"worker,omitempty"`
	Tries        int     `json:"tries" doc:"Visits in a row at which nobody was there"`
	State        string  `json:"state" enum:"open,done,dropped"`
	Late         bool    `json:"late"`
	DoneDay      int     `json:"done_day,omitempty"`
	Visit        int64   `json:"visit,omitempty" doc:"What settled it"`
	Reason       string  `json:"reason,omitempty"`
	Sheet        string  `json:"sheet,omitempty"`
	SheetVersion int     `json:"sheet_version,omitempty"`
}

// Sheet names the questions of a rule's version, "" if it asks nothing.
func (r *Rule) Sheet() string {
	if len(r.Questions) == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d", r.ID, r.Version)
}

// Label is the rule's name.
func (r *Rule) Label() errs.Words { return w(r.Name, orZH(r.NameEN, r.Name)) }

// Purpose is why the rule is there.
func (r *Rule) Purpose() errs.Words { return w(r.Why, orZH(r.WhyEN, r.Why)) }

// book reads rules once for a request.
type book struct {
	s   *Service
	all map[[2]int64]*Rule
}

func (s *Service) book() *book { return &book{s, map[[2]int64]*Rule{}} }

func (b *book) of(ctx context.Context, t *Task) (*Rule, error) {
	k := t.sheet()
	if r := b.all[k]; r != nil {
		return r, nil
	}
	r, err := b.s.ruleAt(ctx, t.Rule, t.RuleVersion)
	b.all[k] = r
	return r, err
}

// view shows tasks of any districts.
func (s *Service) view(ctx context.Context, list []Task, lang string) ([]TaskView, error) {
	book, today := s.book(), s.Today(ctx)
	rooms, err := s.rooms(ctx, list)
	if err != nil {
		return nil, err
	}
	gridNames := map[int64]string{}
	out := make([]TaskView, len(list))
	for i := range list {
		t := &list[i]
		r, err := book.of(ctx, t)
		if err != nil {
			return nil, err
		}
		if _, ok := gridNames[t.Community]; !ok {
			gridNames[t.Community] = ""
			for _, g := range s.City.Grids(t.Community) {
				gridNames[g.ID] = g.Name
			}
		}
		v := TaskView{ID: t.ID, Version: t.Version, Kind: r.Kind, Rule: t.Rule, RuleName: r.Label().In(lang), Title: t.Title, Why: r.Purpose().In(lang), Place: s.City.Place(t.Building), GridID: t.Grid, Grid: gridNames[t.Grid],
			Community: s.City.Name(t.Community), Building: t.Building, Home: t.Home, Case: t.Case, Lon: t.Lon, Lat: t.Lat, Priority: t.Priority, From: t.From, Due: t.Due, Day: t.Day, Rank: t.Rank,
			Worker: s.People.Account(t.Worker), Tries: t.Tries, State: t.State, Late: t.State == Open && t.Due < today, DoneDay: t.DoneDay, Visit: t.Visit, Reason: t.Reason, Sheet: r.Sheet()}
		if v.Title == "" {
			v.Title = v.RuleName
		}
		if t.Again > today && t.State == Open {
			v.Again = t.Again
		}
		if v.Sheet != "" {
			v.SheetVersion = t.RuleVersion
		}
		if room := rooms[t.Home]; room != "" {
			v.Place += " " + room
		}
		out[i] = v
	}
	return out, nil
}

// rooms names the homes of tasks.
func (s *Service) rooms(ctx context.Context, list []Task) (map[int64]string, error) {
	ids := map[int][]int64{}
	for _, t := range list {
		if t.Home != 0 {
			ids[t.District] = append(ids[t.District], t.Home)
		}
	}
	out := map[int64]string{}
	for d, homes := range ids {
		names, err := s.Homes.Rooms(ctx, d, homes)
		if err != nil {
			return nil, err
		}
		for id, name := range names {
			out[id] = name
		}
	}
	return out, nil
}

type visitBody struct {
	Client   string              `json:"client" format:"uuid" doc:"The caller's own name for the visit: recorded twice it counts once"`
	Tasks    []int64             `json:"tasks,omitempty" nullable:"false" maxItems:"100"`
	Home     int64               `json:"home,omitempty"`
	Building int64               `json:"building,omitempty"`
	Outcome  string              `json:"outcome" enum:"fine,absent,found"`
	Answers  map[string][]string `json:"answers,omitempty" nullable:"false" doc:"By the questions' codes; keys for lists"`
	Note     string              `json:"note,omitempty" maxLength:"500"`
	Wish     string              `json:"wish,omitempty" maxLength:"500" doc:"What the resident wishes for"`
	Lon      float64             `json:"lon,omitempty" doc:"WGS 84; may be left out"`
	Lat      float64             `json:"lat,omitempty"`
	Photos   []string            `json:"photos,omitempty" nullable:"false" maxItems:"9" doc:"The uploads' own names (UUID); they may come later"`
	At       *time.Time          `json:"at,omitempty" doc:"When it was; default: now"`
}

type recordIn struct{ Body visitBody }

// VisitView is a visit as pages show it.
type VisitView struct {
	ID        int64        `json:"id"`
	Client    string       `json:"client"`
	Outcome   string       `json:"outcome" enum:"fine,absent,found"`
	Place     string       `json:"place"`
	GridID    int64        `json:"grid_id"`
	Community string       `json:"community"`
	Home      int64        `json:"home,omitempty"`
	Building  int64        `json:"building,omitempty"`
	Tasks     []int64      `json:"tasks" doc:"What it settled, or tried in vain"`
	Answers   []AnswerView `json:"answers"`
	Note      string       `json:"note,omitempty" doc:"Shown to those who may read homes"`
	Wish      string       `json:"wish,omitempty" doc:"Shown to those who may read homes"`
	Photos    []string     `json:"photos" doc:"The names by which the phone uploads photos and voice notes"`
	Files     []FileView   `json:"files,omitempty" doc:"Those that have come, for those who may read homes"`
	Case      int64        `json:"case,omitempty"`
	By        string       `json:"by"`
	Day       int          `json:"day"`
	At        string       `json:"at" format:"date-time"`
	Again     bool         `json:"again,omitempty" doc:"It had been recorded before"`
}

// FileView is a photo or a voice note of a visit.
type FileView struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type" doc:"image/jpeg, audio/webm, audio/ogg or audio/mp4"`
	Size  int64  `json:"size"`
	Thumb string `json:"thumb_url,omitempty"`
	URL   string `json:"url"`
}

// AnswerView is an answer in words.
type AnswerView struct {
	Code     string   `json:"code"`
	Question string   `json:"question"`
	Values   []string `json:"values"`
	Text     string   `json:"text"`
}

func (s *Service) visitViews(ctx context.Context, scope access.Scope, list []*Visit) ([]VisitView, error) {
	lang := web.Lang(ctx)
	homes, err := scope.For(access.HomeRead)
	if err != nil {
		homes = access.Scope{}
	}
	var asTasks []Task
	for _, v := range list {
		asTasks = append(asTasks, Task{District: v.District, Home: v.Home})
	}
	rooms, err := s.rooms(ctx, asTasks)
	if err != nil {
		return nil, err
	}
	questions, err := s.questions(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := s.filesOf(ctx, list)
	if err != nil {
		return nil, err
	}
	out := make([]VisitView, len(list))
	for i, v := range list {
		x := VisitView{ID: v.ID, Client: v.Client, Outcome: v.Outcome, Place: s.City.Place(v.Building), GridID: v.Grid, Community: s.City.Name(v.Community), Home: v.Home, Building: v.Building, Tasks: v.Tasks, Answers: []AnswerView{},
			Photos: slices.Concat([]string{}, v.Photos), Case: v.Case, By: s.People.Account(v.Account), Day: v.Day, At: s.Calendar().Time(v.At).Format(time.RFC3339), Again: v.Again}
		if room := rooms[v.Home]; room != "" {
			x.Place += " " + room
		}
		if homes.Covers(v.Target()) {
			x.Note, x.Wish, x.Files = v.Note, v.Wish, kept[v.ID]
			for _, q := range questions {
				if given, ok := v.Answers[q.Code]; ok {
					x.Answers = append(x.Answers, AnswerView{q.Code, w(q.Text, orZH(q.TextEN, q.Text)).In(lang), given, q.Words(given, lang)})
				}
			}
		}
		out[i] = x
	}
	return out, nil
}

// filesOf are the files that have come of each visit.
func (s *Service) filesOf(ctx context.Context, list []*Visit) (map[int64][]FileView, error) {
	at := map[int][]int64{}
	for _, v := range list {
		if len(v.Photos) > 0 {
			at[v.District] = append(at[v.District], v.ID)
		}
	}
	out := map[int64][]FileView{}
	for district, ids := range at {
		all, err := s.Files.OfEach(ctx, s.DB, district, "visit", ids)
		if err != nil {
			return nil, err
		}
		for visit, list := range all {
			for _, f := range list {
				x := FileView{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, URL: fmt.Sprintf("/api/v1/files/%d", f.ID)}
				if f.Photo() {
					x.Thumb = x.URL + "/thumb"
				}
				out[visit] = append(out[visit], x)
			}
		}
	}
	return out, nil
}

// questions are those of all rules, each code once.
func (s *Service) questions(ctx context.Context) ([]Question, error) {
	rules, err := s.Rules(ctx, 99991231)
	var out []Question
	seen := map[string]bool{}
	for _, r := range rules {
		for _, q := range r.Questions {
			if !seen[q.Code] {
				seen[q.Code] = true
				out = append(out, q)
			}
		}
	}
	return out, err
}

type visitOut struct{ Body VisitView }

func (s *Service) apiRecord(ctx context.Context, scope access.Scope, in *recordIn) (*visitOut, error) {
	b := in.Body
	v := Visit{Client: b.Client, Tasks: b.Tasks, Home: b.Home, Building: b.Building, Outcome: b.Outcome, Answers: b.Answers, Note: b.Note, Wish: b.Wish, Lon: b.Lon, Lat: b.Lat, Photos: b.Photos}
	if b.At != nil {
		v.At = b.At.UnixMicro()
	}
	made, err := s.Record(ctx, scope, v)
	if err != nil {
		return nil, err
	}
	return s.visitOut(ctx, scope, made)
}

func (s *Service) visitOut(ctx context.Context, scope access.Scope, v *Visit) (*visitOut, error) {
	views, err := s.visitViews(ctx, scope, []*Visit{v})
	if err != nil {
		return nil, err
	}
	return &visitOut{views[0]}, nil
}

type visitIn struct {
	ID int64 `path:"id"`
}

func (s *Service) apiVisit(ctx context.Context, scope access.Scope, in *visitIn) (*visitOut, error) {
	v, err := s.VisitByID(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return s.visitOut(ctx, scope, v)
}

type visitsIn struct {
	Area     int64  `query:"area" doc:"Code of a district, street or community"`
	Grid     int64  `query:"grid"`
	Building int64  `query:"building"`
	Home     int64  `query:"home"`
	Outcome  string `query:"outcome" enum:"fine,absent,found"`
	From     int    `query:"from" doc:"yyyymmdd"`
	To       int    `query:"to" doc:"yyyymmdd"`
	Cursor   string `query:"cursor"`
	Limit    int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

type visitsOut struct {
	Body struct {
		Items []VisitView `json:"items"`
		Next  string      `json:"next,omitempty" doc:"Cursor of the next page"`
	}
}

type place struct {
	ID int64 `json:"id"`
}

func (s *Service) apiVisits(ctx context.Context, scope access.Scope, in *visitsIn) (*visitsOut, error) {
	var at place
	if _, err := web.ParseCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	list, err := s.Made(ctx, scope, VisitFilter{Area: in.Area, Grid: in.Grid, Building: in.Building, Home: in.Home, Outcome: in.Outcome, From: in.From, To: in.To, Before: at.ID, Limit: in.Limit + 1})
	if err != nil {
		return nil, err
	}
	out := &visitsOut{}
	if len(list) > in.Limit {
		list = list[:in.Limit]
		out.Body.Next = web.Cursor(place{list[in.Limit-1].ID})
	}
	out.Body.Items, err = s.visitViews(ctx, scope, list)
	return out, err
}

type tasksIn struct {
	Area     int64  `query:"area" doc:"Code of a district, street or community"`
	Grid     int64  `query:"grid"`
	Building int64  `query:"building"`
	Home     int64  `query:"home"`
	Rule     int64  `query:"rule"`
	Day      int    `query:"day" doc:"Planned for this day"`
	From     int    `query:"from" doc:"Last day of the task from this day on"`
	To       int    `query:"to" doc:"… up to this day"`
	Part     string `query:"part" enum:"due,visited,in_time,open,late,unreached,waiting,today,today_met" doc:"The rows of this number"`
	Cursor   string `query:"cursor"`
	Limit    int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

func (in *tasksIn) filter() Filter {
	return Filter{Area: in.Area, Grid: in.Grid, Building: in.Building, Home: in.Home, Rule: in.Rule, Day: in.Day, From: in.From, To: in.To, Part: in.Part}
}

type tasksOut struct {
	Body struct {
		Items []TaskView `json:"items"`
		Total int        `json:"total"`
		Next  string     `json:"next,omitempty" doc:"Cursor of the next page"`
	}
}

func (s *Service) apiTasks(ctx context.Context, scope access.Scope, in *tasksIn) (*tasksOut, error) {
	var at place
	if _, err := web.ParseCursor(in.Cursor, &at); err != nil {
		return nil, err
	}
	f := in.filter()
	total, err := s.Count(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	f.After, f.Limit = at.ID, in.Limit+1
	list, err := s.Tasks(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	out := &tasksOut{}
	out.Body.Total = total
	if len(list) > in.Limit {
		list = list[:in.Limit]
		out.Body.Next = web.Cursor(place{list[in.Limit-1].ID})
	}
	out.Body.Items, err = s.view(ctx, list, web.Lang(ctx))
	return out, err
}

type todayOut struct {
	Body struct {
		Day   int        `json:"day"`
		Tasks []TaskView `json:"tasks" doc:"In walking order; those done today included"`
		Pace  struct {
			Today int `json:"today" doc:"Tasks planned for today"`
			Met   int `json:"met" doc:"… and done"`
			Late  int `json:"late" doc:"Past their last day"`
			Week  int `json:"week" doc:"Visits made in the last seven days"`
		} `json:"pace" doc:"For the worker alone"`
	}
}

func (s *Service) apiToday(ctx context.Context, scope access.Scope, _ *struct{}) (*todayOut, error) {
	day := s.Today(ctx)
	list, err := s.Tasks(ctx, scope, Filter{Day: day, Part: "today", Limit: 500})
	if err != nil {
		return nil, err
	}
	mine := list[:0]
	for _, t := range list {
		if t.Worker == scope.Account() || t.Worker == 0 {
			mine = append(mine, t)
		}
	}
	out := &todayOut{}
	out.Body.Day = day
	if out.Body.Tasks, err = s.view(ctx, mine, web.Lang(ctx)); err != nil {
		return nil, err
	}
	p, err := s.Pace(ctx, scope)
	out.Body.Pace.Today, out.Body.Pace.Met, out.Body.Pace.Late, out.Body.Pace.Week = p.Today, p.Met, p.Late, p.Week
	return out, err
}

type progressIn struct {
	Area int64 `query:"area" doc:"Code of a district, street or community"`
	Rule int64 `query:"rule"`
	From int   `query:"from" doc:"Of the period: last day of the task from this day on"`
	To   int   `query:"to" doc:"… up to this day"`
}

// ProgressView is how far a grid, or all of them, are. Every number opens its
// rows: GET /api/v1/visits/tasks with the same filter and part.
type ProgressView struct {
	GridID      int64  `json:"grid_id,omitempty"`
	Grid        string `json:"grid,omitempty"`
	Code        string `json:"community_code,omitempty"`
	Community   string `json:"community,omitempty"`
	Today       int    `json:"today"`
	TodayMet    int    `json:"today_met"`
	Late        int    `json:"late"`
	Unreached   int    `json:"unreached"`
	Waiting     int    `json:"waiting"`
	Open        int    `json:"open"`
	Due         int    `json:"due" doc:"Of the period: all that was or is to be done"`
	Visited     int    `json:"visited"`
	VisitedTime int    `json:"in_time"`
}

func (p *ProgressView) add(n map[string]int) {
	p.Today, p.TodayMet, p.Late, p.Unreached, p.Waiting = p.Today+n["today"], p.TodayMet+n["today_met"], p.Late+n["late"], p.Unreached+n["unreached"], p.Waiting+n["waiting"]
	p.Open, p.Due, p.Visited, p.VisitedTime = p.Open+n["open"], p.Due+n["due"], p.Visited+n["visited"], p.VisitedTime+n["in_time"]
}

type progressOut struct {
	Body struct {
		Day   int            `json:"day"`
		Total ProgressView   `json:"total"`
		Grids []ProgressView `json:"grids" doc:"In order of place, not of any number"`
	}
}

func (s *Service) apiProgress(ctx context.Context, scope access.Scope, in *progressIn) (*progressOut, error) {
	list, err := s.Progress(ctx, scope, Filter{Area: in.Area, Rule: in.Rule, From: in.From, To: in.To})
	if err != nil {
		return nil, err
	}
	out := &progressOut{}
	out.Body.Day, out.Body.Grids = s.Today(ctx), []ProgressView{}
	names := map[int64]string{}
	for _, g := range s.City.Grids(0) {
		names[g.ID] = g.Name
	}
	for _, p := range list {
		v := ProgressView{GridID: p.Grid, Grid: names[p.Grid], Code: fmt.Sprint(p.Community), Community: s.City.Name(p.Community)}
		v.add(p.Parts)
		out.Body.Total.add(p.Parts)
		out.Body.Grids = append(out.Body.Grids, v)
	}
	return out, nil
}

type postponeIn struct {
	Body struct {
		Tasks  []int64 `json:"tasks" minItems:"1" maxItems:"200"`
		Until  int     `json:"until" doc:"Day on which they come again, yyyymmdd"`
		Reason string  `json:"reason" maxLength:"200"`
	}
}

type arrangedOut struct {
	Body struct {
		Changed int `json:"changed"`
	}
}

func (s *Service) apiPostpone(ctx context.Context, scope access.Scope, in *postponeIn) (*arrangedOut, error) {
	out := &arrangedOut{}
	out.Body.Changed = len(in.Body.Tasks)
	return out, s.Postpone(ctx, scope, in.Body.Tasks, in.Body.Until, in.Body.Reason)
}

type handOverIn struct {
	Body struct {
		Tasks  []int64 `json:"tasks" minItems:"1" maxItems:"200"`
		To     int64   `json:"to" doc:"Account"`
		Reason string  `json:"reason" maxLength:"200"`
	}
}

func (s *Service) apiHandOver(ctx context.Context, scope access.Scope, in *handOverIn) (*arrangedOut, error) {
	out := &arrangedOut{}
	out.Body.Changed = len(in.Body.Tasks)
	return out, s.HandOver(ctx, scope, in.Body.Tasks, in.Body.To, in.Body.Reason)
}

type workersIn struct {
	Grid int64 `query:"grid" required:"true"`
}

type workersOut struct {
	Body struct {
		Items []WorkerView `json:"items"`
	}
}

// WorkerView is somebody who may visit in the grid today.
type WorkerView struct {
	Account int64  `json:"account"`
	Name    string `json:"name"`
}

func (s *Service) apiWorkers(ctx context.Context, scope access.Scope, in *workersIn) (*workersOut, error) {
	out := &workersOut{}
	out.Body.Items = []WorkerView{}
	for _, g := range s.City.Grids(0) {
		if g.ID != in.Grid {
			continue
		}
		t := access.Target{District: districtOf(g.Community), Street: g.Community / 1000, Community: g.Community, Grid: g.ID}
		if !scope.Covers(t) {
			break
		}
		seen := map[int64]bool{}
		for _, x := range s.People.Holders(t, s.Today(ctx)) {
			if !seen[x.Account] {
				seen[x.Account] = true
				out.Body.Items = append(out.Body.Items, WorkerView{x.Account, x.Name})
			}
		}
	}
	return out, nil
}
