package rulebook

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Signal is a kind of danger and the words by which people tell of it. Whoever
// graded a matter sees which words were found; nothing about it is learned. Who
// writes one of the words at the city's door is told at once what to do.
type Signal struct {
	Code   string   `json:"code" maxLength:"40"`
	Name   string   `json:"name" maxLength:"80"`
	NameEN string   `json:"name_en" maxLength:"80"`
	Grade  string   `json:"grade" enum:"urgent,critical"`
	Words  []string `json:"words" maxItems:"60"`
	Advice
}

// Referral is a kind of matter that the city does not handle, and who does. It is
// told, and stops nobody from reporting.
type Referral struct {
	Words []string `json:"words" maxItems:"60"`
	Advice
}

// Advice is what somebody who reports is told at once.
type Advice struct {
	Call   string `json:"call,omitempty" maxLength:"40" doc:"a telephone number"`
	Tell   string `json:"tell,omitempty" maxLength:"200"`
	TellEN string `json:"tell_en,omitempty" maxLength:"200"`
}

//go:embed signals.json
var signalsJSON []byte

//go:embed referrals.json
var referralsJSON []byte

// DefaultSignals is the list that holds until a city publishes its own.
func DefaultSignals() []Signal { return embedded[Signal](signalsJSON) }

// DefaultReferrals are the country's own lines for what cities do not handle.
func DefaultReferrals() []Referral { return embedded[Referral](referralsJSON) }

func embedded[T any](raw []byte) (list []T) {
	if err := json.Unmarshal(raw, &list); err != nil {
		panic("rulebook: " + err.Error()) // part of the program, read by its tests
	}
	return list
}

const maxSignals = 100

func checkSignals(list []Signal) error {
	if len(list) > maxSignals {
		return invalid("signals", "最多 100 类。", "there are at most 100.")
	}
	seen := map[string]bool{}
	for i, s := range list {
		at := fmt.Sprintf("signals[%d]", i)
		for _, t := range []struct {
			field, text string
			most        int
			required    bool
		}{{".code", s.Code, 40, true}, {".name", s.Name, maxName, true}, {".name_en", s.NameEN, maxName, false}} {
			if err := checkText(at+t.field, t.text, t.most, t.required); err != nil {
				return err
			}
		}
		switch {
		case seen[s.Code]:
			return invalid(at+".code", "代码重复："+s.Code+"。", "the code "+s.Code+" is there twice.")
		case s.Grade != Urgent && s.Grade != Critical:
			return invalid(at+".grade", "请选择较急或紧急。", "choose urgent or critical.")
		}
		seen[s.Code] = true
		if err := checkAdvice(at, s.Words, s.Advice); err != nil {
			return err
		}
	}
	return nil
}

func checkReferrals(list []Referral) error {
	if len(list) > maxSignals {
		return invalid("elsewhere", "最多 100 类。", "there are at most 100.")
	}
	for i, r := range list {
		at := fmt.Sprintf("elsewhere[%d]", i)
		if err := checkText(at+".tell", r.Tell, maxAdvice, true); err != nil {
			return err
		}
		if err := checkAdvice(at, r.Words, r.Advice); err != nil {
			return err
		}
	}
	return nil
}

const maxAdvice = 200

func checkAdvice(at string, words []string, a Advice) error {
	switch {
	case len(words) == 0 || len(words) > maxKeywords:
		return invalid(at+".words", "请填写 1 到 60 个词。", "give 1 to 60 words.")
	case slices.ContainsFunc(words, func(w string) bool { return len([]rune(strings.TrimSpace(w))) < 2 || len(w) > 120 }):
		return invalid(at+".words", "每个词至少两个字。", "each word has at least two characters.")
	case a.Call != "" && !telephone.MatchString(a.Call):
		return invalid(at+".call", "请填写可以直接拨打的号码，例如 119 或 0716-800000。", "give a number that can be dialled, such as 119 or 0716-800000.")
	}
	if err := checkText(at+".tell", a.Tell, maxAdvice, a.Call != ""); err != nil {
		return err
	}
	return checkText(at+".tell_en", a.TellEN, maxAdvice, false)
}

var telephone = regexp.MustCompile(`^\+?[0-9](-?[0-9]){2,17}$`)
