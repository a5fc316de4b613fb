package cases

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// Gist is what a case tells other rooms about its matter.
type Gist struct {
	ID          int64
	Number      string
	Version     int
	Title, Body string
	Reporter    int64 // vault record, 0 if unknown
	Creator     int64
	ReportedAt  int64
	Lon, Lat    float64
	District    int
	Community   int64
	Category    int64
	Open        bool
	ResolvedAt  int64
	MergedInto  int64
}

const gistCols = "c.id, c.number, c.version, c.title, c.body, c.reporter, c.creator, c.reported_at, c.lon, c.lat, c.district, c.community, c.category, c.open, c.resolved_at, c.merged_into"

func scanGist(r *sql.Rows) (t Gist, err error) {
	return t, r.Scan(&t.ID, &t.Number, &t.Version, &t.Title, &t.Body, &t.Reporter, &t.Creator, &t.ReportedAt, &t.Lon, &t.Lat, &t.District, &t.Community, &t.Category, (*intBool)(&t.Open), &t.ResolvedAt, &t.MergedInto)
}

// Among are those of the cases that the scope reaches, in the order of their ids.
func (s *Service) Among(ctx context.Context, scope access.Scope, ids []int64) ([]Gist, error) {
	var out []Gist
	for _, d := range scope.Districts() {
		part, ok := scope.PerDistrict(d)
		if !ok {
			continue
		}
		where, args := part.Where(caseCols)
		for chunk := range slices.Chunk(ids, 500) {
			one, list := oneOf("c.id", chunk)
			rows, err := s.DB.Query(ctx, "SELECT "+gistCols+" FROM cases c WHERE c.district = ? AND "+one+" AND "+where, append(append([]any{d}, list...), args...)...)
			found, err := store.All(rows, err, scanGist)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
	}
	slices.SortFunc(out, func(a, b Gist) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// Newest are up to n cases of the whole city that were reported at the instant or
// later, the newest first.
func (s *Service) Newest(ctx context.Context, since int64, n int) ([]Gist, error) {
	var out []Gist
	for _, d := range keeper.Districts() {
		rows, err := s.DB.Query(ctx, "SELECT "+gistCols+" FROM cases c WHERE c.district = ? AND c.reported_at >= ? ORDER BY c.reported_at DESC LIMIT ?", d, since, n)
		found, err := store.All(rows, err, scanGist)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b Gist) int { return cmp.Or(cmp.Compare(b.ReportedAt, a.ReportedAt), cmp.Compare(b.ID, a.ID)) })
	return out[:min(len(out), n)], nil
}

// Weekly is a number of cases of a community and category in one week.
type Weekly struct {
	Community, Category int64
	Week, N             int // weeks since the first instant
}

// Weeks counts the cases of a district that were reported in the weeks from an
// instant on, by community and category.
func (s *Service) Weeks(ctx context.Context, district int, from, until int64) ([]Weekly, error) {
	rows, err := s.DB.Query(ctx, "SELECT community, category, (reported_at - ?) / ?, COUNT(*) FROM cases WHERE district = ? AND reported_at >= ? AND reported_at < ? AND community > 0 AND category > 0 GROUP BY 1, 2, 3",
		from, 7*day24h, district, from, until)
	return store.All(rows, err, func(r *sql.Rows) (w Weekly, err error) {
		return w, r.Scan(&w.Community, &w.Category, &w.Week, &w.N)
	})
}
