package agenda

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

const today = 20261128

// room has one source with these entries; Before is 14 days.
func room(db *store.DB, due func() []Entry, holders ...access.Post) *Room {
	s := Source{Code: "thing", Name: Same("事"), Does: []access.Perm{access.LiaisonVisit}, Before: 14,
		Due: func(_ context.Context, _ access.Scope, until int) ([]Entry, error) {
			return slices.DeleteFunc(due(), func(e Entry) bool { return e.Day > until }), nil
		}}
	return New(Options{DB: db, Zone: time.UTC, Today: func() int { return today }, Holders: func(access.Perm, access.Target) []access.Post { return holders }}, s)
}

func inboxOf(t *testing.T, r *Room, account int64) []Notice {
	t.Helper()
	list, _, err := r.Inbox(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestRemindTellsOnce: however many processes look, and however often, each is
// told once of each thing; a moved day is told again; what has no day, is late or
// far away is not told of.
func TestRemindTellsOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		list := []Entry{
			{Key: "1", Title: Same("近"), Day: 20261201, For: 7, Target: access.Target{District: 990101}},
			{Key: "2", Title: Same("今天"), Day: today, For: 7, Target: access.Target{District: 990102}},
			{Key: "3", Title: Same("远"), Day: 20270101, For: 7},
			{Key: "4", Title: Same("已过"), Day: 20261127, For: 7},
			{Key: "5", Title: Same("无期限"), For: 7},
			{Key: "1", Title: Same("别人的"), Day: 20261201, For: 8, Target: access.Target{District: 990101}},
		}
		due := func() []Entry { return slices.Clone(list) }
		var all sync.WaitGroup
		for range 4 {
			r := room(db, due)
			all.Go(func() {
				for range 3 {
					if err := r.Remind(context.Background()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		r := room(db, due)
		if got := inboxOf(t, r, 7); len(got) != 2 {
			t.Fatalf("told of %+v, want the two that are due within 14 days", got)
		}
		if got := inboxOf(t, r, 8); len(got) != 1 || got[0].Title.ZH != "别人的" {
			t.Errorf("the other was told %+v", got)
		}
		list[0].Day = 20261203
		for range 2 {
			if err := r.Remind(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got := inboxOf(t, r, 7)
		if len(got) != 3 || got[0].Day != 20261203 {
			t.Fatalf("a moved day is told again, once: %+v", got)
		}
		if err := r.Read(t.Context(), 7, got[1].ID); err != nil {
			t.Fatal(err)
		}
		if _, unread, err := r.Inbox(t.Context(), 7); err != nil || unread != 1 {
			t.Errorf("%d unread, %v; the newest is", unread, err)
		}
		if _, unread, err := r.Inbox(t.Context(), 8); err != nil || unread != 1 {
			t.Errorf("another one's are %d, %v", unread, err)
		}
	})
}

// TestDaysBeforeAreData: the rulebook's number goes before the source's own, and
// 0 tells nobody.
func TestDaysBeforeAreData(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct{ days, want int }{{0, 0}, {1, 0}, {40, 1}} {
			r := room(db, func() []Entry {
				return []Entry{{Key: fmt.Sprint(c.days), Title: Same("远"), Day: 20270101, For: int64(100 + c.days)}}
			})
			r.Before = func(string) (int, bool) { return c.days, true }
			if err := r.Remind(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := inboxOf(t, r, int64(100+c.days)); len(got) != c.want {
				t.Errorf("%d days before, %d were told, want %d", c.days, len(got), c.want)
			}
		}
	})
}

// TestResponsible: the organisations that it is about and the nearest officers.
func TestResponsible(t *testing.T) {
	t.Parallel()
	r := room(nil, nil, access.Post{Account: 1, Region: 9901}, access.Post{Account: 2, Region: 990101001}, access.Post{Account: 3, Region: 990101, Org: 50}, access.Post{Account: 4, Region: 990101001}, access.Post{Account: 5, Region: 990101})
	if got := r.responsible(&r.sources[0], &Entry{Target: access.Target{Orgs: []int64{50}}}); !slices.Equal(got, []int64{2, 3, 4}) {
		t.Errorf("told: %v", got)
	}
	if got := r.responsible(&r.sources[0], &Entry{For: 9, Target: access.Target{Orgs: []int64{50}}}); !slices.Equal(got, []int64{9}) {
		t.Errorf("of one's own: %v", got)
	}
}

// TestEnds: a week ends on its Sunday, a quarter on the last day of its third month.
func TestEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := Plus(20200101, rapid.IntRange(0, 7000).Draw(t, "days"))
		week, quarter := Week(day), Quarter(day)
		if timeOf(week).Weekday() != time.Sunday || week < day || week >= Plus(day, 7) {
			t.Fatalf("the week of %d ends on %d", day, week)
		}
		if quarter < day || quarter/100%100%3 != 0 || Plus(quarter, 1)%100 != 1 || quarter > Plus(day, 91) {
			t.Fatalf("the quarter of %d ends on %d", day, quarter)
		}
	})
}

// TestICS: lines are short and whole signs, and unfolded and unescaped they say
// what was put in, whatever it is.
func TestICS(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z,;\\\n一-龥]{1,120}`).Draw(t, "text")
		r := &Room{Options: Options{DB: db, Zone: time.UTC}}
		var b strings.Builder
		s := &Source{Code: "thing", Name: Same("事")}
		if err := r.writeICS(&b, []Part{{Source: s, Entries: []Entry{{Key: "1", Title: Same(text), Day: today}, {Key: "2", Title: Same("会"), Where: text, At: 1_800_000_000_000_000}}}}, "zh"); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(b.String(), "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !strings.Contains(line, strings.ToValidUTF8(line, "?")) {
				t.Fatalf("a line of %d bytes: %q", len(line), line)
			}
		}
		whole := strings.ReplaceAll(b.String(), "\r\n ", "")
		plain := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\,`, ",", `\;`, ";")
		for _, want := range []string{"SUMMARY:事 · " + text, "LOCATION:" + text, "DTSTART;VALUE=DATE:20261128", "DTEND;VALUE=DATE:20261129"} {
			found := false
			for _, line := range strings.Split(whole, "\r\n") {
				found = found || plain.Replace(line) == want
			}
			if !found {
				t.Fatalf("%q is not in %q", want, whole)
			}
		}
	})
}

// TestDeclaredSourcesAreWhole: a mistake in a source stops the start.
func TestDeclaredSourcesAreWhole(t *testing.T) {
	t.Parallel()
	due := func(context.Context, access.Scope, int) ([]Entry, error) { return nil, nil }
	good := Source{Code: "a", Name: errs.Words{ZH: "甲", EN: "A"}, Does: []access.Perm{access.CaseRead}, Due: due}
	for name, bad := range map[string][]Source{
		"twice": {good, good}, "nameless": {{Code: "a", Does: good.Does, Due: due}}, "nobody's": {{Code: "a", Name: good.Name, Due: due}}, "empty": {{Code: "a", Name: good.Name, Does: good.Does}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was taken", name)
				}
			}()
			New(Options{}, bad...)
		}()
	}
}
