package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/stdlib"

	"linli/internal/kernel/audit"
)

// Table is a table that rooms append rows to.
type Table struct {
	Name string
	Cols []string

	tail string // what follows the rows
	once sync.Once
	sql  [len(chunks)]string // SQLite's insert text for each chunk size
}

// chunks are the row counts of multi-row inserts: few texts, each prepared once.
var chunks = [...]int{64, 32, 16, 8, 4, 2, 1}

// maxParams keeps a statement's parameters below SQLite's and PostgreSQL's bounds.
const maxParams = 8000

// insert is the text for a chunk. SQLite would keep a copy of each page that a
// statement of several rows touches, to undo what it did before a row failed;
// here a failing flush is undone as a whole, so that FAIL spares the copies.
func (t *Table) insert(i int) string {
	t.once.Do(func() {
		one := "(?" + strings.Repeat(",?", len(t.Cols)-1) + ")"
		for i, n := range chunks {
			t.sql[i] = "INSERT OR FAIL INTO " + t.Name + " (" + strings.Join(t.Cols, ",") + ") VALUES " + one + strings.Repeat(","+one, n-1) + t.tail
		}
	})
	return t.sql[i]
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

// sent empties the appended rows, which are in the database now.
func (p *pending) sent() {
	for i := range p.tables {
		clear(p.tables[i].vals)
		p.tables[i].vals = p.tables[i].vals[:0]
	}
}

// split is the inserts of the rows appended before the mark (part 0) or since.
func (p *pending) split(e Engine, m pendingMark, part int) []stmt {
	var out []stmt
	for i, t := range p.tables {
		n := 0
		if i < len(m.tables) {
			n = m.tables[i]
		}
		if part == 0 {
			out = appendRows(out, e, t.table, t.vals[:n])
		} else {
			out = appendRows(out, e, t.table, t.vals[n:])
		}
	}
	return out
}

// stmt is one statement of a flush: an SQL text, or rows for a table.
type stmt struct {
	sql   string
	table *Table // PostgreSQL
	args  []any
}

// flush writes the appended rows; at the end of the batch (last) also the
// counters and the audit chain, and on PostgreSQL it commits.
func (tx *Tx) flush(last bool) error {
	out := tx.pending.split(tx.db.engine, pendingMark{}, 1)
	if last {
		out = append(out, tx.tallyStmts()...)
		more, err := tx.auditStmts()
		if err != nil {
			return err
		}
		out = append(out, more...)
	}
	if len(out) > 0 || last && tx.db.engine == Postgres {
		if err := tx.sendAll(out, last); err != nil {
			return err
		}
	}
	tx.pending.sent()
	if last {
		tx.pending.reset()
	}
	return nil
}

// appendRows adds the inserts of rows: one for all on PostgreSQL, a few of fixed
// lengths on SQLite.
func appendRows(out []stmt, e Engine, t *Table, vals []any) []stmt {
	if len(vals) == 0 {
		return out
	}
	if e == Postgres {
		return append(out, stmt{table: t, args: vals})
	}
	width := len(t.Cols)
	for at, rows := 0, len(vals)/width; rows > 0; {
		i := 0
		for chunks[i] > rows || chunks[i]*width > maxParams {
			i++
		}
		n := chunks[i]
		out = append(out, stmt{sql: t.insert(i), args: vals[at : at+n*width]})
		at += n * width
		rows -= n
	}
	return out
}

var (
	tallyTable = &Table{Name: "tally", Cols: []string{"district", "cube", "measure", "period", "a", "b", "n"},
		tail: " ON CONFLICT (district, cube, measure, period, a, b) DO UPDATE SET n = tally.n + excluded.n"}
	auditTable = &Table{Name: "audit", Cols: []string{"district", "idx", "at", "actor", "post", "action", "object", "object_id", "seq", "detail", "digest"}}
)

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
func (tx *Tx) tallyStmts() []stmt {
	rows := mergeTallies(tx.pending.tallies)
	vals := make([]any, 0, len(rows)*len(tallyTable.Cols))
	for _, r := range rows {
		vals = append(vals, int64(r.District), int64(r.Cube), int64(r.Measure), int64(r.Period), r.A, r.B, r.n)
	}
	return appendRows(nil, tx.db.engine, tallyTable, vals)
}

// auditStmts extends each district's chain by the batch's entries.
func (tx *Tx) auditStmts() ([]stmt, error) {
	entries := tx.pending.entries
	if len(entries) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(entries, func(a, b timedEntry) int { return cmp.Compare(a.District, b.District) })
	var districts []any
	for i, e := range entries {
		if i == 0 || e.District != entries[i-1].District {
			districts = append(districts, e.District)
		}
	}
	chains, err := tx.openChains(districts)
	if err != nil {
		return nil, err
	}
	var out []stmt
	rows := make([]any, 0, len(entries)*len(auditTable.Cols))
	for i := 0; i < len(entries); {
		chain := chains[entries[i].District]
		for ; i < len(entries) && entries[i].District == chain.District; i++ {
			r := chain.Append(entries[i].Entry, entries[i].at)
			rows = append(rows, int64(r.District), r.Idx, r.At, r.Actor, r.Post, r.Action, r.Object, r.ObjectID, int64(r.Seq), string(r.Detail), r.Digest[:])
		}
		out = append(out, stmt{sql: "UPDATE audit_head SET size = ?, at = ?, edge = ? WHERE district = ?", args: []any{chain.Size, chain.At, chain.Edge(), chain.District}})
	}
	return appendRows(out, tx.db.engine, auditTable, rows), nil
}

// openChains reads the heads of the districts' chains, which makes other writers
// of them wait; a chain that does not exist is begun.
func (tx *Tx) openChains(districts []any) (map[int]*audit.Chain, error) {
	q := "SELECT district, size, at, edge FROM audit_head WHERE district IN (?" + strings.Repeat(",?", len(districts)-1) + ") ORDER BY district"
	if tx.db.engine == Postgres {
		q += " FOR UPDATE"
	}
	chains := map[int]*audit.Chain{}
	for begun := false; ; begun = true {
		s, err := tx.ready(q)
		if err != nil {
			return nil, err
		}
		rows, err := s.QueryContext(context.Background(), districts...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var district int
			var size, at int64
			var edge []byte
			if err = rows.Scan(&district, &size, &at, &edge); err == nil {
				chains[district], err = audit.OpenChain(district, size, at, edge)
			}
			if err != nil {
				break
			}
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
		if len(chains) == len(districts) {
			return chains, nil
		}
		if begun {
			return nil, errors.New("store: the head of an audit chain cannot be read")
		}
		for _, d := range districts {
			if _, err := tx.exec("INSERT INTO audit_head (district, size, at, edge) VALUES (?, 0, 0, ?) ON CONFLICT (district) DO NOTHING", d, []byte{}); err != nil {
				return nil, err
			}
		}
	}
}

// send executes the statements.
func (tx *Tx) send(out []stmt) error { return tx.sendAll(out, false) }

// sendAll executes the statements: on PostgreSQL in one round trip, with the
// COMMIT if they are the last, on SQLite by the driver itself, because
// database/sql checks and copies each of the thousands of values.
func (tx *Tx) sendAll(out []stmt, last bool) error {
	err := tx.conn.Raw(func(c any) error {
		if tx.db.engine == SQLite {
			return tx.sendSQLite(c.(driver.ConnPrepareContext), out)
		}
		return tx.sendPostgres(c.(*stdlib.Conn).Conn(), out, last)
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
