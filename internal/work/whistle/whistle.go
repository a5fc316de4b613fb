package whistle

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Kinds of whistles: danger, a matter of several lines, joint enforcement.
var Kinds = []string{"urgent", "comprehensive", "law_enforcement"}

// States of a whistle.
const (
	Open      flow.State = "open"
	Closed    flow.State = "closed"
	Withdrawn flow.State = "withdrawn"
)

// States of a department's part.
const (
	Called    flow.State = "called"
	Disputed  flow.State = "disputed"    // it says "not ours"; the street answers
	Arbitrate flow.State = "arbitration" // … and was not the first: the arbiter decides
	Came      flow.State = "came"
	Done      flow.State = "done"
	Confirmed flow.State = "confirmed"
	Released  flow.State = "released"
)

// Whistle is a call to a matter. Instants are microseconds UTC, 0: not yet.
type Whistle struct {
	ID           int64
	Number       string // "吹" yymmdd, the street's last three digits, the day's number
	Version, Seq int
	State        flow.State
	Kind         string
	Title, Body  string
	Spot
	Lon, Lat           float64 // WGS 84; 0, 0: only the grid or community is known
	Address            string
	Case               int64 // 0: none
	Limit              calendar.Limit
	Day                int
	CalledBy           int64
	CalledAt, EndedAt  int64
	Shifts             int
	Arbiter            int64
	RaisedTo, RaisedAt int64
	Calls              []Call // in the order of their organisations' ids
}

// Call is a department's part.
type Call struct {
	Org             int64
	State           flow.State
	CalledAt, DueAt int64
	CameAt, Came    int64 // when, and which account reported
	MissedAt        int64
	DoneAt, EndedAt int64
	Shifts, Urged   int
	Ruled           bool // the arbiter decided that it is its matter
	Result          string
	ByStreet        int // 1 to 5, 0: not rated
	ByUnit          int
}

// Spot is where something lies.
type Spot struct {
	District                int
	Street, Community, Grid int64
}

// Matter is a case as this room sees it.
type Matter struct {
	ID      int64
	Number  string
	Title   string
	Status  string
	Address string
	Lon     float64
	Lat     float64
	Why     errs.Words // Unsolved: why it is worth an agenda
	Spot
}

// Cases gives the cases that a scope reaches.
type Cases interface {
	Case(ctx context.Context, scope access.Scope, id int64) (Matter, error)
	// Unsolved are the cases of the street or community that it could not settle
	// alone, the worst first.
	Unsolved(ctx context.Context, scope access.Scope, street, community int64, n int) ([]Matter, error)
}

// Offer is a request or a resource of the co-building lists.
type Offer struct {
	ID    int64
	Kind  string // request or resource
	Title string
	Why   errs.Words
}

// Offers gives what the places' lists hold open.
type Offers interface {
	Offers(ctx context.Context, scope access.Scope, street, community int64, n int) ([]Offer, error)
}

// Atlas knows places.
type Atlas interface {
	At(lon, lat float64) (Spot, bool)
	SpotOf(community, grid int64) (Spot, bool)
	Region(code int64) string
	Grid(id int64) string
}

// People knows organisations and who decides.
type People interface {
	Org(id int64) (string, bool)
	OrgAt(id int64, s Spot) bool // in force, and working in the district of the spot
	Account(id int64) string
	PostName(id int64) errs.Words
	// Arbiter is the nearest person who decides between a street and departments, 0 if there is none.
	Arbiter(s Spot) int64
}

// Rules are the city's numbers.
type Rules interface {
	Calendar() *calendar.Calendar
	WhistleLimit(kind string) calendar.Limit
	ShiftsDecided() int // the "not ours" from which on the arbiter decides
}

// Service is the room.
type Service struct {
	DB     *store.DB
	Rules  func() Rules
	Cases  Cases
	Offers Offers
	Atlas  Atlas
	People People
	Files  *files.Store
}

// facts are what the rules of the tables look at.
type facts struct {
	w       *Whistle
	c       *Call // nil: the act is about the whole
	account int64
	system  bool
	own     bool // one of the actor's posts belongs to the called department
}

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

type rule = flow.Rule[*facts]

func when(zh, en string, hold func(*facts) bool) rule { return rule{Why: w(zh, en), Hold: hold} }

var (
	ownPart = when("由被召集的单位自己办理这一步", "the called department does this itself", func(f *facts) bool { return f.own || f.system })
	others  = when("不能确认或评价本单位的工作", "nobody confirms the work of the own unit", func(f *facts) bool { return f.system || !f.own })
	nobody  = when("已有单位报到，不能撤回", "a department has come; it cannot be withdrawn", func(f *facts) bool {
		return !slices.ContainsFunc(f.w.Calls, func(c Call) bool { return c.CameAt > 0 })
	})
	unruled = when("已经裁定由本单位办理", "it was decided that it is your matter", func(f *facts) bool { return !f.c.Ruled })
	arbiter = when("由指定的裁定人决定", "a named person decides", func(f *facts) bool {
		return f.system || f.w.Arbiter == 0 || f.w.Arbiter == f.account
	})
	unrated = when("已经评价过", "it is rated already", func(f *facts) bool { return f.c.ByUnit == 0 })
)

var (
	note     = flow.Field{Name: "note", Type: "text", Max: 1000, Label: w("说明", "note")}
	must     = flow.Field{Name: "note", Type: "text", Required: true, Max: 1000, Label: w("内容", "text")}
	reason   = flow.Field{Name: "reason", Type: "text", Required: true, Max: 500, Label: w("理由", "reason")}
	result   = flow.Field{Name: "result", Type: "text", Required: true, Max: 1000, Label: w("处置结果", "what was done")}
	proposed = flow.Field{Name: "proposed", Type: "org", Label: w("应由哪个单位", "whose it is")}
	instead  = flow.Field{Name: "proposed", Type: "org", Label: w("改请单位", "call instead")}
	photos   = flow.Field{Name: "files", Type: "files", Max: 9, Label: w("照片", "photos")}
	score    = flow.Field{Name: "score", Type: "grade5", Required: true, Label: w("评价", "rating")}
	orgs     = flow.Field{Name: "orgs", Type: "orgs", Required: true, Max: maxOrgs, Label: w("召集单位", "departments")}
)

// maxOrgs is how many departments one whistle calls.
const maxOrgs = 12

func perms(p ...access.Perm) []access.Perm { return p }

// The acts that the room refers to by itself.
const (
	actBlow   flow.Action = "blow"
	actMore   flow.Action = "more"
	actMissed flow.Action = "missed"
	actClose  flow.Action = "close"
)

// Whole is the life of a whistle.
var Whole = flow.Life[*facts]{
	Name: "whistle", States: []flow.State{Open, Closed, Withdrawn}, Ends: []flow.State{Closed, Withdrawn},
	Table: []flow.Transition[*facts]{
		{Action: actBlow, Name: w("吹哨", "Call"), To: Open, Perms: perms(access.WhistleCall)},
		{Action: actMore, Name: w("增加单位", "Call more"), From: []flow.State{Open}, Perms: perms(access.WhistleCall), Needs: []flow.Field{orgs}, Side: true},
		{Action: "note", Name: w("补充说明", "Add a note"), From: []flow.State{Open}, Perms: perms(access.WhistleCall, access.WhistleAnswer), Needs: []flow.Field{must}, Side: true},
		{Action: "withdraw", Name: w("撤回", "Withdraw"), From: []flow.State{Open}, To: Withdrawn, Perms: perms(access.WhistleCall), Needs: []flow.Field{reason}, Rules: []rule{nobody}, Side: true},
		{Action: actClose, Name: w("办结", "Closed"), From: []flow.State{Open}, To: Closed, System: true},
	},
}

// Part is the life of a department's part in a whistle.
var Part = flow.Life[*facts]{
	Name: "whistle_call", States: []flow.State{Called, Disputed, Arbitrate, Came, Done, Confirmed, Released}, Ends: []flow.State{Confirmed, Released},
	Table: []flow.Transition[*facts]{
		{Action: "called", Name: w("召集", "Called"), To: Called, System: true},
		{Action: "come", Name: w("报到", "Report"), From: []flow.State{Called}, To: Came, Perms: perms(access.WhistleAnswer), Needs: []flow.Field{note}, Rules: []rule{ownPart}},
		{Action: "not_ours", Name: w("不属本单位职责", "Not ours"), From: []flow.State{Called}, To: Disputed, Perms: perms(access.WhistleAnswer), Needs: []flow.Field{reason, proposed}, Rules: []rule{ownPart, unruled}, Side: true},
		{Action: "to_arbiter", Name: w("提请裁定", "To the arbiter"), From: []flow.State{Disputed}, To: Arbitrate, System: true},
		{Action: "insist", Name: w("请仍到场", "Ask it to come all the same"), From: []flow.State{Disputed}, To: Called, Perms: perms(access.WhistleCall), Needs: []flow.Field{reason}, Rules: []rule{others}},
		{Action: "release", Name: w("同意不到场", "Let it off"), From: []flow.State{Called, Disputed}, To: Released, Perms: perms(access.WhistleCall), Needs: []flow.Field{reason, instead}, Rules: []rule{others}, Side: true},
		{Action: "rule_come", Name: w("裁定到场办理", "Decide: it comes"), From: []flow.State{Arbitrate}, To: Called, Perms: perms(access.CaseArbitrate), Needs: []flow.Field{reason}, Rules: []rule{arbiter, others}},
		{Action: "rule_free", Name: w("裁定不属其职责", "Decide: not its matter"), From: []flow.State{Arbitrate}, To: Released, Perms: perms(access.CaseArbitrate), Needs: []flow.Field{reason, instead}, Rules: []rule{arbiter, others}, Side: true},
		{Action: "urge", Name: w("催促", "Urge"), From: []flow.State{Called, Came}, Perms: perms(access.WhistleCall), Needs: []flow.Field{note}, Rules: []rule{others}, Side: true},
		{Action: actMissed, Name: w("未按时报到，已上报", "Did not come in time; raised"), From: []flow.State{Called}, System: true},
		{Action: "result", Name: w("反馈结果", "Give the result"), From: []flow.State{Came}, To: Done, Perms: perms(access.WhistleAnswer), Needs: []flow.Field{result, photos}, Rules: []rule{ownPart}},
		{Action: "confirm", Name: w("确认并评价", "Confirm and rate"), From: []flow.State{Done}, To: Confirmed, Perms: perms(access.WhistleCall), Needs: []flow.Field{score, note}, Rules: []rule{others}},
		{Action: "send_back", Name: w("退回再办", "Send back"), From: []flow.State{Done}, To: Came, Perms: perms(access.WhistleCall), Needs: []flow.Field{reason}, Rules: []rule{others}, Side: true},
		{Action: "rate", Name: w("评价本次召集", "Rate the call"), From: []flow.State{Confirmed}, Perms: perms(access.WhistleAnswer), Needs: []flow.Field{score, note}, Rules: []rule{ownPart, unrated}},
		{Action: "withdrawn", Name: w("召集已撤回", "The whistle was withdrawn"), From: []flow.State{Called, Disputed, Arbitrate}, To: Released, System: true},
	},
}

// Act is what somebody does to a whistle, or to a department's part in it.
type Act struct {
	Action   flow.Action
	Org      int64 // whose part; 0: the whole
	Version  int   // as the actor saw it; 0 from the program only
	Reason   string
	Note     string
	Result   string
	Proposed int64
	Orgs     []int64
	Score    int
	Files    []int64               // the actor's uploads
	OnWrite  func(*store.Tx) error // in the same transaction
}

func lengthOf(s string) (string, int) {
	if strings.TrimSpace(s) == "" {
		return s, 0
	}
	return s, utf8.RuneCountInString(s)
}

// Text implements flow.Given.
func (a *Act) Text(field string) (string, int) {
	switch field {
	case "reason":
		return lengthOf(a.Reason)
	case "note":
		return lengthOf(a.Note)
	case "result":
		return lengthOf(a.Result)
	case "proposed":
		return "", int(min(a.Proposed, 1))
	case "score":
		return "", min(a.Score, 1)
	case "orgs":
		return "", len(a.Orgs)
	case "files":
		return "", len(a.Files)
	}
	panic("whistle: field " + field + " is not known")
}

func (a *Act) fields() map[string]any {
	m := map[string]any{}
	put := func(name string, v any, yes bool) {
		if yes {
			m[name] = v
		}
	}
	put("reason", a.Reason, a.Reason != "")
	put("note", a.Note, a.Note != "")
	put("result", a.Result, a.Result != "")
	put("proposed", a.Proposed, a.Proposed != 0)
	put("orgs", a.Orgs, len(a.Orgs) > 0)
	put("score", a.Score, a.Score != 0)
	put("files", a.Files, len(a.Files) > 0)
	return m
}

// Target is the whistle as scopes see it.
func (w *Whistle) Target() access.Target {
	t := access.Target{District: w.District, Street: w.Street, Community: w.Community, Grid: w.Grid}
	for _, c := range w.Calls {
		t.Orgs = append(t.Orgs, c.Org)
	}
	return t
}

func (w *Whistle) call(org int64) *Call {
	for i := range w.Calls {
		if w.Calls[i].Org == org {
			return &w.Calls[i]
		}
	}
	return nil
}

// over tells whether nothing is due in any part.
func (w *Whistle) over() bool {
	return !slices.ContainsFunc(w.Calls, func(c Call) bool { return !Part.Ended(c.State) })
}
