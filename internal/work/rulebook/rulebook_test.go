package rulebook

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// town is the organisations and regions of the tests; it may change under way.
type town struct{ w atomic.Pointer[world] }

func newTown() *town {
	t := &town{}
	t.w.Store(smallWorld())
	return t
}

func (t *town) Orgs() []Org                 { return t.w.Load().orgs }
func (t *town) Sources() []Source           { return t.w.Load().sources }
func (t *town) Areas() []Area               { return t.w.Load().areas }
func (t *town) GridCommunity(g int64) int64 { return t.w.Load().grid(g) }

// close takes away an organisation.
func (t *town) close(id int64) {
	w := smallWorld()
	w.orgs = slices.DeleteFunc(w.orgs, func(o Org) bool { return o.ID == id })
	t.w.Store(w)
}

var system = access.System("test")

// noon of Monday 23 November 2026 in China.
var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func seed() Seed {
	rules := []Rule{
		{ID: "water", Name: "水务", When: When{UnitKinds: []string{"water"}}, Then: Then{Lead: Unit{Kind: "water"}}},
		{ID: "rest", Name: "部件事件", When: When{Kinds: []string{Event}}, Then: Then{Lead: Unit{Kind: ByPrinciple}}},
		backstop,
	}
	d := Seed{ValidFrom: 20260101, Routing: Routing{Rules: rules}, Note: "test"}
	for _, c := range smallWorld().cats {
		d.Categories = append(d.Categories, *c)
	}
	d.Categories[1].Limits = []calendar.Stage{{Name: "停工", Limit: calendar.Limit{N: 4, Unit: calendar.WorkHour}}, {Name: "拆除", Limit: calendar.Limit{N: 20, Unit: calendar.WorkDay}}}
	d.Categories[2].Nature = Lifeline
	return d
}

func open(t testing.TB, db *store.DB) (*Rulebook, *town) {
	t.Helper()
	tn := newTown()
	r, err := Open(context.Background(), db, tn, tn)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Load(context.Background(), system, seed()); err != nil {
		t.Fatal(err)
	}
	return r, tn
}

func TestLoadAndReadBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		r, tn := open(t, db)
		b := r.Current(noon.UnixMicro())
		c, err := b.Category(11)
		if err != nil || c.Version != 1 || !c.Leaf || c.ValidFrom != 20260101 {
			t.Fatalf("%+v, %v", c, err)
		}
		if up, _ := b.Category(1); up.Leaf {
			t.Error("a category with others below is a leaf")
		}
		if len(b.Tree()) != 6 || b.Tree()[0].Parent != 0 {
			t.Errorf("tree %+v", b.Tree())
		}
		if !b.Under(11, 1) || b.Under(1, 11) || b.Under(21, 1) {
			t.Error("Under is wrong")
		}
		if _, err := b.Category(99); !errs.Is(err, errs.NotFound) {
			t.Errorf("unknown: %v", err)
		}
		if b.Calendar().Workday(20261010) != true || b.Calendar().Workday(20261001) {
			t.Error("the calendar lacks the make-up day or the holiday")
		}
		d, err := b.Route(Facts{Category: 12, Community: 990101002001})
		if err != nil || d.Lead != 5 {
			t.Errorf("%+v, %v", d, err)
		}
		var n, rows int
		if err := db.QueryRow(ctx, "SELECT COUNT(*) FROM audit WHERE object = 'rule'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow(ctx, "SELECT COUNT(*) FROM rule_version").Scan(&rows); err != nil || n != rows || n < 11 {
			t.Errorf("%d audit entries for %d versions, %v", n, rows, err)
		}
		if err := r.Load(ctx, system, seed()); !errs.Is(err, errs.Conflict) {
			t.Errorf("second load: %v", err)
		}
		again, err := Open(ctx, db, tn, tn)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.Tree(), again.Current(noon.UnixMicro()).Tree()); diff != "" {
			t.Error(diff)
		}
		early := r.Current(time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC).UnixMicro())
		if len(early.Tree()) != 0 || early.Rules().Version != 0 {
			t.Error("the book of a day before the first publication is not empty")
		}
	})
}

func TestVerifyFindsEveryEdit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		r, _ := open(t, db)
		if p, err := r.Verify(ctx, db); err != nil || len(p) != 0 {
			t.Fatalf("nothing was changed: %+v, %v", p, err)
		}
		write := func(q string) {
			t.Helper()
			if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct{ edit, undo string }{
			{"UPDATE rule_version SET valid_from = 20260102 WHERE kind = 'routing'", "UPDATE rule_version SET valid_from = 20260101 WHERE kind = 'routing'"},
			{"UPDATE rule_version SET created_by = 5 WHERE key = '11'", "UPDATE rule_version SET created_by = 0 WHERE key = '11'"},
			{"UPDATE rule_version SET version = 2 WHERE key = '11'", "UPDATE rule_version SET version = 1 WHERE key = '11'"},
			{"DELETE FROM rule_version WHERE key = '2027'", ""},
		} {
			write(c.edit)
			if p, err := r.Verify(ctx, db); err != nil || len(p) == 0 {
				t.Errorf("%s: not found, %v", c.edit, err)
			}
			if c.undo == "" {
				continue
			}
			write(c.undo)
			if p, err := r.Verify(ctx, db); err != nil || len(p) != 0 {
				t.Fatalf("%s: %+v, %v", c.undo, p, err)
			}
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	r, _ := open(t, storetest.SQLite(t, nil))
	b := r.Current(noon.UnixMicro())
	for _, c := range []struct {
		category int64
		grade    string
		stage    string
		want     string
	}{
		{0, General, StageHandle, "7日"}, {0, "", StageHandle, "7日"}, {0, Urgent, StageHandle, "24小时"}, {0, Critical, StageHandle, "2小时"}, {0, Complex, StageHandle, "15日"},
		{11, General, StageHandle, "20工作日"}, {11, General, "停工", "4工作时"}, {11, General, "拆除", "20工作日"},
		{11, Critical, StageHandle, "2小时"}, {11, Critical, "停工", ""}, {11, Complex, StageHandle, "15日"},
		{12, General, StageHandle, "24小时"}, {12, General, StageSign, "4工作时"}, {12, Critical, StageSign, "1小时"},
		{99, General, StageHandle, "7日"}, {11, General, StageWhole, ""},
	} {
		l, ok := b.Limit(c.category, c.grade, c.stage)
		if got := l.Limit.String(); ok && got != c.want || !ok && c.want != "" || ok && (l.From.ZH == "" || l.From.EN == "") {
			t.Errorf("%d %s %s: %+v %v, want %s", c.category, c.grade, c.stage, l, ok, c.want)
		}
	}
	if b.CallBackRate(11, Critical) != 1 || b.CallBackRate(0, General) != 0.3 {
		t.Error("call-back rates")
	}
}

func TestCategoryVersions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		r, _ := open(t, db)
		today := r.Current(db.Now()).Calendar().Day(db.Now())
		tomorrow := r.Current(db.Now()).Calendar().AddDays(today, 1)
		c, _ := r.Current(db.Now()).Category(11)
		next := *c
		next.Name = "私搭乱建"
		next.Limits = []calendar.Stage{{Name: StageHandle, Limit: calendar.Limit{N: 3, Unit: calendar.WorkDay}}}
		saved, err := r.PublishCategory(ctx, system, next, Terms{Base: 1, ValidFrom: tomorrow, Note: "新标准"})
		if err != nil || saved.Version != 2 || saved.Name != "私搭乱建" {
			t.Fatalf("%+v, %v", saved, err)
		}
		now := r.Current(db.Now())
		if got, _ := now.Category(11); got.Version != 1 {
			t.Errorf("in force before its day: %+v", got)
		}
		later := r.Current(now.Calendar().DayStart(tomorrow))
		if got, _ := later.Category(11); got.Version != 2 {
			t.Errorf("not in force on its day: %+v", got)
		}
		if l, _ := later.Limit(11, General, StageHandle); l.Limit.N != 3 {
			t.Errorf("limit %+v", l)
		}
		// A case filed before keeps its version and limits.
		if old, err := later.CategoryAt(11, 1); err != nil || old.Name != "类别11" {
			t.Errorf("%+v, %v", old, err)
		}
		if l, err := later.LimitsAt(11, 1, General); err != nil || !slices.ContainsFunc(l, func(l StageLimit) bool { return l.Stage == "停工" }) {
			t.Errorf("%+v, %v", l, err)
		}
		// Two edits of the same version: the second is told.
		if _, err := r.PublishCategory(ctx, system, next, Terms{Base: 1, ValidFrom: tomorrow}); !errs.Is(err, errs.Stale) {
			t.Errorf("stale: %v", err)
		}
		// Closing it.
		if _, err := r.PublishCategory(ctx, system, next, Terms{Base: 2, ValidFrom: today, ValidTo: tomorrow}); err != nil {
			t.Fatal(err)
		}
		later = r.Current(now.Calendar().DayStart(tomorrow))
		if later.Open(11) || slices.ContainsFunc(later.Tree(), func(c *Category) bool { return c.ID == 11 }) {
			t.Error("closed, but still offered")
		}
		if _, err := later.Route(Facts{Category: 11, Community: 990101001001}); err != nil {
			t.Errorf("an old case of a closed category: %v", err)
		}
		list, err := r.History(ctx, kindCategory, "11", 0, 10)
		if err != nil || len(list) != 3 || list[0].Version.Version != 3 {
			t.Errorf("history %+v, %v", list, err)
		}
	})
}

func TestCategoryIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _ := open(t, storetest.SQLite(t, func() time.Time { return noon }))
	for name, c := range map[string]struct {
		spoil func(*Category, *Terms)
		kind  *errs.Kind
		field string
	}{
		"no name":              {func(c *Category, _ *Terms) { c.Name = " " }, errs.Required, "name"},
		"evidence without why": {func(c *Category, _ *Terms) { c.Evidence.Found = true }, errs.Required, "evidence_why"},
		"past":                 {func(_ *Category, t *Terms) { t.ValidFrom = 20261122 }, errs.Invalid, "valid_from"},
		"no such day":          {func(_ *Category, t *Terms) { t.ValidFrom = 20261131 }, errs.Invalid, "valid_from"},
		"parent is a part":     {func(c *Category, _ *Terms) { c.Parent = 2 }, errs.Invalid, "kind"},
		"parent is itself":     {func(c *Category, _ *Terms) { c.Parent = 11 }, errs.Invalid, "parent"},
		"parent unknown":       {func(c *Category, _ *Terms) { c.Parent = 999 }, errs.Invalid, "parent"},
		"code taken":           {func(c *Category, _ *Terms) { c.Code = "12" }, errs.Conflict, "code"},
		"limit of no unit":     {func(c *Category, _ *Terms) { c.Limits = []calendar.Stage{{Limit: calendar.Limit{N: 1, Unit: "week"}}} }, errs.Invalid, "limits[0]"},
		"stage twice": {func(c *Category, _ *Terms) {
			l := calendar.Limit{N: 1, Unit: calendar.Day}
			c.Limits = []calendar.Stage{{Limit: l}, {Name: StageHandle, Limit: l}}
		}, errs.Invalid, "limits[1]"},
		"unknown":                   {func(c *Category, _ *Terms) { c.ID = 77 }, errs.NotFound, ""},
		"keeps a rule from running": {func(c *Category, t *Terms) { c.UnitKind, c.ID, c.Code, t.Base = "gas", 12, "12", 1 }, Refused, "rules"},
	} {
		got, _ := r.Current(noon.UnixMicro()).Category(11)
		x, terms := *got, Terms{Base: 1, ValidFrom: 20261124}
		c.spoil(&x, &terms)
		_, err := r.PublishCategory(ctx, system, x, terms)
		if !errs.Is(err, c.kind) || errs.As(err).Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	actor := &access.Actor{Account: 7, Posts: []access.Post{{ID: 1, Account: 7, Role: "admin", Region: 990101, From: 20200101}}}
	scope, err := actor.Scope(access.RulesWrite, 20261123)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := r.Current(noon.UnixMicro()).Category(11)
	if _, err := r.PublishCategory(ctx, scope, *got, Terms{Base: 1, ValidFrom: 20261124}); !errs.Is(err, errs.NotFound) {
		t.Errorf("a district's admin changes the city's rules: %v", err)
	}
	if n, err := r.History(ctx, "", "", 0, 200); err != nil || slices.ContainsFunc(n, func(e Entry) bool { return e.Version.Version > 1 }) {
		t.Errorf("something was written: %v", err)
	}
}

func TestRoutingPublication(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, tn := open(t, storetest.SQLite(t, func() time.Time { return noon }))
	list := seed().Routing
	list.Rules = slices.Insert(list.Rules, 0, Rule{ID: "all", Name: "全部", Then: Then{Lead: Unit{Org: 3}}})
	err := r.PublishRouting(ctx, system, list, Terms{Base: 1, ValidFrom: 20261123})
	if !errs.Is(err, Refused) || errs.As(err).Params["count"] != 3 || !strings.Contains(errs.As(err).Text("zh"), "水务") {
		t.Fatalf("shadowed rules are published: %v", err)
	}
	list.Rules[0].When.Grades = []string{Critical}
	if err := r.PublishRouting(ctx, system, list, Terms{Base: 1, ValidFrom: 20261123}); err != nil {
		t.Fatal(err)
	}
	if d, err := r.Current(noon.UnixMicro()).Route(Facts{Category: 12, Grade: Critical, Community: 990101001001}); err != nil || d.Lead != 3 {
		t.Errorf("%+v, %v", d, err)
	}
	// Duty calendars are published with the rules and checked like them.
	list.Duties = []Duty{{Org: 5, Windows: []Window{{Weekdays: []int{7}, From: "08:00", To: "20:00"}}, Deputy: 3}, {Org: 3, Windows: []Window{{From: "08:00", To: "20:00"}}, Deputy: 5}}
	err = r.PublishRouting(ctx, system, list, Terms{Base: 2, ValidFrom: 20261123})
	if !errs.Is(err, Refused) || !strings.Contains(errs.As(err).Text("zh"), "代班") || !strings.Contains(errs.As(err).Text("en"), "deputy") {
		t.Fatalf("a ring of deputies is published: %v", err)
	}
	list.Duties = list.Duties[:1]
	if err := r.PublishRouting(ctx, system, list, Terms{Base: 2, ValidFrom: 20261123}); err != nil {
		t.Fatal(err)
	}
	if d, err := r.Current(noon.UnixMicro()).Route(Facts{Category: 12, Community: 990101001001, At: noon.UnixMicro()}); err != nil || d.Lead != 3 || !strings.Contains(d.Why.EN, "stands in") {
		t.Errorf("%+v, %v", d, err)
	}
	list.Duties = nil
	if err := r.PublishRouting(ctx, system, list, Terms{Base: 3, ValidFrom: 20261123}); err != nil {
		t.Fatal(err)
	}
	// A unit that goes away later makes the rule loud, not silent.
	tn.close(5)
	if err := r.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	b := r.Current(noon.UnixMicro())
	if ps := b.Problems(); len(ps) != 1 || ps[0].Rule != "water" || ps[0].Kind != UnknownUnit {
		t.Errorf("%+v", ps)
	}
	if d, err := b.Route(Facts{Category: 12, Grade: General, Community: 990101001001}); err != nil || !d.Trouble {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestSignalsAreChecked(t *testing.T) {
	t.Parallel()
	good := DefaultSettings()
	if err := good.Check(); err != nil || len(good.Signals) < 12 {
		t.Errorf("%d signals, %v", len(good.Signals), err)
	}
	for field, change := range map[string]func(*Settings){
		"signals[0].code":     func(s *Settings) { s.Signals[0].Code = "" },
		"signals[1].code":     func(s *Settings) { s.Signals[1].Code = s.Signals[0].Code },
		"signals[0].grade":    func(s *Settings) { s.Signals[0].Grade = General },
		"signals[0].call":     func(s *Settings) { s.Signals[0].Call = "拨打119" },
		"signals[0].tell":     func(s *Settings) { s.Signals[0].Tell = "" },
		"elsewhere[0].tell":   func(s *Settings) { s.Elsewhere[0].Advice = Advice{} },
		"elsewhere[1].words":  func(s *Settings) { s.Elsewhere[1].Words = nil },
		"signals[0].words":    func(s *Settings) { s.Signals[0].Words = []string{"火"} },
		"auto_category_share": func(s *Settings) { s.AutoCategory = 0.3 },
	} {
		x := DefaultSettings()
		change(&x)
		if err := x.Check(); err == nil || errs.As(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestOtherProcessSeesAPublication(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		r, tn := open(t, db)
		other, err := Open(ctx, db, tn, tn)
		if err != nil {
			t.Fatal(err)
		}
		before := other.Current(db.Now())
		x := DefaultSettings()
		x.RevealPerHour = 5
		if err := r.PublishSettings(ctx, system, x, Terms{ValidFrom: before.Calendar().Day(db.Now())}); err != nil {
			t.Fatal(err)
		}
		if r.Current(db.Now()).Settings().RevealPerHour != 5 {
			t.Error("not in force where it was published")
		}
		if err := other.Refresh(ctx); err != nil || other.Current(db.Now()).Settings().RevealPerHour != 5 {
			t.Errorf("not in force in the other process, %v", err)
		}
		if before.Settings().RevealPerHour != 30 {
			t.Error("a book in use has changed")
		}
		watching, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { other.Watch(watching); close(done) }()
		stop()
		<-done
	})
}

// A publication while a hundred readers route: each reader sees one book or
// the other, never a mixture.
func TestBooksAreSwappedWhole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _ := open(t, storetest.SQLite(t, func() time.Time { return noon }))
	stop, failed := make(chan struct{}), make(chan string, 4)
	for range 4 {
		go func() {
			for {
				select {
				case <-stop:
					failed <- ""
					return
				default:
				}
				b := r.Current(noon.UnixMicro())
				d, err := b.Route(Facts{Category: 12, Community: 990101001001})
				if want := map[int]int64{1: 5, 2: 3, 3: 5, 4: 3}[b.Rules().Version]; err != nil || d.Lead != want {
					failed <- d.Rule
					return
				}
			}
		}()
	}
	for v := 1; v < 4; v++ {
		list := seed().Routing
		if v%2 == 1 {
			list.Rules = slices.Insert(list.Rules, 0, Rule{ID: "all", Name: "管网", When: When{Categories: []int64{12}, Grades: nil}, Then: Then{Lead: Unit{Org: 3}}})
			list.Rules = slices.Delete(list.Rules, 1, 2)
		}
		if err := r.PublishRouting(ctx, system, list, Terms{Base: v, ValidFrom: 20261123}); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	for range 4 {
		if f := <-failed; f != "" {
			t.Errorf("a mixture: rule %s", f)
		}
	}
}

// pastCases is the case room of the previews.
type pastCases []CaseFacts

func (p pastCases) PastCases(_ context.Context, _ access.Scope, _, _ int, fn func(CaseFacts) error) error {
	for _, c := range p {
		if err := fn(c); err != nil {
			return err
		}
	}
	return nil
}

func TestPreviews(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _ := open(t, storetest.SQLite(t, func() time.Time { return noon }))
	seven := calendar.Limit{N: 7, Unit: calendar.Day}
	start := noon.Add(-5 * 24 * time.Hour).UnixMicro() // Wednesday the 18th
	cal := calendar.Standard()
	var cases pastCases
	for i := range 30 {
		c := CaseFacts{ID: int64(i + 1), District: 990101, Number: "LL-1", Facts: Facts{Category: 12, Grade: General, Community: 990101001001, At: start}, Start: start, Limit: seven, Due: cal.Add(start, seven)}
		if i < 10 {
			c.Facts.Category = 11
		}
		if i%2 == 0 {
			c.Done = start + int64(4*24*time.Hour/time.Microsecond)
		}
		cases = append(cases, c)
	}
	list := seed().Routing
	list.Rules[0].Then.Lead = Unit{Org: 3}
	p, err := r.PreviewRouting(ctx, system, cases, list, 20261024, 20261123)
	if err != nil {
		t.Fatal(err)
	}
	if p.Cases != 30 || p.Changed != 20 || len(p.Sample) != 20 || len(p.Problems) != 0 {
		t.Errorf("%+v", p)
	}
	if diff := cmp.Diff([]Move{{5, 3, "澄湖市水务集团", "湖东区指挥中心", 20}}, p.By); diff != "" {
		t.Error(diff)
	}
	if d, _ := r.Current(noon.UnixMicro()).Route(Facts{Category: 12, Community: 990101001001}); d.Lead != 5 {
		t.Error("a preview changed what is in force")
	}
	// A duty calendar is previewed like a rule: the water company is off at noon.
	list = seed().Routing
	list.Duties = []Duty{{Org: 5, Windows: []Window{{From: "18:00", To: "06:00"}}, Deputy: 3}}
	if p, err = r.PreviewRouting(ctx, system, cases, list, 20261024, 20261123); err != nil || p.Changed != 20 || len(p.By) != 1 || p.By[0].To != 3 {
		t.Errorf("%+v, %v", p, err)
	}
	// Three days for category 12, which had 24 hours: all 20 later, fewer overdue.
	c, _ := r.Current(noon.UnixMicro()).Category(12)
	x := *c
	x.Limits = []calendar.Stage{{Limit: calendar.Limit{N: 10, Unit: calendar.Day}}}
	lp, err := r.PreviewCategory(ctx, system, cases, x, Terms{Base: 1}, 20261024, 20261123)
	if err != nil || lp.Cases != 20 || lp.Changed != 20 || lp.Later != 20 || lp.OverdueBefore != 20 || lp.OverdueAfter != 0 {
		t.Errorf("%+v, %v", lp, err)
	}
	// A calendar change moves no limits in calendar days …
	lp, err = r.PreviewCalendar(ctx, system, cases, map[int]calendar.Year{2026: {Off: []int{20261124}}}, nil)
	if err != nil || lp.Cases != 15 || lp.Changed != 0 {
		t.Errorf("%+v, %v", lp, err)
	}
	// … but those in working days, of open cases.
	four := calendar.Limit{N: 4, Unit: calendar.WorkDay}
	for i := range cases {
		cases[i].Limit, cases[i].Due = four, cal.Add(start, four)
	}
	lp, err = r.PreviewCalendar(ctx, system, cases, map[int]calendar.Year{2026: {Off: []int{20261124}}}, nil)
	if err != nil || lp.Cases != 15 || lp.Changed != 15 || lp.Later != 15 {
		t.Errorf("%+v, %v", lp, err)
	}
}

func BenchmarkCurrentRoute(b *testing.B) {
	r, _ := open(b, storetest.SQLite(b, nil))
	now := r.db.Now()
	f := Facts{Category: 11, Grade: General, Channel: "hotline", Community: 990101001001, At: now}
	b.ReportAllocs()
	for b.Loop() {
		book := r.Current(now)
		if _, err := book.Route(f); err != nil {
			b.Fatal(err)
		}
		book.Limits(11, General)
	}
}
