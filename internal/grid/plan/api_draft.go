package plan

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"linli/internal/grid/planning"
	"linli/internal/kernel/access"
)

type copyIn struct {
	Body struct {
		From int64  `json:"from" doc:"A result or a draft"`
		Name string `json:"name" maxLength:"60"`
	}
}

type draftOut struct{ Body draftPage }

type draftPage struct {
	draftItem
	PlanName  string         `json:"plan_name"`
	Streets   []street       `json:"streets" doc:"Of the plan's communities"`
	Grid      []int          `json:"grid" doc:"Label of each unit's grid, in the order of the units"`
	Grids     []Grid         `json:"grids"`
	Verdicts  []verdictItem  `json:"communities"`
	Requests  []Request      `json:"requests" doc:"What the planner asks the approvers to allow"`
	Decisions []decisionItem `json:"decisions"`
	Authors   []person       `json:"authors"`
	CanUndo   bool           `json:"can_undo"`
	CanRedo   bool           `json:"can_redo"`
	Begins    int            `json:"begins,omitempty" doc:"First day of a published draft, yyyymmdd"`
	Workers   []workerItem   `json:"workers" doc:"Whom the publication would move, and where to"`
}

type verdictItem struct {
	Verdict
	Name string `json:"name"`
}

type decisionItem struct {
	Kind string `json:"kind" enum:"ask,withdraw,approve,decline,publish,undo"`
	Note string `json:"note"`
	Day  int    `json:"day,omitempty"`
	By   person `json:"by"`
	At   string `json:"at"`
}

type workerItem struct {
	Post    int64  `json:"post"`
	Account person `json:"account"`
	From    string `json:"from" doc:"Name of the old grid"`
	To      int    `json:"to" doc:"Label of the new grid"`
	Chosen  bool   `json:"chosen" doc:"By a person; else it is the program's proposal"`
}

// requests are the draft's requests with the names of those who answered.
func (s *Service) requests(sh *sheet) []Request {
	out := append([]Request{}, sh.requests...)
	for i := range out {
		out[i].Answers = slices.Clone(out[i].Answers)
		for k := range out[i].Answers {
			out[i].Answers[k].By = s.person(out[i].Answers[k].By.ID)
		}
	}
	return out
}

func (s *Service) apiCopy(ctx context.Context, scope access.Scope, in *copyIn) (*draftOut, error) {
	d, err := s.Copy(ctx, scope, in.Body.From, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return s.draftOut(ctx, scope, d.ID)
}

func (s *Service) apiDraft(ctx context.Context, scope access.Scope, in *idIn) (*draftOut, error) {
	return s.draftOut(ctx, scope, in.ID)
}

func (s *Service) draftOut(ctx context.Context, scope access.Scope, id int64) (*draftOut, error) {
	out := &draftOut{}
	err := s.with(ctx, scope, id, func(d *draft, p *Plan, sh *sheet) error {
		past, err := s.decisions(ctx, d)
		if err != nil {
			return err
		}
		b := draftPage{draftItem: draftItemOf(d, sh), PlanName: p.Name, Streets: s.streets(p), Grid: slices.Clone(sh.grid), Grids: sh.grids(nil), Verdicts: []verdictItem{}, Requests: s.requests(sh),
			Decisions: []decisionItem{}, Authors: []person{}, CanUndo: len(sh.done) > 0, CanRedo: len(sh.undone) > 0, Workers: s.proposals(sh)}
		for _, a := range d.Authors {
			b.Authors = append(b.Authors, s.person(a))
		}
		names := map[int64]string{}
		for _, k := range sh.parts {
			names[int64(k.ID)] = k.Name
		}
		for _, v := range d.Report.Communities {
			b.Verdicts = append(b.Verdicts, verdictItem{v, names[v.Community]})
		}
		for _, x := range past {
			b.Decisions = append(b.Decisions, decisionItem{x.Kind, x.Note, x.Day, s.person(x.Actor), instant(x.At)})
			if x.Kind == Publish && d.Status == Published {
				b.Begins = x.Day
			}
		}
		out.Body = b
		return nil
	})
	return out, err
}

// proposals are the workers that a publication would move.
func (s *Service) proposals(sh *sheet) []workerItem {
	labels := map[int]int64{}
	for _, g := range sh.grid {
		labels[g] = int64(g) + 1
	}
	names := map[int64]string{}
	for _, o := range sh.OldGrids {
		names[o.ID] = o.Name
	}
	out := []workerItem{}
	for _, h := range s.handover(sh, labels).Workers {
		to := int(h.To) - 1
		out = append(out, workerItem{h.Post, person{h.Account, h.Name}, names[h.Grid], to, to == sh.chosen(h.Post)})
	}
	return out
}

type renameIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Name string `json:"name" maxLength:"60"`
	}
}

func (s *Service) apiRename(ctx context.Context, scope access.Scope, in *renameIn) (*draftOut, error) {
	d, err := s.Rename(ctx, scope, in.ID, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return s.draftOut(ctx, scope, d.ID)
}

type editIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version     int      `json:"version" doc:"The version that was looked at"`
		Kind        string   `json:"kind" enum:"move,merge,split,repair,lock,unlock,note,request,worker,undo,redo"`
		Units       []int    `json:"units,omitempty" nullable:"false" maxItems:"20000" doc:"Of move"`
		Grids       []int    `json:"grids,omitempty" nullable:"false" maxItems:"1000" doc:"Labels: of merge, lock and unlock; the one of split, repair and note"`
		To          int      `json:"to,omitempty" doc:"Of move: a grid's label, -1 for a new grid; of worker: a label, -1 for the proposal"`
		Post        int64    `json:"post,omitempty" doc:"Of worker"`
		Text        string   `json:"text,omitempty" maxLength:"200" doc:"Of note and request"`
		Communities []string `json:"communities,omitempty" nullable:"false" maxItems:"20" doc:"Of request: codes"`
	}
}

type editOut struct {
	Body struct {
		Version int          `json:"version"`
		Moves   [][2]int     `json:"moves" doc:"Unit and the grid in which it lies now"`
		Grids   []Grid       `json:"grids" doc:"The grids that changed, as they are now"`
		Touched []int        `json:"touched" doc:"Labels of the grids that the edit was about"`
		Gone    []int        `json:"gone" doc:"Labels of grids that are no more"`
		Shapes  []feature    `json:"shapes" doc:"GeoJSON features of the grids that changed"`
		Before  Measured     `json:"before" doc:"Of the communities that the edit touched"`
		After   Measured     `json:"after"`
		Request []Request    `json:"requests"`
		Workers []workerItem `json:"workers"`
		CanUndo bool         `json:"can_undo"`
		CanRedo bool         `json:"can_redo"`
	}
}

type feature struct {
	Type       string          `json:"type"`
	ID         int             `json:"id"`
	Properties Grid            `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

func (s *Service) apiEdit(ctx context.Context, scope access.Scope, in *editIn) (*editOut, error) {
	b := in.Body
	e := EditIn{Kind: b.Kind, Units: b.Units, Grids: b.Grids, To: b.To, Text: b.Text, Post: b.Post}
	for _, c := range b.Communities {
		e.Communities = append(e.Communities, regionCode(c))
	}
	out := &editOut{}
	err := s.Edit(ctx, scope, in.ID, b.Version, e, func(sh *sheet, f *Effect) error {
		o := &out.Body
		o.Version, o.Touched, o.Moves, o.Gone, o.Shapes, o.Grids = f.Version, append([]int{}, f.Touched...), append([][2]int{}, f.Moves...), []int{}, []feature{}, []Grid{}
		o.CanUndo, o.CanRedo, o.Request = len(sh.done) > 0, len(sh.undone) > 0, s.requests(sh)
		o.Before, o.After, o.Workers = together(f.Before), together(f.After), s.proposals(sh)
		only := map[int]bool{}
		for _, g := range f.Changed {
			only[g] = true
		}
		if len(only) == 0 {
			return nil
		}
		o.Grids = sh.grids(only)
		for _, g := range o.Grids {
			delete(only, g.Label)
			shape, err := sh.feature(g)
			if err != nil {
				return err
			}
			o.Shapes = append(o.Shapes, shape)
		}
		for g := range only {
			o.Gone = append(o.Gone, g)
		}
		slices.Sort(o.Gone)
		return nil
	})
	return out, err
}

// together adds the figures of several communities; the mean distance is that
// of the first where there is only one.
func together(list []Measured) Measured {
	var m Measured
	for i, x := range list {
		if i == 0 {
			m = x
			continue
		}
		m.Community, m.RMS = "", 0
		m.Grids, m.OutOfBounds, m.Torn, m.Straddle, m.CompoundsSplit = m.Grids+x.Grids, m.OutOfBounds+x.OutOfBounds, m.Torn+x.Torn, m.Straddle+x.Straddle, m.CompoundsSplit+x.CompoundsSplit
		m.CutKM += x.CutKM
		m.KeptHouseholds, m.MovedHouseholds, m.OldGrids, m.OldTorn = m.KeptHouseholds+x.KeptHouseholds, m.MovedHouseholds+x.MovedHouseholds, m.OldGrids+x.OldGrids, m.OldTorn+x.OldTorn
	}
	return m
}

func (s *sheet) feature(g Grid) (feature, error) {
	f := feature{Type: "Feature", ID: g.Label, Properties: g, Geometry: json.RawMessage("null")}
	shape := s.polygon(g.Label)
	if shape == nil {
		return f, nil
	}
	var err error
	f.Geometry, err = geojson.NewGeometry(orb.Geometry(shape)).MarshalJSON()
	return f, err
}

func (s *Service) serveGrids(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	return s.with(ctx, scope, regionCode(req.PathValue("id")), func(d *draft, _ *Plan, sh *sheet) error {
		body := struct {
			Type     string    `json:"type"`
			Licence  string    `json:"licence,omitempty"`
			Features []feature `json:"features"`
		}{Type: "FeatureCollection", Licence: sh.Instance.Licence, Features: []feature{}}
		for _, g := range sh.grids(nil) {
			f, err := sh.feature(g)
			if err != nil {
				return err
			}
			body.Features = append(body.Features, f)
		}
		if req.URL.Query().Get("download") != "" {
			w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="grids-%d.geojson"`, d.ID))
		}
		w.Header().Set("Content-Type", "application/geo+json")
		return json.NewEncoder(w).Encode(body)
	})
}

// serveUnits sends the units of a plan, which never change: columns of equal length.
func (s *Service) serveUnits(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	p, err := s.planByID(ctx, scope, regionCode(req.PathValue("id")))
	if err != nil {
		return err
	}
	g, err := s.groundOf(ctx, p.District, p.ID)
	if err != nil {
		return err
	}
	type community struct {
		Code string `json:"code"`
		Name string `json:"name"`
	}
	out := struct {
		Lon         []float64   `json:"lon"`
		Lat         []float64   `json:"lat"`
		Households  []int       `json:"households"`
		Community   []int       `json:"community"` // position in communities
		Name        []string    `json:"name"`
		Old         []int       `json:"old"` // position in old_grids, negative: none
		Communities []community `json:"communities"`
		OldGrids    []string    `json:"old_grids"`
	}{Community: g.partOf, Name: g.Names, Old: g.Old}
	for _, u := range g.Instance.Units {
		at := g.lonlat(orb.Point{u.X, u.Y})
		out.Lon, out.Lat, out.Households = append(out.Lon, at[0]), append(out.Lat, at[1]), append(out.Households, u.Households)
	}
	for _, k := range g.parts {
		out.Communities = append(out.Communities, community{code(k.ID), k.Name})
	}
	for _, o := range g.OldGrids {
		out.OldGrids = append(out.OldGrids, o.Name)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, max-age=86400")
	return json.NewEncoder(w).Encode(out)
}

type compareIn struct {
	ID   int64 `path:"id"`
	With int64 `query:"with" doc:"Another draft of the same plan; 0: today's grids"`
}

type compareOut struct {
	Body struct {
		Kept  int           `json:"kept_households"`
		Moved int           `json:"moved_households"`
		Torn  int           `json:"torn" doc:"Grids of before that come to lie in several"`
		Rows  []compareItem `json:"rows" doc:"One a grid of before, those with most households that change first"`
	}
}

type compareItem struct {
	Name       string        `json:"name" doc:"The grid of before"`
	Households int           `json:"households"`
	Kept       int           `json:"kept" doc:"Households that keep their worker"`
	Into       []compareInto `json:"into"`
}

type compareInto struct {
	Label      int    `json:"label"`
	Title      string `json:"title"`
	Households int    `json:"households"`
	Units      int    `json:"units"`
}

// apiCompare tells what becomes of each grid of before.
func (s *Service) apiCompare(ctx context.Context, scope access.Scope, in *compareIn) (*compareOut, error) {
	var before []int
	titles := map[int]string{}
	name := func(sh *sheet, g int) string { return sh.OldGrids[g].Name }
	if in.With != 0 {
		if err := s.with(ctx, scope, in.With, func(_ *draft, _ *Plan, sh *sheet) error {
			before = slices.Clone(sh.grid)
			for _, g := range sh.grids(nil) {
				titles[g.Label] = g.Title
			}
			return nil
		}); err != nil {
			return nil, err
		}
		name = func(_ *sheet, g int) string { return titles[g] }
	}
	out := &compareOut{}
	err := s.with(ctx, scope, in.ID, func(_ *draft, _ *Plan, sh *sheet) error {
		old := sh.Old
		if in.With != 0 {
			if len(before) != len(sh.grid) {
				return NotNow.New("status", words("另一份规划的", "of another plan"))
			}
			old = before
		}
		shared, units := map[[2]int]int{}, map[[2]int]int{}
		for u, o := range old {
			if o >= 0 {
				shared[[2]int{o, sh.grid[u]}] += sh.Instance.Units[u].Households
				units[[2]int{o, sh.grid[u]}]++
			}
		}
		heir := map[int]int{}
		for _, pair := range planning.Succession(shared) {
			heir[pair[0]] = pair[1]
		}
		into := map[int]string{}
		for _, g := range sh.grids(nil) {
			into[g.Label] = g.Title
		}
		rows := map[int]*compareItem{}
		for pair, n := range units {
			x := rows[pair[0]]
			if x == nil {
				x = &compareItem{Name: name(sh, pair[0])}
				rows[pair[0]] = x
			}
			h := shared[pair]
			x.Households += h
			x.Into = append(x.Into, compareInto{pair[1], into[pair[1]], h, n})
			if to, ok := heir[pair[0]]; ok && to == pair[1] {
				x.Kept = h
			}
		}
		b := &out.Body
		b.Rows = []compareItem{}
		for _, x := range rows {
			slices.SortFunc(x.Into, func(p, q compareInto) int {
				return cmp.Or(cmp.Compare(q.Households, p.Households), cmp.Compare(p.Label, q.Label))
			})
			b.Kept += x.Kept
			b.Moved += x.Households - x.Kept
			if len(x.Into) > 1 {
				b.Torn++
			}
			b.Rows = append(b.Rows, *x)
		}
		slices.SortFunc(b.Rows, func(p, q compareItem) int {
			return cmp.Or(cmp.Compare(q.Households-q.Kept, p.Households-p.Kept), cmp.Compare(p.Name, q.Name))
		})
		return nil
	})
	return out, err
}

type decideIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Note string `json:"note" maxLength:"500" doc:"Why"`
	}
}

type publishIn struct {
	ID   int64 `path:"id"`
	Body struct {
		ValidFrom int    `json:"valid_from" doc:"First day, yyyymmdd, later than today"`
		Note      string `json:"note,omitempty" maxLength:"500"`
	}
}

func (s *Service) apiPublish(ctx context.Context, scope access.Scope, in *publishIn) (*draftOut, error) {
	if err := s.Publish(ctx, scope, in.ID, in.Body.ValidFrom, in.Body.Note); err != nil {
		return nil, err
	}
	return s.draftOut(ctx, scope, in.ID)
}

type undoIn struct {
	ID   int64  `path:"id"`
	Note string `query:"note" maxLength:"500" doc:"Why"`
}

func (s *Service) apiUndo(ctx context.Context, scope access.Scope, in *undoIn) (*draftOut, error) {
	if err := s.Undo(ctx, scope, in.ID, in.Note); err != nil {
		return nil, err
	}
	return s.draftOut(ctx, scope, in.ID)
}

type answerIn struct {
	ID      int64 `path:"id"`
	Request int   `path:"request" doc:"Its place among the draft's requests, from 0"`
	Body    struct {
		Granted bool   `json:"granted"`
		Note    string `json:"note" maxLength:"200" doc:"Why"`
	}
}

func (s *Service) apiAnswer(ctx context.Context, scope access.Scope, in *answerIn) (*draftOut, error) {
	if err := s.Answer(ctx, scope, in.ID, in.Request, in.Body.Granted, in.Body.Note); err != nil {
		return nil, err
	}
	return s.draftOut(ctx, scope, in.ID)
}

type towersIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Name   string `json:"name" maxLength:"60" doc:"Of the new plan"`
		Towers []struct {
			Unit      int `json:"unit"`
			Entrances int `json:"entrances" minimum:"2" maximum:"100"`
		} `json:"towers" nullable:"false" maxItems:"100"`
	}
}

func (s *Service) apiTowers(ctx context.Context, scope access.Scope, in *towersIn) (*draftOut, error) {
	entrances := map[int]int{}
	for _, t := range in.Body.Towers {
		entrances[t.Unit] = t.Entrances
	}
	d, err := s.Towers(ctx, scope, in.ID, in.Body.Name, entrances)
	if err != nil {
		return nil, err
	}
	return s.draftOut(ctx, scope, d.ID)
}
