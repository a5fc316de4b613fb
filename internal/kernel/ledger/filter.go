package ledger

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// conditions is a compiled filter.
type conditions struct {
	list    []func(*query, access.Scope) error
	states  bool // it names states itself
	regions [][]int64
}

// outside tells whether a region of the filter keeps the district out.
func (c *conditions) outside(district int) bool {
	return slices.ContainsFunc(c.regions, func(codes []int64) bool {
		return !slices.ContainsFunc(codes, func(code int64) bool {
			return access.Digits(code) < 6 || access.DistrictOf(code) == district
		})
	})
}

// ops in the order in which they are looked for.
var ops = []string{"!=", ">=", "<=", "~", "="}

func badWhere(text string) error {
	return errs.Invalid.New("field", w("查询条件", "query"), "remedy", w("“"+text+"”不是可用的条件，请重新选择", "“"+text+"” is no condition of this register; choose again")).In("where")
}

// conditions reads the texts of a filter. A field of a class that the scope's
// actor does not hold is none of the register's.
func (r *register) conditions(scope access.Scope, filter Filter) (*conditions, error) {
	out := &conditions{}
	for _, text := range filter.Where {
		name, op, val := "", "", ""
		for _, o := range ops {
			if i := strings.Index(text, o); i > 0 && (op == "" || i < len(name)) {
				name, op, val = text[:i], o, text[i+len(o):]
			}
		}
		if op == "" || len(val) > 2000 {
			return nil, badWhere(text)
		}
		switch name {
		case "on":
			t, err := time.Parse(time.DateOnly, val)
			if err != nil || op != "=" {
				return nil, badWhere(text)
			}
			day := t.Year()*10000 + int(t.Month())*100 + t.Day()
			out.list = append(out.list, func(q *query, _ access.Scope) error {
				q.and("r.valid_from <= ? AND (r.valid_to = 0 OR r.valid_to > ? OR r.valid_to = ? AND r.state <> 'ended')", day, day, day)
				return nil
			})
			continue
		case "id":
			ids, err := integers(val)
			if err != nil || op != "=" || len(ids) == 0 {
				return nil, badWhere(text)
			}
			out.list = append(out.list, func(q *query, _ access.Scope) error { return oneOf(q, "r.id", ids, false) })
			continue
		case "region":
			codes, err := integers(val)
			if err != nil || op != "=" || len(codes) == 0 {
				return nil, badWhere(text)
			}
			var regions []int64
			for _, c := range codes {
				regions = append(regions, c.(int64))
			}
			out.regions = append(out.regions, regions)
			out.list = append(out.list, func(q *query, _ access.Scope) error { return inRegions(q, regions) })
			continue
		}
		if _, ok := levels[name]; ok { // exactly: region=… is all that lies inside
			codes, err := integers(val)
			if err != nil || op != "=" || len(codes) == 0 {
				return nil, badWhere(text)
			}
			out.list = append(out.list, func(q *query, _ access.Scope) error { return oneOf(q, "r."+name, codes, false) })
			continue
		}
		f := r.among(filter, name)
		if f == nil || !f.Filter && !(f.Search && op == "~") || f.Kind == Personal || !may(scope, f) {
			return nil, badWhere(text)
		}
		cond, err := f.condition(r.e.DB.Engine(), op, val)
		if err != nil {
			return nil, badWhere(text)
		}
		if f.Name == "state" {
			out.states = true
			out.list = append(out.list, func(q *query, _ access.Scope) error { q.and("r.state <> 'void'"); return nil })
		}
		out.list = append(out.list, func(q *query, s access.Scope) error {
			if f.Class != "" { // what may not be seen may not be asked either
				class, err := s.For(f.Class)
				if err != nil {
					return err
				}
				where, args := class.Where(rowCols)
				q.and(where, args...)
			}
			return cond(q)
		})
	}
	return out, nil
}

func integers(val string) ([]any, error) {
	var out []any
	for s := range strings.SplitSeq(val, "|") {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func oneOf(q *query, col string, vals []any, not bool) error {
	in, is := " IN (?", " = ?"
	if not {
		in, is = " NOT IN (?", " <> ?"
	}
	if len(vals) == 1 {
		q.and(col+is, vals[0])
		return nil
	}
	q.and(col+in+strings.Repeat(",?", len(vals)-1)+")", vals...)
	return nil
}

// inRegions narrows to rows in one of the regions, of any level.
func inRegions(q *query, codes []int64) error {
	var sql []string
	var args []any
	for _, c := range codes {
		switch access.Digits(c) {
		case 4: // the city: all of it
			return nil
		case 6:
			if access.DistrictOf(c) == q.district {
				return nil
			}
		case 9:
			sql, args = append(sql, "r.street = ?"), append(args, c)
		case 12:
			sql, args = append(sql, "(r.street = ? AND r.community = ?)"), append(args, c/1000, c)
		}
	}
	if len(sql) == 0 {
		q.and("1 = 0")
		return nil
	}
	q.and("("+strings.Join(sql, " OR ")+")", args...)
	return nil
}

// alternatives parts a|b; \| and \\ stand for the marks themselves.
func alternatives(val string) []string {
	out := []string{""}
	for i := 0; i < len(val); i++ {
		switch last := len(out) - 1; {
		case val[i] == '\\' && i+1 < len(val) && (val[i+1] == '|' || val[i+1] == '\\'):
			i++
			out[last] += val[i : i+1]
		case val[i] == '|':
			out = append(out, "")
		default:
			out[last] += val[i : i+1]
		}
	}
	return out
}

var alternativeEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`)

// condition compiles one comparison of a field.
func (f *Field) condition(engine store.Engine, op, val string) (func(*query) error, error) {
	col := f.sql(engine)
	var vals []any
	for _, s := range alternatives(val) {
		v, err := f.parseWhere(s)
		if err != nil {
			return nil, err
		}
		vals = append(vals, f.column(v))
	}
	bad := badWhere(f.Name + op + val)
	switch op {
	case "=", "!=":
		if f.Kind == Choices {
			return func(q *query) error {
				not := ""
				if op == "!=" {
					not = "NOT "
				}
				if val == "" {
					return oneOf(q, col, []any{""}, op == "!=")
				}
				mark := "|"
				if f.extra != "" { // a list of JSON
					mark = `"`
				}
				var sql []string
				var args []any
				for _, s := range alternatives(val) {
					sql, args = append(sql, col+` LIKE ? ESCAPE '\'`), append(args, "%"+mark+likeText(s)+mark+"%")
				}
				q.and(not+"("+strings.Join(sql, " OR ")+")", args...)
				return nil
			}, nil
		}
		return func(q *query) error { return oneOf(q, col, vals, op == "!=") }, nil
	case ">=", "<=":
		if len(vals) != 1 || f.Kind != Number && f.Kind != Decimal && f.Kind != Date {
			return nil, bad
		}
		return func(q *query) error {
			q.and(col+" "+op+" ?", vals[0])
			if f.Kind == Date { // a day that is not given is neither before nor after
				q.and(col + " <> 0")
			}
			return nil
		}, nil
	case "~":
		if f.Kind != Text && f.Kind != Long || val == "" {
			return nil, bad
		}
		return func(q *query) error {
			q.and(col+` LIKE ? ESCAPE '\'`, "%"+likeText(val)+"%")
			return nil
		}, nil
	}
	return nil, bad
}

// parseWhere reads a value as it stands in a filter.
func (f *Field) parseWhere(s string) (any, error) {
	switch f.Kind {
	case YesNo:
		switch s {
		case "true":
			return true, nil
		case "false", "":
			return false, nil
		}
		return nil, badWhere(s)
	case Decimal:
		if s == "" {
			return 0.0, nil
		}
		return strconv.ParseFloat(s, 64)
	case Choice:
		if s != "" && f.option(s) == nil {
			return nil, badWhere(s)
		}
		return s, nil
	case Choices:
		if s != "" && f.option(s) == nil {
			return nil, badWhere(s)
		}
		return []string{s}, nil
	}
	return f.parse(s)
}
