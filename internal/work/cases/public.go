package cases

import (
	"context"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/geo"
)

// Phase is how far a matter is, in words for everybody.
type Phase string

// The phases, in their order. Ended is an end without a result: not filed,
// declined, withdrawn, void; such matters are shown to their reporter alone.
const (
	PhaseReceived Phase = "received"
	PhaseAccepted Phase = "accepted"
	PhaseHandling Phase = "handling"
	PhaseResolved Phase = "resolved"
	PhaseClosed   Phase = "closed"
	PhaseEnded    Phase = "ended"
)

var phases = map[flow.State]Phase{
	Reported: PhaseReceived, Accepted: PhaseAccepted, Filed: PhaseAccepted, Dispatched: PhaseHandling, Signed: PhaseHandling, InProgress: PhaseHandling,
	Resolved: PhaseResolved, Verified: PhaseResolved, Closed: PhaseClosed, Archived: PhaseClosed,
}

// PhaseOf is the phase of a status.
func PhaseOf(s flow.State) Phase {
	if p, ok := phases[s]; ok {
		return p
	}
	return PhaseEnded
}

// Name is the phase in words.
func (p Phase) Name() errs.Words {
	return map[Phase]errs.Words{
		PhaseReceived: w("已收到", "received"), PhaseAccepted: w("已受理", "accepted"), PhaseHandling: w("正在办理", "being dealt with"),
		PhaseResolved: w("已办理，正在核查", "dealt with, being checked"), PhaseClosed: w("已办结", "closed"), PhaseEnded: w("已结束", "ended"),
	}[p]
}

// statuses are the statuses of the phase.
func (p Phase) statuses() (out []flow.State) {
	for s, q := range phases {
		if q == p {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// Matter is a case as anybody may see it: no names, no numbers that reach
// somebody, no room, the position only as the middle of a cell in which enough
// households live. Times are microseconds UTC, 0 if not yet; show them as days.
type Matter struct {
	ID         int64
	District   int
	Number     string
	Phase      Phase
	Category   Named
	Title      string // the category's name until somebody of the city has read the text
	Text       string // "" until then
	Result     string // "" before it is closed
	Street     Named
	Community  Named
	At         *geo.Point // WGS 84; nil: withheld or unknown
	Metres     float64    // how far from At it may be
	Lead       *Named     // who handles it
	ReportedAt int64
	UpdatedAt  int64 // of the last step that the phase shows
	DueAt      int64
	ClosedAt   int64
	Supporters int // how many people reported it
}

// noPublic are the flags of cases that are never shown: sealed ones, and history,
// which was not written to be read by everybody.
const noPublic = FlagSealed | FlagHistory

// Public is what nobody's page may leave out of account: the same condition in Go
// (mayShow) and in SQL (public). A case may be shown if it goes on or ended with a
// result, has a category that is not personal by its kind, complains about no
// unit and was not sealed.
func (s *Service) public(q *query, reporter int64) {
	if reporter != 0 { // … or what the account reported itself
		p := &query{}
		s.public(p, 0)
		q.and("("+strings.Join(p.where, " AND ")+" OR c.creator = ?)", append(p.args, reporter)...)
		return
	}
	var open []flow.State
	for st := range phases {
		open = append(open, st)
	}
	slices.Sort(open)
	in(q, "c.status", words(open))
	q.and("c.category > 0 AND c.against = 0 AND (c.flags & ?) = 0", noPublic)
	if p := s.Rules().Private(); len(p) > 0 {
		sql, args := oneOf("c.category", p)
		q.and("NOT ("+sql+")", args...)
	}
}

func (s *Service) mayShow(c *Case) bool {
	_, private := slices.BinarySearch(s.Rules().Private(), c.Category)
	_, shown := phases[c.Status]
	return shown && c.Category > 0 && c.Against == 0 && c.Flags&noPublic == 0 && !private
}

// Matters lists what anybody may know, in the filter's order, as the cases of the
// scope's districts allow; a visitor's reaches the whole city. next is nil at the
// end.
func (s *Service) Matters(ctx context.Context, scope access.Scope, f Filter, lang string) (list []Matter, next *Place, err error) {
	f.Public = true
	found, more, err := s.Cases(ctx, scope, f)
	if err != nil {
		return nil, nil, err
	}
	v := s.view(scope, lang)
	list = make([]Matter, 0, len(found))
	for _, c := range found {
		list = append(list, v.matter(c))
	}
	if more {
		at := found[len(found)-1].PlaceOf(f.Sort)
		next = &at
	}
	return list, next, nil
}

// CountMatters counts what Matters lists, up to the bound.
func (s *Service) CountMatters(ctx context.Context, scope access.Scope, f Filter, bound int) (n int, exact bool, err error) {
	f.Public = true
	return s.Count(ctx, scope, f, bound)
}

// InPhase narrows the filter to cases of the phases.
func (f Filter) InPhase(phase ...Phase) Filter {
	f.Statuses = nil
	for _, p := range phase {
		f.Statuses = append(f.Statuses, words(p.statuses())...)
	}
	return f
}

// Matter is one case as anybody may see it; errs.NotFound if it may not be shown.
func (s *Service) Matter(ctx context.Context, scope access.Scope, id int64, lang string) (Matter, error) {
	c, _, _, err := s.ByID(ctx, scope, id)
	if err != nil {
		return Matter{}, err
	}
	if !s.mayShow(c) {
		return Matter{}, errs.NotFound.New()
	}
	return s.view(scope, lang).matter(c), nil
}

func (v *view) matter(c *Case) Matter {
	m := Matter{ID: c.ID, District: c.District, Number: c.Number, Phase: PhaseOf(c.Status), Street: v.s.Atlas.Region(c.Street), Community: v.s.Atlas.Region(c.Community),
		ReportedAt: c.ReportedAt, DueAt: c.DueAt, Supporters: c.Supporters}
	if n := v.category(c); n != nil {
		m.Category, m.Title = *n, n.Name
	}
	if c.Status != Reported { // somebody has read it
		m.Title, m.Text = Scrub(c.Title), Scrub(c.Body)
	}
	if m.Phase == PhaseClosed {
		m.Result, m.ClosedAt = Scrub(c.Result), c.ClosedAt
	}
	if m.Phase != PhaseReceived && m.Phase != PhaseAccepted {
		m.Lead = v.org(c.Lead)
	}
	m.UpdatedAt = max(c.ReportedAt, c.AcceptedAt, c.FiledAt, c.DispatchedAt, c.ResolvedAt, m.ClosedAt)
	if c.Lon != 0 || c.Lat != 0 {
		if mid, metres, ok := v.s.Atlas.Cell(c.Lon, c.Lat); ok {
			m.At, m.Metres = &mid, metres
		}
	}
	return m
}

// Nearby lists open matters near a position that may be the same, likeliest first.
// What it answers follows from the cells of the position and of the matters alone,
// so that asking from many places tells no more than the map does.
func (s *Service) Nearby(ctx context.Context, scope access.Scope, lon, lat float64, category int64, text, lang string, most int) ([]Matter, error) {
	spot, ok := s.Atlas.At(lon, lat)
	if !ok {
		return nil, nil
	}
	here, _, ok := s.Atlas.Cell(lon, lat)
	if !ok {
		return nil, nil
	}
	part, ok := scope.PerDistrict(spot.District)
	if !ok {
		return nil, nil
	}
	open := true
	f := Filter{District: spot.District, Open: &open, Public: true}
	now := s.DB.Now()
	parts, err := s.build(ctx, part, &f, typed{}, orders[""], spot.District, now)
	if err != nil {
		return nil, err
	}
	set := s.Rules().Settings()
	const widest = 0.03 // degrees, beyond the widest cell that is shown
	dLat := float64(set.SimilarMetres)/110_574 + widest
	dLon := dLat * 1.15
	var runs []*run
	for _, q := range parts {
		q.and("c.reported_at > ?", now-int64(set.SimilarDays)*day24h)
		q.and("c.lon BETWEEN ? AND ? AND c.lat BETWEEN ? AND ?", here.Lon-dLon, here.Lon+dLon, here.Lat-dLat, here.Lat+dLat)
		if category != 0 {
			q.and("c.category = ?", category)
		}
		runs = append(runs, &run{q: q})
	}
	found, err := merge(ctx, s.DB, orders[""], runs, 200)
	if err != nil {
		return nil, err
	}
	var shown []*Case
	for _, c := range found {
		if mid, _, ok := s.Atlas.Cell(c.Lon, c.Lat); ok {
			at := *c
			at.Lon, at.Lat = mid.Lon, mid.Lat
			if c.Status == Reported {
				at.Title, at.Body = "", "" // nobody has read it
			}
			shown = append(shown, &at)
		}
	}
	v := s.view(scope, lang)
	var out []Matter
	like := rank(&SimilarQuery{Lon: here.Lon, Lat: here.Lat, Category: category, Text: text, At: now}, true, float64(set.SimilarMetres), shown)
	for _, l := range like[:min(len(like), most)] {
		out = append(out, v.matter(l.Case))
	}
	return out, nil
}
