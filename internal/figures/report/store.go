package report

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

func (s *Service) reports(ctx context.Context, where string, args ...any) ([]*Report, error) {
	rows, err := s.DB.Query(ctx, "SELECT id, version, state, account, created_at, changed_at, body FROM report WHERE district = 0 AND "+where+" ORDER BY id DESC LIMIT 1000", args...)
	return store.All(rows, err, func(rows *sql.Rows) (*Report, error) {
		r := &Report{}
		var body string
		if err := rows.Scan(&r.ID, &r.Version, &r.State, &r.Account, &r.CreatedAt, &r.ChangedAt, &body); err != nil {
			return nil, err
		}
		return r, json.Unmarshal([]byte(body), &r.Body)
	})
}

// own is a report of the account, or any for a post that reaches the whole city.
func (s *Service) own(ctx context.Context, scope access.Scope, id int64) (*Report, error) {
	list, err := s.reports(ctx, "id = ?", id)
	if err == nil && (len(list) == 0 || list[0].Account != scope.Account() && !scope.CityWide()) {
		err = errs.NotFound.New()
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// write keeps a report; was is the version that it must have, 0 for a new one.
// Within the same transaction out is kept as the answer.
func (s *Service) write(ctx context.Context, scope access.Scope, r *Report, was int, action string, out any) error {
	body, err := json.Marshal(r.Body)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if was == 0 {
			if _, err := tx.Exec("INSERT INTO report (district, id, version, state, body, account, created_at, changed_at) VALUES (0, ?, ?, ?, ?, ?, ?, ?)", r.ID, r.Version, r.State, string(body), r.Account, r.CreatedAt, r.ChangedAt); err != nil {
				return err
			}
		} else {
			n, err := tx.Exec("UPDATE report SET version = ?, state = ?, body = ?, changed_at = ? WHERE district = 0 AND id = ? AND version = ?", r.Version, r.State, string(body), r.ChangedAt, r.ID, was)
			if err != nil {
				return err
			}
			if n == 0 {
				return errs.Stale.New("current", r.Version)
			}
		}
		detail, err := json.Marshal(map[string]any{"name": r.Name, "code": r.Code, "recipients": len(r.People) + len(r.Orgs)})
		if err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: action, Object: "report", ObjectID: r.ID, Seq: r.Version, Detail: detail})
		return web.Commit(ctx, tx, out)
	})
}

// head is what a run keeps besides its lines.
type head struct {
	Report Body  `json:"report"`
	Sheet  Sheet `json:"sheet"`
}

// Run is what a recipient got.
type run struct {
	ID, Report, Recipient int64
	Period                Period
	Nth, N                int
	MadeAt, MadeBy        int64
	ReadAt                int64
	head
}

var rowTable = &store.Table{Name: "report_row", Cols: []string{"district", "run", "n", "row", "label", "cells"}}

const lineChunk = 500

// keep writes a run beside those that the recipient has of the period: its lines
// first, then the run itself, by which they are found.
func (s *Service) keep(ctx context.Context, r *Report, p Period, recipient, by int64, sheet *Sheet) error {
	text, err := json.Marshal(head{r.Body, *sheet})
	if err != nil {
		return err
	}
	id, n := s.DB.NextID(), 0
	for chunk := range slices.Chunk(sheet.Lines, lineChunk) {
		if err := s.DB.Write(ctx, func(tx *store.Tx) error {
			for i, l := range chunk {
				cells, err := json.Marshal(l.Cells)
				if err != nil {
					return err
				}
				tx.Append(rowTable, 0, id, n+i, l.ID, l.Label, string(cells))
			}
			return nil
		}); err != nil {
			return err
		}
		n += len(chunk)
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		var nth int
		if err := tx.QueryRow("SELECT COALESCE(MAX(nth), 0) + 1 FROM report_run WHERE district = 0 AND report = ? AND recipient = ? AND period = ?", r.ID, recipient, p.Key).Scan(&nth); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO report_run (district, id, report, recipient, period, day_from, day_to, nth, made_at, made_by, head, n, read_at) VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
			id, r.ID, recipient, p.Key, p.From, p.To, nth, tx.Now(), by, string(text), n); err != nil {
			return err
		}
		detail, err := json.Marshal(map[string]any{"name": r.Name, "period": p.Key, "nth": nth, "rows": n, "recipient": recipient})
		if err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: by, Action: "report.run", Object: "report_run", ObjectID: id, Detail: detail})
		return nil
	})
}

func (s *Service) has(ctx context.Context, report, recipient int64, period string) (bool, error) {
	var n int
	err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM report_run WHERE district = 0 AND report = ? AND recipient = ? AND period = ?", report, recipient, period).Scan(&n)
	return n > 0, err
}

func (s *Service) runs(ctx context.Context, where string, args ...any) ([]*run, error) {
	rows, err := s.DB.Query(ctx, "SELECT id, report, recipient, period, day_from, day_to, nth, made_at, made_by, n, read_at, head FROM report_run WHERE district = 0 AND "+where+" ORDER BY id DESC LIMIT 200", args...)
	return store.All(rows, err, func(rows *sql.Rows) (*run, error) {
		r := &run{}
		var text string
		if err := rows.Scan(&r.ID, &r.Report, &r.Recipient, &r.Period.Key, &r.Period.From, &r.Period.To, &r.Nth, &r.MadeAt, &r.MadeBy, &r.N, &r.ReadAt, &text); err != nil {
			return nil, err
		}
		return r, json.Unmarshal([]byte(text), &r.head)
	})
}

// lines reads records of a run from the nth on.
func (s *Service) lines(ctx context.Context, run int64, from, limit int) ([]Line, error) {
	rows, err := s.DB.Query(ctx, "SELECT row, label, cells FROM report_row WHERE district = 0 AND run = ? AND n >= ? ORDER BY n LIMIT ?", run, from, limit)
	return store.All(rows, err, func(rows *sql.Rows) (l Line, err error) {
		var cells string
		if err := rows.Scan(&l.ID, &l.Label, &cells); err != nil {
			return l, err
		}
		return l, json.Unmarshal([]byte(cells), &l.Cells)
	})
}

// delivered is a run of the person's own, whose source may still be read.
func (s *Service) delivered(ctx context.Context, scope access.Scope, id int64) (*run, error) {
	list, err := s.runs(ctx, "id = ? AND recipient = ?", id, scope.Account())
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || !s.reads(scope, &list[0].head.Report.Query) {
		return nil, errs.NotFound.New()
	}
	return list[0], nil
}

func (s *Service) reads(scope access.Scope, q *Query) bool {
	src := s.Sources[q.Source]
	if src == nil {
		return false
	}
	perm, _, known := src.Named(q.Code)
	_, err := scope.For(perm)
	return known && err == nil
}

// opened notes when the recipient first looked.
func (s *Service) opened(ctx context.Context, r *run) error {
	if r.ReadAt != 0 {
		return nil
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r.ReadAt = tx.Now()
		_, err := tx.Exec("UPDATE report_run SET read_at = ? WHERE district = 0 AND id = ? AND read_at = 0", r.ReadAt, r.ID)
		return err
	})
}
