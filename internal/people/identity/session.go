package identity

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/maphash"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/singleflight"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Delays after failed sign-ins: the first few are free, then each doubles the
// wait. A quarter of an hour after the longest wait all is forgiven.
const (
	freeFailsLogin  = 5
	freeFailsSource = 30 // an office shares one address
	maxDelayLogin   = 15 * time.Minute
	maxDelaySource  = time.Minute
	forgiveAfter    = 15 * time.Minute
)

// actorLife is how far behind other processes Actor may be.
const actorLife = time.Second

// Session is one sign-in.
type Session struct {
	ID        int64
	Account   int64
	CreatedAt int64 // microseconds
	SeenAt    int64 // microseconds, exact to a few minutes
	ExpiresAt int64 // microseconds: the absolute limit
	Source    string
	Agent     string
}

// SignIn checks login and password and opens a session. source is the client's
// address, agent its description of itself. The token is in no table. Unknown,
// wrong, disabled and delayed all give BadCredentials.
func (s *Service) SignIn(ctx context.Context, login, password string, source netip.Addr, agent string) (string, *access.Actor, error) {
	login = normalLogin(login)
	switch {
	case login == "":
		return "", nil, errs.Required.New().In("login")
	case password == "":
		return "", nil, errs.Required.New().In("password")
	case utf8.RuneCountInString(password) > passwordMax:
		return "", nil, errs.TooLong.New("max", passwordMax).In("password")
	}
	a, err := s.check(ctx, login, password, sourceKey(source))
	if err != nil {
		return "", nil, err
	}
	token, err := s.openSession(ctx, source, agent, func(tx *store.Tx) (int64, error) {
		// Still the same password, and locked so that a reset at this moment
		// finds the session and ends it.
		same, err := tx.Exec("UPDATE account SET version = version WHERE district = 0 AND id = ? AND hash = ? AND disabled_at = 0", a.ID, a.hash)
		if err != nil {
			return 0, err
		}
		if same == 0 {
			return 0, BadCredentials.New()
		}
		if a.delayed {
			_, err = tx.Exec("DELETE FROM sign_in_delay WHERE district = 0 AND key = ?", loginKey(login))
		}
		return a.ID, err
	}, nil)
	if err != nil {
		return "", nil, err
	}
	actor, err := s.Actor(ctx, token)
	return token, actor, err
}

// SignInAs opens a session without a password, for the load generator and
// tests. Only the system may; the trail says so.
func (s *Service) SignInAs(ctx context.Context, scope access.Scope, account int64) (string, error) {
	why := scope.SystemReason()
	if why == "" {
		return "", access.Forbidden.New()
	}
	detail, err := json.Marshal(map[string]string{"system": why})
	if err != nil {
		return "", err
	}
	return s.openSession(ctx, netip.Addr{}, "linli", func(tx *store.Tx) (int64, error) {
		n, err := tx.Exec("UPDATE account SET version = version WHERE district = 0 AND id = ? AND disabled_at = 0 AND kind = ?", account, Person)
		if err == nil && n == 0 {
			err = errs.NotFound.New()
		}
		return account, err
	}, detail)
}

// openSession opens a session for the account that allow names.
func (s *Service) openSession(ctx context.Context, source netip.Addr, agent string, allow func(*store.Tx) (int64, error), detail []byte) (string, error) {
	token, from := newToken(), ""
	digest := sha256.Sum256([]byte(token))
	if source.IsValid() {
		from = source.String()
	}
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		account, err := allow(tx)
		if err != nil {
			return err
		}
		now, id := tx.Now(), tx.NextID()
		if _, err := tx.Exec("DELETE FROM session WHERE district = 0 AND account = ? AND (expires_at <= ? OR seen_at <= ?)", account, now, now-s.o.Idle.Microseconds()); err != nil {
			return err
		}
		// Not appended: a reset in the same batch must see it.
		if err := tx.Insert(sessionTable, 0, id, account, digest[:], now, now, now+s.o.Absolute.Microseconds(), from, shorten(agent, 200)); err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: account, Action: "session.open", Object: "session", ObjectID: id, Detail: detail})
		return nil
	})
	return token, err
}

type checked struct {
	accountRow
	delayed bool // the login has failures to forget
}

var stripeSeed = maphash.MakeSeed()

// check compares login and password, one at a time for a login, and counts
// failures.
func (s *Service) check(ctx context.Context, login, password, source string) (checked, error) {
	key := loginKey(login)
	stripe := s.stripes[maphash.String(stripeSeed, login)%uint64(len(s.stripes))]
	select {
	case stripe <- struct{}{}:
		defer func() { <-stripe }()
	case <-ctx.Done():
		return checked{}, ctx.Err()
	}
	now := s.db.Now()
	delayed, waits := false, false
	if err := each(reading{ctx, s.db}, func(rows *sql.Rows) error {
		var k string
		var until int64
		err := rows.Scan(&k, &until)
		delayed = delayed || k == key
		waits = waits || until > now
		return err
	}, "SELECT key, until FROM sign_in_delay WHERE district = 0 AND key IN (?, ?)", key, source); err != nil {
		return checked{}, err
	}
	if waits {
		return checked{}, BadCredentials.New()
	}
	a, err := oneAccount(reading{ctx, s.db}, "a.login = ?", login)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return checked{}, err
	}
	hash := a.hash
	if a.DisabledAt != 0 {
		hash = ""
	}
	ok, err := s.hash.match(ctx, password, hash)
	if err != nil {
		return checked{}, err
	}
	if ok {
		return checked{a, delayed}, nil
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := countFailure(tx, source, freeFailsSource, maxDelaySource); err != nil {
			return err
		}
		fails, err := countFailure(tx, key, freeFailsLogin, maxDelayLogin)
		if err == nil && fails == freeFailsLogin { // once, and for unknown logins too
			tx.Record(audit.Entry{Action: "session.delay", Object: "account", ObjectID: a.ID})
		}
		return err
	})
	if err != nil {
		return checked{}, err
	}
	return checked{}, BadCredentials.New()
}

// countFailure adds one and returns how many there are now.
func countFailure(tx *store.Tx, key string, free int, most time.Duration) (int, error) {
	now := tx.Now()
	var fails int
	var last int64
	err := tx.QueryRow("SELECT fails, last FROM sign_in_delay WHERE district = 0 AND key = ?", key).Scan(&fails, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	if now-last > forgiveAfter.Microseconds()+most.Microseconds() {
		fails = 0
	}
	fails++
	until := int64(0)
	if over := fails - free; over >= 0 {
		until = now + min(time.Second<<min(over, 20), most).Microseconds()
	}
	_, err = tx.Exec(`INSERT INTO sign_in_delay (district, key, fails, last, until) VALUES (0, ?, ?, ?, ?)
		ON CONFLICT (district, key) DO UPDATE SET fails = excluded.fails, last = excluded.last, until = excluded.until`, key, fails, now, until)
	return fails, err
}

func loginKey(login string) string {
	d := sha256.Sum256([]byte(login))
	return "l:" + hex.EncodeToString(d[:12])
}

// sourceKey stands for an address; IPv6 clients own a /64.
func sourceKey(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		if p, err := a.Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	d := sha256.Sum256([]byte(a.Unmap().String()))
	return "s:" + hex.EncodeToString(d[:12])
}

func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails; see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func shorten(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// ChangePassword sets a new password for the account of the session, after
// checking the old one, and ends its other sessions.
func (s *Service) ChangePassword(ctx context.Context, actor *access.Actor, old, fresh string, source netip.Addr) error {
	if old == "" {
		return errs.Required.New().In("old")
	}
	if utf8.RuneCountInString(old) > passwordMax {
		return WrongPassword.New().In("old")
	}
	if err := checkPassword("new", fresh, actor.Login); err != nil {
		return err
	}
	if old == fresh {
		return WeakPassword.New("why", errs.Words{ZH: "与原密码相同", EN: "it is the present one"}).In("new")
	}
	a, err := s.check(ctx, actor.Login, old, sourceKey(source))
	if errs.Is(err, BadCredentials) {
		return WrongPassword.New().In("old")
	}
	if err != nil {
		return err
	}
	hash, err := s.hash.hash(ctx, fresh)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		now, err := oneAccount(tx, "a.id = ?", actor.Account)
		if err != nil {
			return err
		}
		if now.hash != a.hash { // changed or reset meanwhile
			return WrongPassword.New().In("old")
		}
		now.hash, now.MustChange = hash, false
		if a.delayed {
			if _, err := tx.Exec("DELETE FROM sign_in_delay WHERE district = 0 AND key = ?", loginKey(actor.Login)); err != nil {
				return err
			}
		}
		if _, err := deleteSessions(tx, actor.Account, actor.Session); err != nil {
			return err
		}
		return s.own(tx, actor, &now, "account.change_password")
	})
}

// SetLang changes the language of the actor's own account.
func (s *Service) SetLang(ctx context.Context, actor *access.Actor, lang string) error {
	if lang != "zh" && lang != "en" {
		return invalid("lang", "请选 zh 或 en", "choose zh or en")
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		a, err := oneAccount(tx, "a.id = ?", actor.Account)
		if err != nil || a.Lang == lang {
			return err
		}
		a.Lang = lang
		return s.own(tx, actor, &a, "account.update")
	})
}

// ActThrough makes the actor's session act through one of the person's posts in
// force, or through all of them (0).
func (s *Service) ActThrough(ctx context.Context, actor *access.Actor, post int64) (*access.Actor, error) {
	whole := *actor
	whole.Posts, whole.Aside = actor.Held(), nil
	slices.SortFunc(whole.Posts, func(a, b access.Post) int { return cmp.Compare(a.ID, b.ID) })
	today := s.o.Today()
	if post != 0 && !slices.ContainsFunc(whole.Posts, func(p access.Post) bool { return p.ID == post && p.InForce(today) }) {
		return nil, invalid("post", "请选择本人现任的岗位", "choose one of your posts in force")
	}
	return whole.Through(post, today), s.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("UPDATE session SET post = ? WHERE district = 0 AND account = ? AND id = ?", post, actor.Account, actor.Session)
		if err == nil && n == 0 {
			err = errs.Unauthorized.New()
		}
		tx.Record(audit.Entry{Actor: actor.Account, Post: post, Action: "session.post", Object: "session", ObjectID: actor.Session})
		tx.AfterCommit(s.changed)
		return err
	})
}

// own saves what a person may change of his own account.
func (s *Service) own(tx *store.Tx, actor *access.Actor, a *accountRow, action string) error {
	a.Version++
	if _, err := tx.Exec("UPDATE account SET lang = ?, hash = ?, must_change = ?, version = ? WHERE district = 0 AND id = ?",
		a.Lang, a.hash, number(a.MustChange), a.Version, a.ID); err != nil {
		return err
	}
	tx.Record(audit.Entry{Actor: actor.Account, Action: action, Object: "account", ObjectID: a.ID, Seq: a.Version, Digest: a.digest()})
	tx.AfterCommit(s.changed)
	return nil
}

// Sessions lists the account's living sessions, the latest first.
func (s *Service) Sessions(ctx context.Context, account int64) ([]Session, error) {
	now := s.db.Now()
	var out []Session
	err := each(reading{ctx, s.db}, func(rows *sql.Rows) error {
		var v Session
		err := rows.Scan(&v.ID, &v.Account, &v.CreatedAt, &v.SeenAt, &v.ExpiresAt, &v.Source, &v.Agent)
		out = append(out, v)
		return err
	}, `SELECT id, account, created_at, seen_at, expires_at, source, agent FROM session
		WHERE district = 0 AND account = ? AND expires_at > ? AND seen_at > ? ORDER BY id DESC`, account, now, now-s.o.Idle.Microseconds())
	return out, err
}

// EndSession ends one session of the account; by says who does it.
func (s *Service) EndSession(ctx context.Context, by access.Scope, account, session int64) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("DELETE FROM session WHERE district = 0 AND account = ? AND id = ?", account, session)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.NotFound.New()
		}
		tx.Record(audit.Entry{Actor: by.Account(), Post: by.Post().ID, Action: "session.end", Object: "session", ObjectID: session})
		tx.AfterCommit(s.changed)
		return nil
	})
}

// EndSessions ends all sessions of the account but one (0 = all) and returns
// how many.
func (s *Service) EndSessions(ctx context.Context, by access.Scope, account, except int64) (int64, error) {
	var n int64
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		var err error
		if n, err = deleteSessions(tx, account, except); err != nil || n == 0 {
			return err
		}
		tx.Record(audit.Entry{Actor: by.Account(), Post: by.Post().ID, Action: "session.end_all", Object: "account", ObjectID: account})
		tx.AfterCommit(s.changed)
		return nil
	})
	return n, err
}

func deleteSessions(tx *store.Tx, account, except int64) (int64, error) {
	return tx.Exec("DELETE FROM session WHERE district = 0 AND account = ? AND id <> ?", account, except)
}

// Sweep deletes sessions that are over and forgiven failures. Run it daily.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		if _, err := tx.Exec("DELETE FROM session WHERE district = 0 AND (expires_at <= ? OR seen_at <= ?)", now, now-s.o.Idle.Microseconds()); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM sign_in_delay WHERE district = 0 AND last < ?", now-(forgiveAfter+maxDelayLogin).Microseconds())
		return err
	})
}

// actorCache remembers for a second who a token stands for.
type actorCache struct {
	m       sync.Map // [32]byte → *cached
	mu      sync.Mutex
	size    int // entries, about
	sweepAt int // entries at which to look for old ones
	flight  singleflight.Group
	start   time.Time
}

type cached struct {
	actor *access.Actor
	gen   uint64
	until time.Duration // since start, monotonic
}

func (c *actorCache) init() { c.start = time.Now() }

// Actor is the person behind a session's token or the program behind a key,
// errs.Unauthorized if there is none: unknown, revoked, expired, disabled. The
// result is shared; do not change it.
func (s *Service) Actor(ctx context.Context, token string) (*access.Actor, error) {
	byKey := isKey(token)
	if len(token) != 43 && !byKey {
		return nil, errs.Unauthorized.New()
	}
	digest := sha256.Sum256([]byte(token))
	if v, ok := s.cache.m.Load(digest); ok {
		c := v.(*cached)
		if c.gen == s.gen.Load() && time.Since(s.cache.start) < c.until {
			return c.actor, nil
		}
	}
	// The generation is part of the key: who comes after a change does not
	// share an answer that was begun before it.
	key := string(digest[:]) + strconv.FormatUint(s.gen.Load(), 36)
	v, err, _ := s.cache.flight.Do(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second) // others wait for it too
		defer cancel()
		return s.load(ctx, digest, byKey)
	})
	if err != nil {
		return nil, err
	}
	return v.(*access.Actor), nil
}

// load reads the session or key and remembers who it stands for.
func (s *Service) load(ctx context.Context, digest [32]byte, byKey bool) (*access.Actor, error) {
	gen, begun := s.gen.Load(), time.Since(s.cache.start)
	q := reading{ctx, s.db}
	from := s.loadSession
	if byKey {
		from = s.loadKey
	}
	a, err := from(q, digest)
	if err != nil {
		s.cache.forget(digest)
		return nil, err
	}
	s.cache.keep(digest, &cached{actor: a, gen: gen, until: begun + actorLife})
	return a, nil
}

// loadSession reads who a session stands for; errs.Unauthorized if nobody.
func (s *Service) loadSession(q querier, digest [32]byte) (*access.Actor, error) {
	now := s.db.Now()
	var a *access.Actor
	var seen, expires, post int64
	if err := each(q, func(rows *sql.Rows) error {
		a = &access.Actor{}
		var must int
		err := rows.Scan(&a.Session, &a.Account, &seen, &expires, &a.Login, &a.Name, &a.Lang, &must, &post)
		a.MustChange = must != 0
		return err
	}, `SELECT s.id, s.account, s.seen_at, s.expires_at, a.login, a.name, a.lang, a.must_change, s.post
		FROM session s JOIN account a ON a.district = s.district AND a.id = s.account
		WHERE s.district = 0 AND s.digest = ? AND a.disabled_at = 0`, digest[:]); err != nil {
		return nil, err
	}
	if a == nil || now >= expires || now >= seen+s.o.Idle.Microseconds() {
		return nil, errs.Unauthorized.New()
	}
	var err error
	if a.Posts, err = postsOf(q, a.Account); err != nil {
		return nil, err
	}
	if post != 0 {
		a = a.Through(post, s.o.Today())
	}
	if now-seen > min(5*time.Minute, s.o.Idle/10).Microseconds() {
		s.touch(a.Session, now)
	}
	return a, nil
}

// touch notes in the background that the session is in use.
func (s *Service) touch(session, now int64) {
	s.used("session", "UPDATE session SET seen_at = ? WHERE district = 0 AND id = ? AND seen_at < ?", now, session, now)
}

// used notes in the background that something is in use; a reader does not wait
// for it, nor fail when the disk is full.
func (s *Service) used(what, update string, args ...any) {
	if s.closed.Load() {
		return
	}
	s.bg.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err := s.db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(update, args...)
			return err
		})
		if err != nil {
			slog.Warn("identity: use not noted", "of", what, "error", err)
		}
	})
}

func (c *actorCache) keep(digest [32]byte, v *cached) {
	_, had := c.m.Swap(digest, v)
	if had {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size++
	if c.size < max(c.sweepAt, 4096) {
		return
	}
	// Entries that are over are of no use; a second's worth of users stays.
	now := time.Since(c.start)
	c.size = 0
	c.m.Range(func(k, v any) bool {
		if v.(*cached).until < now {
			c.m.Delete(k)
		} else {
			c.size++
		}
		return true
	})
	c.sweepAt = 2 * c.size
}

func (c *actorCache) forget(digest [32]byte) { c.m.Delete(digest) }

// Author is the account with all the posts that it ever held, disabled or not:
// for what it recorded earlier and only now arrives. errs.NotFound if there is
// none.
func (s *Service) Author(ctx context.Context, account int64) (*access.Actor, error) {
	q := reading{ctx, s.db}
	row, err := oneAccount(q, "a.id = ?", account)
	if err != nil {
		return nil, err
	}
	a := &access.Actor{Account: row.ID, Login: row.Login, Name: row.Name, Lang: row.Lang}
	a.Posts, err = postsOf(q, account)
	return a, err
}
