package rulebook

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/store"
)

// written identifies a publication in the audit trail.
type written struct {
	action string
	id     int64
	seq    int
}

// Verify recomputes the digest of every version and compares it with the audit
// trail: a version that was edited, removed or slipped in is a problem.
func (r *Rulebook) Verify(ctx context.Context, q store.Reader) ([]audit.Problem, error) {
	type recorded struct {
		idx    int64
		digest []byte
	}
	expect := map[written]recorded{}
	rows, err := q.Query(ctx, "SELECT idx, action, object_id, seq, digest FROM audit WHERE district = 0 AND object = 'rule'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var w written
		var e recorded
		if err := rows.Scan(&e.idx, &w.action, &w.id, &w.seq, &e.digest); err != nil {
			return nil, err
		}
		expect[w] = e
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	rows, err = q.Query(ctx, "SELECT district, kind, key, version, valid_from, valid_to, body, note, created_by, created_at FROM rule_version ORDER BY kind, key, version")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []audit.Problem
	for rows.Next() {
		var d draft
		var district, version int
		var body string
		var by, at int64
		if err := rows.Scan(&district, &d.kind, &d.key, &version, &d.from, &d.to, &body, &d.note, &by, &at); err != nil {
			return nil, err
		}
		id, _ := strconv.ParseInt(d.key, 10, 64)
		w := written{"rule." + d.kind, id, version}
		e, ok := expect[w]
		delete(expect, w)
		sum := digest(d, version, body, by, at)
		switch {
		case !ok || district != 0:
			out = append(out, audit.Problem{District: district, Idx: -1, Text: fmt.Sprintf("%s %s version %d was never recorded", d.kind, d.key, version)})
		case !slices.Equal(e.digest, sum[:]):
			out = append(out, audit.Problem{Idx: e.idx, Text: fmt.Sprintf("%s %s version %d is not what was published", d.kind, d.key, version)})
		}
	}
	for w, e := range expect {
		out = append(out, audit.Problem{Idx: e.idx, Text: fmt.Sprintf("%s %d version %d is missing", w.action, w.id, w.seq)})
	}
	slices.SortFunc(out, func(a, b audit.Problem) int { return int(a.Idx - b.Idx) })
	return out, rows.Err()
}
