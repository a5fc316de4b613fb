package app_test

import (
	"fmt"
	"testing"

	"linli/internal/app"
	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/work/topic"
)

// TestATopicBecomesOneSpecialCase: several people speak of one matter in their own
// words; a street sees its own part, and its dispatcher makes one case of it.
func TestATopicBecomesOneSpecialCase(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World()
		desk := c.Hire(access.Post{Role: "operator", Region: w.Target.City})
		dispatcher := c.Hire(access.Post{Role: "dispatcher", Region: w.Target.Street})
		elsewhere := c.Hire(access.Post{Role: "dispatcher", Region: w.OtherDistrict.Street})
		ways := []string{"云桥新城旁边的搅拌站噪音太大", "云桥新城小区附近建搅拌站，粉尘污染", "请关停云桥新城的混凝土搅拌站", "搅拌站彻夜施工，云桥新城居民睡不着"}
		var ids []int64
		for i := range 6 {
			phone := fmt.Sprintf("1390000000%d", min(i, 4)) // the fifth reports twice
			made := desk.Report(apptest.M{"text": ways[i%4], "place": spot(w.Target), "reporter": apptest.M{"name": "张三", "phone": phone}})
			ids = append(ids, made.ID)
		}
		if err := c.Topics.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		type list struct{ Items []topic.Item }
		var seen list
		dispatcher.Do("GET", "/api/v1/topics", nil).Want(200).Into(&seen)
		if len(seen.Items) != 1 || seen.Items[0].People != 5 || seen.Items[0].Cases != 6 || seen.Items[0].Unanswered == nil || *seen.Items[0].Unanswered != 1 || seen.Items[0].Place == nil {
			t.Fatalf("topics: %+v", seen.Items)
		}
		var none list
		elsewhere.Do("GET", "/api/v1/topics", nil).Want(200).Into(&none)
		if len(none.Items) != 0 {
			t.Errorf("another district sees %+v", none.Items)
		}
		path := fmt.Sprintf("/api/v1/topics/%d", seen.Items[0].ID)
		elsewhere.Do("GET", path, nil).Want(404)
		desk.Do("POST", path+"/case", apptest.M{"cases": ids, "title": "专项", "text": "专项"}).Want(403)
		dispatcher.Do("POST", path+"/case", apptest.M{"cases": []int64{1}, "title": "专项", "text": "专项"}).Want(422)
		var made struct {
			ID      int64
			Refused []topic.Refused
		}
		dispatcher.Do("POST", path+"/case", apptest.M{"cases": ids, "title": "云桥新城搅拌站专项治理", "text": "请住建部门牵头核查"}).Want(201).Into(&made)
		if len(made.Refused) > 0 {
			t.Errorf("refused: %+v", made.Refused)
		}
		var one struct {
			Topic topic.Item
			Cases []topic.Row
		}
		dispatcher.Do("GET", path, nil).Want(200).Into(&one)
		if one.Topic.Special != made.ID || len(one.Cases) < 6 || one.Topic.Open != 0 && one.Topic.Open != 1 {
			t.Errorf("after that: %+v", one.Topic)
		}
		var page struct{ Case struct{ Supporters int } }
		dispatcher.Do("GET", fmt.Sprintf("/api/v1/cases/%d", made.ID), nil).Want(200).Into(&page)
		if page.Case.Supporters != 7 {
			t.Errorf("%d stand behind the special case, want itself and 6", page.Case.Supporters)
		}
	})
}

// TestMoreReportsThanUsualBecomeASign, which a person takes up.
func TestMoreReportsThanUsualBecomeASign(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World()
		desk := c.Hire(access.Post{Role: "operator", Region: w.Target.City})
		dispatcher := c.Hire(access.Post{Role: "dispatcher", Region: w.Target.Street})
		leaf := leafWith(t, c, plain).ID
		for i := range 30 {
			desk.Report(apptest.M{"text": fmt.Sprintf("水压低 %d", i), "place": spot(w.Target), "category_id": leaf})
		}
		weekAgo(t, c.App)
		if _, err := c.Topics.FindSigns(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Topics.FindSigns(t.Context()); err != nil || n != 0 {
			t.Errorf("a second look found %d more: %v", n, err)
		}
		var list struct{ Items []topic.SignItem }
		dispatcher.Do("GET", "/api/v1/signs?state=open", nil).Want(200).Into(&list)
		if len(list.Items) != 1 || list.Items[0].N != 30 || list.Items[0].Expected >= 30 || list.Items[0].P > 0.05 {
			t.Fatalf("signs: %+v", list.Items)
		}
		path := fmt.Sprintf("/api/v1/signs/%d", list.Items[0].ID)
		dispatcher.Do("POST", path, apptest.M{"version": 1, "state": "taken", "note": "已联系供水公司"}).Want(200)
		dispatcher.Do("POST", path, apptest.M{"version": 1, "state": "dismissed", "note": ""}).Want(409)
	})
}

// weekAgo moves the reports of today to the day before, as only a test may.
func weekAgo(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE cases SET reported_at = reported_at - 86400000000")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
