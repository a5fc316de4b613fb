package hotline

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

type pairsIn struct {
	PeriodIn
	Verdict string `query:"verdict" enum:"open,equal,theirs,ours,differs" doc:"open: all that are not equal"`
	Cursor  string `query:"cursor"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200"`
}

type theirItem struct {
	Title  string `json:"title"`
	Status string `json:"status,omitempty"`
	Due    string `json:"due,omitempty"`
}

type pairItem struct {
	Day        int        `json:"day"`
	Number     string     `json:"number"`
	Verdict    string     `json:"verdict" enum:"equal,theirs,ours,differs"`
	Reasons    []Reason   `json:"reasons"`
	Theirs     *theirItem `json:"theirs,omitempty"`
	Ours       *orderItem `json:"ours,omitempty"`
	Can        string     `json:"can,omitempty" enum:"take,again" doc:"What settles it: take their order in, or say our last message again"`
	ComparedAt string     `json:"compared_at"`
}

type pairsOut struct {
	Body struct {
		Items []pairItem `json:"items"`
		Next  string     `json:"next,omitempty"`
	}
}

func (s *Service) pairItem(ctx context.Context, scope access.Scope, p *Pair, set *inForce) (pairItem, error) {
	x := pairItem{Day: p.Day, Number: p.Number, Verdict: p.Verdict, Reasons: p.Reasons, ComparedAt: s.instant(p.ComparedAt)}
	for i, r := range x.Reasons {
		if r.Code != "limit" {
			continue
		}
		for _, side := range []*string{&x.Reasons[i].Theirs, &x.Reasons[i].Ours} {
			n, _ := strconv.ParseInt(*side, 10, 64) // as Compare wrote it
			*side = s.instant(n)
		}
	}
	if p.Theirs != nil {
		x.Theirs = &theirItem{p.Theirs.heading(), p.Theirs.Status, s.instant(p.Theirs.DueAt)}
	}
	switch {
	case p.Order == nil:
		x.Can = "take"
		return x, nil
	case p.Verdict != Equal && p.Order.Said != "":
		x.Can = "again"
	}
	ours, err := s.item(ctx, scope, p.Order, set)
	x.Ours = &ours
	return x, err
}

type pairAt struct {
	Day    int    `json:"d"`
	Number string `json:"n"`
}

func (s *Service) apiPairs(ctx context.Context, scope access.Scope, in *pairsIn) (*pairsOut, error) {
	var after pairAt
	if _, err := web.ParseCursor(in.Cursor, &after); err != nil {
		return nil, err
	}
	n := in.Limit
	if n == 0 {
		n = 50
	}
	from, to := s.period(in.PeriodIn)
	list, err := s.Pairs(ctx, scope, from, to, in.Verdict, after.Day, after.Number, n+1)
	if err != nil {
		return nil, err
	}
	set, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	out := &pairsOut{}
	out.Body.Items = []pairItem{}
	if len(list) > n {
		list = list[:n]
		out.Body.Next = web.Cursor(pairAt{list[n-1].Day, list[n-1].Number})
	}
	for _, p := range list {
		x, err := s.pairItem(ctx, scope, p, set)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

type listFileIn struct {
	Day  int    `query:"day" required:"true" minimum:"20000101" maximum:"29991231"`
	File string `query:"file" doc:"The file's name"`
}

type comparedBody struct {
	Day    int              `json:"day"`
	Counts map[string]int64 `json:"counts" doc:"Of each verdict, as far as the caller's posts reach"`
}

func dayOf(n int) error {
	if m, d := n/100%100, n%100; n < 20000101 || n > 29991231 || m < 1 || m > 12 || d < 1 || d > 31 {
		return errs.Invalid.New("field", words("日期", "day"), "remedy", words("写成 20261128", "write it like 20261128")).In("day")
	}
	return nil
}

func (s *Service) receiveList(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	day, _ := strconv.Atoi(req.URL.Query().Get("day")) // 0 is refused
	if err := dayOf(day); err != nil {
		return err
	}
	name, err := upload(req)
	if err != nil {
		return err
	}
	defer os.Remove(name) // it was read
	set, err := s.now(ctx)
	if err != nil {
		return err
	}
	var list []Listed
	if err := s.Files.Each(name, set.file, func(m *Matter, _ []Fault) { list = append(list, Listed{Matter: *m}) }); err != nil {
		return err
	}
	if err := s.Compare(ctx, day, list); err != nil {
		return err
	}
	counts, err := s.CountPairs(ctx, scope, day, day)
	if err != nil {
		return err
	}
	return sendJSON(w, comparedBody{day, counts})
}

type compareIn struct {
	Body struct {
		Day int `json:"day" minimum:"20000101" maximum:"29991231"`
	}
}

type compareOut struct{ Body comparedBody }

func (s *Service) apiCompare(ctx context.Context, scope access.Scope, in *compareIn) (*compareOut, error) {
	if err := dayOf(in.Body.Day); err != nil {
		return nil, err
	}
	if err := s.CompareDay(ctx, in.Body.Day); err != nil {
		return nil, err
	}
	counts, err := s.CountPairs(ctx, scope, in.Body.Day, in.Body.Day)
	return &compareOut{comparedBody{in.Body.Day, counts}}, err
}

type settleIn struct {
	Body struct {
		Day    int    `json:"day" minimum:"20000101" maximum:"29991231"`
		Number string `json:"number" minLength:"1" maxLength:"64"`
	}
}

type settleOut struct{ Body pairItem }

func (s *Service) apiSettle(ctx context.Context, scope access.Scope, in *settleIn) (*settleOut, error) {
	p, err := s.Settle(ctx, scope, in.Body.Day, in.Body.Number)
	if err != nil {
		return nil, err
	}
	set, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	x, err := s.pairItem(ctx, scope, p, set)
	return &settleOut{x}, err
}

type kindIn struct {
	Kind string `path:"kind" enum:"mapping,file,rules,exchange"`
}

type settingItem struct {
	Version   int             `json:"version"`
	Body      json.RawMessage `json:"body"`
	Note      string          `json:"note"`
	CreatedBy string          `json:"created_by"`
	CreatedAt string          `json:"created_at"`
}

type settingOut struct {
	Body struct {
		Kind     string          `json:"kind"`
		Version  int             `json:"version" doc:"0: as delivered"`
		Body     json.RawMessage `json:"body"`
		Versions []settingItem   `json:"versions"`
	}
}

func (s *Service) apiSetting(ctx context.Context, _ access.Scope, in *kindIn) (*settingOut, error) {
	set, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	out := &settingOut{}
	b := &out.Body
	b.Kind, b.Version, b.Versions = in.Kind, set.version[in.Kind], []settingItem{}
	switch in.Kind {
	case kindMapping:
		b.Body = set.mapping
	case kindFile:
		b.Body = set.file
	case kindRules:
		b.Body, err = json.Marshal(set.rules)
	case kindExchange:
		b.Body, err = json.Marshal(set.exchange)
	}
	if err != nil {
		return nil, err
	}
	list, err := s.Versions(ctx, in.Kind)
	for _, v := range list {
		b.Versions = append(b.Versions, settingItem{v.Version, v.Body, v.Note, s.Account(v.CreatedBy), s.instant(v.CreatedAt)})
	}
	return out, err
}

type publishIn struct {
	Kind string `path:"kind" enum:"mapping,file,rules,exchange"`
	Body struct {
		Version int             `json:"version" doc:"The version that was edited"`
		Body    json.RawMessage `json:"body"`
		Note    string          `json:"note,omitempty" maxLength:"200"`
	}
}

func (s *Service) apiPublish(ctx context.Context, scope access.Scope, in *publishIn) (*settingOut, error) {
	if _, err := s.Publish(ctx, scope, in.Kind, in.Body.Body, in.Body.Note, in.Body.Version); err != nil {
		return nil, err
	}
	return s.apiSetting(ctx, scope, &kindIn{in.Kind})
}

type previewIn struct {
	Body struct {
		Sample  string          `json:"sample" minLength:"2" maxLength:"200000" doc:"An order in JSON, or a heading and a row as CSV"`
		Mapping json.RawMessage `json:"mapping,omitempty" doc:"Without it: the one in force"`
		Rules   json.RawMessage `json:"rules,omitempty" doc:"Without them: those in force"`
	}
}

type previewOut struct {
	Body struct {
		Columns  []string `json:"columns" doc:"What the sample has"`
		Result   string   `json:"result" enum:"taken,waiting,proposed,update,refused"`
		Refused  string   `json:"refused,omitempty" doc:"Why the message would be refused"`
		Number   string   `json:"number"`
		Kind     string   `json:"kind"`
		Title    string   `json:"title"`
		Text     string   `json:"text"`
		Place    string   `json:"place"`
		Address  string   `json:"address"`
		Category int64    `json:"category_id,omitempty"`
		Their    string   `json:"their_category"`
		Grade    string   `json:"grade"`
		Due      string   `json:"their_due"`
		Format   string   `json:"reply_format"`
		Reported string   `json:"reported_at"`
		Caller   bool     `json:"caller" doc:"Whether the sample says who called; the caller goes to the vault"`
		Faults   []Fault  `json:"faults"`
		Rule     string   `json:"rule,omitempty"`
		RuleKind string   `json:"rule_kind,omitempty"`
		Answer   string   `json:"answer,omitempty"`
	}
}

// apiPreview says what a sample would become; nothing is kept of it.
func (s *Service) apiPreview(ctx context.Context, _ access.Scope, in *previewIn) (*previewOut, error) {
	set, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	rules := set.rules
	if len(in.Body.Rules) > 0 {
		rules = Rules{}
		if err := strict(in.Body.Rules, &rules); err != nil {
			return nil, err
		}
		if err := rules.check(); err != nil {
			return nil, err
		}
	}
	out := &previewOut{}
	b := &out.Body
	var m *Matter
	var faults []Fault
	if strings.HasPrefix(strings.TrimSpace(in.Body.Sample), "{") {
		mapping := set.mapping
		if len(in.Body.Mapping) > 0 {
			mapping = in.Body.Mapping
		}
		columns, cells, err := Flatten([]byte(in.Body.Sample))
		if err != nil {
			return nil, err
		}
		b.Columns = columns
		if err := s.Rows.Check(mapping); err != nil {
			return nil, err
		}
		if m, faults, err = s.Rows.Read(mapping, columns, cells); err != nil {
			return nil, err
		}
	} else if m, faults, err = s.sampleRow(in.Body.Sample, set.file, in.Body.Mapping); err != nil {
		return nil, err
	}
	kind, err := kindOf(m.Kind)
	b.Number, b.Kind, b.Title, b.Text, b.Address, b.Category, b.Their, b.Grade = m.Number, string(kind), m.heading(), m.Text, m.Address, m.Category, m.TheirCategory, m.Grade
	o := &Order{Area: m.District, Street: m.Street, Community: m.Community}
	b.Place, b.Due, b.Format, b.Reported, b.Caller = s.place(o), s.instant(m.DueAt), m.ReplyFormat, s.instant(m.ReportedAt), m.Name != "" || m.Phone != ""
	b.Faults = append([]Fault{}, faults...)
	if r := rules.Match(m); r != nil {
		b.Rule, b.RuleKind, b.Answer = r.Name, r.Kind, r.text()
	}
	switch {
	case err != nil:
		b.Result, b.Refused = "refused", errs.As(err).Text(web.Lang(ctx))
	case m.Number == "":
		b.Result, b.Refused = "refused", ErrNumber.New().Text(web.Lang(ctx))
	case kind != New:
		b.Result = "update"
	case b.RuleKind == Beyond:
		b.Result = "proposed"
	case m.Text == "" || !m.placed():
		b.Result = "waiting"
		if !m.placed() {
			b.Faults = append(b.Faults, faultOf("place", errs.Required.New("field", words("地点（社区或位置）", "place (community or position)"))))
		}
	default:
		b.Result = "taken"
	}
	if b.Columns == nil {
		b.Columns = []string{}
	}
	return out, nil
}

// sampleRow reads the first row of a pasted table.
func (s *Service) sampleRow(sample string, mapping, other json.RawMessage) (m *Matter, faults []Fault, err error) {
	if len(bytes.TrimSpace(other)) > 0 {
		mapping = other
	}
	f, err := os.CreateTemp("", "linli-sample-*.csv")
	if err != nil {
		return nil, nil, err
	}
	defer os.Remove(f.Name()) // it was read
	if _, err := f.WriteString(sample); err != nil {
		_ = f.Close() // the error that is told is the first
		return nil, nil, err
	}
	if err := f.Close(); err != nil {
		return nil, nil, err
	}
	err = s.Files.Each(f.Name(), mapping, func(x *Matter, y []Fault) {
		if m == nil {
			m, faults = x, y
		}
	})
	if err == nil && m == nil {
		err = ErrBody.New("why", words("没有数据行", "there is no row"))
	}
	return m, faults, err
}

type stateOut struct {
	Body struct {
		Open      bool   `json:"open" doc:"A secret is configured: signed orders are taken"`
		Secrets   int    `json:"secrets" doc:"How many are valid; they are shown nowhere"`
		Algorithm string `json:"algorithm" enum:"sha256,sm3"`
		Gateway   string `json:"gateway" doc:"The service account that acts for the hotline; empty: there is none"`
		Says      bool   `json:"says" doc:"An address for our messages is configured"`
		Pull      struct {
			On         bool   `json:"on"`
			AskedAt    string `json:"asked_at,omitempty"`
			AnsweredAt string `json:"answered_at,omitempty"`
			NextAt     string `json:"next_at,omitempty"`
			Failures   int    `json:"failures" doc:"Since it last answered"`
			Error      string `json:"error,omitempty"`
			Taken      int64  `json:"taken" doc:"Messages taken in, ever"`
		} `json:"pull"`
	}
}

func (s *Service) apiState(ctx context.Context, _ access.Scope, _ *struct{}) (*stateOut, error) {
	set, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	out := &stateOut{}
	b := &out.Body
	b.Open, b.Secrets, b.Algorithm, b.Says = s.Keys.Ready(), len(s.Keys.Secrets), s.Keys.Algorithm, set.exchange.Say.URL != ""
	if b.Algorithm == "" {
		b.Algorithm = "sha256"
	}
	scope, err := s.Gateway(ctx, access.CaseReport)
	switch {
	case err == nil:
		b.Gateway = s.Account(scope.Account())
	case !refused(err) && !errs.Is(err, errs.Unavailable):
		return nil, err
	}
	p, err := s.Pulling(ctx)
	b.Pull.On, b.Pull.AskedAt, b.Pull.AnsweredAt, b.Pull.NextAt, b.Pull.Failures, b.Pull.Error, b.Pull.Taken = set.exchange.Pull.On, s.instant(p.AskedAt), s.instant(p.AnsweredAt), s.instant(p.NextAt), p.Failures, p.Error, p.Taken
	return out, err
}

// Actions names what the room records on the trail.
var Actions = map[string]errs.Words{
	"hotline.publish": {ZH: "发布热线对接设置", EN: "Publish a setting of the hotline"}, "hotline.take": {ZH: "接收热线工单", EN: "Take an order of the hotline in"},
	"hotline.hold": {ZH: "暂存热线工单", EN: "Hold an order of the hotline"}, "hotline.adopt": {ZH: "关联热线工单", EN: "Link an order of the hotline"}, "hotline.update": {ZH: "更新热线工单", EN: "Update an order of the hotline"},
	"hotline.answer": {ZH: "确认答复热线工单", EN: "Confirm an answer to the hotline"}, "hotline.seen": {ZH: "已查看热线要求", EN: "Look at what the hotline wants"}, "hotline.again": {ZH: "补发热线消息", EN: "Say a message to the hotline again"},
}
