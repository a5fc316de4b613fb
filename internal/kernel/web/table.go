package web

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/locale"
)

// ErrTooManyRows refuses an Excel sheet beyond what Excel can hold.
var ErrTooManyRows = errs.Declare("too_many_rows", 422, "导出超过 {max} 行，请缩小范围或选择 CSV。", "More than {max} rows; narrow the range or choose CSV.")

// XLSX is the content type of Excel's files.
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// maxRows is Excel's bound, header included.
const maxRows = 1 << 20

// Column heads a column of a table.
type Column struct {
	Title string
	Width float64 // in characters as Excel counts; 0: from the title, Chinese characters counting double
}

// Instant (microseconds UTC) and Day (yyyymmdd) are values of cells; zero is an empty cell.
type (
	Instant int64
	Day     int
)

// Table writes rows as .xlsx or .csv while they come; it holds none in memory.
//
// No cell is ever a formula: text that begins with = + - @ tab or return is
// marked as text, in Excel by the cell's type and quote prefix (the text itself
// stays as it is), in CSV by an apostrophe before it. Numbers stay numbers.
type Table struct {
	Lang string // of yes and no: "zh" (default) or "en"

	w     io.Writer
	zone  *time.Location
	cols  int
	rows  int
	csv   *csv.Writer
	file  *excelize.File
	sheet *excelize.StreamWriter
	style struct{ text, instant, day int }
	cells []any
	texts []string
}

// NewTable starts an export: headers of the answer (an attachment called name
// plus the format's ending) and the heading row. format is "xlsx" or "csv";
// zone is the city's, for instants. Call Close after the last row.
func NewTable(w http.ResponseWriter, name, format string, zone *time.Location, cols []Column) (*Table, error) {
	if format != "xlsx" && format != "csv" {
		return nil, errs.Invalid.New("remedy", errs.Words{ZH: "请选择 xlsx 或 csv", EN: "choose xlsx or csv"}).In("format")
	}
	h := w.Header()
	h.Set("Content-Type", mimeOf("x."+format))
	h.Set("Content-Disposition", Attachment(name+"."+format))
	h.Set("Cache-Control", "no-store")
	return WriteTable(w, name, format, zone, cols)
}

// Attachment is a Content-Disposition for a file name in any script.
func Attachment(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	plain := strings.Map(func(r rune) rune {
		if r > '~' {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

// WriteTable is NewTable for a plain writer (command line, reports).
func WriteTable(w io.Writer, name, format string, zone *time.Location, cols []Column) (*Table, error) {
	if zone == nil {
		zone = chinaTime
	}
	t := &Table{w: w, zone: zone, cols: len(cols), cells: make([]any, len(cols)), texts: make([]string, len(cols))}
	if format == "csv" {
		if _, err := io.WriteString(w, "\ufeff"); err != nil { // Excel reads UTF-8 only with a mark
			return nil, err
		}
		t.csv = csv.NewWriter(w)
		t.csv.UseCRLF = true
		for i, c := range cols {
			t.texts[i] = safeText(c.Title)
		}
		t.rows = 1
		return t, t.csv.Write(t.texts)
	}
	t.file = excelize.NewFile()
	if err := t.head(name, cols); err != nil {
		_ = t.file.Close()
		return nil, err
	}
	return t, nil
}

func (t *Table) head(name string, cols []Column) error {
	sheet := sheetName(name)
	if err := t.file.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	font := &excelize.Font{Family: "等线", Size: 11}
	heading, err := t.file.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Family: "等线", Size: 11, Bold: true},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF5"}},
		Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
	})
	if err != nil {
		return err
	}
	if t.style.text, err = t.file.NewStyle(&excelize.Style{Font: font, NumFmt: 49}); err != nil {
		return err
	}
	// The quote prefix keeps the text a text when somebody edits the cell.
	quoted := true
	t.file.Styles.CellXfs.Xf[t.style.text].QuotePrefix = &quoted
	instant, day := "yyyy-mm-dd hh:mm", "yyyy-mm-dd"
	if t.style.instant, err = t.file.NewStyle(&excelize.Style{Font: font, CustomNumFmt: &instant}); err != nil {
		return err
	}
	if t.style.day, err = t.file.NewStyle(&excelize.Style{Font: font, CustomNumFmt: &day}); err != nil {
		return err
	}
	if t.sheet, err = t.file.NewStreamWriter(sheet); err != nil {
		return err
	}
	for i, c := range cols {
		width := c.Width
		if width == 0 {
			width = min(max(textWidth(c.Title)+4, 10), 60)
		}
		if err := t.sheet.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := t.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, c := range cols {
		t.cells[i] = excelize.Cell{StyleID: heading, Value: cleanText(c.Title)}
	}
	t.rows = 1
	return t.sheet.SetRow("A1", t.cells, excelize.RowOpts{Height: 22})
}

// Row adds a row. A value is nil, a string, an integer, a float64, a bool,
// an Instant or a Day; there must be one for each column.
func (t *Table) Row(vals ...any) error {
	if len(vals) != t.cols {
		return fmt.Errorf("web: table row of %d values, want %d", len(vals), t.cols)
	}
	t.rows++
	if t.csv != nil {
		for i, v := range vals {
			t.texts[i] = t.text(v)
		}
		return t.csv.Write(t.texts)
	}
	if t.rows > maxRows {
		return ErrTooManyRows.New("max", maxRows-1)
	}
	for i, v := range vals {
		t.cells[i] = t.cell(v)
	}
	return t.sheet.SetRow("A"+strconv.Itoa(t.rows), t.cells)
}

func (t *Table) cell(v any) any {
	switch v := v.(type) {
	case string:
		if risky(v) {
			return excelize.Cell{StyleID: t.style.text, Value: cleanText(v)}
		}
		return cleanText(v)
	case Instant:
		if v == 0 {
			return nil
		}
		return excelize.Cell{StyleID: t.style.instant, Value: time.UnixMicro(int64(v)).In(t.zone)}
	case Day:
		if v == 0 {
			return nil
		}
		return excelize.Cell{StyleID: t.style.day, Value: time.Date(int(v)/10000, time.Month(int(v)/100%100), int(v)%100, 0, 0, 0, 0, time.UTC)}
	case bool:
		return t.yesNo(v)
	case int64:
		if v > 1e15 || v < -1e15 { // beyond what Excel's numbers hold exactly
			return strconv.FormatInt(v, 10)
		}
	}
	return v
}

func (t *Table) yesNo(v bool) string {
	if v {
		return locale.T(t.Lang, "yes")
	}
	return locale.T(t.Lang, "no")
}

func (t *Table) text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return safeText(v)
	case Instant:
		if v == 0 {
			return ""
		}
		return time.UnixMicro(int64(v)).In(t.zone).Format("2006-01-02 15:04:05")
	case Day:
		return calendar.DayText(int(v))
	case bool:
		return t.yesNo(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// Close finishes the document. Without it the file is not complete.
func (t *Table) Close() error {
	if t.csv != nil {
		t.csv.Flush()
		return t.csv.Error()
	}
	err := t.sheet.Flush()
	if err == nil {
		_, err = t.file.WriteTo(t.w)
	}
	return errors.Join(err, t.file.Close())
}

// Abort drops an unfinished Excel document and its temporary file.
func (t *Table) Abort() {
	if t.file != nil {
		_ = t.file.Close()
	}
}

// risky tells whether a spreadsheet might take the text for a formula. Spaces
// before the sign do not make it harmless, nor do the full-width signs.
func risky(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '\t' || s[0] == '\r' || s[0] == '\n' {
		return true
	}
	s = strings.TrimLeft(s, " \u00a0\u3000")
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune("=+-@\t\r\uff1d\uff0b\uff0d\uff20", r)
}

func safeText(s string) string {
	s = cleanText(s)
	if risky(s) {
		return "'" + s
	}
	return s
}

// cleanText drops what XML cannot carry.
func cleanText(s string) string {
	for _, r := range s {
		if bad(r) {
			return strings.Map(func(r rune) rune {
				if bad(r) {
					return -1
				}
				return r
			}, strings.ToValidUTF8(s, ""))
		}
	}
	return s
}

func bad(r rune) bool {
	return (r < ' ' && r != '\t' && r != '\n' && r != '\r') || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF
}

func textWidth(s string) float64 {
	n := 0.0
	for _, r := range s {
		if r > 0x2000 {
			n += 2
		} else {
			n++
		}
	}
	return n
}

// sheetName is a name that Excel accepts: at most 31 characters, none of :\/?*[].
func sheetName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, s)
	rs := []rune(strings.TrimSpace(s))
	if len(rs) == 0 {
		return "表"
	}
	return string(rs[:min(len(rs), 31)])
}
