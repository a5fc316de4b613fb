package topic

import (
	"context"
	"database/sql"
	"encoding/json"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/work/topic/early"
)

// Sign is a community with more reports of a kind in a week than usual.
type Sign struct {
	District          int
	ID                int64
	Street, Community int64
	Category          int64
	FirstDay, LastDay int // the week, yyyymmdd
	N                 int
	Expected          float64
	Usual             int
	P                 float64
	Weeks             []int // the counts of the weeks before and of this one, oldest first
	FoundAt           int64
	State             string // open, taken, dismissed
	Account           int64
	DecidedAt         int64
	Note              string
	Version           int
}

const (
	weeksBack = 27
	weekLong  = 7 * 24 * 3600 * 1_000_000
)

var finder = access.System("early signs")

// FindSigns looks at the seven days that ended yesterday in every district and
// keeps what is new; a cell is reported once in seven days.
func (s *Service) FindSigns(ctx context.Context) (int, error) {
	cal := s.Calendar()
	today := cal.Day(s.DB.NowIn(ctx))
	until := cal.DayStart(today)
	from := until - weeksBack*weekLong
	first, last := cal.AddDays(today, -7), cal.AddDays(today, -1)
	n := 0
	for _, d := range finder.Districts() {
		weeks, err := s.Cases.Weeks(ctx, d, from, until)
		if err != nil {
			return n, err
		}
		counts := map[early.Cell][]int{}
		for _, w := range weeks {
			c := early.Cell{Place: w.Community, Kind: w.Category}
			if counts[c] == nil {
				counts[c] = make([]int, weeksBack)
			}
			counts[c][w.Week] = w.N
		}
		for _, f := range early.Find(counts) {
			fresh, err := s.keep(ctx, Sign{District: d, ID: s.DB.NextID(), Street: f.Place / 1000, Community: f.Place, Category: f.Kind, FirstDay: first, LastDay: last,
				N: f.N, Expected: f.Expected, Usual: f.Usual, P: f.P, Weeks: f.Weeks, State: "open", Version: 1})
			if err != nil {
				return n, err
			}
			if fresh {
				n++
			}
		}
	}
	return n, nil
}

const signCols = "district, id, street, community, category, first_day, last_day, n, expected, usual, p, weeks, found_at, state, account, decided_at, note, version"

// keep writes the sign unless the cell has one of the last seven days.
func (s *Service) keep(ctx context.Context, g Sign) (fresh bool, err error) {
	weeks, err := json.Marshal(g.Weeks)
	if err != nil {
		return false, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		fresh = false
		var n int
		if err := tx.QueryRow("SELECT COUNT(*) FROM early_sign WHERE district = ? AND last_day >= ? AND community = ? AND category = ?", g.District, g.FirstDay, g.Community, g.Category).Scan(&n); err != nil || n > 0 {
			return err
		}
		fresh = true
		if _, err := tx.Exec("INSERT INTO early_sign ("+signCols+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			g.District, g.ID, g.Street, g.Community, g.Category, g.FirstDay, g.LastDay, g.N, g.Expected, g.Usual, g.P, string(weeks), tx.Now(), g.State, 0, 0, "", g.Version); err != nil {
			return err
		}
		tx.Record(audit.Entry{District: g.District, Action: "sign.found", Object: "sign", ObjectID: g.ID, Seq: 1})
		return nil
	})
	return fresh, err
}

var signPlace = access.Cols{District: "district", Street: "street", Community: "community", Grid: "-1", Org: "0 = ?"}

// Signs lists the newest signs of the scope, at most 200; state "" is every one.
func (s *Service) Signs(ctx context.Context, scope access.Scope, state string) ([]Sign, error) {
	where, args := scope.Where(signPlace)
	q := "SELECT " + signCols + " FROM early_sign WHERE " + where
	if state != "" {
		q, args = q+" AND state = ?", append(args, state)
	}
	rows, err := s.DB.Query(ctx, q+" ORDER BY last_day DESC, p, id LIMIT 200", args...)
	return store.All(rows, err, func(r *sql.Rows) (Sign, error) { return scanSign(r) })
}

func scanSign(r interface{ Scan(...any) error }) (g Sign, err error) {
	var weeks string
	if err := r.Scan(&g.District, &g.ID, &g.Street, &g.Community, &g.Category, &g.FirstDay, &g.LastDay, &g.N, &g.Expected, &g.Usual, &g.P, &weeks, &g.FoundAt, &g.State, &g.Account, &g.DecidedAt, &g.Note, &g.Version); err != nil {
		return g, err
	}
	return g, json.Unmarshal([]byte(weeks), &g.Weeks)
}

// Decide takes a sign up or dismisses it, with a note.
func (s *Service) Decide(ctx context.Context, scope access.Scope, id int64, version int, state, note string, onWrite func(*store.Tx) error) error {
	post, _ := scope.PostFor(access.Target{})
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		where, args := scope.Where(signPlace)
		rows, err := tx.Query("SELECT "+signCols+" FROM early_sign WHERE id = ? AND "+where, append([]any{id}, args...)...)
		found, err := store.All(rows, err, func(r *sql.Rows) (Sign, error) { return scanSign(r) })
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return errs.NotFound.New()
		}
		g := found[0]
		if g.Version != version {
			return errs.Stale.New("current", g.Version)
		}
		if _, err := tx.Exec("UPDATE early_sign SET state = ?, account = ?, decided_at = ?, note = ?, version = version + 1 WHERE district = ? AND id = ?", state, scope.Account(), tx.Now(), note, g.District, g.ID); err != nil {
			return err
		}
		tx.Record(audit.Entry{District: g.District, Actor: scope.Account(), Post: post.ID, Action: "sign." + state, Object: "sign", ObjectID: g.ID, Seq: g.Version + 1})
		return onWrite(tx)
	})
}
