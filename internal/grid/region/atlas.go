package region

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/jobs"
	"linli/internal/kernel/store"
)

// Options say what an Atlas works on.
type Options struct {
	DB       *store.DB
	Dir      string         // folder of the base map's files; made when first written
	Zone     *time.Location // of the city's days; nil: China
	OnChange func(*Atlas)   // called after every swap, the first included; must be quick
}

// Atlas is the read model of all regions and places, and the room's commands.
// Reads never touch the database and are safe for concurrent use.
type Atlas struct {
	db       *store.DB
	zone     *time.Location
	onChange func(*Atlas)
	layers   *layers
	cur      atomic.Pointer[chart]
	nets     nets
	loading  sync.Mutex
}

// Open reads the tables into memory.
func Open(ctx context.Context, o Options) (*Atlas, error) {
	if o.Zone == nil {
		o.Zone = time.FixedZone("CST", 8*3600)
	}
	a := &Atlas{db: o.DB, zone: o.Zone, onChange: o.OnChange, layers: &layers{dir: o.Dir}}
	if err := a.layers.open(); err != nil {
		return nil, err
	}
	return a, a.reload(ctx)
}

func (a *Atlas) today() int {
	y, m, d := time.UnixMicro(a.db.Now()).In(a.zone).Date()
	return y*10000 + int(m)*100 + d
}

// Refresh reads the tables again if they, or the day, have changed.
func (a *Atlas) Refresh(ctx context.Context) error {
	n, err := stamp(ctx, a.db)
	if err != nil {
		return err
	}
	c := a.cur.Load()
	if c != nil && c.stamp == n && (c.nextDay == 0 || a.today() < c.nextDay) {
		return nil
	}
	return a.reload(ctx)
}

func (a *Atlas) reload(ctx context.Context) error {
	a.loading.Lock()
	defer a.loading.Unlock()
	c, err := readChart(ctx, a.db, a.today())
	if err != nil {
		return err
	}
	a.cur.Store(c)
	if a.onChange != nil {
		a.onChange(a)
	}
	return nil
}

// Watch keeps up with other processes until the context ends.
func (a *Atlas) Watch(ctx context.Context) { jobs.Follow(ctx, "atlas", a.Refresh) }

// Stamp grows with every change of the tables.
func (a *Atlas) Stamp() int64 { return a.cur.Load().stamp }

// Name is the region's name, "" if there is none of that code.
func (a *Atlas) Name(code int64) string {
	if r := a.cur.Load().region(code); r != nil {
		return r.Name
	}
	return ""
}

// Path is the names from the district down: "湖东区 翠湖街道 翠湖社区".
func (a *Atlas) Path(code int64) string { return a.cur.Load().path(code) }

// Region returns the region in force today, without its polygon.
func (a *Atlas) Region(code int64) (Region, error) {
	if r := a.cur.Load().region(code); r != nil {
		return *r, nil
	}
	return Region{}, errs.NotFound.New()
}

// Children lists the regions right under the code in order of code; 0 gives the city.
func (a *Atlas) Children(parent int64) []Region {
	c := a.cur.Load()
	out := make([]Region, 0, len(c.children[parent]))
	for _, code := range c.children[parent] {
		out = append(out, *c.region(code))
	}
	return out
}

// Regions lists every region in force in order of code: the city first, then
// districts, streets, communities.
func (a *Atlas) Regions() []Region { return slices.Clone(a.cur.Load().regions) }

// City returns the city, or the zero Region while nothing is loaded.
func (a *Atlas) City() Region {
	if c := a.cur.Load(); len(c.regions) > 0 && LevelOf(c.regions[0].Code) == City {
		return c.regions[0]
	}
	return Region{}
}

// Districts lists the 6-digit codes in force.
func (a *Atlas) Districts() []int {
	var out []int
	for _, r := range a.cur.Load().regions {
		if LevelOf(r.Code) == District {
			out = append(out, int(r.Code))
		}
	}
	return out
}

// Grid returns the grid with the code that it has now, without its polygon; a
// former one with its last code, one to come with its first.
func (a *Atlas) Grid(id int64) (Grid, error) {
	c := a.cur.Load()
	if i, ok := c.gridAt[id]; ok {
		return c.grids[i], nil
	}
	if g, ok := c.others[id]; ok {
		return g, nil
	}
	return Grid{}, errs.NotFound.New()
}

// GridCommunity is the community that the grid lies in, 0 if there is no such grid.
func (a *Atlas) GridCommunity(id int64) int64 {
	c := a.cur.Load()
	if i, ok := c.gridAt[id]; ok {
		return c.grids[i].Community
	}
	return 0
}

// ComingGrid is the community of a grid that was published and has not begun,
// 0 if there is none: posts may already be given for it.
func (a *Atlas) ComingGrid(id int64) int64 {
	c := a.cur.Load()
	if !c.coming[id] {
		return 0
	}
	return c.others[id].Community
}

// Grids lists the grids inside the region (0: all), in order of code.
func (a *Atlas) Grids(area int64) []Grid {
	var out []Grid
	for _, g := range a.cur.Load().grids {
		if Within(g.Community, area) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(x, y Grid) int { return cmp.Compare(x.Code, y.Code) })
	return out
}

// Building returns a building; Name is the building's own.
func (a *Atlas) Building(id int64) (Building, error) {
	c := a.cur.Load()
	i := c.buildingAt(id)
	if i < 0 {
		return Building{}, errs.NotFound.New()
	}
	return c.building(i), nil
}

func (c *chart) building(i int) Building {
	x := &c.buildings[i]
	b := Building{ID: x.id, Name: x.name, Kind: x.kind, Lon: x.lon, Lat: x.lat, Households: int(x.households)}
	if x.compound >= 0 {
		b.Compound = c.compounds[x.compound].ID
	}
	if x.grid >= 0 {
		b.Grid = c.grids[x.grid].ID
	}
	if x.community >= 0 {
		b.Community = c.regions[x.community].Code
	}
	return b
}

// Buildings lists the buildings of a community, in order of id.
func (a *Atlas) Buildings(community int64) []Building {
	c := a.cur.Load()
	at, ok := c.regionAt[community]
	var out []Building
	for i := range c.buildings {
		if ok && int(c.buildings[i].community) == int(at) {
			out = append(out, c.building(i))
		}
	}
	return out
}

// BuildingName is a building's name with its compound's, "" if there is none.
func (a *Atlas) BuildingName(id int64) string {
	c := a.cur.Load()
	i := c.buildingAt(id)
	if i < 0 {
		return ""
	}
	return c.buildingName(i)
}

// At finds the grid, community, street and district of a WGS 84 position;
// false if it lies outside the city. It takes about a microsecond.
func (a *Atlas) At(lon, lat float64) (Spot, bool) {
	return a.cur.Load().at(geo.Point{Lon: lon, Lat: lat})
}

// Suspect tells whether the position looks swapped, taken from another
// coordinate system, or outside the city.
func (a *Atlas) Suspect(lon, lat float64) geo.Finding {
	return a.cur.Load().suspect(geo.Point{Lon: lon, Lat: lat})
}

// Nearest returns the building whose entrance is nearest within the reach in
// metres, its name with the compound's, and the distance; false if none.
func (a *Atlas) Nearest(lon, lat, reach float64) (b Building, name string, metres float64, ok bool) {
	c := a.cur.Load()
	i, d, ok := c.locate.buildings.Nearest(geo.Point{Lon: lon, Lat: lat}, reach)
	if !ok {
		return Building{}, "", 0, false
	}
	return c.building(int(i)), c.buildingName(int(i)), d, true
}

// Bounds is the box around the city; false while nothing is loaded.
func (a *Atlas) Bounds() (Bounds, bool) {
	b := a.cur.Load().bounds
	return b, !b.empty()
}

// Counts tells how much the atlas holds.
func (a *Atlas) Counts() (regions, grids, compounds, buildings, places int) {
	c := a.cur.Load()
	return len(c.regions), len(c.grids), len(c.compounds), len(c.buildings), len(c.places)
}

// Found is one result of the place search.
type Found struct {
	Kind      string // district, street, community, compound, building, road, poi, grid
	Name      string
	Path      string
	Lon, Lat  float64 // WGS 84; 0 if the kind has no point of its own
	Code      int64   // of a region
	Community int64
	Grid      int64
	Building  int64
}

// Places finds districts, streets, communities, compounds, buildings, roads,
// points of interest and grids by what people type, best first: whole names,
// then prefixes, substrings, names that a longer text contains, and runes in
// order. Results inside one of the near regions (codes) come before others
// that match as well. limit is at most 50.
func (a *Atlas) Places(text string, near []int64, limit int) []Found {
	const longest = 120 // runes; nobody searches for more
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest])
	}
	c := a.cur.Load()
	refs := c.names.find(text, min(limit, 50),
		func(r entryRef) bool { return len(near) > 0 && !c.within(r, near) },
		func(r entryRef, word string) bool {
			for code := c.codeOf(r); code != 0; code = ParentOf(code) {
				if c.regionNameHas(code, word) {
					return true
				}
			}
			return false
		}, c.within)
	out := make([]Found, len(refs))
	for i, r := range refs {
		out[i] = c.found(r)
	}
	return out
}

// Named finds what a text about something else names: "翠湖花园3号楼的电梯坏了".
// The longest names come first, those in near before others; several results of
// one name mean that the text does not say which.
func (a *Atlas) Named(text string, near []int64, limit int) []Found {
	const longest = 600 // runes; who has not named the place by then tells a story
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest])
	}
	c := a.cur.Load()
	refs := c.names.namedIn(text, limit, func(r entryRef) bool { return !c.within(r, near) })
	out := make([]Found, len(refs))
	for i, r := range refs {
		out[i] = c.found(r)
	}
	return out
}

// codeOf is the smallest region that holds the entry, 0 if it crosses several.
func (c *chart) codeOf(r entryRef) int64 {
	i := r.index()
	switch r.kind() {
	case entryDistrict, entryStreet, entryCommunity:
		return c.regions[i].Code
	case entryCompound:
		return c.compounds[i].Community
	case entryRoad, entryPOI:
		return c.places[i].Community
	case entryGrid:
		return c.grids[i].Community
	}
	if n := c.buildings[i].community; n >= 0 {
		return c.regions[n].Code
	}
	return 0
}

func (c *chart) within(r entryRef, areas []int64) bool {
	code := c.codeOf(r)
	return slices.ContainsFunc(areas, func(a int64) bool { return a != 0 && Within(code, a) })
}

func (c *chart) regionNameHas(code int64, word string) bool {
	i, ok := c.regionAt[code]
	return ok && strings.Contains(c.normal[i], word)
}

func (c *chart) found(r entryRef) Found {
	i := r.index()
	f := Found{Kind: entryKinds[r.kind()]}
	code := c.codeOf(r)
	f.Path = c.path(code)
	if LevelOf(code) == Community {
		f.Community = code
	}
	switch r.kind() {
	case entryDistrict, entryStreet, entryCommunity:
		f.Name, f.Code, f.Path = c.regions[i].Name, code, c.path(ParentOf(code))
		f.Lon, f.Lat = c.centre[i][0], c.centre[i][1]
	case entryCompound:
		x := &c.compounds[i]
		f.Name, f.Lon, f.Lat = x.Name, x.Lon, x.Lat
	case entryRoad, entryPOI:
		x := &c.places[i]
		f.Name, f.Lon, f.Lat = x.Name, x.Lon, x.Lat
		if x.Path != "" {
			f.Path = x.Path
		}
	case entryGrid:
		x := &c.grids[i]
		f.Name, f.Grid = x.Name, x.ID
		f.Lon, f.Lat = c.gridCentre[i][0], c.gridCentre[i][1]
		return f
	case entryBuilding:
		x := &c.buildings[i]
		f.Name, f.Lon, f.Lat, f.Building = c.buildingName(i), x.lon, x.lat, x.id
	}
	if f.Grid == 0 && r.kind() >= entryCompound && r.kind() != entryRoad {
		if x := r.kind(); x == entryBuilding {
			if g := c.buildings[i].grid; g >= 0 {
				f.Grid = c.grids[g].ID
			}
		} else if s, ok := c.at(geo.Point{Lon: f.Lon, Lat: f.Lat}); ok {
			f.Grid = s.Grid
		}
	}
	return f
}
