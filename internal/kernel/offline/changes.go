package offline

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// Row is one row as phones get it.
type Row struct {
	ID      int64
	Version int
	Row     any // as JSON; nothing in it may depend on who reads
}

// Source gives phones one type of row. Rooms make them, internal/app registers
// them. What a source gives is kept on phones: classes that are sensitive (sealed
// reports, restricted care needs) are not among it.
type Source struct {
	Type string      // "case"
	Perm access.Perm // who has it at the grid gets the rows
	// Object is the rows' kind in the audit trail; "" for a source with a Stamp.
	Object string
	// Rows gives the rows of the grid, all (ids nil) or those among ids that
	// belong to it now, in the order of their ids.
	Rows func(ctx context.Context, r store.Reader, at access.Target, ids []int64) ([]Row, error)
	// Left tells whether an act with this name in the audit trail may take an
	// object out of its grid; nil: none does.
	Left func(action string) bool
	// Stamp, if given, changes when any row of the source did: lists that are the
	// city's, and short.
	Stamp func(ctx context.Context) (string, error)
}

// Supply makes sources known. It is called while the program opens.
func (s *Service) Supply(sources ...Source) {
	for _, x := range sources {
		if x.Type == "" || x.Rows == nil || (x.Object == "") == (x.Stamp == nil) || !x.Perm.Known() {
			panic("offline: bad source " + x.Type)
		}
		s.sources = append(s.sources, x)
	}
}

// Change is one row that a phone has to put in or take out.
type Change struct {
	Type    string `json:"type"`
	ID      int64  `json:"id" doc:"0: every row of this type in the grid"`
	Version int    `json:"version,omitempty"`
	Row     any    `json:"row,omitempty"`
	Gone    bool   `json:"gone,omitempty" doc:"it is not in the grid, or not yours to see, any more"`
}

// cursor is a place in what happened to a grid.
type cursor struct {
	Epoch  string            `json:"e"`
	Grid   int64             `json:"g"`
	Idx    int64             `json:"i"` // in the audit chain of the grid's district
	Types  []string          `json:"t"` // what its reader could see
	Stamps map[string]string `json:"s,omitempty"`
}

const (
	changesPage = 3000  // audit entries looked through for one answer
	changesMost = 30000 // beyond that a snapshot is quicker
)

// Changes are what happened to a grid after a cursor.
type Changes struct {
	Epoch   string   `json:"epoch"`
	Cursor  string   `json:"cursor"`
	More    bool     `json:"more" doc:"ask again at once"`
	Reset   bool     `json:"reset,omitempty" doc:"load the snapshot: there is no cursor, it is of another epoch, or too long ago"`
	Changes []Change `json:"changes"`
}

// sight is what an actor sees of a grid.
type sight struct {
	at      access.Target
	sources []Source
}

func (v *sight) types() []string {
	out := make([]string, len(v.sources))
	for i, x := range v.sources {
		out[i] = x.Type
	}
	return out
}

// see is what the actor may see of the grid; nothing if it lies out of reach.
func (s *Service) see(actor *access.Actor, grid int64) sight {
	at, ok := s.Place(grid)
	if !ok {
		return sight{}
	}
	v := sight{at: at}
	for _, x := range s.sources {
		if scope, err := actor.Scope(x.Perm, s.Today()); err == nil && scope.Covers(at) {
			v.sources = append(v.sources, x)
		}
	}
	return v
}

// Changes are what happened to the grid after the cursor, as far as the actor may
// see it. The cursor is a place in the audit chain, whose numbers are given in
// the order of commits: nothing that commits late is passed over.
func (s *Service) Changes(ctx context.Context, actor *access.Actor, grid int64, after string) (*Changes, error) {
	epoch, err := s.epochs.current(ctx)
	if err != nil {
		return nil, err
	}
	out := &Changes{Epoch: epoch, Changes: []Change{}}
	var c cursor
	given, err := web.ParseCursor(after, &c)
	if err != nil {
		return nil, err
	}
	given = given && c.Grid == grid
	v := s.see(actor, grid)
	if len(v.sources) == 0 {
		if !given {
			return nil, errs.NotFound.New()
		}
		for _, t := range c.Types { // it was seen before
			out.Changes = append(out.Changes, Change{Type: t, Gone: true})
		}
		return out, nil
	}
	size, err := chainSize(ctx, s.DB, v.at.District)
	if err != nil {
		return nil, err
	}
	if !given || c.Epoch != epoch || c.Idx > size || size-c.Idx > changesMost || s.gained(c, v) {
		out.Reset = true
		return out, nil
	}
	for _, t := range c.Types {
		if !slices.Contains(v.types(), t) {
			out.Changes = append(out.Changes, Change{Type: t, Gone: true})
		}
	}
	to := min(size, c.Idx+changesPage)
	moved, err := s.moved(ctx, v, c.Idx, to)
	if err != nil {
		return nil, err
	}
	next := cursor{Epoch: epoch, Grid: grid, Idx: to, Types: v.types(), Stamps: map[string]string{}}
	for _, x := range v.sources {
		var found []Change
		if x.Stamp != nil {
			stamp, err := x.Stamp(ctx)
			if err != nil {
				return nil, err
			}
			if next.Stamps[x.Type] = stamp; stamp != c.Stamps[x.Type] {
				found, err = changed(ctx, s.DB, x, v.at, nil, nil)
			}
			if err != nil {
				return nil, err
			}
		} else if m := moved[x.Object]; m != nil {
			if found, err = changed(ctx, s.DB, x, v.at, m.ids, m.left); err != nil {
				return nil, err
			}
		}
		out.Changes = append(out.Changes, found...)
	}
	out.Cursor, out.More = web.Cursor(next), to < size
	return out, nil
}

// gained tells whether there is a type that the cursor's reader could not see.
func (s *Service) gained(c cursor, v sight) bool {
	return slices.ContainsFunc(v.types(), func(t string) bool { return !slices.Contains(c.Types, t) })
}

func chainSize(ctx context.Context, r store.Reader, district int) (size int64, err error) {
	err = r.QueryRow(ctx, "SELECT COALESCE(MAX(size), 0) FROM audit_head WHERE district = ?", district).Scan(&size)
	return size, err
}

// touched are objects of one kind that something happened to.
type touched struct {
	ids  []int64
	left []int64 // those that may have left the grid
}

// moved reads who was touched in a stretch of the chain, by kind of object.
func (s *Service) moved(ctx context.Context, v sight, from, to int64) (map[string]*touched, error) {
	args := []any{v.at.District, from, to}
	left := map[string]func(string) bool{}
	for _, x := range v.sources {
		if x.Object != "" {
			args = append(args, x.Object)
			left[x.Object] = x.Left
		}
	}
	out := map[string]*touched{}
	if len(left) == 0 || from == to {
		return out, nil
	}
	rows, err := s.DB.Query(ctx, "SELECT DISTINCT object, object_id, action FROM audit WHERE district = ? AND idx >= ? AND idx < ? AND object IN (?"+strings.Repeat(",?", len(args)-4)+") ORDER BY object, object_id", args...)
	_, err = store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
		var object, action string
		var id int64
		if err := r.Scan(&object, &id, &action); err != nil {
			return struct{}{}, err
		}
		m := out[object]
		if m == nil {
			m = &touched{}
			out[object] = m
		}
		if len(m.ids) == 0 || m.ids[len(m.ids)-1] != id {
			m.ids = append(m.ids, id)
		}
		if f := left[object]; f != nil && f(action) {
			m.left = append(m.left, id)
		}
		return struct{}{}, nil
	})
	return out, err
}

// idsAtOnce keeps a source's query within the databases' bounds.
const idsAtOnce = 500

// changed are the rows of the touched objects that belong to the grid, and which
// of those that may have left it are not there any more.
func changed(ctx context.Context, r store.Reader, x Source, at access.Target, ids, left []int64) ([]Change, error) {
	var out []Change
	there := map[int64]bool{}
	parts := [][]int64{nil}
	if ids != nil {
		parts = slices.Collect(slices.Chunk(ids, idsAtOnce))
	}
	for _, part := range parts {
		rows, err := x.Rows(ctx, r, at, part)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", x.Type, err)
		}
		for _, row := range rows {
			there[row.ID] = true
			out = append(out, Change{Type: x.Type, ID: row.ID, Version: row.Version, Row: row.Row})
		}
	}
	for _, id := range slices.Compact(slices.Clone(left)) {
		if !there[id] {
			out = append(out, Change{Type: x.Type, ID: id, Gone: true})
		}
	}
	return out, nil
}
