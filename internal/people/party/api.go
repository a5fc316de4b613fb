package party

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/web"
)

// API adds the chain as a whole; the registers have their own operations.
func (s *Service) API(r *web.Router) {
	web.Register(r, web.Op{ID: "party-chain", Method: "GET", Path: "/api/v1/party/chain", Policy: access.Needs(access.PartyRead), Tags: []string{"party"}, Summary: "四级链条与缺口", SummaryEN: "The party chain and its gaps"}, s.apiChain)
}

type count struct {
	Name     string   `json:"name" enum:"communities,branches,groups,households,members,raised"`
	N        int      `json:"n"`
	Register string   `json:"register" doc:"whose rows it counts"`
	Where    []string `json:"where" doc:"the filter that gives exactly those rows"`
}

type linkItem struct {
	Grid       int64  `json:"grid_id"`
	Name       string `json:"grid"`
	Community  int64  `json:"community"`
	Place      string `json:"place"`
	Branch     int64  `json:"branch_id,omitempty"`
	BranchName string `json:"branch,omitempty"`
	Secretary  string `json:"secretary,omitempty"`
	Groups     int    `json:"groups"`
	Households int    `json:"households"`
	Members    int    `json:"members"`
}

type gapItem struct {
	Kind      string `json:"kind" enum:"no_branch,no_secretary,term_ended"`
	Grid      int64  `json:"grid_id,omitempty"`
	Community int64  `json:"community"`
	Holder    int64  `json:"org_id,omitempty"`
	Name      string `json:"name"`
	Since     string `json:"since,omitempty" format:"date" doc:"last day of the last secretary"`
}

type chainOut struct {
	Body struct {
		Totals []count    `json:"totals"`
		Links  []linkItem `json:"links" doc:"one for each grid where people live"`
		Gaps   []gapItem  `json:"gaps"`
	}
}

func (s *Service) apiChain(ctx context.Context, scope access.Scope, _ *struct{}) (*chainOut, error) {
	c, err := s.Read(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &chainOut{}
	b := &out.Body
	t, on := c.Totals, onDay(s.Today())
	b.Totals = []count{
		{"communities", t.Communities, s.Orgs.Code(), []string{on, OfCommunities}}, {"raised", t.Raised, s.Ranks.Code(), []string{on, OfRaised}}, {"branches", t.Branches, s.Orgs.Code(), []string{on, OfBranches}},
		{"groups", t.Groups, s.Orgs.Code(), []string{on, OfGroups}}, {"households", t.Households, s.Households.Code(), []string{on}}, {"members", t.Members, s.Members.Code(), []string{on}},
	}
	b.Links, b.Gaps = []linkItem{}, []gapItem{}
	for _, l := range c.Links {
		b.Links = append(b.Links, linkItem{l.ID, l.Name, l.Community, l.Place, l.Branch, l.BranchName, l.Secretary, l.Groups, l.Households, l.Members})
	}
	for _, g := range c.Gaps {
		x := gapItem{Kind: g.Kind, Grid: g.Grid, Community: g.Community, Holder: g.Holder, Name: g.Name}
		if g.Since != 0 {
			x.Since = calendar.DayText(int(g.Since))
		}
		b.Gaps = append(b.Gaps, x)
	}
	return out, nil
}
