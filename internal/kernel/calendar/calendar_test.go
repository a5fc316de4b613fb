package calendar

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/internal/kernel/errs"
)

func at(t testing.TB, c *Calendar, s string) int64 {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04:05", s, c.loc)
	if err != nil {
		v, err = time.ParseInLocation("2006-01-02 15:04", s, c.loc)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v.UnixMicro()
}

func show(c *Calendar, t int64) string { return c.Time(t).Format("2006-01-02 15:04:05") }

func mustLimit(t testing.TB, s string) Limit {
	t.Helper()
	l, err := ParseLimit(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAddKnownCases(t *testing.T) {
	t.Parallel()
	c := Standard()
	for _, tc := range []struct{ why, from, limit, due string }{
		{"inside a span", "2026-11-23 09:00", "2工作时", "2026-11-23 11:00:00"},
		{"ends with a span", "2026-11-23 10:00", "2工作时", "2026-11-23 12:00:00"},
		{"over lunch", "2026-11-23 11:00", "2工作时", "2026-11-23 15:00:00"},
		{"from lunch", "2026-11-23 12:30", "1工作时", "2026-11-23 15:00:00"},
		{"over night", "2026-11-23 17:00", "1工作时", "2026-11-24 09:00:00"},
		{"over a weekend", "2026-11-27 16:30", "4工作时", "2026-11-30 11:30:00"},
		{"reported on Saturday", "2026-11-28 20:00", "4工作时", "2026-11-30 14:30:00"},
		{"make-up Saturday counts", "2026-02-13 17:30", "7工作时", "2026-02-14 17:30:00"},
		{"over Spring Festival to the make-up day behind it", "2026-02-14 17:30", "4工作日", "2026-02-27 17:30:00"},
		{"the make-up Saturday is the fifth", "2026-02-14 17:30", "5工作日", "2026-02-28 17:30:00"},
		{"day of receipt is not counted", "2026-11-23 08:00", "1工作日", "2026-11-24 17:30:00"},
		{"received after close", "2026-11-23 22:00", "1工作日", "2026-11-24 17:30:00"},
		{"received on Sunday", "2026-11-29 10:00", "1工作日", "2026-11-30 17:30:00"},
		{"over New Year with make-up Sunday", "2025-12-31 10:00", "1工作日", "2026-01-04 17:30:00"},
		{"over National Day 2025", "2025-09-30 17:00", "1工作时", "2025-10-09 09:00:00"},
		{"into an unsourced year: weekends only", "2026-12-31 10:00", "1工作日", "2027-01-01 17:30:00"},
		{"calendar days", "2026-11-23 10:00", "15日", "2026-12-08 23:59:59"},
		{"calendar days over New Year", "2026-12-25 23:59", "15日", "2027-01-09 23:59:59"},
		{"a last day off does not move", "2026-09-16 10:00", "15日", "2026-10-01 23:59:59"},
		{"plain hours", "2026-11-27 16:30", "24小时", "2026-11-28 16:30:00"},
	} {
		from := at(t, c, tc.from)
		if got := show(c, c.Add(from, mustLimit(t, tc.limit))); got != tc.due {
			t.Errorf("%s: %s + %s = %s, want %s", tc.why, tc.from, tc.limit, got, tc.due)
		}
	}
	if got := c.Add(5, Limit{0, WorkDay}); got != 5 {
		t.Errorf("no limit moved the instant to %d", got)
	}
	if got := c.AddTime(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), Limit{1, WorkHour}); got.Format("15:04 -0700") != "10:00 +0800" {
		t.Errorf("AddTime gave %s", got)
	}
}

func TestStandardYears(t *testing.T) {
	t.Parallel()
	c := Standard()
	want := map[int]int{2025: 248, 2026: 248, 2027: 261} // 261 weekdays, less the 13 statutory days off where sourced
	for y, n := range want {
		if got := len(c.table(y).days); got != n {
			t.Errorf("%d has %d working days, want %d", y, got, n)
		}
	}
	if !c.Year(2025).Sourced || !c.Year(2026).Sourced || c.Year(2027).Sourced || c.Year(2031).Sourced {
		t.Error("which years are sourced is wrong")
	}
	if c.Year(2027).Note == "" || c.Year(2031).Remark().EN == "" || c.Year(2026).Remark().ZH != "依据国办发明电〔2025〕7号" {
		t.Error("a year does not say where it comes from")
	}
	// Every make-up day is a weekend day next to a holiday; every holiday run is what the notice names.
	for d, work := range map[int]bool{20250126: true, 20250127: true, 20250128: false, 20250204: false, 20250205: true, 20250208: true,
		20251008: false, 20251009: true, 20260104: true, 20260215: false, 20260223: false, 20260224: true, 20260509: true, 20260619: false,
		20260920: true, 20260925: false, 20260928: true, 20261007: false, 20261010: true, 20261011: false} {
		if c.Workday(d) != work {
			t.Errorf("%d worked = %v", d, !work)
		}
	}
}

func TestDaysAndClose(t *testing.T) {
	t.Parallel()
	c := Standard()
	if d := c.Day(at(t, c, "2026-12-31 23:59:59")); d != 20261231 {
		t.Error(d)
	}
	if d := c.Day(at(t, c, "2027-01-01 00:00")); d != 20270101 {
		t.Error(d)
	}
	if m := c.Month(at(t, c, "2026-02-01 00:00")); m != 202602 {
		t.Error(m)
	}
	if got := show(c, c.DayStart(20260301)); got != "2026-03-01 00:00:00" {
		t.Error(got)
	}
	if got := c.AddDays(20260228, 1); got != 20260301 {
		t.Error(got)
	}
	if got := show(c, c.CloseOf(20261128, WorkDay)); got != "2026-11-27 17:30:00" {
		t.Error(got)
	}
	if got := show(c, c.CloseOf(20261128, Day)); got != "2026-11-28 23:59:59" {
		t.Error(got)
	}
	if c.Weekday(20261128) != time.Saturday || c.Working(at(t, c, "2026-11-27 17:30")) || !c.Working(at(t, c, "2026-11-27 17:29:59")) {
		t.Error("weekday or working time")
	}
	for _, far := range []int64{-1 << 62, 1 << 62} { // hostile instants end at the edge of the table, they do not hang
		for _, u := range Units() {
			c.Left(far, 0, u)
			c.Add(far, Limit{MaxN, u})
			c.AddRemaining(0, far, u)
		}
		if d := c.Day(far); d != 19000101 && d != 23991231 {
			t.Error(d)
		}
	}
}

func TestLeftAndDescribe(t *testing.T) {
	t.Parallel()
	c := Standard()
	for _, tc := range []struct {
		now, due string
		u        Unit
		value    float64
		zh, en   string
	}{
		{"2026-11-23 11:00", "2026-11-23 17:10", WorkHour, 4 + 1.0/6, "还剩 4.1 工作时(今天 17:10 到期)", "4.1 working hours left (due today 17:10)"},
		{"2026-11-23 11:40", "2026-11-23 16:40", WorkHour, 3, "还剩 3 工作时(今天 16:40 到期)", "3 working hours left (due today 16:40)"},
		{"2026-11-23 16:35", "2026-11-23 17:00", WorkHour, 25.0 / 60, "还剩 25 分钟(今天 17:00 到期)", "25 minutes left (due today 17:00)"},
		{"2026-11-23 17:00", "2026-11-23 17:00", WorkHour, 0, "还剩不到 1 分钟(今天 17:00 到期)", "less than a minute left (due today 17:00)"},
		{"2026-11-24 10:00", "2026-11-23 17:00", WorkHour, -2, "已超期 2 工作时(昨天 17:00 到期)", "2 working hours overdue (was due yesterday 17:00)"},
		{"2026-11-23 18:00", "2026-11-23 17:30", WorkHour, 0, "已超期(今天 17:30 到期)", "overdue (was due today 17:30)"},
		{"2026-11-23 10:00", "2026-12-02 17:30", WorkDay, 7, "还剩 7 工作日(12月2日(周三)17:30 到期)", "7 working days left (due Wed 2 Dec 17:30)"},
		{"2026-12-02 15:30", "2026-12-02 17:30", WorkDay, 0, "还剩 2 工作时(今天 17:30 到期)", "2 working hours left (due today 17:30)"},
		{"2026-12-04 09:00", "2026-12-02 17:30", WorkDay, -2, "已超期 2 工作日(12月2日(周三)17:30 到期)", "2 working days overdue (was due Wed 2 Dec 17:30)"},
		{"2026-12-31 09:00", "2027-01-04 23:59:59", Day, 4, "还剩 4 日(2027年1月4日(周一)23:59 到期)", "4 days left (due Mon 4 Jan 2027 23:59)"},
		{"2026-11-23 09:00", "2026-11-25 00:00", Hour, 39, "还剩 39 小时(明天 24:00 到期)", "39 hours left (due tomorrow 24:00)"},
	} {
		now, due := at(t, c, tc.now), at(t, c, tc.due)
		left := c.Left(now, due, tc.u)
		if d := left.Value - tc.value; d > 1e-9 || d < -1e-9 || left.Overdue != (now > due) {
			t.Errorf("%s → %s: %+v", tc.now, tc.due, left)
		}
		want := strings.NewReplacer("(", "\uff08", ")", "\uff09").Replace(tc.zh)
		if w := c.Describe(now, due, tc.u); w.ZH != want || w.EN != tc.en {
			t.Errorf("%s → %s: %s / %s", tc.now, tc.due, w.ZH, w.EN)
		}
	}
	if w := c.DescribePaused(3*hour, WorkHour); w.ZH != "已暂停\uff0c剩余 3 工作时" {
		t.Error(w)
	}
	if w := c.DescribePaused(15*hour, WorkDay); w.EN != "paused, 2 working days left" {
		t.Error(w)
	}
	if w := c.DescribePaused(-2*hour, Hour); w.EN != "paused, overdue before by 2 hours" {
		t.Error(w)
	}
}

// slow is the obvious implementation: it walks minute by minute and asks the
// wall clock. Instants are whole minutes.
type slow struct {
	c           *Calendar
	off, makeup map[int]bool
}

func newSlow(c *Calendar) slow {
	s := slow{c, map[int]bool{}, map[int]bool{}}
	for _, y := range c.Spec().Years {
		for _, d := range y.Off {
			s.off[d] = true
		}
		for _, d := range y.Makeup {
			s.makeup[d] = true
		}
	}
	return s
}

func (s slow) workday(t time.Time) bool {
	d := dayNo(t)
	return !s.off[d] && (s.makeup[d] || t.Weekday() != time.Saturday && t.Weekday() != time.Sunday)
}

func (s slow) works(t time.Time) bool {
	m := Clock(t.Hour()*60 + t.Minute())
	for _, sp := range s.c.Spec().Spans {
		if m >= sp.From && m < sp.To {
			return s.workday(t)
		}
	}
	return false
}

func (s slow) add(from time.Time, l Limit) time.Time {
	t, left := from, l.N*60
	switch l.Unit {
	case WorkHour:
		for ; left > 0; t = t.Add(time.Minute) {
			if s.works(t) {
				left--
			}
		}
		return t
	case Hour:
		return t.Add(time.Duration(l.N) * time.Hour)
	}
	last := t // end of the last worked minute of the Nth day
	for n, d := 0, dayNo(t); ; t = t.Add(time.Minute) {
		if now := dayNo(t); now != d {
			if n == l.N {
				if l.Unit == Day {
					return t.Add(-time.Second)
				}
				return last
			}
			d = now
			if l.Unit == Day || s.workday(t) {
				n++
			}
		}
		if s.works(t) {
			last = t.Add(time.Minute)
		}
	}
}

func (s slow) worked(from, to time.Time) (n int64) {
	for t := from; t.Before(to); t = t.Add(time.Minute) {
		if s.works(t) {
			n += minute
		}
	}
	return n
}

func others(t testing.TB) map[string]*Calendar {
	t.Helper()
	mk := func(zone string, spans ...Span) *Calendar {
		c, err := New(Spec{Zone: zone, Spans: spans, Years: map[int]Year{2026: {Off: []int{20261225, 20260330}, Makeup: []int{20260328, 20261025}}}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return map[string]*Calendar{
		"Shanghai": Standard(),
		"Berlin":   mk("Europe/Berlin", Span{480, 720}, Span{780, 1020}),
		"night":    mk("America/New_York", Span{0, 360}, Span{1200, 1440}),
		"Beirut":   mk("Asia/Beirut", Span{0, 1440}), // its clocks change at midnight
		"LordHowe": mk("Australia/Lord_Howe", Span{540, 1020}),
	}
}

func TestAgainstMinuteByMinute(t *testing.T) {
	t.Parallel()
	for name, c := range others(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSlow(c)
			rapid.Check(t, func(t *rapid.T) {
				// Around the year's ends, holidays and clock changes of 2025–2027.
				edge := rapid.SampledFrom([]string{"2025-01-26", "2025-10-08", "2025-12-31", "2026-02-13", "2026-03-28", "2026-04-04", "2026-10-24", "2026-11-01", "2026-12-31", "2026-06-17"}).Draw(t, "edge")
				base, _ := time.ParseInLocation("2006-01-02", edge, c.loc)
				from := base.Add(time.Duration(rapid.IntRange(-4*1440, 4*1440).Draw(t, "minutes")) * time.Minute)
				l := Limit{rapid.IntRange(1, 30).Draw(t, "n"), rapid.SampledFrom(Units()).Draw(t, "unit")}
				if l.Unit == WorkDay || l.Unit == Day {
					l.N = (l.N + 2) / 3
				}
				due := s.add(from, l)
				if got := c.Add(from.UnixMicro(), l); got != due.UnixMicro() {
					t.Fatalf("%s + %s = %s, slow says %s", from, l, c.Time(got), due)
				}
				to := from.Add(time.Duration(rapid.IntRange(0, 10*1440).Draw(t, "later")) * time.Minute)
				want := s.worked(from, to)
				if got := c.Elapsed(from.UnixMicro(), to.UnixMicro(), WorkHour).Micros; got != want {
					t.Fatalf("worked %s … %s: %d, slow says %d", from, to, got, want)
				}
				if got := c.Left(to.UnixMicro(), from.UnixMicro(), WorkDay).Micros; got != -want {
					t.Fatalf("backwards: %d, want %d", got, -want)
				}
				if got := c.Day(to.UnixMicro()); got != dayNo(to) {
					t.Fatalf("day %d, want %d", got, dayNo(to))
				}
				if c.Working(to.UnixMicro()) != s.works(to) || c.Workday(dayNo(to)) != s.workday(to) {
					t.Fatalf("working time at %s", to)
				}
			})
		})
	}
}

func TestDayStartIsTheFirstInstant(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Asia/Shanghai", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Pacific/Apia", "Europe/London", "America/St_Johns"} {
		c, err := New(Spec{Zone: zone, Spans: []Span{{540, 1020}}})
		if err != nil {
			t.Fatal(err)
		}
		for d := 19840101; d < 20130101; d = c.AddDays(d, 1) {
			s := c.DayStart(d)
			if next := c.DayStart(c.AddDays(d, 1)); next < s {
				t.Fatalf("%s %d is not before the next day", zone, d)
			} else if next == s {
				continue // Samoa had no 30 December 2011
			}
			if dayNo(c.Time(s)) != d || dayNo(c.Time(s-1)) == d || c.Day(s) != d {
				t.Fatalf("%s %d starts at %s", zone, d, c.Time(s))
			}
		}
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	for name, c := range others(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lo, hi := c.DayStart(20231201), c.DayStart(20290201)
			instant := rapid.Int64Range(lo, hi)
			rapid.Check(t, func(t *rapid.T) {
				from, now, later := instant.Draw(t, "from"), instant.Draw(t, "now"), instant.Draw(t, "later")
				l := Limit{rapid.IntRange(1, 400).Draw(t, "n"), rapid.SampledFrom(Units()).Draw(t, "unit")}
				due := c.Add(from, l)
				if due < from {
					t.Fatalf("due before its start")
				}
				if (l.Unit == WorkHour || l.Unit == Hour) && c.Elapsed(from, due, l.Unit).Micros != int64(l.N)*hour {
					t.Fatalf("a limit of %s counts %d", l, c.Elapsed(from, due, l.Unit).Micros)
				}
				if l.Unit == WorkDay || l.Unit == Day {
					if v := c.Left(from, due-1, l.Unit).Value; v != float64(l.N) {
						t.Fatalf("%s left at the start of %s", fmt.Sprint(v), l)
					}
				}
				if got := c.AddRemaining(now, c.Remaining(now, due, l.Unit), l.Unit); got != due {
					t.Fatalf("a pause of nothing moved the due instant from %s to %s", c.Time(due), c.Time(got))
				}
				rem := c.Remaining(now, due, l.Unit)
				moved := c.AddRemaining(later, rem, l.Unit)
				if got := c.Remaining(later, moved, l.Unit); got != rem {
					t.Fatalf("remaining %d became %d over a pause", rem, got)
				}
				a, b := min(now, later), max(now, later)
				if got := c.Due(from, l, Pause{a, b}); got < due || c.Remaining(b, got, l.Unit) != c.Remaining(a, due, l.Unit) {
					t.Fatalf("paused time counted")
				}
				if x, y, z := c.Elapsed(from, now, l.Unit).Micros, c.Elapsed(now, later, l.Unit).Micros, c.Elapsed(from, later, l.Unit).Micros; x+y != z {
					t.Fatalf("elapsed time does not add up")
				}
				if from2 := max(from, now); c.Add(from2, l) < c.Add(min(from, now), l) {
					t.Fatalf("a later start is due earlier")
				}
				c.Describe(now, due, l.Unit)
				c.DescribePaused(rem, l.Unit)
			})
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c, err := New(Standard().Spec())
	if err != nil {
		t.Fatal(err)
	}
	from := at(t, c, "2026-11-23 09:00")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := 1; n < 2000; n += 7 {
				if c.Add(from, Limit{n, WorkDay}) != Standard().Add(from, Limit{n, WorkDay}) {
					t.Error("different answers")
				}
			}
		})
	}
	wg.Wait()
}

func TestSpecJSON(t *testing.T) {
	t.Parallel()
	c := Standard()
	raw, err := json.Marshal(c.Spec())
	if err != nil {
		t.Fatal(err)
	}
	var back Spec
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c.Spec(), back); d != "" {
		t.Error(d)
	}
	wrap := func(spans, years string) string {
		return `{"zone":"Asia/Shanghai","spans":` + spans + `,"years":` + years + `}`
	}
	const ok = `[{"from":"09:00","to":"17:00"}]`
	for name, tc := range map[string]struct{ raw, field string }{
		"no zone":              {`{"zone":"","spans":` + ok + `}`, "zone"},
		"unknown zone":         {`{"zone":"Asia/Nowhere","spans":` + ok + `}`, "zone"},
		"zone is a path":       {`{"zone":"../../etc/passwd","spans":` + ok + `}`, "zone"},
		"no spans":             {wrap(`[]`, `{}`), "spans"},
		"overlapping spans":    {wrap(`[{"from":"13:00","to":"17:00"},{"from":"08:30","to":"13:01"}]`, `{}`), "spans[0]"},
		"span backwards":       {wrap(`[{"from":"13:00","to":"12:00"}]`, `{}`), "spans[0]"},
		"span past midnight":   {wrap(`[{"from":"13:00","to":"24:01"}]`, `{}`), "spans[0]"},
		"clock malformed":      {wrap(`[{"from":"9:00","to":"12:00"}]`, `{}`), "spans[0]"},
		"unknown field":        {`{"zone":"Asia/Shanghai","spans":` + ok + `,"holidays":[]}`, "calendar"},
		"wrong type":           {wrap(ok, `{"2026":{"off":["x"]}}`), "years.off"},
		"year is text":         {wrap(ok, `{"next":{}}`), "years"},
		"year out of range":    {wrap(ok, `{"202":{}}`), "years.202.year"},
		"no such day":          {wrap(ok, `{"2026":{"off":[20260229]}}`), "years.2026.off[0]"},
		"negative day":         {wrap(ok, `{"2026":{"off":[-20260228]}}`), "years.2026.off[0]"},
		"day of another year":  {wrap(ok, `{"2026":{"off":[20260101,20270101]}}`), "years.2026.off[1]"},
		"day twice":            {wrap(ok, `{"2026":{"off":[20260101,20260101]}}`), "years.2026.off[1]"},
		"make-up day also off": {wrap(ok, `{"2026":{"off":[20260104],"makeup":[20260104]}}`), "years.2026.makeup[0]"},
		"make-up on a weekday": {wrap(ok, `{"2026":{"makeup":[20260105]}}`), "years.2026.makeup[0]"},
		"sourced, no source":   {wrap(ok, `{"2026":{"sourced":true}}`), "years.2026.source"},
		"long note":            {wrap(ok, `{"2026":{"note":"`+strings.Repeat("长", 201)+`"}}`), "years.2026.note"},
	} {
		var s Spec
		err := json.Unmarshal([]byte(tc.raw), &s)
		if e := errs.As(err); err == nil || e.Kind == errs.Internal || e.Field != tc.field {
			t.Errorf("%s: %v, want an error in %s", name, err, tc.field)
		} else if strings.Contains(e.Text("zh")+e.Text("en"), "{") {
			t.Errorf("%s: unfilled sentence %s", name, e.Text("en"))
		}
	}
	if err := json.Unmarshal([]byte(`{"zone":`), new(Spec)); err == nil {
		t.Error("broken JSON accepted")
	}
	if err := new(Spec).UnmarshalJSON(make([]byte, maxJSONSize+1)); !errs.Is(err, errs.TooLarge) {
		t.Error(err)
	}
}

func TestWithYearLeavesTheOldCalendar(t *testing.T) {
	t.Parallel()
	c := Standard()
	n, err := c.WithYear(2027, Year{Off: []int{20270101}, Source: "某通知", Sourced: true})
	if err != nil {
		t.Fatal(err)
	}
	from := at(t, c, "2026-12-31 10:00")
	if got := show(n, n.Add(from, Limit{1, WorkDay})); got != "2027-01-04 17:30:00" {
		t.Error(got)
	}
	if got := show(c, c.Add(from, Limit{1, WorkDay})); got != "2027-01-01 17:30:00" {
		t.Error(got)
	}
	if _, err := c.WithYear(2027, Year{Makeup: []int{20270101}}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	s := c.Spec()
	s.Years[2026].Off[0] = 0
	if c.Year(2026).Off[0] != 20260101 {
		t.Error("the copy is shared")
	}
}
