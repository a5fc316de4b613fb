package offline

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// release does what waited for the command that was just applied.
func (s *Service) release(ctx context.Context, author *access.Actor, c *Command) error {
	rows, err := s.DB.Query(ctx, "SELECT "+rowCols+" FROM sync_command WHERE district = ? AND account = ? AND state = 'held' AND waits = ? ORDER BY seq", c.district, c.Account, c.ID[:])
	waiting, err := store.All(rows, err, scanRow(c.district))
	if err != nil {
		return err
	}
	for _, r := range waiting {
		if err := s.retry(ctx, author, r); err != nil {
			return err
		}
	}
	return nil
}

// retry tries a held command again and notes what becomes of it.
func (s *Service) retry(ctx context.Context, author *access.Actor, r *row) error {
	body, err := unseal(s.key, r.body)
	if err != nil {
		return err
	}
	c := &r.Command
	c.Body = body
	err = s.do(ctx, author, c)
	if err == nil {
		return s.release(ctx, author, c)
	}
	if transient(err) {
		return err
	}
	_, err = s.settle(ctx, author, c, err, Result{ID: c.ID, Seq: c.Seq})
	return err
}

// heldAtOnce is how many held commands are read at once.
const heldAtOnce = 100

// TryHeld tries held commands again whose reason may have gone: their kind is
// known now, or what they wait for came through another process. It runs as a
// job and returns how many it looked at.
func (s *Service) TryHeld(ctx context.Context) (int, error) {
	type place struct {
		district int
		account  int64
		id       UUID
		received int64
	}
	kinds := make([]any, 0, len(s.kinds))
	for name := range s.kinds {
		kinds = append(kinds, name)
	}
	if len(kinds) == 0 {
		return 0, nil
	}
	n := 0
	for last := (place{}); ; {
		rows, err := s.DB.Query(ctx, "SELECT c.district, c.account, c.id, c.received_at FROM sync_command c LEFT JOIN sync_command w ON w.district = c.district AND w.account = c.account AND w.id = c.waits "+
			"WHERE c.state = 'held' AND (c.waits IS NULL OR w.state = 'applied') AND c.kind IN (?"+strings.Repeat(",?", len(kinds)-1)+") AND (c.received_at > ? OR c.received_at = ? AND c.id > ?) ORDER BY c.received_at, c.id LIMIT ?",
			slices.Concat(kinds, []any{last.received, last.received, last.id[:], heldAtOnce})...)
		page, err := store.All(rows, err, func(r *sql.Rows) (p place, err error) {
			var id []byte
			err = r.Scan(&p.district, &p.account, &id, &p.received)
			copy(p.id[:], id)
			return p, err
		})
		if err != nil {
			return n, err
		}
		for _, p := range page {
			last = p
			r, err := s.rowByID(ctx, p.district, p.account, p.id)
			if errors.Is(err, sql.ErrNoRows) || err == nil && r.state != Held {
				continue
			}
			if err != nil {
				return n, err
			}
			author, err := s.Author(ctx, p.account)
			if err != nil {
				return n, err
			}
			if err := s.retry(ctx, author, r); err != nil {
				return n, err
			}
			n++
		}
		if len(page) < heldAtOnce {
			return n, nil
		}
	}
}

// ackDays is how long an acknowledged command is kept at least: a phone that was
// away so long can still be told what became of what it sent.
const ackDays = 30

// Sweep forgets commands that were acknowledged longer ago. What is held or in
// conflict stays. It runs daily.
func (s *Service) Sweep(ctx context.Context) error {
	before := s.DB.Now() - ackDays*24*3600*1_000_000
	rows, err := s.DB.Query(ctx, "SELECT district, account, device, MAX(seq) FROM sync_command WHERE received_at < ? AND state NOT IN ('held', 'conflict') GROUP BY district, account, device", before)
	type old struct {
		district int
		account  int64
		device   []byte
		seq      int64
	}
	all, err := store.All(rows, err, func(r *sql.Rows) (o old, err error) {
		err = r.Scan(&o.district, &o.account, &o.device, &o.seq)
		return o, err
	})
	if err != nil {
		return err
	}
	for _, o := range all {
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec("UPDATE sync_device SET floor = ? WHERE district = ? AND account = ? AND id = ? AND floor < ?", o.seq, o.district, o.account, o.device, o.seq); err != nil {
				return err
			}
			_, err := tx.Exec("DELETE FROM sync_command WHERE district = ? AND account = ? AND device = ? AND received_at < ? AND state NOT IN ('held', 'conflict')", o.district, o.account, o.device, before)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
