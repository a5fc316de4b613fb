package open311

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"linli/internal/kernel/store"
)

var onceTable = &store.Table{Name: "open311_once", Cols: []string{"district", "k", "print", "at", "number"}}

// kept is the number that was given to the same POST, "" if there was none within
// the time.
func (r *Room) kept(ctx context.Context, home int, k, print [16]byte, within time.Duration) (string, error) {
	var was []byte
	var at int64
	var number string
	err := r.DB.QueryRow(ctx, "SELECT print, at, number FROM open311_once WHERE district = ? AND k = ?", home, k[:]).Scan(&was, &at, &number)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", err
	case at < r.DB.NowIn(ctx)-within.Microseconds():
		return "", nil
	case !bytes.Equal(was, print[:]):
		return "", otherBody.New()
	}
	return number, nil
}

func (r *Room) forget(ctx context.Context, home int, k [16]byte) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("DELETE FROM open311_once WHERE district = ? AND k = ? AND at < ?", home, k[:], tx.Now()-sameBody.Microseconds())
		return err
	})
}

// Sweep deletes what is remembered of old POSTs. Run it from a periodic job.
func (r *Room) Sweep(ctx context.Context) error {
	before := r.DB.Now() - keyKept.Microseconds()
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("DELETE FROM open311_once WHERE at < ?", before)
		return err
	})
}

// applied is the id that an update from outside was given, "" if it is new.
func (r *Room) applied(ctx context.Context, district int, u incoming) (string, error) {
	var id string
	err := r.DB.QueryRow(ctx, "SELECT ours FROM open311_update WHERE district = ? AND source = ? AND update_id = ?", district, u.source, u.id).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}
