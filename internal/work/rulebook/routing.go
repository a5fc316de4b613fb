package rulebook

import (
	"fmt"
	"slices"
	"strings"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// Org is what the rules must know of an organisation.
type Org struct {
	ID       int64
	Name     string
	Kind     string
	District int   // 0 for the city's own
	Region   int64 // code of the area that it serves: 4, 6, 9 or 12 digits
}

// Source is a program outside through which cases come: an API client, the
// hotline's gateway.
type Source struct {
	ID   int64  `json:"id"` // of its account
	Name string `json:"name"`
}

// Orgs gives the organisations that are in force and the programs that are not
// disabled. The identity room has them.
type Orgs interface {
	Orgs() []Org
	Sources() []Source
}

// Area is a node of the tree of regions; Grid areas carry the grid's id.
type Area struct {
	Code int64 // region code
	Name string
}

// Areas gives the regions that are in force and the community of a grid (0 if
// there is no such grid). region.Atlas through the app.
type Areas interface {
	Areas() []Area
	GridCommunity(grid int64) int64
}

// Unit names a unit in a rule: one organisation, or a kind that is resolved
// where the case is, the smallest area first.
type Unit struct {
	Org  int64  `json:"org,omitempty"`
	Kind string `json:"kind,omitempty"` // an organisation's kind, or one of the reserved kinds
}

// The reserved kinds of Unit.
const (
	// ByPrinciple sends parts first to their owner, then to the territory, and
	// events first to the territory, then to the owner.
	ByPrinciple = "@principle"
	// Owner is the category's responsible unit kind.
	Owner = "@owner"
	// Territory is the street office of the place, failing that the district's desk.
	Territory = "@territory"
)

// The kinds of organisation that the reserved kinds stand for.
const (
	StreetOffice = "street_office" // 街道办事处
	DistrictDesk = "district_desk" // 区级指挥中心
	CityDesk     = "city_desk"     // 市级指挥中心
)

// When is the condition of a rule. Each list is "any of"; an empty list is no
// condition. All must hold.
type When struct {
	Categories []int64  `json:"categories,omitempty"` // the category or anything below it
	Areas      []int64  `json:"areas,omitempty"`      // region codes: the region or anything inside
	Grids      []int64  `json:"grids,omitempty"`      // grid ids
	Grades     []string `json:"grades,omitempty"`
	Channels   []string `json:"channels,omitempty"`
	Sources    []int64  `json:"sources,omitempty"`    // accounts of the programs through which it came
	Kinds      []string `json:"kinds,omitempty"`      // event, part
	UnitKinds  []string `json:"unit_kinds,omitempty"` // the category's responsible unit kind
	Weekdays   []int    `json:"weekdays,omitempty"`   // 1 Monday … 7 Sunday
	From       string   `json:"from,omitempty"`       // "08:00"; with To, a window of each day
	To         string   `json:"to,omitempty"`         // exclusive; earlier than From: over midnight
}

// Then is what a rule decides.
type Then struct {
	Lead          Unit            `json:"lead"`
	Or            []Unit          `json:"or,omitempty"` // instead of the lead where there is none, in order
	Assists       []Unit          `json:"assists,omitempty"`
	Limit         *calendar.Limit `json:"limit,omitempty"` // instead of the category's
	NeedsApproval bool            `json:"needs_approval,omitempty"`
}

// Rule is one line of the ordered list; the first that matches wins. The last
// has no condition: it is the backstop.
type Rule struct {
	ID     string `json:"id"` // stable over versions, unique in the list
	Name   string `json:"name"`
	NameEN string `json:"name_en,omitempty"`
	When   When   `json:"when"`
	Then   Then   `json:"then"`
}

// Routing is one version of the ordered list and of the units' duty calendars.
type Routing struct {
	Rules  []Rule `json:"rules"`
	Duties []Duty `json:"duties,omitempty"` // at most one a unit
}

// Facts are what a case is routed by. Unknown things are 0 or "".
type Facts struct {
	Category  int64
	Kind      string // only looked at if Category is 0
	Grade     string
	Channel   string
	District  int
	Street    int64
	Community int64
	Grid      int64
	Source    int64 // account through which it came, 0 if none
	At        int64 // when it was reported, microseconds UTC
	About     int64 // the organisation that the case complains about, 0 if none
}

// Decision is where a case goes and why.
type Decision struct {
	Lead          int64
	Assists       []int64
	Limit         *calendar.Limit // instead of the category's, or nil
	NeedsApproval bool
	Rule          string     // id of the rule that decided
	Why           errs.Words // for the case's page
	Trouble       bool       // the matching rule could not run and the backstop stepped in
}

// NoUnit is Route's error when not even the backstop finds a unit: the case
// stays with the dispatcher, who sees why.
var NoUnit = errs.Declare("no_unit", 422,
	"没有可派遣的单位，请人工指定：{why}。", "No unit can take this; choose one yourself: {why}.")

const (
	maxRules = 500
	maxAny   = 1000 // entries in one list of a condition
)

// Check validates a rule by itself: forms and known words. What it means among
// the others is told by Problems.
func (r *Rule) Check(at string) error {
	if err := checkText(at+".id", r.ID, 40, true); err != nil {
		return err
	}
	if err := checkText(at+".name", r.Name, maxName, true); err != nil {
		return err
	}
	if err := checkText(at+".name_en", r.NameEN, 2*maxName, false); err != nil {
		return err
	}
	w := &r.When
	for _, l := range []struct {
		field string
		n     int
	}{{"categories", len(w.Categories)}, {"areas", len(w.Areas)}, {"grids", len(w.Grids)}, {"grades", len(w.Grades)}, {"channels", len(w.Channels)}, {"sources", len(w.Sources)}, {"unit_kinds", len(w.UnitKinds)}} {
		if l.n > maxAny {
			return errs.TooLong.New("field", l.field, "max", maxAny).In(at + ".when." + l.field)
		}
	}
	for _, g := range w.Grades {
		if !slices.Contains(Grades(), g) {
			return invalid(at+".when.grades", "没有这个等级："+g+"。", "there is no grade "+g+".")
		}
	}
	for _, c := range w.Channels {
		if !slices.Contains(Channels(), c) {
			return invalid(at+".when.channels", "没有这个来源渠道："+c+"。", "there is no channel "+c+".")
		}
	}
	for _, k := range w.Kinds {
		if k != Event && k != Part {
			return invalid(at+".when.kinds", "请选择事件或部件。", "choose event or part.")
		}
	}
	for i, k := range w.UnitKinds {
		if err := checkText(fmt.Sprintf("%s.when.unit_kinds[%d]", at, i), k, maxName, true); err != nil {
			return err
		}
	}
	from, to := w.From, w.To
	if (from == "") != (to == "") {
		return invalid(at+".when.from", "时间段要有开始和结束。", "a window needs a start and an end.")
	}
	if from == "" {
		from, to = "00:00", "24:00"
	}
	if err := checkWindow(at+".when", w.Weekdays, from, to); err != nil {
		return err
	}
	if err := r.Then.Lead.check(at + ".then.lead"); err != nil {
		return err
	}
	if len(r.Then.Or) > 5 {
		return errs.TooLong.New("field", "or", "max", 5).In(at + ".then.or")
	}
	for i, u := range r.Then.Or {
		if err := u.check(fmt.Sprintf("%s.then.or[%d]", at, i)); err != nil {
			return err
		}
	}
	if len(r.Then.Assists) > 10 {
		return errs.TooLong.New("field", "assists", "max", 10).In(at + ".then.assists")
	}
	for i, u := range r.Then.Assists {
		if err := u.check(fmt.Sprintf("%s.then.assists[%d]", at, i)); err != nil {
			return err
		}
	}
	if l := r.Then.Limit; l != nil {
		if err := l.Check(); err != nil {
			return errs.As(err).In(at + ".then.limit")
		}
	}
	return nil
}

func (u Unit) check(at string) error {
	if (u.Org == 0) == (u.Kind == "") || u.Org < 0 {
		return invalid(at, "请指定一个单位，或一类单位。", "name one organisation or one kind of organisation.")
	}
	if strings.HasPrefix(u.Kind, "@") && u.Kind != ByPrinciple && u.Kind != Owner && u.Kind != Territory {
		return invalid(at, "没有这种派遣方式。", "there is no such way to find a unit.")
	}
	return checkText(at, u.Kind, maxName, false)
}

// Check validates the list's form.
func (r *Routing) Check() error {
	if len(r.Rules) > maxRules {
		return errs.TooLong.New("field", "rules", "max", maxRules).In("rules")
	}
	seen := map[string]bool{}
	for i := range r.Rules {
		at := fmt.Sprintf("rules[%d]", i)
		if err := r.Rules[i].Check(at); err != nil {
			return err
		}
		if seen[r.Rules[i].ID] {
			return invalid(at+".id", "规则编号重复。", "two rules have this id.")
		}
		seen[r.Rules[i].ID] = true
	}
	if len(r.Duties) > maxDuties {
		return errs.TooLong.New("field", "duties", "max", maxDuties).In("duties")
	}
	units := map[int64]bool{}
	for i := range r.Duties {
		d, at := &r.Duties[i], fmt.Sprintf("duties[%d]", i)
		if err := d.check(at); err != nil {
			return err
		}
		if units[d.Org] {
			return invalid(at+".org", "该单位已有值班安排。", "this unit has a duty calendar already.")
		}
		units[d.Org] = true
	}
	return nil
}

// words is the rule's name in both languages.
func (r *Rule) words() errs.Words {
	if r.NameEN == "" {
		return words(r.Name, r.Name)
	}
	return words(r.Name, r.NameEN)
}

// leads are the units that may lead, in order.
func (t *Then) leads() []Unit { return append([]Unit{t.Lead}, t.Or...) }

// IsBackstop tells whether the rule takes whatever comes.
func (w *When) IsBackstop() bool {
	return len(w.Categories) == 0 && len(w.Areas) == 0 && len(w.Grids) == 0 && len(w.Grades) == 0 &&
		len(w.Channels) == 0 && len(w.Sources) == 0 && len(w.Kinds) == 0 && len(w.UnitKinds) == 0 && len(w.Weekdays) == 0 && w.From == ""
}

// minuteOf reads "08:30" as minutes of the day; "24:00" is the end.
func minuteOf(s string) (int, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	m := (int(s[0]-'0')*10+int(s[1]-'0'))*60 + int(s[3]-'0')*10 + int(s[4]-'0')
	return m, m <= 24*60 && s[3] < '6'
}
