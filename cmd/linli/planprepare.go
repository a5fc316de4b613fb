package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/prepare"
	"linli/internal/kernel/archive"
)

const planPrepareUse = `plan prepare --buildings F --communities F [--barriers F] [--osm F.osm.pbf] [--old F] --out PREFIX
       [--crs wgs84|gcj02|bd09|metres] [--map-crs …] [--admin-level N] [--household-area M2] [--show N] [--json]

Makes the files of a planning instance (PREFIX.units.csv …) of raw data: CSV,
Excel or GeoJSON. Columns are found by their headings, for instance
  buildings:   编号 名称 社区 小区 户数 类型 层数 单元数 经度 纬度   (id name community compound households kind levels entrances lon lat)
  communities: 编号 名称 边界   (id name ring, "lon lat;lon lat;…"), or GeoJSON polygons
  barriers:    类别 line   (class: main_road, river, railway), or GeoJSON lines
  old:         编号 网格   (building, old_grid)
An OpenStreetMap extract gives what is not given: buildings, communities of
--admin-level, and always its main roads, railways and rivers.
What is wrong with the data and how it was treated is printed and written to
PREFIX.check.csv. docs/planning.md tells the rules.`

func planPrepare(_ context.Context, args []string) error {
	f := bareFlags("plan prepare", planPrepareUse)
	buildings := f.String("buildings", "", "buildings: points or footprints")
	communities := f.String("communities", "", "communities: polygons")
	barriers := f.String("barriers", "", "main roads, rivers, railways")
	osm := f.String("osm", "", "OpenStreetMap extract, .osm.pbf")
	old := f.String("old", "", "today's grids")
	out := f.String("out", "", "prefix of the files to write")
	crs := f.String("crs", "wgs84", "coordinate system of the buildings: wgs84, gcj02, bd09 or metres")
	mapCRS := f.String("map-crs", "", "that of communities and barriers; default as --crs")
	level := f.Int("admin-level", 8, "admin_level of the boundaries that are communities, where only OSM is given")
	area := f.Float64("household-area", 0, "estimate unknown households by this floor area each, m²; 0 does not")
	sheet := f.String("sheet", "", "sheet of workbooks; default the first")
	show := f.Int("show", 20, "findings shown on the terminal")
	if err := f.parse(args); err != nil {
		return err
	}
	if *mapCRS == "" {
		*mapCRS = *crs
	}
	for _, c := range []string{*crs, *mapCRS} {
		if !slices.Contains([]string{"wgs84", "gcj02", "bd09", "metres"}, c) {
			return usage("--crs: there is no %q; use wgs84, gcj02, bd09 or metres", c)
		}
	}
	planar := *crs == "metres"
	switch {
	case *out == "":
		return usage("--out PREFIX is missing")
	case *osm == "" && (*buildings == "" || *communities == ""):
		return usage("--buildings and --communities are needed, or --osm")
	case planar != (*mapCRS == "metres") || planar && *osm != "":
		return usage("metres: all files must be in metres, and an OSM extract never is")
	case *show < 0 || *area < 0 || *level < 1 || *level > 12:
		return usage("--household-area and --show must not be below 0, --admin-level is 1 to 12")
	}
	s := &prepare.Sources{Planar: planar}
	for _, file := range []struct {
		path string
		read func(string, prepare.Reading) error
		crs  string
	}{{*buildings, s.ReadBuildings, *crs}, {*communities, s.ReadCommunities, *mapCRS}, {*barriers, s.ReadBarriers, *mapCRS}, {*old, s.ReadOld, *crs}} {
		if file.path == "" {
			continue
		}
		if err := file.read(file.path, prepare.Reading{System: prepare.System(file.crs), Sheet: *sheet}); err != nil {
			return badInput(err)
		}
	}
	if *osm != "" {
		if err := s.ReadOSM(*osm, prepare.Extract{Buildings: *buildings == "", Communities: *communities == "", AdminLevel: *level}); err != nil {
			return badInput(err)
		}
	}
	r, err := prepare.Prepare(s, prepare.Options{HouseholdArea: *area})
	if err != nil {
		return badInput(err)
	}
	r.Instance.Name = filepath.Base(*out)
	if err := savePrepared(*out, r); err != nil {
		return err
	}
	return tellPrepared(f, *out, r, *show)
}

func savePrepared(prefix string, r *prepare.Result) error {
	if err := r.Instance.Save(prefix); err != nil {
		return err
	}
	if r.Old != nil {
		if err := archive.WriteFile(prefix+".old.csv", func(w io.Writer) error { return prepare.WriteOld(w, r.Old) }); err != nil {
			return err
		}
	}
	return archive.WriteFile(prefix+".check.csv", func(w io.Writer) error { return prepare.WriteFindings(w, r.Findings) })
}

// tellPrepared prints the instance's size and what was found.
func tellPrepared(f *flags, prefix string, r *prepare.Result, show int) error {
	households := 0
	for _, u := range r.Instance.Units {
		households += u.Households
	}
	cross, links := 0, 0
	for _, e := range r.Instance.Edges {
		switch e.Cross {
		case planning.CrossBarrier:
			cross++
		case planning.CrossArtificial:
			links++
		}
	}
	if f.json {
		return f.print(struct {
			Out         string               `json:"out"`
			Units       int                  `json:"units"`
			Households  int                  `json:"households"`
			Communities int                  `json:"communities"`
			Edges       int                  `json:"edges"`
			Crossings   int                  `json:"crossings"`
			Links       int                  `json:"links"`
			Split       int                  `json:"towers_split"`
			LeftOut     prepare.Size         `json:"left_out"`
			Counts      map[prepare.Kind]int `json:"counts"`
			Findings    []prepare.Finding    `json:"findings"`
		}{prefix, len(r.Instance.Units), households, len(r.Instance.Communities), len(r.Instance.Edges), cross, links, r.Split, r.LeftOut, prepare.Count(r.Findings), append([]prepare.Finding{}, r.Findings...)}, "")
	}
	if len(r.Findings) > 0 {
		t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "row\tobject\ttreatment\t问题 / problem")
		for _, x := range r.Findings[:min(show, len(r.Findings))] {
			where := x.File
			if x.Row > 0 {
				where = fmt.Sprintf("%s:%d", x.File, x.Row)
			}
			done := x.Treatment.Words()
			fmt.Fprintf(t, "%s\t%s\t%s / %s\t%s / %s\n", where, x.Object, done.ZH, done.EN, x.ZH, x.EN)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		if more := len(r.Findings) - show; more > 0 {
			fmt.Printf("… and %d more in %s.check.csv\n", more, prefix)
		}
	}
	counts := prepare.Count(r.Findings)
	kinds := make([]string, 0, len(counts))
	for k, n := range counts {
		kinds = append(kinds, fmt.Sprintf("%s %d", k, n))
	}
	slices.Sort(kinds)
	if len(kinds) > 0 {
		fmt.Printf("data check: %s\n", strings.Join(kinds, ", "))
	}
	if n := r.LeftOut; n.Buildings > 0 {
		fmt.Printf("left out, outside every community: %d buildings with %d households\n", n.Buildings, n.Households)
	}
	_, err := fmt.Printf("%s: %d units with %d households in %d communities, %d borders (%d over barriers, %d links), %d towers split by entrances\n",
		prefix, len(r.Instance.Units), households, len(r.Instance.Communities), len(r.Instance.Edges), cross, links, r.Split)
	return err
}
