package learn

import "math"

// Words count more the earlier they stand: people name the matter first and tell
// the story after. The weight of a word at unit i is nearWeight·e^(-i/nearUnits) +
// e^(-i/farUnits). Values from cross-validation; halving or doubling one of them
// changes macro-F1 by less than 0.002.
const (
	nearWeight = 10
	nearUnits  = 20
	farUnits   = 300
)

var weightAt = func() (w [maxUnits]float32) {
	for i := range w {
		w[i] = float32(nearWeight*math.Exp(-float64(i)/nearUnits) + math.Exp(-float64(i)/farUnits))
	}
	return w
}()

// reader turns texts into features; it is used again and again by one goroutine.
type reader struct {
	lexicon *lexicon
	list    []token
	cutter  cutter
}

// words returns the tokens of a text without words of no meaning, and the lengths
// of the words that are left. Both are valid until the next call.
func (r *reader) words(text string) (list []token, sizes []uint8) {
	r.list = r.lexicon.tokens(r.list[:0], text)
	all := r.cutter.cut(r.lexicon, r.list)
	list, sizes = r.list[:0], all[:0]
	from := 0
	for _, n := range all {
		word := r.list[from : from+int(n)]
		from += int(n)
		if !r.lexicon.stops[gramOf(word)] {
			list, sizes = append(list, word...), append(sizes, n)
		}
	}
	return list, sizes
}

func gramOf(list []token) (g uint64) {
	for _, t := range list {
		g = g<<unitBits | uint64(t.id)
	}
	return g
}

// features hands out the features of a text with their weight by place: each
// unit, each pair of neighbours, each word of several units. from and to are
// tokens of list, the result of words.
func features(list []token, sizes []uint8, emit func(key uint64, weight float32, from, to int)) {
	for i, t := range list {
		if t.id == 0 {
			continue
		}
		emit(uint64(t.id), weightAt[i], i, i+1)
		if i+1 < len(list) && list[i+1].id != 0 {
			emit(uint64(t.id)<<unitBits|uint64(list[i+1].id), weightAt[i], i, i+2)
		}
	}
	i := 0
	for _, n := range sizes {
		if n > 1 {
			emit(gramOf(list[i:i+int(n)])|wordMark, weightAt[i], i, i+int(n))
		}
		i += int(n)
	}
}
