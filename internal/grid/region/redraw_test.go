package region_test

import (
	"context"
	"testing"
	"time"

	"linli/internal/grid/region"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// dayAfter is the city's day n days from now.
func dayAfter(db *store.DB, n int) int {
	y, m, d := time.UnixMicro(db.Now()).In(time.FixedZone("", 8*3600)).AddDate(0, 0, n).Date()
	return y*10000 + int(m)*100 + d
}

// halves makes two grids out of the four of a community of the chessboard: the
// western half keeps the first one's id, the eastern half is new.
func halves(db *store.DB, d *region.CityData, community int64) region.Redraw {
	var old []region.Grid
	for _, g := range d.Grids {
		if g.Community == community {
			old = append(old, g)
		}
	}
	west, east := old[0], old[1]
	west.Households, west.Name, west.Code = 800, "西片", community*1000+1
	east.ID, east.Households, east.Name, east.Code = db.NextID(), 800, "东片", community*1000+2
	r := region.Redraw{ID: db.NextID(), From: dayAfter(db, 1), Communities: []int64{community}, Grids: []region.Grid{west, east},
		Ended: []int64{old[1].ID, old[2].ID, old[3].ID}, Buildings: map[int64]int64{}}
	for _, b := range d.Buildings {
		switch b.Grid {
		case old[0].ID, old[2].ID:
			r.Buildings[b.ID] = west.ID
		case old[1].ID, old[3].ID:
			r.Buildings[b.ID] = east.ID
		}
	}
	return r
}

func TestRedraw(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		d := chessboard(2, 2, 2, 3)
		a := load(t, db, d)
		const community = 990101001001
		r := halves(db, d, community)
		write := func(fn func(tx *store.Tx) error) error {
			err := db.Write(ctx, fn)
			if e := a.Refresh(ctx); e != nil {
				t.Fatal(e)
			}
			return err
		}
		sound := func(when string) {
			t.Helper()
			if p, err := a.Verify(ctx, db); err != nil || len(p) != 0 {
				t.Fatalf("%s: %+v, %v", when, p, err)
			}
		}
		count := func(day int) (n int) {
			t.Helper()
			grids, err := a.GridsOn(ctx, day)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range grids {
				if g.Community == community {
					n++
				}
			}
			return n
		}
		today := r
		today.From = dayAfter(db, 0)
		if err := write(func(tx *store.Tx) error { return a.Publish(tx, admin, today) }); !errs.Is(err, errs.Invalid) {
			t.Fatalf("grids that begin today: %v", err)
		}
		if err := write(func(tx *store.Tx) error { return a.Publish(tx, admin, r) }); err != nil {
			t.Fatal(err)
		}
		sound("published")
		if n, m := count(dayAfter(db, 0)), count(r.From); n != 4 || m != 2 {
			t.Errorf("%d grids today and %d from the first day on, want 4 and 2", n, m)
		}
		if g, err := a.Grid(r.Ended[0]); err != nil || g.ValidTo != r.From || a.GridCommunity(g.ID) != community {
			t.Errorf("a grid that will end: %+v, %v", g, err)
		}
		if east := r.Grids[1].ID; a.GridCommunity(east) != 0 || a.ComingGrid(east) != community {
			t.Error("a grid to come is in force, or unknown to those who give posts for it")
		}
		again := halves(db, d, community)
		if err := write(func(tx *store.Tx) error { return a.Publish(tx, admin, again) }); !errs.Is(err, region.RedrawPending) {
			t.Errorf("a second publication before the first began: %v", err)
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE grid_version SET households = households + 1 WHERE grid = ?", r.Grids[0].ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if p, err := a.Verify(ctx, db); err != nil || len(p) != 1 {
			t.Errorf("a version was changed behind the program's back: %+v, %v", p, err)
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE grid_version SET households = households - 1 WHERE grid = ?", r.Grids[0].ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := write(func(tx *store.Tx) error { return a.Undo(tx, admin, r.ID) }); err != nil {
			t.Fatal(err)
		}
		sound("taken back")
		if n := count(r.From); n != 4 {
			t.Errorf("%d grids after the publication was taken back", n)
		}
		if err := write(func(tx *store.Tx) error { return a.Undo(tx, admin, r.ID) }); !errs.Is(err, errs.NotFound) {
			t.Errorf("taken back twice: %v", err)
		}
		if err := write(func(tx *store.Tx) error { return a.Publish(tx, admin, again) }); err != nil {
			t.Errorf("published anew: %v", err)
		}
	})
}

// TestRedrawBegins: on its first day the program answers by the new grids.
func TestRedrawBegins(t *testing.T) {
	t.Parallel()
	shift := time.Duration(0)
	db := storetest.SQLite(t, func() time.Time { return time.Now().Add(shift) })
	ctx := context.Background()
	d := chessboard(2, 2, 2, 3)
	a := load(t, db, d)
	r := halves(db, d, 990101001001)
	if err := db.Write(ctx, func(tx *store.Tx) error { return a.Publish(tx, admin, r) }); err != nil {
		t.Fatal(err)
	}
	shift = 24 * time.Hour
	if err := a.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	for id, grid := range r.Buildings {
		if b, err := a.Building(id); err != nil || b.Grid != grid {
			t.Fatalf("building %d lies in %d, want %d", id, b.Grid, grid)
		}
	}
	if g, err := a.Grid(r.Ended[1]); err != nil || g.ValidTo != r.From || a.GridCommunity(g.ID) != 0 {
		t.Errorf("a former grid: %+v, %v", g, err)
	}
	if err := db.Write(ctx, func(tx *store.Tx) error { return a.Undo(tx, admin, r.ID) }); !errs.Is(err, region.RedrawBegun) {
		t.Errorf("taken back after it began: %v", err)
	}
}

// TestNet looks at a thing by the grids of before and after a publication.
func TestNet(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		d := chessboard(1, 1, 2, 3)
		a := load(t, db, d)
		const community, other = 990101001001, 990101001002
		r := halves(db, d, community)
		r.Grids[0].Polygon, r.Grids[1].Polygon = square(0, 0, 1, 2), square(1, 0, 1, 2)
		if err := db.Write(ctx, func(tx *store.Tx) error { return a.Publish(tx, admin, r) }); err != nil {
			t.Fatal(err)
		}
		if err := a.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		nets, err := a.Nets(ctx, 0)
		if err != nil || len(nets) != 2 || nets[0] != (region.NetSpan{From: 20200101, To: r.From, Communities: 2, Grids: 8}) || nets[1] != (region.NetSpan{From: r.From, Communities: 1, Grids: 6}) {
			t.Fatalf("nets: %+v, %v", nets, err)
		}
		if here, err := a.Nets(ctx, other); err != nil || len(here) != 1 || here[0].Grids != 4 {
			t.Errorf("nets of a community that was not planned anew: %+v, %v", here, err)
		}
		before, err := a.Net(ctx, 19990101)
		if err != nil {
			t.Fatal(err)
		}
		after, err := a.Net(ctx, r.From)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Net(ctx, 20261301); !errs.Is(err, errs.Invalid) {
			t.Errorf("a day that does not exist: %v", err)
		}
		old := d.Grids[:4]
		first, east := r.Grids[0].ID, r.Grids[1].ID
		inEast := func() (lon, lat float64) {
			for _, b := range d.Buildings {
				if r.Buildings[b.ID] == east && b.Grid == old[3].ID {
					return b.Lon, b.Lat
				}
			}
			t.Fatal("no building")
			return 0, 0
		}
		lon, lat := inEast()
		today := dayAfter(db, 0)
		for _, x := range []struct {
			why             string
			community, grid int64
			day             int
			lon, lat        float64
			before, after   int64
		}{
			{"its position decides", community, old[3].ID, today, lon, lat, old[3].ID, east},
			{"reported after, looked at by the old net", community, east, r.From, lon, lat, old[3].ID, east},
			{"without a position it is known on its own net", community, old[1].ID, today, 0, 0, old[1].ID, 0},
			{"a grid that keeps its id is another grid after", community, first, r.From, 0, 0, 0, first},
			{"a position in another community tells nothing", community, old[0].ID, today, west + 3.5*cell, south + 0.5*cell, 0, 0},
			{"where nothing changed the grid stays", other, d.Grids[5].ID, today, lon, lat, d.Grids[5].ID, d.Grids[5].ID},
			{"nowhere", 0, 0, today, 0, 0, 0, 0},
		} {
			if b, n := before.GridOf(x.community, x.grid, x.day, x.lon, x.lat), after.GridOf(x.community, x.grid, x.day, x.lon, x.lat); b != x.before || n != x.after {
				t.Errorf("%s: %d before and %d after, want %d and %d", x.why, b, n, x.before, x.after)
			}
		}
		if err := db.Write(ctx, func(tx *store.Tx) error { return a.Undo(tx, admin, r.ID) }); err != nil {
			t.Fatal(err)
		}
		if err := a.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		if nets, err := a.Nets(ctx, 0); err != nil || len(nets) != 1 {
			t.Errorf("nets after the publication was taken back: %+v, %v", nets, err)
		}
	})
}
