package identity

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Regions is what this room needs to know of the city's regions and grids.
type Regions interface {
	// RegionName is the name of a region in force; false if there is none.
	RegionName(code int64) (string, bool)
	// GridCommunity is the community in which a grid in force lies (0: not
	// known, the post says); false if there is no such grid.
	GridCommunity(grid int64) (int64, bool)
}

// City is what pages say about the city they serve.
type City struct {
	Name      string
	Code      int64
	Synthetic bool // invented for demonstration; every page says so
}

// Options connect the room with its neighbours. Zero values mean the default.
type Options struct {
	Regions  Regions        // nil: any region is taken, and called by its code
	City     func() City    // nil: no name
	Today    func() int     // the city's day yyyymmdd; nil: today in Zone
	Zone     *time.Location // nil: UTC+8
	Idle     time.Duration  // a session unused that long ends; default 12 h
	Absolute time.Duration  // a session ends after this in any case; default 7 days
}

// Service is the room's door.
type Service struct {
	db      *store.DB
	o       Options
	hash    *hasher
	cache   actorCache
	gen     atomic.Uint64 // raised by every change in this process
	dir     atomic.Pointer[directoryState]
	dirMu   sync.Mutex
	stripes [64]chan struct{} // one sign-in at a time for a login
	bg      sync.WaitGroup
	closed  atomic.Bool
}

// New seeds the role table if it is empty, puts its roles in force and returns
// the service. The database must be migrated.
func New(ctx context.Context, db *store.DB, o Options) (*Service, error) {
	if o.Regions == nil {
		o.Regions = anyRegion{}
	}
	if o.City == nil {
		o.City = func() City { return City{} }
	}
	if o.Zone == nil {
		o.Zone = time.FixedZone("CST", 8*3600)
	}
	if o.Idle <= 0 {
		o.Idle = 12 * time.Hour
	}
	if o.Absolute <= 0 {
		o.Absolute = 7 * 24 * time.Hour
	}
	s := &Service{db: db, o: o, hash: newHasher()}
	if s.o.Today == nil {
		s.o.Today = func() int { return dayOf(db.Now(), o.Zone) }
	}
	for i := range s.stripes {
		s.stripes[i] = make(chan struct{}, 1)
	}
	s.cache.init()
	if err := seedRoles(ctx, db); err != nil {
		return nil, err
	}
	if err := s.refresh(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Close waits for what runs in the background.
func (s *Service) Close() {
	s.closed.Store(true)
	s.bg.Wait()
}

func dayOf(micros int64, zone *time.Location) int {
	y, m, d := time.UnixMicro(micros).In(zone).Date()
	return y*10000 + int(m)*100 + d
}

// changed makes everything kept in memory old. It is called after the commit
// of every change, before its caller hears of it.
func (s *Service) changed() { s.gen.Add(1) }

type anyRegion struct{}

func (anyRegion) RegionName(code int64) (string, bool) { return strconv.FormatInt(code, 10), true }

func (anyRegion) GridCommunity(int64) (int64, bool) { return 0, true }

// CreateAccount makes an account whose password has to be changed at the first
// sign-in, and returns that one-time password, once; a program's has none. The scope must reach the
// account's home and the posts' regions.
func (s *Service) CreateAccount(ctx context.Context, scope access.Scope, n NewAccount) (Account, string, error) {
	password := n.Password
	if password == "" && n.Kind != Program {
		password = oneTimePassword()
	}
	n.Password, n.MustChange = password, n.Kind != Program
	made, err := s.create(ctx, scope, []NewAccount{n})
	if err != nil {
		return Account{}, "", err
	}
	return made[0], password, nil
}

// CreateAll makes many accounts in one write: all or none. An account without
// a password cannot sign in until ResetPassword gives it one, so that a whole
// city loads without hashing passwords that nobody will type.
func (s *Service) CreateAll(ctx context.Context, scope access.Scope, all []NewAccount) ([]Account, error) {
	return s.create(ctx, scope, all)
}

func (s *Service) create(ctx context.Context, scope access.Scope, all []NewAccount) ([]Account, error) {
	today := s.o.Today()
	all = slices.Clone(all)
	hashes := make([]string, len(all))
	logins := make(map[string]bool, len(all))
	for i := range all {
		n := &all[i]
		n.Login = normalLogin(n.Login)
		err := checkLogin(n.Login)
		if err == nil && n.Kind != "" && n.Kind != Person && n.Kind != Program {
			err = invalid("kind", "请选 person 或 service", "choose person or service")
		}
		if err == nil && n.Kind == Program && n.Password != "" {
			err = OnlyPersons.New().In("password")
		}
		if err == nil {
			n.Name, err = checkName("name", n.Name, 40)
		}
		if err == nil {
			n.Lang, err = checkLang(n.Lang)
		}
		if err == nil && n.Password != "" {
			err = checkPassword("password", n.Password, n.Login)
		}
		if err == nil && logins[n.Login] {
			err = LoginTaken.New("login", n.Login).In("login")
		}
		if err != nil {
			return nil, err
		}
		logins[n.Login] = true
		if n.Password != "" {
			if hashes[i], err = s.hash.hash(ctx, n.Password); err != nil {
				return nil, err
			}
		}
	}
	var made []Account
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		made = make([]Account, 0, len(all))
		w := s.writer(tx, scope, today)
		for i, n := range all {
			a, err := w.account(n, hashes[i])
			if err != nil {
				return err
			}
			made = append(made, a)
		}
		return w.done()
	})
	if store.IsDuplicate(err) {
		return nil, LoginTaken.New("login", all[0].Login).In("login")
	}
	return made, err
}

// UpdateAccount changes an account of the given version. Disabling ends all
// its sessions at once.
func (s *Service) UpdateAccount(ctx context.Context, scope access.Scope, id int64, version int, c Change) (Account, error) {
	if c.Name != nil {
		name, err := checkName("name", *c.Name, 40)
		if err != nil {
			return Account{}, err
		}
		c.Name = &name
	}
	if c.Lang != nil {
		lang, err := checkLang(*c.Lang)
		if err != nil {
			return Account{}, err
		}
		c.Lang = &lang
	}
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		w := s.writer(tx, scope, s.o.Today())
		a, err := w.reach(id)
		if err != nil {
			return err
		}
		if a.Version != version {
			return errs.Stale.New("current", a.Version)
		}
		var did []string
		if c.Name != nil && *c.Name != a.Name {
			a.Name, did = *c.Name, append(did, "name")
		}
		if c.Lang != nil && *c.Lang != a.Lang {
			a.Lang, did = *c.Lang, append(did, "lang")
		}
		action := "account.update"
		if c.Disabled != nil && *c.Disabled != (a.DisabledAt != 0) {
			a.DisabledAt, action = 0, "account.enable"
			if *c.Disabled {
				a.DisabledAt, action = tx.Now(), "account.disable"
				if _, err := deleteSessions(tx, id, 0); err != nil {
					return err
				}
			}
		}
		if len(did) == 0 && action == "account.update" {
			return nil
		}
		if err := w.save(&a, action, map[string]any{"fields": did}); err != nil {
			return err
		}
		return w.done()
	})
	if err != nil {
		return Account{}, err
	}
	return s.AccountByID(ctx, scope, id)
}

// ResetPassword gives the account a one-time password, which it must change at
// the next sign-in, ends its sessions and lifts any delay. It returns the
// password, once.
func (s *Service) ResetPassword(ctx context.Context, scope access.Scope, id int64) (string, error) {
	password := oneTimePassword()
	hash, err := s.hash.hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		w := s.writer(tx, scope, s.o.Today())
		a, err := w.reach(id)
		if err != nil {
			return err
		}
		if a.Kind == Program {
			return OnlyPersons.New()
		}
		a.hash, a.MustChange = hash, true
		if _, err := deleteSessions(tx, id, 0); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM sign_in_delay WHERE district = 0 AND key = ?", loginKey(a.Login)); err != nil {
			return err
		}
		if err := w.save(&a, "account.reset_password", nil); err != nil {
			return err
		}
		return w.done()
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// AddPost gives the account a post. Nobody gives one to himself, and one
// account never comes to hold two of the three offices.
func (s *Service) AddPost(ctx context.Context, scope access.Scope, account int64, n NewPost) (access.Post, error) {
	today := s.o.Today()
	if scope.SystemReason() == "" && n.From != 0 && n.From < today {
		return access.Post{}, invalid("from", "不能早于今天", "not earlier than today")
	}
	var p access.Post
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		w := s.writer(tx, scope, today)
		a, err := w.reach(account)
		if err != nil {
			return err
		}
		if p, err = w.post(&a, n, false); err != nil {
			return err
		}
		// The account's version is what two administrators at once trip over.
		if err := w.save(&a, "", nil); err != nil {
			return err
		}
		return w.done()
	})
	return p, err
}

// EndPost sets the first day on which the post is no longer in force: today at
// the earliest, which acts at once. Zero opens it again if it has not ended.
func (s *Service) EndPost(ctx context.Context, scope access.Scope, post int64, to int) (access.Post, error) {
	today := s.o.Today()
	if to != 0 && (!validDay(to) || to < today) {
		return access.Post{}, invalid("to", "应为今天或以后的日期,如 20260131", "write today or a later day, such as 20260131")
	}
	var p access.Post
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		w := s.writer(tx, scope, today)
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
		if row.To != 0 && row.To <= today {
			return PostEnded.New()
		}
		if err := w.until(&a, &row, to); err != nil {
			return err
		}
		if to == 0 || to > today { // it may have been out of conflict only because of its end
			if err := checkOffices(a.Kind, a.Posts, today); err != nil {
				return err
			}
		}
		if err := w.save(&a, "", nil); err != nil {
			return err
		}
		p = row.Post
		return w.done()
	})
	return p, err
}

// CreateOrgs makes organisations, all or none, and returns them with ids. A
// parent may be one of the same call, named by its place: -1 the first, -2 the
// second, and so on; it must come before its children.
func (s *Service) CreateOrgs(ctx context.Context, scope access.Scope, all []Org) ([]Org, error) {
	today := s.o.Today()
	var made []Org
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		made = make([]Org, 0, len(all))
		w := s.writer(tx, scope, today)
		codes := map[string]bool{}
		for _, o := range all {
			if key := fmt.Sprint(access.DistrictOf(o.Region), " ", o.Code); codes[key] {
				return CodeTaken.New("code", o.Code).In("code")
			} else {
				codes[key] = true
			}
			if o.Parent < 0 && int(-o.Parent) <= len(made) {
				o.Parent = made[-o.Parent-1].ID
			}
			o.ID, o.Version = tx.NextID(), 1
			if err := w.org(&o, nil); err != nil {
				return err
			}
			made = append(made, o)
		}
		return w.done()
	})
	if store.IsDuplicate(err) {
		return nil, CodeTaken.New("code", all[0].Code).In("code")
	}
	return made, err
}

// UpdateOrg replaces the organisation of o.ID whose version is o.Version. It
// cannot move to another district; its earlier form stays in the audit trail.
func (s *Service) UpdateOrg(ctx context.Context, scope access.Scope, o Org) (Org, error) {
	today := s.o.Today()
	out := o
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		w := s.writer(tx, scope, today)
		old, err := orgByID(tx, o.ID)
		if err != nil {
			return err
		}
		if err := scope.Check(targetOf(old.Region)); err != nil {
			return err
		}
		if old.Version != o.Version {
			return errs.Stale.New("current", old.Version)
		}
		out = o
		out.Version++
		if out.From == 0 {
			out.From = old.From
		}
		if access.DistrictOf(out.Region) != old.District {
			return invalid("region", "不能移到其他区县,请新建机构", "it cannot move to another district; create a new one")
		}
		if err := w.org(&out, &old); err != nil {
			return err
		}
		return w.done()
	})
	if store.IsDuplicate(err) {
		return Org{}, CodeTaken.New("code", o.Code).In("code")
	}
	return out, err
}

// targetOf is a region as something that a scope reaches or not.
func targetOf(region int64) access.Target {
	t := access.Target{District: access.DistrictOf(region)}
	switch access.Digits(region) {
	case 9:
		t.Street = region
	case 12:
		t.Street, t.Community = region/1000, region
	}
	return t
}
