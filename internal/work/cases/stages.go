package cases

import (
	"encoding/json"
	"slices"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// milestone is a stage within handling (stop the work, fine, tear down) with its
// own limit from filing on; a case keeps its own in Case.Stages.
type milestone struct {
	Stage  string        `json:"stage"`
	N      int           `json:"n"`
	Unit   calendar.Unit `json:"unit"`
	Due    int64         `json:"due"`            // microseconds UTC; 0 while the clock stands still
	Left   int64         `json:"left,omitempty"` // what it had left when the clock was stopped
	Done   int64         `json:"done,omitempty"`
	Lapsed bool          `json:"lapsed,omitempty"`
}

func (m milestone) open() bool { return m.Done == 0 }

// milestones are the case's stages within handling, in the category's order.
func (c *Case) milestones() []milestone {
	var out []milestone
	if c.Stages != "" {
		if err := json.Unmarshal([]byte(c.Stages), &out); err != nil {
			panic("cases: stages of " + c.Number + ": " + err.Error()) // only keep writes them
		}
	}
	return out
}

// keep writes the milestones back and what follows from them.
func (st *steps) keep(list []milestone) {
	st.c.Stages = ""
	if len(list) > 0 {
		b, err := json.Marshal(list)
		if err != nil {
			panic(err) // plain numbers and words
		}
		st.c.Stages = string(b)
	}
	st.c.set(FlagStage, slices.ContainsFunc(list, func(m milestone) bool { return m.Lapsed && m.open() }))
	st.watch()
}

// plan lays the stages of the category out from an instant on; those of had that
// are done stay done.
func (st *steps) plan(from int64, had []milestone) {
	var list []milestone
	for _, l := range st.rules.Limits(st.c.Category, st.c.CategoryVersion, st.c.Grade) {
		if _, process := stageNames[l.Stage]; process {
			continue
		}
		m := milestone{Stage: l.Stage, N: l.Limit.N, Unit: l.Limit.Unit, Due: st.cal.Add(from, l.Limit)}
		if i := slices.IndexFunc(had, func(h milestone) bool { return h.Stage == m.Stage }); i >= 0 {
			m.Done = had[i].Done
		}
		if st.c.PausedAt > 0 && m.open() {
			m.Left, m.Due = st.cal.Remaining(st.c.PausedAt, m.Due, m.Unit), 0
		}
		list = append(list, m)
	}
	st.keep(list)
}

// watch sets the clock that a unit works against, and when the program next has
// something to note: a stage that ends or a wait that is over.
func (st *steps) watch() {
	c := st.c
	c.NextAt = 0
	earlier := func(t int64) {
		if t > 0 && (c.NextAt == 0 || t < c.NextAt) {
			c.NextAt = t
		}
	}
	due, unit := int64(0), calendar.Unit("")
	for _, m := range c.milestones() {
		if !m.open() {
			continue
		}
		if m.Due > 0 && (due == 0 || m.Due < due) {
			due, unit = m.Due, m.Unit
		}
		if !m.Lapsed {
			earlier(m.Due)
		}
	}
	if slices.Contains(working, c.Status) {
		c.StageDueAt, c.StageUnit = due, unit
	}
	if Life.Find(c.Status, ActStage) == nil {
		c.NextAt = 0
	}
	if c.Has(FlagWaiting) && slices.Contains(working, c.Status) {
		earlier(st.cal.CloseOf(c.ReviewDay, calendar.Day))
	}
}

func (st *steps) stageDone(stage string) error {
	list := st.c.milestones()
	i := slices.IndexFunc(list, func(m milestone) bool { return m.Stage == stage && m.open() })
	if i < 0 {
		return errs.Invalid.New("field", w("阶段", "stage"), "remedy", w("请从未完成的阶段中选择", "please choose one of the open stages")).In("stage")
	}
	list[i].Done = st.now
	st.keep(list)
	return nil
}

// allStagesDone: what is resolved has been through its stages.
func (st *steps) allStagesDone() {
	list := st.c.milestones()
	for i := range list {
		if list[i].open() {
			list[i].Done = st.now
		}
	}
	st.keep(list)
}

// lapsedStages notes the stages whose limit has passed and returns their names.
func (st *steps) lapsedStages() []string {
	var names []string
	list := st.c.milestones()
	for i := range list {
		if m := &list[i]; m.open() && !m.Lapsed && m.Due > 0 && m.Due < st.now {
			m.Lapsed = true
			names = append(names, m.Stage)
		}
	}
	if len(names) > 0 {
		st.keep(list)
	}
	return names
}

// pause stops the clocks of the handling: the whole limit and the stages.
func (st *steps) pause(flag int, reason string, until int) {
	c := st.c
	c.set(flag, true)
	c.PausedAt, c.PauseReason, c.ReviewDay = st.now, reason, until
	if c.DueAt > 0 {
		c.Remaining = st.cal.Remaining(st.now, c.DueAt, c.unit())
	}
	list := c.milestones()
	for i := range list {
		if m := &list[i]; m.open() {
			m.Left, m.Due = st.cal.Remaining(st.now, m.Due, m.Unit), 0
		}
	}
	st.keep(list)
}

// resume lets them run on with what they had left.
func (st *steps) resume() {
	c := st.c
	if c.DueAt > 0 {
		c.DueAt = st.cal.AddRemaining(st.now, c.Remaining, c.unit())
	}
	c.set(FlagSuspended|FlagWaiting, false)
	c.PausedAt, c.Remaining, c.PauseReason, c.ReviewDay = 0, 0, "", 0
	list := c.milestones()
	for i := range list {
		if m := &list[i]; m.open() {
			m.Due, m.Left = st.cal.AddRemaining(st.now, m.Left, m.Unit), 0
		}
	}
	st.keep(list)
}
