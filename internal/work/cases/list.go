package cases

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
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
	Net         int // day whose grids Grids are of; 0: each case's own
	Lead        int64
	Assist      int64
	Overdue     bool
	Soon        bool // the limit ends within 24 hours
	Mine        bool // what waits for or was made by the actor
	Flag        int  // one of the flags by which lists are cut; 0: all
	Pending     string
	Query       string
	From, To    int // days of report, inclusive
	District    int
	MarksAll    int64 // figures: marks that all must be set
	MarksNone   int64 // … and that none may
	Seat        int64
	Public      bool  // only what anybody may know of
	Reporter    int64 // with Public: and what this account reported
	Numbers     []string
	Since       int64 // reported at or after, microseconds; with Until for instants that are no days
	Until       int64
	Near        *Circle
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

// build compiles the filter, with what was typed, for one district of the scope:
// queries that have no case in common, each to be walked in the given order.
func (s *Service) build(ctx context.Context, scope access.Scope, f *Filter, t typed, o order, district int, now int64) ([]*query, error) {
	q := &query{from: fromCases}
	q.and("c.district = ?", district)
	var leaves []int64
	for _, id := range f.Categories {
		leaves = append(append(leaves, id), s.Rules().Leaves(id)...)
	}
	slices.Sort(leaves)
	leaves = slices.Compact(leaves)
	in(q, "c.category", leaves)
	in(q, "c.grade", f.Grades)
	in(q, "c.channel", f.Channels)
	in(q, "c.street", f.Streets)
	in(q, "c.community", f.Communities)
	if err := s.inGrids(ctx, q, f); err != nil {
		return nil, err
	}
	if f.Lead != 0 {
		q.and("c.lead = ?", f.Lead)
		q.lead = true
	}
	if f.Seat != 0 {
		q.and("c.seat = ? AND c.seat > 0", f.Seat) // the index of seats holds no others
	}
	if f.Assist != 0 {
		q.and("EXISTS (SELECT 1 FROM case_unit a WHERE a.district = c.district AND a.case_id = c.id AND a.org = ? AND a.role = 'assist' AND a.ended = 0)", f.Assist)
	}
	if f.Overdue {
		q.and("c.due_at > 0 AND c.due_at < ? AND c.paused_at = 0 AND c.resolved_at = 0", now)
	}
	if f.Soon {
		q.and("c.due_at >= ? AND c.due_at < ? AND c.paused_at = 0 AND c.resolved_at = 0", now, now+day24h)
	}
	if f.Mine {
		if err := s.mine(ctx, q, scope, district); err != nil {
			return nil, err
		}
	}
	if f.Flag != 0 {
		q.and("(c.flags & ?) <> 0", f.Flag)
		if f.Flag == FlagTell && !seesReporters(scope) { // it would say which cases have a reporter
			q.and("1 = 0")
		}
	}
	if f.Pending != "" {
		q.and("c.pending <> ''")
		if f.Pending != "any" {
			q.and("c.pending = ?", f.Pending)
		}
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
	if f.Since != 0 {
		q.and("c.reported_at >= ?", f.Since)
	}
	if f.Until != 0 {
		q.and("c.reported_at <= ?", f.Until)
	}
	if len(f.Numbers) > 0 {
		in(q, "c.number", f.Numbers)
		q.index = "cases_number"
	}
	if f.Near != nil {
		s.near(q, f)
	}
	if f.Public {
		s.public(q, f.Reporter)
	}
	if o.only != "" {
		q.and(o.only)
	}
	parts := []*query{q}
	if org, ok := onlyOrg(scope); ok { // a unit sees what it leads and what it assists in
		led := q.with("c.lead = ?", org)
		led.lead = true
		parts = []*query{led}
		if !f.Mine {
			helped, err := s.helped(ctx, q, district, org)
			if err != nil {
				return nil, err
			}
			parts = append(parts, helped)
		}
	} else {
		where, args := scope.Where(caseCols)
		q.and(where, args...)
	}
	parts = t.narrow(parts)
	var out []*query
	for _, q := range parts {
		out = append(out, f.plan(q, o, scope, leaves)...)
	}
	return out, nil
}

// inGrids narrows the query to the grids, of another day's net if so asked: the
// database finds the communities, and each case is placed on the net.
func (s *Service) inGrids(ctx context.Context, q *query, f *Filter) error {
	if f.Net == 0 || len(f.Grids) == 0 {
		in(q, "c.grid", f.Grids)
		return nil
	}
	net, err := s.Atlas.Net(ctx, f.Net)
	if err != nil {
		return err
	}
	if !slices.Contains(f.Grids, 0) {
		in(q, "c.community", Communities(net, f.Grids))
	}
	q.keep = func(c *Case) bool { return slices.Contains(f.Grids, net.GridOf(c)) }
	return nil
}

// Communities are those in which the grids of the net lie; the code 0, which
// cases of a known grid never have, stands for those that are not of the net.
func Communities(net Net, grids []int64) []int64 {
	var out []int64
	for _, id := range grids {
		if _, c := net.Grid(id); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// fewOwn is up to how many rows a unit's or a person's cases are read from those.
// Who has more is looked for in each case that the rest of the filter leaves.
var fewOwn = 3000

// mine narrows the query to what the actor's units lead or, without a unit, to
// what the actor reported or has to call back: all of which are among the cases
// in which the audit chain knows an act of the actor's.
func (s *Service) mine(ctx context.Context, q *query, scope access.Scope, district int) error {
	if orgs := orgsOf(scope); len(orgs) > 0 {
		in(q, "c.lead", orgs)
		return nil
	}
	account := scope.Account()
	q.and("(c.creator = ? OR c.seat = ?)", account, account)
	var n int
	err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM audit WHERE district = ? AND actor = ? LIMIT ?) x", district, account, fewOwn+1).Scan(&n)
	if account != 0 && n <= fewOwn {
		chain := "audit a"
		if s.DB.Engine() == store.SQLite {
			chain += " INDEXED BY audit_actor" // most acts of a data set may be one actor's, and look like everybody's
		}
		q.and("c.id IN (SELECT a.object_id FROM "+chain+" WHERE a.district = ? AND a.actor = ? AND a.object = 'case' UNION ALL SELECT t.id FROM cases t WHERE t.district = ? AND t.seat = ? AND t.seat > 0)",
			district, account, district, account)
		q.index = byID
	}
	return err
}

// helped narrows the query to the cases in which the unit assists.
func (s *Service) helped(ctx context.Context, q *query, district int, org int64) (*query, error) {
	const assists = "u.org = ? AND u.role = 'assist' AND u.ended = 0"
	var n int
	err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM case_unit u WHERE u.district = ? AND "+assists+" LIMIT ?) x", district, org, fewOwn+1).Scan(&n)
	if n > fewOwn {
		return q.with("EXISTS (SELECT 1 FROM case_unit u WHERE u.district = c.district AND u.case_id = c.id AND "+assists+" LIMIT 1 OFFSET 0)", org), err
	}
	q = q.with("u.district = ? AND "+assists+" AND c.id = u.case_id", district, org)
	q.from = fromAssists
	return q, err
}

// typed is what a person typed to look for, looked up: a case's number, or words
// of its text or its number elsewhere. The zero typed is nothing.
type typed struct {
	number, text string
	where        string // for the words
	args         []any
	rare         bool // few texts hold the words
}

func (s *Service) lookUp(ctx context.Context, f *Filter) (t typed, err error) {
	text := strings.TrimSpace(f.Query)
	if m := numberForm.FindStringSubmatch(text); m != nil {
		day, _ := strconv.Atoi(m[1])
		n, _ := strconv.ParseInt(m[2], 10, 64)
		return typed{number: number(day, n)}, nil
	}
	if t.text = text; text != "" {
		t.where, t.args, t.rare, err = s.Search(ctx, s.DB, text, "c.id", textColumns)
	}
	return t, err
}

// narrow adds what was typed to the queries.
func (t *typed) narrow(parts []*query) []*query {
	var out []*query
	for _, q := range parts {
		switch {
		case t.number != "":
			q.and("c.number = ?", t.number)
			q.index = "cases_number"
		case t.text != "":
			outside := q.with("c.outside_number = ? AND c.outside_number <> ''", t.text)
			q = q.with("c.outside_number <> ?", t.text)
			q.and(t.where, t.args...)
			if q.from == fromCases {
				outside.index = "cases_outside"
				if t.rare {
					q.index = byID
				}
			}
			out = append(out, outside)
		}
		out = append(out, q)
	}
	return out
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
// whether there are more. Queries are of one district each: no list crosses shards.
func (s *Service) Cases(ctx context.Context, scope access.Scope, f Filter) (list []*Case, more bool, err error) {
	o, ok := orders[f.Sort]
	if !ok {
		return nil, false, errSort
	}
	if f.Limit <= 0 || f.Limit > 1000 {
		f.Limit = 50
	}
	t, err := s.lookUp(ctx, &f)
	if err != nil {
		return nil, false, err
	}
	now := s.DB.Now()
	var runs []*run
	for _, d := range f.districts(scope) {
		part, ok := scope.PerDistrict(d)
		if !ok {
			continue
		}
		parts, err := s.build(ctx, part, &f, t, o, d, now)
		if err != nil {
			return nil, false, err
		}
		for _, q := range parts {
			runs = append(runs, &run{q: q, last: f.After})
		}
	}
	list, err = merge(ctx, s.DB, o, runs, f.Limit+1)
	if len(list) > f.Limit {
		return list[:f.Limit], true, err
	}
	return list, false, err
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
	t, err := s.lookUp(ctx, &f)
	if err != nil {
		return 0, false, err
	}
	now := s.DB.Now()
	for _, d := range f.districts(scope) {
		part, ok := scope.PerDistrict(d)
		if !ok {
			continue
		}
		parts, err := s.build(ctx, part, &f, t, orders[f.Sort], d, now)
		if err != nil {
			return 0, false, err
		}
		for _, q := range parts {
			k, err := q.count(ctx, s.DB, bound+1-n)
			if err != nil {
				return 0, false, err
			}
			if n += k; n > bound {
				return bound, false, nil
			}
		}
	}
	return n, true, nil
}

// count counts the query's cases up to most.
func (q *query) count(ctx context.Context, db *store.DB, most int) (n int, err error) {
	if q.keep == nil {
		return n, db.QueryRow(ctx, "SELECT COUNT(*) FROM ("+q.text(db.Engine(), "", " LIMIT ?")+") x", append(slices.Clip(q.args), most)...).Scan(&n)
	}
	rows, err := db.Query(ctx, q.text(db.Engine(), PlaceCols, ""), q.args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for n < most && rows.Next() {
		c, err := ScanPlaced(rows)
		if err != nil {
			return 0, err
		}
		if q.keep(c) {
			n++
		}
	}
	return n, rows.Err()
}

// Log reads the history of a case in order.
func (s *Service) Log(ctx context.Context, c *Case) ([]LogEntry, error) {
	rows, err := s.DB.Query(ctx, "SELECT seq, at, actor, post, org, action, was, became, fields FROM case_log WHERE district = ? AND case_id = ? ORDER BY seq", c.District, c.ID)
	return store.All(rows, err, func(r *sql.Rows) (e LogEntry, err error) {
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
