package patrol

import "math"

// Point is a position, WGS 84.
type Point struct{ Lon, Lat float64 }

// Router orders stops for walking. It returns the places of stops in the order
// in which they are best visited from start; nil start: anywhere.
type Router interface {
	Tour(start *Point, stops []Point) []int
}

// Walk orders by the straight way from entrance to entrance: the nearest stop
// first, then improved by turning stretches round and by moving up to three
// neighbours elsewhere, until neither helps.
type Walk struct{}

// Tour implements Router.
func (Walk) Tour(start *Point, stops []Point) []int {
	m := newChart(start, stops)
	order := m.nearest()
	for m.turn(order) || m.move(order) {
	}
	return order
}

// chart is the ground in metres; the place before the first stop is the start.
type chart struct {
	x, y  []float64
	start bool
}

// newChart projects to metres around the first stop, exact enough within a grid.
func newChart(start *Point, stops []Point) *chart {
	c := &chart{start: start != nil}
	all := stops
	if start != nil {
		all = append(append([]Point{}, stops...), *start)
	}
	for _, p := range all {
		c.x = append(c.x, (p.Lon-all[0].Lon)*111_320*math.Cos(all[0].Lat*math.Pi/180))
		c.y = append(c.y, (p.Lat-all[0].Lat)*110_574)
	}
	return c
}

// way is the metres between two stops; -1 is the start. Without a start, and
// beyond the last stop, nothing is walked.
func (c *chart) way(a, b int) float64 {
	n := len(c.x)
	if c.start {
		n--
	}
	for _, i := range []*int{&a, &b} {
		if *i == -1 && c.start {
			*i = n
		} else if *i < 0 {
			return 0
		}
	}
	return math.Hypot(c.x[a]-c.x[b], c.y[a]-c.y[b])
}

// at is the stop at a place of the order: -1 before the first, -2 beyond the last.
func at(order []int, i int) int {
	switch {
	case i < 0:
		return -1
	case i >= len(order):
		return -2
	}
	return order[i]
}

func (c *chart) length(order []int) float64 {
	sum := 0.0
	for i := range order {
		sum += c.way(at(order, i-1), order[i])
	}
	return sum
}

func (c *chart) nearest() []int {
	n := len(c.x)
	if c.start {
		n--
	}
	order := make([]int, 0, n)
	used := make([]bool, n)
	for here := -1; len(order) < n; {
		best := -1
		for i := range n {
			if !used[i] && (best < 0 || c.way(here, i) < c.way(here, best)) {
				best = i
			}
		}
		used[best] = true
		order = append(order, best)
		here = best
	}
	return order
}

// enough is the gain in metres below which a change is not worth it; it also
// keeps rounding from turning a tour round for ever.
const enough = 0.01

// turn walks one stretch the other way round if that is shorter (2-opt).
func (c *chart) turn(order []int) bool {
	for i := range order {
		for j := i + 1; j < len(order); j++ {
			before, after := at(order, i-1), at(order, j+1)
			if c.way(before, order[i])+c.way(order[j], after)-c.way(before, order[j])-c.way(order[i], after) > enough {
				for a, b := i, j; a < b; a, b = a+1, b-1 {
					order[a], order[b] = order[b], order[a]
				}
				return true
			}
		}
	}
	return false
}

// move puts one to three neighbours elsewhere if that is shorter (Or-opt).
func (c *chart) move(order []int) bool {
	n := len(order)
	for k := 1; k <= 3; k++ {
		for i := 0; i+k <= n; i++ {
			first, last := order[i], order[i+k-1]
			gap := c.way(at(order, i-1), first) + c.way(last, at(order, i+k)) - c.way(at(order, i-1), at(order, i+k))
			rest := append(append(make([]int, 0, n), order[:i]...), order[i+k:]...)
			for j := 0; j <= len(rest); j++ {
				p, q := at(rest, j-1), at(rest, j)
				if gap-(c.way(p, first)+c.way(last, q)-c.way(p, q)) > enough {
					piece := append([]int{}, order[i:i+k]...)
					copy(order, append(append(append(make([]int, 0, n), rest[:j]...), piece...), rest[j:]...))
					return true
				}
			}
		}
	}
	return false
}
