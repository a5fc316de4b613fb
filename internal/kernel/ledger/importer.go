package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"hash"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
	"linli/internal/kernel/web"
)

func newSum() hash.Hash { return sha256.New() }

// importer carries what one reading of a file remembers: a few words a row, not
// the rows.
type importer struct {
	r         *register
	asked     []*Field // the city's own fields
	scope     access.Scope
	lang      string
	o         ImportOptions
	run       int64 // 0: only look
	since1904 bool
	fields    []*Field // of each column, nil: left out
	out       *ImportResult

	found  map[string][]int64    // outside reference, kind and text → ids
	held   map[heldKey][]heldRow // rows of registers by what they are called
	seen   map[heldKey]int       // values that must not come twice → row of the file
	people map[string]int        // telephone → row of the file
	own    map[string]int64      // rows of this file by label, for trees
	lost   map[int64]bool        // of those, what was not taken
	terms  map[string][]term     // of rows of this file
}

type heldKey struct{ kind, text string }

type heldRow struct {
	id       int64
	district int
}

type term struct {
	row      int
	from, to Day
}

// line is a row of the file on its way.
type line struct {
	number   int
	cells    []string
	formulas []int
	v        reflect.Value
	bad      bool
}

// wrong notes what is wrong with a row; several things told together are split.
func (im *importer) wrong(l *line, err error) {
	l.bad = true
	e := errs.As(err)
	if all, ok := e.Params["errors"].([]web.FieldError); ok {
		for _, one := range all {
			im.note(l, one.Err)
		}
		return
	}
	im.note(l, e)
}

func (im *importer) note(l *line, e *errs.Error) {
	if len(im.out.Errors) >= mostRowErrors {
		im.out.MoreErrors++
		return
	}
	x := RowError{Row: l.number, Field: e.Field, Code: e.Kind.Code, Detail: e.Text(im.lang)}
	for i, f := range im.fields {
		if f != nil && f.Name == e.Field {
			x.Column = im.out.Columns[i]
			if i < len(l.cells) && f.Kind != Personal {
				x.Value = shorten(l.cells[i])
			}
		}
	}
	im.out.Errors = append(im.out.Errors, x)
}

func shorten(s string) string {
	if utf8.RuneCountInString(s) > 40 {
		return string([]rune(s)[:40]) + "…"
	}
	return s
}

// take checks a chunk of rows and, in a real run, writes what is right.
func (im *importer) take(ctx context.Context, lines []*line) error {
	if len(lines) == 0 {
		return nil
	}
	if im.seen == nil {
		im.found, im.held, im.seen, im.people, im.own, im.lost, im.terms = map[string][]int64{}, map[heldKey][]heldRow{}, map[heldKey]int{}, map[string]int{}, map[string]int64{}, map[int64]bool{}, map[string][]term{}
	}
	if err := im.lookUp(ctx, lines); err != nil {
		return err
	}
	for _, l := range lines {
		im.read(l)
	}
	if err := im.doubles(ctx, lines); err != nil {
		return err
	}
	for _, l := range lines {
		if id := base(l.v).ID; l.bad && id != 0 {
			im.lost[id] = true
		}
	}
	kept := slices.DeleteFunc(slices.Clone(lines), func(l *line) bool { return l.bad })
	var failed map[*line]error
	added := 0
	err := im.r.e.DB.Write(ctx, func(tx *store.Tx) error {
		failed, added = map[*line]error{}, 0
		return im.write(ctx, tx, kept, failed, &added)
	})
	if err != nil {
		return err
	}
	for _, l := range kept {
		if err := failed[l]; err != nil {
			im.wrong(l, err)
		} else {
			im.out.Good++
		}
	}
	if im.run != 0 {
		im.out.Added += added
	}
	return nil
}

// lookUp finds the rows of registers that the chunk's references name, a query
// for each field.
func (im *importer) lookUp(ctx context.Context, lines []*line) error {
	for i, f := range im.fields {
		if f == nil || f.Kind != Ref {
			continue
		}
		to := im.r.e.register(f.Ref)
		if to == nil {
			continue
		}
		scope, err := im.scope.For(to.read)
		if err != nil {
			continue // each of them is unknown to the writer
		}
		var texts []string
		for _, l := range lines {
			if i < len(l.cells) {
				if t := calledText(l.cells[i]); t != "" {
					if _, ok := im.held[heldKey{f.Ref, t}]; !ok {
						im.held[heldKey{f.Ref, t}] = nil
						texts = append(texts, t)
					}
				}
			}
		}
		if len(texts) > 0 {
			if err := im.hold(ctx, scope, to, texts); err != nil {
				return err
			}
		}
	}
	return nil
}

func calledText(cell string) string { return strings.TrimSpace(width.Narrow.String(cell)) }

// hold reads the rows that are called one of the texts: by a unique field, by
// the first text field, or by id.
func (im *importer) hold(ctx context.Context, scope access.Scope, to *register, texts []string) error {
	cols := []string{}
	for _, f := range to.fields {
		if f.Kind == Text && f.Class == "" && (f.Unique || len(cols) == 0) {
			cols = append(cols, f.Name)
		}
	}
	where, args := scope.Where(rowCols)
	in, districts := districtsOf(scope)
	read := func(col string, vals []any, by func(id int64, text string) string) error {
		q := &query{}
		_ = oneOf(q, "r."+col, vals, false)
		text := "''"
		if col != "id" {
			text = "r." + col
		}
		rows, err := im.r.e.DB.Query(ctx, "SELECT r.id, r.district, "+text+" FROM "+to.table+" r WHERE "+in+q.where+" AND r.state NOT IN ('ended', 'void') AND "+where, slices.Concat(districts, q.args, args)...)
		_, err = store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
			var h heldRow
			var text string
			err := rows.Scan(&h.id, &h.district, &text)
			k := heldKey{to.code, by(h.id, text)}
			if !slices.Contains(im.held[k], h) {
				im.held[k] = append(im.held[k], h)
			}
			return struct{}{}, err
		})
		return err
	}
	var ids, vals []any
	for _, t := range texts {
		vals = append(vals, t)
		if id, err := strconv.ParseInt(t, 10, 64); err == nil && id > 0 && id < 1<<53 {
			ids = append(ids, id)
		}
	}
	for _, c := range cols {
		if err := read(c, vals, func(_ int64, text string) string { return text }); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		return read("id", ids, func(id int64, _ string) string { return strconv.FormatInt(id, 10) })
	}
	return nil
}

// read turns the cells into a row.
func (im *importer) read(l *line) {
	l.v = im.r.fresh()
	b := base(l.v)
	if row, ok := l.v.Addr().Interface().(*FormRow); ok {
		row.Form = im.o.Form
	}
	for pass := range 2 { // places first: they tell namesakes apart
		for i, f := range im.fields {
			if f == nil || i >= len(l.cells) || (f.Name == "region" || f.Name == "grid") != (pass == 0) {
				continue
			}
			if slices.Contains(l.formulas, i) {
				im.wrong(l, f.formula())
				continue
			}
			if f.Kind == Ref {
				id, err := im.refer(f, b, l.cells[i])
				if err != nil {
					im.wrong(l, err)
					continue
				}
				f.set(l.v, id)
				if f.Name == "grid" && id != 0 {
					b.Region = im.r.e.Community(id)
				}
				continue
			}
			val, err := f.parseCell(l.cells[i], im.r.e.Zone, im.since1904)
			if err != nil {
				im.wrong(l, err)
				continue
			}
			if f.extra != "" {
				if err := f.acceptable(im.r.e, val); err != nil {
					im.wrong(l, err)
					continue
				}
			}
			f.set(l.v, val)
		}
	}
	for _, f := range im.asked {
		if f.Required && !l.bad && empty(f.get(l.v)) {
			im.wrong(l, f.missing())
		}
	}
	if l.bad {
		return
	}
	for _, f := range im.r.fields {
		val := f.get(l.v)
		if !f.Unique || empty(val) {
			continue
		}
		k := heldKey{f.Name, fmt.Sprint(access.DistrictOf(b.Region), "|", val)}
		if was, ok := im.seen[k]; ok {
			im.wrong(l, f.invalid(fmt.Sprintf("与第 %d 行重复", was), fmt.Sprintf("it is the same as in row %d", was)))
			continue
		}
		im.seen[k] = l.number
	}
	if im.r.tree != nil {
		b.ID = im.r.e.DB.NextID() // later rows may lie below this one
		im.own[im.r.label(l.v.Addr().Interface())] = b.ID
	}
}

// refer finds what a cell refers to.
func (im *importer) refer(f *Field, b *Row, cell string) (int64, *errs.Error) {
	text := calledText(cell)
	if text == "" {
		return 0, nil
	}
	if strings.HasPrefix(text, "=") {
		return 0, f.formula()
	}
	var ids []int64
	if src := im.r.e.Sources[f.Ref]; src != nil {
		k := f.Ref + "|" + text
		found, ok := im.found[k]
		if !ok {
			if found = src.Find(text); len(found) == 0 {
				found = src.Find(strings.TrimSpace(cell))
			}
			im.found[k] = found
		}
		ids = found
		if len(ids) > 1 && f.Name == "grid" && b.Region != 0 {
			ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
				c := im.r.e.Community(id)
				return access.Digits(b.Region) == 12 && c != b.Region || access.Digits(b.Region) == 9 && c/1000 != b.Region
			})
		}
	} else {
		if f.Ref == im.r.code {
			if id, ok := im.own[text]; ok {
				return id, nil
			}
		}
		d := access.DistrictOf(b.Region)
		for _, h := range im.held[heldKey{f.Ref, text}] {
			if h.district == d || h.district == 0 || d == 0 {
				ids = append(ids, h.id)
			}
		}
	}
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		return 0, f.invalid("没有找到“"+shorten(text)+"”，请核对名称或填写编码", "there is no “"+shorten(text)+"”; check the name or write the code")
	}
	return 0, f.invalid(fmt.Sprintf("有 %d 个“%s”，请填写编码或全称", len(ids), shorten(text)), fmt.Sprintf("there are %d called “%s”; write the code or the full name", len(ids), shorten(text)))
}

// doubles flags rows that may be there already: the same telephone, or the same
// in the fields by which the register tells people apart.
func (im *importer) doubles(ctx context.Context, lines []*line) error {
	flag := func(l *line, f *Field, label string, id int64, of int) {
		if !im.o.Doubles {
			l.bad = true
		}
		if len(im.out.Doubles) >= mostRowErrors {
			im.out.MoreDouble++
			return
		}
		im.out.Doubles = append(im.out.Doubles, Double{Row: l.number, Field: f.Name, Label: label, ID: id, Of: of})
	}
	var phone *Field
	for _, f := range im.r.fields {
		if f.Part == "phone" {
			phone = f
		}
	}
	if phone != nil {
		byDistrict := map[int][]string{}
		for _, l := range lines {
			if n, ok := vault.NormalPhone(im.clear(l, phone)); ok && !l.bad {
				d := im.district(l)
				byDistrict[d] = append(byDistrict[d], n)
			}
		}
		known := map[string]int64{}
		for d, list := range byDistrict {
			if err := im.r.e.Vault.Known(ctx, im.r.e.DB, d, vaultKind(im.r.code), list, known); err != nil {
				return err
			}
		}
		for _, l := range lines {
			n, ok := vault.NormalPhone(im.clear(l, phone))
			if l.bad || !ok {
				continue
			}
			if id := known[n]; id != 0 {
				row, label, err := im.ofPerson(ctx, im.district(l), id)
				if err != nil {
					return err
				}
				if row != 0 {
					flag(l, phone, label, row, 0)
					continue
				}
			}
			if of, twice := im.people[n]; twice {
				flag(l, phone, "", 0, of)
				continue
			}
			im.people[n] = l.number
		}
	}
	if len(im.r.twice) == 0 {
		return nil
	}
	for _, l := range lines {
		if l.bad {
			continue
		}
		key := ""
		open := false
		q := &query{where: "r.district = ?", args: []any{im.district(l)}}
		for _, f := range im.r.twice {
			val := f.get(l.v)
			open = open || empty(val)
			key += fmt.Sprint("|", val)
			q.and("r."+f.Name+" = ?", f.column(val))
		}
		if open {
			continue
		}
		k := heldKey{"twice", fmt.Sprint(q.args[0], key)}
		if of, ok := im.seen[k]; ok {
			flag(l, im.r.twice[0], "", 0, of)
			continue
		}
		im.seen[k] = l.number
		rows, err := im.r.e.DB.Query(ctx, "SELECT "+im.r.selectCols()+" FROM "+im.r.table+" r WHERE "+q.where+" AND r.state NOT IN ('ended', 'void') LIMIT 1", q.args...)
		list, err := store.All(rows, err, im.r.scan)
		if err != nil {
			return err
		}
		if len(list) > 0 && im.scope.Covers(base(list[0]).Target()) {
			flag(l, im.r.twice[0], im.r.label(list[0].Addr().Interface()), base(list[0]).ID, 0)
		}
	}
	return nil
}

// district is where the row will lie: what it does not say the writer's only post does.
func (im *importer) district(l *line) int {
	at := base(l.v).Region
	if posts := im.scope.Posts(); at == 0 && len(posts) == 1 {
		at = posts[0].Region
	}
	return access.DistrictOf(at)
}

// clear is the text of a personal field that came with the file.
func (im *importer) clear(l *line, f *Field) string {
	if !l.v.IsValid() {
		return ""
	}
	return l.v.FieldByIndex(f.index).Interface().(Secret).clear.Plain()
}

// ofPerson is the row in force that a vault record belongs to.
func (im *importer) ofPerson(ctx context.Context, district int, person int64) (int64, string, error) {
	rows, err := im.r.e.DB.Query(ctx, "SELECT "+im.r.selectCols()+" FROM "+im.r.table+" r WHERE r.district = ? AND r.person = ? AND r.person <> 0 AND r.state NOT IN ('ended', 'void')", district, person)
	list, err := store.All(rows, err, im.r.scan)
	if err != nil || len(list) == 0 || !im.scope.Covers(base(list[0]).Target()) {
		return 0, "", err
	}
	return base(list[0]).ID, im.r.label(list[0].Addr().Interface()), nil
}

// write checks the rows against the database and each other and, in a real run,
// writes those that are right.
func (im *importer) write(ctx context.Context, tx *store.Tx, lines []*line, failed map[*line]error, added *int) error {
	r := im.r
	if err := r.lock(tx); err != nil {
		return err
	}
	b := &batch{id: tx.NextID(), load: im.run, action: "load"}
	var ready []*line
	rows := map[*line]reflect.Value{}
	for _, l := range lines {
		v := copied(l.v)
		if err := r.prepare(&Write{Ctx: ctx, Tx: tx, Scope: im.scope, Action: "create"}, v); err != nil {
			failed[l], im.lost[base(v).ID] = err, true
			continue
		}
		rows[l] = v
		ready = append(ready, l)
	}
	if err := im.taken(tx, ready, rows, failed); err != nil {
		return err
	}
	var later []func() error
	for _, l := range ready {
		v := rows[l]
		if failed[l] != nil {
			im.lost[base(v).ID] = true
			continue
		}
		wr := &Write{Ctx: ctx, Tx: tx, Scope: im.scope, Action: "create", Today: r.e.Today()}
		if err := im.allowed(wr, l, v); err != nil {
			if errs.As(err).Kind.Status >= 500 {
				return err
			}
			failed[l], im.lost[base(v).ID] = err, true
			continue
		}
		if im.run == 0 {
			continue
		}
		if err := r.store(wr, v, reflect.Value{}, 0, b); err != nil {
			return err
		}
		later = append(later, func() error { return r.labelled(r.then(wr, v.Addr().Interface(), nil)) })
		*added++
	}
	if im.run == 0 {
		return nil
	}
	for _, f := range later {
		if err := f(); err != nil {
			return err
		}
	}
	r.close(tx, im.scope, b)
	return nil
}

// allowed asks the register's own rule, and holds the terms against those of the
// register and of the file.
func (im *importer) allowed(w *Write, l *line, v reflect.Value) error {
	r := im.r
	if r.tree != nil && im.lost[r.tree.get(v).(int64)] {
		return r.tree.unknown()
	}
	if err := r.check(w, v.Addr().Interface(), nil); err != nil {
		return r.labelled(err)
	}
	if err := r.valid(w, v); err != nil {
		return err
	}
	if err := r.terms(w, v); err != nil {
		return err
	}
	row := base(v)
	for i, set := range r.single {
		key := fmt.Sprint(i, "|", row.District)
		open := false
		for _, f := range set {
			val := f.get(v)
			open = open || empty(val)
			key += fmt.Sprint("|", val)
		}
		if open {
			continue
		}
		for _, t := range im.terms[key] {
			if t.row != l.number && (t.to == 0 || row.From <= t.to) && (row.To == 0 || t.from <= row.To) {
				return set[0].invalid(fmt.Sprintf("与第 %d 行的起止日期重叠", t.row), fmt.Sprintf("its days overlap those of row %d", t.row))
			}
		}
		im.terms[key] = append(im.terms[key], term{l.number, row.From, row.To})
	}
	return nil
}

// taken looks for rows that have a unique value already, a query for each field
// and district.
func (im *importer) taken(tx *store.Tx, lines []*line, rows map[*line]reflect.Value, failed map[*line]error) error {
	for _, f := range im.r.fields {
		if !f.Unique {
			continue
		}
		byDistrict := map[int][]any{}
		for _, l := range lines {
			if val := f.get(rows[l]); !empty(val) {
				d := base(rows[l]).District
				byDistrict[d] = append(byDistrict[d], f.column(val))
			}
		}
		for d, vals := range byDistrict {
			q := &query{where: "r.district = ?", args: []any{d}}
			_ = oneOf(q, "r."+f.Name, vals, false)
			found, err := tx.Query("SELECT r."+f.Name+" FROM "+im.r.table+" r WHERE "+q.where+" AND r.state NOT IN ('ended', 'void')", q.args...)
			had, err := store.All(found, err, func(rows *sql.Rows) (string, error) {
				var v any
				err := rows.Scan(&v)
				return columnText(v), err
			})
			if err != nil {
				return err
			}
			for _, l := range lines {
				if val := f.get(rows[l]); base(rows[l]).District == d && !empty(val) && slices.Contains(had, columnText(f.column(val))) {
					failed[l] = Taken.New("field", f.Label, "value", val).In(f.Name)
				}
			}
		}
	}
	return nil
}

func columnText(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v)
}
