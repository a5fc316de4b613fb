package life

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/flow"
	"linli/internal/sim/city"
	"linli/internal/work/cases"
)

// spot is a building that people report from.
type spot struct {
	name      string // as people say it: 翠湖花园3号楼
	compound  string
	grid      int64
	community int64
	lon, lat  float64
}

// places are the buildings of each community, and how much each reports.
type places struct {
	communities []int64
	weight      []float64 // running sums over communities
	spots       map[int64][]spot
	homes       map[int64][]float64 // running sums over the community's spots
	streets     map[int64]string    // code → "湖东区湖滨街道"
}

// readPlaces reads the city's buildings as they lie in the database.
func readPlaces(ctx context.Context, r Rooms) (*places, error) {
	p := &places{spots: map[int64][]spot{}, homes: map[int64][]float64{}, streets: map[int64]string{}}
	rows, err := r.DB.Query(ctx, "SELECT b.name, COALESCE(c.name, ''), b.grid, b.community, b.lon, b.lat, b.households FROM building b LEFT JOIN compound c ON c.district = b.district AND c.id = b.compound ORDER BY b.district, b.id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	weights := map[int64][]float64{}
	for rows.Next() {
		var s spot
		var name string
		var households int
		if err := rows.Scan(&name, &s.compound, &s.grid, &s.community, &s.lon, &s.lat, &households); err != nil {
			return nil, err
		}
		s.name = s.compound + name
		p.spots[s.community] = append(p.spots[s.community], s)
		weights[s.community] = append(weights[s.community], float64(households)+6)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for c := range p.spots {
		p.communities = append(p.communities, c)
		p.homes[c] = sums(weights[c])
		if street := c / 1000; p.streets[street] == "" {
			p.streets[street] = r.Cases.Atlas.Region(street/1000).Name + r.Cases.Atlas.Region(street).Name
		}
	}
	if len(p.communities) == 0 {
		return nil, fmt.Errorf("life: the database holds no buildings; fill an empty data folder with linli demo first")
	}
	slices.Sort(p.communities)
	// Communities report very unevenly, in an order that a hash gives.
	byHash := slices.Clone(p.communities)
	slices.SortFunc(byHash, func(a, b int64) int {
		if x, y := hashOf(a), hashOf(b); x != y {
			if x < y {
				return -1
			}
			return 1
		}
		return int(a - b)
	})
	w := make([]float64, len(p.communities))
	for rank, c := range byHash {
		i, _ := slices.BinarySearch(p.communities, c)
		w[i] = math.Pow(spread, float64(rank)/float64(max(1, len(byHash)-1)))
	}
	p.weight = sums(w)
	return p, nil
}

func hashOf(n int64) uint64 {
	return hashText(strconv.FormatInt(n, 10))
}

func hashText(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	x := h.Sum64() // its low bits alone are too regular
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// anywhere draws a place.
func (p *places) anywhere(rng *rand.Rand) spot {
	return p.in(rng, p.communities[choice(rng, p.weight)])
}

func (p *places) in(rng *rand.Rand, community int64) spot {
	return p.spots[community][choice(rng, p.homes[community])]
}

// startDays plans the arrivals of every day.
func (e *engine) startDays() {
	for d, last := e.cal.Day(e.o.From), e.cal.Day(e.o.To-1); d <= last; d = e.cal.AddDays(d, 1) {
		e.q.add(event{at: max(e.cal.DayStart(d), e.o.From), do: func() error {
			e.arrivals(d)
			e.tell(d)
			return nil
		}})
	}
}

func (e *engine) tell(day int) {
	if e.o.Progress != nil {
		e.o.Progress(Progress{Day: day, Cases: e.report.Cases, Commands: e.report.Commands})
	}
}

// startRounds plans the call-backs of every day and the nightly archive.
func (e *engine) startRounds() {
	add := func(ev event) {
		if ev.at >= e.o.From {
			e.q.add(ev)
		}
	}
	for d, last := e.cal.Day(e.o.From), e.cal.Day(e.o.To-1); d <= last; d = e.cal.AddDays(d, 1) {
		start := e.cal.DayStart(d)
		if e.pace == nil { // else the server does it
			add(event{at: start + 3*hour, fresh: true, when: func() bool { return e.toArchive(start+3*hour) > 0 }, do: e.archive})
		}
		if e.cal.Workday(d) || e.cal.Weekday(d) == time.Saturday {
			for _, at := range []int64{8 * hour, 11 * hour, 14 * hour, 17 * hour} { // when the clocks are looked at too
				add(event{at: start + at, fresh: true, when: func() bool { return e.waiting()+len(e.drawn) > 0 }, do: e.round})
			}
		}
	}
}

// arrivals plans what is reported on the day.
func (e *engine) arrivals(day int) {
	rng := stream(e.o.Seed, "day", int64(day), 0)
	hours := sums(byHour[:])
	start := e.cal.DayStart(day)
	for range poisson(rng, e.dayMean(day)) {
		at := start + int64(choice(rng, hours))*hour + between(rng, 0, hour)
		if at < e.now || at >= e.o.To {
			continue
		}
		m := e.newMatter(0)
		e.q.add(event{at: at, do: func() error { return e.reportIt(m) }})
	}
}

func (e *engine) newMatter(part int64) *matter {
	n := int64(len(e.order))
	m := &matter{n: n, rng: stream(e.o.Seed, "matter", n, part)}
	e.order = append(e.order, m)
	return m
}

// How matters come in: shares of the channels.
var (
	inChannels = []string{"hotline", "app", "grid_worker", "resident", "liaison", "superior", "whistle", "open311"}
	inShares   = sums([]float64{34, 23, 27, 7, 3, 2, 2, 2})
)

// reportIt lets an invented matter arrive.
func (e *engine) reportIt(m *matter) error {
	rng := m.rng
	m.leaf = e.leaves[choice(rng, e.weight)]
	at := e.places.anywhere(rng)
	if d := e.sameAgain(m, at.community); d != nil && chance(rng, 0.05) {
		m.double, m.leaf = d, d.leaf
		at.lon, at.lat, at.grid = d.c.Lon, d.c.Lat, d.c.Grid
	}
	place := at.name
	if at.compound != "" && chance(rng, 0.3) {
		place = at.compound
	}
	in := cases.ReportIn{Channel: inChannels[choice(rng, inShares)], Lon: at.lon, Lat: at.lat, Address: e.places.streets[at.community/1000] + at.name}
	in.Title, in.Text = city.ReportText(rng, m.leaf, place)
	in.Title = cut(in.Title, 100)
	in.OccurredAt = e.real() - between(rng, 2*minute, 20*hour)
	return e.bring(m, at, in)
}

// bring reports the matter through its channel: who takes it down, how well.
func (e *engine) bring(m *matter, at spot, in cases.ReportIn) error {
	rng := m.rng
	in.ID = e.idAt()
	knows, reporter := 0.88, true // how often the category is right
	var who hand
	var ok bool
	switch in.Channel {
	case "hotline":
		who, ok = e.operator(rng, at.community/1_000_000)
	case "grid_worker", "liaison":
		who, ok = pick(rng, e.staff.workers[at.grid], e.day)
		reporter = false
		if in.Channel == "liaison" || !ok {
			who, ok = pick(rng, e.staff.community[at.community], e.day)
		}
		knows = 0.95
	case "resident":
		who, ok = pick(rng, e.staff.community[at.community], e.day)
	case "superior":
		who, ok = pick(rng, e.staff.desks[at.community/1_000_000], e.day)
		knows, reporter = 1, false
	case "whistle":
		who, ok = pick(rng, e.staff.dispatchers[at.community/1000], e.day)
		knows, reporter = 1, false
	default: // app, open311: people themselves, who know no categories
		knows = 0.35
	}
	in.Grade = "general"
	if chance(rng, knows) {
		in.Category, in.Grade = m.leaf.ID, m.leaf.Grade
	} else if m.leaf.Grade == "critical" {
		in.Grade = "urgent"
	}
	if reporter {
		in.Reporter = person(rng)
		in.Anonymous = chance(rng, 0.06)
		in.Sealed = chance(rng, 0.03)
	}
	scope := access.System("simulated " + in.Channel)
	if ok {
		var err error
		if scope, err = e.scope(who, access.CaseReport); err != nil {
			return e.fail(m, who, cases.ActReport, err)
		}
	}
	onsite := in.Channel == "grid_worker" && ok && in.Category != 0 && in.Grade == "general" && m.leaf.Onsite && chance(rng, 0.55)
	if onsite {
		in.Onsite = said(rng, settled)
	}
	if ok && (in.Channel == "grid_worker" || in.Channel == "liaison") && (m.leaf.Evidence.Found || onsite && m.leaf.Evidence.Resolved) {
		id, err := e.photo(m, who, int(at.community/1_000_000))
		if err != nil {
			return e.fail(m, who, cases.ActReport, err)
		}
		if in.Files = id; onsite && m.leaf.Evidence.Resolved && len(id) == 0 {
			in.Onsite, onsite = "", false
		}
	}
	return e.take(m, who, scope, in, onsite)
}

// take calls the command and starts the case's life.
func (e *engine) take(m *matter, who hand, scope access.Scope, in cases.ReportIn, onsite bool) error {
	c, err := e.r.Cases.Report(e.at(), scope, in)
	if err != nil {
		return e.fail(m, who, cases.ActReport, err)
	}
	m.c = c
	act := cases.ActReport
	if onsite {
		act = cases.ActOnsite
		m.hands = append(m.hands, who.actor.Account)
	}
	e.born(m, act)
	return nil
}

// born takes a case that now exists into the run.
func (e *engine) born(m *matter, act flow.Action) {
	e.matters[m.c.ID] = m
	e.count(act)
	e.report.Cases++
	m.fate.report(e.now, m.c, act == cases.ActOnsite)
	e.watch(m)
	if act == cases.ActReport && chance(m.rng, 0.04) {
		at := e.now + about(m.rng, 20*hour)
		e.aside(at, func() error { return e.addNote(m) })
	}
	list := append(e.recent[m.c.Community], m)
	if len(list) > 24 {
		list = slices.Delete(list, 0, len(list)-24)
	}
	e.recent[m.c.Community] = list
	e.next(m)
}

// sameAgain is a recent open case of the community about the same kind of
// thing, which somebody else may report too.
func (e *engine) sameAgain(m *matter, community int64) *matter {
	list := e.recent[community]
	for i := len(list) - 1; i >= 0; i-- {
		d := list[i]
		if e.real()-d.c.ReportedAt < 8*day24 && e.isOpen(d) && d.c.Channel != "import" && chance(m.rng, 0.4) {
			return d
		}
	}
	return nil
}

func (e *engine) isOpen(m *matter) bool { return m.c != nil && !cases.Life.Ended(m.c.Status) }

// person invents a reporter. The numbers are of a series that is not in use.
func person(rng *rand.Rand) cases.Person {
	name := surnames[rng.IntN(len(surnames))]
	if chance(rng, 0.4) {
		name += givens[rng.IntN(len(givens))]
	} else if chance(rng, 0.5) {
		name += "女士"
	} else {
		name += "先生"
	}
	return cases.Person{Name: name, Phone: fmt.Sprintf("128%08d", rng.IntN(100_000_000))}
}

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
