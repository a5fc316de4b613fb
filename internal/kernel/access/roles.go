package access

import (
	"slices"
	"sync/atomic"

	"linli/internal/kernel/errs"
)

// Level says what a post of a role reaches.
type Level string

// The levels.
const (
	// ByRegion posts reach everything inside Post.Region: a city (4 digits),
	// a district (6), a street (9) or a community (12).
	ByRegion Level = "region"
	// ByGrid posts reach Post.Grid only.
	ByGrid Level = "grid"
	// ByOrg posts reach what Post.Org leads or assists, inside the district of
	// Post.Region, or in the whole city if Region is the city.
	ByOrg Level = "org"
)

// Office is one of the three separated offices (三员分立), or OfficeBusiness.
// No account holds posts of two different offices other than OfficeBusiness.
type Office string

// The offices.
const (
	OfficeBusiness Office = "business"
	OfficeSystem   Office = "system"
	OfficeSecurity Office = "security"
	OfficeAudit    Office = "audit"
)

// Role is a named list of permissions. Roles are data: the table role holds
// them, DefaultRoles is its seed, SetRoles puts the table's content in force.
type Role struct {
	Code   string
	Label  errs.Words
	Level  Level
	Depths []int // digits that Post.Region may have, e.g. 9 for a street
	Office Office
	Perms  []Perm
}

// Grants tells whether the role has the permission.
func (r *Role) Grants(p Perm) bool { return slices.Contains(r.Perms, p) }

// DefaultRoles is the seed of the role table.
func DefaultRoles() []Role {
	role := func(code, zh, en string, l Level, depths []int, o Office, p ...Perm) Role {
		return Role{Code: code, Label: errs.Words{ZH: zh, EN: en}, Level: l, Depths: depths, Office: o, Perms: p}
	}
	return []Role{
		role("operator", "话务员", "Operator", ByRegion, []int{4, 6}, OfficeBusiness,
			CaseRead, CaseReport, CaseReveal, RulesRead, FormRead, FormWrite),
		role("dispatcher", "街道调度员", "Street dispatcher", ByRegion, []int{9}, OfficeBusiness,
			CaseRead, CaseReport, CaseTriage, CaseDispatch, CaseVerify, CaseVoid, CaseReveal, CaseExport, FigureRead, RulesRead,
			VisitRead, VisitManage, DeviceManage, PartyRead, LiaisonRead, PartnerRead, WhistleCall, FormRead, FormWrite),
		role("chief", "街道指挥长", "Street chief", ByRegion, []int{9}, OfficeBusiness,
			CaseRead, CaseApprove, CaseArbitrate, CaseVoid, CaseExport, FigureRead, RulesRead,
			VisitRead, PartyRead, StaffRead, PayApprove, Appraise, LiaisonRead, PartnerRead, WhistleCall, MeetingHold, FormRead),
		role("district_desk", "区级指挥中心", "District desk", ByRegion, []int{4, 6}, OfficeBusiness,
			CaseRead, CaseReport, CaseTriage, CaseDispatch, CaseApprove, CaseArbitrate, CaseVerify, CaseVoid,
			CaseReveal, CaseExport, CaseImport, FigureRead, PlanApprove, RulesRead, OutboxManage,
			VisitRead, DeviceManage, PartyRead, StaffRead, PayApprove, Appraise, LiaisonRead, LiaisonWrite, PartnerRead, WhistleCall, FormRead, FormWrite),
		role("handler", "部门经办人", "Department handler", ByOrg, []int{4, 6, 9, 12}, OfficeBusiness,
			CaseRead, CaseReport, CaseHandle, CaseReveal, FigureRead, RulesRead,
			WhistleAnswer, FormRead, FormWrite),
		role("unit_lead", "部门负责人", "Head of unit", ByOrg, []int{4, 6, 9, 12}, OfficeBusiness,
			CaseRead, CaseReport, CaseHandle, CaseExport, FigureRead, RulesRead,
			WhistleAnswer, LiaisonVisit, PartnerRead, FormRead, FormWrite),
		role("community", "社区工作人员", "Community worker", ByRegion, []int{12}, OfficeBusiness,
			CaseRead, CaseReport, CaseVerify, CaseOnsite, FigureRead, RulesRead,
			HomeRead, HomeWrite, HomeReveal, VisitRead, VisitRecord, VisitManage, DeviceManage, PartyRead, StaffRead,
			LiaisonRead, PartnerRead, PartnerWrite, PartnerAgree, MeetingHold, FormRead, FormWrite),
		role("grid_worker", "网格员", "Grid worker", ByGrid, []int{12}, OfficeBusiness,
			CaseRead, CaseReport, CaseVerify, CaseOnsite, RulesRead,
			HomeRead, HomeWrite, HomeReveal, VisitRead, VisitRecord, FormRead, FormWrite),
		role("callback", "回访员", "Call-back seat", ByRegion, []int{4, 6}, OfficeBusiness,
			CaseRead, CaseCallback, CaseReveal, FormRead),
		role("leader", "领导", "Leader", ByRegion, []int{4, 6, 9, 12}, OfficeBusiness,
			CaseRead, CaseReport, CaseExport, FigureRead, PlanApprove, RulesRead,
			VisitRead, PartyRead, StaffRead, LiaisonRead, LiaisonVisit, PartnerRead, FormRead, FormWrite),
		role("client", "接口客户端", "API client", ByRegion, []int{4, 6}, OfficeBusiness,
			CaseReport, CaseOwn),
		role("gateway", "热线网关", "Hotline gateway", ByRegion, []int{4, 6}, OfficeBusiness,
			CaseReport, CaseOwn, CaseRelay),
		role("planner", "网格规划员", "Grid planner", ByRegion, []int{4, 6}, OfficeBusiness,
			PlanWrite, RulesRead),
		role("party_affairs", "党务专员", "Party-affairs officer", ByRegion, []int{4, 6, 9}, OfficeBusiness,
			PartyRead, PartyWrite, PartyMembers, LiaisonRead, LiaisonWrite, PartnerRead, MeetingHold, FormManage, FigureRead, RulesRead, FormRead, FormWrite),
		role("hr", "人事专员", "HR officer", ByRegion, []int{4, 6, 9}, OfficeBusiness,
			StaffRead, StaffWrite, FormManage, FigureRead, RulesRead, FormRead, FormWrite),
		role("street_clerk", "街道办事员", "Street clerk", ByRegion, []int{9}, OfficeBusiness,
			CaseRead, CaseReport, VisitRead, PartyRead, PartyWrite, StaffRead, LiaisonRead, LiaisonWrite, PartnerRead, PartnerWrite, PartnerAgree,
			WhistleCall, MeetingHold, FigureRead, RulesRead, FormRead, FormWrite),
		role("dept_liaison", "部门联络员", "Department liaison", ByOrg, []int{4, 6, 9}, OfficeBusiness,
			CaseReport, LiaisonRead, LiaisonVisit, PartnerRead, PartnerWrite, PartnerAgree, WhistleAnswer, RulesRead, FormRead, FormWrite),
		role("partner", "共建单位联系人", "Organisation contact", ByOrg, []int{4, 6, 9, 12}, OfficeBusiness,
			PartnerOwn, PartnerRead, PartnerWrite),
		role("auditor", "审计员", "Auditor", ByRegion, []int{4, 6}, OfficeAudit,
			AuditRead, CaseRead, AccountRead, FigureRead, RulesRead, FormRead),
		role("admin", "系统管理员", "System administrator", ByRegion, []int{4, 6}, OfficeSystem,
			RulesRead, RulesWrite, OrgWrite, RegionWrite, PlanWrite, OutboxManage,
			FormManage),
		role("security", "安全管理员", "Security administrator", ByRegion, []int{4, 6}, OfficeSecurity,
			AccountRead, AccountWrite, SessionManage),
	}
}

// visitor is the role of whoever comes to the door without an account. It is
// not in the role table, and no post of an account is read as it.
var visitor = &Role{Code: "resident", Label: errs.Words{ZH: "居民", EN: "Resident"}, Level: ByRegion, Depths: []int{4}, Office: OfficeBusiness,
	Perms: []Perm{CaseReport, CaseOwn}}

type registry struct {
	list   []Role
	byCode map[string]*Role
}

var (
	roles     atomic.Pointer[registry]
	districts atomic.Pointer[[]int]
)

func init() { SetRoles(DefaultRoles()) }

// SetRoles puts these roles in force for the whole process, at once.
func SetRoles(list []Role) {
	reg := &registry{list: slices.Clone(list), byCode: make(map[string]*Role, len(list))}
	for i := range reg.list {
		reg.byCode[reg.list[i].Code] = &reg.list[i]
	}
	roles.Store(reg)
}

// Roles lists the roles in force.
func Roles() []Role { return slices.Clone(roles.Load().list) }

// RoleByCode returns the role in force with that code.
func RoleByCode(code string) (Role, bool) {
	if r := roles.Load().byCode[code]; r != nil {
		return *r, true
	}
	return Role{}, false
}

// SetDistricts tells the districts (6-digit codes) that this installation
// serves. The app calls it after loading the regions; the scope of a city post
// is spelt out with them.
func SetDistricts(codes ...int) {
	list := slices.Clone(codes)
	slices.Sort(list)
	list = slices.Compact(list)
	districts.Store(&list)
}

// districtsUnder lists the served districts whose code starts with the prefix.
func districtsUnder(prefix int64) []int {
	all := districts.Load()
	if all == nil {
		return nil
	}
	var out []int
	for _, d := range *all {
		if hasPrefix(int64(d), prefix) {
			out = append(out, d)
		}
	}
	return out
}

func served(district int) bool {
	all := districts.Load()
	if all == nil {
		return false
	}
	_, ok := slices.BinarySearch(*all, district)
	return ok
}

// DistrictOf is the 6-digit district of a region code of six digits or more,
// and 0 (city level) for a shorter one.
func DistrictOf(region int64) int {
	if region < 100_000 {
		return 0
	}
	for region > 999_999 {
		region /= 10
	}
	return int(region)
}

// Digits is the number of decimal digits of a region code: 4 city, 6 district,
// 9 street, 12 community.
func Digits(code int64) int {
	n := 0
	for ; code > 0; code /= 10 {
		n++
	}
	return n
}

func hasPrefix(code, prefix int64) bool {
	if prefix <= 0 {
		return false
	}
	for code > prefix {
		code /= 10
	}
	return code == prefix
}
