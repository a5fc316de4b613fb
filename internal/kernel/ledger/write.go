package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
	"linli/internal/kernel/web"
)

// What may be wrong with a change of a register.
var (
	Overlap = errs.Declare("overlapping_terms", 409, "{field}在这段时间已有“{label}”（{from} 至 {to}），起止日期不能重叠。", "In this time {field} already has “{label}” ({from} to {to}); their days must not overlap.")
	Taken   = errs.Declare("already_registered", 409, "{field}“{value}”已登记，请直接修改已有的记录。", "{field} “{value}” is registered already; change that row instead.")
	Circle  = errs.Declare("circular_tree", 422, "{field}不能是自己或自己的下级。", "{field} cannot be the row itself or one below it.")
	Closed  = errs.Declare("row_ended", 409, "这条记录已结束，不能再修改。", "This row has ended and is not changed any more.")
	Moves   = errs.Declare("row_moves_district", 422, "记录不能移到其他区县，请结束后在那里重新登记。", "A row does not move to another district; end it and register it anew there.")
)

var logTable = &store.Table{Name: "ledger_log", Cols: []string{"district", "id", "version", "register", "at", "actor", "post", "action", "changes", "reason", "import", "batch"}}

// entry is a row of the history.
type entry struct {
	district    int
	id          int64
	version     int
	register    string
	at          int64
	actor, post int64
	action      string
	changes     string // JSON: field → [before, after]; of personal fields the masks
	reason      string
	load, batch int64
}

func (e *entry) digest() [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "ledger_log|%d|%d|%d|%s|%d|%d|%d|%s|%d|%s|%s|%d|%d", e.district, e.id, e.version, e.register, e.at, e.actor, e.post, e.action, len(e.changes), e.changes, e.reason, e.load, e.batch))
}

// Put adds a row and returns it as written. The scope is the writer's for the
// register's Write permission, or access.System.
func (r *Register[T]) Put(ctx context.Context, scope access.Scope, row T) (*T, error) {
	var out *T
	err := r.e.DB.Write(ctx, func(tx *store.Tx) (err error) {
		out, err = r.PutIn(ctx, tx, scope, row)
		return err
	})
	return out, err
}

// PutIn is Put inside a room's own write.
func (r *Register[T]) PutIn(ctx context.Context, tx *store.Tx, scope access.Scope, row T) (*T, error) {
	v := reflect.ValueOf(&row).Elem()
	if err := r.create(&Write{Ctx: ctx, Tx: tx, Scope: scope, Action: "create"}, v); err != nil {
		return nil, err
	}
	return &row, nil
}

// Change changes a row by the function. version is what the caller has seen, 0
// for whatever is there; another one is errs.Stale.
func (r *Register[T]) Change(ctx context.Context, scope access.Scope, id int64, version int, edit func(*T) error) (*T, error) {
	var out *T
	err := r.e.DB.Write(ctx, func(tx *store.Tx) (err error) {
		out, err = r.ChangeIn(ctx, tx, scope, id, version, edit)
		return err
	})
	return out, err
}

// ChangeIn is Change inside a room's own write.
func (r *Register[T]) ChangeIn(ctx context.Context, tx *store.Tx, scope access.Scope, id int64, version int, edit func(*T) error) (*T, error) {
	v, err := r.change(&Write{Ctx: ctx, Tx: tx, Scope: scope, Action: "change"}, id, version, func(v reflect.Value) error { return edit(v.Addr().Interface().(*T)) })
	if err != nil {
		return nil, err
	}
	return v.Addr().Interface().(*T), nil
}

// End ends a row on the day, its last; 0 is today, on which it is then out of
// force at once.
func (r *Register[T]) End(ctx context.Context, scope access.Scope, id int64, version int, day Day, reason string) (*T, error) {
	var out *T
	err := r.e.DB.Write(ctx, func(tx *store.Tx) (err error) {
		out, err = r.EndIn(ctx, tx, scope, id, version, day, reason)
		return err
	})
	return out, err
}

// EndIn is End inside a room's own write.
func (r *Register[T]) EndIn(ctx context.Context, tx *store.Tx, scope access.Scope, id int64, version int, day Day, reason string) (*T, error) {
	v, err := r.end(&Write{Ctx: ctx, Tx: tx, Scope: scope, Action: "end", Reason: reason}, id, version, day)
	if err != nil {
		return nil, err
	}
	return v.Addr().Interface().(*T), nil
}

// Load adds many rows, in chunks that are durable before Load returns, with one
// audit entry a chunk: for the demo, inside store.Bulk or not. Rows are checked
// field by field; uniqueness, terms and references are the caller's word, and
// neither Check nor Then is asked.
func (r *Register[T]) Load(ctx context.Context, scope access.Scope, rows []T) error {
	for chunk := range slices.Chunk(rows, loadChunk) {
		if err := r.e.DB.Write(ctx, func(tx *store.Tx) error {
			b := &batch{id: tx.NextID()}
			for i := range chunk {
				v := copied(reflect.ValueOf(&chunk[i]).Elem())
				w := &Write{Ctx: ctx, Tx: tx, Scope: scope, Action: "create"}
				if err := r.prepare(w, v); err != nil {
					return err
				}
				if err := r.store(w, v, reflect.Value{}, 0, b); err != nil {
					return err
				}
			}
			r.close(tx, scope, b)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

const loadChunk = 500

// batch is rows that share one audit entry in each district.
type batch struct {
	id    int64
	load  int64 // the import, 0 for others
	parts map[int]*part
}

type part struct {
	n   int
	sum []byte // digests of the rows' entries, in order of their ids
}

// close records the batch. Ids rise as rows are stored, so that the history read
// in their order gives the same digest.
func (r *register) close(tx *store.Tx, scope access.Scope, b *batch) {
	for _, d := range slices.Sorted(func(yield func(int) bool) {
		for d := range b.parts {
			if !yield(d) {
				return
			}
		}
	}) {
		p := b.parts[d]
		detail := fmt.Appendf(nil, `{"rows":%d}`, p.n)
		tx.Record(audit.Entry{District: d, Actor: scope.Account(), Post: scope.Post().ID, Action: r.code + ".load", Object: r.code, ObjectID: b.id, Seq: p.n, Detail: detail, Digest: sha256.Sum256(p.sum)})
	}
}

// create checks and writes a new row.
func (r *register) create(w *Write, v reflect.Value) error {
	if err := r.prepare(w, v); err != nil {
		return err
	}
	seen := sees(w.Scope)
	for _, f := range r.fields {
		if !empty(f.get(v)) && !seen(f, base(v)) {
			return f.unknown()
		}
	}
	if err := r.rules(w, v, reflect.Value{}); err != nil {
		return err
	}
	if err := r.store(w, v, reflect.Value{}, 0, nil); err != nil {
		return err
	}
	return r.named2(r.then(w, v.Addr().Interface(), nil))
}

// prepare fills in what follows from the rest of a new row and checks the fields.
func (r *register) prepare(w *Write, v reflect.Value) error {
	b := base(v)
	w.Today = r.e.Today()
	b.ID, b.Version, b.Person, b.CreatedAt, b.UpdatedAt = w.Tx.NextID(), 1, 0, w.Tx.Now(), w.Tx.Now()
	if b.From == 0 {
		b.From = Day(w.Today)
	}
	if b.State == "" {
		b.State = r.states[0].Code
	}
	if posts := w.Scope.Posts(); b.Region == 0 && b.Grid == 0 && len(posts) == 1 { // what the only post says is not asked again
		b.Region, b.Grid = posts[0].Region, posts[0].Grid
	}
	if posts := w.Scope.Posts(); b.Org == 0 && len(posts) == 1 {
		if role, _ := access.RoleByCode(posts[0].Role); role.Level == access.ByOrg {
			b.Org = posts[0].Org
		}
	}
	if err := r.settle(b); err != nil {
		return err
	}
	if err := w.Scope.Check(b.Target()); err != nil {
		return r.elsewhere(b)
	}
	return r.valid(w, v)
}

// elsewhere refuses a place out of reach as one that does not exist.
func (r *register) elsewhere(b *Row) error {
	if b.Grid != 0 {
		return r.field("grid").unknown()
	}
	return r.field("region").unknown()
}

func (f *Field) unknown() *errs.Error {
	return f.invalid("没有找到，或不在您的范围内，请重新选择", "there is none, or it is not yours; choose again")
}

// settle derives street, community and district from where the row hangs.
func (r *register) settle(b *Row) error {
	if b.Grid != 0 {
		c := r.e.Community(b.Grid)
		if c == 0 {
			return r.field("grid").unknown()
		}
		b.Region = c
	}
	digits := access.Digits(b.Region)
	if digits != 0 {
		if _, ok := r.e.Sources["region"].Named(b.Region); !ok {
			return r.field("region").unknown()
		}
	}
	at := Level(digits)
	if b.Grid != 0 {
		at = InGrid
	}
	if digits == 0 {
		return r.field("region").missing()
	}
	if at < r.place {
		if r.place == InGrid {
			return r.field("grid").missing()
		}
		name := map[Level]errs.Words{InDistrict: w("区县", "district"), InStreet: w("街道", "street"), InCommunity: w("社区", "community")}[r.place]
		return r.field("region").invalid("请选到"+name.ZH, "choose a "+name.EN)
	}
	district := access.DistrictOf(b.Region)
	if b.Version > 1 && district != b.District {
		return Moves.New().In("region")
	}
	b.District, b.Street, b.Community = district, 0, 0
	switch digits {
	case 9:
		b.Street = b.Region
	case 12:
		b.Street, b.Community = b.Region/1000, b.Region
	}
	return nil
}

// valid checks every field; all that is wrong is told together.
func (r *register) valid(wr *Write, v reflect.Value) error {
	var wrong []web.FieldError
	b := base(v)
	for _, f := range r.fields {
		val := f.get(v)
		if s, ok := val.(string); ok && f.Kind != Personal {
			if t := strings.TrimSpace(s); t != s {
				f.set(v, t)
				val = t
			}
		}
		if f.Kind == Personal {
			if s := v.FieldByIndex(f.index).Interface().(Secret); s.fresh {
				val = s.clear.Plain()
			}
		}
		var err *errs.Error
		switch {
		case !empty(val):
			err = f.check(val)
		case f.Required && f.Kind != YesNo && !(f.Min != nil && *f.Min <= 0 && (f.Kind == Number || f.Kind == Decimal)):
			err = f.missing()
		}
		if err != nil {
			wrong = append(wrong, web.FieldError{Field: f.Name, Err: err})
		}
	}
	if b.To != 0 && b.To < b.From {
		wrong = append(wrong, web.FieldError{Field: "valid_to", Err: r.field("valid_to").invalid("截止日期不能早于生效日期", "the last day cannot be before the first")})
	}
	if b.State == Void || b.State == Ended && wr.Action != "end" {
		wrong = append(wrong, web.FieldError{Field: "state", Err: r.field("state").invalid("请使用“结束”", "use “end”")})
	}
	return web.Fields(wrong)
}

// rules are the checks that look at other rows: references, terms, uniqueness,
// the tree, and the register's own. old is invalid for a new row.
func (r *register) rules(w *Write, v, old reflect.Value) error {
	if err := r.lock(w.Tx); err != nil {
		return err
	}
	for _, f := range r.fields {
		if f.Kind != Ref || f.Name == "region" || f.Name == "grid" {
			continue
		}
		id := f.get(v).(int64)
		if id == 0 || old.IsValid() && f.get(old).(int64) == id {
			continue
		}
		if err := r.refers(w, f, base(v), id); err != nil {
			return err
		}
	}
	if err := r.unique(w, v, old); err != nil {
		return err
	}
	var before any
	if old.IsValid() {
		before = old.Addr().Interface()
	}
	if err := r.check(w, v.Addr().Interface(), before); err != nil {
		return r.named2(err)
	}
	if err := r.valid(w, v); err != nil { // the rule may have filled fields in
		return err
	}
	return r.terms(w, v)
}

// lock makes changes that look at other rows come one after another, also those
// of another process; on SQLite they do anyhow.
func (r *register) lock(tx *store.Tx) error {
	if tx.Engine() != store.Postgres || len(r.single) == 0 && r.tree == nil && !slices.ContainsFunc(r.fields, func(f *Field) bool { return f.Unique }) {
		return nil
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte("ledger " + r.code))
	rows, err := tx.Query("SELECT pg_advisory_xact_lock(?)", int64(h.Sum64()))
	if err != nil {
		return err
	}
	return errors.Join(rows.Err(), rows.Close())
}

// named2 gives an error of a register's own rule the name of its field.
func (r *register) named2(err error) error {
	var e *errs.Error
	if errors.As(err, &e) && e.Field != "" && e.Params["field"] == nil {
		if f := r.field(e.Field); f != nil {
			e.Params["field"] = f.Label
		}
	}
	return err
}

// refers checks a reference: what does not exist, has ended, or is out of the
// writer's reach looks the same.
func (r *register) refers(w *Write, f *Field, b *Row, id int64) error {
	to := r.e.register(f.Ref)
	if to == nil {
		if _, ok := r.e.Sources[f.Ref].Named(id); !ok {
			return f.unknown()
		}
		return nil
	}
	t := access.Target{}
	var org int64
	err := w.Tx.QueryRow("SELECT district, street, community, grid, org FROM "+to.table+" WHERE district IN (?, 0) AND id = ? AND state NOT IN ('ended', 'void')", b.District, id).Scan(&t.District, &t.Street, &t.Community, &t.Grid, &org)
	if errors.Is(err, sql.ErrNoRows) {
		return f.unknown()
	}
	if err != nil {
		return err
	}
	if org != 0 {
		t.Orgs = []int64{org}
	}
	if s, err := w.Scope.For(to.read); err != nil || !s.Covers(t) {
		return f.unknown()
	}
	if to == r && f == r.tree {
		return r.acyclic(w, f, b, id)
	}
	return nil
}

// deepest is how many levels a tree of rows may have.
const deepest = 32

func (r *register) acyclic(w *Write, f *Field, b *Row, parent int64) error {
	for range deepest {
		if parent == b.ID {
			return Circle.New("field", f.Label).In(f.Name)
		}
		if parent == 0 {
			return nil
		}
		err := w.Tx.QueryRow("SELECT "+f.Name+" FROM "+r.table+" WHERE district IN (?, 0) AND id = ?", b.District, parent).Scan(&parent)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return f.invalid(fmt.Sprintf("层级不能超过 %d 层", deepest), fmt.Sprintf("there are at most %d levels", deepest))
}

// unique looks for another row with the same value of a unique field.
func (r *register) unique(w *Write, v, old reflect.Value) error {
	b := base(v)
	for _, f := range r.fields {
		val := f.get(v)
		if !f.Unique || empty(val) || old.IsValid() && reflect.DeepEqual(f.get(old), val) {
			continue
		}
		var id int64
		err := w.Tx.QueryRow("SELECT id FROM "+r.table+" WHERE district = ? AND "+f.Name+" = ? AND id <> ? AND state NOT IN ('ended', 'void') LIMIT 1", b.District, f.column(val), b.ID).Scan(&id)
		if err == nil {
			return Taken.New("field", f.Label, "value", val).In(f.Name)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

// terms looks for rows that may not be in force at the same time.
func (r *register) terms(w *Write, v reflect.Value) error {
	b := base(v)
	if b.State == Ended {
		return nil
	}
	for _, set := range r.single {
		q := "SELECT " + r.selectCols() + " FROM " + r.table + " r WHERE r.district = ? AND r.id <> ? AND r.state <> 'void' AND (r.valid_to = 0 OR r.valid_to > ? OR r.valid_to = ? AND r.state <> 'ended')"
		args := []any{b.District, b.ID, b.From, b.From}
		if b.To != 0 {
			q, args = q+" AND r.valid_from <= ?", append(args, b.To)
		}
		open := false
		for _, f := range set {
			val := f.get(v)
			open = open || empty(val)
			q, args = q+" AND r."+f.Name+" = ?", append(args, f.column(val))
		}
		if open {
			continue
		}
		rows, err := w.Tx.Query(q+" LIMIT 1", args...)
		found, err := store.All(rows, err, r.scan)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			other := base(found[0])
			to := any(dayText(int64(other.To)))
			if other.To == 0 {
				to = errsOpen
			}
			return Overlap.New("field", set[0].Label, "label", r.label(found[0].Addr().Interface()), "from", dayText(int64(other.From)), "to", to, "id", other.ID).In(set[0].Name)
		}
	}
	return nil
}

var errsOpen = w("长期", "open end")

// load reads a row inside a write; what the scope does not reach is not found.
func (r *register) load(w *Write, id int64) (reflect.Value, error) {
	w.Today = r.e.Today()
	where, args := w.Scope.Where(rowCols)
	in, districts := districtsOf(w.Scope)
	rows, err := w.Tx.Query("SELECT "+r.selectCols()+" FROM "+r.table+" r WHERE "+in+" AND r.id = ? AND r.state <> 'void' AND "+where, slices.Concat(districts, []any{id}, args)...)
	found, err := store.All(rows, err, r.scan)
	if err != nil {
		return reflect.Value{}, err
	}
	if len(found) == 0 {
		return reflect.Value{}, errs.NotFound.New()
	}
	return found[0], nil
}

// districtsOf names the scope's districts, so that a row is found by its key.
func districtsOf(s access.Scope) (string, []any) {
	var args []any
	for _, d := range s.Districts() {
		args = append(args, d)
	}
	if len(args) == 0 {
		return "1 = 0", nil
	}
	return "r.district IN (?" + strings.Repeat(",?", len(args)-1) + ")", args
}

// change edits a row. What the edit leaves equal is not written, and a change
// that changes nothing leaves no trace.
func (r *register) change(w *Write, id int64, version int, edit func(reflect.Value) error) (reflect.Value, error) {
	old, err := r.load(w, id)
	if err != nil {
		return old, err
	}
	if err := r.current(w.Tx, base(old), version); err != nil {
		return old, err
	}
	if base(old).State == Ended && w.Action != "move" {
		return old, Closed.New()
	}
	v := copied(old)
	if err := edit(v); err != nil {
		return v, r.named2(err)
	}
	b, o := base(v), base(old)
	keep := *o
	keep.Region, keep.Grid, keep.Org, keep.From, keep.To, keep.State, keep.Extra = b.Region, b.Grid, b.Org, b.From, b.To, b.State, b.Extra
	*b = keep
	b.Version, b.UpdatedAt = o.Version+1, w.Tx.Now()
	if b.Region != o.Region && b.Grid == o.Grid && b.Grid != 0 {
		b.Grid = 0 // a region was named: the row no longer hangs on the grid
	}
	if err := r.settle(b); err != nil {
		return v, err
	}
	if err := w.Scope.Check(b.Target()); err != nil {
		return v, r.elsewhere(b)
	}
	for _, f := range r.fields {
		if f.Fixed && !empty(f.get(old)) && !reflect.DeepEqual(f.get(old), f.get(v)) {
			return v, f.invalid("登记后不能修改", "it cannot be changed once it is registered")
		}
	}
	if err := r.valid(w, v); err != nil {
		return v, err
	}
	if err := r.rules(w, v, old); err != nil {
		return v, err
	}
	return r.keep(w, v, old)
}

// end ends a row.
func (r *register) end(w *Write, id int64, version int, day Day) (reflect.Value, error) {
	old, err := r.load(w, id)
	if err != nil {
		return old, err
	}
	if err := r.current(w.Tx, base(old), version); err != nil {
		return old, err
	}
	if base(old).State == Ended {
		return old, Closed.New()
	}
	v := copied(old)
	b := base(v)
	if day == 0 {
		day = Day(w.Today)
	}
	b.State, b.To, b.Version, b.UpdatedAt = Ended, day, b.Version+1, w.Tx.Now()
	if int(day) > w.Today {
		return v, r.field("valid_to").invalid("结束日期不能晚于今天；将来到期请修改截止日期", "a row ends today or before; for a day to come change the last day")
	}
	if err := r.valid(w, v); err != nil {
		return v, err
	}
	if err := r.check(w, v.Addr().Interface(), old.Addr().Interface()); err != nil {
		return v, r.named2(err)
	}
	return r.keep(w, v, old)
}

func (r *register) keep(w *Write, v, old reflect.Value) (reflect.Value, error) {
	if err := r.store(w, v, old, base(old).Version, nil); err != nil {
		return v, err
	}
	return v, r.named2(r.then(w, v.Addr().Interface(), old.Addr().Interface()))
}

// current refuses a version that is no longer the row's, and tells what was
// changed since by whom.
func (r *register) current(tx *store.Tx, b *Row, version int) error {
	if version == 0 || version == b.Version {
		return nil
	}
	rows, err := tx.Query("SELECT version, actor, changes FROM ledger_log WHERE district = ? AND id = ? AND version > ? ORDER BY version DESC LIMIT 20", b.District, b.ID, version)
	since, err := store.All(rows, err, func(rows *sql.Rows) (map[string]any, error) {
		var n int
		var actor int64
		var text string
		if err := rows.Scan(&n, &actor, &text); err != nil {
			return nil, err
		}
		var changes map[string]any
		if err := json.Unmarshal([]byte(text), &changes); err != nil {
			return nil, err
		}
		var names []string
		for _, f := range r.fields {
			if _, ok := changes[f.Name]; ok && f.Class == "" {
				names = append(names, f.Name)
			}
		}
		by, _ := r.e.Sources["account"].Named(actor)
		return map[string]any{"version": n, "by": by.Name, "fields": names}, nil
	})
	if err != nil {
		return err
	}
	return errs.Stale.New("current", b.Version, "changed", since)
}

// store writes the row, its history and its audit entry. was is the version
// that the row must have, 0 for a new one; b joins the audit entries of many.
func (r *register) store(w *Write, v, old reflect.Value, was int, b *batch) error {
	row := base(v)
	sealed, err := r.seal(w, v)
	if err != nil {
		return err
	}
	changes := r.diff(v, old)
	for _, f := range sealed { // two texts may have one mask
		if _, ok := changes[f.Name]; !ok && old.IsValid() {
			changes[f.Name] = [2]any{f.get(old), f.get(v)}
		}
	}
	if len(changes) == 0 && was != 0 {
		row.Version, row.UpdatedAt = was, base(old).UpdatedAt
		return nil
	}
	vals, err := r.values(v)
	if err != nil {
		return err
	}
	switch {
	case was != 0:
		set := strings.Join(r.tab.Cols[2:], " = ?, ") + " = ?"
		n, err := w.Tx.Exec("UPDATE "+r.table+" SET "+set+" WHERE district = ? AND id = ? AND version = ?", append(vals[2:], row.District, row.ID, was)...)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Stale.New("current", was+1)
		}
	case b != nil:
		w.Tx.Append(r.tab, vals...)
	default:
		if err := w.Tx.Insert(r.tab, vals...); err != nil {
			return err
		}
	}
	text, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	post, _ := w.Scope.PostFor(row.Target())
	e := entry{district: row.District, id: row.ID, version: row.Version, register: r.code, at: w.Tx.Now(), actor: w.Scope.Account(), post: post.ID, action: w.Action, changes: string(text), reason: w.Reason}
	if b != nil {
		e.load, e.batch = b.load, b.id
		if b.parts == nil {
			b.parts = map[int]*part{}
		}
		p := b.parts[e.district]
		if p == nil {
			p = &part{}
			b.parts[e.district] = p
		}
		sum := e.digest()
		p.n++
		p.sum = append(p.sum, sum[:]...)
	} else {
		names := make([]string, 0, len(changes))
		for _, f := range r.fields {
			if _, ok := changes[f.Name]; ok {
				names = append(names, f.Name)
			}
		}
		detail, err := json.Marshal(map[string]any{"fields": names, "reason": vault.Redact(w.Reason)})
		if err != nil {
			return err
		}
		w.Tx.Record(audit.Entry{District: e.district, Actor: e.actor, Post: e.post, Action: r.code + "." + w.Action, Object: r.code, ObjectID: e.id, Seq: e.version, Detail: detail, Digest: e.digest()})
	}
	w.Tx.Append(logTable, e.district, e.id, e.version, e.register, e.at, e.actor, e.post, e.action, e.changes, e.reason, e.load, e.batch)
	return nil
}

// seal brings fresh personal fields into the vault, leaves their masks, and
// returns those that are not what they were.
func (r *register) seal(w *Write, v reflect.Value) ([]*Field, error) {
	if !r.personal {
		return nil, nil
	}
	b := base(v)
	parts := map[string]vault.Clear{}
	var fresh []*Field
	for _, f := range r.fields {
		if f.Kind != Personal {
			continue
		}
		s := v.FieldByIndex(f.index).Addr().Interface().(*Secret)
		if !s.fresh {
			continue
		}
		fresh = append(fresh, f)
		parts[f.Part] = s.clear
		mask := map[string]func(string) string{"name": vault.MaskName, "phone": vault.MaskPhone, "contact": vault.MaskContact}[f.Part]
		*s = Secret{Mask: mask(s.clear.Plain())}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	if b.Person != 0 {
		changed, err := r.e.Vault.Amend(w.Tx, b.District, b.Person, parts)
		return slices.DeleteFunc(fresh, func(f *Field) bool { return !slices.Contains(changed, f.Part) }), err
	}
	b.Person = w.Tx.NextID()
	rec, err := r.e.Vault.Seal(vault.Person{District: b.District, ID: b.Person, Kind: vaultKind(r.code), Name: parts["name"], Phone: parts["phone"], Contact: parts["contact"]})
	if err != nil {
		return nil, err
	}
	rec.Append(w.Tx)
	return fresh, nil
}

// vaultKind marks a register's records in the vault.
func vaultKind(code string) string { return "ledger." + code }

// diff is what changed: field → [before, after]; null stands for empty. A
// personal field is told by its masks.
func (r *register) diff(v, old reflect.Value) map[string][2]any {
	out := map[string][2]any{}
	for _, f := range r.fields {
		var before any
		if old.IsValid() {
			before = f.get(old)
		}
		after := f.get(v)
		if reflect.DeepEqual(before, after) || empty(before) && empty(after) {
			continue
		}
		if empty(before) {
			before = nil
		}
		if empty(after) {
			after = nil
		}
		out[f.Name] = [2]any{before, after}
	}
	var before map[string]any
	if old.IsValid() {
		before = base(old).Extra
	}
	for name, after := range base(v).Extra {
		if !reflect.DeepEqual(before[name], after) {
			out[extraPrefix+name] = [2]any{before[name], after}
		}
	}
	for name, was := range before {
		if _, ok := base(v).Extra[name]; !ok {
			out[extraPrefix+name] = [2]any{was, nil}
		}
	}
	return out
}

// extraPrefix marks the city's own fields in the history.
const extraPrefix = "x."

// values are the row's columns in the order of the table.
func (r *register) values(v reflect.Value) ([]any, error) {
	b := base(v)
	extra := []byte("{}")
	if len(b.Extra) > 0 {
		var err error
		if extra, err = json.Marshal(b.Extra); err != nil {
			return nil, err
		}
	}
	vals := []any{b.District, b.ID, b.Version, b.Region, b.Street, b.Community, b.Grid, b.Org, int64(b.From), int64(b.To), b.State, b.Person, string(extra), b.CreatedAt, b.UpdatedAt}
	for _, f := range r.fields {
		if !f.Standard {
			vals = append(vals, f.column(f.get(v)))
		}
	}
	return vals, nil
}

// scan reads a row of selectCols.
func (r *register) scan(rows *sql.Rows) (reflect.Value, error) {
	v := r.fresh()
	b := base(v)
	var extra string
	into := []any{&b.District, &b.ID, &b.Version, &b.Region, &b.Street, &b.Community, &b.Grid, &b.Org, &b.From, &b.To, &b.State, &b.Person, &extra, &b.CreatedAt, &b.UpdatedAt}
	lists := map[*Field]*string{}
	for _, f := range r.fields {
		if f.Standard {
			continue
		}
		p := v.FieldByIndex(f.index).Addr().Interface()
		switch f.Kind {
		case Choices:
			s := new(string)
			lists[f], p = s, s
		case Personal:
			p = &p.(*Secret).Mask
		}
		into = append(into, p)
	}
	if err := rows.Scan(into...); err != nil {
		return v, err
	}
	for f, s := range lists {
		f.set(v, unpacked(*s))
	}
	if extra != "{}" {
		if err := json.Unmarshal([]byte(extra), &b.Extra); err != nil {
			return v, err
		}
	}
	return v, nil
}

// instant is a moment as JSON has it.
func (e *Engine) instant(us int64) string {
	zone := e.Zone
	if zone == nil {
		zone = time.UTC
	}
	return time.UnixMicro(us).In(zone).Format(time.RFC3339)
}
