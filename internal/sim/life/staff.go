package life

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/people/identity"
)

// hand is a person through one post.
type hand struct {
	actor *access.Actor
	post  access.Post
}

// staff is who works in the city, by role and place.
type staff struct {
	operators   []hand
	dispatchers map[int64][]hand // by street
	chiefs      map[int64][]hand // by street
	desks       map[int64][]hand // by district
	seats       map[int64][]hand // call-back seats by district
	handlers    map[int64][]hand // by organisation, heads included
	community   map[int64][]hand // by community
	workers     map[int64][]hand // by grid
	byAccount   map[int64]hand
	orgs        map[int64]identity.Org
	units       map[int64][]int64 // organisations with handlers, by region
}

// page is how many accounts are read at a time.
const page = 200

// readStaff reads who works here; of the accounts only those that use takes (nil: all).
func readStaff(ctx context.Context, people *identity.Service, use func(identity.Account) bool) (*staff, error) {
	s := &staff{dispatchers: map[int64][]hand{}, chiefs: map[int64][]hand{}, desks: map[int64][]hand{}, seats: map[int64][]hand{},
		handlers: map[int64][]hand{}, community: map[int64][]hand{}, workers: map[int64][]hand{}, byAccount: map[int64]hand{},
		orgs: map[int64]identity.Org{}, units: map[int64][]int64{}}
	scope := access.System("simulator: who works here")
	for after := ""; ; {
		list, next, err := people.Accounts(ctx, scope, identity.Filter{After: after, Limit: page})
		if err != nil {
			return nil, fmt.Errorf("life: reading accounts: %w", err)
		}
		for _, a := range list {
			if a.DisabledAt == 0 && (use == nil || use(a)) {
				s.add(a)
			}
		}
		if after = next; next == "" {
			break
		}
	}
	for _, o := range people.Directory().Orgs("", "", 0) {
		s.orgs[o.ID] = o
		if len(s.handlers[o.ID]) > 0 {
			s.units[o.Region] = append(s.units[o.Region], o.ID)
		}
	}
	for _, ids := range s.units {
		slices.Sort(ids)
	}
	switch {
	case len(s.operators) == 0, len(s.dispatchers) == 0, len(s.handlers) == 0, len(s.seats) == 0:
		return nil, fmt.Errorf("life: the database holds no demo city; fill an empty data folder with linli demo first")
	}
	return s, nil
}

func (s *staff) add(a identity.Account) {
	actor := &access.Actor{Account: a.ID, Login: a.Login, Name: a.Name, Lang: a.Lang, Posts: a.Posts}
	for _, p := range a.Posts {
		h := hand{actor, p}
		put := func(m map[int64][]hand, key int64) { m[key] = append(m[key], h) }
		switch p.Role {
		case "operator":
			s.operators = append(s.operators, h)
		case "dispatcher":
			put(s.dispatchers, p.Region)
		case "chief":
			put(s.chiefs, p.Region)
		case "district_desk":
			put(s.desks, p.Region)
		case "callback":
			put(s.seats, p.Region)
		case "handler", "unit_lead":
			put(s.handlers, p.Org)
		case "community":
			put(s.community, p.Region)
		case "grid_worker":
			put(s.workers, p.Grid)
		}
		s.byAccount[a.ID] = h
	}
}

// pick is somebody of the list whose post is in force on the day; failing
// that, anybody; false if the list is empty.
func pick(rng *rand.Rand, list []hand, day int) (hand, bool) {
	n := 0
	for _, h := range list {
		if h.post.InForce(day) {
			n++
		}
	}
	if n == 0 {
		if len(list) == 0 {
			return hand{}, false
		}
		return list[rng.IntN(len(list))], true
	}
	k := rng.IntN(n)
	for _, h := range list {
		if h.post.InForce(day) {
			if k == 0 {
				return h, true
			}
			k--
		}
	}
	panic("life: unreachable")
}

// operator is somebody of the hotline who reaches the district.
func (e *engine) operator(rng *rand.Rand, district int64) (hand, bool) {
	var able []hand
	for _, h := range e.staff.operators {
		if h.post.Region == district || h.post.Region == district/100 {
			able = append(able, h)
		}
	}
	return pick(rng, able, e.day)
}

type scopeKey struct {
	account int64
	day     int
}

// scope is what the person reaches on the virtual day. A post that begins only
// later is used as of its first day: somebody did that work before.
func (e *engine) scope(h hand, p access.Perm) (access.Scope, error) {
	day := e.day
	if day < h.post.From {
		day = h.post.From
	}
	if h.post.To != 0 && day >= h.post.To {
		day = h.post.From
	}
	if p != access.CaseRead {
		return h.actor.Scope(p, day)
	}
	key := scopeKey{h.actor.Account, day}
	if s, ok := e.scopes[key]; ok {
		return s, nil
	}
	s, err := h.actor.Scope(p, day)
	if err == nil {
		e.scopes[key] = s
	}
	return s, err
}
