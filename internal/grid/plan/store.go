package plan

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

var (
	planTable     = &store.Table{Name: "plan", Cols: strings.Fields("district id street community name source communities units households ground created_by created_at")}
	draftTable    = &store.Table{Name: "plan_draft", Cols: strings.Fields("district id plan run name status version options grid report authors created_at changed_at")}
	editTable     = &store.Table{Name: "plan_edit", Cols: strings.Fields("district draft seq kind body actor at")}
	decisionTable = &store.Table{Name: "plan_decision", Cols: strings.Fields("district draft seq kind note day publication actor at")}
)

// planCols scopes plans; a plan of several communities belongs to what holds them all.
var planCols = access.Cols{District: "p.district", Street: "p.street", Community: "p.community"}

func one[T any](list []T, err error) (x T, _ error) {
	if err != nil {
		return x, err
	}
	if len(list) == 0 {
		return x, errs.NotFound.New()
	}
	return list[0], nil
}

func digestOf(vals ...any) [32]byte {
	b, err := json.Marshal(vals)
	if err != nil {
		panic(fmt.Sprintf("plan: cannot digest: %v", err)) // numbers and strings only
	}
	return sha256.Sum256(b)
}

// record writes what was done to a plan or draft into its district's trail.
func record(tx *store.Tx, scope access.Scope, p *Plan, action string, id int64, seq int, detail map[string]any, digest [32]byte) error {
	post := scope.Post()
	if x, ok := scope.PostFor(p.Target()); ok {
		post = x
	}
	b, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	tx.Record(audit.Entry{District: p.District, Actor: scope.Account(), Post: post.ID, Action: action, Object: "plan", ObjectID: id, Seq: seq, Detail: b, Digest: digest})
	return nil
}

const planSelect = "SELECT p.district, p.id, p.street, p.community, p.name, p.source, p.communities, p.units, p.households, p.created_by, p.created_at FROM plan p WHERE "

func scanPlan(rows *sql.Rows) (*Plan, error) {
	p := &Plan{}
	var list string
	if err := rows.Scan(&p.District, &p.ID, &p.Street, &p.Community, &p.Name, &p.Source, &list, &p.Units, &p.Households, &p.CreatedBy, &p.CreatedAt); err != nil {
		return nil, err
	}
	return p, json.Unmarshal([]byte(list), &p.Communities)
}

// plans lists what the scope reaches, the newest first.
func (s *Service) plans(ctx context.Context, scope access.Scope) ([]*Plan, error) {
	where, args := scope.Where(planCols)
	rows, err := s.DB.Query(ctx, planSelect+where+" ORDER BY p.id DESC LIMIT 200", args...)
	return store.All(rows, err, scanPlan)
}

func (s *Service) planByID(ctx context.Context, scope access.Scope, id int64) (*Plan, error) {
	rows, err := s.DB.Query(ctx, planSelect+"p.id = ?", id)
	p, err := one(store.All(rows, err, scanPlan))
	if err != nil {
		return nil, err
	}
	return p, scope.Check(p.Target())
}

// readDraft is a draft's row.
type draft struct {
	District  int
	ID        int64
	Plan      int64
	Run       int64
	Name      string
	Status    string
	Version   int
	Options   DraftOptions
	Report    Report
	Authors   []int64
	CreatedAt int64
	ChangedAt int64
}

// DraftOptions are what a draft was computed with.
type DraftOptions struct {
	Options
	Weights string `json:"weights"`
}

// Report is what the run that made a draft found.
type Report struct {
	Communities []Verdict `json:"communities"`
	Bounds      Bounds    `json:"bounds"`
}

const draftSelect = "SELECT d.district, d.id, d.plan, d.run, d.name, d.status, d.version, d.options, d.report, d.authors, d.created_at, d.changed_at FROM plan_draft d WHERE "

func scanDraft(rows *sql.Rows) (*draft, error) {
	d := &draft{}
	var options, report, authors string
	if err := rows.Scan(&d.District, &d.ID, &d.Plan, &d.Run, &d.Name, &d.Status, &d.Version, &options, &report, &authors, &d.CreatedAt, &d.ChangedAt); err != nil {
		return nil, err
	}
	return d, errors.Join(json.Unmarshal([]byte(options), &d.Options), json.Unmarshal([]byte(report), &d.Report), json.Unmarshal([]byte(authors), &d.Authors))
}

func (s *Service) draftsOf(ctx context.Context, p *Plan) ([]*draft, error) {
	rows, err := s.DB.Query(ctx, draftSelect+"d.district = ? AND d.plan = ? ORDER BY d.id", p.District, p.ID)
	return store.All(rows, err, scanDraft)
}

// draftByID finds a draft and its plan, within the scope.
func (s *Service) draftByID(ctx context.Context, scope access.Scope, id int64) (*draft, *Plan, error) {
	rows, err := s.DB.Query(ctx, draftSelect+"d.id = ?", id)
	d, err := one(store.All(rows, err, scanDraft))
	if err != nil {
		return nil, nil, err
	}
	p, err := s.planByID(ctx, scope, d.Plan)
	return d, p, err
}

// insertDraft writes a new draft.
func insertDraft(tx *store.Tx, d *draft, grid []int) error {
	raw, err := packGrid(grid)
	if err != nil {
		return err
	}
	var texts [3]string
	for i, v := range []any{d.Options, d.Report, d.Authors} {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		texts[i] = string(b)
	}
	tx.Append(draftTable, d.District, d.ID, d.Plan, d.Run, d.Name, d.Status, d.Version, texts[0], raw, texts[1], texts[2], d.CreatedAt, d.ChangedAt)
	return nil
}

// touch takes the draft from one version or status to the next in the
// transaction; errs.Stale if somebody was quicker.
func touch(tx *store.Tx, d *draft, version int, status string, author int64) error {
	authors := d.Authors
	if author != 0 && !slices.Contains(authors, author) {
		authors = append(slices.Clone(authors), author)
	}
	b, err := json.Marshal(authors)
	if err != nil {
		return err
	}
	n, err := tx.Exec("UPDATE plan_draft SET version = ?, status = ?, authors = ?, changed_at = ? WHERE district = ? AND id = ? AND version = ? AND status = ?",
		version, status, string(b), tx.Now(), d.District, d.ID, d.Version, d.Status)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.Stale.New("current", d.Version+1)
	}
	return nil
}

func (s *Service) edits(ctx context.Context, d *draft, after int) ([]change, error) {
	rows, err := s.DB.Query(ctx, "SELECT kind, body FROM plan_edit WHERE district = ? AND draft = ? AND seq > ? ORDER BY seq", d.District, d.ID, after)
	return store.All(rows, err, func(rows *sql.Rows) (c change, err error) {
		var kind, body string
		if err := rows.Scan(&kind, &body); err != nil {
			return c, err
		}
		err = json.Unmarshal([]byte(body), &c)
		c.Kind = kind
		return c, err
	})
}

// decision is a row of plan_decision.
type decision struct {
	Seq         int
	Kind        string
	Note        string
	Day         int
	Publication int64
	Actor       int64
	At          int64
}

func (s *Service) decisions(ctx context.Context, d *draft) ([]decision, error) {
	rows, err := s.DB.Query(ctx, "SELECT seq, kind, note, day, publication, actor, at FROM plan_decision WHERE district = ? AND draft = ? ORDER BY seq", d.District, d.ID)
	return store.All(rows, err, func(rows *sql.Rows) (x decision, err error) {
		return x, rows.Scan(&x.Seq, &x.Kind, &x.Note, &x.Day, &x.Publication, &x.Actor, &x.At)
	})
}

// Verify compares edits and decisions with the trail.
func (s *Service) Verify(ctx context.Context, r store.Reader) ([]audit.Problem, error) {
	var out []audit.Problem
	for _, t := range []struct {
		table  *store.Table
		action string
	}{{editTable, "plan.edit"}, {decisionTable, "plan."}} {
		query := "SELECT " + strings.Join(t.table.Cols, ", ") + " FROM " + t.table.Name + " ORDER BY district, draft, seq"
		rows, err := r.Query(ctx, query)
		list, err := store.All(rows, err, func(rows *sql.Rows) ([]any, error) {
			vals, into := make([]any, len(t.table.Cols)), make([]any, len(t.table.Cols))
			for i := range vals {
				into[i] = &vals[i]
			}
			err := rows.Scan(into...)
			for i, v := range vals {
				if b, ok := v.([]byte); ok {
					vals[i] = string(b)
				}
			}
			return vals, err
		})
		if err != nil {
			return nil, err
		}
		for _, vals := range list {
			action := t.action
			if t.table == decisionTable {
				action += fmt.Sprint(vals[3])
			}
			var idx int64
			var digest []byte
			err := r.QueryRow(ctx, "SELECT idx, digest FROM audit WHERE district = ? AND object_id = ? AND object = 'plan' AND action = ? AND seq = ?", vals[0], vals[1], action, vals[2]).Scan(&idx, &digest)
			sum := digestOf(vals...)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return nil, err
			}
			if err != nil || string(digest) != string(sum[:]) {
				out = append(out, audit.Problem{District: int(vals[0].(int64)), Idx: idx, Text: fmt.Sprintf("%s %v of draft %v was changed or never recorded", t.table.Name, vals[2], vals[1])})
			}
		}
	}
	return out, nil
}
