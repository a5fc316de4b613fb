package workforce

import (
	"context"
	"database/sql"

	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
)

// SeatOf is a grid with its establishment and who fills it on the day.
type SeatOf struct {
	District        int
	Community, Grid int64
	Seats           int
	Workers         []WorkerOf
}

// WorkerOf is somebody under contract on a grid.
type WorkerOf struct {
	Account, Contract int64
	Channel           string
	Until             int // last day of the contract, 0 open
	Away              bool
	Covers            bool // only covers here
}

// Staff lists the grids of the scope with their establishment and workers on the
// day, by community and grid.
func (s *Service) Staff(ctx context.Context, scope access.Scope, day int) ([]*SeatOf, error) {
	where, args := scope.Where(access.Cols{District: "r.district", Street: "r.street", Community: "r.community", Grid: "r.grid"})
	at := map[int64]*SeatOf{}
	rows, err := s.DB.Query(ctx, "SELECT r.district, r.community, r.grid, r.seats FROM staff_seat r WHERE "+where+" AND r.state = 'active' ORDER BY r.community, r.grid", args...)
	out, err := store.All(rows, err, func(rows *sql.Rows) (*SeatOf, error) {
		x := &SeatOf{}
		err := rows.Scan(&x.District, &x.Community, &x.Grid, &x.Seats)
		at[x.Grid] = x
		return x, err
	})
	if err != nil {
		return nil, err
	}
	place := func(r ledger.Row) *SeatOf {
		x := at[r.Grid]
		if x == nil { // a grid without establishment that has a worker all the same
			x = &SeatOf{District: r.District, Community: r.Community, Grid: r.Grid}
			at[r.Grid] = x
			out = append(out, x)
		}
		return x
	}
	away := map[int64]bool{}
	var covers []func()
	rows, err = s.DB.Query(ctx, "SELECT r.account, r.cover, r.district, r.community, r.grid, r.valid_from, r.valid_to, r.state FROM staff_absence r WHERE "+where+" AND r.valid_from <= ? AND r.valid_to >= ? AND r.state <> 'void'", append(args, day, day)...)
	if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var account, cover int64
		var r ledger.Row
		err := rows.Scan(&account, &cover, &r.District, &r.Community, &r.Grid, &r.From, &r.To, &r.State)
		if day < until(&r) {
			away[account] = true
			if cover != 0 {
				covers = append(covers, func() {
					x := place(r)
					x.Workers = append(x.Workers, WorkerOf{Account: cover, Covers: true, Until: int(r.To)})
				})
			}
		}
		return struct{}{}, err
	}); err != nil {
		return nil, err
	}
	rows, err = s.DB.Query(ctx, "SELECT r.account, r.id, r.channel, r.district, r.community, r.grid, r.valid_from, r.valid_to, r.state FROM staff_contract r WHERE "+where+" AND r.valid_from <= ? AND (r.valid_to = 0 OR r.valid_to >= ?) AND r.state <> 'void' ORDER BY r.community, r.grid, r.account",
		append(args, day, day)...)
	if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var w WorkerOf
		var r ledger.Row
		err := rows.Scan(&w.Account, &w.Contract, &w.Channel, &r.District, &r.Community, &r.Grid, &r.From, &r.To, &r.State)
		if day < orNever(until(&r)) {
			w.Until, w.Away = int(r.To), away[w.Account]
			x := place(r)
			x.Workers = append(x.Workers, w)
		}
		return struct{}{}, err
	}); err != nil {
		return nil, err
	}
	for _, add := range covers {
		add()
	}
	return out, nil
}

// mine is the account's contract in force or latest; errs.NotFound if it never had one.
func (s *Service) mine(ctx context.Context, account int64) (*Contract, error) {
	rows, err := s.DB.Query(ctx, "SELECT district, id, version, community, grid, valid_from, valid_to, state, number, channel, since FROM staff_contract WHERE account = ? AND state <> 'void' ORDER BY valid_from DESC LIMIT 1", account)
	return one(store.All(rows, err, func(rows *sql.Rows) (*Contract, error) {
		c := &Contract{Account: account}
		return c, rows.Scan(&c.District, &c.ID, &c.Version, &c.Community, &c.Grid, &c.From, &c.To, &c.State, &c.Number, &c.Channel, &c.Since)
	}))
}
