package store

import (
	"context"
	"time"
)

// How polite work behind the writes is while callers crowd at the writer.
const (
	politely = 12          // rest this many times the own work
	patience = time.Minute // … but behind for longer than this only
	firmly   = 2           // this many times, so that nothing stays behind for ever
)

// Pace is how one piece of work behind the writes – the search index, reactions
// to acts, topics – goes on without taking the machine from those who wait for
// an answer. While so many write that they share transactions, all such work of
// the process goes one step at a time, in small steps with rests between them,
// and catches up afterwards. A Pace belongs to one goroutine.
type Pace struct {
	db             *DB
	batches, calls int64
	current        time.Time // when there was last nothing to do
}

// Pace makes one.
func (db *DB) Pace() *Pace {
	batches, calls, _ := db.Stats()
	return &Pace{db: db, batches: batches, calls: calls, current: time.Now()}
}

// Do runs one step. The step is told to be small while others write; it returns
// how much it dealt with, 0 for nothing to do, and how long it worked itself,
// without waiting for the writer.
func (p *Pace) Do(ctx context.Context, step func(small bool) (n int, own time.Duration, err error)) (int, error) {
	batches, calls, _ := p.db.Stats()
	crowded := calls-p.calls > 2*(batches-p.batches) || p.db.Waiting() > 0
	small := crowded || calls > p.calls+2
	p.batches, p.calls = batches, calls
	if !crowded {
		n, _, err := step(small)
		p.note(n, err)
		return n, err
	}
	select {
	case p.db.polite <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-p.db.polite }()
	n, own, err := step(small)
	p.note(n, err)
	if n > 0 && err == nil {
		rest := politely * own
		if time.Since(p.current) >= patience {
			rest = firmly * own
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
		}
	}
	return n, err
}

func (p *Pace) note(n int, err error) {
	if n == 0 && err == nil {
		p.current = time.Now()
	}
}
