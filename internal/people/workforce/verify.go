package workforce

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Verify proves that pay and appraisals were not changed behind the program's
// back: runs, slips, corrections, appraisals, sheets, calls and hand-overs against
// the audit chain, slips against their rule and inputs, samples against their
// seed, sheets against their log, and proposals against their rows.
func (s *Service) Verify(ctx context.Context, r store.Reader) ([]audit.Problem, error) {
	v := &verifier{ctx: ctx, r: r, chain: map[noteKey]noted{}}
	for _, step := range []func() error{v.load, v.pay, v.appraisals, v.handovers} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return v.out, nil
}

type verifier struct {
	ctx   context.Context
	r     store.Reader
	chain map[noteKey]noted
	slips map[[32]byte]bool // digests of corrections
	out   []audit.Problem
}

type noteKey struct {
	object   string
	district int
	id       int64
	seq      int
}

type noted struct {
	idx    int64
	digest []byte
	detail string
}

func (v *verifier) wrong(district int, idx int64, format string, args ...any) {
	v.out = append(v.out, audit.Problem{District: district, Idx: idx, Text: fmt.Sprintf(format, args...)})
}

// load reads what the chain knows of this room's objects.
func (v *verifier) load() error {
	v.slips = map[[32]byte]bool{}
	rows, err := v.r.Query(v.ctx, "SELECT object, district, object_id, seq, idx, digest, detail FROM audit WHERE object IN ('pay_rule', 'pay_run', 'pay_slip', 'appraisal', 'appraisal_sheet', 'appraisal_call', 'staff_handover')")
	_, err = store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var k noteKey
		var n noted
		err := rows.Scan(&k.object, &k.district, &k.id, &k.seq, &n.idx, &n.digest, &n.detail)
		if v.chain[k] = n; k.object == "pay_slip" && len(n.digest) == 32 {
			v.slips[[32]byte(n.digest)] = true
		}
		return struct{}{}, err
	})
	return err
}

// check compares what was recorded of a version with what its rows give now.
func (v *verifier) check(k noteKey, sum [32]byte) {
	n, ok := v.chain[k]
	switch {
	case !ok:
		v.wrong(k.district, -1, "%s %d version %d was never recorded", k.object, k.id, k.seq)
	case !bytes.Equal(n.digest, sum[:]):
		v.wrong(k.district, n.idx, "%s %d version %d: the row was changed", k.object, k.id, k.seq)
	}
}

// read scans all rows of a query.
func read[T any](v *verifier, q string, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := v.r.Query(v.ctx, q)
	return store.All(rows, err, scan)
}

func (v *verifier) pay() error {
	rules := map[int64]*Rule{}
	list, err := read(v, "SELECT district, id, from_month, name, items, created_by, created_at FROM pay_rule", scanRule)
	if err != nil {
		return err
	}
	for _, r := range list {
		rules[r.ID] = r
		v.check(noteKey{"pay_rule", r.District, r.ID, 1}, digestOf(r.District, r.ID, r.From, r.Name, encode(r.Items), r.CreatedBy, r.CreatedAt))
	}
	owed := map[[2]int64][]Line{} // run, account
	type owing struct {
		district int
		CorrectionOf
	}
	corrections, err := read(v, "SELECT c.district, c.id, c.slip, c.account, c.month, c.amount, c.reason, c.run, c.created_by, c.created_at FROM pay_correction c ORDER BY c.id", func(rows *sql.Rows) (c owing, err error) {
		err = rows.Scan(&c.district, &c.ID, &c.Slip, &c.Account, &c.Month, (*int64)(&c.Amount), &c.Reason, &c.Run, &c.By, &c.At)
		return c, err
	})
	if err != nil {
		return err
	}
	for _, c := range corrections {
		if !v.slips[digestOf(c.district, c.ID, c.Slip, c.Account, c.Month, int64(c.Amount), c.Reason, 0, c.By, c.At)] {
			v.wrong(c.district, -1, "pay_correction %d: the row was changed, or never recorded", c.ID)
		}
		owed[[2]int64{c.Run, c.Account}] = append(owed[[2]int64{c.Run, c.Account}], c.line())
	}
	slips := map[int64][]*Slip{}
	all, err := read(v, slipSelect+"1 = 1 ORDER BY p.id", scanSlip)
	if err != nil {
		return err
	}
	for _, x := range all {
		slips[x.Run] = append(slips[x.Run], x)
	}
	runs, err := read(v, runSelect+"1 = 1", scanRun)
	if err != nil {
		return err
	}
	for _, r := range runs {
		v.run(r, rules[r.Rule], slips[r.ID], owed)
	}
	return nil
}

// run checks a run: its last version and its slips against the chain, each slip
// against its rule, the days and results that it names, and its corrections.
func (v *verifier) run(r *Run, rule *Rule, slips []*Slip, owed map[[2]int64][]Line) {
	for seq := 1; seq < r.Version; seq++ {
		if _, ok := v.chain[noteKey{"pay_run", r.District, r.ID, seq}]; !ok {
			v.wrong(r.District, -1, "pay_run %d: version %d is missing", r.ID, seq)
		}
	}
	vals := r.values()
	k := noteKey{"pay_run", r.District, r.ID, r.Version}
	var as struct{ Slips json.RawMessage }
	_ = json.Unmarshal([]byte(v.chain[k].detail), &as) // what cannot be read has no digest of slips
	if back := len(as.Slips) == 0 || as.Slips[0] != '"'; back && r.State == Draft {
		for _, x := range slips {
			vals = append(vals, x.values())
		}
	} else if !back && string(as.Slips) != `"`+slipSum(slips)+`"` {
		v.wrong(r.District, v.chain[k].idx, "pay_run %d: its slips are not those of version %d", r.ID, r.Version)
	}
	v.check(k, digestOf(vals...))
	if rule == nil {
		v.wrong(r.District, -1, "pay_run %d: its rule %d is missing", r.ID, r.Rule)
		return
	}
	var total Fen
	for _, x := range slips {
		total += x.Total
		lines, sum := rule.compute(x.facts(), owed[[2]int64{r.ID, x.Account}])
		if encode(lines) != encode(x.Lines) || sum != x.Total {
			v.wrong(r.District, -1, "pay_slip %d: the rule and its inputs give %s, it says %s", x.ID, sum, x.Total)
		}
	}
	if total != r.Total || len(slips) != r.Slips {
		v.wrong(r.District, -1, "pay_run %d: %d slips come to %s, it says %d and %s", r.ID, len(slips), total, r.Slips, r.Total)
	}
}

// facts are what the slip's lines say that it was computed from. An item that came
// to nothing has no line, and the same facts give it none again.
func (x *Slip) facts() Facts {
	_, _, days := monthDays(x.Month)
	f := Facts{Of: days}
	for _, l := range x.Lines {
		switch l.Kind {
		case Monthly:
			f.Days = l.Days
		case Years:
			f.Days, f.Years = l.Days, l.N
		case ByLevel:
			f.Days, f.Level = l.Days, l.Level
		case Cover:
			f.Cover = l.N
		}
	}
	return f
}

func (v *verifier) appraisals() error {
	list, err := read(v, appraisalSelect+"1 = 1", scanAppraisal)
	if err != nil {
		return err
	}
	sheets, err := read(v, sheetSelect+"1 = 1 ORDER BY x.id", scanSheet)
	if err != nil {
		return err
	}
	of, logs, calls := map[int64][]*Sheet{}, map[int64][]SheetLog{}, map[int64][]*Call{}
	for _, x := range sheets {
		of[x.Appraisal] = append(of[x.Appraisal], x)
	}
	if _, err := read(v, "SELECT sheet, seq, action, text, level, renew, actor, at FROM appraisal_log ORDER BY sheet, seq", func(rows *sql.Rows) (struct{}, error) {
		var sheet int64
		var renew int
		var l SheetLog
		err := rows.Scan(&sheet, &l.Seq, &l.Action, &l.Text, &l.Level, &renew, &l.Actor, &l.At)
		l.Renew = renew == 1
		logs[sheet] = append(logs[sheet], l)
		return struct{}{}, err
	}); err != nil {
		return err
	}
	if _, err := read(v, callSelect+"1 = 1 ORDER BY c.id", func(rows *sql.Rows) (struct{}, error) {
		c, err := scanCall(rows)
		if err == nil && c.Tries > 0 {
			v.check(noteKey{"appraisal_call", c.District, c.ID, c.Tries}, c.digest())
		}
		calls[c.Sheet] = append(calls[c.Sheet], c)
		return struct{}{}, err
	}); err != nil {
		return err
	}
	for _, a := range list {
		v.appraisal(a, of[a.ID])
		for _, x := range of[a.ID] {
			v.sheet(x, logs[x.ID], calls[x.ID])
		}
	}
	return nil
}

// appraisal replays an appraisal's steps, with the sheets that they wrote.
func (v *verifier) appraisal(a *Appraisal, sheets []*Sheet) {
	for i, state := range AppraisalLife.States {
		seq := i + 1
		if seq > a.Version {
			break
		}
		then := *a
		then.State, then.Version = state, seq
		if state == Open {
			then.Seed, then.DrawnBy, then.DrawnAt = "", 0, 0
		}
		vals := then.values()
		for _, x := range ordered(state, sheets) {
			vals = append(vals, x.values())
		}
		v.check(noteKey{"appraisal", a.District, a.ID, seq}, digestOf(vals...))
		if seq == a.Version && state != a.State {
			v.wrong(a.District, -1, "appraisal %d: it is %s, its history says %s", a.ID, a.State, state)
		}
	}
	if a.Version > 1 {
		if err := drawnOf(a, sheets).Check(); err != nil {
			v.wrong(a.District, -1, "appraisal %d: %v", a.ID, err)
		}
	}
}

// ordered are the sheets as the step to the state wrote them, in its order.
func ordered(state flow.State, sheets []*Sheet) []*Sheet {
	if state != Calling && state != Shown {
		return nil
	}
	out := make([]*Sheet, len(sheets))
	for i, x := range sheets {
		out[i] = x.at(state)
	}
	if state == Shown {
		slices.SortFunc(out, sheetOrder)
	}
	return out
}

// at is the sheet as it was when it was drawn or shown.
func (x *Sheet) at(state flow.State) *Sheet {
	y := *x
	y.State, y.Version, y.Level, y.Renew, y.AppealUntil, y.DecidedBy, y.DecidedAt, y.SettledBy, y.SettledAt, y.Log = state, 2, "", false, 0, 0, 0, 0, 0, nil
	if state == Calling {
		y.Version, y.Measures, y.Proposed, y.ProposedRenew = 1, nil, "", false
	}
	return &y
}

// sheet replays what was said and decided, and computes the proposal again.
func (v *verifier) sheet(x *Sheet, log []SheetLog, calls []*Call) {
	if x.State == Calling {
		return // covered by the draw
	}
	y := x.at(Shown)
	for i, l := range log {
		if l.Seq != i+1 {
			v.wrong(x.District, -1, "appraisal_sheet %d: entry %d of its log is missing", x.ID, i+1)
			return
		}
		if t := SheetLife.Find(y.State, flow.Action(l.Action)); t != nil && t.To != "" {
			y.State = t.To
		}
		switch l.Action {
		case "decide":
			y.Level, y.Renew, y.DecidedBy, y.DecidedAt, y.AppealUntil = l.Level, l.Renew, l.Actor, l.At, x.AppealUntil
		case "settle":
			y.Level, y.Renew, y.SettledBy, y.SettledAt = l.Level, l.Renew, l.Actor, l.At
		}
		y.Version++
		v.check(noteKey{"appraisal_sheet", x.District, x.ID, y.Version}, digestOf(append(y.values(), l.Text)...))
	}
	if encode(y.values()) != encode(x.values()) {
		v.wrong(x.District, -1, "appraisal_sheet %d: the row is not what its log says", x.ID)
	}
	for _, m := range x.Measures {
		if !m.Indicator.o.called {
			continue
		}
		if hits, misses := told(m.Indicator.o.code, calls); !slices.Equal(hits, m.Hits) || !slices.Equal(misses, m.Misses) {
			v.wrong(x.District, -1, "appraisal_sheet %d: %s is not what its calls say", x.ID, m.Indicator.o.code)
		}
	}
	if level, renew := Propose(x.Measures); level != x.Proposed || renew != x.ProposedRenew {
		v.wrong(x.District, -1, "appraisal_sheet %d: its rows propose %s, it says %s", x.ID, level, x.Proposed)
	}
}

func (v *verifier) handovers() error {
	list, err := read(v, handoverSelect+"1 = 1", scanHanded)
	for _, x := range list {
		v.check(noteKey{"staff_handover", x.District, x.ID, 1}, digestOf(x.values()...))
	}
	return err
}
