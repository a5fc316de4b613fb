package hotline

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// Case is what this room needs to know of a case.
type Case struct {
	District  int
	ID        int64
	Number    string
	Version   int
	Status    string
	Title     string
	Result    string
	Lead      int64
	LeadName  string
	Street    int64
	Community int64
	DueAt     int64
	Solved    int // -1 unknown, 0 no, 1 yes
	Satisfied int // 1..5, 0 unknown
}

// Act is something done to a case for the hotline.
type Act struct {
	Action string
	Text   string
	Lead   int64
}

// Step is a row of a case's history.
type Step struct {
	Action string
	At     int64
	Fields map[string]any
}

// ErrKnown says that a case of this outside number, or a row of this message, is
// there already.
var ErrKnown = errors.New("hotline: known")

// Cases is the case room's door. Its acts are refused with a catalogue error when
// the life of a case does not allow them now.
type Cases interface {
	Report(ctx context.Context, scope access.Scope, m *Matter, onWrite func(*store.Tx, Case) error) error
	Act(ctx context.Context, scope access.Scope, c Case, a Act, onWrite func(*store.Tx) error) error
	ByID(ctx context.Context, scope access.Scope, id int64) (Case, error)
	ByNumber(ctx context.Context, scope access.Scope, outside string) (Case, error)
	Step(ctx context.Context, district int, id int64, seq int) (Step, error)
}

// Rows reads what an order says about a matter.
type Rows interface {
	// Check refuses a mapping that cannot be used.
	Check(mapping json.RawMessage) error
	// Read resolves a row; the faults say what a person must still give.
	Read(mapping json.RawMessage, columns, cells []string) (*Matter, []Fault, error)
}

// FileReport is what an import of orders did.
type FileReport struct {
	Rows    int   `json:"rows"`
	Taken   int   `json:"taken" doc:"New orders"`
	History int   `json:"history" doc:"Came in as closed history, because the file has their result"`
	Known   int   `json:"known" doc:"Were there before, or stand twice in the file"`
	Failed  int   `json:"failed" doc:"Rows with errors"`
	DryRun  bool  `json:"dry_run"`
	TookMS  int64 `json:"took_ms"`
}

// RowFault is what is wrong with a row of a file.
type RowFault struct {
	Row    int    `json:"row"`
	Column string `json:"column,omitempty"`
	Fault
}

// Files reads orders from CSV, JSON lines and Excel, as the intake room does.
type Files interface {
	// Import takes the rows of a file in through the room's own Take.
	Import(ctx context.Context, scope access.Scope, file string, mapping json.RawMessage, dry bool, fault func(RowFault)) (FileReport, error)
	// Each gives every row of a file to fn, for their list of a day.
	Each(file string, mapping json.RawMessage, fn func(*Matter, []Fault)) error
}

// Callers keeps who called, apart from the order, until it is a case.
type Callers interface {
	Seal(name, phone string) (id int64, keep func(*store.Tx), err error)
	// Hand gives the caller to the case room, unseen by anybody.
	Hand(ctx context.Context, id int64) (name, phone string, err error)
	Erase(tx *store.Tx, id int64) error
}

// Service is the room.
type Service struct {
	DB      *store.DB
	Cases   Cases
	Rows    Rows
	Files   Files
	Callers Callers
	// Gateway is the scope of the gateway's service account: everything that the
	// hotline asks for is done in its name.
	Gateway func(ctx context.Context, p access.Perm) (access.Scope, error)
	Region  func(code int64) string // its name, "" if there is none
	Account func(id int64) string
	Keys    Keys
	Tokens  map[string]string // named secrets that the exchange's shape refers to
	Zone    func() *time.Location

	settings settings
}
