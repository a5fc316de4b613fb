package ledger_test

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

func verify(t interface {
	Helper()
	Fatal(...any)
}, b *bench) []audit.Problem {
	t.Helper()
	p, err := b.Verify(context.Background(), b.DB)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestHistoryReplaysToTheRow walks at random through changes; whatever was
// accepted or refused, each history gives its row.
func TestHistoryReplaysToTheRow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		n := 0
		rapid.Check(t, func(t *rapid.T) {
			var ids []int64
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				n++
				var err error
				switch act := rapid.IntRange(0, 5).Draw(t, "act"); {
				case act == 0 || len(ids) == 0:
					c := club(fmt.Sprint("社", n))
					c.Members = rapid.IntRange(-1, 5).Draw(t, "members")
					c.Topics = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"walk", "sing", "meal"}), 0, 3, rapid.ID[string]).Draw(t, "topics")
					var put *Club
					if put, err = b.clubs.Put(ctx, system, c); err == nil {
						ids = append(ids, put.ID)
					}
				case act == 1:
					more := []Club{club(fmt.Sprint("批", n, "a")), club(fmt.Sprint("批", n, "b"))}
					more[1].Region = far
					err = b.clubs.Load(ctx, system, more)
				case act == 2:
					_, err = b.clubs.End(ctx, system, rapid.SampledFrom(ids).Draw(t, "id"), 0, ledger.Day(rapid.SampledFrom([]int{0, today, today - 1}).Draw(t, "day")), "x")
				default:
					_, err = b.clubs.Change(ctx, system, rapid.SampledFrom(ids).Draw(t, "id"), rapid.IntRange(0, 3).Draw(t, "version"), func(c *Club) error {
						c.Members = rapid.IntRange(-1, 5).Draw(t, "members")
						c.Parent = rapid.SampledFrom(append(ids, 0)).Draw(t, "parent")
						c.Budget = rapid.SampledFrom([]float64{0, 0.1, 2.25}).Draw(t, "budget")
						c.Open = rapid.Bool().Draw(t, "open")
						c.Region = rapid.SampledFrom([]int64{green, blue, far}).Draw(t, "region")
						if rapid.Bool().Draw(t, "phone") {
							c.Phone = ledger.Hide(rapid.SampledFrom([]string{"", "13812345678", "13899995678"}).Draw(t, "number"))
						}
						return nil
					})
				}
				if err != nil && errs.As(err).Kind.Status >= 500 {
					t.Fatal(err)
				}
			}
			if p := verify(t, b); len(p) > 0 {
				t.Fatal(p)
			}
		})
	})
}

func TestVerifyFindsWhatWasChangedBehind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		put, err := b.clubs.Put(ctx, system, club("晨曲合唱团"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.clubs.Change(ctx, system, put.ID, 1, func(c *Club) error { c.Members = 5; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := b.clubs.Load(ctx, system, []Club{club("一"), club("二")}); err != nil {
			t.Fatal(err)
		}
		if p := verify(t, b); len(p) > 0 {
			t.Fatal(p)
		}
		for name, c := range map[string]struct {
			do, undo string
		}{
			"a row":                {"UPDATE club SET members = 99 WHERE name = '晨曲合唱团'", "UPDATE club SET members = 5 WHERE name = '晨曲合唱团'"},
			"a loaded row":         {"UPDATE club SET open = 0 WHERE name = '一'", "UPDATE club SET open = 1 WHERE name = '一'"},
			"an entry":             {"UPDATE ledger_log SET reason = 'x' WHERE version = 2", "UPDATE ledger_log SET reason = '' WHERE version = 2"},
			"an entry of a batch":  {"UPDATE ledger_log SET actor = 5 WHERE batch <> 0", "UPDATE ledger_log SET actor = 0 WHERE batch <> 0"},
			"an entry's place":     {"UPDATE ledger_log SET version = 7 WHERE version = 2", "UPDATE ledger_log SET version = 2 WHERE version = 7"},
			"a row that was added": {"UPDATE club SET id = id + 1 WHERE name = '二'", "UPDATE club SET id = id - 1 WHERE name = '二'"},
		} {
			run := func(q string) {
				if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
					t.Fatal(err)
				}
			}
			run(c.do)
			if p := verify(t, b); len(p) == 0 {
				t.Errorf("%s was changed and nothing says so", name)
			}
			run(c.undo)
			if p := verify(t, b); len(p) > 0 {
				t.Fatal(name, p)
			}
		}
	})
}
