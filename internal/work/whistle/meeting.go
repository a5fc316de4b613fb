package whistle

import (
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
)

// States of a joint meeting.
const (
	Planned   flow.State = "planned"
	Invited   flow.State = "invited"
	Held      flow.State = "held"
	Minuted   flow.State = "minuted"
	Cancelled flow.State = "cancelled"
)

// States of a decision's task.
const (
	TaskOpen     flow.State = "open"
	TaskReported flow.State = "reported" // the owner says that it is done
	TaskDone     flow.State = "done"
	TaskDropped  flow.State = "dropped"
)

// Meeting is a joint meeting of a street, or of a community. Instants are
// microseconds UTC.
type Meeting struct {
	District     int
	ID           int64
	Version, Seq int
	State        flow.State
	Title        string
	Street       int64
	Community    int64 // 0: the street's own
	Quarter      int   // year*10 + 1…4
	At           int64 // when it begins, 0: not fixed
	Place        string
	Minutes      string
	Convener     int64
	CreatedAt    int64
	HeldAt       int64
	MinutedAt    int64
	Agenda       []Topic // in order
	Guests       []Guest
	Tasks        []Task
}

// Topic is a point of the agenda.
type Topic struct {
	ID      int64
	Kind    string // case, request, resource, task, topic
	Ref     int64
	Title   string
	Why     errs.Words // why it was proposed
	Taken   bool
	Outcome string
}

// Guest is who is invited.
type Guest struct {
	ID      int64
	Org     int64 // 0: by name only
	Name    string
	Answer  string // "", yes, no
	Person  string // who comes
	Present bool
}

// Task is a decision: somebody does something until a day.
type Task struct {
	Meeting int64
	ID      int64
	Item    int64
	Org     int64
	Title   string
	Due     int // yyyymmdd
	State   flow.State
	Result  string
	EndedAt int64
}

// Target is the meeting as scopes see it: who is invited sees it once it is
// called, and who got a task from it.
func (m *Meeting) Target() access.Target {
	t := access.Target{District: m.District, Street: m.Street, Community: m.Community}
	if m.State == Planned {
		return t
	}
	for _, g := range m.Guests {
		if g.Org != 0 {
			t.Orgs = append(t.Orgs, g.Org)
		}
	}
	for _, k := range m.Tasks {
		t.Orgs = append(t.Orgs, k.Org)
	}
	return t
}

// QuarterOf is the quarter of a day: 20261128 is 20264.
func QuarterOf(day int) int { return day/10000*10 + (day/100%100-1)/3 + 1 }

// gathering is what the rules of the two tables look at.
type gathering struct {
	m     *Meeting
	k     *Task // nil: the act is about the meeting
	guest bool  // one of the actor's posts belongs to an invited organisation
	owner bool  // … to the one that has the task
	holds bool  // the actor may hold this meeting
}

type meetingRule = flow.Rule[*gathering]

var (
	ready = meetingRule{Why: w("请先定好时间、地点，邀请单位并选好议题", "fix time and place, invite somebody and choose the agenda first"), Hold: func(f *gathering) bool {
		return f.m.At > 0 && f.m.Place != "" && len(f.m.Guests) > 0 && slices.ContainsFunc(f.m.Agenda, func(t Topic) bool { return t.Taken })
	}}
	isGuest = meetingRule{Why: w("只有受邀单位可以回复", "only who is invited answers"), Hold: func(f *gathering) bool { return f.guest }}
	isOwner = meetingRule{Why: w("由承办单位或召集人填写", "the owner or the convener does this"), Hold: func(f *gathering) bool { return f.owner || f.holds }}
)

// Holding is the life of a joint meeting.
var Holding = flow.Life[*gathering]{
	Name: "meeting", States: []flow.State{Planned, Invited, Held, Minuted, Cancelled}, Ends: []flow.State{Minuted, Cancelled},
	Table: []flow.Transition[*gathering]{
		{Action: "plan", Name: w("拟定会议", "Plan"), To: Planned, Perms: perms(access.MeetingHold)},
		{Action: "arrange", Name: w("安排时间地点", "Fix time and place"), From: []flow.State{Planned, Invited}, Perms: perms(access.MeetingHold), Side: true},
		{Action: "propose", Name: w("重新提取议题", "Propose topics again"), From: []flow.State{Planned, Invited}, Perms: perms(access.MeetingHold), Side: true},
		{Action: "agenda", Name: w("编排议题", "Edit the agenda"), From: []flow.State{Planned, Invited}, Perms: perms(access.MeetingHold), Side: true},
		{Action: "guests", Name: w("确定参会单位", "Choose who is invited"), From: []flow.State{Planned, Invited}, Perms: perms(access.MeetingHold), Side: true},
		{Action: "invite", Name: w("发出邀请", "Invite"), From: []flow.State{Planned}, To: Invited, Perms: perms(access.MeetingHold), Rules: []meetingRule{ready}},
		{Action: "answer", Name: w("回复邀请", "Answer the invitation"), From: []flow.State{Invited}, Perms: perms(access.WhistleAnswer), Rules: []meetingRule{isGuest}},
		{Action: "hold", Name: w("登记到会", "Note who came"), From: []flow.State{Invited}, To: Held, Perms: perms(access.MeetingHold)},
		{Action: "minute", Name: w("形成纪要", "Write the minutes"), From: []flow.State{Held}, To: Minuted, Perms: perms(access.MeetingHold)},
		{Action: "cancel", Name: w("取消会议", "Cancel"), From: []flow.State{Planned, Invited}, To: Cancelled, Perms: perms(access.MeetingHold), Needs: []flow.Field{reason}, Side: true},
	},
}

// Following is the life of a decision's task.
var Following = flow.Life[*gathering]{
	Name: "meeting_task", States: []flow.State{TaskOpen, TaskReported, TaskDone, TaskDropped}, Ends: []flow.State{TaskDone, TaskDropped},
	Table: []flow.Transition[*gathering]{
		{Action: "decided", Name: w("议定事项", "Decided"), To: TaskOpen, System: true},
		{Action: "report", Name: w("报告完成", "Say that it is done"), From: []flow.State{TaskOpen}, To: TaskReported, Perms: perms(access.WhistleAnswer, access.MeetingHold), Needs: []flow.Field{result}, Rules: []meetingRule{isOwner}},
		{Action: "accept", Name: w("确认完成", "Accept"), From: []flow.State{TaskReported}, To: TaskDone, Perms: perms(access.MeetingHold), Needs: []flow.Field{note}},
		{Action: "reopen", Name: w("退回继续办理", "Send back"), From: []flow.State{TaskReported}, To: TaskOpen, Perms: perms(access.MeetingHold), Needs: []flow.Field{reason}, Side: true},
		{Action: "drop", Name: w("不再办理", "Drop"), From: []flow.State{TaskOpen, TaskReported}, To: TaskDropped, Perms: perms(access.MeetingHold), Needs: []flow.Field{reason}, Side: true},
	},
}

// Do is what somebody does to a meeting, or to a task of it.
type Do struct {
	Action  flow.Action
	Task    int64
	Version int
	Reason  string
	Note    string
	Result  string
	Title   string // arrange
	At      int64
	Place   string
	Agenda  []Topic // agenda: the whole list in order; what is not in it is left out. ID 0: a new topic
	Guests  []Guest // guests: the whole list
	Answer  string  // answer
	Person  string
	Present []int64 // hold: guests who came
	Minutes string  // minute
	Taken   []Decision
}

// Decision is what a meeting decided on a point of its agenda.
type Decision struct {
	Item    int64
	Outcome string
	Tasks   []Task // Org, Title, Due
}

// Text implements flow.Given.
func (d *Do) Text(field string) (string, int) {
	switch field {
	case "reason":
		return lengthOf(d.Reason)
	case "note":
		return lengthOf(d.Note)
	case "result":
		return lengthOf(d.Result)
	}
	panic("whistle: field " + field + " is not known")
}
