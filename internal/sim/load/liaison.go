package load

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/paulmach/orb/geo"

	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/people/identity"
	"linli/internal/people/liaison"
	"linli/internal/sim/city"
)

// LiaisonCase is a case of the channel liaison in the city's history.
type LiaisonCase struct {
	ID       int64
	Number   string
	Grid     int64
	Text     string
	Reported ledger.Day
}

// Liaison gives each first-level grid its three leaders, and the visits of the
// quarters that the city has lived: each case of the channel liaison was found on
// one of them.
func Liaison(ctx context.Context, r *liaison.Registers, people *identity.Service, c *city.City, found []LiaisonCase) error {
	rng := rand.New(rand.NewPCG(c.Seed, 0x6c696169))
	scope := access.System("synthetic city")
	dir := people.Directory()
	today := int(dayFrom(c.Until))
	leaders := map[int64][]access.Post{} // region → leaders
	for _, p := range dir.OfRole("leader", today) {
		leaders[p.Region] = append(leaders[p.Region], p)
	}
	heads := map[int64][]access.Post{} // district → heads of departments
	for _, p := range dir.OfRole("unit_lead", today) {
		if o, ok := dir.Org(p.Org); ok && o.Kind == "department" {
			heads[int64(access.DistrictOf(o.Region))] = append(heads[int64(access.DistrictOf(o.Region))], p)
		}
	}
	since := ledger.Day(c.Until.Year()*10000 + 101)
	var above []access.Post // leaders of the whole city look after a few grids too
	for region, list := range leaders {
		if access.Digits(region) == 4 {
			above = append(above, list...)
		}
	}
	homes := 0
	var posts []liaison.Post
	for i := range c.Grids {
		g := &c.Grids[i]
		if g.Kind != city.GridBasic {
			continue
		}
		row := ledger.Row{Grid: g.ID, Region: g.Community, From: since}
		add := func(kind string, among []access.Post, n int) {
			if len(among) == 0 {
				return
			}
			p := among[n%len(among)]
			x := liaison.Post{Row: row, Kind: kind, Account: p.Account}
			x.Org = p.Org
			posts = append(posts, x)
		}
		if homes++; homes <= ofCity && len(above) > 0 {
			add("district_leader", above, i)
		} else {
			add("district_leader", leaders[int64(g.District)], i)
		}
		add("department_head", heads[int64(g.District)], i)
		add("street_leader", leaders[g.Street], i)
	}
	if err := r.Posts.Load(ctx, scope, posts); err != nil {
		return fmt.Errorf("liaison: %w", err)
	}
	now := liaison.QuarterOf(today)
	byPlace := map[[2]int64][]LiaisonCase{} // grid and quarter → what was found
	for _, f := range found {
		k := [2]int64{f.Grid, int64(liaison.QuarterOf(int(f.Reported)))}
		byPlace[k] = append(byPlace[k], f)
	}
	var visits []liaison.Visit
	var of [][]LiaisonCase // what each visit found
	for q := int(since)/10000*10 + 1; q <= now; q++ {
		first, last := liaison.Quarter(q)
		for i := range posts {
			p := &posts[i]
			v := liaison.Visit{Row: ledger.Row{Grid: p.Grid, Region: p.Region, Org: p.Org}, Post: p.ID, Quarter: q}
			day := ledger.Day(first + rng.IntN(3)*100 + rng.IntN(27))
			k := [2]int64{p.Grid, int64(q)}
			var here []LiaisonCase
			if p.Kind == "street_leader" && len(byPlace[k]) > 0 {
				here = byPlace[k]
				day = here[0].Reported
			}
			if q == now && i%2 == 0 && len(above) > 0 && p.Account == above[0].Account {
				continue // the demo's leader has visits before him
			}
			switch {
			case len(here) > 0, q < now && rng.IntN(12) > 0, q == now && int(day) <= today && rng.IntN(3) > 0:
				v.Done, v.Found, v.With = min(day, ledger.Day(today)), "听取网格支部和网格员介绍，入户了解情况。", "社区书记、网格员"
				if len(here) == 0 && rng.IntN(3) == 0 {
					v.Found += "未发现需要办理的问题。"
				}
				v.From = v.Done
			case q == now && rng.IntN(2) == 0:
				v.Planned = max(day, ledger.Day(min(nextDay(today), last)))
				v.From = ledger.Day(today)
			default:
				continue
			}
			visits, of = append(visits, v), append(of, here)
		}
	}
	if err := r.Visits.Load(ctx, scope, visits); err != nil {
		return fmt.Errorf("liaison: %w", err)
	}
	var findings []liaison.Finding
	for i := range visits {
		v := &visits[i]
		for _, f := range of[i] {
			findings = append(findings, liaison.Finding{Row: ledger.Row{Grid: v.Grid, Region: v.Region, Org: v.Org, From: v.Done}, Visit: v.ID, Text: f.Text, Case: f.ID, Number: f.Number})
		}
	}
	if err := r.Findings.Load(ctx, scope, findings); err != nil {
		return fmt.Errorf("liaison: %w", err)
	}
	return r.Contacts.Load(ctx, scope, contacts(c, since, rng))
}

// ofCity is how many grids leaders of the whole city look after.
const ofCity = 6

// contacts are the other people and places on a grid's notice board.
func contacts(c *city.City, since ledger.Day, rng *rand.Rand) (out []liaison.Contact) {
	for i := range c.Grids {
		g := &c.Grids[i]
		if g.Kind != city.GridBasic {
			continue
		}
		add := func(role, name string, number int) {
			out = append(out, liaison.Contact{Row: ledger.Row{Grid: g.ID, Region: g.Community, From: since}, Role: role, Name: name, Phone: phone(number), Board: true})
		}
		add("police", city.PersonName(rng), 8_000_000+2*i)
		add("doctor", city.PersonName(rng), 8_000_001+2*i)
		add("worker", "网格员值班手机", 8_500_000+i)
		if hall := nearestHall(c, g); hall >= 0 {
			add("hall", c.POIs[hall].Name, 8_700_000+hall)
		}
	}
	return out
}

// nearestHall is the index of the hall that is nearest to the grid's middle, −1
// if the city has none.
func nearestHall(c *city.City, g *city.Grid) int {
	at, best := -1, math.Inf(1)
	for i := range c.POIs {
		if p := &c.POIs[i]; p.Kind == city.POIHall {
			if d := geo.Distance(g.Center, p.Point); d < best {
				at, best = i, d
			}
		}
	}
	return at
}
