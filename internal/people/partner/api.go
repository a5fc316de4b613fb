package partner

import (
	"context"
	"net/http"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
	"linli/internal/kernel/web"
)

// API registers what the room adds to its registers.
func (s *Service) API(r *web.Router) {
	tags := []string{"partners"}
	read, write := access.Needs(access.PartnerRead), access.Needs(access.PartnerWrite)
	web.Register(r, web.Op{ID: "partner-totals", Method: "GET", Path: "/api/v1/partners/totals", Policy: read, Tags: tags, Summary: "共建与社会力量合计", SummaryEN: "Totals of co-building and social forces, each with its rows"}, s.totals)
	web.Register(r, web.Op{ID: "partner-dues", Method: "GET", Path: "/api/v1/partners/due", Policy: read, Tags: tags, Summary: "共建待办", SummaryEN: "What is due: renewals, hours to certify, open needs"}, s.dues)
	web.Register(r, web.Op{ID: "partner-matches", Method: "GET", Path: "/api/v1/partners/matches", Policy: read, Tags: tags, Summary: "需求与资源匹配", SummaryEN: "Needs with resources that fit, and why"}, s.matches)
	web.Register(r, web.Op{ID: "join-partners", Method: "POST", Path: "/api/v1/partners/matches", Policy: write, Status: 201, Answers: []int{404}, Tags: tags, Summary: "对接成项目", SummaryEN: "Make a project of a need and a resource"}, s.join, s.joined)
	web.Register(r, web.Op{ID: "volunteer-session", Method: "GET", Path: "/api/v1/volunteers/sessions/{id}", Policy: read, Tags: tags, Summary: "志愿服务场次", SummaryEN: "A session with its volunteers and its link"}, s.session)
	web.Register(r, web.Op{ID: "certify-volunteers", Method: "POST", Path: "/api/v1/volunteers/sessions/{id}/certify", Policy: write, Tags: tags, Summary: "认定服务时长", SummaryEN: "Certify who came"}, s.certify, s.certified)
	web.Handle(r, web.Op{ID: "volunteer-certificate", Method: "GET", Path: "/api/v1/volunteers/turns/{id}/certificate.pdf", Policy: write, Answers: []int{409}, Tags: tags, Produces: "application/pdf", Summary: "志愿服务证明", SummaryEN: "A volunteer's certificate as PDF"}, s.print)
}

// TotalV is a number with the rows behind it.
type TotalV struct {
	Key      string   `json:"key"`
	N        int      `json:"n"`
	Register string   `json:"register"`
	Where    []string `json:"where" doc:"the conditions that choose its rows"`
}

type totalsOut struct {
	Body struct {
		Items []TotalV `json:"items"`
	}
}

func (s *Service) totals(ctx context.Context, scope access.Scope, _ *struct{}) (*totalsOut, error) {
	out := &totalsOut{}
	for _, t := range Totals {
		n, err := s.Count(ctx, scope, t)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, TotalV{t.Key, n, t.Code, append([]string{}, t.Where...)})
	}
	return out, nil
}

// DueV is something to see to.
type DueV struct {
	Register string `json:"register"`
	ID       int64  `json:"id"`
	Kind     string `json:"kind" enum:"renew,expired,certify,unmatched,late"`
	Title    string `json:"title"`
	Org      string `json:"org,omitempty" doc:"the organisation, or the region where there is none"`
	Day      int    `json:"day,omitempty" doc:"yyyymmdd"`
}

type duesOut struct {
	Body struct {
		Items []DueV `json:"items"`
	}
}

func (s *Service) dues(ctx context.Context, scope access.Scope, _ *struct{}) (*duesOut, error) {
	list, err := s.Dues(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &duesOut{}
	out.Body.Items = []DueV{}
	for _, d := range list {
		out.Body.Items = append(out.Body.Items, DueV{d.Code, d.ID, d.Kind, d.Title.In(web.Lang(ctx)), d.Where, d.Day})
	}
	return out, nil
}

// PairV is a need with a resource that fits.
type PairV struct {
	Need     Side     `json:"need"`
	Resource Side     `json:"resource"`
	Reasons  []string `json:"reasons"`
}

// Side is a need or a resource as the matching shows it.
type Side struct {
	ID     int64  `json:"id"`
	Title  string `json:"title"`
	Kind   string `json:"kind"`
	People int    `json:"people,omitempty"`
	Org    string `json:"org,omitempty"`
	Place  string `json:"place,omitempty"`
	Until  int    `json:"until,omitempty" doc:"yyyymmdd"`
}

type matchesIn struct {
	Region int64 `query:"region" doc:"code of a street or community"`
}

type matchesOut struct {
	Body struct {
		Items []PairV `json:"items" doc:"needs in their order, the best resource first"`
	}
}

func (s *Service) matches(ctx context.Context, scope access.Scope, in *matchesIn) (*matchesOut, error) {
	pairs, err := s.Pairs(ctx, scope, in.Region)
	if err != nil {
		return nil, err
	}
	out := &matchesOut{}
	out.Body.Items = []PairV{}
	for _, p := range pairs {
		v := PairV{Need: Side{p.Need.ID, p.Need.Title, p.Need.Kind, p.Need.People, s.Names.Org(p.Need.Org), s.Names.Region(p.Need.Region), int(p.Need.To)},
			Resource: Side{p.Resource.ID, p.Resource.Title, p.Resource.Kind, p.Resource.People, s.Names.Org(p.Resource.Org), s.Names.Region(p.Resource.Region), int(p.Resource.To)}}
		for _, r := range p.Reasons {
			v.Reasons = append(v.Reasons, r.In(web.Lang(ctx)))
		}
		out.Body.Items = append(out.Body.Items, v)
	}
	return out, nil
}

type joinIn struct {
	Body struct {
		Need     int64  `json:"need"`
		Resource int64  `json:"resource"`
		Title    string `json:"title,omitempty" maxLength:"80"`
	}
}

type joinOut struct {
	Body struct {
		Project int64 `json:"project"`
	}
}

func (s *Service) join(ctx context.Context, scope access.Scope, in *joinIn) (*joinOut, error) {
	p, err := s.Join(ctx, scope, in.Body.Need, in.Body.Resource, in.Body.Title, func(tx *store.Tx, p *Project) error { return web.Mark(ctx, tx, p.ID) })
	if err != nil {
		return nil, err
	}
	out := &joinOut{}
	out.Body.Project = p.ID
	return out, nil
}

func (s *Service) joined(ctx context.Context, _ access.Scope, _ *joinIn) (*joinOut, error) {
	out := &joinOut{}
	out.Body.Project = web.Marked(ctx)
	return out, nil
}

type idIn struct {
	ID int64 `path:"id"`
}

// TurnV is a volunteer of a session.
type TurnV struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name" doc:"masked"`
	Phone string  `json:"phone" doc:"masked"`
	State string  `json:"state" enum:"signed,certified,away,ended"`
	Hours float64 `json:"hours,omitempty"`
}

type sessionOut struct {
	Body struct {
		ID      int64   `json:"id"`
		Version int     `json:"version"`
		Title   string  `json:"title"`
		State   string  `json:"state" enum:"open,closed,done,ended"`
		Day     int     `json:"day" doc:"yyyymmdd"`
		Starts  string  `json:"starts"`
		Hours   float64 `json:"hours"`
		Place   string  `json:"place"`
		Seats   int     `json:"seats"`
		Came    int     `json:"came"`
		Served  int     `json:"served"`
		Link    string  `json:"link" doc:"the address at which volunteers sign up"`
		Turns   []TurnV `json:"turns"`
	}
}

func (s *Service) session(ctx context.Context, scope access.Scope, in *idIn) (*sessionOut, error) {
	x, err := s.Sessions.Get(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	turns, err := s.turns(ctx, scope, x.ID)
	if err != nil {
		return nil, err
	}
	out := &sessionOut{}
	b := &out.Body
	b.ID, b.Version, b.Title, b.State, b.Day, b.Starts, b.Hours, b.Place, b.Seats, b.Came, b.Served = x.ID, x.Version, x.Title, x.State, int(x.Day), x.Starts, x.Hours, x.Place, x.Seats, x.Came, x.Served
	if x.Code != "" {
		b.Link = "/volunteer/" + x.Code
	}
	b.Turns = []TurnV{}
	for _, t := range turns {
		b.Turns = append(b.Turns, TurnV{t.ID, t.Name.Mask, t.Phone.Mask, t.State, t.Hours})
	}
	return out, nil
}

type certifyIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int     `json:"version"`
		Came    []int64 `json:"came" maxItems:"1000" doc:"the volunteers who came"`
		Served  int     `json:"served,omitempty" minimum:"0" maximum:"1000000"`
	}
}

func (s *Service) certify(ctx context.Context, scope access.Scope, in *certifyIn) (*sessionOut, error) {
	if err := s.Certify(ctx, scope, in.ID, in.Body.Version, in.Body.Came, in.Body.Served, func(tx *store.Tx) error { return web.Mark(ctx, tx, in.ID) }); err != nil {
		return nil, err
	}
	return s.session(ctx, scope, &idIn{in.ID})
}

func (s *Service) certified(ctx context.Context, scope access.Scope, in *certifyIn) (*sessionOut, error) {
	return s.session(ctx, scope, &idIn{in.ID})
}

func (s *Service) print(ctx context.Context, scope access.Scope, w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errs.NotFound.New()
	}
	t, err := s.Turns.Get(ctx, scope, id)
	if err != nil {
		return err
	}
	x, err := s.Sessions.Get(ctx, scope, t.Session)
	if err != nil {
		return err
	}
	if t.State != Certified {
		return NotCertified.New()
	}
	post, _ := scope.PostFor(t.Target())
	p, err := s.Vault.Reveal(ctx, vault.Look{Account: scope.Account(), Post: post.ID, District: t.District, ID: t.Person, Object: "volunteer_turn", ObjectID: t.ID, Purpose: "开具志愿服务证明"})
	if err != nil {
		return err
	}
	return s.sendCertificate(w, x, t, p, web.Lang(ctx))
}

func (s *Service) sendCertificate(w http.ResponseWriter, x *Session, t *Turn, p vault.Person, lang string) error {
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `inline; filename="volunteer-`+strconv.FormatInt(t.ID, 10)+`.pdf"`)
	w.Header().Set("Cache-Control", "no-store")
	return s.certificate(w, x, t, p, lang)
}
