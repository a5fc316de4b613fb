package prepare

import (
	"cmp"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/paulmach/orb/planar"

	"linli/internal/grid/planning"
)

// TestSharedCity prepares the shared city anew from its points, rings and
// barriers: borders and what lies between neighbours come out as published.
func TestSharedCity(t *testing.T) {
	t.Parallel()
	prefix := filepath.Join(cmp.Or(os.Getenv("LINLI_SHARED"), "../../../../../shared"), "data/grids/synth_city")
	if _, err := os.Stat(prefix + ".units.csv"); err != nil {
		t.Skip("the shared city is not here (../shared/data/grids): nothing to compare with")
	}
	in, err := planning.Load(prefix)
	if err != nil {
		t.Fatal(err)
	}
	s := &Sources{Planar: true}
	whole := map[int]bool{} // communities whose ring is all of their land
	for c, members := range in.Members() {
		sum := 0.0
		for _, u := range members {
			sum += in.Units[u].CellArea
		}
		if x := in.Communities[c]; math.Abs(math.Abs(planar.Area(x.Area))-sum) < 0.001*sum {
			whole[x.ID] = true
			s.Communities = append(s.Communities, Community{ID: strconv.Itoa(x.ID), Name: x.Name, Area: x.Area})
		}
	}
	for i, u := range in.Units {
		if whole[u.Community] { // as many households as keep a tower in one piece
			s.Buildings = append(s.Buildings, Building{ID: strconv.Itoa(i), Households: min(u.Households, TowerOver), At: [2]float64{u.X, u.Y}, HasPlace: true})
		}
	}
	for _, b := range in.Barriers {
		s.Barriers = append(s.Barriers, Barrier(b))
	}
	r, err := Prepare(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, r.Instance)
	type pair [2]string
	want := map[pair]planning.Edge{}
	for _, e := range in.Edges {
		if whole[in.Units[e.U].Community] && e.Border > 1.5 {
			want[pair{strconv.Itoa(min(e.U, e.V)), strconv.Itoa(max(e.U, e.V))}] = e
		}
	}
	length, crossings, surplus := 0, 0, 0
	for _, e := range r.Instance.Edges {
		a, b := r.Instance.Units[e.U].Building, r.Instance.Units[e.V].Building
		if len(a) > len(b) || len(a) == len(b) && a > b {
			a, b = b, a
		}
		w, ok := want[pair{a, b}]
		delete(want, pair{a, b})
		switch {
		case !ok:
			if e.Border > 2.5 {
				surplus++
			}
		case w.Cross != e.Cross:
			crossings++
		case math.Abs(w.Border-e.Border) > 0.02*w.Border+1:
			length++
		}
	}
	if n := len(r.Instance.Edges); n < 30_000 || length > n/100 || crossings > 5 || surplus > n/200 || len(want) > n/200 {
		t.Errorf("of %d borders %d have another length, %d other crossings, %d are new, %d missing", n, length, crossings, surplus, len(want))
	}
}
