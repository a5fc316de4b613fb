package access

import "linli/internal/kernel/errs"

// Perm is one permission. It is binary: a role has it or has not.
type Perm string

// The permissions.
const (
	CaseRead      Perm = "case.read"
	CaseReport    Perm = "case.report"
	CaseTriage    Perm = "case.triage"
	CaseDispatch  Perm = "case.dispatch"
	CaseHandle    Perm = "case.handle"
	CaseApprove   Perm = "case.approve"
	CaseArbitrate Perm = "case.arbitrate"
	CaseVerify    Perm = "case.verify"
	CaseOnsite    Perm = "case.onsite"
	CaseCallback  Perm = "case.callback"
	CaseVoid      Perm = "case.void"
	CaseReveal    Perm = "case.reveal"
	CaseExport    Perm = "case.export"
	CaseImport    Perm = "case.import"
	CaseOwn       Perm = "case.own"
	CaseRelay     Perm = "case.relay"
	FigureRead    Perm = "figure.read"
	AuditRead     Perm = "audit.read"
	RulesRead     Perm = "rules.read"
	RulesWrite    Perm = "rules.write"
	OrgWrite      Perm = "org.write"
	RegionWrite   Perm = "region.write"
	PlanWrite     Perm = "plan.write"
	PlanApprove   Perm = "plan.approve"
	AccountRead   Perm = "account.read"
	AccountWrite  Perm = "account.write"
	SessionManage Perm = "session.manage"
	OutboxManage  Perm = "outbox.manage"
	HomeRead      Perm = "home.read"
	HomeWrite     Perm = "home.write"
	HomeReveal    Perm = "home.reveal"
	VisitRead     Perm = "visit.read"
	VisitRecord   Perm = "visit.record"
	VisitManage   Perm = "visit.manage"
	DeviceManage  Perm = "device.manage"
	PartyRead     Perm = "party.read"
	PartyWrite    Perm = "party.write"
	PartyMembers  Perm = "party.members"
	StaffRead     Perm = "staff.read"
	StaffWrite    Perm = "staff.write"
	PayApprove    Perm = "pay.approve"
	Appraise      Perm = "appraise"
	LiaisonRead   Perm = "liaison.read"
	LiaisonWrite  Perm = "liaison.write"
	LiaisonVisit  Perm = "liaison.visit"
	PartnerRead   Perm = "partner.read"
	PartnerWrite  Perm = "partner.write"
	PartnerOwn    Perm = "partner.own"
	PartnerAgree  Perm = "partner.agree"
	WhistleCall   Perm = "whistle.call"
	WhistleAnswer Perm = "whistle.answer"
	MeetingHold   Perm = "meeting.hold"
	FormManage    Perm = "form.manage"
	FormRead      Perm = "form.read"
	FormWrite     Perm = "form.write"
)

var perms = []Perm{
	CaseRead, CaseReport, CaseTriage, CaseDispatch, CaseHandle, CaseApprove, CaseArbitrate, CaseVerify,
	CaseOnsite, CaseCallback, CaseVoid, CaseReveal, CaseExport, CaseImport, CaseOwn, CaseRelay, FigureRead, AuditRead,
	RulesRead, RulesWrite, OrgWrite, RegionWrite, PlanWrite, PlanApprove, AccountRead, AccountWrite, SessionManage,
	OutboxManage,
	HomeRead, HomeWrite, HomeReveal, VisitRead, VisitRecord, VisitManage, DeviceManage,
	PartyRead, PartyWrite, PartyMembers, StaffRead, StaffWrite, PayApprove, Appraise,
	LiaisonRead, LiaisonWrite, LiaisonVisit, PartnerRead, PartnerWrite, PartnerOwn, PartnerAgree, WhistleCall, WhistleAnswer, MeetingHold, FormManage,
	FormRead, FormWrite,
}

var permNames = map[Perm]errs.Words{
	CaseRead:      {ZH: "查看事件", EN: "Read cases"},
	CaseReport:    {ZH: "登记事件", EN: "Report cases"},
	CaseTriage:    {ZH: "受理立案", EN: "Accept, grade and file cases"},
	CaseDispatch:  {ZH: "派遣督办", EN: "Dispatch and supervise cases"},
	CaseHandle:    {ZH: "办理事件", EN: "Handle cases"},
	CaseApprove:   {ZH: "审批申请", EN: "Approve requests"},
	CaseArbitrate: {ZH: "裁定争议", EN: "Decide repeated returns"},
	CaseVerify:    {ZH: "现场核查", EN: "Verify on site"},
	CaseOnsite:    {ZH: "当场办结", EN: "Settle on the spot"},
	CaseCallback:  {ZH: "回访", EN: "Call back"},
	CaseVoid:      {ZH: "作废事件", EN: "Void cases"},
	CaseReveal:    {ZH: "查看诉求人信息", EN: "Reveal the reporter"},
	CaseExport:    {ZH: "导出事件", EN: "Export cases"},
	CaseImport:    {ZH: "导入事件", EN: "Import cases"},
	CaseOwn:       {ZH: "跟进本方提交的事件", EN: "Follow and act on the cases that one reported"},
	CaseRelay:     {ZH: "转达热线要求", EN: "Relay what the hotline asks for"},
	FigureRead:    {ZH: "查看指标", EN: "Read figures"},
	AuditRead:     {ZH: "查看审计记录", EN: "Read the audit trail"},
	RulesRead:     {ZH: "查看规则", EN: "Read the rulebook"},
	RulesWrite:    {ZH: "维护规则", EN: "Maintain the rulebook"},
	OrgWrite:      {ZH: "维护机构", EN: "Maintain organisations"},
	RegionWrite:   {ZH: "维护区划网格", EN: "Maintain regions and grids"},
	PlanWrite:     {ZH: "规划网格", EN: "Plan grids"},
	PlanApprove:   {ZH: "审批网格规划", EN: "Approve plans of grids"},
	AccountRead:   {ZH: "查看账号", EN: "Read accounts"},
	AccountWrite:  {ZH: "维护账号岗位", EN: "Maintain accounts and posts"},
	SessionManage: {ZH: "管理登录会话", EN: "Manage sessions"},
	OutboxManage:  {ZH: "管理对外发送", EN: "Manage messages to the outside"},
	HomeRead:      {ZH: "查看住户", EN: "Read homes"},
	HomeWrite:     {ZH: "维护住户", EN: "Maintain homes"},
	HomeReveal:    {ZH: "查看住户联系方式", EN: "Reveal contacts of homes"},
	VisitRead:     {ZH: "查看走访", EN: "Read visits"},
	VisitRecord:   {ZH: "记录走访", EN: "Record visits"},
	VisitManage:   {ZH: "安排走访", EN: "Manage visits and their rules"},
	DeviceManage:  {ZH: "管理手机与待传记录", EN: "Manage phones and what they hold"},
	PartyRead:     {ZH: "查看党组织", EN: "Read the party chain"},
	PartyWrite:    {ZH: "维护党组织", EN: "Maintain the party chain"},
	PartyMembers:  {ZH: "查看党员名册", EN: "Read who is a member"},
	StaffRead:     {ZH: "查看队伍", EN: "Read the workforce"},
	StaffWrite:    {ZH: "维护队伍", EN: "Maintain the workforce"},
	PayApprove:    {ZH: "审批薪酬", EN: "Approve pay"},
	Appraise:      {ZH: "考核定等", EN: "Decide appraisals"},
	LiaisonRead:   {ZH: "查看包联", EN: "Read liaison"},
	LiaisonWrite:  {ZH: "安排包联", EN: "Assign liaison"},
	LiaisonVisit:  {ZH: "包联走访", EN: "Visit as a liaison leader"},
	PartnerRead:   {ZH: "查看共建", EN: "Read co-building"},
	PartnerWrite:  {ZH: "维护共建", EN: "Maintain co-building"},
	PartnerAgree:  {ZH: "维护共建协议", EN: "Maintain agreements"},
	PartnerOwn:    {ZH: "维护本单位共建资料", EN: "Maintain the own organisation’s part"},
	WhistleCall:   {ZH: "吹哨", EN: "Call departments"},
	WhistleAnswer: {ZH: "报到办理", EN: "Answer whistles"},
	MeetingHold:   {ZH: "召集联席会议", EN: "Hold joint meetings"},
	FormManage:    {ZH: "管理台账与字段", EN: "Manage registers and fields"},
	FormRead:      {ZH: "查看自建台账", EN: "Read the city’s own registers"},
	FormWrite:     {ZH: "填写自建台账", EN: "Fill in the city’s own registers"},
}

// Perms lists all permissions in their order of display.
func Perms() []Perm { return append([]Perm(nil), perms...) }

// Known tells whether p is a permission at all.
func (p Perm) Known() bool { _, ok := permNames[p]; return ok }

// Name is the label of the permission, lang "zh" (default) or "en".
func (p Perm) Name(lang string) string { return permNames[p].In(lang) }
