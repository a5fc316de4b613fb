package metric

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/share"
	"linli/internal/work/cases"
)

// Dim is what a figure is broken down by.
type Dim string

// The dimensions. Total is no breakdown.
const (
	Total     Dim = ""
	District  Dim = "district"
	Street    Dim = "street"
	Community Dim = "community"
	Grid      Dim = "grid"
	Category  Dim = "category" // the cases' own (leaf) categories
	Group     Dim = "group"    // top-level categories
	Unit      Dim = "unit"     // lead units; cases without one are in the total only
	Channel   Dim = "channel"
	Day       Dim = "day"
	Month     Dim = "month"
	Status    Dim = "status" // number of cases only
)

// Dims lists the dimensions that people choose from.
var Dims = []Dim{District, Street, Community, Grid, Category, Group, Unit, Channel, Day, Month, Status}

// Query says what to compute. From and To are days of report (yyyymmdd),
// inclusive. Empty lists do not narrow.
type Query struct {
	By          Dim
	From, To    int
	Districts   []int
	Streets     []int64
	Communities []int64
	Grids       []int64
	Categories  []int64 // any node; its leaves are meant
	Units       []int64 // lead units
	Channels    []string
	Net         int // day whose grids are meant; 0: the grid of each case

	net cases.Net
}

// Row is a figure for one key of the dimension.
type Row struct {
	Key   string `json:"key" doc:"code or id; 0: none known"`
	Label string `json:"label"`
	Code  string `json:"code,omitempty" doc:"grids, categories"`
	Group string `json:"group,omitempty" doc:"category: key of its top-level group"`
	Measured
}

// Measured is a figure's number with what it is made of.
type Measured struct {
	Numerator   int64     `json:"numerator"`
	Denominator *int64    `json:"denominator" doc:"null for counts"`
	Excluded    *int64    `json:"excluded,omitempty" doc:"rates: looked at and not in the denominator"`
	Value       *float64  `json:"value" doc:"null: no data"`
	Interval    []float64 `json:"interval,omitempty" doc:"rates: Wilson interval, 95 %"`
	Small       bool      `json:"n_small" doc:"fewer than 30 cases: not to be ranked"`
}

// measured computes the figure from the sizes of its sets; without the last
// one it does not say what is excluded.
func (f *Figure) measured(n []int64) Measured {
	m := Measured{Numerator: n[0]}
	if f.Unit == Count {
		v := float64(n[0])
		m.Value = &v
		return m
	}
	m.Denominator = &n[1]
	if len(n) > 2 {
		m.Excluded = &n[2]
	}
	if n[1] > 0 {
		v := float64(n[0]) / float64(n[1])
		lo, hi := share.Wilson(n[0], n[1])
		m.Value, m.Interval, m.Small = &v, []float64{lo, hi}, n[1] < share.Small
	}
	return m
}

// Answer is a figure with its breakdown.
type Answer struct {
	Figure *Figure
	Rows   []Row
	Total  Measured
}

// Tree answers how categories hang together, in force or not.
type Tree interface {
	// Branch is the category's code and name, and the id of its top-level group
	// (its own if it is one); false if it never existed.
	Branch(category int64) (code string, name errs.Words, group int64, ok bool)
}

// Service computes figures over the cases.
type Service struct {
	Cases *cases.Service
	Tree  Tree
}

// errBy refuses a breakdown.
var errBy = errs.Invalid.New("field", w("分组方式", "breakdown"), "remedy", w("按状态只能查看上报数", "by status there is only the number of cases")).In("by")

// Days that Value takes at most, so that nobody asks for ages by mistake.
const maxYears = 20

func (q *Query) check() error {
	bad := func(field string, zh, en string) error {
		return errs.Invalid.New("field", w("日期", "days"), "remedy", w(zh, en)).In(field)
	}
	for _, d := range []struct {
		field string
		day   int
	}{{"from", q.From}, {"to", q.To}} {
		if t, err := time.Parse("20060102", strconv.Itoa(d.day)); err != nil || t.Year() < 1970 {
			return bad(d.field, "请按 20261201 的样子填写", "write it like 20261201")
		}
	}
	switch {
	case q.From > q.To:
		return bad("to", "结束日期不能早于开始日期", "the last day lies before the first")
	case q.To/10000-q.From/10000 >= maxYears:
		return bad("from", "时段不能超过 20 年", "at most 20 years")
	case q.By == Day && q.To/10000-q.From/10000 > 2:
		return bad("from", "按日查看时段不能超过 3 年，请改为按月", "by day at most three years; choose by month")
	case q.By != Total && !slices.Contains(Dims, q.By):
		return errs.Invalid.New("field", w("分组方式", "breakdown"), "remedy", w("请从列表中选择", "please choose from the list")).In("by")
	}
	for _, c := range q.Channels {
		if !slices.Contains(cases.Channels, c) {
			return errs.Invalid.New("field", w("来源渠道", "channel"), "remedy", w("请从列表中选择", "please choose from the list")).In("channel")
		}
	}
	return nil
}

// byNet tells whether each case has to be placed on another day's grids.
func (q *Query) byNet() bool { return q.net != nil && (q.By == Grid || len(q.Grids) > 0) }

// onNet finds the grids of the query's day.
func (s *Service) onNet(ctx context.Context, q *Query) (err error) {
	if q.Net != 0 {
		q.net, err = s.Cases.Atlas.Net(ctx, q.Net)
	}
	return err
}

// Value computes a figure for the scope, broken down by q.By, in the language.
// It never counts a case that the scope does not reach.
func (s *Service) Value(ctx context.Context, scope access.Scope, id string, q Query, lang string) (*Answer, error) {
	f, err := ByID(id)
	if err != nil {
		return nil, err
	}
	if err := q.check(); err != nil {
		return nil, err
	}
	if q.By == Status && !f.allCases() {
		return nil, errBy
	}
	if err := s.onNet(ctx, &q); err != nil {
		return nil, err
	}
	a := &Answer{Figure: f}
	if q.By != Total {
		n, err := s.sums(ctx, scope, &q, q.By, f.sets())
		if err != nil {
			return nil, err
		}
		a.Rows = s.rows(f, &q, n, lang)
		if q.By != Unit { // every other dimension has all cases
			a.Total = f.measured(n.all(len(f.sets())))
			return a, nil
		}
	}
	n, err := s.sums(ctx, scope, &q, Total, f.sets())
	if err != nil {
		return nil, err
	}
	a.Total = f.measured(n.all(len(f.sets())))
	return a, nil
}

// all adds up all keys.
func (n sums) all(sets int) []int64 {
	out := make([]int64, sets)
	for _, v := range n {
		for i := range v {
			out[i] += v[i]
		}
	}
	return out
}

// rows names the keys and puts them in order: time, codes and channels in
// their own order, the rest by size.
func (s *Service) rows(f *Figure, q *Query, n sums, lang string) []Row {
	if q.By == Day || q.By == Month { // also those without any case
		for _, k := range q.periods() {
			if n[k] == nil {
				n[k] = make([]int64, 3)
			}
		}
	}
	out := make([]Row, 0, len(n))
	for k, v := range n {
		if q.By != Day && q.By != Month && !slices.ContainsFunc(v, func(n int64) bool { return n != 0 }) {
			continue
		}
		r := Row{Key: k, Measured: f.measured(v)}
		s.name(&r, q, lang)
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Row) int {
		var c int
		switch q.By {
		case Channel:
			c = cmp.Compare(slices.Index(cases.Channels, a.Key), slices.Index(cases.Channels, b.Key))
		case Status:
			c = cmp.Compare(statusIndex(a.Key), statusIndex(b.Key))
		case Category, Group, Unit:
			c = cmp.Compare(size(&b), size(&a))
		}
		return cmp.Or(c, cmp.Compare(number(a.Key), number(b.Key)))
	})
	return out
}

func size(r *Row) int64 {
	if r.Denominator != nil {
		return *r.Denominator
	}
	return r.Numerator
}

func number(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }

func statusIndex(s string) int {
	for i, st := range cases.Statuses {
		if string(st) == s {
			return i
		}
	}
	return len(cases.Statuses)
}

// periods are the days or months of the query, as keys.
func (q *Query) periods() []string {
	var out []string
	first, _ := time.Parse("20060102", strconv.Itoa(q.From))
	last, _ := time.Parse("20060102", strconv.Itoa(q.To))
	if q.By == Day {
		for t := first; !t.After(last); t = t.AddDate(0, 0, 1) {
			out = append(out, t.Format("20060102"))
		}
		return out
	}
	for t := first.AddDate(0, 0, 1-first.Day()); !t.After(last); t = t.AddDate(0, 1, 0) {
		out = append(out, t.Format("200601"))
	}
	return out
}

var channelNames = map[string]errs.Words{
	"grid_worker": w("网格员", "Grid worker"), "resident": w("居民", "Resident"), "hotline": w("热线", "Hotline"), "app": w("智慧社区", "Community app"),
	"liaison": w("包联走访", "Liaison visit"), "whistle": w("吹哨", "Whistle"), "department": w("部门", "Department"), "open311": w("Open311", "Open311"),
	"import": w("历史导入", "Import"), "superior": w("上级交办", "From a superior"),
}

var statusNames = map[string]errs.Words{
	"reported": w("待受理", "Reported"), "accepted": w("已受理", "Accepted"), "declined": w("不予受理", "Declined"), "filed": w("待派遣", "Filed"), "not_filed": w("不予立案", "Not filed"),
	"dispatched": w("待签收", "Dispatched"), "signed": w("已签收", "Signed for"), "in_progress": w("办理中", "In progress"), "resolved": w("待核查", "Resolved"), "verified": w("待回访", "Verified"),
	"closed": w("已结案", "Closed"), "archived": w("已归档", "Archived"), "merged": w("已并入", "Merged"), "withdrawn": w("已撤回", "Withdrawn"), "void": w("已作废", "Void"),
}

// name labels a row in the words of the reader.
func (s *Service) name(r *Row, q *Query, lang string) {
	id := number(r.Key)
	r.Label = r.Key
	known := func(n cases.Named, none errs.Words) {
		if id == 0 {
			r.Label = none.In(lang)
		} else if n.Name != "" {
			r.Label = n.Name
		}
	}
	nowhere := w("未定位", "Place unknown")
	switch q.By {
	case District, Street, Community:
		known(s.Cases.Atlas.Region(id), nowhere)
	case Grid:
		g := s.Cases.Atlas.Grid(id)
		if q.net != nil {
			g, _ = q.net.Grid(id)
		}
		known(g, nowhere)
		r.Code = g.Code
	case Category, Group:
		if id == 0 {
			r.Label = w("未分类", "Without category").In(lang)
		} else if code, name, group, ok := s.branch(id); ok {
			r.Code, r.Label = code, name.In(lang)
			if q.By == Category {
				r.Group = strconv.FormatInt(group, 10)
			}
		}
	case Unit:
		o, _ := s.Cases.People.Org(id)
		known(o, w("未派遣", "Not dispatched"))
	case Channel:
		r.Label = channelNames[r.Key].In(lang)
	case Status:
		r.Label = statusNames[r.Key].In(lang)
	case Day:
		r.Label = r.Key[:4] + "-" + r.Key[4:6] + "-" + r.Key[6:]
	case Month:
		r.Label = r.Key[:4] + "-" + r.Key[4:]
	}
}

func (s *Service) branch(id int64) (code string, name errs.Words, group int64, ok bool) {
	if s.Tree != nil {
		return s.Tree.Branch(id)
	}
	c, err := s.Cases.Rules().Category(id, 0, "")
	return c.Code, c.Name, id, err == nil
}
