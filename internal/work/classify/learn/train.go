package learn

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Example is a text and the label that people gave it.
type Example struct {
	Text  string
	Label string
	// Given marks a label's own words instead of a message: a category's name and
	// examples. They are learned from and never tested on.
	Given bool
}

// evenWeight is what a feature counts that lies evenly over the labels, beside 1 of
// one that only one label has. From cross-validation.
const evenWeight = 0.3

// Limits of a model, so that it stays small whatever it learns from.
const (
	maxTerms   = 160_000   // features kept
	maxWeights = 3_500_000 // features × labels
	maxLabels  = 2000
	minTexts   = 2 // a feature must stand in so many texts, or among a label's own words
	innerFolds = 3 // that measure how sure a score is
)

// What cannot be learned from.
var (
	ErrNoExamples = errors.New("no example has both a text and a label")
	ErrOneLabel   = errors.New("all examples have the same label; at least two labels are needed")
	ErrLabels     = errors.New("more than 2000 labels")
)

// Train learns a model. The order of the examples counts for nothing but ties.
func Train(ctx context.Context, examples []Example, words []string) (*Model, error) {
	s, err := prepare(examples, words)
	if err != nil {
		return nil, err
	}
	all := make([]int, len(s.rows))
	for i := range all {
		all[i] = i
	}
	// Scores on texts that a model has not seen tell how sure its scores are.
	held := make([][]float64, len(s.rows))
	folds := make([][]int, innerFolds)
	for i := range s.rows {
		if !s.given[i] {
			f := int(s.twin[i] % innerFolds)
			folds[f] = append(folds[f], i)
		}
	}
	for _, fold := range folds {
		rest := make([]int, 0, len(all))
		in := map[int]bool{}
		for _, i := range fold {
			in[i] = true
		}
		for _, i := range all {
			if !in[i] {
				rest = append(rest, i)
			}
		}
		if len(fold) == 0 || !s.several(rest) {
			continue
		}
		m, err := s.fit(ctx, rest)
		if err != nil {
			return nil, err
		}
		for _, i := range fold {
			held[i] = m.score(s.rows[i])
		}
	}
	m, err := s.fit(ctx, all)
	if err != nil {
		return nil, err
	}
	m.calibrate(held, s.label)
	return m.pack(s.lexicon), nil
}

// row is a text as counts of features: places in the study's vocabulary and the
// weights of their places summed.
type row []value

// study is the examples as numbers.
type study struct {
	lexicon *lexicon
	labels  []string
	keys    []uint64
	rows    []row
	label   []int
	given   []bool
	twin    []uint64 // near-duplicates mostly have the same
}

func prepare(examples []Example, words []string) (*study, error) {
	s := &study{}
	var texts []string
	names := map[string]int{}
	for _, e := range examples {
		if e.Label != "" {
			names[e.Label] = 0
		}
	}
	s.labels = slices.Sorted(maps.Keys(names))
	for i, l := range s.labels {
		names[l] = i
	}
	for _, e := range examples {
		if e.Label != "" && e.Text != "" {
			texts, s.label, s.given = append(texts, e.Text), append(s.label, names[e.Label]), append(s.given, e.Given)
		}
	}
	switch {
	case len(texts) == 0:
		return nil, ErrNoExamples
	case len(s.labels) < 2:
		return nil, ErrOneLabel
	case len(s.labels) > maxLabels:
		return nil, ErrLabels
	}
	s.lexicon = discover(texts, words)
	s.rows, s.twin = make([]row, len(texts)), make([]uint64, len(texts))
	place := map[uint64]int32{}
	r := reader{lexicon: s.lexicon}
	for i, t := range texts {
		sum := map[int32]float32{}
		var order []int32
		s.twin[i] = math.MaxUint64
		list, sizes := r.words(t)
		features(list, sizes, func(key uint64, w float32, _, _ int) {
			p, ok := place[key]
			if !ok {
				p = int32(len(s.keys))
				place[key] = p
				s.keys = append(s.keys, key)
			}
			if _, ok := sum[p]; !ok {
				order = append(order, p)
			}
			sum[p] += w
			if key&wordMark != 0 {
				s.twin[i] = min(s.twin[i], mix(key))
			}
		})
		s.rows[i] = make(row, len(order))
		for j, p := range order {
			s.rows[i][j] = value{p, sum[p]}
		}
	}
	return s, nil
}

// mix spreads a key over all bits.
func mix(x uint64) uint64 {
	h := fnv.New64a()
	var b [8]byte
	for i := range b {
		b[i] = byte(x >> (8 * i))
	}
	_, _ = h.Write(b[:]) // never fails
	return h.Sum64()
}

func (s *study) several(rows []int) bool {
	for _, i := range rows {
		if s.label[i] != s.label[rows[0]] {
			return true
		}
	}
	return false
}

// machine is a trained model before it is packed.
type machine struct {
	labels []string
	keys   []uint64
	weigh  []float32   // of a feature as such, 0: not used
	w      [][]float32 // by label, by feature
	bias   []float32
	sharp  float64   // see calibrate
	offset []float64 // see calibrate
	tested bool
}

// biasValue is the entry that stands for the constant term; small, so that it is
// hardly held down.
const biasValue = 0.3

// fit trains on some of the rows.
func (s *study) fit(ctx context.Context, rows []int) (*machine, error) {
	k := len(s.labels)
	m := &machine{labels: s.labels, keys: s.keys, weigh: s.weigh(rows), w: make([][]float32, k), bias: make([]float32, k)}
	x := make([][]value, len(rows))
	size := make([]float64, k)
	for j, i := range rows {
		x[j] = append(m.vector(s.rows[i]), value{int32(len(s.keys)), biasValue})
		size[s.label[i]]++
	}
	price := make([]float32, len(rows)) // rare labels cost more, by the root of their rarity
	for j, i := range rows {
		price[j] = float32(errorCost * math.Sqrt(float64(len(rows))/(float64(k)*size[s.label[i]])))
	}
	var wait sync.WaitGroup
	next := make(chan int, k)
	for l := range k {
		next <- l
	}
	close(next)
	for range min(k, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			y := make([]int8, len(rows))
			for l := range next {
				if ctx.Err() != nil {
					return
				}
				for j, i := range rows {
					y[j] = -1
					if s.label[i] == l {
						y[j] = 1
					}
				}
				w := separate(x, y, price, len(s.keys)+1)
				m.w[l], m.bias[l] = w[:len(s.keys)], w[len(s.keys)]*biasValue
			}
		})
	}
	wait.Wait()
	return m, ctx.Err()
}

// weigh says how much each feature counts: by how few texts have it (inverse
// document frequency) and by how unevenly it lies over the labels (entropy).
func (s *study) weigh(rows []int) []float32 {
	k := len(s.labels)
	texts := make([]float64, len(s.keys))
	own := make([]bool, len(s.keys))
	by := make([]float32, len(s.keys)*k)
	size := make([]float64, k)
	for _, i := range rows {
		l := s.label[i]
		size[l]++
		for _, f := range s.rows[i] {
			texts[f.term]++
			if s.given[i] {
				own[f.term] = true
			}
			by[int(f.term)*k+l]++
		}
	}
	n := float64(len(rows))
	out := make([]float32, len(s.keys))
	for f, t := range texts {
		if t < minTexts && !own[f] {
			continue
		}
		var sum, logs float64
		for l := range k {
			if size[l] == 0 {
				continue
			}
			q := (float64(by[f*k+l]) + 0.1*float64(k)*size[l]/n) / size[l]
			sum += q
			logs += q * math.Log(q)
		}
		uneven := 1 - (math.Log(sum)-logs/sum)/math.Log(float64(k))
		out[f] = float32((math.Log((1+n)/(1+t)) + 1) * (evenWeight + uneven))
	}
	return out
}

// vector is a row weighed and brought to length 1.
func (m *machine) vector(r row) []value {
	out := make([]value, 0, len(r)+1)
	var sum float64
	for _, f := range r {
		if g := m.weigh[f.term]; g != 0 {
			v := g * logOf(f.v)
			sum += float64(v * v)
			out = append(out, value{f.term, v})
		}
	}
	if sum > 0 {
		scale := float32(1 / math.Sqrt(sum))
		for i := range out {
			out[i].v *= scale
		}
	}
	return out
}

func logOf(v float32) float32 { return float32(math.Log1p(float64(v))) }

func (m *machine) score(r row) []float64 {
	x := m.vector(r)
	out := make([]float64, len(m.labels))
	for l, w := range m.w {
		sum := m.bias[l]
		for _, f := range x {
			sum += w[f.term] * f.v
		}
		out[l] = float64(sum)
	}
	return out
}

// calibrate finds sharp and offset such that softmax(sharp·score + offset) gives
// the labels of the held-back texts the highest likelihood. Without any it stays
// careful, and the model says that it was not tested.
func (m *machine) calibrate(held [][]float64, label []int) {
	k := len(m.labels)
	m.sharp, m.offset = 2, make([]float64, k)
	var rows []int
	for i, h := range held {
		if h != nil {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return
	}
	m.tested = true
	// Gradient descent with a step that halves when it overshoots; offsets are
	// drawn to 0 as if by one text a label.
	loss := func(sharp float64, offset []float64) (sum float64, dSharp float64, dOffset []float64) {
		dOffset = make([]float64, k)
		p := make([]float64, k)
		for _, i := range rows {
			for l := range p {
				p[l] = sharp*held[i][l] + offset[l]
			}
			sum += softmax(p) - (sharp*held[i][label[i]] + offset[label[i]])
			p[label[i]]--
			for l, d := range p {
				dSharp += d * held[i][l]
				dOffset[l] += d
			}
		}
		for l, o := range offset {
			sum += o * o / 2
			dOffset[l] += o
		}
		return sum, dSharp, dOffset
	}
	step := 4 / float64(len(rows))
	now, ds, do := loss(m.sharp, m.offset)
	for range 80 {
		sharp, offset := m.sharp-step*ds, make([]float64, k)
		for l := range offset {
			offset[l] = m.offset[l] - step*do[l]
		}
		then, ds2, do2 := loss(sharp, offset)
		if then > now {
			step /= 2
			continue
		}
		done := now-then < 1e-7*now
		m.sharp, m.offset, now, ds, do = sharp, offset, then, ds2, do2
		step *= 1.2
		if done {
			break
		}
	}
}

// softmax turns scores into shares in place and returns the logarithm of their sum.
func softmax(p []float64) float64 {
	top := slices.Max(p)
	var sum float64
	for i, v := range p {
		p[i] = math.Exp(v - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return top + math.Log(sum)
}

// pack keeps the features that say most and rounds their weights to 8 bits.
func (m *machine) pack(l *lexicon) *Model {
	k := len(m.labels)
	type term struct {
		at   int
		says float32
	}
	var list []term
	for f, g := range m.weigh {
		if g == 0 {
			continue
		}
		var most float32
		for _, w := range m.w {
			most = max(most, w[f], -w[f])
		}
		if most > 0 {
			list = append(list, term{f, most * g})
		}
	}
	slices.SortFunc(list, func(a, b term) int {
		return cmp.Or(cmp.Compare(b.says, a.says), cmp.Compare(m.keys[a.at], m.keys[b.at]))
	})
	list = list[:min(len(list), maxTerms, maxWeights/k)]
	slices.SortFunc(list, func(a, b term) int { return cmp.Compare(m.keys[a.at], m.keys[b.at]) })
	out := &Model{labels: m.labels, lexicon: l, bias: m.bias, sharp: m.sharp, offset: m.offset, tested: m.tested,
		keys: make([]uint64, len(list)), weigh: make([]float32, len(list)), weights: make([]int8, len(list)*k), scale: make([]float32, k)}
	for l, w := range m.w {
		for _, t := range list {
			out.scale[l] = max(out.scale[l], w[t.at]/127, -w[t.at]/127)
		}
	}
	for i, t := range list {
		out.keys[i], out.weigh[i] = m.keys[t.at], m.weigh[t.at]
		for l, w := range m.w {
			if s := out.scale[l]; s > 0 {
				out.weights[i*k+l] = int8(math.Round(float64(w[t.at] / s)))
			}
		}
	}
	out.index()
	return out
}
