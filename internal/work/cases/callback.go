package cases

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
)

// chance is a number in [0,1) that nobody can foresee without the city's
// secret and anybody with it can check: the system draws, not a person.
func (s *Service) chance(c *Case, what string) float64 {
	return float64(s.draw(c, what)>>11) / (1 << 53)
}

func (s *Service) draw(c *Case, what string) uint64 {
	m := hmac.New(sha256.New, s.DrawKey)
	m.Write([]byte(what))
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(c.ID)))
	m.Write([]byte{byte(c.Redos), byte(c.Reworks)})
	return binary.BigEndian.Uint64(m.Sum(nil))
}

// drawOrClose ends a verified case, or keeps it for a call-back if it is drawn
// and there is somebody to call.
func (st *steps) drawOrClose() error {
	rate, err := st.callRate()
	if err != nil || st.drawCall(rate) {
		return err
	}
	st.system("close", nil)
	return nil
}

// callRate is the share of cases of this kind that are called back.
func (st *steps) callRate() (float64, error) {
	if st.c.Category == 0 {
		return 0, nil
	}
	cat, err := st.rules.Category(st.c.Category, st.c.CategoryVersion, st.c.Grade)
	return cat.CallRate, err
}

// drawCall lets the draw decide whether the reporter is called back.
func (st *steps) drawCall(rate float64) bool {
	c := st.c
	if !c.reachable() || st.s.chance(c, "call") >= rate {
		return false
	}
	c.set(FlagCall, true)
	c.Seat, c.Draw = 0, int64(st.s.draw(c, "order")>>1)
	return true
}

// callBack records a call, or the reporter's own word in its stead, and what
// follows from it.
func (st *steps) callBack(as flow.Action, a *Act, fields map[string]any) error {
	c := st.c
	if *a.Reached && a.Solved == nil {
		return errs.Required.New("field", w("是否解决", "solved")).In("solved")
	}
	if err := a.checkSatisfied(); err != nil {
		return err
	}
	c.called(st.now, a.Reached, a.Solved, a.Satisfied)
	st.log(as, fields)
	c.Version++
	again := !*a.Reached && c.Calls < st.set.CallTries
	unsolved := *a.Reached && a.unsolved()
	switch {
	case again:
		c.Seat = 0 // another try, perhaps by another seat
		return nil
	case c.Status == Merged:
		c.Seat = 0
		c.set(FlagCall, false)
		if unsolved {
			return st.redoMain()
		}
		return nil
	case unsolved:
		st.redo()
		return nil
	}
	st.system("close", nil)
	return nil
}

// called notes that the reporter was called and, if reached, what the answer was.
func (c *Case) called(at int64, reached, solved *bool, satisfied int) {
	c.Calls++
	c.CalledAt = at
	if reached == nil || !*reached {
		return
	}
	c.Solved, c.Satisfied = 0, satisfied
	if solved != nil && *solved {
		c.Solved = 1
	}
}

func (a *Act) checkSatisfied() error {
	if a.Satisfied < 0 || a.Satisfied > 5 {
		return errs.Invalid.New("field", w("满意程度", "satisfaction"), "remedy", w("请选择 1 至 5", "please choose 1 to 5")).In("satisfied")
	}
	return nil
}

// unsolved tells whether the answers send the case back to work.
func (a *Act) unsolved() bool { return !*a.Solved || a.Satisfied == 1 || a.Satisfied == 2 }

// rate records what the reporter says of the end. Where the case waits for a
// call-back, that is the call-back; otherwise it enters no figure, because those
// are of cases that were drawn, and sends the case back to work all the same.
func (st *steps) rate(as flow.Action, a *Act, fields map[string]any) error {
	c := st.c
	c.set(FlagRated, true)
	if c.Has(FlagCall) && c.Status != Closed {
		asked, yes := *a, true
		asked.Reached, fields["called"] = &yes, true
		return st.callBack(as, &asked, fields)
	}
	if err := a.checkSatisfied(); err != nil {
		return err
	}
	st.log(as, fields)
	c.Version++
	switch {
	case !a.unsolved():
	case c.Status == Merged:
		return st.redoMain()
	default:
		st.redo()
	}
	return nil
}

// undraw takes the case out of the call-backs and forgets its reporter's rating
// and the tries: there is another end to come.
func (c *Case) undraw() {
	c.Seat, c.Draw, c.Calls = 0, 0, 0
	c.set(FlagCall|FlagRated|FlagAnswered, false)
}

// redo sends a case back to work after a call-back or its reporter's own word.
func (st *steps) redo() {
	c := st.c
	c.Redos++
	c.ResolvedAt = 0
	c.undraw()
	st.startClock()
	if c.Lead == 0 {
		st.system("to_desk", nil)
		return
	}
	c.DispatchedAt, c.SignedAt = st.now, 0
	c.set(FlagUnsigned, false)
	st.system("redo", nil)
}

// redoMain sends the case that a merged one is part of back to work because its
// reporter says that the matter is not solved; if it is open again already, that
// is enough.
func (st *steps) redoMain() error {
	main, units := st.c, []Unit(nil)
	for main.Status == Merged {
		var err error
		if main, units, _, err = st.s.load(st.tx, keeper, main.MergedInto); err != nil {
			return err
		}
	}
	if main.Status != Closed {
		return nil
	}
	o := st.other(main, units)
	main.Version++
	o.redo()
	return nil
}
