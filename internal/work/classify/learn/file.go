package learn

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// A model's file: magic, then numbers as varints or little-endian floats, then the
// SHA-256 of all that. docs/classify.md tells the order.
const magic = "linli classify 1\n"

// ErrForeign and ErrDamaged say why bytes are no model.
var (
	ErrForeign = errors.New("it is not a model that this version of linli classify wrote")
	ErrDamaged = errors.New("the model is damaged: its contents do not match its checksum")
)

// Bytes is the model as a file.
func (m *Model) Bytes() []byte {
	b := []byte(magic)
	number := func(n int) { b = binary.AppendUvarint(b, uint64(n)) }
	text := func(s string) { number(len(s)); b = append(b, s...) }
	float := func(f float32) { b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f)) }
	texts := func(list []string) {
		number(len(list))
		for _, s := range list {
			text(s)
		}
	}
	grams := func(list []uint64) { // ascending
		var last uint64
		for _, g := range list {
			b = binary.AppendUvarint(b, g-last)
			last = g
		}
	}
	texts(m.labels)
	number(map[bool]int{false: 0, true: 1}[m.tested])
	float(float32(m.sharp))
	for l := range m.labels {
		float(m.scale[l])
		float(m.bias[l])
		float(float32(m.offset[l]))
	}
	texts(m.lexicon.units)
	words := make([]uint64, 0, len(m.lexicon.words))
	for g := range m.lexicon.words {
		words = append(words, g)
	}
	slices.Sort(words)
	number(len(words))
	grams(words)
	for _, g := range words {
		float(m.lexicon.words[g])
	}
	number(len(m.keys))
	grams(m.keys)
	for _, w := range m.weigh {
		float(w)
	}
	for _, w := range m.weights {
		b = append(b, byte(w))
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// Open reads a model's file. It refuses whatever Bytes did not write.
func Open(b []byte) (*Model, error) {
	if !bytes.HasPrefix(b, []byte(magic)) {
		return nil, ErrForeign
	}
	body := len(b) - sha256.Size
	if body < len(magic) {
		return nil, ErrDamaged
	}
	if sum := sha256.Sum256(b[:body]); !bytes.Equal(sum[:], b[body:]) {
		return nil, ErrDamaged
	}
	return parse(b[len(magic):body])
}

// parse reads what lies between magic and checksum. Nothing is believed: each
// count is held to what is left, so that no file makes the program panic or ask
// for more memory than a few times its own size.
func parse(b []byte) (*Model, error) {
	r := &bin{b: b}
	m := &Model{labels: r.texts(1)}
	k := len(m.labels)
	if k < 2 || k > maxLabels {
		return nil, fmt.Errorf("%w (%d labels)", ErrForeign, k)
	}
	m.tested = r.number() == 1
	m.sharp = float64(r.float())
	m.scale, m.bias, m.offset = make([]float32, k), make([]float32, k), make([]float64, k)
	for l := range m.labels {
		m.scale[l], m.bias[l], m.offset[l] = r.float(), r.float(), float64(r.float())
	}
	units := r.texts(1)
	if len(units) > maxUnit {
		r.bad = true
	}
	n := r.count(5)
	words := r.grams(n)
	costs := make(map[uint64]float32, n)
	for _, g := range words {
		if g >= 1<<(unitBits*maxWord) {
			r.bad = true
		}
		costs[g] = r.float()
	}
	n = r.count(5 + k)
	m.keys = r.grams(n)
	m.weigh = make([]float32, len(m.keys))
	for i := range m.weigh {
		m.weigh[i] = r.float()
	}
	raw := r.bytes(len(m.keys) * k)
	if r.bad || len(r.b) > 0 {
		return nil, ErrForeign
	}
	m.weights = make([]int8, len(raw))
	for i, w := range raw {
		m.weights[i] = int8(w)
	}
	m.lexicon = newLexicon(units, costs)
	m.index()
	return m, nil
}

// bin reads binary data; after the first fault everything is zero and bad is set.
type bin struct {
	b   []byte
	bad bool
}

func (r *bin) bytes(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *bin) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		n = -1
	}
	if r.bytes(n); r.bad {
		return 0
	}
	return v
}

func (r *bin) number() int { return int(min(r.uint(), math.MaxInt32)) }

// count reads how many things of at least size bytes follow.
func (r *bin) count(size int) int {
	n := r.number()
	if n > len(r.b)/size {
		r.bad, r.b = true, nil
		return 0
	}
	return n
}

// float is a number that can be calculated with.
func (r *bin) float() float32 {
	b := r.bytes(4)
	if r.bad {
		return 0
	}
	f := math.Float32frombits(binary.LittleEndian.Uint32(b))
	if !(f > -1e6 && f < 1e6) {
		r.bad = true
		return 0
	}
	return f
}

func (r *bin) texts(size int) []string {
	out := make([]string, r.count(size))
	for i := range out {
		out[i] = string(r.bytes(r.number()))
		if !utf8.ValidString(out[i]) {
			r.bad = true
		}
	}
	return out
}

func (r *bin) grams(n int) []uint64 {
	out := make([]uint64, n)
	var last uint64
	for i := range out {
		d := r.uint()
		if d == 0 || last+d < last {
			r.bad = true
		}
		last += d
		out[i] = last
	}
	return out
}
