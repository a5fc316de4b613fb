package rulebook

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Signal is a kind of danger and the words by which people tell of it. Whoever
// graded a matter sees which words were found; nothing about it is learned.
type Signal struct {
	Code   string   `json:"code" maxLength:"40"`
	Name   string   `json:"name" maxLength:"80"`
	NameEN string   `json:"name_en" maxLength:"80"`
	Grade  string   `json:"grade" enum:"urgent,critical"`
	Words  []string `json:"words" maxItems:"60"`
}

//go:embed signals.json
var signalsJSON []byte

// DefaultSignals is the list that holds until a city publishes its own.
func DefaultSignals() []Signal {
	var list []Signal
	if err := json.Unmarshal(signalsJSON, &list); err != nil {
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
		case len(s.Words) == 0 || len(s.Words) > maxKeywords:
			return invalid(at+".words", "请填写 1 到 60 个词。", "give 1 to 60 words.")
		case slices.ContainsFunc(s.Words, func(w string) bool { return len([]rune(strings.TrimSpace(w))) < 2 || len(w) > 120 }):
			return invalid(at+".words", "每个词至少两个字。", "each word has at least two characters.")
		}
		seen[s.Code] = true
	}
	return nil
}
