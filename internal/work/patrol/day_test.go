package patrol

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestShareMeetsEveryDay: whoever takes the share of each day has nothing late,
// if the hours suffice, and no day takes more than its hours.
func TestShareMeetsEveryDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const first = 20261123
		n := rapid.IntRange(1, 60).Draw(t, "tasks")
		tasks := make([]Task, n)
		for i := range tasks {
			due := rapid.IntRange(0, 20).Draw(t, "due")
			tasks[i] = Task{ID: int64(i), State: Open, Home: int64(i + 1), Building: int64(i%5 + 1), Minutes: 10, Priority: 2, From: first, Due: addDays(first, due)}
		}
		off := rapid.IntRange(0, 6).Draw(t, "off")
		minutes := func(day int) int {
			if daysTo(first, day)%7 == off {
				return 0
			}
			return 60
		}
		enough := pace(stops(tasks, first), first, minutes) <= 1
		for day := first; day <= addDays(first, 21); day = addDays(day, 1) {
			chosen := share(stops(tasks, day), day, minutes)
			used := 0
			for _, s := range chosen {
				used += s.minutes
				for _, i := range s.tasks {
					tasks[i].State = Done
					if enough && tasks[i].Due < day {
						t.Fatalf("a task of %d is done on %d though the hours suffice", tasks[i].Due, day)
					}
				}
			}
			if used > minutes(day) {
				t.Fatalf("%d minutes on a day of %d", used, minutes(day))
			}
		}
		for _, x := range tasks {
			if enough && x.State != Done {
				t.Fatalf("never done: %+v", x)
			}
		}
	})
}

// TestShareIsEven: with one visit a day due for ever, no day gets two.
func TestShareIsEven(t *testing.T) {
	t.Parallel()
	var tasks []Task
	for i := range 30 {
		tasks = append(tasks, Task{State: Open, Home: int64(i + 1), Building: 1, Minutes: 10, Priority: 2, From: 20261101, Due: addDays(20261101, i)})
	}
	if got := share(stops(tasks, 20261101), 20261101, func(int) int { return 300 }); len(got) != 1 {
		t.Errorf("%d of thirty visits on the first of thirty days", len(got))
	}
}

// TestLateGoFirst: the overdue by priority, then by day; what waits is left out.
func TestLateGoFirst(t *testing.T) {
	t.Parallel()
	const day = 20261123
	tasks := []Task{
		{ID: 1, State: Open, Home: 1, Building: 1, Minutes: 10, Priority: 3, From: 20261101, Due: 20261110},
		{ID: 2, State: Open, Home: 2, Building: 2, Minutes: 10, Priority: 1, From: 20261101, Due: 20261120},
		{ID: 3, State: Open, Home: 3, Building: 3, Minutes: 10, Priority: 1, From: 20261101, Due: day},
		{ID: 4, State: Open, Home: 4, Building: 4, Minutes: 10, Priority: 1, From: 20261101, Due: 20261120, Again: 20261124},
		{ID: 5, State: Open, Home: 5, Building: 5, Minutes: 10, Priority: 1, From: 20261101, Due: 20261120, Tries: maxTries},
		{ID: 6, State: Open, Home: 6, Building: 6, Minutes: 10, Priority: 1, From: 20261130, Due: 20261201},
	}
	var got []int64
	for _, s := range walk(Walk{}, share(stops(tasks, day), day, func(int) int { return 300 }), day) {
		got = append(got, tasks[s.tasks[0]].ID)
	}
	if !slices.Equal(got, []int64{2, 1, 3}) {
		t.Errorf("the day is %v", got)
	}
}

// TestTourVisitsAll: every stop once, never longer than the nearest-neighbour
// tour, from wherever it starts.
func TestTourVisitsAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		point := rapid.Custom(func(t *rapid.T) Point {
			return Point{112.6 + rapid.Float64Range(0, 0.01).Draw(t, "lon"), 29.4 + rapid.Float64Range(0, 0.01).Draw(t, "lat")}
		})
		stops := rapid.SliceOfN(point, 0, 40).Draw(t, "stops")
		var start *Point
		if rapid.Bool().Draw(t, "start") {
			p := point.Draw(t, "from")
			start = &p
		}
		got := Walk{}.Tour(start, stops)
		if len(stops) == 0 {
			if len(got) != 0 {
				t.Fatal("a tour of nothing")
			}
			return
		}
		sorted := slices.Sorted(slices.Values(got))
		for i, x := range sorted {
			if x != i {
				t.Fatalf("not every stop once: %v", got)
			}
		}
		c := newChart(start, stops)
		if near, own := c.length(c.nearest()), c.length(got); own > near+enough {
			t.Fatalf("%.1f m, the nearest-neighbour tour is %.1f m", own, near)
		}
	})
}

// TestTourSaves measures what the improvement saves on walks of twelve doors
// between twenty buildings in rows, as in a compound.
func TestTourSaves(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	near, own := 0.0, 0.0
	for range 200 {
		var stops []Point
		for _, i := range rnd.Perm(40)[:12] {
			stops = append(stops, Point{112.6 + float64(i%8)*0.0006, 29.4 + float64(i/8)*0.0004})
		}
		c := newChart(nil, stops)
		near += c.length(c.nearest())
		own += c.length(Walk{}.Tour(nil, stops))
	}
	t.Logf("%.0f m against %.0f m a walk: %.1f %% less", own/200, near/200, 100*(1-own/near))
	if own > near*0.95 || math.IsNaN(own) {
		t.Errorf("only %.1f %% shorter than nearest neighbour", 100*(1-own/near))
	}
}

// TestDealByHours: the walk is cut into stretches as long as the hours.
func TestDealByHours(t *testing.T) {
	t.Parallel()
	list := make([]stop, 12)
	for i := range list {
		list[i].minutes = 10
	}
	got := deal(list, []Worker{{Account: 1, Share: 1}, {Account: 2, Share: 0.5}})
	if !slices.Equal(got, []int64{1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2}) {
		t.Errorf("%v", got)
	}
	if got := deal(list[:1], nil); got[0] != 0 {
		t.Errorf("without workers it is anybody's: %v", got)
	}
}
