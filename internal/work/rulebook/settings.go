package rulebook

import (
	"fmt"
	"maps"
	"slices"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// Settings are the city's numbers. The zero value of none of them is meant;
// DefaultSettings is what holds until a city publishes its own.
type Settings struct {
	Limits            map[string]calendar.Limit            `json:"limits"`             // by grade, for handling
	LifelineLimit     calendar.Limit                       `json:"lifeline_limit"`     // water, power, gas, heat
	ConsultationLimit calendar.Limit                       `json:"consultation_limit"` // questions
	StageLimits       map[string]map[string]calendar.Limit `json:"stage_limits"`       // by grade, by stage

	// WhistleLimits are how long a called department has until it reports, by kind
	// of whistle; a kind that is not there has the default.
	WhistleLimits map[string]calendar.Limit `json:"whistle_limits,omitempty"`

	// RemindDays are how many days before its day somebody is told of what falls due,
	// by kind of duty (liaison_visit, party_term, staff_contract …); 0: nobody is. A
	// kind that is not there has its own default.
	RemindDays map[string]int `json:"remind_days,omitempty"`

	CallBackRate   map[string]float64 `json:"callback_rate"`      // by grade: share of resolved cases that are called back
	CallBackTries  int                `json:"callback_tries"`     // calls before a case closes as not reached
	OnsiteSample   float64            `json:"onsite_sample_rate"` // share of on-the-spot closings that are checked later
	ExtensionMax   calendar.Limit     `json:"extension_max"`      // longest extension
	ExtensionTimes int                `json:"extension_times"`    // extensions of one case
	ReviewDays     int                `json:"suspension_review"`  // days to the review of a suspension, at most
	ReturnsDecided int                `json:"returns_to_decide"`  // the return after which one named person decides
	PauseDays      int                `json:"pause_days"`         // longest wait for the reporter
	PauseTimes     int                `json:"pause_times"`        // waits in one case
	RevealPerHour  int                `json:"reveal_per_hour"`    // reporters that one account may reveal
	SoonShare      float64            `json:"soon_share"`         // a clock is "due soon" in this last share of its limit
	SimilarMetres  int                `json:"similar_metres"`     // how near a similar case is looked for
	SimilarDays    int                `json:"similar_days"`       // how far back
	ArchiveDays    int                `json:"archive_after_days"` // days from closed to archived

	// AutoCategory is how sure the classifier must be to give a case without a
	// category one by itself; 0: it never does.
	AutoCategory float64    `json:"auto_category_share"`
	Signals      []Signal   `json:"signals"`   // of danger
	Elsewhere    []Referral `json:"elsewhere"` // what the city does not handle, and who does
}

// DefaultSettings follows the grades that cities publish: critical 2 h; water,
// power, gas, heat 24 h; questions 1 working day; general 7 days; complex 15 days.
func DefaultSettings() Settings {
	lim := func(n int, u calendar.Unit) calendar.Limit { return calendar.Limit{N: n, Unit: u} }
	process := func(triage, sign, verify, back calendar.Limit) map[string]calendar.Limit {
		return map[string]calendar.Limit{StageTriage: triage, StageSign: sign, StageVerify: verify, StageCallBack: back}
	}
	normal := process(lim(2, calendar.WorkHour), lim(4, calendar.WorkHour), lim(1, calendar.WorkDay), lim(2, calendar.WorkDay))
	return Settings{
		Limits: map[string]calendar.Limit{General: lim(7, calendar.Day), Urgent: lim(24, calendar.Hour),
			Critical: lim(2, calendar.Hour), Complex: lim(15, calendar.Day)},
		LifelineLimit:     lim(24, calendar.Hour),
		ConsultationLimit: lim(1, calendar.WorkDay),
		StageLimits: map[string]map[string]calendar.Limit{
			General:  normal,
			Urgent:   process(lim(1, calendar.Hour), lim(2, calendar.Hour), lim(4, calendar.WorkHour), lim(1, calendar.WorkDay)),
			Critical: process(lim(1, calendar.Hour), lim(1, calendar.Hour), lim(4, calendar.Hour), lim(1, calendar.WorkDay)),
			Complex:  maps.Clone(normal),
		},
		WhistleLimits:  map[string]calendar.Limit{"urgent": lim(1, calendar.Hour), "law_enforcement": lim(2, calendar.WorkHour), "comprehensive": lim(1, calendar.WorkDay)},
		CallBackRate:   map[string]float64{General: 0.3, Urgent: 0.5, Critical: 1, Complex: 1},
		CallBackTries:  3,
		OnsiteSample:   0.05,
		ExtensionMax:   lim(10, calendar.WorkDay),
		ExtensionTimes: 1,
		ReviewDays:     30,
		ReturnsDecided: 2,
		PauseDays:      10,
		PauseTimes:     1,
		RevealPerHour:  30,
		SoonShare:      0.2,
		SimilarMetres:  300,
		SimilarDays:    30,
		ArchiveDays:    30,
		Signals:        DefaultSignals(),
		Elsewhere:      DefaultReferrals(),
	}
}

// WhistleLimit is how long a department has until it reports.
func (s *Settings) WhistleLimit(kind string) calendar.Limit {
	if l, ok := s.WhistleLimits[kind]; ok {
		return l
	}
	return DefaultSettings().WhistleLimits[kind]
}

// Check validates the settings; the error names the field.
func (s *Settings) Check() error {
	for _, g := range Grades() {
		if err := s.Limits[g].Check(); err != nil {
			return invalid("limits."+g, "请填写该等级的办理时限。", "give the limit of this grade.")
		}
		if r, ok := s.CallBackRate[g]; !ok || !(r >= 0 && r <= 1) {
			return invalid("callback_rate."+g, "比例须在 0 到 1 之间。", "a rate lies between 0 and 1.")
		}
	}
	for g := range s.Limits {
		if !slices.Contains(Grades(), g) {
			return invalid("limits", "没有这个等级："+g+"。", "there is no grade "+g+".")
		}
	}
	for kind, l := range s.WhistleLimits {
		if _, ok := DefaultSettings().WhistleLimits[kind]; !ok || l.Check() != nil {
			return invalid("whistle_limits."+kind, "时限须为正整数和单位，类型从列表中选择。", "a limit is a whole number and a unit, of a known kind.")
		}
	}
	for kind, n := range s.RemindDays {
		if kind == "" || n < 0 || n > 366 {
			return invalid("remind_days."+kind, "须在 0 到 366 之间。", "it lies between 0 and 366.")
		}
	}
	for g, m := range s.StageLimits {
		if !slices.Contains(Grades(), g) {
			return invalid("stage_limits", "没有这个等级："+g+"。", "there is no grade "+g+".")
		}
		for st, l := range m {
			if st == StageHandle || !slices.Contains(stages, st) {
				return invalid("stage_limits."+g, "没有这个环节："+st+"。", "there is no stage "+st+".")
			}
			if l.Check() != nil {
				return invalid("stage_limits."+g+"."+st, "时限须为正整数和单位。", "a limit is a whole number and a unit.")
			}
		}
	}
	for _, l := range []struct {
		field string
		l     calendar.Limit
	}{{"lifeline_limit", s.LifelineLimit}, {"consultation_limit", s.ConsultationLimit}, {"extension_max", s.ExtensionMax}} {
		if l.l.Check() != nil {
			return invalid(l.field, "时限须为正整数和单位。", "a limit is a whole number and a unit.")
		}
	}
	for _, n := range []struct {
		field  string
		n      int
		lo, hi int
	}{
		{"callback_tries", s.CallBackTries, 1, 10}, {"extension_times", s.ExtensionTimes, 0, 5}, {"suspension_review", s.ReviewDays, 1, 366},
		{"returns_to_decide", s.ReturnsDecided, 1, 5}, {"pause_days", s.PauseDays, 1, 366}, {"pause_times", s.PauseTimes, 0, 5}, {"reveal_per_hour", s.RevealPerHour, 1, 1000}, {"similar_metres", s.SimilarMetres, 10, 5000},
		{"similar_days", s.SimilarDays, 1, 366}, {"archive_after_days", s.ArchiveDays, 1, 3660},
	} {
		if n.n < n.lo || n.n > n.hi {
			return errs.Invalid.New("field", n.field, "remedy", words(
				fmt.Sprintf("须在 %d 到 %d 之间。", n.lo, n.hi), fmt.Sprintf("it lies between %d and %d.", n.lo, n.hi))).In(n.field)
		}
	}
	if !(s.OnsiteSample >= 0 && s.OnsiteSample <= 1) {
		return invalid("onsite_sample_rate", "比例须在 0 到 1 之间。", "a rate lies between 0 and 1.")
	}
	if s.AutoCategory != 0 && !(s.AutoCategory >= 0.5 && s.AutoCategory <= 1) {
		return invalid("auto_category_share", "须为 0（不自动）或 50 % 到 100 %。", "it is 0 (never) or between 50 % and 100 %.")
	}
	if err := checkSignals(s.Signals); err != nil {
		return err
	}
	if err := checkReferrals(s.Elsewhere); err != nil {
		return err
	}
	if !(s.SoonShare > 0 && s.SoonShare < 1) {
		return invalid("soon_share", "比例须在 0 到 1 之间。", "a share lies between 0 and 1.")
	}
	return nil
}
