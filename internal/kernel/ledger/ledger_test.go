package ledger_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/vault"
)

const (
	today  = 20261128
	green  = 990101001001 // communities
	blue   = 990101001002
	far    = 990102001001
	ours   = int64(11) // grids of green
	yours  = int64(12) // … of blue
	worker = int64(7)  // an account
)

func TestMain(m *testing.M) {
	access.SetDistricts(990101, 990102)
	os.Exit(m.Run())
}

// source is a list of names.
type source map[int64]string

func (s source) Named(id int64) (ledger.Named, bool) {
	n, ok := s[id]
	return ledger.Named{ID: id, Name: n}, ok
}

func (s source) Find(text string) []int64 {
	var out []int64
	for id, n := range s {
		if n == text || fmt.Sprint(id) == text {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

func (s source) Search(text string, limit int) []ledger.Named {
	var out []ledger.Named
	for id, n := range s {
		if !strings.Contains(n, text) {
			continue
		}
		out = append(out, ledger.Named{ID: id, Name: n})
	}
	slices.SortFunc(out, func(a, b ledger.Named) int { return int(a.ID - b.ID) })
	return out[:min(limit, len(out))]
}

// bench is an engine with the example registers.
type bench struct {
	*ledger.Engine
	clubs *ledger.Register[Club]
	turns *ledger.Register[Turn]
}

func open(t testing.TB, db *store.DB) *bench {
	t.Helper()
	dir := t.TempDir()
	v, err := vault.New(t.Context(), db, dir)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := files.New(db, dir, files.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{clubTable, turnTable} {
		if err := db.Script(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	b := &bench{Engine: ledger.New(ledger.Options{DB: db, Vault: v, Files: kept, Today: func() int { return today }, Zone: time.FixedZone("CST", 8*3600),
		Sources: map[string]ledger.Source{
			"region":  source{9901: "和安市", 990101: "湖东区", 990102: "湖西区", 990101001: "翠湖街道", green: "绿苑社区", blue: "蓝天社区", 990102001: "西街街道", far: "西苑社区"},
			"grid":    source{ours: "绿苑第一网格", yours: "蓝天第一网格"},
			"org":     source{21: "区民政局", 22: "红旗物业公司"},
			"account": source{worker: "王建国", worker + 1: "李秀英"},
		},
		Community: func(grid int64) int64 { return map[int64]int64{ours: green, yours: blue}[grid] },
		Path:      func(code int64) string { return "" },
	})}
	b.clubs, b.turns = clubs(b.Engine), turns(b.Engine)
	if err := b.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// scopeOf is what a person with the post reaches with the permission.
func scopeOf(t testing.TB, p access.Perm, posts ...access.Post) access.Scope {
	t.Helper()
	s, err := (&access.Actor{Account: worker, Login: "w", Lang: "zh", Posts: posts}).Scope(p, today)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var system = access.System("test")

func wants(t *testing.T, err error, k *errs.Kind, field string) {
	t.Helper()
	if !errs.Is(err, k) || field != "" && errs.As(err).Field != field {
		t.Errorf("got %v, want %s about %q", err, k.Code, field)
	}
}

func club(name string) Club {
	return Club{Row: ledger.Row{Region: green}, Name: name, Kind: "music", Topics: []string{"sing"}, Leader: worker, Members: 12, Budget: 1.5, Signed: 20260301, Open: true, About: "每周三\n晚上", Contact: ledger.Hide("李小红"), Phone: ledger.Hide("13812345678")}
}

func TestRowLivesAndItsHistoryTells(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		put, err := b.clubs.Put(ctx, system, club("晨曲合唱团"))
		if err != nil {
			t.Fatal(err)
		}
		if put.Version != 1 || put.District != 990101 || put.Street != 990101001 || put.Community != green || put.From != today || put.State != ledger.Active {
			t.Errorf("put %+v", put.Row)
		}
		if put.Phone.Mask != "138****5678" || put.Contact.Mask != "李**" {
			t.Errorf("masks %v %v", put.Phone, put.Contact)
		}
		got, err := b.clubs.Change(ctx, system, put.ID, 1, func(c *Club) error {
			c.Members, c.Phone, c.Topics = 15, ledger.Hide("13812995678"), []string{"sing", "meal"} // the mask is the same
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.Version != 2 || got.Members != 15 || len(got.Topics) != 2 {
			t.Errorf("changed %+v", got)
		}
		_, err = b.clubs.Change(ctx, system, put.ID, 1, func(c *Club) error { c.Members = 1; return nil })
		wants(t, err, errs.Stale, "")
		if changed, _ := errs.As(err).Params["changed"].([]map[string]any); len(changed) != 1 || !slices.Equal(changed[0]["fields"].([]string), []string{"topics", "members", "phone"}) {
			t.Errorf("the conflict does not say what changed: %v", errs.As(err).Params)
		}
		if same, err := b.clubs.Change(ctx, system, put.ID, 2, func(*Club) error { return nil }); err != nil || same.Version != 2 {
			t.Errorf("a change of nothing: %v %v", same, err)
		}
		if _, err := b.clubs.End(ctx, system, put.ID, 2, 0, "成员解散"); err != nil {
			t.Fatal(err)
		}
		end, err := b.clubs.Get(ctx, system, put.ID)
		if err != nil || end.InForce(today) || !end.InForce(today-1+0) && end.From < today {
			t.Errorf("ended %+v %v", end, err)
		}
		_, err = b.clubs.Change(ctx, system, put.ID, 3, func(c *Club) error { c.Members = 1; return nil })
		wants(t, err, ledger.Closed, "")
		h, err := b.clubs.History(ctx, db, put.District, put.ID)
		if err != nil || len(h) != 3 || h[0].Action != "end" || h[0].Reason != "成员解散" || h[2].Action != "create" {
			t.Fatalf("history %+v %v", h, err)
		}
		if p := h[1].Changes["phone"]; p[0] != "138****5678" || p[1] != "138****5678" || h[1].Changes["members"] != [2]any{12.0, 15.0} {
			t.Errorf("changes %v", h[1].Changes)
		}
	})
}

func TestWrongRowsAreRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		if _, err := b.clubs.Put(ctx, system, club("晨曲合唱团")); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			edit  func(*Club)
			kind  *errs.Kind
			field string
		}{
			"no name":               {func(c *Club) { c.Name = "  " }, errs.Required, "name"},
			"a long name":           {func(c *Club) { c.Name = string(make([]rune, 61)) }, errs.Invalid, "name"},
			"taken name":            {func(c *Club) { c.Name = "晨曲合唱团" }, ledger.Taken, "name"},
			"unknown choice":        {func(c *Club) { c.Kind = "war" }, errs.Invalid, "kind"},
			"unknown topic":         {func(c *Club) { c.Topics = []string{"x"} }, errs.Invalid, "topics"},
			"no such account":       {func(c *Club) { c.Leader = 99 }, errs.Invalid, "leader"},
			"no such club":          {func(c *Club) { c.Parent = 99 }, errs.Invalid, "parent"},
			"fewer than none":       {func(c *Club) { c.Members = -1 }, errs.Invalid, "members"},
			"no day":                {func(c *Club) { c.Signed = 20260230 }, errs.Invalid, "signed"},
			"ends before it begins": {func(c *Club) { c.From, c.To = 20260601, 20260531 }, errs.Invalid, "valid_to"},
			"no such community":     {func(c *Club) { c.Region = 990101001999 }, errs.Invalid, "region"},
			"only a street":         {func(c *Club) { c.Region = 990101001 }, errs.Invalid, "region"},
			"no such grid":          {func(c *Club) { c.Grid = 99 }, errs.Invalid, "grid"},
			"control characters":    {func(c *Club) { c.Name = "a\x01b" }, errs.Invalid, "name"},
			"a rule over fields":    {func(c *Club) { c.Kind, c.Members = "sport", 2 }, errs.Invalid, "members"},
			"a state of the engine": {func(c *Club) { c.State = ledger.Void }, errs.Invalid, "state"},
			"a very long telephone": {func(c *Club) { c.Phone = ledger.Hide(string(make([]byte, 50))) }, errs.Invalid, "phone"},
		} {
			t.Run(name, func(t *testing.T) {
				x := club("另一个")
				c.edit(&x)
				_, err := b.clubs.Put(ctx, system, x)
				wants(t, err, c.kind, c.field)
			})
		}
		if rows, _, err := b.clubs.Rows(ctx, system, ledger.Filter{}); err != nil || len(rows) != 1 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	})
}

func TestTreesHaveNoCircles(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		var ids []int64
		for _, name := range []string{"总社", "分社", "小组"} {
			c := club(name)
			if len(ids) > 0 {
				c.Parent = ids[len(ids)-1]
			}
			put, err := b.clubs.Put(ctx, system, c)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, put.ID)
		}
		for _, under := range ids {
			_, err := b.clubs.Change(ctx, system, ids[0], 0, func(c *Club) error { c.Parent = under; return nil })
			wants(t, err, ledger.Circle, "parent")
		}
	})
}

func TestTermsDoNotOverlap(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		c, err := b.clubs.Put(ctx, system, club("晨曲合唱团"))
		if err != nil {
			t.Fatal(err)
		}
		turn := func(from, to ledger.Day) Turn {
			return Turn{Row: ledger.Row{Grid: ours, From: from, To: to}, Club: c.ID, Duty: "lead"}
		}
		first, err := b.turns.Put(ctx, system, turn(20260101, 20261231))
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.turns.Put(ctx, system, turn(20261231, 0))
		wants(t, err, ledger.Overlap, "grid")
		second, err := b.turns.Put(ctx, system, turn(20270101, 0))
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.turns.Change(ctx, system, first.ID, 0, func(x *Turn) error { x.To = 0; return nil })
		wants(t, err, ledger.Overlap, "grid")
		other := turn(20260101, 0)
		other.Duty = "keep"
		if _, err := b.turns.Put(ctx, system, other); err != nil {
			t.Error("another duty at the same time:", err)
		}
		if _, err := b.turns.End(ctx, system, first.ID, 0, 0, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := b.turns.Put(ctx, system, turn(today, 20261231)); err != nil {
			t.Error("on the day on which the other ended:", err)
		}
		_ = second
	})
}

func TestScopesAndClasses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		here, err := b.clubs.Put(ctx, system, club("绿苑合唱团"))
		if err != nil {
			t.Fatal(err)
		}
		c := club("西苑合唱团")
		c.Region = far
		there, err := b.clubs.Put(ctx, system, c)
		if err != nil {
			t.Fatal(err)
		}
		street := scopeOf(t, access.PartnerRead, access.Post{ID: 1, Role: "street_clerk", Region: 990101001})
		writes := scopeOf(t, access.PartnerWrite, access.Post{ID: 1, Role: "street_clerk", Region: 990101001})
		if rows, _, err := b.clubs.Rows(ctx, street, ledger.Filter{}); err != nil || len(rows) != 1 || rows[0].ID != here.ID {
			t.Errorf("rows of a street: %v %v", rows, err)
		}
		if _, err := b.clubs.Get(ctx, street, there.ID); !errs.Is(err, errs.NotFound) {
			t.Error("a row of another street:", err)
		}
		if _, err := b.clubs.Change(ctx, writes, there.ID, 0, func(*Club) error { return nil }); !errs.Is(err, errs.NotFound) {
			t.Error("change of a row of another street:", err)
		}
		_, err = b.clubs.Put(ctx, writes, c)
		wants(t, err, errs.Invalid, "region")
		x := club("新社")
		x.Parent, x.Budget = there.ID, 0
		_, err = b.clubs.Put(ctx, writes, x)
		wants(t, err, errs.Invalid, "parent")
		x = club("新社")
		x.Budget = 3
		_, err = b.clubs.Put(ctx, writes, x) // a class that the clerk has not
		wants(t, err, errs.Invalid, "budget")
		if _, _, err := b.clubs.Rows(ctx, street, ledger.Filter{Where: []string{"budget>=1"}}); !errs.Is(err, errs.Invalid) {
			t.Error("a hidden field is filtered by:", err)
		}
		if _, _, err := b.clubs.Rows(ctx, street, ledger.Filter{Sort: "budget"}); !errs.Is(err, errs.Invalid) {
			t.Error("a hidden field is sorted by:", err)
		}
	})
}

func TestFilters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		var rows []Club
		for i, name := range []string{"甲社", "乙社", "丙社", "丁社"} {
			c := club(name)
			c.Members, c.Budget = 10*(i+1), float64(i)
			if i%2 == 1 {
				c.Kind, c.Topics, c.Region, c.Leader, c.Signed, c.Open = "help", []string{"meal", "walk"}, far, 0, 0, false
			}
			if i == 2 {
				c.From, c.To = 20250101, 20251231
				c.Phone = ledger.Hide("0716-8123456")
			}
			rows = append(rows, c)
		}
		if err := b.clubs.Load(ctx, system, rows); err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]string{
			"kind=help": "丁社乙社", "kind=help|music": "丁社丙社乙社甲社", "kind!=help": "丙社甲社", "members>=30": "丁社丙社", "members<=10": "甲社", "members=10|40": "丁社甲社",
			"topics=meal": "丁社乙社", "topics=sing|meal": "丁社丙社乙社甲社", "topics!=meal": "丙社甲社", "leader=": "丁社乙社", "leader!=": "丙社甲社", "leader=7": "丙社甲社",
			"signed>=2026-03-01": "丙社甲社", "signed<=2026-03-01": "丙社甲社", "signed=": "丁社乙社", "open=true": "丙社甲社", "open=false": "丁社乙社", "name~丙": "丙社", "name=甲社": "甲社",
			"region=990101": "丙社甲社", "region=990102001": "丁社乙社", "region=990101001001|990102": "丁社丙社乙社甲社", "region=9901": "丁社丙社乙社甲社",
			"on=2026-11-28": "丁社乙社甲社", "on=2025-12-31": "丙社", "state=active": "丁社丙社乙社甲社", "state=ended": "", "budget>=2.5": "丁社", "valid_to=2025-12-31": "丙社", "name~%": "", "name=' OR 1=1 --": "",
		} {
			got, _, err := b.clubs.Rows(ctx, system, ledger.Filter{Where: []string{text}})
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			names := ""
			for _, c := range got {
				names += c.Name
			}
			if names != want {
				t.Errorf("%s gives %s, want %s", text, names, want)
			}
		}
		for _, bad := range []string{"", "kind", "kind=war", "nope=1", "about=x", "phone=138", "members~1", "members>=x", "kind>=help", "on=today", "id=x", "id=", "region=x", "signed=2026-02-30", "name~", "members>=1|2"} {
			if _, _, err := b.clubs.Rows(ctx, system, ledger.Filter{Where: []string{bad}}); !errs.Is(err, errs.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if got, _, err := b.clubs.Rows(ctx, system, ledger.Filter{Phone: "0716 8123456"}); err != nil || len(got) != 1 || got[0].Name != "丙社" {
			t.Errorf("by telephone: %v %v", got, err)
		}
		if got, _, err := b.clubs.Rows(ctx, system, ledger.Filter{Query: "社 乙"}); err != nil || len(got) != 1 {
			t.Errorf("by words: %v %v", got, err)
		}
		for _, sort := range []string{"", "id", "members", "-members", "name", "-name", "kind", "signed", "-budget", "open", "valid_from"} {
			whole, more, err := b.clubs.Rows(ctx, system, ledger.Filter{Sort: sort})
			if err != nil || more {
				t.Fatal(err)
			}
			var paged []int64
			f := ledger.Filter{Sort: sort, Limit: 1}
			for range 10 {
				page, more, err := b.clubs.Rows(ctx, system, f)
				if err != nil {
					t.Fatal(err)
				}
				paged = append(paged, page[0].ID)
				if !more {
					break
				}
				f.After = b.clubs.PlaceOf(page[0], sort)
			}
			for i, c := range whole {
				if i >= len(paged) || paged[i] != c.ID {
					t.Errorf("sort %q: pages %v are not the list", sort, paged)
					break
				}
			}
		}
	})
}

func TestARowHangsWhereWhatItBelongsToDoes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		owner := club("甲社")
		owner.Region, owner.Grid = 0, ours
		c, err := b.clubs.Put(ctx, system, owner)
		if err != nil {
			t.Fatal(err)
		}
		x, err := b.turns.Put(ctx, system, Turn{Club: c.ID, Duty: "lead"})
		if err != nil || x.Grid != ours || x.Region != c.Region {
			t.Errorf("%+v, %v", x, err)
		}
		if _, err := b.turns.Put(ctx, system, Turn{Club: c.ID + 1, Duty: "lead"}); err == nil {
			t.Error("a row was put beside one that is not there")
		}
		// Whoever does not reach the place cannot put a row there by naming its owner.
		if _, err := b.turns.Put(ctx, scopeOf(t, access.PartnerRead, access.Post{Role: "street_clerk", Region: 990102001}), Turn{Club: c.ID, Duty: "lead"}); err == nil {
			t.Error("a row was put out of reach")
		}
	})
}
