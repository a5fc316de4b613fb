package whistle

import (
	"context"
	"math"
	"strconv"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
)

// Named is a thing with its name.
type Named struct {
	ID   int64  `json:"id,omitempty"`
	Code string `json:"code,omitempty"`
	Name string `json:"name"`
}

// Item is a whistle in a list.
type Item struct {
	ID        int64   `json:"id"`
	Number    string  `json:"number"`
	Version   int     `json:"version"`
	State     string  `json:"state" enum:"open,closed,withdrawn"`
	Kind      string  `json:"kind" enum:"urgent,comprehensive,law_enforcement"`
	Title     string  `json:"title"`
	Address   string  `json:"address"`
	Street    *Named  `json:"street"`
	Community *Named  `json:"community"`
	Grid      *Named  `json:"grid"`
	CalledBy  string  `json:"called_by"`
	CalledAt  string  `json:"called_at" format:"date-time"`
	EndedAt   string  `json:"ended_at,omitempty" format:"date-time"`
	Raised    string  `json:"raised_to,omitempty" doc:"to whom it was raised because a department did not come in time"`
	Arbiter   string  `json:"arbiter,omitempty" doc:"who decides since departments said repeatedly that it is not theirs"`
	Calls     []CallV `json:"calls"`
}

// CallV is a department's part as shown.
type CallV struct {
	Org      Named    `json:"org"`
	State    string   `json:"state" enum:"called,disputed,arbitration,came,done,confirmed,released"`
	DueAt    string   `json:"due_at" format:"date-time"`
	Clock    string   `json:"clock,omitempty" doc:"what is left until the limit, in words"`
	Overdue  bool     `json:"overdue"`
	CameAt   string   `json:"came_at,omitempty" format:"date-time"`
	Missed   bool     `json:"missed" doc:"the limit passed before it came"`
	DoneAt   string   `json:"done_at,omitempty" format:"date-time"`
	Shifts   int      `json:"shifts" doc:"how often it said that it is not its matter"`
	Urged    int      `json:"urged"`
	Result   string   `json:"result,omitempty"`
	Files    []File   `json:"files,omitempty" doc:"photos of the result"`
	ByStreet int      `json:"by_street,omitempty"`
	ByUnit   int      `json:"by_unit,omitempty"`
	Actions  []Option `json:"actions,omitempty"`
}

// Option is an act that may be done now, or why not.
type Option struct {
	Action  string `json:"action"`
	Name    string `json:"name"`
	Allowed bool   `json:"allowed"`
	Why     string `json:"why,omitempty"`
	Primary bool   `json:"primary"`
	Needs   []Need `json:"needs"`
}

// Need is something that an act wants to know.
type Need struct {
	Field    string `json:"field"`
	Label    string `json:"label"`
	Type     string `json:"type"`
	Required bool   `json:"required"`
	Max      int    `json:"max,omitempty"`
}

// Step is a row of the history in words.
type Step struct {
	At     string `json:"at" format:"date-time"`
	Action string `json:"action"`
	Name   string `json:"name"`
	Actor  string `json:"actor,omitempty"`
	Post   string `json:"post,omitempty"`
	Org    string `json:"org,omitempty"`
	Text   string `json:"text,omitempty"`
	Score  int    `json:"score,omitempty"`
	Files  []File `json:"files,omitempty"`
}

// File is a photo or paper of a result.
type File struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Size  int64  `json:"size"`
	By    string `json:"by"`
	At    string `json:"at" format:"date-time"`
	URL   string `json:"url"`
	Thumb string `json:"thumb_url,omitempty"`
}

// CaseRef is the case that a whistle belongs to.
type CaseRef struct {
	ID     int64  `json:"id"`
	Number string `json:"number"`
	Title  string `json:"title"`
	Status string `json:"status"`
}

// Page is a whistle with all that belongs to it.
type Page struct {
	Item
	Text    string   `json:"text"`
	Limit   string   `json:"limit"`
	Lon     *float64 `json:"lon"`
	Lat     *float64 `json:"lat"`
	Case    *CaseRef `json:"case" doc:"null without a case, or where you may not see it"`
	Actions []Option `json:"actions"`
	Steps   []Step   `json:"steps"`
}

// view renders for one reader: language, calendar, instant.
type view struct {
	s    *Service
	lang string
	cal  *calendar.Calendar
	now  int64
}

func (s *Service) view(ctx context.Context, lang string) *view {
	return &view{s: s, lang: lang, cal: s.Rules().Calendar(), now: s.DB.NowIn(ctx)}
}

func (v *view) time(t int64) string {
	if t == 0 {
		return ""
	}
	return v.cal.Time(t).Format(time.RFC3339)
}

func (v *view) region(code int64) *Named {
	if name := v.s.Atlas.Region(code); name != "" {
		return &Named{Code: strconv.FormatInt(code, 10), Name: name}
	}
	return nil
}

func (v *view) org(id int64) Named {
	name, _ := v.s.People.Org(id)
	return Named{ID: id, Name: name}
}

func (v *view) account(id int64) string {
	if id == 0 {
		return ""
	}
	return v.s.People.Account(id)
}

func (v *view) item(o *Whistle) Item {
	it := Item{ID: o.ID, Number: o.Number, Version: o.Version, State: string(o.State), Kind: o.Kind, Title: o.Title, Address: o.Address, Street: v.region(o.Street), Community: v.region(o.Community),
		CalledBy: v.account(o.CalledBy), CalledAt: v.time(o.CalledAt), EndedAt: v.time(o.EndedAt), Raised: v.account(o.RaisedTo), Arbiter: v.account(o.Arbiter), Calls: []CallV{}}
	if name := v.s.Atlas.Grid(o.Grid); name != "" {
		it.Grid = &Named{ID: o.Grid, Name: name}
	}
	for _, c := range o.Calls {
		cv := CallV{Org: v.org(c.Org), State: string(c.State), DueAt: v.time(c.DueAt), CameAt: v.time(c.CameAt), Missed: c.MissedAt > 0, DoneAt: v.time(c.DoneAt), Shifts: c.Shifts, Urged: c.Urged,
			Result: c.Result, ByStreet: c.ByStreet, ByUnit: c.ByUnit}
		if c.State == Called {
			cv.Overdue = v.now > c.DueAt
			cv.Clock = v.cal.Describe(v.now, c.DueAt, o.Limit.Unit).In(v.lang)
		}
		it.Calls = append(it.Calls, cv)
	}
	return it
}

// options turns a life's options into what pages show; the first main one is primary.
func options[F any](list []flow.Option[F], lang string) []Option {
	out, primary := []Option{}, false
	for _, o := range list {
		ov := Option{Action: string(o.Action), Name: o.Name.In(lang), Allowed: o.Allowed, Needs: []Need{}}
		if !o.Allowed {
			ov.Why = o.Why.In(lang)
		} else if !primary && !o.Side {
			ov.Primary, primary = true, true
		}
		for _, n := range o.Needs {
			ov.Needs = append(ov.Needs, Need{n.Name, n.Label.In(lang), n.Type, n.Required, n.Max})
		}
		out = append(out, ov)
	}
	return out
}

// Page renders a whistle for the scope's actor.
func (s *Service) Page(ctx context.Context, scope access.Scope, id int64, lang string) (*Page, error) {
	o, err := s.ByID(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	log, err := s.logOf(ctx, o.District, o.ID)
	if err != nil {
		return nil, err
	}
	v := s.view(ctx, lang)
	p := &Page{Item: v.item(o), Text: o.Body, Limit: o.Limit.Text(lang), Steps: v.steps(log, whistleName)}
	if err := s.addFiles(ctx, v, o, log, p); err != nil {
		return nil, err
	}
	if o.Lon != 0 || o.Lat != 0 {
		p.Lon, p.Lat = &o.Lon, &o.Lat
	}
	if o.Case != 0 {
		m, err := s.Cases.Case(ctx, scope, o.Case)
		switch {
		case err == nil:
			p.Case = &CaseRef{m.ID, m.Number, m.Title, m.Status}
		case !errs.Is(err, errs.NotFound):
			return nil, err
		}
	}
	can := canOn(scope, o)
	p.Actions = options(Whole.Options(o.State, can, factsFor(scope, o, nil)), lang)
	for i := range o.Calls {
		c := &o.Calls[i]
		for _, opt := range options(Part.Options(c.State, can, factsFor(scope, o, c)), lang) {
			if opt.Allowed || opt.Why != ownPart.Why.In(lang) && opt.Why != others.Why.In(lang) { // others' parts are not worth a line
				p.Calls[i].Actions = append(p.Calls[i].Actions, opt)
			}
		}
	}
	return p, nil
}

func whistleName(action string) errs.Words {
	if n := Part.NameOf(flow.Action(action)); n.ZH != action {
		return n
	}
	return Whole.NameOf(flow.Action(action))
}

func (v *view) steps(log []Entry, name func(string) errs.Words) []Step {
	out := make([]Step, 0, len(log))
	for _, e := range log {
		st := Step{At: v.time(e.At), Action: e.Action, Name: name(e.Action).In(v.lang), Actor: v.account(e.Actor), Post: v.s.People.PostName(e.Post).In(v.lang)}
		if e.Org != 0 {
			st.Org = v.org(e.Org).Name
		}
		for _, f := range []string{"reason", "note", "result", "title"} {
			if s, ok := e.Fields[f].(string); ok && s != "" {
				st.Text = s
			}
		}
		if n, ok := e.Fields["score"].(float64); ok {
			st.Score = int(n)
		}
		if to, ok := e.Fields["to"].(float64); ok && to > 0 {
			st.Text = v.account(int64(to))
		}
		out = append(out, st)
	}
	return out
}

// SumV is what a period's whistles say of a department.
type SumV struct {
	Org     Named    `json:"org"`
	Called  int      `json:"called"`
	Waiting int      `json:"waiting" doc:"it has not come yet"`
	InTime  int      `json:"in_time"`
	Late    int      `json:"late"`
	Missed  int      `json:"missed" doc:"the limit passed and it has not come"`
	Shifted int      `json:"shifted" doc:"it said that it is not its matter"`
	Settled int      `json:"settled"`
	Rated   int      `json:"rated"`
	Score   *float64 `json:"score" doc:"mean of the streets' ratings, 1 to 5; null without any"`
}

func (v *view) sum(x Sum) SumV {
	out := SumV{Org: v.org(x.Org), Called: x.Called, Waiting: x.Waiting, InTime: x.InTime, Late: x.Late, Missed: x.Missed, Shifted: x.Shifted, Settled: x.Settled, Rated: x.Rated}
	if x.Rated > 0 {
		mean := math.Round(x.Score*100) / 100
		out.Score = &mean
	}
	return out
}
