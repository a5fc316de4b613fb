package cases

import (
	"cmp"
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// A list is planned here, not by the database: which index is walked decides
// between 1 and 1,000 milliseconds, and the engines guess it from averages. A
// filter becomes one or more queries, each over one index that gives the list's
// order and holds the columns that filters look at; no case is in two of them.

// query is one of a list's queries in the making.
type query struct {
	from  string
	index string // of SQLite, to be walked; "": the engine's choice
	lead  bool   // it asks for one lead unit
	where []string
	args  []any
	keep  func(*Case) bool // what the database cannot tell; nil: all
}

func (q *query) and(sql string, args ...any) {
	q.where = append(q.where, sql)
	q.args = append(q.args, args...)
}

// What a list reads: all cases, or those in which a unit assists.
const (
	fromCases   = "cases c"
	fromAssists = "case_unit u CROSS JOIN cases c"
	byID        = "sqlite_autoindex_cases_1"
)

// with is the query and another condition.
func (q *query) with(sql string, args ...any) *query {
	n := *q
	n.where, n.args = slices.Clone(q.where), slices.Clone(q.args)
	n.and(sql, args...)
	return &n
}

// held are the columns that each index answers for, besides district and id: its
// own and what its condition fixes. SQLite
// reads the row before it looks at an index's further columns, unless it needs
// nothing but the index: so the index is read as a table of its own, and the row
// joined to what is left.
var held = map[string]string{
	"cases_open":     "reported_at street status category grade channel community grid lead due_at paused_at resolved_at lon lat open",
	"cases_ended":    "status reported_at street category grade channel community grid lead closed_at open",
	"cases_due":      "due_at street category grade channel community grid lead paused_at resolved_at open",
	"cases_time":     "reported_at street category grade channel community grid",
	"cases_street":   "street reported_at community category grade channel grid",
	"cases_category": "category reported_at street grade channel community grid",
	"cases_near":     "lat lon community reported_at street open",
	"cases_lead":     "lead reported_at street category grade channel community grid",
}

var columnName = regexp.MustCompile(`\bc\.([a-z_]+)`)

// covers tells whether the index holds all columns that the condition names.
func covers(index, cond string) bool {
	have := strings.Fields(held[index])
	for _, m := range columnName.FindAllStringSubmatch(cond, -1) {
		if m[1] != "id" && m[1] != "district" && !slices.Contains(have, m[1]) {
			return false
		}
	}
	return true
}

// text is the query for the columns, "" to count, with what stands after its
// conditions.
func (q *query) text(engine store.Engine, cols, tail string) string {
	where := slices.Clone(q.where)
	from, rows := q.from, cols != ""
	if engine == store.SQLite && held[q.index] != "" {
		if covers(q.index, cols) {
			rows, cols = false, columnName.ReplaceAllString(cols, "k.$1")
		}
		for i, w := range where {
			if covers(q.index, w) {
				where[i] = columnName.ReplaceAllString(w, "k.$1")
			} else {
				rows = true
			}
		}
		tail = columnName.ReplaceAllString(tail, "k.$1")
		if from = "cases k INDEXED BY " + q.index; rows {
			from += " CROSS JOIN cases c ON c.district = k.district AND c.id = k.id"
		}
	} else if engine == store.SQLite && q.index != "" {
		from += " INDEXED BY " + q.index
	}
	return "SELECT " + cmp.Or(cols, "1") + " FROM " + from + " WHERE " + strings.Join(where, " AND ") + tail
}

func in[T any](q *query, col string, vals []T) {
	if len(vals) > 0 {
		sql, args := oneOf(col, vals)
		q.and(sql, args...)
	}
}

func oneOf[T any](col string, vals []T) (string, []any) {
	args := make([]any, len(vals))
	for i, v := range vals {
		args[i] = v
	}
	if len(vals) == 1 {
		return col + " = ?", args
	}
	return col + " IN (?" + strings.Repeat(",?", len(vals)-1) + ")", args
}

func words(states []flow.State) []string {
	out := make([]string, len(states))
	for i, s := range states {
		out[i] = string(s)
	}
	return out
}

// markStates are the only states in which a case can have the mark.
var markStates = map[int][]flow.State{
	MarkClosed: {Closed, Archived}, MarkClosedOnTime: {Closed, Archived}, MarkDeclined: {Declined, NotFiled}, MarkMerged: {Merged}, MarkDropped: {Withdrawn, Void},
}

// states are the states that the filter leaves, none if it contradicts itself.
func (f *Filter) states() []flow.State {
	var open *bool
	wants := func(v bool) bool { return open == nil || *open == v }
	if f.Open != nil {
		open = f.Open
	}
	must := f.Overdue || f.Soon || f.Flag != 0 || f.MarksAll&(1<<MarkOpen|1<<MarkOverdue|1<<MarkSuspended) != 0
	return slices.DeleteFunc(slices.Clone(Statuses), func(s flow.State) bool {
		ended := Life.Ended(s)
		if !wants(!ended) || must && ended || f.MarksNone&(1<<MarkOpen) != 0 && !ended || len(f.Statuses) > 0 && !slices.Contains(f.Statuses, string(s)) {
			return true
		}
		for mark, only := range markStates {
			if f.MarksAll>>mark&1 == 1 && !slices.Contains(only, s) || f.MarksNone>>mark&1 == 1 && mark != MarkClosedOnTime && slices.Contains(only, s) {
				return true
			}
		}
		return false
	})
}

// streets are the streets that the filter and the scope leave in the district;
// all tells that they leave every one.
func (f *Filter) streets(scope access.Scope) (list []int64, all bool) {
	narrow := func(codes []int64) {
		var n []int64
		for _, c := range codes {
			for c > 999_999_999 { // codes are prefixes of one another
				c /= 1000
			}
			if !slices.Contains(n, c) && (all || slices.Contains(list, c)) {
				n = append(n, c)
			}
		}
		list, all = n, false
	}
	all = true
	if len(f.Streets) > 0 {
		narrow(f.Streets)
	}
	if len(f.Communities) > 0 {
		narrow(f.Communities)
	}
	var own []int64
	for _, p := range scope.Posts() {
		r, ok := access.RoleByCode(p.Role)
		if n := access.Digits(p.Region); !ok || r.Level != access.ByRegion || n < 9 {
			return list, all
		}
		own = append(own, p.Region)
	}
	if len(own) > 0 {
		narrow(own)
	}
	return list, all
}

// Streams of one list are merged as long as they are few.
const (
	fewStreams = 6
	fewLeaves  = 10
)

// plan chooses the index of the query, or splits it by the first column of one.
func (f *Filter) plan(q *query, o order, scope access.Scope, leaves []int64) []*query {
	states := f.states()
	streets, everywhere := f.streets(scope)
	if len(states) == 0 || !everywhere && len(streets) == 0 {
		return nil
	}
	open := !slices.ContainsFunc(states, Life.Ended)
	ended := !slices.ContainsFunc(states, func(s flow.State) bool { return !Life.Ended(s) })
	if len(f.Statuses) > 0 {
		in(q, "c.status", words(states))
	}
	use := func(index string, sql ...string) []*query {
		q.index = index
		for _, s := range sql {
			q.and(s)
		}
		return []*query{q}
	}
	split := func(index, col string, vals []int64, sql string) []*query {
		var out []*query
		for _, v := range vals {
			n := q.with(col+" = ?", v)
			n.index = index
			if sql != "" {
				n.and(sql)
			}
			out = append(out, n)
		}
		return out
	}
	if open {
		q.and("c.open = 1")
	} else if ended {
		q.and("c.open = 0")
	}
	switch {
	case q.from != fromCases, q.index != "":
		return []*query{q}
	case o.col == "due_at" && open:
		return use("cases_due")
	case o.col != "reported_at":
		return []*query{q}
	}
	narrow := q.lead || len(leaves) > 0 && len(leaves) <= fewLeaves || len(streets) > 0 && len(streets) <= fewStreams
	switch {
	case f.Pending != "":
		return use("cases_pending")
	case open:
		return use("cases_open")
	case ended && len(states) <= 3 && !(narrow && slices.Contains(states, Archived)):
		var out []*query
		for _, s := range states {
			n := q.with("c.status = ?", string(s))
			n.index = "cases_ended"
			out = append(out, n)
		}
		return out
	case q.lead:
		return use("cases_lead", "c.lead <> 0")
	case len(leaves) > 0 && len(leaves) <= fewLeaves && !slices.Contains(leaves, 0):
		return split("cases_category", "c.category", leaves, "c.category <> 0")
	case len(streets) > 0 && len(streets) <= fewStreams:
		return split("cases_street", "c.street", streets, "")
	}
	return use("cases_time")
}

// run is one query's rows in the order of the list, read a page at a time.
type run struct {
	q    *query
	rows []*Case
	last *Place
	done bool
}

// fill reads up to n more rows.
func (r *run) fill(ctx context.Context, db *store.DB, o order, n int) error {
	col, dir, sign := "c."+o.col, "", ">"
	if r.q.from == fromAssists && o.col == "reported_at" {
		col = "u.reported_at"
	}
	if o.desc {
		dir, sign = " DESC", "<"
	}
	q := r.q
	if r.last != nil {
		q = q.with("("+col+" "+sign+" ? OR ("+col+" = ? AND c.id "+sign+" ?))", r.last.V, r.last.V, r.last.ID)
		q.and(col+" "+sign+"= ?", r.last.V)
	}
	rows, err := db.Query(ctx, q.text(db.Engine(), selectAll, " ORDER BY "+col+dir+", c.id"+dir+" LIMIT ?"), append(slices.Clip(q.args), n)...)
	r.rows, err = store.All(rows, err, func(r *sql.Rows) (*Case, error) { return scanCase(r) })
	if len(r.rows) < n {
		r.done = true
	} else {
		r.last = &Place{r.rows[n-1].key(o.col), r.rows[n-1].ID}
	}
	if q.keep == nil || err != nil {
		return err
	}
	r.rows = slices.DeleteFunc(r.rows, func(c *Case) bool { return !q.keep(c) })
	if len(r.rows) == 0 && !r.done {
		return r.fill(ctx, db, o, min(2*n, 1000))
	}
	return nil
}

// merge reads the first n rows of the queries together, in order. Each is asked
// for little more than its share and again when that is used up, so that no
// index is walked further than the page needs.
func merge(ctx context.Context, db *store.DB, o order, runs []*run, n int) ([]*Case, error) {
	var out []*Case
	for len(out) < n {
		var best *run
		for _, r := range runs {
			if len(r.rows) == 0 && !r.done {
				left := n - len(out)
				if err := r.fill(ctx, db, o, min(left, (left+left/4)/len(runs)+1)); err != nil {
					return nil, err
				}
			}
			if len(r.rows) > 0 && (best == nil || o.compare(r.rows[0], best.rows[0]) < 0) {
				best = r
			}
		}
		if best == nil {
			break
		}
		out, best.rows = append(out, best.rows[0]), best.rows[1:]
	}
	return out, nil
}

// compare orders two cases as the list does.
func (o order) compare(a, b *Case) int {
	n := cmp.Or(cmp.Compare(a.key(o.col), b.key(o.col)), cmp.Compare(a.ID, b.ID))
	if o.desc {
		return -n
	}
	return n
}
