package city

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
)

// Role codes, as in the contract.
const (
	RoleOperator     = "operator"
	RoleDispatcher   = "dispatcher"
	RoleChief        = "chief"
	RoleDistrictDesk = "district_desk"
	RoleHandler      = "handler"
	RoleUnitLead     = "unit_lead"
	RoleCommunity    = "community"
	RoleGridWorker   = "grid_worker"
	RoleCallback     = "callback"
	RoleLeader       = "leader"
	RoleAuditor      = "auditor"
	RoleAdmin        = "admin"
	RoleSecurity     = "security"
	RolePlanner      = "planner"
	RolePartyAffairs = "party_affairs"
	RoleHR           = "hr"
	RoleStreetClerk  = "street_clerk"
	RoleDeptLiaison  = "dept_liaison"
	RolePartner      = "partner"
)

// Post is a role in a place (and organisation, and grid) with dates.
type Post struct {
	ID     int64
	Role   string
	Region int64 // 9901, 6, 9 or 12 digits
	Grid   int64 // Grid.ID; grid workers only
	Org    int64 // Org.ID; 0 = none
	From   int   // yyyymmdd
	To     int   // yyyymmdd, the last day; 0 = open
}

// Account is a synthetic person who signs in.
type Account struct {
	ID    int64
	Login string
	Name  string
	Lang  string // zh | en
	Posts []Post
	Demo  bool // one for each role, with a login that is easy to remember
}

var surnames = []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛阎段雷龙史陶贺毛郝顾龚邵万钱严赖覃洪武莫孔汤向常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单裴霍涂成苗谷曲盛冉翁蓝骆路游靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明")

var givenA = []rune("建国志文明晓春秀丽海军永红玉桂淑德家俊子雨思佳欣嘉一梓浩宇天泽立新振华少世长润景承启维克仁义礼智信学勤松柏青云雪梅兰菊荷月星辰东南西北江山川林森树立正直安康宁静雅清")
var givenB = []rune("平强军伟芳敏静丽艳娟霞涛明超勇杰磊鹏飞洋斌波辉刚健峰琳玲红英华兰梅萍燕莉云凤珍琴怡婷慧颖洁晶倩楠宁瑶悦涵彤轩博睿晨阳凯翔宇航林森岩松柏成功良才贵生根发财富顺利祥瑞丰茂盛")

type namer struct {
	rng  *rand.Rand
	used map[string]bool
}

func (n *namer) next() string {
	for {
		s := PersonName(n.rng)
		if n.used[s] {
			continue
		}
		n.used[s] = true
		return s
	}
}

// PersonName makes up somebody's name; several people may bear it.
func PersonName(r *rand.Rand) string {
	for {
		k := r.IntN(len(surnames))
		if r.IntN(3) > 0 {
			k = r.IntN(40) // the common ones
		}
		s := string(surnames[k])
		if r.IntN(5) > 0 {
			s += string(givenA[r.IntN(len(givenA))])
		}
		s += string(givenB[r.IntN(len(givenB))])
		if rs := []rune(s); rs[len(rs)-1] != rs[len(rs)-2] {
			return s
		}
	}
}

// employ gives every role its people.
func (b *builder) employ() {
	c := b.c
	rng := stream(c.Seed, "people")
	names := &namer{rng, map[string]bool{}}
	since := func() int { // some day in the three years before
		return day(c.Until.AddDate(0, 0, -120-rng.IntN(900)))
	}
	count := map[string]int{}
	posts := int64(0)
	letters := map[string]string{RoleGridWorker: "w", RoleDispatcher: "p", RoleChief: "z", RoleHandler: "h", RoleUnitLead: "u", RoleCommunity: "s", RoleDistrictDesk: "q", RoleCallback: "r", RoleLeader: "l", RoleOperator: "o", RoleAuditor: "a", RoleAdmin: "m", RoleSecurity: "x", RolePlanner: "g",
		RolePartyAffairs: "d", RoleHR: "n", RoleStreetClerk: "j", RoleDeptLiaison: "b", RolePartner: "k"}
	add := func(role string, region, grid, org int64) *Account {
		count[role]++
		posts++
		a := Account{ID: accountBase + int64(len(c.Accounts)) + 1, Login: fmt.Sprintf("%s%04d", letters[role], count[role]), Name: names.next(), Lang: "zh"}
		a.Posts = []Post{{ID: postBase + posts, Role: role, Region: region, Grid: grid, Org: org, From: since()}}
		c.Accounts = append(c.Accounts, a)
		return &c.Accounts[len(c.Accounts)-1]
	}
	orgOf := map[string]int64{} // kind+region → first organisation
	for i := range c.Orgs {
		k := fmt.Sprint(c.Orgs[i].Kind, c.Orgs[i].Region)
		if orgOf[k] == 0 {
			orgOf[k] = c.Orgs[i].ID
		}
	}
	org := func(kind string, region int64) int64 { return orgOf[fmt.Sprint(kind, region)] }
	city := int64(c.Code)

	hotline := org(KindHotline, city)
	for range max(3, int(14*c.Scale)) {
		add(RoleOperator, city, 0, hotline)
	}
	for range 2 {
		add(RoleLeader, city, 0, 0)
		add(RoleAuditor, city, 0, 0)
		add(RoleAdmin, city, 0, 0)
		add(RoleSecurity, city, 0, 0)
	}
	for i := range c.Districts {
		d := c.Districts[i].Code
		desk := org(KindDistrictDesk, d)
		for range 2 {
			add(RoleDistrictDesk, d, 0, desk)
			add(RoleLeader, d, 0, 0)
		}
		for range 3 {
			add(RoleCallback, d, 0, desk)
		}
	}
	for i := range c.Streets {
		s := c.Streets[i].Code
		office := org(KindStreetOffice, s)
		add(RoleDispatcher, s, 0, office)
		add(RoleDispatcher, s, 0, office)
		add(RoleChief, s, 0, office)
		add(RoleLeader, s, 0, 0)
	}
	for i := range c.Communities {
		k := c.Communities[i].Code
		for range 2 {
			add(RoleCommunity, k, 0, org(KindCommunity, k))
		}
	}
	for i := range c.Orgs {
		o := &c.Orgs[i]
		if o.Kind == KindCommunity {
			continue
		}
		add(RoleUnitLead, o.Region, 0, o.ID)
		for range 1 + rng.IntN(2) {
			add(RoleHandler, o.Region, 0, o.ID)
		}
	}
	b.gridWorkers(add, rng, &posts)
	for range 2 {
		add(RolePlanner, city, 0, 0)
	}
	b.organisers(add)
	b.demoLogins()
}

// organisers look after the party chain, the workforce and the forces that help:
// officers of the city, districts and streets, and one contact of each
// department and each property company.
func (b *builder) organisers(add func(role string, region, grid, org int64) *Account) {
	c := b.c
	places := []int64{int64(c.Code)}
	for i := range c.Districts {
		places = append(places, c.Districts[i].Code)
	}
	for _, p := range places {
		add(RolePartyAffairs, p, 0, 0)
		add(RoleHR, p, 0, 0)
	}
	for i := range c.Streets {
		add(RolePartyAffairs, c.Streets[i].Code, 0, 0)
		add(RoleStreetClerk, c.Streets[i].Code, 0, 0)
	}
	for i := range c.Orgs {
		switch o := &c.Orgs[i]; o.Class {
		case "department":
			add(RoleDeptLiaison, o.Region, 0, o.ID)
		case "property":
			add(RolePartner, o.Region, 0, o.ID)
		}
	}
}

// gridWorkers gives every grid one worker and the largest grids a second, 569
// at scale 1. Some have moved within their community before.
func (b *builder) gridWorkers(add func(role string, region, grid, org int64) *Account, rng *rand.Rand, posts *int64) {
	c := b.c
	want := max(len(c.Grids)+1, int(569*float64(len(c.Grids))/526))
	order := make([]int, len(c.Grids))
	for i := range order {
		order[i] = i
	}
	bySize := slices.Clone(order)
	sort.SliceStable(bySize, func(i, j int) bool { return c.Grids[bySize[i]].Households > c.Grids[bySize[j]].Households })
	org := map[int64]int64{}
	for i := range c.Orgs {
		if c.Orgs[i].Kind == KindCommunity {
			org[c.Orgs[i].Region] = c.Orgs[i].ID
		}
	}
	for n, i := range append(order, bySize[:want-len(order)]...) {
		g := &c.Grids[i]
		a := add(RoleGridWorker, g.Community, g.ID, org[g.Community])
		if n%40 == 17 && i > 0 && c.Grids[i-1].Community == g.Community {
			*posts++
			end := b.c.Until.AddDate(0, 0, -60-rng.IntN(200))
			old := Post{ID: postBase + *posts, Role: RoleGridWorker, Region: g.Community, Grid: c.Grids[i-1].ID, Org: org[g.Community], From: day(end.AddDate(-1, -2, 0)), To: day(end)}
			a.Posts[0].From = day(end.AddDate(0, 0, 1))
			a.Posts = append([]Post{old}, a.Posts...)
		}
	}
}

// demoLogins renames one account of each role. They meet in one place: the old
// town, so that one case can be followed through all hands.
func (b *builder) demoLogins() {
	c := b.c
	home := c.Streets[0]
	for i := range c.Streets {
		if strings.HasPrefix(c.Streets[i].Name, "老城") {
			home = c.Streets[i]
		}
	}
	com := int64(0)
	for i := range c.Communities {
		if c.Communities[i].Parent == home.Code && com == 0 {
			com = c.Communities[i].Code
		}
	}
	unit := int64(0)
	for i := range c.Orgs {
		if c.Orgs[i].Kind == KindUrbanManagement && c.Orgs[i].Region == home.Parent {
			unit = c.Orgs[i].ID
		}
	}
	basic := map[int64]bool{}
	for i := range c.Grids {
		basic[c.Grids[i].ID] = c.Grids[i].Kind == GridBasic
	}
	login := map[string]string{RoleDistrictDesk: "desk", RoleUnitLead: "unitlead", RoleGridWorker: "gridworker", RolePartyAffairs: "party", RoleStreetClerk: "clerk", RoleDeptLiaison: "liaison"}
	done := map[string]bool{}
	for i := range c.Accounts {
		a := &c.Accounts[i]
		p := a.Posts[len(a.Posts)-1]
		ok := !done[p.Role]
		switch p.Role {
		case RoleDispatcher, RoleChief, RoleStreetClerk:
			ok = ok && p.Region == home.Code
		case RoleDistrictDesk, RoleCallback, RolePartyAffairs, RoleHR:
			ok = ok && p.Region == home.Parent
		case RoleHandler, RoleUnitLead, RoleDeptLiaison:
			ok = ok && p.Org == unit
		case RoleCommunity:
			ok = ok && p.Region == com
		case RoleGridWorker:
			ok = ok && p.Region == com && basic[p.Grid]
		}
		if !ok {
			continue
		}
		done[p.Role], a.Demo = true, true
		a.Login = login[p.Role]
		if a.Login == "" {
			a.Login = p.Role
		}
	}
}
