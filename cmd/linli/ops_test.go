package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"linli/internal/app"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	simcity "linli/internal/sim/city"
	"linli/internal/sim/load"
)

// asProgram makes this test's own binary be linli.
const asProgram = "LINLI_TEST_AS_PROGRAM"

func init() {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
}

func program(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1", "LINLI_DATA=", "LINLI_DB=")
	return c
}

// linli runs the program and returns what it said and its exit status.
func linli(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	c := program(t.Context(), args...)
	c.Stdout, c.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := c.Run(); errors.As(err, &exit) {
		status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(errs.String(), "goroutine ") || strings.Contains(errs.String(), ".go:") {
		t.Errorf("linli %v shows a stack: %s", args, errs.String())
	}
	return out.String(), errs.String(), status
}

// must runs the program, which has to end with the status, and reads its JSON.
func must(t *testing.T, status int, into any, args ...string) string {
	t.Helper()
	if into != nil {
		args = append(args, "--json")
	}
	out, errs, got := linli(t, args...)
	if got != status {
		t.Fatalf("linli %v: status %d, want %d\n%s%s", args, got, status, out, errs)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(out), into); err != nil {
			t.Fatalf("linli %v: %v in %s", args, err, out)
		}
	}
	return out + errs
}

// template is a data folder with a small city, made once.
var template = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "linli-city-")
	if err != nil {
		return "", err
	}
	return dir, fillCity(dir, "")
})

func fillCity(dir, url string) error {
	ctx := context.Background()
	a, err := app.Open(ctx, app.At(dir, url))
	if err != nil {
		return err
	}
	c := simcity.Generate(simcity.Options{Seed: 1, Scale: 0.05, Until: time.Now()})
	_, err = load.City(store.ContextAt(ctx, time.Now().AddDate(0, -1, 0).UnixMicro()), load.Rooms{DB: a.DB, Regions: a.Atlas, People: a.Identity, Rules: a.Rulebook}, c)
	return errors.Join(err, a.Close())
}

// place is a data folder of its own with the small city.
func place(t *testing.T) string {
	t.Helper()
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func fixture(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// matters is a CSV of n answered matters; the numbers begin with the letter.
func matters(n int, letter string) string {
	var b strings.Builder
	b.WriteString("编号,标题,内容,登记时间,办理结果,办结时间\n")
	for i := range n {
		fmt.Fprintf(&b, "%s%d,路灯不亮,\"第 %d 盏路灯不亮，电话 13800001234\",2019/%d/%d 11:25:05,已修好,2020/1/%d\n", letter, i, i, i%12+1, i%28+1, i%28+1)
	}
	return b.String()
}

type importResult struct {
	OK                                    bool
	Rows, Imported, Opened, Known, Failed int
	Errors                                []rowErrorJSON
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	csv := fixture(t, "x.csv", matters(2, "a"))
	dir := place(t)
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{2, "not defined", []string{"import", "cases", csv, "--bogus"}},
		{2, "file is missing", []string{"import", "cases"}},
		{2, "cannot be imported", []string{"import", "houses", csv}},
		{2, "no district", []string{"import", "cases", csv, "--district", "110000", "--data", dir}},
		{2, "no \"pigeon\"", []string{"import", "cases", csv, "--channel", "pigeon", "--data", dir}},
		{2, "no such file", []string{"import", "cases", csv, "--mapping", "none.json", "--data", dir}},
		{2, "mapping", []string{"import", "cases", csv, "--mapping", fixture(t, "m.json", `{"text":"没有"}`), "--data", dir}},
		{1, "no such file", []string{"import", "cases", "none.csv", "--data", dir}},
		{1, "only CSV", []string{"import", "cases", fixture(t, "x.pdf", "%PDF-1.7"), "--data", dir}},
		{1, "no account", []string{"import", "cases", csv, "--data", dir, "--as", "nobody"}},
		{1, "the data folder cannot be made", []string{"import", "cases", csv, "--data", "/proc/none"}},
		{1, "cannot write", []string{"import", "cases", csv, "--data", dir, "--district", "990101", "--errors", "/proc/none/x.csv"}},
		{2, ".xlsx, .csv or .jsonl", []string{"export", "cases", "--out", "x.doc", "--data", dir}},
		{2, "no \"gone\"", []string{"export", "cases", "--out", "x.csv", "--status", "gone", "--data", dir}},
		{2, "2026-11-01", []string{"export", "cases", "--out", "x.csv", "--from", "yesterday", "--data", dir}},
		{1, "cannot write", []string{"export", "cases", "--out", "/proc/none/x.csv", "--data", dir}},
		{2, "--out is missing", []string{"backup", "--data", dir}},
		{1, "no Linli database", []string{"backup", "--data", t.TempDir(), "--out", "x"}},
		{1, "cannot write", []string{"backup", "--data", dir, "--out", "/proc/none/x"}},
		{1, "not a Linli backup", []string{"restore", "--in", csv, "--data", filepath.Join(t.TempDir(), "new")}},
		{2, "--in is missing", []string{"restore"}},
		{1, "no such file", []string{"restore", "--in", "none", "--data", filepath.Join(t.TempDir(), "new")}},
		{2, "missing", []string{"account"}},
		{2, "no \"dance\"", []string{"account", "dance", "--data", dir}},
		{2, "--name", []string{"account", "create", "somebody", "--data", dir}},
		{1, "no account", []string{"account", "disable", "nobody", "--data", dir}},
		{2, "no post", []string{"account", "end-post", "nobody", "--data", dir}},
		{0, "usage", []string{"import", "--help"}},
		{0, "usage", []string{"account", "--help"}},
	} {
		t.Run(strings.Join(c.args[:min(len(c.args), 4)], " "), func(t *testing.T) {
			t.Parallel()
			out, errs, status := linli(t, c.args...)
			if all := out + errs; status != c.status || !strings.Contains(all, c.says) {
				t.Errorf("status %d, want %d with %q:\n%s", status, c.status, c.says, all)
			}
		})
	}
}

func TestImportAndExport(t *testing.T) {
	t.Parallel()
	dir := place(t)
	csv := fixture(t, "x.csv", matters(300, "a")+"b1,t,x,有一天,好,\nb2,t,,,好,2030/1/1\n")
	base := []string{"import", "cases", csv, "--data", dir, "--district", "990101"}
	var r importResult
	report := filepath.Join(t.TempDir(), "errors.csv")
	must(t, 1, &r, append(base, "--dry-run", "--errors", report, "--show", "1")...)
	if r.Imported != 300 || r.Failed != 2 || len(r.Errors) != 1 || r.Errors[0].Row != 302 || r.Errors[0].Field != "reported_at" {
		t.Errorf("dry run: %+v", r)
	}
	if text, err := os.ReadFile(report); err != nil || !strings.Contains(string(text), "303,closed_at,办结时间,invalid") {
		t.Errorf("%s %v", text, err)
	}
	must(t, 1, &r, base...)
	if r.Imported != 300 {
		t.Errorf("%+v", r)
	}
	r = importResult{}
	must(t, 1, &r, base...)
	if r.Imported != 0 || r.Known != 300 {
		t.Errorf("again: %+v", r)
	}
	if out := must(t, 0, nil, append(base, "--print-mapping")...); !strings.Contains(out, `"closed_at": "办结时间"`) {
		t.Error(out)
	}
	must(t, 0, &r, "import", "cases", fixture(t, "open.csv", "内容,登记时间,社区,姓名,电话\n=1+1 路灯坏了,2026/1/1,"+community(t, dir)+",张三,13800005678\n"), "--data", dir, "--open", "--channel", "hotline")
	if r.Opened != 1 {
		t.Errorf("open: %+v", r)
	}
	var p struct {
		OK    bool
		Cases int
	}
	must(t, 0, &p, "verify", "--data", dir)
	if !p.OK || p.Cases != 301 {
		t.Errorf("%+v", p)
	}

	for _, ending := range []string{"jsonl", "csv", "xlsx"} {
		out := filepath.Join(t.TempDir(), "x."+ending)
		var e struct{ Rows int }
		must(t, 0, &e, "export", "cases", "--out", out, "--data", dir)
		text, err := os.ReadFile(out)
		if err != nil || e.Rows != 301 {
			t.Errorf("%d rows, %v", e.Rows, err)
		}
		if ending == "xlsx" {
			f, err := excelize.OpenFile(out)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := f.GetRows(f.GetSheetName(0))
			if err != nil || len(rows) != 302 {
				t.Errorf("%d rows %v", len(rows), err)
			}
			text = []byte(fmt.Sprint(rows))
		}
		for _, secret := range []string{"张三", "13800005678", "13800001234"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s goes out in %s", secret, ending)
			}
		}
		if ending == "csv" && !strings.Contains(string(text), "'=1+1") {
			t.Error("a formula goes out")
		}
	}
	var e struct{ Rows int }
	must(t, 0, &e, "export", "cases", "--out", filepath.Join(t.TempDir(), "x.csv"), "--data", dir, "--status", "closed", "--from", "2019-01-01", "--to", "2019-01-31")
	if e.Rows != 25 {
		t.Errorf("January has %d", e.Rows)
	}
	must(t, 0, &e, "export", "cases", "--out", filepath.Join(t.TempDir(), "x.csv"), "--data", dir, "--open")
	if e.Rows != 1 {
		t.Errorf("%d are open", e.Rows)
	}
	// What an account may not see does not go out.
	must(t, 0, nil, "account", "create", "west", "--name", "湖西", "--role", "district_desk", "--region", "990102", "--data", dir)
	must(t, 0, &e, "export", "cases", "--out", filepath.Join(t.TempDir(), "x.csv"), "--data", dir, "--as", "west")
	if e.Rows != 0 {
		t.Errorf("the other district sees %d", e.Rows)
	}
	r = importResult{}
	must(t, 1, &r, "import", "cases", csv, "--data", dir, "--district", "990101", "--as", "west")
	if r.Imported != 0 || r.Known != 0 {
		t.Errorf("the other district imports: %+v", r)
	}
	must(t, 0, nil, "account", "create", "hand", "--name", "经办", "--data", dir)
	if out := must(t, 1, nil, "export", "cases", "--out", filepath.Join(t.TempDir(), "x.csv"), "--data", dir, "--as", "hand"); !strings.Contains(out, "lacks the permission") {
		t.Error(out)
	}
}

// community is the code of one of the city's communities.
func community(t *testing.T, dir string) string {
	t.Helper()
	a, err := app.Open(t.Context(), app.At(dir, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for _, r := range a.Atlas.Regions() {
		if r.Code > 1e11 {
			return fmt.Sprint(r.Code)
		}
	}
	t.Fatal("the city has no community")
	return ""
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	dir := place(t)
	at := func(args ...string) []string { return append(append([]string{"account"}, args...), "--data", dir) }
	var made accountJSON
	must(t, 0, &made, at("create", "sec2", "--name", "安全员", "--role", "security", "--region", "9901")...)
	if made.Password == "" || len(made.Posts) != 1 || made.Posts[0].Region != 9901 {
		t.Errorf("%+v", made)
	}
	if out := must(t, 1, nil, at("create", "sec2", "--name", "x")...); !strings.Contains(out, "in use") {
		t.Error(out)
	}
	if out := must(t, 1, nil, at("post", "sec2", "--role", "auditor", "--region", "9901")...); !strings.Contains(out, "three offices") {
		t.Error(out)
	}
	if out := must(t, 1, nil, at("post", "sec2", "--role", "operator", "--region", "1101")...); !strings.Contains(out, "no such region") {
		t.Error(out)
	}
	var post postJSON
	must(t, 0, &post, at("post", "sec2", "--role", "operator", "--region", "990101")...)
	must(t, 0, nil, at("end-post", fmt.Sprint(post.ID))...)
	var reset struct {
		Password string `json:"one_time_password"`
	}
	must(t, 0, &reset, at("password", "sec2")...)
	if reset.Password == "" || reset.Password == made.Password {
		t.Error("no fresh password")
	}
	must(t, 0, nil, at("disable", "sec2")...)
	var list struct{ Accounts []accountJSON }
	out := must(t, 0, &list, at("list", "--q", "sec2")...)
	if len(list.Accounts) != 1 || !list.Accounts[0].Disabled || len(list.Accounts[0].Posts) != 2 || strings.Contains(out, reset.Password) {
		t.Errorf("%+v", list)
	}
	must(t, 0, nil, at("enable", "sec2")...)
	var roles struct{ Roles []struct{ Code string } }
	must(t, 0, &roles, at("roles")...)
	if len(roles.Roles) < 13 {
		t.Errorf("%+v", roles)
	}
	if out := must(t, 0, nil, at("list")...); strings.Contains(out, "$argon2") {
		t.Error("hashes are shown")
	}
}

// The first steps of an installation that is no demo.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	list := "编码,名称,户数\n990200000000,新城市,\n990201,东区,\n990201001000,一街道,\n990201001001,一社区,900\n990201001001001,第一网格,450\n"
	at := []string{"--data", dir}
	for _, bad := range []string{"x,y\n1,2\n", "编码,名称\n九,x\n", "编码,名称\n9902,城\n990301,没有上级\n", "编码,名称\n9902,\n"} {
		if _, errs, status := linli(t, append([]string{"import", "regions", fixture(t, "bad.csv", bad)}, at...)...); status == 0 {
			t.Errorf("%q was taken: %s", bad, errs)
		}
	}
	var r struct{ Regions, Grids int }
	must(t, 0, &r, append([]string{"import", "regions", fixture(t, "r.csv", list), "--dry-run"}, at...)...)
	must(t, 0, &r, append([]string{"import", "regions", fixture(t, "r.csv", list)}, at...)...)
	if r.Regions != 4 || r.Grids != 1 {
		t.Errorf("%+v", r)
	}
	must(t, 1, nil, append([]string{"import", "regions", fixture(t, "r.csv", list)}, at...)...)
	var made accountJSON
	must(t, 0, &made, append([]string{"account", "create", "root1", "--name", "安全员", "--role", "security", "--region", "9902"}, at...)...)
	must(t, 0, nil, append([]string{"account", "create", "grid1", "--name", "网格员", "--role", "grid_worker", "--grid", "990201001001001"}, at...)...)
	var i importResult
	must(t, 0, &i, append([]string{"import", "cases", fixture(t, "c.csv", "内容,时间,社区\n路灯,2019/1/1,一社区\n")}, at...)...)
	if i.Imported != 1 {
		t.Errorf("%+v", i)
	}
	must(t, 0, nil, append([]string{"verify"}, at...)...)
}

type restoreResult struct {
	OK       bool
	Manifest struct {
		Root   string `json:"audit_root"`
		Tables []struct {
			Name string
			Rows int
		}
	}
	Proof struct {
		OK    bool
		Root  string
		Cases int
	}
}

// A backup is made while the server runs and another process imports; it comes
// back on both engines, and from there on the other.
func TestBackupWhileServing(t *testing.T) {
	t.Parallel()
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			dir, url := place(t), ""
			if engine == store.Postgres {
				dir, url = filepath.Join(t.TempDir(), "data"), storetest.PostgresURL(t)
				if err := fillCity(dir, url); err != nil {
					t.Fatal(err)
				}
			}
			at := []string{"--data", dir, "--db", url}
			must(t, 0, nil, append([]string{"import", "cases", fixture(t, "x.csv", matters(200, "a")), "--district", "990101"}, at...)...)
			addr := serving(t, at)

			ctx, stop := context.WithCancel(t.Context())
			busy := program(ctx, append([]string{"import", "cases", fixture(t, "y.csv", matters(6000, "b")), "--district", "990102"}, at...)...)
			if err := busy.Start(); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "x.backup")
			var s struct {
				Manifest struct {
					Root string `json:"audit_root"`
				}
			}
			must(t, 0, &s, append([]string{"backup", "--out", file}, at...)...)
			if res, err := http.Get(addr + "/readyz"); err != nil || res.StatusCode != 200 {
				t.Errorf("the server is not ready after the backup: %v", err)
			} else {
				res.Body.Close()
			}
			stop()
			_ = busy.Wait() // killed

			for _, other := range []store.Engine{store.SQLite, store.Postgres} {
				to, db := filepath.Join(t.TempDir(), "new"), ""
				if other == store.Postgres {
					db = storetest.PostgresURL(t)
				}
				var r restoreResult
				must(t, 0, &r, "restore", "--in", file, "--data", to, "--db", db)
				rows := 0
				for _, x := range r.Manifest.Tables {
					if x.Name == "cases" {
						rows = x.Rows
					}
				}
				if !r.OK || r.Proof.Root != s.Manifest.Root || r.Proof.Cases != rows || rows < 200 {
					t.Errorf("into %s: %+v", other, r)
				}
				again := filepath.Join(t.TempDir(), "again.backup")
				var s2 struct {
					Manifest struct {
						Root string `json:"audit_root"`
					}
				}
				must(t, 0, &s2, "backup", "--out", again, "--data", to, "--db", db)
				if s2.Manifest.Root != s.Manifest.Root {
					t.Errorf("a backup of what was restored has another root")
				}
				must(t, 1, nil, "restore", "--in", again, "--data", to, "--db", db)
				must(t, 0, nil, "import", "cases", fixture(t, "z.csv", matters(20, "z")), "--district", "990101", "--data", to, "--db", db)
				must(t, 0, nil, "verify", "--data", to, "--db", db)
			}
		})
	}
}

var servesAt = regexp.MustCompile(`http://[0-9.:]+`)

// serving starts a server and returns its address.
func serving(t *testing.T, at []string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	c := program(ctx, append([]string{"serve", "--addr", "127.0.0.1:0", "--quiet"}, at...)...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := c.Wait(); err != nil {
			t.Logf("server: %v", err)
		}
	})
	line := make([]byte, 300)
	n, err := out.Read(line)
	addr := servesAt.FindString(string(line[:n]))
	if err != nil || addr == "" {
		t.Fatalf("the server did not start: %q %v", line[:n], err)
	}
	return addr
}

// Real messages lie outside the repository; where they are not, this is skipped.
func TestRealMessages(t *testing.T) {
	t.Parallel()
	file, err := filepath.Abs("../../../shared/data/messages/answered_2011_2020.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil || testing.Short() {
		t.Skip("no real messages here")
	}
	dir := place(t)
	var r importResult
	must(t, 0, &r, "import", "cases", file, "--district", "990101", "--data", dir)
	if r.Rows != 2816 || r.Imported != 2816 {
		t.Errorf("%+v", r)
	}
	must(t, 0, &r, "import", "cases", file, "--district", "990101", "--data", dir)
	if r.Known != 2816 || r.Imported != 0 {
		t.Errorf("again: %+v", r)
	}
	var e struct{ Rows int }
	must(t, 0, &e, "export", "cases", "--status", "closed", "--out", filepath.Join(t.TempDir(), "x.csv"), "--data", dir)
	if e.Rows != 2816 {
		t.Errorf("%d closed", e.Rows)
	}
}
