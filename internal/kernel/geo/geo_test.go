package geo

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"

	"linli/internal/kernel/errs"
)

func chinaPoint(t *rapid.T) Point {
	return Point{rapid.Float64Range(74, 134).Draw(t, "lon"), rapid.Float64Range(3, 53).Draw(t, "lat")}
}

func near(a, b Point, deg float64) bool {
	return math.Abs(a.Lon-b.Lon) <= deg && math.Abs(a.Lat-b.Lat) <= deg
}

func TestConversionsMatchKnownValues(t *testing.T) {
	t.Parallel()
	// The values in the README of coordtransform (wandergis), which other converters reproduce.
	p := Point{116.404, 39.915}
	if got := GCJToBD(p); !near(got, Point{116.41036949371029, 39.92133699351022}, 1e-9) {
		t.Errorf("gcj→bd %v", got)
	}
	if got := WGSToGCJ(p); !near(got, Point{116.41024449916938, 39.91640428150164}, 1e-9) {
		t.Errorf("wgs→gcj %v", got)
	}
	if got := (Point{2.35, 48.85}); WGSToGCJ(got) != got || GCJToWGS(got) != got {
		t.Error("Paris was shifted")
	}
}

func TestConversionsInvert(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := chinaPoint(t)
		for _, crs := range []CRS{WGS84, GCJ02, BD09, ""} {
			out, err := FromWGS84(p, crs)
			if err != nil {
				t.Fatal(err)
			}
			back, err := ToWGS84(out, crs)
			if err != nil || !near(back, p, 1e-8) {
				t.Fatalf("%s: %v came back as %v (%v)", crs, p, back, err)
			}
			if d := Haversine(p, out); d > 3000 || (crs == GCJ02 && d < 1) {
				t.Fatalf("%s shifts by %.0f m", crs, d)
			}
		}
	})
	for _, p := range []Point{{200, 3}, {math.NaN(), 3}, {3, math.Inf(1)}, {29.4, 112.6}} {
		if _, err := ToWGS84(p, GCJ02); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v accepted", p)
		}
	}
	if _, err := ToWGS84(Point{112, 29}, "epsg:3857"); errs.As(err).Field != "crs" {
		t.Error(err)
	}
	if err := (Point{29.4, 112.6}).Check(); !strings.Contains(errs.As(err).Text("en"), "swapped") {
		t.Error(err)
	}
}

func TestHaversine(t *testing.T) {
	t.Parallel()
	if d := Haversine(Point{0, 0}, Point{0, 1}); math.Abs(d-111195.08) > 0.1 {
		t.Error(d)
	}
	if d := Haversine(Point{0, 0}, Point{180, 0}); math.Abs(d-math.Pi*earth) > 1 {
		t.Error(d)
	}
}

func TestSnapAndRound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, m := chinaPoint(t), rapid.SampledFrom([]float64{1, 50, 100, 500}).Draw(t, "m")
		s := Snap(p, m)
		if d := Haversine(p, s); d > 0.7075*m+0.001 {
			t.Fatalf("moved %.3f m in a net of %.0f", d, m)
		}
		if Snap(s, m) != s {
			t.Fatalf("%v is not stable", s)
		}
		if r := Round(p, 6); !near(r, p, 0.5000001e-6) || Round(r, 6) != r {
			t.Fatalf("rounded %v", r)
		}
	})
}

func TestSuspect(t *testing.T) {
	t.Parallel()
	city := func(p Point) bool { return p.Lon > 112.5 && p.Lon < 112.7 && p.Lat > 29.3 && p.Lat < 29.5 }
	door := Point{112.6012345, 29.4012345}
	built := func(p Point) bool { return Haversine(p, door) < 30 }
	edge := Point{112.6999, 29.35} // GCJ-02 moves it out of the city
	for name, tc := range map[string]struct {
		p     Point
		built func(Point) bool
		want  Finding
	}{
		"plausible":                     {door, built, Finding{Plausible, door, false}},
		"inside, nothing to compare":    {WGSToGCJ(door), nil, Finding{Plausible, WGSToGCJ(door), false}},
		"swapped":                       {Point{door.Lat, door.Lon}, nil, Finding{Swapped, door, true}},
		"gcj moved it outside":          {WGSToGCJ(edge), nil, Finding{TakenGCJ, edge, true}},
		"gcj missed the building":       {WGSToGCJ(door), built, Finding{TakenGCJ, door, false}},
		"bd missed the building":        {GCJToBD(WGSToGCJ(door)), built, Finding{TakenBD, door, false}},
		"nothing built there in any":    {Point{112.55, 29.45}, built, Finding{Plausible, Point{112.55, 29.45}, false}},
		"outside":                       {Point{116.4, 39.9}, built, Finding{Outside, Point{116.4, 39.9}, true}},
		"null island":                   {Point{0, 0}, nil, Finding{Outside, Point{0, 0}, true}},
		"metres instead of degrees":     {Point{12534000, 3430000}, nil, Finding{Outside, Point{12534000, 3430000}, true}},
		"inside but the border is near": {Point{112.6999, 29.35}, nil, Finding{Plausible, edge, false}},
	} {
		got := Suspect(tc.p, city, tc.built)
		if got.Suspicion != tc.want.Suspicion || got.Outside != tc.want.Outside || !near(got.Proposed, tc.want.Proposed, 1e-8) {
			t.Errorf("%s: %+v", name, got)
		}
		if w := got.Words(); (w.ZH == "") != (got.Suspicion == Plausible) || (w.EN == "") != (got.Suspicion == Plausible) {
			t.Errorf("%s: no words", name)
		}
	}
	if got := Suspect(Point{math.NaN(), 1}, city, nil); got.Suspicion != Outside {
		t.Error(got)
	}
}

// mesh is a city of n×n crooked areas that share their borders exactly, like
// grids: each border is a wavy line of several points.
func mesh(n, detail int) []Area {
	const lon0, lat0, size = 112.0, 29.0, 0.004
	node := func(i, j int) orb.Point {
		return orb.Point{lon0 + size*(float64(i)+0.3*math.Sin(float64(7*i+3*j))), lat0 + size*(float64(j)+0.3*math.Cos(float64(5*i+11*j)))}
	}
	line := func(a, b orb.Point) orb.LineString { // without b
		var l orb.LineString
		flip := a[0] > b[0] || (a[0] == b[0] && a[1] > b[1])
		s, t := a, b
		if flip {
			s, t = b, a
		}
		for k := range detail {
			f := float64(k) / float64(detail)
			w := 0.05 * size * math.Sin(f*9) * math.Sin(f*math.Pi)
			l = append(l, orb.Point{s[0] + f*(t[0]-s[0]) + w, s[1] + f*(t[1]-s[1]) - w})
		}
		if flip {
			l = append(l[1:], t)
			slices.Reverse(l)
		}
		return l
	}
	var out []Area
	for j := range n {
		for i := range n {
			a, b, c, d := node(i, j), node(i+1, j), node(i+1, j+1), node(i, j+1)
			r := orb.Ring(slices.Concat(line(a, b), line(b, c), line(c, d), line(d, a)))
			r = append(r, r[0])
			out = append(out, Area{ID: int64(len(out) + 1), Shape: orb.MultiPolygon{{r}}})
		}
	}
	return out
}

// naive looks at every edge of every area.
func naive(areas []Area, p Point) (int64, bool) {
	best, ok := int64(0), false
	q := orb.Point{p.Lon, p.Lat}
	for _, a := range areas {
		if ok && a.ID >= best || !a.Shape.Bound().Pad(1e-6).Contains(q) {
			continue
		}
		in := planar.MultiPolygonContains(a.Shape, q)
		for _, poly := range a.Shape {
			for _, r := range poly {
				for i := 1; i < len(r); i++ {
					in = in || planar.DistanceFromSegment(r[i-1], r[i], q) <= touch
				}
			}
		}
		if in {
			best, ok = a.ID, true
		}
	}
	return best, ok
}

func TestIndexAgainstNaive(t *testing.T) {
	t.Parallel()
	areas := mesh(12, 9)
	hole := orb.Ring{{112.02, 29.02}, {112.03, 29.02}, {112.03, 29.03}, {112.02, 29.03}, {112.02, 29.02}}
	around := orb.Ring{{112.015, 29.015}, {112.035, 29.016}, {112.036, 29.035}, {112.014, 29.034}, {112.015, 29.015}}
	areas = append(areas, Area{ID: 1000, Shape: orb.MultiPolygon{{{{113, 29}, {113.1, 29}, {113.1, 29.1}, {113, 29.1}, {113, 29}}}, {around, hole}}})
	ringOnly := []Area{{ID: -5, Shape: orb.MultiPolygon{{around, hole}}}} // overlaps nothing when alone
	for _, set := range [][]Area{areas, ringOnly, {}} {
		x, err := NewIndex(set)
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(t *rapid.T) {
			p := Point{rapid.Float64Range(111.995, 112.055).Draw(t, "lon"), rapid.Float64Range(28.995, 29.055).Draw(t, "lat")}
			if len(set) > 0 && rapid.Bool().Draw(t, "border") {
				poly := set[rapid.IntRange(0, len(set)-1).Draw(t, "area")].Shape[0]
				r := poly[rapid.IntRange(0, len(poly)-1).Draw(t, "ring")]
				i := rapid.IntRange(1, len(r)-1).Draw(t, "edge")
				f := rapid.SampledFrom([]float64{0, 0.25, 0.5, 1, 0.333}).Draw(t, "f")
				p = Point{r[i-1][0] + f*(r[i][0]-r[i-1][0]), r[i-1][1] + f*(r[i][1]-r[i-1][1])}
			}
			id, ok := x.At(p)
			if want, found := naive(set, p); id != want || ok != found {
				t.Fatalf("%v is in %d (%v), naive says %d (%v)", p, id, ok, want, found)
			}
			if x.Inside(p) != ok {
				t.Fatal("inside differs")
			}
		})
	}
}

func TestIndexBorders(t *testing.T) {
	t.Parallel()
	box := func(id int64, x0, y0, x1, y1 float64) Area {
		return Area{id, orb.MultiPolygon{{{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}}}}
	}
	x, err := NewIndex([]Area{box(7, 0, 0, 1, 1), box(3, 1, 0, 2, 1), box(9, 0, 1, 2, 2), {4, orb.MultiPolygon{{{{5, 5}, {6, 5}, {5, 6}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[Point]int64{{0.5, 0.5}: 7, {1, 0.5}: 3, {0.5, 1}: 7, {1, 1}: 3, {1.5, 1}: 3, {0, 0}: 7, {2, 2}: 9, {1, 2}: 9,
		{2.1, 1}: 0, {-1e-6, 0}: 0, {-1e-10, 0.5}: 7, {5.2, 5.2}: 4, {5.5, 5.5}: 4, {5.6, 5.6}: 0, {math.NaN(), 0.5}: 0, {0.5, math.Inf(1)}: 0} {
		if id, ok := x.At(p); id != want || ok != (want != 0) {
			t.Errorf("%v is in %d (%v), want %d", p, id, ok, want)
		}
	}
	if x.Len() != 4 || x.Bound() != (orb.Bound{Max: orb.Point{6, 6}}) {
		t.Error(x.Len(), x.Bound())
	}
	for name, bad := range map[string][]Area{
		"id twice":     {box(1, 0, 0, 1, 1), box(1, 1, 0, 2, 1)},
		"empty":        {{1, nil}},
		"no ring":      {{1, orb.MultiPolygon{{}}}},
		"two points":   {{1, orb.MultiPolygon{{{{0, 0}, {1, 1}, {0, 0}}}}}},
		"not a number": {{1, orb.MultiPolygon{{{{0, 0}, {1, math.NaN()}, {1, 0}}}}}},
		"projected":    {box(1, 0, 0, 5000, 4000)},
	} {
		if _, err := NewIndex(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s accepted: %v", name, err)
		}
	}
}

func TestZigzagStaysSmall(t *testing.T) {
	t.Parallel()
	var r orb.Ring
	for i := range 20_000 {
		r = append(r, orb.Point{112 + float64(i)*1e-5, 29 + float64(i%2)})
	}
	r = append(r, orb.Point{112.2, 28}, orb.Point{112, 28})
	x, err := NewIndex([]Area{{1, orb.MultiPolygon{{r}}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(x.edge) > 9*len(r) {
		t.Errorf("%d entries for %d edges", len(x.edge), len(r))
	}
	if id, _ := x.At(Point{112.1, 28.5}); id != 1 {
		t.Error("not found")
	}
}

func TestNearestAgainstNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "n")
		spread := rapid.SampledFrom([]float64{0.001, 0.1, 5, 80}).Draw(t, "spread")
		lat := rapid.SampledFrom([]float64{0, 29.4, 53, -70, 88}).Draw(t, "lat")
		draw := func(label string) Point {
			return Point{100 + rapid.Float64Range(-spread, spread).Draw(t, label), math.Max(-90, math.Min(90, lat+rapid.Float64Range(-spread, spread).Draw(t, label)))}
		}
		var all []Place
		for i := range n {
			all = append(all, Place{int64(n - i), draw("place")})
			if i%5 == 0 && i > 0 {
				all[i].Point = all[i-1].Point
			}
		}
		x, err := NewPlaces(all)
		if err != nil || x.Len() != n {
			t.Fatal(err)
		}
		p, most := draw("p"), rapid.SampledFrom([]float64{0, 30, 300, 1e4, 1e6, 1e8}).Draw(t, "most")
		var id int64
		d, ok := math.Inf(1), false
		for _, a := range all {
			if m := Haversine(p, a.Point); m <= most && (m < d || (m == d && a.ID < id)) {
				id, d, ok = a.ID, m, true
			}
		}
		got, m, found := x.Nearest(p, most)
		if found != ok || (ok && (got != id || m != d)) {
			t.Fatalf("nearest %d at %.3f (%v), naive says %d at %.3f (%v)", got, m, found, id, d, ok)
		}
	})
	if _, err := NewPlaces([]Place{{1, Point{0, 91}}}); err == nil {
		t.Error("a place off the globe")
	}
	if _, _, ok := (&Places{}).Nearest(Point{math.NaN(), 0}, 5); ok {
		t.Error("nearest to nothing")
	}
}

func bench(b *testing.B, areas []Area) {
	x, err := NewIndex(areas)
	if err != nil {
		b.Fatal(err)
	}
	bd := x.Bound()
	pts := make([]Point, 4096)
	s := uint64(1)
	rnd := func() float64 { s = s*6364136223846793005 + 1442695040888963407; return float64(s>>11) / (1 << 53) }
	for i := range pts {
		pts[i] = Point{bd.Min[0] + rnd()*(bd.Max[0]-bd.Min[0]), bd.Min[1] + rnd()*(bd.Max[1]-bd.Min[1])}
	}
	b.ReportAllocs()
	i, hits := 0, 0
	for b.Loop() {
		if _, ok := x.At(pts[i&4095]); ok {
			hits++
		}
		i++
	}
	b.ReportMetric(float64(hits)/float64(i), "inside")
}

func BenchmarkAt529Grids(b *testing.B)       { bench(b, mesh(23, 12)) }
func BenchmarkAtCountry100000(b *testing.B)  { bench(b, mesh(316, 12)) }
func BenchmarkAtDetailedBorder(b *testing.B) { bench(b, mesh(4, 2500)) }

func BenchmarkBuild529Grids(b *testing.B) {
	areas := mesh(23, 12)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := NewIndex(areas); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNearest14000(b *testing.B) {
	var all []Place
	for i := range 14_000 {
		all = append(all, Place{int64(i), Point{112 + float64(i%118)*0.001, 29 + float64(i/118)*0.001}})
	}
	x, err := NewPlaces(all)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		x.Nearest(Point{112.0503, 29.0504}, 200)
	}
}

func BenchmarkGCJToWGS(b *testing.B) {
	for b.Loop() {
		GCJToWGS(Point{112.6, 29.4})
	}
}
