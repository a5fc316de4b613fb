package theme

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/tabular"
)

// Line is a message of a file, with the name that it has there.
type Line struct {
	Message
	Name  string // its id in the file; the number of its row if it has none
	Likes int
}

// fields of a file; the last two may be missing.
var fields = []string{"title", "body", "time", "user", "id", "likes"}

// forms of a time.
var forms = []string{"2006/1/2 15:04:05", "2006-1-2 15:04:05", "2006/1/2 15:04", "2006-1-2 15:04", time.RFC3339, "2006/1/2", "2006-1-2"}

// Read reads the messages of a file of JSON lines, CSV or Excel, gzipped or not,
// with the fields id, user, title, time, body and likes, in the order of time.
// Times without a zone are of the given one. Message.ID is the place in the file,
// from 1 on.
func Read(path string, zone *time.Location) ([]Line, error) {
	src, err := tabular.Open(path, "", func(head string) bool { return slices.Contains(fields, head) })
	if err != nil {
		return nil, err
	}
	defer src.Close()
	at := make([]int, len(fields))
	for i, name := range fields {
		if at[i] = slices.Index(src.Columns(), name); at[i] < 0 && i < 4 {
			return nil, fmt.Errorf("there is no field %q; the file has %s", name, strings.Join(src.Columns(), ", "))
		}
	}
	var out []Line
	for n := int64(1); ; n++ {
		row, err := src.Next()
		if errors.Is(err, io.EOF) {
			slices.SortStableFunc(out, func(a, b Line) int { return a.At.Compare(b.At) })
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if row.Err != nil {
			return nil, fmt.Errorf("row %d: %w", row.Number, row.Err)
		}
		field := func(i int) string {
			if at[i] < 0 || at[i] >= len(row.Cells) {
				return ""
			}
			return strings.TrimSpace(row.Cells[at[i]])
		}
		l := Line{Message: Message{ID: n, Title: field(0), Body: field(1), Person: field(3)}, Name: field(4)}
		if l.Name == "" {
			l.Name = strconv.FormatInt(n, 10)
		}
		l.Likes, _ = strconv.Atoi(field(5)) // none where there is nothing
		for _, form := range forms {
			if l.At, err = time.ParseInLocation(form, field(2), zone); err == nil {
				break
			}
		}
		if err != nil {
			return nil, fmt.Errorf("message %s: the time %q cannot be read", l.Name, field(2))
		}
		out = append(out, l)
	}
}
