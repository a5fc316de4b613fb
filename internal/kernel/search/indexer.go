package search

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"linli/internal/kernel/store"
)

// Source gives the texts. The indexer learns what changed from the audit
// chains, which hold every write in the order of its commit without gaps, on
// both engines, imports included; a case costs intake nothing for being found.
type Source interface {
	// Changes tells whether an audit entry may have changed the text of its object.
	Changes(object, action string) bool
	// Texts returns the current texts of the objects; one that is left out is
	// taken out of the index.
	Texts(ctx context.Context, district int, ids []int64) (map[int64]string, error)
}

// Pace of an Indexer.
const (
	gentle  = 16                     // texts in one write while others write
	hasty   = 512                    // … after a while in which nobody else did: about 10 ms
	scanLen = 4                      // audit entries looked at for each text wanted
	idle    = 400 * time.Millisecond // between looks when nothing is new
)

// Indexer writes index rows behind the business writes.
type Indexer struct {
	db     *store.DB
	source Source
	wake   chan struct{}
	own    time.Duration // work of the last step, without waiting for the writer
}

// NewIndexer makes an indexer; start it with Run.
func NewIndexer(db *store.DB, source Source) *Indexer {
	return &Indexer{db: db, source: source, wake: make(chan struct{}, 1)}
}

// Wake tells a resting Run that something may be new. It never blocks.
func (x *Indexer) Wake() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// Run indexes until the context ends, at the pace of work behind the writes.
func (x *Indexer) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	pace, size := x.db.Pace(), gentle
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-x.wake:
		}
		n, err := pace.Do(ctx, func(small bool) (int, time.Duration, error) {
			if size = min(2*size, hasty); small {
				size = gentle
			}
			n, err := x.Step(ctx, size)
			return n, x.own, err
		})
		rest := time.Duration(0)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			slog.WarnContext(ctx, "search: indexing waits", "error", err)
			rest = 2 * time.Second
		case n == 0:
			rest = idle
		}
		timer.Reset(rest)
	}
}

// errMoved means that another process indexed the same stretch first.
var errMoved = errors.New("search: the cursor moved")

// place is where a district's chain has been followed to.
type place struct {
	district  int
	from, end int64
}

func (x *Indexer) places(ctx context.Context) ([]place, error) {
	rows, err := x.db.Query(ctx, `SELECT h.district, COALESCE(c.idx, 0), h.size FROM audit_head h
		LEFT JOIN search_cursor c ON c.district = h.district
		WHERE h.size > COALESCE(c.idx, 0) ORDER BY h.size - COALESCE(c.idx, 0) DESC`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []place
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.district, &p.from, &p.end); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// Lag is the number of audit entries that the index has not seen yet.
func (x *Indexer) Lag(ctx context.Context) (int64, error) {
	all, err := x.places(ctx)
	var n int64
	for _, p := range all {
		n += p.end - p.from
	}
	return n, err
}

// Step indexes up to about max texts and returns how many audit entries it
// has dealt with; 0 means that the index is up to date.
func (x *Indexer) Step(ctx context.Context, max int) (int, error) {
	began := time.Now()
	all, err := x.places(ctx)
	if err != nil {
		return 0, err
	}
	var moves []place // new ends
	var docs []Doc
	seen := 0
	for _, p := range all {
		if len(docs) >= max {
			break
		}
		ids, end, err := x.changed(ctx, p, max-len(docs))
		if err != nil {
			return 0, err
		}
		texts := map[int64]string{}
		if len(ids) > 0 {
			if texts, err = x.source.Texts(ctx, p.district, ids); err != nil {
				return 0, err
			}
		}
		for _, id := range ids {
			docs = append(docs, Prepare(x.db.Engine(), p.district, id, texts[id]))
		}
		moves = append(moves, place{p.district, p.from, end})
		seen += int(end - p.from)
	}
	if seen == 0 {
		return 0, nil
	}
	// One order for all, so that two processes never wait for each other in a ring.
	slices.SortFunc(moves, func(a, b place) int { return a.district - b.district })
	read, own := time.Since(began), time.Duration(0)
	err = x.db.Write(ctx, func(tx *store.Tx) error {
		start := time.Now()
		for _, m := range moves {
			var n int64
			var err error
			if m.from == 0 {
				n, err = tx.Exec("INSERT INTO search_cursor (district, idx) VALUES (?, ?) ON CONFLICT (district) DO UPDATE SET idx = excluded.idx WHERE search_cursor.idx = 0", m.district, m.end)
			} else {
				n, err = tx.Exec("UPDATE search_cursor SET idx = ? WHERE district = ? AND idx = ?", m.end, m.district, m.from)
			}
			if err != nil {
				return err
			}
			if n == 0 {
				return errMoved
			}
		}
		err := Put(tx, docs)
		own = time.Since(start)
		return err
	})
	x.own = read + own
	if errors.Is(err, errMoved) {
		return seen, nil
	}
	return seen, err
}

// changed reads a stretch of the chain: the objects whose text may have
// changed, each once, and the index after the last entry dealt with.
func (x *Indexer) changed(ctx context.Context, p place, max int) (ids []int64, end int64, err error) {
	rows, err := x.db.Query(ctx, "SELECT idx, object, action, object_id FROM audit WHERE district = ? AND idx >= ? AND idx < ? ORDER BY idx LIMIT ?", p.district, p.from, p.end, scanLen*max)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	end = p.from
	have := map[int64]bool{}
	for rows.Next() {
		var idx, id int64
		var object, action string
		if err := rows.Scan(&idx, &object, &action, &id); err != nil {
			return nil, 0, err
		}
		if x.source.Changes(object, action) && !have[id] {
			if len(ids) >= max {
				break
			}
			have[id] = true
			ids = append(ids, id)
		}
		end = idx + 1
	}
	if err := rows.Err(); err != nil {
		return nil, 0, err
	}
	if end == p.from { // a chain with a hole is for the auditor; the index goes on behind it
		end = p.end
	}
	return ids, end, nil
}

// Rebuild forgets how far the index has come, so that everything is indexed
// again; searches keep working meanwhile.
func Rebuild(ctx context.Context, db *store.DB) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE search_cursor SET idx = 0")
		return err
	})
}
