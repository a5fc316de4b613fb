package app_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/kernel/flow"
	"linli/internal/work/cases"
)

// team are the people round one place.
type team struct {
	*apptest.City
	w                                matrixtest.World
	people                           map[string]*apptest.Person
	plain, evidence, onsite          int64
	unit, other, third               int64 // organisations
	reportPlace                      apptest.M
	chief                            int64
	soon, later                      string // days
	operator, dispatcher, desk, seat *apptest.Person
}

func newTeam(t *testing.T, c *apptest.City) *team {
	t.Helper()
	w := c.World()
	m := &team{City: c, w: w, reportPlace: spot(w.Target), unit: w.Target.Org, other: w.Sibling.Org}
	m.third = c.Org(w.Target.District, "庚局")
	city, district, street, community := w.Target.City, w.Target.District, w.Target.Street, w.Target.Community
	m.plain, m.evidence, m.onsite = leafWith(t, c, plain).ID, leafWith(t, c, evidence).ID, leafWith(t, c, onSpot).ID
	hire := func(role string, region, grid, org int64) *apptest.Person {
		return c.Hire(access.Post{Role: role, Region: region, Grid: grid, Org: org})
	}
	m.chief = c.Cases.People.Approver(cases.KindExtension, cases.Spot{District: int(district), Street: street, Community: community, Grid: w.Target.Grid}, 0)
	m.people = map[string]*apptest.Person{
		"operator": hire("operator", city, 0, 0), "dispatcher": hire("dispatcher", street, 0, 0), "colleague": hire("dispatcher", street, 0, 0),
		"desk": hire("district_desk", district, 0, 0), "chief": c.SignIn(m.chief), "other chief": c.Hire(access.Post{Role: "chief", Region: street, From: w.Today}),
		"handler": hire("handler", district, 0, m.unit), "unit lead": hire("unit_lead", district, 0, m.unit), "other handler": hire("handler", district, 0, m.other),
		"third handler": hire("handler", district, 0, m.third), "community": hire("community", community, 0, 0), "grid worker": hire("grid_worker", community, w.Target.Grid, 0),
		"seat": hire("callback", city, 0, 0), "other seat": hire("callback", city, 0, 0), "auditor": hire("auditor", city, 0, 0),
		"two hats": c.Hire(access.Post{Role: "handler", Region: district, Org: m.unit}, access.Post{Role: "community", Region: community}),
	}
	m.operator, m.dispatcher, m.desk, m.seat = m.people["operator"], m.people["dispatcher"], m.people["desk"], m.people["seat"]
	day := func(n int) string { return apptest.Now().AddDate(0, 0, n).Format("2006-01-02") }
	m.soon, m.later = day(10), day(12)
	return m
}

// photo in the files of a step stands for a picture that its actor uploads.
const photo = int64(-1)

// step is one thing that somebody does; want is the case's status after it, or
// the status and code of the refusal.
type step struct {
	who, do string
	with    apptest.M
	want    string
}

func (m *team) report(t *testing.T, with apptest.M) apptest.Case {
	t.Helper()
	body := apptest.M{"text": "小区门口路灯不亮，请派人修理", "place": m.reportPlace, "category_id": m.plain, "grade": "critical", "channel": "hotline",
		"reporter": apptest.M{"name": "欧阳明月", "phone": "13912345678"}}
	for k, v := range with {
		body[k] = v
	}
	return m.operator.For(t).Report(body)
}

func (m *team) run(t *testing.T, id int64, steps []step) {
	t.Helper()
	for i, s := range steps {
		who := m.people[s.who]
		if who == nil {
			t.Fatalf("step %d: nobody is called %q", i, s.who)
		}
		p := who.For(t)
		if s.do == "draw" {
			m.draw(t, id)
			continue
		}
		with := apptest.M{}
		for k, v := range s.with {
			if f, ok := v.([]int64); ok && k == "files" && len(f) == 1 && f[0] == photo {
				v = []int64{p.Photo("照片.jpg")}
			}
			with[k] = v
		}
		a := p.TryAct(id, s.do, with)
		got := ""
		if a.Status == 200 {
			c, _, _, err := m.Cases.ByID(t.Context(), apptest.Everything, id)
			if err != nil {
				t.Fatal(err)
			}
			got = string(c.Status)
		} else {
			got = fmt.Sprintf("%d %s", a.Status, a.Problem().Code)
			if a.Status == 409 && a.Problem().Code == flow.NotNow.Code && a.Problem().Params["why"] == "" {
				t.Errorf("step %d: %s refused without a reason: %s", i, s.do, a.Body)
			}
		}
		if got != s.want {
			t.Fatalf("step %d: %s does %s: %s, want %s: %.600s", i, s.who, s.do, got, s.want, a.Body)
		}
	}
}

// draw gives the case to the seat; the system chooses, so it may take some.
func (m *team) draw(t *testing.T, id int64) {
	t.Helper()
	var list struct{ Items []apptest.Case }
	m.seat.For(t).Do("POST", "/api/v1/callbacks/draw", apptest.M{"n": 20}).Want(200).Into(&list)
	for _, c := range list.Items {
		if c.ID == id {
			return
		}
	}
	t.Fatalf("the case was not drawn for a call-back among %d", len(list.Items))
}

const (
	notNow = "409 action_not_allowed"
	gone   = "404 not_found"
)

// atUnit brings a case to its unit.
func (m *team) atUnit(t *testing.T, id int64) {
	m.run(t, id, []step{{"dispatcher", "accept", nil, "accepted"}, {"dispatcher", "file", nil, "filed"}, {"dispatcher", "dispatch", apptest.M{"lead": m.unit}, "dispatched"}})
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		m := newTeam(t, c)
		type M = apptest.M
		solved, unsolvedCall := M{"reached": true, "solved": true, "satisfied": 5}, M{"reached": true, "solved": false, "satisfied": 2}
		for name, sc := range map[string]struct {
			report M
			steps  []step
		}{
			"the whole way with a photo": {M{"category_id": m.evidence}, []step{
				{"handler", "sign", nil, gone},
				{"dispatcher", "sign", nil, notNow},
				{"dispatcher", "accept", nil, "accepted"},
				{"dispatcher", "accept", nil, notNow},
				{"dispatcher", "dispatch", M{"lead": m.unit}, notNow},
				{"dispatcher", "file", M{"grade": "critical"}, "filed"},
				{"dispatcher", "dispatch", nil, "422 required"},
				{"dispatcher", "dispatch", M{"lead": 77}, "422 invalid"},
				{"dispatcher", "dispatch", M{"lead": m.unit, "assists": []int64{m.unit}}, "422 invalid"},
				{"dispatcher", "dispatch", M{"lead": m.unit, "assists": []int64{m.other}, "note": "请尽快"}, "dispatched"},
				{"other handler", "sign", nil, notNow}, // only helps
				{"third handler", "sign", nil, gone},
				{"handler", "resolve", M{"result": "已修好"}, notNow},
				{"handler", "sign", nil, "signed"},
				{"handler", "start", nil, "in_progress"},
				{"handler", "resolve", M{"result": "已修好"}, "422 invalid"}, // a photo is missing
				{"handler", "resolve", M{"files": []int64{photo}}, "422 required"},
				{"handler", "resolve", M{"result": "已修好", "files": []int64{photo}}, "resolved"},
				{"handler", "verify_pass", nil, notNow},
				{"other handler", "verify_pass", nil, notNow},
				{"two hats", "verify_pass", nil, notNow}, // a verifier by post, but of the unit
				{"chief", "verify_pass", nil, notNow},
				{"community", "verify_pass", M{"note": "现场看过"}, "verified"},
				{"dispatcher", "call_back", solved, notNow},
				{"other seat", "call_back", solved, notNow}, // not drawn for this seat
				{"seat", "draw", nil, ""},
				{"seat", "call_back", M{"reached": true}, "422 required"},
				{"seat", "call_back", M{"reached": true, "solved": true, "satisfied": 9}, "422 invalid"},
				{"seat", "call_back", solved, "closed"},
				{"seat", "call_back", solved, notNow},
				{"dispatcher", "withdraw", M{"reason": "晚了"}, notNow},
			}},
			"a return, another unit, the second return": {nil, []step{
				{"dispatcher", "file", nil, "filed"},
				{"dispatcher", "dispatch", M{"lead": m.unit}, "dispatched"},
				{"handler", "return", M{"proposed": m.other}, "422 required"},
				{"handler", "return", M{"reason": "不属于我局职责", "proposed": m.unit}, "422 invalid"},
				{"handler", "return", M{"reason": "不属于我局职责", "proposed": m.other}, "dispatched"},
				{"handler", "return", M{"reason": "再来一次", "proposed": m.other}, notNow},
				{"handler", "sign", nil, notNow},
				{"handler", "approve", nil, notNow},
				{"dispatcher", "approve", nil, notNow}, // a chief is named
				{"other chief", "approve", nil, notNow},
				{"chief", "approve", M{"request": 5}, "409 stale_version"},
				{"chief", "approve", nil, "filed"},
				{"handler", "return", M{"reason": "x", "proposed": m.other}, gone},
				{"dispatcher", "dispatch", M{"lead": m.other}, "dispatched"},
				{"other handler", "sign", nil, "signed"},
				{"other handler", "return", M{"reason": "也不是我们的", "proposed": m.third}, "signed"},
				{"dispatcher", "approve", M{"lead": m.third}, notNow},
				{"dispatcher", "refuse", M{"reason": "不行"}, notNow},
				{"desk", "approve", nil, "422 required"}, // the arbiter names a unit
				{"desk", "approve", M{"lead": m.third, "reason": "裁定"}, "dispatched"},
				{"third handler", "sign", nil, "signed"},
				{"third handler", "resolve", M{"result": "办好了"}, "resolved"},
			}},
			"a return refused": {nil, []step{
				{"dispatcher", "file", nil, "filed"},
				{"dispatcher", "dispatch", M{"lead": m.unit}, "dispatched"},
				{"handler", "return", M{"reason": "不归我们", "proposed": m.other}, "dispatched"},
				{"chief", "refuse", nil, "422 required"},
				{"chief", "refuse", M{"reason": "按职责清单应由你局办理"}, "dispatched"},
				{"handler", "sign", nil, "signed"},
			}},
			"extension and suspension, by the named chief only": {M{"grade": "general"}, []step{
				{"dispatcher", "file", nil, "filed"},
				{"dispatcher", "dispatch", M{"lead": m.unit}, "dispatched"},
				{"handler", "extend", M{"reason": "等配件", "until": m.soon}, notNow}, // not signed for
				{"handler", "sign", nil, "signed"},
				{"handler", "extend", M{"reason": "等配件"}, "422 required"},
				{"handler", "extend", M{"reason": "等配件", "until": "2020-01-01"}, "422 invalid"},
				{"handler", "extend", M{"reason": "等配件", "until": "someday"}, "422 invalid"},
				{"handler", "extend", M{"reason": "等配件", "until": m.soon}, "signed"},
				{"desk", "approve", nil, notNow},
				{"other chief", "approve", nil, notNow},
				{"handler", "resolve", M{"result": "好了"}, notNow},
				{"chief", "approve", nil, "signed"},
				{"handler", "extend", M{"reason": "再等", "until": m.later}, notNow}, // once only
				{"handler", "suspend", M{"reason": "待开挖许可", "review": m.soon}, "signed"},
				{"other chief", "approve", nil, notNow},
				{"chief", "approve", nil, "signed"},
				{"handler", "start", nil, notNow},
				{"dispatcher", "urge", nil, notNow},
				{"handler", "resume", nil, "signed"},
				{"handler", "resume", nil, notNow},
				{"handler", "start", nil, "in_progress"},
			}},
			"unsolved at the call-back: done again": {nil, []step{
				{"dispatcher", "file", nil, "filed"}, {"dispatcher", "dispatch", M{"lead": m.unit}, "dispatched"}, {"handler", "sign", nil, "signed"},
				{"handler", "resolve", M{"result": "换了灯泡"}, "resolved"},
				{"community", "verify_fail", nil, "422 required"},
				{"community", "verify_fail", M{"reason": "仍不亮"}, "in_progress"},
				{"handler", "resolve", M{"result": "换了线路"}, "resolved"},
				{"grid worker", "verify_pass", nil, "verified"},
				{"seat", "draw", nil, ""},
				{"seat", "call_back", M{"reached": false}, "verified"},
				{"seat", "draw", nil, ""},
				{"seat", "call_back", unsolvedCall, "dispatched"},
				{"handler", "sign", nil, "signed"}, {"handler", "resolve", M{"result": "整条路都换了"}, "resolved"},
				{"community", "verify_pass", nil, "verified"},
				{"seat", "draw", nil, ""}, {"seat", "call_back", solved, "closed"},
			}},
			"voided by another person": {nil, []step{
				{"dispatcher", "void", nil, "422 required"},
				{"dispatcher", "void", M{"reason": "重复登记的测试件"}, "reported"},
				{"dispatcher", "approve", nil, notNow}, // nobody approves an own request
				{"operator", "approve", nil, notNow},
				{"colleague", "approve", nil, "void"},
				{"dispatcher", "file", nil, notNow},
			}},
			"declined":  {nil, []step{{"dispatcher", "decline", nil, "422 required"}, {"dispatcher", "decline", M{"reason": "不属于受理范围"}, "declined"}, {"dispatcher", "file", nil, notNow}}},
			"not filed": {nil, []step{{"dispatcher", "accept", nil, "accepted"}, {"dispatcher", "not_file", M{"reason": "不符合立案条件"}, "not_filed"}}},
			"withdrawn": {nil, []step{{"operator", "withdraw", M{"reason": "来电人撤回"}, "withdrawn"}}},
			"the program's own moves are nobody's": {nil, []step{
				{"dispatcher", "lapse", nil, notNow}, {"dispatcher", "triage_late", nil, notNow}, {"dispatcher", "report", nil, notNow},
				{"dispatcher", "dance", nil, "422 action_unknown"},
				{"dispatcher", "file", nil, "filed"}, {"dispatcher", "dispatch", M{"lead": m.unit}, "dispatched"},
				{"dispatcher", "return_approved", nil, notNow}, {"handler", "return_decided", nil, notNow}, {"handler", "unsigned", nil, notNow},
				{"handler", "void_approved", nil, notNow}, {"handler", "sign", nil, "signed"}, {"handler", "extension_approved", nil, notNow},
				{"handler", "suspension_approved", nil, notNow}, {"handler", "resolve", M{"result": "好"}, "resolved"}, {"community", "verify_pass", nil, "verified"},
				{"community", "close", nil, notNow}, {"seat", "draw", nil, ""}, {"seat", "close", nil, notNow}, {"dispatcher", "redo", nil, notNow}, {"dispatcher", "to_desk", nil, notNow},
				{"seat", "call_back", solved, "closed"}, {"dispatcher", "archive", nil, notNow}, {"dispatcher", "sampled", nil, notNow},
			}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				m.run(t, m.report(t, sc.report).ID, sc.steps)
			})
		}

		t.Run("merge keeps every supporter", func(t *testing.T) {
			t.Parallel()
			first, second, third := m.report(t, nil), m.report(t, nil), m.report(t, nil)
			d := m.dispatcher.For(t)
			d.Act(second.ID, "merge", M{"into": first.ID})
			d.Act(third.ID, "merge", M{"into": first.ID})
			p := d.Page(first.ID)
			if p.Case.Supporters != 3 || len(p.Links) != 2 {
				t.Errorf("%d supporters, %d links", p.Case.Supporters, len(p.Links))
			}
			if q := d.Page(second.ID); q.Case.Status != "merged" || len(q.Links) != 1 || q.Links[0].Case.ID != first.ID {
				t.Errorf("the merged case: %+v", q.Case)
			}
			m.run(t, first.ID, []step{{"dispatcher", "merge", M{"into": first.ID}, "422 invalid"}, {"dispatcher", "merge", M{"into": second.ID}, "422 invalid"}, {"dispatcher", "merge", M{"into": 12345}, "422 invalid"}})
			m.atUnit(t, first.ID)
			m.run(t, first.ID, []step{{"handler", "sign", nil, "signed"}, {"handler", "resolve", M{"result": "三位都满意"}, "resolved"}, {"community", "verify_pass", nil, "verified"},
				{"seat", "draw", nil, ""}, {"seat", "call_back", solved, "closed"}})
			told := false
			for _, s := range d.Page(third.ID).Timeline {
				told = told || s.Action == "answered"
			}
			if !told {
				t.Error("the merged case does not know that its matter was closed")
			}
		})

		t.Run("through one post at a time", func(t *testing.T) {
			t.Parallel()
			p := c.Hire(access.Post{Role: "handler", Region: m.w.Target.District, Org: m.unit}, access.Post{Role: "community", Region: m.w.Target.Community}).For(t)
			var me struct {
				Posts []struct {
					ID   int64
					Role string
				}
				Acting int64
			}
			p.Do("GET", "/api/v1/session", nil).Want(200).Into(&me)
			through := func(role string) {
				t.Helper()
				for _, post := range me.Posts {
					if post.Role == role {
						p.Do("PATCH", "/api/v1/session", M{"post": post.ID}).Want(200).Into(&me)
						if me.Acting != post.ID || len(me.Posts) != 2 {
							t.Fatalf("acting through %s: %+v", role, me)
						}
					}
				}
			}
			one := m.report(t, nil)
			m.atUnit(t, one.ID)
			through("community")
			if a := p.TryAct(one.ID, "sign", nil); a.Problem().Code != "action_not_allowed" {
				t.Errorf("signs for the unit as the community: %s", a.Body)
			}
			through("handler")
			p.Act(one.ID, "sign", nil)
			p.Act(one.ID, "resolve", M{"result": "办好了"})
			through("community")
			if a := p.TryAct(one.ID, "verify_pass", nil); a.Problem().Code != "action_not_allowed" {
				t.Errorf("with another hat it verifies its own work: %s", a.Body)
			}
			p.Do("PATCH", "/api/v1/session", M{"post": 12345}).Want(422)
			if a := p.Do("PATCH", "/api/v1/session", M{"post": 0}).Want(200); bytes.Contains(a.Body, []byte("acting")) {
				t.Errorf("through all: %s", a.Body)
			}
		})

		t.Run("split", func(t *testing.T) {
			t.Parallel()
			one, d := m.report(t, nil), m.dispatcher.For(t)
			p := d.Act(one.ID, "split", M{"parts": []M{{"text": "路灯不亮"}, {"title": "井盖", "text": "旁边的井盖松动"}}})
			parts := map[string]bool{}
			for _, l := range p.Links {
				if l.Relation == "split_to" {
					parts[l.Case.Number] = true
					if q := d.Page(l.Case.ID); q.Case.Status != "reported" || !bytes.Contains(q.Raw, []byte("欧*")) && !bytes.Contains(q.Raw, []byte(`"exists":true`)) {
						t.Errorf("a part without its reporter: %.400s", q.Raw)
					}
				}
			}
			if len(parts) != 2 || parts[one.Number] {
				t.Errorf("parts: %v", parts)
			}
		})

		t.Run("settled on the spot", func(t *testing.T) {
			t.Parallel()
			w := m.people["grid worker"].For(t)
			c := w.Report(M{"text": "垃圾桶倒了", "place": m.reportPlace, "category_id": m.onsite, "channel": "grid_worker", "onsite": M{"result": "已扶正"}})
			if c.Status != "closed" && !strings.Contains(strings.Join(c.Flags, " "), "sampled") {
				t.Errorf("%+v", c)
			}
			bad := w.Do("POST", "/api/v1/cases", M{"text": "垃圾桶倒了", "place": m.reportPlace, "category_id": m.onsite, "grade": "critical", "channel": "grid_worker", "onsite": M{"result": "已扶正"}})
			if bad.Status != 409 || bad.Problem().Params["why"] == nil {
				t.Errorf("a critical matter settled on the spot: %d %s", bad.Status, bad.Body)
			}
			if a := m.operator.For(t).Do("POST", "/api/v1/cases", M{"text": "垃圾桶倒了", "place": m.reportPlace, "category_id": m.onsite, "onsite": M{"result": "好了"}}); a.Status < 400 {
				t.Errorf("an operator settled on the spot: %d", a.Status)
			}
		})

		t.Run("two at once", func(t *testing.T) {
			t.Parallel()
			one := m.report(t, nil)
			m.dispatcher.For(t).Act(one.ID, "accept", nil)
			a := m.people["colleague"].For(t).TryAct(one.ID, "file", M{"version": one.Version})
			if a.Status != 409 || a.Problem().Code != "stale_version" || a.Problem().Params["current"] != float64(m.Version(one.ID)) {
				t.Errorf("a stale version: %d %s", a.Status, a.Body)
			}
			m.people["colleague"].For(t).Act(one.ID, "file", nil)
		})

		t.Run("allowed is what works", func(t *testing.T) {
			t.Parallel()
			m.checkActions(t)
		})

		t.Run("a sealed reporter", func(t *testing.T) {
			t.Parallel()
			m.checkSealed(t)
		})
	})
}

// checkActions: what the page says is not allowed now is refused with the same
// reason, for everybody at several stages.
func (m *team) checkActions(t *testing.T) {
	t.Helper()
	one := m.report(t, nil)
	look := func() {
		for name, who := range m.people {
			p := who.For(t)
			a := p.Do("GET", fmt.Sprintf("/api/v1/cases/%d", one.ID), nil)
			if a.Status != 200 {
				continue
			}
			var page apptest.Page
			a.Into(&page)
			for _, o := range page.Actions {
				if o.Allowed {
					continue
				}
				if r := p.TryAct(one.ID, o.Action, apptest.M{"version": page.Case.Version}); r.Status != 409 || r.Problem().Params["why"] != o.Why {
					t.Errorf("%s for %s: the page says %q, the answer %d %s", o.Action, name, o.Why, r.Status, r.Body)
				}
			}
		}
	}
	look()
	m.atUnit(t, one.ID)
	look()
	m.run(t, one.ID, []step{{"handler", "sign", nil, "signed"}, {"handler", "suspend", apptest.M{"reason": "待许可", "review": m.soon}, "signed"}})
	look()
	m.run(t, one.ID, []step{{"chief", "approve", nil, "signed"}})
	look()
	m.run(t, one.ID, []step{{"handler", "resume", nil, "signed"}, {"handler", "resolve", apptest.M{"result": "好"}, "resolved"}})
	look()
}

// changing is what differs between two cases of one kind.
var changing = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"|"left":-?[\d.]+|"text":"[^"]*(剩|超)[^"]*"`)

// checkSealed: a unit learns nothing of a sealed reporter; the case looks to it
// like one that nobody in particular reported.
func (m *team) checkSealed(t *testing.T) {
	t.Helper()
	type M = apptest.M
	secret := []string{"欧阳静", "欧**", "欧阳*", "欧*", "静", "13987650123", "139****0123", "0123", "sealed", "anonymous", "reporter\":{", "保密", "匿名", "张静家门口"}
	file := m.operator.For(t).Photo("张静家门口.jpg")
	one := m.report(t, M{"reporter": M{"name": "欧阳静", "phone": "13987650123", "sealed": true}, "files": []int64{file}, "text": "楼上深夜噪音扰民"})
	m.atUnit(t, one.ID)
	m.run(t, one.ID, []step{{"handler", "sign", nil, "signed"}, {"handler", "start", nil, "in_progress"}})
	for _, who := range []string{"handler", "unit lead"} {
		p := m.people[who].For(t)
		for _, path := range []string{fmt.Sprintf("/api/v1/cases/%d", one.ID), "/api/v1/cases?limit=100", "/api/v1/cases?q=" + "欧阳静", "/api/v1/cases?q=13987650123", "/api/v1/cases?sort=due", "/api/v1/cases/export.xlsx"} {
			a := p.Do("GET", path, nil)
			if a.Status == 403 && who == "handler" && strings.HasSuffix(path, "xlsx") {
				continue
			}
			a.Want(200)
			text := string(a.Body)
			if strings.HasSuffix(path, "xlsx") {
				text = unzip(t, a.Body)
			}
			text = strings.ReplaceAll(text, fmt.Sprint(one.ID), "") // digits by chance
			for _, s := range secret {
				if s == "0123" || s == "静" || s == "匿名" || s == "保密" || s == "anonymous" || s == "sealed" {
					if strings.HasSuffix(path, "xlsx") || strings.Contains(path, "?") { // other cases and headings
						continue
					}
				}
				if strings.Contains(path, "?") && strings.Contains(s, "reporter") {
					continue
				}
				if strings.Contains(text, s) {
					t.Errorf("%s sees %q in %s: %.900s", who, s, path, text)
				}
			}
			if strings.Contains(path, "?q=") && strings.Contains(text, one.Number) {
				t.Errorf("%s finds the case by its reporter: %s", who, path)
			}
		}
		for _, path := range []string{"", "/thumb"} {
			if a := p.Do("GET", fmt.Sprintf("/api/v1/files/%d%s", file, path), nil).Want(200); strings.Contains(fmt.Sprint(a.Header), "静") || strings.Contains(fmt.Sprint(a.Header), "%E9%9D%99") {
				t.Errorf("the file's name: %v", a.Header)
			}
		}
		if a := p.Do("POST", fmt.Sprintf("/api/v1/cases/%d/reveal", one.ID), M{"purpose": "联系诉求人"}); a.Status != 404 && a.Status != 403 || bytes.Contains(a.Body, []byte("封")) {
			t.Errorf("%s reveals: %d %s", who, a.Status, a.Body)
		}
	}
	trail := m.people["auditor"].For(t).Do("GET", fmt.Sprintf("/api/v1/cases/%d/trail", one.ID), nil).Want(200)
	for _, s := range []string{"欧阳静", "13987650123", "张静家门口"} {
		if bytes.Contains(trail.Body, []byte(s)) {
			t.Errorf("the trail shows %q", s)
		}
	}
	// To the unit it looks in everything like a matter without a reporter.
	pages := map[string]string{}
	for name, reporter := range map[string]M{"sealed": {"name": "欧阳静", "phone": "13987650123", "sealed": true}, "anonymous": {"anonymous": true}, "nobody": nil} {
		with := M{"text": "楼道堆物", "reporter": reporter}
		if reporter == nil {
			with["reporter"] = M{}
		}
		x := m.report(t, with)
		m.atUnit(t, x.ID)
		m.run(t, x.ID, []step{{"handler", "sign", nil, "signed"}, {"handler", "resolve", M{"result": "已清理"}, "resolved"}})
		raw := string(m.people["handler"].For(t).Page(x.ID).Raw)
		pages[name] = changing.ReplaceAllString(strings.NewReplacer(fmt.Sprint(x.ID), "ID", x.Number, "NUMBER").Replace(raw), "TIME")
	}
	for name, page := range pages {
		if page != pages["nobody"] {
			t.Errorf("%s differs from nobody:\n%s\n%s", name, page, pages["nobody"])
		}
	}
	// Those who triage know that it is sealed, and no more.
	d := m.dispatcher.For(t).Page(one.ID)
	if !bytes.Contains(d.Raw, []byte(`"sealed":true`)) || bytes.Contains(d.Raw, []byte("欧")) || bytes.Contains(d.Raw, []byte("139****")) {
		t.Errorf("the dispatcher's page: %.600s", d.Raw)
	}
	var real struct{ Name, Phone string }
	m.operator.For(t).Do("POST", fmt.Sprintf("/api/v1/cases/%d/reveal", one.ID), M{"purpose": "回访核实"}).Want(200).Into(&real)
	if real.Name != "欧阳静" || real.Phone != "13987650123" {
		t.Errorf("revealed: %+v", real)
	}
}

func unzip(t *testing.T, raw []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all.String()
}
