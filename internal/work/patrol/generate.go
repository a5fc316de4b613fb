package patrol

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

var keeper = access.System("visits are planned")

// Generate brings the tasks of every community to what the rules want on the
// city's day, and plans the day of every grid that has none yet. It may run any
// number of times, in any process, and be cut off anywhere.
func (s *Service) Generate(ctx context.Context) error {
	day := s.Today(ctx)
	rules, err := s.Rules(ctx, day)
	if err != nil {
		return err
	}
	for _, c := range s.City.Communities() {
		if err := s.generate(ctx, c, rules, day); err != nil {
			return err
		}
		if err := s.planDays(ctx, c, day); err != nil {
			return err
		}
	}
	return nil
}

// kept is when a process last planned everything, and by which rules.
type kept struct {
	day, rules int
	at         int64
}

// Keep generates when a day has begun, a rule was published, or an hour has
// passed since this process last did: it is cheap to ask.
func (s *Service) Keep(ctx context.Context) error {
	now := kept{day: s.Today(ctx), at: s.DB.NowIn(ctx)}
	if err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM visit_rule").Scan(&now.rules); err != nil {
		return err
	}
	if was := s.last.Load(); was != nil && was.day == now.day && was.rules == now.rules && now.at-was.at < time.Hour.Microseconds() && now.at >= was.at {
		return nil
	}
	if err := s.Generate(ctx); err != nil {
		return err
	}
	s.last.Store(&now)
	return nil
}

// Renew is Generate for one community whose homes, needs or rules have changed.
func (s *Service) Renew(ctx context.Context, community int64) error {
	day := s.Today(ctx)
	rules, err := s.Rules(ctx, day)
	if err != nil {
		return err
	}
	if err := s.generate(ctx, community, rules, day); err != nil {
		return err
	}
	return s.planDays(ctx, community, day)
}

func (s *Service) ground(ctx context.Context, community int64, rules []*Rule, day int) (*ground, error) {
	g := &ground{district: districtOf(community), community: community, buildings: map[int64]Building{}}
	for _, b := range s.City.Buildings(community) {
		g.buildings[b.ID] = b
	}
	var err error
	if g.homes, err = s.Homes.In(ctx, g.district, community, day); err != nil {
		return nil, err
	}
	grades := map[string]bool{}
	for _, r := range rules {
		if r.Kind == Rechecks && !r.Ended {
			for _, x := range r.Grades {
				grades[x] = true
			}
		}
	}
	if len(grades) > 0 {
		g.hazards, err = s.Hazards.Hazards(ctx, g.district, community, slices.Sorted(maps.Keys(grades)))
	}
	return g, err
}

func districtOf(community int64) int { return access.DistrictOf(community) }

// generate writes the difference between what is wanted and what is there. What
// somebody settles meanwhile stays settled: a new task is written only where its
// obligation has none, and a changed one only over the version that was read.
func (s *Service) generate(ctx context.Context, community int64, rules []*Rule, day int) error {
	g, err := s.ground(ctx, community, rules, day)
	if err != nil {
		return err
	}
	last, err := s.marks(ctx, g.district, community)
	if err != nil {
		return err
	}
	want := g.wanted(rules, last)
	have, err := s.tasks(ctx, "t.district = ? AND t.community = ? AND t.state IN ('open', 'dropped')", g.district, community)
	if err != nil {
		return err
	}
	fresh, moved := changes(want, have, day)
	if len(fresh)+len(moved) == 0 {
		return nil
	}
	gridOf := make(map[int64]int64, len(have))
	for _, t := range have {
		gridOf[t.ID] = t.Grid
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		touched := map[int64][]int64{} // grid → tasks
		list := slices.Clone(fresh)
		for i := range list {
			list[i].ID, list[i].Version, list[i].ChangedAt = tx.NextID(), 1, tx.Now()
			touched[list[i].Grid] = append(touched[list[i].Grid], list[i].ID)
		}
		if err := add(tx, list); err != nil {
			return err
		}
		for _, t := range moved {
			ok, err := t.save(tx)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			touched[t.Grid] = append(touched[t.Grid], t.ID)
			if from := gridOf[t.ID]; from != t.Grid {
				if err := record(tx, keeper, t.target(), "visit.leave", "visit_task", t.ID, t.Version, map[string]any{"grid": from}, digestOf(t.values()...)); err != nil {
					return err
				}
			}
		}
		for _, grid := range slices.Sorted(maps.Keys(touched)) {
			if err := noteTasks(tx, keeper, g.district, community, grid, "visit.generate", touched[grid], nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// noteTasks writes one entry about many tasks of a grid.
func noteTasks(tx *store.Tx, scope access.Scope, district int, community, grid int64, action string, ids []int64, more map[string]any) error {
	detail := map[string]any{"grid": grid, "tasks": ids}
	maps.Copy(detail, more)
	return record(tx, scope, access.Target{District: district, Street: community / 1000, Community: community, Grid: grid}, action, "visit_task", grid, 0, detail, digestOf(ids))
}

// planDays plans the day of the community's grids that have none yet.
func (s *Service) planDays(ctx context.Context, community int64, day int) error {
	district := districtOf(community)
	list, err := s.tasks(ctx, "t.district = ? AND t.community = ? AND t.state = 'open'", district, community)
	if err != nil {
		return err
	}
	planned := map[int64]bool{}
	rows, err := s.DB.Query(ctx, "SELECT grid FROM visit_day WHERE district = ? AND day = ?", district, day)
	ids, err := store.All(rows, err, scanID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		planned[id] = true
	}
	byGrid := map[int64][]Task{}
	for _, t := range list {
		byGrid[t.Grid] = append(byGrid[t.Grid], t)
	}
	for _, grid := range slices.Sorted(maps.Keys(byGrid)) {
		if err := s.planDay(ctx, district, community, grid, day, byGrid[grid], planned[grid]); err != nil {
			return err
		}
	}
	return nil
}

// planDay chooses a grid's tasks of the day, puts them into walking order and
// gives each worker a stretch of the walk by their hours. A day that was planned
// before (further) only gets what must be done today – unless a clock that was
// ahead took its tasks for a later day: then it is filled up again.
func (s *Service) planDay(ctx context.Context, district int, community, grid int64, day int, tasks []Task, further bool) error {
	ahead := func(t Task) bool { return t.Day > day }
	leftOver := slices.ContainsFunc(tasks, ahead)
	used := 0
	tasks = slices.DeleteFunc(slices.Clone(tasks), func(t Task) bool {
		if t.Day == day {
			used += t.Minutes
		}
		return t.Day == day
	})
	list := stops(tasks, day)
	hours, fault := s.hours(ctx, grid, day, used)
	if further && !leftOver {
		list = slices.DeleteFunc(list, func(x stop) bool { return !x.must })
	}
	chosen := share(list, day, hours)
	if err := fault(); err != nil || further && len(chosen) == 0 && !leftOver {
		return err
	}
	workers, err := s.People.Workers(ctx, grid, day)
	if err != nil {
		return err
	}
	chosen = walk(s.Router, chosen, day)
	assigned := deal(chosen, workers)
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		base := 0
		n, err := tx.Exec("INSERT INTO visit_day (district, grid, day, minutes, planned_at) VALUES (?,?,?,?,?) ON CONFLICT (district, grid, day) DO NOTHING", district, grid, day, hours(day), tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			if !further { // another process was quicker
				return nil
			}
			if err := tx.QueryRow("SELECT COALESCE(MAX(rank), 0) FROM visit_task WHERE district = ? AND grid = ? AND day = ?", district, grid, day).Scan(&base); err != nil {
				return err
			}
		}
		var ids []int64
		plan := func(t Task, day, rank int, worker int64) error {
			t.Day, t.Rank, t.Worker = day, rank, worker
			ok, err := t.save(tx)
			if ok {
				ids = append(ids, t.ID)
			}
			return err
		}
		taken := map[int]bool{}
		for i, x := range chosen {
			for _, j := range x.tasks {
				taken[j] = true
				if err := plan(tasks[j], day, base+i+1, assigned[i]); err != nil {
					return err
				}
			}
		}
		for j, t := range tasks {
			if !taken[j] && ahead(t) {
				if err := plan(t, 0, 0, 0); err != nil {
					return err
				}
			}
		}
		if len(ids) == 0 {
			return nil
		}
		return noteTasks(tx, keeper, district, community, grid, "visit.plan", ids, map[string]any{"day": day})
	})
}

// hours are the minutes that the grid's workers have on a day, less what of today
// is used already; err tells what went wrong on the way.
func (s *Service) hours(ctx context.Context, grid int64, today, used int) (of func(day int) int, err func() error) {
	memo := map[int]int{}
	var fault error
	return func(day int) int {
		if n, ok := memo[day]; ok {
			return n
		}
		workers, err := s.People.Workers(ctx, grid, day)
		fault = errors.Join(fault, err)
		sum := 0.0
		for _, x := range workers {
			sum += x.Share
		}
		n := int(sum * float64(s.minutes(day)))
		if day == today {
			n = max(n-used, 0)
		}
		memo[day] = n
		return n
	}, func() error { return fault }
}

// walk orders a day's stops: what is overdue first, by priority, then the rest,
// each on the shortest way from where the one before ended. Homes of a building
// follow each other.
func walk(router Router, list []stop, day int) []stop {
	bands := map[int][]stop{}
	for _, x := range list {
		band := 9
		if x.due < day {
			band = x.priority
		}
		bands[band] = append(bands[band], x)
	}
	var out []stop
	var here *Point
	for _, band := range slices.Sorted(maps.Keys(bands)) {
		doors := map[int64][]stop{}
		for _, x := range bands[band] {
			doors[x.door()] = append(doors[x.door()], x)
		}
		order := slices.Sorted(maps.Keys(doors))
		points := make([]Point, len(order))
		for i, d := range order {
			points[i] = Point{doors[d][0].lon, doors[d][0].lat}
		}
		for _, i := range router.Tour(here, points) {
			group := doors[order[i]]
			slices.SortFunc(group, func(a, b stop) int { return cmp.Or(cmp.Compare(a.home, b.home), cmp.Compare(a.at, b.at)) })
			out = append(out, group...)
			here = &points[i]
		}
	}
	return out
}

// door is what is walked to: a building's entrance, or the place of a hazard.
func (x stop) door() int64 { return cmp.Or(x.building, x.at) }

// deal cuts the walk into one stretch for each worker, by the hours they have.
func deal(list []stop, workers []Worker) []int64 {
	out := make([]int64, len(list))
	total, hours := 0, 0.0
	for _, x := range list {
		total += x.minutes
	}
	for _, x := range workers {
		hours += x.Share
	}
	if hours == 0 {
		return out
	}
	i, upTo, walked := 0, workers[0].Share/hours, 0
	for j, x := range list {
		for i+1 < len(workers) && float64(walked)+float64(x.minutes)/2 > upTo*float64(total) {
			i++
			upTo += workers[i].Share / hours
		}
		out[j] = workers[i].Account
		walked += x.minutes
	}
	return out
}
