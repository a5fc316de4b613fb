package app_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/work/hotline"
	"linli/internal/work/hotline/hotlinetest"
)

// await waits for what the background does by itself.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func kinds(said []hotlinetest.Said) string {
	var out []string
	for _, s := range said {
		out = append(out, s.Fields["type"])
	}
	return strings.Join(out, " ")
}

// TestHotlineAnswers: what happens to the case is told in order, the reply in the
// format that was asked for, and a comparison of the day then finds both sides equal.
func TestHotlineAnswers(t *testing.T) {
	t.Parallel()
	eachLine(t, func(t *testing.T, l *line) {
		l.set("exchange", l.exchange())
		id := l.closed("HL-6")
		await(t, "the reply is acknowledged", func() bool {
			l.react()
			o := l.row("HL-6")
			return o.Acked && (o.Said == "reply" || o.Said == "outcome")
		})
		said := l.Said("HL-6")
		if got := kinds(said); !strings.HasPrefix(got, "progress progress signed") || strings.Count(got, "reply") != 1 {
			t.Errorf("said %s", got)
		}
		for _, s := range said {
			if s.Fields["type"] == "reply" && s.Fields["text"] != "【答复】已更换灯泡（"+l.desk.Page(id).Case.Number+"）" {
				t.Errorf("%v", s.Fields)
			}
		}
		l.take(l.order("HL-7", nil))
		returned := l.row("HL-7").CaseID
		l.desk.Act(returned, "decline", apptest.M{"reason": "属于市级部门职责"})
		await(t, "the return is acknowledged", func() bool { l.react(); o := l.row("HL-7"); return o.Acked && o.Said == "returned" })
		if s := l.Said("HL-7"); s[len(s)-1].Fields["reason"] != "属于市级部门职责" {
			t.Errorf("%v", s)
		}

		l.Offer(l.order("HL-6", apptest.M{"status": "已办结"}), l.order("HL-7", apptest.M{"status": "已退回"}), l.order("HL-8", apptest.M{"status": "办理中"}))
		l.take(l.order("HL-9", nil))
		var counts struct{ Counts map[string]int }
		day := l.Today()
		l.desk.Do("POST", "/api/v1/hotline/comparisons", apptest.M{"day": day}).Want(200).Into(&counts)
		if c := counts.Counts; c["equal"] != 2 || c["theirs"] != 1 || c["ours"] != 1 || c["differs"] != 0 {
			t.Errorf("%v", c)
		}
		var sum struct{ Unreconciled int64 }
		l.desk.Do("GET", "/api/v1/hotline/summary", nil).Want(200).Into(&sum)
		var rows struct {
			Items []struct{ Number, Verdict, Can string }
		}
		l.desk.Do("GET", "/api/v1/hotline/pairs?verdict=open", nil).Want(200).Into(&rows)
		if sum.Unreconciled != 2 || len(rows.Items) != 2 {
			t.Errorf("%d unreconciled, rows %v", sum.Unreconciled, rows.Items)
		}
		var pair struct{ Verdict string }
		l.desk.Do("POST", "/api/v1/hotline/pairs/settle", apptest.M{"day": day, "number": "HL-8"}).Want(200).Into(&pair)
		if pair.Verdict != "equal" || l.cases("HL-8") != 1 {
			t.Errorf("%+v, %d cases", pair, l.cases("HL-8"))
		}
		// The same by a file of theirs; another district sees none of it.
		file := "工单编号,标题,内容,社区,热线状态\nHL-6,路灯不亮,x,,已办结\n"
		l.desk.Do("POST", fmt.Sprintf("/api/v1/hotline/lists?day=%d&file=x.csv", day), []byte(file), "Content-Type", "application/octet-stream").Want(200).Into(&counts)
		if c := counts.Counts; c["equal"] != 1 || c["ours"] != 3 {
			t.Errorf("%v", c)
		}
		local := l.Hire(access.Post{Role: "district_desk", Region: l.w.OtherDistrict.District})
		local.Do("GET", "/api/v1/hotline/pairs", nil).Want(200).Into(&rows)
		if len(rows.Items) != 0 {
			t.Errorf("another district sees %v", rows.Items)
		}
	})
}

// TestHotlineMerged: the hotline hears of an order whose case was merged into
// another what became of that one.
func TestHotlineMerged(t *testing.T) {
	t.Parallel()
	l := beside(t, apptest.SQLite(t))
	l.set("exchange", l.exchange())
	merge := func(number string, main int64) {
		l.take(l.order(number, nil))
		l.desk.Act(l.row(number).CaseID, "merge", apptest.M{"into": main})
	}
	l.take(l.order("M-1", nil))
	main := l.row("M-1").CaseID
	merge("M-2", main)
	l.desk.Act(main, "decline", apptest.M{"reason": "属于市级部门职责"})
	await(t, "both are returned", func() bool {
		l.react()
		return l.row("M-1").Said == "returned" && l.row("M-2").Said == "returned" && l.row("M-2").Acked
	})
	if s := l.Said("M-2"); kinds(s) != "progress returned" || s[1].Fields["reason"] != "属于市级部门职责" {
		t.Errorf("%v", s)
	}
}

// TestHotlineRemoteTrouble: while the platform is down, or says yes with an error
// inside, nothing is lost and the order of an order's messages is kept.
func TestHotlineRemoteTrouble(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	o := app.At(apptest.Folder(t), "")
	o.Clock = func() time.Time { return apptest.Now().Add(time.Duration(ahead.Load())) }
	l := beside(t, apptest.Start(t, o))
	l.Platform.Clock, l.Platform.Leaps = func() int64 { return o.Clock().UnixMicro() }, true
	l.set("exchange", l.exchange())
	l.Mode(hotlinetest.Down)
	l.closed("HL-10")
	await(t, "it was tried", func() bool {
		l.react()
		var n int
		if err := l.DB.QueryRow(t.Context(), "SELECT COUNT(*) FROM outbox WHERE attempts > 0 AND state = 0").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n > 0
	})
	l.Mode(hotlinetest.Error)
	ahead.Add(int64(24 * time.Hour))
	l.desk = l.Hire(access.Post{Role: "district_desk", Region: l.w.Target.City}) // sessions end within two days
	l.react()
	if n := len(l.Said("HL-10")); n != 0 || l.row("HL-10").Acked {
		t.Errorf("an error inside counts as yes: %d", n)
	}
	l.Mode(hotlinetest.Up)
	ahead.Add(int64(24 * time.Hour))
	l.desk = l.Hire(access.Post{Role: "district_desk", Region: l.w.Target.City})
	await(t, "all is told", func() bool {
		ahead.Add(int64(time.Hour))
		l.react()
		x := l.row("HL-10")
		return x.Acked && x.Said != "signed" && x.Said != "progress"
	})
	if got := kinds(l.Said("HL-10")); !strings.HasPrefix(got, "progress progress signed") || strings.Count(got, "reply") != 1 {
		t.Errorf("said %s", got)
	}
}

// TestHotlinePull: the platform's list is taken in page by page, acknowledged when
// it is durable, asked less often while it fails, and never followed into the house.
func TestHotlinePull(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	o := app.At(apptest.Folder(t), "")
	o.Clock = func() time.Time { return apptest.Now().Add(time.Duration(ahead.Load())) }
	l := beside(t, apptest.Start(t, o))
	x := l.exchange()
	x["pull"].(apptest.M)["page"] = "" // one page a cursor
	l.set("exchange", x)
	pull := func() {
		t.Helper()
		ahead.Add(int64(2 * time.Hour))
		if err := l.Hotline.Pull(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	l.Offer(l.order("P-1", nil), l.order("P-2", nil), l.order("P-3", nil), apptest.M{"order_no": "P-1", "action": "催单", "note": "快些"}, l.order("P-4", apptest.M{"community": ""}))
	pull()
	for _, n := range []string{"P-1", "P-2", "P-3"} {
		if l.cases(n) != 1 {
			t.Errorf("%s: %d cases", n, l.cases(n))
		}
	}
	if o := l.row("P-4"); o.State != "waiting" {
		t.Errorf("%+v", o)
	}
	if got := strings.Join(l.Acked(), " "); got != "P-1 P-2 P-3 P-1 P-4" {
		t.Errorf("acknowledged %s", got)
	}
	var st struct {
		Pull struct {
			Failures int
			Error    string
			Taken    int
		}
	}
	state := func() {
		l.desk.Do("GET", "/api/v1/hotline/state", nil).Want(200).Into(&st)
	}
	if state(); st.Pull.Failures != 0 || st.Pull.Taken != 5 {
		t.Errorf("%+v", st)
	}
	l.Mode(hotlinetest.Down)
	pull()
	if state(); st.Pull.Failures == 0 || !strings.Contains(st.Pull.Error, "502") {
		t.Errorf("%+v", st)
	}
	before := l.Asked()
	if err := l.Hotline.Pull(t.Context()); err != nil || l.Asked() != before {
		t.Errorf("it was asked again at once: %v", err)
	}
	l.Mode(hotlinetest.Away)
	st.Pull.Error = ""
	pull()
	if state(); !strings.Contains(st.Pull.Error, "private") {
		t.Errorf("%+v", st)
	}
	l.Mode(hotlinetest.Up)
	st.Pull.Error = ""
	pull()
	if state(); st.Pull.Failures != 0 || st.Pull.Error != "" || st.Pull.Taken != 5 {
		t.Errorf("%+v", st)
	}
}

// TestHotlineRules: an emergency is answered at once and is a case all the same; what
// is not the city's waits for a person, and becomes a case when nobody decides or
// when the hotline insists.
func TestHotlineRules(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	opt := app.At(apptest.Folder(t), "")
	opt.Clock = func() time.Time { return apptest.Now().Add(time.Duration(ahead.Load())) }
	l := beside(t, apptest.Start(t, opt))
	l.Platform.Clock, l.Platform.Leaps = func() int64 { return opt.Clock().UnixMicro() }, true
	l.set("exchange", l.exchange())
	l.set("rules", apptest.M{"rules": []apptest.M{
		{"id": "fire", "name": "火情", "kind": "emergency", "words": []string{"起火"}, "answer": "请立即撤离到安全处。", "reason": "《消防法》第四十四条", "call": "119"},
		{"id": "court", "name": "涉诉", "kind": "beyond", "words": []string{"法院已判决"}, "answer": "此事已进入司法程序，请向审理法院反映。", "reason": "《信访工作条例》"},
	}})
	if out := l.take(l.order("E-1", apptest.M{"content": "三楼起火了"})); out.Result != "taken" || l.cases("E-1") != 1 {
		t.Errorf("%+v", out)
	}
	await(t, "the number to call is told", func() bool { l.react(); return len(l.Said("E-1")) == 1 })
	if s := l.Said("E-1")[0].Fields; s["type"] != "advice" || s["call"] != "119" || !strings.Contains(s["text"], "119") {
		t.Errorf("%v", s)
	}
	for i := range 4 {
		if out := l.take(l.order(fmt.Sprintf("B-%d", i), apptest.M{"content": "法院已判决，我不服"})); out.Result != "proposed" || l.cases(fmt.Sprintf("B-%d", i)) != 0 {
			t.Errorf("%+v", out)
		}
	}
	decide := func(number string, body apptest.M) *apptest.Answer {
		o := l.row(number)
		body["version"] = o.Version
		return l.desk.Do("POST", fmt.Sprintf("/api/v1/hotline/orders/%d/decision", o.ID), body)
	}
	decide("B-0", apptest.M{"action": "answer"}).Want(200)
	await(t, "the answer is acknowledged", func() bool { l.react(); return l.row("B-0").Acked })
	if s := l.Said("B-0"); len(s) != 1 || s[0].Fields["type"] != "returned" || s[0].Fields["reason"] != "《信访工作条例》" || l.row("B-0").State != "answered" {
		t.Errorf("%v %+v", s, l.row("B-0"))
	}
	decide("B-1", apptest.M{"action": "admit"}).Want(200)
	if out := l.take(apptest.M{"order_no": "B-2", "action": "催单"}); out.Result != "taken" {
		t.Errorf("who insists: %+v", out)
	}
	if l.cases("B-0") != 0 || l.cases("B-1") != 1 || l.cases("B-2") != 1 || l.cases("B-3") != 0 {
		t.Error("B-1 and B-2 are cases, B-0 and B-3 are not")
	}
	var sum struct {
		States map[string]int64
		Rules  []struct {
			Rule string
			N    int64
		}
	}
	l.desk.Do("GET", "/api/v1/hotline/summary", nil).Want(200).Into(&sum)
	if sum.States["proposed"] != 1 || sum.States["answered"] != 1 || len(sum.Rules) != 2 || sum.Rules[0].N != 1 || sum.Rules[1].N != 4 {
		t.Errorf("%+v", sum)
	}
	ahead.Add(int64(5 * time.Hour))
	if err := l.Hotline.Upkeep(t.Context()); err != nil || l.cases("B-3") != 1 {
		t.Errorf("an undecided proposal: %d cases, %v", l.cases("B-3"), err)
	}
	// An order whose place nobody knows waits, with its caller in the vault.
	if out := l.take(l.order("W-1", apptest.M{"community": "天上"})); out.Result != "waiting" || len(out.Faults) == 0 {
		t.Errorf("%+v", out)
	}
	decide("W-1", apptest.M{"action": "admit"}).Want(422)
	decide("W-1", apptest.M{"action": "admit", "community": fmt.Sprint(l.w.Target.Community)}).Want(200)
	c, _, _, err := l.Cases.ByID(t.Context(), apptest.Everything, l.row("W-1").CaseID)
	if err != nil || c.Reporter == 0 {
		t.Fatalf("%+v %v", c, err)
	}
	p, err := l.Vault.Hand(t.Context(), c.District, c.Reporter)
	if err != nil || p.Phone.Plain() != "13900000000" {
		t.Errorf("the caller did not come along: %v", err)
	}
}

// TestHotlineFile: a file is checked without a trace, taken in with its row errors,
// and has no effect a second time.
func TestHotlineFile(t *testing.T) {
	t.Parallel()
	l := beside(t, apptest.SQLite(t))
	file := "工单编号,标题,内容,社区,办理时限,答复格式,诉求人,联系电话,登记时间\n"
	for i := range 20 {
		file += fmt.Sprintf("F-%d,路灯不亮,第 %d 盏灯,%d,2026-12-01 18:00,A,李四,13800000000,2026-11-22 10:00\n", i, i, l.w.Target.Community)
	}
	file += "F-20,,,1,,,,,\nF-21,井盖松动,路口井盖松动,天上,,,,,\nF-22,井盖松动,路口井盖松动,,,,,,\n"
	send := func(dry bool) (out hotline.FileReport, errors []hotline.RowFault) {
		var x struct {
			hotline.FileReport
			Errors []hotline.RowFault
		}
		l.desk.Do("POST", fmt.Sprintf("/api/v1/hotline/files?file=x.csv&dry_run=%v", dry), []byte(file), "Content-Type", "application/octet-stream").Want(200).Into(&x)
		return x.FileReport, x.Errors
	}
	rep, bad := send(true)
	if rep.Taken != 21 || rep.Failed != 2 || len(bad) == 0 || bad[0].Row != 22 || l.cases("F-0") != 0 {
		t.Errorf("dry run: %+v %+v", rep, bad)
	}
	if rep, _ = send(false); rep.Taken != 21 || rep.Failed != 2 || l.cases("F-0") != 1 || l.row("F-22").State != "waiting" || !strings.HasPrefix(l.row("F-3").TheirDue, "2026-12-01T18:00") {
		t.Errorf("%+v", rep)
	}
	if rep, _ = send(false); rep.Taken != 0 || rep.Known != 21 {
		t.Errorf("again: %+v", rep)
	}
	for _, hostile := range []string{"", "\x00\x01\x02", "PK\x03\x04 no workbook", "[]"} {
		if a := l.desk.Do("POST", "/api/v1/hotline/files?file=x.xlsx", []byte(hostile), "Content-Type", "application/octet-stream"); a.Status != 422 {
			t.Errorf("%q: %d %s", hostile, a.Status, a.Body)
		}
	}
	// The desk's preview says what a row or an order would become.
	var pre struct {
		Result, Number, Place, Kind string
		Faults                      []hotline.Fault
	}
	l.admin.Do("POST", "/api/v1/hotline/preview", apptest.M{"sample": string(bytesOf(t, l.order("X-1", apptest.M{"community": ""})))}).Want(200).Into(&pre)
	if pre.Result != "waiting" || pre.Number != "X-1" || len(pre.Faults) != 1 {
		t.Errorf("%+v", pre)
	}
	l.admin.Do("POST", "/api/v1/hotline/preview", apptest.M{"sample": `{"wo":{"no":"X-2","what":"灯"},"a":"催一下"}`, "mapping": apptest.M{"outside_number": "wo.no", "text": "wo.what", "kind": apptest.M{"column": "a", "map": apptest.M{"催一下": "urge"}}}}).Want(200).Into(&pre)
	if pre.Result != "update" || pre.Kind != "urge" {
		t.Errorf("%+v", pre)
	}
	l.admin.Do("POST", "/api/v1/hotline/preview", apptest.M{"sample": strings.Join(strings.SplitN(file, "\n", 3)[:2], "\n")}).Want(200).Into(&pre)
	if pre.Result != "taken" || pre.Number != "F-0" || l.cases("X-1") != 0 {
		t.Errorf("%+v", pre)
	}
}
