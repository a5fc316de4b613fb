package search

import (
	"strconv"
	"strings"

	"linli/internal/kernel/store"
)

// Doc is a text cut and ready to be written.
type Doc struct {
	District int
	ID       int64
	body     string // "" removes the text from the index
}

// Prepare cuts a text for the engine; it is the heavy part and needs no write.
func Prepare(engine store.Engine, district int, id int64, text string) Doc {
	var b strings.Builder
	b.Grow(len(text) * 3)
	n := 0
	c := cutter{tail: true, emit: func(tok []byte, _ int) bool {
		if n > 0 {
			b.WriteByte(' ')
		}
		n++
		b.Write(tok)
		if engine == store.Postgres {
			b.WriteByte(':')
			var num [8]byte
			b.Write(strconv.AppendInt(num[:0], int64(n), 10))
		}
		return n < maxTokens
	}}
	c.cut(text)
	return Doc{District: district, ID: id, body: b.String()}
}

// Put writes prepared texts, each replacing what was indexed under its id.
// The ids must differ.
func Put(tx *store.Tx, docs []Doc) error {
	var full []Doc
	for _, d := range docs {
		if d.body != "" {
			full = append(full, d)
		} else if err := Remove(tx, d.District, d.ID); err != nil {
			return err
		}
	}
	// One row a statement on SQLite: FTS5 keeps those of a transaction in memory and
	// writes one segment, where a statement of several rows would each time write
	// one of its own.
	head, row, tail, many := "INSERT OR REPLACE INTO case_fts (rowid, body) VALUES ", "(?,?)", "", 1
	if tx.Engine() == store.Postgres {
		many = 16
		head, row = "INSERT INTO case_fts (district, id, doc) VALUES ", "(?,?,CAST(CAST(? AS TEXT) AS TSVECTOR))"
		tail = " ON CONFLICT (district, id) DO UPDATE SET doc = excluded.doc"
	}
	for len(full) > 0 {
		n := 1
		if len(full) >= many {
			n = many
		}
		args := make([]any, 0, 3*n)
		for _, d := range full[:n] {
			if tx.Engine() == store.Postgres {
				args = append(args, d.District)
			}
			args = append(args, d.ID, d.body)
		}
		if _, err := tx.Exec(head+row+strings.Repeat(","+row, n-1)+tail, args...); err != nil {
			return err
		}
		full = full[n:]
	}
	return nil
}

// Index indexes one text under the object's id, replacing an earlier one.
func Index(tx *store.Tx, district int, id int64, text string) error {
	return Put(tx, []Doc{Prepare(tx.Engine(), district, id, text)})
}

// Remove takes a text out of the index.
func Remove(tx *store.Tx, district int, id int64) error {
	if tx.Engine() == store.Postgres {
		_, err := tx.Exec("DELETE FROM case_fts WHERE district = ? AND id = ?", district, id)
		return err
	}
	_, err := tx.Exec("DELETE FROM case_fts WHERE rowid = ?", id)
	return err
}
