package whistle

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Bounds of a meeting.
const (
	maxTopics    = 60
	maxGuests    = 60
	maxDecisions = 60
	proposals    = 10 // of each kind
)

// Plan is a new joint meeting.
type Plan struct {
	Region  int64 // a street (9 digits) or a community (12)
	Quarter int   // 0: the present one
	Title   string
	OnWrite func(*store.Tx, *Meeting) error
}

// Convene plans a joint meeting and proposes its agenda: open tasks of the
// place's earlier meetings, cases that it could not settle, requests, resources.
func (s *Service) Convene(ctx context.Context, scope access.Scope, in Plan) (*Meeting, error) {
	now := s.DB.NowIn(ctx)
	cal := s.Rules().Calendar()
	m := &Meeting{ID: s.DB.NextID(), Version: 1, State: Planned, Title: strings.TrimSpace(in.Title), Quarter: in.Quarter, Convener: scope.Account(), CreatedAt: now}
	switch access.Digits(in.Region) {
	case 9:
		m.Street = in.Region
	case 12:
		m.Street, m.Community = in.Region/1000, in.Region
	}
	name := s.Atlas.Region(in.Region)
	m.District = access.DistrictOf(in.Region)
	if m.Street == 0 || name == "" || !scope.Covers(m.Target()) {
		return nil, invalid("region", w("召集范围", "place"), "请选择您辖区内的街道或社区", "choose a street or community of your area")
	}
	if m.Quarter == 0 {
		m.Quarter = QuarterOf(cal.Day(now))
	}
	if q := m.Quarter % 10; m.Quarter < 20200 || m.Quarter > 21009 || q < 1 || q > 4 {
		return nil, invalid("quarter", w("季度", "quarter"), "请按 20264 的样子填写（2026 年第四季度）", "write it like 20264, the fourth quarter of 2026")
	}
	if m.Title == "" {
		m.Title = fmt.Sprintf("%s%d年第%s季度联席会议", name, m.Quarter/10, []string{"一", "二", "三", "四"}[m.Quarter%10-1])
	}
	if err := text("title", w("名称", "title"), m.Title, 100, true); err != nil {
		return nil, err
	}
	found, err := s.proposals(ctx, scope, m)
	if err != nil {
		return nil, err
	}
	post, _ := scope.PostFor(m.Target())
	return m, s.DB.Write(ctx, func(tx *store.Tx) error {
		fresh := *m
		fresh.Seq = 0
		g := &gatheringSteps{s: s, tx: tx, m: &fresh, log: journal{tx: tx, object: "meeting", district: fresh.District, subject: fresh.ID, seq: &fresh.Seq, at: now, actor: scope.Account(), post: post}}
		g.log.note("plan", 0, "", Planned, map[string]any{"title": fresh.Title, "quarter": fresh.Quarter}, false)
		if err := g.propose(found); err != nil {
			return err
		}
		if err := tx.Insert(meetingTable, fresh.values()...); err != nil {
			return err
		}
		*m = fresh
		if in.OnWrite == nil {
			return nil
		}
		return in.OnWrite(tx, m)
	})
}

// proposals are the topics that the place's records suggest.
func (s *Service) proposals(ctx context.Context, scope access.Scope, m *Meeting) ([]Topic, error) {
	var out []Topic
	tasks, err := s.openTasks(ctx, m)
	if err != nil {
		return nil, err
	}
	for _, k := range tasks {
		day := strconv.Itoa(k.Due)
		org, _ := s.People.Org(k.Org)
		out = append(out, Topic{Kind: "task", Ref: k.ID, Title: k.Title, Taken: true, Why: w("上次议定、尚未办结，"+org+"承办，"+day[:4]+"-"+day[4:6]+"-"+day[6:]+" 到期", "decided before and still open; "+org+", due "+day[:4]+"-"+day[4:6]+"-"+day[6:])})
	}
	cases, err := s.Cases.Unsolved(ctx, scope, m.Street, m.Community, proposals)
	if err != nil {
		return nil, err
	}
	for _, c := range cases {
		out = append(out, Topic{Kind: "case", Ref: c.ID, Title: c.Title, Taken: true, Why: errs.Words{ZH: c.Number + " " + c.Why.ZH, EN: c.Number + " " + c.Why.EN}})
	}
	offers, err := s.Offers.Offers(ctx, scope, m.Street, m.Community, proposals)
	if err != nil {
		return nil, err
	}
	for _, o := range offers {
		out = append(out, Topic{Kind: o.Kind, Ref: o.ID, Title: o.Title, Taken: o.Kind == "request", Why: o.Why})
	}
	return out, nil
}

type gatheringSteps struct {
	s   *Service
	tx  *store.Tx
	m   *Meeting
	log journal
}

// propose adds what is not on the agenda yet, behind what is there.
func (g *gatheringSteps) propose(found []Topic) error {
	for _, t := range found {
		if len(g.m.Agenda) >= maxTopics || slices.ContainsFunc(g.m.Agenda, func(x Topic) bool { return x.Kind == t.Kind && x.Ref == t.Ref }) {
			continue
		}
		t.ID = g.tx.NextID()
		g.m.Agenda = append(g.m.Agenda, t)
		if err := upsert(g.tx, itemTable, 3, t.values(g.m, len(g.m.Agenda))); err != nil {
			return err
		}
	}
	return nil
}

// Do does the action on the meeting that the scope reaches, or on a task of it.
func (s *Service) Do(ctx context.Context, scope access.Scope, id int64, d Do, onWrite func(*store.Tx) error) (*Meeting, error) {
	var found []Topic
	if d.Action == "propose" {
		m, err := s.MeetingByID(ctx, scope, id)
		if err != nil {
			return nil, err
		}
		if found, err = s.proposals(ctx, scope, m); err != nil {
			return nil, err
		}
	}
	var out *Meeting
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		lock := ""
		if tx.Engine() == store.Postgres {
			lock = " FOR UPDATE"
		}
		m, err := reader(tx.Query).meeting(scope, id, lock)
		if err != nil {
			return err
		}
		if d.Version != m.Version && (d.Version != 0 || scope.SystemReason() == "") {
			return errs.Stale.New("current", m.Version)
		}
		post, _ := scope.PostFor(m.Target())
		g := &gatheringSteps{s: s, tx: tx, m: m, log: journal{tx: tx, object: "meeting", district: m.District, subject: m.ID, seq: &m.Seq, at: tx.Now(), actor: scope.Account(), post: post}}
		if err := g.do(scope, &d, found); err != nil {
			return err
		}
		m.Version++
		if err := upsert(tx, meetingTable, 2, m.values()); err != nil {
			return err
		}
		out = m
		if onWrite == nil {
			return nil
		}
		return onWrite(tx)
	})
	return out, err
}

func canHold(scope access.Scope, m *Meeting) flow.Can {
	return func(p access.Perm) bool {
		sc, err := scope.For(p)
		return err == nil && sc.Covers(m.Target())
	}
}

func gatheringFor(scope access.Scope, m *Meeting, k *Task) *gathering {
	f := &gathering{m: m, k: k, holds: canHold(scope, m)(access.MeetingHold)}
	if scope.SystemReason() != "" {
		f.guest, f.owner = true, true
	}
	if a := scope.Actor(); a != nil {
		for _, p := range a.Held() {
			if p.Org == 0 || !p.InForce(scope.Today()) {
				continue
			}
			f.guest = f.guest || slices.ContainsFunc(m.Guests, func(g Guest) bool { return g.Org == p.Org })
			f.owner = f.owner || k != nil && k.Org == p.Org
		}
	}
	return f
}

func (g *gatheringSteps) do(scope access.Scope, d *Do, found []Topic) error {
	can := canHold(scope, g.m)
	if d.Task != 0 {
		i := slices.IndexFunc(g.m.Tasks, func(k Task) bool { return k.ID == d.Task })
		if i < 0 {
			return errs.NotFound.New()
		}
		k := &g.m.Tasks[i]
		t, err := Following.Next(k.State, d.Action, can, gatheringFor(scope, g.m, k))
		if err != nil {
			return err
		}
		if err := t.CheckNeeds(d); err != nil {
			return err
		}
		was := k.State
		k.State = t.To
		switch {
		case d.Action == "report":
			k.Result = d.Result
		case Following.Ended(k.State):
			k.EndedAt = g.tx.Now()
		}
		g.log.note(d.Action, k.Org, was, k.State, map[string]any{"task": k.ID, "title": k.Title, "reason": d.Reason, "note": d.Note, "result": d.Result}, false)
		return upsert(g.tx, taskTable, 3, k.values(g.m))
	}
	t, err := Holding.Next(g.m.State, d.Action, can, gatheringFor(scope, g.m, nil))
	if err != nil {
		return err
	}
	if err := t.CheckNeeds(d); err != nil {
		return err
	}
	was := g.m.State
	if t.To != "" {
		g.m.State = t.To
	}
	fields, err := g.apply(scope, d, found)
	if err != nil {
		return err
	}
	g.log.note(d.Action, 0, was, g.m.State, fields, false)
	if d.Action == "minute" {
		for _, k := range g.m.Tasks {
			g.log.note("decided", k.Org, "", TaskOpen, map[string]any{"task": k.ID, "title": k.Title, "due": k.Due}, true)
		}
	}
	return nil
}

// apply is what each row does to the meeting beyond its state; it returns what
// the log keeps.
func (g *gatheringSteps) apply(scope access.Scope, d *Do, found []Topic) (map[string]any, error) {
	m := g.m
	switch d.Action {
	case "arrange":
		return map[string]any{"title": d.Title, "at": d.At, "place": d.Place}, g.arrange(d)
	case "propose":
		before := len(m.Agenda)
		err := g.propose(found)
		return map[string]any{"new": len(m.Agenda) - before}, err
	case "agenda":
		return map[string]any{"topics": len(d.Agenda)}, g.agenda(d.Agenda)
	case "guests":
		return map[string]any{"guests": len(d.Guests)}, g.guests(d.Guests)
	case "answer":
		return map[string]any{"answer": d.Answer}, g.answer(scope, d)
	case "hold":
		m.HeldAt = g.tx.Now()
		for _, id := range d.Present {
			i := slices.IndexFunc(m.Guests, func(x Guest) bool { return x.ID == id })
			if i < 0 {
				return nil, invalid("present", w("到会单位", "who came"), "请从受邀单位中选择", "choose among those invited")
			}
			m.Guests[i].Present = true
			if err := upsert(g.tx, guestTable, 3, m.Guests[i].values(m)); err != nil {
				return nil, err
			}
		}
		return map[string]any{"present": len(d.Present)}, nil
	case "minute":
		return map[string]any{"decisions": len(d.Taken)}, g.minute(d)
	case "cancel":
		return map[string]any{"reason": d.Reason}, nil
	case "invite":
		return map[string]any{"guests": len(m.Guests)}, nil
	}
	panic("whistle: no rule for " + string(d.Action))
}

func (g *gatheringSteps) arrange(d *Do) error {
	m := g.m
	title, place := strings.TrimSpace(d.Title), strings.TrimSpace(d.Place)
	if title != "" {
		if err := text("title", w("名称", "title"), title, 100, true); err != nil {
			return err
		}
		m.Title = title
	}
	if err := text("place", w("地点", "place"), place, 200, true); err != nil {
		return err
	}
	if d.At < g.tx.Now()-366*86400*1_000_000 || d.At > g.tx.Now()+732*86400*1_000_000 {
		return invalid("at", w("时间", "time"), "请填写本年前后的时间", "give a time within a year or so")
	}
	m.Place, m.At = place, d.At
	return nil
}

// agenda takes the list as it is given, in its order; what came from records and
// is not in it stays, left out, so that nothing is lost without a trace.
func (g *gatheringSteps) agenda(list []Topic) error {
	label := w("议题", "agenda")
	if len(list) > maxTopics {
		return errs.TooLong.New("field", label, "max", maxTopics).In("agenda")
	}
	var next []Topic
	for _, t := range list {
		if err := text("agenda", label, t.Title, 100, true); err != nil {
			return err
		}
		i := slices.IndexFunc(g.m.Agenda, func(x Topic) bool { return x.ID == t.ID })
		switch {
		case t.ID == 0:
			next = append(next, Topic{ID: g.tx.NextID(), Kind: "topic", Title: strings.TrimSpace(t.Title), Taken: true})
		case i < 0 || slices.ContainsFunc(next, func(x Topic) bool { return x.ID == t.ID }):
			return invalid("agenda", label, "请从本次会议的议题中选择，每个一次", "choose among this meeting's topics, each once")
		default:
			was := g.m.Agenda[i]
			was.Title, was.Taken = strings.TrimSpace(t.Title), t.Taken
			next = append(next, was)
		}
	}
	for _, t := range g.m.Agenda {
		if !slices.ContainsFunc(next, func(x Topic) bool { return x.ID == t.ID }) {
			t.Taken = false
			next = append(next, t)
		}
	}
	g.m.Agenda = next
	for i, t := range next {
		if err := upsert(g.tx, itemTable, 3, t.values(g.m, i+1)); err != nil {
			return err
		}
	}
	return nil
}

func (g *gatheringSteps) guests(list []Guest) error {
	label := w("参会单位", "who is invited")
	if len(list) > maxGuests {
		return errs.TooLong.New("field", label, "max", maxGuests).In("guests")
	}
	var next []Guest
	for _, x := range list {
		name := strings.TrimSpace(x.Name)
		if x.Org != 0 {
			org, ok := g.s.People.Org(x.Org)
			if !ok {
				return invalid("guests", label, "没有这个单位，请重新选择", "there is no such organisation; please choose again")
			}
			name = org
		} else if err := text("guests", label, name, 60, true); err != nil {
			return err
		}
		if slices.ContainsFunc(next, func(o Guest) bool { return o.Org == x.Org && (x.Org != 0 || o.Name == name) }) {
			return invalid("guests", label, "每个单位只邀请一次", "each is invited once")
		}
		fresh := Guest{ID: g.tx.NextID(), Org: x.Org, Name: name}
		for _, old := range g.m.Guests {
			if old.Org == x.Org && (x.Org != 0 || old.Name == name) {
				fresh = old
			}
		}
		next = append(next, fresh)
	}
	g.m.Guests = next
	if _, err := g.tx.Exec("DELETE FROM meeting_guest WHERE district = ? AND meeting_id = ?", g.m.District, g.m.ID); err != nil {
		return err
	}
	for _, x := range next {
		if err := upsert(g.tx, guestTable, 3, x.values(g.m)); err != nil {
			return err
		}
	}
	return nil
}

func (g *gatheringSteps) answer(scope access.Scope, d *Do) error {
	if d.Answer != "yes" && d.Answer != "no" {
		return invalid("answer", w("回复", "answer"), "请选择参加或不参加", "choose yes or no")
	}
	if err := text("person", w("参会人", "who comes"), d.Person, 30, false); err != nil {
		return err
	}
	for i := range g.m.Guests {
		x := &g.m.Guests[i]
		mine := scope.Actor() != nil && x.Org != 0 && slices.ContainsFunc(scope.Actor().Held(), func(p access.Post) bool { return p.Org == x.Org && p.InForce(scope.Today()) })
		if mine {
			x.Answer, x.Person = d.Answer, strings.TrimSpace(d.Person)
			if err := upsert(g.tx, guestTable, 3, x.values(g.m)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *gatheringSteps) minute(d *Do) error {
	if err := text("minutes", w("纪要", "minutes"), d.Minutes, 5000, true); err != nil {
		return err
	}
	m := g.m
	m.Minutes, m.MinutedAt = strings.TrimSpace(d.Minutes), g.tx.Now()
	today := g.s.Rules().Calendar().Day(g.tx.Now())
	for _, x := range d.Taken {
		i := slices.IndexFunc(m.Agenda, func(t Topic) bool { return t.ID == x.Item })
		if i < 0 {
			return invalid("decisions", w("议定事项", "decisions"), "请从本次会议的议题中选择", "choose among this meeting's topics")
		}
		if err := text("decisions", w("议定意见", "what was decided"), x.Outcome, 1000, false); err != nil {
			return err
		}
		m.Agenda[i].Outcome = strings.TrimSpace(x.Outcome)
		if err := upsert(g.tx, itemTable, 3, m.Agenda[i].values(m, i+1)); err != nil {
			return err
		}
		for _, k := range x.Tasks {
			if len(m.Tasks) >= maxDecisions {
				return errs.TooLong.New("field", w("议定事项", "decisions"), "max", maxDecisions).In("decisions")
			}
			if err := text("decisions", w("任务", "task"), k.Title, 200, true); err != nil {
				return err
			}
			if _, ok := g.s.People.Org(k.Org); !ok {
				return invalid("decisions", w("承办单位", "owner"), "没有这个单位，请重新选择", "there is no such organisation; please choose again")
			}
			if _, err := time.Parse("20060102", strconv.Itoa(k.Due)); err != nil || k.Due < today {
				return invalid("decisions", w("完成日期", "due"), "请选择今天或以后的日期", "choose today or a later day")
			}
			fresh := Task{Meeting: m.ID, ID: g.tx.NextID(), Item: x.Item, Org: k.Org, Title: strings.TrimSpace(k.Title), Due: k.Due, State: TaskOpen}
			m.Tasks = append(m.Tasks, fresh)
			if err := upsert(g.tx, taskTable, 3, fresh.values(m)); err != nil {
				return err
			}
		}
	}
	return nil
}
