package early

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// draw is a count of a gamma-mixed Poisson: mean m, variance d·m.
func draw(r *rand.Rand, m, d float64) int {
	if d > 1 {
		shape := m / (d - 1)
		m = gamma(r, shape) * (d - 1)
	}
	n, p, l := 0, r.Float64(), math.Exp(-m)
	for p > l {
		n++
		p *= r.Float64()
	}
	return n
}

func gamma(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(r, shape+1) * math.Pow(r.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := r.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// city is half a year of 60 places and 20 kinds: rates differ a hundredfold.
func city(r *rand.Rand, dispersion float64) map[Cell][]int {
	out := map[Cell][]int{}
	size := make([]float64, 60)
	for i := range size {
		size[i] = gamma(r, 0.7)
	}
	for kind := range int64(20) {
		often := math.Exp(r.NormFloat64()) * 0.8
		for place, s := range size {
			weeks := make([]int, 27)
			for i := range weeks {
				weeks[i] = draw(r, max(s*often, 0.01), dispersion)
			}
			out[Cell{int64(place), kind}] = weeks
		}
	}
	return out
}

// TestQuietCitiesRaiseFewAlarms: where nothing happens, hardly a week has a sign.
func TestQuietCitiesRaiseFewAlarms(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	const runs = 200
	for _, dispersion := range []float64{1, 1.6} {
		alarmed := 0
		for range runs {
			if len(Find(city(r, dispersion))) > 0 {
				alarmed++
			}
		}
		t.Logf("dispersion %.1f: %d of %d weeks with an alarm", dispersion, alarmed, runs)
		if alarmed > runs/10 {
			t.Errorf("dispersion %.1f: %d of %d weeks without an event raise an alarm", dispersion, alarmed, runs)
		}
	}
}

// TestBurstsAreFound: a cell that usually has few reports has many at once.
func TestBurstsAreFound(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 8))
	for _, more := range []struct{ burst, least int }{{8, 55}, {12, 80}, {20, 95}} {
		found, others := 0, 0
		const runs = 100
		for range runs {
			c := city(r, 1.3)
			at := Cell{int64(r.IntN(60)), int64(r.IntN(20))}
			c[at][26] += more.burst
			for _, s := range Find(c) {
				if s.Cell == at {
					found++
				} else {
					others++
				}
			}
		}
		t.Logf("%d more reports: found in %d of %d, %d false", more.burst, found, runs, others)
		if found < more.least || others > runs/5 {
			t.Errorf("%d more reports: found in %d of %d, %d false", more.burst, found, runs, others)
		}
	}
}

// TestARiseEverywhereIsNoSign: rain doubles a kind in every place.
func TestARiseEverywhereIsNoSign(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	alarmed := 0
	for range 100 {
		c := city(r, 1.2)
		for at, weeks := range c {
			if at.Kind < 5 {
				weeks[26] += weeks[25]
			}
		}
		if len(Find(c)) > 0 {
			alarmed++
		}
	}
	if alarmed > 25 {
		t.Errorf("%d of 100 weeks in which a kind doubles everywhere raise an alarm", alarmed)
	}
}

func TestTailIsAChance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mean, r := rapid.Float64Range(0.01, 50).Draw(t, "mean"), rapid.Float64Range(0.05, 1e4).Draw(t, "r")
		last := 1.0
		for n := range 60 {
			p := tail(n, mean, r)
			if p > last+1e-9 || p <= 0 || p > 1 {
				t.Fatalf("%d or more: %g after %g", n, p, last)
			}
			last = p
		}
	})
	for n, want := range map[int]float64{1: 1 - math.Exp(-2), 3: 1 - 5*math.Exp(-2)} { // Poisson of mean 2
		if p := tail(n, 2, math.Inf(1)); math.Abs(p-want) > 1e-6 {
			t.Errorf("%d or more of mean 2: %g, want %g", n, p, want)
		}
	}
}
