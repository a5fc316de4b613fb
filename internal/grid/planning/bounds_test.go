package planning

import (
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
)

// divisions calls fn with every division of n things: each one's group, and
// the number of groups.
func divisions(n int, fn func(of []int, k int)) {
	of := make([]int, n)
	var place func(i, k int)
	place = func(i, k int) {
		if i == n {
			fn(of, k)
			return
		}
		for g := range k + 1 {
			of[i] = g
			place(i+1, max(k, g+1))
		}
	}
	place(0, 0)
}

// TestInertiaBoundAgainstEnumeration: no division is better than the bound,
// and the bound is worth having.
func TestInertiaBoundAgainstEnumeration(t *testing.T) {
	t.Parallel()
	ratio, n := 0.0, 0
	for seed := range uint64(few(t, 300)) {
		r := rand.New(rand.NewPCG(seed, 4))
		points := make([]mass, 2+r.IntN(7))
		total := 0
		for i := range points {
			h := r.IntN(60)
			if r.IntN(4) == 0 {
				h = 0
			}
			// Some stand in clumps, some far away, all far from the origin.
			points[i] = mass{5000 + float64(100*r.IntN(3)) + 60*r.Float64(), -3000 + 200*r.Float64(), float64(max(h, 1)), h}
			total += h
		}
		lo, hi := 0, total
		if r.IntN(3) > 0 && total > 0 {
			lo = total / (2 + r.IntN(3))
			hi = lo + r.IntN(lo+1)
		}
		best := make([]float64, len(points)+1)
		for k := range best {
			best[k] = math.Inf(1)
		}
		divisions(len(points), func(of []int, k int) {
			sum := 0.0
			for g := range k {
				var x, y, xx, w float64
				h := 0
				for i, p := range points {
					if of[i] == g {
						px, py := p.x-5000, p.y+3000
						x, y, xx, w, h = x+p.w*px, y+p.w*py, xx+p.w*(px*px+py*py), w+p.w, h+p.households
					}
				}
				if h < lo || h > hi {
					return
				}
				sum += xx - (x*x+y*y)/w
			}
			best[k] = min(best[k], sum)
		})
		for k := 1; k <= len(points); k++ {
			if math.IsInf(best[k], 1) {
				continue
			}
			bound := leastInertia(points, k, lo, hi, new(atomic.Bool))
			if bound > best[k]*(1+1e-6)+1e-6 {
				t.Fatalf("seed %d: %d groups of %d to %d cost %g, but %g is claimed to be least: %v", seed, k, lo, hi, best[k], bound, points)
			}
			if k > 1 && best[k] > 1 {
				ratio, n = ratio+bound/best[k], n+1
			}
		}
	}
	t.Logf("the bound is %.0f %% of the least on average over %d cases", 100*ratio/float64(n), n)
	if ratio < 0.15*float64(n) {
		t.Errorf("the bound is %g of the least on average", ratio/float64(n))
	}
}

// TestChangeBoundsAgainstEnumeration compares both bounds on workers with all
// divisions within the bounds, connected or not.
func TestChangeBoundsAgainstEnumeration(t *testing.T) {
	t.Parallel()
	tight, cases, mustMove := 0, 0, 0
	for seed := range uint64(few(t, 1200)) {
		r := rand.New(rand.NewPCG(seed, 5))
		n := 2 + r.IntN(6)
		in := &Instance{Communities: []Community{{ID: 4}}}
		old := make([]int, n)
		total := 0
		for u := range n {
			h := r.IntN(40)
			in.Units = append(in.Units, Unit{Community: 4, Households: h})
			for v := range u {
				in.Edges = append(in.Edges, Edge{U: v, V: u, Border: 1})
			}
			total += h
			old[u] = r.IntN(4)
			if r.IntN(6) == 0 {
				old[u] = NoGrid
			}
		}
		if total == 0 {
			continue
		}
		lo := max(1, total/(1+r.IntN(4))-r.IntN(10))
		hi := lo + r.IntN(lo+1)
		kept, moved := make([]int, n+1), make([]int, n+1)
		for k := range kept {
			kept[k], moved[k] = -1, math.MaxInt
		}
		divisions(n, func(of []int, k int) {
			f := Judge(in, of, old, lo, hi)
			if f.InRange == 1 {
				kept[k] = max(kept[k], f.KeptHouseholds)
				moved[k] = min(moved[k], f.MovedHouseholds)
			}
		})
		for k := range kept {
			if kept[k] < 0 {
				continue
			}
			b := LowerBounds(t.Context(), in, &Options{Min: lo, Max: hi, Old: old, Warm: old, Threads: 1}, []int{k}, []bool{true})
			if b.KeptHouseholds < kept[k] || b.MovedHouseholds > moved[k] || b.Grids > k {
				t.Fatalf("seed %d: %d grids of %d to %d keep %d and move %d, bounds %+v: %v %v", seed, k, lo, hi, kept[k], moved[k], b, in.Units, old)
			}
			cases++
			tight += count(b.MovedHouseholds == moved[k])
			mustMove += count(moved[k] > 0)
		}
	}
	t.Logf("of %d cases %d must move somebody; the bound is exact in %d", cases, mustMove, tight)
	if mustMove < cases/4 || tight == 0 {
		t.Error("cases in which nobody must move prove nothing")
	}
}

func TestBoundsOfTheSharedCity(t *testing.T) {
	t.Parallel()
	in, err := Load(strings.TrimSuffix(shared(t, "data/grids/synth_city.units.csv"), ".units.csv"))
	if err != nil {
		t.Fatal(err)
	}
	old, _, err := LoadPlan(shared(t, "data/grids/synth_city.old.csv"), in)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int
	var within []bool
	for _, g := range Graphs(in) {
		h := g.total(all(len(g.Units)))
		k := max(1, int(math.RoundToEven(float64(h)/400)))
		ok := feasible(h, 300, 500)
		if ok {
			k = min(max(k, ceilDiv(h, 500)), h/300)
		}
		numbers, within = append(numbers, k), append(within, ok)
	}
	b := LowerBounds(t.Context(), in, &Options{Min: 300, Max: 500, Old: old}, numbers, within)
	t.Logf("%+v", b)
	// The first two figures are those of the data's README.
	if b.Grids != 465 || math.Abs(b.KeptShare-0.508) > 0.002 || b.RMSM < 70 || b.RMSM > 88 {
		t.Errorf("%+v", b)
	}
}
