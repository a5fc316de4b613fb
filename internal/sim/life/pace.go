package life

import (
	"context"
	"fmt"
	"time"

	"linli/internal/kernel/access"
)

// pace lets a run happen in real time: commands bear the clock's time, while
// plans are made on a virtual clock that runs faster.
type pace struct {
	speed float64 // virtual seconds in a second
	wall  time.Time
	virt  int64
}

// wait is how long it is until the virtual instant.
func (p *pace) wait(at int64) time.Duration {
	return time.Until(p.wall.Add(time.Duration(float64(at-p.virt) * 1000 / p.speed)))
}

// runPaced lets events happen when their time has come.
func (e *engine) runPaced(ctx context.Context) error {
	e.ctx = ctx
	for e.q.top() != nil && e.q.top().at < e.o.To {
		if d := e.pace.wait(e.q.top().at); d > 0 {
			t := time.NewTimer(d)
			select {
			case <-ctx.Done():
				t.Stop()
				return nil
			case <-t.C:
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		if _, err := e.one(); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	return nil
}

// real is the present on the database's clock: what limits are measured by.
func (e *engine) real() int64 {
	if e.pace != nil {
		return e.r.DB.Now()
	}
	return e.now
}

func (e *engine) startPace(speed float64, from int64) {
	e.pace = &pace{speed: speed, wall: time.Now(), virt: from}
	e.setNow(from)
}

// drain makes the calls that wait from before, so that the run's own draws meet
// no other cases.
func (e *engine) drain(ctx context.Context) error {
	e.ctx = ctx
	e.setNow(e.r.DB.Now())
	for again := true; again; {
		again = false
		for _, list := range e.staff.seats {
			for _, h := range list {
				scope, err := e.scope(h, access.CaseCallback)
				if err != nil {
					return err
				}
				drawn, err := e.r.Cases.DrawCalls(ctx, scope, perSeat)
				if err != nil {
					return fmt.Errorf("life: %s draws calls: %w", h.actor.Login, err)
				}
				for _, c := range drawn {
					again = true
					if err := e.call(e.known(c), h); err != nil {
						return err
					}
				}
			}
		}
	}
	e.q, e.dues, e.order, e.drawn = queue{}, queue{}, nil, nil
	clear(e.calls)
	clear(e.maybe)
	clear(e.matters)
	e.report.Commands = 0
	clear(e.report.Acts)
	return nil
}
