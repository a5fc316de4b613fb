package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/work/hotline"
	"linli/internal/work/hotline/hotlinetest"
)

// line is the program with a 12345 platform beside it.
type line struct {
	*apptest.City
	*hotlinetest.Platform
	w     matrixtest.World
	admin *apptest.Person
	desk  *apptest.Person // the city's
	t     *testing.T
}

func beside(t *testing.T, c *apptest.City) *line {
	t.Helper()
	l := &line{City: c, Platform: hotlinetest.New(t, func() int64 { return apptest.Now().UnixMicro() }), w: c.World(), t: t}
	c.Hotline.Keys, c.Hotline.Tokens = l.Keys, map[string]string{"list": "of-the-list"}
	l.admin = c.Hire(access.Post{Role: "admin", Region: l.w.Target.City})
	l.desk = c.Hire(access.Post{Role: "district_desk", Region: l.w.Target.City})
	return l
}

func (l *line) set(kind string, body any) {
	l.t.Helper()
	var now struct{ Version int }
	l.admin.Do("GET", "/api/v1/hotline/settings/"+kind, nil).Want(200).Into(&now)
	l.admin.Do("PUT", "/api/v1/hotline/settings/"+kind, apptest.M{"version": now.Version, "body": body}).Want(200)
}

// exchange is the shape of the exchange with the test's platform.
func (l *line) exchange() apptest.M {
	return apptest.M{
		"say":    apptest.M{"url": l.Platform.URL + "/messages", "ack_path": "code", "ack_ok": []string{"0"}, "receipt_path": "data.receipt", "formats": apptest.M{"": "{text}", "A": "【答复】{text}（{case_number}）"}},
		"pull":   apptest.M{"on": true, "url": l.Platform.URL + "/orders", "headers": apptest.M{"X-Token": "{token:list}"}, "every_seconds": 10, "list": "data.rows", "cursor": "since", "next": "data.next", "ack_url": l.Platform.URL + "/acknowledge"},
		"list":   apptest.M{"url": l.Platform.URL + "/orders", "headers": apptest.M{"X-Token": "{token:list}"}, "list": "data.rows", "day_by": "day"},
		"states": apptest.M{"办理中": "open", "已办结": "answered"},
	}
}

func (l *line) order(number string, more apptest.M) apptest.M {
	o := apptest.M{"order_no": number, "title": "路灯不亮", "content": "楼下路灯连续三晚不亮。", "address": "翠湖路 1 号", "community": fmt.Sprint(l.w.Target.Community), "caller_name": "张三", "caller_phone": "13900000000",
		"category": "市政设施", "due_at": "2026-11-30 18:00:00", "reply_format": "A", "reported_at": "2026-11-23 09:30:00"}
	for k, v := range more {
		o[k] = v
	}
	return o
}

func bytesOf(t *testing.T, v any) []byte {
	t.Helper()
	if s, ok := v.(string); ok {
		return []byte(s)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// send signs and sends an order.
func (l *line) send(v any) *apptest.Answer {
	l.t.Helper()
	body := bytesOf(l.t, v)
	return l.Nobody().Do("POST", hotline.OrdersPath, body, l.Sign(hotline.OrdersPath, body)...)
}

func (l *line) take(v any) (out hotline.Outcome) {
	l.t.Helper()
	l.send(v).Want(200).Into(&out)
	return out
}

type orderRow struct {
	ID                    int64
	Number, State         string
	Version               int
	CaseID                int64  `json:"case_id"`
	CaseStatus            string `json:"case_status"`
	TheirDue              string `json:"their_due"`
	Attention, Said, Rule string
	Acked                 bool
}

func (l *line) row(number string) orderRow {
	l.t.Helper()
	var out struct{ Items []orderRow }
	l.desk.Do("GET", "/api/v1/hotline/orders?number="+number, nil).Want(200).Into(&out)
	if len(out.Items) != 1 {
		l.t.Fatalf("order %s stands %d times", number, len(out.Items))
	}
	return out.Items[0]
}

func (l *line) cases(number string) (n int) {
	l.t.Helper()
	if err := l.DB.QueryRow(l.t.Context(), "SELECT COUNT(*) FROM cases WHERE outside_number = ?", number).Scan(&n); err != nil {
		l.t.Fatal(err)
	}
	return n
}

// react tells the platform what was done, as the background does.
func (l *line) react() {
	l.t.Helper()
	for range 20 {
		n, err := l.Outbox.Round(l.t.Context(), hotline.ChannelName)
		if err != nil {
			l.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func eachLine(t *testing.T, fn func(t *testing.T, l *line)) {
	t.Helper()
	apptest.Each(t, func(t *testing.T, c *apptest.City) { fn(t, beside(t, c)) })
}

// TestHotlineOrder: a signed order becomes one case with all that it says; the same
// message again, also sixteen times at once, has no effect and gets the first answer.
func TestHotlineOrder(t *testing.T) {
	t.Parallel()
	eachLine(t, func(t *testing.T, l *line) {
		body := bytesOf(t, l.order("HL-1", nil))
		answers := make([]*apptest.Answer, 16)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				a, err := l.Nobody().Try(context.Background(), "POST", hotline.OrdersPath, body, l.Sign(hotline.OrdersPath, body)...)
				if err != nil {
					t.Error(err)
					return
				}
				answers[i] = a
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		for _, a := range answers {
			if a.Want(200); string(a.Body) != string(answers[0].Body) {
				t.Errorf("answers differ: %s and %s", a.Body, answers[0].Body)
			}
		}
		if n := l.cases("HL-1"); n != 1 {
			t.Fatalf("%d cases", n)
		}
		o := l.row("HL-1")
		c, _, _, err := l.Cases.ByID(t.Context(), apptest.Everything, o.CaseID)
		if err != nil {
			t.Fatal(err)
		}
		if o.State != "taken" || !strings.HasPrefix(o.TheirDue, "2026-11-30T18:00:00") || c.Channel != "hotline" || c.Reporter == 0 || c.Address != "翠湖路 1 号" {
			t.Errorf("%+v %+v", o, c)
		}
		var calls int
		if err := l.DB.QueryRow(t.Context(), "SELECT COUNT(*) FROM hotline_order WHERE matter LIKE '%13900000000%' OR matter LIKE '%张三%'").Scan(&calls); err != nil || calls != 0 {
			t.Errorf("the caller stands in the order: %d %v", calls, err)
		}
		// The same nonce again: the first answer. With other content: refused.
		first := l.SignAt(hotline.OrdersPath, body, apptest.Now().Unix(), "the-same-nonce-1")
		for range 2 {
			if a := l.Nobody().Do("POST", hotline.OrdersPath, body, first...).Want(200); string(a.Body) != string(answers[0].Body) {
				t.Errorf("replay: %s", a.Body)
			}
		}
		fresh := bytesOf(t, l.order("HL-1b", nil))
		nonce := l.SignAt(hotline.OrdersPath, fresh, apptest.Now().Unix(), "the-same-nonce-2")
		l.Nobody().Do("POST", hotline.OrdersPath, fresh, nonce...).Want(200)
		other := bytesOf(t, l.order("HL-1c", nil))
		a := l.Nobody().Do("POST", hotline.OrdersPath, other, l.SignAt(hotline.OrdersPath, other, apptest.Now().Unix(), "the-same-nonce-2")...)
		if a.Status != 409 || a.Problem().Code != "hotline_nonce" || l.cases("HL-1c") != 0 {
			t.Errorf("other content under one nonce: %d %s", a.Status, a.Body)
		}
	})
}

// TestHotlineRefuses: what is not signed, not in time or no order leaves no trace.
func TestHotlineRefuses(t *testing.T) {
	t.Parallel()
	l := beside(t, apptest.SQLite(t))
	good := bytesOf(t, l.order("HL-2", nil))
	now := apptest.Now().Unix()
	sign := func(body []byte) []string { return l.Sign(hotline.OrdersPath, body) }
	strange := hotlinetest.New(t, l.Clock)
	strange.Keys = hotline.Keys{Secrets: []string{"somebody-else-entirely"}}
	deep := strings.Repeat(`{"a":`, 50) + "1" + strings.Repeat("}", 50)
	for name, c := range map[string]struct {
		body    []byte
		headers []string
		status  int
		code    string
	}{
		"no signature":   {good, nil, 401, "hotline_signature"},
		"other secret":   {good, strange.SignAt(hotline.OrdersPath, good, now, "nonce-of-another"), 401, "hotline_signature"},
		"other path":     {good, l.Sign("/api/v1/hotline/files", good), 401, "hotline_signature"},
		"changed body":   {append(slices.Clone(good), ' '), sign(good), 401, "hotline_signature"},
		"too early":      {good, l.SignAt(hotline.OrdersPath, good, now-301, "nonce-too-early"), 401, "hotline_clock"},
		"too late":       {good, l.SignAt(hotline.OrdersPath, good, now+305, "nonce-too-late"), 401, "hotline_clock"},
		"short nonce":    {good, l.SignAt(hotline.OrdersPath, good, now, "short"), 401, "hotline_signature"},
		"no JSON":        {[]byte("order_no=1"), sign([]byte("order_no=1")), 422, "hotline_body"},
		"a list":         {[]byte("[]"), sign([]byte("[]")), 422, "hotline_body"},
		"two objects":    {[]byte("{}{}"), sign([]byte("{}{}")), 422, "hotline_body"},
		"no number":      {[]byte("{}"), sign([]byte("{}")), 422, "hotline_number"},
		"unknown kind":   {[]byte(`{"order_no":"1","action":"dance"}`), sign([]byte(`{"order_no":"1","action":"dance"}`)), 422, "hotline_kind"},
		"NUL":            {[]byte(`{"order_no":"1","content":"a\u0000b"}`), sign([]byte(`{"order_no":"1","content":"a\u0000b"}`)), 422, "hotline_body"},
		"not UTF-8":      {[]byte("{\"order_no\":\"\xff\"}"), sign([]byte("{\"order_no\":\"\xff\"}")), 422, "hotline_body"},
		"too deep":       {[]byte(deep), sign([]byte(deep)), 422, "hotline_body"},
		"larger than is": {make([]byte, hotline.MaxBody+1), sign(make([]byte, hotline.MaxBody+1)), 413, "too_large"},
	} {
		a := l.Nobody().Do("POST", hotline.OrdersPath, c.body, c.headers...)
		if a.Status != c.status || a.Problem().Code != c.code {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	var n int
	if err := l.DB.QueryRow(t.Context(), "SELECT (SELECT COUNT(*) FROM hotline_order) + (SELECT COUNT(*) FROM hotline_in) + (SELECT COUNT(*) FROM hotline_nonce)").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows are left of what was refused: %v", n, err)
	}
	// The old secret is good for as long as it stands behind the new one.
	l.Hotline.Keys.Secrets = []string{"the-new-secret-of-the-platform", hotlinetest.Secret}
	l.Nobody().Do("POST", hotline.OrdersPath, good, sign(good)...).Want(200)
	l.Hotline.Keys.Secrets = l.Hotline.Keys.Secrets[:1]
	l.Nobody().Do("POST", hotline.OrdersPath, good, sign(good)...).Want(401)
	l.Hotline.Keys.Secrets = nil
	l.Nobody().Do("POST", hotline.OrdersPath, good, sign(good)...).Want(404)
}

// TestHotlineUpdates: what comes about a known number is done to its case, in any
// order, and never makes a second one.
func TestHotlineUpdates(t *testing.T) {
	t.Parallel()
	eachLine(t, func(t *testing.T, l *line) {
		last := func(id int64) string {
			g := l.desk.Page(id)
			return g.Timeline[len(g.Timeline)-1].Action
		}
		if out := l.take(apptest.M{"order_no": "HL-3", "action": "催单", "note": "已等三天"}); out.Result != "kept" {
			t.Errorf("an urge before its order: %+v", out)
		}
		out := l.take(l.order("HL-3", nil))
		o := l.row("HL-3")
		if out.Result != "taken" || last(o.CaseID) != "note" { // a reported case cannot be urged yet
			t.Errorf("%+v, the last act is %s", out, last(o.CaseID))
		}
		l.desk.Act(o.CaseID, "file", apptest.M{"category_id": leafWith(t, l.City, plain).ID})
		l.desk.Act(o.CaseID, "dispatch", apptest.M{"lead": l.w.Target.Org})
		if out := l.take(apptest.M{"order_no": "HL-3", "action": "催单", "note": "请加快"}); out.Act != "urge" || last(o.CaseID) != "urge" {
			t.Errorf("%+v", out)
		}
		if out := l.take(apptest.M{"order_no": "HL-3", "action": "补充", "note": "灯杆编号 12"}); out.Act != "note" || out.Attention {
			t.Errorf("%+v", out)
		}
		if out := l.take(l.order("HL-3", apptest.M{"content": "其实是两盏灯", "due_at": "2026-12-01 18:00:00"})); out.Act != "note" || !strings.HasPrefix(l.row("HL-3").TheirDue, "2026-12-01") {
			t.Errorf("%+v %s", out, l.row("HL-3").TheirDue)
		}
		handler := l.Hire(access.Post{Role: "handler", Region: l.w.Target.District, Org: l.w.Target.Org})
		handler.Act(o.CaseID, "sign", nil)
		handler.Act(o.CaseID, "resolve", apptest.M{"result": "已换灯"})
		if out := l.take(apptest.M{"order_no": "HL-3", "action": "撤单", "note": "不用了"}); out.Act != "note" || !out.Attention {
			t.Errorf("a resolved case is not withdrawn: %+v", out)
		}
		if o := l.row("HL-3"); o.Attention != "recall" {
			t.Errorf("%+v", o)
		}
		l.desk.Do("POST", fmt.Sprintf("/api/v1/hotline/orders/%d/decision", o.ID), apptest.M{"action": "seen", "version": l.row("HL-3").Version}).Want(200)
		if o := l.row("HL-3"); o.Attention != "" {
			t.Errorf("%+v", o)
		}
		if n := l.cases("HL-3"); n != 1 {
			t.Fatalf("%d cases", n)
		}
		out = l.take(l.order("HL-4", nil))
		if out = l.take(apptest.M{"order_no": "HL-4", "action": "撤单", "note": "打错了"}); out.Act != "withdraw" || l.row("HL-4").CaseStatus != "withdrawn" {
			t.Errorf("%+v %+v", out, l.row("HL-4"))
		}
		// A closed case is done again when the hotline says that nobody is content.
		again := l.closed("HL-5")
		if out = l.take(apptest.M{"order_no": "HL-5", "action": "重办", "note": "仍然不亮"}); out.Act != "reopen" || l.desk.Page(again).Case.Status != "dispatched" {
			t.Errorf("%+v %s", out, l.desk.Page(again).Case.Status)
		}
	})
}

// closed drives an order to its verified end.
func (l *line) closed(number string) int64 {
	l.t.Helper()
	l.take(l.order(number, nil))
	id := l.row(number).CaseID
	l.desk.Act(id, "file", apptest.M{"category_id": leafWith(l.t, l.City, plain).ID})
	l.desk.Act(id, "dispatch", apptest.M{"lead": l.w.Target.Org})
	handler := l.Hire(access.Post{Role: "handler", Region: l.w.Target.District, Org: l.w.Target.Org})
	handler.Act(id, "sign", nil)
	handler.Act(id, "resolve", apptest.M{"result": "已更换灯泡"})
	community := l.Hire(access.Post{Role: "community", Region: l.w.Target.Community})
	page := community.Act(id, "verify_pass", apptest.M{"note": "看过了"})
	if page.Case.Status == "verified" { // it was drawn for a call-back
		seat := l.Hire(access.Post{Role: "callback", Region: l.w.Target.District})
		seat.Do("POST", "/api/v1/callbacks/draw", apptest.M{"n": 20}).Want(200)
		seat.Act(id, "call_back", apptest.M{"reached": true, "solved": true, "satisfied": 5})
	}
	return id
}
