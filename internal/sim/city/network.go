package city

import (
	"math"
	"sort"

	"github.com/paulmach/orb"
)

// chain is a street made of one or more cuts that go straight on over
// crossings.
type chain struct {
	lines  []int32
	kind   lineKind
	tier   int
	length float64
	name   string
	mid    pt
}

// trail lists a line's vertices from end to end.
func (b *builder) trails() [][]int32 {
	m := b.m
	next := make([]map[int32][]int32, len(m.lines))
	seen := map[uint64]bool{}
	for _, r := range m.rings {
		for i, a := range r {
			z := r[(i+1)%len(r)]
			e := side(a, z)
			if seen[e] {
				continue
			}
			seen[e] = true
			l := m.edges[e]
			if next[l] == nil {
				next[l] = map[int32][]int32{}
			}
			next[l][a] = append(next[l][a], z)
			next[l][z] = append(next[l][z], a)
		}
	}
	out := make([][]int32, len(m.lines))
	for l := range m.lines {
		v, prev := m.lines[l].from, int32(-1)
		path := []int32{v}
		for {
			step := int32(-1)
			for _, w := range next[l][v] {
				if w != prev {
					step = w
					break
				}
			}
			if step < 0 {
				break
			}
			path = append(path, step)
			prev, v = v, step
			if v == m.lines[l].to {
				break
			}
		}
		out[l] = path
	}
	return out
}

func (b *builder) path(vs []int32) []pt {
	out := make([]pt, len(vs))
	for i, v := range vs {
		out[i] = b.m.pts[v]
	}
	return out
}

func length(line []pt) float64 {
	s := 0.0
	for i := 1; i < len(line); i++ {
		s += line[i].dist(line[i-1])
	}
	return s
}

// network joins cuts to streets, ranks them by length and names them.
func (b *builder) network() {
	m := b.m
	trails := b.trails()
	root := make([]int32, len(m.lines))
	for i := range root {
		root[i] = int32(i)
	}
	var find func(int32) int32
	find = func(i int32) int32 {
		if root[i] != i {
			root[i] = find(root[i])
		}
		return root[i]
	}
	// ends of lines by vertex
	type end struct {
		line int32
		dir  pt // into the line
	}
	ends := map[int32][]end{}
	var order []int32
	for l, t := range trails {
		k := m.lines[l].kind
		if k < lineLane || k > lineMain && k != lineCanal || len(t) < 2 {
			continue
		}
		p := b.path(t)
		add := func(v int32, d pt) {
			if len(ends[v]) == 0 {
				order = append(order, v)
			}
			ends[v] = append(ends[v], end{int32(l), d.unit()})
		}
		add(t[0], p[1].sub(p[0]))
		add(t[len(t)-1], p[len(p)-2].sub(p[len(p)-1]))
	}
	water := map[int32]bool{} // vertices on river or canal
	for l, t := range trails {
		if k := m.lines[l].kind; k == lineRiver || k == lineCanal {
			for _, v := range t {
				water[v] = true
			}
		}
	}
	b.bridged = map[[2]int32]bool{}
	for _, v := range order {
		es := ends[v]
		for i := range es {
			for j := i + 1; j < len(es); j++ {
				x, y := es[i], es[j]
				kx, ky := m.lines[x.line].kind, m.lines[y.line].kind
				if x.line == y.line || (kx == lineCanal) != (ky == lineCanal) || x.dir.dot(y.dir) > -0.88 {
					continue
				}
				if water[v] && (m.lines[x.line].tier > 3 || m.lines[y.line].tier > 3) {
					continue // lanes do not get bridges
				}
				b.bridged[[2]int32{x.line, v}] = true
				b.bridged[[2]int32{y.line, v}] = true
				root[find(x.line)] = find(y.line)
			}
		}
	}
	at := map[int32]int{}
	var chains []chain
	for l, t := range trails {
		k := m.lines[l].kind
		if k < lineLane || k > lineMain {
			continue
		}
		r := find(int32(l))
		i, ok := at[r]
		if !ok {
			i = len(chains)
			at[r] = i
			chains = append(chains, chain{tier: 9})
		}
		c := &chains[i]
		c.lines = append(c.lines, int32(l))
		p := b.path(t)
		c.length += length(p)
		c.mid = p[len(p)/2]
		c.kind = max(c.kind, k)
		c.tier = min(c.tier, m.lines[l].tier)
	}
	s := b.l.s
	for i := range chains {
		c := &chains[i]
		switch {
		case c.length > 2300*s && c.tier < 4:
			c.kind = lineMain
		case c.kind == lineMain && c.length < 650*s && c.tier > 0:
			c.kind = lineSecondary
		case c.length > 900*s && c.tier < 4:
			c.kind = max(c.kind, lineSecondary)
		case c.kind == lineSecondary && c.length < 260*s:
			c.kind = lineLane
		}
		for _, l := range c.lines {
			m.lines[l].kind = c.kind
		}
	}
	sort.SliceStable(chains, func(i, j int) bool {
		if chains[i].kind != chains[j].kind {
			return chains[i].kind > chains[j].kind
		}
		return chains[i].length > chains[j].length
	})
	b.chains, b.lineTrail = chains, trails
	b.nameRoads()
	b.lineRoad = make([]int32, len(m.lines))
	for i := range b.lineRoad {
		b.lineRoad[i] = -1
	}
	for i := range b.chains {
		for _, l := range b.chains[i].lines {
			b.lineRoad[l] = int32(i)
		}
	}
}

// roads draws the named streets, the lake road, the riverside roads and the
// expressway into the city.
func (b *builder) roads() {
	m := b.m
	add := func(name, class string, lines ...[]pt) {
		r := Road{ID: roadBase + int64(len(b.c.Roads)) + 1, Name: name, Class: class}
		n := 0.0
		for _, l := range lines {
			if len(l) < 2 {
				continue
			}
			n += length(l)
			r.Lines = append(r.Lines, lineString(simplify(l, 0.6)))
		}
		r.Length = int(math.Round(n))
		if len(r.Lines) > 0 {
			b.c.Roads = append(b.c.Roads, r)
		}
	}
	// where a road ends on water it stops short
	w := math.Max(b.l.s, 0.45)
	trim := map[int32]float64{}
	for l, t := range b.lineTrail {
		d := 0.0
		switch m.lines[l].kind {
		case lineRiver:
			d = riverHalf*w + 16
		case lineShore:
			d = 38
		case lineCanal:
			d = 12
		default:
			continue
		}
		for _, v := range t {
			trim[v] = math.Max(trim[v], d)
		}
	}
	ring := append(append([]pt{}, b.l.ring...), b.l.ring[0])
	add("环城快速路", Expressway, ring)
	lake := append(append([]pt{}, b.l.lake...), b.l.lake[0])
	shore := offsetLine(lake, -38)
	shore[len(shore)-1] = shore[0]
	add("环湖路", Main, shore)
	half := riverHalf*w + 16
	names := [][2]string{{"澄江西路", "澄江东路"}, {"滨江南路", "滨江北路"}}
	for i, r := range b.l.rivers {
		for k, d := range []float64{half, -half} {
			l := offsetLine(r, d)
			var keep []pt
			for _, p := range l {
				if ld, _ := ringDist(p, b.l.lake); !inside(p, b.l.lake) && ld > 34 && inside(p, b.l.rim) {
					keep = append(keep, p)
				}
			}
			add(names[i%2][k], Secondary, keep)
		}
	}
	class := map[lineKind]string{lineLane: Lane, lineSecondary: Secondary, lineMain: Main}
	for i := range b.chains {
		c := &b.chains[i]
		var lines [][]pt
		for _, l := range c.lines {
			t := b.lineTrail[l]
			p := b.path(t)
			if d := trim[t[0]]; d > 0 && !b.bridged[[2]int32{l, t[0]}] {
				p = shorten(p, d)
			}
			if d := trim[t[len(t)-1]]; d > 0 && !b.bridged[[2]int32{l, t[len(t)-1]}] {
				reverse(p)
				p = shorten(p, d)
				reverse(p)
			}
			lines = append(lines, p)
		}
		add(c.name, class[c.kind], joinLines(lines)...)
	}
}

// joinLines puts lines that share an end together.
func joinLines(lines [][]pt) [][]pt {
	for again := true; again; {
		again = false
	scan:
		for i := range lines {
			for j := range lines {
				if i == j || len(lines[i]) < 2 || len(lines[j]) < 2 {
					continue
				}
				a, z := lines[i], lines[j]
				switch {
				case a[len(a)-1] == z[0]:
				case a[len(a)-1] == z[len(z)-1]:
					reverse(z)
				case a[0] == z[0]:
					reverse(a)
				default:
					continue
				}
				lines[i] = append(append([]pt{}, a...), z[1:]...)
				lines = append(lines[:j], lines[j+1:]...)
				again = true
				break scan
			}
		}
	}
	return lines
}

func reverse(p []pt) {
	for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
		p[i], p[j] = p[j], p[i]
	}
}

// shorten takes d metres off the front of a line.
func shorten(p []pt, d float64) []pt {
	for len(p) > 1 {
		l := p[0].dist(p[1])
		if l > d {
			q := append([]pt{mix(p[0], p[1], d/l)}, p[1:]...)
			return q
		}
		d -= l
		p = p[1:]
	}
	return nil
}

func lineString(l []pt) orb.LineString {
	out := make(orb.LineString, 0, len(l))
	for _, p := range l {
		q := lonlat(p)
		if n := len(out); n > 0 && out[n-1] == q {
			continue
		}
		out = append(out, q)
	}
	return out
}
