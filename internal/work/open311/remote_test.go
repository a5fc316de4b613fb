package open311_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/config"
	"linli/internal/kernel/outbox"
	"linli/internal/kernel/store"
	"linli/internal/work/open311"
)

// TestOutsideSystemHandlesOurCase: a case goes once to the outside system of its
// unit – here another city of the same kind –, and what is done there is done here.
func TestOutsideSystemHandlesOurCase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, ours *city) {
		theirs := sqlite(t)
		lost := true // the first answer is lost on its way
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if req.Method == "POST" && lost {
				lost = false
				rec := httptest.NewRecorder()
				theirs.router.ServeHTTP(rec, req)
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			theirs.router.ServeHTTP(w, req)
		}))
		t.Cleanup(server.Close)
		ours.Config.Remotes = []config.Open311Remote{{Name: "lamps", URL: server.URL + "/open311/v2", Key: "client", Account: "lamps", Services: map[string]string{"*": "E0907"}}}
		unit, err := keys{}.Actor(t.Context(), "unit")
		if err != nil {
			t.Fatal(err)
		}
		ours.Unit = func(login string) (access.Scope, []int64, error) {
			scope, err := access.Needs(access.CaseHandle).Authorize(unit, today)
			return scope, []int64{7}, err
		}
		ours.post("/open311/v2/requests.xml", lamp())
		m := ours.cases.all[0]

		entries := []audit.Row{{Entry: audit.Entry{District: 990101, Action: "case.file", Object: "case", ObjectID: 1}}, {Entry: audit.Entry{District: 990101, Action: "case.dispatch", Object: "case", ObjectID: 1}}}
		for range 2 { // the same entries again put nothing more
			write, err := ours.React(t.Context(), entries)
			if err != nil || write == nil {
				t.Fatalf("nothing is handed over: %v", err)
			}
			if err := ours.DB.Write(t.Context(), func(tx *store.Tx) error { return write(tx) }); err != nil {
				t.Fatal(err)
			}
		}
		var n int
		if err := ours.DB.QueryRow(t.Context(), "SELECT COUNT(*) FROM outbox WHERE channel = ?", open311.ChannelName).Scan(&n); err != nil || n != 1 {
			t.Fatalf("%d messages: %v", n, err)
		}
		msg := outbox.Message{District: 990101, Topic: "lamps", Object: 1, Attempt: 1, MadeAt: ours.clock().UnixMicro()}
		if _, err := ours.Send(t.Context(), msg); err == nil || strings.Contains(err.Error(), "client") {
			t.Errorf("a lost answer: %v", err)
		}
		for msg.Attempt = 2; msg.Attempt < 4; msg.Attempt++ {
			if id, err := ours.Send(t.Context(), msg); err != nil || id != "261123-000001-0" {
				t.Errorf("try %d: %q %v", msg.Attempt, id, err)
			}
		}
		if len(theirs.cases.all) != 1 || !strings.HasPrefix(theirs.cases.all[0].Text, "["+m.number+"] ") {
			t.Fatalf("theirs: %d cases", len(theirs.cases.all))
		}

		theirs.wait(time.Minute)
		theirs.cases.all[0].steps = []open311.Note{theirs.note("IN_PROGRESS", "已出发"), theirs.note("FIXED", "已修好")}
		for range 2 { // asked again, nothing is done twice
			if err := ours.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var did []string
		for _, s := range m.steps {
			did = append(did, s.Kind)
		}
		if strings.Join(did, " ") != "SIGN START RESOLVE" || m.steps[2].Text != "已修好" {
			t.Errorf("done here: %+v", m.steps)
		}
		server.Close()
		if err := ours.Poll(t.Context()); err == nil {
			t.Error("a system that does not answer is not told of")
		}
		msg.Topic = "gone"
		if _, err := ours.Send(t.Context(), msg); err == nil {
			t.Error("a remote that nobody names")
		}
	})
}
