package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/tabular"
)

// Field is something that a row can say about a matter.
type Field string

// The fields, by their names in a mapping.
const (
	Title         Field = "title"
	Text          Field = "text"
	ReportedAt    Field = "reported_at"
	ClosedAt      Field = "closed_at"
	Result        Field = "result"
	OutsideNumber Field = "outside_number"
	Channel       Field = "channel"
	Category      Field = "category"
	Grade         Field = "grade"
	District      Field = "district"
	Street        Field = "street"
	Community     Field = "community"
	Grid          Field = "grid"
	Lon           Field = "lon"
	Lat           Field = "lat"
	CRS           Field = "crs"
	Address       Field = "address"
	ReporterName  Field = "reporter_name"
	ReporterPhone Field = "reporter_phone"

	// What an order of the hotline says besides the matter; see internal/work/hotline.
	OrderKind     Field = "kind"
	OrderDue      Field = "due_at"
	OrderCategory Field = "their_category"
	ReplyFormat   Field = "reply_format"
	OrderNote     Field = "note"
	OrderStatus   Field = "their_status"
)

func words(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// fields in the order in which mappings are printed, with the headings that
// are taken for them. Earlier headings are better ones.
var fields = []struct {
	name  Field
	label errs.Words
	heads []string
}{
	{OutsideNumber, words("外部编号", "outside number"), []string{"外部编号", "工单编号", "工单号", "事件编号", "事件单号", "诉求编号", "留言编号", "案件编号", "受理编号", "任务号", "编号", "outsidenumber", "outsideid", "ticketnumber", "ticketid", "caseid", "casenumber", "number", "id", "no"}},
	{Title, words("标题", "title"), []string{"标题", "事件标题", "诉求标题", "留言主题", "工单标题", "主题", "事件名称", "title", "subject", "headline"}},
	{Text, words("诉求内容", "text"), []string{"内容", "诉求内容", "事件描述", "问题描述", "留言详情", "留言内容", "反映内容", "工单内容", "事件内容", "详情", "描述", "body", "text", "content", "description", "details", "message"}},
	{ReportedAt, words("登记时间", "time of report"), []string{"登记时间", "上报时间", "受理时间", "来电时间", "留言时间", "反映时间", "诉求时间", "创建时间", "发生时间", "登记日期", "时间", "日期", "reportedat", "reporttime", "createdat", "created", "time", "date", "reported"}},
	{Result, words("办理结果", "result"), []string{"办理结果", "处理结果", "答复意见", "答复内容", "回复内容", "办理情况", "处置结果", "答复", "回复", "result", "reply", "answer", "resolution", "response"}},
	{ClosedAt, words("办结时间", "time of closing"), []string{"办结时间", "结案时间", "答复时间", "回复时间", "处理时间", "完成时间", "办结日期", "closedat", "closetime", "closed", "replytime", "answeredat", "resolvedat", "replyat"}},
	{Channel, words("来源渠道", "channel"), []string{"来源渠道", "受理渠道", "诉求来源", "事件来源", "问题来源", "来源", "渠道", "channel", "source", "origin"}},
	{Category, words("类别", "category"), []string{"类别编码", "分类编码", "小类", "三级分类", "事项分类", "问题分类", "诉求类别", "事件类型", "类别", "分类", "类型", "categorycode", "category", "type"}},
	{Grade, words("分级", "grade"), []string{"分级", "紧急程度", "事件等级", "等级", "grade", "priority", "urgency"}},
	{District, words("区", "district"), []string{"区县编码", "所属区县", "区县", "行政区", "所属区", "区", "district"}},
	{Street, words("街道", "street"), []string{"街道编码", "所属街道", "街道乡镇", "镇街", "街道", "乡镇", "street", "subdistrict", "town"}},
	{Community, words("社区", "community"), []string{"社区编码", "所属社区", "村社区", "社区", "村居", "村", "community", "communitycode", "village"}},
	{Grid, words("网格", "grid"), []string{"网格编码", "网格编号", "所属网格", "网格", "grid", "gridcode"}},
	{Lon, words("经度", "longitude"), []string{"经度", "lon", "lng", "longitude"}},
	{Lat, words("纬度", "latitude"), []string{"纬度", "lat", "latitude"}},
	{CRS, words("坐标系", "coordinate system"), []string{"坐标系", "crs"}},
	{Address, words("地址", "address"), []string{"发生地址", "事发地址", "事发地点", "详细地址", "问题地址", "地址", "地点", "位置", "address", "location"}},
	{ReporterName, words("诉求人姓名", "reporter's name"), []string{"诉求人", "来电人", "反映人", "诉求人姓名", "联系人", "姓名", "reportername", "contactname"}},
	{ReporterPhone, words("诉求人电话", "reporter's telephone"), []string{"联系电话", "来电号码", "联系方式", "手机号码", "手机号", "电话", "reporterphone", "phone", "telephone", "mobile"}},
	{OrderKind, words("工单动作", "kind of order"), []string{"工单动作", "办件动作", "操作类型", "kind", "action"}},
	{OrderDue, words("热线时限", "the hotline's limit"), []string{"热线时限", "办理时限", "要求办结时间", "截止时间", "限办时间", "办结期限", "到期时间", "dueat", "deadline", "due"}},
	{OrderCategory, words("热线分类", "the hotline's category"), []string{"热线分类", "热线类别", "theircategory"}},
	{ReplyFormat, words("答复格式", "reply format"), []string{"答复格式", "答复要求", "回复格式", "replyformat"}},
	{OrderNote, words("补充说明", "note"), []string{"催办内容", "补充内容", "补充说明", "重办原因", "撤单原因", "note", "remark"}},
	{OrderStatus, words("热线状态", "the hotline's state"), []string{"热线状态", "工单状态", "办理状态", "状态", "theirstatus", "status", "state"}},
}

func labelOf(f Field) errs.Words {
	for _, x := range fields {
		if x.name == f {
			return x.label
		}
	}
	return words(string(f), string(f))
}

// Rule says where a field's value comes from.
type Rule struct {
	Column string            `json:"column,omitempty"`
	Const  string            `json:"const,omitempty"`  // the same for every row
	Prefix string            `json:"prefix,omitempty"` // put before the value: numbers of two systems stay apart
	Map    map[string]string `json:"map,omitempty"`    // replaces values; what it does not name stays
}

// Mapping says which column is which field.
type Mapping map[Field]Rule

// UnmarshalJSON reads a rule: a column's name, or an object.
func (r *Rule) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		*r = Rule{}
		return json.Unmarshal(raw, &r.Column)
	}
	type plain Rule
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode((*plain)(r))
}

// MarshalJSON writes a rule as short as it can be.
func (r Rule) MarshalJSON() ([]byte, error) {
	if r.Const == "" && r.Prefix == "" && len(r.Map) == 0 {
		return json.Marshal(r.Column)
	}
	type plain Rule
	return json.Marshal(plain(r))
}

// ErrMapping says what is wrong with a mapping.
var ErrMapping = errs.Declare("import_mapping", 422, "列对应关系有误：{what}。", "The mapping is not right: {what}.")

func badMapping(zh, en string) error { return ErrMapping.New("what", words(zh, en)) }

// ParseMapping reads a mapping file.
func ParseMapping(raw []byte) (Mapping, error) {
	var m Mapping
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	if err := d.Decode(&m); err != nil {
		return nil, badMapping("不是有效的 JSON（"+err.Error()+"）", "it is not valid JSON ("+err.Error()+")")
	}
	if _, err := d.Token(); m == nil || !errors.Is(err, io.EOF) {
		return nil, badMapping("须是一个 JSON 对象", "it must be one JSON object")
	}
	for f, r := range m {
		if !slices.ContainsFunc(fields, func(x struct {
			name  Field
			label errs.Words
			heads []string
		}) bool {
			return x.name == f
		}) {
			return nil, badMapping(fmt.Sprintf("没有字段 %q，可用的有 %s", f, fieldNames()), fmt.Sprintf("there is no field %q; there are %s", f, fieldNames()))
		}
		if (r.Column == "") == (r.Const == "") {
			return nil, badMapping(fmt.Sprintf("%q 须写列名或固定值之一", f), fmt.Sprintf("%q takes either a column or a constant", f))
		}
	}
	return m, nil
}

func fieldNames() string {
	var all []string
	for _, x := range fields {
		all = append(all, string(x.name))
	}
	return strings.Join(all, ", ")
}

// Known tells whether a heading is one that Auto takes.
func Known(head string) bool {
	p := tabular.Plain(head)
	for _, x := range fields {
		if slices.Contains(x.heads, p) {
			return true
		}
	}
	return false
}

// Auto maps columns by the headings that cities commonly use. Each column
// serves one field, each field takes its best column.
func Auto(columns []string) Mapping {
	wanted := make([][]string, len(fields))
	for i, x := range fields {
		wanted[i] = x.heads
	}
	m := Mapping{}
	for i, at := range tabular.Match(columns, wanted) {
		if at >= 0 {
			m[fields[i].name] = Rule{Column: columns[at]}
		}
	}
	return m
}

// Print is the mapping as a file that ParseMapping reads, fields in order.
func (m Mapping) Print() string {
	var b strings.Builder
	b.WriteString("{")
	for _, x := range fields {
		r, ok := m[x.name]
		if !ok {
			continue
		}
		var v bytes.Buffer
		e := json.NewEncoder(&v)
		e.SetEscapeHTML(false)
		_ = e.Encode(r) // strings always encode
		if b.Len() > 1 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n  %q: %s", x.name, bytes.TrimSpace(v.Bytes()))
	}
	b.WriteString("\n}\n")
	return b.String()
}

// Check compares the mapping with the file's columns.
func (m Mapping) Check(columns []string) error {
	for _, x := range fields {
		if r, ok := m[x.name]; ok && r.Column != "" && !slices.Contains(columns, r.Column) {
			list := strings.Join(columns, "、")
			return badMapping(fmt.Sprintf("文件中没有列“%s”，现有的列：%s", r.Column, list), fmt.Sprintf("the file has no column %q; its columns: %s", r.Column, list))
		}
	}
	if _, ok := m[Text]; ok {
		return nil
	}
	if _, ok := m[Title]; ok {
		return nil
	}
	list := strings.Join(columns, "、")
	return badMapping("没有对应到诉求内容的列，现有的列："+list+"。请用 --mapping 说明", "no column is the text of the matter; the columns: "+list+". Say which with --mapping")
}

// Columns lists the columns that the mapping names.
func (m Mapping) Columns() []string {
	var out []string
	for _, r := range m {
		if r.Column != "" {
			out = append(out, r.Column)
		}
	}
	return out
}

// Uses tells whether the mapping names the heading as a column.
func (m Mapping) Uses(head string) bool {
	for _, r := range m {
		if r.Column == head {
			return true
		}
	}
	return false
}
