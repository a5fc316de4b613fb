package cases

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/store"
)

// Programs outside – Open311 clients – read cases here: those that their posts
// reach, or what they reported themselves and what anybody may know.

// Outsider is who reads: a program whose posts read cases (Area), or one that
// reported as Account, or nobody in particular. City is the city's code.
type Outsider struct {
	Area    access.Scope
	Account int64
	City    int64
}

// Told is a case as an outsider may see it. Whole cases carry what the case says;
// of others only what Matter says is known.
type Told struct {
	Matter
	Open    bool
	Status  errs.Words
	Whole   bool
	Address string
	At      *geo.Point
	Link    string
	Answers []AnswerView
	Steps   []ToldStep
}

// ToldStep is a step of a case that its outsider may know of.
type ToldStep struct {
	At    int64
	State flow.State
	Text  errs.Words
}

// ToldUpdate is a step of some case.
type ToldUpdate struct {
	Number string
	Seq    int
	ToldStep
}

// Circle is a place and all around it.
type Circle struct{ Lon, Lat, Metres float64 }

// cellSpan is the farthest that a position may lie from the point that stands for
// it: beyond the diagonal of the widest cell, in metres.
const cellSpan = 3000

// near narrows the query to a circle. What the public may know is where the shown
// point lies, so that no circle finds out more than it.
func (s *Service) near(q *query, f *Filter) {
	reach, at := f.Near.Metres, geo.Point{Lon: f.Near.Lon, Lat: f.Near.Lat}
	if f.Public {
		reach += cellSpan
	}
	const degree = 111_195.0 // metres
	dy := reach / degree
	dx := reach / (degree * max(math.Cos(at.Lat*math.Pi/180), 0.01))
	q.and("c.lon BETWEEN ? AND ? AND c.lat BETWEEN ? AND ?", at.Lon-dx, at.Lon+dx, at.Lat-dy, at.Lat+dy)
	reporter, also := f.Reporter, q.keep
	public, metres := f.Public, f.Near.Metres
	q.keep = func(c *Case) bool {
		if c.Lon == 0 && c.Lat == 0 || also != nil && !also(c) {
			return false
		}
		p := geo.Point{Lon: c.Lon, Lat: c.Lat}
		if public && (reporter == 0 || c.Creator != reporter) {
			mid, _, ok := s.Atlas.Cell(c.Lon, c.Lat)
			if !ok {
				return false
			}
			p = mid
		}
		return geo.Haversine(at, p) <= metres
	}
}

// reach is the scope and filter by which an outsider reads.
func (o Outsider) reach(f *Filter) access.Scope {
	if !o.Area.Empty() {
		return o.Area
	}
	f.Public, f.Reporter = true, o.Account
	return access.Visitor(o.City)
}

func (o Outsider) whole(c *Case) bool {
	return !o.Area.Empty() || o.Account != 0 && c.Creator == o.Account
}

// Outside lists the cases of the filter that the outsider may see, the latest
// first, after the first skip ones.
func (s *Service) Outside(ctx context.Context, o Outsider, f Filter, skip int, details bool, lang string) ([]Told, error) {
	scope := o.reach(&f)
	most := f.Limit
	var found []*Case
	for more := true; more && len(found) < most; {
		f.Limit = min(most, 1000)
		if skip > 0 {
			f.Limit = 1000
		}
		var list []*Case
		var err error
		if list, more, err = s.Cases(ctx, scope, f); err != nil {
			return nil, err
		}
		if more {
			at := list[len(list)-1].PlaceOf("")
			f.After = &at
		}
		n := min(skip, len(list))
		skip -= n
		found = append(found, list[n:]...)
	}
	found = found[:min(len(found), most)]
	links, err := s.linksOf(ctx, slices.DeleteFunc(slices.Clone(found), func(c *Case) bool { return !o.whole(c) }))
	if err != nil {
		return nil, err
	}
	v := s.view(scope, lang)
	out := make([]Told, 0, len(found))
	for _, c := range found {
		out = append(out, v.told(c, o.whole(c), links[c.ID], details))
	}
	return out, nil
}

// told is a case as an outsider sees it.
func (v *view) told(c *Case, whole bool, link string, details bool) Told {
	t := Told{Matter: v.matter(c), Open: c.Open, Whole: whole}
	t.Status, t.At = t.Phase.Name(), t.Matter.At
	if whole {
		t.Status, t.Text, t.Address, t.Link = Label("status", string(c.Status)), c.Body, c.Address, link
		t.Result, t.Lead, t.ClosedAt = Scrub(c.Result), v.org(c.Lead), c.ClosedAt
		t.UpdatedAt = max(t.UpdatedAt, c.SignedAt, c.VerifiedAt, c.CalledAt, c.DecidedAt, c.ClosedAt)
		t.At = nil
		if c.Lon != 0 || c.Lat != 0 {
			t.At = &geo.Point{Lon: c.Lon, Lat: c.Lat}
		}
	}
	if details {
		if whole {
			t.Answers = v.s.Answers(c, v.lang)
		}
		t.Steps = steps311(c)
	}
	return t
}

// steps311 are the steps that a case's own times tell of.
func steps311(c *Case) []ToldStep {
	out := []ToldStep{{c.ReportedAt, Reported, PhaseReceived.Name()}}
	for _, s := range []ToldStep{{c.AcceptedAt, Accepted, PhaseAccepted.Name()}, {c.DispatchedAt, Dispatched, PhaseHandling.Name()}, {c.ResolvedAt, Resolved, PhaseResolved.Name()}, {c.ClosedAt, Closed, PhaseOf(c.Status).Name()}} {
		if s.At != 0 {
			out = append(out, s)
		}
	}
	return out
}

// linksOf reads the links that came with reports.
func (s *Service) linksOf(ctx context.Context, list []*Case) (map[int64]string, error) {
	out := map[int64]string{}
	ids := map[int][]any{}
	for _, c := range list {
		ids[c.District] = append(ids[c.District], c.ID)
	}
	for district, all := range ids {
		rows, err := s.DB.Query(ctx, "SELECT case_id, fields FROM case_log WHERE district = ? AND seq = 1 AND case_id IN (?"+strings.Repeat(",?", len(all)-1)+") AND fields LIKE '%\"link\":%'", append([]any{district}, all...)...)
		_, err = store.All(rows, err, func(r *sql.Rows) (none struct{}, err error) {
			var id int64
			var fields string
			if err = r.Scan(&id, &fields); err != nil {
				return none, err
			}
			var f struct{ Link string }
			err = json.Unmarshal([]byte(fields), &f)
			out[id] = f.Link
			return none, err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// toldActs are the acts that an outsider hears of as updates; notes, approvals and
// what the desk does among itself are the city's own.
var toldActs = []flow.Action{ActReport, "accept", "decline", "file", "not_file", "dispatch", "sign", "start", "resolve", "verify_pass", "verify_fail", "close", "reopen", "redo", ActMerge, "withdraw", "own_withdraw", "void_approved", ActOnsite, "settle"}

// OutsideUpdates lists the steps in [from, to] of cases that the outsider may see,
// the earliest first, at most limit. What the outsider did itself is left out.
func (s *Service) OutsideUpdates(ctx context.Context, o Outsider, from, to int64, limit int) ([]ToldUpdate, error) {
	f := Filter{}
	scope := o.reach(&f)
	acts := make([]string, len(toldActs))
	for i, a := range toldActs {
		acts[i] = "case." + string(a)
	}
	var out []ToldUpdate
	for _, d := range scope.Districts() {
		part, ok := scope.PerDistrict(d)
		if d == 0 || !ok {
			continue
		}
		first, size, err := s.entryAt(ctx, d, from)
		if err != nil {
			return nil, err
		}
		q := &query{}
		q.and("a.district = ? AND a.idx >= ? AND a.idx < ? AND a.object = 'case'", d, first, size)
		q.and("(a.actor <> ? OR a.actor = 0)", o.Account)
		in(q, "a.action", acts)
		q.and("a.at <= ?", to)
		if f.Public {
			s.public(q, f.Reporter)
		}
		where, args := part.Where(caseCols)
		q.and(where, args...)
		rows, err := s.DB.Query(ctx, "SELECT a.at, a.seq, l.became, c.number, c.result, c.creator FROM audit a JOIN cases c ON c.district = a.district AND c.id = a.object_id "+
			"JOIN case_log l ON l.district = a.district AND l.case_id = a.object_id AND l.seq = a.seq WHERE "+strings.Join(q.where, " AND ")+" ORDER BY a.idx LIMIT ?", append(q.args, limit)...)
		list, err := store.All(rows, err, func(r *sql.Rows) (u ToldUpdate, err error) {
			var result string
			var creator int64
			err = r.Scan(&u.At, &u.Seq, &u.State, &u.Number, &result, &creator)
			u.Text = PhaseOf(u.State).Name()
			if !o.Area.Empty() || o.Account != 0 && creator == o.Account {
				u.Text = Label("status", string(u.State))
			}
			if u.State == Closed && result != "" {
				u.Text.ZH, u.Text.EN = u.Text.ZH+"："+Scrub(result), u.Text.EN+": "+Scrub(result)
			}
			return u, err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortStableFunc(out, func(a, b ToldUpdate) int { return int(max(-1, min(1, a.At-b.At))) })
	return out[:min(limit, len(out))], nil
}

// entryAt finds by halving the first entry of a district's chain that was written
// at the instant or later, and the chain's end.
func (s *Service) entryAt(ctx context.Context, district int, at int64) (first, size int64, err error) {
	if err = s.DB.QueryRow(ctx, "SELECT COALESCE(MAX(size), 0) FROM audit_head WHERE district = ?", district).Scan(&size); err != nil {
		return 0, 0, err
	}
	low, high := int64(0), size
	for low < high {
		mid := (low + high) / 2
		var when int64
		if err = s.DB.QueryRow(ctx, "SELECT at FROM audit WHERE district = ? AND idx = ?", district, mid).Scan(&when); err != nil {
			return 0, 0, fmt.Errorf("cases: entry %d of chain %d: %w", mid, district, err)
		}
		if when < at {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, size, nil
}

// ActOn is Act for a program, which knows cases by number and not by version. Who
// was quicker is no matter: it acts on the case as it is then.
func (s *Service) ActOn(ctx context.Context, scope access.Scope, number string, a Act) (*Case, error) {
	m := numberForm.FindStringSubmatch(number)
	if m == nil {
		return nil, errs.NotFound.New()
	}
	cond, args := inDistricts("c.district", scope)
	var id int64
	err := s.DB.QueryRow(ctx, "SELECT c.id, c.version FROM cases c WHERE c.number = ? AND "+cond, append([]any{number}, args...)...).Scan(&id, &a.Version)
	for try := 0; err == nil; try++ {
		var c *Case
		if c, err = s.Act(ctx, scope, id, a); err == nil || !errs.Is(err, errs.Stale) || try == 5 {
			return c, err
		}
		err = s.DB.QueryRow(ctx, "SELECT c.version FROM cases c WHERE c.id = ? AND "+cond, append([]any{id}, args...)...).Scan(&a.Version)
	}
	if err == sql.ErrNoRows {
		err = errs.NotFound.New()
	}
	return nil, err
}
