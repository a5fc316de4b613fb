package cases

import (
	"context"
	"database/sql"

	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Outcome is what appraisals need of a case: where it lies and what it counts for.
type Outcome struct {
	ID, Grid, Marks int64
	Callable        bool // it came to its result, and there is a reporter to be asked
}

// Outcomes goes through the district's cases reported in the days (inclusive)
// that lie in a grid, in the order of their ids. It is for the program's own
// reckoning, not for pages: it asks for no scope.
func (s *Service) Outcomes(ctx context.Context, district, from, to int, fn func(Outcome)) error {
	cal := s.Rules().Calendar()
	rows, err := s.DB.Query(ctx, "SELECT id, grid, marks, status, reporter, flags FROM cases WHERE district = ? AND reported_at >= ? AND reported_at < ? AND grid > 0 ORDER BY id",
		district, cal.DayStart(from), cal.DayStart(cal.AddDays(to, 1)))
	_, err = store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var o Outcome
		var c Case
		err := rows.Scan(&o.ID, &o.Grid, &o.Marks, &c.Status, &c.Reporter, &c.Flags)
		o.Callable = (c.Status == Closed || c.Status == Archived) && c.reachable() && !c.Has(FlagHistory)
		fn(o)
		return struct{}{}, err
	})
	return err
}

// Brief is a case's number and title, and how it stands.
type Brief struct {
	ID            int64
	Number, Title string
	Status        flow.State
	Solved        int // what the reporter said: 1 yes, 0 no, -1 not asked or not reached
}

// Settled tells whether the matter is closed and nobody who was asked said that
// it is not solved.
func (b *Brief) Settled() bool {
	return (b.Status == Closed || b.Status == Archived) && b.Solved != 0
}

// StatusName is the name of a case's status as lists show it.
func StatusName(s flow.State, lang string) string { return label("status", string(s), lang) }

// Briefs names cases of a district by their ids, in the order of these. Like
// Outcomes it asks for no scope: whoever calls it knows what may be shown.
func (s *Service) Briefs(ctx context.Context, district int, ids []int64) ([]Brief, error) {
	var out []Brief
	for len(ids) > 0 {
		n := min(len(ids), 500)
		among, args := oneOf("id", ids[:n])
		rows, err := s.DB.Query(ctx, "SELECT id, number, title, status, solved FROM cases WHERE district = ? AND "+among+" ORDER BY id", append([]any{district}, args...)...)
		list, err := store.All(rows, err, func(rows *sql.Rows) (b Brief, err error) {
			return b, rows.Scan(&b.ID, &b.Number, &b.Title, &b.Status, &b.Solved)
		})
		if err != nil {
			return nil, err
		}
		out, ids = append(out, list...), ids[n:]
	}
	return out, nil
}
