package calendar

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

const (
	second = int64(1e6)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// Calendar is a compiled Spec: immutable, safe for concurrent use. Make it
// with New; the zero value is not usable.
type Calendar struct {
	spec   Spec
	loc    *time.Location
	length int64 // micros of a working day
	tables [MaxYear - MinYear + 1]atomic.Pointer[table]
}

// New checks a specification and compiles it.
func New(s Spec) (*Calendar, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, invalid("zone", "没有这个时区。", "there is no such time zone.").Because(err)
	}
	c := &Calendar{spec: Spec{Zone: s.Zone, Spans: sortedSpans(s.Spans), Years: map[int]Year{}}, loc: loc}
	for n, y := range s.Years {
		y.Off, y.Makeup = sorted(y.Off), sorted(y.Makeup)
		c.spec.Years[n] = y
	}
	for _, sp := range c.spec.Spans {
		c.length += int64(sp.To-sp.From) * minute
	}
	return c, nil
}

// sorted is a sorted copy, never nil, so that JSON says [].
func sorted(days []int) []int {
	out := append([]int{}, days...)
	slices.Sort(out)
	return out
}

// Spec returns the data of the calendar; the caller may change the copy.
func (c *Calendar) Spec() Spec {
	out := Spec{Zone: c.spec.Zone, Spans: slices.Clone(c.spec.Spans), Years: maps.Clone(c.spec.Years)}
	for n, y := range out.Years {
		y.Off, y.Makeup = sorted(y.Off), sorted(y.Makeup)
		out.Years[n] = y
	}
	return out
}

// Year returns one year's arrangement; a year nobody entered is not sourced.
func (c *Calendar) Year(year int) Year {
	y := c.spec.Years[year]
	y.Off, y.Makeup = sorted(y.Off), sorted(y.Makeup)
	return y
}

// WithYear returns a new calendar in which the year's arrangement is replaced.
func (c *Calendar) WithYear(year int, y Year) (*Calendar, error) {
	if err := CheckYear(year, y); err != nil {
		return nil, err
	}
	s := c.Spec()
	s.Years[year] = y
	return New(s)
}

// Location is the calendar's time zone.
func (c *Calendar) Location() *time.Location { return c.loc }

// DayLength is the working time of a working day in micros.
func (c *Calendar) DayLength() int64 { return c.length }

// table is one year made ready: day boundaries, working days, working spans
// as instants, and running sums over them.
type table struct {
	start []int64 // first instant of day i; one more for the next year's first
	no    []int32 // yyyymmdd of day i
	works []int32 // working days before day i; one more for the year's total
	days  []int32 // day index of the nth working day
	close []int64 // end of the last span of the nth working day
	spans []work
	first []int32 // first span of day i; one more for the total
	total int64   // working micros of the year
}

type work struct{ from, to, before int64 }

func (c *Calendar) table(year int) *table {
	p := &c.tables[year-MinYear]
	if t := p.Load(); t != nil {
		return t
	}
	p.CompareAndSwap(nil, c.build(year)) // building twice does no harm
	return p.Load()
}

func (c *Calendar) build(year int) *table {
	y := c.spec.Years[year]
	t := &table{}
	for at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == year; at = at.AddDate(0, 0, 1) {
		no := dayNo(at)
		t.start = append(t.start, c.wall(at, 0))
		t.no = append(t.no, int32(no))
		t.works = append(t.works, int32(len(t.days)))
		t.first = append(t.first, int32(len(t.spans)))
		_, off := slices.BinarySearch(y.Off, no)
		_, makeup := slices.BinarySearch(y.Makeup, no)
		if off || (weekend(at.Weekday()) && !makeup) {
			continue
		}
		end := c.wall(at.AddDate(0, 0, 1), 0) - second // if the clock change swallows every span
		for _, s := range c.spec.Spans {
			w := work{c.wall(at, s.From), c.wall(at, s.To), t.total}
			if w.to > w.from {
				t.spans = append(t.spans, w)
				t.total += w.to - w.from
				end = w.to
			}
		}
		t.close = append(t.close, end)
		t.days = append(t.days, int32(len(t.no)-1))
	}
	t.start = append(t.start, c.wall(time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC), 0))
	t.works = append(t.works, int32(len(t.days)))
	t.first = append(t.first, int32(len(t.spans)))
	return t
}

// wall is the first instant at which the clocks of the zone show at least the
// time of day on the date (given as its midnight in UTC). Where clocks are put
// forward over it, that is the change; where it comes twice, the first.
func (c *Calendar) wall(date time.Time, clock Clock) int64 {
	u := date.Add(time.Duration(clock) * time.Minute)
	before, after := c.offset(u.Add(-24*time.Hour)), c.offset(u.Add(24*time.Hour))
	first := u.Add(-before)
	if before == after || c.offset(first) == before {
		return first.UnixMicro()
	}
	if second := u.Add(-after); c.offset(second) == after {
		return second.UnixMicro()
	}
	change, _ := first.In(c.loc).ZoneBounds()
	return change.UnixMicro()
}

func (c *Calendar) offset(t time.Time) time.Duration {
	_, s := t.In(c.loc).Zone()
	return time.Duration(s) * time.Second
}

// at finds the year and the index of the day that hold the instant, which is
// first moved into the known range.
func (c *Calendar) at(t int64) (tb *table, year, i int, moved int64) {
	const mean = 31_556_952 * second // a Gregorian year
	year = 1970
	if t >= 0 {
		year += int(t / mean)
	} else {
		year -= int(-(t+1)/mean) + 1
	}
	year = max(MinYear, min(MaxYear, year))
	tb = c.table(year)
	for t < tb.start[0] {
		if year == MinYear {
			return tb, year, 0, tb.start[0]
		}
		year--
		tb = c.table(year)
	}
	for t >= tb.start[len(tb.no)] {
		if year == MaxYear {
			return tb, year, len(tb.no) - 1, tb.start[len(tb.no)] - 1
		}
		year++
		tb = c.table(year)
	}
	i = min(int((t-tb.start[0])/day), len(tb.no)-1)
	for t < tb.start[i] {
		i--
	}
	for t >= tb.start[i+1] {
		i++
	}
	return tb, year, i, t
}

// count is the year's working time before the instant on day i.
func (tb *table) count(i int, t int64) int64 {
	lo, hi := tb.first[i], tb.first[i+1]
	for j := hi - 1; j >= lo; j-- {
		if s := &tb.spans[j]; t > s.from {
			return s.before + min(t, s.to) - s.from
		}
	}
	if int(lo) < len(tb.spans) {
		return tb.spans[lo].before
	}
	return tb.total
}

// instant is the earliest instant before which k working micros of the year
// lie, 0 < k ≤ total.
func (tb *table) instant(k int64) int64 {
	lo, hi := 0, len(tb.spans)
	for hi-lo > 1 {
		if m := int(uint(lo+hi) >> 1); tb.spans[m].before < k {
			lo = m
		} else {
			hi = m
		}
	}
	return tb.spans[lo].from + k - tb.spans[lo].before
}
