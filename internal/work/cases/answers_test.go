package cases_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

func TestAnswersAreKeptWithTheCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		desk := w.Actor("district_desk", int64(w.Spots[0].District))
		scope, err := desk.Scope(access.CaseReport, w.Today())
		if err != nil {
			t.Fatal(err)
		}
		report := func(category int64, given map[string][]string) (*cases.Case, error) {
			return w.Service.Report(w.Context(), scope, cases.ReportIn{Text: "电梯停了", Channel: "hotline", Category: category, Community: w.Spots[0].Community, Answers: given})
		}
		c, err := report(22, map[string][]string{"one": {"乙"}, "several": {"b", "a", "b"}, "number": {" 3.5 "}, "since": {"2026-11-20T09:30:00+08:00"}, "mark": {"A-7"}, "more": {""}})
		if err != nil {
			t.Fatal(err)
		}
		reads, err := desk.Scope(access.CaseRead, w.Today())
		if err != nil {
			t.Fatal(err)
		}
		page, err := w.Service.Page(w.Context(), reads, c.ID, "en")
		if err != nil {
			t.Fatal(err)
		}
		want := []cases.AnswerView{
			{Code: "one", Question: "choose one", Values: []string{"b"}, Text: "second"},
			{Code: "several", Question: "choose some", Values: []string{"b", "a"}, Text: "second, first"},
			{Code: "number", Question: "how many", Values: []string{"3.5"}, Text: "3.5"},
			{Code: "since", Question: "since when", Values: []string{"2026-11-20T09:30:00+08:00"}, Text: "2026-11-20 09:30"},
			{Code: "mark", Question: "mark", Values: []string{"A-7"}, Text: "A-7"},
		}
		if diff := cmp.Diff(want, page.Case.Answers); diff != "" {
			t.Error(diff)
		}

		// They stay what they were when the case turns out to be of another category.
		c = w.Must(desk, c.ID, cases.Act{Action: "file", Category: 11})
		if got := w.Service.Answers(c, "zh"); len(got) != 5 || got[1].Text != "乙、甲" {
			t.Errorf("after another category was chosen: %+v", got)
		}

		if c, err = report(22, nil); err != nil || c.Answers != "" {
			t.Errorf("a door that does not ask: %q %v", c.Answers, err)
		}
		for name, bad := range map[string]struct {
			given map[string][]string
			field string
		}{
			"nothing required given": {map[string][]string{}, "answers.one"},
			"empty is not given":     {map[string][]string{"one": {" "}}, "answers.one"},
			"not in the list":        {map[string][]string{"one": {"c"}}, "answers.one"},
			"two for one":            {map[string][]string{"one": {"a", "b"}}, "answers.one"},
			"not a number":           {map[string][]string{"one": {"a"}, "number": {"NaN"}}, "answers.number"},
			"not a time":             {map[string][]string{"one": {"a"}, "since": {"2026-11-20"}}, "answers.since"},
			"too long":               {map[string][]string{"one": {"a"}, "mark": {strings.Repeat("长", 201)}}, "answers.mark"},
			"never asked":            {map[string][]string{"one": {"a"}, "other": {"x"}}, "answers.other"},
		} {
			if _, err := report(22, bad.given); err == nil || errs.As(err).Field != bad.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := report(11, map[string][]string{"one": {"a"}}); err == nil {
			t.Error("a category without questions takes an answer")
		}
	})
}
