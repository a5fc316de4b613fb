package patrol

import (
	"cmp"
	"math"
	"slices"
)

// stop is a group of tasks that one call settles: those of a home, of a
// building's checks, of a hazard.
type stop struct {
	building, home, at int64 // at: the hazard
	lon, lat           float64
	tasks              []int // places in the list
	minutes            int   // of the longest task and a little for each further one
	due                int   // earliest last day
	priority           int
	must               bool // it is to be done today whatever the hours
}

// moreMinutes is what each further task of one stop adds.
const moreMinutes = 3

// stops groups tasks that may be done on the day, in no order that matters.
func stops(tasks []Task, day int) []stop {
	at := map[[3]int64]int{}
	var out []stop
	for i, t := range tasks {
		if t.State != Open || t.From > day {
			continue
		}
		k := [3]int64{t.Building, t.Home, t.Case}
		j, ok := at[k]
		if !ok {
			j = len(out)
			at[k] = j
			out = append(out, stop{building: t.Building, home: t.Home, at: t.Case, lon: t.Lon, lat: t.Lat, minutes: -moreMinutes, due: math.MaxInt, priority: 9})
		}
		s := &out[j]
		s.tasks = append(s.tasks, i)
		if len(s.tasks) == 1 {
			s.minutes = t.Minutes
		} else {
			s.minutes = max(s.minutes, t.Minutes) + moreMinutes
		}
		s.due, s.priority = min(s.due, t.Due), min(s.priority, t.Priority)
		s.must = s.must || t.Priority == 1 && t.Due <= day
	}
	// What waits – nobody was there, a lead postponed it – waits as a whole.
	return slices.DeleteFunc(out, func(s stop) bool {
		return slices.ContainsFunc(s.tasks, func(i int) bool { return tasks[i].Again > day || tasks[i].Tries >= maxTries })
	})
}

// share chooses the stops of a day: the overdue first, by priority, then those
// whose last day is nearest. It takes as much of the day's hours as an even pace
// needs that meets every last day, and no more; minutes tells the hours of the
// grid's workers on a day.
func share(list []stop, day int, minutes func(day int) int) []stop {
	slices.SortFunc(list, func(a, b stop) int {
		late := func(s stop) int {
			if s.due < day {
				return 0
			}
			return 1
		}
		if c := cmp.Compare(late(a), late(b)); c != 0 {
			return c
		}
		by := cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.priority, b.priority))
		if late(a) == 0 {
			by = cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.due, b.due))
		}
		return cmp.Or(by, cmp.Compare(a.building, b.building), cmp.Compare(a.home, b.home), cmp.Compare(a.at, b.at))
	})
	today := minutes(day)
	budget := float64(today) * min(1, pace(list, day, minutes))
	var out []stop
	used := 0
	for _, s := range list {
		if s.must || float64(used) < budget && used+s.minutes <= today {
			out = append(out, s)
			used += s.minutes
		}
	}
	return out
}

// horizon bounds how far ahead the pace looks, in days.
const horizon = 200

// pace is the smallest share of each day's hours, from the day on, with which
// everything is done by its last day; above 1 when the hours do not suffice.
func pace(list []stop, day int, minutes func(day int) int) float64 {
	by := map[int]int{}
	for _, s := range list {
		by[max(s.due, day)] += s.minutes
	}
	need, work, hours := 0.0, 0, 0
	left := len(by)
	for d, i := day, 0; i < horizon && left > 0; d, i = addDays(d, 1), i+1 {
		hours += minutes(d)
		if by[d] == 0 {
			continue
		}
		work += by[d]
		left--
		switch {
		case hours > 0:
			need = max(need, float64(work)/float64(hours))
		default:
			need = math.Inf(1)
		}
	}
	return need
}
