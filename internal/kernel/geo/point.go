package geo

import (
	"math"

	"linli/internal/kernel/errs"
)

// Point is a place in degrees, WGS 84 unless said otherwise.
type Point struct {
	Lon float64 `json:"lon"`
	Lat float64 `json:"lat"`
}

// Valid tells whether the point is finite and on the globe.
func (p Point) Valid() bool { return math.Abs(p.Lon) <= 180 && math.Abs(p.Lat) <= 90 }

// Check is Valid as an error that names the field.
func (p Point) Check() error {
	if math.Abs(p.Lat) > 90 && math.Abs(p.Lat) <= 180 && math.Abs(p.Lon) <= 90 {
		return invalid("lat", "纬度超出范围，经度和纬度可能写反了。", "the latitude is out of range; longitude and latitude may be swapped.")
	}
	if !(math.Abs(p.Lon) <= 180) {
		return invalid("lon", "经度须在 -180 至 180 度之间。", "the longitude must be -180 to 180 degrees.")
	}
	if !(math.Abs(p.Lat) <= 90) {
		return invalid("lat", "纬度须在 -90 至 90 度之间。", "the latitude must be -90 to 90 degrees.")
	}
	return nil
}

func invalid(field, zh, en string) *errs.Error {
	return errs.Invalid.New("remedy", errs.Words{ZH: zh, EN: en}).In(field)
}

// earth is the mean radius in metres (IUGG).
const earth = 6371008.8

// Haversine is the distance in metres on a sphere; it differs from the
// ellipsoid's by at most about 0.5 %.
func Haversine(a, b Point) float64 {
	const rad = math.Pi / 180
	s := math.Sin((b.Lat - a.Lat) * rad / 2)
	t := math.Sin((b.Lon - a.Lon) * rad / 2)
	h := s*s + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*t*t
	return 2 * earth * math.Asin(math.Sqrt(math.Min(1, h)))
}

// Round keeps the number of decimals of a degree: 6 are 0.1 m, 5 are 1 m.
func Round(p Point, decimals int) Point {
	f := math.Pow(10, float64(decimals))
	return Point{math.Round(p.Lon*f) / f, math.Round(p.Lat*f) / f}
}

// Snap moves a point to the middle of its cell in a fixed net of about meters
// by meters, for coordinates that are shown to the public: everyone in a cell
// is shown the same point, at most 0.71 × meters (and half a millimetre) away.
// It is deterministic, so asking again tells nothing more, and Snap of a
// snapped point is the same point. Meters below 1 count as 1.
func Snap(p Point, meters float64) Point {
	const degree = earth * math.Pi / 180 // metres of a degree of latitude
	meters = math.Max(1, meters)
	step := meters / degree
	lat := math.Max(-90, math.Min(90, (math.Floor(p.Lat/step)+0.5)*step))
	step /= math.Max(0.01, math.Cos(lat*math.Pi/180))
	lon := math.Max(-180, math.Min(180, (math.Floor(p.Lon/step)+0.5)*step))
	return Point{lon, lat}
}
