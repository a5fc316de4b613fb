package rulebook

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

// Refused is the error of a publication whose rules cannot run. The parameter
// problems holds all of them ([]Problem).
var Refused = errs.Declare("rules_cannot_run", 422,
	"规则有 {count} 处问题，没有发布。{first}", "{count} problems in the rules; nothing was published. {first}")

// Terms are what every publication says beside its content.
type Terms struct {
	Base      int    // the version it was made from, 0 for the first
	ValidFrom int    // first day, yyyymmdd, today or later
	ValidTo   int    // categories only: first day on which no new case may use it; 0 = open
	Note      string // why, for the history
}

func (r *Rulebook) terms(ctx context.Context, scope access.Scope, t Terms) error {
	if err := scope.Check(access.Target{}); err != nil { // the city's own rows
		return err
	}
	if err := checkText("note", t.Note, maxNote, false); err != nil {
		return err
	}
	today := r.Current(r.db.NowIn(ctx)).cal.Day(r.db.NowIn(ctx))
	switch {
	case !validDay(t.ValidFrom):
		return invalid("valid_from", "请按 yyyymmdd 填写一个存在的日期。", "write a day that exists as yyyymmdd.")
	case t.ValidFrom < today:
		return invalid("valid_from", "不能早于今天。", "it cannot lie before today.")
	case t.ValidTo != 0 && !validDay(t.ValidTo):
		return invalid("valid_to", "请按 yyyymmdd 填写一个存在的日期。", "write a day that exists as yyyymmdd.")
	case t.ValidTo != 0 && t.ValidTo <= t.ValidFrom:
		return invalid("valid_to", "应晚于生效日期。", "it must lie after the start date.")
	}
	return nil
}

func validDay(d int) bool {
	y, m, dd := d/10000, d/100%100, d%100
	t := time.Date(y, time.Month(m), dd, 0, 0, 0, 0, time.UTC)
	return y >= calendar.MinYear && y <= calendar.MaxYear && t.Year() == y && int(t.Month()) == m && t.Day() == dd
}

// state is what is published so far.
func (r *Rulebook) state() *seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

// refuse makes the error of problems; nil if there are none.
func refuse(ps []Problem) error {
	if len(ps) == 0 {
		return nil
	}
	return Refused.New("count", len(ps), "first", ps[0].Text, "problems", ps).In("rules")
}

// withCategory is the state with one more version of a category.
func (s *seen) withCategory(c *Category, t Terms) *seen {
	next := *s
	next.categories = maps.Clone(s.categories)
	v := *c
	v.Version, v.ValidFrom, v.ValidTo = t.Base+1, t.ValidFrom, t.ValidTo
	next.categories[c.ID] = append(slices.Clone(s.categories[c.ID]), Version[*Category]{Version: t.Base + 1, ValidFrom: t.ValidFrom, ValidTo: t.ValidTo, Body: &v})
	return &next
}

// PublishCategory writes a new version of a category, or a new category, and
// returns it. It refuses what would break the tree or stop a routing rule.
func (r *Rulebook) PublishCategory(ctx context.Context, scope access.Scope, c Category, t Terms) (*Category, error) {
	if err := r.terms(ctx, scope, t); err != nil {
		return nil, err
	}
	if err := r.Refresh(ctx); err != nil {
		return nil, err
	}
	s := r.state()
	if err := s.checkCategory(&c, t); err != nil {
		return nil, err
	}
	if err := r.write(ctx, scope, draft{kindCategory, strconv.FormatInt(c.ID, 10), t.Base, t.ValidFrom, t.ValidTo, t.Note, c}); err != nil {
		return nil, err
	}
	return r.Current(r.db.Now()).CategoryAt(c.ID, t.Base+1)
}

func (s *seen) checkCategory(c *Category, t Terms) error {
	if err := c.Check(); err != nil {
		return err
	}
	if have := len(s.categories[c.ID]); have != t.Base {
		if have == 0 {
			return errs.NotFound.New()
		}
		return errs.Stale.New("current", s.categories[c.ID][have-1].Version)
	}
	next := s.withCategory(c, t)
	all, open := next.catsOn(t.ValidFrom)
	if err := checkTree(c, all, open); err != nil {
		return err
	}
	// Rules that ran before must run after, on the day it closes too.
	day := t.ValidFrom
	if t.ValidTo != 0 {
		day = t.ValidTo
	}
	return next.stopsRules(s, day)
}

// checkTree looks at the category's place among the others.
func checkTree(c *Category, all []*Category, open map[int64]bool) error {
	byID := make(map[int64]*Category, len(all))
	for _, x := range all {
		byID[x.ID] = x
	}
	if c.Parent != 0 {
		up := byID[c.Parent]
		switch {
		case up == nil:
			return invalid("parent", "上级类别不存在。", "the category above does not exist.")
		case up.Kind != c.Kind:
			return invalid("kind", "应与上级类别一致（事件或部件）。", "it must be of the same kind as the category above, event or part.")
		}
		depth := 1
		for x := up; x != nil; x = byID[x.Parent] {
			if depth++; x.ID == c.ID || depth > maxDepth {
				return invalid("parent", "上级不能是自己的下级，层级也不能超过 8 级。", "a category cannot lie under itself, nor deeper than 8 levels.")
			}
		}
	}
	for _, x := range all {
		if x.ID != c.ID && open[x.ID] && open[c.ID] && x.Code == c.Code {
			return errs.Conflict.New("what", words("代码 "+c.Code+" 已用于“"+x.Name+"”", "code "+c.Code+" is used by "+x.Name)).In("code")
		}
		if x.Parent == c.ID && x.Kind != c.Kind {
			return invalid("kind", "下级类别与此不一致。", "the categories below are of the other kind.")
		}
	}
	return nil
}

// Problems tells why a list of rules could not run from a day on.
func (r *Rulebook) Problems(list Routing, day int) ([]Problem, error) {
	s := r.state()
	cal, err := s.calendarOn(day, nil, nil)
	if err != nil {
		return nil, err
	}
	return problems(list, s.world(day, cal)), nil
}

// PublishRouting writes a new version of the whole list. It refuses a list
// with any problem.
func (r *Rulebook) PublishRouting(ctx context.Context, scope access.Scope, list Routing, t Terms) error {
	t.ValidTo = 0
	if err := r.terms(ctx, scope, t); err != nil {
		return err
	}
	if err := list.Check(); err != nil {
		return err
	}
	if err := r.Refresh(ctx); err != nil {
		return err
	}
	ps, err := r.Problems(list, t.ValidFrom)
	if err != nil {
		return err
	}
	if err := refuse(ps); err != nil {
		return err
	}
	return r.write(ctx, scope, draft{kindRouting, cityKey, t.Base, t.ValidFrom, 0, t.Note, list})
}

// PublishYear writes a new version of a year's days off and make-up days.
func (r *Rulebook) PublishYear(ctx context.Context, scope access.Scope, year int, y calendar.Year, t Terms) error {
	t.ValidTo = 0
	if err := r.terms(ctx, scope, t); err != nil {
		return err
	}
	if err := calendar.CheckYear(year, y); err != nil {
		return err
	}
	return r.write(ctx, scope, draft{kindCalendar, strconv.Itoa(year), t.Base, t.ValidFrom, 0, t.Note, y})
}

// PublishHours writes new working hours.
func (r *Rulebook) PublishHours(ctx context.Context, scope access.Scope, h Hours, t Terms) error {
	t.ValidTo = 0
	if err := r.terms(ctx, scope, t); err != nil {
		return err
	}
	if err := (calendar.Spec{Zone: h.Zone, Spans: h.Spans}).Check(); err != nil {
		return err
	}
	return r.write(ctx, scope, draft{kindCalendar, hoursKey, t.Base, t.ValidFrom, 0, t.Note, h})
}

// PublishSettings writes new settings.
func (r *Rulebook) PublishSettings(ctx context.Context, scope access.Scope, x Settings, t Terms) error {
	t.ValidTo = 0
	if err := r.terms(ctx, scope, t); err != nil {
		return err
	}
	if err := x.Check(); err != nil {
		return err
	}
	return r.write(ctx, scope, draft{kindSettings, cityKey, t.Base, t.ValidFrom, 0, t.Note, x})
}

// Seed is a whole rulebook for an empty city.
type Seed struct {
	Categories []Category // parents before children
	Routing    Routing
	Settings   *Settings      // nil: the defaults, not written
	Calendar   *calendar.Spec // nil: the standard calendar, written year by year
	ValidFrom  int            // may lie in the past: history is filed under it
	Note       string
}

// Load publishes a whole rulebook at once. It refuses if there is one already,
// or if the rules could not run; the organisations and regions must be there.
func (r *Rulebook) Load(ctx context.Context, scope access.Scope, d Seed) error {
	if err := scope.Check(access.Target{}); err != nil {
		return err
	}
	if !validDay(d.ValidFrom) {
		return invalid("valid_from", "请按 yyyymmdd 填写一个存在的日期。", "write a day that exists as yyyymmdd.")
	}
	if err := r.Refresh(ctx); err != nil {
		return err
	}
	s := r.state()
	if len(s.categories)+len(s.routing)+len(s.settings)+len(s.years) > 0 {
		return errs.Conflict.New("what", words("已有规则，不能再次整体装入", "there are rules already; a rulebook is loaded once"))
	}
	next := *s
	next.categories = maps.Clone(s.categories)
	var drafts []draft
	for i := range d.Categories {
		c := d.Categories[i]
		if err := c.Check(); err != nil {
			e := errs.As(err)
			return e.In(fmt.Sprintf("categories[%d].%s", i, e.Field))
		}
		if len(next.categories[c.ID]) > 0 {
			return invalid(fmt.Sprintf("categories[%d].id", i), "编号重复。", "the id comes twice.")
		}
		next.categories[c.ID] = []Version[*Category]{{Version: 1, ValidFrom: d.ValidFrom, Body: &c}}
		drafts = append(drafts, draft{kindCategory, strconv.FormatInt(c.ID, 10), 0, d.ValidFrom, 0, d.Note, c})
	}
	all, open := next.catsOn(d.ValidFrom)
	for i := range d.Categories {
		if err := checkTree(&d.Categories[i], all, open); err != nil {
			e := errs.As(err)
			return e.In(fmt.Sprintf("categories[%d].%s", i, e.Field))
		}
	}
	spec := calendar.Standard().Spec()
	if d.Calendar != nil {
		spec = *d.Calendar
	}
	cal, err := calendar.New(spec)
	if err != nil {
		return err
	}
	drafts = append(drafts, draft{kindCalendar, hoursKey, 0, d.ValidFrom, 0, d.Note, Hours{spec.Zone, spec.Spans}})
	for _, y := range slices.Sorted(maps.Keys(spec.Years)) {
		drafts = append(drafts, draft{kindCalendar, strconv.Itoa(y), 0, d.ValidFrom, 0, d.Note, spec.Years[y]})
	}
	if err := d.Routing.Check(); err != nil {
		return err
	}
	if err := refuse(problems(d.Routing, next.world(d.ValidFrom, cal))); err != nil {
		return err
	}
	drafts = append(drafts, draft{kindRouting, cityKey, 0, d.ValidFrom, 0, d.Note, d.Routing})
	if d.Settings != nil {
		if err := d.Settings.Check(); err != nil {
			return err
		}
		drafts = append(drafts, draft{kindSettings, cityKey, 0, d.ValidFrom, 0, d.Note, *d.Settings})
	}
	return r.write(ctx, scope, drafts...)
}
