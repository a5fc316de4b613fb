package geo

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"
)

// touch is how near to a border, in degrees, a point counts as on it: 0.1 mm.
// It closes the slits that rounding leaves where three areas meet.
const touch = 1e-9

// Area is a polygon with the id that At answers.
type Area struct {
	ID    int64
	Shape orb.MultiPolygon
}

// Index finds the area that holds a point. Immutable and safe for concurrent use.
type Index struct {
	tree   rtree.RTreeGN[float64, int32] // bounds of the parts
	parts  []part
	bucket []int32 // for each part slabs+1 offsets into edge
	edge   []edge  // of each slab, one after the other: one place in memory to wait for
	bound  orb.Bound
	areas  int
}

// part is one polygon of an area, its edges sorted into horizontal slabs of
// equal height, so that a point meets only the few edges of its slab.
type part struct {
	id    int64
	min   float64 // lowest latitude
	scale float64 // slabs per degree
	first int32   // first of its offsets in bucket
	slabs int32
}

// edge runs from its lower end (its western end if level) to the other, so that
// two areas with a common edge compute the very same numbers and exactly one of
// them has a point beside it.
type edge struct{ x0, y0, x1, y1 float64 }

// NewIndex prepares areas. Ids must be unique; rings may be open or closed,
// and their direction does not matter. An error names the area.
func NewIndex(areas []Area) (*Index, error) {
	x := &Index{areas: len(areas), bound: orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}}
	seen := make(map[int64]struct{}, len(areas))
	var pieces []piece
	for _, a := range areas {
		field := fmt.Sprintf("area %d", a.ID)
		if _, ok := seen[a.ID]; ok {
			return nil, invalid(field, "编号重复。", "the id is used twice.")
		}
		seen[a.ID] = struct{}{}
		if len(a.Shape) == 0 {
			return nil, invalid(field, "没有边界，请补充。", "it has no boundary.")
		}
		for _, poly := range a.Shape {
			if err := checkRings(field, poly); err != nil {
				return nil, err
			}
			b := poly.Bound()
			for _, hole := range poly[1:] { // one that reaches out is a fault, but must not be lost
				b = b.Union(hole.Bound())
			}
			x.bound = x.bound.Union(b)
			pieces = append(pieces, piece{a.ID, poly, b})
		}
	}
	tile(pieces)
	for i, p := range pieces {
		x.tree.Insert(p.bound.Min, p.bound.Max, int32(i))
		if err := x.add(p.id, p.poly); err != nil {
			return nil, err
		}
	}
	return x, nil
}

type piece struct {
	id    int64
	poly  orb.Polygon
	bound orb.Bound
}

// tile sorts pieces so that neighbours in the plane are neighbours in the tree
// and in memory (strips from west to east, in each from south to north). With
// 100,000 areas, where waiting for memory is the cost, it saves a third of At.
func tile(all []piece) {
	by := func(axis int) func(a, b piece) int {
		return func(a, b piece) int {
			return cmp.Compare(a.bound.Min[axis]+a.bound.Max[axis], b.bound.Min[axis]+b.bound.Max[axis])
		}
	}
	const node = 12
	slices.SortStableFunc(all, by(0))
	for strip := range slices.Chunk(all, node*(1+int(math.Sqrt(float64(len(all))/node)))) {
		slices.SortStableFunc(strip, by(1))
	}
}

func checkRings(field string, poly orb.Polygon) error {
	if len(poly) == 0 {
		return invalid(field, "没有边界，请补充。", "it has no boundary.")
	}
	for _, ring := range poly {
		if n := len(open(ring)); n < 3 {
			return invalid(field, "边界至少要有三个不同的点。", "a boundary needs at least three different points.")
		}
		for _, v := range ring {
			if !(Point{v[0], v[1]}).Valid() {
				return invalid(field, "边界中有不在经纬度范围内的点。", "a boundary point is not a longitude and latitude.")
			}
		}
	}
	return nil
}

// open is the ring without the repeated last point.
func open(r orb.Ring) orb.Ring {
	if len(r) > 1 && r[0] == r[len(r)-1] {
		return r[:len(r)-1]
	}
	return r
}

func (x *Index) add(id int64, poly orb.Polygon) error {
	field := fmt.Sprintf("area %d", id)
	var edges []edge
	low, high := math.Inf(1), math.Inf(-1)
	for _, ring := range poly {
		ring = open(ring)
		for i, v := range ring {
			w := ring[(i+1)%len(ring)]
			if v[1] > w[1] || (v[1] == w[1] && v[0] > w[0]) {
				v, w = w, v
			}
			edges = append(edges, edge{v[0], v[1], w[0], w[1]})
			low, high = math.Min(low, v[1]), math.Max(high, w[1])
		}
	}
	p := part{id: id, min: low, first: int32(len(x.bucket))}
	span := func(e edge) (lo, hi int32) { return p.slab(e.y0 - touch), p.slab(e.y1 + touch) }
	entries := math.MaxInt
	for slabs := min(4096, len(edges)/2) * 2; entries > 8*len(edges)+8; { // a zigzag of tall edges gets few slabs
		slabs = max(1, slabs/2)
		p.slabs = int32(slabs)
		if h := high - low; h > 0 {
			p.scale = float64(p.slabs) / h
		}
		entries = 0
		for _, e := range edges {
			lo, hi := span(e)
			entries += int(hi-lo) + 1
		}
	}
	if len(x.edge)+entries > math.MaxInt32 {
		return invalid(field, "边界点太多。", "there are too many points.")
	}
	from := make([]int32, p.slabs+1) // where each slab's edges begin
	for _, e := range edges {
		for lo, hi := span(e); lo <= hi; lo++ {
			from[lo+1]++
		}
	}
	from[0] = int32(len(x.edge))
	for i := 1; i < len(from); i++ {
		from[i] += from[i-1]
	}
	x.bucket = append(x.bucket, from...)
	x.edge = append(x.edge, make([]edge, entries)...)
	for _, e := range edges {
		for lo, hi := span(e); lo <= hi; lo++ {
			x.edge[from[lo]] = e
			from[lo]++
		}
	}
	x.parts = append(x.parts, p)
	return nil
}

func (p *part) slab(lat float64) int32 {
	return int32(math.Max(0, math.Min(float64(p.slabs-1), (lat-p.min)*p.scale)))
}

// At returns the area that holds the point; on a common border (within 0.1 mm)
// and where areas overlap it is the one with the lowest id. False means that no
// area holds it, or that the point is not a number.
func (x *Index) At(p Point) (id int64, ok bool) {
	lo, hi := [2]float64{p.Lon - touch, p.Lat - touch}, [2]float64{p.Lon + touch, p.Lat + touch}
	x.tree.Search(lo, hi, func(_, _ [2]float64, i int32) bool {
		if part := &x.parts[i]; (!ok || part.id < id) && x.holds(part, p.Lon, p.Lat) {
			id, ok = part.id, true
		}
		return true
	})
	return id, ok
}

// Inside tells whether any area holds the point.
func (x *Index) Inside(p Point) bool { _, ok := x.At(p); return ok }

// Len is the number of areas.
func (x *Index) Len() int { return x.areas }

// Bound is the box around all areas; empty (Min > Max) without areas.
func (x *Index) Bound() orb.Bound { return x.bound }

// holds tells whether the point is in the polygon or touches its border.
func (x *Index) holds(p *part, lon, lat float64) bool {
	s := p.first + p.slab(lat)
	in := false
	list := x.edge[x.bucket[s]:x.bucket[s+1]]
	for i := range list {
		e := &list[i]
		if lat < e.y0-touch || lat > e.y1+touch {
			continue
		}
		dx, dy := e.x1-e.x0, e.y1-e.y0
		cross := dx*(lat-e.y0) - dy*(lon-e.x0) // positive: the edge is to the east
		if cross*cross <= touch*touch*(dx*dx+dy*dy) && lon >= math.Min(e.x0, e.x1)-touch && lon <= math.Max(e.x0, e.x1)+touch {
			return true
		}
		if lat >= e.y0 && lat < e.y1 && cross > 0 {
			in = !in
		}
	}
	return in
}
