package planning

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// Numbered sorts grids of one community by the rule of CJ/T 349: west to east
// in bands from north to south. There are about as many bands as grids in a
// band; middles are metres.
func Numbered(middles map[int]orb.Point) []int {
	out := make([]int, 0, len(middles))
	low, high := math.Inf(1), math.Inf(-1)
	for g, p := range middles {
		out = append(out, g)
		low, high = min(low, p[1]), max(high, p[1])
	}
	band := (high-low)/max(1, math.Round(math.Sqrt(float64(len(out))))) + 1e-6
	row := func(g int) int { return int((high - middles[g][1]) / band) }
	slices.SortFunc(out, func(a, b int) int {
		return cmp.Or(cmp.Compare(row(a), row(b)), cmp.Compare(middles[a][0], middles[b][0]), cmp.Compare(a, b))
	})
	return out
}
