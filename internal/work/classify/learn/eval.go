package learn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Figures tell how good a model is on texts that it has not seen.
type Figures struct {
	Messages int     `json:"messages"`
	MacroF1  float64 `json:"macro_f1"` // mean of the labels' F1, labels that stand in the texts
	Accuracy float64 `json:"accuracy"`
	Top3     float64 `json:"top3"` // share of texts with the right label among the first three
	// PerClass has every label of the texts.
	PerClass map[string]Class `json:"per_class"`
	// Coverage: if so large a share of the texts, the surest first, were routed
	// without a hand, this share of them would go right. Curve has the thresholds too.
	Coverage map[string]float64 `json:"coverage"`
	Curve    []Point            `json:"curve"`
	// Confusion counts right label → label given, where they differ.
	Confusion map[string]map[string]int `json:"confusion"`

	MicrosPerMessage float64 `json:"us_per_message"`
	ModelBytes       int     `json:"model_bytes"`
}

// Class is a label's figures.
type Class struct {
	Messages  int     `json:"messages"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// Point is a point of the curve: texts whose first guess has at least the share
// Threshold are routed.
type Point struct {
	Threshold float64 `json:"threshold"`
	Routed    float64 `json:"routed"`
	Right     float64 `json:"right"`
}

// Tried is what a model said of a text.
type Tried struct {
	Label   string // the right one
	Guesses []Guess
}

// curveSteps are the shares of texts for which the curve is told.
var curveSteps = []int{10, 20, 30, 40, 50, 60, 65, 70, 75, 80, 85, 90, 95, 100}

// Judge makes figures of what models said.
func Judge(all []Tried) *Figures {
	f := &Figures{Messages: len(all), PerClass: map[string]Class{}, Coverage: map[string]float64{}, Confusion: map[string]map[string]int{}}
	if len(all) == 0 {
		return f
	}
	right, given, had := map[string]int{}, map[string]int{}, map[string]int{}
	hits, top := 0, 0
	for _, t := range all {
		had[t.Label]++
		if i := slices.IndexFunc(t.Guesses, func(g Guess) bool { return g.Label == t.Label }); i >= 0 && i < 3 {
			top++
		}
		if len(t.Guesses) == 0 {
			continue
		}
		first := t.Guesses[0].Label
		given[first]++
		if first == t.Label {
			right[first]++
			hits++
			continue
		}
		if f.Confusion[t.Label] == nil {
			f.Confusion[t.Label] = map[string]int{}
		}
		f.Confusion[t.Label][first]++
	}
	n := float64(len(all))
	f.Accuracy, f.Top3 = float64(hits)/n, float64(top)/n
	share := func(a, b int) float64 {
		if b == 0 {
			return 0
		}
		return float64(a) / float64(b)
	}
	for l, count := range had {
		f.PerClass[l] = Class{Messages: count, Precision: share(right[l], given[l]), Recall: share(right[l], count), F1: share(2*right[l], count+given[l])}
	}
	for _, l := range slices.Sorted(maps.Keys(had)) { // in order: sums of floats depend on it
		f.MacroF1 += f.PerClass[l].F1
	}
	f.MacroF1 /= float64(len(had))
	f.curve(all)
	return f
}

func (f *Figures) curve(all []Tried) {
	sure := func(t Tried) float64 {
		if len(t.Guesses) == 0 {
			return 0
		}
		return t.Guesses[0].Share
	}
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b Tried) int { return cmp.Compare(sure(b), sure(a)) })
	hits, step := 0, 0
	for i, t := range order {
		if len(t.Guesses) > 0 && t.Guesses[0].Label == t.Label {
			hits++
		}
		for step < len(curveSteps) && i+1 == max(1, len(order)*curveSteps[step]/100) {
			p := Point{Threshold: sure(t), Routed: float64(i+1) / float64(len(order)), Right: float64(hits) / float64(i+1)}
			f.Curve = append(f.Curve, p)
			f.Coverage[fmt.Sprintf("%.2f", float64(curveSteps[step])/100)] = p.Right
			step++
		}
	}
}

// Evaluate tries a model on texts with their right labels.
func Evaluate(m *Model, examples []Example) *Figures {
	all := make([]Tried, len(examples))
	began := time.Now()
	for i, e := range examples {
		all[i] = Tried{e.Label, m.Predict(e.Text, 3)}
	}
	spent := time.Since(began)
	f := Judge(all)
	if len(all) > 0 {
		f.MicrosPerMessage = float64(spent.Microseconds()) / float64(len(all))
	}
	f.ModelBytes = len(m.Bytes())
	return f
}

// ErrFolds says that there is nothing to validate across.
var ErrFolds = errors.New("cross-validation needs at least two folds")

// CrossValidate trains a model for each fold on all other folds and tries it there;
// fold[i] is the fold of examples[i]. The figures are of all texts together; folds
// are those of each fold, by its name.
func CrossValidate(ctx context.Context, examples []Example, fold []string) (all *Figures, folds map[string]*Figures, err error) {
	names := slices.Clone(fold)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) < 2 {
		return nil, nil, ErrFolds
	}
	var tried []Tried
	folds = map[string]*Figures{}
	var micros float64
	most := 0
	for _, name := range names {
		var train, test []Example
		for i, e := range examples {
			if fold[i] == name {
				test = append(test, e)
			} else {
				train = append(train, e)
			}
		}
		m, err := Train(ctx, train, nil)
		if err != nil {
			return nil, nil, fmt.Errorf("fold %s: %w", name, err)
		}
		f := Evaluate(m, test)
		folds[name] = f
		micros += f.MicrosPerMessage * float64(len(test))
		most = max(most, f.ModelBytes)
		for _, e := range test {
			tried = append(tried, Tried{e.Label, m.Predict(e.Text, 3)})
		}
	}
	all = Judge(tried)
	all.MicrosPerMessage, all.ModelBytes = micros/float64(len(examples)), most
	return all, folds, nil
}

// Mixed is how often a label was taken for another.
type Mixed struct {
	Right, Given string
	N            int
}

// Confused are the most frequent confusions, at most n.
func (f *Figures) Confused(n int) []Mixed {
	var out []Mixed
	for right, row := range f.Confusion {
		for given, k := range row {
			out = append(out, Mixed{right, given, k})
		}
	}
	slices.SortFunc(out, func(a, b Mixed) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Right, b.Right), cmp.Compare(a.Given, b.Given))
	})
	return out[:min(n, len(out))]
}
