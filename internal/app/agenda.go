package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"linli/internal/figures/card"
	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/errs"
)

// openAgenda joins what every room says is due. A room that has something adds
// its Agenda here.
func (a *App) openAgenda() {
	a.Agenda = agenda.New(agenda.Options{DB: a.DB, Zone: a.opt.Location(), Today: a.Today, Before: a.remindDays, Holders: a.holders},
		slices.Concat(a.Cases.Agenda(), a.Whistles.Agenda(), a.Liaison.Agenda(), a.Party.Agenda(), a.Staff.Agenda(), a.Partners.Agenda(),
			a.Patrol.Agenda(), a.Plan.Agenda(), a.Sync.Agenda(), a.formAgenda())...)
	a.Jobs.Every("reminders", time.Hour, a.Agenda.Remind)
	a.Jobs.Every("old reminders", 24*time.Hour, a.Agenda.Sweep)
}

func (a *App) remindDays(code string) (int, bool) {
	n, ok := a.Rulebook.Current(a.DB.Now()).Settings().RemindDays[code]
	return n, ok
}

// holders are the posts that have the permission over the target today.
func (a *App) holders(p access.Perm, t access.Target) []access.Post {
	var out []access.Post
	for _, h := range a.Identity.Directory().Holders(p, t, a.Today()) {
		out = append(out, h.Post)
	}
	return out
}

// formAgenda is the forms that wait for another person's approval or are proposed
// for closing.
func (a *App) formAgenda() []agenda.Source {
	return []agenda.Source{{Code: "form", Name: errs.Words{ZH: "登记表待审批、待停用", EN: "Forms to approve or close"}, Does: []access.Perm{access.FormManage}, All: "/ledger",
		Due: func(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
			list, err := a.Ledger.Forms(ctx, "", "zh")
			var out []agenda.Entry
			for _, f := range list {
				what := errs.Words{ZH: "待审批", EN: "to approve"}
				if f.Close {
					what = errs.Words{ZH: "建议停用", EN: "proposed for closing"}
				}
				if f.Close || f.State == "submitted" && f.ChangedBy.ID != scope.Account() {
					out = append(out, agenda.Entry{Key: fmt.Sprint(f.ID), Title: errs.Words{ZH: f.ZH + "（" + what.ZH + "）", EN: f.EN + " (" + what.EN + ")"}, Link: "/ledger"})
				}
			}
			return out, err
		}}}
}

// cards makes the room of the grid cards.
func (a *App) cards() *card.Service {
	grid := func(g region.Grid) card.Grid {
		t := access.Target{District: region.DistrictOf(g.Community), Street: region.ParentOf(g.Community), Community: g.Community, Grid: g.ID}
		return card.Grid{ID: g.ID, Code: g.Code, Name: g.Name, Kind: g.Kind, Place: a.Atlas.Path(g.Community), Homes: g.Households, Target: t, Dedicated: g.Kind == region.Dedicated}
	}
	return &card.Service{Party: a.Party, Liaison: a.Liaison, Staff: a.Staff, Cases: a.Cases, Today: a.Today, Name: a.Identity.AccountName, Link: a.opt.Notices.Link,
		City: func() string { return a.Atlas.City().Name },
		Now:  func() string { return time.UnixMicro(a.DB.Now()).In(a.opt.Location()).Format("2006-01-02 15:04") },
		Grid: func(id int64) (card.Grid, bool) {
			g, err := a.Atlas.Grid(id)
			return grid(g), err == nil
		},
		Grids: func() []card.Grid {
			all := a.Atlas.Grids(0)
			out := make([]card.Grid, len(all))
			for i, g := range all {
				out[i] = grid(g)
			}
			return out
		}}
}
