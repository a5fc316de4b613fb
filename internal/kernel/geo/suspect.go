package geo

import "linli/internal/kernel/errs"

// Suspicion is what may be wrong with a point that was given as WGS 84.
type Suspicion string

// The suspicions, as clients see them.
const (
	Plausible Suspicion = ""
	Swapped   Suspicion = "swapped" // longitude and latitude exchanged
	TakenGCJ  Suspicion = "gcj02"   // GCJ-02 taken for WGS 84
	TakenBD   Suspicion = "bd09"    // BD-09 taken for WGS 84
	Outside   Suspicion = "outside" // outside the city, no explanation found
)

// Finding is a suspicion with the point that was probably meant.
type Finding struct {
	Suspicion Suspicion
	Proposed  Point // the corrected WGS 84 point; the given one if none is better
	Outside   bool  // the point as given is outside: it cannot stand without a correction
}

// Suspect looks at a point given as WGS 84. Inside tells whether a point lies
// in the city. Built, which may be nil, tells whether a point lies on something
// where reports come from (a building, a road) and should be true for few
// others.
//
// Outside the city the answer is a fact; swapped, gcj02 and bd09 are the first
// corrections that bring the point inside. Inside, a foreign system cannot be
// proved: it is suspected only if the point as given is on nothing built and
// the corrected one is. That is a hint to ask about, never a reason to refuse.
func Suspect(p Point, inside, built func(Point) bool) Finding {
	within := func(q Point) bool { return q.Valid() && inside(q) }
	corrections := []struct {
		s Suspicion
		f func(Point) Point
	}{
		{Swapped, func(q Point) Point { return Point{q.Lat, q.Lon} }},
		{TakenGCJ, GCJToWGS},
		{TakenBD, func(q Point) Point { return GCJToWGS(BDToGCJ(q)) }},
	}
	if !within(p) {
		for _, c := range corrections {
			if q := c.f(p); within(q) {
				return Finding{c.s, q, true}
			}
		}
		return Finding{Outside, p, true}
	}
	if built != nil && !built(p) {
		for _, c := range corrections[1:] {
			if q := c.f(p); within(q) && built(q) {
				return Finding{c.s, q, false}
			}
		}
	}
	return Finding{Plausible, p, false}
}

// Words asks the person about the suspicion; empty if there is none.
func (f Finding) Words() errs.Words {
	switch f.Suspicion {
	case Swapped:
		return errs.Words{ZH: "经度和纬度可能写反了，请核对。", EN: "Longitude and latitude may be swapped; please check."}
	case TakenGCJ:
		return errs.Words{ZH: "坐标可能取自高德、腾讯等地图（GCJ-02），与实际位置相差数百米，请核对。", EN: "The coordinates may come from a GCJ-02 map (Amap, Tencent), some hundred metres off; please check."}
	case TakenBD:
		return errs.Words{ZH: "坐标可能取自百度地图（BD-09），与实际位置相差约一公里，请核对。", EN: "The coordinates may come from Baidu's map (BD-09), about a kilometre off; please check."}
	case Outside:
		return errs.Words{ZH: "位置不在本市范围内，请核对。", EN: "The place is outside the city; please check."}
	}
	return errs.Words{}
}
