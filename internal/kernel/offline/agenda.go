package offline

import (
	"context"
	"database/sql"
	"fmt"

	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Agenda is the records that differ and wait for a decision.
func (s *Service) Agenda() []agenda.Source {
	return []agenda.Source{{Code: "sync_conflict", Name: errs.Words{ZH: "不同记录待确定", EN: "Records that differ"}, Does: []access.Perm{access.DeviceManage}, All: "/devices",
		Due: func(ctx context.Context, scope access.Scope, _ int) ([]agenda.Entry, error) {
			where, args := scope.Where(conflictCols)
			rows, err := s.DB.Query(ctx, "SELECT district, id, street, community, grid, account FROM sync_conflict WHERE decided = '' AND "+where+" ORDER BY id LIMIT ?", append(args, agenda.Most)...)
			return store.All(rows, err, func(r *sql.Rows) (e agenda.Entry, err error) {
				var id, account int64
				t := &e.Target
				if err := r.Scan(&t.District, &id, &t.Street, &t.Community, &t.Grid, &account); err != nil {
					return e, err
				}
				name := s.Name(account)
				e.Key, e.Link, e.Title = fmt.Sprint(id), "/devices", errs.Words{ZH: name + "在手机上的记录与现有记录不同", EN: "What " + name + " recorded differs from what is there"}
				return e, nil
			})
		}}}
}
