package region

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/store"
)

// rowsOf lists the tables of a load in the order of their digest, with what
// belongs to it. Region rows of later versions have entries of their own.
var rowsOf = []struct {
	table *store.Table
	where string
}{
	{regionTable, "version = 1 ORDER BY code"},
	{gridTable, "1 = 1 ORDER BY id"},
	{gridCodeTable, "1 = 1 ORDER BY grid, valid_from"},
	{compoundTable, "1 = 1 ORDER BY id"},
	{buildingTable, "1 = 1 ORDER BY id"},
	{placeTable, "1 = 1 ORDER BY id"},
}

// Verify recomputes the digests of the loaded city and of every later version
// of a region and compares them with the audit trail.
func (a *Atlas) Verify(ctx context.Context, r store.Reader) ([]audit.Problem, error) {
	districts, err := scanAll(ctx, r, "SELECT DISTINCT district FROM region ORDER BY district", func(rows *sql.Rows) (d int, err error) {
		return d, rows.Scan(&d)
	})
	if err != nil {
		return nil, err
	}
	var out []audit.Problem
	for _, d := range districts {
		sum := newDigester()
		for _, t := range rowsOf {
			if err := digestRows(ctx, r, t.table, t.where, d, sum); err != nil {
				return nil, err
			}
		}
		p, err := compare(ctx, r, d, int64(d), "region.load", map[int][32]byte{1: sum.sum()})
		if err != nil {
			return nil, err
		}
		out = append(out, p...)
		if p, err = verifyRedraws(ctx, r, d); err != nil {
			return nil, err
		}
		out = append(out, p...)
		codes, err := scanAll(ctx, r, "SELECT DISTINCT code FROM region WHERE district = ? ORDER BY code", func(rows *sql.Rows) (c int64, err error) {
			return c, rows.Scan(&c)
		}, d)
		if err != nil {
			return nil, err
		}
		for _, code := range codes {
			later, err := laterVersions(ctx, r, d, code)
			if err != nil {
				return nil, err
			}
			p, err := compare(ctx, r, d, code, "region.update", later)
			if err != nil {
				return nil, err
			}
			out = append(out, p...)
		}
	}
	return out, nil
}

// digestRows adds a table's rows of a district, as they were appended.
func digestRows(ctx context.Context, r store.Reader, t *store.Table, where string, district int, sum digester) error {
	_, err := scanAll(ctx, r, "SELECT "+columns(t)+" FROM "+t.Name+" WHERE district = ? AND "+where, func(rows *sql.Rows) (struct{}, error) {
		vals, err := scanRow(rows, len(t.Cols))
		if err == nil {
			sum.row(vals...)
		}
		return struct{}{}, err
	}, district)
	return err
}

func laterVersions(ctx context.Context, r store.Reader, district int, code int64) (map[int][32]byte, error) {
	out := map[int][32]byte{}
	_, err := scanAll(ctx, r, "SELECT "+columns(regionTable)+" FROM region WHERE district = ? AND code = ? AND version > 1", func(rows *sql.Rows) (struct{}, error) {
		vals, err := scanRow(rows, len(regionTable.Cols))
		if err == nil {
			d := newDigester()
			d.row(vals...)
			version, _ := vals[2].(int64) // regionTable.Cols[2]
			out[int(version)] = d.sum()
		}
		return struct{}{}, err
	}, district, code)
	return out, err
}

// compare holds the digests of an object against its entries of the action.
func compare(ctx context.Context, r store.Reader, district int, id int64, action string, have map[int][32]byte) ([]audit.Problem, error) {
	rows, err := r.Query(ctx, "SELECT idx, seq, digest FROM audit WHERE district = ? AND object_id = ? AND object = 'region' AND action = ? ORDER BY idx", district, id, action)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []audit.Problem
	for rows.Next() {
		var idx int64
		var seq int
		var digest []byte
		if err := rows.Scan(&idx, &seq, &digest); err != nil {
			return nil, err
		}
		sum, ok := have[seq]
		delete(have, seq)
		switch {
		case !ok:
			out = append(out, audit.Problem{District: district, Idx: idx, Text: fmt.Sprintf("region %d version %d is missing", id, seq)})
		case !slices.Equal(sum[:], digest):
			out = append(out, audit.Problem{District: district, Idx: idx, Text: fmt.Sprintf("what %s wrote for %d (version %d) was changed", action, id, seq)})
		}
	}
	for seq := range have {
		out = append(out, audit.Problem{District: district, Idx: -1, Text: fmt.Sprintf("region %d version %d was never recorded", id, seq)})
	}
	return out, rows.Err()
}

func columns(t *store.Table) string {
	out := t.Cols[0]
	for _, c := range t.Cols[1:] {
		out += ", " + c
	}
	return out
}

// scanRow reads values so that they encode as they did when they were written.
func scanRow(rows *sql.Rows, n int) ([]any, error) {
	vals, into := make([]any, n), make([]any, n)
	for i := range vals {
		into[i] = &vals[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	for i, v := range vals {
		if b, ok := v.([]byte); ok {
			vals[i] = string(b)
		}
	}
	return vals, nil
}
