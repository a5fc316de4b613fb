package load

import (
	"slices"

	"linli/internal/kernel/calendar"
	"linli/internal/sim/city"
	"linli/internal/work/rulebook"
)

// categories are the city's tree as the rulebook takes it.
func categories(c *city.City) []rulebook.Category {
	out := make([]rulebook.Category, 0, len(c.Categories))
	for _, x := range c.Categories {
		n := rulebook.Category{ID: x.ID, Parent: x.Parent, Code: x.Code, Name: x.Name, NameEN: x.NameEn, Kind: x.Kind, Nature: x.Nature, Grade: x.Grade,
			Evidence: rulebook.Evidence{Found: x.Evidence.Found, Resolved: x.Evidence.Resolved}, EvidenceWhy: x.Evidence.Why, EvidenceWhyEN: x.Evidence.WhyEn,
			Filing: x.Filing, Closing: x.Closing, UnitKind: x.UnitKind, Keywords: slices.Clone(x.Keywords), Onsite: x.Onsite, Private: x.Private}
		for _, l := range x.Limits {
			n.Limits = append(n.Limits, calendar.Stage{Name: l.Stage, Limit: calendar.Limit{N: l.N, Unit: calendar.Unit(l.Unit)}})
		}
		for _, q := range x.Questions {
			ask := rulebook.Question{Code: q.Code, Text: q.Text, TextEN: q.TextEn, Datatype: q.Datatype, Required: q.Required, Why: q.Why, WhyEN: q.WhyEn}
			for _, v := range q.Values {
				ask.Values = append(ask.Values, rulebook.Choice{Key: v.Key, Name: v.Name, NameEN: v.NameEn})
			}
			n.Questions = append(n.Questions, ask)
		}
		out = append(out, n)
	}
	return out
}

// rules are the city's routes, in their order.
func rules(c *city.City) []rulebook.Rule {
	out := make([]rulebook.Rule, 0, len(c.Routes))
	for _, r := range c.Routes {
		x := rulebook.Rule{ID: r.ID, Name: r.Name, NameEN: r.NameEn,
			When: rulebook.When{Categories: r.Categories, Kinds: r.Kinds, Grades: r.Grades},
			Then: rulebook.Then{Lead: rulebook.Unit{Kind: r.Lead}}}
		for _, kind := range r.Assists {
			x.Then.Assists = append(x.Then.Assists, rulebook.Unit{Kind: kind})
		}
		out = append(out, x)
	}
	return out
}
