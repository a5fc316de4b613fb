package jobs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// ErrLost is returned when a job's lease went to another process meanwhile:
// the transaction that got it must not commit.
var ErrLost = errors.New("jobs: the lease is lost")

// Job is one piece of work as a handler sees it.
type Job struct {
	District int
	ID       int64
	Kind     string
	Payload  json.RawMessage
	Attempt  int   // 1 the first time
	RunAt    int64 // when it was due, microseconds UTC
	MadeAt   int64

	owner string
	rev   int
	done  bool
}

// Decode fills v from the payload, strictly.
func (j *Job) Decode(v any) error {
	dec := json.NewDecoder(strings.NewReader(string(j.Payload)))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// Done ends the job in the transaction of its effect, so that both happen once
// or not at all. It returns ErrLost if another process has the job now.
func (j *Job) Done(tx *store.Tx) error {
	ok, err := finish(tx, j)
	if err == nil && !ok {
		err = ErrLost
	}
	if err == nil {
		tx.AfterCommit(func() { j.done = true })
	}
	return err
}

// Handler does a job. Its context ends when the lease is lost or the process
// stops. An error brings the job back later; see Later and Never.
type Handler func(ctx context.Context, j *Job) error

var jobTable = &store.Table{Name: "job", Cols: []string{"district", "id", "kind", "payload", "unique_key", "rev", "state", "run_at", "attempts", "lease_until", "owner", "made_at", "error"}}

// Enqueue adds a job to the caller's transaction. payload is encoded as JSON
// and must hold no personal data. runAt is in microseconds UTC, 0 for now.
//
// With a unique key there is one job of that kind and key in the district: a
// second order moves it to the earlier time and replaces the payload; one that
// comes while the job runs makes it run once more; a dead one comes back.
func Enqueue(tx *store.Tx, district int, kind string, payload any, runAt int64, unique string) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("jobs: payload of %s: %w", kind, err)
	}
	now := tx.Now()
	if runAt == 0 {
		runAt = now
	}
	if unique == "" {
		tx.Append(jobTable, district, tx.NextID(), kind, string(body), nil, 0, waiting, runAt, 0, 0, "", now, "")
	} else if _, err := tx.Exec(`INSERT INTO job (district, id, kind, payload, unique_key, rev, state, run_at, attempts, lease_until, owner, made_at, error)
		VALUES (?,?,?,?,?,0,0,?,0,0,'',?,'')
		ON CONFLICT (district, kind, unique_key) DO UPDATE SET rev = job.rev + 1, payload = excluded.payload, state = 0,
		attempts = CASE WHEN job.state = 0 THEN job.attempts ELSE 0 END,
		run_at = CASE WHEN job.run_at < excluded.run_at AND job.state = 0 AND job.lease_until = 0 THEN job.run_at ELSE excluded.run_at END`,
		district, tx.NextID(), kind, string(body), unique, runAt, now); err != nil {
		return err
	}
	if runAt <= now {
		tx.AfterCommit(wakeAll)
	}
	return nil
}

const (
	waiting = 0
	dead    = 1
)

// later is a wish to come back without counting an attempt.
type later struct{ after time.Duration }

func (l later) Error() string { return "jobs: again in " + l.after.String() }

// Later is returned by a handler that cannot work yet: the job comes back after
// d and the attempt does not count.
func Later(d time.Duration) error { return later{d} }

type never struct{ error }

func (n never) Unwrap() error { return n.error }

// Never is returned by a handler for which no further attempt can help: the job is dead at once.
func Never(err error) error { return never{err} }

// Options of a Runner; zero values mean the defaults.
type Options struct {
	Workers  int           // jobs at once in this process; default 4
	Lease    time.Duration // how long a job stays with a process that is silent; default 1 min
	Poll     time.Duration // how often the table is looked at when nothing wakes the runner; default 1 s
	Attempts int           // before a job is dead; default 12
	Grace    time.Duration // how long stopping waits for running jobs; default 20 s
	Log      *slog.Logger
}

// Runner leases and runs jobs in one process.
type Runner struct {
	db       *store.DB
	opt      Options
	name     string
	handlers map[string]Handler
	tasks    []*task
	wake     chan struct{}
	leases   int
	run      sync.WaitGroup
	slots    chan struct{}
	work     context.Context // of handlers; ends after the grace
	abort    context.CancelFunc
}

// New makes a runner. Add handlers and tasks before Run.
func New(db *store.DB, opt Options) *Runner {
	if opt.Workers == 0 {
		opt.Workers = 4
	}
	if opt.Lease == 0 {
		opt.Lease = time.Minute
	}
	if opt.Poll == 0 {
		opt.Poll = time.Second
	}
	if opt.Attempts == 0 {
		opt.Attempts = 12
	}
	if opt.Grace == 0 {
		opt.Grace = 20 * time.Second
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	var b [8]byte
	_, _ = rand.Read(b[:])
	r := &Runner{
		db: db, opt: opt, name: hex.EncodeToString(b[:]),
		handlers: map[string]Handler{}, wake: make(chan struct{}, 1), slots: make(chan struct{}, opt.Workers),
	}
	r.work, r.abort = context.WithCancel(context.Background())
	return r
}

// Handle says who does jobs of the kind. Jobs without a handler in any process wait.
func (r *Runner) Handle(kind string, h Handler) {
	if r.handlers[kind] != nil {
		panic("jobs: two handlers for " + kind)
	}
	r.handlers[kind] = h
}

var (
	runnersMu sync.Mutex
	runners   = map[*Runner]struct{}{}
)

// wakeAll tells this process's runners that a job is due. Other processes see it at their next poll.
func wakeAll() {
	runnersMu.Lock()
	defer runnersMu.Unlock()
	for r := range runners {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// Run works until ctx ends, then waits for what it has begun: at most
// Options.Grace, after which handlers' contexts end and their jobs are given
// back. A fault of the database is logged and tried again.
func (r *Runner) Run(ctx context.Context) error {
	runnersMu.Lock()
	runners[r] = struct{}{}
	runnersMu.Unlock()
	defer func() {
		runnersMu.Lock()
		delete(runners, r)
		runnersMu.Unlock()
	}()
	t := time.NewTicker(r.opt.Poll)
	defer t.Stop()
	for {
		more, err := r.round(ctx)
		if err != nil && ctx.Err() == nil {
			r.opt.Log.Warn("jobs: round", "error", err)
		}
		if err == nil && more {
			select { // go on as soon as a worker is free
			case r.slots <- struct{}{}:
				<-r.slots
				if ctx.Err() == nil {
					continue
				}
			case <-ctx.Done():
			}
		}
		select {
		case <-ctx.Done():
			return r.stop()
		case <-r.wake:
		case <-t.C:
		}
	}
}

func (r *Runner) stop() error {
	idle := make(chan struct{})
	go func() {
		r.run.Wait()
		close(idle)
	}()
	t := time.NewTimer(r.opt.Grace)
	defer t.Stop()
	select {
	case <-idle:
		r.abort()
		return nil
	case <-t.C:
	}
	r.abort()
	t.Reset(5 * time.Second)
	select {
	case <-idle:
		return nil
	case <-t.C: // a handler that does not heed its context; its lease will run out
		return errors.New("jobs: a job did not stop in time")
	}
}

// round starts what is due, as far as workers are free; more tells that there
// may be further due jobs.
func (r *Runner) round(ctx context.Context) (more bool, err error) {
	if err := r.startTasks(ctx); err != nil {
		return false, err
	}
	free := cap(r.slots) - len(r.slots)
	if free == 0 || len(r.handlers) == 0 {
		return free == 0, nil
	}
	taken, more, err := r.lease(ctx, free)
	for _, j := range taken {
		r.slots <- struct{}{}
		r.run.Go(func() {
			defer func() { <-r.slots }()
			r.do(j)
		})
	}
	return more, err
}

// lease takes up to n due jobs. It looks first and writes only if there is
// something; each row is taken by a conditional update that names its
// district, so that of two processes exactly one gets it.
func (r *Runner) lease(ctx context.Context, n int) (taken []*Job, more bool, err error) {
	now := r.db.Now()
	kinds := make([]any, 0, len(r.handlers))
	for k := range r.handlers {
		kinds = append(kinds, k)
	}
	look := 4*n + 1
	args := append([]any{waiting, now, now}, kinds...)
	rows, err := r.db.Query(ctx, `SELECT district, id FROM job WHERE state = ? AND run_at <= ? AND lease_until < ?
		AND kind IN (?`+strings.Repeat(",?", len(kinds)-1)+`) ORDER BY run_at LIMIT ?`, append(args, look)...)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	type ref struct {
		district int
		id       int64
	}
	var due []ref
	for rows.Next() {
		var d ref
		if err := rows.Scan(&d.district, &d.id); err != nil {
			return nil, false, err
		}
		due = append(due, d)
	}
	if err := rows.Err(); err != nil || len(due) == 0 {
		return nil, false, err
	}
	more = len(due) > n
	if more { // processes that look at the same moment should not all want the same rows
		mathrand.Shuffle(len(due), func(i, k int) { due[i], due[k] = due[k], due[i] })
	}
	r.leases++
	owner := fmt.Sprintf("%s.%d", r.name, r.leases)
	err = r.db.Write(ctx, func(tx *store.Tx) error {
		taken = taken[:0]
		now := r.db.Now()
		for _, d := range due {
			if len(taken) == n {
				break
			}
			got, err := tx.Exec("UPDATE job SET owner = ?, lease_until = ?, attempts = attempts + 1 WHERE district = ? AND id = ? AND state = ? AND run_at <= ? AND lease_until < ?",
				owner, now+r.opt.Lease.Microseconds(), d.district, d.id, waiting, now, now)
			if err != nil {
				return err
			}
			if got == 0 {
				continue
			}
			j := &Job{District: d.district, ID: d.id, owner: owner}
			var payload string
			if err := tx.QueryRow("SELECT kind, payload, rev, attempts, run_at, made_at FROM job WHERE district = ? AND id = ?", d.district, d.id).
				Scan(&j.Kind, &payload, &j.rev, &j.Attempt, &j.RunAt, &j.MadeAt); err != nil {
				return err
			}
			j.Payload = json.RawMessage(payload)
			taken = append(taken, j)
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return taken, more && len(taken) > 0, nil
}

// do runs one job and writes down how it ended.
func (r *Runner) do(j *Job) {
	ctx, cancel := context.WithCancel(r.work)
	defer cancel()
	beat := make(chan struct{})
	go func() {
		defer close(beat)
		r.keep(ctx, j, cancel)
	}()
	err := r.call(ctx, r.handlers[j.Kind], j)
	cancel()
	<-beat
	if j.done {
		return
	}
	// The process may be stopping; what happened must be written all the same.
	end, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	if werr := r.settle(end, j, err); werr != nil && !errors.Is(werr, ErrLost) {
		r.opt.Log.Warn("jobs: could not write down the end of a job", "kind", j.Kind, "job", j.ID, "error", werr)
	}
}

func (r *Runner) call(ctx context.Context, h Handler, j *Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(ctx, j)
}

// keep renews the lease while the handler works; if it is lost, the handler's context ends.
func (r *Runner) keep(ctx context.Context, j *Job, lost context.CancelFunc) {
	t := time.NewTicker(r.opt.Lease / 3)
	defer t.Stop()
	until := time.Now().Add(r.opt.Lease)
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		var n int64
		err := r.db.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.Exec("UPDATE job SET lease_until = ? WHERE district = ? AND id = ? AND owner = ?", r.db.Now()+r.opt.Lease.Microseconds(), j.District, j.ID, j.owner)
			return err
		})
		switch {
		case err == nil && n == 1:
			until = time.Now().Add(r.opt.Lease)
		case err == nil, time.Now().After(until):
			lost()
			return
		}
	}
}

// finish deletes the job, or sets it back if it was ordered again while it ran.
func finish(tx *store.Tx, j *Job) (bool, error) {
	n, err := tx.Exec("DELETE FROM job WHERE district = ? AND id = ? AND owner = ? AND rev = ?", j.District, j.ID, j.owner, j.rev)
	if err != nil || n == 1 {
		return n == 1, err
	}
	n, err = tx.Exec("UPDATE job SET owner = '', lease_until = 0, attempts = 0, error = '' WHERE district = ? AND id = ? AND owner = ?", j.District, j.ID, j.owner)
	if n == 1 {
		tx.AfterCommit(wakeAll)
	}
	return n == 1, err
}

// settle writes down how a job ended.
func (r *Runner) settle(ctx context.Context, j *Job, err error) error {
	if err == nil {
		return r.db.Write(ctx, func(tx *store.Tx) error {
			ok, err := finish(tx, j)
			if err == nil && !ok {
				err = ErrLost
			}
			return err
		})
	}
	var wait later
	var fatal never
	state, attempts, delay := waiting, j.Attempt, backoff(j.Attempt)
	switch {
	case errors.As(err, &wait):
		attempts, delay = j.Attempt-1, wait.after
	case r.work.Err() != nil && errors.Is(err, context.Canceled):
		attempts, delay = j.Attempt-1, 0 // we stopped it
	case errors.Is(err, ErrLost):
		return err
	case errors.As(err, &fatal), j.Attempt >= r.opt.Attempts:
		state = dead
		r.opt.Log.Error("jobs: dead", "kind", j.Kind, "job", j.ID, "attempts", j.Attempt, "error", err)
	default:
		r.opt.Log.Warn("jobs: failed", "kind", j.Kind, "job", j.ID, "attempt", j.Attempt, "error", err)
	}
	text := err.Error()
	text = strings.ToValidUTF8(text[:min(len(text), 1000)], "")
	return r.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("UPDATE job SET owner = '', lease_until = 0, state = ?, attempts = ?, run_at = ?, error = ? WHERE district = ? AND id = ? AND owner = ?",
			state, attempts, r.db.Now()+delay.Microseconds(), text, j.District, j.ID, j.owner)
		if err == nil && n == 0 {
			err = ErrLost
		}
		return err
	})
}

// backoff is 5 s, 10 s, 20 s … up to an hour, give or take a fifth.
func backoff(attempt int) time.Duration {
	d := min(5*time.Second<<min(attempt-1, 12), time.Hour)
	return d + time.Duration((mathrand.Float64()-0.5)*0.4*float64(d))
}

// Dead is a job that was given up, for operators.
type Dead struct {
	Job
	Error string
}

// DeadJobs lists given-up jobs, latest first, at most limit.
func DeadJobs(ctx context.Context, db *store.DB, limit int) ([]Dead, error) {
	rows, err := db.Query(ctx, "SELECT district, id, kind, payload, attempts, run_at, made_at, error FROM job WHERE state = ? ORDER BY run_at DESC LIMIT ?", dead, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []Dead{}
	for rows.Next() {
		var d Dead
		var payload string
		if err := rows.Scan(&d.District, &d.ID, &d.Kind, &payload, &d.Attempt, &d.RunAt, &d.MadeAt, &d.Error); err != nil {
			return nil, err
		}
		d.Payload = json.RawMessage(payload)
		all = append(all, d)
	}
	return all, rows.Err()
}

// Revive gives a dead job its attempts back.
func Revive(ctx context.Context, db *store.DB, district int, id int64) error {
	return db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("UPDATE job SET state = ?, attempts = 0, run_at = ? WHERE district = ? AND id = ? AND state = ?", waiting, tx.Now(), district, id, dead)
		if err == nil && n == 0 {
			return errs.NotFound.New()
		}
		tx.AfterCommit(wakeAll)
		return err
	})
}

// Count is how many jobs wait (due or not), run and are dead.
type Count struct{ Waiting, Running, Dead int64 }

// Counts reads the table's state, for metrics.
func Counts(ctx context.Context, db *store.DB) (c Count, err error) {
	err = db.QueryRow(ctx, `SELECT COALESCE(SUM(CASE WHEN state = 0 AND lease_until < ? THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN state = 0 AND lease_until >= ? THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN state = 1 THEN 1 ELSE 0 END), 0) FROM job`, db.Now(), db.Now()).Scan(&c.Waiting, &c.Running, &c.Dead)
	return c, err
}
