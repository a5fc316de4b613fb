package plangen

import (
	"math"
	"math/rand/v2"
	"slices"

	"linli/internal/grid/planning"
)

// everywhere leaves no cell of a community empty.
func everywhere(*rand.Rand, int, int) func(row, column int) bool {
	return func(int, int) bool { return true }
}

// hamlets keeps a few round clusters of cells, at least one.
func hamlets(r *rand.Rand, rows, columns int) func(row, column int) bool {
	type disc struct{ row, column, radius float64 }
	var discs []disc
	for range 4 + r.IntN(6) {
		discs = append(discs, disc{float64(r.IntN(rows)), float64(r.IntN(columns)), 1.5 + 2.5*r.Float64()})
	}
	return func(row, column int) bool {
		return slices.ContainsFunc(discs, func(d disc) bool {
			return math.Hypot(float64(row)-d.row, float64(column)-d.column) < d.radius
		})
	}
}

// straits cuts a community by one or two channels, one cell wide.
func straits(r *rand.Rand, rows, columns int) func(row, column int) bool {
	down, along := rows/4+r.IntN(rows/2), columns/4+r.IntN(columns/2)
	both := r.IntN(2) == 0
	return func(row, column int) bool { return row != down && (!both || column != along) }
}

func town(c *City, r *rand.Rand, units []int) {
	c.compounds(r, units, 0.55)
	for _, u := range units {
		if c.Units[u].Compound != planning.NoCompound {
			continue
		}
		switch p := r.Float64(); {
		case p < 0.22:
			c.fill(u, []string{"shop", "school", "office", "hospital"}[r.IntN(4)], 0)
		case p < 0.72:
			c.fill(u, "villa", 1+r.IntN(9))
		case p < 0.97:
			c.fill(u, "residential", 12+r.IntN(30))
		default:
			c.fill(u, "residential", 90+r.IntN(61))
		}
	}
}

func towers(c *City, r *rand.Rand, units []int) {
	for _, u := range units {
		switch p := r.Float64(); {
		case p < 0.15 && len(units) > 1:
			c.fill(u, "mall", 0)
		case p < 0.9:
			c.fill(u, "residential", 60+r.IntN(240))
		default:
			c.fill(u, "residential", 300+r.IntN(400))
		}
	}
}

func villages(c *City, r *rand.Rand, units []int) {
	dense := 2 + r.IntN(14)
	for _, u := range units {
		if r.IntN(4) == 0 {
			c.fill(u, "farm", 0)
		} else {
			c.fill(u, "house", 1+r.IntN(dense))
		}
	}
}

func census(c *City, r *rand.Rand, units []int) {
	for _, u := range units {
		c.fill(u, "block", 30+r.IntN(231))
	}
}

func offices(c *City, r *rand.Rand, units []int) {
	if r.IntN(6) == 0 {
		for _, u := range units {
			c.fill(u, "office", 0)
		}
		return
	}
	town(c, r, units)
	middle, radius := c.Units[units[r.IntN(len(units))]], c.Units[units[0]]
	reach := math.Hypot(radius.X-middle.X, radius.Y-middle.Y) / 2
	for _, u := range units {
		if v := c.Units[u]; math.Hypot(v.X-middle.X, v.Y-middle.Y) < reach {
			c.fill(u, "office", 0)
			c.Units[u].Compound = planning.NoCompound
		}
	}
}

func (c *City) fill(u int, kind string, households int) {
	c.Units[u].Kind, c.Units[u].Households = kind, households
	c.Units[u].Levels = max(1, households/6)
}

// compounds lays out gated compounds over about the given share of the units:
// connected clumps of equal buildings.
func (c *City) compounds(r *rand.Rand, units []int, share float64) {
	near := c.neighbours(units)
	number := 0
	for _, u := range c.Units {
		number = max(number, u.Compound+1)
	}
	for taken := 0; float64(taken) < share*float64(len(units)); number++ {
		clump := []int{units[r.IntN(len(units))]}
		size, each := 4+r.IntN(20), 6+r.IntN(30)
		for i := 0; i < len(clump) && taken < len(units); i++ {
			taken++
			u := clump[i]
			if c.Units[u].Compound != planning.NoCompound {
				continue
			}
			c.Units[u].Compound = number
			c.fill(u, "residential", each+r.IntN(6))
			for _, v := range near[u] {
				if len(clump) < size && !slices.Contains(clump, v) {
					clump = append(clump, v)
				}
			}
		}
	}
}

// neighbours of each of the units over borders inside their community.
func (c *City) neighbours(units []int) map[int][]int {
	on := map[[2]int]int{}
	near := map[int][]int{}
	for _, u := range units {
		for i, v := range c.loops[u] {
			border := ordered(v, c.loops[u][(i+1)%len(c.loops[u])])
			if other, shared := on[border]; shared {
				near[u], near[other] = append(near[u], other), append(near[other], u)
			}
			on[border] = u
		}
	}
	return near
}

// old draws grids as they grew over the years: contiguous, of about 145
// households, without much thought.
func old(in *planning.Instance, r *rand.Rand) []int {
	near := make([][]int, len(in.Units))
	for _, e := range in.Edges {
		near[e.U], near[e.V] = append(near[e.U], e.V), append(near[e.V], e.U)
	}
	grid := slices.Repeat([]int{planning.NoGrid}, len(in.Units))
	next := 0
	for _, units := range in.Members() {
		households := 0
		for _, u := range units {
			households += in.Units[u].Households
		}
		k := min(max(1, (households+72)/145), len(units))
		var edge [][]int // grid → units at its rim
		var size []int
		for _, i := range r.Perm(len(units))[:k] {
			grid[units[i]] = next + len(edge)
			edge, size = append(edge, []int{units[i]}), append(size, in.Units[units[i]].Households)
		}
		for {
			g := -1 // the smallest grid that can still grow
			for i := range edge {
				if len(edge[i]) > 0 && (g < 0 || size[i] < size[g]) {
					g = i
				}
			}
			if g < 0 {
				break
			}
			i := r.IntN(len(edge[g]))
			free := slices.IndexFunc(near[edge[g][i]], func(v int) bool { return grid[v] == planning.NoGrid })
			if free < 0 {
				edge[g] = slices.Delete(edge[g], i, i+1)
				continue
			}
			v := near[edge[g][i]][free]
			grid[v] = next + g
			size[g] += in.Units[v].Households
			edge[g] = append(edge[g], v)
		}
		next += k
	}
	return grid
}
