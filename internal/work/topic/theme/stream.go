package theme

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Message is one report in the stream.
type Message struct {
	ID       int64
	Person   string // whose it is: heat counts each person once; "" for nobody known
	Title    string
	Body     string
	At       time.Time
	Lon, Lat float64 // WGS 84; 0, 0 if unknown
	Kind     int64   // category, 0 if unknown: what is of another kind than most of a topic joins it less easily
	Place    int64   // community or any other code, 0 if unknown; the commonest names the topic's place
}

// Settings bound a stream. The zero value of a field takes the default.
type Settings struct {
	Join   float64       // likeness at which a message joins a topic; 0.12
	Fuse   float64       // likeness at which two topics become one; 0.35
	Idle   time.Duration // a topic of one person that nobody joined for so long is forgotten; 400 days
	Topics int           // most topics kept; 20,000
	Far    float64       // metres from a topic's middle at which likeness is halved; 3,000
}

func (s Settings) filled() Settings {
	s.Join, s.Fuse = cmp.Or(s.Join, 0.12), cmp.Or(s.Fuse, 0.35)
	s.Idle, s.Topics, s.Far = cmp.Or(s.Idle, 400*24*time.Hour), cmp.Or(s.Topics, 20_000), cmp.Or(s.Far, 3000)
	return s
}

// Bounds of one topic.
const (
	keptJoined  = 50_000 // fusions that are remembered, and as many before them
	keptTerms   = 64     // of its middle
	foundBy     = 16     // terms by which it is looked up
	keptTitles  = 24     // its name is made of
	keptMembers = 500    // the newest
	keptWeeks   = 26     // of its rise
	askedBy     = 24     // terms of a message by which topics are looked up
	looked      = 256    // newest topics of one term
	weighed     = 48     // topics that a message is compared with in full
	capped      = 0.04   // most that one term says for likeness: a place's name alone joins nothing
)

// Topic is a matter that several people speak of. Its exported fields are read
// only.
type Topic struct {
	ID          int64 // of its first message
	Messages    int
	Members     []int64 // the newest, oldest first
	First, Last time.Time
	Lon, Lat    float64 // middle of what has a position; 0, 0 if nothing has
	Places      map[int64]int

	people people
	titles []string
	weeks  map[int]int // messages by week since 1970
	middle map[uint32]float32
	norm   float64
	keys   []uint32 // under which it is in the index
	placed int
	kinds  map[int64]int
	kinded int
}

// People is how many distinct persons speak of it: exact up to 1,024, then an
// estimate within a few per cent.
func (t *Topic) People() int { return t.people.count() }

// Stream groups messages into topics as they come. It is not safe for concurrent
// use.
type Stream struct {
	set    Settings
	words  words
	topics map[int64]*Topic
	index  map[uint32][]*Topic
	joined [2]map[int64]int64 // topics that became part of another, the newest and those before
	swept  time.Time
}

// New makes an empty stream.
func New(set Settings) *Stream {
	return &Stream{set: set.filled(), words: newWords(), topics: map[int64]*Topic{}, index: map[uint32][]*Topic{}, joined: [2]map[int64]int64{{}, {}}}
}

// Learn takes note of which words are common, without making topics: it sharpens
// what follows.
func (s *Stream) Learn(title, body string) { s.words.learn(s.words.count(title, body)) }

// Add puts the message into a topic, an old one or one of its own, and returns it.
func (s *Stream) Add(m Message) *Topic {
	counts := s.words.count(m.Title, m.Body)
	s.words.learn(counts)
	return s.add(m, s.words.weigh(counts))
}

// AddKnown is Add for a message that Learn has seen.
func (s *Stream) AddKnown(m Message) *Topic {
	return s.add(m, s.words.weigh(s.words.count(m.Title, m.Body)))
}

func (s *Stream) add(m Message, v vector) *Topic {
	if s.swept.IsZero() || m.At.Sub(s.swept) > 24*time.Hour || len(s.topics) >= s.set.Topics {
		s.sweep(m.At)
	}
	var best, next *Topic
	most, second := s.set.Join, s.set.Join
	for _, t := range s.candidates(v) {
		switch l := t.likeness(v, &m, &s.set); {
		case l >= most:
			best, next, most, second = t, best, l, most
		case l >= second:
			next, second = t, l
		}
	}
	if best == nil {
		best = &Topic{ID: m.ID, First: m.At, Places: map[int64]int{}, weeks: map[int]int{}, kinds: map[int64]int{}, middle: map[uint32]float32{}}
		s.topics[m.ID] = best
	}
	best.take(m, v, hashOf(m.Person))
	s.file(best)
	if next != nil && next != best && cosine(best, next) >= s.set.Fuse {
		best = s.fuse(best, next)
	}
	return best
}

// Find is the topic by its id, or the one that it became part of; nil if it was
// forgotten.
func (s *Stream) Find(id int64) *Topic {
	for s.topics[id] == nil {
		into := cmp.Or(s.joined[0][id], s.joined[1][id])
		if into == 0 {
			return nil
		}
		id = into
	}
	return s.topics[id]
}

// Hot lists the topics of at least so many people of which somebody spoke since,
// the hottest first.
func (s *Stream) Hot(people int, since time.Time) []*Topic {
	var out []*Topic
	for _, t := range s.topics {
		if t.People() >= people && !t.Last.Before(since) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *Topic) int {
		return cmp.Or(cmp.Compare(b.People(), a.People()), cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// candidates are the topics that share the message's most telling terms, those
// with most of it first.
func (s *Stream) candidates(v vector) []*Topic {
	got := map[*Topic]float64{}
	for _, term := range v[:min(len(v), askedBy)] {
		list := s.index[term.hash]
		for _, t := range list[max(0, len(list)-looked):] {
			got[t] += float64(term.weight) * float64(t.middle[term.hash]) / t.norm
		}
	}
	out := make([]*Topic, 0, len(got))
	for t := range got {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *Topic) int { return cmp.Or(cmp.Compare(got[b], got[a]), cmp.Compare(a.ID, b.ID)) })
	return out[:min(len(out), weighed)]
}

// likeness of the message to the topic: the cosine, with no term counting for
// much alone, less for long silence, for distance and for another kind.
func (t *Topic) likeness(v vector, m *Message, set *Settings) float64 {
	dot := 0.0
	for _, term := range v {
		dot += min(float64(term.weight)*float64(t.middle[term.hash])/t.norm, capped)
	}
	silence := math.Abs(m.At.Sub(t.Last).Hours()) / (24 * 90)
	l := dot * (0.75 + 0.25*math.Exp(-silence))
	if t.kinded > 0 && m.Kind != 0 {
		l *= 0.5 + 0.5*float64(t.kinds[m.Kind])/float64(t.kinded)
	}
	if t.placed > 0 && (m.Lon != 0 || m.Lat != 0) {
		l /= 1 + math.Pow(metres(m.Lon, m.Lat, t.Lon, t.Lat)/set.Far, 2)
	}
	return l
}

func metres(lon, lat, lon2, lat2 float64) float64 {
	return math.Hypot((lon-lon2)*math.Cos(lat*math.Pi/180), lat-lat2) * 111_195
}

func week(at time.Time) int { return int(at.Unix() / (7 * 24 * 3600)) }

// take adds the message to the topic.
func (t *Topic) take(m Message, v vector, person uint64) {
	t.Messages++
	t.Members = last(append(t.Members, m.ID), keptMembers)
	if m.Person != "" {
		t.people.add(person)
	}
	if m.At.Before(t.First) {
		t.First = m.At
	}
	if m.At.After(t.Last) {
		t.Last = m.At
	}
	t.titles = last(append(t.titles, m.Title), keptTitles)
	t.weeks[week(m.At)]++
	if m.Place != 0 {
		t.Places[m.Place]++
	}
	if m.Kind != 0 {
		t.kinds[m.Kind]++
		t.kinded++
	}
	if m.Lon != 0 || m.Lat != 0 {
		t.placed++
		t.Lon += (m.Lon - t.Lon) / float64(t.placed)
		t.Lat += (m.Lat - t.Lat) / float64(t.placed)
	}
	for _, term := range v {
		t.middle[term.hash] += term.weight
	}
	t.trim()
}

func last[T any](list []T, n int) []T {
	if len(list) > 2*n { // now and then, so that an addition costs little
		return slices.Clone(list[len(list)-n:])
	}
	return list
}

// trim keeps the strongest terms and bounds the rest.
func (t *Topic) trim() {
	if len(t.middle) > 3*keptTerms {
		all := t.strongest()
		for _, h := range all[keptTerms:] {
			delete(t.middle, h)
		}
	}
	if len(t.weeks) > keptWeeks {
		for w := range t.weeks {
			if w < week(t.Last)-keptWeeks {
				delete(t.weeks, w)
			}
		}
	}
	sum := 0.0
	for _, w := range t.middle {
		sum += float64(w) * float64(w)
	}
	t.norm = math.Sqrt(sum)
}

func (t *Topic) strongest() []uint32 {
	all := make([]uint32, 0, len(t.middle))
	for h := range t.middle {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b uint32) int { return cmp.Or(cmp.Compare(t.middle[b], t.middle[a]), cmp.Compare(a, b)) })
	return all
}

// file puts the topic into the index under its present strongest terms, last
// among the newest.
func (s *Stream) file(t *Topic) {
	s.unfile(t)
	all := t.strongest()
	t.keys = all[:min(len(all), foundBy)]
	for _, k := range t.keys {
		s.index[k] = append(s.index[k], t)
	}
}

func (s *Stream) unfile(t *Topic) {
	for _, k := range t.keys {
		list := s.index[k]
		if i := slices.Index(list, t); i >= 0 {
			list = slices.Delete(list, i, i+1)
		}
		if len(list) == 0 {
			delete(s.index, k)
		} else {
			s.index[k] = list
		}
	}
	t.keys = nil
}

func cosine(a, b *Topic) float64 {
	if len(b.middle) < len(a.middle) {
		a, b = b, a
	}
	dot := 0.0
	for h, w := range a.middle {
		dot += float64(w) * float64(b.middle[h])
	}
	return dot / (a.norm * b.norm)
}

// fuse makes the smaller of two topics part of the larger.
func (s *Stream) fuse(a, b *Topic) *Topic {
	if b.Messages > a.Messages || b.Messages == a.Messages && b.ID < a.ID {
		a, b = b, a
	}
	s.unfile(b)
	delete(s.topics, b.ID)
	if len(s.joined[0]) >= keptJoined {
		s.joined[0], s.joined[1] = map[int64]int64{}, s.joined[0]
	}
	s.joined[0][b.ID] = a.ID
	a.Messages += b.Messages
	a.Members = last(append(a.Members, b.Members...), keptMembers)
	a.people.join(b.people)
	a.titles = last(append(a.titles, b.titles...), keptTitles)
	for w, n := range b.weeks {
		a.weeks[w] += n
	}
	for p, n := range b.Places {
		a.Places[p] += n
	}
	for k, n := range b.kinds {
		a.kinds[k] += n
		a.kinded += n
	}
	if b.First.Before(a.First) {
		a.First = b.First
	}
	if b.Last.After(a.Last) {
		a.Last = b.Last
	}
	if n := a.placed + b.placed; n > 0 {
		a.Lon += (b.Lon - a.Lon) * float64(b.placed) / float64(n)
		a.Lat += (b.Lat - a.Lat) * float64(b.placed) / float64(n)
		a.placed = n
	}
	for h, w := range b.middle {
		a.middle[h] += w
	}
	a.trim()
	s.file(a)
	return a
}

// sweep forgets what nobody joined, and the stillest topics where there are too
// many: those of few people first.
func (s *Stream) sweep(now time.Time) {
	s.swept = now
	for _, t := range s.topics {
		if t.People() < 2 && now.Sub(t.Last) > s.set.Idle {
			s.forget(t)
		}
	}
	if over := len(s.topics) - s.set.Topics*9/10; len(s.topics) >= s.set.Topics {
		all := make([]*Topic, 0, len(s.topics))
		for _, t := range s.topics {
			all = append(all, t)
		}
		alone := func(t *Topic) int { return min(t.People(), 3) }
		slices.SortFunc(all, func(a, b *Topic) int {
			return cmp.Or(cmp.Compare(alone(a), alone(b)), a.Last.Compare(b.Last), cmp.Compare(a.ID, b.ID))
		})
		for _, t := range all[:over] {
			s.forget(t)
		}
	}
}

func (s *Stream) forget(t *Topic) {
	s.unfile(t)
	delete(s.topics, t.ID)
}

// Sum is the topic that the messages make together, whatever their words: what
// somebody sees of a topic who may see these messages of it only.
func Sum(messages []Message) *Topic {
	t := &Topic{Places: map[int64]int{}, weeks: map[int]int{}, kinds: map[int64]int{}}
	for _, m := range messages {
		if t.Messages == 0 {
			t.ID, t.First = m.ID, m.At
		}
		t.take(m, nil, hashOf(m.Person))
	}
	return t
}
