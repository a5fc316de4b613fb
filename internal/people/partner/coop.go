package partner

import (
	"cmp"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

// Need (需求) is what a grid or community lacks. People is for how many, 0 if it
// cannot be said. Valid until: by when.
type Need struct {
	ledger.Row
	Title  string   `zh:"需求" en:"Need" rule:"required,max=60,search,filter"`
	Kind   string   `zh:"服务类别" en:"Kind of service" rule:"required,filter" choices:"meal:助餐:Meals; health:健康检查:Health checks; study:助学:Study aid; care:助老助残:Care; repair:便民维修:Repairs; law:法律咨询:Legal advice; culture:文体活动:Culture and sport; clean:环境整治:Clean-up; safety:安全宣传:Safety; venue:场地:Venues; fund:资金物资:Funds and goods" why:"用于匹配资源|Resources are matched by it"`
	People int      `zh:"受益人数" en:"People" rule:"filter,max=1000000" why:"用于核对资源容量|Compared with what a resource can serve"`
	Times  []string `zh:"希望时间" en:"When" choices:"workday:工作日:Working days; weekend:周末:Weekends; evening:晚间:Evenings"`
	About  string   `zh:"说明" en:"About" rule:"long,max=1000"`
}

// Resource (资源) is what an organisation offers. People is how many it serves at
// a time, 0 without a bound.
type Resource struct {
	ledger.Row
	Title  string   `zh:"资源" en:"Resource" rule:"required,max=60,search,filter"`
	Kind   string   `zh:"服务类别" en:"Kind of service" rule:"required,filter" choices:"meal:助餐:Meals; health:健康检查:Health checks; study:助学:Study aid; care:助老助残:Care; repair:便民维修:Repairs; law:法律咨询:Legal advice; culture:文体活动:Culture and sport; clean:环境整治:Clean-up; safety:安全宣传:Safety; venue:场地:Venues; fund:资金物资:Funds and goods" why:"用于匹配需求|Needs are matched by it"`
	People int      `zh:"可服务人数" en:"Capacity" rule:"filter,max=1000000" why:"用于核对需求人数|Compared with how many need it"`
	Times  []string `zh:"可提供时间" en:"When" choices:"workday:工作日:Working days; weekend:周末:Weekends; evening:晚间:Evenings"`
	About  string   `zh:"说明" en:"About" rule:"long,max=1000"`
}

// Agreement (共驻共建协议) is between an organisation (Org) and the party
// organisation of a place. It ends with its last day; 60 days before, it is due
// for renewal.
type Agreement struct {
	ledger.Row
	Number string     `zh:"协议编号" en:"Number" rule:"unique,max=40,search,filter"`
	Title  string     `zh:"协议名称" en:"Agreement" rule:"required,max=100,search"`
	Party  string     `zh:"党组织" en:"Party organisation" rule:"required,max=60,search" why:"与单位签约的一方|The other side of the agreement"`
	Signed ledger.Day `zh:"签订日期" en:"Signed on" rule:"required,filter"`
	Terms  string     `zh:"协议内容" en:"Terms" rule:"long,max=4000"`
}

// Project (服务项目) is carried by an agreement, or by a social force.
type Project struct {
	ledger.Row
	Title         string `zh:"项目" en:"Project" rule:"required,max=80,search,filter"`
	Kind          string `zh:"服务类别" en:"Kind of service" rule:"required,filter" choices:"meal:助餐:Meals; health:健康检查:Health checks; study:助学:Study aid; care:助老助残:Care; repair:便民维修:Repairs; law:法律咨询:Legal advice; culture:文体活动:Culture and sport; clean:环境整治:Clean-up; safety:安全宣传:Safety; venue:场地:Venues; fund:资金物资:Funds and goods"`
	Agreement     int64  `zh:"所属协议" en:"Agreement" ref:"co_agreement" rule:"filter"`
	Force         int64  `zh:"实施的社会力量" en:"Social force" ref:"force" rule:"filter"`
	Need          int64  `zh:"对应需求" en:"Need" ref:"co_need"`
	Resource      string `zh:"使用资源" en:"Resource" rule:"max=60" why:"资源可由区级单位提供，不在本辖区|It may be a district unit's, outside the own area"`
	Beneficiaries int    `zh:"受益人数" en:"People served" rule:"filter,max=1000000"`
	Rated         int    `zh:"评价人数" en:"People who rated it" rule:"max=1000000"`
	Satisfied     int    `zh:"其中满意" en:"Of them satisfied" rule:"max=1000000"`
	Evidence      string `zh:"完成情况" en:"What was done" rule:"long,max=2000"`
}

// Matter (实事) is one thing that an agreement promises to get done.
type Matter struct {
	ledger.Row
	Title         string `zh:"实事" en:"Matter" rule:"required,max=80,search,filter"`
	Agreement     int64  `zh:"所属协议" en:"Agreement" ref:"co_agreement" rule:"required,filter"`
	Beneficiaries int    `zh:"受益人数" en:"People served" rule:"filter,max=1000000"`
	Rated         int    `zh:"评价人数" en:"People who rated it" rule:"max=1000000"`
	Satisfied     int    `zh:"其中满意" en:"Of them satisfied" rule:"max=1000000"`
	Evidence      string `zh:"完成情况" en:"What was done" rule:"long,max=2000"`
}

const stages = "planned:计划中:Planned; running:实施中:Running; done:已完成:Done"

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// coop declares the registers of co-building.
func (s *Service) coop(e *ledger.Engine) {
	s.Needs = ledger.Declare(e, ledger.Def[Need]{Code: "co_need", Name: w("共建需求", "Needs"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerWrite,
		Place: ledger.InCommunity, States: "open:待匹配:Open; matched:已匹配:Matched", Label: func(x *Need) string { return x.Title }})
	s.Resources = ledger.Declare(e, ledger.Def[Resource]{Code: "co_resource", Name: w("共建资源", "Resources"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerWrite,
		Place: ledger.InDistrict, Label: func(x *Resource) string { return x.Title }, Check: func(_ *ledger.Write, x, _ *Resource) error { return ofSomebody(x.Org) }})
	s.Agreements = ledger.Declare(e, ledger.Def[Agreement]{Code: "co_agreement", Name: w("共建协议", "Agreements"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerAgree,
		Place: ledger.InDistrict, Label: func(x *Agreement) string { return x.Title }, Check: func(_ *ledger.Write, x, _ *Agreement) error { return ofSomebody(x.Org) }})
	s.Projects = ledger.Declare(e, ledger.Def[Project]{Code: "co_project", Name: w("服务项目", "Projects"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerWrite,
		Place: ledger.InDistrict, States: stages, Label: func(x *Project) string { return x.Title }, Check: func(wr *ledger.Write, x, old *Project) error {
			return cmp.Or(shares(x.Satisfied, x.Rated), only(wr, x, old, func(p *Project) {
				p.State, p.Beneficiaries, p.Rated, p.Satisfied, p.Evidence = x.State, x.Beneficiaries, x.Rated, x.Satisfied, x.Evidence
			}))
		}})
	s.Matters = ledger.Declare(e, ledger.Def[Matter]{Code: "co_matter", Name: w("共建实事", "Matters"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerWrite,
		Place: ledger.InDistrict, States: stages, Label: func(x *Matter) string { return x.Title }, Check: func(wr *ledger.Write, x, old *Matter) error {
			return cmp.Or(shares(x.Satisfied, x.Rated), only(wr, x, old, func(m *Matter) {
				m.State, m.Beneficiaries, m.Rated, m.Satisfied, m.Evidence = x.State, x.Beneficiaries, x.Rated, x.Satisfied, x.Evidence
			}))
		}})
}

func ofSomebody(org int64) error {
	if org == 0 {
		return errs.Required.New().In("org")
	}
	return nil
}

// shares holds that not more are satisfied than rated.
func shares(satisfied, rated int) error {
	if satisfied > rated {
		return errs.Invalid.New("remedy", w("不能多于评价人数", "not more than rated it")).In("satisfied")
	}
	return nil
}
