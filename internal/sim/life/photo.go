package life

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
)

// distinct is how many different photos there are in the city.
const distinct = 12

// makePhotos draws small invented street scenes.
func makePhotos() [][]byte {
	out := make([][]byte, distinct)
	for n := range out {
		rng := rand.New(rand.NewPCG(11, uint64(n)))
		const w, h = 480, 360
		im := image.NewRGBA(image.Rect(0, 0, w, h))
		tone := func(base int) color.RGBA {
			c := func() uint8 { return uint8(min(255, max(0, base+rng.IntN(50)-25))) }
			return color.RGBA{c(), c(), c(), 255}
		}
		fill := func(x0, y0, x1, y1 int, c color.RGBA) {
			for y := max(0, y0); y < min(h, y1); y++ {
				for x := max(0, x0); x < min(w, x1); x++ {
					im.SetRGBA(x, y, c)
				}
			}
		}
		fill(0, 0, w, h/2, color.RGBA{uint8(150 + rng.IntN(40)), uint8(180 + rng.IntN(40)), uint8(205 + rng.IntN(40)), 255})
		fill(0, h/2, w, h, tone(120))
		for x := 0; x < w; {
			bw := 50 + rng.IntN(70)
			top := 40 + rng.IntN(120)
			wall := tone(165)
			fill(x, top, x+bw, h/2+30, wall)
			for wy := top + 12; wy < h/2+10; wy += 26 {
				for wx := x + 8; wx < x+bw-14; wx += 22 {
					fill(wx, wy, wx+11, wy+14, tone(90))
				}
			}
			x += bw + rng.IntN(12)
		}
		for range 14 { // the matter itself
			x, y := 150+rng.IntN(180), 240+rng.IntN(70)
			fill(x, y, x+14+rng.IntN(34), y+10+rng.IntN(22), tone(100))
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 70}); err != nil {
			panic(err) // drawing in memory cannot fail
		}
		out[n] = b.Bytes()
	}
	return out
}

// photo uploads a photo for the person; none where there is no store of files.
func (e *engine) photo(m *matter, who hand, district int) ([]int64, error) {
	if e.r.Files == nil {
		return nil, nil
	}
	n := m.rng.IntN(distinct)
	f, err := e.r.Files.Put(e.at(), district, who.actor.Account, fmt.Sprintf("现场%d.jpg", n+1), bytes.NewReader(e.photos[n]))
	if err != nil {
		return nil, err
	}
	return []int64{f.ID}, nil
}
