package app_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/people/workforce"
	"linli/internal/work/cases"
	"linli/internal/work/patrol"
)

var payItems = []apptest.M{
	{"code": "base", "name": "基本工资", "name_en": "Base pay", "kind": "monthly", "amount": 320000},
	{"code": "result", "name": "考核绩效", "name_en": "Appraisal", "kind": "level", "levels": apptest.M{"good": 80000, "fair": 50000, "poor": 0}},
	{"code": "insurance", "name": "社保个人部分", "name_en": "Insurance", "kind": "share", "of": "base", "permille": -105},
}

type payRunPage struct {
	ID      int64
	State   string
	Version int
	Slips   int
	Total   int64
	Items   []struct {
		ID     int64
		Worker struct{ ID int64 }
		Total  int64
		Lines  []struct {
			Code, How string
			Amount    int64
		}
		Corrections []struct {
			Amount int64
			Paid   bool
		}
	}
	Options []struct {
		Action  string
		Allowed bool
		Why     string
	}
}

// recruit hires somebody by a contract for the grid, from September 2026 until the end of the year.
func recruit(t *testing.T, c *apptest.City, w matrixtest.Place) *apptest.Person {
	t.Helper()
	p := c.Hire(access.Post{Role: "client", Region: w.District}) // an account that may do nothing here
	contracted(t, c, p, w, 20260901, 20261231)
	return p
}

func contracted(t *testing.T, c *apptest.City, p *apptest.Person, w matrixtest.Place, from, to ledger.Day) *workforce.Contract {
	t.Helper()
	made, err := c.Staff.Contracts.Put(t.Context(), apptest.Everything, workforce.Contract{Row: ledger.Row{Grid: w.Grid, From: from, To: to}, Account: p.Account, Number: fmt.Sprint("HT", p.Account, from), Channel: "social"})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// staffed makes a pay run, a slip of it and an appraisal of the place's street.
func staffed(t *testing.T, c *apptest.City, w matrixtest.Place) (run, slip, appraisal int64) {
	t.Helper()
	sampleRow(t, c, w, "staff_contract") // leave is of somebody under contract
	hr := c.Hire(access.Post{Role: "hr", Region: w.District})
	hr.Do("POST", "/api/v1/pay-rules", apptest.M{"district": w.District, "from": 202601, "name": "试行办法", "items": payItems}).Want(201)
	var r payRunPage
	hr.Do("POST", "/api/v1/pay-runs", apptest.M{"street": fmt.Sprint(w.Street), "month": 202611}).Want(201).Into(&r)
	var a struct{ ID int64 }
	hr.Do("POST", "/api/v1/appraisals", apptest.M{"region": fmt.Sprint(w.Street), "name": "四季度考核", "from": 20261001, "to": 20261231, "sample": 5, "appeal_days": 5,
		"criteria": []apptest.M{{"indicator": "solved", "line": 600}}}).Want(201).Into(&a)
	return r.ID, r.Items[0].ID, a.ID
}

// TestPay: two other persons on two posts lock a run; what was wrong is paid by a
// later one, and each worker sees the own slips and nobody else's.
func TestPay(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World().Target
		worker, other := recruit(t, c, w), recruit(t, c, w)
		hr := c.Hire(access.Post{Role: "hr", Region: w.District})
		chief := c.Hire(access.Post{Role: "chief", Region: w.Street})
		desk := c.Hire(access.Post{Role: "district_desk", Region: w.District})
		elsewhere := c.Hire(access.Post{Role: "hr", Region: c.World().OtherStreet.Street})

		hr.Do("POST", "/api/v1/pay-runs", apptest.M{"street": fmt.Sprint(w.Street), "month": 202609}).Fails(409, "pay_rule_missing")
		hr.Do("POST", "/api/v1/pay-rules", apptest.M{"district": w.District, "from": 202601, "name": "试行办法", "items": payItems}).Want(201)
		hr.Do("POST", "/api/v1/pay-rules", apptest.M{"district": w.District, "from": 202601, "name": "再来一次", "items": payItems}).Fails(409, "conflict")
		elsewhere.Do("POST", "/api/v1/pay-runs", apptest.M{"street": fmt.Sprint(w.Street), "month": 202609}).Fails(404, "not_found")
		hr.Do("POST", "/api/v1/pay-runs", apptest.M{"street": fmt.Sprint(w.Street), "month": 203001}).Fails(422, "invalid")

		var r payRunPage
		hr.Do("POST", "/api/v1/pay-runs", apptest.M{"street": fmt.Sprint(w.Street), "month": 202609}).Want(201).Into(&r)
		hr.Do("POST", "/api/v1/pay-runs", apptest.M{"street": fmt.Sprint(w.Street), "month": 202609}).Fails(409, "pay_month_taken")
		slipOf := func(r payRunPage, account int64) int {
			for i, x := range r.Items {
				if x.Worker.ID == account {
					return i
				}
			}
			t.Fatalf("no slip of %d", account)
			return 0
		}
		first := r.Items[slipOf(r, worker.Account)]
		if first.Total != 286400 || !strings.Contains(first.Lines[0].How, "30/30") { // 3,200 less 10.5 %
			t.Errorf("slip %+v", first)
		}
		step := func(p *apptest.Person, action, note string) *apptest.Answer {
			return p.Do("POST", fmt.Sprintf("/api/v1/pay-runs/%d/actions", r.ID), apptest.M{"action": action, "version": r.Version, "note": note})
		}
		hr.Do("POST", fmt.Sprintf("/api/v1/pay-slips/%d/corrections", first.ID), apptest.M{"amount": 100, "reason": "x"}).Fails(409, "pay_not_locked")
		step(hr, "approve", "").Fails(409, "action_not_allowed")
		step(hr, "submit", "").Want(200).Into(&r)
		step(hr, "compute", "").Fails(409, "action_not_allowed")
		step(chief, "send_back", "").Fails(422, "required")
		step(chief, "send_back", "请核对工龄").Want(200).Into(&r)
		step(hr, "submit", "").Want(200).Into(&r)
		step(chief, "approve", "").Want(200).Into(&r)
		step(chief, "approve", "").Fails(409, "action_not_allowed") // not twice the same
		var mine struct{ Items []struct{ ID, Total int64 } }
		if worker.Do("GET", "/api/v1/my/pay", nil).Want(200).Into(&mine); len(mine.Items) != 0 {
			t.Error("a slip is shown before it is locked")
		}
		step(desk, "approve", "").Want(200).Into(&r)
		if r.State != "locked" {
			t.Fatalf("state %s", r.State)
		}
		for _, action := range []string{"compute", "submit", "send_back"} {
			step(hr, action, "x").Fails(409, "action_not_allowed")
		}

		hr.Do("POST", fmt.Sprintf("/api/v1/pay-slips/%d/corrections", first.ID), apptest.M{"amount": -5000, "reason": "工龄多计一年"}).Want(201)
		locked := r.Version
		var next payRunPage
		hr.Do("POST", "/api/v1/pay-runs", apptest.M{"street": fmt.Sprint(w.Street), "month": 202610}).Want(201).Into(&next)
		x := next.Items[slipOf(next, worker.Account)]
		if x.Total != 286400-5000 || x.Lines[len(x.Lines)-1].Code != "correction" {
			t.Errorf("the correction is not in the next run: %+v", x)
		}
		hr.Do("GET", fmt.Sprintf("/api/v1/pay-runs/%d", r.ID), nil).Want(200).Into(&r)
		if again := r.Items[slipOf(r, worker.Account)]; r.Version != locked || again.Total != 286400 || len(again.Corrections) != 1 || !again.Corrections[0].Paid {
			t.Errorf("the locked slip: %+v", again)
		}
		worker.Do("GET", "/api/v1/my/pay", nil).Want(200).Into(&mine)
		if len(mine.Items) != 1 || mine.Items[0].ID != first.ID {
			t.Errorf("own slips %+v", mine.Items)
		}
		if other.Do("GET", "/api/v1/my/pay", nil).Want(200).Into(&mine); len(mine.Items) != 1 || mine.Items[0].ID == first.ID {
			t.Errorf("another worker's slips %+v", mine.Items)
		}
		for _, path := range []string{fmt.Sprintf("/api/v1/pay-runs/%d", r.ID), "/api/v1/pay-runs", fmt.Sprintf("/api/v1/pay-runs/%d/export.xlsx", r.ID)} {
			other.Do("GET", path, nil).Fails(403, "forbidden")
		}

		file, err := excelize.OpenReader(bytes.NewReader(hr.Do("GET", fmt.Sprintf("/api/v1/pay-runs/%d/export.xlsx", r.ID), nil).Want(200).Body))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := file.GetRows(file.GetSheetName(0))
		if err != nil || len(rows) != r.Slips+2 {
			t.Errorf("%d rows of %d slips: %v", len(rows), r.Slips, err)
		}
		tampered(t, c, [][3]string{
			{"UPDATE pay_slip SET total = total + 100", "UPDATE pay_slip SET total = total - 100", fmt.Sprint("pay_slip ", first.ID)},
			{"UPDATE pay_slip SET grid = grid + 1", "UPDATE pay_slip SET grid = grid - 1", fmt.Sprint("pay_run ", r.ID, ": its slips")},
			{"UPDATE pay_slip SET lines = replace(lines, '320000', '330000')", "UPDATE pay_slip SET lines = replace(lines, '330000', '320000')", fmt.Sprint("pay_slip ", first.ID)},
			{"UPDATE pay_run SET checked_by = checked_by + 1 WHERE state = 'locked'", "UPDATE pay_run SET checked_by = checked_by - 1 WHERE state = 'locked'", fmt.Sprint("pay_run ", r.ID, " version")},
			{"UPDATE pay_correction SET amount = amount * 2", "UPDATE pay_correction SET amount = amount / 2", "pay_correction"},
			{"UPDATE pay_rule SET items = replace(items, '320000', '330000')", "UPDATE pay_rule SET items = replace(items, '330000', '320000')", "pay_rule"},
		})
		sum := rows[len(rows)-1]
		if yuan, err := strconv.ParseFloat(sum[len(sum)-1], 64); err != nil || int64(yuan*100+0.5) != r.Total {
			t.Errorf("sum %s, total %s", sum[len(sum)-1], workforce.Fen(r.Total))
		}
	})
}

// TestAppraisal: the hash of the seed is published beforehand, anybody can draw
// again, people from outside call, the worker sees every row and appeals, and
// somebody else settles.
func TestAppraisal(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World().Target
		worker := recruit(t, c, w)
		hr := c.Hire(access.Post{Role: "hr", Region: w.District})
		chief := c.Hire(access.Post{Role: "chief", Region: w.Street})
		desk := c.Hire(access.Post{Role: "district_desk", Region: w.District})
		seat := c.Hire(access.Post{Role: "callback", Region: w.District})
		inside := c.Hire(access.Post{Role: "callback", Region: w.District}, access.Post{Role: "community", Region: w.Community})

		plan := apptest.M{"region": fmt.Sprint(w.Street), "name": "上月考核", "from": 20261001, "to": 20261130, "sample": 2, "appeal_days": 5, "criteria": []apptest.M{{"indicator": "solved", "line": 600}, {"indicator": "handled_on_time", "line": 700}}}
		with := func(k string, v any) apptest.M {
			m := apptest.M{}
			for a, b := range plan {
				m[a] = b
			}
			m[k] = v
			return m
		}
		for _, code := range []string{"reported", "online_time", "clock_in"} {
			hr.Do("POST", "/api/v1/appraisals", with("criteria", []apptest.M{{"indicator": code, "line": 600}})).Fails(422, "indicator_refused")
		}
		if a := hr.Do("POST", "/api/v1/appraisals", with("criteria", []apptest.M{{"indicator": "solved", "line": 600, "quota": 30}})); a.Status != 422 {
			t.Errorf("a quota: %d", a.Status)
		}
		hr.Do("POST", "/api/v1/appraisals", with("to", 20261110)).Fails(422, "invalid") // published too late

		// The period lies in the past: it was published when it began.
		solved, err := workforce.ParseIndicator("solved")
		if err != nil {
			t.Fatal(err)
		}
		onTime, err := workforce.ParseIndicator("handled_on_time")
		if err != nil {
			t.Fatal(err)
		}
		then := store.ContextAt(context.Background(), apptest.Now().AddDate(0, 0, -20).UnixMicro())
		made, err := c.Staff.Publish(then, apptest.Everything, workforce.Appraisal{Street: w.Street, Name: "上月考核", From: 20261101, To: 20261115, Sample: 2, AppealDays: 5,
			Criteria: []workforce.Criterion{{Indicator: solved, Line: 600}, {Indicator: onTime, Line: 700}}})
		if err != nil {
			t.Fatal(err)
		}
		onsite := leafWith(t, c, onSpot)
		for i := range 5 {
			at := store.ContextAt(context.Background(), apptest.Now().AddDate(0, 0, -10).UnixMicro()+int64(i))
			if _, err := c.Cases.Report(at, apptest.Everything, cases.ReportIn{Text: "楼道堆物" + fmt.Sprint(i), Channel: "grid_worker", Category: onsite.ID, Grid: w.Grid, Reporter: cases.Person{Name: "李四", Phone: "13900000001"}, Onsite: "已当场清理"}); err != nil {
				t.Fatal(err)
			}
		}
		type sheet struct {
			ID       int64
			State    string
			Version  int
			Worker   struct{ ID int64 }
			Proposed string
			Level    string
			Measures []struct {
				Indicator, Verdict string
				K, N               int
				Interval           []float64
				Small              bool `json:"n_small"`
				Rows               []struct {
					Number string
					Hit    bool
				}
			}
			Log []struct{ Action, Text string }
		}
		var a struct {
			Version int
			State   string
			Seed    string
			Items   []sheet
		}
		path := fmt.Sprintf("/api/v1/appraisals/%d", made.ID)
		hr.Do("GET", path, nil).Want(200).Into(&a)
		if a.Seed != "" {
			t.Error("the seed is shown before the draw")
		}
		act := func(p *apptest.Person, action string) *apptest.Answer {
			return p.Do("POST", path+"/actions", apptest.M{"action": action, "version": a.Version})
		}
		worker.Do("POST", path+"/actions", apptest.M{"action": "draw", "version": a.Version}).Fails(403, "forbidden")
		rated := c.Hire(access.Post{Role: "grid_worker", Region: w.Community, Grid: w.Grid}, access.Post{Role: "chief", Region: w.Street})
		act(rated, "draw").Fails(409, "action_not_allowed")
		act(hr, "compute").Fails(409, "action_not_allowed")
		act(hr, "draw").Want(200).Into(&a)

		var drawn struct {
			workforce.Drawn
			Verified bool
		}
		worker.Do("GET", path+"/draw", nil).Want(200).Into(&drawn)
		if err := drawn.Check(); err != nil || !drawn.Verified || drawn.Commitment != made.Commitment {
			t.Errorf("the draw: %v %v", err, drawn.Verified)
		}
		act(hr, "compute").Fails(409, "action_not_allowed") // calls wait

		type calls struct{ Items []struct{ ID int64 } }
		var mine, theirs calls
		if inside.Do("GET", "/api/v1/appraisal-calls", nil).Want(200).Into(&theirs); len(theirs.Items) != 0 {
			t.Error("the rated side is given calls")
		}
		seat.Do("GET", "/api/v1/appraisal-calls", nil).Want(200).Into(&mine)
		if len(mine.Items) == 0 {
			t.Fatal("no calls")
		}
		call := func(p *apptest.Person, id int64, body apptest.M) *apptest.Answer {
			return p.Do("POST", fmt.Sprintf("/api/v1/appraisal-calls/%d", id), body)
		}
		call(inside, mine.Items[0].ID, apptest.M{"reached": true, "solved": true}).Fails(403, "rated_side")
		call(seat, mine.Items[0].ID, apptest.M{"reached": true}).Fails(422, "required")
		for i, x := range mine.Items {
			if i == 0 { // nobody answers, three times
				for range 3 {
					call(seat, x.ID, apptest.M{"reached": false}).Want(200)
				}
				call(seat, x.ID, apptest.M{"reached": false}).Fails(409, "stale_version")
				continue
			}
			call(seat, x.ID, apptest.M{"reached": true, "solved": true, "satisfied": 5}).Want(200)
		}
		act(hr, "compute").Want(200).Into(&a)

		var own struct{ Items []sheet }
		worker.Do("GET", "/api/v1/my/appraisals", nil).Want(200).Into(&own)
		if len(own.Items) != 1 {
			t.Fatalf("own sheets %+v", own.Items)
		}
		x := own.Items[0]
		for _, m := range x.Measures {
			hits := 0
			for _, r := range m.Rows {
				if r.Hit {
					hits++
				}
				if r.Number == "" {
					t.Errorf("%s: a row without a number", m.Indicator)
				}
			}
			if hits != m.K || len(m.Rows) != m.N || m.N > 0 && (len(m.Interval) != 2 || !m.Small) {
				t.Errorf("%s: %d of %d, rows %d of %d, %v", m.Indicator, m.K, m.N, hits, len(m.Rows), m.Interval)
			}
		}
		if x.Proposed != "fair" { // so few cases tell nothing
			t.Errorf("proposed %s", x.Proposed)
		}
		on := func(p *apptest.Person, base, action string, more apptest.M) *apptest.Answer {
			more["action"], more["version"] = action, x.Version
			return p.Do("POST", fmt.Sprintf("/api/v1/%s/%d/actions", base, x.ID), more)
		}
		on(rated, "my/appraisals", "comment", apptest.M{"text": "不是我的"}).Fails(404, "not_found")
		on(worker, "my/appraisals", "comment", apptest.M{"text": "十月有十天在外培训"}).Want(200).Into(&x)
		on(worker, "my/appraisals", "decide", apptest.M{"text": "x", "level": "good", "renew": "yes"}).Fails(409, "action_not_allowed")
		on(chief, "appraisal-sheets", "decide", apptest.M{"level": "poor", "renew": "no"}).Fails(422, "required")
		on(chief, "appraisal-sheets", "decide", apptest.M{"text": "多次未处理", "level": "first", "renew": "no"}).Fails(422, "invalid")
		on(chief, "appraisal-sheets", "decide", apptest.M{"text": "有两件没有办好", "level": "poor", "renew": "no"}).Want(200).Into(&x)
		on(chief, "appraisal-sheets", "settle", apptest.M{"text": "维持", "level": "poor", "renew": "no"}).Fails(409, "action_not_allowed")
		on(worker, "my/appraisals", "appeal", apptest.M{"text": "两件都不在我的网格"}).Want(200).Into(&x)
		on(chief, "appraisal-sheets", "settle", apptest.M{"text": "维持", "level": "poor", "renew": "no"}).Fails(409, "action_not_allowed")
		act(hr, "close").Fails(409, "action_not_allowed") // an appeal is open
		on(desk, "appraisal-sheets", "settle", apptest.M{"text": "核实属实", "level": "fair", "renew": "yes"}).Want(200).Into(&x)
		if x.State != "settled" || x.Level != "fair" || len(x.Log) != 4 {
			t.Errorf("sheet %+v", x)
		}
		act(hr, "close").Want(200)
		tampered(t, c, [][3]string{
			{"UPDATE appraisal_sheet SET level = 'good'", "UPDATE appraisal_sheet SET level = 'fair'", fmt.Sprint("appraisal_sheet ", x.ID)},
			{"UPDATE appraisal_sheet SET proposed = 'poor'", "UPDATE appraisal_sheet SET proposed = 'fair'", "propose"},
			{"UPDATE appraisal_log SET text = text || '。' WHERE action = 'decide'", "UPDATE appraisal_log SET text = '有两件没有办好' WHERE action = 'decide'", fmt.Sprint("appraisal_sheet ", x.ID)},
			{"UPDATE appraisal_call SET solved = 0 WHERE solved = 1", "UPDATE appraisal_call SET solved = 1 WHERE solved = 0", "not what its calls say"},
			{"UPDATE appraisal SET sample = sample - 1", "UPDATE appraisal SET sample = sample + 1", "the seed gives"},
			{"UPDATE appraisal SET state = 'shown'", "UPDATE appraisal SET state = 'closed'", fmt.Sprint("appraisal ", made.ID)},
		})
	})
}

// tampered changes rows behind the program's back, expects to be told of what is
// named, and changes them back: do, undo, what the verification names.
func tampered(t *testing.T, c *apptest.City, all [][3]string) {
	t.Helper()
	found := func() string {
		t.Helper()
		p, err := c.Staff.Verify(t.Context(), c.DB)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(p)
	}
	for _, x := range all {
		if p := found(); p != "[]" {
			t.Fatalf("before %s: %s", x[0], p)
		}
		for _, q := range x[:2] {
			if err := c.DB.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
				t.Fatal(err)
			}
			if p := found(); q == x[0] && !strings.Contains(p, x[2]) {
				t.Errorf("%s: %s", q, p)
			}
		}
	}
	if p := found(); p != "[]" {
		t.Errorf("at the end: %s", p)
	}
}

// TestContractsDrivePosts: the first day gives the scope, the end takes it in the
// middle of a session, a change of grid moves it, cover lasts between its two days.
func TestContractsDrivePosts(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		ctx, world := t.Context(), c.World()
		w, other := world.Target, world.Sibling
		hr := c.Hire(access.Post{Role: "hr", Region: w.District})
		dispatcher := c.Hire(access.Post{Role: "dispatcher", Region: w.Street})
		here, there := dispatcher.Report(apptest.M{"text": "井盖松动", "place": spot(w)}), dispatcher.Report(apptest.M{"text": "路灯不亮", "place": spot(other)})
		sees := func(p *apptest.Person, what string, id int64, want bool) {
			t.Helper()
			a := p.Do("GET", fmt.Sprintf("/api/v1/cases/%d", id), nil)
			if (a.Status == 200) != want || !want && a.Status != 404 && a.Status != 403 {
				t.Errorf("%s: %d", what, a.Status)
			}
		}
		p := c.Hire(access.Post{Role: "client", Region: w.District})
		sees(p, "before the contract", here.ID, false)
		k := contracted(t, c, p, w, 20261101, 20261231)
		sees(p, "under contract", here.ID, true)
		later := c.Hire(access.Post{Role: "client", Region: w.District})
		contracted(t, c, later, w, 20261201, 20261231)
		sees(later, "before the first day", here.ID, false)

		put := func(body apptest.M) *apptest.Answer {
			return hr.Do("POST", "/api/v1/ledger/staff_contract", apptest.M{"fields": body})
		}
		again := apptest.M{"account": p.Account, "number": "HT-2", "channel": "party", "grid": w.Grid, "valid_from": "2026-12-31", "valid_to": "2027-12-31"}
		put(again).Fails(409, "overlapping_terms")
		again["valid_from"], again["valid_to"] = "2027-01-10", "2027-01-01"
		if a := put(again); a.Status != 422 {
			t.Errorf("end before start: %d %s", a.Status, a.Body)
		}

		// A transfer.
		hr.Do("PATCH", fmt.Sprintf("/api/v1/ledger/staff_contract/%d", k.ID), apptest.M{"version": k.Version, "fields": apptest.M{"grid": other.Grid}, "reason": "调整网格"}).Want(200)
		sees(p, "the old grid after the transfer", here.ID, false)
		sees(p, "the new grid", there.ID, true)

		// Cover for somebody on leave: yesterday, today, and to come.
		covered := recruit(t, c, w)
		leave := func(who *apptest.Person, from, to string, cover *apptest.Person) *apptest.Answer {
			return hr.Do("POST", "/api/v1/ledger/staff_absence", apptest.M{"fields": apptest.M{"account": who.Account, "kind": "annual", "cover": cover.Account, "grid": w.Grid, "valid_from": from, "valid_to": to}})
		}
		stranger := c.Hire(access.Post{Role: "client", Region: w.District})
		leave(covered, "2026-11-20", "2026-11-30", stranger).Fails(422, "no_contract")
		leave(covered, "2026-11-20", "2026-11-30", covered).Fails(422, "own_cover")
		leave(covered, "2026-12-01", "2026-12-05", p).Want(201)
		sees(p, "before the cover begins", here.ID, false)
		var a struct {
			ID      int64
			Version int
		}
		leave(covered, "2026-11-20", "2026-11-30", p).Want(201).Into(&a)
		sees(p, "while covering", here.ID, true)
		if away, err := c.Staff.Away(ctx, covered.Account, 20261123); err != nil || !away {
			t.Errorf("away: %v %v", away, err)
		}
		if who, err := c.Staff.CoverOf(ctx, w.Grid, 20261123); err != nil || len(who) != 1 || who[0] != p.Account {
			t.Errorf("cover: %v %v", who, err)
		}
		hr.Do("POST", fmt.Sprintf("/api/v1/ledger/staff_absence/%d/end", a.ID), apptest.M{"version": a.Version, "reason": "提前返岗"}).Want(200)
		sees(p, "when the cover ended early", here.ID, false)
		sees(p, "the own grid still", there.ID, true)

		// The end of the contract, in the middle of the session.
		var now struct{ Version int }
		hr.Do("GET", fmt.Sprintf("/api/v1/ledger/staff_contract/%d", k.ID), nil).Want(200).Into(&now)
		hr.Do("POST", fmt.Sprintf("/api/v1/ledger/staff_contract/%d/end", k.ID), apptest.M{"version": now.Version, "reason": "辞职"}).Want(200)
		sees(p, "after the contract ended", there.ID, false)
		p.Do("GET", "/api/v1/cases", nil).Fails(403, "forbidden")
		p.Do("GET", "/api/v1/session", nil).Want(200) // the account itself lives on: slips and appraisals stay to be seen

		var sum struct{ Workers, Away, Covered int }
		hr.Do("GET", "/api/v1/staff", nil).Want(200).Into(&sum)
		if sum.Workers != 1 || sum.Away != 0 {
			t.Errorf("summary %+v", sum)
		}
	})
}

// TestRecruitment: from the notice to the contract in order, the candidates' data
// in the vault and gone after the round.
func TestRecruitment(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World().Target
		hr := c.Hire(access.Post{Role: "hr", Region: w.District})
		type row struct {
			ID      int64
			Version int
			Fields  map[string]any
		}
		var round, cand row
		hr.Do("POST", "/api/v1/ledger/staff_round", apptest.M{"fields": apptest.M{"name": "冬季招聘", "seats": 3, "deadline": "2026-12-31", "notice": "面向社会公开招聘网格员", "region": fmt.Sprint(w.District)}}).Want(201).Into(&round)
		apply := func() *apptest.Answer {
			return hr.Do("POST", "/api/v1/ledger/staff_candidate", apptest.M{"fields": apptest.M{"round": round.ID, "name": "王小明", "phone": "13812345678", "channel": "social", "region": fmt.Sprint(w.District)}})
		}
		apply().Fails(422, "invalid") // not announced yet
		to := func(code string, r *row, state string) *apptest.Answer {
			return hr.Do("PATCH", fmt.Sprintf("/api/v1/ledger/%s/%d", code, r.ID), apptest.M{"version": r.Version, "fields": apptest.M{"state": state}})
		}
		to("staff_round", &round, "exam").Fails(409, "no_such_step")
		act := func(what string, r *row, action string, score int) *apptest.Answer {
			return hr.Do("POST", fmt.Sprintf("/api/v1/staff/%s/%d/actions", what, r.ID), apptest.M{"action": action, "version": r.Version, "score": score})
		}
		act("rounds", &round, "publish", 0).Fails(409, "action_not_allowed")
		act("rounds", &round, "announce", 0).Want(200).Into(&round)
		apply().Want(201).Into(&cand)
		if cand.Fields["name"] == "王小明" || cand.Fields["phone"] == "13812345678" {
			t.Errorf("the list shows personal data: %v", cand.Fields)
		}
		hire := func(more ...any) *apptest.Answer {
			m := apptest.M{"login": "wxiaoming", "grid_id": w.Grid, "number": "HT-2026-1", "from": 20261123, "to": 20271122}
			for i := 0; i < len(more); i += 2 {
				m[more[i].(string)] = more[i+1]
			}
			return hr.Do("POST", fmt.Sprintf("/api/v1/staff/candidates/%d/contract", cand.ID), m)
		}
		hire().Fails(409, "no_such_step")
		var page struct {
			Candidates map[string]int
			Items      []struct {
				ID      int64
				Version int
				State   string
				Score   int
				Options []struct {
					Action  string
					Allowed bool
				}
			}
			Grids []struct {
				Grid int64 `json:"grid_id"`
			}
		}
		for _, action := range []string{"qualify", "pass", "offer"} {
			act("candidates", &cand, action, 85).Want(200).Into(&page)
			cand.Version = page.Items[0].Version
		}
		if x := page.Items[0]; x.State != "offered" || x.Score != 85 || len(x.Options) != 2 || page.Candidates["offered"] != 1 {
			t.Errorf("the round's page: %+v", page)
		}
		// What a contract is refused for is found before there is an account.
		contracted(t, c, c.Hire(access.Post{Role: "client", Region: w.District}), w, 20260101, 20261231)
		var taken struct {
			Items []struct{ Fields map[string]any }
		}
		hr.Do("GET", "/api/v1/ledger/staff_contract", nil).Want(200).Into(&taken)
		hire("number", taken.Items[0].Fields["number"]).Fails(409, "already_registered")
		hire("grid_id", c.World().OtherDistrict.Grid).Fails(422, "invalid")
		hire("to", 20261101).Fails(422, "invalid")
		if id, _ := c.Identity.Directory().ByLogin("wxiaoming"); id != 0 {
			t.Error("a contract that was refused left an account")
		}
		to("staff_candidate", &cand, "hired").Fails(409, "no_such_step") // only by a contract
		var made struct {
			Account  int64
			Password string
		}
		hire().Want(201).Into(&made)
		if id, posts := c.Identity.Directory().ByLogin("wxiaoming"); id != made.Account || made.Password == "" || len(posts) != 1 || posts[0].Role != "grid_worker" || posts[0].Grid != w.Grid || posts[0].From != 20261123 || posts[0].To != 20271123 {
			t.Errorf("the contract made %+v", posts)
		}
		hr.Do("POST", fmt.Sprintf("/api/v1/ledger/staff_round/%d/end", round.ID), apptest.M{"version": round.Version, "reason": "招聘结束"}).Want(200)
		var n int
		erased := func(at time.Time) int {
			t.Helper()
			if err := c.Staff.Forget(store.ContextAt(t.Context(), at.UnixMicro())); err != nil {
				t.Fatal(err)
			}
			if err := c.DB.QueryRow(t.Context(), "SELECT COUNT(*) FROM vault_record WHERE erased_at > 0").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if erased(apptest.Now().AddDate(0, 0, workforce.RetainDays-2)) != 0 || erased(apptest.Now().AddDate(0, 0, workforce.RetainDays+1)) != 1 {
			t.Errorf("%d erased", n)
		}
	})
}

// TestTraining: a session's sheet holds who is under contract on its day; what is
// passed is no longer needed, and only then.
func TestTraining(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World().Target
		hr := c.Hire(access.Post{Role: "hr", Region: w.District})
		one, two := recruit(t, c, w), recruit(t, c, w)
		add := func(code string, f apptest.M) (id int64) {
			var r struct{ ID int64 }
			f["region"] = fmt.Sprint(w.District)
			hr.Do("POST", "/api/v1/ledger/"+code, apptest.M{"fields": f}).Want(201).Into(&r)
			return r.ID
		}
		course := add("staff_course", apptest.M{"name": "消防安全", "hours": 4, "required": true, "pass": 60})
		session := add("staff_session", apptest.M{"course": course, "venue": "社区会议室", "valid_from": "2026-11-20"})
		coming := add("staff_session", apptest.M{"course": course, "venue": "社区会议室", "valid_from": "2026-12-20"})
		mark := func(session int64, marks ...apptest.M) *apptest.Answer {
			return hr.Do("POST", fmt.Sprintf("/api/v1/staff/sessions/%d/attendance", session), apptest.M{"items": marks})
		}
		mark(coming, apptest.M{"account": one.Account, "attended": "present"}).Fails(422, "invalid")
		mark(session, apptest.M{"account": hr.Account, "attended": "present"}).Fails(422, "no_contract")
		mark(session, apptest.M{"account": one.Account, "attended": "present", "score": 59}, apptest.M{"account": two.Account, "attended": "present", "score": 90}).Want(200)
		need := func() (open int) {
			var b struct {
				Courses []struct{ Open int }
				Workers []struct{ Worker struct{ ID int64 } }
			}
			hr.Do("GET", "/api/v1/staff/training", nil).Want(200).Into(&b)
			if b.Courses[0].Open != len(b.Workers) {
				t.Errorf("%d open, %d workers", b.Courses[0].Open, len(b.Workers))
			}
			return len(b.Workers)
		}
		if n := need(); n != 1 {
			t.Errorf("%d still need the course, one failed", n)
		}
		mark(session, apptest.M{"account": one.Account, "attended": "present", "score": 61}).Want(200) // a slip of the pen is mended
		if n := need(); n != 0 {
			t.Errorf("%d still need the course", n)
		}
		var sheet struct {
			Present int
			Items   []struct{ Score int }
		}
		hr.Do("GET", fmt.Sprintf("/api/v1/staff/sessions/%d", session), nil).Want(200).Into(&sheet)
		if sheet.Present != 2 || len(sheet.Items) != 2 {
			t.Errorf("sheet %+v", sheet)
		}
	})
}

// openVisits has homes to visit in the grid, gives all visits to the worker for
// today, and says how many there are.
func openVisits(t *testing.T, c *apptest.City, w matrixtest.Place, worker int64) int {
	t.Helper()
	sampleRow(t, c, w, "home")
	if _, err := c.Patrol.Publish(t.Context(), apptest.Everything, patrol.Rule{Name: "入户走访", Why: "了解近况", Kind: patrol.Circulars, Of: "home", From: c.Today(), To: c.Today() + 5, Priority: 1, Minutes: 10}, 0, ""); err != nil {
		t.Fatal(err)
	}
	if err := c.Patrol.Generate(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := c.Patrol.Tasks(t.Context(), apptest.Everything, patrol.Filter{Grid: w.Grid, Part: "open", Limit: 100})
	if err != nil || len(list) == 0 {
		t.Fatalf("%d visits: %v", len(list), err)
	}
	ids := make([]int64, len(list))
	for i, x := range list {
		ids[i] = x.ID
	}
	if err := c.Patrol.HandOver(t.Context(), apptest.Everything, ids, worker, "分工"); err != nil {
		t.Fatal(err)
	}
	return len(ids)
}

// TestHandOver: what is open stands on the list with visits and phones, one act
// gives it to somebody who has the grid, and nobody else.
func TestHandOver(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World().Target
		hr := c.Hire(access.Post{Role: "hr", Region: w.District})
		leaver := c.Hire(access.Post{Role: "client", Region: w.District})
		k := contracted(t, c, leaver, w, 20260101, 20261231)
		stranger := c.Hire(access.Post{Role: "client", Region: w.District})
		dispatcher := c.Hire(access.Post{Role: "dispatcher", Region: w.Street})
		open := dispatcher.Report(apptest.M{"text": "井盖松动", "place": spot(w)})
		visits := openVisits(t, c, w, leaver.Account)

		path := fmt.Sprintf("/api/v1/staff/contracts/%d/handover", k.ID)
		type list struct {
			Cases  []struct{ ID int64 }
			Tasks  int
			ByRule []struct{ N int } `json:"by_rule"`
			Takers []struct{ ID int64 }
			Done   []struct{ Cases, Tasks int }
		}
		var h list
		hr.Do("GET", path, nil).Want(200).Into(&h)
		if len(h.Cases) != 1 || h.Cases[0].ID != open.ID || h.Tasks != visits || len(h.ByRule) == 0 || len(h.Takers) != 0 {
			t.Errorf("the list: %+v, %d visits", h, visits)
		}
		hr.Do("POST", path, apptest.M{"to": stranger.Account}).Fails(422, "no_taker")
		next := recruit(t, c, w)
		h = list{}
		hr.Do("POST", path, apptest.M{"to": next.Account, "note": "钥匙在社区"}).Want(200).Into(&h)
		if h.Tasks != 0 || len(h.Done) != 1 || h.Done[0].Cases != 1 || h.Done[0].Tasks != visits {
			t.Errorf("after the act: %+v", h)
		}
		if got, err := c.Patrol.Count(t.Context(), apptest.Everything, patrol.Filter{Worker: next.Account, Day: c.Today()}); err != nil || got != visits {
			t.Errorf("%d visits are the taker's, want %d: %v", got, visits, err)
		}
		var mine struct {
			Items []struct {
				From struct{ ID int64 }
				Refs []struct{ Number string }
			}
		}
		next.Do("GET", "/api/v1/my/handovers", nil).Want(200).Into(&mine)
		if len(mine.Items) != 1 || mine.Items[0].From.ID != leaver.Account || len(mine.Items[0].Refs) != 1 {
			t.Errorf("the taker's list: %+v", mine.Items)
		}
		if stranger.Do("GET", "/api/v1/my/handovers", nil).Want(200).Into(&mine); len(mine.Items) != 0 {
			t.Errorf("a stranger's list: %+v", mine.Items)
		}
	})
}
