package rulebook

import (
	"testing"

	"linli/internal/kernel/errs"
)

func TestQuestionsAreChecked(t *testing.T) {
	t.Parallel()
	list := []Choice{{Key: "a", Name: "甲"}, {Key: "b", Name: "乙"}}
	good := Question{Code: "state", Text: "情况", Datatype: AskOne, Why: "用于派遣", Values: list}
	with := func(change func(*Question)) []Question { q := good; change(&q); return []Question{q} }
	for _, c := range []struct {
		name  string
		list  []Question
		field string
	}{
		{"a list with its values", []Question{good}, ""},
		{"no questions", nil, ""},
		{"a code with a blank", with(func(q *Question) { q.Code = "a b" }), "questions[0].code"},
		{"the same code twice", []Question{good, good}, "questions[1].code"},
		{"an unknown datatype", with(func(q *Question) { q.Datatype = "photo" }), "questions[0].datatype"},
		{"no words", with(func(q *Question) { q.Text = " " }), "questions[0].text"},
		{"no reason", with(func(q *Question) { q.Why = "" }), "questions[0].why"},
		{"a list of one", with(func(q *Question) { q.Values = list[:1] }), "questions[0].values"},
		{"values without a list", with(func(q *Question) { q.Datatype = AskNumber }), "questions[0].values"},
		{"a key twice", with(func(q *Question) { q.Values = []Choice{list[0], list[0]} }), "questions[0].values"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cat := Category{ID: 1, Code: "1", Name: "路灯", Kind: Event, Questions: c.list}
			err := cat.Check()
			if c.field == "" && err != nil || c.field != "" && (err == nil || errs.As(err).Field != c.field) {
				t.Errorf("%v", err)
			}
		})
	}
}
