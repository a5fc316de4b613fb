package calendar

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/errs"
)

// Unit is what a limit counts.
type Unit string

// The units of limits.
const (
	WorkHour Unit = "work_hour" // 工作时
	WorkDay  Unit = "work_day"  // 工作日
	Day      Unit = "day"       // 日, calendar day
	Hour     Unit = "hour"      // 小时
)

var unitWords = map[Unit]errs.Words{
	WorkHour: {ZH: "工作时", EN: "working hour"},
	WorkDay:  {ZH: "工作日", EN: "working day"},
	Day:      {ZH: "日", EN: "day"},
	Hour:     {ZH: "小时", EN: "hour"},
}

// Units lists every unit.
func Units() []Unit { return []Unit{WorkHour, WorkDay, Day, Hour} }

// Valid tells whether the unit is known.
func (u Unit) Valid() bool { _, ok := unitWords[u]; return ok }

// MaxN is the largest number that a limit may have, in any unit.
const MaxN = 10_000

// Limit is a time limit, such as 4 working hours.
type Limit struct {
	N    int  `json:"n"`
	Unit Unit `json:"unit"`
}

// Check validates the limit.
func (l Limit) Check() error {
	if l.N < 1 || l.N > MaxN {
		return invalid("n", fmt.Sprintf("时限须为 1 至 %d 的整数。", MaxN), fmt.Sprintf("a limit is a whole number from 1 to %d.", MaxN))
	}
	if !l.Unit.Valid() {
		return invalid("unit", "单位须为工作时、工作日、日或小时。", "the unit must be work_hour, work_day, day or hour.")
	}
	return nil
}

// String is the short Chinese form of the lists, "4工作时"; ParseLimit reads it.
func (l Limit) String() string { return strconv.Itoa(l.N) + unitWords[l.Unit].ZH }

// Text is the limit for a page: "4 工作时" or "4 working hours".
func (l Limit) Text(lang string) string { return quantity(float64(l.N), l.Unit, lang) }

// quantity prints a number and a unit; at most one digit after the point.
func quantity(v float64, u Unit, lang string) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	s = strings.TrimSuffix(s, ".0") + " " + unitWords[u].In(lang)
	if lang == "en" && v != 1 {
		s += "s"
	}
	return s
}

// Stage is a limit with a name, one of several of a category, such as 停工 4
// working hours. The name is empty for the only or main one.
type Stage struct {
	Name string `json:"stage"`
	Limit
}

// String is the short Chinese form, "停工4工作时".
func (s Stage) String() string { return s.Name + s.Limit.String() }

var unitNames = map[string]Unit{
	"工作时": WorkHour, "工作小时": WorkHour, "workinghour": WorkHour, "workinghours": WorkHour, "workhour": WorkHour, "workhours": WorkHour,
	"businesshour": WorkHour, "businesshours": WorkHour, "work_hour": WorkHour,
	"工作日": WorkDay, "工作天": WorkDay, "workingday": WorkDay, "workingdays": WorkDay, "workday": WorkDay, "workdays": WorkDay,
	"businessday": WorkDay, "businessdays": WorkDay, "work_day": WorkDay,
	"日": Day, "天": Day, "自然日": Day, "日历日": Day, "日历天": Day, "day": Day, "days": Day, "calendarday": Day, "calendardays": Day,
	"小时": Hour, "时": Hour, "自然小时": Hour, "hour": Hour, "hours": Hour, "h": Hour,
}

// name (lazy), the last number, then the unit.
var stageForm = regexp.MustCompile(`^(.*?)(\d{1,6})([^\d]+)$`)

var normalise = strings.NewReplacer(
	"\uff10", "0", "\uff11", "1", "\uff12", "2", "\uff13", "3", "\uff14", "4", // full-width digits
	"\uff15", "5", "\uff16", "6", "\uff17", "7", "\uff18", "8", "\uff19", "9",
	"時", "时", "曆", "历", "個", "个", "\u3000", " ", "\u00a0", " ",
)

var splitStages = strings.NewReplacer("\uff1b", ";", "\n", ";", "(", ";", "\uff08", ";", ")", ";", "\uff09", ";")

const (
	maxStages    = 20
	maxStageName = 40
	maxStageText = 1000
)

// ParseStages reads the limits as cities list them: "15工作日",
// "停工4工作时;处罚7工作日;拆除20工作日", "2工作时(积水4工作时)", "24小時",
// "stop work 4 working hours; fine 7 working days". Empty text gives no stages.
func ParseStages(text string) ([]Stage, error) {
	if len(text) > maxStageText || !utf8.ValidString(text) {
		return nil, limitError(text)
	}
	var out []Stage
	seen := map[string]bool{}
	for _, part := range strings.Split(splitStages.Replace(normalise.Replace(text)), ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		s, ok := parseStage(part)
		if !ok || s.Check() != nil || len(out) == maxStages {
			return nil, limitError(part)
		}
		if seen[s.Name] {
			return nil, invalid("limit", "同名时限重复，请分别命名。", "two limits have the same name; name each.")
		}
		seen[s.Name] = true
		out = append(out, s)
	}
	return out, nil
}

// ParseLimit reads a single limit without name: "7工作日", "15日", "4 working hours".
func ParseLimit(text string) (Limit, error) {
	all, err := ParseStages(text)
	if err != nil {
		return Limit{}, err
	}
	if len(all) != 1 || all[0].Name != "" {
		return Limit{}, limitError(text)
	}
	return all[0].Limit, nil
}

func parseStage(part string) (Stage, bool) {
	m := stageForm.FindStringSubmatch(part)
	if m == nil {
		return Stage{}, false
	}
	unit := strings.ToLower(strings.ReplaceAll(m[3], " ", ""))
	unit = strings.TrimPrefix(unit, "个")
	u, ok := unitNames[unit]
	name := strings.TrimRight(m[1], " :\uff1a")
	if !ok || utf8.RuneCountInString(name) > maxStageName {
		return Stage{}, false
	}
	// "1.5天", "3-5日" and overlong numbers are not a name and a number.
	if last, _ := utf8.DecodeLastRuneInString(name); name != "" && strings.ContainsRune(".0123456789-–—~,至到\uff5e\uff0e\uff0c", last) {
		return Stage{}, false
	}
	n, err := strconv.Atoi(m[2])
	return Stage{Name: name, Limit: Limit{N: n, Unit: u}}, err == nil
}

func limitError(text string) *errs.Error {
	if r := []rune(strings.ToValidUTF8(text, "")); len(r) > maxStageName {
		text = string(r[:maxStageName]) + "…"
	} else {
		text = string(r)
	}
	return invalid("limit", fmt.Sprintf("无法识别“%s”，请写成“4工作时”“7工作日”“15日”或“24小时”，多个时限用分号隔开。", text),
		fmt.Sprintf("%q was not understood; write “4 working hours”, “7 working days”, “15 days” or “24 hours”, several separated by semicolons.", text))
}
