package planning

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"sync/atomic"
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
// Of the options it reads Min, Max, Old, Warm and Threads. When the context ends
// the bound on compactness is what has been proved by then, which holds too.
func LowerBounds(ctx context.Context, in *Instance, o *Options, numbers []int, within []bool) Bounds {
	each := make([]Bounds, len(in.Communities))
	inertia, weight, households := make([]float64, len(in.Communities)), 0.0, 0
	pool := pool{threads: cmp.Or(o.Threads, runtime.GOMAXPROCS(0))}
	graphs := Graphs(in)
	var halt atomic.Bool
	defer context.AfterFunc(ctx, func() { halt.Store(true) })()
	pool.each(all(len(graphs)), func(c int) {
		if len(graphs[c].Units) > 0 {
			each[c], inertia[c] = in.bounds(graphs[c], o, numbers[c], within[c], &halt)
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
func (in *Instance) bounds(g *Graph, o *Options, k int, within bool, halt *atomic.Bool) (b Bounds, inertia float64) {
	points := make([]mass, len(g.Units))
	households := 0
	for i, u := range g.Units {
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
		b.KeptHouseholds = mostKept(g, g.labels(o.Old), k, most)
	}
	if o.Warm != nil && within {
		b.MovedHouseholds = leastMoved(g, g.labels(o.Warm), o.Min, o.Max)
	}
	return b, leastInertia(points, k, least, most, halt)
}

// mostKept bounds the households that keep their worker: k new grids go with
// at most k old ones, of which each keeps no more than it has and no more
// than a new grid holds.
func mostKept(g *Graph, old []int, k, most int) int {
	sizes := sizesOf(g, old)
	kept := 0
	for i := range min(k, len(sizes)) {
		kept += min(sizes[i].households, most)
	}
	return kept
}
