package offline

import (
	"context"
	"sync"
	"time"

	"linli/internal/kernel/access"
)

// phone is what this process knows of a phone of an account: enough to take the
// next commands without reading. It belongs to whoever is in the phone's line.
type phone struct {
	*Device
	top  int64 // the highest number that came; below it and above the floor none is missing
	gaps bool  // some are missing: ask the database
	held bool  // commands of the account wait for others
	read time.Time
}

// phoneLife is how far behind other processes a phone may be known: what another
// one took meanwhile is found out when it is noted a second time.
const phoneLife = time.Second

// phonesMost bounds how many are remembered.
const phonesMost = 20_000

type phones struct {
	mu  sync.Mutex
	all map[line]*phone
}

func (p *phones) get(at line) *phone {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[at]
}

func (p *phones) put(at line, x *phone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil || len(p.all) >= phonesMost {
		p.all = map[line]*phone{}
	}
	p.all[at] = x
}

// forget makes the next contact of an account's phone read it anew.
func (p *phones) forget(at line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, at)
}

// phone is the account's phone, as it was at most a second ago; fresh: as it is.
func (s *Service) phone(ctx context.Context, actor *access.Actor, id UUID, fresh bool) (*phone, error) {
	at := line{actor.Account, id}
	if p := s.phones.get(at); p != nil && !fresh && time.Since(p.read) < phoneLife {
		return p, nil
	}
	begun := time.Now()
	d, err := s.known(ctx, actor.Account, id, "", homeOf(actor))
	if err != nil {
		return nil, err
	}
	p := &phone{Device: d, read: begun}
	next, missing, _, err := s.numbers(ctx, d)
	if err != nil {
		return nil, err
	}
	p.top, p.gaps = next-1, len(missing) > 0
	var held int
	if err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM sync_command WHERE district = ? AND account = ? AND state = 'held' AND waits IS NOT NULL", d.district, d.Account).Scan(&held); err != nil {
		return nil, err
	}
	p.held = held > 0
	s.phones.put(at, p)
	return p, nil
}

// follows tells whether the commands are the phone's next ones, without a gap:
// then none of them can have been here.
func (p *phone) follows(all []*Command) bool {
	if p.gaps || len(all) == 0 {
		return false
	}
	lo, hi := all[0].Seq, all[0].Seq
	for _, c := range all {
		lo, hi = min(lo, c.Seq), max(hi, c.Seq)
	}
	return lo == p.top+1 && hi-lo == int64(len(all)-1)
}
