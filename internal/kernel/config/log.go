package config

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// Logger makes the process's logger on w (standard error). Lines are gathered
// and written every 200 ms, or at once from warnings up, so that logging a
// request costs no system call of its own. Call stop at the end.
func (l Log) Logger(w io.Writer) (log *slog.Logger, stop func()) {
	g := &gather{w: w, end: make(chan struct{}), ended: make(chan struct{})}
	opt := &slog.HandlerOptions{Level: levels[l.Level]}
	var h slog.Handler = slog.NewJSONHandler(g, opt)
	if l.Format == "text" {
		h = slog.NewTextHandler(g, opt)
	}
	go g.loop()
	return slog.New(&prompt{h, g}), g.stop
}

// prompt flushes after warnings and errors.
type prompt struct {
	slog.Handler
	g *gather
}

func (p *prompt) Handle(ctx context.Context, r slog.Record) error {
	err := p.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		p.g.flush()
	}
	return err
}

func (p *prompt) WithAttrs(a []slog.Attr) slog.Handler { return &prompt{p.Handler.WithAttrs(a), p.g} }
func (p *prompt) WithGroup(n string) slog.Handler      { return &prompt{p.Handler.WithGroup(n), p.g} }

// gather is a bounded buffer before a writer.
type gather struct {
	w          io.Writer
	mu         sync.Mutex
	buf        bytes.Buffer
	once       sync.Once
	end, ended chan struct{}
}

func (g *gather) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.buf.Write(p)
	if g.buf.Len() > 64<<10 {
		g.out()
	}
	return len(p), nil
}

func (g *gather) out() {
	if g.buf.Len() > 0 {
		_, _ = g.w.Write(g.buf.Bytes()) // a log that cannot be written has nowhere to say so
		g.buf.Reset()
	}
}

func (g *gather) flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.out()
}

func (g *gather) loop() {
	defer close(g.ended)
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-g.end:
			g.flush()
			return
		case <-t.C:
			g.flush()
		}
	}
}

func (g *gather) stop() {
	g.once.Do(func() { close(g.end) })
	<-g.ended
}
