package ledger

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// itemBody is a row as JSON has it. Fields that the caller may not see are left
// out; references have names; personal fields are masks.
type itemBody struct {
	ID        int64          `json:"id"`
	District  int            `json:"district"`
	Version   int            `json:"version"`
	Label     string         `json:"label" doc:"how the row is called where others refer to it"`
	Place     string         `json:"place" doc:"names from the district down to the grid"`
	InForce   bool           `json:"in_force" doc:"it counts today"`
	Fields    map[string]any `json:"fields"`
	CreatedAt string         `json:"created_at" format:"date-time"`
	UpdatedAt string         `json:"updated_at" format:"date-time"`
}

// names resolves references; it is filled for many rows at once.
type names struct {
	e     *Engine
	scope access.Scope
	known map[string]map[int64]string
}

// gather looks the labels up of all rows of registers that the fields' values refer
// to, one query for each register and district.
func (e *Engine) gather(ctx context.Context, scope access.Scope, fields []*Field, rows []reflect.Value) (*names, error) {
	n := &names{e: e, scope: scope, known: map[string]map[int64]string{}}
	for _, f := range fields {
		if f.Kind != Ref || e.register(f.Ref) == nil {
			continue
		}
		want := map[int64]bool{}
		districts := []int{0}
		for _, v := range rows {
			if id := f.get(v).(int64); id != 0 {
				want[id] = true
				if d := base(v).District; !slices.Contains(districts, d) {
					districts = append(districts, d)
				}
			}
		}
		if err := n.look(ctx, e.register(f.Ref), districts, want); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// look reads labels. Who may not read a register at all is not told the names in it.
func (n *names) look(ctx context.Context, to *register, districts []int, want map[int64]bool) error {
	if len(want) == 0 {
		return nil
	}
	if _, err := n.scope.For(to.read); err != nil {
		return nil
	}
	if n.known[to.code] == nil {
		n.known[to.code] = map[int64]string{}
	}
	var ids []any
	for id := range want {
		if _, ok := n.known[to.code][id]; !ok {
			ids = append(ids, id)
		}
	}
	for chunk := range slices.Chunk(ids, 500) {
		q := &query{where: "1 = 1"}
		var ds []any
		for _, d := range districts {
			ds = append(ds, d)
		}
		_ = oneOf(q, "r.district", ds, false)
		_ = oneOf(q, "r.id", chunk, false)
		rows, err := n.e.DB.Query(ctx, "SELECT "+to.selectCols()+" FROM "+to.table+" r WHERE "+q.where, q.args...)
		found, err := store.All(rows, err, to.scan)
		if err != nil {
			return err
		}
		for _, v := range found {
			n.known[to.code][base(v).ID] = to.label(v.Addr().Interface())
		}
	}
	return nil
}

// named is a reference as JSON has it, nil for none.
func (n *names) named(f *Field, id int64) any {
	if id == 0 {
		return nil
	}
	if s := n.e.Sources[f.Ref]; s != nil {
		x, _ := s.Named(id)
		x.ID = id
		if f.Ref == "region" {
			x.Code = strconv.FormatInt(id, 10)
		}
		return x
	}
	return Named{ID: id, Name: n.known[f.Ref][id]}
}

// show is a value of a field as JSON has it.
func (n *names) show(f *Field, val any) any {
	switch f.Kind {
	case Ref:
		id, _ := val.(int64)
		return n.named(f, id)
	case Date:
		d, _ := val.(int64)
		if d == 0 {
			return nil
		}
		return dayText(d)
	case Choices:
		list, _ := val.([]string)
		return append([]string{}, list...)
	}
	return val
}

// sees tells which classes of fields of the row the scope's actor may see.
func sees(scope access.Scope) func(f *Field, b *Row) bool {
	cache := map[access.Perm]access.Scope{}
	return func(f *Field, b *Row) bool {
		if f.Class == "" {
			return true
		}
		s, ok := cache[f.Class]
		if !ok {
			s, _ = scope.For(f.Class) // the zero scope covers nothing
			cache[f.Class] = s
		}
		return s.Covers(b.Target())
	}
}

// items are rows as JSON has them.
func (r *register) items(ctx context.Context, scope access.Scope, rows []reflect.Value) ([]itemBody, error) {
	own := map[int64][]*Field{} // form → the city's own fields, also of one that is closed by now
	fields := r.fields
	for _, v := range rows {
		if form := r.formOf(v); len(base(v).Extra) > 0 && own[form] == nil {
			list, err := r.everAsked(ctx, form)
			if err != nil {
				return nil, err
			}
			own[form], fields = list, slices.Concat(fields, list)
		}
	}
	n, err := r.e.gather(ctx, scope, fields, rows)
	if err != nil {
		return nil, err
	}
	may := sees(scope)
	today := r.e.Today()
	out := make([]itemBody, len(rows))
	for i, v := range rows {
		b := base(v)
		x := itemBody{ID: b.ID, District: b.District, Version: b.Version, Label: r.label(v.Addr().Interface()), Place: r.e.place(b), InForce: b.InForce(today),
			Fields: make(map[string]any, len(r.fields)), CreatedAt: r.e.instant(b.CreatedAt), UpdatedAt: r.e.instant(b.UpdatedAt)}
		for _, f := range r.fields {
			if may(f, b) {
				x.Fields[f.Name] = n.show(f, f.get(v))
			}
		}
		for _, f := range own[r.formOf(v)] {
			if _, given := b.Extra[f.extra]; given && may(f, b) {
				x.Fields[f.Name] = n.show(f, f.get(v))
			}
		}
		out[i] = x
	}
	return out, nil
}

func (e *Engine) place(b *Row) string {
	text := e.Path(b.Region)
	if b.Grid != 0 {
		if g, ok := e.Sources["grid"].Named(b.Grid); ok {
			text += " " + g.Name
		}
	}
	return text
}

// Apply sets fields of a row that came as JSON, inside a room's own change of it.
func (r *Register[T]) Apply(ctx context.Context, scope access.Scope, row *T, in map[string]any) error {
	return r.apply(ctx, scope, reflect.ValueOf(row).Elem(), in)
}

// Values are the row's fields as its history has them; of personal ones the masks.
func (r *Register[T]) Values(row *T) map[string]any {
	v, out := reflect.ValueOf(row).Elem(), map[string]any{}
	for _, f := range r.fields {
		out[f.Name] = f.get(v)
	}
	return out
}

// apply sets the fields that came as JSON. All that is wrong is told together.
func (r *register) apply(ctx context.Context, scope access.Scope, v reflect.Value, in map[string]any) error {
	seen := sees(scope)
	b := base(v)
	own := map[string]any{}
	for _, name := range sortedKeys(in) {
		if strings.HasPrefix(name, extraPrefix) {
			own[name] = in[name]
			continue
		}
		f := r.field(name)
		if f == nil || b.ID != 0 && !seen(f, b) || b.ID == 0 && !may(scope, f) {
			return errs.Invalid.New("field", w("「"+name+"」", name), "remedy", w("没有这一项，请删除", "there is no such field, remove it")).In(name)
		}
		val, err := f.parse(in[name])
		if err != nil {
			return err
		}
		if f.Kind == Personal && b.ID != 0 && val == f.get(v) {
			continue // the mask came back as it was shown
		}
		f.set(v, val)
	}
	return r.applyExtra(ctx, scope, v, own)
}

func sortedKeys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// historyItem is a change as JSON has it.
type historyItem struct {
	Version int           `json:"version"`
	At      string        `json:"at" format:"date-time"`
	Actor   *Named        `json:"actor" doc:"null: the program"`
	Action  string        `json:"action" enum:"create,change,correct,end,move,void"`
	Reason  string        `json:"reason,omitempty"`
	Import  int64         `json:"import,omitempty"`
	Changes []fieldChange `json:"changes"`
}

type fieldChange struct {
	Field  string `json:"field"`
	Label  string `json:"label"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

func (r *register) historyItems(ctx context.Context, scope access.Scope, lang string, v reflect.Value) ([]historyItem, error) {
	b := base(v)
	list, err := r.History(ctx, r.e.DB, b.District, b.ID)
	if err != nil {
		return nil, err
	}
	own, err := r.everAsked(ctx, r.formOf(v))
	if err != nil {
		return nil, err
	}
	fields := slices.Concat(r.fields, own)
	n := &names{e: r.e, scope: scope, known: map[string]map[int64]string{}}
	for _, f := range fields {
		if f.Kind != Ref || r.e.register(f.Ref) == nil {
			continue
		}
		want := map[int64]bool{}
		for _, c := range list {
			for _, val := range c.Changes[f.Name] {
				if id, ok := f.recorded(val).(int64); ok && id != 0 {
					want[id] = true
				}
			}
		}
		if err := n.look(ctx, r.e.register(f.Ref), []int{0, b.District}, want); err != nil {
			return nil, err
		}
	}
	may := sees(scope)
	out := make([]historyItem, len(list))
	for i, c := range list {
		x := historyItem{Version: c.Version, At: r.e.instant(c.At), Action: c.Action, Reason: c.Reason, Import: c.Import, Changes: []fieldChange{}}
		if c.Actor != 0 {
			who, _ := r.e.Sources["account"].Named(c.Actor)
			who.ID = c.Actor
			x.Actor = &who
		}
		for _, f := range fields {
			if pair, ok := c.Changes[f.Name]; ok && may(f, b) {
				x.Changes = append(x.Changes, fieldChange{f.Name, f.Label.In(lang), n.show(f, f.recorded(pair[0])), n.show(f, f.recorded(pair[1]))})
			}
		}
		out[i] = x
	}
	return out, nil
}

// recorded is a value of the history in the field's type; the JSON of a log has
// numbers as floats.
func (f *Field) recorded(val any) any {
	switch f.Kind {
	case Number, Ref, Date:
		n, _ := val.(float64)
		return int64(n)
	case Decimal:
		n, _ := val.(float64)
		return n
	case YesNo:
		y, _ := val.(bool)
		return y
	case Choices:
		var out []string
		list, _ := val.([]any)
		for _, x := range list {
			out = append(out, fmt.Sprint(x))
		}
		return out
	}
	s, _ := val.(string)
	return s
}
