package app_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/kernel/store"
	"linli/internal/people/workforce"
	"linli/internal/work/cases"
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

// staffed makes a pay run, a slip of it and an appraisal of the place's street.
func staffed(t *testing.T, c *apptest.City, w matrixtest.Place) (run, slip, appraisal int64) {
	t.Helper()
	c.Hire(access.Post{Role: "grid_worker", Region: w.Community, Grid: w.Grid})
	hr := c.Hire(access.Post{Role: "hr", Region: w.District})
	hr.Do("POST", "/api/v1/pay-rules", apptest.M{"district": w.District, "from": 202601, "name": "试行办法", "items": payItems}).Want(201)
	var r payRunPage
	hr.Do("POST", "/api/v1/pay-runs", apptest.M{"street": fmt.Sprint(w.Street), "month": 202610}).Want(201).Into(&r)
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
		worker := c.Hire(access.Post{Role: "grid_worker", Region: w.Community, Grid: w.Grid})
		other := c.Hire(access.Post{Role: "grid_worker", Region: w.Community, Grid: w.Grid})
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
		worker := c.Hire(access.Post{Role: "grid_worker", Region: w.Community, Grid: w.Grid})
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
		on(desk, "appraisal-sheets", "settle", apptest.M{"text": "核实属实", "level": "fair", "renew": "yes"}).Want(200).Into(&x)
		if x.State != "settled" || x.Level != "fair" || len(x.Log) != 4 {
			t.Errorf("sheet %+v", x)
		}
		act(hr, "close").Fails(409, "action_not_allowed") // the others are not decided
	})
}
