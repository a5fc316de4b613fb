package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"linli/internal/kernel/errs"
)

// The write-ahead log is moved into the database file behind the writer, on a
// connection of its own, whenever it grew by walStep. SQLite starts the log anew
// only when nothing of it is left to move, which never happens under constant
// load; so from walLimit on the writer itself moves the little rest between two
// batches. PASSIVE never waits for readers: what they hold back comes next time.
const (
	walStep  = 8 << 20
	walLimit = 48 << 20
	walPace  = 100 * time.Millisecond
)

func (db *DB) walSize() int64 {
	st, err := os.Stat(db.file + "-wal")
	if err != nil {
		return 0
	}
	return st.Size()
}

// checkpoint moves the log; done is how much of it is moved now, in pages.
func (db *DB) checkpoint(row func(q string) interface{ Scan(...any) error }) {
	var busy, pages, done int
	if err := row("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &done); err != nil {
		if lost(err) {
			db.fatal(err)
		}
		slog.Warn("store: checkpoint", "error", err)
	}
}

// keepLogShort runs checkpoints behind the writer until the store closes.
func (db *DB) keepLogShort() {
	t := time.NewTicker(walPace)
	defer t.Stop()
	var last int64 // batches at the last checkpoint
	var size int64 // log length then
	for {
		select {
		case <-db.stop:
			return
		case <-t.C:
		}
		batches, now := db.stats.batches.Load(), db.walSize()
		if now < size { // the log started anew
			size = 0
		}
		idle := batches == last || now == 0
		if now-size < walStep && (idle || now < walStep/4) {
			continue
		}
		db.checkpoint(func(q string) interface{ Scan(...any) error } { return db.mover.QueryRow(q) })
		last, size = batches, now
	}
}

// Keep renews this process's place among the writers until the context ends.
// Call it once after Migrate; it returns after the place is taken.
func (db *DB) Keep(ctx context.Context) error {
	if err := db.takeNode(ctx); err != nil {
		return err
	}
	go func() {
		t := time.NewTicker(5 * time.Second)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				if err := db.keepNode(ctx, false); err != nil && ctx.Err() == nil {
					slog.Warn("store: could not renew the writer's place", "error", err)
				}
			case <-ctx.Done():
				return
			case <-db.stop:
				return
			}
		}
	}()
	return db.keepNode(ctx, false)
}

// Release gives this process's place among the writers back before Close.
func (db *DB) Release(ctx context.Context) error { return db.keepNode(ctx, true) }

// Ready says whether the database can be read and written: nil, or why not.
func (db *DB) Ready(ctx context.Context) error {
	var n int
	if err := db.QueryRow(ctx, "SELECT COUNT(*) FROM migration").Scan(&n); err != nil {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		node, owner := db.ids.place()
		_, err := tx.Exec("UPDATE node SET seen = ? WHERE id = ? AND owner = ?", time.Now().UnixMilli(), node, owner)
		return err
	})
}

// Analyze gathers statistics, without which the engines plan rare words and
// filters badly. It is worth a call after a bulk load and once a day. SQLite
// looks at 40,000 entries an index: with far fewer, an index of the few open
// cases looks like one of all, and lists walk the wrong one.
func (db *DB) Analyze(ctx context.Context) error {
	return db.Write(ctx, func(tx *Tx) error {
		if tx.Engine() == SQLite {
			if _, err := tx.Exec("PRAGMA analysis_limit = 40000"); err != nil {
				return err
			}
		}
		_, err := tx.Exec("ANALYZE")
		return err
	})
}

// sqliteCode is the primary and extended result code, or 0.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// lost tells whether the error means that durability can no longer be trusted.
func lost(err error) bool {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

// IsDuplicate tells whether the error is a violated unique constraint.
func IsDuplicate(err error) bool {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return true
	}
	return pgCode(err) == "23505"
}

// Unreachable tells whether the error means that PostgreSQL could not be
// reached, or that the connection broke: what was asked may be tried again.
func Unreachable(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	switch pg := pgCode(err); {
	case strings.HasPrefix(pg, "08"), strings.HasPrefix(pg, "57P"):
		return true
	case pg != "", err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, net.ErrClosed)
}

// cut is Unreachable for an error that is known to come from the database: an
// end of file is then the connection's.
func (db *DB) cut(err error) bool {
	return db.engine == Postgres && (Unreachable(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

// translate turns a driver's error into one of the catalogue; others pass.
func (db *DB) translate(err error) error {
	var known *errs.Error
	if err == nil || errors.As(err, &known) || IsDuplicate(err) {
		return err
	}
	if lost(err) {
		db.fatal(err)
	}
	code := sqliteCode(err)
	pg := pgCode(err)
	switch {
	case code&0xff == sqlite3.SQLITE_FULL, code == sqlite3.SQLITE_IOERR_WRITE, code == sqlite3.SQLITE_IOERR_SHMSIZE, code == sqlite3.SQLITE_IOERR_TRUNCATE, pg == "53100",
		strings.Contains(err.Error(), "no space left on device"):
		return errs.StorageFull.New().Because(err)
	case code&0xff == sqlite3.SQLITE_BUSY, code&0xff == sqlite3.SQLITE_READONLY, code&0xff == sqlite3.SQLITE_CANTOPEN,
		pg == "55P03", pg == "40P01", pg == "40001", strings.HasPrefix(pg, "57"), strings.HasPrefix(pg, "53"), db.cut(err):
		return errs.Unavailable.New("seconds", 1).Because(err)
	}
	return err
}

// stats counts what the writers did.
type stats struct {
	batches, calls, micros atomic.Int64
}

func (s *stats) note(calls int, took time.Duration) {
	s.batches.Add(1)
	s.calls.Add(int64(calls))
	s.micros.Add(took.Microseconds())
}

// Stats returns how many batches and calls the writers ran, and for how long.
func (db *DB) Stats() (batches, calls int64, busy time.Duration) {
	return db.stats.batches.Load(), db.stats.calls.Load(), time.Duration(db.stats.micros.Load()) * time.Microsecond
}

// Waiting is the number of callers that wait for a writer.
func (db *DB) Waiting() int { return len(db.queue) }
