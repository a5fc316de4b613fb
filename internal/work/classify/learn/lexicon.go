package learn

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// A gram is up to five units in 12 bits each, the first highest; unused ones are 0.
// As a key it is right-aligned: a shorter gram is a smaller number.
const (
	unitBits = 12
	maxUnit  = 1<<unitBits - 1
	maxWord  = 4 // units of a word
	wordMark = 1 << 60
)

// How a word shows in texts that nobody has segmented: it is frequent, its parts
// stand together far more often than by chance (PMI, natural logarithm), and what
// stands beside it varies (entropy, nats). Values from cross-validation; the
// figures hardly move between 2 and 3 for the first and 0.5 and 1.2 for the second.
const (
	wordCount   = 5
	wordPMI     = 3.0
	wordEntropy = 0.8
	lexiconText = 6 << 20 // units that are read to find words
)

// lexicon knows units and words.
type lexicon struct {
	units []string // id-1 → unit
	ids   map[string]uint16
	words map[uint64]float32 // gram of 1..maxWord units → cost, -log of its share
	stops map[uint64]bool
}

func newLexicon(units []string, words map[uint64]float32) *lexicon {
	l := &lexicon{units: units, ids: make(map[string]uint16, len(units)), words: words, stops: map[uint64]bool{}}
	for i, u := range units {
		l.ids[u] = uint16(i + 1)
	}
	for _, w := range stopWords {
		if g, ok := l.gram(w); ok {
			l.stops[g] = true
		}
	}
	return l
}

// gram is a text of at most maxWord known units as a key.
func (l *lexicon) gram(text string) (g uint64, ok bool) {
	n := 0
	for _, t := range l.tokens(nil, text) {
		if t.id == 0 || n == maxWord {
			return 0, false
		}
		g, n = g<<unitBits|uint64(t.id), n+1
	}
	return g, n > 0
}

// discover makes a lexicon of the texts; given words (a city's own terms) are
// part of it whatever the texts say.
func discover(texts []string, given []string) *lexicon {
	count := map[string]int{}
	for _, t := range slices.Concat(texts, given, stopWords) {
		n := 0
		scan(t, func(unit []byte, _, _ int) bool {
			count[string(unit)]++
			n++
			return n < maxUnits
		})
	}
	units := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	l := newLexicon(units[:min(len(units), maxUnit)], nil)

	// Every stretch of five units, left-aligned and sorted: the stretches that
	// begin with a gram lie together, so one list counts grams of all lengths.
	step := 1
	total := 0
	for _, n := range count {
		total += n
	}
	if total > lexiconText {
		step = total/lexiconText + 1
	}
	var all []uint64
	var list []token
	for i := 0; i < len(texts); i += step {
		list = l.tokens(list[:0], texts[i])
		for at := range list {
			var g uint64
			for j := range maxWord + 1 {
				g <<= unitBits
				if at+j < len(list) {
					g |= uint64(list[at+j].id)
				}
			}
			if g>>(unitBits*maxWord) != 0 {
				all = append(all, g)
			}
		}
	}
	slices.Sort(all)

	type seen struct {
		n           float64
		left, right spread // of what stands beside it
	}
	grams := map[uint64]*seen{}
	for n := 1; n <= maxWord+1; n++ {
		shift := unitBits * (maxWord + 1 - n)
		for from := 0; from < len(all); {
			g := all[from] >> shift
			to := from + 1
			for to < len(all) && all[to]>>shift == g {
				to++
			}
			c := float64(to - from)
			from = to
			if whole(g, n) {
				if n > 2 {
					if s := grams[g>>unitBits]; s != nil {
						s.right.add(c)
					}
					if s := grams[g&(1<<(unitBits*(n-1))-1)]; s != nil {
						s.left.add(c)
					}
				}
				if n == 1 || n <= maxWord && c >= wordCount {
					grams[g] = &seen{n: c}
				}
			}
		}
	}
	size := float64(len(all))
	l.words = map[uint64]float32{}
	for g, s := range grams {
		if n := length(g); n == 1 || min(s.left.entropy(), s.right.entropy()) >= wordEntropy {
			pmi := math.Inf(1)
			for k := 1; k < n; k++ {
				head, tail := grams[g>>(unitBits*k)], grams[g&(1<<(unitBits*k)-1)]
				pmi = min(pmi, math.Log(s.n*size/(head.n*tail.n)))
			}
			if pmi >= wordPMI {
				l.words[g] = float32(-math.Log(s.n / size))
			}
		}
	}
	for _, w := range given {
		if g, ok := l.gram(w); ok {
			l.words[g] = min(cmp.Or(l.words[g], math.MaxFloat32), float32(math.Log(size+1)/2))
		}
	}
	return newLexicon(l.units, l.words)
}

// spread sums what is needed for the entropy of counts.
type spread struct{ sum, log float64 }

func (s *spread) add(n float64) { s.sum += n; s.log += n * math.Log(n) }

func (s *spread) entropy() float64 {
	if s.sum == 0 {
		return 0
	}
	return math.Log(s.sum) - s.log/s.sum
}

// length is how many units a gram has.
func length(g uint64) (n int) {
	for ; g != 0; g >>= unitBits {
		n++
	}
	return n
}

// whole tells whether a gram has n known units.
func whole(g uint64, n int) bool {
	for ; n > 0; n-- {
		if g&maxUnit == 0 {
			return false
		}
		g >>= unitBits
	}
	return true
}

// unknownCost is that of a unit which is no word of the lexicon.
const unknownCost = 16

// cutter cuts tokens into the most likely words; it is used again and again.
type cutter struct {
	cost []float32
	size []uint8
}

// cut returns the lengths of the words of a text in order, valid until the next call.
func (c *cutter) cut(l *lexicon, list []token) []uint8 {
	n := len(list)
	if cap(c.cost) <= n {
		c.cost, c.size = make([]float32, n+1, 2*n+64), make([]uint8, n+1, 2*n+64)
	}
	cost, size := c.cost[:n+1], c.size[:n+1]
	for i := range cost {
		cost[i] = math.MaxFloat32
	}
	cost[0] = 0
	for i := range list { // words that begin at i
		if single := cost[i] + unknownCost; single < cost[i+1] {
			cost[i+1], size[i+1] = single, 1
		}
		var g uint64
		for k := 1; k <= maxWord && i+k <= n; k++ {
			id := list[i+k-1].id
			if id == 0 {
				break
			}
			g = g<<unitBits | uint64(id)
			if w, ok := l.words[g]; ok && cost[i]+w < cost[i+k] {
				cost[i+k], size[i+k] = cost[i]+w, uint8(k)
			}
		}
	}
	// size[i] is the length of the word that ends at i: walk back, then turn round.
	at := n
	for i := n; i > 0; {
		k := size[i]
		i -= int(k)
		size[at] = k
		at--
	}
	return size[at+1:]
}
