package main

import (
	"context"

	"linli/internal/app"
	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/sim/city"
	"linli/internal/sim/load"
	"linli/internal/work/cases"
)

// demoChain fills the party chain and the liaison of the demo city. What liaison
// visits found are the history's cases of that channel.
func demoChain(ctx context.Context, a *app.App, c *city.City) error {
	var found []load.LiaisonCase
	f := cases.Filter{Channels: []string{"liaison"}, Sort: "reported", Limit: 1000}
	cal := a.Rulebook.Current(a.DB.Now()).Calendar()
	for {
		list, more, err := a.Cases.Cases(ctx, access.System("synthetic city"), f)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.Grid != 0 {
				found = append(found, load.LiaisonCase{ID: x.ID, Number: x.Number, Grid: x.Grid, Text: x.Title, Reported: ledger.Day(cal.Day(x.ReportedAt))})
			}
		}
		if !more || len(list) == 0 {
			break
		}
		last := list[len(list)-1]
		f.After = &cases.Place{V: last.ReportedAt, ID: last.ID}
	}
	return a.DB.Bulk(ctx, func(ctx context.Context) error {
		if err := load.Chain(ctx, a.Party.Registers, a.Identity, c); err != nil {
			return err
		}
		return load.Liaison(ctx, a.Liaison.Registers, a.Identity, c, found)
	})
}
