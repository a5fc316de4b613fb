package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// View is a saved view of a register's list.
type View struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Query  string `json:"query" doc:"the page's query string"`
	Shared bool   `json:"shared" doc:"everybody of the office has it: who holds the same post at the same place"`
	Mine   bool   `json:"mine" doc:"it may be deleted"`
}

// mostViews is how many views of a register an account may keep.
const mostViews = 50

// offices are the posts of the scope as views are shared by them.
func offices(scope access.Scope) []any {
	out := []any{""} // no office: a view of the account's own
	for _, p := range scope.Posts() {
		out = append(out, fmt.Sprintf("%s@%d/%d/%d", p.Role, p.Region, p.Grid, p.Org))
	}
	return out
}

type viewsOut struct {
	Body struct {
		Items []View `json:"items"`
	}
}

func (r *register) views(ctx context.Context, scope access.Scope, _ *struct{}) (*viewsOut, error) {
	all := offices(scope)
	q := "SELECT id, name, query, office, account FROM ledger_view WHERE district = 0 AND register = ? AND (account = ? OR office <> '' AND office IN (?" + strings.Repeat(",?", len(all)-1) + ")) ORDER BY name, id"
	rows, err := r.e.DB.Query(ctx, q, append([]any{r.code, scope.Account()}, all...)...)
	items, err := store.All(rows, err, func(rows *sql.Rows) (v View, err error) {
		var office string
		var account int64
		err = rows.Scan(&v.ID, &v.Name, &v.Query, &office, &account)
		v.Shared, v.Mine = office != "", account == scope.Account()
		return v, err
	})
	out := &viewsOut{}
	out.Body.Items = append([]View{}, items...)
	return out, err
}

type saveViewIn struct {
	Body struct {
		Name   string `json:"name"`
		Query  string `json:"query" maxLength:"2000"`
		Shared bool   `json:"shared,omitempty"`
	}
}

type viewOut struct{ Body View }

func (r *register) saveView(ctx context.Context, scope access.Scope, in *saveViewIn) (*viewOut, error) {
	name := strings.TrimSpace(in.Body.Name)
	if n := utf8.RuneCountInString(name); n == 0 {
		return nil, errs.Required.New("field", w("名称", "name")).In("name")
	} else if n > 40 {
		return nil, errs.TooLong.New("field", w("名称", "name"), "max", 40).In("name")
	}
	office := ""
	if in.Body.Shared {
		office = offices(scope)[1].(string)
	}
	out := &viewOut{View{ID: r.e.DB.NextID(), Name: name, Query: in.Body.Query, Shared: in.Body.Shared, Mine: true}}
	return out, r.e.DB.Write(ctx, func(tx *store.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT COUNT(*) FROM ledger_view WHERE district = 0 AND register = ? AND account = ?", r.code, scope.Account()).Scan(&n); err != nil {
			return err
		}
		if n >= mostViews {
			return errs.Conflict.New("what", w(fmt.Sprintf("最多保存 %d 个视图，请先删除不用的", mostViews), fmt.Sprintf("at most %d views are kept; delete one first", mostViews)))
		}
		if _, err := tx.Exec("INSERT INTO ledger_view (district, id, register, account, office, name, query) VALUES (0, ?, ?, ?, ?, ?, ?)", out.Body.ID, r.code, scope.Account(), office, name, in.Body.Query); err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "filter.save", Object: "filter", ObjectID: out.Body.ID})
		return web.Commit(ctx, tx, out)
	})
}

type viewIn struct {
	View int64 `path:"view"`
}

func (r *register) deleteView(ctx context.Context, scope access.Scope, in *viewIn) (*struct{}, error) {
	return nil, r.e.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("DELETE FROM ledger_view WHERE district = 0 AND id = ? AND register = ? AND account = ?", in.View, r.code, scope.Account())
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.NotFound.New()
		}
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "filter.delete", Object: "filter", ObjectID: in.View})
		return nil
	})
}
