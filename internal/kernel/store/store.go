// Package store keeps Linli's rows: embedded SQLite, or PostgreSQL.
//
// Rooms write portable SQL with ? placeholders. Reads go through Query and
// QueryRow; Write is the only way to change anything. It joins concurrent
// callers into one durable transaction (group commit): appended rows of all
// callers become one multi-row insert a table, counters are merged, the audit
// chain is extended once, and every caller returns after the same fsync.
//
// A caller's function may run more than once: when a batch fails, its callers
// are replayed one by one so that only the one at fault fails. A failed fsync
// stops the process, because nothing that the kernel says afterwards about the
// file can be believed.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"linli/internal/kernel/errs"
)

// Engine names the database behind a DB.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// The writer's page cache in KiB, as SQLite wants it. Each commit walks all of it
// (a page split sets its highest number out of reach), so that a small one is
// quicker while commits are many; a Bulk commits seldom and touches much.
const (
	dailyCache = "-8000"
	bulkCache  = "-24000"
)

// Options says which database to open.
type Options struct {
	Dir   string           // folder of the embedded database, which is Dir/linli.db
	URL   string           // postgres://… instead of the embedded one
	Clock func() time.Time // time.Now if nil; the simulator and tests set their own
	Fatal func(error)      // called when durability is lost; default: log and exit 3
}

// DB is an open database.
type DB struct {
	engine Engine
	file   string // SQLite only
	read   *sql.DB
	write  *sql.DB
	mover  *sql.DB // SQLite: moves the log into the file behind the writer
	clock  func() time.Time
	fatal  func(error)
	queue  chan *call
	turn   sync.Mutex // of the writer that forms and runs a batch
	stop   chan struct{}
	done   chan struct{}
	ids    idSource
	last   atomic.Int64 // latest instant given by Now
	stats  stats
	polite chan struct{} // the one place for work behind the writes, see Pace

	unnests sync.Map // PostgreSQL: *Table → the text of its insert
}

// Open opens the database and starts its writers. It does not migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{clock: o.Clock, fatal: o.Fatal, queue: make(chan *call, queueLen), stop: make(chan struct{}), done: make(chan struct{}), polite: make(chan struct{}, 1)}
	if db.clock == nil {
		db.clock = time.Now
	}
	if db.fatal == nil {
		db.fatal = func(err error) {
			slog.Error("store: durability lost, stopping", "error", err)
			os.Exit(3)
		}
	}
	var err error
	if o.URL != "" {
		err = db.openPostgres(o.URL)
	} else {
		err = db.openSQLite(o.Dir)
	}
	if err != nil {
		return nil, err
	}
	if err := db.read.PingContext(ctx); err != nil {
		db.read.Close()
		db.write.Close()
		return nil, fmt.Errorf("store: cannot open the database: %w", err)
	}
	if err := db.startWriters(ctx); err != nil {
		db.read.Close()
		db.write.Close()
		return nil, err
	}
	return db, nil
}

func (db *DB) openSQLite(dir string) error {
	db.engine = SQLite
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("store: cannot make the data folder: %w", err)
	}
	db.file = filepath.Join(dir, "linli.db")
	dsn := func(pragmas ...string) string {
		all := append([]string{"busy_timeout(10000)", "foreign_keys(0)", "temp_store(2)"}, pragmas...)
		return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(db.file) + "?_pragma=" + strings.Join(all, "&_pragma=")
	}
	var err error
	// The writer comes first: it creates the file and turns WAL on.
	if db.write, err = sql.Open("sqlite", dsn("page_size(4096)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size("+dailyCache+")", "wal_autocheckpoint(0)", "journal_size_limit(67108864)")); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if err := db.write.Ping(); err != nil {
		db.write.Close()
		return fmt.Errorf("store: cannot open %s: %w", db.file, err)
	}
	if db.read, err = sql.Open("sqlite", dsn("query_only(1)", "cache_size(-6000)")); err != nil {
		return err
	}
	if db.mover, err = sql.Open("sqlite", dsn("synchronous(FULL)", "cache_size(-500)")); err != nil {
		return err
	}
	db.mover.SetMaxOpenConns(1)
	n := max(4, runtime.NumCPU())
	db.read.SetMaxOpenConns(n)
	db.read.SetMaxIdleConns(n)
	return nil
}

func (db *DB) openPostgres(url string) error {
	db.engine = Postgres
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("store: the database address is not right: %w", err)
	}
	cfg.RuntimeParams["timezone"] = "UTC"
	cfg.RuntimeParams["application_name"] = "linli"
	r := cfg.Copy()
	r.RuntimeParams["plan_cache_mode"] = "force_custom_plan" // the values decide how a list is best read
	db.read = stdlib.OpenDB(*r)
	db.read.SetMaxOpenConns(max(8, 2*runtime.NumCPU()))
	db.read.SetMaxIdleConns(8)
	w := cfg.Copy()
	w.RuntimeParams["synchronous_commit"] = "on"
	w.RuntimeParams["lock_timeout"] = "10s"
	db.write = stdlib.OpenDB(*w)
	db.write.SetMaxOpenConns(pgWriters)
	db.write.SetMaxIdleConns(pgWriters)
	return nil
}

// Close ends the writers after what they have accepted and closes the database.
func (db *DB) Close() error {
	close(db.stop)
	<-db.done
	var err error
	if db.mover != nil {
		err = db.mover.Close()
	}
	return errors.Join(db.read.Close(), err, db.write.Close()) // the last one moves the log into the file
}

// Engine says which database this is.
func (db *DB) Engine() Engine { return db.engine }

// File is the embedded database's file, or "".
func (db *DB) File() string { return db.file }

// clockSet is how far the clock must go back to count as set: less is a
// correction of the kind that time servers make.
const clockSet = 10 * 1_000_000

// Now is the clock's instant in microseconds UTC. Within a process it does not
// go back, unless the clock was set back: waiting for a time that was wrong
// would stop every limit and every job. The audit chains never go back at all.
func (db *DB) Now() int64 {
	now := db.clock().UnixMicro()
	for {
		last := db.last.Load()
		if now <= last && last-now < clockSet {
			return last
		}
		if db.last.CompareAndSwap(last, now) {
			return now
		}
	}
}

// Query reads rows outside any write.
func (db *DB) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	rows, err := db.read.QueryContext(ctx, db.rebind(q), args...)
	if err != nil && db.cut(err) {
		err = errs.Unavailable.New().Because(err)
	}
	return rows, err
}

// QueryRow reads one row outside any write.
func (db *DB) QueryRow(ctx context.Context, q string, args ...any) *sql.Row {
	return db.read.QueryRowContext(ctx, db.rebind(q), args...)
}

// Reader is what both a DB and a Snapshot offer.
type Reader interface {
	Query(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, q string, args ...any) *sql.Row
	Engine() Engine
}

// Snapshot calls fn with a reader that sees one state of the database.
func (db *DB) Snapshot(ctx context.Context, fn func(Reader) error) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: db.snapshotLevel()})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // a read transaction has nothing to lose
	return fn(&snapshot{db, tx})
}

func (db *DB) snapshotLevel() sql.IsolationLevel {
	if db.engine == Postgres {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

type snapshot struct {
	db *DB
	tx *sql.Tx
}

func (s *snapshot) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return s.tx.QueryContext(ctx, s.db.rebind(q), args...)
}

func (s *snapshot) QueryRow(ctx context.Context, q string, args ...any) *sql.Row {
	return s.tx.QueryRowContext(ctx, s.db.rebind(q), args...)
}

func (s *snapshot) Engine() Engine { return s.db.engine }

// rebind turns ? into $1, $2 … for PostgreSQL. Question marks inside quotes stay.
func (db *DB) rebind(q string) string {
	if db.engine != Postgres || !strings.Contains(q, "?") {
		return q
	}
	if v, ok := rebound.Load(q); ok {
		return v.(string)
	}
	var b strings.Builder
	b.Grow(len(q) + 16)
	n, quoted := 0, false
	for i := 0; i < len(q); i++ {
		switch c := q[i]; {
		case c == '\'':
			quoted = !quoted
			b.WriteByte(c)
		case c == '?' && !quoted:
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			b.WriteByte(c)
		}
	}
	if reboundCount.Add(1) < 4096 { // filters make many texts; the cache stays bounded
		rebound.Store(q, b.String())
	}
	return b.String()
}
