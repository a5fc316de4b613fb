package store

import (
	"context"
	"errors"
)

// bulkLen is the number of writes between commits inside Bulk.
const bulkLen = 2000

type bulkKey struct{}

// Bulk runs fn alone on a writer. Every Write under the context that fn gets is
// applied at once, in order, and made durable every so often and at the end; a
// write that fails undoes only itself. It is for the simulator and imports:
// what fn's callers were told is durable only when Bulk returns nil.
func (db *DB) Bulk(ctx context.Context, fn func(ctx context.Context) error) error {
	c := &call{ctx: ctx, done: make(chan error, 1), bulk: true}
	c.fn = func(tx *Tx) error {
		if db.engine == SQLite {
			if err := tx.run("PRAGMA cache_size = " + bulkCache); err != nil {
				return err
			}
			defer func() { _ = tx.run("PRAGMA cache_size = " + dailyCache) }() // failing, it costs speed alone
		}
		b := &bulk{tx: tx}
		if err := fn(context.WithValue(ctx, bulkKey{}, b)); err != nil {
			return errors.Join(err, b.commit())
		}
		return b.commit()
	}
	return db.do(c)
}

// bulk is the state of a Bulk. Appended rows wait in memory until something is
// read or changed directly; then those of earlier writes go out first, behind
// them a savepoint to which this write can be undone, behind it the write's own.
type bulk struct {
	tx    *Tx
	n     int
	mark  pendingMark // what earlier writes have pending
	point bool        // there is a savepoint in the transaction
	saved bool        // … of this write
	dead  error       // rows of writes that had succeeded could not be kept
}

func (b *bulk) write(ctx context.Context, fn func(*Tx) error) error {
	tx := b.tx
	if b.dead != nil {
		return b.dead
	}
	if !tx.open {
		if err := tx.begin(); err != nil {
			return tx.db.translate(err)
		}
		b.point = false
	}
	b.mark, b.saved = tx.pending.mark(), false
	after := len(tx.after)
	tx.ctx, tx.bulk, tx.dirty = ctx, b, false
	err := tx.call(fn)
	if err == nil && tx.broken {
		err = errWentOn
	}
	if err == nil {
		if b.n++; b.n%bulkLen == 0 {
			return b.commit()
		}
		return nil
	}
	err = tx.db.translate(err)
	tx.pending.undo(b.mark)
	tx.after = tx.after[:after]
	switch {
	case b.dead != nil:
	case b.saved:
		tx.broken = false
		if e := tx.run("ROLLBACK TO bulk"); e != nil {
			b.dead = tx.db.translate(e)
		}
	case tx.broken:
		b.dead = err
	}
	return err
}

// flush brings the database to what this write may see.
func (b *bulk) flush() error {
	tx := b.tx
	if b.saved {
		return tx.flush(false)
	}
	out := tx.pending.split(tx.db.engine, b.mark, 0)
	if b.point {
		out = append(out, stmt{sql: "RELEASE bulk"})
	}
	out = append(out, stmt{sql: "SAVEPOINT bulk"})
	out = append(out, tx.pending.split(tx.db.engine, b.mark, 1)...)
	if err := tx.send(out); err != nil {
		b.dead = tx.db.translate(err)
		return err
	}
	b.point, b.saved = true, true
	b.mark.tables = nil // nothing of earlier writes is left
	tx.pending.sent()
	return nil
}

func (b *bulk) commit() error {
	tx := b.tx
	if b.dead != nil {
		tx.rollback()
		return b.dead
	}
	if !tx.open {
		return nil
	}
	if err := tx.commit(); err != nil {
		tx.rollback()
		b.dead = tx.db.translate(err)
	}
	return b.dead
}
