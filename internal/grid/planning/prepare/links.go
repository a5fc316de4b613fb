package prepare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/cells"
)

// number gives compounds their numbers: a compound is a name in a community.
func (p *preparer) number(in *planning.Instance) {
	numbers := map[string]int{}
	for i := range in.Units {
		u := &p.units[i]
		in.Units[i].Compound = planning.NoCompound
		if u.compound == "" {
			continue
		}
		key := fmt.Sprintf("%d/%s", u.community, u.compound)
		n, known := numbers[key]
		if !known {
			n = len(numbers)
			numbers[key] = n
		}
		in.Units[i].Compound = n
	}
}

// measure gives each unit its cell and each pair of neighbours its edge.
func measure(in *planning.Instance, lands []*cells.Land) {
	barriers := newBarriers(in.Barriers)
	for c, units := range in.Members() {
		if len(units) == 0 {
			continue
		}
		sites := make([]orb.Point, len(units))
		for k, u := range units {
			sites[k] = orb.Point{in.Units[u].X, in.Units[u].Y}
		}
		d := lands[c].Divide(sites)
		groups := newGroups(len(sites))
		for k, cell := range d.Cells {
			in.Units[units[k]].CellArea, in.Units[units[k]].CellOuter = cell.Area, cell.Outer
		}
		for _, b := range d.Borders {
			cross := planning.CrossNone
			if barriers.between(sites[b.U], sites[b.V]) {
				cross = planning.CrossBarrier
			}
			groups.join(b.U, b.V)
			in.Edges = append(in.Edges, planning.Edge{U: units[b.U], V: units[b.V], Border: b.Length, Cross: cross})
		}
		for _, l := range bridges(sites, groups) {
			in.Edges = append(in.Edges, planning.Edge{U: units[l[0]], V: units[l[1]], Cross: planning.CrossArtificial})
		}
	}
}

// empties finds the communities without buildings.
func (p *preparer) empties() {
	peopled := map[int]bool{}
	for _, u := range p.units {
		peopled[u.community] = true
	}
	for i, c := range p.communities {
		if !peopled[i] {
			p.find(CommunityEmpty, c.Name, p.Communities[0].from.whole(), Kept, "社区内没有楼栋", "the community has no buildings")
		}
	}
}

// whole is the file that the place is in.
func (at place) whole() place { return place{file: at.file} }

// groups are sets of connected units.
type groups []int

func newGroups(n int) groups {
	g := make(groups, n)
	for i := range g {
		g[i] = i
	}
	return g
}

func (g groups) of(i int) int {
	for g[i] != i {
		g[i] = g[g[i]]
		i = g[i]
	}
	return i
}

func (g groups) join(i, j int) {
	a, b := g.of(i), g.of(j)
	g[max(a, b)] = min(a, b)
}

// bridges are the links that connect what is left apart: always the smallest
// group by the shortest line to any other, so that as few and as short ones are
// added as there are gaps.
func bridges(sites []orb.Point, g groups) (links [][2]int) {
	for {
		members := map[int][]int{}
		for i := range sites {
			members[g.of(i)] = append(members[g.of(i)], i)
		}
		if len(members) < 2 {
			return links
		}
		roots := make([]int, 0, len(members))
		for r := range members {
			roots = append(roots, r)
		}
		slices.SortFunc(roots, func(a, b int) int {
			return cmp.Or(cmp.Compare(len(members[a]), len(members[b])), cmp.Compare(a, b))
		})
		for _, r := range roots[:len(roots)-1] {
			if g.of(r) != r {
				continue // joined in this round
			}
			best, link := math.Inf(1), [2]int{}
			for _, i := range members[r] {
				for j, s := range sites {
					if d := (s[0]-sites[i][0])*(s[0]-sites[i][0]) + (s[1]-sites[i][1])*(s[1]-sites[i][1]); d < best && g.of(j) != r {
						best, link = d, [2]int{min(i, j), max(i, j)}
					}
				}
			}
			links = append(links, link)
			g.join(link[0], link[1])
		}
	}
}

// barriers finds what lies between two places.
type barriers struct {
	edges [][2]orb.Point
	tree  rtree.RTreeGN[float64, int32]
}

func newBarriers(all []planning.Barrier) *barriers {
	b := &barriers{}
	for _, x := range all {
		for k := 1; k < len(x.Line); k++ {
			p, q := x.Line[k-1], x.Line[k]
			b.tree.Insert([2]float64{min(p[0], q[0]), min(p[1], q[1])}, [2]float64{max(p[0], q[0]), max(p[1], q[1])}, int32(len(b.edges)))
			b.edges = append(b.edges, [2]orb.Point{p, q})
		}
	}
	return b
}

// between tells whether a barrier crosses the straight line between two units:
// they lie on its two sides, also where it runs along their common border.
func (b *barriers) between(p, q orb.Point) bool {
	found := false
	b.tree.Search([2]float64{min(p[0], q[0]), min(p[1], q[1])}, [2]float64{max(p[0], q[0]), max(p[1], q[1])}, func(_, _ [2]float64, i int32) bool {
		e := b.edges[i]
		turn := func(a, b, c orb.Point) float64 { return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0]) }
		// An end of the barrier's piece on the line counts to one side, so that a
		// barrier that bends there is met once or twice, never not at all.
		found = (turn(p, q, e[0]) > 0) != (turn(p, q, e[1]) > 0) && turn(e[0], e[1], p)*turn(e[0], e[1], q) < 0
		return !found
	})
	return found
}

// old is today's grid of each unit, nil if none is known.
func (p *preparer) old() []string {
	some := len(p.Old) > 0 || slices.ContainsFunc(p.units, func(u unit) bool { return u.old != "" })
	if !some {
		return nil
	}
	out := make([]string, len(p.units))
	known := map[string]bool{}
	for i := range p.Buildings {
		known[p.Buildings[i].ID] = true
	}
	told := map[string]bool{}
	for i, u := range p.units {
		out[i] = u.old
		if u.old == "" && !told[u.Building] {
			p.find(OldGridMissing, u.Building, u.building.from, Kept, "没有现状网格", "today's grid is not known")
		}
		told[u.Building] = true
	}
	var lost []string
	for id := range p.Old {
		if !known[id] {
			lost = append(lost, id)
		}
	}
	slices.Sort(lost)
	for _, id := range lost {
		p.find(OldUnknown, id, p.oldFrom, Dropped, "现状网格表中的楼栋不在楼栋数据中", "the list of today's grids names a building that is not given")
	}
	return out
}
