package agenda

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// API registers the operations. Each answers for the caller's own posts.
func (r *Room) API(router *web.Router) {
	op := func(id, method, path, zh, en string) web.Op {
		return web.Op{ID: id, Method: method, Path: "/api/v1" + path, Policy: access.SignedIn, Tags: []string{"agenda"}, Summary: zh, SummaryEN: en}
	}
	web.Register(router, op("my-duties", "GET", "/duties", "我的职责", "What is due from me: late, this week, this quarter, without a day"), r.apiDuties)
	web.Register(router, op("calendar", "GET", "/calendar", "日历", "What is or ends in a month, within reach"), r.apiCalendar)
	file := op("calendar-file", "GET", "/calendar.ics", "下载本人日历", "One's own entries as iCalendar")
	file.Produces, file.Params = "text/calendar", fileIn{}
	web.Handle(router, file, r.apiFile)
	web.Register(router, op("my-inbox", "GET", "/inbox", "我的提醒", "What one was told, the newest first"), r.apiInbox)
	web.Register(router, op("read-inbox", "POST", "/inbox/read", "标为已读", "Mark what one was told as read"), r.apiRead)
}

// Item is an entry as it is shown.
type Item struct {
	Title string `json:"title"`
	Where string `json:"where,omitempty"`
	Day   string `json:"day,omitempty" format:"date" doc:"by when it is due, or on which it is"`
	At    string `json:"at,omitempty" format:"date-time" doc:"absent: the whole day"`
	Link  string `json:"link,omitempty" doc:"path of the desk"`
}

func (r *Room) item(e *Entry, lang string) Item {
	x := Item{Title: e.Title.In(lang), Where: e.Where, Day: iso(e.Day), Link: e.Link}
	if e.At != 0 {
		x.At = time.UnixMicro(e.At).In(r.Zone).Format(time.RFC3339)
	}
	return x
}

func iso(day int) string {
	if day == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", day/10000, day/100%100, day%100)
}

// shown is how many entries of a source a part of the page has; its list has all.
const shown = 10

// Waits is what one source has in one part of the page.
type Waits struct {
	Code  string `json:"code"`
	Name  string `json:"name"`
	All   string `json:"all,omitempty" doc:"path of the desk with the whole list"`
	N     int    `json:"n"`
	More  bool   `json:"more" doc:"there are more than n"`
	Items []Item `json:"items" doc:"the first of them"`
}

// Urgency is one part of the page.
type Urgency struct {
	When    string  `json:"when" enum:"late,week,quarter,open" doc:"open: it has no day"`
	N       int     `json:"n"`
	Sources []Waits `json:"sources"`
}

type dutiesOut struct {
	Body struct {
		Today   string    `json:"today" format:"date"`
		Week    string    `json:"week" format:"date" doc:"last day of the week"`
		Quarter string    `json:"quarter" format:"date" doc:"last day of the quarter"`
		Urgent  int       `json:"urgent" doc:"late or due this week"`
		Parts   []Urgency `json:"parts"`
	}
}

func (r *Room) apiDuties(ctx context.Context, scope access.Scope, _ *struct{}) (*dutiesOut, error) {
	today := r.Today()
	week, quarter := Week(today), Quarter(today)
	list, err := r.Duties(ctx, scope, max(week, quarter))
	if err != nil {
		return nil, err
	}
	out := &dutiesOut{}
	b := &out.Body
	b.Today, b.Week, b.Quarter = iso(today), iso(week), iso(quarter)
	b.Parts = []Urgency{{When: "late"}, {When: "week"}, {When: "quarter"}, {When: "open"}}
	for i := range b.Parts {
		u := &b.Parts[i]
		u.Sources = []Waits{}
		for _, p := range list {
			w := Waits{Code: p.Code, Name: p.Name.In(web.Lang(ctx)), All: p.All, More: p.More, Items: []Item{}}
			for k := range p.Entries {
				if when(p.Entries[k].Day, today, week) != u.When {
					continue
				}
				if w.N++; w.N <= shown {
					w.Items = append(w.Items, r.item(&p.Entries[k], web.Lang(ctx)))
				}
			}
			if w.N > 0 {
				u.Sources, u.N = append(u.Sources, w), u.N+w.N
			}
		}
	}
	b.Urgent = b.Parts[0].N + b.Parts[1].N
	return out, nil
}

func when(day, today, week int) string {
	switch {
	case day == 0:
		return "open"
	case day < today:
		return "late"
	case day <= week:
		return "week"
	}
	return "quarter"
}

type calendarIn struct {
	Month int  `query:"month" minimum:"200001" maximum:"209912" doc:"yyyymm; without it the present one"`
	Mine  bool `query:"mine" doc:"only the caller's own"`
}

// Dated is an entry of the calendar.
type Dated struct {
	Item
	Code string `json:"code"`
	Kind string `json:"kind" doc:"what kind of thing it is"`
}

type calendarOut struct {
	Body struct {
		Month int     `json:"month"`
		Today string  `json:"today" format:"date"`
		More  bool    `json:"more" doc:"some kind has more than are shown"`
		Items []Dated `json:"items" doc:"kind by kind, by day"`
	}
}

// month is the first and the last day of a month, yyyymm.
func month(m int) (from, to int, err error) {
	if m%100 < 1 || m%100 > 12 {
		return 0, 0, errs.Invalid.New("field", errs.Words{ZH: "月份", EN: "month"}, "remedy", errs.Words{ZH: "请写成 202611 这样的月份", EN: "write a month such as 202611"}).In("month")
	}
	from = m*100 + 1
	return from, Plus(dayOf(timeOf(from).AddDate(0, 1, 0)), -1), nil
}

func (r *Room) apiCalendar(ctx context.Context, scope access.Scope, in *calendarIn) (*calendarOut, error) {
	out := &calendarOut{}
	b := &out.Body
	if b.Month = in.Month; b.Month == 0 {
		b.Month = r.Today() / 100
	}
	from, to, err := month(b.Month)
	if err != nil {
		return nil, err
	}
	list, err := r.Calendar(ctx, scope, from, to, in.Mine)
	if err != nil {
		return nil, err
	}
	b.Today, b.Items = iso(r.Today()), []Dated{}
	for _, p := range list {
		b.More = b.More || p.More
		for k := range p.Entries {
			b.Items = append(b.Items, Dated{r.item(&p.Entries[k], web.Lang(ctx)), p.Code, p.Name.In(web.Lang(ctx))})
		}
	}
	return out, nil
}

type fileIn struct {
	Months int `query:"months" minimum:"1" maximum:"12" default:"3" doc:"from the present month on"`
}

func (r *Room) apiFile(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	months := 3
	if n, err := fmt.Sscanf(req.URL.Query().Get("months"), "%d", &months); n == 1 && (err != nil || months < 1 || months > 12) {
		return errs.Invalid.New("field", errs.Words{ZH: "月数", EN: "months"}, "remedy", errs.Words{ZH: "请填写 1 至 12", EN: "give 1 to 12"}).In("months")
	}
	from := r.Today()/100*100 + 1
	list, err := r.Calendar(ctx, scope, from, Plus(dayOf(timeOf(from).AddDate(0, months, 0)), -1), true)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="linli.ics"`)
	w.Header().Set("Cache-Control", "no-store")
	return r.writeICS(w, list, web.Lang(ctx))
}

// NoticeV is what one was told.
type NoticeV struct {
	ID   int64  `json:"id"`
	Kind string `json:"kind" doc:"what kind of thing it is"`
	Item
	MadeAt string `json:"made_at" format:"date-time"`
	Read   bool   `json:"read"`
}

type inboxOut struct {
	Body struct {
		Unread int       `json:"unread"`
		Items  []NoticeV `json:"items"`
	}
}

func (r *Room) apiInbox(ctx context.Context, scope access.Scope, _ *struct{}) (*inboxOut, error) {
	list, unread, err := r.Inbox(ctx, scope.Account())
	if err != nil {
		return nil, err
	}
	lang := web.Lang(ctx)
	out := &inboxOut{}
	out.Body.Unread, out.Body.Items = unread, []NoticeV{}
	for _, n := range list {
		v := NoticeV{ID: n.ID, Item: Item{Title: n.Title.In(lang), Where: n.Where, Day: iso(n.Day), Link: n.Link}, MadeAt: time.UnixMicro(n.MadeAt).In(r.Zone).Format(time.RFC3339), Read: n.ReadAt != 0}
		for i := range r.sources {
			if s := &r.sources[i]; s.Code == n.Source {
				v.Kind = s.Name.In(lang)
			}
		}
		out.Body.Items = append(out.Body.Items, v)
	}
	return out, nil
}

type readIn struct {
	Body struct {
		UpTo int64 `json:"up_to" doc:"id of the newest notice that was seen"`
	}
}

func (r *Room) apiRead(ctx context.Context, scope access.Scope, in *readIn) (*inboxOut, error) {
	if err := r.Read(ctx, scope.Account(), in.Body.UpTo); err != nil {
		return nil, err
	}
	return r.apiInbox(ctx, scope, nil)
}
