package plan

import (
	"linli/internal/grid/planning"
)

// Measured are the figures of a draft or of one community of it. Terms and
// rounding are those of planning.Judge.
type Measured struct {
	Community       string  `json:"community,omitempty" doc:"Code; empty: the whole draft"`
	Grids           int     `json:"grids"`
	OutOfBounds     int     `json:"out_of_bounds" doc:"Grids with too few or too many households"`
	Torn            int     `json:"torn" doc:"Grids in more than one piece"`
	Straddle        int     `json:"straddle" doc:"Grids held together only over a main road, railway or river"`
	CompoundsSplit  int     `json:"compounds_split"`
	CutKM           float64 `json:"cut_km" doc:"Borders between grids, km"`
	RMS             float64 `json:"rms_m" doc:"Households' distance to the middle of their grid, m"`
	KeptHouseholds  int     `json:"kept_households" doc:"Keep their worker"`
	MovedHouseholds int     `json:"moved_households" doc:"Change their worker"`
	OldGrids        int     `json:"old_grids"`
	OldTorn         int     `json:"old_torn" doc:"Old grids that come to lie in several new ones"`
}

func measured(f planning.Figures) Measured {
	m := Measured{Grids: f.Grids, Torn: f.Noncontig, Straddle: f.StraddleRoad, CompoundsSplit: f.CompoundsSplit, CutKM: f.CutKM, RMS: f.RMSM}
	if f.Change != nil {
		m.KeptHouseholds, m.MovedHouseholds, m.OldGrids, m.OldTorn = f.KeptHouseholds, f.MovedHouseholds, f.OldGrids, f.OldGridsTorn
	}
	return m
}

// measure gives the figures of one part.
func (s *sheet) measure(p *part) Measured {
	m := measured(s.judge(p))
	m.Community = code(p.ID)
	m.OutOfBounds = s.outside(p.units)
	return m
}

// measureAll gives the figures of the whole draft.
func (s *sheet) measureAll() Measured {
	m := measured(s.judgeAll())
	all := make([]int, len(s.grid))
	for u := range all {
		all[u] = u
	}
	m.OutOfBounds = s.outside(all)
	return m
}

// outside counts the grids of these units that are out of bounds.
func (s *sheet) outside(units []int) int {
	households := map[int]int{}
	for _, u := range units {
		households[s.grid[u]] += s.Instance.Units[u].Households
	}
	n := 0
	for _, h := range households {
		if h < s.min || h > s.max {
			n++
		}
	}
	return n
}
