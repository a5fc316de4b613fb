package region

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

var (
	versionTable      = &store.Table{Name: "grid_version", Cols: []string{"district", "publication", "grid", "valid_from", "ended", "kind", "purpose", "community", "name", "code", "polygon", "households", "note"}}
	buildingGridTable = &store.Table{Name: "building_grid", Cols: []string{"district", "publication", "building", "grid"}}
)

// The kinds of error of a publication.
var (
	RedrawPending = errs.Declare("redraw_pending", 409, "{community}已有待生效的网格方案（{day} 起）。请等它生效，或先撤回。", "{community} has grids that begin on {day}. Wait for that day, or take them back first.")
	RedrawBegun   = errs.Declare("redraw_begun", 409, "新网格已于 {day} 生效，不能撤回。如需调整，请另做方案。", "The new grids have been in force since {day} and cannot be taken back. Plan anew instead.")
)

// Redraw says what the grids of whole communities are from a day on.
type Redraw struct {
	ID          int64 // names the publication; the caller's
	From        int   // yyyymmdd, later than today
	Communities []int64
	Grids       []Grid          // as they are from then on, with their ids, codes and boundaries
	Ended       []int64         // grids that are no more from then on
	Buildings   map[int64]int64 // building → grid
}

// Publish writes the redraw into the caller's transaction. From its first day
// on the Atlas answers by it; call Refresh after the commit to have it known.
func (a *Atlas) Publish(tx *store.Tx, scope access.Scope, r Redraw) error {
	today := a.today()
	switch {
	case !validDay(r.From):
		return badDay("valid_from")
	case r.From <= today:
		return errs.Invalid.New("field", words("生效日期", "start date"), "remedy", words("应晚于今天。", "it must lie after today.")).In("valid_from")
	}
	if err := raiseStamp(tx); err != nil { // also holds other publications back until this one is written
		return err
	}
	byDistrict := map[int][]int64{}
	for _, c := range r.Communities {
		d := DistrictOf(c)
		if err := scope.Check(access.Target{District: d}); err != nil {
			return err
		}
		byDistrict[d] = append(byDistrict[d], c)
	}
	for d, list := range byDistrict {
		if err := a.nothingPending(tx, d, list, today); err != nil {
			return err
		}
	}
	codes := map[int64]bool{}
	for _, g := range r.Grids {
		if !slices.Contains(r.Communities, g.Community) || ParentOf(g.Code) != g.Community || g.ID <= 0 || codes[g.Code] {
			return badGrid.New("grid", g.ID, "why", words("代码与社区不符或重复", "its code does not fit its community or comes twice"))
		}
		codes[g.Code] = true
		if _, err := parsePolygon(g.Polygon); err != nil {
			return badGrid.New("grid", g.ID, "why", words("边界无法识别", "its boundary cannot be read")).Because(err)
		}
	}
	if err := a.covers(r); err != nil {
		return err
	}
	for _, d := range sortedKeys(byDistrict) {
		if err := a.publishDistrict(tx, scope, r, d, byDistrict[d]); err != nil {
			return err
		}
	}
	return nil
}

// covers refuses a redraw that was made on other grids than today's: each of
// them goes on or ends.
func (a *Atlas) covers(r Redraw) error {
	said := map[int64]bool{}
	for _, g := range r.Grids {
		said[g.ID] = true
	}
	for _, id := range r.Ended {
		said[id] = true
	}
	for _, g := range a.cur.Load().grids {
		if slices.Contains(r.Communities, g.Community) && !said[g.ID] {
			return badGrid.New("grid", g.Name, "why", words("它在方案编制之后才有，请重新编制", "it is newer than this plan; plan anew"))
		}
	}
	for _, id := range r.Ended {
		if a.GridCommunity(id) == 0 {
			return badGrid.New("grid", id, "why", words("它已不存在，请重新编制方案", "it is no more; plan anew"))
		}
	}
	return nil
}

func sortedKeys[V any](m map[int]V) []int {
	out := make([]int, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// publishDistrict writes one district's part, with a digest over its rows in
// the order in which Verify reads them.
func (a *Atlas) publishDistrict(tx *store.Tx, scope access.Scope, r Redraw, d int, communities []int64) error {
	slices.Sort(communities)
	list, err := json.Marshal(communities)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO grid_publication (district, id, valid_from, communities, published_by, published_at, undone_by, undone_at) VALUES (?, ?, ?, ?, ?, ?, 0, 0)",
		d, r.ID, r.From, string(list), scope.Account(), tx.Now()); err != nil {
		return err
	}
	type row struct {
		grid int64
		vals []any
	}
	var rows []row
	add := func(g Grid, ended int) {
		rows = append(rows, row{g.ID, []any{d, r.ID, g.ID, r.From, ended, g.Kind, g.Purpose, g.Community, g.Name, g.Code, g.Polygon, g.Households, g.Note}})
	}
	kept := 0
	for _, g := range r.Grids {
		if DistrictOf(g.Community) == d {
			add(g, 0)
			kept++
		}
	}
	for _, id := range r.Ended {
		g, err := a.Grid(id)
		if err != nil {
			return err
		}
		if DistrictOf(g.Community) == d {
			g.Polygon = ""
			add(g, 1)
		}
	}
	slices.SortFunc(rows, func(x, y row) int { return cmp.Compare(x.grid, y.grid) })
	sum := newDigester()
	for _, x := range rows {
		tx.Append(versionTable, x.vals...)
		sum.row(x.vals...)
	}
	here := make([]int64, 0, len(r.Buildings))
	for id := range r.Buildings {
		if b, err := a.Building(id); err == nil && DistrictOf(b.Community) == d {
			here = append(here, id)
		}
	}
	slices.Sort(here)
	for _, id := range here {
		vals := []any{d, r.ID, id, r.Buildings[id]}
		tx.Append(buildingGridTable, vals...)
		sum.row(vals...)
	}
	detail := fmt.Sprintf(`{"buildings":%d,"ended":%d,"grids":%d,"valid_from":%d}`, len(here), len(rows)-kept, kept, r.From)
	tx.Record(audit.Entry{District: d, Actor: scope.Account(), Post: postIn(scope, d), Action: "region.redraw", Object: "region", ObjectID: r.ID, Seq: 1, Detail: []byte(detail), Digest: sum.sum()})
	return nil
}

func postIn(scope access.Scope, district int) int64 {
	if p, ok := scope.PostFor(access.Target{District: district}); ok {
		return p.ID
	}
	return scope.Post().ID
}

// nothingPending refuses a second publication for a community while one waits for its day.
func (a *Atlas) nothingPending(tx *store.Tx, district int, communities []int64, today int) error {
	rows, err := tx.Query("SELECT valid_from, communities FROM grid_publication WHERE district = ? AND undone_at = 0 AND valid_from > ?", district, today)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var day int
		var text string
		if err := rows.Scan(&day, &text); err != nil {
			return err
		}
		var list []int64
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return err
		}
		for _, c := range list {
			if slices.Contains(communities, c) {
				return RedrawPending.New("community", a.Name(c), "day", day)
			}
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// Undo takes a publication back before its first day. Everything that it wrote
// stays readable and counts for nothing.
func (a *Atlas) Undo(tx *store.Tx, scope access.Scope, id int64) error {
	if err := raiseStamp(tx); err != nil {
		return err
	}
	rows, err := tx.Query("SELECT district, valid_from FROM grid_publication WHERE id = ? AND undone_at = 0 ORDER BY district", id)
	if err != nil {
		return err
	}
	var found []int
	day := 0
	for rows.Next() {
		var d int
		if err := rows.Scan(&d, &day); err != nil {
			return errors.Join(err, rows.Close())
		}
		found = append(found, d)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if len(found) == 0 {
		return errs.NotFound.New()
	}
	if day <= a.today() {
		return RedrawBegun.New("day", day)
	}
	for _, d := range found {
		if err := scope.Check(access.Target{District: d}); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE grid_publication SET undone_by = ?, undone_at = ? WHERE district = ? AND id = ?", scope.Account(), tx.Now(), d, id); err != nil {
			return err
		}
		tx.Record(audit.Entry{District: d, Actor: scope.Account(), Post: postIn(scope, d), Action: "region.redraw_undone", Object: "region", ObjectID: id, Seq: 2})
	}
	return nil
}

// version is what a publication says of one grid.
type version struct {
	Grid
	ended bool
}

const versionQuery = `SELECT v.grid, v.valid_from, v.ended, v.kind, v.purpose, v.community, v.name, v.code, v.polygon, v.households, v.note
FROM grid_version v JOIN grid_publication p ON p.district = v.district AND p.id = v.publication WHERE p.undone_at = 0 ORDER BY v.valid_from, v.publication, v.grid`

func scanVersion(rows *sql.Rows) (v version, err error) {
	var ended int
	err = rows.Scan(&v.ID, &v.ValidFrom, &ended, &v.Kind, &v.Purpose, &v.Community, &v.Name, &v.Code, &v.Polygon, &v.Households, &v.Note)
	v.ended = ended != 0
	return v, err
}

// net is the grids of a day.
type net struct {
	grids  []Grid
	others map[int64]Grid // former ones and ones to come, without boundaries
	coming map[int64]bool // which of the others are to come
	next   int            // first later day on which another grid comes or goes, 0 = none
}

// readNet reads the grids of a day: those loaded first under what was published since.
func readNet(ctx context.Context, r store.Reader, day int) (net, error) {
	base, err := scanAll(ctx, r, gridQuery, scanGrid, day, day, day, day)
	if err != nil {
		return net{}, err
	}
	versions, err := scanAll(ctx, r, versionQuery, scanVersion)
	if err != nil {
		return net{}, err
	}
	return overlay(base, versions, day), nil
}

func overlay(base []Grid, versions []version, day int) net {
	n := net{others: map[int64]Grid{}, coming: map[int64]bool{}}
	now := make(map[int64]Grid, len(base))
	for _, g := range base {
		now[g.ID] = g
	}
	for _, v := range versions {
		old, here := now[v.ID]
		g := v.Grid
		switch {
		case v.ValidFrom <= day && v.ended:
			g.ValidFrom, g.ValidTo, g.Polygon = old.ValidFrom, v.ValidFrom, ""
			n.others[g.ID] = g
			delete(now, g.ID)
		case v.ValidFrom <= day:
			delete(n.others, g.ID)
			now[g.ID] = g
		default:
			if n.next == 0 || v.ValidFrom < n.next {
				n.next = v.ValidFrom
			}
			if here && v.ended && old.ValidTo == 0 {
				old.ValidTo = v.ValidFrom
				now[g.ID] = old
			}
			if !here && !v.ended {
				g.Polygon = ""
				n.others[g.ID], n.coming[g.ID] = g, true
			}
		}
	}
	n.grids = make([]Grid, 0, len(now))
	for _, g := range now {
		n.grids = append(n.grids, g)
	}
	slices.SortFunc(n.grids, func(x, y Grid) int { return cmp.Compare(x.ID, y.ID) })
	return n
}

// movedBuildings tells in which grid published since buildings lie on a day.
func movedBuildings(ctx context.Context, r store.Reader, day int) (map[int64]int64, error) {
	out := map[int64]int64{}
	_, err := scanAll(ctx, r, `SELECT b.building, b.grid FROM building_grid b JOIN grid_publication p ON p.district = b.district AND p.id = b.publication
		WHERE p.undone_at = 0 AND p.valid_from <= ? ORDER BY p.valid_from, p.id`, func(rows *sql.Rows) (struct{}, error) {
		var building, grid int64
		err := rows.Scan(&building, &grid)
		out[building] = grid
		return struct{}{}, err
	}, day)
	return out, err
}

// verifyRedraws compares each publication with its entries.
func verifyRedraws(ctx context.Context, r store.Reader, district int) ([]audit.Problem, error) {
	type publication struct {
		id     int64
		undone bool
	}
	list, err := scanAll(ctx, r, "SELECT id, undone_at FROM grid_publication WHERE district = ? ORDER BY id", func(rows *sql.Rows) (p publication, err error) {
		var at int64
		err = rows.Scan(&p.id, &at)
		p.undone = at != 0
		return p, err
	}, district)
	if err != nil {
		return nil, err
	}
	var out []audit.Problem
	for _, p := range list {
		sum := newDigester()
		for _, t := range []struct {
			table *store.Table
			order string
		}{{versionTable, "grid"}, {buildingGridTable, "building"}} {
			if err := digestRows(ctx, r, t.table, fmt.Sprintf("publication = %d ORDER BY %s", p.id, t.order), district, sum); err != nil {
				return nil, err
			}
		}
		undone := map[int][32]byte{}
		if p.undone {
			undone[2] = [32]byte{}
		}
		for action, have := range map[string]map[int][32]byte{"region.redraw": {1: sum.sum()}, "region.redraw_undone": undone} {
			problems, err := compare(ctx, r, district, p.id, action, have)
			if err != nil {
				return nil, err
			}
			out = append(out, problems...)
		}
	}
	return out, nil
}

// GridsOn lists the grids of a day with the codes and boundaries that they have
// then, in order of code: the old net and the new one, whatever today is.
func (a *Atlas) GridsOn(ctx context.Context, day int) (out []Grid, err error) {
	err = a.db.Snapshot(ctx, func(r store.Reader) error {
		n, err := readNet(ctx, r, day)
		out = n.grids
		return err
	})
	slices.SortFunc(out, func(x, y Grid) int { return cmp.Compare(x.Code, y.Code) })
	return out, err
}
