package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"linli/internal/app"
	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/archive"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/tabular"
	"linli/internal/kernel/web"
	"linli/internal/work/cases"
	"linli/internal/work/intake"
)

const importUse = `import cases FILE [--mapping MAP.json] [--print-mapping] [--dry-run] [--open] [--district CODE] [--channel C]
       [--sheet NAME] [--as LOGIN] [--errors OUT.csv] [--json]
       linli import regions FILE [--dry-run]

FILE is CSV (UTF-8 or GB18030), JSON lines or Excel (.xlsx), also gzipped. Rows
with an answer or a closing time come in as closed history; so do those that
are older than this system. --open takes the others as new cases. Rows that
were imported before are counted as known: a file can be run again.

MAP.json says which column is what, for instance
  {"title": "主题", "text": "留言内容", "reported_at": "时间", "result": "回复", "closed_at": "回复时间",
   "outside_number": {"column": "编号", "prefix": "wz-"}, "channel": {"const": "hotline"},
   "category": {"column": "类别", "map": {"噪音": "社会生活噪声"}}}
Without it columns are mapped by common headings; --print-mapping shows how.

regions fills a new installation that is no demo: columns code and name (编码、
名称), perhaps households and polygon (GeoJSON), a row for the city (4 digits),
each district, street, community, and grid (15 digits).`

func importCmd(ctx context.Context, args []string) error {
	f := newFlags("import", importUse)
	mapping := f.String("mapping", "", "file that says which column is what")
	show := f.Bool("print-mapping", false, "print the mapping that would be used, and end")
	dry := f.Bool("dry-run", false, "check everything and write nothing")
	open := f.Bool("open", false, "rows without an answer become new cases")
	district := f.Int("district", 0, "district of rows that name no place, 6 digits")
	channel := f.String("channel", "import", "channel of rows that name none: "+strings.Join(cases.Channels, ", "))
	sheet := f.String("sheet", "", "sheet of the workbook; default the first")
	login := f.String("as", "", "account that imports; default the system")
	bad := f.String("errors", "", "write all row errors to this CSV file")
	most := f.Int("show", 20, "row errors shown on the terminal")
	words, err := f.words(args, 1, 2)
	if err != nil {
		return err
	}
	if words[0] != "cases" && words[0] != "regions" {
		return usage("%q cannot be imported; write: linli import cases FILE", words[0])
	}
	if len(words) < 2 {
		return usage("the file is missing: linli import %s FILE", words[0])
	}
	if words[0] == "regions" {
		return importRegions(ctx, f, words[1], *sheet, *dry)
	}
	if !slices.Contains(cases.Channels, *channel) {
		return usage("--channel: there is no %q; use %s", *channel, strings.Join(cases.Channels, ", "))
	}
	o := intake.Options{Channel: *channel, District: *district, Open: *open, DryRun: *dry}
	is := intake.Known
	if *mapping != "" {
		raw, err := os.ReadFile(*mapping)
		if err != nil {
			return usage("%s", err)
		}
		if o.Mapping, err = intake.ParseMapping(raw); err != nil {
			return usage("%s", say(err))
		}
		is = o.Mapping.Uses
	}
	src, err := tabular.Open(words[1], *sheet, is)
	if err != nil {
		return err
	}
	defer src.Close()
	if o.Mapping == nil {
		o.Mapping = intake.Auto(src.Columns())
	}
	if *show {
		fmt.Print(o.Mapping.Print())
		return nil
	}
	if err := o.Mapping.Check(src.Columns()); err != nil {
		return usage("%s", say(err))
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if *district != 0 && !slices.Contains(a.Atlas.Districts(), *district) {
		return usage("--district: there is no district %d; there are %v", *district, a.Atlas.Districts())
	}
	if o.Scope, err = scopeAs(ctx, a, *login, access.CaseImport); err != nil {
		return err
	}
	o.DB, o.Cases, o.City = a.DB, caseDoor{a.Cases}, cityMap{a}
	o.Zone = a.Rulebook.Current(a.DB.Now()).Calendar().Location()
	if o.Began, err = intake.Began(ctx, a.DB); err != nil {
		return err
	}
	if !f.json && *mapping == "" {
		fmt.Fprintf(os.Stderr, "columns are taken as follows (save and change it with --print-mapping and --mapping):\n%s", o.Mapping.Print())
	}
	return runImport(ctx, f, src, o, *bad, *most)
}

type rowErrorJSON struct {
	Row     int          `json:"row"`
	Field   intake.Field `json:"field,omitempty"`
	Column  string       `json:"column,omitempty"`
	Code    string       `json:"code"`
	Message string       `json:"message"`
	English string       `json:"message_en"`
}

// runImport runs it and tells the operator.
func runImport(ctx context.Context, f *flags, src tabular.Source, o intake.Options, file string, most int) error {
	var sheet *web.Table
	shown := []rowErrorJSON{}
	var broken error
	more := 0
	o.OnError = func(e intake.RowError) {
		x := rowErrorJSON{e.Row, e.Field, e.Column, e.Err.Kind.Code, e.Err.Text("zh"), e.Err.Text("en")}
		if sheet != nil && broken == nil {
			broken = sheet.Row(x.Row, string(x.Field), x.Column, x.Code, x.Message, x.English)
		}
		if len(shown) < most {
			shown = append(shown, x)
		} else {
			more++
		}
	}
	if st, err := os.Stderr.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 && !f.json {
		start := time.Now()
		o.Around = func(_ context.Context, share float64, r *intake.Report) {
			fmt.Fprintf(os.Stderr, "\r%d rows · %.0f %% · %.0f rows/s ", r.Rows, share*100, float64(r.Rows)/time.Since(start).Seconds())
		}
		defer fmt.Fprintln(os.Stderr)
	}
	var rep *intake.Report
	var failed error
	run := func() { rep, failed = intake.Run(ctx, src, o) }
	if file == "" {
		run()
	} else if err := archive.WriteFile(file, func(w io.Writer) (err error) {
		heads := []web.Column{{Title: "行 row"}, {Title: "字段 field"}, {Title: "列 column"}, {Title: "代码 code"}, {Title: "说明"}, {Title: "message"}}
		if sheet, err = web.WriteTable(w, filepath.Base(file), "csv", o.Zone, heads); err != nil {
			return err
		}
		run()
		return errors.Join(broken, sheet.Close())
	}); err != nil && rep == nil {
		return err // nothing was imported
	} else if err != nil {
		failed = errors.Join(failed, err)
	}
	if !o.DryRun && rep.Imported+rep.Opened >= 1000 {
		failed = errors.Join(failed, o.DB.Analyze(ctx))
	}
	out := struct {
		OK bool `json:"ok"`
		*intake.Report
		Errors []rowErrorJSON `json:"errors"`
		More   int            `json:"errors_not_shown,omitempty"`
	}{failed == nil && rep.Failed == 0, rep, shown, more}
	if f.json {
		if err := f.print(out, ""); err != nil {
			return err
		}
	} else {
		for _, x := range shown {
			where := fmt.Sprintf("row %d", x.Row)
			if x.Column != "" {
				where += fmt.Sprintf(", %s", x.Column)
			}
			fmt.Printf("  %s: %s / %s\n", where, x.Message, x.English)
		}
		if more > 0 {
			fmt.Printf("  … and %d more errors\n", more)
		}
		done := ""
		if rep.DryRun {
			done = "dry run, nothing was written: "
		}
		fmt.Printf("%s%d rows: %d closed history, %d new cases, %d known before, %d with errors, in %.1f s\n", done, rep.Rows, rep.Imported, rep.Opened, rep.Known, rep.Failed, float64(rep.TookMS)/1e3)
	}
	switch {
	case failed != nil:
		return fmt.Errorf("stopped after %d rows; run it again to go on: %w", rep.Rows, failed)
	case rep.Failed > 0:
		return fmt.Errorf("%d of %d rows have errors", rep.Failed, rep.Rows)
	}
	return nil
}

// caseDoor leads from the intake room to the case room.
type caseDoor struct{ *cases.Service }

func (d caseDoor) Import(ctx context.Context, scope access.Scope, m *intake.Matter) error {
	_, err := d.Service.Import(ctx, scope, cases.History{OutsideNumber: m.OutsideNumber, Title: m.Title, Text: m.Text, Channel: m.Channel, Category: m.Category,
		District: m.District, Street: m.Street, Community: m.Community, Grid: m.Grid, ReportedAt: m.ReportedAt, Result: m.Result, ClosedAt: m.ClosedAt})
	if errs.Is(err, cases.ErrKnown) {
		return intake.ErrKnown
	}
	return err
}

func (d caseDoor) Report(ctx context.Context, scope access.Scope, m *intake.Matter) error {
	_, err := d.Service.Report(ctx, scope, cases.ReportIn{Text: m.Text, Title: m.Title, Channel: m.Channel, Category: m.Category, Grade: m.Grade, Lon: m.Lon, Lat: m.Lat, CRS: m.CRS,
		Address: m.Address, Community: m.Community, Grid: m.Grid, Reporter: cases.Person{Name: m.Name, Phone: m.Phone}, OccurredAt: m.ReportedAt, OutsideNumber: m.OutsideNumber})
	if errs.Is(err, errs.Conflict) && errs.As(err).Field == "outside_number" {
		return intake.ErrKnown
	}
	return err
}

// cityMap gives the intake room the map and the rulebook.
type cityMap struct{ a *app.App }

func (c cityMap) Regions() []intake.Region {
	var out []intake.Region
	for _, r := range c.a.Atlas.Regions() {
		out = append(out, intake.Region{Code: r.Code, Name: r.Name})
	}
	return out
}

func (c cityMap) Grids() []intake.GridRef {
	var out []intake.GridRef
	for _, g := range c.a.Atlas.Grids(0) {
		out = append(out, intake.GridRef{ID: g.ID, Code: g.Code, Community: g.Community})
	}
	return out
}

func (c cityMap) Leaves() []intake.Leaf {
	book := c.a.Rulebook.Current(c.a.DB.Now())
	var out []intake.Leaf
	for _, x := range book.Tree() {
		if !x.Leaf {
			continue
		}
		leaf := intake.Leaf{ID: x.ID, Code: x.Code, Name: x.Name}
		for at := x; at != nil; {
			leaf.Path = append([]string{at.Name}, leaf.Path...)
			if at.Parent == 0 {
				break
			}
			up, err := book.Category(at.Parent)
			if err != nil {
				break
			}
			at = up
		}
		out = append(out, leaf)
	}
	return out
}

func (c cityMap) At(lon, lat float64) (intake.Spot, bool) {
	s, ok := c.a.Atlas.At(lon, lat)
	return intake.Spot(region.Spot(s)), ok
}

func (c cityMap) Suspect(lon, lat float64) string {
	return string(c.a.Atlas.Suspect(lon, lat).Suspicion)
}
