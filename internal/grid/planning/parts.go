package planning

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// part is a connected piece of a community, which is planned by itself.
type part struct {
	*problem
	community int // position in Instance.Communities
}

// preparation is an instance taken apart for the searches.
type preparation struct {
	parts     []*part
	dedicated []cutOut
	closed    []cutOut // grids of the plan in force that are locked as a whole
}

// cutOut is a grid taken out before all others.
type cutOut struct {
	community int
	units     []int
}

// prepare takes the dedicated grids out, joins what must stay together and
// divides each community into its connected parts.
func prepare(in *Instance, o *Options) (*preparation, error) {
	if err := o.check(in); err != nil {
		return nil, err
	}
	at := in.communityIndex()
	prep := &preparation{}
	out := make([]bool, len(in.Units)) // in a dedicated grid
	for i, units := range o.Dedicated {
		for _, u := range units {
			switch {
			case out[u]:
				return nil, o.wrong("dedicated", fmt.Sprintf("unit %d is in two dedicated grids", u), "name it once")
			case in.Units[u].Community != in.Units[units[0]].Community:
				return nil, o.wrong("dedicated", fmt.Sprintf("dedicated grid %d lies in two communities (units %d and %d)", i, units[0], u), "make one of each")
			}
			out[u] = true
		}
		if len(units) > 0 {
			prep.dedicated = append(prep.dedicated, cutOut{at[in.Units[units[0]].Community], units})
		}
	}
	shut := map[int]bool{} // grids of the plan in force
	for _, units := range o.closed() {
		for _, u := range units {
			switch {
			case out[u]:
				return nil, o.wrong("locked", fmt.Sprintf("unit %d is dedicated and in a locked grid", u), "unlock it")
			case in.Units[u].Community != in.Units[units[0]].Community:
				return nil, o.wrong("locked", fmt.Sprintf("units %d and %d of a locked grid lie in different communities", units[0], u), "a grid never crosses a community's border")
			}
		}
		for _, p := range o.Apart {
			if slices.Contains(units, p[0]) && slices.Contains(units, p[1]) {
				return nil, o.wrong("apart", fmt.Sprintf("units %d and %d must part and are in one locked grid", p[0], p[1]), "remove one of the rules")
			}
		}
		for _, u := range units {
			out[u] = true
		}
		shut[o.Warm[units[0]]] = true
		prep.closed = append(prep.closed, cutOut{at[in.Units[units[0]].Community], units})
	}
	links := neighbours(in)
	lead, err := o.joined(in, links, out, shut)
	if err != nil {
		return nil, err
	}
	local := slices.Repeat([]int32{-1}, len(in.Units))
	for c, members := range in.Members() {
		for _, piece := range connected(members, links, out) {
			p := &part{newProblem(in, o, links, piece, local), c}
			if err := p.join(o, piece, local, lead); err != nil {
				return nil, err
			}
			prep.parts = append(prep.parts, p)
			for _, u := range piece {
				local[u] = -1
			}
		}
	}
	prep.own()
	prep.measure(o)
	return prep, nil
}

// closed are the grids of the plan in force all of whose units are locked, in
// the order of their first units: nothing leaves them and nothing joins them.
func (o *Options) closed() (grids [][]int) {
	if o.Locked == nil {
		return nil
	}
	at, open := map[int]int{}, map[int]bool{}
	for u, g := range o.Warm {
		if g == NoGrid {
			continue
		}
		if _, met := at[g]; !met {
			at[g] = len(grids)
			grids = append(grids, nil)
		}
		grids[at[g]] = append(grids[at[g]], u)
		open[at[g]] = open[at[g]] || !o.Locked[u]
	}
	var out [][]int
	for i, units := range grids {
		if !open[i] {
			out = append(out, units)
		}
	}
	return out
}

// link is an edge as one of its ends sees it.
type link struct {
	to     int
	border float64
	cross  Cross
}

// neighbours lists each unit's links by the number of the neighbour, so that the
// order of an instance's rows does not matter.
func neighbours(in *Instance) [][]link {
	links := make([][]link, len(in.Units))
	for _, e := range in.Edges {
		links[e.U] = append(links[e.U], link{e.V, e.Border, e.Cross})
		links[e.V] = append(links[e.V], link{e.U, e.Border, e.Cross})
	}
	for _, l := range links {
		slices.SortFunc(l, func(a, b link) int { return cmp.Compare(a.to, b.to) })
	}
	return links
}

// connected divides the members that are not out into pieces that hang together.
func connected(members []int, links [][]link, out []bool) (pieces [][]int) {
	piece := map[int]int{}
	for _, first := range members {
		if _, met := piece[first]; met || out[first] {
			continue
		}
		queue := []int{first}
		piece[first] = len(pieces)
		for i := 0; i < len(queue); i++ {
			for _, l := range links[queue[i]] {
				if _, met := piece[l.to]; !met && !out[l.to] {
					piece[l.to] = len(pieces)
					queue = append(queue, l.to)
				}
			}
		}
		slices.Sort(queue)
		pieces = append(pieces, queue)
	}
	return pieces
}

// newProblem is the graph of units that hang together. local gets their vertices.
func newProblem(in *Instance, o *Options, links [][]link, units []int, local []int32) *problem {
	n := len(units)
	p := &problem{min: int32(o.Min), max: int32(o.Max),
		units: make([][]int32, n), h: make([]int32, n), w: make([]float64, n), x: make([]float64, n), y: make([]float64, n), own: make([]float64, n), load: make([]float64, n), off: make([]int32, n+1)}
	var w, x, y float64
	for i, u := range units {
		local[u] = int32(i)
		unit := &in.Units[u]
		p.units[i] = []int32{int32(u)}
		p.h[i] = int32(unit.Households)
		p.w[i] = float64(max(unit.Households, 1))
		p.load[i] = unit.Workload
		p.area += unit.CellArea
		w, x, y = w+p.w[i], x+p.w[i]*unit.X, y+p.w[i]*unit.Y
	}
	left, right, low, high := in.Units[units[0]].X, in.Units[units[0]].X, in.Units[units[0]].Y, in.Units[units[0]].Y
	for i, u := range units {
		unit := &in.Units[u]
		p.x[i], p.y[i] = unit.X-x/w, unit.Y-y/w
		left, right, low, high = min(left, unit.X), max(right, unit.X), min(low, unit.Y), max(high, unit.Y)
		for _, l := range links[u] {
			if to := local[l.to]; to >= 0 {
				p.to = append(p.to, to)
				p.border = append(p.border, l.border)
				p.cross = append(p.cross, l.cross != CrossNone)
			}
		}
		p.off[i+1] = int32(len(p.to))
	}
	if p.area == 0 {
		p.area = (right - left) * (high - low)
	}
	p.compounds = label(units, func(u int) (int, int) { return in.Units[u].Compound, in.Units[u].Households })
	p.compounds.weight = slices.Repeat([]float64{o.Weights.Compounds}, len(p.compounds.name))
	households := make([]int32, len(p.compounds.name))
	for i, c := range p.compounds.id {
		households[c] += p.compounds.h[i]
	}
	for c, h := range households {
		if h > p.max {
			p.compounds.weight[c] *= largeCompound
		}
	}
	p.olds = label(units, func(u int) (int, int) {
		if o.Old == nil {
			return NoGrid, 0
		}
		return o.Old[u], in.Units[u].Households
	})
	p.olds.weight = slices.Repeat([]float64{o.Weights.Torn * o.Keep}, len(p.olds.name))
	return p
}

// largeCompound is the part of the cost of dividing a compound that counts where
// it must be divided because no grid can hold it.
const largeCompound = 0.06

// label numbers what of says of each unit, leaving out numbers below 0.
func label(units []int, of func(u int) (id, households int)) labels {
	l := labels{off: make([]int32, len(units)+1)}
	number := map[int]int32{}
	for i, u := range units {
		if id, households := of(u); id >= 0 {
			n, ok := number[id]
			if !ok {
				n = int32(len(number))
				number[id] = n
				l.name = append(l.name, id)
			}
			l.id = append(l.id, n)
			l.h = append(l.h, int32(households))
		}
		l.off[i+1] = int32(len(l.id))
	}
	return l
}

// measure tells every part what the discs of the instance are like.
func (prep *preparation) measure(o *Options) {
	var cut, inertia, households float64
	for _, p := range prep.parts {
		h := float64(p.households())
		own := p.discs(max(1, int(math.Round(h/float64(o.Target)))))
		cut, inertia, households = cut+h*math.Log(own.cut), inertia+h*math.Log(own.inertia), households+h
	}
	if households == 0 {
		return
	}
	for _, p := range prep.parts {
		p.usual = scale{cut: math.Exp(cut / households), inertia: math.Exp(inertia / households)}
	}
}

// own gives every old grid to the part with most of its households: only there
// can a new grid keep its worker.
func (prep *preparation) own() {
	type claim struct{ part, households int }
	largest := map[int]claim{}
	for i, p := range prep.parts {
		households := make([]int, len(p.olds.name))
		for j, o := range p.olds.id {
			households[o] += int(p.olds.h[j])
		}
		for o, name := range p.olds.name {
			if c, ok := largest[name]; !ok || households[o] > c.households {
				largest[name] = claim{i, households[o]}
			}
		}
	}
	for i, p := range prep.parts {
		p.owned = make([]bool, len(p.olds.name))
		for o, name := range p.olds.name {
			p.owned[o] = largest[name].part == i
		}
	}
}

// joined finds what must stay together: lead is the least unit of each unit's
// group. Where units of a group do not touch, the units on a shortest way
// between them join it, for a grid must hang together.
func (o *Options) joined(in *Instance, links [][]link, out []bool, shut map[int]bool) (lead []int, err error) {
	lead = make([]int, len(in.Units))
	for u := range lead {
		lead[u] = u
	}
	find := func(u int) int {
		for lead[u] != u {
			lead[u] = lead[lead[u]]
			u = lead[u]
		}
		return u
	}
	union := func(u, v int) {
		a, b := find(u), find(v)
		lead[max(a, b)] = min(a, b)
	}
	pairs := slices.Clone(o.Together)
	first := map[int]int{}
	for u, locked := range o.Locked {
		if !locked || o.Warm[u] == NoGrid || shut[o.Warm[u]] {
			continue
		}
		if f, ok := first[o.Warm[u]]; ok {
			pairs = append(pairs, [2]int{f, u})
		} else {
			first[o.Warm[u]] = u
		}
	}
	for _, pair := range pairs {
		u, v := pair[0], pair[1]
		if in.Units[u].Community != in.Units[v].Community {
			return nil, o.wrong("together", fmt.Sprintf("units %d and %d lie in different communities", u, v), "a grid never crosses a community's border")
		}
		if o.Warm != nil && shut[o.Warm[u]] && o.Warm[u] == o.Warm[v] {
			continue // in one locked grid
		}
		if out[u] || out[v] {
			return nil, o.wrong("together", fmt.Sprintf("unit %d or %d is in a dedicated grid, or in one that is locked as a whole", u, v), "name units of other grids")
		}
		if find(u) == find(v) {
			continue
		}
		before := map[int]int{u: u}
		queue := []int{u}
		for i := 0; i < len(queue); i++ {
			if find(queue[i]) == find(v) {
				for w := queue[i]; w != u; w = before[w] {
					union(w, u)
				}
				break
			}
			for _, l := range links[queue[i]] {
				if _, met := before[l.to]; !met && !out[l.to] {
					before[l.to] = queue[i]
					queue = append(queue, l.to)
				}
			}
		}
		if find(u) != find(v) {
			return nil, o.wrong("together", fmt.Sprintf("no chain of neighbours leads from unit %d to unit %d", u, v), "add a link or let them part")
		}
	}
	for u := range lead {
		lead[u] = find(u)
	}
	return lead, nil
}

// join makes one vertex of each group and lists which vertices must part.
func (p *part) join(o *Options, piece []int, local []int32, lead []int) error {
	into := make([]int32, len(piece))
	m := int32(0)
	for i, u := range piece {
		if l := lead[u]; l == u {
			into[i] = m
			m++
		} else {
			into[i] = into[local[l]] // the least of a group comes first
		}
	}
	pairs := slices.Clone(o.Apart)
	var firsts []int // the first locked unit of each grid
	for _, u := range piece {
		if o.Locked == nil || !o.Locked[u] || o.Warm[u] == NoGrid || slices.ContainsFunc(firsts, func(f int) bool { return o.Warm[f] == o.Warm[u] }) {
			continue
		}
		for _, f := range firsts {
			pairs = append(pairs, [2]int{f, u})
		}
		firsts = append(firsts, u)
	}
	for _, pair := range pairs {
		u, v := local[pair[0]], local[pair[1]]
		if u < 0 || v < 0 {
			continue // in different parts: apart already
		}
		if into[u] == into[v] {
			return o.wrong("apart", fmt.Sprintf("units %d and %d must stay together and part", pair[0], pair[1]), "remove one of the rules")
		}
		if p.apart == nil {
			p.apart = make([][]int32, p.n())
		}
		p.apart[u] = append(p.apart[u], v)
		p.apart[v] = append(p.apart[v], u)
	}
	if int(m) < p.n() {
		p.problem = p.group(into, int(m))
	}
	return nil
}
