package metric_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/internal/figures/metric"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

var ctx = context.Background()

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type tree struct{}

func (tree) Branch(id int64) (code string, name errs.Words, group int64, known bool) {
	if _, top := casetest.Groups[id]; top {
		return strconv.FormatInt(id, 10), errs.Words{ZH: "大类", EN: "group"}, id, true
	}
	return strconv.FormatInt(id, 10), errs.Words{ZH: "小类", EN: "leaf"}, id / 10 * 10, id > 0
}

func service(w *casetest.World) *metric.Service {
	return &metric.Service{Cases: w.Service, Tree: tree{}}
}

// everyCase reads the rows of a filter, page by page, as drill-downs do.
func everyCase(t *rapid.T, w *casetest.World, scope access.Scope, f cases.Filter) []*cases.Case {
	f.Limit = 1000
	var all []*cases.Case
	for {
		list, more, err := w.Cases(ctx, scope, f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
		if !more {
			return all
		}
		at := list[len(list)-1].PlaceOf("")
		f.After = &at
	}
}

// keyOf is the brute-force key of a case that lies in the grid.
func keyOf(c *cases.Case, by metric.Dim, grid int64) string {
	n := map[metric.Dim]int64{metric.Total: 0, metric.District: int64(c.District), metric.Street: c.Street, metric.Community: c.Community, metric.Grid: grid, metric.Category: c.Category,
		metric.Group: c.Category / 10 * 10, metric.Unit: c.Lead, metric.Day: int64(c.Day), metric.Month: int64(c.Day / 100)}
	switch by {
	case metric.Channel:
		return c.Channel
	case metric.Status:
		return string(c.Status)
	}
	return strconv.FormatInt(n[by], 10)
}

// TestCubeEqualsRecount walks at random through the life of many cases and then
// asks random questions: what the cubes say must be what counting the rows says,
// for every scope, and every number must open as many rows as it names.
func TestCubeEqualsRecount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		r := rand.New(rand.NewPCG(7, uint64(len(db.Engine()))))
		steps := 2500
		if testing.Short() {
			steps = 900
		}
		moved := map[string]int{}
		for range steps {
			if a := w.Step(r); a.Err == nil {
				moved[string(a.Action)]++
			}
		}
		t.Logf("%d cases to day %d; done: %v", len(w.IDs), w.Today(), moved)
		s := service(w)
		rapid.Check(t, func(t *rapid.T) {
			for range 5 {
				compare(t, w, s)
			}
		})
	})
}

func some[T any](t *rapid.T, name string, of []T) []T {
	if rapid.IntRange(0, 3).Draw(t, name+"?") > 0 {
		return nil
	}
	var out []T
	for range rapid.IntRange(1, 3).Draw(t, name+" n") {
		out = append(out, rapid.SampledFrom(of).Draw(t, name))
	}
	return out
}

func compare(t *rapid.T, w *casetest.World, s *metric.Service) {
	cal := w.Rules().Calendar()
	first := cal.Day(casetest.Start)
	days := 0
	for cal.AddDays(first, days) < w.Today() {
		days++
	}
	var perm = access.FigureRead
	actors := slices.DeleteFunc(slices.Clone(w.Actors), func(a *access.Actor) bool { return !a.Can(perm, w.Today()) })
	actor := rapid.SampledFrom(actors).Draw(t, "actor")
	scope, err := w.Scope(actor, perm)
	if err != nil {
		t.Fatal(err)
	}
	if rapid.IntRange(0, 2).Draw(t, "system") == 0 {
		scope = casetest.Everything
	}
	q := metric.Query{By: rapid.SampledFrom(append([]metric.Dim{metric.Total}, metric.Dims...)).Draw(t, "by")}
	q.From = cal.AddDays(first, rapid.IntRange(-95, days).Draw(t, "from"))
	q.To = cal.AddDays(q.From, rapid.IntRange(0, 200).Draw(t, "days"))
	if rapid.Bool().Draw(t, "whole") { // whole months
		q.From, q.To = q.From/100*100+1, cal.AddDays(cal.AddDays(q.To/100*100+28, 4)/100*100+1, -1)
	}
	spots := w.Spots
	place := func(of func(cases.Spot) int64) (out []int64) {
		for _, s := range spots {
			out = append(out, of(s))
		}
		return out
	}
	q.Streets = some(t, "streets", place(func(s cases.Spot) int64 { return s.Street }))
	q.Districts = some(t, "districts", casetest.Districts)
	q.Categories = some(t, "categories", []int64{10, 20, 11, 12, 21, 22})
	if rapid.IntRange(0, 4).Draw(t, "more") == 0 {
		q.Units = some(t, "units", casetest.Orgs)
		q.Channels = some(t, "channels", cases.Channels)
		q.Grids = some(t, "grids", place(func(s cases.Spot) int64 { return s.Grid }))
		q.Communities = some(t, "communities", place(func(s cases.Spot) int64 { return s.Community }))
	}
	gridOf := func(c *cases.Case) int64 { return c.Grid }
	if rapid.IntRange(0, 3).Draw(t, "other net") == 0 {
		q.Net = casetest.OtherNet
		net, err := w.Atlas.Net(ctx, q.Net)
		if err != nil {
			t.Fatal(err)
		}
		gridOf = net.GridOf
		if q.Grids != nil {
			q.Grids = some(t, "grids of the other net", []int64{0, 101, 1101, 1102, 103, 1105, 1106, 9})
		} else if rapid.Bool().Draw(t, "by grid") {
			q.By = metric.Grid
		}
	}
	id := "reported"
	if q.By != metric.Status {
		id = rapid.SampledFrom(metric.Catalogue()).Draw(t, "figure").ID
	}
	a, err := s.Value(ctx, scope, id, q, "zh")
	if err != nil {
		t.Fatal(err)
	}
	read, err := scope.For(access.CaseRead)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][3]int64{}
	total := [3]int64{}
	for i, part := range []string{metric.Numerator, metric.Denominator, metric.Excluded} {
		all, none, err := metric.Masks(id, part)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range everyCase(t, w, read, cases.Filter{From: q.From, To: q.To, Categories: q.Categories, Channels: q.Channels, MarksAll: all, MarksNone: none}) {
			if len(q.Districts) > 0 && !slices.Contains(q.Districts, c.District) || len(q.Streets) > 0 && !slices.Contains(q.Streets, c.Street) || len(q.Units) > 0 && !slices.Contains(q.Units, c.Lead) ||
				len(q.Grids) > 0 && !slices.Contains(q.Grids, gridOf(c)) || len(q.Communities) > 0 && !slices.Contains(q.Communities, c.Community) {
				continue
			}
			total[i]++
			if q.By == metric.Unit && c.Lead == 0 || q.By == metric.Total {
				continue
			}
			k := keyOf(c, q.By, gridOf(c))
			n := want[k]
			n[i]++
			want[k] = n
		}
	}
	numbers := func(m metric.Measured) [3]int64 {
		n := [3]int64{m.Numerator}
		if m.Denominator != nil {
			n[1], n[2] = *m.Denominator, *m.Excluded
		} else {
			n[1] = m.Numerator
		}
		return n
	}
	got := map[string][3]int64{}
	for _, row := range a.Rows {
		if n := numbers(row.Measured); n != [3]int64{} {
			got[row.Key] = n
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%s by %q, %d–%d (rows -, cubes +):\n%s", id, q.By, q.From, q.To, d)
	}
	if q.By == metric.Grid { // each row opens the cases that it counts
		key := rapid.SampledFrom(append(slices.Sorted(maps.Keys(want)), "0")).Draw(t, "row")
		all, none, err := metric.Masks(id, metric.Numerator)
		if err != nil {
			t.Fatal(err)
		}
		grid, _ := strconv.ParseInt(key, 10, 64)
		f := cases.Filter{From: q.From, To: q.To, Streets: q.Streets, Communities: q.Communities, Categories: q.Categories, Channels: q.Channels, Grids: []int64{grid}, Net: q.Net, MarksAll: all, MarksNone: none}
		if len(q.Grids) > 0 && !slices.Contains(q.Grids, grid) {
			return // the question leaves this row out
		}
		opened := 0
		for _, c := range everyCase(t, w, read, f) {
			if (len(q.Districts) == 0 || slices.Contains(q.Districts, c.District)) && (len(q.Units) == 0 || slices.Contains(q.Units, c.Lead)) {
				opened++
			}
		}
		n, exact, err := w.Count(ctx, read, f, 100_000)
		if err != nil || !exact || int64(opened) != want[key][0] || len(q.Districts)+len(q.Units) == 0 && n != opened {
			t.Fatalf("%s in grid %s of net %d: %d rows open, %d counted, %d in the figure (%v)", id, key, q.Net, opened, n, want[key][0], err)
		}
	}
	if n := numbers(a.Total); n != total {
		t.Fatalf("%s total, %d–%d: rows %v, figure %v", id, q.From, q.To, total, n)
	}
}

// TestSetsAreNested: in every state that a case can reach, a numerator implies
// its denominator, and what a set leaves out implies what it takes from, so
// that differences of counters are sizes of sets.
func TestSetsAreNested(t *testing.T) {
	t.Parallel()
	w := casetest.New(t, storetest.SQLite(t, nil))
	r := rand.New(rand.NewPCG(3, 9))
	steps := 1500
	if testing.Short() {
		steps = 600
	}
	for range steps {
		a := w.Step(r)
		if a.Case == 0 {
			continue
		}
		marks := w.Case(a.Case).Marks
		for _, f := range metric.Catalogue() {
			if f.Numerator.Holds(marks) && !f.Denominator.Holds(marks) {
				t.Fatalf("%s: after %s a case is in the numerator and not in the denominator (marks %b)", f.ID, a.Action, marks)
			}
			if f.Denominator.Holds(marks) && f.Excluded.Holds(marks) {
				t.Fatalf("%s: after %s a case is in the denominator and excluded", f.ID, a.Action)
			}
			if x := f.Excluded; !x.Empty && marks>>x.Not&1 == 1 && marks>>x.Is&1 == 0 {
				t.Fatalf("%s: after %s mark %d is set without mark %d", f.ID, a.Action, x.Not, x.Is)
			}
		}
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	for _, f := range metric.Catalogue() {
		for _, part := range []string{metric.Numerator, metric.Denominator, metric.Excluded} {
			all, none, err := metric.Masks(f.ID, part)
			if err != nil || all == 0 {
				t.Errorf("%s %s: %b %b %v", f.ID, part, all, none, err)
			}
		}
		if f.Name.ZH == "" || f.Name.EN == "" || f.Says.Definition.ZH == "" || f.Says.Definition.EN == "" || f.Says.Source.EN == "" || f.Says.Numerator.EN == "" || f.Unit == metric.Rate && f.Says.Denominator.EN == "" {
			t.Errorf("%s: words are missing", f.ID)
		}
	}
	for _, bad := range [][2]string{{"no_such", metric.Numerator}, {"solved", "half"}} {
		if _, _, err := metric.Masks(bad[0], bad[1]); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: %v, want invalid", bad, err)
		}
	}
}
