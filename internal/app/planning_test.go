package app_test

import (
	"context"
	"fmt"
	"testing"
	"time"

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
		Account struct{ ID int64 }
		To      int
	}
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
	edit(200, apptest.M{"kind": "merge", "grids": []int{d.Grids[0].Label, d.Grids[1].Label}}) // one worker too many there
	planner.Do("POST", path+"/ask", apptest.M{"note": "请审批"}).Want(422)                       // no reason for the large grid
	planner.Do("GET", path, nil).Want(200).Into(&d)
	for _, g := range d.Grids {
		if !g.InBounds {
			edit(200, apptest.M{"kind": "note", "grids": []int{g.Label}, "text": "社区规模如此，按小网格管理"})
		}
	}

	leader.Do("POST", path+"/approve", apptest.M{"note": "同意"}).Want(409) // nobody asked
	planner.Do("POST", path+"/ask", apptest.M{"note": "请审批"}).Want(200)
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

func postsOf(c *apptest.City, account int64) []access.Post {
	dir := c.Identity.Directory()
	_, posts := dir.ByLogin(dir.AccountLogin(account))
	return posts
}

func dayOf(t time.Time) int {
	y, m, d := t.In(time.FixedZone("", 8*3600)).Date()
	return y*10000 + int(m)*100 + d
}
