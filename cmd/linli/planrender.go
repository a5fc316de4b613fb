package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/render"
	"linli/internal/kernel/archive"
)

// pictures are the files in which a plan can be shown.
type pictures struct{ geojson, svg, excel, pdf, lang *string }

func pictureFlags(f *flags) pictures {
	return pictures{
		geojson: f.String("geojson", "", "grids to write as GeoJSON"),
		svg:     f.String("svg", "", "overview map to write as SVG"),
		excel:   f.String("excel", "", "list of grids to write as .xlsx"),
		pdf:     f.String("pdf", "", "one printable map page a grid, .pdf"),
		lang:    f.String("lang", "zh", "language of map, list and pages: zh or en"),
	}
}

const planDrawUse = `plan draw --instance PREFIX --plan PLAN.csv [--geojson F] [--svg F] [--excel F] [--pdf F] [--min 300] [--max 500] [--lang zh|en]

Shows a plan that is already there: as map, list and printable pages.`

func planDraw(args []string) error {
	f := bareFlags("plan draw", planDrawUse)
	instance := f.String("instance", "", "PREFIX of the instance's files")
	path := f.String("plan", "", "plan to draw: unit,grid")
	lo, hi := f.Int("min", planning.DefaultMin, "fewest households of a grid"), f.Int("max", planning.DefaultMax, "most households of a grid")
	shown := pictureFlags(f)
	if _, err := f.words(args, 0, 0); err != nil {
		return err
	}
	if *instance == "" || *path == "" {
		return usage("--instance PREFIX and --plan PLAN.csv are needed")
	}
	if err := shown.check(); err != nil {
		return err
	}
	in, err := planning.Load(*instance)
	if err != nil {
		return badInput(err)
	}
	grid, names, err := planning.LoadPlan(*path, in)
	if err != nil {
		return badInput(err)
	}
	return shown.write(in, planning.Options{}, &planning.Plan{Grid: grid, Names: names, Min: *lo, Max: *hi})
}

// check refuses a language that there is not, and pictures or other files that
// could not be written, before a long run.
func (p pictures) check(others ...string) error {
	if *p.lang != "zh" && *p.lang != "en" {
		return usage("--lang takes zh or en")
	}
	for _, file := range append(others, *p.geojson, *p.svg, *p.excel, *p.pdf) {
		if st, err := os.Stat(filepath.Dir(file)); file != "" && (err != nil || !st.IsDir()) {
			return usage("%s cannot be written: there is no folder %s", file, filepath.Dir(file))
		}
	}
	return nil
}

// write shows the plan in the files that were asked for.
func (p pictures) write(in *planning.Instance, o planning.Options, made *planning.Plan) error {
	v := render.View{Instance: in, Grid: made.Grid, Min: made.Min, Max: made.Max, Title: in.Name, Lang: *p.lang}
	for _, name := range made.Names {
		v.Grids = append(v.Grids, render.Label{Code: name})
	}
	for _, units := range o.Dedicated {
		for _, u := range units {
			v.Grids[made.Grid[u]].Dedicated = true
		}
	}
	var failed error
	for _, file := range []struct {
		path  string
		write func(io.Writer, render.View) error
	}{{*p.geojson, render.GeoJSON}, {*p.svg, render.SVG}, {*p.excel, render.Excel}, {*p.pdf, render.PDF}} {
		if strings.TrimSpace(file.path) != "" {
			failed = errors.Join(failed, archive.WriteFile(file.path, func(w io.Writer) error { return file.write(w, v) }))
		}
	}
	return failed
}
