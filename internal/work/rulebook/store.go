package rulebook

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/jobs"
	"linli/internal/kernel/store"
)

// The kinds of rule in the table.
const (
	kindCategory = "category" // key: the id
	kindCalendar = "calendar" // key: the year, or "hours"
	kindRouting  = "routing"  // key: "city"
	kindSettings = "settings" // key: "city"
)

const (
	cityKey  = "city"
	hoursKey = "hours"
)

var versionTable = &store.Table{Name: "rule_version", Cols: []string{"district", "kind", "key", "version", "valid_from", "valid_to", "body", "note", "created_by", "created_at"}}

// Rulebook keeps the Books and publishes new versions.
type Rulebook struct {
	db    *store.DB
	orgs  Orgs
	areas Areas
	cur   atomic.Pointer[Book]
	mu    sync.Mutex // below
	seen  *seen
	made  []*Book
}

// Open reads all versions into memory. orgs and areas are asked again with
// every Refresh.
func Open(ctx context.Context, db *store.DB, orgs Orgs, areas Areas) (*Rulebook, error) {
	r := &Rulebook{db: db, orgs: orgs, areas: areas}
	if err := r.Refresh(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// Current is the Book in force at the instant (microseconds UTC).
func (r *Rulebook) Current(now int64) *Book {
	if b := r.cur.Load(); b != nil && b.Holds(now) {
		return b
	}
	b := r.At(now)
	r.cur.Store(b)
	return b
}

// At is Current for a look at another day: it leaves the book that the
// requests of today find first where it is.
func (r *Rulebook) At(now int64) *Book {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bookAt(now)
}

// keptBooks bounds the books kept for other times than now: history that is
// simulated or imported walks through them in order.
const keptBooks = 16

// bookAt finds or makes the book; r.mu is held.
func (r *Rulebook) bookAt(now int64) *Book {
	for _, b := range r.made {
		if b.Holds(now) {
			return b
		}
	}
	b, err := r.seen.book(calendar.Standard().Day(now))
	if err == nil && !b.Holds(now) { // the city's zone is another one
		b, err = r.seen.book(b.cal.Day(now))
	}
	if err != nil {
		// Whatever is published was compiled before it was written, so this is
		// a damaged table. The last good book goes on.
		slog.Error("rulebook: cannot compile", "error", err)
		if last := r.cur.Load(); last != nil {
			return last
		}
		panic(errNoBook)
	}
	if len(r.made) == keptBooks {
		r.made = slices.Delete(r.made, 0, 1)
	}
	r.made = append(r.made, b)
	return b
}

// Refresh reads the versions again if they, the organisations, the programs
// or the regions have changed.
func (r *Rulebook) Refresh(ctx context.Context) error {
	orgs, sources, areas := slices.Clone(r.orgs.Orgs()), slices.Clone(r.orgs.Sources()), slices.Clone(r.areas.Areas())
	slices.SortFunc(orgs, func(a, b Org) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(sources, func(a, b Source) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(areas, func(a, b Area) int { return cmp.Compare(a.Code, b.Code) })
	var n int64
	if err := r.db.QueryRow(ctx, "SELECT n FROM rule_stamp WHERE district = 0").Scan(&n); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.seen
	if old != nil && old.stamp == n && slices.Equal(old.orgs, orgs) && slices.Equal(old.sources, sources) && slices.Equal(old.areas, areas) {
		return nil
	}
	s := &seen{stamp: n, orgs: orgs, sources: sources, areas: areas, grid: r.areas.GridCommunity}
	if old != nil && old.stamp == n {
		s.categories, s.years, s.hours, s.routing, s.settings = old.categories, old.years, old.hours, old.routing, old.settings
	} else if err := r.read(ctx, s); err != nil {
		return err
	}
	if _, err := s.book(calendar.Standard().Day(r.db.Now())); err != nil {
		return err
	}
	r.seen, r.made = s, nil
	r.cur.Store(r.bookAt(r.db.Now()))
	return nil
}

// Watch keeps up with other processes until the context ends.
func (r *Rulebook) Watch(ctx context.Context) { jobs.Follow(ctx, "rulebook", r.Refresh) }

// read fills s from one state of the table.
func (r *Rulebook) read(ctx context.Context, s *seen) error {
	s.categories, s.years = map[int64][]Version[*Category]{}, map[int][]Version[calendar.Year]{}
	return r.db.Snapshot(ctx, func(q store.Reader) error {
		if err := q.QueryRow(ctx, "SELECT n FROM rule_stamp WHERE district = 0").Scan(&s.stamp); err != nil {
			return err
		}
		rows, err := q.Query(ctx, "SELECT kind, key, version, valid_from, valid_to, body, note, created_by, created_at FROM rule_version WHERE district = 0 ORDER BY kind, key, version")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind, key, body string
			var v Version[string]
			if err := rows.Scan(&kind, &key, &v.Version, &v.ValidFrom, &v.ValidTo, &body, &v.Note, &v.CreatedBy, &v.CreatedAt); err != nil {
				return err
			}
			if err := s.add(kind, key, v, []byte(body)); err != nil {
				return fmt.Errorf("rulebook: %s %s version %d: %w", kind, key, v.Version, err)
			}
		}
		return rows.Err()
	})
}

func (s *seen) add(kind, key string, v Version[string], body []byte) (err error) {
	switch kind {
	case kindCategory:
		id, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return err
		}
		c, err := decode[Category](v, body)
		if err != nil {
			return err
		}
		c.Body.ID, c.Body.Version, c.Body.ValidFrom, c.Body.ValidTo = id, v.Version, v.ValidFrom, v.ValidTo
		s.categories[id] = append(s.categories[id], Version[*Category]{v.Version, v.ValidFrom, v.ValidTo, v.Note, v.CreatedBy, v.CreatedAt, &c.Body})
	case kindCalendar:
		if key == hoursKey {
			h, err := decode[Hours](v, body)
			s.hours = append(s.hours, h)
			return err
		}
		year, err := strconv.Atoi(key)
		if err != nil {
			return err
		}
		y, err := decode[calendar.Year](v, body)
		if err != nil {
			return err
		}
		s.years[year] = append(s.years[year], y)
	case kindRouting:
		var x Version[Routing]
		x, err = decode[Routing](v, body)
		s.routing = append(s.routing, x)
	case kindSettings:
		var x Version[Settings]
		x, err = decode[Settings](v, body)
		if err == nil { // a setting that came with a later program has its default
			x.Body = DefaultSettings()
			err = json.Unmarshal(body, &x.Body)
		}
		s.settings = append(s.settings, x)
	default:
		err = errors.New("unknown kind")
	}
	return err
}

func decode[T any](v Version[string], body []byte) (out Version[T], err error) {
	out = Version[T]{Version: v.Version, ValidFrom: v.ValidFrom, ValidTo: v.ValidTo, Note: v.Note, CreatedBy: v.CreatedBy, CreatedAt: v.CreatedAt}
	return out, json.Unmarshal(body, &out.Body)
}

// draft is a version about to be written.
type draft struct {
	kind, key string
	base      int // the version it was made from, 0 for the first
	from, to  int
	note      string
	body      any
}

// write appends the drafts in one transaction, each with its audit entry, and
// swaps the book.
func (r *Rulebook) write(ctx context.Context, scope access.Scope, drafts ...draft) error {
	bodies := make([]string, len(drafts))
	for i, d := range drafts {
		raw, err := json.Marshal(d.body)
		if err != nil {
			return err
		}
		bodies[i] = string(raw)
	}
	err := r.db.Write(ctx, func(tx *store.Tx) error {
		for i, d := range drafts {
			var last sql.NullInt64
			if err := tx.QueryRow("SELECT MAX(version) FROM rule_version WHERE district = 0 AND kind = ? AND key = ?", d.kind, d.key).Scan(&last); err != nil {
				return err
			}
			if int(last.Int64) != d.base {
				return errs.Stale.New("current", last.Int64)
			}
			version := d.base + 1
			now := tx.Now()
			tx.Append(versionTable, 0, d.kind, d.key, version, d.from, d.to, bodies[i], d.note, scope.Account(), now)
			detail, err := json.Marshal(struct {
				Key       string `json:"key"`
				Kind      string `json:"kind"`
				Note      string `json:"note"`
				ValidFrom int    `json:"valid_from"`
				ValidTo   int    `json:"valid_to"`
				Version   int    `json:"version"`
			}{d.key, d.kind, d.note, d.from, d.to, version})
			if err != nil {
				return err
			}
			id, _ := strconv.ParseInt(d.key, 10, 64) // 0 for keys that are words
			post := scope.Post()
			if p, ok := scope.PostFor(access.Target{}); ok {
				post = p
			}
			tx.Record(audit.Entry{Actor: scope.Account(), Post: post.ID, Action: "rule." + d.kind, Object: "rule", ObjectID: id, Seq: version,
				Detail: detail, Digest: digest(d, version, bodies[i], scope.Account(), now)})
		}
		_, err := tx.Exec("UPDATE rule_stamp SET n = n + 1 WHERE district = 0")
		return err
	})
	if store.IsDuplicate(err) {
		return errs.Stale.New("current", drafts[0].base+1).Because(err)
	}
	if err != nil {
		return err
	}
	return r.Refresh(ctx)
}

// digest is the SHA-256 of the row's values as a JSON list.
func digest(d draft, version int, body string, by, at int64) [32]byte {
	raw, _ := json.Marshal([]any{0, d.kind, d.key, version, d.from, d.to, body, d.note, by, at}) // numbers and strings always encode
	return sha256.Sum256(raw)
}

// Entry is a line of the history of publications.
type Entry struct {
	Kind, Key string
	Version[json.RawMessage]
}

// History lists publications of a kind and key ("" for all), newest first,
// after the first skip ones, at most limit.
func (r *Rulebook) History(ctx context.Context, kind, key string, skip, limit int) ([]Entry, error) {
	q := "SELECT kind, key, version, valid_from, valid_to, body, note, created_by, created_at FROM rule_version WHERE district = 0"
	var args []any
	if kind != "" {
		q, args = q+" AND kind = ?", append(args, kind)
	}
	if key != "" {
		q, args = q+" AND key = ?", append(args, key)
	}
	rows, err := r.db.Query(ctx, q+" ORDER BY created_at DESC, kind, key, version DESC LIMIT ? OFFSET ?", append(args, limit, skip)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Entry
	for rows.Next() {
		var e Entry
		var body string
		if err := rows.Scan(&e.Kind, &e.Key, &e.Version.Version, &e.ValidFrom, &e.ValidTo, &body, &e.Note, &e.CreatedBy, &e.CreatedAt); err != nil {
			return nil, err
		}
		e.Body = json.RawMessage(body)
		out = append(out, e)
	}
	return out, rows.Err()
}
