package identity

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

var home = netip.MustParseAddr("192.0.2.7")

func TestSignInAndActor(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		acc := create(t, s, "wang.fang", NewPost{Role: "dispatcher", Region: 990101001})
		token, a, err := s.SignIn(ctx, " Wang.Fang ", good, home, "browser")
		ok(t, err)
		if a.Account != acc.ID || a.Login != "wang.fang" || len(a.Posts) != 1 || a.Posts[0].Region != 990101001 || a.MustChange {
			t.Errorf("actor %+v", a)
		}
		again, err := s.Actor(ctx, token)
		if err != nil || again != a {
			t.Errorf("not served from memory: %v", err)
		}
		for _, bad := range []string{"", "x", token[:42] + "!", strings.Repeat("A", 43)} {
			_, err := s.Actor(ctx, bad)
			want(t, err, errs.Unauthorized)
		}
		list, err := s.Sessions(ctx, acc.ID)
		ok(t, err)
		if len(list) != 1 || list[0].Source != "192.0.2.7" || list[0].Agent != "browser" {
			t.Errorf("sessions %+v", list)
		}
		var stored int
		ok(t, db.QueryRow(ctx, "SELECT COUNT(*) FROM session WHERE digest = ?", []byte(token)).Scan(&stored))
		if stored != 0 {
			t.Error("the token itself is stored")
		}
		ok(t, s.EndSession(ctx, system, acc.ID, list[0].ID))
		_, err = s.Actor(ctx, token)
		want(t, err, errs.Unauthorized)
		want(t, s.EndSession(ctx, system, acc.ID, list[0].ID), errs.NotFound)
	})
}

// TestASessionActsThroughOnePost: nothing of the other posts is granted, in this
// session only, until it acts through all again or the post ends.
func TestASessionActsThroughOnePost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		acc := create(t, s, "two.hats", NewPost{Role: "dispatcher", Region: 990101001}, NewPost{Role: "auditor", Region: 990101})
		token, a, err := s.SignIn(ctx, "two.hats", good, home, "desk")
		ok(t, err)
		other, _, err := s.SignIn(ctx, "two.hats", good, home, "phone")
		ok(t, err)
		stranger := create(t, s, "other", NewPost{Role: "admin", Region: 9901})
		_, err = s.ActThrough(ctx, a, stranger.Posts[0].ID)
		want(t, err, errs.Invalid)
		for _, p := range acc.Posts {
			now, err := s.ActThrough(ctx, a, p.ID)
			ok(t, err)
			if a, err = s.Actor(ctx, token); err != nil || len(a.Posts) != 1 || a.Posts[0].ID != p.ID || len(a.Held()) != 2 || len(now.Posts) != 1 {
				t.Fatalf("%+v %v", a, err)
			}
			if dispatches, reads := a.Can(access.CaseDispatch, s.o.Today()), a.Can(access.AuditRead, s.o.Today()); dispatches != (p.Role == "dispatcher") || reads != (p.Role == "auditor") {
				t.Errorf("through %s: dispatches %v, reads the trail %v", p.Role, dispatches, reads)
			}
		}
		if b, err := s.Actor(ctx, other); err != nil || len(b.Posts) != 2 {
			t.Errorf("the other session: %+v %v", b, err)
		}
		_, err = s.EndPost(ctx, system, a.Posts[0].ID, s.o.Today())
		ok(t, err)
		if a, err = s.Actor(ctx, token); err != nil || a.Can(access.AuditRead, s.o.Today()) || !a.Can(access.CaseDispatch, s.o.Today()) {
			t.Errorf("after the post ended: %+v %v", a, err)
		}
		_, err = s.ActThrough(ctx, a, 0)
		ok(t, err)
		if a, err = s.Actor(ctx, token); err != nil || len(a.Posts) != 2 {
			t.Errorf("through all again: %+v %v", a, err)
		}
	})
}

func TestOnlyTheSystemSignsInAs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		acc := create(t, s, "sec", NewPost{Role: "security", Region: 9901})
		_, err := s.SignInAs(ctx, as(t, s, "sec", access.SessionManage), acc.ID)
		want(t, err, access.Forbidden)
		token, err := s.SignInAs(ctx, system, acc.ID)
		ok(t, err)
		_, err = s.Actor(ctx, token)
		ok(t, err)
		_, err = s.SignInAs(ctx, system, 1)
		want(t, err, errs.NotFound)
	})
}

func TestRefusalsLookTheSame(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		acc := create(t, s, "known")
		_, err := s.CreateAll(ctx, system, []NewAccount{{Login: "mute", Name: "无密码"}})
		ok(t, err)
		off := create(t, s, "disabled")
		yes := true
		_, err = s.UpdateAccount(ctx, system, off.ID, 1, Change{Disabled: &yes})
		ok(t, err)
		var texts []string
		for _, try := range [][2]string{{"known", "wrong password"}, {"nobody", good}, {"mute", good}, {"disabled", good}} {
			_, _, err := s.SignIn(ctx, try[0], try[1], home, "")
			want(t, err, BadCredentials)
			texts = append(texts, errs.As(err).Error()+errs.As(err).Text("zh"))
		}
		for range freeFailsLogin - 1 {
			_, _, err := s.SignIn(ctx, "known", "wrong password", home, "")
			want(t, err, BadCredentials)
		}
		_, _, err = s.SignIn(ctx, "known", good, home, "")
		want(t, err, BadCredentials) // it has to wait now
		texts = append(texts, errs.As(err).Error()+errs.As(err).Text("zh"))
		for _, text := range texts {
			if text != texts[0] {
				t.Errorf("answers differ: %q and %q", texts[0], text)
			}
		}
		_, err = s.ResetPassword(ctx, system, acc.ID) // lifts the delay
		ok(t, err)
		var rows int
		ok(t, db.QueryRow(ctx, "SELECT COUNT(*) FROM sign_in_delay WHERE key = ?", loginKey("known")).Scan(&rows))
		if rows != 0 {
			t.Error("the delay outlives the reset")
		}
	})
}

// TestDelays runs on a clock of its own.
func TestDelays(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixMicro())
	db := storetest.SQLite(t, func() time.Time { return time.UnixMicro(now.Load()) })
	s := open(t, db)
	create(t, s, "known")
	pass := func(d time.Duration) { now.Add(d.Microseconds()) }
	try := func(login, password string) error {
		_, _, err := s.SignIn(ctx, login, password, home, "")
		return err
	}
	for range freeFailsLogin {
		want(t, try("known", "wrong password"), BadCredentials)
	}
	want(t, try("known", good), BadCredentials)
	pass(time.Second + time.Millisecond)
	want(t, try("known", "wrong password"), BadCredentials) // sixth: two seconds
	pass(time.Second + time.Millisecond)
	want(t, try("known", good), BadCredentials)
	pass(time.Second)
	ok(t, try("known", good))
	ok(t, try("known", good)) // forgotten
	for i := range freeFailsSource {
		want(t, try(fmt.Sprint("nobody", i), good), BadCredentials)
	}
	want(t, try("known", good), BadCredentials) // the address has to wait
	_, _, err := s.SignIn(ctx, "known", good, netip.MustParseAddr("192.0.2.8"), "")
	ok(t, err)
	pass(time.Hour)
	ok(t, try("known", good))
	ok(t, s.Sweep(ctx))
	var rows int
	ok(t, db.QueryRow(ctx, "SELECT COUNT(*) FROM sign_in_delay").Scan(&rows))
	if rows != 0 {
		t.Errorf("%d forgiven failures are kept", rows)
	}
}

func TestSessionLimits(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixMicro())
	db := storetest.SQLite(t, func() time.Time { return time.UnixMicro(now.Load()) })
	s := open(t, db)
	acc := create(t, s, "known")
	token, _ := signIn(t, s, "known")
	later := func(d time.Duration) error {
		now.Add(d.Microseconds())
		s.changed() // the second has passed
		_, err := s.Actor(ctx, token)
		s.bg.Wait()
		return err
	}
	for range 15 { // in use, it lives for seven days
		ok(t, later(11*time.Hour))
	}
	want(t, later(4*time.Hour), errs.Unauthorized)
	token, _ = signIn(t, s, "known")
	ok(t, later(11*time.Hour))
	want(t, later(12*time.Hour), errs.Unauthorized) // unused for twelve hours
	list, err := s.Sessions(ctx, acc.ID)
	ok(t, err)
	if len(list) != 0 {
		t.Errorf("%d sessions are over and listed", len(list))
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		acc, first, err := s.CreateAccount(ctx, system, NewAccount{Login: "fresh", Name: "新人"})
		ok(t, err)
		token, a, err := s.SignIn(ctx, "fresh", first, home, "")
		ok(t, err)
		second, _, err := s.SignIn(ctx, "fresh", first, home, "")
		ok(t, err)
		if !a.MustChange {
			t.Error("the first password may stay")
		}
		for _, weak := range []string{"short", "fresh-and-more", "password123", "aaaaaaaaaaaa", "abcdefghijkl", first} {
			want(t, s.ChangePassword(ctx, a, first, weak, home), WeakPassword)
		}
		want(t, s.ChangePassword(ctx, a, "not it", good, home), WrongPassword)
		ok(t, s.ChangePassword(ctx, a, first, good, home))
		a, err = s.Actor(ctx, token)
		ok(t, err)
		if a.MustChange {
			t.Error("still to be changed")
		}
		_, err = s.Actor(ctx, second)
		want(t, err, errs.Unauthorized)
		_, _, err = s.SignIn(ctx, "fresh", first, home, "")
		want(t, err, BadCredentials)
		reset, err := s.ResetPassword(ctx, system, acc.ID)
		ok(t, err)
		_, err = s.Actor(ctx, token)
		want(t, err, errs.Unauthorized)
		_, a, err = s.SignIn(ctx, "fresh", reset, home, "")
		ok(t, err)
		if !a.MustChange {
			t.Error("the one-time password may stay")
		}
	})
}

func TestHashIsArgon2id(t *testing.T) {
	t.Parallel()
	h := newHasher()
	phc, err := h.hash(ctx, good)
	ok(t, err)
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error(phc)
	}
	for password, same := range map[string]bool{good: true, good + " ": false, "": false} {
		got, err := h.match(ctx, password, phc)
		if err != nil || got != same {
			t.Errorf("match(%q) = %v, %v", password, got, err)
		}
	}
	if _, err := h.match(ctx, good, "$argon2id$v=19$m=1,t=0,p=0$x$y"); err == nil {
		t.Error("a damaged hash is taken")
	}
}

func BenchmarkActor(b *testing.B) {
	db := storetest.SQLite(b, nil)
	s, err := New(ctx, db, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var tokens []string
	for i := range 64 {
		made, err := s.CreateAll(ctx, system, []NewAccount{{Login: fmt.Sprint("user", i), Name: "甲", Posts: []NewPost{{Role: "operator", Region: 9901}}}})
		if err != nil {
			b.Fatal(err)
		}
		token, err := s.SignInAs(ctx, system, made[0].ID)
		if err != nil {
			b.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	b.SetParallelism(32)
	var n atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		token := tokens[n.Add(1)%64]
		for pb.Next() {
			if _, err := s.Actor(ctx, token); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// TestManySignInsAtOnce is a shift that begins: equal logins at once all succeed.
func TestManySignInsAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.SQLite(t, nil))
	acc := create(t, s, "desk")
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if _, _, err := s.SignIn(ctx, "desk", good, home, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list, err := s.Sessions(ctx, acc.ID)
	ok(t, err)
	if len(list) != 12 {
		t.Errorf("%d sessions", len(list))
	}
}
