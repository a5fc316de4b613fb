package app

import (
	"context"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/work/cases"
	"linli/internal/work/intake"
)

// Intake are the options of an import that the program itself fills in.
func (a *App) Intake(ctx context.Context, o intake.Options) (intake.Options, error) {
	o.DB, o.City, o.Zone = a.DB, cityMap{a}, a.Rulebook.Current(a.DB.Now()).Calendar().Location()
	if o.Cases == nil {
		o.Cases = caseDoor{a.Cases}
	}
	var err error
	o.Began, err = intake.Began(ctx, a.DB)
	return o, err
}

// caseDoor leads from the intake room to the case room.
type caseDoor struct{ *cases.Service }

func (d caseDoor) Import(ctx context.Context, scope access.Scope, m *intake.Matter) error {
	_, err := d.Service.Import(ctx, scope, cases.History{OutsideNumber: m.OutsideNumber, Title: m.Title, Text: m.Text, Channel: m.Channel, Category: m.Category,
		District: m.District, Street: m.Street, Community: m.Community, Grid: m.Grid, ReportedAt: m.ReportedAt, Result: m.Result, ClosedAt: m.ClosedAt})
	if errs.Is(err, cases.ErrKnown) {
		return intake.ErrKnown
	}
	return err
}

func (d caseDoor) Report(ctx context.Context, scope access.Scope, m *intake.Matter) error {
	_, err := d.Service.Report(ctx, scope, cases.ReportIn{Text: m.Text, Title: m.Title, Channel: m.Channel, Category: m.Category, Grade: m.Grade, Lon: m.Lon, Lat: m.Lat, CRS: m.CRS,
		Address: m.Address, Community: m.Community, Grid: m.Grid, Reporter: cases.Person{Name: m.Name, Phone: m.Phone}, OccurredAt: m.ReportedAt, OutsideNumber: m.OutsideNumber})
	if errs.Is(err, errs.Conflict) && errs.As(err).Field == "outside_number" {
		return intake.ErrKnown
	}
	return err
}

// cityMap gives the intake room the map and the rulebook.
type cityMap struct{ a *App }

func (c cityMap) Regions() []intake.Region {
	var out []intake.Region
	for _, r := range c.a.Atlas.Regions() {
		out = append(out, intake.Region{Code: r.Code, Name: r.Name})
	}
	return out
}

func (c cityMap) Grids() []intake.GridRef {
	var out []intake.GridRef
	for _, g := range c.a.Atlas.Grids(0) {
		out = append(out, intake.GridRef{ID: g.ID, Code: g.Code, Community: g.Community})
	}
	return out
}

func (c cityMap) Leaves() []intake.Leaf {
	book := c.a.Rulebook.Current(c.a.DB.Now())
	var out []intake.Leaf
	for _, x := range book.Tree() {
		if !x.Leaf {
			continue
		}
		leaf := intake.Leaf{ID: x.ID, Code: x.Code, Name: x.Name}
		for at := x; at != nil; {
			leaf.Path = append([]string{at.Name}, leaf.Path...)
			if at.Parent == 0 {
				break
			}
			up, err := book.Category(at.Parent)
			if err != nil {
				break
			}
			at = up
		}
		out = append(out, leaf)
	}
	return out
}

func (c cityMap) At(lon, lat float64) (intake.Spot, bool) {
	s, ok := c.a.Atlas.At(lon, lat)
	return intake.Spot(region.Spot(s)), ok
}

func (c cityMap) Suspect(lon, lat float64) string {
	return string(c.a.Atlas.Suspect(lon, lat).Suspicion)
}
