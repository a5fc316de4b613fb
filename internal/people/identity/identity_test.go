package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

func TestMain(m *testing.M) {
	access.SetDistricts(990101, 990102)
	os.Exit(m.Run())
}

const today = 20261123

var (
	ctx    = context.Background()
	system = access.System("test")
)

type city struct{}

func (city) RegionName(code int64) (string, bool) {
	name, ok := map[int64]string{9901: "澄湖市", 990101: "湖东区", 990102: "湖西区", 990101001: "临湖街道", 990101002: "桥头街道", 990101001001: "柳堤社区", 990101001002: "荷塘社区"}[code]
	return name, ok
}

func (city) GridCommunity(grid int64) (int64, bool) {
	c, ok := map[int64]int64{11: 990101001001, 12: 990101001002}[grid]
	return c, ok
}

func open(t *testing.T, db *store.DB) *Service {
	t.Helper()
	s, err := New(ctx, db, Options{Regions: city{}, Today: func() int { return today },
		City: func() City { return City{Name: "澄湖市", Code: 9901, Synthetic: true} }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

const good = "correct-horse-7"

func create(t *testing.T, s *Service, login string, posts ...NewPost) Account {
	t.Helper()
	made, err := s.CreateAll(ctx, system, []NewAccount{{Login: login, Name: "测试 " + login, Password: good, Posts: posts}})
	if err != nil {
		t.Fatal(err)
	}
	return made[0]
}

func signIn(t *testing.T, s *Service, login string) (string, *access.Actor) {
	t.Helper()
	token, a, err := s.SignIn(ctx, login, good, home, "test")
	if err != nil {
		t.Fatal(err)
	}
	return token, a
}

func as(t *testing.T, s *Service, login string, p access.Perm) access.Scope {
	t.Helper()
	_, a := signIn(t, s, login)
	scope, err := a.Scope(p, today)
	if err != nil {
		t.Fatal(err)
	}
	return scope
}

func want(t *testing.T, err error, k *errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Errorf("got %v, want %s", err, k.Code)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestChangesActAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		other := open(t, db) // as in another process
		acc := create(t, s, "worker", NewPost{Role: "handler", Org: org(t, s, "C01", 990101).ID})
		token, a := signIn(t, s, "worker")
		_, err := other.Actor(ctx, token)
		ok(t, err)
		scope, err := a.Scope(access.CaseHandle, today)
		ok(t, err)
		if got := scope.Post().Region; got != 990101 {
			t.Errorf("region %d", got)
		}
		_, err = s.EndPost(ctx, system, a.Posts[0].ID, today)
		ok(t, err)
		a, err = s.Actor(ctx, token)
		ok(t, err)
		if a.Can(access.CaseHandle, today) {
			t.Error("an ended post still counts")
		}
		_, err = s.EndPost(ctx, system, a.Posts[0].ID, 0)
		want(t, err, PostEnded)
		yes := true
		got, err := s.AccountByID(ctx, system, acc.ID)
		ok(t, err)
		_, err = s.UpdateAccount(ctx, system, acc.ID, got.Version, Change{Disabled: &yes})
		ok(t, err)
		_, err = s.Actor(ctx, token)
		want(t, err, errs.Unauthorized)
		_, err = other.Actor(ctx, token)
		ok(t, err) // it may not know yet
		other.cache.start = other.cache.start.Add(-actorLife)
		_, err = other.Actor(ctx, token) // a second later it does
		want(t, err, errs.Unauthorized)
	})
}

func org(t *testing.T, s *Service, code string, region int64) Org {
	t.Helper()
	made, err := s.CreateOrgs(ctx, system, []Org{{Code: code, Name: "机构 " + code, Kind: "department", Region: region}})
	ok(t, err)
	return made[0]
}

func TestPostsAreChecked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		water := org(t, s, "C01", 990101)
		closed, err := s.CreateOrgs(ctx, system, []Org{{Code: "C02", Name: "已撤销", Kind: "department", Region: 990101, From: 20200101, To: 20210101}})
		ok(t, err)
		acc := create(t, s, "worker")
		for _, c := range []struct {
			name  string
			post  NewPost
			field string // "" = accepted
		}{
			{"unknown role", NewPost{Role: "king", Region: 9901}, "role"},
			{"role at the wrong level", NewPost{Role: "dispatcher", Region: 990101}, "region"},
			{"unknown region", NewPost{Role: "dispatcher", Region: 990101009}, "region"},
			{"no region", NewPost{Role: "dispatcher"}, "region"},
			{"street", NewPost{Role: "dispatcher", Region: 990101001}, ""},
			{"grid that is not", NewPost{Role: "grid_worker", Grid: 99}, "grid_id"},
			{"grid elsewhere", NewPost{Role: "grid_worker", Grid: 11, Region: 990101001002}, "region"},
			{"grid", NewPost{Role: "grid_worker", Grid: 11}, ""},
			{"handler without organisation", NewPost{Role: "handler", Region: 990101}, "org"},
			{"handler of a closed organisation", NewPost{Role: "handler", Org: closed[0].ID}, "org"},
			{"handler outside the organisation's region", NewPost{Role: "handler", Org: water.ID, Region: 990102}, "region"},
			{"handler of a street branch", NewPost{Role: "handler", Org: water.ID, Region: 990101001}, ""},
			{"end before beginning", NewPost{Role: "leader", Region: 9901, From: today, To: today}, "to"},
			{"no such day", NewPost{Role: "leader", Region: 9901, From: 20261340}, "from"},
		} {
			_, err := s.AddPost(ctx, system, acc.ID, c.post)
			switch {
			case c.field == "" && err != nil:
				t.Errorf("%s: %v", c.name, err)
			case c.field != "" && (err == nil || errs.As(err).Field != c.field):
				t.Errorf("%s: got %v, want field %s", c.name, err, c.field)
			}
		}
		_, err = s.AddPost(ctx, system, acc.ID, NewPost{Role: "grid_worker", Grid: 11})
		want(t, err, PostDoubled)
		got, err := s.AccountByID(ctx, system, acc.ID)
		ok(t, err)
		if len(got.Posts) != 3 || got.Posts[1].Region != 990101001001 {
			t.Errorf("posts %+v", got.Posts)
		}
	})
}

func TestOfficesStayApart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		top := NewPost{Role: "security", Region: 9901}
		sec := create(t, s, "sec", top)
		create(t, s, "sec.east", NewPost{Role: "security", Region: 990101})
		scope := as(t, s, "sec", access.AccountWrite)
		admin := create(t, s, "adm", NewPost{Role: "admin", Region: 9901})
		for _, role := range []string{"security", "auditor"} {
			_, err := s.AddPost(ctx, scope, admin.ID, NewPost{Role: role, Region: 9901})
			want(t, err, OfficeConflict)
		}
		_, err := s.AddPost(ctx, scope, admin.ID, NewPost{Role: "leader", Region: 9901})
		ok(t, err)
		_, err = s.CreateAll(ctx, system, []NewAccount{{Login: "both", Name: "两职", Posts: []NewPost{{Role: "admin", Region: 9901}, {Role: "auditor", Region: 9901}}}})
		want(t, err, OfficeConflict)

		_, err = s.AddPost(ctx, scope, sec.ID, NewPost{Role: "leader", Region: 9901})
		want(t, err, OwnAccount)
		_, err = s.EndPost(ctx, scope, sec.Posts[0].ID, today)
		want(t, err, OwnAccount)
		_, err = s.ResetPassword(ctx, scope, sec.ID)
		want(t, err, OwnAccount)
		yes := true
		_, err = s.UpdateAccount(ctx, scope, sec.ID, 1, Change{Disabled: &yes})
		want(t, err, OwnAccount)

		// A district's administrator reaches neither the city nor its neighbour.
		east := as(t, s, "sec.east", access.AccountWrite)
		_, err = s.AddPost(ctx, east, admin.ID, NewPost{Role: "dispatcher", Region: 990101001})
		want(t, err, errs.NotFound)
		west := create(t, s, "west", NewPost{Role: "callback", Region: 990102})
		_, err = s.ResetPassword(ctx, east, west.ID)
		want(t, err, errs.NotFound)
		own, password, err := s.CreateAccount(ctx, east, NewAccount{Login: "new.east", Name: "新人", Posts: []NewPost{{Role: "dispatcher", Region: 990101001}}})
		ok(t, err)
		if own.Home != 990101 || !own.MustChange || len(password) < 16 {
			t.Errorf("created %+v, password of %d", own, len(password))
		}
		_, err = s.AddPost(ctx, east, own.ID, NewPost{Role: "callback", Region: 990102})
		want(t, err, errs.NotFound)
		_, err = s.AddPost(ctx, east, own.ID, NewPost{Role: "leader", Region: 9901})
		want(t, err, errs.NotFound)
		_, err = s.AddPost(ctx, east, own.ID, NewPost{Role: "community", Region: 990101001001, From: 20200101})
		want(t, err, errs.Invalid)
		list, _, err := s.Accounts(ctx, east, Filter{})
		ok(t, err)
		if got := logins(list); !cmp.Equal(got, []string{"new.east", "sec.east"}) {
			t.Errorf("the east sees %v", got)
		}
	})
}

func logins(list []Account) []string {
	out := []string{}
	for _, a := range list {
		out = append(out, a.Login)
	}
	return out
}

// TestConcurrentAppointments lets two administrators appoint one account to two
// offices at once; only one succeeds.
func TestConcurrentAppointments(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		acc := create(t, s, "both")
		for round := range 5 {
			errsAt := make([]error, 2)
			posts := make([]access.Post, 2)
			var wg sync.WaitGroup
			for i, role := range []string{"admin", "auditor"} {
				wg.Go(func() {
					posts[i], errsAt[i] = s.AddPost(ctx, system, acc.ID, NewPost{Role: role, Region: 9901, To: today + 1 + round})
				})
			}
			wg.Wait()
			if (errsAt[0] == nil) == (errsAt[1] == nil) {
				t.Fatalf("both or none appointed: %v", errsAt)
			}
			for i := range posts {
				if errsAt[i] == nil {
					_, err := s.EndPost(ctx, system, posts[i].ID, today)
					ok(t, err)
				} else {
					want(t, errsAt[i], OfficeConflict)
				}
			}
		}
	})
}

func TestOrganisationsHaveVersions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		create(t, s, "adm", NewPost{Role: "admin", Region: 990101})
		scope := as(t, s, "adm", access.OrgWrite)
		made, err := s.CreateOrgs(ctx, scope, []Org{
			{Code: "A", Name: "城管局", Kind: "department", Region: 990101},
			{Code: "B", Name: "城管局临湖中队", Kind: "department", Region: 990101001, Parent: -1},
		})
		ok(t, err)
		if made[1].Parent != made[0].ID || made[1].District != 990101 {
			t.Errorf("made %+v", made)
		}
		_, err = s.CreateOrgs(ctx, scope, []Org{{Code: "A", Name: "重复", Kind: "department", Region: 990101}})
		want(t, err, CodeTaken)
		_, err = s.CreateOrgs(ctx, scope, []Org{{Code: "C", Name: "别区", Kind: "department", Region: 990102}})
		want(t, err, errs.NotFound)
		loop := made[0]
		loop.Parent = made[1].ID
		_, err = s.UpdateOrg(ctx, scope, loop)
		want(t, err, errs.Invalid)
		renamed := made[0]
		renamed.Name, renamed.Short = "城市管理局", "城管"
		v2, err := s.UpdateOrg(ctx, scope, renamed)
		ok(t, err)
		_, err = s.UpdateOrg(ctx, scope, renamed)
		want(t, err, errs.Stale)
		d := s.Directory()
		if got, _ := d.Org(v2.ID); got != v2 || s.OrgName(v2.ID) != "城市管理局" {
			t.Errorf("directory has %+v", got)
		}
		if got := d.Orgs("城管", "department", today); len(got) != 2 {
			t.Errorf("found %+v", got)
		}
	})
}

func TestDirectoryHolders(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		other := open(t, db)
		chief := create(t, s, "chief", NewPost{Role: "chief", Region: 990101001})
		create(t, s, "chief2", NewPost{Role: "chief", Region: 990101002})
		create(t, s, "gone", NewPost{Role: "chief", Region: 990101001, From: 20200101, To: today})
		at := access.Target{District: 990101, Street: 990101001}
		got := s.Directory().Holders(access.CaseApprove, at, today)
		if len(got) != 1 || got[0].Account != chief.ID || got[0].Name != "测试 chief" {
			t.Errorf("holders %+v", got)
		}
		other.dir.Load().until = time.Time{} // a second later the other process knows too
		if got := other.Directory().Holders(access.CaseApprove, at, today); len(got) != 1 {
			t.Errorf("the other process has %+v", got)
		}
	})
}

func TestAccountsPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		water := org(t, s, "C01", 990101)
		var all []NewAccount
		for i := range 7 {
			all = append(all, NewAccount{Login: fmt.Sprintf("user%d", i), Name: fmt.Sprintf("张%d_%%", i), Posts: []NewPost{{Role: "handler", Org: water.ID}}})
		}
		all = append(all, NewAccount{Login: "leader", Name: "李领导", Posts: []NewPost{{Role: "leader", Region: 9901}}})
		_, err := s.CreateAll(ctx, system, all)
		ok(t, err)
		var got []string
		for after := ""; ; {
			page, next, err := s.Accounts(ctx, system, Filter{Role: "handler", Org: water.ID, Limit: 3, After: after})
			ok(t, err)
			got = append(got, logins(page)...)
			if next == "" {
				break
			}
			after = next
		}
		if len(got) != 7 || !slices.IsSorted(got) {
			t.Errorf("pages give %v", got)
		}
		for q, n := range map[string]int{"张": 7, "李领": 1, "_%": 7, "%": 7, "USER3": 1, "nobody": 0} {
			list, _, err := s.Accounts(ctx, system, Filter{Q: q})
			ok(t, err)
			if len(list) != n {
				t.Errorf("q=%q finds %v", q, logins(list))
			}
		}
		_, err = s.CreateAll(ctx, system, []NewAccount{{Login: "user3", Name: "再来"}})
		want(t, err, LoginTaken)
		_, err = s.CreateAll(ctx, system, []NewAccount{{Login: "twice", Name: "甲"}, {Login: "Twice", Name: "乙"}})
		want(t, err, LoginTaken)
		for _, login := range []string{"", "1abc", "a", "has space", "名字", strings.Repeat("a", 33)} {
			if _, err := s.CreateAll(ctx, system, []NewAccount{{Login: login, Name: "甲"}}); err == nil || errs.As(err).Field != "login" {
				t.Errorf("login %q: %v", login, err)
			}
		}
	})
}

// TestEveryChangeIsAudited holds the trail's last entry for each object equal
// to its row.
func TestEveryChangeIsAudited(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		water := org(t, s, "C01", 990101)
		_, err := s.UpdateOrg(ctx, system, water)
		ok(t, err)
		acc := create(t, s, "worker", NewPost{Role: "handler", Org: water.ID})
		p, err := s.AddPost(ctx, system, acc.ID, NewPost{Role: "community", Region: 990101001001})
		ok(t, err)
		_, err = s.EndPost(ctx, system, p.ID, today)
		ok(t, err)
		_, a := signIn(t, s, "worker")
		ok(t, s.SetLang(ctx, a, "en"))
		ok(t, s.ChangePassword(ctx, a, good, good+"!", home))
		_, err = s.ResetPassword(ctx, system, acc.ID)
		ok(t, err)
		type last struct {
			seq    int
			digest string
		}
		trail := map[string]last{}
		var actions []string
		rows, err := db.Query(ctx, "SELECT action, object, object_id, seq, digest, detail FROM audit WHERE district = 0 ORDER BY idx")
		ok(t, err)
		defer rows.Close()
		for rows.Next() {
			var action, object, detail string
			var id int64
			var seq int
			var digest []byte
			ok(t, rows.Scan(&action, &object, &id, &seq, &digest, &detail))
			actions = append(actions, action)
			if strings.Contains(detail, "测试") {
				t.Errorf("a name in the trail: %s", detail)
			}
			if object != "session" {
				trail[fmt.Sprint(object, " ", id)] = last{seq, string(digest)}
			}
		}
		ok(t, rows.Err())
		if diff := cmp.Diff([]string{"org.create", "org.update", "post.add", "account.create", "post.add", "account.posts", "post.end", "account.posts",
			"session.open", "account.update", "account.change_password", "account.reset_password"}, actions); diff != "" {
			t.Error(diff)
		}
		for key, l := range trail {
			var object string
			var id int64
			_, err := fmt.Sscan(key, &object, &id)
			ok(t, err)
			seq, digest, err := s.Digest(ctx, object, id)
			ok(t, err)
			if seq != l.seq || string(digest[:]) != l.digest {
				t.Errorf("%s: row and trail differ (version %d, entry %d)", key, seq, l.seq)
			}
		}
	})
}

func TestACityLoadsQuickly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		water := org(t, s, "C01", 990101)
		var all []NewAccount
		for i := range 800 {
			all = append(all, NewAccount{Login: fmt.Sprintf("user%d", i), Name: "演示", Posts: []NewPost{{Role: "handler", Org: water.ID}, {Role: "grid_worker", Grid: 11}}})
		}
		begun := time.Now()
		made, err := s.CreateAll(ctx, system, all)
		ok(t, err)
		if took := time.Since(begun); took > 3*time.Second || len(made) != 800 || len(made[799].Posts) != 2 {
			t.Errorf("%d accounts in %v", len(made), took)
		}
	})
}

func TestNewPermissionsReachRolesOfAnOlderInstallation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if err := seedRoles(ctx, db); err != nil {
			t.Fatal(err)
		}
		set := func(code, perms string) {
			t.Helper()
			err := db.Write(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec("UPDATE role SET perms = ? WHERE district = 0 AND code = ?", perms, code)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		before, err := loadRoles(reading{ctx, db})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range before { // the program before outbox.manage, in a city that took case.export from its desk
			perms := slices.DeleteFunc(slices.Clone(r.Perms), func(p access.Perm) bool {
				return p == access.OutboxManage || p == access.CaseExport && r.Code == "district_desk"
			})
			b, err := json.Marshal(perms)
			if err != nil {
				t.Fatal(err)
			}
			set(r.Code, string(b))
		}
		if err := seedRoles(ctx, db); err != nil {
			t.Fatal(err)
		}
		after, err := loadRoles(reading{ctx, db})
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range after {
			for _, p := range access.Perms() {
				want := before[i].Grants(p) && (p != access.CaseExport || r.Code != "district_desk")
				if r.Grants(p) != want {
					t.Errorf("%s grants %s: %v", r.Code, p, !want)
				}
			}
		}
	})
}
