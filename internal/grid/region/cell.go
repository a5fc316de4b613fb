package region

import (
	"cmp"
	"math"
	"slices"

	"linli/internal/kernel/geo"
)

// CellHouseholds is the least number of households in a cell: a position that is
// shown to the public stands for at least so many homes (k-anonymity).
const CellHouseholds = 10

// Sides of cells in metres: none is narrower than the first, so that a cell is
// never one building in a dense street; one wider than the second says nothing
// useful, and its positions are withheld.
const (
	cellNarrowest = 100.0
	cellWidest    = 2000.0
)

// Cell is a part of the city in which several households live.
type Cell struct {
	Mid        geo.Point // where its homes lie on average; the same for every position in it
	Metres     float64   // from the middle to its farthest corner
	Households int
}

// cells divide the city's box into rectangles by halving: each is cut where both
// parts keep enough households and width. Because they are a partition that
// depends on buildings alone, neither a snapped position nor the comparison of
// several tells more than the cell.
type cells struct {
	root *cellNode
	box  Bounds
}

type cellNode struct {
	low, high *cellNode // nil in a leaf
	axis      int       // 0: lon, 1: lat
	at        float64
	cell      Cell
	shown     bool
}

// metresPerDegree at the latitude, along longitude and latitude.
func metresPerDegree(lat float64) [2]float64 {
	const degree = 111_195.0 // mean radius of the earth
	return [2]float64{degree * math.Cos(lat*math.Pi/180), degree}
}

func newCells(bs []building) *cells {
	homes := make([]int32, 0, len(bs))
	box, n := emptyBounds, 0
	for i := range bs {
		if bs[i].households > 0 {
			homes, n = append(homes, int32(i)), n+int(bs[i].households)
			box.grow(bs[i].lon, bs[i].lat)
		}
	}
	if n < CellHouseholds {
		return &cells{box: emptyBounds}
	}
	scale := metresPerDegree(box[1])
	x, y := cellNarrowest/scale[0], cellNarrowest/scale[1] // so that the outermost homes have ground around them
	box = Bounds{box[0] - x, box[1] - y, box[2] + x, box[3] + y}
	return &cells{root: divide(bs, homes, box), box: box}
}

func coord(b *building, axis int) float64 {
	if axis == 0 {
		return b.lon
	}
	return b.lat
}

func divide(bs []building, homes []int32, box Bounds) *cellNode {
	scale := metresPerDegree((box[1] + box[3]) / 2)
	sides := [2]float64{(box[2] - box[0]) * scale[0], (box[3] - box[1]) * scale[1]}
	axes := [2]int{0, 1}
	if sides[1] > sides[0] {
		axes = [2]int{1, 0}
	}
	for _, axis := range axes {
		i, at, ok := cut(bs, homes, box, axis, cellNarrowest/scale[axis])
		if !ok {
			continue
		}
		low, high := box, box
		low[2+axis], high[axis] = at, at
		return &cellNode{axis: axis, at: at, low: divide(bs, homes[:i], low), high: divide(bs, homes[i:], high)}
	}
	c := Cell{Metres: math.Hypot(sides[0], sides[1])}
	var lon, lat float64
	for _, h := range homes {
		b := &bs[h]
		n := float64(b.households)
		lon, lat, c.Households = lon+b.lon*n, lat+b.lat*n, c.Households+int(b.households)
	}
	c.Mid = geo.Round(geo.Point{Lon: lon / float64(c.Households), Lat: lat / float64(c.Households)}, 5)
	return &cellNode{cell: c, shown: max(sides[0], sides[1]) <= cellWidest}
}

// cut sorts the homes along the axis and finds the place nearest to the middle of
// their households that leaves enough of them, and of width, on both sides.
func cut(bs []building, homes []int32, box Bounds, axis int, narrowest float64) (i int, at float64, ok bool) {
	slices.SortFunc(homes, func(a, b int32) int {
		return cmp.Or(cmp.Compare(coord(&bs[a], axis), coord(&bs[b], axis)), cmp.Compare(bs[a].id, bs[b].id))
	})
	all := 0
	for _, h := range homes {
		all += int(bs[h].households)
	}
	best, below := all, 0
	for n := 1; n < len(homes); n++ {
		below += int(bs[homes[n-1]].households)
		u, v := coord(&bs[homes[n-1]], axis), coord(&bs[homes[n]], axis)
		mid := (u + v) / 2
		if mid <= u || below < CellHouseholds || all-below < CellHouseholds || mid-box[axis] < narrowest || box[2+axis]-mid < narrowest {
			continue
		}
		if off := max(2*below-all, all-2*below); off < best {
			i, at, best, ok = n, mid, off, true
		}
	}
	return i, at, ok
}

// Cell is the part of the city that stands for a position shown to the public;
// false where too few people live to show any: the position is withheld.
func (a *Atlas) Cell(lon, lat float64) (Cell, bool) { return a.cur.Load().cells.at(lon, lat) }

func (x *cells) at(lon, lat float64) (Cell, bool) {
	n := x.leaf(lon, lat)
	if n == nil || !n.shown {
		return Cell{}, false
	}
	return n.cell, true
}

// leaf is the cell's node, nil outside the city.
func (x *cells) leaf(lon, lat float64) *cellNode {
	if !x.box.Holds(lon, lat) {
		return nil
	}
	n := x.root
	for n.low != nil {
		v := lon
		if n.axis == 1 {
			v = lat
		}
		if v < n.at {
			n = n.low
		} else {
			n = n.high
		}
	}
	return n
}
