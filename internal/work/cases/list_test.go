package cases_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/internal/kernel/access"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

// seen is a case with what its scope depends on.
type seen struct {
	*cases.Case
	units []cases.Unit
}

// obvious tells whether the filter chooses the case, one condition after another.
func obvious(w *casetest.World, scope access.Scope, f *cases.Filter, c seen, now int64) bool {
	day := func(at int64) int { return w.Rules().Calendar().Day(at) }
	open := !cases.Life.Ended(c.Status)
	running := open && c.DueAt > 0 && c.PausedAt == 0 && c.ResolvedAt == 0
	assists := func(org int64) bool {
		return slices.ContainsFunc(c.units, func(u cases.Unit) bool { return u.Org == org && u.Role == "assist" && u.Ended == 0 })
	}
	mine := c.Creator == scope.Account() || c.Seat == scope.Account()
	if orgs := orgsOf(scope); len(orgs) > 0 {
		mine = slices.Contains(orgs, c.Lead)
	}
	leaf := func(id int64) bool {
		return c.Category == id || slices.Contains(casetest.Groups[id], c.Category)
	}
	switch {
	case !scope.Covers(c.Target(c.units)),
		len(f.Statuses) > 0 && !slices.Contains(f.Statuses, string(c.Status)),
		f.Open != nil && *f.Open != open,
		len(f.Categories) > 0 && !slices.ContainsFunc(f.Categories, leaf),
		len(f.Grades) > 0 && !slices.Contains(f.Grades, c.Grade),
		len(f.Channels) > 0 && !slices.Contains(f.Channels, c.Channel),
		len(f.Streets) > 0 && !slices.Contains(f.Streets, c.Street),
		len(f.Communities) > 0 && !slices.Contains(f.Communities, c.Community),
		len(f.Grids) > 0 && !slices.Contains(f.Grids, c.Grid),
		f.District != 0 && f.District != c.District,
		f.Lead != 0 && f.Lead != c.Lead,
		f.Assist != 0 && !assists(f.Assist),
		f.Overdue && !(running && c.DueAt < now),
		f.Soon && !(running && c.DueAt >= now && c.DueAt < now+24*casetest.Hour),
		f.Mine && !mine,
		f.Pending == "any" && c.Pending == "",
		f.Pending != "" && f.Pending != "any" && c.Pending != f.Pending,
		f.From != 0 && day(c.ReportedAt) < f.From,
		f.To != 0 && day(c.ReportedAt) > f.To,
		c.Marks&f.MarksAll != f.MarksAll,
		c.Marks&f.MarksNone != 0,
		f.Query != "" && f.Query != "words" && c.Number[:13] != f.Query[:13],
		f.Sort != "" && f.Sort != "-reported" && f.Sort != "reported" && c.DueAt == 0:
		return false
	}
	return true
}

func orgsOf(scope access.Scope) (orgs []int64) {
	for _, p := range scope.Posts() {
		if p.Org != 0 {
			orgs = append(orgs, p.Org)
		}
	}
	return orgs
}

// TestListsAreWhatTheObviousFilterChooses walks at random through lives of
// cases and then asks for lists with random filters as random people, page by
// page: they hold what the obvious filter chooses, in order, each case once.
func TestListsAreWhatTheObviousFilterChooses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		w.Now = time.Now().AddDate(0, 0, -25).UnixMicro()
		r := rand.New(rand.NewPCG(11, uint64(len(db.Engine()))))
		steps := 1500
		if testing.Short() {
			steps = 700
		}
		for range steps {
			w.Step(r)
		}
		all := everyCase(t, w)
		lists, filled := 0, 0
		rapid.Check(t, func(t *rapid.T) {
			for range 12 {
				lists++
				if compareLists(t, w, all) > 0 {
					filled++
				}
			}
		})
		if filled < lists/10 {
			t.Errorf("only %d of %d lists had rows", filled, lists)
		}
	})
}

func everyCase(t *testing.T, w *casetest.World) []seen {
	t.Helper()
	rows, err := w.DB.Query(context.Background(), "SELECT id FROM cases")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []seen
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		c, units, _, err := w.ByID(context.Background(), casetest.Everything, id)
		if err != nil {
			t.Fatal(err)
		}
		if lead := slices.ContainsFunc(units, func(u cases.Unit) bool { return u.Role == "lead" && u.Ended == 0 && u.Org == c.Lead }); lead != (c.Lead != 0) {
			t.Fatalf("case %s is led by %d, its units are %+v", c.Number, c.Lead, units)
		}
		all = append(all, seen{c, units})
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// compareLists draws a filter and a person and returns how many rows there are.
func compareLists(t *rapid.T, w *casetest.World, all []seen) int {
	ctx := context.Background()
	scope := casetest.Everything
	if rapid.IntRange(0, 3).Draw(t, "system") > 0 {
		actors := slices.DeleteFunc(slices.Clone(w.Actors), func(a *access.Actor) bool { return !a.Can(access.CaseRead, w.Today()) })
		var err error
		if scope, err = w.Scope(rapid.SampledFrom(actors).Draw(t, "actor"), access.CaseRead); err != nil {
			t.Fatal(err)
		}
	}
	f := drawFilter(t, w, all)
	now := w.DB.Now()
	want := slices.DeleteFunc(slices.Clone(all), func(c seen) bool { return !obvious(w, scope, &f, c, now) })
	key := func(c *cases.Case) int64 { return c.PlaceOf(f.Sort).V }
	slices.SortFunc(want, func(a, b seen) int {
		n := cmp.Or(cmp.Compare(key(a.Case), key(b.Case)), cmp.Compare(a.ID, b.ID))
		if f.Sort == "" || f.Sort[0] == '-' {
			return -n
		}
		return n
	})
	n, exact, err := w.Count(ctx, scope, f, 20)
	if err != nil || n != min(20, len(want)) || exact != (len(want) <= 20) {
		t.Fatalf("%+v: counted %d (exact: %v), %d there are: %v", f, n, exact, len(want), err)
	}
	page := f
	page.Limit = rapid.IntRange(1, 7).Draw(t, "limit")
	var got []int64
	for more := true; more && len(got) < 60; {
		var list []*cases.Case
		if list, more, err = w.Service.Cases(ctx, scope, page); err != nil {
			t.Fatalf("%+v: %v", page, err)
		}
		if more && len(list) != page.Limit {
			t.Fatalf("%+v: a page of %d, and more", page, len(list))
		}
		for _, c := range list {
			got = append(got, c.ID)
			at := c.PlaceOf(f.Sort)
			page.After = &at
		}
	}
	for i, id := range got {
		if i >= len(want) || want[i].ID != id {
			t.Fatalf("%+v by %s: row %d is %d; %d rows wanted", f, scope.Post().Role, i, id, len(want))
		}
	}
	if len(got) < min(60, len(want)) {
		t.Fatalf("%+v by %s: %d rows, %d wanted", f, scope.Post().Role, len(got), len(want))
	}
	return len(want)
}

func drawFilter(t *rapid.T, w *casetest.World, all []seen) cases.Filter {
	one := rapid.SampledFrom(all).Draw(t, "like") // so that filters meet
	spot := rapid.SampledFrom(w.Spots).Draw(t, "spot")
	use := func(name string) bool { return rapid.IntRange(0, 6).Draw(t, name) == 0 }
	f := cases.Filter{Sort: rapid.SampledFrom([]string{"", "", "", "-reported", "reported", "due", "-due"}).Draw(t, "sort")}
	if use("status") {
		for range rapid.IntRange(1, 3).Draw(t, "statuses") {
			f.Statuses = append(f.Statuses, string(rapid.SampledFrom(append([]flow.State{one.Status}, cases.Statuses...)).Draw(t, "state")))
		}
	}
	if use("open") {
		v := rapid.Bool().Draw(t, "yes")
		f.Open = &v
	}
	if use("category") {
		f.Categories = []int64{rapid.SampledFrom([]int64{one.Category, 10, 20, 11}).Draw(t, "node")}
	}
	if use("grade") {
		f.Grades = []string{one.Grade}
	}
	if use("channel") {
		f.Channels = []string{one.Channel}
	}
	if use("street") {
		f.Streets = []int64{spot.Street}
		if rapid.Bool().Draw(t, "two streets") {
			f.Streets = append(f.Streets, w.Spots[0].Street)
		}
	}
	if use("community") {
		f.Communities = []int64{spot.Community}
	}
	if use("grid") {
		f.Grids = []int64{spot.Grid}
	}
	if use("district") {
		f.District = spot.District
	}
	if use("lead") {
		f.Lead = rapid.SampledFrom(append([]int64{one.Lead}, casetest.Orgs...)).Draw(t, "unit")
	}
	if use("assist") {
		f.Assist = rapid.SampledFrom(casetest.Orgs).Draw(t, "helper")
	}
	f.Overdue, f.Soon, f.Mine = use("overdue"), use("soon"), use("mine")
	if use("pending") {
		f.Pending = rapid.SampledFrom([]string{"any", "return", "extension", "suspension", "void"}).Draw(t, "request")
	}
	if use("from") {
		f.From = one.Day
	}
	if use("to") {
		f.To = one.Day
	}
	mark := rapid.SampledFrom([]int{cases.MarkReported, cases.MarkOpen, cases.MarkOverdue, cases.MarkSuspended, cases.MarkClosed, cases.MarkClosedOnTime, cases.MarkDeclined, cases.MarkMerged, cases.MarkDropped, cases.MarkDue})
	if use("marks") {
		f.MarksAll = 1 << mark.Draw(t, "all")
	}
	if use("no marks") {
		f.MarksNone = 1 << mark.Draw(t, "none")
	}
	if use("query") {
		f.Query = rapid.SampledFrom([]string{"words", one.Number, one.Number[:13]}).Draw(t, "q")
	}
	return f
}

// TestIndexesHoldWhatPlansReadFromThem: SQLite answers from the index alone what
// the plan believes to be in it.
func TestIndexesHoldWhatPlansReadFromThem(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	only := map[string]string{"cases_open": "open = 1", "cases_near": "open = 1", "cases_ended": "open = 0", "cases_due": "open = 1 AND due_at > 0", "cases_category": "category <> 0", "cases_lead": "lead <> 0"}
	for index, columns := range cases.Held {
		q := "EXPLAIN QUERY PLAN SELECT id, " + strings.Join(strings.Fields(columns), ", ") + " FROM cases INDEXED BY " + index + " WHERE district = 1 AND " + cmp.Or(only[index], "1 = 1")
		var id, parent, unused int
		var plan string
		if err := db.QueryRow(context.Background(), q).Scan(&id, &parent, &unused, &plan); err != nil || !strings.Contains(plan, "COVERING INDEX") {
			t.Errorf("%s: %s %v", index, plan, err)
		}
	}
}
