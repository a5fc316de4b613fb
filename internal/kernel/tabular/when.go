package tabular

import (
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// layouts after marks have been made alike: 2019/2/28 11:25:05, 2019年2月28日 11时25分.
var layouts = []string{"2006-1-2 15:4:5", "2006-1-2 15:4", "2006-1-2 15", "2006-1-2", "2006-1-2 3:4:5PM", "2006-1-2 3:4PM", "2006-1"}

// ParseTime reads a time as files have it, in the zone where it names none.
// dayOnly tells that it was a day without a time.
func ParseTime(s string, zone *time.Location, since1904 bool) (t time.Time, dayOnly, ok bool) {
	s = strings.TrimSpace(width.Narrow.String(s))
	if s == "" || len(s) > 60 {
		return t, false, false
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && !strings.ContainsAny(s, "xXpP_") {
		return numeric(s, n, zone, since1904)
	}
	for _, l := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999 -0700", "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(l, s); err == nil {
			return t, false, true
		}
	}
	for _, half := range []struct{ word, mark string }{{"上午", "AM"}, {"早上", "AM"}, {"凌晨", "AM"}, {"中午", "PM"}, {"下午", "PM"}, {"晚上", "PM"}, {"am", "AM"}, {"pm", "PM"}, {"AM", "AM"}, {"PM", "PM"}} {
		if strings.Contains(s, half.word) {
			s = strings.Replace(s, half.word, " ", 1) + half.mark
			break
		}
	}
	s = strings.NewReplacer("年", "-", "月", "-", "日", " ", "号", " ", "时", ":", "点", ":", "分", ":", "秒", "", "/", "-", ".", "-", "T", " ").Replace(s)
	for _, day := range []string{"星期", "周"} { // 2019-2-28 星期四 11:25
		if i := strings.Index(s, day); i > 0 {
			if rest := []rune(s[i+len(day):]); len(rest) > 0 {
				s = s[:i] + " " + string(rest[1:])
			}
		}
	}
	if i := strings.Index(s, ":"); i > 0 { // 11:25:05-123 were milliseconds
		if j := strings.Index(s[i:], "-"); j > 0 {
			s = s[:i+j]
		}
	}
	mark := ""
	if n := len(s); n > 2 && (s[n-2:] == "AM" || s[n-2:] == "PM") {
		s, mark = s[:n-2], s[n-2:]
	}
	s = strings.Join(strings.Fields(s), " ")
	s = strings.TrimRight(s, ":- ") // 11时25分 ends with a mark
	if mark != "" {
		if _, clock, found := strings.Cut(s, " "); found {
			if h, err := strconv.Atoi(strings.SplitN(clock, ":", 2)[0]); err == nil && (h > 12 || h == 0) { // 下午 15:20
				mark = ""
			}
		}
		s += mark
	}
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, s, zone); err == nil {
			return t, !strings.Contains(l, ":") && !strings.Contains(l, "15"), true
		}
	}
	return t, false, false
}

// numeric reads 20190228, 20190228112505, seconds or milliseconds since 1970,
// and Excel's days since 1900 (or 1904).
func numeric(s string, n float64, zone *time.Location, since1904 bool) (time.Time, bool, bool) {
	if n <= 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		return time.Time{}, false, false
	}
	switch {
	case len(s) == 8 && n == math.Trunc(n):
		t, err := time.ParseInLocation("20060102", s, zone)
		return t, true, err == nil
	case len(s) == 14 && n == math.Trunc(n):
		t, err := time.ParseInLocation("20060102150405", s, zone)
		return t, false, err == nil
	case n >= 1e12 && n < 1e13:
		return time.UnixMilli(int64(n)).In(zone), false, true
	case n >= 3e8 && n < 1e10:
		return time.Unix(int64(n), 0).In(zone), false, true
	case n >= 20_000 && n < 110_000: // 1954 to 2201
		if since1904 {
			n += 1462
		}
		days, part := math.Modf(n)
		sec := math.Round(part * 86400)
		// Excel's days are wall time: the zone's own day, whatever its length.
		t := time.Date(1899, 12, 30+int(days), int(sec)/3600, int(sec)/60%60, int(sec)%60, 0, zone)
		return t, part == 0, true
	}
	return time.Time{}, false, false
}
