package workforce

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
)

func init() {
	maps.Copy(Actions, map[string]errs.Words{"staff.hand_over": w("移交网格工作", "Work of a grid handed over")})
}

// Handover is what somebody who leaves a grid, or is covered there, has to hand over.
type Handover struct {
	Contract *Contract
	Cases    []Ref // open in the grid
	*Left
	Courses []Ref // required and not passed
	Leave   []*Absence
	Takers  []WorkerOf // who has the grid today besides
	Done    []*Handed  // the latest first
}

// Handed is a hand-over that was made.
type Handed struct {
	District                     int
	ID, Contract, Account, Taker int64
	Street, Community, Grid      int64
	Day                          int
	Cases, Tasks                 []int64
	Homes, Unsent                int
	Note                         string
	By, At                       int64
}

// NoTaker refuses a successor who does not have the grid.
var NoTaker = errs.Declare("no_taker", 422, "{name}今天没有这个网格的岗位，请先登记合同或代班。", "{name} does not have this grid today; register a contract or cover first.")

var handoverTable = &store.Table{Name: "staff_handover", Cols: strings.Fields("district id contract account taker street community grid day cases tasks homes unsent note actor at")}

// HandoverOf lists what is open for a contract's worker.
func (s *Service) HandoverOf(ctx context.Context, scope access.Scope, contract int64) (*Handover, error) {
	c, err := s.Contracts.Get(ctx, scope, contract)
	if err != nil {
		return nil, err
	}
	h := &Handover{Contract: c}
	if h.Cases, err = s.Outcomes.Open(ctx, c.District, c.Grid); err != nil {
		return nil, err
	}
	if h.Left, err = s.Ground.Left(ctx, c.Community, c.Grid, c.Account); err != nil {
		return nil, err
	}
	today := s.Calendar().Day(s.DB.NowIn(ctx))
	seats, err := s.Staff(ctx, scope, today)
	if err != nil {
		return nil, err
	}
	for _, x := range seats {
		if x.Grid == c.Grid {
			h.Takers = slices.DeleteFunc(x.Workers, func(p WorkerOf) bool { return p.Account == c.Account || p.Away })
		}
	}
	_, open, err := s.trained(ctx, c.District, []int64{c.Account}, today)
	if err != nil {
		return nil, err
	}
	if ids := open[c.Account]; len(ids) > 0 {
		if h.Courses, err = s.courseRefs(ctx, c.District, ids); err != nil {
			return nil, err
		}
	}
	if err := s.Absences.All(ctx, scope, ledger.Filter{Where: []string{ledger.Where("account", "=", c.Account)}}, func(a *Absence) error {
		if int(a.To) >= today && a.State != ledger.Ended {
			h.Leave = append(h.Leave, a)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	h.Done, err = s.handed(ctx, "h.district = ? AND h.contract = ?", c.District, c.ID)
	return h, err
}

// HandOver moves what is open for the contract's worker to somebody who has the
// grid today: the visits become the taker's, and cases and what can only be told
// stand on the taker's own list. It may be repeated.
func (s *Service) HandOver(ctx context.Context, scope access.Scope, contract, to int64, note string) (*Handed, error) {
	note, err := text("note", w("说明", "the note"), note, 200, false)
	if err != nil {
		return nil, err
	}
	h, err := s.HandoverOf(ctx, scope, contract)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(h.Takers, func(p WorkerOf) bool { return p.Account == to }) {
		return nil, NoTaker.New("name", s.People.Account(to)).In("to")
	}
	c := h.Contract
	if len(h.Tasks) > 0 {
		if err := s.Ground.Take(ctx, h.Tasks, to, "接手"+s.People.Account(c.Account)+"的工作"); err != nil {
			return nil, err
		}
	}
	x := &Handed{District: c.District, ID: s.DB.NextID(), Contract: c.ID, Account: c.Account, Taker: to, Street: c.Street, Community: c.Community, Grid: c.Grid, Day: s.Calendar().Day(s.DB.NowIn(ctx)),
		Cases: []int64{}, Tasks: some(h.Tasks), Homes: h.Unvisited, Note: note, By: scope.Account(), At: s.DB.NowIn(ctx)}
	for _, r := range h.Cases {
		x.Cases = append(x.Cases, r.ID)
	}
	for _, p := range h.Phones {
		x.Unsent += p.Open
	}
	return x, s.DB.Write(ctx, func(tx *store.Tx) error {
		vals := x.values()
		tx.Append(handoverTable, vals...)
		record(tx, scope, access.Target{District: c.District, Street: c.Street, Community: c.Community, Grid: c.Grid}, "staff.hand_over", "staff_handover", x.ID, 1,
			map[string]any{"contract": c.ID, "to": to, "cases": len(x.Cases), "tasks": len(x.Tasks)}, digestOf(vals...))
		return nil
	})
}

func (x *Handed) values() []any {
	return []any{x.District, x.ID, x.Contract, x.Account, x.Taker, x.Street, x.Community, x.Grid, x.Day, encode(x.Cases), encode(x.Tasks), x.Homes, x.Unsent, x.Note, x.By, x.At}
}

const handoverSelect = "SELECT h.district, h.id, h.contract, h.account, h.taker, h.street, h.community, h.grid, h.day, h.cases, h.tasks, h.homes, h.unsent, h.note, h.actor, h.at FROM staff_handover h WHERE "

func scanHanded(rows *sql.Rows) (*Handed, error) {
	x := &Handed{}
	var cases, tasks string
	if err := rows.Scan(&x.District, &x.ID, &x.Contract, &x.Account, &x.Taker, &x.Street, &x.Community, &x.Grid, &x.Day, &cases, &tasks, &x.Homes, &x.Unsent, &x.Note, &x.By, &x.At); err != nil {
		return nil, err
	}
	return x, errors.Join(json.Unmarshal([]byte(cases), &x.Cases), json.Unmarshal([]byte(tasks), &x.Tasks))
}

// handed lists hand-overs that were made, the latest first.
func (s *Service) handed(ctx context.Context, where string, args ...any) ([]*Handed, error) {
	rows, err := s.DB.Query(ctx, handoverSelect+where+" ORDER BY h.id DESC LIMIT 20", args...)
	return store.All(rows, err, scanHanded)
}
