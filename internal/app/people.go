package app

import (
	"context"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/people/liaison"
	"linli/internal/people/party"
	"linli/internal/work/cases"
)

// party makes the room of the party chain.
func (a *App) party() *party.Service {
	return &party.Service{Registers: party.Declare(a.Ledger), Today: a.Today, Grids: func(scope access.Scope) []party.Grid {
		var out []party.Grid
		for _, g := range a.Atlas.Grids(0) {
			t := access.Target{District: region.DistrictOf(g.Community), Street: region.ParentOf(g.Community), Community: g.Community, Grid: g.ID}
			if g.Kind == region.Basic && scope.Covers(t) {
				out = append(out, party.Grid{ID: g.ID, Name: g.Name, District: t.District, Community: g.Community, Place: a.Atlas.Path(g.Community)})
			}
		}
		return out
	}}
}

// liaison makes the room of those who look after grids from above.
func (a *App) liaison() *liaison.Service {
	return &liaison.Service{Registers: liaison.Declare(a.Ledger), DB: a.DB, Cases: found{a.Cases}, Today: a.Today, Grid: gridName(a.Atlas), Name: a.Identity.AccountName}
}

func gridName(at *region.Atlas) func(int64) string {
	return func(id int64) string {
		g, err := at.Grid(id)
		if err != nil {
			return ""
		}
		return g.Name
	}
}

// found makes cases of what visits found.
type found struct{ *cases.Service }

func (f found) Report(ctx context.Context, scope access.Scope, id, grid int64, text string, noted func(tx *store.Tx, number string) error) error {
	reports, err := scope.For(access.CaseReport)
	if err != nil {
		return err
	}
	_, err = f.Service.Report(ctx, reports, cases.ReportIn{ID: id, Grid: grid, Text: text, Channel: "liaison", OnWrite: func(tx *store.Tx, c *cases.Case) error { return noted(tx, c.Number) }})
	if store.IsDuplicate(err) {
		return errs.Conflict.New("what", errs.Words{ZH: "这条问题已转为事件", EN: "this finding is a case already"})
	}
	return err
}

func (f found) Became(ctx context.Context, district int, ids []int64, lang string) (map[int64]liaison.Outcome, error) {
	list, err := f.Briefs(ctx, district, ids)
	out := make(map[int64]liaison.Outcome, len(list))
	for i := range list {
		b := &list[i]
		out[b.ID] = liaison.Outcome{Status: cases.StatusName(b.Status, lang), Solved: b.Settled()}
	}
	return out, err
}
