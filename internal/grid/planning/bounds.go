package planning

import (
	"cmp"
	"math"
	"slices"
)

// Bounds is what no plan can beat that has these numbers of grids.
type Bounds struct {
	Grids           int     `json:"grids"`            // at least, in communities whose households some number of grids fits: Σ ceil(households/max)
	RMSM            float64 `json:"rms_m"`            // at least, m: Figures.RMSM
	KeptHouseholds  int     `json:"kept_households"`  // at most: Change.KeptHouseholds, 0 without old grids
	KeptShare       float64 `json:"kept_share"`       // at most
	MovedHouseholds int     `json:"moved_households"` // at least: Change.MovedHouseholds against the plan to be warmed up, 0 without one
}

// LowerBounds computes the bounds for plans with numbers[i] grids in the i-th
// community, all of which are of lo to hi households where within[i]. old and
// warm may be nil.
func LowerBounds(in *Instance, numbers []int, within []bool, old, warm []int, lo, hi int) Bounds {
	var b Bounds
	var inertia, weight float64
	total := 0
	for c, units := range in.Members() {
		if len(units) == 0 {
			continue
		}
		points := make([]mass, len(units))
		households := 0
		for i, u := range units {
			v := in.Units[u]
			points[i] = mass{v.X, v.Y, float64(max(v.Households, 1)), v.Households}
			weight += points[i].w
			households += v.Households
		}
		total += households
		if feasible(households, lo, hi) {
			b.Grids += ceilDiv(households, hi)
		}
		least, most := lo, hi
		if !within[c] {
			least, most = 0, households
		}
		inertia += leastInertia(points, numbers[c], least, most)
		if old != nil {
			b.KeptHouseholds += mostKept(in, units, old, numbers[c], most)
		}
		if warm != nil && within[c] {
			b.MovedHouseholds += leastMoved(in, units, warm, lo, hi)
		}
	}
	if weight > 0 {
		b.RMSM = math.Floor(10*math.Sqrt(inertia/weight)) / 10
	}
	b.KeptShare = share(b.KeptHouseholds, total)
	return b
}

// mostKept bounds the households that keep their worker: k new grids go with
// at most k old ones, of which each keeps no more than it has and no more
// than a new grid holds.
func mostKept(in *Instance, units, old []int, k, most int) int {
	sizes := sizesOf(in, units, old)
	kept := 0
	for i := range min(k, len(sizes)) {
		kept += min(sizes[i].households, most)
	}
	return kept
}

type sized struct{ grid, households int }

// sizesOf are the grids of the units, the largest first; units without a grid
// are left out.
func sizesOf(in *Instance, units, grid []int) []sized {
	of := map[int]int{}
	var sizes []sized
	for _, u := range units {
		if grid[u] < 0 {
			continue
		}
		i, known := of[grid[u]]
		if !known {
			i = len(sizes)
			of[grid[u]] = i
			sizes = append(sizes, sized{grid: grid[u]})
		}
		sizes[i].households += in.Units[u].Households
	}
	slices.SortFunc(sizes, func(a, b sized) int {
		return cmp.Or(cmp.Compare(b.households, a.households), cmp.Compare(a.grid, b.grid))
	})
	return sizes
}

// leastMoved bounds from below the households of units with a grid that must
// change it so that all grids come to lie within the bounds. It is the
// largest of four numbers, each a bound by itself. Let g be the old grids
// with H(g) households, k the new ones, n the households of units without a
// grid. One to one, some old grids are continued, the others end.
//
//  1. Every grid above hi gives away whole units, if it is continued, and
//     everything, if it ends: the least sum of its units that is enough.
//  2. A continued grid below lo receives lo-H(g), which come from moved
//     households or from n; one that ends moves H(g). The best choice of
//     grids that end, even in fractions, leaves a bound (see shortfall).
//  3. If there must be more grids than there were, each further one holds at
//     least lo households, moved or new.
//  4. If there must be fewer, at least the smallest ones end.
func leastMoved(in *Instance, units, warm []int, lo, hi int) int {
	sizes := sizesOf(in, units, warm)
	households, fresh := 0, 0
	of := map[int][]int{}
	for _, u := range units {
		h := in.Units[u].Households
		households += h
		if warm[u] < 0 {
			fresh += h
		} else {
			of[warm[u]] = append(of[warm[u]], h)
		}
	}
	excess := 0
	for _, s := range sizes {
		if s.households > hi {
			excess += leastSum(of[s.grid], s.households-hi)
		}
	}
	further := (ceilDiv(households, hi)-len(sizes))*lo - fresh
	ended := 0
	for i := households / lo; i < len(sizes); i++ {
		ended += sizes[i].households
	}
	return max(excess, shortfall(sizes, excess, fresh, lo), further, ended)
}

// leastSum is the least sum of some of the numbers that is at least `atLeast`.
func leastSum(numbers []int, atLeast int) int {
	total := 0
	for _, n := range numbers {
		total += n
	}
	sums := sumsOf(total, 0)
	for _, n := range numbers {
		either := sumsOf(total, n)
		either.add(0, total)
		sums = sums.plus(either, total)
	}
	least := total
	sums.each(func(h int) {
		if h >= atLeast {
			least = min(least, h)
		}
	})
	return least
}

// shortfall is the second bound of leastMoved. What moves out is at least
// `excess` and the households of the grids that end; what moves in is at
// least what the continued ones lack, less the new households. The larger of
// the two is least where they meet, and grids end first that lack most for
// each household that they have: a fractional knapsack.
func shortfall(sizes []sized, excess, fresh, lo int) int {
	out, in := float64(excess), -float64(fresh)
	var low []sized
	for _, s := range sizes {
		if s.households < lo {
			low = append(low, s)
			in += float64(lo - s.households)
		}
	}
	// The smallest lack most and have least.
	for _, s := range slices.Backward(low) {
		h, lack := float64(s.households), float64(lo-s.households)
		if out+h > in-lack {
			share := max(0, (in-out)/(h+lack))
			return int(math.Ceil(max(out+share*h, in-share*lack) - 1e-6))
		}
		out, in = out+h, in-lack
	}
	return int(math.Ceil(max(out, in) - 1e-6))
}
