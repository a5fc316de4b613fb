package identity

import (
	"context"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// GridPosts lists the posts in force on the day that are for one of the grids,
// of accounts that are not disabled, in order of their ids.
func (d *Directory) GridPosts(grids []int64, day int) []Holder {
	want := make(map[int64]bool, len(grids))
	for _, g := range grids {
		want[g] = true
	}
	var out []Holder
	for _, role := range access.Roles() {
		if role.Level != access.ByGrid {
			continue
		}
		for _, post := range d.byRole[role.Code] {
			if want[post.Grid] && post.InForce(day) {
				out = append(out, Holder{Account: post.Account, Name: d.people[post.Account].name, Post: *post})
			}
		}
	}
	return out
}

// GridsOf lists the grids that the account has posts for on the day: the own one
// and those that it covers, each once.
func (d *Directory) GridsOf(account int64, day int) []int64 {
	var out []int64
	for _, role := range access.Roles() {
		if role.Level != access.ByGrid {
			continue
		}
		for _, post := range d.byRole[role.Code] {
			if post.Account == account && post.InForce(day) && !slices.Contains(out, post.Grid) {
				out = append(out, post.Grid)
			}
		}
	}
	return out
}

// Transfer ends a post for a grid on a day and gives its holder the same post
// for another grid from that day on, until whatever end the old one had. A post
// that ends by then, begins later or was transferred already is left as it is.
func (s *Service) Transfer(ctx context.Context, scope access.Scope, post, grid int64, day int) error {
	return s.transfer(ctx, scope, post, func(w *writer, a *accountRow, row *postRow) error {
		if row.From >= day || row.To != 0 && row.To <= day {
			return nil
		}
		n := NewPost{Role: row.Role, Grid: grid, Org: row.Org, From: day, To: row.To}
		if err := w.until(a, row, day); err != nil {
			return err
		}
		_, err := w.post(a, n, false)
		return err
	})
}

// TransferBack undoes Transfer: the old post gets its end back, and the new one
// never begins. Posts that were changed since are left as they are.
func (s *Service) TransferBack(ctx context.Context, scope access.Scope, post, grid int64, day int) error {
	return s.transfer(ctx, scope, post, func(w *writer, a *accountRow, row *postRow) error {
		if row.To != day {
			return nil
		}
		for _, p := range a.Posts {
			if p.Grid != grid || p.From != day || p.Role != row.Role || p.To == day {
				continue
			}
			next, err := postByID(w.tx, p.ID)
			if err != nil {
				return err
			}
			end := next.To
			if err := w.until(a, &next, day); err != nil {
				return err
			}
			return w.until(a, row, end)
		}
		return nil
	})
}

func (s *Service) transfer(ctx context.Context, scope access.Scope, post int64, do func(*writer, *accountRow, *postRow) error) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		w := s.writer(tx, scope, s.o.Today())
		row, err := postByID(tx, post)
		if err != nil {
			return err
		}
		a, err := w.reach(row.Account)
		if err != nil {
			return err
		}
		if err := scope.Check(targetOf(row.Region)); err != nil {
			return err
		}
		if err := do(w, &a, &row); err != nil || !w.dirty {
			return err
		}
		if err := w.save(&a, "", nil); err != nil {
			return err
		}
		return w.done()
	})
}

// until sets the first day on which a post is no longer in force; 0 opens it.
func (w *writer) until(a *accountRow, row *postRow, to int) error {
	before := row.To
	row.To, row.Version = to, row.Version+1
	for i := range a.Posts {
		if a.Posts[i].ID == row.ID {
			a.Posts[i].To = to
		}
	}
	if _, err := w.tx.Exec("UPDATE post SET valid_to = ?, version = ? WHERE district = 0 AND id = ?", to, row.Version, row.ID); err != nil {
		return err
	}
	w.record("post.end", "post", row.ID, row.Version, map[string]any{"account": row.Account, "role": row.Role, "to": to, "before": before}, row.digest())
	return nil
}
