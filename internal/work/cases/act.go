package cases

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Act is what somebody does to a case.
type Act struct {
	Action    flow.Action
	Version   int // of the case as the actor saw it; 0 is accepted from the program only
	Reason    string
	Note      string
	Result    string
	Title     string
	Address   string
	Category  int64
	Grade     string
	Lead      int64
	Assists   []int64
	Proposed  int64
	Against   int64 // unit complained about, 0: as it is
	Stage     string
	Found     *bool
	Request   int64
	Until     int
	Review    int
	Into      int64
	Parts     []Part
	Files     []int64
	Uploader  int64 // whose uploads the files are; 0: the actor's account
	Reached   *bool
	Solved    *bool
	Satisfied int
	Place     *PlaceIn
	Awaits    []string                     // the actor's uploads that follow, by the client's own ids
	OnWrite   func(*store.Tx) error        // in the same transaction
	OnCase    func(*store.Tx, *Case) error // likewise, with the case as it is then
}

// Part is a matter split off.
type Part struct{ Title, Text string }

// PlaceIn is a corrected place.
type PlaceIn struct {
	Lon, Lat  float64
	CRS       string
	Address   string
	Community int64
	Grid      int64
	Confirm   []string
}

// Text implements flow.Given.
func (a *Act) Text(field string) (string, int) {
	text := func(s string) (string, int) {
		if strings.TrimSpace(s) == "" {
			return s, 0
		}
		return s, utf8.RuneCountInString(s)
	}
	number := func(n int64) (string, int) {
		if n == 0 {
			return "", 0
		}
		return "", 1
	}
	given := func(yes bool) (string, int) {
		if yes {
			return "", 1
		}
		return "", 0
	}
	switch field {
	case "reason":
		return text(a.Reason)
	case "note":
		return text(a.Note)
	case "result":
		return text(a.Result)
	case "title":
		return text(a.Title)
	case "grade":
		return text(a.Grade)
	case "category_id":
		return number(a.Category)
	case "lead":
		return number(a.Lead)
	case "proposed":
		return number(a.Proposed)
	case "against":
		return number(a.Against)
	case "stage":
		return text(a.Stage)
	case "found":
		return given(a.Found != nil)
	case "request":
		return number(a.Request)
	case "into":
		return number(a.Into)
	case "until":
		return number(int64(a.Until))
	case "review":
		return number(int64(a.Review))
	case "assists":
		return "", len(a.Assists)
	case "parts":
		return "", len(a.Parts)
	case "files":
		return "", len(a.Files) + len(a.Awaits)
	case "reached":
		return given(a.Reached != nil)
	case "solved":
		return given(a.Solved != nil)
	case "satisfied":
		return number(int64(a.Satisfied))
	case "place":
		return given(a.Place != nil)
	}
	panic("cases: field " + field + " is not known")
}

// fields are the act's given fields for the log, without what is elsewhere.
func (a *Act) fields() map[string]any {
	m := map[string]any{}
	put := func(name string, v any, yes bool) {
		if yes {
			m[name] = v
		}
	}
	put("reason", a.Reason, a.Reason != "")
	put("note", a.Note, a.Note != "")
	put("result", a.Result, a.Result != "")
	put("title", a.Title, a.Title != "")
	put("grade", a.Grade, a.Grade != "")
	put("category_id", a.Category, a.Category != 0)
	put("lead", a.Lead, a.Lead != 0)
	put("assists", a.Assists, len(a.Assists) > 0)
	put("proposed", a.Proposed, a.Proposed != 0)
	put("against", a.Against, a.Against != 0)
	put("stage", a.Stage, a.Stage != "")
	put("until", a.Until, a.Until != 0)
	put("review", a.Review, a.Review != 0)
	put("into", a.Into, a.Into != 0)
	put("files", a.Files, len(a.Files) > 0)
	put("photos", a.Awaits, len(a.Awaits) > 0)
	put("satisfied", a.Satisfied, a.Satisfied != 0)
	for name, answer := range map[string]*bool{"reached": a.Reached, "solved": a.Solved, "found": a.Found} {
		if answer != nil {
			m[name] = *answer
		}
	}
	return m
}

// Act does the action on the case that the scope reaches and returns it as it
// is then. Stale with params.current when somebody was quicker.
func (s *Service) Act(ctx context.Context, scope access.Scope, id int64, a Act) (*Case, error) {
	rules := s.Rules()
	now := s.DB.NowIn(ctx)
	st := &steps{s: s, now: now, scope: scope, cal: rules.Calendar(), rules: rules, set: rules.Settings()}
	if a.Action == ActSplit {
		for range a.Parts {
			n, err := s.numbers.take(ctx, s.DB, st.cal.Day(now))
			if err != nil {
				return nil, err
			}
			st.spare = append(st.spare, n)
		}
	}
	spare := st.spare
	var out *Case
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		st.spare = spare
		c, units, requests, err := s.load(tx, scope, id)
		if err != nil {
			return err
		}
		if !knows(scope, c, units) {
			return errs.NotFound.New()
		}
		st.c = c
		st.begin(tx, clone(c), units, requests)
		if a.Version != c.Version && (a.Version != 0 || scope.SystemReason() == "") {
			return errs.Stale.New("current", c.Version)
		}
		if err := st.act(&a); err != nil {
			return err
		}
		out = c
		if err := st.finish(); err != nil {
			return err
		}
		if a.OnCase != nil {
			return a.OnCase(tx, c)
		}
		if a.OnWrite != nil {
			return a.OnWrite(tx)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// knows tells whether the actor may know of the case at all: a program that
// reports reads nothing but what it reported.
func knows(scope access.Scope, c *Case, units []Unit) bool {
	if scope.SystemReason() != "" || scope.Owns(c.ID) || c.Creator != 0 && c.Creator == scope.Account() {
		return true
	}
	read, err := scope.For(access.CaseRead)
	return err == nil && read.Covers(c.Target(units))
}

func clone(c *Case) *Case { d := *c; return &d }

// canOn answers which permissions the scope's actor has on the case.
func canOn(scope access.Scope, c *Case, units []Unit) flow.Can {
	target := c.Target(units)
	known := map[access.Perm]bool{}
	return func(p access.Perm) bool {
		if scope.Visits() { // residents act on their own case alone, and only as its reporter
			return p == access.CaseOwn && scope.Owns(c.ID)
		}
		if p == access.CaseOwn && (c.Creator == 0 || c.Creator != scope.Account()) {
			return false // a program outside acts on what it reported itself
		}
		yes, ok := known[p]
		if !ok {
			sc, err := scope.For(p)
			yes = err == nil && sc.Covers(target)
			known[p] = yes
		}
		return yes
	}
}

// factsFrom gathers the facts that need no look-up.
func (st *steps) factsFrom() *facts {
	c := st.c
	f := &facts{c: c, now: st.now, account: st.scope.Account(), system: st.scope.SystemReason() != "", set: st.set, can: canOn(st.scope, c, st.units)}
	if a := st.scope.Actor(); a != nil {
		leads := func(p access.Post) bool { return p.Org != 0 && p.Org == c.Lead && p.InForce(st.scope.Today()) }
		f.leads = slices.ContainsFunc(a.Posts, leads)
		for _, p := range a.Held() { // of which unit somebody is does not change with the post at hand
			if p.Org == 0 || !p.InForce(st.scope.Today()) {
				continue
			}
			f.helps = f.helps || slices.ContainsFunc(st.units, func(u Unit) bool { return u.Org == p.Org })
			f.about = f.about || c.Against != 0 && st.s.People.Under(p.Org, c.Against)
		}
	}
	f.leads, f.helps = f.leads || f.system, f.helps || f.system
	for i := range st.requests {
		if st.requests[i].Status == "pending" {
			f.request = &st.requests[i]
		}
	}
	return f
}

func (st *steps) facts() (f *facts, err error) {
	f = st.factsFrom()
	if c := st.c; c.Category != 0 {
		if f.cat, err = st.rules.Category(c.Category, c.CategoryVersion, c.Grade); err != nil {
			return nil, err
		}
	}
	f.handled, err = st.s.handledBy(st.tx, st.c, f.account)
	return f, err
}

// act finds the row, checks what was given and applies it.
func (st *steps) act(a *Act) error {
	f, err := st.facts()
	if err != nil {
		return err
	}
	t, err := Life.Next(st.c.Status, a.Action, f.can, f)
	if err != nil {
		return err
	}
	if err := t.CheckNeeds(a); err != nil {
		return err
	}
	if !utf8.ValidString(a.Note + a.Reason + a.Result + a.Title) {
		return errs.Invalid.New("field", w("文字", "text"), "remedy", w("含有无法识别的字符，请重新输入", "it has characters that cannot be read; please type it again"))
	}
	st.post, _ = st.scope.PostFor(st.c.Target(st.units))
	if sc, err := st.scope.For(permOf(t, f.can)); err == nil {
		st.post, _ = sc.PostFor(st.c.Target(st.units))
	}
	st.reason = a.Reason
	if err := st.apply(t, a, f); err != nil {
		return err
	}
	if err := st.s.Photos.Await(st.tx, st.c.District, st.scope.Account(), a.Awaits, st.c.ID, st.c.Has(FlagSealed)); err != nil {
		return err
	}
	if len(a.Files) > 0 {
		return st.s.Photos.Attach(st.tx, st.c.District, cmp.Or(a.Uploader, st.scope.Account()), a.Files, st.c.ID, st.c.Has(FlagSealed))
	}
	return nil
}

func permOf(t *row, can flow.Can) access.Perm {
	if i := slices.IndexFunc(t.Perms, can); i >= 0 {
		return t.Perms[i]
	}
	return access.CaseRead
}

func canonical(fields map[string]any) string {
	b, err := json.Marshal(fields) // keys come out sorted
	if err != nil {
		panic(err)
	}
	return string(b)
}

// limitOf finds the limit of a stage for the case; false if there is none.
func (st *steps) limitOf(stage string) (calendar.Limit, bool) {
	for _, l := range st.rules.Limits(st.c.Category, st.c.CategoryVersion, st.c.Grade) {
		if l.Stage == stage {
			return l.Limit, true
		}
	}
	return calendar.Limit{}, false
}
