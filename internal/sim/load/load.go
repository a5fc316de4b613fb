package load

import (
	"context"
	"fmt"
	"strings"
	"time"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/people/identity"
	"linli/internal/sim/city"
	"linli/internal/work/rulebook"
)

// DemoPassword is the password of every demo account.
const DemoPassword = "linli-demo-2026"

// firstDay is since when organisations and rules of the city are in force:
// well before any history that is simulated.
const firstDay = 20240101

// Rooms are what a city is written into.
type Rooms struct {
	DB      *store.DB
	Regions *region.Atlas
	People  *identity.Service
	Rules   *rulebook.Rulebook
}

// DemoKey is the API key of the demo city's resident app, which reports through
// Open311: known to all, like the password.
const DemoKey = "linli_demodemodemodemodemodemodemodemo"

// DemoAccount is a login that the demo's terminal prints.
type DemoAccount struct {
	Login string `json:"login"`
	Role  string `json:"role"`  // code
	Label string `json:"label"` // the role in Chinese
	Name  string `json:"name"`
	Where string `json:"where"` // region, and organisation if the role works for one
}

// Accounts are the demo accounts, in the order of the roles.
type Accounts []DemoAccount

// City writes the city. The database must be migrated and empty; what was
// written before an error stays. Under store.ContextAt everything bears that
// instant, which should lie before the history that follows.
func City(ctx context.Context, r Rooms, c *city.City) (Accounts, error) {
	scope := access.System("synthetic city")
	if err := r.Regions.Load(ctx, scope, regions(c)); err != nil {
		return nil, fmt.Errorf("regions: %w", err)
	}
	var codes []int
	for _, d := range c.Districts {
		codes = append(codes, int(d.Code))
	}
	access.SetDistricts(codes...)
	orgs := organisations(c)
	made, err := r.People.CreateOrgs(ctx, scope, orgs)
	if err != nil {
		return nil, fmt.Errorf("organisations: %w", err)
	}
	orgOf := make(map[int64]*identity.Org, len(made))
	for i := range made {
		orgOf[c.Orgs[i].ID] = &made[i]
	}
	settings := rulebook.DefaultSettings()
	if err := r.Rules.Load(ctx, scope, rulebook.Seed{
		Categories: categories(c), Routing: rulebook.Routing{Rules: rules(c)}, Settings: &settings, ValidFrom: firstDay,
		Note: "演示城市初始规则",
	}); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	people, demo := accounts(c, orgOf)
	people = append(people, identity.NewAccount{Login: "hotline-gateway", Name: "12345 热线网关", Kind: identity.Program, Posts: []identity.NewPost{{Role: "gateway", Region: int64(c.Code), From: firstDay}}})
	if _, err := r.People.CreateAll(ctx, scope, people); err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	apps, err := r.People.CreateAll(ctx, scope, []identity.NewAccount{{Kind: identity.Program, Login: "app", Name: "市民应用（演示）", Home: 0, Posts: []identity.NewPost{{Role: "client", Region: int64(c.Code), From: firstDay}}}})
	if err != nil {
		return nil, fmt.Errorf("programs: %w", err)
	}
	if _, _, err := r.People.CreateKey(ctx, scope, apps[0].ID, identity.NewKey{Label: "演示 Open311", PerSecond: 100, Text: DemoKey}); err != nil {
		return nil, fmt.Errorf("programs: %w", err)
	}
	return demo, nil
}

// organisations are the city's, in its order.
func organisations(c *city.City) []identity.Org {
	place := map[int64]int64{}
	seen := map[string]int{}
	out := make([]identity.Org, len(c.Orgs))
	for i, o := range c.Orgs {
		place[o.ID] = -int64(i) - 1
		code := fmt.Sprintf("%s-%d", o.Kind, o.Region)
		if seen[code]++; seen[code] > 1 {
			code = fmt.Sprintf("%s-%d", code, seen[code])
		}
		name, short := []rune(o.Name), []rune(o.Short)
		out[i] = identity.Org{Code: code, Name: string(name[:min(len(name), 60)]), Short: string(short[:min(len(short), 20)]),
			Kind: o.Class, Region: o.Region, Parent: place[o.Parent], From: firstDay}
	}
	return out
}

// accounts are the city's people; only demo accounts have a password.
func accounts(c *city.City, orgOf map[int64]*identity.Org) ([]identity.NewAccount, Accounts) {
	names := map[int64]string{int64(c.Code): c.Name}
	for _, list := range [][]city.Region{c.Districts, c.Streets, c.Communities} {
		for _, r := range list {
			names[r.Code] = strings.TrimPrefix(names[r.Parent]+r.Name, c.Name)
		}
	}
	gridName := map[int64]string{}
	for _, g := range c.Grids {
		gridName[g.ID] = g.Name
	}
	officer := committeeOfficers(c)
	var out []identity.NewAccount
	byRole := map[string]DemoAccount{}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		n := identity.NewAccount{Login: a.Login, Name: a.Name, Lang: a.Lang}
		for _, p := range a.Posts {
			np := identity.NewPost{Role: p.Role, Region: p.Region, Grid: p.Grid, From: p.From, To: nextDay(p.To)}
			org := orgOf[p.Org]
			if org != nil {
				np.Org = org.ID
			}
			role, _ := access.RoleByCode(p.Role)
			if role.Level == access.ByOrg && org != nil {
				np.Region = org.Region
			}
			n.Posts = append(n.Posts, np)
			if a.Demo {
				where := names[np.Region]
				if p.Grid != 0 {
					where = gridName[p.Grid]
				}
				if role.Level == access.ByOrg && org != nil {
					where = org.Name
				}
				byRole[p.Role] = DemoAccount{Login: a.Login, Role: p.Role, Label: role.Label.ZH, Name: a.Name, Where: where}
			}
		}
		if p := a.Posts[len(a.Posts)-1]; officer[a.ID] {
			n.Posts = append(n.Posts, identity.NewPost{Role: city.RoleHandler, Region: orgOf[p.Org].Region, Org: orgOf[p.Org].ID, From: p.From})
		}
		if a.Demo {
			n.Password = DemoPassword
		}
		out = append(out, n)
	}
	var demo Accounts
	for _, r := range access.Roles() {
		if d, ok := byRole[r.Code]; ok {
			demo = append(demo, d)
		}
	}
	return out, demo
}

// committeeOfficers are the community workers, one in each community and if
// possible no demo account, who also handle what is dispatched to the committee.
func committeeOfficers(c *city.City) map[int64]bool {
	chosen := map[int64]*city.Account{}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		p := a.Posts[len(a.Posts)-1]
		if old := chosen[p.Region]; p.Role == city.RoleCommunity && p.Org != 0 && (old == nil || old.Demo) {
			chosen[p.Region] = a
		}
	}
	out := map[int64]bool{}
	for _, a := range chosen {
		out[a.ID] = true
	}
	return out
}

// nextDay is the day after a last day; 0 stays 0.
func nextDay(d int) int {
	if d == 0 {
		return 0
	}
	y, m, dd := time.Date(d/10000, time.Month(d/100%100), d%100+1, 0, 0, 0, 0, time.UTC).Date()
	return y*10000 + int(m)*100 + dd
}

// Known lists the demo accounts of a city that was loaded before.
func Known(people *identity.Service, places *region.Atlas) Accounts {
	var out Accounts
	dir := people.Directory()
	for _, login := range demoLogins {
		id, posts := dir.ByLogin(login)
		if id == 0 || len(posts) == 0 {
			continue
		}
		p := posts[0]
		role, _ := access.RoleByCode(p.Role)
		where := places.Name(p.Region)
		if p.Grid != 0 {
			if g, err := places.Grid(p.Grid); err == nil {
				where = g.Name
			}
		}
		if role.Level == access.ByOrg {
			where = dir.OrgName(p.Org)
		}
		out = append(out, DemoAccount{Login: login, Role: p.Role, Label: role.Label.ZH, Name: dir.AccountName(id), Where: where})
	}
	return out
}

// demoLogins are the demo accounts' logins in the order of the roles.
var demoLogins = []string{"operator", "dispatcher", "chief", "desk", "handler", "unitlead", "community", "gridworker", "callback", "leader", "planner", "party", "hr", "clerk", "liaison", "partner", "auditor", "admin", "security"}
