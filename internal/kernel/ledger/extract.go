package ledger

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// Extract is what a register answers to a query that is kept: rows as people read
// them and, by a field, how many there are.
type Extract struct {
	Columns []ExtractColumn
	Rows    []ExtractRow
	Figure  *Figure
}

// ExtractColumn heads a column.
type ExtractColumn struct{ Name, Label string }

// ExtractRow is a row with a text for each column.
type ExtractRow struct {
	ID    int64
	Label string
	Cells []string
}

// Readable is the permission by which a register is read and what it is called;
// false if there is none with that code.
func (e *Engine) Readable(code string) (access.Perm, errs.Words, bool) {
	r := e.register(code)
	if r == nil {
		return "", errs.Words{}, false
	}
	return r.read, r.name, true
}

// Extract reads the filter's rows in the eyes of the scope's actor, in the
// language; without columns those that the register asks. More rows than most are
// web.ErrTooManyRows; most 0 only counts.
func (e *Engine) Extract(ctx context.Context, scope access.Scope, code, lang string, f Filter, columns []string, by, sum string, most int) (*Extract, error) {
	r := e.register(code)
	if r == nil {
		return nil, errs.NotFound.New()
	}
	scope, err := scope.For(r.read)
	if err != nil {
		return nil, err
	}
	fig, err := r.Figure(ctx, scope, f, by, sum, lang)
	if err != nil {
		return nil, err
	}
	all, err := r.shown(ctx, scope, formIDOf(formsIn(f.Where)))
	if err != nil {
		return nil, err
	}
	first := slices.IndexFunc(all, func(x *Field) bool { return !x.Standard && (x.Kind == Text || x.Kind == Personal) })
	var fields []*Field
	for i, x := range all { // the first text is what the row is called
		if i != first && !x.Standard && x.Kind != Long {
			fields = append(fields, x)
		}
	}
	if len(columns) > 0 {
		fields = nil
		for _, c := range columns {
			x := named(all, c)
			if x == nil {
				return nil, errs.Invalid.New("field", w("列", "columns"), "remedy", w("没有“"+c+"”这一列，请重新选择", "there is no column "+c+"; choose again")).In("columns")
			}
			fields = append(fields, x)
		}
	}
	out := &Extract{Figure: fig}
	for _, x := range fields {
		out.Columns = append(out.Columns, ExtractColumn{x.Name, x.Label.In(lang)})
	}
	if most == 0 {
		return out, nil
	}
	if fig.Total > most {
		return nil, web.ErrTooManyRows.New("max", most)
	}
	var rows []reflect.Value
	if err := r.each(ctx, scope, f, func(v reflect.Value) error { rows = append(rows, v); return nil }); err != nil {
		return nil, err
	}
	r.noteRead(ctx, formsIn(f.Where))
	n, err := e.gather(ctx, scope, fields, rows)
	if err != nil {
		return nil, err
	}
	p := &printer{names: *n, lang: lang, called: map[refKey]string{}}
	seen := sees(scope)
	for _, v := range rows {
		row := ExtractRow{ID: base(v).ID, Label: r.label(v.Addr().Interface()), Cells: make([]string, len(fields))}
		for i, x := range fields {
			if seen(x, base(v)) && !empty(x.get(v)) {
				row.Cells[i] = plain(p.cell(x, x.get(v)), lang)
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// Sheet starts an export of a table that is no register's, as xlsx, csv or html (a
// page to be printed); note stands below the title of the page.
func (e *Engine) Sheet(rw http.ResponseWriter, format, lang, title, note string, heads []string) (Sheet, error) {
	if format == "html" {
		return e.page(rw, lang, title, note, heads)
	}
	cols := make([]web.Column, len(heads))
	for i, h := range heads {
		cols[i] = web.Column{Title: h}
	}
	t, err := web.NewTable(rw, title, format, e.Zone, cols)
	if err != nil {
		return nil, err
	}
	t.Lang = lang
	return t, nil
}
