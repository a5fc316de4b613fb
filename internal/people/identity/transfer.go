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

// Drive makes, in the caller's write, the account's posts of a role on a grid be
// in force from a day until another, the first no longer in force (0 open; not
// later than from: none): for rooms whose records are the reason of posts, such as
// contracts. A post that a plan of grids began later keeps its first day. It may
// be repeated.
func (s *Service) Drive(tx *store.Tx, scope access.Scope, account int64, n NewPost) error {
	w := s.writer(tx, scope, s.o.Today())
	a, err := w.reach(account)
	if err != nil {
		return err
	}
	// A post that begins on the very day on which all is to end is meant too; one
	// that begins on the day after a later end belongs to the next record.
	end := orNever(n.To)
	if n.To != 0 && n.To <= w.today {
		end++
	}
	var mine []int64
	for _, p := range a.Posts {
		if p.Role == n.Role && p.Grid == n.Grid && (p.From == n.From || p.From < end && orNever(p.To) > n.From) {
			mine = append(mine, p.ID)
		}
	}
	for i, id := range mine {
		row, err := postByID(tx, id)
		if err != nil {
			return err
		}
		to := n.To
		if to != 0 {
			to = max(to, row.From)
		}
		// Only the last one reaches further than it did.
		if orNever(row.To) > orNever(to) || orNever(row.To) < orNever(to) && i == len(mine)-1 {
			if err := w.until(&a, &row, to); err != nil {
				return err
			}
		}
	}
	if len(mine) == 0 && (n.To == 0 || n.To > n.From) {
		if _, err := w.post(&a, n, false); err != nil {
			return err
		}
	}
	if !w.dirty {
		return nil
	}
	if err := w.save(&a, "", nil); err != nil {
		return err
	}
	return w.done()
}

func orNever(day int) int {
	if day == 0 {
		return 99991231
	}
	return day
}
