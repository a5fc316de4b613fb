package party

import (
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

// The levels of the chain below which member households stand.
const (
	AtCommunity = "community" // 社区党组织
	AtGrid      = "branch"    // 网格党支部
	AtBuilding  = "group"     // 楼栋党小组
)

// Org is one organisation of the chain.
type Org struct {
	ledger.Row
	Name     string `zh:"名称" en:"Name" rule:"required,search,max=60"`
	Level    string `zh:"层级" en:"Level" choices:"community:社区党组织:Community organisation; branch:网格党支部:Grid branch; group:楼栋党小组:Building group" rule:"required,filter,fixed"`
	Parent   int64  `zh:"上级党组织" en:"Organisation above" ref:"party_org" rule:"filter" why:"四级链条由此连成|It makes the chain"`
	Covers   string `zh:"覆盖楼栋" en:"Buildings covered" rule:"max=200" why:"居民据此找到自己的党小组|Residents find their group by it"`
	Document string `zh:"批准文号" en:"Document number" rule:"max=60"`
}

// The ranks, from the lowest.
const (
	Branch    = "branch"
	General   = "general"
	Committee = "committee"
)

// Rank is what an organisation is for a time: raising it ends one row and begins
// the next, so that its history stays.
type Rank struct {
	ledger.Row
	Holder   int64  `zh:"党组织" en:"Organisation" ref:"party_org" rule:"required,filter,fixed"`
	Rank     string `zh:"设置" en:"Rank" choices:"branch:党支部:Branch; general:党总支:General branch; committee:党委:Committee" rule:"required,filter"`
	How      string `zh:"由来" en:"How it came" choices:"founded:成立:Founded; raised:升格:Raised; changed:改设:Changed" rule:"required,filter"`
	Document string `zh:"批准文号" en:"Document number" rule:"required,max=60" why:"升格须有上级批复|Raising an organisation takes a decision from above"`
}

// Post is an office in an organisation for a term. Who holds one acts in public:
// the name and the number given are those of the office. Part-time commissioners
// are entered once, with the organisation that they come from (people/partner).
type Post struct {
	ledger.Row
	Holder  int64  `zh:"党组织" en:"Organisation" ref:"party_org" rule:"required,filter,fixed"`
	Office  string `zh:"职务" en:"Office" choices:"secretary:书记:Secretary; deputy:副书记:Deputy secretary; member:委员:Committee member" rule:"required,filter"`
	Name    string `zh:"姓名" en:"Name" rule:"required,search,max=40"`
	Phone   string `zh:"工作电话" en:"Office telephone" rule:"max=20" why:"工作联系用；勾选“电话可公示”才印在公示牌上|To reach the office; it is on the notice board only if it may be public"`
	Account int64  `zh:"账号" en:"Account" ref:"account" why:"用于待办提醒|It is who gets the reminders"`
	Board   bool   `zh:"电话可公示" en:"Number may be public" why:"勾选后才印在网格公示牌上，个人号码请勿勾选|Only then is it printed on the notice board; never for a personal number"`
}

// Member is a party member. The register is restricted; elsewhere members are counted.
type Member struct {
	ledger.Row
	Name      ledger.Secret `zh:"姓名" en:"Name" personal:"name" rule:"required"`
	Phone     ledger.Secret `zh:"电话" en:"Telephone" personal:"phone" why:"联系志愿服务|To arrange volunteering"`
	Holder    int64         `zh:"所在党组织" en:"Organisation" ref:"party_org" rule:"filter"`
	Kind      string        `zh:"类别" en:"Kind" choices:"resident:居民党员:Resident member; serving:在职党员:Serving member" rule:"required,filter"`
	Employer  int64         `zh:"工作单位" en:"Employer" ref:"org" rule:"filter" why:"在职党员由单位和社区双重联系|A serving member belongs to an employer and a community"`
	CheckedIn ledger.Day    `zh:"报到日期" en:"Checked in" rule:"filter" why:"在职党员到居住地社区报到|Serving members report to the community where they live"`
}

// Household is a member household (党员中心户): a home in a building group where
// neighbours find a member.
type Household struct {
	ledger.Row
	Group    int64         `col:"in_group" zh:"所属党小组" en:"Building group" ref:"party_org" rule:"required,filter"`
	Building string        `zh:"楼栋门牌" en:"Building and door" rule:"required,max=60"`
	Host     ledger.Secret `zh:"户主" en:"Host" personal:"name" rule:"required"`
	Phone    ledger.Secret `zh:"电话" en:"Telephone" personal:"phone"`
	Tasks    []string      `zh:"承担" en:"Does" choices:"policy:政策宣传:Spreads word; mediate:邻里调解:Mediates; care:关爱帮扶:Cares; watch:安全巡查:Keeps watch; wishes:收集诉求:Collects wishes" rule:"filter"`
}

// Claim is a post that a serving member has taken on at home (认领岗位).
type Claim struct {
	ledger.Row
	Member int64  `zh:"党员" en:"Member" ref:"party_member" rule:"required,filter,fixed" class:"party.members"`
	Task   string `zh:"岗位" en:"Post" choices:"policy:政策宣传:Spreads word; clean:环境监督:Looks after tidiness; mediate:矛盾调解:Mediates; manners:文明劝导:Reminds of manners; care:困难帮扶:Helps; watch:安全巡查:Keeps watch" rule:"required,filter"`
}

// Need is a visit of a member at somebody's door to ask what is needed (需求走访).
type Need struct {
	ledger.Row
	Member int64      `zh:"党员" en:"Member" ref:"party_member" rule:"filter" class:"party.members"`
	Day    ledger.Day `zh:"走访日期" en:"Visited" rule:"required,filter"`
	Homes  int        `zh:"走访户数" en:"Homes" rule:"required,min=1,max=200"`
	Wish   string     `zh:"需求" en:"What is needed" rule:"long" why:"转成事件或服务|It becomes a case or a service"`
	Case   string     `col:"case_number" zh:"事件编号" en:"Case" rule:"max=40,filter"`
}

// Side is one of the four parties of a grid (四方联动) with whom to turn to.
type Side struct {
	ledger.Row
	Side    string `zh:"方" en:"Side" choices:"branch:网格党支部:Grid branch; resident:驻区单位:Resident organisation; property:物业公司:Property company; owners:业委会:Owners’ committee" rule:"required,filter"`
	Name    string `zh:"名称" en:"Name" rule:"required,search,max=60"`
	Holder  int64  `zh:"党组织" en:"Party organisation" ref:"party_org"`
	Partner int64  `zh:"单位" en:"Organisation" ref:"org" rule:"filter"`
	Contact string `zh:"联系人" en:"Contact" rule:"required,max=40"`
	Phone   string `zh:"工作电话" en:"Office telephone" rule:"max=20" why:"工作联系用；勾选“电话可公示”才印在公示牌上|To reach the office; it is on the notice board only if it may be public"`
	Rhythm  string `zh:"碰头频次" en:"They meet" choices:"weekly:每周:Weekly; monthly:每月:Monthly; quarterly:每季度:Quarterly"`
	Board   bool   `zh:"电话可公示" en:"Number may be public" why:"勾选后才印在网格公示牌上，个人号码请勿勾选|Only then is it printed on the notice board; never for a personal number"`
}

// Matter is what the four parties took up in a grid, from being raised to being solved.
type Matter struct {
	ledger.Row
	Text   string     `zh:"事项" en:"Matter" rule:"required,long,search"`
	By     string     `col:"raised_by" zh:"提出方" en:"Raised by" choices:"branch:网格党支部:Grid branch; resident:驻区单位:Resident organisation; property:物业公司:Property company; owners:业委会:Owners’ committee" rule:"required,filter"`
	Raised ledger.Day `zh:"提出日期" en:"Raised" rule:"required,filter"`
	Solved ledger.Day `zh:"解决日期" en:"Solved" rule:"filter"`
	Result string     `zh:"结果" en:"Result" rule:"long"`
	Case   string     `col:"case_number" zh:"事件编号" en:"Case" rule:"max=40"`
}

// Registers are the room's.
type Registers struct {
	Orgs       *ledger.Register[Org]
	Ranks      *ledger.Register[Rank]
	Posts      *ledger.Register[Post]
	Members    *ledger.Register[Member]
	Households *ledger.Register[Household]
	Claims     *ledger.Register[Claim]
	Needs      *ledger.Register[Need]
	Sides      *ledger.Register[Side]
	Matters    *ledger.Register[Matter]
}

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

const group = "party"

// Declare declares the room's registers.
func Declare(e *ledger.Engine) *Registers {
	r := &Registers{}
	r.Orgs = ledger.Declare(e, ledger.Def[Org]{Code: "party_org", Name: w("党组织", "Party organisations"), Group: group, Read: access.PartyRead, Write: access.PartyWrite,
		Place: ledger.InCommunity, Label: func(o *Org) string { return o.Name }, Check: checkOrg})
	r.Ranks = ledger.Declare(e, ledger.Def[Rank]{Code: "party_rank", Name: w("党组织设置", "Ranks of organisations"), Group: group, Read: access.PartyRead, Write: access.PartyWrite,
		Place: ledger.InCommunity, Single: [][]string{{"holder"}}, Check: r.checkRank})
	r.Posts = ledger.Declare(e, ledger.Def[Post]{Code: "party_post", Name: w("党组织任职", "Party posts"), Group: group, Read: access.PartyRead, Write: access.PartyWrite,
		Place: ledger.InCommunity, Label: func(p *Post) string { return p.Name }, Twice: []string{"name"}, Check: r.checkPost})
	r.Members = ledger.Declare(e, ledger.Def[Member]{Code: "party_member", Name: w("党员", "Members"), Group: group, Read: access.PartyMembers, Write: access.PartyMembers, Reveal: access.PartyMembers,
		Place: ledger.InCommunity, Check: checkMember})
	r.Households = ledger.Declare(e, ledger.Def[Household]{Code: "party_household", Name: w("党员中心户", "Member households"), Group: group, Read: access.PartyRead, Write: access.PartyWrite, Reveal: access.PartyMembers,
		Place: ledger.InGrid, Check: r.checkHousehold})
	r.Claims = ledger.Declare(e, ledger.Def[Claim]{Code: "party_claim", Name: w("认领岗位", "Posts taken on"), Group: group, Read: access.PartyRead, Write: access.PartyWrite,
		Place: ledger.InCommunity, Single: [][]string{{"member", "task"}}})
	r.Needs = ledger.Declare(e, ledger.Def[Need]{Code: "party_need", Name: w("需求走访", "Needs visits"), Group: group, Read: access.PartyRead, Write: access.PartyWrite, Place: ledger.InCommunity})
	r.Sides = ledger.Declare(e, ledger.Def[Side]{Code: "party_side", Name: w("四方联动", "Four-party linkage"), Group: group, Read: access.PartyRead, Write: access.PartyWrite,
		Place: ledger.InGrid, Label: func(s *Side) string { return s.Name }, Check: checkSide})
	r.Matters = ledger.Declare(e, ledger.Def[Matter]{Code: "party_matter", Name: w("联动事项", "Matters of the four parties"), Group: group, Read: access.PartyRead, Write: access.PartyWrite,
		Place: ledger.InGrid, Check: checkMatter})
	return r
}
