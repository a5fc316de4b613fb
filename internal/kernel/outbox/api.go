package outbox

import (
	"context"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// states by their place.
var states = []string{"waiting", "sent", "given_up"}

type listIn struct {
	State   string `query:"state" enum:"waiting,sent,given_up" doc:"without it: all"`
	Channel string `query:"channel" maxLength:"40"`
	Case    int64  `query:"case_id"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200"`
}

// Item is a message in a list: what became of it, never what it says or to whom.
type Item struct {
	ID       int64  `json:"id"`
	Channel  string `json:"channel"`
	Topic    string `json:"topic"`
	Case     int64  `json:"case_id,omitempty"`
	State    string `json:"state" enum:"waiting,sent,given_up"`
	Attempts int    `json:"attempts"`
	NextAt   string `json:"next_at,omitempty" format:"date-time" doc:"when it is tried again; absent if it is not"`
	MadeAt   string `json:"made_at" format:"date-time"`
	DoneAt   string `json:"done_at,omitempty" format:"date-time" doc:"when it was sent or given up"`
	Receipt  string `json:"receipt,omitempty" doc:"what the receiver acknowledged with"`
	Error    string `json:"error,omitempty" doc:"of the last attempt"`
}

// Total is how many messages of a channel are in each state.
type Total struct {
	Channel string `json:"channel"`
	Open    bool   `json:"open" doc:"whether the channel is set up; without it messages wait"`
	Waiting int64  `json:"waiting"`
	Sent    int64  `json:"sent"`
	GivenUp int64  `json:"given_up"`
}

type listOut struct {
	Body struct {
		Items  []Item  `json:"items"`
		Totals []Total `json:"totals"`
		Next   string  `json:"next"`
	}
}

type againIn struct {
	Body struct {
		IDs []int64 `json:"ids" minItems:"1" maxItems:"200"`
	}
}

type againOut struct {
	Body struct {
		Count int `json:"count" doc:"messages that are sent again"`
	}
}

// API adds the room's operations.
func (o *Outbox) API(r *web.Router) {
	may := access.Needs(access.OutboxManage)
	tags := []string{"outbox"}
	web.Register(r, web.Op{ID: "list-outbox", Method: "GET", Path: "/api/v1/outbox", Policy: may, Tags: tags, Summary: "对外发送", SummaryEN: "Messages to the outside"}, o.apiList)
	web.Register(r, web.Op{ID: "send-outbox-again", Method: "POST", Path: "/api/v1/outbox/again", Policy: may, Tags: tags, Summary: "重新发送", SummaryEN: "Send messages again", Answers: []int{404}}, o.apiAgain)
}

type place struct {
	ID int64 `json:"i"`
}

// when is an instant as answers show it, "" if there is none.
func (o *Outbox) when(at int64) string {
	if at == 0 {
		return ""
	}
	return time.UnixMicro(at).In(o.zone).Format(time.RFC3339)
}

func (o *Outbox) apiList(ctx context.Context, scope access.Scope, in *listIn) (*listOut, error) {
	f := Filter{State: -1, Channel: in.Channel, Object: in.Case, Limit: in.Limit}
	if f.Limit == 0 {
		f.Limit = 50
	}
	for i, s := range states {
		if s == in.State {
			f.State = i
		}
	}
	var after place
	if _, err := web.ParseCursor(in.Cursor, &after); err != nil {
		return nil, err
	}
	f.Before = after.ID
	f.Limit++
	rows, err := o.List(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	out := &listOut{}
	out.Body.Items, out.Body.Totals = []Item{}, []Total{}
	if len(rows) == f.Limit {
		rows = rows[:len(rows)-1]
		out.Body.Next = web.Cursor(place{rows[len(rows)-1].ID})
	}
	for _, r := range rows {
		it := Item{ID: r.ID, Channel: r.Channel, Topic: r.Topic, Case: r.Object, State: states[r.State], Attempts: r.Attempts, MadeAt: o.when(r.MadeAt), DoneAt: o.when(r.DoneAt), Receipt: r.Receipt, Error: r.Error}
		if r.State == Waiting {
			it.NextAt = o.when(r.NextAt)
		}
		out.Body.Items = append(out.Body.Items, it)
	}
	counts, err := o.Counts(ctx, scope)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	total := func(channel string) *Total {
		i, ok := at[channel]
		if !ok {
			i = len(out.Body.Totals)
			at[channel] = i
			out.Body.Totals = append(out.Body.Totals, Total{Channel: channel, Open: o.IsOpen(channel)})
		}
		return &out.Body.Totals[i]
	}
	for _, name := range o.Channels() {
		total(name)
	}
	for _, c := range counts {
		t := total(c.Channel)
		*[]*int64{&t.Waiting, &t.Sent, &t.GivenUp}[c.State] = c.N
	}
	return out, nil
}

func (o *Outbox) apiAgain(ctx context.Context, scope access.Scope, in *againIn) (*againOut, error) {
	out := &againOut{}
	n, err := o.Again(ctx, scope, in.Body.IDs)
	out.Body.Count = n
	return out, err
}

// Actions names what the room records on the trail.
var Actions = map[string]errs.Words{"outbox.again": {ZH: "重新发送对外消息", EN: "Send messages to the outside again"}}
