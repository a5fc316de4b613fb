package workforce

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

func init() {
	maps.Copy(Actions, map[string]errs.Words{
		"appraisal.publish": w("公布考核方案", "Appraisal published"), "appraisal.draw": w("考核抽样", "Appraisal sample drawn"), "appraisal.compute": w("汇总考核结果", "Appraisal computed"),
		"appraisal.close": w("结束考核", "Appraisal closed"), "appraisal.call": w("考核回访", "Appraisal call made"), "appraisal.comment": w("考核说明", "Comment on an appraisal"),
		"appraisal.decide": w("决定考核结果", "Appraisal decided"), "appraisal.appeal": w("考核申诉", "Appraisal appealed"), "appraisal.settle": w("复核考核申诉", "Appeal settled"),
	})
}

var (
	appraisalTable = &store.Table{Name: "appraisal", Cols: strings.Fields("district id street name from_day to_day state version criteria sample appeal_days commitment seed created_by created_at drawn_by drawn_at")}
	sheetTable     = &store.Table{Name: "appraisal_sheet", Cols: strings.Fields("district id appraisal account street community grid org state version pool drawn measures proposed proposed_renew level renew appeal_until decided_by decided_at settled_by settled_at")}
	logTable       = &store.Table{Name: "appraisal_log", Cols: strings.Fields("district sheet seq action text level renew actor at")}
	callTable      = &store.Table{Name: "appraisal_call", Cols: strings.Fields("district id appraisal sheet case_id done tries solved satisfied called_by called_at")}
)

var (
	sheetCols = access.Cols{District: "x.district", Street: "x.street", Community: "x.community"}
)

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (a *Appraisal) values() []any {
	return []any{a.District, a.ID, a.Street, a.Name, a.From, a.To, string(a.State), a.Version, encode(a.Criteria), a.Sample, a.AppealDays, a.Commitment, a.Seed, a.CreatedBy, a.CreatedAt, a.DrawnBy, a.DrawnAt}
}

func addAppraisal(tx *store.Tx, scope access.Scope, a *Appraisal) error {
	tx.Append(appraisalTable, a.values()...)
	record(tx, scope, a.Target(), "appraisal.publish", "appraisal", a.ID, 1, map[string]any{"name": a.Name, "commitment": a.Commitment, "to": a.To}, digestOf(a.values()...))
	return nil
}

// stepAppraisal writes the next version; the digest covers the sheets that the step wrote.
func stepAppraisal(tx *store.Tx, scope access.Scope, a *Appraisal, action flow.Action, sheets []*Sheet) error {
	n, err := tx.Exec("UPDATE appraisal SET state = ?, version = ?, seed = ?, drawn_by = ?, drawn_at = ? WHERE district = ? AND id = ? AND version = ?",
		string(a.State), a.Version, a.Seed, a.DrawnBy, a.DrawnAt, a.District, a.ID, a.Version-1)
	if err == nil && n == 0 {
		err = errs.Stale.New("current", a.Version)
	}
	if err != nil {
		return err
	}
	sum := a.values()
	for _, x := range sheets {
		sum = append(sum, x.values())
	}
	record(tx, scope, a.Target(), "appraisal."+string(action), "appraisal", a.ID, a.Version, map[string]any{"state": a.State, "sheets": len(sheets), "seed": a.Seed}, digestOf(sum...))
	return nil
}

const appraisalSelect = `SELECT a.district, a.id, a.street, a.name, a.from_day, a.to_day, a.state, a.version, a.criteria, a.sample, a.appeal_days, a.commitment, a.seed, a.created_by, a.created_at, a.drawn_by, a.drawn_at,
	(SELECT COUNT(*) FROM appraisal_sheet x WHERE x.district = a.district AND x.appraisal = a.id), (SELECT COUNT(*) FROM appraisal_call c WHERE c.district = a.district AND c.appraisal = a.id AND c.done = 0) FROM appraisal a WHERE `

func scanAppraisal(rows *sql.Rows) (*Appraisal, error) {
	a := &Appraisal{}
	var state, criteria string
	if err := rows.Scan(&a.District, &a.ID, &a.Street, &a.Name, &a.From, &a.To, &state, &a.Version, &criteria, &a.Sample, &a.AppealDays, &a.Commitment, &a.Seed, &a.CreatedBy, &a.CreatedAt, &a.DrawnBy, &a.DrawnAt, &a.Sheets, &a.Waiting); err != nil {
		return nil, err
	}
	a.State = flow.State(state)
	return a, json.Unmarshal([]byte(criteria), &a.Criteria)
}

// Appraisals lists what the scope reaches, the newest first. An appraisal of a
// whole district is reached by whoever reaches a part of it: whose sheets are
// shown is another question.
func (s *Service) Appraisals(ctx context.Context, scope access.Scope) (out []*Appraisal, _ error) {
	for _, d := range scope.Districts() {
		rows, err := s.DB.Query(ctx, appraisalSelect+"a.district = ? ORDER BY a.to_day DESC, a.id DESC LIMIT 100", d)
		list, err := store.All(rows, err, scanAppraisal)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if scope.Covers(a.Target()) || a.Street == 0 {
				out = append(out, a)
			}
		}
	}
	return out, nil
}

// AppraisalByID is one appraisal that the scope reaches whole.
func (s *Service) AppraisalByID(ctx context.Context, scope access.Scope, id int64) (*Appraisal, error) {
	a, err := s.appraisal(ctx, id)
	if err != nil {
		return nil, err
	}
	return a, scope.Check(a.Target())
}

func (s *Service) appraisal(ctx context.Context, id int64) (*Appraisal, error) {
	rows, err := s.DB.Query(ctx, appraisalSelect+"a.id = ?", id)
	return one(store.All(rows, err, scanAppraisal))
}

func (s *Service) appraisalOf(ctx context.Context, x *Sheet) (*Appraisal, error) {
	return s.appraisal(ctx, x.Appraisal)
}

func (x *Sheet) values() []any {
	return []any{x.District, x.ID, x.Appraisal, x.Account, x.Street, x.Community, x.Grid, x.Org, string(x.State), x.Version, encode(some(x.Pool)), encode(some(x.Drawn)), encode(someMeasures(x.Measures)),
		x.Proposed, number(x.ProposedRenew), x.Level, number(x.Renew), x.AppealUntil, x.DecidedBy, x.DecidedAt, x.SettledBy, x.SettledAt}
}

func some(ids []int64) []int64 {
	if ids == nil {
		return []int64{}
	}
	return ids
}

func someMeasures(m []Measure) []Measure {
	for i := range m {
		m[i].Hits, m[i].Misses = some(m[i].Hits), some(m[i].Misses)
	}
	if m == nil {
		return []Measure{}
	}
	return m
}

func setSheet(tx *store.Tx, x *Sheet) error {
	n, err := tx.Exec(`UPDATE appraisal_sheet SET state = ?, version = ?, measures = ?, proposed = ?, proposed_renew = ?, level = ?, renew = ?, appeal_until = ?, decided_by = ?, decided_at = ?, settled_by = ?, settled_at = ?
		WHERE district = ? AND id = ? AND version = ?`, string(x.State), x.Version, encode(someMeasures(x.Measures)), x.Proposed, number(x.ProposedRenew), x.Level, number(x.Renew), x.AppealUntil, x.DecidedBy, x.DecidedAt, x.SettledBy, x.SettledAt,
		x.District, x.ID, x.Version-1)
	if err == nil && n == 0 {
		err = errs.Stale.New("current", x.Version)
	}
	return err
}

func logSheet(tx *store.Tx, scope access.Scope, x *Sheet, l SheetLog) error {
	if err := tx.Insert(logTable, x.District, x.ID, l.Seq, l.Action, l.Text, l.Level, number(l.Renew), l.Actor, l.At); err != nil {
		return err
	}
	record(tx, scope, x.Target(), "appraisal."+l.Action, "appraisal_sheet", x.ID, x.Version, map[string]any{"state": x.State, "level": l.Level, "renew": l.Renew}, digestOf(append(x.values(), l.Text)...))
	return nil
}

const sheetSelect = `SELECT x.district, x.id, x.appraisal, x.account, x.street, x.community, x.grid, x.org, x.state, x.version, x.pool, x.drawn, x.measures, x.proposed, x.proposed_renew, x.level, x.renew, x.appeal_until,
	x.decided_by, x.decided_at, x.settled_by, x.settled_at FROM appraisal_sheet x WHERE `

func scanSheet(rows *sql.Rows) (*Sheet, error) {
	x := &Sheet{}
	var state, pool, drawn, measures string
	var proposed, renew int
	if err := rows.Scan(&x.District, &x.ID, &x.Appraisal, &x.Account, &x.Street, &x.Community, &x.Grid, &x.Org, &state, &x.Version, &pool, &drawn, &measures, &x.Proposed, &proposed, &x.Level, &renew, &x.AppealUntil,
		&x.DecidedBy, &x.DecidedAt, &x.SettledBy, &x.SettledAt); err != nil {
		return nil, err
	}
	x.State, x.ProposedRenew, x.Renew = flow.State(state), proposed == 1, renew == 1
	return x, errors.Join(json.Unmarshal([]byte(pool), &x.Pool), json.Unmarshal([]byte(drawn), &x.Drawn), json.Unmarshal([]byte(measures), &x.Measures))
}

// sheetOrder is the order of sheets.
func sheetOrder(a, b *Sheet) int {
	return cmp.Or(cmp.Compare(a.Community, b.Community), cmp.Compare(a.Grid, b.Grid), cmp.Compare(a.Account, b.Account))
}

// sheets lists sheets by community and grid: never by how anybody did.
func (s *Service) sheets(ctx context.Context, where string, args ...any) ([]*Sheet, error) {
	rows, err := s.DB.Query(ctx, sheetSelect+where+" ORDER BY x.community, x.grid, x.account", args...)
	return store.All(rows, err, scanSheet)
}

// SheetsOf lists an appraisal's sheets that the scope reaches.
func (s *Service) SheetsOf(ctx context.Context, scope access.Scope, a *Appraisal) ([]*Sheet, error) {
	where, args := scope.Where(sheetCols)
	return s.sheets(ctx, "x.district = ? AND x.appraisal = ? AND "+where, append([]any{a.District, a.ID}, args...)...)
}

// SheetsFor lists an account's own sheets, once there is something to see, the newest first.
func (s *Service) SheetsFor(ctx context.Context, account int64) ([]*Sheet, error) {
	rows, err := s.DB.Query(ctx, sheetSelect+"x.account = ? AND x.state <> ? ORDER BY x.id DESC LIMIT 20", account, string(Calling))
	list, err := store.All(rows, err, scanSheet)
	for _, x := range list {
		if err == nil {
			err = s.logOf(ctx, x)
		}
	}
	return list, err
}

// sheetByID is a sheet that the scope reaches or, if mine, whose worker asks.
func (s *Service) sheetByID(ctx context.Context, scope access.Scope, id int64, mine bool) (*Sheet, error) {
	x, err := one(s.sheets(ctx, "x.id = ?", id))
	switch {
	case err != nil:
		return nil, err
	case mine && (x.Account != scope.Account() || x.State == Calling):
		return nil, errs.NotFound.New()
	case !mine:
		if err := scope.Check(x.Target()); err != nil {
			return nil, err
		}
	}
	return x, s.logOf(ctx, x)
}

func (s *Service) logOf(ctx context.Context, x *Sheet) error {
	rows, err := s.DB.Query(ctx, "SELECT seq, action, text, level, renew, actor, at FROM appraisal_log WHERE district = ? AND sheet = ? ORDER BY seq", x.District, x.ID)
	x.Log, err = store.All(rows, err, func(rows *sql.Rows) (l SheetLog, err error) {
		var renew int
		err = rows.Scan(&l.Seq, &l.Action, &l.Text, &l.Level, &renew, &l.Actor, &l.At)
		l.Renew = renew == 1
		return l, err
	})
	return err
}

// levels are the results of each account's latest appraisal that stood on the day.
func (s *Service) levels(ctx context.Context, district, day int) (map[int64]string, error) {
	rows, err := s.DB.Query(ctx, `SELECT x.account, x.level, x.state, x.appeal_until, x.settled_at FROM appraisal_sheet x JOIN appraisal a ON a.district = x.district AND a.id = x.appraisal
		WHERE x.district = ? AND x.level <> '' AND a.to_day <= ? ORDER BY a.to_day, a.id`, district, day)
	out := map[int64]string{}
	_, err = store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		x := Sheet{}
		var state string
		err := rows.Scan(&x.Account, &x.Level, &state, &x.AppealUntil, &x.SettledAt)
		if x.State = flow.State(state); x.State == Decided && x.AppealUntil < day || x.State == Settled && s.Calendar().Day(x.SettledAt) <= day {
			out[x.Account] = x.Level
		}
		return struct{}{}, err
	})
	return out, err
}

const callSelect = `SELECT c.district, c.id, c.appraisal, c.sheet, c.case_id, c.done, c.tries, c.solved, c.satisfied, c.called_by, c.called_at, x.account, x.street, x.community, x.org
	FROM appraisal_call c JOIN appraisal_sheet x ON x.district = c.district AND x.id = c.sheet WHERE `

func scanCall(rows *sql.Rows) (*Call, error) {
	c := &Call{}
	return c, rows.Scan(&c.District, &c.ID, &c.Appraisal, &c.Sheet, &c.Case, &c.Done, &c.Tries, &c.Solved, &c.Satisfied, &c.By, &c.At, &c.Worker, &c.Street, &c.Community, &c.Org)
}

func (s *Service) openCalls(ctx context.Context, scope access.Scope) ([]*Call, error) {
	where, args := scope.Where(sheetCols)
	rows, err := s.DB.Query(ctx, callSelect+"c.done = 0 AND "+where+" ORDER BY c.tries, c.id LIMIT 100", args...)
	return store.All(rows, err, scanCall)
}

func (s *Service) callByID(ctx context.Context, scope access.Scope, id int64) (*Call, error) {
	rows, err := s.DB.Query(ctx, callSelect+"c.id = ?", id)
	c, err := one(store.All(rows, err, scanCall))
	if err != nil {
		return nil, err
	}
	return c, scope.Check(access.Target{District: c.District, Street: c.Street, Community: c.Community})
}

// callsOf are an appraisal's calls by sheet.
func (s *Service) callsOf(ctx context.Context, a *Appraisal) (map[int64][]*Call, error) {
	rows, err := s.DB.Query(ctx, callSelect+"c.district = ? AND c.appraisal = ? ORDER BY c.id", a.District, a.ID)
	list, err := store.All(rows, err, scanCall)
	out := map[int64][]*Call{}
	for _, c := range list {
		out[c.Sheet] = append(out[c.Sheet], c)
	}
	return out, err
}

func setCall(tx *store.Tx, scope access.Scope, c *Call) error {
	n, err := tx.Exec("UPDATE appraisal_call SET done = ?, tries = ?, solved = ?, satisfied = ?, called_by = ?, called_at = ? WHERE district = ? AND id = ? AND tries = ? AND done = 0",
		c.Done, c.Tries, c.Solved, c.Satisfied, c.By, c.At, c.District, c.ID, c.Tries-1)
	if err == nil && n == 0 {
		err = errs.Stale.New("current", c.Tries)
	}
	if err != nil {
		return err
	}
	t := access.Target{District: c.District, Street: c.Street, Community: c.Community}
	record(tx, scope, t, "appraisal.call", "appraisal_call", c.ID, c.Tries, map[string]any{"done": c.Done, "sheet": c.Sheet},
		c.digest())
	return nil
}

func (c *Call) digest() [32]byte {
	return digestOf(c.District, c.ID, c.Sheet, c.Case, c.Done, c.Tries, c.Solved, c.Satisfied, c.By, c.At)
}

// DrawOf is an appraisal's draw as it is published.
func (s *Service) DrawOf(ctx context.Context, id int64) (*Drawn, error) {
	a, err := s.appraisal(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := s.sheets(ctx, "x.district = ? AND x.appraisal = ?", a.District, a.ID)
	return drawnOf(a, list), err
}

func drawnOf(a *Appraisal, sheets []*Sheet) *Drawn {
	d := &Drawn{Appraisal: a.ID, Commitment: a.Commitment, Seed: a.Seed, Sample: a.Sample, Sheets: []DrawnPool{}}
	for _, x := range sheets {
		d.Sheets = append(d.Sheets, DrawnPool{x.ID, x.Grid, some(x.Pool), some(x.Drawn)})
	}
	return d
}
