// Command intake measures durable intake over HTTP: 64 clients, each with a
// session, post new cases as fast as they are acknowledged. It runs linli
// beside two peers in the same way on the same machine, in turn: a bare Go
// handler with two inserts and group commit ("bare"), and the same handler with
// one transaction a request ("single"). For each it prints requests a second,
// latency, the server's CPU microseconds a request, and its memory.
//
//	go run ./load/intake -linli bin/linli -data DIR [-db postgres://…] [-n 64] [-for 10s] [-rounds 3]
//
// With -fsync 5ms strace makes every fsync of the three servers last that much
// longer, as on a slow disk; only these calls are stopped. For PostgreSQL the
// same strace goes around the whole cluster, see docs/performance.md.
package main

import (
	"bufio"
	"bytes"
	"context"
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
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	bin := flag.String("linli", "bin/linli", "the program")
	data := flag.String("data", "", "data folder with a demo city (it grows)")
	db := flag.String("db", "", "PostgreSQL address instead of the embedded database")
	n := flag.Int("n", 64, "clients")
	span := flag.Duration("for", 10*time.Second, "length of a round")
	rounds := flag.Int("rounds", 3, "rounds of each server, in turn")
	only := flag.String("only", "", "one server only: linli, bare, single")
	slow := flag.Duration("fsync", 0, "added to each fsync of the servers, embedded database only; needs strace")
	role := flag.String("serve", "", "inner use: run a peer server")
	flag.Parse()
	if *role != "" {
		fail(servePeer(*role, *data, *db))
		return
	}
	if *data == "" || *slow > 0 && *db != "" {
		fail(errors.New("-data is needed, and -fsync is for the embedded database"))
	}
	results := map[string][]result{}
	for range *rounds {
		for _, name := range []string{"linli", "bare", "single"} {
			if *only != "" && *only != name {
				continue
			}
			r, err := round(name, *bin, *data, *db, *n, *span, *slow)
			fail(err)
			results[name] = append(results[name], r)
			fmt.Println(r)
		}
	}
	fmt.Println("\nmedian of rounds")
	for _, name := range []string{"linli", "bare", "single"} {
		if rs := results[name]; len(rs) > 0 {
			slices.SortFunc(rs, func(a, b result) int { return int(a.perSecond - b.perSecond) })
			fmt.Println(rs[len(rs)/2])
		}
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "intake:", err)
		os.Exit(1)
	}
}

type result struct {
	name          string
	done          int
	perSecond     float64
	p50, p99, max time.Duration
	cpuMicros     float64
	dbMicros      float64 // CPU of PostgreSQL on this machine, 0 for the embedded database
	rssMB         int
}

func (r result) String() string {
	s := fmt.Sprintf("%-7s %8.0f /s   p50 %6.2f ms  p99 %6.2f ms  max %6.1f ms   server CPU %5.0f µs/request   RSS %4d MB   (%d)", r.name, r.perSecond,
		float64(r.p50.Microseconds())/1000, float64(r.p99.Microseconds())/1000, float64(r.max.Microseconds())/1000, r.cpuMicros, r.rssMB, r.done)
	if r.dbMicros > 0 {
		s += fmt.Sprintf("   PostgreSQL CPU %.0f µs/request", r.dbMicros)
	}
	return s
}

// round starts a server, drives it, and stops it.
func round(name, bin, data, db string, n int, span, slow time.Duration) (result, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return result{}, err
	}
	addr := l.Addr().String()
	l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	args := []string{"serve", "--addr", addr, "--data", data, "--quiet", "--no-rate-limit"}
	if db != "" {
		args = append(args, "--db", db)
	}
	if name != "linli" {
		dir, err := os.MkdirTemp("", "linli-peer-")
		if err != nil {
			return result{}, err
		}
		defer os.RemoveAll(dir)
		if bin, err = os.Executable(); err != nil {
			return result{}, err
		}
		args = []string{"-serve", name + "@" + addr, "-data", dir, "-db", db}
	}
	if slow > 0 { // -D: the server stays our own child
		args = append([]string{"-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync",
			"-e", fmt.Sprintf("inject=fsync,fdatasync:delay_exit=%d", slow.Microseconds()), bin}, args...)
		bin = "strace"
	}
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	if err := ready(addr); err != nil {
		return result{}, err
	}
	token, spots := "", []spot{{112.6, 29.4}}
	if name == "linli" {
		if token, spots, err = prepare(addr); err != nil {
			return result{}, err
		}
	}
	if _, err := drive(addr, token, spots, n, span/5); err != nil { // warm up
		return result{}, err
	}
	backends, err := postgresPids(db)
	if err != nil {
		return result{}, err
	}
	before, dbBefore := cpu(cmd.Process.Pid), cpu(backends...)
	start := time.Now()
	times, err := drive(addr, token, spots, n, span)
	took := time.Since(start)
	if err != nil {
		return result{}, err
	}
	r := result{name: name, done: len(times), perSecond: float64(len(times)) / took.Seconds(), rssMB: rss(cmd.Process.Pid)}
	r.cpuMicros = float64((cpu(cmd.Process.Pid) - before).Microseconds()) / float64(max(1, len(times)))
	r.dbMicros = float64((cpu(backends...) - dbBefore).Microseconds()) / float64(max(1, len(times)))
	slices.Sort(times)
	if len(times) > 0 {
		r.p50, r.p99, r.max = times[len(times)/2], times[len(times)*99/100], times[len(times)-1]
	}
	return r, nil
}

func ready(addr string) error {
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		resp, err := http.Get("http://" + addr + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				return nil
			}
		}
		<-time.After(50 * time.Millisecond)
	}
	return errors.New("the server did not become ready")
}

type spot struct{ lon, lat float64 }

// prepare signs in and takes real places of the city.
func prepare(addr string) (token string, spots []spot, err error) {
	body := `{"login":"operator","password":"linli-demo-2026"}`
	resp, err := http.Post("http://"+addr+"/api/v1/session", "application/json", strings.NewReader(body))
	if err != nil {
		return "", nil, err
	}
	defer resp.Body.Close()
	var s struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil || s.Token == "" {
		return "", nil, fmt.Errorf("sign-in failed: %s %w", resp.Status, err)
	}
	for _, q := range []string{"小区", "花园", "路", "苑", "里"} {
		req, _ := http.NewRequest("GET", "http://"+addr+"/api/v1/places?limit=50&q="+q, nil)
		req.Header.Set("Authorization", "Bearer "+s.Token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", nil, err
		}
		var list struct {
			Items []struct{ Lon, Lat float64 } `json:"items"`
		}
		err = json.NewDecoder(resp.Body).Decode(&list)
		resp.Body.Close()
		if err != nil {
			return "", nil, err
		}
		for _, it := range list.Items {
			if it.Lon != 0 {
				spots = append(spots, spot{it.Lon, it.Lat})
			}
		}
	}
	if len(spots) == 0 {
		return "", nil, errors.New("no places found")
	}
	return s.Token, spots, nil
}

// drive runs n clients for the span and returns each acknowledged request's time.
func drive(addr, token string, spots []spot, n int, span time.Duration) ([]time.Duration, error) {
	var mu sync.Mutex
	var all []time.Duration
	var first error
	var wg sync.WaitGroup
	end := time.Now().Add(span)
	for c := range n {
		wg.Go(func() {
			times, err := client(addr, token, spots, c, end)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, times...)
			if err != nil && first == nil {
				first = err
			}
		})
	}
	wg.Wait()
	return all, first
}

// client posts over one kept connection. It builds requests by hand: the load
// generator shares the two cores, so it must cost little.
func client(addr, token string, spots []spot, c int, end time.Time) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 16<<10)
	var times []time.Duration
	var out, body bytes.Buffer
	for i := 0; time.Now().Before(end); i++ {
		p := spots[(c*31+i)%len(spots)]
		body.Reset()
		fmt.Fprintf(&body, `{"text":"压测第 %d 号来电 %d：小区门口路灯不亮，晚上出行不便，请尽快派人查看。","channel":"hotline","grade":"general","place":{"lon":%.6f,"lat":%.6f,"address":"测试地址 %d 号"}}`, c, i, p.lon, p.lat, i%200)
		out.Reset()
		fmt.Fprintf(&out, "POST /api/v1/cases HTTP/1.1\r\nHost: linli\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n", token, uuid7(c, i), body.Len())
		out.Write(body.Bytes())
		start := time.Now()
		if _, err := conn.Write(out.Bytes()); err != nil {
			return times, err
		}
		status, text, err := answer(r)
		if err != nil {
			return times, err
		}
		if status != 201 {
			return times, fmt.Errorf("the server answered %d: %s", status, text)
		}
		times = append(times, time.Since(start))
	}
	return times, nil
}

// uuid7 is a UUIDv7 as browsers and phones send it: time first, so that keys sort.
func uuid7(client, i int) string {
	ms := uint64(time.Now().UnixMilli())
	return fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", ms>>16, ms&0xffff, client&0xfff, i&0xfff, uint64(client)<<32|uint64(i))
}

// answer reads one response; its body is kept only if it is an error's.
func answer(r *bufio.Reader) (status int, body string, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, "", err
	}
	if len(line) < 12 {
		return 0, "", errors.New("not an HTTP answer")
	}
	status, err = strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, "", err
	}
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, "", err
		}
		if len(line) <= 2 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return 0, "", err
			}
		}
	}
	if length < 0 {
		return 0, "", errors.New("the answer has no length")
	}
	if status >= 400 {
		b := make([]byte, length)
		_, err = io.ReadFull(r, b)
		return status, string(b), err
	}
	_, err = r.Discard(length)
	return status, "", err
}

// postgresPids are the processes of PostgreSQL on this machine that serve the
// address now: connections and background writers. Those of its start stay.
func postgresPids(db string) ([]int, error) {
	if db == "" {
		return nil, nil
	}
	d, err := sql.Open("pgx", db)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	rows, err := d.Query("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var pids []int
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	return pids, rows.Err()
}

// cpu is the time that the processes have used on all cores.
func cpu(pids ...int) time.Duration {
	var ticks int64
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has ended
		}
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		u, _ := strconv.ParseInt(f[11], 10, 64)
		s, _ := strconv.ParseInt(f[12], 10, 64)
		ticks += u + s
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

func rss(pid int) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(v)[0])
			return kb / 1024
		}
	}
	return 0
}
