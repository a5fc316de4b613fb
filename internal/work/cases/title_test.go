package cases

import (
	"strings"
	"testing"
)

func TestTitleIsTheFirstSentence(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "",
		"  路灯不亮 ":                       "路灯不亮",
		"路灯不亮。请派人查看。":                   "路灯不亮",
		"路灯不亮！请派人查看":                    "路灯不亮",
		"？？路灯不亮，三天了?":                   "？？路灯不亮，三天了",
		"第一行\n第二行":                      "第一行",
		strings.Repeat("长", 30):         strings.Repeat("长", 30),
		strings.Repeat("长", 31):         strings.Repeat("长", 29) + "…",
		strings.Repeat("长", 30) + "。后面": strings.Repeat("长", 30),
	} {
		if got := titleOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
