package prepare

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/paulmach/orb/planar"
	"google.golang.org/protobuf/encoding/protowire"

	"linli/internal/grid/planning"
)

// message appends a field of bytes.
func message(b []byte, n protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func varint(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

func packed(v ...int64) (b []byte) { // of differences
	last := int64(0)
	for _, x := range v {
		b = protowire.AppendVarint(b, protowire.EncodeZigZag(x-last))
		last = x
	}
	return b
}

// extract writes the elements as an .osm.pbf file would hold them.
type extract struct {
	strings [][]byte
	group   []byte
	ids     []int64
	lats    []int64
	lons    []int64
}

func (x *extract) text(s string) uint64 {
	for i, t := range x.strings {
		if string(t) == s {
			return uint64(i)
		}
	}
	x.strings = append(x.strings, []byte(s))
	return uint64(len(x.strings) - 1)
}

func (x *extract) node(id int64, lon, lat float64) {
	x.ids, x.lons, x.lats = append(x.ids, id), append(x.lons, int64(math.Round(lon*1e7))), append(x.lats, int64(math.Round(lat*1e7)))
}

func (x *extract) element(number protowire.Number, id int64, list protowire.Number, refs []int64, kinds []byte, pairs ...string) {
	var keys, vals []byte
	for i := 0; i < len(pairs); i += 2 {
		keys, vals = protowire.AppendVarint(keys, x.text(pairs[i])), protowire.AppendVarint(vals, x.text(pairs[i+1]))
	}
	m := message(message(varint(nil, 1, uint64(id)), 2, keys), 3, vals)
	m = message(m, list, packed(refs...))
	if kinds != nil {
		m = message(m, 10, kinds)
	}
	x.group = message(x.group, number, m)
}

func (x *extract) file() []byte {
	var table []byte
	for _, s := range x.strings {
		table = message(table, 1, s)
	}
	dense := message(message(message(nil, 1, packed(x.ids...)), 8, packed(x.lats...)), 9, packed(x.lons...))
	block := message(message(message(nil, 1, table), 2, message(nil, 2, dense)), 2, x.group)
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(block)
	_ = w.Close()
	var out []byte
	for _, part := range []struct {
		kind string
		blob []byte
	}{{"OSMHeader", message(nil, 1, []byte("x"))}, {"OSMData", message(varint(nil, 2, uint64(len(block))), 3, z.Bytes())}} {
		header := varint(message(nil, 1, []byte(part.kind)), 3, uint64(len(part.blob)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(header)))
		out = append(append(out, header...), part.blob...)
	}
	return out
}

// sample is two communities that share a border, houses, a block with a court, a road, a tunnel.
func sample() []byte {
	x := &extract{strings: [][]byte{{}}}
	for i, p := range [][2]float64{{0, 0}, {1, 0}, {2, 0}, {2, 1}, {1, 1}, {0, 1}} { // 1 to 6
		x.node(int64(i+1), 9.5+p[0]/100, 47.1+p[1]/100)
	}
	house := func(first int64, lon, lat, size float64) (ring []int64) {
		for i, p := range [][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}} {
			x.node(first+int64(i), lon+p[0]*size, lat+p[1]*size)
			ring = append(ring, first+int64(i))
		}
		return append(ring, first)
	}
	one, block, court, far := house(10, 9.502, 47.105, 0.0002), house(20, 9.514, 47.105, 0.001), house(30, 9.5142, 47.1052, 0.0004), house(40, 9.9, 47.9, 0.0002)
	x.node(50, 9.499, 47.105)
	x.node(51, 9.521, 47.105)
	x.element(3, 101, 8, []int64{1, 2}, nil)
	x.element(3, 102, 8, []int64{2, 5}, nil)
	x.element(3, 103, 8, []int64{1, 6, 5}, nil)
	x.element(3, 104, 8, []int64{5, 4, 3, 2}, nil)
	x.element(3, 110, 8, one, nil, "building", "house", "building:flats", "3", "building:levels", "2")
	x.element(3, 111, 8, block, nil)
	x.element(3, 112, 8, court, nil)
	x.element(3, 113, 8, far, nil, "building", "yes")
	x.element(3, 120, 8, []int64{50, 51}, nil, "highway", "primary")
	x.element(3, 121, 8, []int64{50, 51}, nil, "railway", "rail", "tunnel", "yes")
	x.element(3, 122, 8, []int64{50, 51}, nil, "highway", "residential")
	x.element(4, 201, 9, []int64{101, 102, 103}, []byte{1, 1, 1}, "boundary", "administrative", "admin_level", "8", "name", "West")
	x.element(4, 202, 9, []int64{104, 102}, []byte{1, 1}, "boundary", "administrative", "admin_level", "8", "name", "East")
	x.element(4, 203, 9, []int64{104}, []byte{1}, "boundary", "administrative", "admin_level", "8", "name", "Open")
	x.element(4, 204, 9, []int64{111, 112, 1}, []byte{1, 1, 0}, "type", "multipolygon", "building", "apartments", "building:levels", "5")
	return x.file()
}

func TestReadOSM(t *testing.T) {
	t.Parallel()
	s := &Sources{}
	if err := s.ReadOSM(write(t, "x.osm.pbf", sample()), Extract{Buildings: true, Communities: true, AdminLevel: 8}); err != nil {
		t.Fatal(err)
	}
	r, err := Prepare(s, Options{HouseholdArea: 100})
	if err != nil {
		t.Fatal(err)
	}
	sound(t, r.Instance)
	in := r.Instance
	if len(in.Communities) != 2 || in.Communities[0].Name != "West" || len(in.Barriers) != 1 || in.Barriers[0].Class != "main_road" || in.Licence == "" {
		t.Errorf("%+v %+v %q", in.Communities, in.Barriers, in.Licence)
	}
	// The block is a square of 0.001° less its court of 0.0004°, five storeys high.
	floor := 5 * 0.84 * 0.001 * 0.001 * in.MetresPerDegree[0] * in.MetresPerDegree[1]
	want, got := int(math.Round(floor/100)), 0
	for _, u := range in.Units {
		if u.Building == "r204" {
			got += u.Households
		}
	}
	if got != want || in.Units[0].Building != "w110" || in.Units[0].Households != 3 || in.Units[0].Levels != 2 {
		t.Errorf("%d households of %d, %+v", got, want, in.Units[0])
	}
	if r.LeftOut.Buildings != 1 || Count(r.Findings)[CommunityOpen] != 1 {
		t.Errorf("%+v %v", r.LeftOut, Count(r.Findings))
	}
	if a := math.Abs(planar.Area(in.Communities[0].Area)); math.Abs(a-1e-4*in.MetresPerDegree[0]*in.MetresPerDegree[1]) > 0.001*a {
		t.Error(a)
	}
}

func TestHostileExtracts(t *testing.T) {
	t.Parallel()
	good := sample()
	files := [][]byte{nil, []byte("<osm/>"), bytes.Repeat([]byte{0xff}, 99), good[:len(good)/2], append([]byte{0, 0, 0, 200}, good...)}
	for i := range 400 { // one byte changed here and there
		b := bytes.Clone(good)
		b[(i*7919)%len(b)] ^= byte(1 + i%255)
		files = append(files, b)
	}
	for i, data := range files {
		err := (&Sources{}).ReadOSM(write(t, "x.osm.pbf", data), Extract{Buildings: true, Communities: true, AdminLevel: 8})
		var bad *planning.InputError
		if err != nil && !errors.As(err, &bad) || i < 5 && err == nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
}
