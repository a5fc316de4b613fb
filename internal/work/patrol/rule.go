package patrol

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/errs"
)

// The kinds of rules, by what is due.
const (
	Visits    = "visit"    // homes, every so many days
	Checks    = "check"    // buildings, every so many days: fire lanes, gas risers
	Rechecks  = "recheck"  // open hazards, every so many days until they are mended
	Circulars = "circular" // homes or buildings of an area, once between two days
)

// Kinds lists the kinds of rules.
var Kinds = []string{Visits, Checks, Rechecks, Circulars}

// Rule says who or what is due how often. It is a city's, or that of a district,
// street or community (Area).
type Rule struct {
	ID        int64  `json:"-"`
	Version   int    `json:"-"`
	Area      int64  `json:"-"` // region code; 0: the city
	ValidFrom int    `json:"-"` // first day of this version
	Since     int    `json:"-"` // first day of the first version
	Name      string `json:"name" maxLength:"40"`
	NameEN    string `json:"name_en,omitempty" maxLength:"80"`
	Why       string `json:"why" maxLength:"200" doc:"What it is for; the worker and the resident may ask"`
	WhyEN     string `json:"why_en,omitempty" maxLength:"400"`
	Kind      string `json:"kind" enum:"visit,check,recheck,circular"`
	// Needs narrows visits, and a circular to homes, to those with one of these care needs in force.
	Needs     []string   `json:"needs,omitempty" nullable:"false" maxItems:"20"`
	Buildings []string   `json:"buildings,omitempty" nullable:"false" maxItems:"20" doc:"Kinds of building, of checks and of circulars about buildings; none: where people live"`
	Grades    []string   `json:"grades,omitempty" nullable:"false" maxItems:"4" doc:"Grades of the cases that rechecks follow"`
	Of        string     `json:"of,omitempty" enum:"home,building" doc:"What a circular is about"`
	Every     int        `json:"every,omitempty" minimum:"0" maximum:"400" doc:"Days between two visits"`
	Window    int        `json:"window,omitempty" minimum:"0" maximum:"120" doc:"Days before the last day on which it may be done"`
	From      int        `json:"from,omitempty" doc:"First day of a circular, yyyymmdd"`
	To        int        `json:"to,omitempty" doc:"Last day of a circular, yyyymmdd"`
	Retry     int        `json:"retry,omitempty" minimum:"0" maximum:"30" doc:"Days until the next try when nobody was there"`
	Priority  int        `json:"priority" minimum:"1" maximum:"3" doc:"1 goes first"`
	Minutes   int        `json:"minutes" minimum:"1" maximum:"240" doc:"What a visit takes"`
	Questions []Question `json:"questions,omitempty" nullable:"false" maxItems:"20"`
	Ended     bool       `json:"ended,omitempty" doc:"From this version on nothing is due by it"`
}

// Question is one of a rule's sheet. Its code names the answer in the whole city:
// two rules that ask the same are answered once.
type Question struct {
	Code     string   `json:"code" maxLength:"40"`
	Text     string   `json:"text" maxLength:"100"`
	TextEN   string   `json:"text_en,omitempty" maxLength:"200"`
	Why      string   `json:"why" maxLength:"200" doc:"What the answer is needed for; shown beside the question"`
	WhyEN    string   `json:"why_en,omitempty" maxLength:"400"`
	Datatype string   `json:"datatype" enum:"string,number,datetime,text,singlevaluelist,multivaluelist"`
	Required bool     `json:"required,omitempty"`
	Values   []Choice `json:"values,omitempty" maxItems:"50" nullable:"false" doc:"Of the two lists only"`
}

// Choice is an answer of a list.
type Choice struct {
	Key    string `json:"key" maxLength:"40"`
	Name   string `json:"name" maxLength:"80"`
	NameEN string `json:"name_en,omitempty" maxLength:"160"`
}

var datatypes = []string{"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}

// Errors of rules.
var (
	KnownField = errs.Declare("question_known", 422,
		"“{question}”不必再问:系统已有这一项({where})。请删除这个问题。",
		"“{question}” need not be asked: the system has it already ({where}). Please remove the question.")
	SameCode = errs.Declare("question_differs", 409,
		"代码 {code} 在规则“{rule}”里已用于另一个问题,请换一个代码,或与它完全一致。",
		"Code {code} is a different question in the rule “{rule}”; choose another code, or ask exactly the same.")
)

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

func invalid(field, zh, en string) error {
	return errs.Invalid.New("remedy", w(zh, en)).In(field)
}

var codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,39}$`)

func checkText(field, s string, most int, required bool) error {
	switch n := utf8.RuneCountInString(s); {
	case required && strings.TrimSpace(s) == "":
		return errs.Required.New().In(field)
	case n > most:
		return errs.TooLong.New("max", most).In(field)
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return invalid(field, "含有无法识别的字符,请重新输入", "it has characters that cannot be read; please type it again")
	}
	return nil
}

// Check tells what is wrong with a rule by itself. known says where the system
// already holds what a question asks, if it does.
func (r *Rule) Check(needs, grades []string, known func(code, text string) (errs.Words, bool)) error {
	for _, f := range []struct {
		field, text string
		most        int
		required    bool
	}{{"name", r.Name, 40, true}, {"name_en", r.NameEN, 80, false}, {"why", r.Why, 200, true}, {"why_en", r.WhyEN, 400, false}} {
		if err := checkText(f.field, f.text, f.most, f.required); err != nil {
			return err
		}
	}
	subset := func(field string, have, all []string) error {
		for _, x := range have {
			if !slices.Contains(all, x) {
				return invalid(field, "没有“"+x+"”这一项,请从列表中选择", "there is no “"+x+"”; choose from the list")
			}
		}
		return nil
	}
	if err := subset("needs", r.Needs, needs); err != nil {
		return err
	}
	if err := subset("grades", r.Grades, grades); err != nil {
		return err
	}
	switch {
	case !slices.Contains(Kinds, r.Kind):
		return invalid("kind", "请从列表中选择", "choose from the list")
	case r.Priority < 1 || r.Priority > 3:
		return invalid("priority", "请选 1、2 或 3", "choose 1, 2 or 3")
	case r.Minutes < 1 || r.Minutes > 240:
		return invalid("minutes", "请填 1 到 240 分钟", "give 1 to 240 minutes")
	case r.Retry < 0 || r.Retry > 30:
		return invalid("retry", "请填 0 到 30 天", "give 0 to 30 days")
	case r.Kind == Circulars && r.Of != "home" && r.Of != "building":
		return invalid("of", "请选择住户或楼栋", "choose homes or buildings")
	case r.Kind == Circulars && (!validDay(r.From) || !validDay(r.To) || r.To < r.From):
		return invalid("to", "请填开始和截止日期,截止不早于开始", "give the first and the last day, in this order")
	case r.Kind != Circulars && (r.Every < 1 || r.Every > 400):
		return invalid("every", "请填 1 到 400 天", "give 1 to 400 days")
	case r.Kind != Circulars && (r.Window < 0 || r.Window >= max(r.Every, 1)):
		return invalid("window", "提前天数应少于间隔天数", "the window is shorter than the interval")
	case r.Kind == Rechecks && len(r.Grades) == 0:
		return invalid("grades", "请选择要复查的隐患等级", "choose the grades of hazards")
	}
	return r.checkQuestions(known)
}

func (r *Rule) checkQuestions(known func(code, text string) (errs.Words, bool)) error {
	if len(r.Questions) > 20 {
		return errs.TooLong.New("max", 20).In("questions")
	}
	codes := map[string]bool{}
	for i, q := range r.Questions {
		at := fmt.Sprintf("questions[%d].", i)
		for _, t := range []struct {
			field, text string
			most        int
			required    bool
		}{{"text", q.Text, 100, true}, {"text_en", q.TextEN, 200, false}, {"why", q.Why, 200, true}, {"why_en", q.WhyEN, 400, false}} {
			if err := checkText(at+t.field, t.text, t.most, t.required); err != nil {
				return err
			}
		}
		listed := strings.HasSuffix(q.Datatype, "list")
		switch {
		case !codeForm.MatchString(q.Code):
			return invalid(at+"code", "用字母开头的 1–40 个字母、数字、_ 或 -", "use 1 to 40 letters, digits, _ or -, a letter first")
		case codes[q.Code]:
			return invalid(at+"code", "同一规则的两个问题不能用同一代码", "two questions of a rule cannot have the same code")
		case !slices.Contains(datatypes, q.Datatype):
			return invalid(at+"datatype", "没有这种答案类型", "there is no such kind of answer")
		case listed && len(q.Values) < 2:
			return invalid(at+"values", "至少要有两个选项", "a list has at least two values")
		case !listed && len(q.Values) > 0:
			return invalid(at+"values", "只有选择题才有选项", "only lists have values")
		}
		codes[q.Code] = true
		keys := map[string]bool{}
		for _, v := range q.Values {
			if err := checkText(at+"values", v.Name, 80, true); err != nil {
				return err
			}
			if !codeForm.MatchString(v.Key) || keys[v.Key] {
				return invalid(at+"values", "每个选项要有不同的代码", "each value needs a key of its own")
			}
			keys[v.Key] = true
		}
		if where, ok := known(q.Code, q.Text); ok {
			return KnownField.New("question", q.Text, "where", where).In(at + "text")
		}
	}
	return nil
}

// clashes tells whether a question of the rule has the code of another question
// of one of the others.
func (r *Rule) clashes(others []*Rule) error {
	for _, o := range others {
		if o.ID == r.ID || o.Ended {
			continue
		}
		for i, q := range r.Questions {
			for _, p := range o.Questions {
				if p.Code == q.Code && (p.Text != q.Text || p.Datatype != q.Datatype || !slices.Equal(p.Values, q.Values)) {
					return SameCode.New("code", q.Code, "rule", o.Name).In(fmt.Sprintf("questions[%d].code", i))
				}
			}
		}
	}
	return nil
}

// overHomes tells whether what is due by the rule are homes; else buildings or hazards.
func (r *Rule) overHomes() bool {
	return r.Kind == Visits || r.Kind == Circulars && r.Of == "home"
}

func validDay(d int) bool {
	t := dayTime(d)
	return d > 20000101 && d < 22000101 && dayNo(t) == d
}

func dayTime(d int) time.Time {
	return time.Date(d/10000, time.Month(d/100%100), d%100, 0, 0, 0, 0, time.UTC)
}

func dayNo(t time.Time) int { return t.Year()*10000 + int(t.Month())*100 + t.Day() }

// addDays moves a day by n calendar days.
func addDays(d, n int) int { return dayNo(dayTime(d).AddDate(0, 0, n)) }

// daysTo is the number of days from a to b.
func daysTo(a, b int) int { return int(dayTime(b).Sub(dayTime(a)) / (24 * time.Hour)) }
