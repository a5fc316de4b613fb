package app

import (
	"context"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/people/identity"
	"linli/internal/people/partner"
	"linli/internal/work/whistle"
)

// partners makes the room of co-building and social forces.
func (a *App) partners() *partner.Service {
	return partner.New(a.Ledger, partner.Service{DB: a.DB, Vault: a.Vault, Names: helperNames{a.Identity, a.Atlas}, Today: a.Today})
}

type helperNames struct {
	people *identity.Service
	places *region.Atlas
}

func (n helperNames) Org(id int64) string      { return n.people.OrgName(id) }
func (n helperNames) Region(code int64) string { return n.places.Name(code) }

// whistleOffers gives joint meetings the open needs and the resources of a place.
type whistleOffers struct{ *App }

func (w whistleOffers) Offers(ctx context.Context, scope access.Scope, street, community int64, n int) ([]whistle.Offer, error) {
	read, err := scope.For(access.PartnerRead)
	if err != nil {
		return nil, nil // a post without the lists proposes none
	}
	at := street
	if community != 0 {
		at = community
	}
	where := func(state string) ledger.Filter {
		return ledger.Filter{Where: []string{"state=" + state, ledger.Where("region", "=", at)}, Limit: n}
	}
	needs, _, err := w.Partners.Needs.Rows(ctx, read, where("open"))
	if err != nil {
		return nil, err
	}
	var out []whistle.Offer
	for _, x := range needs {
		out = append(out, whistle.Offer{ID: x.ID, Kind: "request", Title: x.Title, Why: errs.Words{ZH: "共建需求，还没有匹配资源", EN: "a need without a resource"}})
	}
	resources, _, err := w.Partners.Resources.Rows(ctx, read, where("active"))
	if err != nil {
		return nil, err
	}
	for _, x := range resources {
		org := w.Identity.OrgName(x.Org)
		out = append(out, whistle.Offer{ID: x.ID, Kind: "resource", Title: x.Title, Why: errs.Words{ZH: org + "提供", EN: "offered by " + org}})
	}
	return out, nil
}
