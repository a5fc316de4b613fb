package offline

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
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
		s.phones.forget(line{d.Account, d.ID})
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

// Own are the versions of the object that other commands of the same kind and
// phone made, with those commands' numbers: what their author knew, or did later.
func (s *Service) Own(ctx context.Context, c *Command, object int64) (map[int]int64, error) {
	rows, err := s.DB.Query(ctx, "SELECT seq, result FROM sync_command WHERE district = ? AND account = ? AND device = ? AND kind = ? AND state = 'applied'", c.district, c.Account, c.Device[:], c.Kind)
	out := map[int]int64{}
	_, err = store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
		var seq int64
		var result string
		var k kept
		if err := r.Scan(&seq, &result); err != nil {
			return struct{}{}, err
		}
		err := json.Unmarshal([]byte(result), &k)
		if k.ObjectID == object {
			out[k.Version] = seq
		}
		return struct{}{}, err
	})
	return out, err
}

// unlocked is device_locked for a phone that was reported lost. It is told once:
// its session ends with that, and whoever holds it has to sign in anew.
func (s *Service) unlocked(ctx context.Context, actor *access.Actor, device string) error {
	id, ok := ParseUUID(device)
	if !ok {
		return nil
	}
	all, err := s.devicesOf(ctx, actor.Account)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(d *Device) bool { return d.ID == id }); i >= 0 {
		return s.barred(ctx, actor, all[i])
	}
	return nil
}

func (s *Service) barred(ctx context.Context, actor *access.Actor, d *Device) error {
	if d.LockedAt == 0 {
		return nil
	}
	if actor.Session != 0 {
		if err := s.EndSession(ctx, actor); err != nil {
			return err
		}
	}
	return errLocked.New()
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

// Device counts of the list of phones.
type load struct {
	held, rejected, lost int
}

// devices lists the phones of the accounts, the latest seen first, with how many
// of their records have had no effect.
func (s *Service) devices(ctx context.Context, accounts []int64) ([]*Device, map[line]load, error) {
	var all []*Device
	loads := map[line]load{}
	for part := range slices.Chunk(accounts, idsAtOnce) {
		args := make([]any, len(part))
		for i, a := range part {
			args[i] = a
		}
		in := "(?" + strings.Repeat(",?", len(part)-1) + ")"
		rows, err := s.DB.Query(ctx, "SELECT "+deviceCols+" FROM sync_device WHERE account IN "+in, args...)
		found, err := store.All(rows, err, scanDevice)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, found...)
		rows, err = s.DB.Query(ctx, "SELECT account, device, state, COUNT(*) FROM sync_command WHERE account IN "+in+" AND state <> 'applied' GROUP BY account, device, state", args...)
		_, err = store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
			var at line
			var device []byte
			var state State
			var n int
			err := r.Scan(&at.account, &device, &state, &n)
			copy(at.device[:], device)
			l := loads[at]
			switch state {
			case Held, Conflict:
				l.held += n
			case Rejected:
				l.rejected += n
			case Lost:
				l.lost += n
			}
			loads[at] = l
			return struct{}{}, err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(all, func(a, b *Device) int {
		return cmp.Or(cmp.Compare(b.SeenAt, a.SeenAt), bytes.Compare(a.ID[:], b.ID[:]), cmp.Compare(a.Account, b.Account))
	})
	return all, loads, nil
}

// Phone is a phone of an account with what has not had its effect yet; what lies
// on it unsent only the phone knows.
type Phone struct {
	*Device
	Held, Rejected, Lost int
}

// PhonesOf lists the account's phones, the latest seen first.
func (s *Service) PhonesOf(ctx context.Context, account int64) ([]Phone, error) {
	all, loads, err := s.devices(ctx, []int64{account})
	out := make([]Phone, len(all))
	for i, d := range all {
		l := loads[line{d.Account, d.ID}]
		out[i] = Phone{d, l.held, l.rejected, l.lost}
	}
	return out, err
}

// Lock locks a phone for an account, or for all accounts of the list on it
// (account 0), or lets it in again. It is told at its next contact. errs.NotFound
// if none of the accounts has it.
func (s *Service) Lock(ctx context.Context, by access.Scope, accounts []int64, account int64, id UUID, locked bool) error {
	all, _, err := s.devices(ctx, accounts)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(d *Device) bool { return d.ID != id || account != 0 && d.Account != account })
	if len(all) == 0 {
		return errs.NotFound.New()
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		at, action := tx.Now(), "device.lock"
		if !locked {
			at, action = 0, "device.unlock"
		}
		for _, d := range all {
			if _, err := tx.Exec("UPDATE sync_device SET locked_at = ?, locked_by = ? WHERE district = ? AND account = ? AND id = ?", at, by.Account(), d.district, d.Account, id[:]); err != nil {
				return err
			}
			tx.AfterCommit(func() { s.phones.forget(line{d.Account, d.ID}) })
			tx.Record(audit.Entry{Actor: by.Account(), Post: by.Post().ID, Action: action, Object: "account", ObjectID: d.Account, Detail: detail("device", id.String())})
		}
		return nil
	})
}
