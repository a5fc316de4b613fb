package life

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"linli/internal/kernel/calendar"
)

// Spans of time in microseconds.
const (
	second = int64(1_000_000)
	minute = 60 * second
	hour   = 60 * minute
	day24  = 24 * hour
)

// Arrivals of a stream of 4,326 residents' messages over the hours of the day
// and the days of the week, Monday first (aggregates only).
var (
	byHour    = [24]float64{91, 59, 10, 15, 7, 16, 34, 58, 172, 255, 493, 342, 224, 199, 263, 392, 283, 327, 232, 160, 138, 151, 159, 117}
	byWeekday = [7]float64{662, 844, 783, 690, 628, 251, 339}
)

// spread is how many times more the busiest community reports than the quietest.
const spread = 148

// stream is a random stream of its own for a thing.
func stream(seed uint64, what string, n, part int64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(what))
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(n>>(8*i)), byte(part>>(8*i))
	}
	h.Write(b[:])
	return rand.New(rand.NewPCG(seed*0x9E3779B97F4A7C15+0xB5, h.Sum64()))
}

// chance is true with probability p.
func chance(rng *rand.Rand, p float64) bool { return rng.Float64() < p }

// about is a span around the median; most lie between its half and double, a
// few are much longer.
func about(rng *rand.Rand, median int64) int64 {
	return int64(float64(median) * math.Exp(0.75*rng.NormFloat64()))
}

// between is uniform.
func between(rng *rand.Rand, lo, hi int64) int64 {
	if hi <= lo {
		return lo
	}
	return lo + rng.Int64N(hi-lo)
}

// poisson draws a count.
func poisson(rng *rand.Rand, mean float64) int {
	if mean > 60 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*rng.NormFloat64())))
	}
	n, p, end := 0, rng.Float64(), math.Exp(-mean)
	for p > end {
		p *= rng.Float64()
		n++
	}
	return n
}

// choice draws an index by weight; the list holds running sums.
func choice(rng *rand.Rand, sums []float64) int {
	x := rng.Float64() * sums[len(sums)-1]
	lo, hi := 0, len(sums)-1
	for lo < hi {
		if mid := (lo + hi) / 2; sums[mid] > x {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

func sums(weights []float64) []float64 {
	out := make([]float64, len(weights))
	s := 0.0
	for i, w := range weights {
		s += w
		out[i] = s
	}
	return out
}

// The desks are manned every day in this window; critical matters are looked
// at at any hour.
const (
	deskOpens  = 8 * hour
	deskCloses = 20 * hour
)

// deskAfter is when a desk that needs d comes to its end.
func (e *engine) deskAfter(t, d int64, always bool) int64 {
	if always {
		return t + d
	}
	for {
		start := e.cal.DayStart(e.cal.Day(t))
		t = max(t, start+deskOpens)
		if left := start + deskCloses - t; left > d {
			return t + d
		} else if left > 0 {
			d -= left
		}
		t = e.cal.DayStart(e.cal.AddDays(e.cal.Day(t), 1)) + deskOpens
	}
}

// workAfter is when a unit that needs d of working time comes to its end.
func (e *engine) workAfter(t, d int64, always bool) int64 {
	if always {
		return t + d
	}
	return e.cal.AddRemaining(t, max(d, second), calendar.WorkHour)
}

// workNear is a working instant near t: on the day itself or the working day
// before, but not before floor.
func (e *engine) workNear(rng *rand.Rand, t, floor int64, always bool) int64 {
	if !always && !e.cal.Working(t) {
		day := e.cal.Day(t)
		for range 15 {
			if e.cal.Workday(day) {
				if x := e.workAfter(e.cal.DayStart(day), between(rng, 10*minute, 6*hour), false); x <= t {
					t = x
					break
				}
			}
			day = e.cal.AddDays(day, -1)
		}
	}
	if t < floor {
		return e.workAfter(floor, between(rng, 5*minute, 40*minute), always)
	}
	return t
}

// dayMean is how many cases are expected on a day.
func (e *engine) dayMean(day int) float64 {
	total := 0.0
	for _, w := range byWeekday {
		total += w
	}
	k := (int(e.cal.Weekday(day)) + 6) % 7
	if e.cal.Workday(day) && k >= 5 { // a make-up day is like a Friday
		k = 4
	} else if !e.cal.Workday(day) && k < 5 { // a holiday is like a Sunday
		k = 6
	}
	return e.o.CasesPerDay * 7 * byWeekday[k] / total
}
