package cases

import (
	"linli/internal/kernel/errs"
)

// ask files a request that somebody has to approve.
func (st *steps) ask(t *row, a *Act) error {
	c := st.c
	r := Request{ID: st.tx.NextID(), Status: "pending", AskedBy: st.scope.Account(), AskedAt: st.now, Reason: a.Reason}
	switch t.Action {
	case "return":
		r.Kind, r.Proposed = KindReturn, a.Proposed
		if _, ok := st.s.People.Org(a.Proposed); !ok || a.Proposed == c.Lead {
			return errs.Invalid.New("field", w("建议单位", "proposed unit"), "remedy", w("请选择本单位以外的现有单位", "please choose an existing unit other than your own")).In("proposed")
		}
		if err := st.fair("proposed", w("建议单位", "proposed unit"), a.Proposed); err != nil {
			return err
		}
	case "extend":
		r.Kind, r.Until = KindExtension, a.Until
		if err := st.day("until", w("延期至", "until"), a.Until, st.cal.Add(max(c.DueAt, st.now), st.set.ExtensionMax)); err != nil {
			return err
		}
		if st.cal.CloseOf(a.Until, c.unit()) <= c.DueAt {
			return errs.Invalid.New("field", w("延期至", "until"), "remedy", w("须晚于现在的时限", "it must lie after the present limit")).In("until")
		}
	case "suspend":
		r.Kind, r.Until = KindSuspension, a.Review
		if err := st.day("review", w("复查日期", "review date"), a.Review, st.now+int64(st.set.ReviewDays)*day24h); err != nil {
			return err
		}
	case "void":
		r.Kind = KindVoid
	}
	if r.Kind != KindVoid && (r.Kind != KindReturn || c.Returns+1 < st.set.ReturnsDecided) {
		r.Approver = st.s.People.Approver(r.Kind, c.spot(), c.Against)
	}
	c.Pending = r.Kind
	st.requests = append(st.requests, r)
	st.log(t.Action, a.fields())
	c.Version++
	return st.s.saveRequest(st.tx, c, r, true)
}

// decide approves or refuses the pending request.
func (st *steps) decide(t *row, a *Act, f *facts) error {
	c, r := st.c, f.request
	if a.Request != 0 && a.Request != r.ID {
		return errs.Stale.New("current", c.Version)
	}
	r.DecidedBy, r.DecidedAt, r.Decision, r.Status = st.scope.Account(), st.now, a.Reason, "approved"
	if t.Action == ActRefuse {
		r.Status = "refused"
	}
	c.Pending = ""
	fields := a.fields()
	fields["kind"] = r.Kind
	st.log(t.Action, fields)
	c.Version++
	if err := st.s.saveRequest(st.tx, c, *r, false); err != nil || r.Status == "refused" {
		return err
	}
	switch r.Kind {
	case KindReturn:
		return st.returned(a)
	case KindExtension:
		c.Extended++
		c.DueAt = st.cal.CloseOf(r.Until, c.unit())
		c.set(FlagLapsed, false)
		c.set(FlagTell, c.reachable())
		st.system("extension_approved", map[string]any{"until": r.Until})
	case KindSuspension:
		st.pause(FlagSuspended, r.Reason, r.Until)
		c.set(FlagTell, c.reachable())
		st.system("suspension_approved", map[string]any{"review": r.Until, "reason": r.Reason})
	case KindVoid:
		st.system("void_approved", nil)
	}
	return nil
}

// returned takes the case from its unit: back to the desk, or, when it is the
// repeated return, to the unit that the arbiter names.
func (st *steps) returned(a *Act) error {
	c := st.c
	c.Returns++
	if c.PausedAt > 0 {
		st.resume()
	}
	st.unit(c.Lead, "lead", true)
	if c.Returns < st.set.ReturnsDecided {
		c.Lead, c.SignedAt = 0, 0
		st.system("return_approved", nil)
		return nil
	}
	if a.Lead == 0 {
		return errs.Required.New("field", lead.Label).In("lead")
	}
	if err := st.dispatch(a); err != nil {
		return err
	}
	st.system("return_decided", map[string]any{"lead": a.Lead})
	st.stage("sign")
	return nil
}
