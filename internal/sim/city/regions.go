package city

import (
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/paulmach/orb"
)

// regions numbers and names the tree and draws its polygons.
func (b *builder) regions() {
	c := b.c
	from := day(c.Until.AddDate(-2, 0, 0))
	planned := day(time.Date(c.Until.Year()-1, 3, 1, 0, 0, 0, 0, time.UTC))
	faces := func(g int) []int32 {
		var fs []int32
		for _, k := range b.gs[g].blocks {
			fs = append(fs, b.bs[k].face)
		}
		return fs
	}
	poly := func(fs []int32) (orb.Polygon, []pt) {
		rings := b.m.outline(fs)
		out := make([][]pt, len(rings))
		for i, r := range rings {
			out[i] = b.path(r)
		}
		return polygon(out...), out[0]
	}
	names := b.regionNames()
	mids := make([]pt, len(b.gs))
	for g := range b.gs {
		mids[g] = within(b.m.ringOf(faces(g)))
	}
	middle := func(gs []int) pt {
		var s pt
		for _, g := range gs {
			s = s.add(mids[g])
		}
		return s.mul(1 / float64(len(gs)))
	}
	c.Center = orb.Point{lon0, lat0}
	c.Bound = polygon(b.l.rim).Bound()
	gridOf := map[int]int64{}
	for d := range b.ds {
		dist := &b.ds[d]
		dist.code = int64(990101 + d)
		var dFaces []int32
		dr := Region{Code: dist.code, Parent: int64(c.Code), Level: "district", Name: names.districts[d], NameEn: names.districtsEn[d], ValidFrom: from}
		// reading order
		sMid := map[int]pt{}
		for _, s := range dist.streets {
			var gs []int
			for _, k := range b.ss[s].communities {
				gs = append(gs, b.cs[k].grids...)
			}
			sMid[s] = middle(gs)
		}
		reading(dist.streets, func(s int) pt { return sMid[s] })
		for si, s := range dist.streets {
			st := &b.ss[s]
			st.code = dist.code*1000 + int64(si+1)
			st.name = names.streets[s][0]
			sr := Region{Code: st.code, Parent: dist.code, Level: "street", Name: st.name, NameEn: names.streets[s][1], ValidFrom: from}
			var sFaces []int32
			cMid := map[int]pt{}
			for _, k := range st.communities {
				cMid[k] = middle(b.cs[k].grids)
			}
			reading(st.communities, func(k int) pt { return cMid[k] })
			for ci, k := range st.communities {
				co := &b.cs[k]
				co.code = st.code*1000 + int64(ci+1)
				co.name = names.communities[k][0]
				cr := Region{Code: co.code, Parent: st.code, Level: "community", Name: co.name, NameEn: names.communities[k][1], ValidFrom: from}
				var cFaces []int32
				reading(co.grids, func(g int) pt { return mids[g] })
				for gi, g := range co.grids {
					cell := &b.gs[g]
					cell.code = co.code*1000 + int64(gi+1)
					fs := faces(g)
					gr := Grid{Code: cell.code, Community: co.code, Street: st.code, District: int(dist.code), Kind: GridBasic, ValidFrom: planned, Note: cell.note, Use: cell.use}
					gr.Name = fmt.Sprintf("%s第%d网格", co.name, gi+1)
					if cell.use != "" {
						gr.Kind = GridDedicated
						gr.Name = names.dedicated[g] + "专属网格"
						gr.Water = cell.lake
					}
					gr.Polygon, _ = poly(fs)
					gr.Center = lonlat(mids[g])
					c.Grids = append(c.Grids, gr)
					gridOf[g] = cell.code
					cFaces = append(cFaces, fs...)
					cr.Grids++
				}
				var ring []pt
				cr.Polygon, ring = poly(cFaces)
				cr.Center = lonlat(within(ring))
				c.Communities = append(c.Communities, cr)
				sFaces = append(sFaces, cFaces...)
				sr.Grids += cr.Grids
			}
			var ring []pt
			sr.Polygon, ring = poly(sFaces)
			sr.Center = lonlat(within(ring))
			c.Streets = append(c.Streets, sr)
			dFaces = append(dFaces, sFaces...)
			dr.Grids += sr.Grids
		}
		var ring []pt
		dr.Polygon, ring = poly(dFaces)
		dr.Center = lonlat(within(ring))
		c.Districts = append(c.Districts, dr)
	}
	sort.Slice(c.Grids, func(i, j int) bool { return c.Grids[i].Code < c.Grids[j].Code })
	ids := map[int64]int64{}
	for i := range c.Grids {
		c.Grids[i].ID = gridBase + int64(i) + 1
		ids[c.Grids[i].Code] = c.Grids[i].ID
	}
	for g := range b.gs {
		b.gs[g].id = ids[gridOf[g]]
	}
}

// ringOf is the outer ring of faces.
func (m *mesh) ringOf(fs []int32) []pt {
	r := m.outline(fs)[0]
	out := make([]pt, len(r))
	for i, v := range r {
		out[i] = m.pts[v]
	}
	return out
}

// reading sorts things west→east in bands from north to south.
func reading(xs []int, at func(int) pt) {
	if len(xs) < 2 {
		return
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, x := range xs {
		lo, hi = math.Min(lo, at(x).y), math.Max(hi, at(x).y)
	}
	rows := math.Max(1, math.Round(math.Sqrt(float64(len(xs)))))
	h := (hi-lo)/rows + 1e-6
	band := func(x int) int { return int((hi - at(x).y) / h) }
	sort.SliceStable(xs, func(i, j int) bool {
		if a, z := band(xs[i]), band(xs[j]); a != z {
			return a < z
		}
		return at(xs[i]).x < at(xs[j]).x
	})
}
