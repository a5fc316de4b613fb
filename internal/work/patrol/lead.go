package patrol

import (
	"context"
	"encoding/json"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Publish writes a new version of a rule (base: the version it was made from, 0
// for a new one). The city's own rules need a scope over the city; those of an
// area one that reaches it. The tasks follow with the next Generate.
func (s *Service) Publish(ctx context.Context, scope access.Scope, r Rule, base int, note string) (*Rule, error) {
	day := s.Today(ctx)
	if err := scope.Check(areaTarget(r.Area)); err != nil {
		return nil, err
	}
	if r.Area != 0 && s.City.Name(r.Area) == "" {
		return nil, errs.NotFound.New().In("area")
	}
	if err := checkText("note", note, 200, false); err != nil {
		return nil, err
	}
	if r.ValidFrom == 0 {
		r.ValidFrom = day
	}
	if !validDay(r.ValidFrom) || r.ValidFrom < day && scope.SystemReason() == "" {
		return nil, invalid("valid_from", "不能早于今天", "it cannot lie before today")
	}
	needs := []string{}
	for kind := range s.Homes.Needs() {
		needs = append(needs, kind)
	}
	if err := r.Check(needs, grades, s.Known); err != nil {
		return nil, err
	}
	others, err := s.Rules(ctx, 99991231)
	if err != nil {
		return nil, err
	}
	if err := r.clashes(others); err != nil {
		return nil, err
	}
	have := 0
	if base > 0 {
		all, err := s.Versions(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		last := all[len(all)-1]
		r.Since = last.Since
		switch have = last.Version; {
		case last.Area != r.Area:
			return nil, errs.NotFound.New()
		case r.Kind != last.Kind || r.Of != last.Of:
			return nil, invalid("kind", "规则发布后不能改变对象,请另建一条规则", "what a rule is about does not change; make another rule")
		case r.ValidFrom < last.ValidFrom:
			return nil, invalid("valid_from", "不能早于上一版的生效日期", "it cannot lie before the version before it")
		}
	} else {
		r.ID, r.Since = s.DB.NextID(), r.ValidFrom
	}
	if have != base {
		return nil, errs.Stale.New("current", have)
	}
	r.Version = base + 1
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return &r, s.DB.Write(ctx, func(tx *store.Tx) error {
		t := areaTarget(r.Area)
		var n int
		if err := tx.QueryRow("SELECT COUNT(*) FROM visit_rule WHERE district = ? AND id = ?", t.District, r.ID).Scan(&n); err != nil {
			return err
		}
		if n != base {
			return errs.Stale.New("current", n)
		}
		vals := []any{t.District, r.ID, r.Version, r.Area, t.Street, t.Community, r.ValidFrom, string(body), note, scope.Account(), tx.Now()}
		if err := tx.Insert(ruleTable, vals...); err != nil {
			return err
		}
		return record(tx, scope, t, "visit.rule", "visit_rule", r.ID, r.Version, map[string]any{"name": r.Name, "version": r.Version, "valid_from": r.ValidFrom, "note": note}, digestOf(vals...))
	})
}

// grades are those of cases, in which hazards are told apart.
var grades = []string{"urgent", "critical"}

// areaTarget is what a scope must reach to change the rules of an area.
func areaTarget(area int64) access.Target {
	t := access.Target{District: access.DistrictOf(area)}
	switch access.Digits(area) {
	case 9:
		t.Street = area
	case 12:
		t.Street, t.Community = area/1000, area
	}
	return t
}

// Errors of arranging.
var (
	TaskDone  = errs.Declare("visit_done", 409, "其中有任务已完成或已取消,请刷新后再试。", "Some of these are done or dropped already; look again and choose.")
	NotWorker = errs.Declare("visit_worker", 422, "{name}当天没有这个网格的岗位。请先登记代班岗位,再移交。", "{name} has no post for this grid on the day. Give a post of cover first, then hand over.")
)

// AtOnce is how many tasks are arranged in one act at most.
const AtOnce = 200

// arrange changes open tasks with a reason.
func (s *Service) arrange(ctx context.Context, scope access.Scope, ids []int64, reason, action string, more map[string]any, change func(t *Task) error) error {
	if err := checkText("reason", reason, 200, true); err != nil {
		return err
	}
	switch {
	case len(ids) == 0:
		return errs.Required.New().In("tasks")
	case len(ids) > AtOnce:
		return errs.TooLong.New("max", AtOnce).In("tasks")
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	list, err := s.Tasks(ctx, scope, Filter{IDs: ids, Limit: AtOnce})
	if err != nil {
		return err
	}
	if len(list) != len(ids) {
		return errs.NotFound.New()
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		touched := map[[2]int64][]int64{} // community, grid → tasks
		for _, t := range list {
			if t.State != Open {
				return TaskDone.New()
			}
			if err := change(&t); err != nil {
				return err
			}
			t.Reason = reason
			ok, err := t.save(tx)
			if err != nil {
				return err
			}
			if !ok {
				return TaskDone.New()
			}
			k := [2]int64{t.Community, t.Grid}
			touched[k] = append(touched[k], t.ID)
		}
		for k, ids := range touched {
			detail := map[string]any{"reason": reason}
			for name, v := range more {
				detail[name] = v
			}
			if err := noteTasks(tx, scope, districtOf(k[0]), k[0], k[1], action, ids, detail); err != nil {
				return err
			}
		}
		return nil
	})
}

// Postpone has tasks come again on a later day; what was tried in vain is tried
// anew from then on.
func (s *Service) Postpone(ctx context.Context, scope access.Scope, ids []int64, until int, reason string) error {
	day := s.Today(ctx)
	if !validDay(until) || until <= day || daysTo(day, until) > 180 {
		return invalid("until", "请选明天起 180 天内的一天", "choose a day from tomorrow, within 180 days")
	}
	return s.arrange(ctx, scope, ids, reason, "visit.postpone", map[string]any{"until": until}, func(t *Task) error {
		t.Again, t.Day, t.Rank, t.Worker, t.Tries = until, 0, 0, 0, 0
		return nil
	})
}

// HandOver gives tasks to somebody for today: the account must be able to record
// visits in their grids.
func (s *Service) HandOver(ctx context.Context, scope access.Scope, ids []int64, to int64, reason string) error {
	day := s.Today(ctx)
	return s.arrange(ctx, scope, ids, reason, "visit.hand_over", map[string]any{"to": to}, func(t *Task) error {
		if !slices.ContainsFunc(s.People.Holders(t.target(), day), func(x Worker) bool { return x.Account == to }) {
			return NotWorker.New("name", s.People.Account(to)).In("to")
		}
		t.Worker, t.Again, t.Tries = to, 0, 0
		if t.Day != day {
			t.Day, t.Rank = day, 0
		}
		return nil
	})
}

// Join brings what is due at a home, and when it was last met, to the home that
// it turned out to be: a task that the other has as well is dropped.
func (s *Service) Join(_ context.Context, tx *store.Tx, scope access.Scope, district int, from, into int64) error {
	if _, err := tx.Exec(`INSERT INTO visit_mark (district, rule, target, community, day) SELECT district, rule, ?, community, day FROM visit_mark WHERE district = ? AND target = ?
		ON CONFLICT (district, rule, target) DO UPDATE SET day = excluded.day WHERE visit_mark.day < excluded.day`, into, district, from); err != nil {
		return err
	}
	there, err := tasksAt(tx, "t.district = ? AND t.home = ?", district, into)
	if err != nil {
		return err
	}
	list, err := tasksAt(tx, "t.district = ? AND t.home = ? AND t.state = 'open' ORDER BY t.id", district, from)
	if err != nil || len(list) == 0 {
		return err
	}
	ids := make([]int64, len(list))
	for i, t := range list {
		ids[i] = t.ID
		if slices.ContainsFunc(there, func(o Task) bool { return o.Rule == t.Rule && o.Anchor == t.Anchor }) {
			t.State, t.Day, t.Rank, t.Worker = Dropped, 0, 0, 0
		} else {
			t.Home, t.Target = into, into
		}
		if ok, err := t.save(tx); err != nil {
			return err
		} else if !ok {
			return errs.Stale.New("current", t.Version)
		}
	}
	return noteTasks(tx, scope, district, list[0].Community, list[0].Grid, "visit.join", ids, map[string]any{"from": from, "into": into})
}
