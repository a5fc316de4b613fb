package partner

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
)

// Pair is a need with a resource that may serve it, and why.
type Pair struct {
	Need     *Need
	Resource *Resource
	Score    int // only to put them in order
	Reasons  []errs.Words
}

// perNeed is how many resources are proposed for a need.
const perNeed = 3

// Match proposes resources for each need: the same kind of service, in force on
// the day, the times not apart; then the nearer, the one with room for all, the
// one whose times meet. Needs come in their order, the best resource first. What
// is proposed is a proposal: a person decides.
func Match(needs []*Need, resources []*Resource, day int) []Pair {
	byKind := map[string][]*Resource{}
	for _, r := range resources {
		if r.InForce(day) && r.State != ledger.Ended {
			byKind[r.Kind] = append(byKind[r.Kind], r)
		}
	}
	var out []Pair
	for _, n := range needs {
		if !n.InForce(day) {
			continue
		}
		var found []Pair
		for _, r := range byKind[n.Kind] {
			if p, ok := pair(n, r); ok {
				found = append(found, p)
			}
		}
		slices.SortStableFunc(found, func(a, b Pair) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Resource.ID, b.Resource.ID))
		})
		out = append(out, found[:min(len(found), perNeed)]...)
	}
	return out
}

func pair(n *Need, r *Resource) (Pair, bool) {
	p := Pair{Need: n, Resource: r}
	add := func(score int, zh, en string) {
		p.Score += score
		p.Reasons = append(p.Reasons, w(zh, en))
	}
	if n.District != r.District && r.District != 0 {
		return p, false
	}
	add(0, "服务类别相同", "the same kind of service")
	switch {
	case n.Grid != 0 && n.Grid == r.Grid:
		add(40, "在同一网格", "in the same grid")
	case n.Community != 0 && n.Community == r.Community:
		add(30, "在同一社区", "in the same community")
	case n.Street != 0 && n.Street == r.Street:
		add(20, "在同一街道", "in the same street")
	case r.Street == 0:
		add(10, "面向全区", "it serves the whole district")
	}
	switch {
	case n.People == 0 || r.People == 0:
	case r.People >= n.People:
		add(15, fmt.Sprintf("可服务 %d 人，满足 %d 人", r.People, n.People), fmt.Sprintf("it serves %d, %d are needed", r.People, n.People))
	default:
		add(15*r.People/n.People, fmt.Sprintf("一次可服务 %d 人，需分批满足 %d 人", r.People, n.People), fmt.Sprintf("it serves %d at a time, %d are needed", r.People, n.People))
	}
	if len(n.Times) > 0 && len(r.Times) > 0 {
		if !slices.ContainsFunc(n.Times, func(t string) bool { return slices.Contains(r.Times, t) }) {
			return p, false
		}
		add(10, "时间合适", "the times meet")
	}
	return p, true
}

// Pairs matches the open needs that the scope reaches with the resources of their
// districts: what is offered is offered to everybody there.
func (s *Service) Pairs(ctx context.Context, scope access.Scope, region int64) ([]Pair, error) {
	scope, err := reads(scope)
	if err != nil {
		return nil, err
	}
	f := ledger.Filter{Where: []string{"state=open"}, Limit: 200}
	if region != 0 {
		f.Where = append(f.Where, ledger.Where("region", "=", region))
	}
	needs, _, err := s.Needs.Rows(ctx, scope, f)
	if err != nil || len(needs) == 0 {
		return nil, err
	}
	resources, err := collect(ctx, s.Resources, access.System("resources are offered to the whole district"), ledger.Filter{Where: []string{"state=active"}})
	if err != nil {
		return nil, err
	}
	return Match(needs, resources, s.Today()), nil
}

// Join makes a project of a need and a resource; the need is matched then.
func (s *Service) Join(ctx context.Context, scope access.Scope, need, resource int64, title string, onWrite func(*store.Tx, *Project) error) (*Project, error) {
	write, err := scope.For(access.PartnerWrite)
	if err != nil {
		return nil, err
	}
	r, err := s.Resources.Get(ctx, access.System("resources are offered to the whole district"), resource)
	if err != nil {
		return nil, err
	}
	var made *Project
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := s.Needs.ChangeIn(ctx, tx, write, need, 0, func(n *Need) error {
			if n.State != "open" {
				return errs.Conflict.New("what", w("这项需求已经匹配或结束", "this need is matched or over"))
			}
			if _, ok := pair(n, r); !ok || n.Kind != r.Kind {
				return errs.Invalid.New("field", w("资源", "resource"), "remedy", w("与需求的类别、地区或时间不合", "it does not fit the need's kind, district or times")).In("resource")
			}
			n.State = "matched"
			return nil
		})
		if err != nil {
			return err
		}
		p := Project{Title: cmp.Or(title, n.Title), Kind: n.Kind, Need: n.ID, Resource: r.Title}
		p.Region, p.Grid, p.Org, p.From = n.Region, n.Grid, r.Org, ledger.Day(s.Today())
		if made, err = s.Projects.PutIn(ctx, tx, write, p); err != nil {
			return err
		}
		return onWrite(tx, made)
	})
	return made, err
}
