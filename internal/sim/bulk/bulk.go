package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"time"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/store"
	"linli/internal/work/cases"
	"linli/internal/work/rulebook"
)

// Options of a data set.
type Options struct {
	Cases    int
	Days     int // until now, over which they spread
	Seed     uint64
	Chunk    int // cases in one write; 0: 20,000
	Progress func(done int)
}

// Rooms are what the data set is written into: a city without or with cases.
type Rooms struct {
	Cases   *cases.Service
	Regions *region.Atlas
	Rules   *rulebook.Rulebook
}

const (
	hour = int64(time.Hour / time.Microsecond)
	day  = 24 * hour
)

type place struct {
	spot     cases.Spot
	lon, lat float64
}

// maker draws cases.
type maker struct {
	cases  *cases.Service
	places []place
	leaves []*rulebook.Category
	mu     sync.Mutex
	routes map[routeKey]cases.Route
	now    int64
}

type routeKey struct{ category, street int64 }

// Run makes the data set.
func Run(ctx context.Context, o Options, r Rooms) error {
	m := &maker{cases: r.Cases, routes: map[routeKey]cases.Route{}, now: r.Cases.DB.Now()}
	spots, err := middles(ctx, r.Cases.DB)
	if err != nil {
		return err
	}
	for _, g := range r.Regions.Grids(0) {
		if p, ok := spots[g.ID]; ok {
			m.places = append(m.places, place{cases.Spot{District: int(g.Community / 1_000_000), Street: g.Community / 1000, Community: g.Community, Grid: g.ID}, p.Lon, p.Lat})
		}
	}
	for _, c := range r.Rules.Current(m.now).Tree() {
		if c.Leaf {
			m.leaves = append(m.leaves, c)
		}
	}
	if len(m.places) == 0 || len(m.leaves) == 0 {
		return errors.New("there is no city: run linli demo first")
	}
	if o.Chunk == 0 {
		o.Chunk = 20_000
	}
	scope := access.System("data for measurements")
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	parts := make(chan part)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) + 1 {
		wg.Go(func() {
			for p := range parts {
				if err := m.make(ctx, scope, o, p); err != nil {
					stop(err)
				}
				close(p.done)
			}
		})
	}
	before := make(chan struct{})
	close(before)
	for at := 0; at < o.Cases && ctx.Err() == nil; at += o.Chunk {
		p := part{at: at, ids: make([]int64, min(o.Chunk, o.Cases-at)), before: before, done: make(chan struct{})}
		for i := range p.ids {
			p.ids[i] = r.Cases.DB.NextID()
		}
		before = p.done
		parts <- p
	}
	close(parts)
	wg.Wait()
	return context.Cause(ctx)
}

// part is a stretch of the data set, written after the one before it.
type part struct {
	at           int
	ids          []int64
	before, done chan struct{}
}

// make makes a part's cases, in order of time, and writes them in its turn.
func (m *maker) make(ctx context.Context, scope access.Scope, o Options, p part) error {
	rnd := rand.New(rand.NewPCG(o.Seed, uint64(p.at)))
	span := int64(o.Days) * day
	step := float64(span) / float64(o.Cases)
	list := make([]*cases.Seeded, len(p.ids))
	for i := range list {
		list[i] = m.draw(rnd, m.now-span+int64((float64(p.at+i)+rnd.Float64())*step))
	}
	slices.SortFunc(list, func(a, b *cases.Seeded) int { return cmp.Compare(a.ReportedAt, b.ReportedAt) })
	for i, x := range list {
		x.ID = p.ids[i]
	}
	write, err := m.cases.Seed(ctx, scope, list)
	<-p.before
	if err != nil || ctx.Err() != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	if o.Progress != nil {
		o.Progress(p.at + len(p.ids))
	}
	return nil
}

var (
	matters = []string{"路灯不亮", "井盖松动", "垃圾没有清运", "楼道堆放杂物", "占道经营", "噪声扰民", "电动车进楼充电", "下水道堵塞", "绿化带缺损", "违规停车", "高空抛物", "水管漏水", "邻里纠纷", "墙面渗水"}
	wheres  = []string{"小区东门", "3号楼前", "菜市场旁", "学校门口", "健身广场", "地下车库", "公交站台", "沿街商铺", "河边步道", "2单元楼道"}
	wants   = []string{"请尽快派人查看", "希望协调处理", "已经持续一周", "影响老人出行", "晚上特别明显", "之前反映过一次"}
	open    = []flow.State{cases.Reported, cases.Accepted, cases.Filed, cases.Dispatched, cases.Dispatched, cases.Signed, cases.InProgress, cases.InProgress, cases.InProgress, cases.Resolved, cases.Verified}
)

// draw makes up a case that was reported at the instant: most are closed, of
// those of the last month a third is open in some state.
func (m *maker) draw(r *rand.Rand, at int64) *cases.Seeded {
	p := m.places[r.IntN(len(m.places))]
	cat := m.leaves[int(float64(len(m.leaves))*r.Float64()*r.Float64())] // few categories hold most cases
	what, where := matters[r.IntN(len(matters))], wheres[r.IntN(len(wheres))]
	x := &cases.Seeded{Case: cases.Case{
		District: p.spot.District, Street: p.spot.Street, Community: p.spot.Community, Grid: p.spot.Grid,
		Lon: p.lon + (r.Float64()-0.5)/500, Lat: p.lat + (r.Float64()-0.5)/500, Address: fmt.Sprintf("%s%d号", where, 1+r.IntN(200)),
		Title: where + what, Body: fmt.Sprintf("%s%s，%s。编号%06d。", where, what, wants[r.IntN(len(wants))], r.IntN(1_000_000)),
		Channel: cases.Channels[int(float64(len(cases.Channels))*r.Float64()*r.Float64())], Grade: cases.Grades[int(4*r.Float64()*r.Float64()*r.Float64())],
		Category: cat.ID, CategoryVersion: cat.Version, ReportedAt: at, OccurredAt: at, Solved: -1,
	}}
	c := &x.Case
	age := m.now - at
	state := cases.Closed
	if age < 30*day && r.IntN(100) < 35 || r.IntN(100) < 2 {
		state = open[r.IntN(len(open))]
	} else if n := r.IntN(100); n < 3 {
		state = cases.Declined
	} else if n < 4 {
		state = cases.NotFiled
	} else if n < 5 {
		state = cases.Withdrawn
	}
	c.Status = state
	t := at
	then := func(most int64) int64 {
		t = min(t+1+int64(r.Float64()*r.Float64()*float64(most)), m.now)
		return t
	}
	reached := func(s flow.State) bool {
		order := []flow.State{cases.Accepted, cases.Filed, cases.Dispatched, cases.Signed, cases.InProgress, cases.Resolved, cases.Verified, cases.Closed}
		return slices.Index(order, state) >= slices.Index(order, s)
	}
	switch {
	case state == cases.Declined || state == cases.NotFiled:
		c.DecidedAt = then(hour)
		c.ClosedAt = c.DecidedAt
		return x
	case state == cases.Withdrawn:
		c.ClosedAt = then(day)
		return x
	case !reached(cases.Accepted):
		return x
	}
	c.AcceptedAt = then(hour / 2)
	if reached(cases.Filed) {
		c.FiledAt = then(hour)
		c.DecidedAt = c.FiledAt
	}
	if reached(cases.Dispatched) {
		c.DispatchedAt = then(2 * hour)
		route := m.route(c)
		c.Lead = route.Lead
		if len(route.Assists) > 0 {
			x.Assist = route.Assists[0]
		} else if r.IntN(10) == 0 {
			other := *c
			other.Category = m.leaves[r.IntN(len(m.leaves))].ID
			x.Assist = m.route(&other).Lead
		}
		if r.IntN(20) == 0 {
			c.Returns = 1
		}
	}
	if reached(cases.Signed) {
		c.SignedAt = then(26 * hour)
	}
	if reached(cases.Resolved) {
		c.ResolvedAt = then(12 * day)
		c.Result = "已现场处理，" + what + "问题已解决。"
		if r.IntN(25) == 0 {
			c.Reworks = 1
		}
	}
	if reached(cases.Verified) {
		c.VerifiedAt = then(day)
		if r.IntN(3) == 0 {
			c.Flags |= cases.FlagCall
			c.Draw = r.Int64N(1 << 40)
		}
	}
	if reached(cases.Closed) {
		if c.Has(cases.FlagCall) {
			c.CalledAt, c.Calls = then(2*day), 1
			if r.IntN(8) > 0 {
				c.Solved, c.Satisfied = 1, 3+r.IntN(3)
				if r.IntN(12) == 0 {
					c.Redos = 1
				}
			}
		}
		c.ClosedAt = then(hour)
		if m.now-c.ClosedAt > int64(m.cases.Rules().Settings().ArchiveDays)*day {
			c.Status = cases.Archived
		}
	}
	return x
}

// route is where the city's rules send the case.
func (m *maker) route(c *cases.Case) cases.Route {
	k := routeKey{c.Category, c.Street}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.routes[k]
	if !ok {
		r, _ = m.cases.Rules().Route(cases.RouteFacts{Category: c.Category, Grade: c.Grade, Channel: c.Channel, District: c.District, Street: c.Street, Community: c.Community, Grid: c.Grid, At: m.now})
		m.routes[k] = r
	}
	return r
}

// middles are the means of the corners of the grids' polygons: inside, or near enough.
func middles(ctx context.Context, db *store.DB) (map[int64]geo.Point, error) {
	rows, err := db.Query(ctx, "SELECT id, polygon FROM grid")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64]geo.Point{}
	for rows.Next() {
		var id int64
		var polygon string
		if err := rows.Scan(&id, &polygon); err != nil {
			return nil, err
		}
		var g struct {
			Coordinates [][][2]float64 `json:"coordinates"`
		}
		if json.Unmarshal([]byte(polygon), &g) != nil || len(g.Coordinates) == 0 || len(g.Coordinates[0]) == 0 {
			continue
		}
		var p geo.Point
		n := float64(len(g.Coordinates[0]))
		for _, c := range g.Coordinates[0] {
			p.Lon += c[0] / n
			p.Lat += c[1] / n
		}
		out[id] = p
	}
	return out, rows.Err()
}
