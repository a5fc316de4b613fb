package cases

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/errs"
)

// Question is what a category asks of whoever reports.
type Question struct {
	Code     string
	Text     errs.Words
	Datatype string // string, number, datetime, text, singlevaluelist, multivaluelist
	Required bool
	Values   []Choice // of the two lists
}

// Choice is an answer of a list.
type Choice struct {
	Key  string
	Name errs.Words
}

// answers are what is kept of them: under which version of which category they
// were asked, so that they can be read after the category or the case changed.
type answers struct {
	Category int64               `json:"category"`
	Version  int                 `json:"version"`
	Given    map[string][]string `json:"given"`
}

// Longest answers, in characters.
const (
	maxAnswer     = 200
	maxTextAnswer = 1000
)

// checkAnswers returns the answers as they are kept. A nil map comes from a door
// that does not ask; otherwise whatever the category requires must be there.
func checkAnswers(cat Category, given map[string][]string) (string, error) {
	if given == nil {
		return "", nil
	}
	kept := answers{Category: cat.ID, Version: cat.Version, Given: map[string][]string{}}
	for _, q := range cat.Questions {
		values, err := q.check(given[q.Code])
		if err != nil {
			return "", err
		}
		if len(values) > 0 {
			kept.Given[q.Code] = values
		}
	}
	for code := range given {
		if !slices.ContainsFunc(cat.Questions, func(q Question) bool { return q.Code == code }) {
			return "", errs.Invalid.New("field", w("补充信息", "answers"), "remedy", w("这个类别没有问“"+code+"”", "this category does not ask “"+code+"”")).In("answers." + code)
		}
	}
	if len(kept.Given) == 0 {
		return "", nil
	}
	text, err := json.Marshal(kept)
	return string(text), err
}

// check returns the values of an answer in their one spelling: keys for lists, an
// instant with its offset for times.
func (q Question) check(given []string) ([]string, error) {
	var out []string
	for _, v := range given {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		v, err := q.value(v)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	at := "answers." + q.Code
	switch {
	case q.Required && len(out) == 0:
		return nil, errs.Required.New("field", q.Text).In(at)
	case len(out) > 1 && q.Datatype != "multivaluelist":
		return nil, errs.Invalid.New("field", q.Text, "remedy", w("只能填一个", "give one answer only")).In(at)
	}
	return out, nil
}

func (q Question) value(v string) (string, error) {
	at := "answers." + q.Code
	wrong := func(zh, en string) (string, error) {
		return "", errs.Invalid.New("field", q.Text, "remedy", w(zh, en)).In(at)
	}
	switch q.Datatype {
	case "number":
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) || len(v) > 30 {
			return wrong("请填数字", "give a number")
		}
	case "datetime":
		t, err := time.Parse(time.RFC3339, v)
		if err != nil {
			return wrong("请按 2026-12-01T09:30:00+08:00 的样子填写", "write it like 2026-12-01T09:30:00+08:00")
		}
		return t.Format(time.RFC3339), nil
	case "singlevaluelist", "multivaluelist":
		for _, c := range q.Values { // some programs send what they show
			if v == c.Key || v == c.Name.ZH || v == c.Name.EN {
				return c.Key, nil
			}
		}
		return wrong("请从选项中选择", "choose one of the values")
	case "text":
		return v, checkText(at, q.Text, v, maxTextAnswer, true)
	default:
		return v, checkText(at, q.Text, v, maxAnswer, true)
	}
	return v, nil
}

// AnswerView is an answer as pages show it.
type AnswerView struct {
	Code     string   `json:"code"`
	Question string   `json:"question"`
	Values   []string `json:"values" doc:"As they are kept: keys for lists."`
	Text     string   `json:"text" doc:"The answer in words."`
}

// Answers are what the reporter answered to the questions of the category under
// which it was reported, in their order.
func (s *Service) Answers(c *Case, lang string) []AnswerView {
	out := []AnswerView{}
	if c.Answers == "" {
		return out
	}
	var kept answers
	if err := json.Unmarshal([]byte(c.Answers), &kept); err != nil {
		return out // what this room wrote reads back; a damaged row is found by verify
	}
	cat, err := s.Rules().Category(kept.Category, kept.Version, c.Grade)
	if err != nil {
		return out
	}
	for _, q := range cat.Questions {
		values, ok := kept.Given[q.Code]
		if !ok {
			continue
		}
		words := make([]string, len(values))
		for i, v := range values {
			words[i] = q.words(v, lang)
		}
		sep := "、"
		if lang == "en" {
			sep = ", "
		}
		out = append(out, AnswerView{Code: q.Code, Question: q.Text.In(lang), Values: values, Text: strings.Join(words, sep)})
	}
	return out
}

func (q Question) words(v, lang string) string {
	for _, c := range q.Values {
		if c.Key == v {
			return c.Name.In(lang)
		}
	}
	if t, err := time.Parse(time.RFC3339, v); err == nil && q.Datatype == "datetime" {
		return t.Format("2006-01-02 15:04")
	}
	return v
}

// answersText is all answers on one line, for tables.
func (s *Service) answersText(c *Case, lang string) string {
	list := s.Answers(c, lang)
	parts := make([]string, len(list))
	for i, a := range list {
		parts[i] = a.Question + w("：", ": ").In(lang) + a.Text
	}
	return strings.Join(parts, w("；", "; ").In(lang))
}
