package workforce

import (
	"encoding/json"
	"slices"
	"strings"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/share"
)

// NotOutcome refuses what does not measure an outcome.
var NotOutcome = errs.Declare("indicator_refused", 422,
	"“{name}”不能用于考核：上报数量、在线时长、打卡次数和任务指标都不是办理结果。可选：{choices}。",
	"“{name}” cannot be appraised: counts of reports, online time, clock-ins and quotas are no outcomes. Choose from: {choices}.")

// outcome is what an indicator measures: shares of matters that came out well
// (or badly), each of which is a row that can be opened.
type outcome struct {
	code   string // of the catalogue's figure, or Trained
	name   errs.Words
	lower  bool // better when lower
	called bool // told by the people whom the appraisal's own sample calls
}

// Trained is the share of the required courses that the worker has passed.
const Trained = "trained"

var outcomes = []*outcome{
	{"solved", w("回访解决率", "Solved, says the reporter"), false, true},
	{"satisfaction", w("回访满意率", "Satisfied"), false, true},
	{"handled_on_time", w("按时处置率", "Handled on time"), false, false},
	{"redo", w("重办率", "Done anew"), true, false},
	{"rework", w("返工率", "Rework"), true, false},
	{Trained, w("培训完成率", "Training done"), false, false},
}

// Indicator is an outcome by which work may be appraised. Its only makers are
// ParseIndicator and JSON through it: a program that wants to appraise a count
// finds no value to do it with.
type Indicator struct{ o *outcome }

// ParseIndicator finds the indicator, or says why there is none: NotOutcome.
func ParseIndicator(code string) (Indicator, error) {
	if i := slices.IndexFunc(outcomes, func(o *outcome) bool { return o.code == code }); i >= 0 {
		return Indicator{outcomes[i]}, nil
	}
	choices := func(lang string) string {
		var all []string
		for _, o := range outcomes {
			all = append(all, o.name.In(lang))
		}
		return strings.Join(all, w("、", ", ").In(lang))
	}
	return Indicator{}, NotOutcome.New("name", code, "choices", w(choices("zh"), choices("en"))).In("criteria")
}

// Code is the figure's.
func (i Indicator) Code() string { return i.o.code }

// MarshalJSON writes the code.
func (i Indicator) MarshalJSON() ([]byte, error) { return json.Marshal(i.o.code) }

// UnmarshalJSON reads a code that ParseIndicator knows.
func (i *Indicator) UnmarshalJSON(b []byte) (err error) {
	var code string
	if err := json.Unmarshal(b, &code); err != nil {
		return err
	}
	*i, err = ParseIndicator(code)
	return err
}

// Criterion is an indicator with the line that good work stays on one side of.
type Criterion struct {
	Indicator Indicator `json:"indicator"`
	Line      int       `json:"line"` // thousandths
}

// The verdicts on a measure.
const (
	Clear  = "clear"   // the whole interval is on the good side
	Short  = "short"   // the whole interval is on the other side
	Unsure = "unsure"  // the line lies inside the interval: this sample cannot tell
	NoData = "no_data" // nothing to measure
)

// Measure is one indicator of one worker: the rows that came out and those that
// did not. Its numbers are their numbers. Rows are cases, or courses for Trained.
type Measure struct {
	Criterion
	Hits   []int64 `json:"hits"`
	Misses []int64 `json:"misses"`
}

// N is the number of rows.
func (m *Measure) N() int64 { return int64(len(m.Hits) + len(m.Misses)) }

// Interval is Wilson's at 95 %.
func (m *Measure) Interval() (lo, hi float64) { return share.Wilson(int64(len(m.Hits)), m.N()) }

// Verdict compares the interval, never the bare share, with the line. Training
// is no sample: what is required is done or not.
func (m *Measure) Verdict() string {
	if m.N() == 0 {
		return NoData
	}
	lo, hi := m.Interval()
	if m.Indicator.o.code == Trained {
		lo = float64(len(m.Hits)) / float64(m.N())
		hi = lo
	}
	line := float64(m.Line) / 1000
	if m.Indicator.o.lower {
		lo, hi, line = -hi, -lo, -line
	}
	switch {
	case lo >= line:
		return Clear
	case hi < line:
		return Short
	}
	return Unsure
}

// Propose is what the measures come to: one that is short proposes "poor" and no
// renewal, all clear "good", everything else – what cannot be told included –
// "fair". It is a proposal: a person decides.
func Propose(all []Measure) (level string, renew bool) {
	clear := 0
	for i := range all {
		switch all[i].Verdict() {
		case Short:
			return "poor", false
		case Clear:
			clear++
		}
	}
	if clear == len(all) && clear > 0 {
		return "good", true
	}
	return "fair", true
}
