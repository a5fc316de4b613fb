package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/store"
)

// Message is something to be said to the outside.
type Message struct {
	District int
	ID       int64  // given by Put; the receiver's key against repeats
	Channel  string // which Sender: "sms", "mail", "hotline"
	Topic    string // what it says: "case.closed"
	Line     string // messages of one line keep their order; "": any order
	Object   int64  // the case it is about, 0 if none
	Person   int64  // vault record of who gets it, 0 for a system
	Payload  json.RawMessage
	Once     string // at most one message of the channel and district has it; "": no such bound
	Attempt  int    // 1 the first time
	MadeAt   int64  // microseconds UTC
}

// Decode fills v from the payload.
func (m *Message) Decode(v any) error { return json.Unmarshal(m.Payload, v) }

// Sender brings messages of one channel out.
type Sender interface {
	// Send returns what the receiver acknowledged with ("" if it has no number).
	// Only a receiver's own acknowledgement is success. An error brings the
	// message back later, Never(err) gives it up.
	Send(ctx context.Context, m Message) (receipt string, err error)
}

type never struct{ error }

func (n never) Unwrap() error { return n.error }

// Never marks an error that no further attempt can mend.
func Never(err error) error { return never{err} }

// The states of a message.
const (
	Waiting = iota
	Sent
	GivenUp
)

const (
	first   = 10 * time.Second // pause after the first failure; each further one doubles it
	longest = time.Hour
	atOnce  = 200              // messages of one round
	hands   = 8                // sendings at the same time
	timeout = 20 * time.Second // of one sending
)

// Channel is a way out.
type Channel struct {
	Name     string
	Sender   Sender
	Patience time.Duration // how long a message is tried; 0: until it is acknowledged
}

// Outbox sends.
type Outbox struct {
	db       *store.DB
	mu       sync.RWMutex
	channels map[string]Channel
	zone     *time.Location // in which lists show times
	log      *slog.Logger
}

// New makes an outbox without channels; zone is the city's.
func New(db *store.DB, zone *time.Location, log *slog.Logger) *Outbox {
	return &Outbox{db: db, channels: map[string]Channel{}, zone: zone, log: log}
}

// Open adds a channel or replaces the one of its name. Messages of a channel
// that is not open wait.
func (o *Outbox) Open(c Channel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.channels[c.Name] = c
}

// IsOpen tells whether the channel has a sender.
func (o *Outbox) IsOpen(name string) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.channels[name].Sender != nil
}

// Channels lists the names of the open channels, in order.
func (o *Outbox) Channels() []string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var out []string
	for name := range o.channels {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Put adds the message to the transaction; one whose Once is there already
// changes nothing. A zero payload is an empty object.
func Put(tx *store.Tx, m Message) error {
	if m.District == 0 || m.Channel == "" || m.Topic == "" {
		return fmt.Errorf("outbox: a message needs district, channel and topic: %d %q %q", m.District, m.Channel, m.Topic)
	}
	if len(m.Payload) == 0 {
		m.Payload = json.RawMessage("{}")
	}
	var once any
	if m.Once != "" {
		once = m.Once
	}
	_, err := tx.Exec(`INSERT INTO outbox (district, id, channel, topic, line, object, person, payload, once, state, attempts, next_at, made_at, done_at, receipt, error)
		VALUES (?,?,?,?,?,?,?,?,?,0,0,?,?,0,'','') ON CONFLICT DO NOTHING`,
		m.District, tx.NextID(), m.Channel, m.Topic, m.Line, m.Object, m.Person, string(m.Payload), once, tx.Now(), tx.Now())
	return err
}

// Round sends what is due on the channel and returns how many messages it
// tried. It is made to be called again and again by one process at a time.
func (o *Outbox) Round(ctx context.Context, channel string) (int, error) {
	o.mu.RLock()
	c, ok := o.channels[channel]
	o.mu.RUnlock()
	if !ok || c.Sender == nil {
		return 0, nil
	}
	list, err := o.due(ctx, channel)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	results := make([]result, len(list))
	var sending sync.WaitGroup
	places := make(chan struct{}, hands)
	for i := range list {
		places <- struct{}{}
		sending.Go(func() {
			defer func() { <-places }()
			results[i] = o.send(ctx, c, list[i])
		})
	}
	sending.Wait()
	return len(list), o.db.Write(ctx, func(tx *store.Tx) error {
		for _, r := range results {
			if err := o.settle(tx, c, r); err != nil {
				return err
			}
		}
		return nil
	})
}

type result struct {
	m       Message
	receipt string
	err     error
}

// errPanicked hides what a sender's panic said, which may hold personal data.
var errPanicked = errors.New("the sender failed unexpectedly")

func (o *Outbox) send(ctx context.Context, c Channel, m Message) (r result) {
	r.m = m
	defer func() {
		if p := recover(); p != nil {
			o.log.ErrorContext(ctx, "a sender panicked", "channel", c.Name, "message", m.ID, "panic", fmt.Sprintf("%T", p))
			r.err = errPanicked
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r.receipt, r.err = c.Sender.Send(ctx, m)
	return r
}

// pause is how long to wait after that many attempts.
func pause(attempts int) time.Duration {
	p := first
	for range attempts - 1 {
		if p *= 2; p >= longest {
			return longest
		}
	}
	return p
}

func (o *Outbox) settle(tx *store.Tx, c Channel, r result) error {
	now := tx.Now()
	if r.err == nil {
		_, err := tx.Exec("UPDATE outbox SET state = 1, attempts = ?, done_at = ?, receipt = ?, error = '' WHERE district = ? AND id = ? AND state = 0",
			r.m.Attempt, now, cut(r.receipt), r.m.District, r.m.ID)
		return err
	}
	var end never
	wait := pause(r.m.Attempt).Microseconds()
	if errors.As(r.err, &end) || c.Patience > 0 && now+wait-r.m.MadeAt > c.Patience.Microseconds() {
		o.log.Error("a message was given up", "channel", c.Name, "topic", r.m.Topic, "message", r.m.ID, "attempts", r.m.Attempt)
		_, err := tx.Exec("UPDATE outbox SET state = 2, attempts = ?, done_at = ?, error = ? WHERE district = ? AND id = ? AND state = 0",
			r.m.Attempt, now, cut(r.err.Error()), r.m.District, r.m.ID)
		return err
	}
	_, err := tx.Exec("UPDATE outbox SET attempts = ?, next_at = ?, error = ? WHERE district = ? AND id = ? AND state = 0",
		r.m.Attempt, now+wait, cut(r.err.Error()), r.m.District, r.m.ID)
	return err
}

// cut keeps a text of the outside short and readable.
func cut(s string) string {
	const most = 300
	s = string([]rune(s)[:min(utf8.RuneCountInString(s), most)])
	return string(slices.DeleteFunc([]rune(s), func(r rune) bool { return r < ' ' || r == utf8.RuneError }))
}
