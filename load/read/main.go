// Command read measures what people wait for when they look: case lists with
// three random filters for each role's scope, searches, the cockpit and its
// panels beside the same questions in plain SQL, drill-downs, the place of a
// point, memory, what the server does when nobody asks, and the way back after
// kill -9. It starts linli on a data set of `linli seed-load`, asks one question
// at a time over HTTP as the demo accounts do, and prints medians and 99th
// percentiles of the time waited and of the server's CPU, which holds up on a
// busy machine, with the slowest lists.
//
//	go run ./load/read -linli bin/linli -data DIR [-db postgres://…] [-n 200]
package main

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the peers
	_ "modernc.org/sqlite"
)

func main() {
	bin := flag.String("linli", "bin/linli", "the program")
	data := flag.String("data", "", "data folder with the data set")
	db := flag.String("db", "", "PostgreSQL address instead of the embedded database")
	n := flag.Int("n", 200, "questions of each kind")
	seed := flag.Uint64("seed", 1, "of the random filters")
	flag.Parse()
	s := &server{bin: *bin, data: *data, db: *db}
	must(s.start())
	defer s.stop()
	say("server CPU has the database's in it; load average %s", load())
	idle := s.cpu()
	<-time.After(10 * time.Second)
	say("idle: RSS %d MB, CPU %.1f ms a second", s.rss(), ms(s.cpu()-idle)/10)
	w := &walker{s: s, rnd: rand.New(rand.NewPCG(*seed, 7))}
	must(w.learn())
	if *db != "" {
		must(s.backends())
	}
	var all []answer
	for _, role := range roles {
		all = append(all, w.lists(role, *n)...)
	}
	report("lists, all roles", all)
	w.similar(*n)
	w.searches(*n / 4)
	w.figures(*n / 2)
	must(w.plain())
	say("after reading: RSS %d MB", s.rss())
	for range 3 {
		must(s.killed())
	}
	say("load average %s", load())
}

var roles = []string{"dispatcher", "desk", "leader", "handler", "community"}

func say(form string, args ...any) { fmt.Printf(form+"\n", args...) }

// load is the machine's load average over a minute.
func load() string {
	b, _ := os.ReadFile("/proc/loadavg")
	return strings.Fields(string(b) + " ?")[0]
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "read:", err)
		os.Exit(1)
	}
}

// server is linli as a child process.
type server struct {
	bin, data, db, addr string
	cmd                 *exec.Cmd
	helpers             []int // PostgreSQL's processes
}

func (s *server) start() error {
	if s.addr == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.addr = l.Addr().String()
		l.Close()
	}
	args := []string{"serve", "--addr", s.addr, "--data", s.data, "--quiet", "--no-rate-limit"}
	if s.db != "" {
		args = append(args, "--db", s.db)
	}
	s.cmd = exec.Command(s.bin, args...)
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		if resp, err := http.Get("http://" + s.addr + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				return nil
			}
		}
		<-time.After(20 * time.Millisecond)
	}
	return fmt.Errorf("the server did not become ready")
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// killed kills the server and starts it again.
func (s *server) killed() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = s.cmd.Wait()
	start := time.Now()
	if err := s.start(); err != nil {
		return err
	}
	say("kill -9 to ready: %d ms", time.Since(start).Milliseconds())
	return nil
}

func (s *server) rss() int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(v)[0])
			return kb / 1024
		}
	}
	return 0
}

// cpu is the time that the server has used on all cores; PostgreSQL's processes
// on this machine count too if it asks them.
func (s *server) cpu() time.Duration {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", s.cmd.Process.Pid))
	for _, p := range s.helpers {
		threads = append(threads, fmt.Sprintf("/proc/%d/schedstat", p))
	}
	var sum int64
	for _, t := range threads {
		b, err := os.ReadFile(t)
		if f := strings.Fields(string(b)); err == nil && len(f) > 0 {
			n, _ := strconv.ParseInt(f[0], 10, 64)
			sum += n
		}
	}
	return time.Duration(sum)
}

// backends are the processes in which PostgreSQL serves linli, if it runs here.
func (s *server) backends() error {
	d, err := sql.Open("pgx", s.db)
	if err != nil {
		return err
	}
	defer d.Close()
	rows, err := d.Query("SELECT pid FROM pg_stat_activity WHERE application_name = 'linli'")
	if err != nil {
		return err
	}
	defer rows.Close()
	s.helpers = nil
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			return err
		}
		s.helpers = append(s.helpers, pid)
	}
	return rows.Err()
}

func (s *server) get(token, path string, to any) (time.Duration, error) {
	req, err := http.NewRequest("GET", "http://"+s.addr+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	start := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	took := time.Since(start)
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("%s: %s %s", path, resp.Status, b)
	}
	if err == nil && to != nil {
		err = json.Unmarshal(b, to)
	}
	return took, err
}

// walker knows what can be asked for.
type walker struct {
	s          *server
	rnd        *rand.Rand
	tokens     map[string]string
	categories []int64
	points     [][2]float64
	areas      map[string][2][]string // streets and communities that the role has cases in
	leads      []int64
}

func (w *walker) learn() error {
	w.tokens, w.areas = map[string]string{}, map[string][2][]string{}
	for _, role := range roles {
		resp, err := http.Post("http://"+w.s.addr+"/api/v1/session", "application/json", strings.NewReader(`{"login":"`+role+`","password":"linli-demo-2026"}`))
		if err != nil {
			return err
		}
		var in struct {
			Token string `json:"token"`
		}
		err = json.NewDecoder(resp.Body).Decode(&in)
		resp.Body.Close()
		if err != nil || in.Token == "" {
			return fmt.Errorf("%s cannot sign in: %s %w", role, resp.Status, err)
		}
		w.tokens[role] = in.Token
		var page struct {
			Items []struct {
				Lon, Lat          float64
				Street, Community struct{ Code string }
				Lead              struct{ ID int64 }
			}
		}
		if _, err := w.s.get(in.Token, "/api/v1/cases?limit=1000", &page); err != nil {
			return err
		}
		var streets, communities []string
		for _, c := range page.Items {
			if !slices.Contains(streets, c.Street.Code) {
				streets = append(streets, c.Street.Code)
			}
			if !slices.Contains(communities, c.Community.Code) {
				communities = append(communities, c.Community.Code)
			}
			if c.Lead.ID != 0 && !slices.Contains(w.leads, c.Lead.ID) {
				w.leads = append(w.leads, c.Lead.ID)
			}
			w.points = append(w.points, [2]float64{c.Lon, c.Lat})
		}
		if len(streets) == 0 {
			return fmt.Errorf("%s sees no cases", role)
		}
		w.areas[role] = [2][]string{streets, communities}
	}
	var tree struct {
		Items []struct {
			ID   int64
			Leaf bool
		}
	}
	_, err := w.s.get(w.tokens["leader"], "/api/v1/categories", &tree)
	for _, c := range tree.Items {
		if c.Leaf || w.rnd.IntN(3) == 0 {
			w.categories = append(w.categories, c.ID)
		}
	}
	return err
}

type answer struct {
	path string
	took time.Duration
	cpu  time.Duration // of the server
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// lists asks for first pages with three different random filters.
func (w *walker) lists(role string, n int) []answer {
	areas := w.areas[role]
	filters := []struct {
		name  string
		value func() string
	}{
		{"status", func() string {
			return pick(w.rnd, []string{"reported", "accepted", "filed", "dispatched", "signed", "in_progress", "resolved", "verified", "closed", "archived", "declined", "not_filed", "withdrawn", "dispatched,signed,in_progress"})
		}},
		{"category", func() string { return strconv.FormatInt(pick(w.rnd, w.categories), 10) }},
		{"grade", func() string { return pick(w.rnd, []string{"general", "urgent", "critical", "complex"}) }},
		{"channel", func() string {
			return pick(w.rnd, []string{"grid_worker", "resident", "hotline", "app", "liaison", "whistle", "department", "open311", "import", "superior"})
		}},
		{"street", func() string { return pick(w.rnd, areas[0]) }},
		{"community", func() string { return pick(w.rnd, areas[1]) }},
		{"from", func() string { return time.Now().AddDate(0, 0, -w.rnd.IntN(300)).Format("20060102") }},
		{"open", func() string { return pick(w.rnd, []string{"true", "true", "false"}) }},
		{"overdue", func() string { return "true" }},
		{"lead", func() string { return strconv.FormatInt(pick(w.rnd, w.leads), 10) }},
	}
	var out []answer
	for range n {
		q := url.Values{"limit": {"50"}}
		for _, i := range w.rnd.Perm(len(filters))[:3] {
			q.Set(filters[i].name, filters[i].value())
		}
		path := "/api/v1/cases?" + q.Encode()
		before := w.s.cpu()
		took, err := w.s.get(w.tokens[role], path, nil)
		must(err)
		out = append(out, answer{role + " " + path, took, w.s.cpu() - before})
	}
	report("list "+role, out)
	return out
}

// searches asks for first pages by words: common and rare ones, with and without
// filters.
func (w *walker) searches(n int) {
	number := func() string { return fmt.Sprintf("编号%06d", w.rnd.IntN(1_000_000)) }
	for _, q := range []struct {
		name string
		word func() string
	}{
		{"search: common, two characters", func() string {
			return pick(w.rnd, []string{"路灯", "井盖", "垃圾", "楼道", "噪声", "小区", "学校"})
		}},
		{"search: common, a sentence", func() string {
			return pick(w.rnd, []string{"小区东门路灯不亮", "学校门口井盖松动", "健身广场噪声扰民"})
		}},
		{"search: rare", number},
		{"search: none", func() string { return "龘靐" }},
	} {
		w.ask(q.name, n, func() (string, string) {
			role := pick(w.rnd, roles)
			path := "/api/v1/cases?limit=50&q=" + url.QueryEscape(q.word())
			if w.rnd.IntN(2) == 0 {
				path += "&channel=hotline"
			}
			return role, path
		})
	}
}

// similar asks for the open cases that may be the same as one at a place of the
// list, as the operator's page does while the caller speaks.
func (w *walker) similar(n int) {
	w.ask("likely duplicates", n, func() (string, string) {
		at := pick(w.rnd, w.points)
		text := pick(w.rnd, []string{"小区东门路灯不亮好几天了", "学校门口井盖松动，车一压就响", "健身广场晚上噪声扰民，老人睡不着", "楼道堆满垃圾没有人清运"})
		return pick(w.rnd, []string{"dispatcher", "desk", "leader"}), fmt.Sprintf("/api/v1/cases/similar?lon=%f&lat=%f&text=%s", at[0], at[1], url.QueryEscape(text))
	})
}

// ask puts n questions of a kind, each as a role.
func (w *walker) ask(name string, n int, question func() (role, path string)) {
	var out []answer
	for range n {
		role, path := question()
		before := w.s.cpu()
		took, err := w.s.get(w.tokens[role], path, nil)
		must(err)
		out = append(out, answer{role + " " + path, took, w.s.cpu() - before})
	}
	report(name, out)
}

// figures asks for the cockpit, its panels and the rows behind them.
func (w *walker) figures(n int) {
	now := time.Now()
	day := func(t time.Time) string { return t.Format("20060102") }
	first := now.AddDate(0, 0, 1-now.Day())
	last := first.AddDate(0, -1, 0)
	month := "from=" + day(last) + "&to=" + day(first.AddDate(0, 0, -1))
	year := "from=" + day(now.AddDate(-1, 0, 1)) + "&to=" + day(now)
	street := func() string { return pick(w.rnd, w.areas["leader"][0]) }
	for _, p := range []struct {
		name string
		path func() string
	}{
		{"cockpit, whole page, last month", func() string { return "/api/v1/cockpit?" + month }},
		{"cockpit, whole page, this month", func() string { return "/api/v1/cockpit?from=" + day(first) + "&to=" + day(now) }},
		{"panel: street × status, month", func() string { return "/api/v1/figures/reported?by=status&" + month + "&street=" + street() }},
		{"panel: street × category × status, month", func() string {
			return "/api/v1/figures/reported?by=status&" + month + "&street=" + street() + "&category=" + strconv.FormatInt(pick(w.rnd, w.categories), 10)
		}},
		{"panel: by street, month", func() string { return "/api/v1/figures/handled_on_time?by=street&" + month }},
		{"panel: by category, month", func() string { return "/api/v1/figures/reported?by=category&" + month }},
		{"panel: trend by day, year", func() string { return "/api/v1/figures/closed?by=day&" + year }},
		{"panel: grids, month", func() string { return "/api/v1/figures/reported?by=grid&" + month }},
		{"panel: rate, month", func() string { return "/api/v1/figures/handled_on_time?" + month }},
		{"drill-down: on time, street, month", func() string {
			return "/api/v1/cases?figure=handled_on_time&part=numerator&" + month + "&street=" + street()
		}},
		{"drill-down: excluded, category, month", func() string {
			return "/api/v1/cases?figure=handled_on_time&part=excluded&" + month + "&category=" + strconv.FormatInt(pick(w.rnd, w.categories), 10)
		}},
		{"drill-down: overdue, year", func() string { return "/api/v1/cases?figure=overdue&part=numerator&" + year }},
		{"point to place, over HTTP", func() string {
			p := pick(w.rnd, w.points)
			return fmt.Sprintf("/api/v1/places/at?lon=%.6f&lat=%.6f", p[0], p[1])
		}},
	} {
		w.ask(p.name, n, func() (string, string) { return "leader", p.path() })
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func report(name string, all []answer) {
	slices.SortFunc(all, func(a, b answer) int { return cmp.Compare(a.took, b.took) })
	slowest := slices.SortedFunc(slices.Values(all), func(a, b answer) int { return cmp.Compare(b.cpu, a.cpu) })
	n := len(all)
	used := make([]time.Duration, n)
	for i, a := range all {
		used[i] = a.cpu
	}
	slices.Sort(used)
	fmt.Printf("%-44s p50 %7.2f ms  p99 %7.2f  max %7.1f   server CPU p50 %6.2f ms  p99 %7.2f  (%d)\n", name, ms(all[n/2].took), ms(all[n*99/100].took), ms(all[n-1].took), ms(used[n/2]), ms(used[n*99/100]), n)
	if strings.HasPrefix(name, "list ") {
		for _, a := range slowest[:min(n, 4)] {
			fmt.Printf("    %7.1f ms, CPU %6.1f ms  %s\n", ms(a.took), ms(a.cpu), a.path)
		}
	}
}

// plain asks the rows themselves, in SQL, what the panels answer from roll-ups.
func (w *walker) plain() error {
	driver, source := "sqlite", "file:"+filepath.Join(w.s.data, "linli.db")+"?_pragma=query_only(1)"
	if w.s.db != "" {
		driver, source = "pgx", w.s.db
	}
	d, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	defer d.Close()
	now := time.Now()
	first := now.AddDate(0, 0, 1-now.Day())
	days := func(from, to time.Time) string {
		day := func(t time.Time) string { return t.Format("20060102") }
		at := func(t time.Time) int64 {
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.FixedZone("CST", 8*3600)).UnixMicro()
		}
		return fmt.Sprintf("reported_at >= %d AND reported_at < %d AND day BETWEEN %s AND %s", at(from), at(to.AddDate(0, 0, 1)), day(from), day(to))
	}
	month, year := days(first.AddDate(0, -1, 0), first.AddDate(0, 0, -1)), days(now.AddDate(-1, 0, 1), now)
	for _, q := range []struct{ name, text string }{
		{"plain SQL: street × category × status, month", "SELECT street, category, status, COUNT(*) FROM cases WHERE " + month + " GROUP BY 1, 2, 3"},
		{"plain SQL: by category, month", "SELECT category, COUNT(*) FROM cases WHERE " + month + " GROUP BY 1"},
		{"plain SQL: trend by day, year", "SELECT day, COUNT(*), SUM(CASE WHEN status IN ('closed', 'archived') THEN 1 ELSE 0 END) FROM cases WHERE " + year + " GROUP BY 1"},
		{"plain SQL: top ten grids, month", "SELECT grid, COUNT(*) FROM cases WHERE " + month + " GROUP BY 1 ORDER BY 2 DESC LIMIT 10"},
		{"plain SQL: rate, month", "SELECT COUNT(*), SUM(CASE WHEN resolved_at > 0 AND resolved_at <= due_at THEN 1 ELSE 0 END) FROM cases WHERE due_at > 0 AND " + month},
	} {
		var out []answer
		for range 3 {
			start := time.Now()
			rows, err := d.Query(q.text)
			if err != nil {
				return err
			}
			for rows.Next() {
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
			out = append(out, answer{"", time.Since(start), 0})
		}
		report(q.name, out)
	}
	return nil
}
