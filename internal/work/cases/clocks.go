package cases

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/store"
)

// FollowCalendar moves running clocks when another calendar is in force than the
// one they were computed by: the working time that was left under the old one is
// laid out anew under the new one, from now on. Clocks in plain hours and days
// do not move; paused ones take the new calendar when they resume. It returns
// how many cases moved; call it every minute.
func (s *Service) FollowCalendar(ctx context.Context) (int, error) {
	rules := s.Rules()
	now := rules.Calendar()
	spec, err := json.Marshal(now.Spec())
	if err != nil {
		return 0, err
	}
	var text string
	var since int64 // names this change of calendar, so that a crash in its midst moves no case twice
	err = s.DB.QueryRow(ctx, "SELECT spec, at FROM clock_calendar WHERE id = 1").Scan(&text, &since)
	if err == nil && text == string(spec) {
		return 0, nil
	}
	moved := 0
	if err == nil {
		var old calendar.Spec
		if err := json.Unmarshal([]byte(text), &old); err != nil {
			return 0, err
		}
		before, err := calendar.New(old)
		if err != nil {
			return 0, err
		}
		if moved, err = s.moveClocks(ctx, before, rules, since); err != nil {
			return moved, err
		}
	} else if !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	return moved, s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO clock_calendar (id, spec, at) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET spec = excluded.spec, at = excluded.at", string(spec), tx.Now())
		tx.Record(audit.Entry{Action: "calendar.followed", Object: "calendar"})
		return err
	})
}

// moveClocks goes through the open cases, a thousand at a time.
func (s *Service) moveClocks(ctx context.Context, before *calendar.Calendar, rules Rules, since int64) (int, error) {
	moved := 0
	for _, d := range keeper.Districts() {
		for last := int64(0); ; {
			rows, err := s.DB.Query(ctx, "SELECT id FROM cases WHERE district = ? AND id > ? AND open = 1 ORDER BY id LIMIT 1000", d, last)
			ids, err := store.All(rows, err, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) })
			if err != nil {
				return moved, err
			}
			for _, id := range ids {
				yes, err := s.moveClock(ctx, id, before, rules, since)
				if err != nil {
					return moved, err
				}
				if yes {
					moved++
				}
			}
			if len(ids) < 1000 {
				break
			}
			last = ids[len(ids)-1]
		}
	}
	return moved, nil
}

func (s *Service) moveClock(ctx context.Context, id int64, before *calendar.Calendar, rules Rules, since int64) (moved bool, err error) {
	after := rules.Calendar()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		moved = false
		c, units, requests, err := s.load(tx, keeper, id)
		if err != nil {
			return err
		}
		st := &steps{s: s, c: c, now: tx.Now(), scope: keeper, cal: after, rules: rules, set: rules.Settings()}
		st.begin(tx, clone(c), units, requests)
		shift := func(due int64, unit calendar.Unit) int64 {
			if due <= st.now || unit != calendar.WorkHour && unit != calendar.WorkDay {
				return due
			}
			return after.AddRemaining(st.now, before.Remaining(st.now, due, unit), unit)
		}
		due, stage := c.DueAt, c.StageDueAt
		if c.PausedAt == 0 && c.ResolvedAt == 0 {
			due = shift(due, c.unit())
		}
		if stage > 0 {
			stage = shift(stage, c.StageUnit)
		}
		list := c.milestones()
		moves := false
		for i := range list {
			if m := &list[i]; m.open() {
				at := shift(m.Due, m.Unit)
				moves, m.Due = moves || at != m.Due, at
			}
		}
		if due == c.DueAt && stage == c.StageDueAt && !moves || Life.Ended(c.Status) {
			return nil
		}
		var done int
		err = tx.QueryRow("SELECT COUNT(*) FROM case_log WHERE district = ? AND case_id = ? AND action = ? AND at > ?", c.District, c.ID, string(ActCalendar), since).Scan(&done)
		if err != nil || done > 0 {
			return err
		}
		by := map[string]any{"due": after.Time(due), "was": after.Time(c.DueAt)}
		c.DueAt, c.StageDueAt = due, stage
		st.keep(list)
		st.system(ActCalendar, by)
		moved = true
		return st.finish()
	})
	return moved, err
}
