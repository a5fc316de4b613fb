package app_test

import (
	"fmt"
	"strings"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/work/rulebook"
)

// TestRoutedBySourceAndDuty: the desk offers the programs outside; a rule that names the
// hotline's gateway takes its orders and no others, and the case says whose deputy leads.
func TestRoutedBySourceAndDuty(t *testing.T) {
	t.Parallel()
	eachLine(t, func(t *testing.T, l *line) {
		absent, deputy := l.w.Target.Org, l.Org(l.w.Target.City, "代班局")
		var now struct {
			Rules   []rulebook.Rule
			Sources []rulebook.Source
			Version int
		}
		l.send(l.order("SRC-1", nil)).Want(200)
		caseID := l.row("SRC-1").CaseID
		c, _, _, err := l.Cases.ByID(t.Context(), apptest.Everything, caseID)
		if err != nil {
			t.Fatal(err)
		}
		other := l.desk.Report(apptest.M{"channel": "hotline", "text": "楼下路灯连续三晚不亮。", "place": spot(l.w.Target)})
		l.admin.Do("GET", "/api/v1/routing", nil).Want(200).Into(&now)
		known := false
		for _, s := range now.Sources {
			known = known || s.ID == c.Creator && s.Name != ""
		}
		if !known || len(now.Rules) == 0 {
			t.Fatalf("account %d is not among %+v", c.Creator, now.Sources)
		}
		rule := rulebook.Rule{ID: "gateway", Name: "热线网关", When: rulebook.When{Sources: []int64{c.Creator}}, Then: rulebook.Then{Lead: rulebook.Unit{Org: absent}}}
		body := apptest.M{"version": now.Version, "valid_from": 20261123, "rules": append([]rulebook.Rule{rule}, now.Rules...),
			"duties": []rulebook.Duty{{Org: absent, Windows: []rulebook.Window{{Weekdays: []int{7}, From: "08:00", To: "09:00"}}, Deputy: deputy}}}
		l.admin.Do("PUT", "/api/v1/routing", body).Want(200)
		suggested := func(id int64) (lead int64, why string) {
			var page struct {
				Case struct {
					Suggested struct {
						Lead struct{ ID int64 }
						Why  string
					}
				}
			}
			l.desk.Do("GET", fmt.Sprintf("/api/v1/cases/%d", id), nil).Want(200).Into(&page)
			return page.Case.Suggested.Lead.ID, page.Case.Suggested.Why
		}
		if lead, why := suggested(caseID); lead != deputy || !strings.Contains(why, "代班") {
			t.Errorf("the order goes to %d: %s", lead, why)
		}
		if lead, why := suggested(other.ID); lead == deputy || lead == absent {
			t.Errorf("what a person wrote down goes to %d: %s", lead, why)
		}
	})
}
