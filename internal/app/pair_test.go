package app_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/jobs"
	"linli/internal/kernel/store"
)

// within asks until the answer is yes, at most for the time.
func within(d time.Duration, yes func() bool) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); ; <-tick.C {
		if yes() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// TestTwoProcesses: two programs on one PostgreSQL database are one city.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	first := apptest.Postgres(t)
	first.Stop()
	var mu sync.Mutex
	done, by := map[int64]int{}, [2]int{}
	worker := func(n int) func(*app.App) {
		return func(a *app.App) {
			a.Jobs.Handle("test", func(ctx context.Context, j *jobs.Job) error {
				return a.DB.Write(ctx, func(tx *store.Tx) error {
					if err := j.Done(tx); err != nil {
						return err
					}
					tx.AfterCommit(func() {
						mu.Lock()
						defer mu.Unlock()
						done[j.ID]++
						by[n]++
					})
					return nil
				})
			})
		}
	}
	two := [2]*apptest.City{first.Again(t, worker(0)), first.Again(t, worker(1))}
	w := two[0].World()
	desk := two[0].Hire(access.Post{Role: "district_desk", Region: w.Target.District})
	at := func(i int, p *apptest.Person) *apptest.Person { q := *p.For(t); q.City = two[i]; return &q }
	if !within(2*time.Second, func() bool { return at(1, desk).Do("GET", "/api/v1/session", nil).Status == http.StatusOK }) {
		t.Fatal("the other process does not know the new session")
	}

	t.Run("both see each other's cases", func(t *testing.T) {
		streams := [2]<-chan apptest.Case{at(0, desk).Watch(), at(1, desk).Watch()}
		for i := range two {
			made := at(i, desk).Report(apptest.M{"text": fmt.Sprintf("由第 %d 台登记", i), "place": spot(w.Target)})
			for j, s := range streams {
				late := time.After(2 * time.Second)
				for seen := false; !seen; {
					select {
					case c, ok := <-s:
						seen = ok && c.ID == made.ID
					case <-late:
						t.Fatalf("process %d did not tell within 2 s what process %d took", j, i)
					}
				}
			}
			if p := at(1-i, desk).Page(made.ID); p.Case.Number != made.Number {
				t.Errorf("%+v", p.Case)
			}
		}
	})

	t.Run("one case, changed in both", func(t *testing.T) {
		made := at(0, desk).Report(apptest.M{"text": "两边同时办", "place": spot(w.Target)})
		var all sync.WaitGroup
		var status [8]int
		for i := range status {
			all.Go(func() {
				a, err := at(i%2, desk).Try(context.Background(), "POST", fmt.Sprintf("/api/v1/cases/%d/actions", made.ID), apptest.M{"action": "accept", "version": 1})
				if err == nil {
					status[i] = a.Status
				}
			})
		}
		all.Wait()
		won := 0
		for _, s := range status {
			if s == 200 {
				won++
			} else if s != 409 {
				t.Errorf("%v", status)
			}
		}
		if won != 1 {
			t.Errorf("%d of %v won", won, status)
		}
	})

	t.Run("no number is given twice", func(t *testing.T) {
		var all sync.WaitGroup
		numbers := map[string]bool{}
		for i := range 40 {
			all.Go(func() {
				c := at(i%2, desk).Report(apptest.M{"text": "编号", "place": spot(w.Target)})
				mu.Lock()
				defer mu.Unlock()
				if numbers[c.Number] {
					t.Errorf("%s twice", c.Number)
				}
				numbers[c.Number] = true
			})
		}
		all.Wait()
	})

	t.Run("each job once", func(t *testing.T) {
		const n = 60
		for i := range n {
			err := two[i%2].DB.Write(t.Context(), func(tx *store.Tx) error { return jobs.Enqueue(tx, 0, "test", apptest.M{"n": i}, 0, "") })
			if err != nil {
				t.Fatal(err)
			}
		}
		if !within(20*time.Second, func() bool { mu.Lock(); defer mu.Unlock(); return len(done) == n }) {
			t.Errorf("%d of %d jobs done", len(done), n)
		}
		mu.Lock()
		defer mu.Unlock()
		for id, k := range done {
			if k != 1 {
				t.Errorf("job %d done %d times", id, k)
			}
		}
		t.Logf("%d and %d jobs", by[0], by[1])
	})

	t.Run("a session ends in both", func(t *testing.T) {
		p := two[0].SignIn(desk.Account)
		for i := range two {
			if !within(2*time.Second, func() bool { return at(i, p).Do("GET", "/api/v1/cases", nil).Status == http.StatusOK }) {
				t.Fatal("the session is not known")
			}
		}
		at(1, p).Do("DELETE", "/api/v1/session", nil).Want(204)
		for i := range two {
			if !within(2*time.Second, func() bool { return at(i, p).Do("GET", "/api/v1/cases", nil).Status == http.StatusUnauthorized }) {
				t.Errorf("process %d lets an ended session in after 2 s", i)
			}
		}
	})

	proof, err := two[0].Verify(t.Context())
	if err != nil || !proof.OK {
		t.Errorf("%v %+v", err, proof)
	}
}
