package plan

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/tidwall/rtree"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/cells"
	"linli/internal/kernel/errs"
)

// instance makes the instance of the survey's buildings, but for those to be
// skipped: cells by the nearest entrance, neighbours by shared borders, and
// for each neighbour whether a barrier lies between the two entrances. add is
// called for each unit in order.
func (v *Survey) instance(skip func(Building) bool, compound func(Building) int, add func(Building)) (*planning.Instance, error) {
	var box orb.Bound
	for i, c := range v.Communities {
		if len(c.Shape) == 0 {
			return nil, errs.Invalid.New("field", words("社区", "communities"), "remedy", words(c.Name+"没有边界。", c.Name+" has no boundary.")).In("communities")
		}
		if i == 0 {
			box = c.Shape.Bound()
		}
		box = box.Union(c.Shape.Bound())
	}
	middle := box.Center()
	in := &planning.Instance{Origin: middle, MetresPerDegree: metresPerDegree(middle[1])}
	local := func(p orb.Point) orb.Point {
		return orb.Point{(p[0] - in.Origin[0]) * in.MetresPerDegree[0], (p[1] - in.Origin[1]) * in.MetresPerDegree[1]}
	}
	var banks []orb.LineString
	for _, b := range v.Barriers {
		line := make(orb.LineString, len(b.Line))
		for i, p := range b.Line {
			line[i] = local(p)
		}
		in.Barriers = append(in.Barriers, planning.Barrier{Class: b.Class, Line: line})
		banks = append(banks, line)
	}
	crossing := newCrossings(banks)
	for _, c := range v.Communities {
		area := c.Shape.Clone()
		for _, polygon := range area {
			for _, ring := range polygon {
				for i := range ring {
					ring[i] = local(ring[i])
				}
			}
		}
		in.Communities = append(in.Communities, planning.Community{ID: int(c.Code), Name: c.Name, Area: area})
		first := len(in.Units)
		var sites []orb.Point
		for _, b := range v.Buildings {
			if b.Community != c.Code || skip(b) {
				continue
			}
			at := local(orb.Point{b.Lon, b.Lat})
			sites = append(sites, at)
			in.Units = append(in.Units, planning.Unit{Building: b.Name, Community: int(c.Code), Compound: compound(b), X: at[0], Y: at[1], Households: b.Households, Kind: b.Kind})
			add(b)
		}
		if len(sites) == 0 {
			in.Communities = in.Communities[:len(in.Communities)-1]
			continue
		}
		d := cells.NewLand(area).Divide(sites)
		for i, cell := range d.Cells {
			in.Units[first+i].CellArea, in.Units[first+i].CellOuter = cell.Area, cell.Outer
		}
		joined := newForest(len(sites))
		for _, b := range d.Borders {
			cross := planning.CrossNone
			if crossing.between(sites[b.U], sites[b.V]) {
				cross = planning.CrossBarrier
			}
			in.Edges = append(in.Edges, planning.Edge{U: first + b.U, V: first + b.V, Border: b.Length, Cross: cross})
			joined.join(b.U, b.V)
		}
		for _, l := range joined.links(sites) {
			in.Edges = append(in.Edges, planning.Edge{U: first + l[0], V: first + l[1], Cross: planning.CrossArtificial})
		}
	}
	return in, nil
}

// metresPerDegree is the size of a degree of longitude and latitude (WGS 84) at a latitude.
func metresPerDegree(lat float64) [2]float64 {
	r := lat * math.Pi / 180
	return [2]float64{
		111412.84*math.Cos(r) - 93.5*math.Cos(3*r) + 0.118*math.Cos(5*r),
		111132.92 - 559.82*math.Cos(2*r) + 1.175*math.Cos(4*r) - 0.0023*math.Cos(6*r),
	}
}

// crossings finds whether a straight way between two places meets a barrier.
type crossings struct {
	tree rtree.RTreeGN[float64, [2]orb.Point]
}

func newCrossings(lines []orb.LineString) *crossings {
	c := &crossings{}
	for _, line := range lines {
		for i := 1; i < len(line); i++ {
			a, b := line[i-1], line[i]
			c.tree.Insert([2]float64{min(a[0], b[0]), min(a[1], b[1])}, [2]float64{max(a[0], b[0]), max(a[1], b[1])}, [2]orb.Point{a, b})
		}
	}
	return c
}

func (c *crossings) between(a, b orb.Point) (found bool) {
	side := func(p, q, r orb.Point) bool { return (q[0]-p[0])*(r[1]-p[1]) > (q[1]-p[1])*(r[0]-p[0]) }
	c.tree.Search([2]float64{min(a[0], b[0]), min(a[1], b[1])}, [2]float64{max(a[0], b[0]), max(a[1], b[1])}, func(_, _ [2]float64, s [2]orb.Point) bool {
		found = side(a, b, s[0]) != side(a, b, s[1]) && side(s[0], s[1], a) != side(s[0], s[1], b)
		return !found
	})
	return found
}

// forest joins things into groups.
type forest []int

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = i
	}
	return f
}

func (f forest) root(i int) int {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

func (f forest) join(i, j int) { f[f.root(i)] = f.root(j) }

// links joins all groups into one by the shortest links between their sites.
func (f forest) links(sites []orb.Point) (out [][2]int) {
	type link struct {
		u, v int
		d    float64
	}
	var all []link
	for u := range sites {
		for v := u + 1; v < len(sites); v++ {
			if f.root(u) != f.root(v) {
				all = append(all, link{u, v, planar.DistanceSquared(sites[u], sites[v])})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b link) int { return cmp.Compare(a.d, b.d) })
	for _, l := range all {
		if f.root(l.u) != f.root(l.v) {
			f.join(l.u, l.v)
			out = append(out, [2]int{l.u, l.v})
		}
	}
	return out
}
