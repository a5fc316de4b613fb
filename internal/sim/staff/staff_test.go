package staff

import (
	"testing"
	"time"

	"linli/internal/kernel/calendar"
)

// TestTermsAreDays: whatever day a worker began on, the contract in force has days
// that exist.
func TestTermsAreDays(t *testing.T) {
	t.Parallel()
	cal := &calendar.Calendar{}
	const today = 20261129
	for d := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2026; d = d.AddDate(0, 0, 1) {
		from := d.Year()*10000 + int(d.Month())*100 + d.Day()
		first, last := term(cal, from, today)
		if cal.AddDays(first, 0) != first || cal.AddDays(last, 0) != last || first > today || last < today {
			t.Fatalf("from %d: %d to %d", from, first, last)
		}
	}
	if first, last := term(cal, 20240229, today); first != 20260301 || last != 20280229 {
		t.Error(first, last)
	}
}
