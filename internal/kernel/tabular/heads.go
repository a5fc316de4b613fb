package tabular

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Plain is a heading without what writers put around it: width, case, spaces,
// marks, and notes in brackets.
func Plain(s string) string {
	s = width.Narrow.String(s)
	if i := strings.IndexAny(s, "(["); i > 0 {
		s = s[:i]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) || r == '\ufeff' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// Match finds for each wanted list of plain headings, best first, the column
// that serves it, or -1. A column serves the first list that takes it.
func Match(columns []string, wanted [][]string) []int {
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = Plain(c)
	}
	used := make([]bool, len(columns))
	out := make([]int, len(wanted))
	for k, list := range wanted {
		out[k] = -1
		for _, want := range list {
			at := slices.IndexFunc(heads, func(h string) bool { return h == want })
			for at >= 0 && used[at] { // the same heading may stand twice
				next := slices.Index(heads[at+1:], want)
				if next < 0 {
					at = -1
					break
				}
				at += 1 + next
			}
			if at >= 0 {
				out[k], used[at] = at, true
				break
			}
		}
	}
	return out
}
