package identity

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

var (
	accountTable = &store.Table{Name: "account", Cols: strings.Fields("district id login name lang home hash must_change disabled_at created_by created_at version kind")}
	postTable    = &store.Table{Name: "post", Cols: strings.Fields("district id account role region grid org valid_from valid_to created_by created_at version")}
	orgTable     = &store.Table{Name: "org", Cols: strings.Fields("district id code name short kind region parent valid_from valid_to version")}
	sessionTable = &store.Table{Name: "session", Cols: strings.Fields("district id account digest created_at seen_at expires_at source agent")}
)

// querier is a transaction or the read pool under a context.
type querier interface {
	Query(q string, args ...any) (*sql.Rows, error)
}

type reading struct {
	ctx context.Context
	db  store.Reader
}

func (r reading) Query(q string, args ...any) (*sql.Rows, error) {
	return r.db.Query(r.ctx, q, args...)
}

// each calls scan for every row.
func each(q querier, scan func(*sql.Rows) error, text string, args ...any) error {
	rows, err := q.Query(text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// accountRow is an account with what nobody outside needs.
type accountRow struct {
	Account
	hash string
}

const accountCols = "a.id, a.login, a.name, a.lang, a.home, a.hash, a.must_change, a.disabled_at, a.created_by, a.created_at, a.version, a.kind"

func scanAccount(rows *sql.Rows, more ...any) (accountRow, error) {
	var a accountRow
	var must int
	err := rows.Scan(append([]any{&a.ID, &a.Login, &a.Name, &a.Lang, &a.Home, &a.hash, &must, &a.DisabledAt, &a.CreatedBy, &a.CreatedAt, &a.Version, &a.Kind}, more...)...)
	a.MustChange, a.CanSignIn = must != 0, a.hash != ""
	return a, err
}

func oneAccount(q querier, where string, args ...any) (accountRow, error) {
	var a accountRow
	found := false
	err := each(q, func(rows *sql.Rows) (err error) {
		found = true
		a, err = scanAccount(rows)
		return err
	}, "SELECT "+accountCols+" FROM account a WHERE a.district = 0 AND "+where, args...)
	if err == nil && !found {
		err = errs.NotFound.New()
	}
	return a, err
}

// digest is over everything the row says, the password's hash included. Persons
// are told without their kind, as they were before there were others.
func (a *accountRow) digest() [32]byte {
	vals := []any{"account", a.ID, a.Login, a.Name, a.Lang, a.Home, a.hash, a.MustChange, a.DisabledAt, a.CreatedBy, a.CreatedAt, a.Version}
	if a.Kind != Person {
		vals = append(vals, a.Kind)
	}
	return digestOf(vals...)
}

type postRow struct {
	access.Post
	CreatedBy, CreatedAt int64
	Version              int
}

const postCols = "p.id, p.account, p.role, p.region, p.grid, p.org, p.valid_from, p.valid_to, p.created_by, p.created_at, p.version"

func scanPost(rows *sql.Rows) (postRow, error) {
	var p postRow
	err := rows.Scan(&p.ID, &p.Account, &p.Role, &p.Region, &p.Grid, &p.Org, &p.From, &p.To, &p.CreatedBy, &p.CreatedAt, &p.Version)
	return p, err
}

func (p *postRow) digest() [32]byte {
	return digestOf("post", p.ID, p.Account, p.Role, p.Region, p.Grid, p.Org, p.From, p.To, p.CreatedBy, p.CreatedAt, p.Version)
}

func postByID(q querier, id int64) (postRow, error) {
	var p postRow
	found := false
	err := each(q, func(rows *sql.Rows) (err error) {
		found = true
		p, err = scanPost(rows)
		return err
	}, "SELECT "+postCols+" FROM post p WHERE p.district = 0 AND p.id = ?", id)
	if err == nil && !found {
		err = errs.NotFound.New()
	}
	return p, err
}

// postsOf lists the posts of one account by first day.
func postsOf(q querier, account int64) ([]access.Post, error) {
	var out []access.Post
	err := each(q, func(rows *sql.Rows) error {
		p, err := scanPost(rows)
		out = append(out, p.Post)
		return err
	}, "SELECT "+postCols+" FROM post p WHERE p.district = 0 AND p.account = ? ORDER BY p.valid_from, p.id", account)
	return out, err
}

const orgCols = "o.id, o.district, o.code, o.name, o.short, o.kind, o.region, o.parent, o.valid_from, o.valid_to, o.version"

func scanOrg(rows *sql.Rows) (Org, error) {
	var o Org
	err := rows.Scan(&o.ID, &o.District, &o.Code, &o.Name, &o.Short, &o.Kind, &o.Region, &o.Parent, &o.From, &o.To, &o.Version)
	return o, err
}

// orgByID asks all districts: ids are unique over all of them.
func orgByID(q querier, id int64) (Org, error) {
	var o Org
	found := false
	err := each(q, func(rows *sql.Rows) (err error) {
		found = true
		o, err = scanOrg(rows)
		return err
	}, "SELECT "+orgCols+" FROM org o WHERE o.id = ?", id)
	if err == nil && !found {
		err = errs.NotFound.New()
	}
	return o, err
}

func (o *Org) digest() [32]byte {
	return digestOf("org", o.ID, o.District, o.Code, o.Name, o.Short, o.Kind, o.Region, o.Parent, o.From, o.To, o.Version)
}

func digestOf(vals ...any) [32]byte {
	b, err := json.Marshal(vals)
	if err != nil {
		panic(fmt.Sprintf("identity: cannot digest: %v", err)) // numbers, strings and booleans only
	}
	return sha256.Sum256(b)
}

// Digest recomputes what the latest audit entry about an "account", "api_key",
// "post" or "org" holds: the row's version and digest. errs.NotFound if there is no row.
func (s *Service) Digest(ctx context.Context, object string, id int64) (int, [32]byte, error) {
	q := reading{ctx, s.db}
	switch object {
	case "account":
		a, err := oneAccount(q, "a.id = ?", id)
		return a.Version, a.digest(), err
	case "api_key":
		k, err := keyByID(q, id)
		return k.Version, k.sum(), err
	case "post":
		p, err := postByID(q, id)
		return p.Version, p.digest(), err
	case "org":
		o, err := orgByID(q, id)
		return o.Version, o.digest(), err
	}
	return 0, [32]byte{}, errs.NotFound.New()
}

// writer makes the changes of one Write.
type writer struct {
	s     *Service
	tx    *store.Tx
	scope access.Scope
	today int
	orgs  map[int64]*Org // looked up so far
	dirty bool
}

func (s *Service) writer(tx *store.Tx, scope access.Scope, today int) *writer {
	return &writer{s: s, tx: tx, scope: scope, today: today, orgs: map[int64]*Org{}}
}

func (w *writer) record(action, object string, id int64, seq int, detail map[string]any, digest [32]byte) {
	w.dirty = true
	e := audit.Entry{Actor: w.scope.Account(), Post: w.scope.Post().ID, Action: action, Object: object, ObjectID: id, Seq: seq, Digest: digest}
	if why := w.scope.SystemReason(); why != "" {
		if detail == nil {
			detail = map[string]any{}
		}
		detail["system"] = why
	}
	if len(detail) > 0 {
		b, err := json.Marshal(detail) // keys in order
		if err != nil {
			panic(fmt.Sprintf("identity: cannot write audit detail: %v", err))
		}
		e.Detail = b
	}
	w.tx.Record(e)
}

// done raises the stamp that other processes watch and, after the commit,
// makes this process's memory old.
func (w *writer) done() error {
	if !w.dirty {
		return nil
	}
	if _, err := w.tx.Exec("UPDATE identity_stamp SET n = n + 1 WHERE district = 0"); err != nil {
		return err
	}
	w.tx.AfterCommit(w.s.changed)
	return nil
}

// reach returns the account with its posts, to be changed: the scope must
// reach its home, and it must not be the actor's own.
func (w *writer) reach(id int64) (accountRow, error) {
	// Lock first: two writers never look at the same account at once.
	if _, err := w.tx.Exec("UPDATE account SET version = version WHERE district = 0 AND id = ?", id); err != nil {
		return accountRow{}, err
	}
	a, err := oneAccount(w.tx, "a.id = ?", id)
	if err != nil {
		return a, err
	}
	if err := w.scope.Check(access.Target{District: a.Home}); err != nil {
		return a, err
	}
	if w.scope.Account() == id {
		return a, OwnAccount.New()
	}
	a.Posts, err = postsOf(w.tx, id)
	return a, err
}

// save writes the account's next version; without an action only the version
// rises (its posts have entries of their own).
func (w *writer) save(a *accountRow, action string, detail map[string]any) error {
	a.Version++
	if _, err := w.tx.Exec(`UPDATE account SET name = ?, lang = ?, hash = ?, must_change = ?, disabled_at = ?, version = ?
		WHERE district = 0 AND id = ?`, a.Name, a.Lang, a.hash, number(a.MustChange), a.DisabledAt, a.Version, a.ID); err != nil {
		return err
	}
	if action == "" {
		action, detail = "account.posts", nil
	}
	w.record(action, "account", a.ID, a.Version, detail, a.digest())
	return nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (w *writer) account(n NewAccount, hash string) (Account, error) {
	a := accountRow{hash: hash, Account: Account{
		ID: w.tx.NextID(), Kind: cmp.Or(n.Kind, Person), Login: n.Login, Name: n.Name, Lang: n.Lang, Home: n.Home, CanSignIn: hash != "",
		MustChange: n.MustChange, CreatedBy: w.scope.Account(), CreatedAt: w.tx.Now(), Version: 1,
	}}
	taken := false
	if err := each(w.tx, func(*sql.Rows) error { taken = true; return nil },
		"SELECT 1 FROM account WHERE district = 0 AND login = ?", n.Login); err != nil {
		return Account{}, err
	}
	if taken {
		return Account{}, LoginTaken.New("login", n.Login).In("login")
	}
	for _, np := range n.Posts {
		if w.scope.SystemReason() == "" && np.From != 0 && np.From < w.today {
			return Account{}, invalid("from", "不能早于今天", "not earlier than today")
		}
		if _, err := w.post(&a, np, true); err != nil {
			return Account{}, err
		}
	}
	if a.Home == 0 && len(a.Posts) > 0 {
		a.Home = access.DistrictOf(a.Posts[0].Region)
	}
	if err := w.scope.Check(access.Target{District: a.Home}); err != nil {
		return Account{}, err
	}
	w.tx.Append(accountTable, 0, a.ID, a.Login, a.Name, a.Lang, a.Home, a.hash, number(a.MustChange), a.DisabledAt, a.CreatedBy, a.CreatedAt, a.Version, a.Kind)
	w.record("account.create", "account", a.ID, 1, map[string]any{"login": a.Login, "kind": a.Kind}, a.digest())
	return a.Account, nil
}

// post gives the account a post; fresh accounts are known to nobody yet, so
// that their rows may be appended.
func (w *writer) post(a *accountRow, n NewPost, fresh bool) (access.Post, error) {
	var org *Org
	if n.Org != 0 {
		var err error
		if org, err = w.orgOf(n.Org); err != nil {
			return access.Post{}, err
		}
	}
	n, err := n.place(w.s.o.Regions, org, w.today)
	if err != nil {
		return access.Post{}, err
	}
	if err := w.scope.Check(targetOf(n.Region)); err != nil {
		return access.Post{}, err
	}
	row := postRow{CreatedBy: w.scope.Account(), CreatedAt: w.tx.Now(), Version: 1, Post: access.Post{
		ID: w.tx.NextID(), Account: a.ID, Role: n.Role, Region: n.Region, Grid: n.Grid, Org: n.Org, From: n.From, To: n.To}}
	for _, p := range a.Posts {
		if p.Role == row.Role && p.Region == row.Region && p.Grid == row.Grid && p.Org == row.Org && (p.To == 0 || p.To > row.From) && (row.To == 0 || p.From < row.To) {
			return access.Post{}, PostDoubled.New()
		}
	}
	a.Posts = append(a.Posts, row.Post)
	if err := checkOffices(a.Kind, a.Posts, w.today); err != nil {
		return access.Post{}, err
	}
	vals := []any{0, row.ID, row.Account, row.Role, row.Region, row.Grid, row.Org, row.From, row.To, row.CreatedBy, row.CreatedAt, row.Version}
	if fresh {
		w.tx.Append(postTable, vals...)
	} else if err := w.tx.Insert(postTable, vals...); err != nil {
		return access.Post{}, err
	}
	w.record("post.add", "post", row.ID, 1, map[string]any{"account": row.Account, "role": row.Role, "region": row.Region,
		"grid": row.Grid, "org": row.Org, "from": row.From, "to": row.To}, row.digest())
	return row.Post, nil
}

// orgOf is the organisation as the transaction sees it, nil if there is none.
func (w *writer) orgOf(id int64) (*Org, error) {
	if o, ok := w.orgs[id]; ok {
		return o, nil
	}
	o, err := orgByID(w.tx, id)
	switch {
	case errs.Is(err, errs.NotFound):
		w.orgs[id] = nil
	case err != nil:
		return nil, err
	default:
		w.orgs[id] = &o
	}
	return w.orgs[id], nil
}

// org writes a new organisation, or the next version of an old one.
func (w *writer) org(o, old *Org) error {
	if err := o.check(w.s.o.Regions, w.today); err != nil {
		return err
	}
	o.District = access.DistrictOf(o.Region)
	if err := w.scope.Check(targetOf(o.Region)); err != nil {
		return err
	}
	for up, steps := o.Parent, 0; up != 0; steps++ {
		p, err := w.orgOf(up)
		if err != nil {
			return err
		}
		if p == nil {
			return invalid("parent", "没有这个上级机构,请从列表中选择", "there is no such parent; choose from the list")
		}
		if p.ID == o.ID || steps > 20 {
			return invalid("parent", "上下级关系形成了循环", "an organisation cannot be above itself")
		}
		up = p.Parent
	}
	if old == nil {
		taken := false
		if err := each(w.tx, func(*sql.Rows) error { taken = true; return nil },
			"SELECT 1 FROM org WHERE district = ? AND code = ?", o.District, o.Code); err != nil {
			return err
		}
		if taken {
			return CodeTaken.New("code", o.Code).In("code")
		}
		w.tx.Append(orgTable, o.District, o.ID, o.Code, o.Name, o.Short, o.Kind, o.Region, o.Parent, o.From, o.To, o.Version)
		w.record("org.create", "org", o.ID, 1, map[string]any{"now": o}, o.digest())
		c := *o
		w.orgs[o.ID] = &c
		return nil
	}
	if _, err := w.tx.Exec(`UPDATE org SET code = ?, name = ?, short = ?, kind = ?, region = ?, parent = ?, valid_from = ?, valid_to = ?, version = ?
		WHERE district = ? AND id = ?`, o.Code, o.Name, o.Short, o.Kind, o.Region, o.Parent, o.From, o.To, o.Version, o.District, o.ID); err != nil {
		return err
	}
	w.record("org.update", "org", o.ID, o.Version, map[string]any{"before": old, "now": o}, o.digest())
	return nil
}

// seedRoles adds the default roles that the role table lacks and gives the
// permissions that no role of the table knows yet – those of a newer program –
// to the roles that have them by default.
func seedRoles(ctx context.Context, db *store.DB) error {
	have, err := loadRoles(reading{ctx, db})
	if err != nil {
		return err
	}
	known := map[access.Perm]bool{}
	for _, r := range have {
		for _, p := range r.Perms {
			known[p] = true
		}
	}
	var lacking, wider []access.Role
	for _, r := range access.DefaultRoles() {
		i := slices.IndexFunc(have, func(h access.Role) bool { return h.Code == r.Code })
		if i < 0 {
			lacking = append(lacking, r)
			continue
		}
		h := have[i]
		if h.Perms = append(slices.Clone(h.Perms), slices.DeleteFunc(r.Perms, func(p access.Perm) bool { return known[p] })...); len(h.Perms) > len(have[i].Perms) {
			wider = append(wider, h)
		}
	}
	if len(lacking)+len(wider) == 0 {
		return nil
	}
	return db.Write(ctx, func(tx *store.Tx) error {
		for i, r := range lacking {
			depths, err := json.Marshal(r.Depths)
			if err != nil {
				return err
			}
			perms, err := json.Marshal(r.Perms)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO role (district, code, name, name_en, level, depths, office, perms, sort)
				VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (district, code) DO NOTHING`,
				r.Code, r.Label.ZH, r.Label.EN, string(r.Level), string(depths), string(r.Office), string(perms), len(have)+i); err != nil {
				return err
			}
		}
		for _, r := range wider {
			perms, err := json.Marshal(r.Perms)
			if err != nil {
				return err
			}
			if _, err := tx.Exec("UPDATE role SET perms = ? WHERE district = 0 AND code = ?", string(perms), r.Code); err != nil {
				return err
			}
		}
		_, err := tx.Exec("UPDATE identity_stamp SET n = n + 1 WHERE district = 0")
		return err
	})
}

func loadRoles(q querier) ([]access.Role, error) {
	var out []access.Role
	err := each(q, func(rows *sql.Rows) error {
		var r access.Role
		var level, depths, office, perms string
		if err := rows.Scan(&r.Code, &r.Label.ZH, &r.Label.EN, &level, &depths, &office, &perms); err != nil {
			return err
		}
		r.Level, r.Office = access.Level(level), access.Office(office)
		if err := errors.Join(json.Unmarshal([]byte(depths), &r.Depths), json.Unmarshal([]byte(perms), &r.Perms)); err != nil {
			return fmt.Errorf("identity: role %s is damaged: %w", r.Code, err)
		}
		out = append(out, r)
		return nil
	}, "SELECT code, name, name_en, level, depths, office, perms FROM role WHERE district = 0 ORDER BY sort, code")
	return out, err
}
