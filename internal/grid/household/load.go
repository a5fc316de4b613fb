package household

import (
	"context"
	"database/sql"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Agreed is a care need of the home at that place of a list.
type Agreed struct {
	Home int
	Need Need
}

// Load writes many homes and their care needs at once, durable in chunks with one
// entry of the trail each: for the demo and for taking over a city's list. The
// caller vouches that no home is there twice.
func (s *Service) Load(ctx context.Context, scope access.Scope, homes []Home, needs []Agreed) error {
	for i := range homes {
		h := &homes[i]
		grid, community, ok := s.City.Building(h.Building)
		if !ok {
			return errs.NotFound.New("building", h.Building).In("building")
		}
		h.Grid, h.Region = grid, community
	}
	if err := bulk(ctx, s.DB, scope, homes, s.Homes.Load); err != nil {
		return err
	}
	type door struct {
		building   int64
		unit, room string
	}
	want := make(map[door]int64, len(needs))
	for _, n := range needs {
		h := &homes[n.Home]
		want[door{h.Building, h.Unit, h.Room}] = 0
	}
	rows, err := s.DB.Query(ctx, "SELECT id, building, unit, room FROM home WHERE person > 0")
	if _, err := store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
		var id int64
		var d door
		err := r.Scan(&id, &d.building, &d.unit, &d.room)
		if _, ok := want[d]; ok {
			want[d] = id
		}
		return struct{}{}, err
	}); err != nil {
		return err
	}
	list := make([]Need, len(needs))
	for i, n := range needs {
		h := &homes[n.Home]
		list[i] = n.Need
		list[i].Home, list[i].Grid, list[i].Region = want[door{h.Building, h.Unit, h.Room}], h.Grid, h.Region
	}
	return bulk(ctx, s.DB, scope, list, s.Needs.Load)
}

// bulk loads rows in transactions that are large and still fit into memory.
func bulk[T any](ctx context.Context, db *store.DB, scope access.Scope, rows []T, load func(context.Context, access.Scope, []T) error) error {
	for part := range slices.Chunk(rows, 20_000) {
		if err := db.Bulk(ctx, func(ctx context.Context) error { return load(ctx, scope, part) }); err != nil {
			return err
		}
	}
	return nil
}
