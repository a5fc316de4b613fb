package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"linli/internal/kernel/audit"
)

// Table is a table that rooms append rows to.
type Table struct {
	Name string
	Cols []string

	once sync.Once
	sql  [2][len(chunks)]string // insert text by engine and chunk size
}

// chunks are the row counts of multi-row inserts: few texts, each prepared once.
var chunks = [...]int{64, 32, 16, 8, 4, 2, 1}

// maxParams keeps a statement's parameters below SQLite's and PostgreSQL's bounds.
const maxParams = 8000

// insert is the text for a chunk. SQLite would keep a copy of each page that a
// statement of several rows touches, to undo what it did before a row failed;
// here a failing flush is undone as a whole, so that FAIL spares the copies.
func (t *Table) insert(e Engine, i int) string {
	t.once.Do(func() {
		for i, n := range chunks {
			t.sql[0][i] = insertText("INSERT OR FAIL INTO ", t.Name, t.Cols, n, "")
			t.sql[1][i] = insertText("INSERT INTO ", t.Name, t.Cols, n, "")
		}
	})
	if e == SQLite {
		return t.sql[0][i]
	}
	return t.sql[1][i]
}

func insertText(verb, table string, cols []string, rows int, tail string) string {
	one := "(?" + strings.Repeat(",?", len(cols)-1) + ")"
	return verb + table + " (" + strings.Join(cols, ",") + ") VALUES " + one + strings.Repeat(","+one, rows-1) + tail
}

// TallyKey names one counter. What cubes and measures mean is the figures' matter.
type TallyKey struct {
	District int
	Cube     int
	Measure  int
	Period   int // yyyymmdd, yyyymm, or 0
	A, B     int64
}

func (k *TallyKey) compare(o *TallyKey) int {
	switch {
	case k.District != o.District:
		return cmp.Compare(k.District, o.District)
	case k.Cube != o.Cube:
		return cmp.Compare(k.Cube, o.Cube)
	case k.Measure != o.Measure:
		return cmp.Compare(k.Measure, o.Measure)
	case k.Period != o.Period:
		return cmp.Compare(k.Period, o.Period)
	case k.A != o.A:
		return cmp.Compare(k.A, o.A)
	}
	return cmp.Compare(k.B, o.B)
}

type tallyRow struct {
	TallyKey
	n int64
}

type timedEntry struct {
	audit.Entry
	at int64
}

type tableRows struct {
	table *Table
	vals  []any // row after row
}

// pending is what a batch has yet to write.
type pending struct {
	tables  []tableRows
	tallies []tallyRow
	entries []timedEntry
}

func (p *pending) add(t *Table, vals []any) {
	for i := range p.tables {
		if p.tables[i].table == t {
			p.tables[i].vals = append(p.tables[i].vals, vals...)
			return
		}
	}
	p.tables = append(p.tables, tableRows{t, slices.Clone(vals)})
}

// pendingMark remembers lengths, so that a failed caller's part can be dropped.
type pendingMark struct {
	tables           []int
	tallies, entries int
}

func (p *pending) mark() pendingMark {
	m := pendingMark{tallies: len(p.tallies), entries: len(p.entries)}
	for _, t := range p.tables {
		m.tables = append(m.tables, len(t.vals))
	}
	return m
}

func (p *pending) undo(m pendingMark) {
	for i := range p.tables {
		n := 0
		if i < len(m.tables) {
			n = min(m.tables[i], len(p.tables[i].vals)) // an eager flush may have emptied it
		}
		p.tables[i].vals = p.tables[i].vals[:n]
	}
	p.tallies = p.tallies[:m.tallies]
	p.entries = p.entries[:m.entries]
}

func (p *pending) reset() {
	for i := range p.tables {
		clear(p.tables[i].vals)
		p.tables[i].vals = p.tables[i].vals[:0]
	}
	p.tallies = p.tallies[:0]
	p.entries = p.entries[:0]
}

// stmt is one statement of a flush.
type stmt struct {
	sql  string
	args []any
}

// flush writes the appended rows; at the end of the batch (last) also the
// counters and the audit chain.
func (tx *Tx) flush(last bool) error {
	var out []stmt
	for i := range tx.pending.tables {
		out = appendRows(out, tx.db.engine, &tx.pending.tables[i])
	}
	if last {
		out = append(out, tallyStmts(tx.pending.tallies)...)
		more, err := tx.auditStmts()
		if err != nil {
			return err
		}
		out = append(out, more...)
	}
	if len(out) > 0 {
		if err := tx.send(out); err != nil {
			return err
		}
	}
	for i := range tx.pending.tables {
		t := &tx.pending.tables[i]
		clear(t.vals)
		t.vals = t.vals[:0]
	}
	if last {
		tx.pending.reset()
	}
	return nil
}

func appendRows(out []stmt, e Engine, t *tableRows) []stmt {
	width := len(t.table.Cols)
	for at, rows := 0, len(t.vals)/width; rows > 0; {
		i := 0
		for chunks[i] > rows || chunks[i]*width > maxParams {
			i++
		}
		n := chunks[i]
		out = append(out, stmt{t.table.insert(e, i), t.vals[at : at+n*width]})
		at += n * width
		rows -= n
	}
	return out
}

var (
	tallyCols  = []string{"district", "cube", "measure", "period", "a", "b", "n"}
	tallySQL   [len(chunks)]string
	auditTable = &Table{Name: "audit", Cols: []string{"district", "idx", "at", "actor", "post", "action", "object", "object_id", "seq", "detail", "digest"}}
)

func init() {
	for i, n := range chunks {
		tallySQL[i] = insertText("INSERT INTO ", "tally", tallyCols, n, " ON CONFLICT (district, cube, measure, period, a, b) DO UPDATE SET n = tally.n + excluded.n")
	}
}

// mergeTallies orders the counters, so that two writers lock rows in the same
// order, and joins equal ones in place; what comes to nothing is left out.
func mergeTallies(rows []tallyRow) []tallyRow {
	slices.SortFunc(rows, func(a, b tallyRow) int { return a.compare(&b.TallyKey) })
	out := rows[:0]
	for i := 0; i < len(rows); {
		sum := tallyRow{TallyKey: rows[i].TallyKey}
		for ; i < len(rows) && rows[i].TallyKey == sum.TallyKey; i++ {
			sum.n += rows[i].n
		}
		if sum.n != 0 {
			out = append(out, sum)
		}
	}
	return out
}

// tallyStmts writes the counters.
func tallyStmts(rows []tallyRow) []stmt {
	if len(rows) == 0 {
		return nil
	}
	rows = mergeTallies(rows)
	args := make([]any, 0, len(rows)*len(tallyCols))
	for _, r := range rows {
		args = append(args, r.District, r.Cube, r.Measure, r.Period, r.A, r.B, r.n)
	}
	var out []stmt
	width := len(tallyCols)
	for left := len(args) / width; left > 0; {
		i := 0
		for chunks[i] > left {
			i++
		}
		out = append(out, stmt{tallySQL[i], args[:chunks[i]*width]})
		args = args[chunks[i]*width:]
		left -= chunks[i]
	}
	return out
}

// auditStmts extends each district's chain by the batch's entries.
func (tx *Tx) auditStmts() ([]stmt, error) {
	entries := tx.pending.entries
	if len(entries) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(entries, func(a, b timedEntry) int { return cmp.Compare(a.District, b.District) })
	var out []stmt
	rows := tableRows{table: auditTable}
	for i := 0; i < len(entries); {
		chain, err := tx.openChain(entries[i].District)
		if err != nil {
			return nil, err
		}
		for ; i < len(entries) && entries[i].District == chain.District; i++ {
			r := chain.Append(entries[i].Entry, entries[i].at)
			rows.vals = append(rows.vals, r.District, r.Idx, r.At, r.Actor, r.Post, r.Action, r.Object, r.ObjectID, r.Seq, string(r.Detail), r.Digest[:])
		}
		out = append(out, stmt{"UPDATE audit_head SET size = ?, at = ?, edge = ? WHERE district = ?", []any{chain.Size, chain.At, chain.Edge(), chain.District}})
	}
	return appendRows(out, tx.db.engine, &rows), nil
}

func (tx *Tx) openChain(district int) (*audit.Chain, error) {
	q := "SELECT size, at, edge FROM audit_head WHERE district = ?"
	if tx.db.engine == Postgres {
		q += " FOR UPDATE"
	}
	read := func() (*audit.Chain, error) {
		s, err := tx.stmt(q)
		if err != nil {
			return nil, err
		}
		var size, at int64
		var edge []byte
		if err := s.QueryRowContext(context.Background(), district).Scan(&size, &at, &edge); err != nil {
			return nil, err
		}
		return audit.OpenChain(district, size, at, edge)
	}
	chain, err := read()
	if !errors.Is(err, sql.ErrNoRows) {
		return chain, err
	}
	if _, err := tx.exec("INSERT INTO audit_head (district, size, at, edge) VALUES (?, 0, 0, ?) ON CONFLICT (district) DO NOTHING", district, []byte{}); err != nil {
		return nil, err
	}
	return read()
}

// send executes the statements: on PostgreSQL in one round trip, on SQLite by
// the driver itself, because database/sql checks and copies each of the
// thousands of values.
func (tx *Tx) send(out []stmt) error {
	err := tx.conn.Raw(func(c any) error {
		if tx.db.engine == SQLite {
			return tx.sendSQLite(c.(driver.ConnPrepareContext), out)
		}
		var b pgx.Batch
		for _, s := range out {
			b.Queue(tx.db.rebind(s.sql), s.args...)
		}
		return c.(*stdlib.Conn).Conn().SendBatch(context.Background(), &b).Close()
	})
	if err != nil {
		tx.broken = true
	}
	return err
}

func (tx *Tx) sendSQLite(c driver.ConnPrepareContext, out []stmt) error {
	for _, s := range out {
		st := tx.inserts[s.sql]
		if st == nil {
			prepared, err := c.PrepareContext(context.Background(), s.sql)
			if err != nil {
				return err
			}
			st = prepared.(driver.StmtExecContext)
			tx.inserts[s.sql] = st
		}
		args := tx.args[:0]
		for i, v := range s.args {
			if n, ok := v.(int); ok {
				v = int64(n)
			} else if !driver.IsValue(v) {
				var err error
				if v, err = driver.DefaultParameterConverter.ConvertValue(v); err != nil {
					return err
				}
			}
			args = append(args, driver.NamedValue{Ordinal: i + 1, Value: v})
		}
		_, err := st.ExecContext(context.Background(), args)
		clear(args) // nothing of a batch is kept alive by it
		tx.args = args
		if err != nil {
			return err
		}
	}
	return nil
}
