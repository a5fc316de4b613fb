package web

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"linli/internal/kernel/access"
)

// limiter holds a token bucket for each account, or address where nobody is
// signed in; API keys have their own, at their own rate. Memory is bounded by two generations: buckets that were not used
// during a whole generation are forgotten, which only ever favours the caller.
type limiter struct {
	every rate.Limit
	burst int
	mu    sync.Mutex
	now   map[limitKey]*rate.Limiter
	old   map[limitKey]*rate.Limiter
	since time.Time
}

type limitKey struct {
	account int64 // or the API key
	addr    netip.Addr
}

const (
	limitGeneration = 5 * time.Minute
	limitMost       = 20_000 // buckets in one generation
)

func newLimiter(perSecond float64, burst int) *limiter {
	return &limiter{every: rate.Limit(perSecond), burst: max(burst, 1), now: map[limitKey]*rate.Limiter{}, since: time.Now()}
}

// wait is how long the caller must wait, 0 if the request may go on.
func (l *limiter) wait(c *call, who *access.Actor, r *Router) time.Duration {
	if l.every < 0 && (who == nil || who.Key == 0) {
		return 0
	}
	var k limitKey
	every, burst := l.every, l.burst
	if who != nil && who.Key != 0 {
		k.account, every, burst = who.Key, rate.Limit(who.Rate), 2*who.Rate
	} else if who != nil {
		k.account = who.Account
	} else {
		k.addr = r.clientIP(c.req)
		if k.addr.Is6() { // one household has a whole /64
			if p, err := k.addr.Prefix(64); err == nil {
				k.addr = p.Addr()
			}
		}
	}
	b := l.bucket(k, every, burst, time.Now())
	now := time.Now()
	if b.AllowN(now, 1) {
		return 0
	}
	res := b.ReserveN(now, 1)
	d := res.DelayFrom(now)
	res.CancelAt(now)
	return max(d, time.Millisecond)
}

func (l *limiter) bucket(k limitKey, every rate.Limit, burst int, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.now[k]; b != nil {
		return b
	}
	if now.Sub(l.since) > limitGeneration || len(l.now) >= limitMost {
		l.old, l.now, l.since = l.now, map[limitKey]*rate.Limiter{}, now
	}
	b := l.old[k]
	if b == nil {
		b = rate.NewLimiter(every, burst)
	}
	l.now[k] = b
	return b
}
