package rulebook

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store/storetest"
)

const goodTable = `代码,上级代码,名称,类型,时限,关键词,处置须拍照,拍照理由,回访比例
3,,环境卫生,事件,,,,,
31,3,暴露垃圾,事件,4工作时,垃圾、杂物,是,核对清理结果,50%
32,3,建筑垃圾,事件,清理4工作时；外运2工作日,,否,,
12,1,停水,事件,24小时,停水,,,
`

func TestImportCategories(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _ := open(t, storetest.SQLite(t, func() time.Time { return noon }))
	terms := Terms{ValidFrom: 20261123, Note: "导入"}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(goodTable)
	if err != nil {
		t.Fatal(err)
	}
	want := &TableReport{Rows: 4, Added: 3, Changed: 1}
	for _, text := range []string{goodTable, "\xef\xbb\xbf" + goodTable, gb, string(sheet(t, goodTable))} {
		got, err := r.ImportCategories(ctx, system, strings.NewReader(text), terms, true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if len(r.Current(noon.UnixMicro()).Tree()) != 6 {
		t.Fatal("a dry run has written")
	}
	if got, err := r.ImportCategories(ctx, system, strings.NewReader(goodTable), terms, false); err != nil || got.Added != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	b := r.Current(noon.UnixMicro())
	var c *Category
	for _, x := range b.Tree() {
		if x.Code == "31" {
			c = x
		}
	}
	if c == nil || !c.Evidence.Resolved || *c.CallBackRate != 0.5 || len(c.Keywords) != 2 || !b.Under(c.ID, c.Parent) {
		t.Fatalf("%+v", c)
	}
	if l, _ := b.Limit(c.ID, General, StageHandle); l.Limit != (calendar.Limit{N: 4, Unit: calendar.WorkHour}) {
		t.Errorf("%+v", l)
	}
	if old, _ := b.Category(12); old.Version != 2 || old.Name != "停水" || old.UnitKind != "water" || old.Nature != Lifeline {
		t.Errorf("columns that the table lacks are lost: %+v", old)
	}
	if got, err := r.ImportCategories(ctx, system, strings.NewReader(goodTable), terms, false); err != nil || got.Unchanged != 4 || got.Added+got.Changed != 0 {
		t.Errorf("imported again: %+v, %v", got, err)
	}
}

// sheet makes an Excel file of a CSV.
func sheet(t *testing.T, text string) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		cells := strings.Split(line, ",")
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err == nil {
			err = f.SetSheetRow("Sheet1", at, &cells)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImportTellsEveryError(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, _ := open(t, storetest.SQLite(t, func() time.Time { return noon }))
	table := `code,parent,name,kind,limits,grade,onsite_allowed,evidence_found
41,,好的,事件,,,,
42,,,事件,,,,
43,,坏类型,事故,,,,
44,,坏时限,事件,三天,,,
45,99,无上级,事件,,,,
41,,重复,事件,,,,
46,,坏等级,事件,,特急,也许,
47,,无理由,事件,,,,是
`
	got, err := r.ImportCategories(ctx, system, strings.NewReader(table), Terms{ValidFrom: 20261123}, false)
	if err != nil {
		t.Fatal(err)
	}
	var where []string
	for _, e := range got.Errors {
		if e.Err.Text("zh") == "" || strings.Contains(e.Err.Text("zh"), "{") {
			t.Errorf("%+v: %q", e, e.Err.Text("zh"))
		}
		where = append(where, string(rune('0'+e.Row))+e.Column)
	}
	if diff := cmp.Diff([]string{"4kind", "5limits", "7code", "8grade", "8onsite_allowed", "3name", "6parent", "9evidence_why"}, where); diff != "" {
		t.Error(diff)
	}
	if len(r.Current(noon.UnixMicro()).Tree()) != 6 {
		t.Error("a table with errors was written in part")
	}
	for name, text := range map[string]string{"empty": "", "heading only": "code,name,kind\n", "binary": "\x00\x01\x02\x03", "torn Excel": "PK\x03\x04rubbish", "torn CSV": "code,name\n\"a"} {
		if _, err := r.ImportCategories(ctx, system, strings.NewReader(text), Terms{ValidFrom: 20261123}, true); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := r.ImportCategories(ctx, system, strings.NewReader("code,名字\n1,2\n"), Terms{ValidFrom: 20261123}, true); err != nil || len(got.Errors) != 3 {
		t.Errorf("unknown headings: %+v, %v", got, err)
	}
	if _, err := r.ImportCategories(ctx, system, strings.NewReader(strings.Repeat("x", maxTableBytes+1)), Terms{ValidFrom: 20261123}, true); !errs.Is(err, errs.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := r.ImportCategories(ctx, system, strings.NewReader("code,name,kind,unit_kind\n12,水,事件,gas\n"), Terms{ValidFrom: 20261123}, true); !errs.Is(err, Refused) {
		t.Errorf("a table that stops a rule: %v", err)
	}
}
