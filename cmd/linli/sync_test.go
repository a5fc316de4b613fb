package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// outbox is a phone that sends what it recorded until each record is acknowledged.
type outbox struct {
	device   string
	commands []map[string]any
	sent     int // commands that were acknowledged, from the first
	epoch    string
}

const phoneBatch = 10

func newOutbox(n int, community string) *outbox {
	o := &outbox{device: fmt.Sprintf("0193709a-5b3c-7d2e-8f10-%012x", n)}
	for i := range 400 {
		o.commands = append(o.commands, map[string]any{"id": fmt.Sprintf("0193709a-%04x-7d2e-8f11-%012x", n, i), "seq": i + 1, "kind": "case.report", "at": time.Now().Format(time.RFC3339Nano),
			"body": map[string]any{"text": fmt.Sprintf("手机 %d 第 %d 条", n, i), "place": map[string]any{"community": community}}})
	}
	return o
}

// send sends the batch at the place and returns how many of it were new; false:
// there was no acknowledgement.
func (o *outbox) send(t *testing.T, s *server, token string, at int) (fresh int, ok bool) {
	part := o.commands[at:min(at+phoneBatch, len(o.commands))]
	batch := fmt.Sprint(o.device, "/", at)
	status, body, err := s.call(http.MethodPost, "/api/v1/sync/commands", token, "", map[string]any{"batch": batch[24:], "device": o.device, "commands": part})
	if err != nil || status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		return 0, false
	}
	var a struct {
		Batch, Epoch string
		Results      []struct{ ID, State string }
	}
	if status != http.StatusCreated || json.Unmarshal(body, &a) != nil || a.Batch != batch[24:] || len(a.Results) != len(part) {
		t.Errorf("%d %s", status, body)
		return 0, false
	}
	for i, r := range a.Results {
		if r.ID != part[i]["id"] || r.State != "applied" && r.State != "duplicate" {
			t.Errorf("%+v", r)
		}
		if r.State == "applied" {
			fresh++
		}
	}
	o.epoch = a.Epoch
	return fresh, true
}

// TestPhonesThroughKillAndRestore: the process is killed while phones send, and
// later the server is put back to a backup that was made in between. Phones send
// again what they have no acknowledgement for, and all of it when the epoch
// changes: at the end each record is there exactly once.
func TestPhonesThroughKillAndRestore(t *testing.T) {
	t.Parallel()
	dir, community := cityWithPlace(t)
	phones := make([]*outbox, 6)
	for i := range phones {
		phones[i] = newOutbox(i+1, community)
	}
	// round lets every phone send on until all is acknowledged or the server is gone.
	round := func(s *server, token string) {
		var all sync.WaitGroup
		for _, o := range phones {
			all.Go(func() {
				for o.sent < len(o.commands) {
					if _, ok := o.send(t, s, token, o.sent); !ok {
						return
					}
					o.sent += phoneBatch
				}
			})
		}
		all.Wait()
	}
	s := startServer(t, dir, "--quiet")
	token := s.signIn(t, "operator")
	moment := time.AfterFunc(time.Duration(100+rand.IntN(300))*time.Millisecond, s.kill)
	round(s, token)
	moment.Stop()
	s.kill()
	before := 0
	for _, o := range phones {
		before += o.sent
	}

	s = startServer(t, dir, "--quiet")
	token = s.signIn(t, "operator")
	for _, o := range phones[:3] { // some go on before the backup, the others after it
		if _, ok := o.send(t, s, token, o.sent%len(o.commands)); !ok {
			t.Fatal("no acknowledgement")
		}
	}
	file := filepath.Join(t.TempDir(), "x.backup")
	must(t, 0, nil, "backup", "--data", dir, "--out", file)
	round(s, token)
	epoch := phones[0].epoch
	want := len(phones) * len(phones[0].commands)
	if n := reported(t, s, token); n != want {
		t.Fatalf("%d records after the kill, want %d (%d were acknowledged before it)", n, want, before)
	}
	s.kill()

	to := filepath.Join(t.TempDir(), "restored")
	must(t, 0, nil, "restore", "--in", file, "--data", to)
	s = startServer(t, to, "--quiet")
	token = s.signIn(t, "operator")
	lost := want - reported(t, s, token)
	fresh := 0
	for _, o := range phones {
		for at := 0; at < len(o.commands); at += phoneBatch {
			n, ok := o.send(t, s, token, at)
			if !ok {
				t.Fatal("no acknowledgement")
			}
			fresh += n
		}
	}
	if phones[0].epoch == epoch {
		t.Error("the epoch is the same after the restore")
	}
	if n := reported(t, s, token); n != want || fresh != lost {
		t.Errorf("%d records after the restore, want %d; the backup lacked %d, %d were applied again", n, want, lost, fresh)
	}
	t.Logf("%d acknowledged before the kill; the backup lacked %d of %d", before, lost, want)
}

// reported counts the phones' records among the cases, each text once.
func reported(t *testing.T, s *server, token string) int {
	t.Helper()
	texts := map[string]bool{}
	for cursor := ""; ; {
		status, body, err := s.call(http.MethodGet, "/api/v1/cases?limit=1000&channel=grid_worker&cursor="+cursor, token, "", nil)
		var page struct {
			Items []struct{ Title string }
			Next  string
		}
		if err != nil || status != 200 || json.Unmarshal(body, &page) != nil {
			t.Fatalf("%d %s %v", status, body, err)
		}
		for _, c := range page.Items {
			if texts[c.Title] {
				t.Errorf("%q is there twice", c.Title)
			}
			texts[c.Title] = true
		}
		if cursor = page.Next; cursor == "" {
			return len(texts)
		}
	}
}
