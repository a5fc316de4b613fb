package whistle

import (
	"context"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// API registers the room's operations.
func (s *Service) API(r *web.Router) {
	tags := []string{"whistles"}
	read := access.Needs(access.WhistleCall, access.WhistleAnswer)
	act := access.Needs(access.WhistleCall, access.WhistleAnswer, access.CaseArbitrate)
	web.Register(r, web.Op{ID: "blow-whistle", Method: "POST", Path: "/api/v1/whistles", Policy: access.Needs(access.WhistleCall), Status: 201, Answers: []int{404}, Tags: tags, Urgent: true, Summary: "吹哨", SummaryEN: "Call departments to a matter"}, s.blow, s.blown)
	web.Register(r, web.Op{ID: "list-whistles", Method: "GET", Path: "/api/v1/whistles", Policy: read, Tags: tags, Summary: "吹哨列表", SummaryEN: "List whistles"}, s.list)
	web.Register(r, web.Op{ID: "whistle-sums", Method: "GET", Path: "/api/v1/whistles/sums", Policy: read, Tags: tags, Summary: "各单位报到情况", SummaryEN: "How departments answered, each number with its rows"}, s.sums)
	web.Register(r, web.Op{ID: "whistle-page", Method: "GET", Path: "/api/v1/whistles/{id}", Policy: read, Tags: tags, Summary: "吹哨详情", SummaryEN: "A whistle with its history"}, s.page)
	web.Register(r, web.Op{ID: "act-on-whistle", Method: "POST", Path: "/api/v1/whistles/{id}/actions", Policy: act, Tags: tags, Urgent: true, Summary: "办理吹哨", SummaryEN: "Do an action on a whistle"}, s.doAct, s.acted)
	web.Handle(r, web.Op{ID: "whistle-file", Method: "GET", Path: "/api/v1/whistles/{id}/files/{file}", Policy: read, Tags: tags, Produces: "image/jpeg, application/pdf", Answers: []int{404}, Summary: "吹哨结果的照片", SummaryEN: "A photo of a result"}, s.file)
	s.meetingAPI(r)
}

// PlaceBody is a place as it comes in.
type PlaceBody struct {
	Lon       float64 `json:"lon,omitempty"`
	Lat       float64 `json:"lat,omitempty"`
	CRS       string  `json:"crs,omitempty" enum:"wgs84,gcj02,bd09"`
	Address   string  `json:"address,omitempty"`
	Community string  `json:"community,omitempty" doc:"code"`
	Grid      int64   `json:"grid_id,omitempty"`
}

type blowIn struct {
	Body struct {
		Kind  string          `json:"kind" enum:"urgent,comprehensive,law_enforcement"`
		Title string          `json:"title,omitempty"`
		Text  string          `json:"text,omitempty"`
		Case  int64           `json:"case_id,omitempty" doc:"the case that it is for; title and place may then be left out"`
		Place *PlaceBody      `json:"place,omitempty"`
		Orgs  []int64         `json:"orgs" doc:"the departments that are called"`
		Limit *calendar.Limit `json:"limit,omitempty" doc:"until when they report; without it the kind's own"`
	}
}

func code(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n } // what is no code names no region

type pageOut struct{ Body *Page }

func (s *Service) blow(ctx context.Context, scope access.Scope, in *blowIn) (*pageOut, error) {
	b := &in.Body
	x := BlowIn{Kind: b.Kind, Title: b.Title, Body: b.Text, Case: b.Case, Orgs: b.Orgs, OnWrite: func(tx *store.Tx, o *Whistle) error { return web.Mark(ctx, tx, o.ID) }}
	if p := b.Place; p != nil {
		x.Lon, x.Lat, x.CRS, x.Address, x.Community, x.Grid = p.Lon, p.Lat, p.CRS, p.Address, code(p.Community), p.Grid
	}
	if b.Limit != nil {
		x.Limit = *b.Limit
	}
	o, err := s.Blow(ctx, scope, x)
	if err != nil {
		return nil, err
	}
	return s.shown(ctx, scope, o.ID)
}

func (s *Service) blown(ctx context.Context, scope access.Scope, _ *blowIn) (*pageOut, error) {
	return s.shown(ctx, scope, web.Marked(ctx))
}

func (s *Service) shown(ctx context.Context, scope access.Scope, id int64) (*pageOut, error) {
	p, err := s.Page(ctx, scope, id, web.Lang(ctx))
	if err != nil {
		return nil, err
	}
	return &pageOut{p}, nil
}

type listIn struct {
	State  string `query:"state" enum:"open,closed,withdrawn"`
	Kind   string `query:"kind" enum:"urgent,comprehensive,law_enforcement"`
	Street int64  `query:"street" doc:"code"`
	Case   int64  `query:"case"`
	Org    int64  `query:"org" doc:"a called department"`
	Part   string `query:"part" enum:"called,waiting,in_time,late,missed,shifted,settled" doc:"the rows behind a number of whistle-sums"`
	From   int    `query:"from" doc:"first day, yyyymmdd"`
	To     int    `query:"to" doc:"last day, yyyymmdd"`
	Cursor string `query:"cursor"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200"`
}

func (in *listIn) filter() (Filter, error) {
	f := Filter{State: in.State, Kind: in.Kind, Street: in.Street, Case: in.Case, Org: in.Org, Part: in.Part, From: in.From, To: in.To, Limit: in.Limit}
	if f.Limit == 0 {
		f.Limit = 50
	}
	_, err := web.ParseCursor(in.Cursor, &f.After)
	return f, err
}

type listOut struct {
	Body struct {
		Items []Item `json:"items"`
		Next  string `json:"next"`
	}
}

func (s *Service) list(ctx context.Context, scope access.Scope, in *listIn) (*listOut, error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	list, more, err := s.Whistles(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	v, out := s.view(ctx, web.Lang(ctx)), &listOut{}
	out.Body.Items = []Item{}
	for _, o := range list {
		out.Body.Items = append(out.Body.Items, v.item(o))
	}
	if more {
		out.Body.Next = web.Cursor(list[len(list)-1].ID)
	}
	return out, nil
}

type sumsOut struct {
	Body struct {
		Items []SumV `json:"items"`
	}
}

func (s *Service) sums(ctx context.Context, scope access.Scope, in *listIn) (*sumsOut, error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	list, err := s.Sums(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	v, out := s.view(ctx, web.Lang(ctx)), &sumsOut{}
	out.Body.Items = []SumV{}
	for _, x := range list {
		out.Body.Items = append(out.Body.Items, v.sum(x))
	}
	return out, nil
}

type idIn struct {
	ID int64 `path:"id"`
}

func (s *Service) page(ctx context.Context, scope access.Scope, in *idIn) (*pageOut, error) {
	return s.shown(ctx, scope, in.ID)
}

type actIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Action   string  `json:"action"`
		Version  int     `json:"version"`
		Org      int64   `json:"org,omitempty" doc:"whose part it is about; without it the whole whistle"`
		Reason   string  `json:"reason,omitempty"`
		Note     string  `json:"note,omitempty"`
		Result   string  `json:"result,omitempty"`
		Proposed int64   `json:"proposed,omitempty"`
		Orgs     []int64 `json:"orgs,omitempty"`
		Score    int     `json:"score,omitempty" minimum:"0" maximum:"5"`
		Files    []int64 `json:"files,omitempty" maxItems:"9" doc:"of a result: ids of uploads of one's own"`
	}
}

func (s *Service) doAct(ctx context.Context, scope access.Scope, in *actIn) (*pageOut, error) {
	b := &in.Body
	_, err := s.Act(ctx, scope, in.ID, Act{Action: flow.Action(b.Action), Org: b.Org, Version: b.Version, Reason: b.Reason, Note: b.Note, Result: b.Result, Proposed: b.Proposed, Orgs: b.Orgs, Score: b.Score, Files: b.Files,
		OnWrite: func(tx *store.Tx) error { return web.Mark(ctx, tx, in.ID) }})
	if err != nil {
		return nil, err
	}
	return s.shown(ctx, scope, in.ID)
}

func (s *Service) acted(ctx context.Context, scope access.Scope, in *actIn) (*pageOut, error) {
	return s.shown(ctx, scope, in.ID)
}
