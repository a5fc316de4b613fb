package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/web"
)

// people signs in by role and place, "role@region", as one account, or as another
// one with "+" before it.
type people struct{}

func (people) Actor(_ context.Context, token string) (*access.Actor, error) {
	account := worker
	if rest, ok := strings.CutPrefix(token, "+"); ok {
		account, token = worker+1, rest
	}
	role, at, _ := strings.Cut(token, "@")
	p := access.Post{ID: 1, Role: role, From: 20200101}
	if _, err := fmt.Sscan(at, &p.Region); err != nil {
		return nil, errs.Unauthorized.New()
	}
	return &access.Actor{Account: account, Login: role, Lang: "zh", Posts: []access.Post{p}}, nil
}

// desk is the program's front door over the example registers.
type desk struct {
	*bench
	web *web.Router
}

func openDesk(t testing.TB, db *store.DB) *desk {
	b := open(t, db)
	d := &desk{b, web.New(web.Options{Auth: people{}, DB: db, Today: func() int { return today }})}
	b.API(d.web)
	return d
}

func (d *desk) do(t testing.TB, who, method, path string, body any, into any, headers ...string) int {
	t.Helper()
	var in bytes.Buffer
	switch b := body.(type) {
	case nil:
	case []byte:
		in.Write(b)
	default:
		if err := json.NewEncoder(&in).Encode(b); err != nil {
			t.Fatal(err)
		}
	}
	req := httptest.NewRequest(method, path, &in)
	req.Header.Set("Authorization", "Bearer "+who)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	d.web.ServeHTTP(rec, req)
	if into != nil {
		if raw, ok := into.(*[]byte); ok {
			*raw = rec.Body.Bytes()
		} else if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
			t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
		}
	}
	return rec.Code
}

type m = map[string]any

type itemJSON struct {
	ID      int64
	Version int
	Label   string
	InForce bool `json:"in_force"`
	Fields  m
}

const (
	clerk = "street_clerk@990101001"
	other = "street_clerk@990102001"
)

func clubFields(name string) m {
	return m{"region": fmt.Sprint(green), "name": name, "kind": "music", "topics": []string{"sing"}, "leader": worker, "members": 12, "signed": "2026-03-01", "open": true, "contact": "李小红", "phone": "13812345678"}
}

func TestRegisterOverHTTP(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := openDesk(t, db)
		var made, again itemJSON
		if s := d.do(t, clerk, "POST", "/api/v1/ledger/club", m{"fields": clubFields("晨曲合唱团")}, &made, "Idempotency-Key", "one"); s != 201 || made.Version != 1 || made.Label != "晨曲合唱团" || !made.InForce {
			t.Fatalf("%d %+v", s, made)
		}
		if s := d.do(t, clerk, "POST", "/api/v1/ledger/club", m{"fields": clubFields("晨曲合唱团")}, &again, "Idempotency-Key", "one"); s != 201 || again.ID != made.ID {
			t.Errorf("the same request again: %d %+v", s, again)
		}
		f := made.Fields
		if f["phone"] != "138****5678" || f["contact"] != "李**" || f["signed"] != "2026-03-01" || f["valid_to"] != nil || f["leader"].(m)["name"] != "王建国" || f["region"].(m)["code"] != fmt.Sprint(green) || f["members"] != 12.0 {
			t.Errorf("fields %v", f)
		}
		if _, ok := f["budget"]; ok {
			t.Error("a field of a class that the clerk has not is shown")
		}
		path := fmt.Sprintf("/api/v1/ledger/club/%d", made.ID)
		var problem struct {
			Code   string
			Field  string
			Detail string
			Errors []struct{ Field string }
			Params m
		}
		if s := d.do(t, clerk, "PATCH", path, m{"version": 1, "fields": m{"members": 20, "phone": "138****5678"}, "reason": "新成员"}, &made); s != 200 || made.Version != 2 || made.Fields["members"] != 20.0 {
			t.Errorf("change %d %+v", s, made)
		}
		if s := d.do(t, clerk, "PATCH", path, m{"version": 1, "fields": m{"members": 21}}, &problem); s != 409 || problem.Code != "stale_version" || len(problem.Params["changed"].([]any)) != 1 {
			t.Errorf("a stale change %d %+v", s, problem)
		}
		for name, c := range map[string]struct {
			fields m
			field  string
		}{
			"unknown field":        {m{"nope": 1}, "nope"},
			"a class that is not":  {m{"budget": 2}, "budget"},
			"text for a number":    {m{"members": "many"}, "members"},
			"a number for a text":  {m{"name": 5}, "name"},
			"no day":               {m{"signed": "2026-02-30"}, "signed"},
			"several at once":      {m{"name": "", "members": -1}, "name"},
			"somebody else's club": {m{"parent": 12345}, "parent"},
			"void":                 {m{"state": "void"}, "state"},
		} {
			problem.Errors = nil
			if s := d.do(t, clerk, "PATCH", path, m{"version": 2, "fields": c.fields}, &problem); s != 422 || problem.Field != c.field {
				t.Errorf("%s: %d %+v", name, s, problem)
			}
			if name == "several at once" && len(problem.Errors) != 2 {
				t.Errorf("not all that is wrong is told: %+v", problem)
			}
		}
		for _, c := range []struct {
			who, method, path string
			body              any
			want              int
		}{
			{other, "GET", path, nil, 404}, {other, "PATCH", path, m{"version": 2, "fields": m{}}, 404}, {other, "POST", path + "/end", m{"version": 2}, 404}, {other, "GET", path + "/history", nil, 404},
			{other, "POST", path + "/reveal", m{"purpose": "核对"}, 404}, {"handler@990101", "GET", path, nil, 403}, {"nobody", "GET", path, nil, 401}, {clerk, "GET", "/api/v1/ledger/nothing", nil, 404},
			{clerk, "GET", "/api/v1/ledger/club?where=budget>=1", nil, 422}, {clerk, "GET", "/api/v1/ledger/club?cursor=x", nil, 422}, {clerk, "GET", "/api/v1/ledger/club?sort=name&cursor=eyJ2Ijo1LCJpIjoxfQ", nil, 422},
		} {
			if s := d.do(t, c.who, c.method, c.path, c.body, nil); s != c.want {
				t.Errorf("%s %s %s: %d, want %d", c.who, c.method, c.path, s, c.want)
			}
		}
		var shown struct{ Fields map[string]string }
		if s := d.do(t, clerk, "POST", path+"/reveal", m{"purpose": "通知排练"}, &shown); s != 200 || shown.Fields["phone"] != "13812345678" || shown.Fields["contact"] != "李小红" {
			t.Errorf("reveal %d %v", s, shown)
		}
		var list struct {
			Items []itemJSON
			Next  string
			Count *int
		}
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club?where=kind%3Dmusic&where=on%3D2026-11-28&q=%E5%90%88%E5%94%B1&count=true", nil, &list); s != 200 || len(list.Items) != 1 || *list.Count != 1 {
			t.Errorf("list %d %+v", s, list)
		}
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club?phone=138%201234%205678", nil, &list); s != 200 || len(list.Items) != 1 {
			t.Errorf("by telephone %d %+v", s, list)
		}
		if s := d.do(t, clerk, "POST", path+"/end", m{"version": 2, "reason": "解散"}, &made); s != 200 || made.InForce || made.Fields["valid_to"] != "2026-11-28" {
			t.Errorf("end %d %+v", s, made)
		}
		var history struct {
			Items []struct {
				Action, Reason string
				Actor          ledger.Named
				Changes        []struct {
					Field         string
					Before, After any
				}
			}
		}
		if s := d.do(t, clerk, "GET", path+"/history", nil, &history); s != 200 || len(history.Items) != 3 || history.Items[1].Reason != "新成员" || history.Items[1].Actor.Name != "王建国" || history.Items[1].Changes[0].Before != 12.0 {
			t.Errorf("history %d %+v", s, history)
		}
		if slices.ContainsFunc(history.Items[2].Changes, func(c struct {
			Field         string
			Before, After any
		}) bool {
			return c.Field == "budget"
		}) {
			t.Error("the history shows a hidden field")
		}
		var meta struct {
			Items []struct {
				Code   string
				May    m
				Fields []m
			}
		}
		if s := d.do(t, clerk, "GET", "/api/v1/ledger", nil, &meta); s != 200 || len(meta.Items) != 2 || meta.Items[0].May["write"] != true || slices.ContainsFunc(meta.Items[0].Fields, func(f m) bool { return f["name"] == "budget" }) {
			t.Errorf("meta %d %+v", s, meta)
		}
		var refs struct{ Items []ledger.Named }
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club/refs?field=leader&q=%E7%8E%8B", nil, &refs); s != 200 || len(refs.Items) != 1 {
			t.Errorf("refs %d %+v", s, refs)
		}
		if s := d.do(t, clerk, "GET", "/api/openapi.json", nil, &m{}); s != http.StatusOK {
			t.Error("document", s)
		}
		if p := verify(t, d.bench); len(p) > 0 {
			t.Error(p)
		}
	})
}

func jsonInto(raw []byte, into any) error { return json.Unmarshal(raw, into) }
