package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"testing"

	"pgregory.net/rapid"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// TestFiguresOpenTheirRows holds every part of a figure equal to the rows that
// its condition gives, for random rows, filters and scopes.
func TestFiguresOpenTheirRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		n := 0
		rapid.Check(t, func(rt *rapid.T) {
			var rows []Club
			for range rapid.IntRange(0, 6).Draw(rt, "new") {
				n++
				c := club(fmt.Sprintf(`社|%d\`, n))
				c.Kind = rapid.SampledFrom([]string{"sport", "music", "help"}).Draw(rt, "kind")
				c.Members = rapid.IntRange(3, 5).Draw(rt, "members")
				c.Region = rapid.SampledFrom([]int64{green, blue, far}).Draw(rt, "region")
				c.Leader = rapid.SampledFrom([]int64{0, worker}).Draw(rt, "leader")
				c.Signed = rapid.SampledFrom([]ledger.Day{0, 20260301}).Draw(rt, "signed")
				c.Open = rapid.Bool().Draw(rt, "open")
				c.Budget = rapid.SampledFrom([]float64{0, 0.5}).Draw(rt, "budget")
				rows = append(rows, c)
			}
			if err := b.clubs.Load(ctx, system, rows); err != nil {
				rt.Fatal(err)
			}
			scope := rapid.SampledFrom([]access.Scope{system,
				scopeOf(t, access.PartnerRead, access.Post{Role: "street_clerk", Region: 990101001}),
				scopeOf(t, access.PartnerRead, access.Post{Role: "street_clerk", Region: 990102001}, access.Post{Role: "security", Region: 990101}),
			}).Draw(rt, "scope")
			f := ledger.Filter{Where: rapid.SliceOfN(rapid.SampledFrom([]string{"kind=music|help", "members>=4", "open=true", "leader!=", "region=990101", "on=2026-11-28", "topics=sing"}), 0, 3).Draw(rt, "where")}
			by := rapid.SampledFrom([]string{"", "kind", "members", "district", "street", "community", "leader", "signed", "open", "state", "budget", "name", "region", "valid_from"}).Draw(rt, "by")
			fig, err := b.clubs.Figure(ctx, scope, f, by, "members", "zh")
			if errs.Is(err, errs.Invalid) && by == "budget" { // a class that the clerk has not
				return
			}
			if err != nil {
				rt.Fatal(err)
			}
			count := func(f ledger.Filter) (n, sum int) {
				if err := b.clubs.All(ctx, scope, f, func(c *Club) error { n++; sum += c.Members; return nil }); err != nil {
					rt.Fatal(err)
				}
				return n, sum
			}
			total, sum := 0, 0.0
			for _, g := range fig.Items {
				n, add := count(ledger.Filter{Where: append([]string{g.Where}, f.Where...)})
				if n != g.N || float64(add) != *g.Sum {
					rt.Fatalf("%s by %q: %+v, but its condition gives %d rows with %d", f.Where, by, g, n, add)
				}
				total += g.N
				sum += *g.Sum
			}
			n, add := count(f)
			if by != "" && by != "budget" && (total != fig.Total || sum != *fig.Sum) {
				rt.Fatalf("parts %d, whole %d", total, fig.Total)
			}
			if by != "budget" && (fig.Total != n || *fig.Sum != float64(add)) {
				rt.Fatalf("figure %d, rows %d", fig.Total, n)
			}
		})
	})
}

func TestRowsFollowGridsPlannedAnew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := open(t, db), context.Background()
		c, err := b.clubs.Put(ctx, system, club("甲社"))
		if err != nil {
			t.Fatal(err)
		}
		put := func(grid int64, duty string, from ledger.Day) *Turn {
			x, err := b.turns.Put(ctx, system, Turn{Row: ledger.Row{Grid: grid, From: from}, Club: c.ID, Duty: duty})
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		ended := put(ours, "lead", 20250101)
		if _, err := b.turns.End(ctx, system, ended.ID, 0, 20251231, ""); err != nil {
			t.Fatal(err)
		}
		lead, keep, there := put(ours, "lead", 20260101), put(ours, "keep", 20260101), put(yours, "keep", 20260101)
		for range 2 { // again is harmless
			if n, err := b.FollowGrids(ctx, map[int64]int64{ours: yours}); err != nil || n > 1 {
				t.Errorf("%d moved, %v", n, err)
			}
		}
		for _, w := range []struct {
			row  *Turn
			grid int64
		}{{ended, ours}, {lead, yours}, {keep, ours}, {there, yours}} { // the second keeper cannot follow: there is one
			got, err := b.turns.Get(ctx, system, w.row.ID)
			if err != nil || got.Grid != w.grid || w.grid == yours && got.Community != blue {
				t.Errorf("%+v %v, want grid %d", got, err, w.grid)
			}
		}
		if _, err := b.turns.End(ctx, system, there.ID, 0, 20260101, ""); err != nil {
			t.Fatal(err)
		}
		if n, err := b.FollowGrids(ctx, map[int64]int64{ours: yours}); err != nil || n != 1 {
			t.Errorf("the place is free: %d moved, %v", n, err)
		}
		if got, err := b.turns.Get(ctx, system, keep.ID); err != nil || got.Grid != yours {
			t.Errorf("%+v %v: it follows when the other one has ended", got, err)
		}
		if p := verify(t, b); len(p) > 0 {
			t.Error(p)
		}
	})
}

func TestViewsAndFilesOfARegister(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, ctx := openDesk(t, db), context.Background()
		var v ledger.View
		if s := d.do(t, clerk, "POST", "/api/v1/ledger/club/views", m{"name": "本街道在册", "query": "where=state%3Dactive", "shared": true}, &v); s != 201 || !v.Shared || !v.Mine {
			t.Fatalf("%d %+v", s, v)
		}
		if s := d.do(t, clerk, "POST", "/api/v1/ledger/club/views", m{"name": " ", "query": ""}, nil); s != 422 {
			t.Errorf("without a name %d", s)
		}
		var list struct{ Items []ledger.View }
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club/views", nil, &list); s != 200 || len(list.Items) != 1 {
			t.Errorf("%d %+v", s, list)
		}
		if s := d.do(t, clerk, "GET", "/api/v1/ledger/club_turn/views", nil, &list); s != 200 || len(list.Items) != 0 {
			t.Errorf("of another register %d %+v", s, list)
		}
		path := fmt.Sprintf("/api/v1/ledger/club/views/%d", v.ID)
		if s := d.do(t, clerk, "DELETE", path, nil, nil); s != 204 {
			t.Errorf("delete %d", s)
		}
		if s := d.do(t, clerk, "DELETE", path, nil, nil); s != 404 {
			t.Errorf("delete again %d", s)
		}

		c, err := d.clubs.Put(ctx, system, club("甲社"))
		if err != nil {
			t.Fatal(err)
		}
		var picture bytes.Buffer
		if err := jpeg.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 8, 8)), nil); err != nil {
			t.Fatal(err)
		}
		f, err := d.Files.Put(ctx, 990101, worker, "章程.jpg", &picture)
		if err != nil {
			t.Fatal(err)
		}
		row := fmt.Sprintf("/api/v1/ledger/club/%d/files", c.ID)
		var kept struct{ Items []ledger.FileView }
		if s := d.do(t, other, "POST", row, m{"files": []int64{f.ID}}, nil); s != 404 {
			t.Errorf("to another street's row %d", s)
		}
		if s := d.do(t, clerk, "POST", row, m{"files": []int64{f.ID}}, &kept); s != 200 || len(kept.Items) != 1 {
			t.Fatalf("attach %d %+v", s, kept)
		}
		var raw []byte
		for who, want := range map[string]int{clerk: 200, other: 404, "handler@990101": 403} {
			if s := d.do(t, who, "GET", kept.Items[0].URL, nil, &raw); s != want {
				t.Errorf("%s: %d, want %d", who, s, want)
			}
		}
		if s := d.do(t, clerk, "GET", fmt.Sprintf("/api/v1/ledger/club/%d/files/%d", c.ID, f.ID+1), nil, &raw); s != 404 {
			t.Errorf("a file that is not the row's %d", s)
		}
		if p := verify(t, d.bench); len(p) > 0 {
			t.Error(p)
		}
	})
}
