package prepare

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"linli/internal/grid/planning"
)

// TestAnyGeometry prepares crooked communities – crossing, collinear, repeated,
// overlapping, without area – and buildings anywhere: whatever comes out is sound.
func TestAnyGeometry(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := &Sources{Planar: true}
		coordinate := rapid.Custom(func(t *rapid.T) float64 { return float64(rapid.IntRange(0, 40).Draw(t, "at")) * 25 })
		point := func() orb.Point { return orb.Point{coordinate.Draw(t, "x"), coordinate.Draw(t, "y")} }
		for range rapid.IntRange(1, 4).Draw(t, "communities") {
			var ring orb.Ring
			for range rapid.IntRange(3, 9).Draw(t, "corners") {
				ring = append(ring, point())
			}
			s.Communities = append(s.Communities, Community{Name: fmt.Sprint(rapid.IntRange(1, 3).Draw(t, "name")), Area: orb.MultiPolygon{{ring}}})
		}
		for i := range rapid.IntRange(1, 40).Draw(t, "buildings") {
			b := Building{ID: fmt.Sprint(rapid.IntRange(0, 50).Draw(t, "id")), Households: rapid.IntRange(-5, 700).Draw(t, "households"), Entrances: Unknown, Levels: Unknown, At: point(), HasPlace: i > 0}
			if rapid.Bool().Draw(t, "footprint") {
				b.Footprint = orb.MultiPolygon{{{b.At, point(), point(), b.At}}}
			}
			s.Buildings = append(s.Buildings, b)
		}
		s.Barriers = append(s.Barriers, Barrier{"river", orb.LineString{point(), point(), point()}})
		r, err := Prepare(s, Options{HouseholdArea: 100})
		var bad *planning.InputError
		switch {
		case errors.As(err, &bad):
		case err != nil:
			t.Fatal(err)
		default:
			connected(t, r.Instance)
		}
	})
}

// connected fails unless every community's units hang together by edges inside it.
func connected(t interface{ Fatalf(string, ...any) }, in *planning.Instance) {
	g := newGroups(len(in.Units))
	for _, e := range in.Edges {
		if e.U == e.V || in.Units[e.U].Community != in.Units[e.V].Community || !(e.Border >= 0) {
			t.Fatalf("edge %+v", e)
		}
		g.join(e.U, e.V)
	}
	first := map[int]int{}
	for i, u := range in.Units {
		f, ok := first[u.Community]
		if !ok {
			f, first[u.Community] = i, i
		}
		if g.of(i) != g.of(f) {
			t.Fatalf("community %d is not connected", u.Community)
		}
		if !(u.CellArea >= 0) || !(u.CellOuter >= 0) || u.Households < 0 {
			t.Fatalf("unit %+v", u)
		}
	}
}

// TestChangedFiles changes bytes of good files: reading and preparing end with
// an instance or with an error that a person can act on.
func TestChangedFiles(t *testing.T) {
	t.Parallel()
	good := map[string][]byte{
		"b.csv":     []byte("编号,户数,类型,层数,经度,纬度\n1,20,住宅,6,112.605,29.405\n2,180,住宅,30,112.606,29.406\n3,,学校,2,112.607,29.404\n"),
		"b.geojson": []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"编号":"一号","户数":20},"geometry":{"type":"Polygon","coordinates":[[[112.6049,29.4049],[112.6051,29.4049],[112.6051,29.4051],[112.6049,29.4049]]]}}]}`),
	}
	communities := []byte("编号,名称,ring\n1,甲,112.6 29.4;112.61 29.4;112.61 29.41;112.6 29.41\n2,乙,112.61 29.4;112.62 29.4;112.62 29.41;112.61 29.41|112.63 29.4;112.64 29.4;112.64 29.41\n")
	rng := rand.New(rand.NewPCG(3, 4))
	change := func(data []byte) []byte {
		data = bytes.Clone(data)
		for range 1 + rng.IntN(4) {
			at := rng.IntN(len(data))
			switch rng.IntN(3) {
			case 0:
				data[at] = byte(rng.IntN(256))
			case 1:
				data = append(data[:at], data[min(len(data)-1, at+rng.IntN(5)):]...)
			default:
				data = append(data[:at], append([]byte(strings.Repeat("9", rng.IntN(12)) + ";,|/")[:rng.IntN(12)], data[at:]...)...)
			}
		}
		return data
	}
	for i := range 600 {
		for name, data := range good {
			s := &Sources{}
			err := s.ReadBuildings(write(t, name, change(data)), Reading{})
			if err == nil {
				raw := communities
				if i%2 == 0 {
					raw = change(raw)
				}
				err = s.ReadCommunities(write(t, "c.csv", raw), Reading{})
			}
			if err == nil {
				var r *Result
				if r, err = Prepare(s, Options{}); err == nil {
					connected(t, r.Instance)
				}
			}
			var bad *planning.InputError
			if err != nil && (!errors.As(err, &bad) || bad.Remedy == "" || bad.File == "") {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}
