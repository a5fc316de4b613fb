package identity

import (
	"context"
	"database/sql"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

// Filter selects accounts. Zero values select all.
type Filter struct {
	Q     string // part of the login or the name
	Role  string // holds a post of the role, in force or to come
	Kind  string // Person or Program
	Org   int64  // holds a post at the organisation, in force or to come
	After string // login after which the page begins
	Limit int    // 1–200; 0 = 50
}

// Accounts lists the accounts that the scope reaches, by login, with their
// posts, and the login after which the next page begins, "" at the end.
func (s *Service) Accounts(ctx context.Context, scope access.Scope, f Filter) ([]Account, string, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 200)
	where, args := scope.Where(access.Cols{District: "a.home"})
	text := "SELECT " + accountCols + " FROM account a WHERE a.district = 0 AND " + where
	and := func(cond string, vals ...any) {
		text += " AND " + cond
		args = append(args, vals...)
	}
	if q := strings.ToLower(strings.TrimSpace(f.Q)); q != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(q) + "%"
		and(`(a.login LIKE ? ESCAPE '\' OR LOWER(a.name) LIKE ? ESCAPE '\')`, like, like)
	}
	const holds = "EXISTS (SELECT 1 FROM post p WHERE p.district = a.district AND p.account = a.id AND (p.valid_to = 0 OR p.valid_to > ?) AND "
	if f.Role != "" {
		and(holds+"p.role = ?)", s.o.Today(), f.Role)
	}
	if f.Kind != "" {
		and("a.kind = ?", f.Kind)
	}
	if f.Org != 0 {
		and(holds+"p.org = ?)", s.o.Today(), f.Org)
	}
	if f.After != "" {
		and("a.login > ?", f.After)
	}
	text += " ORDER BY a.login LIMIT ?"
	args = append(args, f.Limit+1)
	var out []Account
	q := reading{ctx, s.db}
	if err := each(q, func(rows *sql.Rows) error {
		a, err := scanAccount(rows)
		out = append(out, a.Account)
		return err
	}, text, args...); err != nil {
		return nil, "", err
	}
	next := ""
	if len(out) > f.Limit {
		out = out[:f.Limit]
		next = out[f.Limit-1].Login
	}
	return out, next, s.complete(q, out)
}

// AccountByID is the account with its posts; errs.NotFound outside the scope.
func (s *Service) AccountByID(ctx context.Context, scope access.Scope, id int64) (Account, error) {
	q := reading{ctx, s.db}
	a, err := oneAccount(q, "a.id = ?", id)
	if err == nil {
		err = scope.Check(access.Target{District: a.Home})
	}
	if err != nil {
		return Account{}, err
	}
	one := []Account{a.Account}
	err = s.complete(q, one)
	return one[0], err
}

// AccountByLogin is AccountByID for the command line and the demo.
func (s *Service) AccountByLogin(ctx context.Context, scope access.Scope, login string) (Account, error) {
	a, err := oneAccount(reading{ctx, s.db}, "a.login = ?", normalLogin(login))
	if err != nil {
		return Account{}, err
	}
	return s.AccountByID(ctx, scope, a.ID)
}

// complete adds posts and last use.
func (s *Service) complete(q querier, all []Account) error {
	if len(all) == 0 {
		return nil
	}
	at := make(map[int64]*Account, len(all))
	ids := make([]any, len(all))
	for i := range all {
		at[all[i].ID], ids[i] = &all[i], all[i].ID
	}
	in := "(?" + strings.Repeat(",?", len(ids)-1) + ")"
	if err := each(q, func(rows *sql.Rows) error {
		p, err := scanPost(rows)
		if a := at[p.Account]; a != nil {
			a.Posts = append(a.Posts, p.Post)
		}
		return err
	}, "SELECT "+postCols+" FROM post p WHERE p.district = 0 AND p.account IN "+in+" ORDER BY p.valid_from, p.id", ids...); err != nil {
		return err
	}
	return each(q, func(rows *sql.Rows) error {
		var id, seen int64
		err := rows.Scan(&id, &seen)
		if a := at[id]; a != nil {
			a.SeenAt = seen
		}
		return err
	}, "SELECT account, MAX(seen_at) FROM session WHERE district = 0 AND account IN "+in+" GROUP BY account", ids...)
}

// reachable is the scope check for what hangs on an account, such as sessions: it
// must lie in the scope.
func (s *Service) reachable(ctx context.Context, scope access.Scope, account int64) error {
	a, err := oneAccount(reading{ctx, s.db}, "a.id = ?", account)
	if err != nil {
		return err
	}
	if !scope.Covers(access.Target{District: a.Home}) {
		return errs.NotFound.New()
	}
	return nil
}
