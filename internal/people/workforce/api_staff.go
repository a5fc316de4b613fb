package workforce

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

func (s *Service) staffAPI(r *web.Router, op func(id, method, path string, p access.Policy, zh, en string) web.Op) {
	write := access.Needs(access.StaffWrite)
	web.Register(r, op("staff-summary", "GET", "/staff", access.Needs(access.StaffRead), "队伍概况", "Establishment, workers and what is due"), s.apiStaff)
	hire := op("hire-candidate", "POST", "/staff/candidates/{id}/contract", write, "与拟录用人员签订合同", "Make a contract with an offered candidate")
	hire.Status, hire.Secret, hire.Answers = 201, true, []int{404, 409}
	web.Register(r, hire, s.apiHire)
	web.Register(r, op("staff-handover", "GET", "/staff/contracts/{id}/handover", write, "交接清单", "What a worker has to hand over"), s.apiHandover)
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

type hireIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Login  string `json:"login" maxLength:"32"`
		Grid   int64  `json:"grid_id"`
		Org    int64  `json:"org,omitempty"`
		Number string `json:"number" maxLength:"40" doc:"of the contract"`
		From   int    `json:"from" doc:"first day, yyyymmdd"`
		To     int    `json:"to" doc:"last day, yyyymmdd"`
	}
}

type hireOut struct {
	Body struct {
		Contract int64  `json:"contract"`
		Account  int64  `json:"account"`
		Password string `json:"password" doc:"one-time; shown once"`
	}
}

func (s *Service) apiHire(ctx context.Context, scope access.Scope, in *hireIn) (*hireOut, error) {
	b := in.Body
	c, password, err := s.Hire(ctx, scope, in.ID, Hiring{b.Login, b.Grid, b.Org, b.Number, b.From, b.To})
	if err != nil {
		return nil, err
	}
	out := &hireOut{}
	out.Body.Contract, out.Body.Account, out.Body.Password = c.ID, c.Account, password
	return out, nil
}

type contractItem struct {
	ID      int64  `json:"id"`
	Number  string `json:"number"`
	Channel string `json:"channel"`
	Place   place  `json:"place"`
	From    int    `json:"from"`
	To      int    `json:"to" doc:"last day, 0 open"`
	Ended   bool   `json:"ended"`
	Since   int    `json:"since"`
}

func (s *Service) contractItem(c *Contract) *contractItem {
	return &contractItem{c.ID, c.Number, c.Channel, s.place(c.Community, c.Grid), int(c.From), int(c.To), c.State == "ended", int(c.Since)}
}

type leaveItem struct {
	Kind  string  `json:"kind"`
	From  int     `json:"from"`
	To    int     `json:"to"`
	Cover *person `json:"cover"`
}

type handoverOut struct {
	Body struct {
		Worker   *person       `json:"worker"`
		Contract *contractItem `json:"contract"`
		Cases    []Ref         `json:"cases" nullable:"false" doc:"open in the grid"`
		Courses  []Ref         `json:"courses" nullable:"false" doc:"required and not passed"`
		Leave    []leaveItem   `json:"leave" nullable:"false" doc:"now or to come"`
	}
}

func (s *Service) apiHandover(ctx context.Context, scope access.Scope, in *idIn) (*handoverOut, error) {
	h, err := s.HandoverOf(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	out := &handoverOut{}
	out.Body.Worker, out.Body.Contract, out.Body.Leave = s.person(h.Contract.Account), s.contractItem(h.Contract), []leaveItem{}
	out.Body.Cases, out.Body.Courses = append([]Ref{}, h.Cases...), append([]Ref{}, h.Courses...)
	for _, a := range h.Leave {
		out.Body.Leave = append(out.Body.Leave, leaveItem{a.Kind, int(a.From), int(a.To), s.person(a.Cover)})
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
