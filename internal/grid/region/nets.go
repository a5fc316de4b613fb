package region

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"sync"

	"linli/internal/kernel/geo"
	"linli/internal/kernel/store"
)

// Net is the grids as they are on a day, to look at what happened on any other
// day by them.
type Net struct {
	From, To int    // its first day and the first of the next net, 0: none; yyyymmdd
	Grids    []Grid // without boundaries, by id
	at       map[int64]int
	locate   *locator
	spans    map[int64][2]int // of communities that had other grids on another day: the days [from, to) of these
}

// Grid is a grid of the net with the code that it has then; false if it has none of the id.
func (n *Net) Grid(id int64) (Grid, bool) {
	i, ok := n.at[id]
	if !ok {
		return Grid{}, false
	}
	return n.Grids[i], true
}

// Within lists the grids inside the region (0: all), in order of code.
func (n *Net) Within(area int64) []Grid {
	var out []Grid
	for _, g := range n.Grids {
		if Within(g.Community, area) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(x, y Grid) int { return cmp.Compare(x.Code, y.Code) })
	return out
}

// GridOf is the grid of the net for a thing that was noted on a day in a grid of
// that day: 0 if it cannot be told. Where the grids never changed it is the
// same grid. Elsewhere the position decides (0, 0: none); without one the grid
// stays if it was noted while this net was in force.
func (n *Net) GridOf(community, grid int64, day int, lon, lat float64) int64 {
	span, changed := n.spans[community]
	if !changed {
		return grid
	}
	if lon != 0 || lat != 0 {
		if i, ok := n.locate.grids.At(geo.Point{Lon: lon, Lat: lat}); ok {
			if g := n.Grids[i&(basicBase-1)]; g.Community == community {
				return g.ID
			}
		}
		return 0
	}
	if g, ok := n.Grid(grid); ok && g.Community == community && day >= span[0] && (span[1] == 0 || day < span[1]) {
		return grid
	}
	return 0
}

// nets keeps the nets that were asked for, of one state of the tables.
type nets struct {
	mu    sync.Mutex
	stamp int64
	made  map[int]*Net // by first day
}

// turn is a day on which a community gets other grids; its first grids count too.
type turn struct {
	community int64
	day       int
}

// turns lists them in order of day.
func turns(ctx context.Context, r store.Reader) ([]turn, error) {
	scan := func(rows *sql.Rows) (t turn, err error) { return t, rows.Scan(&t.community, &t.day) }
	out, err := scanAll(ctx, r, `SELECT community, valid_from FROM grid UNION SELECT community, valid_to FROM grid WHERE valid_to <> 0
		UNION SELECT v.community, v.valid_from FROM grid_version v JOIN grid_publication p ON p.district = v.district AND p.id = v.publication WHERE p.undone_at = 0
		ORDER BY 2, 1`, scan)
	return out, err
}

// NetSpan is a net with what it has.
type NetSpan struct {
	From, To    int // first day, and first day of the next net (0: none)
	Communities int // that got other grids on its first day
	Grids       int
}

// Nets lists the nets that there were and will be inside the region (0: all), oldest first.
func (a *Atlas) Nets(ctx context.Context, area int64) ([]NetSpan, error) {
	all, err := turns(ctx, a.db)
	if err != nil {
		return nil, err
	}
	var out []NetSpan
	for _, t := range all {
		if !Within(t.community, area) {
			continue
		}
		if n := len(out); n == 0 || out[n-1].From != t.day {
			if n > 0 {
				out[n-1].To = t.day
			}
			out = append(out, NetSpan{From: t.day})
		}
		out[len(out)-1].Communities++
	}
	for i := range out {
		n, err := a.Net(ctx, out[i].From)
		if err != nil {
			return nil, err
		}
		out[i].Grids = len(n.Within(area))
	}
	return out, nil
}

// Net is the grids of the day; of the first net for a day before all.
func (a *Atlas) Net(ctx context.Context, day int) (*Net, error) {
	if !validDay(day) {
		return nil, badDay("net")
	}
	a.nets.mu.Lock()
	defer a.nets.mu.Unlock()
	if stamp := a.cur.Load().stamp; a.nets.made == nil || a.nets.stamp != stamp {
		a.nets.stamp, a.nets.made = stamp, map[int]*Net{}
	}
	for _, n := range a.nets.made {
		if n.From <= day && (n.To == 0 || day < n.To) {
			return n, nil
		}
	}
	var n *Net
	err := a.db.Snapshot(ctx, func(r store.Reader) (err error) {
		n, err = readNetOf(ctx, r, day)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.nets.made[n.From] = n
	return n, nil
}

func readNetOf(ctx context.Context, r store.Reader, day int) (*Net, error) {
	all, err := turns(ctx, r)
	if err != nil {
		return nil, err
	}
	n := &Net{at: map[int64]int{}, spans: map[int64][2]int{}}
	if len(all) > 0 {
		day = max(day, all[0].day)
	}
	byCommunity := map[int64][]int{}
	for _, t := range all {
		byCommunity[t.community] = append(byCommunity[t.community], t.day)
		if t.day <= day {
			n.From = t.day
		} else if n.To == 0 {
			n.To = t.day
		}
	}
	for c, days := range byCommunity {
		if len(days) < 2 {
			continue
		}
		var span [2]int
		if i := slices.IndexFunc(days, func(d int) bool { return d > day }); i >= 0 {
			span[1] = days[i]
			days = days[:i]
		}
		if len(days) > 1 { // the first grids are those of all time before
			span[0] = days[len(days)-1]
		}
		n.spans[c] = span
	}
	grids, err := readNet(ctx, r, day)
	if err != nil {
		return nil, err
	}
	n.Grids = grids.grids
	for i, g := range n.Grids {
		n.at[g.ID] = i
	}
	_, shapes, err := shapesOf(nil, n.Grids)
	if err != nil {
		return nil, err
	}
	n.locate, err = newLocator(nil, nil, n.Grids, shapes)
	return n, err
}
