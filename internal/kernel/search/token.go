package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits that keep hostile or huge texts harmless.
const (
	maxTokens   = 16000 // a document; PostgreSQL knows positions up to 16383
	maxWord     = 48    // characters of one Latin word or number; the rest is cut
	maxQuery    = 200   // characters of a query that are looked at
	maxPhrases  = 12    // unbroken runs of a query
	minStemming = 2     // a last Latin word this long also matches longer ones
)

type class uint8

const (
	gap  class = iota // separates runs
	han               // cut into pairs
	word              // kept whole
	skip              // invisible: joins what stands around it
)

// fold brings a character to its search form and says what it is.
func fold(r rune) (rune, class) {
	switch {
	case r < 0x80:
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r, word
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A', word
		}
		return r, gap
	case 0x4E00 <= r && r <= 0x9FFF:
		return r, han
	case 0x3000 <= r && r <= 0x303F:
		if r == '々' || r == '〇' {
			return r, han
		}
		return r, gap
	case 0xFF01 <= r && r <= 0xFF5E: // full-width forms of ASCII
		return fold(r - 0xFEE0)
	case 0x3400 <= r && r <= 0x4DBF, 0x20000 <= r && r <= 0x3FFFF, 0xF900 <= r && r <= 0xFAFF,
		0x3040 <= r && r <= 0x30FF, 0x3100 <= r && r <= 0x312F, 0xAC00 <= r && r <= 0xD7AF:
		return r, han
	case 0x2460 <= r && r <= 0x2468: // ① … ⑨
		return r - 0x2460 + '1', word
	case 0x2070 <= r && r <= 0x2089 && r&0xF <= 9, r == 0xB9, r == 0xB2, r == 0xB3: // superscripts, subscripts
		if r < 0x100 {
			return map[rune]rune{0xB9: '1', 0xB2: '2', 0xB3: '3'}[r], word
		}
		return '0' + r&0xF, word
	case 0x200B <= r && r <= 0x200F, 0xFE00 <= r && r <= 0xFE0F, r == 0xFEFF, r == 0xAD, r == 0x2060:
		return r, skip
	case r == utf8.RuneError:
		return r, gap
	case unicode.IsLetter(r), unicode.IsNumber(r):
		return unicode.ToLower(r), word
	case unicode.IsMark(r):
		return r, skip
	}
	return r, gap
}

// cutter walks a text and hands out tokens. What it hands out is valid only
// during the call.
type cutter struct {
	emit func(tok []byte, run int) bool // false stops
	// tail tells whether a stretch's last character is emitted alone where the
	// run ends there; inside a run it always is, and so it is in documents.
	tail bool
	run  int
	prev rune // last Chinese character of the open stretch, 0 if none
	lone bool // the stretch has one character so far
	buf  []byte
	n    int // characters in buf
}

func (c *cutter) cut(text string) {
	open := false // inside a run
	for _, r := range text {
		r, k := fold(r)
		switch k {
		case skip:
			continue
		case gap:
			if open {
				if !c.end(true) {
					return
				}
				c.run++
				open = false
			}
		case han:
			if c.n > 0 && !c.word() {
				return
			}
			if c.prev != 0 {
				var pair [2 * utf8.UTFMax]byte
				p := utf8.AppendRune(utf8.AppendRune(pair[:0], c.prev), r)
				if !c.emit(p, c.run) {
					return
				}
			}
			c.lone = c.prev == 0
			c.prev, open = r, true
		case word:
			if c.prev != 0 && !c.last(false) {
				return
			}
			if c.n < maxWord {
				c.buf = utf8.AppendRune(c.buf, r)
			}
			c.n++
			open = true
		}
	}
	c.end(true)
}

// end closes what is open at the end of a run.
func (c *cutter) end(final bool) bool {
	if c.n > 0 {
		return c.word()
	}
	if c.prev != 0 {
		return c.last(final)
	}
	return true
}

func (c *cutter) word() bool {
	ok := c.emit(c.buf, c.run)
	c.buf, c.n = c.buf[:0], 0
	return ok
}

func (c *cutter) last(final bool) bool {
	r, lone := c.prev, c.lone
	c.prev, c.lone = 0, false
	if final && !c.tail && !lone {
		return true
	}
	var one [utf8.UTFMax]byte
	return c.emit(utf8.AppendRune(one[:0], r), c.run)
}

// Tokens returns the tokens under which a text is indexed, in order.
func Tokens(text string) []string {
	var all []string
	c := cutter{tail: true, emit: func(tok []byte, _ int) bool {
		all = append(all, string(tok))
		return len(all) < maxTokens
	}}
	c.cut(text)
	return all
}

// phrase is one unbroken run of a query.
type phrase struct {
	tokens []string
	prefix bool   // the last token may be the beginning of a longer one
	run    string // the run itself where it is nothing but common Chinese characters
}

// phrases cuts a query. The same run twice counts once.
func phrases(q string) []phrase {
	if len(q) > maxQuery { // cheap bound before counting characters
		n := 0
		for i := range q {
			if n++; n > maxQuery {
				q = q[:i]
				break
			}
		}
	}
	var all []phrase
	run := -1
	c := cutter{emit: func(tok []byte, r int) bool {
		if r != run {
			if len(all) == maxPhrases {
				return false
			}
			all = append(all, phrase{})
			run = r
		}
		p := &all[len(all)-1]
		p.tokens = append(p.tokens, string(tok))
		return true
	}}
	c.cut(q)
	seen := map[string]bool{}
	out := all[:0]
	for _, p := range all {
		last := p.tokens[len(p.tokens)-1]
		r, size := utf8.DecodeRuneInString(last)
		_, k := fold(r)
		switch {
		case k == han:
			p.prefix = size == len(last)
		default:
			p.prefix = utf8.RuneCountInString(last) >= minStemming
		}
		key := ""
		for _, t := range p.tokens {
			key += t + " "
		}
		if !seen[key] {
			seen[key] = true
			p.run = chinese(p.tokens)
			out = append(out, p)
		}
	}
	return out
}

// chinese joins the overlapping pairs of a run again, "" if others are among them.
func chinese(tokens []string) string {
	var b strings.Builder
	for i, t := range tokens {
		for j, r := range []rune(t) {
			if r < '一' || r > 0x9FFF {
				return ""
			}
			if i == 0 || j == 1 {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}
