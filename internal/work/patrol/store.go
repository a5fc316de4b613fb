package patrol

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

const taskCols = "id rule rule_version target anchor version state street community grid building home case_id lon lat title priority minutes from_day due_day again day rank worker tries visit done_day reason changed_at"

var (
	ruleTable  = &store.Table{Name: "visit_rule", Cols: strings.Fields("district id version area street community valid_from body note created_by created_at")}
	visitTable = &store.Table{Name: "visit", Cols: strings.Fields("district id client account post street community grid building home outcome tasks answers note wish lon lat photos case_id day at received_at")}
	taskSelect = "SELECT t.district, t." + strings.ReplaceAll(taskCols, " ", ", t.") + " FROM visit_task t WHERE "
	taskScope  = access.Cols{District: "t.district", Street: "t.street", Community: "t.community", Grid: "t.grid"}
)

func (t *Task) target() access.Target {
	return access.Target{District: t.District, Street: t.Street, Community: t.Community, Grid: t.Grid}
}

func scanTask(r *sql.Rows) (t Task, err error) {
	return t, r.Scan(&t.District, &t.ID, &t.Rule, &t.RuleVersion, &t.Target, &t.Anchor, &t.Version, &t.State, &t.Street, &t.Community, &t.Grid, &t.Building, &t.Home, &t.Case, &t.Lon, &t.Lat, &t.Title,
		&t.Priority, &t.Minutes, &t.From, &t.Due, &t.Again, &t.Day, &t.Rank, &t.Worker, &t.Tries, &t.Visit, &t.DoneDay, &t.Reason, &t.ChangedAt)
}

func (t *Task) values() []any {
	return []any{t.ID, t.Rule, t.RuleVersion, t.Target, t.Anchor, t.Version, t.State, t.Street, t.Community, t.Grid, t.Building, t.Home, t.Case, t.Lon, t.Lat, t.Title,
		t.Priority, t.Minutes, t.From, t.Due, t.Again, t.Day, t.Rank, t.Worker, t.Tries, t.Visit, t.DoneDay, t.Reason, t.ChangedAt}
}

// add writes new tasks; those that are there already stay as they are.
func add(tx *store.Tx, list []Task) error {
	cols := len(strings.Fields(taskCols)) + 1
	row := "(?" + strings.Repeat(",?", cols-1) + ")"
	for chunk := range slices.Chunk(list, 100) {
		args := make([]any, 0, cols*len(chunk))
		for i := range chunk {
			args = append(append(args, chunk[i].District), chunk[i].values()...)
		}
		if _, err := tx.Exec("INSERT INTO visit_task (district, "+strings.ReplaceAll(taskCols, " ", ", ")+") VALUES "+row+strings.Repeat(","+row, len(chunk)-1)+
			" ON CONFLICT (district, rule, target, anchor) DO NOTHING", args...); err != nil {
			return err
		}
	}
	return nil
}

// save writes a changed task over the version that was read; false if somebody
// was quicker.
func (t *Task) save(tx *store.Tx) (bool, error) {
	t.Version++
	t.ChangedAt = tx.Now()
	n, err := tx.Exec("UPDATE visit_task SET "+strings.ReplaceAll(taskCols, " ", " = ?, ")+" = ? WHERE district = ? AND id = ? AND version = ?", append(t.values(), t.District, t.ID, t.Version-1)...)
	return n == 1, err
}

func tasksAt(tx *store.Tx, where string, args ...any) ([]Task, error) {
	rows, err := tx.Query(taskSelect+where, args...)
	return store.All(rows, err, scanTask)
}

func (s *Service) tasks(ctx context.Context, where string, args ...any) ([]Task, error) {
	rows, err := s.DB.Query(ctx, taskSelect+where, args...)
	return store.All(rows, err, scanTask)
}

// marks are the days on which rules were last met in the community.
func (s *Service) marks(ctx context.Context, district int, community int64) (map[key]int, error) {
	out := map[key]int{}
	rows, err := s.DB.Query(ctx, "SELECT rule, target, day FROM visit_mark WHERE district = ? AND community = ?", district, community)
	_, err = store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
		var k key
		var day int
		err := r.Scan(&k.rule, &k.target, &day)
		out[k] = day
		return struct{}{}, err
	})
	return out, err
}

func mark(tx *store.Tx, t *Task, day int) error {
	_, err := tx.Exec(`INSERT INTO visit_mark (district, rule, target, community, day) VALUES (?,?,?,?,?)
		ON CONFLICT (district, rule, target) DO UPDATE SET day = excluded.day WHERE visit_mark.day < excluded.day`, t.District, t.Rule, t.Target, t.Community, day)
	return err
}

func scanRule(rows *sql.Rows) (*Rule, error) {
	r := &Rule{}
	var body string
	if err := rows.Scan(&r.ID, &r.Version, &r.Area, &r.ValidFrom, &body); err != nil {
		return nil, err
	}
	return r, json.Unmarshal([]byte(body), r)
}

const ruleSelect = "SELECT r.id, r.version, r.area, r.valid_from, r.body FROM visit_rule r WHERE "

// Rules lists the rules in force on a day, those that have ended included, in
// order of their ids. City rules come for every district.
func (s *Service) Rules(ctx context.Context, day int) ([]*Rule, error) {
	rows, err := s.DB.Query(ctx, ruleSelect+"r.valid_from <= ? ORDER BY r.district, r.id, r.version", day)
	all, err := store.All(rows, err, scanRule)
	if err != nil {
		return nil, err
	}
	var out []*Rule
	for _, r := range all {
		r.Since = r.ValidFrom
		if n := len(out); n > 0 && out[n-1].ID == r.ID {
			r.Since = out[n-1].Since
			out[n-1] = r
			continue
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *Rule) int { return int(a.ID - b.ID) })
	return out, nil
}

// Versions lists every version of a rule, the first one first.
func (s *Service) Versions(ctx context.Context, id int64) ([]*Rule, error) {
	rows, err := s.DB.Query(ctx, ruleSelect+"r.id = ? ORDER BY r.version", id)
	all, err := store.All(rows, err, scanRule)
	if err == nil && len(all) == 0 {
		err = errs.NotFound.New()
	}
	for _, r := range all {
		r.Since = all[0].ValidFrom
	}
	return all, err
}

// ruleAt is a version of a rule. Nobody changes what it points to.
func (s *Service) ruleAt(ctx context.Context, id int64, version int) (*Rule, error) {
	k := [2]int64{id, int64(version)}
	if r, ok := s.sheet.Load(k); ok {
		return r.(*Rule), nil
	}
	rows, err := s.DB.Query(ctx, ruleSelect+"r.id = ? AND r.version = ?", id, version)
	all, err := store.All(rows, err, scanRule)
	if err == nil && len(all) == 0 {
		err = errs.NotFound.New()
	}
	if err != nil {
		return nil, err
	}
	s.sheet.Store(k, all[0])
	return all[0], nil
}

func digestOf(vals ...any) [32]byte { return sha256.Sum256(fmt.Append(nil, vals...)) }

// record writes an entry of the trail about something at a place.
func record(tx *store.Tx, scope access.Scope, t access.Target, action, object string, id int64, seq int, detail map[string]any, digest [32]byte) error {
	b, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	post := scope.Post()
	if x, ok := scope.PostFor(t); ok {
		post = x
	}
	tx.Record(audit.Entry{District: t.District, Actor: scope.Account(), Post: post.ID, Action: action, Object: object, ObjectID: id, Seq: seq, Detail: b, Digest: digest})
	return nil
}

func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
