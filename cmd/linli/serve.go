package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
)

func serve(ctx context.Context, args []string) error {
	f := newFlags("serve", "serve [--addr HOST:PORT] [--data DIR] [--db postgres://…]")
	quiet := f.Bool("quiet", false, "log only warnings and errors, not each request")
	unlimited := f.Bool("no-rate-limit", false, "for measurements only: no limit of requests for one account or address")
	if err := f.parse(args); err != nil {
		return err
	}
	if *quiet {
		f.cfg.Log.Level = "warn"
	}
	if *unlimited {
		f.cfg.Limits.Rate, f.cfg.Limits.InFlight = 0, 4096
	}
	log, stop := f.cfg.Log.Logger(os.Stderr)
	defer stop()
	slog.SetDefault(log)
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	l, err := net.Listen("tcp", f.cfg.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", f.cfg.Addr, err)
	}
	fmt.Printf("邻里 Linli %s · http://%s · %s\n", version, l.Addr(), a.DB.Engine())
	return a.Serve(ctx, l)
}

func migrate(ctx context.Context, args []string) error {
	f := newFlags("migrate", "migrate [--data DIR] [--db postgres://…]")
	if err := f.parse(args); err != nil {
		return err
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	return f.print(map[string]any{"ok": true, "engine": a.DB.Engine()}, "the database is of this version (%s)\n", a.DB.Engine())
}
