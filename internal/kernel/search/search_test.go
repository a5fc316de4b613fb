package search

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                    "",
		"水":                   "水",
		"漏水":                  "漏水 水",
		"湖东路水管破裂":             "湖东 东路 路水 水管 管破 破裂 裂",
		"3号楼,B座12F":           "3 号楼 楼 b 座 12f",
		"ABC１２３，全角　空格":        "abc123 全角 角 空格 格",
		"e-mail: a.b@c":       "e mail a b c",
		"第②期 10㎡":             "第 2 期 10",
		"漏\u200b水\ufe0f!":     "漏水 水",
		"a\xffb\x00c":         "a b c",
		"𠮷野家":                 "𠮷野 野家 家",
		"ÄRGER naïve Ünïcode": "ärger naïve ünïcode",
	} {
		if diff := cmp.Diff(want, strings.Join(Tokens(text), " ")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if n := len(Tokens(strings.Repeat("水管", 100000))); n != maxTokens {
		t.Errorf("a huge text gives %d tokens", n)
	}
	if got := Tokens(strings.Repeat("x", 10000)); len(got) != 1 || len(got[0]) != maxWord {
		t.Errorf("a huge word gives %d tokens", len(got))
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for q, want := range map[string][2]string{
		"水":          {`"水" *`, `'水':*`},
		"漏水":         {`"漏水"`, `'漏水'`},
		"水管破":        {`"水管 管破"`, `'水管' <-> '管破'`},
		"湖路3号楼":      {`"湖路 路 3 号楼"`, `'湖路' <-> '路' <-> '3' <-> '号楼'`},
		"漏水 Main St": {`"漏水" AND "main" * AND "st" *`, `'漏水' & 'main':* & 'st':*`},
		"5":          {`"5"`, `'5'`},
		"漏水 漏水":      {`"漏水"`, `'漏水'`},
		`"' OR (*:-`: {`"or" *`, `'or':*`},
		"!?、。":       {"", ""},
	} {
		got := [2]string{Query(q, store.SQLite), Query(q, store.Postgres)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", q, diff)
		}
	}
}

func TestWhere(t *testing.T) {
	t.Parallel()
	sql, args := Where(store.SQLite, "漏水", "c.id")
	if sql != "c.id IN (SELECT rowid FROM case_fts WHERE case_fts MATCH ?)" || len(args) != 1 {
		t.Error(sql, args)
	}
	sql, _ = Where(store.Postgres, "漏水", "c.id")
	if !strings.HasPrefix(sql, "(c.district, c.id) IN (SELECT district, id ") {
		t.Error(sql)
	}
	if sql, args = Where(store.SQLite, " \t", "id"); sql != "1=1" || args != nil {
		t.Error(sql, args)
	}
	if sql, args = Where(store.SQLite, "??", "id"); sql != "1=0" || args != nil {
		t.Error(sql, args)
	}
}

// Pure property: in a stretch of Chinese, each part of it is a neighbouring
// sequence of the text's tokens.
func TestSubstringIsPhrase(t *testing.T) {
	t.Parallel()
	chars := []rune("湖东路水管破裂漏噪声扰民垃圾,。 3aＢ")
	rapid.Check(t, func(t *rapid.T) {
		text := []rune(rapid.StringOfN(rapid.SampledFrom(chars), 1, 30, -1).Draw(t, "text"))
		from := rapid.IntRange(0, len(text)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, len(text)).Draw(t, "to")
		q := string(text[from:to])
		if strings.ContainsAny(q, "3aＢ") { // a word may be cut in two
			return
		}
		have := " " + strings.Join(Tokens(string(text)), " ") + " "
		for _, p := range phrases(q) {
			want := " " + strings.Join(p.tokens, " ")
			if !p.prefix {
				want += " "
			}
			if !strings.Contains(have, want) {
				t.Fatalf("%q does not find %q: %q in %q", q, string(text), want, have)
			}
		}
	})
}

// texts makes n texts of few characters, so that near misses are common.
func texts(rnd *rand.Rand, n int) map[int64]string {
	chars := []rune("湖东路水管破裂漏噪声垃圾")
	all := map[int64]string{}
	for i := range n {
		var b strings.Builder
		for range 5 + rnd.IntN(40) {
			b.WriteRune(chars[rnd.IntN(len(chars))])
			if rnd.IntN(12) == 0 {
				b.WriteString([]string{",", " ", "3", "abc", "B12"}[rnd.IntN(5)])
			}
		}
		all[int64(i+1)] = b.String()
	}
	return all
}

func find(t testing.TB, db *store.DB, q string) map[int64]bool {
	t.Helper()
	where, args := Where(db.Engine(), q, "c.id")
	rows, err := db.Query(context.Background(), "SELECT c.id FROM (SELECT DISTINCT district, object_id AS id FROM audit) c WHERE "+where, args...)
	if err != nil {
		t.Fatalf("query %.60q: %v", q, err)
	}
	defer rows.Close()
	got := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		got[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("query %.60q: %v", q, err)
	}
	return got
}

// textSource is a Source over a map.
type textSource map[int64]string

func (s textSource) Changes(object, action string) bool {
	return object == "case" && action != "case.sign"
}

func (s textSource) Texts(_ context.Context, _ int, ids []int64) (map[int64]string, error) {
	got := map[int64]string{}
	for _, id := range ids {
		if x, ok := s[id]; ok {
			got[id] = x
		}
	}
	return got, nil
}

func record(t testing.TB, db *store.DB, action string, ids ...int64) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		for _, id := range ids {
			tx.Record(audit.Entry{District: 990101 + int(id%2), Action: action, Object: "case", ObjectID: id})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func drain(t testing.TB, x *Indexer, size int) {
	t.Helper()
	for {
		n, err := x.Step(context.Background(), size)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func TestIndexerFindsExactlyTheTextsThatHoldTheWords(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		rnd := rand.New(rand.NewPCG(7, 7))
		all := textSource(texts(rnd, 120))
		x := NewIndexer(db, all)
		ids := make([]int64, 0, len(all))
		for id := range all {
			ids = append(ids, id)
		}
		record(t, db, "case.report", ids...)
		if lag, err := x.Lag(ctx); err != nil || lag != 120 {
			t.Fatal(lag, err)
		}
		drain(t, x, 7)
		record(t, db, "case.sign", ids[:20]...)
		drain(t, x, 7)
		check := func(q string) {
			t.Helper()
			got := find(t, db, q)
			for id, text := range all {
				if want := strings.Contains(text, q); want != got[id] {
					t.Errorf("%q in %q: found %v", q, text, got[id])
				}
			}
		}
		for range 150 {
			text := []rune(all[1+rnd.Int64N(120)])
			from := rnd.IntN(len(text))
			q := string(text[from:min(len(text), from+1+rnd.IntN(4))])
			if !strings.ContainsAny(q, ", 3abcB12") {
				check(q)
			}
		}
		for _, q := range []string{"水", "水管", "管水", "漏水管"} {
			check(q)
		}

		// A changed text and a withdrawn one.
		all[1] = "全新內容甲乙丙"
		delete(all, 2)
		record(t, db, "case.correct", 1, 2)
		drain(t, x, 64)
		check("甲乙丙")
		check("水")

		// Everything again, with the same result.
		if err := Rebuild(ctx, db); err != nil {
			t.Fatal(err)
		}
		drain(t, x, 64)
		check("甲乙")
		check("裂漏")
	})
}

func TestTwoIndexersShareTheWork(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		all := textSource(texts(rand.New(rand.NewPCG(1, 2)), 60))
		ids := []int64{}
		for id := range all {
			ids = append(ids, id)
		}
		record(t, db, "case.report", ids...)
		errc := make(chan error, 2)
		for range 2 {
			x := NewIndexer(db, all)
			go func() {
				for {
					n, err := x.Step(context.Background(), 5)
					if n == 0 || err != nil {
						errc <- err
						return
					}
				}
			}()
		}
		for range 2 {
			if err := <-errc; err != nil {
				t.Fatal(err)
			}
		}
		for id, text := range all {
			if q := string([]rune(strings.FieldsFunc(text, func(r rune) bool { return r < 0x80 })[0])[:1]); !find(t, db, q)[id] {
				t.Errorf("%q does not find %q", q, text)
			}
		}
	})
}

func TestHostileQueriesNeverFail(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		record(t, db, "case.report", 4, 5, 6)
		if err := db.Write(context.Background(), func(tx *store.Tx) error { return Index(tx, 990102, 5, "水管漏水 O'Brien \"x\" \\ \x00 \xff") }); err != nil {
			t.Fatal(err)
		}
		if got := find(t, db, `"漏水"; O'Brien`); !got[5] {
			t.Error("quotes keep a text from being found")
		}
		queries := []string{`"`, `""`, `'`, `' OR 1=1 --`, `a" OR "b`, `NEAR(a b)`, `case_fts:水`, `水*`, `^水`, `{a b}: c`, `-水`, `水 AND`, `NOT`, `!a & (b | c:*)`, `\`, `\'`, `a<->b`,
			"\xff\xfe\x80", "\x00", "水\x00管", "\u202e水", strings.Repeat("水管漏", 4000), strings.Repeat("a ", 5000), strings.Repeat("(", 10000), strings.Repeat("x", 10000), "%", "_", "?", "$1", "𝔸𝕓", "ｶﾞ", "e\u0301", "١٢٣", "ß", "İ", "ﬁ"}
		rnd := rand.New(rand.NewPCG(3, 4))
		for range 200 {
			b := make([]byte, rnd.IntN(40))
			for i := range b {
				b[i] = byte(rnd.IntN(256))
			}
			queries = append(queries, string(b))
		}
		for range 200 {
			var b strings.Builder
			for range rnd.IntN(20) {
				b.WriteRune(rune(rnd.IntN(utf8.MaxRune)))
			}
			queries = append(queries, b.String())
		}
		for _, q := range queries {
			find(t, db, q)
			// The same text can be indexed, too.
			if err := db.Write(context.Background(), func(tx *store.Tx) error { return Index(tx, 990101, 6, q) }); err != nil {
				t.Fatalf("index %.60q: %v", q, err)
			}
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	text := strings.Repeat("湖东路水管破裂漏水严重,影响3号楼居民出行。", 6)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Prepare(store.SQLite, 990101, 1, text)
	}
}

func BenchmarkIndex(b *testing.B) {
	db := storetest.SQLite(b, nil)
	rnd := rand.New(rand.NewPCG(1, 1))
	all := texts(rnd, 5000)
	next := int64(0)
	for b.Loop() {
		docs := make([]Doc, 0, 64)
		for range 64 {
			next++
			docs = append(docs, Prepare(db.Engine(), 990101, next, all[1+next%5000]+fmt.Sprint(next)))
		}
		if err := db.Write(context.Background(), func(tx *store.Tx) error { return Put(tx, docs) }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*64), "µs/text")
}

// TestPlanGivesTheSameRows reads rare and common words each in its way.
func TestPlanGivesTheSameRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		all := texts(rand.New(rand.NewPCG(3, 3)), 120)
		if err := db.Write(ctx, func(tx *store.Tx) error {
			var docs []Doc
			for id, text := range all {
				docs = append(docs, Prepare(db.Engine(), 990101, id, text))
				tx.Record(audit.Entry{District: 990101, Action: text, Object: "case", ObjectID: id})
			}
			return Put(tx, docs)
		}); err != nil {
			t.Fatal(err)
		}
		ways := map[string]int{}
		count := func(sql string, args []any) (n int) {
			if err := db.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT district, object_id AS id, action AS text FROM audit) c WHERE "+sql, args...).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for id, text := range all {
			r := []rune(text)
			for n := 1; n <= min(6, len(r)); n++ {
				q := string(r[int(id)%(len(r)-n+1):][:n])
				want := count(Where(db.Engine(), q, "c.id"))
				sql, args, rare, err := plan(ctx, db, q, "c.id", "c.text", 10)
				if err != nil {
					t.Fatal(err)
				}
				if got := count(sql, args); got != want {
					t.Fatalf("%q: %d rows, planned %d by %s", q, want, got, sql)
				}
				ways[fmt.Sprint(rare, sql)]++
			}
		}
		if db.Engine() == store.SQLite && len(ways) != 4 { // all rows, none, rare, common
			t.Errorf("some way was never gone: %v", ways)
		}
	})
}
