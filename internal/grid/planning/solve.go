package planning

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// pace is how many steps of the search suit a second of Options.Time, whatever
// the machine: two cores of 2024 do them in about half of it.
const pace = 12_000_000

// Of the time given the search takes so much, and the bounds what is left until
// so much of it is over: writing the answer takes time too.
const (
	searchShare = 0.75
	boundShare  = 0.95
)

// effort is how many times its basic number of steps a round takes: each cools
// more slowly than the one before, up to a limit, so that communities that are
// easily divided are done soon and the others come to better divisions.
func effort(round int) float64 { return 3 * slower(round) }

func slower(round int) float64 { return float64(int(1) << min(round, 3)) }

// run is the search for one part.
type run struct {
	*part
	wts   *Weights
	seed  uint64
	ks    []int         // numbers of grids that were tried, ascending
	left  []int         // and those that are to be
	tried map[int]*best // by number of grids
	k     int           // the one chosen
	halt  *atomic.Bool
}

func (r *run) chosen() *best { return r.tried[r.k] }

// Solve plans the instance. An error is an *InputError about the options; a
// context that ends makes it return the best plan so far.
func Solve(ctx context.Context, in *Instance, o Options) (*Plan, error) {
	if err := o.check(in); err != nil {
		return nil, err
	}
	search := o
	if o.Warm != nil {
		search = o.warmed()
	}
	prep, err := prepare(in, &search)
	if err != nil {
		return nil, err
	}
	if o.K > 0 { // locked grids count
		o.K = max(o.K-KRule(len(prep.closed)), 1)
	}
	limit, whole := ctx, ctx
	if o.Time > 0 {
		began := o.Began
		if began.IsZero() {
			began = time.Now()
		}
		var cancel, cancelAll context.CancelFunc
		limit, cancel = context.WithDeadline(ctx, began.Add(time.Duration(searchShare*float64(o.Time))))
		defer cancel()
		whole, cancelAll = context.WithDeadline(ctx, began.Add(time.Duration(boundShare*float64(o.Time))))
		defer cancelAll()
	}
	var halt atomic.Bool
	defer context.AfterFunc(limit, func() { halt.Store(true) })()

	runs := make([]*run, len(prep.parts))
	order := make([]int, len(runs))
	for i, p := range prep.parts {
		runs[i] = &run{part: p, wts: &search.Weights, tried: map[int]*best{}, halt: &halt,
			seed: mix(mix(o.Seed, uint64(in.Communities[p.community].ID)), uint64(p.units[0][0]))}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(runs[b].n(), runs[a].n()) })
	pool := pool{threads: cmp.Or(o.Threads, runtime.GOMAXPROCS(0)), progress: o.Progress}

	var fresh []*run // not from the plan in force
	kept := make([]bool, len(runs))
	total := 0
	for _, r := range runs {
		total += r.households()
	}
	pool.each(order, func(i int) {
		if kept[i] = o.Warm != nil && runs[i].keep(&o); !kept[i] {
			runs[i].first(runs[i].wanted(&o, total))
		}
	})
	pool.each(order, func(i int) {
		if !kept[i] {
			runs[i].others()
		}
	})
	var inForce []*run
	left := o
	for i, r := range runs {
		if kept[i] {
			inForce = append(inForce, r)
			left.K -= min(KRule(r.k), max(left.K-1, 0)) // a total counts them
		} else {
			fresh = append(fresh, r)
		}
	}
	number(&left, fresh)
	if o.K > 0 && len(inForce) > 0 {
		for _, r := range fresh {
			o.K -= KRule(r.k)
		}
		pool.resize(inForce, int(o.K))
	}
	again := cmp.Or(o.Rounds, rounds(cmp.Or(o.Time, DefaultTime), fresh))
	pool.all = len(runs) * (again + 2)
	for round := range again {
		if halt.Load() {
			break
		}
		pool.each(order, func(i int) {
			if !kept[i] {
				runs[i].again(round)
			}
		})
	}
	plan := &Plan{Weights: o.Weights, Seed: o.Seed, Min: o.Min, Max: o.Max}
	switch {
	case ctx.Err() != nil:
		plan.Stopped = StopInterrupted
	case errors.Is(limit.Err(), context.DeadlineExceeded):
		plan.Stopped = StopTime
	}
	plan.Grid, plan.Names = assemble(in, prep, runs)
	if o.Warm != nil {
		plan.rename(in, &o)
		if o.Old == nil {
			o.Old = o.Warm // the change is told against it
		}
	}
	plan.report(whole, in, prep, runs, &o)
	return plan, nil
}

// rounds is how many of them the pace allows, at least one.
func rounds(limit time.Duration, runs []*run) int {
	steps := 1
	for _, r := range runs {
		if r.k > 1 {
			steps += 2 * r.steps(r.k)
		}
	}
	// Dividing anew takes three quarters of the first round and as long in each.
	left, n := pace*limit.Seconds()/float64(steps), 0
	for ; n < 1000 && left > 0; n++ {
		left -= 3 * (0.75 + 0.25*slower(n))
	}
	return max(n-1, 1)
}

// mix makes one seed of two (the finalizer of SplitMix64).
func mix(a, b uint64) uint64 {
	z := a*0x9e3779b97f4a7c15 + b + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// pool runs tasks on some threads.
type pool struct {
	threads   int
	all, done int
	progress  func(Progress)
}

// each calls fn for every item, in their order as threads become free, and returns when all are done.
func (p *pool) each(items []int, fn func(int)) {
	var next atomic.Int64
	var lock sync.Mutex
	var wait sync.WaitGroup
	for range min(p.threads, len(items)) {
		wait.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(items); i = next.Add(1) - 1 {
				fn(items[i])
				lock.Lock()
				p.done++
				if p.progress != nil && p.all > 0 {
					p.progress(Progress{Done: p.done, All: p.all})
				}
				lock.Unlock()
			}
		})
	}
	wait.Wait()
}

// numbers are the numbers of grids worth trying: all that the households allow
// if each unit beyond the bounds has a grid of its own or, where they allow
// none, those with the least unavoidable violation.
func (p *problem) numbers() []int {
	rest, large := 0, 0
	for _, h := range p.h {
		if h > p.max {
			large++
		} else {
			rest += int(h)
		}
	}
	low, high := large+ceilDiv(rest, int(p.max)), large+rest/int(p.min)
	if low > high {
		low, high = high, low
	}
	parted := p.parted()
	low, high = max(low, parted), min(max(high, parted), p.n())
	var ks []int
	for k := min(low, high); k <= high; k++ {
		ks = append(ks, k)
	}
	return ks
}

// parted is how many vertices at least must lie in different grids: those that
// a greedy choice finds to part from each other, at least 1.
func (p *problem) parted() int {
	most := 1
	for v := range p.apart {
		group := []int32{int32(v)}
		for _, u := range p.apart[v] {
			if !slices.ContainsFunc(group, func(w int32) bool { return !slices.Contains(p.apart[u], w) }) {
				group = append(group, u)
			}
		}
		most = max(most, len(group))
	}
	return most
}

// mostTried is how many numbers of grids are tried at most, those nearest to
// the one wanted: bounds far apart allow hundreds.
const mostTried = 24

// first finds a plan for the number of grids worth trying that is nearest to the wanted one.
func (r *run) first(wanted int) {
	ks := r.numbers()
	slices.SortStableFunc(ks, func(a, b int) int { return cmp.Compare(abs(a-wanted), abs(b-wanted)) })
	r.begin(ks[0])
	r.left = ks[1:min(mostTried, len(ks))]
}

// others finds a plan for every other number of grids worth trying, or for the
// nearest ones that time allows: each community has a plan before any has several.
func (r *run) others() {
	for _, k := range r.left {
		if r.halt.Load() {
			break
		}
		r.begin(k)
	}
	slices.Sort(r.ks)
	r.exact()
}

func (r *run) begin(k int) {
	r.ks = append(r.ks, k)
	r.try(k, 0, 1)
	h := r.households()
	for i := 1; i < 4 && r.tried[k].violation > max(k*int(r.min)-h, h-k*int(r.max), 0); i++ {
		r.try(k, -i, 2)
	}
}

// wanted is the number of grids of the part that the rule asks for, whatever
// its bounds, where all parts together have so many households.
func (r *run) wanted(o *Options, total int) int {
	target := float64(o.Target)
	switch {
	case o.K == KMin:
		return 1
	case o.K > 0:
		target = max(float64(total)/float64(o.K), 1)
	}
	return int(math.RoundToEven(float64(r.households()) / target))
}

// least is the best division of all that were tried, whatever their energy.
func (r *run) least() *best {
	return r.tried[slices.MinFunc(r.ks, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.tried[a].broken, r.tried[b].broken), cmp.Compare(r.tried[a].violation, r.tried[b].violation))
	})]
}

func (r *run) try(k, round int, effort float64) {
	b := r.tried[k]
	if b == nil {
		b = &best{}
		r.tried[k] = b
	}
	r.search(k, r.wts, rand.NewPCG(r.seed, mix(uint64(k), uint64(round))), effort, b, r.halt)
}

// enough is how often a best division must be met again to pass for the best there is.
const enough = 2

// again returns to the number chosen.
func (r *run) again(round int) {
	if r.k > 1 && r.chosen().again < enough && !r.halt.Load() {
		r.try(r.k, round+1, effort(round))
	}
}

// number chooses the number of grids of each part: of those with the least
// violation the one that the rule wants.
func number(o *Options, runs []*run) {
	target, total, sum := float64(o.Target), 0, 0
	for _, r := range runs {
		total += r.households()
	}
	if o.K > 0 {
		target = max(float64(total)/float64(o.K), 1)
	}
	allowed := make([][]int, len(runs))
	for i, r := range runs {
		least := r.least()
		for _, k := range r.ks {
			if b := r.tried[k]; b.broken == least.broken && b.violation == least.violation {
				allowed[i] = append(allowed[i], k)
			}
		}
		wanted := r.wanted(o, total)
		r.k = slices.MinFunc(allowed[i], func(a, b int) int {
			return cmp.Or(cmp.Compare(abs(a-wanted), abs(b-wanted)), cmp.Compare(a, b))
		})
		sum += r.k
	}
	// A total is met by steps where a grid more or less strays least from the mean.
	for o.K > 0 && sum != int(o.K) {
		step := 1
		if sum > int(o.K) {
			step = -1
		}
		at, least := -1, math.Inf(1)
		for i, r := range runs {
			if stray := math.Abs(float64(r.households())/float64(r.k+step) - target); slices.Contains(allowed[i], r.k+step) && stray < least {
				at, least = i, stray
			}
		}
		if at < 0 {
			return
		}
		runs[at].k += step
		sum += step
	}
}

func abs(n int) int { return max(n, -n) }
