package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// due are the messages to be sent now, the oldest of each line only.
func (o *Outbox) due(ctx context.Context, channel string) ([]Message, error) {
	rows, err := o.db.Query(ctx, `SELECT o.district, o.id, o.channel, o.topic, o.line, o.object, o.person, o.payload, o.attempts + 1, o.made_at FROM outbox o
		WHERE o.channel = ? AND o.state = 0 AND o.next_at <= ? AND (o.line = '' OR NOT EXISTS
			(SELECT 1 FROM outbox e WHERE e.district = o.district AND e.channel = o.channel AND e.line = o.line AND e.state = 0 AND e.line <> '' AND e.id < o.id))
		ORDER BY o.next_at, o.id LIMIT ?`, channel, o.db.Now(), atOnce)
	return store.All(rows, err, func(rows *sql.Rows) (m Message, err error) {
		var payload string
		err = rows.Scan(&m.District, &m.ID, &m.Channel, &m.Topic, &m.Line, &m.Object, &m.Person, &payload, &m.Attempt, &m.MadeAt)
		m.Payload = json.RawMessage(payload)
		return m, err
	})
}

// Row is a message as its keepers see it: never what it says or to whom.
type Row struct {
	District int
	ID       int64
	Channel  string
	Topic    string
	Object   int64
	State    int
	Attempts int
	NextAt   int64
	MadeAt   int64
	DoneAt   int64
	Receipt  string
	Error    string
}

// Filter narrows List; zero fields do not.
type Filter struct {
	State   int // -1: all
	Channel string
	Object  int64
	Before  int64 // id: the page after this one
	Limit   int
}

var cols = access.Cols{District: "o.district"}

// List lists messages of the scope, the newest first.
func (o *Outbox) List(ctx context.Context, scope access.Scope, f Filter) ([]Row, error) {
	where, args := scope.Where(cols)
	and := func(cond string, v any) { where += " AND " + cond; args = append(args, v) }
	if f.State >= 0 {
		and("o.state = ?", f.State)
	}
	if f.Channel != "" {
		and("o.channel = ?", f.Channel)
	}
	if f.Object != 0 {
		and("o.object = ?", f.Object)
	}
	if f.Before != 0 {
		and("o.id < ?", f.Before)
	}
	rows, err := o.db.Query(ctx, "SELECT o.district, o.id, o.channel, o.topic, o.object, o.state, o.attempts, o.next_at, o.made_at, o.done_at, o.receipt, o.error FROM outbox o WHERE "+
		where+" ORDER BY o.id DESC LIMIT ?", append(args, f.Limit)...)
	return store.All(rows, err, func(rows *sql.Rows) (r Row, err error) {
		err = rows.Scan(&r.District, &r.ID, &r.Channel, &r.Topic, &r.Object, &r.State, &r.Attempts, &r.NextAt, &r.MadeAt, &r.DoneAt, &r.Receipt, &r.Error)
		return r, err
	})
}

// Count is how many messages of a channel are in a state.
type Count struct {
	Channel string
	State   int
	N       int64
}

// Counts counts the messages of the scope.
func (o *Outbox) Counts(ctx context.Context, scope access.Scope) ([]Count, error) {
	where, args := scope.Where(cols)
	rows, err := o.db.Query(ctx, "SELECT o.channel, o.state, COUNT(*) FROM outbox o WHERE "+where+" GROUP BY o.channel, o.state ORDER BY o.channel, o.state", args...)
	return store.All(rows, err, func(rows *sql.Rows) (c Count, err error) {
		err = rows.Scan(&c.Channel, &c.State, &c.N)
		return c, err
	})
}

// Again has messages sent at once that wait or were given up; one that was sent
// meanwhile stays sent. It tells how many there were.
func (o *Outbox) Again(ctx context.Context, scope access.Scope, ids []int64) (int, error) {
	n := 0
	err := o.db.Write(ctx, func(tx *store.Tx) error {
		n = 0
		where, args := scope.Where(cols)
		rows, err := tx.Query("SELECT o.district, o.id, o.channel, o.topic FROM outbox o WHERE "+where+" AND o.state <> 1 AND o.id IN (?"+strings.Repeat(",?", len(ids)-1)+")", append(args, anyOf(ids)...)...)
		list, err := store.All(rows, err, func(rows *sql.Rows) (r Row, err error) {
			err = rows.Scan(&r.District, &r.ID, &r.Channel, &r.Topic)
			return r, err
		})
		if err != nil {
			return err
		}
		for _, r := range list {
			// The patience of the channel counts from now on.
			if _, err := tx.Exec("UPDATE outbox SET state = 0, attempts = 0, next_at = ?, made_at = ?, done_at = 0 WHERE district = ? AND id = ?", tx.Now(), tx.Now(), r.District, r.ID); err != nil {
				return err
			}
			detail, err := json.Marshal(map[string]string{"channel": r.Channel, "topic": r.Topic})
			if err != nil {
				return err
			}
			tx.Record(audit.Entry{District: r.District, Actor: scope.Account(), Post: scope.Post().ID, Action: "outbox.again", Object: "outbox", ObjectID: r.ID, Detail: detail})
			n++
		}
		if n == 0 {
			return errs.NotFound.New()
		}
		return nil
	})
	return n, err
}

func anyOf(ids []int64) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}
