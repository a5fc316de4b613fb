package prepare

import (
	"fmt"
	"math"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"linli/internal/kernel/geo"
)

// ReadBuildings adds the buildings of a CSV, Excel or GeoJSON file, which has
// points or footprints. Rows without a place stay, marked, to be reported.
func (s *Sources) ReadBuildings(path string, read Reading) error {
	const (
		id = iota
		name
		community
		compound
		households
		kind
		levels
		entrances
		lon
		lat
		shape
		workload
		old
	)
	wanted := [][]string{idHeads, nameHeads, communityHeads, compoundHeads, householdHeads, kindHeads, levelHeads, entranceHeads, lonHeads, latHeads, shapeHeads, workloadHeads, oldHeads}
	before, counted := len(s.Buildings), false
	err := each(path, read, wanted, func(r *record) error {
		if !r.feature && len(s.Buildings) == before {
			if err := needs(r, shape, lon, lat); err != nil {
				return err
			}
		}
		b := Building{ID: r.cells[id], Name: r.cells[name], Community: r.cells[community], Compound: r.cells[compound], Kind: r.cells[kind], OldGrid: r.cells[old], from: r.place}
		if b.ID == "" {
			b.ID = r.id
		}
		if c := b.Compound; c == "-1" || c == "-" || c == "无" {
			b.Compound = ""
		}
		for _, n := range []struct {
			field int
			into  *int
		}{{households, &b.Households}, {levels, &b.Levels}, {entrances, &b.Entrances}} {
			v, err := r.whole(n.field)
			if err != nil && n.field != households { // a plan does not hang on it
				s.find(NumberUnreadable, b.ID, r.place, Ignored, fmt.Sprintf("%s“%s”不是数字", r.names[n.field], clip(r.cells[n.field])), fmt.Sprintf("%s “%s” is no number", r.names[n.field], clip(r.cells[n.field])))
				v, err = Unknown, nil
			}
			if err != nil {
				return err
			}
			*n.into = v
		}
		w, err := r.number(workload)
		if err != nil {
			return err
		}
		b.Workload = max(0, w)
		counted = counted || b.Households != Unknown
		g := r.shape
		if g == nil {
			if g, err = r.shapeOf(shape); err != nil {
				return err
			}
		}
		switch g := g.(type) {
		case nil:
			if b.At, b.HasPlace, err = s.position(r, lon, lat, read.System, b.ID); err != nil {
				return err
			}
		case orb.Point:
			b.HasPlace = true
			p, err := s.convert(r, shape, read.System, orb.LineString{g})
			if err != nil {
				return err
			}
			b.At = p.(orb.LineString)[0]
		default:
			if b.Footprint = areaOf(g); b.Footprint == nil {
				return r.wrong(shape, spell("楼栋不能是 %s", "a building is no %s", g.GeoJSONType()), words("请给出点或多边形", "give points or polygons"))
			}
			conv, err := s.convert(r, shape, read.System, b.Footprint)
			if err != nil {
				return err
			}
			b.Footprint = conv.(orb.MultiPolygon)
			b.At, _ = planar.CentroidArea(b.Footprint)
			b.HasPlace = !math.IsNaN(b.At[0] + b.At[1])
		}
		s.Buildings = append(s.Buildings, b)
		return nil
	})
	if err != nil {
		return err
	}
	if len(s.Buildings) == before {
		return fault(path, 0, "", words("没有楼栋", "it has no buildings"), words("每栋楼写一行", "give one row or feature a building"))
	}
	if !counted {
		s.find(NoHouseholds, "", place{file: path}, Warned, "没有户数列，所有楼栋的户数未知", "there is no column of households: they are unknown for all buildings")
	}
	return nil
}

// needs tells which columns are missing: a shape, or a longitude and latitude.
func needs(r *record, shape, lon, lat int) error {
	has := func(f int) bool { return contains(r, f) }
	if has(shape) || has(lon) && has(lat) {
		return nil
	}
	missing := "经度 lon"
	if has(lon) {
		missing = "纬度 lat"
	}
	return fault(r.file, max(1, r.row-1), missing, spell("缺少这一列，现有的列：%s", "the column is missing; there are %s", strings.Join(r.columns, "、")), words("请把坐标列命名为经度、纬度；平面坐标用 x、y 和 --crs metres", "name the columns 经度 and 纬度 (lon, lat), or x and y with --crs metres"))
}

// position reads longitude and latitude. Swapped ones are put right where only
// that makes sense; without any the place is unknown.
func (s *Sources) position(r *record, lon, lat int, from System, object string) (p orb.Point, known bool, err error) {
	x, err := r.coordinate(lon)
	if err != nil {
		return p, false, err
	}
	y, err := r.coordinate(lat)
	if err != nil || math.IsNaN(x) || math.IsNaN(y) {
		return p, false, err
	}
	if s.Planar {
		return orb.Point{x, y}, true, nil
	}
	if math.Abs(y) > 90 && math.Abs(y) <= 180 && math.Abs(x) <= 90 {
		x, y = y, x
		s.find(SwappedPosition, object, r.place, Corrected, "经度和纬度写反了", "longitude and latitude are swapped")
	}
	q, err := geo.ToWGS84(geo.Point{Lon: x, Lat: y}, from)
	if err != nil {
		return p, false, r.wrong(lon, notDegrees(x, y), inDegrees)
	}
	return orb.Point{q.Lon, q.Lat}, true, nil
}

// coordinate is NaN where the cell is empty.
func (r *record) coordinate(field int) (float64, error) {
	if s := r.cells[field]; s == "" || s == "-" {
		return math.NaN(), nil
	}
	return r.number(field)
}

var threePoints = words("请给出至少三个点的多边形", "give a polygon with at least three points")

// ReadCommunities adds the communities of a GeoJSON, CSV or Excel file.
func (s *Sources) ReadCommunities(path string, read Reading) error {
	const (
		id = iota
		name
		shape
	)
	wanted := [][]string{append([]string{"社区编码", "社区编号", "communitycode", "communityid"}, idHeads...), append([]string{"社区", "社区名称", "community", "communityname"}, nameHeads...), shapeHeads}
	before := len(s.Communities)
	err := each(path, read, wanted, func(r *record) error {
		c := Community{ID: r.cells[id], Name: r.cells[name], from: r.place}
		if c.ID == "" {
			c.ID = r.id
		}
		g := r.shape
		if g == nil {
			var err error
			if g, err = r.shapeOf(shape); err != nil {
				return err
			}
			if g == nil {
				return r.wrong(shape, words("社区没有边界", "the community has no border"), words("请在边界列写 x y;x y;…，或用 GeoJSON 多边形文件", "give a column ring with x y;x y;…, or a GeoJSON file of polygons"))
			}
		}
		if c.Area = areaOf(g); c.Area == nil {
			return r.wrong(shape, spell("社区边界不能是 %s", "a community's border is no %s", g.GeoJSONType()), threePoints)
		}
		for _, poly := range c.Area {
			for _, ring := range poly {
				if len(ring) < 3 {
					return r.wrong(shape, words("边界少于三个点", "a ring with less than three points"), threePoints)
				}
			}
		}
		area, err := s.convert(r, shape, read.System, c.Area)
		if err != nil {
			return err
		}
		c.Area = area.(orb.MultiPolygon)
		s.Communities = append(s.Communities, c)
		return nil
	})
	if err == nil && len(s.Communities) == before {
		return fault(path, 0, "", words("没有社区", "it has no communities"), words("每个社区写一行", "give one row or feature a community"))
	}
	return err
}

// classes are words for a barrier's class.
var classes = map[string]string{
	"main_road": "main_road", "motorway": "main_road", "trunk": "main_road", "primary": "main_road", "road": "main_road", "expressway": "main_road", "主干道": "main_road", "主干路": "main_road", "道路": "main_road", "快速路": "main_road", "高速": "main_road", "高速公路": "main_road", "国道": "main_road", "公路": "main_road",
	"river": "river", "canal": "river", "water": "river", "河": "river", "河流": "river", "江": "river", "渠": "river", "运河": "river", "水系": "river",
	"railway": "railway", "rail": "railway", "铁路": "railway", "轨道": "railway",
}

// ReadBarriers adds main roads, rivers and railways from a GeoJSON, CSV or Excel
// file. The border of an area (a lake, a wide river) is a barrier too.
func (s *Sources) ReadBarriers(path string, read Reading) error {
	const (
		class = iota
		shape
	)
	return each(path, read, [][]string{classHeads, shapeHeads}, func(r *record) error {
		g := r.shape
		if g == nil {
			var err error
			if g, err = r.shapeOf(shape); err != nil {
				return err
			}
			if g == nil {
				return r.wrong(shape, words("没有线", "the barrier has no line"), words("请在 line 列写 x y;x y;…，或用 GeoJSON 线文件", "give a column line with x y;x y;…, or a GeoJSON file of lines"))
			}
		}
		kind, known := classes[strings.ToLower(r.cells[class])]
		if !known {
			kind = "main_road"
			s.find(BarrierUnknown, clip(r.cells[class]), r.place, Kept, "没有这种分隔线类别，按主干道处理", "there is no such class of barrier; taken for a main road")
		}
		g, err := s.convert(r, shape, read.System, g)
		if err != nil {
			return err
		}
		lines := linesOf(g)
		if len(lines) == 0 {
			return r.wrong(shape, spell("分隔线不能是 %s", "a barrier is no %s", g.GeoJSONType()), words("请给出线", "give lines"))
		}
		for _, l := range lines {
			if len(l) >= 2 {
				s.Barriers = append(s.Barriers, Barrier{kind, l})
			}
		}
		return nil
	})
}

func linesOf(g orb.Geometry) []orb.LineString {
	switch g := g.(type) {
	case orb.LineString:
		return []orb.LineString{g}
	case orb.MultiLineString:
		return g
	case orb.Polygon, orb.MultiPolygon:
		var out []orb.LineString
		for _, poly := range areaOf(g) {
			for _, ring := range poly {
				out = append(out, orb.LineString(ring))
			}
		}
		return out
	}
	return nil
}

// ReadOld adds today's grids: rows of a building and its grid.
func (s *Sources) ReadOld(path string, read Reading) error {
	const (
		unit = iota
		grid
	)
	if s.Old == nil {
		s.Old = map[string]string{}
	}
	s.oldFrom = place{file: path}
	first := true
	return each(path, read, [][]string{unitHeads, oldHeads}, func(r *record) error {
		if first && (!contains(r, unit) || !contains(r, grid)) {
			return fault(path, max(1, r.row-1), "", spell("缺少楼栋列或网格列，现有的列：%s", "columns of the building and its grid are needed; there are %s", strings.Join(r.columns, "、")), words("请命名为编号和网格", "name them 编号 and 网格 (building, old_grid)"))
		}
		first = false
		if r.cells[unit] == "" || r.cells[grid] == "" {
			return nil
		}
		s.Old[r.cells[unit]] = r.cells[grid]
		return nil
	})
}

func contains(r *record, field int) bool {
	for _, c := range r.columns {
		if c == r.names[field] {
			return true
		}
	}
	return false
}
