package workforce

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// What became of a call.
const (
	Waits   = 0
	Reached = 1
	GivenUp = 2
)

// callTries is how often somebody is called before the call is given up.
const callTries = 3

// Call is one case of a sample, whose reporter is asked.
type Call struct {
	District          int
	ID, Appraisal     int64
	Sheet, Case       int64
	Done, Tries       int
	Solved, Satisfied int // solved: −1 not told; satisfied: 0 no grade, 1–5
	By, At            int64
	Worker            int64
	Street, Community int64
	Org               int64
	Number, Title     string // of the case
}

// RatedSide refuses callers who belong to whom they would call about.
var RatedSide = errs.Declare("rated_side", 403,
	"回访须由被考核人所在街道、社区以外的单位进行。",
	"People outside the worker's own street and community make these calls.")

// outside tells whether the person has no part in the worker's street, community
// or organisation, through any post in force.
func outside(scope access.Scope, c *Call, today int) bool {
	if scope.Account() == c.Worker {
		return false
	}
	for _, p := range held(scope) {
		if p.InForce(today) && (p.Region == c.Street || p.Region/1000 == c.Street || p.Org != 0 && p.Org == c.Org) {
			return false
		}
	}
	return true
}

// held are all posts of the scope's person, none for the program.
func held(scope access.Scope) []access.Post {
	if a := scope.Actor(); a != nil {
		return a.Held()
	}
	return nil
}

// Calls lists the calls that wait for the person, the tried ones last.
func (s *Service) Calls(ctx context.Context, scope access.Scope) ([]*Call, error) {
	all, err := s.openCalls(ctx, scope)
	if err != nil {
		return nil, err
	}
	today := s.Calendar().Day(s.DB.NowIn(ctx))
	byDistrict := map[int][]int64{}
	out := all[:0]
	for _, c := range all {
		if outside(scope, c, today) {
			out = append(out, c)
			byDistrict[c.District] = append(byDistrict[c.District], c.Case)
		}
	}
	refs := map[int64]Ref{}
	for d, ids := range byDistrict {
		list, err := s.Outcomes.Refs(ctx, d, ids)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			refs[r.ID] = r
		}
	}
	for _, c := range out {
		c.Number, c.Title = refs[c.Case].Number, refs[c.Case].Title
	}
	return out, nil
}

// Answer is what a call came to.
type Answer struct {
	Reached   bool
	Solved    *bool
	Satisfied int // 1–5, 0: no grade
}

// Answered notes a call; one that reached nobody stays until callTries.
func (s *Service) Answered(ctx context.Context, scope access.Scope, id int64, in Answer) (*Call, error) {
	c, err := s.callByID(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Done != Waits:
		return nil, errs.Stale.New("current", c.Tries)
	case !outside(scope, c, s.Calendar().Day(s.DB.NowIn(ctx))):
		return nil, RatedSide.New()
	case in.Reached && in.Solved == nil:
		return nil, errs.Required.New("field", w("是否解决", "solved")).In("solved")
	case in.Satisfied < 0 || in.Satisfied > 5:
		return nil, invalid("satisfied", "请选择 1 至 5", "choose 1 to 5")
	}
	c.Tries++
	c.By, c.At = scope.Account(), s.DB.NowIn(ctx)
	switch {
	case in.Reached:
		c.Done, c.Solved, c.Satisfied = Reached, 0, in.Satisfied
		if *in.Solved {
			c.Solved = 1
		}
	case c.Tries >= callTries:
		c.Done = GivenUp
	}
	return c, s.DB.Write(ctx, func(tx *store.Tx) error { return setCall(tx, scope, c) })
}
