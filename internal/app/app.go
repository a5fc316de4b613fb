// Package app wires the rooms together, and nothing more: it opens the store,
// gives each room the few neighbours that it declares, registers operations,
// and starts and stops what runs in the background. Tests start it on :0.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"linli/internal/figures/metric"
	"linli/internal/figures/report"
	"linli/internal/grid/household"
	"linli/internal/grid/plan"
	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/config"
	"linli/internal/kernel/files"
	"linli/internal/kernel/follow"
	"linli/internal/kernel/jobs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/offline"
	"linli/internal/kernel/outbox"
	"linli/internal/kernel/search"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
	"linli/internal/kernel/web"
	"linli/internal/people/identity"
	"linli/internal/people/liaison"
	"linli/internal/people/partner"
	"linli/internal/people/party"
	"linli/internal/people/workforce"
	"linli/internal/work/cases"
	"linli/internal/work/classify"
	"linli/internal/work/hotline"
	"linli/internal/work/open311"
	"linli/internal/work/patrol"
	"linli/internal/work/resident"
	"linli/internal/work/rulebook"
	"linli/internal/work/topic"
	"linli/internal/work/whistle"
)

// Options say what to open and how to serve it.
type Options struct {
	config.Config
	Version string // of the program
	Clock   func() time.Time
	Fatal   func(error)  // see store.Options
	Log     *slog.Logger // nil: slog.Default()
}

// At are the default options for a data folder and, if not "", a PostgreSQL address.
func At(dir, db string) Options {
	c := config.Default()
	c.Data, c.DB = dir, db
	return Options{Config: c}
}

// App is the opened program.
type App struct {
	DB       *store.DB
	Atlas    *region.Atlas
	Identity *identity.Service
	Rulebook *rulebook.Rulebook
	Vault    *vault.Vault
	Files    *files.Store
	Cases    *cases.Service
	Plan     *plan.Service
	Metric   *metric.Service
	Reports  *report.Service
	Classify *classify.Service
	Signer   *audit.Signer
	Web      *web.Router
	Door     *resident.Service
	Jobs     *jobs.Runner
	Topics   *topic.Service
	Outbox   *outbox.Outbox
	Hotline  *hotline.Service
	Open311  *open311.Room
	Party    *party.Service
	Liaison  *liaison.Service
	Ledger   *ledger.Engine
	Homes    *household.Service
	Patrol   *patrol.Service
	Sync     *offline.Service
	Staff    *workforce.Service
	Whistles *whistle.Service
	Partners *partner.Service
	Agenda   *agenda.Room

	opt       Options
	indexer   *search.Indexer
	followers []*follow.Follower
	sorts     atomic.Pointer[classify.Rules] // see sorting
	stop      context.CancelFunc
	running   sync.WaitGroup
}

// Open opens and migrates the database and makes every room. Nothing runs in
// the background yet but the upkeep of this process's place among the writers.
func Open(ctx context.Context, o Options) (_ *App, err error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if err := o.PrepareData(); err != nil {
		return nil, err
	}
	a := &App{opt: o}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if a.DB, err = store.Open(ctx, store.Options{Dir: o.Data, URL: o.DB, Clock: o.Clock, Fatal: o.Fatal}); err != nil {
		return nil, err
	}
	if err = a.DB.Migrate(ctx); err != nil {
		return nil, err
	}
	if err = a.DB.Keep(run); err != nil {
		return nil, err
	}
	if a.Atlas, err = region.Open(ctx, region.Options{DB: a.DB, Dir: filepath.Join(o.Data, "map"), OnChange: serves}); err != nil {
		return nil, err
	}
	if a.Identity, err = identity.New(ctx, a.DB, identity.Options{Regions: regions{a.Atlas}, City: a.city, Today: a.Today}); err != nil {
		return nil, err
	}
	if a.Rulebook, err = rulebook.Open(ctx, a.DB, units{a.Identity, a.Today}, areas{a.Atlas}); err != nil {
		return nil, err
	}
	if a.Vault, err = vault.New(ctx, a.DB, o.Data); err != nil {
		return nil, err
	}
	if a.Signer, err = audit.OpenSigner(o.Data); err != nil {
		return nil, err
	}
	if a.Files, err = files.New(a.DB, o.Data, files.Options{Prefix: filesPath, Who: a.uploader, Problem: web.Fail}); err != nil {
		return nil, err
	}
	a.Ledger = a.registers()
	key, err := drawKey(o.Data)
	if err != nil {
		return nil, err
	}
	a.Cases = &cases.Service{DB: a.DB, Rules: a.rules, Atlas: places{a.Atlas}, People: people{a.Identity, a.Today}, Keeper: reporters{a.Vault}, Photos: photos{a.Files}, DrawKey: key,
		Search: search.Plan}
	a.Door = a.door(key)
	a.Plan = &plan.Service{DB: a.DB, City: ground{a.Atlas}, People: staff{a.Identity, a.Today}, Cases: followers{a.Cases, a.Ledger}, Today: a.Today, Log: o.Log}
	a.Topics = &topic.Service{DB: a.DB, Cases: gists{a}, Names: gists{a}, Calendar: func() *calendar.Calendar { return a.rules().Calendar() }}
	a.Staff = a.workforce(key)
	a.Party = a.party()
	a.Liaison = a.liaison()
	a.Metric = &metric.Service{Cases: a.Cases, Tree: tree{a}}
	a.Reports = a.reports()
	a.indexer = search.NewIndexer(a.DB, a.Cases)
	a.Jobs = jobs.New(a.DB, jobs.Options{Log: o.Log})
	a.Outbox = outbox.New(a.DB, o.Location(), o.Log)
	a.Open311 = a.open311()
	a.Partners = a.partners()
	a.Whistles = a.whistles()
	a.chores()
	a.openVisits()
	if err = a.openSync(ctx); err != nil {
		return nil, err
	}
	a.openAgenda()
	if err = a.openHotline(ctx); err != nil {
		return nil, err
	}
	if len(o.Open311.Remotes) > 0 {
		a.sends(outbox.Channel{Name: open311.ChannelName, Sender: a.Open311})
		a.Jobs.Every("Open311 updates", time.Minute, a.Open311.Poll)
		if err = a.follows(ctx, "open311", a.Open311.React); err != nil {
			return nil, err
		}
	}
	if err = a.openClassify(ctx); err != nil {
		return nil, err
	}
	if err = a.notices(ctx); err != nil {
		return nil, err
	}
	if err = a.Ledger.Check(ctx); err != nil { // every room has declared its registers
		return nil, err
	}
	return a, nil
}

// drawKey is the secret of the random draws; it is made at the first start.
func drawKey(dir string) ([]byte, error) {
	file := filepath.Join(dir, "draw.key")
	key, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		key = make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		return key, os.WriteFile(file, key, 0o600)
	}
	return key, err
}

// serves tells the kernel the city's districts; an empty installation leaves
// what another one in this process (a test's) has told.
func serves(at *region.Atlas) {
	if d := at.Districts(); len(d) > 0 {
		access.SetDistricts(d...)
	}
}

// Today is the city's day, yyyymmdd.
func (a *App) Today() int {
	if a.Rulebook == nil { // while opening
		t := time.UnixMicro(a.DB.Now()).In(time.FixedZone("CST", 8*3600))
		return t.Year()*10000 + int(t.Month())*100 + t.Day()
	}
	return a.Rulebook.Current(a.DB.Now()).Calendar().Day(a.DB.Now())
}

func (a *App) city() identity.City {
	c := a.Atlas.City()
	return identity.City{Name: c.Name, Code: c.Code, Synthetic: a.Atlas.Synthetic()}
}

// Empty tells whether no city has been loaded.
func (a *App) Empty() bool { return a.Atlas.City().Code == 0 }

// chores are what runs in the background, each in one process at a time.
func (a *App) chores() {
	a.Jobs.Every("clocks of cases", 5*time.Second, func(ctx context.Context) error { _, err := a.Cases.Lapse(ctx); return err })
	a.Jobs.Every("calendar of clocks", time.Minute, func(ctx context.Context) error { _, err := a.Cases.FollowCalendar(ctx); return err })
	a.Jobs.Every("archive", time.Hour, func(ctx context.Context) error { _, err := a.Cases.Archive(ctx); return err })
	a.Jobs.Every("grids planned anew", time.Minute, a.Plan.HandOver)
	a.Jobs.Every("what grids left behind", 24*time.Hour, a.Plan.FollowAgain)
	a.Jobs.Every("signed heads", time.Minute, a.SignHeads)
	a.Jobs.Every("early signs", time.Hour, a.findSigns)
	a.Jobs.Every("unused files", 24*time.Hour, func(ctx context.Context) error { _, err := a.Files.Sweep(ctx); return err })
	a.Jobs.Every("reports", 15*time.Minute, a.Reports.RunDue)
	a.Jobs.Every("statistics", 24*time.Hour, a.DB.Analyze)
	a.Jobs.Every("candidates of old rounds", 24*time.Hour, a.Staff.Forget)
	a.Jobs.Every("old sessions", 24*time.Hour, func(ctx context.Context) error { return a.Identity.Sweep(ctx) })
	a.Jobs.Every("old Open311 posts", time.Hour, a.Open311.Sweep)
	a.Jobs.Every("old request keys", time.Hour, func(ctx context.Context) error { _, err := web.ForgetKeys(ctx, a.DB); return err })
}

// follows has a room react to acts on cases, from now on; what a bulk load did
// before Prepare is passed over.
func (a *App) follows(ctx context.Context, name string, react follow.React) error {
	f := follow.New(a.DB, name, "case", react)
	a.followers = append(a.followers, f)
	return f.Begin(ctx)
}

// sends opens a channel to the outside.
func (a *App) sends(c outbox.Channel) {
	a.Outbox.Open(c)
	a.Jobs.Every("outbox "+c.Name, time.Second, func(ctx context.Context) error { _, err := a.Outbox.Round(ctx, c.Name); return err })
}

// Start starts the background work; Close ends it.
func (a *App) Start(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	before := a.stop
	a.stop = func() { stop(); before() }
	for _, f := range []func(context.Context){a.Atlas.Watch, a.Rulebook.Watch, a.Hotline.Watch,
		func(ctx context.Context) { a.report("jobs", a.Jobs.Run(ctx)) },
		func(ctx context.Context) { a.report("topics", a.Topics.Run(ctx)) },
		func(ctx context.Context) { a.report("search index", a.indexer.Run(ctx)) },
		giveBack} {
		a.running.Go(func() { f(ctx) })
	}
	for _, f := range a.followers {
		a.running.Go(func() { a.report("follower", f.Run(ctx)) })
	}
}

// giveBack returns to the machine what opening needed and serving does not: the
// runtime by itself would keep a third of an idle program's memory for minutes.
func giveBack(ctx context.Context) {
	select {
	case <-time.After(10 * time.Second):
		debug.FreeOSMemory()
	case <-ctx.Done():
	}
}

func (a *App) report(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		a.opt.Log.Error("background work ended", "what", what, "error", err)
	}
}

// Close ends the background work, finishes accepted writes and closes the store.
func (a *App) Close() error {
	a.stop()
	a.running.Wait()
	if a.Plan != nil {
		a.Plan.Close()
	}
	if a.Identity != nil {
		a.Identity.Close()
	}
	if a.DB == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := a.DB.Release(ctx); err != nil {
		a.opt.Log.Warn("the writer's place was not given back", "error", err)
	}
	return a.DB.Close()
}

// Prepare finishes a bulk load: the search index catches up, the database
// gathers statistics for its plans, the audit heads are signed.
func (a *App) Prepare(ctx context.Context) error {
	for {
		n, err := a.indexer.Step(ctx, 2000)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	for _, f := range a.followers { // nobody is to be told of history
		if err := f.Skip(ctx); err != nil {
			return err
		}
	}
	if err := a.DB.Analyze(ctx); err != nil {
		return err
	}
	return a.SignHeads(ctx)
}

// Serve serves on the listener until ctx ends, then finishes what it accepted.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	if err := a.Routes(); err != nil {
		return err
	}
	a.Start(ctx)
	return a.Web.Serve(ctx, l, time.Duration(a.opt.StopSeconds)*time.Second)
}
