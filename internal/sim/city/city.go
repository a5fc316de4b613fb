package city

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"github.com/paulmach/orb"
)

// Options say which city to make.
type Options struct {
	Seed  uint64    // any value; the same seed gives the same city
	Scale float64   // 1 = about 206,000 households in 526 grids; 0 means 1; 0.05 is the small test city and the least
	Until time.Time // the "today" of the city: validity dates lie before it; zero means 2026-11-23
}

// City is everything that Generate makes. All slices are in a stable order.
// Coordinates are WGS 84 (longitude, latitude), rounded to 6 decimals.
type City struct {
	Seed   uint64
	Scale  float64
	Until  time.Time
	Code   int // 9901
	Name   string
	NameEn string
	Center orb.Point
	Bound  orb.Bound

	Districts   []Region // level district, 6-digit codes
	Streets     []Region // level street, 9-digit codes
	Communities []Region // level community, 12-digit codes
	Grids       []Grid

	Roads     []Road
	Compounds []Compound
	Buildings []Building
	POIs      []POI
	Water     []Area
	Green     []Area

	Orgs       []Org
	Accounts   []Account
	Categories []Category // the whole tree, parents before children
	Routes     []Route    // ordered, first match wins, the last is the backstop
}

// Region is a district, street or community. The polygons of one level
// partition the city without gaps or overlaps and share their vertices.
type Region struct {
	Code       int64
	Parent     int64  // code of the region above (districts: 9901)
	Level      string // district | street | community
	Name       string // 湖东区, 湖滨街道, 翠湖社区
	NameEn     string
	Polygon    orb.Polygon
	Center     orb.Point // lies inside the polygon
	Households int
	Grids      int
	ValidFrom  int // yyyymmdd
}

// Grid kinds.
const (
	GridBasic     = "basic"
	GridDedicated = "dedicated"
)

// Grid is a 网格: inside one community, contiguous, 300–500 households where
// possible. Dedicated grids (a market, a campus, a business tower, the lake)
// have few households or none.
type Grid struct {
	ID         int64 // immutable, small (see id bases in this file)
	Code       int64 // 15 digits, numbered in reading order inside the community
	Community  int64
	Street     int64
	District   int
	Name       string // 翠湖社区第3网格
	Kind       string // basic | dedicated
	Use        string // "" or market | campus | business | hospital | station | industry | lake
	Polygon    orb.Polygon
	Center     orb.Point
	Households int
	Buildings  int
	Note       string // why the bounds are not kept, where they are not
	ValidFrom  int    // yyyymmdd
	Water      bool   // the lake: nobody lives there, do not colour it
}

// Road classes.
const (
	Expressway = "expressway"
	Main       = "main"
	Secondary  = "secondary"
	Lane       = "lane"
)

// Road is a named street, drawn as one or more lines.
type Road struct {
	ID     int64
	Name   string
	Class  string
	Lines  orb.MultiLineString
	Length int // metres
}

// Compound is a 小区: a walled residential area, or an old lane quarter.
type Compound struct {
	ID         int64
	Name       string
	Style      string // courtyard | slab | midrise | tower | village
	Community  int64
	Grid       int64
	Polygon    orb.Polygon
	Center     orb.Point
	Households int
	Address    string
	Property   int64 // property company (Org.ID); 0 = none, the community looks after it
	Built      int   // year
}

// Entrance is a 单元 of a building.
type Entrance struct {
	Name       string // 1单元
	Households int
}

// Building kinds.
const (
	Slab      = "slab"
	Tower     = "tower"
	Courtyard = "courtyard"
	House     = "house"
	Shop      = "shop"
	Office    = "office"
	Mall      = "mall"
	Market    = "market"
	School    = "school"
	Hospital  = "hospital"
	Factory   = "factory"
	Public    = "public"
	Station   = "station"
)

// Building has a footprint that lies inside its grid.
type Building struct {
	ID         int64
	Name       string // 3号楼, or for others 建设大道12号
	Kind       string
	Compound   int64 // 0 outside compounds
	Grid       int64
	Community  int64
	Footprint  orb.Polygon
	Center     orb.Point // inside the footprint
	Levels     int
	Households int
	Entrances  []Entrance // only where people live
	Address    string     // 湖东区湖滨街道建设大道12号翠湖花园3号楼
}

// POI kinds.
const (
	POISchool   = "school"
	POIHospital = "hospital"
	POIMarket   = "market"
	POIHall     = "hall" // 邻里和合厅
	POIStation  = "station"
	POIPark     = "park"
	POIPolice   = "police"
	POIOffice   = "office" // street offices, community committees
	POIMall     = "mall"
)

// POI is a place that people name.
type POI struct {
	ID        int64
	Kind      string
	Name      string
	Point     orb.Point
	Grid      int64
	Community int64
	Building  int64 // 0 = in the open
}

// Area is a surface of the base map.
type Area struct {
	Kind    string // lake | river | canal; park | square | wood | farm | strip | sports
	Name    string // may be empty
	Polygon orb.Polygon
}

// First ids by kind. Real ids are time-ordered and far larger, so a loader can
// keep these as they are.
const (
	gridBase     = 1_000_000
	compoundBase = 2_000_000
	buildingBase = 3_000_000
	poiBase      = 4_000_000
	roadBase     = 5_000_000
	orgBase      = 6_000_000
	accountBase  = 7_000_000
	postBase     = 8_000_000
	categoryBase = 9_000_000
)

// Generate makes the city. It takes a few seconds at Scale 1 and panics only
// on a defect of its own.
func Generate(o Options) *City {
	if o.Scale <= 0 {
		o.Scale = 1
	}
	o.Scale = clamp(o.Scale, 0.05, 1)
	if o.Until.IsZero() {
		o.Until = time.Date(2026, 11, 23, 0, 0, 0, 0, time.FixedZone("CST", 8*3600))
	}
	c := &City{Seed: o.Seed, Scale: o.Scale, Until: o.Until, Code: 9901, Name: "澄湖市", NameEn: "Chenghu"}
	b := newBuilder(c)
	b.layout()
	b.blocks()
	b.network()
	b.roads()
	b.settle()
	b.regions()
	b.places()
	b.organise()
	b.employ()
	c.Categories = Categories()
	c.Routes = Routes()
	return c
}

// stream gives a part of the city its own random numbers.
func stream(seed uint64, part string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(part))
	return rand.New(rand.NewPCG(seed*0x9E3779B97F4A7C15+1, h.Sum64()))
}

// day is t as yyyymmdd.
func day(t time.Time) int {
	y, m, d := t.Date()
	return y*10000 + int(m)*100 + d
}

// The map's origin and the metres of a degree there.
const (
	lon0 = 112.60
	lat0 = 29.40
	mLat = 110_862.0
	mLon = 97_083.0
)

// lonlat projects local metres to rounded degrees.
func lonlat(p pt) orb.Point {
	return orb.Point{round6(lon0 + p.x/mLon), round6(lat0 + p.y/mLat)}
}

func round6(v float64) float64 { return math.Round(v*1e6) / 1e6 }
