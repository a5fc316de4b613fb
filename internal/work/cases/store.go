package cases

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// column ties a column of the table cases to its field.
type column struct {
	name string
	ptr  func(*Case) any
}

// columns of the table cases; the first intakeCols are written at intake, the
// rest have defaults and are written when they change.
var columns = []column{
	{"district", func(c *Case) any { return &c.District }},
	{"id", func(c *Case) any { return &c.ID }},
	{"number", func(c *Case) any { return &c.Number }},
	{"version", func(c *Case) any { return &c.Version }},
	{"seq", func(c *Case) any { return &c.Seq }},
	{"status", func(c *Case) any { return (*string)(&c.Status) }},
	{"channel", func(c *Case) any { return &c.Channel }},
	{"grade", func(c *Case) any { return &c.Grade }},
	{"category", func(c *Case) any { return &c.Category }},
	{"category_version", func(c *Case) any { return &c.CategoryVersion }},
	{"title", func(c *Case) any { return &c.Title }},
	{"body", func(c *Case) any { return &c.Body }},
	{"address", func(c *Case) any { return &c.Address }},
	{"lon", func(c *Case) any { return &c.Lon }},
	{"lat", func(c *Case) any { return &c.Lat }},
	{"crs", func(c *Case) any { return &c.CRS }},
	{"street", func(c *Case) any { return &c.Street }},
	{"community", func(c *Case) any { return &c.Community }},
	{"grid", func(c *Case) any { return &c.Grid }},
	{"day", func(c *Case) any { return &c.Day }},
	{"occurred_at", func(c *Case) any { return &c.OccurredAt }},
	{"reported_at", func(c *Case) any { return &c.ReportedAt }},
	{"creator", func(c *Case) any { return &c.Creator }},
	{"reporter", func(c *Case) any { return &c.Reporter }},
	{"flags", func(c *Case) any { return &c.Flags }},
	{"marks", func(c *Case) any { return &c.Marks }},
	{"open", func(c *Case) any { return (*intBool)(&c.Open) }},
	{"supporters", func(c *Case) any { return &c.Supporters }},
	{"outside_number", func(c *Case) any { return &c.OutsideNumber }},
	{"stage_due_at", func(c *Case) any { return &c.StageDueAt }},
	{"stage_unit", func(c *Case) any { return (*string)(&c.StageUnit) }},
	{"level", func(c *Case) any { return &c.Level }},
	{"lead", func(c *Case) any { return &c.Lead }},
	{"returns", func(c *Case) any { return &c.Returns }},
	{"redos", func(c *Case) any { return &c.Redos }},
	{"reworks", func(c *Case) any { return &c.Reworks }},
	{"extended", func(c *Case) any { return &c.Extended }},
	{"urged", func(c *Case) any { return &c.Urged }},
	{"supervised", func(c *Case) any { return &c.Supervised }},
	{"calls", func(c *Case) any { return &c.Calls }},
	{"solved", func(c *Case) any { return &c.Solved }},
	{"satisfied", func(c *Case) any { return &c.Satisfied }},
	{"accepted_at", func(c *Case) any { return &c.AcceptedAt }},
	{"filed_at", func(c *Case) any { return &c.FiledAt }},
	{"decided_at", func(c *Case) any { return &c.DecidedAt }},
	{"dispatched_at", func(c *Case) any { return &c.DispatchedAt }},
	{"signed_at", func(c *Case) any { return &c.SignedAt }},
	{"resolved_at", func(c *Case) any { return &c.ResolvedAt }},
	{"verified_at", func(c *Case) any { return &c.VerifiedAt }},
	{"called_at", func(c *Case) any { return &c.CalledAt }},
	{"closed_at", func(c *Case) any { return &c.ClosedAt }},
	{"due_at", func(c *Case) any { return &c.DueAt }},
	{"limit_n", func(c *Case) any { return &c.Limit.N }},
	{"limit_unit", func(c *Case) any { return (*string)(&c.Limit.Unit) }},
	{"paused_at", func(c *Case) any { return &c.PausedAt }},
	{"remaining", func(c *Case) any { return &c.Remaining }},
	{"pause_reason", func(c *Case) any { return &c.PauseReason }},
	{"review_day", func(c *Case) any { return &c.ReviewDay }},
	{"handler", func(c *Case) any { return &c.Handler }},
	{"verifier", func(c *Case) any { return &c.Verifier }},
	{"seat", func(c *Case) any { return &c.Seat }},
	{"draw", func(c *Case) any { return &c.Draw }},
	{"merged_into", func(c *Case) any { return &c.MergedInto }},
	{"split_from", func(c *Case) any { return &c.SplitFrom }},
	{"pending", func(c *Case) any { return &c.Pending }},
	{"result", func(c *Case) any { return &c.Result }},
	{"against", func(c *Case) any { return &c.Against }},
	{"pauses", func(c *Case) any { return &c.Pauses }},
	{"stages", func(c *Case) any { return &c.Stages }},
	{"next_at", func(c *Case) any { return &c.NextAt }},
	{"answers", func(c *Case) any { return &c.Answers }},
}

const (
	intakeCols = 31
	firstCols  = 66 // those that every state digest covers
)

// intBool is a bool kept as 0 or 1.
type intBool bool

// Scan implements sql.Scanner.
func (b *intBool) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("cases: %T is no bool", v)
	}
	*b = n != 0
	return nil
}

var (
	caseTable = &store.Table{Name: "cases", Cols: names(columns[:intakeCols])}
	caseWhole = &store.Table{Name: "cases", Cols: names(columns)}
	caseLog   = &store.Table{Name: "case_log", Cols: []string{"district", "case_id", "seq", "at", "actor", "post", "org", "action", "was", "became", "fields", "state"}}
	selectAll = selectCols("c")
)

func names(cols []column) []string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.name
	}
	return out
}

func selectCols(alias string) string {
	return alias + "." + strings.Join(names(columns), ","+alias+".")
}

// value reads a field as the driver's type.
func value(p any) any {
	switch p := p.(type) {
	case *int:
		return int64(*p)
	case *int64:
		return *p
	case *string:
		return *p
	case *float64:
		return *p
	case *intBool:
		if *p {
			return int64(1)
		}
		return int64(0)
	}
	panic(fmt.Sprintf("cases: column of type %T", p))
}

func (c *Case) values(cols []column) []any {
	out := make([]any, len(cols))
	for i, col := range cols {
		out[i] = value(col.ptr(c))
	}
	return out
}

func scanCase(row interface{ Scan(...any) error }) (*Case, error) {
	c := &Case{}
	ptrs := make([]any, len(columns))
	for i, col := range columns {
		ptrs[i] = col.ptr(c)
	}
	err := row.Scan(ptrs...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.NotFound.New()
	}
	return c, err
}

// PlaceCols are what a Net looks at, from cases c.
const PlaceCols = "c.community, c.grid, c.day, c.lon, c.lat"

// ScanPlaced reads PlaceCols and what stands behind them.
func ScanPlaced(rows *sql.Rows, more ...any) (*Case, error) {
	c := &Case{}
	return c, rows.Scan(append([]any{&c.Community, &c.Grid, &c.Day, &c.Lon, &c.Lat}, more...)...)
}

// stateDigest is the hash of the whole present row. Columns that came later enter
// it only when they hold something, so that older histories still prove.
func stateDigest(c *Case) [32]byte {
	b := make([]byte, 0, 4096) // on the stack: every write hashes
	for _, col := range columns[:firstCols] {
		b = appendValue(b, col.ptr(c))
	}
	for _, col := range columns[firstCols:] {
		p := col.ptr(c)
		if v := value(p); v != int64(0) && v != "" {
			b = appendValue(appendValue(b, col.name), p)
		}
	}
	return sha256.Sum256(b)
}

// digest hashes values in order, each with its type and length.
func digest(vals []any) [32]byte {
	b := make([]byte, 0, 1024)
	for _, v := range vals {
		b = appendValue(b, v)
	}
	return sha256.Sum256(b)
}

// appendValue writes a value, or the field that a pointer shows, with its type
// and length.
func appendValue(b []byte, v any) []byte {
	number := func(n int64) []byte { return binary.BigEndian.AppendUint64(append(b, 'i'), uint64(n)) }
	sized := func(kind byte, n int) []byte { return binary.BigEndian.AppendUint32(append(b, kind), uint32(n)) }
	switch v := v.(type) {
	case int:
		return number(int64(v))
	case int64:
		return number(v)
	case string:
		return append(sized('s', len(v)), v...)
	case []byte:
		return append(sized('b', len(v)), v...)
	case *int:
		return number(int64(*v))
	case *int64:
		return number(*v)
	case *intBool:
		if *v {
			return number(1)
		}
		return number(0)
	case *string:
		return append(sized('s', len(*v)), *v...)
	case *float64:
		return binary.BigEndian.AppendUint64(append(b, 'f'), math.Float64bits(*v))
	}
	panic(fmt.Sprintf("cases: cannot hash %T", v))
}

// inDistricts is the condition that prunes to the scope's districts.
func inDistricts(col string, scope access.Scope) (string, []any) {
	ds := scope.Districts()
	if len(ds) == 0 {
		return "1=0", nil
	}
	args := make([]any, len(ds))
	for i, d := range ds {
		args[i] = d
	}
	return col + " IN (?" + strings.Repeat(",?", len(ds)-1) + ")", args
}

// reader is Query of a transaction or of the database.
type reader func(q string, args ...any) (*sql.Rows, error)

// reached reads a case that the scope reaches, with its units. What the scope
// does not reach does not exist.
func (ask reader) reached(scope access.Scope, id int64, lock string) (*Case, []Unit, error) {
	in, args := inDistricts("c.district", scope)
	rows, err := ask("SELECT "+selectAll+" FROM cases c WHERE c.id = ? AND "+in+lock, append([]any{id}, args...)...)
	found, err := store.All(rows, err, func(r *sql.Rows) (*Case, error) { return scanCase(r) })
	if err != nil {
		return nil, nil, err
	}
	if len(found) == 0 {
		return nil, nil, errs.NotFound.New()
	}
	c := found[0]
	units, err := scanUnits(ask("SELECT org, role, since, ended, reported_at FROM case_unit WHERE district = ? AND case_id = ? ORDER BY since, org", c.District, c.ID))
	if err != nil {
		return nil, nil, err
	}
	if !scope.Covers(c.Target(units)) {
		return nil, nil, errs.NotFound.New()
	}
	return c, units, nil
}

func (ask reader) requests(c *Case) ([]Request, error) {
	return scanRequests(ask("SELECT "+requestCols+" FROM case_request WHERE district = ? AND case_id = ? ORDER BY id", c.District, c.ID))
}

// load reads a case for a write, with its units and, while one waits for an
// answer, its requests: acts look at no other.
func (s *Service) load(tx *store.Tx, scope access.Scope, id int64) (*Case, []Unit, []Request, error) {
	lock := ""
	if tx.Engine() == store.Postgres {
		lock = " FOR UPDATE"
	}
	ask := reader(tx.Query)
	c, units, err := ask.reached(scope, id, lock)
	if err != nil || c.Pending == "" {
		return c, units, nil, err
	}
	requests, err := ask.requests(c)
	return c, units, requests, err
}

// ByID reads a case for showing it, with its units and requests.
func (s *Service) ByID(ctx context.Context, scope access.Scope, id int64) (*Case, []Unit, []Request, error) {
	ask := reader(func(q string, args ...any) (*sql.Rows, error) { return s.DB.Query(ctx, q, args...) })
	c, units, err := ask.reached(scope, id, "")
	if err != nil {
		return nil, nil, nil, err
	}
	requests, err := ask.requests(c)
	return c, units, requests, err
}

// made reads a case for whoever made it, which the caller has proved.
func (s *Service) made(ctx context.Context, id int64) (*Case, error) {
	in, args := inDistricts("c.district", keeper)
	return scanCase(s.DB.QueryRow(ctx, "SELECT "+selectAll+" FROM cases c WHERE c.id = ? AND "+in, append([]any{id}, args...)...))
}

// collect reads all rows of a query.
func scanUnits(rows *sql.Rows, err error) ([]Unit, error) {
	return store.All(rows, err, func(r *sql.Rows) (u Unit, err error) {
		return u, r.Scan(&u.Org, &u.Role, &u.Since, &u.Ended, &u.ReportedAt)
	})
}

const requestCols = "id, kind, status, asked_by, asked_at, reason, until, proposed, approver, decided_by, decided_at, decision"

func scanRequests(rows *sql.Rows, err error) ([]Request, error) {
	return store.All(rows, err, func(r *sql.Rows) (q Request, err error) {
		return q, r.Scan(&q.ID, &q.Kind, &q.Status, &q.AskedBy, &q.AskedAt, &q.Reason, &q.Until, &q.Proposed, &q.Approver, &q.DecidedBy, &q.DecidedAt, &q.Decision)
	})
}

// save writes the case's row and changed units.
func (s *Service) save(st *steps) error {
	c := st.c
	switch {
	case st.was == nil && c.Status == Reported && c.SplitFrom == 0 && c.Against == 0 && c.Answers == "":
		st.tx.Append(caseTable, c.values(columns[:intakeCols])...)
	case st.was == nil:
		st.tx.Append(caseWhole, c.values(columns)...)
	default:
		var set []string
		var args []any
		for _, col := range columns[2:] {
			if v := value(col.ptr(c)); v != value(col.ptr(st.was)) {
				set = append(set, col.name+" = ?")
				args = append(args, v)
			}
		}
		args = append(args, c.District, c.ID, st.was.Seq)
		n, err := st.tx.Exec("UPDATE cases SET "+strings.Join(set, ", ")+" WHERE district = ? AND id = ? AND seq = ?", args...)
		if err != nil {
			return err
		}
		if n != 1 {
			return errs.Stale.New("current", c.Version)
		}
	}
	for _, u := range st.changed {
		_, err := st.tx.Exec("INSERT INTO case_unit (district, case_id, org, role, since, ended, reported_at) VALUES (?, ?, ?, ?, ?, ?, ?) "+
			"ON CONFLICT (district, case_id, org) DO UPDATE SET role = excluded.role, ended = excluded.ended", c.District, c.ID, u.Org, u.Role, u.Since, u.Ended, c.ReportedAt)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) saveRequest(tx *store.Tx, c *Case, r Request, fresh bool) error {
	var err error
	if fresh {
		_, err = tx.Exec("INSERT INTO case_request (district, case_id, "+requestCols+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			c.District, c.ID, r.ID, r.Kind, r.Status, r.AskedBy, r.AskedAt, r.Reason, r.Until, r.Proposed, r.Approver, r.DecidedBy, r.DecidedAt, r.Decision)
	} else {
		_, err = tx.Exec("UPDATE case_request SET status = ?, decided_by = ?, decided_at = ?, decision = ? WHERE district = ? AND case_id = ? AND id = ?",
			r.Status, r.DecidedBy, r.DecidedAt, r.Decision, c.District, c.ID, r.ID)
	}
	return err
}

// handlingActs are the acts after which nobody verifies the same case.
var handlingActs = []flow.Action{"sign", "start", "resolve", "return", "extend", "suspend", "settle", ActOnsite}

// handledBy tells whether the account ever did a handling act in the case.
func (s *Service) handledBy(tx *store.Tx, c *Case, account int64) (bool, error) {
	if account == 0 || c.Status != Resolved {
		return false, nil // only verification asks
	}
	args := []any{c.District, c.ID, account}
	for _, a := range handlingActs {
		args = append(args, string(a))
	}
	var n int
	err := tx.QueryRow("SELECT COUNT(*) FROM case_log WHERE district = ? AND case_id = ? AND actor = ? AND action IN (?"+strings.Repeat(",?", len(handlingActs)-1)+")", args...).Scan(&n)
	return n > 0, err
}

// linked reads the cases whose link column names the case.
func (s *Service) linked(tx *store.Tx, c *Case, link string) ([]*Case, error) {
	rows, err := tx.Query("SELECT "+selectAll+" FROM cases c WHERE c.district = ? AND c."+link+" = ? AND c."+link+" > 0 ORDER BY c.id", c.District, c.ID)
	return store.All(rows, err, func(r *sql.Rows) (*Case, error) { return scanCase(r) })
}

// numberer hands out case numbers: yymmdd, six digits, a check digit. Each
// process takes blocks of a day, so numbers have gaps and never repeat.
type numberer struct {
	mu         sync.Mutex
	day        int
	next, last int64 // last given, end of the block
}

const numberBlock = 500

// fromBlock takes a number from the block at hand.
func (n *numberer) fromBlock(day int) (int64, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.day != day || n.next >= n.last {
		return 0, false
	}
	n.next++
	return n.next, true
}

// sequence is the next number of the day, from a new block if need be.
func (n *numberer) sequence(ctx context.Context, db *store.DB, day int) (int64, error) {
	for {
		if v, ok := n.fromBlock(day); ok {
			return v, nil
		}
		var end int64
		err := db.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec("INSERT INTO case_number (day, next) VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET next = case_number.next + ?", day, numberBlock, numberBlock); err != nil {
				return err
			}
			return tx.QueryRow("SELECT next FROM case_number WHERE day = ?", day).Scan(&end)
		})
		if err != nil {
			return 0, err
		}
		n.mu.Lock()
		if n.day != day || n.next >= n.last {
			n.day, n.next, n.last = day, end-numberBlock, end
		}
		n.mu.Unlock()
	}
}

// number formats the n-th case of a day with its check digit (Luhn).
func number(day int, n int64) string {
	s := fmt.Sprintf("%06d%06d", day%1_000_000, n)
	sum := 0
	for i, r := range slices.Backward([]byte(s)) {
		d := int(r - '0')
		if (len(s)-1-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return s[:6] + "-" + s[6:] + "-" + strconv.Itoa((10-sum%10)%10)
}

// take is the number of a new case of the day.
func (n *numberer) take(ctx context.Context, db *store.DB, day int) (string, error) {
	v, err := n.sequence(ctx, db, day)
	if err != nil {
		return "", err
	}
	return number(day, v), nil
}
