package metric_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"linli/internal/figures/metric"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/web"
	"linli/internal/work/cases/casetest"
)

// tokens lets the world's actors in by their account number.
type tokens struct{ w *casetest.World }

func (a tokens) Actor(_ context.Context, token string) (*access.Actor, error) {
	number, english := strings.CutSuffix(token, "en")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(a.w.Actors) {
		return nil, errs.Unauthorized.New()
	}
	actor := *a.w.Actors[n-1]
	if english {
		actor.Lang = "en"
	}
	return &actor, nil
}

func TestAPI(t *testing.T) {
	t.Parallel()
	w := casetest.New(t, storetest.SQLite(t, nil))
	eleven(t, w)
	r := web.New(web.Options{Auth: tokens{w}, Today: w.Today, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Rate: -1})
	t.Cleanup(r.Close)
	service(w).API(r)
	city, here, away, seat := w.Actor("leader", casetest.City), w.Actor("leader", street), w.Actor("leader", 990101002), w.Actor("callback", casetest.City)
	const days = "from=20260101&to=20260131"
	for _, c := range []struct {
		name   string
		actor  *access.Actor
		path   string
		lang   string
		status int
		has    []string
		not    []string
	}{
		{"the catalogue", city, "/api/v1/figures", "", 200, []string{`"id":"solved","name":"诉求解决率","unit":"rate"`, "回访认为已解决数"}, nil},
		{"the catalogue in English", city, "/api/v1/figures", "en", 200, []string{`"name":"Solved, says the reporter"`}, []string{"诉求解决率"}},
		{"nobody signed in", nil, "/api/v1/figures", "", 401, []string{"unauthorized"}, nil},
		{"a role without figures", seat, "/api/v1/cockpit", "", 403, []string{"forbidden"}, nil},
		{"a rate by street", city, "/api/v1/figures/handled_on_time?by=street&" + days, "", 200, []string{`"key":"990101001","label":"区划990101001","numerator":1,"denominator":3,"excluded":8,"value":0.333`, `"n_small":true`}, nil},
		{"a street's own", here, "/api/v1/figures/reported?" + days, "", 200, []string{`"numerator":11`}, nil},
		{"another street's leader sees none of it", away, "/api/v1/figures/reported?by=street&" + days, "", 200, []string{`"rows":[]`, `"numerator":0`}, []string{"990101001"}},
		{"asking beyond the scope is no way in", away, "/api/v1/figures/reported?by=grid&street=990101001&" + days, "", 200, []string{`"rows":[]`, `"numerator":0`}, nil},
		{"several streets", city, "/api/v1/figures/reported?street=990101001,990101002&" + days, "", 200, []string{`"numerator":11`}, nil},
		{"a district", city, "/api/v1/figures/reported?region=990102&" + days, "", 200, []string{`"numerator":0`}, nil},
		{"by day", city, "/api/v1/figures/closed?by=day&from=20260114&to=20260116", "", 200, []string{`"key":"20260114","label":"2026-01-14","numerator":0`, `"key":"20260115","label":"2026-01-15","numerator":3`}, nil},
		{"by status", city, "/api/v1/figures/reported?by=status&" + days, "", 200, []string{`"key":"withdrawn","label":"已撤回","numerator":1`}, nil},
		{"by status, another figure", city, "/api/v1/figures/solved?by=status&" + days, "", 422, []string{`"field":"by"`}, nil},
		{"by what is unknown", city, "/api/v1/figures/solved?by=colour&" + days, "", 422, []string{`"field":"by"`}, nil},
		{"an unknown figure", city, "/api/v1/figures/happiness?" + days, "", 404, []string{"not_found"}, nil},
		{"days that are none", city, "/api/v1/figures/solved?from=20260230&to=20260301", "", 422, []string{`"field":"from"`}, nil},
		{"days upside down", city, "/api/v1/figures/solved?from=20260302&to=20260301", "", 422, []string{`"field":"to"`}, nil},
		{"an unknown channel", city, "/api/v1/figures/solved?channel=pigeon", "", 422, []string{`"field":"channel"`}, nil},
		{"a region that is none", city, "/api/v1/cockpit?region=77", "", 200, nil, nil},
		{"a region of five digits", city, "/api/v1/cockpit?region=99010", "", 422, []string{`"field":"region"`}, nil},
		{"streets that are no numbers", city, "/api/v1/figures/solved?street=a'--", "", 422, []string{`"field":"street"`}, nil},
		{"the cockpit", city, "/api/v1/cockpit?figure=solved&" + days, "", 200, []string{`"id":"resolved_by_unit"`, `"by_category_group":[{"key":"20","label":"大类"`, `"statuses":[{"status":"reported","name":"待受理","count":1}`,
			`"overdue":{"count":`, `"grid_id":101,"code":"990101001001101","name":"第101网格","value":0.5,"n":2,"n_small":true`, `{"day":20260115,"reported":3,"closed":3}`}, nil},
		{"the cockpit of a unit", w.Actor("unit_lead", 1), "/api/v1/cockpit?" + days, "", 200, []string{`"id":"reported","name":"上报数","unit":"count","numerator":6`}, nil},
		{"the cockpit of a unit with nothing", w.Actor("unit_lead", 3), "/api/v1/cockpit?" + days, "", 200, []string{`"numerator":0`, `"items":[]`}, []string{"990101001"}},
	} {
		req := httptest.NewRequest("GET", c.path, nil)
		if c.actor != nil {
			req.Header.Set("Authorization", "Bearer "+strconv.FormatInt(c.actor.Account, 10)+c.lang)
		}
		rec := httptest.NewRecorder()
		r.ServeHTTP(rec, req)
		body := rec.Body.String()
		if rec.Code != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, rec.Code, body, c.status)
			continue
		}
		for _, s := range c.has {
			if !strings.Contains(body, s) {
				t.Errorf("%s: no %s in %s", c.name, s, body)
			}
		}
		for _, s := range c.not {
			if strings.Contains(body, s) {
				t.Errorf("%s: %s must not appear in %s", c.name, s, body)
			}
		}
		if c.status == 200 && !json.Valid(rec.Body.Bytes()) {
			t.Errorf("%s: no JSON", c.name)
		}
	}
	req := httptest.NewRequest("GET", "/api/v1/figures/handled_on_time/export.xlsx?by=street&"+days, nil)
	req.Header.Set("Authorization", "Bearer "+strconv.FormatInt(city.Account, 10))
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	f, err := excelize.OpenReader(bytes.NewReader(rec.Body.Bytes()))
	ok(t, err)
	rows, err := f.GetRows(f.GetSheetName(0))
	ok(t, err)
	if got := strings.Join(rows[1], "|"); got != "区划990101001|1|3|8|33.33|6.15|79.23|样本少于 30 件，不宜排名" {
		t.Errorf("exported row: %s", got)
	}
	if got := strings.Join(rows[2], "|"); !strings.HasPrefix(got, "合计|1|3|8|33.33") {
		t.Errorf("exported total: %s", got)
	}
	if f, err := metric.ByID("handled_on_time"); err != nil || !strings.Contains(rows[4][0], f.Says.Definition.ZH) {
		t.Errorf("the meaning is missing: %v", rows)
	}
}
