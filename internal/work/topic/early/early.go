// Package early tells where more reports come in than usual: a small statistic
// for each place and kind, with the base rate that it is measured against and the
// false alarms of many looks at once kept down. It is pure.
package early

import (
	"cmp"
	"math"
	"slices"
)

// Cell is a place and a kind of matter.
type Cell struct{ Place, Kind int64 }

// Sign is a cell with more reports in the last week than usual.
type Sign struct {
	Cell
	N        int     // reports in the last week
	Expected float64 // how many there usually are: the base rate
	Usual    int     // up to so many come in 19 of 20 such weeks
	P        float64 // chance of N or more in a usual week
	Weeks    []int   // the weeks looked at, the last one included
}

// Bounds of what is reported.
const (
	Rate      = 0.05 // expected share of false alarms among the signs (Benjamini–Hochberg)
	leastN    = 4    // fewer reports are no sign
	leastKind = 8    // weeks of history without which nothing is usual
)

// Find looks at the weekly counts of each cell, oldest first, all of one length,
// and returns the signs of the last week, the least likely first.
//
// What is usual in a cell is a rate drawn from the kind's rates in all places
// (gamma, fitted to them: empirical Bayes), so that a cell with little history is
// judged by its neighbours. A week's count scatters more than Poisson by the
// kind's own dispersion. When the kind rises everywhere – rain, heating season –
// the expectation rises with it, and only what goes beyond is a sign.
func Find(counts map[Cell][]int) []Sign {
	kinds := map[int64][]Cell{}
	for c, w := range counts {
		if len(w) > leastKind {
			kinds[c.Kind] = append(kinds[c.Kind], c)
		}
	}
	var tested []Sign
	looks := 0
	for _, cells := range kinds {
		slices.SortFunc(cells, func(a, b Cell) int { return cmp.Compare(a.Place, b.Place) })
		k := fit(cells, counts)
		for _, c := range cells {
			looks++
			weeks := counts[c]
			n := weeks[len(weeks)-1]
			if n < leastN {
				continue
			}
			mean, shape := k.expect(c, counts)
			r := mean / (k.dispersion - 1 + mean/shape)
			s := Sign{Cell: c, N: n, Expected: mean, P: tail(n, mean, r), Weeks: weeks}
			for s.Usual = int(mean); tail(s.Usual+1, mean, r) > 0.05; s.Usual++ {
			}
			tested = append(tested, s)
		}
	}
	slices.SortFunc(tested, func(a, b Sign) int {
		return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Kind, b.Kind))
	})
	keep := 0
	for i, s := range tested { // cells too quiet to be tested count as looks all the same
		if s.P <= Rate*float64(i+1)/float64(looks) {
			keep = i + 1
		}
	}
	return tested[:keep]
}

// kind is what is known of a kind of matter over all places.
type kind struct {
	shape, rate float64 // of the gamma of weekly rates over the places
	dispersion  float64 // variance of a week's count over its mean, at least 1
	total, last float64 // reports of the weeks before and of the last week
	weeks       float64 // before the last
}

func fit(cells []Cell, counts map[Cell][]int) kind {
	k := kind{dispersion: 1, weeks: float64(len(counts[cells[0]]) - 1)}
	means := make([]float64, len(cells))
	scatter, free := 0.0, 0.0
	for i, c := range cells {
		w := counts[c]
		before := w[:len(w)-1]
		sum := 0
		for _, n := range before {
			sum += n
		}
		means[i] = float64(sum) / k.weeks
		k.total += float64(sum)
		k.last += float64(w[len(w)-1])
		if means[i] > 0 {
			for _, n := range before {
				scatter += (float64(n) - means[i]) * (float64(n) - means[i]) / means[i]
			}
			free += k.weeks - 1
		}
	}
	if free > 0 {
		k.dispersion = max(1, scatter/free)
	}
	mean, spread := 0.0, 0.0
	for _, m := range means {
		mean += m / float64(len(means))
	}
	for _, m := range means {
		spread += (m - mean) * (m - mean) / max(1, float64(len(means)-1))
	}
	// What the places' means scatter beyond the chance of their counts is true.
	between := max(spread-k.dispersion*mean/k.weeks, mean*mean/50)
	mean = max(mean, 0.5/k.weeks)
	k.shape = min(max(mean*mean/max(between, 1e-9), 0.2), 50)
	k.rate = k.shape / mean
	return k
}

// expect is the cell's usual count for this week and how firmly it is known, as
// the shape of its gamma.
func (k kind) expect(c Cell, counts map[Cell][]int) (mean, shape float64) {
	w := counts[c]
	sum := 0
	for _, n := range w[:len(w)-1] {
		sum += n
	}
	shape = k.shape + float64(sum)/k.dispersion
	mean = shape / (k.rate + k.weeks/k.dispersion)
	// Elsewhere the kind may be rising too; half a dozen reports are taken for granted.
	usual := (k.total - float64(sum)) / k.weeks
	now := k.last - float64(w[len(w)-1])
	return mean * max(1, (now+6)/(usual+6)), shape
}

// tail is the chance of n or more: negative binomial with the mean and the size r,
// Poisson when r is infinite.
func tail(n int, mean, r float64) float64 {
	if n <= 0 {
		return 1
	}
	if math.IsInf(r, 1) || r > 1e8 {
		r = 1e8
	}
	lr, _ := math.Lgamma(r)
	below := 0.0
	for i := range n {
		x := float64(i)
		lx, _ := math.Lgamma(x + 1)
		lrx, _ := math.Lgamma(x + r)
		below += math.Exp(lrx - lr - lx + r*math.Log(r/(r+mean)) + x*math.Log(mean/(r+mean)))
	}
	return max(1-below, 1e-15)
}
