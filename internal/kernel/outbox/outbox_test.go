package outbox

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// remote is a receiver that answers as it is told.
type remote struct {
	mu     sync.Mutex
	answer func(Message) error
	got    []Message
}

func (r *remote) Send(_ context.Context, m Message) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, m)
	if r.answer != nil {
		if err := r.answer(m); err != nil {
			return "", err
		}
	}
	return "ok-" + m.Topic, nil
}

func (r *remote) topics() (out []string) {
	for _, m := range r.got {
		out = append(out, m.Topic)
	}
	return out
}

type house struct {
	db  *store.DB
	now *time.Time
	box *Outbox
	to  *remote
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	run := func(open func(t *testing.T, clock func() time.Time) *store.DB) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
			h := &house{now: &now, to: &remote{}}
			h.db = open(t, func() time.Time { return now })
			h.box = New(h.db, time.UTC, slog.New(slog.NewTextHandler(io.Discard, nil)))
			h.box.Open(Channel{Name: "test", Sender: h.to, Patience: 3 * time.Hour})
			fn(t, h)
		}
	}
	t.Run("sqlite", run(func(t *testing.T, clock func() time.Time) *store.DB { return storetest.SQLite(t, clock) }))
	t.Run("postgres", run(func(t *testing.T, clock func() time.Time) *store.DB {
		return storetest.Open(t, store.Options{URL: storetest.PostgresURL(t), Clock: clock})
	}))
}

func (h *house) put(t *testing.T, m Message) {
	t.Helper()
	m.District, m.Channel = 990101, "test"
	if err := h.db.Write(t.Context(), func(tx *store.Tx) error { return Put(tx, m) }); err != nil {
		t.Fatal(err)
	}
}

func (h *house) round(t *testing.T) int {
	t.Helper()
	n, err := h.box.Round(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (h *house) rows(t *testing.T) []Row {
	t.Helper()
	rows, err := h.box.List(t.Context(), access.System("test"), Filter{State: -1, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAMessageIsSentOnceAndKeepsItsReceipt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.put(t, Message{Topic: "a", Object: 7, Person: 9, Payload: []byte(`{"x":1}`), Once: "k"})
		h.put(t, Message{Topic: "a", Once: "k"})
		if n := h.round(t); n != 1 {
			t.Errorf("%d messages in the first round", n)
		}
		if n := h.round(t); n != 0 {
			t.Errorf("%d messages in the second round", n)
		}
		var x struct{ X int }
		if m := h.to.got[0]; m.Object != 7 || m.Person != 9 || m.Attempt != 1 || m.Decode(&x) != nil || x.X != 1 {
			t.Errorf("sent %+v", m)
		}
		if r := h.rows(t)[0]; r.State != Sent || r.Receipt != "ok-a" || r.DoneAt == 0 {
			t.Errorf("kept %+v", r)
		}
	})
}

func TestARefusedWriteSaysNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		boom := errors.New("boom")
		err := h.db.Write(t.Context(), func(tx *store.Tx) error {
			return errors.Join(Put(tx, Message{District: 990101, Channel: "test", Topic: "a"}), boom)
		})
		if !errors.Is(err, boom) || h.round(t) != 0 {
			t.Errorf("err %v, sent %v", err, h.to.topics())
		}
	})
}

func TestAFailureComesAgainLaterAndLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.to.answer = func(Message) error { return errors.New("line\x00 busy") }
		h.put(t, Message{Topic: "a"})
		var waits []time.Duration
		start := *h.now
		for range 40 {
			h.round(t)
			r := h.rows(t)[0]
			if r.State != Waiting {
				break
			}
			if r.Error != "line busy" {
				t.Fatalf("error %q", r.Error)
			}
			next := time.UnixMicro(r.NextAt)
			waits = append(waits, next.Sub(*h.now))
			*h.now = next.Add(-time.Second)
			if h.round(t) != 0 {
				t.Fatal("tried before its time")
			}
			*h.now = next
		}
		if !slices.Equal(waits[:3], []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second}) || slices.Max(waits) > time.Hour {
			t.Errorf("waits %v", waits)
		}
		if r := h.rows(t)[0]; r.State != GivenUp || h.now.Sub(start) > 3*time.Hour {
			t.Errorf("given up %v after %s", r.State, h.now.Sub(start))
		}
		h.to.answer = nil
		ids := []int64{h.rows(t)[0].ID}
		if n, err := h.box.Again(t.Context(), access.System("test"), ids); n != 1 || err != nil {
			t.Fatalf("again: %d, %v", n, err)
		}
		h.round(t)
		if r := h.rows(t)[0]; r.State != Sent {
			t.Errorf("after sending again: %+v", r)
		}
		if _, err := h.box.Again(t.Context(), access.System("test"), ids); err == nil {
			t.Error("a sent message is sent again")
		}
	})
}

func TestASystemThatMustAcknowledgeIsTriedForEver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.box.Open(Channel{Name: "test", Sender: h.to})
		h.to.answer = func(Message) error { return errors.New("down") }
		h.put(t, Message{Topic: "a"})
		for range 30 {
			*h.now = h.now.Add(24 * time.Hour)
			h.round(t)
		}
		h.to.answer = nil
		*h.now = h.now.Add(24 * time.Hour)
		h.round(t)
		if r := h.rows(t)[0]; r.State != Sent || r.Attempts != 31 {
			t.Errorf("%+v", r)
		}
	})
}

func TestNeverAndPanicDoNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.to.answer = func(m Message) error {
			switch m.Topic {
			case "refused":
				return Never(errors.New("no such number"))
			case "panics":
				panic("13800000000")
			}
			return nil
		}
		for _, topic := range []string{"refused", "panics", "fine"} {
			h.put(t, Message{Topic: topic})
		}
		h.round(t)
		state := map[string]Row{}
		for _, r := range h.rows(t) {
			state[r.Topic] = r
		}
		if state["refused"].State != GivenUp || state["fine"].State != Sent {
			t.Errorf("%+v", state)
		}
		if r := state["panics"]; r.State != Waiting || r.Error != errPanicked.Error() {
			t.Errorf("panic: %+v", r)
		}
	})
}

func TestALineKeepsItsOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		down := true
		h.to.answer = func(m Message) error {
			if down && m.Topic == "first" {
				return errors.New("down")
			}
			return nil
		}
		h.put(t, Message{Topic: "first", Line: "order-1"})
		h.put(t, Message{Topic: "second", Line: "order-1"})
		h.put(t, Message{Topic: "other", Line: "order-2"})
		h.round(t)
		h.round(t)
		if got := h.to.topics(); slices.Contains(got, "second") || !slices.Contains(got, "other") {
			t.Fatalf("sent %v while the first waits", got)
		}
		down = false
		*h.now = h.now.Add(time.Minute)
		h.round(t)
		h.round(t)
		if got := h.to.topics(); !slices.Equal(got[len(got)-2:], []string{"first", "second"}) {
			t.Errorf("sent %v", got)
		}
	})
}

func TestWithoutAChannelMessagesWait(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		err := h.db.Write(t.Context(), func(tx *store.Tx) error {
			return Put(tx, Message{District: 990101, Channel: "sms", Topic: "a"})
		})
		if n, e := h.box.Round(t.Context(), "sms"); n != 0 || e != nil || err != nil || h.box.IsOpen("sms") {
			t.Errorf("%d %v %v", n, e, err)
		}
		if r := h.rows(t)[0]; r.State != Waiting {
			t.Errorf("%+v", r)
		}
	})
}
