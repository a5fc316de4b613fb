package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Filter chooses rows. The zero Filter chooses all that the scope reaches.
type Filter struct {
	// Where are conditions as people read them, all of which hold: kind=branch,
	// kind=branch|general (either), kind!=branch, members>=3, valid_to<=2026-12-31,
	// name~红旗 (contains), secretary= (empty), secretary!= (not empty),
	// region=990101001 (all in it), on=2026-11-28 (in force on the day), id=1|2.
	Where []string
	Query string // words of the fields with the rule "search"
	Phone string // of a personal field, whole
	Sort  string // a field with the rule "filter", or id; - before it for descending; default -id
	After *Place // keyset: rows after this one
	Limit int    // default 50, at most 1000

	own []*Field // the city's own fields that its conditions and order name
}

// Place is a row's place in the order of a list.
type Place struct {
	V  any   `json:"v"`
	ID int64 `json:"i"`
}

// Get is the row that the scope reaches, errs.NotFound otherwise.
func (r *Register[T]) Get(ctx context.Context, scope access.Scope, id int64) (*T, error) {
	v, err := r.get(ctx, r.e.DB, scope, id)
	if err != nil {
		return nil, err
	}
	return v.Addr().Interface().(*T), nil
}

// Rows lists the rows of the scope that the filter chooses, in order, and
// whether there are more.
func (r *Register[T]) Rows(ctx context.Context, scope access.Scope, f Filter) ([]*T, bool, error) {
	list, more, err := r.rows(ctx, scope, f)
	return typed[T](list), more, err
}

// All lists every row that the filter chooses, page by page, to fn.
func (r *Register[T]) All(ctx context.Context, scope access.Scope, f Filter, fn func(*T) error) error {
	return r.each(ctx, scope, f, func(v reflect.Value) error { return fn(v.Addr().Interface().(*T)) })
}

// Count counts the rows of the filter up to the bound; exact tells whether there
// are no more.
func (r *Register[T]) Count(ctx context.Context, scope access.Scope, f Filter, bound int) (n int, exact bool, err error) {
	return r.count(ctx, scope, f, bound)
}

// Where makes a condition of a filter from a field and a value: Where("grid", "=", id).
func Where(field, op string, val any) string {
	switch v := val.(type) {
	case Day:
		return field + op + dayText(int64(v))
	case []int64:
		var s []string
		for _, n := range v {
			s = append(s, strconv.FormatInt(n, 10))
		}
		return field + op + strings.Join(s, "|")
	}
	b, err := json.Marshal(val)
	if s, ok := val.(string); ok || err != nil {
		return field + op + alternativeEscapes.Replace(s)
	}
	return field + op + string(b)
}

func typed[T any](list []reflect.Value) []*T {
	out := make([]*T, len(list))
	for i, v := range list {
		out[i] = v.Addr().Interface().(*T)
	}
	return out
}

func (r *register) get(ctx context.Context, db store.Reader, scope access.Scope, id int64) (reflect.Value, error) {
	where, args := scope.Where(rowCols)
	in, districts := districtsOf(scope)
	rows, err := db.Query(ctx, "SELECT "+r.selectCols()+" FROM "+r.table+" r WHERE "+in+" AND r.id = ? AND r.state <> 'void' AND "+where, slices.Concat(districts, []any{id}, args)...)
	found, err := store.All(rows, err, r.scan)
	if err != nil {
		return reflect.Value{}, err
	}
	if len(found) == 0 {
		return reflect.Value{}, errs.NotFound.New()
	}
	return found[0], nil
}

// order is how a list is sorted.
type order struct {
	f    *Field // nil: by id
	desc bool
}

func (r *register) order(scope access.Scope, f Filter) (order, error) {
	o, sort := order{}, f.Sort
	if sort == "" {
		sort = "-id"
	}
	if o.desc = strings.HasPrefix(sort, "-"); o.desc {
		sort = sort[1:]
	}
	if sort == "id" {
		return o, nil
	}
	o.f = r.among(f, sort)
	if o.f == nil || !o.f.Filter || o.f.Kind == Choices || !may(scope, o.f) {
		return o, errs.Invalid.New("field", w("排序", "sort"), "remedy", w("请从可排序的列中选择", "choose a column that can be sorted by")).In("sort")
	}
	return o, nil
}

func (o order) col(e store.Engine) string {
	if o.f == nil {
		return "r.id"
	}
	return o.f.sql(e)
}

// tail is the condition for the rows after a place, and the order.
func (o order) tail(e store.Engine, after *Place) (cond string, args []any, by string) {
	dir, sign := "", ">"
	if o.desc {
		dir, sign = " DESC", "<"
	}
	col := o.col(e)
	if o.f != nil && e == store.Postgres && (o.f.Kind == Text || o.f.Kind == Choice || o.f.Kind == Long) {
		col += ` COLLATE "C"` // as Go and SQLite compare
	}
	if o.f == nil {
		if after != nil {
			cond, args = " AND r.id "+sign+" ?", []any{after.ID}
		}
		return cond, args, " ORDER BY r.id" + dir
	}
	if after != nil {
		cond, args = " AND "+col+" "+sign+"= ? AND ("+col+" "+sign+" ? OR r.id "+sign+" ?)", []any{after.V, after.V, after.ID}
	}
	return cond, args, " ORDER BY " + col + dir + ", r.id" + dir
}

func (o order) compare(a, b reflect.Value) int {
	n := 0
	if o.f != nil {
		n = compareValues(o.f.column(o.f.get(a)), o.f.column(o.f.get(b)))
	}
	n = cmp.Or(n, cmp.Compare(base(a).ID, base(b).ID))
	if o.desc {
		return -n
	}
	return n
}

func compareValues(a, b any) int {
	switch x := a.(type) {
	case string:
		return cmp.Compare(x, b.(string))
	case int64:
		return cmp.Compare(x, b.(int64))
	case float64:
		return cmp.Compare(x, b.(float64))
	}
	return 0
}

// place is where the row stands in the order.
func (o order) place(v reflect.Value) *Place {
	p := &Place{ID: base(v).ID}
	if o.f != nil {
		p.V = o.f.column(o.f.get(v))
	}
	return p
}

// sane brings a place that came with a cursor into the type of its column.
func (o order) sane(p *Place) (*Place, error) {
	bad := errs.Invalid.New("remedy", w("请从第一页重新开始", "start again from the first page")).In("cursor")
	if p == nil {
		return nil, nil
	}
	if o.f == nil {
		return p, nil
	}
	n, isNumber := p.V.(float64)
	_, isText := p.V.(string)
	switch o.f.Kind {
	case Text, Long, Choice:
		if !isText {
			return nil, bad
		}
	case Decimal:
		if !isNumber {
			return nil, bad
		}
	default:
		if whole, ok := p.V.(int64); ok {
			return &Place{whole, p.ID}, nil
		}
		if !isNumber || n != math.Trunc(n) {
			return nil, bad
		}
		return &Place{int64(n), p.ID}, nil
	}
	return p, nil
}

// rows reads a page: one query a district, merged in order.
func (r *register) rows(ctx context.Context, scope access.Scope, f Filter) ([]reflect.Value, bool, error) {
	f, err := r.filled(ctx, f)
	if err != nil {
		return nil, false, err
	}
	o, err := r.order(scope, f)
	if err != nil {
		return nil, false, err
	}
	if f.Limit <= 0 || f.Limit > 1000 {
		f.Limit = 50
	}
	after, err := o.sane(f.After)
	if err != nil {
		return nil, false, err
	}
	qs, err := r.queries(ctx, scope, f)
	if err != nil {
		return nil, false, err
	}
	var out []reflect.Value
	cond, args, by := o.tail(r.e.DB.Engine(), after)
	for _, q := range qs {
		// Which rows it is, an index may tell alone; only those are read whole.
		rows, err := r.e.DB.Query(ctx, "SELECT r.id FROM "+r.table+" r WHERE "+q.where+cond+by+" LIMIT ?", slices.Concat(q.args, args, []any{f.Limit + 1})...)
		ids, err := store.All(rows, err, func(rows *sql.Rows) (id any, err error) {
			var n int64
			err = rows.Scan(&n)
			return n, err
		})
		if err != nil {
			return nil, false, err
		}
		if len(ids) == 0 {
			continue
		}
		whole := &query{where: "r.district = ?", args: []any{q.district}}
		_ = oneOf(whole, "r.id", ids, false)
		rows, err = r.e.DB.Query(ctx, "SELECT "+r.selectCols()+" FROM "+r.table+" r WHERE "+whole.where, whole.args...)
		part, err := store.All(rows, err, r.scan)
		if err != nil {
			return nil, false, err
		}
		out = append(out, part...)
	}
	slices.SortFunc(out, o.compare)
	if len(out) > f.Limit {
		return out[:f.Limit], true, nil
	}
	return out, false, nil
}

// each gives every row of the filter to fn.
func (r *register) each(ctx context.Context, scope access.Scope, f Filter, fn func(reflect.Value) error) error {
	f, err := r.filled(ctx, f)
	if err != nil {
		return err
	}
	o, err := r.order(scope, f)
	if err != nil {
		return err
	}
	for f.Limit = 1000; ; {
		list, more, err := r.rows(ctx, scope, f)
		if err != nil {
			return err
		}
		for _, v := range list {
			if err := fn(v); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		f.After = o.place(list[len(list)-1])
	}
}

func (r *register) count(ctx context.Context, scope access.Scope, f Filter, bound int) (n int, exact bool, err error) {
	qs, err := r.queries(ctx, scope, f)
	if err != nil {
		return 0, false, err
	}
	for _, q := range qs {
		var k int
		if err := r.e.DB.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM "+r.table+" r WHERE "+q.where+" LIMIT ?) x", append(slices.Clip(q.args), bound+1-n)...).Scan(&k); err != nil {
			return 0, false, err
		}
		if n += k; n > bound {
			return bound, false, nil
		}
	}
	return n, true, nil
}

// query is the part of a list in one district.
type query struct {
	district int
	where    string
	args     []any
}

func (q *query) and(sql string, args ...any) {
	q.where += " AND " + sql
	q.args = append(q.args, args...)
}

// queries compiles filter and scope, a query a district.
func (r *register) queries(ctx context.Context, scope access.Scope, f Filter) ([]query, error) {
	f, err := r.filled(ctx, f)
	if err != nil {
		return nil, err
	}
	conds, err := r.conditions(scope, f)
	if err != nil {
		return nil, err
	}
	var out []query
	for _, d := range scope.Districts() {
		part, ok := scope.PerDistrict(d)
		if !ok || conds.outside(d) {
			continue
		}
		q := query{district: d, where: "r.district = ?", args: []any{d}}
		if where, args := part.Where(rowCols); where != "r.district = ?" {
			q.and(where, args...)
		}
		if streets := streetsOf(part); len(streets) > 0 { // implied; the lists' index begins with it
			_ = oneOf(&q, "r.street", streets, false)
		}
		if !conds.states {
			q.and("r.state <> 'void'")
		}
		for _, c := range conds.list {
			if err := c(&q, part); err != nil {
				return nil, err
			}
		}
		if words := strings.Fields(f.Query); len(words) > 0 {
			if !r.search(&q, part, words) {
				return nil, errs.Invalid.New("field", w("搜索内容", "search words"), "remedy", w("这个台账不能按文字搜索", "this register has no text to search")).In("q")
			}
		}
		if f.Phone != "" {
			found, err := r.byPhone(ctx, &q, part, f.Phone)
			if err != nil {
				return nil, err
			}
			if !found {
				continue
			}
		}
		out = append(out, q)
	}
	return out, nil
}

// streetsOf are the streets in which all posts of the scope lie, none if one reaches further.
func streetsOf(scope access.Scope) []any {
	var out []any
	for _, p := range scope.Posts() {
		role, ok := access.RoleByCode(p.Role)
		code := p.Region
		for code > 999_999_999 {
			code /= 1000
		}
		if !ok || role.Level != access.ByRegion || access.Digits(code) != 9 {
			return nil
		}
		if !slices.Contains(out, any(code)) {
			out = append(out, code)
		}
	}
	return out
}

// search adds that each word stands in one of the searched fields.
func (r *register) search(q *query, scope access.Scope, words []string) bool {
	var cols []string
	for _, f := range r.fields {
		if f.Search && f.Kind != Personal && may(scope, f) && f.Class == "" {
			cols = append(cols, "r."+f.Name+` LIKE ? ESCAPE '\'`)
		}
	}
	if len(cols) == 0 {
		return false
	}
	for _, word := range words {
		q.and("("+strings.Join(cols, " OR ")+")", slices.Repeat([]any{"%" + likeText(word) + "%"}, len(cols))...)
	}
	return true
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

func likeText(s string) string { return likeEscapes.Replace(s) }

// byPhone narrows the query to the rows whose person has the number.
func (r *register) byPhone(ctx context.Context, q *query, scope access.Scope, phone string) (bool, error) {
	i := slices.IndexFunc(r.fields, func(f *Field) bool { return f.Part == "phone" })
	if i < 0 || !may(scope, r.fields[i]) {
		return false, nil
	}
	if class := r.fields[i].Class; class != "" {
		s, err := scope.For(class)
		if err != nil {
			return false, err
		}
		where, args := s.Where(rowCols)
		q.and(where, args...)
	}
	refs, err := r.e.Vault.FindByPhone(ctx, r.e.DB, []int{q.district}, phone)
	if err != nil {
		return false, err
	}
	var ids []any
	for _, ref := range refs {
		if ref.Kind == vaultKind(r.code) {
			ids = append(ids, ref.ID)
		}
	}
	if len(ids) == 0 {
		return false, nil
	}
	q.and("r.person IN (?"+strings.Repeat(",?", len(ids)-1)+") AND r.person <> 0", ids...)
	return true, nil
}

// may tells whether the scope's actor has the field's class at all.
func may(scope access.Scope, f *Field) bool {
	if f.Class == "" {
		return true
	}
	_, err := scope.For(f.Class)
	return err == nil
}

// Change is an entry of a row's history.
type Change struct {
	Version int
	At      int64
	Actor   int64
	Post    int64
	Action  string
	Changes map[string][2]any // field → before, after
	Reason  string
	Import  int64
}

// History lists the row's changes, newest first. The caller has found the row.
func (r *register) History(ctx context.Context, db store.Reader, district int, id int64) ([]Change, error) {
	rows, err := db.Query(ctx, "SELECT version, at, actor, post, action, changes, reason, import FROM ledger_log WHERE district = ? AND id = ? ORDER BY version DESC", district, id)
	return store.All(rows, err, func(rows *sql.Rows) (c Change, err error) {
		var text string
		if err := rows.Scan(&c.Version, &c.At, &c.Actor, &c.Post, &c.Action, &text, &c.Reason, &c.Import); err != nil {
			return c, err
		}
		return c, json.Unmarshal([]byte(text), &c.Changes)
	})
}

// PlaceOf is the row's place in the order, for Filter.After.
func (r *Register[T]) PlaceOf(row *T, sort string) *Place {
	o, err := r.order(keeper, Filter{Sort: sort})
	if err != nil {
		return nil
	}
	return o.place(reflect.ValueOf(row).Elem())
}
