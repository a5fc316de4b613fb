package metric

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/work/cases"
)

// sums are the sizes of sets by key of a dimension.
type sums map[string][]int64

func (n sums) at(key string, sets int) []int64 {
	v := n[key]
	if v == nil {
		v = make([]int64, sets)
		n[key] = v
	}
	return v
}

// together runs fn for each index at once and joins the errors.
func together(n int, fn func(int) error) error {
	if n == 1 {
		return fn(0)
	}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sums counts the cases of each set by the dimension: one read a district,
// each over one state of the database, added up here.
func (s *Service) sums(ctx context.Context, scope access.Scope, q *Query, by Dim, sets []Set) (sums, error) {
	districts := q.districts(scope)
	parts := make([]sums, len(districts))
	err := together(len(districts), func(i int) error {
		part, ok := scope.PerDistrict(districts[i])
		if !ok {
			return nil
		}
		r := &reading{s: s, q: q, by: by, sets: sets, district: districts[i], scope: part, out: sums{}}
		parts[i] = r.out
		return s.Cases.DB.Snapshot(ctx, func(db store.Reader) error { return r.read(ctx, db) })
	})
	if err != nil {
		return nil, err
	}
	out := sums{}
	for _, p := range parts {
		for k, v := range p {
			if by == Group {
				_, _, group, ok := s.branch(number(k))
				if ok {
					k = strconv.FormatInt(group, 10)
				}
			}
			for i, n := range v {
				out.at(k, len(sets))[i] += n
			}
		}
	}
	return out, nil
}

// districts are those of the scope that the query leaves.
func (q *Query) districts(scope access.Scope) []int {
	var out []int
	for _, d := range scope.Districts() {
		if d == 0 || len(q.Districts) > 0 && !slices.Contains(q.Districts, d) ||
			len(q.Streets) > 0 && !slices.ContainsFunc(q.Streets, func(c int64) bool { return access.DistrictOf(c) == d }) ||
			len(q.Communities) > 0 && !slices.ContainsFunc(q.Communities, func(c int64) bool { return access.DistrictOf(c) == d }) {
			continue
		}
		out = append(out, d)
	}
	return out
}

// reading is one district's part of a question.
type reading struct {
	s        *Service
	q        *Query
	by       Dim
	sets     []Set
	district int
	scope    access.Scope // of the district only
	out      sums
}

// cube is a roll-up: which of its columns hold which dimension.
type cube struct {
	id   int
	cols map[Dim]string
}

var (
	dayCube = cube{cases.CubeDay, map[Dim]string{Total: "0", Street: "a", Day: "period", Month: "period / 100"}}
	// monthCubes in the order of their size.
	monthCubes = []cube{
		{cases.CubeChannel, map[Dim]string{Total: "0", Month: "period", Street: "a", Channel: "b", Status: "measure"}},
		{cases.CubeCategory, map[Dim]string{Total: "0", Month: "period", Street: "a", Category: "b", Status: "measure"}},
		{cases.CubeGrid, map[Dim]string{Total: "0", Month: "period", Grid: "a", Street: "b"}},
		{cases.CubeUnit, map[Dim]string{Total: "0", Month: "period", Unit: "a", Street: "b"}},
	}
	caseCols = map[Dim]string{Total: "0", Month: "c.day / 100", Day: "c.day", Street: "c.street", Community: "c.community", Grid: "c.grid",
		Category: "c.category", Unit: "c.lead", Channel: "c.channel", Status: "c.status"}
)

// column is the expression of a dimension; false if the table lacks it.
func (r *reading) column(cols map[Dim]string, d Dim) (string, bool) {
	switch d {
	case District:
		return strconv.Itoa(r.district), true
	case Group:
		d = Category
	}
	c, ok := cols[d]
	return c, ok
}

// byStreets tells whether streets and districts make up the scope, so that
// cubes can honour it.
func byStreets(scope access.Scope) (yes, narrow bool) {
	if scope.SystemReason() != "" {
		return true, false
	}
	yes, narrow = true, true
	for _, p := range scope.Posts() {
		role, ok := access.RoleByCode(p.Role)
		switch n := access.Digits(p.Region); {
		case !ok || role.Level != access.ByRegion || n > 9:
			yes = false
		case n <= 6: // all of the district, whatever else
			return true, false
		}
	}
	return yes, narrow
}

// needs lists the dimensions that a table must have.
func (r *reading) needs(narrow bool) []Dim {
	out := []Dim{r.by}
	for _, d := range []struct {
		dim  Dim
		used bool
	}{{Street, narrow || len(r.q.Streets) > 0}, {Community, len(r.q.Communities) > 0}, {Grid, len(r.q.Grids) > 0}, {Category, len(r.q.Categories) > 0}, {Unit, len(r.q.Units) > 0}, {Channel, len(r.q.Channels) > 0}} {
		if d.used {
			out = append(out, d.dim)
		}
	}
	return out
}

func (r *reading) holds(c cube, needs []Dim) bool {
	return !slices.ContainsFunc(needs, func(d Dim) bool { _, ok := r.column(c.cols, d); return !ok })
}

// read plans the reading: cubes where they hold what is needed, the cases else.
func (r *reading) read(ctx context.Context, db store.Reader) error {
	cubes, narrow := byStreets(r.scope)
	if !cubes || r.q.byNet() {
		return r.fromCases(ctx, db, r.q.From, r.q.To)
	}
	needs := r.needs(narrow)
	byDay := r.holds(dayCube, needs)
	month := slices.IndexFunc(monthCubes, func(c cube) bool { return r.holds(c, needs) })
	if byDay && month < 0 {
		return r.fromCube(ctx, db, dayCube, r.q.From, r.q.To)
	}
	if month < 0 {
		return r.fromCases(ctx, db, r.q.From, r.q.To)
	}
	first, last, err := r.bounds(ctx, db)
	if err != nil || first == 0 {
		return err
	}
	from, to, edges := months(max(r.q.From, first), min(r.q.To, last), first, last)
	if from <= to {
		if err := r.fromCube(ctx, db, monthCubes[month], from, to); err != nil {
			return err
		}
	}
	for _, e := range edges {
		if byDay {
			err = r.fromCube(ctx, db, dayCube, e[0], e[1])
		} else {
			err = r.fromCases(ctx, db, e[0], e[1])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bounds are the first and last day with cases in the district, 0 if none: a
// month that has not ended is whole when all of its cases are asked for.
func (r *reading) bounds(ctx context.Context, db store.Reader) (first, last int, err error) {
	at := fmt.Sprintf("(SELECT period FROM tally WHERE district = %d AND cube = %d AND measure = %d ORDER BY period", r.district, cases.CubeDay, cases.MarkReported)
	err = db.QueryRow(ctx, "SELECT COALESCE("+at+" LIMIT 1), 0), COALESCE("+at+" DESC LIMIT 1), 0)").Scan(&first, &last)
	return first, last, err
}

// months splits days into whole months (none if from > to) and the days left at
// both ends. Nothing lies before the day first or after last.
func months(day, end, first, last int) (from, to int, edges [][2]int) {
	if day > end {
		return 1, 0, nil
	}
	from, to = day/100, end/100
	opens := day%100 == 1 || day == first
	ends := end == monthEnd(end/100) || end == last
	if from == to && !(opens && ends) {
		return 1, 0, [][2]int{{day, end}}
	}
	if !opens {
		edges = append(edges, [2]int{day, monthEnd(from)})
		if from++; from%100 == 13 {
			from += 88
		}
	}
	if !ends {
		edges = append(edges, [2]int{to*100 + 1, end})
		if to--; to%100 == 0 {
			to -= 88
		}
	}
	return from, to, edges
}

// manyMonths is from how many months on a range is as good as their list.
const manyMonths = 24

// monthsOf lists the months of a span.
func monthsOf(from, to int) (list []int) {
	for m := from; m <= to; m++ {
		if m%100 == 13 {
			m += 88
		}
		list = append(list, m)
	}
	return list
}

// monthEnd is the last day of a month.
func monthEnd(month int) int {
	return month*100 + time.Date(month/100, time.Month(month%100)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// cond is an SQL condition in the making.
type cond struct {
	sql  []string
	args []any
}

func (c *cond) and(sql string, args ...any) {
	c.sql = append(c.sql, sql)
	c.args = append(c.args, args...)
}

func in[T any](c *cond, col string, vals []T) {
	if len(vals) == 0 {
		return
	}
	args := make([]any, len(vals))
	for i, v := range vals {
		args[i] = v
	}
	c.and(col+" IN (?"+strings.Repeat(",?", len(vals)-1)+")", args...)
}

// narrow adds what the query narrows to. Channels are an index in cubes.
func (r *reading) narrow(c *cond, cols map[Dim]string, cube bool) {
	in(c, cols[Street], r.q.Streets)
	in(c, cols[Community], r.q.Communities)
	if !r.q.byNet() {
		in(c, cols[Grid], r.q.Grids)
	} else if len(r.q.Grids) > 0 && !slices.Contains(r.q.Grids, 0) {
		in(c, cols[Community], cases.Communities(r.q.net, r.q.Grids))
	}
	in(c, cols[Unit], r.q.Units)
	if len(r.q.Categories) > 0 {
		var leaves []int64
		for _, id := range r.q.Categories {
			leaves = append(leaves, r.s.Cases.Rules().Leaves(id)...)
		}
		if len(leaves) == 0 {
			c.and("1 = 0")
		}
		in(c, cols[Category], leaves)
	}
	if cube {
		var index []int
		for _, ch := range r.q.Channels {
			index = append(index, slices.Index(cases.Channels, ch))
		}
		in(c, cols[Channel], index)
	} else {
		in(c, cols[Channel], r.q.Channels)
	}
}

// fromCube adds up a roll-up over its periods.
func (r *reading) fromCube(ctx context.Context, db store.Reader, cb cube, from, to int) error {
	key, _ := r.column(cb.cols, r.by)
	c := &cond{}
	c.and("district = ? AND cube = ?", r.district, cb.id)
	var measures []int
	if r.by == Status {
		for i := range cases.Statuses {
			measures = append(measures, cases.StatusMeasure(i))
		}
	} else {
		for _, set := range r.sets {
			if set.Empty {
				continue
			}
			measures = append(measures, set.Is)
			if set.Not > 0 {
				measures = append(measures, set.Not)
			}
		}
		slices.Sort(measures)
		measures = slices.Compact(measures)
	}
	in(c, "measure", measures)
	if list := monthsOf(from, to); cb.id != cases.CubeDay && len(list) <= manyMonths {
		in(c, "period", list) // the key goes on behind the period
	} else {
		c.and("period BETWEEN ? AND ?", from, to)
	}
	where, args := r.scope.Where(access.Cols{District: "district", Street: cb.cols[Street]})
	c.and(where, args...)
	r.narrow(c, cb.cols, true)
	return r.collect(ctx, db, "SELECT "+key+", measure, CAST(SUM(n) AS BIGINT) FROM tally WHERE "+strings.Join(c.sql, " AND ")+" GROUP BY 1, 2", c.args, func(rows *sql.Rows) error {
		var k string
		var measure int
		var n int64
		if err := rows.Scan(&k, &measure, &n); err != nil {
			return err
		}
		switch r.by {
		case Channel:
			k = cases.Channels[number(k)]
		case Status:
			k = string(cases.Statuses[measure-cases.StatusMeasure(0)])
		}
		v := r.out.at(k, len(r.sets))
		for i, set := range r.sets {
			switch {
			case set.Empty:
			case r.by == Status || set.Is == measure:
				v[i] += n
			case set.Not > 0 && set.Not == measure:
				v[i] -= n
			}
		}
		return nil
	})
}

// scopeCols ties scopes to the cases, as their lists do.
var scopeCols = access.Cols{District: "c.district", Street: "c.street", Community: "c.community", Grid: "c.grid",
	Org: "EXISTS (SELECT 1 FROM case_unit u WHERE u.district = c.district AND u.case_id = c.id AND u.org = ? AND u.ended = 0)"}

// fromCases counts the cases themselves.
func (r *reading) fromCases(ctx context.Context, db store.Reader, from, to int) error {
	key, _ := r.column(caseCols, r.by)
	byNet := r.q.byNet()
	cal := r.s.Cases.Rules().Calendar()
	start, end := cal.DayStart(from), cal.DayStart(cal.AddDays(to, 1))
	c := &cond{}
	c.and("c.district = ? AND c.reported_at >= ? AND c.reported_at < ?", r.district, start, end)
	if orgs, only := onlyOrgs(r.scope); only { // start from the units' rows
		sub := &cond{}
		sub.and("u.district = ? AND u.ended = 0 AND u.reported_at >= ? AND u.reported_at < ?", r.district, start, end)
		in(sub, "u.org", orgs)
		c.and("c.id IN (SELECT u.case_id FROM case_unit u WHERE "+strings.Join(sub.sql, " AND ")+")", sub.args...)
	} else {
		where, args := r.scope.Where(scopeCols)
		c.and(where, args...)
	}
	r.narrow(c, caseCols, false)
	if r.by == Unit {
		c.and("c.lead > 0")
	}
	if byNet {
		return r.placed(ctx, db, key, c)
	}
	var counts strings.Builder
	for _, set := range r.sets {
		all, none := set.Masks()
		fmt.Fprintf(&counts, ", CAST(SUM(CASE WHEN c.marks & %d = %d AND c.marks & %d = 0 THEN 1 ELSE 0 END) AS BIGINT)", all, all, none)
	}
	return r.collect(ctx, db, "SELECT "+key+counts.String()+" FROM cases c WHERE "+strings.Join(c.sql, " AND ")+" GROUP BY 1", c.args, func(rows *sql.Rows) error {
		var k string
		n := make([]int64, len(r.sets))
		ptrs := []any{&k}
		for i := range n {
			ptrs = append(ptrs, &n[i])
		}
		if err := rows.Scan(ptrs...); err != nil {
			return err
		}
		v := r.out.at(k, len(r.sets))
		for i := range n {
			v[i] += n[i]
		}
		return nil
	})
}

// placed counts the cases of the condition one by one, each on the query's net.
func (r *reading) placed(ctx context.Context, db store.Reader, key string, c *cond) error {
	return r.collect(ctx, db, "SELECT "+cases.PlaceCols+", c.marks, "+key+" FROM cases c WHERE "+strings.Join(c.sql, " AND "), c.args, func(rows *sql.Rows) error {
		var marks int64
		var k string
		x, err := cases.ScanPlaced(rows, &marks, &k)
		if err != nil {
			return err
		}
		grid := r.q.net.GridOf(x)
		if len(r.q.Grids) > 0 && !slices.Contains(r.q.Grids, grid) {
			return nil
		}
		if r.by == Grid {
			k = strconv.FormatInt(grid, 10)
		}
		v := r.out.at(k, len(r.sets))
		for i, set := range r.sets {
			if set.Holds(marks) {
				v[i]++
			}
		}
		return nil
	})
}

// onlyOrgs are the organisations through which alone the scope sees anything.
func onlyOrgs(scope access.Scope) ([]int64, bool) {
	var out []int64
	for _, p := range scope.Posts() {
		role, ok := access.RoleByCode(p.Role)
		if !ok || role.Level != access.ByOrg {
			return nil, false
		}
		out = append(out, p.Org)
	}
	return out, len(out) > 0
}

func (r *reading) collect(ctx context.Context, db store.Reader, q string, args []any, scan func(*sql.Rows) error) error {
	rows, err := db.Query(ctx, q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
