package life

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linli/internal/app"
	"linli/internal/work/cases"
)

func count(t *testing.T, a *app.App, q string, args ...any) (n int) {
	t.Helper()
	if err := a.DB.QueryRow(context.Background(), q, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func replay(t *testing.T, a *app.App, o ReplayOptions, file string) *Report {
	t.Helper()
	world.RLock()
	defer world.RUnlock()
	rep, err := Replay(context.Background(), o, rooms(a), file)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

const messages = 62 // lines of the fixture that can be used

func TestReplay(t *testing.T) {
	t.Parallel()
	a := openCity(t, 10, 0.05)
	rep := replay(t, a, ReplayOptions{Seed: 1}, "testdata/messages.jsonl")
	if rep.Cases < messages || rep.Skipped != 0 || len(rep.Problems) != 4 {
		t.Errorf("%d cases, %d skipped, problems %+v", rep.Cases, rep.Skipped, rep.Problems)
	}
	if n := count(t, a, "SELECT COUNT(*) FROM cases WHERE outside_number <> ''"); n != messages {
		t.Errorf("%d cases bear the number of a message, want %d", n, messages)
	}
	if n := count(t, a, "SELECT COUNT(*) FROM cases WHERE open = 1"); n != 0 {
		t.Errorf("%d cases were not worked to an end", n)
	}
	zone := time.FixedZone("CST", 8*3600)
	from, to := time.Date(2019, 3, 1, 0, 0, 0, 0, zone), time.Date(2019, 3, 22, 0, 0, 0, 0, zone)
	if n := count(t, a, "SELECT COUNT(*) FROM cases WHERE outside_number <> '' AND (reported_at < ? OR reported_at > ?)", from.UnixMicro(), to.UnixMicro()); n != 0 {
		t.Errorf("%d cases were not reported at their own time", n)
	}
	if n := count(t, a, "SELECT COUNT(*) FROM case_log l JOIN cases c ON c.district = l.district AND c.id = l.case_id WHERE c.outside_number = '900100' AND l.action = 'note'"); n < 2 {
		t.Errorf("what did not fit into the text became %d notes, want 2", n)
	}
	if n := count(t, a, "SELECT MAX(LENGTH(title)) FROM cases"); n > 100 {
		t.Errorf("a title has %d characters", n)
	}
	for k, n := range rep.Oracle.Tally {
		if got := count(t, a, "SELECT COALESCE(SUM(n), 0) FROM tally WHERE district = ? AND cube = ? AND measure = ? AND period = ? AND a = ? AND b = ?", k.District, k.Cube, k.Measure, k.Period, k.A, k.B); int64(got) != n {
			t.Errorf("%+v: rolled up %d, done %d", k, got, n)
		}
	}
	// Again: nothing is doubled, and the same file gzipped is the same file.
	packed := filepath.Join(t.TempDir(), "messages.jsonl.gz")
	pack(t, "testdata/messages.jsonl", packed)
	before := digest(t, a.DB)
	rep = replay(t, a, ReplayOptions{Seed: 1}, packed)
	if rep.Cases != 0 || rep.Skipped != messages || digest(t, a.DB) != before {
		t.Errorf("a second replay made %d cases and skipped %d", rep.Cases, rep.Skipped)
	}
}

func pack(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(out)
	if _, err := io.Copy(z, in); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// A city with a history takes a replay too; it ends before the present.
func TestReplayBesideHistory(t *testing.T) {
	t.Parallel()
	a := openCity(t, 6, 0.05)
	run(t, a, Options{Seed: 2, Days: 6, CasesPerDay: 25})
	n := count(t, a, "SELECT COUNT(*) FROM cases")
	rep := replay(t, a, ReplayOptions{Seed: 1}, "testdata/messages.jsonl")
	if got := count(t, a, "SELECT COUNT(*) FROM cases"); got != n+rep.Cases {
		t.Errorf("%d cases after %d and %d", got, n, rep.Cases)
	}
	if n := count(t, a, "SELECT COUNT(*) FROM cases WHERE open = 1 AND outside_number <> ''"); n != 0 {
		t.Errorf("%d messages were not worked to an end", n)
	}
	if n := count(t, a, "SELECT COUNT(*) FROM cases WHERE called_at > 0 AND called_at < reported_at"); n != 0 {
		t.Errorf("%d reporters were called back before they reported", n)
	}
}

// At a speed, cases bear the present and everything still comes to its end.
func TestReplayAtSpeed(t *testing.T) {
	t.Parallel()
	a := openCity(t, 3, 0.05)
	rep := replay(t, a, ReplayOptions{Seed: 1, Speed: 40_000_000}, "testdata/messages.jsonl")
	if rep.Cases < messages {
		t.Errorf("%d cases", rep.Cases)
	}
	if n := count(t, a, "SELECT COUNT(*) FROM cases WHERE reported_at < ?", noon.UnixMicro()); n != 0 {
		t.Errorf("%d cases do not bear the present", n)
	}
	if n := count(t, a, "SELECT COUNT(*) FROM cases WHERE open = 1"); n > 3 {
		t.Errorf("%d cases were not worked to an end", n)
	}
}

// TestReplayOfRealMessages is for machines that have the stream; it is no part
// of this repository.
func TestReplayOfRealMessages(t *testing.T) {
	file := "../../../../shared/data/messages/stream_2017_2020.jsonl.gz"
	if _, err := os.Stat(file); err != nil {
		t.Skip("the stream of real messages is not here (../shared/data/messages): only the fixture was replayed")
	}
	if testing.Short() {
		t.Skip("a long replay: run without -short")
	}
	t.Parallel()
	a := openCity(t, 2, 0.05)
	rep := replay(t, a, ReplayOptions{Seed: 1}, file)
	t.Logf("%d cases, %d commands in %v, %d problems; on time %.3f", rep.Cases, rep.Commands, rep.Took, len(rep.Problems), rep.Oracle.Rate(cases.MarkOnTime, cases.MarkDue))
	if got := count(t, a, "SELECT COUNT(*) FROM cases WHERE outside_number <> ''"); got+len(rep.Problems) != 4326 {
		t.Errorf("%d messages became cases, %d could not be used: %+v", got, len(rep.Problems), rep.Problems)
	}
	if n := count(t, a, "SELECT COUNT(*) FROM cases WHERE open = 1"); n != 0 {
		t.Errorf("%d cases were not worked to an end", n)
	}
}
