package app

import (
	"context"
	"slices"
	"strconv"
	"time"

	"linli/internal/figures/metric"
	"linli/internal/figures/report"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/web"
	"linli/internal/people/identity"
	"linli/internal/work/cases"
)

// reports makes the room of saved queries with a period and recipients.
func (a *App) reports() *report.Service {
	return &report.Service{DB: a.DB, Today: a.Today, Ledger: a.Ledger, People: readers{a},
		Day:     func(us int64) int { return a.rules().Calendar().Day(us) },
		Instant: func(us int64) string { return time.UnixMicro(us).In(a.opt.Location()).Format(time.RFC3339) },
		Sources: map[string]report.Source{"register": ofRegisters{a.Ledger}, "figure": ofFigures{a}}}
}

// readers are the people to whom reports go.
type readers struct{ *App }

func (r readers) Actor(ctx context.Context, account int64) (*access.Actor, bool) {
	x, err := r.Identity.AccountByID(ctx, access.System("reports"), account)
	if err != nil || x.DisabledAt != 0 || x.Kind != identity.Person {
		return nil, false
	}
	return &access.Actor{Account: x.ID, Login: x.Login, Name: x.Name, Lang: x.Lang, Posts: x.Posts}, true
}

func (r readers) Account(id int64) string { return r.Identity.AccountName(id) }
func (r readers) Org(id int64) string     { return r.Identity.OrgName(id) }
func (r readers) Of(org int64) []int64    { return r.Identity.Directory().OfOrg(org, r.Today()) }

func (r readers) Find(text string, limit int) (people, orgs []ledger.Named) {
	programs := r.Identity.Directory().Programs()
	people = slices.DeleteFunc(accountNames{r.Identity}.Search(text, limit), func(n ledger.Named) bool { return slices.Contains(programs, n.ID) })
	return people, orgNames{r.Identity, r.Today}.Search(text, limit)
}

// ofRegisters answers from the registers' own lists and figures.
type ofRegisters struct{ *ledger.Engine }

func (s ofRegisters) Named(code string) (access.Perm, errs.Words, bool) { return s.Readable(code) }

func (s ofRegisters) Answer(ctx context.Context, scope access.Scope, lang string, q report.Query, p report.Period, most int) (*report.Sheet, error) {
	f := ledger.Filter{Where: slices.Clone(q.Where), Query: q.Q, Sort: "id"}
	if q.Dated == "" {
		f.Where = append(f.Where, ledger.Where("on", "=", ledger.Day(p.To)))
	} else {
		f.Where = append(f.Where, ledger.Where(q.Dated, ">=", ledger.Day(p.From)), ledger.Where(q.Dated, "<=", ledger.Day(p.To)))
	}
	x, err := s.Extract(ctx, scope, q.Code, lang, f, q.Columns, q.By, q.Sum, most)
	if err != nil {
		return nil, err
	}
	out := &report.Sheet{Total: strconv.Itoa(x.Figure.Total), Sum: sumText(x.Figure.Sum)}
	for _, c := range x.Columns {
		out.Columns = append(out.Columns, report.Column(c))
	}
	for _, g := range x.Figure.Items {
		out.Parts = append(out.Parts, report.Part{Name: g.Name, Value: strconv.Itoa(g.N), Sum: sumText(g.Sum)})
	}
	for _, r := range x.Rows {
		out.Lines = append(out.Lines, report.Line(r))
	}
	return out, nil
}

func sumText(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

// ofFigures answers with a figure of the catalogue and the cases behind it.
type ofFigures struct{ *App }

func (s ofFigures) Named(id string) (access.Perm, errs.Words, bool) {
	f, err := metric.ByID(id)
	if err != nil {
		return "", errs.Words{}, false
	}
	return access.FigureRead, f.Name, true
}

func (s ofFigures) Answer(ctx context.Context, scope access.Scope, lang string, q report.Query, p report.Period, most int) (*report.Sheet, error) {
	if len(q.Where) > 0 || q.Q != "" || q.Sum != "" || q.Dated != "" || len(q.Columns) > 0 {
		return nil, errs.Invalid.New("field", errs.Words{ZH: "查询条件", EN: "conditions"}, "remedy", errs.Words{ZH: "指标报表按收件人的范围计算，不另加条件", EN: "a figure is computed for the recipient's scope, without further conditions"}).In("where")
	}
	a, err := s.Metric.Value(ctx, scope, q.Code, metric.Query{By: metric.Dim(q.By), From: p.From, To: p.To}, lang)
	if err != nil {
		return nil, err
	}
	say := func(m metric.Measured) string {
		switch {
		case m.Value == nil:
			return errs.Words{ZH: "无数据", EN: "no data"}.In(lang)
		case m.Denominator == nil:
			return strconv.FormatInt(m.Numerator, 10)
		}
		return strconv.FormatFloat(100**m.Value, 'f', 1, 64) + "% (" + strconv.FormatInt(m.Numerator, 10) + "/" + strconv.FormatInt(*m.Denominator, 10) + ")"
	}
	out := &report.Sheet{Total: say(a.Total)}
	for _, r := range a.Rows {
		out.Parts = append(out.Parts, report.Part{Name: r.Label, Value: say(r.Measured)})
	}
	if most == 0 {
		return out, nil
	}
	out.Lines, err = s.behind(ctx, scope, a.Figure, lang, p, most)
	out.Columns = []report.Column{{Name: "status", Label: errs.Words{ZH: "状态", EN: "Status"}.In(lang)}, {Name: "day", Label: errs.Words{ZH: "上报日期", EN: "Reported"}.In(lang)}, {Name: "counts", Label: a.Figure.Name.In(lang)}}
	return out, err
}

// behind are the cases of the figure's denominator that the recipient may see, each
// with whether it is in the numerator.
func (s ofFigures) behind(ctx context.Context, scope access.Scope, f *metric.Figure, lang string, p report.Period, most int) ([]report.Line, error) {
	reads, err := scope.For(access.CaseRead)
	if err != nil { // figures are this person's to know, cases are not
		return nil, nil
	}
	all, none := f.Denominator.Masks()
	filter := cases.Filter{From: p.From, To: p.To, MarksAll: all, MarksNone: none, Sort: "-reported", Limit: 200}
	var out []report.Line
	for {
		list, more, err := s.Cases.Cases(ctx, reads, filter)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			counts := errs.Words{ZH: "否", EN: "no"}
			if f.Numerator.Holds(c.Marks) {
				counts = errs.Words{ZH: "是", EN: "yes"}
			}
			out = append(out, report.Line{ID: c.ID, Label: c.Number, Cells: []string{cases.StatusName(c.Status, lang), dayText(c.Day), counts.In(lang)}})
		}
		if len(out) > most {
			return nil, web.ErrTooManyRows.New("max", most)
		}
		if !more || len(list) == 0 {
			return out, nil
		}
		last := list[len(list)-1]
		at := last.PlaceOf(filter.Sort)
		filter.After = &at
	}
}

func dayText(d int) string {
	return time.Date(d/10000, time.Month(d/100%100), d%100, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}
