package patrol

import (
	"context"
	"database/sql"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// careDays is how long a home with a care need may be without a visit before
// whoever takes over is told of it.
const careDays = 90

// Left is what is open for somebody who leaves a grid.
type Left struct {
	Tasks     []int64 // planned for the account, or past their last day
	ByRule    []LeftOf
	Unvisited int // homes with a care need in force at which nobody was met for careDays
}

// LeftOf counts the tasks of one rule.
type LeftOf struct {
	Name errs.Words
	N    int
}

// Left tells what is open in the grid for the account.
func (s *Service) Left(ctx context.Context, scope access.Scope, community, grid, account int64) (*Left, error) {
	day := s.Today(ctx)
	open, err := s.Tasks(ctx, scope, Filter{Area: community, Grid: grid, Part: "open", Limit: 5000})
	if err != nil {
		return nil, err
	}
	out := &Left{}
	at := map[int64]int{}
	book := s.book()
	for i := range open {
		t := &open[i]
		if t.Worker != account && t.Due >= day {
			continue
		}
		out.Tasks = append(out.Tasks, t.ID)
		if _, ok := at[t.Rule]; !ok {
			r, err := book.of(ctx, t)
			if err != nil {
				return nil, err
			}
			at[t.Rule] = len(out.ByRule)
			out.ByRule = append(out.ByRule, LeftOf{Name: r.Label()})
		}
		out.ByRule[at[t.Rule]].N++
	}
	district := districtOf(community)
	rows, err := s.DB.Query(ctx, "SELECT DISTINCT home FROM visit WHERE district = ? AND grid = ? AND home > 0 AND outcome <> ? AND day >= ?", district, grid, Absent, addDays(day, -careDays))
	met := map[int64]bool{}
	if _, err := store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
		id, err := scanID(r)
		met[id] = true
		return struct{}{}, err
	}); err != nil {
		return nil, err
	}
	homes, err := s.Homes.In(ctx, district, community, day)
	for _, h := range homes {
		if b, ok := s.City.Building(h.Building); ok && b.Grid == grid && len(h.Needs) > 0 && !met[h.ID] {
			out.Unvisited++
		}
	}
	return out, err
}
