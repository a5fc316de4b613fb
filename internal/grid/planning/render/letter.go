package render

import (
	"io"
	"strings"
)

// Line is a paragraph of a Letter, broken where the page ends. Size is in points,
// 0: 11; Gap is the space before it.
type Line struct {
	Text   string
	Size   float64
	Gap    float64
	Centre bool
}

// Letter writes plain paragraphs on A4 pages as PDF: minutes, certificates.
func Letter(w io.Writer, title string, lines []Line) error {
	f, err := newFace()
	if err != nil {
		return err
	}
	const margin = 64.0
	d := newDocument(w, f)
	y := margin
	for _, l := range lines {
		if l.Size == 0 {
			l.Size = 11
		}
		y += l.Gap
		for _, s := range f.wrap(l.Text, l.Size, paperWide-2*margin) {
			if y += l.Size * 1.7; y > paperHigh-margin {
				d.page()
				y = margin + l.Size*1.7
			}
			x := margin
			if l.Centre {
				x = (paperWide - f.width(s, l.Size)) / 2
			}
			d.text(x, y, l.Size, ink, s)
		}
	}
	d.page()
	return d.close(title)
}

// wrap breaks a text into lines no wider than most: at its own line ends, before
// any sign of Chinese, and between words of other scripts.
func (f *face) wrap(s string, size, most float64) []string {
	var out []string
	for part := range strings.SplitSeq(s, "\n") {
		line := ""
		for _, word := range words(part) {
			if line != "" && f.width(line+strings.TrimRight(word, " "), size) > most {
				out, line = append(out, strings.TrimRight(line, " ")), ""
			}
			line += word
		}
		out = append(out, line)
	}
	return out
}

// words are the pieces that stay together, each with the punctuation and the
// blanks behind it.
func words(s string) []string {
	var out []string
	glued := false
	for _, r := range s {
		latin := r < 0x2e80 && r != ' '
		if n := len(out); n > 0 && (latin && glued || r == ' ' || strings.ContainsRune("，。、；：）》”！？", r)) {
			out[n-1] += string(r)
		} else {
			out = append(out, string(r))
		}
		glued = latin
	}
	return out
}
