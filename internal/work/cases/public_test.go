package cases_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

// secrets make a personal detail as people write it, and the part of it that must
// not be left.
var secrets = []func(*rapid.T) (text, core string){
	func(t *rapid.T) (string, string) { // mobile numbers, also with blanks, hyphens, country code
		d := rapid.StringMatching(`1[3-9][0-9]{9}`).Draw(t, "mobile")
		sep := rapid.SampledFrom([]string{"", " ", "-", "."}).Draw(t, "sep")
		return rapid.SampledFrom([]string{"", "电话", "+86 ", "手机号:"}).Draw(t, "before") + d[:3] + sep + d[3:7] + sep + d[7:], d[7:]
	},
	func(t *rapid.T) (string, string) { // full-width digits
		d := rapid.StringMatching(`1[3-9][0-9]{9}`).Draw(t, "wide")
		wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, d)
		return "联系" + wide, wide[len(wide)-12:]
	},
	func(t *rapid.T) (string, string) {
		d := rapid.StringMatching(`0[0-9]{2,3}-[2-8][0-9]{6,7}`).Draw(t, "landline")
		return "座机" + d, d[len(d)-6:]
	},
	func(t *rapid.T) (string, string) {
		d := rapid.StringMatching(`[1-6][0-9]{5}19[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9])[0-9]{3}[0-9X]`).Draw(t, "identity")
		return "身份证号" + d, d[6:]
	},
	func(t *rapid.T) (string, string) {
		d := rapid.StringMatching(`[a-z]{3,8}[0-9]{0,3}@[a-z]{3,8}\.(com|cn|org)`).Draw(t, "mail")
		return "邮箱 " + d, d
	},
	func(t *rapid.T) (string, string) {
		d := rapid.StringMatching(`[鄂京沪粤][A-Z][0-9A-Z]{5,6}`).Draw(t, "plate")
		return "车牌" + d, d[3:]
	},
	func(t *rapid.T) (string, string) {
		n := rapid.StringMatching(`[王李张刘陈]([伟芳娜敏静]|建国|秀英|志强)`).Draw(t, "name")
		return rapid.SampledFrom([]string{"我叫", "我是", "联系人：", "姓名:", "本人"}).Draw(t, "cue") + n, n
	},
	func(t *rapid.T) (string, string) {
		n := rapid.StringMatching(`[王李张刘陈](伟|建国|秀英)`).Draw(t, "called")
		return n + rapid.SampledFrom([]string{"先生", "女士", "阿姨", "师傅"}).Draw(t, "title"), n
	},
	func(t *rapid.T) (string, string) {
		d := rapid.StringMatching(`[1-9][0-9]{2,3}`).Draw(t, "room")
		return rapid.SampledFrom([]string{"3栋2单元%s室", "12号楼%s房", "5幢1单元%s", "7-2-%s", "2栋3-%s", "8座%s", "Flat %s"}).Draw(t, "form"), d
	},
	func(t *rapid.T) (string, string) {
		d := rapid.StringMatching(`[a-z]{4,8}[0-9_]{2,4}`).Draw(t, "chat")
		return rapid.SampledFrom([]string{"微信号", "微信：", "QQ ", "vx:"}).Draw(t, "which") + d, d
	},
	func(t *rapid.T) (string, string) {
		return rapid.SampledFrom([]string{"My name is", "Call", "Contact Mrs.", "This is", "Name: Ms", "Dr."}).Draw(t, "led to by") + " Mary Zhang", "Zhang"
	},
	func(t *rapid.T) (string, string) {
		d := rapid.StringMatching(`[幺一][三五八九][零一二三四五六七八九]{9}`).Draw(t, "spoken")
		return "打我电话" + d, d
	},
}

var longRun = regexp.MustCompile(`[0-9]{7,}`)

// TestScrubLeavesNothingPersonal hides details of every kind among harmless words.
func TestScrubLeavesNothingPersonal(t *testing.T) {
	t.Parallel()
	plain := []string{"楼下的路灯三天不亮", "垃圾没人清", "2026-11-28 晚上施工", "有20多户停水", "人行道破损约3米", "the lamp is broken", "翠湖花园门口", "建议加强清扫"}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		var cores []string
		for range rapid.IntRange(1, 5).Draw(t, "parts") {
			if rapid.Bool().Draw(t, "secret") {
				text, core := rapid.SampledFrom(secrets).Draw(t, "kind")(t)
				if strings.Contains(text, "%s") {
					text = fmt.Sprintf(text, core)
				}
				b.WriteString(text)
				cores = append(cores, core)
			} else {
				b.WriteString(rapid.SampledFrom(plain).Draw(t, "plain"))
			}
			b.WriteString(rapid.SampledFrom([]string{"，", "。", "\n", " ", "；"}).Draw(t, "mark"))
		}
		out := cases.Scrub(b.String())
		for _, c := range cores {
			if strings.Contains(out, c) {
				t.Fatalf("%q is left in %q of %q", c, out, b.String())
			}
		}
		if longRun.MatchString(out) {
			t.Fatalf("a long number is left in %q", out)
		}
		if again := cases.Scrub(out); again != out {
			t.Fatalf("scrubbing again changes %q to %q", out, again)
		}
	})
}

func TestScrubKeepsWhatIsHarmless(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"翠湖花园3号楼门口的路灯不亮，2026-11-28 晚上已经两天了。", "有500户居民停水，从早上7:30开始", "人行道有3处破损，长约12米", "The lamp at 12 Lake Road has been out since 1 May."} {
		if got := cases.Scrub(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

// FuzzScrub: no input panics, and what comes out is text.
func FuzzScrub(f *testing.F) {
	f.Add("我叫张伟，13812345678")
	f.Add("\xff\xfe１３８\u200b00000000")
	f.Fuzz(func(t *testing.T, s string) {
		if out := cases.Scrub(s); !utf8.ValidString(out) || longRun.MatchString(out) {
			t.Errorf("%q of %q", out, s)
		}
	})
}

// TestPublicShowsExactlyWhatItMay lets many lives run and holds the list of the
// public against the rule: the same cases, as many as the count says, each without
// text before somebody read it and without a position that is not a cell's.
func TestPublicShowsExactlyWhatItMay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := casetest.New(t, db)
		r := rand.New(rand.NewPCG(7, 3))
		for range 600 {
			w.Step(r)
		}
		visitor := access.Visitor(casetest.City)
		all, more, err := w.Cases(w.Context(), casetest.Everything, cases.Filter{Limit: 1000})
		if err != nil || more {
			t.Fatal(err, more)
		}
		want := map[int64]bool{}
		for _, c := range all {
			if w.MayShow(c) {
				want[c.ID] = true
			}
		}
		if len(want) < 10 {
			t.Fatalf("only %d public cases", len(want))
		}
		var shown []int64
		f := cases.Filter{Limit: 7}
		for {
			list, next, err := w.Matters(w.Context(), visitor, f, "zh")
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				shown = append(shown, m.ID)
				c := w.Case(m.ID)
				if c.Status == cases.Reported && (m.Text != "" || m.Title == c.Title) {
					t.Errorf("%s shows a text that nobody read", m.Number)
				}
				if c.Against != 0 || c.Has(cases.FlagSealed) || c.Category == 12 || c.Category == 0 {
					t.Errorf("%s is not for the public", m.Number)
				}
				if c.Lon != 0 {
					mid, metres, ok := w.Atlas.Cell(c.Lon, c.Lat)
					if ok != (m.At != nil) || ok && (*m.At != mid || m.Metres != metres || mid.Lon == c.Lon) {
						t.Errorf("%s lies at %v", m.Number, m.At)
					}
				} else if m.At != nil {
					t.Errorf("%s has a position and never had one", m.Number)
				}
				one, err := w.Matter(w.Context(), visitor, m.ID, "zh")
				if err != nil || one.Number != m.Number {
					t.Errorf("%s by itself: %v", m.Number, err)
				}
			}
			if next == nil {
				break
			}
			f.After = next
		}
		n, exact, err := w.CountMatters(w.Context(), visitor, cases.Filter{}, 10_000)
		if err != nil || !exact || n != len(shown) || n != len(want) {
			t.Errorf("counted %d, shown %d, may be shown %d: %v", n, len(shown), len(want), err)
		}
		if slices.ContainsFunc(shown, func(id int64) bool { return !want[id] }) {
			t.Error("a case is shown that may not be")
		}
		for _, c := range all {
			if _, err := w.Matter(w.Context(), visitor, c.ID, "zh"); !want[c.ID] && !errs.Is(err, errs.NotFound) {
				t.Errorf("a case that may not be shown answers %v", err)
			}
		}
	})
}
