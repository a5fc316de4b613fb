package apptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/people/identity"
	"linli/internal/sim/city"
	"linli/internal/sim/load"
)

// Everything is the scope of the test itself.
var Everything = access.System("test")

// began is when the tests began; their clock starts on a Monday morning, so
// that no limit depends on the day on which they run.
var (
	began  = time.Now()
	monday = time.Date(2026, time.November, 23, 10, 0, 0, 0, time.FixedZone("CST", 8*3600))
)

// Now is the clock of every city here.
func Now() time.Time { return monday.Add(time.Since(began)) }

// Drawn is the synthetic city of these tests, made once.
var Drawn = sync.OnceValue(func() *city.City {
	return city.Generate(city.Options{Seed: 1, Scale: 0.05, Until: Now()})
})

// City is the running program with its city.
type City struct {
	*app.App
	URL string // http://127.0.0.1:port

	t      testing.TB
	opt    app.Options
	stop   func()
	logins atomic.Int64
	doc    func() *document  // the API's own description
	hiring *identity.Service // takes any region, known or not
}

// Each runs fn on both engines, in parallel, each with a city of its own.
func Each(t *testing.T, fn func(t *testing.T, c *City)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); fn(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); fn(t, Postgres(t)) })
}

// SQLite serves a fresh city from the embedded database.
func SQLite(t testing.TB) *City {
	t.Helper()
	return Start(t, app.At(Folder(t), ""))
}

// Folder is a data folder of its own with the city on the embedded database.
func Folder(t testing.TB) string {
	t.Helper()
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	keys, err := filepath.Glob(filepath.Join(dir, "*key*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if err := os.Chmod(k, 0o600); err != nil { // CopyFS opens them to all
			t.Fatal(err)
		}
	}
	return dir
}

// Postgres serves a fresh city from a PostgreSQL database; the test is skipped
// where there is none.
func Postgres(t testing.TB) *City {
	t.Helper()
	o := app.At(filepath.Join(t.TempDir(), "data"), storetest.PostgresURL(t))
	if err := fill(o); err != nil {
		t.Fatal(err)
	}
	return Start(t, o)
}

var template = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "linli-apptest-")
	if err != nil {
		return "", err
	}
	made.Store(&dir)
	return dir, fill(app.At(dir, ""))
})

// Main runs the tests and removes the city that they copied.
func Main(m *testing.M) {
	code := m.Run()
	if made.Load() != nil {
		_ = os.RemoveAll(*made.Load())
	}
	os.Exit(code)
}

var made atomic.Pointer[string]

// fill loads the city; its records are a month old.
func fill(o app.Options) error {
	o.Log, o.Clock = quiet, Now
	ctx := context.Background()
	a, err := app.Open(ctx, o)
	if err != nil {
		return err
	}
	_, err = load.City(store.ContextAt(ctx, Now().AddDate(0, -1, 0).UnixMicro()), load.Rooms{DB: a.DB, Regions: a.Atlas, People: a.Identity, Rules: a.Rulebook}, Drawn())
	return errors.Join(err, a.Close())
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// Start opens and serves what the options name; it ends with the test, or with
// Stop. There is no rate limit. before is done before anything runs.
func Start(t testing.TB, o app.Options, before ...func(*app.App)) *City {
	t.Helper()
	o.Limits.Rate, o.Limits.InFlight = 0, 4096
	if o.Log == nil {
		o.Log = quiet
	}
	if o.Clock == nil {
		o.Clock = Now
	}
	if o.Fatal == nil {
		o.Fatal = func(err error) { t.Errorf("durability lost: %v", err) }
	}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := app.Open(ctx, o)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	c := &City{App: a, t: t, opt: o}
	if c.hiring, err = identity.New(ctx, a.DB, identity.Options{Today: a.Today}); err != nil {
		t.Fatal(err)
	}
	if err := a.Routes(); err != nil {
		t.Fatal(err)
	}
	c.doc = sync.OnceValue(func() *document { return read(t, a.Web.Spec()) })
	for _, f := range before {
		f(a)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.URL = "http://" + l.Addr().String()
	a.Start(ctx)
	served := make(chan error, 1)
	go func() { served <- a.Web.Serve(ctx, l, 15*time.Second) }()
	c.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		c.hiring.Close()
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(c.stop)
	return c
}

// Stop ends the program as a signal would: what it accepted it finishes.
func (c *City) Stop() { c.stop() }

// Again starts a program on the same data, beside this one if it still runs.
func (c *City) Again(t testing.TB, before ...func(*app.App)) *City {
	t.Helper()
	return Start(t, c.opt, before...)
}

// World is a grid of the city with others that differ from it as their names
// say; each has a department of its own.
func (c *City) World() matrixtest.World {
	c.t.Helper()
	d := Drawn()
	place := func(not func(city.Grid) bool, name string) matrixtest.Place {
		i := slices.IndexFunc(d.Grids, func(g city.Grid) bool { return !not(g) })
		if i < 0 {
			c.t.Fatal("the city has no place for " + name)
		}
		g := d.Grids[i]
		return matrixtest.Place{City: int64(d.Code), District: int64(g.District), Street: g.Street, Community: g.Community, Grid: g.ID, Org: c.Org(int64(g.District), name)}
	}
	// The target's street has more than one community, its district more than one street.
	streets, communities := map[int64]map[int64]bool{}, map[int64]map[int64]bool{}
	add := func(m map[int64]map[int64]bool, k, v int64) {
		if m[k] == nil {
			m[k] = map[int64]bool{}
		}
		m[k][v] = true
	}
	for _, g := range d.Grids {
		add(streets, int64(g.District), g.Street)
		add(communities, g.Street, g.Community)
	}
	w := matrixtest.World{Today: c.Today()}
	w.Target = place(func(g city.Grid) bool {
		return len(streets[int64(g.District)]) < 2 || len(communities[g.Street]) < 2 || g.Water
	}, "甲局")
	w.Sibling = place(func(g city.Grid) bool { return g.Street != w.Target.Street || g.Community == w.Target.Community }, "乙局")
	w.OtherStreet = place(func(g city.Grid) bool { return int64(g.District) != w.Target.District || g.Street == w.Target.Street }, "丙局")
	w.OtherDistrict = place(func(g city.Grid) bool { return int64(g.District) == w.Target.District }, "丁局")
	w.OtherCity = matrixtest.Place{City: 8801, District: 880101, Street: 880101001, Community: 880101001001, Grid: 880101, Org: c.Org(8801, "戊局")}
	return w
}

// Org makes an organisation that works for the region.
func (c *City) Org(region int64, name string) int64 {
	c.t.Helper()
	n := strconv.FormatInt(c.DB.NextID(), 36)
	made, err := c.office(region).CreateOrgs(context.Background(), Everything, []identity.Org{{Code: "test-" + n, Name: name + n, Kind: "department", Region: region, From: 20240101}})
	if err != nil {
		c.t.Fatal(err)
	}
	return made[0].ID
}

// Hire makes an account with these posts and signs it in.
func (c *City) Hire(posts ...access.Post) *Person {
	c.t.Helper()
	n := identity.NewAccount{Login: fmt.Sprintf("t%s", strconv.FormatInt(c.DB.NextID(), 36)), Name: "测试" + strconv.FormatInt(c.logins.Add(1), 10)}
	for _, p := range posts {
		n.Posts = append(n.Posts, identity.NewPost{Role: p.Role, Region: p.Region, Grid: p.Grid, Org: p.Org, From: max(p.From, 20240101), To: p.To})
	}
	made, err := c.office(posts[0].Region).CreateAll(context.Background(), Everything, []identity.NewAccount{n})
	if err != nil {
		c.t.Fatal(err)
	}
	return c.SignIn(made[0].ID)
}

// Key makes a program's account with these posts and an API key that no limit
// holds back; it asks like a person whose Token is the key.
func (c *City) Key(posts ...access.Post) *Program {
	c.t.Helper()
	n := identity.NewAccount{Kind: identity.Program, Login: fmt.Sprintf("p%s", strconv.FormatInt(c.DB.NextID(), 36)), Name: "外部系统" + strconv.FormatInt(c.logins.Add(1), 10)}
	for _, p := range posts {
		n.Posts = append(n.Posts, identity.NewPost{Role: p.Role, Region: p.Region, Grid: p.Grid, Org: p.Org, From: max(p.From, 20240101), To: p.To})
	}
	made, err := c.Identity.CreateAll(context.Background(), Everything, []identity.NewAccount{n})
	if err != nil {
		c.t.Fatal(err)
	}
	k, text, err := c.Identity.CreateKey(context.Background(), Everything, made[0].ID, identity.NewKey{Label: "测试", PerSecond: 10_000})
	if err != nil {
		c.t.Fatal(err)
	}
	return &Program{ID: k.ID, Person: &Person{City: c, Account: made[0].ID, Token: text, t: c.t}}
}

// Program is an outside system with an API key.
type Program struct {
	*Person
	ID int64 // of the key
}

// office is the identity room that takes the region: the program's own, which
// knows at once, or one for regions that the city does not have.
func (c *City) office(region int64) *identity.Service {
	if c.Atlas.Name(region) != "" {
		return c.App.Identity
	}
	return c.hiring
}

// SignIn opens a session for the account.
func (c *City) SignIn(account int64) *Person {
	c.t.Helper()
	p := &Person{City: c, Account: account, t: c.t}
	if account != 0 {
		var err error
		if p.Token, err = c.hiring.SignInAs(context.Background(), Everything, account); err != nil {
			c.t.Fatal(err)
		}
	}
	return p
}

// Demo signs in one of the demo accounts, by login.
func (c *City) Demo(login string) *Person {
	c.t.Helper()
	id, _ := c.Identity.Directory().ByLogin(login)
	if id == 0 {
		c.t.Fatalf("no account %q", login)
	}
	return c.SignIn(id)
}

// Nobody is a caller who has not signed in.
func (c *City) Nobody() *Person { return &Person{City: c, t: c.t} }
