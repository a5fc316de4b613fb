package access_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

const today = 20261123

func TestMain(m *testing.M) {
	access.SetDistricts(990101, 990102, 990103, 880101)
	os.Exit(m.Run())
}

func actor(posts ...access.Post) *access.Actor { return &access.Actor{Account: 7, Posts: posts} }

func TestZeroValuesReachNothing(t *testing.T) {
	t.Parallel()
	var s access.Scope
	if sql, args := s.Where(access.Cols{District: "d", Org: "o"}); sql != "1=0" || args != nil {
		t.Errorf("zero scope: %s %v", sql, args)
	}
	if s.Covers(access.Target{}) || s.Covers(access.Target{District: 990101}) || !s.Empty() || len(s.Districts()) != 0 {
		t.Error("the zero scope reaches something")
	}
	var p access.Policy
	if _, err := p.Authorize(actor(access.Post{Role: "admin", Region: 9901}), today); !errs.Is(err, access.Forbidden) || p.Declared() {
		t.Errorf("zero policy: %v", err)
	}
	var nobody *access.Actor
	if _, err := nobody.Scope(access.CaseRead, today); !errs.Is(err, errs.NotFound) {
		t.Errorf("anonymous scope: %v", err)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	dispatcher := actor(access.Post{Role: "dispatcher", Region: 990101001, From: 20260101})
	ended := actor(access.Post{Role: "dispatcher", Region: 990101001, From: 20260101, To: today})
	future := actor(access.Post{Role: "dispatcher", Region: 990101001, From: today + 1})
	fresh := &access.Actor{MustChange: true, Posts: dispatcher.Posts}
	for _, c := range []struct {
		name   string
		policy access.Policy
		who    *access.Actor
		want   *errs.Kind
	}{
		{"public lets anybody in", access.Public, nil, nil},
		{"signed in refuses anonymous", access.SignedIn, nil, errs.Unauthorized},
		{"signed in takes a person without post", access.SignedIn, ended, nil},
		{"needs refuses anonymous", access.Needs(access.CaseRead), nil, errs.Unauthorized},
		{"needs takes the right role", access.Needs(access.CaseDispatch), dispatcher, nil},
		{"any of several is enough", access.Needs(access.AuditRead, access.CaseDispatch), dispatcher, nil},
		{"needs refuses the wrong role", access.Needs(access.AuditRead), dispatcher, access.Forbidden},
		{"a post ended today is out of force", access.Needs(access.CaseDispatch), ended, access.Forbidden},
		{"a post of tomorrow is not yet in force", access.Needs(access.CaseDispatch), future, access.Forbidden},
		{"the first password has to be changed", access.Needs(access.CaseDispatch), fresh, access.MustChangePassword},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := c.policy.Authorize(c.who, today)
			if c.want == nil && err != nil || c.want != nil && !errs.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWhereIsShort(t *testing.T) {
	t.Parallel()
	cols := access.Cols{District: "c.district", Street: "c.street", Community: "c.community", Grid: "c.grid",
		Org: "(c.lead = ? OR EXISTS (SELECT 1 FROM u WHERE u.org = ?))"}
	post := func(role string, region, grid, org int64) access.Post {
		return access.Post{Role: role, Region: region, Grid: grid, Org: org}
	}
	for _, c := range []struct {
		name  string
		posts []access.Post
		sql   string
		args  []any
	}{
		{"city", []access.Post{post("operator", 9901, 0, 0)}, "c.district IN (?,?,?,?)", []any{int64(0), int64(990101), int64(990102), int64(990103)}},
		{"district", []access.Post{post("operator", 990102, 0, 0)}, "c.district = ?", []any{int64(990102)}},
		{"two streets", []access.Post{post("dispatcher", 990101001, 0, 0), post("dispatcher", 990102001, 0, 0)}, "c.street IN (?,?)", []any{int64(990101001), int64(990102001)}},
		{"community and grid", []access.Post{post("community", 990101001002, 0, 0), post("grid_worker", 990101001002, 55, 0)}, "(c.community = ? OR c.grid = ?)", []any{int64(990101001002), int64(55)}},
		{"organisation of a district", []access.Post{post("handler", 990101, 0, 9)}, "(c.district = ? AND (c.lead = ? OR EXISTS (SELECT 1 FROM u WHERE u.org = ?)))", []any{int64(990101), int64(9), int64(9)}},
		{"organisation of the city", []access.Post{post("handler", 9901, 0, 9)}, "(c.district IN (?,?,?,?) AND (c.lead = ? OR EXISTS (SELECT 1 FROM u WHERE u.org = ?)))", []any{int64(0), int64(990101), int64(990102), int64(990103), int64(9), int64(9)}},
		{"a role that does not grant it adds nothing", []access.Post{post("admin", 9901, 0, 0), post("operator", 990102, 0, 0)}, "c.district = ?", []any{int64(990102)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := actor(c.posts...).Scope(access.CaseRead, today)
			if err != nil {
				t.Fatal(err)
			}
			sql, args := s.Where(cols)
			if diff := cmp.Diff(c.sql, sql) + cmp.Diff(c.args, args); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWhereIsCovers holds the two readings of a scope equal: SQL on SQLite and
// Go, for random posts and rows, whole, and narrowed to each district; and the
// districts' parts add up to the whole.
func TestWhereIsCovers(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", "file:scope?mode=memory&cache=shared")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{
		`CREATE TABLE c (id INTEGER PRIMARY KEY, district INTEGER, street BIGINT, community BIGINT, grid BIGINT, lead BIGINT)`,
		`CREATE TABLE u (c BIGINT, org BIGINT)`,
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	cols := access.Cols{District: "c.district", Street: "c.street", Community: "c.community", Grid: "c.grid",
		Org: "(c.lead = ? OR EXISTS (SELECT 1 FROM u WHERE u.c = c.id AND u.org = ?))"}
	city := rapid.SampledFrom([]int64{9901, 8801})
	district := rapid.Custom(func(t *rapid.T) int64 {
		return rapid.SampledFrom([]int64{990101, 990102, 990103, 880101}).Draw(t, "district")
	})
	street := rapid.Custom(func(t *rapid.T) int64 { return district.Draw(t, "d")*1000 + rapid.Int64Range(1, 2).Draw(t, "s") })
	community := rapid.Custom(func(t *rapid.T) int64 { return street.Draw(t, "s")*1000 + rapid.Int64Range(1, 2).Draw(t, "c") })
	small := rapid.Int64Range(1, 4)
	post := rapid.Custom(func(t *rapid.T) access.Post {
		p := access.Post{
			Role:   rapid.SampledFrom([]string{"operator", "dispatcher", "handler", "community", "grid_worker", "leader", "security", "nonsense"}).Draw(t, "role"),
			Region: rapid.OneOf(city, district, street, community, rapid.Just(int64(0)), rapid.Just(int64(99))).Draw(t, "region"),
			From:   rapid.SampledFrom([]int{0, today, today + 1}).Draw(t, "from"),
			To:     rapid.SampledFrom([]int{0, today, today + 1}).Draw(t, "to"),
		}
		if rapid.Bool().Draw(t, "hasGrid") {
			com := community.Draw(t, "community")
			if p.Region > 99_999_999_999 {
				com = p.Region // a grid lies in the post's community
			} else {
				com = int64(access.DistrictOf(p.Region))*1_000_000 + com%1_000_000
			}
			p.Grid = com%1_000_000 + int64(access.DistrictOf(com))*10_000_000 + small.Draw(t, "grid")*1_000_000
		}
		if rapid.Bool().Draw(t, "hasOrg") {
			p.Org = small.Draw(t, "org")
		}
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		rows := map[int64]access.Target{}
		for _, q := range []string{`DELETE FROM c`, `DELETE FROM u`} {
			if _, err := db.Exec(q); err != nil {
				t.Fatal(err)
			}
		}
		for id := range int64(rapid.IntRange(1, 8).Draw(t, "rows")) {
			com := community.Draw(t, "community")
			row := access.Target{District: access.DistrictOf(com), Street: com / 1000, Community: com, Grid: com%1_000_000 + int64(access.DistrictOf(com))*10_000_000 + small.Draw(t, "grid")*1_000_000}
			if rapid.IntRange(0, 5).Draw(t, "unplaced") == 0 {
				row = access.Target{}
			}
			lead := rapid.Int64Range(0, 4).Draw(t, "lead")
			if lead > 0 {
				row.Orgs = append(row.Orgs, lead)
			}
			if _, err := db.Exec(`INSERT INTO c VALUES (?,?,?,?,?,?)`, id, row.District, row.Street, row.Community, row.Grid, lead); err != nil {
				t.Fatal(err)
			}
			if assist := rapid.Int64Range(0, 4).Draw(t, "assist"); assist > 0 {
				row.Orgs = append(row.Orgs, assist)
				if _, err := db.Exec(`INSERT INTO u VALUES (?,?)`, id, assist); err != nil {
					t.Fatal(err)
				}
			}
			rows[id] = row
		}
		check := func(s access.Scope) map[int64]bool {
			where, args := s.Where(cols)
			got := map[int64]bool{}
			found, err := db.Query(`SELECT c.id FROM c WHERE `+where, args...)
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			defer found.Close()
			for found.Next() {
				var id int64
				if err := found.Scan(&id); err != nil {
					t.Fatal(err)
				}
				got[id] = true
			}
			if err := found.Err(); err != nil {
				t.Fatal(err)
			}
			for id, row := range rows {
				if s.Covers(row) != got[id] {
					t.Fatalf("Covers(%+v) = %v, but %s %v gives %v", row, s.Covers(row), where, args, got[id])
				}
			}
			return got
		}
		var s access.Scope
		if rapid.IntRange(0, 9).Draw(t, "system") == 0 {
			s = access.System("test")
		} else {
			s, _ = actor(rapid.SliceOfN(post, 0, 4).Draw(t, "posts")...).Scope(access.CaseRead, today)
		}
		whole, parts := check(s), map[int64]bool{}
		for _, d := range s.Districts() {
			n, ok := s.PerDistrict(d)
			if !ok {
				t.Fatalf("PerDistrict(%d) refused", d)
			}
			for id := range check(n) {
				if rows[id].District != d {
					t.Fatalf("narrowed to %d, but reaches %+v", d, rows[id])
				}
				parts[id] = true
			}
		}
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Fatalf("the districts do not add up: %s", diff)
		}
	})
}

func TestDistrictOf(t *testing.T) {
	t.Parallel()
	for code, want := range map[int64]int{0: 0, 99: 0, 9901: 0, 990101: 990101, 990101001: 990101, 990101001002: 990101} {
		if got := access.DistrictOf(code); got != want {
			t.Errorf("DistrictOf(%d) = %d, want %d", code, got, want)
		}
	}
}

func TestRolesSeparateTheOffices(t *testing.T) {
	t.Parallel()
	office := map[access.Perm]access.Office{
		access.AuditRead: access.OfficeAudit, access.RulesWrite: access.OfficeSystem, access.OrgWrite: access.OfficeSystem,
		access.RegionWrite: access.OfficeSystem, access.AccountWrite: access.OfficeSecurity, access.SessionManage: access.OfficeSecurity,
	}
	used := map[access.Perm]bool{}
	for _, r := range access.DefaultRoles() {
		if r.Label.ZH == "" || r.Label.EN == "" || len(r.Depths) == 0 {
			t.Errorf("role %s is not complete", r.Code)
		}
		for _, p := range r.Perms {
			used[p] = true
			if !p.Known() || p.Name("zh") == "" || p.Name("en") == "" {
				t.Errorf("role %s: permission %q has no name", r.Code, p)
			}
			if o, ok := office[p]; ok && o != r.Office {
				t.Errorf("role %s of office %s has %s", r.Code, r.Office, p)
			}
		}
	}
	for _, p := range access.Perms() {
		if !used[p] {
			t.Errorf("no role has %s", p)
		}
	}
}

// TestVisitorsReportAndActOnTheirOwnCaseAlone: no account can be what they are.
func TestVisitorsReportAndActOnTheirOwnCaseAlone(t *testing.T) {
	t.Parallel()
	v := access.Visitor(9901)
	if !v.Visits() || v.Account() != 0 || !v.Covers(access.Target{District: 990102, Street: 990102001}) || v.Covers(access.Target{District: 880101}) {
		t.Error("a visitor does not reach the city, and nothing else")
	}
	for _, p := range access.Perms() {
		_, err := v.For(p)
		if (err == nil) != (p == access.CaseReport || p == access.CaseOwn) {
			t.Errorf("%s: %v", p, err)
		}
	}
	if v.Owns(0) || v.Owns(7) || v.Own(7).Owns(8) || !v.Own(7).Owns(7) {
		t.Error("what a visitor owns is not what was proved")
	}
	if own, err := v.Own(7).For(access.CaseOwn); err != nil || !own.Owns(7) {
		t.Errorf("the proof is lost: %v", err)
	}
	if access.System("test").Own(7).Owns(7) {
		t.Error("the program owns a case")
	}
	a := &access.Actor{Account: 5, Posts: []access.Post{{Role: "resident", Region: 9901}}}
	if a.Can(access.CaseReport, today) || a.Can(access.CaseOwn, today) {
		t.Error("an account acts as a resident")
	}
	if _, ok := access.RoleByCode("resident"); ok {
		t.Error("accounts can be given the role")
	}
}

func BenchmarkAuthorize(b *testing.B) {
	a := actor(access.Post{Role: "dispatcher", Region: 990101001}, access.Post{Role: "community", Region: 990101001002})
	p := access.Needs(access.CaseRead)
	for b.Loop() {
		if _, err := p.Authorize(a, today); err != nil {
			b.Fatal(err)
		}
	}
}
