package notice

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/outbox"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

type told map[int64]Told

func (t told) Told(_ context.Context, id int64) (Told, error) {
	c, ok := t[id]
	if !ok {
		return c, errs.NotFound.New()
	}
	return c, nil
}

type kept struct {
	err error
	way []Notice
}

func (k *kept) Send(_ context.Context, n Notice) (string, error) {
	k.way = append(k.way, n)
	return "r1", k.err
}

type people map[int64]string

func (p people) Contact(_ context.Context, _ int, id int64) (string, error) {
	if to, ok := p[id]; ok {
		return to, nil
	}
	return "", errs.NotFound.New()
}

// TestNoticesFollowActsOnce: one for each act that a reporter is told of, to those
// who want it, without anything of the matter or the person; none after opting out.
func TestNoticesFollowActsOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const district = 990101
		ctx := t.Context()
		err := db.Write(ctx, func(tx *store.Tx) error {
			for id, way := range map[int64]int{1: Phone, 2: None, 3: Mail} {
				if _, err := tx.Exec("INSERT INTO resident_report (district, case_id, code, form, lang, notices, made_at, wrong, wrong_at) VALUES (?, ?, ?, ?, 'zh', ?, 0, 0, 0)", district, id, []byte{1}, "f"+string(rune('0'+id)), way); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s := &Service{DB: db, Cases: told{1: {"260101-000001-1", 11, "环卫所"}, 2: {"260101-000002-2", 12, ""}, 3: {"260101-000003-3", 13, ""}}}
		var entries []audit.Row
		for i, action := range []string{"case.report", "case.accept", "case.dispatch", "case.note", "case.close"} {
			for id := range int64(5) {
				entries = append(entries, audit.Row{Entry: audit.Entry{District: district, Action: action, Object: "case", ObjectID: id, Seq: i + 1}})
			}
		}
		for range 2 { // the same entries again change nothing
			write, err := s.React(ctx, entries)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Write(ctx, write); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := db.Query(ctx, "SELECT channel, topic, object, person, payload FROM outbox ORDER BY object, id")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var list []outbox.Message
		for rows.Next() {
			var m outbox.Message
			var body string
			if err := rows.Scan(&m.Channel, &m.Topic, &m.Object, &m.Person, &body); err != nil {
				t.Fatal(err)
			}
			m.District, m.ID, m.Payload = district, int64(len(list)+1), json.RawMessage(body)
			list = append(list, m)
		}
		if err := rows.Err(); err != nil || len(list) != 6 {
			t.Fatalf("%d notices, want three for each of two reporters: %v", len(list), err)
		}
		way := &kept{}
		sender := &Sender{DB: db, People: people{11: "13812345678"}, Way: way, Texts: DefaultTexts(), Link: "https://linli.example/", City: func() string { return "澄湖市" }}
		if list[1].Channel != PhoneChannel || list[1].Topic != "dispatched" || list[3].Channel != MailChannel {
			t.Errorf("%+v", list)
		}
		if r, err := sender.Send(ctx, list[1]); err != nil || r != "r1" || len(way.way) != 1 {
			t.Fatal(r, err)
		}
		if n := way.way[0]; n.To != "13812345678" || n.Text != "您反映的事项 260101-000001-1 已交给环卫所办理。https://linli.example/follow?number=260101-000001-1" || n.Title != "澄湖市邻里：事项 260101-000001-1" {
			t.Errorf("%+v", n)
		}
		if r, err := sender.Send(ctx, list[3]); err != nil || r != optedOut {
			t.Errorf("somebody whose data was erased: %q %v", r, err)
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE resident_report SET notices = 0 WHERE district = ?", district)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if r, err := sender.Send(ctx, list[2]); err != nil || r != optedOut || len(way.way) != 1 {
			t.Errorf("after opting out: %q %v", r, err)
		}
		if write, err := s.React(ctx, entries); write != nil || err != nil {
			t.Errorf("after opting out there is something to write: %v", err)
		}
	})
}

func TestEveryTopicHasItsWords(t *testing.T) {
	t.Parallel()
	for action, topic := range topics {
		for _, l := range []string{"zh", "en"} {
			s, ok := DefaultTexts().Say(topic, l, map[string]string{"number": "N-1", "link": "L"})
			if !ok || !strings.Contains(s, "N-1") || strings.ContainsAny(s, "{}!！") {
				t.Errorf("%s in %s: %q", action, l, s)
			}
		}
	}
	if s, _ := DefaultTexts().With(map[string]errs.Words{"closed": {ZH: "好了 {number}"}}).Say("closed", "zh", map[string]string{"number": "1"}); s != "好了 1" {
		t.Errorf("the city's own words: %q", s)
	}
}

// TestAliyunSignsAsDocumented is the example of the provider's own documentation.
func TestAliyunSignsAsDocumented(t *testing.T) {
	t.Parallel()
	a := &Aliyun{Key: "testId", Secret: "testSecret", Sign: "阿里云短信测试专用"}
	v, err := a.params(Notice{ID: "123", To: "15300000001", Vars: map[string]string{}}, "SMS_71390007", "45e25e9b-0a6f-4070-8c85-2956eda1b466", time.Date(2017, 7, 12, 2, 42, 19, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	v.Set("Format", "XML")
	v.Set("TemplateParam", `{"customer":"test"}`)
	if got := a.signature("GET", v); got != "zJDF+Lrzhj/ThnlvIToysFRq6t4=" {
		t.Errorf("signed %s", got)
	}
}

func TestAliyunGivesUpOnlyWhatCannotSucceed(t *testing.T) {
	t.Parallel()
	var code string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Form.Get("PhoneNumbers") != "13812345678" || r.Form.Get("TemplateCode") != "SMS_1" || r.Form.Get("Signature") == "" {
			t.Errorf("asked for %v", r.Form)
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"Code": code, "BizId": "b7"})
	}))
	defer server.Close()
	a := &Aliyun{Endpoint: server.URL, Templates: map[string]string{"closed": "SMS_1"}}
	n := Notice{ID: "1", Topic: "closed", To: "13812345678", Vars: map[string]string{"number": "N-1"}}
	for _, c := range []struct {
		code, receipt string
		fails, never  bool
	}{{"OK", "b7", false, false}, {"isv.BUSINESS_LIMIT_CONTROL", "", true, false}, {"isv.MOBILE_NUMBER_ILLEGAL", "", true, true}} {
		code = c.code
		r, err := a.Send(t.Context(), n)
		if r != c.receipt || (err != nil) != c.fails || isNever(err) != c.never || err != nil && strings.Contains(err.Error(), n.To) {
			t.Errorf("%s: %q %v", c.code, r, err)
		}
	}
	if _, err := a.Send(t.Context(), Notice{Topic: "paused"}); !isNever(err) {
		t.Errorf("without a template: %v", err)
	}
}

// isNever tells whether the outbox gives the message up.
func isNever(err error) bool {
	return err != nil && errors.Unwrap(err) != nil && err.Error() == errors.Unwrap(err).Error()
}

func TestGatewayEscapesWhatItFillsIn(t *testing.T) {
	t.Parallel()
	var body string
	var query url.Values
	answer := "ok"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		body, query = string(raw), r.URL.Query()
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	n := Notice{ID: "7", Topic: "closed", To: "+86 138&x=1", Text: "说\"好\"\n了"}
	g := &Gateway{URL: server.URL + "/?p={phone}", Body: `{"to":"{phone}","text":"{text}"}`, Good: "ok"}
	if _, err := g.Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal([]byte(body), &got); err != nil || got["text"] != n.Text || got["to"] != n.To || query.Get("p") != n.To || query.Has("x") {
		t.Errorf("sent %s %v: %v", body, query, err)
	}
	g.Body = "to={phone}&text={text}"
	if _, err := g.Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if v, err := url.ParseQuery(body); err != nil || v.Get("to") != n.To || v.Get("text") != n.Text || v.Has("x") {
		t.Errorf("sent %s: %v", body, err)
	}
	answer = "error: no credit"
	if _, err := g.Send(t.Context(), n); err == nil {
		t.Error("an answer that does not say it is good counts as sent")
	}
}

func TestWeComRenewsItsToken(t *testing.T) {
	t.Parallel()
	tokens, sent := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := map[string]any{"errcode": 0}
		switch r.URL.Path {
		case "/cgi-bin/gettoken":
			tokens++
			out["access_token"], out["expires_in"] = "t"+string(rune('0'+tokens)), 7200
		case "/cgi-bin/user/getuserid":
			out["userid"] = "zhang"
			if r.URL.Query().Get("access_token") == "t1" {
				out = map[string]any{"errcode": wecomOld}
			}
		case "/cgi-bin/message/send":
			var m struct {
				Touser, Msgtype string
				Agentid         int
				Text            struct{ Content string }
			}
			if err := json.NewDecoder(r.Body).Decode(&m); err != nil || m.Touser != "zhang" || m.Msgtype != "text" || m.Agentid != 9 || m.Text.Content != "好了" {
				t.Errorf("sent %+v: %v", m, err)
			}
			sent++
			out["msgid"] = "m1"
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	defer server.Close()
	c := &WeCom{Corp: "c", Secret: "s", Agent: 9, Base: server.URL}
	for range 2 {
		if r, err := c.Send(t.Context(), Notice{To: "13812345678", Text: "好了"}); err != nil || r != "m1" {
			t.Fatal(r, err)
		}
	}
	if tokens != 2 || sent != 2 {
		t.Errorf("%d tokens, %d sent", tokens, sent)
	}
}

// mailServer speaks as much SMTP as a sender needs; conf nil: no STARTTLS.
func mailServer(t *testing.T, conf *tls.Config, reject bool) (addr string, letters <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got := make(chan string, 8)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveMail(conn, conf, reject, got)
		}
	}()
	return l.Addr().String(), got
}

func serveMail(conn net.Conn, conf *tls.Config, reject bool, got chan<- string) {
	defer func() { conn.Close() }()
	in := bufio.NewReader(conn)
	say := func(s string) { _, _ = io.WriteString(conn, s+"\r\n") }
	say("220 test")
	secure := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.Fields(line + " x")[0]); {
		case verb == "EHLO" && conf != nil && !secure:
			say("250-test\r\n250 STARTTLS")
		case verb == "EHLO":
			say("250-test\r\n250 AUTH PLAIN")
		case verb == "STARTTLS":
			say("220 go on")
			c := tls.Server(conn, conf)
			conn, in, secure = c, bufio.NewReader(c), true
		case verb == "AUTH":
			say("235 ok")
		case verb == "RCPT" && reject:
			say("550 no such user " + line)
		case verb == "DATA":
			say("354 go on")
			var b strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil || l == ".\r\n" {
					break
				}
				b.WriteString(l)
			}
			got <- b.String()
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func TestMailGoesOverTLS(t *testing.T) {
	t.Parallel()
	cert := httptest.NewTLSServer(nil)
	defer cert.Close()
	pool := cert.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	addr, letters := mailServer(t, &tls.Config{Certificates: cert.TLS.Certificates}, false)
	s := &SMTP{Addr: addr, From: "邻里 <linli@example.org>", User: "u", Password: "p", tls: &tls.Config{RootCAs: pool, ServerName: "example.com"}}
	n := Notice{ID: "77", To: "wang@example.org", Title: "事项 N-1", Text: "事项 N-1 已办结。"}
	r, err := s.Send(t.Context(), n)
	if err != nil || r != "77@example.org" {
		t.Fatal(r, err)
	}
	letter := <-letters
	head, body, _ := strings.Cut(letter, "\r\n\r\n")
	raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
	if err != nil || !strings.HasPrefix(string(raw), n.Text) || !strings.Contains(head, "Message-ID: <77@example.org>") || !strings.Contains(head, "To: wang@example.org") {
		t.Errorf("letter %q: %v", letter, err)
	}
	s.tls = nil // the server's certificate is not known
	if _, err := s.Send(t.Context(), n); err == nil {
		t.Error("a letter went to a server that proved nothing")
	}
	addr, _ = mailServer(t, nil, true)
	s = &SMTP{Addr: addr, From: "linli@example.org"}
	if _, err := s.Send(t.Context(), n); !isNever(err) || strings.Contains(err.Error(), "wang") {
		t.Errorf("refused for good: %v", err)
	}
	if _, err := s.Send(t.Context(), Notice{To: "no address\r\nBcc: x@y.z"}); !isNever(err) {
		t.Errorf("no address: %v", err)
	}
}

func TestFileMasksTheReceiver(t *testing.T) {
	t.Parallel()
	f := &File{Path: filepath.Join(t.TempDir(), "notices.jsonl")}
	for range 2 {
		if _, err := f.Send(t.Context(), Notice{ID: "1", To: "13812345678", Text: "好了"}); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(f.Path)
	if err != nil || strings.Contains(string(raw), "13812345678") || strings.Count(string(raw), "138****5678") != 2 {
		t.Errorf("%s %v", raw, err)
	}
}
