package store

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Ids are 53 bits, so that JavaScript reads them exactly: 40 bits of
// milliseconds since 2024, 5 bits of node, 8 bits of sequence.
const (
	idEpoch   = 1704067200000 // 2024-01-01T00:00:00Z in milliseconds
	nodeBits  = 5
	seqBits   = 8
	nodes     = 1 << nodeBits
	nodeLease = 60 * time.Second
	nodeAhead = 20 * time.Second // ids never run further ahead of the noted mark than this
)

var (
	rebound      sync.Map // portable SQL → PostgreSQL's
	reboundCount atomic.Int32
)

// idSource makes ids that rise in time and never repeat, even when the clock
// goes back: it starts from the mark that the node's row keeps.
type idSource struct {
	mu    sync.Mutex
	node  int64
	owner string // of the node's row
	last  int64  // the last id given
}

func (s *idSource) next(ms int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := (ms-idEpoch)<<(nodeBits+seqBits) | s.node<<seqBits
	if id <= s.last {
		id = s.last + 1
		if id>>seqBits&(nodes-1) != s.node { // the sequence ran over: next millisecond
			id = (s.last>>(nodeBits+seqBits)+1)<<(nodeBits+seqBits) | s.node<<seqBits
		}
	}
	s.last = id
	return id
}

func (s *idSource) mark() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last>>(nodeBits+seqBits) + idEpoch
}

// place is the node number and the name under which it is held.
func (s *idSource) place() (node int64, owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.node, s.owner
}

// NextID returns a new id: positive, below 2^53, rising with time.
func (db *DB) NextID() int64 { return db.ids.next(db.clock().UnixMilli()) }

// takeNode leases a free node number for this process, once the tables exist.
// The lease runs on the machine's clock even when a simulator drives db.clock.
func (db *DB) takeNode(ctx context.Context) error {
	now := time.Now().UnixMilli()
	owner := fmt.Sprintf("%d-%d", os.Getpid(), time.Now().UnixNano())
	return db.Write(ctx, func(tx *Tx) error {
		for n := range int64(nodes) {
			if _, err := tx.Exec("INSERT INTO node (id, owner, seen, high) VALUES (?, '', 0, 0) ON CONFLICT (id) DO NOTHING", n); err != nil {
				return err
			}
			taken, err := tx.Exec("UPDATE node SET owner = ?, seen = ? WHERE id = ? AND seen < ?", owner, now, n, now-nodeLease.Milliseconds())
			if err != nil {
				return err
			}
			if taken == 0 {
				continue
			}
			var high int64
			if err := tx.QueryRow("SELECT high FROM node WHERE id = ?", n).Scan(&high); err != nil {
				return err
			}
			db.ids.mu.Lock()
			db.ids.node, db.ids.owner = n, owner
			db.ids.last = 0
			if high > 0 {
				db.ids.last = (high+1-idEpoch)<<(nodeBits+seqBits) | n<<seqBits
			}
			db.ids.mu.Unlock()
			return nil
		}
		return fmt.Errorf("store: all %d writer places are taken", nodes)
	})
}

// keepNode renews the lease and notes how far ids may have come. A process that
// slept so long that another took its place takes a new one.
func (db *DB) keepNode(ctx context.Context, release bool) error {
	seen, high := time.Now().UnixMilli(), db.ids.mark()
	if release {
		seen = 0
	} else {
		high = max(high, db.clock().UnixMilli()) + nodeAhead.Milliseconds()
	}
	node, owner := db.ids.place()
	var n int64
	err := db.Write(ctx, func(tx *Tx) (err error) {
		n, err = tx.Exec("UPDATE node SET seen = ?, high = ? WHERE id = ? AND owner = ?", seen, high, node, owner)
		return err
	})
	if err == nil && n == 0 && !release {
		slog.Warn("store: another process took this one's place among the writers, taking a new one", "place", node)
		return db.takeNode(ctx)
	}
	return err
}
