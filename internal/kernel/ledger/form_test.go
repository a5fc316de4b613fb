package ledger_test

import (
	"context"
	"fmt"
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
		kind := m{"name": "rooms", "zh": "所在房间", "en": "Room", "why_zh": "", "why_en": "", "kind": "choice", "options": []m{{"code": "hall", "zh": "大厅", "en": "Hall"}}}
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
			if s := d.do(t, who, "POST", fmt.Sprintf("/api/v1/forms/%d/publish", f.ID), m{"version": 1, "burden": f.Burden}, &problem); s != 422 || problem.Code != c.code || problem.Field != c.field || problem.Detail == "" {
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
		if s := d.do(t, who, "POST", path+"/publish", m{"version": 1, "burden": 5}, &problem); s != 409 || problem.Code != "burden_unseen" {
			t.Errorf("published without a look at the burden: %d %+v", s, problem)
		}
		if s := d.do(t, who, "POST", path+"/publish", m{"version": 1, "burden": 80}, &f); s != 200 || f.State != "published" {
			t.Fatalf("publish %d %+v", s, f)
		}
		if s := d.do(t, who, "PATCH", path, m{"version": 2, "zh": "x", "en": "x", "fields": []m{}}, nil); s != 409 {
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
		if s := d.do(t, who, "POST", path+"/close", m{"version": 2}, &f); s != 200 || f.State != "closed" {
			t.Errorf("close %d %+v", s, f)
		}
		if s := d.do(t, seat, "POST", "/api/v1/ledger/form_row", m{"fields": row}, nil); s != 422 {
			t.Errorf("a row of a closed form: %d", s)
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
