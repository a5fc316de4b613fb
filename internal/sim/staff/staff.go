// Package staff gives the demo city's grid workers what an HR officer would have
// entered in the months before: contracts in force, establishment, leave and
// cover, recruitment, training, pay runs and appraisals – through the room's own
// commands. Every total is a count of records.
package staff

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/people/identity"
	"linli/internal/people/workforce"
)

// Report says what was made, for the oracle.
type Report struct {
	Contracts, Seats  int
	Channels          map[string]int
	Sessions, Present int // training sessions, and workers present in them
	Runs, Slips       int // locked ones
	Sheets, Appeals   int // of the appraisal that is done
	Absences          int
}

// PayMonths is how many months of pay are locked.
const PayMonths = 3

var scope = access.System("demo workforce")

type maker struct {
	ctx     context.Context
	s       *workforce.Service
	people  *identity.Service
	rng     *rand.Rand
	end     time.Time
	today   int
	staff   []access.Post // one for each worker, by grid
	courses map[int][]int64
	home    int64 // the demo accounts' street
	report  *Report
}

// Fill makes the records; end is the city's present in microseconds.
func Fill(ctx context.Context, seed uint64, end int64, s *workforce.Service, people *identity.Service) (*Report, error) {
	m := &maker{ctx: ctx, s: s, people: people, rng: rand.New(rand.NewPCG(seed, 53)), end: s.Calendar().Time(end), today: s.Calendar().Day(end), courses: map[int][]int64{}, report: &Report{Channels: map[string]int{}}}
	dir := people.Directory()
	m.staff = dir.OfRole(workforce.WorkerRole, m.today)
	slices.SortFunc(m.staff, func(a, b access.Post) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Grid, b.Grid), cmp.Compare(a.Account, b.Account))
	})
	if _, posts := dir.ByLogin("chief"); len(posts) > 0 {
		m.home = posts[0].Region
	}
	for _, step := range []struct {
		what string
		do   func() error
	}{{"contracts", m.contracts}, {"recruitment", m.rounds}, {"training", m.training}, {"leave", m.leave}, {"appraisal", m.appraisals}, {"pay", m.pay}} {
		if err := step.do(); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return m.report, nil
}

func (m *maker) at(days int) context.Context {
	return store.ContextAt(m.ctx, m.end.AddDate(0, 0, days).UnixMicro())
}

func (m *maker) day(days int) int { return m.s.Calendar().AddDays(m.today, days) }

func (m *maker) districts() []int {
	var out []int
	for _, p := range m.staff {
		out = append(out, int(p.Region/1_000_000))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// as is the scope of the first person of the role for the region.
func (m *maker) as(role string, region int64, perms ...access.Perm) (access.Scope, error) {
	for _, p := range m.people.Directory().OfRole(role, m.today) {
		if p.Region == region {
			return access.Needs(perms...).Authorize(&access.Actor{Account: p.Account, Posts: []access.Post{p}}, m.today)
		}
	}
	return access.Scope{}, fmt.Errorf("the city has no %s for %d", role, region)
}

// term is the first and the last day of the contract of a worker since the day
// from: it is renewed every two years, and from 29 February goes on from 1 March.
func term(cal *calendar.Calendar, from, today int) (first, last int) {
	for {
		next := cal.AddDays(from+20000, 0)
		if next > today {
			return from, cal.AddDays(next, -1)
		}
		from = next
	}
}

// contracts gives every worker a contract of two years that runs on, recruited by
// one of the three channels, and every grid its establishment.
func (m *maker) contracts() error {
	seats := map[int64]int{}
	var grids []workforce.Seat
	var rows []workforce.Contract
	for i, p := range m.staff {
		since := p.From
		from, to := term(m.s.Calendar(), p.From, m.today)
		channel := []string{"social", "social", "social", "committee", "party", "social", "committee"}[i%7]
		m.report.Channels[channel]++
		rows = append(rows, workforce.Contract{Row: ledger.Row{Grid: p.Grid, Org: p.Org, From: ledger.Day(from), To: ledger.Day(to)},
			Account: p.Account, Number: fmt.Sprintf("WG%d%04d", since/10000, i+1), Channel: channel, Since: ledger.Day(since)})
		if seats[p.Grid]++; seats[p.Grid] == 1 {
			grids = append(grids, workforce.Seat{Row: ledger.Row{Grid: p.Grid, From: 20240101}, Seats: 1})
		} else {
			grids[len(grids)-1].Seats++
		}
	}
	for i := 60; i < len(grids); i += 90 { // some grids wait for a second worker
		grids[i].Seats++
	}
	m.report.Contracts, m.report.Seats = len(rows), len(grids)
	if err := m.s.Seats.Load(m.ctx, scope, grids); err != nil {
		return err
	}
	if err := m.s.Contracts.Load(m.ctx, scope, rows); err != nil {
		return err
	}
	return m.s.DB.Write(m.ctx, func(tx *store.Tx) error { // from now on the contracts drive the posts
		for i, c := range rows {
			if err := m.s.Posts.Drive(tx, c.Account, m.staff[i].Grid, m.staff[i].Org, int(c.From), m.s.Calendar().AddDays(int(c.To), 1)); err != nil {
				return err
			}
		}
		return nil
	})
}

// rounds is one recruitment that is over in each district, and one that runs where the demo accounts are.
func (m *maker) rounds() error {
	for _, d := range m.districts() {
		r, err := m.s.Rounds.Put(m.ctx, scope, workforce.Round{Row: ledger.Row{Region: int64(d), From: 20240301}, Name: "2024 年网格员公开招聘", Seats: 40, Deadline: 20240331, Notice: "面向社会公开招聘专职网格员，社区两委成员、党员骨干同等条件下优先。"})
		if err != nil {
			return err
		}
		if _, err := m.s.Rounds.End(m.ctx, scope, r.ID, 0, 20240531, "招聘结束"); err != nil {
			return err
		}
	}
	r, err := m.s.Rounds.Put(m.ctx, scope, workforce.Round{Row: ledger.Row{Region: m.home / 1000, From: ledger.Day(m.day(-20))}, Name: "冬季补充招聘", Seats: 3, Deadline: ledger.Day(m.day(10)), Notice: "因部分网格编制空缺，公开招聘专职网格员 3 名。年龄 45 周岁以下，高中以上学历。"})
	if err != nil {
		return err
	}
	if r, err = m.s.Rounds.Change(m.ctx, scope, r.ID, 0, func(r *workforce.Round) error { r.State = "open"; return nil }); err != nil {
		return err
	}
	for i, name := range []string{"陈雨桐", "刘思远", "何佳宁", "周文博", "吴晓岚", "郑可欣", "孙立诚"} {
		c, err := m.s.Candidates.Put(m.ctx, scope, workforce.Candidate{Row: ledger.Row{Region: m.home / 1000}, Round: r.ID, Name: ledger.Hide(name), Phone: ledger.Hide(fmt.Sprintf("1390000%04d", 1200+i)), Channel: []string{"social", "party", "committee"}[i%3]})
		if err != nil {
			return err
		}
		for _, state := range []string{"qualified", "passed", "offered"}[:i%4] {
			if _, err := m.s.Candidates.Change(m.ctx, scope, c.ID, 0, func(c *workforce.Candidate) error {
				c.State = state
				if state == "passed" {
					c.Score = 78 + i
				}
				return nil
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// training is two required courses and one more in each district, a session a
// month, with most workers present.
func (m *maker) training() error {
	for _, d := range m.districts() {
		var here []access.Post
		for _, p := range m.staff {
			if int(p.Region/1_000_000) == d {
				here = append(here, p)
			}
		}
		for i, c := range []workforce.Course{
			{Name: "走访与群众工作方法", Hours: 8, Required: true, About: "入户礼仪、记录要点、保护居民隐私。材料：《网格员走访手册》。"},
			{Name: "安全隐患识别", Hours: 6, Required: true, Pass: 60, About: "消防、燃气、电动车充电、高空坠物。材料：图例与案例。"},
			{Name: "代办政策更新", Hours: 4, About: "医保、公积金、残疾补贴的新规定。"},
		} {
			c.Row = ledger.Row{Region: int64(d), From: 20240101}
			made, err := m.s.CourseList.Put(m.ctx, scope, c)
			if err != nil {
				return err
			}
			day := ledger.Day(m.day(-95 + 30*i))
			held, err := m.s.Sessions.Put(m.ctx, scope, workforce.Session{Row: ledger.Row{Region: int64(d), From: day, To: day}, Course: made.ID, Venue: "区党群服务中心", Teacher: "区委社会工作部"})
			if err != nil {
				return err
			}
			m.report.Sessions++
			var rows []workforce.Attendance
			for _, p := range here {
				a := workforce.Attendance{Row: ledger.Row{Region: int64(d), From: day, To: day}, Session: held.ID, Account: p.Account, Attended: "present"}
				switch n := m.rng.IntN(100); {
				case n < 5:
					a.Attended = "leave"
				case n < 7:
					a.Attended = "absent"
				default:
					m.report.Present++
					if c.Pass > 0 {
						a.Score = 55 + m.rng.IntN(46)
					}
				}
				rows = append(rows, a)
			}
			if err := m.s.Attendances.Load(m.ctx, scope, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// leave is what was taken in the last months, is taken today and is to come: one
// worker in forty, covered by a neighbour of the same community.
func (m *maker) leave() error {
	for i := 1; i < len(m.staff); i += 40 {
		p, cover := m.staff[i], m.staff[i-1]
		if cover.Region != p.Region || cover.Grid == p.Grid {
			continue
		}
		from := []int{-40, -2, 12}[i/40%3]
		within := func(p access.Post) bool {
			begins, ends := term(m.s.Calendar(), p.From, m.today)
			return begins <= m.day(from) && m.day(from+5) <= ends
		}
		if !within(p) || !within(cover) { // leave and cover lie in one contract
			continue
		}
		if _, err := m.s.Absences.Put(m.ctx, scope, workforce.Absence{Row: ledger.Row{Grid: p.Grid, Org: p.Org, From: ledger.Day(m.day(from)), To: ledger.Day(m.day(from + 5))},
			Account: p.Account, Kind: []string{"annual", "sick", workforce.Unpaid}[i/40%3], Cover: cover.Account}); err != nil {
			return err
		}
		m.report.Absences++
	}
	return nil
}

// many runs acts side by side, so that they share commits.
func many[T any](list []T, do func(T) error) error {
	var g errgroup.Group
	g.SetLimit(16)
	for _, x := range list {
		g.Go(func() error { return do(x) })
	}
	return g.Wait()
}
