package region

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/web"
)

// ref names a region by code, or a grid by id.
type ref struct {
	ID   int64  `json:"id,omitempty"`
	Code string `json:"code,omitempty"`
	Name string `json:"name"`
}

type placeItem struct {
	Kind      string  `json:"kind" enum:"district,street,community,compound,building,road,poi,grid"`
	Name      string  `json:"name"`
	Path      string  `json:"path"`
	Lon       float64 `json:"lon"`
	Lat       float64 `json:"lat"`
	Code      string  `json:"code,omitempty"`
	Community *ref    `json:"community,omitempty"`
	GridID    int64   `json:"grid_id,omitempty"`
	Building  int64   `json:"building_id,omitempty"`
}

type placesIn struct {
	Q     string `query:"q" maxLength:"200" doc:"What to look for"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"10"`
}

type placesOut struct {
	Body struct {
		Items []placeItem `json:"items"`
	}
}

type atIn struct {
	Lon float64 `query:"lon" required:"true"`
	Lat float64 `query:"lat" required:"true"`
	CRS string  `query:"crs" enum:"wgs84,gcj02,bd09" default:"wgs84"`
}

type point struct {
	Lon float64 `json:"lon"`
	Lat float64 `json:"lat"`
}

type nearBuilding struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	DistanceM float64 `json:"distance_m"`
}

type atOut struct {
	Body struct {
		Inside    bool          `json:"inside"`
		Lon       float64       `json:"lon" doc:"WGS 84"`
		Lat       float64       `json:"lat"`
		District  *ref          `json:"district"`
		Street    *ref          `json:"street"`
		Community *ref          `json:"community"`
		Grid      *ref          `json:"grid"`
		Nearest   *nearBuilding `json:"nearest_building,omitempty"`
		Suspicion string        `json:"suspicion,omitempty" enum:"swapped,gcj02,bd09,outside"`
		Question  string        `json:"question,omitempty" doc:"What to ask the person, in his language"`
		Proposed  *point        `json:"proposed,omitempty" doc:"The position that was probably meant"`
	}
}

type tileInfo struct {
	URL         string   `json:"url"`
	Layers      []string `json:"layers"`
	Attribution string   `json:"attribution"`
	MaxZoom     int      `json:"max_zoom"`
}

type infoOut struct {
	Body struct {
		BBox      []float64 `json:"bbox"`
		Center    []float64 `json:"center"`
		Layers    []string  `json:"layers"`
		Version   string    `json:"version"`
		City      *ref      `json:"city"`
		Tiles     *tileInfo `json:"tiles,omitempty"`
		Synthetic bool      `json:"synthetic"`
	}
}

type regionItem struct {
	Code       string `json:"code"`
	Parent     string `json:"parent"`
	Level      string `json:"level" enum:"city,district,street,community"`
	Name       string `json:"name"`
	Households int    `json:"households"`
	Children   int    `json:"children"`
	ValidFrom  int    `json:"valid_from"`
	ValidTo    int    `json:"valid_to,omitempty"`
	Version    int    `json:"version"`
}

type regionsIn struct {
	Parent string `query:"parent" pattern:"^([0-9]{4}|[0-9]{6}|[0-9]{9})?$" doc:"Code of the region above; empty for the city"`
	Newest bool   `query:"newest" doc:"The newest version of each, also those that begin later or have ended"`
}

type regionsOut struct {
	Body struct {
		Items []regionItem `json:"items"`
	}
}

type regionPutIn struct {
	Code string `path:"code" pattern:"^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$"`
	Body struct {
		Version   int    `json:"version" doc:"The version that was edited"`
		Name      string `json:"name" maxLength:"60"`
		ValidFrom int    `json:"valid_from" doc:"yyyymmdd, today or later"`
		ValidTo   int    `json:"valid_to,omitempty" doc:"First day on which the region is no more; 0 for none"`
		Note      string `json:"note,omitempty" maxLength:"200"`
	}
}

type regionOut struct{ Body regionItem }

type gridsIn struct {
	Region string `query:"region" pattern:"^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})?$"`
	Day    int    `query:"day" doc:"yyyymmdd: the grids of that day; 0: of today"`
	ID     int64  `query:"id" doc:"Only the grid with this id"`
	Q      string `query:"q" maxLength:"60"`
	Cursor string `query:"cursor" pattern:"^([0-9]{15})?$" doc:"Code of the last grid of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type dayIn struct {
	Day int `query:"day" doc:"yyyymmdd: the grids of that day; today if left out"`
}

type netsIn struct {
	Region string `query:"region" pattern:"^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})?$"`
}

type netItem struct {
	From        int  `json:"from" doc:"yyyymmdd, first day"`
	To          int  `json:"to,omitempty" doc:"first day of the next net"`
	Coming      bool `json:"coming" doc:"published, begins on a day to come"`
	Communities int  `json:"communities" doc:"how many got other grids on the first day"`
	Grids       int  `json:"grids"`
}

type netsOut struct {
	Body struct {
		Items []netItem `json:"items"`
	}
}

type gridItem struct {
	ID         int64  `json:"id"`
	Code       string `json:"code"`
	Standard   string `json:"standard_code,omitempty" doc:"20 digits, CJ/T 349-2010, object class 000000"`
	Name       string `json:"name"`
	Kind       string `json:"kind" enum:"basic,dedicated"`
	Purpose    string `json:"purpose,omitempty"`
	Street     ref    `json:"street"`
	Community  ref    `json:"community"`
	Households int    `json:"households"`
	Note       string `json:"note,omitempty"`
	ValidFrom  int    `json:"valid_from"`
	ValidTo    int    `json:"valid_to,omitempty"`
}

type gridsOut struct {
	Body struct {
		Items []gridItem `json:"items"`
		Next  string     `json:"next,omitempty"`
		Count int        `json:"count"`
	}
}

var levelNames = map[Level]string{City: "city", District: "district", Street: "street", Community: "community"}

// Register adds the room's operations. tiles may be nil.
func (a *Atlas) Register(r *web.Router, tiles *Tiles) {
	const v1 = "/api/v1"
	web.Register(r, web.Op{ID: "find-places", Method: "GET", Path: v1 + "/places", Policy: access.SignedIn, Tags: []string{"places"},
		Summary: "按名称查找地点", SummaryEN: "Find places by name"}, a.apiPlaces)
	web.Register(r, web.Op{ID: "place-at", Method: "GET", Path: v1 + "/places/at", Policy: access.SignedIn, Tags: []string{"places"},
		Summary: "查询坐标所在的网格", SummaryEN: "Where a position lies"}, a.apiAt)
	web.Register(r, web.Op{ID: "list-regions", Method: "GET", Path: v1 + "/regions", Policy: access.SignedIn, Tags: []string{"regions"},
		Summary: "区划列表", SummaryEN: "List regions"}, a.apiRegions)
	web.Register(r, web.Op{ID: "update-region", Method: "PUT", Path: v1 + "/regions/{code}", Policy: access.Needs(access.RegionWrite), Tags: []string{"regions"},
		Summary: "修改区划名称或起止日期", SummaryEN: "Rename a region or set its dates, as a new version"}, a.apiUpdate)
	web.Register(r, web.Op{ID: "list-grids", Method: "GET", Path: v1 + "/grids", Policy: access.SignedIn, Tags: []string{"regions"},
		Summary: "网格列表", SummaryEN: "List grids"}, a.apiGrids)
	web.Register(r, web.Op{ID: "list-nets", Method: "GET", Path: v1 + "/grids/nets", Policy: access.SignedIn, Tags: []string{"regions"},
		Summary: "历次网格划分", SummaryEN: "The nets of grids that there were and will be"}, a.apiNets)
	web.Register(r, web.Op{ID: "map-info", Method: "GET", Path: v1 + "/map/info", Policy: access.Public, Tags: []string{"map"},
		Summary: "地图范围与图层", SummaryEN: "Extent and layers of the map"}, func(ctx context.Context, _ access.Scope, _ *struct{}) (*infoOut, error) {
		return a.apiInfo(tiles), nil
	})
	web.Handle(r, web.Op{ID: "map-base-layer", Method: "GET", Path: v1 + "/map/base/{file}", Policy: access.Public, Tags: []string{"map"}, Produces: "application/geo+json",
		Summary: "底图图层（{layer}.geojson）", SummaryEN: "A layer of the base map, {layer}.geojson"},
		func(_ context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
			name, ok := strings.CutSuffix(req.PathValue("file"), ".geojson")
			if !ok || name == "grids" {
				return errs.NotFound.New()
			}
			return a.serveLayer(w, req, name, 0)
		})
	web.Handle(r, web.Op{ID: "map-grids", Method: "GET", Path: v1 + "/map/grids.geojson", Policy: access.SignedIn, Tags: []string{"map"}, Produces: "application/geo+json", Params: dayIn{},
		Summary: "网格边界", SummaryEN: "Boundaries of the grids"},
		func(ctx context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
			text := req.URL.Query().Get("day")
			if text == "" {
				return a.serveLayer(w, req, "grids", 0)
			}
			day, _ := strconv.Atoi(text) // Net refuses what is no day
			n, err := a.Net(ctx, day)
			if err != nil {
				return err
			}
			return a.serveLayer(w, req, "grids", n.From)
		})
	web.Handle(r, web.Op{ID: "map-tile", Method: "GET", Path: v1 + "/map/tiles/{z}/{x}/{y}", Policy: access.SignedIn, Tags: []string{"map"}, Produces: "image/png",
		Summary: "天地图瓦片（需配置）", SummaryEN: "A Tianditu tile, where configured"},
		func(_ context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
			return tiles.serveTile(w, req)
		})
}

func (a *Atlas) ref(code int64) *ref {
	if code == 0 {
		return nil
	}
	return &ref{Code: strconv.FormatInt(code, 10), Name: a.Name(code)}
}

// near is the regions of the asker's posts: results there come first.
func near(ctx context.Context, today int) []int64 {
	actor := web.Actor(ctx)
	if actor == nil {
		return nil
	}
	var out []int64
	for _, p := range actor.Posts {
		if p.InForce(today) {
			out = append(out, p.Region)
		}
	}
	return out
}

func (a *Atlas) apiPlaces(ctx context.Context, scope access.Scope, in *placesIn) (*placesOut, error) {
	out := &placesOut{}
	out.Body.Items = []placeItem{}
	for _, f := range a.Places(in.Q, near(ctx, scope.Today()), in.Limit) {
		item := placeItem{Kind: f.Kind, Name: f.Name, Path: f.Path, Lon: f.Lon, Lat: f.Lat, Community: a.ref(f.Community), GridID: f.Grid, Building: f.Building}
		if f.Code != 0 {
			item.Code = strconv.FormatInt(f.Code, 10)
		}
		out.Body.Items = append(out.Body.Items, item)
	}
	return out, nil
}

func (a *Atlas) apiAt(ctx context.Context, _ access.Scope, in *atIn) (*atOut, error) {
	p := geo.Point{Lon: in.Lon, Lat: in.Lat}
	if in.CRS != string(geo.WGS84) {
		q, err := geo.ToWGS84(p, geo.CRS(in.CRS))
		if err != nil {
			return nil, err
		}
		p = geo.Round(q, 6)
	}
	out := &atOut{}
	b := &out.Body
	b.Lon, b.Lat = p.Lon, p.Lat
	if s, ok := a.At(p.Lon, p.Lat); ok {
		b.Inside = true
		b.District, b.Street, b.Community = a.ref(int64(s.District)), a.ref(s.Street), a.ref(s.Community)
		if g, err := a.Grid(s.Grid); err == nil {
			b.Grid = &ref{ID: g.ID, Code: strconv.FormatInt(g.Code, 10), Name: g.Name}
		}
		if x, name, d, ok := a.Nearest(p.Lon, p.Lat, nearNamed); ok {
			b.Nearest = &nearBuilding{ID: x.ID, Name: name, DistanceM: float64(int(d*10)) / 10}
		}
	}
	if f := a.Suspect(p.Lon, p.Lat); f.Suspicion != geo.Plausible {
		b.Suspicion, b.Question = string(f.Suspicion), f.Words().In(web.Lang(ctx))
		if f.Suspicion != geo.Outside {
			q := geo.Round(f.Proposed, 6)
			b.Proposed = &point{q.Lon, q.Lat}
		}
	}
	return out, nil
}

func (a *Atlas) apiInfo(tiles *Tiles) *infoOut {
	out := &infoOut{}
	b := &out.Body
	b.BBox, b.Center = []float64{}, []float64{}
	if box, ok := a.Bounds(); ok {
		b.BBox = box[:]
		b.Center = []float64{(box[0] + box[2]) / 2, (box[1] + box[3]) / 2}
	}
	b.Layers, b.Version, b.Synthetic = a.layerNames(), a.mapVersion(), a.Synthetic()
	if b.Layers == nil {
		b.Layers = []string{}
	}
	if c := a.City(); c.Code != 0 {
		b.City = a.ref(c.Code)
	}
	if tiles != nil {
		b.Tiles = &tileInfo{URL: "/api/v1/map/tiles/{z}/{x}/{y}", Layers: []string{"vec", "cva", "img", "cia"}, Attribution: tileRefer, MaxZoom: maxZoom}
	}
	return out
}

func (a *Atlas) item(r Region) regionItem {
	x := regionItem{Code: strconv.FormatInt(r.Code, 10), Level: levelNames[LevelOf(r.Code)], Name: r.Name, Households: r.Households,
		Children: len(a.cur.Load().children[r.Code]), ValidFrom: r.ValidFrom, ValidTo: r.ValidTo, Version: r.Version}
	if r.Parent != 0 {
		x.Parent = strconv.FormatInt(r.Parent, 10)
	}
	return x
}

func (a *Atlas) apiRegions(ctx context.Context, _ access.Scope, in *regionsIn) (*regionsOut, error) {
	parent, _ := strconv.ParseInt(in.Parent, 10, 64) // the pattern allows digits only
	list := a.Children(parent)
	if in.Newest {
		var err error
		if list, err = a.Newest(ctx, parent); err != nil {
			return nil, err
		}
	}
	out := &regionsOut{}
	out.Body.Items = make([]regionItem, len(list))
	for i, r := range list {
		out.Body.Items[i] = a.item(r)
	}
	return out, nil
}

func (a *Atlas) apiUpdate(ctx context.Context, scope access.Scope, in *regionPutIn) (*regionOut, error) {
	code, _ := strconv.ParseInt(in.Code, 10, 64)
	b := &in.Body
	r, err := a.Update(ctx, scope, code, Change{Version: b.Version, Name: strings.TrimSpace(b.Name), ValidFrom: b.ValidFrom, ValidTo: b.ValidTo, Note: b.Note})
	if err != nil {
		return nil, err
	}
	return &regionOut{a.item(r)}, nil
}

func (a *Atlas) apiNets(ctx context.Context, _ access.Scope, in *netsIn) (*netsOut, error) {
	area, _ := strconv.ParseInt(in.Region, 10, 64)
	list, err := a.Nets(ctx, area)
	out := &netsOut{}
	out.Body.Items = []netItem{}
	for _, n := range list {
		out.Body.Items = append(out.Body.Items, netItem{From: n.From, To: n.To, Coming: n.From > a.today(), Communities: n.Communities, Grids: n.Grids})
	}
	return out, err
}

func (a *Atlas) apiGrids(ctx context.Context, _ access.Scope, in *gridsIn) (*gridsOut, error) {
	area, _ := strconv.ParseInt(in.Region, 10, 64)
	list := a.Grids(area)
	if in.Day != 0 {
		n, err := a.Net(ctx, in.Day)
		if err != nil {
			return nil, err
		}
		list = n.Within(area)
	}
	after, _ := strconv.ParseInt(in.Cursor, 10, 64)
	out := &gridsOut{}
	out.Body.Items = []gridItem{}
	q := normalise(in.Q)
	for _, g := range list {
		if in.ID != 0 && g.ID != in.ID || q != "" && !strings.Contains(normalise(g.Name), q) && !strings.Contains(strconv.FormatInt(g.Code, 10), q) {
			continue
		}
		out.Body.Count++
		if g.Code <= after {
			continue
		}
		if len(out.Body.Items) == in.Limit {
			out.Body.Next = out.Body.Items[in.Limit-1].Code
			continue
		}
		std, err := StandardCode(0, g.Code)
		if err != nil {
			std = "" // more than 99 grids in a community: the standard has no code for it
		}
		out.Body.Items = append(out.Body.Items, gridItem{ID: g.ID, Code: strconv.FormatInt(g.Code, 10), Standard: std, Name: g.Name, Kind: g.Kind,
			Purpose: g.Purpose, Street: *a.ref(g.Community / 1000), Community: *a.ref(g.Community), Households: g.Households, Note: g.Note, ValidFrom: g.ValidFrom, ValidTo: g.ValidTo})
	}
	return out, nil
}
