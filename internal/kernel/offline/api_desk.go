package offline

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// desk registers what owners of phones, and those who answer for them, do at a
// desk: look, lock, recover, decide.
func (s *Service) desk(r *web.Router) {
	tags := []string{"sync"}
	may := access.Needs(access.DeviceManage)
	web.Register(r, web.Op{ID: "list-devices", Method: "GET", Path: "/api/v1/sync/devices", Policy: access.SignedIn, Tags: tags, Summary: "手机列表", SummaryEN: "Phones: one's own, or those of the people one answers for"}, s.apiDevices)
	web.Register(r, web.Op{ID: "lock-device", Method: "POST", Path: "/api/v1/sync/devices/{id}/lock", Policy: access.SignedIn, Tags: tags, Summary: "锁定手机", SummaryEN: "Lock a lost phone, or let it in again"}, s.apiLock)
	web.Register(r, web.Op{ID: "recover-device", Method: "POST", Path: "/api/v1/sync/recover", Policy: may, Body: recoverBytes, Answers: []int{404}, Tags: tags, Summary: "恢复手机导出的记录", SummaryEN: "Take in what a phone exported"}, s.apiRecover)
	web.Register(r, web.Op{ID: "list-conflicts", Method: "GET", Path: "/api/v1/sync/conflicts", Policy: may, Tags: tags, Summary: "待确定的不同记录", SummaryEN: "Records that differ and wait for a decision"}, s.apiConflicts)
	web.Register(r, web.Op{ID: "decide-conflict", Method: "POST", Path: "/api/v1/sync/conflicts/{id}", Policy: may, Tags: tags, Summary: "确定采用哪一份", SummaryEN: "Decide between two records"}, s.apiDecide)
}

type devicesIn struct {
	All bool `query:"all" doc:"those of the people one answers for (device.manage)"`
}

// DeviceBody is a phone of an account.
type DeviceBody struct {
	ID       string `json:"id"`
	Account  int64  `json:"account"`
	Name     string `json:"name" doc:"whose it is"`
	Label    string `json:"label"`
	FirstAt  string `json:"first_at" format:"date-time"`
	SeenAt   string `json:"seen_at" format:"date-time" doc:"last contact, exact to five minutes"`
	LockedAt string `json:"locked_at,omitempty" format:"date-time"`
	LockedBy string `json:"locked_by,omitempty"`
	Held     int    `json:"held" doc:"records that wait: for a decision, for another record, for a newer program"`
	Rejected int    `json:"rejected" doc:"records that need somebody"`
	Lost     int    `json:"lost" doc:"records that the phone lost before it could send them"`
}

type devicesOut struct {
	Body struct {
		Items []DeviceBody `json:"items"`
	}
}

// answersFor are the accounts whose phones the caller may see: the own, or all
// that the caller answers for.
func (s *Service) answersFor(ctx context.Context, all bool) (access.Scope, []int64, error) {
	actor := web.Actor(ctx)
	own := []int64{actor.Account}
	scope, err := actor.Scope(access.DeviceManage, s.Today())
	switch {
	case err == nil && all:
		return scope, s.Reached(scope), nil
	case all:
		return scope, nil, access.Forbidden.New()
	}
	mine, err := access.SignedIn.Authorize(actor, s.Today())
	return mine, own, err
}

func (s *Service) apiDevices(ctx context.Context, _ access.Scope, in *devicesIn) (*devicesOut, error) {
	_, accounts, err := s.answersFor(ctx, in.All)
	if err != nil {
		return nil, err
	}
	all, loads, err := s.devices(ctx, accounts)
	if err != nil {
		return nil, err
	}
	out := &devicesOut{}
	out.Body.Items = []DeviceBody{}
	for _, d := range all {
		l := loads[line{d.Account, d.ID}]
		b := DeviceBody{ID: d.ID.String(), Account: d.Account, Name: s.Name(d.Account), Label: d.Label, FirstAt: instant(d.FirstAt), SeenAt: instant(d.SeenAt), Held: l.held, Rejected: l.rejected, Lost: l.lost}
		if d.LockedAt != 0 {
			b.LockedAt, b.LockedBy = instant(d.LockedAt), s.Name(d.LockedBy)
		}
		out.Body.Items = append(out.Body.Items, b)
	}
	return out, nil
}

type lockIn struct {
	ID   string `path:"id" maxLength:"36"`
	Body struct {
		Account int64 `json:"account,omitempty" doc:"for this account only; else for all on the phone that the caller answers for"`
		Locked  *bool `json:"locked,omitempty" doc:"false lets it in again, which its owner alone cannot do; default true"`
	}
}

func (s *Service) apiLock(ctx context.Context, _ access.Scope, in *lockIn) (*struct{}, error) {
	id, ok := ParseUUID(in.ID)
	if !ok {
		return nil, errs.NotFound.New()
	}
	locked := in.Body.Locked == nil || *in.Body.Locked
	scope, accounts, err := s.answersFor(ctx, true)
	if err != nil {
		if !locked {
			return nil, err
		}
		if scope, accounts, err = s.answersFor(ctx, false); err != nil {
			return nil, err
		}
	} else if locked { // the own too, wherever the own post lies
		accounts = append(accounts, scope.Account())
	}
	return &struct{}{}, s.Lock(ctx, scope, accounts, in.Body.Account, id, locked)
}

type recoverIn struct {
	Body struct {
		File Export `json:"file" doc:"the phone's export as it is"`
	}
}

type recoverOut struct {
	Body struct {
		Results    []ResultBody `json:"results"`
		Photos     int          `json:"photos" doc:"photos that are here now"`
		Unreadable int          `json:"unreadable" doc:"parts that could not be opened"`
	}
}

func (s *Service) apiRecover(ctx context.Context, scope access.Scope, in *recoverIn) (*recoverOut, error) {
	r, err := s.Recover(ctx, scope, &in.Body.File)
	if err != nil {
		return nil, err
	}
	out := &recoverOut{}
	out.Body.Results, out.Body.Photos, out.Body.Unreadable = resultBodies(r.Results, web.Lang(ctx)), r.Photos, r.Unreadable
	return out, nil
}

type conflictsOut struct {
	Body struct {
		Items []Dispute `json:"items"`
	}
}

func (s *Service) apiConflicts(ctx context.Context, scope access.Scope, _ *struct{}) (*conflictsOut, error) {
	list, err := s.disputes(ctx, scope, 0)
	if err != nil {
		return nil, err
	}
	out := &conflictsOut{}
	out.Body.Items = append([]Dispute{}, list...)
	return out, nil
}

type decideIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Choice string `json:"choice" maxLength:"10" doc:"mine: as the phone has it; theirs: as it stands"`
	}
}

func (s *Service) apiDecide(ctx context.Context, scope access.Scope, in *decideIn) (*struct{}, error) {
	return &struct{}{}, s.Decide(ctx, scope, in.ID, in.Body.Choice)
}
