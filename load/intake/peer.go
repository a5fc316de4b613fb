package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	_ "github.com/jackc/pgx/v5/stdlib" // the peer on PostgreSQL
	_ "modernc.org/sqlite"             // the peer on SQLite
)

// The peers: a bare handler that decodes the body and inserts two rows. No
// session, no validation, no counters, no audit: what is left when everything
// that makes the product is taken away.

type row struct {
	id   int64
	text string
	done chan error
}

func servePeer(role, dir, db string) error {
	kind, addr, _ := strings.Cut(role, "@")
	driver, dsn := "sqlite", "file:"+filepath.Join(dir, "peer.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)"
	if db != "" {
		driver, dsn = "pgx", db
	}
	d, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer d.Close()
	if db == "" {
		d.SetMaxOpenConns(1)
	}
	for _, q := range []string{"DROP TABLE IF EXISTS peer_case", "DROP TABLE IF EXISTS peer_log", "CREATE TABLE peer_case (id BIGINT PRIMARY KEY, body TEXT NOT NULL)", "CREATE TABLE peer_log (id BIGINT PRIMARY KEY, body TEXT NOT NULL)"} {
		if _, err := d.Exec(q); err != nil {
			return err
		}
	}
	queue := make(chan row, 4096)
	go join(d, queue, kind == "single", db != "")
	var next int64
	ids := make(chan int64)
	go func() {
		for {
			next++
			ids <- next
		}
	}()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /api/v1/cases", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Text string `json:"text"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		x := row{<-ids, in.Text, make(chan error, 1)}
		queue <- x
		if err := <-x.done; err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		b := fmt.Appendf(nil, `{"id":%d}`, x.id)
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		w.WriteHeader(201)
		_, _ = w.Write(b)
	})
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	srv := &http.Server{Handler: mux}
	go func() { <-ctx.Done(); _ = srv.Close() }()
	_ = srv.Serve(l)
	return nil
}

// join commits waiting rows together, or one at a time.
func join(d *sql.DB, queue chan row, single, pg bool) {
	mark := func(n int) string {
		if pg {
			return fmt.Sprintf("($%d,$%d)", 2*n+1, 2*n+2)
		}
		return "(?,?)"
	}
	for first := range queue {
		batch := []row{first}
	fill:
		for !single && len(batch) < 256 {
			select {
			case x := <-queue:
				batch = append(batch, x)
			default:
				break fill
			}
		}
		err := func() error {
			tx, err := d.Begin()
			if err != nil {
				return err
			}
			defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
			var marks []string
			var args []any
			for i, x := range batch {
				marks = append(marks, mark(i))
				args = append(args, x.id, x.text)
			}
			for _, table := range []string{"peer_case", "peer_log"} {
				if _, err := tx.Exec("INSERT INTO "+table+" (id, body) VALUES "+strings.Join(marks, ","), args...); err != nil {
					return err
				}
			}
			return tx.Commit()
		}()
		for _, x := range batch {
			x.done <- err
		}
	}
}
