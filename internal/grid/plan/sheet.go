package plan

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"linli/internal/grid/planning"
)

// The kinds of edit.
const (
	editMove   = "move"   // units to a grid, or to a new one
	editMerge  = "merge"  // grids into the first of them
	editSplit  = "split"  // a grid into parts
	editRepair = "repair" // what is out of bounds around a grid
	editLock   = "lock"
	editUnlock = "unlock"
	editNote   = "note"    // why a grid may stay out of bounds
	editWish   = "request" // what the planner asks those who approve to allow
	editAnswer = "answer"  // what one of them answered
	editWorker = "worker"  // into which grid a worker is to go
	editUndo   = "undo"
	editRedo   = "redo"
)

// change is what an edit did: enough to do it again and to undo it, whatever
// the planner would answer another day. It is the body of a plan_edit row.
type change struct {
	Kind  string   `json:"-"`
	Moves [][3]int `json:"moves,omitempty"` // unit, from, to
	Lock  []int    `json:"lock,omitempty"`  // grids locked, or unlocked
	Grid  int      `json:"grid,omitempty"`  // of a note
	Was   string   `json:"was,omitempty"`   // the note before
	Text  string   `json:"text,omitempty"`  // a note, or a request
	About []int64  `json:"about,omitempty"` // communities of a request

	Request int   `json:"request,omitempty"` // of an answer: the request's place
	Granted bool  `json:"granted,omitempty"`
	By      int64 `json:"by,omitempty"` // who answered

	Post int64 `json:"post,omitempty"` // of a worker, who goes from one choice to another; -1: the proposal
	From int   `json:"from,omitempty"`
	To   int   `json:"to,omitempty"`
}

// Request is something that the planner asks those who approve to allow: what
// no grid may do, as reaching into a second community. Granted or not, it
// changes no grid; what follows from it is done outside and planned anew.
type Request struct {
	Communities []string `json:"communities" doc:"Codes"`
	Text        string   `json:"text"`
	Answers     []Answer `json:"answers" doc:"In order; the last one counts"`
}

// Answer is what somebody who approves said to a request.
type Answer struct {
	Granted bool   `json:"granted"`
	Note    string `json:"note"`
	By      person `json:"by"`
}

// sheet is a draft open for editing. It is not safe for concurrent use.
type sheet struct {
	*ground
	min, max int
	version  int // edits applied
	grid     []int
	next     int // label of the next new grid
	locked   map[int]bool
	notes    map[int]string
	requests []Request
	workers  map[int64]int // chosen by a person: post → grid
	done     []change
	undone   []change
	polygons map[int]orb.MultiPolygon // outlines known; those of changed grids are dropped
}

func newSheet(g *ground, grid []int, lo, hi int) *sheet {
	s := &sheet{ground: g, min: lo, max: hi, grid: slices.Clone(grid), locked: map[int]bool{}, notes: map[int]string{}, workers: map[int64]int{}, polygons: map[int]orb.MultiPolygon{}}
	for _, x := range grid {
		s.next = max(s.next, x+1)
	}
	return s
}

// apply does what a row of the log says.
func (s *sheet) apply(c change) error {
	switch c.Kind {
	case editUndo:
		if len(s.done) == 0 {
			return NothingLeft.New("what", words("撤销", "undo"))
		}
		last := s.done[len(s.done)-1]
		s.done, s.undone = s.done[:len(s.done)-1], append(s.undone, last)
		s.play(last, true)
	case editRedo:
		if len(s.undone) == 0 {
			return NothingLeft.New("what", words("重做", "redo"))
		}
		next := s.undone[len(s.undone)-1]
		s.undone, s.done = s.undone[:len(s.undone)-1], append(s.done, next)
		s.play(next, false)
	case editAnswer: // is not the planner's to undo
		if c.Request < 0 || c.Request >= len(s.requests) {
			return NothingLeft.New("what", words("答复", "answer"))
		}
		r := &s.requests[c.Request]
		r.Answers = append(r.Answers, Answer{c.Granted, c.Text, person{ID: c.By}})
	default:
		s.done, s.undone = append(s.done, c), nil
		s.play(c, false)
	}
	s.version++
	return nil
}

func (s *sheet) play(c change, back bool) {
	for _, m := range c.Moves {
		from, to := m[1], m[2]
		if back {
			from, to = to, from
		}
		s.grid[m[0]] = to
		s.next = max(s.next, to+1)
		delete(s.polygons, from)
		delete(s.polygons, to)
	}
	for _, g := range c.Lock {
		s.locked[g] = (c.Kind == editLock) != back
	}
	switch c.Kind {
	case editNote:
		s.notes[c.Grid] = c.Text
		if back {
			s.notes[c.Grid] = c.Was
		}
	case editWish:
		if back {
			s.requests = s.requests[:len(s.requests)-1]
		} else {
			r := Request{Text: c.Text, Communities: []string{}, Answers: []Answer{}}
			for _, about := range c.About {
				r.Communities = append(r.Communities, digits(about))
			}
			s.requests = append(s.requests, r)
		}
	case editWorker:
		to := c.To
		if back {
			to = c.From
		}
		if to < 0 {
			delete(s.workers, c.Post)
		} else {
			s.workers[c.Post] = to
		}
	}
}

// members are the units of a grid; NoSuchGrid if it has none.
func (s *sheet) members(grid int) ([]int, error) {
	var out []int
	for u, g := range s.grid {
		if g == grid {
			out = append(out, u)
		}
	}
	if len(out) == 0 {
		return nil, NoSuchGrid.New("grid", s.title(grid))
	}
	return out, nil
}

// title is what a draft's grid would be called if it were published now.
func (s *sheet) title(grid int) string {
	u := slices.Index(s.grid, grid)
	if u < 0 {
		return fmt.Sprintf("#%d", grid+1)
	}
	p := s.parts[s.partOf[u]]
	return p.gridName(s.numbers(p)[grid])
}

// chosen is the grid that a person chose for the worker's post, -1 if nobody did.
func (s *sheet) chosen(post int64) int {
	if g, ok := s.workers[post]; ok {
		return g
	}
	return -1
}

func (s *sheet) free(grids ...int) error {
	for _, g := range grids {
		if s.locked[g] {
			return Locked.New("grid", s.title(g))
		}
	}
	return nil
}

// move makes the change that brings units into a grid; to -1 is a new one.
func (s *sheet) move(units []int, to int) (change, error) {
	c := change{Kind: editMove}
	if len(units) == 0 {
		return c, NothingLeft.New("what", words("移动", "move"))
	}
	home := -1
	if to >= 0 {
		members, err := s.members(to)
		if err != nil {
			return c, err
		}
		home = s.partOf[members[0]]
	} else {
		to = s.next
	}
	if err := s.free(to); err != nil {
		return c, err
	}
	seen := map[int]bool{}
	for _, u := range units {
		if u < 0 || u >= len(s.grid) || seen[u] {
			return c, NoSuchGrid.New("grid", u)
		}
		seen[u] = true
		if home < 0 {
			home = s.partOf[u]
		}
		if s.partOf[u] != home {
			return c, TwoAreas.New()
		}
		if err := s.free(s.grid[u]); err != nil {
			return c, err
		}
		if s.grid[u] != to {
			c.Moves = append(c.Moves, [3]int{u, s.grid[u], to})
		}
	}
	if len(c.Moves) == 0 {
		return c, NothingLeft.New("what", words("移动", "move"))
	}
	return c, nil
}

// merge joins grids into the first of them.
func (s *sheet) merge(grids []int) (change, error) {
	if len(grids) < 2 {
		return change{}, NothingLeft.New("what", words("合并", "merge"))
	}
	var units []int
	for _, g := range grids[1:] {
		members, err := s.members(g)
		if err != nil {
			return change{}, err
		}
		units = append(units, members...)
	}
	c, err := s.move(units, grids[0])
	c.Kind = editMerge
	return c, err
}

// relabel makes the change that gives the units of a part what a planner
// answered: each answered grid takes the label of the grid with which it shares
// most units, so that a repair leaves names alone.
func (s *sheet) relabel(kind string, units, answer []int) change {
	shared := map[[2]int]int{}
	for i, u := range units {
		shared[[2]int{s.grid[u], answer[i]}]++
	}
	label := map[int]int{}
	for _, pair := range planning.Succession(shared) {
		label[pair[1]] = pair[0]
	}
	next := s.next
	c := change{Kind: kind}
	for i, u := range units {
		to, ok := label[answer[i]]
		if !ok {
			to, label[answer[i]] = next, next
			next++
		}
		if to != s.grid[u] {
			c.Moves = append(c.Moves, [3]int{u, s.grid[u], to})
		}
	}
	return c
}

// halve divides a grid in two connected halves of about as many households:
// they grow from two units far from each other, the smaller one by the
// neighbour that is nearest to where it began. It answers 0 or 1 for each unit.
func (s *sheet) halve(units []int) []int {
	p := s.parts[s.partOf[units[0]]]
	at := make(map[int]int, len(units)) // place in the part → place in units
	for i, u := range units {
		at[s.at[u]] = i
	}
	links := make([][]int, len(units))
	for _, e := range p.in.Edges {
		u, here := at[e.U]
		v, there := at[e.V]
		if here && there {
			links[u], links[v] = append(links[u], v), append(links[v], u)
		}
	}
	place := func(i int) orb.Point { return orb.Point{s.Instance.Units[units[i]].X, s.Instance.Units[units[i]].Y} }
	farthest := func(from orb.Point) int {
		best, far := 0, -1.0
		for i := range units {
			if d := planar.DistanceSquared(from, place(i)); d > far {
				best, far = i, d
			}
		}
		return best
	}
	first := farthest(place(0))
	seeds := [2]int{first, farthest(place(first))}
	half := slices.Repeat([]int{-1}, len(units))
	size := [2]int{}
	take := func(i, side int) {
		half[i] = side
		size[side] += max(s.Instance.Units[units[i]].Households, 1)
	}
	grow := func(side int) bool {
		best, near := -1, math.Inf(1)
		for i := range units {
			if half[i] >= 0 || !slices.ContainsFunc(links[i], func(j int) bool { return half[j] == side }) {
				continue
			}
			if d := planar.DistanceSquared(place(seeds[side]), place(i)); d < near {
				best, near = i, d
			}
		}
		if best >= 0 {
			take(best, side)
		}
		return best >= 0
	}
	take(seeds[0], 0)
	if seeds[1] != seeds[0] {
		take(seeds[1], 1)
	}
	for {
		side := 0
		if size[1] < size[0] {
			side = 1
		}
		if !grow(side) && !grow(1-side) {
			break
		}
	}
	for i := range half { // a piece that hangs on neither
		half[i] = max(half[i], 0)
	}
	return half
}

// touched are the parts that a change concerns.
func (s *sheet) touched(c change) []int {
	seen := map[int]bool{}
	for _, m := range c.Moves {
		seen[s.partOf[m[0]]] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// judge gives the figures of one part.
func (s *sheet) judge(p *part) planning.Figures {
	labels := make([]int, len(p.units))
	for i, u := range p.units {
		labels[i] = s.grid[u]
	}
	return planning.Judge(p.in, labels, p.old, s.min, s.max)
}

// judgeAll gives the figures of the whole draft.
func (s *sheet) judgeAll() planning.Figures {
	return planning.Judge(s.Instance, s.grid, s.Old, s.min, s.max)
}

// Grid is a grid of a draft as pages show it.
type Grid struct {
	Label      int        `json:"label" doc:"Stays the same through all edits"`
	Title      string     `json:"title" doc:"Its name, were it published now"`
	Code       string     `json:"code" doc:"Its code, were it published now"`
	Number     int        `json:"number" doc:"In its community"`
	Community  string     `json:"community" doc:"Code"`
	Households int        `json:"households"`
	Units      int        `json:"units"`
	Middle     [2]float64 `json:"middle" doc:"Longitude and latitude of the households' middle"`
	Locked     bool       `json:"locked"`
	Note       string     `json:"note" doc:"Why it may stay out of bounds"`
	InBounds   bool       `json:"in_bounds"`
	Pieces     int        `json:"pieces" doc:"More than 1: the grid is torn"`
}

// grids lists the grids with these labels; nil: all, in order of label.
func (s *sheet) grids(only map[int]bool) []Grid {
	type sum struct {
		x, y, w float64
		units   []int
		grid    Grid
	}
	sums := map[int]*sum{}
	numbers := map[*part]map[int]int{}
	for u, g := range s.grid {
		if only != nil && !only[g] {
			continue
		}
		t := sums[g]
		if t == nil {
			p := s.parts[s.partOf[u]]
			if numbers[p] == nil {
				numbers[p] = s.numbers(p)
			}
			n := numbers[p][g]
			t = &sum{grid: Grid{Label: g, Title: p.gridName(n), Code: digits(p.code(n)), Number: n, Community: digits(int64(p.ID)), Locked: s.locked[g], Note: s.notes[g]}}
			sums[g] = t
		}
		unit := &s.Instance.Units[u]
		w := float64(max(unit.Households, 1))
		t.x, t.y, t.w = t.x+w*unit.X, t.y+w*unit.Y, t.w+w
		t.grid.Households += unit.Households
		t.grid.Units++
		t.units = append(t.units, u)
	}
	out := make([]Grid, 0, len(sums))
	for _, t := range sums {
		g := t.grid
		g.Middle = s.lonlat(orb.Point{t.x / t.w, t.y / t.w})
		g.InBounds = g.Households >= s.min && g.Households <= s.max
		out = append(out, g)
	}
	pieces := s.pieces(only)
	for i := range out {
		out[i].Pieces = pieces[out[i].Label]
	}
	slices.SortFunc(out, func(a, b Grid) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

// pieces counts the connected pieces of each grid.
func (s *sheet) pieces(only map[int]bool) map[int]int {
	parent := map[int]int{}
	for u, g := range s.grid {
		if only == nil || only[g] {
			parent[u] = u
		}
	}
	find := func(u int) int {
		for parent[u] != u {
			parent[u] = parent[parent[u]]
			u = parent[u]
		}
		return u
	}
	parts := map[int]bool{}
	for u := range parent {
		parts[s.partOf[u]] = true
	}
	for c := range parts {
		p := s.parts[c]
		for _, e := range p.in.Edges {
			u, v := p.units[e.U], p.units[e.V]
			if _, ok := parent[u]; ok && s.grid[u] == s.grid[v] {
				parent[find(u)] = find(v)
			}
		}
	}
	out := map[int]int{}
	for u := range parent {
		if find(u) == u {
			out[s.grid[u]]++
		}
	}
	return out
}

// polygon is a grid's outline in degrees.
func (s *sheet) polygon(grid int) orb.MultiPolygon {
	if shape, ok := s.polygons[grid]; ok {
		return shape
	}
	var members []int
	var p *part
	for u, g := range s.grid {
		if g == grid {
			p = s.parts[s.partOf[u]]
			members = append(members, s.at[u])
		}
	}
	if p == nil {
		return nil
	}
	s.polygons[grid] = s.outline(p, members)
	return s.polygons[grid]
}

// complete says why a draft cannot be handed in, or nothing: grids in one
// piece, and a reason for each that is out of bounds.
func (s *sheet) complete() error {
	for _, g := range s.grids(nil) {
		switch {
		case g.Pieces > 1:
			return NotComplete.New("why", words(g.Title+"不连片", fmt.Sprintf("%s is in %d pieces", g.Title, g.Pieces)), "grid", g.Label)
		case !g.InBounds && g.Note == "":
			return NotComplete.New("why", words(fmt.Sprintf("%s有 %d 户，超出范围，请写明理由", g.Title, g.Households),
				fmt.Sprintf("%s has %d households, out of bounds, without a reason", g.Title, g.Households)), "grid", g.Label)
		}
	}
	return nil
}

// numbers are the numbers that the grids of one part have by the rule, from 1,
// the dedicated ones that stay included (see part.stays).
func (s *sheet) numbers(p *part) map[int]int {
	middles, weight := maps.Clone(p.stays), map[int]float64{}
	for i, u := range p.units {
		g, unit := s.grid[u], &p.in.Units[i]
		w := float64(max(unit.Households, 1))
		m := middles[g]
		middles[g] = orb.Point{m[0] + w*unit.X, m[1] + w*unit.Y}
		weight[g] += w
	}
	for g, w := range weight {
		m := middles[g]
		middles[g] = orb.Point{m[0] / w, m[1] / w}
	}
	out := make(map[int]int, len(middles))
	for n, g := range planning.Numbered(middles) {
		out[g] = n + 1
	}
	return out
}

// code and gridName are those of the part's n-th grid once it is published.
func (p *part) code(n int) int64 { return int64(p.ID)*1000 + int64(n) }

func (p *part) gridName(n int) string { return fmt.Sprintf("%s第%d网格", p.Name, n) }
