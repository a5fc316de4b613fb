package intake

import (
	"time"

	"linli/internal/kernel/tabular"
)

// earliest is the first year that a matter may be of; before it a date is a slip.
const earliest = 1980

// parseTime is tabular.ParseTime within the years that a matter may be of.
func parseTime(s string, zone *time.Location, since1904 bool) (t time.Time, dayOnly, ok bool) {
	t, dayOnly, ok = tabular.ParseTime(s, zone, since1904)
	return t, dayOnly, ok && t.Year() >= earliest && t.Year() <= 2199
}
