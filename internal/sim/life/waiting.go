package life

import (
	"context"
	"fmt"
	"math/rand/v2"

	"linli/internal/kernel/access"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/sim/city"
	"linli/internal/work/cases"
)

// act is one step of a waiting matter: who does what, with what.
type act struct {
	login string
	do    cases.Act
}

// waitingDays is how far ahead requests ask, in days.
const waitingDays = 3

// Waiting leaves open work for each demo account in the last hours before the
// instant to (microseconds UTC), through the same commands as everything else:
// something to accept, to check on site, to dispatch, to sign for, to decide, to verify and to
// call back. Without it the lists of the few accounts that visitors sign in with
// would be empty by chance. It returns how many cases it made.
func Waiting(ctx context.Context, seed uint64, to int64, r Rooms) (int, error) {
	actor := func(login string) (*access.Actor, error) {
		dir := r.People.Directory()
		id, posts := dir.ByLogin(login)
		if id == 0 {
			return nil, fmt.Errorf("life: there is no demo account %s", login)
		}
		return &access.Actor{Account: id, Login: login, Name: dir.AccountName(id), Lang: "zh", Posts: posts}, nil
	}
	worker, err := actor("gridworker")
	if err != nil {
		return 0, err
	}
	handler, err := actor("handler")
	if err != nil {
		return 0, err
	}
	rng := rand.New(rand.NewPCG(seed, 0x77616974))
	spots, err := gridSpots(ctx, r, worker.Posts[0].Grid)
	if err != nil || len(spots) == 0 {
		return 0, err
	}
	var leaves []*city.Category
	tree := city.Categories()
	for i := range tree {
		c := &tree[i]
		cat, err := r.Cases.Rules().Category(c.ID, 0, cases.Grades[0])
		if err == nil && cat.Leaf && !cat.EvidenceResolved && cat.CallRate > 0 {
			leaves = append(leaves, c)
		}
	}
	if len(leaves) == 0 {
		return 0, fmt.Errorf("life: no category is fit for waiting work")
	}
	lead, other := handler.Posts[0].Org, int64(0)
	for _, o := range r.People.Directory().Orgs("", "", r.Cases.Rules().Calendar().Day(to)) {
		if o.ID != lead && o.Region == handler.Posts[0].Region {
			other = o.ID
			break
		}
	}
	cal := r.Cases.Rules().Calendar()
	later := cal.AddDays(cal.Day(to), waitingDays)
	file := act{"dispatcher", cases.Act{Action: "file"}}
	send := act{"dispatcher", cases.Act{Action: "dispatch", Lead: lead}}
	sign := act{"handler", cases.Act{Action: "sign"}}
	done := act{"handler", cases.Act{Action: "resolve", Result: "已派人到场处理，并与反映人说明情况。"}}
	back := act{"handler", cases.Act{Action: "return", Reason: "不属于本单位职责", Proposed: other}}
	takeBack := act{"chief", cases.Act{Action: flow.Action("approve")}}
	checked := act{"community", cases.Act{Action: "verify_pass", Note: "到现场看过，已解决。"}}
	plans := []struct {
		n    int
		acts []act
	}{
		{3, nil},
		{2, []act{{"dispatcher", cases.Act{Action: "accept"}}}},
		{2, []act{{"dispatcher", cases.Act{Action: "check_site", Note: "请到现场看看情况是否属实，影响多大范围。"}}}},
		{2, []act{file}},
		{3, []act{file, send}},
		{2, []act{file, send, sign, {"handler", cases.Act{Action: "start"}}}},
		{2, []act{file, send, sign, {"handler", cases.Act{Action: "extend", Reason: "需等配件到货", Until: 0}}}},
		{1, []act{file, send, sign, {"handler", cases.Act{Action: "suspend", Reason: "待汛期结束后施工", Review: cal.AddDays(later, 7)}}}},
		{1, []act{file, send, sign, {"handler", cases.Act{Action: "await", Reason: "等待诉求人补充材料", Until: later}}}},
		{1, []act{file, send, sign, {"handler", cases.Act{Action: "extend", Reason: "需等配件到货", Until: 0}}, takeBack}},
		{1, []act{file, send, back}},
		{1, []act{file, send, back, takeBack, send, back}},
		{4, []act{file, send, sign, done}},
		{8, []act{file, send, sign, done, checked}},
	}
	made := 0
	step := int64(3 * 60 * 1_000_000)
	at := to - 4*3600*1_000_000
	tick := func() context.Context { at = min(at+step, to); return store.ContextAt(ctx, at) }
	for _, p := range plans {
		for range p.n {
			leaf, spot := leaves[rng.IntN(len(leaves))], spots[made%len(spots)]
			title, text := city.ReportText(rng, leaf, spot.name)
			operator, err := actor("operator")
			if err != nil {
				return made, err
			}
			at = to - 4*3600*1_000_000 + int64(made)*step
			now := tick()
			scope, err := operator.Scope(access.CaseReport, cal.Day(at))
			if err != nil {
				return made, err
			}
			c, err := r.Cases.Report(now, scope, cases.ReportIn{Text: text, Title: title, Channel: "hotline", Category: leaf.ID, Lon: spot.lon, Lat: spot.lat, CRS: "wgs84", Address: spot.name,
				Reporter: cases.Person{Name: "演示居民", Phone: fmt.Sprintf("1280000%04d", made)}})
			if err != nil {
				return made, err
			}
			made++
			for _, a := range p.acts {
				who, err := actor(a.login)
				if err != nil {
					return made, err
				}
				now := tick()
				perms := cases.Life.Find(c.Status, a.do.Action).Perms
				scope, err := who.Scope(perms[len(perms)-1], cal.Day(at))
				for i := 0; err != nil && i < len(perms); i++ {
					scope, err = who.Scope(perms[i], cal.Day(at))
				}
				if err != nil {
					return made, fmt.Errorf("life: %s cannot %s: %w", a.login, a.do.Action, err)
				}
				do := a.do
				do.Version = c.Version
				if do.Action == "extend" {
					do.Until = cal.AddDays(cal.Day(max(c.DueAt, at)), waitingDays)
				}
				if c, err = r.Cases.Act(now, scope, c.ID, do); err != nil {
					return made, fmt.Errorf("life: %s %s: %w", a.login, a.do.Action, err)
				}
			}
		}
	}
	return made, nil
}

type gridSpot struct {
	lon, lat float64
	name     string
}

// gridSpots are entrances of buildings in the grid, with their compound's name.
func gridSpots(ctx context.Context, r Rooms, grid int64) ([]gridSpot, error) {
	rows, err := r.DB.Query(ctx, "SELECT b.lon, b.lat, COALESCE(c.name, '') || b.name FROM building b LEFT JOIN compound c ON c.district = b.district AND c.id = b.compound WHERE b.grid = ? AND b.households > 0 ORDER BY b.id LIMIT 12", grid)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []gridSpot
	for rows.Next() {
		var s gridSpot
		if err := rows.Scan(&s.lon, &s.lat, &s.name); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
