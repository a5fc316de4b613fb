package render

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// The picture's size in pixels, of the map and of the legend beside it.
const (
	mapSide    = 1400.0
	legendWide = 260.0
	margin     = 24.0
)

// SVG writes an overview: communities, barriers, grids in tints with their
// number within the community and their households where they fit, and a legend.
// Grids out of bounds are hatched and marked ▲ or ▼.
func SVG(w io.Writer, v View) error {
	a, err := newAtlas(v)
	if err != nil {
		return err
	}
	b := a.bound()
	dx, dy := max(b.Max[0]-b.Min[0], 1), max(b.Max[1]-b.Min[1], 1)
	scale := mapSide / max(dx, dy)
	width, height := dx*scale+2*margin+legendWide, max(dy*scale+2*margin, 460)
	p := &picture{Writer: bufio.NewWriter(w), atlas: a, camera: look(b, margin, margin, dx*scale, height-2*margin)}
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="'PingFang SC','Microsoft YaHei','Noto Sans SC','Noto Sans CJK SC',sans-serif">`+"\n", width, height, width, height)
	p.printf(`<title>%s</title><rect width="100%%" height="100%%" fill="%s"/>`+"\n", text(p.title()), ground.hex())
	p.printf(`<defs><pattern id="out" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" stroke="%s" stroke-width="1.4"/></pattern><clipPath id="map"><rect width="%.0f" height="%.0f"/></clipPath></defs>`+"\n", brick.hex(), width-legendWide-margin/2, height)
	p.grids()
	p.communities()
	p.barriers()
	p.labels()
	p.legend(width-legendWide, margin, height)
	p.printf("</svg>\n")
	return p.Flush()
}

type picture struct {
	*bufio.Writer
	*atlas
	camera
}

// printf writes; the writer keeps the first error for Flush.
func (p *picture) printf(format string, args ...any) { _, _ = fmt.Fprintf(p, format, args...) }

func (c rgb) hex() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// text is safe inside an element or an attribute.
func text(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder never fails
	return b.String()
}

func (p *picture) title() string {
	if p.Title != "" {
		return p.Title
	}
	return p.say("网格方案", "Grid plan")
}

// outline is the d of a path.
func (p *picture) outline(shape orb.MultiPolygon) string {
	var b strings.Builder
	for _, poly := range shape {
		for _, ring := range poly {
			for k, q := range ring[:max(len(ring)-1, 0)] {
				x, y := p.at(q)
				b.WriteString([]string{"L", "M"}[btoi(k == 0)] + short(x) + " " + short(y))
			}
			b.WriteString("Z")
		}
	}
	return b.String()
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func short(v float64) string { return strconv.FormatFloat(float64(int(v*10+0.5))/10, 'f', -1, 64) }

func (p *picture) grids() {
	colours := p.paint()
	p.printf(`<g id="grids" stroke="%s" stroke-width="0.8" stroke-linejoin="round" fill-rule="evenodd">`+"\n", line.hex())
	for _, g := range p.atlas.grids {
		d := p.outline(g.shape)
		p.printf(`<path d="%s" fill="%s"><title>%s</title></path>`+"\n", d, colours[g].hex(), text(p.sentence(g)))
		if g.status == Below || g.status == Above {
			p.printf(`<path d="%s" fill="url(#out)" fill-opacity="0.5"/>`+"\n", d)
		}
	}
	p.printf("</g>\n")
}

// sentence tells of a grid what its list row tells.
func (p *picture) sentence(g *grid) string {
	c := p.Instance.Communities[g.community].Name
	return fmt.Sprintf(p.say("%s · %s：%d 户，%d 个单元，%s", "%s · %s: %d households, %d units, %s"), c, p.call(g), g.households, len(g.units), statusWords[g.status].In(p.Lang))
}

func (p *picture) communities() {
	p.printf(`<g id="communities" fill="none" stroke="%s" stroke-width="1.8" stroke-linejoin="round">`+"\n", ink.hex())
	for _, c := range p.atlas.communities {
		if area := p.Instance.Communities[c].Area; len(area) > 0 {
			p.printf(`<path d="%s"/>`+"\n", p.outline(area))
		}
	}
	p.printf("</g>\n")
}

// barrierStroke is how a class is drawn.
func barrierStroke(class string) string {
	colour, known := barrierColours[class]
	if !known {
		colour = barrierColours["main_road"]
	}
	style := fmt.Sprintf(`stroke="%s" stroke-width="2.2"`, colour.hex())
	switch class {
	case "river":
		style = fmt.Sprintf(`stroke="%s" stroke-width="3.4"`, colour.hex())
	case "railway":
		style = fmt.Sprintf(`stroke="%s" stroke-width="1.8" stroke-dasharray="7 4"`, colour.hex())
	}
	return style
}

func (p *picture) barriers() {
	p.printf(`<g id="barriers" clip-path="url(#map)" fill="none" stroke-linecap="round" stroke-linejoin="round">` + "\n")
	view := p.bound()
	for _, class := range []string{"river", "main_road", "railway"} {
		var d strings.Builder
		for _, b := range p.Instance.Barriers {
			if b.Class != class && (class != "main_road" || barrierColours[b.Class] != (rgb{})) || !b.Line.Bound().Intersects(view) {
				continue
			}
			for k, q := range b.Line {
				x, y := p.at(q)
				d.WriteString([]string{"L", "M"}[btoi(k == 0)] + short(x) + " " + short(y))
			}
		}
		if d.Len() > 0 {
			p.printf(`<path class="%s" d="%s" %s stroke-opacity="0.8"/>`+"\n", class, d.String(), barrierStroke(class))
		}
	}
	p.printf("</g>\n")
}

// labels names communities, then numbers grids, where there is room.
func (p *picture) labels() {
	var taken boxes
	p.printf(`<g id="labels" text-anchor="middle" fill="%s" paint-order="stroke" stroke="%s" stroke-width="2.5" stroke-linejoin="round">`+"\n", ink.hex(), paper.hex())
	for _, c := range p.atlas.communities {
		x := p.Instance.Communities[c]
		at, room := heart(x.Area)
		size := min(16, 2*room*p.scale/max(wide(x.Name), 1)*1.2)
		if size < 8 {
			continue
		}
		px, py := p.at(at)
		taken.take(px, py, wide(x.Name)*size, size*1.3)
		p.printf(`<text x="%s" y="%s" font-size="%s" font-weight="600" fill="%s">%s</text>`+"\n", short(px), short(py+size*0.35), short(size), secondary.hex(), text(x.Name))
	}
	for _, g := range p.atlas.grids {
		at, room := g.heart()
		number := strconv.Itoa(g.order)
		count := strconv.Itoa(g.households)
		switch g.status {
		case Below:
			count += "▼"
		case Above:
			count += "▲"
		}
		size := min(13, room*p.scale*0.75)
		if size < 7 {
			continue
		}
		px, py := p.at(at)
		for _, off := range []float64{0, -2.2 * size, 2.2 * size} { // beside the community's name if that is in the way
			if off != 0 && room*p.scale < 3*size || !taken.take(px, py+off, max(wide(number)*size, wide(count)*size*0.8), size*2.1) {
				continue
			}
			p.printf(`<text x="%s" y="%s" font-size="%s" font-weight="600">%s</text><text x="%s" y="%s" font-size="%s" fill="%s">%s</text>`+"\n",
				short(px), short(py+off-size*0.1), short(size), number, short(px), short(py+off+size*0.8), short(size*0.8), secondary.hex(), text(count))
			break
		}
	}
	p.printf("</g>\n")
}

func (p *picture) legend(x, y, height float64) {
	n := p.total()
	households := 0
	for _, g := range p.atlas.grids {
		households += g.households
	}
	p.printf(`<g id="legend" font-size="14" fill="%s">`+"\n", ink.hex())
	at := y + 18
	write := func(size float64, colour rgb, s string) {
		p.printf(`<text x="%s" y="%s" font-size="%s" fill="%s">%s</text>`+"\n", short(x), short(at), short(size), colour.hex(), text(s))
		at += size * 1.7
	}
	write(20, ink, p.title())
	write(14, secondary, fmt.Sprintf(p.say("%d 个社区，%d 个网格，%d 户", "%d communities, %d grids, %d households"), len(p.atlas.communities), len(p.atlas.grids), households))
	write(14, secondary, fmt.Sprintf(p.say("每个网格 %d 至 %d 户", "%d to %d households a grid"), p.Min, p.Max))
	at += 10
	key := func(mark, s string) {
		p.printf(`<g transform="translate(%s %s)">%s</g>`, short(x), short(at-12), mark)
		p.printf(`<text x="%s" y="%s">%s</text>`+"\n", short(x+38), short(at), text(s))
		at += 26
	}
	key(fmt.Sprintf(`<rect width="28" height="16" fill="%s" stroke="%s"/>`, tints[0].hex(), line.hex()), fmt.Sprintf(p.say("符合户数的网格 %d 个", "%d grids within bounds"), n[Within]))
	for _, s := range []Status{Below, Above} {
		if n[s] > 0 {
			mark := map[Status]string{Below: "▼", Above: "▲"}[s]
			key(fmt.Sprintf(`<rect width="28" height="16" fill="%s" stroke="%s"/><rect width="28" height="16" fill="url(#out)" fill-opacity="0.5"/>`, tints[1].hex(), line.hex()), fmt.Sprintf("%s %s %d", mark, statusWords[s].In(p.Lang), n[s]))
		}
	}
	if n[Dedicated] > 0 {
		key(fmt.Sprintf(`<rect width="28" height="16" fill="%s" stroke="%s"/>`, tints[2].hex(), line.hex()), fmt.Sprintf("%s %d", statusWords[Dedicated].In(p.Lang), n[Dedicated]))
	}
	key(fmt.Sprintf(`<path d="M0 8H28" stroke="%s" stroke-width="1.8"/>`, ink.hex()), p.say("社区边界", "community border"))
	for _, b := range []struct{ class, zh, en string }{{"main_road", "主干道", "main road"}, {"river", "河流", "river"}, {"railway", "铁路", "railway"}} {
		for _, x := range p.Instance.Barriers {
			if x.Class == b.class {
				key(fmt.Sprintf(`<path d="M0 8H28" fill="none" %s/>`, barrierStroke(b.class)), p.say(b.zh, b.en))
				break
			}
		}
	}
	write(12, secondary, p.say("网格内：上为社区内序号，下为户数", "in a grid: its number, its households"))
	at += 12
	m := bar(p.camera, 160)
	p.printf(`<path d="M%s %sv6h%sv-6" fill="none" stroke="%s" stroke-width="1.5"/>`, short(x), short(at), short(m*p.scale), ink.hex())
	at += 24
	write(12, secondary, distance(m)+p.say("，上为北", ", north is up"))
	if l := p.Instance.Licence; l != "" {
		p.printf(`<text x="%s" y="%s" font-size="11" fill="%s">%s</text>`+"\n", short(x), short(height-12), secondary.hex(), text(l))
	}
	p.printf("</g>\n")
}

func distance(m float64) string {
	if m >= 1000 {
		return fmt.Sprintf("%g km", m/1000)
	}
	return fmt.Sprintf("%g m", m)
}
