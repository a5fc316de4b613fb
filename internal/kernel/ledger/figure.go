package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Group is a part of a figure. Where is the condition that, added to the
// figure's filter, gives its rows.
type Group struct {
	Where string   `json:"where"`
	Name  string   `json:"name"`
	N     int      `json:"n"`
	Sum   *float64 `json:"sum,omitempty" doc:"of the field that was asked for"`
}

// Figure is how many rows a filter gives, by a field.
type Figure struct {
	By    string   `json:"by"`
	Total int      `json:"total"`
	Sum   *float64 `json:"sum,omitempty"`
	Items []Group  `json:"items" doc:"the largest first"`
}

// mostGroups is how many parts a figure may have.
const mostGroups = 2000

// levels are the regions that figures are cut by, besides fields.
var levels = map[string]errs.Words{"district": w("区县", "district"), "street": w("街道", "street"), "community": w("社区", "community")}

// Figure counts the rows of the filter by a field with the rule "filter", by
// district, street or community, or ("") as a whole; sum adds up a number besides.
func (r *register) Figure(ctx context.Context, scope access.Scope, f Filter, by, sum, lang string) (*Figure, error) {
	bad := func(field string) error {
		return errs.Invalid.New("field", w("统计维度", "grouping"), "remedy", w("请从可筛选的列中选择", "choose a field that lists are narrowed by")).In(field)
	}
	f, err := r.filled(ctx, f, by, sum)
	if err != nil {
		return nil, err
	}
	engine := r.e.DB.Engine()
	var field, add *Field
	col := "'all'"
	switch _, level := levels[by]; {
	case by == "":
	case level:
		col = "r." + by
	default:
		if field = r.among(f, by); field == nil || !field.Filter || field.Kind == Choices || field.Kind == Personal || !may(scope, field) {
			return nil, bad("by")
		}
		col = field.sql(engine)
	}
	cols := col + ", COUNT(*), 0.0"
	if sum != "" {
		if add = r.among(f, sum); add == nil || add.Kind != Number && add.Kind != Decimal || !may(scope, add) {
			return nil, bad("sum")
		}
		cols = col + ", COUNT(*), CAST(SUM(" + add.sql(engine) + ") AS DOUBLE PRECISION)"
	}
	qs, err := r.queries(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	type part struct {
		n   int
		sum float64
	}
	parts := map[any]part{}
	var order []any
	for _, q := range qs {
		inScope, _ := scope.PerDistrict(q.district)
		for _, x := range []*Field{field, add} { // what may not be seen is not counted either
			if x != nil && x.Class != "" {
				class, err := inScope.For(x.Class)
				if err != nil {
					return nil, bad("by")
				}
				where, args := class.Where(rowCols)
				q.and(where, args...)
			}
		}
		rows, err := r.e.DB.Query(ctx, "SELECT "+cols+" FROM "+r.table+" r WHERE "+q.where+" GROUP BY 1", q.args...)
		if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
			var key any
			var p part
			if err := rows.Scan(&key, &p.n, &p.sum); err != nil {
				return struct{}{}, err
			}
			if b, ok := key.([]byte); ok {
				key = string(b)
			}
			was, ok := parts[key]
			if !ok {
				order = append(order, key)
			}
			parts[key] = part{was.n + p.n, was.sum + p.sum}
			return struct{}{}, nil
		}); err != nil {
			return nil, err
		}
	}
	if len(order) > mostGroups {
		return nil, bad("by")
	}
	out := &Figure{By: by, Items: []Group{}}
	names := &names{e: r.e, scope: scope, known: map[string]map[int64]string{}}
	if field != nil && field.Kind == Ref && r.e.register(field.Ref) != nil {
		want := map[int64]bool{}
		for _, k := range order {
			if id, _ := k.(int64); id != 0 {
				want[id] = true
			}
		}
		if err := names.look(ctx, r.e.register(field.Ref), scope.Districts(), want); err != nil {
			return nil, err
		}
	}
	total := 0.0
	for _, k := range order {
		p := parts[k]
		out.Total += p.n
		total += p.sum
		if by == "" {
			continue
		}
		g := Group{N: p.n}
		g.Where, g.Name = r.groupOf(names, field, by, k, lang)
		if add != nil {
			g.Sum = &p.sum
		}
		out.Items = append(out.Items, g)
	}
	if add != nil {
		out.Sum = &total
	}
	slices.SortStableFunc(out.Items, func(a, b Group) int {
		if a.N != b.N {
			return b.N - a.N
		}
		return strings.Compare(a.Where, b.Where)
	})
	return out, nil
}

// groupOf is the condition that gives a part's rows, and what it is called.
func (r *register) groupOf(n *names, f *Field, by string, key any, lang string) (where, name string) {
	none := w("（未填）", "(not given)").In(lang)
	if f == nil { // a level of regions
		code, _ := key.(int64)
		if code == 0 {
			return by + "=0", w("（上级）", "(above)").In(lang)
		}
		s, _ := n.e.Sources["region"].Named(code)
		return by + "=" + strconv.FormatInt(code, 10), s.Name
	}
	switch v := key.(type) {
	case string:
		if v == "" {
			return f.Name + "=", none
		}
		if o := f.option(v); o != nil {
			return f.Name + "=" + v, o.Name.In(lang)
		}
		return f.Name + "=" + alternativeEscapes.Replace(v), v
	case float64:
		text := strconv.FormatFloat(v, 'f', -1, 64)
		return f.Name + "=" + text, text
	case int64:
		text := strconv.FormatInt(v, 10)
		switch f.Kind {
		case YesNo:
			if v != 0 {
				return f.Name + "=true", w("是", "yes").In(lang)
			}
			return f.Name + "=false", w("否", "no").In(lang)
		case Date:
			if v == 0 {
				return f.Name + "=", none
			}
			return f.Name + "=" + dayText(v), dayText(v)
		case Ref:
			if v == 0 {
				return f.Name + "=", none
			}
			return f.Name + "=" + text, refName(n.named(f, v))
		}
		return f.Name + "=" + text, text
	}
	return f.Name + "=" + fmt.Sprint(key), fmt.Sprint(key)
}

func refName(v any) string {
	x, _ := v.(Named)
	return x.Name
}
