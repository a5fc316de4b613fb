package joint

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/people/identity"
	"linli/internal/people/partner"
	"linli/internal/sim/city"
	"linli/internal/work/whistle"
)

// Rooms are what the records are written into.
type Rooms struct {
	DB       *store.DB
	Partners *partner.Service
	Whistles *whistle.Service
	People   *identity.Service
	Regions  *region.Atlas
}

// Options say how much, and until when.
type Options struct {
	Seed  uint64
	Scale float64
	Until int64 // microseconds: the records end here
}

// The totals at scale 1 (DOMAIN.md).
const (
	agreements    = 210
	projects      = 94
	matters       = 74
	properties    = 26
	enterprises   = 69
	entProjects   = 46
	socials       = 136
	batches       = 253
	sessions      = 12_000
	needs         = 90
	resources     = 120
	openSessions  = 30 // of the sessions: still to come, or to be certified
	turnsEach     = 4  // volunteers of an open session
	sessionSpan   = 365
	agreementDays = 3 * 365
)

// scaled is a total at the city's scale, one at least.
func scaled(n int, scale float64) int { return max(1, int(math.Round(float64(n)*scale))) }

type maker struct {
	Rooms
	o     Options
	rng   *rand.Rand
	today int
	now   time.Time
	orgs  []identity.Org // departments and units
	firms []identity.Org // property companies
	grids []region.Grid
}

var scope = access.System("synthetic city")

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// kinds of services with what is called so.
var services = []struct{ kind, need, offer, deed string }{
	{"meal", "独居老人午间助餐", "食堂错峰助餐", "为老年人配送午餐"},
	{"health", "慢病老人上门体检", "医务人员志愿体检", "血压血糖免费检测"},
	{"study", "双职工家庭放学托管", "青年干部课业辅导", "四点半课堂"},
	{"care", "残疾人居家照护培训", "无障碍改造支持", "探访行动不便居民"},
	{"repair", "老旧楼道照明维修", "技工志愿维修队", "便民维修日"},
	{"law", "物业纠纷法律咨询", "公益律师值班", "法律咨询进小区"},
	{"culture", "社区合唱队排练指导", "文化馆老师授课", "邻里文艺演出"},
	{"clean", "背街小巷清理", "机关志愿清扫队", "小区环境集中整治"},
	{"safety", "电动车充电安全宣传", "消防体验车", "消防逃生演练"},
	{"venue", "居民议事场地", "会议室周末开放", "场地共享开放日"},
	{"fund", "困难家庭冬季物资", "帮扶物资认领", "微心愿认领"},
}

var times = []string{"workday", "weekend", "evening"}

// Fill writes the records of co-building and social forces.
func Fill(ctx context.Context, o Options, r Rooms) error {
	m := newMaker(o, r)
	if len(m.grids) == 0 {
		return nil
	}
	for _, step := range []func(context.Context) error{m.coop, m.helpers, m.volunteers} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func newMaker(o Options, r Rooms) *maker {
	cal := r.Whistles.Rules().Calendar()
	m := &maker{Rooms: r, o: o, rng: rand.New(rand.NewPCG(o.Seed, 0x7061727465726e)), today: cal.Day(o.Until), now: cal.Time(o.Until)}
	for _, x := range r.People.Directory().Orgs("", "", m.today) {
		switch x.Kind {
		case "committee":
		case "property":
			m.firms = append(m.firms, x)
		default:
			m.orgs = append(m.orgs, x)
		}
	}
	for _, g := range r.Regions.Grids(0) {
		if g.ValidTo == 0 || g.ValidTo > m.today {
			m.grids = append(m.grids, g)
		}
	}
	return m
}

// day is the day n days from today.
func (m *maker) day(n int) ledger.Day {
	t := m.now.AddDate(0, 0, n)
	return ledger.Day(t.Year()*10000 + int(t.Month())*100 + t.Day())
}

// gridFor is a grid of the area where the organisation works.
func (m *maker) gridFor(o identity.Org) region.Grid {
	for range 200 {
		if g := pick(m.rng, m.grids); strings.HasPrefix(fmt.Sprint(g.Community), fmt.Sprint(o.Region)) {
			return g
		}
	}
	return m.grids[0]
}

func at(g region.Grid, org int64, from, to ledger.Day, state string) ledger.Row {
	return ledger.Row{Region: g.Community, Grid: g.ID, Org: org, From: from, To: to, State: state}
}

// stage spreads projects over their lives.
func (m *maker) stage() (state string, from, to ledger.Day, done bool) {
	switch k := m.rng.IntN(20); {
	case k < 3:
		return "planned", m.day(m.rng.IntN(10) - 5), m.day(60 + m.rng.IntN(90)), false
	case k < 10:
		back := m.rng.IntN(100)
		return "running", m.day(-back), m.day(max(1-back, m.rng.IntN(150)-5)), false
	}
	back := 120 + m.rng.IntN(120)
	return "done", m.day(-back), m.day(-back + 60), true
}

func (m *maker) results(done bool) (served, rated, satisfied int, evidence string) {
	if !done {
		return 0, 0, 0, ""
	}
	served = 20 + m.rng.IntN(180)
	rated = served / (2 + m.rng.IntN(3))
	return served, rated, rated - m.rng.IntN(1+rated/8), "按计划完成，居民代表现场查看。"
}

// load writes rows and returns them with their ids, in order.
func load[T any](ctx context.Context, r *ledger.Register[T], rows []T) ([]*T, error) {
	err := r.Load(ctx, scope, rows)
	out := make([]*T, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out, err
}

func (m *maker) coop(ctx context.Context) error {
	sides := slices.Concat(m.orgs, m.firms) // 210 in the whole city
	n := min(scaled(agreements, m.o.Scale), len(sides))
	var list []partner.Agreement
	for i := range n {
		o := sides[i*len(sides)/n]
		g := m.gridFor(o)
		signed := -m.rng.IntN(agreementDays - 90)
		if i%12 == 0 {
			signed = -agreementDays + 5 + m.rng.IntN(50) // soon due for renewal
		}
		a := partner.Agreement{Row: at(g, o.ID, m.day(signed), m.day(signed+agreementDays-1), ledger.Active), Number: fmt.Sprintf("GJ%d-%03d", m.today/10000, i+1),
			Title: short(o) + "与" + g.Name + "共驻共建协议", Party: g.Name + "党支部", Signed: m.day(signed),
			Terms: "一、组织共建，每季度参加联席会议；二、资源共享，开放场地和服务；三、活动共办，认领服务项目和实事。"}
		list = append(list, a)
	}
	agreed, err := load(ctx, m.Partners.Agreements, list)
	if err != nil {
		return err
	}
	var works []partner.Project
	for i := range scaled(projects, m.o.Scale) {
		a, s := agreed[i%len(agreed)], pick(m.rng, services)
		state, from, to, done := m.stage()
		p := partner.Project{Row: ledger.Row{Region: a.Region, Grid: a.Grid, Org: a.Org, From: from, To: to, State: state}, Title: s.deed, Kind: s.kind, Agreement: a.ID}
		p.Beneficiaries, p.Rated, p.Satisfied, p.Evidence = m.results(done)
		works = append(works, p)
	}
	if err := m.Partners.Projects.Load(ctx, scope, works); err != nil {
		return err
	}
	deeds := []string{"加装楼道扶手", "修复破损路面", "增设晾衣架", "改造无障碍坡道", "更换路灯", "清理僵尸车", "新建充电棚", "疏通雨污管网", "增设休闲座椅", "粉刷单元楼道"}
	var promised []partner.Matter
	for i := range scaled(matters, m.o.Scale) {
		a := agreed[(i*7+3)%len(agreed)]
		state, from, to, done := m.stage()
		x := partner.Matter{Row: ledger.Row{Region: a.Region, Grid: a.Grid, Org: a.Org, From: from, To: to, State: state}, Title: pick(m.rng, deeds), Agreement: a.ID}
		x.Beneficiaries, x.Rated, x.Satisfied, x.Evidence = m.results(done)
		promised = append(promised, x)
	}
	if err := m.Partners.Matters.Load(ctx, scope, promised); err != nil {
		return err
	}
	var wants []partner.Need
	for range scaled(needs, m.o.Scale) + 3 {
		g, s := pick(m.rng, m.grids), pick(m.rng, services)
		wants = append(wants, partner.Need{Row: at(g, 0, m.day(-m.rng.IntN(40)), m.day(30+m.rng.IntN(90)), "open"), Title: s.need, Kind: s.kind, People: 5 + m.rng.IntN(60), Times: []string{pick(m.rng, times)}})
	}
	if err := m.Partners.Needs.Load(ctx, scope, wants); err != nil {
		return err
	}
	var offers []partner.Resource
	for range scaled(resources, m.o.Scale) + len(services) {
		o, s := pick(m.rng, m.orgs), services[len(offers)%len(services)]
		g := m.gridFor(o)
		row := ledger.Row{Region: g.Community / 1_000_000, Org: o.ID, From: m.day(-m.rng.IntN(300)), State: ledger.Active}
		if o.Region > 999_999 { // a unit of a street offers there
			row.Region = g.Community / 1000
		}
		offers = append(offers, partner.Resource{Row: row, Title: short(o) + s.offer, Kind: s.kind, People: 10 * (1 + m.rng.IntN(12)), Times: times[:1+m.rng.IntN(3)]})
	}
	return m.Partners.Resources.Load(ctx, scope, offers)
}

func short(o identity.Org) string {
	if o.Short != "" {
		return o.Short
	}
	return o.Name
}

var marks = strings.Fields("翠湖 澄江 和风 嘉禾 远景 晨曦 同心 万象 恒信 立达 博雅 海棠 云帆 星辰 锦程 安泰 众合 德馨 永辉 瑞丰")

// name makes up the n-th name of a kind; no two are equal.
func firm(n int, tails []string) string {
	name := "澄湖市" + marks[n%len(marks)]
	if k := n / len(marks); k > 0 {
		name += marks[(n+k*7)%len(marks)]
	}
	return name + tails[n%len(tails)]
}

func (m *maker) helpers(ctx context.Context) error {
	person := func() (ledger.Secret, ledger.Secret) {
		return ledger.Hide(city.PersonName(m.rng)), ledger.Hide(fmt.Sprintf("139%08d", m.rng.IntN(100_000_000)))
	}
	var list []partner.Force
	add := func(f partner.Force, kind string) {
		f.Kind, f.State, f.From = kind, ledger.Active, m.day(-200-m.rng.IntN(400))
		f.To = m.day(20 + m.rng.IntN(500))
		f.Contact, f.Phone = person()
		list = append(list, f)
	}
	for _, o := range m.firms[:min(len(m.firms), scaled(properties, m.o.Scale))] {
		g := m.gridFor(o)
		add(partner.Force{Row: ledger.Row{Region: g.Community, Org: o.ID}, Name: o.Name, Number: fmt.Sprintf("91990100MA%08d", o.ID%100_000_000), Qualification: "物业服务企业备案", Services: []string{"repair", "clean"}}, "property")
		list[len(list)-1].To = m.day(10 + m.rng.IntN(45))
	}
	for i := range scaled(enterprises, m.o.Scale) {
		add(partner.Force{Row: ledger.Row{Region: pick(m.rng, m.grids).Community}, Name: firm(i, []string{"商贸有限公司", "科技有限公司", "餐饮管理有限公司", "药业有限公司", "建筑工程有限公司"}), Services: []string{pick(m.rng, services).kind}}, "enterprise")
	}
	for i := range scaled(socials, m.o.Scale) {
		add(partner.Force{Row: ledger.Row{Region: pick(m.rng, m.grids).Community}, Name: firm(i, []string{"社会工作服务中心", "志愿服务队", "助老服务社", "青少年发展中心", "公益促进会"}), Qualification: "民政登记", Services: []string{pick(m.rng, services).kind, pick(m.rng, services).kind}}, "social")
		list[len(list)-1].Services = unique(list[len(list)-1].Services)
	}
	forces, err := load(ctx, m.Partners.Forces, list)
	if err != nil {
		return err
	}
	byKind := map[string][]*partner.Force{}
	for _, f := range forces {
		byKind[f.Kind] = append(byKind[f.Kind], f)
	}
	var seats []partner.Commissioner
	for _, f := range byKind["property"] {
		row := ledger.Row{Region: f.Region, Org: f.Org, From: m.day(-180), To: m.day(550), State: ledger.Active}
		c := partner.Commissioner{Row: row, Force: f.ID, Title: "项目经理"}
		c.Name, c.Phone = person()
		seats = append(seats, c)
	}
	if err := m.Partners.Commissioners.Load(ctx, scope, seats); err != nil {
		return err
	}
	var works []partner.Project
	for i := range scaled(entProjects, m.o.Scale) {
		f, s := byKind["enterprise"][i%len(byKind["enterprise"])], pick(m.rng, services)
		state, from, to, done := m.stage()
		p := partner.Project{Row: ledger.Row{Region: f.Region, From: from, To: to, State: state}, Title: s.deed, Kind: s.kind, Force: f.ID}
		p.Beneficiaries, p.Rated, p.Satisfied, p.Evidence = m.results(done)
		works = append(works, p)
	}
	if err := m.Partners.Projects.Load(ctx, scope, works); err != nil {
		return err
	}
	var given []partner.Batch
	for i := range scaled(batches, m.o.Scale) {
		f, s := byKind["social"][i%len(byKind["social"])], pick(m.rng, services)
		b := partner.Batch{Row: ledger.Row{Region: f.Region, From: m.day(-m.rng.IntN(300) - 1), State: ledger.Active}, Force: f.ID, Title: s.deed, Kind: s.kind, Place: m.Regions.Name(f.Region) + "党群服务站", Feedback: pick(m.rng, []string{"", "希望每月都来。", "服务细致，老人满意。", "建议增加周末场次。"})}
		b.Day = b.From
		b.Served, b.Rated, b.Satisfied, _ = m.results(true)
		given = append(given, b)
	}
	return m.Partners.Batches.Load(ctx, scope, given)
}

func unique(list []string) []string {
	if len(list) == 2 && list[0] == list[1] {
		return list[:1]
	}
	return list
}

var helps = []struct{ title, kind string }{{"文明交通劝导", "safety"}, {"楼道清洁行动", "clean"}, {"陪伴独居老人", "care"}, {"图书角整理", "culture"}, {"垃圾分类引导", "clean"}, {"入户需求走访", "care"}, {"义务理发", "repair"}, {"防诈骗宣传", "safety"}, {"助餐配送", "meal"}, {"课后辅导", "study"}}

// volunteers makes the sessions: nearly all are over, a few are to be certified
// or still to come, and those have people who signed up.
func (m *maker) volunteers(ctx context.Context) error {
	total, open := scaled(sessions, m.o.Scale), min(max(4, scaled(openSessions, m.o.Scale)), scaled(sessions, m.o.Scale))
	list := make([]partner.Session, 0, total)
	hosts, err := collectForces(ctx, m.Partners, "property")
	if err != nil {
		return err
	}
	for i := range total {
		g, h := pick(m.rng, m.grids), pick(m.rng, helps)
		x := partner.Session{Row: at(g, 0, 0, 0, "done"), Title: h.title, Kind: h.kind, Day: m.day(-1 - m.rng.IntN(sessionSpan)), Starts: fmt.Sprintf("%02d:00", 8+m.rng.IntN(11)), Hours: float64(2+m.rng.IntN(5)) / 2, Place: g.Name,
			Seats: 10 + m.rng.IntN(20), Came: 3 + m.rng.IntN(12), Served: m.rng.IntN(60)}
		if left := total - i; left <= open {
			x.State, x.Came, x.Served, x.Code = "open", 0, 0, fmt.Sprintf("demo%04d", left)
			x.Day = m.day(3 + m.rng.IntN(25))
			if len(hosts) > 0 && left%2 == 0 { // a property company's own, over and to be certified
				f := hosts[left/2%len(hosts)]
				x.Row = ledger.Row{Region: f.Region, Org: f.Org, State: "open"}
				x.Force, x.Place, x.Day = f.ID, m.Regions.Name(f.Region)+"广场", m.day(-1-m.rng.IntN(5))
			}
		}
		x.From = x.Day
		list = append(list, x)
	}
	if err := m.Partners.Sessions.Load(ctx, scope, list); err != nil {
		return err
	}
	waiting, _, err := m.Partners.Sessions.Rows(ctx, scope, ledger.Filter{Where: []string{"state=open"}, Sort: "id", Limit: 1000})
	if err != nil {
		return err
	}
	for _, x := range waiting {
		for k := range turnsEach {
			t := partner.Turn{Row: ledger.Row{Region: x.Region, Grid: x.Grid, Org: x.Org, From: m.day(-6), State: partner.Signed}, Session: x.ID, Name: ledger.Hide(city.PersonName(m.rng)), Phone: ledger.Hide(fmt.Sprintf("137%08d", m.rng.IntN(100_000_000))), Code: fmt.Sprintf("%s-%d", x.Code, k)}
			if _, err := m.Partners.Turns.Put(ctx, scope, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func collectForces(ctx context.Context, p *partner.Service, kind string) (out []*partner.Force, err error) {
	err = p.Forces.All(ctx, scope, ledger.Filter{Where: []string{"kind=" + kind}, Sort: "id"}, func(f *partner.Force) error { out = append(out, f); return nil })
	return out, err
}
