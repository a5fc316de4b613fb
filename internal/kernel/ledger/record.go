package ledger

import (
	"database/sql"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"linli/internal/kernel/vault"
)

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
