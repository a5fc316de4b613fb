package calendar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	_ "time/tzdata" // the zone must be found on a machine without zone files

	"linli/internal/kernel/errs"
)

// Years that a calendar knows. Instants outside are treated as lying on the
// nearer edge of this range.
const (
	MinYear = 1900
	MaxYear = 2399
)

const (
	maxSpans    = 8
	maxListed   = 366
	maxText     = 200
	maxJSONSize = 1 << 20
)

// Clock is a time of day in whole minutes, 0 (00:00) to 1440 (24:00).
type Clock int

func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText writes "08:30".
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads "08:30".
func (c *Clock) UnmarshalText(text []byte) error {
	v, ok := parseClock(string(text))
	if !ok {
		return invalid("spans", "时间请写成 08:30 的形式。", "write times as 08:30.")
	}
	*c = v
	return nil
}

func parseClock(s string) (Clock, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	h, err1 := strconv.ParseUint(s[:2], 10, 8)
	m, err2 := strconv.ParseUint(s[3:], 10, 8)
	c := Clock(h*60 + m)
	return c, err1 == nil && err2 == nil && m < 60 && c <= 1440
}

// Span is a stretch of working time within a day, To exclusive.
type Span struct {
	From Clock `json:"from"`
	To   Clock `json:"to"`
}

// Year is one year's arrangement. Off may list weekend days too, as the
// official notices do; Makeup lists days that would be free but are worked.
type Year struct {
	Off     []int  `json:"off"`     // yyyymmdd
	Makeup  []int  `json:"makeup"`  // yyyymmdd
	Source  string `json:"source"`  // document number of the notice
	Sourced bool   `json:"sourced"` // false: no official arrangement; weekends and what is listed only
	Note    string `json:"note,omitempty"`
}

// Remark says in both languages where the year's days come from.
func (y Year) Remark() errs.Words {
	switch {
	case y.Sourced:
		return errs.Words{ZH: "依据" + y.Source, EN: "According to " + y.Source}
	case len(y.Off)+len(y.Makeup) > 0:
		return errs.Words{ZH: "自行填写，没有官方放假安排依据", EN: "Entered by hand, without an official arrangement"}
	}
	return errs.Words{ZH: "没有官方放假安排，仅按周末计算", EN: "No official arrangement; weekends only"}
}

// Spec is a calendar as data: what the rulebook stores and shows.
type Spec struct {
	Zone  string       `json:"zone"`  // IANA name, such as Asia/Shanghai
	Spans []Span       `json:"spans"` // of every working day
	Years map[int]Year `json:"years"` // a year that is missing has weekends only
}

func invalid(field, zh, en string) *errs.Error {
	return errs.Invalid.New("remedy", errs.Words{ZH: zh, EN: en}).In(field)
}

// Check validates the specification; the error names the field and the remedy.
func (s Spec) Check() error {
	if s.Zone == "" || s.Zone == "Local" {
		return invalid("zone", "请填写时区名称，例如 Asia/Shanghai。", "give a time zone's name, such as Asia/Shanghai.")
	}
	if _, err := time.LoadLocation(s.Zone); err != nil {
		return invalid("zone", "没有这个时区，例如应为 Asia/Shanghai。", "there is no such time zone; an example is Asia/Shanghai.").Because(err)
	}
	if len(s.Spans) == 0 || len(s.Spans) > maxSpans {
		return invalid("spans", "请填写 1 至 8 段工作时间。", "give 1 to 8 spans of working time.")
	}
	sorted := sortedSpans(s.Spans)
	for i, sp := range sorted {
		field := fmt.Sprintf("spans[%d]", slices.Index(s.Spans, sp))
		if sp.From < 0 || sp.To > 1440 || sp.From >= sp.To {
			return invalid(field, "开始时间须早于结束时间，且在 00:00 至 24:00 之间。", "it must start before it ends, between 00:00 and 24:00.")
		}
		if i > 0 && sp.From < sorted[i-1].To {
			return invalid(field, fmt.Sprintf("与 %s–%s 重叠，请调整。", sorted[i-1].From, sorted[i-1].To),
				fmt.Sprintf("it overlaps %s–%s; change one of them.", sorted[i-1].From, sorted[i-1].To))
		}
	}
	for _, y := range slices.Sorted(maps.Keys(s.Years)) {
		if err := checkYear(y, s.Years[y], fmt.Sprintf("years.%d.", y)); err != nil {
			return err
		}
	}
	return nil
}

// CheckYear validates one year's arrangement; fields are named off[0], makeup[2], source …
func CheckYear(year int, y Year) error { return checkYear(year, y, "") }

func checkYear(year int, y Year, prefix string) error {
	if year < MinYear || year > MaxYear {
		return invalid(prefix+"year", fmt.Sprintf("年份须在 %d 至 %d 之间。", MinYear, MaxYear), fmt.Sprintf("the year must be %d to %d.", MinYear, MaxYear))
	}
	if y.Sourced && y.Source == "" {
		return invalid(prefix+"source", "请填写放假通知的文号，或标明没有官方依据。", "give the notice's document number, or mark the year as not sourced.")
	}
	for _, t := range []struct{ field, text string }{{"source", y.Source}, {"note", y.Note}} {
		if len([]rune(t.text)) > maxText {
			return errs.TooLong.New("max", maxText).In(prefix + t.field)
		}
	}
	off := map[int]bool{}
	for i, d := range y.Off {
		field := fmt.Sprintf("%soff[%d]", prefix, i)
		if err := checkDay(year, d, field, i); err != nil {
			return err
		}
		if off[d] {
			return invalid(field, "日期重复，请删除一个。", "this day is listed twice; remove one.")
		}
		off[d] = true
	}
	makeup := map[int]bool{}
	for i, d := range y.Makeup {
		field := fmt.Sprintf("%smakeup[%d]", prefix, i)
		if err := checkDay(year, d, field, i); err != nil {
			return err
		}
		switch {
		case makeup[d]:
			return invalid(field, "日期重复，请删除一个。", "this day is listed twice; remove one.")
		case off[d]:
			return invalid(field, "同一天不能既放假又上班，请从其中一处删除。", "a day cannot be both off and worked; remove it from one list.")
		case !weekend(dayUTC(d).Weekday()):
			return invalid(field, "这一天本来就是工作日，请删除。", "this is a working day anyway; remove it.")
		}
		makeup[d] = true
	}
	return nil
}

func checkDay(year, d int, field string, i int) error {
	switch {
	case i >= maxListed:
		return invalid(field, "一年最多 366 天。", "a year has at most 366 days.")
	case !validDay(d):
		return invalid(field, fmt.Sprintf("没有 %d 这一天，请按 yyyymmdd 填写。", d), fmt.Sprintf("there is no day %d; write yyyymmdd.", d))
	case d/10000 != year:
		return invalid(field, fmt.Sprintf("%d 不在 %d 年内。", d, year), fmt.Sprintf("%d is not in the year %d.", d, year))
	}
	return nil
}

func dayUTC(d int) time.Time {
	return time.Date(d/10000, time.Month(d/100%100), d%100, 0, 0, 0, 0, time.UTC)
}

func dayNo(t time.Time) int { return t.Year()*10000 + int(t.Month())*100 + t.Day() }

func validDay(d int) bool { return d > 0 && dayNo(dayUTC(d)) == d }

func weekend(w time.Weekday) bool { return w == time.Saturday || w == time.Sunday }

func sortedSpans(in []Span) []Span {
	out := slices.Clone(in)
	slices.SortFunc(out, func(a, b Span) int { return int(a.From - b.From) })
	return out
}

// UnmarshalJSON reads and checks a specification. Unknown fields, wrong types
// and anything that Check refuses are errors that name the field.
func (s *Spec) UnmarshalJSON(raw []byte) error {
	if len(raw) > maxJSONSize {
		return errs.TooLarge.New("max", "1 MB").In("calendar")
	}
	var wire struct {
		Zone  string `json:"zone"`
		Spans []struct {
			From string `json:"from"`
			To   string `json:"to"`
		} `json:"spans"`
		Years map[int]Year `json:"years"`
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&wire); err != nil {
		field := "calendar"
		var te *json.UnmarshalTypeError
		if errors.As(err, &te) && te.Field != "" {
			field = te.Field
		}
		return invalid(field, "内容格式不对，请对照说明检查字段和类型。", "the content is malformed; check its fields and types.").Because(err)
	}
	out := Spec{Zone: wire.Zone, Years: wire.Years}
	for i, w := range wire.Spans {
		from, ok1 := parseClock(w.From)
		to, ok2 := parseClock(w.To)
		if !ok1 || !ok2 {
			return invalid(fmt.Sprintf("spans[%d]", i), "时间请写成 08:30 的形式。", "write times as 08:30.")
		}
		out.Spans = append(out.Spans, Span{from, to})
	}
	if err := out.Check(); err != nil {
		return err
	}
	*s = out
	return nil
}
