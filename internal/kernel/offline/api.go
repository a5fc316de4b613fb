package offline

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// API registers the room's operations.
func (s *Service) API(r *web.Router) {
	s.desk(r)
	tags := []string{"sync"}
	web.Register(r, web.Op{ID: "register-device", Method: "POST", Path: "/api/v1/sync/devices", Policy: access.SignedIn, Tags: tags, Summary: "登记手机", SummaryEN: "Make a phone known"}, s.apiDevice)
	web.Register(r, web.Op{ID: "sync-commands", Method: "POST", Path: "/api/v1/sync/commands", Policy: access.SignedIn, Status: 201, Body: BatchBytes, Loose: true, Tags: tags,
		Summary: "提交手机上的记录", SummaryEN: "Send what a phone recorded"}, s.apiCommands)
	web.Register(r, web.Op{ID: "sync-changes", Method: "GET", Path: "/api/v1/sync/changes", Policy: access.SignedIn, Answers: []int{403, 404, 422}, Tags: tags, Summary: "网格的变化", SummaryEN: "What changed in a grid"}, s.apiChanges)
	web.Handle(r, web.Op{ID: "sync-snapshot", Method: "GET", Path: "/api/v1/sync/snapshot", Policy: access.SignedIn, Answers: []int{404}, Tags: tags, Produces: "application/gzip", Ranges: true, Params: snapshotIn{}, Timeout: -1,
		Summary: "网格的全部内容（首次下载）", SummaryEN: "Everything that a phone keeps of a grid"}, s.apiSnapshot)
}

type changesIn struct {
	Grid   int64  `query:"grid" required:"true" minimum:"1" doc:"id of the grid"`
	Cursor string `query:"cursor" maxLength:"1024" doc:"of the snapshot's first line, or of the last answer"`
	Device string `query:"device" maxLength:"36" doc:"the phone: one that was reported lost is told so"`
}

type changesOut struct{ Body *Changes }

func (s *Service) apiChanges(ctx context.Context, _ access.Scope, in *changesIn) (*changesOut, error) {
	actor := web.Actor(ctx)
	if err := s.unlocked(ctx, actor, in.Device); err != nil {
		return nil, err
	}
	c, err := s.Changes(ctx, actor, in.Grid, in.Cursor)
	if err != nil {
		return nil, err
	}
	return &changesOut{c}, nil
}

type snapshotIn struct {
	Grid    int64  `query:"grid" required:"true" minimum:"1" doc:"id of the grid"`
	Device  string `query:"device" maxLength:"36" doc:"the phone: one that was reported lost is told so"`
	Range   string `header:"Range" doc:"bytes=N-: the rest of what was begun"`
	IfRange string `header:"If-Range" doc:"the ETag of what was begun"`
}

func (s *Service) apiSnapshot(ctx context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
	actor := web.Actor(ctx)
	if err := s.unlocked(ctx, actor, req.URL.Query().Get("device")); err != nil {
		return err
	}
	grid, err := strconv.ParseInt(req.URL.Query().Get("grid"), 10, 64)
	if err != nil || grid < 1 {
		return errs.Required.New("field", errs.Words{ZH: "网格", EN: "the grid"}).In("grid")
	}
	return s.serveSnapshot(ctx, actor, grid, w, req)
}

type deviceIn struct {
	Body struct {
		ID    string  `json:"id" format:"uuid" minLength:"36" maxLength:"36" doc:"made by the phone, once for each account on it"`
		Label string  `json:"label,omitempty" maxLength:"60" doc:"by which its owner knows it"`
		Lost  []int64 `json:"lost,omitempty" maxItems:"100" doc:"numbers whose records the phone no longer has"`
	}
}

type deviceOut struct {
	Body struct {
		Epoch   string  `json:"epoch" doc:"changes when the server was restored from a backup: send again what it no longer has"`
		Key     string  `json:"server_key" doc:"P-256 public key, uncompressed, base64: what is sealed to it only the server opens"`
		Seq     int64   `json:"seq" doc:"the highest number that came from this phone; 0: none"`
		Missing []int64 `json:"missing" doc:"numbers below it that never came (at most 100)"`
		Spread  int     `json:"spread_s" doc:"seconds: a phone that was offline waits a random part of this before it sends"`
		Now     string  `json:"now" format:"date-time" doc:"the server's clock"`
	}
}

func (s *Service) apiDevice(ctx context.Context, _ access.Scope, in *deviceIn) (*deviceOut, error) {
	actor := web.Actor(ctx)
	id, ok := ParseUUID(in.Body.ID)
	if !ok {
		return nil, errs.Invalid.New("remedy", errs.Words{ZH: "请填写 UUID", EN: "give a UUID"}).In("id")
	}
	d, err := s.known(ctx, actor.Account, id, in.Body.Label, homeOf(actor))
	if err != nil {
		return nil, err
	}
	if err := s.barred(ctx, actor, d); err != nil {
		return nil, err
	}
	if err := s.lose(ctx, d, in.Body.Lost); err != nil {
		return nil, err
	}
	next, missing, floor, err := s.numbers(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := s.seen(ctx, d, floor); err != nil {
		return nil, err
	}
	out := &deviceOut{}
	out.Body.Key = base64.StdEncoding.EncodeToString(s.key.PublicKey().Bytes())
	out.Body.Seq, out.Body.Missing, out.Body.Now = next-1, missing, instant(s.DB.Now())
	if out.Body.Epoch, err = s.epochs.current(ctx); err != nil {
		return nil, err
	}
	out.Body.Spread, err = s.spread(ctx)
	return out, err
}

func instant(at int64) string { return time.UnixMicro(at).UTC().Format(time.RFC3339Nano) }

// rawCommand is a command that is looked at by itself: a broken one must not turn
// away the others.
type rawCommand json.RawMessage

// Schema implements huma.SchemaProvider.
func (rawCommand) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "A command: id (UUIDv7), seq (from 1, gap-free for each phone), kind, object, base (version that was seen), at (RFC 3339, the phone's clock), offset_ms (server minus phone, as last measured), body (object). " +
			"Checked one by one: a wrong one is rejected alone.",
		Examples: []any{map[string]any{"id": "0193709a-5b3c-7d2e-8f10-3a5b7c9d1e2f", "seq": 41, "kind": "case.report", "at": "2026-11-28T09:30:12.123456+08:00", "offset_ms": -420,
			"body": map[string]any{"text": "3号楼二单元楼道灯不亮", "place": map[string]any{"lon": 112.91, "lat": 30.52}, "photos": []string{"0193709a-6000-7000-8000-000000000001"}}}},
	}
}

// UnmarshalJSON keeps the text as it came.
func (c *rawCommand) UnmarshalJSON(b []byte) error {
	*c = append((*c)[:0], b...)
	return nil
}

type commandsIn struct {
	Body struct {
		Batch    string       `json:"batch" minLength:"1" maxLength:"64" doc:"the phone's id of this batch, echoed: an answer without it is no acknowledgement"`
		Device   string       `json:"device" minLength:"36" maxLength:"36" format:"uuid"`
		Epoch    string       `json:"epoch,omitempty" maxLength:"64" doc:"the server's epoch as the phone knows it"`
		SentAt   *time.Time   `json:"sent_at,omitempty" doc:"the phone's clock while it sends"`
		Commands []rawCommand `json:"commands" minItems:"1" maxItems:"50"`
	}
}

// ReasonBody says why a command was not done.
type ReasonBody struct {
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"`
}

// EffectBody is what became of a command.
type EffectBody struct {
	State    State       `json:"state" enum:"applied,duplicate,held,conflict,rejected,lost"`
	ObjectID int64       `json:"object_id,omitempty" doc:"what was made or changed"`
	Number   string      `json:"number,omitempty"`
	Version  int         `json:"version,omitempty" doc:"of the object after it"`
	Reason   *ReasonBody `json:"reason,omitempty"`
}

// ResultBody is the result of one command.
type ResultBody struct {
	ID  string `json:"id"`
	Seq int64  `json:"seq"`
	EffectBody
	First *EffectBody `json:"first,omitempty" doc:"of a duplicate: what became of it the first time"`
}

type commandsOut struct {
	Body struct {
		Batch   string       `json:"batch"`
		Epoch   string       `json:"epoch"`
		Results []ResultBody `json:"results" doc:"one for each command, in the same order"`
		Next    int64        `json:"next_seq" doc:"one more than the highest number that came"`
		Missing []int64      `json:"missing" doc:"numbers below it that never came (at most 100): send them, or say that they are lost"`
	}
}

func (s *Service) apiCommands(ctx context.Context, _ access.Scope, in *commandsIn) (*commandsOut, error) {
	b := Batch{}
	var ok bool
	if b.Device, ok = ParseUUID(in.Body.Device); !ok {
		return nil, errs.Invalid.New("remedy", errs.Words{ZH: "请填写 UUID", EN: "give a UUID"}).In("device")
	}
	if in.Body.SentAt != nil {
		b.SentAt = in.Body.SentAt.UnixMicro()
	}
	for _, c := range in.Body.Commands {
		b.Commands = append(b.Commands, json.RawMessage(c))
	}
	a, err := s.Take(ctx, web.Actor(ctx), b)
	if err != nil {
		return nil, err
	}
	out := &commandsOut{}
	out.Body.Batch, out.Body.Epoch, out.Body.Next, out.Body.Missing = in.Body.Batch, a.Epoch, a.Next, a.Missing
	out.Body.Results = resultBodies(a.Results, web.Lang(ctx))
	return out, nil
}

func resultBodies(all []Result, lang string) []ResultBody {
	out := make([]ResultBody, len(all))
	for i := range all {
		r := &all[i]
		out[i] = ResultBody{Seq: r.Seq, EffectBody: effectBody(r, lang)}
		if r.ID != (UUID{}) {
			out[i].ID = r.ID.String()
		}
		if r.First != nil {
			first := effectBody(r.First, lang)
			out[i].First = &first
		}
	}
	return out
}

var stateTitles = map[State]errs.Words{
	Held:     {ZH: "待处理", EN: "Waiting"},
	Conflict: {ZH: "待确定", EN: "To be decided"},
	Rejected: {ZH: "未受理", EN: "Not accepted"},
}

func effectBody(r *Result, lang string) EffectBody {
	b := EffectBody{State: r.State, ObjectID: r.ObjectID, Number: r.Number, Version: r.Version}
	if r.Code != "" {
		b.Reason = &ReasonBody{Code: r.Code, Title: stateTitles[r.State].In(lang), Detail: errs.Words{ZH: r.ZH, EN: r.EN}.In(lang), Field: r.Field}
	}
	return b
}
