package cases

import (
	"context"
	"database/sql"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// Telling is a case as rooms see it that learn from texts.
type Telling struct {
	District    int
	ID          int64
	Title, Body string
	Category    int64
	Grade       string
	Status      string
	ReportedAt  int64
}

// Untriaged tells whether nobody has decided on the case yet.
func (t Telling) Untriaged() bool {
	return t.Status == string(Reported) || t.Status == string(Accepted)
}

const tellingCols = "SELECT district, id, title, body, category, grade, status, reported_at FROM cases WHERE "

func scanTelling(r *sql.Rows) (t Telling, err error) {
	return t, r.Scan(&t.District, &t.ID, &t.Title, &t.Body, &t.Category, &t.Grade, &t.Status, &t.ReportedAt)
}

// Tellings are the newest cases that people have put into a category, at most
// limit of each district, the newest first.
func (s *Service) Tellings(ctx context.Context, districts []int, limit int) ([]Telling, error) {
	var all []Telling
	for _, d := range districts {
		rows, err := s.DB.Query(ctx, tellingCols+"district = ? AND category > 0 AND status NOT IN ('reported', 'accepted', 'declined', 'not_filed', 'merged', 'withdrawn', 'void') ORDER BY id DESC LIMIT ?", d, limit)
		list, err := store.All(rows, err, scanTelling)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// TellingsOf are cases of a district.
func (s *Service) TellingsOf(ctx context.Context, district int, ids []int64) ([]Telling, error) {
	args := []any{district}
	for _, id := range ids {
		args = append(args, id)
	}
	rows, err := s.DB.Query(ctx, tellingCols+"district = ? AND id IN (?"+strings.Repeat(",?", len(ids)-1)+")", args...)
	return store.All(rows, err, scanTelling)
}

// SetCategory gives a case that nobody has triaged its category in the program's
// name. It decides nothing else; people may correct it like any other.
func (s *Service) SetCategory(ctx context.Context, id, category int64, why string) error {
	_, err := s.Act(ctx, access.System("category by its words"), id, Act{Action: "correct", Category: category, Reason: why})
	return err
}
