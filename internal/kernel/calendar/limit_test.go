package calendar

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/internal/kernel/errs"
)

func TestParseStages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]Stage{
		"":                             nil,
		" ; ":                          nil,
		"15工作日":                        {{"", Limit{15, WorkDay}}},
		"4工作时":                         {{"", Limit{4, WorkHour}}},
		"4 个工作時":                       {{"", Limit{4, WorkHour}}},
		"\uff17工作日\uff1b\uff11\uff15日": nil, // two without a name: refused below
		"停工4工作时;处罚7工作日;拆除20工作日":        {{"停工", Limit{4, WorkHour}}, {"处罚", Limit{7, WorkDay}}, {"拆除", Limit{20, WorkDay}}},
		"停工4工作时\uff1b处罚\uff17工作日":      {{"停工", Limit{4, WorkHour}}, {"处罚", Limit{7, WorkDay}}},
		"建筑垃圾4工作时;渣土堆2工作日":             {{"建筑垃圾", Limit{4, WorkHour}}, {"渣土堆", Limit{2, WorkDay}}},
		"2工作时(积水4工作时)":                 {{"", Limit{2, WorkHour}}, {"积水", Limit{4, WorkHour}}},
		"2工作时\uff08积水\uff1a4工作时\uff09": {{"", Limit{2, WorkHour}}, {"积水", Limit{4, WorkHour}}},
		"24小時":                              {{"", Limit{24, Hour}}},
		"15日":                               {{"", Limit{15, Day}}},
		"30 自然日":                            {{"", Limit{30, Day}}},
		"4 working hours":                   {{"", Limit{4, WorkHour}}},
		"1 Working Day":                     {{"", Limit{1, WorkDay}}},
		"stop work 4 working hours; 2 days": {{"stop work", Limit{4, WorkHour}}, {"", Limit{2, Day}}},
	} {
		got, err := ParseStages(text)
		if strings.HasPrefix(text, "\uff17") {
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("two limits without name: %v, %v", got, err)
			}
			continue
		}
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%q: %v %s", text, err, d)
		}
	}
	for _, text := range []string{"尽快", "4", "0工作时", "1.5天", "3-5日", "3~5日", "-3日", "10001日", "9999999日", "4工作周", "停4工作时;停5工作时", "4工作时含周末",
		"\xff4日", strings.Repeat("长", 41) + "4日", strings.Repeat("4日;", 500), strings.Repeat("x", 5000)} {
		if got, err := ParseStages(text); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.20q accepted as %v (%v)", text, got, err)
		}
	}
	for _, text := range []string{"", "停工4工作时", "1日;2小时"} {
		if l, err := ParseLimit(text); err == nil {
			t.Errorf("%q is the single limit %v", text, l)
		}
	}
}

func TestLimitTextAndJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := Limit{rapid.IntRange(1, MaxN).Draw(t, "n"), rapid.SampledFrom(Units()).Draw(t, "unit")}
		for _, s := range []string{l.String(), l.Text("zh"), l.Text("en")} {
			if back, err := ParseLimit(s); err != nil || back != l {
				t.Fatalf("%q reads as %v, %v", s, back, err)
			}
		}
	})
	if s := (Limit{1, WorkDay}).Text("en") + (Limit{4, WorkHour}).Text("zh"); s != "1 working day4 工作时" {
		t.Error(s)
	}
	raw, _ := json.Marshal(Stage{"停工", Limit{4, WorkHour}})
	if string(raw) != `{"stage":"停工","n":4,"unit":"work_hour"}` {
		t.Errorf("%s", raw)
	}
	for _, l := range []Limit{{0, Day}, {MaxN + 1, Day}, {1, "week"}} {
		if err := l.Check(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v passes", l)
		}
	}
}

func FuzzParseStages(f *testing.F) {
	f.Add("停工4工作时;处罚7工作日")
	f.Fuzz(func(t *testing.T, s string) {
		all, err := ParseStages(s)
		for _, st := range all {
			if err != nil || st.Check() != nil {
				t.Fatal(st, err)
			}
		}
	})
}
