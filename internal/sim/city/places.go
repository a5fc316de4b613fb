package city

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/paulmach/orb"
)

// places numbers compounds and buildings, names what people name, and draws
// water and green.
func (b *builder) places() {
	b.scenery()
	rng := stream(b.c.Seed, "places")
	b.numbers = map[string]int{}
	names := &compoundNamer{rng: rng, ws: words(), used: map[string]bool{}}
	c := b.c
	at := map[int64]int{} // grid code → index
	for i := range c.Grids {
		at[c.Grids[i].Code] = i
	}
	for g := range c.Grids { // in order of code
		b.gridPlaces(&c.Grids[g], names, rng)
	}
	coms := map[int64]*Region{}
	strs := map[int64]*Region{}
	dists := map[int64]*Region{}
	for i := range c.Communities {
		coms[c.Communities[i].Code] = &c.Communities[i]
	}
	for i := range c.Streets {
		strs[c.Streets[i].Code] = &c.Streets[i]
	}
	for i := range c.Districts {
		dists[c.Districts[i].Code] = &c.Districts[i]
	}
	for i := range c.Buildings {
		k := &c.Buildings[i]
		g := &c.Grids[k.Grid-gridBase-1]
		g.Buildings++
		g.Households += k.Households
		coms[g.Community].Households += k.Households
		strs[g.Street].Households += k.Households
		dists[int64(g.District)].Households += k.Households
	}
	b.publicPlaces(stream(c.Seed, "public places"))
}

// gridPlaces turns the blocks of a grid into compounds and buildings.
func (b *builder) gridPlaces(g *Grid, names *compoundNamer, rng *rand.Rand) {
	c := b.c
	cell := -1
	for i := range b.gs {
		if b.gs[i].id == g.ID {
			cell = i
		}
	}
	prefix := b.prefix(g)
	for _, bi := range b.gs[cell].blocks {
		k := &b.bs[bi]
		if k.ring == nil {
			continue
		}
		road := "环湖路"
		if k.road >= 0 && b.lineRoad[k.road] >= 0 {
			road = b.chains[b.lineRoad[k.road]].name
		}
		number := func() string {
			b.numbers[road] += 1 + rng.IntN(4)
			return fmt.Sprintf("%s%d号", road, b.numbers[road])
		}
		var comp *Compound
		if k.use == "homes" {
			cp := Compound{ID: compoundBase + int64(len(c.Compounds)) + 1, Name: names.name(k.style), Style: k.style, Community: g.Community, Grid: g.ID, Polygon: polygon(k.ring)}
			cp.Center = lonlat(within(k.ring))
			cp.Address = prefix + number()
			switch k.style {
			case "courtyard":
				cp.Built = 1950 + rng.IntN(30)
			case "slab":
				cp.Built = 1978 + rng.IntN(25)
			case "midrise":
				cp.Built = 2002 + rng.IntN(14)
			case "tower":
				cp.Built = 2008 + rng.IntN(16)
			default:
				cp.Built = 1990 + rng.IntN(30)
			}
			c.Compounds = append(c.Compounds, cp)
			comp = &c.Compounds[len(c.Compounds)-1]
			k.comp, k.name = comp.ID, comp.Name
		}
		add := func(p *proto, nth int) {
			bd := Building{ID: buildingBase + int64(len(c.Buildings)) + 1, Kind: p.kind, Grid: g.ID, Community: g.Community, Levels: p.levels, Footprint: polygon(p.ring)}
			bd.Center = lonlat(within(p.ring))
			if p.homes != nil {
				bd.Compound = comp.ID
				bd.Name = fmt.Sprintf("%d号楼", nth)
				if p.kind == Courtyard {
					bd.Name = fmt.Sprintf("%d号院", nth)
				} else if p.kind == House {
					bd.Name = fmt.Sprintf("%d号", nth)
				}
				bd.Address = comp.Address + comp.Name + bd.Name
				for u, n := range p.homes {
					name := fmt.Sprintf("%d单元", u+1)
					if p.fixed > 0 {
						name = "院门"
						if p.kind == House {
							name = "正门"
						}
					}
					bd.Entrances = append(bd.Entrances, Entrance{name, n})
					bd.Households += n
				}
				comp.Households += bd.Households
			} else {
				if comp != nil {
					bd.Compound = comp.ID
				}
				bd.Name = number()
				bd.Address = prefix + bd.Name
			}
			c.Buildings = append(c.Buildings, bd)
		}
		for j := range k.homes {
			add(&k.homes[j], j+1)
		}
		for j := range k.other {
			add(&k.other[j], 0)
		}
	}
}

// prefix is the part of an address before the road.
func (b *builder) prefix(g *Grid) string {
	var d, s string
	for i := range b.c.Districts {
		if b.c.Districts[i].Code == int64(g.District) {
			d = b.c.Districts[i].Name
		}
	}
	for i := range b.c.Streets {
		if b.c.Streets[i].Code == g.Street {
			s = b.c.Streets[i].Name
		}
	}
	return d + s
}

// scenery draws water, parks, farmland and the green along lake and rivers.
func (b *builder) scenery() {
	c, l := b.c, b.l
	rng := stream(c.Seed, "scenery")
	var island []pt
	at := l.lakeAt.add(polar(2.2, 260*l.s))
	for i := range 28 {
		t := 2 * math.Pi * float64(i) / 28
		q := polar(t, 105*l.s*(1+0.16*math.Cos(2*t+1)+0.10*math.Cos(3*t)))
		island = append(island, at.add(pt{q.x * 1.35, q.y}.turn(0.5)))
	}
	lakeRings := [][]pt{l.lake}
	if fits(island, l.lake) {
		hole := append([]pt{}, island...)
		reverse(hole)
		lakeRings = append(lakeRings, hole)
		c.Green = append(c.Green, Area{"park", "湖心岛", polygon(island)})
	}
	c.Water = append(c.Water, Area{"lake", "澄湖", polygon(lakeRings...)})
	w := math.Max(l.s, 0.45)
	ribbon := func(line []pt, half float64) []pt {
		a, z := offsetLine(line, half), offsetLine(line, -half)
		r := append([]pt{}, z...)
		for i := len(a) - 1; i >= 0; i-- {
			r = append(r, a[i])
		}
		return r
	}
	// the strips of green first: water is drawn over them
	lake := append(append([]pt{}, l.lake...), l.lake[0])
	out := offsetLine(lake, -28)
	c.Green = append(c.Green, Area{"strip", "澄湖绿道", polygon(dedupe(out[:len(out)-1]), l.lake)})
	inLake := func(p pt) bool { return inside(p, l.lake) }
	for _, r := range l.rivers {
		line := r
		// begin a little inside the lake so that the mouths close
		ends := []pt{r[0].add(r[0].sub(r[1]).unit().mul(60 * l.s))}
		if inLake(ends[0]) {
			line = append(append([]pt{}, ends...), r...)
		}
		n := len(line)
		line = append(line, line[n-1].add(line[n-1].sub(line[n-2]).unit().mul(900)))
		smooth := line
		c.Green = append(c.Green, Area{"strip", "澄江绿带", polygon(ribbon(r, riverHalf*w+15))})
		c.Water = append(c.Water, Area{"river", "澄江", polygon(ribbon(smooth, riverHalf*w))})
	}
	canal := []string{"新开河", "护城河", "东渠", "南渠", "西渠", "柳叶河", "六支渠"}
	n := 0
	for i, t := range b.lineTrail {
		if b.m.lines[i].kind != lineCanal {
			continue
		}
		name := canal[n%len(canal)]
		n++
		c.Water = append(c.Water, Area{"canal", name, polygon(ribbon(b.path(t), 8))})
	}
	ws := shuffled(words(), rng)
	parks := 0
	for i := range b.bs {
		k := &b.bs[i]
		if k.ring == nil {
			continue
		}
		switch k.use {
		case "park":
			kind, name := "park", ""
			if k.ha < 0.6 {
				kind = "square"
			} else if parks < len(ws) {
				name = ws[parks].zh + "公园"
				parks++
			}
			k.name = name
			c.Green = append(c.Green, Area{kind, name, polygon(k.ring)})
			if k.ha > 1.6 && rng.IntN(2) == 0 {
				if p := pond(k.ring, rng); p != nil {
					c.Water = append(c.Water, Area{"pond", "", polygon(p)})
				}
			}
		case "wood", "farm":
			c.Green = append(c.Green, Area{k.use, "", polygon(k.ring)})
			if k.use == "farm" && rng.IntN(3) == 0 {
				if p := pond(k.ring, rng); p != nil {
					c.Water = append(c.Water, Area{"pond", "", polygon(p)})
				}
			}
		}
	}
}

func dedupe(l []pt) []pt {
	var out []pt
	for _, p := range l {
		if n := len(out); n == 0 || out[n-1].dist(p) > 0.5 {
			out = append(out, p)
		}
	}
	return out
}

func pond(r []pt, rng *rand.Rand) []pt {
	c := within(r)
	d, _ := ringDist(c, r)
	d *= 0.55
	if d < 12 {
		return nil
	}
	ph, k := rng.Float64()*7, 0.12+0.12*rng.Float64()
	st := 1 + 0.5*rng.Float64()
	a := rng.Float64() * math.Pi
	var out []pt
	for i := range 18 {
		t := 2 * math.Pi * float64(i) / 18
		q := polar(t, d*(1+k*math.Cos(2*t+ph)+0.6*k*math.Cos(3*t+2*ph)))
		out = append(out, c.add(pt{q.x * st, q.y / st}.turn(a)))
	}
	if !fits(out, r) {
		return nil
	}
	return out
}

// publicPlaces names schools, hospitals, markets, halls, stations and offices.
func (b *builder) publicPlaces(rng *rand.Rand) {
	c := b.c
	com := map[int64]string{}
	for i := range c.Communities {
		com[c.Communities[i].Code] = trimTail(c.Communities[i].Name, "社区")
	}
	first := map[int64]int{} // block's grid+road … first building by grid and kind
	byGrid := map[int64][]int{}
	for i := range c.Buildings {
		byGrid[c.Buildings[i].Grid] = append(byGrid[c.Buildings[i].Grid], i)
	}
	_ = first
	used := map[string]bool{}
	add := func(kind, name string, p orb.Point, g *Grid, bd int64) {
		for i := 2; used[name]; i++ {
			base := name
			if i > 2 {
				base = trimTail(name, fmt.Sprintf("(%s部)", chineseNumber(i-1)))
			}
			name = fmt.Sprintf("%s(%s部)", base, chineseNumber(i))
		}
		used[name] = true
		c.POIs = append(c.POIs, POI{ID: poiBase + int64(len(c.POIs)) + 1, Kind: kind, Name: name, Point: p, Grid: g.ID, Community: g.Community, Building: bd})
	}
	middle, primary := 0, map[int64]int{}
	cellOf := map[int64]int{}
	for i := range b.gs {
		cellOf[b.gs[i].id] = i
	}
	hospitals := []string{"澄湖市第一人民医院", "澄湖市中心医院", "澄湖市中医院", "澄湖市妇幼保健院", "澄湖市第二人民医院", "澄湖市第三人民医院", "澄湖市口腔医院", "澄湖市康复医院", "澄湖市骨伤医院", "澄湖市儿童医院"}
	malls := []string{"万和广场", "湖悦天地", "星河城", "金桥百货", "新天地购物中心", "澄江里", "翠湖荟", "东门商场"}
	nh, nm := 0, 0
	for gi := range c.Grids {
		g := &c.Grids[gi]
		name := com[g.Community]
		for _, bi := range b.gs[cellOf[g.ID]].blocks {
			k := &b.bs[bi]
			if k.ring == nil {
				continue
			}
			p := lonlat(within(k.ring))
			var bd int64 // the building nearest to the middle of the block
			near := math.Inf(1)
			kind := patterns[k.use].kind
			for _, i := range byGrid[g.ID] {
				if x := &c.Buildings[i]; x.Kind == kind {
					if d := math.Hypot(x.Center[0]-p[0], x.Center[1]-p[1]); d < near {
						near, bd = d, x.ID
					}
				}
			}
			if bd > 0 {
				p = c.Buildings[bd-buildingBase-1].Center
			}
			switch k.use {
			case "school":
				if bd == 0 {
					continue
				}
				switch primary[g.Community]++; {
				case rng.IntN(3) == 0:
					middle++
					add(POISchool, fmt.Sprintf("澄湖市第%s中学", chineseNumber(middle)), p, g, bd)
				case primary[g.Community] == 1:
					add(POISchool, name+"小学", p, g, bd)
				case primary[g.Community] == 2:
					add(POISchool, name+"幼儿园", p, g, bd)
				default:
					add(POISchool, name+"实验学校", p, g, bd)
				}
			case "hospital":
				if bd == 0 {
					continue
				}
				if nh < len(hospitals) {
					add(POIHospital, hospitals[nh], p, g, bd)
				} else {
					add(POIHospital, name+"卫生服务中心", p, g, bd)
				}
				nh++
			case "market":
				if bd > 0 {
					add(POIMarket, name+"农贸市场", p, g, bd)
				}
			case "mall":
				if bd > 0 && nm < len(malls)*4 {
					n := malls[nm%len(malls)]
					if nm >= len(malls) {
						n += "（" + name + "店）"
					}
					add(POIMall, n, p, g, bd)
					nm++
				}
			case "station":
				if bd > 0 {
					add(POIStation, "澄湖站", p, g, bd)
				}
			case "park":
				if k.name != "" {
					add(POIPark, k.name, lonlat(within(k.ring)), g, 0)
				}
			}
		}
	}
	b.halls(add, byGrid, com, rng)
}

// halls opens the 邻里和合厅 (178 at scale 1), the offices of streets and
// communities, and the bus stations.
func (b *builder) halls(add func(kind, name string, p orb.Point, g *Grid, bd int64), byGrid map[int64][]int, com map[int64]string, rng *rand.Rand) {
	c := b.c
	ground := func(g *Grid, nth int) *Building { // a building for a public room
		var soft []int
		for _, i := range byGrid[g.ID] {
			if k := c.Buildings[i].Kind; k == Public || k == Shop || k == Office {
				soft = append(soft, i)
			}
		}
		if len(soft) == 0 {
			soft = byGrid[g.ID]
		}
		if len(soft) == 0 {
			return nil
		}
		return &c.Buildings[soft[(nth*7+3)%len(soft)]]
	}
	var basic []*Grid
	for i := range c.Grids {
		if c.Grids[i].Kind == GridBasic {
			basic = append(basic, &c.Grids[i])
		}
	}
	want := max(3, int(math.Round(178*c.Scale)))
	rest := rng.Perm(len(basic))
	has := map[int64]int{}
	pickHall := func(g *Grid) {
		bd := ground(g, 0)
		if bd == nil {
			return
		}
		has[g.ID]++
		n := com[g.Community]
		for k := range c.Compounds {
			if c.Compounds[k].Grid == g.ID {
				n = c.Compounds[k].Name
				break
			}
		}
		add(POIHall, n+"邻里和合厅", bd.Center, g, bd.ID)
		want--
	}
	seen := map[int64]bool{}
	for _, i := range rest { // every community first
		if g := basic[i]; !seen[g.Community] && want > 0 {
			seen[g.Community] = true
			pickHall(g)
		}
	}
	for _, i := range rest {
		if g := basic[i]; has[g.ID] == 0 && want > 0 {
			pickHall(g)
		}
	}
	done := map[int64]bool{}
	for _, g := range basic {
		if !done[g.Community] {
			done[g.Community] = true
			if bd := ground(g, 1); bd != nil {
				add(POIOffice, com[g.Community]+"社区居民委员会", bd.Center, g, bd.ID)
			}
			if rng.IntN(4) == 0 {
				if bd := ground(g, 4); bd != nil {
					add(POIStation, com[g.Community]+"公交站", bd.Center, g, bd.ID)
				}
			}
		}
		if !done[g.Street] {
			done[g.Street] = true
			for i := range c.Streets {
				if c.Streets[i].Code != g.Street {
					continue
				}
				if bd := ground(g, 2); bd != nil {
					add(POIOffice, c.Streets[i].Name+"办事处", bd.Center, g, bd.ID)
				}
				if bd := ground(g, 3); bd != nil {
					add(POIPolice, trimTail(c.Streets[i].Name, "街道")+"派出所", bd.Center, g, bd.ID)
				}
			}
		}
	}
}

func trimTail(s, tail string) string {
	if len(s) > len(tail) && s[len(s)-len(tail):] == tail {
		return s[:len(s)-len(tail)]
	}
	return s
}
