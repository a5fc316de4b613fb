package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

// ErrTooManyStreams refuses one more live view of the same account.
var ErrTooManyStreams = errs.Declare("too_many_streams", 429, "同时打开的实时页面太多，请关闭一些后再试。", "Too many live views are open; close some and try again.")

const (
	heartbeat     = 15 * time.Second
	writeDeadline = 10 * time.Second
)

// Event is one server-sent event. ID, if given, is what the client sends back
// as Last-Event-ID when it connects again; it must not contain line breaks.
type Event struct {
	ID   string
	Name string
	Data any // encoded as JSON
}

// Stream adds a live list (server-sent events). source is called once for each
// connection with the id that the client saw last ("" at first); it sends what
// happened since and goes on until ctx ends or send fails, and it must return
// then. Between events a heartbeat goes out every 15 s; at each, and before each
// event, the session and the posts are looked at again, so that a revoked session
// or an ended post ends its streams (the client connects again with what is left).
// Every write has a deadline; an account has a limited number of connections;
// Router.Close ends all streams.
func Stream(r *Router, op Op, source func(ctx context.Context, scope access.Scope, last string, req *http.Request, send func(Event) error) error) {
	op.Timeout = -1
	op.Produces = "text/event-stream"
	op.Params = struct {
		Last  string `header:"Last-Event-ID" doc:"id of the last event seen; the stream goes on behind it"`
		Query string `query:"last_event_id" doc:"the same, for clients that cannot set headers"`
	}{}
	Handle(r, op, func(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
		c := callOf(ctx)
		release, ok := r.streams.take(c)
		if !ok {
			return ErrTooManyStreams.New("seconds", 15)
		}
		defer release()
		r.meters.streams.Inc()
		defer r.meters.streams.Dec()

		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		c.w.slow = nil // the sink sets closer deadlines
		s := &sink{w: w, rc: http.NewResponseController(w)}
		h := w.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no")
		w.WriteHeader(http.StatusOK)
		if err := s.write([]byte("retry: 3000\n\n")); err != nil {
			return nil // the client went away
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer cancel()
			t := time.NewTicker(heartbeat)
			defer t.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-r.closing:
					return
				case <-t.C:
					if !r.still(ctx, c, scope.Today()) || s.write([]byte(": alive\n\n")) != nil {
						return
					}
				}
			}
		}()
		send := func(e Event) error { // nothing more for whoever was signed out or lost a post
			if !r.still(ctx, c, scope.Today()) {
				return errSink
			}
			return s.send(e)
		}
		last := req.Header.Get("Last-Event-ID")
		if last == "" {
			last = req.URL.Query().Get("last_event_id")
		}
		err := source(ctx, scope, last[:min(len(last), 200)], req, send)
		cancel()
		<-done
		if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, errSink) {
			return err
		}
		return nil
	})
}

// still tells whether the caller of a stream opened on that day may go on.
func (r *Router) still(ctx context.Context, c *call, day int) bool {
	var actor *access.Actor
	if token := tokenOf(c.req); token != "" && r.opt.Auth != nil {
		a, err := r.opt.Auth.Actor(ctx, token)
		if err != nil && (errs.Is(err, errs.Unauthorized) || errs.Is(err, errs.NotFound)) {
			return false
		}
		if err != nil {
			return true // a fault of ours is no reason to send people away
		}
		actor = a
	}
	today := r.opt.Today()
	_, err := c.op.Policy.Authorize(actor, today)
	return err == nil && slices.Equal(inForce(actor, today), inForce(c.actor, day))
}

// inForce are the posts that a scope is made from.
func inForce(a *access.Actor, today int) []access.Post {
	if a == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Posts), func(p access.Post) bool { return !p.InForce(today) })
}

var errSink = errors.New("web: the stream's client is gone")

// sink writes events and heartbeats from two goroutines.
type sink struct {
	mu sync.Mutex
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (s *sink) send(e Event) error {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if e.ID != "" {
		fmt.Fprintf(&b, "id: %s\n", oneLine(e.ID))
	}
	if e.Name != "" {
		fmt.Fprintf(&b, "event: %s\n", oneLine(e.Name))
	}
	b.WriteString("data: ")
	b.Write(data)
	b.WriteString("\n\n")
	return s.write(b.Bytes())
}

func oneLine(s string) string {
	return strings.NewReplacer("\n", " ", "\r", " ", "\x00", "").Replace(s)
}

func (s *sink) write(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeDeadline))
	if _, err := s.w.Write(p); err != nil {
		return fmt.Errorf("%w: %w", errSink, err)
	}
	if err := s.rc.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errSink, err)
	}
	return nil
}

// streamLimits counts the open streams of each account or address.
type streamLimits struct {
	most int
	mu   sync.Mutex
	open map[limitKey]int
}

func newStreamLimits(most int) *streamLimits {
	return &streamLimits{most: most, open: map[limitKey]int{}}
}

func (l *streamLimits) take(c *call) (release func(), ok bool) {
	k := limitKey{addr: c.r.clientIP(c.req)}
	if c.actor != nil {
		k = limitKey{account: c.actor.Account}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[k] >= l.most {
		return nil, false
	}
	l.open[k]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.open[k]--; l.open[k] == 0 {
			delete(l.open, k)
		}
	}, true
}
