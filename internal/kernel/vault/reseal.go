package vault

import (
	"context"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// KeysInUse is returned by RetireKeys while rows still need an old key.
var KeysInUse = errs.Declare("vault_keys_in_use", 409, "仍有记录使用旧密钥,请先完成重新加密。", "Some records still need an old key; reseal them first.")

const stale = "(aead_key <> ? OR index_key <> ?) AND erased_at = 0"

// Reseal moves up to max records to the main keys after a rotation and returns
// how many it moved; 0 means that it is done.
func (v *Vault) Reseal(ctx context.Context, max int) (int, error) {
	type old struct {
		district             int
		id                   int64
		kind                 string
		name, phone, contact []byte
	}
	k := v.keys.Load()
	rows, err := v.db.Query(ctx, "SELECT district, id, kind, name, phone, contact FROM vault_record WHERE "+stale+" ORDER BY district, id LIMIT ?", int64(k.fieldsID), int64(k.indexID), max)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var olds []old
	for rows.Next() {
		var o old
		if err := rows.Scan(&o.district, &o.id, &o.kind, &o.name, &o.phone, &o.contact); err != nil {
			return 0, err
		}
		olds = append(olds, o)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if len(olds) == 0 {
		return 0, v.noteCheck(ctx, true)
	}
	var fresh []Record
	for _, o := range olds {
		var text [3]string
		for i, f := range []struct {
			sealed []byte
			name   string
		}{{o.name, "name"}, {o.phone, "phone"}, {o.contact, "contact"}} {
			if text[i], err = k.open(f.sealed, data(o.district, o.id, f.name)); err != nil {
				return 0, err
			}
		}
		r, err := k.record(o.district, o.id, o.kind, text[0], text[1], text[2])
		if err != nil {
			return 0, err
		}
		fresh = append(fresh, r)
	}
	return len(olds), v.db.Write(ctx, func(tx *store.Tx) error {
		for _, r := range fresh {
			// A record that was erased in between stays erased.
			if _, err := tx.Exec("UPDATE vault_record SET name = ?, phone = ?, contact = ?, phone_index = ?, aead_key = ?, index_key = ? WHERE district = ? AND id = ? AND erased_at = 0",
				null(r.name), null(r.phone), null(r.contact), null(r.index), int64(r.fieldsKey), int64(r.indexKey), r.district, r.id); err != nil {
				return err
			}
		}
		return nil
	})
}

// RetireKeys drops the old keys from the key file once Reseal is done.
// KeysInUse if it is not.
func (v *Vault) RetireKeys(ctx context.Context) error {
	k := v.keys.Load()
	var n int64
	if err := v.db.QueryRow(ctx, "SELECT COUNT(*) FROM vault_record WHERE "+stale, int64(k.fieldsID), int64(k.indexID)).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return KeysInUse.New()
	}
	if err := v.noteCheck(ctx, true); err != nil {
		return err
	}
	k, err := k.retire()
	if err != nil {
		return err
	}
	if err := writeKeys(v.dir, k, false); err != nil {
		return err
	}
	v.keys.Store(k)
	return nil
}
