package hotline

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"linli/internal/kernel/errs"
)

// TestSignatureOfTheShell: the example of docs/hotline.md signs as the program does.
func TestSignatureOfTheShell(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl here")
	}
	doc, err := os.ReadFile("../../../docs/hotline.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(doc), "hotline_test.go -->\n```sh\n")
	script, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("docs/hotline.md has no example")
	}
	script += "printf '%s' \"$signature\"\n"
	body := `{"order_no":"12345-1","content":"路灯不亮"}`
	for _, alg := range []string{"sha256", "sm3"} {
		cmd := exec.Command("sh", "-c", script)
		cmd.Env = []string{"PATH=/usr/bin:/bin", "ALG=" + alg, "BODY=" + body, "AT=1790000000", "NONCE=0123456789abcdef", "SECRET=0123456789abcdef-secret"}
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("this openssl cannot: %v", err)
		}
		k := Keys{Algorithm: alg, Secrets: []string{"0123456789abcdef-secret"}}
		if got := k.Sign("POST", OrdersPath, "1790000000", "0123456789abcdef", []byte(body)); got != strings.TrimSpace(string(out)) {
			t.Errorf("%s: the shell signs %s, the program %s", alg, out, got)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	r := Rules{Rules: []Rule{
		{ID: "fire", Name: "火情", Kind: Emergency, Words: []string{"着火", "起火"}, Except: []string{"已扑灭"}, Answer: "请立即撤离。", Reason: "《消防法》", Call: "119"},
		{ID: "court", Name: "诉讼", Kind: Beyond, Words: []string{"法院判决", "已起诉"}, Answer: "请向法院反映。", Reason: "《信访工作条例》"},
		{ID: "rail", Name: "铁路", Kind: Beyond, Categories: []string{"铁路道口"}, Areas: []int64{990101}, Answer: "由铁路部门办理。", Reason: "职责分工"},
	}}
	if err := r.check(); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"楼道起火了": "fire", "昨晚着火，已扑灭": "", "此事已起诉": "court", "路灯不亮": ""} {
		got := ""
		if x := r.Match(&Matter{Text: text}); x != nil {
			got = x.ID
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for m, want := range map[*Matter]bool{
		{TheirCategory: "铁路道口", Community: 990101001001}: true, {TheirCategory: " 铁路道口 ", District: 990101}: true,
		{TheirCategory: "铁路道口", Community: 990102001001}: false, {TheirCategory: "铁路道口"}: false, {Community: 990101001001}: false,
	} {
		if got := r.Match(m) != nil; got != want {
			t.Errorf("%+v: %v", m, got)
		}
	}
	if text := r.Rules[0].text(); !strings.Contains(text, "119") {
		t.Error(text)
	}
	for name, bad := range map[string]Rule{
		"no id": {Name: "x", Kind: Beyond, Words: []string{"甲乙"}, Answer: "x", Reason: "x"}, "matches all": {ID: "x", Name: "x", Kind: Beyond, Answer: "x", Reason: "x"},
		"no number to call": {ID: "x", Name: "x", Kind: Emergency, Words: []string{"甲乙"}, Answer: "x", Reason: "x"}, "one character": {ID: "x", Name: "x", Kind: Beyond, Words: []string{"火"}, Answer: "x", Reason: "x"},
		"no reason": {ID: "x", Name: "x", Kind: Beyond, Words: []string{"甲乙"}, Answer: "x"}, "other kind": {ID: "x", Name: "x", Kind: "decline", Words: []string{"甲乙"}, Answer: "x", Reason: "x"},
	} {
		if err := (&Rules{Rules: []Rule{bad}}).check(); !errs.Is(err, ErrSetting) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExchangeRefuses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no address": `{"pull":{"on":true}}`, "password": `{"say":{"url":"https://a:b@c.d/"}}`, "file": `{"say":{"url":"file:///etc/passwd"}}`, "kind": `{"say":{"url":"http://a/","kinds":{"shout":{}}}}`,
		"place": `{"say":{"url":"http://a/","kinds":{"reply":{"x":"{caller}"}}}}`, "cursor": `{"pull":{"url":"http://a/","cursor":"since"}}`, "state": `{"states":{"办结":"done"}}`, "day": `{"list":{"on":true,"url":"http://a/"}}`,
		"field": `{"shout":1}`,
	} {
		var x Exchange
		err := strict(json.RawMessage(body), &x)
		if err == nil {
			err = x.check()
		}
		if !errs.Is(err, ErrSetting) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBodyOfAReply(t *testing.T) {
	t.Parallel()
	values := map[string]string{"number": "1", "title": "灯", "text": "已修", "format": "A", "kind": "reply"}
	text := func(y Say, kind string) map[string]string {
		b, err := y.body(kind, values)
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]string
		if err := json.Unmarshal(b, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := text(Say{}, SayReply)["text"]; got != "您好，您反映的“灯”（工单 1）已办理完毕。已修" {
		t.Error(got)
	}
	if got := text(Say{Formats: map[string]string{"A": "答：{text}", "": "{text}"}}, SayReply)["text"]; got != "答：已修" {
		t.Error(got)
	}
	got := text(Say{Kinds: map[string]map[string]string{SayReply: {"workOrder": "{number}", "opinion": "{text}", "until": "{until}"}}}, SayReply)
	if _, has := got["until"]; has || got["workOrder"] != "1" {
		t.Error(got)
	}
}

func TestAcknowledged(t *testing.T) {
	t.Parallel()
	y := Say{AckPath: "result.code", AckOK: []string{"0", "200"}}
	for body, want := range map[string]bool{`{"result":{"code":0}}`: true, `{"result":{"code":"200"}}`: true, `{"result":{"code":500}}`: false, `{"code":0}`: false, `"0"`: false, `null`: false} {
		var v any
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if got := y.acknowledged(200, v) == nil; got != want {
			t.Errorf("%s: %v", body, got)
		}
		if y.acknowledged(500, v) == nil {
			t.Errorf("%s with 500 is success", body)
		}
	}
}

// TestRedirects: a redirect leads to no private address that nobody configured, and
// takes no secret with it.
func TestRedirects(t *testing.T) {
	t.Parallel()
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the house was reached") }))
	defer inside.Close()
	told := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/inside":
			http.Redirect(w, r, inside.URL, http.StatusFound)
		case "/name":
			http.Redirect(w, r, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
		case "/self":
			http.Redirect(w, r, "/end", http.StatusFound)
		}
	}))
	defer told.Close()
	for path, good := range map[string]bool{"/inside": false, "/name": false, "/self": true} {
		res, err := client(told.URL).Get(told.URL + path)
		if err == nil {
			_ = res.Body.Close()
		}
		if (err == nil) != good || !good && !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	x := &Exchange{States: map[string]string{"办理中": "open", "已办结": "answered", "已退回": "returned"}}
	order := func(said, acked string) *Order { return &Order{State: Taken, Said: said, Acked: acked, DueAt: 5} }
	theirs := func(status string, due int64) *Matter { return &Matter{Status: status, DueAt: due} }
	for name, c := range map[string]struct {
		m       *Matter
		o       *Order
		verdict string
		codes   string
	}{
		"open here and there":     {theirs("办理中", 5), order("signed", "signed"), Equal, ""},
		"answered both":           {theirs("已办结", 5), order("reply", "reply"), Equal, ""},
		"call-back is an answer":  {theirs("已办结", 0), order("outcome", "outcome"), Equal, ""},
		"answer is on its way":    {theirs("办理中", 5), order("reply", "signed"), Differs, "unacknowledged"},
		"answer was forgotten":    {theirs("办理中", 5), order("reply", "reply"), Differs, "state"},
		"they closed it":          {theirs("已办结", 5), order("signed", "signed"), Differs, "state"},
		"another limit":           {theirs("办理中", 6), order("", ""), Differs, "limit"},
		"a word that nobody told": {theirs("归档", 5), order("reply", "reply"), Equal, ""},
		"theirs only":             {theirs("办理中", 5), nil, Theirs, "missing_here"},
		"ours only":               {nil, order("", ""), Ours, "missing_there"},
	} {
		verdict, reasons := compare(c.m, c.o, x)
		var codes []string
		for _, r := range reasons {
			codes = append(codes, r.Code)
		}
		if verdict != c.verdict || strings.Join(codes, " ") != c.codes {
			t.Errorf("%s: %s %v", name, verdict, codes)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Kind{"": New, "new": New, "派单": New, " 催单 ": Urge, "URGE": Urge, "撤单": Recall, "不满意重办": Redo, "补充": Supplement, "跳舞": ""} {
		if got, _ := kindOf(in); got != want { // the error is what "" means
			t.Errorf("%q: %q", in, got)
		}
	}
}

// FuzzFlatten: whatever comes, it is refused in words or becomes as many columns as
// cells, within bounds.
func FuzzFlatten(f *testing.F) {
	for _, s := range []string{`{"a":{"b":[1,true,null,{"c":"d"}]}}`, `{}`, `[]`, `{"a":"\u0000"}`, `{"a":1}{`, "\xff", `{"":{"":""}}`, `{"a":[[[[[[[[[[[[[[1]]]]]]]]]]]]]]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		columns, cells, err := Flatten(body)
		switch {
		case err != nil && !errs.Is(err, ErrBody):
			t.Fatalf("%q: %v", body, err)
		case err == nil && (len(columns) != len(cells) || len(columns) > maxColumns+1):
			t.Fatalf("%q: %d columns, %d cells", body, len(columns), len(cells))
		case slices.ContainsFunc(cells, func(c string) bool { return strings.ContainsRune(c, 0) }):
			t.Fatalf("%q: a NUL came through", body)
		}
	})
}
