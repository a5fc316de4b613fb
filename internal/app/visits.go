package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"linli/internal/grid/household"
	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/offline"
	"linli/internal/kernel/store"
	"linli/internal/people/identity"
	"linli/internal/people/workforce"
	"linli/internal/work/patrol"
)

// openVisits opens homes, and the visits to them.
func (a *App) openVisits() {
	a.Homes = household.New(a.DB, a.Ledger, houses{a.Atlas}, a.Vault, a.Identity.AccountName)
	cal := func() *calendar.Calendar { return a.rules().Calendar() }
	a.Patrol = &patrol.Service{DB: a.DB, City: streets{a.Atlas}, Homes: doors{a.Homes}, Hazards: dangers{a}, People: visitors{a.Identity, a.Staff, a.Today, cal}, Files: a.Files,
		Calendar: cal, Known: a.held, Router: patrol.Walk{}, Hours: patrol.DefaultHours}
	a.Cases.Visited, a.Homes.Joined = a.Patrol.LinkCase, a.Patrol.Join
	a.Jobs.Every("visits that are due", 30*time.Second, a.Patrol.Keep)
}

// houses tells homes where their buildings are.
type houses struct{ *region.Atlas }

func (h houses) Building(id int64) (grid, community int64, ok bool) {
	b, err := h.Atlas.Building(id)
	return b.Grid, b.Community, err == nil
}

// streets gives the visits the city's places.
type streets struct{ *region.Atlas }

func (c streets) Communities() []int64 {
	var out []int64
	for _, r := range c.Regions() {
		if region.LevelOf(r.Code) == region.Community {
			out = append(out, r.Code)
		}
	}
	return out
}

func visited(b region.Building) patrol.Building {
	return patrol.Building{ID: b.ID, Grid: b.Grid, Community: b.Community, Kind: b.Kind, Lived: b.Households > 0, Lon: b.Lon, Lat: b.Lat}
}

func (c streets) Buildings(community int64) []patrol.Building {
	all := c.Atlas.Buildings(community)
	out := make([]patrol.Building, len(all))
	for i, b := range all {
		out[i] = visited(b)
	}
	return out
}

func (c streets) Building(id int64) (patrol.Building, bool) {
	b, err := c.Atlas.Building(id)
	return visited(b), err == nil
}

func (c streets) Place(building int64) string { return c.BuildingName(building) }

func (c streets) Grids(area int64) []patrol.Grid {
	all := c.Atlas.Grids(area)
	out := make([]patrol.Grid, len(all))
	for i, g := range all {
		out[i] = patrol.Grid{ID: g.ID, Community: g.Community, Name: g.Name}
	}
	return out
}

// doors gives the visits the homes.
type doors struct{ *household.Service }

func (d doors) In(ctx context.Context, district int, community int64, day int) ([]patrol.Home, error) {
	all, err := d.Service.In(ctx, district, community, day)
	out := make([]patrol.Home, len(all))
	for i, h := range all {
		out[i] = patrol.Home{ID: h.ID, Building: h.Building, Since: h.From, Every: h.Every, Empty: h.Empty, Needs: h.Needs}
	}
	return out, err
}

func (d doors) Home(tx *store.Tx, district int, id int64) (patrol.Home, error) {
	home, building, err := d.Service.Building(tx, district, id)
	return patrol.Home{ID: home, Building: building}, err
}

func (d doors) Rooms(ctx context.Context, district int, ids []int64) (map[int64]string, error) {
	return d.Doors(ctx, district, ids)
}

func (d doors) Needs() map[string]errs.Words { return d.Kinds() }

// dangers gives the visits the open hazards, at the nearest building's door.
type dangers struct{ *App }

func (d dangers) Hazards(ctx context.Context, district int, community int64, grades []string) ([]patrol.Hazard, error) {
	all, err := d.Cases.Hazards(ctx, district, community, grades)
	out := make([]patrol.Hazard, 0, len(all))
	for _, h := range all {
		x := patrol.Hazard{Case: h.ID, Grid: h.Grid, Title: h.Title, Grade: h.Grade, Reported: h.Day, Lon: h.Lon, Lat: h.Lat}
		if b, _, _, ok := d.Atlas.Nearest(h.Lon, h.Lat, 40); ok && b.Grid == h.Grid {
			x.Building = b.ID
		}
		if x.Grid != 0 {
			out = append(out, x)
		}
	}
	return out, err
}

// visitors gives the visits who works where.
type visitors struct {
	*identity.Service
	staff *workforce.Service
	today func() int
	cal   func() *calendar.Calendar
}

func (v visitors) Account(id int64) string {
	if id == 0 {
		return ""
	}
	return v.AccountName(id)
}

// leaveSeen is how many days ahead leave is looked up when a day's share is taken.
const leaveSeen = 14

// Workers are those with a post for the grid who are not on leave; whoever has
// several grids on the day – the own one and one that is covered – gives each an
// equal part.
func (v visitors) Workers(ctx context.Context, grid int64, day int) ([]patrol.Worker, error) {
	dir := v.Directory()
	soon := day <= v.cal().AddDays(v.today(), leaveSeen)
	var out []patrol.Worker
	for _, h := range dir.GridPosts([]int64{grid}, day) {
		if slices.ContainsFunc(out, func(w patrol.Worker) bool { return w.Account == h.Account }) {
			continue
		}
		if soon {
			away, err := v.staff.Away(ctx, h.Account, day)
			if err != nil {
				return nil, err
			}
			if away {
				continue
			}
		}
		out = append(out, patrol.Worker{Account: h.Account, Name: h.Name, Share: 1 / float64(len(dir.GridsOf(h.Account, day)))})
	}
	return out, nil
}

func (v visitors) Holders(t access.Target, day int) []patrol.Worker {
	var out []patrol.Worker
	for _, h := range v.Directory().Holders(access.VisitRecord, t, day) {
		out = append(out, patrol.Worker{Account: h.Account, Name: h.Name, Share: 1})
	}
	return out
}

// buildingNames lets registers refer to buildings.
type buildingNames struct{ *region.Atlas }

func (b buildingNames) Named(id int64) (ledger.Named, bool) {
	name := b.BuildingName(id)
	return ledger.Named{ID: id, Name: name}, name != ""
}

func (b buildingNames) found(text string, limit int) (out []ledger.Named) {
	for _, f := range b.Places(text, nil, 50) {
		if f.Building != 0 && len(out) < limit {
			out = append(out, ledger.Named{ID: f.Building, Name: f.Name})
		}
	}
	return out
}

func (b buildingNames) Find(text string) (out []int64) {
	for _, n := range b.found(text, 50) {
		if n.Name == text {
			out = append(out, n.ID)
		}
	}
	return out
}

func (b buildingNames) Search(text string, limit int) []ledger.Named { return b.found(text, limit) }

// held says where the system already has what a question asks: the field of a
// register with the same name, or a personal one that the question names.
func (a *App) held(code, text string) (errs.Words, bool) {
	zh, en := a.Ledger.Views("zh"), a.Ledger.Views("en")
	plain := func(s string) string {
		return strings.ToLower(strings.TrimFunc(s, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) }))
	}
	asked := plain(text)
	for i, reg := range zh {
		for k, f := range reg.Fields {
			personal := f.Kind == string(ledger.Personal) && strings.Contains(asked, plain(f.Label))
			if personal || asked == plain(f.Label) || asked == plain(en[i].Fields[k].Label) || code == f.Name && reg.Group == "household" {
				return errs.Words{ZH: reg.Name + "·" + f.Label, EN: en[i].Name + ", " + en[i].Fields[k].Label}, true
			}
		}
	}
	if strings.Contains(asked, "身份证") {
		return errs.Words{ZH: "走访不采集身份证号", EN: "visits ask for no identity number"}, true
	}
	return errs.Words{}, false
}

// phoneBuilding is a building as phones keep it.
type phoneBuilding struct {
	Name     string   `json:"name"`
	Compound string   `json:"compound,omitempty"`
	Kind     string   `json:"kind"`
	Lon      float64  `json:"lon"`
	Lat      float64  `json:"lat"`
	Homes    int      `json:"homes"`
	Units    []string `json:"units"`
}

// buildingSource gives phones the buildings of a grid.
func (a *App) buildingSource() offline.Source {
	return offline.Source{Type: "building", Perm: access.VisitRecord,
		Stamp: func(context.Context) (string, error) { return strconv.FormatInt(a.Atlas.Stamp(), 10), nil },
		Rows: func(ctx context.Context, _ store.Reader, at access.Target, _ []int64) ([]offline.Row, error) {
			units, err := a.Homes.Units(ctx, at.District, at.Grid)
			if err != nil {
				return nil, err
			}
			out := []offline.Row{}
			for _, b := range a.Atlas.Buildings(at.Community) {
				if b.Grid != at.Grid {
					continue
				}
				whole := a.Atlas.BuildingName(b.ID)
				out = append(out, offline.Row{ID: b.ID, Version: 1, Row: phoneBuilding{Name: b.Name, Compound: strings.TrimSuffix(whole, b.Name), Kind: b.Kind, Lon: b.Lon, Lat: b.Lat, Homes: b.Households, Units: slices.Concat([]string{}, units[b.ID])}})
			}
			return out, nil
		}}
}
