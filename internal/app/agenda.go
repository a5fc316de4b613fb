package app

import (
	"context"
	"fmt"
	"slices"
	"time"

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
