package cells

import (
	"math"

	"github.com/paulmach/orb"
)

// corner is a corner of a convex cell, relative to its site; beside is the site
// on the other side of the edge that starts here, -1 for the frame.
type corner struct {
	x, y   float64
	beside int32
}

// jitter moves sites by less than 0.02 mm, always in the same way. It parts
// sites at one place and settles ties between sites that lie on a circle, so
// that no later step meets an exact tie.
func jitter(sites []orb.Point) []orb.Point {
	out := make([]orb.Point, len(sites))
	for i, s := range sites {
		h := uint64(i+1) * 0x9e3779b97f4a7c15
		h ^= h >> 29
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 32
		a := float64(h>>40) / (1 << 24) * 2 * math.Pi
		r := 1e-5 * (1 + float64(h&0xffff)/0xffff)
		out[i] = orb.Point{s[0] + r*math.Cos(a), s[1] + r*math.Sin(a)}
	}
	return out
}

// buckets sorts sites into squares that hold about two each.
type buckets struct {
	min        orb.Point
	size       float64
	cols, rows int
	from       []int32 // of each square, into order
	order      []int32
}

func newBuckets(sites []orb.Point) *buckets {
	box := orb.MultiPoint(sites).Bound()
	w, h := box.Max[0]-box.Min[0], box.Max[1]-box.Min[1]
	b := &buckets{min: box.Min}
	b.size = max(math.Sqrt(2*w*h/float64(len(sites))), max(w, h)/float64(len(sites)), 1e-3)
	b.cols, b.rows = int(w/b.size)+1, int(h/b.size)+1
	b.from = make([]int32, b.cols*b.rows+1)
	for _, s := range sites {
		c, r := b.at(s)
		b.from[r*b.cols+c+1]++
	}
	for i := 1; i < len(b.from); i++ {
		b.from[i] += b.from[i-1]
	}
	b.order = make([]int32, len(sites))
	next := append([]int32(nil), b.from...)
	for i, s := range sites {
		c, r := b.at(s)
		b.order[next[r*b.cols+c]] = int32(i)
		next[r*b.cols+c]++
	}
	return b
}

func (b *buckets) at(p orb.Point) (col, row int) {
	col, row = int((p[0]-b.min[0])/b.size), int((p[1]-b.min[1])/b.size)
	return max(0, min(b.cols-1, col)), max(0, min(b.rows-1, row))
}

// ring calls f for the sites in the squares exactly r squares away from (col,
// row); it tells whether any such square exists.
func (b *buckets) ring(col, row, r int, f func(i int32)) bool {
	any := false
	visit := func(c, w int) {
		any = true
		for _, i := range b.order[b.from[w*b.cols+c]:b.from[w*b.cols+c+1]] {
			f(i)
		}
	}
	if r == 0 {
		visit(col, row)
		return true
	}
	for _, w := range [2]int{row - r, row + r} {
		if w < 0 || w >= b.rows {
			continue // not even to be walked along: buckets in one row are many
		}
		for c := max(0, col-r); c <= min(b.cols-1, col+r); c++ {
			visit(c, w)
		}
	}
	for _, c := range [2]int{col - r, col + r} {
		if c < 0 || c >= b.cols {
			continue
		}
		for w := max(0, row-r+1); w <= min(b.rows-1, row+r-1); w++ {
			visit(c, w)
		}
	}
	return any
}

// carver makes one cell after another; it keeps its memory.
type carver struct {
	sites   []orb.Point
	b       *buckets
	frame   orb.Bound // that holds sites and land
	a, next []corner
}

// cell is the convex cell of site i within the frame, counter-clockwise and
// relative to the site; valid until the next call.
func (v *carver) cell(i int32) []corner {
	s := v.sites[i]
	x0, y0, x1, y1 := v.frame.Min[0]-s[0], v.frame.Min[1]-s[1], v.frame.Max[0]-s[0], v.frame.Max[1]-s[1]
	v.a = append(v.a[:0], corner{x0, y0, -1}, corner{x1, y0, -1}, corner{x1, y1, -1}, corner{x0, y1, -1})
	reach := v.reach()
	col, row := v.b.at(s)
	for r := 0; ; r++ {
		if far := float64(r-1) * v.b.size; r > 1 && far*far > 4*reach {
			return v.a
		}
		more := v.b.ring(col, row, r, func(j int32) {
			if j == i {
				return
			}
			dx, dy := v.sites[j][0]-s[0], v.sites[j][1]-s[1]
			if d := dx*dx + dy*dy; d < 4*reach && v.cut(dx, dy, d/2, j) {
				reach = v.reach()
			}
		})
		if !more {
			return v.a
		}
	}
}

// reach is the squared distance to the farthest corner.
func (v *carver) reach() float64 {
	most := 0.0
	for _, c := range v.a {
		most = max(most, c.x*c.x+c.y*c.y)
	}
	return most
}

// cut keeps the side x·dx + y·dy ≤ half; it tells whether anything went.
func (v *carver) cut(dx, dy, half float64, j int32) bool {
	all := true
	for _, c := range v.a {
		if c.x*dx+c.y*dy > half {
			all = false
			break
		}
	}
	if all {
		return false
	}
	v.next = v.next[:0]
	n := len(v.a)
	for k, c := range v.a {
		e := v.a[(k+1)%n]
		dc, de := c.x*dx+c.y*dy-half, e.x*dx+e.y*dy-half
		if dc <= 0 {
			v.next = append(v.next, c)
		}
		if (dc <= 0) != (de <= 0) {
			t := dc / (dc - de)
			p := corner{c.x + t*(e.x-c.x), c.y + t*(e.y-c.y), c.beside}
			if dc <= 0 {
				p.beside = j // leaving: the bisector begins here
			}
			v.next = append(v.next, p)
		}
	}
	v.a, v.next = v.next, v.a
	return true
}
