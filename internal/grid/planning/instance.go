package planning

import (
	"fmt"

	"github.com/paulmach/orb"
)

// Unit is what no grid may divide: a building, or one entrance of a tower.
// Lengths are metres, areas square metres, in the local frame of the Instance.
type Unit struct {
	Building   string
	Community  int // Community.ID
	Compound   int // number of its residential compound 小区, NoCompound if it lies in none
	X, Y       float64
	Households int // 0 for shops, schools, …
	Kind       string
	Levels     int
	CellArea   float64 // its Voronoi cell, clipped to the community
	CellOuter  float64 // border of that cell that it shares with no unit of the community
	Workload   float64 // second weight to be spread evenly (elderly living alone, past cases, walking length); 0 where unknown
}

// NoCompound marks a unit outside every compound, NoGrid one that a plan or
// today's partition does not name.
const (
	NoCompound = -1
	NoGrid     = -1
)

// Cross says what lies between two neighbours.
type Cross int

// The kinds of links.
const (
	CrossNone       Cross = iota
	CrossBarrier          // a main road, railway or river lies between them
	CrossArtificial       // they do not touch: a link between parts of a community, with no border
)

// Edge joins two units of one community that share Border metres of border.
type Edge struct {
	U, V   int // units, by their position in Instance.Units
	Border float64
	Cross  Cross
}

// Community bounds what one grid may cover.
type Community struct {
	ID   int // any number, unique
	Name string
	Area orb.MultiPolygon // empty where unknown
}

// Barrier is a line that grids should not straddle.
type Barrier struct {
	Class string // main_road, river or railway
	Line  orb.LineString
}

// Instance is a city, or a part of one, ready to be planned. The position of a
// unit in Units is its id in every file.
type Instance struct {
	Name, Licence   string // Licence is carried into every file made from it
	Units           []Unit
	Edges           []Edge
	Communities     []Community
	Barriers        []Barrier
	Origin          [2]float64 // longitude and latitude (WGS 84) of the frame's origin, or zero
	MetresPerDegree [2]float64 // along longitude and latitude, or zero
}

// Members are the positions of each community's units, in the order of
// Communities. Every unit's community must be known, as Load ensures.
func (in *Instance) Members() [][]int {
	at := in.communityIndex()
	members := make([][]int, len(in.Communities))
	for u := range in.Units {
		c := at[in.Units[u].Community]
		members[c] = append(members[c], u)
	}
	return members
}

func (in *Instance) communityIndex() map[int]int {
	at := make(map[int]int, len(in.Communities))
	for i, c := range in.Communities {
		at[c.ID] = i
	}
	return at
}

// InputError is something in an input file that a person has to put right.
type InputError struct {
	File    string
	Line    int    // from 1; 0: the file as a whole
	Column  string // name of the column; empty: the line as a whole
	Problem string
	Remedy  string

	ProblemZH, RemedyZH string // the same in Chinese; empty for files that only programs write
}

func (e *InputError) Error() string {
	where := e.File
	if e.Line > 0 {
		where += fmt.Sprintf(":%d", e.Line)
	}
	if e.Column != "" {
		where += ", column " + e.Column
	}
	if e.ProblemZH != "" {
		return fmt.Sprintf("%s: %s（%s） / %s (%s)", where, e.ProblemZH, e.RemedyZH, e.Problem, e.Remedy)
	}
	return fmt.Sprintf("%s: %s (%s)", where, e.Problem, e.Remedy)
}
