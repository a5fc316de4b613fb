package household

import (
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

// Home is where people live under one door. Valid from its first day; ended when
// the door is no more, or turned out to be another home's.
type Home struct {
	ledger.Row
	Building int64         `zh:"楼栋" en:"building" ref:"building" rule:"required,filter" why:"住户挂在楼栋上，网格重新划分也不变|A home hangs on its building, however the grids are planned"`
	Unit     string        `zh:"单元" en:"unit" rule:"max=10,filter"`
	Floor    int           `zh:"楼层" en:"floor" rule:"min=0,max=200"`
	Room     string        `zh:"房号" en:"room" rule:"required,max=20,filter,search"`
	Use      string        `col:"use_now" zh:"居住情况" en:"use" choices:"lived:自住:Lived in; let:出租:Let; empty:空置:Empty; other:非居住:Not a dwelling" rule:"required,filter" why:"空置的房屋不安排走访|Nobody visits an empty home"`
	People   int           `zh:"居住人数" en:"people" rule:"min=0,max=50" why:"疏散和物资配送时要知道有几个人|To know how many there are when a house is cleared or supplied"`
	Langs    []string      `zh:"使用语言" en:"languages" choices:"zh:普通话:Mandarin; local:本地方言:Local dialect; sign:手语:Sign language; en:英语:English; other:其他:Another" why:"安排能沟通的人上门|So that somebody comes who is understood"`
	Name     ledger.Secret `zh:"联系人" en:"contact" personal:"name"`
	Phone    ledger.Secret `zh:"联系电话" en:"telephone" personal:"phone"`
	Consent  ledger.Day    `zh:"同意留存至" en:"kept with consent until" why:"联系方式经本人同意留存，到期须再次征得同意|A contact is kept with consent, which is asked for again when it ends"`
	Every    int           `col:"every_days" zh:"希望的走访间隔（天）" en:"days between visits they wish for" rule:"min=0,max=400" why:"按居民的意愿安排走访|Visits come as often as the residents wish"`
	Hint     string        `zh:"上门提示" en:"how to call" rule:"max=60" why:"例如门铃坏了，请敲门|Such as: the bell is broken, please knock"`
}

// Need is a care need of somebody in a home, agreed to, for a service, until a day.
type Need struct {
	ledger.Row
	Home    int64         `zh:"住户" en:"home" ref:"home" rule:"required,filter"`
	Kind    string        `zh:"关爱需求" en:"care need" choices:"alone:独居老人:Elderly, living alone; elder:高龄老人:Of great age; disabled:残疾:Disabled; ill:重病慢病:Ill; infant:婴幼儿:Infant; pregnant:孕产妇:Expecting; left:留守儿童:Child left behind; other:其他:Other" rule:"required,filter"`
	Purpose string        `zh:"用途" en:"purpose" rule:"required,max=100" why:"只为这项服务登记|It is kept for this service only"`
	Source  string        `zh:"来源" en:"source" choices:"resident:本人提出:The resident; family:家属提出:The family; committee:社区走访:The committee; civil:民政部门:Civil affairs; health:卫健部门:Health department; federation:残联:Disabled persons’ federation" rule:"required,filter"`
	Consent ledger.Day    `zh:"本人同意日期" en:"agreed on" rule:"required" why:"没有本人或监护人同意不能登记|Without consent of the person or a guardian it is not kept"`
	Name    ledger.Secret `zh:"姓名" en:"name" personal:"name"`
}

// longest is how long a care need may run before it is asked about again, in days.
const longest = 366

var (
	NoConsent = errs.Declare("home_consent", 422, "留存姓名和电话须征得本人同意：请填写“同意留存至”。", "Name and telephone are kept with consent: say until when.")
	NeedEnds  = errs.Declare("need_ends", 422, "关爱需求须有截止日期，最长一年，到期再确认。", "A care need ends, after a year at most, and is then asked about again.")
	OtherTown = errs.Declare("home_district", 422, "这栋楼在其他区县，请在那里登记。", "This building lies in another district; register the home there.")
)

// City is what the room needs of buildings.
type City interface {
	// Building tells where a building lies today; false if there is none.
	Building(id int64) (grid, community int64, ok bool)
}

// checkHome puts a home where its building is and asks for consent to a contact.
func (s *Service) checkHome(w *ledger.Write, h, old *Home) error {
	grid, community, ok := s.City.Building(h.Building)
	if !ok {
		return errs.NotFound.New().In("building")
	}
	if old != nil && old.District != access.DistrictOf(community) {
		return OtherTown.New().In("building")
	}
	h.Grid, h.Region, h.Community, h.Street, h.District = grid, community, community, community/1000, access.DistrictOf(community)
	if !w.Scope.Covers(h.Target()) {
		return errs.NotFound.New().In("building")
	}
	if w.Action != "end" && w.Action != "move" && h.Consent == 0 && (h.Name.Given() || h.Phone.Given()) {
		return NoConsent.New().In("consent")
	}
	return nil
}

// checkNeed puts a care need where its home is.
func (s *Service) checkNeed(w *ledger.Write, n, old *Need) error {
	var at ledger.Row
	err := w.Tx.QueryRow("SELECT district, region, street, community, grid FROM home WHERE district = ? AND id = ? AND state = 'active'", n.District, n.Home).Scan(&at.District, &at.Region, &at.Street, &at.Community, &at.Grid)
	if err != nil && w.Action != "end" {
		return errs.NotFound.New().In("home")
	}
	if err == nil {
		n.Region, n.Street, n.Community, n.Grid = at.Region, at.Street, at.Community, at.Grid
	}
	if !w.Scope.Covers(n.Target()) {
		return errs.NotFound.New().In("home")
	}
	if w.Action == "end" || w.Action == "move" {
		return nil
	}
	if n.To == 0 || daysBetween(int(n.From), int(n.To)) > longest {
		return NeedEnds.New().In("valid_to")
	}
	return nil
}

func dayTime(d int) time.Time {
	return time.Date(d/10000, time.Month(d/100%100), d%100, 0, 0, 0, 0, time.UTC)
}

func daysBetween(a, b int) int { return int(dayTime(b).Sub(dayTime(a)) / (24 * time.Hour)) }
