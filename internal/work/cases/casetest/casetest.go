// Package casetest is a small city for tests of what stands on cases: two
// districts with streets, communities, grids, units, a category tree and an
// actor for every role, all in memory, around the real cases.Service. Time
// stands still until the test moves it. Step walks at random through the life
// of cases, as people in those roles could.
package casetest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/store"
	"linli/internal/work/cases"
)

// The city, its groups of categories with their leaves, and its units. Units 1
// to 3 work in the whole city, 4 and 5 in one district each.
const City = 9901

var (
	Districts = []int{990101, 990102}
	Groups    = map[int64][]int64{10: {11, 12}, 20: {21, 22}}
	Leaves    = []int64{11, 12, 21, 22}
	Orgs      = []int64{1, 2, 3, 4, 5}
)

// World is the city with its cases.
type World struct {
	*cases.Service
	Spots  []cases.Spot // one for each grid
	Actors []*access.Actor
	Now    int64               // every act happens now
	IDs    []int64             // cases reported so far, by Step or Add
	Done   map[flow.Action]int // what Step's people did so far, refusals left out

	last  int64 // the case of Step's last act, 0 if none
	t     testing.TB
	cal   *calendar.Calendar
	keys  map[int64]cases.Person
	keyMu sync.Mutex
}

// Start is the first instant of a world: a Thursday morning.
var Start = calendar.Standard().DayStart(20260115) + 9*3600*1_000_000

// Hour in microseconds.
const Hour = 3600 * 1_000_000

// New makes the city over an empty migrated database.
func New(t testing.TB, db *store.DB) *World {
	t.Helper()
	access.SetDistricts(Districts...)
	w := &World{Now: Start, t: t, cal: calendar.Standard(), keys: map[int64]cases.Person{}, Done: map[flow.Action]int{}}
	grid := int64(100)
	for _, d := range Districts {
		for s := range int64(2) {
			for c := range int64(2) {
				for range 2 {
					grid++
					street := int64(d)*1000 + s + 1
					w.Spots = append(w.Spots, cases.Spot{District: d, Street: street, Community: street*1000 + c + 1, Grid: grid})
				}
			}
		}
	}
	w.Service = &cases.Service{DB: db, Rules: func() cases.Rules { return rules{w} }, Atlas: atlas{w}, People: people{}, Keeper: keeper{w}, Photos: photos{}, DrawKey: []byte("test"),
		Search: func(context.Context, store.Reader, string, string, string) (string, []any, bool, error) {
			return "1 = 1", nil, false, nil
		}}
	w.people()
	return w
}

// people makes an actor for every role and place; two seats call back.
func (w *World) people() {
	add := func(role string, region, grid, org int64) {
		n := int64(len(w.Actors) + 1)
		w.Actors = append(w.Actors, &access.Actor{Account: n, Login: role + strconv.FormatInt(n, 10), Name: role, Lang: "zh",
			Posts: []access.Post{{ID: 1000 + n, Account: n, Role: role, Region: region, Grid: grid, Org: org, From: 20200101}}})
	}
	add("operator", City, 0, 0)
	add("callback", City, 0, 0)
	add("callback", City, 0, 0)
	add("leader", City, 0, 0)
	add("district_desk", City, 0, 0)
	for _, o := range Orgs {
		region := int64(City)
		if o > 3 {
			region = int64(Districts[o-4])
		}
		add("handler", region, 0, o)
		add("unit_lead", region, 0, o)
	}
	seen := map[int64]bool{}
	once := func(code int64, roles ...string) {
		if seen[code] {
			return
		}
		seen[code] = true
		for _, r := range roles {
			add(r, code, 0, 0)
		}
	}
	for _, s := range w.Spots {
		once(int64(s.District), "district_desk", "leader")
		once(s.Street, "dispatcher", "chief", "leader")
		once(s.Community, "community")
		add("grid_worker", s.Community, s.Grid, 0)
	}
}

// Actor finds the actor with the role whose post covers the region (a code of
// any length, a grid's id for grid workers or a unit's for handlers).
func (w *World) Actor(role string, of int64) *access.Actor {
	w.t.Helper()
	for _, a := range w.Actors {
		if p := a.Posts[0]; p.Role == role && (p.Region == of || p.Grid == of && of != 0 || p.Org == of && of != 0) {
			return a
		}
	}
	w.t.Fatalf("casetest: no %s for %d", role, of)
	return nil
}

// Context is a context in which writes happen at w.Now.
func (w *World) Context() context.Context { return store.ContextAt(context.Background(), w.Now) }

// Calendar is the calendar in force.
func (w *World) Calendar() *calendar.Calendar { return w.cal }

// Today is the day of w.Now.
func (w *World) Today() int { return w.cal.Day(w.Now) }

// Scope is what the actor reaches with any of the permissions, as the web
// grants it.
func (w *World) Scope(a *access.Actor, perms ...access.Perm) (access.Scope, error) {
	return access.Needs(perms...).Authorize(a, w.Today())
}

var acting = []access.Perm{access.CaseTriage, access.CaseDispatch, access.CaseHandle, access.CaseApprove, access.CaseArbitrate, access.CaseVerify, access.CaseOnsite, access.CaseCallback, access.CaseVoid, access.CaseReport}

// Add reports a case as the actor; grid 0 leaves the place to the text.
func (w *World) Add(a *access.Actor, in cases.ReportIn) (*cases.Case, error) {
	scope, err := w.Scope(a, access.CaseReport)
	if err != nil {
		return nil, err
	}
	c, err := w.Service.Report(w.Context(), scope, in)
	if err == nil {
		w.IDs = append(w.IDs, c.ID)
	}
	return c, err
}

// Do does an action on a case as the actor, at its present version.
func (w *World) Do(a *access.Actor, id int64, act cases.Act) (*cases.Case, error) {
	scope, err := w.Scope(a, acting...)
	if err != nil {
		return nil, err
	}
	act.Version = w.Case(id).Version
	return w.Service.Act(w.Context(), scope, id, act)
}

// Own does an action on a case as its own reporter, at its present version.
func (w *World) Own(id int64, act cases.Act) (*cases.Case, error) {
	act.Version = w.Case(id).Version
	return w.Service.Act(w.Context(), access.Visitor(City).Own(id), id, act)
}

// Must is Do that may not fail.
func (w *World) Must(a *access.Actor, id int64, act cases.Act) *cases.Case {
	w.t.Helper()
	c, err := w.Do(a, id, act)
	if err != nil {
		w.t.Fatalf("%s by %s: %v", act.Action, a.Login, err)
	}
	return c
}

// Everything is the scope of the test itself.
var Everything = access.System("test")

// Case reads a case's present row.
func (w *World) Case(id int64) *cases.Case {
	w.t.Helper()
	c, _, _, err := w.ByID(context.Background(), Everything, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// Wait lets time pass and has the program note what has lapsed by then.
func (w *World) Wait(hours float64) {
	w.t.Helper()
	w.Now += int64(hours * Hour)
	if _, err := w.Lapse(w.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// Position is a point inside the grid.
func (w *World) Position(grid int64) (lon, lat float64) {
	return 112 + float64(grid)/100, 29.4
}

type atlas struct{ w *World }

func (a atlas) At(lon, lat float64) (cases.Spot, bool) {
	i := int((lon-112)*100+0.5) - 101
	if lat < 29.3 || lat > 29.5 || i < 0 || i >= len(a.w.Spots) {
		return cases.Spot{}, false
	}
	return a.w.Spots[i], true
}

func (a atlas) Suspect(lon, lat float64) string {
	if _, ok := a.At(lon, lat); !ok {
		return "outside"
	}
	return ""
}

func (a atlas) SpotOf(community, grid int64) (cases.Spot, bool) {
	for _, s := range a.w.Spots {
		if s.Grid == grid {
			return s, true
		}
		if grid == 0 && s.Community == community {
			s.Grid = 0
			return s, true
		}
	}
	return cases.Spot{}, false
}

// Cell: each grid is a cell with its own middle; the last one has too few homes.
func (a atlas) Cell(lon, lat float64) (geo.Point, float64, bool) {
	s, ok := a.At(lon, lat)
	if !ok || s == a.w.Spots[len(a.w.Spots)-1] {
		return geo.Point{}, 0, false
	}
	return geo.Point{Lon: 112 + float64(s.Grid)/100 + 0.001, Lat: 29.401}, 150, true
}

func (a atlas) Region(code int64) cases.Named {
	if code == 0 {
		return cases.Named{}
	}
	return cases.Named{Code: strconv.FormatInt(code, 10), Name: fmt.Sprintf("区划%d", code)}
}

func (a atlas) Grid(id int64) cases.Named {
	if s, ok := a.SpotOf(0, id); ok && id != 0 {
		return cases.Named{ID: id, Code: fmt.Sprintf("%d%03d", s.Community, id), Name: fmt.Sprintf("第%d网格", id)}
	}
	return cases.Named{}
}

// OtherNet is the day of another net: in the first community of each street two
// new grids, 1000 above the old ones' ids, lie crosswise to them, which for want
// of real places the cases' ids decide. There a case without a position is in none.
const OtherNet = 20200101

func (a atlas) Net(_ context.Context, day int) (cases.Net, error) {
	return net{a, day == OtherNet}, nil
}

type net struct {
	atlas
	other bool
}

func (n net) crosswise(community int64) bool { return n.other && community%2 == 1 }

func (n net) GridOf(c *cases.Case) int64 {
	if !n.crosswise(c.Community) {
		return c.Grid
	}
	spot, ok := n.At(c.Lon, c.Lat)
	if !ok || spot.Community != c.Community {
		return 0
	}
	first := n.w.Spots[slices.IndexFunc(n.w.Spots, func(s cases.Spot) bool { return s.Community == c.Community })].Grid
	return 1000 + first + int64(c.Day%2)
}

func (n net) Grid(id int64) (cases.Named, int64) {
	s, ok := n.SpotOf(0, id%1000)
	if !ok || id == 0 || n.crosswise(s.Community) != (id > 1000) {
		return cases.Named{}, 0
	}
	return cases.Named{ID: id, Code: fmt.Sprintf("%d%03d", s.Community, id%1000), Name: fmt.Sprintf("第%d网格", id)}, s.Community
}

type people struct{}

func (people) Org(id int64) (cases.Named, bool) {
	if id < 1 || id > int64(len(Orgs)) {
		return cases.Named{}, false
	}
	return cases.Named{ID: id, Name: fmt.Sprintf("第%d局", id)}, true
}
func (people) Account(id int64) string                  { return fmt.Sprintf("账号%d", id) }
func (people) PostName(int64) errs.Words                { return errs.Words{ZH: "岗位", EN: "post"} }
func (people) Under(org, top int64) bool                { return org == top && org != 0 }
func (people) Approver(string, cases.Spot, int64) int64 { return 0 }

type rules struct{ w *World }

// Category: 11 may be settled on the spot, 22 needs a photo when resolved, 21 has
// two stages within handling; all are called back but 12.
func (r rules) Category(id int64, version int, grade string) (cases.Category, error) {
	c := cases.Category{ID: id, Version: 1, Code: strconv.FormatInt(id, 10), Name: errs.Words{ZH: fmt.Sprintf("类别%d", id), EN: fmt.Sprintf("category %d", id)}, Onsite: id == 11, EvidenceResolved: id == 22, EvidenceWhy: "证明办理结果", Leaf: true, CallRate: 1}
	if id == 12 {
		c.CallRate = 0
	}
	if id == 22 {
		c.Questions = Questions()
	}
	if _, group := Groups[id]; group {
		c.Leaf = false
		return c, nil
	}
	if id/10 < 1 || id/10 > 2 || id%10 < 1 || id%10 > 2 {
		return c, errs.NotFound.New()
	}
	return c, nil
}

func (r rules) Limits(category int64, _ int, grade string) []cases.StageLimit {
	handle := calendar.Limit{N: 2, Unit: calendar.Day}
	if grade == "urgent" || grade == "critical" {
		handle = calendar.Limit{N: 4, Unit: calendar.Hour}
	}
	if grade == "complex" {
		handle = calendar.Limit{N: 5, Unit: calendar.WorkDay}
	}
	limits := []cases.StageLimit{{Stage: "triage", Limit: calendar.Limit{N: 4, Unit: calendar.Hour}}, {Stage: "sign", Limit: calendar.Limit{N: 1, Unit: calendar.Day}},
		{Stage: "handle", Limit: handle}, {Stage: "verify", Limit: calendar.Limit{N: 1, Unit: calendar.WorkDay}}, {Stage: "call_back", Limit: calendar.Limit{N: 2, Unit: calendar.Day}}}
	if category == 21 {
		limits = append(limits, cases.StageLimit{Stage: "停工", Limit: calendar.Limit{N: 4, Unit: calendar.WorkHour}}, cases.StageLimit{Stage: "拆除", Limit: calendar.Limit{N: 20, Unit: calendar.WorkDay}})
	}
	return limits
}

func (r rules) Leaves(id int64) []int64 {
	if l, ok := Groups[id]; ok {
		return l
	}
	return []int64{id}
}

// Private: 12 is personal by its kind.
func (r rules) Private() []int64             { return []int64{12} }
func (r rules) Calendar() *calendar.Calendar { return r.w.cal }
func (r rules) Settings() cases.Settings {
	return cases.Settings{OnsiteSample: 0.3, CallTries: 2, ExtensionMax: calendar.Limit{N: 5, Unit: calendar.Day}, ExtensionTimes: 1, ReviewDays: 30, ReturnsDecided: 2, PauseDays: 5, PauseTimes: 2, SoonShare: 0.2, SimilarMetres: 300, SimilarDays: 30, ArchiveDays: 7}
}
func (r rules) Route(cases.RouteFacts) (cases.Route, error) {
	return cases.Route{Lead: 1, Why: errs.Words{ZH: "默认", EN: "default"}}, nil
}

// Questions are those of category 22, one of each kind.
func Questions() []cases.Question {
	name := func(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }
	list := []cases.Choice{{Key: "a", Name: name("甲", "first")}, {Key: "b", Name: name("乙", "second")}}
	return []cases.Question{
		{Code: "one", Text: name("选一个", "choose one"), Datatype: "singlevaluelist", Required: true, Values: list},
		{Code: "several", Text: name("选几个", "choose some"), Datatype: "multivaluelist", Values: list},
		{Code: "number", Text: name("几个", "how many"), Datatype: "number"},
		{Code: "since", Text: name("何时开始", "since when"), Datatype: "datetime"},
		{Code: "mark", Text: name("编号", "mark"), Datatype: "string"},
		{Code: "more", Text: name("详情", "details"), Datatype: "text"},
	}
}

// keeper keeps reporters in memory, in clear.
type keeper struct{ w *World }

type sealed struct {
	id int64
	p  cases.Person
}

func (k keeper) Seal(_ int, id int64, p cases.Person) (any, error) { return sealed{id, p}, nil }

func (k keeper) Keep(_ *store.Tx, s any) {
	k.w.keyMu.Lock()
	defer k.w.keyMu.Unlock()
	k.w.keys[s.(sealed).id] = s.(sealed).p
}

func (k keeper) Masked(context.Context, store.Reader, int, int64) (name, phone string, err error) {
	return "张**", "138****0000", nil
}

func (k keeper) Reveal(_ context.Context, _ access.Scope, _ int, id, _ int64, _ string) (cases.Person, error) {
	k.w.keyMu.Lock()
	defer k.w.keyMu.Unlock()
	p, ok := k.w.keys[id]
	if !ok {
		return p, errs.NotFound.New()
	}
	return p, nil
}

func (k keeper) Erase(_ *store.Tx, _ int, id int64) error {
	k.w.keyMu.Lock()
	defer k.w.keyMu.Unlock()
	delete(k.w.keys, id)
	return nil
}

// photos takes every file.
type photos struct{}

func (photos) Attach(*store.Tx, int, int64, []int64, int64, bool) error { return nil }
func (photos) Await(*store.Tx, int, int64, []string, int64, bool) error { return nil }
func (photos) Of(context.Context, store.Reader, int, int64) ([]cases.FileInfo, error) {
	return nil, nil
}

// SetCalendar puts another calendar in force.
func (w *World) SetCalendar(c *calendar.Calendar) { w.cal = c }
