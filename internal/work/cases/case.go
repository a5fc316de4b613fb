package cases

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/geo"
)

// The statuses of a case.
const (
	Reported   flow.State = "reported"
	Accepted   flow.State = "accepted"
	Declined   flow.State = "declined"
	Filed      flow.State = "filed"
	NotFiled   flow.State = "not_filed"
	Dispatched flow.State = "dispatched"
	Signed     flow.State = "signed"
	InProgress flow.State = "in_progress"
	Resolved   flow.State = "resolved"
	Verified   flow.State = "verified"
	Closed     flow.State = "closed"
	Archived   flow.State = "archived"
	Merged     flow.State = "merged"
	Withdrawn  flow.State = "withdrawn"
	Void       flow.State = "void"
)

// Grades and channels, in the order of their index in roll-ups.
var (
	Grades   = []string{"general", "urgent", "critical", "complex"}
	Channels = []string{"grid_worker", "resident", "hotline", "app", "liaison", "whistle", "department", "open311", "import", "superior"}
)

// Flags of a case, bits of Case.Flags.
const (
	FlagAnonymous  = 1 << iota // the department does not see who reported
	FlagSealed                 // the reporter is kept apart; only a reveal with purpose opens it
	FlagOnsite                 // settled on the spot in one step
	FlagSplit                  // parts were split off
	FlagHistory                // brought in as history, closed when it came
	FlagSuspended              // suspended (挂账) now
	FlagLapsed                 // its whole limit has passed while open
	FlagUnsigned               // not signed for within 24 hours of dispatch
	FlagCall                   // drawn for a call-back
	FlagSampled                // an on-the-spot closing drawn for a check
	FlagTriageLate             // the triage limit passed before the decision on filing
	FlagCheck                  // somebody is to look at the place before it is filed
	FlagTell                   // the reporter is to be told of an extension or suspension
	FlagWaiting                // the clock stands still until the reporter has answered
	FlagStage                  // a stage within handling is late
	FlagAnswered               // merged, and the main case came to a result since
	FlagRated                  // its reporter has rated the end that it came to
	FlagErased                 // its reporter had the personal data deleted
)

// Case is the present state of a case. Times are microseconds UTC, 0 if not
// yet; days are yyyymmdd.
type Case struct {
	District        int
	ID              int64
	Number          string
	Version         int // rises with each act of a person; what a form was opened on
	Seq             int // number of log rows
	Status          flow.State
	Channel, Grade  string
	Category        int64
	CategoryVersion int
	Title, Body     string
	Address         string
	Lon, Lat        float64 // WGS 84; 0,0 if only a region is known
	CRS             string  // system in which the position was given
	Street          int64
	Community       int64
	Grid            int64 // immutable id
	Day             int   // day of report
	OccurredAt      int64
	ReportedAt      int64
	Creator         int64 // account, 0 for outside
	Reporter        int64 // vault record, 0 if unknown
	Flags           int
	Marks           int64
	Open            bool
	Supporters      int
	OutsideNumber   string
	StageDueAt      int64
	StageUnit       calendar.Unit
	Level           int // 0 community and street, 1 district
	Lead            int64
	Returns         int
	Redos           int
	Reworks         int
	Extended        int
	Urged           int
	Supervised      int
	Calls           int // call-back attempts
	Solved          int // call-back: -1 unknown, 0 no, 1 yes
	Satisfied       int // call-back: 1..5, 0 unknown
	AcceptedAt      int64
	FiledAt         int64
	DecidedAt       int64 // filed, not filed or declined
	DispatchedAt    int64
	SignedAt        int64
	ResolvedAt      int64
	VerifiedAt      int64
	CalledAt        int64
	ClosedAt        int64
	DueAt           int64
	Limit           calendar.Limit
	PausedAt        int64
	Remaining       int64 // what the clock had left when it was paused
	PauseReason     string
	ReviewDay       int
	Handler         int64 // account that resolved it
	Verifier        int64
	Seat            int64 // account that the call-back was drawn for
	Draw            int64 // place in the random order of call-backs
	MergedInto      int64
	SplitFrom       int64
	Pending         string // kind of the pending request, "" if none
	Result          string
	Against         int64  // the unit that it complains about; it never gets the case
	Pauses          int    // waits for the reporter
	Stages          string // the stages within handling, see milestone
	Answers         string // to the category's questions, see answers.go
	NextAt          int64  // when the program next has something to note about a stage or a wait

	Doubt string // what the position given at report or correction looks like; not kept
}

// Has tells whether the flag is set.
func (c *Case) Has(flag int) bool { return c.Flags&flag != 0 }

// reachable tells whether there is somebody who can be told or asked.
func (c *Case) reachable() bool { return c.Reporter != 0 && !c.Has(FlagErased) }

func (c *Case) set(flag int, on bool) {
	if on {
		c.Flags |= flag
	} else {
		c.Flags &^= flag
	}
}

// Category is what the room needs to know of a category version.
type Category struct {
	ID               int64
	Version          int
	Code             string
	Name             errs.Words
	EvidenceFound    bool
	EvidenceResolved bool
	EvidenceWhy      string
	Onsite           bool
	Leaf             bool
	Questions        []Question
	CallRate         float64 // share called back, for the grade asked for
}

// StageLimit is a limit of one stage: triage, sign, handle, verify, call_back,
// or a milestone within handle.
type StageLimit struct {
	Stage string
	Limit calendar.Limit
}

// Settings are the city's numbers that the life of a case uses.
type Settings struct {
	OnsiteSample   float64 // share of on-the-spot closings that are checked
	CallTries      int
	ExtensionMax   calendar.Limit
	ExtensionTimes int
	ReviewDays     int
	ReturnsDecided int // the return that one named person decides
	PauseDays      int // longest wait for the reporter
	PauseTimes     int // waits in one case
	SoonShare      float64
	SimilarMetres  int
	SimilarDays    int
	ArchiveDays    int
}

// RouteFacts are what routing rules look at.
type RouteFacts struct {
	Category                int64
	Grade, Channel          string
	District                int
	Street, Community, Grid int64
	Source                  int64 // account through which it came
	Against                 int64
	At                      int64
}

// Route is where the rules would send a case.
type Route struct {
	Lead    int64
	Assists []int64
	Why     errs.Words
}

// Rules is the rulebook in force.
type Rules interface {
	// Category is the version of the category (0: the one in force); grade only
	// chooses the call-back rate. errs.NotFound if there is none.
	Category(id int64, version int, grade string) (Category, error)
	Limits(category int64, version int, grade string) []StageLimit
	Leaves(category int64) []int64 // the category's leaves, itself if it is one
	Private() []int64              // the categories whose cases are never shown to the public, in order of id
	Calendar() *calendar.Calendar
	Settings() Settings
	Route(RouteFacts) (Route, error)
}

// Spot is a place in the region tree; zero parts are unknown.
type Spot struct {
	District                int
	Street, Community, Grid int64
}

// Named is a reference with its name.
type Named struct {
	ID   int64  `json:"id,omitempty"`
	Code string `json:"code,omitempty"`
	Name string `json:"name"`
}

// Atlas answers where something is.
type Atlas interface {
	At(lon, lat float64) (Spot, bool)
	Suspect(lon, lat float64) string // "", swapped, gcj02, outside
	SpotOf(community, grid int64) (Spot, bool)
	Region(code int64) Named
	Grid(id int64) Named
	Net(ctx context.Context, day int) (Net, error) // the grids as they were on a day, or will be
	// Cell is the point that stands for a position shown to the public, and how far
	// in metres the position may lie from it; false: it is withheld.
	Cell(lon, lat float64) (mid geo.Point, metres float64, ok bool)
}

// Net is the grids of a day, by which cases of any other day can be looked at.
type Net interface {
	GridOf(c *Case) int64         // of the net; 0 if it cannot be told
	Grid(id int64) (Named, int64) // with its community; none if the net has no such grid
}

// People answers who somebody or something is.
type People interface {
	Org(id int64) (Named, bool)
	Account(id int64) string        // name, "" if unknown
	PostName(post int64) errs.Words // "街道调度员 · 云桥街道"
	Under(org, top int64) bool      // whether the unit is top or lies below it
	// Approver is the account of the named approver, nobody of the unit against;
	// 0: whoever has the permission.
	Approver(kind string, s Spot, against int64) int64
}

// Person is a reporter, in clear. It prints as a mask.
type Person struct{ Name, Phone, Contact string } // contact: an e-mail address or the like

// GoString and String keep a person out of logs.
func (Person) GoString() string { return "<reporter>" }
func (Person) String() string   { return "<reporter>" }

// Masked is a reporter as pages show it.
type Masked struct {
	Exists    bool   `json:"exists"`
	Name      string `json:"name_masked"`
	Phone     string `json:"phone_masked"`
	Anonymous bool   `json:"anonymous"`
	Sealed    bool   `json:"sealed"`
}

// Target is the case as scopes see it.
func (c *Case) Target(units []Unit) access.Target {
	t := access.Target{District: c.District, Street: c.Street, Community: c.Community, Grid: c.Grid}
	for _, u := range units {
		if u.Ended == 0 {
			t.Orgs = append(t.Orgs, u.Org)
		}
	}
	return t
}

// Unit is a unit of a case.
type Unit struct {
	Org        int64
	Role       string // lead, assist
	Since      int64
	Ended      int64
	ReportedAt int64
}

// The kinds of request.
const (
	KindReturn     = "return"
	KindExtension  = "extension"
	KindSuspension = "suspension"
	KindVoid       = "void"
)

// Request is something that somebody has to approve.
type Request struct {
	ID        int64
	Kind      string
	Status    string // pending, approved, refused
	AskedBy   int64
	AskedAt   int64
	Reason    string
	Until     int   // extension: day; suspension: review day
	Proposed  int64 // return: unit
	Approver  int64 // named person, 0: whoever has the permission
	DecidedBy int64
	DecidedAt int64
	Decision  string
}
