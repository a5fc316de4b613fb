package plan

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/paulmach/orb/geojson"

	"linli/internal/grid/planning"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Decide takes a draft a step further: ask, withdraw, approve, decline. The
// permission is the caller's to check; that an approver is no author, and that
// two different persons approve, is checked here.
func (s *Service) Decide(ctx context.Context, scope access.Scope, id int64, kind, note string) error {
	return s.with(ctx, scope, id, func(d *draft, p *Plan, sh *sheet) error {
		note, err := checkText("note", words("理由", "reason"), note, 500, true)
		if err != nil {
			return err
		}
		step, ok := steps[kind]
		if !ok || !slices.Contains(step.from, d.Status) {
			return NotNow.New("status", statusNames[d.Status])
		}
		past, err := s.decisions(ctx, d)
		if err != nil {
			return err
		}
		to := step.to
		switch kind {
		case Ask:
			if err := sh.complete(); err != nil {
				return err
			}
		case Approve:
			if slices.Contains(d.Authors, scope.Account()) {
				return OwnPlan.New()
			}
			if open := slices.IndexFunc(sh.requests, func(r Request) bool { return len(r.Answers) == 0 }); open >= 0 {
				return Unanswered.New("request", sh.requests[open].Text)
			}
			n := 1
			for _, x := range sinceAsked(past) {
				if x.Kind != Approve {
					continue
				}
				if x.Actor == scope.Account() {
					return TwoPersons.New()
				}
				n++
			}
			if n < approvals {
				to = Asked
			}
		}
		return s.DB.Write(ctx, func(tx *store.Tx) error {
			author := int64(0)
			if kind == Ask {
				author = scope.Account()
			}
			// A first approval leaves status and version: the row of the decision keeps two at once apart.
			if err := touch(tx, d, d.Version, to, author); err != nil {
				return err
			}
			return s.decide(tx, scope, d, p, decision{Seq: len(past) + 1, Kind: kind, Note: note})
		})
	})
}

// sinceAsked are the decisions since the draft was last handed in.
func sinceAsked(past []decision) []decision {
	for i := len(past) - 1; i >= 0; i-- {
		if past[i].Kind == Ask {
			return past[i:]
		}
	}
	return nil
}

// decide writes a decision; errs.Stale if another took its place meanwhile.
func (s *Service) decide(tx *store.Tx, scope access.Scope, d *draft, p *Plan, x decision) error {
	var have int
	if err := tx.QueryRow("SELECT COUNT(*) FROM plan_decision WHERE district = ? AND draft = ?", d.District, d.ID).Scan(&have); err != nil {
		return err
	}
	if have != x.Seq-1 {
		return errs.Stale.New("current", d.Version)
	}
	vals := []any{d.District, d.ID, x.Seq, x.Kind, x.Note, x.Day, x.Publication, scope.Account(), tx.Now()}
	if err := tx.Insert(decisionTable, vals...); err != nil {
		return err
	}
	return record(tx, scope, p, "plan."+x.Kind, d.ID, x.Seq, map[string]any{"draft": d.Name, "version": d.Version, "note": x.Note, "day": x.Day}, digestOf(vals...))
}

// Publish brings an approved draft into force from a day on: the city's grids,
// the posts of their workers from that day, and on that day the open cases.
func (s *Service) Publish(ctx context.Context, scope access.Scope, id int64, day int, note string) error {
	err := s.with(ctx, scope, id, func(d *draft, p *Plan, sh *sheet) error {
		note, err := checkText("note", words("说明", "note"), note, 500, false)
		if err != nil {
			return err
		}
		if d.Status != Approved {
			return NotNow.New("status", statusNames[d.Status])
		}
		past, err := s.decisions(ctx, d)
		if err != nil {
			return err
		}
		r, err := sh.redraw(p, s.DB.NextID)
		if err != nil {
			return err
		}
		r.ID, r.From = s.DB.NextID(), day
		body, err := json.Marshal(s.handover(sh, r.labels))
		if err != nil {
			return err
		}
		return s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := s.City.Publish(tx, scope, r.Redraw); err != nil {
				return err
			}
			if err := touch(tx, d, d.Version, Published, 0); err != nil {
				return err
			}
			if _, err := tx.Exec("INSERT INTO plan_handover (district, publication, draft, day, status, body) VALUES (?, ?, ?, ?, ?, ?)", d.District, r.ID, d.ID, day, handPosts, string(body)); err != nil {
				return err
			}
			return s.decide(tx, scope, d, p, decision{Seq: len(past) + 1, Kind: Publish, Note: note, Day: day, Publication: r.ID})
		})
	})
	return s.settle(ctx, err)
}

// Undo takes a publication back before its day; the draft is approved as before.
func (s *Service) Undo(ctx context.Context, scope access.Scope, id int64, note string) error {
	err := s.with(ctx, scope, id, func(d *draft, p *Plan, _ *sheet) error {
		note, err := checkText("note", words("理由", "reason"), note, 500, true)
		if err != nil {
			return err
		}
		if d.Status != Published {
			return NotNow.New("status", statusNames[d.Status])
		}
		past, err := s.decisions(ctx, d)
		if err != nil {
			return err
		}
		last := past[len(past)-1]
		return s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := s.City.Undo(tx, scope, last.Publication); err != nil {
				return err
			}
			if err := touch(tx, d, d.Version, Approved, 0); err != nil {
				return err
			}
			if _, err := tx.Exec("UPDATE plan_handover SET status = ? WHERE district = ? AND publication = ?", handBack, d.District, last.Publication); err != nil {
				return err
			}
			return s.decide(tx, scope, d, p, decision{Seq: len(past) + 1, Kind: Undo, Note: note, Day: last.Day, Publication: last.Publication})
		})
	})
	return s.settle(ctx, err)
}

// settle makes what was just published or taken back known and hands posts over.
// What fails here is done again by the chore.
func (s *Service) settle(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	if err := s.City.Refresh(ctx); err != nil {
		s.Log.Warn("published grids are seen with the next look at the tables", "error", err)
		return nil
	}
	if err := s.HandOver(ctx); err != nil {
		s.Log.Warn("posts of published grids are given later", "error", err)
	}
	return nil
}

// redrawn is a Redraw with the label that each of its grids had in the draft.
type redrawn struct {
	Redraw
	labels map[int]int64 // label → id of the grid
	named  map[int]NewGrid
}

// redraw makes the publication of a draft: a new grid that is at least half the
// same as an old one keeps its id, others get new ones; codes run west to east
// in bands from north to south over all grids of a community, the dedicated
// ones that stay included.
func (s *sheet) redraw(p *Plan, newID func() int64) (*redrawn, error) {
	r := &redrawn{labels: map[int]int64{}, named: map[int]NewGrid{}}
	r.Communities, r.Buildings = p.Communities, map[int64]int64{}
	weight := make([]int, len(s.grid))
	for u := range weight {
		weight[u] = s.Instance.Units[u].Households
	}
	kept := keptIDs(s.grid, s.Old, weight)
	stays := map[int64]bool{}
	for _, k := range s.parts {
		if len(k.Area) == 0 {
			return nil, NotComplete.New("why", words(k.Name+"没有边界", k.Name+" has no boundary"))
		}
		members := map[int][]int{}
		households := map[int]int{}
		for i, u := range k.units {
			members[s.grid[u]] = append(members[s.grid[u]], i)
			households[s.grid[u]] += weight[u]
		}
		numbers := s.numbers(k)
		for _, label := range slices.Sorted(maps.Keys(numbers)) {
			n := numbers[label]
			g := NewGrid{Community: int64(k.ID), Code: k.code(n)}
			if label < 0 {
				o := s.OldGrids[-1-label]
				stays[o.ID] = true
				g.ID, g.Kind, g.Purpose, g.Name, g.Polygon, g.Households = o.ID, o.Kind, o.Purpose, o.Name, o.Polygon, o.Households
				r.Grids = append(r.Grids, g)
				continue
			}
			text, err := geojson.NewGeometry(s.outline(k, members[label])).MarshalJSON()
			if err != nil {
				return nil, err
			}
			g.Kind, g.Name, g.Polygon, g.Households, g.Note = basic, k.gridName(n), string(text), households[label], s.notes[label]
			if o, ok := kept[label]; ok {
				g.ID = s.OldGrids[o].ID
			} else {
				g.ID = newID()
			}
			stays[g.ID] = true
			r.labels[label], r.named[label] = g.ID, g
			r.Grids = append(r.Grids, g)
		}
	}
	for _, o := range s.OldGrids {
		if !stays[o.ID] {
			r.Ended = append(r.Ended, o.ID)
		}
	}
	// A building lies where most of its households are: its entrances may be in two grids.
	most := map[int64]int{}
	for u, b := range s.Buildings {
		if b != 0 && (r.Buildings[b] == 0 || weight[u] > most[b]) {
			r.Buildings[b], most[b] = r.labels[s.grid[u]], weight[u]
		}
	}
	return r, nil
}

// Handover is what a publication means for people and open cases.
type Handover struct {
	Workers []Move          `json:"workers"`
	Heirs   map[int64]int64 `json:"heirs"` // every old grid → the new one that has most of it
}

// Move is where a worker's post goes.
type Move struct {
	Worker
	To int64 `json:"to"` // the grid from the day on
}

// handover proposes where the workers of the old grids go: each old grid's to
// the new one with which it shares most households, one to one as far as that
// goes; the others strengthen the new grid that has most of theirs. What a
// person chose goes before, as long as that grid is there.
func (s *Service) handover(sh *sheet, labels map[int]int64) Handover {
	shared := map[[2]int]int{} // old, label
	for u, o := range sh.Old {
		if o >= 0 {
			shared[[2]int{o, sh.grid[u]}] += max(sh.Instance.Units[u].Households, 1)
		}
	}
	best, size := map[int]int{}, map[int]int{}
	for pair, n := range shared {
		o, label := pair[0], pair[1]
		if now, ok := best[o]; !ok || n > size[o] || n == size[o] && label < now {
			best[o], size[o] = label, n
		}
	}
	h := Handover{Workers: []Move{}, Heirs: map[int64]int64{}}
	for o, label := range best {
		h.Heirs[sh.OldGrids[o].ID] = labels[label]
	}
	to := maps.Clone(h.Heirs)
	for _, pair := range planning.Succession(shared) {
		to[sh.OldGrids[pair[0]].ID] = labels[pair[1]]
	}
	for _, w := range s.People.Workers(slices.Sorted(maps.Keys(to))) {
		m := Move{w, to[w.Grid]}
		if chosen := labels[sh.chosen(w.Post)]; chosen != 0 {
			m.To = chosen
		}
		h.Workers = append(h.Workers, m)
	}
	return h
}

// Statuses of a handover.
const (
	handPosts = "posts"  // posts are to be given
	handWaits = "waits"  // for the day
	handDone  = "done"   // the open cases followed
	handBack  = "back"   // taken back: posts are to be given back
	handUndid = "undone" // and were
)

// HandOver brings every publication as far as it can come today: posts are
// given at once (they begin on the day), open cases follow on the day. It is
// safe to repeat.
func (s *Service) HandOver(ctx context.Context) error {
	type row struct {
		district    int
		publication int64
		day         int
		status      string
		body        string
	}
	rows, err := s.DB.Query(ctx, "SELECT district, publication, day, status, body FROM plan_handover WHERE status IN (?, ?, ?) ORDER BY publication", handPosts, handWaits, handBack)
	if err != nil {
		return err
	}
	var list []row
	for rows.Next() {
		var x row
		if err := rows.Scan(&x.district, &x.publication, &x.day, &x.status, &x.body); err != nil {
			rows.Close()
			return err
		}
		list = append(list, x)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, x := range list {
		var h Handover
		if err := json.Unmarshal([]byte(x.body), &h); err != nil {
			return err
		}
		next := x.status
		switch x.status {
		case handPosts, handBack:
			do, then := s.People.Move, handWaits
			if x.status == handBack {
				do, then = s.People.MoveBack, handUndid
			}
			for _, m := range h.Workers {
				if m.To == 0 || m.To == m.Grid {
					continue
				}
				if err := do(ctx, m.Post, m.To, x.day); err != nil {
					return fmt.Errorf("plan: post %d of publication %d: %w", m.Post, x.publication, err)
				}
			}
			next = then
		case handWaits:
			if s.Today() < x.day {
				continue
			}
			if _, err := s.Cases.FollowGrids(ctx, h.Heirs); err != nil {
				return err
			}
			next = handDone
		}
		if err := s.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE plan_handover SET status = ? WHERE district = ? AND publication = ? AND status = ?", next, x.district, x.publication, x.status)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// leftDays is for how many days after a net came into force what stayed behind is
// tried again.
const leftDays = 90

// FollowAgain lets follow what could not when a net came into force: a row whose term
// overlapped that of another one follows once that one has ended. Nets are gone
// through in their order, so that what was planned twice goes the whole way.
func (s *Service) FollowAgain(ctx context.Context) error {
	today := s.Today()
	t := time.Date(today/10000, time.Month(today/100%100), today%100-leftDays, 0, 0, 0, 0, time.UTC)
	rows, err := s.DB.Query(ctx, "SELECT body FROM plan_handover WHERE status = ? AND day BETWEEN ? AND ? ORDER BY publication", handDone, t.Year()*10000+int(t.Month())*100+t.Day(), today)
	list, err := store.All(rows, err, func(rows *sql.Rows) (h Handover, err error) {
		var body string
		if err := rows.Scan(&body); err != nil {
			return h, err
		}
		return h, json.Unmarshal([]byte(body), &h)
	})
	if err != nil {
		return err
	}
	for _, h := range list {
		if _, err := s.Cases.FollowGrids(ctx, h.Heirs); err != nil {
			return err
		}
	}
	return nil
}
