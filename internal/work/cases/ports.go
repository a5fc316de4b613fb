package cases

import (
	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
)

// toWGS84 converts a position given in another system.
func toWGS84(lon, lat float64, crs string) (geo.Point, error) {
	p := geo.Point{Lon: lon, Lat: lat}
	if lon < -180 || lon > 180 || lat < -90 || lat > 90 || lon != lon || lat != lat {
		return p, errs.Invalid.New("field", w("地点", "place"), "remedy", w("经纬度超出范围", "longitude or latitude is out of range")).In("place")
	}
	out, err := geo.ToWGS84(p, geo.CRS(crs))
	if err != nil {
		return p, errs.Invalid.New("field", w("坐标系", "coordinate system"), "remedy", w("请使用 wgs84、gcj02 或 bd09", "use wgs84, gcj02 or bd09")).In("place")
	}
	return out, nil
}
