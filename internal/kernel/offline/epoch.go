package offline

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"linli/internal/kernel/store"
)

// epochFile stands in the data folder, apart from the database and in no backup:
// it remembers how far the audit chains had come, so that a database which went
// back behind that is found out, whoever put it there.
const epochFile = "sync-epoch.json"

type epochMark struct {
	Epoch string        `json:"epoch"`
	Sizes map[int]int64 `json:"sizes"` // entries of each district's chain
}

// epochs is the database's epoch as this process knows it.
type epochs struct {
	db   *store.DB
	file string
	now  atomic.Pointer[epochSeen]
}

type epochSeen struct {
	epoch string
	until time.Time
}

// epochLife is how far behind other processes an epoch may be.
const epochLife = 5 * time.Second

// open makes a new epoch when there is none yet, when the folder does not know
// the database (a restore begins in an empty folder), and when a chain is shorter
// than it was known to be. Phones then send again what the server no longer has;
// where it has it all, that costs some duplicates.
func (e *epochs) open(ctx context.Context) error {
	epoch, err := e.read(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	sizes, err := e.sizes(ctx)
	if err != nil {
		return err
	}
	fresh := epoch == ""
	raw, err := os.ReadFile(e.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fresh = true
	case err != nil:
		return err
	default:
		var known epochMark
		if err := json.Unmarshal(raw, &known); err != nil {
			slog.Warn("offline: the mark of the epoch cannot be read and is made anew", "error", err)
			fresh = true
		}
		if known.Epoch == epoch { // another one: the change is known already
			for d, n := range known.Sizes {
				fresh = fresh || sizes[d] < n
			}
		}
	}
	if fresh {
		epoch = rand.Text()
		err := e.db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec("INSERT INTO sync_epoch (district, epoch, since) VALUES (0, ?, ?) ON CONFLICT (district) DO UPDATE SET epoch = excluded.epoch, since = excluded.since", epoch, tx.Now())
			return err
		})
		if err != nil {
			return err
		}
	}
	return e.write(epoch, sizes)
}

func (e *epochs) read(ctx context.Context) (epoch string, err error) {
	err = e.db.QueryRow(ctx, "SELECT epoch FROM sync_epoch WHERE district = 0").Scan(&epoch)
	return epoch, err
}

// current is the epoch, a few seconds old at most.
func (e *epochs) current(ctx context.Context) (string, error) {
	if seen := e.now.Load(); seen != nil && time.Now().Before(seen.until) {
		return seen.epoch, nil
	}
	epoch, err := e.read(ctx)
	if err == nil {
		e.now.Store(&epochSeen{epoch, time.Now().Add(epochLife)})
	}
	return epoch, err
}

// mark notes how far the chains have come.
func (e *epochs) mark(ctx context.Context) error {
	epoch, err := e.read(ctx)
	if err != nil {
		return err
	}
	sizes, err := e.sizes(ctx)
	if err != nil {
		return err
	}
	return e.write(epoch, sizes)
}

func (e *epochs) sizes(ctx context.Context) (map[int]int64, error) {
	rows, err := e.db.Query(ctx, "SELECT district, size FROM audit_head")
	sizes := map[int]int64{}
	_, err = store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
		var d int
		var n int64
		err := r.Scan(&d, &n)
		sizes[d] = n
		return struct{}{}, err
	})
	return sizes, err
}

func (e *epochs) write(epoch string, sizes map[int]int64) error {
	body, err := json.Marshal(epochMark{epoch, sizes})
	if err != nil {
		return err
	}
	if err := os.WriteFile(e.file+".new", body, 0o600); err != nil {
		return err
	}
	return os.Rename(e.file+".new", e.file)
}

// MarkEpoch notes how far the audit chains have come, so that a database that is
// put back behind that is found out at the next start. It runs as a job.
func (s *Service) MarkEpoch(ctx context.Context) error { return s.epochs.mark(ctx) }
