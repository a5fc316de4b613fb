package workforce

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"linli/internal/kernel/errs"
)

var items = []Item{
	{Code: "base", Name: "基本工资", Kind: Monthly, Amount: 320_000},
	{Code: "service", Name: "工龄", Kind: Years, Amount: 5_000, Most: 10},
	{Code: "cover", Name: "代班补助", Kind: Cover, Amount: 5_000},
	{Code: "result", Name: "考核绩效", Kind: ByLevel, Levels: map[string]Fen{"good": 80_000, "fair": 50_000, "poor": 0}},
	{Code: "insurance", Name: "社保个人部分", Kind: Share, Of: "base", Permille: -105},
}

func TestExampleSlip(t *testing.T) {
	t.Parallel()
	r := Rule{Items: items}
	lines, total := r.compute(example, nil)
	want := []Fen{320_000, 15_000, 10_000, 80_000, -33_600}
	for i, l := range lines {
		if l.Amount != want[i] {
			t.Errorf("%s: %s, want %s (%s)", l.Code, l.Amount, want[i], l.How("en"))
		}
	}
	if total != 391_400 || total.String() != "3,914.00" {
		t.Errorf("total %s", total)
	}
	if got := lines[4].How("zh"); got != "3,200.00 元 × -10.5%" {
		t.Errorf("how: %s", got)
	}
}

// TestSlip: whatever the rule and the month, the slip is the sum of its lines,
// half a month is never more than a whole one, and corrections leave all other
// lines as they were.
func TestSlip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Rule{}
		codes := []string{}
		for i := range rapid.IntRange(1, 8).Draw(t, "items") {
			it := Item{Code: string(rune('a' + i)), Name: "项", Amount: Fen(rapid.Int64Range(0, 1_000_000).Draw(t, "amount"))}
			it.Kind = rapid.SampledFrom([]string{Monthly, Years, Cover, ByLevel, Share}).Draw(t, "kind")
			if it.Kind == ByLevel {
				it.Levels = map[string]Fen{"good": it.Amount, "fair": it.Amount / 2, "poor": 0}
			}
			if it.Kind == Share {
				if len(codes) == 0 {
					it.Kind = Monthly
				} else {
					it.Of, it.Permille = rapid.SampledFrom(codes).Draw(t, "of"), rapid.IntRange(-1000, 1000).Draw(t, "permille")
				}
			}
			codes = append(codes, it.Code)
			r.Items = append(r.Items, it)
		}
		if err := r.check(); err != nil {
			t.Fatal(err)
		}
		f := Facts{Of: rapid.IntRange(28, 31).Draw(t, "of"), Years: rapid.IntRange(0, 40).Draw(t, "years"), Cover: rapid.IntRange(0, 31).Draw(t, "cover"), Level: rapid.SampledFrom([]string{"", "good", "fair", "poor"}).Draw(t, "level")}
		f.Days = rapid.IntRange(0, f.Of).Draw(t, "days")
		var owed []Line
		for range rapid.IntRange(0, 3).Draw(t, "corrections") {
			owed = append(owed, Line{Code: Correction, Kind: Correction, Amount: Fen(rapid.Int64Range(-50_000, 50_000).Draw(t, "difference"))})
		}
		plain, before := r.compute(f, nil)
		lines, total := r.compute(f, owed)
		sum, differences := Fen(0), Fen(0)
		for _, l := range lines {
			sum += l.Amount
		}
		for _, l := range owed {
			differences += l.Amount
		}
		if sum != total || total != before+differences {
			t.Fatalf("total %d, sum of lines %d, before corrections %d", total, sum, before)
		}
		if !slices.Equal(lines[:len(plain)], plain) {
			t.Fatal("a correction changed another line")
		}
		whole := f
		whole.Days = f.Of
		full, _ := r.compute(whole, nil)
		for _, l := range plain {
			i := slices.IndexFunc(full, func(o Line) bool { return o.Code == l.Code })
			if l.Kind == Monthly && (i < 0 || full[i].Amount < l.Amount) {
				t.Fatalf("%s: more for %d days than for %d", l.Code, f.Days, f.Of)
			}
		}
	})
}

func TestRulesThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string][]Item{
		"no items":            {},
		"one code twice":      {{Code: "a", Name: "甲", Kind: Monthly}, {Code: "a", Name: "乙", Kind: Monthly}},
		"share of one below":  {{Code: "a", Name: "甲", Kind: Share, Of: "b"}, {Code: "b", Name: "乙", Kind: Monthly}},
		"a level is missing":  {{Code: "a", Name: "甲", Kind: ByLevel, Levels: map[string]Fen{"good": 1}}},
		"an unknown level":    {{Code: "a", Name: "甲", Kind: ByLevel, Levels: map[string]Fen{"good": 1, "fair": 1, "first": 1}}},
		"correction as code":  {{Code: Correction, Name: "甲", Kind: Monthly}},
		"too large":           {{Code: "a", Name: "甲", Kind: Monthly, Amount: most + 1}},
		"an item has no name": {{Code: "a", Kind: Monthly}},
	} {
		if err := (&Rule{Items: bad}).check(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, days, years int }{{20261101, 20261201, 30, 0}, {20240229, 20250228, 365, 0}, {20240229, 20250301, 366, 1}, {20261201, 20261101, 0, 0}, {20200131, 20261130, 2495, 6}} {
		if d, y := daysBetween(c.from, c.to), yearsBetween(c.from, c.to); d != c.days || y != c.years {
			t.Errorf("%d–%d: %d days, %d years", c.from, c.to, d, y)
		}
	}
}

// TestDraw: anybody with the published seed gets the same sample, whatever the
// order of the pool; another case, seed or sample does not pass.
func TestDraw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed")
		pool := rapid.SliceOfNDistinct(rapid.Int64Range(1, 1<<53), 0, 40, func(n int64) int64 { return n }).Draw(t, "pool")
		n := rapid.IntRange(1, 15).Draw(t, "n")
		drawn := Draw(seed, pool, n)
		other := slices.Clone(pool)
		slices.Reverse(other)
		if !slices.Equal(drawn, Draw(seed, other, n)) {
			t.Fatal("the order of the pool changes the draw")
		}
		if len(drawn) != min(n, len(pool)) {
			t.Fatalf("%d drawn of %d", len(drawn), len(pool))
		}
		d := Drawn{Commitment: Commit(seed), Seed: hex.EncodeToString(seed), Sample: n, Sheets: []DrawnPool{{Pool: pool, Drawn: drawn}}}
		if err := d.Check(); err != nil {
			t.Fatal(err)
		}
		wrong := d
		wrong.Seed = hex.EncodeToString(append([]byte{seed[0] ^ 1}, seed[1:]...))
		if wrong.Check() == nil {
			t.Fatal("another seed passes")
		}
		if len(pool) > len(drawn) { // one is chosen by hand
			left := slices.DeleteFunc(slices.Clone(pool), func(id int64) bool { return slices.Contains(drawn, id) })
			forged := slices.Clone(drawn)
			forged[0] = left[0]
			d.Sheets = []DrawnPool{{Pool: pool, Drawn: forged}}
			if d.Check() == nil {
				t.Fatal("a sample chosen by hand passes")
			}
		}
	})
}

// TestOnlyOutcomes: what counts work instead of its outcome has no indicator, by
// name or in JSON, and the refusal says why and what may be chosen.
func TestOnlyOutcomes(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"reported", "open", "closed", "onsite", "overdue", "online_time", "clock_in", "quota", "visits", "tracks", ""} {
		if _, err := ParseIndicator(code); !errs.Is(err, NotOutcome) {
			t.Errorf("%q: %v", code, err)
		}
		var i Indicator
		if err := json.Unmarshal([]byte(`"`+code+`"`), &i); err == nil {
			t.Errorf("%q is read from JSON", code)
		}
	}
	for _, o := range outcomes {
		if i, err := ParseIndicator(o.code); err != nil || i.Code() != o.code {
			t.Errorf("%s: %v", o.code, err)
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	ids := func(n int) []int64 { return make([]int64, n) }
	m := func(code string, line, hits, misses int) Measure {
		i, err := ParseIndicator(code)
		if err != nil {
			t.Fatal(err)
		}
		return Measure{Criterion{i, line}, ids(hits), ids(misses)}
	}
	for _, c := range []struct {
		m    Measure
		want string
	}{
		{m("solved", 600, 0, 0), NoData},
		{m("solved", 600, 1, 2), Unsure}, // a third of three tells nothing
		{m("solved", 600, 3, 0), Unsure},
		{m("solved", 600, 38, 2), Clear},
		{m("solved", 600, 5, 35), Short},
		{m("redo", 200, 1, 60), Clear},
		{m("redo", 200, 30, 30), Short},
		{m(Trained, 900, 3, 0), Clear}, // no sample: done is done
		{m(Trained, 900, 2, 1), Short},
	} {
		if got := c.m.Verdict(); got != c.want {
			t.Errorf("%s %d/%d: %s, want %s", c.m.Indicator.Code(), len(c.m.Hits), c.m.N(), got, c.want)
		}
	}
	if l, renew := Propose([]Measure{m("solved", 600, 1, 2), m("redo", 200, 1, 60)}); l != "fair" || !renew {
		t.Errorf("what cannot be told: %s %v", l, renew)
	}
	if l, renew := Propose([]Measure{m("solved", 600, 5, 35), m("redo", 200, 1, 60)}); l != "poor" || renew {
		t.Errorf("short: %s %v", l, renew)
	}
	if l, _ := Propose([]Measure{m("solved", 600, 38, 2)}); l != "good" {
		t.Errorf("clear: %s", l)
	}
}

func TestLives(t *testing.T) {
	t.Parallel()
	for _, err := range []error{RunLife.Check(), AppraisalLife.Check(), SheetLife.Check()} {
		if err != nil {
			t.Error(err)
		}
	}
}
