package classify

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/work/classify/learn"
)

// Category is a leaf of the tree on which a case may be filed today.
type Category struct {
	ID    int64
	Name  errs.Words
	Path  []string // names from the top, its own last
	Words []string // keywords and examples
	Grade string   // the usual one, "" if none is set
}

// Rules is what the rulebook in force says.
type Rules struct {
	Key        any // changes with the rules
	Categories []Category
	Signals    []Signal
	Elsewhere  []Signal
	Auto       float64 // share from which a case gets its category by itself; 0: never
}

// Matter is a case as the room sees it.
type Matter struct {
	District    int
	ID          int64
	Title, Body string
	Category    int64
	Grade       string
	ReportedAt  int64
	Untriaged   bool // nobody has decided on it yet
}

// Cases gives the room cases.
type Cases interface {
	// Sorted are the newest cases with the category that people filed them under,
	// at most limit, in no order.
	Sorted(ctx context.Context, limit int) ([]Matter, error)
	Matters(ctx context.Context, district int, ids []int64) ([]Matter, error)
	// SetCategory gives an untriaged case its category in the program's name.
	SetCategory(ctx context.Context, id, category int64, why string) error
}

// Place is a place that a text may mean.
type Place struct {
	Kind      string
	Name      string
	Path      string
	Lon, Lat  float64
	Community int64
	Grid      int64
	Building  int64
}

// Service is the room.
type Service struct {
	DB    *store.DB
	Rules func() Rules
	Cases Cases
	// Places finds what a text names, best first; near: community first.
	Places func(text string, near int64) []Place
	Log    *slog.Logger

	live  atomic.Pointer[inForce]
	words atomic.Pointer[wordModel]
	mu    sync.Mutex // over loading either
	train sync.Mutex // one training at a time in this process
}

// inForce is the model that answers.
type inForce struct {
	id     int64 // 0: the categories' own words
	until  int64 // newest case that it knows
	model  *learn.Model
	grade  *learn.Model // nil: none
	looked int64        // when the table was last asked
}

// wordModel is made of a rulebook's words.
type wordModel struct {
	key   any
	model *learn.Model // nil: there are fewer than two categories
}

// Text is a matter in its reporter's words.
type Text struct {
	Title, Body string
	Community   int64 // where it is reported from, 0 if unknown
}

// Proposal is a category, how likely it is, and the words that spoke for it.
type Proposal struct {
	ID    int64
	Name  errs.Words
	Path  []string
	Share float64
	Words []string
}

// Suggestion is what the program would say; people decide.
type Suggestion struct {
	Categories []Proposal // at most three, best first
	Sure       bool       // the shares were measured on cases that the model had not seen
	Grade      string
	GradeWhy   []errs.Words
	Alarms     []Alarm
	Places     []Place // more than one: it is not clear which is meant
	Wish       string
	WishWords  []string
	Model      int64 // 0: the categories' own words
}

// How many of what a suggestion has.
const (
	proposals  = 3
	spoken     = 5
	mostPlaces = 5
	gradeShare = 0.6 // from which the grade model may raise a grade
)

var gradeOrder = []string{"general", "urgent", "critical"}

// Suggest says what the text is likely about.
func (s *Service) Suggest(ctx context.Context, t Text) (*Suggestion, error) {
	rules := s.Rules()
	out, err := s.suggest(ctx, rules, t, spoken)
	if err != nil {
		return nil, err
	}
	out.Places = s.Places(learn.Join(t.Title, t.Body), t.Community)
	out.Places = out.Places[:min(len(out.Places), mostPlaces)]
	return out, nil
}

func (s *Service) suggest(ctx context.Context, rules Rules, t Text, words int) (*Suggestion, error) {
	m, err := s.current(ctx, rules)
	if err != nil {
		return nil, err
	}
	text := learn.Join(t.Title, t.Body)
	out := &Suggestion{Grade: gradeOrder[0], Model: m.id, Alarms: alarms(rules.Signals, text)}
	out.Wish, out.WishWords = wishOf(t.Title, t.Body)
	if m.model != nil {
		out.Sure = m.model.Tested()
		out.Categories = propose(rules, m.model.Explain(text, 3*proposals, words))
	}
	raise := func(grade string, why errs.Words) {
		if slices.Index(gradeOrder, grade) > slices.Index(gradeOrder, out.Grade) {
			out.Grade, out.GradeWhy = grade, nil
		}
		if grade == out.Grade && grade != gradeOrder[0] {
			out.GradeWhy = append(out.GradeWhy, why)
		}
	}
	for _, a := range out.Alarms {
		raise(a.Grade, errs.Words{ZH: "提到“" + a.Words[0] + "”（" + a.Name.ZH + "）", EN: "it says “" + a.Words[0] + "” (" + a.Name.EN + ")"})
	}
	if len(out.Categories) > 0 {
		first := out.Categories[0]
		if i := slices.IndexFunc(rules.Categories, func(c Category) bool { return c.ID == first.ID }); first.Share >= gradeShare {
			raise(rules.Categories[i].Grade, errs.Words{ZH: "“" + first.Name.ZH + "”通常按此分级", EN: "usual for " + first.Name.EN})
		}
	}
	if m.grade != nil {
		if g := m.grade.Predict(text, 1)[0]; g.Share >= gradeShare {
			raise(g.Label, errs.Words{ZH: "类似事项多按此分级", EN: "similar matters were mostly graded so"})
		}
	}
	return out, nil
}

// propose keeps the guesses that are open categories.
func propose(rules Rules, guesses []learn.Guess) []Proposal {
	var out []Proposal
	for _, g := range guesses {
		id := idOf(g.Label)
		i := slices.IndexFunc(rules.Categories, func(c Category) bool { return c.ID == id })
		if i < 0 || len(out) == proposals {
			continue
		}
		c := rules.Categories[i]
		p := Proposal{ID: c.ID, Name: c.Name, Path: c.Path, Share: g.Share}
		for _, w := range g.Words { // a lone character says little to a reader
			if len(p.Words) == 0 || utf8.RuneCountInString(w.Text) > 1 {
				p.Words = append(p.Words, w.Text)
			}
		}
		out = append(out, p)
	}
	return out
}
