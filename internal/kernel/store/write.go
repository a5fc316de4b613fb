package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

const (
	queueLen  = 4096 // callers that may wait; more are told to come back
	batchLen  = 256  // callers joined into one transaction at most
	pgWriters = 2    // one forms and runs batches, the other takes over while it runs a Bulk
)

// call is one caller's write.
type call struct {
	ctx  context.Context
	fn   func(*Tx) error
	done chan error
	bulk bool
}

type atKey struct{}

// ContextAt makes writes under the context happen at the given instant
// (microseconds UTC) instead of the clock's: for history that is imported or
// simulated. The audit chain still never goes back in time.
func ContextAt(ctx context.Context, at int64) context.Context {
	return context.WithValue(ctx, atKey{}, at)
}

// NowIn is the instant of a write under the context: ContextAt's, or the clock's.
func (db *DB) NowIn(ctx context.Context) int64 {
	if at, ok := ctx.Value(atKey{}).(int64); ok {
		return at
	}
	return db.Now()
}

// Write runs fn in a durable transaction and returns after its fsync, nil or
// the error that fn gave or a catalogue error when the store could not write.
// fn may run more than once; it must change nothing but tx and its own locals.
// The context is looked at until fn starts; what has started is finished.
func (db *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	if b, ok := ctx.Value(bulkKey{}).(*bulk); ok {
		return b.write(ctx, fn)
	}
	return db.do(&call{ctx: ctx, fn: fn, done: make(chan error, 1)})
}

// do hands the call to a writer and waits for its answer.
func (db *DB) do(c *call) error {
	if err := db.enqueue(c); err != nil {
		return err
	}
	select {
	case err := <-c.done:
		return err
	case <-db.done:
	}
	select {
	case err := <-c.done:
		return err
	default: // it came when the writers had just ended
		return errs.Unavailable.New("seconds", 1)
	}
}

// enqueue puts the call in the writers' queue, or says that too many wait.
func (db *DB) enqueue(c *call) error {
	select {
	case <-db.stop:
		return errs.Unavailable.New("seconds", 1)
	default:
	}
	select {
	case db.queue <- c:
		return nil
	default:
		return errs.Busy.New("seconds", 1)
	}
}

func (db *DB) startWriters(ctx context.Context) error {
	n := 1
	if db.engine == Postgres {
		n = pgWriters
	}
	conns := make([]*sql.Conn, n)
	for i := range conns {
		c, err := db.write.Conn(ctx)
		if err != nil {
			return fmt.Errorf("store: cannot open a writing connection: %w", err)
		}
		conns[i] = c
	}
	var wg sync.WaitGroup
	for _, c := range conns {
		wg.Go(func() { db.writer(c) })
	}
	if db.engine == SQLite {
		wg.Go(db.keepLogShort)
	}
	go func() {
		wg.Wait()
		close(db.done)
	}()
	return nil
}

// writer joins waiting calls into batches until the store closes. Only one forms
// batches at a time: two would share the waiting calls between them, and then
// wait for each other at the heads of the audit chains all the same.
func (db *DB) writer(conn *sql.Conn) {
	tx := &Tx{db: db}
	tx.use(conn)
	defer func() { tx.conn.Close() }()
	batch := make([]*call, 0, batchLen)
	big := 0       // batches, to look at the log's size now and then
	var held *call // a bulk that was met among others: it runs alone, right after them
	for {
		first := held
		held = nil
		if first == nil {
			db.turn.Lock()
			if first = db.next(); first == nil {
				db.turn.Unlock()
				return
			}
			if first.bulk {
				db.turn.Unlock()
			}
		}
		if tx.gone() {
			tx.reconnect()
		}
		if first.bulk {
			tx.ctx = first.ctx
			first.done <- tx.call(first.fn)
			tx.rollback()
			tx.bulk = nil
			continue
		}
		batch = append(batch[:0], first)
	fill:
		for len(batch) < batchLen {
			select {
			case c := <-db.queue:
				if c.bulk {
					held = c
					break fill
				}
				batch = append(batch, c)
			default:
				break fill
			}
		}
		start := time.Now()
		db.runBatch(tx, batch)
		db.stats.note(len(batch), time.Since(start))
		db.turn.Unlock()
		if db.engine == SQLite {
			if big++; big%16 == 0 && db.walSize() > walLimit {
				db.checkpoint(func(q string) interface{ Scan(...any) error } { return tx.QueryRow(q) })
			}
		}
	}
}

// next waits for a call; nil when the store has closed and nothing is left.
func (db *DB) next() *call {
	select {
	case c := <-db.queue:
		return c
	case <-db.stop:
	}
	select { // finish what was accepted
	case c := <-db.queue:
		return c
	default:
		return nil
	}
}

// use takes the connection; what was prepared on another one is forgotten.
func (tx *Tx) use(conn *sql.Conn) {
	tx.conn, tx.stmts, tx.inserts = conn, map[string]*sql.Stmt{}, map[string]driver.StmtExecContext{}
}

// errWentOn is a caller's fault: it took no notice of a failed statement.
var errWentOn = errors.New("store: a write went on after a failed statement")

// runBatch runs the calls in one transaction. A caller that fails after it
// changed rows takes the transaction with it: the rest is run again without it.
// If the batch's own flush or commit fails, callers are replayed one by one,
// unless the connection is lost: then all are told to try again.
// Nobody is answered before the commit: a refusal may rest on what an earlier
// caller of the batch did, and must hold when its caller looks.
func (db *DB) runBatch(tx *Tx, batch []*call) {
	live := make([]*call, 0, len(batch))
	for _, c := range batch {
		if err := c.ctx.Err(); err != nil {
			c.done <- err
			continue
		}
		live = append(live, c)
	}
	var refused []*call
	var reasons []error
again:
	err := tx.begin()
	if err != nil {
		db.fail(live, err)
		db.fail(refused, err)
		return
	}
	kept := make([]*call, 0, len(live))
	for i, c := range live {
		tx.ctx, tx.dirty = c.ctx, false
		mark := tx.pending.mark()
		after := len(tx.after)
		err := tx.call(c.fn)
		if err == nil && tx.broken {
			err = errWentOn
		}
		if err != nil {
			tx.pending.undo(mark)
			tx.after = tx.after[:after]
			refused, reasons = append(refused, c), append(reasons, db.translate(err))
			if tx.dirty || tx.broken {
				tx.rollback()
				live = append(kept, live[i+1:]...)
				goto again
			}
			continue
		}
		kept = append(kept, c)
	}
	if len(kept) == 0 {
		tx.rollback()
	} else if err = tx.commit(); err != nil {
		tx.rollback()
		switch {
		case lost(err), tx.gone(), len(kept)+len(refused) == 1: // whether a lost connection's commit held is not known: no replay
			db.fail(kept, err)
			db.fail(refused, err)
		default:
			for _, c := range append(kept, refused...) {
				db.runBatch(tx, []*call{c})
			}
		}
		return
	}
	for _, c := range kept {
		c.done <- nil
	}
	for i, c := range refused {
		c.done <- reasons[i]
	}
}

func (db *DB) fail(calls []*call, err error) {
	err = db.translate(err)
	for _, c := range calls {
		c.done <- err
	}
}

// Tx is a caller's part of a batch. It is valid only inside the function.
type Tx struct {
	db      *DB
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	inserts map[string]driver.StmtExecContext // of flushes, SQLite only; few texts, never dropped
	args    []driver.NamedValue               // their values, reused
	ctx     context.Context                   // the caller's, for its values only
	open    bool
	unsent  bool  // PostgreSQL: BEGIN goes out with the first statement
	dirty   bool  // the caller changed rows directly
	broken  bool  // PostgreSQL: a statement failed, the transaction is lost
	bulk    *bulk // Bulk: appended rows are flushed before anything is read
	pending pending
	after   []func()
	cells   map[TallyKey]*cell // Merge: counters by their key without the measure
	near    *cell              // the cell touched last
	nearAt  TallyKey
}

// Stage is a Tx that only collects: what is appended, tallied and recorded on it
// outside a write is taken over by Tx.Take inside one. It keeps the work of a
// command that reads nothing out of the writer's way. Reading or changing rows
// on it panics.
func (db *DB) Stage(ctx context.Context) *Tx {
	return &Tx{db: db, ctx: ContextAt(ctx, db.NowIn(ctx))}
}

// Take adds everything that was collected on the stage. The stage is not
// emptied, so a replayed write takes it again.
func (tx *Tx) Take(stage *Tx) {
	for _, t := range stage.pending.tables {
		tx.pending.add(t.table, t.vals)
	}
	tx.pending.tallies = append(tx.pending.tallies, stage.pending.tallies...)
	for k, c := range stage.cells {
		for k.Measure = range c {
			tx.Tally(k, c[k.Measure])
		}
	}
	tx.pending.entries = append(tx.pending.entries, stage.pending.entries...)
	tx.after = append(tx.after, stage.after...)
}

// Merge makes the stage join equal counters as they come, so that a stage with
// many rows stays small and leaves the writer less to do.
func (tx *Tx) Merge() { tx.cells = map[TallyKey]*cell{} }

// cell is one place of a cube with all its measures, of which cubes have few.
type cell [128]int64

// call runs fn and turns a panic into an error.
func (tx *Tx) call(fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.Internal.New().Because(fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack()))
		}
	}()
	return fn(tx)
}

func (tx *Tx) begin() error {
	tx.broken = false
	if tx.db.engine == Postgres {
		tx.open, tx.unsent = true, true
		return nil
	}
	if err := tx.run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	tx.open = true
	return nil
}

// commit writes what is pending and makes all durable.
func (tx *Tx) commit() error {
	if err := tx.flush(true); err != nil {
		return err
	}
	if tx.db.engine == SQLite {
		if err := tx.run("COMMIT"); err != nil {
			return err
		}
	}
	tx.open = false
	for _, f := range tx.after {
		f()
	}
	tx.after = tx.after[:0]
	return nil
}

func (tx *Tx) rollback() {
	tx.pending.reset()
	tx.after = tx.after[:0]
	if !tx.open || tx.unsent {
		tx.open, tx.unsent = false, false
		return
	}
	tx.open = false
	// The connection is dropped by database/sql if this fails; SQLite may have
	// rolled back by itself (full disk), which is no error here.
	_ = tx.run("ROLLBACK")
}

// run executes a statement without arguments, apart from any caller's context:
// a batch is never torn by one caller going away.
func (tx *Tx) run(q string) error {
	_, err := tx.exec(q)
	return err
}

func (tx *Tx) exec(q string, args ...any) (sql.Result, error) {
	s, err := tx.ready(q)
	if err != nil {
		tx.broken = true
		return nil, err
	}
	r, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		tx.broken = true
	}
	return r, err
}

// ready is the prepared statement, once what must go before it is sent.
func (tx *Tx) ready(q string) (*sql.Stmt, error) {
	if tx.unsent {
		if err := tx.send(nil); err != nil {
			return nil, err
		}
	}
	return tx.stmt(q)
}

// stmt is the prepared statement of the text on this connection.
func (tx *Tx) stmt(q string) (*sql.Stmt, error) {
	if s := tx.stmts[q]; s != nil {
		return s, nil
	}
	s, err := tx.conn.PrepareContext(context.Background(), tx.db.rebind(q))
	if err != nil {
		return nil, err
	}
	if len(tx.stmts) >= 512 {
		for text, old := range tx.stmts { // any one will do
			_ = old.Close()
			delete(tx.stmts, text)
			break
		}
	}
	tx.stmts[q] = s
	return s, nil
}

// Exec changes rows and returns how many.
func (tx *Tx) Exec(q string, args ...any) (int64, error) {
	if tx.bulk != nil {
		if err := tx.bulk.flush(); err != nil {
			return 0, err
		}
	}
	r, err := tx.exec(q, args...)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	if n > 0 {
		tx.dirty = true
	}
	return n, err
}

// Query reads rows as the batch sees them: rows appended in the same batch are
// not yet among them. Close the rows before the next statement.
func (tx *Tx) Query(q string, args ...any) (*sql.Rows, error) {
	if tx.bulk != nil {
		if err := tx.bulk.flush(); err != nil {
			return nil, err
		}
	}
	s, err := tx.ready(q)
	if err != nil {
		tx.broken = true
		return nil, err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		tx.broken = true
	}
	return rows, err
}

// Row is the result of Tx.QueryRow.
type Row struct {
	rows *sql.Rows
	err  error
}

// Scan reads the row; sql.ErrNoRows if there is none.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	return r.rows.Close()
}

// QueryRow reads one row.
func (tx *Tx) QueryRow(q string, args ...any) *Row {
	rows, err := tx.Query(q, args...)
	return &Row{rows, err}
}

// Engine says which database this is.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// Now is the instant of this write in microseconds UTC.
func (tx *Tx) Now() int64 { return tx.db.NowIn(tx.ctx) }

// NextID returns a new id.
func (tx *Tx) NextID() int64 { return tx.db.ids.next(tx.Now() / 1000) }

// AfterCommit calls f once the write is durable. f must be short: the writer waits for it.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// Insert writes a row at once, for other callers of the batch to see; appended
// rows they do not. The values stand in the order of t.Cols.
func (tx *Tx) Insert(t *Table, vals ...any) error {
	_, err := tx.Exec("INSERT INTO "+t.Name+" ("+strings.Join(t.Cols, ", ")+") VALUES (?"+strings.Repeat(", ?", len(t.Cols)-1)+")", vals...)
	return err
}

// Append adds a row to a table in the batch's multi-row insert. The values
// stand in the order of t.Cols.
func (tx *Tx) Append(t *Table, vals ...any) {
	if len(vals) != len(t.Cols) {
		panic(fmt.Sprintf("store: %d values for %d columns of %s", len(vals), len(t.Cols), t.Name))
	}
	tx.pending.add(t, vals)
}

// Tally adds n to a counter of a cube.
func (tx *Tx) Tally(k TallyKey, n int64) {
	if n == 0 {
		return
	}
	if tx.cells == nil {
		tx.pending.tallies = append(tx.pending.tallies, tallyRow{k, n})
		return
	}
	at := k
	if at.Measure = 0; tx.near == nil || at != tx.nearAt { // neighbours come together
		if tx.near = tx.cells[at]; tx.near == nil {
			tx.near = new(cell)
			tx.cells[at] = tx.near
		}
		tx.nearAt = at
	}
	tx.near[k.Measure] += n
}

// Record writes what was done to the audit chain of its district.
func (tx *Tx) Record(e audit.Entry) {
	if e.Detail == nil {
		e.Detail = []byte("{}")
	}
	tx.pending.entries = append(tx.pending.entries, timedEntry{e, tx.Now()})
}
