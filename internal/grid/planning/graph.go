package planning

import "slices"

// Graph is one community's units and links, numbered from 0.
type Graph struct {
	Units      []int // their positions in Instance.Units
	Households []int
	Near       [][]int // neighbours, each once
	Apart      [][]int // units that must lie in another grid; nil if there are none
}

// Graphs are the communities of the instance, in their order.
func Graphs(in *Instance) []*Graph {
	members := in.Members()
	graphs := make([]*Graph, len(members))
	at := make([]int, len(in.Units))
	graphOf := make([]*Graph, len(in.Units))
	for c, units := range members {
		g := &Graph{Units: units, Households: make([]int, len(units)), Near: make([][]int, len(units))}
		for i, u := range units {
			at[u], graphOf[u], g.Households[i] = i, g, in.Units[u].Households
		}
		graphs[c] = g
	}
	for _, e := range in.Edges {
		graphOf[e.U].Near[at[e.U]] = append(graphOf[e.U].Near[at[e.U]], at[e.V])
		graphOf[e.V].Near[at[e.V]] = append(graphOf[e.V].Near[at[e.V]], at[e.U])
	}
	return graphs
}

// labels are those of the graph's units.
func (g *Graph) labels(of []int) []int {
	labels := make([]int, len(g.Units))
	for i, u := range g.Units {
		labels[i] = of[u]
	}
	return labels
}

// total is how many households the given units have together.
func (g *Graph) total(units []int) int {
	h := 0
	for _, u := range units {
		h += g.Households[u]
	}
	return h
}

// parts are the connected parts of what is left of the graph without the
// units that gone names; each ascending, ordered by their first unit.
func (g *Graph) parts(gone func(int) bool) [][]int {
	seen := make([]bool, len(g.Near))
	var parts [][]int
	for first := range g.Near {
		if seen[first] || gone(first) {
			continue
		}
		seen[first] = true
		part := []int{first}
		for i := 0; i < len(part); i++ {
			for _, v := range g.Near[part[i]] {
				if !seen[v] && !gone(v) {
					seen[v] = true
					part = append(part, v)
				}
			}
		}
		slices.Sort(part)
		parts = append(parts, part)
	}
	return parts
}

// of is the subgraph of the given units, which are numbered anew; Units still
// names positions in the instance.
func (g *Graph) of(units []int) *Graph {
	at := make(map[int]int, len(units))
	for i, u := range units {
		at[u] = i
	}
	s := &Graph{Units: make([]int, len(units)), Households: make([]int, len(units)), Near: make([][]int, len(units))}
	for i, u := range units {
		s.Units[i], s.Households[i] = g.Units[u], g.Households[u]
		for _, v := range g.Near[u] {
			if j, inside := at[v]; inside {
				s.Near[i] = append(s.Near[i], j)
			}
		}
		if g.Apart == nil {
			continue
		}
		s.Apart = append(s.Apart, nil)
		for _, v := range g.Apart[u] {
			if j, inside := at[v]; inside {
				s.Apart[i] = append(s.Apart[i], j)
			}
		}
	}
	return s
}
