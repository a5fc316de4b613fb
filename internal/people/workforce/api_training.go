package workforce

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

func (s *Service) trainingAPI(r *web.Router, op func(id, method, path string, p access.Policy, zh, en string) web.Op) {
	write := access.Needs(access.StaffWrite)
	web.Register(r, op("staff-training", "GET", "/staff/training", access.Needs(access.StaffRead), "培训概况", "What each worker still needs, and the sessions"), s.apiTraining)
	sheet := op("get-training-session", "GET", "/staff/sessions/{id}", write, "签到表", "The workers of a session, with attendance and tests")
	sheet.Answers = []int{404}
	web.Register(r, sheet, s.apiSession)
	mark := op("mark-training-session", "POST", "/staff/sessions/{id}/attendance", write, "登记出勤和成绩", "Note who attended, and test results")
	mark.Answers = []int{404, 409}
	web.Register(r, mark, s.apiMark)
}

type courseItem struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Hours    int    `json:"hours"`
	Required bool   `json:"required"`
	Pass     int    `json:"pass" doc:"pass mark; 0 no test"`
	Open     int    `json:"open" doc:"workers who still need it; 0 where it is not required"`
}

type learnerItem struct {
	Worker *person `json:"worker"`
	Place  place   `json:"place"`
	Open   []Ref   `json:"open" nullable:"false" doc:"required courses still to pass"`
}

type sessionItem struct {
	ID      int64  `json:"id"`
	Day     int    `json:"day"`
	Course  int64  `json:"course_id"`
	Title   string `json:"course"`
	Venue   string `json:"venue"`
	Teacher string `json:"teacher"`
	Present int    `json:"present"`
	Marked  int    `json:"marked" doc:"workers whose attendance is noted"`
}

type trainingOut struct {
	Body struct {
		Courses  []courseItem  `json:"courses" nullable:"false"`
		Workers  []learnerItem `json:"workers" nullable:"false" doc:"under contract today who still need a course"`
		All      int           `json:"all" doc:"workers under contract today"`
		Sessions []sessionItem `json:"sessions" nullable:"false" doc:"the latest first, 100 at most"`
	}
}

func (s *Service) apiTraining(ctx context.Context, scope access.Scope, _ *struct{}) (*trainingOut, error) {
	out := &trainingOut{}
	b := &out.Body
	b.Courses, b.Workers, b.Sessions = []courseItem{}, []learnerItem{}, []sessionItem{}
	today := s.Calendar().Day(s.DB.NowIn(ctx))
	seats, err := s.Staff(ctx, scope, today)
	if err != nil {
		return nil, err
	}
	at := map[int64]place{}
	workers := map[int][]int64{} // by district, in the order of their grids
	for _, x := range seats {
		for _, p := range x.Workers {
			if _, twice := at[p.Account]; !p.Covers && !twice {
				at[p.Account] = s.place(x.Community, x.Grid)
				workers[x.District] = append(workers[x.District], p.Account)
				b.All++
			}
		}
	}
	for _, d := range scope.Districts() {
		rows, err := s.DB.Query(ctx, "SELECT id, name, hours, required, pass FROM staff_course WHERE district = ? AND state = 'active' AND valid_from <= ? ORDER BY id", d, today)
		courses, err := store.All(rows, err, func(rows *sql.Rows) (c courseItem, err error) {
			return c, rows.Scan(&c.ID, &c.Name, &c.Hours, &c.Required, &c.Pass)
		})
		if err != nil {
			return nil, err
		}
		_, open, err := s.trained(ctx, d, workers[d], today)
		if err != nil {
			return nil, err
		}
		for _, who := range workers[d] {
			if len(open[who]) == 0 {
				continue
			}
			x := learnerItem{Worker: s.person(who), Place: at[who]}
			for i := range courses {
				if slices.Contains(open[who], courses[i].ID) {
					courses[i].Open++
					x.Open = append(x.Open, Ref{ID: courses[i].ID, Title: courses[i].Name})
				}
			}
			b.Workers = append(b.Workers, x)
		}
		b.Courses = append(b.Courses, courses...)
		rows, err = s.DB.Query(ctx, `SELECT n.id, n.valid_from, n.course, c.name, n.venue, n.teacher,
			(SELECT COUNT(*) FROM staff_attendance a WHERE a.district = n.district AND a.session = n.id AND a.state <> 'void' AND a.attended = 'present'),
			(SELECT COUNT(*) FROM staff_attendance a WHERE a.district = n.district AND a.session = n.id AND a.state <> 'void')
			FROM staff_session n JOIN staff_course c ON c.district = n.district AND c.id = n.course WHERE n.district = ? AND n.state <> 'void' ORDER BY n.valid_from DESC, n.id DESC LIMIT 100`, d)
		sessions, err := store.All(rows, err, func(rows *sql.Rows) (x sessionItem, err error) {
			return x, rows.Scan(&x.ID, &x.Day, &x.Course, &x.Title, &x.Venue, &x.Teacher, &x.Present, &x.Marked)
		})
		if err != nil {
			return nil, err
		}
		b.Sessions = append(b.Sessions, sessions...)
	}
	return out, nil
}

// Mark is one worker's part in a session.
type Mark struct {
	Account  int64  `json:"account"`
	Attended string `json:"attended" enum:"present,leave,absent"`
	Score    int    `json:"score,omitempty" minimum:"0" maximum:"100" doc:"test result of who was present"`
}

// attendances are the notes of a session by worker.
func (s *Service) attendances(ctx context.Context, scope access.Scope, session int64) (map[int64]*Attendance, error) {
	out := map[int64]*Attendance{}
	err := s.Attendances.All(ctx, scope, ledger.Filter{Where: []string{ledger.Where("session", "=", session)}}, func(a *Attendance) error {
		if a.State != ledger.Void {
			out[a.Account] = a
		}
		return nil
	})
	return out, err
}

// roster are the workers of a session: under contract on its day, in the scope.
func (s *Service) roster(ctx context.Context, scope access.Scope, x *Session) ([]Stint, error) {
	day := int(x.From)
	list, err := s.stints(ctx, x.District, 0, day, nextDay(day))
	seen := map[int64]bool{}
	return slices.DeleteFunc(list, func(p Stint) bool {
		gone := seen[p.Account] || !scope.Covers(access.Target{District: p.District, Street: p.Street, Community: p.Community, Grid: p.Grid})
		seen[p.Account] = true
		return gone
	}), err
}

// MarkAll notes attendance in one write: all or none.
func (s *Service) MarkAll(ctx context.Context, scope access.Scope, session int64, marks []Mark) error {
	x, err := s.Sessions.Get(ctx, scope, session)
	if err != nil {
		return err
	}
	if int(x.From) > s.Calendar().Day(s.DB.NowIn(ctx)) {
		return invalid("items", "培训还没有举行，请在当天或之后登记", "the session has not been held yet")
	}
	people, err := s.roster(ctx, scope, x)
	if err != nil {
		return err
	}
	have, err := s.attendances(ctx, scope, session)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		for i, m := range marks {
			if m.Attended != "present" {
				m.Score = 0
			}
			old := have[m.Account]
			switch {
			case old == nil && !slices.ContainsFunc(people, func(p Stint) bool { return p.Account == m.Account }):
				return NoContract.New("name", s.People.Account(m.Account)).In("items[" + strconv.Itoa(i) + "].account")
			case old == nil:
				if _, err := s.Attendances.PutIn(ctx, tx, scope, Attendance{Row: ledger.Row{Region: int64(x.District), From: x.From, To: x.From}, Session: session, Account: m.Account, Attended: m.Attended, Score: m.Score}); err != nil {
					return err
				}
			case old.Attended != m.Attended || old.Score != m.Score:
				if _, err := s.Attendances.ChangeIn(ctx, tx, scope, old.ID, old.Version, func(a *Attendance) error {
					a.Attended, a.Score = m.Attended, m.Score
					return nil
				}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

type markItem struct {
	Worker   *person `json:"worker"`
	Place    place   `json:"place"`
	Attended string  `json:"attended" doc:"present, leave, absent; empty: not noted"`
	Score    int     `json:"score"`
	Needs    bool    `json:"needs" doc:"has not passed this course before"`
}

type sessionPage struct {
	sessionItem
	Pass  int        `json:"pass" doc:"pass mark; 0 no test"`
	Held  bool       `json:"held" doc:"its day has come: attendance may be noted"`
	Items []markItem `json:"items" nullable:"false"`
}

type sessionOut struct{ Body sessionPage }

func (s *Service) apiSession(ctx context.Context, scope access.Scope, in *idIn) (*sessionOut, error) {
	x, err := s.Sessions.Get(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.CourseList.Get(ctx, scope, x.Course)
	if err != nil {
		return nil, err
	}
	people, err := s.roster(ctx, scope, x)
	if err != nil {
		return nil, err
	}
	have, err := s.attendances(ctx, scope, x.ID)
	if err != nil {
		return nil, err
	}
	passed, err := s.passed(ctx, x.District, x.Course, x.ID)
	if err != nil {
		return nil, err
	}
	out := &sessionOut{sessionPage{sessionItem: sessionItem{ID: x.ID, Day: int(x.From), Course: x.Course, Title: c.Name, Venue: x.Venue, Teacher: x.Teacher}, Pass: c.Pass,
		Held: int(x.From) <= s.Calendar().Day(s.DB.NowIn(ctx)), Items: []markItem{}}}
	for _, p := range people {
		m := markItem{Worker: s.person(p.Account), Place: s.place(p.Community, p.Grid), Needs: !passed[p.Account]}
		if a := have[p.Account]; a != nil {
			m.Attended, m.Score = a.Attended, a.Score
			out.Body.Marked++
			if a.Attended == "present" {
				out.Body.Present++
			}
		}
		out.Body.Items = append(out.Body.Items, m)
	}
	return out, nil
}

// passed are the workers who passed the course in other sessions.
func (s *Service) passed(ctx context.Context, district int, course, but int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	rows, err := s.DB.Query(ctx, `SELECT a.account FROM staff_attendance a JOIN staff_session n ON n.district = a.district AND n.id = a.session
		JOIN staff_course c ON c.district = n.district AND c.id = n.course WHERE a.district = ? AND c.id = ? AND n.id <> ? AND a.attended = 'present' AND a.state <> 'void' AND a.score >= c.pass`, district, course, but)
	_, err = store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var account int64
		err := rows.Scan(&account)
		out[account] = true
		return struct{}{}, err
	})
	return out, err
}

type marksIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Items []Mark `json:"items" nullable:"false" maxItems:"2000"`
	}
}

func (s *Service) apiMark(ctx context.Context, scope access.Scope, in *marksIn) (*sessionOut, error) {
	if len(in.Body.Items) == 0 {
		return nil, errs.Required.New("field", w("出勤", "attendance")).In("items")
	}
	if err := s.MarkAll(ctx, scope, in.ID, in.Body.Items); err != nil {
		return nil, err
	}
	return s.apiSession(ctx, scope, &idIn{in.ID})
}
