package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"linli/internal/app"
	"linli/internal/grid/region"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/tabular"
)

// regionHeads are the headings of a list of regions.
var regionHeads = map[string][]string{
	"code":       {"code", "区划代码", "区划编码", "编码", "代码"},
	"name":       {"name", "名称", "区划名称"},
	"households": {"households", "户数"},
	"polygon":    {"polygon", "geojson", "边界"},
}

func regionHead(head string) string {
	for field, heads := range regionHeads {
		if slices.Contains(heads, strings.ToLower(strings.TrimSpace(head))) {
			return field
		}
	}
	return ""
}

var badRegion = errs.Declare("region_row", 422, "第 {row} 行有误：{why}。", "Row {row} is not right: {why}.")

// importRegions loads the region tree (and grids) of a new installation, which
// everything else needs first: posts, places, scopes.
func importRegions(ctx context.Context, f *flags, file, sheet string, dry bool) error {
	src, err := tabular.Open(file, sheet, func(h string) bool { return regionHead(h) != "" })
	if err != nil {
		return err
	}
	defer src.Close()
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	data, err := regionsOf(a, src)
	if err != nil {
		return err
	}
	if err := data.Check(); err != nil {
		return err
	}
	if !a.Empty() {
		return fmt.Errorf("%s holds %s already; later changes are made in the desk", f.data, a.Atlas.City().Name)
	}
	if !dry {
		if err := a.Atlas.Load(ctx, byHand, data); err != nil {
			return err
		}
	}
	return f.print(map[string]any{"ok": true, "dry_run": dry, "regions": len(data.Regions), "grids": len(data.Grids)}, "%d regions and %d grids\n", len(data.Regions), len(data.Grids))
}

// regionsOf reads the rows. Codes may be statistical ones of 12 digits with
// zeros at the end; 15 digits are a grid.
func regionsOf(a *app.App, src tabular.Source) (*region.CityData, error) {
	at := map[string]int{}
	for i, c := range src.Columns() {
		if field := regionHead(c); field != "" {
			at[field] = i
		}
	}
	if _, ok := at["name"]; !ok || len(at) < 2 {
		return nil, usage("a list of regions has the columns code and name (编码、名称), and may have households and polygon; there are %s", strings.Join(src.Columns(), "、"))
	}
	data := &region.CityData{}
	for {
		row, err := src.Next()
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		if row.Err != nil {
			return nil, row.Err
		}
		wrong := func(zh, en string) error {
			return badRegion.New("row", row.Number, "why", errs.Words{ZH: zh, EN: en})
		}
		cell := func(field string) string {
			if i, ok := at[field]; ok {
				return strings.TrimSpace(row.Cells[i])
			}
			return ""
		}
		code, err := strconv.ParseInt(cell("code"), 10, 64)
		if err != nil {
			return nil, wrong("编码应为数字", "the code is a number")
		}
		households := 0
		if s := cell("households"); s != "" {
			if households, err = strconv.Atoi(s); err != nil || households < 0 {
				return nil, wrong("户数应为数字", "households are a number")
			}
		}
		if code >= 1e14 {
			data.Grids = append(data.Grids, region.Grid{ID: a.DB.NextID(), Kind: region.Basic, Community: code / 1000, Name: cell("name"), Polygon: cell("polygon"), Households: households, Code: code, ValidFrom: 20000101})
			continue
		}
		code = shortCode(code)
		data.Regions = append(data.Regions, region.Region{Code: code, Parent: region.ParentOf(code), Name: cell("name"), Polygon: cell("polygon"), Households: households, ValidFrom: 20000101})
	}
}

// shortCode takes the zeros off a statistical code: 330102000000 is 330102.
func shortCode(code int64) int64 {
	switch {
	case code >= 1e11 && code%1e8 == 0:
		return code / 1e8
	case code >= 1e11 && code%1e6 == 0:
		return code / 1e6
	case code >= 1e11 && code%1e3 == 0:
		return code / 1e3
	case code >= 1e5 && code < 1e6 && code%100 == 0:
		return code / 100
	}
	return code
}
