package cases

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"linli/internal/kernel/store"
)

// textActs are the actions that write a text which searches look into.
var textActs = []string{"case.report", "case.onsite", "case.import", "case.correct", "case.resolve"}

// textColumns are the columns that make up a case's text.
const textColumns = "c.title, c.body, c.address, c.result"

// Changes implements search.Source.
func (s *Service) Changes(object, action string) bool {
	return object == "case" && slices.Contains(textActs, action)
}

// Texts implements search.Source: what a case is about and what became of it.
// The reporter is not in it.
func (s *Service) Texts(ctx context.Context, district int, ids []int64) (map[int64]string, error) {
	args := []any{district}
	for _, id := range ids {
		args = append(args, id)
	}
	type text struct {
		id   int64
		text string
	}
	rows, err := s.DB.Query(ctx, "SELECT id, title, body, address, result FROM cases WHERE district = ? AND id IN (?"+strings.Repeat(",?", len(ids)-1)+")", args...)
	list, err := store.All(rows, err, func(r *sql.Rows) (t text, err error) {
		var title, body, address, result string
		err = r.Scan(&t.id, &title, &body, &address, &result)
		t.text = strings.Join([]string{title, body, address, result}, "\n")
		return t, err
	})
	out := make(map[int64]string, len(list))
	for _, t := range list {
		out[t.id] = t.text
	}
	return out, err
}
