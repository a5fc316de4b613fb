package app_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
)

// phone is a phone of a person: it numbers what it sends.
type phone struct {
	*apptest.Person
	device string
	seq    int64
}

func newPhone(p *apptest.Person) *phone {
	return &phone{Person: p, device: uuid()}
}

var uuids struct {
	sync.Mutex
	n uint64
}

// uuid is a UUIDv7 of the tests' clock.
func uuid() string {
	uuids.Lock()
	defer uuids.Unlock()
	uuids.n++
	ms := apptest.Now().UnixMilli()
	return fmt.Sprintf("%08x-%04x-7%03x-8000-%012x", ms>>16&0xffffffff, ms&0xffff, uuids.n>>48&0xfff, uuids.n)
}

// command is the phone's next command.
func (p *phone) command(kind string, body apptest.M) apptest.M {
	p.seq++
	return apptest.M{"id": uuid(), "seq": p.seq, "kind": kind, "at": apptest.Now().Format(time.RFC3339Nano), "offset_ms": 0, "body": body}
}

type effect struct {
	State    string
	ObjectID int64 `json:"object_id"`
	Number   string
	Version  int
	Reason   *struct{ Code, Title, Detail, Field string }
}

func (e effect) code() string {
	if e.Reason == nil {
		return ""
	}
	return e.Reason.Code
}

type batchAnswer struct {
	Batch, Epoch string
	Results      []struct {
		ID  string
		Seq int64
		effect
		First *effect
	}
	Next    int64 `json:"next_seq"`
	Missing []int64
}

func (p *phone) batch(commands ...apptest.M) apptest.M {
	return apptest.M{"batch": uuid(), "device": p.device, "sent_at": apptest.Now().Format(time.RFC3339Nano), "commands": commands}
}

// send sends the commands and returns the answer, which echoes the batch.
func (p *phone) send(commands ...apptest.M) (a batchAnswer) {
	b := p.batch(commands...)
	p.Do("POST", "/api/v1/sync/commands", b).Want(http.StatusCreated).Into(&a)
	if a.Batch != b["batch"] || a.Epoch == "" || len(a.Results) != len(commands) {
		panic(fmt.Sprintf("not an acknowledgement: %+v", a))
	}
	return a
}

func worker(c *apptest.City) *phone {
	w := c.World()
	return newPhone(c.Hire(access.Post{Role: "grid_worker", Region: w.Target.Community, Grid: w.Target.Grid}))
}

func atHome(c *apptest.City) apptest.M { return apptest.M{"grid_id": c.World().Target.Grid} }

// TestPhonesCommandsOnce: equal batches at once, again, and after a new start are
// one effect; other content under the same id, or another id under the same
// number, is told plainly and has none.
func TestPhonesCommandsOnce(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		p := worker(c)
		report := p.command("case.report", apptest.M{"text": "手机上的一件事", "place": atHome(c)})
		b := p.batch(report)
		states := map[string]int{}
		objects := map[int64]bool{}
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				a, err := p.Try(context.Background(), "POST", "/api/v1/sync/commands", b)
				if err != nil || a.Status != http.StatusCreated {
					t.Errorf("%v %+v", err, a)
					return
				}
				var out batchAnswer
				a.Into(&out)
				mu.Lock()
				defer mu.Unlock()
				states[out.Results[0].State]++
				objects[out.Results[0].ObjectID] = true
			})
		}
		all.Wait()
		if states["applied"] != 1 || states["duplicate"] != 15 || len(objects) != 1 || count(t, c, "手机上的一件事") != 1 {
			t.Fatalf("%v, %d cases", states, count(t, c, "手机上的一件事"))
		}
		// The fields of the body in another order are the same body.
		a := p.send(report)
		first := a.Results[0].First
		if a.Results[0].State != "duplicate" || first == nil || first.State != "applied" || first.Number == "" || first.ObjectID != a.Results[0].ObjectID || a.Next != 2 || len(a.Missing) != 0 {
			t.Errorf("again: %+v", a)
		}
		other := apptest.M{}
		for k, v := range report {
			other[k] = v
		}
		other["body"] = apptest.M{"text": "别的内容", "place": atHome(c)}
		if a := p.send(other); a.Results[0].State != "rejected" || a.Results[0].code() != "command_id_reused" {
			t.Errorf("other content: %+v", a)
		}
		other["id"] = uuid()
		if a := p.send(other); a.Results[0].State != "rejected" || a.Results[0].code() != "command_seq_reused" {
			t.Errorf("same number: %+v", a)
		}
		if n := count(t, c, "别的内容"); n != 0 {
			t.Errorf("%d cases of a reused id", n)
		}
		// The same id of another person is another command.
		colleague := worker(c)
		colleague.device = p.device
		if a := colleague.send(report); a.Results[0].State != "applied" || objects[a.Results[0].ObjectID] {
			t.Errorf("a colleague's: %+v", a)
		}
		c.Stop()
		p.City = c.Again(t)
		p.Person = p.For(t)
		if a := p.send(report); a.Results[0].State != "duplicate" || !objects[a.Results[0].First.ObjectID] {
			t.Errorf("after a new start: %+v", a)
		}
	})
}

// TestPhonesBatch: what is broken is rejected alone, what is unknown is held,
// order and gaps do not matter, an act waits for its report.
func TestPhonesBatch(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		p := worker(c)
		report := p.command("case.report", apptest.M{"text": "楼道堆物", "place": atHome(c)})
		act := p.command("case.act", apptest.M{"report": report["id"], "action": "note", "fields": apptest.M{"note": "已拍照"}})
		lost := p.command("case.report", apptest.M{"text": "还在路上", "place": atHome(c)})
		future := p.command("robot.dance", apptest.M{"steps": 3})
		newer := p.command("case.report", apptest.M{"text": "新版", "place": atHome(c), "smell": "gas"})
		noText := p.command("case.report", apptest.M{"place": atHome(c)})
		wrongType := p.command("case.report", apptest.M{"text": 7})
		noBody := p.command("case.report", nil)
		nul := p.command("case.report", apptest.M{"text": "a\x00b", "place": atHome(c)})
		last := p.command("case.report", apptest.M{"text": "最后一件", "place": atHome(c)})
		a := p.send(last, nul, noBody, wrongType, noText, newer, future, act, apptest.M{"seq": "x"})
		want := []struct{ state, code string }{{"applied", ""}, {"rejected", "command_malformed"}, {"rejected", "command_malformed"}, {"rejected", "command_malformed"}, {"rejected", "required"},
			{"held", "command_unknown"}, {"held", "command_unknown"}, {"held", "command_waits"}, {"rejected", "command_malformed"}}
		for i, r := range a.Results {
			if r.State != want[i].state || r.code() != want[i].code || (r.Reason != nil && (r.Reason.Detail == "" || r.Reason.Title == "")) {
				t.Errorf("%d: %+v %+v, want %v", i, r, r.Reason, want[i])
			}
		}
		if a.Next != 11 || fmt.Sprint(a.Missing) != "[1 3]" {
			t.Errorf("next %d, missing %v", a.Next, a.Missing)
		}
		a = p.send(report, act)
		if a.Results[0].State != "applied" || a.Results[1].State != "duplicate" || a.Results[1].First == nil || a.Results[1].First.State != "applied" || a.Results[1].ObjectID != a.Results[0].ObjectID || fmt.Sprint(a.Missing) != "[3]" {
			t.Errorf("the report and what waited for it: %+v", a)
		}
		if v := c.Version(a.Results[0].ObjectID); v != 2 {
			t.Errorf("the case has version %d", v)
		}
		if a := p.send(future); a.Results[0].State != "held" {
			t.Errorf("sent again: %+v", a)
		}
		var dev struct {
			Seq     int64
			Missing []int64
		}
		p.Do("POST", "/api/v1/sync/devices", apptest.M{"id": p.device, "lost": []int64{3}}).Want(200).Into(&dev)
		if dev.Seq != 10 || len(dev.Missing) != 0 {
			t.Errorf("%+v", dev)
		}
		if a := p.send(lost); a.Results[0].State != "applied" {
			t.Errorf("found again: %+v", a)
		}
	})
}

// TestPhonesPhotos: a photo joins the record that names it, whichever of the two
// comes first, and nobody else's does.
func TestPhonesPhotos(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		p, other := worker(c), worker(c)
		before, after := uuid(), uuid()
		upload(p.Person, before)
		upload(other.Person, after) // of another phone, under the same id
		a := p.send(p.command("case.report", apptest.M{"text": "两张照片", "place": atHome(c), "photos": []string{before, after}}))
		made := a.Results[0].ObjectID
		if n := photosOf(t, c, made); a.Results[0].State != "applied" || n != 1 {
			t.Fatalf("%+v, %d photos", a, n)
		}
		upload(p.Person, after)
		if n := photosOf(t, c, made); n != 2 {
			t.Errorf("%d photos", n)
		}
		if a := p.send(p.command("case.report", apptest.M{"text": "坏的编号", "place": atHome(c), "photos": []string{"../x"}})); a.Results[0].State != "rejected" {
			t.Errorf("%+v", a)
		}
	})
}

// upload sends a picture in two pieces under the phone's own id.
func upload(p *apptest.Person, key string) {
	raw := apptest.Picture()
	meta := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	at := p.Do("POST", "/api/v1/files/", nil, "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(len(raw)),
		"Upload-Metadata", "key "+meta(key)+",sha256 "+meta(fmt.Sprintf("%x", sha256.Sum256(raw)))).Want(201).Header.Get("Location")
	for from := 0; from < len(raw); from += 600 {
		p.Do("PATCH", at, raw[from:min(from+600, len(raw))], "Tus-Resumable", "1.0.0", "Upload-Offset", strconv.Itoa(from), "Content-Type", "application/offset+octet-stream").Want(204)
	}
}

func photosOf(t *testing.T, c *apptest.City, caseID int64) (n int) {
	t.Helper()
	if err := c.DB.QueryRow(t.Context(), "SELECT COUNT(*) FROM file_ref WHERE object_kind = 'case' AND object_id = ?", caseID).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
