package partner_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/vault"
	"linli/internal/kernel/web"
	"linli/internal/people/partner"
)

const (
	green  = 990101001001 // community
	blue   = 990101001002
	far    = 990102001001
	bureau = 21 // organisations
	estate = 22
	today  = 20261128
)

type source map[int64]string

func (s source) Named(id int64) (ledger.Named, bool) {
	n, ok := s[id]
	return ledger.Named{ID: id, Code: fmt.Sprint(id), Name: n}, ok
}
func (source) Find(string) []int64               { return nil }
func (source) Search(string, int) []ledger.Named { return nil }

var (
	orgs    = source{bureau: "区民政局", estate: "红旗物业公司"}
	regions = source{990101: "湖东区", 990102: "湖西区", 990101001: "翠湖街道", green: "绿苑社区", blue: "蓝天社区", far: "西苑社区"}
)

type names struct{}

func (names) Org(id int64) string      { return orgs[id] }
func (names) Region(code int64) string { return regions[code] }

func room(t *testing.T, db *store.DB) *partner.Service {
	t.Helper()
	access.SetDistricts(990101, 990102)
	v, err := vault.New(t.Context(), db, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e := ledger.New(ledger.Options{DB: db, Vault: v, Today: func() int { return today }, Sources: map[string]ledger.Source{"region": regions, "grid": source{7: "绿苑第一网格"}, "org": orgs, "account": source{}},
		Community: func(int64) int64 { return green }, Path: func(int64) string { return "" }})
	s := partner.New(e, partner.Service{DB: db, Vault: v, Names: names{}, Today: func() int { return today }})
	if err := e.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func scope(t *testing.T, role string, region, org int64) access.Scope {
	t.Helper()
	a := &access.Actor{Account: 5, Lang: "zh", Posts: []access.Post{{ID: 50, Account: 5, Role: role, Region: region, Org: org, From: 20200101}}}
	s, err := access.Needs(access.PartnerRead).Authorize(a, today)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var system = access.System("test")

func at(region, org int64) ledger.Row { return ledger.Row{Region: region, Org: org, From: 20260101} }

func put[T any](t *testing.T, r *ledger.Register[T], row T) *T {
	t.Helper()
	x, err := r.Put(t.Context(), system, row)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestMatch(t *testing.T) {
	t.Parallel()
	place := func(district int, street, community, grid int64) ledger.Row {
		return ledger.Row{District: district, Street: street, Community: community, Grid: grid, State: ledger.Active}
	}
	need := &partner.Need{Row: place(990101, 990101001, green, 7), Kind: "meal", People: 30, Times: []string{"weekend"}}
	offer := func(id int64, r partner.Resource) *partner.Resource { r.ID = id; return &r }
	near := offer(1, partner.Resource{Row: place(990101, 990101001, green, 0), Kind: "meal", People: 10})
	wide := offer(2, partner.Resource{Row: place(990101, 0, 0, 0), Kind: "meal", People: 100, Times: []string{"weekend", "workday"}})
	other := offer(3, partner.Resource{Row: place(990101, 990101001, green, 0), Kind: "law", People: 100})
	busy := offer(4, partner.Resource{Row: place(990101, 990101001, green, 7), Kind: "meal", Times: []string{"evening"}})
	away := offer(5, partner.Resource{Row: place(990102, 0, 0, 0), Kind: "meal", People: 100})
	gone := offer(6, partner.Resource{Row: place(990101, 990101001, green, 7), Kind: "meal"})
	gone.To = 20261001
	got := partner.Match([]*partner.Need{need}, []*partner.Resource{other, busy, away, gone, wide, near}, today)
	if len(got) != 2 || got[0].Resource != near && got[0].Resource != wide {
		t.Fatalf("%d pairs: %+v", len(got), got)
	}
	words := ""
	for _, r := range got[1].Reasons {
		words += r.ZH + r.EN
	}
	for _, p := range got {
		if p.Score <= 0 || len(p.Reasons) < 2 {
			t.Errorf("%d without reasons: %+v", p.Resource.ID, p)
		}
	}
	if !strings.Contains(words, "30") {
		t.Errorf("the reasons do not say for how many: %s", words)
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := room(t, db)
		need := put(t, s.Needs, partner.Need{Row: at(green, 0), Title: "老人助餐", Kind: "meal", People: 20})
		res := put(t, s.Resources, partner.Resource{Row: at(990101, bureau), Title: "助餐点", Kind: "meal", People: 50})
		wrong := put(t, s.Resources, partner.Resource{Row: at(990101, bureau), Title: "律师", Kind: "law"})
		clerk := scope(t, "street_clerk", 990101001, 0)
		pairs, err := s.Pairs(t.Context(), clerk, 0)
		if err != nil || len(pairs) != 1 || pairs[0].Resource.ID != res.ID {
			t.Fatalf("%+v %v", pairs, err)
		}
		none := func(*store.Tx, *partner.Project) error { return nil }
		if _, err := s.Join(t.Context(), clerk, need.ID, wrong.ID, "", none); !errs.Is(err, errs.Invalid) {
			t.Errorf("joined what does not fit: %v", err)
		}
		if _, err := s.Join(t.Context(), scope(t, "street_clerk", 990102001, 0), need.ID, res.ID, "", none); !errs.Is(err, errs.NotFound) {
			t.Errorf("another street joins: %v", err)
		}
		p, err := s.Join(t.Context(), clerk, need.ID, res.ID, "", none)
		if err != nil || p.Org != bureau || p.Community != green || p.Title != "老人助餐" {
			t.Fatalf("%+v %v", p, err)
		}
		if _, err := s.Join(t.Context(), clerk, need.ID, res.ID, "", none); !errs.Is(err, errs.Conflict) {
			t.Errorf("joined twice: %v", err)
		}
	})
}

// TestOwnRowsOnly: the contact of an outside organisation reaches the rows of the
// own organisation, whatever the register.
func TestOwnRowsOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := room(t, db)
		mine := put(t, s.Forces, partner.Force{Row: at(990101001, estate), Name: "红旗物业公司", Kind: "property", Contact: ledger.Hide("王一"), Phone: ledger.Hide("13800000001")})
		theirs := put(t, s.Forces, partner.Force{Row: at(990101001, 0), Name: "翠湖科技公司", Kind: "enterprise"})
		own := scope(t, "partner", 990101, estate)
		rows, _, err := s.Forces.Rows(t.Context(), own, ledger.Filter{})
		if err != nil || len(rows) != 1 || rows[0].ID != mine.ID || rows[0].Contact.Mask == "王一" {
			t.Fatalf("%+v %v", rows, err)
		}
		if _, err := s.Batches.Put(t.Context(), own, partner.Batch{Row: at(green, estate), Force: mine.ID, Title: "便民维修", Kind: "repair", Day: 20261120, Served: 12}); err != nil {
			t.Errorf("own batch: %v", err)
		}
		if _, err := s.Batches.Put(t.Context(), own, partner.Batch{Row: at(green, bureau), Force: mine.ID, Title: "冒名", Kind: "repair", Day: 20261120}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a batch for another organisation: %v", err)
		}
		if _, err := s.Forces.Change(t.Context(), own, theirs.ID, 0, func(f *partner.Force) error { f.Qualification = "x"; return nil }); !errs.Is(err, errs.NotFound) {
			t.Errorf("changed another organisation: %v", err)
		}
		// What others say of it is not the contact's to change: the agreement, its name, its dates.
		deal := put(t, s.Agreements, partner.Agreement{Row: at(green, estate), Title: "协议", Party: "绿苑支部", Signed: 20260101})
		job := put(t, s.Projects, partner.Project{Row: at(green, estate), Title: "便民维修", Kind: "repair", Agreement: deal.ID})
		if _, err := own.For(access.PartnerAgree); err == nil {
			t.Error("an outside contact may write agreements")
		}
		change := func(edit func(*partner.Force)) error {
			_, err := s.Forces.Change(t.Context(), own, mine.ID, 0, func(f *partner.Force) error { edit(f); return nil })
			return err
		}
		if err := change(func(f *partner.Force) { f.Phone = ledger.Hide("13800000002") }); err != nil {
			t.Errorf("own telephone: %v", err)
		}
		for what, err := range map[string]error{
			"own name":          change(func(f *partner.Force) { f.Name = "红旗集团" }),
			"own qualification": change(func(f *partner.Force) { f.Qualification = "一级" }),
			"own last day":      change(func(f *partner.Force) { f.To = 20300101 }),
		} {
			if !errs.Is(err, partner.NotYours) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := s.Forces.End(t.Context(), own, mine.ID, 0, 0, "x"); !errs.Is(err, partner.NotYours) {
			t.Errorf("ended the own cooperation: %v", err)
		}
		if _, err := s.Projects.Change(t.Context(), own, job.ID, 0, func(p *partner.Project) error { p.State, p.Evidence = "running", "已服务两次"; return nil }); err != nil {
			t.Errorf("progress of the own project: %v", err)
		}
		if _, err := s.Projects.Change(t.Context(), own, job.ID, 0, func(p *partner.Project) error { p.Agreement = 0; return nil }); !errs.Is(err, partner.NotYours) {
			t.Errorf("the agreement of the own project: %v", err)
		}
		if _, err := s.Batches.Put(t.Context(), system, partner.Batch{Row: at(green, estate), Force: mine.ID, Title: "评价", Kind: "repair", Day: 20261120, Rated: 3, Satisfied: 4}); err == nil {
			t.Error("more were satisfied than rated it")
		}
	})
}

func TestDues(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := room(t, db)
		for i, to := range []ledger.Day{20270110, 20261120, 20270601, 0} {
			a := partner.Agreement{Row: at(green, bureau), Title: fmt.Sprint("协议", i), Party: "绿苑支部", Signed: 20260101}
			a.To = to
			put(t, s.Agreements, a)
		}
		put(t, s.Sessions, partner.Session{Row: at(green, 0), Title: "清洁楼道", Kind: "clean", Day: 20261101, Place: "广场"})
		due, err := s.Dues(t.Context(), scope(t, "street_clerk", 990101001, 0))
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, d := range due {
			kinds[d.Kind]++
		}
		if kinds["renew"] != 1 || kinds["expired"] != 1 || kinds["certify"] != 1 || len(due) != 3 {
			t.Errorf("%+v", due)
		}
		if due, err := s.Dues(t.Context(), scope(t, "street_clerk", 990102001, 0)); err != nil || len(due) != 0 {
			t.Errorf("another street's: %+v %v", due, err)
		}
	})
}

// TestVolunteers: sign-up by the link without script, places that end, hours that
// the organiser certifies, the certificate for whose it is.
func TestVolunteers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := room(t, db)
		x := put(t, s.Sessions, partner.Session{Row: at(green, 0), Title: "清洁楼道", Kind: "clean", Day: today, Starts: "09:00", Hours: 2.5, Place: "绿苑广场", Seats: 2})
		r := web.New(web.Options{Version: "test"})
		s.Pages(r, func() string { return "和安市" })
		server := httptest.NewServer(r)
		defer server.Close()
		link := server.URL + "/volunteer/" + x.Code
		page := func(address string) (int, string) {
			t.Helper()
			res, err := http.Get(address)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			b, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			return res.StatusCode, string(b)
		}
		sign := func(name, phone string) (int, string, string) {
			t.Helper()
			res, err := http.PostForm(link, url.Values{"name": {name}, "phone": {phone}})
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			b, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			return res.StatusCode, string(b), res.Request.URL.String()
		}
		if code, text := page(link); code != 200 || !strings.Contains(text, "清洁楼道") || strings.Contains(text, "<script") {
			t.Fatalf("%d %s", code, text)
		}
		if code, _ := page(server.URL + "/volunteer/nothing"); code != 404 {
			t.Errorf("an unknown link: %d", code)
		}
		if code, text, _ := sign("", "13800000001"); code != 422 || !strings.Contains(text, "13800000001") {
			t.Errorf("without a name: %d", code)
		}
		code, text, own := sign("王建国", "13800000001")
		if code != 200 || strings.Contains(text, "王建国") || !strings.Contains(text, "王") {
			t.Fatalf("%d %s", code, text)
		}
		if _, _, again := sign("王建国", "138 0000 0001"); again != own {
			t.Errorf("signed up twice: %s %s", own, again)
		}
		sign("李梅", "13800000002")
		if code, text, _ := sign("赵三", "13800000003"); code != 409 || !strings.Contains(text, "已满") {
			t.Errorf("one too many: %d %s", code, text)
		}
		if code, _ := page(strings.Split(own, "?")[0] + "/certificate.pdf"); code != 409 {
			t.Errorf("a certificate before it is certified: %d", code)
		}
		clerk := scope(t, "street_clerk", 990101001, 0)
		turns, _, err := s.Turns.Rows(t.Context(), clerk, ledger.Filter{Sort: "id"})
		if err != nil || len(turns) != 2 {
			t.Fatalf("%+v %v", turns, err)
		}
		none := func(*store.Tx) error { return nil }
		if err := s.Certify(t.Context(), clerk, x.ID, 0, []int64{99}, 0, none); !errs.Is(err, errs.Invalid) {
			t.Errorf("certified somebody else: %v", err)
		}
		if err := s.Certify(t.Context(), clerk, x.ID, 0, []int64{turns[0].ID}, 40, none); err != nil {
			t.Fatal(err)
		}
		if err := s.Certify(t.Context(), clerk, x.ID, 0, nil, 0, none); !errs.Is(err, errs.Conflict) {
			t.Errorf("certified twice: %v", err)
		}
		if code, pdf := page(strings.Split(own, "?")[0] + "/certificate.pdf"); code != 200 || !bytes.HasPrefix([]byte(pdf), []byte("%PDF-")) {
			t.Errorf("certificate: %d", code)
		}
		if code, text := page(own); code != 200 || !strings.Contains(text, "certificate.pdf") {
			t.Errorf("own page: %d %s", code, text)
		}
		if code, text, _ := sign("孙六", "13800000006"); code != 409 || !strings.Contains(text, "截止") {
			t.Errorf("after the session: %d", code)
		}
		sum, err := s.Count(t.Context(), clerk, partner.Total{Code: "volunteer_session"})
		if err != nil || sum != 1 {
			t.Errorf("sessions: %d %v", sum, err)
		}
	})
}
