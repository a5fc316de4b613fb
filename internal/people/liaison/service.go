package liaison

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
)

// Cases is where findings go.
type Cases interface {
	// Report makes a case of the channel liaison in the grid. id is the case's own:
	// reporting it again gives the same case. noted runs in the transaction that
	// makes it.
	Report(ctx context.Context, scope access.Scope, id, grid int64, text string, noted func(tx *store.Tx, number string) error) error
	// Became tells what became of the cases of a district.
	Became(ctx context.Context, district int, ids []int64, lang string) (map[int64]Outcome, error)
}

// Outcome is what became of a finding.
type Outcome struct {
	Status string // as people read it
	Solved bool   // closed, and nobody who was asked said that it is not solved
}

// Service is the leaders' part of the room.
type Service struct {
	*Registers
	DB    *store.DB
	Cases Cases
	Today func() int
	Grid  func(id int64) string // its name
	Name  func(account int64) string
}

// Duty is one grid of a leader in one quarter.
type Duty struct {
	Post     *Post
	Grid     string
	Visits   []*Visit
	Findings []Found
}

// Found is a finding with what became of it.
type Found struct {
	*Finding
	Outcome
}

// Done tells whether the quarter's visit was made.
func (d *Duty) Done() bool {
	return slices.ContainsFunc(d.Visits, func(v *Visit) bool { return v.Done != 0 })
}

// Mine are the assignments of the scope's account that are in force in the
// quarter, with their visits and what became of their findings.
func (s *Service) Mine(ctx context.Context, scope access.Scope, quarter int, lang string) ([]*Duty, error) {
	return s.duties(ctx, scope, quarter, lang, fmt.Sprintf("account=%d", scope.Account()))
}

// Of are all assignments that the scope reaches, in the quarter.
func (s *Service) Of(ctx context.Context, scope access.Scope, quarter int, lang string) ([]*Duty, error) {
	return s.duties(ctx, scope, quarter, lang)
}

func (s *Service) duties(ctx context.Context, scope access.Scope, quarter int, lang string, where ...string) ([]*Duty, error) {
	first, last := Quarter(quarter)
	byPost := map[int64]*Duty{}
	var out []*Duty
	err := s.Posts.All(ctx, scope, ledger.Filter{Where: append(where, fmt.Sprintf("valid_from<=%s", calendar.DayText(last)))}, func(p *Post) error {
		if p.To != 0 && int(p.To) < first {
			return nil
		}
		d := &Duty{Post: p, Grid: s.Grid(p.Grid)}
		byPost[p.ID] = d
		out = append(out, d)
		return nil
	})
	if err != nil || len(out) == 0 {
		return nil, err
	}
	// The visits of these assignments lie in the same grids, but are read by quarter:
	// one query, however many assignments there are.
	byVisit := map[int64]*Duty{}
	err = s.Visits.All(ctx, scope, ledger.Filter{Where: []string{fmt.Sprintf("quarter=%d", quarter)}}, func(v *Visit) error {
		if d := byPost[v.Post]; d != nil && v.State != ledger.Ended {
			d.Visits = append(d.Visits, v)
			byVisit[v.ID] = d
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var ids []string
	for id := range byVisit {
		ids = append(ids, fmt.Sprint(id))
	}
	slices.Sort(ids)
	cases := map[int][]int64{}
	for chunk := range slices.Chunk(ids, 100) {
		err = s.Findings.All(ctx, scope, ledger.Filter{Where: []string{"visit=" + strings.Join(chunk, "|")}}, func(f *Finding) error {
			d := byVisit[f.Visit]
			d.Findings = append(d.Findings, Found{Finding: f})
			if f.Case != 0 {
				cases[f.District] = append(cases[f.District], f.Case)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for district, list := range cases {
		became, err := s.Cases.Became(ctx, district, list, lang)
		if err != nil {
			return nil, err
		}
		for _, d := range out {
			for i := range d.Findings {
				if f := &d.Findings[i]; f.District == district && f.Case != 0 {
					f.Outcome = became[f.Case]
				}
			}
		}
	}
	return out, nil
}

// notMine answers for what is somebody else’s: it is not there.
func notMine() error { return errs.NotFound.New() }

// post is the account's own assignment.
func (s *Service) post(ctx context.Context, scope access.Scope, id int64) (*Post, error) {
	p, err := s.Posts.Get(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	if p.Account != scope.Account() {
		return nil, notMine()
	}
	return p, nil
}

// Plan plans the account's visit of an assignment for the day, or moves the one
// that is planned in that quarter.
func (s *Service) Plan(ctx context.Context, scope access.Scope, postID int64, on ledger.Day) (*Visit, error) {
	p, err := s.post(ctx, scope, postID)
	if err != nil {
		return nil, err
	}
	planned, _, err := s.Visits.Rows(ctx, scope, ledger.Filter{Where: []string{fmt.Sprintf("for_post=%d", p.ID), fmt.Sprintf("quarter=%d", QuarterOf(int(on))), "done=", "state=" + ledger.Active}, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(planned) > 0 {
		return s.Visits.Change(ctx, scope, planned[0].ID, 0, func(v *Visit) error { v.Planned = on; return nil })
	}
	return s.Visits.Put(ctx, scope, Visit{Row: s.row(p), Post: p.ID, Planned: on})
}

// row is where what belongs to the assignment hangs.
func (s *Service) row(p *Post) ledger.Row { return ledger.Row{Grid: p.Grid, Org: p.Org} }

// Report is a visit that was made.
type Report struct {
	Post     int64
	Visit    int64 // that was planned; 0: it was not
	Version  int   // of the planned one
	Done     ledger.Day
	With     string
	Found    string
	Findings []string
}

const maxFindings = 20

// Done records a visit with what was found, in one write, and makes a case of
// each finding. A finding whose case could not be made stays and is shown so;
// File makes it.
func (s *Service) Done(ctx context.Context, scope access.Scope, in Report) (*Visit, error) {
	p, err := s.post(ctx, scope, in.Post)
	if err != nil {
		return nil, err
	}
	if len(in.Findings) > maxFindings {
		return nil, errs.Wrong("findings", w("发现的问题", "findings"), w("一次最多 20 条", "at most 20 at once"))
	}
	var visit *Visit
	var found []*Finding
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		found = nil
		set := func(v *Visit) error {
			if v.Post != p.ID {
				return notMine()
			}
			v.Done, v.With, v.Found = in.Done, in.With, in.Found
			return nil
		}
		if in.Visit != 0 {
			visit, err = s.Visits.ChangeIn(ctx, tx, scope, in.Visit, in.Version, set)
		} else {
			v := Visit{Row: s.row(p), Post: p.ID}
			if err := set(&v); err != nil {
				return err
			}
			visit, err = s.Visits.PutIn(ctx, tx, scope, v)
		}
		if err != nil {
			return err
		}
		for _, text := range in.Findings {
			f, err := s.Findings.PutIn(ctx, tx, scope, Finding{Row: s.row(p), Visit: visit.ID, Text: text})
			if err != nil {
				return err
			}
			found = append(found, f)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if err := s.File(ctx, scope, f.ID); err != nil {
			return visit, err
		}
	}
	return visit, nil
}

// File makes the case of a finding; once it is made, nothing happens.
func (s *Service) File(ctx context.Context, scope access.Scope, id int64) error {
	f, err := s.Findings.Get(ctx, scope, id)
	if err != nil || f.Case != 0 {
		return err
	}
	return s.Cases.Report(ctx, scope, f.ID, f.Grid, f.Text, func(tx *store.Tx, number string) error {
		_, err := s.Findings.ChangeIn(ctx, tx, scope, f.ID, f.Version, func(x *Finding) error { x.Case, x.Number = f.ID, number; return nil })
		return err
	})
}
