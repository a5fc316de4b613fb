package hotline

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// OrdersPath is where the platform sends orders.
const OrdersPath = "/api/v1/hotline/orders"

// maxFile bounds a file of orders.
const maxFile = 256 << 20

// ErrOff answers where no secret is configured.
var ErrOff = errs.Declare("hotline_off", 404, "热线工单接口尚未启用：请管理员在 linli.json 中配置 hotline.secrets。", "The hotline's door is shut: the administrator sets hotline.secrets in linli.json.")

// API adds the room's operations.
func (s *Service) API(r *web.Router) {
	desk, files := access.Needs(access.CaseTriage), access.Needs(access.CaseImport)
	read, write := access.Needs(access.RulesRead), access.Needs(access.RulesWrite)
	op := func(id, method, path string, p access.Policy, zh, en string) web.Op {
		return web.Op{ID: id, Method: method, Path: "/api/v1/hotline" + path, Policy: p, Tags: []string{"hotline"}, Summary: zh, SummaryEN: en}
	}
	in := op("receive-hotline-order", "POST", "/orders", access.Public, "接收 12345 工单（带签名，见 docs/hotline.md）", "Take an order of the 12345 platform, signed as docs/hotline.md says")
	in.Body, in.Takes, in.Produces, in.Params, in.Answers = MaxBody, []string{"application/json"}, "application/json", signedIn{}, []int{401, 404, 409, 413, 422, 429, 503}
	web.Handle(r, in, s.receive)
	web.Register(r, op("list-hotline-orders", "GET", "/orders", desk, "热线工单", "Orders of the hotline"), s.apiOrders)
	web.Register(r, op("hotline-summary", "GET", "/summary", desk, "热线工单与对账的数量", "How many orders and differences there are, by the list's own conditions"), s.apiSummary)
	web.Register(r, op("get-hotline-order", "GET", "/orders/{id}", desk, "热线工单详情", "An order with what came in about it"), s.apiOrder)
	decide := op("decide-hotline-order", "POST", "/orders/{id}/decision", desk, "处理待定工单", "Confirm a proposed answer, make an order a case, or say that it was looked at")
	decide.Answers = []int{404, 409}
	web.Register(r, decide, s.apiDecide)
	file := op("import-hotline-orders", "POST", "/files", files, "批量导入热线工单（Excel、CSV、JSONL）", "Take in a file of orders")
	file.Body, file.Timeout, file.Takes, file.Produces, file.Params = maxFile, 10*time.Minute, []string{web.XLSX, "text/csv", "application/octet-stream"}, "application/json", fileIn{}
	file.Answers = []int{413}
	web.Handle(r, file, s.receiveFile)
	web.Register(r, op("list-hotline-pairs", "GET", "/pairs", desk, "热线对账清单", "What the comparison of both sides found"), s.apiPairs)
	list := op("compare-hotline-list", "POST", "/lists", files, "用对方清单文件对账", "Compare a day with their list in a file")
	list.Body, list.Timeout, list.Takes, list.Produces, list.Params = maxFile, 2*time.Minute, []string{web.XLSX, "text/csv", "application/octet-stream"}, "application/json", listFileIn{}
	list.Answers = []int{404, 413}
	web.Handle(r, list, s.receiveList)
	day := op("compare-hotline-day", "POST", "/comparisons", files, "向平台取某日清单对账", "Ask the platform for its list of a day and compare")
	day.Timeout, day.Answers = 2*time.Minute, []int{404, 503}
	web.Register(r, day, s.apiCompare)
	settle := op("settle-hotline-pair", "POST", "/pairs/settle", desk, "补收或补发", "Take their order in, or say our last message again")
	settle.Answers = []int{404, 409}
	web.Register(r, settle, s.apiSettle)
	web.Register(r, op("get-hotline-setting", "GET", "/settings/{kind}", read, "热线对接设置", "A setting in force, with its versions"), s.apiSetting)
	put := op("publish-hotline", "PUT", "/settings/{kind}", write, "发布热线对接设置", "Publish a version of a setting")
	put.Answers = []int{404, 409}
	web.Register(r, put, s.apiPublish)
	preview := op("preview-hotline-order", "POST", "/preview", access.Needs(access.RulesWrite, access.CaseTriage), "用样例工单试映射和规则", "What a sample order would become")
	preview.ReadOnly = true
	web.Register(r, preview, s.apiPreview)
	web.Register(r, op("hotline-state", "GET", "/state", access.Needs(access.RulesWrite, access.CaseTriage), "热线对接状态", "How the exchange stands"), s.apiState)
}

type signedIn struct {
	Time      int64  `header:"X-Linli-Timestamp" required:"true" doc:"Seconds since 1970; at most 5 minutes from our clock"`
	Nonce     string `header:"X-Linli-Nonce" required:"true" minLength:"8" maxLength:"64" doc:"New for each request"`
	Signature string `header:"X-Linli-Signature" required:"true" doc:"HMAC in hexadecimal over method, target, timestamp, nonce and body digest, a line each"`
}

// receive is the signed door: who holds a secret is the platform.
func (s *Service) receive(ctx context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
	if !s.Keys.Ready() {
		return ErrOff.New()
	}
	if req.ContentLength > MaxBody {
		return errs.TooLarge.New("max", "256 KB")
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return errs.TooLarge.New("max", "256 KB")
		}
		return ErrBody.New("why", words("传输中断", "it broke off")).Because(err)
	}
	h := req.Header
	nonce := h.Get(HeaderNonce)
	if err := s.Keys.Check(req.Method, req.URL.RequestURI(), h.Get(HeaderTime), nonce, h.Get(HeaderSignature), body, s.DB.Now()); err != nil {
		return err
	}
	in, err := s.Read(ctx, body)
	if err != nil {
		return err
	}
	in.Via, in.Nonce = ViaWebhook, nonce
	if err := s.sameNonce(ctx, in); err != nil {
		return err
	}
	out, err := s.Take(ctx, in)
	if err != nil {
		return err
	}
	return sendJSON(w, out)
}

func sendJSON(w http.ResponseWriter, body any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return json.NewEncoder(w).Encode(body)
}

type orderItem struct {
	ID            int64  `json:"id"`
	Number        string `json:"number"`
	Version       int    `json:"version"`
	State         State  `json:"state" enum:"early,waiting,proposed,taken,answered,recalled"`
	Via           string `json:"via" enum:"webhook,pull,file,list,desk"`
	Title         string `json:"title"`
	Place         string `json:"place,omitempty"`
	CaseID        int64  `json:"case_id,omitempty"`
	CaseNumber    string `json:"case_number,omitempty"`
	CaseStatus    string `json:"case_status,omitempty"`
	TheirDue      string `json:"their_due,omitempty" doc:"The hotline's limit"`
	OurDue        string `json:"our_due,omitempty" doc:"The case's limit"`
	TheirCategory string `json:"their_category,omitempty"`
	ReplyFormat   string `json:"reply_format,omitempty"`
	Rule          string `json:"rule,omitempty"`
	RuleName      string `json:"rule_name,omitempty"`
	Attention     string `json:"attention,omitempty" doc:"What the hotline wanted and the case could only note"`
	ReceivedAt    string `json:"received_at"`
	Said          string `json:"said,omitempty" doc:"The last message to the hotline"`
	SaidAt        string `json:"said_at,omitempty"`
	Acked         bool   `json:"acked" doc:"The hotline acknowledged it"`
}

func (s *Service) instant(t int64) string {
	if t == 0 {
		return ""
	}
	return time.UnixMicro(t).In(s.Zone()).Format(time.RFC3339)
}

func (s *Service) place(o *Order) string {
	var parts []string
	for _, code := range []int64{int64(o.Area), o.Street, o.Community} {
		if n := s.Region(code); code != 0 && n != "" {
			parts = append(parts, n)
		}
	}
	return strings.Join(parts, "")
}

func (s *Service) item(ctx context.Context, scope access.Scope, o *Order, set *inForce) (orderItem, error) {
	x := orderItem{ID: o.ID, Number: o.Number, Version: o.Version, State: o.State, Via: o.Via, Title: o.Title, Place: s.place(o), CaseID: o.CaseID, CaseNumber: o.CaseNumber, TheirDue: s.instant(o.DueAt),
		TheirCategory: o.TheirCategory, ReplyFormat: o.ReplyFormat, Rule: o.Rule, Attention: o.Attention, ReceivedAt: s.instant(o.ReceivedAt), Said: o.Said, SaidAt: s.instant(o.SaidAt), Acked: o.Said != "" && o.Said == o.Acked}
	for _, r := range set.rules.Rules {
		if r.ID == o.Rule {
			x.RuleName = r.Name
		}
	}
	if o.CaseID == 0 {
		return x, nil
	}
	c, err := s.Cases.ByID(ctx, scope, o.CaseID)
	if errs.Is(err, errs.NotFound) { // it lies elsewhere now
		return x, nil
	}
	x.CaseStatus, x.OurDue = c.Status, s.instant(c.DueAt)
	return x, err
}

type ordersIn struct {
	State     string `query:"state" enum:"early,waiting,proposed,taken,answered,recalled"`
	Rule      string `query:"rule" maxLength:"40"`
	Attention bool   `query:"attention"`
	Late      bool   `query:"late" doc:"Their limit has passed and no reply was given"`
	From      int    `query:"from" minimum:"20000101" maximum:"29991231"`
	To        int    `query:"to" minimum:"20000101" maximum:"29991231"`
	Number    string `query:"number" maxLength:"64"`
	Cursor    string `query:"cursor"`
	Limit     int    `query:"limit" minimum:"1" maximum:"200"`
}

type ordersOut struct {
	Body struct {
		Items []orderItem `json:"items"`
		Next  string      `json:"next,omitempty"`
	}
}

type rowAt struct {
	ID int64 `json:"i"`
}

func (s *Service) apiOrders(ctx context.Context, scope access.Scope, in *ordersIn) (*ordersOut, error) {
	var after rowAt
	if _, err := web.ParseCursor(in.Cursor, &after); err != nil {
		return nil, err
	}
	n := in.Limit
	if n == 0 {
		n = 50
	}
	set, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.Orders(ctx, scope, Filter{State: State(in.State), Rule: in.Rule, Attention: in.Attention, Late: in.Late, From: in.From, To: in.To, Number: in.Number, Before: after.ID, Limit: n + 1})
	if err != nil {
		return nil, err
	}
	out := &ordersOut{}
	out.Body.Items = []orderItem{}
	if len(list) > n {
		list = list[:n]
		out.Body.Next = web.Cursor(rowAt{list[n-1].ID})
	}
	for _, o := range list {
		x, err := s.item(ctx, scope, o, set)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

// PeriodIn is from one day to another; embedded, its name must be exported for the
// days to be read.
type PeriodIn struct {
	From int `query:"from" minimum:"20000101" maximum:"29991231" doc:"Day; without it 30 days ago"`
	To   int `query:"to" minimum:"20000101" maximum:"29991231" doc:"Day; without it today"`
}

func (s *Service) period(in PeriodIn) (from, to int) {
	from, to = in.From, in.To
	if to == 0 {
		to = s.day(s.DB.Now())
	}
	if from == 0 {
		y := time.Date(to/10000, time.Month(to/100%100), to%100, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -30)
		from = y.Year()*10000 + int(y.Month())*100 + y.Day()
	}
	return from, to
}

type ruleCount struct {
	Rule string `json:"rule"`
	Name string `json:"name"`
	Kind string `json:"kind" enum:"emergency,beyond"`
	N    int64  `json:"n"`
}

type summaryOut struct {
	Body struct {
		From      int              `json:"from"`
		To        int              `json:"to"`
		States    map[string]int64 `json:"states" doc:"Orders of each state that came in the period"`
		Attention int64            `json:"attention" doc:"At any time"`
		Late      int64            `json:"late" doc:"At any time"`
		Rules     []ruleCount      `json:"rules" doc:"Orders that a rule met, whatever became of them"`
		Pairs     map[string]int64 `json:"pairs" doc:"What the comparisons of the period found"`
		Differ    int64            `json:"unreconciled" doc:"Pairs that are not equal"`
	}
}

func (s *Service) apiSummary(ctx context.Context, scope access.Scope, in *PeriodIn) (*summaryOut, error) {
	out := &summaryOut{}
	b := &out.Body
	b.From, b.To = s.period(*in)
	b.States, b.Rules = map[string]int64{}, []ruleCount{}
	var err error
	count := func(to *int64, f Filter) {
		if err == nil {
			*to, err = s.Count(ctx, scope, f)
		}
	}
	for _, st := range States {
		var n int64
		count(&n, Filter{State: st, From: b.From, To: b.To})
		b.States[string(st)] = n
	}
	count(&b.Attention, Filter{Attention: true})
	count(&b.Late, Filter{Late: true})
	set, e := s.now(ctx)
	if err = errors.Join(err, e); err != nil {
		return nil, err
	}
	for _, r := range set.rules.Rules {
		x := ruleCount{Rule: r.ID, Name: r.Name, Kind: r.Kind}
		count(&x.N, Filter{Rule: r.ID, From: b.From, To: b.To})
		b.Rules = append(b.Rules, x)
	}
	if err != nil {
		return nil, err
	}
	if b.Pairs, err = s.CountPairs(ctx, scope, b.From, b.To); err != nil {
		return nil, err
	}
	b.Differ = b.Pairs[Theirs] + b.Pairs[Ours] + b.Pairs[Differs]
	return out, nil
}

type idIn struct {
	ID int64 `path:"id"`
}

type saidItem struct {
	Kind    Kind   `json:"kind" enum:"new,urge,supplement,recall,redo"`
	Via     string `json:"via"`
	Note    string `json:"note,omitempty"`
	Result  string `json:"result"`
	Act     string `json:"act,omitempty"`
	Applied bool   `json:"applied"`
	At      string `json:"at"`
}

type orderPage struct {
	orderItem
	Text      string     `json:"text,omitempty" doc:"Of an order that is no case"`
	Address   string     `json:"address,omitempty"`
	Faults    []Fault    `json:"faults" doc:"What a person must still add"`
	Answer    string     `json:"answer,omitempty" doc:"What the rule proposes, or what was answered"`
	Reason    string     `json:"reason,omitempty"`
	DecidedBy string     `json:"decided_by,omitempty"`
	DecidedAt string     `json:"decided_at,omitempty"`
	BecomesAt string     `json:"becomes_case_at,omitempty" doc:"When an undecided proposal becomes a case"`
	Messages  []saidItem `json:"messages"`
	Decisions []string   `json:"decisions" enum:"answer,admit,seen" doc:"What can be decided now"`
}

type orderOut struct{ Body orderPage }

func (s *Service) orderOut(ctx context.Context, scope access.Scope, o *Order) (*orderOut, error) {
	set, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	out := &orderOut{}
	b := &out.Body
	if b.orderItem, err = s.item(ctx, scope, o, set); err != nil {
		return nil, err
	}
	b.Text, b.Address, b.Faults, b.Answer, b.DecidedAt = o.Matter.Text, o.Matter.Address, o.Faults, o.Answer, s.instant(o.DecidedAt)
	if b.Faults == nil {
		b.Faults = []Fault{}
	}
	if o.DecidedBy != 0 {
		b.DecidedBy = s.Account(o.DecidedBy)
	}
	for _, r := range set.rules.Rules {
		if r.ID == o.Rule {
			b.Reason = r.Reason
		}
	}
	b.Messages, b.Decisions = []saidItem{}, []string{}
	if o.State == Proposed {
		b.Decisions = append(b.Decisions, "answer")
		b.BecomesAt = s.instant(o.ReceivedAt + int64(set.exchange.hours())*3600*1_000_000)
	}
	if o.State != Taken {
		b.Decisions = append(b.Decisions, "admit")
	}
	if o.Attention != "" {
		b.Decisions = append(b.Decisions, "seen")
	}
	list, err := s.Messages(ctx, o)
	for _, m := range list {
		b.Messages = append(b.Messages, saidItem{m.Kind, m.Via, m.Note, m.Outcome.Result, m.Outcome.Act, m.Applied, s.instant(m.At)})
	}
	return out, err
}

func (s *Service) apiOrder(ctx context.Context, scope access.Scope, in *idIn) (*orderOut, error) {
	o, err := s.OrderByID(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return s.orderOut(ctx, scope, o)
}

type decideIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Action    string `json:"action" enum:"answer,admit,seen"`
		Version   int    `json:"version"`
		Text      string `json:"text,omitempty" maxLength:"2000"`
		Community string `json:"community,omitempty" pattern:"^([0-9]{12})?$"`
		Category  int64  `json:"category_id,omitempty"`
		Address   string `json:"address,omitempty" maxLength:"200"`
	}
}

func (s *Service) apiDecide(ctx context.Context, scope access.Scope, in *decideIn) (*orderOut, error) {
	b := &in.Body
	community, _ := strconv.ParseInt(b.Community, 10, 64) // the pattern allows digits only
	o, err := s.Decide(ctx, scope, in.ID, Decision{Action: b.Action, Version: b.Version, Text: b.Text, Community: community, Category: b.Category, Address: b.Address})
	if err != nil {
		return nil, err
	}
	return s.orderOut(ctx, scope, o)
}

type fileIn struct {
	File string `query:"file" doc:"The file's name"`
	Dry  bool   `query:"dry_run" doc:"Check everything, write nothing"`
}

type fileOut struct {
	FileReport
	Errors []RowFault `json:"errors"`
	More   int        `json:"errors_not_shown,omitempty"`
}

// mostFaults is how many row errors an answer shows.
const mostFaults = 500

// upload writes the body to a file of its own.
func upload(req *http.Request) (string, error) {
	f, err := os.CreateTemp("", "linli-hotline-*"+filepath.Ext(filepath.Base(req.URL.Query().Get("file"))))
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, req.Body)
	if err := errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name()) // the error that is told is the first
		return "", err
	}
	return f.Name(), nil
}

func (s *Service) receiveFile(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	name, err := upload(req)
	if err != nil {
		return err
	}
	defer os.Remove(name) // it was read
	set, err := s.now(ctx)
	if err != nil {
		return err
	}
	out := fileOut{Errors: []RowFault{}}
	out.FileReport, err = s.Files.Import(ctx, scope, name, set.file, req.URL.Query().Get("dry_run") == "true", func(f RowFault) {
		if len(out.Errors) < mostFaults {
			out.Errors = append(out.Errors, f)
		} else {
			out.More++
		}
	})
	if err != nil {
		return err
	}
	return sendJSON(w, out)
}
