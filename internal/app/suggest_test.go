package app_test

import (
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/work/rulebook"
)

func TestSuggestions(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	desk := c.Hire(access.Post{Role: "district_desk", Region: 990101})
	known := leafWith(t, c, func(x *rulebook.Category) bool { return len(x.Keywords) > 2 })
	var s struct {
		Categories []struct {
			ID    int64 `json:"category_id"`
			Name  string
			Share float64
			Words []string
		}
		Sure    bool
		Grade   string
		Signals []struct{ Code string }
		Places  []struct{ Name, Community string }
		Wish    string
		Model   int64
	}
	place := c.Atlas.Places("小区", nil, 1)
	name := "门口"
	if len(place) > 0 {
		name = place[0].Name
	}
	a := desk.Do("POST", "/api/v1/suggestions", apptest.M{"text": "请问" + name + "的" + known.Name + "（" + known.Keywords[0] + "）什么时候处理？还闻到煤气味"})
	if a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	a.Into(&s)
	if len(s.Categories) != 3 || s.Categories[0].ID != known.ID || len(s.Categories[0].Words) == 0 || s.Sure || s.Model != 0 {
		t.Errorf("%+v", s)
	}
	if s.Grade != "critical" || len(s.Signals) != 1 || s.Signals[0].Code != "gas" || s.Wish != "consult" {
		t.Errorf("%+v", s)
	}
	if len(place) > 0 && (len(s.Places) == 0 || s.Places[0].Name != name) {
		t.Errorf("%s is not among %+v", name, s.Places)
	}
	admin := c.Hire(access.Post{Role: "admin", Region: 9901})
	var o struct {
		Versions []struct {
			ID   int64
			Live bool
		}
	}
	admin.Do("GET", "/api/v1/classifier", nil).Into(&o)
	if len(o.Versions) != 1 || o.Versions[0].ID != 0 || !o.Versions[0].Live {
		t.Errorf("%+v", o)
	}
	if a := admin.Do("POST", "/api/v1/classifier/versions", nil); a.Status != 422 {
		t.Errorf("learned from no cases: %d %s", a.Status, a.Body)
	}
}
