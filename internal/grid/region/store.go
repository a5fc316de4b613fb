package region

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

var (
	regionTable   = &store.Table{Name: "region", Cols: []string{"district", "code", "version", "parent", "name", "polygon", "households", "valid_from", "valid_to", "note", "created_by", "created_at"}}
	gridTable     = &store.Table{Name: "grid", Cols: []string{"district", "id", "kind", "purpose", "community", "name", "polygon", "households", "note", "valid_from", "valid_to"}}
	gridCodeTable = &store.Table{Name: "grid_code", Cols: []string{"district", "grid", "valid_from", "code", "valid_to"}}
	compoundTable = &store.Table{Name: "compound", Cols: []string{"district", "id", "name", "community", "lon", "lat"}}
	buildingTable = &store.Table{Name: "building", Cols: []string{"district", "id", "name", "kind", "compound", "grid", "community", "lon", "lat", "households"}}
	placeTable    = &store.Table{Name: "place", Cols: []string{"district", "id", "kind", "name", "path", "community", "lon", "lat", "refs"}}
)

func stamp(ctx context.Context, db *store.DB) (n int64, err error) {
	return n, db.QueryRow(ctx, "SELECT n FROM region_stamp WHERE district = 0").Scan(&n)
}

// scanAll reads all rows of a query.
func scanAll[T any](ctx context.Context, r store.Reader, q string, scan func(*sql.Rows) (T, error), args ...any) ([]T, error) {
	rows, err := r.Query(ctx, q, args...)
	return store.All(rows, err, scan)
}

func scanRegion(rows *sql.Rows) (r Region, err error) {
	return r, rows.Scan(&r.Code, &r.Version, &r.Parent, &r.Name, &r.Polygon, &r.Households, &r.ValidFrom, &r.ValidTo)
}

func scanGrid(rows *sql.Rows) (g Grid, err error) {
	return g, rows.Scan(&g.ID, &g.Kind, &g.Purpose, &g.Community, &g.Name, &g.Polygon, &g.Households, &g.Note, &g.Code, &g.ValidFrom, &g.ValidTo)
}

// gridQuery gives the loaded grids that exist on a day with the code that they have then.
const gridQuery = `SELECT g.id, g.kind, g.purpose, g.community, g.name, g.polygon, g.households, g.note, c.code, g.valid_from, g.valid_to
FROM grid g JOIN grid_code c ON c.district = g.district AND c.grid = g.id
WHERE g.valid_from <= ? AND (g.valid_to = 0 OR g.valid_to > ?) AND c.valid_from <= ? AND (c.valid_to = 0 OR c.valid_to > ?)`

// readChart reads one state of the tables.
func readChart(ctx context.Context, db *store.DB, day int) (c *chart, err error) {
	err = db.Snapshot(ctx, func(r store.Reader) error {
		var n int64
		if err := r.QueryRow(ctx, "SELECT n FROM region_stamp WHERE district = 0").Scan(&n); err != nil {
			return err
		}
		regions, err := scanAll(ctx, r, "SELECT code, version, parent, name, polygon, households, valid_from, valid_to FROM region", scanRegion)
		if err != nil {
			return err
		}
		grids, err := readNet(ctx, r, day)
		if err != nil {
			return err
		}
		moved, err := movedBuildings(ctx, r, day)
		if err != nil {
			return err
		}
		compounds, err := scanAll(ctx, r, "SELECT id, name, community, lon, lat FROM compound", func(rows *sql.Rows) (x Compound, err error) {
			return x, rows.Scan(&x.ID, &x.Name, &x.Community, &x.Lon, &x.Lat)
		})
		if err != nil {
			return err
		}
		buildings, err := scanAll(ctx, r, "SELECT id, name, kind, compound, grid, community, lon, lat, households FROM building", func(rows *sql.Rows) (x Building, err error) {
			err = rows.Scan(&x.ID, &x.Name, &x.Kind, &x.Compound, &x.Grid, &x.Community, &x.Lon, &x.Lat, &x.Households)
			if g, ok := moved[x.ID]; ok {
				x.Grid = g
			}
			return x, err
		})
		if err != nil {
			return err
		}
		places, err := scanAll(ctx, r, "SELECT id, kind, name, path, community, lon, lat FROM place ORDER BY id", func(rows *sql.Rows) (x Place, err error) {
			return x, rows.Scan(&x.ID, &x.Kind, &x.Name, &x.Path, &x.Community, &x.Lon, &x.Lat)
		})
		if err != nil {
			return err
		}
		c, err = newChart(n, day, regions, grids, compounds, buildings, places)
		return err
	})
	return c, err
}

// digester sums up written rows for the audit entry, canonically: each value
// by its JSON form, each row on a line.
type digester struct{ h hash.Hash }

func newDigester() digester { return digester{sha256.New()} }

func (d digester) row(vals ...any) {
	enc := json.NewEncoder(d.h) // ends with a line feed
	enc.SetEscapeHTML(false)
	_ = enc.Encode(vals) // numbers and strings always encode
}

func (d digester) sum() (out [32]byte) {
	d.h.Sum(out[:0])
	return out
}

// loadPart is what a Load writes for one district.
type loadPart struct {
	regions, grids, compounds, buildings, places int
	households                                   int
	digest                                       digester
}

// sorted is the list in the order in which Verify reads it back.
func sorted[T any](list []T, key func(T) int64) []T {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return list
}

// Load fills the empty tables with a whole city at once and makes its base
// map. Every district gets one audit entry with a digest over its rows.
func (a *Atlas) Load(ctx context.Context, scope access.Scope, d *CityData) error {
	if err := scope.Check(access.Target{}); err != nil {
		return err
	}
	if err := d.Check(); err != nil {
		return err
	}
	if _, _, err := shapesOf(append([]Region(nil), d.Regions...), append([]Grid(nil), d.Grids...)); err != nil {
		return err
	}
	regions, grids := sorted(d.Regions, func(r Region) int64 { return r.Code }), sorted(d.Grids, func(g Grid) int64 { return g.ID })
	compounds, buildings := sorted(d.Compounds, func(c Compound) int64 { return c.ID }), sorted(d.Buildings, func(b Building) int64 { return b.ID })
	places := sorted(d.Places, func(p Place) int64 { return p.ID })
	err := a.db.Write(ctx, func(tx *store.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT COUNT(*) FROM region").Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errs.Conflict.New("what", words("已有区划数据，不能再次整体装入", "there are regions already; a city is loaded once"))
		}
		parts := map[int]*loadPart{}
		part := func(district int) *loadPart {
			p := parts[district]
			if p == nil {
				p = &loadPart{digest: newDigester()}
				parts[district] = p
			}
			return p
		}
		add := func(t *store.Table, p *loadPart, vals ...any) {
			tx.Append(t, vals...)
			p.digest.row(vals...)
		}
		now := tx.Now()
		for _, r := range regions {
			district := DistrictOf(r.Code)
			p := part(district)
			p.regions++
			add(regionTable, p, district, r.Code, 1, r.Parent, r.Name, r.Polygon, r.Households, r.ValidFrom, r.ValidTo, "", scope.Account(), now)
		}
		for _, g := range grids {
			district := DistrictOf(g.Community)
			p := part(district)
			p.grids++
			p.households += g.Households
			add(gridTable, p, district, g.ID, g.Kind, g.Purpose, g.Community, g.Name, g.Polygon, g.Households, g.Note, g.ValidFrom, g.ValidTo)
		}
		for _, g := range grids {
			district := DistrictOf(g.Community)
			add(gridCodeTable, part(district), district, g.ID, g.ValidFrom, g.Code, g.ValidTo)
		}
		for _, c := range compounds {
			district := DistrictOf(c.Community)
			p := part(district)
			p.compounds++
			add(compoundTable, p, district, c.ID, c.Name, c.Community, c.Lon, c.Lat)
		}
		for _, b := range buildings {
			district := DistrictOf(b.Community)
			p := part(district)
			p.buildings++
			add(buildingTable, p, district, b.ID, b.Name, b.Kind, b.Compound, b.Grid, b.Community, b.Lon, b.Lat, b.Households)
		}
		for _, x := range places {
			district := DistrictOf(x.Community)
			p := part(district)
			p.places++
			refs := string(x.Refs)
			if refs == "" {
				refs = "{}"
			}
			add(placeTable, p, district, x.ID, x.Kind, x.Name, x.Path, x.Community, x.Lon, x.Lat, refs)
		}
		for district, p := range parts {
			detail := fmt.Sprintf(`{"buildings":%d,"compounds":%d,"grids":%d,"households":%d,"places":%d,"regions":%d,"synthetic":%t}`,
				p.buildings, p.compounds, p.grids, p.households, p.places, p.regions, d.Synthetic)
			tx.Record(audit.Entry{District: district, Actor: scope.Account(), Post: scope.Post().ID, Action: "region.load",
				Object: "region", ObjectID: int64(district), Seq: 1, Detail: []byte(detail), Digest: p.digest.sum()})
		}
		return raiseStamp(tx)
	})
	if err != nil {
		return err
	}
	if err := a.reload(ctx); err != nil {
		return err
	}
	return a.layers.write(d.Layers, d.Synthetic)
}

func raiseStamp(tx *store.Tx) error {
	_, err := tx.Exec("UPDATE region_stamp SET n = n + 1 WHERE district = 0")
	return err
}

// Change is a new version of a region. Version is the one it was made from.
type Change struct {
	Version   int
	Name      string
	ValidFrom int // first day; today or later
	ValidTo   int // first day on which the region is no more; 0 = open
	Note      string
}

// Update writes a new version of a region that begins on a day, and returns
// the newest version. The region's own code, place in the tree and boundary
// stay; the plan changes those.
func (a *Atlas) Update(ctx context.Context, scope access.Scope, code int64, ch Change) (Region, error) {
	if err := checkName(ch.Name); err != nil {
		return Region{}, err
	}
	if len([]rune(ch.Note)) > 200 {
		return Region{}, errs.TooLong.New("field", words("说明", "note"), "max", 200).In("note")
	}
	if LevelOf(code) == NoLevel || LevelOf(code) == GridLevel || scope.Check(access.Target{District: DistrictOf(code)}) != nil {
		return Region{}, errs.NotFound.New()
	}
	today := a.today()
	switch {
	case !validDay(ch.ValidFrom):
		return Region{}, badDay("valid_from")
	case ch.ValidFrom < today:
		return Region{}, errs.Invalid.New("field", words("生效日期", "start date"), "remedy", words("不能早于今天。", "it cannot lie before today.")).In("valid_from")
	case ch.ValidTo != 0 && !validDay(ch.ValidTo):
		return Region{}, badDay("valid_to")
	case ch.ValidTo != 0 && ch.ValidTo <= ch.ValidFrom:
		return Region{}, errs.Invalid.New("field", words("终止日期", "end date"), "remedy", words("应晚于生效日期。", "it must lie after the start date.")).In("valid_to")
	}
	var out Region
	err := a.db.Write(ctx, func(tx *store.Tx) error {
		old, err := latest(tx, code)
		if err != nil {
			return err
		}
		if ch.Version != old.Version {
			return errs.Stale.New("current", old.Version)
		}
		if ch.ValidTo != 0 {
			var below int
			if err := tx.QueryRow(`SELECT COUNT(*) FROM region r WHERE r.district = ? AND r.parent = ? AND (r.valid_to = 0 OR r.valid_to > ?)
				AND r.version = (SELECT MAX(v.version) FROM region v WHERE v.district = r.district AND v.code = r.code)`,
				DistrictOf(code), code, ch.ValidTo).Scan(&below); err != nil {
				return err
			}
			if below > 0 && LevelOf(code) > City {
				return errs.Conflict.New("what", words("下级区划还在使用，请先撤销下级", "regions below it are still in use; end those first"))
			}
		}
		out = old
		out.Version, out.Name, out.ValidFrom, out.ValidTo = old.Version+1, ch.Name, ch.ValidFrom, ch.ValidTo
		district := DistrictOf(code)
		vals := []any{district, code, out.Version, out.Parent, out.Name, out.Polygon, out.Households, out.ValidFrom, out.ValidTo, ch.Note, scope.Account(), tx.Now()}
		tx.Append(regionTable, vals...)
		if err := raiseStamp(tx); err != nil {
			return err
		}
		detail, err := json.Marshal(struct {
			Name      string `json:"name"`
			Note      string `json:"note"`
			Old       string `json:"old_name"`
			ValidFrom int    `json:"valid_from"`
			ValidTo   int    `json:"valid_to"`
		}{out.Name, ch.Note, old.Name, out.ValidFrom, out.ValidTo})
		if err != nil {
			return err
		}
		d := newDigester()
		d.row(vals...)
		post := scope.Post()
		if p, ok := scope.PostFor(access.Target{District: district}); ok {
			post = p
		}
		tx.Record(audit.Entry{District: district, Actor: scope.Account(), Post: post.ID, Action: "region.update",
			Object: "region", ObjectID: code, Seq: out.Version, Detail: detail, Digest: d.sum()})
		return nil
	})
	if store.IsDuplicate(err) {
		return Region{}, errs.Stale.New("current", ch.Version+1).Because(err)
	}
	if err != nil {
		return Region{}, err
	}
	return out, a.reload(ctx)
}

func badDay(field string) error {
	return errs.Invalid.New("field", words("日期", "day"), "remedy", words("请按 yyyymmdd 填写一个存在的日期。", "write a day that exists as yyyymmdd.")).In(field)
}

func latest(tx *store.Tx, code int64) (Region, error) {
	var r Region
	err := tx.QueryRow("SELECT code, version, parent, name, polygon, households, valid_from, valid_to FROM region WHERE district = ? AND code = ? ORDER BY version DESC LIMIT 1",
		DistrictOf(code), code).Scan(&r.Code, &r.Version, &r.Parent, &r.Name, &r.Polygon, &r.Households, &r.ValidFrom, &r.ValidTo)
	if errors.Is(err, sql.ErrNoRows) {
		return Region{}, errs.NotFound.New()
	}
	return r, err
}

// Newest lists the newest version of each region under the parent, those to
// come included, and tells which have ended: what an administrator edits.
func (a *Atlas) Newest(ctx context.Context, parent int64) ([]Region, error) {
	q := `SELECT r.code, r.version, r.parent, r.name, '', r.households, r.valid_from, r.valid_to FROM region r
		WHERE r.parent = ? AND r.version = (SELECT MAX(v.version) FROM region v WHERE v.district = r.district AND v.code = r.code) ORDER BY r.code`
	return scanAll(ctx, a.db, q, scanRegion, parent)
}
