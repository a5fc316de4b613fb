package whistle_test

import (
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/whistle"
)

func (w *world) hold(a *access.Actor, id int64, d whistle.Do) (*whistle.Meeting, error) {
	w.t.Helper()
	now, err := w.MeetingByID(w.ctx(), access.System("test"), id)
	if err != nil {
		w.t.Fatal(err)
	}
	d.Version = now.Version
	return w.Do(w.ctx(), scopeOf(w.t, a), id, d, nil)
}

func (w *world) mustHold(a *access.Actor, id int64, d whistle.Do) *whistle.Meeting {
	w.t.Helper()
	m, err := w.hold(a, id, d)
	if err != nil {
		w.t.Fatalf("%s by %d: %v", d.Action, a.Account, err)
	}
	return m
}

func TestMeeting(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.offers = []whistle.Offer{{ID: 8, Kind: "request", Title: "老人助餐"}, {ID: 9, Kind: "resource", Title: "会议室"}}
		m, err := w.Convene(w.ctx(), scopeOf(t, clerk), whistle.Plan{Region: street})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Agenda) != 3 || m.Quarter != 20264 || !m.Agenda[0].Taken || m.Agenda[2].Taken {
			t.Fatalf("%+v", m)
		}
		if _, err := w.hold(clerk, m.ID, whistle.Do{Action: "invite"}); !errs.Is(err, flow.NotNow) {
			t.Errorf("invited without time and guests: %v", err)
		}
		w.mustHold(clerk, m.ID, whistle.Do{Action: "arrange", At: start + 86400*1_000_000, Place: "街道三楼会议室"})
		w.mustHold(clerk, m.ID, whistle.Do{Action: "guests", Guests: []whistle.Guest{{Org: 1}, {Org: 2}, {Name: "老城物业王经理"}}})
		m = w.mustHold(clerk, m.ID, whistle.Do{Action: "agenda", Agenda: []whistle.Topic{{Title: "停车难"}, m.Agenda[0]}})
		if len(m.Agenda) != 4 || m.Agenda[0].Title != "停车难" || m.Agenda[2].Taken || m.Agenda[3].Taken {
			t.Errorf("what was left out of the agenda is lost or still taken: %+v", m.Agenda)
		}
		if _, err := w.MeetingByID(w.ctx(), scopeOf(t, bureaux[0]), m.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("a guest sees the meeting before it is invited: %v", err)
		}
		w.mustHold(clerk, m.ID, whistle.Do{Action: "invite"})
		m = w.mustHold(bureaux[0], m.ID, whistle.Do{Action: "answer", Answer: "yes", Person: "李科长"})
		if m.Guests[0].Answer != "yes" || m.Guests[1].Answer != "" {
			t.Errorf("%+v", m.Guests)
		}
		if _, err := w.hold(bureaux[2], m.ID, whistle.Do{Action: "answer", Answer: "yes"}); !errs.Is(err, errs.NotFound) {
			t.Errorf("who is not invited answers: %v", err)
		}
		w.mustHold(clerk, m.ID, whistle.Do{Action: "hold", Present: []int64{m.Guests[0].ID}})
		bad := whistle.Do{Action: "minute", Minutes: "议定如下", Taken: []whistle.Decision{{Item: m.Agenda[0].ID, Tasks: []whistle.Task{{Org: 1, Title: "划停车位", Due: 20200101}}}}}
		if _, err := w.hold(clerk, m.ID, bad); err == nil {
			t.Error("a task was due in the past")
		}
		bad.Taken[0].Tasks[0].Due = 20261130
		m = w.mustHold(clerk, m.ID, bad)
		task := m.Tasks[0]

		next, err := w.Convene(w.ctx(), scopeOf(t, clerk), whistle.Plan{Region: street, Quarter: 20271})
		if err != nil || next.Agenda[0].Kind != "task" || next.Agenda[0].Ref != task.ID {
			t.Fatalf("the open task is not on the next agenda: %+v %v", next, err)
		}
		if _, err := w.hold(bureaux[1], m.ID, whistle.Do{Action: "report", Task: task.ID, Result: "好了"}); !errs.Is(err, flow.NotNow) {
			t.Errorf("another guest reports the task: %v", err)
		}
		w.mustHold(bureaux[0], m.ID, whistle.Do{Action: "report", Task: task.ID, Result: "已施划 40 个"})
		w.mustHold(clerk, m.ID, whistle.Do{Action: "reopen", Task: task.ID, Reason: "还缺标牌"})
		w.mustHold(bureaux[0], m.ID, whistle.Do{Action: "report", Task: task.ID, Result: "标牌已装"})
		w.mustHold(clerk, m.ID, whistle.Do{Action: "accept", Task: task.ID})
		if open, err := w.Tasks(w.ctx(), scopeOf(t, bureaux[0]), 1, true); err != nil || len(open) != 0 {
			t.Errorf("open tasks: %+v %v", open, err)
		}
		if all, err := w.Tasks(w.ctx(), scopeOf(t, bureaux[0]), 1, false); err != nil || len(all) != 1 || all[0].Result != "标牌已装" {
			t.Errorf("tasks: %+v %v", all, err)
		}
		page, err := w.MeetingPage(w.ctx(), scopeOf(t, clerk), m.ID, "zh")
		if err != nil || len(page.Steps) < 10 || len(page.Tasks) != 1 {
			t.Errorf("%+v %v", page, err)
		}
		w.sound(t)
	})
}

func TestQuarters(t *testing.T) {
	t.Parallel()
	for day, want := range map[int]int{20260101: 20261, 20260331: 20261, 20260401: 20262, 20261128: 20264} {
		if got := whistle.QuarterOf(day); got != want {
			t.Errorf("%d: %d, want %d", day, got, want)
		}
	}
}
