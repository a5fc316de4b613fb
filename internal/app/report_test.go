package app_test

import (
	"fmt"
	"strings"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
)

type deliveredRuns struct {
	Items []struct {
		ID     int64
		Total  string
		Rows   int
		Period string
		Open   bool
	}
}

// TestReports: a register and a figure as reports, each recipient's own part, with
// the records behind it and on paper.
func TestReports(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	w := c.World()
	id := sampleRow(t, c, w.Target, "party_org")
	desk := c.Hire(access.Post{Role: "district_desk", Region: w.Target.District})
	made := desk.Report(apptest.M{"text": "路灯不亮", "place": spot(w.Target), "category_id": leafWith(t, c, plain).ID})
	author := c.Hire(access.Post{Role: "district_desk", Region: c.Atlas.City().Code})
	here := c.Hire(access.Post{Role: "leader", Region: w.Target.Community})
	elsewhere := c.Hire(access.Post{Role: "leader", Region: w.OtherDistrict.District})
	year := fmt.Sprint(c.Today() / 10000)
	for name, report := range map[string]apptest.M{
		"register": {"source": "register", "code": "party_org", "by": "level", "columns": []string{"name", "level", "grid"}},
		"figure":   {"source": "figure", "code": "reported", "by": "street"},
	} {
		report["name"], report["length"], report["people"] = name, "year", []int64{here.Account, elsewhere.Account}
		var r struct{ ID int64 }
		author.Do("POST", "/api/v1/reports", report).Want(201).Into(&r)
		author.Do("POST", fmt.Sprintf("/api/v1/reports/%d/runs", r.ID), apptest.M{"period": year}).Want(200)
		var got, theirs deliveredRuns
		here.Do("GET", "/api/v1/report-runs", nil).Want(200).Into(&got)
		elsewhere.Do("GET", "/api/v1/report-runs", nil).Want(200).Into(&theirs)
		if x := got.Items[0]; x.Total != "1" || x.Rows != 1 || x.Period != year || !x.Open {
			t.Errorf("%s: %+v", name, x)
		}
		if x := theirs.Items[0]; x.Total != "0" || x.Rows != 0 {
			t.Errorf("%s, elsewhere: %+v", name, x)
		}
		var page struct {
			Columns []struct{ Name string }
			Parts   []struct{ Name, Value string }
			Lines   []struct{ ID int64 }
		}
		here.Do("GET", fmt.Sprintf("/api/v1/report-runs/%d", got.Items[0].ID), nil).Want(200).Into(&page)
		want := map[string]int64{"register": id, "figure": made.ID}[name]
		if len(page.Columns) != 3 || len(page.Parts) != 1 || page.Parts[0].Value != "1" || len(page.Lines) != 1 || page.Lines[0].ID != want {
			t.Errorf("%s: %+v", name, page)
		}
		for _, format := range []string{"xlsx", "csv", "html"} {
			a := here.Do("GET", fmt.Sprintf("/api/v1/report-runs/%d/export?format=%s", got.Items[0].ID, format), nil).Want(200)
			if format == "html" && !strings.Contains(string(a.Body), "<h1>"+name) {
				t.Errorf("%s: %s", name, a.Body)
			}
		}
	}
	here.Do("POST", "/api/v1/reports", apptest.M{"name": "x", "length": "month", "people": []int64{here.Account}, "source": "register", "code": "staff_contract", "where": []string{"nope=1"}}).Want(422)
}
