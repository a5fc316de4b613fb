package hotline

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/store"
)

// Order is an order of the hotline as it stands.
type Order struct {
	ID            int64
	Number        string
	Version       int
	State         State
	Via           string
	Title         string
	Area          int
	Street        int64
	Community     int64
	CaseDistrict  int
	CaseID        int64
	CaseNumber    string
	DueAt         int64
	TheirCategory string
	ReplyFormat   string
	Caller        int64
	Matter        Matter
	Faults        []Fault
	Rule          string
	RuleVersion   int
	Answer        string
	Attention     string // what a person must look at, "" if nothing
	Day           int
	ReceivedAt    int64
	DecidedBy     int64
	DecidedAt     int64
	Said          string // kind of the last message to the hotline
	SaidAt        int64
	Acked         string // kind of the last message that the hotline acknowledged
	AckedAt       int64
}

const orderCols = "id number version state via title area street community case_district case_id case_number due_at their_category reply_format caller matter faults rule rule_version answer attention day received_at decided_by decided_at said said_at acked acked_at"

var (
	orderTable  = &store.Table{Name: "hotline_order", Cols: strings.Fields("district " + orderCols)}
	inTable     = &store.Table{Name: "hotline_in", Cols: strings.Fields("district id order_id number kind via digest note outcome applied at")}
	nonceTable  = &store.Table{Name: "hotline_nonce", Cols: strings.Fields("district nonce digest at")}
	orderSelect = "SELECT o." + strings.ReplaceAll(orderCols, " ", ", o.") + " FROM hotline_order o WHERE o.district = 0 AND "
	orderScope  = access.Cols{District: "o.area", Street: "o.street", Community: "o.community"}
)

// Target is the order as scopes see it.
func (o *Order) Target() access.Target {
	return access.Target{District: o.Area, Street: o.Street, Community: o.Community}
}

func scanOrder(r *sql.Rows) (*Order, error) {
	o := &Order{}
	var matter, faults string
	if err := r.Scan(&o.ID, &o.Number, &o.Version, &o.State, &o.Via, &o.Title, &o.Area, &o.Street, &o.Community, &o.CaseDistrict, &o.CaseID, &o.CaseNumber, &o.DueAt, &o.TheirCategory, &o.ReplyFormat,
		&o.Caller, &matter, &faults, &o.Rule, &o.RuleVersion, &o.Answer, &o.Attention, &o.Day, &o.ReceivedAt, &o.DecidedBy, &o.DecidedAt, &o.Said, &o.SaidAt, &o.Acked, &o.AckedAt); err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(matter), &o.Matter); err != nil {
		return nil, err
	}
	return o, json.Unmarshal([]byte(faults), &o.Faults)
}

func (o *Order) values() ([]any, error) {
	matter := o.Matter
	if o.State == Taken { // the case has it
		matter = Matter{Number: o.Number}
	}
	m, err := json.Marshal(matter)
	if err != nil {
		return nil, err
	}
	f, err := json.Marshal(slices.Concat([]Fault{}, o.Faults))
	if err != nil {
		return nil, err
	}
	return []any{o.ID, o.Number, o.Version, string(o.State), o.Via, o.Title, o.Area, o.Street, o.Community, o.CaseDistrict, o.CaseID, o.CaseNumber, o.DueAt, o.TheirCategory, o.ReplyFormat,
		o.Caller, string(m), string(f), o.Rule, o.RuleVersion, o.Answer, o.Attention, o.Day, o.ReceivedAt, o.DecidedBy, o.DecidedAt, o.Said, o.SaidAt, o.Acked, o.AckedAt}, nil
}

// save writes the order in the transaction: a new one as a row, else over the
// version that was read; ErrKnown if somebody was quicker.
func save(tx *store.Tx, o *Order, fresh bool) error {
	o.Version++
	vals, err := o.values()
	if err != nil {
		return err
	}
	if fresh {
		tx.Append(orderTable, append([]any{0}, vals...)...)
		return nil
	}
	n, err := tx.Exec("UPDATE hotline_order SET "+strings.ReplaceAll(orderCols, " ", " = ?, ")+" = ? WHERE district = 0 AND id = ? AND version = ?", append(vals, o.ID, o.Version-1)...)
	if err == nil && n == 0 {
		err = ErrKnown
	}
	return err
}

// record writes what was done to an order into the city's trail.
func record(tx *store.Tx, scope access.Scope, o *Order, action string, detail map[string]any) error {
	b, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	post := scope.Post()
	if x, ok := scope.PostFor(o.Target()); ok {
		post = x
	}
	vals, err := o.values()
	if err != nil {
		return err
	}
	tx.Record(audit.Entry{Actor: scope.Account(), Post: post.ID, Action: "hotline." + action, Object: "hotline_order", ObjectID: o.ID, Seq: o.Version, Detail: b, Digest: digestOf(vals...)})
	return nil
}

func digestOf(vals ...any) [32]byte { return sha256.Sum256(fmt.Append(nil, vals...)) }

func (s *Service) orderByNumber(ctx context.Context, number string) (*Order, error) {
	rows, err := s.DB.Query(ctx, orderSelect+"o.number = ?", number)
	return one(store.All(rows, err, scanOrder))
}

// OrderByID is the order, within the scope.
func (s *Service) OrderByID(ctx context.Context, scope access.Scope, id int64) (*Order, error) {
	rows, err := s.DB.Query(ctx, orderSelect+"o.id = ?", id)
	o, err := one(store.All(rows, err, scanOrder))
	if err != nil {
		return nil, err
	}
	return o, scope.Check(o.Target())
}

// Filter narrows Orders and Counts; zero fields do not.
type Filter struct {
	State     State
	Rule      string
	Attention bool
	Late      bool // their limit has passed and the reply is not acknowledged
	From, To  int  // days of receipt
	Number    string
	Before    int64 // id: the page after this one
	Limit     int
}

// where is the one predicate of lists, counts and exports.
func (s *Service) where(scope access.Scope, f Filter) (string, []any) {
	sql, args := scope.Where(orderScope)
	and := func(cond string, v ...any) { sql, args = sql+" AND "+cond, append(args, v...) }
	if f.State != "" {
		and("o.state = ?", string(f.State))
	}
	if f.Rule != "" {
		and("o.rule = ?", f.Rule)
	}
	if f.Attention {
		and("o.attention <> ''")
	}
	if f.Late {
		and("o.due_at > 0 AND o.due_at < ? AND o.state IN ('waiting', 'proposed', 'taken') AND o.said NOT IN ('reply', 'returned', 'outcome')", s.DB.Now())
	}
	if f.From != 0 {
		and("o.day >= ?", f.From)
	}
	if f.To != 0 {
		and("o.day <= ?", f.To)
	}
	if f.Number != "" {
		and("o.number = ?", f.Number)
	}
	return sql, args
}

// Orders lists orders of the scope, the newest first.
func (s *Service) Orders(ctx context.Context, scope access.Scope, f Filter) ([]*Order, error) {
	where, args := s.where(scope, f)
	if f.Before != 0 {
		where, args = where+" AND o.id < ?", append(args, f.Before)
	}
	rows, err := s.DB.Query(ctx, orderSelect+where+" ORDER BY o.id DESC LIMIT ?", append(args, f.Limit)...)
	return store.All(rows, err, scanOrder)
}

// Count is how many orders the filter finds: the same rows that Orders lists.
func (s *Service) Count(ctx context.Context, scope access.Scope, f Filter) (n int64, err error) {
	where, args := s.where(scope, f)
	err = s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM hotline_order o WHERE o.district = 0 AND "+where, args...).Scan(&n)
	return n, err
}

// Said is a message about an order, as it came in.
type Said struct {
	ID      int64
	Kind    Kind
	Via     string
	Note    string
	Outcome Outcome
	Applied bool
	At      int64
}

func scanSaid(r *sql.Rows) (m Said, err error) {
	var outcome string
	if err = r.Scan(&m.ID, &m.Kind, &m.Via, &m.Note, &outcome, &m.Applied, &m.At); err != nil {
		return m, err
	}
	return m, json.Unmarshal([]byte(outcome), &m.Outcome)
}

const saidSelect = "SELECT id, kind, via, note, outcome, applied, at FROM hotline_in WHERE district = 0 AND "

// Messages lists what came in about an order, in order.
func (s *Service) Messages(ctx context.Context, o *Order) ([]Said, error) {
	rows, err := s.DB.Query(ctx, saidSelect+"order_id = ? ORDER BY id LIMIT 500", o.ID)
	return store.All(rows, err, scanSaid)
}

// before is the first outcome of the same message; errs.NotFound if it is new.
func (s *Service) before(ctx context.Context, number, digest string) (Outcome, error) {
	rows, err := s.DB.Query(ctx, saidSelect+"number = ? AND digest = ?", number, digest)
	m, err := one(store.All(rows, err, scanSaid))
	return m.Outcome, err
}

// keep logs a message in the transaction.
func (in *Incoming) keep(tx *store.Tx, o *Order, out Outcome, applied bool) error {
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	n := 0
	if applied {
		n = 1
	}
	tx.Append(inTable, 0, tx.NextID(), o.ID, o.Number, string(in.kind), in.Via, in.Digest, in.Matter.Note, string(b), n, tx.Now())
	if in.Nonce != "" {
		tx.Append(nonceTable, 0, in.Nonce, in.Digest, tx.Now())
	}
	return nil
}

// Forget removes nonces whose time is over.
func (s *Service) Forget(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("DELETE FROM hotline_nonce WHERE district = 0 AND at < ?", tx.Now()-3*Window.Microseconds())
		return err
	})
}

func scanText(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) }
