package card

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/people/liaison"
	"linli/internal/people/party"
	"linli/internal/people/workforce"
	"linli/internal/work/cases"
)

// Line is somebody or something responsible for the grid.
type Line struct {
	Part        string // see Parts
	Name        string // of the person or place
	Of          string // the organisation, or what it covers
	Phone       string
	Public      bool // the number, and a company's contact, may be shown to everybody
	From, Until int  // days of a cover, last day of a term or contract; 0: none
	Away        bool
}

// Parts are the parts of a card, in their order, with their names.
var Parts = []struct {
	Code string
	Name errs.Words
}{
	{"secretary", w("网格党支部书记", "Branch secretary")}, {"worker", w("网格员", "Grid worker")}, {"cover", w("代班网格员", "Covering")}, {"duty", w("网格员值班电话", "Grid worker on duty")},
	{"district_leader", w("包联区级领导", "District leader")}, {"department_head", w("包联部门负责人", "Department head")}, {"street_leader", w("包联街道领导", "Street leader")},
	{"police", w("社区民警", "Community police")}, {"doctor", w("家庭医生", "Family doctor")}, {"lawyer", w("法律顾问", "Legal adviser")}, {"hall", w("邻里和合厅", "Nearest hall")},
	{"property", w("物业公司", "Property company")}, {"owners", w("业主委员会", "Owners’ committee")}, {"resident", w("驻区单位", "Resident organisation")},
	{"group", w("楼栋党小组", "Building group")}, {"other", w("其他", "Other")},
}

// Gap is something that the grid lacks.
type Gap string

// Gaps are what may be lacking, with their names.
var Gaps = map[Gap]errs.Words{
	"no_branch": w("没有网格党支部", "no branch"), "no_secretary": w("没有在任书记", "no secretary in office"), "no_worker": w("没有网格员", "no grid worker"),
	"no_district_leader": w("没有包联区级领导", "no district leader"), "no_department_head": w("没有包联部门负责人", "no department head"), "no_street_leader": w("没有包联街道领导", "no street leader"),
	"no_police": w("没有社区民警", "no police contact"), "no_hall": w("没有服务点", "no service point"), "nobody_covers": w("网格员请假，无人代班", "the worker is on leave and nobody covers"),
}

// Card is everything about one grid on one day.
type Card struct {
	Grid
	Branch        string
	Lines         []Line
	Visits        []errs.Words // leaders whose visit of the quarter is due
	Households    int          // member households
	Open, Overdue int          // cases; −1 where the caller may not read cases
	Gaps          []Gap
}

// Grid is where a card is about.
type Grid struct {
	ID, Code  int64
	Name      string
	Kind      string // basic or dedicated
	Dedicated bool
	Place     string // names of the district, street and community
	Homes     int
	Target    access.Target
}

// Service reads cards.
type Service struct {
	Party   *party.Service
	Liaison *liaison.Service
	Staff   *workforce.Service
	Cases   *cases.Service
	Today   func() int
	Name    func(account int64) string
	Grid    func(id int64) (Grid, bool) // of today
	Grids   func() []Grid
	City    func() string
	Now     func() string // as people write it
	Link    string        // address of the residents' pages; "": where the request came to
}

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// keeper reads who holds office for a grid that the caller reaches.
var keeper = access.System("grid card")

// Of is the card of a grid that the scope reaches, or that its person looks after.
func (s *Service) Of(ctx context.Context, scope access.Scope, id int64) (*Card, error) {
	g, ok := s.Grid(id)
	if !ok {
		return nil, errs.NotFound.New()
	}
	here := []string{ledger.Where("grid", "=", id), ledger.Where("on", "=", ledger.Day(s.Today()))}
	if !scope.Covers(g.Target) {
		mine, _, err := s.Liaison.Posts.Rows(ctx, keeper, ledger.Filter{Where: append(slices.Clone(here), ledger.Where("account", "=", scope.Account())), Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(mine) == 0 {
			return nil, errs.NotFound.New()
		}
	}
	c := &Card{Grid: g, Open: -1, Overdue: -1}
	steps := []func(context.Context, *Card, []string) error{s.chain, s.leaders, s.team, s.neighbours}
	for _, step := range steps {
		if err := step(ctx, c, here); err != nil {
			return nil, err
		}
	}
	if read, err := scope.For(access.CaseRead); err == nil {
		open := true
		f := cases.Filter{District: g.Target.District, Grids: []int64{id}, Open: &open}
		late := f
		late.Overdue = true
		var err1, err2 error
		c.Open, _, err1 = s.Cases.Count(ctx, read, f, 10_000)
		c.Overdue, _, err2 = s.Cases.Count(ctx, read, late, 10_000)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(c.Lines, func(a, b Line) int { return order(a.Part) - order(b.Part) })
	c.gaps()
	hide(c, scope)
	return c, nil
}

func order(part string) int {
	for i, p := range Parts {
		if p.Code == part {
			return i
		}
	}
	return len(Parts)
}

// hide leaves out numbers that are not public where the caller may not read the
// registers that hold them.
func hide(c *Card, scope access.Scope) {
	may := func(p access.Perm) bool {
		s, err := scope.For(p)
		return err == nil && s.Covers(c.Target)
	}
	party, contacts := may(access.PartyRead), may(access.LiaisonRead)
	for i := range c.Lines {
		l := &c.Lines[i]
		seen := contacts
		switch l.Part {
		case "secretary", "group", "property", "owners", "resident":
			seen = party
		}
		if !l.Public && !seen {
			l.Phone = ""
		}
	}
}

// chain reads the branch, its secretary, the building groups and member households.
func (s *Service) chain(ctx context.Context, c *Card, here []string) error {
	orgs := map[int64]*party.Org{}
	if err := s.Party.Orgs.All(ctx, keeper, ledger.Filter{Where: here, Sort: "id"}, func(o *party.Org) error {
		orgs[o.ID] = o
		if o.Level == party.AtGrid {
			c.Branch = o.Name
		}
		return nil
	}); err != nil {
		return err
	}
	held := map[int64]bool{}
	if err := s.Party.Posts.All(ctx, keeper, ledger.Filter{Where: slices.Concat(here, []string{"office=secretary"}), Sort: "id"}, func(p *party.Post) error {
		o := orgs[p.Holder]
		if o == nil {
			return nil
		}
		held[o.ID] = true
		l := Line{Part: "secretary", Name: p.Name, Of: o.Name, Phone: p.Phone, Public: p.Board, Until: int(p.To)}
		if o.Level == party.AtBuilding {
			l.Part, l.Of = "group", o.Name
			if o.Covers != "" {
				l.Of += "（" + o.Covers + "）"
			}
		}
		c.Lines = append(c.Lines, l)
		return nil
	}); err != nil {
		return err
	}
	for _, o := range orgs {
		if o.Level == party.AtBuilding && !held[o.ID] {
			c.Lines = append(c.Lines, Line{Part: "group", Of: o.Name})
		}
	}
	slices.SortStableFunc(c.Lines, func(a, b Line) int { return strings.Compare(a.Of, b.Of) })
	n, _, err := s.Party.Households.Count(ctx, keeper, ledger.Filter{Where: here}, 10_000)
	c.Households = n
	if err != nil {
		return err
	}
	return s.Party.Sides.All(ctx, keeper, ledger.Filter{Where: here, Sort: "id"}, func(x *party.Side) error {
		if x.Side != "branch" { // its secretary stands there already
			c.Lines = append(c.Lines, Line{Part: x.Side, Name: x.Contact, Of: x.Name, Phone: x.Phone, Public: x.Board})
		}
		return nil
	})
}

// leaders reads who looks after the grid from above, and whose visit is due.
func (s *Service) leaders(ctx context.Context, c *Card, here []string) error {
	if err := s.Liaison.Posts.All(ctx, keeper, ledger.Filter{Where: here, Sort: "id"}, func(p *liaison.Post) error {
		c.Lines = append(c.Lines, Line{Part: p.Kind, Name: s.Name(p.Account), Until: int(p.To)})
		return nil
	}); err != nil {
		return err
	}
	due, err := s.Liaison.Outstanding(ctx, keeper, here[0])
	for _, p := range due {
		c.Visits = append(c.Visits, s.Liaison.Kind(p))
	}
	return err
}

// team reads the workers under contract and who covers for them.
func (s *Service) team(ctx context.Context, c *Card, here []string) error {
	away := map[int64]bool{}
	if err := s.Staff.Absences.All(ctx, keeper, ledger.Filter{Where: here, Sort: "id"}, func(a *workforce.Absence) error {
		away[a.Account] = true
		if a.Cover != 0 {
			c.Lines = append(c.Lines, Line{Part: "cover", Name: s.Name(a.Cover), From: int(a.From), Until: int(a.To)})
		}
		return nil
	}); err != nil {
		return err
	}
	return s.Staff.Contracts.All(ctx, keeper, ledger.Filter{Where: here, Sort: "id"}, func(x *workforce.Contract) error {
		c.Lines = append(c.Lines, Line{Part: "worker", Name: s.Name(x.Account), Until: int(x.To), Away: away[x.Account]})
		return nil
	})
}

// neighbours reads the other contacts of the grid.
func (s *Service) neighbours(ctx context.Context, c *Card, here []string) error {
	return s.Liaison.Contacts.All(ctx, keeper, ledger.Filter{Where: here, Sort: "id"}, func(x *liaison.Contact) error {
		part := x.Role
		if part == "worker" {
			part = "duty"
		}
		c.Lines = append(c.Lines, Line{Part: part, Name: x.Name, Phone: x.Phone, Public: x.Board})
		return nil
	})
}

// gaps finds what is lacking. Only a grid where people live has a chain and leaders.
func (c *Card) gaps() {
	has := map[string]bool{}
	present := false
	for _, l := range c.Lines {
		has[l.Part] = has[l.Part] || l.Name != ""
		present = present || l.Part == "worker" && !l.Away
	}
	lack := func(yes bool, g Gap) {
		if yes {
			c.Gaps = append(c.Gaps, g)
		}
	}
	lack(!has["worker"], "no_worker")
	lack(has["worker"] && !present && !has["cover"], "nobody_covers")
	if c.Dedicated {
		return
	}
	lack(c.Branch == "", "no_branch")
	lack(c.Branch != "" && !has["secretary"], "no_secretary")
	for _, part := range []string{"district_leader", "department_head", "street_leader", "police", "hall"} {
		lack(!has[part], Gap("no_"+part))
	}
}

// Public is the card as everybody may see it: offices with the names of who holds
// them, and of numbers only those that may be public.
func (c *Card) Public() []Line {
	var out []Line
	for _, l := range c.Lines {
		p := Line{Part: l.Part, Name: l.Name, Of: l.Of, From: l.From, Until: l.Until}
		switch l.Part {
		case "cover":
		case "property", "owners", "resident", "other":
			p.Until = 0
			if !l.Public { // who answers there is told with the number only
				p.Name = ""
			}
		default:
			p.From, p.Until = 0, 0
		}
		if l.Public {
			p.Phone, p.Public = l.Phone, true
		}
		if p.Name != "" || p.Of != "" {
			out = append(out, p)
		}
	}
	return out
}

// name is what the sheet and the page call a part.
func name(part, lang string) string {
	for _, p := range Parts {
		if p.Code == part {
			return p.Name.In(lang)
		}
	}
	return part
}

func iso(day int) string {
	if day == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", day/10000, day/100%100, day%100)
}
