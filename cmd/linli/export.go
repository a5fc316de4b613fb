package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"linli/internal/app"
	"linli/internal/kernel/access"
	"linli/internal/kernel/archive"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
	"linli/internal/kernel/web"
	"linli/internal/work/cases"
)

const exportUse = `export cases --out FILE.{xlsx,csv,jsonl} [--from DAY] [--to DAY] [--status a,b] [--channel a,b] [--open]
       [--district CODE] [--q TEXT] [--as LOGIN] [--lang zh|en]

Writes the cases that the account may see (without --as: all of them), oldest
first. Nothing of the reporters goes out: names and telephone numbers stay in
the vault, telephone and identity numbers inside texts are masked.`

func exportCmd(ctx context.Context, args []string) error {
	f := newFlags("export", exportUse)
	out := f.String("out", "", "file to write; its ending says the format")
	from := f.String("from", "", "first day of report, like 2026-11-01")
	to := f.String("to", "", "last day of report")
	status := f.String("status", "", "comma list of statuses")
	channel := f.String("channel", "", "comma list of channels")
	open := f.Bool("open", false, "only cases that are not closed")
	district := f.Int("district", 0, "one district, 6 digits")
	q := f.String("q", "", "words in the text")
	login := f.String("as", "", "account through whose eyes to look")
	lang := f.String("lang", "zh", "language of headings: zh or en")
	words, err := f.words(args, 1, 1)
	if err != nil {
		return err
	}
	if words[0] != "cases" {
		return usage("%q cannot be exported; write: linli export cases --out FILE", words[0])
	}
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(*out)), ".")
	if format != "xlsx" && format != "csv" && format != "jsonl" {
		return usage("--out must name a file that ends in .xlsx, .csv or .jsonl")
	}
	if *lang != "zh" && *lang != "en" {
		return usage("--lang takes zh or en")
	}
	filter := cases.Filter{District: *district, Query: *q, Sort: "reported", Limit: 1000}
	if filter.From, err = dayFlag("from", *from); err != nil {
		return err
	}
	if filter.To, err = dayFlag("to", *to); err != nil {
		return err
	}
	var known []string
	for _, s := range cases.Life.States {
		known = append(known, string(s))
	}
	if filter.Statuses, err = commaList("status", *status, known); err != nil {
		return err
	}
	if filter.Channels, err = commaList("channel", *channel, cases.Channels); err != nil {
		return err
	}
	if *open {
		filter.Open = open
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	scope, err := scopeAs(ctx, a, *login, access.CaseExport)
	if err != nil {
		return err
	}
	rows := 0
	err = archive.WriteFile(*out, func(w io.Writer) error {
		rows, err = exportCases(ctx, a, scope, filter, w, format, *lang)
		return err
	})
	if err != nil {
		return err
	}
	return f.print(map[string]any{"ok": true, "rows": rows, "file": *out}, "%d cases written to %s\n", rows, *out)
}

// exportRow is a case as a line of JSON; its names are those that import maps
// by itself.
type exportRow struct {
	Number     string   `json:"number"`
	Title      string   `json:"title"`
	Text       string   `json:"text"`
	Status     string   `json:"status"`
	Channel    string   `json:"channel"`
	Grade      string   `json:"grade"`
	Category   string   `json:"category"`
	District   int      `json:"district"`
	Street     int64    `json:"street,omitempty"`
	Community  int64    `json:"community,omitempty"`
	Grid       string   `json:"grid,omitempty"`
	Address    string   `json:"address,omitempty"`
	Lon        *float64 `json:"lon,omitempty"`
	Lat        *float64 `json:"lat,omitempty"`
	Lead       string   `json:"lead,omitempty"`
	ReportedAt string   `json:"reported_at"`
	DueAt      string   `json:"due_at,omitempty"`
	ResolvedAt string   `json:"resolved_at,omitempty"`
	ClosedAt   string   `json:"closed_at,omitempty"`
	Returns    int      `json:"returns"`
	Redos      int      `json:"redos"`
	Solved     *bool    `json:"solved,omitempty"`
	Satisfied  int      `json:"satisfied,omitempty"`
	Result     string   `json:"result,omitempty"`
	Outside    string   `json:"outside_number,omitempty"`
}

var exportHeads = []errs.Words{{ZH: "编号", EN: "Number"}, {ZH: "标题", EN: "Title"}, {ZH: "内容", EN: "Text"}, {ZH: "状态", EN: "Status"}, {ZH: "来源渠道", EN: "Channel"},
	{ZH: "分级", EN: "Grade"}, {ZH: "类别", EN: "Category"}, {ZH: "街道", EN: "Street"}, {ZH: "社区", EN: "Community"}, {ZH: "网格", EN: "Grid"}, {ZH: "地址", EN: "Address"},
	{ZH: "经度", EN: "Longitude"}, {ZH: "纬度", EN: "Latitude"}, {ZH: "主办单位", EN: "Lead unit"}, {ZH: "登记时间", EN: "Reported"}, {ZH: "办理时限", EN: "Due"},
	{ZH: "办结时间", EN: "Resolved"}, {ZH: "结案时间", EN: "Closed"}, {ZH: "退单次数", EN: "Returns"}, {ZH: "重办次数", EN: "Redos"}, {ZH: "回访解决", EN: "Solved"},
	{ZH: "满意程度", EN: "Satisfaction"}, {ZH: "办理结果", EN: "Result"}, {ZH: "外部编号", EN: "Outside number"}}

// exportCases streams the cases of the scope, a page at a time, and records
// the export in the audit trail before the file becomes visible.
func exportCases(ctx context.Context, a *app.App, scope access.Scope, f cases.Filter, w io.Writer, format, lang string) (rows int, err error) {
	cal := a.Rulebook.Current(a.DB.Now()).Calendar()
	instant := func(t int64) string {
		if t == 0 {
			return ""
		}
		return cal.Time(t).Format(time.RFC3339)
	}
	put, end := lines(w, instant)
	if format != "jsonl" {
		cols := make([]web.Column, len(exportHeads))
		for i, h := range exportHeads {
			cols[i] = web.Column{Title: h.In(lang)}
		}
		t, err := web.WriteTable(w, errs.Words{ZH: "事件", EN: "cases"}.In(lang), format, cal.Location(), cols)
		if err != nil {
			return 0, err
		}
		t.Lang = lang
		defer t.Abort()
		put, end = sheet(t, lang), t.Close
	}
	for {
		list, more, err := a.Cases.Cases(ctx, scope, f)
		if err != nil {
			return rows, err
		}
		items := a.Cases.Items(scope, lang, list)
		for i, c := range list {
			if err := put(c, &items[i]); err != nil {
				return rows, err
			}
		}
		if rows += len(list); !more {
			break
		}
		if err := ctx.Err(); err != nil {
			return rows, err
		}
		p := list[len(list)-1].PlaceOf(f.Sort)
		f.After = &p
	}
	err = a.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "case.export", Object: "case", Detail: fmt.Appendf(nil, `{"rows":%d,"through":"command line"}`, rows)})
		return nil
	})
	if err != nil {
		return rows, err
	}
	return rows, end()
}

func lines(w io.Writer, instant func(int64) string) (func(*cases.Case, *cases.Item) error, func() error) {
	buf := bufio.NewWriter(w)
	e := json.NewEncoder(buf)
	e.SetEscapeHTML(false)
	return func(c *cases.Case, it *cases.Item) error {
		r := exportRow{Number: c.Number, Title: vault.Redact(c.Title), Text: vault.Redact(c.Body), Status: string(c.Status), Channel: c.Channel, Grade: c.Grade, Category: name(it.Category),
			District: c.District, Street: c.Street, Community: c.Community, Address: c.Address, Lon: it.Lon, Lat: it.Lat, Lead: name(it.Lead), ReportedAt: instant(c.ReportedAt),
			DueAt: instant(c.DueAt), ResolvedAt: instant(c.ResolvedAt), ClosedAt: instant(c.ClosedAt), Returns: c.Returns, Redos: c.Redos, Satisfied: c.Satisfied, Result: vault.Redact(c.Result), Outside: c.OutsideNumber}
		if it.Grid != nil {
			r.Grid = it.Grid.Code
		}
		if c.Solved >= 0 {
			yes := c.Solved == 1
			r.Solved = &yes
		}
		return e.Encode(r)
	}, buf.Flush
}

func name(n *cases.Named) string {
	if n == nil {
		return ""
	}
	return n.Name
}

func sheet(t *web.Table, lang string) func(*cases.Case, *cases.Item) error {
	return func(c *cases.Case, it *cases.Item) error {
		var solved, satisfied, lon, lat any
		if c.Solved >= 0 {
			solved = c.Solved == 1
		}
		if c.Satisfied > 0 {
			satisfied = c.Satisfied
		}
		if it.Lon != nil {
			lon, lat = *it.Lon, *it.Lat
		}
		label := func(kind, code string) string { return cases.Label(kind, code).In(lang) }
		return t.Row(c.Number, vault.Redact(c.Title), vault.Redact(c.Body), label("status", string(c.Status)), label("channel", c.Channel), label("grade", c.Grade), name(it.Category),
			name(it.Street), name(it.Community), name(it.Grid), c.Address, lon, lat, name(it.Lead), web.Instant(c.ReportedAt), web.Instant(c.DueAt), web.Instant(c.ResolvedAt), web.Instant(c.ClosedAt),
			c.Returns, c.Redos, solved, satisfied, vault.Redact(c.Result), c.OutsideNumber)
	}
}
