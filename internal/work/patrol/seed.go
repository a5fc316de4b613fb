package patrol

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// Seeded is how a drawn visit went.
type Seeded struct {
	Day     int // 0: it did not take place
	At      int64
	Account int64
	Post    int64
	Client  string
	Outcome string
	Answers map[string][]string
	Note    string
	Wish    string
}

// Seed writes visits as they would have been made between two days under the
// rules in force, for the demo and for measurements: draw says on which day, at
// the latest on the given one, a stop with these tasks was visited. Each
// community is one write with one entry of the trail for each grid; what draw
// leaves out is due as if nobody had come.
func (s *Service) Seed(ctx context.Context, scope access.Scope, until int, draw func(t []Task, rules []*Rule, until int) Seeded) (visits int, err error) {
	rules, err := s.Rules(ctx, until)
	if err != nil {
		return 0, err
	}
	byID := map[int64]*Rule{}
	for _, r := range rules {
		byID[r.ID] = r
	}
	for part := range slices.Chunk(s.City.Communities(), 10) {
		if err := s.DB.Bulk(ctx, func(ctx context.Context) error {
			for _, c := range part {
				g, err := s.ground(ctx, c, rules, until)
				if err != nil {
					return err
				}
				n, err := s.seed(ctx, scope, g, rules, byID, until, draw)
				if err != nil {
					return err
				}
				visits += n
			}
			return nil
		}); err != nil {
			return visits, err
		}
	}
	return visits, nil
}

func (s *Service) seed(ctx context.Context, scope access.Scope, g *ground, rules []*Rule, byID map[int64]*Rule, until int, draw func([]Task, []*Rule, int) Seeded) (int, error) {
	type made struct {
		Seeded
		tasks []Task
	}
	var list []made
	last := map[key]int{}
	for { // the first round of every stop, then the second, …
		again := false
		stopsOf := map[[3]int64][]Task{}
		for _, t := range g.wanted(rules, last) {
			if t.From < until {
				k := [3]int64{t.Building, t.Home, t.Case}
				if t.Home == 0 {
					k[2] = t.Rule // checks of a building are apart
				}
				stopsOf[k] = append(stopsOf[k], t)
			}
		}
		keys := make([][3]int64, 0, len(stopsOf))
		for k := range stopsOf {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b [3]int64) int { return slices.Compare(a[:], b[:]) })
		for _, k := range keys {
			tasks := stopsOf[k]
			slices.SortFunc(tasks, func(a, b Task) int { return cmp.Compare(a.Due, b.Due) })
			var of []*Rule
			for _, t := range tasks {
				of = append(of, byID[t.Rule])
			}
			v := draw(tasks, of, until)
			if v.Day == 0 || v.Day >= until {
				continue
			}
			m := made{Seeded: v}
			for _, t := range tasks {
				if t.From <= v.Day && t.Anchor < v.Day {
					m.tasks = append(m.tasks, t)
					last[key{t.Rule, t.Target}] = v.Day
				}
			}
			if len(m.tasks) > 0 {
				list = append(list, m)
				again = true
			}
		}
		if !again {
			break
		}
	}
	slices.SortStableFunc(list, func(a, b made) int { return cmp.Compare(a.At, b.At) })
	return len(list), s.DB.Write(ctx, func(tx *store.Tx) error {
		ids := map[int64][]int64{}
		var tasks []Task
		for _, m := range list {
			t := m.tasks[0]
			v := Visit{ID: tx.NextID(), Client: m.Client, Home: t.Home, Building: t.Building, Outcome: m.Outcome, Answers: m.Answers, Note: m.Note, Wish: m.Wish, At: m.At, District: t.District, Street: t.Street, Community: t.Community, Grid: t.Grid,
				Account: m.Account, Post: m.Post, Day: m.Day, ReceivedAt: m.At}
			settled := make([]int64, len(m.tasks))
			for i, t := range m.tasks {
				t.ID, t.Version, t.State, t.Day, t.Worker, t.Visit, t.DoneDay, t.ChangedAt = tx.NextID(), 1, Done, m.Day, m.Account, v.ID, m.Day, m.At
				settled[i] = t.ID
				tasks = append(tasks, t)
			}
			vals, err := v.values(settled)
			if err != nil {
				return err
			}
			tx.Append(visitTable, vals...)
			ids[t.Grid] = append(ids[t.Grid], v.ID)
		}
		if err := add(tx, tasks); err != nil {
			return err
		}
		for k, day := range last {
			t := Task{District: g.district, Community: g.community, Rule: k.rule, Target: k.target}
			if err := mark(tx, &t, day); err != nil {
				return err
			}
		}
		for _, grid := range slices.Sorted(maps.Keys(ids)) {
			list := ids[grid]
			if err := record(tx, scope, access.Target{District: g.district, Street: g.community / 1000, Community: g.community, Grid: grid}, "visit.seed", "visit", grid, 0, map[string]any{"grid": grid, "visits": len(list)}, digestOf(list)); err != nil {
				return err
			}
		}
		return nil
	})
}
