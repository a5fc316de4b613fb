package classify

import (
	_ "embed"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/errs"
)

// Signal is a kind of danger and the words by which people tell of it.
type Signal struct {
	Code  string
	Name  errs.Words
	Grade string // urgent or critical; "" for a referral
	Words []string
	Call  string     // the number to call at once, "" for none
	Tell  errs.Words // what to tell whoever writes it
}

// Alarm is a signal that was found in a text. Its Words are those that stand there.
type Alarm Signal

// What takes a danger word its meaning. Only what stands next to it counts, and a
// doubled or asked negation is none: a false alarm costs a look, a missed one more.
var (
	denials  = []string{"没有", "没", "未", "无", "并非", "不是", "不存在", "没有发生", "未发生", "没发生", "未发现", "没有发现", "没发现", "没有闻到", "没闻到", "没有出现", "未出现", "没有人", "没人", "无人", "no ", "not ", "without ", "no longer "}
	asked    = []string{"有没有", "是不是", "会不会", "有无", "不是没有", "免不了", "是否"}
	exercise = []string{"演练", "演习", "知识", "宣传", "培训", "预案", "讲座", "隐患排查", "保险", "drill", "training", "exercise"}
)

// alarms finds the signals of a text, in the order of the list.
func alarms(list []Signal, text string) []Alarm {
	low := strings.ToLower(text)
	var out []Alarm
	for _, s := range list {
		a := Alarm(s)
		a.Words = nil
		for _, w := range s.Words {
			if tells(low, strings.ToLower(w)) {
				a.Words = append(a.Words, w)
			}
		}
		if len(a.Words) > 0 {
			out = append(out, a)
		}
	}
	return out
}

// Alarms finds the signs of danger in a text.
func (r Rules) Alarms(text string) []Alarm { return alarms(r.Signals, text) }

// Referrals finds what the city does not handle.
func (r Rules) Referrals(text string) []Alarm { return alarms(r.Elsewhere, text) }

// tells reports whether the word stands in the text with its meaning.
func tells(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		i += at
		at = i + len(word)
		if latin(word) && (i > 0 && letter(text[i-1]) || at < len(text) && letter(text[at])) {
			continue // "fired" is no fire
		}
		if !denied(text[:i]) && !practised(text[at:]) {
			return true
		}
	}
}

func latin(s string) bool { return s[0] < utf8.RuneSelf }

func letter(b byte) bool { return b >= 'a' && b <= 'z' }

func denied(before string) bool {
	for _, q := range asked {
		if strings.HasSuffix(before, q) {
			return false
		}
	}
	for _, d := range denials {
		if strings.HasSuffix(before, d) {
			return true
		}
	}
	return false
}

func practised(after string) bool {
	for _, e := range exercise {
		if strings.HasPrefix(strings.TrimLeft(after, " 的防安全应急"), e) {
			return true
		}
	}
	return false
}

// The reporter's wishes.
const (
	WishConsult  = "consult"
	WishAsk      = "ask"
	WishComplain = "complain"
	WishReport   = "report"
	WishSuggest  = "suggest"
	WishThank    = "thank"
)

//go:embed wishes.json
var wishesJSON []byte

type wish struct {
	Code  string   `json:"code"`
	Words []string `json:"words"`
}

var wishes = func() (list []wish) {
	if err := json.Unmarshal(wishesJSON, &list); err != nil {
		panic("classify: " + err.Error()) // part of the program, read by its tests
	}
	return list
}()

// wishOf says what the reporter wants and which words told. Words of the title
// count three times, the first kind in the list wins a tie; without any it is a report.
func wishOf(title, body string) (code string, words []string) {
	title, body = strings.ToLower(title), strings.ToLower(body)
	code = WishReport
	best := 0
	for _, w := range wishes {
		n := 0
		var found []string
		for _, word := range w.Words {
			switch {
			case strings.Contains(title, word):
				n += 3
			case strings.Contains(body, word):
				n++
			default:
				continue
			}
			found = append(found, word)
		}
		if n > best {
			code, words, best = w.Code, found, n
		}
	}
	return code, words
}
