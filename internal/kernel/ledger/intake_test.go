package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// sheet is an Excel file of the rows; a cell that begins with "f:" is a formula.
func sheet(t testing.TB, rows [][]any, merged ...string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, r := range rows {
		for j, v := range r {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if s, ok := v.(string); ok && strings.HasPrefix(s, "f:") {
				err = f.SetCellFormula("Sheet1", at, s[2:])
				if err == nil {
					err = f.SetCellValue("Sheet1", at, 3)
					_ = f.SetCellFormula("Sheet1", at, s[2:])
				}
			} else {
				err = f.SetCellValue("Sheet1", at, v)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := 0; i+1 < len(merged); i += 2 {
		if err := f.MergeCell("Sheet1", merged[i], merged[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bring imports a file through the front door as the clerk.
func (d *desk) bring(t testing.TB, code string, file []byte, query string) (int, *ledger.ImportResult, string) {
	t.Helper()
	var raw []byte
	s := d.do(t, clerk, "POST", "/api/v1/ledger/"+code+"/imports?name=a.xlsx&"+query, file, &raw, "Content-Type", "application/octet-stream")
	out := &ledger.ImportResult{}
	if s < 300 {
		if err := jsonInto(raw, out); err != nil {
			t.Fatal(err)
		}
	}
	return s, out, string(raw)
}

func all(t testing.TB, b *bench) map[string]*Club {
	t.Helper()
	out := map[string]*Club{}
	if err := b.clubs.All(context.Background(), system, ledger.Filter{Sort: "id"}, func(c *Club) error { out[c.Name] = c; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

var head = []any{"社区*", "名称*", "类别*", "活动", "上级社团", "负责人账号", "人数", "备案日期", "对外开放", "联系人", "联系电话", "截止日期", "备注（不导入）"}

func TestImportTakesWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := openDesk(t, db)
		dates := []any{"2026-03-01", "2026/3/1", "2026.3.1", "2026年3月1日", "20260301", "２０２６－３－１", "2026-03-01 08:30", "2026年3月1号", "2026-3-1 星期日", 46082.0}
		rows := [][]any{head}
		for i, day := range dates {
			rows = append(rows, []any{"绿苑社区", fmt.Sprint("社", i), "文艺", "合唱、健步", "", "王建国", "１２", day, "是", "李小红", fmt.Sprintf("１３８１２３４５６%02d", i), "长期", "x"})
		}
		rows = append(rows, []any{fmt.Sprint(green), "分社", "music", "", "社0", 7, "1,234", "", "否", "", "", "2027-12-31", ""})
		mapping := url.QueryEscape(`{"社区*":"region","名称*":"name","类别*":"kind","活动":"topics","上级社团":"parent","负责人账号":"leader","人数":"members","备案日期":"signed","对外开放":"open","联系人":"contact","联系电话":"phone","截止日期":"valid_to"}`)
		file := sheet(t, rows)
		s, out, raw := d.bring(t, "club", file, "dry_run=true&mapping="+mapping)
		if s != 200 || out.Rows != 11 || out.Good != 11 || out.Added != 0 || len(out.Errors) != 0 || out.ID != 0 {
			t.Fatalf("dry run %d %s", s, raw)
		}
		if len(all(t, d.bench)) != 0 {
			t.Error("a dry run writes")
		}
		s, out, raw = d.bring(t, "club", file, "mapping="+mapping)
		if s != 201 || out.Added != 11 || out.ID == 0 {
			t.Fatalf("import %d %s", s, raw)
		}
		got := all(t, d.bench)
		for i := range dates {
			c := got[fmt.Sprint("社", i)]
			if c == nil || c.Signed != 20260301 || c.Members != 12 || c.Leader != worker || !c.Open || c.Kind != "music" || len(c.Topics) != 2 || c.Phone.Mask != fmt.Sprintf("138****56%02d", i) || c.Region != green || c.To != 0 {
				t.Errorf("date %v: %+v", dates[i], c)
			}
		}
		if c := got["分社"]; c.Parent != got["社0"].ID || c.Members != 1234 || c.To != 20271231 || c.Leader != worker {
			t.Errorf("the last row %+v", c)
		}
		if p := verify(t, d.bench); len(p) > 0 {
			t.Error(p)
		}
		if s, _, raw := d.bring(t, "club", file, "mapping="+mapping); s != 409 || !strings.Contains(raw, "import_again") {
			t.Errorf("the same file again: %d %s", s, raw)
		}
		var list struct{ Items []ledger.ImportView }
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club/imports", nil, &list); s != 200 || len(list.Items) != 1 || list.Items[0].Added != 11 || list.Items[0].State != "done" {
			t.Errorf("imports %d %+v", s, list)
		}
		undo := fmt.Sprintf("/api/v1/ledger/club/imports/%d/undo", out.ID)
		if s := d.do(t, other, "POST", undo, nil, nil); s != 204 && s != 404 {
			t.Errorf("undo %d", s)
		}
	})
}

func TestUndoOfAnImport(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx := openDesk(t, db), context.Background()
		rows := [][]any{{"所在区划", "名称", "类别", "联系电话"}}
		for i := range 3 {
			rows = append(rows, []any{fmt.Sprint(green), fmt.Sprint("社", i), "文艺", fmt.Sprintf("1381234560%d", i)})
		}
		s, out, raw := d.bring(t, "club", sheet(t, rows), "")
		if s != 201 || out.Added != 3 {
			t.Fatalf("%d %s", s, raw)
		}
		undo := fmt.Sprintf("/api/v1/ledger/club/imports/%d/undo", out.ID)
		got := all(t, d.bench)
		turn, err := d.turns.Put(ctx, system, Turn{Row: ledger.Row{Grid: ours}, Club: got["社1"].ID, Duty: "lead"})
		if err != nil {
			t.Fatal(err)
		}
		if s := d.do(t, clerk, "POST", undo, nil, nil); s != 409 {
			t.Errorf("undo of rows that are referred to: %d", s)
		}
		if _, err := d.turns.Change(ctx, system, turn.ID, 0, func(x *Turn) error { x.Club = got["社0"].ID; return nil }); err != nil {
			t.Fatal(err)
		}
		changed, err := d.clubs.Change(ctx, system, got["社2"].ID, 0, func(c *Club) error { c.Members = 4; return nil })
		if err != nil {
			t.Fatal(err)
		}
		if s := d.do(t, clerk, "POST", undo, nil, nil); s != 409 {
			t.Errorf("undo of changed rows: %d", s)
		}
		_ = changed
		// Another import that nobody touched goes away whole.
		rows = [][]any{rows[0], {fmt.Sprint(green), "新社", "文艺", "13900000000"}}
		_, out, _ = d.bring(t, "club", sheet(t, rows), "")
		undo = fmt.Sprintf("/api/v1/ledger/club/imports/%d/undo", out.ID)
		if s := d.do(t, other, "POST", undo, nil, nil); s != 204 { // the test's people are one account
			t.Errorf("undo %d", s)
		}
		if s := d.do(t, clerk, "POST", undo, nil, nil); s != 409 {
			t.Errorf("undo twice %d", s)
		}
		if c := all(t, d.bench)["新社"]; c != nil {
			t.Errorf("still there %+v", c)
		}
		if list, _, err := d.clubs.Rows(ctx, system, ledger.Filter{Phone: "13900000000"}); err != nil || len(list) != 0 {
			t.Errorf("its telephone is still found: %v %v", list, err)
		}
		if s, out, raw := d.bring(t, "club", sheet(t, rows), ""); s != 201 || out.Added != 1 {
			t.Errorf("the same file after the undo: %d %s", s, raw)
		}
		if p := verify(t, d.bench); len(p) > 0 {
			t.Error(p)
		}
	})
}

func TestImportTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx := openDesk(t, db), context.Background()
		there := club("西苑社")
		there.Region = far
		if _, err := d.clubs.Put(ctx, system, there); err != nil {
			t.Fatal(err)
		}
		had := club("老社")
		had.Phone = ledger.Hide("13812349999")
		if _, err := d.clubs.Put(ctx, system, had); err != nil {
			t.Fatal(err)
		}
		row := func(name string, change map[int]any) []any {
			r := []any{"绿苑社区", name, "文艺", "", "", "", 5, "", "", "", "", ""}
			for i, v := range change {
				r[i] = v
			}
			return r
		}
		rows := [][]any{{"所在区划", "名称", "类别", "活动", "上级社团", "负责人账号", "人数", "备案日期", "对外开放", "联系人", "联系电话", "截止日期"},
			row("好社", nil),
			row("公式", map[int]any{6: "f:1+2"}),
			row("=HYPERLINK(\"http://x\")", nil),
			row("无此社区", map[int]any{0: "月球社区"}),
			row("别区", map[int]any{0: "西苑社区"}),
			row("上级在别区", map[int]any{4: "西苑社"}),
			row("无此上级", map[int]any{4: "没有"}),
			row("类别", map[int]any{2: "战争"}),
			row("人数", map[int]any{6: "很多"}),
			row("日期", map[int]any{7: "2026-02-30"}),
			row("倒置", map[int]any{11: "2020-01-01"}),
			row("好社", nil),
			row("老社", nil),
			row("", nil),
			row("电话重复", map[int]any{10: "138 1234 9999"}),
			row("两行一号甲", map[int]any{10: "13811112222"}),
			row("两行一号乙", map[int]any{10: "１３８１１１１２２２２"}),
			row("体育", map[int]any{2: "体育", 6: 2}),
			row("'; DROP TABLE club; --", map[int]any{3: "唱"}),
			row(strings.Repeat("长", 61), nil),
		}
		file := sheet(t, rows)
		s, out, raw := d.bring(t, "club", file, "")
		if s != 200 || out.Added != 0 || len(all(t, d.bench)) != 2 {
			t.Fatalf("a file with errors changed something: %d %s", s, raw)
		}
		want := map[int]string{3: "members", 4: "name", 5: "region", 6: "region", 7: "parent", 8: "parent", 9: "kind", 10: "members", 11: "signed", 12: "valid_to", 13: "name", 14: "name", 15: "name", 19: "members", 20: "topics", 21: "name"}
		for _, e := range out.Errors {
			if want[e.Row] != e.Field || e.Detail == "" || e.Code == "" {
				t.Errorf("row %d: %+v, want field %q", e.Row, e, want[e.Row])
			}
			delete(want, e.Row)
		}
		if len(want) > 0 {
			t.Errorf("nothing is said about %v", want)
		}
		if len(out.Doubles) != 2 || out.Doubles[0].Row != 16 || out.Doubles[0].Label != "老社" || out.Doubles[1].Row != 18 || out.Doubles[1].Of != 17 {
			t.Errorf("doubles %+v", out.Doubles)
		}
		if s, out, raw = d.bring(t, "club", file, "partial=true"); s != 201 || out.Added != 2 || out.Good != 2 {
			t.Errorf("partial %d %s", s, raw)
		}
		if s, out, raw = d.bring(t, "club", sheet(t, [][]any{rows[0], rows[15]}), "doubles=true"); s != 201 || out.Added != 1 {
			t.Errorf("with doubles %d %s", s, raw)
		}
		for name, c := range map[string]struct {
			file  []byte
			query string
			code  string
		}{
			"no heading is known":    {sheet(t, [][]any{{"a", "b"}, {1, 2}}), "", "import_columns"},
			"unknown field":          {file, "mapping=" + url.QueryEscape(`{"名称":"nope"}`), "import_columns"},
			"a class that is not":    {file, "mapping=" + url.QueryEscape(`{"名称":"budget"}`), "import_columns"},
			"unknown column":         {file, "mapping=" + url.QueryEscape(`{"没有":"name"}`), "import_columns"},
			"a field twice":          {file, "mapping=" + url.QueryEscape(`{"名称":"name","类别":"name"}`), "import_columns"},
			"no JSON":                {file, "mapping=x", "import_columns"},
			"no table":               {[]byte("%PDF-1.7"), "", "import_file"},
			"nothing":                {nil, "", "import_file"},
			"a sheet that is absent": {file, "sheet=none", "import_file"},
		} {
			if s, _, raw := d.bring(t, "club", c.file, "again=true&"+c.query); s != 422 || !strings.Contains(raw, c.code) {
				t.Errorf("%s: %d %s", name, s, raw)
			}
		}
		if p := verify(t, d.bench); len(p) > 0 {
			t.Error(p)
		}
	})
}

func TestImportOfTermsAndMergedCells(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx := openDesk(t, db), context.Background()
		if _, err := d.clubs.Put(ctx, system, club("甲社")); err != nil {
			t.Fatal(err)
		}
		rows := [][]any{{"网格", "社团", "职责", "生效日期", "截止日期"},
			{"绿苑第一网格", "甲社", "负责", "2026-01-01", "2026-06-30"},
			{"", "", "负责", "2026-07-01", ""},
			{"", "", "负责", "2026-12-01", "2026-12-31"},
			{"", "", "保管", "2026-01-01", ""},
			{"没有", "甲社", "保管", "2026-01-01", ""}}
		s, out, raw := d.bring(t, "club_turn", sheet(t, rows, "A2", "A5", "B2", "B5"), "partial=true")
		if s != 201 || out.Added != 3 || len(out.Errors) != 2 || out.Errors[0].Row+out.Errors[1].Row != 10 {
			t.Errorf("%d %s", s, raw)
		}
	})
}

func TestExportComesInAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx := openDesk(t, db), context.Background()
		for _, name := range []string{"=1+1社", "@社", "正常社"} {
			c := club(name)
			c.Phone = ledger.Secret{}
			if name != "正常社" {
				c.Contact = ledger.Secret{}
			}
			if _, err := d.clubs.Put(ctx, system, c); err != nil {
				t.Fatal(err)
			}
		}
		var raw []byte
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club/export?where=kind%3Dmusic", nil, &raw); s != 200 {
			t.Fatalf("%d %s", s, raw)
		}
		f, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := f.GetRows("居民社团")
		if err != nil || len(rows) != 4 {
			t.Fatalf("%v %v", rows, err)
		}
		text := fmt.Sprint(rows)
		for _, want := range []string{"正常社", "文艺", "合唱", "王建国", "李**", "=1+1社"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in %s", want, text)
			}
		}
		if strings.Contains(text, "经费") || strings.Contains(text, "李小红") {
			t.Error("the export shows what the clerk may not see")
		}
		for i := range rows {
			for j := range rows[i] {
				at, _ := excelize.CoordinatesToCellName(j+1, i+1)
				if formula, err := f.GetCellFormula("居民社团", at); err != nil || formula != "" {
					t.Errorf("%s is a formula: %s %v", at, formula, err)
				}
			}
		}
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club/export?format=csv", nil, &raw); s != 200 || !strings.Contains(string(raw), "'=1+1社") {
			t.Errorf("csv %d %s", s, raw)
		}
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club/export?format=html&q=%3D1", nil, &raw); s != 200 || !strings.Contains(string(raw), "<td>=1+1社") || strings.Contains(string(raw), "正常社") {
			t.Errorf("page %d %s", s, raw)
		}
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club/export?where=nope%3D1", nil, &raw); s != 422 {
			t.Errorf("wrong filter %d", s)
		}
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club/template", nil, &raw); s != 200 {
			t.Fatalf("template %d", s)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "t.xlsx"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		tf, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer tf.Close()
		heads, err := tf.GetRows("居民社团")
		if err != nil || len(heads) != 1 || heads[0][0] != "所在区划" || !strings.Contains(fmt.Sprint(heads), "名称*") {
			t.Errorf("template %v %v", heads, err)
		}
		for i, v := range []string{fmt.Sprint(green), "", "", "", "", "模板社", "文艺"} {
			at, _ := excelize.CoordinatesToCellName(i+1, 2)
			if err := tf.SetCellStr("居民社团", at, v); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := tf.Write(&b); err != nil {
			t.Fatal(err)
		}
		if s, out, raw := d.bring(t, "club", b.Bytes(), ""); s != 201 || out.Added != 1 {
			t.Errorf("the filled template: %d %s", s, raw)
		}
	})
}

func TestImportRefusesWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	b := open(t, storetest.SQLite(t, nil))
	var text strings.Builder
	text.WriteString("所在区划,名称,类别\n")
	for i := range 200_001 {
		fmt.Fprintf(&text, ",社%d,文艺,多出一列\n", i)
	}
	path := filepath.Join(t.TempDir(), "big.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := b.clubs.Import(context.Background(), system, "zh", path, "big.csv", "x", ledger.ImportOptions{Dry: true})
	if !errs.Is(err, ledger.ErrTooMany) {
		t.Error(err)
	}
}
