package geo

import "math"

// CRS is a coordinate system in which points reach us.
type CRS string

// The systems in use in China. Maps of Amap and Tencent give GCJ-02, Baidu's
// give BD-09; receivers, Tianditu and CGCS2000 data count as WGS 84.
const (
	WGS84 CRS = "wgs84"
	GCJ02 CRS = "gcj02"
	BD09  CRS = "bd09"
)

// ToWGS84 converts a point read in the system, empty meaning WGS 84.
func ToWGS84(p Point, from CRS) (Point, error) {
	if err := p.Check(); err != nil {
		return Point{}, err
	}
	switch from {
	case WGS84, "":
		return p, nil
	case GCJ02:
		return GCJToWGS(p), nil
	case BD09:
		return GCJToWGS(BDToGCJ(p)), nil
	}
	return Point{}, invalid("crs", "坐标系须为 wgs84、gcj02 或 bd09。", "the coordinate system must be wgs84, gcj02 or bd09.")
}

// FromWGS84 converts a point into the system, empty meaning WGS 84.
func FromWGS84(p Point, to CRS) (Point, error) {
	if err := p.Check(); err != nil {
		return Point{}, err
	}
	switch to {
	case WGS84, "":
		return p, nil
	case GCJ02:
		return WGSToGCJ(p), nil
	case BD09:
		return GCJToBD(WGSToGCJ(p)), nil
	}
	return Point{}, invalid("crs", "坐标系须为 wgs84、gcj02 或 bd09。", "the coordinate system must be wgs84, gcj02 or bd09.")
}

// The figures of the Krasovsky 1940 ellipsoid that GCJ-02 uses.
const (
	krasovskyA  = 6378245.0
	krasovskyEE = 0.00669342162296594323
)

// outOfChina is the rectangle outside of which the published formula does not shift.
func outOfChina(p Point) bool {
	return p.Lon < 72.004 || p.Lon > 137.8347 || p.Lat < 0.8293 || p.Lat > 55.8271
}

// WGSToGCJ is the published approximation of GCJ-02, the one map services
// agree with to about a metre. Outside China it returns the point.
func WGSToGCJ(p Point) Point {
	if outOfChina(p) {
		return p
	}
	x, y := p.Lon-105, p.Lat-35
	sin, sqrt := math.Sin, math.Sqrt(math.Abs(x))
	both := (20*sin(6*x*math.Pi) + 20*sin(2*x*math.Pi)) * 2 / 3
	dLat := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*sqrt + both +
		(20*sin(y*math.Pi)+40*sin(y/3*math.Pi))*2/3 + (160*sin(y/12*math.Pi)+320*sin(y*math.Pi/30))*2/3
	dLon := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*sqrt + both +
		(20*sin(x*math.Pi)+40*sin(x/3*math.Pi))*2/3 + (150*sin(x/12*math.Pi)+300*sin(x/30*math.Pi))*2/3
	rad := p.Lat / 180 * math.Pi
	magic := 1 - krasovskyEE*sin(rad)*sin(rad)
	dLat = dLat * 180 / (krasovskyA * (1 - krasovskyEE) / (magic * math.Sqrt(magic)) * math.Pi)
	dLon = dLon * 180 / (krasovskyA / math.Sqrt(magic) * math.Cos(rad) * math.Pi)
	return Point{p.Lon + dLon, p.Lat + dLat}
}

// GCJToWGS is the inverse of WGSToGCJ, iterated to 1e-9 degrees (0.1 mm).
func GCJToWGS(p Point) Point { return inverse(p, WGSToGCJ) }

const bdPi = math.Pi * 3000.0 / 180.0

// GCJToBD converts GCJ-02 to Baidu's BD-09.
func GCJToBD(p Point) Point {
	z := math.Hypot(p.Lon, p.Lat) + 0.00002*math.Sin(p.Lat*bdPi)
	t := math.Atan2(p.Lat, p.Lon) + 0.000003*math.Cos(p.Lon*bdPi)
	return Point{z*math.Cos(t) + 0.0065, z*math.Sin(t) + 0.006}
}

// BDToGCJ is the inverse of GCJToBD, iterated to 1e-9 degrees.
func BDToGCJ(p Point) Point { return inverse(p, GCJToBD) }

// inverse solves f(q) = p by fixed-point iteration; the shifts change so slowly
// from place to place that each round gains two to three digits.
func inverse(p Point, f func(Point) Point) Point {
	q := p
	for range 12 {
		r := f(q)
		dLon, dLat := p.Lon-r.Lon, p.Lat-r.Lat
		q.Lon += dLon
		q.Lat += dLat
		if math.Abs(dLon) < 1e-10 && math.Abs(dLat) < 1e-10 {
			break
		}
	}
	return q
}
