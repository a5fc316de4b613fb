package render

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/paulmach/orb"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/cells"
	"linli/internal/kernel/errs"
)

// View is a plan and what people call its parts.
type View struct {
	Instance    *planning.Instance
	Grid        []int          // unit → grid; units with planning.NoGrid are left out
	Grids       []Label        // of each grid; nil: grids go by their numbers
	Units       []string       // what people call each unit; nil: Unit.Building
	Compounds   map[int]string // names of compounds; missing ones go by their numbers
	Communities []int          // ids of the communities to be shown (a street's); nil: all
	Min, Max    int            // households
	Title       string         // of list and map: the street's or city's name
	Lang        string         // zh or en
}

// Label is what a grid is called and who serves it.
type Label struct {
	Code, Name, Worker string
	Note               string // why it may stay out of bounds
	Dedicated          bool   // a market, a campus: the bounds do not count
}

// Status tells how a grid's households lie to the bounds.
type Status string

// The statuses.
const (
	Within    Status = "in_range"
	Below     Status = "below"
	Above     Status = "above"
	Dedicated Status = "dedicated"
)

var statusWords = map[Status]errs.Words{
	Within:    {ZH: "符合", EN: "within bounds"},
	Below:     {ZH: "户数偏少", EN: "too few"},
	Above:     {ZH: "户数偏多", EN: "too many"},
	Dedicated: {ZH: "专属网格", EN: "dedicated"},
}

// grid is a grid as it is shown.
type grid struct {
	Label
	number     int // in the plan
	order      int // within its community, from 1, by planning.Numbered
	community  int // index
	units      []int
	households int
	status     Status
	compounds  []string
	shape      orb.MultiPolygon // metres
	middle     orb.Point        // of its households

	heartOnce sync.Once
	heartAt   orb.Point
	heartRoom float64
}

// heart is a place inside the grid for its label, and how much room there is in metres.
func (g *grid) heart() (orb.Point, float64) {
	g.heartOnce.Do(func() { g.heartAt, g.heartRoom = heart(g.shape) })
	return g.heartAt, g.heartRoom
}

// atlas is a plan with its shapes.
type atlas struct {
	View
	communities []int // indexes of the communities shown
	grids       []*grid
	diagrams    map[int]*drawn // by community index
}

// drawn is a community's diagram with the units that it is of.
type drawn struct {
	units   []int
	diagram *cells.Diagram
	at      map[int]int // unit → site
}

func newAtlas(v View) (*atlas, error) {
	in := v.Instance
	if len(v.Grid) != len(in.Units) {
		return nil, fmt.Errorf("render: a plan of %d units for an instance of %d", len(v.Grid), len(in.Units))
	}
	a := &atlas{View: v, diagrams: map[int]*drawn{}}
	for c, members := range in.Members() {
		if v.Communities != nil && !slices.Contains(v.Communities, in.Communities[c].ID) {
			continue
		}
		a.communities = append(a.communities, c)
		a.diagrams[c] = draw(in, c, members)
		a.collect(c, members)
	}
	return a, nil
}

// draw divides the community's land; where its border is not known the land is
// a box around its units.
func draw(in *planning.Instance, c int, members []int) *drawn {
	d := &drawn{units: members, at: make(map[int]int, len(members))}
	sites := make([]orb.Point, len(members))
	for k, u := range members {
		sites[k] = orb.Point{in.Units[u].X, in.Units[u].Y}
		d.at[u] = k
	}
	land := in.Communities[c].Area
	if len(land) == 0 && len(sites) > 0 {
		land = orb.MultiPolygon{orb.MultiPoint(sites).Bound().Pad(30).ToPolygon()}
	}
	d.diagram = cells.NewLand(land).Divide(sites)
	return d
}

// collect makes the community's grids, in their order.
func (a *atlas) collect(c int, members []int) {
	in := a.Instance
	byNumber := map[int]*grid{}
	for _, u := range members {
		n := a.Grid[u]
		if n == planning.NoGrid {
			continue
		}
		g := byNumber[n]
		if g == nil {
			g = &grid{number: n, community: c, Label: Label{Code: strconv.Itoa(n)}}
			if n < len(a.Grids) {
				g.Label = a.Grids[n]
			}
			byNumber[n] = g
		}
		g.units = append(g.units, u)
		g.households += in.Units[u].Households
	}
	middles := map[int]orb.Point{}
	for n, g := range byNumber {
		weight := 0.0
		compounds := map[int]bool{}
		for _, u := range g.units {
			x := in.Units[u]
			w := float64(max(x.Households, 1))
			g.middle[0] += w * x.X
			g.middle[1] += w * x.Y
			weight += w
			if x.Compound != planning.NoCompound {
				compounds[x.Compound] = true
			}
		}
		g.middle = orb.Point{g.middle[0] / weight, g.middle[1] / weight}
		middles[n] = g.middle
		for _, k := range slices.Sorted(maps.Keys(compounds)) {
			name := a.Compounds[k]
			if name == "" {
				name = strconv.Itoa(k)
			}
			g.compounds = append(g.compounds, name)
		}
		switch g.status = Within; {
		case g.Dedicated:
			g.status = Dedicated
		case g.households < a.Min:
			g.status = Below
		case g.households > a.Max:
			g.status = Above
		}
		g.shape = a.shape(c, g.units)
	}
	for k, n := range planning.Numbered(middles) {
		byNumber[n].order = k + 1
		a.grids = append(a.grids, byNumber[n])
	}
}

// shape is the union of the units' cells; a unit without land of its own (the
// instance's border may be only the largest part) is a small square.
func (a *atlas) shape(c int, units []int) orb.MultiPolygon {
	d := a.diagrams[c]
	set := make([]int, 0, len(units))
	var alone orb.MultiPolygon
	for _, u := range units {
		k := d.at[u]
		set = append(set, k)
		if d.diagram.Cells[k].Area == 0 {
			x := a.Instance.Units[u]
			alone = append(alone, orb.Point{x.X, x.Y}.Bound().Pad(8).ToPolygon())
		}
	}
	return append(d.diagram.Outline(set), alone...)
}

// call is what people call the grid; one without a name goes by its place in
// the community.
func (a *atlas) call(g *grid) string {
	if g.Name != "" {
		return g.Name
	}
	return fmt.Sprintf(a.say("第%d网格", "grid %d"), g.order)
}

// unitName is what people call the unit.
func (a *atlas) unitName(u int) string {
	if u < len(a.Units) && a.Units[u] != "" {
		return a.Units[u]
	}
	return a.Instance.Units[u].Building
}

func (a *atlas) say(zh, en string) string { return errs.Words{ZH: zh, EN: en}.In(a.Lang) }

// total counts the grids of each status.
func (a *atlas) total() map[Status]int {
	n := map[Status]int{}
	for _, g := range a.grids {
		n[g.status]++
	}
	return n
}
