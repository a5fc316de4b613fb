package intake

import (
	"context"
	"strings"

	"linli/internal/kernel/store"
)

// unknown leaves out the matters whose outside numbers exist.
func unknown(ctx context.Context, r store.Reader, chunk []*Matter) ([]*Matter, error) {
	by := map[int][]any{}
	for _, m := range chunk {
		by[m.District] = append(by[m.District], m.OutsideNumber)
	}
	type key struct {
		district int
		number   string
	}
	have := map[key]bool{}
	for district, numbers := range by {
		rows, err := r.Query(ctx, "SELECT outside_number FROM cases WHERE district = ? AND outside_number <> '' AND outside_number IN (?"+strings.Repeat(",?", len(numbers)-1)+")", append([]any{district}, numbers...)...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var n string
			if err := rows.Scan(&n); err != nil {
				_ = rows.Close()
				return nil, err
			}
			have[key{district, n}] = true
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	fresh := make([]*Matter, 0, len(chunk))
	for _, m := range chunk {
		if !have[key{m.District, m.OutsideNumber}] {
			fresh = append(fresh, m)
		}
	}
	return fresh, nil
}

// Began is when the database was made: matters before it are history.
func Began(ctx context.Context, r store.Reader) (at int64, err error) {
	return at, r.QueryRow(ctx, "SELECT MIN(at) FROM migration").Scan(&at)
}
