package whistle_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/whistle"
)

const (
	city   = 9901
	street = 990101001
	comm   = 990101001001
	grid   = 7
	chief  = 90 // account
)

// world is a street with three departments, its cases and what stands around the room.
type world struct {
	*whistle.Service
	t      testing.TB
	now    int64
	offers []whistle.Offer
	cases  []whistle.Matter
}

var start = calendar.Standard().DayStart(20261012) + 9*3600*1_000_000 // a Monday morning

func newWorld(t testing.TB, db *store.DB) *world {
	access.SetDistricts(990101, 990102)
	w := &world{t: t, now: start}
	w.cases = []whistle.Matter{{ID: 5, Number: "261012-000001-0", Title: "占道经营反复", Spot: spot(), Why: errs.Words{ZH: "超过办理时限", EN: "late"}}}
	w.Service = &whistle.Service{DB: db, Rules: func() whistle.Rules { return rules{} }, Cases: w, Offers: w, Atlas: atlas{}, People: people{}}
	return w
}

func spot() whistle.Spot {
	return whistle.Spot{District: 990101, Street: street, Community: comm, Grid: grid}
}

func (w *world) Case(_ context.Context, _ access.Scope, id int64) (whistle.Matter, error) {
	for _, m := range w.cases {
		if m.ID == id {
			return m, nil
		}
	}
	return whistle.Matter{}, errs.NotFound.New()
}

func (w *world) Unsolved(context.Context, access.Scope, int64, int64, int) ([]whistle.Matter, error) {
	return w.cases, nil
}

func (w *world) Offers(context.Context, access.Scope, int64, int64, int) ([]whistle.Offer, error) {
	return w.offers, nil
}

func (w *world) ctx() context.Context { return store.ContextAt(context.Background(), w.now) }

type rules struct{}

func (rules) Calendar() *calendar.Calendar { return calendar.Standard() }
func (rules) WhistleLimit(kind string) calendar.Limit {
	if kind == "urgent" {
		return calendar.Limit{N: 1, Unit: calendar.Hour}
	}
	return calendar.Limit{N: 2, Unit: calendar.WorkHour}
}
func (rules) ShiftsDecided() int { return 2 }

type atlas struct{}

func (atlas) At(float64, float64) (whistle.Spot, bool) { return spot(), true }
func (atlas) SpotOf(c, g int64) (whistle.Spot, bool) {
	if g == grid || c == comm {
		return spot(), true
	}
	if c == 990102001001 {
		return whistle.Spot{District: 990102, Street: 990102001, Community: c}, true
	}
	return whistle.Spot{}, false
}
func (atlas) Region(code int64) string { return fmt.Sprint(code) }
func (atlas) Grid(id int64) string     { return fmt.Sprint(id) }

type people struct{}

func (people) Org(id int64) (string, bool) { return fmt.Sprint("单位", id), id >= 1 && id <= 20 }
func (people) OrgAt(id int64, s whistle.Spot) bool {
	return id >= 1 && id <= 20 && s.District == 990101
}
func (people) Account(id int64) string    { return fmt.Sprint("人员", id) }
func (people) PostName(int64) errs.Words  { return errs.Words{} }
func (people) Arbiter(whistle.Spot) int64 { return chief }

func actor(account int64, role string, region, org int64) *access.Actor {
	return &access.Actor{Account: account, Lang: "zh", Posts: []access.Post{{ID: account + 1000, Account: account, Role: role, Region: region, Org: org, From: 20200101}}}
}

var (
	clerk   = actor(1, "street_clerk", street, 0)
	leader  = actor(chief, "chief", street, 0)
	another = actor(2, "street_clerk", 990101002, 0)
	bureaux = []*access.Actor{actor(11, "handler", 990101, 1), actor(12, "dept_liaison", 990101, 2), actor(13, "unit_lead", 990101, 3)}
)

func scopeOf(t testing.TB, a *access.Actor) access.Scope {
	t.Helper()
	s, err := access.Needs(access.WhistleCall, access.WhistleAnswer, access.CaseArbitrate, access.MeetingHold).Authorize(a, 20261012)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) blow(orgs ...int64) *whistle.Whistle {
	w.t.Helper()
	o, err := w.Blow(w.ctx(), scopeOf(w.t, clerk), whistle.BlowIn{Kind: "law_enforcement", Title: "夜市占道，联合整治", Grid: grid, Orgs: orgs})
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

func (w *world) do(a *access.Actor, id int64, act whistle.Act) (*whistle.Whistle, error) {
	w.t.Helper()
	now, err := w.ByID(w.ctx(), access.System("test"), id)
	if err != nil {
		w.t.Fatal(err)
	}
	act.Version = now.Version
	return w.Act(w.ctx(), scopeOf(w.t, a), id, act)
}

func (w *world) must(a *access.Actor, id int64, act whistle.Act) *whistle.Whistle {
	w.t.Helper()
	o, err := w.do(a, id, act)
	if err != nil {
		w.t.Fatalf("%s by %d: %v", act.Action, a.Account, err)
	}
	return o
}

func part(o *whistle.Whistle, org int64) whistle.Call {
	i := slices.IndexFunc(o.Calls, func(c whistle.Call) bool { return c.Org == org })
	if i < 0 {
		return whistle.Call{}
	}
	return o.Calls[i]
}

func TestTablesAreSound(t *testing.T) {
	t.Parallel()
	for _, err := range []error{whistle.Whole.Check(), whistle.Part.Check(), whistle.Holding.Check(), whistle.Following.Check()} {
		if err != nil {
			t.Error(err)
		}
	}
	for _, table := range [][]flow.Field{needsOf(whistle.Whole.Table), needsOf(whistle.Part.Table)} {
		for _, n := range table {
			(&whistle.Act{}).Text(n.Name) // panics on a field that nobody reads
		}
	}
}

func needsOf[F any](rows []flow.Transition[F]) (out []flow.Field) {
	for _, r := range rows {
		out = append(out, r.Needs...)
	}
	return out
}

func TestWhistle(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		t.Run("one comes, one does not", func(t *testing.T) {
			o := w.blow(1, 2)
			if want := start + 2*3600*1_000_000; part(o, 1).DueAt != want {
				t.Errorf("due at %d, want %d", part(o, 1).DueAt, want)
			}
			w.must(bureaux[0], o.ID, whistle.Act{Action: "come", Org: 1})
			if n, err := w.Miss(w.ctx()); err != nil || n != 0 {
				t.Fatalf("missed before the limit: %d %v", n, err)
			}
			before := w.now
			w.now += 2*3600*1_000_000 + 1
			if n, err := w.Miss(w.ctx()); err != nil || n != 1 {
				t.Fatalf("missed: %d %v, want 1", n, err)
			}
			w.now = before
			got, err := w.ByID(w.ctx(), scopeOf(t, clerk), o.ID)
			if err != nil || part(got, 2).MissedAt == 0 || part(got, 1).MissedAt != 0 || got.RaisedTo != chief {
				t.Fatalf("%+v %v", got, err)
			}
			w.must(bureaux[0], o.ID, whistle.Act{Action: "result", Org: 1, Result: "已清理占道摊位 12 处"})
			w.must(clerk, o.ID, whistle.Act{Action: "confirm", Org: 1, Score: 5})
			w.must(bureaux[0], o.ID, whistle.Act{Action: "rate", Org: 1, Score: 4})
			if _, err := w.do(bureaux[0], o.ID, whistle.Act{Action: "rate", Org: 1, Score: 4}); !errs.Is(err, flow.NotNow) {
				t.Errorf("rated twice: %v", err)
			}
			got = w.must(clerk, o.ID, whistle.Act{Action: "release", Org: 2, Reason: "已由城管处置完毕"})
			if got.State != whistle.Closed {
				t.Errorf("state %s with nothing due", got.State)
			}
			sums, err := w.Sums(w.ctx(), scopeOf(t, clerk), whistle.Filter{})
			if err != nil || len(sums) != 2 || sums[0].InTime != 1 || sums[1].Missed != 1 || sums[0].Score != 5 {
				t.Errorf("sums %+v %v", sums, err)
			}
		})
		t.Run("the second not-ours goes to the arbiter", func(t *testing.T) {
			o := w.blow(1, 2)
			w.must(bureaux[0], o.ID, whistle.Act{Action: "not_ours", Org: 1, Reason: "夜市由市场监管负责", Proposed: 3})
			w.must(clerk, o.ID, whistle.Act{Action: "insist", Org: 1, Reason: "占道归城管"})
			got := w.must(bureaux[0], o.ID, whistle.Act{Action: "not_ours", Org: 1, Reason: "仍不属本单位"})
			if part(got, 1).State != whistle.Arbitrate || got.Arbiter != chief {
				t.Fatalf("%+v", got)
			}
			if _, err := w.do(clerk, o.ID, whistle.Act{Action: "rule_come", Org: 1, Reason: "x"}); !errs.Is(err, flow.NotNow) {
				t.Errorf("the clerk decides: %v", err)
			}
			w.must(leader, o.ID, whistle.Act{Action: "rule_come", Org: 1, Reason: "占道经营由城管牵头"})
			if _, err := w.do(bureaux[0], o.ID, whistle.Act{Action: "not_ours", Org: 1, Reason: "还是不属"}); !errs.Is(err, flow.NotNow) {
				t.Errorf("refused after the decision: %v", err)
			}
			got = w.must(bureaux[1], o.ID, whistle.Act{Action: "not_ours", Org: 2, Reason: "不涉及"})
			if part(got, 2).State != whistle.Arbitrate {
				t.Fatalf("the third not-ours is not decided: %+v", got)
			}
			got = w.must(leader, o.ID, whistle.Act{Action: "rule_free", Org: 2, Reason: "改请三单位", Proposed: 3})
			if part(got, 2).State != whistle.Released || part(got, 3).State != whistle.Called {
				t.Errorf("%+v", got)
			}
		})
		t.Run("who is not concerned sees nothing", func(t *testing.T) {
			o := w.blow(1)
			for _, a := range []*access.Actor{another, bureaux[1]} {
				if _, err := w.ByID(w.ctx(), scopeOf(t, a), o.ID); !errs.Is(err, errs.NotFound) {
					t.Errorf("account %d: %v", a.Account, err)
				}
			}
			if _, err := w.do(bureaux[1], o.ID, whistle.Act{Action: "come", Org: 1}); !errs.Is(err, errs.NotFound) {
				t.Errorf("another department comes: %v", err)
			}
		})
		t.Run("bad input is refused", func(t *testing.T) {
			for name, in := range map[string]whistle.BlowIn{
				"no kind":       {Title: "x", Grid: grid, Orgs: []int64{1}},
				"no place":      {Kind: "urgent", Title: "x", Orgs: []int64{1}},
				"no department": {Kind: "urgent", Title: "x", Grid: grid},
				"unknown":       {Kind: "urgent", Title: "x", Grid: grid, Orgs: []int64{99}},
				"twice":         {Kind: "urgent", Title: "x", Grid: grid, Orgs: []int64{1, 1}},
				"no title":      {Kind: "urgent", Grid: grid, Orgs: []int64{1}},
				"limit":         {Kind: "urgent", Title: "x", Grid: grid, Orgs: []int64{1}, Limit: calendar.Limit{N: -1, Unit: calendar.Hour}},
				"elsewhere":     {Kind: "urgent", Title: "x", Community: 990102001001, Orgs: []int64{1}},
			} {
				if _, err := w.Blow(w.ctx(), scopeOf(t, clerk), in); err == nil || errs.As(err).Kind == errs.Internal {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	})
}

// TestWhistleLives walks at random and holds what must always hold.
func TestWhistleLives(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		actions := []flow.Action{}
		for _, r := range whistle.Part.Table {
			if !r.System {
				actions = append(actions, r.Action)
			}
		}
		hands := append([]*access.Actor{clerk, leader}, bureaux...)
		rapid.Check(t, func(r *rapid.T) {
			w := newWorld(t, db)
			o := w.blow(1, 2)
			for range rapid.IntRange(1, 14).Draw(r, "steps") {
				w.now += rapid.Int64Range(1, 3*3600*1_000_000).Draw(r, "pass")
				if rapid.Bool().Draw(r, "clock") {
					if _, err := w.Miss(w.ctx()); err != nil {
						r.Fatal(err)
					}
				}
				before, err := w.ByID(w.ctx(), access.System("test"), o.ID)
				if err != nil {
					r.Fatal(err)
				}
				act := whistle.Act{Org: rapid.SampledFrom([]int64{1, 2, 3}).Draw(r, "org"), Action: rapid.SampledFrom(actions).Draw(r, "action"), Reason: "理由", Result: "结果", Score: 3,
					Proposed: rapid.SampledFrom([]int64{0, 3}).Draw(r, "proposed")}
				if rapid.IntRange(0, 9).Draw(r, "whole") == 0 {
					act.Org, act.Action = 0, "withdraw"
				}
				hand := rapid.SampledFrom(hands).Draw(r, "hand")
				_, err = w.do(hand, o.ID, act)
				if err != nil && errs.As(err).Kind == errs.Internal {
					r.Fatal(err)
				}
				after, e := w.ByID(w.ctx(), access.System("test"), o.ID)
				if e != nil {
					r.Fatal(e)
				}
				if err != nil && after.Seq != before.Seq {
					r.Fatalf("a refused %s left a trace", act.Action)
				}
				holds(r, before, after)
			}
		})
		if chains, err := audit.VerifyChains(context.Background(), db); err != nil || len(chains) > 0 {
			t.Errorf("chains: %v %v", chains, err)
		}
		newWorld(t, db).sound(t)
	})
}

func holds(r *rapid.T, before, after *whistle.Whistle) {
	if after.Seq < before.Seq || len(after.Calls) < len(before.Calls) {
		r.Fatal("history was lost")
	}
	over := true
	shifts := 0
	for _, c := range after.Calls {
		ended := whistle.Part.Ended(c.State)
		over = over && ended
		shifts += c.Shifts
		if ended != (c.EndedAt > 0) {
			r.Fatalf("%s with an end at %d", c.State, c.EndedAt)
		}
		if (c.State == whistle.Came || c.State == whistle.Done || c.State == whistle.Confirmed) && c.CameAt == 0 {
			r.Fatalf("%s without having come", c.State)
		}
		if c.State == whistle.Confirmed && (c.ByStreet == 0 || c.Result == "") {
			r.Fatal("confirmed without result or rating")
		}
		if c.State == whistle.Arbitrate && after.Shifts < 2 {
			r.Fatal("decided at the first not-ours")
		}
	}
	if shifts != after.Shifts {
		r.Fatalf("%d not-ours counted, %d said", after.Shifts, shifts)
	}
	if over != (after.State != whistle.Open) {
		r.Fatalf("%s with every part ended: %v", after.State, over)
	}
}
