package rulebook

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// A table of categories as cities keep it in Excel: one row a category, a
// heading row with the names below in any order, columns that are not known
// are reported. A code that exists makes a new version, another one a new
// category.

// tableColumns are the headings, Chinese first.
var tableColumns = map[string][]string{
	"code": {"代码", "编码"}, "parent": {"上级代码", "上级编码"}, "name": {"名称", "类别名称"}, "name_en": {"英文名称", "英文名"},
	"kind": {"类型"}, "nature": {"性质"}, "grade": {"等级", "分级"}, "limits": {"时限", "处置时限"}, "unit_kind": {"责任单位类型"},
	"filing": {"立案条件"}, "closing": {"结案条件"}, "keywords": {"关键词"}, "evidence_found": {"上报须拍照"}, "evidence_resolved": {"处置须拍照"},
	"evidence_why": {"拍照理由"}, "callback_rate": {"回访比例"}, "onsite_allowed": {"可当场办结"}, "private": {"不公开"},
}

var kindNames = map[string]string{"事件": Event, "event": Event, "部件": Part, "part": Part}

var natureNames = map[string]string{"": Ordinary, "一般": Ordinary, "ordinary": Ordinary, "水电气热": Lifeline, "lifeline": Lifeline, "咨询": Consultation, "consultation": Consultation}

var gradeNames = map[string]string{"": "", "一般": General, "general": General, "较急": Urgent, "urgent": Urgent, "紧急": Critical, "critical": Critical, "复杂疑难": Complex, "复杂": Complex, "complex": Complex}

var yesNames = map[string]bool{"": false, "否": false, "no": false, "0": false, "是": true, "yes": true, "1": true}

const (
	maxTableBytes = 8 << 20
	maxTableRows  = 5000
)

// RowError is what is wrong in a row of a table; Row counts the heading as 1.
type RowError struct {
	Row    int
	Column string
	Err    *errs.Error
}

// TableReport tells what an import did or, on a dry run, would do.
type TableReport struct {
	Rows, Added, Changed, Unchanged int
	Errors                          []RowError // any error: nothing was written
}

// ImportCategories reads a table (.xlsx, or CSV in UTF-8 or GB 18030) and
// publishes all its rows at once, or none. dry only checks.
func (r *Rulebook) ImportCategories(ctx context.Context, scope access.Scope, in io.Reader, t Terms, dry bool) (*TableReport, error) {
	t.Base, t.ValidTo = 0, 0
	if err := r.terms(ctx, scope, t); err != nil {
		return nil, err
	}
	if err := r.Refresh(ctx); err != nil {
		return nil, err
	}
	rows, err := readTable(in)
	if err != nil {
		return nil, err
	}
	s := r.state()
	rep := &TableReport{}
	drafts, next := s.importRows(rows, t, rep, r.db.NextID)
	if len(rep.Errors) == 0 && len(drafts) > 0 {
		if err := next.stopsRules(s, t.ValidFrom); err != nil {
			return nil, err
		}
	}
	if dry || len(rep.Errors) > 0 || len(drafts) == 0 {
		return rep, nil
	}
	return rep, r.write(ctx, scope, drafts...)
}

// stopsRules refuses if rules that ran in the old state do not in this one.
func (s *seen) stopsRules(old *seen, day int) error {
	rules, ok := inForce(old.routing, day)
	if !ok {
		return nil
	}
	cal, err := old.calendarOn(day, nil, nil)
	if err != nil {
		return err
	}
	before := problems(rules.Body, old.world(day, cal))
	return refuse(slices.DeleteFunc(problems(rules.Body, s.world(day, cal)), func(p Problem) bool {
		return slices.ContainsFunc(before, func(q Problem) bool { return q.Rule == p.Rule && q.Kind == p.Kind })
	}))
}

// importRows turns the rows into drafts and the state that they would make.
func (s *seen) importRows(rows [][]string, t Terms, rep *TableReport, newID func() int64) ([]draft, *seen) {
	fail := func(row int, column string, err *errs.Error) {
		rep.Errors = append(rep.Errors, RowError{row, column, err})
	}
	next := *s
	next.categories = maps.Clone(s.categories)
	columns := headings(rows[0], func(text string) {
		fail(1, text, invalid(text, "没有这一列，请对照模板修改或删除。", "there is no such column; correct or remove it."))
	})
	for _, must := range []string{"code", "name", "kind"} {
		if !slices.Contains(columns, must) {
			fail(1, must, errs.Required.New("field", words("“"+tableColumns[must][0]+"”列", "the column "+must)))
		}
	}
	if len(rep.Errors) > 0 {
		return nil, nil
	}
	all, open := s.catsOn(t.ValidFrom)
	byCode := map[string]*Category{}
	for _, c := range all {
		if open[c.ID] {
			byCode[c.Code] = c
		}
	}
	type line struct {
		row    int
		c      *Category
		parent string
		old    *Category
	}
	var lines []line
	seenCode := map[string]int{}
	for i, cells := range rows[1:] {
		row := i + 2
		if !slices.ContainsFunc(cells, func(x string) bool { return strings.TrimSpace(x) != "" }) {
			continue
		}
		rep.Rows++
		get := func(column string) string {
			if at := slices.Index(columns, column); at >= 0 && at < len(cells) {
				return strings.TrimSpace(cells[at])
			}
			return ""
		}
		c := &Category{}
		old := byCode[get("code")]
		if old != nil {
			*c = *old // columns that the table lacks stay as they are
		} else {
			c.ID = newID()
		}
		before := len(rep.Errors)
		c.fill(columns, get, func(column string, err *errs.Error) { fail(row, column, err) })
		if first := seenCode[c.Code]; first > 0 {
			fail(row, "code", invalid("code", fmt.Sprintf("与第 %d 行代码相同。", first), fmt.Sprintf("row %d has the same code.", first)))
		}
		seenCode[c.Code] = row
		if len(rep.Errors) > before {
			continue
		}
		byCode[c.Code] = c
		lines = append(lines, line{row, c, get("parent"), old})
	}
	hasParent := slices.Contains(columns, "parent")
	var drafts []draft
	for _, l := range lines {
		if hasParent {
			l.c.Parent = 0
			if l.parent != "" {
				up := byCode[l.parent]
				if up == nil {
					fail(l.row, "parent", invalid("parent", "上级代码“"+l.parent+"”不存在。", "there is no category "+l.parent+"."))
					continue
				}
				l.c.Parent = up.ID
			}
		}
		if err := l.c.Check(); err != nil {
			e := errs.As(err)
			fail(l.row, e.Field, e)
			continue
		}
		if l.old != nil && sameCategory(l.old, l.c) {
			rep.Unchanged++
			continue
		}
		base := len(s.categories[l.c.ID])
		if base > 0 {
			rep.Changed++
		} else {
			rep.Added++
		}
		v := *l.c
		v.Version, v.ValidFrom, v.ValidTo = base+1, t.ValidFrom, 0
		next.categories[v.ID] = append(slices.Clone(s.categories[v.ID]), Version[*Category]{Version: base + 1, ValidFrom: t.ValidFrom, Body: &v})
		drafts = append(drafts, draft{kindCategory, strconv.FormatInt(v.ID, 10), base, t.ValidFrom, 0, t.Note, v})
	}
	all, open = next.catsOn(t.ValidFrom)
	for _, l := range lines {
		if err := checkTree(l.c, all, open); err != nil && len(rep.Errors) < maxTableRows {
			e := errs.As(err)
			fail(l.row, e.Field, e)
		}
	}
	return drafts, &next
}

// sameCategory compares what a person edits.
func sameCategory(a, b *Category) bool {
	x, y := *a, *b
	x.Version, x.ValidFrom, x.ValidTo, x.Leaf = y.Version, y.ValidFrom, y.ValidTo, y.Leaf
	return reflect.DeepEqual(x, y)
}

// headings maps the heading row to column names, "" for those not known.
func headings(row []string, unknown func(string)) []string {
	out := make([]string, len(row))
	for i, text := range row {
		key := strings.ToLower(strings.TrimSpace(text))
		if key == "" {
			continue
		}
		for name, aliases := range tableColumns {
			if key == name || slices.Contains(aliases, key) {
				out[i] = name
			}
		}
		if out[i] == "" {
			unknown(text)
		}
	}
	return out
}

// fill reads the cells of a row into the category.
func (c *Category) fill(columns []string, get func(string) string, fail func(string, *errs.Error)) {
	pick := func(column string, names map[string]string, to *string) {
		v, ok := names[strings.ToLower(get(column))]
		if !ok {
			fail(column, invalid(column, "无法识别“"+get(column)+"”。", fmt.Sprintf("%q is not known here.", get(column))))
			return
		}
		*to = v
	}
	yes := func(column string, to *bool) {
		v, ok := yesNames[strings.ToLower(get(column))]
		if !ok {
			fail(column, invalid(column, "请填写是或否。", "write yes or no."))
			return
		}
		*to = v
	}
	for _, column := range columns {
		switch column {
		case "code":
			c.Code = get(column)
		case "name":
			c.Name = get(column)
		case "name_en":
			c.NameEN = get(column)
		case "kind":
			pick(column, kindNames, &c.Kind)
		case "nature":
			pick(column, natureNames, &c.Nature)
		case "grade":
			pick(column, gradeNames, &c.Grade)
		case "limits":
			list, err := calendar.ParseStages(get(column))
			if err != nil {
				fail(column, errs.As(err))
				continue
			}
			c.Limits = list
		case "unit_kind":
			c.UnitKind = get(column)
		case "filing":
			c.Filing = get(column)
		case "closing":
			c.Closing = get(column)
		case "keywords":
			c.Keywords = strings.FieldsFunc(get(column), func(r rune) bool { return strings.ContainsRune("、，,；; \n", r) })
		case "evidence_found":
			yes(column, &c.Evidence.Found)
		case "evidence_resolved":
			yes(column, &c.Evidence.Resolved)
		case "evidence_why":
			c.EvidenceWhy = get(column)
		case "onsite_allowed":
			yes(column, &c.Onsite)
		case "private":
			yes(column, &c.Private)
		case "callback_rate":
			c.CallBackRate = nil
			text, percent := strings.CutSuffix(get(column), "%")
			if text == "" {
				continue
			}
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				fail(column, invalid(column, "请填写 0 到 1 之间的数，或百分比。", "write a number from 0 to 1, or a percentage."))
				continue
			}
			if percent {
				v /= 100
			}
			c.CallBackRate = &v
		}
	}
}

// readTable reads the first sheet, or the CSV, with at least a heading row.
func readTable(in io.Reader) ([][]string, error) {
	raw, err := io.ReadAll(io.LimitReader(in, maxTableBytes+1))
	if err != nil {
		return nil, fmt.Errorf("rulebook: read the table: %w", err)
	}
	if len(raw) > maxTableBytes {
		return nil, errs.TooLarge.New("max", "8 MB")
	}
	var rows [][]string
	if bytes.HasPrefix(raw, []byte("PK\x03\x04")) {
		rows, err = readSheet(raw)
	} else {
		rows, err = readCSV(raw)
	}
	if err != nil {
		return nil, invalid("file", "文件无法识别，请使用 .xlsx 或 CSV 表格。", "the file could not be read; use an .xlsx or CSV table.").Because(err)
	}
	switch {
	case len(rows) < 2:
		return nil, invalid("file", "表格是空的。第一行是列名，从第二行起每行一个类别。", "the table is empty; the first row has the headings, each further row a category.")
	case len(rows) > maxTableRows+1:
		return nil, errs.TooLong.New("field", words("表格", "table"), "max", maxTableRows).In("file")
	}
	return rows, nil
}

func readSheet(raw []byte) (_ [][]string, err error) {
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{UnzipSizeLimit: 64 << 20, UnzipXMLSizeLimit: 32 << 20})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sheets := f.GetSheetList()
	if len(sheets) == 0 {
		return nil, nil
	}
	it, err := f.Rows(sheets[0])
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	var rows [][]string
	for it.Next() && len(rows) <= maxTableRows+1 {
		cells, err := it.Columns()
		if err != nil {
			return nil, err
		}
		rows = append(rows, cells)
	}
	return rows, it.Error()
}

func readCSV(raw []byte) ([][]string, error) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		var err error
		if raw, err = simplifiedchinese.GB18030.NewDecoder().Bytes(raw); err != nil {
			return nil, err
		}
	}
	if bytes.ContainsRune(raw, 0) {
		return nil, errors.New("not a text")
	}
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord = -1
	return r.ReadAll()
}
