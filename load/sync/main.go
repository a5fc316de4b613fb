// Command sync measures the phones' sync over HTTP, end to end: phones of one
// worker send commands as fast as they are acknowledged, one at a time by 8 and
// by 32 phones, then in batches of 50. Afterwards every acknowledged record is
// counted in the database's own answers: sent again, each is a duplicate. Beside it
// runs a peer that does what a plain form server does: one transaction a request.
//
//	go run ./load/sync -linli bin/linli -data DIR [-db postgres://…] [-kind case.report] [-for 4s]
//
// DIR is a demo city (linli demo --days 0); it grows. -kind visit.record needs one
// with homes.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the peer on PostgreSQL
	_ "modernc.org/sqlite"             // the peer on SQLite
)

func main() {
	bin := flag.String("linli", "bin/linli", "the program")
	data := flag.String("data", "", "data folder with a demo city (it grows)")
	db := flag.String("db", "", "PostgreSQL address instead of the embedded database")
	kind := flag.String("kind", "case.report", "case.report or visit.record")
	span := flag.Duration("for", 4*time.Second, "length of a round")
	flag.Parse()
	if err := run(*bin, *data, *db, *kind, *span); err != nil {
		fmt.Fprintln(os.Stderr, "sync:", err)
		os.Exit(1)
	}
}

type server struct {
	base, token, kind string
	grid              int64
	homes             []int64
	devices           [32]device
	http              *http.Client
}

// device is a phone and the number of its last command.
type device struct {
	id  string
	seq int64
}

func run(bin, data, db, kind string, span time.Duration) error {
	if data == "" {
		return errors.New("-data is needed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	l.Close()
	args := []string{"serve", "--addr", addr, "--data", data, "--quiet", "--no-rate-limit"}
	if db != "" {
		args = append(args, "--db", db)
	}
	cmd := exec.Command(bin, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("the server does not start: %w", err)
	}
	s := &server{base: "http://" + addr, kind: kind, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	if err := s.prepare(); err != nil {
		return err
	}
	for _, x := range []struct{ phones, each int }{{8, 1}, {32, 1}, {8, 50}, {32, 50}} {
		before := cpuOf(cmd.Process.Pid)
		r, err := s.round(x.phones, x.each, span)
		if err != nil {
			return err
		}
		cpu := cpuOf(cmd.Process.Pid) - before
		fmt.Printf("%s, %2d phones, %2d a batch: %6.0f commands/s   p50 %6.1f ms  p99 %6.1f ms   server CPU %4.0f µs a command   (%d, all once)\n",
			kind, x.phones, x.each, float64(r.done)/r.took.Seconds(), r.at(0.5), r.at(0.99), cpu.Seconds()*1e6/float64(r.done), r.done)
	}
	for _, n := range []int{8, 32} {
		perSecond, err := peer(db, n, span)
		if err != nil {
			return err
		}
		fmt.Printf("peer, one transaction a request, %2d clients: %6.0f/s\n", n, perSecond)
	}
	return nil
}

// prepare signs the demo's grid worker in and finds the worker's grid and homes.
func (s *server) prepare() error {
	var in struct {
		Token string
		Me    struct {
			Posts []struct {
				Grid int64 `json:"grid_id"`
			}
		}
	}
	if err := s.call("POST", "/api/v1/session", map[string]any{"login": "gridworker", "password": "linli-demo-2026"}, &in); err != nil {
		return err
	}
	s.token = in.Token
	for _, p := range in.Me.Posts {
		s.grid = max(s.grid, p.Grid)
	}
	if s.grid == 0 {
		return errors.New("the demo's grid worker has no grid")
	}
	if s.kind != "visit.record" {
		return nil
	}
	req, err := http.NewRequest("GET", fmt.Sprint(s.base, "/api/v1/sync/snapshot?grid=", s.grid), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	z, err := gzip.NewReader(resp.Body)
	if err != nil {
		return err
	}
	for d := json.NewDecoder(z); ; {
		var row struct {
			Type string
			ID   int64
		}
		if err := d.Decode(&row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		if row.Type == "home" {
			s.homes = append(s.homes, row.ID)
		}
	}
	if len(s.homes) == 0 {
		return errors.New("the grid has no homes")
	}
	return nil
}

func (s *server) call(method, path string, body, into any) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(body); err != nil {
		return err
	}
	req, err := http.NewRequest(method, s.base+path, &b)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return json.Unmarshal(text, into)
}

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[6:]) // never fails; see crypto/rand
	ms := time.Now().UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (s *server) body(n int64) map[string]any {
	if s.kind == "visit.record" {
		return map[string]any{"home": s.homes[int(n)%len(s.homes)], "outcome": "fine"}
	}
	return map[string]any{"text": fmt.Sprint("楼道灯不亮，第 ", n, " 件"), "place": map[string]any{"grid_id": s.grid}}
}

type result struct {
	done int
	took time.Duration
	each []time.Duration
}

func (r *result) at(q float64) float64 {
	return float64(r.each[int(q*float64(len(r.each)-1))].Microseconds()) / 1000
}

type answer struct {
	Batch   string
	Results []struct{ State string }
}

// round sends for the span and then sends each phone's last batches again.
func (s *server) round(phones, each int, span time.Duration) (*result, error) {
	out := &result{}
	var mu sync.Mutex
	var all sync.WaitGroup
	var fault error
	start := time.Now()
	for i := range phones {
		all.Go(func() {
			took, done, err := s.phone(&s.devices[i], each, start.Add(span))
			mu.Lock()
			defer mu.Unlock()
			out.each, out.done = append(out.each, took...), out.done+done
			if err != nil {
				fault = err
			}
		})
	}
	all.Wait()
	out.took = max(time.Since(start), span)
	slices.Sort(out.each)
	return out, fault
}

func (s *server) phone(d *device, each int, until time.Time) (took []time.Duration, done int, err error) {
	if d.id == "" {
		d.id = uuid()
	}
	var last map[string]any
	send := func(b map[string]any, want string) error {
		var a answer
		if err := s.call("POST", "/api/v1/sync/commands", b, &a); err != nil {
			return err
		}
		if a.Batch != b["batch"] || len(a.Results) != each {
			return errors.New("an answer that is no acknowledgement")
		}
		for _, r := range a.Results {
			if r.State != want {
				return fmt.Errorf("%s instead of %s", r.State, want)
			}
		}
		return nil
	}
	for time.Now().Before(until) {
		commands := make([]any, each)
		for i := range commands {
			d.seq++
			commands[i] = map[string]any{"id": uuid(), "seq": d.seq, "kind": s.kind, "at": time.Now().Format(time.RFC3339Nano), "body": s.body(d.seq)}
		}
		last = map[string]any{"batch": uuid(), "device": d.id, "sent_at": time.Now().Format(time.RFC3339Nano), "commands": commands}
		begun := time.Now()
		if err := send(last, "applied"); err != nil {
			return took, done, err
		}
		took = append(took, time.Since(begun))
		done += each
	}
	return took, done, send(last, "duplicate")
}

// cpuOf is the processor time of a process so far.
func cpuOf(pid int) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	var user, system int64
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	_, _ = fmt.Sscan(fields[11], &user)
	_, _ = fmt.Sscan(fields[12], &system)
	return time.Duration(user+system) * (time.Second / 100)
}

// peer is a form server without group commit: decode, two inserts, one
// transaction a request, each fsynced.
func peer(db string, clients int, span time.Duration) (float64, error) {
	dir, err := os.MkdirTemp("", "linli-peer-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	driver, dsn, mark := "sqlite", "file:"+filepath.Join(dir, "peer.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)", "?, ?"
	if db != "" {
		driver, dsn, mark = "pgx", db, "$1, $2"
	}
	d, err := sql.Open(driver, dsn)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	if db == "" {
		d.SetMaxOpenConns(1)
	}
	for _, q := range []string{"DROP TABLE IF EXISTS peer_form", "DROP TABLE IF EXISTS peer_log", "CREATE TABLE peer_form (id TEXT PRIMARY KEY, body TEXT NOT NULL)", "CREATE TABLE peer_log (id TEXT PRIMARY KEY, body TEXT NOT NULL)"} {
		if _, err := d.Exec(q); err != nil {
			return 0, err
		}
	}
	defer d.Exec("DROP TABLE peer_form; DROP TABLE peer_log") //nolint:errcheck // tidying up
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var form struct {
			ID string `json:"batch"`
		}
		text, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(text, &form)
		}
		var tx *sql.Tx
		if err == nil {
			tx, err = d.BeginTx(r.Context(), nil)
		}
		for _, table := range []string{"peer_form", "peer_log"} {
			if err == nil {
				_, err = tx.Exec("INSERT INTO "+table+" VALUES ("+mark+")", form.ID, string(text))
			}
		}
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("{}"))
	})}
	go srv.Serve(l)                          //nolint:errcheck // ends with Shutdown
	defer srv.Shutdown(context.Background()) //nolint:errcheck // nothing is left to lose
	s := &server{base: "http://" + l.Addr().String(), http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	var mu sync.Mutex
	var all sync.WaitGroup
	done, start := 0, time.Now()
	for range clients {
		all.Go(func() {
			for time.Since(start) < span && err == nil {
				e := s.call("POST", "/", map[string]any{"batch": uuid(), "commands": []any{map[string]any{"id": uuid(), "body": s.body(1)}}}, &struct{}{})
				mu.Lock()
				if e != nil {
					err = e
				}
				done++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return float64(done) / time.Since(start).Seconds(), err
}
