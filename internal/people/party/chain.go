package party

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/ledger"
)

// Service reads the chain as a whole.
type Service struct {
	*Registers
	Today func() int
	// Grids are the grids in force that the scope reaches and where people live.
	Grids func(scope access.Scope) []Grid
}

// Grid is a grid that the chain should reach.
type Grid struct {
	ID        int64
	Name      string
	District  int
	Community int64
	Place     string // names of the district, street and community
}

// Link is the chain at one grid: its branch and what stands below it.
type Link struct {
	Grid
	Branch     int64 // 0: none
	BranchName string
	Secretary  string // "" if there is none
	Groups     int
	Households int
	Members    int
}

// The kinds of gaps.
const (
	NoBranch    = "no_branch"
	NoSecretary = "no_secretary"
	TermEnded   = "term_ended"
)

// Gap is something that the chain lacks.
type Gap struct {
	Kind      string
	Grid      int64 // 0: at the community
	Community int64
	Holder    int64 // the organisation, where there is one
	Name      string
	Since     ledger.Day // end of the last secretary's term
}

// Totals are counts of rows in force; each has the filter that gives its rows.
type Totals struct{ Communities, Branches, Groups, Households, Members, Raised int }

// Chain is all of it.
type Chain struct {
	Totals Totals
	Links  []Link
	Gaps   []Gap
}

// Conditions by which the totals are counted and their rows are listed; on= is
// added with the day.
var (
	OfCommunities = "level=" + AtCommunity
	OfBranches    = "level=" + AtGrid
	OfGroups      = "level=" + AtBuilding
	OfRaised      = "how=raised"
)

func onDay(d int) string { return "on=" + calendar.DayText(d) }

// Read puts the chain together from the registers, as of today.
func (s *Service) Read(ctx context.Context, scope access.Scope) (*Chain, error) {
	today := onDay(s.Today())
	c := &Chain{}
	var tops, twigs []*Org
	if err := s.Orgs.All(ctx, scope, ledger.Filter{Where: []string{today, OfCommunities + "|" + AtGrid}}, func(o *Org) error {
		if o.Level == AtGrid {
			twigs = append(twigs, o)
		} else {
			tops = append(tops, o)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	now, last := map[int64]string{}, map[int64]ledger.Day{}
	if err := s.Posts.All(ctx, scope, ledger.Filter{Where: []string{"office=secretary"}}, func(p *Post) error {
		if p.InForce(s.Today()) {
			now[p.Holder] = p.Name
		} else if p.To != 0 && int(p.To) < s.Today() {
			last[p.Holder] = max(last[p.Holder], p.To)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	groups, err := byGrid(s.Orgs.Figure(ctx, scope, ledger.Filter{Where: []string{today, OfGroups}}, "grid", "", "zh"))
	if err != nil {
		return nil, err
	}
	houses, err := byGrid(s.Households.Figure(ctx, scope, ledger.Filter{Where: []string{today}}, "grid", "", "zh"))
	if err != nil {
		return nil, err
	}
	people, err := byGrid(s.Members.Figure(ctx, scope, ledger.Filter{Where: []string{today}}, "grid", "", "zh"))
	if err != nil {
		return nil, err
	}
	raised, err := s.Ranks.Figure(ctx, scope, ledger.Filter{Where: []string{today, OfRaised}}, "", "", "zh")
	if err != nil {
		return nil, err
	}
	c.Totals = Totals{Communities: len(tops), Branches: len(twigs), Groups: groups.total, Households: houses.total, Members: people.total, Raised: raised.Total}
	branch := map[int64]*Org{}
	for _, o := range twigs {
		branch[o.Grid] = o
	}
	for _, g := range s.Grids(scope) {
		l := Link{Grid: g, Groups: groups.of[g.ID], Households: houses.of[g.ID], Members: people.of[g.ID]}
		if o := branch[g.ID]; o != nil {
			l.Branch, l.BranchName, l.Secretary = o.ID, o.Name, now[o.ID]
		} else {
			c.Gaps = append(c.Gaps, Gap{Kind: NoBranch, Grid: g.ID, Community: g.Community, Name: g.Name})
		}
		c.Links = append(c.Links, l)
	}
	for _, o := range slices.Concat(tops, twigs) {
		if now[o.ID] != "" {
			continue
		}
		g := Gap{Kind: NoSecretary, Grid: o.Grid, Community: o.Region, Holder: o.ID, Name: o.Name, Since: last[o.ID]}
		if g.Since != 0 {
			g.Kind = TermEnded
		}
		c.Gaps = append(c.Gaps, g)
	}
	slices.SortStableFunc(c.Links, func(a, b Link) int { return cmp.Or(cmp.Compare(a.Community, b.Community), cmp.Compare(a.ID, b.ID)) })
	slices.SortStableFunc(c.Gaps, func(a, b Gap) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), cmp.Compare(a.Community, b.Community))
	})
	return c, nil
}

// counted is a figure by grid.
type counted struct {
	total int
	of    map[int64]int
}

func byGrid(f *ledger.Figure, err error) (counted, error) {
	if err != nil {
		return counted{}, err
	}
	c := counted{f.Total, map[int64]int{}}
	for _, g := range f.Items {
		_, id, _ := strings.Cut(g.Where, "=")
		if n, err := strconv.ParseInt(id, 10, 64); err == nil { // rows without a grid have none
			c.of[n] = g.N
		}
	}
	return c, nil
}
