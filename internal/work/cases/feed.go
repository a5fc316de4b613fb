package cases

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// feed wakes those who watch. What happened is read from the audit chain, whose
// numbers have no gaps and are given in order of commit on either engine: a
// watcher can miss nothing, whichever process wrote it.
type feed struct {
	mu   sync.Mutex
	wake chan struct{}
}

// poke wakes the watchers of this process.
func (f *feed) poke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wake != nil {
		close(f.wake)
		f.wake = nil
	}
}

func (f *feed) next() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wake == nil {
		f.wake = make(chan struct{})
	}
	return f.wake
}

// Happening is something that just happened to a case in scope.
type Happening struct {
	Cursor  string `json:"-"`
	ID      int64  `json:"id"`
	Version int    `json:"version"`
	Status  string `json:"status"`
	Street  string `json:"street"`
	Action  string `json:"action"`
	against int64
}

// ofReporter are the acts that say that a case has a reporter; whoever is not to
// know that does not hear of them.
var ofReporter = []string{"tell", "reveal"}

// feedGap bounds how often a busy city wakes its watchers.
const feedGap = 300 * time.Millisecond

// Watch calls send for what happens in the scope from now on, or after the
// cursor, until the context ends or send fails.
func (s *Service) Watch(ctx context.Context, scope access.Scope, cursor string, send func(Happening) error) error {
	at, err := s.feedStart(ctx, scope, cursor)
	if err != nil {
		return err
	}
	tick := time.NewTicker(time.Second) // for what other processes write
	defer tick.Stop()
	for {
		wake := s.feed.next()
		for d := range at {
			if err := s.feedRead(ctx, scope, d, at, send); err != nil {
				if ctx.Err() != nil { // the reader went while rows were read
					return nil
				}
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(feedGap):
			}
		case <-tick.C:
		}
	}
}

// feedStart reads the cursor, "district.index,…", or takes the chains' ends.
func (s *Service) feedStart(ctx context.Context, scope access.Scope, cursor string) (map[int]int64, error) {
	at := map[int]int64{}
	given := map[int]int64{}
	for _, part := range strings.Split(cursor, ",") {
		d, i, _ := strings.Cut(part, ".")
		district, e1 := strconv.Atoi(d)
		index, e2 := strconv.ParseInt(i, 10, 64)
		if e1 == nil && e2 == nil {
			given[district] = index
		}
	}
	for _, d := range scope.Districts() {
		if d == 0 {
			continue
		}
		var size int64
		err := s.DB.QueryRow(ctx, "SELECT COALESCE(MAX(size), 0) FROM audit_head WHERE district = ?", d).Scan(&size)
		if err != nil {
			return nil, err
		}
		at[d] = size
		if i, ok := given[d]; ok && i <= size && size-i < 2000 {
			at[d] = i
		}
	}
	return at, nil
}

func (s *Service) feedRead(ctx context.Context, scope access.Scope, district int, at map[int]int64, send func(Happening) error) error {
	part, ok := scope.PerDistrict(district)
	if !ok {
		return nil
	}
	where, args := part.Where(caseCols)
	var size int64
	if err := s.DB.QueryRow(ctx, "SELECT COALESCE(MAX(size), 0) FROM audit_head WHERE district = ?", district).Scan(&size); err != nil {
		return err
	}
	from := at[district]
	if size == from {
		return nil
	}
	if size-from > 500 { // a flood: the newest are enough, lists are read anew
		from = size - 500
	}
	rows, err := s.DB.Query(ctx, "SELECT a.action, c.id, c.version, c.status, c.street, c.against FROM audit a JOIN cases c ON c.district = a.district AND c.id = a.object_id "+
		"WHERE a.district = ? AND a.idx >= ? AND a.idx < ? AND a.object = 'case' AND "+where+" ORDER BY a.idx", append([]any{district, from, size}, args...)...)
	list, err := store.All(rows, err, func(r *sql.Rows) (h Happening, err error) {
		var street int64
		err = r.Scan(&h.Action, &h.ID, &h.Version, &h.Status, &street, &h.against)
		h.Action, h.Street = strings.TrimPrefix(h.Action, "case."), fmt.Sprint(street)
		return h, err
	})
	if err != nil {
		return err
	}
	at[district] = size
	var cursor strings.Builder
	for d, i := range at {
		if cursor.Len() > 0 {
			cursor.WriteByte(',')
		}
		fmt.Fprintf(&cursor, "%d.%d", d, i)
	}
	v := s.view(scope, "zh")
	for _, h := range list {
		if slices.Contains(ofReporter, h.Action) && (v.blind || v.about(&Case{Against: h.against})) {
			continue
		}
		h.Cursor = cursor.String()
		if err := send(h); err != nil {
			return err
		}
	}
	return nil
}
