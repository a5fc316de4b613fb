package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"linli/internal/app/apptest"
	"linli/internal/grid/household"
	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
)

// homeAt registers a home in the grid.
func homeAt(t *testing.T, c *apptest.City, community, grid int64, room string) *household.Home {
	t.Helper()
	for _, b := range c.Atlas.Buildings(community) {
		if b.Grid == grid {
			h, err := c.Homes.Homes.Put(context.Background(), apptest.Everything, household.Home{Row: ledger.Row{Region: community, Grid: grid}, Building: b.ID, Unit: "1单元", Room: room, Use: "lived", People: 3})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
	}
	t.Fatal("the grid has no building")
	return nil
}

// households is a home in the worker's grid with the worker's phone and the lead.
type households struct {
	*apptest.City
	t     *testing.T
	home  *household.Home
	phone *phone
	lead  *apptest.Person
}

func newHouseholds(t *testing.T, c *apptest.City) *households {
	w := c.World()
	return &households{City: c, t: t, home: homeAt(t, c, w.Target.Community, w.Target.Grid, "301"), phone: worker(c), lead: lead(c)}
}

func (x *households) edit(base int, fields apptest.M) apptest.M {
	m := x.phone.command("home.edit", apptest.M{"home": x.home.ID, "fields": fields})
	m["object"], m["base"] = fmt.Sprint(x.home.ID), base
	return m
}

func (x *households) need(kind string, more apptest.M) apptest.M {
	body := apptest.M{"home": x.home.ID, "kind": kind, "purpose": "每周探访", "source": "resident", "until": 20270601}
	for k, v := range more {
		body[k] = v
	}
	return x.phone.command("need.add", body)
}

// now is the home as it is.
func (x *households) now() *household.Home {
	x.t.Helper()
	h, err := x.Homes.Homes.Get(context.Background(), apptest.Everything, x.home.ID)
	if err != nil {
		x.t.Fatal(err)
	}
	return h
}

// desk changes the home at the lead's desk.
func (x *households) desk(fields apptest.M) {
	x.t.Helper()
	x.lead.Do("PATCH", fmt.Sprint("/api/v1/ledger/home/", x.home.ID), apptest.M{"version": x.now().Version, "fields": fields}).Want(200)
}

func (x *households) needAt(id int64) *household.Need {
	x.t.Helper()
	n, err := x.Homes.Needs.Get(context.Background(), apptest.Everything, id)
	if err != nil {
		x.t.Fatal(err)
	}
	return n
}

// told is what a phone hears of the grid since the cursor, by type and id; the cursor moves on.
func told(p *apptest.Person, grid int64, cursor *string) map[string]change {
	var a struct {
		Cursor  string
		Changes []change
	}
	p.Do("GET", fmt.Sprint("/api/v1/sync/changes?grid=", grid, "&cursor=", *cursor), nil).Want(200).Into(&a)
	*cursor = a.Cursor
	out := map[string]change{}
	for _, c := range a.Changes {
		out[fmt.Sprint(c.Type, c.ID)] = c
	}
	return out
}

// snapshotCursor loads the grid's snapshot and gives its cursor.
func snapshotCursor(t *testing.T, p *apptest.Person, grid int64) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(p.Do("GET", fmt.Sprint("/api/v1/sync/snapshot?grid=", grid), nil).Want(200).Body))
	if err != nil {
		t.Fatal(err)
	}
	var head struct{ Cursor string }
	if err := json.NewDecoder(z).Decode(&head); err != nil {
		t.Fatal(err)
	}
	return head.Cursor
}

// TestPhonesEditHomes: an edit is applied once and other phones hear of it; what
// others changed stands; where both changed the same otherwise the lead decides,
// either way; nobody edits another grid's homes.
func TestPhonesEditHomes(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		x := newHouseholds(t, c)
		p, grid := x.phone, c.World().Target.Grid
		cursor := snapshotCursor(t, p.Person, grid)
		first := x.edit(1, apptest.M{"people": 4, "every": 7})
		if a := p.send(first).Results[0]; a.State != "applied" || a.ObjectID != x.home.ID || a.Version != 2 {
			t.Fatalf("%+v %+v", a, a.Reason)
		}
		if a := p.send(first).Results[0]; a.State != "duplicate" || a.First.Version != 2 || x.now().Version != 2 {
			t.Errorf("again: %+v", a)
		}
		seen := told(worker(c).Person, grid, &cursor)[fmt.Sprint("home", x.home.ID)]
		if seen.Row["people"] != 4.0 || seen.Row["every"] != 7.0 || seen.Version != 2 {
			t.Errorf("another phone hears %+v", seen)
		}
		history, err := c.Homes.Homes.History(t.Context(), c.DB, x.home.District, x.home.ID)
		if err != nil || len(history) != 2 || history[0].Actor != p.Account || len(history[0].Changes) != 2 {
			t.Errorf("%+v %v", history, err)
		}

		// Two edits of one field before the first was sent, and in the wrong order.
		one, two := x.edit(2, apptest.M{"people": 5}), x.edit(2, apptest.M{"people": 6, "hint": "请敲门"})
		if a := p.send(two, one); a.Results[0].State != "applied" || a.Results[1].State != "applied" || x.now().People != 6 || x.now().Hint != "请敲门" {
			t.Errorf("%+v, %+v", a, x.now())
		}
		late, early := x.edit(x.now().Version, apptest.M{"every": 30}), p.command("case.report", apptest.M{"text": "间隔", "place": atHome(c)})
		older := x.edit(x.now().Version, apptest.M{"every": 14})
		older["seq"], late["seq"] = late["seq"], older["seq"] // the older one comes a batch later
		p.send(late, early)
		if a := p.send(older).Results[0]; a.State != "applied" || x.now().Every != 30 {
			t.Errorf("an older edit that comes late: %+v, every %d", a, x.now().Every)
		}

		// Others changed other fields, or the same to the same value.
		base := x.now().Version
		x.desk(apptest.M{"hint": "门铃坏了", "use_now": "let"})
		if a := p.send(x.edit(base, apptest.M{"people": 2, "use": "let"})).Results[0]; a.State != "applied" {
			t.Errorf("beside the desk's: %+v %+v", a, a.Reason)
		}
		if h := x.now(); h.People != 2 || h.Hint != "门铃坏了" || h.Use != "let" || h.Every != 30 {
			t.Errorf("merged: %+v", h)
		}

		// Both changed the same.
		for _, choice := range []string{"theirs", "mine"} {
			base := x.now().Version
			x.desk(apptest.M{"people": 8, "use_now": "lived"})
			clash := x.edit(base, apptest.M{"people": 9, "use": "empty", "hint": "后门"})
			if a := p.send(clash).Results[0]; a.State != "conflict" || a.code() != "command_conflict" || a.Reason.Detail == "" {
				t.Fatalf("%+v", a)
			}
			if h := x.now(); h.People != 8 || h.Hint == "后门" {
				t.Errorf("something of a clash was written: %+v", h)
			}
			var open struct {
				Items []struct {
					ID           int64
					Fields       []string
					Mine, Theirs map[string]any
				}
			}
			x.lead.Do("GET", "/api/v1/sync/conflicts", nil).Want(200).Into(&open)
			if len(open.Items) != 1 || fmt.Sprint(open.Items[0].Fields) != "[people use]" || open.Items[0].Mine["people"] != 9.0 || open.Items[0].Theirs["people"] != 8.0 ||
				fmt.Sprint(open.Items[0].Mine["use"]) != "map[en:Empty zh:空置]" {
				t.Fatalf("%+v", open)
			}
			x.lead.Do("POST", fmt.Sprint("/api/v1/sync/conflicts/", open.Items[0].ID), apptest.M{"choice": choice}).Want(204)
			people, hint := 8, "门铃坏了"
			if choice == "mine" {
				people, hint = 9, "后门"
			}
			if h := x.now(); h.People != people || h.Hint != hint {
				t.Errorf("%s: %+v", choice, h)
			}
			x.desk(apptest.M{"people": 2, "use_now": "let"})
		}

		// Contacts go to the vault, are kept with consent, and come back as masks.
		if a := p.send(x.edit(x.now().Version, apptest.M{"phone": "13812345678"})).Results[0]; a.State != "rejected" || a.code() != "home_consent" {
			t.Errorf("%+v", a)
		}
		p.send(x.edit(x.now().Version, apptest.M{"phone": "13812345678", "consent_until": 20270601}))
		if h := x.now(); h.Phone.Mask != "138****5678" || h.Consent != 20270601 {
			t.Errorf("%+v", h)
		}
		base = x.now().Version
		x.desk(apptest.M{"phone": "13899995678"}) // its mask is the same
		if a := p.send(x.edit(base, apptest.M{"phone": "13811115678"})).Results[0]; a.State != "conflict" {
			t.Errorf("%+v", a)
		}

		// What is refused says why.
		far := homeAt(t, c, c.World().Sibling.Community, c.World().Sibling.Grid, "101")
		other := p.command("home.edit", apptest.M{"home": far.ID, "fields": apptest.M{"people": 1}})
		other["base"] = 1
		noBase := x.edit(0, apptest.M{"people": 1})
		crowd := x.edit(x.now().Version, apptest.M{"people": 99})
		newer := x.edit(x.now().Version, apptest.M{"balcony": true})
		for i, want := range []string{"rejected home_not_found", "rejected required", "rejected invalid", "held command_unknown"} {
			r := p.send([]apptest.M{other, noBase, crowd, newer}[i]).Results[0]
			if got := r.State + " " + r.code(); got != want || r.Reason.Detail == "" {
				t.Errorf("%s, want %s: %+v", got, want, r.Reason)
			}
		}
	})
}

// TestPhonesNeeds: a care need carries what it is for, who asked, the day of
// consent and an end; kinds that tell of health are taken and never come back to a
// phone; it is ended once, also before the phone knows its id.
func TestPhonesNeeds(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		x := newHouseholds(t, c)
		p, grid := x.phone, c.World().Target.Grid
		cursor := snapshotCursor(t, p.Person, grid)
		add := x.need("alone", apptest.M{"consent": true, "person": "王秀英"})
		add["at"] = apptest.Now().Add(-26 * time.Hour).Format(time.RFC3339Nano)
		made := p.send(add).Results[0]
		if made.State != "applied" {
			t.Fatalf("%+v %+v", made, made.Reason)
		}
		n := x.needAt(made.ObjectID)
		if yesterday := ledger.Day(c.Sync.Day(apptest.Now().Add(-26 * time.Hour).UnixMicro())); n.Consent != yesterday || n.From != yesterday || n.To != 20270601 || n.Purpose != "每周探访" || n.Source != "resident" || n.Grid != grid || n.Name.Mask != "王**" || n.Home != x.home.ID {
			t.Errorf("%+v", n)
		}
		if a := p.send(add).Results[0]; a.State != "duplicate" {
			t.Errorf("%+v", a)
		}
		ill := p.send(x.need("ill", nil)).Results[0]
		if ill.State != "applied" {
			t.Errorf("%+v %+v", ill, ill.Reason)
		}
		heard := told(worker(c).Person, grid, &cursor)
		if r := heard[fmt.Sprint("need", made.ObjectID)].Row; r["person"] != "王**" || r["until"] != 20270601.0 {
			t.Errorf("%+v", heard)
		}
		if r, ok := heard[fmt.Sprint("need", ill.ObjectID)]; ok {
			t.Errorf("a phone is told of an illness: %+v", r)
		}

		for what, m := range map[string]apptest.M{
			"rejected need_there":     x.need("alone", nil),
			"rejected need_consent":   x.need("elder", apptest.M{"consent": false}),
			"rejected need_ends":      x.need("elder", apptest.M{"until": 0}),
			"rejected invalid":        x.need("rich", nil),
			"rejected required":       x.need("elder", apptest.M{"purpose": " "}),
			"rejected home_not_found": x.need("elder", apptest.M{"home": 42}),
		} {
			a := p.send(m).Results[0]
			if got := a.State + " " + a.code(); got != what || a.Reason.Detail == "" {
				t.Errorf("%s, want %s: %+v", got, what, a.Reason)
			}
		}

		// It is ended, as often as anybody wants it ended.
		end := func(id int64, base int) apptest.M {
			m := p.command("need.end", apptest.M{"need": id, "home": x.home.ID})
			m["base"] = base
			return m
		}
		if a := p.send(end(n.ID, 1)).Results[0]; a.State != "applied" || x.needAt(n.ID).State != ledger.Ended || x.needAt(n.ID).To != ledger.Day(c.Today()) {
			t.Errorf("%+v %+v", a, a.Reason)
		}
		if g := told(p.Person, grid, &cursor)[fmt.Sprint("need", n.ID)]; !g.Gone {
			t.Errorf("an ended need: %+v", g)
		}
		if a := p.send(end(n.ID, 1)).Results[0]; a.State != "applied" || a.Version != 2 {
			t.Errorf("ended twice: %+v %+v", a, a.Reason)
		}
		// The end came before what it ends.
		elder := x.need("elder", nil)
		early := p.command("need.end", apptest.M{"added": elder["id"], "home": x.home.ID})
		if a := p.send(early).Results[0]; a.State != "held" || a.code() != "command_waits" {
			t.Errorf("%+v", a)
		}
		a := p.send(elder).Results[0]
		if a.State != "applied" || x.needAt(a.ObjectID).State != ledger.Ended {
			t.Errorf("%+v %+v", a, a.Reason)
		}
		// Another one prolonged it meanwhile; another purpose is no matter.
		id := p.send(x.need("disabled", nil)).Results[0].ObjectID
		x.lead.Do("PATCH", fmt.Sprint("/api/v1/ledger/care_need/", id), apptest.M{"version": 1, "fields": apptest.M{"purpose": "送药上门"}}).Want(200)
		x.lead.Do("PATCH", fmt.Sprint("/api/v1/ledger/care_need/", id), apptest.M{"version": 2, "fields": apptest.M{"valid_to": "2027-08-01"}}).Want(200)
		if a := p.send(end(id, 1)).Results[0]; a.State != "conflict" || x.needAt(id).State != ledger.Active {
			t.Errorf("%+v", a)
		}
		if a := p.send(end(id, 3)).Results[0]; a.State != "applied" {
			t.Errorf("%+v", a)
		}
		if a := p.send(end(42, 1)).Results[0]; a.code() != "need_not_found" {
			t.Errorf("%+v", a)
		}
	})
}

// TestPhonesHeldHomes: what a program that did not know the kinds has held is done
// by this one, without the phone.
func TestPhonesHeldHomes(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		x := newHouseholds(t, c)
		m := x.edit(1, apptest.M{"people": 5})
		m["kind"] = "home.edit.next"
		if a := x.phone.send(m).Results[0]; a.State != "held" {
			t.Fatalf("%+v", a)
		}
		if err := c.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE sync_command SET kind = 'home.edit' WHERE account = ?", x.phone.Account)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Sync.TryHeld(t.Context()); err != nil || x.now().People != 5 || x.now().Version != 2 {
			t.Errorf("%v, %+v", err, x.now())
		}
	})
}

// TestPhonesNeedsAfterAMove: a need that somebody asked for on Thursday is taken
// though its worker moved on Friday; an edit is not.
func TestPhonesNeedsAfterAMove(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	x := newHouseholds(t, c)
	add, edit := x.need("infant", nil), x.edit(1, apptest.M{"people": 4})
	add["at"] = apptest.Now().Add(-2 * time.Hour).Format(time.RFC3339Nano)
	moveOn(c, x.phone.Person)
	a := x.phone.send(add, edit)
	if a.Results[0].State != "applied" || a.Results[1].State != "rejected" || a.Results[1].code() != access.Forbidden.Code {
		t.Errorf("%+v %+v %+v", a, a.Results[0].Reason, a.Results[1].Reason)
	}
}

// TestPhonesHearOfGridsPlannedAnew: a case that went to another grid because the
// city was planned anew leaves the phones of the old one and comes to those of the
// new one.
func TestPhonesHearOfGridsPlannedAnew(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		old := c.World().Target
		heir := int64(0)
		for _, g := range c.Atlas.Grids(old.Community) {
			if g.ID != old.Grid {
				heir = g.ID
			}
		}
		if heir == 0 {
			t.Fatal("the community has one grid only")
		}
		made := c.Hire(access.Post{Role: "district_desk", Region: old.District}).Report(apptest.M{"text": "楼道堆物", "place": atHome(c)})
		here, there := worker(c).Person, c.Hire(access.Post{Role: "grid_worker", Region: old.Community, Grid: heir})
		hereAt, thereAt := snapshotCursor(t, here, old.Grid), snapshotCursor(t, there, heir)
		if err := c.DB.Write(t.Context(), func(tx *store.Tx) error { // it has no position of its own
			_, err := tx.Exec("UPDATE cases SET lon = 0, lat = 0 WHERE id = ?", made.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Cases.FollowGrids(t.Context(), map[int64]int64{old.Grid: heir}); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		name := fmt.Sprint("case", made.ID)
		if g := told(here, old.Grid, &hereAt)[name]; !g.Gone {
			t.Errorf("the old grid hears %+v", g)
		}
		if g := told(there, heir, &thereAt)[name]; g.Row["text"] != "楼道堆物" {
			t.Errorf("the new grid hears %+v", g)
		}
	})
}

// TestPhonesVisitJoinedHomes: a visit that a phone made at a door whose two rows
// were meanwhile made one belongs to the home that stays, with those before it.
func TestPhonesVisitJoinedHomes(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		x := newHouseholds(t, c)
		w := c.World()
		double := homeAt(t, c, w.Target.Community, w.Target.Grid, "3-01")
		visit := func(note string) apptest.M {
			return x.phone.command("visit.record", apptest.M{"home": double.ID, "outcome": "fine", "note": note})
		}
		before := visit("合并之前")
		x.phone.send(before)
		x.lead.Do("POST", fmt.Sprintf("/api/v1/homes/%d/merge", double.ID), apptest.M{"into": x.home.ID, "reason": "同一户登记了两次"}).Want(200)
		if a := x.phone.send(visit("合并之后"), before); a.Results[0].State != "applied" || a.Results[1].State != "duplicate" {
			t.Errorf("%+v %+v", a, a.Results[0].Reason)
		}
		var made struct {
			Items []struct {
				Home int64
				Note string
			}
		}
		x.lead.Do("GET", fmt.Sprint("/api/v1/visits?home=", x.home.ID), nil).Want(200).Into(&made)
		if len(made.Items) != 2 || made.Items[0].Home != x.home.ID || made.Items[0].Note != "合并之后" || made.Items[1].Home != double.ID {
			t.Errorf("%+v", made)
		}
	})
}
