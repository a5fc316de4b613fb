package ledger

import (
	"cmp"
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

	"linli/internal/kernel/access"
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
	EN       string       `json:"en,omitempty" doc:"the Chinese name if absent"`
	WhyZH    string       `json:"why_zh" doc:"the reason for which it is asked"`
	WhyEN    string       `json:"why_en,omitempty"`
	Kind     Kind         `json:"kind" enum:"text,long,choice,choices,number,decimal,bool,day,ref"`
	Required bool         `json:"required,omitempty"`
	Max      int          `json:"max,omitempty"`
	Options  []FormOption `json:"options,omitempty"`
	Ref      string       `json:"ref,omitempty" doc:"a register's code, region, grid, org or account"`
	Class    access.Perm  `json:"class,omitempty" doc:"a permission of a register without which the field is left out; absent: whoever sees the row"`
}

// FormOption is one value of a choice.
type FormOption struct {
	Code string `json:"code"`
	ZH   string `json:"zh"`
	EN   string `json:"en,omitempty"`
}

// FormBody is what a form asks, of whom, and why it may.
type FormBody struct {
	ZH         string      `json:"zh" doc:"name"`
	EN         string      `json:"en,omitempty" doc:"the Chinese name if absent"`
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
	State    string // draft, submitted, published, closed
	Note     string // why it was not approved
	FormBody
	CreatedBy, CreatedAt, ChangedBy, PublishedBy, PublishedAt, ReadAt int64
}

const ownRegister = "form_row"

// unread is for how many days nobody may have read what a published form gathers
// before it is proposed for closing.
const unread = 90

// What may be wrong with a form.
var (
	ErrHeld   = errs.Declare("already_held", 422, "“{label}”已在“{where}”中登记（{field}），请直接引用，不再重复填报。", "“{label}” is held already in “{where}” ({field}); refer to it instead of asking again.")
	ErrBurden = errs.Declare("burden_unseen", 409, "填报负担为每年 {total} 项次，请核对后再发布。", "It costs {total} entries a year; look at the figure, then publish.")
	ErrForm   = errs.Declare("form_state", 409, "这张表的状态已变，请刷新后再办。", "The form's state has changed; refresh the page and try again.")
	ErrOwn    = errs.Declare("own_form", 409, "这张表由您设计或修改，须由另一位有权限的同事审批。", "You drafted or changed this form; another person has to approve it.")
)

// Burden is how many entries a year the form costs: fields × people × times.
func (b *FormBody) Burden() int { return len(b.Fields) * b.People * b.PerYear }

// field is the form's field as registers have fields.
func (f *FormField) field() *Field {
	x := &Field{Name: extraPrefix + f.Name, Kind: f.Kind, Label: f.label(), Why: inBoth(f.WhyZH, f.WhyEN), Required: f.Required, Filter: f.Kind != Long, Max: f.Max, Ref: f.Ref, Class: f.Class, extra: f.Name}
	for _, o := range f.Options {
		x.Options = append(x.Options, Option{o.Code, inBoth(o.ZH, o.EN)})
	}
	if x.Max == 0 {
		x.Max = map[Kind]int{Text: maxText, Long: maxLong}[f.Kind]
	}
	return x
}

func (f *FormField) label() errs.Words { return inBoth(f.ZH, f.EN) }

func (b *FormBody) name() errs.Words { return inBoth(b.ZH, b.EN) }

// inBoth lets the Chinese words stand for English ones that a city did not give.
func inBoth(zh, en string) errs.Words { return w(zh, cmp.Or(en, zh)) }

// asks tells whether the form is asked on the day.
func (f *Form) asks(day int) bool { return f.State == "published" && f.lastDay() >= day }

// Held says where something that forms may not ask for is held outside of registers.
type Held struct{ Where, Field errs.Words }

// generic are names that say nothing about what is held.
var generic = []string{"名称", "类别", "类型", "状态", "备注", "简介", "日期", "标题", "登记表", "人数", "编号", "职责", "说明", "内容", "时间", "数量", "结果", "name", "kind", "type", "state", "note", "about", "title", "form", "result", "room", "date", "number", "place", "time"}

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
	refuse := func(where, field errs.Words, register, name string, form int64) *errs.Error {
		return ErrHeld.New("label", f.label(), "where", where, "field", field, "register", register, "name", name, "form", form).In(f.Name)
	}
	for _, r := range e.regs {
		for _, x := range r.fields {
			if same(x.Label) {
				return refuse(r.name, x.Label, r.code, x.Name, 0), nil
			}
		}
	}
	for _, h := range e.Held {
		if same(h.Field) {
			return refuse(h.Where, h.Field, "", "", 0), nil
		}
	}
	others, err := e.formsWhere(ctx, e.DB, "state = 'published' AND id <> ?", form.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		for i := range o.Fields {
			if x := &o.Fields[i]; same(x.label()) {
				return refuse(o.name(), x.label(), o.Register, extraPrefix+x.Name, o.ID), nil
			}
		}
	}
	return nil, nil
}

// checkForm refuses what keeps a form from being kept or, with publish, published.
func (e *Engine) checkForm(ctx context.Context, form *Form, publish bool) error {
	wrong, err := e.wrongIn(ctx, form, publish)
	if err != nil {
		return err
	}
	return web.Fields(wrong)
}

// wrongIn tells all that keeps a form from being kept or, with publish, published.
func (e *Engine) wrongIn(ctx context.Context, form *Form, publish bool) ([]web.FieldError, error) {
	others, err := e.formsWhere(ctx, e.DB, "register = ? AND published_at <> 0 AND id <> ?", form.Register, form.ID)
	if err != nil {
		return nil, err
	}
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
	need("zh", w("名称", "name"), strings.TrimSpace(form.ZH) != "")
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
			invalid(at, f.label(), "有两项同名", "two fields have one name")
		case form.Register != ownRegister && f.taken(others):
			invalid(at, f.label(), "编码“"+f.Name+"”已被另一张表使用，请换一个", "another form uses the code "+f.Name+"; choose another one")
		case !e.classes(f.Class):
			invalid(at, f.label(), "请从列表中选择谁能看", "choose from the list who sees it")
		case strings.TrimSpace(f.ZH) == "" || utf8.RuneCountInString(f.ZH+f.EN) > 80:
			need(at+".zh", w("字段名称", "the field's name"), false)
		case (f.Kind == Choice || f.Kind == Choices) != (len(f.Options) > 0) || len(f.Options) > 100:
			invalid(at, f.label(), "选项类字段须列出选项", "a choice lists its options")
		case (f.Kind == Ref) != (f.Ref != "") || f.Kind == Ref && e.Sources[f.Ref] == nil && e.register(f.Ref) == nil:
			invalid(at, f.label(), "请选择所引用的台账", "choose the register that it refers to")
		}
		for _, o := range f.Options {
			if o.Code == "" || strings.ContainsAny(o.Code, "|,\"\\") || strings.TrimSpace(o.ZH) == "" {
				invalid(at, f.label(), "每个选项都要有编码和名称", "each option has a code and a name")
				break
			}
		}
		seen[f.Name] = true
		if publish {
			held, err := e.holds(ctx, form, f)
			if err != nil {
				return nil, err
			}
			add(at, held)
			need(at+".why_zh", w(f.ZH+"：采集理由", f.label().EN+": why it is asked"), strings.TrimSpace(f.WhyZH) != "")
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
	return wrong, nil
}

// taken tells whether another form of the register keeps something else under the
// field's name: one that is asked, or one of before that kept another kind of thing.
func (f *FormField) taken(others []*Form) bool {
	return slices.ContainsFunc(others, func(o *Form) bool {
		return slices.ContainsFunc(o.Fields, func(x FormField) bool {
			return x.Name == f.Name && (o.State == "published" || x.Kind != f.Kind || x.Ref != f.Ref || x.Class != f.Class)
		})
	})
}

// classes tells whether the permission is one by which a register is read or its
// personal fields are; "" is whoever sees the row.
func (e *Engine) classes(p access.Perm) bool {
	return p == "" || slices.ContainsFunc(e.regs, func(r *register) bool {
		return r.code != ownRegister && (p == r.read || p == r.reveal || slices.ContainsFunc(r.fields, func(f *Field) bool { return f.Class == p }))
	})
}

// lastDay is the form's last day, 0 if it is no day.
func (b *FormBody) lastDay() int {
	t, err := time.Parse(time.DateOnly, b.Expires)
	if err != nil {
		return 0
	}
	return t.Year()*10000 + int(t.Month())*100 + t.Day()
}

const formCols = "id, version, register, state, body, note, created_by, created_at, changed_by, published_by, published_at, read_at"

func (e *Engine) formsWhere(ctx context.Context, db store.Reader, where string, args ...any) ([]*Form, error) {
	rows, err := db.Query(ctx, "SELECT "+formCols+" FROM ledger_form WHERE district = 0 AND "+where+" ORDER BY id DESC LIMIT 1000", args...)
	return store.All(rows, err, func(rows *sql.Rows) (*Form, error) {
		f := &Form{}
		var body string
		if err := rows.Scan(&f.ID, &f.Version, &f.Register, &f.State, &body, &f.Note, &f.CreatedBy, &f.CreatedAt, &f.ChangedBy, &f.PublishedBy, &f.PublishedAt, &f.ReadAt); err != nil {
			return nil, err
		}
		return f, json.Unmarshal([]byte(body), &f.FormBody)
	})
}

// asked are the fields that the city asks in rows of the register today; of its
// own registers those of the form.
func (r *register) asked(ctx context.Context, form int64) ([]*Field, error) {
	all, err := r.everAsked(ctx, form)
	return slices.DeleteFunc(all, func(f *Field) bool { return f.closed }), err
}

// everAsked are also those of forms that are closed or have expired, behind the others.
func (r *register) everAsked(ctx context.Context, form int64) ([]*Field, error) {
	where, args := "register = ? AND published_at <> 0", []any{r.code}
	if r.code == ownRegister {
		where, args = where+" AND id = ?", append(args, form)
	}
	forms, err := r.e.formsWhere(ctx, r.e.DB, where, args...)
	slices.SortStableFunc(forms, func(a, b *Form) int { return cmp.Compare(number(b.asks(r.e.Today())), number(a.asks(r.e.Today()))) })
	var out []*Field
	for _, form := range forms {
		for i := range form.Fields {
			f := form.Fields[i].field()
			f.closed = !form.asks(r.e.Today())
			if !slices.ContainsFunc(out, func(x *Field) bool { return x.Name == f.Name }) { // asked again since
				out = append(out, f)
			}
		}
	}
	return out, err
}

// ownField is the city's own field of that name, nil if the name is none of those.
func (r *register) ownField(ctx context.Context, form int64, name string) (*Field, error) {
	if !strings.HasPrefix(name, extraPrefix) {
		return nil, nil
	}
	own, err := r.everAsked(ctx, form)
	return named(own, name), err
}

// filled is the filter with the city's own fields that it, or a name besides, asks by.
func (r *register) filled(ctx context.Context, f Filter, besides ...string) (Filter, error) {
	own := func(s string) bool { return strings.HasPrefix(strings.TrimPrefix(s, "-"), extraPrefix) }
	if f.own != nil || !slices.ContainsFunc(slices.Concat(f.Where, besides, []string{f.Sort}), own) {
		return f, nil
	}
	var err error
	f.own, err = r.everAsked(ctx, formIDOf(formsIn(f.Where)))
	return f, err
}

// among is the field of that name, of the register or of the filter's own ones.
func (r *register) among(f Filter, name string) *Field {
	if x := r.field(name); x != nil {
		return x
	}
	return named(f.own, name)
}

func named(list []*Field, name string) *Field {
	if i := slices.IndexFunc(list, func(f *Field) bool { return f.Name == name }); i >= 0 {
		return list[i]
	}
	return nil
}

// formOf is the form of a row of the city's own registers, 0 of others.
func (r *register) formOf(v reflect.Value) int64 {
	if row, ok := v.Addr().Interface().(*FormRow); ok {
		return row.Form
	}
	return 0
}

// applyExtra sets the city's own fields and asks for those that are required.
func (r *register) applyExtra(ctx context.Context, scope access.Scope, v reflect.Value, in map[string]any) error {
	b := base(v)
	fresh := b.ID == 0
	if len(in) == 0 && !fresh {
		return nil
	}
	fields, err := r.asked(ctx, r.formOf(v))
	if err != nil {
		return err
	}
	seen := sees(scope)
	fields = slices.DeleteFunc(fields, func(f *Field) bool { return fresh && !may(scope, f) || !fresh && !seen(f, b) })
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
				if e, err = f.leads(ctx, scope, r.e, val); err != nil {
					return err
				}
			}
			if e == nil {
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

// leads refuses a reference to a row of a register that does not exist or that the
// writer does not reach.
func (f *Field) leads(ctx context.Context, scope access.Scope, e *Engine, val any) (*errs.Error, error) {
	to := e.register(f.Ref)
	if f.Kind != Ref || to == nil || empty(val) {
		return nil, nil
	}
	reads, err := scope.For(to.read)
	if err != nil {
		return f.unknown(), nil
	}
	switch _, err = to.get(ctx, e.DB, reads, val.(int64)); {
	case errs.Is(err, errs.NotFound):
		return f.unknown(), nil
	case err != nil:
		return nil, err
	}
	return nil, nil
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
