package rulebook

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/web"
)

type tokens map[string]*access.Actor

func (m tokens) Actor(_ context.Context, token string) (*access.Actor, error) {
	if a := m[token]; a != nil {
		return a, nil
	}
	return nil, errs.Unauthorized.New()
}

func person(id int64, role string, region int64) *access.Actor {
	return &access.Actor{Account: id, Lang: "zh", Posts: []access.Post{{ID: id, Account: id, Role: role, Region: region, From: 20200101}}}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, func() time.Time { return noon })
	r, _ := open(t, db)
	w := web.New(web.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Today: func() int { return 20261123 },
		Auth: tokens{"admin": person(1, "admin", 9901), "operator": person(2, "operator", 9901), "callback": person(3, "callback", 9901), "district": person(4, "admin", 990101)}})
	start := noon.Add(-48 * time.Hour).UnixMicro()
	r.Register(w, pastCases{{ID: 9, District: 990101, Number: "LL-9", Title: "路面积水", Facts: Facts{Category: 12, Grade: General, Community: 990101001001, At: start}, Start: start}})
	routing := func(edit func(*Routing)) string {
		list := seed().Routing
		edit(&list)
		raw, err := json.Marshal(list.Rules)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	same := routing(func(*Routing) {})
	settings, err := json.Marshal(DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	category := `{"code":"12","name":"供水","kind":"event","parent":1,"unit_kind":"water","nature":"lifeline","limits":[{"stage":"","n":6,"unit":"hour"}],"keywords":["停水"],"version":1,"valid_from":20261124,"note":"新标准"}`
	for _, c := range []struct {
		name, as, method, path, body string
		status                       int
		want, not                    []string
	}{
		{"anonymous", "", "GET", "/categories", "", 401, []string{"unauthorized"}, []string{"类别"}},
		{"everybody reads the tree", "callback", "GET", "/categories", "", 200, []string{`"code":"11"`, `"leaf":true`, `"effective":{`, `"text":"7 日"`, `"stage":"停工"`}, nil},
		{"the tree of an earlier day", "operator", "GET", "/categories?at=20251231", "", 200, []string{`"items":[]`}, nil},
		{"no such day", "operator", "GET", "/categories?at=20261131", "", 422, []string{`"field":"at"`}, nil},
		{"callback reads no rules", "callback", "GET", "/routing", "", 403, []string{"forbidden"}, []string{"水务"}},
		{"operator reads rules", "operator", "GET", "/routing", "", 200, []string{`"version":1`, `"in_force":1`, `"problems":[]`, "水务"}, nil},
		{"operator changes nothing", "operator", "PUT", "/categories/12", category, 403, []string{"forbidden"}, nil},
		{"a district's admin changes nothing of the city", "district", "PUT", "/categories/12", category, 404, []string{"not_found"}, nil},
		{"new version", "admin", "PUT", "/categories/12", category, 200, []string{`"version":2`, `"valid_from":20261124`, `"n":6`, `"text":"6 小时"`}, nil},
		{"stale", "admin", "PUT", "/categories/12", category, 409, []string{"stale_version", `"current":2`}, nil},
		{"not in force yet", "operator", "GET", "/categories", "", 200, nil, []string{"供水"}},
		{"in force tomorrow", "operator", "GET", "/categories?at=20261124", "", 200, []string{"供水"}, nil},
		{"new category", "admin", "POST", "/categories", `{"code":"13","name":"排水","kind":"event","parent":1,"valid_from":20261123}`, 200, []string{`"version":1`}, nil},
		{"offered at once", "operator", "GET", "/categories", "", 200, []string{"排水"}, nil},
		{"a limit of nothing", "admin", "POST", "/categories", `{"code":"14","name":"x","kind":"event","valid_from":20261123,"limits":[{"stage":"","n":0,"unit":"hour"}]}`, 422, []string{"limits[0].n"}, nil},
		{"unknown unit of a limit", "admin", "POST", "/categories", `{"code":"14","name":"x","kind":"event","valid_from":20261123,"limits":[{"stage":"","n":1,"unit":"week"}]}`, 422, []string{"limits[0].unit"}, nil},
		{"PUT makes no category", "admin", "PUT", "/categories/77", `{"code":"77","name":"x","kind":"event","version":0,"valid_from":20261123}`, 404, nil, nil},
		{"table checked", "admin", "POST", "/categories/import?dry_run=true&valid_from=20261123", "代码,名称,类型\n51,路灯,部件\n52,,部件\n", 200, []string{`"added":1`, `"saved":false`, `"row":3`, `"column":"name"`}, nil},
		{"table with a start in the past", "admin", "POST", "/categories/import?valid_from=20250101", "代码,名称,类型\n51,路灯,部件\n", 422, []string{"valid_from"}, nil},
		{"table too large", "admin", "POST", "/categories/import?valid_from=20261123", strings.Repeat("x", 9<<20), 413, []string{"too_large"}, nil},
		{"operator imports nothing", "operator", "POST", "/categories/import?valid_from=20261123", "代码,名称,类型\n51,路灯,部件\n", 403, nil, nil},
		{"category preview", "admin", "POST", "/categories/preview", `{"id":12,"version":2,"category":{"code":"12","name":"供水","kind":"event","parent":1,"unit_kind":"water","limits":[{"stage":"","n":9,"unit":"day"}]}}`, 200,
			[]string{`"cases":1`, `"changed":1`, `"later":1`, `"overdue_before":1`, `"overdue_after":0`, "LL-9"}, nil},
		{"preview of a change that stops a rule", "admin", "POST", "/categories/preview", `{"id":12,"version":2,"category":{"code":"12","name":"供水","kind":"event","parent":1,"unit_kind":"gas"}}`, 200,
			[]string{`"kind":"contradictory"`, `"rule":"water"`}, []string{"%!"}},
		{"routing preview", "admin", "POST", "/routing/preview", `{"rules":` + routing(func(l *Routing) { l.Rules[0].Then.Lead = Unit{Org: 3} }) + `}`, 200, []string{`"changed":1`, "湖东区指挥中心", "澄湖市水务集团", `"problems":[]`, "路面积水"}, nil},
		{"preview says problems", "admin", "POST", "/routing/preview", `{"rules":` + routing(func(l *Routing) { l.Rules[0].When = When{} }) + `}`, 200, []string{`"kind":"shadowed"`, `"rule":"rest"`}, nil},
		{"refused rules", "admin", "PUT", "/routing", `{"version":1,"valid_from":20261123,"rules":` + routing(func(l *Routing) { l.Rules = l.Rules[:2] }) + `}`, 422, []string{"rules_cannot_run", "no_backstop", "兜底", `"problems":[{`}, []string{`"ZH"`}},
		{"rules with a bad word", "admin", "PUT", "/routing", `{"version":1,"valid_from":20261123,"rules":` + strings.Replace(same, `"kinds":["event"]`, `"kinds":["thing"]`, 1) + `}`, 422, []string{"rules[1].when.kinds"}, nil},
		{"rules published", "admin", "PUT", "/routing", `{"version":1,"valid_from":20261123,"rules":` + same + `,"note":"照旧"}`, 200, []string{`"version":2`, `"in_force":2`}, nil},
		{"calendar", "operator", "GET", "/calendar/2026", "", 200, []string{"国办发明电〔2025〕7号", `"sourced":true`, `"from":"08:30"`, "20261010"}, nil},
		{"calendar of no source", "operator", "GET", "/calendar/2031", "", 200, []string{`"sourced":false`, "没有官方放假安排"}, nil},
		{"calendar year out of range", "operator", "GET", "/calendar/20", "", 422, nil, nil},
		{"calendar changed", "admin", "PUT", "/calendar/2027", `{"off":[20270101],"makeup":[20270102],"source":"国办发明电〔2026〕1号","sourced":true,"version":1,"valid_from":20261123}`, 200, []string{`"version":2`, "20270102"}, nil},
		{"calendar with a wrong day", "admin", "PUT", "/calendar/2027", `{"off":[20280101],"makeup":[],"version":2,"valid_from":20261123}`, 422, []string{"off[0]"}, nil},
		{"calendar preview", "admin", "POST", "/calendar/preview", `{"year":2026,"days":{"off":[20261124],"makeup":[]}}`, 200, []string{`"cases":0`}, nil},
		{"hours", "admin", "PUT", "/calendar/hours", `{"zone":"Asia/Shanghai","spans":[{"from":"09:00","to":"17:00"}],"version":1,"valid_from":20261123}`, 200, []string{`"from":"09:00"`}, nil},
		{"hours overlap", "admin", "PUT", "/calendar/hours", `{"zone":"Asia/Shanghai","spans":[{"from":"09:00","to":"17:00"},{"from":"16:00","to":"18:00"}],"version":2,"valid_from":20261123}`, 422, []string{"spans"}, nil},
		{"settings", "operator", "GET", "/settings", "", 200, []string{`"reveal_per_hour":30`, `"version":0`}, nil},
		{"settings changed", "admin", "PUT", "/settings", `{"settings":` + strings.Replace(string(settings), `"reveal_per_hour":30`, `"reveal_per_hour":7`, 1) + `,"version":0,"valid_from":20261123}`, 200, []string{`"reveal_per_hour":7`, `"version":1`}, nil},
		{"settings out of range", "admin", "PUT", "/settings", `{"settings":` + strings.Replace(string(settings), `"soon_share":0.2`, `"soon_share":2`, 1) + `,"version":1,"valid_from":20261123}`, 422, []string{"soon_share"}, nil},
		{"history", "operator", "GET", "/rulebook/versions?kind=category&key=12", "", 200, []string{"新标准", `"name":"供水"`, `"version":2`, `"body":{`}, nil},
		{"history pages", "operator", "GET", "/rulebook/versions?limit=3", "", 200, []string{`"next":"3"`}, nil},
	} {
		req := httptest.NewRequest(c.method, "/api/v1"+c.path, strings.NewReader(c.body))
		if c.as != "" {
			req.Header.Set("Authorization", "Bearer "+c.as)
		}
		if c.body != "" {
			req.Header.Set("Content-Type", "application/json")
		}
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, req)
		got := rec.Body.String()
		if rec.Code != c.status {
			t.Errorf("%s: %d %s", c.name, rec.Code, got)
		}
		for _, s := range c.want {
			if !strings.Contains(got, s) {
				t.Errorf("%s lacks %s: %s", c.name, s, got)
			}
		}
		for _, s := range c.not {
			if strings.Contains(got, s) {
				t.Errorf("%s shows %s: %s", c.name, s, got)
			}
		}
	}
	var n int
	if err := db.QueryRow(context.Background(), "SELECT COUNT(*) FROM audit WHERE actor = 1 AND post = 1").Scan(&n); err != nil || n != 6 {
		t.Errorf("%d audit entries of the admin, want 6 (%v)", n, err)
	}
}
