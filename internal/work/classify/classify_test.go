package classify

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// town is a small city of cases.
type town struct {
	rules  Rules
	cases  []Matter
	routed []int64
}

func (c *town) Sorted(context.Context, int) ([]Matter, error) {
	return slices.Clone(c.cases), nil
}

func (c *town) Matters(_ context.Context, _ int, ids []int64) (out []Matter, _ error) {
	for _, m := range c.cases {
		if slices.Contains(ids, m.ID) {
			out = append(out, m)
		}
	}
	return out, nil
}

func (c *town) SetCategory(_ context.Context, id, category int64, why string) error {
	i := slices.IndexFunc(c.cases, func(m Matter) bool { return m.ID == id })
	if !strings.Contains(why, "%") {
		return fmt.Errorf("no reason: %s", why)
	}
	c.cases[i].Category = category
	c.routed = append(c.routed, id)
	return nil
}

var said = map[int64][]string{
	1: {"路灯不亮", "灯杆倾斜", "夜里没有照明", "路灯忽明忽暗"},
	2: {"夜间施工噪音", "广场舞音响扰民", "装修噪音", "喇叭声音太大"},
	3: {"垃圾没人清运", "垃圾桶满了", "生活垃圾堆放", "建筑垃圾乱倒"},
}

func newTown(n int) *town {
	c := &town{rules: Rules{Key: "1", Signals: dangers}}
	for id, name := range map[int64][2]string{1: {"路灯", "Street lights"}, 2: {"噪音", "Noise"}, 3: {"垃圾", "Rubbish"}} {
		c.rules.Categories = append(c.rules.Categories, Category{ID: id, Name: errs.Words{ZH: name[0], EN: name[1]}, Path: []string{"市容", name[0]}, Words: []string{name[0]}})
	}
	slices.SortFunc(c.rules.Categories, func(a, b Category) int { return int(a.ID - b.ID) })
	for i := range n {
		cat := int64(i%3 + 1)
		c.cases = append(c.cases, Matter{District: 990101, ID: int64(1000 + i), Title: said[cat][i/3%4], Body: fmt.Sprintf("%s，第%d天了，请尽快处理", said[cat][i/5%4], i%40), Category: cat, Grade: "general", ReportedAt: int64(i + 1)})
	}
	return c
}

func open(t *testing.T, db *store.DB, c *town) *Service {
	return &Service{DB: db, Rules: func() Rules { return c.rules }, Cases: c, Places: func(string, int64) []Place { return nil }, Log: slog.New(slog.DiscardHandler)}
}

var desk = access.System("test")

func TestStartsWithTheCategoriesOwnWords(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db, newTown(0))
		x, err := s.Suggest(t.Context(), Text{Body: "门口的路灯坏了，还有煤气味"})
		if err != nil {
			t.Fatal(err)
		}
		if x.Model != 0 || x.Sure || len(x.Categories) != 3 || x.Categories[0].ID != 1 || !slices.Contains(x.Categories[0].Words, "路灯") {
			t.Errorf("%+v", x)
		}
		if x.Grade != "critical" || len(x.Alarms) != 1 || x.Alarms[0].Code != "gas" || len(x.GradeWhy) != 1 {
			t.Errorf("%+v", x)
		}
		if _, err := s.Retrain(t.Context(), desk); !errs.Is(err, ErrFewCases) {
			t.Errorf("learned from nothing: %v", err)
		}
		if err := s.Nightly(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestOnlyABetterModelGoesLive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := newTown(600)
		s := open(t, db, c)
		v, err := s.Retrain(t.Context(), desk)
		if err != nil {
			t.Fatal(err)
		}
		if v.Verdict != VerdictLive || v.New.Messages != 150 || v.Old.Messages != 150 || v.New.Accuracy <= v.Old.Accuracy || v.Examples != 600 || v.From != 451 {
			t.Fatalf("%+v new %+v old %+v", v, v.New, v.Old)
		}
		x, err := s.Suggest(t.Context(), Text{Title: "喇叭声音太大"})
		if err != nil {
			t.Fatal(err)
		}
		if x.Model != v.ID || !x.Sure || x.Categories[0].ID != 2 {
			t.Errorf("%+v", x)
		}
		if _, err := s.Retrain(t.Context(), desk); !errs.Is(err, ErrFewCases) {
			t.Errorf("nothing is new, still %v", err)
		}

		// 200 more cases whose labels mean nothing: a model of them does no better.
		more := newTown(200).cases
		for i := range more {
			more[i].ID, more[i].ReportedAt = int64(5000+i), int64(1000+i)
			if i < 150 {
				more[i].Category = int64((i*7+i/3)%3 + 1)
			}
		}
		c.cases = append(c.cases, more...)
		kept, err := s.Retrain(t.Context(), desk)
		if err != nil {
			t.Fatal(err)
		}
		if kept.Verdict != VerdictKept || kept.OldID != v.ID || kept.New.Messages != 50 {
			t.Fatalf("%+v", kept)
		}
		none := func(*store.Tx) error { return nil }
		if err := s.GoLive(t.Context(), desk, kept.ID, none); !errs.Is(err, ErrNotBefore) {
			t.Errorf("a model that did no better was put in force: %v", err)
		}
		if err := s.GoLive(t.Context(), desk, 77, none); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		for _, id := range []int64{0, v.ID} { // back to the words, and forth
			if err := s.GoLive(t.Context(), desk, id, none); err != nil {
				t.Fatal(err)
			}
			if x, err = s.Suggest(t.Context(), Text{Title: "路灯不亮"}); err != nil || x.Model != id {
				t.Errorf("model %d answers after %d was put in force: %v", x.Model, id, err)
			}
		}
		list, err := s.versions(t.Context())
		if err != nil || len(list) != 3 || list[0].ID != kept.ID || list[0].Live || !list[1].Live || list[1].New.Confused(3) != nil && len(list[1].New.Confused(3)) > 3 || list[2].ID != 0 {
			t.Errorf("%+v %v", list, err)
		}
		other := open(t, db, c) // another process
		if x, err = other.Suggest(t.Context(), Text{Title: "垃圾桶满了"}); err != nil || x.Model != v.ID || x.Categories[0].ID != 3 {
			t.Errorf("%+v %v", x, err)
		}
	})
}

func entry(action string, id, actor int64) audit.Row {
	return audit.Row{Entry: audit.Entry{District: 990101, Action: action, Object: "case", ObjectID: id, Actor: actor}, At: 5}
}

func react(t *testing.T, s *Service, entries ...audit.Row) {
	t.Helper()
	write, err := s.React(t.Context(), entries)
	if err != nil {
		t.Fatal(err)
	}
	if write == nil {
		return
	}
	if err := s.DB.Write(t.Context(), write); err != nil {
		t.Fatal(err)
	}
}

func TestKeepsWhatWasProposedAndChosen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := newTown(600)
		s := open(t, db, c)
		v, err := s.Retrain(t.Context(), desk)
		if err != nil {
			t.Fatal(err)
		}
		c.cases = append(c.cases, Matter{District: 990101, ID: 1, Title: "路灯不亮", Body: "我叫张三，电话 13900001234，路灯不亮", Untriaged: true},
			Matter{District: 990101, ID: 2, Title: "广场舞音响扰民", Category: 2, Untriaged: true}, Matter{District: 990101, ID: 3, Title: "旧事项", Category: 2})
		at := len(c.cases) - 3
		react(t, s, entry("case.report", 1, 11), entry("case.report", 2, 11), entry("case.import", 3, 0), entry("case.accept", 1, 12))
		c.cases[at].Category = 3
		react(t, s, entry("case.file", 1, 12), entry("case.note", 1, 13))
		c.cases[at].Category = 1
		react(t, s, entry("case.correct", 1, 12))
		c.cases[at].Category = 3
		react(t, s, entry("case.correct", 1, 12))

		list, err := s.versions(t.Context())
		if err != nil || list[0].ID != v.ID || list[0].Shown != 2 || list[0].First != 1 || list[0].Three != 2 || list[0].Routed != 0 {
			t.Errorf("%+v %v", list, err)
		}
		wrong, err := s.corrections(t.Context())
		if err != nil || len(wrong) != 2 || wrong[0].Case != 1 || wrong[0].Proposed != 1 || wrong[0].Chosen != 3 || wrong[0].Actor != 12 || wrong[0].Share < 0.5 {
			t.Errorf("%+v %v", wrong, err)
		}
		rows, err := db.Query(t.Context(), "SELECT guesses, grade, wish, signals FROM suggestion")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			var guesses, grade, wish, signals string
			if err := rows.Scan(&guesses, &grade, &wish, &signals); err != nil {
				t.Fatal(err)
			}
			n++
			if strings.Contains(guesses+grade+wish+signals, "张三") || strings.Contains(guesses, "139") || !json.Valid([]byte(guesses)) {
				t.Errorf("personal data was copied: %s", guesses)
			}
		}
		if n != 2 || rows.Err() != nil {
			t.Errorf("%d suggestions are kept, %v", n, rows.Err())
		}
	})
}

func TestSetsTheCategoryOnlyAboveTheThreshold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := newTown(600)
		s := open(t, db, c)
		c.rules.Auto = 0.5
		add := func(id int64, title string, category int64, untriaged bool) {
			c.cases = append(c.cases, Matter{District: 990101, ID: id, Title: title, Category: category, Untriaged: untriaged})
			react(t, s, entry("case.report", id, 11))
		}
		add(1, "路灯", 0, true) // the words' shares were not measured
		if _, err := s.Retrain(t.Context(), desk); err != nil {
			t.Fatal(err)
		}
		add(2, "夜里没有照明，路灯不亮", 0, true)
		add(3, "夜里没有照明，路灯不亮", 3, true)  // has one
		add(4, "夜里没有照明，路灯不亮", 0, false) // was decided
		add(5, "完全无关的话题", 0, true)
		if !slices.Equal(c.routed, []int64{2}) {
			t.Errorf("the program set the category of %v", c.routed)
		}
		c.rules.Auto = 0
		add(6, "夜里没有照明，路灯不亮", 0, true)
		if len(c.routed) != 1 {
			t.Error("it goes on although it is switched off")
		}
		react(t, s, entry("case.correct", 2, 0))
		list, err := s.versions(t.Context())
		if err != nil || list[0].Routed != 1 || list[0].RoutedRight != 1 {
			t.Errorf("%+v %v", list[0], err)
		}
	})
}
