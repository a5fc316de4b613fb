package ledger

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
)

// Kind is what a field holds.
type Kind string

// The kinds, with the Go types that declare them.
const (
	Text     Kind = "text"     // string
	Long     Kind = "long"     // string with rule "long": several lines
	Choice   Kind = "choice"   // string with choices
	Choices  Kind = "choices"  // []string with choices: several of them
	Number   Kind = "number"   // int, int64
	Decimal  Kind = "decimal"  // float64
	YesNo    Kind = "bool"     // bool
	Date     Kind = "day"      // Day
	Ref      Kind = "ref"      // int64 with ref: a row of a register, an org, a grid, a region, an account
	Personal Kind = "personal" // Secret, kept in the vault
)

// Day is a day of the city, yyyymmdd; 0 is none.
type Day int

// Named is something that a field refers to, as pages show it.
type Named struct {
	ID   int64  `json:"id,omitempty"`
	Code string `json:"code,omitempty"`
	Name string `json:"name"`
}

// Option is one of the values of a choice.
type Option struct {
	Code string
	Name errs.Words
}

// Field is a column of a register as its tags declare it.
type Field struct {
	Name     string // JSON name and column
	Kind     Kind
	Label    errs.Words
	Why      errs.Words // the reason for which it is asked; empty where it is plain
	Required bool
	Unique   bool // among the rows in force of a district
	Filter   bool // lists can be narrowed and sorted by it
	Search   bool // the search looks at it
	Fixed    bool // set once
	Standard bool // one of every register: region, grid, org, valid_from, valid_to, state
	Max      int  // characters, or the greatest number; 0: the kind's own
	Min      *int64
	Options  []Option
	Ref      string      // code of a register, or org, grid, region, account
	Part     string      // of a personal record: name, phone, contact
	Class    access.Perm // who may see and change it; "": whoever the row

	index  []int
	extra  string // the city's own: its key in Row.Extra
	closed bool   // the city's own: its form is closed or has expired, and it is shown but not asked
}

// Secret is a personal field: pages and this struct hold its mask, the vault the
// text. Hide makes one to be written; one that was read stays as it is.
type Secret struct {
	Mask  string
	clear vault.Clear
	fresh bool
}

// Hide makes a personal field to be written; "" empties it.
func Hide(text string) Secret {
	return Secret{clear: vault.Hide(strings.TrimSpace(text)), fresh: true}
}

// Given tells whether there is a text, kept or to be written.
func (s Secret) Given() bool {
	if s.fresh {
		return s.clear.Plain() != ""
	}
	return s.Mask != ""
}

// String is the mask.
func (s Secret) String() string { return s.Mask }

// MarshalJSON gives the mask.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Mask) }

// Limits of texts, in characters, where a field sets none.
const (
	maxText = 200
	maxLong = 4000
)

var (
	rowType    = reflect.TypeFor[Row]()
	dayType    = reflect.TypeFor[Day]()
	secretType = reflect.TypeFor[Secret]()
	listType   = reflect.TypeFor[[]string]()
)

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// standard are the fields that every register has.
func standard(states []Option) []*Field {
	f := func(name string, kind Kind, label errs.Words, goField string) *Field {
		sf, _ := rowType.FieldByName(goField)
		return &Field{Name: name, Kind: kind, Label: label, Filter: true, Standard: true, index: sf.Index}
	}
	all := []*Field{
		f("region", Ref, w("所在区划", "region"), "Region"), f("grid", Ref, w("网格", "grid"), "Grid"), f("org", Ref, w("所属单位", "organisation"), "Org"),
		f("valid_from", Date, w("生效日期", "first day"), "From"), f("valid_to", Date, w("截止日期", "last day"), "To"), f("state", Choice, w("状态", "state"), "State"),
	}
	all[0].Ref, all[1].Ref, all[2].Ref = "region", "grid", "org"
	all[5].Options = states
	return all
}

// fieldsOf reads the tags of a register's struct; mistakes are the programmer's.
func fieldsOf(t reflect.Type, states []Option) []*Field {
	embedded, ok := t.FieldByName("Row")
	if !ok || embedded.Type != rowType || !embedded.Anonymous {
		panic("ledger: " + t.String() + " does not embed ledger.Row")
	}
	var out []*Field
	for _, f := range standard(states) {
		f.index = append(slices.Clone(embedded.Index), f.index...)
		out = append(out, f)
	}
	for i := range t.NumField() {
		sf := t.Field(i)
		if sf.Type == rowType || sf.Tag.Get("zh") == "" {
			if sf.Type != rowType {
				panic(fmt.Sprintf("ledger: %s.%s has no name: give it the tags zh and en", t, sf.Name))
			}
			continue
		}
		f := fieldOf(sf)
		if slices.ContainsFunc(out, func(o *Field) bool { return o.Name == f.Name }) || slices.Contains(columnsOfRow, f.Name) {
			panic(fmt.Sprintf("ledger: %s has the field %s twice", t, f.Name))
		}
		out = append(out, f)
	}
	return out
}

func fieldOf(sf reflect.StructField) *Field {
	tag := sf.Tag.Get
	f := &Field{Name: tag("col"), Label: w(tag("zh"), tag("en")), Ref: tag("ref"), Part: tag("personal"), Class: access.Perm(tag("class")), index: sf.Index}
	if f.Name == "" {
		f.Name = snake(sf.Name)
	}
	fail := func(why string) { panic("ledger: field " + f.Name + ": " + why) }
	if f.Label.EN == "" {
		fail("it has no English name")
	}
	if why := tag("why"); why != "" {
		zh, en, ok := strings.Cut(why, "|")
		if !ok {
			fail("why wants 中文|English")
		}
		f.Why = w(zh, en)
	}
	if f.Class != "" && !f.Class.Known() {
		fail("unknown permission " + string(f.Class))
	}
	f.Options = options(tag("choices"), fail)
	long := false
	for rule := range strings.SplitSeq(tag("rule"), ",") {
		name, val, _ := strings.Cut(strings.TrimSpace(rule), "=")
		switch name {
		case "":
		case "required":
			f.Required = true
		case "unique":
			f.Unique, f.Filter = true, true
		case "filter":
			f.Filter = true
		case "search":
			f.Search = true
		case "fixed":
			f.Fixed = true
		case "long":
			long = true
		case "max", "min":
			n, err := strconv.ParseInt(val, 10, 64)
			if err != nil {
				fail("a number is needed: " + rule)
			}
			if name == "max" {
				f.Max = int(n)
			} else {
				f.Min = &n
			}
		default:
			fail("unknown rule " + rule)
		}
	}
	switch {
	case sf.Type == secretType:
		f.Kind = Personal
		if f.Part != "name" && f.Part != "phone" && f.Part != "contact" || f.Unique || f.Filter {
			fail("personal wants name, phone or contact, and cannot be filtered by")
		}
	case sf.Type == dayType:
		f.Kind = Date
	case sf.Type == listType && f.Options != nil:
		f.Kind = Choices
	case sf.Type.Kind() == reflect.String:
		switch {
		case f.Options != nil:
			f.Kind = Choice
		case long:
			f.Kind = Long
		default:
			f.Kind = Text
		}
	case sf.Type.Kind() == reflect.Int64 && f.Ref != "":
		f.Kind = Ref
	case sf.Type.Kind() == reflect.Int64 || sf.Type.Kind() == reflect.Int:
		f.Kind = Number
	case sf.Type.Kind() == reflect.Float64:
		f.Kind = Decimal
	case sf.Type.Kind() == reflect.Bool:
		f.Kind = YesNo
	default:
		fail("no kind of field is a " + sf.Type.String())
	}
	if (f.Ref != "") != (f.Kind == Ref) || (f.Part != "") != (f.Kind == Personal) {
		fail("ref wants an int64, personal a ledger.Secret")
	}
	if f.Max == 0 {
		switch f.Kind {
		case Text:
			f.Max = maxText
		case Long:
			f.Max = maxLong
		case Personal:
			f.Max = map[string]int{"name": vault.MaxName, "phone": vault.MaxPhone, "contact": vault.MaxContact}[f.Part]
		}
	}
	return f
}

// options reads "branch:党支部:Branch; general:党总支:General branch".
func options(tag string, fail func(string)) []Option {
	if tag == "" {
		return nil
	}
	var out []Option
	for part := range strings.SplitSeq(tag, ";") {
		p := strings.Split(strings.TrimSpace(part), ":")
		if len(p) != 3 || p[0] == "" || strings.ContainsAny(p[0], "|,") {
			fail("choices want code:中文:English; …")
		}
		out = append(out, Option{p[0], w(p[1], p[2])})
	}
	return out
}

func snake(s string) string {
	var b strings.Builder
	rs := []rune(s)
	for i, r := range rs {
		if unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// get is the field's value of a row: string, int64, float64, bool, []string; of
// a personal field the mask.
func (f *Field) get(row reflect.Value) any {
	if f.extra != "" {
		return f.recorded(base(row).Extra[f.extra])
	}
	v := row.FieldByIndex(f.index)
	switch f.Kind {
	case Text, Long, Choice:
		return v.String()
	case Number, Ref, Date:
		return v.Int()
	case Decimal:
		return v.Float()
	case YesNo:
		return v.Bool()
	case Choices:
		return v.Interface().([]string)
	}
	return v.Interface().(Secret).Mask
}

// set is get's other way; a personal field gets a text to be sealed.
func (f *Field) set(row reflect.Value, val any) {
	if f.extra != "" {
		f.setExtra(row, val)
		return
	}
	v := row.FieldByIndex(f.index)
	switch f.Kind {
	case Text, Long, Choice:
		v.SetString(val.(string))
	case Number, Ref, Date:
		v.SetInt(val.(int64))
	case Decimal:
		v.SetFloat(val.(float64))
	case YesNo:
		v.SetBool(val.(bool))
	case Choices:
		v.Set(reflect.ValueOf(val.([]string)))
	case Personal:
		v.Set(reflect.ValueOf(Hide(val.(string))))
	}
}

// sql is the expression by which a query reads the field of the row r; a city's
// own field lies in the JSON of extra, where what is not given is absent.
func (f *Field) sql(e store.Engine) string {
	if f.extra == "" {
		return "r." + f.Name
	}
	number := f.Kind == Number || f.Kind == Ref || f.Kind == Date || f.Kind == Decimal
	if e == store.Postgres {
		val := "(r.extra::jsonb ->> '" + f.extra + "')"
		switch {
		case number: // another form may have kept a text under the same name
			as := map[bool]string{true: "DOUBLE PRECISION", false: "BIGINT"}[f.Kind == Decimal]
			return "(CASE WHEN jsonb_typeof(r.extra::jsonb -> '" + f.extra + "') = 'number' THEN CAST(CAST(" + val + " AS NUMERIC) AS " + as + ") ELSE 0 END)"
		case f.Kind == YesNo:
			return "(CASE WHEN " + val + " = 'true' THEN 1 ELSE 0 END)"
		}
		return "COALESCE(" + val + ", '')"
	}
	val := "json_extract(r.extra, '$." + f.extra + "')"
	if number || f.Kind == YesNo {
		return "(CASE WHEN json_type(r.extra, '$." + f.extra + "') IN ('integer', 'real', 'true') THEN " + val + " ELSE 0 END)"
	}
	return "COALESCE(" + val + ", '')"
}

// column is the value as the database keeps it.
func (f *Field) column(val any) any {
	switch v := val.(type) {
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case []string:
		return packed(v)
	}
	return val
}

// packed is a list of codes as one text: |a|b|, so that one is found by |a|.
func packed(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "|" + strings.Join(list, "|") + "|"
}

func unpacked(s string) []string {
	if s = strings.Trim(s, "|"); s == "" {
		return nil
	}
	return strings.Split(s, "|")
}

// empty tells whether the value is that of a field left open.
func empty(val any) bool {
	switch v := val.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case int64:
		return v == 0
	case float64:
		return v == 0
	case bool:
		return !v
	case []string:
		return len(v) == 0
	}
	return false
}

func (f *Field) invalid(zh, en string) *errs.Error {
	return errs.Invalid.New("field", f.Label, "remedy", w(zh, en)).In(f.Name)
}

func (f *Field) missing() *errs.Error { return errs.Required.New("field", f.Label).In(f.Name) }

// parse reads a value that came as JSON: null empties, days are "2026-11-23",
// references ids or region codes, texts of digits stand for numbers.
func (f *Field) parse(in any) (any, error) {
	switch f.Kind {
	case Text, Long, Choice, Personal:
		switch v := in.(type) {
		case nil:
			return "", nil
		case string:
			return strings.TrimSpace(v), nil
		}
		return nil, f.invalid("请填写文字", "give text")
	case YesNo:
		switch v := in.(type) {
		case nil:
			return false, nil
		case bool:
			return v, nil
		}
		return nil, f.invalid("请选择“是”或“否”", "give true or false")
	case Choices:
		switch v := in.(type) {
		case nil:
			return []string(nil), nil
		case []string:
			return v, nil
		case []any:
			var out []string
			for _, x := range v {
				s, ok := x.(string)
				if !ok {
					return nil, f.invalid("请从列表中选择", "choose from the list")
				}
				if !slices.Contains(out, s) {
					out = append(out, s)
				}
			}
			return out, nil
		}
		return nil, f.invalid("请从列表中选择", "choose from the list")
	case Decimal:
		switch v := in.(type) {
		case nil:
			return 0.0, nil
		case float64:
			return v, nil
		}
		return nil, f.invalid("请填写数字", "give a number")
	case Date:
		switch v := in.(type) {
		case nil:
			return int64(0), nil
		case float64:
			if day := int(v); v == 0 || float64(day) == v && validDay(day) {
				return int64(day), nil
			}
		case string:
			if v == "" {
				return int64(0), nil
			}
			if t, err := time.Parse(time.DateOnly, v); err == nil {
				return int64(t.Year()*10000 + int(t.Month())*100 + t.Day()), nil
			}
		}
		return nil, f.invalid("请填写日期，例如 2026-11-23", "give a date such as 2026-11-23")
	}
	bad := f.invalid("请填写整数", "give a whole number")
	if f.Kind == Ref {
		bad = f.invalid("请从列表中选择", "choose from the list")
	}
	switch v := in.(type) {
	case nil:
		return int64(0), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), nil
		}
	case string:
		if v == "" {
			return int64(0), nil
		}
		if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > -1<<53 && n < 1<<53 {
			return n, nil
		}
	}
	return nil, bad
}

// check holds a value, which is not empty, against the field's rules.
func (f *Field) check(val any) *errs.Error {
	switch v := val.(type) {
	case string:
		if !utf8.ValidString(v) || strings.ContainsFunc(v, func(r rune) bool {
			return unicode.IsControl(r) && (f.Kind != Long || r != '\n' && r != '\t' && r != '\r')
		}) {
			return f.invalid("含有无法显示的字符，请删除", "it has characters that cannot be shown, remove them")
		}
		if f.Kind == Choice && f.option(v) == nil {
			return f.unknownOption()
		}
		if f.Max > 0 && utf8.RuneCountInString(v) > f.Max {
			return errs.TooLong.New("field", f.Label, "max", f.Max).In(f.Name)
		}
	case []string:
		for _, c := range v {
			if f.option(c) == nil {
				return f.unknownOption()
			}
		}
	case int64:
		if f.Kind == Date {
			if !validDay(int(v)) {
				return f.invalid("请填写日期，例如 2026-11-23", "give a date such as 2026-11-23")
			}
			break
		}
		return f.bounds(float64(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return f.invalid("请填写数字", "give a number")
		}
		return f.bounds(v)
	}
	return nil
}

func (f *Field) bounds(v float64) *errs.Error {
	if f.Kind == Ref {
		return nil
	}
	low := int64(0) // a register counts things; where less is meant, the field says min
	if f.Min != nil {
		low = *f.Min
	}
	if v < float64(low) {
		return f.invalid(fmt.Sprintf("不能小于 %d", low), fmt.Sprintf("it must be at least %d", low))
	}
	if f.Max > 0 && v > float64(f.Max) {
		return f.invalid(fmt.Sprintf("不能大于 %d", f.Max), fmt.Sprintf("it must be at most %d", f.Max))
	}
	return nil
}

func (f *Field) option(code string) *Option {
	if i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Code == code }); i >= 0 {
		return &f.Options[i]
	}
	return nil
}

func (f *Field) unknownOption() *errs.Error {
	var zh, en []string
	for _, o := range f.Options {
		zh, en = append(zh, o.Name.ZH), append(en, o.Name.EN)
	}
	return f.invalid("请从以下选项中选择："+strings.Join(zh, "、"), "choose one of "+strings.Join(en, ", "))
}

// validDay tells whether a yyyymmdd exists in the calendar.
func validDay(d int) bool {
	t := time.Date(d/10000, time.Month(d/100%100), d%100, 0, 0, 0, 0, time.UTC)
	return d >= 1900_01_01 && d < 2400_00_00 && t.Year()*10000+int(t.Month())*100+t.Day() == d
}

// dayText is a day as JSON and files have it, "" for none.
func dayText(d int64) string {
	return calendar.DayText(int(d))
}
