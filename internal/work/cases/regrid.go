package cases

import (
	"context"
	"database/sql"

	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// ActRegrid notes that an open case went to another grid because the city was
// planned anew.
const ActRegrid flow.Action = "regrid"

// FollowGrids brings the open cases of grids that were planned anew into the
// grid in which their position lies now; a case without a position goes to the
// heir of its grid, where there is one. Closed cases keep the grid in which
// they were handled. It returns how many moved and is safe to repeat.
func (s *Service) FollowGrids(ctx context.Context, heirs map[int64]int64) (int, error) {
	moved := 0
	for _, d := range keeper.Districts() {
		for last := int64(0); ; {
			rows, err := s.DB.Query(ctx, "SELECT id, grid FROM cases WHERE district = ? AND id > ? AND open = 1 ORDER BY id LIMIT 1000", d, last)
			list, err := store.All(rows, err, func(r *sql.Rows) (x [2]int64, err error) { return x, r.Scan(&x[0], &x[1]) })
			if err != nil {
				return moved, err
			}
			for _, x := range list {
				last = x[0]
				heir, touched := heirs[x[1]]
				if !touched {
					continue
				}
				yes, err := s.follow(ctx, x[0], heir)
				if err != nil {
					return moved, err
				}
				if yes {
					moved++
				}
			}
			if len(list) < 1000 {
				break
			}
		}
	}
	return moved, nil
}

func (s *Service) follow(ctx context.Context, id, heir int64) (moved bool, err error) {
	rules := s.Rules()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		moved = false
		c, units, requests, err := s.load(tx, keeper, id)
		if err != nil {
			return err
		}
		spot, ok := Spot{}, false
		if c.Lon != 0 || c.Lat != 0 {
			spot, ok = s.Atlas.At(c.Lon, c.Lat)
		}
		if (!ok || spot.Grid == 0) && heir != 0 {
			spot, ok = s.Atlas.SpotOf(0, heir)
		}
		// Only the grid changes: planning leaves communities as they are.
		if Life.Ended(c.Status) || !ok || spot.Grid == 0 || spot.Grid == c.Grid || spot.Community != c.Community {
			return nil
		}
		st := &steps{s: s, c: c, now: tx.Now(), scope: keeper, cal: rules.Calendar(), rules: rules, set: rules.Settings()}
		st.begin(tx, clone(c), units, requests)
		fields := map[string]any{"grid": s.Atlas.Grid(spot.Grid).Name, "was": s.Atlas.Grid(c.Grid).Name}
		c.Grid = spot.Grid
		st.system(ActRegrid, fields)
		moved = true
		return st.finish()
	})
	return moved, err
}
