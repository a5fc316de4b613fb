package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

func TestOperationWithoutPolicyDoesNotStart(t *testing.T) {
	t.Parallel()
	none := func(context.Context, access.Scope, *struct{}) (*struct{}, error) { return nil, nil }
	for name, op := range map[string]Op{
		"no policy": {ID: "x", Method: "GET", Path: "/x"},
		"no id":     {Method: "GET", Path: "/x", Policy: access.Public},
		"twice":     {ID: "public", Method: "GET", Path: "/x", Policy: access.Public},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("started")
				}
			}()
			Register(newTestRouter(t, Options{}), op, none)
		})
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	type pos struct {
		At int64 `json:"a"`
		ID int64 `json:"i"`
	}
	c := Cursor(pos{1 << 52, 7})
	var got pos
	if ok, err := ParseCursor(c, &got); !ok || err != nil || got != (pos{1 << 52, 7}) {
		t.Fatal(ok, err, got)
	}
	if ok, err := ParseCursor("", &got); ok || err != nil {
		t.Error(ok, err)
	}
	for _, bad := range []string{"!", "e30x", c + "A", Cursor(map[string]any{"a": 1, "x": 2}), Cursor("text"), strings.Repeat("A", 2000), "bnVsbCAx"} {
		var p pos
		_, err := ParseCursor(bad, &p)
		if !errs.Is(err, errs.Invalid) || errs.As(err).Field != "cursor" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLoadShedding(t *testing.T) {
	t.Parallel()
	r := newTestRouter(t, Options{MaxInFlight: 1, Rate: -1})
	begun, end := make(chan struct{}), make(chan struct{})
	Register(r, Op{ID: "slow", Method: "GET", Path: "/slow", Policy: access.Public},
		func(context.Context, access.Scope, *struct{}) (*struct{}, error) {
			close(begun)
			<-end
			return nil, nil
		})
	Register(r, Op{ID: "hazard", Method: "GET", Path: "/hazard", Policy: access.Public, Urgent: true},
		func(context.Context, access.Scope, *struct{}) (*struct{}, error) { return nil, nil })
	var wg sync.WaitGroup
	wg.Go(func() { r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/slow", nil)) })
	<-begun
	res := scenario{method: "GET", path: "/api/v1/public", status: 503, problem: map[string]any{"code": "unavailable"}}.run(t, r)
	if res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	scenario{method: "GET", path: "/hazard", status: 204}.run(t, r)
	close(end)
	wg.Wait()
	scenario{method: "GET", path: "/api/v1/public", status: 200}.run(t, r)
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	r := newTestRouter(t, Options{Rate: 0.001, Burst: 3})
	for range 3 {
		scenario{method: "GET", path: "/api/v1/public", status: 200}.run(t, r)
	}
	res := scenario{method: "GET", path: "/api/v1/public", status: 429, problem: map[string]any{"code": "busy"}}.run(t, r)
	if res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	scenario{method: "GET", path: "/api/v1/public", header: bearer("operator"), status: 200}.run(t, r) // an account has its own allowance
	scenario{method: "GET", path: "/healthz", status: 200}.run(t, r)
	l := newLimiter(1, 1)
	for i := range 3 * limitMost {
		l.bucket(limitKey{account: int64(i)}, l.every, l.burst, time.Now())
	}
	if n := len(l.now) + len(l.old); n > 2*limitMost {
		t.Errorf("%d buckets", n)
	}
}

func TestClientIP(t *testing.T) {
	t.Parallel()
	r := newTestRouter(t, Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.9:1", "198.51.100.1", "203.0.113.9"}, // not a proxy of ours: not believed
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "6.6.6.6, 198.51.100.1, 10.0.0.7", "198.51.100.1"},
		{"10.0.0.1:1", "nonsense", "10.0.0.1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
	} {
		req := httptest.NewRequest("GET", "/", nil)
		req.RemoteAddr = c.remote
		if c.forwarded != "" {
			req.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := r.clientIP(req).String(); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	if got := requestID("proxy-id_0.1"); got != "proxy-id_0.1" {
		t.Error(got)
	}
	for _, bad := range []string{"", "short", "has space in it", "new\nline-here", strings.Repeat("a", 65), "标识标识标识"} {
		if got := requestID(bad); got == bad || got == "" {
			t.Errorf("%q → %q", bad, got)
		}
	}
}

func TestDeadlineAndCancel(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := newTestRouter(t, Options{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	Register(r, Op{ID: "wait", Method: "GET", Path: "/wait", Policy: access.Public, Timeout: time.Millisecond},
		func(ctx context.Context, _ access.Scope, _ *struct{}) (*struct{}, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
	scenario{method: "GET", path: "/wait", status: 503, problem: map[string]any{"code": "timeout"}}.run(t, r)
	log.Reset()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, httptest.NewRequest("GET", "/wait", nil).WithContext(ctx))
	if rec.Code != 499 || strings.Contains(log.String(), "ERROR") {
		t.Errorf("%d %s", rec.Code, log.String())
	}
}

func TestLogHoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := newTestRouter(t, Options{Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	scenario{method: "POST", path: "/api/v1/badges/7?kind=red&q=geheim", body: `{"title":"机密","lon":1}`, header: with(bearer("operator"), "X-Request-Id", "trace-0001"), status: 201}.run(t, r)
	line := log.String()
	for _, w := range []string{`"request_id":"trace-0001"`, `"op":"make-badge"`, `"status":201`, `"account":11`, `"micros"`} {
		if !strings.Contains(line, w) {
			t.Errorf("log lacks %s: %s", w, line)
		}
	}
	for _, n := range []string{"机密", "geheim", "operator", "/badges/7"} {
		if strings.Contains(line, n) {
			t.Errorf("log contains %s: %s", n, line)
		}
	}
	log.Reset()
	scenario{method: "POST", path: "/api/v1/badges/7", body: `{"title":"boom","lon":1}`, header: bearer("operator"), status: 500}.run(t, r)
	if !strings.Contains(log.String(), "unexpected EOF") || !strings.Contains(log.String(), "ERROR") {
		t.Errorf("the cause is not logged: %s", log.String())
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := newTestRouter(t, Options{})
	scenario{method: "GET", path: "/api/v1/public", status: 200}.run(t, r)
	req := httptest.NewRequest("GET", "/metrics", nil)
	req.RemoteAddr = "127.0.0.1:1"
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	for _, w := range []string{`linli_http_requests_total{class="2xx",op="public"} 1`, `linli_http_request_seconds_count{op="public"} 1`, "linli_http_in_flight", "go_goroutines"} {
		if !strings.Contains(rec.Body.String(), w) {
			t.Errorf("metrics lack %s", w)
		}
	}
	req.RemoteAddr = "203.0.113.1:1"
	rec = httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	if rec.Code != 404 {
		t.Errorf("metrics shown to the world: %d", rec.Code)
	}
}

func TestReadyMeansIt(t *testing.T) {
	t.Parallel()
	var down error
	r := newTestRouter(t, Options{Ready: func(context.Context) error { return down }})
	scenario{method: "GET", path: "/readyz", status: 200}.run(t, r)
	down = errors.New("disk secret")
	scenario{method: "GET", path: "/readyz", status: 503, not: []string{"secret"}}.run(t, r)
	down = nil
	r.Close()
	scenario{method: "GET", path: "/readyz", status: 503}.run(t, r)
	scenario{method: "GET", path: "/healthz", status: 200}.run(t, r)
}

func TestSpec(t *testing.T) {
	t.Parallel()
	r := newTestRouter(t, Options{})
	Handle(r, Op{ID: "raw", Method: "GET", Path: "/api/v1/raw/{name}", Policy: access.SignedIn, Produces: "application/geo+json"},
		func(context.Context, access.Scope, http.ResponseWriter, *http.Request) error { return nil })
	Handle(r, Op{ID: "root", Method: "POST", Path: "/api/v1/root/{$}", Policy: access.SignedIn, Takes: []string{"text/csv"}, Answers: []int{418}, Params: struct {
		Dry   bool   `query:"dry" required:"true" doc:"only check"`
		Trace string `header:"X-Trace"`
		None  string
	}{}}, func(context.Context, access.Scope, http.ResponseWriter, *http.Request) error { return nil })
	Handle(r, Op{ID: "tree", Method: "PATCH", Path: "/api/v1/tree/{rest...}", Policy: access.SignedIn, Body: -1},
		func(context.Context, access.Scope, http.ResponseWriter, *http.Request) error { return nil })
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string                    `json:"operationId"`
			Security    []map[string][]string     `json:"security"`
			Policy      string                    `json:"x-policy"`
			Responses   map[string]map[string]any `json:"responses"`
			Parameters  []map[string]any          `json:"parameters"`
			Body        struct {
				Content map[string]any `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
		Components struct {
			Schemas         map[string]any `json:"schemas"`
			SecuritySchemes map[string]any `json:"securitySchemes"`
		} `json:"components"`
		Problems []map[string]any `json:"x-problems"`
	}
	rec := httptest.NewRecorder()
	req := httptest.NewRequest("GET", "/api/openapi.json", nil)
	req.Header.Set("Accept-Encoding", "gzip, br")
	r.ServeHTTP(rec, req)
	z, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	op := doc.Paths["/api/v1/badges/{id}"]["post"]
	if doc.OpenAPI != "3.1.0" || op.OperationID != "make-badge" || op.Policy != "case.report" || len(op.Security) != 2 {
		t.Errorf("%+v", op)
	}
	for _, code := range []string{"201", "400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "503"} {
		if op.Responses[code] == nil {
			t.Errorf("no response %s", code)
		}
	}
	if raw := doc.Paths["/api/v1/raw/{name}"]["get"]; raw.Responses["200"] == nil || len(raw.Parameters) != 2 {
		t.Errorf("%+v", raw)
	}
	root := doc.Paths["/api/v1/root/"]["post"]
	var params []string
	for _, p := range root.Parameters {
		params = append(params, fmt.Sprint(p["in"], " ", p["name"], " ", p["required"]))
	}
	if diff := cmp.Diff([]string{"header Accept-Language <nil>", "query dry true", "header X-Trace <nil>"}, params); diff != "" {
		t.Error(diff)
	}
	if root.Responses["418"] == nil || root.Body.Content["text/csv"] == nil {
		t.Errorf("%+v", root)
	}
	for path := range doc.Paths {
		if rest := pathParam.ReplaceAllString(path, ""); strings.ContainsAny(rest, "{}$.") {
			t.Errorf("path %s", path)
		}
	}
	if doc.Components.Schemas["Problem"] == nil || doc.Components.SecuritySchemes["bearer"] == nil || len(doc.Problems) < 20 {
		t.Error("components are incomplete")
	}
	if doc.Components.Schemas["WebBadge"] == nil && doc.Components.Schemas["Badge"] == nil {
		t.Errorf("schemas: %v", doc.Components.Schemas)
	}
}

func site(t *testing.T) *Site {
	t.Helper()
	page := `<html><meta name="csp-nonce" content="__CSP_NONCE__">`
	s, err := Static(fstest.MapFS{
		"index.html":                        {Data: []byte(page + "home")},
		"desk/index.html":                   {Data: []byte(page + "desk")},
		"assets/index-BxT3k9aZ.js":          {Data: []byte(strings.Repeat("let a = 1;\n", 200))},
		"assets/style-CxT3k9aZ.css":         {Data: []byte("a{}")},
		"assets/style-CxT3k9aZ.css.br":      {Data: []byte("brotli")},
		"manifest.webmanifest":              {Data: []byte("{}")},
		"worker/sw.js":                      {Data: []byte("x")},
		"assets/maplibre-worker.B12cD3e.js": {Data: []byte("x")},
		".secret":                           {Data: []byte("no")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStatic(t *testing.T) {
	t.Parallel()
	r := newTestRouter(t, Options{})
	r.Mux().Handle("/", site(t))
	get := func(path string, header ...string) *http.Response {
		req := httptest.NewRequest("GET", path, nil)
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		rec := httptest.NewRecorder()
		r.ServeHTTP(rec, req)
		return rec.Result()
	}
	read := func(res *http.Response) string {
		b, _ := io.ReadAll(res.Body)
		return string(b)
	}
	js := get("/assets/index-BxT3k9aZ.js", "Accept-Encoding", "gzip")
	if js.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || js.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(js.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("%v", js.Header)
	}
	if css := get("/assets/style-CxT3k9aZ.css", "Accept-Encoding", "gzip, br"); css.Header.Get("Content-Encoding") != "br" || read(css) != "brotli" {
		t.Errorf("%v", css.Header)
	}
	sw := get("/worker/sw.js")
	if sw.Header.Get("Service-Worker-Allowed") != "/worker" || sw.Header.Get("Cache-Control") != "no-cache" || sw.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("service worker: %v", sw.Header)
	}
	m := get("/manifest.webmanifest")
	if m.Header.Get("Cache-Control") != "no-cache" || m.Header.Get("Content-Type") != "application/manifest+json" {
		t.Errorf("%v", m.Header)
	}
	if again := get("/manifest.webmanifest", "If-None-Match", m.Header.Get("Etag")); again.StatusCode != 304 {
		t.Errorf("%d", again.StatusCode)
	}
	for path, want := range map[string]string{"/": "home", "/index.html": "home", "/follow/1": "home", "/desk": "desk", "/desk/": "desk", "/desk/cases/12": "desk", "/desk/cockpit": "desk"} {
		res := get(path)
		body := read(res)
		if res.StatusCode != 200 || !strings.HasSuffix(body, want) {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
		_, rest, _ := strings.Cut(body, `content="`)
		nonce, _, _ := strings.Cut(rest, `"`)
		if len(nonce) < 20 || nonce == NoncePlaceholder || !strings.Contains(res.Header.Get("Content-Security-Policy"), "'nonce-"+nonce+"'") {
			t.Errorf("%s: nonce %q, policy %q", path, nonce, res.Header.Get("Content-Security-Policy"))
		}
		if res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s is cached", path)
		}
	}
	for _, path := range []string{"/assets/none.js", "/.secret", "/desk/none.png", "/../etc/passwd.txt"} {
		if res := get(path, "Accept", "text/html"); res.StatusCode != 404 && res.StatusCode != 307 && res.StatusCode != 301 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if page := read(get("/none.png", "Accept", "text/html")); !strings.Contains(page, "此地址没有页面") {
		t.Error(page)
	}
}

func TestTableIsSafe(t *testing.T) {
	t.Parallel()
	risks := []string{"=1+1", "+86 138", "-3", "@SUM(A1)", "\t=1", "\r=1", "  =HYPERLINK(\"x\")", "\uff1d1", "\n=2"}
	cols := []Column{{Title: "标题"}, {Title: "数量"}, {Title: "时间", Width: 20}, {Title: "日期"}}
	at := Instant(time.Date(2026, 11, 23, 4, 10, 0, 0, time.UTC).UnixMicro())
	for _, format := range []string{"xlsx", "csv"} {
		rec := httptest.NewRecorder()
		tab, err := NewTable(rec, "事件 表/1", format, nil, cols)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range risks {
			if err := tab.Row(s, i-3, at, Day(20261123)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tab.Row("路灯\x00坏了", nil, Instant(0), Day(0)); err != nil {
			t.Fatal(err)
		}
		if err := tab.Row("short"); err == nil {
			t.Error("a short row was taken")
		}
		if err := tab.Close(); err != nil {
			t.Fatal(err)
		}
		if d := rec.Header().Get("Content-Disposition"); !strings.Contains(d, "filename*=UTF-8''%E4%BA%8B%E4%BB%B6%20%E8%A1%A8_1."+format) {
			t.Error(d)
		}
		if format == "csv" {
			if !bytes.HasPrefix(rec.Body.Bytes(), []byte("\xef\xbb\xbf")) {
				t.Error("no byte order mark")
			}
			rows, err := csv.NewReader(bytes.NewReader(rec.Body.Bytes()[3:])).ReadAll()
			if err != nil || len(rows) != len(risks)+2 {
				t.Fatal(err, len(rows))
			}
			for _, row := range rows[1 : len(risks)+1] {
				if !strings.HasPrefix(row[0], "'") || row[2] != "2026-11-23 12:10:00" || row[3] != "2026-11-23" {
					t.Errorf("%q", row)
				}
			}
			if rows[1][1] != "-3" { // a number, not text
				t.Errorf("%q", rows[1])
			}
			continue
		}
		f, err := excelize.OpenReader(rec.Body)
		if err != nil {
			t.Fatal(err)
		}
		sheet := f.GetSheetName(0)
		rows, err := f.GetRows(sheet)
		if err != nil || len(rows) != len(risks)+2 || rows[0][0] != "标题" || rows[len(risks)+1][0] != "路灯坏了" {
			t.Fatalf("%v %q", err, rows)
		}
		for i, s := range risks {
			cell, _ := excelize.CoordinatesToCellName(1, i+2)
			if formula, _ := f.GetCellFormula(sheet, cell); formula != "" {
				t.Errorf("%q became the formula %q", s, formula)
			}
			if kind, _ := f.GetCellType(sheet, cell); kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
				t.Errorf("%q has type %v", s, kind)
			}
			style, _ := f.GetCellStyle(sheet, cell)
			if q := f.Styles.CellXfs.Xf[style].QuotePrefix; q == nil || !*q {
				t.Errorf("%q has no quote prefix", s)
			}
		}
		if rows[1][2] != "2026-11-23 12:10" || rows[1][3] != "2026-11-23" {
			t.Errorf("%q", rows[1])
		}
		_ = f.Close()
	}
	if _, err := NewTable(httptest.NewRecorder(), "x", "pdf", nil, cols); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestRawOperations(t *testing.T) {
	t.Parallel()
	r := newTestRouter(t, Options{})
	upload := func(_ context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return err
		}
		if len(b) == 0 {
			w.Header().Set("Content-Type", "image/png")
			return errs.NotFound.New()
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	Handle(r, Op{ID: "small", Method: "POST", Path: "/small", Policy: access.SignedIn, Body: 4}, upload)
	Handle(r, Op{ID: "large", Method: "PATCH", Path: "/large/{rest...}", Policy: access.SignedIn, Body: -1, Timeout: -1}, upload)
	srv := httptest.NewServer(r)
	defer srv.Close()
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/small", "\xff\xfe", 204}, // bytes need not be text
		{"POST", "/small", "12345", 413},
		{"POST", "/small", "", 404},
		{"PATCH", "/large/a/b", strings.Repeat("x", 3<<20), 204},
		{"PATCH", "/large/a/b", "", 404},
		{"DELETE", "/large/a/b", "", 405},
	} {
		req, _ := http.NewRequest(c.method, srv.URL+c.path, strings.NewReader(c.body))
		req.Header.Set("Authorization", "Bearer operator")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != c.status {
			t.Errorf("%s %s: %d", c.method, c.path, res.StatusCode)
		}
		if ct := res.Header.Get("Content-Type"); c.status >= 400 && c.status != 405 && ct != "application/problem+json" {
			t.Errorf("%s %s: %s", c.method, c.path, ct)
		}
		_ = res.Body.Close()
	}
}

// events reads server-sent events until the stream ends.
func events(t *testing.T, body io.Reader, n int) []string {
	t.Helper()
	var got []string
	sc := bufio.NewScanner(body)
	for sc.Scan() && len(got) < n {
		if line := sc.Text(); line != "" {
			got = append(got, line)
		}
	}
	return got
}

func TestStream(t *testing.T) {
	t.Parallel()
	people := people()
	var mu sync.Mutex
	revoked := false
	auth := authFunc(func(ctx context.Context, token string) (*access.Actor, error) {
		mu.Lock()
		defer mu.Unlock()
		if revoked {
			return nil, errs.Unauthorized.New()
		}
		return people.Actor(ctx, token)
	})
	r := newTestRouter(t, Options{Auth: auth, StreamsPerUser: 2})
	ended := make(chan error, 4)
	Stream(r, Op{ID: "live", Method: "GET", Path: "/live", Policy: access.Needs(access.CaseReport)},
		func(ctx context.Context, _ access.Scope, last string, _ *http.Request, send func(Event) error) error {
			err := send(Event{ID: "8\n", Name: "case", Data: map[string]string{"after": last}})
			if err == nil {
				<-ctx.Done()
				err = ctx.Err()
			}
			ended <- err
			return err
		})
	srv := httptest.NewServer(r)
	defer srv.Close()
	open := func(ctx context.Context, token string) *http.Response {
		t.Helper()
		req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+"/live", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Last-Event-ID", "7")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	ctx, cancel := context.WithCancel(t.Context())
	one, two := open(ctx, "operator"), open(t.Context(), "operator")
	if ct := one.Header.Get("Content-Type"); !strings.HasPrefix(ct, "text/event-stream") {
		t.Error(ct)
	}
	if got := strings.Join(events(t, one.Body, 4), "|"); got != `retry: 3000|id: 8 |event: case|data: {"after":"7"}` {
		t.Errorf("got %s", got)
	}
	if third := open(t.Context(), "operator"); third.StatusCode != 429 {
		t.Errorf("third stream: %d", third.StatusCode)
	}
	if nobody := open(t.Context(), "x"); nobody.StatusCode != 401 {
		t.Errorf("nobody: %d", nobody.StatusCode)
	}
	cancel() // the client goes away
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	r.Close() // the server stops
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, two.Body)

	c := &call{r: r, req: httptest.NewRequest("GET", "/live", nil), op: r.ops["live"]}
	c.req.Header.Set("Authorization", "Bearer operator")
	c.actor, _ = r.opt.Auth.Actor(t.Context(), "operator")
	if !r.still(t.Context(), c, r.opt.Today()) {
		t.Error("a living session was ended")
	}
	mu.Lock()
	revoked = true
	mu.Unlock()
	if r.still(t.Context(), c, r.opt.Today()) {
		t.Error("a revoked session goes on")
	}
}

type authFunc func(ctx context.Context, token string) (*access.Actor, error)

func (f authFunc) Actor(ctx context.Context, token string) (*access.Actor, error) {
	return f(ctx, token)
}

func TestServeStopsGracefully(t *testing.T) {
	t.Parallel()
	r := newTestRouter(t, Options{})
	begun, end := make(chan struct{}), make(chan struct{})
	Register(r, Op{ID: "slow", Method: "GET", Path: "/slow", Policy: access.Public},
		func(context.Context, access.Scope, *struct{}) (*struct{ Body string }, error) {
			close(begun)
			<-end
			return &struct{ Body string }{"done"}, nil
		})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx, l, 10*time.Second) }()
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + l.Addr().String() + "/slow")
		if err != nil {
			answer <- err.Error()
			return
		}
		b, _ := io.ReadAll(res.Body)
		answer <- string(b)
	}()
	<-begun
	stop()
	<-r.closing
	close(end)
	if got := <-answer; !strings.Contains(got, "done") {
		t.Errorf("what was accepted was not finished: %s", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
