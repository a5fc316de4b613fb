package hotline

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// The doors of the room.
const (
	ViaWebhook = "webhook"
	ViaPull    = "pull"
	ViaFile    = "file"
	ViaList    = "list" // taken in from a comparison
)

// Incoming is a message about an order.
type Incoming struct {
	Via    string
	Matter Matter
	Faults []Fault
	Digest string // of the whole message
	Nonce  string // of a signed request, "" else

	kind   Kind
	person *access.Scope // who decided, of an act at the desk
}

// Outcome is what became of a message; it is the answer, and stays so when the
// message comes again.
type Outcome struct {
	Result     string  `json:"result" enum:"taken,updated,kept,waiting,proposed,recalled" doc:"taken: it is a case; updated: the case was told; kept: told once it is a case; waiting: a person must add something; proposed: a rule proposes an answer; recalled: taken back before it was a case"`
	Number     string  `json:"order_no"`
	CaseNumber string  `json:"case_no,omitempty"`
	Act        string  `json:"act,omitempty" doc:"What was done to the case"`
	Attention  bool    `json:"attention,omitempty" doc:"It could only be noted; a person looks at it"`
	Faults     []Fault `json:"faults,omitempty" doc:"What a person must still add"`
	Again      bool    `json:"-"` // the message was there already
}

// DigestOf is the digest of a message's bytes.
func DigestOf(message []byte) string {
	d := sha256.Sum256(message)
	return hex.EncodeToString(d[:])
}

// Read turns an order in JSON into a message.
func (s *Service) Read(ctx context.Context, body []byte) (*Incoming, error) {
	columns, cells, err := Flatten(body)
	if err != nil {
		return nil, err
	}
	set, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	return s.read(set.mapping, columns, cells, DigestOf(body))
}

func (s *Service) read(mapping json.RawMessage, columns, cells []string, digest string) (*Incoming, error) {
	m, faults, err := s.Rows.Read(mapping, columns, cells)
	if err != nil {
		return nil, err
	}
	return &Incoming{Matter: *m, Faults: faults, Digest: digest}, nil
}

// day is the city's day of an instant, yyyymmdd.
func (s *Service) day(at int64) int {
	y, m, d := time.UnixMicro(at).In(s.Zone()).Date()
	return y*10000 + int(m)*100 + d
}

// tries bounds how often a message that meets another one looks again.
const tries = 6

// Take takes a message in. It is refused only when it has no number or a kind
// that is not known; what else is wrong waits for a person.
func (s *Service) Take(ctx context.Context, in *Incoming) (Outcome, error) {
	m := &in.Matter
	var err error
	if in.kind, err = kindOf(m.Kind); err != nil {
		return Outcome{}, err
	}
	if m.Number == "" || utf8.RuneCountInString(m.Number) > 64 {
		return Outcome{}, ErrNumber.New().In("outside_number")
	}
	scope, err := s.Gateway(ctx, access.CaseReport)
	if err != nil {
		return Outcome{}, err
	}
	for range tries {
		out, err := s.once(ctx, scope, in)
		if !errors.Is(err, ErrKnown) && !errs.Is(err, errs.Stale) {
			return out, err
		}
		if err := s.sameNonce(ctx, in); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{}, errs.Busy.New("seconds", 1)
}

// sameNonce refuses other content under a nonce that is remembered.
func (s *Service) sameNonce(ctx context.Context, in *Incoming) error {
	if in.Nonce == "" {
		return nil
	}
	var digest string
	err := s.DB.QueryRow(ctx, "SELECT digest FROM hotline_nonce WHERE district = 0 AND nonce = ?", in.Nonce).Scan(&digest)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil && digest != in.Digest:
		return ErrNonce.New()
	}
	return err
}

func (s *Service) once(ctx context.Context, scope access.Scope, in *Incoming) (Outcome, error) {
	o, err := s.orderByNumber(ctx, in.Matter.Number)
	if errs.Is(err, errs.NotFound) {
		o = &Order{Number: in.Matter.Number, Via: in.Via, State: Early, Matter: in.Matter, ReceivedAt: s.DB.NowIn(ctx)}
		o.Day = s.day(o.ReceivedAt)
		if in.kind == New {
			return s.admit(ctx, scope, o, in, false)
		}
		return s.hold(ctx, scope, o, in, "kept")
	}
	if err != nil {
		return Outcome{}, err
	}
	if out, err := s.before(ctx, o.Number, in.Digest); !errs.Is(err, errs.NotFound) {
		out.Again = true
		return out, err
	}
	if in.Matter.DueAt != 0 {
		o.DueAt = in.Matter.DueAt
	}
	if o.State == Taken {
		return s.update(ctx, scope, o, in)
	}
	over := o.State == Answered || o.State == Recalled
	switch {
	case in.kind == Recall && (o.State == Waiting || o.State == Proposed):
		o.State = Recalled
		return s.hold(ctx, scope, o, in, "recalled")
	case in.kind == New && !over: // the order itself, or a corrected one
		if err := s.handCaller(ctx, o, &in.Matter); err != nil {
			return Outcome{}, err
		}
		o.Matter, o.Via = in.Matter, in.Via
		return s.admit(ctx, scope, o, in, false)
	case (in.kind == New || in.kind == Urge || in.kind == Redo) && (over || o.State == Proposed): // who insists gets a case
		if err := s.handCaller(ctx, o, &o.Matter); err != nil {
			return Outcome{}, err
		}
		return s.admit(ctx, scope, o, in, true)
	}
	return s.hold(ctx, scope, o, in, "kept")
}

// handCaller gives the matter the caller that the order came with, unless it
// names one itself.
func (s *Service) handCaller(ctx context.Context, o *Order, m *Matter) (err error) {
	if o.Caller != 0 && m.Name == "" && m.Phone == "" {
		m.Name, m.Phone, err = s.Callers.Hand(ctx, o.Caller)
	}
	return err
}

// admit makes the order a case, or holds it with the reason why not. decided: a
// person or the hotline itself has said that the rules' answer is not enough.
func (s *Service) admit(ctx context.Context, scope access.Scope, o *Order, in *Incoming, decided bool) (Outcome, error) {
	set, err := s.now(ctx)
	if err != nil {
		return Outcome{}, err
	}
	m := &o.Matter
	o.describe(&set.exchange)
	o.Faults = in.Faults
	rule := set.rules.Match(m)
	if rule != nil {
		o.Rule, o.RuleVersion, o.Answer = rule.ID, set.version[kindRules], rule.text()
	}
	if rule != nil && rule.Kind == Beyond && !decided {
		o.State = Proposed
		return s.hold(ctx, scope, o, in, "proposed")
	}
	if strings.TrimSpace(m.Text) == "" {
		o.Faults = append(o.Faults, faultOf("text", errs.Required.New("field", words("诉求内容", "text"))))
	}
	if !m.placed() && !slices.ContainsFunc(o.Faults, func(f Fault) bool { return f.Field == "place" }) {
		o.Faults = append(o.Faults, faultOf("place", errs.Required.New("field", words("地点（社区或位置）", "place (community or position)"))))
	}
	if strings.TrimSpace(m.Text) == "" || !m.placed() {
		o.State = Waiting
		return s.hold(ctx, scope, o, in, "waiting")
	}
	var out Outcome
	err = s.Cases.Report(ctx, scope, m, func(tx *store.Tx, c Case) error {
		now := *o
		now.become(c)
		out = Outcome{Result: "taken", Number: o.Number, CaseNumber: c.Number}
		if o.Caller != 0 { // the case has its own record
			if err := s.Callers.Erase(tx, o.Caller); err != nil {
				return err
			}
		}
		if rule != nil && rule.Kind == Emergency && now.Said == "" && set.exchange.Say.URL != "" {
			if err := now.say(tx, SayAdvice, "advice", map[string]string{"text": rule.text(), "reason": rule.Reason, "call": rule.Call}); err != nil {
				return err
			}
		}
		return in.write(tx, &now, out, true, "take")
	})
	switch {
	case err == nil && o.ID == 0:
		return out, nil
	case err == nil:
		return out, s.applyKept(ctx, scope, o.Number)
	case errors.Is(err, ErrKnown):
		return s.adopt(ctx, scope, o, in)
	case refused(err):
		o.State, o.Faults = Waiting, append(o.Faults, faultOf("", err))
		return s.hold(ctx, scope, o, in, "waiting")
	}
	return Outcome{}, err
}

// become makes the order the case's.
func (o *Order) become(c Case) {
	o.State, o.CaseDistrict, o.CaseID, o.CaseNumber, o.Attention, o.Caller, o.Faults = Taken, c.District, c.ID, c.Number, "", 0, nil
	o.Area, o.Street, o.Community = c.District, c.Street, c.Community
	if o.Title == "" {
		o.Title = c.Title
	}
}

// describe takes from the matter what lists show.
func (o *Order) describe(x *Exchange) {
	m := &o.Matter
	o.Title, o.TheirCategory, o.ReplyFormat = m.heading(), m.TheirCategory, m.ReplyFormat
	if m.DueAt != 0 {
		o.DueAt = m.DueAt
	}
	o.Area, o.Street, o.Community = m.District, m.Street, m.Community
	if o.Area == 0 {
		o.Area = x.Home
	}
}

// adopt makes an order of a case that came with this number by another way.
func (s *Service) adopt(ctx context.Context, scope access.Scope, o *Order, in *Incoming) (Outcome, error) {
	c, err := s.Cases.ByNumber(ctx, scope, o.Number)
	if err != nil || o.ID != 0 {
		if err == nil || errs.Is(err, errs.NotFound) { // somebody else's write met ours: look again
			err = ErrKnown
		}
		return Outcome{}, err
	}
	now := *o
	now.become(c)
	out := Outcome{Result: "taken", Number: o.Number, CaseNumber: c.Number}
	return out, s.write(ctx, in, &now, out, true, "adopt")
}

// hold writes the order as it stands; the message is applied once it is a case.
func (s *Service) hold(ctx context.Context, scope access.Scope, o *Order, in *Incoming, result string) (Outcome, error) {
	out := Outcome{Result: result, Number: o.Number, Faults: o.Faults}
	keep := func(*store.Tx) {}
	if m := &o.Matter; o.Caller == 0 && (m.Name != "" || m.Phone != "") {
		id, k, err := s.Callers.Seal(m.Name, m.Phone)
		if err != nil {
			return Outcome{}, err
		}
		o.Caller, keep = id, k
	}
	now := *o
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		now := now
		keep(tx)
		return in.write(tx, &now, out, in.kind == New || in.kind == Recall, "hold")
	})
	return out, known(err)
}

// known turns a unique row that is there already into ErrKnown.
func known(err error) error {
	if store.IsDuplicate(err) {
		return ErrKnown
	}
	return err
}

func (s *Service) write(ctx context.Context, in *Incoming, o *Order, out Outcome, applied bool, action string) error {
	return known(s.DB.Write(ctx, func(tx *store.Tx) error {
		now := *o
		return in.write(tx, &now, out, applied, action)
	}))
}

// write saves the order and logs the message in the transaction; what was not
// just taken over by the gateway goes on the trail.
func (in *Incoming) write(tx *store.Tx, o *Order, out Outcome, applied bool, action string) error {
	fresh := o.ID == 0
	if fresh {
		o.ID = tx.NextID()
	}
	if err := save(tx, o, fresh); err != nil {
		return err
	}
	if in.person != nil {
		if err := record(tx, *in.person, o, action, map[string]any{"number": o.Number, "result": out.Result}); err != nil {
			return err
		}
	}
	return in.keep(tx, o, out, applied)
}

// refused tells errors that say that something may not be done from faults.
func refused(err error) bool {
	k := errs.As(err).Kind
	return k.Status >= http.StatusBadRequest && k.Status < http.StatusInternalServerError && k != errs.Busy && k != errs.Stale
}

// said is what a case's history says about a message of the hotline.
var said = map[Kind]string{New: "热线更新了工单内容：", Urge: "热线催办：", Supplement: "热线补充：", Recall: "热线撤单：", Redo: "热线要求重办："}

const maxNote = 1000 // characters, of the notes of a case's acts

func (in *Incoming) words() string {
	text := in.Matter.Note
	if text == "" {
		text = in.Matter.Text
	}
	if text == "" {
		text = "（未附说明）"
	}
	r := []rune(said[in.kind] + text)
	return string(r[:min(len(r), maxNote)])
}

// acts of a kind of message, the fitting one first; the last that may be done now
// is always better than none.
func (in *Incoming) acts(c Case) []Act {
	note := Act{Action: "note", Text: in.words()}
	switch in.kind {
	case Urge:
		return []Act{{Action: "urge", Text: in.words()}, note}
	case Recall:
		return []Act{{Action: "withdraw", Text: in.words()}, note}
	case Redo:
		return []Act{{Action: "reopen", Text: in.words(), Lead: c.Lead}, {Action: "urge", Text: in.words()}, note}
	}
	return []Act{note}
}

// update tells the case what the hotline said.
func (s *Service) update(ctx context.Context, scope access.Scope, o *Order, in *Incoming) (Outcome, error) {
	c, err := s.Cases.ByID(ctx, scope, o.CaseID)
	if err != nil {
		return Outcome{}, err
	}
	for i, a := range in.acts(c) {
		out := Outcome{Result: "updated", Number: o.Number, CaseNumber: c.Number, Act: a.Action, Attention: i > 0 && in.kind != Redo || a.Action == "note" && in.kind == Redo}
		err := known(s.Cases.Act(ctx, scope, c, a, func(tx *store.Tx) error {
			now := *o
			if out.Attention {
				now.Attention = string(in.kind)
			}
			return in.write(tx, &now, out, true, "update")
		}))
		if err == nil || errors.Is(err, ErrKnown) || !refused(err) {
			return out, err
		}
	}
	// The case is over and takes no note: a person looks at it.
	out := Outcome{Result: "updated", Number: o.Number, CaseNumber: c.Number, Attention: true}
	now := *o
	now.Attention = string(in.kind)
	return out, s.write(ctx, in, &now, out, true, "update")
}

// applyKept tells a new case what was kept for it, in order. What a stop leaves
// over is done by the next message or by Upkeep.
func (s *Service) applyKept(ctx context.Context, scope access.Scope, number string) error {
	for {
		rows, err := s.DB.Query(ctx, saidSelect+"number = ? AND applied = 0 ORDER BY id LIMIT 1", number)
		m, err := one(store.All(rows, err, scanSaid))
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		o, err := s.orderByNumber(ctx, number)
		if err != nil || o.State != Taken {
			return err
		}
		c, err := s.Cases.ByID(ctx, scope, o.CaseID)
		if err != nil {
			return err
		}
		in := &Incoming{kind: m.Kind, Matter: Matter{Note: m.Note}}
		done := func(tx *store.Tx) error {
			n, err := tx.Exec("UPDATE hotline_in SET applied = 1 WHERE district = 0 AND id = ? AND applied = 0", m.ID)
			if err == nil && n == 0 {
				err = ErrKnown
			}
			return err
		}
		for _, a := range append(in.acts(c), Act{}) {
			if a.Action == "" { // the case takes nothing more
				err = s.DB.Write(ctx, done)
			} else {
				err = s.Cases.Act(ctx, scope, c, a, done)
			}
			if !refused(err) {
				break
			}
		}
		if err != nil && !errors.Is(err, ErrKnown) && !errs.Is(err, errs.Stale) {
			return err
		}
	}
}
