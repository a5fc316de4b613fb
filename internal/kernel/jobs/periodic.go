package jobs

import (
	"context"
	"strings"
	"time"

	"linli/internal/kernel/store"
)

// task is work that recurs.
type task struct {
	name  string
	every time.Duration
	fn    func(ctx context.Context) error
	next  int64 // when it is worth looking again
	known bool
	busy  chan struct{}
}

// Every runs fn about every d on one process at a time, first d after the
// first start (earlier if another process was due to run it). fn's context
// ends when the process stops or the lease is lost. A run that fails is logged
// and comes again at its next time.
func (r *Runner) Every(name string, d time.Duration, fn func(ctx context.Context) error) {
	if d < time.Second {
		panic("jobs: " + name + " recurs too often")
	}
	r.tasks = append(r.tasks, &task{name: name, every: d, fn: fn, busy: make(chan struct{}, 1)})
}

func (r *Runner) startTasks(ctx context.Context) error {
	now := r.db.Now()
	for _, t := range r.tasks {
		if t.next > now {
			continue
		}
		select {
		case t.busy <- struct{}{}:
		default:
			continue
		}
		owner, err := r.leaseTask(ctx, t, now)
		if err != nil || owner == "" {
			<-t.busy
			if err != nil {
				return err
			}
			continue
		}
		r.run.Go(func() {
			defer func() { <-t.busy }()
			r.doTask(t, owner)
		})
	}
	return nil
}

// leaseTask takes the task if it is due and free; owner is "" otherwise.
func (r *Runner) leaseTask(ctx context.Context, t *task, now int64) (owner string, err error) {
	if !t.known {
		err := r.db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO periodic (district, name, next_at, lease_until, owner, last_at, last_micros, last_error) VALUES (0,?,?,0,'',0,0,'')
				ON CONFLICT (district, name) DO NOTHING`, t.name, now+t.every.Microseconds())
			if err != nil {
				return err
			}
			// The interval may have been longer when the row was written.
			_, err = tx.Exec("UPDATE periodic SET next_at = ? WHERE district = 0 AND name = ? AND next_at > ?", now+t.every.Microseconds(), t.name, now+t.every.Microseconds())
			return err
		})
		if err != nil {
			return "", err
		}
		t.known = true
	}
	var next, lease int64
	if err := r.db.QueryRow(ctx, "SELECT next_at, lease_until FROM periodic WHERE district = 0 AND name = ?", t.name).Scan(&next, &lease); err != nil {
		return "", err
	}
	if next > now || lease > now {
		// Another process may run it meanwhile or die while it does: look again soon.
		t.next = min(max(next, lease), now+(30*time.Second).Microseconds())
		return "", nil
	}
	owner = r.name
	err = r.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("UPDATE periodic SET owner = ?, lease_until = ? WHERE district = 0 AND name = ? AND next_at <= ? AND lease_until <= ?",
			r.name, now+r.opt.Lease.Microseconds(), t.name, now, now)
		if n == 0 {
			owner = ""
		}
		return err
	})
	return owner, err
}

func (r *Runner) doTask(t *task, owner string) {
	ctx, cancel := context.WithCancel(r.work)
	defer cancel()
	beat := make(chan struct{})
	go func() {
		defer close(beat)
		tick := time.NewTicker(r.opt.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			var n int64
			err := r.db.Write(ctx, func(tx *store.Tx) (err error) {
				n, err = tx.Exec("UPDATE periodic SET lease_until = ? WHERE district = 0 AND name = ? AND owner = ?", r.db.Now()+r.opt.Lease.Microseconds(), t.name, owner)
				return err
			})
			if err == nil && n == 0 {
				cancel()
				return
			}
		}
	}()
	start := r.db.Now()
	err := r.call(ctx, func(ctx context.Context, _ *Job) error { return t.fn(ctx) }, nil)
	cancel()
	<-beat
	text := ""
	if err != nil && r.work.Err() == nil {
		r.opt.Log.Warn("jobs: recurring task failed", "task", t.name, "error", err)
		text = err.Error()
		text = strings.ToValidUTF8(text[:min(len(text), 1000)], "")
	}
	end, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	now := r.db.Now()
	next := start + t.every.Microseconds()
	if err := r.db.Write(end, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE periodic SET owner = '', lease_until = 0, next_at = ?, last_at = ?, last_micros = ?, last_error = ? WHERE district = 0 AND name = ? AND owner = ?",
			max(next, now), start, now-start, text, t.name, owner)
		return err
	}); err != nil {
		r.opt.Log.Warn("jobs: could not write down the end of a task", "task", t.name, "error", err)
	}
}
