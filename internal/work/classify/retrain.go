package classify

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/work/classify/learn"
)

// How much history is needed and used.
const (
	mostHistory  = 30_000 // newest cases
	leastHistory = 200
	leastHeld    = 50   // cases on which two models are compared
	heldShare    = 0.25 // of what the model in force has not seen
	leastOfGrade = 50   // cases of a grade for a model of grades
)

// The verdicts on a learned model.
const (
	VerdictLive = "live" // better than the one in force: it is in force now
	VerdictKept = "kept" // no better: the one before stays
)

var (
	ErrNotBefore = errs.Declare("model_not_before", 422, "这个版本没有启用过，或数据已清理，不能恢复。", "This version was never in force, or its weights are gone; it cannot be put back.")
	ErrFewCases  = errs.Declare("model_few_cases", 422, "可用于学习的事件太少：需要 {need} 件，现有 {have} 件。", "There are too few cases to learn from: {need} are needed, there are {have}.")
)

// Compared is how a new model and the one in force did on the same cases, which
// neither had seen.
type Compared struct {
	New   *learn.Figures `json:"new,omitempty"`
	Old   *learn.Figures `json:"old,omitempty"`
	OldID int64          `json:"old_id"`
	From  int64          `json:"from"` // reported_at of the first case that was held back
}

// Retrain learns from the city's cases and puts the new model in force if it does
// better on the newest ones, held back, than the one in force.
func (s *Service) Retrain(ctx context.Context, scope access.Scope) (*Version, error) {
	if err := scope.Check(access.Target{}); err != nil { // the city's own
		return nil, err
	}
	s.train.Lock()
	defer s.train.Unlock()
	rules := s.Rules()
	old, err := s.current(ctx, rules)
	if err != nil {
		return nil, err
	}
	list, err := s.Cases.Sorted(ctx, mostHistory)
	if err != nil {
		return nil, err
	}
	if len(list) < leastHistory {
		return nil, ErrFewCases.New("need", leastHistory, "have", len(list))
	}
	slices.SortFunc(list, func(a, b Matter) int {
		return cmpOr(a.ReportedAt, b.ReportedAt, a.ID, b.ID)
	})
	// Only cases after the newest that the model in force knows are fair to both.
	unseen := 0
	for unseen < len(list) && list[len(list)-1-unseen].ReportedAt > old.until {
		unseen++
	}
	held := int(float64(unseen) * heldShare)
	if held < leastHeld {
		return nil, ErrFewCases.New("need", int(leastHeld/heldShare), "have", unseen)
	}
	cut := len(list) - held
	given, words := ownWords(rules)
	tried, err := learn.Train(ctx, append(examples(list[:cut]), given...), words)
	if errors.Is(err, learn.ErrOneLabel) {
		return nil, ErrFewCases.New("need", leastHistory, "have", 0)
	} else if err != nil {
		return nil, err
	}
	v := Version{ID: s.DB.NextID(), Examples: cut, Until: list[cut-1].ReportedAt, Verdict: VerdictKept}
	test := examples(list[cut:])
	v.New, v.OldID, v.From = learn.Evaluate(tried, test), old.id, list[cut].ReportedAt
	v.Old = learn.Judge(nil)
	if old.model != nil {
		v.Old = learn.Evaluate(old.model, test)
	}
	if better(v.New, v.Old) {
		// What goes into force knows the newest cases too; the figures are of the
		// same recipe without them.
		v.Verdict, v.Examples, v.Until = VerdictLive, len(list), list[len(list)-1].ReportedAt
		if tried, err = learn.Train(ctx, append(examples(list), given...), words); err != nil {
			return nil, err
		}
	}
	grade, err := gradeModel(ctx, list)
	if err != nil {
		return nil, err
	}
	v.Live, v.Usable, v.MadeBy, v.MadeAt = v.Verdict == VerdictLive, true, scope.Account(), s.DB.Now()
	err = s.keep(ctx, scope.Account(), v, tried.Bytes(), grade, v.Live)
	s.live.Store(nil)
	return &v, err
}

// better: more right, and no worse over the categories; or the reverse.
func better(a, b *learn.Figures) bool {
	return a.Accuracy > b.Accuracy && a.MacroF1 >= b.MacroF1 || a.MacroF1 > b.MacroF1 && a.Accuracy >= b.Accuracy
}

func cmpOr(a, b, c, d int64) int {
	switch {
	case a < b || a == b && c < d:
		return -1
	case a > b || c > d:
		return 1
	}
	return 0
}

func examples(list []Matter) []learn.Example {
	out := make([]learn.Example, len(list))
	for i, m := range list {
		out[i] = learn.Example{Text: learn.Join(m.Title, m.Body), Label: strconv.FormatInt(m.Category, 10)}
	}
	return out
}

// gradeModel learns how people graded; empty where they hardly ever graded up.
func gradeModel(ctx context.Context, list []Matter) ([]byte, error) {
	var out []learn.Example
	n := map[string]int{}
	for _, m := range list {
		g := m.Grade
		if !slices.Contains(gradeOrder, g) { // complex says nothing of urgency
			g = gradeOrder[0]
		}
		n[g]++
		out = append(out, learn.Example{Text: learn.Join(m.Title, m.Body), Label: g})
	}
	out = slices.DeleteFunc(out, func(e learn.Example) bool { return n[e.Label] < leastOfGrade })
	m, err := learn.Train(ctx, out, nil)
	switch {
	case errors.Is(err, learn.ErrOneLabel), errors.Is(err, learn.ErrNoExamples):
		return []byte{}, nil
	case err != nil:
		return nil, err
	}
	return m.Bytes(), nil
}

// Nightly is Retrain where there is something new to learn; that there is not is
// no error.
func (s *Service) Nightly(ctx context.Context) error {
	v, err := s.Retrain(ctx, access.System("nightly learning"))
	if errs.Is(err, ErrFewCases) {
		return nil
	}
	if err == nil {
		s.Log.Info("a model was learned", "verdict", v.Verdict, "right", v.New.Accuracy, "before", v.Old.Accuracy, "held_back", v.New.Messages)
	}
	return err
}
