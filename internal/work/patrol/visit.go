package patrol

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// The outcomes of a visit.
const (
	Fine   = "fine"   // 正常
	Absent = "absent" // 无人
	Found  = "found"  // 有情况
)

// Outcomes lists them.
var Outcomes = []string{Fine, Absent, Found}

// maxTries is after how many visits in a row at which nobody was there a lead
// decides what next; until then the program plans the next try.
const maxTries = 3

// defaultRetry is the days until the next try where a rule sets none.
const defaultRetry = 2

// keepDays is how old a visit may be when it comes: a phone may be offline for
// long. Older ones, and such from the future, count as of now.
const keepDays = 60

// Visit is what somebody found at a door.
type Visit struct {
	ID       int64
	Client   string // the phone's own name for it, a UUID: once is enough
	Tasks    []int64
	Home     int64 // 0: a building or place
	Building int64 // 0: the home's, or the first task's
	Outcome  string
	Answers  map[string][]string // to the sheets of its tasks, by code
	Note     string
	Wish     string
	Lon, Lat float64 // WGS 84, 0,0 if none was given
	Photos   []string
	At       int64                         // microseconds UTC; 0: now
	OnWrite  func(*store.Tx, *Visit) error // in the same transaction, also for a visit that had come before

	District   int
	Street     int64
	Community  int64
	Grid       int64
	Account    int64
	Post       int64
	Case       int64
	Day        int
	ReceivedAt int64
	Again      bool // it had come before
}

// Target is the visit as scopes see it.
func (v *Visit) Target() access.Target {
	return access.Target{District: v.District, Street: v.Street, Community: v.Community, Grid: v.Grid}
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func (v *Visit) check() error {
	v.Client = strings.ToLower(v.Client)
	for _, f := range []struct{ field, text string }{{"note", v.Note}, {"wish", v.Wish}} {
		if err := checkText(f.field, f.text, 500, false); err != nil {
			return err
		}
	}
	switch {
	case !uuidForm.MatchString(v.Client):
		return invalid("client", "请用 UUID", "give a UUID")
	case !slices.Contains(Outcomes, v.Outcome):
		return invalid("outcome", "请选 fine、absent 或 found", "choose fine, absent or found")
	case len(v.Tasks) > 100:
		return errs.TooLong.New("max", 100).In("tasks")
	case len(v.Photos) > 9:
		return errs.TooLong.New("max", 9).In("photos")
	case v.Home == 0 && v.Building == 0 && len(v.Tasks) == 0:
		return errs.Required.New().In("home")
	case math.IsNaN(v.Lon) || math.IsNaN(v.Lat) || math.Abs(v.Lon) > 180 || math.Abs(v.Lat) > 90 || (v.Lon == 0) != (v.Lat == 0):
		return invalid("lon", "请给出完整的 WGS 84 坐标,或者都不给", "give a whole WGS 84 position, or none")
	}
	for _, p := range v.Photos {
		if !uuidForm.MatchString(p) {
			return invalid("photos", "请用 UUID", "give UUIDs")
		}
	}
	return nil
}

// Record keeps a visit and settles what was due there. The second time it only
// says what the first time did (Visit.Again). Who visits must reach the place on
// the day of the visit or today, so that what was done before a post ended still
// counts.
func (s *Service) Record(ctx context.Context, scope access.Scope, v Visit) (*Visit, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	now := s.DB.NowIn(ctx)
	if v.At <= 0 || v.At > now || v.At < now-keepDays*24*time.Hour.Microseconds() {
		v.At = now
	}
	v.Day, v.ReceivedAt, v.Account = s.Calendar().Day(v.At), now, scope.Account()
	v.ID = s.DB.NextID()
	var made *Visit
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		var err error
		if made, err = s.write(ctx, tx, scope, v); err != nil || v.OnWrite == nil {
			return err
		}
		return v.OnWrite(tx, made)
	})
	return made, err
}

// same tells whether the visit that comes again is the one that is there.
func (v *Visit) same(old *Visit) error {
	if old.Account != v.Account || old.Home != v.Home || old.Outcome != v.Outcome || old.Note != v.Note || v.Building != 0 && old.Building != v.Building {
		return errs.Conflict.New("what", w("这个编号已用于另一次走访", "another visit has this name already")).In("client")
	}
	return nil
}

// districts are those in which the scope, or who has it had on the day of the
// visit, reaches anything.
func districts(scope access.Scope, day int) []int {
	out := scope.Districts()
	if a := scope.Actor(); a != nil {
		if then, err := a.Scope(access.VisitRecord, day); err == nil {
			out = append(slices.Clone(out), then.Districts()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// door finds the home that was named, and the building that it lies in.
func (s *Service) door(tx *store.Tx, in []int, v *Visit) error {
	if v.Home == 0 {
		return nil
	}
	err := error(errs.NotFound.New().In("home"))
	for _, d := range in {
		var home Home
		if home, err = s.Homes.Home(tx, d, v.Home); err == nil {
			v.Home, v.Building, v.District = home.ID, home.Building, d
		}
		if !errs.Is(err, errs.NotFound) {
			break
		}
	}
	return err
}

// listed are the visit's tasks, which tell where it was if nothing else does.
// Those out of reach do not exist for the caller.
func (s *Service) listed(tx *store.Tx, in []int, v *Visit) ([]Task, error) {
	if len(v.Tasks) == 0 {
		return nil, nil
	}
	if len(in) == 0 {
		return nil, errs.NotFound.New().In("tasks")
	}
	v.Tasks = slices.Clone(v.Tasks)
	slices.Sort(v.Tasks)
	v.Tasks = slices.Compact(v.Tasks)
	args := make([]any, 0, len(in)+len(v.Tasks))
	for _, d := range in {
		args = append(args, d)
	}
	for _, id := range v.Tasks {
		args = append(args, id)
	}
	list, err := tasksAt(tx, "t.district IN (?"+strings.Repeat(",?", len(in)-1)+") AND t.id IN (?"+strings.Repeat(",?", len(v.Tasks)-1)+")", args...)
	if err != nil {
		return nil, err
	}
	if len(list) != len(v.Tasks) {
		return nil, errs.NotFound.New().In("tasks")
	}
	for _, t := range list {
		if t.District != list[0].District || v.Home != 0 && t.Home != 0 && t.Home != v.Home {
			return nil, invalid("tasks", "一次走访只能记录一户或一处", "a visit is about one home or place")
		}
		if v.Home == 0 && t.Home != 0 {
			v.Home = t.Home
		}
	}
	v.District = list[0].District
	if v.Building == 0 {
		v.Building = list[0].Building
	}
	if v.Building == 0 { // a hazard in the open
		v.Street, v.Community, v.Grid = list[0].Street, list[0].Community, list[0].Grid
	}
	return list, nil
}

// reach finds where the visit was and narrows the scope to those that reach it.
func (s *Service) reach(scope *access.Scope, v *Visit) error {
	if v.Building != 0 {
		b, ok := s.City.Building(v.Building)
		if !ok {
			return errs.NotFound.New().In("building")
		}
		v.Grid, v.Community = b.Grid, b.Community
		v.Street, v.District = b.Community/1000, districtOf(b.Community)
	}
	if !scope.Covers(v.Target()) && scope.Actor() != nil {
		then, err := scope.Actor().Scope(access.VisitRecord, v.Day)
		if err != nil {
			return err
		}
		*scope = then
	}
	if err := scope.Check(v.Target()); err != nil {
		return err
	}
	if p, ok := scope.PostFor(v.Target()); ok {
		v.Post = p.ID
	}
	return nil
}

// sheets are the rules, in the versions of the tasks, whose questions may be answered.
func (s *Service) sheets(ctx context.Context, list []Task) (map[[2]int64]*Rule, error) {
	out := map[[2]int64]*Rule{}
	for _, t := range list {
		k := t.sheet()
		if out[k] != nil {
			continue
		}
		r, err := s.ruleAt(ctx, t.Rule, t.RuleVersion)
		if err != nil {
			return nil, err
		}
		out[k] = r
	}
	return out, nil
}

func (t *Task) sheet() [2]int64 { return [2]int64{t.Rule, int64(t.RuleVersion)} }

// write is the one path by which a visit comes to be. One that is there already
// changes nothing and comes back with Again; another one under the same name is
// refused. All that it reads it reads here, in statements that the writer keeps
// prepared: reading before the write cost more than the write.
func (s *Service) write(ctx context.Context, tx *store.Tx, scope access.Scope, v Visit) (*Visit, error) {
	in := districts(scope, v.Day)
	if err := s.door(tx, in, &v); err != nil {
		return nil, err
	}
	listed, err := s.listed(tx, in, &v)
	if err != nil {
		return nil, err
	}
	if err := s.reach(&scope, &v); err != nil {
		return nil, err
	}
	var there, found sql.NullInt64
	if err := tx.QueryRow("SELECT (SELECT v.id FROM visit v WHERE v.district = ? AND v.client = ?), (SELECT c.case_id FROM visit_case c WHERE c.district = ? AND c.client = ?)",
		v.District, v.Client, v.District, v.Client).Scan(&there, &found); err != nil {
		return nil, err
	}
	if v.Case = found.Int64; there.Valid {
		rows, err := tx.Query(visitSelect+"v.district = ? AND v.id = ?", v.District, there.Int64)
		old, err := one(store.All(rows, err, scanVisit))
		if err != nil {
			return nil, err
		}
		old.Again = true
		return old, v.same(old)
	}
	var touched []Task // what is open at the home, and of the listed tasks
	if v.Home != 0 {
		if touched, err = tasksAt(tx, "t.district = ? AND t.home = ? AND t.state = 'open'", v.District, v.Home); err != nil {
			return nil, err
		}
	}
	sheets, err := s.sheets(ctx, slices.Concat(listed, touched))
	if err != nil {
		return nil, err
	}
	if v.Answers, err = checkAnswers(sheets, v.Answers, v.Outcome != Absent, listed); err != nil {
		return nil, err
	}
	for _, t := range listed {
		if t.State == Open && !slices.ContainsFunc(touched, func(x Task) bool { return x.ID == t.ID }) {
			touched = append(touched, t)
		}
	}
	settled := []int64{}
	for _, t := range touched {
		if v.Day <= t.Anchor { // it was made before the last one
			continue
		}
		switch r := sheets[t.sheet()]; {
		case v.Outcome == Absent:
			t.Tries++
			t.Again = addDays(v.Day, retryOf(r))
			if late := max(t.Due, addDays(v.Day, 1)); t.Again > late {
				t.Again = late
			}
			t.Day, t.Rank = keepToday(t.Day, t.Rank, v.Day)
		case !slices.Contains(v.Tasks, t.ID) && r != nil && r.unanswered(v.Answers):
			continue // what must be asked there was not asked
		default:
			t.State, t.Visit, t.DoneDay, t.Tries = Done, v.ID, v.Day, 0
			if t.Day == 0 || t.Day > v.Day {
				t.Day, t.Worker = v.Day, v.Account
			}
			if err := mark(tx, &t, v.Day); err != nil {
				return nil, err
			}
		}
		if ok, err := t.save(tx); err != nil {
			return nil, err
		} else if !ok {
			return nil, errs.Stale.New("current", t.Version)
		}
		settled = append(settled, t.ID)
		if err := record(tx, scope, t.target(), "visit.settle", "visit_task", t.ID, t.Version, map[string]any{"visit": v.ID, "state": t.State}, digestOf(t.values()...)); err != nil {
			return nil, err
		}
	}
	vals, err := v.values(settled)
	if err != nil {
		return nil, err
	}
	if err := tx.Insert(visitTable, vals...); err != nil {
		return nil, err
	}
	v.Tasks = settled
	return &v, record(tx, scope, v.Target(), "visit.record", "visit", v.ID, 1,
		map[string]any{"grid": v.Grid, "building": v.Building, "home": v.Home, "outcome": v.Outcome, "tasks": settled}, digestOf(vals...))
}

// keepToday: a task at which nobody was today stays in today's list.
func keepToday(day, rank, visited int) (int, int) {
	if day == visited {
		return day, rank
	}
	return 0, 0
}

func retryOf(r *Rule) int {
	if r == nil || r.Retry == 0 {
		return defaultRetry
	}
	return r.Retry
}

func (v *Visit) values(settled []int64) ([]any, error) {
	tasks, err := jsonText(settled)
	if err != nil {
		return nil, err
	}
	answers, err := jsonText(v.Answers)
	if err != nil {
		return nil, err
	}
	photos, err := jsonText(slices.Concat([]string{}, v.Photos))
	return []any{v.District, v.ID, v.Client, v.Account, v.Post, v.Street, v.Community, v.Grid, v.Building, v.Home, v.Outcome, tasks, answers, v.Note, v.Wish, v.Lon, v.Lat, photos, v.Case, v.Day, v.At, v.ReceivedAt}, err
}

const visitSelect = "SELECT v.district, v.id, v.client, v.account, v.post, v.street, v.community, v.grid, v.building, v.home, v.outcome, v.tasks, v.answers, v.note, v.wish, v.lon, v.lat, v.photos, v.case_id, v.day, v.at, v.received_at FROM visit v WHERE "

var visitScope = access.Cols{District: "v.district", Street: "v.street", Community: "v.community", Grid: "v.grid"}

func scanVisit(r *sql.Rows) (*Visit, error) {
	v := &Visit{}
	var tasks, answers, photos string
	if err := r.Scan(&v.District, &v.ID, &v.Client, &v.Account, &v.Post, &v.Street, &v.Community, &v.Grid, &v.Building, &v.Home, &v.Outcome, &tasks, &answers, &v.Note, &v.Wish, &v.Lon, &v.Lat, &photos, &v.Case, &v.Day, &v.At, &v.ReceivedAt); err != nil {
		return nil, err
	}
	return v, errors.Join(json.Unmarshal([]byte(tasks), &v.Tasks), json.Unmarshal([]byte(answers), &v.Answers), json.Unmarshal([]byte(photos), &v.Photos))
}

func one[T any](all []*T, err error) (*T, error) {
	if err == nil && len(all) == 0 {
		err = errs.NotFound.New()
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

func scanID(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) }

// LinkCase notes that a case came of a visit, in the transaction that makes the
// case. The visit may come later.
func (s *Service) LinkCase(tx *store.Tx, district int, client string, caseID int64) error {
	client = strings.ToLower(client)
	if !uuidForm.MatchString(client) {
		return invalid("visit", "请用 UUID", "give a UUID")
	}
	n, err := tx.Exec("UPDATE visit SET case_id = ? WHERE district = ? AND client = ? AND case_id = 0", caseID, district, client)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec("INSERT INTO visit_case (district, client, case_id) VALUES (?,?,?) ON CONFLICT (district, client) DO NOTHING", district, client, caseID)
	return err
}

// unanswered tells whether a required question of the sheet has no answer.
func (r *Rule) unanswered(given map[string][]string) bool {
	return slices.ContainsFunc(r.Questions, func(q Question) bool { return q.Required && len(given[q.Code]) == 0 })
}

// checkAnswers returns the answers as they are kept. Required ones are asked for
// only where the task was listed, and somebody was there.
func checkAnswers(sheets map[[2]int64]*Rule, given map[string][]string, met bool, listed []Task) (map[string][]string, error) {
	out := map[string][]string{}
	asked := map[string]Question{}
	for _, k := range slices.SortedFunc(maps.Keys(sheets), func(a, b [2]int64) int { return slices.Compare(a[:], b[:]) }) {
		must := met && slices.ContainsFunc(listed, func(t Task) bool { return t.sheet() == k && t.State == Open })
		for _, q := range sheets[k].Questions {
			asked[q.Code] = q
			values, err := q.check(given[q.Code])
			if err != nil {
				return nil, err
			}
			if len(values) > 0 {
				out[q.Code] = values
			} else if q.Required && must {
				return nil, errs.Required.New("field", w(q.Text, orZH(q.TextEN, q.Text))).In("answers." + q.Code)
			}
		}
	}
	for code := range given {
		if _, ok := asked[code]; !ok {
			return nil, errs.Invalid.New("field", w("问题“"+code+"”", "question “"+code+"”"), "remedy", w("这里没有问这一项", "it is not asked here")).In("answers." + code)
		}
	}
	return out, nil
}

func orZH(en, zh string) string {
	if en == "" {
		return zh
	}
	return en
}

func (q Question) check(given []string) ([]string, error) {
	var out []string
	wrong := func(zh, en string) ([]string, error) {
		return nil, errs.Invalid.New("field", w(q.Text, orZH(q.TextEN, q.Text)), "remedy", w(zh, en)).In("answers." + q.Code)
	}
	for _, v := range given {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		switch q.Datatype {
		case "number":
			if n, err := strconv.ParseFloat(v, 64); err != nil || math.IsInf(n, 0) || math.IsNaN(n) || len(v) > 30 {
				return wrong("请填数字", "give a number")
			}
		case "datetime":
			t, err := time.Parse(time.RFC3339, v)
			if err != nil {
				return wrong("请按 2026-12-01T09:30:00+08:00 的样子填写", "write it like 2026-12-01T09:30:00+08:00")
			}
			v = t.Format(time.RFC3339)
		case "singlevaluelist", "multivaluelist":
			if !slices.ContainsFunc(q.Values, func(c Choice) bool { return c.Key == v }) {
				return wrong("请从选项中选择", "choose one of the values")
			}
		default:
			most := 200
			if q.Datatype == "text" {
				most = 1000
			}
			if err := checkText("answers."+q.Code, v, most, true); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if len(out) > 1 && q.Datatype != "multivaluelist" {
		return wrong("只能填一个", "give one answer only")
	}
	return out, nil
}

// Words is the answer in words, for pages.
func (q Question) Words(values []string, lang string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v
		for _, c := range q.Values {
			if c.Key == v {
				out[i] = w(c.Name, orZH(c.NameEN, c.Name)).In(lang)
			}
		}
	}
	sep := "、"
	if lang == "en" {
		sep = ", "
	}
	return fmt.Sprint(strings.Join(out, sep))
}
