package ledger

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// printer writes values for people: labels of choices, names or codes by which
// an import finds references again.
type printer struct {
	names
	lang   string
	called map[refKey]string
}

type refKey struct {
	kind string
	id   int64
}

// text is a reference as files have it: the name where it means one thing, the code where not.
func (p *printer) text(f *Field, id int64) string {
	s := p.e.Sources[f.Ref]
	if id == 0 {
		return ""
	}
	if s == nil {
		return p.known[f.Ref][id]
	}
	k := refKey{f.Ref, id}
	if t, ok := p.called[k]; ok {
		return t
	}
	n, _ := s.Named(id)
	t := n.Name
	switch f.Ref {
	case "region":
		t = p.e.Path(id)
	case "grid":
		t = strings.TrimSpace(p.e.Path(p.e.Community(id)) + " " + n.Name)
	}
	if found := s.Find(t); len(found) != 1 || t == "" {
		t = n.Code
	}
	p.called[k] = t
	return t
}

// cell is a value as a table writes it.
func (p *printer) cell(f *Field, val any) any {
	switch f.Kind {
	case Ref:
		return p.text(f, val.(int64))
	case Date:
		return web.Day(val.(int64))
	case Choice:
		if o := f.option(val.(string)); o != nil {
			return o.Name.In(p.lang)
		}
	case Choices:
		var out []string
		for _, c := range val.([]string) {
			if o := f.option(c); o != nil {
				out = append(out, o.Name.In(p.lang))
			}
		}
		return strings.Join(out, "、")
	}
	return val
}

// shown are the fields of an export in the eyes of the scope's actor.
func (r *register) shown(ctx context.Context, scope access.Scope, form int64) ([]*Field, error) {
	var out []*Field
	for _, f := range r.fields {
		if may(scope, f) {
			out = append(out, f)
		}
	}
	own, err := r.asked(ctx, form)
	for _, f := range own {
		if may(scope, f) {
			out = append(out, f)
		}
	}
	return out, err
}

// formIDOf is the only form that a filter names, 0 if there is none.
func formIDOf(forms []any) int64 {
	if len(forms) != 1 {
		return 0
	}
	id, _ := forms[0].(int64)
	return id
}

type exportIn struct {
	ListIn
	Format string `query:"format" enum:"xlsx,csv,html" doc:"html is a page to be printed"`
}

// export writes the rows of the filter; one entry of the audit trail says who
// took how many with which filter.
func (r *register) export(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	q := req.URL.Query()
	f := Filter{Where: q["where"], Query: q.Get("q"), Phone: q.Get("phone"), Sort: q.Get("sort")}
	f, err := r.filled(ctx, f)
	if err != nil {
		return err
	}
	if _, err := r.queries(ctx, scope, f); err != nil { // before anything is written
		return err
	}
	if _, err := r.order(scope, f); err != nil {
		return err
	}
	r.noteRead(ctx, formsIn(f.Where))
	lang := web.Lang(ctx)
	fields, err := r.shown(ctx, scope, formIDOf(formsIn(f.Where)))
	if err != nil {
		return err
	}
	format := q.Get("format")
	if format == "" {
		format = "xlsx"
	}
	n, _, err := r.count(ctx, scope, f, 2_000_000)
	if err != nil {
		return err
	}
	if format == "html" && n > mostPrinted {
		return web.ErrTooManyRows.New("max", mostPrinted)
	}
	if format == "xlsx" && n >= 1<<20 {
		return web.ErrTooManyRows.New("max", 1<<20-1)
	}
	detail, err := json.Marshal(map[string]any{"rows": n, "where": f.Where, "format": format})
	if err != nil {
		return err
	}
	if err := r.e.DB.Write(ctx, func(tx *store.Tx) error {
		post := scope.Post()
		tx.Record(audit.Entry{District: access.DistrictOf(post.Region), Actor: scope.Account(), Post: post.ID, Action: r.code + ".export", Object: r.code, Detail: detail})
		return nil
	}); err != nil {
		return err
	}
	out, err := r.writer(w, format, lang, fields)
	if err != nil {
		return err
	}
	p := &printer{names: names{e: r.e, scope: scope, known: map[string]map[int64]string{}}, lang: lang, called: map[refKey]string{}}
	vals := make([]any, len(fields))
	write := func(rows []reflect.Value) error {
		n, err := r.e.gather(ctx, scope, fields, rows)
		if err != nil {
			return err
		}
		p.known = n.known
		seen := sees(scope)
		for _, v := range rows {
			for i, f := range fields {
				vals[i] = nil
				if seen(f, base(v)) {
					vals[i] = p.cell(f, f.get(v))
				}
			}
			if err := out.Row(vals...); err != nil {
				return err
			}
		}
		return nil
	}
	var page []reflect.Value
	err = r.each(ctx, scope, f, func(v reflect.Value) error {
		if page = append(page, v); len(page) < 500 {
			return nil
		}
		err := write(page)
		page = page[:0]
		return err
	})
	if err == nil {
		err = write(page)
	}
	if err != nil {
		out.Abort()
		return err
	}
	return out.Close()
}

// Sheet is a table being written.
type Sheet interface {
	Row(vals ...any) error
	Close() error
	Abort()
}

// mostPrinted is how many rows a page to be printed has.
const mostPrinted = 5000

func (r *register) writer(w http.ResponseWriter, format, lang string, fields []*Field) (Sheet, error) {
	if format == "html" {
		heads := make([]string, len(fields))
		for i, f := range fields {
			heads[i] = f.Label.In(lang)
		}
		return r.e.page(w, lang, r.name.In(lang), r.e.instant(r.e.DB.Now())[:16], heads)
	}
	cols := make([]web.Column, len(fields))
	for i, f := range fields {
		cols[i] = web.Column{Title: f.Label.In(lang)}
		if f.Kind == Date {
			cols[i].Width = 12
		}
	}
	t, err := web.NewTable(w, r.name.In(lang), format, r.e.Zone, cols)
	if err != nil {
		return nil, err
	}
	t.Lang = lang
	return t, nil
}

// printed is a page made for paper: black on white, the heading on each sheet.
type printed struct {
	w    io.Writer
	lang string
	err  error
}

const printStyle = `body{font:12px/1.5 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#000;margin:16px}h1{font-size:18px;margin:0 0 4px}p{margin:0 0 8px;color:#444}table{border-collapse:collapse;width:100%}th,td{border:1px solid #666;padding:3px 6px;text-align:left;vertical-align:top}th{background:#eef2f6}thead{display:table-header-group}tr{break-inside:avoid}@page{size:A4 landscape;margin:12mm}`

// printStyleHash lets just that style through the page's policy.
var printStyleHash = styleHash(printStyle)

func (e *Engine) page(w http.ResponseWriter, lang, name, note string, heads []string) (Sheet, error) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src '"+printStyleHash+"'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	p := &printed{w: w, lang: lang}
	title := html.EscapeString(name)
	code := map[string]string{"en": "en"}[lang]
	if code == "" {
		code = "zh-CN"
	}
	p.text("<!doctype html><html lang=" + code + "><meta charset=utf-8><title>" + title + "</title><style>" + printStyle + "</style><h1>" + title + "</h1><p>" + html.EscapeString(note) + "</p><table><thead><tr>")
	for _, h := range heads {
		p.text("<th>" + html.EscapeString(h))
	}
	p.text("</thead><tbody>")
	return p, p.err
}

func (p *printed) text(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

func (p *printed) Row(vals ...any) error {
	p.text("<tr>")
	for _, v := range vals {
		p.text("<td>" + html.EscapeString(plain(v, p.lang)))
	}
	return p.err
}

func (p *printed) Close() error {
	p.text("</tbody></table></html>")
	return p.err
}

func (p *printed) Abort() {}

// template writes an empty table with the headings by which an import knows the
// fields, lists for choices, and a second sheet that explains each field.
func (r *register) template(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	lang := web.Lang(ctx)
	form, _ := strconv.ParseInt(req.URL.Query().Get("form"), 10, 64) // of another register: none
	fields, err := r.shown(ctx, scope, form)
	if err != nil {
		return err
	}
	f := excelize.NewFile()
	defer f.Close()
	sheet, notes := r.name.In(lang), map[string]string{"en": "Fields"}[lang]
	if notes == "" {
		notes = "填写说明"
	}
	if len([]rune(sheet)) > 31 {
		sheet = string([]rune(sheet)[:31])
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF5"}}})
	if err != nil {
		return err
	}
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	if _, err := f.NewSheet(notes); err != nil {
		return err
	}
	put := func(sheet string, col, row int, val string) error {
		at, err := excelize.CoordinatesToCellName(col, row)
		if err != nil {
			return err
		}
		return f.SetCellStr(sheet, at, val)
	}
	col := 0
	for _, fd := range fields {
		if fd.Name == "state" || fd.Name == "form" && form != 0 {
			continue
		}
		col++
		head := fd.Label.In(lang)
		if fd.Required {
			head += "*"
		}
		for _, c := range []struct {
			sheet    string
			col, row int
			text     string
		}{{sheet, col, 1, head}, {notes, 1, col, fd.Label.In(lang)}, {notes, 2, col, fd.hint(lang)}, {notes, 3, col, fd.Why.In(lang)}} {
			if err := put(c.sheet, c.col, c.row, c.text); err != nil {
				return err
			}
		}
		name, err := excelize.ColumnNumberToName(col)
		if err != nil {
			return err
		}
		if err := f.SetColWidth(sheet, name, name, 18); err != nil {
			return err
		}
		if fd.Kind == Text || fd.Kind == Personal || fd.Kind == Ref { // long numbers stay as they are typed
			if err := f.SetColStyle(sheet, name, text); err != nil {
				return err
			}
		}
		if fd.Kind == Choice {
			var names []string
			for _, o := range fd.Options {
				names = append(names, o.Name.In(lang))
			}
			v := excelize.NewDataValidation(true)
			v.Sqref = name + "2:" + name + "10000"
			if err := v.SetDropList(names); err == nil { // a list too long for Excel goes without
				if err := f.AddDataValidation(sheet, v); err != nil {
					return err
				}
			}
		}
	}
	last, err := excelize.CoordinatesToCellName(max(col, 1), 1)
	if err != nil {
		return err
	}
	if err := f.SetCellStyle(sheet, "A1", last, bold); err != nil {
		return err
	}
	if err := f.SetColWidth(notes, "A", "C", 36); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", web.XLSX)
	h.Set("Content-Disposition", web.Attachment(r.name.In(lang)+".xlsx"))
	h.Set("Cache-Control", "no-store")
	_, err = f.WriteTo(w)
	return err
}

// hint says what may be written into the field.
func (f *Field) hint(lang string) string {
	h := map[Kind]errs.Words{
		Text: w("文字", "text"), Long: w("文字", "text"), Number: w("整数", "a whole number"), Decimal: w("数字", "a number"), YesNo: w("是或否", "yes or no"), Date: w("日期，如 2026-11-23", "a date such as 2026-11-23"),
		Ref: w("名称或编码", "name or code"), Personal: w("个人信息，加密保存", "personal, kept encrypted"),
	}[f.Kind]
	switch f.Ref {
	case "region":
		h = w("区划编码或全称，如“翠湖街道 翠湖社区”", "code or full name of the region")
	case "grid":
		h = w("网格编码或名称", "code or name of the grid")
	case "account":
		h = w("姓名或登录名", "name or login")
	}
	if f.Options != nil {
		var zh, en []string
		for _, o := range f.Options {
			zh, en = append(zh, o.Name.ZH), append(en, o.Name.EN)
		}
		h = w("可选："+strings.Join(zh, "、"), "one of: "+strings.Join(en, ", "))
	}
	out := h.In(lang)
	if f.Required {
		out += w("；必填", "; required").In(lang)
	}
	return out
}
