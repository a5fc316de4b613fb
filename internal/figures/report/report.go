package report

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// Query is what a report asks of its source.
type Query struct {
	Source  string   `json:"source" enum:"register,figure"`
	Code    string   `json:"code" maxLength:"60" doc:"a register's code, or a figure's id"`
	Where   []string `json:"where,omitempty" maxItems:"20" doc:"conditions of the register's list; of one of the city's own registers also form=ID"`
	Q       string   `json:"q,omitempty" maxLength:"200" doc:"words of the searched fields"`
	Columns []string `json:"columns,omitempty" maxItems:"40" doc:"fields of the rows; absent: those that the register asks"`
	By      string   `json:"by,omitempty" maxLength:"60" doc:"a field, or district, street, community; of a figure one of its dimensions"`
	Sum     string   `json:"sum,omitempty" maxLength:"60" doc:"a number that is added up besides"`
	Dated   string   `json:"dated,omitempty" maxLength:"60" doc:"a date of the register that must lie in the period; absent: what is in force on its last day"`
}

// Body is a report as its author writes it.
type Body struct {
	Name   string  `json:"name" doc:"what it is called"`
	Length string  `json:"length" enum:"month,quarter,year" doc:"of its period"`
	People []int64 `json:"people,omitempty" maxItems:"50" doc:"accounts that get it"`
	Orgs   []int64 `json:"orgs,omitempty" maxItems:"20" doc:"organisations of which everybody gets it who may read its source"`
	Query
}

// Report is a report as it is kept.
type Report struct {
	ID                   int64
	Version              int
	State                string // active, closed
	Account              int64  // whose it is
	CreatedAt, ChangedAt int64
	Body
}

// Column heads a column of a run.
type Column struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

// Line is a record behind a run, as it was.
type Line struct {
	ID    int64    `json:"id" doc:"of the record"`
	Label string   `json:"label"`
	Cells []string `json:"cells"`
}

// Part is a part of the run's number.
type Part struct {
	Name  string `json:"name"`
	Value string `json:"value" doc:"a number, or a rate with what it is made of"`
	Sum   string `json:"sum,omitempty"`
}

// Sheet is what a source answers.
type Sheet struct {
	Columns []Column `json:"columns"`
	Total   string   `json:"total" doc:"the number of records, or the figure"`
	Sum     string   `json:"sum,omitempty"`
	Parts   []Part   `json:"parts"`
	Lines   []Line   `json:"-"`
}

// Source answers queries about one kind of thing.
type Source interface {
	// Named is the permission by which it is read and what it is called; false if there is none with that code.
	Named(code string) (access.Perm, errs.Words, bool)
	// Answer computes a sheet for the period in the eyes of the scope's actor; most is how many lines it may
	// have, 0 to see only whether the query makes sense. Errors name their field.
	Answer(ctx context.Context, scope access.Scope, lang string, q Query, p Period, most int) (*Sheet, error)
}

// People are who reports go to.
type People interface {
	// Actor is the person with the posts of today; false if the account is none that signs in.
	Actor(ctx context.Context, account int64) (*access.Actor, bool)
	Account(id int64) string
	Org(id int64) string
	// Of lists who holds a post of the organisation today.
	Of(org int64) []int64
	// Find offers people and organisations while somebody types.
	Find(text string, limit int) (people, orgs []ledger.Named)
}

// Service is the room.
type Service struct {
	DB      *store.DB
	Today   func() int
	Day     func(us int64) int    // the city's day of an instant
	Instant func(us int64) string // as JSON has it
	Sources map[string]Source
	People  People
	Ledger  *ledger.Engine // writes its files
}

// mostLines is how many records a run keeps.
const mostLines = 20_000

// What may be wrong with a report.
var (
	ErrClosed  = errs.Declare("report_closed", 409, "这张报表已停用。", "This report is closed.")
	ErrPeriod  = errs.Declare("report_period", 422, "请填写已开始的周期，例如 {example}。", "Give a period that has begun, such as {example}.")
	ErrNobody  = errs.Declare("report_nobody", 422, "收件人都无权查看“{name}”，请另选收件人。", "None of the recipients may read “{name}”; choose others.")
	_          = web.Name(map[string]errs.Words{"length": w("周期", "the period"), "people": w("收件人", "the recipients"), "columns": w("列", "the columns"), "sum": w("合计", "the sum"), "dated": w("日期字段", "the date")})
	sourceName = w("数据来源", "the source")
)

// Actions names the audited actions of reports.
var Actions = map[string]errs.Words{
	"report.create": w("新建报表", "Make a report"), "report.change": w("修改报表", "Change a report"), "report.close": w("停用报表", "Close a report"), "report.run": w("生成报表", "Run a report"), "report.export": w("导出报表", "Export a report"),
}

// check tells all that is wrong with a report in the eyes of its author.
func (s *Service) check(ctx context.Context, scope access.Scope, b *Body) error {
	var wrong []web.FieldError
	add := func(field string, err *errs.Error) {
		wrong = append(wrong, web.FieldError{Field: field, Err: err.In(field)})
	}
	b.Name = strings.TrimSpace(b.Name)
	switch n := utf8.RuneCountInString(b.Name); {
	case n == 0:
		add("name", errs.Required.New("field", w("名称", "name")))
	case n > 60:
		add("name", errs.TooLong.New("field", w("名称", "name"), "max", 60))
	}
	if len(b.People)+len(b.Orgs) == 0 {
		add("people", errs.Required.New("field", w("收件人", "recipients")))
	}
	for _, id := range b.People {
		if s.People.Account(id) == "" {
			add("people", errs.Invalid.New("field", w("收件人", "recipients"), "remedy", w("没有这个人，请重新选择", "there is no such person; choose again")))
		}
	}
	for _, id := range b.Orgs {
		if s.People.Org(id) == "" {
			add("orgs", errs.Invalid.New("field", w("收件单位", "organisations"), "remedy", w("没有这个单位，请重新选择", "there is no such organisation; choose again")))
		}
	}
	src := s.Sources[b.Source]
	perm, _, known := access.Perm(""), errs.Words{}, false
	if src != nil {
		perm, _, known = src.Named(b.Code)
	}
	if reads, err := scope.For(perm); !known || err != nil {
		add("code", errs.Invalid.New("field", sourceName, "remedy", w("请从列表中选择", "choose from the list")))
	} else if _, err := src.Answer(ctx, reads, web.Lang(ctx), b.Query, PeriodOf(b.Length, s.Today()), 0); err != nil {
		e := errs.As(err)
		if e.Kind.Status >= 500 {
			return err
		}
		add(e.Field, e)
	}
	return web.Fields(wrong)
}

// recipients are the accounts that get the report today, each once.
func (s *Service) recipients(b *Body) []int64 {
	out := slices.Clone(b.People)
	for _, o := range b.Orgs {
		out = append(out, s.People.Of(o)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Run makes the report for the period anew, a run for each recipient who may read
// its source, and returns how many; by is 0 for the program. missing leaves out who
// has a run of the period already.
func (s *Service) Run(ctx context.Context, r *Report, p Period, by int64, missing bool) (made int, err error) {
	src := s.Sources[r.Source]
	if src == nil {
		return 0, errs.NotFound.New()
	}
	perm, _, known := src.Named(r.Code)
	if !known {
		return 0, errs.NotFound.New()
	}
	for _, account := range s.recipients(&r.Body) {
		who, ok := s.People.Actor(ctx, account)
		if !ok {
			continue
		}
		scope, err := who.Scope(perm, s.Today())
		if err != nil { // may not read it: gets nothing
			continue
		}
		if missing {
			had, err := s.has(ctx, r.ID, account, p.Key)
			if err != nil {
				return made, err
			}
			if had {
				continue
			}
		}
		sheet, err := src.Answer(ctx, scope, who.Lang, r.Query, p, mostLines)
		if err != nil {
			return made, err
		}
		if err := s.keep(ctx, r, p, account, by, sheet); err != nil {
			return made, err
		}
		made++
	}
	return made, nil
}

// RunDue makes, for every report, what is missing of the last period that ended
// since the report was made. It is safe to repeat.
func (s *Service) RunDue(ctx context.Context) error {
	list, err := s.reports(ctx, "state = 'active'")
	if err != nil {
		return err
	}
	for _, r := range list {
		p := PeriodOf(r.Length, s.Today()).Before(r.Length)
		if s.Day(r.CreatedAt) > p.To {
			continue
		}
		if _, err := s.Run(ctx, r, p, 0, true); err != nil {
			if errs.As(err).Kind.Status >= 500 {
				return err
			}
			slog.Warn("report: cannot be made", "report", r.ID, "period", p.Key, "error", err)
		}
	}
	return nil
}
