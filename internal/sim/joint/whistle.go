package joint

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/people/identity"
	"linli/internal/work/whistle"
)

const hour = int64(3600 * 1_000_000)

// calls are what streets blow whistles for, with the heads of the codes of the
// units that they call.
var calls = []struct {
	kind, title, text, result string
	heads                     []string
}{
	{"law_enforcement", "夜市占道经营联合整治", "晚间摊位占压盲道，油污直排，需联合处置。", "劝离占道摊位，责令清洗路面，安排错时值守。", []string{"urban_management", "market_regulation", "traffic_police"}},
	{"comprehensive", "老旧小区飞线充电", "多栋楼从窗口拉线充电，存在火灾隐患。", "拆除飞线，选定位置增设充电棚。", []string{"fire", "housing", "urban_management"}},
	{"urgent", "道路塌陷积水", "路口出现塌陷，过往车辆避让困难。", "围挡警示，完成回填，恢复通行。", []string{"water", "traffic_police", "road_maintenance"}},
	{"comprehensive", "餐饮油烟扰民", "沿街餐馆油烟直排，居民反映多次。", "责令加装净化设备，一周后复查达标。", []string{"environment", "market_regulation", "urban_management"}},
	{"law_enforcement", "违规改建搭建", "底层住户向外扩建，影响通行。", "当场停工，限期自行拆除。", []string{"urban_management", "housing"}},
	{"comprehensive", "僵尸车长期占用消防通道", "通道被长期停放车辆占用。", "联系车主移车，拖移无主车辆两台。", []string{"traffic_police", "fire"}},
}

// Live lives the whistles and joint meetings of the months before the end: in all
// states, the newest at the end, each street's own. It returns how many.
func Live(ctx context.Context, o Options, r Rooms) (whistles, meetings int, err error) {
	m := newMaker(o, r)
	m.rng = rand.New(rand.NewPCG(o.Seed, 0x77686973746c65))
	clerks := r.People.Directory().OfRole("street_clerk", m.today)
	for i, post := range clerks { // not in bulk: who comes late was missed before, which another write sees
		n, err := m.street(ctx, post, i, []string{"late"}, true)
		whistles += n
		if err != nil {
			return whistles, 0, err
		}
	}
	for _, past := range []bool{true, false} { // open decisions of the past come into the next agenda
		plans := []string{"came", "missed", "disputed", "done", "arbitration", "called"}
		if past {
			plans = []string{"closed", "closed", "ruled"}
		}
		err = r.DB.Bulk(ctx, func(ctx context.Context) error {
			for i, post := range clerks {
				n, err := m.street(ctx, post, i, plans, past)
				whistles += n
				if err != nil {
					return fmt.Errorf("whistles of %d: %w", post.Region, err)
				}
				n, err = m.meeting(ctx, post, i, past)
				meetings += n
				if err != nil {
					return fmt.Errorf("joint meeting of %d: %w", post.Region, err)
				}
			}
			return nil
		})
		if err != nil {
			return whistles, meetings, err
		}
	}
	_, err = r.Whistles.Miss(store.ContextAt(ctx, o.Until))
	return whistles, meetings, err
}

func (m *maker) scopeOf(p access.Post) (access.Scope, error) {
	a := &access.Actor{Account: p.Account, Lang: "zh", Posts: []access.Post{p}}
	return access.Needs(access.WhistleCall, access.WhistleAnswer, access.CaseArbitrate, access.MeetingHold).Authorize(a, m.today)
}

// handler is somebody of the unit who answers whistles.
func (m *maker) handler(org int64) (access.Scope, bool) {
	for _, p := range m.People.Directory().OfRole("handler", m.today) {
		if p.Org == org {
			s, err := m.scopeOf(p)
			return s, err == nil
		}
	}
	return access.Scope{}, false
}

// units are the organisations of the district with such codes that have a handler.
func (m *maker) units(district int64, heads []string) (out []identity.Org) {
	for _, head := range heads {
		for _, o := range m.orgs {
			if strings.HasPrefix(o.Code, head+"-") && o.Region == district {
				if _, ok := m.handler(o.ID); ok {
					out = append(out, o)
				}
				break
			}
		}
	}
	return out
}

// street blows the whistles of a street, one for each plan: past ones are over, the
// present ones stand in every state.
func (m *maker) street(ctx context.Context, post access.Post, i int, plans []string, past bool) (n int, err error) {
	clerk, err := m.scopeOf(post)
	if err != nil {
		return 0, err
	}
	grids := m.gridsOf(post.Region)
	if len(grids) == 0 {
		return 0, nil
	}
	for k, back := range m.backs(plans, past) {
		plan := plans[k]
		c := calls[(i+k)%len(calls)]
		if k == 0 {
			c = calls[0] // the demo's own unit is called everywhere
		}
		orgs := m.units(post.Region/1000, c.heads)
		if len(orgs) < 2 {
			continue
		}
		at := m.o.Until - back
		in := whistle.BlowIn{Kind: c.kind, Title: c.title, Body: c.text, Grid: grids[m.rng.IntN(len(grids))], Orgs: []int64{orgs[0].ID, orgs[1].ID}}
		if !past && k%2 == 0 {
			found, err := m.Whistles.Cases.Unsolved(ctx, clerk, post.Region, 0, 6)
			if err != nil {
				return n, err
			}
			if k/2 < len(found) {
				in.Case, in.Grid, in.Title = found[k/2].ID, 0, ""
			}
		}
		w, err := m.Whistles.Blow(store.ContextAt(ctx, at), clerk, in)
		if err != nil {
			return n, err
		}
		n++
		if err := m.follow(ctx, plan, c.result, clerk, w, at); err != nil {
			return n, fmt.Errorf("%s: %w", plan, err)
		}
	}
	return n, nil
}

// backs is how long before the end each whistle is blown, the first the longest
// ago: numbers and ids follow the time. Past ones are blown in the morning.
func (m *maker) backs(plans []string, past bool) []int64 {
	out := make([]int64, len(plans))
	for k := range plans {
		switch {
		case past:
			at := m.o.Until - int64(10+m.rng.IntN(100))*24*hour
			out[k] = m.o.Until - at + (at+8*hour)%(24*hour) - int64(9*60+m.rng.IntN(120))*hour/60
		case plans[k] == "called":
			out[k] = hour / 3
		default:
			out[k] = int64(len(plans)-k)*20*hour + 2*hour
		}
	}
	slices.SortFunc(out, func(a, b int64) int { return cmp.Compare(b, a) })
	return out
}

func (m *maker) gridsOf(street int64) (out []int64) {
	for _, g := range m.grids {
		if g.Community/1000 == street {
			out = append(out, g.ID)
		}
	}
	return out
}

// follow takes a whistle to where its plan says.
func (m *maker) follow(ctx context.Context, plan, result string, clerk access.Scope, w *whistle.Whistle, at int64) error {
	var failed error
	one, two := w.Calls[0].Org, w.Calls[1].Org
	do := func(scope access.Scope, after int64, act whistle.Act) {
		if failed != nil || at+after > m.o.Until {
			return
		}
		act.Version = w.Version
		next, err := m.Whistles.Act(store.ContextAt(ctx, at+after), scope, w.ID, act)
		if err != nil {
			failed = err
			return
		}
		w = next
	}
	by := func(org, after int64, act whistle.Act) {
		if s, ok := m.handler(org); ok {
			act.Org = org
			do(s, after, act)
		}
	}
	street := func(org, after int64, act whistle.Act) { act.Org = org; do(clerk, after, act) }
	finish := func(org, after int64) {
		by(org, after, whistle.Act{Action: "result", Result: result})
		street(org, after+hour, whistle.Act{Action: "confirm", Score: 3 + m.rng.IntN(3)})
		by(org, after+2*hour, whistle.Act{Action: "rate", Score: 3 + m.rng.IntN(3)})
	}
	by(one, hour/2, whistle.Act{Action: "come", Note: "已到现场"})
	switch plan {
	case "closed":
		by(two, hour/2+1, whistle.Act{Action: "come"})
		finish(one, 5*hour)
		finish(two, 6*hour)
	case "late":
		finish(one, 5*hour)
		if failed == nil {
			_, failed = m.Whistles.Miss(store.ContextAt(ctx, at+30*hour))
		}
		if failed == nil {
			w, failed = m.Whistles.ByID(ctx, scope, w.ID)
		}
		by(two, 31*hour, whistle.Act{Action: "come", Note: "人员调度，迟到"})
		finish(two, 35*hour)
	case "came", "missed", "called":
		if plan == "came" {
			by(two, hour/2+1, whistle.Act{Action: "come"})
		}
	case "done":
		by(two, hour/2+1, whistle.Act{Action: "come"})
		by(one, 4*hour, whistle.Act{Action: "result", Result: result})
	case "disputed", "arbitration", "ruled":
		by(two, hour/2+1, whistle.Act{Action: "not_ours", Reason: "按职责分工，不由本单位牵头。"})
		if plan != "disputed" {
			street(two, hour, whistle.Act{Action: "insist", Reason: "涉及贵单位管理范围，请到场共同处置。"})
			by(two, hour+1, whistle.Act{Action: "not_ours", Reason: "仍认为不属本单位职责。"})
		}
		if plan == "ruled" && w.Arbiter != 0 {
			chief := m.People.Directory().OfRole("chief", m.today)
			if k := slices.IndexFunc(chief, func(p access.Post) bool { return p.Account == w.Arbiter }); k >= 0 {
				s, err := m.scopeOf(chief[k])
				if err != nil {
					return err
				}
				do(s, 3*hour, whistle.Act{Action: "rule_free", Org: two, Reason: "由其他单位处置，本次不再到场。"})
			}
			finish(one, 8*hour)
		}
	}
	return failed
}
