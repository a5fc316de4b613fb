package tabular

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// csvSource reads separated values without ever holding more than a row, and
// no more of a row than it may be long.
type csvSource struct {
	base
	table
	in     *bufio.Reader
	name   string
	comma  byte
	number int
}

func openCSV(in *bufio.Reader, name string, b base, is func(string) bool) (Source, error) {
	s := &csvSource{base: b, in: in, name: name, comma: ','}
	lead, err := in.Peek(16 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(name, err)
	}
	s.comma = separator(lead, is)
	s.rows = s
	if err := s.find(name, is); err != nil {
		return nil, err
	}
	return s, nil
}

// separator is the mark that parts most known headings in one of the first
// lines; where it parts none, the mark that the first lines use most outside quotes.
func separator(lead []byte, is func(string) bool) byte {
	best, most := byte(0), 0
	for _, c := range []byte{',', '\t', ';'} {
		for i, line := range strings.FieldsFunc(string(lead), func(r rune) bool { return r == '\n' || r == '\r' }) {
			known := 0
			for cell := range strings.SplitSeq(line, string(c)) {
				if is(clean(strings.Trim(cell, `" `))) {
					known++
				}
			}
			if known > most {
				best, most = c, known
			}
			if i == headRows {
				break
			}
		}
	}
	if most > 1 {
		return best
	}
	count := map[byte]int{}
	quoted := false
	for _, c := range lead {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '\t' || c == ';'):
			count[c]++
		}
	}
	best = ','
	for _, c := range []byte{'\t', ';'} {
		if count[c] > count[best] {
			best = c
		}
	}
	return best
}

// row reads one record (RFC 4180; quotes inside unquoted cells are taken as
// they are). A record that is too long is read to its end and dropped.
func (s *csvSource) row() (Row, error) {
	s.number++
	r := Row{Number: s.number}
	var cell []byte
	quoted, was, long, wide, any := false, false, false, false, false
	end := func() {
		if len(r.Cells) < maxColumns {
			r.Cells = append(r.Cells, string(cell))
		} else if len(bytes.TrimSpace(cell)) > 0 {
			wide = true
		}
		cell, was = cell[:0], false
	}
	add := func(c byte) {
		if len(cell) < maxCellBytes {
			cell = append(cell, c)
		} else {
			long = true
		}
	}
	for {
		c, err := s.in.ReadByte()
		if errors.Is(err, io.EOF) {
			if !any {
				return r, io.EOF
			}
			if quoted {
				return s.unreadable("引号没有成对，直到文件末尾都被当作一个单元格", "a quote is not closed; the rest of the file is taken for one cell"), nil
			}
			break
		}
		if err != nil {
			return r, unreadable(s.name, err)
		}
		any = true
		switch {
		case quoted && c == '"':
			if next, err := s.in.Peek(1); err == nil && next[0] == '"' {
				_, _ = s.in.Discard(1) // just peeked
				add('"')
			} else {
				quoted = false
			}
		case quoted:
			add(c)
		case c == '"' && len(cell) == 0 && !was:
			quoted, was = true, true
		case c == s.comma:
			end()
		case c == '\r':
			if next, err := s.in.Peek(1); err == nil && next[0] == '\n' {
				continue
			}
			goto done
		case c == '\n':
			goto done
		default:
			add(c)
		}
	}
done:
	end()
	switch {
	case long:
		return s.unreadable(fmt.Sprintf("有单元格超过 %d KB", maxCellBytes>>10), fmt.Sprintf("a cell is longer than %d KB", maxCellBytes>>10)), nil
	case wide:
		return s.unreadable(fmt.Sprintf("超过 %d 列", maxColumns), fmt.Sprintf("it has more than %d columns", maxColumns)), nil
	}
	return r, nil
}

func (s *csvSource) unreadable(zh, en string) Row {
	return Row{Number: s.number, Err: RowUnreadable.New("why", words(zh, en))}
}

// lineSource reads one JSON object a line. Objects inside are columns with a
// dot: place.lon.
type lineSource struct {
	base
	in      *bufio.Reader
	name    string
	number  int
	columns []string
	waiting []line
	ended   error
}

type line struct {
	number int
	values map[string]string
	Row
}

func openLines(in *bufio.Reader, name string, b base) (Source, error) {
	s := &lineSource{base: b, in: in, name: name}
	for len(s.waiting) < peekLines {
		l, err := s.line()
		if err != nil {
			s.ended = err
			break
		}
		s.waiting = append(s.waiting, l)
		var fresh []string
		for k := range l.values {
			if !slices.Contains(s.columns, k) && len(s.columns)+len(fresh) < maxColumns {
				fresh = append(fresh, k)
			}
		}
		slices.Sort(fresh)
		s.columns = append(s.columns, fresh...)
	}
	if s.ended != nil && !errors.Is(s.ended, io.EOF) {
		return nil, s.ended
	}
	if len(s.columns) == 0 {
		return nil, ErrFile.New("file", name, "why", words("没有可以读取的 JSON 行", "no line of it is readable JSON"))
	}
	return s, nil
}

func (s *lineSource) Columns() []string { return s.columns }

func (s *lineSource) Next() (Row, error) {
	var l line
	if len(s.waiting) > 0 {
		l, s.waiting = s.waiting[0], s.waiting[1:]
	} else {
		if s.ended != nil {
			return Row{}, s.ended
		}
		var err error
		if l, err = s.line(); err != nil {
			return Row{}, err
		}
	}
	if l.Err != nil {
		return l.Row, nil
	}
	r := Row{Number: l.number, Cells: make([]string, len(s.columns))}
	for i, c := range s.columns {
		r.Cells[i] = l.values[c]
	}
	return r, nil
}

// line reads the next line that is not blank.
func (s *lineSource) line() (line, error) {
	for {
		s.number++
		text, long, err := readLine(s.in)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return line{}, io.EOF
			}
			return line{}, unreadable(s.name, err)
		}
		l := line{number: s.number, Row: Row{Number: s.number}}
		fail := func(zh, en string) (line, error) {
			l.Err = RowUnreadable.New("why", words(zh, en))
			return l, nil
		}
		if long {
			return fail(fmt.Sprintf("超过 %d KB", maxLineBytes>>10), fmt.Sprintf("it is longer than %d KB", maxLineBytes>>10))
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if !utf8.Valid(text) {
			return fail("含有无法识别的字符，请用 UTF-8 保存", "it has characters that cannot be read; save it as UTF-8")
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var v map[string]any
		if err := d.Decode(&v); err != nil || v == nil {
			return fail("不是 JSON 对象", "it is not a JSON object")
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return fail("JSON 对象后还有其他内容", "something follows the JSON object")
		}
		l.values = map[string]string{}
		if !flatten(l.values, "", v, 0) {
			return fail("层次或字段过多", "it has too many levels or fields")
		}
		return l, nil
	}
}

func flatten(out map[string]string, prefix string, v map[string]any, depth int) bool {
	if depth > 4 || len(out)+len(v) > maxColumns {
		return false
	}
	for k, x := range v {
		switch x := x.(type) {
		case nil:
		case string:
			out[prefix+k] = x
		case json.Number:
			out[prefix+k] = x.String()
		case bool:
			out[prefix+k] = strconv.FormatBool(x)
		case map[string]any:
			if !flatten(out, prefix+k+".", x, depth+1) {
				return false
			}
		case []any: // a list of words; anything deeper is nobody's cell
			var list []string
			for _, e := range x {
				if e, ok := e.(string); ok {
					list = append(list, e)
				}
			}
			out[prefix+k] = strings.Join(list, "、")
		}
	}
	return true
}

// readLine reads a line without its end; of one that is too long the rest is
// read and dropped.
func readLine(in *bufio.Reader) (text []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(text)+len(part) <= maxLineBytes {
			text = append(text, part...)
		} else {
			long = true
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (len(text) > 0 || long):
			return text, long, nil
		}
		return text, long, err
	}
}
