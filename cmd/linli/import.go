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

	"linli/internal/kernel/access"
	"linli/internal/kernel/archive"
	"linli/internal/kernel/tabular"
	"linli/internal/kernel/web"
	"linli/internal/work/cases"
	"linli/internal/work/intake"
)

const importUse = `import cases FILE [--mapping MAP.json] [--print-mapping] [--dry-run] [--open] [--district CODE] [--channel C]
       [--sheet NAME] [--as LOGIN] [--errors OUT.csv] [--json]
       linli import hotline FILE [--mapping MAP.json] [--print-mapping] [--dry-run] [--sheet NAME] [--errors OUT.csv] [--json]
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

hotline takes orders of the 12345 platform in, as the gateway's account: a row
without an answer becomes a case with its outside number, limit and reply format,
or waits for a person where its place is not known (docs/hotline.md).

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
	hotline := words[0] == "hotline"
	if words[0] != "cases" && words[0] != "regions" && !hotline {
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
	if hotline {
		if *login != "" {
			return usage("--as: orders of the hotline come in as the gateway's account")
		}
		o.Open, o.Lenient, o.Channel = true, true, "hotline"
	}
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
	if hotline {
		o.Scope, err = a.Gateway(ctx, access.CaseReport)
	} else {
		o.Scope, err = scopeAs(ctx, a, *login, access.CaseImport)
	}
	if err != nil {
		return err
	}
	if hotline {
		o.Cases = a.HotlineDoor()
	}
	if o, err = a.Intake(ctx, o); err != nil {
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
