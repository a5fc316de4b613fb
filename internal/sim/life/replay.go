package life

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/internal/sim/city"
	"linli/internal/work/cases"
)

// ReplayOptions say how messages are let in.
type ReplayOptions struct {
	Seed uint64
	// Speed 0 replays as fast as the machine can, every message at its own time.
	// Otherwise it is how many times faster than then the messages come now: the
	// cases bear the present, so that a running server can show them.
	Speed    float64
	Progress func(Progress)
}

// item is a message.
type item struct {
	line  int
	at    int64
	id    string
	user  string
	title string
	body  string
}

// Problem is a line of the file that could not be used.
type Problem struct {
	Line int
	Why  string
}

// Replay lets the messages of a JSONL file (gzipped or not; fields id, user,
// title, time, body) arrive in the order of their time, each in a community that
// a hash of its id chooses, because their own places are masked; and works them
// to an end. A message whose id is known as an outside number is skipped, so
// that it can be run again. Lines that cannot be used are in Report.Problems.
func Replay(ctx context.Context, o ReplayOptions, r Rooms, file string) (*Report, error) {
	e, err := newEngine(ctx, Options{Seed: o.Seed, Progress: o.Progress}, r)
	if err != nil {
		return nil, err
	}
	items, problems, err := readItems(file, e.cal.Location())
	if err != nil {
		return nil, err
	}
	e.report.Problems = problems
	known, err := outsideNumbers(ctx, r)
	if err != nil {
		return nil, err
	}
	n := len(items)
	items = slices.DeleteFunc(items, func(i item) bool { return known[i.id] })
	e.report.Skipped = n - len(items)
	if len(items) == 0 {
		e.report.Oracle = newOracle(nil, false)
		return e.report, nil
	}
	first, last := items[0].at, items[len(items)-1].at
	e.o.From, e.o.To = first, last+120*day24
	if o.Speed > 0 {
		e.startPace(o.Speed, first)
	} else {
		e.o.To = min(e.o.To, r.DB.Now())
		var cases int64
		if err := r.DB.QueryRow(ctx, "SELECT COUNT(*) FROM cases").Scan(&cases); err != nil {
			return nil, err
		}
		if e.pure = cases == 0; !e.pure {
			if err := e.drain(ctx); err != nil {
				return nil, err
			}
		}
	}
	e.report.From, e.report.To = e.o.From, e.o.To
	for _, it := range items {
		if it.at >= e.o.To {
			continue
		}
		m := e.newMatter(0)
		e.q.add(event{at: it.at, do: func() error { return e.replayIt(m, it) }})
	}
	e.startRounds()
	return e.finish(ctx)
}

func outsideNumbers(ctx context.Context, r Rooms) (map[string]bool, error) {
	rows, err := r.DB.Query(ctx, "SELECT outside_number FROM cases WHERE outside_number <> ''")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out[s] = true
	}
	return out, rows.Err()
}

// replayIt lets one message arrive.
func (e *engine) replayIt(m *matter, it item) error {
	rng := stream(e.o.Seed, "message "+it.id, 0, 0)
	m.rng = rng
	m.leaf = e.leafFor(it.title+it.body, it.id)
	at := e.places.in(rng, e.places.communities[hashText(it.id)%uint64(len(e.places.communities))])
	in := cases.ReportIn{Channel: "app", OutsideNumber: it.id, Lon: at.lon, Lat: at.lat, Address: e.places.streets[at.community/1000] + at.name,
		Title: cut(it.title, 100), OccurredAt: e.real()}
	if hashText(it.id)%3 == 0 {
		in.Channel = "hotline"
	}
	text := []rune(it.body)
	in.Text = string(text[:min(len(text), 4000)])
	in.Reporter = cases.Person{Name: it.user}
	if err := e.bring(m, at, in); err != nil {
		return err
	}
	for rest := text[min(len(text), 4000):]; len(rest) > 0; {
		n := min(len(rest), 2000)
		who, ok := e.operator(rng, int64(m.c.District))
		if part := strings.TrimSpace(string(rest[:n])); ok && part != "" {
			if err := e.act(m, who, cases.Act{Action: "note", Note: part}); err != nil {
				return err
			}
		}
		rest = rest[n:]
	}
	return nil
}

// leafFor is the category most of whose words the text has; without any, one
// that a hash chooses.
func (e *engine) leafFor(text, id string) *city.Category {
	var best *city.Category
	most := 0
	for _, leaf := range e.leaves {
		n := 0
		for _, w := range leaf.Keywords {
			if strings.Contains(text, w) {
				n += utf8.RuneCountInString(w)
			}
		}
		if n > most {
			best, most = leaf, n
		}
	}
	if best == nil {
		best = e.leaves[choice(stream(e.o.Seed, "category "+id, 0, 0), e.weight)]
	}
	return best
}

// maxLine bounds a line of the file.
const maxLine = 1 << 20

// readItems reads the file in the order of time.
func readItems(file string, zone *time.Location) ([]item, []Problem, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("life: %w", err)
	}
	defer f.Close()
	buf := bufio.NewReader(f)
	var in io.Reader = buf
	if magic, _ := buf.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(buf)
		if err != nil {
			return nil, nil, fmt.Errorf("life: %s: %w", file, err)
		}
		defer z.Close()
		in = z
	}
	var out []item
	var problems []Problem
	seen := map[string]bool{}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		it, why := readItem(line, zone)
		if why == "" && seen[it.id] {
			why = "the id comes twice"
		}
		if why != "" {
			problems = append(problems, Problem{n, why})
			continue
		}
		seen[it.id] = true
		it.line = n
		out = append(out, it)
	}
	if err := lines.Err(); err != nil {
		return nil, nil, fmt.Errorf("life: %s: %w", file, err)
	}
	slices.SortStableFunc(out, func(a, b item) int { return cmp.Compare(a.at, b.at) })
	return out, problems, nil
}

// readItem reads a line; why tells what is wrong with it.
func readItem(line []byte, zone *time.Location) (it item, why string) {
	var raw map[string]any
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&raw); err != nil {
		return it, "no JSON object"
	}
	text := func(field string) string {
		v := raw[field]
		if v == nil {
			return ""
		}
		s := strings.ToValidUTF8(fmt.Sprint(v), "")
		return strings.TrimSpace(strings.ReplaceAll(s, "\x00", ""))
	}
	it.id, it.user, it.title, it.body = text("id"), cut(text("user"), 50), text("title"), text("body")
	if it.body == "" {
		it.body = it.title
	}
	switch {
	case it.id == "":
		return it, "no id"
	case utf8.RuneCountInString(it.id) > 64:
		return it, "the id is longer than 64 characters"
	case it.body == "":
		return it, "neither title nor body"
	}
	given := text("time")
	for _, form := range []string{"2006/1/2 15:04:05", "2006-1-2 15:04:05", "2006/1/2 15:04", "2006-1-2 15:04", time.RFC3339, "2006/1/2", "2006-1-2"} {
		if t, err := time.ParseInLocation(form, given, zone); err == nil {
			it.at = t.UnixMicro()
			return it, ""
		}
	}
	return it, "the time cannot be read: " + cut(given, 30)
}
