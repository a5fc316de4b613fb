package plangen

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"linli/internal/grid/planning"
)

// Grow is the city some years later: families come and go, some buildings
// are pulled down, and about one tower for three communities is built on half
// of the ground of a building. Units keep their positions; the new ones
// follow, without an old grid. A plan of the city before is carried over by
// Carry.
func (c *City) Grow(seed uint64) *City {
	r := rand.New(rand.NewPCG(seed, 0x67726f77))
	instance := *c.Instance
	g := &City{Instance: &instance, corners: c.corners, loops: slices.Clone(c.loops), walls: maps.Clone(c.walls)}
	g.Name = fmt.Sprintf("%s-grown-%d", c.Name, seed)
	g.Units = slices.Clone(c.Units)
	for u := range g.Units {
		v := &g.Units[u]
		switch p := r.Float64(); {
		case p < 0.004:
			v.Households = 0
		case p < 0.10:
			v.Households = max(0, v.Households+r.IntN(v.Households/4+1)-v.Households/8)
		}
	}
	for range (len(g.Communities) + 2) / 3 {
		u := r.IntN(len(c.Units))
		loop := g.loops[u]
		if len(loop) != 6 { // has a tower already
			continue
		}
		g.loops[u] = loop[:4]
		g.loops = append(g.loops, []int{loop[3], loop[4], loop[5], loop[0]})
		tower := planning.Unit{
			Building: fmt.Sprint(len(g.Units) + 1), Community: g.Units[u].Community, Compound: planning.NoCompound,
			Kind: "residential", Households: 60 + r.IntN(200),
		}
		tower.Levels = tower.Households / 6
		g.Units = append(g.Units, tower)
	}
	g.measure()
	g.Old = g.Carry(c.Old)
	return g
}

// Carry is a plan of a city before it grew, with planning.NoGrid for what
// was built since.
func (c *City) Carry(plan []int) []int {
	return append(slices.Clone(plan), slices.Repeat([]int{planning.NoGrid}, len(c.Units)-len(plan))...)
}
