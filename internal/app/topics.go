package app

import (
	"context"
	"fmt"
	"log/slog"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/work/cases"
	"linli/internal/work/topic"
)

// gists gives the topics their cases.
type gists struct{ *App }

func (m gists) matters(ctx context.Context, list []cases.Gist, err error) ([]topic.Matter, error) {
	if err != nil {
		return nil, err
	}
	byDistrict := map[int][]int64{}
	for _, t := range list {
		if t.Reporter != 0 {
			byDistrict[t.District] = append(byDistrict[t.District], t.Reporter)
		}
	}
	who := map[int64]string{}
	for d, ids := range byDistrict {
		if err := m.Vault.Same(ctx, m.DB, d, ids, who); err != nil {
			return nil, err
		}
	}
	out := make([]topic.Matter, len(list))
	for i, t := range list {
		person := who[t.Reporter]
		switch {
		case person == "" && t.Reporter != 0:
			person = fmt.Sprint("record ", t.Reporter)
		case person == "": // whoever wrote it down for nobody known
			person = fmt.Sprint("account ", t.Creator)
		}
		out[i] = topic.Matter{ID: t.ID, Number: t.Number, Version: t.Version, Person: person, Title: t.Title, Body: t.Body, At: t.ReportedAt, Lon: t.Lon, Lat: t.Lat, District: t.District,
			Community: t.Community, Category: t.Category, Open: t.Open, Unanswered: t.Open && t.ResolvedAt == 0, Into: t.MergedInto}
	}
	return out, nil
}

func (m gists) Newest(ctx context.Context, since int64, n int) ([]topic.Matter, error) {
	list, err := m.Cases.Newest(ctx, since, n)
	return m.matters(ctx, list, err)
}

func (m gists) Among(ctx context.Context, scope access.Scope, ids []int64) ([]topic.Matter, error) {
	list, err := m.Cases.Among(ctx, scope, ids)
	return m.matters(ctx, list, err)
}

func (m gists) Gather(ctx context.Context, scope access.Scope, sp topic.Special, parts []topic.Matter) (int64, map[int64]error, error) {
	report, err := scope.For(access.CaseReport)
	if err != nil {
		return 0, nil, errs.NotFound.New()
	}
	in := cases.ReportIn{Title: sp.Title, Text: sp.Text, Channel: "department", Category: sp.Category, Community: sp.Community, Lon: sp.Lon, Lat: sp.Lat, CRS: "wgs84",
		OnWrite: func(tx *store.Tx, c *cases.Case) error { return sp.OnWrite(tx, c.ID) }}
	if _, err := m.rules().Category(sp.Category, 0, ""); err != nil {
		in.Category = 0 // its kind is no longer in force; a person chooses
	}
	c, err := m.Cases.Report(ctx, report, in)
	if err != nil {
		return 0, nil, err
	}
	refused := map[int64]error{}
	for _, p := range parts {
		if _, err := m.Cases.Act(ctx, scope, p.ID, cases.Act{Action: cases.ActMerge, Version: p.Version, Into: c.ID}); err != nil {
			if errs.As(err).Kind == errs.Internal {
				return 0, nil, err
			}
			refused[p.ID] = err
		}
	}
	return c.ID, refused, nil
}

func (m gists) Weeks(ctx context.Context, district int, from, until int64) ([]topic.Week, error) {
	list, err := m.Cases.Weeks(ctx, district, from, until)
	out := make([]topic.Week, len(list))
	for i, n := range list {
		out[i] = topic.Week(n)
	}
	return out, err
}

func (m gists) Region(code int64) string { return m.Atlas.Name(code) }

func (m gists) Category(id int64) errs.Words {
	c, err := m.rules().Category(id, 0, "")
	if err != nil {
		return errs.Words{ZH: "?", EN: "?"}
	}
	return c.Name
}

// findSigns looks for early signs and says how many there are.
func (a *App) findSigns(ctx context.Context) error {
	n, err := a.Topics.FindSigns(ctx)
	if n > 0 {
		slog.InfoContext(ctx, "early signs", "found", n)
	}
	return err
}
