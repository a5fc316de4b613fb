package cells

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Shortest is the least length in metres of a border that makes neighbours.
// Cells that touch in less only meet at a corner.
const Shortest = 0.5

// Far is how many metres outside all land a site may lie and still have a cell.
const Far = 50.0

// Cell is a site's share of the land.
type Cell struct {
	Area  float64 // m²; 0 if the site has no share
	Outer float64 // m of its border that it shares with no neighbour
	Part  int     // of the land that it lies in; -1 if it is farther than Far from all

	border []piece
}

// piece is a straight piece of a cell's border with the cell on its left.
type piece struct {
	a, b   orb.Point
	beside int32 // site on the other side, or -1
}

// Border is what two cells share, U < V.
type Border struct {
	U, V   int
	Length float64 // m, at least Shortest
}

// Diagram is land divided among sites.
type Diagram struct {
	Cells   []Cell
	Borders []Border // ordered by U, V
}

// Divide divides the land among the sites. Each connected part is divided among
// the sites in it, so that cells never reach over water; a site outside (up to
// Far) counts to the nearest part. A part without any site goes whole to the
// cell nearest to it. Areas sum to that of the land as long as some site has a
// cell; sites at one place share their cell by a hair.
func (l *Land) Divide(sites []orb.Point) *Diagram {
	d := &Diagram{Cells: make([]Cell, len(sites))}
	members := make([][]int32, len(l.parts))
	for i, s := range sites {
		_, k := l.nearest(s)
		if d.Cells[i].Part = k; k >= 0 {
			members[k] = append(members[k], int32(i))
		}
	}
	for k, p := range l.parts {
		if len(members[k]) > 0 {
			d.carve(p, sites, members[k])
		}
	}
	for k, p := range l.parts {
		if len(members[k]) == 0 {
			d.give(p, sites)
		}
	}
	slices.SortFunc(d.Borders, func(a, b Border) int {
		if a.U != b.U {
			return a.U - b.U
		}
		return a.V - b.V
	})
	return d
}

// carve divides one part among its members.
func (d *Diagram) carve(p *part, all []orb.Point, members []int32) {
	sites := make([]orb.Point, len(members))
	for k, i := range members {
		sites[k] = all[i]
	}
	sites = jitter(sites)
	v := &carver{sites: sites, b: newBuckets(sites), frame: p.bound.Union(orb.MultiPoint(sites).Bound()).Pad(1)}
	pieces := make([][]piece, len(sites))
	add := func(i, beside int32, a, b orb.Point) {
		pieces[i] = append(pieces[i], piece{a, b, beside})
	}
	shared := map[[2]int32]float64{}
	var near []int32
	for i := range int32(len(sites)) {
		s := sites[i]
		cell := v.cell(i)
		lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
		for _, c := range cell {
			lo = [2]float64{min(lo[0], s[0]+c.x), min(lo[1], s[1]+c.y)}
			hi = [2]float64{max(hi[0], s[0]+c.x), max(hi[1], s[1]+c.y)}
		}
		near = near[:0]
		p.tree.Search(lo, hi, func(_, _ [2]float64, e int32) bool { near = append(near, e); return true })
		for _, e := range near {
			if a, b, ok := clip(p.edges[e], s, cell); ok {
				add(i, -1, a, b)
			}
		}
		for k, c := range cell {
			if j := c.beside; j > i { // each bisector once, for both sides
				e := cell[(k+1)%len(cell)]
				p.inside(orb.Point{s[0] + c.x, s[1] + c.y}, orb.Point{s[0] + e.x, s[1] + e.y}, near, func(a, b orb.Point) {
					add(i, j, a, b)
					add(j, i, b, a)
					shared[[2]int32{i, j}] += planar.Distance(a, b)
				})
			}
		}
	}
	for i, list := range pieces {
		c := &d.Cells[members[i]]
		perimeter, s := 0.0, sites[i]
		for _, q := range list {
			c.Area += ((q.a[0]-s[0])*(q.b[1]-s[1]) - (q.b[0]-s[0])*(q.a[1]-s[1])) / 2
			perimeter += planar.Distance(q.a, q.b)
			if q.beside >= 0 {
				if pair := [2]int32{min(int32(i), q.beside), max(int32(i), q.beside)}; shared[pair] >= Shortest {
					perimeter -= planar.Distance(q.a, q.b)
				}
				q.beside = members[q.beside]
			}
			c.border = append(c.border, q)
		}
		c.Area, c.Outer = max(0, c.Area), max(0, perimeter)
	}
	for pair, length := range shared {
		if length >= Shortest {
			u, w := int(members[pair[0]]), int(members[pair[1]])
			d.Borders = append(d.Borders, Border{min(u, w), max(u, w), length})
		}
	}
}

// give adds a part without sites to the nearest cell.
func (d *Diagram) give(p *part, sites []orb.Point) {
	best, at := math.Inf(1), -1
	for i, s := range sites {
		if d.Cells[i].Area == 0 {
			continue
		}
		if dist := p.distance(s); dist < best {
			best, at = dist, i
		}
	}
	if at < 0 {
		return
	}
	c := &d.Cells[at]
	c.Area += p.area
	c.Outer += p.outer
	for _, e := range p.edges {
		c.border = append(c.border, piece{e.a, e.b, -1})
	}
}

// clip is the piece of an edge inside a convex cell around s.
func clip(e segment, s orb.Point, cell []corner) (a, b orb.Point, ok bool) {
	ax, ay := e.a[0]-s[0], e.a[1]-s[1]
	dx, dy := e.b[0]-e.a[0], e.b[1]-e.a[1]
	from, to := 0.0, 1.0
	for k, c := range cell {
		n := cell[(k+1)%len(cell)]
		wx, wy := n.x-c.x, n.y-c.y
		gap := wx*(ay-c.y) - wy*(ax-c.x) // ≥ 0 on the inside
		rate := wx*dy - wy*dx
		switch {
		case rate == 0 && gap < 0:
			return a, b, false
		case rate > 0:
			from = max(from, -gap/rate)
		case rate < 0:
			to = min(to, -gap/rate)
		}
	}
	if from >= to {
		return a, b, false
	}
	a, b = e.a, e.b
	if from > 0 {
		a = orb.Point{e.a[0] + from*dx, e.a[1] + from*dy}
	}
	if to < 1 {
		b = orb.Point{e.a[0] + to*dx, e.a[1] + to*dy}
	}
	return a, b, true
}
