package classify

import (
	"slices"
	"testing"

	"linli/internal/kernel/errs"
)

var dangers = []Signal{
	{Code: "gas", Name: errs.Words{ZH: "燃气泄漏", EN: "gas leak"}, Grade: "critical", Words: []string{"煤气味", "燃气泄漏", "smell of gas"}},
	{Code: "fire", Name: errs.Words{ZH: "起火", EN: "fire"}, Grade: "critical", Words: []string{"着火", "火灾", "on fire"}},
	{Code: "manhole", Name: errs.Words{ZH: "井盖缺失", EN: "open manhole"}, Grade: "urgent", Words: []string{"没有井盖", "井盖丢失"}},
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"楼道里有煤气味":                     {"gas"},
		"没有闻到煤气味，只是想问问":               nil,
		"没有煤气味":                       nil,
		"是不是有煤气味":                     {"gas"},
		"有没有煤气味我闻不出来":                 {"gas"}, // asked, not denied
		"没人管，厨房着火了":                   {"fire"},
		"社区组织火灾演练":                    nil,
		"火灾安全知识讲座":                    nil,
		"昨天火灾演练，今天真的着火了":              {"fire"},
		"路口没有井盖":                      {"manhole"}, // the denial is the danger itself
		"煤气味很重，楼上着火":                  {"gas", "fire"},
		"There is a SMELL OF GAS":     {"gas"},
		"no smell of gas here":        nil,
		"the hose is on fireproofing": nil,
		"":                            nil,
	} {
		var got []string
		for _, a := range alarms(dangers, text) {
			got = append(got, a.Code)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestWishes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"请问医保怎么办理？":       WishConsult,
		"建议增设公交站":         WishSuggest,
		"投诉物业乱收费":         WishComplain,
		"表扬社区工作人员":        WishThank,
		"恳请解决停水":          WishAsk,
		"路灯不亮":            WishReport,
		"":                WishReport,
		"I suggest a bin": WishSuggest,
	} {
		if got, _ := wishOf(text, ""); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got, words := wishOf("投诉噪音", "希望建议都看看"); got != WishComplain || len(words) != 1 {
		t.Errorf("the title counts more: %s %v", got, words)
	}
}

func FuzzSignals(f *testing.F) {
	f.Add("没有煤气味", "煤气味")
	f.Fuzz(func(t *testing.T, text, word string) {
		if word != "" {
			alarms([]Signal{{Code: "x", Grade: "urgent", Words: []string{word}}}, text) // must not panic
		}
		wishOf(text, word)
	})
}
