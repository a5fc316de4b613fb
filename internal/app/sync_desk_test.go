package app_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"testing"
	"time"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/offline"
)

// conflictOn makes a worker act on a case as it was before it moved on, and
// returns the conflict's id.
func conflictOn(c *apptest.City, caseID int64) int64 {
	p := worker(c)
	act := p.command("case.act", apptest.M{"case": caseID, "action": "note", "fields": apptest.M{"note": "现场已看"}})
	act["base"] = 1
	if a := p.send(act); a.Results[0].State != "conflict" || a.Results[0].code() != "command_conflict" {
		panic(fmt.Sprintf("%+v", a))
	}
	var open struct{ Items []struct{ ID int64 } }
	lead(c).Do("GET", "/api/v1/sync/conflicts", nil).Want(200).Into(&open)
	return open.Items[len(open.Items)-1].ID
}

func lead(c *apptest.City) *apptest.Person {
	return c.Hire(access.Post{Role: "community", Region: c.World().Target.Community})
}

// TestPhonesConflict: an act on a case that moved on meanwhile changes nothing,
// both wishes are kept, and the community lead decides, once.
func TestPhonesConflict(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World()
		desk := c.Hire(access.Post{Role: "district_desk", Region: w.Target.District})
		for _, choice := range []string{"mine", "theirs"} {
			made := desk.Report(apptest.M{"text": "井盖破损", "place": spot(w.Target), "category_id": leafWith(t, c, plain).ID})
			desk.Act(made.ID, "file", nil)
			p := worker(c)
			act := p.command("case.act", apptest.M{"case": made.ID, "action": "note", "fields": apptest.M{"note": "现场已看"}})
			act["base"] = 1
			if a := p.send(act); a.Results[0].State != "conflict" || a.Results[0].code() != "command_conflict" || c.Version(made.ID) != 2 {
				t.Fatalf("%+v, version %d", a, c.Version(made.ID))
			}
			if a := p.send(act); a.Results[0].State != "conflict" {
				t.Errorf("sent again: %+v", a)
			}
			decider := lead(c)
			var open struct {
				Items []struct {
					ID           int64
					Author       string
					Fields       []string
					Mine, Theirs map[string]any
				}
			}
			decider.Do("GET", "/api/v1/sync/conflicts", nil).Want(200).Into(&open)
			if len(open.Items) != 1 || open.Items[0].Mine["note"] != "现场已看" || open.Items[0].Theirs["status"] != "filed" || open.Items[0].Author == "" {
				t.Fatalf("%+v", open)
			}
			path := fmt.Sprint("/api/v1/sync/conflicts/", open.Items[0].ID)
			stranger := c.Hire(access.Post{Role: "community", Region: w.Sibling.Community})
			stranger.Do("POST", path, apptest.M{"choice": choice}).Want(404)
			decider.Do("POST", path, apptest.M{"choice": choice}).Want(204)
			decider.Do("POST", path, apptest.M{"choice": choice}).Want(404)
			a := p.send(act).Results[0]
			want, version := "applied", 3
			if choice == "theirs" {
				want, version = "rejected", 2
			}
			if a.State != "duplicate" || a.First.State != want || c.Version(made.ID) != version {
				t.Errorf("%s: %+v, version %d", choice, a, c.Version(made.ID))
			}
		}
		// What others did is no matter while the case stands where it stood.
		made := desk.Report(apptest.M{"text": "护栏松动", "place": spot(w.Target)})
		desk.Act(made.ID, "note", apptest.M{"note": "已登记"})
		p := worker(c)
		act := p.command("case.act", apptest.M{"case": made.ID, "action": "note", "fields": apptest.M{"note": "已围挡"}})
		act["base"] = 1
		if a := p.send(act); a.Results[0].State != "applied" || a.Results[0].Version != 3 {
			t.Errorf("beside another note: %+v %+v", a, a.Results[0].Reason)
		}
	})
}

// TestPhonesLostAndRecovered: a phone that was reported lost is told so at its next
// contact and signed out; its export is done as its author's, once, also when the
// account is disabled; nobody else's phones are in reach.
func TestPhonesLostAndRecovered(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		p := worker(c)
		var dev struct {
			Key []byte `json:"server_key"`
		}
		p.Do("POST", "/api/v1/sync/devices", apptest.M{"id": p.device, "label": "旧手机"}).Want(200).Into(&dev)
		photo := uuid()
		sent := p.command("case.report", apptest.M{"text": "已经上传的", "place": atHome(c)})
		p.send(sent)
		unsent := p.command("case.report", apptest.M{"text": "丢失的手机上的", "place": atHome(c), "photos": []string{photo}})
		boss := lead(c)
		other := c.Hire(access.Post{Role: "community", Region: c.World().OtherStreet.Community})
		var list struct {
			Items []struct {
				ID       string
				Label    string
				LockedAt string `json:"locked_at"`
			}
		}
		find := func(who *apptest.Person, query string) bool {
			who.Do("GET", "/api/v1/sync/devices"+query, nil).Want(200).Into(&list)
			for _, d := range list.Items {
				if d.ID == p.device {
					return true
				}
			}
			return false
		}
		if !find(p.Person, "") || !find(boss, "?all=true") || find(boss, "") || find(other, "?all=true") {
			t.Error("the wrong people see the phone")
		}
		p.Do("GET", "/api/v1/sync/devices?all=true", nil).Want(403)
		lock := "/api/v1/sync/devices/" + p.device + "/lock"
		other.Do("POST", lock, apptest.M{}).Want(404)
		boss.Do("POST", lock, apptest.M{}).Want(204)
		if a := p.Do("POST", "/api/v1/sync/commands", p.batch(unsent)); a.Status != 403 || a.Problem().Code != "device_locked" {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		p.Do("POST", "/api/v1/sync/commands", p.batch(unsent)).Want(401)

		key := make([]byte, 32)
		_, _ = rand.Read(key)
		shut := func(text []byte) []byte {
			block, err := aes.NewCipher(key)
			if err != nil {
				t.Fatal(err)
			}
			box, err := cipher.NewGCM(block)
			if err != nil {
				t.Fatal(err)
			}
			nonce := make([]byte, 12)
			_, _ = rand.Read(nonce)
			return box.Seal(nonce, nonce, text, nil)
		}
		server, err := ecdh.P256().NewPublicKey(dev.Key)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := offline.Seal(server, key)
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		for _, x := range []apptest.M{sent, unsent} {
			text, _ := json.Marshal(x)
			parts = append(parts, base64.StdEncoding.EncodeToString(shut(text)))
		}
		file := apptest.M{"linli": "sync-export", "v": 1, "device": p.device, "account": p.Account, "key": base64.StdEncoding.EncodeToString(sealed), "commands": append(parts, "AAAA"),
			"photos": []apptest.M{{"key": photo, "name": "现场.jpg", "data": base64.StdEncoding.EncodeToString(shut(apptest.Picture()))}}}
		other.Do("POST", "/api/v1/sync/recover", apptest.M{"file": file}).Want(404)
		p2 := worker(c)
		p2.Do("POST", "/api/v1/sync/recover", apptest.M{"file": file}).Want(403)
		for i, want := range []string{"applied", "duplicate"} {
			var out struct {
				Results            []struct{ State string }
				Photos, Unreadable int
			}
			boss.Do("POST", "/api/v1/sync/recover", apptest.M{"file": file}).Want(200).Into(&out)
			if len(out.Results) != 2 || out.Results[0].State != "duplicate" || out.Results[1].State != want || out.Photos != 1 || out.Unreadable != 1 {
				t.Errorf("recovery %d: %+v", i, out)
			}
		}
		if n := count(t, c, "丢失的手机上的"); n != 1 {
			t.Errorf("%d cases", n)
		}
		var creator, files int64
		err = c.DB.QueryRow(t.Context(), "SELECT c.creator, (SELECT COUNT(*) FROM file_ref f WHERE f.object_kind = 'case' AND f.object_id = c.id) FROM cases c WHERE c.body = '丢失的手机上的'").Scan(&creator, &files)
		if err != nil || creator != p.Account || files != 1 {
			t.Errorf("creator %d, %d files, %v", creator, files, err)
		}
		file["key"] = base64.StdEncoding.EncodeToString(make([]byte, 120))
		if a := boss.Do("POST", "/api/v1/sync/recover", apptest.M{"file": file}); a.Status != 422 || a.Problem().Code != "export_unreadable" {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	})
}

type change struct {
	Type    string
	ID      int64
	Version int
	Gone    bool
	Row     map[string]any
}

// TestPhonesChanges: a grid's snapshot can be loaded in parts, and what happened
// after it comes by its cursor: rows, rows that left, and all when the post ends.
// Sealed reports stay off phones.
func TestPhonesChanges(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World()
		p := worker(c)
		desk := c.Hire(access.Post{Role: "district_desk", Region: w.Target.District})
		first := desk.Report(apptest.M{"text": "快照里的", "place": apptest.M{"grid_id": w.Target.Grid}})
		desk.Report(apptest.M{"text": "密封的", "place": apptest.M{"grid_id": w.Target.Grid}, "reporter": apptest.M{"name": "李四", "phone": "13900000001", "sealed": true}})
		path := fmt.Sprint("/api/v1/sync/snapshot?grid=", w.Target.Grid)
		whole := p.Do("GET", path, nil).Want(200)
		etag := whole.Header.Get("ETag")
		half := len(whole.Body) / 2
		rest := p.Do("GET", path, nil, "Range", fmt.Sprintf("bytes=%d-", half), "If-Range", etag).Want(206)
		if !bytes.Equal(append(bytes.Clone(whole.Body[:half]), rest.Body...), whole.Body) {
			t.Error("the parts are not the whole")
		}
		p.Do("GET", path, nil, "If-None-Match", etag).Want(304)
		p.Do("GET", fmt.Sprint("/api/v1/sync/snapshot?grid=", w.OtherStreet.Grid), nil).Want(404)

		z, err := gzip.NewReader(bytes.NewReader(whole.Body))
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(z)
		var head struct {
			Epoch, Cursor string
			Grid          int64
			Counts        map[string]int
		}
		line, err := lines.ReadBytes('\n')
		if err != nil || json.Unmarshal(line, &head) != nil || head.Grid != w.Target.Grid || head.Epoch == "" || head.Counts["category"] == 0 {
			t.Fatalf("%s %v", line, err)
		}
		n := map[string]int{}
		for {
			line, err := lines.ReadBytes('\n')
			if err == io.EOF {
				break
			}
			var row change
			if json.Unmarshal(line, &row) != nil || row.Row["text"] == "密封的" || row.Row["number"] == "" {
				t.Fatalf("%s", line)
			}
			n[row.Type]++
		}
		types := len(head.Counts)
		maps.DeleteFunc(head.Counts, func(_ string, n int) bool { return n == 0 })
		if fmt.Sprint(n) != fmt.Sprint(head.Counts) || n["case"] == 0 {
			t.Errorf("%v, counts %v", n, head.Counts)
		}

		cursor := head.Cursor
		ask := func() (out struct {
			Cursor      string
			More, Reset bool
			Changes     []change
		}) {
			p.Do("GET", fmt.Sprint("/api/v1/sync/changes?grid=", w.Target.Grid, "&cursor=", cursor), nil).Want(200).Into(&out)
			cursor = out.Cursor
			return out
		}
		if a := ask(); len(a.Changes) != 0 || a.More || a.Reset {
			t.Errorf("nothing happened: %+v", a)
		}
		desk.Act(first.ID, "note", apptest.M{"note": "已看"})
		second := desk.Report(apptest.M{"text": "快照之后的", "place": apptest.M{"grid_id": w.Target.Grid}})
		desk.Report(apptest.M{"text": "别的网格的", "place": apptest.M{"grid_id": w.Sibling.Grid}})
		a := ask()
		if len(a.Changes) != 2 || a.Changes[0].ID != first.ID || a.Changes[0].Version != 2 || a.Changes[1].ID != second.ID || a.Changes[1].Row["text"] != "快照之后的" {
			t.Errorf("%+v", a)
		}
		desk.Act(second.ID, "correct", apptest.M{"reason": "地点有误", "place": apptest.M{"grid_id": w.Sibling.Grid}})
		if a := ask(); len(a.Changes) != 1 || !a.Changes[0].Gone || a.Changes[0].ID != second.ID {
			t.Errorf("a case that left the grid: %+v", a)
		}
		cursor = ""
		if a := ask(); !a.Reset {
			t.Errorf("without a cursor: %+v", a)
		}
		cursor = head.Cursor
		moveOn(c, p.Person)
		if a := ask(); len(a.Changes) != types || !a.Changes[0].Gone || a.Changes[0].ID != 0 {
			t.Errorf("after the post ended: %+v", a)
		}
		p.Do("GET", path, nil).Want(404)
	})
}

// moveOn ends the person's post today.
func moveOn(c *apptest.City, p *apptest.Person) {
	security := c.Hire(access.Post{Role: "security", Region: c.World().Target.City})
	var info struct{ Posts []struct{ ID int64 } }
	security.Do("GET", fmt.Sprintf("/api/v1/accounts/%d", p.Account), nil).Want(200).Into(&info)
	security.Do("PATCH", fmt.Sprintf("/api/v1/posts/%d", info.Posts[0].ID), apptest.M{"to": c.Today()}).Want(200)
}

// TestPhonesAfterAMove: what was recorded under a post that has ended since is
// taken, edits are not; who has no session has nothing taken.
func TestPhonesAfterAMove(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	p := worker(c)
	made := p.send(p.command("case.report", apptest.M{"text": "搬走以前", "place": atHome(c)})).Results[0]
	moveOn(c, p.Person)
	late := p.command("case.report", apptest.M{"text": "搬走以后才上传", "place": atHome(c)})
	late["at"] = apptest.Now().Add(-2 * time.Hour).Format(time.RFC3339Nano)
	act := p.command("case.act", apptest.M{"case": made.ObjectID, "action": "note", "fields": apptest.M{"note": "补充"}})
	act["base"] = 1
	a := p.send(late, act)
	if a.Results[0].State != "applied" || a.Results[1].State != "rejected" || a.Results[1].code() != "forbidden" {
		t.Errorf("%+v %+v %+v", a, a.Results[0].Reason, a.Results[1].Reason)
	}
	p.Token = ""
	p.Do("POST", "/api/v1/sync/commands", p.batch(p.command("case.report", apptest.M{"text": "没有登录", "place": atHome(c)}))).Want(http.StatusUnauthorized)
	if n := count(t, c, "没有登录"); n != 0 {
		t.Errorf("%d cases without a session", n)
	}
}

// TestPhonesClocks: no clock of a phone refuses a record or moves a limit.
func TestPhonesClocks(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	p := worker(c)
	now := apptest.Now()
	for name, x := range map[string]struct {
		at     time.Time
		offset int64
		clock  string
		moved  time.Duration // of the time that is believed, from now
	}{
		"1970":              {time.Unix(0, 0), 0, "behind", 0},
		"a year ahead":      {now.AddDate(1, 0, 0), 0, "ahead", 0},
		"a day behind":      {now.Add(-24 * time.Hour), 0, "", -24 * time.Hour},
		"a day behind, put": {now.Add(-24 * time.Hour), 24 * 3600 * 1000, "skewed", 0},
		"seven days late":   {now.AddDate(0, 0, -7), 0, "", -7 * 24 * time.Hour},
		"another zone":      {now.In(time.FixedZone("x", -11*3600)), 0, "", 0},
	} {
		r := p.command("case.report", apptest.M{"text": "时钟：" + name, "place": atHome(c)})
		r["at"], r["offset_ms"] = x.at.Format(time.RFC3339Nano), x.offset
		a := p.send(r).Results[0]
		var occurred, reported int64
		var clock string
		err := c.DB.QueryRow(t.Context(), "SELECT c.occurred_at, c.reported_at, s.clock FROM cases c, sync_command s WHERE c.id = ? AND s.account = ? AND s.seq = ?", a.ObjectID, p.Account, r["seq"]).Scan(&occurred, &reported, &clock)
		off := time.UnixMicro(occurred).Sub(now.Add(x.moved))
		if a.State != "applied" || err != nil || clock != x.clock || off < -time.Minute || off > time.Minute || time.UnixMicro(reported).Before(now.Add(-time.Minute)) {
			t.Errorf("%s: %+v %v clock %q, %v off", name, a, err, clock, off)
		}
	}
}
