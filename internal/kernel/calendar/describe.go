package calendar

import (
	"fmt"
	"math"
	"strings"

	"linli/internal/kernel/errs"
)

// Text is an amount without sign for a page: "3 工作时", "2.5 working hours",
// "25 分钟" below an hour, hours on the last day. It rounds down, so that it
// never promises time that is not there. Empty below a minute.
func (a Amount) Text(lang string) string {
	micros, u := a.Micros, a.Unit
	if micros < 0 {
		micros = -micros
	}
	if n := math.Abs(a.Value); (u == WorkDay || u == Day) && n >= 1 {
		return quantity(n, u, lang)
	}
	switch u {
	case WorkDay:
		u = WorkHour
	case Day:
		u = Hour
	}
	if micros < hour {
		n := micros / minute
		switch {
		case n == 0:
			return ""
		case lang != "en":
			return fmt.Sprintf("%d 分钟", n)
		case n == 1:
			return "1 minute"
		}
		return fmt.Sprintf("%d minutes", n)
	}
	return quantity(math.Floor(float64(micros)/float64(hour)*10)/10, u, lang)
}

var weekdays = [7]errs.Words{{ZH: "周日", EN: "Sun"}, {ZH: "周一", EN: "Mon"}, {ZH: "周二", EN: "Tue"}, {ZH: "周三", EN: "Wed"},
	{ZH: "周四", EN: "Thu"}, {ZH: "周五", EN: "Fri"}, {ZH: "周六", EN: "Sat"}}

// When is an instant as people say it seen from now: "今天 17:10", "明天
// 09:00", "11月24日(周二)17:30"; with the year if it is another one. Midnight
// is the end of the day before, 24:00.
func (c *Calendar) When(now, t int64) errs.Words {
	at, clock := c.Time(t), ""
	if at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0 && at.Nanosecond() == 0 {
		at, clock = c.Time(t-second), "24:00"
	} else {
		clock = at.Format("15:04")
	}
	today, d := c.Day(now), dayNo(at)
	switch d {
	case today:
		return errs.Words{ZH: "今天 " + clock, EN: "today " + clock}
	case c.AddDays(today, 1):
		return errs.Words{ZH: "明天 " + clock, EN: "tomorrow " + clock}
	case c.AddDays(today, -1):
		return errs.Words{ZH: "昨天 " + clock, EN: "yesterday " + clock}
	}
	w := weekdays[at.Weekday()]
	zh := fmt.Sprintf("%d月%d日（%s）%s", at.Month(), at.Day(), w.ZH, clock)
	en := fmt.Sprintf("%s %d %s", w.EN, at.Day(), at.Format("Jan"))
	if at.Year() != today/10000 {
		zh = fmt.Sprintf("%d年", at.Year()) + zh
		en += fmt.Sprintf(" %d", at.Year())
	}
	return errs.Words{ZH: zh, EN: en + " " + clock}
}

// Describe is the state of a running clock in a sentence: "还剩 3 工作时(今天
// 17:10 到期)", "2 working days overdue (was due yesterday 17:30)".
func (c *Calendar) Describe(now, due int64, u Unit) errs.Words {
	left, when := c.Left(now, due, u), c.When(now, due)
	zh, en := left.Text("zh"), left.Text("en")
	if left.Overdue {
		return errs.Words{
			ZH: strings.TrimSpace("已超期 "+zh) + "（" + when.ZH + " 到期）",
			EN: strings.TrimSpace(en+" overdue") + " (was due " + when.EN + ")",
		}
	}
	zh = " " + zh
	if en == "" {
		zh, en = "不到 1 分钟", "less than a minute"
	}
	return errs.Words{ZH: "还剩" + zh + "（" + when.ZH + " 到期）", EN: en + " left (due " + when.EN + ")"}
}

// Kept is what Remaining gave as an amount for people: full days, because the
// pause has no day of its own, or hours with fraction.
func (c *Calendar) Kept(remaining int64, u Unit) Amount {
	a := Amount{Micros: remaining, Unit: u}
	switch u {
	case WorkDay:
		a.Value = math.Trunc(float64(remaining) / float64(c.length))
	case Day:
		a.Value = math.Trunc(float64(remaining) / float64(day))
	default:
		a.Value = float64(remaining) / float64(hour)
	}
	return a
}

// DescribePaused is the state of a paused clock that keeps the remaining
// counted micros: "已暂停,剩余 3 工作时".
func (c *Calendar) DescribePaused(remaining int64, u Unit) errs.Words {
	a := c.Kept(remaining, u)
	zh, en := a.Text("zh"), a.Text("en")
	switch {
	case remaining < 0:
		return errs.Words{ZH: strings.TrimSpace("已暂停，暂停前已超期 " + zh), EN: strings.TrimSpace("paused, overdue before by " + en)}
	case zh == "":
		return errs.Words{ZH: "已暂停，剩余不到 1 分钟", EN: "paused, less than a minute left"}
	}
	return errs.Words{ZH: "已暂停，剩余 " + zh, EN: "paused, " + en + " left"}
}

// DayText writes a day (yyyymmdd) as people, files and filters have it:
// "2026-11-28", "" for 0.
func DayText(day int) string {
	if day == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", day/10000, day/100%100, day%100)
}
