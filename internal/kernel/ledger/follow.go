package ledger

import (
	"context"
	"log/slog"
	"reflect"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// FollowGrids brings the rows of grids that were planned anew into the heir of
// their grid, or where the register's own rule puts them (a home stays with its
// building). Ended rows keep the grid of their time. A row that cannot follow –
// two terms would overlap – stays, is logged, and follows with a later
// call, which the plan makes every day; the grid that it hangs on says that it is a former one. It returns how
// many moved and is safe to repeat.
func (e *Engine) FollowGrids(ctx context.Context, heirs map[int64]int64) (int, error) {
	moved := 0
	for _, r := range e.regs {
		for old, heir := range heirs {
			if heir == 0 || heir == old {
				continue
			}
			n, err := r.follow(ctx, old, heir)
			moved += n
			if err != nil {
				return moved, err
			}
		}
	}
	return moved, nil
}

func (r *register) follow(ctx context.Context, old, heir int64) (moved int, err error) {
	for _, d := range keeper.Districts() {
		for last := int64(0); ; {
			rows, err := r.e.DB.Query(ctx, "SELECT "+r.selectCols()+" FROM "+r.table+" r WHERE r.district = ? AND r.grid = ? AND r.id > ? AND r.state NOT IN ('ended', 'void') ORDER BY r.id LIMIT 500", d, old, last)
			list, err := store.All(rows, err, r.scan)
			if err != nil {
				return moved, err
			}
			for _, v := range list {
				last = base(v).ID
				err := r.e.DB.Write(ctx, func(tx *store.Tx) error {
					_, err := r.change(&Write{Ctx: ctx, Tx: tx, Scope: keeper, Action: "move", Reason: "网格调整"}, last, 0, func(v reflect.Value) error {
						base(v).Grid = heir
						return nil
					})
					return err
				})
				switch {
				case err == nil:
					moved++
				case errs.As(err).Kind.Status < 500:
					slog.Warn("ledger: a row cannot follow its grid", "register", r.code, "row", last, "error", err)
				default:
					return moved, err
				}
			}
			if len(list) < 500 {
				break
			}
		}
	}
	return moved, nil
}
