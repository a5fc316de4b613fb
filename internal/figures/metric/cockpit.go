package metric

import (
	"context"
	"slices"
	"strconv"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/work/cases"
)

// Cockpit is what a leader sees at a glance: six figures, the trend, the chosen
// figure broken down, and what is late.
type Cockpit struct {
	AsOf    string        `json:"as_of" format:"date-time"`
	From    int           `json:"from"`
	To      int           `json:"to"`
	Figure  string        `json:"figure" doc:"the figure that is broken down"`
	Figures []TopFigure   `json:"figures"`
	Trend   []TrendDay    `json:"trend"`
	Streets []Row         `json:"by_street"`
	Leaves  []Row         `json:"by_category" doc:"leaf categories; group is the key of the top-level one"`
	Groups  []Row         `json:"by_category_group" doc:"top-level categories"`
	Units   []Row         `json:"by_unit" doc:"the units with most cases"`
	Channel []Row         `json:"by_channel"`
	Status  []StatusCount `json:"statuses"`
	Grids   []GridValue   `json:"grids"`
	Overdue Overdue       `json:"overdue"`
}

// TopFigure is one of the six.
type TopFigure struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Unit string `json:"unit" enum:"count,rate"`
	Measured
}

// TrendDay counts the cases reported on a day, and those of them that are closed by now.
type TrendDay struct {
	Day      int   `json:"day"`
	Reported int64 `json:"reported"`
	Closed   int64 `json:"closed" doc:"of the cases reported that day"`
}

// StatusCount counts the cases that are in a status now.
type StatusCount struct {
	Status string `json:"status"`
	Name   string `json:"name"`
	Count  int64  `json:"count"`
}

// GridValue is the chosen figure in a grid.
type GridValue struct {
	ID    int64    `json:"grid_id"`
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Value *float64 `json:"value"`
	N     int64    `json:"n" doc:"denominator; for counts the number itself"`
	Small bool     `json:"n_small"`
}

// Overdue is the list that asks for action, whenever it was reported.
type Overdue struct {
	Count int64        `json:"count"`
	Items []cases.Item `json:"items"`
}

const (
	topUnits     = 20
	overdueItems = 10
	overdueBound = 500  // how many are counted row by row; more come from the cubes
	overdueMost  = 5000 // … where no cube has the scope
)

// Cockpit computes all panels at once, each over its own reading. figure is the
// one that is broken down, "" for the default; its rows do not say what is
// excluded, which spares a third of the reading.
func (s *Service) Cockpit(ctx context.Context, scope access.Scope, figure string, q Query, lang string) (*Cockpit, error) {
	if figure == "" {
		figure = "handled_on_time"
	}
	f, err := ByID(figure)
	if err != nil {
		return nil, err
	}
	q.By = Total
	if err := q.check(); err != nil {
		return nil, err
	}
	if err := s.onNet(ctx, &q); err != nil {
		return nil, err
	}
	cal := s.Cases.Rules().Calendar()
	c := &Cockpit{AsOf: cal.Time(s.Cases.DB.Now()).Format(time.RFC3339), From: q.From, To: q.To, Figure: figure}
	by := func(d Dim, into *[]Row) func() error {
		return func() error {
			q := q
			q.By = d
			n, err := s.sums(ctx, scope, &q, d, f.sets()[:2])
			if err == nil {
				*into = s.rows(f, &q, n, lang)
			}
			return err
		}
	}
	var grids []Row
	panels := []func() error{
		func() error { return s.headline(ctx, scope, &q, c, lang) },
		func() error { return s.trend(ctx, scope, q, c) },
		func() error { return s.statuses(ctx, scope, q, c, lang) },
		func() error { return s.overdue(ctx, scope, &q, c, lang) },
		by(Street, &c.Streets), by(Category, &c.Leaves), by(Unit, &c.Units), by(Channel, &c.Channel), by(Grid, &grids),
	}
	if err := together(len(panels), func(i int) error { return panels[i]() }); err != nil {
		return nil, err
	}
	c.Units = c.Units[:min(len(c.Units), topUnits)]
	c.Groups = s.groups(f, c.Leaves, lang)
	c.Grids = make([]GridValue, 0, len(grids))
	for _, r := range grids {
		if id := number(r.Key); id != 0 {
			c.Grids = append(c.Grids, GridValue{id, r.Code, r.Label, r.Value, size(&r), r.Small})
		}
	}
	return c, nil
}

func (s *Service) headline(ctx context.Context, scope access.Scope, q *Query, c *Cockpit, lang string) error {
	var sets []Set
	var figures []*Figure
	for _, id := range headline {
		f, err := ByID(id)
		if err != nil {
			return err
		}
		figures = append(figures, f)
		sets = append(sets, f.sets()...)
	}
	n, err := s.sums(ctx, scope, q, Total, sets)
	if err != nil {
		return err
	}
	all := n.all(len(sets))
	for i, f := range figures {
		c.Figures = append(c.Figures, TopFigure{f.ID, f.Name.In(lang), f.Unit, f.measured(all[3*i : 3*i+3])})
	}
	return nil
}

func (s *Service) trend(ctx context.Context, scope access.Scope, q Query, c *Cockpit) error {
	q.By = Day
	n, err := s.sums(ctx, scope, &q, Day, []Set{{Is: cases.MarkReported}, {Is: cases.MarkClosed}})
	if err != nil {
		return err
	}
	days := q.periods()
	c.Trend = make([]TrendDay, len(days))
	for i, d := range days {
		v := n.at(d, 2)
		c.Trend[i] = TrendDay{int(number(d)), v[0], v[1]}
	}
	return nil
}

func (s *Service) statuses(ctx context.Context, scope access.Scope, q Query, c *Cockpit, lang string) error {
	q.By = Status
	n, err := s.sums(ctx, scope, &q, Status, []Set{{Is: cases.MarkReported}})
	if err != nil {
		return err
	}
	for _, st := range cases.Statuses {
		c.Status = append(c.Status, StatusCount{string(st), statusNames[string(st)].In(lang), n.at(string(st), 1)[0]})
	}
	return nil
}

// overdue is about now, not about the days of the query.
func (s *Service) overdue(ctx context.Context, scope access.Scope, q *Query, c *Cockpit, lang string) error {
	c.Overdue.Items = []cases.Item{}
	read, err := scope.For(access.CaseRead)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	f := cases.Filter{Overdue: true, Sort: "due", Limit: overdueItems}
	if len(q.Districts) == 1 {
		f.District = q.Districts[0]
	}
	f.Streets, f.Communities = q.Streets, q.Communities
	list, more, err := s.Cases.Cases(ctx, read, f)
	if err != nil {
		return err
	}
	c.Overdue.Items, c.Overdue.Count = s.Cases.Items(read, lang, list), int64(len(list))
	if !more {
		return nil
	}
	bound := overdueBound
	cubes, _ := byStreets(scope)
	if !cubes {
		bound = overdueMost
	}
	n, exact, err := s.Cases.Count(ctx, read, f, bound)
	if c.Overdue.Count = int64(n); err != nil || exact || !cubes {
		return err
	}
	all := Query{From: 19700101, To: s.Cases.Rules().Calendar().Day(s.Cases.DB.Now()), Districts: q.Districts, Streets: q.Streets, Communities: q.Communities}
	late, err := s.sums(ctx, scope, &all, Total, []Set{{Is: cases.MarkOverdue}})
	c.Overdue.Count = max(late.all(1)[0], int64(n))
	return err
}

// groups adds leaf categories up to their top-level ones.
func (s *Service) groups(f *Figure, leaves []Row, lang string) []Row {
	n := sums{}
	for _, r := range leaves {
		key := r.Group
		if key == "" {
			key = r.Key
		}
		v := n.at(key, 2)
		v[0] += r.Numerator
		if r.Denominator != nil {
			v[1] += *r.Denominator
		}
	}
	return s.rows(f, &Query{By: Group}, n, lang)
}

// month is the span of whole days from the first of the day's month to the day.
func month(day int) (from, to int) { return day/100*100 + 1, day }

// region narrows the query to a region by its code: a city (no narrowing), a
// district, a street or a community.
func (q *Query) region(code string) error {
	if code == "" {
		return nil
	}
	n, err := strconv.ParseInt(code, 10, 64)
	if err != nil {
		n = 0
	}
	switch access.Digits(n) {
	case 2, 4:
	case 6:
		q.Districts = slices.Concat(q.Districts, []int{int(n)})
	case 9:
		q.Streets = slices.Concat(q.Streets, []int64{n})
	case 12:
		q.Communities = slices.Concat(q.Communities, []int64{n})
	default:
		return errs.Invalid.New("field", w("区划", "region"), "remedy", w("请从列表中选择", "please choose from the list")).In("region")
	}
	return nil
}
