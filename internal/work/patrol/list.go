package patrol

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Filter narrows lists and figures of tasks; zero fields do not.
type Filter struct {
	IDs      []int64
	Area     int64 // region code of 6, 9 or 12 digits
	Grid     int64
	Building int64
	Home     int64
	Rule     int64
	Worker   int64
	Day      int // planned for this day
	From, To int // last day within
	State    string
	Part     string // see Parts
	After    int64  // id: the page after this one
	Limit    int
}

// Parts are the sets of tasks that figures count, each with its condition; today
// stands for the city's day. A number and its rows are the same condition.
var Parts = map[string]string{
	"due":       "t.state IN ('open', 'done')",                        // whatever was or is to be done
	"visited":   "t.state = 'done'",                                   // …and was
	"open":      "t.state = 'open'",                                   //
	"late":      "t.state = 'open' AND t.due_day < ?",                 // its last day has passed
	"unreached": "t.state = 'open' AND t.tries >= 3",                  // a lead is to decide
	"waiting":   "t.state = 'open' AND t.again > ? AND t.tries < 3",   // postponed, or comes again
	"in_time":   "t.state = 'done' AND t.done_day <= t.due_day",       //
	"today":     "t.state IN ('open', 'done') AND t.day = ?",          //
	"today_met": "t.state = 'done' AND t.day = ? AND t.done_day <> 0", //
}

// where is the one condition of lists, counts and figures.
func (s *Service) where(scope access.Scope, f Filter, today int) (string, []any) {
	cond, args := scope.Where(taskScope)
	and := func(c string, v ...any) { cond, args = cond+" AND "+c, append(args, v...) }
	if len(f.IDs) > 0 {
		in := make([]any, len(f.IDs))
		for i, id := range f.IDs {
			in[i] = id
		}
		and("t.id IN (?"+strings.Repeat(",?", len(in)-1)+")", in...)
	}
	switch access.Digits(f.Area) {
	case 6:
		and("t.district = ?", f.Area)
	case 9:
		and("t.street = ?", f.Area)
	case 12:
		and("t.community = ?", f.Area)
	}
	for _, x := range []struct {
		col string
		v   int64
	}{{"t.grid", f.Grid}, {"t.building", f.Building}, {"t.home", f.Home}, {"t.rule", f.Rule}, {"t.worker", f.Worker}, {"t.day", int64(f.Day)}} {
		if x.v != 0 {
			and(x.col+" = ?", x.v)
		}
	}
	if f.From != 0 {
		and("t.due_day >= ?", f.From)
	}
	if f.To != 0 {
		and("t.due_day <= ?", f.To)
	}
	if f.State != "" {
		and("t.state = ?", f.State)
	}
	if part, ok := Parts[f.Part]; ok {
		and("("+part+")", slices.Repeat([]any{today}, strings.Count(part, "?"))...)
	}
	if f.After != 0 {
		and("t.id > ?", f.After)
	}
	return cond, args
}

// Tasks lists tasks of the scope by id, or, for one planned day, in walking order.
func (s *Service) Tasks(ctx context.Context, scope access.Scope, f Filter) ([]Task, error) {
	order := " ORDER BY t.id"
	if f.Day != 0 && f.After == 0 {
		order = " ORDER BY t.rank, t.id"
	}
	var out []Task
	for _, d := range scope.Districts() {
		part, ok := scope.PerDistrict(d)
		if !ok || f.Area > 99_999 && access.DistrictOf(f.Area) != d {
			continue
		}
		where, args := s.where(part, f, s.Today(ctx))
		list, err := s.tasks(ctx, where+order+" LIMIT ?", append(args, f.Limit)...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	if f.Day == 0 || f.After != 0 {
		slices.SortFunc(out, func(a, b Task) int { return cmp.Compare(a.ID, b.ID) })
	}
	return out[:min(len(out), f.Limit)], nil
}

// Count is how many tasks the filter finds: the same rows that Tasks lists.
func (s *Service) Count(ctx context.Context, scope access.Scope, f Filter) (n int, err error) {
	where, args := s.where(scope, f, s.Today(ctx))
	err = s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM visit_task t WHERE "+where, args...).Scan(&n)
	return n, err
}

// Progress is how far the visits of a grid are.
type Progress struct {
	District  int
	Community int64
	Grid      int64
	Parts     map[string]int
}

// Progress counts the parts by grid, over what the filter finds; grids without
// any task are left out.
func (s *Service) Progress(ctx context.Context, scope access.Scope, f Filter) ([]Progress, error) {
	names := []string{"today", "today_met", "late", "unreached", "waiting", "open", "due", "visited", "in_time"}
	today := s.Today(ctx)
	sums, args := "", []any{}
	for _, name := range names {
		sums += ", SUM(CASE WHEN " + Parts[name] + " THEN 1 ELSE 0 END)"
		args = append(args, slices.Repeat([]any{today}, strings.Count(Parts[name], "?"))...)
	}
	where, more := s.where(scope, f, today)
	rows, err := s.DB.Query(ctx, "SELECT t.district, t.community, t.grid"+sums+" FROM visit_task t WHERE "+where+" GROUP BY t.district, t.community, t.grid ORDER BY t.community, t.grid", append(args, more...)...)
	return store.All(rows, err, func(r *sql.Rows) (p Progress, err error) {
		n := make([]int, len(names))
		to := []any{&p.District, &p.Community, &p.Grid}
		for i := range n {
			to = append(to, &n[i])
		}
		err = r.Scan(to...)
		p.Parts = map[string]int{}
		for i, name := range names {
			p.Parts[name] = n[i]
		}
		return p, err
	})
}

// VisitFilter narrows the list of visits; zero fields do not.
type VisitFilter struct {
	Area, Grid, Building, Home int64
	Task                       int64
	From, To                   int
	Outcome                    string
	Before                     int64
	Limit                      int
}

// Made lists visits of the scope, the newest first.
func (s *Service) Made(ctx context.Context, scope access.Scope, f VisitFilter) ([]*Visit, error) {
	cond, args := scope.Where(visitScope)
	and := func(c string, v ...any) { cond, args = cond+" AND "+c, append(args, v...) }
	switch access.Digits(f.Area) {
	case 6:
		and("v.district = ?", f.Area)
	case 9:
		and("v.street = ?", f.Area)
	case 12:
		and("v.community = ?", f.Area)
	}
	for _, x := range []struct {
		col string
		v   int64
	}{{"v.grid = ?", f.Grid}, {"v.building = ?", f.Building}, {"v.day >= ?", int64(f.From)}, {"v.day <= ?", int64(f.To)}, {"v.id < ?", f.Before}} {
		if x.v != 0 {
			and(x.col, x.v)
		}
	}
	if f.Home != 0 {
		same, err := s.Homes.Same(ctx, scope.Districts(), f.Home)
		if err != nil {
			return nil, err
		}
		ids := make([]any, len(same))
		for i, id := range same {
			ids[i] = id
		}
		and("v.home IN (?"+strings.Repeat(",?", len(ids)-1)+")", ids...)
	}
	if f.Outcome != "" {
		and("v.outcome = ?", f.Outcome)
	}
	rows, err := s.DB.Query(ctx, visitSelect+cond+" ORDER BY v.id DESC LIMIT ?", append(args, f.Limit)...)
	return store.All(rows, err, scanVisit)
}

// VisitByID is a visit within the scope.
func (s *Service) VisitByID(ctx context.Context, scope access.Scope, id int64) (*Visit, error) {
	where, args := scope.Where(visitScope)
	rows, err := s.DB.Query(ctx, visitSelect+where+" AND v.id = ?", append(args, id)...)
	return one(store.All(rows, err, scanVisit))
}

// Pace is what a worker has before and behind: for the worker alone.
type Pace struct {
	Today, Met int // planned for today, and of those met
	Late       int
	Week       int // visits made in the last seven days
}

// Pace is the account's own.
func (s *Service) Pace(ctx context.Context, scope access.Scope) (p Pace, err error) {
	if scope.Account() == 0 {
		return p, errs.Unauthorized.New()
	}
	day := s.Today(ctx)
	where, args := scope.Where(taskScope)
	if err = s.DB.QueryRow(ctx, "SELECT COALESCE(SUM(CASE WHEN t.day = ? THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN t.day = ? AND t.state = 'done' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN t.state = 'open' AND t.due_day < ? THEN 1 ELSE 0 END), 0) FROM visit_task t WHERE "+where+" AND t.state <> 'dropped' AND t.worker IN (0, ?)",
		append(append([]any{day, day, day}, args...), scope.Account())...).Scan(&p.Today, &p.Met, &p.Late); err != nil {
		return p, err
	}
	where, args = scope.Where(visitScope)
	err = s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM visit v WHERE "+where+" AND v.account = ? AND v.day > ?", append(args, scope.Account(), addDays(day, -7))...).Scan(&p.Week)
	return p, err
}
