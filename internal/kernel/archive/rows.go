package archive

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"linli/internal/kernel/store"
)

// Kind is the type of a column's values, the same on both engines.
type Kind string

// The kinds.
const (
	Int   Kind = "int"   // 64 bits
	Float Kind = "float" // IEEE 754, 64 bits
	Text  Kind = "text"
	Blob  Kind = "blob"
)

// Column is a column of a table.
type Column struct {
	Name     string `json:"name"`
	Kind     Kind   `json:"kind"`
	Required bool   `json:"required,omitempty"` // NOT NULL
}

// Table is a table of the archive.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Key     []string `json:"key"` // primary key, the order of the rows
	Rows    int64    `json:"rows"`
}

// left are tables that do not belong into a backup: what belongs to running
// processes, what is computed anew (the search index follows the audit chain),
// and sessions: one that was ended after the backup must not live again.
var left = []string{"migration", "periodic", "session", "search_cursor"}

// kindOf maps a declared type.
func kindOf(declared string) (Kind, bool) {
	switch d := strings.ToLower(declared); {
	case strings.Contains(d, "int"):
		return Int, true
	case strings.HasPrefix(d, "double"), d == "real", strings.HasPrefix(d, "float"):
		return Float, true
	case d == "text", strings.HasPrefix(d, "character"):
		return Text, true
	case d == "blob", d == "bytea":
		return Blob, true
	}
	return "", false
}

// tablesOf lists the tables that a backup holds, by name, without counts.
// Tables of the search index (virtual ones and their shadows on SQLite, those
// with a tsvector on PostgreSQL) and those in left are not among them.
func tablesOf(ctx context.Context, r store.Reader) ([]Table, error) {
	q := `SELECT m.name, p.name, p.type, p."notnull", p.pk, m.sql FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, p.cid`
	if r.Engine() == store.Postgres {
		q = `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 1 ELSE 0 END,
			COALESCE((SELECT array_position(i.indkey::int2[], a.attnum) + 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary), 0), ''
			FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname COLLATE "C", a.attnum`
	}
	rows, err := r.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Table
	keys := map[string]map[int]string{}
	virtual := map[string]bool{}
	for rows.Next() {
		var table, column, declared, made string
		var required, pk int
		if err := rows.Scan(&table, &column, &declared, &required, &pk, &made); err != nil {
			return nil, err
		}
		if slices.Contains(left, table) {
			continue
		}
		if strings.HasPrefix(strings.ToUpper(made), "CREATE VIRTUAL") || declared == "tsvector" {
			virtual[table] = true
		}
		if len(all) == 0 || all[len(all)-1].Name != table {
			all = append(all, Table{Name: table})
			keys[table] = map[int]string{}
		}
		kind, ok := kindOf(declared)
		if !ok && !virtual[table] && !shadow(virtual, table) {
			return nil, fmt.Errorf("archive: column %s.%s has type %q, which backups do not know", table, column, declared)
		}
		t := &all[len(all)-1]
		t.Columns = append(t.Columns, Column{column, kind, required != 0 || pk > 0})
		if pk > 0 {
			keys[table][pk] = column
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t Table) bool { return virtual[t.Name] || shadow(virtual, t.Name) })
	for i := range all {
		t := &all[i]
		for n := 1; n <= len(keys[t.Name]); n++ {
			t.Key = append(t.Key, keys[t.Name][n])
		}
		if len(t.Key) == 0 {
			return nil, fmt.Errorf("archive: table %s has no primary key", t.Name)
		}
	}
	return all, nil
}

// shadow tells whether the table belongs to a virtual one: case_fts_data.
func shadow(virtual map[string]bool, table string) bool {
	for v := range virtual {
		if strings.HasPrefix(table, v+"_") {
			return true
		}
	}
	return false
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func names(cols []Column) string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = quote(c.Name)
	}
	return strings.Join(out, ", ")
}

func (t *Table) count(ctx context.Context, r store.Reader) (n int64, err error) {
	return n, r.QueryRow(ctx, "SELECT COUNT(*) FROM "+quote(t.Name)).Scan(&n)
}

// read calls row for every row of the table in the order of its key. The
// values are nil, int64, float64, string or []byte as the columns' kinds say.
func (t *Table) read(ctx context.Context, r store.Reader, row func(vals []any) error) error {
	keys := make([]string, len(t.Key))
	for i, k := range t.Key {
		keys[i] = quote(k)
	}
	rows, err := r.Query(ctx, "SELECT "+names(t.Columns)+" FROM "+quote(t.Name)+" ORDER BY "+strings.Join(keys, ", "))
	if err != nil {
		return err
	}
	defer rows.Close()
	cells := make([]any, len(t.Columns))
	vals := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		switch c.Kind {
		case Int:
			cells[i] = new(sql.NullInt64)
		case Float:
			cells[i] = new(sql.NullFloat64)
		case Text:
			cells[i] = new(sql.NullString)
		default:
			cells[i] = new(any)
		}
	}
	for rows.Next() {
		if err := rows.Scan(cells...); err != nil {
			return fmt.Errorf("archive: table %s: %w", t.Name, err)
		}
		for i, c := range t.Columns {
			if vals[i], err = value(cells[i], c); err != nil {
				return fmt.Errorf("archive: table %s, column %s: %w", t.Name, c.Name, err)
			}
		}
		if err := row(vals); err != nil {
			return err
		}
	}
	return rows.Err()
}

func value(cell any, c Column) (any, error) {
	switch v := cell.(type) {
	case *sql.NullInt64:
		if v.Valid {
			return v.Int64, nil
		}
	case *sql.NullFloat64:
		if v.Valid {
			return v.Float64, nil
		}
	case *sql.NullString:
		if v.Valid {
			return v.String, nil
		}
	case *any:
		switch b := (*v).(type) {
		case []byte:
			if b != nil {
				return b, nil
			}
		case string:
			return []byte(b), nil
		case nil:
		default:
			return nil, fmt.Errorf("a %T where bytes should be", b)
		}
		if c.Required { // the driver gives nil for empty bytes
			return []byte{}, nil
		}
	}
	if c.Required {
		return nil, errors.New("no value where one is required")
	}
	return nil, nil
}

// Values are written one after another: a tag, then the value. The tag repeats
// the kind, so that a slip shows at once.
const (
	tagNull byte = iota
	tagInt       // zigzag varint
	tagFloat
	tagText // length, bytes
	tagBlob
)

func appendRow(b []byte, vals []any) []byte {
	for _, v := range vals {
		switch v := v.(type) {
		case nil:
			b = append(b, tagNull)
		case int64:
			b = binary.AppendVarint(append(b, tagInt), v)
		case float64:
			b = binary.BigEndian.AppendUint64(append(b, tagFloat), math.Float64bits(v))
		case string:
			b = append(binary.AppendUvarint(append(b, tagText), uint64(len(v))), v...)
		case []byte:
			b = append(binary.AppendUvarint(append(b, tagBlob), uint64(len(v))), v...)
		}
	}
	return b
}

func tagOf(k Kind) byte {
	switch k {
	case Int:
		return tagInt
	case Float:
		return tagFloat
	case Text:
		return tagText
	}
	return tagBlob
}

var errRow = errors.New("a row cannot be read")

// parseRow reads one row of the columns into vals and returns the rest.
func parseRow(b []byte, cols []Column, vals []any) ([]byte, error) {
	for i, c := range cols {
		if len(b) == 0 {
			return nil, errRow
		}
		tag := b[0]
		b = b[1:]
		if tag == tagNull && !c.Required {
			vals[i] = nil
			continue
		}
		if tag != tagOf(c.Kind) {
			return nil, errRow
		}
		switch tag {
		case tagInt:
			v, n := binary.Varint(b)
			if n <= 0 {
				return nil, errRow
			}
			vals[i], b = v, b[n:]
		case tagFloat:
			if len(b) < 8 {
				return nil, errRow
			}
			vals[i], b = math.Float64frombits(binary.BigEndian.Uint64(b)), b[8:]
		default:
			l, n := binary.Uvarint(b)
			if n <= 0 || l > uint64(len(b)-n) {
				return nil, errRow
			}
			data := b[n : n+int(l)]
			b = b[n+int(l):]
			if tag == tagText {
				vals[i] = string(data)
			} else {
				vals[i] = append([]byte{}, data...) // never nil, which would be NULL
			}
		}
	}
	return b, nil
}
