package prepare

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"linli/internal/kernel/errs"
)

// Kind is what may be wrong with the data.
type Kind string

// The kinds of findings.
const (
	OutsideCommunities Kind = "outside_communities" // a unit in no community
	NearCommunity      Kind = "near_community"      // … but so near to one that it counts there
	OtherCommunity     Kind = "other_community"     // its row names another community than its place
	UnknownCommunity   Kind = "unknown_community"   // its row names one that is not given
	DuplicateID        Kind = "duplicate_id"
	DuplicatePosition  Kind = "duplicate_position"
	NoPosition         Kind = "no_position"
	SwappedPosition    Kind = "swapped_position"
	OtherSystem        Kind = "other_system"     // one of another coordinate system than the rest
	SystemSuspected    Kind = "system_suspected" // all seem to be of another coordinate system
	NoHouseholds       Kind = "no_households"
	NegativeHouseholds Kind = "negative_households"
	AbsurdHouseholds   Kind = "absurd_households"
	Estimated          Kind = "households_estimated"
	NumberUnreadable   Kind = "number_unreadable" // of levels or entrances
	IDMissing          Kind = "id_missing"
	NameMissing        Kind = "name_missing"
	CommunityInParts   Kind = "community_in_parts"
	CommunityEmpty     Kind = "community_empty"
	CommunityOverlap   Kind = "community_overlap"
	CommunityCrossed   Kind = "community_crossed" // its border crosses itself
	CommunityOpen      Kind = "community_open"    // its border does not close
	BarrierUnknown     Kind = "barrier_unknown"
	OldGridMissing     Kind = "old_grid_missing"
	OldUnknown         Kind = "old_unknown" // the list of old grids names a building that is not given
)

// Treatment is what was done about a finding.
type Treatment string

// The treatments.
const (
	Dropped   Treatment = "dropped"
	Kept      Treatment = "kept"
	Assigned  Treatment = "assigned"
	Placed    Treatment = "placed"
	Corrected Treatment = "corrected"
	Moved     Treatment = "moved"
	Renamed   Treatment = "renamed"
	Zero      Treatment = "zero"
	EstimateT Treatment = "estimated"
	Linked    Treatment = "linked"
	Warned    Treatment = "warned"
	Ignored   Treatment = "ignored"
)

var treatmentWords = map[Treatment]errs.Words{
	Dropped:   {ZH: "未采用", EN: "left out"},
	Kept:      {ZH: "保留", EN: "kept"},
	Assigned:  {ZH: "归入最近的社区", EN: "given to the nearest community"},
	Placed:    {ZH: "按位置归入", EN: "the position decides"},
	Corrected: {ZH: "已更正", EN: "corrected"},
	Moved:     {ZH: "略微移开", EN: "moved apart"},
	Renamed:   {ZH: "另给编号", EN: "renamed"},
	Zero:      {ZH: "按 0 户计", EN: "counted as 0"},
	EstimateT: {ZH: "按建筑面积估算", EN: "estimated from floor area"},
	Linked:    {ZH: "用连接线连通", EN: "joined by links"},
	Warned:    {ZH: "请核对", EN: "please check"},
	Ignored:   {ZH: "按未知处理", EN: "taken for unknown"},
}

// Words names the treatment.
func (t Treatment) Words() errs.Words { return treatmentWords[t] }

// Finding is one thing that is wrong with the data.
type Finding struct {
	Kind      Kind      `json:"kind"`
	Object    string    `json:"object,omitempty"` // id or name of the building, community …
	File      string    `json:"file,omitempty"`
	Row       int       `json:"row,omitempty"` // from 1, headings included; feature of a GeoJSON file; 0: the file as a whole
	Treatment Treatment `json:"treatment"`
	ZH        string    `json:"zh"`
	EN        string    `json:"en"`
}

// place is where an object came from.
type place struct {
	file string
	row  int
}

func (s *Sources) find(k Kind, object string, at place, t Treatment, zh, en string) {
	s.Findings = append(s.Findings, Finding{k, object, at.file, at.row, t, zh, en})
}

// WriteFindings writes findings as CSV with headings in both languages.
func WriteFindings(w io.Writer, all []Finding) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // Excel takes it for UTF-8 only so
		return err
	}
	c := csv.NewWriter(w)
	rows := [][]string{{"kind", "object", "file", "row", "treatment", "问题", "problem", "处理"}}
	for _, f := range all {
		row := ""
		if f.Row > 0 {
			row = strconv.Itoa(f.Row)
		}
		rows = append(rows, []string{string(f.Kind), f.Object, f.File, row, string(f.Treatment), f.ZH, f.EN, f.Treatment.Words().ZH})
	}
	return c.WriteAll(rows)
}

// Count is the number of findings of each kind.
func Count(all []Finding) map[Kind]int {
	n := map[Kind]int{}
	for _, f := range all {
		n[f.Kind]++
	}
	return n
}

func metresText(m float64) string { return fmt.Sprintf("%.0f", m) }

// WriteOld writes today's grid of each unit, `unit,old_grid`; units without one are left out.
func WriteOld(w io.Writer, old []string) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"unit", "old_grid"}}
	for u, g := range old {
		if g != "" {
			rows = append(rows, []string{strconv.Itoa(u), g})
		}
	}
	return c.WriteAll(rows)
}
