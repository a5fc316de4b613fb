package app_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
)

type planPage struct {
	ID    int64
	Units int
	Runs  []struct {
		ID     int64
		Status string
	}
	Drafts []planDraft
}

type planGrid struct {
	Label, Households, Units, Pieces int
	Community, Note                  string
	InBounds                         bool `json:"in_bounds"`
	Locked                           bool
}

type planDraft struct {
	ID      int64
	Name    string
	Status  string
	Version int
	Grid    []int
	Grids   []planGrid
	Figures struct {
		Grids int
		Moved int `json:"moved_households"`
	}
	Workers []struct {
		Post    int64
		Account struct{ ID int64 }
		To      int
		Chosen  bool
	}
	Requests []struct {
		Text    string
		Answers []struct{ Granted bool }
	}
	Plan int64
}

// planOf makes a plan of the communities, runs it and returns its page.
func planOf(t *testing.T, planner *apptest.Person, communities ...int64) planPage {
	t.Helper()
	codes := make([]string, len(communities))
	for i, c := range communities {
		codes[i] = fmt.Sprint(c)
	}
	var p planPage
	planner.Do("POST", "/api/v1/plans", apptest.M{"name": "试点规划", "communities": codes}).Want(201).Into(&p)
	path := fmt.Sprintf("/api/v1/plans/%d", p.ID)
	var run struct{ ID int64 }
	planner.Do("POST", path+"/runs", apptest.M{"seconds": 4}).Want(201).Into(&run)
	planner.Do("POST", path+"/runs", apptest.M{"seconds": 4}).Want(409)
	if a := planner.Do("GET", fmt.Sprintf("%s/runs/%d/stream", path, run.ID), nil); a.Status != 200 { // ends with the run
		t.Fatalf("the run's stream: %d", a.Status)
	}
	planner.Do("GET", path, nil).Want(200).Into(&p)
	if len(p.Runs) != 1 || p.Runs[0].Status != "finished" || len(p.Drafts) != 4 {
		t.Fatalf("after the run: %+v", p)
	}
	return p
}

// mergeNeighbours makes one grid of two that touch, and reads the draft again.
func mergeNeighbours(t *testing.T, planner *apptest.Person, d *planDraft) {
	t.Helper()
	path := fmt.Sprintf("/api/v1/plan-drafts/%d", d.ID)
	for _, a := range d.Grids {
		for _, b := range d.Grids {
			if a.Label == b.Label || a.Community != b.Community {
				continue
			}
			var now struct{ Grids []planGrid }
			planner.Do("POST", path+"/edits", apptest.M{"version": d.Version, "kind": "merge", "grids": []int{a.Label, b.Label}}).Want(200).Into(&now)
			d.Version++
			if slices.ContainsFunc(now.Grids, func(g planGrid) bool { return g.Label == a.Label && g.Pieces == 1 }) {
				planner.Do("GET", path, nil).Want(200).Into(d)
				return
			}
			planner.Do("POST", path+"/edits", apptest.M{"version": d.Version, "kind": "undo"}).Want(200)
			d.Version++
		}
	}
	t.Fatal("no two grids touch")
}

func TestPlanFromRunToPublication(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	w := c.World()
	planner := c.Hire(access.Post{Role: "planner", Region: w.Target.District})
	admin := c.Hire(access.Post{Role: "admin", Region: w.Target.City})
	desk := c.Hire(access.Post{Role: "district_desk", Region: w.Target.District})
	leader := c.Hire(access.Post{Role: "leader", Region: w.Target.District})
	p := planOf(t, planner, w.Target.Community)

	var d planDraft
	planner.Do("POST", "/api/v1/plan-drafts", apptest.M{"from": p.Drafts[0].ID, "name": "第一稿"}).Want(201).Into(&d)
	path := fmt.Sprintf("/api/v1/plan-drafts/%d", d.ID)
	edit := func(want int, fields apptest.M) *apptest.Answer {
		t.Helper()
		fields["version"] = d.Version
		a := planner.Do("POST", path+"/edits", fields).Want(want)
		if want == 200 {
			d.Version++
		}
		return a
	}
	if len(d.Grid) != p.Units || len(d.Grids) < 2 {
		t.Fatalf("%d units, %d grids", len(d.Grid), len(d.Grids))
	}
	before := d.Grids
	edit(200, apptest.M{"kind": "merge", "grids": []int{d.Grids[0].Label, d.Grids[1].Label}})
	edit(200, apptest.M{"kind": "split", "grids": []int{d.Grids[0].Label}})
	edit(200, apptest.M{"kind": "undo"})
	edit(200, apptest.M{"kind": "undo"})
	edit(409, apptest.M{"kind": "undo"})
	edit(200, apptest.M{"kind": "redo"})
	edit(200, apptest.M{"kind": "undo"})
	planner.Do("POST", path+"/edits", apptest.M{"version": 1, "kind": "redo"}).Want(409)
	planner.Do("GET", path, nil).Want(200).Into(&d)
	if fmt.Sprint(d.Grids) != fmt.Sprint(before) {
		t.Errorf("undone, but not as before: %v, %v", d.Grids, before)
	}
	mergeNeighbours(t, planner, &d)                                     // one worker too many there
	planner.Do("POST", path+"/ask", apptest.M{"note": "请审批"}).Want(422) // no reason for the large grid
	planner.Do("GET", path, nil).Want(200).Into(&d)
	for _, g := range d.Grids {
		if !g.InBounds {
			edit(200, apptest.M{"kind": "note", "grids": []int{g.Label}, "text": "社区规模如此，按小网格管理"})
		}
	}
	// Another grid for a worker than the program proposes: one that is there.
	edit(200, apptest.M{"kind": "worker", "post": d.Workers[0].Post, "to": other(d)})
	edit(409, apptest.M{"kind": "worker", "post": d.Workers[0].Post, "to": other(d)})
	edit(404, apptest.M{"kind": "worker", "post": 7, "to": other(d)})
	chosen := other(d)
	planner.Do("GET", path, nil).Want(200).Into(&d)
	if w := d.Workers[0]; !w.Chosen || w.To != chosen {
		t.Errorf("chosen for grid %d: %+v", chosen, w)
	}
	edit(200, apptest.M{"kind": "request", "communities": []string{fmt.Sprint(w.Target.Community)}, "text": "余下的户数请与邻近社区合并"})

	leader.Do("POST", path+"/approve", apptest.M{"note": "同意"}).Want(409) // nobody asked
	answer := apptest.M{"granted": false, "note": "合并社区须另行报批"}
	leader.Do("POST", path+"/requests/0", answer).Want(409)
	planner.Do("POST", path+"/ask", apptest.M{"note": "请审批"}).Want(200)
	planner.Do("POST", path+"/requests/0", answer).Want(403)
	leader.Do("POST", path+"/approve", apptest.M{"note": "同意"}).Want(409) // the request has no answer
	leader.Do("POST", path+"/requests/1", answer).Want(404)
	leader.Do("POST", path+"/requests/0", answer).Want(200).Into(&d)
	if r := d.Requests; len(r) != 1 || len(r[0].Answers) != 1 || r[0].Answers[0].Granted {
		t.Errorf("refused: %+v", r)
	}
	edit(409, apptest.M{"kind": "redo"})
	planner.Do("POST", path+"/approve", apptest.M{"note": "同意"}).Want(403)
	leader.Do("POST", path+"/approve", apptest.M{"note": "同意"}).Want(200)
	leader.Do("POST", path+"/approve", apptest.M{"note": "再同意一次"}).Want(409)
	publish := func(day int) *apptest.Answer {
		return admin.Do("POST", path+"/publication", apptest.M{"valid_from": day})
	}
	tomorrow := dayOf(apptest.Now().AddDate(0, 0, 1))
	if a := publish(tomorrow); a.Status != 409 {
		t.Fatalf("published after one approval: %d", a.Status)
	}
	desk.Do("POST", path+"/approve", apptest.M{"note": "同意"}).Want(200)
	if a := publish(c.Today()); a.Status != 422 {
		t.Fatalf("published for today: %d", a.Status)
	}
	planner.Do("POST", path+"/publication", apptest.M{"valid_from": tomorrow}).Want(403)
	publish(tomorrow).Want(200).Into(&d)
	if d.Status != "published" {
		t.Fatalf("status %s", d.Status)
	}
	moved := map[int64]bool{}
	for _, x := range d.Workers {
		moved[x.Account.ID] = true
	}
	posts := func() (from, to int) {
		for id := range moved {
			for _, post := range postsOf(c, id) {
				if post.From == tomorrow && post.To == 0 {
					from++
				}
				if post.To == tomorrow && post.From != tomorrow {
					to++
				}
			}
		}
		return from, to
	}
	from, to := posts()
	if from != to || from == 0 {
		t.Errorf("%d posts begin and %d end on the day", from, to)
	}
	admin.Do("DELETE", path+"/publication?note=%E6%94%B9%E6%9C%9F", nil).Want(200).Into(&d)
	if d.Status != "approved" {
		t.Errorf("taken back, it is %s", d.Status)
	}
	if from, to := posts(); from+to != 0 {
		t.Errorf("taken back, %d posts still begin and %d end", from, to)
	}
	publish(tomorrow).Want(200)
	if proof, err := c.Verify(context.Background()); err != nil || !proof.OK {
		t.Errorf("%+v, %v", proof, err)
	}
}

// other is a grid of the draft to which its first worker would not go.
func other(d planDraft) int {
	for _, g := range d.Grids {
		if g.Label != d.Workers[0].To {
			return g.Label
		}
	}
	return -1
}

// TestPlanSplitsTowers: a unit becomes its entrances in a plan of its own, whose
// draft is the one that it was made from.
func TestPlanSplitsTowers(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	w := c.World()
	planner := c.Hire(access.Post{Role: "planner", Region: w.Target.District})
	p := planOf(t, planner, w.Target.Community)
	var d, split planDraft
	planner.Do("POST", "/api/v1/plan-drafts", apptest.M{"from": p.Drafts[0].ID, "name": "第一稿"}).Want(201).Into(&d)
	var units struct{ Households []int }
	planner.Do("GET", fmt.Sprintf("/api/v1/plans/%d/units", p.ID), nil).Want(200).Into(&units)
	tower := 0
	for u, h := range units.Households {
		if h > units.Households[tower] {
			tower = u
		}
	}
	path := fmt.Sprintf("/api/v1/plan-drafts/%d/towers", d.ID)
	of := func(unit, entrances int) apptest.M {
		return apptest.M{"name": "拆分单元", "towers": []apptest.M{{"unit": unit, "entrances": entrances}}}
	}
	planner.Do("POST", path, of(p.Units, 2)).Want(422)
	planner.Do("POST", path, of(tower, 1)).Want(422)
	planner.Do("POST", path, of(tower, 3)).Want(201).Into(&split)
	if len(split.Grid) != p.Units+2 || len(split.Grids) != len(d.Grids) || split.Plan == p.ID || split.Status != "draft" {
		t.Fatalf("%d units in %d grids, status %s; before %d in %d", len(split.Grid), len(split.Grids), split.Status, p.Units, len(d.Grids))
	}
	for i, g := range split.Grids {
		if g.Households != d.Grids[i].Households {
			t.Errorf("grid %d has %d households, before %d", i, g.Households, d.Grids[i].Households)
		}
	}
	planner.Do("POST", fmt.Sprintf("/api/v1/plan-drafts/%d/edits", split.ID), apptest.M{"version": split.Version, "kind": "move", "units": []int{tower}, "to": -1}).Want(200)
}

func postsOf(c *apptest.City, account int64) []access.Post {
	dir := c.Identity.Directory()
	_, posts := dir.ByLogin(dir.AccountLogin(account))
	return posts
}

func dayOf(t time.Time) int {
	y, m, d := t.In(time.FixedZone("", 8*3600)).Date()
	return y*10000 + int(m)*100 + d
}

// TestPlanBegins: on the day the program answers by the new grids, open cases
// are in the grid in which they lie, closed ones where they were, and the new
// worker sees what the old one no longer does.
func TestPlanBegins(t *testing.T) {
	t.Parallel()
	var shift atomic.Int64
	o := app.At(apptest.Folder(t), "")
	o.Clock = func() time.Time { return apptest.Now().Add(time.Duration(shift.Load())) }
	c := apptest.Start(t, o)
	ctx := context.Background()
	w := c.World()
	planner := c.Hire(access.Post{Role: "planner", Region: w.Target.District})
	desk := c.Hire(access.Post{Role: "district_desk", Region: w.Target.District})
	leader := c.Hire(access.Post{Role: "leader", Region: w.Target.District})
	admin := c.Hire(access.Post{Role: "admin", Region: w.Target.City})
	p := planOf(t, planner, w.Target.Community)
	var d planDraft
	planner.Do("POST", "/api/v1/plan-drafts", apptest.M{"from": p.Drafts[3].ID, "name": "并网"}).Want(201).Into(&d)
	path := fmt.Sprintf("/api/v1/plan-drafts/%d", d.ID)
	mergeNeighbours(t, planner, &d)
	for _, g := range d.Grids {
		if !g.InBounds {
			planner.Do("POST", path+"/edits", apptest.M{"version": d.Version, "kind": "note", "grids": []int{g.Label}, "text": "试点"}).Want(200)
			d.Version++
		}
	}
	note := apptest.M{"note": "同意"}
	planner.Do("POST", path+"/ask", note).Want(200)
	leader.Do("POST", path+"/approve", note).Want(200)
	desk.Do("POST", path+"/approve", note).Want(200)
	tomorrow := dayOf(apptest.Now().AddDate(0, 0, 1))

	// An open case in every building's place of the community, and one that is withdrawn.
	var open []int64
	old := map[int64]int64{}
	survey, err := c.Atlas.Survey(ctx, []int64{w.Target.Community})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range survey.Buildings {
		if i%5 == 0 {
			x := desk.Report(apptest.M{"text": "路灯不亮", "place": apptest.M{"lon": b.Lon, "lat": b.Lat}})
			open = append(open, x.ID)
			old[x.ID] = gridOf(t, c, x.ID)
		}
	}
	desk.Act(open[0], "withdraw", apptest.M{"reason": "重复登记"})

	admin.Do("POST", path+"/publication", apptest.M{"valid_from": tomorrow}).Want(200)
	if err := c.Plan.HandOver(ctx); err != nil {
		t.Fatal(err)
	}
	for _, id := range open {
		if g := gridOf(t, c, id); g != old[id] {
			t.Fatalf("case %d moved before the day", id)
		}
	}
	shift.Store(int64(24 * time.Hour))
	if err := c.Atlas.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Plan.HandOver(ctx); err != nil {
		t.Fatal(err)
	}
	moved := 0
	for _, id := range open[1:] {
		x, _, _, err := c.Cases.ByID(ctx, apptest.Everything, id)
		if err != nil {
			t.Fatal(err)
		}
		at, ok := c.Atlas.At(x.Lon, x.Lat)
		if !ok || x.Grid != at.Grid {
			t.Errorf("case %d is in grid %d, its place in %d", id, x.Grid, at.Grid)
		}
		if x.Grid != old[id] {
			moved++
		}
	}
	if moved == 0 {
		t.Error("two grids became one, and no case moved")
	}
	if g := gridOf(t, c, open[0]); g != old[open[0]] {
		t.Error("a withdrawn case moved")
	}
	eitherNet(t, c, leader, w.Target.Community, len(open))
	if a := c.SignIn(admin.Account).Do("DELETE", path+"/publication?note=x", nil); a.Status != 409 {
		t.Errorf("taken back after it began: %d", a.Status)
	}
	if proof, err := c.Verify(ctx); err != nil || !proof.OK {
		t.Errorf("%+v, %v", proof, err)
	}
}

func gridOf(t *testing.T, c *apptest.City, id int64) int64 {
	t.Helper()
	x, _, _, err := c.Cases.ByID(context.Background(), apptest.Everything, id)
	if err != nil {
		t.Fatal(err)
	}
	return x.Grid
}

// eitherNet asks for today's cases of the community by the old and the new
// grids: each number opens as many rows as it names.
func eitherNet(t *testing.T, c *apptest.City, reader *apptest.Person, community int64, atLeast int) {
	t.Helper()
	reader = c.SignIn(reader.Account)
	var nets struct{ Items []struct{ From, Grids int } }
	reader.Do("GET", fmt.Sprintf("/api/v1/grids/nets?region=%d", community), nil).Want(200).Into(&nets)
	if len(nets.Items) != 2 || nets.Items[1].Grids >= nets.Items[0].Grids {
		t.Fatalf("nets: %+v", nets)
	}
	for _, net := range nets.Items {
		days := fmt.Sprintf("from=%d&to=%d&net=%d", dayOf(apptest.Now()), dayOf(apptest.Now()), net.From)
		var list struct{ Items []struct{ ID int64 } }
		reader.Do("GET", fmt.Sprintf("/api/v1/grids?region=%d&day=%d&limit=1000", community, net.From), nil).Want(200).Into(&list)
		here := map[string]bool{}
		for _, g := range list.Items {
			here[fmt.Sprint(g.ID)] = true
		}
		var f struct {
			Rows []struct {
				Key       string
				Numerator int
			}
		}
		reader.Do("GET", fmt.Sprintf("/api/v1/figures/reported?by=grid&community=%d&%s", community, days), nil).Want(200).Into(&f)
		all := 0
		for _, row := range f.Rows {
			var rows struct{ Count int }
			reader.Do("GET", fmt.Sprintf("/api/v1/cases?figure=reported&community=%d&grid=%s&count=true&%s", community, row.Key, days), nil).Want(200).Into(&rows)
			if rows.Count != row.Numerator || row.Key != "0" && !here[row.Key] {
				t.Errorf("net of %d, grid %s: %d in the figure, %d rows open; one of its grids: %t", net.From, row.Key, row.Numerator, rows.Count, here[row.Key])
			}
			all += row.Numerator
		}
		if all < atLeast || len(here) != net.Grids {
			t.Errorf("net of %d: %d cases, want at least %d; %d grids, want %d", net.From, all, atLeast, len(here), net.Grids)
		}
	}
}
