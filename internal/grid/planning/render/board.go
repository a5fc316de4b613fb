package render

import (
	"io"

	"rsc.io/qr"
)

// Board is one page for a notice board. Link is shown as a QR code with the words
// of Call beside it, Foot in small type below.
type Board struct {
	Title, Sub string
	Rows       []BoardRow
	Call       []string
	Link       string
	Foot       string
}

// BoardRow is a line of a board: who, for what, and the number.
type BoardRow struct{ Label, Text, Phone string }

// Poster writes the board as PDF: one A4 page, in the largest type in which all
// of it stands there.
func Poster(w io.Writer, b Board) error {
	f, err := newFace()
	if err != nil {
		return err
	}
	code, err := qr.Encode(b.Link, qr.M)
	if err != nil {
		return err
	}
	const margin, side = 50.0, 120.0
	wide := paperWide - 2*margin
	low := paperHigh - margin - side - 40 // where the rows end
	label, phone := 0.27*wide, 0.25*wide
	type set struct{ label, text, phone []string }
	size, rows, step := 19.0, []set{}, 0.0
	top := margin + 28*1.3*float64(len(f.wrap(b.Title, 28, wide))) + 40
	for ; ; size-- {
		rows, step = rows[:0], size*1.35
		y := top
		for _, r := range b.Rows {
			s := set{f.wrap(r.Label, size*0.8, label-10), f.wrap(r.Text, size, wide-label-phone-10), f.wrap(r.Phone, size, phone)}
			rows = append(rows, s)
			y += float64(max(len(s.label), len(s.text), len(s.phone)))*step + size*0.5
		}
		if y <= low || size <= 6 {
			break
		}
	}
	d := newDocument(w, f)
	y := margin
	for _, s := range f.wrap(b.Title, 28, wide) {
		y += 28 * 1.3
		d.text((paperWide-f.width(s, 28))/2, y, 28, ink, s)
	}
	y += 22
	d.text((paperWide-f.width(b.Sub, 12))/2, y, 12, secondary, b.Sub)
	y = top
	for _, r := range rows {
		d.op("%s 0.7 w %.2f %.2f m %.2f %.2f l S", accentSoft.stroke(), margin, paperHigh-y, paperWide-margin, paperHigh-y)
		for k, s := range r.label {
			d.text(margin, y+step*float64(k+1), size*0.8, secondary, s)
		}
		for k, s := range r.text {
			d.text(margin+label, y+step*float64(k+1), size, ink, s)
		}
		for k, s := range r.phone {
			d.text(paperWide-margin-f.width(s, size), y+step*float64(k+1), size, accent, s)
		}
		y += float64(max(len(r.label), len(r.text), len(r.phone)))*step + size*0.5
	}
	y = paperHigh - margin - side - 10
	cell := side / float64(code.Size)
	d.op("%s", ink.fill())
	for i := range code.Size {
		for k := range code.Size {
			if code.Black(k, i) {
				d.op("%.3f %.3f %.3f %.3f re", margin+cell*float64(k), paperHigh-y-cell*float64(i+1), cell+0.02, cell+0.02)
			}
		}
	}
	d.op("f")
	at := y + 24
	for _, call := range b.Call {
		for _, s := range f.wrap(call, 16, wide-side-30) {
			d.text(margin+side+24, at, 16, ink, s)
			at += 24
		}
	}
	for _, s := range f.wrap(b.Link, 11, wide-side-30) {
		d.text(margin+side+24, at, 11, secondary, s)
		at += 15
	}
	d.text(margin, paperHigh-margin+12, 9, secondary, f.fit(b.Foot, 9, wide))
	d.page()
	return d.close(b.Title)
}
