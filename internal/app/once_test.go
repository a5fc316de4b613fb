package app_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
)

const key = "Idempotency-Key"

// count is how many cases have this text, read behind everybody's back.
func count(t *testing.T, c *apptest.City, text string) (n int) {
	t.Helper()
	if err := c.DB.QueryRow(t.Context(), "SELECT count(*) FROM cases WHERE body = ?", text).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestOnce: sixteen equal requests at once are one case and sixteen equal
// answers; also through two processes, and after the program was started anew.
func TestOnce(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World()
		operator := c.Hire(access.Post{Role: "operator", Region: w.Target.City})
		doors := []*apptest.City{c}
		if c.DB.Engine() == "postgres" {
			doors = append(doors, c.Again(t))
		}
		body := apptest.M{"text": "十六个相同的请求", "place": spot(w.Target), "channel": "hotline", "reporter": apptest.M{"name": "周一", "phone": "13800000001"}}
		answers := make([]*apptest.Answer, 16)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				p := *operator
				p.City = doors[i%len(doors)]
				a, err := p.Try(context.Background(), "POST", "/api/v1/cases", body, key, "sixteen-equal-1")
				if err != nil {
					t.Error(err)
					return
				}
				answers[i] = a
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		for i, a := range answers {
			if a.Status != 201 || string(a.Body) != string(answers[0].Body) {
				t.Errorf("answer %d: %d %s; the first is %s", i, a.Status, a.Body, answers[0].Body)
			}
		}
		if n := count(t, c, "十六个相同的请求"); n != 1 {
			t.Fatalf("%d cases", n)
		}
		var made apptest.Case
		answers[0].Into(&made)

		other := operator.Do("POST", "/api/v1/cases", apptest.M{"text": "别的内容", "place": spot(w.Target)}, key, "sixteen-equal-1")
		if other.Status != 422 || other.Problem().Code != "idempotency_mismatch" || count(t, c, "别的内容") != 0 {
			t.Errorf("same key, other body: %d %s", other.Status, other.Body)
		}
		// Another person's key of the same name is another key.
		colleague := c.Hire(access.Post{Role: "operator", Region: w.Target.City})
		if second := colleague.Report(body, key, "sixteen-equal-1"); second.ID == made.ID {
			t.Error("two people share a key")
		}
		for _, bad := range []string{"编号", "a b c d e f g h\x7f"} {
			if a, err := operator.Try(t.Context(), "POST", "/api/v1/cases", body, key, bad); err == nil && a.Status != 422 && a.Status != 400 {
				t.Errorf("key %q: %d", bad, a.Status)
			}
		}

		// An act, twice at once and again.
		dispatcher := c.Hire(access.Post{Role: "dispatcher", Region: w.Target.Street})
		act := apptest.M{"action": "accept", "version": made.Version}
		var versions [4]int
		for i := range versions {
			all.Go(func() {
				var page apptest.Page
				a, err := dispatcher.Try(context.Background(), "POST", fmt.Sprintf("/api/v1/cases/%d/actions", made.ID), act, key, "accept-it-once")
				if err != nil || a.Status != http.StatusOK {
					t.Errorf("act: %v %+v", err, a)
					return
				}
				a.Into(&page)
				versions[i] = page.Case.Version
			})
		}
		all.Wait()
		if versions[0] != 2 || versions[1] != 2 || c.Version(made.ID) != 2 {
			t.Errorf("versions %v, now %d", versions, c.Version(made.ID))
		}

		c.Stop()
		again := c.Again(t)
		p := *operator
		p.City = again
		var replay apptest.Case
		a := p.For(t).Do("POST", "/api/v1/cases", body, key, "sixteen-equal-1").Want(201).Into(&replay)
		if replay.ID != made.ID || replay.Number != made.Number || a.Header.Get("Idempotency-Replayed") == "" || count(t, again, "十六个相同的请求") != 2 {
			t.Errorf("after a new start: %s (%v)", a.Body, a.Header)
		}
		if b := p.For(t).Do("POST", "/api/v1/cases", apptest.M{"text": "又一份"}, key, "sixteen-equal-1"); b.Status != 422 {
			t.Errorf("same key, other body, after a new start: %d", b.Status)
		}
	})
}
