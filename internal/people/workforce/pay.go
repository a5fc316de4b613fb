package workforce

import (
	"fmt"
	"strconv"

	"linli/internal/kernel/errs"
)

// Fen is money in hundredths of a yuan.
type Fen int64

// String writes yuan with two decimals: "3,200.00".
func (f Fen) String() string {
	sign, n := "", int64(f)
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n/100, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return fmt.Sprintf("%s%s.%02d", sign, s, n%100)
}

// The kinds of pay items. There is no kind that pays by the piece: what a worker
// reports, visits or clocks has no place in a rule.
const (
	Monthly = "monthly" // Amount for a whole month, by days paid
	Years   = "years"   // Amount for each full year of service, Most years at most, by days paid
	Cover   = "cover"   // Amount for each day on which another grid was covered
	ByLevel = "level"   // Levels: by the result of the latest appraisal that is final
	Share   = "share"   // Permille of the item Of; negative ones deduct
	// Correction lines come from corrections, not from rules.
	Correction = "correction"
)

// Levels are the results of an appraisal, the best first. Unrated workers have none.
var Levels = []string{"good", "fair", "poor"}

var levelNames = map[string]errs.Words{"good": w("优秀", "Good"), "fair": w("合格", "Fair"), "poor": w("待改进", "To improve"), "": w("未参加考核", "Not appraised")}

// Item is one row of a pay rule.
type Item struct {
	Code     string         `json:"code" pattern:"^[a-z][a-z0-9_]{0,30}$"`
	Name     string         `json:"name" maxLength:"30"`
	NameEN   string         `json:"name_en" maxLength:"60"`
	Kind     string         `json:"kind" enum:"monthly,years,cover,level,share"`
	Amount   Fen            `json:"amount,omitempty" doc:"fen: a month, a year of service or a day of cover"`
	Most     int            `json:"most,omitempty" minimum:"0" maximum:"60" doc:"years: those that count at most; 0 all"`
	Levels   map[string]Fen `json:"levels,omitempty" doc:"level: fen by result: good, fair, poor"`
	Of       string         `json:"of,omitempty" doc:"share: code of an item above"`
	Permille int            `json:"permille,omitempty" minimum:"-1000" maximum:"1000" doc:"share: thousandths; negative deducts"`
}

// Rule says how pay is computed from a month on.
type Rule struct {
	District  int
	ID        int64
	From      int // first month, yyyymm
	Name      string
	Items     []Item
	CreatedBy int64
	CreatedAt int64
}

const maxItems = 20

// most is the largest amount of an item: a million yuan is a slip of the pen.
const most Fen = 100_000_000

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

func invalid(field, zh, en string) *errs.Error {
	return errs.Invalid.New("remedy", w(zh, en)).In(field)
}

// check looks for what cannot be computed.
func (r *Rule) check() error {
	if len(r.Items) == 0 || len(r.Items) > maxItems {
		return invalid("items", "请填写 1 至 20 项", "give 1 to 20 items")
	}
	above := map[string]bool{}
	for i, it := range r.Items {
		at := fmt.Sprintf("items[%d]", i)
		if above[it.Code] || it.Code == Correction {
			return invalid(at+".code", "编码重复，请更换", "the code is in use; choose another")
		}
		if it.Name == "" {
			return errs.Required.New("field", w("项目名称", "the item's name")).In(at + ".name")
		}
		amounts := []Fen{it.Amount}
		for l, a := range it.Levels {
			if _, ok := levelNames[l]; !ok || l == "" {
				return invalid(at+".levels", "等次只有优秀、合格、待改进", "the levels are good, fair and poor")
			}
			amounts = append(amounts, a)
		}
		for _, a := range amounts {
			if a < -most || a > most {
				return invalid(at+".amount", "金额过大，请核对", "the amount is too large; please check it")
			}
		}
		if it.Kind == ByLevel && len(it.Levels) != len(Levels) {
			return invalid(at+".levels", "请为每个等次填写金额", "give an amount for each level")
		}
		if it.Kind == Share && !above[it.Of] {
			return invalid(at+".of", "请选择上方的项目", "choose an item above")
		}
		above[it.Code] = true
	}
	return nil
}

// Facts are what a worker's pay of a month depends on.
type Facts struct {
	Days  int    `json:"days"`  // paid: under contract and not on unpaid leave
	Of    int    `json:"of"`    // days of the month
	Years int    `json:"years"` // full years of service at the end of the month
	Cover int    `json:"cover"` // days on which another grid was covered
	Level string `json:"level"` // of the latest final appraisal, "" none
}

// Line is one amount of a slip with all that it was computed from.
type Line struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	NameEN string `json:"name_en"`
	Kind   string `json:"kind"`
	Amount Fen    `json:"amount"`
	Base   Fen    `json:"base"`             // what was multiplied
	N      int    `json:"n,omitempty"`      // times: years, days of cover, thousandths
	Days   int    `json:"days,omitempty"`   // of Of, where days count
	Of     int    `json:"of,omitempty"`     // days of the month
	Level  string `json:"level,omitempty"`  // of the appraisal
	Slip   int64  `json:"slip,omitempty"`   // correction: the slip that was wrong
	Month  int    `json:"month,omitempty"`  // correction: that slip's, yyyymm
	Reason string `json:"reason,omitempty"` // correction: why
}

// part is n of d parts of the amount, halves away from zero.
func part(a Fen, n, d int) Fen {
	x, y := int64(a)*int64(n), int64(d)
	if x < 0 {
		return -Fen((-x*2 + y) / (2 * y))
	}
	return Fen((x*2 + y) / (2 * y))
}

// compute makes the lines of a slip: the rule's items in order, items that come
// to nothing left out, then the corrections. The slip's total is their sum.
func (r *Rule) compute(f Facts, corrections []Line) (lines []Line, total Fen) {
	amounts := map[string]Fen{}
	for _, it := range r.Items {
		l := Line{Code: it.Code, Name: it.Name, NameEN: it.NameEN, Kind: it.Kind, Base: it.Amount}
		switch it.Kind {
		case Monthly:
			l.Days, l.Of = f.Days, f.Of
			l.Amount = part(it.Amount, f.Days, f.Of)
		case Years:
			l.N = f.Years
			if it.Most > 0 {
				l.N = min(l.N, it.Most)
			}
			l.Days, l.Of = f.Days, f.Of
			l.Amount = part(it.Amount*Fen(l.N), f.Days, f.Of)
		case Cover:
			l.N = f.Cover
			l.Amount = it.Amount * Fen(f.Cover)
		case ByLevel:
			l.Level, l.Base = f.Level, it.Levels[f.Level]
			l.Amount, l.Days, l.Of = part(l.Base, f.Days, f.Of), f.Days, f.Of
		case Share:
			l.Base, l.N = amounts[it.Of], it.Permille
			l.Amount = part(l.Base, it.Permille, 1000)
		}
		amounts[it.Code] = l.Amount
		if l.Amount != 0 {
			lines = append(lines, l)
		}
	}
	lines = append(lines, corrections...)
	for _, l := range lines {
		total += l.Amount
	}
	return lines, total
}

// How says in one sentence how the line came about.
func (l *Line) How(lang string) string {
	say := func(zh, en string, a ...any) string { return fmt.Sprintf(w(zh, en).In(lang), a...) }
	switch l.Kind {
	case Monthly:
		return say("每月 %s 元 × 计薪 %d/%d 天", "%s yuan a month × %d of %d days paid", l.Base, l.Days, l.Of)
	case Years:
		return say("每年工龄 %s 元 × %d 年 × 计薪 %d/%d 天", "%s yuan a year of service × %d × %d of %d days paid", l.Base, l.N, l.Days, l.Of)
	case Cover:
		return say("每天代班 %s 元 × %d 天", "%s yuan a day of cover × %d", l.Base, l.N)
	case ByLevel:
		return say("考核等次“%[2]s”%[1]s 元 × 计薪 %[3]d/%[4]d 天", "%[1]s yuan for “%[2]s” × %[3]d of %[4]d days paid", l.Base, levelNames[l.Level].In(lang), l.Days, l.Of)
	case Share:
		return say("%s 元 × %s%%", "%s yuan × %s %%", l.Base, strconv.FormatFloat(float64(l.N)/10, 'f', -1, 64))
	}
	return say("更正 %d 年 %d 月工资：%s", "correction of %[1]d-%02[2]d: %[3]s", l.Month/100, l.Month%100, l.Reason)
}

// example is the month of somebody by whom a rule can be read: three years of
// service, two days of cover, a good result, a full month of 30 days.
var example = Facts{Days: 30, Of: 30, Years: 3, Cover: 2, Level: "good"}
