package patrol_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/store"
	"linli/internal/work/patrol"
)

const (
	district  = 990101
	community = int64(990101001001)
	grid      = int64(1_000_001)
	elsewhere = int64(1_000_002)
)

var everything = access.System("test")

// world is a community of two grids around the room; its clock is set by hand.
type world struct {
	*patrol.Service
	now       time.Time
	buildings map[int64]patrol.Building
	homes     []patrol.Home
	joined    map[int64][]int64
	hazards   []patrol.Hazard
	workers   map[int64][]patrol.Worker
	away      map[int]bool // days on which nobody works
	n         int
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	access.SetDistricts(district)
	w := &world{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CST", 8*3600)), buildings: map[int64]patrol.Building{}, workers: map[int64][]patrol.Worker{}, away: map[int]bool{}}
	w.Service = &patrol.Service{DB: db, City: w, Homes: w, Hazards: hazards{w}, People: w, Files: w, Calendar: calendar.Standard, Router: patrol.Walk{}, Hours: patrol.DefaultHours,
		Known: func(code, text string) (errs.Words, bool) {
			return errs.Words{ZH: "住户·联系电话", EN: "homes, telephone"}, code == "phone"
		}}
	for i := range int64(4) {
		g := grid
		if i == 3 {
			g = elsewhere
		}
		w.buildings[10+i] = patrol.Building{ID: 10 + i, Grid: g, Community: community, Lived: true, Kind: "residential", Lon: 112.6 + float64(i)/1000, Lat: 29.4}
		for k := range int64(5) {
			w.homes = append(w.homes, patrol.Home{ID: 100*(i+1) + k, Building: 10 + i, Since: 20260101})
		}
	}
	w.workers[grid] = []patrol.Worker{{Account: 7, Name: "王", Share: 1}}
	w.workers[elsewhere] = []patrol.Worker{{Account: 8, Name: "李", Share: 1}}
	return w
}

func (w *world) ctx() context.Context {
	return store.ContextAt(context.Background(), w.now.UnixMicro())
}

func (w *world) day() int { return calendar.Standard().Day(w.now.UnixMicro()) }

func (w *world) Communities() []int64 { return []int64{community} }

func (w *world) Buildings(int64) []patrol.Building {
	var out []patrol.Building
	for _, b := range w.buildings {
		out = append(out, b)
	}
	return out
}

func (w *world) Building(id int64) (patrol.Building, bool) { b, ok := w.buildings[id]; return b, ok }

func (w *world) Place(id int64) string { return fmt.Sprint(id, "号楼") }

func (w *world) Grids(int64) []patrol.Grid {
	return []patrol.Grid{{ID: grid, Community: community, Name: "第1网格"}, {ID: elsewhere, Community: community, Name: "第2网格"}}
}

func (w *world) Name(code int64) string {
	if code == community {
		return "翠湖社区"
	}
	return ""
}

func (w *world) In(context.Context, int, int64, int) ([]patrol.Home, error) {
	return slices.Clone(w.homes), nil
}

func (w *world) Home(_ *store.Tx, _ int, id int64) (patrol.Home, error) {
	for _, h := range w.homes {
		if h.ID == id {
			return h, nil
		}
	}
	return patrol.Home{}, errs.NotFound.New()
}

func (w *world) Rooms(_ context.Context, _ int, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	for _, id := range ids {
		out[id] = fmt.Sprint("1单元 ", id)
	}
	return out, nil
}

func (w *world) Same(_ context.Context, _ []int, home int64) ([]int64, error) {
	return append([]int64{home}, w.joined[home]...), nil
}

func (w *world) Needs() map[string]errs.Words {
	return map[string]errs.Words{"alone": {ZH: "独居", EN: "lives alone"}, "disabled": {ZH: "残疾", EN: "disabled"}}
}

func (w *world) Account(id int64) string {
	for _, list := range w.workers {
		for _, x := range list {
			if x.Account == id {
				return x.Name
			}
		}
	}
	return ""
}

func (w *world) Workers(_ context.Context, g int64, day int) ([]patrol.Worker, error) {
	if w.away[day] {
		return nil, nil
	}
	return w.workers[g], nil
}

func (w *world) Holders(t access.Target, _ int) []patrol.Worker { return w.workers[t.Grid] }

// hazards is the port of open cases; a world's own method of that name is the room's.
type hazards struct{ w *world }

func (h hazards) Hazards(context.Context, int, int64, []string) ([]patrol.Hazard, error) {
	return slices.Clone(h.w.hazards), nil
}

// rule publishes one for the city.
func (w *world) rule(t *testing.T, r patrol.Rule) *patrol.Rule {
	t.Helper()
	if r.Name == "" {
		r.Name = "走访"
	}
	r.Why, r.Priority, r.Minutes = "关心居民", max(r.Priority, 1), max(r.Minutes, 10)
	made, err := w.Publish(w.ctx(), everything, r, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (w *world) generate(t *testing.T) {
	t.Helper()
	if err := w.Generate(w.ctx()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) list(t *testing.T, f patrol.Filter) []patrol.Task {
	t.Helper()
	f.Limit = 10_000
	list, err := w.Tasks(w.ctx(), everything, f)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// worker is the scope of somebody who visits in a grid.
func (w *world) worker(t *testing.T, account, g int64, p access.Perm) access.Scope {
	t.Helper()
	a := &access.Actor{Account: account, Lang: "zh", Posts: []access.Post{{ID: account * 10, Account: account, Role: "grid_worker", Region: community, Grid: g, From: 20260101}}}
	s, err := a.Scope(p, w.day())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) uuid() string {
	w.n++
	return fmt.Sprintf("00000000-0000-7000-8000-%012d", w.n)
}

// visit records one by the grid's worker.
func (w *world) visit(t *testing.T, v patrol.Visit) *patrol.Visit {
	t.Helper()
	if v.Client == "" {
		v.Client = w.uuid()
	}
	made, err := w.Record(w.ctx(), everything, v)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (w *world) OfEach(context.Context, store.Reader, int, string, []int64) (map[int64][]files.File, error) {
	return nil, nil
}
