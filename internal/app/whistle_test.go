package app_test

import (
	"fmt"

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
