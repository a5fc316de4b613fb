package theme

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// Made-up matters, each said in several ways, and what people say besides.
var matters = [][]string{
	{"云桥新城旁边的搅拌站噪音太大", "云桥新城小区附近建搅拌站，粉尘污染", "请关停云桥新城的混凝土搅拌站", "搅拌站彻夜施工，云桥新城居民睡不着"},
	{"听澜苑捆绑销售车位", "购房必须买车位，听澜苑开发商霸王条款", "投诉听澜苑强制捆绑车位销售", "听澜苑车位捆绑，请主持公道"},
	{"春申路红绿灯时间太短", "春申路口红绿灯配时不合理，行人过不去", "建议延长春申路红绿灯的绿灯时间", "老人过春申路来不及，红绿灯要调整"},
}

var asides = []string{"请问社保卡怎么补办", "图书馆周一开放吗", "公积金网上怎么提取", "孩子转学需要哪些材料", "宠物狗登记在哪里办", "老旧电梯多久检修一次", "出租屋登记如何注销", "身份证到期异地能换吗", "农村危房改造补助标准", "垃圾分类的积分去哪里兑换"}

// TestAnyOrderFindsTheMatters: whatever the order in which messages come, each
// matter is one topic with its people, apart from the others.
func TestAnyOrderFindsTheMatters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		type said struct {
			matter int
			Message
		}
		var all []said
		for m, ways := range matters {
			for i := range 12 {
				all = append(all, said{m, Message{Person: fmt.Sprintf("%d-%d", m, i%9), Title: ways[i%len(ways)], Body: "希望尽快处理，谢谢"}})
			}
		}
		for i := range 60 {
			all = append(all, said{-1, Message{Person: fmt.Sprintf("x%d", i), Title: asides[i%len(asides)], Body: fmt.Sprintf("编号%d", r.IntN(1e6))}})
		}
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		s := New(Settings{})
		for i := range all {
			all[i].ID, all[i].At = int64(i+1), start.Add(time.Duration(i)*time.Hour)
			s.Learn(all[i].Title, all[i].Body)
		}
		topicOf := map[int64]int64{}
		for _, m := range all {
			topicOf[m.ID] = s.AddKnown(m.Message).ID
		}
		for m := range matters {
			in, total := map[int64]int{}, 0
			for _, a := range all {
				if a.matter == m {
					in[s.Find(topicOf[a.ID]).ID]++
					total++
				}
			}
			best := int64(0)
			for id, n := range in {
				if n > in[best] {
					best = id
				}
			}
			if in[best] < total*3/4 {
				t.Errorf("matter %d lies in %v", m, in)
			}
			tp := s.Find(best)
			if tp.Messages > in[best] {
				t.Errorf("the topic of matter %d has %d messages, %d are its own", m, tp.Messages, in[best])
			}
			if in[best] == total && tp.People() != 9 {
				t.Errorf("%d people, want 9", tp.People())
			}
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s := New(Settings{Topics: 200})
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 5000 {
		text := make([]rune, 30)
		for j := range text {
			text[j] = rune(0x4E00 + r.IntN(3000))
		}
		s.Add(Message{ID: int64(i + 1), Person: fmt.Sprint(i), Title: string(text[:10]), Body: string(text), At: start.Add(time.Duration(i) * time.Minute)})
		if len(s.topics) > 200 {
			t.Fatalf("%d topics after %d messages", len(s.topics), i+1)
		}
	}
	entries := 0
	for _, list := range s.index {
		entries += len(list)
	}
	if entries > 200*foundBy {
		t.Errorf("%d entries in the index", entries)
	}
	tp := s.Add(Message{ID: 9999, Person: "a", Title: "云桥新城搅拌站", At: start})
	for i := range 3000 {
		tp = s.Add(Message{ID: int64(10_000 + i), Person: fmt.Sprint(i), Title: "云桥新城搅拌站噪音", At: start.Add(time.Duration(i) * time.Hour)})
	}
	if tp.Messages < 3000 || len(tp.Members) > 2*keptMembers || len(tp.middle) > 3*keptTerms+keptInMsg || len(tp.weeks) > keptWeeks+2 {
		t.Errorf("%d messages, %d members, %d terms, %d weeks", tp.Messages, len(tp.Members), len(tp.middle), len(tp.weeks))
	}
	if n := tp.People(); n < 2700 || n > 3300 {
		t.Errorf("about 3000 people are counted as %d", n)
	}
}

func TestFarPlacesAreOtherTopics(t *testing.T) {
	t.Parallel()
	s := New(Settings{})
	add := func(id int64, lon float64) *Topic {
		return s.Add(Message{ID: id, Person: fmt.Sprint(id), Title: "路灯不亮晚上很黑", Body: "路灯坏了好几天", At: start, Lon: lon, Lat: 29.4, Place: int64(lon * 100)})
	}
	near, also, far := add(1, 112.60), add(2, 112.601), add(3, 112.9)
	if near != also || near == far {
		t.Errorf("topics %d, %d and %d", near.ID, also.ID, far.ID)
	}
	if place, n := near.Place(); place != 11260 || n != 2 {
		t.Errorf("place %d of %d messages", place, n)
	}
}

func TestRiseAndName(t *testing.T) {
	t.Parallel()
	s := New(Settings{})
	var tp *Topic
	for i := range 24 {
		days := i * 7
		if i >= 12 {
			days = 84 + (i-12)*2
		}
		tp = s.Add(Message{ID: int64(i + 1), Person: fmt.Sprint(i), Title: matters[0][i%4], At: start.AddDate(0, 0, days)})
	}
	end := start.AddDate(0, 0, 84+24)
	if r := tp.Rise(end); r < 2 || r > 5 {
		t.Errorf("rise %.2f where one a week became three", r)
	}
	if r := tp.Rise(end.AddDate(2, 0, 0)); r != 0 {
		t.Errorf("rise %.2f of what nobody speaks of any more", r)
	}
	if name := tp.Name(); !strings.HasPrefix(name, "云桥新城") || !strings.Contains(name, "搅拌站") {
		t.Errorf("name %q", name)
	}
	if name := s.Add(Message{ID: 99, Title: "图书馆周一开放吗", At: end}).Name(); name != "图书馆周一开放吗" {
		t.Errorf("name %q", name)
	}
}

func TestReadFindsTheFieldsInAnyOrder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.jsonl")
	text := `{"id":"b","user":"u1","title":"甲","time":"2019/2/28 11:25:05","body":"乙","likes":"3"}` + "\n" + `{"body":"丁","id":"a","likes":"","time":"2019-01-02 08:00","title":"丙","user":"u2"}` + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, err := Read(path, time.UTC)
	if err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	if l := lines[0]; l.Name != "a" || l.Title != "丙" || l.Body != "丁" || l.Person != "u2" || l.At.Year() != 2019 || l.At.Hour() != 8 {
		t.Errorf("first: %+v", l)
	}
	if lines[1].Likes != 3 {
		t.Errorf("second: %+v", lines[1])
	}
	if err := os.WriteFile(path, []byte(`{"id":"b","user":"u","title":"甲","time":"昨天","body":""}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, time.UTC); err == nil {
		t.Error("a time that is none was read")
	}
}
