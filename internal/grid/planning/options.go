package planning

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// The bounds of the national guideline: households in a grid.
const (
	DefaultMin    = 300
	DefaultMax    = 500
	DefaultTarget = 400
)

// DefaultTime is the time a run is made for: about four seconds of computing.
const DefaultTime = 5 * time.Second

// KRule says how many grids there shall be.
type KRule int

// A positive KRule is the number of grids of the whole instance: the communities
// share it by their households, each within what its bounds allow.
const (
	KTarget KRule = 0  // in each community as near as possible to Target households a grid
	KMin    KRule = -1 // in each community as few as possible
)

// Weights say what counts how much, in the costs of an ideal grid: 1 for the
// border or the compactness of k equal discs covering the land.
type Weights struct {
	Name        string  `json:"name"`
	Compounds   float64 `json:"compounds"`   // each further grid that a compound lies in
	Straddle    float64 `json:"straddle"`    // a grid held together over a barrier only
	Compactness float64 `json:"compactness"` // households' squared distance to the middle of their grid
	Border      float64 `json:"border"`      // length of the borders between grids
	Workload    float64 `json:"workload"`    // squared deviation of the workload from its mean, relative
	Keep        float64 `json:"keep"`        // the households of a grid, if all of them change their worker
	Torn        float64 `json:"torn"`        // each further grid that an old grid lies in
}

// DefaultWeights is the name of the weights of a run that asks for none.
const DefaultWeights = "balanced"

var presets = []Weights{
	{Name: "balanced", Compounds: 1.4, Straddle: 2.6, Compactness: 1, Border: 1.5, Workload: 1, Keep: 1, Torn: 0.05},
	{Name: "compact", Compounds: 0.4, Straddle: 1, Compactness: 1.5, Border: 1.5, Workload: 0.2, Keep: 0.5, Torn: 0.02},
	{Name: "compounds", Compounds: 4, Straddle: 3, Compactness: 1, Border: 1.5, Workload: 0.2, Keep: 0.5, Torn: 0.02},
	{Name: "least-change", Compounds: 2.2, Straddle: 1.5, Compactness: 0.4, Border: 0.6, Workload: 0.1, Keep: 10, Torn: 1.2},
}

// Presets are the weights that have a name, the default first.
func Presets() []Weights { return slices.Clone(presets) }

// WeightsNamed finds weights by name, or reads them from a file whose name ends
// in .json: the fields of Weights, those left out as in the default.
func WeightsNamed(name string) (Weights, error) {
	for _, w := range presets {
		if w.Name == name {
			return w, nil
		}
	}
	if !strings.HasSuffix(name, ".json") {
		return Weights{}, &InputError{File: "weights", Problem: fmt.Sprintf("%q is unknown", name), Remedy: "give compact, compounds, balanced, least-change or a file .json"}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return Weights{}, err
	}
	w := presets[0]
	w.Name = "custom"
	read := json.NewDecoder(strings.NewReader(string(b)))
	read.DisallowUnknownFields()
	if err := read.Decode(&w); err != nil {
		return Weights{}, &InputError{File: name, Problem: err.Error(), Remedy: "give numbers for compounds, straddle, compactness, border, workload, keep and torn"}
	}
	for _, x := range []float64{w.Compounds, w.Straddle, w.Compactness, w.Border, w.Workload, w.Keep, w.Torn} {
		if x < 0 || x > 1e6 {
			return Weights{}, &InputError{File: name, Problem: fmt.Sprintf("the weight %g", x), Remedy: "give numbers from 0 to 1000000"}
		}
	}
	return w, nil
}

// Options is what a planner may ask for. The zero value of a field is its default.
type Options struct {
	Min, Max  int // households of a grid
	K         KRule
	Target    int
	Weights   Weights
	Old       []int    // today's grid of each unit, NoGrid where there is none; nil: not given
	Keep      float64  // how much of the weights of disruption counts, 0 to 1; matters only with Old
	Warm      []int    // the plan in force: only what must move moves
	WarmNames []string // what its grids are called; nil: by their numbers
	Locked    []bool   // with Warm: units that stay together and apart from locked units of other grids; a grid all of whose units are locked stays as it is
	Together  [][2]int // units that share a grid
	Apart     [][2]int // units that do not
	Dedicated [][]int  // each a grid of its own, outside the bounds
	Seed      uint64
	Time      time.Duration // cap of the whole run, bounds and report included; 0: none, and as much work as a run of DefaultTime
	Began     time.Time     // when Time began; the zero time is the call
	Rounds    int           // of improvement; 0: as many as suit Time, whatever the machine
	Threads   int
	Progress  func(Progress) // called from one goroutine at a time
}

// Progress is how far a run is.
type Progress struct {
	Done, All int // tasks: rounds of communities
}

func (o *Options) wrong(field, problem, remedy string) error {
	return &InputError{File: "options", Column: field, Problem: problem, Remedy: remedy}
}

// check fills in defaults and refuses what cannot be meant.
func (o *Options) check(in *Instance) error {
	if o.Min == 0 && o.Max == 0 {
		o.Min, o.Max = DefaultMin, DefaultMax
	}
	if o.Target == 0 {
		o.Target = min(max(DefaultTarget, o.Min), o.Max)
	}
	if o.Weights == (Weights{}) {
		o.Weights = presets[0]
	}
	switch {
	case o.Min < 1 || o.Max < o.Min || o.Max > 1<<24:
		return o.wrong("min", fmt.Sprintf("bounds of %d to %d households", o.Min, o.Max), "give a minimum of at least 1 and a maximum no smaller")
	case o.Target < 1:
		return o.wrong("target", fmt.Sprintf("a target of %d households", o.Target), "give a number above 0")
	case o.K < KMin:
		return o.wrong("k", fmt.Sprintf("%d grids", o.K), "give min, target or a number above 0")
	case o.Keep < 0 || o.Keep > 1:
		return o.wrong("keep", fmt.Sprintf("%g", o.Keep), "give a share from 0 to 1")
	case o.Time < 0 || o.Threads < 0:
		return o.wrong("time", "a negative number", "give a time above 0 and at least one thread")
	case o.Locked != nil && o.Warm == nil:
		return o.wrong("locked", "locked units without a plan in which they are", "give the plan in force too")
	}
	for name, list := range map[string]int{"old": len(o.Old), "warm": len(o.Warm), "locked": len(o.Locked)} {
		if list != 0 && list != len(in.Units) {
			return o.wrong(name, fmt.Sprintf("%d entries for %d units", list, len(in.Units)), "give one a unit")
		}
	}
	for _, u := range slices.Concat(append(slices.Clone(o.Dedicated), pairUnits(o.Together), pairUnits(o.Apart))...) {
		if u < 0 || u >= len(in.Units) {
			return o.wrong("rules", fmt.Sprintf("unit %d does not exist", u), fmt.Sprintf("the units are 0 to %d", len(in.Units)-1))
		}
	}
	return nil
}

func pairUnits(pairs [][2]int) (units []int) {
	for _, p := range pairs {
		units = append(units, p[0], p[1])
	}
	return units
}
