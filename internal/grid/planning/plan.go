package planning

import (
	"cmp"
	"slices"
	"strconv"
)

// Plan is what Solve returns.
type Plan struct {
	Grid        []int             `json:"-"` // grid of each unit, 0 … len(Names)-1
	Names       []string          `json:"-"` // of the grids: numbers from 0 or, re-planning warm, those of the plan in force
	Weights     Weights           `json:"weights"`
	Seed        uint64            `json:"seed"`
	Min         int               `json:"min"`
	Max         int               `json:"max"`
	Stopped     Stop              `json:"stopped,omitempty"`
	Totals      Totals            `json:"totals"`
	Figures     Figures           `json:"figures"`
	Bounds      Bounds            `json:"bounds"` // what no plan with these numbers of grids can beat
	Communities []CommunityResult `json:"communities"`
	Front       []*Plan           `json:"front,omitempty"` // plans of other weights that none of the front beats in all figures
}

// Stop says what ended a run before its work was done.
type Stop string

// The reasons to stop.
const (
	StopTime        Stop = "time"        // the time given was over
	StopInterrupted Stop = "interrupted" // the caller's context ended
)

// Totals count what was planned.
type Totals struct {
	Units       int `json:"units"`
	Households  int `json:"households"`
	Communities int `json:"communities"`
	Grids       int `json:"grids"`
	Dedicated   int `json:"dedicated"`     // of the grids
	Exceptions  int `json:"exceptions"`    // communities with grids outside the bounds
	OutOfBounds int `json:"out_of_bounds"` // grids outside the bounds, without dedicated ones
	Violation   int `json:"violation"`     // by how many households in all
}

// Status says whether a community's grids keep the bounds.
type Status string

// The states of a community.
const (
	StatusOK         Status = "ok"
	StatusImpossible Status = "impossible" // it is proved that no division keeps the bounds
	StatusNotFound   Status = "not_found"  // none was found
)

// CommunityResult is a community's part of a plan.
type CommunityResult struct {
	Community   int          `json:"community"`
	Name        string       `json:"name"`
	Units       int          `json:"units"`
	Households  int          `json:"households"`
	K           int          `json:"k"`         // grids, without dedicated ones but with those that are locked as a whole
	Dedicated   int          `json:"dedicated"` // grids cut out first
	KMin        int          `json:"kmin"`      // fewest and most grids that its households allow; kmin > kmax: none
	KMax        int          `json:"kmax"`
	Status      Status       `json:"status"`
	Reason      Reason       `json:"reason,omitempty"`
	Violation   int          `json:"violation"` // households outside the bounds
	Certificate *Certificate `json:"certificate,omitempty"`
	Tried       []Try        `json:"tried"` // every number of grids that was tried
}

// Try is the best division of a community, or of one of its parts, into K grids.
type Try struct {
	Part      int     `json:"part,omitempty"`
	K         int     `json:"k"`
	Violation int     `json:"violation"`
	CutM      float64 `json:"cut_m"`
	RMSM      float64 `json:"rms_m"`
	Straddle  int     `json:"straddle"`
	Split     int     `json:"split"`                       // compounds in more than one grid
	Proved    bool    `json:"proved_impossible,omitempty"` // so many grids within the bounds
	Chosen    bool    `json:"chosen,omitempty"`
}

// assemble numbers the grids: by community and, within it, from west to east and north to south.
func assemble(in *Instance, prep *preparation, runs []*run) (grid []int, names []string) {
	type cell struct {
		community int
		x, y      float64
		units     []int32
	}
	var cells []cell
	for i, p := range prep.parts {
		b := runs[i].chosen()
		units := make([][]int32, runs[i].k)
		for v, g := range b.g {
			units[g] = append(units[g], p.units[v]...)
		}
		for _, us := range units {
			cells = append(cells, cell{community: p.community, units: us})
		}
	}
	for _, d := range slices.Concat(prep.dedicated, prep.closed) {
		us := make([]int32, len(d.units))
		for i, u := range d.units {
			us[i] = int32(u)
		}
		cells = append(cells, cell{community: d.community, units: us})
	}
	for i := range cells {
		for _, u := range cells[i].units {
			cells[i].x += in.Units[u].X / float64(len(cells[i].units))
			cells[i].y += in.Units[u].Y / float64(len(cells[i].units))
		}
		slices.Sort(cells[i].units)
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.community, b.community), cmp.Compare(a.x, b.x), cmp.Compare(b.y, a.y), cmp.Compare(a.units[0], b.units[0]))
	})
	grid = make([]int, len(in.Units))
	for g, c := range cells {
		names = append(names, strconv.Itoa(g))
		for _, u := range c.units {
			grid[u] = g
		}
	}
	return grid, names
}
