package identity

import (
	"cmp"
	"context"
	"database/sql"
	"log/slog"
	"slices"
	"strings"
	"time"

	"linli/internal/kernel/access"
)

// directoryLife is how far behind other processes the directory may be.
const directoryLife = time.Second

// Directory is an unchanging picture of organisations, accounts' names and
// posts, for lists, menus and routing. Get one with Service.Directory, use it
// for one request, and do not keep it.
type Directory struct {
	orgs    map[int64]*Org
	orgList []*Org // by code
	people  map[int64]person
	posts   map[int64]*access.Post
	byRole  map[string][]*access.Post // of accounts that are not disabled
}

type person struct {
	login, name string
	disabled    bool
	program     bool
}

type directoryState struct {
	*Directory
	gen   uint64 // this process's changes included
	stamp int64  // all processes' changes included
	until time.Time
}

// Directory returns the picture that holds now: every change of this process,
// and those of others up to a second ago. When the database does not answer,
// the last picture serves.
func (s *Service) Directory() *Directory {
	d := s.dir.Load()
	old := d.gen != s.gen.Load()
	if !old && time.Now().Before(d.until) {
		return d.Directory
	}
	if old {
		s.dirMu.Lock()
	} else if !s.dirMu.TryLock() {
		return d.Directory // somebody is looking already
	}
	defer s.dirMu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.reload(ctx); err != nil {
		slog.Warn("identity: directory not refreshed", "error", err)
	}
	return s.dir.Load().Directory
}

func (s *Service) refresh(ctx context.Context) error {
	s.dirMu.Lock()
	defer s.dirMu.Unlock()
	return s.reload(ctx)
}

// reload reads what changed; dirMu is held.
func (s *Service) reload(ctx context.Context) error {
	now, gen := time.Now(), s.gen.Load()
	q := reading{ctx, s.db}
	var stamp int64
	// The stamp is read first: what changes after it is read again next time.
	if err := s.db.QueryRow(ctx, "SELECT n FROM identity_stamp WHERE district = 0").Scan(&stamp); err != nil {
		return err
	}
	old := s.dir.Load()
	if old != nil && old.stamp == stamp {
		s.dir.Store(&directoryState{Directory: old.Directory, gen: gen, stamp: stamp, until: now.Add(directoryLife)})
		return nil
	}
	roles, err := loadRoles(q)
	if err != nil {
		return err
	}
	d := &Directory{orgs: map[int64]*Org{}, people: map[int64]person{}, posts: map[int64]*access.Post{}, byRole: map[string][]*access.Post{}}
	if err := each(q, func(rows *sql.Rows) error {
		o, err := scanOrg(rows)
		d.orgs[o.ID] = &o
		d.orgList = append(d.orgList, &o)
		return err
	}, "SELECT "+orgCols+" FROM org o ORDER BY o.district, o.code"); err != nil {
		return err
	}
	if err := each(q, func(rows *sql.Rows) error {
		var id, disabled int64
		var p person
		var kind string
		err := rows.Scan(&id, &p.login, &p.name, &disabled, &kind)
		p.disabled, p.program = disabled != 0, kind == Program
		d.people[id] = p
		return err
	}, "SELECT a.id, a.login, a.name, a.disabled_at, a.kind FROM account a WHERE a.district = 0"); err != nil {
		return err
	}
	if err := each(q, func(rows *sql.Rows) error {
		p, err := scanPost(rows)
		d.posts[p.ID] = &p.Post
		if !d.people[p.Account].disabled {
			d.byRole[p.Role] = append(d.byRole[p.Role], &p.Post)
		}
		return err
	}, "SELECT "+postCols+" FROM post p WHERE p.district = 0 ORDER BY p.valid_from, p.id"); err != nil {
		return err
	}
	access.SetRoles(roles)
	s.dir.Store(&directoryState{Directory: d, gen: gen, stamp: stamp, until: now.Add(directoryLife)})
	return nil
}

// Org is the organisation with that id, in force or not.
func (d *Directory) Org(id int64) (Org, bool) {
	if o := d.orgs[id]; o != nil {
		return *o, true
	}
	return Org{}, false
}

// OrgName is the name of an organisation, or "" if there is none.
func (d *Directory) OrgName(id int64) string {
	if o := d.orgs[id]; o != nil {
		return o.Name
	}
	return ""
}

// Orgs lists organisations by district and code: those whose name, short name
// or code contains q, of the kind ("" = any), in force on the day (0 = any).
func (d *Directory) Orgs(q, kind string, day int) []Org {
	var out []Org
	q = strings.ToLower(strings.TrimSpace(q))
	for _, o := range d.orgList {
		if kind != "" && o.Kind != kind || day != 0 && !o.InForce(day) {
			continue
		}
		if q != "" && !strings.Contains(strings.ToLower(o.Name), q) && !strings.Contains(strings.ToLower(o.Short), q) && !strings.Contains(strings.ToLower(o.Code), q) {
			continue
		}
		out = append(out, *o)
	}
	return out
}

// AccountName is a person's name, or "" if there is no such account.
func (d *Directory) AccountName(id int64) string { return d.people[id].name }

// Programs lists the programs outside that are not disabled, by id.
func (d *Directory) Programs() []int64 {
	var out []int64
	for id, p := range d.people {
		if p.program && !p.disabled {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Accounts lists the people, not programs, that are not disabled, by id.
func (d *Directory) Accounts() []int64 {
	var out []int64
	for id, p := range d.people {
		if !p.program && !p.disabled {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// AccountLogin is a person's login, or "" if there is no such account.
func (d *Directory) AccountLogin(id int64) string { return d.people[id].login }

// Post is the post with that id, in force or not.
func (d *Directory) Post(id int64) (access.Post, bool) {
	if p := d.posts[id]; p != nil {
		return *p, true
	}
	return access.Post{}, false
}

// Holder is a person through a post.
type Holder struct {
	Account int64
	Name    string
	Post    access.Post
}

// Holders lists who has the permission over the target on the day, by the first
// day of the post: to name an approver, to notify, to draw lots. Disabled
// accounts are left out.
func (d *Directory) Holders(p access.Perm, t access.Target, day int) []Holder {
	var out []Holder
	for _, role := range access.Roles() {
		if !role.Grants(p) {
			continue
		}
		for _, post := range d.byRole[role.Code] {
			if !post.InForce(day) {
				continue
			}
			a := access.Actor{Account: post.Account, Posts: []access.Post{*post}}
			if s, err := a.Scope(p, day); err != nil || !s.Covers(t) {
				continue
			}
			out = append(out, Holder{Account: post.Account, Name: d.people[post.Account].name, Post: *post})
		}
	}
	slices.SortStableFunc(out, func(a, b Holder) int { return int(a.Post.From - b.Post.From) })
	return out
}

// OfRole lists the posts of a role that are in force on the day, by their first
// day. Disabled accounts are left out.
func (d *Directory) OfRole(role string, day int) []access.Post {
	var out []access.Post
	for _, p := range d.byRole[role] {
		if p.InForce(day) {
			out = append(out, *p)
		}
	}
	return out
}

// OfOrg lists who holds a post of the organisation on the day, each once. Disabled
// accounts are left out.
func (d *Directory) OfOrg(org int64, day int) []int64 {
	var out []int64
	for _, list := range d.byRole {
		for _, p := range list {
			if p.Org == org && p.InForce(day) {
				out = append(out, p.Account)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// OrgName is the name of an organisation now, or "" if there is none.
func (s *Service) OrgName(id int64) string { return s.Directory().OrgName(id) }

// AccountName is a person's name now, or "" if there is no such account.
func (s *Service) AccountName(id int64) string { return s.Directory().AccountName(id) }

// ByLogin finds an account and its posts, in the order of their ids; 0 if there is none.
func (d *Directory) ByLogin(login string) (id int64, posts []access.Post) {
	for a, p := range d.people {
		if p.login == login {
			id = a
		}
	}
	for _, p := range d.posts {
		if id != 0 && p.Account == id {
			posts = append(posts, *p)
		}
	}
	slices.SortFunc(posts, func(a, b access.Post) int { return int(a.ID - b.ID) })
	return id, posts
}

// Worked lists the posts of a role that were in force on any day of [from, to),
// by their first day, of disabled accounts too.
func (d *Directory) Worked(role string, from, to int) []access.Post {
	var out []access.Post
	for _, p := range d.posts {
		if p.Role == role && p.From < to && (p.To == 0 || p.To > from) {
			out = append(out, *p)
		}
	}
	slices.SortFunc(out, func(a, b access.Post) int { return cmp.Or(a.From-b.From, int(a.ID-b.ID)) })
	return out
}

// Reached lists the people who hold, or held, a post at a place that the scope
// reaches, by their ids: those whom a lead answers for.
func (d *Directory) Reached(scope access.Scope) []int64 {
	var out []int64
	for _, p := range d.posts {
		t := access.Target{District: access.DistrictOf(p.Region), Grid: p.Grid}
		if n := access.Digits(p.Region); n >= 9 {
			t.Street = p.Region
			if n == 12 {
				t.Street, t.Community = p.Region/1000, p.Region
			}
		}
		if !d.people[p.Account].program && scope.Covers(t) {
			out = append(out, p.Account)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
