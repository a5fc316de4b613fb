package search

import (
	"context"
	"strings"

	"linli/internal/kernel/store"
)

// Query turns what a person typed into the engine's match expression, or ""
// if it holds nothing that could be searched for. It never fails: quotes,
// operators and broken characters only separate words.
func Query(q string, engine store.Engine) string {
	var b strings.Builder
	for i, p := range phrases(q) {
		if engine == store.Postgres {
			if i > 0 {
				b.WriteString(" & ")
			}
			for j, t := range p.tokens {
				if j > 0 {
					b.WriteString(" <-> ")
				}
				b.WriteString("'" + t + "'")
			}
			if p.prefix {
				b.WriteString(":*")
			}
			continue
		}
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(`"` + strings.Join(p.tokens, " ") + `"`)
		if p.prefix {
			b.WriteString(" *")
		}
	}
	return b.String()
}

// Where is a predicate for a list query: rows whose idColumn ("c.id", which
// must end in "id") is of a text that holds q. An empty q keeps every row; one
// without letters or digits keeps none. On PostgreSQL the district column that
// stands beside idColumn ("c.district") is compared too, so that the tables
// stay co-located.
func Where(engine store.Engine, q, idColumn string) (sql string, args []any) {
	if strings.TrimSpace(q) == "" {
		return "1=1", nil
	}
	match := Query(q, engine)
	switch {
	case match == "":
		return "1=0", nil
	case engine == store.Postgres:
		district := strings.TrimSuffix(idColumn, "id") + "district"
		return "(" + district + ", " + idColumn + ") IN (SELECT district, id FROM case_fts WHERE doc @@ CAST(CAST(? AS TEXT) AS TSQUERY))", []any{match}
	}
	return idColumn + " IN (SELECT rowid FROM case_fts WHERE case_fts MATCH ?)", []any{match}
}

// few is the number of matches up to which a list is best read from them.
const few = 5000

// Plan is Where for large tables. SQLite cannot guess how common words are, so
// Plan looks: rare tells that the list is best read from the matches, which it
// has gathered, by idColumn. Otherwise it is best read in its own order, past
// rows that do not match: common words are looked for in the texts themselves
// (textColumns, comma-separated), which the index follows within moments.
// PostgreSQL guesses by itself.
func Plan(ctx context.Context, r store.Reader, q, idColumn, textColumns string) (sql string, args []any, rare bool, err error) {
	return plan(ctx, r, q, idColumn, textColumns, few)
}

func plan(ctx context.Context, r store.Reader, q, idColumn, textColumns string, few int) (sql string, args []any, rare bool, err error) {
	sql, args = Where(r.Engine(), q, idColumn)
	if r.Engine() != store.SQLite || len(args) == 0 {
		return sql, args, false, nil
	}
	var n int
	var ids string
	if err := r.QueryRow(ctx, "SELECT COUNT(*), json_group_array(rowid) FROM (SELECT rowid FROM case_fts WHERE case_fts MATCH ? LIMIT ?)", args[0], few+1).Scan(&n, &ids); err != nil {
		return "", nil, false, err
	}
	if n > few {
		return "text_holds(?, " + textColumns + ")", []any{q}, false, nil
	}
	return idColumn + " IN (SELECT value FROM json_each(?))", []any{ids}, true, nil
}
