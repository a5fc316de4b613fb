package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

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
	if b.State == Void || b.State == Ended && wr.Action != "end" && wr.Action != "correct" {
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
		return r.labelled(err)
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

// labelled gives an error of a register's own rule the name of its field.
func (r *register) labelled(err error) error {
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
	if b.State == Ended && (w.Action != "correct" || b.From == b.To) { // it was in force on no day
		return nil
	}
	for _, set := range r.single {
		q := "SELECT " + r.selectCols() + " FROM " + r.table + " r WHERE r.district = ? AND r.id <> ? AND r.state <> 'void' AND (r.valid_to = 0 OR r.valid_to > ? OR r.valid_to = ? AND r.state <> 'ended')"
		args := []any{b.District, b.ID, b.From, b.From}
		switch {
		case b.State == Ended: // on its last day it was out of force already
			q, args = q+" AND r.valid_from < ?", append(args, b.To)
		case b.To != 0:
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
