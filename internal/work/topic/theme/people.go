package theme

import (
	"hash/fnv"
	"math"
	"slices"
)

// people counts distinct persons in bounded memory: it keeps the 1,024 smallest
// of their hashes. Up to there it is exact; beyond, the largest one kept says how
// densely they lie (k minimum values, error about 3 %).
type people []uint64

const keptPeople = 1024

func (p *people) add(h uint64) {
	i, known := slices.BinarySearch(*p, h)
	if known || i == keptPeople {
		return
	}
	*p = slices.Insert(*p, i, h)
	*p = (*p)[:min(len(*p), keptPeople)]
}

func (p *people) join(q people) {
	for _, h := range q {
		p.add(h)
	}
}

func (p people) count() int {
	if len(p) < keptPeople {
		return len(p)
	}
	return int(float64(keptPeople-1) / (float64(p[keptPeople-1]) / math.MaxUint64))
}

// hashOf spreads a person's name evenly over 64 bits, alike in every process.
func hashOf(person string) uint64 {
	f := fnv.New64a()
	f.Write([]byte(person)) // never fails
	h := f.Sum64()
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
