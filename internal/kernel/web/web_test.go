package web

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

type badgeIn struct {
	ID   int64  `path:"id"`
	Kind string `query:"kind" enum:"red,blue"`
	Body struct {
		Title string   `json:"title" minLength:"1" maxLength:"5"`
		Lon   float64  `json:"lon" minimum:"-180" maximum:"180"`
		Tags  []string `json:"tags,omitempty" maxItems:"2"`
		Items []struct {
			Name string `json:"name" maxLength:"3"`
		} `json:"items,omitempty"`
	}
}

type badgeOut struct{ Body badge }

type badge struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
	By    int64  `json:"by"`
}

// tokens is an Authenticator for tests.
type tokens map[string]*access.Actor

func (m tokens) Actor(_ context.Context, token string) (*access.Actor, error) {
	if token == "broken" {
		return nil, errs.Unavailable.New()
	}
	if a := m[token]; a != nil {
		return a, nil
	}
	return nil, errs.Unauthorized.New()
}

func people() tokens {
	post := func(id int64, role string, region int64) []access.Post {
		return []access.Post{{ID: id, Account: id, Role: role, Region: region, From: 20200101}}
	}
	return tokens{
		"operator": {Account: 11, Lang: "zh", Posts: post(1, "operator", 9901)},
		"english":  {Account: 12, Lang: "en", Posts: post(2, "operator", 9901)},
		"auditor":  {Account: 13, Posts: post(3, "auditor", 9901)},
	}
}

func quiet() *slog.Logger { return slog.New(slog.NewJSONHandler(io.Discard, nil)) }

func newTestRouter(t testing.TB, opt Options) *Router {
	t.Helper()
	if opt.Auth == nil {
		opt.Auth = people()
	}
	if opt.Log == nil {
		opt.Log = quiet()
	}
	r := New(opt)
	Register(r, Op{ID: "make-badge", Method: "POST", Path: "/api/v1/badges/{id}", Policy: access.Needs(access.CaseReport), Summary: "制作", Status: 201},
		func(_ context.Context, scope access.Scope, in *badgeIn) (*badgeOut, error) {
			switch in.Body.Title {
			case "gone":
				return nil, errs.NotFound.New()
			case "boom":
				return nil, io.ErrUnexpectedEOF
			case "panic":
				panic("secret words")
			}
			return &badgeOut{badge{in.ID, in.Body.Title, scope.Account()}}, nil
		})
	Register(r, Op{ID: "public", Method: "GET", Path: "/api/v1/public", Policy: access.Public},
		func(context.Context, access.Scope, *struct{}) (*struct{ Body string }, error) {
			return &struct{ Body string }{"hello"}, nil
		})
	return r
}

type scenario struct {
	name, method, path, body string
	header                   map[string]string
	status                   int
	want, not                []string
	problem                  map[string]any
}

func (s scenario) run(t *testing.T, h http.Handler) *http.Response {
	t.Helper()
	req := httptest.NewRequest(s.method, s.path, strings.NewReader(s.body))
	if s.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range s.header {
		req.Header.Set(k, v)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	got := rec.Body.String()
	if rec.Code != s.status {
		t.Fatalf("status %d, want %d: %s", rec.Code, s.status, got)
	}
	for _, w := range s.want {
		if !strings.Contains(got, w) {
			t.Errorf("answer lacks %q: %s", w, got)
		}
	}
	for _, n := range s.not {
		if strings.Contains(got, n) {
			t.Errorf("answer contains %q: %s", n, got)
		}
	}
	if s.problem != nil {
		if ct := rec.Header().Get("Content-Type"); ct != "application/problem+json" {
			t.Errorf("content type %q", ct)
		}
		var p map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		for k, v := range s.problem {
			if diff := cmp.Diff(v, p[k]); diff != "" {
				t.Errorf("problem %s: %s", k, diff)
			}
		}
		if p["request_id"] == "" || p["request_id"] != rec.Header().Get("X-Request-Id") {
			t.Errorf("request id %v", p["request_id"])
		}
	}
	return rec.Result()
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

func with(h map[string]string, k, v string) map[string]string {
	h[k] = v
	return h
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	r := newTestRouter(t, Options{})
	ok := `{"title":"甲乙","lon":1.5}`
	jargon := []string{"expected", "property", "@", "body.", "json:", "\u001f"}
	for _, s := range []scenario{
		{name: "answers with the account of the session", method: "POST", path: "/api/v1/badges/7", body: ok, header: bearer("operator"), status: 201,
			want: []string{`{"id":7,"title":"甲乙","by":11}`}, not: []string{"$schema"}},
		{name: "takes the cookie", method: "POST", path: "/api/v1/badges/7", body: ok, header: map[string]string{"Cookie": "a=b; linli_session=operator"}, status: 201},
		{name: "refuses nobody", method: "POST", path: "/api/v1/badges/7", body: ok, status: 401, problem: map[string]any{"code": "unauthorized", "detail": "请先登录。"}},
		{name: "refuses a dead token", method: "POST", path: "/api/v1/badges/7", body: ok, header: bearer("old"), status: 401, problem: map[string]any{"code": "unauthorized"}},
		{name: "refuses a post without the permission before it reads the body", method: "POST", path: "/api/v1/badges/7", body: `{`, header: bearer("auditor"), status: 403, problem: map[string]any{"code": "forbidden"}},
		{name: "says when the session store is down", method: "POST", path: "/api/v1/badges/7", body: ok, header: bearer("broken"), status: 503, problem: map[string]any{"code": "unavailable"}},
		{name: "public ignores a dead token", method: "GET", path: "/api/v1/public", header: bearer("old"), status: 200, want: []string{"hello"}},
		{name: "names a missing field", method: "POST", path: "/api/v1/badges/7", body: `{"lon":1}`, header: bearer("operator"), status: 422, not: jargon,
			problem: map[string]any{"code": "required", "field": "title", "detail": "请填写标题。"}},
		{name: "names a missing field in English", method: "POST", path: "/api/v1/badges/7", body: `{"lon":1}`, header: bearer("english"), status: 422,
			problem: map[string]any{"code": "required", "field": "title", "detail": "Please fill in title."}},
		{name: "a long text", method: "POST", path: "/api/v1/badges/7", body: `{"title":"甲乙丙丁戊己","lon":1}`, header: bearer("operator"), status: 422, not: jargon,
			problem: map[string]any{"code": "too_long", "field": "title", "detail": "标题太长，最多 5 个字。"}},
		{name: "a number out of range", method: "POST", path: "/api/v1/badges/7", body: `{"title":"甲","lon":500}`, header: bearer("operator"), status: 422, not: jargon,
			problem: map[string]any{"code": "invalid", "field": "lon", "detail": "经度有误：不能大于 180"}},
		{name: "several fields", method: "POST", path: "/api/v1/badges/7", body: `{"title":"","lon":500,"zzz":1,"items":[{"name":"甲乙丙丁"}]}`, header: bearer("operator"), status: 422, not: jargon,
			problem: map[string]any{"code": "invalid"}, want: []string{`"field":"zzz"`, `"field":"lon"`, `第 1 项的姓名或名称太长`}},
		{name: "a wrong type", method: "POST", path: "/api/v1/badges/7", body: `{"title":5,"lon":"x"}`, header: bearer("operator"), status: 422, not: jargon, want: []string{"请填写文字", "请填写数字"}},
		{name: "a bad path parameter", method: "POST", path: "/api/v1/badges/x", body: ok, header: bearer("operator"), status: 422, not: jargon,
			problem: map[string]any{"code": "invalid", "field": "id", "detail": "编号有误：请填写整数"}},
		{name: "a bad choice", method: "POST", path: "/api/v1/badges/7?kind=green", body: ok, header: bearer("operator"), status: 422, not: jargon,
			problem: map[string]any{"code": "invalid", "field": "kind", "detail": "类型有误：请从以下选项中选择：red, blue"}},
		{name: "broken JSON", method: "POST", path: "/api/v1/badges/7", body: `{"title`, header: bearer("operator"), status: 400, not: jargon, problem: map[string]any{"code": "malformed"}},
		{name: "no body", method: "POST", path: "/api/v1/badges/7", header: bearer("operator"), status: 400, problem: map[string]any{"code": "malformed"}},
		{name: "not JSON", method: "POST", path: "/api/v1/badges/7", body: ok, header: with(bearer("operator"), "Content-Type", "text/yaml"), status: 415, problem: map[string]any{"code": "unsupported_media_type"}},
		{name: "invalid UTF-8", method: "POST", path: "/api/v1/badges/7", body: "{\"title\":\"\xff\xfe\",\"lon\":1}", header: bearer("operator"), status: 400, problem: map[string]any{"code": "bad_encoding"}},
		{name: "NUL", method: "POST", path: "/api/v1/badges/7", body: `{"title":"a\u0000","lon":1}`, header: bearer("operator"), status: 400, problem: map[string]any{"code": "bad_encoding"}},
		{name: "NUL after a backslash", method: "POST", path: "/api/v1/badges/7", body: `{"title":"a\\\u0000","lon":1}`, header: bearer("operator"), status: 400, problem: map[string]any{"code": "bad_encoding"}},
		{name: "NUL in the query", method: "POST", path: "/api/v1/badges/7?x=%00", body: `{"title":"a","lon":1}`, header: bearer("operator"), status: 400, problem: map[string]any{"code": "bad_encoding"}},
		{name: "invalid UTF-8 in the query", method: "POST", path: "/api/v1/badges/7?x=%ff", body: `{"title":"a","lon":1}`, header: bearer("operator"), status: 400, problem: map[string]any{"code": "bad_encoding"}},
		{name: "20 MB of text", method: "POST", path: "/api/v1/badges/7", body: `{"title":"` + strings.Repeat("甲", 7<<20) + `"}`, header: bearer("operator"), status: 413, problem: map[string]any{"code": "too_large", "detail": "内容太大，最多 1 MB。"}},
		{name: "an error of the catalogue", method: "POST", path: "/api/v1/badges/7", body: `{"title":"gone","lon":1}`, header: bearer("operator"), status: 404, problem: map[string]any{"code": "not_found", "title": "没有找到"}},
		{name: "a fault shows nothing of itself", method: "POST", path: "/api/v1/badges/7", body: `{"title":"boom","lon":1}`, header: bearer("operator"), status: 500, not: []string{"EOF"}, problem: map[string]any{"code": "internal"}},
		{name: "a panic shows nothing of itself", method: "POST", path: "/api/v1/badges/7", body: `{"title":"panic","lon":1}`, header: bearer("operator"), status: 500, not: []string{"secret", "goroutine"}, problem: map[string]any{"code": "internal"}},
		{name: "an unknown path", method: "GET", path: "/api/v1/none", status: 404, problem: map[string]any{"code": "not_found"}},
		{name: "another method", method: "DELETE", path: "/api/v1/public", status: 405, problem: map[string]any{"code": "method_not_allowed"}},
		{name: "a foreign site", method: "POST", path: "/api/v1/badges/7", body: ok, header: with(bearer("operator"), "Sec-Fetch-Site", "cross-site"), status: 403, problem: map[string]any{"code": "cross_origin"}},
		{name: "English by header", method: "GET", path: "/api/v1/none", header: map[string]string{"Accept-Language": "fr, en;q=0.8, zh;q=0.5"}, status: 404, problem: map[string]any{"title": "Not found"}},
		{name: "English by header for a Chinese account", method: "POST", path: "/api/v1/badges/7", body: `{"title":"gone","lon":1}`, header: with(bearer("operator"), "Accept-Language", "en-GB"), status: 404, problem: map[string]any{"title": "Not found"}},
		{name: "the account's language without a header", method: "POST", path: "/api/v1/badges/7", body: `{"title":"gone","lon":1}`, header: bearer("english"), status: 404, problem: map[string]any{"title": "Not found"}},
		{name: "the account's language with a header in another", method: "POST", path: "/api/v1/badges/7", body: `{"title":"gone","lon":1}`, header: with(bearer("english"), "Accept-Language", "fr"), status: 404, problem: map[string]any{"title": "Not found"}},
		{name: "the account's language on what the browser opens by itself", method: "POST", path: "/api/v1/badges/7", body: `{"title":"gone","lon":1}`, header: with(with(bearer("english"), "Accept-Language", "zh-CN"), "Sec-Fetch-Mode", "navigate"), status: 404, problem: map[string]any{"title": "Not found"}},
		{name: "healthz", method: "GET", path: "/healthz", status: 200, want: []string{"ok"}},
		{name: "readyz", method: "GET", path: "/readyz", status: 200},
		{name: "docs page without inline script", method: "GET", path: "/api/docs", status: 200, want: []string{`src="/api/docs/docs.js"`}, not: []string{"https://", "<script>"}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			res := s.run(t, r)
			if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
				t.Errorf("csp %q", csp)
			}
		})
	}
}
