package intake

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/tabular"
)

func file(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var zone = time.FixedZone("CST", 8*3600)

func TestParseTime(t *testing.T) {
	t.Parallel()
	const at = "2019-02-28 11:25:05"
	for in, want := range map[string]string{
		"2019/2/28 11:25:05": at, "2019-02-28 11:25:05": at, "2019-02-28T11:25:05+08:00": at, "2019-02-28T03:25:05Z": at, "2019.2.28 11:25:05": at,
		"2019年2月28日 11时25分05秒": at, "2019年2月28日11时25分5秒": at, "２０１９／２／２８　１１：２５：０５": at, "20190228112505": at, "1551324305": at, "1551324305000": at,
		"2019-02-28 11:25:05.123": at, "2019-02-28 星期四 11:25:05": at, "43524.4757523148": at, " 2019/2/28 11:25:05 ": at, "2019/2/28 上午11:25:05": at, "2019-02-28T11:25:05": at,
		"2019/2/28 下午3:04": "2019-02-28 15:04:00", "2019/2/28 下午 15:04": "2019-02-28 15:04:00", "2019/2/28 3:04 PM": "2019-02-28 15:04:00", "2019年2月28日11时25分": "2019-02-28 11:25:00", "2019年2月28日11点": "2019-02-28 11:00:00",
		"2019/2/28": "2019-02-28 00:00:00", "20190228": "2019-02-28 00:00:00", "2019年2月28日": "2019-02-28 00:00:00", "43524": "2019-02-28 00:00:00", "2019-2-28 9:05": "2019-02-28 09:05:00",
		"": "", "昨天": "", "2019/13/1": "", "2019/2/30": "", "2/28/2019": "", "0": "", "-1": "", "NaN": "", "Inf": "", "1e400": "", "0x1p10": "", "99999999": "", "1019/2/28": "", "12345": "", strings.Repeat("9", 70): "",
	} {
		got := ""
		if x, _, ok := parseTime(in, zone, false); ok {
			got = x.In(zone).Format(time.DateTime)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if x, day, ok := parseTime("42062", zone, true); !ok || !day || x.Format(time.DateOnly) != "2019-02-28" {
		t.Errorf("1904: %v", x)
	}
}

func TestMapping(t *testing.T) {
	t.Parallel()
	got := Auto([]string{"序号", "工单编号", "诉求标题（必填）", " 诉求内容 ", "来电时间*", "Reply", "reply_time", "所属街道", "社区名称", "经度", "纬度", "诉求来源", "备注"})
	want := Mapping{OutsideNumber: {Column: "工单编号"}, Title: {Column: "诉求标题（必填）"}, Text: {Column: " 诉求内容 "}, ReportedAt: {Column: "来电时间*"}, Result: {Column: "Reply"}, ClosedAt: {Column: "reply_time"},
		Street: {Column: "所属街道"}, Lon: {Column: "经度"}, Lat: {Column: "纬度"}, Channel: {Column: "诉求来源"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	back, err := ParseMapping([]byte(got.Print()))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(got, back); d != "" {
		t.Errorf("a printed mapping reads back otherwise: %s", d)
	}
	full := `{"text":"a","channel":{"const":"hotline"},"category":{"column":"c","map":{"x":"y"}},"outside_number":{"column":"n","prefix":"wz-"}}`
	m, err := ParseMapping([]byte(full))
	if err != nil || m[Category].Map["x"] != "y" || m[OutsideNumber].Prefix != "wz-" {
		t.Errorf("%v %v", m, err)
	}
	if back, err := ParseMapping([]byte(m.Print())); err != nil || cmp.Diff(m, back) != "" {
		t.Errorf("%v: %s", err, m.Print())
	}
	for _, bad := range []string{"", "[]", "null x", `{"nonsense":"a"}`, `{"text":{"column":"a","const":"b"}}`, `{"text":{"colum":"a"}}`, `{"text":3}`, `{"text":""}`} {
		if _, err := ParseMapping([]byte(bad)); !errs.Is(err, ErrMapping) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := m.Check([]string{"a", "c"}); !errs.Is(err, ErrMapping) {
		t.Error("a column that the file lacks was taken")
	}
	if err := (Mapping{Address: {Column: "a"}}).Check([]string{"a"}); !errs.Is(err, ErrMapping) {
		t.Error("a mapping without a text was taken")
	}
}

type town struct{}

func (town) Regions() []Region {
	return []Region{{9901, "澄湖市"}, {990101, "湖东区"}, {990102, "湖西区"}, {990101001, "湖滨街道"}, {990102001, "云桥街道"}, {990101001001, "翠湖社区"}, {990101001002, "新村社区"}, {990102001001, "新村社区"}}
}

func (town) Grids() []GridRef { return []GridRef{{7, 990101001001003, 990101001001}} }

func (town) Leaves() []Leaf {
	return []Leaf{{1, "0101", "路灯", []string{"设施", "路灯"}}, {2, "0199", "其他", []string{"设施", "其他"}}, {3, "0299", "其他", []string{"环境", "其他"}}}
}

func (town) At(lon, lat float64) (Spot, bool) {
	ok := lon > 112 && lon < 113 && lat > 29 && lat < 30
	if !ok {
		return Spot{}, false
	}
	return Spot{990101, 990101001, 990101001001, 7}, true
}

func (town) Suspect(lon, lat float64) string {
	if lat > 112 && lat < 113 {
		return "swapped"
	}
	return "outside"
}

// door takes matters and knows those that it has.
type door struct {
	taken []*Matter
	stop  error
}

func (d *door) Import(ctx context.Context, scope access.Scope, m *Matter) error { return d.take(m) }
func (d *door) Report(ctx context.Context, scope access.Scope, m *Matter) error { return d.take(m) }

func (d *door) take(m *Matter) error {
	if d.stop != nil {
		return d.stop
	}
	if strings.Contains(m.Text, "refuse") {
		return errs.Invalid.New("field", words("类别", "category"), "remedy", words("不行", "no")).In("category_id")
	}
	if slices.ContainsFunc(d.taken, func(x *Matter) bool { return x.OutsideNumber == m.OutsideNumber && x.District == m.District }) {
		return fmt.Errorf("door: %w", ErrKnown)
	}
	d.taken = append(d.taken, m)
	return nil
}

type setup struct {
	o    Options
	door *door
	errs []string
}

func prepare(t *testing.T) *setup {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, zone)
	s := &setup{door: &door{}}
	s.o = Options{Scope: access.System("test"), City: town{}, Cases: s.door, DB: storetest.SQLite(t, func() time.Time { return now }), Zone: zone, Channel: "import", Began: now.AddDate(0, -1, 0).UnixMicro()}
	s.o.OnError = func(e RowError) {
		s.errs = append(s.errs, fmt.Sprintf("%d %s %s", e.Row, e.Field, e.Err.Kind.Code))
		for _, lang := range []string{"zh", "en"} {
			if text := e.Err.Text(lang); strings.ContainsAny(text, "{}") || text == "" {
				t.Errorf("row %d: %q", e.Row, text)
			}
		}
	}
	return s
}

func (s *setup) run(t *testing.T, text string) *Report {
	t.Helper()
	src, err := tabular.Open(file(t, text), "", Known)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if s.o.Mapping == nil {
		s.o.Mapping = Auto(src.Columns())
	}
	s.errs = nil
	rep, err := Run(t.Context(), src, s.o)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestRows(t *testing.T) {
	t.Parallel()
	const head = "编号,标题,内容,登记时间,办理结果,办结时间,来源,类别,分级,区,街道,社区,网格,经度,纬度,坐标系,地址\n"
	ok := func(m Matter) Matter {
		m.Row = 2
		if m.Channel == "" {
			m.Channel = "import"
		}
		return m
	}
	at := func(s string) int64 { x, _ := time.ParseInLocation(time.DateTime, s, zone); return x.UnixMicro() }
	reported, closed := at("2019-02-28 11:25:05"), at("2019-03-01 23:59:59")
	const said = "1,t,x,2019/2/28 11:25:05,答复,2019/3/1,"
	for name, c := range map[string]struct {
		row  string
		want Matter
		errs []string
	}{
		"names": {said + "12345热线,路灯,紧急,,湖滨,翠湖,,,,,翠湖路１号", Matter{OutsideNumber: "1", Title: "t", Text: "x\n地址：翠湖路１号", Channel: "hotline", Category: 1, Grade: "critical", District: 990101, Street: 990101001, Community: 990101001001,
			ReportedAt: reported, ClosedAt: closed, Result: "答复", Address: "翠湖路１号"}, nil},
		"codes": {said + "hotline,0199,general,990102,990102001,990102001001000,,,,,", Matter{OutsideNumber: "1", Title: "t", Text: "x", Channel: "hotline", Category: 2, Grade: "general", District: 990102, Street: 990102001, Community: 990102001001,
			ReportedAt: reported, ClosedAt: closed, Result: "答复"}, nil},
		"grid": {said + ",,,,,,990101001001003,,,,", Matter{OutsideNumber: "1", Title: "t", Text: "x", District: 990101, Street: 990101001, Community: 990101001001, Grid: 7, ReportedAt: reported, ClosedAt: closed, Result: "答复"}, nil},
		"position": {said + ",设施/路灯,,,,,,112.60,２９.４０,,", Matter{OutsideNumber: "1", Title: "t", Text: "x", Category: 1, District: 990101, Street: 990101001, Community: 990101001001, Grid: 7, Lon: 112.6, Lat: 29.4,
			ReportedAt: reported, ClosedAt: closed, Result: "答复"}, nil},
		"district of all rows":         {said + ",,,,,,,,,,", Matter{OutsideNumber: "1", Title: "t", Text: "x", District: 990102, ReportedAt: reported, ClosedAt: closed, Result: "答复"}, nil},
		"title is all that was said":   {"1,t,,2019/2/28 11:25:05,,,,,,湖西区,,,,,,,", Matter{OutsideNumber: "1", Title: "t", Text: "t", District: 990102, ReportedAt: reported}, nil},
		"two of one name":              {said + ",其他,,,,新村,,,,,", Matter{}, []string{"2 category invalid"}},
		"same name in two districts":   {said + ",,,湖东区,,新村,,,,,", Matter{OutsideNumber: "1", Title: "t", Text: "x", District: 990101, Street: 990101001, Community: 990101001002, ReportedAt: reported, ClosedAt: closed, Result: "答复"}, nil},
		"nothing known":                {said + "鸽子,没有,没有,没有,没有,没有,9,,,,", Matter{}, []string{"2 channel invalid", "2 grade invalid", "2 category invalid", "2 district invalid", "2 street invalid", "2 community invalid", "2 grid invalid"}},
		"swapped":                      {said + ",,,,,,,29.40,112.60,,", Matter{}, []string{"2 lon invalid"}},
		"no number":                    {said + ",,,,,,,东经,北纬,,", Matter{}, []string{"2 lon invalid"}},
		"out of range":                 {said + ",,,,,,,900,1000,,", Matter{}, []string{"2 lon invalid"}},
		"unknown coordinate system":    {said + ",,,,,,,112.6,29.4,mars,", Matter{}, []string{"2 crs invalid"}},
		"times":                        {"1,t,x,2019/2/28,y,2019/2/27,,,,,,,,,,,", Matter{}, []string{"2 closed_at invalid"}},
		"no time":                      {"1,t,x,有一天,y,,,,,,,,,,,,", Matter{}, []string{"2 reported_at invalid"}},
		"time is missing":              {"1,t,x,,y,,,,,,,,,,,,", Matter{}, []string{"2 reported_at required"}},
		"the future":                   {"1,t,x,2027/1/1,y,2027/1/2,,,,,,,,,,,", Matter{}, []string{"2 reported_at invalid"}},
		"nothing said":                 {"1,,,2019/2/28 11:25:05,y,,,,,,,,,,,,", Matter{}, []string{"2 text required"}},
		"too long":                     {"1,t," + strings.Repeat("字", 4001) + ",2019/2/28 11:25:05,y,,,,,,,,,,,,", Matter{}, []string{"2 text too_long"}},
		"NUL":                          {"1,t,a\x00b,2019/2/28 11:25:05,y,,,,,,,,,,,,", Matter{}, []string{"2 text invalid"}},
		"open and newer than we are":   {"1,t,x,2026/11/20,,,,,,,,,,,,,", Matter{}, []string{"2 closed_at invalid"}},
		"number too long":              {strings.Repeat("9", 65) + ",t,x,2019/2/28 11:25:05,y,,,,,,,,,,,,", Matter{}, []string{"2 outside_number too_long"}},
		"closed the day it came":       {"1,t,x,2019/2/28 11:25:05,y,2019/2/28,,,,湖西区,,,,,,,", Matter{OutsideNumber: "1", Title: "t", Text: "x", District: 990102, ReportedAt: reported, ClosedAt: at("2019-02-28 23:59:59"), Result: "y"}, nil},
		"outside, but the place named": {said + ",,,湖东区,,翠湖社区,,120,30,,", Matter{OutsideNumber: "1", Title: "t", Text: "x", District: 990101, Street: 990101001, Community: 990101001001, ReportedAt: reported, ClosedAt: closed, Result: "答复"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := prepare(t)
			s.o.District = 990102
			if strings.Contains(name, "grid") || name == "names" {
				s.o.District = 0
			}
			rep := s.run(t, head+c.row+"\n")
			if d := cmp.Diff(c.errs, s.errs); d != "" {
				t.Errorf("errors: %s", d)
			}
			if c.errs != nil {
				if rep.Failed != 1 || len(s.door.taken) != 0 {
					t.Errorf("%+v", rep)
				}
				return
			}
			if len(s.door.taken) != 1 {
				t.Fatalf("%+v", rep)
			}
			if d := cmp.Diff(ok(c.want), *s.door.taken[0]); d != "" {
				t.Error(d)
			}
		})
	}
	t.Run("no place at all", func(t *testing.T) {
		t.Parallel()
		s := prepare(t)
		s.run(t, head+said+",,,,,,,,,,\n")
		if d := cmp.Diff([]string{"2 district required"}, s.errs); d != "" {
			t.Error(d)
		}
	})
}

func TestRun(t *testing.T) {
	t.Parallel()
	const head = "标题,内容,登记时间,办理结果\n"
	var b strings.Builder
	b.WriteString(head)
	for i := range 1200 {
		fmt.Fprintf(&b, "t,第 %d 件,2019/2/%d 11:25,好\n", i, i%28+1)
	}
	t.Run("chunks, and again without doubling", func(t *testing.T) {
		t.Parallel()
		s := prepare(t)
		s.o.District = 990101
		shares := 0
		s.o.Around = func(_ context.Context, share float64, _ *Report) { shares++ }
		if rep := s.run(t, b.String()); rep.Imported != 1200 || rep.Failed != 0 || shares < 3 {
			t.Errorf("%+v %d", rep, shares)
		}
		if rep := s.run(t, b.String()); rep.Imported != 0 || rep.Known != 1200 {
			t.Errorf("%+v", rep)
		}
		if rep := s.run(t, strings.ReplaceAll(b.String(), "好", "更好")); rep.Known != 1200 {
			t.Errorf("another answer made other matters: %+v", rep)
		}
	})
	t.Run("a dry run writes nothing", func(t *testing.T) {
		t.Parallel()
		s := prepare(t)
		s.o.District, s.o.DryRun = 990101, true
		rep := s.run(t, b.String()+"t,第 7 件,2019/2/8 11:25,好\nt,,没有时间,好\n")
		if rep.Imported != 1200 || rep.Known != 1 || rep.Failed != 1 || len(s.door.taken) != 0 {
			t.Errorf("%+v", rep)
		}
	})
	t.Run("open", func(t *testing.T) {
		t.Parallel()
		s := prepare(t)
		s.o.District, s.o.Open = 990101, true
		rep := s.run(t, "内容,登记时间,办理结果,姓名,电话\n甲,2026/11/20,,张三,１３８０００００００１\n乙,2026/11/20,好了,李四,1\n丙,,,,\n")
		if rep.Opened != 2 || rep.Imported != 1 {
			t.Fatalf("%+v %v", rep, s.errs)
		}
		for _, m := range s.door.taken {
			if m.Text == "甲" && (m.Name != "张三" || m.Phone != "13800000001" || !m.Open) || m.Text == "乙" && (m.Name != "" || m.Open) {
				t.Errorf("%+v", m)
			}
		}
		if rep := s.run(t, "内容,登记时间,办理结果,姓名,电话\n丙,,,,\n"); rep.Known != 1 {
			t.Errorf("a row without a time was taken twice: %+v", rep)
		}
	})
	t.Run("the room's refusals are row errors", func(t *testing.T) {
		t.Parallel()
		s := prepare(t)
		s.o.District = 990101
		rep := s.run(t, head+"t,refuse,2019/2/1,好\nt,x,2019/2/1,好\n")
		if d := cmp.Diff([]string{"2 category invalid"}, s.errs); d != "" || rep.Imported != 1 || rep.Failed != 1 {
			t.Errorf("%+v %s", rep, d)
		}
	})
	t.Run("a store that cannot write ends it", func(t *testing.T) {
		t.Parallel()
		s := prepare(t)
		s.o.District, s.door.stop = 990101, errs.StorageFull.New()
		src, err := tabular.Open(file(t, b.String()), "", Known)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		s.o.Mapping = Auto(src.Columns())
		rep, err := Run(t.Context(), src, s.o)
		if !errs.Is(err, errs.StorageFull) || rep.Imported != 0 || rep.Failed != 0 {
			t.Errorf("%+v %v", rep, err)
		}
	})
	t.Run("outside the account's area", func(t *testing.T) {
		t.Parallel()
		s := prepare(t)
		actor := &access.Actor{Account: 5, Posts: []access.Post{{ID: 1, Account: 5, Role: "district_desk", Region: 990101, From: 20260101}}}
		scope, err := actor.Scope(access.CaseImport, 20261123)
		if err != nil {
			t.Fatal(err)
		}
		s.o.Scope = scope
		rep := s.run(t, "内容,登记时间,办理结果,区\n甲,2019/2/1,好,湖东区\n乙,2019/2/1,好,湖西区\n")
		if d := cmp.Diff([]string{"3 district invalid"}, s.errs); d != "" || rep.Imported != 1 {
			t.Errorf("%+v %s", rep, d)
		}
	})
}

func TestKnownInTheDatabase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if at, err := Began(t.Context(), db); err != nil || at == 0 {
			t.Errorf("%d %v", at, err)
		}
		list := []*Matter{{District: 990101, OutsideNumber: "a"}, {District: 990102, OutsideNumber: "a"}, {District: 990101, OutsideNumber: "b"}}
		fresh, err := unknown(t.Context(), db, list)
		if err != nil || len(fresh) != 3 {
			t.Errorf("%d fresh, %v", len(fresh), err)
		}
	})
}
