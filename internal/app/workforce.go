package app

import (
	"context"
	"slices"

	"linli/internal/figures/metric"
	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/store"
	"linli/internal/people/identity"
	"linli/internal/people/workforce"
	"linli/internal/work/cases"
	"linli/internal/work/patrol"
)

// workforce makes the room of the grid workers and gives it its neighbours.
func (a *App) workforce(key []byte) *workforce.Service {
	return workforce.New(a.Ledger, workforce.Service{DB: a.DB, Calendar: func() *calendar.Calendar { return a.rules().Calendar() }, People: people{a.Identity, a.Today}, Places: grounds{a.Atlas},
		Outcomes: results{a.Cases}, Ground: leavings{a}, DrawKey: key, Posts: contracted{a.Identity}, Accounts: contracted{a.Identity}, Vault: a.Vault})
}

// contracted gives contracts the accounts and posts that they are the reason of.
// Whoever may write contracts need not be able to write posts: the posts follow
// in the program's own name, and the trail says for which reason.
type contracted struct{ *identity.Service }

var byContract = access.System("contract or cover of a grid worker")

func (c contracted) Drive(tx *store.Tx, account, grid, org int64, from, to int) error {
	return c.Service.Drive(tx, byContract, account, identity.NewPost{Role: workforce.WorkerRole, Grid: grid, Org: org, From: from, To: to})
}

func (c contracted) Open(ctx context.Context, district int, login, name string) (int64, string, error) {
	made, password, err := c.CreateAccount(ctx, byContract, identity.NewAccount{Login: login, Name: name, Home: district})
	return made.ID, password, err
}

// grounds names regions and grids.
type grounds struct{ *region.Atlas }

func (g grounds) Region(code int64) string { return g.Name(code) }

func (g grounds) Grid(id int64) (string, int64) {
	x, err := g.Atlas.Grid(id)
	if err != nil {
		return "", 0
	}
	return x.Name, x.Community
}

// results gives appraisals the cases and what they count for, by the marks that
// the figures' own sets are made of.
type results struct{ *cases.Service }

func (r results) Cases(ctx context.Context, district, from, to int, figures []string, fn func(workforce.OutcomeCase)) error {
	type sets struct{ in, of metric.Set }
	all := make([]sets, len(figures))
	for i, id := range figures {
		f, err := metric.ByID(id)
		if err != nil {
			return err
		}
		all[i] = sets{f.Numerator, f.Denominator}
	}
	return r.Outcomes(ctx, district, from, to, func(o cases.Outcome) {
		c := workforce.OutcomeCase{ID: o.ID, Grid: o.Grid, Callable: o.Callable, In: make([]bool, len(all)), Of: make([]bool, len(all))}
		for i, s := range all {
			c.In[i], c.Of[i] = s.in.Holds(o.Marks), s.of.Holds(o.Marks)
		}
		fn(c)
	})
}

func (r results) Refs(ctx context.Context, district int, ids []int64) ([]workforce.Ref, error) {
	list, err := r.Briefs(ctx, district, ids)
	out := make([]workforce.Ref, len(list))
	for i, b := range list {
		out[i] = workforce.Ref{ID: b.ID, Number: b.Number, Title: b.Title}
	}
	return out, err
}

var handingOver = access.System("what is open in a worker's grid")

// leavings gives hand-over lists the visits and phones. Whoever keeps contracts
// need not be able to arrange visits: they follow in the program's own name.
type leavings struct{ *App }

func (l leavings) Left(ctx context.Context, community, grid, account int64) (*workforce.Left, error) {
	x, err := l.Patrol.Left(ctx, handingOver, community, grid, account)
	if err != nil {
		return nil, err
	}
	out := &workforce.Left{Tasks: x.Tasks, Unvisited: x.Unvisited}
	for _, r := range x.ByRule {
		out.ByRule = append(out.ByRule, workforce.LeftOf(r))
	}
	phones, err := l.Sync.PhonesOf(ctx, account)
	for _, p := range phones {
		out.Phones = append(out.Phones, workforce.Phone{Label: p.Label, SeenAt: p.SeenAt, Open: p.Held + p.Rejected, Locked: p.LockedAt != 0})
	}
	return out, err
}

func (l leavings) Take(ctx context.Context, tasks []int64, to int64, reason string) error {
	for part := range slices.Chunk(tasks, patrol.AtOnce) {
		if err := l.Patrol.HandOver(ctx, handingOver, slices.Clone(part), to, reason); err != nil {
			return err
		}
	}
	return nil
}

func (r results) Open(ctx context.Context, district int, grid int64) ([]workforce.Ref, error) {
	open := true
	list, _, err := r.Service.Cases(ctx, handingOver, cases.Filter{District: district, Grids: []int64{grid}, Open: &open, Limit: 200})
	out := make([]workforce.Ref, len(list))
	for i, c := range list {
		out[i] = workforce.Ref{ID: c.ID, Number: c.Number, Title: c.Title}
	}
	return out, err
}
