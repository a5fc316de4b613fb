package offline

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// snapshot is everything that a phone keeps of a grid, as it is sent: gzip of
// NDJSON, a head line and one line a row.
type snapshot struct {
	key    string // grid and types
	etag   string
	body   []byte
	idx    int64 // of the district's chain
	epoch  string
	stamps map[string]string
	made   time.Time
}

// head is the first line of a snapshot.
type head struct {
	Epoch  string         `json:"epoch"`
	Cursor string         `json:"cursor"`
	Grid   int64          `json:"grid"`
	Counts map[string]int `json:"counts"`
}

// A snapshot is as good as new while its changes are few: they follow from its
// cursor. Older ones are kept for those who are still loading them.
const (
	snapshotLag  = 500 // audit entries
	snapshotLife = time.Hour
	snapshotRoom = 64 << 20 // bytes of all that are kept
)

type snapshots struct {
	mu     sync.Mutex
	all    []*snapshot // the newest first
	bytes  int
	flight singleflight.Group
}

// find is the newest snapshot that fits.
func (c *snapshots) find(fits func(*snapshot) bool) *snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.IndexFunc(c.all, fits); i >= 0 {
		return c.all[i]
	}
	return nil
}

func (c *snapshots) keep(s *snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append([]*snapshot{s}, c.all...)
	c.bytes += len(s.body)
	for n := len(c.all); n > 1 && (c.bytes > snapshotRoom || time.Since(c.all[n-1].made) > snapshotLife); n-- {
		c.bytes -= len(c.all[n-1].body)
		c.all = c.all[:n-1]
	}
}

// snapshot is a fresh enough one of what is seen.
func (s *Service) snapshot(ctx context.Context, v sight) (*snapshot, error) {
	key := fmt.Sprint(v.at.Grid, " ", strings.Join(v.types(), ","))
	epoch, err := s.epochs.current(ctx)
	if err != nil {
		return nil, err
	}
	size, err := chainSize(ctx, s.DB, v.at.District)
	if err != nil {
		return nil, err
	}
	stamps := map[string]string{}
	for _, x := range v.sources {
		if x.Stamp != nil {
			if stamps[x.Type], err = x.Stamp(ctx); err != nil {
				return nil, err
			}
		}
	}
	fresh := s.snapshots.find(func(h *snapshot) bool {
		return h.key == key && h.epoch == epoch && h.idx <= size && size-h.idx <= snapshotLag && time.Since(h.made) < snapshotLife && fmt.Sprint(h.stamps) == fmt.Sprint(stamps)
	})
	if fresh != nil {
		return fresh, nil
	}
	made, err, _ := s.snapshots.flight.Do(key+epoch, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute) // others wait for it too
		defer cancel()
		h := &snapshot{key: key, epoch: epoch, stamps: stamps, made: time.Now()}
		err := s.DB.Snapshot(ctx, func(r store.Reader) error { return h.build(ctx, r, v) })
		if err == nil {
			s.snapshots.keep(h)
		}
		return h, err
	})
	if err != nil {
		return nil, err
	}
	return made.(*snapshot), nil
}

// build reads everything as of one moment.
func (h *snapshot) build(ctx context.Context, r store.Reader, v sight) (err error) {
	if h.idx, err = chainSize(ctx, r, v.at.District); err != nil {
		return err
	}
	first := head{Epoch: h.epoch, Grid: v.at.Grid, Counts: map[string]int{}}
	first.Cursor = web.Cursor(cursor{Epoch: h.epoch, Grid: v.at.Grid, Idx: h.idx, Types: v.types(), Stamps: h.stamps})
	var rows bytes.Buffer
	enc := json.NewEncoder(&rows)
	enc.SetEscapeHTML(false)
	for _, x := range v.sources {
		all, err := changed(ctx, r, x, v.at, nil, nil)
		if err != nil {
			return err
		}
		first.Counts[x.Type] = len(all)
		for _, c := range all {
			if err := enc.Encode(c); err != nil {
				return err
			}
		}
	}
	line, err := json.Marshal(first)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	for _, part := range [][]byte{line, {'\n'}, rows.Bytes()} {
		if _, err := z.Write(part); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	h.body = out.Bytes()
	sum := sha256.Sum256(h.body)
	h.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
	return nil
}

// serveSnapshot sends the snapshot of a grid, or the part of it that a phone has
// not got: If-Range with the ETag of what it began to load goes on with that.
func (s *Service) serveSnapshot(ctx context.Context, actor *access.Actor, grid int64, w http.ResponseWriter, req *http.Request) error {
	v := s.see(actor, grid)
	if len(v.sources) == 0 {
		return errs.NotFound.New()
	}
	h, err := s.snapshot(ctx, v)
	if err != nil {
		return err
	}
	if etag := req.Header.Get("If-Range"); etag != "" && etag != h.etag {
		begun := s.snapshots.find(func(x *snapshot) bool { return x.key == h.key && x.epoch == h.epoch && x.etag == etag })
		if begun != nil {
			h = begun
		}
	}
	w.Header().Set("Content-Type", "application/gzip")
	w.Header().Set("ETag", h.etag)
	w.Header().Set("Cache-Control", "private, no-cache")
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(h.body))
	return nil
}
