package resident

import (
	"context"
	"io"
	"log/slog"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/store"
)

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// Ref names a case.
type Ref struct {
	District int
	ID       int64
	Number   string
}

// Report is what somebody reports.
type Report struct {
	Text      string
	Category  int64
	Lon, Lat  float64
	Address   string
	Community int64
	Name      string
	Phone     string // or an e-mail address
	Anonymous bool
	Grade     string // by the signs of danger in the text, "" without
	Into      int64  // "me too": the open case that it joins
	Files     []int64
	Uploader  int64
	Answers   map[string][]string             // to the category's own questions
	OnWrite   func(tx *store.Tx, c Ref) error // in the same transaction
}

// Deed is what a reporter does to the own case.
type Deed struct {
	Action    string
	Version   int
	Note      string
	Address   string
	Community int64
	Reached   *bool
	Solved    *bool
	Satisfied int
	Files     []int64
	Uploader  int64
}

// Story is the reporter's own case; see the case room.
type Story struct {
	Ref
	Version           int
	Title, Text       string
	Phase             string
	PhaseName         string
	Category, Place   string
	Lead              string
	ReportedAt, DueAt int64
	Clock             string // how long is left, or since when it is late
	Late              bool
	Paused            string // why the clock stands still
	Result            string
	Main              string
	Steps             []Step
	Name, Phone       string // masked
	Options           map[string]Option
	Looks             []Look
	Files             []int64
	Anonymous         bool
}

// Step is one thing that happened, in words.
type Step struct {
	At    int64
	Words string
}

// Option is something that may be done now, or why not.
type Option struct {
	Allowed bool
	Why     string
}

// Look is somebody's look at the reporter's personal data: by post, not by name.
type Look struct {
	At           int64
	Who, Purpose string
}

// Matter is a case as anybody may see it.
type Matter struct {
	Ref
	Phase, PhaseName      string
	Category, Title, Text string
	Result, Lead          string
	Street, Community     string
	At                    *geo.Point
	Metres                float64
	ReportedAt, ClosedAt  int64
	UpdatedAt, DueAt      int64
	Supporters            int
}

// Query chooses matters.
type Query struct {
	Phase     string // "": all; open: not closed
	Category  int64
	Community int64
	Days      int // reported within so many days, 0: ever
	After     string
	Limit     int
}

// Cases is the case room's door for residents.
type Cases interface {
	Report(ctx context.Context, r Report) (Ref, error)
	Find(ctx context.Context, number string) (Ref, error)
	Number(ctx context.Context, id int64) (string, error)
	Scrub(text string) string
	Story(ctx context.Context, id int64, lang string) (*Story, error)
	Do(ctx context.Context, id int64, d Deed) error
	Matters(ctx context.Context, q Query, lang string) (list []Matter, next string, err error)
	Matter(ctx context.Context, number, lang string) (Matter, error)
	Count(ctx context.Context, q Query) (n int, exact bool, err error)
	Similar(ctx context.Context, lon, lat float64, category int64, text, lang string) ([]Matter, error)
}

// Place is a place that somebody looks for.
type Place struct {
	Name, Path string
	Lon, Lat   float64
	Community  int64
}

// City answers for the city itself.
type City interface {
	Name() string
	Synthetic() bool
	Empty() bool
	Places(q string, limit int) []Place
	At(lon, lat float64) (community int64, name string, ok bool)
	Communities() []Area // in order, with the path of each
}

// Area is a community with the names above it.
type Area struct {
	Code       int64
	Name, Path string
}

// Category is a kind of matter that residents choose among.
type Category struct {
	ID        int64
	Name      string
	Questions []Question
}

// Question is what a category asks; see the rulebook.
type Question struct {
	Code, Text, Why, Datatype string
	Required                  bool
	Values                    []Value
}

// Value is an answer of a list.
type Value struct{ Key, Name string }

// Guess is a category that a text is likely about.
type Guess struct {
	ID    int64
	Name  string
	Share float64
}

// Sense proposes categories for a text; nobody is bound by it.
type Sense interface {
	Suggest(ctx context.Context, text, lang string) ([]Guess, error)
	Signs(text, lang string) Signs
}

// Signs are what a text says of danger, and what its writer is told at once.
type Signs struct {
	Grade     string // urgent, critical, or "" without a sign of danger
	Urgent    []Hint // whom to call
	Elsewhere []Hint // who handles what the city does not
}

// Rules are the categories in force.
type Rules interface {
	Categories(lang string) []Category
	Category(id int64, lang string) (Category, bool)
}

// Photos keeps pictures; owner is the upload ticket of a form.
type Photos interface {
	Put(ctx context.Context, owner int64, name string, r io.Reader) (id int64, err error)
}

// Service is the room.
type Service struct {
	DB      *store.DB
	Cases   Cases
	City    City
	Rules   Rules
	Sense   Sense
	Photos  Photos
	Gallery Gallery
	Key     []byte // secret of codes, forms and challenges
	Licence string // of the open data
	Today   func() int
	Day     func(at int64) int
	Assets  Assets
	Log     *slog.Logger
	Reach   func(contact string) int // how somebody is told of progress (see the notices' room), 0: not at all
	Hurry   int64                    // microseconds in which nobody fills in a form

	guard *guard
}

// Assets are the addresses of the built script and map, "" if they were not built.
type Assets struct{ Script string }
