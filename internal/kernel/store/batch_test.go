package store

import (
	"testing"
)

// A refusal that rests on a row of the same batch must not be heard before the
// row can be seen: who was told "there is one already" looks it up at once.
func TestNobodyIsAnsweredBeforeTheBatchIsDurable(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	insert := func(tx *Tx) error {
		_, err := tx.Exec("INSERT INTO t (id) VALUES (7)")
		return err
	}
	if err := db.Write(t.Context(), func(tx *Tx) error {
		_, err := tx.Exec("CREATE TABLE t (id BIGINT PRIMARY KEY)")
		return err
	}); err != nil {
		t.Fatal(err)
	}

	newCall := func(fn func(*Tx) error) *call {
		return &call{ctx: t.Context(), fn: fn, done: make(chan error, 1)}
	}
	running, joined := make(chan struct{}), make(chan struct{})
	plug := newCall(func(*Tx) error { close(running); <-joined; return nil })
	second := newCall(insert)
	early := -1
	first := newCall(func(tx *Tx) error {
		tx.AfterCommit(func() { early = len(second.done) })
		return insert(tx)
	})
	for i, c := range []*call{plug, first, second} {
		if err := db.enqueue(c); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			<-running // the writer is busy, so the next two wait and become one batch
		}
	}
	close(joined)
	if err := <-first.done; err != nil {
		t.Error("the first insert:", err)
	}
	if err := <-second.done; !IsDuplicate(err) {
		t.Error("the second insert:", err)
	}
	if early != 0 {
		t.Error("answers given before the commit:", early)
	}
}
