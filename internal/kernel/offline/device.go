package offline

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/store"
)

// lose notes numbers whose records the phone no longer has: they are not asked
// for again, and the phone's owner and supervisor see that something was lost.
func (s *Service) lose(ctx context.Context, d *Device, seqs []int64) error {
	for _, seq := range seqs {
		if seq < 1 || seq >= maxSeq || seq <= d.floor {
			continue
		}
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			c := &Command{ID: UUID(lostID(d.ID, seq)), Device: d.ID, Account: d.Account, district: d.district, Seq: seq, Kind: "lost", Received: tx.Now(), said: tx.Now()}
			if err := c.note(tx, Lost, kept{}, nil, nil); err != nil {
				return err
			}
			tx.Record(audit.Entry{Actor: d.Account, Action: "device.lost_record", Object: "device", Detail: detail("device", d.ID.String(), "seq", strconv.FormatInt(seq, 10))})
			return nil
		})
		if err != nil && !store.IsDuplicate(err) { // it is here after all
			return err
		}
	}
	return nil
}

// lostID stands for a record whose id nobody knows any more.
func lostID(device UUID, seq int64) [16]byte {
	id := device
	for i := range 8 {
		id[15-i] ^= byte(seq >> (8 * i))
	}
	id[6] = id[6]&0x0f | 0x80 // version 8: made from something else
	return id
}

// unlose makes room for a record that was said to be lost and came all the same.
func (s *Service) unlose(ctx context.Context, r *row) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("DELETE FROM sync_command WHERE district = ? AND account = ? AND id = ? AND state = 'lost'", r.district, r.Account, r.ID[:])
		return err
	})
}

// Made is what the author's earlier command made; a kind's error if it has not
// come, or came to nothing yet.
func (s *Service) Made(ctx context.Context, c *Command, on UUID) (Effect, error) {
	r, err := s.rowByID(ctx, c.district, c.Account, on)
	if errors.Is(err, sql.ErrNoRows) || err == nil && r.state != Applied {
		return Effect{}, Wait(on)
	}
	if err != nil {
		return Effect{}, err
	}
	return r.kept.Effect, nil
}

// comeback is how many phones the server takes in a second when all come back at
// once, at a few requests each.
const comeback = 200

// spread is over how many seconds phones that were offline together should come
// back, by how many there are.
func (s *Service) spread(ctx context.Context) (int, error) {
	var n int
	err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM sync_device").Scan(&n)
	return n / comeback, err
}
