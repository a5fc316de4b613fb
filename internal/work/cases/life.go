package cases

import (
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
)

// The actions that the room itself refers to; the table below has all.
const (
	ActReport   flow.Action = "report"
	ActOnsite   flow.Action = "onsite"
	ActImport   flow.Action = "import"
	ActApprove  flow.Action = "approve"
	ActRefuse   flow.Action = "refuse"
	ActCallBack flow.Action = "call_back"
	ActMerge    flow.Action = "merge"
	ActUnmerge  flow.Action = "unmerge"
	ActJoin     flow.Action = "joined"
	ActSplit    flow.Action = "split"
	ActLapse    flow.Action = "lapse"
	ActUnsigned flow.Action = "unsigned"
	ActTriage   flow.Action = "triage_late"
	ActCalendar flow.Action = "calendar"
	ActDraw     flow.Action = "draw"
	ActArchive  flow.Action = "archive"
	ActGather   flow.Action = "merged_from"
	ActRelease  flow.Action = "unmerged_from"
	ActPart     flow.Action = "split_to"
	ActAnswer   flow.Action = "answered"
	ActStage    flow.Action = "stage_lapsed"
	ActGoOn     flow.Action = "wait_over"
)

// facts are what the rules of the table look at.
type facts struct {
	c       *Case
	now     int64
	account int64
	system  bool
	leads   bool // one of the actor's posts belongs to the lead unit
	helps   bool // … to any unit of the case, past or present
	handled bool // the actor did a handling act in this case before
	about   bool // the case complains about the actor's own unit
	can     flow.Can
	request *Request // the pending request, if any
	set     Settings
	cat     Category
}

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

type rule = flow.Rule[*facts]

func when(zh, en string, hold func(*facts) bool) rule { return rule{Why: w(zh, en), Hold: hold} }

// The rules, each with its reason.
var (
	leadOnly   = when("只有主办单位办理这一步", "only the lead unit does this", func(f *facts) bool { return f.leads })
	running    = when("时限已停（挂账或等待诉求人），请先恢复", "the clock stands still (suspended or waiting for the reporter); resume it first", func(f *facts) bool { return f.c.PausedAt == 0 })
	suspended  = when("事件没有挂账", "the case is not suspended", func(f *facts) bool { return f.c.Has(FlagSuspended) })
	noRequest  = when("有一项申请正在等待审批", "a request is waiting for approval", func(f *facts) bool { return f.c.Pending == "" })
	hasRequest = when("没有待审批的申请", "no request is waiting", func(f *facts) bool { return f.request != nil })
	decider    = when("这项申请由指定的审批人决定", "a named person decides this request", func(f *facts) bool { return f.decides() })
	otherHand  = when("申请人不能审批自己的申请", "nobody approves an own request", func(f *facts) bool { return f.system || f.request == nil || f.request.AskedBy != f.account })
	inTime     = when("时限已过，不能再申请延期", "the limit has passed; an extension is asked for before", func(f *facts) bool { return f.c.DueAt == 0 || f.now <= f.c.DueAt })
	firstTime  = when("已经延期过，不能再次延期", "it was extended before", func(f *facts) bool { return f.c.Extended < f.set.ExtensionTimes })
	overdue    = when("时限未过，请用“催办”", "the limit has not passed; use “urge”", func(f *facts) bool {
		return f.c.DueAt > 0 && f.now > f.c.DueAt || f.c.StageDueAt > 0 && f.now > f.c.StageDueAt
	})
	notOwn = when("不能核查自己或本单位经办的事项", "nobody verifies own work or that of the own unit", func(f *facts) bool {
		return f.system || !f.handled && !f.helps && f.c.Handler != f.account
	})
	ownCall = when("这次回访抽给了其他回访员", "this call-back was drawn for another seat", func(f *facts) bool {
		return f.system || f.c.Seat == f.account
	})
	drawn  = when("这件事项没有抽到回访", "it was not drawn for a call-back", func(f *facts) bool { return f.c.Has(FlagCall) })
	onsite = when("只有一般事项且类别允许时才能当场办结", "only a general matter of a category that allows it is settled on the spot", func(f *facts) bool {
		return f.c.Grade == "general" && f.cat.Onsite
	})
	ownReport = when("只有登记人或受理人员可以撤回", "only who registered it, or triage, withdraws it", func(f *facts) bool {
		return f.system || f.c.Creator == f.account || f.can(access.CaseTriage)
	})
	alone       = when("还有其他诉求并入了本事件，请先撤销并入", "other reports were merged into it; undo that first", func(f *facts) bool { return f.c.Supporters <= 1 })
	joinedSince = rule{Why: alone.Why, Hold: func(f *facts) bool { return f.request.Kind != KindVoid || alone.Hold(f) }}
	lowLevel    = when("已在区级处理", "the district has it already", func(f *facts) bool { return f.c.Level == 0 })
	graded      = when("请先选定类别", "choose a category first", func(f *facts) bool { return f.c.Category > 0 })
	impartial   = when("事项反映的是您所在的单位，由其他单位办理", "it complains about your own unit; others deal with it", func(f *facts) bool { return !f.about })
	unchecked   = when("正在等待现场核实的反馈", "the check on site has not been answered yet", func(f *facts) bool { return !f.c.Has(FlagCheck) })
	checking    = when("没有要求现场核实", "no check on site was asked for", func(f *facts) bool { return f.c.Has(FlagCheck) })
	waiting     = when("没有在等待诉求人", "it does not wait for the reporter", func(f *facts) bool { return f.c.Has(FlagWaiting) })
	mayWait     = when("等待诉求人的次数已用完", "it has waited for the reporter as often as it may", func(f *facts) bool { return f.c.Pauses < f.set.PauseTimes })
	toTell      = when("没有需要告知诉求人的事项", "there is nothing to tell the reporter", func(f *facts) bool { return f.c.Has(FlagTell) })
	othersToo   = rule{Why: w("还有其他人反映了同一件事，会继续办理", "others reported the same matter; it goes on"), Hold: alone.Hold}
	unrated     = when("您已经评价过这次办理", "you have rated this already", func(f *facts) bool { return !f.c.Has(FlagRated) })
	answered    = when("主事件还没有办结", "the main case is not closed yet", func(f *facts) bool { return f.c.Status != Merged || f.c.Has(FlagAnswered) })
	hasPerson   = when("没有留下个人信息", "there is no personal data", func(f *facts) bool { return f.c.reachable() })
	hasStage    = when("没有未完成的阶段", "no stage is open", func(f *facts) bool { return slices.ContainsFunc(f.c.milestones(), milestone.open) })
	superior    = when("只有上级交办的事项可以不立案直接派遣", "only a matter from a superior is dispatched without filing", func(f *facts) bool { return f.c.Channel == "superior" })
)

// decides: the named approver; without one, whoever has the permission that
// the kind of request asks for. The repeated return goes to an arbiter.
func (f *facts) decides() bool {
	if f.system || f.request == nil {
		return true
	}
	if f.request.Approver != 0 {
		return f.request.Approver == f.account
	}
	switch {
	case f.request.Kind == KindVoid:
		return f.can(access.CaseVoid)
	case f.request.Kind == KindReturn && f.c.Returns+1 >= f.set.ReturnsDecided:
		return f.can(access.CaseArbitrate)
	case f.request.Kind == KindReturn:
		return f.can(access.CaseDispatch)
	}
	return f.can(access.CaseApprove)
}

// The fields of actions.
var (
	reason   = flow.Field{Name: "reason", Type: "text", Required: true, Max: 500, Label: w("理由", "reason")}
	note     = flow.Field{Name: "note", Type: "text", Max: 1000, Label: w("说明", "note")}
	must     = flow.Field{Name: "note", Type: "text", Required: true, Max: 1000, Label: w("说明", "note")}
	files    = flow.Field{Name: "files", Type: "files", Max: 9, Label: w("照片", "photos")}
	category = flow.Field{Name: "category_id", Type: "category", Label: w("类别", "category")}
	grade    = flow.Field{Name: "grade", Type: "grade", Choices: Grades, Label: w("分级", "grade")}
	lead     = flow.Field{Name: "lead", Type: "org", Required: true, Label: w("主办单位", "lead unit")}
	assists  = flow.Field{Name: "assists", Type: "orgs", Max: 8, Label: w("协办单位", "assisting units")}
	request  = flow.Field{Name: "request", Type: "request", Label: w("申请", "request")}
	against  = flow.Field{Name: "against", Type: "org", Label: w("被反映单位", "unit complained about")}
	result   = flow.Field{Name: "result", Type: "text", Required: true, Max: 2000, Label: w("办理结果", "result")}
)

func optional(f flow.Field) flow.Field { f.Required = false; return f }
func required(f flow.Field) flow.Field { f.Required = true; return f }

var (
	untriaged = []flow.State{Reported, Accepted}
	atUnit    = []flow.State{Dispatched, Signed, InProgress}
	working   = []flow.State{Signed, InProgress}
	unsolved  = slices.Concat(untriaged, []flow.State{Filed}, atUnit)
	open      = slices.Concat(unsolved, []flow.State{Resolved, Verified})
	ended     = []flow.State{Declined, NotFiled, Closed, Archived, Merged, Withdrawn, Void}
)

type row = flow.Transition[*facts]

func perms(p ...access.Perm) []access.Perm { return p }

// impartially keeps the unit that a case complains about away from every row
// that somebody does to it.
func impartially(table []row) []row {
	for i := range table {
		if t := &table[i]; !t.System && len(t.From) > 0 {
			t.Rules = append([]rule{impartial}, t.Rules...)
		}
	}
	return table
}

// Life is the life of a case. Each row: action, its name, from which states to
// which (none: it stays), who may, what must be given, which rules must hold.
// "Asks" files a request; the row that its approval applies is named
// <kind>_approved.
var Life = &flow.Life[*facts]{
	Name:   "case",
	States: slices.Concat(open, ended),
	Ends:   ended,
	Table: impartially([]row{
		// Coming in
		{Action: ActReport, Name: w("登记", "Report"), To: Reported, Perms: perms(access.CaseReport)},
		{Action: ActOnsite, Name: w("当场办结", "Settle on the spot"), To: Closed, Perms: perms(access.CaseOnsite), Needs: []flow.Field{result, files}, Rules: []rule{onsite}},
		{Action: ActImport, Name: w("历史导入", "Bring in as history"), To: Closed, Perms: perms(access.CaseImport)},
		// Deciding what it is
		{Action: "accept", Name: w("受理", "Accept"), From: []flow.State{Reported}, To: Accepted, Perms: perms(access.CaseTriage), Needs: []flow.Field{note}},
		{Action: "decline", Name: w("不予受理", "Decline"), From: untriaged, To: Declined, Perms: perms(access.CaseTriage), Needs: []flow.Field{reason}, Rules: []rule{unchecked}, Side: true},
		{Action: "file", Name: w("立案", "File"), From: untriaged, To: Filed, Perms: perms(access.CaseTriage), Needs: []flow.Field{category, grade, against, note}, Rules: []rule{unchecked}},
		{Action: "not_file", Name: w("不予立案", "Do not file"), From: untriaged, To: NotFiled, Perms: perms(access.CaseTriage), Needs: []flow.Field{reason}, Rules: []rule{unchecked}, Side: true},
		{Action: "check_site", Name: w("先到现场核实", "Ask for a check on site"), From: untriaged, Perms: perms(access.CaseTriage), Needs: []flow.Field{{Name: "note", Type: "text", Required: true, Max: 1000, Label: w("核实什么", "what to look at")}}, Rules: []rule{unchecked}, Side: true},
		{Action: "site_checked", Name: w("反馈核实情况", "Answer the check"), From: untriaged, Perms: perms(access.CaseVerify), Needs: []flow.Field{{Name: "found", Type: "yesno", Required: true, Label: w("情况是否属实", "found as reported")}, note, files}, Rules: []rule{checking}},
		{Action: "settle", Name: w("当场办结", "Settle on the spot"), From: untriaged, To: Closed, Perms: perms(access.CaseOnsite), Needs: []flow.Field{result, files}, Rules: []rule{unchecked, graded, onsite}},
		// Finding who does it
		{Action: "dispatch", Name: w("派遣", "Dispatch"), From: []flow.State{Filed}, To: Dispatched, Perms: perms(access.CaseDispatch), Needs: []flow.Field{lead, assists, note}},
		{Action: "direct", Name: w("直接派遣", "Dispatch directly"), From: untriaged, To: Dispatched, Perms: perms(access.CaseDispatch), Needs: []flow.Field{lead, assists, category, grade, against, note}, Rules: []rule{unchecked, superior}, Side: true},
		{Action: "assist", Name: w("增加协办", "Add units"), From: atUnit, Perms: perms(access.CaseDispatch), Needs: []flow.Field{required(assists), note}, Side: true},
		{Action: "urge", Name: w("催办", "Urge"), From: slices.Concat(atUnit, []flow.State{Filed, Resolved}), Perms: perms(access.CaseDispatch, access.CaseArbitrate, access.CaseRelay), Needs: []flow.Field{note}, Rules: []rule{running}, Side: true},
		{Action: "supervise", Name: w("督办", "Supervise"), From: slices.Concat(atUnit, []flow.State{Filed, Resolved}), Perms: perms(access.CaseDispatch, access.CaseArbitrate), Needs: []flow.Field{must}, Rules: []rule{running, overdue}, Side: true},
		{Action: "escalate", Name: w("上报区级", "Escalate"), From: unsolved, Perms: perms(access.CaseTriage, access.CaseDispatch), Needs: []flow.Field{must}, Rules: []rule{lowLevel}, Side: true},
		// The unit's work
		{Action: "sign", Name: w("签收", "Sign for"), From: []flow.State{Dispatched}, To: Signed, Perms: perms(access.CaseHandle), Rules: []rule{leadOnly, noRequest}},
		{Action: "start", Name: w("开始办理", "Start"), From: []flow.State{Signed}, To: InProgress, Perms: perms(access.CaseHandle), Needs: []flow.Field{note}, Rules: []rule{leadOnly, running}},
		{Action: "resolve", Name: w("已办好", "Resolved"), From: working, To: Resolved, Perms: perms(access.CaseHandle), Needs: []flow.Field{result, files}, Rules: []rule{leadOnly, running, noRequest}},
		{Action: "return", Name: w("退单", "Return"), From: atUnit, Perms: perms(access.CaseHandle), Asks: true, Side: true,
			Needs: []flow.Field{reason, {Name: "proposed", Type: "org", Required: true, Label: w("建议单位", "proposed unit")}}, Rules: []rule{leadOnly, running, noRequest}},
		{Action: "extend", Name: w("申请延期", "Ask for an extension"), From: working, Perms: perms(access.CaseHandle), Asks: true, Side: true,
			Needs: []flow.Field{reason, {Name: "until", Type: "day", Required: true, Label: w("延期至", "until")}}, Rules: []rule{leadOnly, running, noRequest, inTime, firstTime}},
		{Action: "suspend", Name: w("申请挂账", "Ask for suspension"), From: working, Perms: perms(access.CaseHandle), Asks: true, Side: true,
			Needs: []flow.Field{{Name: "reason", Type: "text", Required: true, Max: 500, Label: w("公开理由", "public reason")}, {Name: "review", Type: "day", Required: true, Label: w("复查日期", "review date")}}, Rules: []rule{leadOnly, running, noRequest}},
		{Action: "resume", Name: w("恢复办理", "Resume"), From: working, Perms: perms(access.CaseHandle, access.CaseApprove), Needs: []flow.Field{note}, Rules: []rule{suspended}},
		{Action: "await", Name: w("等待诉求人", "Wait for the reporter"), From: working, Perms: perms(access.CaseHandle), Side: true,
			Needs: []flow.Field{{Name: "reason", Type: "text", Required: true, Max: 500, Label: w("等待什么", "what for")}, {Name: "until", Type: "day", Required: true, Label: w("最迟等到", "at the latest until")}}, Rules: []rule{leadOnly, running, noRequest, mayWait}},
		{Action: "go_on", Name: w("恢复计时", "Start the clock again"), From: working, Perms: perms(access.CaseHandle, access.CaseDispatch), Needs: []flow.Field{note}, Rules: []rule{waiting}},
		{Action: "stage_done", Name: w("完成阶段", "A stage is done"), From: working, Perms: perms(access.CaseHandle), Needs: []flow.Field{{Name: "stage", Type: "choice", Required: true, Label: w("阶段", "stage")}, note, files}, Rules: []rule{leadOnly, running, hasStage}, Side: true},
		{Action: "tell", Name: w("已告知诉求人", "The reporter was told"), From: open, Perms: perms(access.CaseTriage, access.CaseDispatch, access.CaseCallback), Needs: []flow.Field{note}, Rules: []rule{toTell}, Side: true},
		// Approval
		{Action: ActApprove, Name: w("同意申请", "Approve"), From: open, Perms: perms(access.CaseApprove, access.CaseDispatch, access.CaseArbitrate, access.CaseVoid), Needs: []flow.Field{request, optional(lead), optional(reason)}, Rules: []rule{hasRequest, otherHand, decider, joinedSince}},
		{Action: ActRefuse, Name: w("不同意申请", "Refuse"), From: open, Perms: perms(access.CaseApprove, access.CaseDispatch, access.CaseArbitrate, access.CaseVoid), Needs: []flow.Field{request, reason}, Rules: []rule{hasRequest, otherHand, decider}},
		{Action: "return_approved", Name: w("退单成立", "Return accepted"), From: atUnit, To: Filed, System: true},
		{Action: "return_decided", Name: w("退单裁定", "Return decided"), From: atUnit, To: Dispatched, System: true},
		{Action: "extension_approved", Name: w("延期成立", "Extension granted"), From: working, System: true},
		{Action: "suspension_approved", Name: w("挂账成立", "Suspension granted"), From: working, System: true},
		{Action: "void_approved", Name: w("作废成立", "Voided"), From: open, To: Void, System: true},
		// Proof
		{Action: "verify_pass", Name: w("核查通过", "Verified"), From: []flow.State{Resolved}, To: Verified, Perms: perms(access.CaseVerify), Needs: []flow.Field{note, files}, Rules: []rule{notOwn}},
		{Action: "verify_fail", Name: w("核查不通过", "Not solved"), From: []flow.State{Resolved}, To: InProgress, Perms: perms(access.CaseVerify), Needs: []flow.Field{reason, files}, Rules: []rule{notOwn}},
		{Action: ActDraw, Name: w("抽取回访", "Draw for call-back"), From: []flow.State{Verified, Merged}, System: true},
		{Action: ActCallBack, Name: w("回访", "Call back"), From: []flow.State{Verified, Merged}, Perms: perms(access.CaseCallback), Rules: []rule{drawn, ownCall}, Needs: []flow.Field{
			{Name: "reached", Type: "yesno", Required: true, Label: w("是否接通", "reached")},
			{Name: "solved", Type: "yesno", Label: w("是否解决", "solved")},
			{Name: "satisfied", Type: "grade5", Label: w("满意程度", "satisfaction")}, note}},
		{Action: "sampled", Name: w("抽中复查", "Drawn for a check"), From: []flow.State{Closed}, To: Resolved, System: true},
		{Action: "to_desk", Name: w("转回调度", "Back to the desk"), From: []flow.State{InProgress, Verified, Closed}, To: Filed, System: true},
		{Action: "close", Name: w("结案", "Close"), From: []flow.State{Verified}, To: Closed, System: true},
		{Action: "redo", Name: w("重办", "Redo"), From: []flow.State{Verified, Closed}, To: Dispatched, System: true},
		{Action: "reopen", Name: w("重办", "Redo"), From: []flow.State{Closed}, To: Dispatched, Perms: perms(access.CaseDispatch, access.CaseArbitrate, access.CaseRelay), Needs: []flow.Field{lead, reason}, Side: true},
		{Action: ActArchive, Name: w("归档", "Archive"), From: []flow.State{Closed}, To: Archived, System: true},
		// Side moves of the desk
		{Action: ActMerge, Name: w("并入", "Merge into"), From: unsolved, To: Merged, Perms: perms(access.CaseTriage), Needs: []flow.Field{{Name: "into", Type: "case", Required: true, Label: w("主事件", "main case")}, note}, Rules: []rule{noRequest}, Side: true},
		{Action: ActUnmerge, Name: w("撤销并入", "Undo the merge"), From: []flow.State{Merged}, Perms: perms(access.CaseTriage), Needs: []flow.Field{reason}, Side: true}, // back to where it was merged from
		{Action: ActSplit, Name: w("拆分", "Split"), From: slices.Concat(untriaged, []flow.State{Filed}), Perms: perms(access.CaseTriage), Needs: []flow.Field{{Name: "parts", Type: "parts", Required: true, Max: 5, Label: w("拆出的事项", "parts")}}, Side: true},
		{Action: "withdraw", Name: w("撤回", "Withdraw"), From: slices.Concat(unsolved, []flow.State{Merged}), To: Withdrawn, Perms: perms(access.CaseTriage, access.CaseReport), Needs: []flow.Field{reason}, Rules: []rule{noRequest, ownReport, alone}, Side: true},
		{Action: "void", Name: w("申请作废", "Ask to void"), From: open, Perms: perms(access.CaseTriage), Asks: true, Needs: []flow.Field{reason}, Rules: []rule{noRequest, alone}, Side: true},
		{Action: "correct", Name: w("更正", "Correct"), From: unsolved, Perms: perms(access.CaseTriage), Side: true, Needs: []flow.Field{category, grade, against,
			{Name: "place", Type: "place", Label: w("地点", "place")}, {Name: "title", Type: "text", Max: 100, Label: w("标题", "title")}, {Name: "reason", Type: "text", Required: true, Max: 500, Label: w("更正原因", "why")}}},
		{Action: "note", Name: w("补充", "Add a note"), From: open, Perms: perms(access.CaseReport, access.CaseTriage, access.CaseHandle, access.CaseVerify, access.CaseCallback), Needs: []flow.Field{{Name: "note", Type: "text", Required: true, Max: 2000, Label: w("内容", "text")}, files}, Side: true},
		// The reporter's own, by number and follow-up code; see access.Visitor
		{Action: "own_note", Name: w("诉求人补充", "The reporter adds something"), From: open, Perms: perms(access.CaseOwn), Needs: []flow.Field{{Name: "note", Type: "text", Required: true, Max: 2000, Label: w("补充内容", "what you add")}, files}, Side: true},
		{Action: "own_correct", Name: w("诉求人更正", "The reporter corrects it"), From: untriaged, Perms: perms(access.CaseOwn), Needs: []flow.Field{{Name: "note", Type: "text", Required: true, Max: 1000, Label: w("哪里不对", "what was wrong")}, {Name: "place", Type: "place", Label: w("地点", "place")}}, Side: true},
		{Action: "own_withdraw", Name: w("诉求人撤回", "The reporter withdraws it"), From: slices.Concat(unsolved, []flow.State{Merged}), To: Withdrawn, Perms: perms(access.CaseOwn), Needs: []flow.Field{optional(reason)}, Rules: []rule{noRequest, othersToo}, Side: true},
		{Action: "own_rate", Name: w("诉求人评价", "The reporter rates it"), From: []flow.State{Verified, Closed, Merged}, Perms: perms(access.CaseOwn), Rules: []rule{answered, unrated}, Needs: []flow.Field{
			{Name: "reached", Type: "yesno", Label: w("是否有人联系过您", "somebody got in touch")},
			{Name: "solved", Type: "yesno", Required: true, Label: w("是否解决", "solved")},
			{Name: "satisfied", Type: "grade5", Label: w("满意程度", "satisfaction")}, note}, Side: true},
		{Action: "own_erase", Name: w("诉求人要求删除个人信息", "The reporter has the personal data deleted"), From: slices.Concat(open, ended), Perms: perms(access.CaseOwn), Rules: []rule{hasPerson}, Side: true},
		// The program's own
		{Action: ActJoin, Name: w("附议在办事件", "Joined an open case"), From: []flow.State{Reported}, To: Merged, System: true},
		{Action: ActGather, Name: w("并入了其他事件", "Took in another case"), From: slices.Concat(open, []flow.State{Merged}), System: true},
		{Action: ActRelease, Name: w("分出了并入的事件", "A merged case was taken out"), From: slices.Concat(open, ended), System: true},
		{Action: ActPart, Name: w("拆出事项", "Split off a part"), From: slices.Concat(untriaged, []flow.State{Filed}), System: true},
		{Action: ActAnswer, Name: w("主事件已有结果", "The main case has an outcome"), From: []flow.State{Merged}, System: true},
		{Action: ActLapse, Name: w("超过办理时限", "The limit passed"), From: open, System: true},
		{Action: ActCalendar, Name: w("日历调整，时限重算", "The calendar changed; limit computed anew"), From: open, System: true},
		{Action: ActRegrid, Name: w("网格重新划分，转入新网格", "The grids were planned anew; it went to the new one"), From: open, System: true},
		{Action: ActStage, Name: w("超过阶段时限", "A stage's limit passed"), From: slices.Concat([]flow.State{Filed}, atUnit), System: true},
		{Action: ActGoOn, Name: w("等待期满，恢复计时", "The wait is over; the clock runs again"), From: working, System: true},
		{Action: ActTriage, Name: w("超过受理立案时限", "The triage limit passed"), From: untriaged, System: true},
		{Action: ActUnsigned, Name: w("24 小时未签收", "Not signed for within 24 h"), From: []flow.State{Dispatched}, System: true},
	}),
}

// ActionName is the name of an action code; the code itself if there is none.
func ActionName(code string) errs.Words { return Life.NameOf(flow.Action(code)) }
