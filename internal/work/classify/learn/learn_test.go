package learn

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// topics are words of made-up matters; fillers stand in all of them.
var topics = map[string][]string{
	"物业": {"小区物业", "停车费", "业主大会", "保安", "物业公司"},
	"噪音": {"夜间施工", "噪音扰民", "广场舞", "音响", "装修噪音"},
	"学校": {"小学招生", "学区划分", "老师补课", "校车", "教育局"},
	"公交": {"公交站", "公交线路", "末班车", "出租车", "公交改道"},
}

var fillers = []string{"希望", "部门", "尽快处理", "我们", "多次反映", "的", "情况", "附近", "居民", "今年", "请", "领导", "关注", "问题"}

// messages makes n messages; the same seed makes the same.
func messages(n int, seed uint64) []Example {
	r := rand.New(rand.NewPCG(seed, 7))
	labels := []string{"物业", "噪音", "学校", "公交"}
	list := make([]Example, n)
	for i := range list {
		l := labels[r.IntN(len(labels))]
		var b strings.Builder
		for range 4 + r.IntN(12) {
			if r.IntN(3) == 0 {
				b.WriteString(topics[l][r.IntN(len(topics[l]))])
			} else {
				b.WriteString(fillers[r.IntN(len(fillers))])
			}
		}
		fmt.Fprintf(&b, "，%s%d号。", topics[l][r.IntN(len(topics[l]))], r.IntN(100))
		list[i] = Example{Text: b.String(), Label: l}
	}
	return list
}

func train(t testing.TB, list []Example) *Model {
	t.Helper()
	m, err := Train(context.Background(), list, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLearnsWhatItIsShown(t *testing.T) {
	t.Parallel()
	f := Evaluate(train(t, messages(400, 1)), messages(300, 2))
	if f.MacroF1 < 0.98 || f.Top3 < 0.99 || f.Coverage["0.50"] < 0.99 {
		t.Errorf("%+v", f)
	}
	if f.Messages != 300 || len(f.PerClass) != 4 || f.ModelBytes < 1000 || f.MicrosPerMessage <= 0 || len(f.Curve) != len(curveSteps) {
		t.Errorf("%+v", f)
	}
}

func TestSameExamplesSameBytes(t *testing.T) {
	t.Parallel()
	a, b := train(t, messages(200, 3)).Bytes(), train(t, messages(200, 3)).Bytes()
	if !bytes.Equal(a, b) {
		t.Error("two models of the same examples differ")
	}
	if bytes.Equal(a, train(t, messages(200, 4)).Bytes()) {
		t.Error("models of different examples are the same")
	}
}

func TestSegmentedReadsLikeRaw(t *testing.T) {
	t.Parallel()
	m := train(t, messages(300, 5))
	raw := "小区物业乱收停车费，业主大会多次反映。"
	for _, same := range []string{"小区物业 乱 收 停车费 业主大会 多次反映", "小区 物业\n乱收 停车费！！业主 大会 多次 反映", "小区物业乱收停车费业主大会多次反映"} {
		a, b := m.Predict(raw, 4), m.Predict(same, 4)
		for i := range a {
			if a[i].Label != b[i].Label || a[i].Share != b[i].Share {
				t.Errorf("%s: %v, raw %v", same, b, a)
			}
		}
	}
}

func TestSharesAndWords(t *testing.T) {
	t.Parallel()
	m := train(t, messages(300, 6))
	text := "请部门关注：夜间施工噪音扰民，附近居民多次反映"
	all := m.Explain(text, 9, 3)
	if len(all) != 4 || all[0].Label != "噪音" || !m.Tested() {
		t.Fatalf("%+v", all)
	}
	var sum float64
	for i, g := range all {
		sum += g.Share
		if i > 0 && g.Share > all[i-1].Share {
			t.Errorf("not in order: %+v", all)
		}
		var voice float64
		for _, w := range g.Words {
			voice += w.Voice
			if !strings.Contains(text, w.Text) || w.Voice <= 0 {
				t.Errorf("%q is no word of the text that spoke", w.Text)
			}
		}
		if voice > 1+1e-9 {
			t.Errorf("voices of %s sum to %f", g.Label, voice)
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("shares sum to %f", sum)
	}
	if w := all[0].Words[0].Text; !strings.Contains("夜间施工噪音扰民", w) {
		t.Errorf("%q spoke first", w)
	}
	for _, nothing := range []string{"", "！？", "\xff\xfe", "🙂🙂"} {
		if g := m.Explain(nothing, 4, 3); len(g) != 4 || len(g[0].Words) != 0 || g[0].Share > 0.9 {
			t.Errorf("%q: %+v", nothing, g)
		}
	}
}

func TestALabelsOwnWordsAreAStart(t *testing.T) {
	t.Parallel()
	var list []Example
	var words []string
	for l, w := range topics {
		list = append(list, Example{Text: l + " " + strings.Join(w, " "), Label: l, Given: true})
		words = append(words, w...)
	}
	m, err := Train(context.Background(), list, words)
	if err != nil {
		t.Fatal(err)
	}
	if m.Tested() {
		t.Error("a model without messages says that it was tested")
	}
	if f := Evaluate(m, messages(200, 8)); f.Accuracy < 0.9 {
		t.Errorf("right %f", f.Accuracy)
	}
}

func TestWhatCannotBeLearned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		list []Example
		want error
	}{
		{nil, ErrNoExamples},
		{[]Example{{Text: "路灯不亮"}}, ErrNoExamples},
		{[]Example{{Text: "路灯不亮", Label: "路灯"}, {Text: "路灯坏了", Label: "路灯"}}, ErrOneLabel},
	} {
		if _, err := Train(context.Background(), c.list, nil); err != c.want {
			t.Errorf("%v: %v, want %v", c.list, err, c.want)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := Train(ctx, messages(50, 1), nil); err != context.Canceled {
		t.Errorf("stopped: %v", err)
	}
}

func TestFileComesBackTheSame(t *testing.T) {
	t.Parallel()
	m := train(t, messages(200, 9))
	b := m.Bytes()
	again, err := Open(b)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Bytes(), b) {
		t.Error("a model that was read writes other bytes")
	}
	for _, e := range messages(50, 10) {
		x, y := m.Predict(e.Text, 4), again.Predict(e.Text, 4)
		for i := range x {
			if x[i].Label != y[i].Label || math.Abs(x[i].Share-y[i].Share) > 1e-5 {
				t.Fatalf("%v, read again %v", x, y)
			}
		}
	}
	for i := range b {
		if i%101 == 0 {
			bad := bytes.Clone(b)
			bad[i] ^= 1
			if _, err := Open(bad); err == nil {
				t.Errorf("a changed byte %d is not seen", i)
			}
		}
	}
	for _, n := range []int{0, 1, len(magic), len(magic) + 40, len(b) - 1} {
		if _, err := Open(b[:n]); err == nil {
			t.Errorf("a file cut to %d bytes is not seen", n)
		}
	}
	if _, err := Open([]byte("PK\x03\x04 a foreign file")); err != ErrForeign {
		t.Error(err)
	}
}

func FuzzOpen(f *testing.F) {
	b := train(f, messages(60, 11)).Bytes()
	body := b[len(magic) : len(b)-32]
	f.Add(body)
	f.Add(body[:len(body)/2])
	f.Add([]byte{2, 1, 'a', 1, 'b', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b) // behind the checksum, which no mutation would pass
		if err != nil {
			return
		}
		if g := m.Explain("小区物业停车费 abc 123", 3, 3); len(g) == 0 {
			t.Error("no answer")
		}
	})
}

func FuzzText(f *testing.F) {
	m := train(f, messages(60, 12))
	for _, s := range []string{"小区物业", "ＡＢＣ１２３ abc", "\xf0\x28\x8c\x28", strings.Repeat("物", 9000), "a\u0301𠀀〇"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		scan(s, func(unit []byte, from, to int) bool {
			if from < last || to <= from || to > len(s) || len(unit) == 0 {
				t.Fatalf("%q: unit %q at %d to %d after %d", s, unit, from, to, last)
			}
			last = to
			return true
		})
		for _, g := range m.Explain(s, 4, 4) {
			if !(g.Share >= 0 && g.Share <= 1) {
				t.Fatalf("%q: %+v", s, g)
			}
		}
	})
}
