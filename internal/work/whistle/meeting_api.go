package whistle

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"linli/internal/grid/planning/render"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

func (s *Service) meetingAPI(r *web.Router) {
	tags := []string{"meetings"}
	read := access.Needs(access.MeetingHold, access.WhistleAnswer)
	web.Register(r, web.Op{ID: "plan-meeting", Method: "POST", Path: "/api/v1/meetings", Policy: access.Needs(access.MeetingHold), Status: 201, Tags: tags, Summary: "拟定联席会议", SummaryEN: "Plan a joint meeting, with a proposed agenda"}, s.plan, s.planned)
	web.Register(r, web.Op{ID: "list-meetings", Method: "GET", Path: "/api/v1/meetings", Policy: read, Tags: tags, Summary: "联席会议列表", SummaryEN: "List joint meetings"}, s.meetings)
	web.Register(r, web.Op{ID: "meeting-tasks", Method: "GET", Path: "/api/v1/meetings/tasks", Policy: read, Tags: tags, Summary: "议定事项", SummaryEN: "What joint meetings decided"}, s.tasks)
	web.Register(r, web.Op{ID: "meeting-page", Method: "GET", Path: "/api/v1/meetings/{id}", Policy: read, Tags: tags, Summary: "联席会议详情", SummaryEN: "A joint meeting"}, s.meetingPage)
	web.Register(r, web.Op{ID: "act-on-meeting", Method: "POST", Path: "/api/v1/meetings/{id}/actions", Policy: read, Tags: tags, Summary: "办理联席会议", SummaryEN: "Do an action on a joint meeting or a task of it"}, s.meetingAct, s.meetingActed)
	web.Handle(r, web.Op{ID: "meeting-minutes", Method: "GET", Path: "/api/v1/meetings/{id}/minutes.pdf", Policy: read, Tags: tags, Produces: "application/pdf", Summary: "打印会议纪要", SummaryEN: "The minutes as PDF"}, s.minutes)
}

// MeetingItem is a meeting in a list.
type MeetingItem struct {
	ID        int64  `json:"id"`
	Version   int    `json:"version"`
	State     string `json:"state" enum:"planned,invited,held,minuted,cancelled"`
	Title     string `json:"title"`
	Street    *Named `json:"street"`
	Community *Named `json:"community"`
	Quarter   int    `json:"quarter" doc:"20264: the fourth of 2026"`
	At        string `json:"at,omitempty" format:"date-time"`
	Place     string `json:"place"`
	Convener  string `json:"convener"`
}

// TopicV is a point of the agenda as shown.
type TopicV struct {
	ID      int64  `json:"id"`
	Kind    string `json:"kind" enum:"case,request,resource,task,topic"`
	Ref     int64  `json:"ref,omitempty"`
	Title   string `json:"title"`
	Why     string `json:"why,omitempty"`
	Taken   bool   `json:"taken"`
	Outcome string `json:"outcome,omitempty"`
}

// GuestV is who is invited.
type GuestV struct {
	ID      int64  `json:"id"`
	Org     int64  `json:"org,omitempty"`
	Name    string `json:"name"`
	Answer  string `json:"answer,omitempty" enum:"yes,no"`
	Person  string `json:"person,omitempty"`
	Present bool   `json:"present"`
}

// TaskV is a decision's task.
type TaskV struct {
	ID      int64    `json:"id"`
	Meeting int64    `json:"meeting"`
	Of      string   `json:"of,omitempty" doc:"the meeting's title, in lists"`
	Item    int64    `json:"item"`
	Org     Named    `json:"org"`
	Title   string   `json:"title"`
	Due     int      `json:"due" doc:"yyyymmdd"`
	Late    bool     `json:"late"`
	State   string   `json:"state" enum:"open,reported,done,dropped"`
	Result  string   `json:"result,omitempty"`
	Actions []Option `json:"actions,omitempty"`
}

// MeetingPage is a meeting with all that belongs to it.
type MeetingPage struct {
	MeetingItem
	Minutes string   `json:"minutes"`
	Agenda  []TopicV `json:"agenda"`
	Guests  []GuestV `json:"guests"`
	Tasks   []TaskV  `json:"tasks"`
	Actions []Option `json:"actions"`
	Steps   []Step   `json:"steps"`
}

func (v *view) meeting(m *Meeting) MeetingItem {
	return MeetingItem{ID: m.ID, Version: m.Version, State: string(m.State), Title: m.Title, Street: v.region(m.Street), Community: v.region(m.Community), Quarter: m.Quarter, At: v.time(m.At), Place: m.Place, Convener: v.account(m.Convener)}
}

func (v *view) task(k Task) TaskV {
	return TaskV{ID: k.ID, Meeting: k.Meeting, Item: k.Item, Org: v.org(k.Org), Title: k.Title, Due: k.Due, Late: !Following.Ended(k.State) && k.Due < v.cal.Day(v.now), State: string(k.State), Result: k.Result}
}

func meetingName(action string) errs.Words {
	if n := Holding.NameOf(flow.Action(action)); n.ZH != action {
		return n
	}
	return Following.NameOf(flow.Action(action))
}

// MeetingPage renders a meeting for the scope's actor.
func (s *Service) MeetingPage(ctx context.Context, scope access.Scope, id int64, lang string) (*MeetingPage, error) {
	m, err := s.MeetingByID(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	log, err := s.logOf(ctx, m.District, m.ID)
	if err != nil {
		return nil, err
	}
	v := s.view(ctx, lang)
	p := &MeetingPage{MeetingItem: v.meeting(m), Minutes: m.Minutes, Agenda: []TopicV{}, Guests: []GuestV{}, Tasks: []TaskV{}, Steps: v.steps(log, meetingName)}
	for _, t := range m.Agenda {
		p.Agenda = append(p.Agenda, TopicV{t.ID, t.Kind, t.Ref, t.Title, t.Why.In(lang), t.Taken, t.Outcome})
	}
	for _, x := range m.Guests {
		p.Guests = append(p.Guests, GuestV(x))
	}
	can := canHold(scope, m)
	for i := range m.Tasks {
		k := v.task(m.Tasks[i])
		for _, o := range options(Following.Options(m.Tasks[i].State, can, gatheringFor(scope, m, &m.Tasks[i])), lang) {
			if o.Allowed {
				k.Actions = append(k.Actions, o)
			}
		}
		p.Tasks = append(p.Tasks, k)
	}
	p.Actions = options(Holding.Options(m.State, can, gatheringFor(scope, m, nil)), lang)
	return p, nil
}

type meetingOut struct{ Body *MeetingPage }

func (s *Service) shownMeeting(ctx context.Context, scope access.Scope, id int64) (*meetingOut, error) {
	p, err := s.MeetingPage(ctx, scope, id, web.Lang(ctx))
	if err != nil {
		return nil, err
	}
	return &meetingOut{p}, nil
}

type planIn struct {
	Body struct {
		Region  string `json:"region" doc:"code of the street or community"`
		Quarter int    `json:"quarter,omitempty" doc:"20264: the fourth of 2026; without it the present one"`
		Title   string `json:"title,omitempty"`
	}
}

func (s *Service) plan(ctx context.Context, scope access.Scope, in *planIn) (*meetingOut, error) {
	m, err := s.Convene(ctx, scope, Plan{Region: code(in.Body.Region), Quarter: in.Body.Quarter, Title: in.Body.Title, OnWrite: func(tx *store.Tx, m *Meeting) error { return web.Mark(ctx, tx, m.ID) }})
	if err != nil {
		return nil, err
	}
	return s.shownMeeting(ctx, scope, m.ID)
}

func (s *Service) planned(ctx context.Context, scope access.Scope, _ *planIn) (*meetingOut, error) {
	return s.shownMeeting(ctx, scope, web.Marked(ctx))
}

type meetingsIn struct {
	State   string `query:"state" enum:"planned,invited,held,minuted,cancelled"`
	Quarter int    `query:"quarter"`
	Region  int64  `query:"region" doc:"code of a street or community"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200"`
}

type meetingsOut struct {
	Body struct {
		Items []MeetingItem `json:"items"`
		Next  string        `json:"next"`
	}
}

func (s *Service) meetings(ctx context.Context, scope access.Scope, in *meetingsIn) (*meetingsOut, error) {
	f := MeetingFilter{State: in.State, Quarter: in.Quarter, Region: in.Region, Limit: in.Limit}
	if f.Limit == 0 {
		f.Limit = 50
	}
	if _, err := web.ParseCursor(in.Cursor, &f.After); err != nil {
		return nil, err
	}
	list, more, err := s.Meetings(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	v, out := s.view(ctx, web.Lang(ctx)), &meetingsOut{}
	out.Body.Items = []MeetingItem{}
	for _, m := range list {
		out.Body.Items = append(out.Body.Items, v.meeting(m))
	}
	if more {
		out.Body.Next = web.Cursor(list[len(list)-1].ID)
	}
	return out, nil
}

type tasksIn struct {
	Org  int64 `query:"org" doc:"whose tasks"`
	Open bool  `query:"open" doc:"only those that are not done"`
}

type tasksOut struct {
	Body struct {
		Items []TaskV `json:"items"`
	}
}

func (s *Service) tasks(ctx context.Context, scope access.Scope, in *tasksIn) (*tasksOut, error) {
	list, err := s.Tasks(ctx, scope, in.Org, in.Open)
	if err != nil {
		return nil, err
	}
	v, out := s.view(ctx, web.Lang(ctx)), &tasksOut{}
	out.Body.Items = []TaskV{}
	for _, k := range list {
		t := v.task(k.Task)
		t.Of = k.Title
		out.Body.Items = append(out.Body.Items, t)
	}
	return out, nil
}

func (s *Service) meetingPage(ctx context.Context, scope access.Scope, in *idIn) (*meetingOut, error) {
	return s.shownMeeting(ctx, scope, in.ID)
}

type meetingActIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Action  string     `json:"action"`
		Version int        `json:"version"`
		Task    int64      `json:"task,omitempty" doc:"the task that it is about"`
		Reason  string     `json:"reason,omitempty"`
		Note    string     `json:"note,omitempty"`
		Result  string     `json:"result,omitempty"`
		Title   string     `json:"title,omitempty" doc:"arrange"`
		At      *time.Time `json:"at,omitempty" doc:"arrange"`
		Place   string     `json:"place,omitempty" doc:"arrange"`
		Agenda  []struct {
			ID    int64  `json:"id,omitempty" doc:"without it a new topic"`
			Title string `json:"title"`
			Taken bool   `json:"taken"`
		} `json:"agenda,omitempty" doc:"agenda: the whole list in order"`
		Guests []struct {
			Org  int64  `json:"org,omitempty"`
			Name string `json:"name,omitempty"`
		} `json:"guests,omitempty" doc:"guests: the whole list"`
		Answer    string  `json:"answer,omitempty" enum:"yes,no" doc:"answer"`
		Person    string  `json:"person,omitempty" doc:"answer: who comes"`
		Present   []int64 `json:"present,omitempty" doc:"hold: the guests who came"`
		Minutes   string  `json:"minutes,omitempty" doc:"minute"`
		Decisions []struct {
			Item    int64  `json:"item" doc:"of the agenda"`
			Outcome string `json:"outcome,omitempty"`
			Tasks   []struct {
				Org   int64  `json:"org"`
				Title string `json:"title"`
				Due   int    `json:"due" doc:"yyyymmdd"`
			} `json:"tasks,omitempty"`
		} `json:"decisions,omitempty" doc:"minute"`
	}
}

func (s *Service) meetingAct(ctx context.Context, scope access.Scope, in *meetingActIn) (*meetingOut, error) {
	b := &in.Body
	d := Do{Action: flow.Action(b.Action), Task: b.Task, Version: b.Version, Reason: b.Reason, Note: b.Note, Result: b.Result, Title: b.Title, Place: b.Place, Answer: b.Answer, Person: b.Person, Present: b.Present, Minutes: b.Minutes}
	if b.At != nil {
		d.At = b.At.UnixMicro()
	}
	for _, t := range b.Agenda {
		d.Agenda = append(d.Agenda, Topic{ID: t.ID, Title: t.Title, Taken: t.Taken})
	}
	for _, g := range b.Guests {
		d.Guests = append(d.Guests, Guest{Org: g.Org, Name: g.Name})
	}
	for _, x := range b.Decisions {
		y := Decision{Item: x.Item, Outcome: x.Outcome}
		for _, k := range x.Tasks {
			y.Tasks = append(y.Tasks, Task{Org: k.Org, Title: k.Title, Due: k.Due})
		}
		d.Taken = append(d.Taken, y)
	}
	if _, err := s.Do(ctx, scope, in.ID, d, func(tx *store.Tx) error { return web.Mark(ctx, tx, in.ID) }); err != nil {
		return nil, err
	}
	return s.shownMeeting(ctx, scope, in.ID)
}

func (s *Service) meetingActed(ctx context.Context, scope access.Scope, in *meetingActIn) (*meetingOut, error) {
	return s.shownMeeting(ctx, scope, in.ID)
}

func (s *Service) minutes(ctx context.Context, scope access.Scope, w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errs.NotFound.New()
	}
	m, err := s.MeetingByID(ctx, scope, id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`inline; filename="minutes-%d.pdf"`, m.ID))
	return s.view(ctx, web.Lang(ctx)).print(w, m)
}

// print writes the minutes as they are kept on paper. Before the meeting it is
// the invitation with the agenda.
func (v *view) print(to io.Writer, m *Meeting) error {
	say := func(zh, en string) string { return w(zh, en).In(v.lang) }
	var lines []render.Line
	add := func(text string, gap float64) { lines = append(lines, render.Line{Text: text, Gap: gap}) }
	head := func(text string) { lines = append(lines, render.Line{Text: text, Size: 13, Gap: 10}) }
	lines = append(lines, render.Line{Text: m.Title, Size: 18, Centre: true})
	if m.MinutedAt > 0 {
		lines = append(lines, render.Line{Text: say("会议纪要", "Minutes"), Size: 13, Centre: true})
	}
	if m.At > 0 {
		add(say("时间：", "When: ")+v.cal.Time(m.At).Format("2006-01-02 15:04"), 14)
	}
	add(say("地点：", "Where: ")+m.Place, 0)
	add(say("召集人：", "Convener: ")+v.account(m.Convener), 0)
	var came, away []string
	for _, x := range m.Guests {
		name := x.Name
		if x.Person != "" {
			name += say("（", " (") + x.Person + say("）", ")")
		}
		if m.HeldAt == 0 || x.Present {
			came = append(came, name)
		} else {
			away = append(away, name)
		}
	}
	sep := say("、", ", ")
	if m.HeldAt == 0 {
		add(say("受邀单位：", "Invited: ")+strings.Join(came, sep), 0)
	} else {
		add(say("到会单位：", "Present: ")+strings.Join(came, sep), 0)
		if len(away) > 0 {
			add(say("未到会：", "Absent: ")+strings.Join(away, sep), 0)
		}
	}
	head(say("议题", "Agenda"))
	n := 0
	for _, t := range m.Agenda {
		if !t.Taken {
			continue
		}
		n++
		add(fmt.Sprintf("%d. %s", n, t.Title), 4)
		if t.Outcome != "" {
			add(say("议定：", "Decided: ")+t.Outcome, 0)
		}
		for _, k := range m.Tasks {
			if k.Item == t.ID {
				day := strconv.Itoa(k.Due)
				add("· "+k.Title+say("——", " – ")+v.org(k.Org).Name+say("，", ", ")+day[:4]+"-"+day[4:6]+"-"+day[6:]+say(" 前", ""), 0)
			}
		}
	}
	if m.Minutes != "" {
		head(say("会议情况", "What was said"))
		add(m.Minutes, 2)
	}
	return render.Letter(to, m.Title, lines)
}
