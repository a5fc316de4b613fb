package workforce

import (
	"context"
	"database/sql"

	"linli/internal/kernel/access"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

func (s *Service) recruitAPI(r *web.Router, op func(id, method, path string, p access.Policy, zh, en string) web.Op) {
	write := access.Needs(access.StaffWrite)
	acts := func(o web.Op) web.Op { o.Answers = []int{404, 409}; return o }
	web.Register(r, op("list-staff-rounds", "GET", "/staff/rounds", write, "招聘批次", "Recruitment rounds with how far they are"), s.apiRounds)
	web.Register(r, acts(op("get-staff-round", "GET", "/staff/rounds/{id}", write, "招聘批次详情", "A round with its candidates and the grids that lack somebody")), s.apiRound)
	web.Register(r, acts(op("act-on-staff-round", "POST", "/staff/rounds/{id}/actions", write, "办理招聘批次", "Take a round a step further")), s.apiActOnRound)
	web.Register(r, acts(op("act-on-candidate", "POST", "/staff/candidates/{id}/actions", write, "办理报名人员", "Take a candidate a step further")), s.apiActOnCandidate)
	hire := acts(op("hire-candidate", "POST", "/staff/candidates/{id}/contract", write, "与拟录用人员签订合同", "Make a contract with an offered candidate"))
	hire.Status, hire.Secret = 201, true
	web.Register(r, hire, s.apiHire)
}

type roundItem struct {
	ID         int64          `json:"id"`
	Version    int            `json:"version"`
	Name       string         `json:"name"`
	State      string         `json:"state" enum:"notice,open,review,exam,publicity,ended"`
	From       int            `json:"from" doc:"day of the notice"`
	Deadline   int            `json:"deadline" doc:"last day to apply"`
	Seats      int            `json:"seats"`
	Notice     string         `json:"notice"`
	District   int            `json:"district"`
	Candidates map[string]int `json:"candidates" doc:"how many, by state"`
}

// roundItems counts the candidates of the rounds.
func (s *Service) roundItems(ctx context.Context, list []*Round) ([]roundItem, error) {
	out := make([]roundItem, len(list))
	at := map[int64]*roundItem{}
	districts := map[int]bool{}
	for i, r := range list {
		out[i] = roundItem{r.ID, r.Version, r.Name, r.State, int(r.From), int(r.Deadline), r.Seats, r.Notice, r.District, map[string]int{}}
		at[r.ID], districts[r.District] = &out[i], true
	}
	for d := range districts {
		rows, err := s.DB.Query(ctx, "SELECT round, state, COUNT(*) FROM staff_candidate WHERE district = ? AND state <> 'void' GROUP BY round, state", d)
		if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
			var round int64
			var state string
			var n int
			err := rows.Scan(&round, &state, &n)
			if x := at[round]; x != nil {
				x.Candidates[state] = n
			}
			return struct{}{}, err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type roundsOut struct {
	Body struct {
		Items []roundItem `json:"items" nullable:"false"`
	}
}

func (s *Service) apiRounds(ctx context.Context, scope access.Scope, _ *struct{}) (*roundsOut, error) {
	list, _, err := s.Rounds.Rows(ctx, scope, ledger.Filter{Limit: 200})
	if err != nil {
		return nil, err
	}
	out := &roundsOut{}
	out.Body.Items, err = s.roundItems(ctx, list)
	return out, err
}

type candidateItem struct {
	ID      int64    `json:"id"`
	Version int      `json:"version"`
	Name    string   `json:"name" doc:"masked"`
	Phone   string   `json:"phone" doc:"masked"`
	Channel string   `json:"channel"`
	State   string   `json:"state" enum:"applied,qualified,passed,offered,hired,declined,rejected,ended"`
	Score   int      `json:"score" doc:"of the test; 0 none"`
	Worker  *person  `json:"worker" doc:"once hired"`
	Options []option `json:"options" nullable:"false"`
}

type vacantItem struct {
	place
	Vacant int `json:"vacant" doc:"seats without a contract today"`
}

type roundPage struct {
	roundItem
	Options []option        `json:"options" nullable:"false"`
	Items   []candidateItem `json:"items" nullable:"false"`
	Grids   []vacantItem    `json:"grids" nullable:"false" doc:"grids of the district"`
}

type roundOut struct{ Body roundPage }

func (s *Service) roundPage(ctx context.Context, scope access.Scope, r *Round) (*roundOut, error) {
	lang := web.Lang(ctx)
	may := can(scope, access.Target{District: r.District})
	items, err := s.roundItems(ctx, []*Round{r})
	if err != nil {
		return nil, err
	}
	out := &roundOut{roundPage{roundItem: items[0], Options: options(roundLife.Options(flow.State(r.State), may, lineage{}), lang), Items: []candidateItem{}, Grids: []vacantItem{}}}
	if err := s.Candidates.All(ctx, scope, ledger.Filter{Where: []string{ledger.Where("round", "=", r.ID)}, Sort: "id"}, func(c *Candidate) error {
		out.Body.Items = append(out.Body.Items, candidateItem{c.ID, c.Version, c.Name.Mask, c.Phone.Mask, c.Channel, c.State, c.Score, s.person(c.Account), options(candidateLife.Options(flow.State(c.State), may, lineage{}), lang)})
		return nil
	}); err != nil {
		return nil, err
	}
	within, ok := scope.PerDistrict(r.District)
	if !ok {
		return out, nil
	}
	seats, err := s.Staff(ctx, within, s.Calendar().Day(s.DB.NowIn(ctx)))
	for _, x := range seats {
		here := 0
		for _, p := range x.Workers {
			if !p.Covers {
				here++
			}
		}
		out.Body.Grids = append(out.Body.Grids, vacantItem{s.place(x.Community, x.Grid), max(0, x.Seats-here)})
	}
	return out, err
}

func (s *Service) apiRound(ctx context.Context, scope access.Scope, in *idIn) (*roundOut, error) {
	r, err := s.Rounds.Get(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return s.roundPage(ctx, scope, r)
}

type stepIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Action  string `json:"action"`
		Version int    `json:"version"`
		Score   int    `json:"score,omitempty" minimum:"0" maximum:"100" doc:"a candidate's test result"`
	}
}

func (s *Service) apiActOnRound(ctx context.Context, scope access.Scope, in *stepIn) (*roundOut, error) {
	r, err := s.ActOnRound(ctx, scope, in.ID, in.Body.Version, flow.Action(in.Body.Action))
	if err != nil {
		return nil, err
	}
	return s.roundPage(ctx, scope, r)
}

func (s *Service) apiActOnCandidate(ctx context.Context, scope access.Scope, in *stepIn) (*roundOut, error) {
	c, err := s.ActOnCandidate(ctx, scope, in.ID, in.Body.Version, flow.Action(in.Body.Action), in.Body.Score)
	if err != nil {
		return nil, err
	}
	r, err := s.Rounds.Get(ctx, scope, c.Round)
	if err != nil {
		return nil, err
	}
	return s.roundPage(ctx, scope, r)
}

type hireIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Login  string `json:"login" maxLength:"32"`
		Grid   int64  `json:"grid_id"`
		Org    int64  `json:"org,omitempty" doc:"employer; the grid's last one if left out"`
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
