package hotline

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/jobs"
	"linli/internal/kernel/store"
)

// The kinds of setting, each versioned for itself.
const (
	kindMapping  = "mapping"  // what a JSON order's paths mean
	kindFile     = "file"     // what the columns of files mean; {}: by common headings
	kindRules    = "rules"    // what is answered by rule
	kindExchange = "exchange" // how to ask, what to say, how to compare
)

// SettingKinds lists them.
var SettingKinds = []string{kindMapping, kindFile, kindRules, kindExchange}

// ErrSetting refuses a setting that could not work.
var ErrSetting = errs.Declare("hotline_setting", 422, "{field}有误：{why}。", "{field} is not right: {why}.")

func badSetting(field, zh, en string) error {
	return ErrSetting.New("field", field, "why", words(zh, en)).In(field)
}

// defaultMapping reads orders as docs/hotline.md describes them.
const defaultMapping = `{"outside_number":"order_no","kind":"action","title":"title","text":"content","their_category":"category","address":"address","district":"district","street":"street","community":"community","lon":"lng","lat":"lat","crs":"crs","reporter_name":"caller_name","reporter_phone":"caller_phone","reported_at":"reported_at","due_at":"due_at","reply_format":"reply_format","note":"note","grade":"urgency","their_status":"status"}`

// The kinds of rule.
const (
	Emergency = "emergency" // speaks at once; the order becomes a case all the same
	Beyond    = "beyond"    // proposes an answer; a person decides
)

// Rule answers what is not the city's to handle, or must be told another number
// at once. All the conditions that are given must hold, of words any one; the
// first rule that matches wins.
type Rule struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Kind       string   `json:"kind"`
	Words      []string `json:"words,omitempty"`
	Except     []string `json:"except,omitempty"` // with one of these it does not match
	Categories []string `json:"categories,omitempty"`
	Areas      []int64  `json:"areas,omitempty"` // codes of regions
	Answer     string   `json:"answer"`
	Reason     string   `json:"reason"` // law or division of duties
	Call       string   `json:"call,omitempty"`
}

// Rules are a version of the rules.
type Rules struct {
	Rules []Rule `json:"rules"`
}

func (r *Rules) check() error {
	seen := map[string]bool{}
	for i, x := range r.Rules {
		field := "rules." + strconv.Itoa(i)
		switch {
		case x.ID == "" || seen[x.ID]:
			return badSetting(field, "规则编号缺失或重复", "its id is missing or stands twice")
		case x.Kind != Emergency && x.Kind != Beyond:
			return badSetting(field, "kind 须为 emergency 或 beyond", "kind is emergency or beyond")
		case strings.TrimSpace(x.Name) == "" || strings.TrimSpace(x.Answer) == "" || strings.TrimSpace(x.Reason) == "":
			return badSetting(field, "须写明名称、答复内容和依据", "it needs name, answer and reason")
		case x.Kind == Emergency && x.Call == "":
			return badSetting(field, "紧急规则须写明应拨打的号码", "an emergency rule names the number to call")
		case len(x.Words) == 0 && len(x.Categories) == 0:
			return badSetting(field, "须有关键词或热线分类，否则会匹配所有工单", "without words or categories it would match every order")
		case slices.ContainsFunc(slices.Concat(x.Words, x.Except), func(w string) bool { return utf8.RuneCountInString(strings.TrimSpace(w)) < 2 }):
			return badSetting(field, "关键词至少两个字", "a word has two characters or more")
		case utf8.RuneCountInString(x.Answer) > 1000 || utf8.RuneCountInString(x.Reason) > 500:
			return badSetting(field, "答复最多 1000 字，依据最多 500 字", "an answer has 1000 characters at most, a reason 500")
		}
		seen[x.ID] = true
	}
	return nil
}

// Match is the first rule that matches, nil if none does.
func (r *Rules) Match(m *Matter) *Rule {
	text := m.Title + "\n" + m.Text
	in := func(w string) bool { return strings.Contains(text, w) }
	for i := range r.Rules {
		x := &r.Rules[i]
		if len(x.Words) > 0 && !slices.ContainsFunc(x.Words, in) || slices.ContainsFunc(x.Except, in) {
			continue
		}
		if len(x.Categories) > 0 && !slices.ContainsFunc(x.Categories, func(c string) bool { return plainEqual(c, m.TheirCategory) }) {
			continue
		}
		if len(x.Areas) > 0 && !slices.ContainsFunc(x.Areas, m.inside) {
			continue
		}
		return x
	}
	return nil
}

func (m *Matter) inside(code int64) bool {
	at := m.Community
	if at == 0 {
		at = m.Street
	}
	if at == 0 {
		at = int64(m.District)
	}
	for at > code {
		at /= 10
	}
	return at == code && code > 0
}

// Ask is an endpoint of the platform that is asked again and again.
type Ask struct {
	On      bool              `json:"on"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"` // {token:NAME} is a secret of linli.json
	Query   map[string]string `json:"query,omitempty"`
	Signed  bool              `json:"signed,omitempty"` // sign as we sign what we say
	Every   int               `json:"every_seconds,omitempty"`
	List    string            `json:"list"`              // JSON path of the list of orders
	Page    string            `json:"page,omitempty"`    // query parameter of the page's number, from 1; "": there is one page
	Size    int               `json:"size,omitempty"`    // orders a page
	SizeBy  string            `json:"size_by,omitempty"` // query parameter of the page's size
	Cursor  string            `json:"cursor,omitempty"`  // query parameter that carries where we stand …
	Next    string            `json:"next,omitempty"`    // … and the JSON path where the answer says it
	AckURL  string            `json:"ack_url,omitempty"` // is told the numbers that we have: {"orders": […]}
	DayBy   string            `json:"day_by,omitempty"`  // query parameter of the day (2026-11-28), for the list of a day
}

// Say is how we speak to the platform.
type Say struct {
	URL     string                       `json:"url"`
	Headers map[string]string            `json:"headers,omitempty"`
	Kinds   map[string]map[string]string `json:"kinds,omitempty"`   // of a kind of message: field of the JSON → template; "": not said
	Formats map[string]string            `json:"formats,omitempty"` // reply format → template of {text}; "" is the usual one
	AckPath string                       `json:"ack_path,omitempty"`
	AckOK   []string                     `json:"ack_ok,omitempty"`
	Receipt string                       `json:"receipt_path,omitempty"`
}

// Exchange is the shape of the exchange.
type Exchange struct {
	Home          int               `json:"home,omitempty"`           // district that looks after orders without a place; 0: the city's desk
	ProposalHours int               `json:"proposal_hours,omitempty"` // until an undecided proposal becomes a case; default 4
	Pull          Ask               `json:"pull"`
	Say           Say               `json:"say"`
	List          Ask               `json:"list"`             // their list of a day
	States        map[string]string `json:"states,omitempty"` // their word for a state → open, answered, returned or recalled
}

func checkURL(field, s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return badSetting(field, "应为 http:// 或 https:// 开头的地址，且不含账号密码", "give an address that begins with http:// or https:// and holds no password")
	}
	return nil
}

// sides are what a state of theirs can mean.
var sides = []string{"open", "answered", "returned", "recalled"}

func (x *Exchange) check() error {
	for _, a := range []struct {
		name string
		ask  *Ask
	}{{"pull", &x.Pull}, {"list", &x.List}} {
		if a.ask.On || a.ask.URL != "" {
			if err := checkURL(a.name+".url", a.ask.URL); err != nil {
				return err
			}
		}
		if a.ask.AckURL != "" {
			if err := checkURL(a.name+".ack_url", a.ask.AckURL); err != nil {
				return err
			}
		}
		if a.ask.On && a.ask.Every != 0 && (a.ask.Every < 10 || a.ask.Every > 86400) {
			return badSetting(a.name+".every_seconds", "应在 10 与 86400 之间", "give 10 to 86400")
		}
		if a.ask.Size < 0 || a.ask.Size > 1000 {
			return badSetting(a.name+".size", "每页最多 1000 件", "at most 1000 a page")
		}
		if (a.ask.Cursor == "") != (a.ask.Next == "") {
			return badSetting(a.name+".cursor", "cursor 与 next 须同时填写", "cursor and next go together")
		}
	}
	if x.List.On && x.List.DayBy == "" {
		return badSetting("list.day_by", "须写明日期参数", "name the parameter of the day")
	}
	if x.Say.URL != "" {
		if err := checkURL("say.url", x.Say.URL); err != nil {
			return err
		}
	}
	if x.ProposalHours < 0 || x.ProposalHours > 72 {
		return badSetting("proposal_hours", "应在 1 与 72 之间", "give 1 to 72")
	}
	for kind, fields := range x.Say.Kinds {
		if !slices.Contains(SayKinds, kind) {
			return badSetting("say.kinds", "没有消息种类“"+kind+"”，可用的有 "+strings.Join(SayKinds, "、"), "there is no kind of message “"+kind+"”; there are "+strings.Join(SayKinds, ", "))
		}
		for field, text := range fields {
			if name := unknownPlace(text); name != "" {
				return badSetting("say.kinds."+kind+"."+field, "没有占位符 {"+name+"}", "there is no place {"+name+"}")
			}
		}
	}
	for _, side := range x.States {
		if !slices.Contains(sides, side) {
			return badSetting("states", "应为 "+strings.Join(sides, "、"), "give "+strings.Join(sides, ", "))
		}
	}
	return nil
}

func (x *Exchange) hours() int {
	if x.ProposalHours == 0 {
		return 4
	}
	return x.ProposalHours
}

// inForce are the settings as one reads them together.
type inForce struct {
	mapping, file json.RawMessage
	rules         Rules
	exchange      Exchange
	version       map[string]int
}

// settings are kept in memory; Watch keeps up with other processes.
type settings struct{ cur atomic.Pointer[inForce] }

// now are the settings in force.
func (s *Service) now(ctx context.Context) (*inForce, error) {
	if x := s.settings.cur.Load(); x != nil {
		return x, nil
	}
	err := s.Refresh(ctx)
	return s.settings.cur.Load(), err
}

// Refresh reads the settings if there is something newer.
func (s *Service) Refresh(ctx context.Context) error {
	rows, err := s.DB.Query(ctx, "SELECT kind, MAX(version) FROM hotline_setting WHERE district = 0 GROUP BY kind")
	type top struct {
		kind string
		n    int
	}
	list, err := store.All(rows, err, func(r *sql.Rows) (t top, err error) { return t, r.Scan(&t.kind, &t.n) })
	if err != nil {
		return err
	}
	old := s.settings.cur.Load()
	same := old != nil
	x := &inForce{mapping: json.RawMessage(defaultMapping), file: json.RawMessage("{}"), version: map[string]int{}}
	for _, t := range list {
		x.version[t.kind] = t.n
		same = same && old.version[t.kind] == t.n
	}
	if same {
		return nil
	}
	for _, t := range list {
		v, err := s.setting(ctx, t.kind, t.n)
		if err != nil {
			return err
		}
		if err := x.take(t.kind, v.Body); err != nil {
			return err
		}
	}
	s.settings.cur.Store(x)
	return nil
}

// Watch keeps up with other processes until the context ends.
func (s *Service) Watch(ctx context.Context) { jobs.Follow(ctx, "hotline", s.Refresh) }

func strict(body json.RawMessage, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return badSetting("body", "不是有效的 JSON（"+err.Error()+"）", "it is not valid JSON ("+err.Error()+")")
	}
	return nil
}

func (x *inForce) take(kind string, body json.RawMessage) error {
	switch kind {
	case kindMapping:
		x.mapping = body
	case kindFile:
		x.file = body
	case kindRules:
		return strict(body, &x.rules)
	case kindExchange:
		return strict(body, &x.exchange)
	}
	return nil
}

// check refuses a setting that could not work.
func (s *Service) check(kind string, body json.RawMessage) error {
	switch kind {
	case kindMapping:
		return s.Rows.Check(body)
	case kindFile:
		if string(bytes.TrimSpace(body)) == "{}" {
			return nil
		}
		return s.Rows.Check(body)
	case kindRules:
		var r Rules
		if err := strict(body, &r); err != nil {
			return err
		}
		return r.check()
	case kindExchange:
		var x Exchange
		if err := strict(body, &x); err != nil {
			return err
		}
		return x.check()
	}
	return errs.NotFound.New()
}

// Setting is a version of a setting.
type Setting struct {
	Kind      string
	Version   int
	Body      json.RawMessage
	Note      string
	CreatedBy int64
	CreatedAt int64
}

const settingSelect = "SELECT kind, version, body, note, created_by, created_at FROM hotline_setting WHERE district = 0 AND kind = ?"

func scanSetting(r *sql.Rows) (v Setting, err error) {
	var body string
	err = r.Scan(&v.Kind, &v.Version, &body, &v.Note, &v.CreatedBy, &v.CreatedAt)
	v.Body = json.RawMessage(body)
	return v, err
}

func (s *Service) setting(ctx context.Context, kind string, version int) (Setting, error) {
	rows, err := s.DB.Query(ctx, settingSelect+" AND version = ?", kind, version)
	return one(store.All(rows, err, scanSetting))
}

func one[T any](list []T, err error) (x T, _ error) {
	if err != nil {
		return x, err
	}
	if len(list) == 0 {
		return x, errs.NotFound.New()
	}
	return list[0], nil
}

// Versions lists the versions of a setting, the newest first.
func (s *Service) Versions(ctx context.Context, kind string) ([]Setting, error) {
	rows, err := s.DB.Query(ctx, settingSelect+" ORDER BY version DESC LIMIT 100", kind)
	return store.All(rows, err, scanSetting)
}

var settingTable = &store.Table{Name: "hotline_setting", Cols: strings.Fields("district kind version body note created_by created_at")}

// Publish puts a new version of a setting in force. after is the version that
// was edited: Stale if somebody was quicker.
func (s *Service) Publish(ctx context.Context, scope access.Scope, kind string, body json.RawMessage, note string, after int) (int, error) {
	if !scope.CityWide() { // the exchange is the whole city's
		return 0, errs.NotFound.New()
	}
	if err := s.check(kind, body); err != nil {
		return 0, err
	}
	var tidy bytes.Buffer
	if err := json.Compact(&tidy, body); err != nil {
		return 0, badSetting("body", "不是有效的 JSON", "it is not valid JSON")
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var last int
		if err := tx.QueryRow("SELECT COALESCE(MAX(version), 0) FROM hotline_setting WHERE district = 0 AND kind = ?", kind).Scan(&last); err != nil {
			return err
		}
		if last != after {
			return errs.Stale.New("current", last)
		}
		vals := []any{0, kind, last + 1, tidy.String(), note, scope.Account(), tx.Now()}
		tx.Append(settingTable, vals...)
		detail, err := json.Marshal(map[string]any{"kind": kind, "version": last + 1, "note": note})
		if err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "hotline.publish", Object: "hotline", Seq: last + 1, Detail: detail, Digest: digestOf(vals...)})
		return nil
	})
	if store.IsDuplicate(err) {
		return 0, errs.Stale.New("current", after+1)
	}
	return after + 1, errors.Join(err, s.Refresh(ctx))
}
