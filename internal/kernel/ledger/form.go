package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/tabular"
	"linli/internal/kernel/web"
)

// FormRow is a row of one of the city's own registers: what its form asks lies
// in Extra, under the names of the form's fields.
type FormRow struct {
	Row
	Form  int64  `zh:"登记表" en:"Form" ref:"form" rule:"required,filter,fixed"`
	Title string `zh:"标题" en:"Title" rule:"required,search,max=100"`
}

// FormField is a field that a city asks for.
type FormField struct {
	Name     string       `json:"name" pattern:"^[a-z][a-z0-9_]{0,29}$"`
	ZH       string       `json:"zh"`
	EN       string       `json:"en"`
	WhyZH    string       `json:"why_zh" doc:"the reason for which it is asked"`
	WhyEN    string       `json:"why_en"`
	Kind     Kind         `json:"kind" enum:"text,long,choice,choices,number,decimal,bool,day,ref"`
	Required bool         `json:"required,omitempty"`
	Max      int          `json:"max,omitempty"`
	Options  []FormOption `json:"options,omitempty"`
	Ref      string       `json:"ref,omitempty" doc:"a register's code, region, grid, org or account"`
}

// FormOption is one value of a choice.
type FormOption struct {
	Code string `json:"code"`
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}

// FormBody is what a form asks, of whom, and why it may.
type FormBody struct {
	ZH         string      `json:"zh" doc:"name"`
	EN         string      `json:"en"`
	Purpose    string      `json:"purpose,omitempty"`
	LegalBasis string      `json:"legal_basis,omitempty"`
	Owner      int64       `json:"owner,omitempty" doc:"the organisation that answers for it"`
	Expires    string      `json:"expires,omitempty" doc:"last day, 2026-12-31"`
	People     int         `json:"people,omitempty" minimum:"0" doc:"how many fill it in"`
	PerYear    int         `json:"per_year,omitempty" minimum:"0" doc:"how often each does in a year"`
	Fields     []FormField `json:"fields"`
}

// Form is a form as it is kept.
type Form struct {
	ID       int64
	Version  int
	Register string // code; form_row for a register of its own
	State    string // draft, published, closed
	FormBody
	CreatedBy, CreatedAt, PublishedBy, PublishedAt, ReadAt int64
}

const ownRegister = "form_row"

// unread is for how many days nobody may have read what a published form gathers
// before it is proposed for closing.
const unread = 90

// What may be wrong with a form.
var (
	ErrHeld   = errs.Declare("already_held", 422, "“{label}”已在“{where}”中登记（{field}），请直接引用，不再重复填报。", "“{label}” is held already in “{where}” ({field}); refer to it instead of asking again.")
	ErrBurden = errs.Declare("burden_unseen", 409, "填报负担为每年 {total} 项次，请核对后再发布。", "It costs {total} entries a year; look at the figure, then publish.")
	ErrForm   = errs.Declare("form_state", 409, "这张表已发布或已停用，不能再修改。", "This form was published or closed and is not changed any more.")
)

// Burden is how many entries a year the form costs: fields × people × times.
func (b *FormBody) Burden() int { return len(b.Fields) * b.People * b.PerYear }

// field is the form's field as registers have fields.
func (f *FormField) field() *Field {
	x := &Field{Name: extraPrefix + f.Name, Kind: f.Kind, Label: w(f.ZH, f.EN), Why: w(f.WhyZH, f.WhyEN), Required: f.Required, Max: f.Max, Ref: f.Ref, extra: f.Name}
	for _, o := range f.Options {
		x.Options = append(x.Options, Option{o.Code, w(o.ZH, o.EN)})
	}
	if x.Max == 0 {
		x.Max = map[Kind]int{Text: maxText, Long: maxLong}[f.Kind]
	}
	return x
}

// Held says where something that forms may not ask for is held outside of registers.
type Held struct{ Where, Field errs.Words }

// generic are names that say nothing about what is held.
var generic = []string{"名称", "类别", "类型", "状态", "备注", "简介", "日期", "标题", "登记表", "人数", "编号", "职责", "说明", "内容", "时间", "数量", "结果", "name", "kind", "type", "state", "note", "about", "title", "form", "result"}

// said is a label without what people put around it.
func said(label string) string {
	label = tabular.Plain(label)
	for _, word := range []string{"请填写", "请", "登记", "填写", "本人", "居民", "住户", "您的", "的", "信息"} {
		if rest := strings.ReplaceAll(label, word, ""); utf8.RuneCountInString(rest) >= 2 {
			label = rest
		}
	}
	return label
}

// holds tells where what a field asks for is held already.
func (e *Engine) holds(ctx context.Context, form *Form, f *FormField) (*errs.Error, error) {
	if f.Kind == Ref { // refers, and does not ask again
		return nil, nil
	}
	asks := []string{said(f.ZH), said(f.EN)}
	same := func(label errs.Words) bool {
		for _, l := range []string{said(label.ZH), said(label.EN)} {
			if l != "" && slices.Contains(asks, l) && !slices.Contains(generic, l) {
				return true
			}
		}
		return false
	}
	refuse := func(where, field errs.Words) *errs.Error {
		return ErrHeld.New("label", w(f.ZH, f.EN), "where", where, "field", field).In(f.Name)
	}
	for _, r := range e.regs {
		for _, x := range r.fields {
			if same(x.Label) {
				return refuse(r.name, x.Label), nil
			}
		}
	}
	for _, h := range e.Held {
		if same(h.Field) {
			return refuse(h.Where, h.Field), nil
		}
	}
	others, err := e.formsWhere(ctx, e.DB, "state = 'published' AND id <> ?", form.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		for i := range o.Fields {
			if same(w(o.Fields[i].ZH, o.Fields[i].EN)) {
				return refuse(w(o.ZH, o.EN), w(o.Fields[i].ZH, o.Fields[i].EN)), nil
			}
		}
	}
	return nil, nil
}

// checkForm tells all that keeps a form from being kept or, with publish, published.
func (e *Engine) checkForm(ctx context.Context, form *Form, publish bool) error {
	var wrong []web.FieldError
	add := func(field string, err *errs.Error) {
		if err != nil {
			wrong = append(wrong, web.FieldError{Field: field, Err: err.In(field)})
		}
	}
	need := func(field string, label errs.Words, ok bool) {
		if !ok {
			add(field, errs.Required.New("field", label))
		}
	}
	invalid := func(field string, label errs.Words, zh, en string) {
		add(field, errs.Invalid.New("field", label, "remedy", w(zh, en)))
	}
	need("zh", w("名称", "name"), strings.TrimSpace(form.ZH) != "" && strings.TrimSpace(form.EN) != "")
	if utf8.RuneCountInString(form.ZH+form.EN+form.Purpose+form.LegalBasis) > 1000 {
		add("purpose", errs.TooLong.New("field", w("用途", "purpose"), "max", 1000))
	}
	if r := e.register(form.Register); r == nil || form.Register != ownRegister && r.write == "" {
		invalid("register", w("台账", "register"), "请从列表中选择", "choose from the list")
	}
	seen := map[string]bool{}
	for i := range form.Fields {
		f := &form.Fields[i]
		at := fmt.Sprintf("fields[%d]", i)
		switch {
		case seen[f.Name]:
			invalid(at, w(f.ZH, f.EN), "有两项同名", "two fields have one name")
		case strings.TrimSpace(f.ZH) == "" || strings.TrimSpace(f.EN) == "" || utf8.RuneCountInString(f.ZH+f.EN) > 80:
			need(at, w("字段名称", "the field's name"), false)
		case (f.Kind == Choice || f.Kind == Choices) != (len(f.Options) > 0) || len(f.Options) > 100:
			invalid(at, w(f.ZH, f.EN), "选项类字段须列出选项", "a choice lists its options")
		case (f.Kind == Ref) != (f.Ref != "") || f.Kind == Ref && e.Sources[f.Ref] == nil && e.register(f.Ref) == nil:
			invalid(at, w(f.ZH, f.EN), "请选择所引用的台账", "choose the register that it refers to")
		}
		for _, o := range f.Options {
			if o.Code == "" || strings.ContainsAny(o.Code, "|,") || o.ZH == "" || o.EN == "" {
				invalid(at, w(f.ZH, f.EN), "每个选项都要有编码和中英文名称", "each option has a code and both names")
				break
			}
		}
		seen[f.Name] = true
		if publish {
			held, err := e.holds(ctx, form, f)
			if err != nil {
				return err
			}
			add(at, held)
		}
	}
	if publish {
		need("purpose", w("用途", "purpose"), strings.TrimSpace(form.Purpose) != "")
		need("legal_basis", w("法律依据", "legal basis"), strings.TrimSpace(form.LegalBasis) != "")
		_, known := e.Sources["org"].Named(form.Owner)
		need("owner", w("责任单位", "owner"), form.Owner != 0 && known)
		need("people", w("填报人数", "people"), form.People > 0)
		need("per_year", w("每年填报次数", "times a year"), form.PerYear > 0)
		need("fields", w("字段", "fields"), len(form.Fields) > 0)
		need("expires", w("有效期至", "last day"), form.Expires != "")
	}
	if form.Expires != "" && form.lastDay() < e.Today() {
		invalid("expires", w("有效期至", "last day"), "请填写今天之后的日期，例如 2026-12-31", "give a day to come, such as 2026-12-31")
	}
	return web.Fields(wrong)
}

// lastDay is the form's last day, 0 if it is no day.
func (b *FormBody) lastDay() int {
	t, err := time.Parse(time.DateOnly, b.Expires)
	if err != nil {
		return 0
	}
	return t.Year()*10000 + int(t.Month())*100 + t.Day()
}

const formCols = "id, version, register, state, body, created_by, created_at, published_by, published_at, read_at"

func (e *Engine) formsWhere(ctx context.Context, db store.Reader, where string, args ...any) ([]*Form, error) {
	rows, err := db.Query(ctx, "SELECT "+formCols+" FROM ledger_form WHERE district = 0 AND "+where+" ORDER BY id DESC LIMIT 1000", args...)
	return store.All(rows, err, func(rows *sql.Rows) (*Form, error) {
		f := &Form{}
		var body string
		if err := rows.Scan(&f.ID, &f.Version, &f.Register, &f.State, &body, &f.CreatedBy, &f.CreatedAt, &f.PublishedBy, &f.PublishedAt, &f.ReadAt); err != nil {
			return nil, err
		}
		return f, json.Unmarshal([]byte(body), &f.FormBody)
	})
}

// asked are the fields that the city asks in rows of the register today; of its
// own registers those of the form.
func (r *register) asked(ctx context.Context, form int64) ([]*Field, error) {
	where, args := "register = ? AND state = 'published'", []any{r.code}
	if r.code == ownRegister {
		where, args = where+" AND id = ?", append(args, form)
	}
	forms, err := r.e.formsWhere(ctx, r.e.DB, where, args...)
	var out []*Field
	for _, f := range forms {
		for i := range f.Fields {
			if f.lastDay() >= r.e.Today() {
				out = append(out, f.Fields[i].field())
			}
		}
	}
	return out, err
}

// formOf is the form of a row of the city's own registers, 0 of others.
func (r *register) formOf(v reflect.Value) int64 {
	if row, ok := v.Addr().Interface().(*FormRow); ok {
		return row.Form
	}
	return 0
}

// applyExtra sets the city's own fields and asks for those that are required.
func (r *register) applyExtra(ctx context.Context, v reflect.Value, in map[string]any) error {
	fresh := base(v).ID == 0
	if len(in) == 0 && !fresh {
		return nil
	}
	fields, err := r.asked(ctx, r.formOf(v))
	if err != nil {
		return err
	}
	for name := range in {
		if !slices.ContainsFunc(fields, func(f *Field) bool { return f.Name == name }) {
			return errs.Invalid.New("field", w("「"+name+"」", name), "remedy", w("没有这一项，请删除", "there is no such field, remove it")).In(name)
		}
	}
	var wrong []web.FieldError
	for _, f := range fields {
		raw, given := in[f.Name]
		var e *errs.Error
		if given {
			val, err := f.parse(raw)
			if err != nil {
				e = errs.As(err)
			} else if e = f.acceptable(r.e, val); e == nil {
				f.set(v, val)
			}
		}
		if e == nil && f.Required && (fresh || given) && empty(f.get(v)) {
			e = f.missing()
		}
		if e != nil {
			wrong = append(wrong, web.FieldError{Field: f.Name, Err: e})
		}
	}
	return web.Fields(wrong)
}

// acceptable checks a value of a city's own field; a reference must lead somewhere.
func (f *Field) acceptable(e *Engine, val any) *errs.Error {
	if empty(val) {
		return nil
	}
	if err := f.check(val); err != nil {
		return err
	}
	if s := e.Sources[f.Ref]; f.Kind == Ref && s != nil {
		if _, ok := s.Named(val.(int64)); !ok {
			return f.unknown()
		}
	}
	return nil
}

// setExtra keeps a value under the field's name as JSON has it.
func (f *Field) setExtra(row reflect.Value, val any) {
	b := base(row)
	b.Extra = maps.Clone(b.Extra) // the row that is changed shares it
	if b.Extra == nil {
		b.Extra = map[string]any{}
	}
	switch v := val.(type) {
	case int64:
		val = float64(v)
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		val = list
	}
	if empty(val) || reflect.DeepEqual(val, 0.0) || reflect.DeepEqual(val, []any{}) {
		delete(b.Extra, f.extra)
		return
	}
	b.Extra[f.extra] = val
}

// formNames names forms.
type formNames struct{ e *Engine }

func (n formNames) one(where string, args ...any) (Named, bool) {
	list, err := n.e.formsWhere(context.Background(), n.e.DB, where, args...)
	if err != nil || len(list) == 0 {
		return Named{}, false
	}
	return Named{ID: list[0].ID, Name: list[0].ZH}, true
}

// Named is the form with that id.
func (n formNames) Named(id int64) (Named, bool) {
	return n.one("id = ? AND register = ?", id, ownRegister)
}

// Find gives the published form of that name or id.
func (n formNames) Find(text string) []int64 {
	var out []int64
	for _, x := range n.Search("", 1000) {
		if x.Name == text || strconv.FormatInt(x.ID, 10) == text {
			out = append(out, x.ID)
		}
	}
	return out
}

// Search gives published forms whose name holds the text.
func (n formNames) Search(text string, limit int) []Named {
	list, err := n.e.formsWhere(context.Background(), n.e.DB, "state = 'published' AND register = ?", ownRegister)
	if err != nil {
		return nil
	}
	var out []Named
	for _, f := range list {
		if strings.Contains(f.ZH+f.EN, text) && len(out) < limit {
			out = append(out, Named{ID: f.ID, Name: f.ZH})
		}
	}
	return out
}

// checkFormRow lets rows only into a form that is published and has not expired.
func (e *Engine) checkFormRow(w *Write, row, old *FormRow) error {
	if old != nil {
		return nil
	}
	list, err := e.formsWhere(w.Ctx, e.DB, "id = ? AND register = ? AND state = 'published'", row.Form, ownRegister)
	if err != nil {
		return err
	}
	if len(list) == 0 || list[0].lastDay() < e.Today() {
		return errs.Invalid.New("remedy", errs.Words{ZH: "这张表未发布或已到期", EN: "this form is not published, or has expired"}).In("form")
	}
	return nil
}

// noteRead remembers that somebody read what the register's forms gather, once a
// day. Its failing costs only the memory.
func (r *register) noteRead(ctx context.Context, forms []any) {
	now := r.e.DB.Now()
	day := now / (24 * time.Hour).Microseconds()
	key := fmt.Sprint(r.code, forms)
	if had, ok := r.e.read.Load(key); ok && had == day {
		return
	}
	q := &query{where: "register = ? AND state = 'published'", args: []any{now, r.code}}
	if len(forms) > 0 {
		_ = oneOf(q, "id", forms, false)
	} else if r.code == ownRegister {
		return
	}
	if err := r.e.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE ledger_form SET read_at = ? WHERE district = 0 AND "+q.where, q.args...)
		return err
	}); err == nil {
		r.e.read.Store(key, day)
	}
}

// formsIn are the forms that a filter names.
func formsIn(where []string) []any {
	for _, text := range where {
		if val, ok := strings.CutPrefix(text, "form="); ok {
			if ids, err := integers(val); err == nil {
				return ids
			}
		}
	}
	return nil
}

// formByID is the form, errs.NotFound if there is none.
func (e *Engine) formByID(ctx context.Context, id int64) (*Form, error) {
	list, err := e.formsWhere(ctx, e.DB, "id = ?", id)
	if err == nil && len(list) == 0 {
		err = errs.NotFound.New()
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}
