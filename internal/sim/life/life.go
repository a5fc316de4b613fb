package life

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/people/identity"
	"linli/internal/sim/city"
	"linli/internal/work/cases"
)

// Rooms are what the simulator works with. Files may be nil: then no photos are
// taken, and categories that require one stay with their unit.
type Rooms struct {
	DB     *store.DB
	Cases  *cases.Service
	People *identity.Service
	Files  *files.Store
}

// Options say which life to live. Times are microseconds UTC.
type Options struct {
	Seed        uint64
	From        int64   // 0: after the newest case, or To less Days in an empty city
	To          int64   // 0: From and Days, or the database's present in an empty city
	Days        int     // instead of From or To; 0 means 120
	CasesPerDay float64 // mean over a week; 0 means 150
	Progress    func(Progress)
}

// Progress is told about every virtual day.
type Progress struct {
	Day      int // yyyymmdd
	Cases    int
	Commands int
}

// Report says what was done.
type Report struct {
	From, To int64
	Cases    int                 // reported
	Commands int                 // acts of people and the program that the simulator asked for
	Acts     map[flow.Action]int // how often each
	Skipped  int                 // Replay: messages that were known already
	Problems []Problem           // Replay: lines that could not be used
	Commits  int                 // durable transactions asked for
	Took     time.Duration
	Oracle   *Oracle
}

// engine is one run.
type engine struct {
	r      Rooms
	o      Options
	ctx    context.Context // of the present Bulk, or the caller's
	cal    *calendar.Calendar
	staff  *staff
	leaves []*city.Category
	leafOf map[int64]*city.Category
	weight []float64 // running sums over leaves
	places *places
	scopes map[scopeKey]access.Scope
	photos [][]byte

	q       queue
	dues    queue // limits that may pass, looked at every three hours
	now     int64
	day     int
	wrote   int // acts since the last commit
	noted   int // limits noted since the last commit: lists of calls do not depend on them
	matters map[int64]*matter
	order   []*matter // by number
	recent  map[int64][]*matter
	closed  []*matter   // in the order of closing
	calls   map[int]int // verified cases that wait for a call-back, by district
	maybe   map[int]int // merged cases that the lot may have chosen since the last round
	turn    int         // whose turn it is among the seats
	drawn   []hand      // seats that drew at the last round
	lastID  int64       // of a case
	pace    *pace       // nil: virtual time, in bulk
	learn   int         // commands after which the database looks at its tables again
	pure    bool        // the database had no case before: counts can be checked
	report  *Report
}

// matter is a case and what fate has in store for it.
type matter struct {
	n        int64 // number in the run
	rng      *rand.Rand
	c        *cases.Case // as the last command left it
	leaf     *city.Category
	gen      int // events of an earlier generation are void
	double   *matter
	merged   []*matter // what was merged into it
	right    int64     // unit by the rules
	units    []int64
	hands    []int64 // accounts that did a handling act
	returned int     // returns asked for
	late     bool    // the unit will not make it
	begun    bool    // it works on it without having said so
	extended bool
	paused   bool // suspension was asked for
	split    bool
	clockAt  int64 // since when the whole limit runs, in the time of plans
	clock    int64 // the same on the database's clock
	waits    bool  // for a call-back
	due      int64 // limit that is being watched
	signBy   int64 // dispatch that has to be signed for
	triageBy int64 // limit for the decision on filing
	fate     fate
}

// Run lives the city's life from o.From to o.To through the rooms' commands.
func Run(ctx context.Context, o Options, r Rooms) (*Report, error) {
	e, err := newEngine(ctx, o, r)
	if err != nil {
		return nil, err
	}
	if err := e.span(ctx); err != nil {
		return nil, err
	}
	if err := e.adopt(ctx); err != nil {
		return nil, err
	}
	e.startDays()
	e.startRounds()
	return e.finish(ctx)
}

func newEngine(ctx context.Context, o Options, r Rooms) (*engine, error) {
	if o.CasesPerDay == 0 {
		o.CasesPerDay = 150
	}
	if o.Days == 0 {
		o.Days = 120
	}
	e := &engine{r: r, o: o, ctx: ctx, cal: r.Cases.Rules().Calendar(), leafOf: map[int64]*city.Category{}, scopes: map[scopeKey]access.Scope{},
		matters: map[int64]*matter{}, recent: map[int64][]*matter{}, calls: map[int]int{}, maybe: map[int]int{}, learn: 1500, report: &Report{Acts: map[flow.Action]int{}}}
	var err error
	if e.staff, err = readStaff(ctx, r.People, nil); err != nil {
		return nil, err
	}
	all := city.Categories()
	var shares []float64
	for i := range all {
		c := &all[i]
		if !c.Leaf {
			continue
		}
		if got, err := r.Cases.Rules().Category(c.ID, 0, c.Grade); err != nil || got.Code != c.Code {
			continue // the city's people have closed or changed it
		}
		e.leaves, e.leafOf[c.ID] = append(e.leaves, c), c
		shares = append(shares, c.Share)
	}
	if len(e.leaves) == 0 {
		return nil, errors.New("life: the categories of the demo city are not in force here")
	}
	e.weight = sums(shares)
	if e.places, err = readPlaces(ctx, r); err != nil {
		return nil, err
	}
	e.photos = makePhotos()
	return e, nil
}

// span fills in when the run begins and ends.
func (e *engine) span(ctx context.Context) error {
	var newest int64
	if err := e.r.DB.QueryRow(ctx, "SELECT COALESCE(MAX(at), 0) FROM (SELECT MAX(at) AS at FROM case_log) AS t").Scan(&newest); err != nil {
		return err
	}
	e.pure = newest == 0
	o := &e.o
	length := int64(o.Days) * day24
	switch {
	case o.From == 0 && o.To == 0 && newest == 0:
		o.To = e.r.DB.Now()
		o.From = o.To - length
	case o.From == 0 && o.To == 0:
		o.From, o.To = newest+second, newest+second+length
	case o.From == 0:
		o.From = o.To - length
	case o.To == 0:
		o.To = o.From + length
	}
	if o.From <= newest {
		return fmt.Errorf("life: the run begins at %s, but the city has lived until %s", e.cal.Time(o.From).Format(time.DateTime), e.cal.Time(newest).Format(time.DateTime))
	}
	if o.To <= o.From {
		return errors.New("life: the run ends before it begins")
	}
	e.report.From, e.report.To = o.From, o.To
	return nil
}

// finish runs the events and counts.
func (e *engine) finish(ctx context.Context) (*Report, error) {
	start := time.Now()
	if err := e.run(ctx); err != nil {
		return nil, err
	}
	e.report.Took = time.Since(start)
	e.report.Oracle = newOracle(e.order, e.pure)
	return e.report, nil
}

// run lets everything happen that lies before the end. Events that read lists
// come first in a Bulk of their own, so that all before them is committed.
func (e *engine) run(ctx context.Context) error {
	if e.pace != nil {
		return e.runPaced(ctx)
	}
	for !e.over() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.report.Commands >= e.learn { // the engine plans badly without knowing how the tables look
			if err := e.r.DB.Analyze(ctx); err != nil {
				return err
			}
			e.learn = max(2000, 8*e.learn)
		}
		err := e.r.DB.Bulk(ctx, func(ctx context.Context) error {
			e.ctx, e.wrote, e.noted = ctx, 0, 0
			e.report.Commits++
			for !e.over() && ctx.Err() == nil {
				again, err := e.one()
				if err != nil || again {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) over() bool {
	a, b := e.q.top(), e.dues.top()
	return (a == nil || a.at >= e.o.To) && (b == nil || b.at >= e.o.To)
}

// one lets the next event happen; commit says that it cannot yet.
func (e *engine) one() (commit bool, err error) {
	if d, t := e.dues.top(), e.q.top(); d != nil && (t == nil || d.at <= t.at) {
		return e.lapse()
	}
	t := e.q.top()
	if t.when != nil && !t.when() {
		e.q.take()
		return false, nil
	}
	if t.fresh && e.wrote > 0 && e.pace == nil {
		return true, nil
	}
	ev := e.q.take()
	e.setNow(ev.at)
	if err := ev.do(); err != nil && !errors.Is(err, errLetGo) {
		return false, err
	}
	return false, nil
}

func (e *engine) setNow(at int64) {
	e.now = at
	if e.pace != nil {
		at = e.r.DB.Now()
	}
	e.day = e.cal.Day(at)
}

// at is the context of a command: at its virtual time.
func (e *engine) at() context.Context {
	if e.pace != nil {
		return e.ctx
	}
	return store.ContextAt(e.ctx, e.now)
}

// then does something later, unless the matter has taken another turn.
func (e *engine) then(m *matter, at int64, do func() error) {
	gen := m.gen
	e.q.add(event{at: max(at, e.now+second), do: func() error {
		if m.gen != gen {
			return nil
		}
		return do()
	}})
}

// aside does something later whatever turn the matter has taken; do looks for
// itself whether it still makes sense.
func (e *engine) aside(at int64, do func() error) {
	e.q.add(event{at: max(at, e.now+second), do: do})
}

// act does the action on the matter's case as the person.
func (e *engine) act(m *matter, who hand, a cases.Act) error {
	scope, err := e.scope(who, access.CaseRead)
	if err != nil {
		return e.fail(m, who, a.Action, err)
	}
	a.Version = m.c.Version
	before := m.c
	after, err := e.r.Cases.Act(e.at(), scope, m.c.ID, a)
	if err != nil {
		if e.pace != nil && (errs.Is(err, errs.Stale) || errs.Is(err, flow.NotNow)) {
			return e.letGo(m) // a person has taken it in hand
		}
		return e.fail(m, who, a.Action, err)
	}
	m.c = after
	e.count(a.Action)
	m.fate.act(e.now, before, after, &a)
	e.watch(m)
	return nil
}

func (e *engine) count(a flow.Action) {
	e.wrote++
	e.report.Commands++
	e.report.Acts[a]++
}

func (e *engine) fail(m *matter, who hand, a flow.Action, err error) error {
	number, status := "", flow.State("")
	if m.c != nil {
		number, status = m.c.Number, m.c.Status
	}
	login := ""
	if who.actor != nil {
		login = who.actor.Login
	}
	return fmt.Errorf("life: matter %d (%s, %s), %s by %q at %s: %w", m.n, number, status, a, login, e.cal.Time(e.now).Format(time.DateTime), err)
}

// letGo leaves the case to people.
func (e *engine) letGo(m *matter) error {
	m.gen++
	delete(e.matters, m.c.ID)
	return errLetGo
}

// errLetGo ends the handling of a matter without being a fault.
var errLetGo = errors.New("life: somebody else acts on this case")

// idAt is a case's id: it rises with virtual time and never repeats in a run.
// Node 31 is the last that a process would take.
func (e *engine) idAt() int64 {
	const epoch = 1704067200000 // of the store's ids
	id := (e.now/1000-epoch)<<13 | 31<<8
	if e.pace != nil || id <= 0 {
		return 0
	}
	if id <= e.lastID {
		id = e.lastID + 1
	}
	e.lastID = id
	return id
}

// next plans what happens to the matter by itself in its present state.
func (e *engine) next(m *matter) {
	m.gen++
	c, rng := m.c, m.rng
	hot := c.Grade == "critical"
	if m.waits && (c.Status != cases.Verified && c.Status != cases.Merged || !c.Has(cases.FlagCall)) {
		m.waits = false
		e.calls[c.District]--
	}
	if c.Pending != "" {
		e.then(m, e.deskAfter(e.now, about(rng, 90*minute), hot), func() error { return e.decide(m) })
		return
	}
	switch c.Status {
	case cases.Reported:
		d := about(rng, 28*minute)
		if hot {
			d = about(rng, 7*minute)
		}
		e.then(m, e.deskAfter(e.now, d, hot), func() error { return e.triage(m) })
	case cases.Accepted:
		e.then(m, e.deskAfter(e.now, about(rng, 55*minute), hot), func() error { return e.file(m) })
	case cases.Filed:
		d := about(rng, 12*minute)
		if hot {
			d = about(rng, 3*minute)
		}
		e.then(m, e.deskAfter(e.now, d, hot), func() error { return e.dispatch(m) })
	case cases.Dispatched:
		m.begun = false
		e.then(m, e.signAt(m), func() error { return e.sign(m) })
	case cases.Signed:
		if c.Has(cases.FlagSuspended) || m.begun {
			e.planWork(m)
			break
		}
		e.then(m, e.workAfter(e.now, about(rng, 35*minute), e.allHours(m)), func() error { return e.start(m) })
	case cases.InProgress:
		e.planWork(m)
	case cases.Resolved:
		e.then(m, e.verifyAt(m), func() error { return e.verify(m) })
	case cases.Verified, cases.Merged:
		e.awaits(m)
	case cases.Closed:
		e.endOf(m)
	}
}

// awaits counts the case among those that wait for a call-back.
func (e *engine) awaits(m *matter) {
	if m.c.Has(cases.FlagCall) && !m.waits {
		m.waits = true
		e.calls[m.c.District]++
	}
}

// allHours tells whether the unit works on it day and night.
func (e *engine) allHours(m *matter) bool {
	return m.c.Grade == "critical" || m.c.Limit.Unit == calendar.Hour
}

// waiting is how many call-backs are to be made in the city.
func (e *engine) waiting() (n int) {
	for _, k := range e.calls {
		n += k
	}
	for _, k := range e.maybe {
		n += k
	}
	return n
}

// known finds the matter of a case that a list shows, adopting it if it is
// none of this run's.
func (e *engine) known(c *cases.Case) *matter {
	m := e.matters[c.ID]
	if m == nil {
		m = e.adoptOne(c)
	}
	m.c = c
	return m
}

// adopt takes in hand what was open before the run.
func (e *engine) adopt(ctx context.Context) error {
	if e.pure {
		return nil
	}
	open := true
	scope := access.System("simulator: open cases")
	f := cases.Filter{Open: &open, Sort: "reported", Limit: 100}
	for {
		list, more, err := e.r.Cases.Cases(ctx, scope, f)
		if err != nil {
			return fmt.Errorf("life: reading open cases: %w", err)
		}
		for _, c := range list {
			_, units, _, err := e.r.Cases.ByID(ctx, scope, c.ID)
			if err != nil {
				return err
			}
			m := e.adoptOne(c)
			for _, u := range units {
				m.units = append(m.units, u.Org)
			}
		}
		if !more || len(list) == 0 {
			break
		}
		last := list[len(list)-1]
		f.After = &cases.Place{V: last.ReportedAt, ID: last.ID}
	}
	at := e.o.From
	for _, m := range e.order {
		at += second
		e.aside(at, func() error {
			e.next(m)
			e.watch(m)
			return nil
		})
	}
	return nil
}

func (e *engine) adoptOne(c *cases.Case) *matter {
	m := &matter{n: int64(len(e.order)), rng: stream(e.o.Seed, "adopted", c.ID, 0), c: c, leaf: e.leafOf[c.Category], clockAt: max(c.FiledAt, c.ReportedAt), right: c.Lead}
	m.clock, m.fate.status = m.clockAt, c.Status
	if m.leaf == nil {
		m.leaf = e.leaves[choice(m.rng, e.weight)]
	}
	if c.Lead != 0 {
		m.units = []int64{c.Lead}
	}
	if c.Handler != 0 {
		m.hands = []int64{c.Handler}
	}
	m.returned = c.Returns
	e.matters[c.ID] = m
	e.order = append(e.order, m)
	return m
}

func (m *matter) addUnits(ids ...int64) {
	for _, id := range ids {
		if id != 0 && !slices.Contains(m.units, id) {
			m.units = append(m.units, id)
		}
	}
}
