package prepare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"linli/internal/grid/planning"
	"linli/internal/kernel/geo"
)

// settle gives every building an id and a community, and its households. What
// has no place in a community goes.
func (p *preparer) settle() {
	first := map[string]*Building{}
	counted := slices.ContainsFunc(p.Buildings, func(b Building) bool { return b.Households != Unknown })
	for i := range p.Buildings {
		b := &p.Buildings[i]
		if !b.HasPlace {
			p.find(NoPosition, b.ID, b.from, Dropped, "没有坐标", "it has no position")
			continue
		}
		if b.ID == "" {
			b.ID = fmt.Sprintf("row-%d", b.from.row)
			p.find(IDMissing, b.ID, b.from, Renamed, "楼栋没有编号", "the building has no id")
		}
		if o := first[b.ID]; o != nil {
			if o.At == b.At && o.Households == b.Households {
				p.find(DuplicateID, b.ID, b.from, Dropped, fmt.Sprintf("与第 %d 行是同一栋楼", o.from.row), fmt.Sprintf("the same building as in row %d", o.from.row))
				continue
			}
			fresh := b.ID
			for n := 2; first[fresh] != nil; n++ {
				fresh = fmt.Sprintf("%s#%d", b.ID, n)
			}
			p.find(DuplicateID, b.ID, b.from, Renamed, fmt.Sprintf("编号与第 %d 行重复，改为 %s", o.from.row, fresh), fmt.Sprintf("row %d has the same id; called %s", o.from.row, fresh))
			b.ID = fresh
		}
		first[b.ID] = b
		at, community, ok := p.home(b)
		if !ok {
			continue
		}
		households := p.households(b, counted)
		old := b.OldGrid
		if g, ok := p.Old[b.ID]; ok {
			old = g
		}
		levels := b.Levels
		if levels == Unknown {
			levels = 0
		}
		p.units = append(p.units, unit{
			Unit:      planning.Unit{Building: b.ID, Community: p.communities[community].ID, X: at[0], Y: at[1], Households: households, Kind: b.Kind, Levels: levels, Workload: b.Workload},
			community: community, compound: b.Compound, old: old, building: b,
		})
	}
}

// home is the building's flat place and the index of its community.
func (p *preparer) home(b *Building) (at orb.Point, community int, ok bool) {
	at = p.frame.flat(b.At)
	community, metres, second := p.locate(at)
	want := p.named(b)
	if b.Community != "" && len(want) == 0 {
		p.find(UnknownCommunity, b.ID, b.from, Placed, fmt.Sprintf("没有名为“%s”的社区", clip(b.Community)), fmt.Sprintf("there is no community “%s”", clip(b.Community)))
	}
	if community < 0 && !p.Planar {
		if q, how, found := p.otherwise(b, want); found {
			at = q
			community, metres, second = p.locate(at)
			zh, en := "坐标属于另一坐标系（"+how+"）", "its coordinates are of another system ("+how+")"
			kind := OtherSystem
			if how == string(geo.Swapped) {
				kind, zh, en = SwappedPosition, "经度和纬度写反了", "longitude and latitude are swapped"
			}
			p.find(kind, b.ID, b.from, Corrected, zh, en)
		}
	}
	switch {
	case community < 0:
		p.leftOut.Buildings++
		p.leftOut.Households += max(0, b.Households)
		if b.from.row > 0 { // an extract always reaches beyond: only counted
			p.find(OutsideCommunities, b.ID, b.from, Dropped, "位于所有社区之外 50 米以上", "it lies more than 50 m outside every community")
		}
		return at, 0, false
	case metres > 0:
		name := p.communities[community].Name
		p.find(NearCommunity, b.ID, b.from, Assigned, fmt.Sprintf("位于社区之外 %s 米，归入%s", metresText(metres), name), fmt.Sprintf("%s m outside; counted to %s", metresText(metres), name))
	case second >= 0 && !slices.Contains(want, community) && slices.Contains(want, second):
		community = second
	}
	if second >= 0 {
		if pair := [2]int{min(community, second), max(community, second)}; community != second && !p.overlaps[pair] {
			p.overlaps[pair] = true
			a, c := p.communities[pair[0]].Name, p.communities[pair[1]].Name
			p.find(CommunityOverlap, a+"、"+c, b.from, Warned, fmt.Sprintf("两个社区的范围重叠（如楼栋 %s 处）", b.ID), fmt.Sprintf("the two communities overlap (for instance at building %s)", b.ID))
		}
	}
	if len(want) > 0 && !slices.Contains(want, community) {
		name := p.communities[community].Name
		p.find(OtherCommunity, b.ID, b.from, Placed, fmt.Sprintf("登记为%s，位置在%s", clip(b.Community), name), fmt.Sprintf("its row says %s, its position %s", clip(b.Community), name))
	}
	return at, community, true
}

// otherwise tries to understand a position outside every community: swapped, or
// – only where the row names the community that it would lie in – of another system.
func (p *preparer) otherwise(b *Building, want []int) (at orb.Point, how string, ok bool) {
	flat := func(q geo.Point) orb.Point { return p.frame.flat(orb.Point{q.Lon, q.Lat}) }
	f := geo.Suspect(geo.Point{Lon: b.At[0], Lat: b.At[1]}, func(q geo.Point) bool {
		c, metres, _ := p.locate(flat(q))
		return c >= 0 && metres == 0
	}, nil)
	at = flat(f.Proposed)
	switch f.Suspicion {
	case geo.Swapped:
		return at, string(f.Suspicion), true
	case geo.TakenGCJ, geo.TakenBD:
		c, _, _ := p.locate(at)
		return at, string(f.Suspicion), slices.Contains(want, c)
	}
	return at, "", false
}

// The most households that a building plausibly has, and the least floor area
// of one in m².
const (
	mostHouseholds = 3000
	leastArea      = 8.0
)

// households are those of the row, put right or estimated.
func (p *preparer) households(b *Building, counted bool) int {
	floor := 0.0
	for _, poly := range p.frame.area(b.Footprint) {
		floor += math.Abs(planar.Area(poly))
	}
	if b.Levels > 0 {
		floor *= float64(b.Levels)
	}
	estimate := -1
	if p.options.HouseholdArea > 0 && floor > 0 && residential(b.Kind) {
		estimate = max(1, int(math.Round(floor/p.options.HouseholdArea)))
	}
	switch n := b.Households; {
	case n == Unknown && estimate > 0:
		p.find(Estimated, b.ID, b.from, EstimateT, fmt.Sprintf("户数未知，按建筑面积 %s 平方米估为 %d 户", metresText(floor), estimate), fmt.Sprintf("households unknown; %d from %s m² of floor", estimate, metresText(floor)))
		return estimate
	case n == Unknown:
		if counted && residential(b.Kind) {
			p.find(NoHouseholds, b.ID, b.from, Zero, "没有户数", "it has no number of households")
		}
		return 0
	case n < 0:
		p.find(NegativeHouseholds, b.ID, b.from, Zero, fmt.Sprintf("户数为负（%d）", n), fmt.Sprintf("its households are below 0 (%d)", n))
		return 0
	case n > mostHouseholds || floor > 0 && n > 2 && floor/float64(n) < leastArea && b.Levels > 0:
		if estimate > 0 {
			p.find(AbsurdHouseholds, b.ID, b.from, EstimateT, fmt.Sprintf("%d 户不合常理，按建筑面积估为 %d 户", n, estimate), fmt.Sprintf("%d households are not plausible; %d estimated from its floor area", n, estimate))
			return estimate
		}
		p.find(AbsurdHouseholds, b.ID, b.from, Kept, fmt.Sprintf("%d 户不合常理", n), fmt.Sprintf("%d households are not plausible", n))
	}
	return b.Households
}

// residential tells whether people live in buildings of the kind; where none is
// given they may.
func residential(kind string) bool {
	k := strings.ToLower(strings.TrimSpace(kind))
	if k == "" || strings.HasPrefix(k, "res") {
		return true
	}
	for _, word := range []string{"住宅", "居民", "公寓", "宿舍", "民房", "自建", "别墅", "商住"} {
		if strings.Contains(k, word) {
			return true
		}
	}
	return slices.Contains([]string{"apartments", "apartment", "house", "detached", "semidetached_house", "terrace", "bungalow", "dormitory", "farm", "villa", "cabin", "static_caravan"}, k)
}

// gap is the distance in metres between entrances where no footprint is known:
// the usual width of a staircase's flats.
const gap = 12.0

// split makes entrances of towers, with equal shares of the households, along
// the footprint's long axis or a short line from west to east; it moves apart
// what stands at one place.
func (p *preparer) split() {
	var out []unit
	for _, u := range p.units {
		b := u.building
		n := 1
		if u.Households > TowerOver {
			n = (u.Households + TowerOver - 1) / TowerOver
			if b.Entrances > 1 {
				n = min(b.Entrances, u.Households, MostEntrances)
			}
		}
		if n == 1 {
			out = append(out, u)
			continue
		}
		p.towers++
		a, z := axis(p.frame.area(b.Footprint), orb.Point{u.X, u.Y}, n)
		for k := range n {
			e := u
			e.Unit = share(u.Unit, a, z, k, n)
			out = append(out, e)
		}
	}
	seen := map[orb.Point]int{}
	for i := range out {
		u := &out[i]
		at := orb.Point{u.X, u.Y}
		k := seen[at]
		seen[at]++
		if k == 0 {
			continue
		}
		r, turn := 3*math.Sqrt(float64(k)), float64(k)*math.Pi*(3-math.Sqrt(5)) // a spiral that never comes back to a place
		u.X, u.Y = cm(u.X+r*math.Cos(turn)), cm(u.Y+r*math.Sin(turn))
		p.find(DuplicatePosition, u.Building, u.building.from, Moved, fmt.Sprintf("与另一栋楼位置相同，移开 %.0f 米", r), fmt.Sprintf("another building stands at the same place; moved by %.0f m", r))
	}
	p.units = out
}

func cm(v float64) float64 { return math.Round(v*100) / 100 }

// axis is the line along which n entrances stand.
func axis(footprint orb.MultiPolygon, at orb.Point, n int) (a, b orb.Point) {
	if len(footprint) == 0 {
		half := gap * float64(n) / 2
		return orb.Point{at[0] - half, at[1]}, orb.Point{at[0] + half, at[1]}
	}
	var xx, xy, yy float64 // moments of the outline around the middle
	var ends []orb.Point
	for _, poly := range footprint {
		ring := poly[0]
		for k, v := range ring {
			w := ring[(k+1)%len(ring)]
			length := planar.Distance(v, w)
			dx, dy := (v[0]+w[0])/2-at[0], (v[1]+w[1])/2-at[1]
			ex, ey := w[0]-v[0], w[1]-v[1]
			xx += length * (dx*dx + ex*ex/12)
			xy += length * (dx*dy + ex*ey/12)
			yy += length * (dy*dy + ey*ey/12)
			ends = append(ends, v)
		}
	}
	sin, cos := math.Sincos(math.Atan2(2*xy, xx-yy) / 2)
	lo, hi := 0.0, 0.0
	for _, v := range ends {
		d := (v[0]-at[0])*cos + (v[1]-at[1])*sin
		lo, hi = min(lo, d), max(hi, d)
	}
	return orb.Point{at[0] + lo*cos, at[1] + lo*sin}, orb.Point{at[0] + hi*cos, at[1] + hi*sin}
}
