package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Server is an http.Server for the router with real timeouts: a client that
// sends or reads slowly cannot hold a connection for ever. Long operations
// (Op.Timeout -1) lift the deadlines for themselves.
func (r *Router) Server() *http.Server {
	return &http.Server{
		Handler:           r,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      90 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(r.log.Handler(), slog.LevelDebug), // broken handshakes and the like
	}
}

// Serve serves on the listener until ctx ends, then stops gracefully: streams
// are ended, /readyz turns to 503, requests that were accepted are finished,
// for at most grace.
func (r *Router) Serve(ctx context.Context, l net.Listener, grace time.Duration) error {
	srv := r.Server()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	r.Close()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := srv.Shutdown(stop)
	if err != nil {
		_ = srv.Close()
	}
	if serr := <-failed; !errors.Is(serr, http.ErrServerClosed) {
		err = errors.Join(err, serr)
	}
	return err
}
