package workforce

import (
	"context"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
)

// People is what this room needs to know of accounts and their posts.
type People interface {
	// Account is a person's name, "" if there is none.
	Account(id int64) string
}

// Places names regions and grids.
type Places interface {
	Region(code int64) string
	// Grid is the grid's name and community, "" if there is none.
	Grid(id int64) (name string, community int64)
}

// Ref is a case as an appraisal shows it.
type Ref struct {
	ID     int64  `json:"id"`
	Number string `json:"number"`
	Title  string `json:"title"`
}

// Outcomes is what lies above this room: the cases and the figures over them.
type Outcomes interface {
	// Cases goes through the district's cases reported in the days: the grid, whether
	// the case is in the numerator and the denominator of each of the figures, and
	// whether it has come to an end and its reporter can be asked.
	Cases(ctx context.Context, district, from, to int, figures []string, fn func(c OutcomeCase)) error
	// Open lists the cases of a grid that have not come to an end, 200 at most.
	Open(ctx context.Context, district int, grid int64) ([]Ref, error)
	// Refs names cases, in order of their ids.
	Refs(ctx context.Context, district int, ids []int64) ([]Ref, error)
}

// OutcomeCase is a case as it counts for figures; In and Of are in their order.
type OutcomeCase struct {
	ID, Grid int64
	In, Of   []bool
	Callable bool
}

// Left is what is open in a grid for somebody who leaves it, besides its cases.
type Left struct {
	Tasks     []int64 // visits planned for the person, or late
	ByRule    []LeftOf
	Unvisited int // homes in care that nobody has visited for long
	Phones    []Phone
}

// LeftOf counts the visits of one rule.
type LeftOf struct {
	Name errs.Words
	N    int
}

// Phone is a phone of the person. What lies on it unsent only the phone knows.
type Phone struct {
	Label  string
	SeenAt int64 // last contact
	Open   int   // its records that have had no effect yet
	Locked bool
}

// Ground is what lies above this room besides the cases: visits and phones.
type Ground interface {
	Left(ctx context.Context, community, grid, account int64) (*Left, error)
	// Take gives the visits to somebody who has a post for the grid.
	Take(ctx context.Context, tasks []int64, to int64, reason string) error
}

// Stint is a contract's time on one grid, as far as it lies in the days asked for.
type Stint struct {
	Contract, Account       int64
	District                int
	Street, Community, Grid int64
	Org                     int64
	From, To                int // To: the first day that no longer counts
	Since                   int // first day of the contract, for years of service
	Unpaid, Cover           int // days of unpaid leave, and of cover for another grid
}

// New makes the room with its neighbours, and declares its registers.
func New(e *ledger.Engine, s Service) *Service {
	s.declareRecruitment(e)
	s.declareContracts(e)
	s.declareTraining(e)
	return &s
}

// Service is the room's door. Its registers are New's to make.
type Service struct {
	DB       *store.DB
	Calendar func() *calendar.Calendar
	People   People
	Places   Places
	Outcomes Outcomes
	Ground   Ground
	DrawKey  []byte // the city's secret, from which seeds are made
	Posts    Posts
	Accounts Accounts
	Vault    Vault

	Seats       *ledger.Register[Seat]
	Contracts   *ledger.Register[Contract]
	Absences    *ledger.Register[Absence]
	Rounds      *ledger.Register[Round]
	Candidates  *ledger.Register[Candidate]
	CourseList  *ledger.Register[Course]
	Sessions    *ledger.Register[Session]
	Attendances *ledger.Register[Attendance]
}
