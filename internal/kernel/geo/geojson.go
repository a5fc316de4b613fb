package geo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"linli/internal/kernel/errs"
)

// Limits bound what ReadGeoJSON accepts. Zero fields take the default.
type Limits struct {
	Bytes    int64 // of the whole text, default 32 MB
	Depth    int   // of nested brackets, default 24
	Features int   // default 200,000
	Vertices int   // positions in all geometries, default 3,000,000
}

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = 32 << 20
	}
	if l.Depth == 0 {
		l.Depth = 24
	}
	if l.Features == 0 {
		l.Features = 200_000
	}
	if l.Vertices == 0 {
		l.Vertices = 3_000_000
	}
	return l
}

// Feature is one feature. Properties is the JSON object as it came (nil if
// absent); its depth and size are within the limits.
type Feature struct {
	ID         string // the id, a number in decimal; empty if absent
	Properties json.RawMessage
	Shape      orb.Geometry // Point, MultiPoint, LineString, MultiLineString, Polygon or MultiPolygon
}

// MultiPolygon returns the shape if it is an area.
func (f Feature) MultiPolygon() (orb.MultiPolygon, bool) {
	switch s := f.Shape.(type) {
	case orb.Polygon:
		return orb.MultiPolygon{s}, true
	case orb.MultiPolygon:
		return s, true
	}
	return nil, false
}

// ReadGeoJSON reads a FeatureCollection, a Feature or a bare geometry in WGS 84
// (RFC 7946). Altitudes are dropped. Rings must be closed and have an area;
// whether they cross themselves is not checked. Text beyond the limits, broken
// or meant otherwise is refused with an error that names the place in it.
func ReadGeoJSON(r io.Reader, l Limits) ([]Feature, error) {
	l = l.orDefault()
	raw, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return nil, fmt.Errorf("read geojson: %w", err)
	}
	if int64(len(raw)) > l.Bytes {
		return nil, errs.TooLarge.New("max", fmt.Sprintf("%d MB", max(1, l.Bytes>>20))).In("geojson")
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		return nil, invalid("geojson", "文字编码须为 UTF-8。", "the text must be UTF-8.")
	}
	if tooDeep(raw, l.Depth) {
		return nil, invalid("geojson", fmt.Sprintf("嵌套不能超过 %d 层。", l.Depth), fmt.Sprintf("brackets may be nested at most %d deep.", l.Depth))
	}
	g := &reader{left: l.Vertices, limits: l}
	return g.top(json.NewDecoder(bytes.NewReader(raw)))
}

// tooDeep looks at brackets outside strings.
func tooDeep(raw []byte, most int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > most {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

type reader struct {
	limits Limits
	left   int // vertices that may still come
}

// object is a Feature or geometry as it came.
type object struct {
	Type        string          `json:"type"`
	ID          json.RawMessage `json:"id"`
	Properties  json.RawMessage `json:"properties"`
	Geometry    json.RawMessage `json:"geometry"`
	Coordinates json.RawMessage `json:"coordinates"`
	CRS         json.RawMessage `json:"crs"`
}

func broken(err error) *errs.Error {
	return invalid("geojson", "不是有效的 GeoJSON,请检查文件是否完整。", "this is not valid GeoJSON; check that the file is complete.").Because(err)
}

// top walks the outer object; features are decoded one by one, so that a long
// list of nothing costs no memory.
func (g *reader) top(dec *json.Decoder) ([]Feature, error) {
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, broken(err)
	}
	var o object
	var out []Feature
	list := false
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, broken(err)
		}
		var into any = new(json.RawMessage)
		switch key {
		case "features":
			if list {
				return nil, invalid("features", "出现了两次。", "it appears twice.")
			}
			list = true
			if out, err = g.features(dec); err != nil {
				return nil, err
			}
			continue
		case "type":
			into = &o.Type
		case "id":
			into = &o.ID
		case "properties":
			into = &o.Properties
		case "geometry":
			into = &o.Geometry
		case "coordinates":
			into = &o.Coordinates
		case "crs":
			into = &o.CRS
		}
		if err := dec.Decode(into); err != nil {
			return nil, broken(err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, broken(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, invalid("geojson", "内容之后还有多余的文字。", "there is more text after the end.")
	}
	if err := checkCRS(o.CRS); err != nil {
		return nil, err
	}
	switch o.Type {
	case "FeatureCollection":
		if !list {
			return nil, errs.Required.New().In("features")
		}
		return out, nil
	case "Feature":
		f, err := g.feature(o, "")
		return []Feature{f}, err
	case "":
		return nil, errs.Required.New().In("type")
	}
	s, err := g.shape(o, "")
	return []Feature{{Shape: s}}, err
}

func (g *reader) features(dec *json.Decoder) ([]Feature, error) {
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return nil, invalid("features", "须为列表。", "it must be a list.").Because(err)
	}
	var out []Feature
	for dec.More() {
		if len(out) == g.limits.Features {
			return nil, invalid("features", fmt.Sprintf("最多 %d 个。", g.limits.Features), fmt.Sprintf("at most %d are allowed.", g.limits.Features))
		}
		at := fmt.Sprintf("features[%d].", len(out))
		var o object
		if err := dec.Decode(&o); err != nil {
			return nil, broken(err).In(strings.TrimSuffix(at, "."))
		}
		if o.Type != "Feature" {
			return nil, invalid(at+"type", "须为 Feature。", "it must be Feature.")
		}
		f, err := g.feature(o, at)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	_, err := dec.Token()
	if err != nil {
		return nil, broken(err)
	}
	return out, nil
}

func (g *reader) feature(o object, at string) (Feature, error) {
	f := Feature{}
	if len(o.ID) > 0 && string(o.ID) != "null" {
		if o.ID[0] == '"' {
			if err := json.Unmarshal(o.ID, &f.ID); err != nil {
				return f, broken(err).In(at + "id")
			}
		} else if f.ID = string(o.ID); f.ID[0] != '-' && (f.ID[0] < '0' || f.ID[0] > '9') {
			return f, invalid(at+"id", "须为文字或数字。", "it must be text or a number.")
		}
	}
	if len(o.Properties) > 0 && string(o.Properties) != "null" {
		if o.Properties[0] != '{' {
			return f, invalid(at+"properties", "须为对象。", "it must be an object.")
		}
		f.Properties = o.Properties
	}
	if len(o.Geometry) == 0 || string(o.Geometry) == "null" {
		return f, errs.Required.New().In(at + "geometry")
	}
	var s object
	if err := json.Unmarshal(o.Geometry, &s); err != nil {
		return f, broken(err).In(at + "geometry")
	}
	var err error
	f.Shape, err = g.shape(s, at+"geometry.")
	return f, err
}

func checkCRS(raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	s := strings.ToUpper(string(raw))
	for _, ok := range []string{"CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490"} {
		if strings.Contains(s, ok+`"`) {
			return nil
		}
	}
	return invalid("crs", "只接受 WGS 84 或 CGCS2000 经纬度，请先转换坐标。", "only WGS 84 or CGCS2000 longitude and latitude are accepted; convert the file first.")
}

func (g *reader) shape(o object, at string) (orb.Geometry, error) {
	c := &coords{raw: o.Coordinates, at: at + "coordinates", g: g}
	if len(o.Coordinates) == 0 {
		if o.Type == "GeometryCollection" {
			return nil, invalid(at+"type", "不支持 GeometryCollection，请拆成单独的图形。", "GeometryCollection is not supported; split it into single shapes.")
		}
		return nil, errs.Required.New().In(c.at)
	}
	var s orb.Geometry
	switch o.Type {
	case "Point":
		s = c.point()
	case "MultiPoint":
		s = orb.MultiPoint(list(c, c.point))
	case "LineString":
		s = c.line()
	case "MultiLineString":
		s = orb.MultiLineString(list(c, c.line))
	case "Polygon":
		s = c.polygon()
	case "MultiPolygon":
		s = orb.MultiPolygon(list(c, c.polygon))
	default:
		return nil, invalid(at+"type", "不支持这种图形。", "this kind of shape is not supported.")
	}
	if c.err != nil {
		return nil, c.err
	}
	return s, nil
}

// coords reads coordinates of a known shape from text that the JSON decoder
// has already found well-formed. The first error stops it.
type coords struct {
	raw []byte
	i   int
	at  string
	g   *reader
	err error
}

func (c *coords) fail(zh, en string) {
	if c.err == nil {
		c.err = invalid(c.at, zh, en)
	}
}

func (c *coords) peek() byte {
	for c.i < len(c.raw) {
		switch b := c.raw[c.i]; b {
		case ' ', '\n', '\r', '\t':
			c.i++
		default:
			return b
		}
	}
	return 0
}

func (c *coords) take(b byte) bool {
	if c.peek() != b {
		return false
	}
	c.i++
	return true
}

// list reads a bracketed, non-empty list of what item reads.
func list[T any](c *coords, item func() T) []T {
	var out []T
	if !c.take('[') {
		c.fail("括号层数与图形类型不符。", "the nesting does not fit the kind of shape.")
		return nil
	}
	for c.err == nil {
		out = append(out, item())
		if c.take(']') {
			return out
		}
		if !c.take(',') {
			c.fail("括号层数与图形类型不符。", "the nesting does not fit the kind of shape.")
		}
	}
	return nil
}

func (c *coords) number() float64 {
	c.peek()
	j := c.i
	for j < len(c.raw) && strings.IndexByte("+-.eE0123456789", c.raw[j]) >= 0 {
		j++
	}
	v, err := strconv.ParseFloat(string(c.raw[c.i:j]), 64)
	if err != nil {
		c.fail("坐标须为数字，且括号层数与图形类型相符。", "coordinates must be numbers, nested as the kind of shape wants.")
	}
	c.i = j
	return v
}

func (c *coords) point() orb.Point {
	var v [2]float64
	n := 0
	if !c.take('[') {
		c.fail("括号层数与图形类型不符。", "the nesting does not fit the kind of shape.")
		return orb.Point{}
	}
	for c.err == nil {
		x := c.number()
		if n < 2 {
			v[n] = x
		}
		n++
		if c.take(']') {
			break
		}
		if !c.take(',') || n == 4 {
			c.fail("每个点须为经度、纬度两个数字。", "each position is a longitude and a latitude.")
		}
	}
	if c.g.left--; c.g.left < 0 {
		c.fail(fmt.Sprintf("最多 %d 个点。", c.g.limits.Vertices), fmt.Sprintf("at most %d positions are allowed.", c.g.limits.Vertices))
	}
	if c.err == nil && n < 2 {
		c.fail("每个点须为经度、纬度两个数字。", "each position is a longitude and a latitude.")
	}
	if c.err == nil && !(Point{v[0], v[1]}).Valid() {
		c.fail("坐标须为度，先经度后纬度；可能写反了，或是投影坐标。", "positions are in degrees, longitude first; these may be swapped or in metres.")
	}
	return v
}

func (c *coords) line() orb.LineString {
	l := orb.LineString(list(c, c.point))
	if c.err == nil && len(l) < 2 {
		c.fail("线至少要有两个点。", "a line needs at least two positions.")
	}
	return l
}

func (c *coords) ring() orb.Ring {
	r := orb.Ring(list(c, c.point))
	switch {
	case c.err != nil:
	case len(r) < 4:
		c.fail("边界至少要有四个点，首尾相同。", "a ring needs at least four positions, the last equal to the first.")
	case r[0] != r[len(r)-1]:
		c.fail("边界没有闭合，首尾两点须相同。", "a ring is not closed; the last position must equal the first.")
	default:
		area := 0.0
		for i := 1; i < len(r); i++ {
			area += (r[i-1][0]-r[0][0])*(r[i][1]-r[0][1]) - (r[i][0]-r[0][0])*(r[i-1][1]-r[0][1])
		}
		if area == 0 {
			c.fail("边界没有围成面积。", "a ring encloses no area.")
		}
	}
	return r
}

func (c *coords) polygon() orb.Polygon { return list(c, c.ring) }
