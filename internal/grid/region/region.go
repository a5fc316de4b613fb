package region

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/errs"
)

// Level is how far down the tree a code reaches.
type Level int

// The levels, in order from the top.
const (
	NoLevel   Level = iota // not a region code
	City                   // 4 digits
	District               // 6 digits
	Street                 // 9 digits
	Community              // 12 digits
	GridLevel              // 15 digits; a grid's code, not a region's
)

// LevelOf returns the level of a code by its number of digits.
func LevelOf(code int64) Level {
	switch {
	case code >= 1e3 && code < 1e4:
		return City
	case code >= 1e5 && code < 1e6:
		return District
	case code >= 1e8 && code < 1e9:
		return Street
	case code >= 1e11 && code < 1e12:
		return Community
	case code >= 1e14 && code < 1e15:
		return GridLevel
	}
	return NoLevel
}

// ParentOf returns the code one level up, 0 for a city or no code at all.
func ParentOf(code int64) int64 {
	switch LevelOf(code) {
	case District:
		return code / 100
	case Street, Community, GridLevel:
		return code / 1000
	}
	return 0
}

// DistrictOf returns the 6-digit district of a code, 0 for a city or no code.
func DistrictOf(code int64) int {
	if LevelOf(code) < District {
		return 0
	}
	for code >= 1e6 {
		code /= 1000
	}
	return int(code)
}

// Within tells whether code is area or lies inside it. Area 0 holds everything.
func Within(code, area int64) bool {
	if area == 0 {
		return true
	}
	for code > area {
		code = ParentOf(code)
	}
	return code == area
}

// Region is one version of one node of the tree.
type Region struct {
	Code       int64
	Parent     int64 // 0 for the city
	Name       string
	Polygon    string // GeoJSON Polygon or MultiPolygon, WGS 84; may be empty
	Households int
	ValidFrom  int // yyyymmdd
	ValidTo    int // first day on which it is no more; 0 = open
	Version    int // 1, 2, …
}

// The kinds of grid: 基础网格 and 专属网格 (a market, a campus, a tower).
const (
	Basic     = "basic"
	Dedicated = "dedicated"
)

// Grid is a grid with the code that it has now.
type Grid struct {
	ID         int64 // never changes
	Kind       string
	Purpose    string // of a dedicated grid: "market", "campus", "business", "lake" …; else ""
	Community  int64
	Name       string
	Polygon    string // GeoJSON, WGS 84
	Note       string // why it is not within the bounds, where it is not
	Households int
	Code       int64 // 15 digits
	ValidFrom  int
	ValidTo    int
}

// Compound is a residential compound (小区). Lon, Lat: its middle or main gate.
type Compound struct {
	ID        int64
	Name      string
	Community int64
	Lon, Lat  float64
}

// Building is a building with the position of its entrance.
type Building struct {
	ID         int64
	Name       string // "3号楼"; the compound's name is not repeated
	Kind       string
	Compound   int64 // 0 if it stands alone
	Grid       int64
	Community  int64
	Lon, Lat   float64
	Households int
}

// Place is a road or a point of interest that people name.
type Place struct {
	ID        int64
	Kind      string // "road" or "poi"
	Name      string
	Path      string // how it is told from its namesakes; empty: made from the community
	Community int64  // where it is, or a part of it; 0 if it crosses districts
	Lon, Lat  float64
	Refs      json.RawMessage // what it stands for, as the source had it; may be empty
}

// CityData is a whole city to be loaded at once, free of any generator's types.
// Regions come in any order. Layers are the drawn layers of the base map (see
// DrawnLayers) as GeoJSON by name; those of regions are made from the tables.
type CityData struct {
	Regions   []Region
	Grids     []Grid
	Compounds []Compound
	Buildings []Building
	Places    []Place
	Layers    map[string][]byte
	Synthetic bool
}

// The kinds of error of this room.
var (
	badTree = errs.Declare("region_tree", 422, "区划 {code} 不对：{why}。", "Region {code} is not right: {why}.")
	badGrid = errs.Declare("grid_wrong", 422, "网格 {grid} 不对：{why}。", "Grid {grid} is not right: {why}.")
)

func words(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// Check tells what is wrong with the data as a whole: codes that do not nest,
// rows that name what is not there, positions that are no positions.
func (d *CityData) Check() error {
	known := make(map[int64]bool, len(d.Regions))
	for _, r := range d.Regions {
		if known[r.Code] {
			return badTree.New("code", r.Code, "why", words("重复", "it comes twice"))
		}
		known[r.Code] = true
	}
	for _, r := range d.Regions {
		l := LevelOf(r.Code)
		switch {
		case l == NoLevel || l == GridLevel:
			return badTree.New("code", r.Code, "why", words("代码位数应为 4、6、9 或 12 位", "a code has 4, 6, 9 or 12 digits"))
		case r.Parent != ParentOf(r.Code):
			return badTree.New("code", r.Code, "why", words("上级应是代码的前缀", "its parent is not the prefix of its code"))
		case l != City && !known[r.Parent]:
			return badTree.New("code", r.Code, "why", words("上级区划不存在", "its parent does not exist"))
		}
		if err := checkName(r.Name); err != nil {
			return err
		}
	}
	inCommunity := func(c int64) bool { return LevelOf(c) == Community && known[c] }
	grids := make(map[int64]bool, len(d.Grids))
	codes := make(map[int64]bool, len(d.Grids))
	for _, g := range d.Grids {
		var why errs.Words
		switch {
		case g.ID <= 0 || grids[g.ID]:
			why = words("编号重复或缺失", "its id is missing or comes twice")
		case g.Kind != Basic && g.Kind != Dedicated:
			why = words("类型应为基础网格或专属网格", "its kind is neither basic nor dedicated")
		case !inCommunity(g.Community):
			why = words("所在社区不存在", "its community does not exist")
		case ParentOf(g.Code) != g.Community:
			why = words("代码应以社区代码开头", "its code does not begin with its community's")
		case codes[g.Code]:
			why = words("代码重复", "its code comes twice")
		}
		if why.ZH != "" {
			return badGrid.New("grid", g.ID, "why", why)
		}
		grids[g.ID], codes[g.Code] = true, true
	}
	for _, c := range d.Compounds {
		if !inCommunity(c.Community) || !onEarth(c.Lon, c.Lat) {
			return misplaced("小区", "compound", c.Name, c.ID)
		}
	}
	for _, b := range d.Buildings {
		if !inCommunity(b.Community) || b.Grid != 0 && !grids[b.Grid] || !onEarth(b.Lon, b.Lat) {
			return misplaced("楼栋", "building", b.Name, b.ID)
		}
	}
	for _, p := range d.Places {
		if p.Community != 0 && !inCommunity(p.Community) || !onEarth(p.Lon, p.Lat) {
			return misplaced("地点", "place", p.Name, p.ID)
		}
	}
	return nil
}

func misplaced(zh, en, name string, id int64) error {
	return errs.Invalid.New("field", words(zh, en),
		"remedy", words(fmt.Sprintf("“%s”（%d）的社区、网格或坐标不存在。", name, id),
			fmt.Sprintf("community, grid or position of %q (%d) does not exist.", name, id)))
}

// validDay tells whether a yyyymmdd exists in the calendar.
func validDay(d int) bool {
	y, m, dd := d/10000, d/100%100, d%100
	t := time.Date(y, time.Month(m), dd, 0, 0, 0, 0, time.UTC)
	return y >= 1900 && y < 2400 && t.Year() == y && int(t.Month()) == m && t.Day() == dd
}

func onEarth(lon, lat float64) bool {
	return !math.IsNaN(lon) && !math.IsNaN(lat) && math.Abs(lon) <= 180 && math.Abs(lat) <= 90
}

const maxName = 60

func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errs.Required.New("field", words("名称", "name")).In("name")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }):
		return errs.Invalid.New("field", words("名称", "name"), "remedy", words("含有无法显示的字符。", "it has characters that cannot be shown.")).In("name")
	case utf8.RuneCountInString(name) > maxName:
		return errs.TooLong.New("field", words("名称", "name"), "max", maxName).In("name")
	}
	return nil
}

// StandardCode returns the 20-digit form of CJ/T 349-2010: object class 6 +
// district 6 + street 3 + community 3 + grid sequence 2. class is the code of
// the managed object (6 digits), code the grid's 15-digit code. The standard
// has two digits for the sequence, so a community's 100th grid has no such
// code, which is an error and not a silent cut.
func StandardCode(class int, code int64) (string, error) {
	if LevelOf(code) != GridLevel {
		return "", badGrid.New("grid", code, "why", words("代码应为 15 位", "a code has 15 digits"))
	}
	if class < 0 || class > 999999 {
		return "", badGrid.New("grid", code, "why", words("对象大类小类代码应为 6 位", "an object class has 6 digits"))
	}
	seq := code % 1000
	if seq > 99 {
		return "", badGrid.New("grid", code, "why", words("标准编码的网格顺序号只有两位", "the standard has two digits for the sequence"))
	}
	return fmt.Sprintf("%06d%012d%02d", class, code/1000, seq), nil
}
