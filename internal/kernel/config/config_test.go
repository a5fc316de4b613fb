package config

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, dir, file string, env map[string]string, args ...string) (Config, error) {
	t.Helper()
	if file != "" {
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set := flag.NewFlagSet("serve", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	f := AddFlags(set)
	if err := set.Parse(append([]string{"--data", dir}, args...)); err != nil {
		t.Fatal(err)
	}
	return f.Load(func(k string) string { return env[k] })
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := `{"addr":"127.0.0.1:1","db":"postgres://file/x","limits":{"rate":5}}`
	c, err := load(t, dir, file, map[string]string{"LINLI_ADDR": "127.0.0.1:2", "LINLI_DB": "postgres://env/x"}, "--addr", "127.0.0.1:3")
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:3" || c.DB != "postgres://env/x" || c.Limits.Rate != 5 || c.Limits.Burst != 400 {
		t.Errorf("%+v", c)
	}
	c, err = load(t, t.TempDir(), "", nil)
	want := Default()
	want.Data = c.Data
	if err != nil || !cmp.Equal(c, want) {
		t.Error(err, cmp.Diff(want, c))
	}
}

func TestErrorsNameFileFieldAndRemedy(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]struct {
		file string
		env  map[string]string
		want []string
	}{
		"unknown field":        {file: "{\n \"adr\": \"x\"\n}", want: []string{"linli.json:2", "adr", "addr？", "did you mean addr"}},
		"unknown inner field":  {file: `{"log":{"colour":"red"}}`, want: []string{"log.colour", "format"}},
		"not JSON":             {file: "{\n\"addr\": \"127.0.0.1:1\",\n}", want: []string{"linli.json:3", "JSON"}},
		"wrong type":           {file: `{"limits":{"burst":"many"}}`, want: []string{"limits.burst", "数字", "a number"}},
		"a list":               {file: `[]`, want: []string{"{…}"}},
		"null":                 {file: `null`, want: []string{"{…}"}},
		"bad address":          {file: `{"addr":"8080"}`, want: []string{"addr", "127.0.0.1:8080"}},
		"bad address from env": {env: map[string]string{"LINLI_ADDR": "x:y"}, want: []string{"LINLI_ADDR"}},
		"bad database":         {file: `{"db":"mysql://x"}`, want: []string{"postgres://"}},
		"bad zone":             {file: `{"zone":"Moon/Base"}`, want: []string{"zone", "Asia/Shanghai"}},
		"bad level":            {file: `{"log":{"level":"loud"}}`, want: []string{"log.level", "debug"}},
		"bad format":           {file: `{"log":{"format":"xml"}}`, want: []string{"log.format"}},
		"bad proxies":          {file: `{"trusted_proxies":["somewhere"]}`, want: []string{"trusted_proxies", "10.0.0.0/8"}},
		"bad limit":            {file: `{"limits":{"in_flight":1}}`, want: []string{"limits.in_flight", "8"}},
		"bad rate":             {file: `{"limits":{"rate":-1}}`, want: []string{"limits.rate"}},
		"bad key":              {file: `{"tianditu":{"key":"a b"}}`, want: []string{"tianditu.key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, t.TempDir(), s.file, s.env)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			for _, w := range s.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q lacks %q", err, w)
				}
			}
		})
	}
}

func TestDataFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := Config{Data: filepath.Join(dir, "a", "b")}
	if err := c.PrepareData(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(c.Data); len(left) != 0 {
		t.Errorf("the probe was left: %v", left)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&Config{Data: file}).PrepareData(); err == nil || !strings.Contains(err.Error(), "--data") || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("a file: %v", err)
	}
	if err := (&Config{Data: filepath.Join(file, "below")}).PrepareData(); err == nil || !strings.Contains(err.Error(), "数据文件夹") {
		t.Errorf("below a file: %v", err)
	}
	if os.Geteuid() != 0 {
		shut := filepath.Join(dir, "shut")
		if err := os.Mkdir(shut, 0o500); err != nil {
			t.Fatal(err)
		}
		if err := (&Config{Data: shut}).PrepareData(); err == nil || !strings.Contains(err.Error(), "不可写") {
			t.Errorf("read-only: %v", err)
		}
	}
}

func TestPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	c := Config{DB: "postgres://linli:secret@db/linli"}
	if s := c.Database(); strings.Contains(s, "secret") {
		t.Error(s)
	}
	_, err := load(t, t.TempDir(), "", map[string]string{"LINLI_DB": "mysql://u:secret@h/x"})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

// locked is a buffer that two goroutines may use.
type locked struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestLoggerGathersAndFlushes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out locked
		log, stop := Log{Level: "info", Format: "json"}.Logger(&out)
		log.Debug("no")
		log.Info("one")
		if out.String() != "" {
			t.Error("written at once")
		}
		time.Sleep(250 * time.Millisecond) // bubble time
		synctest.Wait()
		if !strings.Contains(out.String(), `"msg":"one"`) || strings.Contains(out.String(), `"no"`) {
			t.Error(out.String())
		}
		log.With("a", 1).Warn("two")
		if !strings.Contains(out.String(), `"two"`) {
			t.Error("a warning waited")
		}
		log.Info("three")
		stop()
		if !strings.Contains(out.String(), `"three"`) {
			t.Error("lost at the end")
		}
	})
}
