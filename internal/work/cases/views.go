package cases

// Clock is a time limit as pages show it.
type Clock struct {
	State   string  `json:"state" enum:"running,paused,stopped,none"`
	DueAt   string  `json:"due_at,omitempty" format:"date-time"`
	Unit    string  `json:"unit,omitempty" enum:"work_hour,work_day,day,hour"`
	Left    float64 `json:"left" doc:"in the unit, negative when overdue"`
	Text    string  `json:"text,omitempty" doc:"in words： 还剩 3 工作时（今天 17：10 到期）"`
	Overdue bool    `json:"overdue"`
	Soon    bool    `json:"soon"`
	Reason  string  `json:"reason,omitempty" doc:"why it stands still"`
}

// Item is a case in a list.
type Item struct {
	ID         int64    `json:"id"`
	District   int      `json:"district"`
	Number     string   `json:"number"`
	Version    int      `json:"version"`
	Status     string   `json:"status"`
	Channel    string   `json:"channel"`
	Grade      string   `json:"grade"`
	Category   *Named   `json:"category"`
	Title      string   `json:"title"`
	Address    string   `json:"address"`
	Street     *Named   `json:"street"`
	Community  *Named   `json:"community"`
	Grid       *Named   `json:"grid"`
	Lon        *float64 `json:"lon"`
	Lat        *float64 `json:"lat"`
	Lead       *Named   `json:"lead"`
	ReportedAt string   `json:"reported_at" format:"date-time"`
	ClosedAt   string   `json:"closed_at,omitempty" format:"date-time"`
	Clock      Clock    `json:"clock"`
	Stage      Clock    `json:"stage"`
	Returns    int      `json:"returns"`
	Redos      int      `json:"redos"`
	Supporters int      `json:"supporters"`
	Attempts   int      `json:"attempts" doc:"call-backs tried"`
	Flags      []string `json:"flags"`
	Pending    []string `json:"pending"`
	Distance   *int     `json:"distance_m,omitempty"`
	Share      *float64 `json:"share,omitempty" doc:"how likely it is the same matter, 0 to 1, for ranking"`
	Why        []string `json:"why,omitempty"`
	Warning    string   `json:"warning,omitempty" doc:"what to check about the position that was given"`
}

// Detail is the case itself on its page.
type Detail struct {
	Item
	Text            string            `json:"text"`
	Answers         []AnswerView      `json:"answers" doc:"to the questions of the category under which it was reported"`
	OccurredAt      string            `json:"occurred_at" format:"date-time"`
	Units           []UnitView        `json:"units"`
	Handler         string            `json:"handler,omitempty"`
	Reporter        *Masked           `json:"reporter"`
	Times           map[string]string `json:"times"`
	Limits          []LimitView       `json:"limits"`
	CategoryVersion int               `json:"category_version"`
	OutsideNumber   string            `json:"outside_number,omitempty"`
	Result          string            `json:"result,omitempty"`
	Against         *Named            `json:"against,omitempty" doc:"the unit that it complains about; it never gets the case and never sees who reported it"`
	Suggested       *Suggestion       `json:"suggested,omitempty" doc:"where the routing rules would send it"`
}

// Suggestion is what the routing rules propose; a person decides.
type Suggestion struct {
	Lead    Named   `json:"lead"`
	Assists []Named `json:"assists"`
	Why     string  `json:"why"`
}

// UnitView is a unit of the case.
type UnitView struct {
	Org    Named  `json:"org"`
	Role   string `json:"role" enum:"lead,assist"`
	Since  string `json:"since" format:"date-time"`
	Status string `json:"status" enum:"active,ended"`
}

// LimitView is one limit of the case.
type LimitView struct {
	Name  string `json:"name"`
	Limit string `json:"limit"`
	DueAt string `json:"due_at,omitempty" format:"date-time"`
	State string `json:"state" enum:"running,met,missed,waiting,paused"`
}

// Step is an entry of the timeline.
type Step struct {
	Seq    int            `json:"seq"`
	At     string         `json:"at" format:"date-time"`
	Action string         `json:"action"`
	Name   string         `json:"action_name"`
	Actor  *StepActor     `json:"actor"`
	From   string         `json:"from"`
	To     string         `json:"to"`
	Reason string         `json:"reason,omitempty"`
	Note   string         `json:"note,omitempty"`
	Fields map[string]any `json:"fields"`
	Files  []int64        `json:"files"`
}

// StepActor is who did a step; null is the system.
type StepActor struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Post string `json:"post"`
}

// RequestView is a request on the case's page.
type RequestView struct {
	ID        int64  `json:"id"`
	Kind      string `json:"kind"`
	Status    string `json:"status" enum:"pending,approved,refused"`
	AskedBy   string `json:"asked_by"`
	AskedAt   string `json:"asked_at" format:"date-time"`
	Reason    string `json:"reason"`
	Until     string `json:"until,omitempty" format:"date"`
	Proposed  *Named `json:"proposed,omitempty"`
	Approver  string `json:"approver,omitempty"`
	DecidedBy string `json:"decided_by,omitempty"`
	DecidedAt string `json:"decided_at,omitempty" format:"date-time"`
	Decision  string `json:"decision_reason,omitempty"`
}

// Link is a case that belongs to this one.
type Link struct {
	Relation string `json:"relation" enum:"merged_into,merged_from,split_from,split_to"`
	Case     Item   `json:"case"`
}

// FileView is a file of the case.
type FileView struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Size  int64  `json:"size"`
	Thumb string `json:"thumb_url"`
	URL   string `json:"url"`
	By    string `json:"by"`
	At    string `json:"at" format:"date-time"`
	Stage string `json:"stage" doc:"action that it came with"`
}

// OptionView is an action and whether it may be done now.
type OptionView struct {
	Action  string     `json:"action"`
	Name    string     `json:"name"`
	Allowed bool       `json:"allowed"`
	Why     string     `json:"why,omitempty"`
	Primary bool       `json:"primary"`
	Needs   []NeedView `json:"needs"`
}

// NeedView is a field that an action takes.
type NeedView struct {
	Field    string   `json:"field"`
	Label    string   `json:"label"`
	Type     string   `json:"type"`
	Required bool     `json:"required"`
	Max      int      `json:"max,omitempty"`
	Choices  []string `json:"choices,omitempty"`
}

// Page is all that anyone with the right reads of a case in one look.
type Page struct {
	Case     Detail        `json:"case"`
	Timeline []Step        `json:"timeline"`
	Requests []RequestView `json:"requests"`
	Links    []Link        `json:"links"`
	Files    []FileView    `json:"files"`
	Actions  []OptionView  `json:"actions"`
}
