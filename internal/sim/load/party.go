package load

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/people/identity"
	"linli/internal/people/party"
	"linli/internal/sim/city"
)

// What the practice counts (DOMAIN.md), at scale 1. The city gets so many records.
const (
	branches   = 456
	groups     = 2280
	households = 3189
	raised     = 32
	members    = 35000
)

// parts is a share of a total for a city of the scale, at least 1.
func parts(total int, scale float64) int { return max(1, int(math.Round(float64(total)*scale))) }

// Chain writes the party chain of the city: everything that exists on its last day.
func Chain(ctx context.Context, r *party.Registers, people *identity.Service, c *city.City) error {
	b := &chain{ctx: ctx, r: r, c: c, orgs: orgIDs(people, c), rng: rand.New(rand.NewPCG(c.Seed, 0x70617274)), scope: access.System("synthetic city")}
	for _, step := range []func() error{b.communities, b.branches, b.groups, b.posts, b.households, b.members, b.sides} {
		if err := step(); err != nil {
			return fmt.Errorf("party chain: %w", err)
		}
	}
	return nil
}

type chain struct {
	ctx   context.Context
	r     *party.Registers
	c     *city.City
	orgs  map[int64]int64 // organisation of the city → its id in the database
	rng   *rand.Rand
	scope access.Scope

	coms  []party.Org // one for each community
	twigs []party.Org // branches
	knots []party.Org // building groups
}

// ago is a day some days before the city's last.
func (b *chain) ago(days int) ledger.Day { return dayFrom(b.c.Until.AddDate(0, 0, -days)) }

func dayFrom(t time.Time) ledger.Day {
	return ledger.Day(t.Year()*10000 + int(t.Month())*100 + t.Day())
}

func (b *chain) communities() error {
	for i := range b.c.Communities {
		m := &b.c.Communities[i]
		b.coms = append(b.coms, party.Org{Row: ledger.Row{Region: m.Code, From: b.ago(1400)}, Name: "中共" + m.Name + "总支部委员会", Level: party.AtCommunity, Document: fmt.Sprintf("湖组〔2023〕%d号", i+1)})
	}
	up := parts(raised, b.c.Scale)
	for i := range b.coms {
		if i >= up {
			b.coms[i].Name = strings.Replace(b.coms[i].Name, "总支部", "支部", 1)
		} else if i%3 == 0 {
			b.coms[i].Name = strings.Replace(b.coms[i].Name, "总支部委员会", "委员会", 1)
		}
	}
	if err := b.r.Orgs.Load(b.ctx, b.scope, b.coms); err != nil {
		return err
	}
	var ranks []party.Rank
	for i := range b.coms {
		o := &b.coms[i]
		first := party.Rank{Row: ledger.Row{Region: o.Region, From: o.From}, Holder: o.ID, Rank: party.Branch, How: "founded", Document: o.Document}
		if i < up {
			on := b.c.Until.AddDate(0, 0, -300-b.rng.IntN(200))
			first.To = dayFrom(on.AddDate(0, 0, -1))
			rank := party.General
			if i%3 == 0 {
				rank = party.Committee
			}
			ranks = append(ranks, party.Rank{Row: ledger.Row{Region: o.Region, From: dayFrom(on)}, Holder: o.ID, Rank: rank, How: "raised", Document: fmt.Sprintf("湖组〔%d〕%d号", on.Year(), 40+i)})
		}
		ranks = append(ranks, first)
	}
	return b.r.Ranks.Load(b.ctx, b.scope, ranks)
}

// homes are the grids where people live, in their order.
func (b *chain) homes() []*city.Grid {
	var out []*city.Grid
	for i := range b.c.Grids {
		if g := &b.c.Grids[i]; g.Kind == city.GridBasic {
			out = append(out, g)
		}
	}
	return out
}

// branches gives most grids one: the rest are the gaps that the chain shows.
func (b *chain) branches() error {
	grids := b.homes()
	n := min(parts(branches, b.c.Scale), len(grids))
	top := map[int64]int64{}
	for i := range b.coms {
		top[b.coms[i].Region] = b.coms[i].ID
	}
	for i, g := range grids {
		if (i+1)*n/len(grids) == i*n/len(grids) { // spread the gaps evenly
			continue
		}
		b.twigs = append(b.twigs, party.Org{Row: ledger.Row{Grid: g.ID, Region: g.Community, From: b.ago(300 + b.rng.IntN(500))}, Name: strings.TrimSuffix(g.Name, "网格") + "网格党支部", Level: party.AtGrid, Parent: top[g.Community]})
	}
	if err := b.r.Orgs.Load(b.ctx, b.scope, b.twigs); err != nil {
		return err
	}
	var ranks []party.Rank
	for i := range b.twigs {
		o := &b.twigs[i]
		ranks = append(ranks, party.Rank{Row: ledger.Row{Grid: o.Grid, Region: o.Region, From: o.From}, Holder: o.ID, Rank: party.Branch, How: "founded", Document: fmt.Sprintf("%d号", 100+i)})
	}
	return b.r.Ranks.Load(b.ctx, b.scope, ranks)
}

func (b *chain) groups() error {
	houses := map[int64][]string{}
	for i := range b.c.Buildings {
		if x := &b.c.Buildings[i]; x.Households > 0 {
			houses[x.Grid] = append(houses[x.Grid], x.Name)
		}
	}
	n := parts(groups, b.c.Scale)
	for i := range b.twigs {
		o := &b.twigs[i]
		here := (i+1)*n/len(b.twigs) - i*n/len(b.twigs)
		for k := range here {
			of := houses[o.Grid]
			covers := of[k*len(of)/here : (k+1)*len(of)/here]
			b.knots = append(b.knots, party.Org{Row: ledger.Row{Grid: o.Grid, Region: o.Region, From: o.From}, Name: fmt.Sprintf("%s第%d党小组", strings.TrimSuffix(o.Name, "党支部"), k+1), Level: party.AtBuilding, Parent: o.ID, Covers: short(covers)})
		}
	}
	return b.r.Orgs.Load(b.ctx, b.scope, b.knots)
}

// short names the first buildings and how many more there are.
func short(names []string) string {
	if len(names) > 6 {
		return strings.Join(names[:6], "、") + fmt.Sprintf("等%d栋", len(names))
	}
	return strings.Join(names, "、")
}

// phone is a number that nobody has: 130 0000 ….
func phone(n int) string { return fmt.Sprintf("1300%07d", n%10_000_000) }

// posts gives organisations their people. Of the branches a few have no secretary
// or one whose term has ended.
func (b *chain) posts() error {
	var out []party.Post
	add := func(o *party.Org, office string, from, to ledger.Day) {
		out = append(out, party.Post{Row: ledger.Row{Grid: o.Grid, Region: o.Region, From: from, To: to}, Holder: o.ID, Office: office, Name: city.PersonName(b.rng), Phone: phone(4_000_000 + len(out)), Board: office == "secretary" && o.Level != party.AtBuilding})
	}
	for _, list := range [][]party.Org{b.coms, b.twigs} {
		for i := range list {
			o := &list[i]
			from := b.ago(200 + b.rng.IntN(300))
			switch {
			case o.Level == party.AtGrid && i%57 == 20: // nobody yet
			case i%41 == 11:
				add(o, "secretary", b.ago(1130), b.ago(35))
			default:
				add(o, "secretary", from, dayFrom(b.c.Until.AddDate(3, 0, -i%300)))
			}
			for range 2 {
				add(o, "member", from, dayFrom(b.c.Until.AddDate(3, 0, -i%300)))
			}
		}
	}
	for i := range b.knots {
		add(&b.knots[i], "secretary", b.knots[i].From, dayFrom(b.c.Until.AddDate(2, 0, i%200)))
	}
	return b.r.Posts.Load(b.ctx, b.scope, out)
}

// orgIDs finds the organisations that City has written, by their names.
func orgIDs(people *identity.Service, c *city.City) map[int64]int64 {
	byName := map[string]int64{}
	for _, o := range people.Directory().Orgs("", "", 0) {
		byName[o.Name] = o.ID
	}
	out := map[int64]int64{}
	for i := range c.Orgs {
		name := []rune(c.Orgs[i].Name)
		out[c.Orgs[i].ID] = byName[string(name[:min(len(name), 60)])]
	}
	return out
}

func (b *chain) households() error {
	n := parts(households, b.c.Scale)
	var out []party.Household
	tasks := []string{"policy", "mediate", "care", "watch", "wishes"}
	for i := range b.knots {
		o := &b.knots[i]
		for range (i+1)*n/len(b.knots) - i*n/len(b.knots) {
			k := b.rng.IntN(len(tasks))
			out = append(out, party.Household{Row: ledger.Row{Grid: o.Grid, Region: o.Region, From: o.From}, Group: o.ID,
				Building: fmt.Sprintf("%s %d单元%d0%d", first(o.Covers), 1+b.rng.IntN(3), 1+b.rng.IntN(6), 1+b.rng.IntN(2)), Host: ledger.Hide(city.PersonName(b.rng)), Phone: ledger.Hide(phone(5_000_000 + len(out))),
				Tasks: slices.Sorted(slices.Values([]string{tasks[k], tasks[(k+2)%len(tasks)]}))})
		}
	}
	return b.r.Households.Load(b.ctx, b.scope, out)
}

func first(covers string) string {
	name, _, _ := strings.Cut(covers, "、")
	if name == "" {
		return "1号楼"
	}
	return name
}

// members are the serving members who checked in where they live, with what some
// of them took on and the doors that they knocked at.
func (b *chain) members() error {
	n := parts(members, b.c.Scale)
	var employers []int64
	for i := range b.c.Orgs {
		if b.c.Orgs[i].Class == "department" || b.c.Orgs[i].Class == "utility" {
			employers = append(employers, b.orgs[b.c.Orgs[i].ID])
		}
	}
	grids := b.homes()
	list := make([]party.Member, n)
	for i := range list {
		g := grids[i*len(grids)/n]
		in := b.ago(60 + b.rng.IntN(700))
		list[i] = party.Member{Row: ledger.Row{Grid: g.ID, Region: g.Community, From: in}, Name: ledger.Hide(city.PersonName(b.rng)), Phone: ledger.Hide(phone(6_000_000 + i)), Kind: "serving", Employer: employers[b.rng.IntN(len(employers))], CheckedIn: in}
	}
	if err := b.r.Members.Load(b.ctx, b.scope, list); err != nil {
		return err
	}
	tasks := []string{"policy", "clean", "mediate", "manners", "care", "watch"}
	wishes := []string{"希望楼道加装扶手", "想了解异地就医备案", "盼望小区里有儿童活动的地方", "希望有人定期陪同买药", "想参加社区组织的手机课", ""}
	var claims []party.Claim
	var needs []party.Need
	for i := range list {
		m := &list[i]
		if i%5 == 0 {
			claims = append(claims, party.Claim{Row: ledger.Row{Grid: m.Grid, Region: m.Region, From: m.CheckedIn}, Member: m.ID, Task: tasks[b.rng.IntN(len(tasks))]})
		}
		if i%20 == 0 {
			day := b.ago(b.rng.IntN(110))
			needs = append(needs, party.Need{Row: ledger.Row{Grid: m.Grid, Region: m.Region, From: day}, Member: m.ID, Day: day, Homes: 1 + b.rng.IntN(6), Wish: wishes[b.rng.IntN(len(wishes))]})
		}
	}
	if err := b.r.Claims.Load(b.ctx, b.scope, claims); err != nil {
		return err
	}
	return b.r.Needs.Load(b.ctx, b.scope, needs)
}

// sides are the four parties of each grid that has a branch, and what they took up.
func (b *chain) sides() error {
	firm := map[int64]int64{} // grid → property company
	for i := range b.c.Compounds {
		if x := &b.c.Compounds[i]; x.Property != 0 {
			firm[x.Grid] = x.Property
		}
	}
	names := map[int64]string{}
	for i := range b.c.Orgs {
		names[b.c.Orgs[i].ID] = b.c.Orgs[i].Name
	}
	var out []party.Side
	var matters []party.Matter
	neighbours := []string{"社区卫生服务站", "实验小学", "农贸市场", "供销超市", "银行网点", "幼儿园"}
	texts := []string{"夜间停车占用消防通道", "老旧楼栋排水不畅", "快递柜位置不够", "楼道堆放杂物", "电动车充电桩不足", "健身器材需要更换"}
	rhythm := []string{"monthly", "quarterly", "monthly", "weekly"}
	for i := range b.twigs {
		o := &b.twigs[i]
		row := ledger.Row{Grid: o.Grid, Region: o.Region, From: o.From}
		add := func(s party.Side) {
			s.Row, s.Contact, s.Phone, s.Rhythm, s.Board = row, city.PersonName(b.rng), phone(7_000_000+len(out)), rhythm[i%len(rhythm)], s.Side == "property"
			out = append(out, s)
		}
		add(party.Side{Side: "branch", Name: o.Name, Holder: o.ID})
		add(party.Side{Side: "resident", Name: strings.TrimSuffix(o.Name, "网格党支部") + neighbours[b.rng.IntN(len(neighbours))]})
		if f := firm[o.Grid]; f != 0 {
			add(party.Side{Side: "property", Name: names[f], Partner: b.orgs[f]})
		}
		add(party.Side{Side: "owners", Name: strings.TrimSuffix(o.Name, "网格党支部") + "业主委员会"})
		if i%2 == 0 {
			on := b.c.Until.AddDate(0, 0, -5-b.rng.IntN(200))
			m := party.Matter{Row: row, Text: texts[b.rng.IntN(len(texts))], By: []string{"branch", "resident", "property", "owners"}[b.rng.IntN(4)], Raised: dayFrom(on)}
			m.From = m.Raised
			if b.rng.IntN(4) > 0 && on.Before(b.c.Until.AddDate(0, 0, -20)) {
				m.Solved, m.Result = dayFrom(on.AddDate(0, 0, 3+b.rng.IntN(15))), "四方现场商定后办好"
			}
			matters = append(matters, m)
		}
	}
	if err := b.r.Sides.Load(b.ctx, b.scope, out); err != nil {
		return err
	}
	return b.r.Matters.Load(b.ctx, b.scope, matters)
}
