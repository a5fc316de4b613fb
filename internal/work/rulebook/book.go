package rulebook

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// Book is everything in force during a stretch of days, compiled. It never
// changes; whoever holds one may go on using it.
type Book struct {
	FromDay, ToDay int   // the days [FromDay, ToDay) for which it holds; ToDay 0: no end known yet
	from, to       int64 // the same as instants
	seen           *seen // what it was made of

	cats     map[int64]*entry
	tree     []*Category // in force, parents before children, siblings by code
	settings Settings
	none     [4][]StageLimit // limits without a category
	cal      *calendar.Calendar
	router   *router
	routing  Version[Routing]
	setting  Version[Settings]
	problems []Problem
	private  []int64
}

// entry is a category in a Book; those closed for new cases are there too.
type entry struct {
	*Category
	open   bool
	limits [4][]StageLimit
	rate   [4]float64
}

// Version is a body with what is known of its publication.
type Version[T any] struct {
	Version   int
	ValidFrom int
	ValidTo   int
	Note      string
	CreatedBy int64
	CreatedAt int64
	Body      T
}

// inForce picks the newest version that has begun on the day and has not ended.
func inForce[T any](list []Version[T], day int) (v Version[T], ok bool) {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].ValidFrom <= day {
			return list[i], list[i].ValidTo == 0 || list[i].ValidTo > day
		}
	}
	return v, false
}

// seen is everything published so far, and the organisations, programs and regions: what
// Books are made of.
type seen struct {
	stamp      int64
	categories map[int64][]Version[*Category]
	years      map[int][]Version[calendar.Year]
	hours      []Version[Hours]
	routing    []Version[Routing]
	settings   []Version[Settings]
	orgs       []Org
	sources    []Source
	areas      []Area
	grid       func(int64) int64
}

// Hours is the calendar's zone and the working hours of every working day.
type Hours struct {
	Zone  string          `json:"zone"`
	Spans []calendar.Span `json:"spans"`
}

// UnmarshalJSON reads and checks what was written as {"zone", "spans"}.
func (h *Hours) UnmarshalJSON(raw []byte) error {
	var s calendar.Spec
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	*h = Hours{s.Zone, s.Spans}
	return nil
}

// bounds finds the days around day between which nothing changes.
func (s *seen) bounds(day int) (from, to int) {
	look := func(d int) {
		switch {
		case d == 0:
		case d <= day:
			from = max(from, d)
		case to == 0 || d < to:
			to = d
		}
	}
	for _, l := range s.categories {
		eachDay(l, look)
	}
	for _, l := range s.years {
		eachDay(l, look)
	}
	eachDay(s.hours, look)
	eachDay(s.routing, look)
	eachDay(s.settings, look)
	return from, to
}

func eachDay[T any](list []Version[T], f func(int)) {
	for _, v := range list {
		f(v.ValidFrom)
		f(v.ValidTo)
	}
}

// calendarOn compiles the calendar in force on a day: the standard one, with
// what the city published instead.
func (s *seen) calendarOn(day int, years map[int]calendar.Year, hours *Hours) (*calendar.Calendar, error) {
	spec := calendar.Standard().Spec()
	if h, ok := inForce(s.hours, day); ok {
		spec.Zone, spec.Spans = h.Body.Zone, h.Body.Spans
	}
	for y, list := range s.years {
		if v, ok := inForce(list, day); ok {
			spec.Years[y] = v.Body
		}
	}
	for y, v := range years {
		spec.Years[y] = v
	}
	if hours != nil {
		spec.Zone, spec.Spans = hours.Zone, hours.Spans
	}
	return calendar.New(spec)
}

// catsOn gives, for a day, the newest version of every category that has begun
// (or its first, if none has) and which of them are open for new cases.
func (s *seen) catsOn(day int) (all []*Category, open map[int64]bool) {
	open = map[int64]bool{}
	for id, list := range s.categories {
		v, ok := inForce(list, day)
		if v.Body == nil {
			v = list[0]
		}
		all = append(all, v.Body)
		open[id] = ok
	}
	byID := make(map[int64]*Category, len(all))
	for _, c := range all {
		byID[c.ID] = c
	}
	for _, c := range all { // what hangs on a closed branch is closed
		up := c
		for range maxDepth {
			if up = byID[up.Parent]; up == nil {
				break
			}
			if !open[up.ID] {
				open[c.ID] = false
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b *Category) int { return cmp.Compare(a.ID, b.ID) })
	return all, open
}

// world is what rules are compiled against on a day.
func (s *seen) world(day int, cal *calendar.Calendar) *world {
	all, open := s.catsOn(day)
	return &world{cats: all, open: open, areas: s.areas, grid: s.grid, orgs: s.orgs, sources: s.sources, loc: cal.Location(), cal: cal}
}

// book compiles what is in force on the day.
func (s *seen) book(day int) (*Book, error) {
	b := &Book{seen: s, cats: map[int64]*entry{}}
	b.FromDay, b.ToDay = s.bounds(day)
	var err error
	if b.cal, err = s.calendarOn(day, nil, nil); err != nil {
		return nil, fmt.Errorf("rulebook: the calendar in force on %d: %w", day, err)
	}
	if b.FromDay > 0 {
		b.from = b.cal.DayStart(b.FromDay)
	} else {
		b.from = -1 << 62
	}
	b.to = 1 << 62
	if b.ToDay > 0 {
		b.to = b.cal.DayStart(b.ToDay)
	}
	b.settings = DefaultSettings()
	if v, ok := inForce(s.settings, day); ok {
		b.setting, b.settings = v, v.Body
	}
	w := s.world(day, b.cal)
	for _, c := range w.cats {
		b.cats[c.ID] = &entry{Category: c, open: w.open[c.ID]}
	}
	leaf := map[int64]bool{}
	for _, e := range b.cats {
		leaf[e.ID] = true
	}
	for _, e := range b.cats {
		if e.open {
			leaf[e.Parent] = false
		}
	}
	for _, e := range b.cats {
		c := *e.Category // versions are shared between Books
		c.Leaf = leaf[c.ID]
		e.Category = &c
	}
	for _, e := range b.cats {
		chain := b.chain(e.Category)
		for i, g := range Grades() {
			e.limits[i] = limitsOf(chain, g, &b.settings)
			e.rate[i] = b.settings.CallBackRate[g]
			for _, c := range chain {
				if c.CallBackRate != nil {
					e.rate[i] = *c.CallBackRate
					break
				}
			}
		}
		if slices.ContainsFunc(chain, func(c *Category) bool { return c.Private }) {
			b.private = append(b.private, e.ID)
		}
		if e.open {
			b.tree = append(b.tree, e.Category)
		}
	}
	slices.Sort(b.private)
	for i, g := range Grades() {
		b.none[i] = limitsOf(nil, g, &b.settings)
	}
	depth := func(c *Category) int { return len(b.chain(c)) }
	slices.SortFunc(b.tree, func(x, y *Category) int {
		return cmp.Or(cmp.Compare(depth(x), depth(y)), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Code, y.Code), cmp.Compare(x.ID, y.ID))
	})
	if v, ok := inForce(s.routing, day); ok {
		b.routing = v
	}
	b.router = newRouter(b.routing.Body, w)
	if b.routing.Version > 0 {
		b.problems = problems(b.routing.Body, w)
	}
	return b, nil
}

// chain is the category and those above it.
func (b *Book) chain(c *Category) []*Category {
	out := []*Category{c}
	for len(out) < maxDepth {
		up := b.cats[c.Parent]
		if up == nil {
			break
		}
		c = up.Category
		out = append(out, c)
	}
	return out
}

// Holds tells whether the Book is the one in force at the instant.
func (b *Book) Holds(now int64) bool { return now >= b.from && now < b.to }

// Category returns the version in force; for one that is closed for new cases,
// the last. The value is shared: do not change it.
func (b *Book) Category(id int64) (*Category, error) {
	if e := b.cats[id]; e != nil {
		return e.Category, nil
	}
	return nil, errs.NotFound.New()
}

// ByCode finds the category that has the code now, or, if none has, had it last.
func (b *Book) ByCode(code string) (int64, bool) {
	found := int64(0)
	for id, e := range b.cats {
		if e.Code == code && (e.open || found == 0) {
			found = id
		}
	}
	return found, found != 0
}

// Open tells whether new cases may use the category.
func (b *Book) Open(id int64) bool { e := b.cats[id]; return e != nil && e.open }

// CategoryAt returns the version that a case was filed under.
func (b *Book) CategoryAt(id int64, version int) (*Category, error) {
	for _, v := range b.seen.categories[id] {
		if v.Version == version {
			return v.Body, nil
		}
	}
	return nil, errs.NotFound.New()
}

// Tree lists the categories open for new cases: parents before children,
// events before parts, siblings by code.
func (b *Book) Tree() []*Category { return b.tree }

// Private lists the categories, closed ones too, whose cases are never shown to
// the public: those marked so and all under them. In order of id.
func (b *Book) Private() []int64 { return b.private }

// Under tells whether the category is the other or lies below it.
func (b *Book) Under(id, above int64) bool {
	for range maxDepth {
		if id == above {
			return true
		}
		e := b.cats[id]
		if e == nil {
			return false
		}
		id = e.Parent
	}
	return false
}

// Limits lists the limits of a case: whole, triage, sign, handle, its
// milestones, verify, call-back, as far as there are any. Category 0, or one
// that is unknown, has the grade's limits; an unknown grade counts as general.
// The list is shared: do not change it.
func (b *Book) Limits(category int64, grade string) []StageLimit {
	g := max(gradeAt(grade)-1, 0)
	if e := b.cats[category]; e != nil {
		return e.limits[g]
	}
	return b.none[g]
}

// LimitsAt is Limits under an earlier version of the category.
func (b *Book) LimitsAt(category int64, version int, grade string) ([]StageLimit, error) {
	if e := b.cats[category]; e != nil && e.Version == version {
		return b.Limits(category, grade), nil
	}
	c, err := b.CategoryAt(category, version)
	if err != nil {
		return nil, err
	}
	if gradeAt(grade) == 0 {
		grade = General
	}
	return limitsOf(b.chain(c), grade, &b.settings), nil
}

// Limit is one of Limits; false if the stage has none.
func (b *Book) Limit(category int64, grade, stage string) (StageLimit, bool) {
	for _, l := range b.Limits(category, grade) {
		if l.Stage == stage {
			return l, true
		}
	}
	return StageLimit{}, false
}

// CallBackRate is the share of resolved cases that are called back, 0 to 1.
func (b *Book) CallBackRate(category int64, grade string) float64 {
	g := max(gradeAt(grade)-1, 0)
	if e := b.cats[category]; e != nil {
		return e.rate[g]
	}
	return b.settings.CallBackRate[Grades()[g]]
}

// Settings are the city's numbers. The maps are shared: do not change them.
func (b *Book) Settings() *Settings { return &b.settings }

// Calendar is the calendar in force.
func (b *Book) Calendar() *calendar.Calendar { return b.cal }

// Route finds the unit for a case by the first rule that matches. It takes
// about a microsecond. A case about a unit never has that unit as its lead.
func (b *Book) Route(f Facts) (Decision, error) { return b.router.route(&f) }

// Rules is the list in force and its version; version 0: none published.
func (b *Book) Rules() Version[Routing] { return b.routing }

// Problems lists rules in force that cannot run as things are now, for
// instance because a unit was closed after they were published.
func (b *Book) Problems() []Problem { return b.problems }

// errNoBook is impossible after Open.
var errNoBook = errors.New("rulebook: nothing loaded")
