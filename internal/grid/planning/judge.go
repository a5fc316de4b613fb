package planning

import (
	"math"
	"slices"
	"strconv"
)

// Figures is what a plan comes to. The first block has the names, formulas
// and rounding of the judge script (tools/grids_evaluate.py beside the data),
// so that a plan gets the same figures here and there; Change is there only
// when the plan was compared with older grids.
type Figures struct {
	Grids           int     `json:"grids"`
	InRange         float64 `json:"in_range"`          // share of grids within the bounds
	InRangeFeasible float64 `json:"in_range_feasible"` // the same over grids of communities for which some number of grids fits
	OutFeasible     int     `json:"out_feasible"`      // grids of those communities out of bounds
	ViolHouseholds  int     `json:"viol_households"`   // by how many households in all
	Noncontig       int     `json:"noncontig"`         // grids in more than one piece
	CrossComm       int     `json:"cross_comm"`        // grids in more than one community
	StraddleRoad    int     `json:"straddle_road"`     // grids in more than one piece without links over a barrier or an artificial link
	CompoundsSplit  int     `json:"compounds_split"`   // compounds of at most hi households in more than one grid
	CompoundsLE500  int     `json:"compounds_le500"`   // compounds of at most hi households (named as in the script; hi is a parameter)
	ExcessSplits    int     `json:"excess_splits"`     // grids of a compound beyond ceil(households/hi), over all compounds
	CutKM           float64 `json:"cut_km"`            // border between grids of the same community, km
	RMSM            float64 `json:"rms_m"`             // root mean squared distance to the grid's centroid, m; a unit weighs max(households, 1)
	PPMean          float64 `json:"pp_mean"`           // Polsby–Popper 4πA/P²
	PPP10           float64 `json:"pp_p10"`
	CV              float64 `json:"cv"`      // of households a grid, feasible communities
	KMinMax         [2]int  `json:"kminmax"` // fewest and most households a grid, feasible communities
	*Change
}

// Change compares a plan with the grids before it. One worker goes with one
// old grid; workers are given to new grids one to one so that as many
// households as possible keep theirs (an exact assignment).
type Change struct {
	KeptHouseholds  int     `json:"kept_households"`
	KeptShare       float64 `json:"kept_share"`       // of all households
	MovedHouseholds int     `json:"moved_households"` // had an old grid and change their worker
	NewHouseholds   int     `json:"new_households"`   // of units that had no old grid
	OldGrids        int     `json:"old_grids"`
	OldGridsTorn    int     `json:"old_grids_torn"` // whose units lie in more than one new grid
}

// feasible tells whether some number of grids of lo to hi households adds up
// to h.
func feasible(h, lo, hi int) bool { return h >= lo && ceilDiv(h, hi) <= h/lo }

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// Judge computes the figures of a plan: grid gives each unit's grid, by any
// labels; lo and hi are the least and the most households of one. old, if not nil, gives each unit's grid before (negative: none).
func Judge(in *Instance, grid, old []int, lo, hi int) Figures {
	members, label := grouped(grid)
	households := map[int]int{} // of communities
	for _, u := range in.Units {
		households[u.Community] += u.Households
	}
	var f Figures
	perimeter := make([]float64, len(members))
	cut := 0.0
	for _, e := range in.Edges {
		if a, b := label[e.U], label[e.V]; a != b {
			cut += e.Border
			perimeter[a] += e.Border
			perimeter[b] += e.Border
		}
	}
	whole := pieces(in, label, len(members), func(Edge) bool { return true })
	onFoot := pieces(in, label, len(members), func(e Edge) bool { return e.Cross == CrossNone })

	f.Grids = len(members)
	inRange, feasibleGrids := 0, 0
	var sizes []int
	var inertia, weight float64
	var compact []float64
	for g, units := range members {
		h, x, y, w, area := 0, 0.0, 0.0, 0.0, 0.0
		fits, crosses := true, false
		for _, i := range units {
			u := in.Units[i]
			h += u.Households
			q := float64(max(u.Households, 1))
			x, y, w = x+u.X*q, y+u.Y*q, w+q
			area += u.CellArea
			perimeter[g] += u.CellOuter
			fits = fits && feasible(households[u.Community], lo, hi)
			crosses = crosses || u.Community != in.Units[units[0]].Community
		}
		ok := lo <= h && h <= hi
		inRange += count(ok)
		f.CrossComm += count(crosses)
		f.Noncontig += count(whole[g] > 1)
		f.StraddleRoad += count(onFoot[g] > 1)
		if fits {
			feasibleGrids++
			f.OutFeasible += count(!ok)
			f.ViolHouseholds += violation(h, lo, hi)
			sizes = append(sizes, h)
		}
		x, y = x/w, y/w
		for _, i := range units {
			u := in.Units[i]
			inertia += float64(max(u.Households, 1)) * ((u.X-x)*(u.X-x) + (u.Y-y)*(u.Y-y))
		}
		weight += w
		if p := perimeter[g]; p > 0 {
			compact = append(compact, 4*math.Pi*area/p/p)
		}
	}
	f.InRange = share(inRange, f.Grids)
	f.InRangeFeasible = share(feasibleGrids-f.OutFeasible, feasibleGrids)
	f.CutKM = rounded(cut/1000, 2)
	if weight > 0 {
		f.RMSM = rounded(math.Sqrt(inertia/weight), 1)
	}
	if len(compact) > 0 {
		sum := 0.0
		for _, c := range compact {
			sum += c
		}
		slices.Sort(compact)
		f.PPMean = rounded(sum/float64(len(compact)), 4)
		f.PPP10 = rounded(compact[len(compact)/10], 4)
	}
	f.CV, f.KMinMax = spread(sizes)
	f.judgeCompounds(in, label, hi)
	if old != nil {
		f.Change = change(in, label, old)
	}
	return f
}

func (f *Figures) judgeCompounds(in *Instance, label []int, hi int) {
	households := map[int]int{}
	grids := map[int]map[int]bool{}
	for i, u := range in.Units {
		if u.Compound < 0 {
			continue
		}
		if grids[u.Compound] == nil {
			grids[u.Compound] = map[int]bool{}
		}
		grids[u.Compound][label[i]] = true
		households[u.Compound] += u.Households
	}
	for c, in := range grids {
		h := households[c]
		f.ExcessSplits += len(in) - max(ceilDiv(h, hi), 1)
		if h <= hi {
			f.CompoundsLE500++
			f.CompoundsSplit += count(len(in) > 1)
		}
	}
}

// change compares dense labels with the old grids.
func change(in *Instance, label, old []int) *Change {
	overlap := map[[2]int]int{} // old, new → households
	touched := map[int]int{}    // old → new grids that hold a unit of it
	c := &Change{}
	total, had := 0, 0
	for i, u := range in.Units {
		total += u.Households
		if old[i] < 0 {
			c.NewHouseholds += u.Households
			continue
		}
		had += u.Households
		pair := [2]int{old[i], label[i]}
		if _, seen := overlap[pair]; !seen {
			touched[old[i]]++
		}
		overlap[pair] += u.Households
	}
	c.OldGrids = len(touched)
	for _, n := range touched {
		c.OldGridsTorn += count(n > 1)
	}
	for _, pair := range Succession(overlap) {
		c.KeptHouseholds += overlap[pair]
	}
	c.MovedHouseholds = had - c.KeptHouseholds
	c.KeptShare = share(c.KeptHouseholds, total)
	return c
}

// grouped returns the units of each grid, in the order in which the grids
// first appear, and each unit's place in that list.
func grouped(grid []int) (members [][]int, label []int) {
	names := map[int]int{}
	label = make([]int, len(grid))
	for i, g := range grid {
		n, known := names[g]
		if !known {
			n = len(members)
			names[g] = n
			members = append(members, nil)
		}
		label[i] = n
		members[n] = append(members[n], i)
	}
	return members, label
}

// pieces counts the connected pieces of each grid over the edges that allow
// names.
func pieces(in *Instance, label []int, grids int, allow func(Edge) bool) []int {
	parent := make([]int, len(label))
	n := make([]int, grids)
	for i := range parent {
		parent[i] = i
		n[label[i]]++
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for _, e := range in.Edges {
		if label[e.U] != label[e.V] || !allow(e) {
			continue
		}
		if a, b := root(e.U), root(e.V); a != b {
			parent[a] = b
			n[label[e.U]]--
		}
	}
	return n
}

// violation is by how many households h lies out of bounds.
func violation(h, lo, hi int) int { return max(0, lo-h) + max(0, h-hi) }

// spread returns the coefficient of variation, and the least and the largest.
func spread(sizes []int) (cv float64, ends [2]int) {
	if len(sizes) == 0 {
		return 0, ends
	}
	sum := 0
	for _, s := range sizes {
		sum += s
	}
	mean := float64(sum) / float64(len(sizes))
	if mean == 0 {
		return 0, ends
	}
	squares := 0.0
	for _, s := range sizes {
		squares += (float64(s) - mean) * (float64(s) - mean)
	}
	return rounded(math.Sqrt(squares/float64(len(sizes)))/mean, 4), [2]int{slices.Min(sizes), slices.Max(sizes)}
}

// share is a of n to four places; of none it is 0, as in the script.
func share(a, n int) float64 {
	if n == 0 {
		return 0
	}
	return rounded(float64(a)/float64(n), 4)
}

// rounded rounds the exact binary value to places, ties to even, as Python's
// round does; x*1e4 would round a second time.
func rounded(x float64, places int) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'f', places, 64), 64)
	return y
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
