package partner

import (
	"crypto/rand"
	"encoding/base32"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

// Force (社会力量) is an organisation outside that helps. Org is set where it has
// accounts of its own; the cooperation ends with the last day.
type Force struct {
	ledger.Row
	Name          string        `zh:"名称" en:"Name" rule:"required,max=60,unique,search,filter"`
	Kind          string        `zh:"类别" en:"Kind" rule:"required,filter" choices:"property:物业公司:Property company; enterprise:企业:Enterprise; social:社会组织:Social organisation"`
	Number        string        `zh:"统一社会信用代码" en:"Registration number" rule:"unique,max=18,search" why:"核对主体是否已登记|Tells whether it is known already"`
	Qualification string        `zh:"资质" en:"Qualification" rule:"max=200"`
	Services      []string      `zh:"可提供服务" en:"Services" rule:"filter" choices:"meal:助餐:Meals; health:健康检查:Health checks; study:助学:Study aid; care:助老助残:Care; repair:便民维修:Repairs; law:法律咨询:Legal advice; culture:文体活动:Culture and sport; clean:环境整治:Clean-up; safety:安全宣传:Safety; venue:场地:Venues; fund:资金物资:Funds and goods"`
	Contact       ledger.Secret `zh:"联系人" en:"Contact" personal:"name"`
	Phone         ledger.Secret `zh:"联系电话" en:"Phone" personal:"phone" why:"服务对接|To arrange services"`
}

// Commissioner (兼职委员) of a social force sits on the branch of a grid.
type Commissioner struct {
	ledger.Row
	Force int64         `zh:"所在单位" en:"Of" ref:"force" rule:"required,filter"`
	Title string        `zh:"职务" en:"Position" rule:"max=30"`
	Name  ledger.Secret `zh:"姓名" en:"Name" personal:"name"`
	Phone ledger.Secret `zh:"联系电话" en:"Phone" personal:"phone" why:"议事通知|To be called to meetings"`
}

// Batch (服务批次) is one service that a social force gave.
type Batch struct {
	ledger.Row
	Force     int64      `zh:"服务单位" en:"By" ref:"force" rule:"required,filter"`
	Title     string     `zh:"服务内容" en:"Service" rule:"required,max=80,search"`
	Kind      string     `zh:"服务类别" en:"Kind of service" rule:"required,filter" choices:"meal:助餐:Meals; health:健康检查:Health checks; study:助学:Study aid; care:助老助残:Care; repair:便民维修:Repairs; law:法律咨询:Legal advice; culture:文体活动:Culture and sport; clean:环境整治:Clean-up; safety:安全宣传:Safety; venue:场地:Venues; fund:资金物资:Funds and goods"`
	Day       ledger.Day `zh:"服务日期" en:"On" rule:"required,filter"`
	Place     string     `zh:"地点" en:"Where" rule:"max=80"`
	Served    int        `zh:"服务人次" en:"People served" rule:"filter,max=1000000"`
	Rated     int        `zh:"评价人数" en:"People who rated it" rule:"max=1000000"`
	Satisfied int        `zh:"其中满意" en:"Of them satisfied" rule:"max=1000000"`
	Feedback  string     `zh:"居民反馈" en:"What residents said" rule:"long,max=1000"`
}

// Session (志愿服务场次) is when volunteers help. Code makes its link.
type Session struct {
	ledger.Row
	Title  string     `zh:"活动" en:"Session" rule:"required,max=60,search,filter"`
	Kind   string     `zh:"服务类别" en:"Kind of service" rule:"required,filter" choices:"meal:助餐:Meals; health:健康检查:Health checks; study:助学:Study aid; care:助老助残:Care; repair:便民维修:Repairs; law:法律咨询:Legal advice; culture:文体活动:Culture and sport; clean:环境整治:Clean-up; safety:安全宣传:Safety; venue:场地:Venues; fund:资金物资:Funds and goods"`
	Force  int64      `zh:"组织单位" en:"Organised by" ref:"force" rule:"filter" why:"不填为社区组织|The community if left empty"`
	Day    ledger.Day `zh:"日期" en:"On" rule:"required,filter"`
	Starts string     `zh:"开始时间" en:"Begins" rule:"max=5"`
	Hours  float64    `zh:"时长（小时）" en:"Hours" rule:"max=24"`
	Place  string     `zh:"地点" en:"Where" rule:"required,max=80"`
	Seats  int        `zh:"招募人数" en:"Places" rule:"max=1000" why:"满额后停止报名|Sign-up ends when they are taken"`
	Came   int        `zh:"到场人数" en:"Came" rule:"filter,max=1000"`
	Served int        `zh:"服务人次" en:"People served" rule:"max=1000000"`
	Code   string     `zh:"报名码" en:"Link code" rule:"fixed,unique,max=16" why:"系统生成，组成报名链接|Made by the program; part of the link"`
}

// Turn (志愿者报名) is one volunteer in one session. Code is the volunteer's own
// key to the entry; Certified is the day on which the organiser certified the hours.
type Turn struct {
	ledger.Row
	Session   int64         `zh:"活动" en:"Session" ref:"volunteer_session" rule:"required,fixed,filter"`
	Name      ledger.Secret `zh:"姓名" en:"Name" personal:"name" why:"写入服务证明|Stands on the certificate"`
	Phone     ledger.Secret `zh:"联系电话" en:"Phone" personal:"phone" why:"活动有变化时通知|To tell of changes"`
	Hours     float64       `zh:"认定时长（小时）" en:"Hours certified" rule:"max=24"`
	Certified ledger.Day    `zh:"认定日期" en:"Certified on" rule:"filter"`
	Code      string        `zh:"凭证" en:"Key" rule:"fixed,max=16" class:"account.write"`
}

// States of a volunteer's turn.
const (
	Signed    = "signed"
	Certified = "certified"
	Away      = "away"
)

// forces declares the registers of social forces.
func (s *Service) forces(e *ledger.Engine) {
	s.Forces = ledger.Declare(e, ledger.Def[Force]{Code: "force", Name: w("社会力量", "Social forces"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerWrite, Reveal: access.PartnerWrite,
		Place: ledger.InDistrict, Label: func(x *Force) string { return x.Name }, Check: func(wr *ledger.Write, x, old *Force) error {
			return only(wr, x, old, func(f *Force) {
				f.Person, f.Contact, f.Phone, f.Services = x.Person, x.Contact, x.Phone, x.Services
			})
		}})
	s.Commissioners = ledger.Declare(e, ledger.Def[Commissioner]{Code: "force_commissioner", Name: w("兼职委员", "Part-time commissioners"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerAgree, Reveal: access.PartnerWrite,
		Place: ledger.InCommunity, Label: func(x *Commissioner) string { return x.Title }})
	s.Batches = ledger.Declare(e, ledger.Def[Batch]{Code: "force_batch", Name: w("服务批次", "Service batches"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerWrite,
		Place: ledger.InStreet, Label: func(x *Batch) string { return x.Title }, Check: func(_ *ledger.Write, x, _ *Batch) error { return shares(x.Satisfied, x.Rated) }})
	s.Sessions = ledger.Declare(e, ledger.Def[Session]{Code: "volunteer_session", Name: w("志愿服务场次", "Volunteer sessions"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerWrite,
		Place: ledger.InCommunity, States: "open:报名中:Open; closed:报名截止:Closed; done:已结束:Done", Label: func(x *Session) string { return x.Title },
		Check: func(_ *ledger.Write, x, _ *Session) error {
			if x.Code == "" {
				x.Code = newCode()
			}
			if x.Starts != "" && !clock(x.Starts) {
				return errs.Invalid.New("remedy", w("请按 09:00 的样子填写", "write it like 09:00")).In("starts")
			}
			return nil
		}})
	s.Turns = ledger.Declare(e, ledger.Def[Turn]{Code: "volunteer_turn", Name: w("志愿者报名", "Volunteers"), Group: "partner", Read: access.PartnerRead, Write: access.PartnerWrite, Reveal: access.PartnerWrite,
		Place: ledger.InCommunity, States: "signed:已报名:Signed up; certified:已认定:Certified; away:未参加:Did not come", Label: func(x *Turn) string { return x.Name.Mask },
		Check: func(_ *ledger.Write, x, _ *Turn) error {
			if x.Code == "" {
				x.Code = newCode()
			}
			return nil
		}, Then: seats})
}

// seats counts the places of a session and refuses one too many.
func seats(w *ledger.Write, x, old *Turn) error {
	holds := func(t *Turn) int {
		if t != nil && (t.State == Signed || t.State == Certified) {
			return 1
		}
		return 0
	}
	more := holds(x) - holds(old)
	if more == 0 {
		return nil
	}
	if _, err := w.Tx.Exec("INSERT INTO volunteer_seat (district, session, taken) VALUES (?, ?, ?) ON CONFLICT (district, session) DO UPDATE SET taken = volunteer_seat.taken + ?", x.District, x.Session, more, more); err != nil || more < 0 {
		return err
	}
	var taken, most int
	if err := w.Tx.QueryRow("SELECT s.taken, v.seats FROM volunteer_seat s JOIN volunteer_session v ON v.district = s.district AND v.id = s.session WHERE s.district = ? AND s.session = ?", x.District, x.Session).Scan(&taken, &most); err != nil {
		return err
	}
	if most > 0 && taken > most {
		return Full.New()
	}
	return nil
}

func clock(s string) bool {
	return len(s) == 5 && s[2] == ':' && s[:2] >= "00" && s[:2] <= "23" && s[3:] >= "00" && s[3:] <= "59" && strings.Trim(s, "0123456789:") == ""
}

// newCode is 80 random bits that can be read aloud.
func newCode() string {
	b := make([]byte, 10)
	rand.Read(b) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))
}
