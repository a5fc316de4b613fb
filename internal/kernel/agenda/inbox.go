package agenda

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Notice is what somebody was told.
type Notice struct {
	ID     int64
	Source string
	Title  errs.Words
	Where  string
	Day    int
	Link   string
	MadeAt int64 // microseconds UTC
	ReadAt int64 // 0: not yet
}

// keeper reads everybody's duties in order to remind them.
var keeper = access.System("reminders")

// Remind tells whoever is responsible of what falls due within the days before
// that its source asks for. Each reminder is made once, however often and in how
// many processes this runs; a day that is moved makes another one.
func (r *Room) Remind(ctx context.Context) error {
	today := r.Today()
	for i := range r.sources {
		s := &r.sources[i]
		before, ok := 0, false
		if r.Before != nil {
			before, ok = r.Before(s.Code)
		}
		if !ok {
			before = s.Before
		}
		if before == 0 || s.Due == nil {
			continue
		}
		list, err := s.Due(ctx, keeper, Plus(today, before))
		if err != nil {
			return fmt.Errorf("reminders of %s: %w", s.Code, err)
		}
		list = slices.DeleteFunc(list, func(e Entry) bool { return e.Day < today }) // without a day, or late already: the list of duties has it
		for chunk := range slices.Chunk(list, 100) {
			if err := r.tell(ctx, s, chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Room) tell(ctx context.Context, s *Source, list []Entry) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		told := map[int]int{}
		for _, e := range list {
			key := fmt.Sprintf("%s:%s:%d", s.Code, e.Key, e.Day)
			for _, account := range r.responsible(s, &e) {
				title, err := json.Marshal(e.Title)
				if err != nil {
					return err
				}
				n, err := tx.Exec("INSERT INTO inbox (district, id, account, once, source, title, place, day, link, made_at, read_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (district, account, once) DO NOTHING",
					e.Target.District, tx.NextID(), account, key, s.Code, string(title), e.Where, e.Day, e.Link, tx.Now())
				if err != nil {
					return err
				}
				told[e.Target.District] += int(n)
			}
		}
		for district, n := range told {
			if n > 0 {
				tx.Record(audit.Entry{District: district, Action: "inbox.tell", Object: "inbox", Detail: fmt.Appendf(nil, `{"source":%q,"told":%d}`, s.Code, n)})
			}
		}
		return nil
	})
}

// responsible are the accounts to tell: the one whose it is; else, of those who
// may do it, the people of the organisations that it is about and the nearest
// officers – a street's before the district's.
func (r *Room) responsible(s *Source, e *Entry) []int64 {
	if e.For != 0 {
		return []int64{e.For}
	}
	var out []int64
	nearest, near := 0, []int64{}
	for _, perm := range s.Does {
		for _, p := range r.Holders(perm, e.Target) {
			if p.Org != 0 && slices.Contains(e.Target.Orgs, p.Org) {
				out = append(out, p.Account)
				continue
			}
			switch n := access.Digits(p.Region); {
			case n > nearest:
				nearest, near = n, []int64{p.Account}
			case n == nearest:
				near = append(near, p.Account)
			}
		}
	}
	out = append(out, near...)
	slices.Sort(out)
	return slices.Compact(out)
}

// inboxShown is how many notices a person's list has.
const inboxShown = 100

// Inbox is what the account was told, the newest first, and how many of all are unread.
func (r *Room) Inbox(ctx context.Context, account int64) (list []Notice, unread int, err error) {
	rows, err := r.DB.Query(ctx, "SELECT id, source, title, place, day, link, made_at, read_at FROM inbox WHERE account = ? ORDER BY id DESC LIMIT ?", account, inboxShown)
	if list, err = store.All(rows, err, func(rows *sql.Rows) (n Notice, err error) {
		var title string
		if err := rows.Scan(&n.ID, &n.Source, &title, &n.Where, &n.Day, &n.Link, &n.MadeAt, &n.ReadAt); err != nil {
			return n, err
		}
		return n, json.Unmarshal([]byte(title), &n.Title)
	}); err != nil {
		return nil, 0, err
	}
	err = r.DB.QueryRow(ctx, "SELECT COUNT(*) FROM inbox WHERE account = ? AND read_at = 0", account).Scan(&unread)
	return list, unread, err
}

// Read marks what the account was told up to that notice as read.
func (r *Room) Read(ctx context.Context, account, upTo int64) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("UPDATE inbox SET read_at = ? WHERE account = ? AND id <= ? AND read_at = 0", tx.Now(), account, upTo)
		if err == nil && n > 0 {
			tx.Record(audit.Entry{Actor: account, Action: "inbox.read", Object: "inbox", ObjectID: upTo})
		}
		return err
	})
}

// kept is how long read notices stay.
const kept = 180 * 24 * time.Hour

// Sweep forgets what was read long ago and whose day has passed: nobody is told
// of that again.
func (r *Room) Sweep(ctx context.Context) error {
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("DELETE FROM inbox WHERE read_at > 0 AND read_at < ? AND day < ?", tx.Now()-kept.Microseconds(), r.Today())
		return err
	})
}
