package tabular

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"linli/internal/kernel/errs"
)

// head knows the headings of these tests.
func head(h string) bool {
	return slices.Contains([]string{"编号", "标题", "主题", "内容", "留言详情", "留言时间", "街道", "联系电话"}, h)
}

func file(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// all reads a source to its end: rows by number, unreadable ones as "!code".
func all(t testing.TB, s Source) (rows [][]string, numbers []int) {
	t.Helper()
	defer s.Close()
	for {
		r, err := s.Next()
		if errors.Is(err, io.EOF) {
			return rows, numbers
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Err != nil {
			r.Cells = []string{"!" + r.Err.Kind.Code}
		}
		rows, numbers = append(rows, r.Cells), append(numbers, r.Number)
	}
}

func TestTextFiles(t *testing.T) {
	t.Parallel()
	gb := func(s string) []byte {
		b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	u16 := func(s string) []byte {
		b, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	zipped := func(s string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		return b.Bytes()
	}
	const plainCSV = "标题,内容\r\n路灯,\"坏了,\"\"很\"\"暗\n两行\"\r\n\r\n井盖,没了\r\n"
	want := [][]string{{"路灯", "坏了,\"很\"暗\n两行"}, {"井盖", "没了"}}
	for name, data := range map[string][]byte{
		"UTF-8":           []byte(plainCSV),
		"UTF-8 with mark": []byte("\ufeff" + plainCSV),
		"GB18030":         gb(plainCSV),
		"UTF-16, tabs":    u16(strings.ReplaceAll(strings.ReplaceAll(plainCSV, "坏了,", "坏了COMMA"), ",", "\t")),
		"gzip":            zipped(plainCSV),
		"semicolons":      []byte(strings.ReplaceAll(strings.ReplaceAll(plainCSV, "坏了,", "坏了COMMA"), ",", ";")),
		"old line ends":   []byte("标题,内容\r路灯,\"坏了,\"\"很\"\"暗\n两行\"\r\r井盖,没了"),
		"title above":     []byte("某某街道诉求清单,\n" + plainCSV),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(file(t, "x.dat", data), "", head)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]string{"标题", "内容"}, s.Columns()); d != "" {
				t.Error(d)
			}
			rows, numbers := all(t, s)
			for i := range rows {
				for k := range rows[i] {
					rows[i][k] = strings.ReplaceAll(rows[i][k], "COMMA", ",")
				}
			}
			if d := cmp.Diff(want, rows); d != "" {
				t.Error(d)
			}
			if s.Share() < 0.99 || numbers[1]-numbers[0] != 2 {
				t.Errorf("read %v, rows %v", s.Share(), numbers)
			}
		})
	}
	t.Run("JSON lines", func(t *testing.T) {
		t.Parallel()
		s, err := Open(file(t, "x", []byte(`{"b": 12345678901234567890, "a": "x"}`+"\n\n"+`{"place": {"lon": 112.6, "lat": 29.4}, "ok": true, "no": null, "list": ["a","b"]}`+"\nnot json\n"+`{"a": 1} {}`+"\n[1]\n{\"a\": \"\xff\"}\n{\"later\": 1}")), "", head)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"a", "b", "list", "ok", "place.lat", "place.lon", "later"}, s.Columns()); d != "" {
			t.Error(d)
		}
		rows, numbers := all(t, s)
		want := [][]string{{"x", "12345678901234567890", "", "", "", "", ""}, {"", "", "a、b", "true", "29.4", "112.6", ""}, {"!row_unreadable"}, {"!row_unreadable"}, {"!row_unreadable"}, {"\ufffd", "", "", "", "", "", ""}, {"", "", "", "", "", "", "1"}}
		if d := cmp.Diff(want, rows); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]int{1, 3, 4, 5, 6, 7, 8}, numbers); d != "" {
			t.Error(d)
		}
	})
	t.Run("long and wide rows fail alone", func(t *testing.T) {
		t.Parallel()
		text := "标题,内容\n短,短\n长," + strings.Repeat("长", maxCellBytes) + "\n宽,宽,宽\n好,好\n坏,\"没有结束\n路灯,坏了\n"
		s, err := Open(file(t, "x.csv", []byte(text)), "", head)
		if err != nil {
			t.Fatal(err)
		}
		rows, _ := all(t, s)
		if d := cmp.Diff([][]string{{"短", "短"}, {"!row_unreadable"}, {"!row_unreadable"}, {"好", "好"}, {"!row_unreadable"}}, rows); d != "" {
			t.Error(d)
		}
	})
}

func TestExcel(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	set := func(cell string, v any) {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	set("A1", "某某街道 2019 年诉求清单")
	for i, h := range []string{"编号", "主题", "留言详情", "留言时间", "街道", "联系电话"} {
		set(string(rune('A'+i))+"2", h)
	}
	set("A3", 1001)
	set("B3", "路灯不亮")
	set("C3", "=1+1 不是公式")
	set("D3", time.Date(2019, 2, 28, 11, 25, 5, 0, time.UTC))
	set("E3", "湖滨街道")
	set("F3", 13812345678)
	set("A5", 1002)
	if err := f.SetCellFormula("Sheet1", "B5", `HYPERLINK("http://example.invalid","x")`); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellRichText("Sheet1", "C5", []excelize.RichTextRun{{Text: "积"}, {Text: "水"}}); err != nil {
		t.Fatal(err)
	}
	set("D5", "2019/3/1")
	for _, m := range [][2]string{{"A1", "F1"}, {"E3", "E5"}} {
		if err := f.MergeCell("Sheet1", m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.NewSheet("另一张"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue("另一张", "A1", "内容"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue("另一张", "A2", "噪音"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, "", head)
	if err != nil {
		t.Fatal(err)
	}
	rows, numbers := all(t, s)
	want := [][]string{{"1001", "路灯不亮", "=1+1 不是公式", rows[0][3], "湖滨街道", "13812345678"}, {"1002", "", "积水", "2019/3/1", "湖滨街道", ""}}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int{3, 5}, numbers); d != "" {
		t.Error(d)
	}
	if day, err := strconv.ParseFloat(rows[0][3], 64); err != nil || math.Abs(day-43524.4757523148) > 1e-6 || s.Since1904() {
		t.Errorf("Excel's day is %s", rows[0][3])
	}
	other, err := Open(path, "另一张", head)
	if err != nil {
		t.Fatal(err)
	}
	if rows, _ := all(t, other); len(rows) != 1 || rows[0][0] != "噪音" {
		t.Errorf("other sheet: %v", rows)
	}
	if _, err := Open(path, "没有", head); !errs.Is(err, ErrFile) {
		t.Error(err)
	}
}

// pack makes an Excel file from raw parts.
func pack(t testing.TB, sheet func(io.Writer), shared string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name string, write func(io.Writer)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		write(w)
	}
	text := func(s string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, s) } }
	add("xl/workbook.xml", text(`<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>`))
	add("xl/_rels/workbook.xml.rels", text(`<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`))
	add("xl/sharedStrings.xml", text(shared))
	add("xl/worksheets/sheet1.xml", sheet)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileFiles(t *testing.T) {
	t.Parallel()
	text := func(s string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, s) } }
	zeros := func(n int) func(io.Writer) {
		return func(w io.Writer) {
			chunk := bytes.Repeat([]byte(`<row>`+strings.Repeat(" ", 500)+`</row>`), 1<<10)
			for range n / len(chunk) {
				_, _ = w.Write(chunk)
			}
		}
	}
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write([]byte(`{"text":"x"}` + "\n"))
	line := []byte(`{"text":"` + strings.Repeat("x", 1<<20-16) + `"}` + "\n")
	for range 60 {
		_, _ = w.Write(line)
	}
	_ = w.Close()
	whole := pack(t, text(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>内容</t></is></c></row><row r="2"><c r="A2" t="s"><v>99</v></c></row></sheetData></worksheet>`), "<sst><si><t>x</t></si></sst>")
	for name, c := range map[string]struct {
		data []byte
		want *errs.Kind // of Open or of reading on; nil: it can be read
	}{
		"empty":                     {nil, ErrFile},
		"blank":                     {[]byte(" \n\n "), ErrFile},
		"old Excel":                 {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1aaaa"), ErrFile},
		"a PDF":                     {[]byte("%PDF-1.7 ..."), ErrFile},
		"a program":                 {append([]byte("\x7fELF"), make([]byte, 2000)...), ErrFile},
		"a JSON array":              {[]byte(`[{"text":"x"}]`), ErrFile},
		"another zip":               {[]byte("PK\x03\x04 nothing"), ErrFile},
		"half an Excel file":        {whole[:len(whole)/2], ErrFile},
		"half a gzip":               {gz.Bytes()[:20], ErrFile},
		"a gzip bomb":               {gz.Bytes(), ErrBomb},
		"a sheet bomb":              {pack(t, zeros(60<<20), "<sst/>"), ErrBomb},
		"an index out of bounds":    {whole, nil},
		"XML that breaks off":       {pack(t, text(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>内`), "<sst/>"), ErrFile},
		"an entity of entities":     {pack(t, text(`<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><worksheet><sheetData><row><c t="inlineStr"><is><t>&c;</t></is></c></row></sheetData></worksheet>`), "<sst/>"), ErrFile},
		"a cell far to the right":   {pack(t, text(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>内容</t></is></c></row><row r="2"><c r="XFD2"><v>1</v></c></row></sheetData></worksheet>`), "<sst/>"), nil},
		"wrong references":          {pack(t, text(`<worksheet><sheetData><row r="-1"><c r="??" t="s"><v>-7</v></c></row><row r="999999999"><c r="A1"><v>x</v></c></row></sheetData><mergeCells><mergeCell ref="A1:ZZZZ99999999999"/><mergeCell ref="B9:A1"/><mergeCell ref="A2:XFD1048576"/></mergeCells></worksheet>`), "<sst/>"), nil},
		"NUL and broken characters": {[]byte("内容,标题\nab\x00cd,\xff\xfe\xfd\n路灯坏了,好\n"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(file(t, "x", c.data), "", head)
			if err == nil {
				defer s.Close()
				for err == nil {
					_, err = s.Next()
				}
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			if c.want == nil && err != nil || c.want != nil && !errs.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	t.Run("no file, a folder", func(t *testing.T) {
		t.Parallel()
		if _, err := Open(filepath.Join(t.TempDir(), "none"), "", head); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		if _, err := Open(t.TempDir(), "", head); !errs.Is(err, ErrFile) {
			t.Error(err)
		}
	})
}

// Whatever is changed in a file, reading ends without a panic and without
// giving more cells than columns.
func TestChangedFiles(t *testing.T) {
	t.Parallel()
	seeds := [][]byte{
		[]byte("\ufeff编号,标题,内容\n1,\"路灯\n坏了\",\"x\"\"y\"\n2,a,b\n"),
		[]byte(`{"id":1,"text":"路灯","place":{"lon":1}}` + "\n" + `{"id":2}` + "\n"),
		pack(t, func(w io.Writer) {
			_, _ = io.WriteString(w, `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2"><v>43524.5</v></c><c r="B2" t="str"><f>A1</f><v>x</v></c></row></sheetData><mergeCells><mergeCell ref="A2:B3"/></mergeCells></worksheet>`)
		}, "<sst><si><t>内容</t></si><si><r><t>标</t></r><r><t>题</t></r></si></sst>"),
	}
	rng := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	for i := range 600 {
		data := bytes.Clone(seeds[i%len(seeds)])
		for range 1 + rng.IntN(6) {
			switch at := rng.IntN(len(data)); rng.IntN(4) {
			case 0:
				data[at] = byte(rng.IntN(256))
			case 1:
				data = append(data[:at], data[min(len(data), at+rng.IntN(9)):]...)
			case 2:
				data = append(data[:at], append([]byte(`",<{`)[:rng.IntN(5)], data[at:]...)...)
			default:
				data = append(data, data[at:]...)
			}
			if len(data) == 0 {
				data = []byte{'x'}
			}
		}
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path, "", head)
		if err != nil {
			continue
		}
		for {
			r, err := s.Next()
			if err != nil {
				break
			}
			if r.Err == nil && len(r.Cells) != len(s.Columns()) {
				t.Fatalf("%d cells in %d columns of %q", len(r.Cells), len(s.Columns()), data)
			}
		}
		_ = s.Close()
	}
}

func TestListsInCells(t *testing.T) {
	t.Parallel()
	s, err := Open(file(t, "x.csv", []byte("标题,内容\n甲,1 2;3 4;5 6;7 8\n")), "", head)
	if err != nil {
		t.Fatal(err)
	}
	if rows, _ := all(t, s); len(rows) != 1 || rows[0][1] != "1 2;3 4;5 6;7 8" {
		t.Errorf("%q", rows)
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	got := Match([]string{"序号", "楼栋编号*", "户数（户）", "ＬＯＮ", "备注", "名称"}, [][]string{{"编号", "楼栋编号"}, {"户数"}, {"lon", "经度"}, {"lat"}, {"名称"}, {"名称", "备注"}})
	if d := cmp.Diff([]int{1, 2, 3, -1, 5, 4}, got); d != "" {
		t.Error(d)
	}
}
