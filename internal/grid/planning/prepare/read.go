package prepare

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"golang.org/x/text/width"

	"linli/internal/grid/planning"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/tabular"
)

// limits of a GeoJSON file: a large city's footprints.
var limits = geo.Limits{Bytes: 512 << 20, Features: 3_000_000, Vertices: 30_000_000}

// The headings that are taken for a field, plain (see tabular.Plain), best first.
var (
	idHeads        = []string{"编号", "楼栋编号", "建筑编号", "楼栋编码", "建筑编码", "编码", "楼号", "id", "buildingid", "building", "code", "osmid", "fid", "objectid", "序号"}
	nameHeads      = []string{"名称", "楼栋名称", "建筑名称", "楼栋", "name", "buildingname", "地址", "address"}
	communityHeads = []string{"社区", "所属社区", "社区名称", "社区编码", "村社区", "村居", "community", "communityname", "communitycode", "communityid"}
	compoundHeads  = []string{"小区", "小区名称", "所属小区", "院落", "住宅小区", "compound", "estate", "residentialcompound"}
	householdHeads = []string{"户数", "住户数", "总户数", "常住户数", "户", "households", "household", "dwellings", "flats", "buildingflats"}
	kindHeads      = []string{"类型", "用途", "建筑类型", "建筑用途", "性质", "类别", "kind", "type", "use", "usage", "buildinguse"}
	levelHeads     = []string{"层数", "楼层数", "地上层数", "总层数", "levels", "floors", "storeys", "stories", "buildinglevels"}
	entranceHeads  = []string{"单元数", "单元", "门洞数", "units", "entrances", "staircases"}
	lonHeads       = []string{"经度", "lon", "lng", "longitude", "x", "东坐标", "横坐标"}
	latHeads       = []string{"纬度", "lat", "latitude", "y", "北坐标", "纵坐标"}
	shapeHeads     = []string{"边界", "范围", "轮廓", "ring", "polygon", "geometry", "geom", "wkt", "shape", "line", "footprint"}
	workloadHeads  = []string{"工作量", "workload"}
	oldHeads       = []string{"现网格", "原网格", "现状网格", "所属网格", "网格", "网格编码", "网格编号", "oldgrid", "grid"}
	unitHeads      = []string{"楼栋编号", "建筑编号", "楼栋", "编号", "building", "buildingid", "unit", "id"}
	classHeads     = []string{"类别", "类型", "class", "kind", "type", "highway", "waterway", "railway"}
)

// Reading says how files are to be read.
type Reading struct {
	System System // of the file; empty: WGS 84
	Sheet  string // of a workbook; empty: the first that shows
}

// record is a row of a table or a feature of a GeoJSON file.
type record struct {
	place
	feature bool // not a row
	columns []string
	cells   []string // by wanted field, empty where missing
	names   []string // of the columns that serve them
	id      string   // of the feature
	shape   orb.Geometry
}

// fault is an error in a file, with problem and remedy in both languages.
func fault(file string, line int, column string, problem, remedy errs.Words) error {
	return &planning.InputError{File: file, Line: line, Column: column, Problem: problem.EN, Remedy: remedy.EN, ProblemZH: problem.ZH, RemedyZH: remedy.ZH}
}

func words(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// spell fills the same values into the texts of both languages.
func spell(zh, en string, values ...any) errs.Words {
	return errs.Words{ZH: fmt.Sprintf(zh, values...), EN: fmt.Sprintf(en, values...)}
}

func (r *record) wrong(field int, problem, remedy errs.Words) error {
	if r.feature {
		return fault(r.file, 0, r.names[field], errs.Words{ZH: fmt.Sprintf("第 %d 个图形：%s", r.row, problem.ZH), EN: fmt.Sprintf("feature %d: %s", r.row, problem.EN)}, remedy)
	}
	return fault(r.file, r.row, r.names[field], problem, remedy)
}

// number reads a number that may carry its unit (户, 层); Unknown if empty.
func (r *record) number(field int) (float64, error) {
	s := strings.TrimSpace(width.Narrow.String(r.cells[field]))
	if s == "" || s == "-" {
		return Unknown, nil
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimRight(s, "户层个栋m² "), ",", ""), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > 1e9 {
		return 0, r.wrong(field, spell("“%s”不是数字", "“%s” is no number", clip(s)), words("请填写数字，不清楚的可以留空", "write a number, or leave the cell empty where it is not known"))
	}
	return v, nil
}

func (r *record) whole(field int) (int, error) {
	v, err := r.number(field)
	if err == nil && v != math.Trunc(v) && field >= 0 {
		v = math.Round(v)
	}
	return int(v), err
}

// clip keeps messages short.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// each reads a table or GeoJSON file record by record; wanted are the headings
// of the fields.
func each(path string, read Reading, wanted [][]string, f func(r *record) error) error {
	if st, err := os.Stat(path); err != nil {
		return fault(path, 0, "", words("无法打开", "it cannot be opened"), words("请检查路径", "give the path of a file that exists"))
	} else if !st.Mode().IsRegular() {
		return fault(path, 0, "", words("它不是文件", "it is not a file"), words("请给出 CSV、Excel 或 GeoJSON 文件", "give a CSV, Excel or GeoJSON file"))
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\ufeff")), " \t\r\n")
	ext := strings.ToLower(filepath.Ext(path))
	if bytes.HasPrefix(head, []byte("{")) && (ext == ".geojson" || ext == ".json" || bytes.Contains(head, []byte(`"FeatureCollection"`)) || bytes.Contains(head, []byte(`"Feature"`))) {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return eachFeature(path, file, wanted, f)
	}
	return eachRow(path, read.Sheet, wanted, f)
}

func eachRow(path, sheet string, wanted [][]string, f func(r *record) error) error {
	all := slices.Concat(wanted...)
	src, err := tabular.Open(path, sheet, func(h string) bool { return slices.Contains(all, tabular.Plain(h)) })
	if err != nil {
		return refused(path, 0, err)
	}
	defer src.Close()
	at := tabular.Match(src.Columns(), wanted)
	for {
		row, err := src.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return refused(path, 0, err)
		}
		if row.Err != nil {
			return refused(path, row.Number, row.Err)
		}
		r := &record{place: place{path, row.Number}, columns: src.Columns(), cells: make([]string, len(wanted)), names: make([]string, len(wanted))}
		for k, c := range at {
			r.names[k] = wanted[k][0]
			if c >= 0 {
				r.cells[k], r.names[k] = strings.TrimSpace(row.Cells[c]), src.Columns()[c]
			}
		}
		if err := f(r); err != nil {
			return err
		}
	}
}

// refused gives a reader's error its place in the file.
func refused(path string, row int, err error) error {
	if e := errs.As(err); e != nil {
		return fault(path, row, "", words(strings.TrimRight(e.Text("zh"), "。"), strings.TrimRight(e.Text("en"), ".")), words("请改正文件后再试", "correct the file and try again"))
	}
	return fmt.Errorf("%s: %w", path, err)
}

func eachFeature(path string, in io.Reader, wanted [][]string, f func(r *record) error) error {
	features, err := geo.ReadGeoJSON(in, limits)
	if err != nil {
		return refused(path, 0, err)
	}
	var columns []string
	known := map[string]bool{}
	properties := make([]map[string]any, len(features))
	for i, x := range features {
		if len(x.Properties) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(x.Properties))
		d.UseNumber()
		if err := d.Decode(&properties[i]); err != nil {
			return fault(path, 0, "", spell("第 %d 个图形的属性不是对象", "feature %d: its properties are no object", i+1), words("请改正文件", "correct the file"))
		}
		for k := range properties[i] {
			if !known[k] {
				known[k] = true
				columns = append(columns, k)
			}
		}
	}
	slices.Sort(columns)
	at := tabular.Match(columns, wanted)
	for i, x := range features {
		r := &record{place: place{path, i + 1}, feature: true, columns: columns, cells: make([]string, len(wanted)), names: make([]string, len(wanted)), id: x.ID, shape: x.Shape}
		for k, c := range at {
			r.names[k] = wanted[k][0]
			if c >= 0 {
				r.names[k] = columns[c]
				switch v := properties[i][columns[c]].(type) {
				case string:
					r.cells[k] = strings.TrimSpace(v)
				case json.Number:
					r.cells[k] = v.String()
				}
			}
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// shapeOf reads a shape from a cell: "x y;x y;…" with | between parts and / before
// holes, WKT, or GeoJSON. A list of points is a line.
func (r *record) shapeOf(field int) (orb.Geometry, error) {
	s := r.cells[field]
	switch {
	case s == "":
		return nil, nil
	case s[0] == '{':
		list, err := geo.ReadGeoJSON(strings.NewReader(s), limits)
		if err != nil || len(list) != 1 {
			return nil, r.wrong(field, words("单元格中的 GeoJSON 无法读取", "the GeoJSON in the cell cannot be read"), words("请写一个图形，或用 x y;x y;…", "write one shape, or use x y;x y;…"))
		}
		return list[0].Shape, nil
	case s[0] >= 'A' && s[0] <= 'Z' || s[0] >= 'a' && s[0] <= 'z':
		g, err := wkt.Unmarshal(s)
		if err != nil {
			return nil, r.wrong(field, words("单元格中的 WKT 无法读取", "the WKT in the cell cannot be read"), words("请写成 POLYGON((…))，或用 x y;x y;…", "write POLYGON((…)), or use x y;x y;…"))
		}
		return g, nil
	}
	var polygons orb.MultiPolygon
	for part := range strings.SplitSeq(s, "|") {
		var poly orb.Polygon
		for ring := range strings.SplitSeq(part, "/") {
			var points orb.Ring
			for pair := range strings.SplitSeq(ring, ";") {
				pair = strings.TrimSpace(strings.ReplaceAll(pair, ",", " "))
				xs, ys, _ := strings.Cut(pair, " ")
				x, xerr := strconv.ParseFloat(xs, 64)
				y, yerr := strconv.ParseFloat(strings.TrimSpace(ys), 64)
				if xerr != nil || yerr != nil || math.IsNaN(x+y) || math.IsInf(x+y, 0) {
					return nil, r.wrong(field, spell("“%s”不是坐标点", "“%s” is no point", clip(pair)), words("请把点写成 x y;x y;…", "write points as x y;x y;…"))
				}
				points = append(points, orb.Point{x, y})
			}
			poly = append(poly, points)
		}
		polygons = append(polygons, poly)
	}
	if len(polygons) == 1 && len(polygons[0]) == 1 {
		return orb.LineString(polygons[0][0]), nil
	}
	return polygons, nil
}

func notDegrees(x, y float64) errs.Words {
	return spell("%v, %v 不是经纬度", "%v, %v is no longitude and latitude", x, y)
}

var inDegrees = words("请填写以度为单位的经纬度，经度在前；平面坐标（米）请用 --crs metres", "write degrees, longitude first; say --crs metres if the file is in metres")

// convert turns points of the file's system to WGS 84.
func (s *Sources) convert(r *record, field int, from System, g orb.Geometry) (orb.Geometry, error) {
	if s.Planar {
		return g, nil
	}
	var bad error
	out := orb.Clone(g)
	visit(out, func(p *orb.Point) {
		q, err := geo.ToWGS84(geo.Point{Lon: p[0], Lat: p[1]}, from)
		if err != nil && bad == nil {
			bad = r.wrong(field, notDegrees(p[0], p[1]), inDegrees)
		}
		*p = orb.Point{q.Lon, q.Lat}
	})
	return out, bad
}

// visit calls f for each point of a line or area.
func visit(g orb.Geometry, f func(p *orb.Point)) {
	switch g := g.(type) {
	case orb.LineString:
		for i := range g {
			f(&g[i])
		}
	case orb.MultiLineString:
		for _, l := range g {
			visit(l, f)
		}
	case orb.Ring:
		visit(orb.LineString(g), f)
	case orb.Polygon:
		for _, r := range g {
			visit(r, f)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			visit(p, f)
		}
	}
}

func areaOf(g orb.Geometry) orb.MultiPolygon {
	switch g := g.(type) {
	case orb.LineString:
		if len(g) >= 3 {
			return orb.MultiPolygon{{orb.Ring(g)}}
		}
	case orb.Polygon:
		return orb.MultiPolygon{g}
	case orb.MultiPolygon:
		return g
	}
	return nil
}
