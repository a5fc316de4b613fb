package prepare

import (
	"github.com/paulmach/orb"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/cells"
)

// MostEntrances is into how many units one unit can be split.
const MostEntrances = 100

// Split makes an instance in which each of the given units stands as so many
// entrances, with equal shares of its households and workload, side by side from
// west to east. Cells and neighbours are measured anew. from tells of which old
// unit each new one is a part. Every community must have its area.
func Split(in *planning.Instance, entrances map[int]int) (out *planning.Instance, from []int) {
	whole := *in
	out = &whole
	out.Units, out.Edges = nil, nil
	taken := map[orb.Point]bool{}
	for u, unit := range in.Units {
		if entrances[u] < 2 {
			taken[orb.Point{unit.X, unit.Y}] = true
		}
	}
	for u, unit := range in.Units {
		n := max(entrances[u], 1)
		if n == 1 {
			out.Units, from = append(out.Units, unit), append(from, u)
			continue
		}
		a, z := axis(nil, orb.Point{unit.X, unit.Y}, n)
		for k := range n {
			e := share(unit, a, z, k, n)
			for taken[orb.Point{e.X, e.Y}] { // a whole unit stands there
				e.Y = cm(e.Y + 1)
			}
			taken[orb.Point{e.X, e.Y}] = true
			out.Units, from = append(out.Units, e), append(from, u)
		}
	}
	lands := make([]*cells.Land, len(out.Communities))
	for c, k := range out.Communities {
		lands[c] = cells.NewLand(k.Area)
	}
	measure(out, lands)
	return out, from
}

// share is the k-th of n entrances of a unit, which stand from a to z.
func share(u planning.Unit, a, z orb.Point, k, n int) planning.Unit {
	f, households := (float64(k)+0.5)/float64(n), u.Households
	u.X, u.Y = cm(a[0]+f*(z[0]-a[0])), cm(a[1]+f*(z[1]-a[1]))
	u.Households = households / n
	if k < households%n {
		u.Households++
	}
	u.Workload /= float64(n)
	return u
}
