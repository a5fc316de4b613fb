package app_test

import (
	"fmt"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
)

var (
	aWhistle = about(func(m *matrix) int64 { return m.whistle })
	aMeeting = about(func(m *matrix) int64 { return m.meeting })
)

// called makes a whistle that calls the target's department, and a joint meeting
// to which it is invited.
func called(c *apptest.City, at matrixtest.Place) (whistle, meeting int64) {
	clerk := c.Hire(access.Post{Role: "street_clerk", Region: at.Street})
	var made struct{ ID int64 }
	clerk.Do("POST", "/api/v1/whistles", apptest.M{"kind": "urgent", "title": "路面塌陷", "place": apptest.M{"community": fmt.Sprint(at.Community)}, "orgs": []int64{at.Org}}).Want(201).Into(&made)
	whistle = made.ID
	clerk.Do("POST", "/api/v1/meetings", apptest.M{"region": fmt.Sprint(at.Community)}).Want(201).Into(&made)
	for i, step := range []apptest.M{{"action": "arrange", "at": "2026-12-01T09:00:00+08:00", "place": "社区会议室"}, {"action": "guests", "guests": []apptest.M{{"org": at.Org}}},
		{"action": "agenda", "agenda": []apptest.M{{"title": "停车难", "taken": true}}}, {"action": "invite"}} {
		step["version"] = i + 1
		clerk.Do("POST", fmt.Sprintf("/api/v1/meetings/%d/actions", made.ID), step).Want(200)
	}
	return whistle, made.ID
}

// TestWhistlePhotos: photos of a result are seen by who sees the whistle, and
// nobody attaches what somebody else uploaded.
func TestWhistlePhotos(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World().Target
		id, _ := called(c, w)
		liaison := c.Hire(access.Post{Role: "dept_liaison", Region: w.District, Org: w.Org})
		clerk := c.Hire(access.Post{Role: "street_clerk", Region: w.Street})
		far := c.Hire(access.Post{Role: "street_clerk", Region: c.World().OtherStreet.Street})
		var page struct {
			Version int
			Calls   []struct {
				Files []struct {
					ID  int64
					URL string
				}
			}
			Steps []struct{ Files []struct{ ID int64 } }
		}
		path := fmt.Sprintf("/api/v1/whistles/%d", id)
		clerk.Do("GET", path, nil).Want(200).Into(&page)
		act := func(body apptest.M) *apptest.Answer {
			body["org"], body["version"] = w.Org, page.Version
			return liaison.Do("POST", path+"/actions", body)
		}
		act(apptest.M{"action": "come"}).Want(200).Into(&page)
		act(apptest.M{"action": "result", "result": "已清理", "files": []int64{clerk.Photo("a.jpg")}}).Fails(422, "file_not_ready")
		act(apptest.M{"action": "result", "result": "已清理", "files": []int64{liaison.Photo("b.jpg")}}).Want(200)
		clerk.Do("GET", path, nil).Want(200).Into(&page)
		if len(page.Calls[0].Files) != 1 {
			t.Fatalf("%+v", page)
		}
		if a := clerk.Do("GET", page.Calls[0].Files[0].URL, nil).Want(200); len(a.Body) == 0 {
			t.Error("an empty photo")
		}
		far.Do("GET", page.Calls[0].Files[0].URL, nil).Fails(404, "not_found")
		clerk.Do("GET", path+"/files/1", nil).Fails(404, "not_found")
		if p, err := c.Whistles.Verify(t.Context(), c.DB); err != nil || len(p) > 0 {
			t.Errorf("verify: %v %v", p, err)
		}
	})
}
