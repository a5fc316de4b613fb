package region_test

import (
	"context"
	"fmt"
	"testing"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// The test city is a chessboard: districts side by side from the west, each
// with streets stacked from the south, each with communities from the west,
// each with 2 × 2 grids.
const (
	west, south = 112.50, 29.30
	cell        = 0.004 // degrees of a grid
)

func square(x, y, w, h float64) string {
	x0, y0, x1, y1 := west+x*cell, south+y*cell, west+(x+w)*cell, south+(y+h)*cell
	return fmt.Sprintf(`{"type":"Polygon","coordinates":[[[%.6f,%.6f],[%.6f,%.6f],[%.6f,%.6f],[%.6f,%.6f],[%.6f,%.6f]]]}`,
		x0, y0, x1, y0, x1, y1, x0, y1, x0, y0)
}

var flowers = []string{"翠湖", "桂园", "松涛", "梅岭", "荷塘", "竹溪", "枫林", "兰亭", "杏花", "柳岸", "银杏", "海棠"}

// chessboard makes a city of districts × streets × communities × 4 grids with
// per buildings in each grid.
func chessboard(districts, streets, communities, per int) *region.CityData {
	d := &region.CityData{Synthetic: true, Layers: map[string][]byte{"water": []byte(`{"type":"FeatureCollection","features":[]}`)}}
	add := func(code, parent int64, name, shape string) {
		d.Regions = append(d.Regions, region.Region{Code: code, Parent: parent, Name: name, Polygon: shape, Households: 100, ValidFrom: 20200101, Version: 1})
	}
	add(9901, 0, "澄湖市", "")
	width := 2 * float64(communities)
	n, ids := 0, int64(1)
	for i := range districts {
		dc := int64(990101 + i)
		add(dc, 9901, []string{"湖东区", "湖西区", "澄南区"}[i%3], square(float64(i)*width, 0, width, 2*float64(streets)))
		for j := range streets {
			sc := dc*1000 + int64(j) + 1
			add(sc, dc, flowers[(i*streets+j)%len(flowers)]+"街道", square(float64(i)*width, 2*float64(j), width, 2))
			for k := range communities {
				cc := sc*1000 + int64(k) + 1
				x, y := float64(i)*width+2*float64(k), 2*float64(j)
				name := fmt.Sprintf("%s第%d社区", flowers[n%len(flowers)], n+1)
				n++
				add(cc, sc, name, square(x, y, 2, 2))
				for g := range 4 {
					gx, gy := x+float64(g%2), y+float64(g/2)
					gid := 1_000_000 + int64(len(d.Grids))
					d.Grids = append(d.Grids, region.Grid{ID: gid, Kind: region.Basic, Community: cc, Name: fmt.Sprintf("%s第%d网格", name, g+1),
						Polygon: square(gx, gy, 1, 1), Households: 400, Code: cc*1000 + int64(g) + 1, ValidFrom: 20200101})
					compound := 2_000_000 + int64(len(d.Compounds))
					d.Compounds = append(d.Compounds, region.Compound{ID: compound, Name: flowers[len(d.Compounds)%len(flowers)] + fmt.Sprintf("花园%d期", len(d.Compounds)/len(flowers)+1),
						Community: cc, Lon: west + (gx+0.5)*cell, Lat: south + (gy+0.5)*cell})
					for b := range per {
						d.Buildings = append(d.Buildings, region.Building{ID: 3_000_000 + ids, Name: fmt.Sprintf("%d号楼", b+1), Kind: "slab", Compound: compound,
							Grid: gid, Community: cc, Lon: west + (gx+0.1+0.8*float64(b%6)/6)*cell, Lat: south + (gy+0.1+0.8*float64(b/6)/6)*cell, Households: 40})
						ids++
					}
				}
			}
		}
	}
	first := d.Regions[len(d.Regions)-1].Code
	d.Places = []region.Place{
		{ID: 5_000_001, Kind: "road", Name: "建设大道", Path: "湖东区、湖西区", Lon: west + cell, Lat: south + cell},
		{ID: 5_000_002, Kind: "road", Name: "三里河路", Lon: west + cell, Lat: south + cell},
		{ID: 4_000_001, Kind: "poi", Name: "翠湖小学", Community: first, Lon: west + cell, Lat: south + cell},
		{ID: 4_000_002, Kind: "poi", Name: "百货大楼", Community: first, Lon: west + cell, Lat: south + cell},
	}
	return d
}

var admin = access.System("test")

func load(t testing.TB, db *store.DB, d *region.CityData) *region.Atlas {
	t.Helper()
	ctx := context.Background()
	a, err := region.Open(ctx, region.Options{DB: db, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Load(ctx, admin, d); err != nil {
		t.Fatal(err)
	}
	return a
}

// bigAtlas is a city of real size, for benchmarks and speed checks.
func bigAtlas(t testing.TB) *region.Atlas {
	return load(t, storetest.SQLite(t, nil), chessboard(3, 6, 7, 28))
}
