package city

import (
	"math"
	"math/rand/v2"
	"sort"
)

// settle decides what stands on every block, builds it, and fits households to
// the grids.
func (b *builder) settle() {
	b.prepare()
	rng := stream(b.c.Seed, "land use")
	b.dedicate(rng)
	b.demand(rng)
	for c := range b.cs {
		b.zoneUses(c, rng)
	}
	brng := stream(b.c.Seed, "buildings")
	for g := range b.gs {
		b.house(g, brng)
	}
	for i := range b.bs {
		b.furnish(i, brng)
	}
}

// dedicate picks the cells that become dedicated grids.
func (b *builder) dedicate(rng *rand.Rand) {
	plan := []struct {
		use   string
		n     int
		score func(z zone) float64
	}{
		{"station", 1, func(z zone) float64 { return -math.Abs(z.dens-0.33) - outsideCost(z, 0.4) }},
		{"business", 5, func(z zone) float64 { return z.dens - 0.6*math.Abs(z.old-0.5) - outsideCost(z, 9) }},
		{"market", 4, func(z zone) float64 { return -math.Abs(z.dens-0.55) - outsideCost(z, 9) }},
		{"hospital", 3, func(z zone) float64 { return -math.Abs(z.dens-0.7) - 0.5*z.old - outsideCost(z, 9) }},
		{"campus", 4, func(z zone) float64 { return -math.Abs(z.dens-0.30) - outsideCost(z, 0.05) }},
		{"industry", 2, func(z zone) float64 { return -z.dens + outsideCost(z, 0.5) }},
	}
	taken := map[int]bool{}
	for _, p := range plan {
		n := p.n
		if b.c.Scale < 0.9 {
			n = int(math.Round(float64(p.n) * b.c.Scale))
			if p.use == "market" || p.use == "campus" {
				n = max(n, 1)
			}
		}
		for range n {
			best, at := math.Inf(-1), -1
			for g := range b.gs {
				c := &b.gs[g]
				if c.lake || c.use != "" || taken[c.community] || len(b.cs[c.community].grids) < 3 || c.community == b.home {
					continue
				}
				if v := p.score(c.zone) + 0.12*rng.NormFloat64(); v > best {
					best, at = v, g
				}
			}
			if at < 0 {
				continue
			}
			b.gs[at].use = p.use
			taken[b.gs[at].community] = true
		}
	}
}

func outsideCost(z zone, cost float64) float64 {
	if z.outside {
		return cost
	}
	return 0
}

// demand sets the households that each grid is to have.
func (b *builder) demand(rng *rand.Rand) {
	low, high := false, false
	for g := range b.gs {
		c := &b.gs[g]
		if c.use != "" {
			continue
		}
		c.want = int(clamp(407+46*rng.NormFloat64(), 306, 494))
		if len(b.cs[c.community].grids) == 1 && b.c.Scale > 0.5 {
			switch {
			case !low:
				low = true
				c.want = 214 + rng.IntN(60)
				c.note = "本社区不足300户，无法达到下限。"
			case !high:
				high = true
				c.want = 520 + rng.IntN(50)
				c.note = "本社区超过500户而不足600户，无法分成两个合规网格。"
			}
		}
	}
}

func pick(rng *rand.Rand, names []string, w []float64) string {
	t := 0.0
	for _, v := range w {
		t += v
	}
	x := rng.Float64() * t
	for i, v := range w {
		if x -= v; x < 0 {
			return names[i]
		}
	}
	return names[len(names)-1]
}

var homeStyles = []string{"courtyard", "slab", "midrise", "tower", "village"}

func (b *builder) homeStyle(z zone, rng *rand.Rand) string {
	switch {
	case z.outside:
		return pick(rng, homeStyles, []float64{0, 28, 18, 32, 14})
	case z.old > 0.62:
		return pick(rng, homeStyles, []float64{74, 26, 0, 0, 0})
	case z.old > 0.32:
		return pick(rng, homeStyles, []float64{12, 70, 14, 4, 0})
	default:
		return pick(rng, homeStyles, []float64{0, 34, 34, 30, 2})
	}
}

// zoneUses gives every block of a community its use.
func (b *builder) zoneUses(c int, rng *rand.Rand) {
	var free []int
	for _, g := range b.cs[c].grids {
		cell := &b.gs[g]
		if cell.lake {
			continue
		}
		bl := append([]int{}, cell.blocks...)
		noise := map[int]float64{}
		for _, i := range bl {
			noise[i] = math.Min(b.bs[i].ha, 3.4) * (0.65 + 0.7*rng.Float64())
			if b.touches(&b.bs[i], lineShore) {
				noise[i] *= 0.3
			}
		}
		sort.SliceStable(bl, func(x, y int) bool { return noise[bl[x]] > noise[bl[y]] })
		homes := 0
		if cell.use == "" {
			homes = 1
			if rng.Float64() < 0.14 {
				homes = 2
			}
		}
		for k, i := range bl {
			blk := &b.bs[i]
			switch {
			case blk.use == "strip":
			case cell.use != "":
				b.dedicatedUse(blk, cell.use, k, rng)
			case homes > 0:
				homes--
				blk.use, blk.style = "homes", b.homeStyle(cell.zone, rng)
			default:
				free = append(free, i)
			}
		}
	}
	rng.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	need := []struct {
		use    string
		p      float64
		lo, hi float64
	}{{"school", 0.95, 0.9, 6}, {"park", 0.9, 0.35, 9}, {"public", 0.6, 0.4, 3}, {"market", 0.33, 0.35, 2.4}, {"hospital", 0.14, 1.0, 5}, {"park", 0.5, 0.3, 9}, {"school", 0.4, 0.9, 6}}
	for _, n := range need {
		if rng.Float64() > n.p {
			continue
		}
		for _, i := range free {
			if k := &b.bs[i]; k.use == "" && k.ha >= n.lo && k.ha <= n.hi {
				k.use = n.use
				break
			}
		}
	}
	for _, i := range free { // the lake's shore is mostly for everybody
		if k := &b.bs[i]; k.use == "" && b.touches(k, lineShore) && rng.Float64() < 0.7 {
			k.use = "park"
		}
	}
	uses := []string{"office", "shops", "mall", "park", "public", "factory", "lot", "farm", "wood", "homes"}
	for _, i := range free {
		k := &b.bs[i]
		if k.use != "" {
			continue
		}
		z := b.gs[k.cell].zone
		switch {
		case z.outside:
			k.use = pick(rng, uses, []float64{3, 3, 0, 3, 2, 24, 5, 38, 18, 0})
		case z.old > 0.5:
			k.use = pick(rng, uses, []float64{16, 46, 9, 10, 9, 0, 2, 0, 0, 0})
		case z.old > 0.2:
			k.use = pick(rng, uses, []float64{24, 26, 9, 14, 12, 3, 3, 0, 1, 0})
		default:
			k.use = pick(rng, uses, []float64{20, 16, 6, 17, 10, 13, 7, 4, 5, 0})
		}
		if k.use == "mall" && k.ha < 0.7 {
			k.use = "shops"
		}
		if k.use == "shops" && k.ha > 2.6 {
			k.use = "office"
		}
		if k.ha < 0.45 && k.use != "park" {
			k.use = "shops"
		}
	}
}

func (b *builder) touches(k *block, kind lineKind) bool {
	ids := b.m.rings[k.face]
	for j, a := range ids {
		if b.m.lines[b.m.edges[side(a, ids[(j+1)%len(ids)])]].kind == kind {
			return true
		}
	}
	return false
}

func (b *builder) dedicatedUse(k *block, use string, nth int, rng *rand.Rand) {
	switch use {
	case "market":
		k.use = pick(rng, []string{"market", "shops", "lot"}, []float64{70, 25, 5})
		if nth == 0 {
			k.use = "market"
		}
	case "campus":
		k.use = pick(rng, []string{"campus", "park", "school"}, []float64{70, 15, 15})
	case "business":
		k.use = pick(rng, []string{"office", "mall", "park"}, []float64{72, 20, 8})
		if nth == 0 {
			k.use = "office"
		}
	case "hospital":
		k.use = pick(rng, []string{"hospital", "office", "park"}, []float64{60, 20, 20})
		if nth == 0 {
			k.use = "hospital"
		}
	case "station":
		k.use = pick(rng, []string{"office", "mall", "lot", "shops"}, []float64{35, 20, 20, 25})
		if nth == 0 {
			k.use = "station"
		}
	default:
		k.use = "factory"
	}
}

// busy tells how likely shops stand on the street at p, beside block k.
func (b *builder) busy(k *block) func(p pt) float64 {
	ids := b.m.rings[k.face]
	z := b.gs[k.cell].zone
	return func(p pt) float64 {
		best, kind := math.Inf(1), lineNone
		for j, a := range ids {
			q := ids[(j+1)%len(ids)]
			if d, _ := segDist(p, b.m.pts[a], b.m.pts[q]); d < best {
				best, kind = d, b.m.lines[b.m.edges[side(a, q)]].kind
			}
		}
		v := map[lineKind]float64{lineMain: 0.75, lineSecondary: 0.68, lineLane: 0.16 + 0.4*z.old}[kind]
		if z.outside {
			v *= 0.5
		}
		return v
	}
}

// build puts homes on block i in its style.
func (b *builder) build(i int, rng *rand.Rand) {
	k := &b.bs[i]
	for _, style := range []string{k.style, "tower", "slab", "village"} { // small or narrow land takes what fits
		k.style = style
		if b.buildAs(k, rng); len(k.homes) > 0 {
			return
		}
	}
	k.other = nil
}

func (b *builder) buildAs(k *block, rng *rand.Rand) {
	p := patterns[k.style]
	if k.ha < 0.7 && k.style == "tower" {
		p.garden = 0
	}
	k.other = frontage(k.ring, b.busy(k), rng)
	k.homes = fill(k.ring, k.ang, &p, k.other, rng)
}

func (p *proto) room() int {
	if p.fixed > 0 {
		return p.fixed
	}
	return p.units * p.per * p.levels
}

func (p *proto) maxRoom() int {
	if p.fixed > 0 {
		return p.fixed
	}
	hi := patterns[p.style()].hi
	return p.units * p.per * hi
}

func (p *proto) style() string {
	switch {
	case p.kind == Tower:
		return "tower"
	case p.kind == Slab && p.units > 0 && p.levels >= 9:
		return "midrise"
	case p.kind == Slab:
		return "slab"
	case p.kind == House:
		return "village"
	}
	return "courtyard"
}

// house builds a grid's homes and fits them to the wanted households.
func (b *builder) house(g int, rng *rand.Rand) {
	c := &b.gs[g]
	if c.use != "" {
		return
	}
	most := func() (n int) {
		for _, i := range c.blocks {
			for j := range b.bs[i].homes {
				n += b.bs[i].homes[j].maxRoom()
			}
		}
		return n
	}
	for _, i := range c.blocks {
		if b.bs[i].use == "homes" {
			b.build(i, rng)
		}
	}
	// too little room: first more land, then taller
	for try := 0; most() < c.want*21/20; try++ {
		at, best := -1, 0.0
		for _, i := range c.blocks {
			k := &b.bs[i]
			score := k.ha
			if b.touches(k, lineShore) {
				score *= 0.3
			}
			switch {
			case k.use == "strip" || k.ring == nil:
				continue
			case k.use == "homes" && k.style == "tower":
				continue
			case k.use == "homes" && try < 2 && most() > c.want/2 && k.style != "courtyard" && k.style != "village":
				score *= 9 // nearly enough: a level or two more
			case k.use == "homes" && try < 3:
				continue
			case k.use == "school" || k.use == "park" || k.use == "hospital":
				score *= 0.3
			}
			if score > best {
				best, at = score, i
			}
		}
		if try > 12 || at < 0 && try > 3 {
			break
		}
		if at < 0 {
			continue
		}
		k := &b.bs[at]
		switch {
		case k.use == "homes" && k.style == "midrise":
			k.style = "tower"
		case k.use == "homes" && k.style == "slab":
			k.style = "midrise"
		case k.use == "homes":
			k.style = "slab"
		default:
			k.use, k.style = "homes", b.homeStyle(c.zone, rng)
			if try > 0 && k.style == "courtyard" {
				k.style = "slab"
			}
		}
		b.build(at, rng)
	}
	var all []*proto
	for _, i := range c.blocks {
		for j := range b.bs[i].homes {
			all = append(all, &b.bs[i].homes[j])
		}
	}
	if len(all) == 0 {
		all = append(all, b.single(c))
	}
	b.fit(c, all, rng)
	for _, i := range c.blocks {
		k := &b.bs[i]
		keep := k.homes[:0]
		for _, p := range k.homes {
			if p.homes != nil {
				keep = append(keep, p)
			}
		}
		k.homes = keep
		if k.use == "homes" && len(k.homes) == 0 {
			k.use, k.style = "park", ""
		}
	}
}

// single puts one tower on a grid where nothing else fits.
func (b *builder) single(c *cell) *proto {
	at := c.blocks[0]
	for _, i := range c.blocks {
		if area(b.m.ring(b.bs[i].face)) > area(b.m.ring(b.bs[at].face)) {
			at = i
		}
	}
	k := &b.bs[at]
	ring := b.m.ring(k.face)
	p := within(ring)
	r, _ := ringDist(p, ring)
	if k.ring == nil || !inside(p, k.ring) {
		q := rect(p, k.ang, r*1.3, r*1.3)
		k.ring = q[:]
	}
	q := rect(p, k.ang, r*0.9, r*0.9)
	k.use, k.style, k.other = "homes", "tower", nil
	k.homes = []proto{{ring: q[:], quad: q, kind: Tower, levels: 18, units: 2, per: 4}}
	return &k.homes[0]
}

// fit chooses levels and shares the households out over entrances.
func (b *builder) fit(c *cell, all []*proto, rng *rand.Rand) {
	room := func() (fixed, free int) {
		for _, p := range all {
			if p.fixed > 0 {
				fixed += p.fixed
			} else {
				free += p.room()
			}
		}
		return fixed, free
	}
	fixed, free := room()
	if free > 0 {
		f := float64(c.want-fixed) * 1.04 / float64(free)
		for _, p := range all {
			if p.fixed == 0 {
				q := patterns[p.style()]
				p.levels = int(clamp(math.Round(float64(p.levels)*f), float64(q.lo), float64(q.hi)))
			}
		}
	}
	// too much room: open the ground a little
	for guard := 0; guard < 4000; guard++ {
		fixed, free = room()
		over := fixed + free - c.want*27/25
		if over <= 0 || len(all) < 3 {
			break
		}
		i := rng.IntN(len(all))
		if r := all[i].room(); r > over+c.want/12 {
			continue
		}
		all = append(all[:i], all[i+1:]...)
	}
	// too little: a level here and there, then fuller houses
	for guard := 0; guard < 4000; guard++ {
		fixed, free = room()
		if fixed+free >= c.want {
			break
		}
		p := all[rng.IntN(len(all))]
		switch {
		case p.fixed > 0 && guard > 300:
			p.fixed++
		case p.fixed == 0 && (p.levels < patterns[p.style()].hi || guard > 600):
			p.levels++
		}
	}
	w := make([]float64, 0, len(all)*2)
	for _, p := range all {
		for range p.units {
			w = append(w, float64(p.room())/float64(p.units))
		}
	}
	n := share(c.want, 1, w)
	for _, p := range all {
		p.homes, n = n[:p.units:p.units], n[p.units:]
	}
}

// furnish builds what is not homes.
func (b *builder) furnish(i int, rng *rand.Rand) {
	k := &b.bs[i]
	if k.ring == nil || k.use == "homes" || k.use == "strip" || k.use == "wood" || k.use == "lot" || k.use == "" {
		return
	}
	land := k.ring
	if k.use == "school" || k.use == "campus" {
		if q := b.sports(k, rng); q != nil {
			k.other = append(k.other, proto{quad: *q})
		}
	}
	switch k.use {
	case "office", "shops", "market", "public", "mall":
		if rng.Float64() < 0.6 {
			k.other = append(k.other, frontage(k.ring, b.busy(k), rng)...)
		}
	}
	p := patterns[k.use]
	if k.use == "shops" && b.gs[k.cell].zone.old > 0.45 {
		p.gx1, p.gy0, p.gy1, p.l1 = 4, 4, 8, 3
		p.w1 = 26
	}
	k.other = append(k.other, fill(land, k.ang, &p, k.other, rng)...)
	keep := k.other[:0]
	for _, p := range k.other {
		if p.ring != nil {
			keep = append(keep, p)
		}
	}
	k.other = keep
}

// sports lays a running track on a school's land.
func (b *builder) sports(k *block, rng *rand.Rand) *[4]pt {
	bb := bounds(k.ring)
	for _, size := range [][2]float64{{94, 48}, {70, 36}, {46, 26}} {
		if size[0]*size[1] > k.ha*1e4*0.36 {
			continue
		}
		for range 24 {
			c := pt{lerp(bb.x0, bb.x1, rng.Float64()), lerp(bb.y0, bb.y1, rng.Float64())}
			w, d := size[1], size[0] // long side north–south, as tracks lie
			q := rect(c, k.ang, w, d)
			if !fits(q[:], k.ring) {
				continue
			}
			var r []pt
			u, v := polar(k.ang, 1), polar(k.ang, 1).left()
			h := d/2 - w/2
			for s := range 9 {
				a := math.Pi * float64(s) / 8
				r = append(r, c.add(u.mul(w/2*math.Cos(a))).add(v.mul(h+w/2*math.Sin(a))))
			}
			for s := range 9 {
				a := math.Pi + math.Pi*float64(s)/8
				r = append(r, c.add(u.mul(w/2*math.Cos(a))).add(v.mul(-h+w/2*math.Sin(a))))
			}
			b.c.Green = append(b.c.Green, Area{Kind: "sports", Polygon: polygon(r)})
			return &q
		}
	}
	return nil
}
