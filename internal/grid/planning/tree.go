package planning

import (
	"math"
	"math/rand/v2"
)

// tree is a random spanning tree over the vertices of one grid or of two
// neighbouring ones. Every edge of it divides them into two parts that hang
// together, and one walk from the leaves to the root gives the energy of all
// these divisions: what a part holds is a sum over its subtree, and what it
// separates – borders, compounds, old grids – is a sum along paths, which is a
// sum over subtrees too once the paths' ends and tops are marked.
type tree struct {
	vertices []int32
	local    []int32 // place of a vertex in vertices
	parent   []int32 // of local vertices; the root is its own parent
	depth    []int32
	order    []int32 // local vertices, parents before children
	over     []bool  // the link to the parent crosses a barrier
	sums     []sums

	ends     [3][][2]int32 // edges inside, by how gladly the tree takes them
	taken    [3]int        // how many of them, the first ones, are in the tree
	off, adj []int32
	find     []int32
	last     []int32 // latest member met of each label
	top      []int32 // lowest vertex above all members met
	met      []int32
}

// sums are what the subtree of a vertex holds.
type sums struct {
	size, inA, h, cross int32
	keptA, keptB        int32 // households of the old grids that a and b own
	w, sx, sy, ss, load float64
	apart               float64 // energy of what the edge above the vertex separates
}

// below returns n below the bound, n > 0.
func below(rng *rand.PCG, n int) int { return int(rng.Uint64() >> 32 * uint64(n) >> 32) }

// grow builds a random tree over the vertices of grids a and b (which may be the
// same). It reports false if they do not hang together.
func (s *state) grow(rng *rand.PCG, a, b int32) bool {
	p := s.p
	if s.tree == nil {
		labels := max(len(p.compounds.weight), len(p.olds.weight))
		s.tree = &tree{local: make([]int32, p.n()), last: make([]int32, labels), top: make([]int32, labels)}
		for i := range s.tree.last {
			s.tree.last[i] = -1
		}
	}
	t := s.tree
	t.vertices = t.vertices[:0]
	for v, g := range s.g {
		if g == a || g == b {
			t.local[v] = int32(len(t.vertices))
			t.vertices = append(t.vertices, int32(v))
		}
	}
	mode := rng.Uint64()
	byCompound, byOld := mode&3 != 0, mode>>2&1 != 0
	for class := range t.ends {
		t.ends[class] = t.ends[class][:0]
	}
	for i, v := range t.vertices {
		for e := p.off[v]; e < p.off[v+1]; e++ {
			u := p.to[e]
			if u <= v || s.g[u] != a && s.g[u] != b {
				continue
			}
			class := 0
			switch {
			case p.cross[e]:
				class = 2
			case byCompound && !p.compounds.same(v, u), byOld && !p.olds.same(v, u):
				class = 1
			}
			t.ends[class] = append(t.ends[class], [2]int32{int32(i), t.local[u]})
		}
	}
	n, links := len(t.vertices), 0
	t.find, t.off = resize(t.find, n), resize(t.off, n+1)
	for i := range t.find {
		t.find[i] = int32(i)
	}
	clear(t.off)
	for class, ends := range t.ends {
		taken := 0
		for i := range ends {
			j := i + below(rng, len(ends)-i)
			ends[i], ends[j] = ends[j], ends[i]
			x, y := t.root(ends[i][0]), t.root(ends[i][1])
			if x == y {
				continue
			}
			t.find[x] = y
			t.off[ends[i][0]]++
			t.off[ends[i][1]]++
			ends[taken], ends[i] = ends[i], ends[taken]
			taken++
		}
		t.taken[class] = taken
		links += taken
	}
	if links != n-1 {
		return false
	}
	t.hang(below(rng, n))
	return true
}

func (t *tree) root(v int32) int32 {
	for t.find[v] != v {
		t.find[v] = t.find[t.find[v]]
		v = t.find[v]
	}
	return v
}

// hang orders the tree from a root. off holds the degrees before, and the ends
// of each vertex's links in adj after.
func (t *tree) hang(root int) {
	n := len(t.vertices)
	for i, sum := 0, int32(0); i <= n; i++ {
		sum += t.off[i]
		t.off[i] = sum
	}
	t.adj = resize(t.adj, 2*n)
	for class, ends := range t.ends {
		for _, e := range ends[:t.taken[class]] {
			for i := range 2 {
				t.off[e[i]]--
				t.adj[t.off[e[i]]] = e[1-i]
			}
		}
	}
	t.parent, t.depth = resize(t.parent, n), resize(t.depth, n)
	t.parent[root], t.depth[root] = int32(root), 0
	// Depth first, so that a subtree is a run of the order.
	stack := append(t.met[:0], int32(root))
	t.order = t.order[:0]
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		t.order = append(t.order, v)
		for _, u := range t.adj[t.off[v]:t.off[v+1]] {
			if u != t.parent[v] {
				t.parent[u], t.depth[u] = v, t.depth[v]+1
				stack = append(stack, u)
			}
		}
	}
	t.met = stack
}

// above is the lowest vertex above both.
func (t *tree) above(u, v int32) int32 {
	for u != v {
		if t.depth[u] < t.depth[v] {
			u, v = v, u
		}
		u = t.parent[u]
	}
	return u
}

// sum fills sums for grids a and b.
func (s *state) sum(a, b int32) {
	p, t := s.p, s.tree
	t.sums = resize(t.sums, len(t.vertices))
	for i, v := range t.vertices {
		x := sums{size: 1, h: p.h[v], w: p.w[v], sx: p.w[v] * p.x[v], sy: p.w[v] * p.y[v], load: p.load[v]}
		x.ss = p.own[v] + p.w[v]*(p.x[v]*p.x[v]+p.y[v]*p.y[v])
		if s.g[v] == a {
			x.inA = 1
		}
		for j := p.olds.off[v]; j < p.olds.off[v+1]; j++ {
			switch p.olds.id[j] {
			case s.owner[a]:
				x.keptA += p.olds.h[j]
			case s.owner[b]:
				x.keptB += p.olds.h[j]
			}
		}
		t.sums[i] = x
	}
	path := func(u, v int32, cost float64) {
		t.sums[u].apart += cost
		t.sums[v].apart += cost
		t.sums[t.above(u, v)].apart -= 2 * cost
	}
	for i, v := range t.vertices {
		for e := p.off[v]; e < p.off[v+1]; e++ {
			if u := p.to[e]; u > v && (s.g[u] == a || s.g[u] == b) {
				path(int32(i), t.local[u], s.perCut*p.border[e])
			}
		}
		for _, u := range p.apartOf(v) {
			if u > v && (s.g[u] == a || s.g[u] == b) {
				path(int32(i), t.local[u], -apartCost)
			}
		}
	}
	t.over = resize(t.over, len(t.vertices))
	clear(t.over)
	for _, e := range t.ends[2][:t.taken[2]] {
		low := e[0]
		if t.parent[low] != e[1] {
			low = e[1]
		}
		t.over[low] = true
		t.sums[t.parent[low]].cross++
	}
	t.labels(&p.compounds)
	t.labels(&p.olds)
	for i := len(t.order) - 1; i > 0; i-- {
		v := t.order[i]
		x, up := &t.sums[v], &t.sums[t.parent[v]]
		up.size += x.size
		up.inA += x.inA
		up.h += x.h
		up.cross += x.cross
		up.keptA += x.keptA
		up.keptB += x.keptB
		up.w += x.w
		up.sx += x.sx
		up.sy += x.sy
		up.ss += x.ss
		up.load += x.load
		up.apart += x.apart
	}
}

// labels marks where the members of each label lie: a subtree holds one if it
// holds more members than tops of neighbouring members, and all if it holds the
// top of all.
func (t *tree) labels(l *labels) {
	if len(l.weight) == 0 {
		return
	}
	t.met = t.met[:0]
	for _, v := range t.order {
		for _, c := range l.of(t.vertices[v]) {
			w := l.weight[c]
			t.sums[v].apart += w
			if t.last[c] < 0 {
				t.last[c], t.top[c] = v, v
				t.met = append(t.met, c)
				continue
			}
			t.sums[t.above(t.last[c], v)].apart -= w
			t.last[c], t.top[c] = v, t.above(t.top[c], v)
		}
	}
	for _, c := range t.met {
		t.sums[t.top[c]].apart -= l.weight[c]
		t.last[c] = -1
	}
}

// cut finds the edge of the tree that divides grids a and b best into one part
// for slotsA and one for slotsB grids. under is the vertex below the edge, flip
// tells that its part is b's.
func (s *state) cut(a, b int32, slotsA, slotsB int) (under int32, flip bool, energy float64) {
	t, p := s.tree, s.p
	all := t.sums[t.order[0]]
	under = -1
	least := math.Inf(1)
	for _, v := range t.order[1:] {
		x := &t.sums[v]
		y := sums{size: all.size - x.size, h: all.h - x.h, w: all.w - x.w, sx: all.sx - x.sx, sy: all.sy - x.sy, ss: all.ss - x.ss, load: all.load - x.load, keptA: all.keptA - x.keptA, keptB: all.keptB - x.keptB}
		shape := x.apart + s.perInertia*(inertia(x.w, x.sx, x.sy, x.ss)+inertia(y.w, y.sx, y.sy, y.ss))
		outer := all.cross - x.cross
		if t.over[v] {
			outer--
		}
		shape += s.straddle(x.cross+1) + s.straddle(outer+1)
		for _, swap := range [2]bool{false, true} {
			m, n, kept := slotsA, slotsB, x.keptA+y.keptB
			if swap {
				m, n, kept = slotsB, slotsA, x.keptB+y.keptA
			}
			if int(x.size) < m || int(y.size) < n {
				continue
			}
			e := shape + s.perHousehold*float64(p.outsideOf(x.h, m)+p.outsideOf(y.h, n)) - s.perKept*float64(kept)
			if s.perLoad > 0 {
				e += s.perLoad * (x.load*x.load/float64(m) + y.load*y.load/float64(n))
			}
			if e < least-1e-12 || e <= least && m == n && (2*x.inA >= x.size) != swap {
				least, under, flip = e, v, swap
			}
		}
	}
	return under, flip, least
}

// outsideOf is how many households lie outside the bounds of m grids together.
func (p *problem) outsideOf(h int32, m int) int32 {
	return max(int32(m)*p.min-h, h-int32(m)*p.max, 0)
}

// redivide divides two neighbouring grids anew along the best edge of a random
// tree, if the energy rises by no more than chance at temperature t allows.
func (s *state) redivide(rng *rand.PCG, t float64) float64 {
	p := s.p
	for range 16 {
		v := int32(below(rng, p.n()))
		degree := int(p.off[v+1] - p.off[v])
		if degree == 0 {
			continue
		}
		a, b := s.g[v], s.g[p.to[int(p.off[v])+below(rng, degree)]]
		if a == b || s.size[a]+s.size[b] < 3 {
			continue
		}
		if !s.grow(rng, a, b) {
			return 0
		}
		s.sum(a, b)
		under, flip, _ := s.cut(a, b, 1, 1)
		if under < 0 {
			return 0
		}
		var d float64
		s.part(under, func(v int32, below bool) {
			to := b
			if below != flip {
				to = a
			}
			if s.g[v] != to {
				d += s.delta(v, to)
				s.shift(v, to)
			}
		})
		return s.settle(d, a, b, logs[rng.Uint64()&0xfff]*t)
	}
	return 0
}

// part calls fn for every vertex of the tree and tells whether it lies below the edge above under.
func (s *state) part(under int32, fn func(v int32, below bool)) {
	t := s.tree
	inside := false
	for _, v := range t.order {
		switch {
		case v == under:
			inside = true
		case inside && t.depth[v] <= t.depth[under]:
			inside = false
		}
		fn(t.vertices[v], inside)
	}
}

// divide makes a first division: it cuts the whole in two along the best of some
// random trees, for half of the grids each, and goes on with the halves.
func (s *state) divide(rng *rand.PCG, tries int) {
	g := make([]int32, s.p.n())
	s.set(g)
	type job struct {
		first int32
		slots int
	}
	for jobs := []job{{0, s.k}}; len(jobs) > 0; {
		j := jobs[len(jobs)-1]
		jobs = jobs[:len(jobs)-1]
		if j.slots == 1 {
			continue
		}
		left := j.slots / 2
		right := j.first + int32(left)
		least := math.Inf(1)
		for range tries {
			if !s.grow(rng, j.first, j.first) {
				continue
			}
			s.sum(j.first, j.first)
			under, flip, energy := s.cut(j.first, j.first, left, j.slots-left)
			if under < 0 || energy >= least {
				continue
			}
			least = energy
			s.part(under, func(v int32, below bool) {
				g[v] = j.first
				if below == flip {
					g[v] = right
				}
			})
		}
		copy(s.g, g)
		jobs = append(jobs, job{j.first, left}, job{right, j.slots - left})
	}
	s.set(g)
}
