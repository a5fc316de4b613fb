package region

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// gazetteer finds places by what people type. All normalised texts stand in
// one string, and a search is one pass over the masks, which leave few texts to
// look into. The index costs 16 bytes an entry beside the text.
type gazetteer struct {
	blob    string     // text "\n" text "\n" …
	at      []uint32   // start of each entry's text, and the end of the blob
	mask    []uint64   // one bit for each rune of the text, to reject fast
	what    []entryRef // what the entry stands for
	regions []regionName
}

// entryRef packs the kind (high 4 bits) and the index in the chart's array.
type entryRef uint32

type entryKind uint8

const (
	entryDistrict entryKind = iota
	entryStreet
	entryCommunity
	entryCompound
	entryRoad
	entryPOI
	entryGrid
	entryBuilding
)

var entryKinds = [...]string{"district", "street", "community", "compound", "road", "poi", "grid", "building"}

func (r entryRef) kind() entryKind { return entryKind(r >> 28) }
func (r entryRef) index() int      { return int(r & (1<<28 - 1)) }

// regionName is the normalised name of a region, to be taken off a query's front.
type regionName struct {
	text string
	code int64
}

type gazetteerBuilder struct {
	g gazetteer
	b strings.Builder
}

func (b *gazetteerBuilder) add(k entryKind, index int, text string) {
	t := normalise(text)
	if t == "" {
		return
	}
	b.g.at = append(b.g.at, uint32(b.b.Len()))
	b.g.mask = append(b.g.mask, runeMask(t))
	b.g.what = append(b.g.what, entryRef(uint32(k)<<28|uint32(index)))
	b.b.WriteString(t)
	b.b.WriteByte('\n')
}

func (b *gazetteerBuilder) done() *gazetteer {
	b.g.blob = strings.Clone(b.b.String())
	b.g.at = append(b.g.at, uint32(len(b.g.blob)))
	slices.SortFunc(b.g.regions, func(x, y regionName) int { return len(y.text) - len(x.text) })
	return &b.g
}

func (g *gazetteer) text(i int) string { return g.blob[g.at[i] : g.at[i+1]-1] }

// How well an entry matches; smaller is better.
const (
	matchExact = iota
	matchPrefix
	matchInside
	matchMidNumber // "3号楼" inside "13号楼"
	matchNamed     // the query names the entry: "翠湖花园3号楼2单元501"
	matchSubsequence
)

// query is what is being looked for: needle in the entry's text, and all of
// rest in the names around it.
type query struct {
	needle string
	rest   []string
	areas  [][]int64 // one list for each region name taken off the front: any of the codes
}

// hits is the best few entries, in order.
type hits struct {
	score []uint64
	entry []int32
	limit int
}

func (h *hits) worst() uint64 {
	if len(h.score) < h.limit {
		return ^uint64(0)
	}
	return h.score[len(h.score)-1]
}

func (h *hits) put(score uint64, entry int) {
	if score >= h.worst() {
		return
	}
	i, _ := slices.BinarySearch(h.score, score)
	if len(h.score) == h.limit {
		h.score = h.score[:h.limit-1]
		h.entry = h.entry[:h.limit-1]
	}
	h.score = slices.Insert(h.score, i, score)
	h.entry = slices.Insert(h.entry, i, int32(entry))
}

// score orders by match, then near before far, then kind, then length, then place in the list.
func score(match int, far bool, k entryKind, length, entry int) uint64 {
	s := uint64(match)<<60 | uint64(k)<<52 | uint64(min(length, 255))<<32 | uint64(entry)
	if far {
		s |= 1 << 59
	}
	return s
}

// find returns the entries that match the text best, at most limit, best
// first. far tells whether an entry lies outside what the asker works in;
// around gives the normalised names of the regions that hold the entry; in
// tells whether an entry lies in one of the codes.
func (g *gazetteer) find(text string, limit int, far func(entryRef) bool, around func(entryRef, string) bool, in func(entryRef, []int64) bool) []entryRef {
	if limit <= 0 {
		return nil
	}
	whole := strings.ReplaceAll(normalise(text), " ", "")
	if whole == "" {
		return nil
	}
	h := &hits{limit: limit}
	seen := map[int32]bool{}
	for step, q := range g.readings(text, whole) {
		g.contains(q, h, seen, far, around, in)
		if step == 0 && len(h.score) == limit {
			break
		}
	}
	if len(h.score) < limit {
		g.loose(whole, h, seen, far)
	}
	out := make([]entryRef, 0, len(h.entry))
	for _, e := range h.entry {
		if r := g.what[e]; !slices.Contains(out, r) { // a grid is listed by name and by code
			out = append(out, r)
		}
	}
	return out
}

// readings are the ways to read a query: as one name, as a name in one of the
// regions it begins with, as a name with words that stand around it.
func (g *gazetteer) readings(text, whole string) []query {
	qs := []query{{needle: whole}}
	rest, areas := whole, [][]int64(nil)
	for range 3 {
		name, codes := g.leadingRegion(rest)
		if name == "" || len(name) == len(rest) {
			break
		}
		rest, areas = rest[len(name):], append(areas, codes)
		qs = append(qs, query{needle: rest, areas: slices.Clone(areas)})
	}
	if words := strings.Fields(normalise(text)); len(words) > 1 {
		qs = append(qs, query{needle: words[len(words)-1], rest: words[:len(words)-1]})
	}
	return qs
}

func (g *gazetteer) leadingRegion(s string) (name string, codes []int64) {
	for _, r := range g.regions { // longest first
		if name != "" && len(r.text) < len(name) {
			break
		}
		if strings.HasPrefix(s, r.text) {
			name, codes = r.text, append(codes, r.code)
		}
	}
	return name, codes
}

func (g *gazetteer) contains(q query, h *hits, seen map[int32]bool, far func(entryRef) bool, around func(entryRef, string) bool, in func(entryRef, []int64) bool) {
	numberFirst := isDigit(q.needle[0])
	need := runeMask(q.needle)
scan:
	for this, mask := range g.mask {
		if need&^mask != 0 {
			continue
		}
		text := g.text(this)
		hit := strings.Index(text, q.needle)
		if hit < 0 {
			continue
		}
		match := matchInside
		switch {
		case len(text) == len(q.needle):
			match = matchExact
		case hit == 0:
			match = matchPrefix
		case numberFirst && isDigit(text[hit-1]):
			match = matchMidNumber
		}
		r := g.what[this]
		if score(match, false, r.kind(), len(text), this) >= h.worst() || seen[int32(this)] {
			continue
		}
		for _, codes := range q.areas {
			if !in(r, codes) {
				continue scan
			}
		}
		for _, word := range q.rest {
			if !strings.Contains(text, word) && !around(r, word) {
				continue scan
			}
		}
		if s := score(match, far(r), r.kind(), len(text), this); s < h.worst() {
			seen[int32(this)] = true
			h.put(s, this)
		}
	}
}

// loose finds entries that the query names within a longer text, and entries
// whose runes come in the query's order.
func (g *gazetteer) loose(whole string, h *hits, seen map[int32]bool, far func(entryRef) bool) {
	n := utf8.RuneCountInString(whole)
	if n < 2 {
		return
	}
	mask := runeMask(whole)
	for i, m := range g.mask {
		switch {
		case m&^mask == 0: // every rune of the entry may be in the query
			t := g.text(i)
			if n > 3 && len(t) < len(whole) && utf8.RuneCountInString(t) > 1 && !seen[int32(i)] {
				if at := strings.Index(whole, t); at >= 0 && !splitsNumber(whole, at, len(t)) {
					r := g.what[i]
					h.put(score(matchNamed, far(r), 0, 255-len(t), i), i) // the longest name is the best
					continue
				}
			}
			fallthrough
		case mask&^m == 0:
			if t := g.text(i); mask&^m == 0 && !seen[int32(i)] && isSubsequence(whole, t) {
				r := g.what[i]
				h.put(score(matchSubsequence, far(r), r.kind(), len(t), i), i)
			}
		}
	}
}

// namedIn returns the entries whose names stand in a text that is about something
// else, the longest names first and near ones before far. A name that is part of a
// longer one that was found does not count; several entries of one name all do.
func (g *gazetteer) namedIn(text string, limit int, far func(entryRef) bool) []entryRef {
	whole := strings.ReplaceAll(normalise(text), " ", "")
	mask := runeMask(whole)
	type hit struct {
		entry, at, size int
		far             bool
	}
	var hits []hit
	for i, m := range g.mask {
		if m&^mask != 0 {
			continue
		}
		t := g.text(i)
		if utf8.RuneCountInString(t) < 3 { // 北街 stands in many a sentence
			continue
		}
		if at := strings.Index(whole, t); at >= 0 && !splitsNumber(whole, at, len(t)) {
			hits = append(hits, hit{i, at, len(t), far(g.what[i])})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		switch {
		case a.size != b.size:
			return b.size - a.size
		case a.far != b.far && b.far:
			return -1
		case a.far != b.far:
			return 1
		}
		return a.at - b.at
	})
	var out []entryRef
	var taken []hit
	for _, h := range hits {
		inside := slices.ContainsFunc(taken, func(t hit) bool { return t.size > h.size && h.at >= t.at && h.at+h.size <= t.at+t.size })
		if r := g.what[h.entry]; !inside && len(out) < limit && !slices.Contains(out, r) {
			out, taken = append(out, r), append(taken, h)
		}
	}
	return out
}

// splitsNumber tells whether s[at:at+n] begins or ends in the middle of a number.
func splitsNumber(s string, at, n int) bool {
	return at > 0 && isDigit(s[at]) && isDigit(s[at-1]) || at+n < len(s) && isDigit(s[at+n]) && isDigit(s[at+n-1])
}

func isSubsequence(short, long string) bool {
	for _, r := range short {
		i := strings.IndexRune(long, r)
		if i < 0 {
			return false
		}
		long = long[i+utf8.RuneLen(r):]
	}
	return true
}

func runeMask(s string) (m uint64) {
	for _, r := range s {
		m |= 1 << (uint32(r) * 2654435769 >> 26)
	}
	return m
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// normalise brings what people write to one form: half-width, lower case,
// Chinese numerals as digits, 3栋/3幢/3座/3# as 3号楼, no punctuation, single
// spaces.
func normalise(s string) string {
	in := make([]rune, 0, len(s))
	for _, r := range s {
		if r >= 0xff01 && r <= 0xff5e {
			r -= 0xfee0
		}
		if r == 0x3000 || r == '\u3001' || r == ',' || unicode.IsSpace(r) {
			r = ' '
		}
		in = append(in, unicode.ToLower(r))
	}
	var b strings.Builder
	b.Grow(len(s))
	digit, space := false, false // what was written last
	for i := 0; i < len(in); i++ {
		r := in[i]
		if n, used := numeral(in[i:]); used > 0 {
			b.WriteString(n)
			i += used - 1
			digit, space = true, false
			continue
		}
		switch {
		case digit && (r == '栋' || r == '幢' || r == '座' || r == '#'):
			b.WriteString("号楼")
			if i+1 < len(in) && in[i+1] == '楼' {
				i++
			}
			digit, space = false, false
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			b.WriteRune(r)
			digit, space = r >= '0' && r <= '9', false
		case r == ' ' && !space && b.Len() > 0:
			b.WriteByte(' ')
			digit, space = false, true
		}
	}
	return strings.TrimRight(b.String(), " ")
}

var numerals = map[rune]int{'〇': 0, '零': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}

// numeral reads a Chinese number at the start of the runes: 十二 → "12",
// 一百零三 → "103", 五一 → "51". used is 0 if there is none; 百 alone, as in
// 百货, is no number.
func numeral(in []rune) (digits string, used int) {
	var plain []byte // digit by digit
	total, pending, units := 0, -1, false
	for _, r := range in {
		if d, ok := numerals[r]; ok {
			plain = append(plain, byte('0'+d))
			pending = d
			used++
			continue
		}
		unit := 0
		switch r {
		case '十':
			unit = 10
		case '百':
			unit = 100
		}
		if unit == 0 || unit == 100 && pending <= 0 {
			break
		}
		if pending < 0 {
			pending = 1
		}
		total += pending * unit
		pending, units = -1, true
		used++
	}
	if used == 0 {
		return "", 0
	}
	if !units {
		return string(plain), used
	}
	if pending > 0 {
		total += pending
	}
	return itoa(total), used
}

func itoa(n int) string {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(b[i:])
		}
	}
}
