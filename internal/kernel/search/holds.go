package search

import (
	"database/sql/driver"
	"slices"
	"strings"
	"sync/atomic"

	"modernc.org/sqlite"
)

// holds tells whether the index would find the text by the query's phrases.
func holds(text string, all []phrase) bool {
	var words []string
	plain := plain(text)
	return len(all) > 0 && !slices.ContainsFunc(all, func(p phrase) bool {
		if plain && p.run != "" {
			return !strings.Contains(text, p.run)
		}
		if words == nil {
			words = Tokens(text)
		}
		return !p.in(words)
	})
}

// plain tells whether the text has no character that Chinese is found across or
// in spite of.
func plain(text string) bool {
	for _, r := range text {
		if r >= 0x80 && !('一' <= r && r <= 0x9FFF) && !(0x3000 <= r && r <= 0x3004) && !(0x3008 <= r && r <= 0x3020) && !(0xFF01 <= r && r <= 0xFF5E) {
			return false
		}
	}
	return true
}

// in tells whether the phrase's tokens stand among the words, one after another.
func (p *phrase) in(words []string) bool {
	last := len(p.tokens) - 1
	for at := range len(words) - last {
		here := words[at : at+last+1]
		if (here[last] == p.tokens[last] || p.prefix && strings.HasPrefix(here[last], p.tokens[last])) && slices.Equal(here[:last], p.tokens[:last]) {
			return true
		}
	}
	return false
}

// asked is the query that text_holds was last asked for: one list asks for one.
var asked atomic.Pointer[struct {
	q       string
	phrases []phrase
}]

func init() {
	sqlite.MustRegisterDeterministicScalarFunction("text_holds", -1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		parts := make([]string, len(args))
		for i, a := range args {
			parts[i], _ = a.(string)
		}
		a := asked.Load()
		if a == nil || a.q != parts[0] {
			a = &struct {
				q       string
				phrases []phrase
			}{parts[0], phrases(parts[0])}
			asked.Store(a)
		}
		return holds(strings.Join(parts[1:], "\n"), a.phrases), nil
	})
}
