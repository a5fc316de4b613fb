package city

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

var (
	whole = sync.OnceValue(func() *City { return Generate(Options{Seed: 1, Scale: 1}) })
	small = sync.OnceValue(func() *City { return Generate(Options{Seed: 1, Scale: 0.05}) })
)

// both runs a test on the whole city and the small one.
func both(t *testing.T, f func(t *testing.T, c *City)) {
	t.Helper()
	t.Run("small", func(t *testing.T) { t.Parallel(); f(t, small()) })
	t.Run("whole", func(t *testing.T) { t.Parallel(); f(t, whole()) })
}

func digest(t *testing.T, c *City) [32]byte {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func TestSameSeedSameCity(t *testing.T) {
	t.Parallel()
	if digest(t, whole()) != digest(t, Generate(Options{Seed: 1, Scale: 1})) {
		t.Error("two whole cities with one seed differ")
	}
	if digest(t, small()) != digest(t, Generate(Options{Seed: 1, Scale: 0.05})) {
		t.Error("two small cities with one seed differ")
	}
	if digest(t, small()) == digest(t, Generate(Options{Seed: 2, Scale: 0.05})) {
		t.Error("two seeds gave the same city")
	}
}

func TestOtherSeedsAndScalesHold(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Seed: 2, Scale: 0.05}, {Seed: 3, Scale: 0.1}, {Seed: 4, Scale: 0.01}, {Seed: 1, Scale: 0.3}, {Seed: 5, Scale: 0.35}, {Seed: 6, Scale: 1}} {
		c := Generate(o)
		if len(c.Districts) < 2 || len(c.Streets) < 3 || len(c.Communities) < 6 || len(c.Grids) < 20 {
			t.Errorf("seed %d scale %g: %d districts, %d streets, %d communities, %d grids", o.Seed, o.Scale, len(c.Districts), len(c.Streets), len(c.Communities), len(c.Grids))
		}
		for i := range c.Grids {
			if g := &c.Grids[i]; g.Kind == GridBasic && g.Note == "" && (g.Households < 300 || g.Households > 500) {
				t.Errorf("seed %d scale %g: grid %d has %d households", o.Seed, o.Scale, g.Code, g.Households)
			}
		}
	}
}

func TestCountsOfTheWholeCity(t *testing.T) {
	t.Parallel()
	c := whole()
	homes, dedicated, units, workers, managed, halls := 0, 0, 0, 0, 0, 0
	for i := range c.Districts {
		homes += c.Districts[i].Households
	}
	for i := range c.Grids {
		if c.Grids[i].Kind == GridDedicated {
			dedicated++
		}
	}
	for i := range c.Orgs {
		if c.Orgs[i].Kind != KindCommunity {
			units++
		}
	}
	for i := range c.Accounts {
		if c.Accounts[i].Posts[0].Role == RoleGridWorker {
			workers++
		}
	}
	for i := range c.Compounds {
		if c.Compounds[i].Property > 0 {
			managed++
		}
	}
	for i := range c.POIs {
		if c.POIs[i].Kind == POIHall {
			halls++
		}
	}
	for _, x := range []struct {
		what    string
		n, a, b int
	}{
		{"districts", len(c.Districts), 3, 3}, {"streets", len(c.Streets), 18, 18}, {"communities", len(c.Communities), 124, 124}, {"grids", len(c.Grids), 526, 526},
		{"dedicated grids", dedicated, 18, 22}, {"households", homes, 204_000, 208_000}, {"compounds", len(c.Compounds), 640, 760}, {"buildings", len(c.Buildings), 13_000, 15_500},
		{"halls", halls, 178, 178}, {"departments and units", units, 210, 210}, {"organisations", len(c.Orgs), 334, 334}, {"grid workers", workers, 569, 569}, {"managed compounds", managed, 300, 700},
	} {
		if x.n < x.a || x.n > x.b {
			t.Errorf("%s: %d, want %d–%d", x.what, x.n, x.a, x.b)
		}
	}
}

func TestSmallCityIsComplete(t *testing.T) {
	t.Parallel()
	c := small()
	has := map[string]bool{}
	for i := range c.Buildings {
		has["building "+c.Buildings[i].Kind] = true
	}
	for i := range c.POIs {
		has["poi "+c.POIs[i].Kind] = true
	}
	for i := range c.Roads {
		has["road "+c.Roads[i].Class] = true
	}
	for i := range c.Water {
		has["water "+c.Water[i].Kind] = true
	}
	for i := range c.Grids {
		has["grid "+c.Grids[i].Kind] = true
	}
	for _, w := range []string{"building slab", "building tower", "building shop", "building school", "poi hall", "poi school", "poi office", "poi park", "road lane", "road secondary", "road main", "road expressway", "water lake", "water river", "grid basic", "grid dedicated"} {
		if !has[w] {
			t.Errorf("no %s", w)
		}
	}
}

func TestLevelsPartitionTheCity(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, c *City) {
		area := func(p orb.Polygon) float64 {
			for i, r := range p { // in one piece: an outer ring, then holes
				if (r.Orientation() == orb.CCW) != (i == 0) {
					t.Errorf("a polygon in several pieces near %v", r[0])
				}
			}
			return planar.Area(p)
		}
		parts := map[int64]float64{}
		total := map[string]float64{}
		for i := range c.Grids {
			a := area(c.Grids[i].Polygon)
			parts[c.Grids[i].Community] += a
			total["grid"] += a
		}
		for _, rs := range [][]Region{c.Communities, c.Streets, c.Districts} {
			for i := range rs {
				r := &rs[i]
				a := area(r.Polygon)
				total[r.Level] += a
				if r.Level != "district" {
					parts[r.Parent] += a
				}
				if math.Abs(parts[r.Code]-a) > 1e-9*a+1e-15 {
					t.Errorf("%s %s: area %.12g, its parts %.12g", r.Level, r.Name, a, parts[r.Code])
				}
			}
		}
		for l, a := range total {
			if math.Abs(a-total["district"]) > 1e-9*a {
				t.Errorf("level %s: area %.12g of %.12g", l, a, total["district"])
			}
		}
	})
}

// An edge of one grid is the reversed edge of its neighbour, or the city's rim.
func TestGridsShareTheirEdges(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, c *City) {
		type edge [2]orb.Point
		seen := map[edge]int64{}
		for i := range c.Grids {
			for _, r := range c.Grids[i].Polygon {
				for k := 1; k < len(r); k++ {
					e := edge{r[k-1], r[k]}
					if o, twice := seen[e]; twice {
						t.Fatalf("grids %d and %d overlap at %v", o, c.Grids[i].Code, e)
					}
					seen[e] = c.Grids[i].Code
				}
			}
		}
		rim := 0
		for e := range seen {
			if _, ok := seen[edge{e[1], e[0]}]; !ok {
				rim++
			}
		}
		outer := 0
		for i := range c.Districts {
			for _, r := range c.Districts[i].Polygon {
				outer += len(r)
			}
		}
		if rim > outer {
			t.Errorf("%d edges without a neighbour, the districts have %d in all", rim, outer)
		}
	})
}

func TestPlacesLieWhereTheySay(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, c *City) {
		grids := map[int64]*Grid{}
		for i := range c.Grids {
			g := &c.Grids[i]
			grids[g.ID] = g
			if g.Code/1000 != g.Community || g.Community/1000 != g.Street || g.Street/1000 != int64(g.District) {
				t.Errorf("grid %d: codes do not nest", g.Code)
			}
			if !planar.PolygonContains(g.Polygon, g.Center) {
				t.Errorf("grid %d: its middle lies outside", g.Code)
			}
		}
		for i := range c.Buildings {
			b := &c.Buildings[i]
			g := grids[b.Grid]
			if g == nil || g.Community != b.Community {
				t.Fatalf("building %d: no such grid, or of another community", b.ID)
			}
			if !planar.PolygonContains(b.Footprint, b.Center) {
				t.Errorf("building %d: its middle lies outside", b.ID)
			}
			for _, p := range b.Footprint[0] {
				if !planar.PolygonContains(g.Polygon, p) {
					t.Errorf("building %d stands outside grid %d", b.ID, g.Code)
					break
				}
			}
			if len(b.Footprint[0]) < 5 || b.Footprint[0][0] != b.Footprint[0][len(b.Footprint[0])-1] || b.Levels < 1 {
				t.Errorf("building %d: bad footprint or levels", b.ID)
			}
			n := 0
			for _, e := range b.Entrances {
				n += e.Households
			}
			if n != b.Households || (b.Households > 0) != (len(b.Entrances) > 0) {
				t.Errorf("building %d: %d households, entrances hold %d", b.ID, b.Households, n)
			}
		}
		for i := range c.POIs {
			p := &c.POIs[i]
			if g := grids[p.Grid]; g == nil || !planar.PolygonContains(g.Polygon, p.Point) {
				t.Errorf("poi %s lies outside its grid", p.Name)
			}
		}
	})
}

func TestHouseholdBounds(t *testing.T) {
	t.Parallel()
	notes := 0
	for _, g := range whole().Grids {
		if g.Note != "" {
			notes++
		}
	}
	if notes != 2 {
		t.Errorf("%d grids cannot keep the bounds, want 2", notes)
	}
	both(t, func(t *testing.T, c *City) {
		for i := range c.Grids {
			g := &c.Grids[i]
			if g.Kind == GridBasic && g.Note == "" && (g.Households < 300 || g.Households > 500) {
				t.Errorf("grid %d has %d households and says nothing", g.Code, g.Households)
			}
			if g.Kind == GridBasic && g.Note != "" && g.Households >= 300 && g.Households <= 500 {
				t.Errorf("grid %d has %d households and excuses itself", g.Code, g.Households)
			}
		}
	})
}

func TestNamesAndCodesAreUniqueAndFilled(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, c *City) {
		seen := map[string]bool{}
		once := func(kind string, vs ...any) {
			for _, v := range vs {
				if v == "" || v == int64(0) {
					t.Errorf("%s: something is empty: %v", kind, vs)
				}
				k := fmt.Sprint(kind, "|", v)
				if seen[k] {
					t.Errorf("%s comes twice", k)
				}
				seen[k] = true
			}
		}
		filled := func(kind string, vs ...any) {
			for _, v := range vs {
				if v == "" || v == 0 || v == int64(0) {
					t.Errorf("%s: something is empty: %v", kind, vs)
				}
			}
		}
		for _, rs := range [][]Region{c.Districts, c.Streets, c.Communities} {
			for i := range rs {
				r := &rs[i]
				once("region", r.Code, r.Name)
				filled("region", r.NameEn, r.Level, r.Parent, r.Households, r.Grids, r.ValidFrom)
			}
		}
		for i := range c.Grids {
			g := &c.Grids[i]
			once("grid", g.ID, g.Code, g.Name)
			filled("grid", g.Kind, g.ValidFrom)
		}
		for i := range c.Roads {
			once("road", c.Roads[i].ID, c.Roads[i].Name)
			filled("road", c.Roads[i].Class, c.Roads[i].Length)
		}
		for i := range c.Compounds {
			p := &c.Compounds[i]
			once("compound", p.ID, p.Name)
			filled("compound", p.Style, p.Address, p.Built, p.Households)
		}
		for i := range c.Buildings {
			once("building", c.Buildings[i].ID)
			once("address", c.Buildings[i].Address)
			filled("building", c.Buildings[i].Name, c.Buildings[i].Kind)
		}
		for i := range c.POIs {
			once("poi", c.POIs[i].ID, c.POIs[i].Name)
		}
		for i := range c.Orgs {
			o := &c.Orgs[i]
			once("org", o.ID, o.Name)
			filled("org", o.Short, o.Kind, o.Class, o.Region, o.NameEn)
			if n := utf8.RuneCountInString(o.Name); n > 60 || utf8.RuneCountInString(o.Short) > 20 {
				t.Errorf("the name of %s is too long: %d", o.Name, n)
			}
		}
		for i := range c.Accounts {
			a := &c.Accounts[i]
			once("account", a.ID, a.Login, a.Name)
			for _, p := range a.Posts {
				once("post", p.ID)
				filled("post", p.Role, p.Region, p.From)
			}
		}
	})
}

func TestEveryRoleHasAPersonToDemonstrate(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, c *City) {
		demo := map[string]string{}
		worker := map[int64]bool{}
		for i := range c.Accounts {
			a := &c.Accounts[i]
			p := a.Posts[len(a.Posts)-1]
			if p.To != 0 {
				t.Errorf("%s has no open post", a.Login)
			}
			if a.Demo {
				demo[p.Role] = a.Login
			}
			if p.Role == RoleGridWorker {
				worker[p.Grid] = true
			}
		}
		for _, w := range strings.Fields("operator dispatcher chief district_desk:desk handler unit_lead:unitlead community grid_worker:gridworker callback leader planner auditor admin security") {
			role, login, ok := strings.Cut(w, ":")
			if !ok {
				login = role
			}
			if demo[role] != login {
				t.Errorf("role %s: demo login %q, want %q", role, demo[role], login)
			}
		}
		for i := range c.Grids {
			if !worker[c.Grids[i].ID] {
				t.Errorf("grid %d has no worker", c.Grids[i].Code)
			}
		}
	})
}

func TestCategoriesAreWhole(t *testing.T) {
	t.Parallel()
	units := map[string]bool{}
	for _, o := range whole().Orgs {
		units[o.Kind] = true
	}
	code, name := map[string]bool{}, map[string]bool{}
	leaves, share := 0, 0.0
	for _, c := range Categories() {
		if code[c.Code] || name[c.Name] || c.NameEn == "" || c.ID == 0 {
			t.Errorf("%s %s: repeated or unnamed", c.Code, c.Name)
		}
		code[c.Code], name[c.Name] = true, true
		if !c.Leaf {
			continue
		}
		leaves++
		share += c.Share
		switch {
		case c.Parent == 0 || !code[c.Code[:3]]:
			t.Errorf("%s has no parent", c.Code)
		case len(c.Limits) == 0 || c.Filing == "" || c.Closing == "" || c.Grade == "" || c.Share <= 0:
			t.Errorf("%s %s: limits, conditions, grade or share are missing", c.Code, c.Name)
		case !units[c.UnitKind]:
			t.Errorf("%s: nobody is a %s", c.Code, c.UnitKind)
		case (c.Evidence.Found || c.Evidence.Resolved) != (c.Evidence.Why != ""):
			t.Errorf("%s: a photo needs a reason", c.Code)
		case len(c.Keywords) < 3 || len(c.Keywords) > 8 || len(c.Templates) < 4 || len(c.Templates) > 8 || len(c.Details) < 4:
			t.Errorf("%s: too few or too many words", c.Code)
		}
		for _, s := range c.Templates {
			if !strings.Contains(s, "{place}") && !strings.Contains(s, "{detail}") {
				t.Errorf("%s: a template without a slot: %s", c.Code, s)
			}
		}
	}
	if leaves < 120 || math.Abs(share-1000) > 2 {
		t.Errorf("%d leaves, shares sum to %g", leaves, share)
	}
	rs := Routes()
	if last := rs[len(rs)-1]; last.Lead != KindDistrictDesk || len(last.Categories)+len(last.Kinds)+len(last.Grades) > 0 {
		t.Error("the last route is no backstop")
	}
	for _, r := range rs {
		if r.Lead != "@owner" && !units[r.Lead] {
			t.Errorf("route %s: nobody is a %s", r.ID, r.Lead)
		}
	}
}

func TestReportsAreVariedAndFilledIn(t *testing.T) {
	t.Parallel()
	rng := stream(1, "reports")
	for _, c := range Categories() {
		if !c.Leaf {
			continue
		}
		texts := map[string]bool{}
		for range 40 {
			title, text := ReportText(rng, &c, "建设大道12号翠湖花园")
			if title == "" || strings.ContainsAny(title+text, "{}") || utf8.RuneCountInString(title) > 60 || utf8.RuneCountInString(text) < 8 {
				t.Fatalf("%s: %q %q", c.Code, title, text)
			}
			texts[text] = true
		}
		if len(texts) < 20 {
			t.Errorf("%s: only %d different texts of 40", c.Code, len(texts))
		}
	}
}

func TestLayersAreCompactGeoJSON(t *testing.T) {
	t.Parallel()
	c := whole()
	layers := c.Layers()
	want := map[string]int{"water": len(c.Water), "green": len(c.Green), "roads": len(c.Roads), "compounds": len(c.Compounds), "buildings": len(c.Buildings),
		"communities": 124, "streets": 18, "districts": 3, "grids": 526}
	for name, n := range want {
		var fc struct {
			Type     string
			Features []struct {
				Properties map[string]any
				Geometry   struct{ Type string }
			}
		}
		if err := json.Unmarshal(layers[name], &fc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if fc.Type != "FeatureCollection" || len(fc.Features) != n {
			t.Errorf("%s: %d features, want %d", name, len(fc.Features), n)
		}
	}
	if n := len(layers["buildings"]); n > 4_200_000 {
		t.Errorf("buildings take %d bytes", n)
	}
}

func TestDatesLieBeforeUntil(t *testing.T) {
	t.Parallel()
	until := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	c := Generate(Options{Seed: 1, Scale: 0.05, Until: until})
	for i := range c.Grids {
		if c.Grids[i].ValidFrom >= 20250501 {
			t.Errorf("grid from %d", c.Grids[i].ValidFrom)
		}
	}
	for i := range c.Accounts {
		for _, p := range c.Accounts[i].Posts {
			if p.From >= 20250501 {
				t.Errorf("post from %d", p.From)
			}
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		Generate(Options{Seed: 1, Scale: 1})
	}
}
