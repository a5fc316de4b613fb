package cases

import (
	"context"
	"database/sql"
	"errors"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

// ByOutside finds the case of an outside number within the scope.
func (s *Service) ByOutside(ctx context.Context, scope access.Scope, number string) (*Case, error) {
	for _, d := range scope.Districts() {
		c, err := scanCase(s.DB.QueryRow(ctx, "SELECT "+selectAll+" FROM cases c WHERE c.district = ? AND c.outside_number = ? AND c.outside_number <> ''", d, number))
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c, _, _, err = s.ByID(ctx, scope, c.ID)
		return c, err
	}
	return nil, errs.NotFound.New()
}

// LogRow is one row of a case's history.
func (s *Service) LogRow(ctx context.Context, district int, id int64, seq int) (e LogEntry, err error) {
	err = s.DB.QueryRow(ctx, "SELECT seq, at, actor, post, org, action, was, became, fields FROM case_log WHERE district = ? AND case_id = ? AND seq = ?", district, id, seq).
		Scan(&e.Seq, &e.At, &e.Actor, &e.Post, &e.Org, &e.Action, &e.Was, &e.Became, &e.Fields)
	if errors.Is(err, sql.ErrNoRows) {
		err = errs.NotFound.New()
	}
	return e, err
}
