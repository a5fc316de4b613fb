// Command open311 measures the Open311 interface over HTTP, end to end: clients
// post reports with an API key as fast as they are acknowledged; then the list of
// 1,000 is read; then ten times as many clients as the server takes at once post,
// some of them about a gas leak, and what was shed is counted.
//
//	go run ./load/open311 -linli bin/linli -data DIR [-n 64] [-for 5s]
//
// DIR is a demo city (linli demo --days 0); it grows.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	bin := flag.String("linli", "bin/linli", "the program")
	data := flag.String("data", "", "data folder with a demo city (it grows)")
	n := flag.Int("n", 64, "clients")
	span := flag.Duration("for", 5*time.Second, "length of a round")
	flag.Parse()
	if err := run(*bin, *data, *n, *span); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// city is the server under load and the key that was made for it.
type city struct {
	base, key, place string
	http             *http.Client
	posted           atomic.Int64
}

func run(bin, data string, n int, span time.Duration) error {
	if data == "" {
		return errors.New("-data is needed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.Command(bin, "serve", "--addr", addr, "--data", data, "--quiet", "--no-rate-limit")
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
	c := &city{base: "http://" + addr, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10_000, MaxConnsPerHost: 0}}}
	if err := c.prepare(); err != nil {
		return err
	}
	cpu := cpuOf(cmd.Process.Pid)
	took, status, err := c.round(n, span, false)
	if err != nil {
		return err
	}
	cpu = cpuOf(cmd.Process.Pid) - cpu
	fmt.Printf("POST: %d clients, %.0f/s, p50 %.1f ms, p99 %.1f ms, %.0f µs CPU of the server each; %v\n", n, float64(len(took))/span.Seconds(), at(took, 0.5), at(took, 0.99), cpu.Seconds()*1e6/float64(len(took)), status)
	if err := c.list(); err != nil {
		return err
	}
	took, status, err = c.round(5120, span, true) // ten times what is taken at once
	if err != nil {
		return err
	}
	fmt.Printf("overload, 5,120 clients: %v; acknowledged p99 %.0f ms\n", status, at(took, 0.99))
	return nil
}

// prepare makes a program's account and a key that no limit holds back.
func (c *city) prepare() error {
	var in struct{ Token string }
	if err := c.call("POST", "/api/v1/session", "", map[string]any{"login": "security", "password": "linli-demo-2026"}, &in); err != nil {
		return err
	}
	var regions struct{ Items []struct{ Code string } }
	for parent := ""; len(parent) < 12; { // down to a community
		if err := c.call("GET", "/api/v1/regions?parent="+parent, in.Token, nil, &regions); err != nil {
			return err
		}
		if len(regions.Items) == 0 {
			return errors.New("the city has no communities")
		}
		parent = regions.Items[0].Code
		c.place = parent
	}
	var made struct {
		Account struct{ ID int64 }
	}
	if err := c.call("POST", "/api/v1/accounts", in.Token, map[string]any{"kind": "service", "login": "load" + strconv.FormatInt(time.Now().Unix(), 36), "name": "压力测试", "posts": []any{map[string]any{"role": "client", "region": c.place[:4]}}}, &made); err != nil {
		return err
	}
	var key struct{ Text string }
	err := c.call("POST", fmt.Sprintf("/api/v1/accounts/%d/keys", made.Account.ID), in.Token, map[string]any{"label": "压力测试", "per_second": 10000}, &key)
	c.key = key.Text
	return err
}

func (c *city) call(method, path, token string, body, into any) error {
	var b bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&b).Encode(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequest(method, c.base+path, &b)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %d %s %w", method, path, res.StatusCode, text, err)
	}
	return json.Unmarshal(text, into)
}

// round has n clients post for the time; with hazards every tenth report is of a
// gas leak, and a shed one is an error.
func (c *city) round(n int, span time.Duration, hazards bool) (took []time.Duration, status map[string]int, err error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	status = map[string]int{}
	end := time.Now().Add(span)
	for range n {
		all.Go(func() {
			for time.Now().Before(end) {
				i := c.posted.Add(1)
				hazard := hazards && i%10 == 0
				what, d, e := c.post(i, hazard)
				mu.Lock()
				status[what]++
				if what == "200" || what == "200 hazard" {
					took = append(took, d)
				}
				if e != nil && err == nil {
					err = e
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	return took, status, err
}

func (c *city) post(i int64, hazard bool) (string, time.Duration, error) {
	form := url.Values{"api_key": {c.key}, "service_code": {"E0907"}, "address_id": {c.place}, "description": {fmt.Sprintf("第 %d 盏路灯不亮", i)}}
	name := ""
	if hazard {
		form["description"], name = []string{fmt.Sprintf("楼道里闻到煤气，第 %d 次", i)}, " hazard"
	}
	start := time.Now()
	res, err := c.http.Post(c.base+"/open311/v2/requests.json", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		return "no answer" + name, 0, nil // a connection that the machine had no room for
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", 0, err
	}
	shed := res.StatusCode == http.StatusServiceUnavailable || res.StatusCode == http.StatusTooManyRequests
	switch {
	case shed && hazard:
		return "", 0, fmt.Errorf("a hazard was shed: %d %s", res.StatusCode, text)
	case shed && res.Header.Get("Retry-After") == "":
		return "", 0, errors.New("shed without Retry-After")
	case shed:
		time.Sleep(100 * time.Millisecond) // less than it asks for: the overload goes on
	case res.StatusCode != http.StatusOK:
		return "", 0, fmt.Errorf("%d %s", res.StatusCode, text)
	}
	return strconv.Itoa(res.StatusCode) + name, time.Since(start), nil
}

// list reads the list of 1,000 twenty times in each format.
func (c *city) list() error {
	for _, f := range []string{"json", "xml"} {
		var took []time.Duration
		for range 20 {
			start := time.Now()
			res, err := c.http.Get(c.base + "/open311/v2/requests." + f + "?api_key=" + c.key)
			if err != nil {
				return err
			}
			text, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil {
				return err
			}
			if n := bytes.Count(text, []byte("agency_responsible")); res.StatusCode != http.StatusOK || n < 1000 {
				return fmt.Errorf("list: %d, %d rows", res.StatusCode, n)
			}
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		fmt.Printf("GET requests.%s, 1,000 rows: median %.1f ms, slowest of 20 %.1f ms\n", f, at(took, 0.5), at(took, 1))
	}
	return nil
}

func at(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(q*float64(len(sorted)-1))].Microseconds()) / 1000
}

// cpuOf is the CPU time that the process has used.
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// More connections than the shell allows by default.
func init() {
	var lim syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim) == nil {
		lim.Cur = lim.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lim)
	}
}
