package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/people/identity"
	"linli/internal/work/cases"
	"linli/internal/work/rulebook"
	"linli/internal/work/whistle"
)

// whistles makes the room of whistles and joint meetings.
func (a *App) whistles() *whistle.Service {
	a.Jobs.Every("limits of whistles", 5*time.Second, func(ctx context.Context) error { _, err := a.Whistles.Miss(ctx); return err })
	return &whistle.Service{DB: a.DB, Rules: func() whistle.Rules { return whistleRules{a.Rulebook.Current(a.DB.Now())} }, Cases: whistleCases{a}, Offers: whistleOffers{a}, Atlas: whistlePlaces{a.Atlas},
		People: jointPeople{people{a.Identity, a.Today}}, Files: a.Files}
}

type whistleRules struct{ book *rulebook.Book }

func (r whistleRules) Calendar() *calendar.Calendar { return r.book.Calendar() }

func (r whistleRules) WhistleLimit(kind string) calendar.Limit {
	return r.book.Settings().WhistleLimit(kind)
}

func (r whistleRules) ShiftsDecided() int { return r.book.Settings().ReturnsDecided }

type whistlePlaces struct{ *region.Atlas }

func (p whistlePlaces) At(lon, lat float64) (whistle.Spot, bool) {
	s, ok := p.Atlas.At(lon, lat)
	return whistle.Spot(s), ok
}

func (p whistlePlaces) SpotOf(community, grid int64) (whistle.Spot, bool) {
	s, ok := places(p).SpotOf(community, grid)
	return whistle.Spot(s), ok
}

func (p whistlePlaces) Region(code int64) string { return p.Name(code) }

func (p whistlePlaces) Grid(id int64) string {
	g, err := p.Atlas.Grid(id)
	if err != nil {
		return ""
	}
	return g.Name
}

// jointPeople gives the room names of people, and who decides between them.
type jointPeople struct {
	people
}

func (c jointPeople) Org(id int64) (string, bool) {
	o, ok := c.Directory().Org(id)
	return o.Name, ok
}

func (c jointPeople) OrgAt(id int64, s whistle.Spot) bool {
	o, ok := c.Directory().Org(id)
	return ok && o.InForce(c.people.today()) && (o.District == 0 || o.District == s.District)
}

func (c jointPeople) Arbiter(s whistle.Spot) int64 {
	h := c.Directory().Holders(access.CaseArbitrate, access.Target{District: s.District, Street: s.Street, Community: s.Community, Grid: s.Grid}, c.people.today())
	slices.SortStableFunc(h, func(a, b identity.Holder) int { return access.Digits(b.Post.Region) - access.Digits(a.Post.Region) })
	if len(h) == 0 {
		return 0
	}
	return h[0].Account
}

// whistleCases gives the room the cases that the caller's posts reach.
type whistleCases struct{ *App }

func jointMatter(c *cases.Case, why errs.Words) whistle.Matter {
	return whistle.Matter{ID: c.ID, Number: c.Number, Title: c.Title, Status: string(c.Status), Address: c.Address, Lon: c.Lon, Lat: c.Lat, Why: why,
		Spot: whistle.Spot{District: c.District, Street: c.Street, Community: c.Community, Grid: c.Grid}}
}

func (w whistleCases) Case(ctx context.Context, scope access.Scope, id int64) (whistle.Matter, error) {
	read, err := scope.For(access.CaseRead)
	if err != nil {
		return whistle.Matter{}, err
	}
	c, _, _, err := w.Cases.ByID(ctx, read, id)
	if err != nil {
		return whistle.Matter{}, err
	}
	return jointMatter(c, errs.Words{}), nil
}

// Unsolved: what stands still, is late or was sent back, the most people first.
func (w whistleCases) Unsolved(ctx context.Context, scope access.Scope, street, community int64, n int) ([]whistle.Matter, error) {
	read, err := scope.For(access.CaseRead)
	if err != nil {
		return nil, nil // a post without cases proposes none
	}
	open := true
	f := cases.Filter{Open: &open, Streets: []int64{street}, Sort: "reported", Limit: 3 * n}
	if community != 0 {
		f.Communities = []int64{community}
	}
	reasons := map[int64]errs.Words{}
	var found []*cases.Case
	for _, look := range []struct {
		narrow func(*cases.Filter)
		why    errs.Words
	}{
		{func(f *cases.Filter) { f.Flag = cases.FlagSuspended }, errs.Words{ZH: "挂账，社区一时解决不了", EN: "suspended: it cannot be solved now"}},
		{func(f *cases.Filter) { f.Overdue = true }, errs.Words{ZH: "超过办理时限", EN: "past its limit"}},
	} {
		q := f
		look.narrow(&q)
		list, _, err := w.Cases.Cases(ctx, read, q)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			if _, known := reasons[c.ID]; !known {
				reasons[c.ID] = look.why
				found = append(found, c)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *cases.Case) int {
		return cmp.Or(cmp.Compare(b.Supporters, a.Supporters), cmp.Compare(b.Returns, a.Returns))
	})
	out := make([]whistle.Matter, 0, n)
	for _, c := range found[:min(len(found), n)] {
		out = append(out, jointMatter(c, reasons[c.ID]))
	}
	return out, nil
}
