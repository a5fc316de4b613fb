package planning

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestWarmAgainstEnumeration: in small communities the repair moves hardly more
// households than the best of all divisions does.
func TestWarmAgainstEnumeration(t *testing.T) {
	t.Parallel()
	ours, least, bound, cases, worse := 0, 0, 0, 0, 0
	for seed := range uint64(few(t, 1500)) {
		r := rand.New(rand.NewPCG(seed, 8))
		g, lo, hi := randomCommunity(r, 9)
		in, _ := cityOf(r, g)
		o := Options{Min: lo, Max: hi, Rounds: 1, Time: time.Hour, Threads: 1}
		before, err := Solve(t.Context(), in, o)
		if err != nil {
			t.Fatal(err)
		}
		if before.Totals.Violation > 0 {
			continue
		}
		warm := before.Grid
		for u := range in.Units {
			switch r.IntN(6) {
			case 0:
				in.Units[u].Households += r.IntN(lo/2 + 1)
			case 1:
				in.Units[u].Households /= 2
			case 2:
				warm[u] = NoGrid
			}
		}
		g = Graphs(in)[0]
		e := enumerate(g)
		best := e.least(lo, hi, 0)
		o.Warm = warm
		after, err := Solve(t.Context(), in, o)
		if err != nil {
			t.Fatal(err)
		}
		if after.Totals.Violation != best {
			t.Fatalf("seed %d: violation %d, least %d", seed, after.Totals.Violation, best)
		}
		moved := 1 << 40
		divisions(len(in.Units), func(of []int, k int) {
			set := make([]int, k)
			for u, a := range of {
				set[a] |= 1 << u
			}
			violated := 0
			for _, s := range set {
				if !e.connected[s] {
					return
				}
				violated += violation(e.sum[s], lo, hi)
			}
			if violated == best {
				moved = min(moved, Judge(in, of, warm, lo, hi).MovedHouseholds)
			}
		})
		cases++
		ours, least, bound = ours+after.Figures.MovedHouseholds, least+moved, bound+after.Bounds.MovedHouseholds
		worse += count(after.Figures.MovedHouseholds > moved)
		if after.Figures.MovedHouseholds < moved {
			t.Fatalf("seed %d: moved %d, least %d", seed, after.Figures.MovedHouseholds, moved)
		}
	}
	t.Logf("%d cases: %d households moved, %d at least, %d by the bound; %d not best", cases, ours, least, bound, worse)
	if 20*ours > 21*least {
		t.Errorf("%d households moved, %d would do", ours, least)
	}
}
