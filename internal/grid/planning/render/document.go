package render

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"strings"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// document writes a PDF 1.7 as it goes. Signs are set with Type 3 fonts made of
// the outlines of those that occur: any font serves – TrueType, OpenType with CFF,
// collections –, nothing is embedded that is not shown, and the text can be
// searched and copied.
type document struct {
	w       io.Writer
	at      int64
	offsets []int64 // of each object, from 1; 0: not written yet
	err     error
	face    *face
	glyphs  map[rune]place
	fonts   [][]sign // at most 255 signs each
	pages   []int
	body    bytes.Buffer // of the page at hand
}

// place is a sign's font and code.
type place struct{ font, code int }

// The first objects.
const (
	catalogObject = iota + 1
	pagesObject
	resourcesObject
)

// A4 in points.
const (
	paperWide = 595.28
	paperHigh = 841.89
)

func newDocument(w io.Writer, f *face) *document {
	d := &document{w: w, face: f, glyphs: map[rune]place{}, offsets: make([]int64, resourcesObject+1)}
	d.write("%PDF-1.7\n%\xe9\x82\xbb\xe9\x87\x8c\n")
	return d
}

func (d *document) write(s string) {
	if d.err == nil {
		n, err := io.WriteString(d.w, s)
		d.at, d.err = d.at+int64(n), err
	}
}

// object writes an object, a new one if id is 0, and returns its number.
func (d *document) object(id int, s string) int {
	if id == 0 {
		d.offsets = append(d.offsets, 0)
		id = len(d.offsets) - 1
	}
	d.offsets[id] = d.at
	d.write(fmt.Sprintf("%d 0 obj\n%s\nendobj\n", id, s))
	return id
}

func (d *document) stream(dict string, data []byte) int {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(data) // a buffer never fails
	_ = w.Close()
	return d.object(0, fmt.Sprintf("<<%s /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream", dict, z.Len(), z.String()))
}

// op adds drawing operators to the page.
func (d *document) op(format string, args ...any) { fmt.Fprintf(&d.body, format+"\n", args...) }

func (c rgb) fill() string {
	return fmt.Sprintf("%.3f %.3f %.3f rg", float64(c.r)/255, float64(c.g)/255, float64(c.b)/255)
}

func (c rgb) stroke() string { return strings.ToUpper(c.fill()) }

// text sets a line with its base at y from the top.
func (d *document) text(x, y, size float64, c rgb, s string) {
	d.op("BT %s 1 0 0 1 %.2f %.2f Tm", c.fill(), x, paperHigh-y)
	last := -1
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			d.op("/F%d %.2f Tf <%s> Tj", last, size, run.String())
			run.Reset()
		}
	}
	for _, r := range s {
		p, known := d.glyphs[r]
		if !known {
			if n := len(d.fonts); n == 0 || len(d.fonts[n-1]) == 255 {
				d.fonts = append(d.fonts, nil)
			}
			n := len(d.fonts) - 1
			p = place{n, len(d.fonts[n])}
			d.fonts[n] = append(d.fonts[n], d.face.sign(r))
			d.glyphs[r] = p
		}
		if p.font != last {
			flush()
			last = p.font
		}
		fmt.Fprintf(&run, "%02x", p.code)
	}
	flush()
	d.op("ET")
}

// page ends the page at hand.
func (d *document) page() {
	content := d.stream("", d.body.Bytes())
	d.body.Reset()
	d.pages = append(d.pages, d.object(0, fmt.Sprintf("<</Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources %d 0 R /Contents %d 0 R>>", pagesObject, paperWide, paperHigh, resourcesObject, content)))
}

// outline is the drawing of a sign: em units, y upwards.
func (d *document) outline(s sign) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d 0 -200 -400 1400 1200 d1\n", s.width)
	segments, err := s.font.LoadGlyph(&d.face.buf, s.index, fixed.I(em), nil)
	if err != nil {
		return b.Bytes() // a sign without an outline leaves its space
	}
	at := func(p fixed.Point26_6) (x, y float64) { return float64(p.X) / 64, -float64(p.Y) / 64 }
	var x, y float64
	open := false
	for _, g := range segments {
		switch g.Op {
		case sfnt.SegmentOpMoveTo:
			if open {
				b.WriteString("h\n")
			}
			open = true
			x, y = at(g.Args[0])
			fmt.Fprintf(&b, "%.1f %.1f m\n", x, y)
		case sfnt.SegmentOpLineTo:
			x, y = at(g.Args[0])
			fmt.Fprintf(&b, "%.1f %.1f l\n", x, y)
		case sfnt.SegmentOpQuadTo:
			cx, cy := at(g.Args[0])
			ex, ey := at(g.Args[1])
			fmt.Fprintf(&b, "%.1f %.1f %.1f %.1f %.1f %.1f c\n", x+2*(cx-x)/3, y+2*(cy-y)/3, ex+2*(cx-ex)/3, ey+2*(cy-ey)/3, ex, ey)
			x, y = ex, ey
		case sfnt.SegmentOpCubeTo:
			ax, ay := at(g.Args[0])
			bx, by := at(g.Args[1])
			x, y = at(g.Args[2])
			fmt.Fprintf(&b, "%.1f %.1f %.1f %.1f %.1f %.1f c\n", ax, ay, bx, by, x, y)
		}
	}
	if open {
		b.WriteString("h f\n")
	}
	return b.Bytes()
}

// close writes fonts, tree and index.
func (d *document) close(title string) error {
	var fonts strings.Builder
	for n, signs := range d.fonts {
		var procs, names, widths, unicode strings.Builder
		for code, s := range signs {
			fmt.Fprintf(&procs, "/g%d %d 0 R ", code, d.stream("", d.outline(s)))
			fmt.Fprintf(&names, "/g%d ", code)
			fmt.Fprintf(&widths, "%d ", s.width)
			fmt.Fprintf(&unicode, "<%02x> <%s>\n", code, utf16Hex(string(s.r)))
		}
		var blocks strings.Builder // of at most 100 lines
		lines := strings.SplitAfter(strings.TrimSuffix(unicode.String(), "\n"), "\n")
		for len(lines) > 0 {
			k := min(100, len(lines))
			fmt.Fprintf(&blocks, "%d beginbfchar\n%s\nendbfchar\n", k, strings.TrimSuffix(strings.Join(lines[:k], ""), "\n"))
			lines = lines[k:]
		}
		cmap := d.stream("", []byte("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def /CMapName /L def\n1 begincodespacerange <00> <ff> endcodespacerange\n"+blocks.String()+"endcmap CMapName currentdict /CMap defineresource pop end end"))
		id := d.object(0, fmt.Sprintf("<</Type /Font /Subtype /Type3 /FontBBox [-200 -400 1400 1200] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 0 /LastChar %d /Widths [%s] /CharProcs <<%s>> /Encoding <</Type /Encoding /Differences [0 %s]>> /Resources <<>> /ToUnicode %d 0 R>>",
			len(signs)-1, widths.String(), procs.String(), names.String(), cmap))
		fmt.Fprintf(&fonts, "/F%d %d 0 R ", n, id)
	}
	d.object(resourcesObject, fmt.Sprintf("<</Font <<%s>>>>", fonts.String()))
	var kids strings.Builder
	for _, p := range d.pages {
		fmt.Fprintf(&kids, "%d 0 R ", p)
	}
	d.object(pagesObject, fmt.Sprintf("<</Type /Pages /Kids [%s] /Count %d>>", kids.String(), len(d.pages)))
	d.object(catalogObject, fmt.Sprintf("<</Type /Catalog /Pages %d 0 R>>", pagesObject))
	info := d.object(0, fmt.Sprintf("<</Title <feff%s> /Producer (Linli)>>", utf16Hex(title)))
	start := d.at
	d.write(fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(d.offsets)))
	for _, at := range d.offsets[1:] {
		d.write(fmt.Sprintf("%010d 00000 n \n", at))
	}
	d.write(fmt.Sprintf("trailer\n<</Size %d /Root %d 0 R /Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(d.offsets), catalogObject, info, start))
	return d.err
}
