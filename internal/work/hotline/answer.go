package hotline

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/outbox"
	"linli/internal/kernel/store"
)

// ChannelName is the outbox's channel to the platform.
const ChannelName = "hotline"

// The kinds of message that we say.
const (
	SaySigned    = "signed"    // a unit has signed for it
	SayReturned  = "returned"  // it is not handled here: the hotline sends it elsewhere
	SayExtension = "extension" // an extension was granted
	SayProgress  = "progress"  // how it goes
	SayReply     = "reply"     // the end, in the format asked for
	SayOutcome   = "outcome"   // what the reporter says: solved, satisfied
	SayAdvice    = "advice"    // the number to call at once
)

// SayKinds lists them.
var SayKinds = []string{SaySigned, SayReturned, SayExtension, SayProgress, SayReply, SayOutcome, SayAdvice}

// sayOf is which act of a case is told as what.
var sayOf = map[string]string{
	"accept": SayProgress, "file": SayProgress, "dispatch": SayProgress, "direct": SayProgress, "start": SayProgress, "suspension_approved": SayProgress, "resume": SayProgress, "redo": SayProgress, "reopen": SayProgress, "merge": SayProgress,
	"sign": SaySigned, "decline": SayReturned, "not_file": SayReturned, "void_approved": SayReturned, "withdraw": SayReturned,
	"extension_approved": SayExtension, "close": SayReply, "onsite": SayReply, "answered": SayReply, "call_back": SayOutcome,
}

// progress is how it goes, in words for the person who called.
var progress = map[string]string{
	"accept": "已受理。", "file": "已立案。", "dispatch": "已交承办单位办理。", "direct": "已交承办单位办理。", "start": "正在办理。", "suspension_approved": "暂时无法解决，已挂账并定期复查。", "resume": "已恢复办理。",
	"redo": "经回访未解决，已重新办理。", "reopen": "已重新办理。", "merge": "与同一事项合并办理，办结后一并答复。",
}

// usual are the fields of a message where the exchange names none.
var usual = map[string]string{
	"order_no": "{number}", "case_no": "{case_number}", "type": "{kind}", "time": "{time}", "unit": "{unit}", "text": "{text}", "reason": "{reason}", "until": "{until}", "solved": "{solved}", "satisfied": "{satisfied}", "call": "{call}",
}

// usualReply is the reply where the exchange knows the format that was asked for
// by no other.
const usualReply = "您好，您反映的“{title}”（工单 {number}）已办理完毕。{text}"

// places are what a template may hold.
var places = []string{"number", "case_number", "kind", "time", "unit", "text", "reason", "until", "solved", "satisfied", "call", "title", "format"}

var placePattern = regexp.MustCompile(`\{([a-z_]+)\}`)

func unknownPlace(template string) string {
	for _, m := range placePattern.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(places, m[1]) {
			return m[1]
		}
	}
	return ""
}

func fill(template string, values map[string]string) string {
	return placePattern.ReplaceAllStringFunc(template, func(p string) string { return values[p[1:len(p)-1]] })
}

// message is what lies in the outbox: values, which Sender fills into the city's
// templates when it sends. It holds nothing of the caller.
type message struct {
	Number string            `json:"number"`
	Values map[string]string `json:"values"`
}

// say puts a message of the order's line into the outbox and notes it on the
// order. part tells messages of one kind apart: the same is never said twice.
func (o *Order) say(tx *store.Tx, kind, part string, values map[string]string) error {
	all := map[string]string{"number": o.Number, "case_number": o.CaseNumber, "title": o.Title, "kind": kind, "format": o.ReplyFormat, "time": strconv.FormatInt(tx.Now()/1_000_000, 10)}
	maps.Copy(all, values)
	b, err := json.Marshal(message{o.Number, all})
	if err != nil {
		return err
	}
	o.Said, o.SaidAt = kind, tx.Now()
	return outbox.Put(tx, outbox.Message{District: o.line(), Channel: ChannelName, Topic: "hotline." + kind, Line: o.Number, Object: o.CaseID, Payload: b, Once: o.Number + "|" + part})
}

// line is the district under which the order's messages keep their order.
func (o *Order) line() int {
	if o.CaseDistrict != 0 {
		return o.CaseDistrict
	}
	return o.Area
}

func (x *Rule) text() string {
	if x.Call == "" || strings.Contains(x.Answer, x.Call) {
		return x.Answer
	}
	return x.Answer + "请拨打 " + x.Call + "。"
}

// React turns acts on cases that were orders into messages; it is a follow.React.
// Without an address nothing is told; what happens once there is one is.
func (s *Service) React(ctx context.Context, entries []audit.Row) (func(*store.Tx) error, error) {
	set, err := s.now(ctx)
	if err != nil || set.exchange.Say.URL == "" {
		return nil, err
	}
	type saying struct {
		order  int64
		kind   string
		part   string
		values map[string]string
	}
	var list []saying
	for _, e := range entries {
		kind, ok := sayOf[strings.TrimPrefix(e.Action, "case.")]
		if !ok {
			continue
		}
		rows, err := s.DB.Query(ctx, orderSelect+"o.case_id = ? AND o.case_id > 0 AND o.case_district = ?", e.ObjectID, e.District)
		o, err := one(store.All(rows, err, scanOrder))
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		step, err := s.Cases.Step(ctx, e.District, e.ObjectID, e.Seq)
		if err != nil {
			return nil, err
		}
		if end := step.text("status"); step.Action == "answered" && end != "closed" { // the case that it was merged into was not handled
			kind = SayReturned
		}
		c, err := s.Cases.ByID(ctx, access.System("hotline answers"), e.ObjectID)
		if err != nil {
			return nil, err
		}
		list = append(list, saying{o.ID, kind, strconv.Itoa(e.District) + "|" + strconv.FormatInt(e.ObjectID, 10) + "|" + strconv.Itoa(e.Seq), s.values(kind, step, c)})
	}
	if len(list) == 0 {
		return nil, nil
	}
	return func(tx *store.Tx) error {
		for _, x := range list {
			rows, err := tx.Query(orderSelect+"o.id = ?", x.order)
			o, err := one(store.All(rows, err, scanOrder))
			if err != nil {
				return err
			}
			if err := o.say(tx, x.kind, x.part, x.values); err != nil {
				return err
			}
			if _, err := tx.Exec("UPDATE hotline_order SET said = ?, said_at = ?, version = version + 1 WHERE district = 0 AND id = ?", o.Said, o.SaidAt, o.ID); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (x Step) text(field string) string { t, _ := x.Fields[field].(string); return t }

// values are what a step of a case says to the hotline.
func (s *Service) values(kind string, step Step, c Case) map[string]string {
	v := map[string]string{"unit": c.LeadName, "time": strconv.FormatInt(step.At/1_000_000, 10)}
	switch kind {
	case SaySigned:
		v["text"] = "承办单位已签收。"
	case SayProgress:
		v["text"] = progress[step.Action]
	case SayReturned:
		v["reason"] = step.text("reason")
		v["text"] = "不属于本地受理范围或不具备办理条件，请重新派单。"
		if step.Action == "withdraw" {
			v["text"] = "已按要求撤单。"
		}
	case SayExtension:
		v["reason"] = step.text("reason")
		v["until"] = time.UnixMicro(c.DueAt).In(s.Zone()).Format(time.DateTime)
		v["text"] = "已批准延期至 " + v["until"] + "。"
	case SayReply:
		if v["text"] = step.text("result"); v["text"] == "" {
			v["text"] = c.Result
		}
	case SayOutcome:
		if reached, ok := step.Fields["reached"].(bool); ok && !reached {
			v["text"] = "回访未接通。"
			break
		}
		if solved, ok := step.Fields["solved"].(bool); ok {
			v["solved"] = strconv.FormatBool(solved)
		}
		if n, ok := step.Fields["satisfied"].(float64); ok {
			v["satisfied"] = fmt.Sprint(int(n))
		}
		v["text"] = "已回访诉求人。"
	}
	return v
}
