package app

import (
	"context"

	"linli/internal/grid/plan"
	"linli/internal/grid/planning"
	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/people/identity"
	"linli/internal/work/cases"
)

// ground gives the planning studio the city's regions and grids.
type ground struct{ *region.Atlas }

func (g ground) Communities(area int64) []plan.Community {
	at := map[int64]int{}
	var out []plan.Community
	for _, r := range g.Regions() {
		if region.LevelOf(r.Code) == region.Community && region.Within(r.Code, area) {
			at[r.Code] = len(out)
			out = append(out, plan.Community{Code: r.Code, Name: r.Name, StreetName: g.Name(r.Code / 1000), Households: r.Households})
		}
	}
	for _, x := range g.Grids(area) {
		if i, ok := at[x.Community]; ok && x.Kind == region.Basic {
			out[i].Grids++
			if x.Households < planning.DefaultMin || x.Households > planning.DefaultMax {
				out[i].OutOfBounds++
			}
		}
	}
	return out
}

func (g ground) Survey(ctx context.Context, communities []int64) (*plan.Survey, error) {
	s, err := g.Atlas.Survey(ctx, communities)
	if err != nil {
		return nil, err
	}
	out := &plan.Survey{Compounds: s.Compounds}
	for i, r := range s.Communities {
		out.Communities = append(out.Communities, plan.Place{Code: r.Code, Name: r.Name, Shape: s.Shapes[i]})
	}
	for _, b := range s.Buildings {
		out.Buildings = append(out.Buildings, plan.Building{ID: b.ID, Name: s.Compounds[b.Compound] + b.Name, Kind: b.Kind, Compound: b.Compound, Grid: b.Grid, Community: b.Community, Lon: b.Lon, Lat: b.Lat, Households: b.Households})
	}
	for _, x := range s.Grids {
		out.Grids = append(out.Grids, plan.OldGrid{ID: x.ID, Code: x.Code, Name: x.Name, Kind: x.Kind, Purpose: x.Purpose, Community: x.Community, Polygon: x.Polygon, Households: x.Households})
	}
	for _, b := range s.Barriers {
		out.Barriers = append(out.Barriers, planning.Barrier{Class: b.Class, Line: b.Line})
	}
	return out, nil
}

func (g ground) Publish(tx *store.Tx, scope access.Scope, r plan.Redraw) error {
	x := region.Redraw{ID: r.ID, From: r.From, Communities: r.Communities, Ended: r.Ended, Buildings: r.Buildings}
	for _, n := range r.Grids {
		x.Grids = append(x.Grids, region.Grid{ID: n.ID, Kind: n.Kind, Purpose: n.Purpose, Community: n.Community, Name: n.Name, Code: n.Code, Polygon: n.Polygon, Households: n.Households, Note: n.Note})
	}
	return g.Atlas.Publish(tx, scope, x)
}

// followers are what hangs on grids: open cases, and the rows of registers.
type followers struct {
	cases *cases.Service
	rows  *ledger.Engine
}

func (f followers) FollowGrids(ctx context.Context, heirs map[int64]int64) (int, error) {
	n, err := f.cases.FollowGrids(ctx, heirs)
	if err != nil {
		return n, err
	}
	k, err := f.rows.FollowGrids(ctx, heirs)
	return n + k, err
}

// staff gives the planning studio people and their posts. Publishing is what
// allows the change of posts, so they change in the program's own name, and
// the trail says for which reason.
type staff struct {
	*identity.Service
	today func() int
}

var handover = access.System("grids planned anew")

func (s staff) Account(id int64) string { return s.AccountName(id) }

func (s staff) Workers(grids []int64) []plan.Worker {
	var out []plan.Worker
	for _, h := range s.Directory().GridPosts(grids, s.today()) {
		out = append(out, plan.Worker{Post: h.Post.ID, Account: h.Account, Name: h.Name, Grid: h.Post.Grid})
	}
	return out
}

func (s staff) Move(ctx context.Context, post, grid int64, day int) error {
	return s.Transfer(ctx, handover, post, grid, day)
}

func (s staff) MoveBack(ctx context.Context, post, grid int64, day int) error {
	return s.TransferBack(ctx, handover, post, grid, day)
}
