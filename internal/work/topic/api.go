package topic

import (
	"context"
	"fmt"
	"math"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// API adds the room's operations.
func (s *Service) API(r *web.Router) {
	read, decide := access.Needs(access.CaseRead), access.Needs(access.CaseTriage)
	tags := []string{"topics"}
	web.Register(r, web.Op{ID: "hot-topics", Method: "GET", Path: "/api/v1/topics", Policy: read, Tags: tags, Summary: "热点", SummaryEN: "What many people speak of"}, s.list)
	web.Register(r, web.Op{ID: "hot-topic", Method: "GET", Path: "/api/v1/topics/{id}", Policy: read, Tags: tags, Summary: "一个热点", SummaryEN: "A hot topic with its cases"}, s.one)
	web.Register(r, web.Op{ID: "make-special-case", Method: "POST", Path: "/api/v1/topics/{id}/case", Policy: decide, Status: 201, Answers: []int{404}, Tags: tags, Summary: "转为专项事件", SummaryEN: "Make one special case of a topic"}, s.special, s.specialAgain)
	web.Register(r, web.Op{ID: "early-signs", Method: "GET", Path: "/api/v1/signs", Policy: read, Tags: tags, Summary: "未诉先办线索", SummaryEN: "More reports than usual"}, s.signs)
	web.Register(r, web.Op{ID: "decide-sign", Method: "POST", Path: "/api/v1/signs/{id}", Policy: decide, Answers: []int{404}, Tags: tags, Summary: "处理线索", SummaryEN: "Take a sign up or dismiss it"}, s.decide, s.decided)
}

// Place is a region with its name.
type Place struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Item is a topic in a list.
type Item struct {
	ID         int64    `json:"id"`
	Name       string   `json:"name" doc:"made of the words of its cases"`
	People     int      `json:"people" doc:"distinct people: the heat"`
	Cases      int      `json:"cases"`
	Open       int      `json:"open"`
	Unanswered *float64 `json:"unanswered_share" doc:"of the cases that count on their own; null if none does"`
	Rise       float64  `json:"rise" doc:"the last four weeks against the twelve before: 1 as many a week"`
	Weeks      []int    `json:"weeks" doc:"cases in each of the last 26 weeks"`
	First      string   `json:"first" format:"date-time"`
	Last       string   `json:"last" format:"date-time"`
	Place      *Place   `json:"place" doc:"the community that most of its cases lie in"`
	Lon        *float64 `json:"lon"`
	Lat        *float64 `json:"lat"`
	Special    int64    `json:"special_id,omitempty" doc:"the case into which its cases were merged"`
}

// Row is a case of a topic.
type Row struct {
	ID         int64    `json:"id"`
	Number     string   `json:"number"`
	Title      string   `json:"title"`
	ReportedAt string   `json:"reported_at" format:"date-time"`
	Open       bool     `json:"open"`
	Unanswered bool     `json:"unanswered"`
	Into       int64    `json:"merged_into,omitempty"`
	Place      *Place   `json:"place"`
	Lon        *float64 `json:"lon"`
	Lat        *float64 `json:"lat"`
}

func (s *Service) place(code int64) *Place {
	if name := s.Names.Region(code); name != "" {
		return &Place{fmt.Sprint(code), name}
	}
	return nil
}

func (s *Service) time(t time.Time) string {
	return s.Calendar().Time(t.UnixMicro()).Format(time.RFC3339)
}

func (s *Service) item(v *View, now int64) Item {
	t := v.Sum
	open, unanswered, counted := v.Open()
	code, _ := t.Place()
	it := Item{ID: v.ID, Name: t.Name(), People: t.People(), Cases: t.Messages, Open: open, Rise: math.Round(t.Rise(time.UnixMicro(now))*100) / 100,
		Weeks: t.Weeks(time.UnixMicro(now), 26), First: s.time(t.First), Last: s.time(t.Last), Place: s.place(code), Special: v.Special}
	if counted > 0 {
		share := math.Round(float64(unanswered)/float64(counted)*1000) / 1000
		it.Unanswered = &share
	}
	if t.Lon != 0 || t.Lat != 0 {
		it.Lon, it.Lat = &t.Lon, &t.Lat
	}
	return it
}

type listOut struct {
	Body struct {
		Items []Item `json:"items"`
	}
}

func (s *Service) list(ctx context.Context, scope access.Scope, _ *struct{}) (*listOut, error) {
	views, err := s.Hot(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &listOut{}
	out.Body.Items = []Item{}
	for _, v := range views[:min(len(views), 100)] {
		out.Body.Items = append(out.Body.Items, s.item(v, s.DB.NowIn(ctx)))
	}
	return out, nil
}

type idIn struct {
	ID int64 `path:"id"`
}

type oneOut struct {
	Body struct {
		Topic Item  `json:"topic"`
		Cases []Row `json:"cases" doc:"the newest first"`
	}
}

func (s *Service) one(ctx context.Context, scope access.Scope, in *idIn) (*oneOut, error) {
	v, err := s.One(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	out := &oneOut{}
	out.Body.Topic = s.item(v, s.DB.NowIn(ctx))
	out.Body.Cases = []Row{}
	for i := len(v.Cases) - 1; i >= 0; i-- {
		m := v.Cases[i]
		r := Row{ID: m.ID, Number: m.Number, Title: m.Title, ReportedAt: s.time(time.UnixMicro(m.At)), Open: m.Open, Unanswered: m.Unanswered, Into: m.Into, Place: s.place(m.Community)}
		if m.Lon != 0 || m.Lat != 0 {
			r.Lon, r.Lat = &m.Lon, &m.Lat
		}
		out.Body.Cases = append(out.Body.Cases, r)
	}
	return out, nil
}

type specialIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Cases []int64 `json:"cases" minItems:"1" maxItems:"200" doc:"of the topic, to be merged into the special case"`
		Title string  `json:"title" maxLength:"100"`
		Text  string  `json:"text" maxLength:"2000" doc:"what the special case is to settle"`
	}
}

// Refused is a case that stayed on its own.
type Refused struct {
	ID    int64  `json:"id"`
	Code  string `json:"code"`
	Error string `json:"error"`
}

type specialOut struct {
	Body struct {
		ID      int64     `json:"id" doc:"the special case"`
		Refused []Refused `json:"refused"`
	}
}

func (s *Service) special(ctx context.Context, scope access.Scope, in *specialIn) (*specialOut, error) {
	v, err := s.One(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	var parts []Matter
	for _, m := range v.Cases {
		for _, id := range in.Body.Cases {
			if m.ID == id {
				parts = append(parts, m)
			}
		}
	}
	if len(parts) != len(in.Body.Cases) {
		return nil, errs.Invalid.New("field", w("事件", "cases"), "remedy", w("请从这个热点的事件中选择", "please choose among the topic's cases")).In("cases")
	}
	code, _ := v.Sum.Place()
	kinds, category := map[int64]int{}, int64(0)
	for _, m := range parts {
		if kinds[m.Category]++; m.Category != 0 && (category == 0 || kinds[m.Category] > kinds[category]) {
			category = m.Category
		}
	}
	id, refused, err := s.Cases.Gather(ctx, scope, Special{Title: in.Body.Title, Text: in.Body.Text, Category: category, Community: code, Lon: v.Sum.Lon, Lat: v.Sum.Lat,
		OnWrite: func(tx *store.Tx, id int64) error { return web.Mark(ctx, tx, id) }}, parts)
	if err != nil {
		return nil, err
	}
	out := &specialOut{}
	out.Body.ID, out.Body.Refused = id, []Refused{}
	for _, m := range parts {
		if why := refused[m.ID]; why != nil {
			e := errs.As(why)
			out.Body.Refused = append(out.Body.Refused, Refused{m.ID, e.Kind.Code, e.Text(web.Lang(ctx))})
		}
	}
	return out, nil
}

// specialAgain answers a repeated request with the case that the first one made.
func (s *Service) specialAgain(ctx context.Context, _ access.Scope, _ *specialIn) (*specialOut, error) {
	out := &specialOut{}
	out.Body.ID, out.Body.Refused = web.Marked(ctx), []Refused{}
	return out, nil
}

type signsIn struct {
	State string `query:"state" enum:"open,taken,dismissed" doc:"without it: all"`
}

// SignItem is a sign in a list.
type SignItem struct {
	ID         int64   `json:"id"`
	Version    int     `json:"version"`
	Place      *Place  `json:"place"`
	CategoryID int64   `json:"category_id"`
	Category   string  `json:"category"`
	From       int     `json:"from" doc:"yyyymmdd"`
	To         int     `json:"to" doc:"yyyymmdd"`
	N          int     `json:"n" doc:"reports in these days"`
	Expected   float64 `json:"expected" doc:"the base rate: how many there usually are in such days"`
	Usual      int     `json:"usual" doc:"19 of 20 such weeks have no more"`
	P          float64 `json:"p" doc:"chance of n or more in a usual week"`
	Weeks      []int   `json:"weeks" doc:"counts of the weeks before and of this one"`
	FoundAt    string  `json:"found_at" format:"date-time"`
	State      string  `json:"state" enum:"open,taken,dismissed"`
	Note       string  `json:"note"`
}

type signsOut struct {
	Body struct {
		Items []SignItem `json:"items"`
	}
}

func (s *Service) signs(ctx context.Context, scope access.Scope, in *signsIn) (*signsOut, error) {
	list, err := s.Signs(ctx, scope, in.State)
	if err != nil {
		return nil, err
	}
	out := &signsOut{}
	out.Body.Items = []SignItem{}
	for _, g := range list {
		out.Body.Items = append(out.Body.Items, SignItem{ID: g.ID, Version: g.Version, Place: s.place(g.Community), CategoryID: g.Category, Category: s.Names.Category(g.Category).In(web.Lang(ctx)), From: g.FirstDay, To: g.LastDay,
			N: g.N, Expected: math.Round(g.Expected*100) / 100, Usual: g.Usual, P: g.P, Weeks: g.Weeks, FoundAt: s.time(time.UnixMicro(g.FoundAt)), State: g.State, Note: g.Note})
	}
	return out, nil
}

type decideIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int    `json:"version" minimum:"1"`
		State   string `json:"state" enum:"open,taken,dismissed"`
		Note    string `json:"note" maxLength:"500"`
	}
}

type doneOut struct {
	Body struct {
		State string `json:"state"`
	}
}

func (s *Service) decide(ctx context.Context, scope access.Scope, in *decideIn) (*doneOut, error) {
	err := s.Decide(ctx, scope, in.ID, in.Body.Version, in.Body.State, in.Body.Note, func(tx *store.Tx) error { return web.Mark(ctx, tx, in.ID) })
	if err != nil {
		return nil, err
	}
	return s.decided(ctx, scope, in)
}

func (s *Service) decided(_ context.Context, _ access.Scope, in *decideIn) (*doneOut, error) {
	out := &doneOut{}
	out.Body.State = in.Body.State
	return out, nil
}
