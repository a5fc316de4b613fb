package planning

import (
	"encoding/json"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// randomCommunity is a small connected graph (now and then in two parts) with
// bounds that make about half of such communities divisible.
func randomCommunity(r *rand.Rand, most int) (g *Graph, lo, hi int) {
	n := 1 + r.IntN(most)
	g = &Graph{Units: make([]int, n), Households: make([]int, n), Near: make([][]int, n)}
	lo = 3 + r.IntN(20)
	hi = lo + r.IntN(lo)
	empty := r.Float64() * 0.5
	for u := range n {
		g.Units[u] = 1000 + 3*u // not the numbers, so that a mix-up shows
		if r.Float64() > empty {
			g.Households[u] = 1 + r.IntN(1+hi*(2+r.IntN(2))/3)
		}
		if r.IntN(40) == 0 {
			g.Households[u] = hi + 1 + r.IntN(hi)
		}
	}
	link := func(u, v int) {
		if u != v && !slices.Contains(g.Near[u], v) {
			g.Near[u], g.Near[v] = append(g.Near[u], v), append(g.Near[v], u)
		}
	}
	apart := 0
	if r.IntN(12) == 0 {
		apart = r.IntN(n)
	}
	reach := 1 + r.IntN(4) // 1: a chain; more: bushy
	for u := 1; u < n; u++ {
		if u != apart {
			link(u, max(u-1-r.IntN(reach), 0))
		}
	}
	for range r.IntN(n + 1) {
		u := r.IntN(n)
		v := min(n-1, u+r.IntN(4))
		if (u < apart) == (v < apart) || r.IntN(3) == 0 {
			link(u, v)
		}
	}
	return g, lo, hi
}

// enumeration knows of every set of units whether it is connected, and what
// every number of grids of a set costs at least.
type enumeration struct {
	g         *Graph
	connected []bool
	sum       []int
}

func enumerate(g *Graph) *enumeration {
	n := len(g.Units)
	e := &enumeration{g: g, connected: make([]bool, 1<<n), sum: make([]int, 1<<n)}
	near := make([]int, n)
	for u := range n {
		for _, v := range g.Near[u] {
			near[u] |= 1 << v
		}
	}
	for set := 1; set < 1<<n; set++ {
		e.sum[set] = e.sum[set&(set-1)] + g.Households[bits.TrailingZeros(uint(set))]
		seen := set & -set
		for {
			grown := seen
			for m := seen; m != 0; m &= m - 1 {
				grown |= near[bits.TrailingZeros(uint(m))] & set
			}
			if grown == seen {
				break
			}
			seen = grown
		}
		e.connected[set] = seen == set
	}
	return e
}

// numbers is the set (as bits) of all k into which the units can be cut so
// that good holds for every part.
func (e *enumeration) numbers(good func(set int) bool) uint {
	of := make([]uint, len(e.sum))
	of[0] = 1
	for set := 1; set < len(e.sum); set++ {
		low := set & -set
		for rest := set ^ low; ; rest = (rest - 1) & (set ^ low) {
			if part := set ^ rest; of[rest] != 0 && e.connected[part] && good(part) {
				of[set] |= of[rest] << 1
			}
			if rest == 0 {
				break
			}
		}
	}
	return of[len(of)-1]
}

// least is the least violation of any cut into k parts (0: any number); -1 if
// there is none.
func (e *enumeration) least(lo, hi, k int) int {
	n := len(e.g.Units)
	const none = 1 << 40
	of := make([][]int, len(e.sum))
	of[0] = slices.Repeat([]int{none}, n+1)
	of[0][0] = 0
	for set := 1; set < len(e.sum); set++ {
		of[set] = slices.Repeat([]int{none}, n+1)
		low := set & -set
		for rest := set ^ low; ; rest = (rest - 1) & (set ^ low) {
			if part := set ^ rest; e.connected[part] {
				cost := violation(e.sum[part], lo, hi)
				for j := range n {
					of[set][j+1] = min(of[set][j+1], of[rest][j]+cost)
				}
			}
			if rest == 0 {
				break
			}
		}
	}
	best := slices.Min(of[len(of)-1])
	if k > 0 {
		best = of[len(of)-1][k]
	}
	if best >= none {
		return -1
	}
	return best
}

func few(t testing.TB, n int) int {
	t.Helper()
	if testing.Short() {
		return n / 10
	}
	return n
}

// TestProveAgainstEnumeration: what is proved is so, what is found is sound,
// and nothing small stays undecided.
func TestProveAgainstEnumeration(t *testing.T) {
	t.Parallel()
	tally := map[string]int{}
	for seed := range uint64(few(t, 6000)) {
		r := rand.New(rand.NewPCG(seed, 1))
		most := 11
		if seed%10 == 0 {
			most = 14
		}
		g, lo, hi := randomCommunity(r, most)
		n := len(g.Units)
		e := enumerate(g)
		possible := e.numbers(func(set int) bool {
			if h := e.sum[set]; h <= hi {
				return h >= lo
			}
			for ; set != 0; set &= set - 1 { // a large unit with empty ones
				if h := g.Households[bits.TrailingZeros(uint(set))]; h > 0 {
					return h > hi && h == e.sumOf(set)
				}
			}
			return false
		})
		for _, k := range []int{0, 1 + r.IntN(n)} {
			p := Prove(g, lo, hi, k, 1_000_000)
			can := possible != 0
			if k > 0 {
				can = possible>>k&1 == 1
			}
			switch {
			case p.Grids != nil:
				checkDivision(t, seed, g, p.Grids, lo, hi, k)
				if !can {
					t.Fatalf("seed %d, k=%d: found what does not exist: %v", seed, k, p.Grids)
				}
				tally["found"]++
			case p.Certificate == nil:
				t.Fatalf("seed %d, k=%d: undecided after %d steps", seed, k, p.Steps)
			case can:
				t.Fatalf("seed %d, k=%d: proved what is false: %+v", seed, k, p.Certificate)
			}
			if c := p.Certificate; c != nil {
				tally[string(c.Reason)]++
				if strings.Contains(asJSON(t, c), "searched") {
					tally["by search"]++
				}
				var read Certificate
				if err := json.Unmarshal([]byte(asJSON(t, c)), &read); err != nil {
					t.Fatal(err)
				}
				if err := CheckCertificate(g, &read); err != nil {
					t.Fatalf("seed %d, k=%d: %s: %v", seed, k, asJSON(t, c), err)
				}
			}
		}
	}
	t.Log(tally)
	for _, kind := range []Reason{"found", TooSmall, Gap, IndivisibleUnit, DisconnectedPart, ProvedImpossible, "by search"} {
		if tally[string(kind)] == 0 {
			t.Errorf("no case of %q", kind)
		}
	}
}

func (e *enumeration) sumOf(set int) int { return e.sum[set] }

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func checkDivision(t *testing.T, seed uint64, g *Graph, grids [][]int, lo, hi, k int) {
	t.Helper()
	at := map[int]int{}
	for i, u := range g.Units {
		at[u] = i
	}
	seen := map[int]bool{}
	for _, grid := range grids {
		inside := map[int]bool{}
		sum, large := 0, 0
		for _, u := range grid {
			if seen[u] {
				t.Fatalf("seed %d: unit %d is in two grids", seed, u)
			}
			seen[u], inside[at[u]] = true, true
			sum += g.Households[at[u]]
			large = max(large, g.Households[at[u]])
		}
		if len(g.parts(func(u int) bool { return !inside[u] })) != 1 {
			t.Fatalf("seed %d: %v is not one piece", seed, grid)
		}
		if (sum < lo || sum > hi) && (large <= hi || sum != large) {
			t.Fatalf("seed %d: %v has %d households, bounds %d to %d", seed, grid, sum, lo, hi)
		}
	}
	if len(seen) != len(g.Units) || k > 0 && len(grids) != k {
		t.Fatalf("seed %d: %d of %d units in %d grids of %d", seed, len(seen), len(g.Units), len(grids), k)
	}
}

func TestLeastViolationAgainstEnumeration(t *testing.T) {
	t.Parallel()
	for seed := range uint64(few(t, 2000)) {
		r := rand.New(rand.NewPCG(seed, 2))
		g, lo, hi := randomCommunity(r, 9)
		e := enumerate(g)
		for _, k := range []int{0, 1 + r.IntN(len(g.Units))} {
			want := e.least(lo, hi, k)
			grids, got, proved := LeastViolation(g, lo, hi, k, 1<<30, 2_000_000)
			if !proved {
				t.Fatalf("seed %d, k=%d: not finished", seed, k)
			}
			if want < 0 != (grids == nil) || want >= 0 && got != want {
				t.Fatalf("seed %d, k=%d: %d (%v), enumeration says %d", seed, k, got, grids, want)
			}
			if want > 0 {
				if grids, _, proved := LeastViolation(g, lo, hi, k, want, 2_000_000); grids != nil || !proved {
					t.Fatalf("seed %d, k=%d: found %v below the least", seed, k, grids)
				}
			}
		}
	}
}

// TestCheckerRefuses: a certificate of something else is no certificate.
func TestCheckerRefuses(t *testing.T) {
	t.Parallel()
	refused := 0
	for seed := range uint64(few(t, 3000)) {
		r := rand.New(rand.NewPCG(seed, 3))
		g, lo, hi := randomCommunity(r, 10)
		c := Prove(g, lo, hi, 0, 100_000).Certificate
		if c == nil {
			continue
		}
		// The same claim about wider bounds must not pass where it is false.
		wide := *c
		wide.Min, wide.Max = max(1, lo-r.IntN(lo)), hi+r.IntN(hi)
		p := Prove(g, wide.Min, wide.Max, 0, 100_000)
		if p.Grids == nil || p.Certificate != nil {
			continue
		}
		if err := CheckCertificate(g, &wide); err == nil {
			t.Fatalf("seed %d: accepted %s, but there is %v", seed, asJSON(t, wide), p.Grids)
		}
		refused++
	}
	if refused < few(t, 300) {
		t.Errorf("only %d forged certificates", refused)
	}
}

func TestProofsOfTheSharedCity(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[int]Reason{
		"synth_city":    {7: ProvedImpossible, 108: ProvedImpossible, 27: IndivisibleUnit, 17: TooSmall, 20: TooSmall, 100: TooSmall, 79: Gap},
		"liechtenstein": {1: TooSmall, 7: Gap},
	} {
		in, err := Load(strings.TrimSuffix(shared(t, "data/grids/"+name+".units.csv"), ".units.csv"))
		if err != nil {
			t.Fatal(err)
		}
		undecided := 0
		for c, g := range Graphs(in) {
			p := Prove(g, 300, 500, 0, 20_000)
			if p.Grids != nil {
				checkDivision(t, uint64(c), g, p.Grids, 300, 500, 0)
			}
			if p.Certificate == nil {
				undecided += count(p.Grids == nil)
				if want[c] != "" {
					t.Errorf("%s %d: not proved after %d steps", name, c, p.Steps)
				}
				continue
			}
			t.Logf("%s %d: %s after %d steps, %d bytes", name, c, p.Certificate.Reason, p.Steps, len(asJSON(t, p.Certificate)))
			if p.Certificate.Reason != want[c] {
				t.Errorf("%s %d: %s, wanted %q", name, c, p.Certificate.Reason, want[c])
			}
			if err := CheckCertificate(g, p.Certificate); err != nil {
				t.Errorf("%s %d: %v", name, c, err)
			}
		}
		t.Logf("%s: %d undecided", name, undecided)
	}
}

// Bounds that bind nothing, as when a grid is to be cut in two whatever its
// size, must not cost sums as long as the bounds.
func TestProveIsQuickWhateverTheBounds(t *testing.T) {
	t.Parallel()
	g := &Graph{}
	for i := range 300 {
		g.Units, g.Households = append(g.Units, i), append(g.Households, 40)
		g.Near = append(g.Near, nil)
		if i > 0 {
			g.Near[i], g.Near[i-1] = append(g.Near[i], i-1), append(g.Near[i-1], i)
		}
	}
	for _, hi := range []int{math.MaxInt32, 10_000_000, 12_000} {
		if p := Prove(g, 1, hi, 2, 10_000); p.Certificate != nil {
			t.Errorf("up to %d: a row of houses falls in two anywhere: %+v", hi, p.Certificate)
		}
	}
}
