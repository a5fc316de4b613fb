package household_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"linli/internal/grid/household"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/vault"
)

var heads = []any{"楼号", "单元号", "门牌", "居住情况", "人口", "联系人", "手机", "留存至", "走访间隔", "语言", "备注"}

var matched = map[string]string{"楼号": "building", "单元号": "unit", "门牌": "room", "居住情况": "use_now", "人口": "people", "联系人": "name", "手机": "phone", "留存至": "consent", "走访间隔": "every_days", "语言": "langs", "备注": ""}

// TestImportOfHomes: a city's list comes in as people write it – merged cells,
// full-width digits, days in ten ways –, after a dry run that changes nothing.
func TestImportOfHomes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTown(t, db)
		days := []any{"2027-03-01", "2027/3/1", "2027.3.1", "2027年3月1日", "20270301", "２０２７－３－１", "2027-03-01 08:30", "2027年3月1号", "2027-3-1 星期一", 46447.0}
		rows := [][]any{heads}
		for i, day := range days {
			rows = append(rows, []any{"翠湖花园1号楼", "1单元", fmt.Sprintf("３０%d", i), "自住", "３", "李小红", fmt.Sprintf("１３８１２３４５６%02d", i), day, "30", "普通话、手语", "x"})
		}
		rows = append(rows, []any{"翠湖花园2号楼", "", "101", "空置", "", "", "", "", "", "", ""})
		// The building stands in one merged cell for its homes.
		dry := w.bring(ledger.ImportOptions{Mapping: matched, Dry: true}, rows, "A2", "A11")
		if dry.Rows != 11 || dry.Good != 11 || dry.Added != 0 || len(dry.Errors)+len(dry.Doubles) != 0 || len(w.all()) != 0 {
			t.Fatalf("dry run: %+v, %d homes", dry, len(w.all()))
		}
		if out := w.bring(ledger.ImportOptions{Mapping: matched}, rows, "A2", "A11"); out.Added != 11 {
			t.Fatalf("%+v", out)
		}
		got := w.all()
		for i := range days {
			h := got[fmt.Sprintf("1 1单元 30%d", i)]
			if h == nil || h.Consent != 20270301 || h.People != 3 || h.Every != 30 || h.Phone.Mask != fmt.Sprintf("138****56%02d", i) || h.Name.Mask != "李**" || !slices.Equal(h.Langs, []string{"zh", "sign"}) {
				t.Errorf("day %v: %+v", days[i], h)
			} else if h.Grid != 11 || h.Community != green || h.District != 990101 {
				t.Errorf("it does not lie where its building is: %+v", h.Row)
			}
		}
		if h := got["2 101"]; h == nil || h.Use != "empty" || h.Grid != 12 {
			t.Errorf("%+v", h)
		}
		found, _, err := w.Homes.Rows(t.Context(), w.clerk, ledger.Filter{Phone: "13812345603", Limit: 5})
		if err != nil || len(found) != 1 || found[0].Room != "303" {
			t.Errorf("by telephone: %v %v", found, err)
		}
	})
}

// TestImportTellsWhatIsWrong: each row that is not right says what and where;
// nothing comes in unless that is asked for, and then only what is right.
func TestImportTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTown(t, db)
		w.home(1, "900", func(h *household.Home) { h.Phone, h.Consent = ledger.Hide("13800000900"), 20270301 })
		row := func(room string, change map[int]any) []any {
			r := []any{"翠湖花园1号楼", "1单元", room, "自住", "2", "", "", "", "", "", ""}
			for i, v := range change {
				r[i] = v
			}
			return r
		}
		rows := [][]any{heads,
			row("101", nil),
			row("102", map[int]any{4: "f:1+2"}),
			row("103", map[int]any{0: "没有这栋楼"}),
			row("104", map[int]any{0: "蓝天家园1号楼"}),
			row("105", map[int]any{0: "西苑1号楼"}),
			row("", nil),
			row("107", map[int]any{3: "住着"}),
			row("108", map[int]any{4: "五六个"}),
			row("109", map[int]any{4: "51"}),
			row("110", map[int]any{7: "2027-02-30"}),
			row("111", map[int]any{5: "李小红"}),
			row("112", map[int]any{9: "方言和英语"}),
			row("101", nil),
			row("１０１", map[int]any{1: "2单元"}),
			row("900", nil),
			row("116", map[int]any{6: "138 0000 0900", 7: "2027-03-01"}),
			row("117", map[int]any{3: "出租"}),
		}
		want := map[int]string{3: "people", 4: "building", 5: "building", 6: "building", 7: "room", 8: "use_now", 9: "people", 10: "people", 11: "consent", 12: "consent", 13: "langs"}
		doubles := map[int]string{14: "building", 15: "building", 16: "building", 17: "phone"}
		out := w.bring(ledger.ImportOptions{Mapping: matched}, rows)
		if out.Added != 0 || len(w.all()) != 1 {
			t.Fatalf("a list with errors changed something: %+v", out)
		}
		for _, e := range out.Errors {
			if want[e.Row] != e.Field || e.Detail == "" || e.Column == "" {
				t.Errorf("row %d: %+v, want %q", e.Row, e, want[e.Row])
			}
			delete(want, e.Row)
		}
		for _, d := range out.Doubles {
			if doubles[d.Row] != d.Field || d.ID == 0 && d.Of != 2 {
				t.Errorf("row %d may be there: %+v, want %q", d.Row, d, doubles[d.Row])
			}
			delete(doubles, d.Row)
		}
		if len(want)+len(doubles) > 0 {
			t.Errorf("nothing is said about %v, %v", want, doubles)
		}
		if out := w.bring(ledger.ImportOptions{Mapping: matched, Partial: true}, rows); out.Added != 2 || len(w.all()) != 3 {
			t.Errorf("what is right: %+v, %d homes", out, len(w.all()))
		}
		// The same door is there: that is no matter of opinion.
		if out := w.bring(ledger.ImportOptions{Mapping: matched, Doubles: true, Again: true}, [][]any{heads, row("101", nil)}); out.Added != 0 || len(out.Errors) != 1 || out.Errors[0].Code != ledger.Overlap.Code {
			t.Errorf("%+v", out)
		}
		if out := w.bring(ledger.ImportOptions{Mapping: matched, Doubles: true}, [][]any{heads, row("101", map[int]any{1: "2单元"})}); out.Added != 1 {
			t.Errorf("another unit's room of the same number: %+v", out)
		}
	})
}

// TestMergeOfDoubles: of two rows of one door one stays, with the contact that
// either had, the care needs of both once, and what was noted under the other.
func TestMergeOfDoubles(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := newTown(t, db), t.Context()
		kept := w.home(1, "301", func(h *household.Home) { h.People = 2 })
		other := w.home(1, "3-01", func(h *household.Home) {
			h.People, h.Hint, h.Langs, h.Phone, h.Consent = 5, "请敲门", []string{"local"}, ledger.Hide("13812345678"), 20270301
		})
		shared, twin, moved := w.need(kept, "alone", "王秀英"), w.need(other, "alone", "王秀英"), w.need(other, "disabled", "李大壮")
		told := [2]int64{}
		w.Joined = func(_ context.Context, _ *store.Tx, _ access.Scope, district int, from, into int64) error {
			if told = [2]int64{from, into}; district != 990101 {
				t.Errorf("district %d", district)
			}
			return nil
		}
		for what, c := range map[string]struct {
			from, into int64
			reason     string
			kind       *errs.Kind
		}{
			"itself":           {kept.ID, kept.ID, "重复", errs.Invalid},
			"another building": {kept.ID, w.home(2, "301", nil).ID, "重复", errs.Invalid},
			"no reason":        {other.ID, kept.ID, " ", errs.Required},
			"nothing":          {42, kept.ID, "重复", errs.NotFound},
		} {
			if _, err := w.Merge(ctx, w.clerk, c.from, c.into, c.reason); !errs.Is(err, c.kind) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := w.Merge(ctx, w.scope(access.HomeWrite, blue), other.ID, kept.ID, "重复"); !errs.Is(err, errs.NotFound) {
			t.Errorf("of another community: %v", err)
		}
		h, err := w.Merge(ctx, w.clerk, other.ID, kept.ID, "同一户登记了两次")
		if err != nil {
			t.Fatal(err)
		}
		if h.People != 2 || h.Hint != "请敲门" || !slices.Equal(h.Langs, []string{"local"}) || h.Phone.Mask != "138****5678" || h.Consent != 20270301 {
			t.Errorf("%+v", h)
		}
		if o := get(t, w.Homes, other.ID); o.State != ledger.Ended || o.To != today {
			t.Errorf("the other: %+v", o.Row)
		}
		if n := get(t, w.Needs, moved.ID); n.Home != kept.ID || n.State != ledger.Active || n.Name.Mask != "李**" {
			t.Errorf("%+v", n)
		}
		if a, b := get(t, w.Needs, shared.ID), get(t, w.Needs, twin.ID); a.State != ledger.Active || b.State != ledger.Ended {
			t.Errorf("the same need twice: %s, %s", a.State, b.State)
		}
		if told != [2]int64{other.ID, kept.ID} {
			t.Errorf("others are told of %v", told)
		}
		for _, id := range []int64{other.ID, kept.ID} {
			if list, err := w.Homes.History(ctx, db, 990101, id); err != nil || len(list) != 2 {
				t.Errorf("%d changes, %v", len(list), err)
			}
		}
		// What comes under the old id, from a phone that was away, finds the home.
		if err := db.Write(ctx, func(tx *store.Tx) error {
			home, building, err := w.Service.Building(tx, 990101, other.ID)
			if home != kept.ID || building != 1 {
				t.Error(home, building)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
		last := w.home(1, "三零一", nil)
		if _, err := w.Merge(ctx, w.clerk, kept.ID, last.ID, "又一个"); err != nil {
			t.Fatal(err)
		}
		same, err := w.Same(ctx, []int{990101}, last.ID)
		if slices.Sort(same); err != nil || !slices.Equal(same, []int64{kept.ID, other.ID, last.ID}) {
			t.Errorf("%v %v", same, err)
		}
	})
}

// TestMovingOutAndIn: who moves out is forgotten, the door stays, and who moves in
// begins with nothing of theirs.
func TestMovingOutAndIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := newTown(t, db), t.Context()
		h := w.home(1, "301", func(h *household.Home) {
			h.People, h.Every, h.Hint, h.Name, h.Phone, h.Consent = 2, 14, "请敲门", ledger.Hide("王秀英"), ledger.Hide("13812345678"), 20270301
		})
		n := w.need(h, "alone", "王秀英")
		if _, err := w.MoveOut(ctx, w.clerk, h.ID, 7, "搬家"); !errs.Is(err, errs.Stale) {
			t.Errorf("a version that never was: %v", err)
		}
		out, err := w.MoveOut(ctx, w.clerk, h.ID, 1, "搬家")
		if err != nil || out.Use != "empty" || out.People != 0 || out.Every != 0 || out.Hint != "" || out.Consent != 0 || out.Phone.Given() || out.Name.Given() || out.State != ledger.Active {
			t.Fatalf("%+v %v", out, err)
		}
		if n := get(t, w.Needs, n.ID); n.State != ledger.Ended {
			t.Errorf("a need of who left: %+v", n)
		}
		if list, _, err := w.Homes.Rows(ctx, w.clerk, ledger.Filter{Phone: "13812345678", Limit: 5}); err != nil || len(list) != 0 {
			t.Errorf("still found by telephone: %v %v", list, err)
		}
		if p, err := w.Vault.Hand(ctx, 990101, out.Person); err == nil && (p.Phone.Plain() != "" || p.Name.Plain() != "") {
			t.Errorf("still in the vault: %v", p)
		}
		brief, err := w.In(ctx, 990101, green, today)
		if err != nil || len(brief) != 1 || !brief[0].Empty || len(brief[0].Needs) != 0 {
			t.Errorf("to be visited: %+v %v", brief, err)
		}
		in, err := w.Homes.Change(ctx, w.clerk, h.ID, out.Version, func(h *household.Home) error {
			h.Use, h.People, h.Phone, h.Consent = "let", 3, ledger.Hide("13900000001"), 20270301
			return nil
		})
		if err != nil || in.Phone.Mask != "139****0001" || in.Name.Given() {
			t.Errorf("%+v %v", in, err)
		}
		if _, err := w.Needs.Put(ctx, w.clerk, household.Need{Row: ledger.Row{Region: green, To: 20270601}, Home: h.ID, Kind: "alone", Purpose: "每周探访", Source: "family", Consent: today}); err != nil {
			t.Errorf("the new ones' need: %v", err)
		}
	})
}

// TestWhoLooked: a resident hears who saw the contact and the names of needs, also
// under a row that was merged, and only who may reads that.
func TestWhoLooked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := newTown(t, db), t.Context()
		h := w.home(1, "301", func(h *household.Home) { h.Phone, h.Consent = ledger.Hide("13812345678"), 20270301 })
		other := w.home(1, "3-01", func(h *household.Home) { h.Phone, h.Consent = ledger.Hide("13812349999"), 20270301 })
		n := w.need(h, "alone", "王秀英")
		if list, err := w.Looks(ctx, w.clerk, h.ID); err != nil || len(list) != 0 {
			t.Errorf("nobody looked yet: %v %v", list, err)
		}
		for _, p := range []int64{h.Person, n.Person, other.Person} {
			if _, err := w.Vault.Reveal(ctx, vault.Look{Account: 7, Post: 1, District: 990101, ID: p, Object: "home", ObjectID: h.ID, Purpose: "上门前电话预约"}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Merge(ctx, w.clerk, other.ID, h.ID, "同一户"); err != nil {
			t.Fatal(err)
		}
		list, err := w.Looks(ctx, w.clerk, h.ID)
		if err != nil || len(list) != 3 || list[0].By != "王建国" || list[0].Purpose != "上门前电话预约" || list[0].At < list[2].At {
			t.Fatalf("%+v %v", list, err)
		}
		what := []string{list[0].What, list[1].What, list[2].What}
		if slices.Sort(what); !slices.Equal(what, []string{"alone", "home", "home"}) {
			t.Errorf("%v", what)
		}
		if _, err := w.Looks(ctx, w.scope(access.HomeWrite, blue), h.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("of another community: %v", err)
		}
		var asked int
		if err := db.QueryRow(ctx, "SELECT COUNT(*) FROM audit WHERE action = 'home.looks' AND object_id = ?", h.ID).Scan(&asked); err != nil || asked != 2 {
			t.Errorf("the asking is on the trail %d times: %v", asked, err)
		}
	})
}

// TestPhonesNeverHoldHealth: kinds of needs that tell of somebody's health are in
// no list for phones, whole or by id.
func TestPhonesNeverHoldHealth(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newTown(t, db)
		h := w.home(1, "301", nil)
		var ids []int64
		for _, kind := range []string{"ill", "alone", "pregnant", "infant"} {
			ids = append(ids, w.need(h, kind, "王秀英").ID)
		}
		for _, among := range [][]int64{nil, ids} {
			rows, err := w.Sources()[1].Rows(t.Context(), db, access.Target{District: 990101, Grid: 11}, among)
			if err != nil || len(rows) != 2 || rows[0].ID != ids[1] || rows[1].ID != ids[3] {
				t.Errorf("%+v %v", rows, err)
			}
		}
	})
}
