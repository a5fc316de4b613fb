package cases

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/store"
)

var caseUnits = &store.Table{Name: "case_unit", Cols: []string{"district", "case_id", "org", "role", "since", "ended", "reported_at"}}

// Seeded is a synthetic case for measurements, in whatever state its fields
// say; Seed fills in what follows from them.
type Seeded struct {
	Case
	Assist int64 // assisting unit, 0: none
}

// Seed prepares many synthetic cases, each with one step of history (import),
// and returns what writes them in one write. It is for measurements: the life of
// the cases is made up, but their rows, counters, digests and audit entries are
// built by the same functions as any other write, so that verification and
// figures hold. What follows from the other fields is computed: number, limits,
// lapses, marks. The ids are the caller's, from the store. The heavy work is
// done before the write; several calls may run at once, and the database stays
// compact if their writes come in the order of the ids.
func (s *Service) Seed(ctx context.Context, scope access.Scope, list []*Seeded) (write func() error, err error) {
	rules, now := s.Rules(), s.DB.NowIn(ctx)
	cal := rules.Calendar()
	perDay := map[int]int64{}
	for _, x := range list {
		x.Day = cal.Day(x.ReportedAt)
		perDay[x.Day]++
	}
	next := map[int]int64{}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		for day, n := range perDay {
			var end int64
			if _, err := tx.Exec("INSERT INTO case_number (day, next) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET next = case_number.next + ?", day, n, n); err != nil {
				return err
			}
			if err := tx.QueryRow("SELECT next FROM case_number WHERE day = ?", day).Scan(&end); err != nil {
				return err
			}
			next[day] = end - n
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	stage := s.DB.Stage(ctx)
	stage.Merge()
	for _, x := range list {
		c := &x.Case
		next[c.Day]++
		c.Number, c.Version, c.Seq, c.CRS, c.Supporters = number(c.Day, next[c.Day]), 1, 0, "wgs84", 1
		st := &steps{s: s, c: c, now: now, scope: scope, cal: cal, rules: rules, set: rules.Settings()}
		st.begin(stage, nil, nil, nil)
		st.lapses()
		st.logFrom("", ActImport, map[string]any{"channel": c.Channel}, false)
		if err := st.finish(); err != nil {
			return nil, err
		}
		if c.Lead != 0 {
			stage.Append(caseUnits, c.District, c.ID, c.Lead, "lead", c.DispatchedAt, 0, c.ReportedAt)
			if x.Assist != 0 && x.Assist != c.Lead {
				stage.Append(caseUnits, c.District, c.ID, x.Assist, "assist", c.DispatchedAt, 0, c.ReportedAt)
			}
		}
	}
	return func() error {
		return s.DB.Write(ctx, func(tx *store.Tx) error {
			tx.Take(stage)
			return nil
		})
	}, nil
}

// lapses computes a made-up case's limits and what passed them.
func (st *steps) lapses() {
	c := st.c
	after := func(stage string, from int64) (int64, calendar.Unit) {
		if l, ok := st.limitOf(stage); ok {
			return st.cal.Add(from, l), l.Unit
		}
		return 0, ""
	}
	triage, _ := after("triage", c.ReportedAt)
	if triage > 0 && (c.DecidedAt > triage || c.DecidedAt == 0 && st.now > triage) {
		c.set(FlagTriageLate, true)
	}
	if c.FiledAt > 0 {
		if l, ok := st.limitOf("handle"); ok {
			c.Limit, c.DueAt = l, st.cal.Add(c.FiledAt, l)
			c.set(FlagLapsed, c.ResolvedAt == 0 && st.now > c.DueAt || c.ResolvedAt > c.DueAt)
		}
	}
	if c.DispatchedAt > 0 {
		c.set(FlagUnsigned, c.SignedAt == 0 && st.now-c.DispatchedAt > day24h || c.SignedAt-c.DispatchedAt > day24h)
	}
	if !Life.Ended(c.Status) {
		since := max(c.ReportedAt, c.AcceptedAt, c.FiledAt, c.DispatchedAt, c.SignedAt, c.ResolvedAt, c.VerifiedAt)
		c.StageDueAt, c.StageUnit = after(stageOf[c.Status], since)
	}
}
