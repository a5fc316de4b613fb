package learn

import (
	"math"
	"math/rand/v2"
)

// value is an entry of a sparse vector.
type value struct {
	term int32
	v    float32
}

// How the machines are trained: the cost of an error, and when to stop.
const (
	errorCost = 1.5
	maxRounds = 30
	tolerance = 0.02
)

// separate trains a linear support vector machine (squared hinge loss, L2) by dual
// coordinate descent (Hsieh et al., ICML 2008) and returns a weight a term. y is
// +1 or -1, cost the price of an error of each example.
func separate(x [][]value, y []int8, cost []float32, terms int) []float32 {
	w := make([]float32, terms)
	alpha := make([]float32, len(x))
	norm := make([]float32, len(x))
	order := make([]int, len(x))
	for i, row := range x {
		order[i] = i
		norm[i] = 0.5 / cost[i]
		for _, f := range row {
			norm[i] += f.v * f.v
		}
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range maxRounds {
		random.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		var worst float32
		for _, i := range order {
			sign := float32(y[i])
			var g float32
			for _, f := range x[i] {
				g += w[f.term] * f.v
			}
			g = sign*g - 1 + alpha[i]*0.5/cost[i]
			if alpha[i] == 0 && g >= 0 {
				continue
			}
			worst = max(worst, float32(math.Abs(float64(g))))
			before := alpha[i]
			alpha[i] = max(0, before-g/norm[i])
			if d := (alpha[i] - before) * sign; d != 0 {
				for _, f := range x[i] {
					w[f.term] += d * f.v
				}
			}
		}
		if worst < tolerance {
			break
		}
	}
	return w
}
