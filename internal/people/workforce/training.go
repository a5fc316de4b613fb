package workforce

import (
	"context"
	"database/sql"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
)

// Course is what workers learn. A required one has to be passed by everybody.
type Course struct {
	ledger.Row
	Name     string `zh:"课程名称" en:"course" rule:"required,unique,search,max=60"`
	Hours    int    `zh:"学时" en:"hours" rule:"required,min=1,max=200"`
	Required bool   `zh:"必修" en:"required" rule:"filter"`
	Pass     int    `zh:"及格分(0 为不考试)" en:"pass mark (0: no test)" rule:"max=100"`
	About    string `zh:"内容与材料" en:"contents and material" rule:"long,max=2000"`
}

// Session is a course held on a day (valid_from).
type Session struct {
	ledger.Row
	Course  int64  `zh:"课程" en:"course" ref:"staff_course" rule:"required,fixed,filter"`
	Venue   string `zh:"地点" en:"place" rule:"required,max=60"`
	Teacher string `zh:"授课人" en:"teacher" rule:"max=40"`
}

// Attendance is one worker's part in a session, with the result of its test.
type Attendance struct {
	ledger.Row
	Session  int64  `zh:"培训场次" en:"session" ref:"staff_session" rule:"required,fixed,filter"`
	Account  int64  `zh:"网格员" en:"worker" ref:"account" rule:"required,fixed,filter"`
	Attended string `zh:"出勤" en:"attended" choices:"present:到场:Present; leave:请假:Excused; absent:缺席:Absent" rule:"required,filter"`
	Score    int    `zh:"测试成绩" en:"test result" rule:"max=100"`
}

func (s *Service) declareTraining(e *ledger.Engine) {
	s.CourseList = ledger.Declare(e, ledger.Def[Course]{Code: "staff_course", Name: w("培训课程", "Courses"), Group: "workforce", Read: access.StaffRead, Write: access.StaffWrite, Place: ledger.InDistrict, Label: func(c *Course) string { return c.Name }})
	s.Sessions = ledger.Declare(e, ledger.Def[Session]{Code: "staff_session", Name: w("培训场次", "Training sessions"), Group: "workforce", Read: access.StaffRead, Write: access.StaffWrite, Place: ledger.InDistrict,
		Label: func(x *Session) string { return calendar.DayText(int(x.From)) + " " + x.Venue }})
	s.Attendances = ledger.Declare(e, ledger.Def[Attendance]{Code: "staff_attendance", Name: w("培训记录", "Training attended"), Group: "workforce", Read: access.StaffRead, Write: access.StaffWrite, Place: ledger.InDistrict,
		Label: func(a *Attendance) string { return s.People.Account(a.Account) }, Single: [][]string{{"session", "account"}}})
}

// trained are the required courses of the district that each person has passed by
// the day, and those still to do.
func (s *Service) trained(ctx context.Context, district int, accounts []int64, by int) (done, open map[int64][]int64, err error) {
	courses, err := s.courses(ctx, district, "required = 1 AND state = 'active' AND valid_from <= ?", by)
	if err != nil {
		return nil, nil, err
	}
	passed := map[[2]int64]bool{}
	rows, err := s.DB.Query(ctx, `SELECT a.account, n.course, a.score, c.pass FROM staff_attendance a JOIN staff_session n ON n.district = a.district AND n.id = a.session
		JOIN staff_course c ON c.district = n.district AND c.id = n.course WHERE a.district = ? AND a.attended = 'present' AND a.state <> 'void' AND n.valid_from <= ?`, district, by)
	if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var account, course int64
		var score, pass int
		err := rows.Scan(&account, &course, &score, &pass)
		if score >= pass {
			passed[[2]int64{account, course}] = true
		}
		return struct{}{}, err
	}); err != nil {
		return nil, nil, err
	}
	done, open = map[int64][]int64{}, map[int64][]int64{}
	for _, a := range accounts {
		for _, c := range courses {
			if passed[[2]int64{a, c.ID}] {
				done[a] = append(done[a], c.ID)
			} else {
				open[a] = append(open[a], c.ID)
			}
		}
	}
	return done, open, nil
}

func (s *Service) courses(ctx context.Context, district int, where string, args ...any) ([]Ref, error) {
	rows, err := s.DB.Query(ctx, "SELECT id, name FROM staff_course WHERE district = ? AND "+where+" ORDER BY id", append([]any{district}, args...)...)
	return store.All(rows, err, func(rows *sql.Rows) (r Ref, err error) { return r, rows.Scan(&r.ID, &r.Title) })
}

// courseRefs names courses by id.
func (s *Service) courseRefs(ctx context.Context, district int, ids []int64) ([]Ref, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return s.courses(ctx, district, "id IN ("+marks(len(ids))+")", args...)
}

// Lesson is a session as its worker sees it.
type Lesson struct {
	Day      int    `json:"day"`
	Course   string `json:"course"`
	Venue    string `json:"venue"`
	Attended string `json:"attended" doc:"present, leave, absent; empty: to come"`
	Score    int    `json:"score"`
	Pass     int    `json:"pass" doc:"0: no test"`
}

// lessons are the account's sessions, the latest first.
func (s *Service) lessons(ctx context.Context, account int64) ([]Lesson, error) {
	rows, err := s.DB.Query(ctx, `SELECT n.valid_from, c.name, n.venue, a.attended, a.score, c.pass FROM staff_attendance a JOIN staff_session n ON n.district = a.district AND n.id = a.session
		JOIN staff_course c ON c.district = n.district AND c.id = n.course WHERE a.account = ? AND a.state <> 'void' ORDER BY n.valid_from DESC, n.id DESC LIMIT 100`, account)
	return store.All(rows, err, func(rows *sql.Rows) (l Lesson, err error) {
		return l, rows.Scan(&l.Day, &l.Course, &l.Venue, &l.Attended, &l.Score, &l.Pass)
	})
}
