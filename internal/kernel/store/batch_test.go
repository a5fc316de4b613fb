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

// A process that slept so long that another took its place takes a new one.
func TestALostPlaceIsNotUsedOn(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.takeNode(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, _ := db.ids.place()
	if err := db.Write(t.Context(), func(tx *Tx) error {
		_, err := tx.Exec("UPDATE node SET owner = 'another' WHERE id = ?", before)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.keepNode(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if after, _ := db.ids.place(); after == before {
		t.Errorf("place %d is used by two", after)
	}
}
