package identity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/web"
)

// client is somebody at the API.
type client struct {
	t     *testing.T
	h     http.Handler
	token string
}

// do calls and returns status and body; want 0 takes any status.
func (c *client) do(method, path, body string, want int) map[string]any {
	c.t.Helper()
	req := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, req)
	if w.Code != want {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
	out := map[string]any{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			c.t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
		}
	}
	for _, ck := range w.Result().Cookies() {
		out["cookie"] = ck
	}
	return out
}

func (c *client) signIn(login, password string) *client {
	c.t.Helper()
	got := c.do("POST", "/session", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password), 200)
	return &client{c.t, c.h, got["token"].(string)}
}

func door(t *testing.T, db *store.DB) (*Service, *client) {
	t.Helper()
	s := open(t, db)
	r := web.New(web.Options{Auth: s, Today: s.o.Today, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Rate: -1})
	t.Cleanup(r.Close)
	s.Register(r)
	return s, &client{t, r, ""}
}

func id(v any) int64 { return int64(v.(map[string]any)["id"].(float64)) }

func TestSessionAPI(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, anon := door(t, db)
		create(t, s, "wang", NewPost{Role: "dispatcher", Region: 990101001, From: 20260101}, NewPost{Role: "chief", Region: 990101001, From: 20200101, To: today})
		got := anon.do("POST", "/session", `{"login":"wang","password":"`+good+`"}`, 200)
		ck := got["cookie"].(*http.Cookie)
		if !ck.HttpOnly || ck.SameSite != http.SameSiteLaxMode || ck.Path != "/" || ck.Value != got["token"] {
			t.Errorf("cookie %v", ck)
		}
		me, _ := json.Marshal(got["me"])
		for _, part := range []string{`"login":"wang"`, `"role":"dispatcher"`, `"role_name":"街道调度员"`, `"region":"990101001"`, `"region_name":"临湖街道"`,
			`"case.dispatch"`, `"city":{"code":"9901","name":"澄湖市","synthetic":true}`, `"must_change_password":false`} {
			if !bytes.Contains(me, []byte(part)) {
				t.Errorf("me lacks %s: %s", part, me)
			}
		}
		for _, part := range []string{"chief", "case.approve", "hash", good} {
			if bytes.Contains(me, []byte(part)) {
				t.Errorf("me has %s: %s", part, me)
			}
		}
		wang := &client{t, anon.h, got["token"].(string)}
		second := anon.signIn("wang", good)
		wang.do("PATCH", "/session", `{"lang":"en"}`, 200)
		if m, _ := json.Marshal(wang.do("GET", "/session", "", 200)); !bytes.Contains(m, []byte("Street dispatcher")) {
			t.Errorf("not in English: %s", m)
		}
		if n := len(wang.do("GET", "/sessions", "", 200)["items"].([]any)); n != 2 {
			t.Errorf("%d sessions", n)
		}
		wang.do("DELETE", "/sessions", "", 204)
		second.do("GET", "/session", "", 401)
		wang.do("POST", "/session/password", `{"old":"`+good+`","new":"short"}`, 422)
		wang.do("POST", "/session/password", `{"old":"`+good+`","new":"another-horse-8"}`, 200)
		if out := wang.do("DELETE", "/session", "", 204); out["cookie"].(*http.Cookie).MaxAge >= 0 {
			t.Error("the cookie stays")
		}
		wang.do("GET", "/session", "", 401)
		wrong := anon.do("POST", "/session", `{"login":"wang","password":"nothing like it"}`, 401)
		nobody := anon.do("POST", "/session", `{"login":"nobody","password":"nothing like it"}`, 401)
		delete(wrong, "request_id")
		delete(nobody, "request_id")
		if a, b := fmt.Sprint(wrong), fmt.Sprint(nobody); a != b || wrong["code"] != "bad_credentials" {
			t.Errorf("%s\n%s", a, b)
		}
		anon.do("POST", "/session", `{"login":"wang"}`, 422)
		anon.do("GET", "/sessions", "", 401)
		anon.do("GET", "/orgs", "", 401)
	})
}

func TestAdministrationAPI(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, anon := door(t, db)
		own := create(t, s, "sec", NewPost{Role: "security", Region: 9901})
		create(t, s, "adm", NewPost{Role: "admin", Region: 9901})
		sec, adm := anon.signIn("sec", good), anon.signIn("adm", good)

		org := adm.do("POST", "/orgs", `{"code":"C01","name":"水务局","kind":"department","region":"990101"}`, 201)
		adm.do("PUT", fmt.Sprintf("/orgs/%d", id(org)), `{"code":"C01","name":"区水务局","short":"水务","kind":"department","region":"990101","version":1}`, 200)
		stale := adm.do("PUT", fmt.Sprintf("/orgs/%d", id(org)), `{"code":"C01","name":"水务局","kind":"department","region":"990101","version":1}`, 409)
		if stale["code"] != "stale_version" {
			t.Errorf("got %v", stale)
		}
		sec.do("POST", "/orgs", `{"code":"C02","name":"水务局","kind":"department","region":"990101"}`, 403)
		adm.do("GET", "/accounts", "", 403)
		adm.do("POST", "/accounts", `{"login":"li","name":"李"}`, 403)

		made := sec.do("POST", "/accounts", fmt.Sprintf(`{"login":"li.wei","name":"李伟","posts":[{"role":"handler","org":%d}]}`, id(org)), 201)
		li := anon.signIn("li.wei", made["password"].(string))
		if m := li.do("GET", "/session", "", 200); m["must_change_password"] != true {
			t.Errorf("me %v", m)
		}
		li.do("GET", "/accounts", "", 403)
		li.do("POST", "/session/password", `{"old":"`+made["password"].(string)+`","new":"`+good+`"}`, 200)
		path := fmt.Sprintf("/accounts/%d", id(made["account"]))
		post := sec.do("POST", path+"/posts", `{"role":"community","region":"990101001001"}`, 201)
		if m, _ := json.Marshal(li.do("GET", "/session", "", 200)); !bytes.Contains(m, []byte("case.verify")) || !bytes.Contains(m, []byte("区水务局")) {
			t.Errorf("me %s", m)
		}
		sec.do("PATCH", fmt.Sprintf("/posts/%d", id(post)), fmt.Sprintf(`{"to":%d}`, today), 200)
		if m, _ := json.Marshal(li.do("GET", "/session", "", 200)); bytes.Contains(m, []byte("case.verify")) {
			t.Errorf("me %s", m)
		}
		sec.do("POST", path+"/posts", `{"role":"community","region":"99010100100"}`, 422)
		if p := sec.do("POST", path+"/posts", `{"role":"king","region":"9901"}`, 422); p["field"] != "role" {
			t.Errorf("got %v", p)
		}
		if p := sec.do("POST", fmt.Sprintf("/accounts/%d/posts", own.ID), `{"role":"leader","region":"9901"}`, 403); p["code"] != "own_account" {
			t.Errorf("got %v", p)
		}
		if n := len(sec.do("GET", path+"/sessions", "", 200)["items"].([]any)); n != 1 {
			t.Errorf("%d sessions", n)
		}
		sec.do("DELETE", path+"/sessions", "", 204)
		li.do("GET", "/session", "", 401)
		list := sec.do("GET", "/accounts?role=handler&q=%E6%9D%8E", "", 200)
		text, _ := json.Marshal(list)
		if len(list["items"].([]any)) != 1 || bytes.Contains(text, []byte("argon2")) {
			t.Errorf("list %s", text)
		}
		account := sec.do("GET", path, "", 200)
		sec.do("PATCH", path, fmt.Sprintf(`{"version":%v,"disabled":true}`, account["version"]), 200)
		anon.do("POST", "/session", `{"login":"li.wei","password":"`+good+`"}`, 401)
		sec.do("POST", path+"/password", "", 200)
		sec.do("GET", "/accounts/1", "", 404)
		if n := len(adm.do("GET", "/roles", "", 200)["items"].([]any)); n != len(access.DefaultRoles()) {
			t.Errorf("%d roles", n)
		}
	})
}
