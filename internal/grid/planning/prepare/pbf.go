package prepare

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"google.golang.org/protobuf/encoding/protowire"
)

// The OpenStreetMap binary format: https://wiki.openstreetmap.org/wiki/PBF_Format.
// The usual Go reader, paulmach/osm, links the system's zlib through cgo and
// pkg-config, which would make every build need both; what is read here of the
// format is small.

// Bounds of the format itself.
const (
	mostHeader = 64 << 10
	mostBlob   = 32 << 20
)

// tags of an element; get is empty for a missing key.
type tags struct {
	strings    [][]byte
	keys, vals []uint64
}

func (t tags) get(key string) string {
	for i, k := range t.keys {
		if i < len(t.vals) && k < uint64(len(t.strings)) && t.vals[i] < uint64(len(t.strings)) && string(t.strings[k]) == key {
			return string(t.strings[t.vals[i]])
		}
	}
	return ""
}

// scan reads an extract and calls what is not nil for its elements. Slices are
// the callee's to keep.
type scan struct {
	node     func(id int64, lon, lat float64)
	way      func(id int64, t tags, nodes []int64)
	relation func(id int64, t tags, ways []int64)
}

var (
	errBroken = errors.New("it is no OpenStreetMap extract (.osm.pbf), or it is damaged")
	errPacked = errors.New("its blocks are packed in another way than zlib; write it again with osmium cat -f pbf,pbf_compression=zlib")
)

func (s scan) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	for first := true; ; first = false {
		var size [4]byte
		if _, err := io.ReadFull(in, size[:]); errors.Is(err, io.EOF) && !first {
			return nil
		} else if err != nil {
			return errBroken
		}
		n := binary.BigEndian.Uint32(size[:])
		if n > mostHeader {
			return errBroken
		}
		header, err := take(in, int(n))
		if err != nil {
			return err
		}
		var kind string
		length := uint64(mostBlob + 1)
		if err := fields(header, func(f field) error {
			switch f.number {
			case 1:
				kind = string(f.bytes)
			case 3:
				length = f.value
			}
			return nil
		}); err != nil || length > mostBlob || first && kind != "OSMHeader" {
			return errBroken
		}
		blob, err := take(in, int(length))
		if err != nil {
			return err
		}
		if kind != "OSMData" {
			continue
		}
		data, err := unpack(blob)
		if err != nil {
			return err
		}
		if err := s.block(data); err != nil {
			return err
		}
	}
}

func take(in io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(in, b); err != nil {
		return nil, errBroken
	}
	return b, nil
}

func unpack(blob []byte) (data []byte, err error) {
	err = fields(blob, func(f field) error {
		switch f.number {
		case 1:
			data = f.bytes
		case 3:
			z, err := zlib.NewReader(bytes.NewReader(f.bytes))
			if err != nil {
				return errBroken
			}
			data, err = io.ReadAll(io.LimitReader(z, mostBlob+1))
			if err != nil || len(data) > mostBlob {
				return errBroken
			}
		case 4, 5, 6, 7:
			return errPacked
		}
		return nil
	})
	return data, err
}

// field is one field of a message: a number or bytes.
type field struct {
	number protowire.Number
	value  uint64
	bytes  []byte
}

func fields(b []byte, f func(field) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errBroken
		}
		b = b[n:]
		x := field{number: number}
		switch kind {
		case protowire.VarintType:
			x.value, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			x.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return errBroken
		}
		b = b[n:]
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// numbers reads a packed list.
func numbers(b []byte) ([]uint64, error) {
	var out []uint64
	for len(b) > 0 {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, errBroken
		}
		out, b = append(out, v), b[n:]
	}
	return out, nil
}

// deltas reads a packed list of differences.
func deltas(b []byte) ([]int64, error) {
	raw, err := numbers(b)
	out, at := make([]int64, len(raw)), int64(0)
	for i, v := range raw {
		at += protowire.DecodeZigZag(v)
		out[i] = at
	}
	return out, err
}

// block is a PrimitiveBlock: its texts, its scale, its groups of elements.
type block struct {
	strings     [][]byte
	granularity float64
	lat, lon    float64
}

func (s scan) block(data []byte) error {
	b := block{granularity: 100}
	var groups [][]byte
	err := fields(data, func(f field) error {
		switch f.number {
		case 1:
			return fields(f.bytes, func(f field) error {
				b.strings = append(b.strings, f.bytes)
				return nil
			})
		case 2:
			groups = append(groups, f.bytes)
		case 17:
			b.granularity = float64(f.value)
		case 19:
			b.lat = float64(int64(f.value))
		case 20:
			b.lon = float64(int64(f.value))
		}
		return nil
	})
	for _, g := range groups {
		if err == nil {
			err = s.group(b, g)
		}
	}
	return err
}

func (s scan) group(b block, data []byte) error {
	return fields(data, func(f field) error {
		switch {
		case f.number == 1 && s.node != nil:
			return s.plainNode(b, f.bytes)
		case f.number == 2 && s.node != nil:
			return s.denseNodes(b, f.bytes)
		case f.number == 3 && s.way != nil:
			return element(b, f.bytes, 8, s.way)
		case f.number == 4 && s.relation != nil:
			return s.member(b, f.bytes)
		}
		return nil
	})
}

func (s scan) give(b block, id, lat, lon int64) {
	s.node(id, (b.lon+b.granularity*float64(lon))*1e-9, (b.lat+b.granularity*float64(lat))*1e-9)
}

func (s scan) plainNode(b block, data []byte) error {
	var v [10]int64
	err := fields(data, func(f field) error {
		if f.number < 10 {
			v[f.number] = protowire.DecodeZigZag(f.value)
		}
		return nil
	})
	if err == nil {
		s.give(b, v[1], v[8], v[9])
	}
	return err
}

func (s scan) denseNodes(b block, data []byte) error {
	var lists [10][]int64
	err := fields(data, func(f field) (err error) {
		if f.number == 1 || f.number == 8 || f.number == 9 {
			lists[f.number], err = deltas(f.bytes)
		}
		return err
	})
	if err != nil || len(lists[1]) != len(lists[8]) || len(lists[1]) != len(lists[9]) {
		return errBroken
	}
	for i, id := range lists[1] {
		s.give(b, id, lists[8][i], lists[9][i])
	}
	return nil
}

// element reads what ways and relations share: id, tags, and the list of the
// given number.
func element(b block, data []byte, list protowire.Number, give func(int64, tags, []int64)) error {
	t := tags{strings: b.strings}
	var id int64
	var refs []int64
	err := fields(data, func(f field) (err error) {
		switch f.number {
		case 1:
			id = int64(f.value)
		case 2:
			t.keys, err = numbers(f.bytes)
		case 3:
			t.vals, err = numbers(f.bytes)
		case list:
			refs, err = deltas(f.bytes)
		}
		return err
	})
	if err == nil {
		give(id, t, refs)
	}
	return err
}

// member reads a relation; only ways among its members are given.
func (s scan) member(b block, data []byte) error {
	var kinds []uint64
	if err := fields(data, func(f field) (err error) {
		if f.number == 10 {
			kinds, err = numbers(f.bytes)
		}
		return err
	}); err != nil {
		return err
	}
	return element(b, data, 9, func(id int64, t tags, members []int64) {
		var ways []int64
		for i, m := range members {
			if i < len(kinds) && kinds[i] == 1 {
				ways = append(ways, m)
			}
		}
		s.relation(id, t, ways)
	})
}
