package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"linli/internal/app"
)

func serve(ctx context.Context, args []string) error {
	f := newFlags("serve", "serve [--addr HOST:PORT] [--data DIR] [--db postgres://…]")
	addr := f.String("addr", env("LINLI_ADDR", "127.0.0.1:8080"), "address to listen on (LINLI_ADDR)")
	quiet := f.Bool("quiet", false, "log only warnings and errors, not each request")
	unlimited := f.Bool("no-rate-limit", false, "for measurements only: no limit of requests for one account or address")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	level := slog.LevelInfo
	if *quiet {
		level = slog.LevelWarn
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(log)
	a, err := app.Open(ctx, app.Options{Dir: f.data, DB: f.db, Version: version, TileKey: os.Getenv("LINLI_TIANDITU_KEY"), Insecure: *unlimited, Log: log})
	if err != nil {
		return err
	}
	defer a.Close()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", *addr, err)
	}
	fmt.Printf("邻里 Linli %s · http://%s · %s\n", version, l.Addr(), a.DB.Engine())
	return a.Serve(ctx, l)
}

func migrate(ctx context.Context, args []string) error {
	f := newFlags("migrate", "migrate [--data DIR] [--db postgres://…]")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	return f.print(map[string]any{"ok": true, "engine": a.DB.Engine()}, "the database is of this version (%s)\n", a.DB.Engine())
}
