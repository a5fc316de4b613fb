package rulebook

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// The kinds of category: events (事件) happen, parts (部件) are things with an owner.
const (
	Event = "event"
	Part  = "part"
)

// The grades, in order of their index.
const (
	General  = "general"
	Urgent   = "urgent"
	Critical = "critical"
	Complex  = "complex"
)

// Grades lists the grades.
func Grades() []string { return []string{General, Urgent, Critical, Complex} }

// The natures of a matter for which cities have limits of their own.
const (
	Ordinary     = ""
	Lifeline     = "lifeline"     // water, power, gas, heat
	Consultation = "consultation" // a question, answered and done
)

// The stages of a case that have limits. Whole is the case from report to its
// end. Handle is the whole handling, from dispatch to "resolved by the unit".
// Any other name is a milestone within it, such as 停工.
const (
	StageWhole    = "whole"
	StageTriage   = "triage"
	StageSign     = "sign"
	StageHandle   = "handle"
	StageVerify   = "verify"
	StageCallBack = "call_back"
)

var stages = []string{StageWhole, StageTriage, StageSign, StageHandle, StageVerify, StageCallBack}

// Channels lists where a case may come from.
func Channels() []string {
	return []string{"grid_worker", "resident", "hotline", "app", "liaison", "whistle", "department", "open311", "import", "superior"}
}

// Evidence says when a photo is required.
type Evidence struct {
	Found    bool `json:"found"`    // when it is reported by a worker
	Resolved bool `json:"resolved"` // when the unit says it is done
}

// Category is one version of one node of the category tree (大类/中类/小类).
type Category struct {
	ID            int64                       `json:"id"`
	Parent        int64                       `json:"parent"`
	Code          string                      `json:"code"`
	Name          string                      `json:"name"`
	NameEN        string                      `json:"name_en"`
	Kind          string                      `json:"kind"`
	Nature        string                      `json:"nature"`
	Grade         string                      `json:"grade,omitempty"`    // the usual grade, proposed at triage
	Limits        []calendar.Stage            `json:"limits"`             // own limits; "" and "handle" are the same stage
	ByGrade       map[string][]calendar.Stage `json:"by_grade,omitempty"` // own limits for one grade
	Evidence      Evidence                    `json:"evidence"`
	EvidenceWhy   string                      `json:"evidence_why"` // required with any evidence: what the photo is for
	EvidenceWhyEN string                      `json:"evidence_why_en,omitempty"`
	Filing        string                      `json:"filing"`    // filing condition 立案条件
	Closing       string                      `json:"closing"`   // closing condition 结案条件
	UnitKind      string                      `json:"unit_kind"` // kind of the responsible unit
	Keywords      []string                    `json:"keywords"`
	CallBackRate  *float64                    `json:"callback_rate,omitempty"` // 0..1; nil: the grade's
	Onsite        bool                        `json:"onsite_allowed"`          // may be settled on the spot in one step
	Questions     []Question                  `json:"questions,omitempty"`     // asked of whoever reports, in this order
	Private       bool                        `json:"private,omitempty"`       // personal by its kind: never shown to the public, nor what lies under it

	Version   int  `json:"-"`
	ValidFrom int  `json:"-"`
	ValidTo   int  `json:"-"` // first day on which no new case may use it; 0 = open
	Leaf      bool `json:"-"` // set in a Book
}

func words(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

func invalid(field, zh, en string) *errs.Error {
	return errs.Invalid.New("field", field, "remedy", words(zh, en)).In(field)
}

const (
	maxName     = 80
	maxNote     = 500
	maxProse    = 1000
	maxKeywords = 60
	maxStages   = 12
)

func checkText(field, s string, most int, required bool) error {
	switch {
	case required && strings.TrimSpace(s) == "":
		return errs.Required.New("field", field).In(field)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }):
		return invalid(field, "含有无法显示的字符。", "it has characters that cannot be shown.")
	case utf8.RuneCountInString(s) > most:
		return errs.TooLong.New("field", field, "max", most).In(field)
	}
	return nil
}

// Check validates a category by itself; its place in the tree is checked when
// it is published.
func (c *Category) Check() error {
	for _, t := range []struct {
		field, text string
		most        int
		required    bool
	}{
		{"code", c.Code, 20, true}, {"name", c.Name, maxName, true}, {"name_en", c.NameEN, 2 * maxName, false},
		{"evidence_why", c.EvidenceWhy, maxProse, c.Evidence.Found || c.Evidence.Resolved},
		{"evidence_why_en", c.EvidenceWhyEN, 2 * maxProse, false}, {"filing", c.Filing, maxProse, false}, {"closing", c.Closing, maxProse, false}, {"unit_kind", c.UnitKind, maxName, false},
	} {
		if err := checkText(t.field, t.text, t.most, t.required); err != nil {
			return err
		}
	}
	switch {
	case c.ID <= 0:
		return invalid("id", "缺少编号。", "the id is missing.")
	case c.Parent == c.ID:
		return invalid("parent", "上级不能是自己。", "a category cannot be its own parent.")
	case c.Kind != Event && c.Kind != Part:
		return invalid("kind", "请选择事件或部件。", "choose event or part.")
	case c.Nature != Ordinary && c.Nature != Lifeline && c.Nature != Consultation:
		return invalid("nature", "请选择一般、水电气热或咨询。", "choose ordinary, lifeline or consultation.")
	case c.Grade != "" && !slices.Contains(Grades(), c.Grade):
		return invalid("grade", "没有这个等级："+c.Grade+"。", "there is no grade "+c.Grade+".")
	case len(c.Keywords) > maxKeywords:
		return errs.TooLong.New("field", "keywords", "max", maxKeywords).In("keywords")
	case c.CallBackRate != nil && !(*c.CallBackRate >= 0 && *c.CallBackRate <= 1):
		return invalid("callback_rate", "比例须在 0 到 1 之间。", "a rate lies between 0 and 1.")
	}
	for i, k := range c.Keywords {
		if err := checkText(fmt.Sprintf("keywords[%d]", i), k, 40, true); err != nil {
			return err
		}
	}
	if err := checkQuestions(c.Questions); err != nil {
		return err
	}
	if err := checkStages("limits", c.Limits); err != nil {
		return err
	}
	for g, l := range c.ByGrade {
		if !slices.Contains(Grades(), g) {
			return invalid("by_grade", "没有这个等级："+g+"。", "there is no grade "+g+".")
		}
		if err := checkStages("by_grade."+g, l); err != nil {
			return err
		}
	}
	return nil
}

func checkStages(field string, list []calendar.Stage) error {
	if len(list) > maxStages {
		return errs.TooLong.New("field", field, "max", maxStages).In(field)
	}
	seen := map[string]bool{}
	for i, s := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		if err := s.Check(); err != nil {
			return errs.As(err).In(at)
		}
		if err := checkText(at, s.Name, 40, false); err != nil {
			return err
		}
		name := s.Name
		if name == "" {
			name = StageHandle
		}
		if seen[name] {
			return invalid(at, "同一阶段有两个时限。", "this stage has two limits.")
		}
		seen[name] = true
	}
	return nil
}

// StageLimit is a limit that holds for a case, and where it comes from.
type StageLimit struct {
	Stage string // one of the Stage constants, or a milestone's name
	Limit calendar.Limit
	From  errs.Words // "本类别规定", "紧急事件统一时限" …
}

// limitsOf finds the limits of a grade: the category's own for the grade, its
// own for all grades, those of its parents, the nature's, the grade's. The
// grades critical and complex are set apart from the ordinary limits, so there
// the city's limit for the grade goes before the category's general one.
func limitsOf(chain []*Category, grade string, s *Settings) []StageLimit {
	found := map[string]StageLimit{}
	var milestones []StageLimit
	put := func(stage string, l calendar.Limit, from errs.Words) {
		if _, ok := found[stage]; !ok && l.N > 0 {
			found[stage] = StageLimit{stage, l, from}
		}
	}
	// take reports whether the list settles the handling. Milestones belong to
	// the list that does: a list of milestones only ends with its longest.
	take := func(list []calendar.Stage, from errs.Words) {
		_, settled := found[StageHandle]
		var last calendar.Limit
		var own []StageLimit
		for _, st := range list {
			switch {
			case st.Name == "" || st.Name == StageHandle:
				put(StageHandle, st.Limit, from)
			case slices.Contains(stages, st.Name):
				put(st.Name, st.Limit, from)
			default:
				own = append(own, StageLimit{st.Name, st.Limit, from})
				if roughly(st.Limit) > roughly(last) {
					last = st.Limit
				}
			}
		}
		if !settled && len(own) > 0 {
			put(StageHandle, last, from)
			milestones = own
		}
	}
	for i, c := range chain {
		from := words("本类别规定", "set for this category")
		if i > 0 {
			from = words("按上级类别“"+c.Name+"”", "set for the category above, "+c.Name)
		}
		take(c.ByGrade[grade], from)
		if grade == General || grade == Urgent {
			take(c.Limits, from)
			continue
		}
		for _, st := range c.Limits { // process stages hold for every grade
			if st.Name != StageHandle && slices.Contains(stages, st.Name) {
				put(st.Name, st.Limit, from)
			}
		}
	}
	var nature string
	if len(chain) > 0 {
		nature = chain[0].Nature
	}
	own := s.Limits[grade]
	if grade == General || grade == Urgent {
		switch nature {
		case Lifeline:
			put(StageHandle, s.LifelineLimit, words("水电气热统一时限", "the limit for water, power, gas and heat"))
		case Consultation:
			put(StageHandle, s.ConsultationLimit, words("咨询统一时限", "the limit for questions"))
		}
	}
	put(StageHandle, own, words("“"+gradeWords[grade].ZH+"”统一时限", "the limit for the grade "+gradeWords[grade].EN))
	for stage, l := range s.StageLimits[grade] {
		put(stage, l, words("“"+gradeWords[grade].ZH+"”环节时限", "the stage's limit for the grade "+gradeWords[grade].EN))
	}
	out := make([]StageLimit, 0, len(found)+len(milestones))
	for _, stage := range stages {
		if l, ok := found[stage]; ok {
			out = append(out, l)
		}
		if stage == StageHandle {
			out = append(out, milestones...)
		}
	}
	return slices.Clip(out)
}

// roughly orders limits of different units by their usual length in hours.
func roughly(l calendar.Limit) float64 {
	switch l.Unit {
	case calendar.WorkHour:
		return float64(l.N) * 24 / 7
	case calendar.WorkDay:
		return float64(l.N) * 24 * 7 / 5
	case calendar.Day:
		return float64(l.N) * 24
	}
	return float64(l.N)
}

var gradeWords = map[string]errs.Words{
	General:  {ZH: "一般", EN: "general"},
	Urgent:   {ZH: "较急", EN: "urgent"},
	Critical: {ZH: "紧急", EN: "critical"},
	Complex:  {ZH: "复杂疑难", EN: "complex"},
}
