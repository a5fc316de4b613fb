package intake

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"linli/internal/kernel/access"
)

func lenient() *Reader {
	return NewReader(Options{Scope: access.System("test"), City: town{}, Zone: zone, Channel: "hotline", Open: true, Lenient: true})
}

// TestReader: a row of the hotline leaves open what a person can still choose.
func TestReader(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, zone).UnixMicro()
	m := Mapping{OutsideNumber: {Column: "no"}, Text: {Column: "what"}, Category: {Column: "kind"}, Grade: {Column: "hurry"}, Community: {Column: "where"}, ReportedAt: {Column: "at"}, OrderDue: {Column: "due"}, OrderKind: {Const: "urge"}}
	read := func(cells ...string) (*Matter, []RowError) {
		return lenient().Read(m, []string{"no", "what", "kind", "hurry", "where", "at", "due"}, cells, now)
	}
	got, bad := read("1", "灯不亮", "没有这类", "非常急", "翠湖社区", "2027-01-01", "2026-12-01 18:00")
	due := time.Date(2026, 12, 1, 18, 0, 0, 0, zone).UnixMicro()
	want := &Matter{Row: 1, OutsideNumber: "1", Text: "灯不亮", Channel: "hotline", District: 990101, Street: 990101001, Community: 990101001001, ReportedAt: now, Open: true, Order: Order{Kind: "urge", DueAt: due}}
	if d := cmp.Diff(want, got); d != "" || len(bad) != 0 {
		t.Errorf("%s %v", d, bad)
	}
	if got, bad := read("", "灯不亮", "", "", "天上", "", "随便"); got.OutsideNumber != "" || len(bad) != 2 {
		t.Errorf("%+v %v", got, bad)
	}
}

// FuzzReader: any mapping that is taken reads any cells without a panic, and what
// comes out is text.
func FuzzReader(f *testing.F) {
	f.Add(`{"text":"a","outside_number":{"column":"b","prefix":"x-"},"kind":{"column":"c","map":{"催单":"urge"}}}`, "灯", "1", "催单")
	f.Add(`{"title":"a","lon":"b","lat":"c"}`, "灯", "112.6", "29.4")
	f.Add(`{"text":{"const":"x"},"reported_at":"a","due_at":"b","community":"c"}`, "2026-11-23", "43524.5", "翠湖")
	r := lenient()
	f.Fuzz(func(t *testing.T, mapping, a, b, c string) {
		m, err := ParseMapping([]byte(mapping))
		if err != nil {
			return
		}
		x, bad := r.Read(m, []string{"a", "b", "c"}, []string{a, b, c}, 1_800_000_000_000_000)
		for _, s := range []string{x.Title, x.Text, x.OutsideNumber, x.Order.Kind, x.Order.Note, x.Address} {
			if !utf8.ValidString(s) {
				t.Fatalf("%q", s)
			}
		}
		for _, e := range bad {
			if e.Err == nil || e.Err.Text("zh") == "" {
				t.Fatalf("%+v", e)
			}
		}
	})
}
