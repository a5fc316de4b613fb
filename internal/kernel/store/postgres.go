package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// gone tells whether the connection to PostgreSQL is lost: the server was
// restarted, or the network between cut.
func (tx *Tx) gone() bool {
	if tx.db.engine != Postgres {
		return false
	}
	closed := false
	err := tx.conn.Raw(func(c any) error {
		closed = c.(*stdlib.Conn).Conn().IsClosed()
		return nil
	})
	return closed || err != nil
}

// reconnect takes a new connection. Without one the writes that wait fail, and
// the next batch tries again.
func (tx *Tx) reconnect() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := tx.db.write.Conn(ctx)
	if err != nil {
		slog.Warn("store: the database cannot be reached", "error", err)
		return
	}
	_ = tx.conn.Close() // it is dead
	tx.use(conn)
	slog.Info("store: connected to the database again")
}

// errRolledBack is PostgreSQL's silent answer to COMMIT after a failed statement.
var errRolledBack = errors.New("store: the transaction was rolled back instead of committed")

// sendPostgres executes the statements in one round trip, behind a BEGIN that
// was not sent yet and with the COMMIT if they are the last.
func (tx *Tx) sendPostgres(c *pgx.Conn, out []stmt, commit bool) error {
	ctx := context.Background()
	var b pgx.Batch
	if tx.unsent {
		if len(out) == 0 && commit { // nothing was done
			tx.unsent = false
			return nil
		}
		b.Queue("BEGIN")
	}
	for _, s := range out {
		if s.table == nil {
			b.Queue(tx.db.rebind(s.sql), s.args...)
			continue
		}
		text, err := tx.unnest(c, s.table)
		if err != nil {
			return err
		}
		args := make([]any, len(s.table.Cols))
		for i := range args {
			args[i] = column{s.args, i, len(args)}
		}
		b.Queue(text, args...)
	}
	tag := ""
	if commit {
		b.Queue("COMMIT").Exec(func(t pgconn.CommandTag) error { tag = t.String(); return nil })
	}
	tx.unsent = false
	if err := c.SendBatch(ctx, &b).Close(); err != nil {
		return err
	}
	if commit && tag != "COMMIT" {
		return errRolledBack
	}
	return nil
}

// unnest is the insert of any number of rows, given as one array a column: a
// tenth of the parameters of a list of rows, and one statement for all lengths.
// The arrays' types are the table's own.
func (tx *Tx) unnest(c *pgx.Conn, t *Table) (string, error) {
	if text, ok := tx.db.unnests.Load(t); ok {
		return text.(string), nil
	}
	rows, err := c.Query(context.Background(), "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped", t.Name)
	if err != nil {
		return "", err
	}
	types := map[string]string{}
	var name, typ string
	if _, err := pgx.ForEachRow(rows, []any{&name, &typ}, func() error { types[name] = typ; return nil }); err != nil {
		return "", err
	}
	var arrays []string
	for i, col := range t.Cols {
		if types[col] == "" {
			return "", fmt.Errorf("store: there is no column %s of table %s", col, t.Name)
		}
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", i+1, types[col]))
	}
	text := "INSERT INTO " + t.Name + " (" + strings.Join(t.Cols, ",") + ") SELECT * FROM unnest(" + strings.Join(arrays, ",") + ")" + t.tail
	tx.db.unnests.Store(t, text)
	return text, nil
}

// column is every width-th value from the first on, as an array of PostgreSQL.
type column struct {
	vals  []any
	first int
	width int
}

// Dimensions implements pgtype.ArrayGetter.
func (c column) Dimensions() []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(len(c.vals) / c.width), LowerBound: 1}}
}

// Index implements pgtype.ArrayGetter.
func (c column) Index(i int) any { return c.vals[i*c.width+c.first] }

// IndexType implements pgtype.ArrayGetter: values tell their type themselves.
func (c column) IndexType() any { return nil }
