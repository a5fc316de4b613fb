package learn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/tabular"
)

// UsualText are the fields that are read as text where nobody names any.
var UsualText = []string{"title", "body", "text"}

// InputError is something in a file that its owner has to put right.
type InputError struct {
	File   string
	Row    int // line of JSON, row of a table; 0: the file as such
	Remedy string
}

func (e *InputError) Error() string {
	if e.Row == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Remedy)
	}
	return fmt.Sprintf("%s, line %d: %s", e.File, e.Row, e.Remedy)
}

// Fields says where a file has what.
type Fields struct {
	Text  []string // joined in this order; none: those of UsualText that the file has
	Label string
	Fold  string // "": no folds
}

// Read reads examples from JSON lines, CSV or Excel, also gzipped. fold has the
// fold of each example. Rows without text are read too: they have no words to go
// by, but they count.
func Read(path string, f Fields) (list []Example, fold []string, err error) {
	wanted := append([]string{f.Label, f.Fold}, f.Text...)
	if len(f.Text) == 0 {
		wanted = append(wanted, UsualText...)
	}
	src, err := tabular.Open(path, "", func(head string) bool { return slices.Contains(wanted, head) })
	if err != nil {
		return nil, nil, inputError(path, err)
	}
	defer src.Close()
	columns := src.Columns()
	text := f.Text
	if len(text) == 0 {
		text = slices.DeleteFunc(slices.Clone(UsualText), func(s string) bool { return !slices.Contains(columns, s) })
		if len(text) == 0 {
			return nil, nil, &InputError{path, 0, "none of the fields title, body and text is there; name the text's fields with --text"}
		}
	}
	at := func(name string) (int, error) {
		i := slices.Index(columns, name)
		if i < 0 {
			return 0, &InputError{path, 0, fmt.Sprintf("there is no field %q; the file has %s", name, strings.Join(columns, ", "))}
		}
		return i, nil
	}
	var parts []int
	for _, name := range text {
		i, err := at(name)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, i)
	}
	label, err := at(f.Label)
	if err != nil {
		return nil, nil, err
	}
	folds := -1
	if f.Fold != "" {
		if folds, err = at(f.Fold); err != nil {
			return nil, nil, err
		}
	}
	for {
		row, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, inputError(path, err)
		}
		if row.Err != nil {
			return nil, nil, &InputError{path, row.Number, row.Err.Text("en") + " Put the line right or take it out."}
		}
		e := Example{Label: strings.TrimSpace(row.Cells[label])}
		if e.Label == "" {
			return nil, nil, &InputError{path, row.Number, fmt.Sprintf("the field %q is empty; give the row its label or take it out", f.Label)}
		}
		texts := make([]string, len(parts))
		for i, p := range parts {
			texts[i] = row.Cells[p]
		}
		e.Text = Join(texts...)
		if folds >= 0 {
			v := strings.TrimSpace(row.Cells[folds])
			if v == "" {
				return nil, nil, &InputError{path, row.Number, fmt.Sprintf("the field %q is empty; give the row its fold", f.Fold)}
			}
			fold = append(fold, v)
		}
		list = append(list, e)
	}
	if len(list) == 0 {
		return nil, nil, &InputError{path, 0, "it has no rows"}
	}
	return list, fold, nil
}

// inputError names the file where the error is the file's.
func inputError(path string, err error) error {
	var e *errs.Error
	switch {
	case errors.As(err, &e):
		return &InputError{path, 0, e.Text("en")}
	case errors.Is(err, fs.ErrNotExist):
		return &InputError{path, 0, "there is no such file"}
	case errors.Is(err, fs.ErrPermission):
		return &InputError{path, 0, "it may not be read; give this account the right to"}
	}
	return err
}

// Line is the text of a line of input: plain, or a JSON object with the fields
// (none: those of UsualText that it has). id is the object's own.
func Line(line []byte, fields []string) (text string, id json.RawMessage, err error) {
	if !utf8.Valid(line) {
		return "", nil, errors.New("it is not UTF-8; save the text as UTF-8")
	}
	if line[0] != '{' {
		return string(line), nil, nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(line, &all); err != nil {
		return "", nil, errors.New("it begins like a JSON object and is none; put it right, or begin plain text with another character")
	}
	if len(fields) == 0 {
		fields = UsualText
	}
	var parts []string
	found := false
	for _, name := range fields {
		raw, ok := all[name]
		if !ok {
			continue
		}
		found = true
		var s *string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", nil, fmt.Errorf("the field %q is no text; write it in quotes", name)
		}
		if s != nil {
			parts = append(parts, *s)
		}
	}
	if !found {
		return "", nil, fmt.Errorf("it has none of the fields %s; name the text's fields with --text", strings.Join(fields, ", "))
	}
	return Join(parts...), all["id"], nil
}
