package rulebook

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/internal/grid/region"
)

var china = time.FixedZone("CST", 8*3600)

// smallWorld: two streets with two communities each, a tree of events and
// parts, units of every reserved kind.
func smallWorld() *world {
	cat := func(id, parent int64, kind, unit string) *Category {
		return &Category{ID: id, Parent: parent, Code: fmt.Sprint(id), Name: fmt.Sprintf("类别%d", id), Kind: kind, UnitKind: unit}
	}
	w := &world{loc: china, open: map[int64]bool{}, grid: func(g int64) int64 {
		if g == 71 {
			return 990101001002
		}
		return 0
	}}
	w.cats = []*Category{cat(1, 0, Event, "city_management"), cat(11, 1, Event, ""), cat(12, 1, Event, "water"), cat(2, 0, Part, ""), cat(21, 2, Part, "lighting"), cat(22, 2, Part, "")}
	for _, c := range w.cats {
		w.open[c.ID] = true
	}
	for _, a := range []struct {
		code int64
		name string
	}{{9901, "澄湖市"}, {990101, "湖东区"}, {990101001, "翠湖街道"}, {990101001001, "翠湖社区"}, {990101001002, "桂园社区"},
		{990101002, "松涛街道"}, {990101002001, "松涛社区"}, {990101002002, "梅岭社区"}} {
		w.areas = append(w.areas, Area{a.code, a.name})
	}
	w.orgs = []Org{
		{1, "翠湖街道办事处", StreetOffice, 990101, 990101001}, {2, "松涛街道办事处", StreetOffice, 990101, 990101002},
		{3, "湖东区指挥中心", DistrictDesk, 990101, 990101}, {4, "湖东区城管局", "city_management", 990101, 990101},
		{5, "澄湖市水务集团", "water", 0, 9901}, {6, "湖东区路灯所", "lighting", 990101, 990101}, {7, "市城管局", "city_management", 0, 9901},
		{8, "翠湖社区物业", "property", 990101, 990101001001},
	}
	w.sources = []Source{{501, "随手拍"}, {502, "热线网关"}}
	return w
}

var backstop = Rule{ID: "last", Name: "兜底", Then: Then{Lead: Unit{Kind: Territory}}}

func at(day, clock string) int64 {
	t, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, china)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

func TestRoute(t *testing.T) {
	t.Parallel()
	rules := []Rule{
		{ID: "night", Name: "夜间紧急", When: When{Grades: []string{Critical}, From: "22:00", To: "06:00"}, Then: Then{Lead: Unit{Org: 3}, NeedsApproval: true}},
		{ID: "market", Name: "市场专属网格", When: When{Grids: []int64{71}}, Then: Then{Lead: Unit{Org: 4}, Assists: []Unit{{Kind: Territory}, {Kind: Owner}}}},
		{ID: "weekend", Name: "周末热线", When: When{Channels: []string{"hotline"}, Weekdays: []int{6, 7}, Areas: []int64{990101002}}, Then: Then{Lead: Unit{Kind: DistrictDesk}}},
		{ID: "gateway", Name: "热线网关", When: When{Sources: []int64{502}, Categories: []int64{22}}, Then: Then{Lead: Unit{Kind: DistrictDesk}}},
		{ID: "property", Name: "物业", When: When{UnitKinds: []string{"city_management"}, Areas: []int64{990101001}}, Then: Then{Lead: Unit{Kind: "property"}, Or: []Unit{{Kind: StreetOffice}}}},
		{ID: "water", Name: "水务", When: When{Categories: []int64{12}}, Then: Then{Lead: Unit{Kind: "water"}}},
		{ID: "principle", Name: "部件事件", When: When{Kinds: []string{Event, Part}, Categories: []int64{1, 2}}, Then: Then{Lead: Unit{Kind: ByPrinciple}}},
		backstop,
	}
	w := smallWorld()
	if ps := problems(Routing{Rules: rules}, w); len(ps) != 0 {
		t.Fatalf("%+v", ps)
	}
	r := newRouter(Routing{Rules: rules}, w)
	monday, sunday := "2026-11-23", "2026-11-22"
	for _, c := range []struct {
		name string
		f    Facts
		lead int64
		rule string
		why  string
	}{
		{"critical at night", Facts{Grade: Critical, Community: 990101001001, At: at(monday, "23:30")}, 3, "night", ""},
		{"critical after midnight", Facts{Grade: Critical, Community: 990101001001, At: at(monday, "05:59")}, 3, "night", ""},
		{"critical at six", Facts{Grade: Critical, Community: 990101001001, At: at(monday, "06:00")}, 1, "last", ""},
		{"in the market's grid", Facts{Category: 12, Community: 990101001002, Grid: 71, At: at(monday, "10:00")}, 4, "market", ""},
		{"beside it", Facts{Category: 12, Community: 990101001002, Grid: 72, At: at(monday, "10:00")}, 5, "water", ""},
		{"hotline on Sunday", Facts{Channel: "hotline", Community: 990101002001, At: at(sunday, "10:00")}, 3, "weekend", ""},
		{"hotline on Monday", Facts{Channel: "hotline", Community: 990101002001, At: at(monday, "10:00")}, 2, "last", ""},
		{"property company of the community", Facts{Category: 11, Community: 990101001001}, 8, "property", ""},
		{"none there: the street office", Facts{Category: 11, Community: 990101001002}, 1, "property", ""},
		{"event to its territory", Facts{Category: 11, Community: 990101002002}, 2, "principle", ""},
		{"part to its owner", Facts{Category: 21, Community: 990101002002}, 6, "principle", ""},
		{"part without owner to its territory", Facts{Category: 22, Community: 990101002002}, 2, "principle", ""},
		{"the same through the gateway", Facts{Category: 22, Community: 990101002002, Source: 502}, 3, "gateway", ""},
		{"the same through another program", Facts{Category: 22, Community: 990101002002, Source: 501}, 2, "principle", ""},
		{"the same through a person", Facts{Category: 22, Community: 990101002002, Source: 7}, 2, "principle", ""},
		{"street only", Facts{Category: 11, Street: 990101002}, 2, "principle", ""},
		{"district only", Facts{Category: 11, District: 990101}, 3, "principle", ""},
		{"community that is no more", Facts{Category: 11, Community: 990101002009}, 2, "principle", ""},
		{"about the property company", Facts{Category: 11, Community: 990101001001, About: 8}, 1, "property", "回避"},
		{"about the street office", Facts{Category: 11, Community: 990101002002, About: 2}, 3, "principle", "回避"},
		{"about the water company", Facts{Category: 12, Community: 990101002002, About: 5}, 2, "water", "回避"},
		{"about a named unit", Facts{Grade: Critical, Community: 990101001001, At: at(monday, "23:30"), About: 3}, 1, "night", "回避"},
	} {
		d, err := r.route(&c.f)
		if err != nil || d.Lead != c.lead || d.Rule != c.rule || !strings.Contains(d.Why.ZH, c.why) || d.Lead == c.f.About {
			t.Errorf("%s: %+v, %v", c.name, d, err)
		}
	}
	d, err := r.route(&Facts{Category: 12, Community: 990101001002, Grid: 71})
	if err != nil || !slices.Equal(d.Assists, []int64{1, 5}) {
		t.Errorf("assists %v, %v", d.Assists, err)
	}
}

func TestRouteWithoutUnitIsLoud(t *testing.T) {
	t.Parallel()
	w := smallWorld()
	rules := []Rule{{ID: "w", Name: "供水", When: When{Categories: []int64{12}}, Then: Then{Lead: Unit{Kind: "water"}}}, backstop}
	w.orgs = slices.DeleteFunc(w.orgs, func(o Org) bool { return o.Kind == "water" })
	d, err := newRouter(Routing{Rules: rules}, w).route(&Facts{Category: 12, Community: 990101001001})
	if err != nil || d.Lead != 1 || !d.Trouble || !strings.Contains(d.Why.ZH, "兜底") {
		t.Errorf("%+v, %v", d, err)
	}
	w.orgs = nil
	if _, err := newRouter(Routing{Rules: rules}, w).route(&Facts{Category: 12, Community: 990101001001}); err == nil || !strings.Contains(err.Error(), "no_unit") {
		t.Errorf("no unit at all: %v", err)
	}
	if _, err := newRouter(Routing{Rules: nil}, w).route(&Facts{}); err == nil {
		t.Error("no rules at all")
	}
	w = smallWorld()
	w.orgs = w.orgs[2:3] // the desk alone
	if _, err := newRouter(Routing{Rules: []Rule{backstop}}, w).route(&Facts{Community: 990101001001, About: 3}); err == nil {
		t.Error("a case about the only unit goes to it")
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	desk := Then{Lead: Unit{Org: 3}}
	for _, c := range []struct {
		name  string
		rules []Rule
		want  []string // rule:kind
	}{
		{"nothing", nil, []string{":no_backstop"}},
		{"last has a condition", []Rule{{ID: "a", Name: "a", When: When{Grades: []string{Critical}}, Then: desk}}, []string{":no_backstop"}},
		{"fine", []Rule{backstop}, nil},
		{"all named sources before one of them", []Rule{{ID: "a", Name: "a", When: When{Sources: []int64{501, 502}}, Then: desk}, {ID: "b", Name: "b", When: When{Sources: []int64{502}, Grades: []string{Urgent}}, Then: desk}, backstop}, []string{"b:shadowed"}},
		{"all sources there are leave the rest", []Rule{{ID: "a", Name: "a", When: When{Sources: []int64{501, 502}}, Then: desk}, backstop}, nil},
		{"a source that is not", []Rule{{ID: "a", Name: "a", When: When{Sources: []int64{503}}, Then: desk}, backstop}, []string{"a:unknown_source"}},
		{"a source that is not beside one that is", []Rule{{ID: "a", Name: "a", When: When{Sources: []int64{503, 501}}, Then: desk}, {ID: "b", Name: "b", When: When{Sources: []int64{501}}, Then: Then{Lead: Unit{Org: 4}}}, backstop}, []string{"a:unknown_source", "b:contradictory"}},
		{"rule after a catch-all", []Rule{{ID: "a", Name: "a", Then: desk}, {ID: "b", Name: "b", When: When{Kinds: []string{Part}}, Then: desk}, backstop}, []string{"b:shadowed", "last:contradictory"}},
		{"narrower after wider", []Rule{{ID: "a", Name: "a", When: When{Categories: []int64{1}}, Then: desk},
			{ID: "b", Name: "b", When: When{Categories: []int64{12}, Grades: []string{Urgent}}, Then: desk}, backstop}, []string{"b:shadowed"}},
		{"wider after narrower", []Rule{{ID: "b", Name: "b", When: When{Categories: []int64{12}}, Then: desk}, {ID: "a", Name: "a", When: When{Categories: []int64{1}}, Then: desk}, backstop}, nil},
		{"two together", []Rule{{ID: "a", Name: "a", When: When{Weekdays: []int{1, 2, 3, 4, 5}, Grades: []string{Urgent}}, Then: desk},
			{ID: "b", Name: "b", When: When{Weekdays: []int{6, 7}, Grades: []string{Urgent}}, Then: desk}, {ID: "c", Name: "c", When: When{Grades: []string{Urgent}, Channels: []string{"app"}}, Then: desk}, backstop}, []string{"c:shadowed"}},
		{"windows together", []Rule{{ID: "a", Name: "a", When: When{From: "20:00", To: "08:00", Grades: []string{Urgent}}, Then: desk}, {ID: "b", Name: "b", When: When{From: "08:00", To: "20:00", Grades: []string{Urgent}}, Then: desk},
			{ID: "c", Name: "c", When: When{From: "10:00", To: "11:00", Grades: []string{Urgent}}, Then: desk}, backstop}, []string{"c:shadowed"}},
		{"the same condition twice", []Rule{{ID: "a", Name: "a", When: When{Categories: []int64{12}}, Then: desk}, {ID: "b", Name: "b", When: When{Categories: []int64{12}}, Then: Then{Lead: Unit{Org: 4}}}, backstop}, []string{"b:contradictory"}},
		{"conditions exclude each other", []Rule{{ID: "a", Name: "a", When: When{Categories: []int64{12}, Kinds: []string{Part}}, Then: desk}, backstop}, []string{"a:contradictory"}},
		{"unknown category", []Rule{{ID: "a", Name: "a", When: When{Categories: []int64{99}}, Then: desk}, backstop}, []string{"a:unknown_category"}},
		{"unknown region", []Rule{{ID: "a", Name: "a", When: When{Areas: []int64{990177}}, Then: desk}, backstop}, []string{"a:unknown_area"}},
		{"unknown grid", []Rule{{ID: "a", Name: "a", When: When{Grids: []int64{5}}, Then: desk}, backstop}, []string{"a:unknown_area"}},
		{"unknown organisation", []Rule{{ID: "a", Name: "a", When: When{Kinds: []string{Part}}, Then: Then{Lead: Unit{Org: 99}}}, backstop}, []string{"a:unknown_unit"}},
		{"unknown assist", []Rule{{ID: "a", Name: "a", When: When{Kinds: []string{Part}}, Then: Then{Lead: Unit{Org: 3}, Assists: []Unit{{Kind: "gas"}}}}, backstop}, []string{"a:unknown_unit"}},
		{"unit in some places only", []Rule{{ID: "a", Name: "100%的物业", When: When{Kinds: []string{Part}}, Then: Then{Lead: Unit{Kind: "property"}}}, backstop}, []string{"a:unknown_unit"}},
		{"unit where the rule is left to hold", []Rule{{ID: "x", Name: "x", When: When{Areas: []int64{990101002, 990101001002}}, Then: desk}, {ID: "a", Name: "a", When: When{Kinds: []string{Part}}, Then: Then{Lead: Unit{Kind: "property"}}}, backstop}, nil},
		{"owner that a category lacks", []Rule{{ID: "a", Name: "a", When: When{Categories: []int64{2}}, Then: Then{Lead: Unit{Kind: Owner}}}, backstop}, []string{"a:unknown_unit"}},
		{"closed category", []Rule{{ID: "a", Name: "a", When: When{Categories: []int64{22}}, Then: desk}, backstop}, []string{"a:dead"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := smallWorld()
			if c.name == "closed category" {
				w.open[22] = false
			}
			var got []string
			for _, p := range problems(Routing{Rules: c.rules}, w) {
				got = append(got, p.Rule+":"+p.Kind)
				if p.Text.ZH == "" || p.Text.EN == "" || strings.Contains(p.Text.ZH+p.Text.EN, "%!") {
					t.Errorf("text %+v", p.Text)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v: %+v", got, c.want, problems(Routing{Rules: c.rules}, w))
			}
		})
	}
}

// brute is the obvious reading of a condition.
func brute(w *world, x *When, f *Facts) bool {
	any := func(n int, hit bool) bool { return n == 0 || hit }
	byID := map[int64]*Category{}
	for _, c := range w.cats {
		byID[c.ID] = c
	}
	c := byID[f.Category]
	kind, unit, under := f.Kind, "", false
	if kind == "" {
		kind = Event
	}
	if c != nil {
		kind = c.Kind
		for up := c; up != nil; up = byID[up.Parent] {
			if slices.Contains(x.Categories, up.ID) {
				under = true
			}
			if unit == "" {
				unit = up.UnitKind
			}
		}
	}
	place := f.Community
	if place == 0 {
		place = f.Street
	}
	if place == 0 {
		place = int64(f.District)
	}
	if place == 0 {
		place = 9901
	}
	inArea := false
	for code := place; code != 0; code = region.ParentOf(code) {
		inArea = inArea || slices.Contains(x.Areas, code)
	}
	local := time.UnixMicro(f.At).In(china)
	weekday := (int(local.Weekday())+6)%7 + 1
	clock := local.Format("15:04")
	inWindow := x.From == "" || x.From < x.To && clock >= x.From && clock < x.To || x.From > x.To && (clock >= x.From || clock < x.To)
	return any(len(x.Categories), under) && any(len(x.Areas)+len(x.Grids), inArea || slices.Contains(x.Grids, f.Grid)) &&
		any(len(x.Grades), slices.Contains(x.Grades, f.Grade)) && any(len(x.Channels), slices.Contains(x.Channels, f.Channel)) && any(len(x.Sources), slices.Contains(x.Sources, f.Source)) &&
		any(len(x.Kinds), slices.Contains(x.Kinds, kind)) && any(len(x.UnitKinds), unit != "" && slices.Contains(x.UnitKinds, unit)) &&
		any(len(x.Weekdays), slices.Contains(x.Weekdays, weekday)) && inWindow
}

func some[T any](t *rapid.T, label string, from []T, most int) []T {
	var out []T
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(from)-1), 0, min(most, len(from)), rapid.ID[int]).Draw(t, label) {
		out = append(out, from[i])
	}
	return out
}

func drawRules(t *rapid.T, w *world) []Rule {
	n := rapid.IntRange(0, 6).Draw(t, "rules")
	var rules []Rule
	maybe := func() bool { return rapid.IntRange(0, 2).Draw(t, "maybe") == 0 }
	for i := range n {
		x := Rule{ID: fmt.Sprint(i), Name: fmt.Sprint(i), Then: Then{Lead: Unit{Org: int64(i%3 + 1)}}}
		if maybe() {
			x.When.Categories = some(t, "categories", []int64{1, 11, 12, 2, 21, 22}, 3)
		}
		if maybe() {
			x.When.Areas = some(t, "areas", []int64{9901, 990101, 990101001, 990101001001, 990101001002, 990101002}, 2)
		}
		if maybe() {
			x.When.Grids = some(t, "grids", []int64{71}, 1)
		}
		if maybe() {
			x.When.Grades = some(t, "grades", Grades(), 3)
		}
		if maybe() {
			x.When.Channels = some(t, "channels", Channels(), 8)
		}
		if maybe() {
			x.When.Sources = some(t, "sources", []int64{501, 502}, 2)
		}
		if maybe() {
			x.When.Kinds = some(t, "kinds", []string{Event, Part}, 2)
		}
		if maybe() {
			x.When.UnitKinds = some(t, "unit kinds", []string{"water", "city_management", "lighting"}, 2)
		}
		if maybe() {
			x.When.Weekdays = some(t, "weekdays", []int{1, 2, 3, 4, 5, 6, 7}, 7)
		}
		if maybe() {
			at := some(t, "window", []string{"00:00", "06:00", "08:30", "18:00", "23:59"}, 2)
			if len(at) == 2 {
				x.When.From, x.When.To = at[0], at[1]
			}
		}
		rules = append(rules, x)
	}
	return append(rules, backstop)
}

func drawFacts(t *rapid.T) Facts {
	f := Facts{
		Category: rapid.SampledFrom([]int64{0, 1, 11, 12, 2, 21, 22, 999}).Draw(t, "category"),
		Kind:     rapid.SampledFrom([]string{"", Event, Part}).Draw(t, "kind"),
		Grade:    rapid.SampledFrom(append([]string{""}, Grades()...)).Draw(t, "grade"),
		Channel:  rapid.SampledFrom(append([]string{""}, Channels()...)).Draw(t, "channel"),
		Source:   rapid.SampledFrom([]int64{0, 7, 501, 502}).Draw(t, "source"),
		At:       at("2026-11-23", "00:00") + rapid.Int64Range(-8*86400, 8*86400).Draw(t, "at")*1e6,
	}
	switch place := rapid.SampledFrom([]int64{0, 990101, 990101001, 990101002, 990101001001, 990101001002, 990101002001, 990101002002}).Draw(t, "place"); region.LevelOf(place) {
	case region.District:
		f.District = int(place)
	case region.Street:
		f.Street = place
	case region.Community:
		f.Community = place
	}
	if f.Community == 990101001002 && rapid.Bool().Draw(t, "in grid") {
		f.Grid = 71
	}
	return f
}

// The first rule that the obvious reading finds is the one that decides.
func TestFirstMatchIsTheObviousOne(t *testing.T) {
	t.Parallel()
	w := smallWorld()
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t, w)
		r := newRouter(Routing{Rules: rules}, w)
		for range 20 {
			f := drawFacts(t)
			s := r.spot(&f)
			want := slices.IndexFunc(rules, func(x Rule) bool { return brute(w, &x.When, &f) })
			if got := r.match(&s); got != want {
				t.Fatalf("%+v: rule %d, want %d", f, got, want)
			}
		}
	})
}

// A rule is reported as shadowed, contradictory or dead exactly if no case
// whatever would reach it.
func TestUnreachableIsExact(t *testing.T) {
	t.Parallel()
	w := smallWorld()
	var all []Facts
	for _, c := range []int64{0, 1, 11, 12, 2, 21, 22} {
		for _, k := range []string{Event, Part} {
			if c != 0 && k == Part {
				continue
			}
			for _, p := range []int64{0, 990101, 990101001, 990101002, 990101001001, 990101001002, 990101002001, 990101002002, 71} {
				for _, g := range append([]string{""}, Grades()...) {
					for _, at := range []string{"03:00", "07:00", "10:00", "20:00", "23:59"} {
						for day := range 7 {
							f := Facts{Category: c, Kind: k, Grade: g, At: atDay(day, at)}
							switch region.LevelOf(p) {
							case region.District:
								f.District = int(p)
							case region.Street:
								f.Street = p
							case region.Community:
								f.Community = p
							}
							if p == 71 {
								f.Grid, f.Community = 71, 990101001002
							}
							all = append(all, f)
						}
					}
				}
			}
		}
	}
	channel := []string{"", "hotline", "app"}
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t, w)
		for i := range rules { // three channels are enough to find any gap between fewer lists
			if len(rules[i].When.Channels) > 0 {
				rules[i].When.Channels = []string{rapid.SampledFrom(channel[1:]).Draw(t, "channel")}
			}
		}
		reached := make([]bool, len(rules))
		r := newRouter(Routing{Rules: rules}, w)
		for _, f := range all {
			for _, c := range channel {
				f.Channel = c
				for _, f.Source = range []int64{7, 501, 502} {
					s := r.spot(&f)
					if i := r.match(&s); i >= 0 {
						reached[i] = true
					}
				}
			}
		}
		reported := map[string]bool{}
		for _, p := range problems(Routing{Rules: rules}, w) {
			if p.Kind == Shadowed || p.Kind == Contradictory || p.Kind == Dead || p.Kind == UnknownArea {
				reported[p.Rule] = true
			}
		}
		for i, x := range rules {
			if x.When.IsBackstop() && i < len(rules)-1 {
				continue
			}
			if reported[x.ID] == reached[i] {
				t.Fatalf("rule %d %+v: reached %v, reported %v", i, x.When, reached[i], reported[x.ID])
			}
		}
	})
}

func atDay(day int, clock string) int64 { return at(fmt.Sprintf("2026-11-%02d", 23+day), clock) }

func BenchmarkRoute(b *testing.B) {
	w := smallWorld()
	var rules []Rule
	for i := range 60 {
		rules = append(rules, Rule{ID: fmt.Sprint(i), Name: fmt.Sprint(i), When: When{Categories: []int64{12}, Channels: []string{Channels()[i%9]}, From: "22:00", To: "23:00"}, Then: Then{Lead: Unit{Org: 3}}})
	}
	rules = append(rules, Rule{ID: "p", Name: "p", When: When{Kinds: []string{Event}}, Then: Then{Lead: Unit{Kind: ByPrinciple}, Assists: []Unit{{Kind: Owner}}}}, backstop)
	r := newRouter(Routing{Rules: rules}, w)
	f := Facts{Category: 11, Grade: General, Channel: "superior", District: 990101, Street: 990101001, Community: 990101001001, At: at("2026-11-23", "10:00")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.route(&f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProblems(b *testing.B) {
	w := smallWorld()
	w.cats, w.areas = nil, []Area{{9901, "市"}}
	for i := range int64(250) {
		w.cats = append(w.cats, &Category{ID: 100 + i, Name: "c", Kind: Event, UnitKind: fmt.Sprint("k", i%40)})
		w.open[100+i] = true
	}
	for d := range int64(3) {
		w.areas = append(w.areas, Area{990101 + d, "区"})
		for s := range int64(6) {
			w.areas = append(w.areas, Area{(990101+d)*1000 + s + 1, "街道"})
			for c := range int64(7) {
				w.areas = append(w.areas, Area{((990101+d)*1000+s+1)*1000 + c + 1, "社区"})
			}
		}
	}
	var rules []Rule
	for i := range 60 {
		rules = append(rules, Rule{ID: fmt.Sprint(i), Name: "r", When: When{UnitKinds: []string{fmt.Sprint("k", i%40)}, Grades: []string{Grades()[i%4]}}, Then: Then{Lead: Unit{Org: 3}}})
	}
	rules = append(rules, backstop)
	b.ReportAllocs()
	for b.Loop() {
		problems(Routing{Rules: rules}, w)
	}
}
