package rounds

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"linli/internal/grid/household"
	"linli/internal/kernel/access"
	"linli/internal/people/identity"
	"linli/internal/sim/city"
	"linli/internal/work/patrol"
)

// Days is how long the city has visited by its rules when it is opened.
const Days = 14

// Rooms are what the homes and visits are written into.
type Rooms struct {
	Homes  *household.Service
	Patrol *patrol.Service
	People *identity.Service
}

// Report says what was written.
type Report struct{ Homes, Needs, Visits int }

// Run writes homes, care needs, rules, the visits of the last days, and plans
// today. Of today's tasks in the demo accounts' district those that the hour lets
// expect are done, but for the demo grid worker's, whose day lies ahead.
func Run(ctx context.Context, seed uint64, c *city.City, r Rooms) (out Report, err error) {
	until := c.Until.In(time.FixedZone("CST", 8*3600)) // the city's days
	if out.Homes, out.Needs, err = Homes(ctx, seed, c, until, r.Homes); err != nil {
		return out, fmt.Errorf("homes: %w", err)
	}
	v := &visitor{seed: seed, until: until, people: r.People, posts: map[int64][]post{}}
	demo, street := v.demo()
	storm := [2]int{day(until.AddDate(0, 0, -2)), day(until.AddDate(0, 0, 4))}
	if err := Rules(ctx, r.Patrol, day(until.AddDate(0, 0, -Days)), storm, street); err != nil {
		return out, fmt.Errorf("rules: %w", err)
	}
	scope := access.System("synthetic visits")
	if out.Visits, err = r.Patrol.Seed(ctx, scope, day(until), v.draw); err != nil {
		return out, fmt.Errorf("visits: %w", err)
	}
	if err := r.Patrol.Generate(ctx); err != nil {
		return out, fmt.Errorf("tasks: %w", err)
	}
	n, err := v.today(ctx, scope, r.Patrol, street/1000, demo)
	out.Visits += n
	return out, err
}

type post struct{ account, id int64 }

// visitor draws how visits went.
type visitor struct {
	seed   uint64
	until  time.Time
	people *identity.Service
	posts  map[int64][]post // by grid
	n      uint64
}

// demo is the demo grid worker's account, and the street of the grid.
func (v *visitor) demo() (account, street int64) {
	account, posts := v.people.Directory().ByLogin("gridworker")
	for _, p := range posts {
		street = p.Region / 1000
	}
	return account, street
}

func (v *visitor) worker(grid int64, r *rand.Rand) post {
	list, ok := v.posts[grid]
	if !ok {
		for _, h := range v.people.Directory().GridPosts([]int64{grid}, day(v.until)) {
			list = append(list, post{h.Account, h.Post.ID})
		}
		v.posts[grid] = list
	}
	if len(list) == 0 {
		return post{}
	}
	return list[r.IntN(len(list))]
}

// draw: most visits are made within the window, some a little late; what is not
// made by today is open.
func (v *visitor) draw(tasks []patrol.Task, rules []*patrol.Rule, until int) patrol.Seeded {
	t := tasks[0]
	r := stream(v.seed, t.Target*31+t.Rule%1009+int64(t.Anchor))
	span := max(0, int(at(t.Due).Sub(at(t.From)).Hours()/24))
	when := at(t.From).AddDate(0, 0, r.IntN(span+1))
	switch n := r.IntN(100); {
	case n < 4:
		when = at(t.Due).AddDate(0, 0, 1+r.IntN(4))
	case n < 5:
		return patrol.Seeded{} // forgotten
	}
	if !when.After(at(t.Anchor)) || day(when) >= until {
		return patrol.Seeded{}
	}
	who := v.worker(t.Grid, r)
	out := patrol.Seeded{Day: day(when), Account: who.account, Post: who.id, Client: v.uuid(r), Outcome: patrol.Fine, Answers: map[string][]string{}}
	out.At = time.Date(when.Year(), when.Month(), when.Day(), 8+r.IntN(9), r.IntN(60), r.IntN(60), 0, v.until.Location()).UnixMicro()
	if r.IntN(30) == 0 {
		out.Outcome = patrol.Found
	}
	for _, rule := range rules {
		for _, q := range rule.Questions {
			k := 0
			if r.IntN(20) == 0 {
				k = r.IntN(len(q.Values))
			}
			out.Answers[q.Code] = []string{q.Values[k].Key}
		}
	}
	switch n := r.IntN(40); {
	case t.Home != 0 && n == 0:
		out.Wish = wishes[r.IntN(len(wishes))]
	case t.Home != 0 && n == 1:
		out.Note = notes[r.IntN(len(notes))]
	case out.Outcome == patrol.Found:
		out.Note = "现场有情况，已登记"
	}
	return out
}

var (
	wishes = []string{"希望帮忙预约社区医院体检", "想把阳台的旧家具清走", "请帮忙办理医保续费", "希望楼道装扶手", "想参加老年食堂"}
	notes  = []string{"子女周末回来", "近期住院，下周出院", "血压偏高，已提醒按时服药", "更换了联系电话，已更新"}
)

// today lets what the hour lets expect be done: a tenth of the day's tasks for
// each hour after eight, nobody there at one in twelve.
func (v *visitor) today(ctx context.Context, scope access.Scope, s *patrol.Service, district, demo int64) (int, error) {
	today := day(v.until)
	share := min(max(v.until.Hour()-8, 0), 9)
	list, err := s.Tasks(ctx, scope, patrol.Filter{Area: district, Day: today, Part: "open", Limit: 1 << 20})
	if err != nil {
		return 0, err
	}
	done := map[int64]bool{}
	n := 0
	for _, t := range list {
		r := stream(v.seed, t.Target*17+t.Rule%1009)
		if t.Worker == demo || t.Home != 0 && done[t.Home] || r.IntN(10) >= share {
			continue
		}
		done[t.Home] = true
		who, err := v.scope(t, r)
		if err != nil {
			continue // nobody works there today
		}
		x := patrol.Visit{Client: v.uuid(r), Tasks: []int64{t.ID}, Outcome: patrol.Fine, At: v.until.Add(-time.Duration(r.IntN(60*(v.until.Hour()-7))) * time.Minute).UnixMicro()}
		if r.IntN(12) == 0 {
			x.Outcome = patrol.Absent
		}
		if _, err := s.Record(ctx, who, x); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// scope is that of somebody who works in the task's grid.
func (v *visitor) scope(t patrol.Task, r *rand.Rand) (access.Scope, error) {
	p := v.worker(t.Grid, r)
	held, _ := v.people.Directory().Post(p.id)
	a := access.Actor{Account: p.account, Lang: "zh", Posts: []access.Post{held}}
	return a.Scope(access.VisitRecord, day(v.until))
}

// uuid is a version 4 name of the stream's.
func (v *visitor) uuid(r *rand.Rand) string {
	v.n++
	a, b := r.Uint64(), r.Uint64()^v.n
	return strings.ToLower(fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(a>>32), uint16(a>>16), a&0xfff, b>>52, b&0xffffffffffff))
}

func at(d int) time.Time {
	return time.Date(d/10000, time.Month(d/100%100), d%100, 0, 0, 0, 0, time.UTC)
}
