package workforce

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Actions names what this room writes to the audit trail, for those who read it.
var Actions = map[string]errs.Words{
	"pay.rule": w("设置薪酬规则", "Pay rule set"), "pay.prepare": w("编制工资表", "Pay run prepared"), "pay.compute": w("重新计算工资表", "Pay run computed again"),
	"pay.submit": w("工资表送审", "Pay run handed in"), "pay.approve": w("审批工资表", "Pay run approved"), "pay.send_back": w("退回工资表", "Pay run sent back"),
	"staff.forget": w("删除报名人员信息", "Candidates' data erased"), "pay.correct": w("登记工资更正", "Correction of pay noted"),
}

var (
	ruleTable       = &store.Table{Name: "pay_rule", Cols: strings.Fields("district id from_month name items created_by created_at")}
	runTable        = &store.Table{Name: "pay_run", Cols: strings.Fields("district id street month state version rule slips total below prepared_by prepared_at checked_by checked_post checked_at locked_by locked_post locked_at note")}
	slipTable       = &store.Table{Name: "pay_slip", Cols: strings.Fields("district id run account contract month community grid total lines")}
	correctionTable = &store.Table{Name: "pay_correction", Cols: strings.Fields("district id slip account month amount reason run created_by created_at")}
)

var runCols = access.Cols{District: "r.district", Street: "r.street"}

func one[T any](list []T, err error) (x T, _ error) {
	if err != nil {
		return x, err
	}
	if len(list) == 0 {
		return x, errs.NotFound.New()
	}
	return list[0], nil
}

// can says what the scope's person may do on the target.
func can(scope access.Scope, t access.Target) flow.Can {
	return func(p access.Perm) bool {
		n, err := scope.For(p)
		return err == nil && n.Covers(t)
	}
}

// postOf is the post through which the person has one of the permissions on the target, 0 if none.
func postOf(scope access.Scope, t access.Target, perms []access.Perm) int64 {
	for _, p := range perms {
		if n, err := scope.For(p); err == nil {
			if post, ok := n.PostFor(t); ok {
				return post.ID
			}
		}
	}
	return 0
}

// given are an actor's answers by field name.
type given map[string]string

// Text implements flow.Given.
func (g given) Text(field string) (string, int) {
	s := strings.TrimSpace(g[field])
	return s, utf8.RuneCountInString(s)
}

// text checks what somebody wrote and trims it.
func text(field string, label errs.Words, s string, most int, must bool) (string, error) {
	s = strings.TrimSpace(s)
	switch n := utf8.RuneCountInString(s); {
	case must && n == 0:
		return s, errs.Required.New("field", label).In(field)
	case n > most:
		return s, errs.TooLong.New("field", label, "max", most).In(field)
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return s, errs.Invalid.New("field", label, "remedy", w("含有无法识别的字符，请重新输入", "it has characters that cannot be read; please type it again")).In(field)
	}
	return s, nil
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("workforce: cannot encode: %v", err)) // numbers and strings only
	}
	return string(b)
}

func digestOf(vals ...any) [32]byte { return sha256.Sum256([]byte(encode(vals))) }

// record writes what was done into the trail of the target's district.
func record(tx *store.Tx, scope access.Scope, t access.Target, action, object string, id int64, seq int, detail map[string]any, digest [32]byte) {
	post := scope.Post()
	if x, ok := scope.PostFor(t); ok {
		post = x
	}
	if why := scope.SystemReason(); why != "" {
		detail["system"] = why
	}
	tx.Record(audit.Entry{District: t.District, Actor: scope.Account(), Post: post.ID, Action: action, Object: object, ObjectID: id, Seq: seq, Detail: []byte(encode(detail)), Digest: digest})
}

func addRule(tx *store.Tx, scope access.Scope, r *Rule) error {
	vals := []any{r.District, r.ID, r.From, r.Name, encode(r.Items), r.CreatedBy, r.CreatedAt}
	record(tx, scope, access.Target{District: r.District}, "pay.rule", "pay_rule", r.ID, 1, map[string]any{"name": r.Name, "from": r.From}, digestOf(vals...))
	return tx.Insert(ruleTable, vals...)
}

// rules lists pay rules that hold in districts that the scope reaches, the newest first.
func (s *Service) rules(ctx context.Context, scope access.Scope) (out []*Rule, err error) {
	for _, d := range scope.Districts() {
		rows, err := s.DB.Query(ctx, "SELECT district, id, from_month, name, items, created_by, created_at FROM pay_rule WHERE district = ? ORDER BY from_month DESC", d)
		list, err := store.All(rows, err, scanRule)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func scanRule(rows *sql.Rows) (*Rule, error) {
	r := &Rule{}
	var items string
	if err := rows.Scan(&r.District, &r.ID, &r.From, &r.Name, &items, &r.CreatedBy, &r.CreatedAt); err != nil {
		return nil, err
	}
	return r, json.Unmarshal([]byte(items), &r.Items)
}

// ruleFor is the rule in force in the month.
func (s *Service) ruleFor(ctx context.Context, district, month int) (*Rule, error) {
	rows, err := s.DB.Query(ctx, "SELECT district, id, from_month, name, items, created_by, created_at FROM pay_rule WHERE district = ? AND from_month <= ? ORDER BY from_month DESC LIMIT 1", district, month)
	r, err := one(store.All(rows, err, scanRule))
	if errs.Is(err, errs.NotFound) {
		err = NoRule.New("month", fmt.Sprintf("%d-%02d", month/100, month%100)).In("month")
	}
	return r, err
}

func (r *Run) values() []any {
	return []any{r.District, r.ID, r.Street, r.Month, string(r.State), r.Version, r.Rule, r.Slips, int64(r.Total), r.Below, r.PreparedBy, r.PreparedAt,
		r.CheckedBy, r.CheckedPost, r.CheckedAt, r.LockedBy, r.LockedPost, r.LockedAt, r.Note}
}

// writeRun writes a draft with its slips, in place of those that it had.
func writeRun(tx *store.Tx, scope access.Scope, r *Run, slips []*Slip, fresh bool) error {
	if fresh {
		if err := tx.Insert(runTable, r.values()...); err != nil {
			return err
		}
	} else {
		if err := setRun(tx, r); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM pay_slip WHERE district = ? AND run = ?", r.District, r.ID); err != nil {
			return err
		}
	}
	sum := []any{}
	paid := []int64{}
	for _, x := range slips {
		vals := x.values()
		tx.Append(slipTable, vals...)
		sum = append(sum, vals)
		for _, l := range x.Lines {
			if l.Kind == Correction {
				paid = append(paid, x.Account)
				break
			}
		}
	}
	for _, account := range paid {
		if _, err := tx.Exec("UPDATE pay_correction SET run = ? WHERE district = ? AND account = ? AND run = 0", r.ID, r.District, account); err != nil {
			return err
		}
	}
	action := "pay.prepare"
	if !fresh {
		action = "pay.compute"
	}
	record(tx, scope, r.Target(), action, "pay_run", r.ID, r.Version, map[string]any{"month": r.Month, "slips": r.Slips, "total": r.Total}, digestOf(append(r.values(), sum...)...))
	return nil
}

// setRun writes the run's next version; errs.Stale if another was quicker.
func setRun(tx *store.Tx, r *Run) error {
	n, err := tx.Exec(`UPDATE pay_run SET state = ?, version = ?, rule = ?, slips = ?, total = ?, below = ?, prepared_by = ?, prepared_at = ?, checked_by = ?, checked_post = ?, checked_at = ?,
		locked_by = ?, locked_post = ?, locked_at = ?, note = ? WHERE district = ? AND id = ? AND version = ?`,
		append(r.values()[4:], r.District, r.ID, r.Version-1)...)
	if err == nil && n == 0 {
		err = errs.Stale.New("current", r.Version)
	}
	return err
}

// stepRun writes a step; the trail keeps a hash of the slips as they were in it.
func stepRun(tx *store.Tx, scope access.Scope, r *Run, action flow.Action, note string) error {
	if err := setRun(tx, r); err != nil {
		return err
	}
	rows, err := tx.Query(slipSelect+"p.district = ? AND p.run = ? ORDER BY p.id", r.District, r.ID)
	slips, err := store.All(rows, err, scanSlip)
	if err != nil {
		return err
	}
	record(tx, scope, r.Target(), "pay."+string(action), "pay_run", r.ID, r.Version, map[string]any{"month": r.Month, "state": r.State, "note": note, "slips": slipSum(slips)}, digestOf(r.values()...))
	return nil
}

// slipSum is one hash over a run's slips in order of their ids.
func slipSum(slips []*Slip) string {
	h := sha256.New()
	for _, x := range slips {
		sum := digestOf(x.values()...)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (x *Slip) values() []any {
	return []any{x.District, x.ID, x.Run, x.Account, x.Contract, x.Month, x.Community, x.Grid, int64(x.Total), encode(x.Lines)}
}

const runSelect = `SELECT r.district, r.id, r.street, r.month, r.state, r.version, r.rule, r.slips, r.total, r.below, r.prepared_by, r.prepared_at, r.checked_by, r.checked_post, r.checked_at,
	r.locked_by, r.locked_post, r.locked_at, r.note FROM pay_run r WHERE `

func scanRun(rows *sql.Rows) (*Run, error) {
	r := &Run{}
	var total int64
	var state string
	err := rows.Scan(&r.District, &r.ID, &r.Street, &r.Month, &state, &r.Version, &r.Rule, &r.Slips, &total, &r.Below, &r.PreparedBy, &r.PreparedAt, &r.CheckedBy, &r.CheckedPost, &r.CheckedAt,
		&r.LockedBy, &r.LockedPost, &r.LockedAt, &r.Note)
	r.State, r.Total = flow.State(state), Fen(total)
	return r, err
}

// Runs lists pay runs, the newest month first; state "" and month 0 do not narrow.
func (s *Service) Runs(ctx context.Context, scope access.Scope, state string, month int) ([]*Run, error) {
	where, args := scope.Where(runCols)
	q := runSelect + where
	if state != "" {
		q, args = q+" AND r.state = ?", append(args, state)
	}
	if month != 0 {
		q, args = q+" AND r.month = ?", append(args, month)
	}
	rows, err := s.DB.Query(ctx, q+" ORDER BY r.month DESC, r.street LIMIT 500", args...)
	return store.All(rows, err, scanRun)
}

// RunByID is one run that the scope reaches.
func (s *Service) RunByID(ctx context.Context, scope access.Scope, id int64) (*Run, error) {
	rows, err := s.DB.Query(ctx, runSelect+"r.id = ?", id)
	r, err := one(store.All(rows, err, scanRun))
	if err != nil {
		return nil, err
	}
	return r, scope.Check(r.Target())
}

const slipSelect = `SELECT p.district, p.id, p.run, p.account, p.contract, p.month, p.community, p.grid, p.total, p.lines, r.state
	FROM pay_slip p JOIN pay_run r ON r.district = p.district AND r.id = p.run WHERE `

func scanSlip(rows *sql.Rows) (*Slip, error) {
	x := &Slip{}
	var total int64
	var lines, state string
	if err := rows.Scan(&x.District, &x.ID, &x.Run, &x.Account, &x.Contract, &x.Month, &x.Community, &x.Grid, &total, &lines, &state); err != nil {
		return nil, err
	}
	x.Total, x.RunState = Fen(total), flow.State(state)
	return x, json.Unmarshal([]byte(lines), &x.Lines)
}

// SlipsOf lists a run's slips by grid, with the corrections that came later.
func (s *Service) SlipsOf(ctx context.Context, r *Run) ([]*Slip, error) {
	rows, err := s.DB.Query(ctx, slipSelect+"p.district = ? AND p.run = ? ORDER BY p.community, p.grid, p.account", r.District, r.ID)
	list, err := store.All(rows, err, scanSlip)
	if err != nil {
		return nil, err
	}
	return list, s.corrected(ctx, list, "c.district = ? AND c.slip IN (SELECT id FROM pay_slip WHERE district = ? AND run = ?)", r.District, r.District, r.ID)
}

// SlipsFor lists an account's own locked slips, the newest first.
func (s *Service) SlipsFor(ctx context.Context, account int64) ([]*Slip, error) {
	rows, err := s.DB.Query(ctx, slipSelect+"p.account = ? AND r.state = ? ORDER BY p.month DESC LIMIT 60", account, string(Locked))
	list, err := store.All(rows, err, scanSlip)
	if err != nil || len(list) == 0 {
		return list, err
	}
	return list, s.corrected(ctx, list, "c.account = ?", account)
}

// corrected adds the corrections of the slips.
func (s *Service) corrected(ctx context.Context, list []*Slip, where string, args ...any) error {
	at := map[int64]*Slip{}
	for _, x := range list {
		at[x.ID] = x
	}
	rows, err := s.DB.Query(ctx, correctionSelect+where+" ORDER BY c.id", args...)
	all, err := store.All(rows, err, scanCorrection)
	for _, c := range all {
		if x := at[c.Slip]; x != nil {
			x.Corrections = append(x.Corrections, c)
		}
	}
	return err
}

func (s *Service) slipByID(ctx context.Context, scope access.Scope, id int64) (*Slip, *Run, error) {
	rows, err := s.DB.Query(ctx, slipSelect+"p.id = ?", id)
	x, err := one(store.All(rows, err, scanSlip))
	if err != nil {
		return nil, nil, err
	}
	r, err := s.RunByID(ctx, scope, x.Run)
	return x, r, err
}

const correctionSelect = "SELECT c.id, c.slip, c.account, c.month, c.amount, c.reason, c.run, c.created_by, c.created_at FROM pay_correction c WHERE "

func scanCorrection(rows *sql.Rows) (c CorrectionOf, err error) {
	var amount int64
	err = rows.Scan(&c.ID, &c.Slip, &c.Account, &c.Month, &amount, &c.Reason, &c.Run, &c.By, &c.At)
	c.Amount = Fen(amount)
	return c, err
}

// openCorrections are those that no run has paid, and those that this one has.
func openCorrections(tx *store.Tx, r *Run) ([]CorrectionOf, error) {
	rows, err := tx.Query(correctionSelect+"c.district = ? AND (c.run = 0 OR c.run = ?) AND c.month < ? ORDER BY c.id", r.District, r.ID, r.Month)
	return store.All(rows, err, scanCorrection)
}

func addCorrection(tx *store.Tx, scope access.Scope, r *Run, c *CorrectionOf) error {
	vals := []any{r.District, c.ID, c.Slip, c.Account, c.Month, int64(c.Amount), c.Reason, c.Run, c.By, c.At}
	record(tx, scope, r.Target(), "pay.correct", "pay_slip", c.Slip, 0, map[string]any{"correction": c.ID, "amount": c.Amount, "reason": c.Reason}, digestOf(vals...))
	return tx.Insert(correctionTable, vals...)
}
