package region

import (
	"testing"

	"pgregory.net/rapid"
)

// TestCellsHideAmongEnoughHouseholds: every position stands for a cell with
// enough homes, all positions of a cell for the same point, and the cells are a
// partition, so that none can be told apart by comparing others.
func TestCellsHideAmongEnoughHouseholds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bs := make([]building, rapid.IntRange(0, 120).Draw(t, "n"))
		spread := rapid.SampledFrom([]float64{0.0005, 0.01, 0.2}).Draw(t, "spread")
		all := 0
		for i := range bs {
			bs[i] = building{id: int64(i), lon: 112 + spread*float64(rapid.IntRange(0, 40).Draw(t, "x"))/40, lat: 29.8 + spread*float64(rapid.IntRange(0, 40).Draw(t, "y"))/40,
				households: int32(rapid.SampledFrom([]int{0, 1, 1, 2, 8, 60}).Draw(t, "homes"))}
			all += int(bs[i].households)
		}
		x := newCells(bs)
		if all < CellHouseholds {
			if _, ok := x.at(112, 29.8); ok {
				t.Fatal("a city of too few households shows a position")
			}
			return
		}
		homes := 0
		var walk func(n *cellNode)
		walk = func(n *cellNode) {
			if n.low != nil {
				walk(n.low)
				walk(n.high)
				return
			}
			if homes += n.cell.Households; n.cell.Households < CellHouseholds {
				t.Fatalf("a cell of %d households", n.cell.Households)
			}
		}
		walk(x.root)
		if homes != all {
			t.Fatalf("cells hold %d of %d households", homes, all)
		}
		in := map[*cellNode]int{}
		for i := range bs {
			c, ok := x.at(bs[i].lon, bs[i].lat)
			if again, same := x.at(bs[i].lon, bs[i].lat); again != c || same != ok {
				t.Fatal("asking again tells more")
			}
			in[x.leaf(bs[i].lon, bs[i].lat)] += int(bs[i].households)
		}
		for n, have := range in {
			if have != 0 && have != n.cell.Households {
				t.Fatalf("a cell says %d households and has %d", n.cell.Households, have)
			}
		}
		if _, ok := x.at(111, 29.8); ok {
			t.Fatal("a position outside the city is shown")
		}
	})
}
