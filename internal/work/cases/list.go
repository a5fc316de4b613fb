package cases

import (
	"cmp"
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
)

// Filter chooses cases. Zero fields do not narrow.
type Filter struct {
	Statuses    []string
	Open        *bool
	Categories  []int64 // any node; its leaves are meant; 0: without a category
	Grades      []string
	Channels    []string
	Streets     []int64
	Communities []int64
	Grids       []int64
	Lead        int64
	Assist      int64
	Overdue     bool
	Soon        bool // the limit ends within 24 hours
	Mine        bool // what waits for or was made by the actor
	Pending     string
	Query       string
	From, To    int // days of report, inclusive
	District    int
	MarksAll    int64 // figures: marks that all must be set
	MarksNone   int64 // … and that none may
	Seat        int64
	Sort        string // -reported (default), reported, due, -due
	After       *Place // keyset: rows after this one
	Limit       int
}

// Place is a row's place in the order of a list.
type Place struct {
	V  int64 `json:"v"`
	ID int64 `json:"i"`
}

// caseCols ties scopes to the table; units see what they lead or assist in.
var caseCols = access.Cols{District: "c.district", Street: "c.street", Community: "c.community", Grid: "c.grid",
	Org: "EXISTS (SELECT 1 FROM case_unit u WHERE u.district = c.district AND u.case_id = c.id AND u.org = ? AND u.ended = 0)"}

var numberForm = regexp.MustCompile(`^(\d{6})-?(\d{6})-?(\d)?$`)

// query is an SQL condition in the making.
type query struct {
	from  string
	where []string
	args  []any
}

func (q *query) and(sql string, args ...any) {
	q.where = append(q.where, sql)
	q.args = append(q.args, args...)
}

func in[T any](q *query, col string, vals []T) {
	if len(vals) == 0 {
		return
	}
	args := make([]any, len(vals))
	for i, v := range vals {
		args[i] = v
	}
	if len(vals) == 1 {
		q.and(col+" = ?", args...)
		return
	}
	q.and(col+" IN (?"+strings.Repeat(",?", len(vals)-1)+")", args...)
}

// order is a sort order: the column, its direction, and which rows have it.
type order struct {
	col  string
	desc bool
	only string
}

var orders = map[string]order{
	"":          {"reported_at", true, ""},
	"-reported": {"reported_at", true, ""},
	"reported":  {"reported_at", false, ""},
	"due":       {"due_at", false, "c.due_at > 0"},
	"-due":      {"due_at", true, "c.due_at > 0"},
	"draw":      {"draw", false, ""},
}

// unusualEnd is the condition of the index cases_ended, to the letter.
const unusualEnd = "c.status IN ('declined', 'not_filed', 'merged', 'withdrawn', 'void')"

func all[T any](list []T, yes func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !yes(v) })
}

// build compiles the filter for one district of the scope.
func (s *Service) build(ctx context.Context, scope access.Scope, f *Filter, district int, now int64) (*query, error) {
	q := &query{from: "cases c"}
	q.and("c.district = ?", district)
	if org, ok := onlyOrg(scope); ok { // a unit's list starts from the unit's rows
		q.from = "case_unit u JOIN cases c ON c.district = u.district AND c.id = u.case_id"
		q.and("u.district = ? AND u.org = ? AND u.ended = 0", district, org)
	} else {
		where, args := scope.Where(caseCols)
		q.and(where, args...)
	}
	in(q, "c.status", f.Statuses)
	// Conditions that follow from others are written out where an index holds
	// only such rows: SQLite does not conclude them from parameters.
	switch {
	case len(f.Statuses) == 0:
	case all(f.Statuses, func(s string) bool { return !Life.Ended(flow.State(s)) }):
		q.and("c.open = 1")
	case all(f.Statuses, func(s string) bool { return strings.Contains(unusualEnd, "'"+s+"'") }):
		q.and(unusualEnd)
	}
	if f.Open != nil {
		if *f.Open {
			q.and("c.open = 1")
		} else {
			q.and("c.open = 0")
		}
	}
	if len(f.Categories) > 0 {
		var leaves []int64
		for _, id := range f.Categories {
			leaves = append(append(leaves, id), s.Rules().Leaves(id)...)
		}
		in(q, "c.category", leaves)
		if !slices.Contains(leaves, 0) {
			q.and("c.category <> 0")
		}
	}
	in(q, "c.grade", f.Grades)
	in(q, "c.channel", f.Channels)
	equal := func(col string, v int64) {
		if v != 0 {
			q.and("c."+col+" = ?", v)
		}
	}
	in(q, "c.street", f.Streets)
	in(q, "c.community", f.Communities)
	in(q, "c.grid", f.Grids)
	if equal("lead", f.Lead); f.Lead > 0 {
		q.and("c.lead <> 0")
	}
	if equal("seat", f.Seat); f.Seat > 0 {
		q.and("c.seat > 0") // the index of seats holds no others
	}
	if f.Assist != 0 {
		q.and("EXISTS (SELECT 1 FROM case_unit a WHERE a.district = c.district AND a.case_id = c.id AND a.org = ? AND a.role = 'assist' AND a.ended = 0)", f.Assist)
	}
	if f.Overdue {
		q.and("c.open = 1 AND c.due_at > 0 AND c.due_at < ? AND c.paused_at = 0 AND c.resolved_at = 0", now)
	}
	if f.Soon {
		q.and("c.open = 1 AND c.due_at >= ? AND c.due_at < ? AND c.paused_at = 0 AND c.resolved_at = 0", now, now+day24h)
	}
	if f.Mine {
		account := scope.Account()
		if orgs := orgsOf(scope); len(orgs) > 0 {
			in(q, "c.lead", orgs)
		} else {
			q.and("(c.creator = ? OR c.seat = ?)", account, account)
		}
	}
	switch f.Pending {
	case "":
	case "any":
		q.and("c.pending <> ''")
	default:
		q.and("c.pending = ?", f.Pending)
	}
	cal := s.Rules().Calendar()
	if f.From != 0 {
		q.and("c.reported_at >= ?", cal.DayStart(f.From))
	}
	if f.To != 0 {
		q.and("c.reported_at < ?", cal.DayStart(cal.AddDays(f.To, 1)))
	}
	if f.MarksAll != 0 {
		q.and("c.marks & ? = ?", f.MarksAll, f.MarksAll)
	}
	if f.MarksNone != 0 {
		q.and("c.marks & ? = 0", f.MarksNone)
	}
	if text := strings.TrimSpace(f.Query); text != "" {
		if m := numberForm.FindStringSubmatch(text); m != nil {
			q.and("c.number LIKE ?", m[1]+"-"+m[2]+"-%")
		} else {
			where, args, err := s.Search(ctx, s.DB, text, "c.id")
			if err != nil {
				return nil, err
			}
			q.and("("+where+" OR c.outside_number = ?)", append(args, text)...)
		}
	}
	return q, nil
}

// onlyOrg is the one organisation through which the scope sees anything.
func onlyOrg(scope access.Scope) (int64, bool) {
	org := int64(0)
	for _, p := range scope.Posts() {
		r, ok := access.RoleByCode(p.Role)
		if !ok || r.Level != access.ByOrg || org != 0 && org != p.Org {
			return 0, false
		}
		org = p.Org
	}
	return org, org != 0
}

func orgsOf(scope access.Scope) []int64 {
	var out []int64
	for _, p := range scope.Posts() {
		r, ok := access.RoleByCode(p.Role)
		if ok && r.Level == access.ByOrg && !slices.Contains(out, p.Org) {
			out = append(out, p.Org)
		}
	}
	return out
}

// districts are those of the scope that the filter leaves.
func (f *Filter) districts(scope access.Scope) []int {
	var out []int
	for _, d := range scope.Districts() {
		if d == 0 || f.District != 0 && d != f.District || outside(f.Streets, d) || outside(f.Communities, d) {
			continue
		}
		out = append(out, d)
	}
	return out
}

// outside tells whether none of the region codes lies in the district.
func outside(codes []int64, district int) bool {
	return len(codes) > 0 && !slices.ContainsFunc(codes, func(c int64) bool { return access.DistrictOf(c) == district })
}

// errSort refuses an unknown order.
var errSort = errs.Invalid.New("field", w("排序", "sort"), "remedy", w("请选择 -reported、reported、due 或 -due", "use -reported, reported, due or -due")).In("sort")

// Cases lists the cases of the scope that the filter chooses, in order, and
// whether there are more. One query a district, merged: no list crosses shards.
func (s *Service) Cases(ctx context.Context, scope access.Scope, f Filter) (list []*Case, more bool, err error) {
	o, ok := orders[f.Sort]
	if !ok {
		return nil, false, errSort
	}
	if f.Limit <= 0 || f.Limit > 1000 {
		f.Limit = 50
	}
	now := s.DB.Now()
	dir, sign := "", ">"
	if o.desc {
		dir, sign = " DESC", "<"
	}
	for _, d := range f.districts(scope) {
		part, ok := scope.PerDistrict(d)
		if !ok {
			continue
		}
		q, err := s.build(ctx, part, &f, d, now)
		if err != nil {
			return nil, false, err
		}
		if o.only != "" {
			q.and(o.only)
		}
		col := "c." + o.col
		if o.col == "reported_at" && strings.HasPrefix(q.from, "case_unit") {
			col = "u.reported_at"
		}
		if f.After != nil {
			q.and("("+col+" "+sign+" ? OR ("+col+" = ? AND c.id "+sign+" ?))", f.After.V, f.After.V, f.After.ID)
			q.and(col+" "+sign+"= ?", f.After.V)
		}
		rows, err := s.DB.Query(ctx, "SELECT "+selectAll+" FROM "+q.from+" WHERE "+strings.Join(q.where, " AND ")+
			" ORDER BY "+col+dir+", c.id"+dir+" LIMIT ?", append(q.args, f.Limit+1)...)
		part1, err := collect(rows, err, func(r *sql.Rows) (*Case, error) { return scanCase(r) })
		if err != nil {
			return nil, false, err
		}
		list = append(list, part1...)
	}
	slices.SortStableFunc(list, func(a, b *Case) int {
		n := cmp.Or(cmp.Compare(a.key(o.col), b.key(o.col)), cmp.Compare(a.ID, b.ID))
		if o.desc {
			return -n
		}
		return n
	})
	if len(list) > f.Limit {
		return list[:f.Limit], true, nil
	}
	return list, false, nil
}

func (c *Case) key(col string) int64 {
	switch col {
	case "due_at":
		return c.DueAt
	case "draw":
		return c.Draw
	}
	return c.ReportedAt
}

// PlaceOf is the case's place in the order.
func (c *Case) PlaceOf(sort string) Place { return Place{c.key(orders[sort].col), c.ID} }

// Count counts the cases of the filter up to the bound; exact tells whether
// there are no more.
func (s *Service) Count(ctx context.Context, scope access.Scope, f Filter, bound int) (n int, exact bool, err error) {
	now := s.DB.Now()
	for _, d := range f.districts(scope) {
		part, ok := scope.PerDistrict(d)
		if !ok {
			continue
		}
		q, err := s.build(ctx, part, &f, d, now)
		if err != nil {
			return 0, false, err
		}
		var k int
		err = s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM "+q.from+" WHERE "+strings.Join(q.where, " AND ")+" LIMIT ?) x", append(q.args, bound+1-n)...).Scan(&k)
		if err != nil {
			return 0, false, err
		}
		if n += k; n > bound {
			return bound, false, nil
		}
	}
	return n, true, nil
}

// Log reads the history of a case in order.
func (s *Service) Log(ctx context.Context, c *Case) ([]LogEntry, error) {
	rows, err := s.DB.Query(ctx, "SELECT seq, at, actor, post, org, action, was, became, fields FROM case_log WHERE district = ? AND case_id = ? ORDER BY seq", c.District, c.ID)
	return collect(rows, err, func(r *sql.Rows) (e LogEntry, err error) {
		return e, r.Scan(&e.Seq, &e.At, &e.Actor, &e.Post, &e.Org, &e.Action, &e.Was, &e.Became, &e.Fields)
	})
}

// LogEntry is one thing that happened to a case.
type LogEntry struct {
	Seq              int
	At               int64
	Actor, Post, Org int64
	Action           string
	Was, Became      string
	Fields           string // JSON
}

// Similar finds open and recent cases near a position or of the same category
// and grid, nearest first, with the distance in metres.
func (s *Service) Similar(ctx context.Context, scope access.Scope, lon, lat float64, category, exclude int64) ([]*Case, error) {
	spot, ok := s.Atlas.At(lon, lat)
	if !ok {
		return nil, nil
	}
	set := s.Rules().Settings()
	part, ok := scope.PerDistrict(spot.District)
	if !ok {
		return nil, nil
	}
	f := Filter{District: spot.District, Limit: 200, Sort: "-reported"}
	now := s.DB.Now()
	q, err := s.build(ctx, part, &f, spot.District, now)
	if err != nil {
		return nil, err
	}
	dLat := float64(set.SimilarMetres) / 110_574
	dLon := dLat * 1.15 // at 30° north; the exact distance is computed below
	q.and("c.open = 1 AND c.reported_at > ?", now-int64(set.SimilarDays)*day24h)
	q.and("c.lon BETWEEN ? AND ? AND c.lat BETWEEN ? AND ?", lon-dLon, lon+dLon, lat-dLat, lat+dLat)
	if category != 0 {
		q.and("(c.category = ? OR c.category = 0)", category)
	}
	if exclude != 0 {
		q.and("c.id <> ?", exclude)
	}
	rows, err := s.DB.Query(ctx, "SELECT "+selectAll+" FROM "+q.from+" WHERE "+strings.Join(q.where, " AND ")+" ORDER BY c.reported_at DESC LIMIT 50", q.args...)
	return collect(rows, err, func(r *sql.Rows) (*Case, error) { return scanCase(r) })
}
