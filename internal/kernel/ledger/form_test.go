package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

const (
	seat = "dispatcher@990101001"
)

func formBody(fields ...m) m {
	return m{"register": "form_row", "zh": "图书角登记", "en": "Book corners", "purpose": "统一配书", "legal_basis": "公共图书馆法第三十四条", "owner": 21, "expires": "2027-12-31", "people": 20, "per_year": 2, "fields": fields}
}

func TestFormsAskOnceAndEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := openDesk(t, db)
		who := formManager(t)
		shelves := m{"name": "shelves", "zh": "书架数", "en": "Shelves", "why_zh": "按架配书", "why_en": "Books go by shelves", "kind": "number", "required": true, "max": 50}
		kind := m{"name": "rooms", "zh": "所在房间", "en": "Room", "why_zh": "找得到", "why_en": "", "kind": "choice", "options": []m{{"code": "hall", "zh": "大厅", "en": "Hall"}}}
		var problem struct {
			Code   string
			Detail string
			Errors []struct{ Field, Code, Detail string }
			Field  string
		}
		var f ledger.FormView
		for name, c := range map[string]struct {
			body  m
			code  string
			field string
		}{
			"held in a register":  {formBody(m{"name": "phone", "zh": "请填写联系电话", "en": "Telephone number", "why_zh": "", "why_en": "", "kind": "text"}), "already_held", "fields[0]"},
			"held as a standard":  {formBody(m{"name": "g", "zh": "网格", "en": "The grid of it", "why_zh": "", "why_en": "", "kind": "text"}), "already_held", "fields[0]"},
			"no field":            {formBody(), "required", "fields"},
			"without an owner":    {with(formBody(shelves), "owner", 0), "required", "owner"},
			"an unknown owner":    {with(formBody(shelves), "owner", 999), "required", "owner"},
			"without an end":      {with(formBody(shelves), "expires", ""), "required", "expires"},
			"without legal basis": {with(formBody(shelves), "legal_basis", " "), "required", "legal_basis"},
			"without a purpose":   {with(formBody(shelves), "purpose", ""), "required", "purpose"},
			"nobody to fill it":   {with(formBody(shelves), "people", 0), "required", "people"},
		} {
			if s := d.do(t, who, "POST", "/api/v1/forms", c.body, &f); s != 201 {
				t.Fatalf("%s: draft %d", name, s)
			}
			problem.Errors = nil
			if s := d.do(t, who, "POST", fmt.Sprintf("/api/v1/forms/%d/submit", f.ID), m{"version": 1, "burden": f.Burden}, &problem); s != 422 || problem.Code != c.code || problem.Field != c.field || problem.Detail == "" {
				t.Errorf("%s: %d %+v", name, s, problem)
			}
		}
		for name, body := range map[string]m{"ended": with(formBody(shelves), "expires", "2020-01-01"), "no such register": with(formBody(shelves), "register", "nope"), "a choice of nothing": formBody(m{"name": "a", "zh": "甲乙", "en": "Ab", "why_zh": "", "why_en": "", "kind": "choice"}), "twice": formBody(shelves, shelves)} {
			if s := d.do(t, who, "POST", "/api/v1/forms", body, nil); s != 422 {
				t.Errorf("%s: %d", name, s)
			}
		}
		if s := d.do(t, who, "POST", "/api/v1/forms", formBody(shelves, kind), &f); s != 201 || f.Burden != 80 || f.State != "draft" {
			t.Fatalf("%d %+v", s, f)
		}
		row := m{"region": fmt.Sprint(green), "form": f.ID, "title": "绿苑图书角", "x.shelves": 3, "x.rooms": "hall"}
		if s := d.do(t, seat, "POST", "/api/v1/ledger/form_row", m{"fields": row}, nil); s != 422 {
			t.Errorf("a row of a draft: %d", s)
		}
		path := fmt.Sprintf("/api/v1/forms/%d", f.ID)
		for _, step := range []struct {
			who, do string
			body    m
			status  int
			code    string
			state   string
			version int
		}{
			{"+" + who, "publish", m{"version": 1, "burden": 80}, 409, "form_state", "", 0}, // nobody asked for approval
			{who, "submit", m{"version": 1, "burden": 5}, 409, "burden_unseen", "", 0},
			{who, "submit", m{"version": 1, "burden": 80}, 200, "", "submitted", 2},
			{who, "publish", m{"version": 2, "burden": 80}, 409, "own_form", "", 0},
			{"+" + who, "return", m{"version": 2, "note": " "}, 422, "required", "", 0},
			{"+" + who, "return", m{"version": 2, "note": "请说明用途"}, 200, "", "draft", 3},
			{who, "submit", m{"version": 3, "burden": 80}, 200, "", "submitted", 4},
			{"+" + who, "publish", m{"version": 3, "burden": 80}, 409, "stale_version", "", 0},
			{"+" + who, "publish", m{"version": 4, "burden": 79}, 409, "burden_unseen", "", 0},
			{"+" + who, "publish", m{"version": 4, "burden": 80}, 200, "", "published", 5},
		} {
			var got struct {
				Code, State string
				Version     int
			}
			if s := d.do(t, step.who, "POST", path+"/"+step.do, step.body, &got); s != step.status || got.Code != step.code || got.State != step.state || got.Version != step.version {
				t.Fatalf("%s by %s: %d %+v", step.do, step.who, s, got)
			}
		}
		if s := d.do(t, who, "PATCH", path, m{"version": 5, "zh": "x", "en": "x", "fields": []m{}}, nil); s != 409 {
			t.Errorf("a published form is changed: %d", s)
		}
		var made itemJSON
		if s := d.do(t, seat, "POST", "/api/v1/ledger/form_row", m{"fields": row}, &made); s != 201 || made.Fields["x.shelves"] != 3.0 || made.Fields["x.rooms"] != "hall" {
			t.Fatalf("row %d %+v", s, made)
		}
		for name, fields := range map[string]m{"required": with(row, "x.shelves", nil), "too many": with(row, "x.shelves", 51), "unknown option": with(row, "x.rooms", "attic"), "unknown field": with(row, "x.nope", 1)} {
			if s := d.do(t, seat, "POST", "/api/v1/ledger/form_row", m{"fields": fields}, nil); s != 422 {
				t.Errorf("%s: %d", name, s)
			}
		}
		at := fmt.Sprintf("/api/v1/ledger/form_row/%d", made.ID)
		if s := d.do(t, seat, "PATCH", at, m{"version": 1, "fields": m{"x.shelves": 4}}, &made); s != 200 || made.Version != 2 || made.Fields["x.shelves"] != 4.0 || made.Fields["x.rooms"] != "hall" {
			t.Errorf("change %d %+v", s, made)
		}
		if p := verify(t, d.bench); len(p) > 0 {
			t.Error(p)
		}
		var forms struct{ Items []ledger.FormView }
		if s := d.do(t, who, "GET", "/api/v1/forms?propose_close=true", nil, &forms); s != 200 || len(forms.Items) != 0 {
			t.Errorf("a new form is proposed for closing: %d %+v", s, forms)
		}
		old := db.Now() - 91*24*3600*1_000_000
		if err := db.Write(context.Background(), func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE ledger_form SET published_at = ?, read_at = ? WHERE id = ?", old, old, f.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if s := d.do(t, who, "GET", "/api/v1/forms?propose_close=true", nil, &forms); s != 200 || len(forms.Items) != 1 {
			t.Errorf("a form that nobody read is not proposed: %d %+v", s, forms)
		}
		if s := d.do(t, seat, "GET", fmt.Sprintf("/api/v1/ledger/form_row?where=form%%3D%d", f.ID), nil, nil); s != 200 {
			t.Error("list", s)
		}
		if s := d.do(t, who, "GET", "/api/v1/forms?propose_close=true", nil, &forms); s != 200 || len(forms.Items) != 0 {
			t.Errorf("it was read: %d %+v", s, forms)
		}
		if s := d.do(t, seat, "POST", "/api/v1/ledger/form_row", m{"fields": with(with(row, "x.shelves", 9), "title", "蓝天图书角")}, nil); s != 201 {
			t.Fatalf("second row %d", s)
		}
		for query, want := range map[string][]string{
			"where=x.shelves%3E%3D5":                   {"蓝天图书角"},
			"where=x.shelves%3C%3D5":                   {"绿苑图书角"},
			"where=x.rooms%3Dhall&sort=-x.shelves":     {"蓝天图书角", "绿苑图书角"},
			"where=x.rooms%3Dhall&sort=x.shelves":      {"绿苑图书角", "蓝天图书角"},
			"where=x.rooms%21%3Dhall":                  nil,
			"where=x.shelves%3D4&where=x.rooms%3Dhall": {"绿苑图书角"},
		} {
			var list struct{ Items []itemJSON }
			if s := d.do(t, seat, "GET", fmt.Sprintf("/api/v1/ledger/form_row?where=form%%3D%d&%s", f.ID, query), nil, &list); s != 200 || !slices.Equal(labels(list.Items), want) {
				t.Errorf("%s: %d %v, want %v", query, s, labels(list.Items), want)
			}
		}
		var page struct {
			Items []itemJSON
			Next  string
		}
		if s := d.do(t, seat, "GET", fmt.Sprintf("/api/v1/ledger/form_row?where=form%%3D%d&sort=x.shelves&limit=1", f.ID), nil, &page); s != 200 || page.Next == "" {
			t.Fatalf("first page %d %+v", s, page)
		}
		if s := d.do(t, seat, "GET", fmt.Sprintf("/api/v1/ledger/form_row?where=form%%3D%d&sort=x.shelves&limit=1&cursor=%s", f.ID, page.Next), nil, &page); s != 200 || !slices.Equal(labels(page.Items), []string{"蓝天图书角"}) {
			t.Errorf("second page %d %v", s, labels(page.Items))
		}
		var fig ledger.Figure
		if s := d.do(t, seat, "GET", fmt.Sprintf("/api/v1/ledger/form_row/figure?where=form%%3D%d&by=x.rooms&sum=x.shelves", f.ID), nil, &fig); s != 200 || fig.Total != 2 || *fig.Sum != 13 || fig.Items[0].Where != "x.rooms=hall" || fig.Items[0].Name != "大厅" {
			t.Errorf("figure %d %+v", s, fig)
		}
		for _, bad := range []string{"where=x.nope%3D1", "sort=x.nope"} {
			if s := d.do(t, seat, "GET", fmt.Sprintf("/api/v1/ledger/form_row?where=form%%3D%d&%s", f.ID, bad), nil, nil); s != 422 {
				t.Errorf("%s: %d", bad, s)
			}
		}
		if s := d.do(t, who, "POST", path+"/close", m{"version": 5}, &f); s != 200 || f.State != "closed" {
			t.Errorf("close %d %+v", s, f)
		}
		if s := d.do(t, seat, "POST", "/api/v1/ledger/form_row", m{"fields": row}, nil); s != 422 {
			t.Errorf("a row of a closed form: %d", s)
		}
	})
}

func labels(list []itemJSON) []string {
	var out []string
	for _, i := range list {
		out = append(out, i.Label)
	}
	return out
}

// TestFieldsOfADeclaredRegister: a city's own field of clubs is seen by whom it is
// for, refers to rows there are, and stays readable when its form is closed.
func TestFieldsOfADeclaredRegister(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := openDesk(t, db)
		who := formManager(t)
		var parent itemJSON
		if s := d.do(t, clerk, "POST", "/api/v1/ledger/club", m{"fields": clubFields("总社")}, &parent); s != 201 {
			t.Fatal(s)
		}
		body := with(formBody(
			m{"name": "hall_no", "zh": "活动室门牌", "why_zh": "安排场地", "kind": "text"},
			m{"name": "twin", "zh": "结对社团", "why_zh": "联合活动", "kind": "ref", "ref": "club"},
			m{"name": "secret", "zh": "资助意向", "why_zh": "安排经费", "kind": "bool", "class": "account.read"},
		), "register", "club")
		publish := func(body m) ledger.FormView {
			t.Helper()
			var f ledger.FormView
			for _, step := range [][2]string{{who, ""}, {who, "/submit"}, {"+" + who, "/publish"}} {
				path, in := "/api/v1/forms", body
				if step[1] != "" {
					path, in = fmt.Sprintf("/api/v1/forms/%d%s", f.ID, step[1]), m{"version": f.Version, "burden": f.Burden}
				}
				if s := d.do(t, step[0], "POST", path, in, &f); s > 201 {
					t.Fatalf("%s: %d", path, s)
				}
			}
			return f
		}
		f := publish(body)
		var check struct {
			Burden   int
			Problems []ledger.FormProblem
		}
		again := with(formBody(m{"name": "hall_no", "zh": "活动室地址", "why_zh": "安排场地", "kind": "text"}, m{"name": "other", "zh": "结对社团", "why_zh": "联谊", "kind": "text"}, m{"name": "third", "zh": "备案日期", "why_zh": "核对", "kind": "day"}), "register", "club")
		if s := d.do(t, who, "POST", "/api/v1/forms/check", again, &check); s != 200 || check.Burden != 120 || len(check.Problems) != 3 {
			t.Fatalf("check %d %+v", s, check)
		}
		if p := check.Problems; p[0].Code != "invalid" || p[1].At == nil || p[1].At.Form != f.ID || p[1].At.Name != "x.twin" || p[2].At == nil || p[2].At.Register != "club" || p[2].At.Name != "signed" {
			t.Errorf("where it is held: %+v %+v", p[1].At, p[2].At)
		}
		var made itemJSON
		fields := with(with(clubFields("分社"), "x.hall_no", "三号楼一层"), "x.twin", parent.ID)
		if s := d.do(t, clerk, "POST", "/api/v1/ledger/club", m{"fields": fields}, &made); s != 201 || made.Fields["x.hall_no"] != "三号楼一层" || made.Fields["x.twin"].(m)["name"] != "总社" {
			t.Fatalf("%d %+v", s, made)
		}
		for name, bad := range map[string]m{"a row that is not": with(fields, "x.twin", 12345), "not the writer's to see": with(fields, "x.secret", true)} {
			if s := d.do(t, clerk, "POST", "/api/v1/ledger/club", m{"fields": bad}, nil); s != 422 {
				t.Errorf("%s: %d", name, s)
			}
		}
		var refs struct{ Items []ledger.Named }
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club/refs?field=x.twin&q=%E6%80%BB%E7%A4%BE", nil, &refs); s != 200 || len(refs.Items) != 1 {
			t.Errorf("refs %d %+v", s, refs)
		}
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club?where=x.secret%3Dtrue", nil, nil); s != 422 {
			t.Errorf("filtered by what may not be seen: %d", s)
		}
		found := func() (ledger.FieldView, bool) {
			var regs struct{ Items []ledger.RegisterView }
			d.do(t, clerk, "GET", "/api/v1/ledger", nil, &regs)
			for _, r := range regs.Items {
				for _, f := range r.Fields {
					if f.Name == "x.secret" {
						t.Error("a field of another class is shown")
					}
					if r.Code == "club" && f.Name == "x.hall_no" {
						return f, true
					}
				}
			}
			return ledger.FieldView{}, false
		}
		if v, ok := found(); !ok || v.Closed || !v.City {
			t.Errorf("%+v %v", v, ok)
		}
		if s := d.do(t, who, "POST", fmt.Sprintf("/api/v1/forms/%d/close", f.ID), m{"version": f.Version}, &f); s != 200 {
			t.Fatal(s)
		}
		if v, ok := found(); !ok || !v.Closed {
			t.Errorf("closed: %+v %v", v, ok)
		}
		if s := d.do(t, clerk, "PATCH", fmt.Sprintf("/api/v1/ledger/club/%d", made.ID), m{"version": 1, "fields": m{"x.hall_no": "x"}}, nil); s != 422 {
			t.Errorf("a closed field is written: %d", s)
		}
		if s := d.do(t, clerk, "GET", fmt.Sprintf("/api/v1/ledger/club/%d", made.ID), nil, &made); s != 200 || made.Fields["x.hall_no"] != "三号楼一层" {
			t.Errorf("a closed field is lost: %d %+v", s, made.Fields)
		}
		publish(body) // asked anew, the same thing under the same name
		if v, ok := found(); !ok || v.Closed {
			t.Errorf("asked anew: %+v %v", v, ok)
		}
	})
}

// TestEndedRowsAreCorrected: what was entered wrongly is put right with a reason,
// and the row stays ended where it was.
func TestEndedRowsAreCorrected(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := openDesk(t, db)
		var row itemJSON
		if s := d.do(t, clerk, "POST", "/api/v1/ledger/club", m{"fields": with(clubFields("合唱团"), "valid_from", "2026-01-01")}, &row); s != 201 {
			t.Fatal(s)
		}
		at := fmt.Sprintf("/api/v1/ledger/club/%d", row.ID)
		if s := d.do(t, clerk, "POST", at+"/end", m{"version": 1, "day": "2026-10-01", "reason": "解散"}, &row); s != 200 {
			t.Fatal(s)
		}
		var problem struct{ Code string }
		if s := d.do(t, clerk, "PATCH", at, m{"version": 2, "fields": m{"members": 30}}, &problem); s != 409 || problem.Code != "row_ended" {
			t.Errorf("without a reason: %d %+v", s, problem)
		}
		for name, fields := range map[string]m{"moved": {"region": fmt.Sprint(blue)}, "open again": {"state": "active"}, "ends later": {"valid_to": "2099-01-01"}, "no end": {"valid_to": nil}} {
			if s := d.do(t, clerk, "PATCH", at, m{"version": 2, "fields": fields, "reason": "登记有误"}, nil); s != 422 {
				t.Errorf("%s: %d", name, s)
			}
		}
		if s := d.do(t, clerk, "PATCH", at, m{"version": 2, "fields": m{"members": 30, "valid_to": "2026-09-30"}, "reason": "人数登记有误"}, &row); s != 200 || row.Fields["members"] != 30.0 || row.Fields["state"] != "ended" || row.Fields["valid_to"] != "2026-09-30" {
			t.Errorf("corrected: %d %+v", s, row)
		}
		var h struct {
			Items []struct{ Action, Reason string }
		}
		if s := d.do(t, clerk, "GET", at+"/history", nil, &h); s != 200 || h.Items[0].Action != "correct" || h.Items[0].Reason != "人数登记有误" {
			t.Errorf("history %d %+v", s, h)
		}
		if p := verify(t, d.bench); len(p) > 0 {
			t.Error(p)
		}
	})
}

func with(body m, key string, val any) m {
	out := m{}
	for k, v := range body {
		out[k] = v
	}
	out[key] = val
	return out
}

// formManager is a person of a city role that manages forms.
func formManager(t *testing.T) string {
	t.Helper()
	for _, r := range access.Roles() {
		if r.Grants(access.FormManage) && r.Level == access.ByRegion && r.Depths[0] == 4 {
			return r.Code + "@9901"
		}
	}
	t.Fatal("no city role manages forms")
	return ""
}
