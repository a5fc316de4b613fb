package planning

import (
	"cmp"
	"math"
	"runtime"
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
// community, all of which keep the bounds of the options where within[i].
// Of the options it reads Min, Max, Old, Warm and Threads.
func LowerBounds(in *Instance, o *Options, numbers []int, within []bool) Bounds {
	members := in.Members()
	each := make([]Bounds, len(members))
	inertia, weight, households := make([]float64, len(members)), 0.0, 0
	pool := pool{threads: cmp.Or(o.Threads, runtime.GOMAXPROCS(0))}
	pool.each(all(len(members)), func(c int) {
		if len(members[c]) > 0 {
			each[c], inertia[c] = in.bounds(members[c], o, numbers[c], within[c])
		}
	})
	for _, u := range in.Units {
		weight += float64(max(u.Households, 1))
		households += u.Households
	}
	var b Bounds
	sum := 0.0
	for c := range each {
		b.Grids += each[c].Grids
		b.KeptHouseholds += each[c].KeptHouseholds
		b.MovedHouseholds += each[c].MovedHouseholds
		sum += inertia[c]
	}
	if weight > 0 {
		b.RMSM = math.Floor(10*math.Sqrt(sum/weight)) / 10
	}
	b.KeptShare = share(b.KeptHouseholds, households)
	return b
}

// bounds are those of one community, with the least sum of squared distances.
func (in *Instance) bounds(units []int, o *Options, k int, within bool) (b Bounds, inertia float64) {
	points := make([]mass, len(units))
	households := 0
	for i, u := range units {
		v := in.Units[u]
		points[i] = mass{v.X, v.Y, float64(max(v.Households, 1)), v.Households}
		households += v.Households
	}
	if feasible(households, o.Min, o.Max) {
		b.Grids = ceilDiv(households, o.Max)
	}
	least, most := o.Min, o.Max
	if !within {
		least, most = 0, households
	}
	if o.Old != nil {
		b.KeptHouseholds = mostKept(in, units, o.Old, k, most)
	}
	if o.Warm != nil && within {
		b.MovedHouseholds = leastMoved(in, units, o.Warm, o.Min, o.Max)
	}
	return b, leastInertia(points, k, least, most)
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
