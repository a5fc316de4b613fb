package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
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

var effectTable = &store.Table{Name: "effect", Cols: []string{"id", "text"}}

type effectIn struct {
	Body struct {
		Text string `json:"text"`
	}
}

type effectOut struct {
	Body struct {
		ID   int64  `json:"id"`
		Text string `json:"text"`
	}
}

// effects is a room of commands that differ in how they keep their answer.
func effects(t *testing.T, db *store.DB) *Router {
	t.Helper()
	r := newTestRouter(t, Options{DB: db, Rate: -1})
	pol := access.Needs(access.CaseReport)
	op := func(id string) Op { return Op{ID: id, Method: "POST", Path: "/" + id, Policy: pol, Status: 201} }
	write := func(ctx context.Context, in *effectIn, keep func(tx *store.Tx, out *effectOut) error) (*effectOut, error) {
		out := &effectOut{}
		out.Body.ID, out.Body.Text = db.NextID(), in.Body.Text
		return out, db.Write(ctx, func(tx *store.Tx) error {
			tx.Append(effectTable, out.Body.ID, in.Body.Text)
			return keep(tx, out)
		})
	}
	Register(r, op("commit"), func(ctx context.Context, _ access.Scope, in *effectIn) (*effectOut, error) {
		return write(ctx, in, func(tx *store.Tx, out *effectOut) error { return Commit(ctx, tx, out) })
	})
	Register(r, op("late"), func(ctx context.Context, _ access.Scope, in *effectIn) (*effectOut, error) {
		if _, err := write(ctx, in, func(tx *store.Tx, out *effectOut) error { return Commit(ctx, tx, out) }); err != nil {
			return nil, errs.Conflict.New("what", "room's own reading of the error")
		}
		return nil, errors.New("failed after the commit")
	})
	var tried atomic.Bool
	Register(r, op("overloaded-once"), func(ctx context.Context, _ access.Scope, in *effectIn) (*effectOut, error) {
		if tried.CompareAndSwap(false, true) {
			return nil, errs.Unavailable.New()
		}
		return write(ctx, in, func(tx *store.Tx, out *effectOut) error { return Commit(ctx, tx, out) })
	})
	again := func(ctx context.Context, _ access.Scope, in *effectIn) (*effectOut, error) {
		out := &effectOut{}
		err := db.QueryRow(ctx, "SELECT id, text FROM effect WHERE text = ?", in.Body.Text).Scan(&out.Body.ID, &out.Body.Text)
		return out, err
	}
	Register(r, op("mark"), func(ctx context.Context, s access.Scope, in *effectIn) (*effectOut, error) {
		var n int
		if err := db.QueryRow(ctx, "SELECT COUNT(*) FROM effect WHERE text = ?", in.Body.Text).Scan(&n); err != nil || n > 0 {
			return nil, errs.Stale.New("current", 2)
		}
		if _, err := write(ctx, in, func(tx *store.Tx, _ *effectOut) error { return Mark(ctx, tx, 0) }); err != nil {
			return nil, err
		}
		return again(ctx, s, in)
	}, again)
	Register(r, op("plain"), func(ctx context.Context, _ access.Scope, in *effectIn) (*effectOut, error) {
		return write(ctx, in, func(*store.Tx, *effectOut) error { return nil })
	})
	return r
}

func post(h http.Handler, path, key, text, token string) *httptest.ResponseRecorder {
	req := httptest.NewRequest("POST", path, strings.NewReader(`{"text":"`+text+`"}`))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

func prepare(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("CREATE TABLE effect (id BIGINT PRIMARY KEY, text TEXT NOT NULL)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *store.DB, text string) int {
	t.Helper()
	var n int
	if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM effect WHERE text = ?", text).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		prepare(t, db)
		one, two := effects(t, db), effects(t, db) // two routers share nothing but the database, like two processes

		for _, path := range []string{"/commit", "/mark", "/plain", "/late"} {
			t.Run("sixteen equal requests make one effect"+path, func(t *testing.T) {
				text, key := "many"+path, "key-many-"+path
				got := make([]*httptest.ResponseRecorder, 16)
				var wg sync.WaitGroup
				for i := range got {
					wg.Go(func() {
						h := one
						if i%2 == 1 && path != "/plain" { // without Commit two processes may race, as Commit's comment says
							h = two
						}
						got[i] = post(h, path, key, text, "operator")
					})
				}
				wg.Wait()
				for i, rec := range got {
					if rec.Code != 201 && !(path == "/mark" && rec.Code == 201) {
						t.Fatalf("answer %d: %d %s", i, rec.Code, rec.Body)
					}
					if rec.Body.String() != got[0].Body.String() {
						t.Errorf("answer %d differs: %s, %s", i, rec.Body, got[0].Body)
					}
				}
				if n := count(t, db, text); n != 1 {
					t.Errorf("%d effects", n)
				}
			})
		}

		t.Run("a repeat after a restart gets the first answer", func(t *testing.T) {
			for _, path := range []string{"/commit", "/mark", "/plain", "/late"} {
				text, key := "again"+path, "key-again-"+path
				first := post(one, path, key, text, "operator")
				repeat := post(effects(t, db), path, key, text, "operator")
				if first.Code != 201 || repeat.Code != 201 || first.Body.String() != repeat.Body.String() {
					t.Errorf("%s: %d %s, then %d %s", path, first.Code, first.Body, repeat.Code, repeat.Body)
				}
				if repeat.Header().Get("Idempotency-Replayed") != "true" || first.Header().Get("Idempotency-Replayed") != "" {
					t.Errorf("%s: replayed header %v, %v", path, first.Header(), repeat.Header())
				}
				if ct := repeat.Header().Get("Content-Type"); ct != "application/json" {
					t.Errorf("%s: content type %q", path, ct)
				}
				same := post(one, path, key, text, "operator")
				if same.Body.String() != first.Body.String() {
					t.Errorf("%s: same process: %d %s", path, same.Code, same.Body)
				}
			}
			if n := count(t, db, "again/commit"); n != 1 {
				t.Errorf("%d effects", n)
			}
		})

		t.Run("the same key with other content is refused and does nothing", func(t *testing.T) {
			post(one, "/commit", "key-mismatch", "mine", "operator")
			for name, h := range map[string]http.Handler{"same process": one, "other process": two} {
				rec := post(h, "/commit", "key-mismatch", "other", "operator")
				if rec.Code != 422 || !strings.Contains(rec.Body.String(), "idempotency_mismatch") {
					t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
				}
			}
			if n := count(t, db, "other"); n != 0 {
				t.Errorf("%d effects", n)
			}
		})

		t.Run("keys belong to account and operation", func(t *testing.T) {
			a := post(one, "/commit", "key-shared-1", "scoped", "operator")
			b := post(one, "/commit", "key-shared-1", "scoped", "english")
			c := post(one, "/plain", "key-shared-1", "scoped", "operator")
			if a.Body.String() == b.Body.String() || c.Code != 201 || count(t, db, "scoped") != 3 {
				t.Errorf("%s %s %s", a.Body, b.Body, c.Body)
			}
		})

		t.Run("without a key each request acts", func(t *testing.T) {
			post(one, "/commit", "", "free", "operator")
			post(one, "/commit", "", "free", "operator")
			if n := count(t, db, "free"); n != 2 {
				t.Errorf("%d effects", n)
			}
		})

		t.Run("a duplicate in a batch does not harm the others", func(t *testing.T) {
			post(one, "/commit", "key-batch-dup", "batch", "operator")
			var wg sync.WaitGroup
			for i := range 40 {
				wg.Go(func() {
					key := "key-batch-dup"
					if i != 20 {
						key = fmt.Sprintf("key-batch-%04d", i)
					}
					if rec := post(two, "/commit", key, "batch", "operator"); rec.Code != 201 {
						t.Errorf("%d: %d %s", i, rec.Code, rec.Body)
					}
				})
			}
			wg.Wait()
			if n := count(t, db, "batch"); n != 40 {
				t.Errorf("%d effects, want 40", n)
			}
		})

		t.Run("a bad key is refused", func(t *testing.T) {
			for _, key := range []string{"编号一", "with space", strings.Repeat("k", 201)} {
				if rec := post(one, "/commit", key, "x", "operator"); rec.Code != 422 || !strings.Contains(rec.Body.String(), "idempotency_key_invalid") {
					t.Errorf("%q: %d %s", key, rec.Code, rec.Body)
				}
			}
			for _, key := range []string{"1", `"quoted"`, "~!@#$%^&*()", strings.Repeat("k", 200)} {
				if rec := post(one, "/commit", key, "odd", "operator"); rec.Code != 201 {
					t.Errorf("%q: %d %s", key, rec.Code, rec.Body)
				}
			}
		})

		t.Run("a passing failure is the first one's alone", func(t *testing.T) {
			var wg sync.WaitGroup
			var failed atomic.Int32
			for range 16 {
				wg.Go(func() {
					if rec := post(one, "/overloaded-once", "key-overload-1", "overload", "operator"); rec.Code == 503 {
						failed.Add(1)
					} else if rec.Code != 201 {
						t.Errorf("%d %s", rec.Code, rec.Body)
					}
				})
			}
			wg.Wait()
			if n := count(t, db, "overload"); n != 1 || failed.Load() != 1 {
				t.Errorf("%d effects, %d told to come back", n, failed.Load())
			}
		})

		t.Run("old keys are forgotten, young ones kept", func(t *testing.T) {
			old := store.ContextAt(t.Context(), db.Now()-(KeysKept+time.Hour).Microseconds())
			for i := range 3 {
				if err := db.Write(old, func(tx *store.Tx) error {
					tx.Append(keyTable, 0, []byte{byte(i)}, tx.Now(), []byte{1}, 201, []byte("{}"))
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			n, err := ForgetKeys(t.Context(), db)
			if err != nil || n != 3 {
				t.Errorf("%d %v", n, err)
			}
			if rec := post(effects(t, db), "/commit", "key-again-/commit", "again/commit", "operator"); rec.Header().Get("Idempotency-Replayed") != "true" {
				t.Errorf("young key forgotten: %d %s", rec.Code, rec.Body)
			}
		})
	})
}
