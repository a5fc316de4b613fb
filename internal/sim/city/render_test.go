package city

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
)

// TestRender draws the city as an SVG for people to look at. It runs only when
// LINLI_CITY_SVG names the file; LINLI_CITY_SCALE and LINLI_CITY_VIEW
// ("x0 y0 x1 y1" as shares of the bounds, y downwards) choose what is drawn.
func TestRender(t *testing.T) {
	t.Parallel()
	file := os.Getenv("LINLI_CITY_SVG")
	if file == "" {
		t.Skip("set LINLI_CITY_SVG to a file name to draw the city")
	}
	scale, err := strconv.ParseFloat(os.Getenv("LINLI_CITY_SCALE"), 64)
	if err != nil {
		scale = 1
	}
	seed, err := strconv.ParseUint(os.Getenv("LINLI_CITY_SEED"), 10, 64)
	if err != nil {
		seed = 1
	}
	c := Generate(Options{Seed: seed, Scale: scale})
	v := [4]float64{0, 0, 1, 1}
	if s := os.Getenv("LINLI_CITY_VIEW"); s != "" {
		if _, err := fmt.Sscan(s, &v[0], &v[1], &v[2], &v[3]); err != nil {
			t.Fatal(err)
		}
	}
	if err := draw(c, file, v); err != nil {
		t.Fatal(err)
	}
}

func draw(c *City, file string, v [4]float64) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	const k = 100_000.0
	mid := c.Bound.Center()
	xy := func(p orb.Point) (float64, float64) {
		return (p[0] - mid[0]) * k * mLon / mLat, -(p[1] - mid[1]) * k
	}
	x0, y1 := xy(c.Bound.Min)
	x1, y0 := xy(c.Bound.Max)
	wd, ht := x1-x0, y1-y0
	vw, vh := wd*(v[2]-v[0]), ht*(v[3]-v[1])
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="%.1f %.1f %.1f %.1f" width="1600" height="%.0f"><rect x="-50000" y="-50000" width="100000" height="100000" fill="#f4f3ef"/>`,
		x0+wd*v[0], y0+ht*v[1], vw, vh, 1600*vh/vw)
	px := vw / 1600
	ring := func(r []orb.Point) {
		for i, p := range r {
			x, y := xy(p)
			fmt.Fprintf(w, "%c%.1f %.1f", "LM"[b2i(i == 0)], x, y)
		}
	}
	poly := func(p orb.Polygon, style string) {
		fmt.Fprint(w, `<path d="`)
		for _, r := range p {
			ring(r)
			fmt.Fprint(w, "Z")
		}
		fmt.Fprintf(w, `" fill-rule="evenodd" %s/>`, style)
	}
	green := map[string]string{"park": "#d3e6c5", "square": "#dfead2", "wood": "#c9dfbd", "farm": "#e6ecd6", "strip": "#d6e7c9", "sports": "#c8dcc0"}
	for _, a := range c.Green {
		if a.Kind != "sports" {
			poly(a.Polygon, `fill="`+green[a.Kind]+`"`)
		}
	}
	for _, a := range c.Compounds {
		poly(a.Polygon, `fill="#ebe9e2"`)
	}
	for _, a := range c.Green {
		if a.Kind == "sports" {
			poly(a.Polygon, `fill="#c8dcc0" stroke="#c58f78" stroke-width="4"`)
		}
	}
	for _, a := range c.Water {
		poly(a.Polygon, `fill="#b5d3e3"`)
	}
	wide := map[string]float64{Lane: 7, Secondary: 16, Main: 26, Expressway: 36}
	fill := map[string]string{Lane: "#fff", Secondary: "#fff", Main: "#fdf3d8", Expressway: "#f8dfa8"}
	for _, casing := range []bool{true, false} {
		for _, cl := range []string{Lane, Secondary, Main, Expressway} {
			for _, r := range c.Roads {
				if r.Class != cl {
					continue
				}
				s, col := wide[cl], fill[cl]
				if casing {
					s, col = s+2.5*px, "#d5d0c6"
				}
				fmt.Fprint(w, `<path d="`)
				for _, l := range r.Lines {
					ring(l)
				}
				fmt.Fprintf(w, `" fill="none" stroke-linecap="round" stroke-linejoin="round" stroke="%s" stroke-width="%.1f"/>`, col, s)
			}
		}
	}
	kinds := map[string]string{Slab: "#d9d2c5", Tower: "#cfc6b6", Courtyard: "#d6c9b8", House: "#d9d2c5", Shop: "#e3d3bf", Office: "#cdd3d9", Mall: "#e0cdbd", School: "#dbd5bf", Hospital: "#e3cfcf", Factory: "#d3d3d6", Market: "#e3d3bf", Public: "#d5cfdc", Station: "#cdd3d9"}
	for _, b := range c.Buildings {
		poly(b.Footprint, fmt.Sprintf(`fill="%s" stroke="#b9b0a0" stroke-width="%.2f"`, kinds[b.Kind], 0.5*px))
	}
	for _, g := range c.Grids {
		poly(g.Polygon, fmt.Sprintf(`fill="none" stroke="#7a4fa3" stroke-opacity=".35" stroke-width="%.2f"`, 0.8*px))
	}
	for _, g := range c.Streets {
		poly(g.Polygon, fmt.Sprintf(`fill="none" stroke="#b04a6a" stroke-opacity=".6" stroke-width="%.2f" stroke-dasharray="%.1f %.1f"`, 1.6*px, 8*px, 4*px))
	}
	text := func(p orb.Point, s string, size float64, col string) {
		x, y := xy(p)
		fmt.Fprintf(w, `<text x="%.1f" y="%.1f" font-size="%.1f" font-family="Noto Sans CJK SC" text-anchor="middle" fill="%s" stroke="#fff" stroke-width="%.1f" paint-order="stroke">%s</text>`, x, y, size*px, col, 3*px, s)
	}
	if vw < 0.4*wd {
		for _, a := range c.Compounds {
			text(a.Center, a.Name, 10, "#555")
		}
		for _, a := range c.POIs {
			text(a.Point, a.Name, 9, "#a33")
		}
		for _, r := range c.Roads {
			l := r.Lines[0]
			text(l[len(l)/2], r.Name, 10, "#777")
		}
	} else {
		for _, a := range c.Streets {
			text(a.Center, a.Name, 15, "#7a2440")
		}
	}
	fmt.Fprint(w, "</svg>")
	return w.Flush()
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
