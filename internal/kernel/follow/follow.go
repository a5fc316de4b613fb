// Package follow lets a room react to what was done elsewhere – send a notice,
// tell an outside system, learn – exactly once and never inside the act itself.
//
// A Follower reads the audit chains, which hold every write in the order of its
// commit without gaps, and moves its cursor in the transaction that writes its
// reaction. It may run in any number of processes; each entry is dealt with by one.
package follow

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/store"
)

// React looks at entries of one district, in their order, and returns what to
// write because of them; nil writes nothing. It may be asked again about the
// same entries, so that all its effects belong into the write. An error stops
// the follower at this place until the reaction succeeds.
type React func(ctx context.Context, entries []audit.Row) (write func(*store.Tx) error, err error)

const (
	stretch = 500                    // entries read at once
	gentle  = 60                     // … while others write
	idle    = 400 * time.Millisecond // between looks when nothing is new
	trouble = 2 * time.Second        // after an error
)

// Follower is one room's reading of the chains.
type Follower struct {
	db     *store.DB
	name   string
	object string
	react  React
	own    time.Duration // work of the last step, without waiting for the writer
}

// New makes a follower of acts on one kind of object ("case"). name is its
// identity over restarts and processes.
func New(db *store.DB, name, object string, react React) *Follower {
	return &Follower{db: db, name: name, object: object, react: react}
}

// Begin makes a new follower begin with what is done from now on; one that has
// begun before goes on where it stood.
func (f *Follower) Begin(ctx context.Context) error {
	var n int
	if err := f.db.QueryRow(ctx, "SELECT COUNT(*) FROM follow_cursor WHERE name = ?", f.name).Scan(&n); err != nil || n > 0 {
		return err
	}
	return f.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("INSERT INTO follow_cursor (district, name, idx) VALUES (0, ?, 0) ON CONFLICT (district, name) DO NOTHING", f.name)
		if err != nil || n == 0 { // another process was quicker
			return err
		}
		return f.toEnd(tx)
	})
}

// Skip leaves out everything up to now: after a bulk load of history.
func (f *Follower) Skip(ctx context.Context) error { return f.db.Write(ctx, f.toEnd) }

func (f *Follower) toEnd(tx *store.Tx) error {
	_, err := tx.Exec("INSERT INTO follow_cursor (district, name, idx) SELECT district, ?, size FROM audit_head WHERE size > 0 ON CONFLICT (district, name) DO UPDATE SET idx = excluded.idx", f.name)
	return err
}

// Run follows until the context ends, at the pace of work behind the writes.
func (f *Follower) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failing, pace := false, f.db.Pace()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		n, err := pace.Do(ctx, func(small bool) (int, time.Duration, error) {
			most := int64(stretch)
			if small {
				most = gentle
			}
			n, err := f.step(ctx, most)
			return n, f.own, err
		})
		rest := time.Duration(0)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			if !failing {
				slog.ErrorContext(ctx, "a follower waits", "name", f.name, "error", err)
			}
			rest = trouble
		case n == 0:
			rest = idle
		}
		failing = err != nil
		timer.Reset(rest)
	}
}

// Lag is the number of entries that the follower has not seen.
func (f *Follower) Lag(ctx context.Context) (n int64, err error) {
	all, err := f.places(ctx)
	for _, p := range all {
		n += p.end - p.from
	}
	return n, err
}

type place struct {
	district  int
	from, end int64
}

func (f *Follower) places(ctx context.Context) ([]place, error) {
	rows, err := f.db.Query(ctx, `SELECT h.district, COALESCE(c.idx, 0), h.size FROM audit_head h
		LEFT JOIN follow_cursor c ON c.district = h.district AND c.name = ?
		WHERE h.size > COALESCE(c.idx, 0) ORDER BY h.district`, f.name)
	return store.All(rows, err, func(rows *sql.Rows) (p place, err error) {
		err = rows.Scan(&p.district, &p.from, &p.end)
		return p, err
	})
}

// errMoved means that another process dealt with the same stretch first.
var errMoved = errors.New("follow: the cursor moved")

// Step deals with one stretch of each chain that grew and returns how many
// entries it passed; 0 means that nothing is new.
func (f *Follower) Step(ctx context.Context) (int, error) { return f.step(ctx, stretch) }

func (f *Follower) step(ctx context.Context, most int64) (int, error) {
	f.own = 0
	all, err := f.places(ctx)
	if err != nil {
		return 0, err
	}
	passed := 0
	for _, p := range all {
		p.end = min(p.end, p.from+most)
		if err := f.pass(ctx, p); err != nil {
			return passed, err
		}
		passed += int(p.end - p.from)
	}
	return passed, nil
}

func (f *Follower) pass(ctx context.Context, p place) error {
	began := time.Now()
	rows, err := f.db.Query(ctx, "SELECT idx, at, actor, post, action, object_id, seq, detail FROM audit WHERE district = ? AND idx >= ? AND idx < ? AND object = ? ORDER BY idx",
		p.district, p.from, p.end, f.object)
	entries, err := store.All(rows, err, func(rows *sql.Rows) (r audit.Row, err error) {
		r.District, r.Object = p.district, f.object
		err = rows.Scan(&r.Idx, &r.At, &r.Actor, &r.Post, &r.Action, &r.ObjectID, &r.Seq, &r.Detail)
		return r, err
	})
	if err != nil {
		return err
	}
	var write func(*store.Tx) error
	if len(entries) > 0 {
		if write, err = f.react(ctx, entries); err != nil {
			return err
		}
	}
	read, wrote := time.Since(began), time.Duration(0)
	defer func() { f.own += read + wrote }()
	err = f.db.Write(ctx, func(tx *store.Tx) error {
		began := time.Now()
		defer func() { wrote = time.Since(began) }()
		n, err := f.move(tx, p)
		if err != nil {
			return err
		}
		if n == 0 {
			return errMoved
		}
		if write == nil {
			return nil
		}
		return write(tx)
	})
	if errors.Is(err, errMoved) {
		return nil
	}
	return err
}

func (f *Follower) move(tx *store.Tx, p place) (int64, error) {
	if p.from == 0 {
		return tx.Exec("INSERT INTO follow_cursor (district, name, idx) VALUES (?, ?, ?) ON CONFLICT (district, name) DO UPDATE SET idx = excluded.idx WHERE follow_cursor.idx = 0",
			p.district, f.name, p.end)
	}
	return tx.Exec("UPDATE follow_cursor SET idx = ? WHERE district = ? AND name = ? AND idx = ?", p.end, p.district, f.name, p.from)
}
