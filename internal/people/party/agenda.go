package party

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/ledger"
)

// Agenda is what party officers have to see to: secretaries' terms that end.
func (s *Service) Agenda() []agenda.Source {
	return []agenda.Source{{
		Code: "party_term", Name: w("书记任期届满", "Secretaries’ terms end"), Does: []access.Perm{access.PartyWrite}, Sees: []access.Perm{access.PartyRead}, All: "/party", Before: 60,
		Due: func(ctx context.Context, scope access.Scope, until int) ([]agenda.Entry, error) {
			return s.terms(ctx, scope, true, agenda.To("valid_to", until))
		},
		Dates: func(ctx context.Context, scope access.Scope, from, to int) ([]agenda.Entry, error) {
			return s.terms(ctx, scope, false, agenda.From("valid_to", from), agenda.To("valid_to", to))
		},
	}}
}

// terms are the terms of secretaries that the conditions choose, by their last
// day; open: only the latest of an organisation, and none that a later one follows.
func (s *Service) terms(ctx context.Context, scope access.Scope, open bool, where ...string) ([]agenda.Entry, error) {
	latest := map[int64]*Post{}
	var list []*Post
	err := s.Posts.All(ctx, scope, ledger.Filter{Where: append(where, "office=secretary", "state="+ledger.Active), Sort: "valid_to"}, func(p *Post) error {
		latest[p.Holder] = p // in the order of their last days
		list = append(list, p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	names := map[int64]string{} // of those that are still there
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(latest)), 100) {
		if err := s.Orgs.All(ctx, scope, ledger.Filter{Where: []string{ledger.Where("id", "=", chunk), onDay(s.Today())}}, func(o *Org) error { names[o.ID] = o.Name; return nil }); err != nil {
			return nil, err
		}
		if err := s.Posts.All(ctx, scope, ledger.Filter{Where: []string{ledger.Where("holder", "=", chunk), "office=secretary", "state=" + ledger.Active}}, func(p *Post) error {
			if p.To > latest[p.Holder].To {
				latest[p.Holder] = p
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	var out []agenda.Entry
	for _, p := range list {
		name := names[p.Holder]
		if name == "" || open && latest[p.Holder] != p || len(out) == agenda.Most {
			continue
		}
		out = append(out, agenda.Entry{Key: fmt.Sprint(p.ID), Title: w(name+"书记 "+p.Name, p.Name+", secretary of "+name), Day: int(p.To), Link: agenda.Row("party_post", p.ID), Target: p.Target()})
	}
	return out, nil
}
