package cases_test

import (
	"testing"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

// A holiday that is announced while a case runs moves its limit by the working
// time that falls out, once; plain hours and days stay.
func TestClocksFollowTheCalendar(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		follow := func(want int) {
			t.Helper()
			if n, err := w.FollowCalendar(w.Context()); err != nil || n != want {
				t.Fatalf("moved %d (%v), want %d", n, err, want)
			}
		}
		follow(0)
		s := w.Spots[0]
		lon, lat := w.Position(s.Grid)
		c, err := w.Add(w.Actor("operator", casetest.City), cases.ReportIn{Text: "路灯不亮", Channel: "hotline", Category: casetest.Leaves[0], Lon: lon, Lat: lat})
		if err != nil {
			t.Fatal(err)
		}
		c = w.Must(w.Actor("dispatcher", s.Street), c.ID, cases.Act{Action: "file", Grade: "complex"})
		if c.Limit.Unit != calendar.WorkDay {
			t.Fatalf("the limit counts %s; this test wants working days", c.Limit.Unit)
		}
		day := calendar.Standard().Day(c.DueAt)
		spec := calendar.Standard().Year(day / 10000)
		spec.Off = append(spec.Off, day) // the day on which it is due becomes a holiday
		next, err := calendar.Standard().WithYear(day/10000, spec)
		if err != nil {
			t.Fatal(err)
		}
		w.SetCalendar(next)
		follow(1)
		follow(0)
		moved := w.Case(c.ID)
		if got := next.Remaining(w.Now, moved.DueAt, calendar.WorkDay); got != calendar.Standard().Remaining(w.Now, c.DueAt, calendar.WorkDay) {
			t.Errorf("working time left changed to %d", got)
		}
		if moved.DueAt <= c.DueAt || moved.Version != c.Version {
			t.Errorf("due %d → %d, version %d → %d", c.DueAt, moved.DueAt, c.Version, moved.Version)
		}
	})
}
