package region

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// chart is one immutable state of everything in memory: about 4 MB for a city
// of 14,000 buildings. Positions are float64 because a float32 is off by up to
// 4 m at these longitudes.
type chart struct {
	stamp      int64
	day        int      // for which versions were chosen
	nextDay    int      // first later day on which another version comes or goes, 0 = none
	regions    []Region // current versions without polygons, by code
	regionAt   map[int64]int32
	children   map[int64][]int64
	grids      []Grid // without polygons, by id
	gridAt     map[int64]int32
	others     map[int64]Grid // former grids and ones to come, without polygons
	coming     map[int64]bool // which of the others are to come
	compounds  []Compound     // by id
	buildings  []building     // by id
	places     []Place        // without refs
	bounds     Bounds
	locate     *locator
	cells      *cells
	names      *gazetteer
	normal     []string     // normalised names of the regions
	centre     [][2]float64 // a point inside each region
	gridCentre [][2]float64
	households int
}

// building is a Building that refers to the chart's other arrays.
type building struct {
	id         int64
	lon, lat   float64
	name       string // shared among all buildings of that name
	compound   int32  // index, -1 if none
	community  int32
	grid       int32 // index, -1 if none
	households int32
	kind       string
}

// Bounds is a box: west, south, east, north.
type Bounds [4]float64

// Holds tells whether the position lies in the box.
func (b Bounds) Holds(lon, lat float64) bool {
	return lon >= b[0] && lon <= b[2] && lat >= b[1] && lat <= b[3]
}

func (b *Bounds) grow(lon, lat float64) {
	b[0], b[1] = min(b[0], lon), min(b[1], lat)
	b[2], b[3] = max(b[2], lon), max(b[3], lat)
}

// empty is the box of nothing.
func (b Bounds) empty() bool { return !(b[0] <= b[2] && b[1] <= b[3]) }

var emptyBounds = Bounds{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}

// newChart makes the chart of rows that were read from the tables. versions
// may hold several versions of a region; those in force on the day are kept.
func newChart(stamp int64, day int, versions []Region, n net, compounds []Compound, buildings []Building, places []Place) (*chart, error) {
	c := &chart{stamp: stamp, day: day, bounds: emptyBounds,
		regionAt: map[int64]int32{}, children: map[int64][]int64{}, gridAt: map[int64]int32{}}
	c.regions, c.nextDay = inForce(versions, day)
	for i, r := range c.regions {
		c.regionAt[r.Code] = int32(i)
		c.children[r.Parent] = append(c.children[r.Parent], r.Code)
		if LevelOf(r.Code) == Community {
			c.households += r.Households
		}
	}
	if n.next != 0 && (c.nextDay == 0 || n.next < c.nextDay) {
		c.nextDay = n.next
	}
	c.grids, c.others, c.coming = n.grids, n.others, n.coming
	for i, g := range c.grids {
		c.gridAt[g.ID] = int32(i)
	}
	regionShapes, gridShapes, err := shapesOf(c.regions, c.grids)
	if err != nil {
		return nil, err
	}
	if c.locate, err = newLocator(c.regions, regionShapes, c.grids, gridShapes); err != nil {
		return nil, err
	}
	c.normal = make([]string, len(c.regions))
	c.centre = make([][2]float64, len(c.regions))
	for i, r := range c.regions {
		c.normal[i] = normalise(r.Name)
		c.centre[i] = inner(regionShapes[i])
	}
	c.gridCentre = make([][2]float64, len(c.grids))
	for i := range c.grids {
		c.gridCentre[i] = inner(gridShapes[i])
	}
	c.bounds = c.locate.bounds()
	slices.SortFunc(compounds, func(a, b Compound) int { return cmp.Compare(a.ID, b.ID) })
	c.compounds = slices.Clip(compounds)
	slices.SortFunc(buildings, func(a, b Building) int { return cmp.Compare(a.ID, b.ID) })
	shared := map[string]string{}
	share := func(s string) string {
		if t, ok := shared[s]; ok {
			return t
		}
		s = strings.Clone(s)
		shared[s] = s
		return s
	}
	c.buildings = make([]building, len(buildings))
	for i, b := range buildings {
		c.buildings[i] = building{id: b.ID, lon: b.Lon, lat: b.Lat, name: share(b.Name), kind: share(b.Kind),
			compound: c.compoundAt(b.Compound), community: index(c.regionAt, b.Community), grid: index(c.gridAt, b.Grid), households: int32(b.Households)}
		c.bounds.grow(b.Lon, b.Lat)
	}
	c.places = slices.Clip(places)
	if err = c.locate.setBuildings(c.buildings); err != nil {
		return nil, err
	}
	c.cells = newCells(c.buildings)
	c.names = c.newGazetteer()
	return c, nil
}

func index(m map[int64]int32, key int64) int32 {
	if i, ok := m[key]; ok {
		return i
	}
	return -1
}

func (c *chart) compoundAt(id int64) int32 {
	i, ok := slices.BinarySearchFunc(c.compounds, id, func(x Compound, id int64) int { return cmp.Compare(x.ID, id) })
	if !ok {
		return -1
	}
	return int32(i)
}

func (c *chart) buildingAt(id int64) int {
	i, ok := slices.BinarySearchFunc(c.buildings, id, func(x building, id int64) int { return cmp.Compare(x.id, id) })
	if !ok {
		return -1
	}
	return i
}

// inForce picks, for each code, the highest version that has begun on the day,
// if it has not ended; and the next day on which that would be different.
func inForce(versions []Region, day int) (now []Region, next int) {
	slices.SortFunc(versions, func(a, b Region) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(b.Version, a.Version))
	})
	soon := func(d int) {
		if d > day && (next == 0 || d < next) {
			next = d
		}
	}
	found := int64(0)
	for _, v := range versions {
		soon(v.ValidFrom)
		soon(v.ValidTo)
		if v.Code == found || v.ValidFrom > day {
			continue
		}
		found = v.Code
		if v.ValidTo == 0 || v.ValidTo > day {
			now = append(now, v)
		}
	}
	return slices.Clip(now), next
}

func (c *chart) region(code int64) *Region {
	if i, ok := c.regionAt[code]; ok {
		return &c.regions[i]
	}
	return nil
}

// path is "湖东区 翠湖街道 翠湖社区" for a community or street.
func (c *chart) path(code int64) string {
	var parts []string
	for ; LevelOf(code) > City; code = ParentOf(code) {
		if r := c.region(code); r != nil {
			parts = append(parts, r.Name)
		}
	}
	slices.Reverse(parts)
	return strings.Join(parts, " ")
}

func (c *chart) newGazetteer() *gazetteer {
	var b gazetteerBuilder
	for i, r := range c.regions {
		switch LevelOf(r.Code) {
		case District:
			b.add(entryDistrict, i, r.Name)
		case Street:
			b.add(entryStreet, i, r.Name)
		case Community:
			b.add(entryCommunity, i, r.Name)
		}
		b.g.regions = append(b.g.regions, regionName{normalise(r.Name), r.Code})
	}
	for i, x := range c.compounds {
		b.add(entryCompound, i, x.Name)
	}
	for i, p := range c.places {
		kind := entryPOI
		if p.Kind == "road" {
			kind = entryRoad
		}
		b.add(kind, i, p.Name)
	}
	for i, g := range c.grids {
		b.add(entryGrid, i, g.Name)
		b.add(entryGrid, i, itoa(int(g.Code)))
	}
	for i := range c.buildings {
		b.add(entryBuilding, i, c.buildingName(i))
	}
	return b.done()
}

// buildingName is the building's name as people say it, with its compound.
func (c *chart) buildingName(i int) string {
	x := &c.buildings[i]
	if x.compound < 0 || strings.HasPrefix(x.name, c.compounds[x.compound].Name) {
		return x.name
	}
	return c.compounds[x.compound].Name + x.name
}
