package household

import (
	"context"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/web"
)

// API adds what the registers' own operations do not do.
func (s *Service) API(r *web.Router) {
	write := access.Needs(access.HomeWrite)
	op := func(id, method, path, zh, en string, answers ...int) web.Op {
		return web.Op{ID: id, Method: method, Path: "/api/v1/homes/{id}" + path, Policy: write, Tags: []string{"homes"}, Summary: zh, SummaryEN: en, Answers: answers}
	}
	web.Register(r, op("merge-homes", "POST", "/merge", "合并重复的住户", "Make one home of two rows of the same door", 404, 409), s.apiMerge)
	web.Register(r, op("move-out", "POST", "/move-out", "登记迁出", "Note that people moved out: what was kept about them ends", 404, 409), s.apiMoveOut)
	web.Register(r, op("home-looks", "GET", "/looks", "谁查看过联系方式", "Who saw contacts in the clear, for the resident who asks", 404), s.apiLooks)
}

type mergeIn struct {
	ID   int64 `path:"id" doc:"the row that ends"`
	Body struct {
		Into   int64  `json:"into" doc:"the home that is kept"`
		Reason string `json:"reason" maxLength:"200"`
	}
}

type homeOut struct {
	Body struct {
		ID      int64 `json:"id"`
		Version int   `json:"version"`
	}
}

func homeOutOf(h *Home) *homeOut {
	out := &homeOut{}
	out.Body.ID, out.Body.Version = h.ID, h.Version
	return out
}

func (s *Service) apiMerge(ctx context.Context, scope access.Scope, in *mergeIn) (*homeOut, error) {
	h, err := s.Merge(ctx, scope, in.ID, in.Body.Into, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return homeOutOf(h), nil
}

type moveIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int    `json:"version"`
		Reason  string `json:"reason" maxLength:"200"`
	}
}

func (s *Service) apiMoveOut(ctx context.Context, scope access.Scope, in *moveIn) (*homeOut, error) {
	h, err := s.MoveOut(ctx, scope, in.ID, in.Body.Version, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return homeOutOf(h), nil
}

type looksIn struct {
	ID int64 `path:"id"`
}

type looksOut struct {
	Body struct {
		Items []LookView `json:"items" doc:"the newest first"`
	}
}

// LookView is one look at a contact in the clear.
type LookView struct {
	By      string `json:"by"`
	What    string `json:"what" doc:"home, or the kind of care need whose name was seen"`
	Purpose string `json:"purpose"`
	At      string `json:"at" format:"date-time"`
}

func (s *Service) apiLooks(ctx context.Context, scope access.Scope, in *looksIn) (*looksOut, error) {
	list, err := s.Looks(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	out := &looksOut{}
	out.Body.Items = make([]LookView, len(list))
	for i, l := range list {
		out.Body.Items[i] = LookView{l.By, l.What, l.Purpose, time.UnixMicro(l.At).UTC().Format(time.RFC3339)}
	}
	return out, nil
}
