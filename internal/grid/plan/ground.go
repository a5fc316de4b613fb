package plan

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/cells"
	"linli/internal/grid/planning/prepare"
)

// Ground is what a plan is made on, as it was when the plan was made.
type Ground struct {
	Instance  *planning.Instance // Community.ID is the region's code
	Buildings []int64            // of each unit; 0 where the city does not know it
	Names     []string           // of each unit: 翠湖花园3号楼
	Old       []int              // of each unit: position in OldGrids, negative for none
	OldGrids  []OldGrid          // today's, the dedicated ones that stay included
	Findings  []prepare.Finding  // what was found wrong in the data and how it was treated
}

func (g *Ground) pack() ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(g), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpackGround(raw []byte) (*ground, error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	g := &Ground{}
	if err := json.NewDecoder(z).Decode(g); err != nil {
		return nil, err
	}
	return newGround(g)
}

// ground is a Ground with its parts, one a community. Immutable but for what
// is computed at first use; safe for concurrent use.
type ground struct {
	*Ground
	parts  []*part
	partOf []int // of each unit
	at     []int // of each unit: its position in its part
}

// part is one community as an instance of its own, so that an edit is judged
// in the time of a community and not of a city.
type part struct {
	planning.Community
	units []int // in the whole
	in    *planning.Instance
	old   []int
	stays map[int]orb.Point // dedicated grids that stay: -1-position in OldGrids → middle, in metres
	draw  func() *cells.Diagram
}

func newGround(g *Ground) (*ground, error) {
	w := &ground{Ground: g, partOf: make([]int, len(g.Instance.Units)), at: make([]int, len(g.Instance.Units))}
	for c, units := range g.Instance.Members() {
		p := &part{Community: g.Instance.Communities[c], units: units, stays: map[int]orb.Point{}}
		for i, o := range g.OldGrids {
			if o.Kind == basic || o.Community != int64(p.ID) {
				continue
			}
			at := p.Area.Bound().Center() // where its boundary is not known
			if o.Polygon != "" {
				var err error
				if at, err = g.middleOf(o); err != nil {
					return nil, err
				}
			}
			p.stays[-1-i] = at
		}
		p.in = &planning.Instance{Name: g.Instance.Name, Licence: g.Instance.Licence, Origin: g.Instance.Origin, MetresPerDegree: g.Instance.MetresPerDegree,
			Communities: []planning.Community{p.Community}, Barriers: g.Instance.Barriers}
		sites := make([]orb.Point, len(units))
		for i, u := range units {
			w.partOf[u], w.at[u] = c, i
			p.in.Units = append(p.in.Units, g.Instance.Units[u])
			p.old = append(p.old, g.Old[u])
			sites[i] = orb.Point{g.Instance.Units[u].X, g.Instance.Units[u].Y}
		}
		p.draw = sync.OnceValue(func() *cells.Diagram { return cells.NewLand(p.Area).Divide(sites) })
		w.parts = append(w.parts, p)
	}
	for _, e := range g.Instance.Edges {
		p := w.parts[w.partOf[e.U]]
		e.U, e.V = w.at[e.U], w.at[e.V]
		p.in.Edges = append(p.in.Edges, e)
	}
	return w, nil
}

// middleOf is the middle of an old grid's boundary in the local frame.
func (g *Ground) middleOf(o OldGrid) (orb.Point, error) {
	shape, err := geojson.UnmarshalGeometry([]byte(o.Polygon))
	if err != nil {
		return orb.Point{}, fmt.Errorf("plan: the boundary of grid %d cannot be read: %w", o.ID, err)
	}
	c, in := shape.Geometry().Bound().Center(), g.Instance
	return orb.Point{(c[0] - in.Origin[0]) * in.MetresPerDegree[0], (c[1] - in.Origin[1]) * in.MetresPerDegree[1]}, nil
}

// hasOld tells whether there are grids of before to compare with.
func (g *Ground) hasOld() bool {
	return slices.ContainsFunc(g.Old, func(o int) bool { return o >= 0 })
}

// lonlat puts a point of the local frame on the globe.
func (g *Ground) lonlat(p orb.Point) orb.Point {
	in := g.Instance
	round := func(f float64) float64 { return math.Round(f*1e6) / 1e6 }
	return orb.Point{round(in.Origin[0] + p[0]/in.MetresPerDegree[0]), round(in.Origin[1] + p[1]/in.MetresPerDegree[1])}
}

// outline is the shape of some units of a part, in degrees; nil if the land of
// the community is not known.
func (w *ground) outline(p *part, members []int) orb.MultiPolygon {
	if len(p.Area) == 0 {
		return nil
	}
	shape := p.draw().Outline(members)
	for _, polygon := range shape {
		for _, ring := range polygon {
			for i := range ring {
				ring[i] = w.lonlat(ring[i])
			}
		}
	}
	return shape
}

// packGrid and unpackGrid keep an assignment small.
func packGrid(grid []int) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(grid), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpackGrid(raw []byte) (grid []int, err error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	return grid, json.Unmarshal(text, &grid)
}
