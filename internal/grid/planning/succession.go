package planning

import (
	"cmp"
	"maps"
	"slices"
)

// Succession pairs old grids with new ones, one to one, so that the overlap
// of the pairs is the largest possible. overlap holds the households of each
// {old, new}; the pairs come sorted by old grid, none of them with overlap 0.
//
// Grids that are linked by overlaps, normally those of one community, are
// assigned together by the Hungarian method: O(a²b) for a and b grids.
func Succession(overlap map[[2]int]int) [][2]int {
	byPair := func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) }
	news := map[int][]int{} // old → its news, ascending
	olds := map[int][]int{}
	for _, p := range slices.SortedFunc(maps.Keys(overlap), byPair) {
		if overlap[p] > 0 {
			news[p[0]] = append(news[p[0]], p[1])
			olds[p[1]] = append(olds[p[1]], p[0])
		}
	}
	var pairs [][2]int
	seenOld, seenNew := map[int]bool{}, map[int]bool{}
	for _, first := range slices.Sorted(maps.Keys(news)) {
		if seenOld[first] {
			continue
		}
		seenOld[first] = true
		group, others := []int{first}, []int(nil)
		for i := 0; i < len(group); i++ {
			for _, n := range news[group[i]] {
				if seenNew[n] {
					continue
				}
				seenNew[n] = true
				others = append(others, n)
				for _, o := range olds[n] {
					if !seenOld[o] {
						seenOld[o] = true
						group = append(group, o)
					}
				}
			}
		}
		rows, columns, flip := group, others, false
		if len(rows) > len(columns) {
			rows, columns, flip = columns, rows, true
		}
		at := func(r, c int) [2]int {
			if flip {
				return [2]int{columns[c], rows[r]}
			}
			return [2]int{rows[r], columns[c]}
		}
		for r, c := range assign(len(rows), len(columns), func(r, c int) int { return overlap[at(r, c)] }) {
			if overlap[at(r, c)] > 0 {
				pairs = append(pairs, at(r, c))
			}
		}
	}
	slices.SortFunc(pairs, byPair)
	return pairs
}

// assign gives each of n rows its own of m ≥ n columns so that the sum of
// gains is the largest possible: the Hungarian method with potentials.
func assign(n, m int, gain func(row, column int) int) []int {
	const far = 1 << 60
	rowPrice, columnPrice := make([]int, n+1), make([]int, m+1)
	owner := make([]int, m+1) // of column, from 1; 0 none. Column 0 holds the row to be placed.
	for row := 1; row <= n; row++ {
		owner[0] = row
		column := 0
		slack, before, done := make([]int, m+1), make([]int, m+1), make([]bool, m+1)
		for j := range slack {
			slack[j] = far
		}
		for owner[column] != 0 {
			done[column] = true
			r, least, next := owner[column], far, 0
			for j := 1; j <= m; j++ {
				if done[j] {
					continue
				}
				if s := -gain(r-1, j-1) - rowPrice[r] - columnPrice[j]; s < slack[j] {
					slack[j], before[j] = s, column
				}
				if slack[j] < least {
					least, next = slack[j], j
				}
			}
			for j := range done {
				if done[j] {
					rowPrice[owner[j]] += least
					columnPrice[j] -= least
				} else {
					slack[j] -= least
				}
			}
			column = next
		}
		for column != 0 {
			owner[column] = owner[before[column]]
			column = before[column]
		}
	}
	columns := make([]int, n)
	for j := 1; j <= m; j++ {
		if owner[j] != 0 {
			columns[owner[j]-1] = j - 1
		}
	}
	return columns
}
