package identity

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

func program(t *testing.T, s *Service, login string, posts ...NewPost) Account {
	t.Helper()
	made, err := s.CreateAll(ctx, system, []NewAccount{{Kind: Program, Login: login, Name: "外部系统 " + login, Posts: posts}})
	ok(t, err)
	return made[0]
}

// entries are the actions that the trail tells about objects of a kind.
func entries(t *testing.T, db *store.DB, object string) []string {
	t.Helper()
	var out []string
	ok(t, each(reading{ctx, db}, func(rows *sql.Rows) error {
		var a string
		err := rows.Scan(&a)
		out = append(out, a)
		return err
	}, "SELECT action FROM audit WHERE district = 0 AND object = ? ORDER BY idx", object))
	return out
}

func TestKeys(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		other := open(t, db) // as in another process
		create(t, s, "security", NewPost{Role: "security", Region: 9901})
		security := as(t, s, "security", access.AccountWrite)
		outside := program(t, s, "outside", NewPost{Role: "client", Region: 990101})

		k, text, err := s.CreateKey(ctx, security, outside.ID, NewKey{Label: "市民应用", PerSecond: 7})
		ok(t, err)
		if !isKey(text) || !strings.HasPrefix(text, k.Mark) || len(k.Mark) > 10 {
			t.Errorf("key %q with mark %q", text, k.Mark)
		}
		for _, at := range []*Service{s, other} {
			a, err := at.Actor(ctx, text)
			ok(t, err)
			if a.Account != outside.ID || a.Key != k.ID || a.Rate != 7 || a.Session != 0 || !a.Can(access.CaseReport, today) || a.Can(access.CaseRead, today) {
				t.Errorf("the key stands for %+v", a)
			}
		}
		kept := 0
		ok(t, each(reading{ctx, db}, func(rows *sql.Rows) error {
			kept++
			var d []byte
			err := rows.Scan(&d)
			if strings.Contains(string(d), text[len(keyPrefix):]) {
				t.Error("the key's text is stored")
			}
			return err
		}, "SELECT digest FROM api_key"))
		if kept != 1 {
			t.Errorf("%d keys are stored", kept)
		}
		s.bg.Wait()
		list, err := s.Keys(ctx, security, outside.ID)
		ok(t, err)
		if len(list) != 1 || list[0].UsedOn != today || list[0].Label != "市民应用" || !list[0].Living(today) {
			t.Errorf("list %+v", list)
		}
		if v, d, err := s.Digest(ctx, "api_key", k.ID); err != nil || v != 1 || d != k.sum() {
			t.Errorf("digest of the key's row: %d %v", v, err)
		}
		if v, _, err := s.Digest(ctx, "account", outside.ID); err != nil || v != 1 {
			t.Errorf("digest of the account: %d %v", v, err)
		}

		ok(t, s.RevokeKey(ctx, security, k.ID))
		ok(t, s.RevokeKey(ctx, security, k.ID)) // again: nothing more happens
		_, err = s.Actor(ctx, text)
		want(t, err, errs.Unauthorized)
		if k, err = keyByID(reading{ctx, db}, k.ID); err != nil || k.Version != 2 || k.Living(today) {
			t.Errorf("revoked twice: %+v %v", k, err)
		}
		trail := entries(t, db, "api_key")
		if !slices.Equal(trail, []string{"key.create", "key.revoke"}) {
			t.Errorf("the trail says %v", trail)
		}
	})
}

func TestKeysAreForPrograms(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := open(t, db)
		person := create(t, s, "person", NewPost{Role: "leader", Region: 9901})
		outside := program(t, s, "outside", NewPost{Role: "client", Region: 9901})
		create(t, s, "elsewhere", NewPost{Role: "security", Region: 990102})
		elsewhere := as(t, s, "elsewhere", access.AccountWrite)

		_, _, err := s.CreateKey(ctx, system, person.ID, NewKey{Label: "x"})
		want(t, err, OnlyPrograms)
		_, _, err = s.CreateKey(ctx, elsewhere, outside.ID, NewKey{Label: "x"})
		want(t, err, errs.NotFound)
		_, _, err = s.CreateKey(ctx, system, outside.ID, NewKey{Label: " "})
		want(t, err, errs.Required)
		_, _, err = s.CreateKey(ctx, system, outside.ID, NewKey{Label: "x", Ends: today})
		want(t, err, errs.Invalid)
		_, _, err = s.CreateKey(ctx, system, outside.ID, NewKey{Label: "x", PerSecond: maxRate + 1})
		want(t, err, errs.Invalid)

		_, err = s.SignInAs(ctx, system, outside.ID)
		want(t, err, errs.NotFound)
		_, err = s.ResetPassword(ctx, system, outside.ID)
		want(t, err, OnlyPersons)
		_, _, err = s.CreateAccount(ctx, system, NewAccount{Kind: Program, Login: "other", Name: "x", Password: good})
		want(t, err, OnlyPersons)
		_, err = s.AddPost(ctx, system, outside.ID, NewPost{Role: "auditor", Region: 9901})
		want(t, err, OfficeOfProgram)
		_, err = s.AddPost(ctx, system, outside.ID, NewPost{Role: "handler", Org: org(t, s, "C01", 990101).ID})
		ok(t, err)

		last, _, err := s.CreateKey(ctx, system, outside.ID, NewKey{Label: "x"})
		ok(t, err)
		want(t, s.RevokeKey(ctx, elsewhere, last.ID), errs.NotFound)
		for range keysMost - 1 {
			_, _, err = s.CreateKey(ctx, system, outside.ID, NewKey{Label: "x"})
			ok(t, err)
		}
		_, _, err = s.CreateKey(ctx, system, outside.ID, NewKey{Label: "x"})
		want(t, err, TooManyKeys)
		list, _, err := s.Accounts(ctx, system, Filter{Kind: Program})
		ok(t, err)
		if len(list) != 1 || list[0].ID != outside.ID || list[0].CanSignIn {
			t.Errorf("programs: %+v", list)
		}
	})
}

func TestKeysEnd(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	day := today
	s, err := New(ctx, db, Options{Today: func() int { return day }})
	ok(t, err)
	t.Cleanup(s.Close)
	outside := program(t, s, "outside", NewPost{Role: "client", Region: 9901})
	_, text, err := s.CreateKey(ctx, system, outside.ID, NewKey{Label: "x", Ends: today + 1})
	ok(t, err)
	_, err = s.Actor(ctx, text)
	ok(t, err)
	s.bg.Wait()
	day++
	s.cache.start = s.cache.start.Add(-2 * time.Second) // what was remembered is old
	_, err = s.Actor(ctx, text)
	want(t, err, errs.Unauthorized)

	_, text, err = s.CreateKey(ctx, system, outside.ID, NewKey{Label: "x"})
	ok(t, err)
	_, err = s.Actor(ctx, text)
	ok(t, err)
	create(t, s, "person", NewPost{Role: "leader", Region: 9901})
	if got := s.Directory().Programs(); !slices.Equal(got, []int64{outside.ID}) {
		t.Errorf("programs: %v", got)
	}
	disabled := true
	_, err = s.UpdateAccount(ctx, system, outside.ID, outside.Version, Change{Disabled: &disabled})
	ok(t, err)
	_, err = s.Actor(ctx, text)
	want(t, err, errs.Unauthorized)
	if got := s.Directory().Programs(); len(got) > 0 {
		t.Errorf("a disabled program is listed: %v", got)
	}
	for _, bad := range []string{newKey(), keyPrefix, keyPrefix + strings.Repeat("-", 32), strings.ToUpper(text)} {
		_, err = s.Actor(ctx, bad)
		want(t, err, errs.Unauthorized)
	}
}
