package hotline

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/tabular"
)

func words(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// State is where an order stands.
type State string

// The states of an order.
const (
	Early    State = "early"    // an update came before the order itself
	Waiting  State = "waiting"  // a person must add something before it can be a case
	Proposed State = "proposed" // a rule proposes an answer; a person decides
	Taken    State = "taken"    // it is a case
	Answered State = "answered" // a person confirmed the answer of a rule; there is no case
	Recalled State = "recalled" // the hotline took it back before it was a case
)

// States lists them in the order in which the desk shows them.
var States = []State{Waiting, Proposed, Early, Taken, Answered, Recalled}

// Kind is what a message about an order is.
type Kind string

// The kinds of message that come in.
const (
	New        Kind = "new"
	Urge       Kind = "urge"
	Supplement Kind = "supplement"
	Recall     Kind = "recall"
	Redo       Kind = "redo"
)

// Kinds lists them.
var Kinds = []Kind{New, Urge, Supplement, Recall, Redo}

// kindWords are what platforms call the kinds; a mapping can name more.
var kindWords = map[string]Kind{
	"": New, "新单": New, "派单": New, "交办": New, "转办": New, "新增": New, "create": New,
	"催单": Urge, "催办": Urge, "督促": Urge,
	"补充": Supplement, "补单": Supplement, "补充材料": Supplement, "update": Supplement,
	"撤单": Recall, "撤回": Recall, "撤销": Recall, "cancel": Recall, "withdraw": Recall,
	"重办": Redo, "返工": Redo, "不满意重办": Redo, "二次办理": Redo, "reopen": Redo,
}

// Why an order cannot be read at all.
var (
	ErrBody   = errs.Declare("hotline_body", 422, "工单内容无法读取：{why}。", "The order cannot be read: {why}.")
	ErrNumber = errs.Declare("hotline_number", 422, "工单没有编号。请检查字段映射中的 outside_number。", "The order has no number. Check outside_number in the mapping.")
	ErrKind   = errs.Declare("hotline_kind", 422, "不认识工单动作“{kind}”，请在字段映射中把它对应到 new、urge、supplement、recall 或 redo。", "The kind of order “{kind}” is not known; map it to new, urge, supplement, recall or redo.")
)

// kindOf reads the platform's word for a kind.
func kindOf(s string) (Kind, error) {
	if k, ok := kindWords[strings.ToLower(strings.TrimSpace(s))]; ok {
		return k, nil
	}
	if k := Kind(strings.ToLower(s)); slices.Contains(Kinds, k) {
		return k, nil
	}
	return "", ErrKind.New("kind", s).In("kind")
}

// Matter is what an order says, with every name resolved.
type Matter struct {
	Number        string  `json:"number"`
	Kind          string  `json:"kind,omitempty"` // as the platform says it
	Title         string  `json:"title,omitempty"`
	Text          string  `json:"text,omitempty"`
	Note          string  `json:"note,omitempty"`
	Status        string  `json:"status,omitempty"` // as the platform says it
	Grade         string  `json:"grade,omitempty"`
	Category      int64   `json:"category,omitempty"`
	TheirCategory string  `json:"their_category,omitempty"`
	ReplyFormat   string  `json:"reply_format,omitempty"`
	District      int     `json:"district,omitempty"`
	Street        int64   `json:"street,omitempty"`
	Community     int64   `json:"community,omitempty"`
	Grid          int64   `json:"grid,omitempty"`
	Lon           float64 `json:"lon,omitempty"` // in CRS
	Lat           float64 `json:"lat,omitempty"`
	CRS           string  `json:"crs,omitempty"`
	Address       string  `json:"address,omitempty"`
	ReportedAt    int64   `json:"reported_at,omitempty"` // microseconds UTC
	DueAt         int64   `json:"due_at,omitempty"`      // their limit, microseconds UTC
	Name          string  `json:"-"`                     // of who called
	Phone         string  `json:"-"`
}

// placed tells whether the matter can become a case.
func (m *Matter) placed() bool { return m.Community != 0 || m.Lon != 0 || m.Lat != 0 }

func (m *Matter) heading() string {
	s := m.Title
	if s == "" {
		s, _, _ = strings.Cut(strings.TrimSpace(m.Text), "\n")
	}
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

// Fault is what a person must still give, or what was left out.
type Fault struct {
	Field string `json:"field"`
	Code  string `json:"code"`
	ZH    string `json:"message"`
	EN    string `json:"english"`
}

func faultOf(field string, err error) Fault {
	e := errs.As(err)
	if field == "" {
		field = e.Field
	}
	return Fault{field, e.Kind.Code, e.Text("zh"), e.Text("en")}
}

// Bounds of an order in JSON.
const (
	MaxBody    = 256 << 10
	maxDepth   = 12
	maxColumns = 500
	maxItems   = 20 // of a list inside an order
)

// Flatten turns an order in JSON into columns, named by their path
// ("order.content", "files.0.url"), and cells. ErrBody if it is none.
func Flatten(body []byte) (columns, cells []string, err error) {
	bad := func(zh, en string) error { return ErrBody.New("why", words(zh, en)) }
	if !utf8.Valid(body) {
		return nil, nil, bad("不是 UTF-8 文字", "it is not UTF-8 text")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil || v == nil {
		return nil, nil, bad("不是 JSON 对象", "it is no JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, bad("JSON 对象之后还有内容", "there is more behind the JSON object")
	}
	return flatten(v)
}

func flatten(v map[string]any) (columns, cells []string, err error) {
	var walk func(path string, v any, depth int) error
	walk = func(path string, v any, depth int) error {
		if depth > maxDepth || len(columns) > maxColumns {
			return ErrBody.New("why", words("层次太深或字段太多", "it is too deep or has too many fields"))
		}
		put := func(s string) { columns, cells = append(columns, path), append(cells, s) }
		switch x := v.(type) {
		case map[string]any:
			keys := make([]string, 0, len(x))
			for k := range x {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				at := k
				if path != "" {
					at = path + "." + k
				}
				if err := walk(at, x[k], depth+1); err != nil {
					return err
				}
			}
		case []any:
			for i, e := range x[:min(len(x), maxItems)] {
				if err := walk(path+"."+strconv.Itoa(i), e, depth+1); err != nil {
					return err
				}
			}
		case string:
			if strings.ContainsRune(x, 0) {
				return ErrBody.New("why", words("“"+path+"”含有无法识别的字符", "“"+path+"” has characters that cannot be read"))
			}
			put(x)
		case json.Number:
			put(x.String())
		case bool:
			put(strconv.FormatBool(x))
		}
		return nil
	}
	err = walk("", v, 0)
	return columns, cells, err
}

// at is the value at a dotted path of a JSON value; nil if there is none.
func at(v any, path string) any {
	if path == "" {
		return v
	}
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func textAt(v any, path string) string {
	switch x := at(v, path).(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

// plainEqual compares names as people write them: width, case and spaces aside.
func plainEqual(a, b string) bool { return tabular.Plain(a) == tabular.Plain(b) }
