package planning

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// street is six units in a row of 100 m squares, in two communities:
//
//	unit        0    1    2  |  3    4    5
//	households  200  150  0  |  450  450  10
//	compound    0    0    -  |  1    1    -
func street() *Instance {
	in := &Instance{Communities: []Community{{ID: 0}, {ID: 1}}}
	for i, h := range []int{200, 150, 0, 450, 450, 10} {
		u := Unit{Community: i / 3, Compound: []int{0, 0, -1, 1, 1, -1}[i], X: 50 + 100*float64(i), Y: 50, Households: h, CellArea: 10000, CellOuter: 200}
		if i%3 != 1 {
			u.CellOuter = 300
		}
		in.Units = append(in.Units, u)
		if i%3 > 0 {
			in.Edges = append(in.Edges, Edge{U: i - 1, V: i, Border: 100, Cross: Cross(count(i == 4))})
		}
	}
	return in
}

func TestJudgeKnownValues(t *testing.T) {
	t.Parallel()
	in := street()
	// Grids: {0,2} is in two pieces, {1} is too small, {3,4} straddles and is
	// too large, {5} is too small.
	got := Judge(in, []int{7, 3, 7, 4, 4, 9}, []int{0, 0, 0, 1, 2, -1}, 300, 500)
	// Community 0 has 350 households and is feasible; community 1 has 910:
	// two grids need at least 600 and hold at most 1000. Compound 0 (350
	// households) lies in one grid too many, compound 1 (900) in one too few.
	want := Figures{
		Grids: 4, InRange: 0, InRangeFeasible: 0, OutFeasible: 4, ViolHouseholds: 100 + 150 + 400 + 290,
		Noncontig: 1, StraddleRoad: 2, CompoundsSplit: 1, CompoundsLE500: 1, ExcessSplits: 0,
		CutKM: 0.3, CV: 1.0948, KMinMax: [2]int{10, 900},
		Change: &Change{KeptHouseholds: 200 + 450, KeptShare: rounded(650.0/1260, 4), MovedHouseholds: 150 + 450, NewHouseholds: 10, OldGrids: 3, OldGridsTorn: 1},
	}
	// Inertia: {0 (weight 200), 2 (weight 1)} 200 m apart; {3, 4} 100 m apart.
	want.RMSM = rounded(math.Sqrt((200.0*1/201*200*200+450.0*450/900*100*100)/(201+150+900+10)), 1)
	pp := func(area, perimeter float64) float64 { return 4 * 3.141592653589793 * area / perimeter / perimeter }
	all := []float64{pp(20000, 300+100+300+100), pp(10000, 200+200), pp(20000, 300+200+100), pp(10000, 300+100)}
	want.PPMean, want.PPP10 = rounded((all[0]+all[1]+all[2]+all[3])/4, 4), rounded(slices.Min(all), 4)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v %+v\nwant %+v %+v", got, *got.Change, want, *want.Change)
	}
}

func TestJudgeSaysWhatTheScriptSays(t *testing.T) {
	t.Parallel()
	script := shared(t, "tools/grids_evaluate.py")
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3")
	}
	for _, name := range []string{"synth_city", "liechtenstein"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prefix := strings.TrimSuffix(shared(t, "data/grids/"+name+".units.csv"), ".units.csv")
			in, err := Load(prefix)
			if err != nil {
				t.Fatal(err)
			}
			// A plan with every kind of fault: blocks of units by place, some
			// of them across communities, some units thrown about.
			rnd := rand.New(rand.NewPCG(1, 2))
			grid := make([]int, len(in.Units))
			for i, u := range in.Units {
				grid[i] = u.Community*1000 + int(u.X)/500%20*20 + int(u.Y)/500%20
				if rnd.IntN(200) == 0 {
					grid[i] = rnd.IntN(40)
				}
			}
			plan := filepath.Join(t.TempDir(), "plan.csv")
			var b strings.Builder
			b.WriteString("unit,grid\n")
			for i, g := range grid {
				fmt.Fprintf(&b, "%d,%d\n", i, g)
			}
			if err := os.WriteFile(plan, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("python3", script, prefix, plan).CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			ours, err := json.Marshal(Judge(in, grid, nil, 300, 500))
			if err != nil {
				t.Fatal(err)
			}
			var theirs, here map[string]any
			if err := json.Unmarshal(out, &theirs); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(ours, &here); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(theirs, here) {
				for _, k := range slices.Sorted(maps.Keys(theirs)) {
					if !reflect.DeepEqual(theirs[k], here[k]) {
						t.Errorf("%s: script %v, here %v", k, theirs[k], here[k])
					}
				}
				t.Errorf("script %s\nhere   %s", out, ours)
			}
		})
	}
}

func TestSuccessionIsTheBestAssignment(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		olds, news := rapid.IntRange(1, 6).Draw(t, "olds"), rapid.IntRange(1, 6).Draw(t, "news")
		overlap := map[[2]int]int{}
		for o := range olds {
			for n := range news {
				if h := rapid.IntRange(-20, 30).Draw(t, "households"); h >= 0 {
					overlap[[2]int{o, n}] = h
				}
			}
		}
		got, used := 0, map[int]bool{}
		for i, p := range Succession(overlap) {
			if i > 0 && used[p[0]] || used[100+p[1]] {
				t.Fatalf("%v is not one to one", p)
			}
			used[p[0]], used[100+p[1]] = true, true
			got += overlap[p]
		}
		var best func(o int, taken uint) int
		best = func(o int, taken uint) int {
			if o == olds {
				return 0
			}
			most := best(o+1, taken)
			for n := range news {
				if taken&(1<<n) == 0 {
					most = max(most, overlap[[2]int{o, n}]+best(o+1, taken|1<<n))
				}
			}
			return most
		}
		if want := best(0, 0); got != want {
			t.Fatalf("%d households keep their worker, %d could: %v", got, want, overlap)
		}
	})
}
