package calendar

import "time"

// Add returns the instant at which a limit that starts at from is due.
//
//   - hour: from plus N hours.
//   - work_hour: the earliest instant by which N hours of working time have
//     passed since from; a limit that ends with a span is due at the span's end.
//   - work_day: the day of from is not counted, whatever the hour; due at the
//     close of business (end of the last span) of the Nth working day after it.
//   - day: the day of from is not counted; due at the end of the Nth day after
//     it. The law says 24:00; the last whole second (23:59:59) is returned so
//     that the due instant lies within its day in lists, figures and JSON.
//     A last day that is not a working day does not move.
//
// The day rules are those of the Civil Code (民法典 articles 201 and 203), which
// cities follow for 工作日 limits. N below 1 returns from. The result never lies
// before from. An unknown unit panics: limits are checked where they enter.
func (c *Calendar) Add(from int64, l Limit) int64 {
	if l.N < 1 {
		return from
	}
	n := int64(min(l.N, 5_000_000)) // beyond every known year
	switch l.Unit {
	case Hour:
		return from + n*hour
	case WorkHour:
		return c.advance(from, n*hour)
	case WorkDay:
		tb, year, i, _ := c.at(from)
		nth := int64(tb.works[i+1]) + n
		for nth > int64(len(tb.days)) {
			if year == MaxYear {
				return tb.start[len(tb.no)] - second
			}
			nth -= int64(len(tb.days))
			year++
			tb = c.table(year)
		}
		return tb.close[nth-1]
	case Day:
		tb, year, i, _ := c.at(from)
		at := int64(i) + n
		for at >= int64(len(tb.no)) {
			if year == MaxYear {
				return tb.start[len(tb.no)] - second
			}
			at -= int64(len(tb.no))
			year++
			tb = c.table(year)
		}
		return tb.start[at+1] - second
	}
	panic("calendar: unknown unit " + string(l.Unit))
}

// AddTime is Add for time.Time; the result is in the calendar's zone.
func (c *Calendar) AddTime(from time.Time, l Limit) time.Time {
	return c.Time(c.Add(from.UnixMicro(), l))
}

// advance moves by working time. Of several instants with the same count (an
// evening, a weekend) it returns the earliest, the end of a span.
func (c *Calendar) advance(t, delta int64) int64 {
	const most = 600 * 366 * day
	delta = max(-most, min(most, delta))
	tb, year, i, t := c.at(t)
	k := tb.count(i, t) + delta
	for k <= 0 {
		if year == MinYear {
			return tb.start[0]
		}
		year--
		tb = c.table(year)
		k += tb.total
	}
	for k > tb.total {
		if year == MaxYear {
			return tb.start[len(tb.no)] - second
		}
		k -= tb.total
		year++
		tb = c.table(year)
	}
	return tb.instant(k)
}

// worked is the working time between two instants, negative if to < from.
func (c *Calendar) worked(from, to int64) int64 {
	if to < from {
		return -c.worked(to, from)
	}
	a, ya, i, from := c.at(from)
	b, yb, j, to := c.at(to)
	sum := b.count(j, to) - a.count(i, from)
	for y := ya; y < yb; y++ {
		sum += c.table(y).total
	}
	return sum
}

// days counts the days (working days only if work) after the day of from up to
// and with the day of to; negative if to < from.
func (c *Calendar) days(from, to int64, work bool) int64 {
	if to < from {
		return -c.days(to, from, work)
	}
	a, ya, i, _ := c.at(from)
	b, yb, j, _ := c.at(to)
	if !work {
		n := int64(j - i)
		for y := ya; y < yb; y++ {
			n += int64(len(c.table(y).no))
		}
		return n
	}
	n := int64(b.works[j+1]) - int64(a.works[i+1])
	for y := ya; y < yb; y++ {
		n += int64(len(c.table(y).days))
	}
	return n
}

// Amount is counted time. Micros is exact: working time for the work units,
// plain time for the others. Value is for people, in the unit: hours with
// fraction, or whole days counted as limits count them, the first day not
// counted (so Add(now, Value days) falls on the day of due). On the last day
// the value is 0 and Micros tells the rest.
type Amount struct {
	Micros  int64
	Value   float64
	Unit    Unit
	Overdue bool // of Left: the due instant has passed, even if nothing was counted since
}

// Elapsed is the counted time between two instants, negative if to < from.
func (c *Calendar) Elapsed(from, to int64, u Unit) Amount {
	a := Amount{Micros: c.Remaining(from, to, u), Unit: u}
	switch u {
	case WorkDay, Day:
		a.Value = float64(c.days(from, to, u == WorkDay))
	default:
		a.Value = float64(a.Micros) / float64(hour)
	}
	return a
}

// Left is the counted time from now until due; it is negative when overdue.
func (c *Calendar) Left(now, due int64, u Unit) Amount {
	a := c.Elapsed(now, due, u)
	a.Overdue = now > due
	return a
}

// Remaining is what a clock that is paused at now keeps: the counted micros
// until due, negative if overdue. Give it to AddRemaining on resuming.
func (c *Calendar) Remaining(now, due int64, u Unit) int64 {
	switch u {
	case WorkHour, WorkDay:
		return c.worked(now, due)
	case Hour, Day:
		return due - now
	}
	panic("calendar: unknown unit " + string(u))
}

// AddRemaining returns the new due instant of a clock resumed at now, exact to
// the microsecond: pausing and resuming at once gives back a due made by Add,
// AddRemaining or CloseOf, and time while paused never counts. After a pause a
// limit in days may therefore be due in mid-day. A due chosen by hand outside
// working time comes back as the end of the working span before it.
func (c *Calendar) AddRemaining(now, remaining int64, u Unit) int64 {
	switch u {
	case WorkHour, WorkDay:
		return c.advance(now, remaining)
	case Hour, Day:
		return now + remaining
	}
	panic("calendar: unknown unit " + string(u))
}

// Pause is a stretch during which a clock stood still.
type Pause struct{ From, To int64 }

// Due is when a limit that started at from is due after the given pauses, in
// order of time. It is how a clock is recomputed under a changed calendar.
func (c *Calendar) Due(from int64, l Limit, pauses ...Pause) int64 {
	due := c.Add(from, l)
	for _, p := range pauses {
		if p.To > p.From {
			due = c.AddRemaining(p.To, c.Remaining(p.From, due, l.Unit), l.Unit)
		}
	}
	return due
}

// CloseOf is the due instant for a day that a person chose (an extension, a
// review): for the work units the close of business of the day, or of the last
// working day before it; otherwise 23:59:59 of the day.
func (c *Calendar) CloseOf(yyyymmdd int, u Unit) int64 {
	end := c.DayStart(c.AddDays(yyyymmdd, 1)) - second
	if u == WorkHour || u == WorkDay {
		return c.advance(end, 0)
	}
	return end
}

// Day is the day of an instant in the calendar's zone.
func (c *Calendar) Day(t int64) int {
	tb, _, i, _ := c.at(t)
	return int(tb.no[i])
}

// Month is the month (yyyymm) of an instant in the calendar's zone.
func (c *Calendar) Month(t int64) int { return c.Day(t) / 100 }

// DayStart is the first instant of a day; days out of range of their month roll over.
func (c *Calendar) DayStart(yyyymmdd int) int64 { return c.wall(dayUTC(yyyymmdd), 0) }

// AddDays moves a day by n calendar days.
func (c *Calendar) AddDays(yyyymmdd, n int) int { return dayNo(dayUTC(yyyymmdd).AddDate(0, 0, n)) }

// Weekday of a day.
func (c *Calendar) Weekday(yyyymmdd int) time.Weekday { return dayUTC(yyyymmdd).Weekday() }

// Workday tells whether a day is worked. Days outside MinYear to MaxYear are not.
func (c *Calendar) Workday(yyyymmdd int) bool {
	u := dayUTC(yyyymmdd)
	if u.Year() < MinYear || u.Year() > MaxYear {
		return false
	}
	tb, i := c.table(u.Year()), u.YearDay()-1
	return tb.works[i+1] > tb.works[i]
}

// Working tells whether an instant lies in working time.
func (c *Calendar) Working(t int64) bool {
	tb, _, i, _ := c.at(t)
	for _, s := range tb.spans[tb.first[i]:tb.first[i+1]] {
		if t >= s.from && t < s.to {
			return true
		}
	}
	return false
}

// Time is an instant as time.Time in the calendar's zone.
func (c *Calendar) Time(t int64) time.Time { return time.UnixMicro(t).In(c.loc) }
