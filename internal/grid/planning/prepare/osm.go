package prepare

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"linli/internal/grid/planning/cells"
	"linli/internal/kernel/errs"
)

// Extract says what to take of an OpenStreetMap extract, besides its barriers.
type Extract struct {
	Buildings   bool
	Communities bool
	AdminLevel  int // of the boundaries that are communities
}

// osmLicence is what has to be said wherever the data goes.
const osmLicence = "© OpenStreetMap contributors, ODbL 1.0"

// shape is an element of interest: a way of its own, or the ways of a relation.
type osmShape struct {
	key  string // w123 or r123
	tags map[string]string
	ways []int64
}

// ReadOSM adds an .osm.pbf extract: motorways, trunk and primary roads above
// ground, railways and rivers; buildings and boundaries if asked. It goes
// through the file three times (relations, ways, nodes) and holds only what is
// of interest.
func (s *Sources) ReadOSM(path string, want Extract) error {
	o := &osmReader{Sources: s, want: want, refs: map[int64][]int64{}, at: map[int64]orb.Point{}}
	for _, pass := range []scan{{relation: o.relation}, {way: o.way}, {node: o.node}} {
		if err := pass.file(path); err != nil {
			return fault(path, 0, "", whyNot(err), words("请给出 .osm.pbf 文件，例如来自 download.geofabrik.de", "give an .osm.pbf file, for instance from download.geofabrik.de"))
		}
	}
	before := len(s.Communities)
	for _, x := range o.shapes {
		o.add(x, path)
	}
	if want.Communities && len(s.Communities) == before {
		return fault(path, 0, "", spell("没有 admin_level 为 %d 的边界", "it has no boundary of admin_level %d", want.AdminLevel), words("请换一个 --admin-level，或给出 --communities", "give another --admin-level, or --communities"))
	}
	s.Licence = osmLicence
	return nil
}

// whyNot says why an extract cannot be read.
func whyNot(err error) errs.Words {
	switch {
	case errors.Is(err, errBroken):
		return words("不是 OpenStreetMap 数据（.osm.pbf），或已损坏", errBroken.Error())
	case errors.Is(err, errPacked):
		return words("数据块不是用 zlib 压缩的，请用 osmium cat -f pbf,pbf_compression=zlib 转换", errPacked.Error())
	}
	return words("无法打开", err.Error())
}

type osmReader struct {
	*Sources
	want   Extract
	shapes []osmShape
	refs   map[int64][]int64   // nodes of ways of interest
	at     map[int64]orb.Point // of nodes of interest
}

// keep are the tags that are looked at later.
var keepTags = []string{"building", "boundary", "building:levels", "building:flats", "name", "highway", "railway", "waterway"}

func kept(t tags) map[string]string {
	out := map[string]string{}
	for _, k := range keepTags {
		if v := t.get(k); v != "" {
			out[k] = v
		}
	}
	return out
}

func (o *osmReader) relation(id int64, t tags, ways []int64) {
	building := o.want.Buildings && t.get("type") == "multipolygon" && t.get("building") != "" && t.get("building") != "no"
	boundary := o.want.Communities && t.get("boundary") == "administrative" && t.get("admin_level") == strconv.Itoa(o.want.AdminLevel)
	if !building && !boundary {
		return
	}
	o.shapes = append(o.shapes, osmShape{fmt.Sprintf("r%d", id), kept(t), ways})
	for _, w := range ways {
		o.refs[w] = nil
	}
}

func (o *osmReader) way(id int64, t tags, nodes []int64) {
	_, member := o.refs[id]
	barrier := osmBarrier(t.get("highway"), t.get("railway"), t.get("waterway")) != "" && t.get("tunnel") != "yes" && t.get("tunnel") != "culvert"
	building := o.want.Buildings && t.get("building") != "" && t.get("building") != "no"
	if building || barrier {
		o.shapes = append(o.shapes, osmShape{fmt.Sprintf("w%d", id), kept(t), []int64{id}})
	} else if !member {
		return
	}
	o.refs[id] = nodes
	for _, n := range nodes {
		o.at[n] = orb.Point{math.NaN(), 0}
	}
}

func (o *osmReader) node(id int64, lon, lat float64) {
	if _, ok := o.at[id]; ok {
		o.at[id] = orb.Point{lon, lat}
	}
}

func osmBarrier(highway, railway, waterway string) string {
	switch {
	case highway == "motorway" || highway == "trunk" || highway == "primary":
		return "main_road"
	case railway == "rail":
		return "railway"
	case waterway == "river":
		return "river"
	}
	return ""
}

// add makes a building, community or barrier of a shape.
func (o *osmReader) add(x osmShape, path string) {
	from := place{file: path}
	kind := x.tags["building"]
	if kind == "" && x.tags["boundary"] == "" {
		if line := o.line(o.refs[x.ways[0]]); len(line) >= 2 {
			o.Barriers = append(o.Barriers, Barrier{osmBarrier(x.tags["highway"], x.tags["railway"], x.tags["waterway"]), line})
		}
		return
	}
	rings, open := o.rings(x.ways)
	if kind == "" {
		if open || len(rings) == 0 {
			o.find(CommunityOpen, x.tags["name"], from, Dropped, "社区边界不完整，未闭合", "its border is incomplete: the rings do not close")
			return
		}
		o.Communities = append(o.Communities, Community{Name: x.tags["name"], ID: x.key, Area: cells.Nest(rings), from: from})
		return
	}
	if len(rings) == 0 {
		return // a building cut off by the extract's edge
	}
	b := Building{ID: x.key, Name: x.tags["name"], Kind: kind, Households: Unknown, Levels: Unknown, Entrances: Unknown, Footprint: cells.Nest(rings), from: from}
	if n, err := strconv.Atoi(x.tags["building:flats"]); err == nil {
		b.Households = n
	}
	if n, err := strconv.ParseFloat(x.tags["building:levels"], 64); err == nil && n > 0 && n < 200 {
		b.Levels = int(math.Round(n))
	}
	b.At, _ = planar.CentroidArea(b.Footprint)
	b.HasPlace = !math.IsNaN(b.At[0] + b.At[1])
	o.Buildings = append(o.Buildings, b)
}

// line is the way's nodes that the extract holds.
func (o *osmReader) line(nodes []int64) orb.LineString {
	var out orb.LineString
	for _, n := range nodes {
		if p := o.at[n]; !math.IsNaN(p[0]) {
			out = append(out, p)
		}
	}
	return out
}

// rings joins ways end to end; open tells that some did not close.
func (o *osmReader) rings(ways []int64) (rings []orb.Ring, open bool) {
	var rest [][]int64
	for _, w := range ways {
		if nodes := o.refs[w]; len(nodes) >= 2 {
			rest = append(rest, nodes)
		} else {
			open = true // a member that the extract does not hold
		}
	}
	for len(rest) > 0 {
		chain := slices.Clone(rest[0])
		rest = rest[1:]
		for chain[0] != chain[len(chain)-1] {
			end := chain[len(chain)-1]
			k := slices.IndexFunc(rest, func(w []int64) bool { return w[0] == end || w[len(w)-1] == end })
			if k < 0 {
				break
			}
			next := slices.Clone(rest[k])
			if next[0] != end {
				slices.Reverse(next)
			}
			chain = append(chain, next[1:]...)
			rest = slices.Delete(rest, k, k+1)
		}
		if chain[0] != chain[len(chain)-1] {
			open = true
			continue
		}
		if ring := orb.Ring(o.line(chain)); len(ring) >= 4 && ring[0] == ring[len(ring)-1] {
			rings = append(rings, ring)
		}
	}
	return rings, open
}
