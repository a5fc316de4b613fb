package prepare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/cells"
	"linli/internal/kernel/geo"
)

// TowerOver is the number of households above which a building is split by its
// entrances: a larger unit would decide the grid alone.
const TowerOver = 150

// Options say what Prepare may assume.
type Options struct {
	// HouseholdArea is the floor area of a household in m², from which
	// households are estimated where they are unknown; 0 estimates nothing.
	HouseholdArea float64
}

// Result is an instance and how it came about.
type Result struct {
	Instance *planning.Instance
	Old      []string  // today's grid of each unit, empty where unknown; nil if no old grids were given
	Findings []Finding // in the order in which they were met
	Split    int       // buildings that were split by entrances
	LeftOut  Size      // what lies outside every community
}

// Size counts buildings and their households.
type Size struct {
	Buildings  int `json:"buildings"`
	Households int `json:"households"`
}

// Prepare makes an instance of the sources. Only sources without buildings,
// without communities, or in which no building lies in a community are errors.
func Prepare(s *Sources, o Options) (*Result, error) {
	s.Findings = slices.Clip(s.Findings)
	if len(s.Buildings) == 0 {
		return nil, fault("buildings", 0, "", words("没有楼栋", "there are none"), words("请给出楼栋，或含有建筑的 OSM 数据", "give buildings, or an OSM extract that has some"))
	}
	if len(s.Communities) == 0 {
		return nil, fault("communities", 0, "", words("没有社区", "there are none"), words("请给出社区边界", "give communities, or an OSM extract with boundaries of the right --admin-level"))
	}
	p := &preparer{Sources: s, options: o}
	var all orb.MultiPolygon
	for _, c := range s.Communities {
		all = append(all, c.Area...)
	}
	if !s.Planar {
		p.frame = newFrame(all.Bound())
	}
	p.places()
	p.suspectSystem()
	p.settle()
	p.split()
	if len(p.units) == 0 {
		return nil, fault(s.Buildings[0].from.file, 0, "", words("没有一栋楼位于社区内", "no building lies in a community"), words("请核对两个文件是否同一地区、同一坐标系（--crs）", "check that both files are of the same place and coordinate system (--crs)"))
	}
	in := &planning.Instance{Licence: s.Licence, Communities: p.communities, Origin: p.frame.origin, MetresPerDegree: p.frame.perDegree}
	for _, b := range s.Barriers {
		in.Barriers = append(in.Barriers, planning.Barrier{Class: b.Class, Line: p.frame.line(b.Line)})
	}
	r := &Result{Instance: in, Split: p.towers, LeftOut: p.leftOut}
	slices.SortStableFunc(p.units, func(a, b unit) int { return cmp.Compare(a.community, b.community) })
	for _, u := range p.units {
		in.Units = append(in.Units, u.Unit)
	}
	p.number(in)
	measure(in, p.lands)
	p.empties()
	r.Old = p.old()
	r.Findings = s.Findings
	return r, nil
}

type preparer struct {
	*Sources
	options     Options
	frame       frame
	communities []planning.Community
	lands       []*cells.Land
	tree        rtree.RTreeGN[float64, int32] // bounds of the lands
	byName      map[string][]int              // community by name and by id
	overlaps    map[[2]int]bool
	units       []unit
	towers      int
	leftOut     Size
}

// unit is a planning unit before it has its number.
type unit struct {
	planning.Unit
	community int // index
	compound  string
	old       string
	building  *Building
}

// places makes the communities: parts of one id or name are one, borders that
// cross themselves are mended.
func (p *preparer) places() {
	type group struct {
		Community
		rings []orb.Ring
		parts int
	}
	var groups []*group
	at := map[string]*group{}
	for _, c := range p.Communities {
		key := "i" + c.ID
		if c.ID == "" {
			key = "n" + c.Name
		}
		g := at[key]
		if g == nil || c.ID == "" && c.Name == "" {
			g = &group{Community: c}
			groups, at[key] = append(groups, g), g
		}
		rings := ringsOf(p.frame.area(c.Area))
		if g.parts > 0 && sameRings(g.rings, rings) {
			p.find(DuplicateID, label(c), c.from, Dropped, "同一社区重复出现", "the same community stands twice")
			continue
		}
		g.parts++
		g.rings = append(g.rings, rings...)
	}
	p.byName, p.overlaps = map[string][]int{}, map[[2]int]bool{}
	ids := map[int]bool{}
	numbered := !slices.ContainsFunc(groups, func(g *group) bool {
		n, err := strconv.Atoi(g.ID)
		twice := ids[n]
		ids[n] = true
		return err != nil || n < 0 || twice
	})
	for i, g := range groups {
		c := planning.Community{ID: i, Name: g.Name}
		if numbered {
			c.ID, _ = strconv.Atoi(g.ID) // just checked
		}
		if c.Name == "" {
			c.Name = g.ID
			if c.Name == "" {
				c.Name = fmt.Sprintf("社区%d", i+1)
			}
			p.find(NameMissing, c.Name, g.from, Renamed, "社区没有名称", "the community has no name")
		}
		var raw orb.MultiPolygon
		for _, r := range g.rings {
			raw = append(raw, orb.Polygon{r})
		}
		if where, crossed := cells.Crossing(raw); crossed {
			c.Area = cells.Repair(raw)
			p.find(CommunityCrossed, c.Name, g.from, Corrected, fmt.Sprintf("边界自相交或与自身重叠（%s 附近）", p.spot(where)), fmt.Sprintf("its border crosses or overlaps itself (near %s)", p.spot(where)))
		} else {
			c.Area = cells.Nest(g.rings)
		}
		if len(c.Area) > 1 {
			p.find(CommunityInParts, c.Name, g.from, Linked, fmt.Sprintf("社区由 %d 块不相连的土地组成", len(c.Area)), fmt.Sprintf("the community consists of %d separate pieces of land", len(c.Area)))
		}
		land := cells.NewLand(c.Area)
		p.communities, p.lands = append(p.communities, c), append(p.lands, land)
		b := c.Area.Bound().Pad(cells.Far)
		p.tree.Insert(b.Min, b.Max, int32(i))
		for _, name := range []string{g.ID, g.Name} {
			if name != "" && !slices.Contains(p.byName[name], i) {
				p.byName[name] = append(p.byName[name], i)
			}
		}
	}
}

func label(c Community) string {
	if c.Name != "" {
		return c.Name
	}
	return c.ID
}

func ringsOf(mp orb.MultiPolygon) []orb.Ring {
	var out []orb.Ring
	for _, poly := range mp {
		for _, r := range poly {
			r = slices.CompactFunc(r, func(a, b orb.Point) bool { return a == b })
			if len(r) > 0 && r[0] != r[len(r)-1] {
				r = append(r, r[0])
			}
			if len(r) >= 4 {
				out = append(out, r)
			}
		}
	}
	return out
}

func sameRings(all, some []orb.Ring) bool {
	return len(some) > 0 && !slices.ContainsFunc(some, func(r orb.Ring) bool {
		return !slices.ContainsFunc(all, func(o orb.Ring) bool { return slices.Equal(o, r) })
	})
}

// spot is a place as people find it again.
func (p *preparer) spot(q orb.Point) string {
	if p.frame.perDegree[0] == 0 {
		return fmt.Sprintf("%.1f %.1f", q[0], q[1])
	}
	return fmt.Sprintf("%.6f %.6f", p.frame.origin[0]+q[0]/p.frame.perDegree[0], p.frame.origin[1]+q[1]/p.frame.perDegree[1])
}

// locate finds the community that holds a flat point, the first of several, or
// else the nearest within cells.Far; -1 if there is none. second is another
// that holds it, or -1.
func (p *preparer) locate(q orb.Point) (community int, metres float64, second int) {
	community, metres, second = -1, math.Inf(1), -1
	p.tree.Search(q, q, func(_, _ [2]float64, i int32) bool {
		d, ok := p.lands[i].Distance(q)
		if !ok {
			return true
		}
		switch k := int(i); {
		case d == 0 && metres == 0:
			community, second = min(community, k), max(community, k)
		case d < metres || d == metres && k < community:
			community, metres = k, d
		}
		return true
	})
	return community, metres, second
}

// named are the communities that a building's row names; nil if it names none
// or one that is not given.
func (p *preparer) named(b *Building) []int {
	if b.Community == "" {
		return nil
	}
	return p.byName[b.Community]
}

// suspectSystem warns when another coordinate system fits much better: fewer
// buildings outside, fewer in another community than their row names.
func (p *preparer) suspectSystem() {
	if p.Planar {
		return
	}
	misfits := func(turn func(geo.Point) geo.Point) (n int) {
		for i := range p.Buildings {
			b := &p.Buildings[i]
			if !b.HasPlace {
				continue
			}
			q := turn(geo.Point{Lon: b.At[0], Lat: b.At[1]})
			c, metres, _ := p.locate(p.frame.flat(orb.Point{q.Lon, q.Lat}))
			if want := p.named(b); c < 0 || metres > 0 || len(want) > 0 && !slices.Contains(want, c) {
				n++
			}
		}
		return n
	}
	given := misfits(func(q geo.Point) geo.Point { return q })
	if given < max(3, len(p.Buildings)/50) {
		return
	}
	for _, other := range []struct {
		turn   func(geo.Point) geo.Point
		zh, en string
	}{
		{geo.GCJToWGS, "GCJ-02（高德、腾讯）", "GCJ-02 (Amap, Tencent)"},
		{func(q geo.Point) geo.Point { return geo.GCJToWGS(geo.BDToGCJ(q)) }, "BD-09（百度）", "BD-09 (Baidu)"},
		{geo.WGSToGCJ, "WGS 84，而不是 GCJ-02", "WGS 84, not GCJ-02"},
		{func(q geo.Point) geo.Point { return geo.GCJToBD(geo.WGSToGCJ(q)) }, "WGS 84，而不是 BD-09", "WGS 84, not BD-09"},
	} {
		if n := misfits(other.turn); n*2 < given {
			p.find(SystemSuspected, "", p.Buildings[0].from, Warned,
				fmt.Sprintf("%d 栋楼与社区对不上；若坐标是 %s，只有 %d 栋对不上，请核对 --crs", given, other.zh, n),
				fmt.Sprintf("%d buildings do not fit their communities; if the coordinates were %s only %d would not: check --crs", given, other.en, n))
			return
		}
	}
}
