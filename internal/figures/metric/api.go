package metric

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// API registers the room's operations.
func (s *Service) API(r *web.Router) {
	read := access.Needs(access.FigureRead)
	tags := []string{"figures"}
	web.Register(r, web.Op{ID: "list-figures", Method: "GET", Path: "/api/v1/figures", Policy: read, Tags: tags, Summary: "指标目录", SummaryEN: "Catalogue of figures"}, s.list)
	web.Register(r, web.Op{ID: "figure", Method: "GET", Path: "/api/v1/figures/{id}", Policy: read, Tags: tags, Summary: "指标数值", SummaryEN: "A figure, broken down"}, s.value)
	web.Handle(r, web.Op{ID: "export-figure", Method: "GET", Path: "/api/v1/figures/{id}/export.xlsx", Policy: read, Tags: tags, Produces: web.XLSX, Params: valueIn{}, Summary: "导出指标", SummaryEN: "Export a figure to Excel"}, s.export)
	web.Register(r, web.Op{ID: "cockpit", Method: "GET", Path: "/api/v1/cockpit", Policy: read, Answers: []int{404}, Tags: tags, Summary: "数据总览", SummaryEN: "Cockpit"}, s.cockpit)
}

// Info is a figure of the catalogue in one language.
type Info struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Unit        string `json:"unit" enum:"count,rate"`
	Numerator   string `json:"numerator"`
	Denominator string `json:"denominator"`
	Exclusions  string `json:"exclusions"`
	Source      string `json:"source"`
	Definition  string `json:"definition"`
}

func (f *Figure) info(lang string) Info {
	return Info{f.ID, f.Name.In(lang), f.Unit, f.Says.Numerator.In(lang), f.Says.Denominator.In(lang), f.Says.Exclusions.In(lang), f.Says.Source.In(lang), f.Says.Definition.In(lang)}
}

type listOut struct {
	Body struct {
		Items []Info `json:"items"`
	}
}

func (s *Service) list(ctx context.Context, _ access.Scope, _ *struct{}) (*listOut, error) {
	out := &listOut{}
	for i := range catalogue {
		out.Body.Items = append(out.Body.Items, catalogue[i].info(web.Lang(ctx)))
	}
	return out, nil
}

type valueIn struct {
	ID        string `path:"id"`
	By        string `query:"by" enum:"district,street,community,grid,category,group,unit,channel,day,month,status"`
	From      int    `query:"from" doc:"first day of report, yyyymmdd; the first of this month if left out"`
	To        int    `query:"to" doc:"last day of report, yyyymmdd; today if left out"`
	Region    string `query:"region" doc:"code of a district, street or community"`
	Street    string `query:"street" doc:"comma list of codes"`
	Community string `query:"community" doc:"comma list of codes"`
	Grid      string `query:"grid" doc:"comma list of ids"`
	Net       int    `query:"net" doc:"yyyymmdd: grids are those of that day, and each case counts in the one that had its position then"`
	Category  string `query:"category" doc:"comma list of ids, any level"`
	Unit      string `query:"unit" doc:"comma list of lead units"`
	Lead      string `query:"lead" doc:"the same as unit"`
	Channel   string `query:"channel" doc:"comma list"`
}

var _ = web.Name(map[string]errs.Words{"by": w("分组方式", "the breakdown"), "region": w("区划", "the region"), "figure": w("指标", "the figure")})

// query reads what is asked for; days default to this month so far.
func (s *Service) query(in *valueIn) (Query, error) {
	cal := s.Cases.Rules().Calendar()
	q := Query{By: Dim(in.By), From: in.From, To: in.To, Net: in.Net}
	if q.To == 0 {
		q.To = cal.Day(s.Cases.DB.Now())
	}
	if q.From == 0 {
		q.From, _ = month(q.To)
	}
	for _, l := range []struct {
		field, text string
		into        *[]int64
	}{{"street", in.Street, &q.Streets}, {"community", in.Community, &q.Communities}, {"grid", in.Grid, &q.Grids}, {"category", in.Category, &q.Categories}, {"unit", in.Unit, &q.Units}, {"lead", in.Lead, &q.Units}} {
		if l.text == "" {
			continue
		}
		for _, t := range strings.Split(l.text, ",") {
			n, err := strconv.ParseInt(t, 10, 64)
			if err != nil || len(*l.into) >= 1000 {
				return q, errs.Invalid.New("remedy", w("请从列表中选择", "please choose from the list")).In(l.field)
			}
			*l.into = append(*l.into, n)
		}
	}
	if in.Channel != "" {
		q.Channels = strings.Split(in.Channel, ",")
	}
	return q, q.region(in.Region)
}

type valueOut struct {
	Body struct {
		Figure Info     `json:"figure"`
		By     string   `json:"by"`
		From   int      `json:"from"`
		To     int      `json:"to"`
		Rows   []Row    `json:"rows"`
		Total  Measured `json:"total"`
	}
}

func (s *Service) value(ctx context.Context, scope access.Scope, in *valueIn) (*valueOut, error) {
	q, err := s.query(in)
	if err != nil {
		return nil, err
	}
	lang := web.Lang(ctx)
	a, err := s.Value(ctx, scope, in.ID, q, lang)
	if err != nil {
		return nil, err
	}
	out := &valueOut{}
	b := &out.Body
	b.Figure, b.By, b.From, b.To, b.Rows, b.Total = a.Figure.info(lang), in.By, q.From, q.To, a.Rows, a.Total
	if b.Rows == nil {
		b.Rows = []Row{}
	}
	return out, nil
}

type cockpitIn struct {
	From   int    `query:"from" doc:"first day of report, yyyymmdd; the first of this month if left out"`
	To     int    `query:"to" doc:"last day of report, yyyymmdd; today if left out"`
	Region string `query:"region" doc:"code of a district, street or community"`
	Figure string `query:"figure" doc:"the figure to break down; handled_on_time if left out"`
	Net    int    `query:"net" doc:"yyyymmdd: the grids of that day"`
}

type cockpitOut struct{ Body *Cockpit }

func (s *Service) cockpit(ctx context.Context, scope access.Scope, in *cockpitIn) (*cockpitOut, error) {
	q, err := s.query(&valueIn{From: in.From, To: in.To, Region: in.Region, Net: in.Net})
	if err != nil {
		return nil, err
	}
	q.By = Day // the trend is
	if err := q.check(); err != nil {
		return nil, err
	}
	c, err := s.Cockpit(ctx, scope, in.Figure, q, web.Lang(ctx))
	if err != nil {
		return nil, err
	}
	return &cockpitOut{c}, nil
}

var dimNames = map[Dim]errs.Words{Total: w("范围", "Scope"), District: w("区", "District"), Street: w("街道", "Street"), Community: w("社区", "Community"), Grid: w("网格", "Grid"),
	Category: w("类别", "Category"), Group: w("大类", "Group"), Unit: w("主办单位", "Lead unit"), Channel: w("来源渠道", "Channel"), Day: w("日期", "Day"), Month: w("月份", "Month"), Status: w("状态", "Status")}

// export writes the table that the page shows, with what it means below.
func (s *Service) export(ctx context.Context, scope access.Scope, rw http.ResponseWriter, req *http.Request) error {
	in, err := valueFrom(req.PathValue("id"), req.URL.Query())
	if err != nil {
		return err
	}
	q, err := s.query(in)
	if err != nil {
		return err
	}
	lang := web.Lang(ctx)
	a, err := s.Value(ctx, scope, in.ID, q, lang)
	if err != nil {
		return err
	}
	f := a.Figure
	cols := []web.Column{{Title: dimNames[q.By].In(lang), Width: 28}}
	if f.Unit == Count {
		cols = append(cols, web.Column{Title: f.Name.In(lang)})
	} else {
		cols = append(cols, web.Column{Title: w("分子", "Numerator").In(lang)}, web.Column{Title: w("分母", "Denominator").In(lang)}, web.Column{Title: w("不计入", "Excluded").In(lang)},
			web.Column{Title: f.Name.In(lang) + " (%)"}, web.Column{Title: w("95% 区间下限 (%)", "95 % interval from (%)").In(lang)}, web.Column{Title: w("95% 区间上限 (%)", "to (%)").In(lang)})
	}
	cols = append(cols, web.Column{Title: w("备注", "Remark").In(lang), Width: 40})
	t, err := web.NewTable(rw, fmt.Sprintf("%s %d-%d", f.Name.In(lang), q.From, q.To), "xlsx", s.Cases.Rules().Calendar().Location(), cols)
	if err != nil {
		return err
	}
	line := func(label string, m Measured) error {
		vals := []any{label, m.Numerator}
		if f.Unit == Rate {
			vals = append(vals, *m.Denominator, *m.Excluded, nil, nil, nil)
			if m.Value != nil {
				vals[4], vals[5], vals[6] = percent(*m.Value), percent(m.Interval[0]), percent(m.Interval[1])
			}
		}
		remark := ""
		switch {
		case m.Value == nil:
			remark = w("无数据", "no data").In(lang)
		case m.Small:
			remark = w("样本少于 30 件，不宜排名", "fewer than 30 cases: not to be ranked").In(lang)
		}
		return t.Row(append(vals, remark)...)
	}
	note := func(title, text string) error {
		if text == "" {
			return nil
		}
		vals := make([]any, len(cols))
		vals[0] = title + w("：", ": ").In(lang) + text
		return t.Row(vals...)
	}
	err = func() error {
		for _, r := range a.Rows {
			if err := line(r.Label, r.Measured); err != nil {
				return err
			}
		}
		if err := line(w("合计", "Total").In(lang), a.Total); err != nil {
			return err
		}
		i := f.info(lang)
		for _, n := range [][2]string{{w("时段", "Days of report").In(lang), fmt.Sprintf("%d–%d", q.From, q.To)}, {w("网格口径", "Grids of").In(lang), netDay(q.Net)}, {w("含义", "Meaning").In(lang), i.Definition}, {w("分子", "Numerator").In(lang), i.Numerator},
			{w("分母", "Denominator").In(lang), i.Denominator}, {w("不计入", "Excluded").In(lang), i.Exclusions}, {w("依据", "Source").In(lang), i.Source}} {
			if err := note(n[0], n[1]); err != nil {
				return err
			}
		}
		return t.Close()
	}()
	if err != nil {
		t.Abort()
	}
	return err
}

func netDay(day int) string {
	if day == 0 {
		return ""
	}
	return strconv.Itoa(day)
}

func percent(v float64) float64 { return float64(int64(v*10_000+0.5)) / 100 }

// valueFrom reads a raw query as valueIn declares it.
func valueFrom(id string, v url.Values) (*valueIn, error) {
	in := &valueIn{ID: id, By: v.Get("by"), Region: v.Get("region"), Street: v.Get("street"), Community: v.Get("community"), Grid: v.Get("grid"),
		Category: v.Get("category"), Unit: v.Get("unit"), Lead: v.Get("lead"), Channel: v.Get("channel")}
	for _, d := range []struct {
		field string
		into  *int
	}{{"from", &in.From}, {"to", &in.To}, {"net", &in.Net}} {
		if t := v.Get(d.field); t != "" {
			n, err := strconv.Atoi(t)
			if err != nil {
				return nil, errs.Invalid.New("field", w("日期", "days"), "remedy", w("请按 20261201 的样子填写", "write it like 20261201")).In(d.field)
			}
			*d.into = n
		}
	}
	return in, nil
}
