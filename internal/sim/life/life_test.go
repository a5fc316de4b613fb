package life

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/internal/app"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/sim/city"
	"linli/internal/sim/load"
	"linli/internal/work/cases"
)

// noon is the end of the tests' histories: a Wednesday with desks and units at work.
var noon = time.Date(2026, 11, 18, 11, 3, 0, 0, time.FixedZone("CST", 8*3600))

// world guards the districts that this process serves: opening an empty
// database takes them away for a moment, which no run must see.
var world sync.RWMutex

// openCity opens a small city in an empty folder, with a fixed clock and draw
// key, so that everything about it is repeatable.
func openCity(t testing.TB, days int, scale float64) *app.App {
	t.Helper()
	return openCityIn(t, "", days, scale)
}

func openCityIn(t testing.TB, url string, days int, scale float64) *app.App {
	t.Helper()
	world.Lock()
	defer world.Unlock()
	ctx := context.Background()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "draw.key"), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	o := app.At(dir, "")
	o.Clock = func() time.Time { return noon }
	a, err := app.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	c := city.Generate(city.Options{Seed: 1, Scale: scale, Until: noon})
	at := store.ContextAt(ctx, noon.AddDate(0, 0, -days-1).UnixMicro())
	if _, err := load.City(at, load.Rooms{DB: a.DB, Regions: a.Atlas, People: a.Identity, Rules: a.Rulebook}, c); err != nil {
		t.Fatal(err)
	}
	return a
}

// run is Run while the districts stay.
func run(t testing.TB, a *app.App, o Options) *Report {
	t.Helper()
	world.RLock()
	defer world.RUnlock()
	rep, err := Run(context.Background(), o, rooms(a))
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func rooms(a *app.App) Rooms {
	return Rooms{DB: a.DB, Cases: a.Cases, People: a.Identity, Files: a.Files}
}

// digest sums up all rows of all cases, ids included.
func digest(t *testing.T, db *store.DB) string {
	t.Helper()
	h := sha256.New()
	for _, q := range []string{"SELECT * FROM cases ORDER BY district, id", "SELECT district, case_id, seq, at, actor, post, org, action, was, became FROM case_log ORDER BY district, case_id, seq"} {
		rows, err := db.Query(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		cols, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		vals := make([]any, len(cols))
		ptrs := make([]any, len(cols))
		for i := range vals {
			ptrs[i] = &vals[i]
		}
		for rows.Next() {
			if err := rows.Scan(ptrs...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(h, vals...)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestTwoRunsAreEqual(t *testing.T) {
	t.Parallel()
	var got []string
	for range 2 {
		a := openCity(t, 8, 0.05)
		run(t, a, Options{Seed: 5, Days: 8, CasesPerDay: 30})
		got = append(got, digest(t, a.DB))
		if p, err := a.Verify(context.Background()); err != nil || !p.OK { // its history is provable
			t.Errorf("verify: %+v %v", p, err)
		}
	}
	if got[0] != got[1] {
		t.Errorf("two runs of one seed differ: %v", got)
	}
}

func TestOracleEqualsTallies(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a := openCity(t, 42, 0.05)
	rep := run(t, a, Options{Seed: 3, Days: 42, CasesPerDay: 45})
	t.Logf("%d cases, %d commands in %v: %v", rep.Cases, rep.Commands, rep.Took, rep.Acts)
	o := rep.Oracle
	t.Logf("on time %.3f, satisfied %.3f, solved %.3f, response %.3f, dispatched right %.3f, filed on time %.3f", o.Rate(cases.MarkOnTime, cases.MarkDue), o.Rate(cases.MarkSatisfied, cases.MarkGraded),
		o.Rate(cases.MarkSolved, cases.MarkReached), o.Rate(cases.MarkResponded, cases.MarkResponseDue), o.Rate(cases.MarkDispatchedOK, cases.MarkDispatched), o.Rate(cases.MarkFiledOnTime, cases.MarkToFile))
	if !o.Whole {
		t.Fatal("the run began in an empty city")
	}
	compareTally(t, a, o)
	// Marks of the rows that a figure opens.
	for mark, want := range o.Marks {
		var n int64
		if err := a.DB.QueryRow(ctx, "SELECT COUNT(*) FROM cases WHERE (marks & ?) <> 0", int64(1)<<mark).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n != want {
			t.Errorf("mark %d: %d rows, %d were done", mark, n, want)
		}
	}
	// Every state, and every kind of act.
	for _, s := range cases.Statuses {
		var n int64
		if err := a.DB.QueryRow(ctx, "SELECT COUNT(*) FROM cases WHERE status = ?", string(s)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			t.Errorf("no case is %s at the end", s)
		}
		if n != o.Status[s] {
			t.Errorf("%d cases are %s, the simulator left %d", n, s, o.Status[s])
		}
	}
	for _, act := range []flow.Action{"report", "onsite", "accept", "decline", "file", "not_file", "settle", "dispatch", "direct", "assist", "urge", "supervise", "escalate", "sign", "start", "resolve",
		"return", "extend", "suspend", "resume", "approve", "refuse", "verify_pass", "verify_fail", "call_back", "draw", "archive", "merge", "split", "withdraw", "void", "correct", "note", "lapse", "unsigned"} {
		if rep.Acts[act] == 0 {
			t.Errorf("nobody did %s", act)
		}
	}
	for _, r := range []struct {
		name     string
		num, den int
		lo, hi   float64
	}{{"on time", cases.MarkOnTime, cases.MarkDue, 0.84, 0.96}, {"satisfied", cases.MarkSatisfied, cases.MarkGraded, 0.78, 0.93}, {"solved", cases.MarkSolved, cases.MarkReached, 0.85, 0.98}} {
		if v := o.Rate(r.num, r.den); v < r.lo || v > r.hi {
			t.Errorf("%s: %.3f, a real city has %.2f to %.2f", r.name, v, r.lo, r.hi)
		}
	}
}

// compareTally holds the roll-ups against what was done.
func compareTally(t *testing.T, a *app.App, o *Oracle) {
	t.Helper()
	got := map[store.TallyKey]int64{}
	rows, err := a.DB.Query(context.Background(), "SELECT district, cube, measure, period, a, b, n FROM tally WHERE n <> 0")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var k store.TallyKey
		var n int64
		if err := rows.Scan(&k.District, &k.Cube, &k.Measure, &k.Period, &k.A, &k.B, &n); err != nil {
			t.Fatal(err)
		}
		got[k] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(o.Tally, got); d != "" {
		t.Errorf("roll-ups differ from what was done (-done +rolled up):\n%.3000s", d)
	}
}

func TestRunOnPostgres(t *testing.T) {
	t.Parallel()
	a := openCityIn(t, storetest.PostgresURL(t), 6, 0.05)
	rep := run(t, a, Options{Seed: 3, Days: 6, CasesPerDay: 20})
	if rep.Cases == 0 {
		t.Error("nothing was reported")
	}
	compareTally(t, a, rep.Oracle)
}

func BenchmarkRun(b *testing.B) {
	for b.Loop() {
		a := openCity(b, 30, 1)
		rep := run(b, a, Options{Seed: 3, Days: 30})
		b.ReportMetric(float64(rep.Commands)/rep.Took.Seconds(), "commands/s")
		b.ReportMetric(float64(rep.Commands), "commands")
		b.ReportMetric(float64(rep.Commits), "commits")
	}
}
