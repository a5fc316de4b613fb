package access

import (
	"slices"
	"strings"

	"linli/internal/kernel/errs"
)

// Scope is what an act may reach. Only this package makes one, from an actor's
// posts or with System; the zero Scope reaches nothing. It is a value: methods
// that narrow it return a new one.
type Scope struct {
	actor  *Actor
	post   Post
	today  int
	areas  []area
	narrow bool // inside one district only
	in     int  // that district, when narrow
	system string
	own    int64 // the case that a visitor has proved to have reported
}

// area is what one post reaches.
type area struct {
	post     Post
	kind     kind
	code     int64 // region code (prefix for wide), grid id or organisation id
	district int   // the one district it can lie in; 0 for wide and for city-wide organisations
}

type kind int8

const (
	wide kind = iota // city or larger: all districts with the prefix, and the city's own rows (district 0)
	district
	street
	community
	grid
	org
)

func areaOf(r *Role, p Post) (area, bool) {
	a := area{post: p, district: DistrictOf(p.Region)}
	switch r.Level {
	case ByGrid:
		a.kind, a.code = grid, p.Grid
		return a, p.Grid > 0 && a.district > 0
	case ByOrg:
		a.kind, a.code = org, p.Org
		return a, p.Org > 0 && p.Region > 0
	}
	a.code = p.Region
	switch Digits(p.Region) {
	case 2, 4:
		a.kind = wide
	case 6:
		a.kind = district
	case 9:
		a.kind = street
	case 12:
		a.kind = community
	default:
		return a, false
	}
	return a, r.Level == ByRegion
}

// System is the scope of the program itself: jobs, simulator, import, command
// line. It reaches everything; why names the reason for the audit. Requests
// never get one.
func System(why string) Scope {
	if why == "" {
		panic("access: a system scope needs a reason")
	}
	return Scope{system: why}
}

// Visitor is the scope of somebody without an account at the city's door: who
// reports, and then follows the own report. It reaches the whole city, so that a
// report may be about any place in it; on cases that are there it grants nothing
// but what Own adds.
func Visitor(city int64) Scope {
	a := &Actor{Lang: "zh", visits: true, Posts: []Post{{Role: visitor.Code, Region: city}}}
	s, err := a.scopeOf(visitor.Perms, 0)
	if err != nil {
		panic("access: no city has the code of the visitor's") // a programmer's mistake: codes have 4 digits
	}
	return s
}

// Own is the visitor's scope once it was proved, by the follow-up code, that the
// case is the visitor's own. Other scopes stay as they are.
func (s Scope) Own(caseID int64) Scope {
	if s.Visits() {
		s.own = caseID
	}
	return s
}

// Visits tells whether the scope is a visitor's.
func (s Scope) Visits() bool { return s.actor != nil && s.actor.visits }

// Owns tells whether the case is the visitor's own.
func (s Scope) Owns(caseID int64) bool { return s.own != 0 && s.own == caseID }

// SystemReason is the reason given to System, or "" for a person's scope.
func (s Scope) SystemReason() string { return s.system }

// Actor is who acts; nil for anonymous callers and for System.
func (s Scope) Actor() *Actor { return s.actor }

// Account is the id of who acts, 0 for anonymous callers and for System.
func (s Scope) Account() int64 {
	if s.actor == nil {
		return 0
	}
	return s.actor.Account
}

// Today is the day (yyyymmdd) for which the scope was made.
func (s Scope) Today() int { return s.today }

// Post is the first post that grants the act. Where a target is known,
// PostFor is more exact.
func (s Scope) Post() Post { return s.post }

// PostFor is the post through which the actor reaches the target.
func (s Scope) PostFor(t Target) (Post, bool) {
	if s.narrow && t.District != s.in {
		return Post{}, false
	}
	for _, a := range s.areas {
		if a.covers(t) {
			return a.post, true
		}
	}
	return Post{}, false
}

// Posts lists the posts that make up the scope.
func (s Scope) Posts() []Post {
	out := make([]Post, len(s.areas))
	for i, a := range s.areas {
		out[i] = a.post
	}
	return out
}

// For is the actor's scope for another permission on the same day, for
// operations whose parts need different ones. A System scope stays itself.
func (s Scope) For(p Perm) (Scope, error) {
	if s.system != "" {
		return s, nil
	}
	t, err := s.actor.Scope(p, s.today)
	if err != nil {
		return Scope{}, err
	}
	t.own = s.own
	if s.narrow {
		n, ok := t.PerDistrict(s.in)
		if !ok {
			return Scope{}, errs.NotFound.New()
		}
		return n, nil
	}
	return t, nil
}

// Empty tells whether the scope reaches nothing whatever.
func (s Scope) Empty() bool { return s.system == "" && len(s.areas) == 0 }

// CityWide tells whether the scope reaches a whole city or everything.
func (s Scope) CityWide() bool {
	if s.narrow {
		return false
	}
	return s.system != "" || slices.ContainsFunc(s.areas, func(a area) bool { return a.kind == wide })
}

// Districts lists the districts that the scope can touch, in order. City posts
// and System have all that SetDistricts told, preceded by 0 for the rows of
// the city level.
func (s Scope) Districts() []int {
	if s.narrow {
		return []int{s.in}
	}
	var out []int
	if s.system != "" {
		out = append(out, 0)
		if all := districts.Load(); all != nil {
			out = append(out, *all...)
		}
		return out
	}
	for _, a := range s.areas {
		out = append(out, a.districts()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// PerDistrict narrows the scope to one district (0 = city level), so that
// lists over several run one query each; false if it cannot touch it.
func (s Scope) PerDistrict(code int) (Scope, bool) {
	if s.system == "" && !slices.Contains(s.Districts(), code) || s.narrow && s.in != code {
		return Scope{}, false
	}
	n := s
	n.narrow, n.in, n.areas = true, code, nil
	for _, a := range s.areas {
		if slices.Contains(a.districts(), code) {
			n.areas = append(n.areas, a)
		}
	}
	if len(n.areas) > 0 {
		n.post = n.areas[0].post
	}
	return n, true
}

// Cols names the columns of a table that scopes are compiled to, with alias
// ("c.street"). "" = the table lacks it, and what needs it matches nothing.
// Org is a column, or a template with one or more ? for the organisation:
// "(c.lead = ? OR EXISTS (SELECT 1 FROM … WHERE u.org = ?))".
type Cols struct{ District, Street, Community, Grid, Org string }

// Where compiles the scope to an SQL condition, in brackets where needed, with
// ? placeholders. It holds for exactly the rows whose Target is covered.
func (s Scope) Where(c Cols) (string, []any) {
	if s.system != "" {
		if !s.narrow {
			return "1=1", nil
		}
		return equal(c.District, int64(s.in))
	}
	var terms []string
	var args []any
	add := func(sql string, a ...any) { terms, args = append(terms, sql), append(args, a...) }
	var whole []int // districts reached as a whole
	byCol := map[string][]any{}
	var order []string
	col := func(name string, v int64) {
		if name == "" {
			return
		}
		if byCol[name] == nil {
			order = append(order, name)
		}
		if !slices.Contains(byCol[name], any(v)) {
			byCol[name] = append(byCol[name], v)
		}
	}
	for _, a := range s.areas {
		switch a.kind {
		case wide, district:
			if s.narrow { // PerDistrict kept only areas that touch it, so this is all of it
				return equal(c.District, int64(s.in))
			}
			whole = append(whole, a.districts()...)
		case street:
			col(c.Street, a.code)
		case community:
			col(c.Community, a.code)
		case grid:
			col(c.Grid, a.code)
		}
	}
	if len(whole) > 0 {
		slices.Sort(whole)
		for _, d := range slices.Compact(whole) {
			col(c.District, int64(d))
		}
	}
	for _, name := range order {
		add(oneOf(name, byCol[name]), byCol[name]...)
	}
	for _, a := range s.areas {
		if a.kind != org || c.Org == "" {
			continue
		}
		sql, n := c.Org, strings.Count(c.Org, "?")
		if n == 0 {
			sql, n = c.Org+" = ?", 1
		}
		vals := slices.Repeat([]any{a.code}, n)
		if !s.narrow {
			if c.District == "" {
				continue
			}
			var in []any
			for _, d := range a.districts() {
				in = append(in, int64(d))
			}
			sql, vals = "("+oneOf(c.District, in)+" AND "+sql+")", append(in, vals...)
		}
		add(sql, vals...)
	}
	if len(terms) == 0 {
		return "1=0", nil
	}
	sql := strings.Join(terms, " OR ")
	if len(terms) > 1 {
		sql = "(" + sql + ")"
	}
	if s.narrow {
		if c.District == "" {
			return "1=0", nil
		}
		return "(" + c.District + " = ? AND " + sql + ")", append([]any{s.in}, args...)
	}
	return sql, args
}

func oneOf(col string, vals []any) string {
	if len(vals) == 1 {
		return col + " = ?"
	}
	return col + " IN (?" + strings.Repeat(",?", len(vals)-1) + ")"
}

func equal(col string, v int64) (string, []any) {
	if col == "" {
		return "1=0", nil
	}
	return col + " = ?", []any{v}
}

// Target is a thing that a scope may or may not reach: where it lies and which
// organisations lead or assist.
type Target struct {
	District  int
	Street    int64
	Community int64
	Grid      int64
	Orgs      []int64
}

// Covers is Where in Go: it tells whether the scope reaches the target.
func (s Scope) Covers(t Target) bool {
	if s.system != "" {
		return !s.narrow || t.District == s.in
	}
	_, ok := s.PostFor(t)
	return ok
}

// Check is Covers as an error: errs.NotFound for what is out of reach.
func (s Scope) Check(t Target) error {
	if !s.Covers(t) {
		return errs.NotFound.New()
	}
	return nil
}

func (a area) covers(t Target) bool {
	switch a.kind {
	case wide:
		return inside(t.District, a.code)
	case district:
		return int64(t.District) == a.code
	case street:
		return t.Street == a.code
	case community:
		return t.Community == a.code
	case grid:
		return t.Grid == a.code
	case org:
		return slices.Contains(t.Orgs, a.code) &&
			(t.District == a.district || a.district == 0 && inside(t.District, a.post.Region))
	}
	return false
}

// inside tells whether a row of the district (0 = city level) belongs to the
// city with the code.
func inside(district int, city int64) bool {
	return district == 0 || hasPrefix(int64(district), city) && served(district)
}

// districts lists where the area can touch rows.
func (a area) districts() []int {
	switch {
	case a.kind == wide:
		return append([]int{0}, districtsUnder(a.code)...)
	case a.kind == org && a.district == 0:
		return append([]int{0}, districtsUnder(a.post.Region)...)
	}
	return []int{a.district}
}
