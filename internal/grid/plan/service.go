package plan

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/prepare"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Service is the room's door.
type Service struct {
	DB     *store.DB
	City   City
	People People
	Cases  Cases
	Today  func() int // the city's day, yyyymmdd
	Log    *slog.Logger

	mu      sync.Mutex // of what follows
	opened  []*opened  // the most recently used last
	grounds []keptGround
	runs    map[int64]context.CancelFunc
	bg      sync.WaitGroup
	closed  bool
}

// How many drafts and grounds are kept in memory; a city's ground takes about 15 MB.
const (
	mostOpened  = 12
	mostGrounds = 4
)

// opened is a draft in memory. Its sheet is used by one request at a time.
type opened struct {
	id    int64
	mu    sync.Mutex
	sheet *sheet
}

const maxName = 60

// Sources of a plan's buildings.
const (
	fromCity   = "city"
	fromUpload = "upload"
)

// Upload makes a plan of communities with the buildings of a file (CSV, Excel
// or GeoJSON) in place of the city's own.
func (s *Service) Upload(ctx context.Context, scope access.Scope, name string, communities []int64, path string, system prepare.System) (*Plan, error) {
	p, err := s.begin(scope, name, communities)
	if err != nil {
		return nil, err
	}
	survey, err := s.City.Survey(ctx, p.Communities)
	if err != nil {
		return nil, err
	}
	ground, err := survey.ground(path, system)
	if err != nil {
		return nil, err
	}
	p.Source = fromUpload
	return p, s.keepPlan(ctx, scope, p, ground)
}

// Create makes a plan of communities as they are today.
func (s *Service) Create(ctx context.Context, scope access.Scope, name string, communities []int64) (*Plan, error) {
	p, err := s.begin(scope, name, communities)
	if err != nil {
		return nil, err
	}
	survey, err := s.City.Survey(ctx, p.Communities)
	if err != nil {
		return nil, err
	}
	ground, err := survey.ground("", "")
	if err != nil {
		return nil, err
	}
	p.Source = fromCity
	return p, s.keepPlan(ctx, scope, p, ground)
}

// begin checks what every new plan needs.
func (s *Service) begin(scope access.Scope, name string, communities []int64) (*Plan, error) {
	name, err := checkText("name", words("名称", "name"), name, maxName, true)
	if err != nil {
		return nil, err
	}
	communities = slices.Clone(communities)
	slices.Sort(communities)
	p := &Plan{ID: s.DB.NextID(), Name: name, Communities: slices.Compact(communities), CreatedBy: scope.Account()}
	if len(p.Communities) == 0 {
		return nil, NoPlace.New().In("communities")
	}
	p.place()
	return p, scope.Check(p.Target())
}

func (s *Service) keepPlan(ctx context.Context, scope access.Scope, p *Plan, g *Ground) error {
	raw, err := g.pack()
	if err != nil {
		return err
	}
	list, err := json.Marshal(p.Communities)
	if err != nil {
		return err
	}
	p.Units = len(g.Instance.Units)
	for _, u := range g.Instance.Units {
		p.Households += u.Households
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		p.CreatedAt = tx.Now()
		tx.Append(planTable, p.District, p.ID, p.Street, p.Community, p.Name, p.Source, string(list), p.Units, p.Households, raw, p.CreatedBy, p.CreatedAt)
		return record(tx, scope, p, "plan.create", p.ID, 1, map[string]any{"name": p.Name, "source": p.Source, "communities": len(p.Communities)}, digestOf(p.ID, string(list), string(raw)))
	})
}

// Copy makes an editable draft of a result or of another draft, as it is now.
func (s *Service) Copy(ctx context.Context, scope access.Scope, from int64, name string) (*draft, error) {
	name, err := checkText("name", words("名称", "name"), name, maxName, true)
	if err != nil {
		return nil, err
	}
	var d *draft
	err = s.with(ctx, scope, from, func(old *draft, p *Plan, sh *sheet) error {
		d, err = s.newDraft(ctx, scope, old, p, name, sh.grid)
		return err
	})
	return d, err
}

// Towers makes a plan in which units are split by their entrances (unit → how
// many), with a draft that is the given one otherwise: the entrances of a unit
// begin in its grid.
func (s *Service) Towers(ctx context.Context, scope access.Scope, from int64, name string, entrances map[int]int) (*draft, error) {
	var d *draft
	err := s.with(ctx, scope, from, func(old *draft, p *Plan, sh *sheet) error {
		name, err := checkText("name", words("名称", "name"), name, maxName, true)
		if err != nil {
			return err
		}
		for u, n := range entrances {
			if u < 0 || u >= len(sh.grid) || n < 2 || n > min(prepare.MostEntrances, sh.Instance.Units[u].Households) {
				return errs.Invalid.New("field", words("单元数", "entrances"), "remedy", words("至少 2 个，不超过户数和 100。", "at least 2, at most the households and 100.")).In("entrances")
			}
		}
		if len(entrances) == 0 {
			return NothingLeft.New("what", words("拆分", "split"))
		}
		in, of := prepare.Split(sh.Instance, entrances)
		g := &Ground{Instance: in, OldGrids: sh.OldGrids, Findings: sh.Findings}
		grid := make([]int, len(of))
		for i, u := range of {
			g.Buildings, g.Names, g.Old = append(g.Buildings, sh.Buildings[u]), append(g.Names, sh.Names[u]), append(g.Old, sh.Old[u])
			grid[i] = sh.grid[u]
		}
		fresh := &Plan{ID: s.DB.NextID(), Name: name, Source: p.Source, Communities: p.Communities, CreatedBy: scope.Account()}
		fresh.place()
		if err := s.keepPlan(ctx, scope, fresh, g); err != nil {
			return err
		}
		d, err = s.newDraft(ctx, scope, old, fresh, old.Name, grid)
		return err
	})
	return d, err
}

// newDraft keeps an editable draft made from another one.
func (s *Service) newDraft(ctx context.Context, scope access.Scope, from *draft, p *Plan, name string, grid []int) (*draft, error) {
	d := &draft{District: p.District, ID: s.DB.NextID(), Plan: p.ID, Run: from.Run, Name: name, Status: Draft, Options: from.Options, Report: from.Report, Authors: slices.Clone(from.Authors)}
	if !slices.Contains(d.Authors, scope.Account()) {
		d.Authors = append(d.Authors, scope.Account())
	}
	return d, s.DB.Write(ctx, func(tx *store.Tx) error {
		d.CreatedAt, d.ChangedAt = tx.Now(), tx.Now()
		if err := insertDraft(tx, d, grid); err != nil {
			return err
		}
		return record(tx, scope, p, "plan.draft", d.ID, 0, map[string]any{"name": name, "from": from.ID}, digestOf(d.ID, name, grid))
	})
}

// Rename gives a draft another name.
func (s *Service) Rename(ctx context.Context, scope access.Scope, id int64, name string) (*draft, error) {
	d, p, err := s.draftByID(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	name, err = checkText("name", words("名称", "name"), name, maxName, true)
	if err != nil {
		return nil, err
	}
	return d, s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec("UPDATE plan_draft SET name = ? WHERE district = ? AND id = ?", name, d.District, d.ID); err != nil {
			return err
		}
		err := record(tx, scope, p, "plan.draft", d.ID, 0, map[string]any{"name": name, "was": d.Name}, digestOf(d.ID, name))
		d.Name = name
		return err
	})
}

// with calls fn with a draft as it is now; nobody else uses its sheet meanwhile.
func (s *Service) with(ctx context.Context, scope access.Scope, id int64, fn func(*draft, *Plan, *sheet) error) error {
	if _, _, err := s.draftByID(ctx, scope, id); err != nil { // before waiting for anybody
		return err
	}
	o := s.slot(id)
	o.mu.Lock()
	defer o.mu.Unlock()
	d, p, err := s.draftByID(ctx, scope, id)
	if err != nil {
		return err
	}
	if o.sheet == nil {
		if o.sheet, err = s.open(ctx, d); err != nil {
			return err
		}
	}
	if o.sheet.version < d.Version { // edited by another process
		later, err := s.edits(ctx, d, o.sheet.version)
		if err != nil {
			return err
		}
		for _, c := range later {
			if err := o.sheet.apply(c); err != nil {
				o.sheet = nil
				return err
			}
		}
	}
	return fn(d, p, o.sheet)
}

// slot is the place in memory of a draft; the one used longest ago makes room.
func (s *Service) slot(id int64) *opened {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.opened, func(o *opened) bool { return o.id == id })
	o := &opened{id: id}
	if i >= 0 {
		o = s.opened[i]
		s.opened = slices.Delete(s.opened, i, i+1)
	} else if len(s.opened) == mostOpened {
		s.opened = slices.Delete(s.opened, 0, 1)
	}
	s.opened = append(s.opened, o)
	return o
}

// open makes a draft's sheet from its rows.
func (s *Service) open(ctx context.Context, d *draft) (*sheet, error) {
	g, err := s.groundOf(ctx, d.District, d.Plan)
	if err != nil {
		return nil, err
	}
	var raw []byte
	if err := s.DB.QueryRow(ctx, "SELECT grid FROM plan_draft WHERE district = ? AND id = ?", d.District, d.ID).Scan(&raw); err != nil {
		return nil, err
	}
	grid, err := unpackGrid(raw)
	if err != nil {
		return nil, err
	}
	sh := newSheet(g, grid, d.Options.Min, d.Options.Max)
	all, err := s.edits(ctx, d, 0)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if err := sh.apply(c); err != nil {
			return nil, err
		}
	}
	return sh, nil
}

// keptGround is the ground of a plan in memory, shared by its drafts.
type keptGround struct {
	plan int64
	*ground
}

// groundOf is a plan's ground, from memory or its row.
func (s *Service) groundOf(ctx context.Context, district int, plan int64) (*ground, error) {
	s.mu.Lock()
	i := slices.IndexFunc(s.grounds, func(k keptGround) bool { return k.plan == plan })
	if i >= 0 {
		defer s.mu.Unlock()
		return s.grounds[i].ground, nil
	}
	s.mu.Unlock()
	var raw []byte
	if err := s.DB.QueryRow(ctx, "SELECT ground FROM plan WHERE district = ? AND id = ?", district, plan).Scan(&raw); err != nil {
		return nil, err
	}
	g, err := unpackGround(raw)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.grounds) == mostGrounds {
		s.grounds = slices.Delete(s.grounds, 0, 1)
	}
	s.grounds = append(s.grounds, keptGround{plan, g})
	return g, nil
}

// EditIn is what a person does to a draft.
type EditIn struct {
	Kind        string
	Units       []int
	Grids       []int
	To          int // of a move; -1: a new grid
	Text        string
	Communities []int64
	Post        int64 // of a worker
}

// Effect is what an edit did.
type Effect struct {
	Version int
	Moves   [][2]int // unit, the grid in which it is now
	Touched []int    // grids that it was about
	Changed []int    // those and what is numbered anew for them; those without units are gone
	Before  []Measured
	After   []Measured
}

// Edit changes a draft of the given version, durably, and tells the effect.
func (s *Service) Edit(ctx context.Context, scope access.Scope, id int64, version int, in EditIn, show func(*sheet, *Effect) error) error {
	return s.with(ctx, scope, id, func(d *draft, p *Plan, sh *sheet) error {
		if d.Status != Draft {
			return NotNow.New("status", statusNames[d.Status])
		}
		if version != d.Version {
			return errs.Stale.New("current", d.Version)
		}
		c, err := s.change(ctx, sh, in)
		if err != nil {
			return err
		}
		real := c
		switch c.Kind {
		case editUndo:
			if len(sh.done) == 0 {
				return NothingLeft.New("what", words("撤销", "undo"))
			}
			real = sh.done[len(sh.done)-1]
		case editRedo:
			if len(sh.undone) == 0 {
				return NothingLeft.New("what", words("重做", "redo"))
			}
			real = sh.undone[len(sh.undone)-1]
		}
		if err := s.log(ctx, scope, d, p, c, scope.Account()); err != nil {
			return err
		}
		e := &Effect{Version: d.Version + 1}
		parts := sh.touched(real)
		for _, k := range parts {
			e.Before = append(e.Before, sh.measure(sh.parts[k]))
		}
		if err := sh.apply(c); err != nil {
			return err
		}
		for _, k := range parts {
			e.After = append(e.After, sh.measure(sh.parts[k]))
		}
		changed := map[int]bool{}
		for _, m := range real.Moves {
			e.Moves = append(e.Moves, [2]int{m[0], sh.grid[m[0]]})
			changed[m[1]], changed[m[2]] = true, true
		}
		for _, g := range real.Lock {
			changed[g] = true
		}
		if real.Kind == editNote {
			changed[real.Grid] = true
		}
		e.Touched = slices.Sorted(maps.Keys(changed))
		for _, k := range parts {
			for _, u := range sh.parts[k].units {
				changed[sh.grid[u]] = true
			}
		}
		e.Changed = slices.Sorted(maps.Keys(changed))
		return show(sh, e)
	})
}

// change turns what a person wants into what will be done.
func (s *Service) change(ctx context.Context, sh *sheet, in EditIn) (change, error) {
	first := func() int {
		if len(in.Grids) == 0 {
			return -1
		}
		return in.Grids[0]
	}
	switch in.Kind {
	case editMove:
		return sh.move(in.Units, in.To)
	case editMerge:
		return sh.merge(in.Grids)
	case editSplit:
		members, err := sh.members(first())
		if err != nil {
			return change{}, err
		}
		if err := sh.free(first()); err != nil {
			return change{}, err
		}
		halves := sh.halve(members)
		c := sh.relabel(editSplit, members, halves)
		if len(c.Moves) == 0 {
			return c, NothingLeft.New("what", words("拆分", "split"))
		}
		return c, nil
	case editRepair:
		members, err := sh.members(first())
		if err != nil {
			return change{}, err
		}
		p := sh.parts[sh.partOf[members[0]]]
		return s.repair(ctx, sh, p)
	case editLock, editUnlock:
		for _, g := range in.Grids {
			if _, err := sh.members(g); err != nil {
				return change{}, err
			}
		}
		return change{Kind: in.Kind, Lock: slices.DeleteFunc(slices.Clone(in.Grids), func(g int) bool { return sh.locked[g] == (in.Kind == editLock) })}, nil
	case editNote:
		if _, err := sh.members(first()); err != nil {
			return change{}, err
		}
		text, err := checkText("text", words("理由", "reason"), in.Text, 200, false)
		return change{Kind: editNote, Grid: first(), Was: sh.notes[first()], Text: text}, err
	case editWish:
		text, err := checkText("text", words("说明", "text"), in.Text, 200, true)
		return change{Kind: editWish, About: in.Communities, Text: text}, err
	case editWorker:
		c := change{Kind: editWorker, Post: in.Post, From: sh.chosen(in.Post), To: max(in.To, -1)}
		if c.To == c.From {
			return c, NothingLeft.New("what", words("调整", "change"))
		}
		if c.To >= 0 {
			if _, err := sh.members(c.To); err != nil {
				return c, err
			}
		}
		return c, s.worksHere(sh, in.Post)
	}
	return change{Kind: in.Kind}, nil // undo, redo
}

// worksHere refuses a post that is none of a worker of the grids that are planned anew.
func (s *Service) worksHere(sh *sheet, post int64) error {
	grids := make([]int64, len(sh.OldGrids))
	for i, o := range sh.OldGrids {
		grids[i] = o.ID
	}
	if !slices.ContainsFunc(s.People.Workers(grids), func(w Worker) bool { return w.Post == post }) {
		return errs.NotFound.New()
	}
	return nil
}

// Answer is an approver's word on one of the draft's requests: an author has
// none, and without it the draft is not approved.
func (s *Service) Answer(ctx context.Context, scope access.Scope, id int64, request int, granted bool, note string) error {
	return s.with(ctx, scope, id, func(d *draft, p *Plan, sh *sheet) error {
		note, err := checkText("note", words("理由", "reason"), note, 200, true)
		switch {
		case err != nil:
			return err
		case d.Status != Asked:
			return NotNow.New("status", statusNames[d.Status])
		case slices.Contains(d.Authors, scope.Account()):
			return OwnPlan.New()
		case request < 0 || request >= len(sh.requests):
			return errs.NotFound.New()
		}
		c := change{Kind: editAnswer, Request: request, Granted: granted, Text: note, By: scope.Account()}
		if err := s.log(ctx, scope, d, p, c, 0); err != nil {
			return err
		}
		return sh.apply(c)
	})
}

// log writes an edit as the draft's next version; author 0 adds none.
func (s *Service) log(ctx context.Context, scope access.Scope, d *draft, p *Plan, c change, author int64) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := touch(tx, d, d.Version+1, d.Status, author); err != nil {
			return err
		}
		vals := []any{d.District, d.ID, d.Version + 1, c.Kind, string(body), scope.Account(), tx.Now()}
		tx.Append(editTable, vals...)
		return record(tx, scope, p, "plan.edit", d.ID, d.Version+1, map[string]any{"kind": c.Kind, "units": len(c.Moves)}, digestOf(vals...))
	})
}

// repairTime is how long the planner may think about one community.
const repairTime = 800 * time.Millisecond

// repair has a community planned anew from its present grids on; locked ones stay.
func (s *Service) repair(ctx context.Context, sh *sheet, p *part) (change, error) {
	o, err := Options{Min: sh.min, Max: sh.max}.planning("compact")
	if err != nil {
		return change{}, err
	}
	o.Time = repairTime
	o.Warm, o.Locked = make([]int, len(p.units)), make([]bool, len(p.units))
	for i, u := range p.units {
		o.Warm[i], o.Locked[i] = sh.grid[u], sh.locked[sh.grid[u]]
	}
	made, err := planning.Solve(ctx, p.in, o)
	if err != nil {
		return change{}, err
	}
	c := sh.relabel(editRepair, p.units, made.Grid)
	if len(c.Moves) == 0 {
		return c, NothingLeft.New("what", words("改进", "improve"))
	}
	return c, nil
}

// Close stops what runs in the background and waits for it.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	for _, cancel := range s.runs {
		cancel()
	}
	s.mu.Unlock()
	s.bg.Wait()
}
