package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/sim/load"
)

// server is the program serving a data folder, as a process of its own.
type server struct {
	cmd   *exec.Cmd
	url   string
	errs  *bytes.Buffer
	ended chan struct{}
	ready time.Duration // from the start to the first whole answer
}

func startServer(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	began := time.Now()
	s := &server{cmd: program(context.Background(), append([]string{"serve", "--data", dir, "--addr", "127.0.0.1:0"}, args...)...), errs: &bytes.Buffer{}, ended: make(chan struct{})}
	s.cmd.Stderr = s.errs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	go func() { _, _ = io.Copy(io.Discard, lines); _ = s.cmd.Wait(); close(s.ended) }()
	t.Cleanup(s.kill)
	if err != nil {
		<-s.ended
		t.Fatalf("the program did not start: %v\n%s", err, s.errs)
	}
	for _, word := range strings.Fields(line) {
		if strings.HasPrefix(word, "http://") {
			s.url = word
		}
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		if resp, err := http.Get(s.url + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				break
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("not ready: %s", s.errs)
		}
	}
	s.ready = time.Since(began)
	return s
}

// kill ends it as a loss of power would end the process.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// signIn gets a token by password, as a person does.
func (s *server) signIn(t *testing.T, login string) string {
	t.Helper()
	var in struct{ Token string }
	status, body, err := s.call(http.MethodPost, "/api/v1/session", "", "", map[string]any{"login": login, "password": load.DemoPassword})
	if err != nil || status != 200 || json.Unmarshal(body, &in) != nil {
		t.Fatalf("sign in: %d %s %v", status, body, err)
	}
	return in.Token
}

func (s *server) call(method, path, token, key string, body any) (int, []byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequest(method, s.url+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// cityWithPlace is a data folder with the city, and a community in it.
func cityWithPlace(t *testing.T) (dir, community string) {
	t.Helper()
	dir = place(t)
	a, err := app.Open(context.Background(), app.At(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	regions := a.Atlas.Regions()
	community = fmt.Sprint(regions[len(regions)-1].Code)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, community
}

// TestKill9: clients report cases while the process is killed at random
// moments. Every acknowledged case is there afterwards, once, under its number;
// its key still gives the same answer; what was not acknowledged is there whole
// or not at all; the audit chain holds.
func TestKill9(t *testing.T) {
	t.Parallel()
	rounds, clients := 2, 8
	if os.Getenv("LINLI_LONG") != "" {
		rounds = 12
	} else {
		t.Logf("%d rounds; LINLI_LONG=1 makes it 12", rounds)
	}
	if testing.Short() {
		t.Skip("kill -9 loop: left out with -short")
	}
	dir, community := cityWithPlace(t)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 9))
	type ack struct {
		body   map[string]any
		answer []byte
	}
	acknowledged := map[string]ack{} // by key
	sent := 0
	for round := range rounds {
		s := startServer(t, dir, "--quiet")
		token := s.signIn(t, "operator")
		var all sync.WaitGroup
		var mu sync.Mutex
		begin := len(acknowledged)
		for c := range clients {
			all.Go(func() {
				for n := 0; ; n++ {
					key := fmt.Sprintf("kill-%d-%d-%d", round, c, n)
					body := map[string]any{"text": "事件 " + key, "channel": "hotline", "place": map[string]any{"community": community}, "reporter": map[string]any{"name": "赵五", "phone": "13700000000"}}
					mu.Lock()
					sent++
					mu.Unlock()
					status, answer, err := s.call(http.MethodPost, "/api/v1/cases", token, key, body)
					if err != nil {
						return // it was killed
					}
					if status == 429 || status == 503 {
						continue
					}
					if status != 201 {
						t.Errorf("%s: %d %s", key, status, answer)
						return
					}
					mu.Lock()
					acknowledged[key] = ack{body, answer}
					mu.Unlock()
				}
			})
		}
		moment := time.NewTimer(time.Duration(150+rng.IntN(700)) * time.Millisecond)
		<-moment.C
		s.kill()
		all.Wait()
		t.Logf("round %d: ready in %v, %d acknowledged before the kill", round, s.ready.Round(time.Millisecond), len(acknowledged)-begin)
	}
	if len(acknowledged) < rounds {
		t.Fatalf("only %d of %d reports were acknowledged: nothing is shown", len(acknowledged), sent)
	}

	s := startServer(t, dir, "--quiet")
	token := s.signIn(t, "operator")
	checked := 0
	for key, a := range acknowledged {
		if checked++; checked > 300 {
			break
		}
		status, answer, err := s.call(http.MethodPost, "/api/v1/cases", token, key, a.body)
		var was, is struct {
			ID     int64
			Number string
		}
		if err != nil || status != 201 || json.Unmarshal(a.answer, &was) != nil || json.Unmarshal(answer, &is) != nil || was != is {
			t.Errorf("%s was %s, is %d %s %v", key, a.answer, status, answer, err)
		}
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-s.ended

	db, err := sql.Open("sqlite", filepath.Join(dir, "linli.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found := map[string]int{}
	rows, err := db.Query("SELECT c.body, c.number, (SELECT count(*) FROM case_log l WHERE l.district = c.district AND l.case_id = c.id) FROM cases c")
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]bool{}
	for rows.Next() {
		var body, number string
		var log int
		if err := rows.Scan(&body, &number, &log); err != nil {
			t.Fatal(err)
		}
		if numbers[number] || log != 1 {
			t.Errorf("case %s %q: number taken twice %v, %d log rows", number, body, numbers[number], log)
		}
		numbers[number] = true
		found[strings.TrimPrefix(body, "事件 ")]++
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	for key := range acknowledged {
		if found[key] != 1 {
			t.Errorf("%s was acknowledged and is there %d times", key, found[key])
		}
	}
	for key, n := range found {
		if n > 1 {
			t.Errorf("%s is there %d times", key, n)
		}
	}
	t.Logf("%d sent, %d acknowledged, %d kept", sent, len(acknowledged), len(found))
	var proof struct{ OK bool }
	if must(t, 0, &proof, "verify", "--data", dir); !proof.OK {
		t.Error("the chain does not hold")
	}
}

// TestStartRefused: what keeps the program from starting is said in words, with
// an exit status, and nothing is changed.
func TestStartRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	newer := place(t)
	db, err := sql.Open("sqlite", filepath.Join(newer, "linli.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO migration VALUES (9999, '9999_future', 'x', 0)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, says string
		dir        string
		args       []string
	}{
		{"folder under a file", "", filepath.Join(file, "data"), nil},
		{"folder that is a file", "", file, nil},
		{"folder of the kernel", "", "/proc/none", nil},
		{"no database but noise", "", write("linli.db", strings.Repeat("this is not a database ", 500)), nil},
		{"a newer database", "newer", newer, nil},
		{"a broken configuration", "linli.json", write("linli.json", `{"addr": "127.0.0.1:0",`), nil},
		{"an unknown setting", "colour", write("linli.json", `{"colour": "red"}`), nil},
		{"a wrong type", "limits.rate", write("linli.json", `{"limits": {"rate": "much"}}`), nil},
		{"no such address", "", t.TempDir(), []string{"--addr", "256.0.0.1:99999"}},
		{"no such server", "", t.TempDir(), []string{"--db", "postgres://127.0.0.1:1/none"}},
		{"no such flag", "", t.TempDir(), []string{"--colour"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			args := append([]string{"serve", "--data", c.dir}, c.args...)
			if len(c.args) == 0 || c.args[0] != "--addr" {
				args = append(args, "--addr", "127.0.0.1:0")
			}
			cmd := program(ctx, args...)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() < 1 || exit.ExitCode() > 2 {
				t.Fatalf("it ended with %v: %s", err, out)
			}
			text := string(out)
			if !strings.Contains(text, c.says) || strings.Contains(text, "goroutine ") || strings.Contains(text, ".go:") || !strings.Contains(text, "linli") {
				t.Errorf("it says: %s", text)
			}
			t.Logf("%d %s", exit.ExitCode(), strings.TrimSpace(text))
		})
	}
}
