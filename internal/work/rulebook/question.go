package rulebook

import (
	"fmt"
	"regexp"
	"slices"

	"linli/internal/kernel/errs"
)

// The datatypes of questions; they are Open311's names.
const (
	AskString   = "string"
	AskNumber   = "number"
	AskDatetime = "datetime"
	AskText     = "text"
	AskOne      = "singlevaluelist"
	AskSeveral  = "multivaluelist"
)

// Datatypes lists the datatypes of questions.
func Datatypes() []string {
	return []string{AskString, AskNumber, AskDatetime, AskText, AskOne, AskSeveral}
}

// Question is what a category asks of whoever reports a case of it. Its code
// names the answer for ever; a changed question is a new version of the category.
type Question struct {
	Code     string   `json:"code" maxLength:"40"`
	Text     string   `json:"text" maxLength:"100"`
	TextEN   string   `json:"text_en,omitempty" maxLength:"200"`
	Datatype string   `json:"datatype" enum:"string,number,datetime,text,singlevaluelist,multivaluelist"`
	Required bool     `json:"required,omitempty"`
	Why      string   `json:"why" maxLength:"200" doc:"What the answer is needed for; shown beside the question"`
	WhyEN    string   `json:"why_en,omitempty" maxLength:"400"`
	Values   []Choice `json:"values,omitempty" maxItems:"50" nullable:"false" doc:"Of the two lists only"`
}

// Choice is an answer of a list.
type Choice struct {
	Key    string `json:"key" maxLength:"40"`
	Name   string `json:"name" maxLength:"80"`
	NameEN string `json:"name_en,omitempty" maxLength:"160"`
}

const (
	maxQuestions = 20
	maxChoices   = 50
)

var codeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$`)

func checkQuestions(list []Question) error {
	if len(list) > maxQuestions {
		return errs.TooLong.New("field", "questions", "max", maxQuestions).In("questions")
	}
	codes := map[string]bool{}
	for i, q := range list {
		at := fmt.Sprintf("questions[%d].", i)
		switch {
		case !codeForm.MatchString(q.Code):
			return invalid(at+"code", "用 1–40 个字母、数字、_ 或 -。", "use 1 to 40 letters, digits, _ or -.")
		case codes[q.Code]:
			return invalid(at+"code", "同一类别的两个问题不能用同一代码。", "two questions of a category cannot have the same code.")
		case !slices.Contains(Datatypes(), q.Datatype):
			return invalid(at+"datatype", "没有这种答案类型。", "there is no such kind of answer.")
		}
		codes[q.Code] = true
		for _, t := range []struct {
			field, text string
			most        int
			required    bool
		}{{"text", q.Text, 100, true}, {"text_en", q.TextEN, 200, false}, {"why", q.Why, 200, true}, {"why_en", q.WhyEN, 400, false}} {
			if err := checkText(at+t.field, t.text, t.most, t.required); err != nil {
				return err
			}
		}
		if err := checkChoices(at+"values", q); err != nil {
			return err
		}
	}
	return nil
}

func checkChoices(at string, q Question) error {
	listed := q.Datatype == AskOne || q.Datatype == AskSeveral
	switch {
	case listed && len(q.Values) < 2:
		return invalid(at, "至少要有两个选项。", "a list has at least two values.")
	case !listed && len(q.Values) > 0:
		return invalid(at, "只有选择题才有选项。", "only lists have values.")
	case len(q.Values) > maxChoices:
		return errs.TooLong.New("field", "values", "max", maxChoices).In(at)
	}
	keys := map[string]bool{}
	for _, v := range q.Values {
		if err := checkText(at, v.Name, 80, true); err != nil {
			return err
		}
		if err := checkText(at, v.NameEN, 160, false); err != nil {
			return err
		}
		if !codeForm.MatchString(v.Key) || keys[v.Key] {
			return invalid(at, "每个选项要有不同的代码，用 1–40 个字母、数字、_ 或 -。", "each value needs a key of its own: 1 to 40 letters, digits, _ or -.")
		}
		keys[v.Key] = true
	}
	return nil
}
