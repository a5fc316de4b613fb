package joint

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/work/whistle"
)

// meeting holds the street's joint meeting: the last quarter's with its minutes
// and decisions, some of them still open, and this quarter's, which stands in one of the
// states that come before.
func (m *maker) meeting(ctx context.Context, post access.Post, i int, past bool) (int, error) {
	clerk, err := m.scopeOf(post)
	if err != nil {
		return 0, err
	}
	orgs := m.units(post.Region/1000, []string{"urban_management", "housing", "fire", "market_regulation"})
	if len(orgs) == 0 {
		return 0, nil
	}
	at, quarter := m.o.Until-100*24*hour, whistle.QuarterOf(int(m.day(-95)))
	if !past {
		at, quarter = m.o.Until-6*24*hour, whistle.QuarterOf(m.today)
	}
	x, err := m.Whistles.Convene(store.ContextAt(ctx, at), clerk, whistle.Plan{Region: post.Region, Quarter: quarter})
	if err != nil {
		return 0, err
	}
	step := func(after int64, d whistle.Do) {
		if err != nil {
			return
		}
		d.Version = x.Version
		var next *whistle.Meeting
		if next, err = m.Whistles.Do(store.ContextAt(ctx, at+after), clerk, x.ID, d, nil); err == nil {
			x = next
		}
	}
	if !past && i%4 == 3 {
		return 1, nil // only planned so far
	}
	var guests []whistle.Guest
	for _, o := range orgs {
		guests = append(guests, whistle.Guest{Org: o.ID})
	}
	begins := at + 5*24*hour
	if !past {
		begins = m.o.Until + int64(2+i%5)*24*hour
	}
	step(hour, whistle.Do{Action: "arrange", At: begins, Place: m.Regions.Name(post.Region) + "办事处三楼会议室"})
	step(hour+1, whistle.Do{Action: "guests", Guests: append(guests, whistle.Guest{Name: "居民代表"})})
	agenda := []whistle.Topic{{Title: "夜间停车难"}, {Title: "老旧小区飞线充电整治"}}
	for _, t := range x.Agenda {
		agenda = append(agenda, whistle.Topic{ID: t.ID, Title: t.Title, Taken: t.Taken})
	}
	step(hour+2, whistle.Do{Action: "agenda", Agenda: agenda})
	step(hour+3, whistle.Do{Action: "invite"})
	if err != nil || !past {
		return 1, err
	}
	var came []int64
	for _, g := range x.Guests[:len(x.Guests)-1] {
		came = append(came, g.ID)
	}
	step(5*24*hour, whistle.Do{Action: "hold", Present: came})
	step(5*24*hour+3*hour, whistle.Do{Action: "minute", Minutes: "会议听取了各单位上季度工作情况，逐项研究议题，明确承办单位和完成时间。",
		Taken: []whistle.Decision{
			{Item: x.Agenda[0].ID, Outcome: "利用闲置地块增设临时车位，错时共享机关停车场。", Tasks: []whistle.Task{{Org: orgs[0].ID, Title: "施划临时停车位 60 个", Due: int(m.day(20 - i%3*30))}}},
			{Item: x.Agenda[1].ID, Outcome: "新建充电棚，拆除飞线。", Tasks: []whistle.Task{{Org: orgs[len(orgs)-1].ID, Title: "选址新建电动车充电棚两处", Due: int(m.day(-30))}}},
		}})
	if err != nil {
		return 1, err
	}
	step(60*24*hour, whistle.Do{Action: "report", Task: x.Tasks[1].ID, Result: "两处充电棚已投入使用。"})
	if i%2 == 0 {
		step(61*24*hour, whistle.Do{Action: "accept", Task: x.Tasks[1].ID})
	}
	return 1, err
}
