// Package plangen makes cities to plan: test data, benchmarks and pictures
// that belong to nobody. It is no part of the product.
//
// A city is a jittered honeycomb whose cells are the units' Voronoi-like
// cells, so that areas, borders and crossings agree to the last digit. Shapes
// differ in what a planner finds hard; the same seed gives the same city.
package plangen

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"linli/internal/grid/planning"
)

// Shape is a kind of city.
type Shape string

// The shapes, each with what it is there for.
const (
	Town     Shape = "town"     // gated compounds, main roads, a ring road, a river: about 115 units and 1,700 households a community
	Towers   Shape = "towers"   // few units of many households, some above 500; communities of a single tower
	Villages Shape = "villages" // hamlets of small houses far from each other, joined by artificial links
	Islands  Shape = "islands"  // communities in several parts, joined by artificial links
	Census   Shape = "census"   // coarse blocks of 30 to 260 households instead of buildings
	Offices  Shape = "offices"  // districts without households, some of them a whole community
)

// Shapes lists all of them.
var Shapes = []Shape{Town, Towers, Villages, Islands, Census, Offices}

// City is an instance with what the instance does not keep.
type City struct {
	*planning.Instance
	Old []int // today's grids, of about 145 households each; planning.NoGrid for units that were built later

	corners []orb.Point
	loops   [][]int           // unit → its cell, counterclockwise, as corners
	walls   map[[2]int]string // border between two corners (ascending) → class of the barrier along it
}

// Cell is the ground of a unit, a closed ring.
func (c *City) Cell(unit int) orb.Ring {
	var ring orb.Ring
	for _, v := range c.loops[unit] {
		ring = append(ring, c.corners[v])
	}
	return append(ring, ring[0])
}

// layout is what tells one shape from another.
type layout struct {
	block   [2]int  // least and most cells along the side of a community
	spacing float64 // metres from cell to cell
	dry     func(r *rand.Rand, rows, columns int) func(row, column int) bool
	settle  func(c *City, r *rand.Rand, units []int) // gives the units of one community their households
}

var layouts = map[Shape]layout{
	Town:     {[2]int{8, 13}, 38, everywhere, town},
	Towers:   {[2]int{1, 5}, 55, everywhere, towers},
	Villages: {[2]int{14, 20}, 45, hamlets, villages},
	Islands:  {[2]int{9, 14}, 40, straits, town},
	Census:   {[2]int{3, 6}, 160, everywhere, census},
	Offices:  {[2]int{8, 13}, 40, everywhere, offices},
}

// Generate makes a city of about as many communities as asked for (the next
// square number).
func Generate(seed uint64, shape Shape, communities int) *City {
	l, known := layouts[shape]
	if !known {
		panic(fmt.Sprintf("plangen: no shape %q", shape))
	}
	r := rand.New(rand.NewPCG(seed, 0x67726964))
	c := &City{Instance: &planning.Instance{Name: fmt.Sprintf("%s-%d", shape, seed), Licence: "generated, no third-party data"}, walls: map[[2]int]string{}}
	side := int(math.Ceil(math.Sqrt(float64(communities))))
	l.build(c, r, side)
	c.measure()
	for id, units := range c.Members() {
		l.settle(c, r, units)
		c.Communities[id].Area = c.area(units)
	}
	c.Old = old(c.Instance, r)
	return c
}

// build lays out cells, communities and barriers.
func (l layout) build(c *City, r *rand.Rand, side int) {
	bands := cuts(r, side, l.block)
	rows := bands[side]
	columns := side * l.block[1]
	across := make([][]int, side) // band → where its communities begin
	for b := range across {
		across[b] = cuts(r, side, l.block)
	}
	wide := 2*columns + 3
	for row := range rows + 1 {
		for k := range wide {
			// Two levels in turn make hexagons out of bricks.
			y := float64(row) + 0.17
			if (row+k)%2 == 1 {
				y -= 0.34
			}
			x := float64(k) / 2
			c.corners = append(c.corners, orb.Point{l.spacing * (x + 0.2*(r.Float64()-0.5)), l.spacing * (y + 0.2*(r.Float64()-0.5))})
		}
	}
	apart := barriers(r, bands, across, rows, columns)
	type place struct{ row, column int }
	unit := map[place]int{}
	for b := range side {
		for k := range side {
			id := len(c.Communities)
			tall, broad := bands[b+1]-bands[b], across[b][k+1]-across[b][k]
			dry := l.dry(r, tall, broad)
			c.Communities = append(c.Communities, planning.Community{ID: id, Name: fmt.Sprintf("社区%03d", id+1)})
			for row := range tall {
				for column := range broad {
					if !dry(row, column) {
						continue
					}
					at := place{bands[b] + row, across[b][k] + column}
					unit[at] = len(c.Units)
					c.Units = append(c.Units, planning.Unit{Building: fmt.Sprint(len(c.Units) + 1), Community: id, Compound: planning.NoCompound})
					low := at.row*wide + 2*at.column + at.row%2
					high := low + wide
					c.loops = append(c.loops, []int{low, low + 1, low + 2, high + 2, high + 1, high})
				}
			}
		}
	}
	// A border is part of a barrier where the two cells lie on its two sides.
	placed := make([]place, len(c.Units))
	for at, u := range unit {
		placed[u] = at
	}
	for border, units := range c.borders() {
		if len(units) < 2 {
			continue
		}
		a, b := placed[units[0]], placed[units[1]]
		if class := apart(a.row, a.column, b.row, b.column); class != "" {
			c.walls[border] = class
		}
	}
}

// cuts are the n+1 ends of n stretches of random lengths.
func cuts(r *rand.Rand, n int, length [2]int) []int {
	at := []int{0}
	for range n {
		at = append(at, at[len(at)-1]+length[0]+r.IntN(length[1]-length[0]+1))
	}
	return at
}

// barriers tells the class of the barrier between two places, or "". Main
// roads run along some borders of communities and through the middle of
// others, a river winds from south to north, a ring road encloses the centre.
func barriers(r *rand.Rand, bands []int, across [][]int, rows, columns int) func(r1, c1, r2, c2 int) string {
	bandOf, columnOf := make([]int, rows), make([]int, columns)
	roads := func(of []int, ends []int) {
		n := 0
		for i := 1; i < len(ends); i++ {
			middle := (ends[i-1] + ends[i]) / 2
			through := r.IntN(3) == 0
			along := r.IntN(2) == 0
			for at := ends[i-1]; at < min(ends[i], len(of)); at++ {
				if through && at == middle || along && at == ends[i-1] {
					n++
				}
				of[at] = n
			}
		}
	}
	roads(bandOf, bands)
	roads(columnOf, across[0])
	river, bend, swing := r.Float64()*float64(columns), 3+r.Float64()*6, float64(columns)/8
	west := func(row, column int) bool {
		return float64(column) < river+swing*math.Sin(float64(row)/bend)
	}
	radius := 0.32 * float64(min(rows, columns))
	inside := func(row, column int) bool {
		return math.Hypot(float64(row)-float64(rows)/2, float64(column)-float64(columns)/2) < radius
	}
	return func(r1, c1, r2, c2 int) string {
		switch {
		case west(r1, c1) != west(r2, c2):
			return "river"
		case inside(r1, c1) != inside(r2, c2), bandOf[r1] != bandOf[r2], columnOf[c1] != columnOf[c2]:
			return "main_road"
		}
		return ""
	}
}

// borders are the units on both sides of each border between two corners.
func (c *City) borders() map[[2]int][]int {
	on := map[[2]int][]int{}
	for u, loop := range c.loops {
		for i, v := range loop {
			border := ordered(v, loop[(i+1)%len(loop)])
			on[border] = append(on[border], u)
		}
	}
	return on
}

func ordered(a, b int) [2]int { return [2]int{min(a, b), max(a, b)} }

// measure fills in everything that follows from cells and communities:
// places, areas, outer borders, links, barriers.
func (c *City) measure() {
	for u := range c.Units {
		centre, area := planar.CentroidArea(c.Cell(u))
		c.Units[u].X, c.Units[u].Y = tenth(centre[0]), tenth(centre[1])
		c.Units[u].CellArea = tenth(area)
		c.Units[u].CellOuter = 0
	}
	c.Edges, c.Barriers = nil, nil
	length := func(b [2]int) float64 {
		p, q := c.corners[b[0]], c.corners[b[1]]
		return math.Hypot(p[0]-q[0], p[1]-q[1])
	}
	outer := make([]float64, len(c.Units))
	on := c.borders()
	for border, units := range on {
		if len(units) == 2 && c.Units[units[0]].Community == c.Units[units[1]].Community {
			e := planning.Edge{U: units[0], V: units[1], Border: math.Round(100*length(border)) / 100}
			if c.walls[border] != "" {
				e.Cross = planning.CrossBarrier
			}
			c.Edges = append(c.Edges, e)
		}
	}
	slices.SortFunc(c.Edges, func(a, b planning.Edge) int { return cmp.Or(cmp.Compare(a.U, b.U), cmp.Compare(a.V, b.V)) })
	for u, loop := range c.loops {
		for i, v := range loop {
			border := ordered(v, loop[(i+1)%len(loop)])
			if units := on[border]; len(units) == 1 || c.Units[units[0]].Community != c.Units[units[1]].Community {
				outer[u] += length(border)
			}
		}
		c.Units[u].CellOuter = tenth(outer[u])
	}
	for border, class := range c.walls {
		c.Barriers = append(c.Barriers, planning.Barrier{Class: class, Line: orb.LineString{c.corners[border[0]], c.corners[border[1]]}})
	}
	slices.SortFunc(c.Barriers, func(a, b planning.Barrier) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), slices.Compare(a.Line[0][:], b.Line[0][:]), slices.Compare(a.Line[1][:], b.Line[1][:]))
	})
	for _, units := range c.Members() {
		c.join(units)
	}
}

// join links the parts of a community by the shortest artificial links.
func (c *City) join(units []int) {
	part := map[int]int{}
	for _, u := range units {
		part[u] = u
	}
	root := func(u int) int {
		for part[u] != u {
			part[u] = part[part[u]]
			u = part[u]
		}
		return u
	}
	for _, e := range c.Edges {
		if _, ours := part[e.U]; ours {
			part[root(e.U)] = root(e.V)
		}
	}
	for {
		best := planning.Edge{U: -1, Cross: planning.CrossArtificial}
		shortest := math.Inf(1)
		var here, elsewhere []int
		for _, u := range units {
			if root(u) == root(units[0]) {
				here = append(here, u)
			} else {
				elsewhere = append(elsewhere, u)
			}
		}
		for _, u := range here {
			for _, v := range elsewhere {
				if d := math.Hypot(c.Units[u].X-c.Units[v].X, c.Units[u].Y-c.Units[v].Y); d < shortest {
					shortest, best.U, best.V = d, min(u, v), max(u, v)
				}
			}
		}
		if best.U < 0 {
			return
		}
		c.Edges = append(c.Edges, best)
		part[root(best.U)] = root(best.V)
	}
}

// area is the ground of the units: outer rings with their holes.
func (c *City) area(units []int) orb.MultiPolygon {
	next := map[int][]int{}
	inside := map[[2]int]bool{} // directed borders
	for _, u := range units {
		for i, v := range c.loops[u] {
			inside[[2]int{v, c.loops[u][(i+1)%len(c.loops[u])]}] = true
		}
	}
	var starts [][2]int
	for b := range inside {
		if !inside[[2]int{b[1], b[0]}] {
			next[b[0]] = append(next[b[0]], b[1])
			starts = append(starts, b)
		}
	}
	slices.SortFunc(starts, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	var area orb.MultiPolygon
	var holes []orb.Ring
	for _, s := range starts {
		if !slices.Contains(next[s[0]], s[1]) {
			continue
		}
		ring := orb.Ring{c.corners[s[0]]}
		for at := s[0]; len(next[at]) > 0; {
			to := next[at][0]
			next[at] = next[at][1:]
			ring = append(ring, c.corners[to])
			at = to
		}
		if ring.Orientation() == orb.CCW {
			area = append(area, orb.Polygon{ring})
		} else {
			holes = append(holes, ring)
		}
	}
	for _, h := range holes {
		for i := range area {
			if planar.RingContains(area[i][0], h[0]) {
				area[i] = append(area[i], h)
				break
			}
		}
	}
	return area
}

func tenth(x float64) float64 { return math.Round(10*x) / 10 }
