package tabular

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"linli/internal/kernel/errs"
)

// How much a file may hold. Beyond it a row fails, or the file is refused.
const (
	maxCellBytes = 256 << 10
	maxLineBytes = 1 << 20 // of JSON
	maxColumns   = 500
	maxPacked    = 200      // bytes that a packed byte may become …
	freePacked   = 32 << 20 // … beyond so many
	headRows     = 10       // the heading is looked for in the first rows
	peekLines    = 200      // lines of JSON whose keys are the columns
)

// What may be wrong with a whole file.
var (
	ErrFile = errs.Declare("import_file", 422, "无法读取文件 {file}：{why}。", "The file {file} cannot be read: {why}.")
	ErrBomb = errs.Declare("import_bomb", 422, "文件 {file} 解压后异常地大，已停止读取。", "The file {file} becomes abnormally large when unpacked; reading has stopped.")
)

// What may be wrong with a row as such.
var (
	RowUnreadable = errs.Declare("row_unreadable", 422, "这一行无法读取：{why}。", "The row cannot be read: {why}.")
)

func words(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// Row is a row of a file. Number counts as people do: rows of a sheet with the
// headings, lines of JSON.
type Row struct {
	Number   int
	Cells    []string    // in the order of the source's columns; missing ones are empty
	Formulas []int       // columns whose value a formula of the sheet gives
	Err      *errs.Error // the row cannot be read; Cells is nil
}

// Source gives rows one after another.
type Source interface {
	Columns() []string
	Next() (Row, error) // io.EOF after the last; any other error ends the file
	Share() float64     // of the file that has been read, 0 to 1
	Since1904() bool    // numbers that are days count from 1904
	Close() error
}

// Open opens a file by what it is, not by its name: CSV (UTF-8, UTF-16 or
// GB18030; comma, tab or semicolon), JSON lines, both also gzipped, or Excel.
// is tells which headings to look for; sheet names an Excel sheet, "" is the
// first one that shows.
func Open(path, sheet string, is func(head string) bool) (Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := open(f, filepath.Base(path), sheet, is)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return s, nil
}

func open(f *os.File, name, sheet string, is func(string) bool) (Source, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	refuse := func(zh, en string) error { return ErrFile.New("file", name, "why", words(zh, en)) }
	if !st.Mode().IsRegular() {
		return nil, refuse("它不是文件", "it is not a file")
	}
	head := make([]byte, 8)
	n, err := io.ReadFull(f, head)
	head = head[:n]
	if err != nil && n == 0 {
		return nil, refuse("文件是空的", "it is empty")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return openExcel(f, st.Size(), name, sheet, is)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return nil, refuse("这是旧版 Excel（.xls）或加密的文件，请另存为 .xlsx 后再导入", "it is an old (.xls) or encrypted Excel file; save it as .xlsx")
	}
	c := &counted{r: f, size: st.Size()}
	var in io.Reader = c
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		gz, err := gzip.NewReader(c)
		if err != nil {
			return nil, refuse("压缩文件已损坏", "the gzip file is damaged")
		}
		in = &guarded{r: gz, name: name, packed: c.read.Load}
	}
	buf := bufio.NewReaderSize(in, 64<<10)
	start, err := buf.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) && len(start) == 0 {
		return nil, unreadable(name, err)
	}
	text, err := decode(buf, start, name)
	if err != nil {
		return nil, err
	}
	base := base{count: c, file: f}
	lead, err := text.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(name, err)
	}
	switch trimmed := bytes.TrimLeft(lead, " \t\r\n"); {
	case len(trimmed) == 0 && len(lead) < 64:
		return nil, refuse("文件是空的", "it is empty")
	case bytes.HasPrefix(trimmed, []byte("{")):
		return openLines(text, name, base)
	case bytes.HasPrefix(trimmed, []byte("[")):
		return nil, refuse("这是 JSON 数组，请改为每行一个对象（JSONL）", "it is a JSON array; write one object a line (JSONL)")
	}
	return openCSV(text, name, base, is)
}

func unreadable(name string, err error) error {
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	return ErrFile.New("file", name, "why", words("文件已损坏或读取中断", "it is damaged or reading broke off")).Because(err)
}

// decode turns the text into UTF-8 without a mark.
func decode(buf *bufio.Reader, start []byte, name string) (*bufio.Reader, error) {
	through := func(t transform.Transformer) (*bufio.Reader, error) {
		return bufio.NewReaderSize(transform.NewReader(buf, t), 64<<10), nil
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		_, err := buf.Discard(3)
		return buf, err
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return through(unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
	}
	for _, magic := range []string{"%PDF", "\x89PNG", "\xff\xd8\xff", "\x7fELF", "SQLite format", "Rar!", "7z\xbc\xaf"} {
		if bytes.HasPrefix(start, []byte(magic)) {
			return nil, notText(name)
		}
	}
	if n := bytes.Count(start, []byte{0}); n > 0 && n*20 > len(start) {
		return nil, notText(name)
	}
	if mostlyUTF8(start) {
		return buf, nil
	}
	return through(simplifiedchinese.GB18030.NewDecoder())
}

func notText(name string) error {
	return ErrFile.New("file", name, "why", words("只能导入 CSV、JSONL（可压缩为 .gz）和 Excel（.xlsx）文件", "only CSV, JSONL (also .gz) and Excel (.xlsx) files can be imported"))
}

// mostlyUTF8 tells whether a beginning is UTF-8: some damaged characters do
// not make it GB18030, which would show in every second character.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			if !utf8.FullRune(b) { // cut off by the peek
				return bad <= good/20
			}
			bad++
		case r >= 0x80:
			good++
		}
		b = b[n:]
	}
	return bad <= good/20
}

// counted counts what has been read of the file.
type counted struct {
	r    io.Reader
	size int64
	read atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read.Add(int64(n))
	return n, err
}

func (c *counted) share() float64 {
	if c.size == 0 {
		return 1
	}
	return min(1, float64(c.read.Load())/float64(c.size))
}

// guarded refuses what unpacks to far more than it should.
type guarded struct {
	r      io.Reader
	name   string
	packed func() int64
	n      int64
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if g.n += int64(n); g.n > freePacked && g.n > maxPacked*g.packed() {
		return n, ErrBomb.New("file", g.name)
	}
	return n, err
}

// base is what sources of text share.
type base struct {
	count *counted
	file  io.Closer
}

func (b base) Share() float64  { return b.count.share() }
func (b base) Since1904() bool { return false }
func (b base) Close() error    { return b.file.Close() }

// raw reads rows of cells, blank ones too.
type raw interface {
	row() (Row, error)
}

// table finds the heading among the first rows and gives the rest.
type table struct {
	rows    raw
	columns []string
	waiting []Row
}

func (t *table) Columns() []string { return t.columns }

// find chooses the row with most headings that are looked for; if none has
// any, the first with two or more different cells, or else the first.
func (t *table) find(name string, is func(string) bool) error {
	best, most := -1, 0
	first := -1
	for len(t.waiting) < headRows {
		r, err := t.rows.row()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if r.Err == nil && blank(r.Cells) {
			continue
		}
		t.waiting = append(t.waiting, r)
		i := len(t.waiting) - 1
		seen := map[string]bool{}
		n := 0
		for _, c := range r.Cells {
			if c = clean(c); c != "" && !seen[c] {
				seen[c] = true
				if is(c) {
					n++
				}
			}
		}
		if n > most || n == most && n > 0 && i == best+1 { // the lower of two rows of headings
			best, most = i, n
		}
		if first < 0 && len(seen) >= 2 {
			first = i
		}
	}
	if best < 0 {
		best = max(first, 0)
	}
	if len(t.waiting) == 0 {
		return ErrFile.New("file", name, "why", words("没有任何内容", "there is nothing in it"))
	}
	if e := t.waiting[best].Err; e != nil {
		return e
	}
	for i, c := range t.waiting[best].Cells {
		c = clean(c)
		if c == "" {
			c = fmt.Sprintf("#%d", i+1)
		}
		for n, first := 2, c; slices.Contains(t.columns, c); n++ {
			c = fmt.Sprintf("%s_%d", first, n)
		}
		t.columns = append(t.columns, c)
	}
	t.waiting = t.waiting[best+1:]
	return nil
}

// Next gives the next row that is not blank.
func (t *table) Next() (Row, error) {
	for {
		var r Row
		if len(t.waiting) > 0 {
			r, t.waiting = t.waiting[0], t.waiting[1:]
		} else {
			var err error
			if r, err = t.rows.row(); err != nil {
				return r, err
			}
		}
		if r.Err != nil {
			return r, nil
		}
		if blank(r.Cells) {
			continue
		}
		if extra := len(r.Cells) - len(t.columns); extra > 0 {
			if !blank(r.Cells[len(t.columns):]) {
				return Row{Number: r.Number, Err: RowUnreadable.New("why", words(fmt.Sprintf("有 %d 个单元格，而表头只有 %d 列", len(r.Cells), len(t.columns)), fmt.Sprintf("it has %d cells, the heading has %d columns", len(r.Cells), len(t.columns))))}, nil
			}
			r.Cells = r.Cells[:len(t.columns)]
		}
		for len(r.Cells) < len(t.columns) {
			r.Cells = append(r.Cells, "")
		}
		return r, nil
	}
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// clean is a heading on one line.
func clean(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\ufeff", "")), " ")
}
