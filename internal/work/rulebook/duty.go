package rulebook

import (
	"fmt"
	"time"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// Window is a stretch of the day on which a unit is on duty.
type Window struct {
	Weekdays []int  `json:"weekdays,omitempty"` // 1 Monday … 7 Sunday, on which it starts; none: every day
	From     string `json:"from"`               // "08:00"
	To       string `json:"to"`                 // exclusive; earlier than From: over midnight
}

// Duty is a unit's duty calendar. A unit without one is always on duty. On the
// city's holidays it is off, on make-up working days it counts as on a Monday.
type Duty struct {
	Org      int64    `json:"org"`
	Windows  []Window `json:"windows" nullable:"false"`
	Holidays bool     `json:"holidays,omitempty"` // its windows hold on the city's holidays too
	Deputy   int64    `json:"deputy,omitempty"`   // the unit that stands in while it is off duty, 0 if none does
}

const (
	maxDuties  = 2000
	maxWindows = 21
)

func (d *Duty) check(at string) error {
	switch {
	case d.Org <= 0:
		return invalid(at+".org", "请选择单位。", "choose a unit.")
	case d.Deputy < 0:
		return invalid(at+".deputy", "请选择代班单位，或留空。", "choose the unit that stands in, or leave it empty.")
	case len(d.Windows) == 0 || len(d.Windows) > maxWindows:
		return invalid(at+".windows", "请填写 1 到 21 个值班时段。", "give 1 to 21 windows of duty.")
	}
	for i, w := range d.Windows {
		if err := checkWindow(fmt.Sprintf("%s.windows[%d]", at, i), w.Weekdays, w.From, w.To); err != nil {
			return err
		}
	}
	return nil
}

// checkWindow looks at days of the week and a stretch of the day.
func checkWindow(at string, weekdays []int, from, to string) error {
	for _, d := range weekdays {
		if d < 1 || d > 7 {
			return invalid(at+".weekdays", "星期须为 1 到 7。", "weekdays are 1 to 7.")
		}
	}
	f, ok1 := minuteOf(from)
	t, ok2 := minuteOf(to)
	if !ok1 || !ok2 {
		return invalid(at+".from", "时间请写成 08:30 的形式。", "write times as 08:30.")
	}
	if f == t || f == 24*60 {
		return invalid(at+".to", "时间段的开始和结束不能相同。", "a window cannot start where it ends.")
	}
	return nil
}

// shift is a Duty ready to be asked.
type shift struct {
	Duty
	windows []stretch
}

type stretch struct {
	weekdays uint8 // bit 0: Monday
	from, to int   // minutes of the day
}

// setDuties makes the duty calendars ready. cal may be nil: no holidays.
func (r *router) setDuties(duties []Duty, cal *calendar.Calendar) {
	if len(duties) == 0 {
		return
	}
	r.duties, r.special = map[int64]shift{}, map[int64]bool{}
	for i := range duties {
		x := shift{Duty: duties[i]}
		for _, w := range x.Windows {
			var s stretch
			s.from, _ = minuteOf(w.From)
			s.to, _ = minuteOf(w.To)
			for _, d := range w.Weekdays {
				s.weekdays |= 1 << (d - 1)
			}
			if s.weekdays == 0 {
				s.weekdays = 1<<7 - 1
			}
			x.windows = append(x.windows, s)
		}
		r.duties[x.Org] = x
	}
	if cal == nil {
		return
	}
	number := func(d int) int64 {
		return floorDiv(time.Date(d/10000, time.Month(d/100%100), d%100, 0, 0, 0, 0, time.UTC).Unix(), 86400)
	}
	for _, y := range cal.Spec().Years {
		for _, d := range y.Off {
			r.special[number(d)] = true
		}
		for _, d := range y.Makeup {
			r.special[number(d)] = false
		}
	}
}

// on tells whether the unit is on duty at the spot's time.
func (r *router) on(org int64, s *spot) bool {
	x, ok := r.duties[org]
	if !ok {
		return true
	}
	for _, w := range x.windows {
		switch {
		case w.from < w.to:
			if s.minute >= w.from && s.minute < w.to && r.starts(&x, w, s.day) {
				return true
			}
		case s.minute >= w.from && r.starts(&x, w, s.day), s.minute < w.to && r.starts(&x, w, s.day-1):
			return true
		}
	}
	return false
}

// starts tells whether the window starts on the day (days since 1970).
func (r *router) starts(x *shift, w stretch, day int64) bool {
	weekday := weekdayOf(day)
	if holiday, special := r.special[day]; holiday && !x.Holidays {
		return false
	} else if special && !holiday {
		weekday = 0
	}
	return w.weekdays&(1<<weekday) != 0
}

// standIn is the unit itself if it is on duty, else the first on duty along its
// deputies, 0 if there is none. The one complained about ends the line.
func (r *router) standIn(org int64, s *spot, about int64) (id int64, conflict bool) {
	for range len(r.duties) + 1 { // a ring is a problem, not a hang
		if r.on(org, s) {
			return org, false
		}
		if org = r.duties[org].Deputy; r.orgName[org] == "" {
			return 0, false
		}
		if org == about {
			return 0, true
		}
	}
	return 0, false
}

// chosen is who leads.
type chosen struct {
	id       int64
	conflict bool       // one complained about was passed over
	why      errs.Words // what duty changed; empty if nothing
}

// lead finds the first of a rule's leads that there is and that is on duty or
// has a deputy who is; failing that the first that there is.
func (r *router) lead(t *Then, s *spot, about int64) (c chosen) {
	off := int64(0)
	for i := -1; i < len(t.Or); i++ {
		u := t.Lead
		if i >= 0 {
			u = t.Or[i]
		}
		id, conflict := r.unit(u, s, about)
		c.conflict = c.conflict || conflict
		if id == 0 {
			continue
		}
		who, conflict := r.standIn(id, s, about)
		c.conflict = c.conflict || conflict
		if off == 0 && who != id {
			off = id
		}
		if who == 0 {
			continue
		}
		if c.id = who; off != 0 {
			absent, name := r.orgName[off], r.orgName[who]
			c.why = words("；“"+absent+"”不在值班时间，由“"+name+"”承办", "; “"+absent+"” is off duty, so “"+name+"” takes it")
			if who != id {
				c.why = words("；“"+absent+"”不在值班时间，由“"+name+"”代班", "; “"+absent+"” is off duty, so “"+name+"” stands in")
			}
		}
		return c
	}
	if c.id = off; off != 0 {
		c.why = words("；“"+r.orgName[off]+"”不在值班时间，也没有其他单位值班，仍由其承办",
			"; “"+r.orgName[off]+"” is off duty and nobody else is on, so it takes it all the same")
	}
	return c
}

// checkDuties reports duty calendars of units that do not exist, and deputies
// that do not exist or stand in for each other in a ring.
func (r *router) checkDuties(duties []Duty, report reporter) {
	for _, d := range duties {
		name := r.orgName[d.Org]
		if name == "" {
			report(-1, UnknownUnit, "值班安排中的单位（编号 %d）不存在或已撤销，请删除。", "The duty calendars name a unit (id %d) that does not exist any more; remove it.", d.Org)
			continue
		}
		if d.Deputy != 0 && r.orgName[d.Deputy] == "" {
			report(-1, UnknownUnit, "“%[1]s”的代班单位（编号 %[2]d）不存在或已撤销，请重新选择。", "The unit that stands in for “%[1]s” (id %[2]d) does not exist any more; choose again.", name, d.Deputy)
			continue
		}
		least, at := d.Org, d.Deputy
		for n := 0; n < len(duties) && at != d.Org && at != 0; n++ {
			least, at = min(least, at), r.duties[at].Deputy
		}
		if at == d.Org && least == d.Org { // said once for the whole ring
			report(-1, DeputyRing, "“%[1]s”的代班单位轮回到了它自己，请改选其中一个代班单位。",
				"The units that stand in for “%[1]s” lead back to it; choose another deputy for one of them.", name)
		}
	}
}
