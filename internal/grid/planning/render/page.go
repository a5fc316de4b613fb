package render

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/paulmach/orb"
)

var accent, accentSoft = rgb{0x1f, 0x6f, 0x8b}, rgb{0xe4, 0xf0, 0xf4}

// The frame of the map on a page, in points from the top left.
const (
	edge    = 40.0
	mapTop  = 150.0
	mapWide = paperWide - 2*edge
)

// layout is how map and list share the page: many buildings take a lower map and
// smaller, narrower columns.
type layout struct {
	mapHigh    float64
	size, step float64
	columns    int
}

var roomy, dense = layout{470, 9, 13.5, 4}, layout{390, 7, 9.3, 6}

// PDF writes one printable A4 page a grid: its map with buildings, barriers and
// neighbours, its figures, and the list of its buildings.
func PDF(w io.Writer, v View) error {
	f, err := newFace()
	if err != nil {
		return err
	}
	a, err := newAtlas(v)
	if err != nil {
		return err
	}
	d := newDocument(w, f)
	for i, g := range a.grids {
		p := &page{document: d, atlas: a, g: g, layout: roomy}
		if len(g.units) > 40 {
			p.layout = dense
		}
		p.draw(i + 1)
		d.page()
	}
	if len(a.grids) == 0 {
		d.text(edge, 80, 12, ink, a.say("方案中没有网格。", "The plan has no grids."))
		d.page()
	}
	title := v.Title
	if title == "" {
		title = a.say("网格方案", "Grid plan")
	}
	return d.close(title)
}

func utf16Hex(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04x", u)
	}
	return b.String()
}

// page is one grid on paper.
type page struct {
	*document
	*atlas
	g *grid
	layout
	camera
}

func (p *page) draw(number int) {
	p.head()
	b := p.g.shape.Bound()
	p.camera = look(b.Pad(0.1*math.Max(b.Max[0]-b.Min[0], b.Max[1]-b.Min[1])+5), edge, mapTop, mapWide, p.mapHigh)
	p.chart()
	p.list()
	p.foot(number)
}

// head names the grid and says its figures.
func (p *page) head() {
	c := p.Instance.Communities[p.g.community].Name
	name := p.call(p.g)
	if !strings.HasPrefix(name, c) {
		name = c + " " + name
	}
	p.text(edge, 62, 20, ink, p.face.fit(name, 20, mapWide-150))
	count := strconv.Itoa(p.g.households) + p.say(" 户", " households")
	p.text(paperWide-edge-p.face.width(count, 20), 62, 20, accent, count)
	sub := []string{p.Title}
	if p.g.Code != "" && p.g.Code != p.g.Name {
		sub = append(sub, p.say("编号 ", "code ")+p.g.Code)
	}
	sub = append(sub, fmt.Sprintf(p.say("社区内第 %d 个", "no. %d of the community"), p.g.order))
	p.text(edge, 82, 10.5, secondary, p.face.fit(strings.Join(slices.DeleteFunc(sub, func(s string) bool { return s == "" }), " · "), 10.5, mapWide))
	area := 0.0
	for _, u := range p.g.units {
		area += p.Instance.Units[u].CellArea
	}
	status := statusWords[p.g.status].In(p.Lang)
	if p.g.status != Dedicated {
		status += fmt.Sprintf(p.say("（%d 至 %d 户）", " (%d to %d)"), p.Min, p.Max)
	}
	facts := []string{
		fmt.Sprintf(p.say("楼栋（单元） %d", "%d units"), len(p.g.units)),
		fmt.Sprintf(p.say("面积 %.1f 公顷", "%.1f hectares"), area/10000),
		p.say("户数：", "households: ") + status,
	}
	if p.g.Worker != "" {
		facts = append(facts, p.say("网格员：", "worker: ")+p.g.Worker)
	}
	p.text(edge, 106, 11, ink, p.face.fit(strings.Join(facts, "    "), 11, mapWide))
	line := p.say("小区：", "Compounds: ") + strings.Join(p.g.compounds, "、")
	if len(p.g.compounds) == 0 {
		line = ""
	}
	if p.g.Note != "" {
		line = strings.TrimSpace(line + "    " + p.say("说明：", "Note: ") + p.g.Note)
	}
	if line != "" {
		p.text(edge, 126, 11, ink, p.face.fit(line, 11, mapWide))
	}
}

// path adds rings or a line to the path at hand.
func (p *page) path(points []orb.Point, closed bool) {
	for k, q := range points {
		x, y := p.at(q)
		p.op("%.2f %.2f %s", x, paperHigh-y, []string{"l", "m"}[btoi(k == 0)])
	}
	if closed {
		p.op("h")
	}
}

func (p *page) shapePath(shape orb.MultiPolygon) {
	for _, poly := range shape {
		for _, ring := range poly {
			p.path(ring, true)
		}
	}
}

// at is where the camera shows the point (the document has an at of its own).
func (p *page) at(q orb.Point) (x, y float64) { return p.camera.at(q) }

// chart draws the map in its frame.
func (p *page) chart() {
	view := orb.Bound{Min: orb.Point{(edge - p.camera.x) / p.scale, (p.camera.y - mapTop - p.mapHigh) / p.scale}, Max: orb.Point{(edge + mapWide - p.camera.x) / p.scale, (p.camera.y - mapTop) / p.scale}}
	p.op("q %.2f %.2f %.2f %.2f re W n", edge, paperHigh-mapTop-p.mapHigh, mapWide, p.mapHigh)
	p.op("%s %.2f %.2f %.2f %.2f re f", ground.fill(), edge, paperHigh-mapTop-p.mapHigh, mapWide, p.mapHigh)
	var beside []*grid
	for _, o := range p.grids {
		if o != p.g && len(o.shape) > 0 && o.shape.Bound().Intersects(view) {
			beside = append(beside, o)
		}
	}
	for _, o := range beside {
		p.op("%s %s 0.6 w", paper.fill(), line.stroke())
		p.shapePath(o.shape)
		p.op("B*")
	}
	p.op("%s %s 1.8 w 1 j", accentSoft.fill(), accent.stroke())
	p.shapePath(p.g.shape)
	p.op("B*")
	for _, c := range p.communities {
		if a := p.Instance.Communities[c].Area; len(a) > 0 && a.Bound().Intersects(view) {
			p.op("%s 0.9 w [5 2 1 2] 0 d", ink.stroke())
			p.shapePath(a)
			p.op("S [] 0 d")
		}
	}
	for _, b := range p.Instance.Barriers {
		if !b.Line.Bound().Intersects(view) {
			continue
		}
		colour, known := barrierColours[b.Class]
		if !known {
			colour = barrierColours["main_road"]
		}
		p.op("%s %s w 1 J 1 j", colour.stroke(), map[bool]string{true: "4", false: "2.6"}[b.Class == "river"])
		if b.Class == "railway" {
			p.op("[6 3] 0 d 0 J")
		}
		p.path(b.Line, false)
		p.op("S [] 0 d 0 J")
	}
	p.places(beside)
	p.op("Q")
	p.op("%s 0.8 w %.2f %.2f %.2f %.2f re S", line.stroke(), edge, paperHigh-mapTop-p.mapHigh, mapWide, p.mapHigh)
	p.scaleBar()
}

// places marks buildings, and names them where there is room; then it numbers
// the neighbours.
func (p *page) places(beside []*grid) {
	var taken boxes
	dots := func(g *grid, colour rgb, r float64) {
		for _, u := range g.units {
			x := p.Instance.Units[u]
			px, py := p.at(orb.Point{x.X, x.Y})
			taken = append(taken, orb.Point{px, py}.Bound().Pad(r))
			p.dot(px, py, r, colour, x.Households > 0)
		}
	}
	for _, o := range beside {
		dots(o, line, 1.3)
	}
	dots(p.g, accent, 2.2)
	byHouseholds := slices.Clone(p.g.units)
	slices.SortStableFunc(byHouseholds, func(a, b int) int { return p.Instance.Units[b].Households - p.Instance.Units[a].Households })
	const size = 7.5
	for _, u := range byHouseholds {
		x := p.Instance.Units[u]
		px, py := p.at(orb.Point{x.X, x.Y})
		name := p.face.fit(p.unitName(u), size, 90)
		if x.Households > 0 {
			name += fmt.Sprintf(p.say("·%d户", " · %d"), x.Households)
		}
		w := p.face.width(name, size)
		for _, off := range [][2]float64{{w/2 + 4, 0}, {-w/2 - 4, 0}, {0, -7.5}, {0, 7.5}} {
			if cx, cy := px+off[0], py+off[1]; cx-w/2 > edge && cx+w/2 < edge+mapWide && taken.take(cx, cy, w+1, size) {
				p.text(cx-w/2, cy+size*0.36, size, ink, name)
				break
			}
		}
	}
	for _, o := range beside {
		at, room := o.heart()
		px, py := p.at(at)
		name := p.say("网格 ", "grid ") + strconv.Itoa(o.order)
		if o.community != p.g.community {
			name = p.Instance.Communities[o.community].Name + " " + strconv.Itoa(o.order)
		}
		if w := p.face.width(name, 10); room*p.scale > 8 && px-w/2 > edge && px+w/2 < edge+mapWide && py > mapTop+8 && py < mapTop+p.mapHigh-8 && taken.take(px, py, w, 12) {
			p.text(px-w/2, py+3.5, 10, secondary, name)
		}
	}
}

// dot is a small circle, hollow where nobody lives.
func (p *page) dot(x, y, r float64, c rgb, full bool) {
	const k = 0.5523
	y = paperHigh - y
	p.op("%s %s 0.7 w %.2f %.2f m", c.fill(), c.stroke(), x+r, y)
	for _, q := range [4][6]float64{{r, k * r, k * r, r, 0, r}, {-k * r, r, -r, k * r, -r, 0}, {-r, -k * r, -k * r, -r, 0, -r}, {k * r, -r, r, -k * r, r, 0}} {
		p.op("%.2f %.2f %.2f %.2f %.2f %.2f c", x+q[0], y+q[1], x+q[2], y+q[3], x+q[4], y+q[5])
	}
	p.op("h %s", []string{"S", "B"}[btoi(full)])
}

func (p *page) scaleBar() {
	m := bar(p.camera, 120)
	x, y := edge+10, mapTop+p.mapHigh-12
	w := p.face.width(distance(m), 8)
	p.op("%s %.2f %.2f %.2f %.2f re f", paper.fill(), x-4, paperHigh-y-6, max(m*p.scale, w)+60, 24.0)
	p.op("%s 1.2 w %.2f %.2f m %.2f %.2f l %.2f %.2f l %.2f %.2f l S", ink.stroke(), x, paperHigh-y+4, x, paperHigh-y, x+m*p.scale, paperHigh-y, x+m*p.scale, paperHigh-y+4)
	p.text(x, y-8, 8, ink, distance(m))
	p.text(x+m*p.scale+12, y+2, 8, secondary, p.say("上为北", "north is up"))
}

// list names the buildings below the map, in columns; what does not fit is in
// the Excel list.
func (p *page) list() {
	size, step, columns := p.size, p.step, p.columns
	top := mapTop + p.mapHigh + 24
	p.text(edge, top, 11, ink, p.say("楼栋与户数", "Buildings and households"))
	rows := int((paperHigh - 52 - top - 8) / step)
	wide := mapWide / float64(columns)
	units := slices.Clone(p.g.units)
	slices.SortStableFunc(units, func(a, b int) int { return natural(p.unitName(a), p.unitName(b)) })
	for i, u := range units {
		x, y := edge+float64(i/rows)*wide, top+8+float64(i%rows+1)*step-2
		if i == rows*columns-1 && len(units) > rows*columns {
			p.text(x, y, size, secondary, fmt.Sprintf(p.say("另有 %d 个，见清单", "and %d more, see the list"), len(units)-i))
			return
		}
		n := strconv.Itoa(p.Instance.Units[u].Households)
		p.text(x, y, size, ink, p.face.fit(p.unitName(u), size, wide-14-p.face.width(n, size)))
		p.text(x+wide-10-p.face.width(n, size), y, size, secondary, n)
	}
}

func (p *page) foot(number int) {
	count := fmt.Sprintf("%d / %d", number, len(p.grids))
	p.text(paperWide-edge-p.face.width(count, 9), paperHigh-30, 9, secondary, count)
	text := p.Instance.Licence
	if text == "" {
		text = p.say("实点为住宅，空心点为无住户的楼栋。", "Full dots are homes; nobody lives in hollow ones.")
	} else {
		text = p.say("实点为住宅，空心点为无住户的楼栋。", "Full dots are homes; nobody lives in hollow ones. ") + text
	}
	p.text(edge, paperHigh-30, 9, secondary, p.face.fit(text, 9, mapWide-80))
}

// natural compares names so that 2号楼 comes before 10号楼.
func natural(a, b string) int {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na > 0 && nb > 0 {
			x, y := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if c := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); c != 0 {
				return c
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits is how many digits the text begins with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
