package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/internal/figures/report"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/web"
)

func TestMain(m *testing.M) {
	access.SetDistricts(990101, 990102)
	os.Exit(m.Run())
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		length string
		day    int
		want   report.Period
	}{
		{report.Month, 20240229, report.Period{Key: "2024-02", From: 20240201, To: 20240229}},
		{report.Month, 20261231, report.Period{Key: "2026-12", From: 20261201, To: 20261231}},
		{report.Quarter, 20261128, report.Period{Key: "2026-Q4", From: 20261001, To: 20261231}},
		{report.Quarter, 20260101, report.Period{Key: "2026-Q1", From: 20260101, To: 20260331}},
		{report.Year, 20260630, report.Period{Key: "2026", From: 20260101, To: 20261231}},
	} {
		if got := report.PeriodOf(c.length, c.day); got != c.want {
			t.Errorf("%s of %d: %+v, want %+v", c.length, c.day, got, c.want)
		}
	}
	for _, bad := range [][2]string{{report.Month, "2026-13"}, {report.Month, "2026-1"}, {report.Quarter, "2026-Q5"}, {report.Quarter, "2026-11"}, {report.Year, "26"}, {report.Year, "2026x"}, {report.Month, ""}} {
		if p, ok := report.ParsePeriod(bad[0], bad[1]); ok {
			t.Errorf("%s %q is no period: %+v", bad[0], bad[1], p)
		}
	}
}

// TestPeriodsFollowEachOther: one begins on the day after the one before it, and a
// key reads back as its period.
func TestPeriodsFollowEachOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.SampledFrom([]string{report.Month, report.Quarter, report.Year}).Draw(t, "length")
		at := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 100_000).Draw(t, "days"))
		day := at.Year()*10000 + int(at.Month())*100 + at.Day()
		p := report.PeriodOf(length, day)
		if p.From > day || day > p.To {
			t.Fatalf("%d is not in %+v", day, p)
		}
		if got, ok := report.ParsePeriod(length, p.Key); !ok || got != p {
			t.Fatalf("%q reads as %+v, want %+v", p.Key, got, p)
		}
		before := p.Before(length)
		end, err := time.Parse("20060102", fmt.Sprint(before.To))
		if next := end.AddDate(0, 0, 1); err != nil || next.Format("20060102") != fmt.Sprint(p.From) {
			t.Fatalf("%+v before %+v: %v", before, p, err)
		}
	})
}

// city is a source of records by district, and the people who read them.
type city struct {
	records map[int][]report.Line // district → records
}

const (
	author = 7 // city-wide
	near   = 8 // district 990101
	away   = 9 // district 990102
	blind  = 10
)

func (c *city) Named(code string) (access.Perm, errs.Words, bool) {
	return access.PartyRead, errs.Words{ZH: "党组织", EN: "Branches"}, code == "branch"
}

func (c *city) Answer(_ context.Context, scope access.Scope, _ string, q report.Query, _ report.Period, most int) (*report.Sheet, error) {
	if q.By == "nope" {
		return nil, errs.Invalid.New("field", "x", "remedy", "y").In("by")
	}
	out := &report.Sheet{Columns: []report.Column{{Name: "name", Label: "名称"}}}
	for _, d := range scope.Districts() {
		out.Lines = append(out.Lines, c.records[d]...)
	}
	out.Total = fmt.Sprint(len(out.Lines))
	if len(out.Lines) > most {
		out.Lines = nil
	}
	return out, nil
}

func (c *city) Actor(_ context.Context, account int64) (*access.Actor, bool) {
	post := map[int64]access.Post{author: {ID: 1, Role: "party_affairs", Region: 9901}, near: {ID: 2, Role: "party_affairs", Region: 990101}, away: {ID: 3, Role: "leader", Region: 990102}, blind: {ID: 4, Role: "callback", Region: 990101}}[account]
	post.Account = account
	return &access.Actor{Account: account, Lang: "zh", Posts: []access.Post{post}}, post.ID != 0
}

func (c *city) Account(id int64) string {
	return map[int64]string{author: "宋青强", near: "李秀英", away: "王建国", blind: "赵敏"}[id]
}
func (c *city) Org(id int64) string { return map[int64]string{21: "区委组织部"}[id] }
func (c *city) Of(int64) []int64    { return []int64{near, away} }
func (c *city) Find(string, int) (people, orgs []ledger.Named) {
	return nil, nil
}

type desk struct {
	*report.Service
	*city
	web *web.Router
	day int
}

func open(t *testing.T, db *store.DB) *desk {
	t.Helper()
	c := &city{records: map[int][]report.Line{990101: {{ID: 1, Label: "一支部", Cells: []string{"甲"}}, {ID: 2, Label: "二支部", Cells: []string{"乙"}}}, 990102: {{ID: 3, Label: "三支部", Cells: []string{"丙"}}}}}
	d := &desk{city: c, day: 20261128}
	zone := time.FixedZone("CST", 8*3600)
	today := func() int { return d.day }
	d.Service = &report.Service{DB: db, Today: today, People: c, Sources: map[string]report.Source{"register": c},
		Day: func(us int64) int {
			n := time.UnixMicro(us).In(zone)
			return n.Year()*10000 + int(n.Month())*100 + n.Day()
		},
		Instant: func(us int64) string { return time.UnixMicro(us).In(zone).Format(time.RFC3339) }}
	d.Service.Ledger = ledger.New(ledger.Options{DB: db, Today: today, Zone: zone, Sources: map[string]ledger.Source{}})
	d.web = web.New(web.Options{Auth: door{c}, DB: db, Today: today})
	d.API(d.web)
	return d
}

// door signs people in by the number of their account.
type door struct{ *city }

func (d door) Actor(ctx context.Context, token string) (*access.Actor, error) {
	var id int64
	if _, err := fmt.Sscan(token, &id); err != nil {
		return nil, errs.Unauthorized.New()
	}
	a, ok := d.city.Actor(ctx, id)
	if !ok {
		return nil, errs.Unauthorized.New()
	}
	return a, nil
}

func (d *desk) do(t *testing.T, who int64, method, path string, body any, into any) int {
	t.Helper()
	in, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(method, path, bytes.NewReader(in))
	if body == nil {
		req = httptest.NewRequest(method, path, http.NoBody)
	}
	req.Header.Set("Authorization", fmt.Sprintf("Bearer %d", who))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	d.web.ServeHTTP(rec, req)
	if text, ok := into.(*string); ok {
		*text = rec.Body.String()
	} else if into != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
			t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
		}
	}
	return rec.Code
}

type m = map[string]any

func body(more m) m {
	out := m{"name": "党支部季报", "length": "quarter", "people": []int{author, near, blind}, "orgs": []int{21}, "source": "register", "code": "branch", "where": []string{"level=branch"}, "by": "kind"}
	for k, v := range more {
		out[k] = v
	}
	return out
}

type runs struct {
	Items  []report.RunView
	Unread int
}

func TestReportsReachWhomTheyAreFor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		for name, c := range map[string]struct {
			body  m
			field string
		}{
			"no name":             {body(m{"name": " "}), "name"},
			"nobody gets it":      {body(m{"people": nil, "orgs": nil}), "people"},
			"an unknown person":   {body(m{"people": []int{99}}), "people"},
			"an unknown unit":     {body(m{"orgs": []int{99}}), "orgs"},
			"an unknown register": {body(m{"code": "nope"}), "code"},
			"a wrong grouping":    {body(m{"by": "nope"}), "by"},
		} {
			var p struct{ Field string }
			if s := d.do(t, author, "POST", "/api/v1/reports", c.body, &p); s != 422 || p.Field != c.field {
				t.Errorf("%s: %d %+v", name, s, p)
			}
		}
		var made report.View
		if s := d.do(t, author, "POST", "/api/v1/reports", body(nil), &made); s != 201 || len(made.Recipients) != 4 || made.Called != "党组织" || made.Author.ID != author || !slices.Equal(made.Where, []string{"level=branch"}) || made.By != "kind" {
			t.Fatalf("%d %+v", s, made)
		}
		path := fmt.Sprintf("/api/v1/reports/%d", made.ID)
		if s := d.do(t, near, "POST", path+"/runs", m{}, nil); s != 404 {
			t.Errorf("somebody else's report: %d", s)
		}
		for _, bad := range []string{"2099-Q1", "2026-11", "x"} {
			if s := d.do(t, author, "POST", path+"/runs", m{"period": bad}, nil); s != 422 {
				t.Errorf("period %q: %d", bad, s)
			}
		}
		var ran struct {
			Period string
			Made   int
		}
		if s := d.do(t, author, "POST", path+"/runs", m{}, &ran); s != 200 || ran.Period != "2026-Q3" || ran.Made != 3 {
			t.Fatalf("%d %+v: the call-back seat may not read branches", s, ran)
		}
		for who, want := range map[int64]string{author: "3", near: "2", away: "1"} {
			var got runs
			if s := d.do(t, who, "GET", "/api/v1/report-runs", nil, &got); s != 200 || len(got.Items) != 1 || got.Unread != 1 || got.Items[0].Total != want || got.Items[0].From != 20260701 || got.Items[0].Open {
				t.Errorf("%d: %d %+v", who, s, got)
			}
		}
		var none runs
		if s := d.do(t, blind, "GET", "/api/v1/report-runs", nil, &none); s != 200 || len(none.Items) != 0 {
			t.Errorf("who may not read the source got a run: %d %+v", s, none)
		}
		var mine runs
		d.do(t, near, "GET", "/api/v1/report-runs", nil, &mine)
		one := fmt.Sprintf("/api/v1/report-runs/%d", mine.Items[0].ID)
		for _, who := range []int64{author, away, blind} {
			if s := d.do(t, who, "GET", one, nil, nil); s != 404 {
				t.Errorf("%d opens another's run: %d", who, s)
			}
			if s := d.do(t, who, "GET", one+"/export?format=csv", nil, nil); s != 404 {
				t.Errorf("%d exports another's run: %d", who, s)
			}
		}

		// What happens to the records afterwards changes nothing in what was delivered.
		d.records[990101] = append(d.records[990101], report.Line{ID: 4, Label: "四支部", Cells: []string{"丁"}})
		var page report.RunPage
		if s := d.do(t, near, "GET", one+"?limit=1", nil, &page); s != 200 || page.Total != "2" || len(page.Lines) != 1 || page.Lines[0].Label != "一支部" || page.Next != 1 {
			t.Errorf("page %d %+v", s, page)
		}
		if s := d.do(t, near, "GET", one+"?from=1", nil, &page); s != 200 || len(page.Lines) != 1 || page.Lines[0].ID != 2 {
			t.Errorf("second page %d %+v", s, page)
		}
		if s := d.do(t, author, "POST", path+"/runs", m{"period": "2026-Q3"}, &ran); s != 200 || ran.Made != 3 {
			t.Fatalf("anew %d %+v", s, ran)
		}
		d.do(t, near, "GET", "/api/v1/report-runs", nil, &mine)
		if len(mine.Items) != 2 || mine.Items[0].Nth != 2 || mine.Items[0].Total != "3" || mine.Items[1].Total != "2" || mine.Unread != 1 || mine.Items[1].Unread {
			t.Errorf("beside the old: %+v", mine)
		}
		for format, want := range map[string]string{"csv": "一支部", "html": "<td>一支部"} {
			var text string
			if s := d.do(t, near, "GET", one+"/export?format="+format, nil, &text); s != 200 || !strings.Contains(text, want) || strings.Contains(text, "四支部") {
				t.Errorf("%s: %d %s", format, s, text)
			}
		}
		var list struct{ Items []report.View }
		if s := d.do(t, author, "GET", "/api/v1/reports", nil, &list); s != 200 || len(list.Items) != 1 || len(list.Items[0].Deliveries) != 6 {
			t.Errorf("%d %+v", s, list)
		}
		if s := d.do(t, author, "POST", path+"/close", m{"version": 1}, &made); s != 200 || made.State != "closed" {
			t.Errorf("close %d %+v", s, made)
		}
		if s := d.do(t, author, "POST", path+"/runs", m{}, nil); s != 409 {
			t.Errorf("a closed report runs: %d", s)
		}
	})
}

func TestReportsAreMadeWhenTheirPeriodEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := open(t, db)
		d.day = d.Day(db.Now())
		p := report.PeriodOf(report.Month, d.day)
		if s := d.do(t, author, "POST", "/api/v1/reports", body(m{"length": "month", "people": []int{near}, "orgs": nil}), nil); s != 201 {
			t.Fatal(s)
		}
		got := func() []report.RunView {
			t.Helper()
			if err := d.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			var x runs
			d.do(t, near, "GET", "/api/v1/report-runs", nil, &x)
			return x.Items
		}
		if x := got(); len(x) != 0 {
			t.Errorf("the period before the report was made: %+v", x)
		}
		d.records = nil // a month without records is a report too
		next, err := time.Parse("20060102", fmt.Sprint(p.To))
		if err != nil {
			t.Fatal(err)
		}
		next = next.AddDate(0, 0, 1)
		d.day = next.Year()*10000 + int(next.Month())*100 + next.Day()
		for range 2 { // safe to repeat
			if x := got(); len(x) != 1 || x[0].Period != p.Key || x[0].Total != "0" || x[0].Rows != 0 || x[0].MadeBy != nil {
				t.Errorf("%+v", x)
			}
		}
	})
}
