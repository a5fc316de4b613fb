package agenda

import (
	"context"
	"fmt"

	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
)

// Rows makes entries of the rows of a register that the conditions choose, in the
// order of the field, Most at most.
func Rows[T any](ctx context.Context, r *ledger.Register[T], scope access.Scope, sort string, entry func(*T) Entry, where ...string) ([]Entry, error) {
	list, _, err := r.Rows(ctx, scope, ledger.Filter{Where: where, Sort: sort, Limit: Most})
	out := make([]Entry, 0, len(list))
	for _, x := range list {
		out = append(out, entry(x))
	}
	return out, err
}

// From is the condition for rows whose field is that day or later.
func From(field string, day int) string { return ledger.Where(field, ">=", ledger.Day(day)) }

// To is the condition for rows whose field is that day or earlier.
func To(field string, day int) string { return ledger.Where(field, "<=", ledger.Day(day)) }

// Row is where the desk shows a register's row.
func Row(code string, id int64) string { return fmt.Sprintf("/ledger/%s?row=%d", code, id) }
