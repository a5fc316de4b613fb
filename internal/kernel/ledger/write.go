package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
)

// What may be wrong with a change of a register.
var (
	Overlap = errs.Declare("overlapping_terms", 409, "{field}在这段时间已有“{label}”（{from} 至 {to}），起止日期不能重叠。", "In this time {field} already has “{label}” ({from} to {to}); their days must not overlap.")
	Taken   = errs.Declare("already_registered", 409, "{field}“{value}”已登记，请直接修改已有的记录。", "{field} “{value}” is registered already; change that row instead.")
	Circle  = errs.Declare("circular_tree", 422, "{field}不能是自己或自己的下级。", "{field} cannot be the row itself or one below it.")
	Closed  = errs.Declare("row_ended", 409, "这条记录已结束。如当时登记有误，请写明原因后更正。", "This row has ended. If it was entered wrongly, correct it and say why.")
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

// Put adds a row and returns it as written, with an id of the store if it has none. The scope is the writer's for the
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
// audit entry a chunk: for the demo, inside store.Bulk or not; rows hold what was
// written, with their ids, when it returns nil. They are checked
// field by field; uniqueness, terms and references are the caller's word, and
// neither Check nor Then is asked.
func (r *Register[T]) Load(ctx context.Context, scope access.Scope, rows []T) error {
	for chunk := range slices.Chunk(rows, loadChunk) {
		var done []reflect.Value
		if err := r.e.DB.Write(ctx, func(tx *store.Tx) error {
			b := &batch{id: tx.NextID(), action: "load"}
			done = done[:0]
			for i := range chunk {
				v := copied(reflect.ValueOf(&chunk[i]).Elem())
				w := &Write{Ctx: ctx, Tx: tx, Scope: scope, Action: "create"}
				if err := r.prepare(w, v); err != nil {
					return err
				}
				if err := r.store(w, v, reflect.Value{}, 0, b); err != nil {
					return err
				}
				done = append(done, v)
			}
			r.close(tx, scope, b)
			return nil
		}); err != nil {
			return err
		}
		for i, v := range done {
			reflect.ValueOf(&chunk[i]).Elem().Set(v)
		}
	}
	return nil
}

const loadChunk = 500

// batch is rows that share one audit entry in each district.
type batch struct {
	id     int64
	load   int64 // the import, 0 for others
	action string
	parts  map[int]*part
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
		tx.Record(audit.Entry{District: d, Actor: scope.Account(), Post: scope.Post().ID, Action: r.code + "." + b.action, Object: r.code, ObjectID: b.id, Seq: p.n, Detail: detail, Digest: sha256.Sum256(p.sum)})
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
	return r.labelled(r.then(w, v.Addr().Interface(), nil))
}

// prepare fills in what follows from the rest of a new row and checks the fields.
func (r *register) prepare(w *Write, v reflect.Value) error {
	b := base(v)
	w.Today = r.e.Today()
	if b.ID == 0 {
		b.ID = w.Tx.NextID()
	}
	b.Version, b.Person, b.CreatedAt, b.UpdatedAt = 1, 0, w.Tx.Now(), w.Tx.Now()
	if b.From == 0 {
		b.From = Day(w.Today)
	}
	if b.State == "" {
		b.State = r.states[0].Code
	}
	if err := r.hang(w, v); err != nil {
		return err
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

// hang puts a row for which nobody named a place where the row is to which it
// belongs: the first that it must refer to.
func (r *register) hang(w *Write, v reflect.Value) error {
	b := base(v)
	if b.Region != 0 || b.Grid != 0 {
		return nil
	}
	for _, f := range r.fields {
		of := r.e.register(f.Ref)
		id, _ := f.get(v).(int64)
		if of == nil || !f.Required || id == 0 {
			continue
		}
		in, args := districtsOf(w.Scope)
		err := w.Tx.QueryRow("SELECT r.region, r.grid FROM "+of.table+" r WHERE "+in+" AND r.id = ?", append(args, id)...).Scan(&b.Region, &b.Grid)
		if errors.Is(err, sql.ErrNoRows) { // what it refers to is looked at later
			return nil
		}
		return err
	}
	return nil
}

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

// change edits a row; of one that has ended it corrects what was entered, if it
// says why. What the edit leaves equal is not written, and a change
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
		if strings.TrimSpace(w.Reason) == "" {
			return old, Closed.New().In("reason")
		}
		w.Action = "correct"
	}
	v := copied(old)
	if err := edit(v); err != nil {
		return v, r.labelled(err)
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
	if w.Action == "correct" {
		if b.Region != o.Region || b.Grid != o.Grid || b.Org != o.Org || b.State != o.State {
			return v, r.field("region").invalid("已结束的记录归属不变，只更正登记的内容", "a row that has ended stays where it was; only what was entered is corrected")
		}
		if b.To == 0 || int(b.To) > w.Today {
			return v, r.field("valid_to").invalid("已结束的记录，截止日期不能晚于今天", "the last day of a row that has ended is today or before")
		}
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
		return v, r.labelled(err)
	}
	return r.keep(w, v, old)
}

func (r *register) keep(w *Write, v, old reflect.Value) (reflect.Value, error) {
	if err := r.store(w, v, old, base(old).Version, nil); err != nil {
		return v, err
	}
	return v, r.labelled(r.then(w, v.Addr().Interface(), old.Addr().Interface()))
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
