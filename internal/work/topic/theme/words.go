package theme

import (
	"strings"

	"cmp"
	"hash/fnv"
	"math"
	"slices"

	"linli/internal/kernel/search"
)

// term is a pair of characters, a word or a number, by its hash.
type term struct {
	hash   uint32
	weight float32
}

// vector is a message's terms, the most telling first, of length 1.
type vector []term

// words counts in how many messages each term stands. Counters are shared by
// terms of one slot (2^20 of them, 4 MB) and halved when there are many, so that
// the memory is bounded and old habits fade.
type words struct {
	in    []uint32
	total uint32
}

const (
	slots     = 1 << 20
	fade      = 500_000 // messages after which counts are halved
	bodyRunes = 600     // of a body that are looked at
	common    = 0.5     // terms of more messages than this share tell nothing
	few       = 300     // messages without any term that are taken for granted: a young stream, and one that speaks of one matter only, is weighed soberly
	keptInMsg = 160     // terms of a message
)

func newWords() words { return words{in: make([]uint32, slots)} }

// count is how often each term stands in the message; the title counts more.
func (w *words) count(title, body string) map[uint32]float32 {
	out := map[uint32]float32{}
	add := func(text string, n float32) {
		for _, t := range search.Tokens(text) {
			if len(t) > 1 && (t[0] < 0x80 || len(t) > 3) && !strings.ContainsAny(t, plain) { // no single characters, nothing of grammar
				h := fnv.New32a()
				h.Write([]byte(t)) // never fails
				out[h.Sum32()] += n
			}
		}
	}
	add(title, titleWeight)
	if r := []rune(body); len(r) > bodyRunes {
		body = string(r[:bodyRunes])
	}
	add(body, 1)
	return out
}

const titleWeight = 3

func (w *words) learn(counts map[uint32]float32) {
	for h := range counts {
		w.in[h%slots]++
	}
	if w.total++; w.total >= fade {
		for i := range w.in {
			w.in[i] /= 2
		}
		w.total /= 2
	}
}

// rare is how much a term tells: the logarithm of how few messages have it.
func (w *words) rare(h uint32) float64 {
	return math.Log(float64(w.total+few) / (float64(w.in[h%slots]) + 1))
}

// weigh turns counts into a vector: what is rare and said more than once in the
// message tells most.
func (w *words) weigh(counts map[uint32]float32) vector {
	out := make(vector, 0, len(counts))
	for h, n := range counts {
		if r := w.rare(h); r > -math.Log(common) {
			out = append(out, term{h, float32((1 + math.Log(float64(n))) * r)})
		}
	}
	slices.SortFunc(out, func(a, b term) int { return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.hash, b.hash)) })
	out = out[:min(len(out), keptInMsg)]
	sum := 0.0
	for _, t := range out {
		sum += float64(t.weight) * float64(t.weight)
	}
	for i := range out {
		out[i].weight /= float32(math.Sqrt(sum))
	}
	return out
}
