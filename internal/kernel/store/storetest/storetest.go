// Package storetest runs store tests on both engines: each test gets a private,
// migrated database. PostgreSQL runs as a private cluster on a unix socket from
// the installed binaries; it ends with the test process.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"

	"linli/internal/kernel/store"
)

// Each runs fn once for each engine, in parallel, with an empty migrated database.
func Each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, SQLite(t, nil))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, Open(t, store.Options{URL: PostgresURL(t)}))
	})
}

// SQLite opens an empty migrated embedded database; clock may be nil.
func SQLite(t testing.TB, clock func() time.Time) *store.DB {
	t.Helper()
	dir := t.TempDir()
	file, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "linli.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(t, store.Options{Dir: dir, Clock: clock})
}

// Open opens the database, migrates it if need be, and closes it with the test.
func Open(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	ctx := context.Background()
	if o.Fatal == nil {
		o.Fatal = func(err error) { t.Errorf("durability lost: %v", err) }
	}
	db, err := store.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.Keep(ctx); err != nil {
		t.Fatal(err)
	}
	return db
}

// sqliteTemplate is the bytes of a migrated database, made once.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "linli-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // closing moves the log into the file
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "linli.db"))
})

var databases atomic.Int64

// PostgresURL makes a database from the migrated template and returns its
// address. The test is skipped where PostgreSQL is not installed.
func PostgresURL(t testing.TB) string {
	t.Helper()
	c, err := cluster()
	if err != nil {
		t.Fatal(err)
	}
	if c.socket == "" {
		t.Skip("PostgreSQL is not installed: this engine is not tested here (apt package postgresql)")
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), databases.Add(1))
	c.mu.Lock() // one copy of a template at a time
	_, err = c.admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + c.template)
	c.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := c.admin.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Logf("drop: %v", err)
		}
	})
	return c.url(name)
}

type pg struct {
	mu       sync.Mutex
	socket   string // folder of the unix socket, "" if not installed
	user     string
	template string
	admin    *sql.DB
}

func (c *pg) url(db string) string {
	return "postgres:///" + db + "?" + url.Values{"host": {c.socket}, "user": {c.user}, "sslmode": {"disable"}}.Encode()
}

// SocketEnv names the folder of a running private cluster's socket, so that
// many test processes can share one (see the command pgcluster).
const SocketEnv = "LINLI_TEST_PG"

var cluster = sync.OnceValues(func() (*pg, error) {
	c := &pg{socket: os.Getenv(SocketEnv), user: "postgres"}
	if c.socket == "" {
		var err error
		if c.socket, err = StartCluster(false); err != nil || c.socket == "" {
			return c, err
		}
	}
	var err error
	if c.admin, err = sql.Open("pgx", c.url("postgres")); err != nil {
		return nil, err
	}
	c.template = fmt.Sprintf("template_%d", os.Getpid())
	if _, err := c.admin.Exec("CREATE DATABASE " + c.template); err != nil {
		return nil, err
	}
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{URL: c.url(c.template)})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	return c, db.Close()
})

// StartCluster starts a private PostgreSQL on a unix socket and returns the
// socket's folder, or "" where PostgreSQL is not installed. The server ends
// when this process does. Durable is false for tests: fsync is off.
func StartCluster(durable bool) (string, error) {
	bin, err := binaries()
	if bin == "" || err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "linli-pg-")
	if err != nil {
		return "", err
	}
	cred, err := server(dir)
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	init := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	init.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	init.Dir = dir
	if out, err := init.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}
	args := []string{"-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=300", "-c", "shared_buffers=128MB"}
	if !durable {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	started := make(chan error)
	go func() {
		// The server is told to end when this thread does, so the thread must stay.
		runtime.LockOSThread()
		cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Pdeathsig: syscall.SIGINT}
		cmd.Dir = dir
		log, err := os.Create(filepath.Join(dir, "log"))
		if err == nil {
			cmd.Stdout, cmd.Stderr = log, log
			err = cmd.Start()
		}
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		select {}
	}()
	if err := <-started; err != nil {
		return "", err
	}
	db, err := sql.Open("pgx", (&pg{socket: dir, user: "postgres"}).url("postgres"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	deadline := time.Now().Add(60 * time.Second)
	for {
		if err = db.Ping(); err == nil {
			return dir, nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			return "", fmt.Errorf("PostgreSQL did not start: %w\n%s", err, log)
		}
		runtime.Gosched()
		<-time.After(50 * time.Millisecond)
	}
}

// binaries finds the folder of PostgreSQL's server programs.
func binaries() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	if p, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
			return d, nil
		}
	}
	return "", nil
}

func version(bin string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(filepath.Dir(bin), "/usr/lib/postgresql/"))
	return n
}

// server gives the folder to the user that PostgreSQL runs as: it refuses root.
func server(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
