package open311

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Service is something that may be reported: a category of the last level in force.
type Service struct {
	Category    int64
	Code        string
	Name        errs.Words
	Description errs.Words
	Group       errs.Words
	Keywords    []string
	Grade       string // the usual grade of its cases
	Questions   []Question
}

// Question is an attribute of a service.
type Question struct {
	Code     string
	Datatype string
	Required bool
	Text     errs.Words
	Why      errs.Words
	Values   []Value
}

// Value is an answer of a list.
type Value struct {
	Key  string
	Name errs.Words
}

// Rules is the rulebook in force.
type Rules interface {
	// Services lists what may be reported, in the order of the tree.
	Services() []Service
	// Category is the category that has or had the code of a service.
	Category(code string) (int64, bool)
	// Code is the code of a service and its name, of closed ones too.
	Code(category int64) (code string, name errs.Words)
	// Danger is the grade, urgent or critical, that the signs of danger in a text
	// call for; "" without any.
	Danger(text string) string
}

// Place is a position or an area, found by address.
type Place struct {
	Lon, Lat  float64 // WGS 84; 0,0 if only the community is known
	Community int64
	Grid      int64
}

// Map finds places.
type Map interface {
	// Find is the best place that the words of an address name; false if none is
	// exact enough for a report.
	Find(address string) (Place, bool)
	// ByID is the community or grid with the code; false if there is none.
	ByID(code string) (Place, bool)
}

// Report is a new matter as the case room takes it. Longest texts are the case
// room's to check.
type Report struct {
	Service       *Service
	Text, Address string
	Place         Place
	Name, Phone   string
	Contact       string // e-mail
	Answers       map[string][]string
	Link          string                                                // where the reporter says a picture is; nobody fetches it
	Grade         string                                                // the service's usual one, or what signs of danger call for
	OnWrite       func(tx *store.Tx, caseID int64, number string) error // in the same transaction
}

// Query chooses requests. Zero fields do not narrow.
type Query struct {
	Numbers    []string
	Categories []int64
	From, To   int64 // reported in [From, To], microseconds
	Open       *bool
	Lon, Lat   float64
	Radius     float64 // metres around lon, lat; 0: everywhere
	Skip       int
	Limit      int
	Details    bool // answers and notes too
}

// Request is a case as one reader may see it. Times are microseconds, 0 if not yet.
type Request struct {
	ID            int64
	Number        string
	Open          bool
	Status        string // in words
	Result        string
	Category      int64
	Text, Address string
	AddressID     string
	Lead          string
	Lon, Lat      *float64
	Link          string
	ReportedAt    int64
	UpdatedAt     int64
	DueAt         int64
	Answers       []Answer
	Notes         []Note
}

// Answer is an answer to a question, in words.
type Answer struct{ Code, Question, Text string }

// Note is a step of a case that the reader may know.
type Note struct {
	At   int64
	Kind string // the update's status: OPEN, IN_PROGRESS …
	Text string
}

// Update is a step of a case.
type Update struct {
	ID     string
	Number string
	Note
}

// Act is what an outside unit does in a case.
type Act struct {
	Action  string
	Text    string                   // result, reason or note, as the action needs it
	OnWrite func(tx *store.Tx) error // in the same transaction
}

// NotNow is the error of an action that the case's life does not allow now.
var NotNow = errs.Declare("open311_not_now", 409, "事项当前不能这样办理。", "The case does not allow this now.")

// Cases is the case room.
type Cases interface {
	// Report makes a case of a program's report and returns its number.
	Report(ctx context.Context, scope access.Scope, r Report) (number string, err error)
	// Requests lists what the reader may see, the latest first. scope is nil for
	// nobody's key.
	Requests(ctx context.Context, reader Reader, q Query, lang string) ([]Request, error)
	// Updates lists the steps between two instants that the reader may know, the
	// earliest first, at most limit.
	Updates(ctx context.Context, reader Reader, from, to int64, limit int, lang string) ([]Update, error)
	// Act does an action on the case with the number, or says NotNow. What the
	// scope does not reach is errs.NotFound.
	Act(ctx context.Context, scope access.Scope, number string, a Act) error
	// Handed is a case as the outside system of its unit may know it.
	Handed(ctx context.Context, district int, id int64) (Handed, error)
}

// Handed is a case that lies with a unit, without anybody's personal data.
type Handed struct {
	Number        string
	Code          string // of its category
	Lead          int64
	Text, Address string
	Lon, Lat      float64
}

// Reader says what a caller may see: the cases of Area, or, where that is empty,
// what the account reported and what anybody may know.
type Reader struct {
	Area    access.Scope
	Account int64 // 0: nobody's key
}

// Keys finds whom an API key stands for; errs.Unauthorized if nobody.
type Keys interface {
	Actor(ctx context.Context, key string) (*access.Actor, error)
}
