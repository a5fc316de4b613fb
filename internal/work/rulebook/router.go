package rulebook

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"linli/internal/grid/region"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// world is what rules are compiled against: categories, regions,
// organisations and programs at one time.
type world struct {
	cats    []*Category    // in any order, those closed for new cases too
	open    map[int64]bool // those that are not closed
	areas   []Area
	grid    func(int64) int64 // community of a grid, 0 if there is none
	orgs    []Org
	sources []Source
	loc     *time.Location
	cal     *calendar.Calendar // for the holidays; nil: none
}

// router is a list of rules ready to run.
type router struct {
	rules []compiled

	catAt   map[int64]int32 // index in dimCategory; after the categories come "none, event" and "none, part"
	cats    []*Category     // by index
	owner   []string        // responsible unit kind by index, inherited
	part    []bool
	leaf    []bool          // by index: cases are filed under it
	areaAt  map[int64]int32 // region code → index in dimArea; 0 is a place that is not known
	areas   []Area
	grids   map[int64]int32 // grid id → index in dimArea, for grids that rules name
	gridIn  []int64         // index - len(areas) → community
	sources map[int64]int   // account → index in dimSource, for programs that rules name; 0 is any other
	bounds  []int           // minutes at which some window starts or ends, from 0
	minute  [24*60 + 1]uint8
	loc     *time.Location
	city    int64
	byKind  map[string]map[int64][]int64 // kind → region → organisations in order of id
	orgName map[int64]string
	duties  map[int64]shift // by organisation
	special map[int64]bool  // days since 1970: true a holiday, false a make-up working day
}

type compiled struct {
	*Rule
	box box
	why errs.Words
}

// maxBounds is how many different times of day a list of rules may use.
const maxBounds = 96

func newRouter(list Routing, w *world) *router {
	rules := list.Rules
	r := &router{catAt: map[int64]int32{}, areaAt: map[int64]int32{}, grids: map[int64]int32{}, sources: map[int64]int{}, loc: w.loc,
		byKind: map[string]map[int64][]int64{}, orgName: map[int64]string{}}
	if r.loc == nil {
		r.loc = time.FixedZone("CST", 8*3600)
	}
	r.cats = slices.Clone(w.cats)
	slices.SortFunc(r.cats, func(a, b *Category) int { return cmp.Compare(a.ID, b.ID) })
	for i, c := range r.cats {
		r.catAt[c.ID] = int32(i)
	}
	for _, c := range r.cats {
		kind := c.UnitKind
		for up, n := c, 0; kind == "" && n < maxDepth; n++ {
			i, ok := r.catAt[up.Parent]
			if !ok {
				break
			}
			up = r.cats[i]
			kind = up.UnitKind
		}
		r.owner = append(r.owner, kind)
		r.part = append(r.part, c.Kind == Part)
		r.leaf = append(r.leaf, !slices.ContainsFunc(r.cats, func(x *Category) bool { return x.Parent == c.ID && w.open[x.ID] }))
	}
	r.leaf = append(r.leaf, true, true)
	r.owner = append(r.owner, "", "")
	r.part = append(r.part, false, true)
	r.areas = slices.Clone(w.areas)
	for i, a := range r.areas {
		r.areaAt[a.Code] = int32(i)
		if region.LevelOf(a.Code) == region.City {
			r.city = a.Code
		}
	}
	if r.city != 0 { // a place that is not known is somewhere in the city
		r.areaAt[0] = r.areaAt[r.city]
	} else {
		r.areaAt[0] = int32(len(r.areas))
		r.areas = append(r.areas, Area{})
	}
	for i := range rules {
		for _, g := range rules[i].When.Grids {
			if _, ok := r.grids[g]; ok || w.grid == nil {
				continue
			}
			if community := w.grid(g); community != 0 {
				r.grids[g] = int32(len(r.areas) + len(r.gridIn))
				r.gridIn = append(r.gridIn, community)
			}
		}
	}
	for i := range rules {
		for _, id := range rules[i].When.Sources {
			if r.sources[id] == 0 && slices.ContainsFunc(w.sources, func(s Source) bool { return s.ID == id }) {
				r.sources[id] = len(r.sources) + 1
			}
		}
	}
	r.setBounds(rules)
	for _, o := range w.orgs {
		r.orgName[o.ID] = o.Name
		m := r.byKind[o.Kind]
		if m == nil {
			m = map[int64][]int64{}
			r.byKind[o.Kind] = m
		}
		m[o.Region] = append(m[o.Region], o.ID)
	}
	for _, m := range r.byKind {
		for _, ids := range m {
			slices.Sort(ids)
		}
	}
	r.setDuties(list.Duties, w.cal)
	for i := range rules {
		x := &rules[i]
		r.rules = append(r.rules, compiled{Rule: x, box: r.box(&x.When),
			why: words("按派遣规则“"+x.Name+"”", "by the routing rule “"+x.words().EN+"”")})
	}
	return r
}

// maxDepth bounds the walk up a tree of categories.
const maxDepth = 8

func (r *router) setBounds(rules []Rule) {
	r.bounds = []int{0}
	for i := range rules {
		for _, s := range []string{rules[i].When.From, rules[i].When.To} {
			if m, ok := minuteOf(s); ok && m < 24*60 && !slices.Contains(r.bounds, m) && len(r.bounds) < maxBounds {
				r.bounds = append(r.bounds, m)
			}
		}
	}
	sort.Ints(r.bounds)
	slot := 0
	for m := range r.minute {
		if slot+1 < len(r.bounds) && m >= r.bounds[slot+1] {
			slot++
		}
		r.minute[m] = uint8(slot)
	}
}

// box turns a condition into sets.
func (r *router) box(w *When) box {
	var b box
	b[dimCategory] = newSet(len(r.cats) + 2)
	for i := range len(r.cats) + 2 {
		kind := Event
		if r.part[i] {
			kind = Part
		}
		if len(w.Kinds) > 0 && !slices.Contains(w.Kinds, kind) {
			continue
		}
		if len(w.Categories) > 0 && (i >= len(r.cats) || !r.below(r.cats[i], w.Categories)) {
			continue
		}
		if len(w.UnitKinds) > 0 && (r.owner[i] == "" || !slices.Contains(w.UnitKinds, r.owner[i])) {
			continue
		}
		b[dimCategory].add(i)
	}
	b[dimArea] = newSet(len(r.areas) + len(r.gridIn))
	anywhere := len(w.Areas) == 0 && len(w.Grids) == 0
	for i, a := range r.areas {
		if anywhere || slices.ContainsFunc(w.Areas, func(c int64) bool { return c != 0 && region.Within(a.Code, c) }) {
			b[dimArea].add(i)
		}
	}
	for id, i := range r.grids {
		community := r.gridIn[int(i)-len(r.areas)]
		if anywhere || slices.Contains(w.Grids, id) || slices.ContainsFunc(w.Areas, func(c int64) bool { return c != 0 && region.Within(community, c) }) {
			b[dimArea].add(int(i))
		}
	}
	b[dimGrade] = choose(len(grades), func(i int) bool {
		return len(w.Grades) == 0 || i > 0 && slices.Contains(w.Grades, grades[i])
	})
	b[dimChannel] = choose(len(channels), func(i int) bool {
		return len(w.Channels) == 0 || i > 0 && slices.Contains(w.Channels, channels[i])
	})
	b[dimSource] = choose(len(r.sources)+1, func(int) bool { return len(w.Sources) == 0 })
	for _, id := range w.Sources {
		if i, ok := r.sources[id]; ok {
			b[dimSource].add(i)
		}
	}
	from, timed := minuteOf(w.From)
	to, _ := minuteOf(w.To)
	b[dimTime] = newSet(7 * len(r.bounds))
	for day := range 7 {
		if len(w.Weekdays) > 0 && !slices.Contains(w.Weekdays, day+1) {
			continue
		}
		for slot, m := range r.bounds {
			if !timed || from < to && m >= from && m < to || from > to && (m >= from || m < to) {
				b[dimTime].add(day*len(r.bounds) + slot)
			}
		}
	}
	return b
}

func choose(n int, in func(int) bool) set {
	s := newSet(n)
	for i := range n {
		if in(i) {
			s.add(i)
		}
	}
	return s
}

// The lists behind dimGrade and dimChannel; 0 is "not known".
var (
	grades   = append([]string{""}, Grades()...)
	channels = append([]string{""}, Channels()...)
)

func gradeAt(g string) int {
	switch g {
	case General:
		return 1
	case Urgent:
		return 2
	case Critical:
		return 3
	case Complex:
		return 4
	}
	return 0
}

var channelIndex = func() map[string]int {
	m := map[string]int{}
	for i, c := range channels {
		m[c] = i
	}
	return m
}()

// below tells whether the category is one of the ids or under one of them.
func (r *router) below(c *Category, ids []int64) bool {
	for range maxDepth {
		if slices.Contains(ids, c.ID) {
			return true
		}
		i, ok := r.catAt[c.Parent]
		if !ok {
			return false
		}
		c = r.cats[i]
	}
	return false
}

// spot is a fact's place in the six dimensions, its regions from small to
// large, and its time on the wall clock.
type spot struct {
	at     [dims]int
	chain  [5]int64
	day    int64 // since 1970
	minute int   // of the day
}

func (r *router) spot(f *Facts) (s spot) {
	if i, ok := r.catAt[f.Category]; ok && f.Category != 0 {
		s.at[dimCategory] = int(i)
	} else if s.at[dimCategory] = len(r.cats); f.Kind == Part {
		s.at[dimCategory]++
	}
	code := f.Community
	if code == 0 {
		code = f.Street
	}
	if code == 0 {
		code = int64(f.District)
	}
	known := false
	if len(r.grids) > 0 && f.Grid != 0 {
		if i, ok := r.grids[f.Grid]; ok {
			s.at[dimArea], known = int(i), true
		}
	}
	n := 0
	for code != 0 && n < len(s.chain) {
		if !known {
			if i, ok := r.areaAt[code]; ok {
				s.at[dimArea], known = int(i), true
			}
		}
		s.chain[n] = code
		n++
		code = region.ParentOf(code)
	}
	if !known {
		s.at[dimArea] = int(r.areaAt[0])
	}
	if n == 0 {
		s.chain[0] = r.city
	}
	s.at[dimGrade] = gradeAt(f.Grade)
	s.at[dimChannel] = channelIndex[f.Channel]
	s.at[dimSource] = r.sources[f.Source]
	_, offset := time.UnixMicro(f.At).In(r.loc).Zone()
	sec := floorDiv(f.At, 1e6) + int64(offset)
	s.day = floorDiv(sec, 86400)
	s.minute = int(sec-s.day*86400) / 60
	s.at[dimTime] = weekdayOf(s.day)*len(r.bounds) + int(r.minute[s.minute])
	return s
}

// weekdayOf is the day of the week of a day since 1970; 0 is Monday.
func weekdayOf(day int64) int { return int(((day+3)%7 + 7) % 7) } // 1970-01-01 was a Thursday

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// match is the first rule that holds at the spot, -1 if there is none.
func (r *router) match(s *spot) int {
next:
	for i := range r.rules {
		b := &r.rules[i].box
		for d := range b {
			if !b[d].has(s.at[d]) {
				continue next
			}
		}
		return i
	}
	return -1
}

// unit finds the organisation for a unit at the spot that is not the one
// complained about; nearest first. conflict tells that one was passed over.
func (r *router) unit(u Unit, s *spot, about int64) (id int64, conflict bool) {
	if u.Org != 0 {
		if _, ok := r.orgName[u.Org]; !ok {
			return 0, false
		}
		if u.Org == about {
			return 0, true
		}
		return u.Org, false
	}
	switch u.Kind {
	case ByPrinciple:
		first, second := Territory, Owner
		if r.part[s.at[dimCategory]] {
			first, second = Owner, Territory
		}
		id, c1 := r.unit(Unit{Kind: first}, s, about)
		if id != 0 {
			return id, c1
		}
		id, c2 := r.unit(Unit{Kind: second}, s, about)
		return id, c1 || c2
	case Owner:
		kind := r.owner[s.at[dimCategory]]
		if kind == "" {
			return 0, false
		}
		return r.nearest(kind, s, about)
	case Territory:
		for _, kind := range [...]string{StreetOffice, DistrictDesk, CityDesk} {
			got, c := r.nearest(kind, s, about)
			conflict = conflict || c
			if got != 0 {
				return got, conflict
			}
		}
		return 0, conflict
	}
	return r.nearest(u.Kind, s, about)
}

func (r *router) nearest(kind string, s *spot, about int64) (id int64, conflict bool) {
	m := r.byKind[kind]
	if m == nil {
		return 0, false
	}
	for _, code := range s.chain {
		if code == 0 {
			break
		}
		for _, id := range m[code] {
			if id != about || about == 0 {
				return id, conflict
			}
			conflict = true
		}
	}
	return 0, conflict
}

// route decides.
func (r *router) route(f *Facts) (Decision, error) {
	s := r.spot(f)
	i := r.match(&s)
	if i < 0 {
		return Decision{}, NoUnit.New("why", words("没有适用的派遣规则", "no routing rule applies"))
	}
	x := &r.rules[i]
	d := Decision{Rule: x.ID, Limit: x.Then.Limit, NeedsApproval: x.Then.NeedsApproval, Why: x.why}
	lead := r.lead(&x.Then, &s, f.About)
	conflict := lead.conflict
	if lead.id == 0 {
		// The rule cannot run here, or only to the unit complained about.
		if conflict {
			lead = r.lead(&Then{Lead: Unit{Kind: Territory}}, &s, f.About)
		}
		if lead.id == 0 {
			lead = r.lead(&r.rules[len(r.rules)-1].Then, &s, f.About)
			conflict = conflict || lead.conflict
		}
		switch {
		case lead.id == 0 && conflict:
			return Decision{}, NoUnit.New("why", words("可派单位都是被反映的单位", "every unit that could take it is the one complained about"))
		case lead.id == 0:
			return Decision{}, NoUnit.New("why", words("规则“"+x.Name+"”在此处找不到单位", "the rule “"+x.Name+"” finds no unit here"))
		case !conflict:
			d.Trouble = true
			d.Why.ZH += "，但此处没有对应单位，转由兜底单位承办"
			d.Why.EN += "; it finds no unit here, so the backstop takes it"
		}
	}
	if conflict {
		d.Why.ZH += "；事件反映的是“" + r.orgName[f.About] + "”，按回避规定不由其主办"
		d.Why.EN += "; the case is about “" + r.orgName[f.About] + "”, which therefore does not lead"
	}
	d.Why.ZH += lead.why.ZH
	d.Why.EN += lead.why.EN
	d.Lead = lead.id
	for _, u := range x.Then.Assists {
		if id, _ := r.unit(u, &s, 0); id != 0 && id != d.Lead && !slices.Contains(d.Assists, id) {
			d.Assists = append(d.Assists, id)
		}
	}
	return d, nil
}

// unitWords names a unit for problems and previews.
func (r *router) unitWords(u Unit) errs.Words {
	switch {
	case u.Org != 0 && r.orgName[u.Org] != "":
		return words(r.orgName[u.Org], r.orgName[u.Org])
	case u.Org != 0:
		return words("（已撤销的单位）", "(a unit that is no more)")
	case u.Kind == ByPrinciple:
		return words("按部件/事件原则", "by the principle for parts and events")
	case u.Kind == Owner:
		return words("类别的责任单位", "the category's responsible unit")
	case u.Kind == Territory:
		return words("属地街道", "the street office of the place")
	}
	return words("“"+u.Kind+"”类单位", "units of kind "+strings.TrimSpace(u.Kind))
}
