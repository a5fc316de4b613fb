package store

import (
	"database/sql"
	"errors"
)

// All scans every row of a query and closes it; err is the query's own, so that
// both results can be passed on as they come.
func All[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) (out []T, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
