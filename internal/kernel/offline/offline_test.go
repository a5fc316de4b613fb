package offline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

var factTable = &store.Table{Name: "fact", Cols: []string{"district", "id", "text"}}

// room is a room with one kind of fact, kept in a table of the test's.
type room struct {
	*Service
	actor *access.Actor
	phone UUID
	seq   int64
}

func open(t testing.TB, db *store.DB) *room {
	t.Helper()
	ctx := context.Background()
	if err := db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("CREATE TABLE IF NOT EXISTS fact (district INTEGER NOT NULL, id BIGINT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (district, id))")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s, err := New(ctx, db, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	access.SetDistricts(990101)
	r := &room{Service: s, actor: &access.Actor{Account: 7, Lang: "zh", Posts: []access.Post{{ID: 1, Account: 7, Role: "grid_worker", Region: 990101001001, Grid: 5, From: 20260101}}}, phone: id(1)}
	s.Today, s.Day = func() int { return 20261123 }, func(int64) int { return 20261123 }
	s.Author = func(context.Context, int64) (*access.Actor, error) { return r.actor, nil }
	s.Name = func(int64) string { return "张三" }
	s.EndSession = func(context.Context, *access.Actor) error { return nil }
	s.Register(Kind{Name: "fact", Fact: true, Perms: []access.Perm{access.CaseReport}, Do: r.keep},
		Kind{Name: "poison", Fact: true, Perms: []access.Perm{access.CaseReport}, Do: func(context.Context, access.Scope, *Command) error { panic("poison") }},
		Kind{Name: "sloppy", Perms: []access.Perm{access.CaseReport}, Do: func(context.Context, access.Scope, *Command) error { return nil }},
		Kind{Name: "never", Perms: []access.Perm{access.RulesWrite}, Do: r.keep})
	return r
}

func (r *room) keep(ctx context.Context, _ access.Scope, c *Command) error {
	var b struct {
		Text string `json:"text"`
	}
	if err := Decode(c, &b); err != nil {
		return err
	}
	id := r.DB.NextID()
	return r.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Append(factTable, 990101, id, b.Text)
		return c.Done(tx, Effect{ObjectID: id, Version: 1})
	})
}

func id(n int64) (u UUID) {
	u[0], u[6], u[8] = 1, 0x70, 0x80
	for i := range 6 {
		u[15-i] = byte(n >> (8 * i))
	}
	return u
}

// command is the phone's next command.
func (r *room) command(kind, text string) json.RawMessage {
	r.seq++
	return r.numbered(r.seq, kind, text)
}

func (r *room) numbered(seq int64, kind, text string) json.RawMessage {
	b, err := json.Marshal(map[string]any{"id": id(1000 + seq).String(), "seq": seq, "kind": kind, "at": time.UnixMicro(r.DB.Now()).UTC().Format(time.RFC3339Nano), "body": map[string]string{"text": text}})
	if err != nil {
		panic(err) // texts always encode
	}
	return b
}

func (r *room) take(t testing.TB, commands ...json.RawMessage) *Answer {
	t.Helper()
	a, err := r.Take(t.Context(), r.actor, Batch{Device: r.phone, Commands: commands})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (r *room) facts(t testing.TB) (all []string) {
	t.Helper()
	rows, err := r.DB.Query(t.Context(), "SELECT text FROM fact ORDER BY text")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// TestPoisonAmongFifty: what panics, breaks its promise or is not allowed is
// rejected alone; forty-six others are done.
func TestPoisonAmongFifty(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := open(t, db)
		bad := map[int]string{3: "poison", 17: "sloppy", 30: "never", 49: "poison"}
		codes := map[string]string{"poison": "internal", "sloppy": "internal", "never": "forbidden"}
		var batch []json.RawMessage
		for i := range BatchMost {
			kind := bad[i]
			if kind == "" {
				kind = "fact"
			}
			batch = append(batch, r.command(kind, fmt.Sprintf("%02d", i)))
		}
		for _, want := range []State{Applied, Duplicate} {
			a := r.take(t, batch...)
			for i, x := range a.Results {
				if kind := bad[i]; kind != "" && (x.State != Rejected || x.Code != codes[kind]) || kind == "" && x.State != want {
					t.Errorf("%d: %+v", i, x)
				}
			}
			if a.Next != BatchMost+1 || len(a.Missing) != 0 || len(r.facts(t)) != BatchMost-len(bad) {
				t.Errorf("next %d, missing %v, %d facts", a.Next, a.Missing, len(r.facts(t)))
			}
		}
		if _, err := r.Take(t.Context(), r.actor, Batch{Device: r.phone, Commands: append(batch, batch[0])}); !errs.Is(err, errBatch) {
			t.Error(err)
		}
	})
}

// TestKnownLater: a kind that is not known is kept, and done once when the program
// has learned it; without anybody sending it again, and however many stay unknown.
func TestKnownLater(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := open(t, db)
		r.Register(Kind{Name: "newer", Perms: []access.Perm{access.CaseReport}, Do: func(context.Context, access.Scope, *Command) error { return Unknown("smell") }})
		for range heldAtOnce / BatchMost {
			batch := make([]json.RawMessage, BatchMost)
			for i := range batch {
				batch[i] = r.command("newer", "还不认识")
			}
			r.take(t, batch...)
		}
		future := r.command("future", "留着")
		if a := r.take(t, future); a.Results[0].State != Held {
			t.Fatalf("%+v", a.Results)
		}
		if n, err := r.TryHeld(t.Context()); n != heldAtOnce || err != nil {
			t.Error(n, err)
		}
		r.Register(Kind{Name: "future", Fact: true, Perms: []access.Perm{access.CaseReport}, Do: r.keep})
		if n, err := r.TryHeld(t.Context()); n != heldAtOnce+1 || err != nil {
			t.Error(n, err)
		}
		if a := r.take(t, future); a.Results[0].State != Duplicate || a.Results[0].First.State != Applied || len(r.facts(t)) != 1 {
			t.Errorf("%+v %v", a.Results, r.facts(t))
		}
	})
}

// TestTwoProcesses: what another process took is a duplicate here too, though this
// one believes that it knows the phone.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		here, there := open(t, db), open(t, db)
		here.take(t, here.command("fact", "1"))
		there.take(t, there.numbered(1, "fact", "1"), there.numbered(2, "fact", "2"))
		a := here.take(t, here.command("fact", "2"), here.command("fact", "3"))
		if a.Results[0].State != Duplicate || a.Results[0].First == nil || a.Results[1].State != Applied || a.Next != 4 || !slices.Equal(here.facts(t), []string{"1", "2", "3"}) {
			t.Errorf("%+v %v", a, here.facts(t))
		}
	})
}

// TestSweptNumbers: after thirty days what was acknowledged is forgotten; its
// numbers are neither missed nor taken again.
func TestSweptNumbers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := open(t, db)
		first, second := r.command("fact", "1"), r.command("fact", "2")
		r.take(t, second, first, r.command("future", "3"))
		if err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE sync_command SET received_at = received_at - ?", int64(31*24*3600*1_000_000))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.phones.forget(line{r.actor.Account, r.phone})
		a := r.take(t, first, r.command("fact", "4"))
		if a.Results[0].State != Rejected || a.Results[0].Code != errOld.Code || a.Results[1].State != Applied || a.Next != 5 || len(a.Missing) != 0 || len(r.facts(t)) != 3 {
			t.Errorf("%+v %v", a, r.facts(t))
		}
		var n int
		if err := db.QueryRow(t.Context(), "SELECT COUNT(*) FROM sync_command").Scan(&n); err != nil || n != 2 { // the held one and the new one
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

// TestEpoch: it stays over starts, and changes when the database went back behind
// what the folder knows, or the folder does not know the database.
func TestEpoch(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		dir := t.TempDir()
		begin := func(dir string) string {
			t.Helper()
			s, err := New(t.Context(), db, dir)
			if err != nil {
				t.Fatal(err)
			}
			epoch, err := s.epochs.current(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return epoch
		}
		first := begin(dir)
		if again := begin(dir); again != first {
			t.Error("it changes with a start")
		}
		e := epochs{db: db, file: filepath.Join(dir, epochFile)}
		if err := e.write(first, map[int]int64{990101: 100}); err != nil { // the chain is shorter than it was
			t.Fatal(err)
		}
		second := begin(dir)
		if second == first {
			t.Error("a database that went back keeps its epoch")
		}
		if again := begin(dir); again != second {
			t.Error("the change is found twice")
		}
		if third := begin(t.TempDir()); third == second {
			t.Error("a database in a new folder keeps its epoch")
		}
	})
}

func TestSealedForTheServerOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, err := openKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := openKey(dir)
	if err != nil || !again.Equal(key) {
		t.Fatal("the key is not kept", err)
	}
	other, err := openKey(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("未上传的记录")
	sealed, err := Seal(key.PublicKey(), text)
	if err != nil || bytes.Contains(sealed, text) {
		t.Fatal(err)
	}
	if got, err := unseal(key, sealed); err != nil || !bytes.Equal(got, text) {
		t.Error(got, err)
	}
	if _, err := unseal(other, sealed); err == nil {
		t.Error("another server opens it")
	}
	for i := range sealed {
		bad := slices.Clone(sealed)
		bad[i] ^= 1
		if _, err := unseal(key, bad); err == nil {
			t.Fatalf("byte %d does not matter", i)
		}
	}
	if _, err := unseal(key, sealed[:20]); err == nil {
		t.Error("a part is opened")
	}
}

// TestMerge: nobody's change is lost – each field that one side alone changed has
// that side's value, and only what both changed otherwise clashes.
func TestMerge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]any{nil, "a", "b", 1, 1.0, true})
		row := rapid.MapOf(rapid.SampledFrom([]string{"x", "y", "z"}), value)
		base, theirs, mine := row.Draw(t, "base"), row.Draw(t, "theirs"), row.Draw(t, "mine")
		changed, clash := Merge(base, theirs, mine)
		result := maps.Clone(theirs)
		maps.Copy(result, changed)
		for name, want := range mine {
			iChanged, theyChanged := !same(want, base[name]), !same(theirs[name], base[name])
			got := result[name]
			switch {
			case slices.Contains(clash, name):
				if !iChanged || !theyChanged || same(want, theirs[name]) || !same(got, theirs[name]) {
					t.Fatalf("%s clashes without a reason, or did not stay", name)
				}
			case iChanged && !same(got, want):
				t.Fatalf("my %s is lost", name)
			case !iChanged && theyChanged && !same(got, theirs[name]):
				t.Fatalf("their %s is lost", name)
			}
		}
		for name := range changed {
			if _, asked := mine[name]; !asked {
				t.Fatalf("%s was not asked for", name)
			}
		}
	})
}

// TestBelieve: whatever a phone says, what is believed lies within the days for
// which it may be offline, and a good clock is believed as it is.
func TestBelieve(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const now = int64(1_795_000_000_000_000)
		said := rapid.Int64Range(-1e15, 4e15).Draw(t, "said")
		offset := rapid.SampledFrom([]int64{0, 300, -86_400_000, offsetMax, -offsetMax}).Draw(t, "offset")
		sent := rapid.SampledFrom([]int64{0, now, now - 86_400_000_000, 0x7fffffffffffff}).Draw(t, "sent")
		at, _ := believe(said, offset, sent, now)
		if at > now || at < now-offlineMax-tolerance {
			t.Fatalf("%d is believed", at)
		}
		ago := rapid.Int64Range(0, offlineMax).Draw(t, "ago")
		if at, mark := believe(now-ago, 0, now, now); at != now-ago || mark != ClockGood {
			t.Fatalf("a good clock: %d %s", at-now+ago, mark)
		}
	})
}

// BenchmarkFacts measures batches of fifty of a bare fact: what the room itself
// costs.
func BenchmarkFacts(b *testing.B) {
	r := open(b, storetest.SQLite(b, nil))
	b.ResetTimer()
	var n int64
	for b.Loop() {
		batch := make([]json.RawMessage, BatchMost)
		for i := range batch {
			batch[i] = r.command("fact", "路灯不亮")
		}
		for _, x := range r.take(b, batch...).Results {
			if x.State == Applied {
				n++
			}
		}
	}
	if n != int64(b.N*BatchMost) {
		b.Fatalf("%d of %d applied", n, b.N*BatchMost)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "commands/s")
}
