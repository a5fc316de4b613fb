package whistle

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

var jointLog = &store.Table{Name: "joint_log", Cols: []string{"district", "subject", "seq", "at", "actor", "post", "org", "action", "was", "became", "fields"}}

// journal writes what happens to one whistle or meeting: the log's row and the
// entry on the audit chain with its digest.
type journal struct {
	tx       *store.Tx
	object   string
	district int
	subject  int64
	seq      *int
	at       int64
	actor    int64
	post     access.Post
}

func (j *journal) note(a flow.Action, org int64, was, became flow.State, fields map[string]any, system bool) {
	*j.seq++
	actor, post := j.actor, j.post.ID
	if system {
		actor, post = 0, 0
	}
	if fields == nil {
		fields = map[string]any{}
	}
	body, err := json.Marshal(fields) // keys come out sorted
	if err != nil {
		panic(err)
	}
	vals := []any{j.district, j.subject, *j.seq, j.at, actor, post, org, string(a), string(was), string(became), string(body)}
	j.tx.Append(jointLog, vals...)
	detail, err := json.Marshal(map[string]any{"from": was, "to": became, "org": org})
	if err != nil {
		panic(err)
	}
	j.tx.Record(audit.Entry{District: j.district, Actor: actor, Post: post, Action: j.object + "." + string(a), Object: j.object, ObjectID: j.subject, Seq: *j.seq, Detail: detail, Digest: digest(vals)})
}

func digest(vals []any) [32]byte {
	h := sha256.New()
	for _, v := range vals {
		fmt.Fprintf(h, "%T %v\x00", v, v)
	}
	return [32]byte(h.Sum(nil))
}

// Entry is a row of the log.
type Entry struct {
	Seq                 int
	At                  int64
	Actor, Post, Org    int64
	Action, Was, Became string
	Fields              map[string]any
}

func (s *Service) logOf(ctx context.Context, district int, subject int64) ([]Entry, error) {
	rows, err := s.DB.Query(ctx, "SELECT seq, at, actor, post, org, action, was, became, fields FROM joint_log WHERE district = ? AND subject = ? ORDER BY seq", district, subject)
	return store.All(rows, err, func(r *sql.Rows) (e Entry, err error) {
		var fields string
		if err := r.Scan(&e.Seq, &e.At, &e.Actor, &e.Post, &e.Org, &e.Action, &e.Was, &e.Became, &fields); err != nil {
			return e, err
		}
		return e, json.Unmarshal([]byte(fields), &e.Fields)
	})
}

// whistleCols ties scopes to whistles w; departments see what they are called to.
var whistleCols = access.Cols{District: "w.district", Street: "w.street", Community: "w.community", Grid: "w.grid",
	Org: "EXISTS (SELECT 1 FROM whistle_call u WHERE u.district = w.district AND u.whistle_id = w.id AND u.org = ?)"}

var whistleTable = &store.Table{Name: "whistle", Cols: strings.Split("district, id, number, version, seq, state, kind, title, body, street, community, grid, lon, lat, address, case_id, limit_n, limit_unit, day, called_by, called_at, ended_at, shifts, arbiter, raised_to, raised_at", ", ")}

func (w *Whistle) values() []any {
	return []any{w.District, w.ID, w.Number, w.Version, w.Seq, string(w.State), w.Kind, w.Title, w.Body, w.Street, w.Community, w.Grid, w.Lon, w.Lat, w.Address, w.Case, w.Limit.N, string(w.Limit.Unit),
		w.Day, w.CalledBy, w.CalledAt, w.EndedAt, w.Shifts, w.Arbiter, w.RaisedTo, w.RaisedAt}
}

var selectWhistle = "SELECT w." + strings.Join(whistleTable.Cols, ", w.") + " FROM whistle w"

func scanWhistle(r *sql.Rows) (*Whistle, error) {
	o := &Whistle{}
	return o, r.Scan(&o.District, &o.ID, &o.Number, &o.Version, &o.Seq, (*string)(&o.State), &o.Kind, &o.Title, &o.Body, &o.Street, &o.Community, &o.Grid, &o.Lon, &o.Lat, &o.Address, &o.Case, &o.Limit.N, (*string)(&o.Limit.Unit),
		&o.Day, &o.CalledBy, &o.CalledAt, &o.EndedAt, &o.Shifts, &o.Arbiter, &o.RaisedTo, &o.RaisedAt)
}

var callTable = &store.Table{Name: "whistle_call", Cols: strings.Split("district, whistle_id, org, state, called_at, due_at, came_at, came, missed_at, done_at, ended_at, shifts, urged, ruled, result, by_street, by_unit", ", ")}

func (c *Call) values(o *Whistle) []any {
	ruled := 0
	if c.Ruled {
		ruled = 1
	}
	return []any{o.District, o.ID, c.Org, string(c.State), c.CalledAt, c.DueAt, c.CameAt, c.Came, c.MissedAt, c.DoneAt, c.EndedAt, c.Shifts, c.Urged, ruled, c.Result, c.ByStreet, c.ByUnit}
}

type placedCall struct {
	whistle int64
	Call
}

func scanCall(r *sql.Rows) (p placedCall, err error) {
	var district, ruled int
	c := &p.Call
	err = r.Scan(&district, &p.whistle, &c.Org, (*string)(&c.State), &c.CalledAt, &c.DueAt, &c.CameAt, &c.Came, &c.MissedAt, &c.DoneAt, &c.EndedAt, &c.Shifts, &c.Urged, &ruled, &c.Result, &c.ByStreet, &c.ByUnit)
	c.Ruled = ruled == 1
	return p, err
}

// number is the next of its street's day.
func (s *Service) number(tx *store.Tx, o *Whistle) (string, error) {
	head := fmt.Sprintf("吹%06d-%03d-", o.Day%1_000_000, o.Street%1000)
	var n int
	err := tx.QueryRow("SELECT COUNT(*) FROM whistle WHERE district = ? AND street = ? AND day = ?", o.District, o.Street, o.Day).Scan(&n)
	return fmt.Sprintf("%s%02d", head, n+1), err
}

func insert(tx *store.Tx, o *Whistle) error { return tx.Insert(whistleTable, o.values()...) }

// upsert writes a whole row over what its key names.
func upsert(tx *store.Tx, t *store.Table, keys int, vals []any) error {
	set := make([]string, 0, len(t.Cols)-keys)
	for _, c := range t.Cols[keys:] {
		set = append(set, c+" = excluded."+c)
	}
	_, err := tx.Exec("INSERT INTO "+t.Name+" ("+strings.Join(t.Cols, ", ")+") VALUES (?"+strings.Repeat(", ?", len(t.Cols)-1)+") ON CONFLICT ("+strings.Join(t.Cols[:keys], ", ")+") DO UPDATE SET "+strings.Join(set, ", "), vals...)
	return err
}

func save(tx *store.Tx, o *Whistle) error { return upsert(tx, whistleTable, 2, o.values()) }

func saveCall(tx *store.Tx, o *Whistle, c *Call) error { return upsert(tx, callTable, 3, c.values(o)) }

// reader is Query of a transaction or of the database.
type reader func(q string, args ...any) (*sql.Rows, error)

func (ask reader) calls(district int, ids []int64) (map[int64][]Call, error) {
	out := map[int64][]Call{}
	for len(ids) > 0 {
		some := ids[:min(len(ids), 200)]
		ids = ids[len(some):]
		args := []any{district}
		for _, id := range some {
			args = append(args, id)
		}
		rows, err := ask("SELECT "+strings.Join(callTable.Cols, ", ")+" FROM whistle_call WHERE district = ? AND whistle_id IN (?"+strings.Repeat(", ?", len(some)-1)+") ORDER BY whistle_id, org", args...)
		list, err := store.All(rows, err, scanCall)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			out[p.whistle] = append(out[p.whistle], p.Call)
		}
	}
	return out, nil
}

func (ask reader) one(scope access.Scope, id int64, lock string) (*Whistle, error) {
	where, args := scope.Where(whistleCols)
	rows, err := ask(selectWhistle+" WHERE w.id = ? AND "+where+lock, append([]any{id}, args...)...)
	found, err := store.All(rows, err, scanWhistle)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errs.NotFound.New()
	}
	o := found[0]
	calls, err := ask.calls(o.District, []int64{o.ID})
	o.Calls = calls[o.ID]
	return o, err
}

func load(tx *store.Tx, scope access.Scope, id int64) (*Whistle, error) {
	lock := ""
	if tx.Engine() == store.Postgres {
		lock = " FOR UPDATE"
	}
	return reader(tx.Query).one(scope, id, lock)
}

func (s *Service) reader(ctx context.Context) reader {
	return func(q string, args ...any) (*sql.Rows, error) { return s.DB.Query(ctx, q, args...) }
}

// ByID reads a whistle that the scope reaches.
func (s *Service) ByID(ctx context.Context, scope access.Scope, id int64) (*Whistle, error) {
	return s.reader(ctx).one(scope, id, "")
}

type lateCall struct{ whistle, org int64 }

// late are the calls of a district whose limit passed before anybody came.
func (s *Service) late(ctx context.Context, district int, now int64) ([]lateCall, error) {
	rows, err := s.DB.Query(ctx, "SELECT whistle_id, org FROM whistle_call WHERE district = ? AND state = 'called' AND missed_at = 0 AND due_at <= ? ORDER BY due_at LIMIT 500", district, now)
	return store.All(rows, err, func(r *sql.Rows) (l lateCall, err error) { return l, r.Scan(&l.whistle, &l.org) })
}

// Filter chooses whistles. Zero fields do not narrow.
type Filter struct {
	State    string
	Kind     string
	Street   int64
	Case     int64
	Org      int64  // calls this department; with Part: whose call it is
	Part     string // of the figures, see parts
	From, To int    // days of the call, inclusive
	After    int64  // keyset: ids below it
	Limit    int
}

// parts are what a figure of a department counts, and its rows are found by.
var parts = map[string]string{
	"called":  "1 = 1",
	"waiting": "u.state = 'called'",
	"in_time": "u.came_at > 0 AND u.missed_at = 0",
	"late":    "u.came_at > 0 AND u.missed_at > 0",
	"missed":  "u.came_at = 0 AND u.missed_at > 0",
	"shifted": "u.shifts > 0",
	"settled": "u.state = 'confirmed'",
}

func (f *Filter) where(scope access.Scope) (string, []any) {
	where, args := scope.Where(whistleCols)
	and := func(cond string, a ...any) { where, args = where+" AND "+cond, append(args, a...) }
	if f.State != "" {
		and("w.state = ?", f.State)
	}
	if f.Kind != "" {
		and("w.kind = ?", f.Kind)
	}
	if f.Street != 0 {
		and("w.street = ?", f.Street)
	}
	if f.Case != 0 {
		and("w.case_id = ? AND w.case_id > 0", f.Case)
	}
	if f.Org != 0 || f.Part != "" {
		cond, a := "1 = 1", []any{}
		if f.Org != 0 {
			cond, a = "u.org = ?", append(a, f.Org)
		}
		if f.Part != "" {
			cond += " AND " + parts[f.Part]
		}
		and("EXISTS (SELECT 1 FROM whistle_call u WHERE u.district = w.district AND u.whistle_id = w.id AND "+cond+")", a...)
	}
	if f.From != 0 {
		and("w.day >= ?", f.From)
	}
	if f.To != 0 {
		and("w.day <= ?", f.To)
	}
	return where, args
}

// Whistles lists the newest first; more tells that there are others behind.
func (s *Service) Whistles(ctx context.Context, scope access.Scope, f Filter) (list []*Whistle, more bool, err error) {
	where, args := f.where(scope)
	if f.After != 0 {
		where, args = where+" AND w.id < ?", append(args, f.After)
	}
	rows, err := s.DB.Query(ctx, selectWhistle+" WHERE "+where+" ORDER BY w.id DESC LIMIT ?", append(args, f.Limit+1)...)
	if list, err = store.All(rows, err, scanWhistle); err != nil {
		return nil, false, err
	}
	if more = len(list) > f.Limit; more {
		list = list[:f.Limit]
	}
	byDistrict := map[int][]int64{}
	for _, o := range list {
		byDistrict[o.District] = append(byDistrict[o.District], o.ID)
	}
	for d, ids := range byDistrict {
		calls, err := s.reader(ctx).calls(d, ids)
		if err != nil {
			return nil, false, err
		}
		for _, o := range list {
			if o.District == d {
				o.Calls = calls[o.ID]
			}
		}
	}
	return list, more, nil
}

// Sum is what the whistles of a period say of one department. Means are over the
// ratings given, n of them.
type Sum struct {
	Org                                                     int64
	Called, Waiting, InTime, Late, Missed, Shifted, Settled int
	Rated                                                   int
	Score                                                   float64
}

// Sums counts by department; each number opens its rows by Filter.Org and Part.
func (s *Service) Sums(ctx context.Context, scope access.Scope, f Filter) ([]Sum, error) {
	where, args := f.where(scope)
	count := func(part string) string { return "SUM(CASE WHEN " + parts[part] + " THEN 1 ELSE 0 END)" }
	rows, err := s.DB.Query(ctx, "SELECT u.org, COUNT(*), "+count("waiting")+", "+count("in_time")+", "+count("late")+", "+count("missed")+", "+count("shifted")+", "+count("settled")+
		", SUM(CASE WHEN u.by_street > 0 THEN 1 ELSE 0 END), SUM(u.by_street) FROM whistle w JOIN whistle_call u ON u.district = w.district AND u.whistle_id = w.id WHERE "+where+" GROUP BY u.org ORDER BY COUNT(*) DESC, u.org", args...)
	return store.All(rows, err, func(r *sql.Rows) (x Sum, err error) {
		var total int
		err = r.Scan(&x.Org, &x.Called, &x.Waiting, &x.InTime, &x.Late, &x.Missed, &x.Shifted, &x.Settled, &x.Rated, &total)
		if x.Rated > 0 {
			x.Score = float64(total) / float64(x.Rated)
		}
		return x, err
	})
}
