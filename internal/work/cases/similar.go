package cases

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/search"
	"linli/internal/kernel/store"
)

// SimilarQuery is a matter of which it is asked whether it is known already.
type SimilarQuery struct {
	Lon, Lat  float64 // WGS 84; 0, 0: only the community is known
	Community int64
	Category  int64 // 0: not chosen yet
	Text      string
	At        int64 // when it is reported, microseconds UTC; 0: now
	Exclude   int64 // the case itself, if there is one
}

// Like is an open case that may be the same matter.
type Like struct {
	ID      int64
	Share   float64  // how likely it is the same, 0 to 1; for ranking, not a frequency
	Metres  int      // between the positions, -1 if one of them is not known
	Reasons []Reason // the strongest first
	Case    *Case
}

// Reason is why a case is taken for the same.
type Reason struct {
	Kind string // place, category, time, words
	errs.Words
}

// How much each sign says, as log odds: two matters in one place of one kind on
// one day are more likely the same than not, and common words settle it. Set by
// hand and held by the ranking test; the scale does not change the order of a
// single sign.
const (
	oddsNone     = -4.0
	oddsPlace    = 3.0 // standing on the same spot
	oddsCategory = 1.2 // the same leaf; as much against it if both are known and differ
	oddsTime     = 0.7
	oddsWords    = 6.0 // all distinctive words in common
	nearMetres   = 120 // a place says 1/e of that as far away
	inCommunity  = 0.3 // … and this share when only the community is the same
	freshDays    = 30  // a time says 1/e of that as long ago
	leastShare   = 0.1
	mostLike     = 8
	mostRead     = 200 // cases that are looked at, the newest
)

// Similar finds the open cases of the scope that may be the same matter, the most
// likely first: near the position, or in the community where one of the two has
// no position, of the last days (the city's settings say how near and how many).
func (s *Service) Similar(ctx context.Context, scope access.Scope, q SimilarQuery) ([]Like, error) {
	placed := q.Lon != 0 || q.Lat != 0
	if placed {
		if spot, ok := s.Atlas.At(q.Lon, q.Lat); ok {
			q.Community = spot.Community
		} else {
			placed = false
		}
	}
	district := access.DistrictOf(q.Community)
	part, ok := scope.PerDistrict(district)
	if q.Community == 0 || !ok {
		return nil, nil
	}
	if q.At == 0 {
		q.At = s.DB.NowIn(ctx)
	}
	set := s.Rules().Settings()
	open := true
	f := Filter{District: district, Open: &open}
	if !placed {
		f.Communities = []int64{q.Community}
	}
	parts, err := s.build(ctx, part, &f, typed{}, orders[""], district, q.At)
	if err != nil {
		return nil, err
	}
	radius := float64(set.SimilarMetres)
	dLat := radius / 110_574
	dLon := dLat / math.Max(0.1, math.Cos(q.Lat*math.Pi/180))
	var newest []at
	for _, p := range parts {
		p.and("c.reported_at > ?", q.At-int64(set.SimilarDays)*day24h)
		if q.Exclude != 0 {
			p.and("c.id <> ?", q.Exclude)
		}
		if !placed {
			err = s.newest(ctx, p, &newest)
		} else {
			if p.from == fromCases {
				p.index = "cases_near"
			}
			if err = s.newest(ctx, p.with("c.lat BETWEEN ? AND ? AND c.lon BETWEEN ? AND ?", q.Lat-dLat, q.Lat+dLat, q.Lon-dLon, q.Lon+dLon), &newest); err == nil {
				err = s.newest(ctx, p.with("c.lat = 0 AND c.lon = 0 AND c.community = ?", q.Community), &newest)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if len(newest) == 0 {
		return nil, nil
	}
	slices.SortFunc(newest, func(a, b at) int { return cmp.Or(cmp.Compare(b.reported, a.reported), cmp.Compare(b.id, a.id)) })
	ids := make([]int64, 0, mostRead)
	for _, a := range newest[:min(len(newest), mostRead)] {
		ids = append(ids, a.id)
	}
	one, args := oneOf("c.id", ids)
	rows, err := s.DB.Query(ctx, "SELECT "+selectAll+" FROM cases c WHERE c.district = ? AND "+one, append([]any{district}, args...)...)
	list, err := store.All(rows, err, func(r *sql.Rows) (*Case, error) { return scanCase(r) })
	if err != nil {
		return nil, err
	}
	return rank(&q, placed, radius, list), nil
}

// at is a case and when it was reported.
type at struct{ id, reported int64 }

// newest adds the query's newest cases to the list.
func (s *Service) newest(ctx context.Context, q *query, list *[]at) error {
	rows, err := s.DB.Query(ctx, q.text(s.DB.Engine(), "c.id, c.reported_at", " ORDER BY c.reported_at DESC, c.id DESC LIMIT ?"), append(slices.Clip(q.args), mostRead)...)
	found, err := store.All(rows, err, func(r *sql.Rows) (a at, err error) { return a, r.Scan(&a.id, &a.reported) })
	*list = append(*list, found...)
	return err
}

// rank weighs the cases against the matter.
func rank(q *SimilarQuery, placed bool, radius float64, list []*Case) []Like {
	said := pairsOf(q.Text)
	texts := make([]map[string]bool, len(list))
	common := map[string]int{} // in how many of the cases a pair stands
	for i, c := range list {
		texts[i] = pairsOf(c.Title + "\n" + c.Body)
		for p := range texts[i] {
			common[p]++
		}
	}
	weight := func(p string) float64 { // what is in every case here tells nothing apart
		return math.Log(float64(len(list)+2) / (float64(common[p]) + 0.5))
	}
	norm := func(pairs map[string]bool) (sum float64) {
		for p := range pairs {
			sum += weight(p) * weight(p)
		}
		return math.Sqrt(sum)
	}
	saidNorm := norm(said)
	var out []Like
	for i, c := range list {
		l := Like{ID: c.ID, Metres: -1, Case: c}
		near := inCommunity
		if placed && (c.Lon != 0 || c.Lat != 0) {
			m := geo.Haversine(geo.Point{Lon: q.Lon, Lat: q.Lat}, geo.Point{Lon: c.Lon, Lat: c.Lat})
			if m > radius {
				continue
			}
			l.Metres, near = int(math.Round(m)), math.Exp(-m/nearMetres)
		}
		words, shared := 0.0, 0.0
		for p := range said {
			if texts[i][p] {
				shared += weight(p) * weight(p)
			}
		}
		if n := saidNorm * norm(texts[i]); n > 0 {
			words = shared / n
		}
		days := math.Abs(float64(q.At-c.ReportedAt)) / day24h
		signs := []sign{{near * oddsPlace, l.place}, {words * oddsWords, func() Reason { return sharedWords(q.Text, texts[i]) }},
			{math.Exp(-days/freshDays) * oddsTime, func() Reason { return ago(days) }}}
		switch {
		case q.Category != 0 && c.Category == q.Category:
			signs = append(signs, sign{oddsCategory, func() Reason { return Reason{"category", w("同一类别", "same category")} }})
		case q.Category != 0 && c.Category != 0:
			signs = append(signs, sign{odds: -oddsCategory})
		}
		odds := oddsNone
		for _, s := range signs {
			odds += s.odds
		}
		l.Share = 1 / (1 + math.Exp(-odds))
		if l.Share < leastShare {
			continue
		}
		slices.SortStableFunc(signs, func(a, b sign) int { return cmp.Compare(b.odds, a.odds) })
		for _, s := range signs {
			if s.odds > 0.2 && s.reason != nil {
				if r := s.reason(); r.ZH != "" {
					l.Reasons = append(l.Reasons, r)
				}
			}
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(a, b Like) int { return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(b.ID, a.ID)) })
	return out[:min(len(out), mostLike)]
}

// sign is what one kind of evidence says, with the words for it.
type sign struct {
	odds   float64
	reason func() Reason
}

func (l *Like) place() Reason {
	if l.Metres < 0 {
		return Reason{"place", w("同一社区", "in the same community")}
	}
	return Reason{"place", w(fmt.Sprintf("相距约 %d 米", l.Metres), fmt.Sprintf("about %d m away", l.Metres))}
}

func ago(days float64) Reason {
	switch n := int(days); n {
	case 0:
		return Reason{"time", w("一天之内", "within a day")}
	default:
		return Reason{"time", w(fmt.Sprintf("相隔 %d 天", n), fmt.Sprintf("%d days apart", n))}
	}
}

// plain are characters of grammar: pairs with one of them tell no matter apart.
const plain = "的了是在和与我你他她它们这那就都也很请及其对从到被把让吗呢啊吧您"

// pairsOf are the pairs of characters, words and numbers of a text.
func pairsOf(text string) map[string]bool {
	out := map[string]bool{}
	for _, t := range search.Tokens(text) {
		if r := []rune(t); len(r) > 1 && !strings.ContainsAny(t, plain) {
			out[t] = true
		}
	}
	return out
}

// sharedWords names the longest stretches of the text whose pairs the other has too.
func sharedWords(text string, other map[string]bool) Reason {
	var found []string
	said := []rune(text)
	for i := 0; i < len(said); {
		n := 1
		for i+n < len(said) && other[string(said[i+n-1:i+n+1])] {
			n++
		}
		if s := string(said[i : i+n]); n > 1 && !slices.Contains(found, s) {
			found = append(found, s)
		}
		i += n
	}
	for _, t := range search.Tokens(text) { // Latin words and numbers
		if t[0] < 0x80 && other[t] && !slices.Contains(found, t) {
			found = append(found, t)
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	found = found[:min(len(found), 3)]
	if len(found) == 0 {
		return Reason{}
	}
	return Reason{"words", w("都提到“"+strings.Join(found, "”“")+"”", "both say “"+strings.Join(found, "”, “")+"”")}
}
