package workforce

import (
	"context"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

func (s *Service) staffAPI(r *web.Router, op func(id, method, path string, p access.Policy, zh, en string) web.Op) {
	write := access.Needs(access.StaffWrite)
	web.Register(r, op("staff-summary", "GET", "/staff", access.Needs(access.StaffRead), "队伍概况", "Establishment, workers and what is due"), s.apiStaff)
	s.recruitAPI(r, op)
	s.trainingAPI(r, op)
	web.Register(r, op("staff-handover", "GET", "/staff/contracts/{id}/handover", write, "交接清单", "What a worker has to hand over"), s.apiHandover)
	act := op("hand-over-work", "POST", "/staff/contracts/{id}/handover", write, "移交网格工作", "Move what is open to somebody who has the grid today")
	act.Answers = []int{404, 409}
	web.Register(r, act, s.apiHandOver)
	web.Register(r, op("my-handovers", "GET", "/my/handovers", access.SignedIn, "我接手的工作", "What was handed over to me"), s.apiMyHandovers)
	web.Register(r, op("my-training", "GET", "/my/training", access.SignedIn, "我的合同与培训", "My contract and training"), s.apiMyTraining)
}

type workerItem struct {
	person
	Contract int64  `json:"contract,omitempty"`
	Channel  string `json:"channel,omitempty" doc:"social, committee, party"`
	Until    int    `json:"until" doc:"last day, 0 open"`
	Away     bool   `json:"away" doc:"on leave today"`
	Covers   bool   `json:"covers" doc:"covers here for somebody on leave"`
}

type seatItem struct {
	place
	Seats   int          `json:"seats"`
	Workers []workerItem `json:"workers" nullable:"false"`
}

type staffIn struct {
	Gaps bool `query:"gaps" doc:"only grids that lack a worker today"`
}

type staffOut struct {
	Body struct {
		Day      int            `json:"day"`
		Seats    int            `json:"seats"`
		Workers  int            `json:"workers" doc:"contracts in force"`
		Channels map[string]int `json:"channels" doc:"workers by the way they were recruited"`
		Away     int            `json:"away" doc:"on leave today"`
		Covered  int            `json:"covered" doc:"of these, with somebody who covers"`
		Vacant   int            `json:"vacant" doc:"seats without a contract"`
		Ending   int            `json:"ending" doc:"contracts that end within 90 days"`
		Items    []seatItem     `json:"items" nullable:"false"`
	}
}

func (s *Service) apiStaff(ctx context.Context, scope access.Scope, in *staffIn) (*staffOut, error) {
	cal := s.Calendar()
	day := cal.Day(s.DB.NowIn(ctx))
	list, err := s.Staff(ctx, scope, day)
	if err != nil {
		return nil, err
	}
	out := &staffOut{}
	b := &out.Body
	b.Day, b.Channels, b.Items = day, map[string]int{}, []seatItem{}
	soon := cal.AddDays(day, 90)
	for _, x := range list {
		it := seatItem{place: s.place(x.Community, x.Grid), Seats: x.Seats, Workers: []workerItem{}}
		here, present := 0, 0
		for _, w := range x.Workers {
			it.Workers = append(it.Workers, workerItem{person{w.Account, s.People.Account(w.Account)}, w.Contract, w.Channel, w.Until, w.Away, w.Covers})
			switch {
			case w.Covers:
				b.Covered++
				present++
				continue
			case w.Away:
				b.Away++
			default:
				present++
			}
			here++
			b.Workers++
			b.Channels[w.Channel]++
			if w.Until != 0 && w.Until <= soon {
				b.Ending++
			}
		}
		b.Seats += x.Seats
		b.Vacant += max(0, x.Seats-here)
		if !in.Gaps || present == 0 || here < x.Seats {
			b.Items = append(b.Items, it)
		}
	}
	return out, nil
}

type contractItem struct {
	ID      int64  `json:"id"`
	Version int    `json:"version"`
	Number  string `json:"number"`
	Channel string `json:"channel"`
	Place   place  `json:"place"`
	From    int    `json:"from"`
	To      int    `json:"to" doc:"last day, 0 open"`
	Ended   bool   `json:"ended"`
	Since   int    `json:"since"`
}

func (s *Service) contractItem(c *Contract) *contractItem {
	return &contractItem{c.ID, c.Version, c.Number, c.Channel, s.place(c.Community, c.Grid), int(c.From), int(c.To), c.State == "ended", int(c.Since)}
}

type leaveItem struct {
	Kind  string  `json:"kind"`
	From  int     `json:"from"`
	To    int     `json:"to"`
	Cover *person `json:"cover"`
}

type phoneItem struct {
	Label  string `json:"label"`
	SeenAt string `json:"seen_at" doc:"last contact; what lies on it unsent only the phone knows"`
	Open   int    `json:"open" doc:"records that have had no effect yet"`
	Locked bool   `json:"locked"`
}

type countItem struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

type handedItem struct {
	ID    int64   `json:"id"`
	From  *person `json:"from"`
	To    *person `json:"to"`
	Place place   `json:"place"`
	Day   int     `json:"day"`
	Cases int     `json:"cases"`
	Tasks int     `json:"tasks"`
	Homes int     `json:"homes"`
	Note  string  `json:"note"`
	By    *person `json:"by"`
	At    string  `json:"at"`
}

func (s *Service) handedItem(x *Handed) handedItem {
	return handedItem{x.ID, s.person(x.Account), s.person(x.Taker), s.place(x.Community, x.Grid), x.Day, len(x.Cases), len(x.Tasks), x.Homes, x.Note, s.person(x.By), instant(x.At)}
}

type handoverOut struct {
	Body struct {
		Worker   *person       `json:"worker"`
		Contract *contractItem `json:"contract"`
		Cases    []Ref         `json:"cases" nullable:"false" doc:"open in the grid"`
		Tasks    int           `json:"tasks" doc:"visits planned for the worker, or late"`
		ByRule   []countItem   `json:"by_rule" nullable:"false" doc:"these visits by rule"`
		Homes    int           `json:"homes" doc:"homes in care at which nobody was met for 90 days"`
		Phones   []phoneItem   `json:"phones" nullable:"false"`
		Courses  []Ref         `json:"courses" nullable:"false" doc:"required and not passed"`
		Leave    []leaveItem   `json:"leave" nullable:"false" doc:"now or to come"`
		Takers   []person      `json:"takers" nullable:"false" doc:"who has the grid today besides, to take over"`
		Done     []handedItem  `json:"done" nullable:"false" doc:"hand-overs that were made"`
	}
}

func (s *Service) apiHandover(ctx context.Context, scope access.Scope, in *idIn) (*handoverOut, error) {
	h, err := s.HandoverOf(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	out := &handoverOut{}
	b := &out.Body
	b.Worker, b.Contract = s.person(h.Contract.Account), s.contractItem(h.Contract)
	b.Cases, b.Courses, b.Tasks, b.Homes = append([]Ref{}, h.Cases...), append([]Ref{}, h.Courses...), len(h.Tasks), h.Unvisited
	b.ByRule, b.Phones, b.Leave, b.Takers, b.Done = []countItem{}, []phoneItem{}, []leaveItem{}, []person{}, []handedItem{}
	for _, r := range h.ByRule {
		b.ByRule = append(b.ByRule, countItem{r.Name.In(web.Lang(ctx)), r.N})
	}
	for _, p := range h.Phones {
		b.Phones = append(b.Phones, phoneItem{p.Label, instant(p.SeenAt), p.Open, p.Locked})
	}
	for _, a := range h.Leave {
		b.Leave = append(b.Leave, leaveItem{a.Kind, int(a.From), int(a.To), s.person(a.Cover)})
	}
	for _, p := range h.Takers {
		b.Takers = append(b.Takers, *s.person(p.Account))
	}
	for _, x := range h.Done {
		b.Done = append(b.Done, s.handedItem(x))
	}
	return out, nil
}

type handOverIn struct {
	ID   int64 `path:"id"`
	Body struct {
		To   int64  `json:"to" doc:"account of who takes over"`
		Note string `json:"note,omitempty" maxLength:"200"`
	}
}

func (s *Service) apiHandOver(ctx context.Context, scope access.Scope, in *handOverIn) (*handoverOut, error) {
	if _, err := s.HandOver(ctx, scope, in.ID, in.Body.To, in.Body.Note); err != nil {
		return nil, err
	}
	return s.apiHandover(ctx, scope, &idIn{in.ID})
}

type takenItem struct {
	handedItem
	Refs []Ref `json:"refs" nullable:"false" doc:"the cases, while the grid is the caller's"`
}

type myHandoversOut struct {
	Body struct {
		Items []takenItem `json:"items" nullable:"false"`
	}
}

func (s *Service) apiMyHandovers(ctx context.Context, scope access.Scope, _ *struct{}) (*myHandoversOut, error) {
	list, err := s.handed(ctx, "h.taker = ?", scope.Account())
	if err != nil {
		return nil, err
	}
	out := &myHandoversOut{}
	out.Body.Items = []takenItem{}
	today := s.Calendar().Day(s.DB.NowIn(ctx))
	for _, x := range list {
		t := takenItem{s.handedItem(x), []Ref{}}
		has := slices.ContainsFunc(held(scope), func(p access.Post) bool { return p.Grid == x.Grid && p.InForce(today) })
		if has && len(x.Cases) > 0 {
			refs, err := s.Outcomes.Refs(ctx, x.District, x.Cases)
			if err != nil {
				return nil, err
			}
			t.Refs = append(t.Refs, refs...)
		}
		out.Body.Items = append(out.Body.Items, t)
	}
	return out, nil
}

type myTrainingOut struct {
	Body struct {
		Contract *contractItem `json:"contract" doc:"null: none"`
		Open     []Ref         `json:"open" nullable:"false" doc:"required courses still to pass"`
		Lessons  []Lesson      `json:"lessons" nullable:"false"`
	}
}

func (s *Service) apiMyTraining(ctx context.Context, scope access.Scope, _ *struct{}) (*myTrainingOut, error) {
	out := &myTrainingOut{}
	out.Body.Open, out.Body.Lessons = []Ref{}, []Lesson{}
	c, err := s.mine(ctx, scope.Account())
	if errs.Is(err, errs.NotFound) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Body.Contract = s.contractItem(c)
	list, err := s.lessons(ctx, scope.Account())
	if err != nil {
		return nil, err
	}
	out.Body.Lessons = append(out.Body.Lessons, list...)
	_, open, err := s.trained(ctx, c.District, []int64{scope.Account()}, s.Calendar().Day(s.DB.NowIn(ctx)))
	if err != nil || len(open[scope.Account()]) == 0 {
		return out, err
	}
	out.Body.Open, err = s.courseRefs(ctx, c.District, open[scope.Account()])
	return out, err
}
