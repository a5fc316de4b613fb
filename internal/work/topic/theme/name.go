package theme

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Lengths of a phrase in a name, in characters.
const (
	shortPhrase = 3
	longPhrase  = 12
)

// Name is made of the topic's own words: the phrase that covers most of its newest
// titles and the one that covers most of what is left, or a title if nothing does.
func (t *Topic) Name() string {
	titles := slices.Clone(t.titles[max(0, len(t.titles)-keptTitles):])
	if len(titles) == 0 {
		return ""
	}
	first := phrase(titles)
	if first == "" {
		return shorten(titles[len(titles)-1])
	}
	for i := range titles {
		titles[i] = strings.ReplaceAll(titles[i], first, " ")
	}
	if second := phrase(titles); second != "" && !strings.Contains(first, second) {
		return first + " · " + second
	}
	return first
}

// phrase is the one that covers most of the titles' characters and stands in a
// quarter of them, at least in two; "" if there is none.
func phrase(titles []string) string {
	in := map[string]int{}
	for _, title := range titles {
		seen := map[string]bool{}
		for _, run := range strings.FieldsFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			r := []rune(run)
			for i := range r {
				for n := shortPhrase; n <= longPhrase && i+n <= len(r); n++ {
					if !strings.ContainsRune(plain, r[i]) && !strings.ContainsRune(plain, r[i+n-1]) {
						seen[string(r[i:i+n])] = true
					}
				}
			}
		}
		for p := range seen {
			in[p]++
		}
	}
	best, most := "", 0
	for p, n := range in {
		score := n * (len([]rune(p)) - 1)
		if n >= max(2, (len(titles)+3)/4) && (score > most || score == most && p < best) {
			best, most = p, score
		}
	}
	return best
}

const plain = "的了是在和与我你他她这那就都也很请及其对从到被把让吗呢啊"

func shorten(title string) string {
	if r := []rune(title); len(r) > 30 {
		return string(r[:29]) + "…"
	}
	return title
}

// Weeks are the topic's messages in each of the last n weeks until the instant,
// oldest first.
func (t *Topic) Weeks(until time.Time, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = t.weeks[week(until)-n+1+i]
	}
	return out
}

// Rise compares the last four weeks with the twelve before: 1 as many a week as
// before, 2 twice as many. One message a quarter is taken for granted, so that
// the first few make no trend; 0 says that nobody spoke of it in those weeks.
func (t *Topic) Rise(until time.Time) float64 {
	w := t.Weeks(until, 16)
	sum := func(list []int) (n float64) {
		for _, v := range list {
			n += float64(v)
		}
		return n
	}
	if sum(w) == 0 {
		return 0
	}
	return ((sum(w[12:]) + 1.0/3) / 4) / ((sum(w[:12]) + 1) / 12)
}

// Place is the commonest place of the topic and how many of its messages name it.
func (t *Topic) Place() (place int64, n int) {
	places := make([]int64, 0, len(t.Places))
	for p := range t.Places {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b int64) int { return cmp.Or(cmp.Compare(t.Places[b], t.Places[a]), cmp.Compare(a, b)) })
	if len(places) == 0 {
		return 0, 0
	}
	return places[0], t.Places[places[0]]
}
