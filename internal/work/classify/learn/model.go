package learn

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// Model sorts texts. It is never changed and may be used by many at once.
type Model struct {
	labels  []string
	lexicon *lexicon
	keys    []uint64 // features in order
	weigh   []float32
	weights []int8 // features × labels
	scale   []float32
	bias    []float32
	sharp   float64
	offset  []float64
	tested  bool

	place map[uint64]int32
	pool  sync.Pool // *scratch
}

// index makes what is derived from the model's data.
func (m *Model) index() {
	m.place = make(map[uint64]int32, len(m.keys))
	for i, k := range m.keys {
		m.place[k] = int32(i)
	}
	m.pool.New = func() any {
		return &scratch{reader: reader{lexicon: m.lexicon}, sum: make([]float32, len(m.keys))}
	}
}

// Labels are the model's labels in order.
func (m *Model) Labels() []string { return slices.Clone(m.labels) }

// Tested tells whether shares were measured on texts that the model had not seen.
// Those of a model which knows only the labels' own words were not.
func (m *Model) Tested() bool { return m.tested }

// Guess is a label and how likely it is.
type Guess struct {
	Label string  `json:"label"`
	Share float64 `json:"share"` // 0 to 1; those of all labels make 1
	Words []Word  `json:"words,omitempty"`
}

// Word is a word of the text and how much it spoke for the label rather than for
// the others.
type Word struct {
	Text  string  `json:"text"`
	Voice float64 `json:"voice"` // 0 to 1, share of all that spoke for it
}

// scratch is what one call needs.
type scratch struct {
	reader
	sum   []float32 // by feature; 0 between calls
	found []int32
	x     []float32 // of found, weighed
	score []float64
}

// read fills found and x.
func (m *Model) read(s *scratch, text string) (list []token, sizes []uint8) {
	list, sizes = s.words(text)
	s.found = s.found[:0]
	features(list, sizes, func(key uint64, w float32, _, _ int) {
		if p, ok := m.place[key]; ok {
			if s.sum[p] == 0 {
				s.found = append(s.found, p)
			}
			s.sum[p] += w
		}
	})
	s.x = s.x[:0]
	var norm float64
	for _, p := range s.found {
		v := m.weigh[p] * logOf(s.sum[p])
		norm += float64(v * v)
		s.x = append(s.x, v)
	}
	if norm > 0 {
		scale := float32(1 / math.Sqrt(norm))
		for i := range s.x {
			s.x[i] *= scale
		}
	}
	return list, sizes
}

func (s *scratch) clear() {
	for _, p := range s.found {
		s.sum[p] = 0
	}
}

// shares are the labels' shares of a text that was read, valid until the next call.
func (m *Model) shares(s *scratch) []float64 {
	k := len(m.labels)
	sum := append(s.score[:0], make([]float64, k)...)
	for i, p := range s.found {
		x := float64(s.x[i])
		for l, w := range m.weights[int(p)*k : int(p)*k+k] {
			sum[l] += x * float64(w)
		}
	}
	for l := range sum {
		sum[l] = m.sharp*(sum[l]*float64(m.scale[l])+float64(m.bias[l])) + m.offset[l]
	}
	softmax(sum)
	s.score = sum
	return sum
}

// Predict returns the n likeliest labels of a text, best first.
func (m *Model) Predict(text string, n int) []Guess { return m.predict(text, n, 0) }

// Explain is Predict with at most words words that spoke for each label.
func (m *Model) Explain(text string, n, words int) []Guess { return m.predict(text, n, words) }

func (m *Model) predict(text string, n, words int) []Guess {
	s := m.pool.Get().(*scratch)
	defer m.pool.Put(s)
	list, sizes := m.read(s, text)
	defer s.clear()
	shares := m.shares(s)
	order := make([]int, len(shares))
	for l := range order {
		order[l] = l
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(shares[b], shares[a]) })
	out := make([]Guess, min(n, len(order)))
	for i := range out {
		l := order[i]
		out[i] = Guess{Label: m.labels[l], Share: shares[l]}
		if words > 0 {
			out[i].Words = m.voices(s, text, list, sizes, l, words)
		}
	}
	return out
}

// voices says which words spoke for a label: each feature's part in the score,
// beyond its part in the mean of all labels, goes to the words that it stands in.
func (m *Model) voices(s *scratch, text string, list []token, sizes []uint8, label, most int) []Word {
	k := len(m.labels)
	said := make(map[int32]float64, len(s.found)) // by feature, for each unit of weight
	for i, p := range s.found {
		var mean float64
		row := m.weights[int(p)*k : int(p)*k+k]
		for l, w := range row {
			mean += float64(w) * float64(m.scale[l]) / float64(k)
		}
		said[p] = float64(s.x[i]) * (float64(row[label])*float64(m.scale[label]) - mean) / float64(s.sum[p])
	}
	wordAt := make([]int, 0, len(list)) // by token
	for w, n := range sizes {
		for range n {
			wordAt = append(wordAt, w)
		}
	}
	voice := make([]float64, len(sizes))
	features(list, sizes, func(key uint64, w float32, from, to int) {
		if p, ok := m.place[key]; ok {
			for i := from; i < to; i++ {
				voice[wordAt[i]] += said[p] * float64(w) / float64(to-from)
			}
		}
	})
	sum := map[string]float64{}
	var total float64
	var words []string
	at := 0
	for w, n := range sizes {
		word := text[list[at].from:list[at+int(n)-1].to]
		at += int(n)
		if _, ok := sum[word]; !ok {
			words = append(words, word)
		}
		sum[word] += voice[w]
	}
	words = slices.DeleteFunc(words, func(w string) bool { return sum[w] <= 0 })
	for _, w := range words {
		total += sum[w]
	}
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(sum[b], sum[a]) })
	out := make([]Word, min(most, len(words)))
	for i := range out {
		out[i] = Word{words[i], sum[words[i]] / total}
	}
	return out
}
