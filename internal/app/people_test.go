package app_test

import (
	"fmt"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/people/liaison"
)

// TestLeadersVisitTheirOwnGrids: a leader plans and records the quarter's visit,
// what was found becomes a case once, and its end shows on the leader's page;
// nobody else's grid can be visited.
func TestLeadersVisitTheirOwnGrids(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		at := c.World().Target
		mine := c.Hire(access.Post{Role: "leader", Region: at.Street})
		other := c.Hire(access.Post{Role: "leader", Region: at.Street})
		officer := c.Hire(access.Post{Role: "party_affairs", Region: int64(at.District)})
		var post struct{ ID int64 }
		give := apptest.M{"fields": apptest.M{"grid": fmt.Sprint(at.Grid), "kind": "street_leader", "account": fmt.Sprint(mine.Account), "valid_from": "2026-01-01"}}
		officer.Do("POST", "/api/v1/ledger/liaison_post", give).Want(201).Into(&post)
		officer.Do("POST", "/api/v1/ledger/liaison_post", give).Fails(409, "overlapping_terms")

		type duties struct {
			Quarter int
			Items   []struct {
				Post     int64 `json:"post_id"`
				Done     bool
				Visits   []struct{ ID, Version int64 }
				Findings []struct {
					ID     int64
					Case   int64 `json:"case_id"`
					Number string
					Solved bool
				}
			}
		}
		var page duties
		today := c.Today()
		day := fmt.Sprintf("%04d-%02d-%02d", today/10000, today/100%100, today%100)
		mine.Do("POST", fmt.Sprintf("/api/v1/liaison/posts/%d/plan", post.ID), apptest.M{"day": day}).Want(201)
		mine.Do("GET", "/api/v1/liaison/mine", nil).Want(200).Into(&page)
		if page.Quarter != liaison.QuarterOf(today) || len(page.Items) != 1 || page.Items[0].Done || len(page.Items[0].Visits) != 1 {
			t.Fatalf("planned: %+v", page)
		}
		visit := page.Items[0].Visits[0]
		record := apptest.M{"visit_id": visit.ID, "version": visit.Version, "done": day, "found": "走了三栋楼", "findings": []string{"五号楼路灯不亮"}}
		other.Do("POST", fmt.Sprintf("/api/v1/liaison/posts/%d/visits", post.ID), record).Fails(404, "not_found")
		mine.Do("POST", fmt.Sprintf("/api/v1/liaison/posts/%d/visits", post.ID), apptest.M{"done": "2020-01-01", "found": "无"}).Fails(422, "invalid")
		mine.Do("POST", fmt.Sprintf("/api/v1/liaison/posts/%d/visits", post.ID), record).Want(201)
		mine.Do("POST", fmt.Sprintf("/api/v1/liaison/posts/%d/visits", post.ID), record).Fails(409, "stale_version")
		page = duties{}
		mine.Do("GET", "/api/v1/liaison/mine", nil).Want(200).Into(&page)
		d := page.Items[0]
		if !d.Done || len(d.Findings) != 1 || d.Findings[0].Case == 0 || d.Findings[0].Number == "" || d.Findings[0].Solved {
			t.Fatalf("done: %+v", d)
		}
		mine.Do("POST", fmt.Sprintf("/api/v1/liaison/findings/%d/case", d.Findings[0].ID), nil).Want(200) // again: the same
		var list struct{ Items []apptest.Case }
		mine.Do("GET", "/api/v1/cases?channel=liaison&grid="+fmt.Sprint(at.Grid), nil).Want(200).Into(&list)
		n := 0
		for _, x := range list.Items {
			if x.ID == d.Findings[0].Case {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the finding is %d cases", n)
		}
		var quarter struct {
			Total struct{ Due, Done, Found, Solved int }
			Items []struct{ Done bool }
		}
		officer.Do("GET", "/api/v1/liaison/quarter", nil).Want(200).Into(&quarter)
		done := 0
		for _, x := range quarter.Items {
			if x.Done {
				done++
			}
		}
		if quarter.Total.Due != len(quarter.Items) || quarter.Total.Done != done || done == 0 {
			t.Errorf("the numbers are not their rows: %+v", quarter.Total)
		}
		ended, err := c.Liaison.Posts.End(t.Context(), access.System("test"), post.ID, 0, 0, "调整分工")
		if err != nil || ended.State != ledger.Ended {
			t.Fatal(err)
		}
	})
}

// TestTheChainHoldsTogether: a branch stands under its own community's
// organisation, a secretary's term overlaps nobody's, what is raised comes from below.
func TestTheChainHoldsTogether(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		at := c.World().Target
		p := c.Hire(access.Post{Role: "party_affairs", Region: int64(at.District)})
		grid, com := fmt.Sprint(at.Grid), fmt.Sprint(at.Community)
		put := func(register string, fields apptest.M) *apptest.Answer {
			return p.Do("POST", "/api/v1/ledger/"+register, apptest.M{"fields": fields})
		}
		made := func(a *apptest.Answer) string {
			t.Helper()
			var x struct{ ID int64 }
			a.Want(201).Into(&x)
			return fmt.Sprint(x.ID)
		}
		top := made(put("party_org", apptest.M{"name": "中共样例社区支部委员会", "level": "community", "region": com, "valid_from": "2024-01-01"}))
		branch := made(put("party_org", apptest.M{"name": "第1网格党支部", "level": "branch", "grid": grid, "valid_from": "2024-01-01"}))
		var under struct {
			Fields struct{ Parent struct{ ID int64 } }
		}
		if p.Do("GET", "/api/v1/ledger/party_org/"+branch, nil).Want(200).Into(&under); fmt.Sprint(under.Fields.Parent.ID) != top {
			t.Error("a branch stands under its community's organisation, which the community says:", under)
		}
		put("party_org", apptest.M{"name": "第1党小组", "level": "group", "grid": grid}).Fails(422, "invalid")
		put("party_org", apptest.M{"name": "第1党小组", "level": "group", "grid": grid, "parent": top}).Fails(422, "invalid")
		made(put("party_org", apptest.M{"name": "第1党小组", "level": "group", "grid": grid, "parent": branch}))
		p.Do("PATCH", "/api/v1/ledger/party_org/"+top, apptest.M{"version": 1, "fields": apptest.M{"parent": branch}}).Fails(422, "circular_tree")

		put("party_rank", apptest.M{"grid": grid, "holder": top, "rank": "general", "how": "raised", "document": "1号", "valid_from": "2026-01-01"}).Fails(422, "invalid")
		made(put("party_rank", apptest.M{"grid": grid, "holder": top, "rank": "branch", "how": "founded", "document": "1号", "valid_from": "2024-01-01", "valid_to": "2025-12-31"}))
		made(put("party_rank", apptest.M{"grid": grid, "holder": top, "rank": "general", "how": "raised", "document": "2号", "valid_from": "2026-01-01"}))
		put("party_rank", apptest.M{"grid": grid, "holder": top, "rank": "committee", "how": "raised", "document": "3号", "valid_from": "2026-06-01"}).Fails(409, "overlapping_terms")

		secretary := func(name, from, to string) *apptest.Answer {
			return put("party_post", apptest.M{"grid": grid, "holder": branch, "office": "secretary", "name": name, "valid_from": from, "valid_to": to})
		}
		secretary("王一", "2024-01-01", "").Fails(422, "invalid")
		made(secretary("王一", "2024-01-01", "2026-12-31"))
		secretary("李二", "2026-12-31", "2029-12-31").Fails(422, "invalid")
		made(secretary("李二", "2027-01-01", "2029-12-31"))

		clerk := c.Hire(access.Post{Role: "street_clerk", Region: at.Street})
		clerk.Do("GET", "/api/v1/ledger/party_org", nil).Want(200)
		clerk.Do("GET", "/api/v1/ledger/party_member", nil).Fails(403, "forbidden")
	})
}
