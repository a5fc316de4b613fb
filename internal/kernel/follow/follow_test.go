package follow

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// seen is what a follower's writes left behind, in the order of their commits.
type seen struct {
	mu  sync.Mutex
	ids map[int][]int64
}

func (s *seen) react(_ context.Context, entries []audit.Row) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, e := range entries {
				s.ids[e.District] = append(s.ids[e.District], e.ObjectID)
			}
		})
		return nil
	}, nil
}

func act(t *testing.T, db *store.DB, district int, object string, id int64) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		tx.Record(audit.Entry{District: district, Action: object + ".do", Object: object, ObjectID: id, Detail: []byte("{}")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func drain(t *testing.T, f *Follower) {
	t.Helper()
	for {
		n, err := f.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func TestFollowsFromNowOnAndGoesOnWhereItStood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		act(t, db, 990101, "case", 1)
		s := &seen{ids: map[int][]int64{}}
		f := New(db, "test", "case", s.react)
		if err := f.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		act(t, db, 990101, "case", 2)
		act(t, db, 990101, "account", 3)
		act(t, db, 990102, "case", 4) // a chain that begins later
		drain(t, f)
		again := New(db, "test", "case", s.react) // after a restart
		if err := again.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		act(t, db, 990101, "case", 5)
		drain(t, again)
		if !slices.Equal(s.ids[990101], []int64{2, 5}) || !slices.Equal(s.ids[990102], []int64{4}) {
			t.Errorf("followed %v", s.ids)
		}
		act(t, db, 990101, "case", 6)
		if err := again.Skip(t.Context()); err != nil {
			t.Fatal(err)
		}
		act(t, db, 990101, "case", 7)
		drain(t, again)
		if !slices.Equal(s.ids[990101], []int64{2, 5, 7}) {
			t.Errorf("after a skip: %v", s.ids)
		}
	})
}

func TestAFailedReactionComesAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := &seen{ids: map[int][]int64{}}
		broken, refused := true, true
		f := New(db, "test", "case", func(ctx context.Context, entries []audit.Row) (func(*store.Tx) error, error) {
			if broken {
				return nil, errors.New("not now")
			}
			write, err := s.react(ctx, entries)
			return func(tx *store.Tx) error {
				if err := write(tx); err != nil {
					return err
				}
				if refused {
					return errors.New("not written")
				}
				return nil
			}, err
		})
		if err := f.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		act(t, db, 990101, "case", 1)
		if _, err := f.Step(t.Context()); err == nil {
			t.Error("a failed look is no error")
		}
		broken = false
		if _, err := f.Step(t.Context()); err == nil {
			t.Error("a failed write is no error")
		}
		if len(s.ids) > 0 {
			t.Errorf("effects of a failed reaction: %v", s.ids)
		}
		refused = false
		drain(t, f)
		if !slices.Equal(s.ids[990101], []int64{1}) {
			t.Errorf("followed %v", s.ids)
		}
	})
}

func TestTwoProcessesReactOnceInOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const acts = 300
		s := &seen{ids: map[int][]int64{}}
		one, two := New(db, "test", "case", s.react), New(db, "test", "case", s.react)
		if err := errors.Join(one.Begin(t.Context()), two.Begin(t.Context())); err != nil {
			t.Fatal(err)
		}
		var work sync.WaitGroup
		done := make(chan struct{})
		for _, f := range []*Follower{one, two} {
			work.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if _, err := f.Step(t.Context()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for i := range acts {
			act(t, db, 990101+i%2, "case", int64(i))
		}
		close(done)
		work.Wait()
		drain(t, one)
		drain(t, two)
		for d, ids := range s.ids {
			if len(ids) != acts/2 || !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
				t.Errorf("district %d: %d acts, %v", d, len(ids), ids)
			}
		}
	})
}
