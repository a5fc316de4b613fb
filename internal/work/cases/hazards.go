package cases

import (
	"context"
	"database/sql"

	"linli/internal/kernel/store"
)

// Hazard is an open case that is dangerous enough to be looked at again until it
// is mended.
type Hazard struct {
	ID, Grid int64
	Title    string
	Grade    string
	Day      int // of report
	Lon, Lat float64
}

// Hazards lists the open, filed cases of a community that are of one of the grades.
func (s *Service) Hazards(ctx context.Context, district int, community int64, grades []string) ([]Hazard, error) {
	if len(grades) == 0 {
		return nil, nil
	}
	in, args := oneOf("grade", grades)
	rows, err := s.DB.Query(ctx, "SELECT id, grid, title, grade, day, lon, lat FROM cases WHERE district = ? AND community = ? AND open = 1 AND filed_at > 0 AND "+in+" ORDER BY id LIMIT 2000", append([]any{district, community}, args...)...)
	return store.All(rows, err, func(r *sql.Rows) (h Hazard, err error) {
		return h, r.Scan(&h.ID, &h.Grid, &h.Title, &h.Grade, &h.Day, &h.Lon, &h.Lat)
	})
}
