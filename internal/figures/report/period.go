package report

import (
	"fmt"
	"time"
)

// The lengths of periods.
const (
	Month   = "month"
	Quarter = "quarter"
	Year    = "year"
)

// Period is a month, quarter or year of the city's calendar: days (yyyymmdd), both
// included, and a key that people read: 2026-11, 2026-Q4, 2026.
type Period struct {
	Key      string
	From, To int
}

// PeriodOf is the period of that length in which the day lies.
func PeriodOf(length string, day int) Period {
	year, month := day/10000, day/100%100
	switch length {
	case Month:
		return period(fmt.Sprintf("%04d-%02d", year, month), year, month, 1)
	case Quarter:
		q := (month + 2) / 3
		return period(fmt.Sprintf("%04d-Q%d", year, q), year, 3*q-2, 3)
	}
	return period(fmt.Sprintf("%04d", year), year, 1, 12)
}

func period(key string, year, month, months int) Period {
	last := time.Date(year, time.Month(month+months), 0, 0, 0, 0, 0, time.UTC)
	return Period{key, year*10000 + month*100 + 1, last.Year()*10000 + int(last.Month())*100 + last.Day()}
}

// Before is the period before the one of that length.
func (p Period) Before(length string) Period {
	t := time.Date(p.From/10000, time.Month(p.From/100%100), 0, 0, 0, 0, 0, time.UTC)
	return PeriodOf(length, t.Year()*10000+int(t.Month())*100+t.Day())
}

// ParsePeriod is the period of that length with the key.
func ParsePeriod(length, key string) (Period, bool) {
	var year, n int
	month := 1
	switch length {
	case Month:
		if _, err := fmt.Sscanf(key, "%d-%d", &year, &n); err != nil || n < 1 || n > 12 {
			return Period{}, false
		}
		month = n
	case Quarter:
		if _, err := fmt.Sscanf(key, "%d-Q%d", &year, &n); err != nil || n < 1 || n > 4 {
			return Period{}, false
		}
		month = 3 * n
	default:
		if _, err := fmt.Sscanf(key, "%d", &year); err != nil {
			return Period{}, false
		}
	}
	p := PeriodOf(length, year*10000+month*100+1)
	return p, year >= 2000 && year < 2400 && p.Key == key
}
