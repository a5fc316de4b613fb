package planning

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// cityOf is an instance of one community with this graph, at random places.
func cityOf(r *rand.Rand, g *Graph) (*Instance, *Graph) {
	in := &Instance{Communities: []Community{{ID: 70}}}
	for i, h := range g.Households {
		in.Units = append(in.Units, Unit{Community: 70, Compound: r.IntN(4) - 1, X: 100 * r.Float64(), Y: 100 * r.Float64(), Households: h, CellArea: 50, CellOuter: 5})
		for _, v := range g.Near[i] {
			if v > i {
				in.Edges = append(in.Edges, Edge{U: i, V: v, Border: 1 + 10*r.Float64(), Cross: Cross(r.IntN(2))})
			}
		}
	}
	return in, Graphs(in)[0]
}

// TestSolveAgainstEnumeration: of small communities every plan keeps the hard
// rules and has the least violation that there is, and its reasons are true.
func TestSolveAgainstEnumeration(t *testing.T) {
	t.Parallel()
	tally := map[Reason]int{}
	for seed := range uint64(few(t, 3000)) {
		r := rand.New(rand.NewPCG(seed, 6))
		g, lo, hi := randomCommunity(r, 11)
		in, g := cityOf(r, g)
		rule := []KRule{KTarget, KMin}[r.IntN(2)]
		plan, err := Solve(t.Context(), in, Options{Min: lo, Max: hi, Target: (lo + hi) / 2, K: rule, Seed: seed, Rounds: 1, Time: time.Hour, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		c := plan.Communities[0]
		f := Judge(in, plan.Grid, nil, lo, hi)
		pieces := len(g.parts(func(int) bool { return false }))
		if slices.Min(plan.Grid) < 0 || f.Noncontig > 0 || f.CrossComm > 0 || f.Grids != c.K || len(plan.Names) != c.K {
			t.Fatalf("seed %d: %v in %d grids: %+v", seed, plan.Grid, c.K, f)
		}
		sum := 0
		for _, grid := range byGrid(plan.Grid) {
			sum += violation(g.total(grid), lo, hi)
		}
		least := enumerate(g).least(lo, hi, 0)
		if sum != c.Violation || sum != least && c.Reason != NotFound {
			t.Fatalf("seed %d: violation %d, reported %d (%s), least %d: %v, %v, %d to %d", seed, sum, c.Violation, c.Reason, least, g, plan.Grid, lo, hi)
		}
		h, large := g.total(all(len(g.Units))), slices.Max(g.Households) > hi
		truth := map[Reason]bool{
			"":               sum == 0 && c.Status == StatusOK,
			TooSmall:         h < lo,
			Gap:              h > lo && !feasible(h, lo, hi),
			IndivisibleUnit:  large,
			DisconnectedPart: pieces > 1 && !large && feasible(h, lo, hi),
			ProvedImpossible: c.Certificate != nil,
			NotFound:         c.Status == StatusNotFound,
		}
		if !truth[c.Reason] || sum > 0 && c.Reason == "" {
			t.Fatalf("seed %d: %s is not why %v in %d parts make no grids of %d to %d", seed, c.Reason, g, pieces, lo, hi)
		}
		if c.Certificate != nil {
			if err := CheckCertificate(g, c.Certificate); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		tally[c.Reason]++
	}
	t.Log(tally)
	if tally[NotFound] > 0 || len(tally) < 6 {
		t.Errorf("so small communities are all decided, for every reason: %v", tally)
	}
}

func byGrid(grid []int) [][]int {
	members, _ := grouped(grid)
	return members
}

// TestRulesAreKept: what must stay together does, what must part does, and
// dedicated grids and locked units are what was asked for.
func TestRulesAreKept(t *testing.T) {
	t.Parallel()
	refused, kept := 0, 0
	for seed := range uint64(few(t, 1500)) {
		r := rand.New(rand.NewPCG(seed, 7))
		g, lo, hi := randomCommunity(r, 14)
		in, g := cityOf(r, g)
		n := len(in.Units)
		o := Options{Min: lo, Max: hi, Seed: seed, Rounds: 1, Time: time.Hour, Threads: 1}
		some := func() (pairs [][2]int) {
			for range r.IntN(3) {
				if u, v := r.IntN(n), r.IntN(n); u != v {
					pairs = append(pairs, [2]int{u, v})
				}
			}
			return pairs
		}
		o.Together, o.Apart = some(), some()
		if r.IntN(4) == 0 {
			o.Dedicated = [][]int{{r.IntN(n)}}
		}
		if r.IntN(3) == 0 {
			first, err := Solve(t.Context(), in, Options{Min: lo, Max: hi, Rounds: 1, Time: time.Hour, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			o.Warm, o.Locked = first.Grid, make([]bool, n)
			for u := range o.Locked {
				o.Locked[u] = r.IntN(4) == 0 || o.Warm[u] == 0
			}
		}
		plan, err := Solve(t.Context(), in, o)
		if err != nil {
			refused++
			continue
		}
		kept++
		for _, p := range o.Together {
			if plan.Grid[p[0]] != plan.Grid[p[1]] {
				t.Fatalf("seed %d: %v are not together", seed, p)
			}
		}
		for _, p := range o.Apart {
			if plan.Grid[p[0]] == plan.Grid[p[1]] {
				t.Fatalf("seed %d: %v are not apart: %v %v %d to %d, %+v", seed, p, g, plan.Grid, lo, hi, plan.Communities[0].Tried)
			}
		}
		for _, d := range o.Dedicated {
			for u := range n {
				if (plan.Grid[u] == plan.Grid[d[0]]) != (u == d[0]) {
					t.Fatalf("seed %d: %v is not a grid of its own: %v", seed, d, plan.Grid)
				}
			}
		}
		households := make([]int, len(plan.Names))
		for u, g := range plan.Grid {
			households[g] += in.Units[u].Households
			if o.Locked != nil && (o.Warm[u] == 0) != (g == plan.Grid[slices.Index(o.Warm, 0)]) {
				t.Fatalf("seed %d: a locked grid gained or lost unit %d: %v, before %v", seed, u, plan.Grid, o.Warm)
			}
		}
		outside := 0
		for g, h := range households {
			if !slices.ContainsFunc(o.Dedicated, func(d []int) bool { return plan.Grid[d[0]] == g }) {
				outside += violation(h, lo, hi)
			}
		}
		if outside != plan.Totals.Violation {
			t.Fatalf("seed %d: %d households outside the bounds, reported %d", seed, outside, plan.Totals.Violation)
		}
		for u := range o.Locked {
			for v := range o.Locked {
				if o.Locked[u] && o.Locked[v] && (o.Warm[u] == o.Warm[v]) != (plan.Grid[u] == plan.Grid[v]) {
					t.Fatalf("seed %d: locked units %d and %d: %v, before %v", seed, u, v, plan.Grid, o.Warm)
				}
			}
		}
	}
	t.Logf("%d kept, %d refused", kept, refused)
	if kept < refused {
		t.Error("most rules are refused")
	}
}
