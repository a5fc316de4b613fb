package notice

import (
	"strings"

	"linli/internal/kernel/errs"
)

// Texts are what notices say, by topic. A city replaces those that it wants to
// word otherwise. {number}, {unit}, {link} and {city} are filled in.
type Texts map[string]errs.Words

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// DefaultTexts say no more than needed: what happened, and where to look.
func DefaultTexts() Texts {
	return Texts{
		"title":      w("{city}邻里：事项 {number}", "{city} Linli: matter {number}"),
		"received":   w("我们收到了您的反映，编号 {number}。{link}", "We received your report, number {number}. {link}"),
		"dispatched": w("您反映的事项 {number} 已交给{unit}办理。{link}", "Your report {number} was given to {unit}. {link}"),
		"needed":     w("办理事项 {number} 需要您补充情况，请凭编号和查询码查看。{link}", "We need something from you for {number}; please look with your number and code. {link}"),
		"paused":     w("事项 {number} 暂时无法解决，会定期复查，原因请查看。{link}", "{number} cannot be solved for now and is looked at again; please see why. {link}"),
		"extended":   w("事项 {number} 的办理时限已延长，请查看。{link}", "The limit of {number} was extended; please look. {link}"),
		"closed":     w("事项 {number} 已办结，请查看结果并评价。{link}", "{number} is closed; please see the outcome and rate it. {link}"),
		"answered":   w("您附议的事项 {number} 已有结果，请查看并评价。{link}", "The matter that you joined, {number}, has an outcome; please look and rate it. {link}"),
		"declined":   w("事项 {number} 没有受理，理由请查看。{link}", "{number} was not taken up; please see why. {link}"),
		"redone":     w("事项 {number} 正在重新办理。{link}", "{number} is being done again. {link}"),
	}
}

// With are the texts with some of them replaced.
func (t Texts) With(other map[string]errs.Words) Texts {
	out := Texts{}
	for k, v := range t {
		out[k] = v
	}
	for k, v := range other {
		out[k] = v
	}
	return out
}

// Say is the text of the topic; false if there is none.
func (t Texts) Say(topic, lang string, vars map[string]string) (string, bool) {
	words, ok := t[topic]
	unit := vars["unit"]
	if unit == "" {
		unit = w("有关单位", "the unit in charge").In(lang)
	}
	return strings.TrimSpace(strings.NewReplacer("{number}", vars["number"], "{unit}", unit, "{link}", vars["link"], "{city}", vars["city"]).Replace(words.In(lang))), ok
}

func (t Texts) title(lang string, vars map[string]string) string {
	s, _ := t.Say("title", lang, vars)
	return s
}
