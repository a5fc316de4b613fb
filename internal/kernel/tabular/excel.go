package tabular

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

const (
	maxStrings  = 256 << 20 // bytes of shared texts held in memory
	maxMerged   = 200_000
	maxSheetRow = 1 << 20
)

// excelSource reads a sheet row by row. It computes nothing: a formula's cell
// is the value that was saved with it. Merged cells all have the value of the
// first. Numbers come as they are stored; days are told apart by the field.
type excelSource struct {
	table
	count   *counted
	file    io.Closer
	name    string
	sheet   io.ReadCloser
	xml     *xml.Decoder
	shared  []string
	merged  []area // by first row
	active  []area
	number  int
	epoch04 bool
}

// area is a merged range, inclusive, from 0.
type area struct {
	top, left, bottom, right int
	value                    string
}

type book struct {
	name  string
	size  int64 // of the file
	files map[string]*zip.File
}

// open opens a part of the workbook, guarded against bombs.
func (b *book) open(part string, count *counted) (io.ReadCloser, error) {
	f := b.files[part]
	if f == nil {
		return nil, b.refuse("它不是 Excel 工作簿", "it is not an Excel workbook")
	}
	in, err := f.Open()
	if err != nil {
		return nil, unreadable(b.name, err)
	}
	packed := min(int64(f.CompressedSize64), b.size) // the entry may lie
	var r io.Reader = in
	if count != nil {
		count.size = max(1, int64(f.UncompressedSize64))
		count.r = in
		r = count
	}
	return struct {
		io.Reader
		io.Closer
	}{&guarded{r: r, name: b.name, packed: func() int64 { return packed }}, in}, nil
}

func (b *book) refuse(zh, en string) error {
	return ErrFile.New("file", b.name, "why", words(zh, en))
}

// elements calls f for each start element of a part; f may read on from d.
func (b *book) elements(part string, f func(d *xml.Decoder, e xml.StartElement) error) error {
	in, err := b.open(part, nil)
	if err != nil {
		return err
	}
	defer in.Close()
	d := decoder(in)
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(b.name, err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			if err := f(d, e); err != nil {
				return err
			}
		}
	}
}

func decoder(in io.Reader) *xml.Decoder {
	d := xml.NewDecoder(bufio.NewReaderSize(in, 64<<10))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("not UTF-8") }
	return d
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func openExcel(f interface {
	io.ReaderAt
	io.Closer
}, size int64, name, sheet string, is func(string) bool) (Source, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, unreadable(name, err)
	}
	b := &book{name: name, size: size, files: map[string]*zip.File{}}
	if len(z.File) > 10_000 {
		return nil, ErrBomb.New("file", name)
	}
	for _, x := range z.File {
		b.files[strings.TrimPrefix(strings.ReplaceAll(x.Name, `\`, "/"), "/")] = x
	}
	s := &excelSource{file: f, name: name, count: &counted{}}
	part, strs, err := s.workbook(b, sheet)
	if err != nil {
		return nil, err
	}
	if strs != "" {
		if err := s.texts(b, strs); err != nil {
			return nil, err
		}
	}
	if err := s.merges(b, part); err != nil {
		return nil, err
	}
	if s.sheet, err = b.open(part, s.count); err != nil {
		return nil, err
	}
	s.xml = decoder(s.sheet)
	s.rows = s
	if err := s.find(name, is); err != nil {
		_ = s.sheet.Close()
		return nil, err
	}
	return s, nil
}

// workbook finds the sheet's part and that of the shared texts.
func (s *excelSource) workbook(b *book, want string) (sheet, texts string, err error) {
	const book = "xl/workbook.xml"
	type entry struct{ name, rel string }
	var sheets []entry
	var names []string
	err = b.elements(book, func(_ *xml.Decoder, e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			v := attr(e, "date1904")
			s.epoch04 = v == "1" || v == "true"
		case "sheet":
			names = append(names, attr(e, "name"))
			if st := attr(e, "state"); want == "" && st != "" && st != "visible" {
				return nil
			}
			if want == "" || attr(e, "name") == want {
				sheets = append(sheets, entry{attr(e, "name"), attr(e, "id")})
			}
		}
		return nil
	})
	if err != nil {
		return "", "", err
	}
	if len(sheets) == 0 {
		list := strings.Join(names, "、")
		return "", "", b.refuse("没有这个工作表，现有："+list, "there is no such sheet; there are: "+list)
	}
	err = b.elements("xl/_rels/workbook.xml.rels", func(_ *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local != "Relationship" {
			return nil
		}
		target := attr(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join("xl", target)
		}
		target = strings.TrimPrefix(path.Clean(target), "/")
		if attr(e, "Id") == sheets[0].rel {
			sheet = target
		}
		if strings.HasSuffix(attr(e, "Type"), "/sharedStrings") {
			texts = target
		}
		return nil
	})
	return sheet, texts, err
}

// texts reads the shared texts.
func (s *excelSource) texts(b *book, part string) error {
	held := 0
	return b.elements(part, func(d *xml.Decoder, e xml.StartElement) error {
		if e.Name.Local != "si" {
			return nil
		}
		t, err := s.rich(d, "si")
		if err != nil {
			return err
		}
		if held += len(t) + 16; held > maxStrings {
			return ErrBomb.New("file", s.name)
		}
		s.shared = append(s.shared, t)
		return nil
	})
}

// rich reads the text inside an element up to its end: all runs, without the
// phonetic hints.
func (s *excelSource) rich(d *xml.Decoder, until string) (string, error) {
	var b strings.Builder
	in, hint := false, 0
	for {
		tok, err := d.RawToken()
		if err != nil {
			return "", unreadable(s.name, err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "rPh":
				hint++
			case "t":
				in = true
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "rPh":
				hint--
			case "t":
				in = false
			case until:
				return b.String(), nil
			}
		case xml.CharData:
			if in && hint == 0 {
				b.Write(t)
			}
		}
	}
}

// merges looks through the sheet for merged ranges, which stand at its end.
func (s *excelSource) merges(b *book, part string) error {
	in, err := b.open(part, nil)
	if err != nil {
		return err
	}
	defer in.Close()
	mark := []byte("mergeCell ")
	buf := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := in.Read(buf[kept:])
		data := buf[:kept+n]
		for {
			i := bytes.Index(data, mark)
			if i < 0 {
				break
			}
			end := bytes.IndexByte(data[i:], '>')
			if end < 0 {
				data = data[i:]
				break
			}
			if a, ok := parseArea(data[i : i+end]); ok {
				if s.merged = append(s.merged, a); len(s.merged) > maxMerged {
					return ErrBomb.New("file", s.name)
				}
			}
			data = data[i+end:]
		}
		kept = copy(buf, data[max(0, len(data)-200):])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unreadable(s.name, err)
		}
	}
	slices.SortFunc(s.merged, func(a, b area) int { return a.top - b.top })
	return nil
}

func parseArea(tag []byte) (a area, ok bool) {
	_, ref, found := strings.Cut(string(tag), `ref="`)
	ref, _, end := strings.Cut(ref, `"`)
	from, to, two := strings.Cut(ref, ":")
	if !found || !end || !two {
		return a, false
	}
	var ok1, ok2 bool
	a.top, a.left, ok1 = parseRef(from)
	a.bottom, a.right, ok2 = parseRef(to)
	return a, ok1 && ok2 && a.top <= a.bottom && a.left <= a.right && (a.top < a.bottom || a.left < a.right)
}

// parseRef reads B12 as row 11, column 1.
func parseRef(ref string) (row, col int, ok bool) {
	i := 0
	for ; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && i < 4; i++ {
		col = col*26 + int(ref[i]-'A') + 1
	}
	row, err := strconv.Atoi(ref[i:])
	return row - 1, col - 1, err == nil && i > 0 && row >= 1 && row <= maxSheetRow
}

func (s *excelSource) Share() float64  { return s.count.share() }
func (s *excelSource) Since1904() bool { return s.epoch04 }

func (s *excelSource) Close() error { return errors.Join(s.sheet.Close(), s.file.Close()) }

// row reads the next row that the sheet stores.
func (s *excelSource) row() (Row, error) {
	for {
		tok, err := s.xml.RawToken()
		if errors.Is(err, io.EOF) {
			return Row{}, io.EOF
		}
		if err != nil {
			return Row{}, unreadable(s.name, err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if e.Name.Local == "row" {
				return s.cells(e)
			}
		case xml.EndElement:
			if e.Name.Local == "sheetData" {
				return Row{}, io.EOF
			}
		}
	}
}

func (s *excelSource) cells(start xml.StartElement) (Row, error) {
	s.number++
	if n, err := strconv.Atoi(attr(start, "r")); err == nil && n >= s.number && n <= maxSheetRow {
		s.number = n
	}
	r := Row{Number: s.number}
	col := -1
	for {
		tok, err := s.xml.RawToken()
		if err != nil {
			return r, unreadable(s.name, err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if e.Name.Local != "c" {
				continue
			}
			col++
			if _, c, ok := parseRef(attr(e, "r")); ok {
				col = c
			}
			v, formula, err := s.cell(attr(e, "t"))
			if err != nil {
				return r, err
			}
			if v == "" && !formula {
				continue
			}
			if col < 0 || col >= maxColumns {
				r.Err = RowUnreadable.New("why", words(fmt.Sprintf("超过 %d 列", maxColumns), fmt.Sprintf("it has more than %d columns", maxColumns)))
				continue
			}
			if len(v) > maxCellBytes {
				r.Err = RowUnreadable.New("why", words(fmt.Sprintf("有单元格超过 %d KB", maxCellBytes>>10), fmt.Sprintf("a cell is longer than %d KB", maxCellBytes>>10)))
				continue
			}
			r.set(col, v)
			if formula {
				r.Formulas = append(r.Formulas, col)
			}
		case xml.EndElement:
			if e.Name.Local == "row" {
				s.spread(&r)
				if r.Err != nil {
					r.Cells = nil
				}
				return r, nil
			}
		}
	}
}

func (r *Row) set(col int, v string) {
	for len(r.Cells) <= col {
		r.Cells = append(r.Cells, "")
	}
	r.Cells[col] = v
}

// spread gives merged cells the value of their first.
func (s *excelSource) spread(r *Row) {
	at := r.Number - 1
	s.active = slices.DeleteFunc(s.active, func(a area) bool { return a.bottom < at })
	for len(s.merged) > 0 && s.merged[0].top <= at {
		a := s.merged[0]
		s.merged = s.merged[1:]
		if a.bottom < at || a.right >= maxColumns {
			continue
		}
		if a.top == at && a.left < len(r.Cells) {
			a.value = r.Cells[a.left]
		}
		if a.value != "" {
			s.active = append(s.active, a)
		}
	}
	for _, a := range s.active {
		for c := a.left; c <= a.right; c++ {
			r.set(c, a.value)
		}
	}
}

// cell reads a cell up to its end, and tells whether a formula gives its value, or
// would: a file that no spreadsheet has computed holds none.
func (s *excelSource) cell(kind string) (value string, formula bool, err error) {
	if kind == "inlineStr" {
		value, err = s.rich(s.xml, "c")
		return value, false, err
	}
	var v []byte
	in, saved := false, false
	for {
		tok, err := s.xml.RawToken()
		if err != nil {
			return "", false, unreadable(s.name, err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			in = t.Name.Local == "v"
			saved = saved || in
			formula = formula || t.Name.Local == "f"
		case xml.CharData:
			if in {
				v = append(v, t...)
			}
		case xml.EndElement:
			in = false
			if t.Name.Local == "c" {
				value = s.valueOf(kind, string(v))
				return value, formula && (value != "" || !saved), nil
			}
		}
	}
}

func (s *excelSource) valueOf(kind, v string) string {
	switch kind {
	case "s":
		if i, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && i >= 0 && i < len(s.shared) {
			return s.shared[i]
		}
		return ""
	case "", "n": // 1.3812345678E10 is a telephone number
		if n, err := strconv.ParseFloat(v, 64); err == nil && strings.ContainsAny(v, "eE") && n == math.Trunc(n) && math.Abs(n) < 1e15 {
			return strconv.FormatFloat(n, 'f', 0, 64)
		}
	case "e": // #REF! and the like: no value
		return ""
	}
	return v
}
