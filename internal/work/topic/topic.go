package topic

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/work/topic/theme"
)

// Matter is what the room needs to know of a case.
type Matter struct {
	ID          int64
	Number      string
	Version     int
	Person      string // equal for the reports of one person, as far as that is known
	Title, Body string
	At          int64 // of the report, microseconds UTC
	Lon, Lat    float64
	District    int
	Community   int64
	Category    int64
	Open        bool
	Unanswered  bool
	Into        int64 // case that it was merged into
}

// Cases are the city's cases.
type Cases interface {
	// Newest are up to n cases of the whole city reported at the instant or
	// later, the newest first.
	Newest(ctx context.Context, since int64, n int) ([]Matter, error)
	// Among are those of the cases that the scope reaches.
	Among(ctx context.Context, scope access.Scope, ids []int64) ([]Matter, error)
	// Gather reports a special case and merges the cases into it, each by the
	// scope's own right; what was refused comes back with its reason.
	Gather(ctx context.Context, scope access.Scope, special Special, parts []Matter) (id int64, refused map[int64]error, err error)
	// Weeks counts the cases of a district by community, category and week.
	Weeks(ctx context.Context, district int, from, until int64) ([]Week, error)
}

// Special is the case that is made of a topic.
type Special struct {
	Title, Text string
	Category    int64
	Community   int64
	Lon, Lat    float64
	OnWrite     func(*store.Tx, int64) error // in the transaction that reports it
}

// Week is a number of cases of a community and category in a week.
type Week struct {
	Community, Category int64
	Week, N             int
}

// Names gives names to codes.
type Names interface {
	Region(code int64) string
	Category(id int64) errs.Words
}

// Service is the room.
type Service struct {
	DB       *store.DB
	Cases    Cases
	Names    Names
	Calendar func() *calendar.Calendar

	mu     sync.Mutex
	stream *theme.Stream
	seen   map[int64]bool // cases of the last minutes: they may become visible late
	newest int64
}

const (
	atFirst = 50_000                      // newest cases that a process begins with
	overlap = int64(10 * 60 * 1_000_000)  // how far back each look begins, in microseconds
	back    = 400 * 24 * 3600 * 1_000_000 // how old a case may be that is taken in at first
	page    = 5_000
)

// Run follows the cases until the context ends, every few seconds, at the pace of
// work behind the writes.
func (s *Service) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		err := s.Follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing {
			slog.ErrorContext(ctx, "topics wait", "error", err)
		}
		failing = err != nil
		timer.Reset(3 * time.Second)
	}
}

// Follow takes in what was reported since the last look.
func (s *Service) Follow(ctx context.Context) error {
	s.mu.Lock()
	first := s.stream == nil
	since, n := s.newest-overlap, page
	if first {
		since, n = s.DB.NowIn(ctx)-back, atFirst
	}
	s.mu.Unlock()
	found, err := s.Cases.Newest(ctx, since, n)
	if err != nil {
		return err
	}
	slices.Reverse(found) // in the order of report
	pace := s.DB.Pace()
	if first {
		s.mu.Lock()
		s.stream, s.seen = theme.New(theme.Settings{}), map[int64]bool{}
		s.mu.Unlock()
		if err := s.inSteps(ctx, pace, found, func(m Matter) { s.stream.Learn(m.Title, m.Body) }); err != nil {
			return err
		}
	}
	err = s.inSteps(ctx, pace, found, func(m Matter) {
		if s.seen[m.ID] {
			return
		}
		if first {
			s.stream.AddKnown(m.message())
		} else {
			s.stream.Add(m.message())
		}
		s.newest = max(s.newest, m.At)
		s.seen[m.ID] = true
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && len(s.seen) > 4*page {
		s.seen = map[int64]bool{}
		for _, m := range found {
			s.seen[m.ID] = true
		}
	}
	return err
}

// inSteps does something with each matter, a few at a time, so that neither
// readers of topics nor those who write wait long.
func (s *Service) inSteps(ctx context.Context, pace *store.Pace, list []Matter, do func(Matter)) error {
	for some := range slices.Chunk(list, 50) {
		_, err := pace.Do(ctx, func(bool) (int, time.Duration, error) {
			began := time.Now()
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, m := range some {
				do(m)
			}
			return len(some), time.Since(began), nil
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m Matter) message() theme.Message {
	return theme.Message{ID: m.ID, Person: m.Person, Title: m.Title, Body: m.Body, At: time.UnixMicro(m.At), Lon: m.Lon, Lat: m.Lat, Kind: m.Category, Place: m.Community}
}

// View is what a scope sees of a topic.
type View struct {
	ID      int64 // of the topic
	Sum     *theme.Topic
	Cases   []Matter // those that the scope reaches, oldest first
	Special int64    // case into which most of its cases were merged, 0 if none
}

// Open is how many of the cases are open, and how many of those that count have
// no answer yet. What was merged is answered with its main case and counts there.
func (v *View) Open() (open, unanswered, counted int) {
	for _, m := range v.Cases {
		if m.Into != 0 {
			continue
		}
		counted++
		if m.Open {
			open++
		}
		if m.Unanswered {
			unanswered++
		}
	}
	return open, unanswered, counted
}

// Bounds of what a list reads.
const (
	looked    = 400    // hottest topics of the city that are looked at
	read      = 10_000 // cases of them
	fewPeople = 3      // fewer make no topic
	quietDays = 90     // after which a topic is past
)

// Hot lists the topics of the last months of which the scope reaches cases of
// several people, the hottest first: by how many distinct people it sees.
func (s *Service) Hot(ctx context.Context, scope access.Scope) ([]*View, error) {
	now := s.DB.NowIn(ctx)
	since := time.UnixMicro(now).AddDate(0, 0, -quietDays)
	var ids []int64
	of := map[int64]int64{}
	for _, t := range s.hottest(since) {
		if len(ids)+len(t.Members) > read {
			break
		}
		for _, id := range t.Members {
			ids = append(ids, id)
			of[id] = t.ID
		}
	}
	found, err := s.Cases.Among(ctx, scope, ids)
	if err != nil {
		return nil, err
	}
	byTopic := map[int64]*View{}
	for _, m := range found {
		id := of[m.ID]
		if byTopic[id] == nil {
			byTopic[id] = &View{ID: id}
		}
		byTopic[id].Cases = append(byTopic[id].Cases, m)
	}
	var out []*View
	for _, v := range byTopic {
		if v.sum(); v.Sum.People() >= fewPeople && !v.Sum.Last.Before(since) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b *View) int {
		return cmp.Or(cmp.Compare(b.Sum.People(), a.Sum.People()), cmp.Compare(b.Sum.Messages, a.Sum.Messages), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// One is a topic as the scope sees it; errs.NotFound if it sees nothing of it.
func (s *Service) One(ctx context.Context, scope access.Scope, id int64) (*View, error) {
	ids := s.members(id)
	if len(ids) == 0 {
		return nil, errs.NotFound.New()
	}
	found, err := s.Cases.Among(ctx, scope, ids)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errs.NotFound.New()
	}
	v := &View{ID: id, Cases: found}
	v.sum()
	return v, nil
}

func (s *Service) members(id int64) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stream == nil {
		return nil
	}
	if t := s.stream.Find(id); t != nil {
		return slices.Clone(t.Members)
	}
	return nil
}

// known is a topic's id and its cases, copied from the stream.
type known struct {
	ID      int64
	Members []int64
}

func (s *Service) hottest(since time.Time) (out []known) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stream == nil {
		return nil
	}
	for _, t := range s.stream.Hot(fewPeople, since) {
		if len(out) == looked {
			break
		}
		out = append(out, known{t.ID, slices.Clone(t.Members)})
	}
	return out
}

func (v *View) sum() {
	messages := make([]theme.Message, len(v.Cases))
	into := map[int64]int{}
	for i, m := range v.Cases {
		messages[i] = m.message()
		if m.Into != 0 {
			into[m.Into]++
		}
	}
	v.Sum = theme.Sum(messages)
	for id, n := range into {
		if n >= 2 && (v.Special == 0 || n > into[v.Special] || n == into[v.Special] && id < v.Special) {
			v.Special = id
		}
	}
}
