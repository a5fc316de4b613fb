// Package share says how sure a share of a sample is. Figures and appraisals
// use it, so that the same numbers are never told with two intervals.
package share

import "math"

// Small is the size of sample below which a share is called small: it is told
// with its interval and never ranked.
const Small = 30

// Wilson is the score interval of a share k of n at 95 % (E. B. Wilson 1927):
// it stays in [0,1] and makes sense for small n.
func Wilson(k, n int64) (lo, hi float64) {
	const z = 1.959963984540054
	if n <= 0 {
		return 0, 1
	}
	p, m := float64(k)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	lo, hi = max(0, mid-half), min(1, mid+half)
	if k == 0 {
		lo = 0
	}
	if k == n {
		hi = 1
	}
	return lo, hi
}
