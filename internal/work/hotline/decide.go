package hotline

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// ViaDesk is a person at the desk.
const ViaDesk = "desk"

// Decision is what a person decides about an order that is no case.
type Decision struct {
	Action    string // "answer": confirm what the rule proposes; "admit": make it a case; "seen": what needed a look was looked at
	Version   int
	Text      string // admit: what it is about, "" as it is; answer: another wording, "" as proposed
	Community int64  // admit: where it is
	Category  int64
	Address   string
}

var errNotNow = errs.Declare("hotline_not_now", 409, "这件工单现在不能这样处理，请刷新后查看。", "This cannot be done to the order now; look at it again.")

// Decide does what a person decided. The person's post must reach the order.
func (s *Service) Decide(ctx context.Context, scope access.Scope, id int64, d Decision) (*Order, error) {
	o, err := s.OrderByID(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	if d.Version != o.Version {
		return nil, errs.Stale.New("current", o.Version)
	}
	if utf8.RuneCountInString(d.Text) > 2000 || utf8.RuneCountInString(d.Address) > 200 {
		return nil, errs.TooLong.New("field", words("内容", "text"), "max", 2000).In("text")
	}
	switch {
	case d.Action == "seen" && o.Attention != "":
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			now := *o
			now.Attention = ""
			if err := save(tx, &now, false); err != nil {
				return err
			}
			return record(tx, scope, &now, "seen", map[string]any{"number": o.Number, "was": o.Attention})
		})
	case d.Action == "answer" && o.State == Proposed:
		err = s.answer(ctx, scope, o, d.Text)
	case d.Action == "admit" && o.State != Taken:
		err = s.admitAs(ctx, scope, o, d)
	default:
		return nil, errNotNow.New()
	}
	if errors.Is(err, ErrKnown) {
		err = errs.Stale.New("current", o.Version+1)
	}
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, orderSelect+"o.id = ?", id)
	return one(store.All(rows, err, scanOrder)) // it may lie elsewhere now
}

// answer confirms the rule's answer, which goes out with its reason.
func (s *Service) answer(ctx context.Context, scope access.Scope, o *Order, text string) error {
	set, err := s.now(ctx)
	if err != nil {
		return err
	}
	reason, call := "", ""
	for _, r := range set.rules.Rules {
		if r.ID == o.Rule {
			reason, call = r.Reason, r.Call
		}
	}
	if strings.TrimSpace(text) == "" {
		text = o.Answer
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		now := *o
		now.State, now.Answer, now.DecidedBy, now.DecidedAt = Answered, text, scope.Account(), tx.Now()
		if err := now.say(tx, SayReturned, "answered|"+strconv.Itoa(o.Version), map[string]string{"text": text, "reason": reason, "call": call}); err != nil {
			return err
		}
		if err := save(tx, &now, false); err != nil {
			return err
		}
		return record(tx, scope, &now, "answer", map[string]any{"number": o.Number, "rule": o.Rule, "rule_version": o.RuleVersion, "text": text})
	})
}

// admitAs makes the order a case with what the person added. The case is the
// gateway's, as every order's; who decided is on the trail.
func (s *Service) admitAs(ctx context.Context, scope access.Scope, o *Order, d Decision) error {
	m := &o.Matter
	if d.Text != "" {
		m.Text = d.Text
	}
	if d.Address != "" {
		m.Address = d.Address
	}
	if d.Category != 0 {
		m.Category = d.Category
	}
	if d.Community != 0 {
		m.District, m.Street, m.Community, m.Grid, m.Lon, m.Lat, m.CRS = int(d.Community/1_000_000), d.Community/1000, d.Community, 0, 0, 0, ""
		if !scope.Covers(access.Target{District: m.District, Street: m.Street, Community: m.Community}) {
			return errs.Invalid.New("field", words("社区", "community"), "remedy", words("不在您的工作范围内", "it lies outside your area")).In("community")
		}
	}
	if err := s.handCaller(ctx, o, m); err != nil {
		return err
	}
	gate, err := s.Gateway(ctx, access.CaseReport)
	if err != nil {
		return err
	}
	o.DecidedBy, o.DecidedAt = scope.Account(), s.DB.Now()
	in := &Incoming{Via: ViaDesk, Matter: Matter{Number: o.Number}, Digest: "desk|" + strconv.FormatInt(o.ID, 10) + "|" + strconv.Itoa(o.Version), kind: New, person: &scope}
	out, err := s.admit(ctx, gate, o, in, true)
	if err == nil && out.Result != "taken" {
		f := out.Faults[len(out.Faults)-1]
		return errs.Invalid.New("field", f.Field, "remedy", words(f.ZH, f.EN)).In(f.Field)
	}
	return err
}

// Upkeep makes proposals that nobody decided in time into cases, and tells cases
// what a stop had left untold.
func (s *Service) Upkeep(ctx context.Context) error {
	set, err := s.now(ctx)
	if err != nil {
		return err
	}
	scope, err := s.Gateway(ctx, access.CaseReport)
	if errs.Is(err, errs.NotFound) { // no gateway account: nothing has come in
		return nil
	}
	if err != nil {
		return err
	}
	until := s.DB.Now() - int64(set.exchange.hours())*3600*1_000_000
	rows, err := s.DB.Query(ctx, orderSelect+"o.state = ? AND o.received_at < ? ORDER BY o.id LIMIT 200", string(Proposed), until)
	late, err := store.All(rows, err, scanOrder)
	if err != nil {
		return err
	}
	for _, o := range late {
		if err := s.handCaller(ctx, o, &o.Matter); err != nil {
			return err
		}
		in := &Incoming{Via: ViaDesk, Matter: Matter{Number: o.Number}, Digest: "late|" + strconv.FormatInt(o.ID, 10) + "|" + strconv.Itoa(o.Version), kind: New}
		if _, err := s.admit(ctx, scope, o, in, true); err != nil && !errors.Is(err, ErrKnown) {
			return err
		}
	}
	rows, err = s.DB.Query(ctx, "SELECT DISTINCT i.number FROM hotline_in i JOIN hotline_order o ON o.district = i.district AND o.id = i.order_id WHERE i.district = 0 AND i.applied = 0 AND o.state = ? LIMIT 200", string(Taken))
	kept, err := store.All(rows, err, scanText)
	if err != nil {
		return err
	}
	for _, number := range kept {
		if err := s.applyKept(ctx, scope, number); err != nil {
			return err
		}
	}
	return nil
}
