package files

import (
	"context"
	"database/sql"
	"errors"
	"io"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Await gives the account's uploads with these client keys to an object within
// the caller's write: at once those that are there, the others as soon as they
// are whole. A phone sends its record first and the photos after it.
func Await(tx *store.Tx, to Target, keys []string) error {
	for _, key := range keys {
		if !goodKey.MatchString(key) {
			return Malformed.New().In("photos")
		}
		var id int64
		err := tx.QueryRow("SELECT id FROM file_ref WHERE owner = ? AND client_key = ? AND status = 'ready'", to.Account, key).Scan(&id)
		switch {
		case err == nil:
			_, err = Attach(tx, to, []int64{id})
		case errors.Is(err, sql.ErrNoRows):
			neutral := 0
			if to.Neutral {
				neutral = 1
			}
			_, err = tx.Exec("INSERT INTO file_await (district, owner, client_key, object_kind, object_id, neutral, made_at) VALUES (?,?,?,?,?,?,?) ON CONFLICT (district, owner, client_key) DO NOTHING",
				to.District, to.Account, key, to.Kind, to.Object, neutral, tx.Now())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// join gives a file that has just become whole to the object that awaits it.
func join(tx *store.Tx, owner, id int64, key string) error {
	to := Target{Account: owner}
	err := tx.QueryRow("SELECT district, object_kind, object_id, neutral FROM file_await WHERE owner = ? AND client_key = ?", owner, key).Scan(&to.District, &to.Kind, &to.Object, &to.Neutral)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := Attach(tx, to, []int64{id}); err != nil {
		return err
	}
	_, err = tx.Exec("DELETE FROM file_await WHERE district = ? AND owner = ? AND client_key = ?", to.District, owner, key)
	return err
}

// Join gives files that are whole to what awaits them: those whose record was
// written by another process at the same instant. It runs as a job.
func (s *Store) Join(ctx context.Context) error {
	type late struct {
		owner, id int64
		key       string
	}
	rows, err := s.db.Query(ctx, "SELECT f.owner, f.id, f.client_key FROM file_await a JOIN file_ref f ON f.owner = a.owner AND f.client_key = a.client_key WHERE f.status = 'ready' LIMIT 500")
	all, err := store.All(rows, err, func(r *sql.Rows) (l late, err error) {
		err = r.Scan(&l.owner, &l.id, &l.key)
		return l, err
	})
	if err != nil {
		return err
	}
	for _, l := range all {
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return join(tx, l.owner, l.id, l.key) }); err != nil {
			return err
		}
	}
	return nil
}

// Receive stores a file that the program got otherwise than by an upload (a phone's
// export), under the client's own key: once, and for what awaits it.
func (s *Store) Receive(ctx context.Context, account int64, key, name string, r io.Reader) error {
	if !goodKey.MatchString(key) {
		return Malformed.New().In("photos")
	}
	if have, err := one(ctx, s.db, "owner = ? AND client_key = ?", account, key); err == nil && have.status == ready {
		return nil
	} else if err == nil { // what the phone had begun is not finished any more
		if err := s.Discard(ctx, account, have.ID); err != nil {
			return err
		}
	} else if !errs.Is(err, errs.NotFound) {
		return err
	}
	f, err := s.Put(ctx, 0, account, name, r)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec("UPDATE file_ref SET client_key = ? WHERE district = ? AND id = ?", key, f.District, f.ID); err != nil {
			return err
		}
		return join(tx, account, f.ID, key)
	})
}
