package whistle

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// meetingCols ties scopes to meetings m; see Meeting.Target.
var meetingCols = access.Cols{District: "m.district", Street: "m.street", Community: "m.community",
	Org: "(m.state <> 'planned' AND (EXISTS (SELECT 1 FROM meeting_guest g WHERE g.district = m.district AND g.meeting_id = m.id AND g.org = ? AND g.org > 0) OR " +
		"EXISTS (SELECT 1 FROM meeting_task k WHERE k.district = m.district AND k.meeting_id = m.id AND k.org = ?)))"}

func table(name, cols string) *store.Table {
	return &store.Table{Name: name, Cols: strings.Split(cols, ", ")}
}

var (
	meetingTable = table("meeting", "district, id, version, seq, state, title, street, community, quarter, at, place, minutes, convener, created_at, held_at, minuted_at")
	itemTable    = table("meeting_item", "district, meeting_id, id, n, kind, ref, title, why, taken, outcome")
	guestTable   = table("meeting_guest", "district, meeting_id, id, org, name, answer, person, present")
	taskTable    = table("meeting_task", "district, meeting_id, id, item_id, street, community, org, title, due, state, result, ended_at")
)

func (m *Meeting) values() []any {
	return []any{m.District, m.ID, m.Version, m.Seq, string(m.State), m.Title, m.Street, m.Community, m.Quarter, m.At, m.Place, m.Minutes, m.Convener, m.CreatedAt, m.HeldAt, m.MinutedAt}
}

func scanMeeting(r *sql.Rows) (*Meeting, error) {
	m := &Meeting{}
	return m, r.Scan(&m.District, &m.ID, &m.Version, &m.Seq, (*string)(&m.State), &m.Title, &m.Street, &m.Community, &m.Quarter, &m.At, &m.Place, &m.Minutes, &m.Convener, &m.CreatedAt, &m.HeldAt, &m.MinutedAt)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (t *Topic) values(m *Meeting, n int) []any {
	why, err := json.Marshal(t.Why)
	if err != nil {
		panic(err)
	}
	return []any{m.District, m.ID, t.ID, n, t.Kind, t.Ref, t.Title, string(why), bit(t.Taken), t.Outcome}
}

func (x *Guest) values(m *Meeting) []any {
	return []any{m.District, m.ID, x.ID, x.Org, x.Name, x.Answer, x.Person, bit(x.Present)}
}

func (k *Task) values(m *Meeting) []any {
	return []any{m.District, m.ID, k.ID, k.Item, m.Street, m.Community, k.Org, k.Title, k.Due, string(k.State), k.Result, k.EndedAt}
}

func scanTask(r *sql.Rows) (k Task, err error) {
	return k, r.Scan(&k.Meeting, &k.ID, &k.Item, &k.Org, &k.Title, &k.Due, (*string)(&k.State), &k.Result, &k.EndedAt)
}

const selectTask = "SELECT k.meeting_id, k.id, k.item_id, k.org, k.title, k.due, k.state, k.result, k.ended_at FROM meeting_task k "

func (ask reader) meeting(scope access.Scope, id int64, lock string) (*Meeting, error) {
	where, args := scope.Where(meetingCols)
	rows, err := ask("SELECT m."+strings.Join(meetingTable.Cols, ", m.")+" FROM meeting m WHERE m.id = ? AND "+where+lock, append([]any{id}, args...)...)
	found, err := store.All(rows, err, scanMeeting)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errs.NotFound.New()
	}
	m := found[0]
	rows, err = ask("SELECT id, kind, ref, title, why, taken, outcome FROM meeting_item WHERE district = ? AND meeting_id = ? ORDER BY n, id", m.District, m.ID)
	if m.Agenda, err = store.All(rows, err, func(r *sql.Rows) (t Topic, err error) {
		var why string
		var taken int
		if err := r.Scan(&t.ID, &t.Kind, &t.Ref, &t.Title, &why, &taken, &t.Outcome); err != nil {
			return t, err
		}
		t.Taken = taken == 1
		return t, json.Unmarshal([]byte(why), &t.Why)
	}); err != nil {
		return nil, err
	}
	rows, err = ask("SELECT id, org, name, answer, person, present FROM meeting_guest WHERE district = ? AND meeting_id = ? ORDER BY id", m.District, m.ID)
	if m.Guests, err = store.All(rows, err, func(r *sql.Rows) (x Guest, err error) {
		var present int
		err = r.Scan(&x.ID, &x.Org, &x.Name, &x.Answer, &x.Person, &present)
		x.Present = present == 1
		return x, err
	}); err != nil {
		return nil, err
	}
	rows, err = ask(selectTask+"WHERE k.district = ? AND k.meeting_id = ? ORDER BY k.id", m.District, m.ID)
	m.Tasks, err = store.All(rows, err, scanTask)
	return m, err
}

// MeetingByID reads a meeting that the scope reaches.
func (s *Service) MeetingByID(ctx context.Context, scope access.Scope, id int64) (*Meeting, error) {
	return s.reader(ctx).meeting(scope, id, "")
}

// openTasks are what earlier meetings of the place decided and is not done.
func (s *Service) openTasks(ctx context.Context, m *Meeting) ([]Task, error) {
	rows, err := s.DB.Query(ctx, selectTask+"WHERE k.district = ? AND k.street = ? AND k.community = ? AND k.state IN ('open', 'reported') AND k.meeting_id <> ? ORDER BY k.due, k.id LIMIT ?", m.District, m.Street, m.Community, m.ID, maxTopics/2)
	return store.All(rows, err, scanTask)
}

// MeetingFilter chooses meetings. Zero fields do not narrow.
type MeetingFilter struct {
	State   string
	Quarter int
	Region  int64 // street or community
	After   int64 // keyset: ids below it
	Limit   int
}

// Meetings lists the newest first, without agenda and guests.
func (s *Service) Meetings(ctx context.Context, scope access.Scope, f MeetingFilter) (list []*Meeting, more bool, err error) {
	where, args := scope.Where(meetingCols)
	and := func(cond string, a any) { where, args = where+" AND "+cond, append(args, a) }
	if f.State != "" {
		and("m.state = ?", f.State)
	}
	if f.Quarter != 0 {
		and("m.quarter = ?", f.Quarter)
	}
	switch access.Digits(f.Region) {
	case 0:
	case 9:
		and("m.street = ?", f.Region)
	default:
		and("m.community = ?", f.Region)
	}
	if f.After != 0 {
		and("m.id < ?", f.After)
	}
	rows, err := s.DB.Query(ctx, "SELECT m."+strings.Join(meetingTable.Cols, ", m.")+" FROM meeting m WHERE "+where+" ORDER BY m.id DESC LIMIT ?", append(args, f.Limit+1)...)
	if list, err = store.All(rows, err, scanMeeting); err != nil {
		return nil, false, err
	}
	if more = len(list) > f.Limit; more {
		list = list[:f.Limit]
	}
	return list, more, nil
}

// PlacedTask is a task with its meeting's name.
type PlacedTask struct {
	Task
	Title string // of the meeting
}

// Tasks lists what joint meetings decided, the next due first: of one
// organisation, or of all that the scope reaches; open ones only if wished.
func (s *Service) Tasks(ctx context.Context, scope access.Scope, org int64, open bool) ([]PlacedTask, error) {
	where, args := scope.Where(meetingCols)
	if org != 0 {
		where, args = where+" AND k.org = ?", append(args, org)
	}
	if open {
		where += " AND k.state IN ('open', 'reported')"
	}
	rows, err := s.DB.Query(ctx, "SELECT k.meeting_id, k.id, k.item_id, k.org, k.title, k.due, k.state, k.result, k.ended_at, m.title FROM meeting_task k JOIN meeting m ON m.district = k.district AND m.id = k.meeting_id WHERE "+where+" ORDER BY k.due, k.id LIMIT 500", args...)
	return store.All(rows, err, func(r *sql.Rows) (p PlacedTask, err error) {
		k := &p.Task
		return p, r.Scan(&k.Meeting, &k.ID, &k.Item, &k.Org, &k.Title, &k.Due, (*string)(&k.State), &k.Result, &k.EndedAt, &p.Title)
	})
}
