package files

import (
	"context"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
)

// locker lets one request at a time work on an upload. A later request takes
// over: a phone that lost its connection comes back before the server has
// noticed, so the earlier request's body is ended, what came of it is kept, and
// then the later one goes on. (tusd's own memorylocker does the same through a
// callback that races with the reading of the body.)
type locker struct {
	mu   sync.Mutex
	held map[string]*holder
}

type holder struct {
	call *call
	free chan struct{}
}

// NewLock is tusd's way to ask.
func (l *locker) NewLock(id string) (handler.Lock, error) { return &hold{l: l, id: id}, nil }

type hold struct {
	l    *locker
	id   string
	mine *holder
}

// Lock waits for the upload to be free; ErrFileLocked when that takes too long.
func (h *hold) Lock(ctx context.Context, _ func()) error {
	for {
		h.l.mu.Lock()
		other := h.l.held[h.id]
		if other == nil {
			h.mine = &holder{call: callOf(ctx), free: make(chan struct{})}
			h.l.held[h.id] = h.mine
			h.l.mu.Unlock()
			return nil
		}
		h.l.mu.Unlock()
		other.call.interrupt()
		select {
		case <-other.free:
		case <-ctx.Done():
			return handler.ErrFileLocked
		}
	}
}

// Unlock gives the upload free.
func (h *hold) Unlock() error {
	h.l.mu.Lock()
	defer h.l.mu.Unlock()
	if h.mine != nil {
		delete(h.l.held, h.id)
		close(h.mine.free)
		h.mine = nil
	}
	return nil
}

// body is a request's body that can be ended from outside.
type body struct {
	io.ReadCloser
	mu       sync.Mutex
	ended    bool
	answered bool // the body is no longer read
}

// Read reads until the body is ended.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	ended := b.ended
	b.mu.Unlock()
	if ended {
		return 0, os.ErrDeadlineExceeded
	}
	return b.ReadCloser.Read(p)
}

// interrupt ends the call's body, also one that is being waited for.
func (c *call) interrupt() {
	if c.input == nil {
		return
	}
	c.input.mu.Lock()
	defer c.input.mu.Unlock()
	if c.input.answered { // the connection may serve another request by now
		return
	}
	c.input.ended = true
	// Where the connection cannot do this, the wait ends with the network's own time limit.
	_ = http.NewResponseController(c.output).SetReadDeadline(time.Now())
}

// answering marks the call as past its body. An interrupted one gives up its
// connection: net/http takes the deadline for the client's going away, and every
// later request on it would begin cancelled.
func (c *call) answering() {
	c.input.mu.Lock()
	defer c.input.mu.Unlock()
	c.input.answered = true
	if c.input.ended {
		c.output.Header().Set("Connection", "close")
	}
}
